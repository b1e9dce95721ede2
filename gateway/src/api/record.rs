//! Who changes something through the administration API is written down before it happens, and how it ended after: a
//! layer around its routes, so that a new route cannot forget it.
//!
//! What changes nothing is in the request log only, unless the caller is refused. A stranger without a credential that is
//! in force is in the request log and the metrics: somebody whom nobody knows must not be able to fill the audit log.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{FromRequestParts as _, MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::Method;

use super::{
    forward::caller_of,
    problem::{Outcome, Problem, current_request_id},
};
use crate::{
    app::Shared,
    audit::record::{Administered, Administering, MAX_PATH_BYTES},
    auth::Caller,
};

/// The other end of the connection; put into each request by the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What a handler made, where the path does not say: left in the response's extensions.
#[derive(Debug, Clone)]
pub(super) struct Made(pub(super) String);

/// Wraps the routes of the administration.
pub(super) fn layer(routes: Router<Shared>, state: &Shared) -> Router<Shared> {
    routes.route_layer(middleware::from_fn_with_state(Shared::clone(state), around))
}

async fn around(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &state).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let announced = announce(&parts, &caller);
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    // The handler's own question who is calling is answered by this.
    parts.extensions.insert(caller);
    let request = Request::from_parts(parts, body);

    if reads {
        let response = next.run(request).await;
        if let Some(Outcome(code)) = response.extensions().get().copied()
            && matches!(code.status(), 403 | 404)
        {
            match state.audit.administering(announced).await {
                Ok(undertaking) => undertaking.end(Administered::ended(Some(code), None)),
                Err(fault) => return Problem(fault).into_response(),
            }
        }
        return response;
    }
    let undertaking = match state.audit.administering(announced).await {
        Ok(undertaking) => undertaking,
        Err(fault) => return Problem(fault).into_response(),
    };
    let response = next.run(request).await;
    let outcome = response.extensions().get::<Outcome>().map(|outcome| outcome.0);
    let made = response.extensions().get::<Made>().map(|made| made.0.clone());
    undertaking.end(Administered::ended(outcome, made));
    response
}

fn announce(parts: &http::request::Parts, caller: &Caller) -> Administering {
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let peer = caller_of(parts).or_else(|| parts.extensions.get::<Peer>().copied());
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    // Visible ASCII, as HTTP has it, so that it can be cut anywhere.
    let path = path.get(..MAX_PATH_BYTES).unwrap_or(path);
    let person = caller.signed_in();
    Administering {
        request: current_request_id().unwrap_or_default(),
        caller: caller.id().to_owned(),
        caller_name: caller.name().to_owned(),
        issuer: person.map(|person| person.issuer.as_ref().to_owned()),
        subject: person.map(|person| person.subject.clone()),
        peer: peer.map_or_else(|| "unknown".to_owned(), |peer| peer.0.to_string()),
        action: format!("{} {route}", parts.method),
        path: path.to_owned(),
    }
}
