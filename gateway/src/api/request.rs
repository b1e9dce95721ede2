//! What every request of the API passes through: an id, a span, a slot, the clock, the headers of every answer.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use proto::error::{Code, Fault};
use rand::RngCore as _;
use serde::de::DeserializeOwned;
use tokio::{sync::Semaphore, time::timeout};
use tracing::Instrument as _;

use super::problem::{CURRENT_REQUEST, Outcome, Problem, REQUEST_ID};
use crate::{
    app::Shared,
    auth::{self, Caller},
};

/// Largest JSON body of a request in bytes. The longest honest one is a query with an IN list at its bound or a
/// certificate request of a few kilobytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// For a request's whole body to arrive, from someone who may hold one slot for it.
const BODY_DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

/// Requests in progress at once, over all connections: with a body of 64 KiB each, a quarter of a gigabyte at worst.
const MAX_REQUESTS: usize = 4_096;

/// A year: what browsers and scanners expect of a host that is never served in plain (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Wraps the API's routes in what every request passes through.
pub fn layer(routes: Router<Shared>, state: &Shared) -> Router {
    let slots = Arc::new(Semaphore::new(MAX_REQUESTS));
    routes
        .fallback(|| async { Problem::new(Code::NotFound, "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(Code::InvalidRequest, "the path does not take this method")
        })
        .layer(middleware::from_fn_with_state((Arc::clone(state), slots), around))
        .with_state(Arc::clone(state))
}

/// When a request's head was there: its deadline counts from then, whatever is asked of whom before its body is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived(pub(super) Instant);

async fn around(
    State((state, slots)): State<(Shared, Arc<Semaphore>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    request.extensions_mut().insert(Arrived(started));
    let id = request_id(request.headers().get(REQUEST_ID));
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".into(), |p| Arc::from(p.as_str()));
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), route = %route);
    let answer = async {
        match slots.try_acquire() {
            Ok(_slot) => next.run(request).await,
            Err(_) => {
                let busy = Fault::new(Code::Overloaded, "the gateway has too many requests in progress");
                Problem(busy.retry_after(std::time::Duration::from_secs(1))).into_response()
            }
        }
    };
    let mut response = CURRENT_REQUEST
        .scope(id.clone(), answer)
        .instrument(span.clone())
        .await;

    let outcome = response.extensions().get::<Outcome>().map(|o| o.0);
    let elapsed = started.elapsed();
    state.metrics.api.request(&route, outcome, elapsed.as_secs_f64());
    span.in_scope(|| {
        let (code, status) = (outcome.map_or("ok", Code::name), response.status().as_u16());
        tracing::info!(
            code,
            status,
            milliseconds = elapsed.as_secs_f64() * 1e3,
            "answered"
        );
    });

    let headers = response.headers_mut();
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static(REQUEST_ID), value);
    }
    response
}

/// The caller's own id, if it is one that can stand in a log as it is; else a new one.
fn request_id(sent: Option<&HeaderValue>) -> String {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    match sent.and_then(|v| v.to_str().ok()) {
        Some(id) if (1..=64).contains(&id.len()) && id.bytes().all(legal) => id.to_owned(),
        _ => {
            let mut id = [0_u8; 16];
            rand::rng().fill_bytes(&mut id);
            hex::encode(id)
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    /// Comes before any body is read: someone without a token sends none of it into memory.
    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Caller>() {
            return Ok(known.clone());
        }
        let text = auth::bearer(&parts.headers)?;
        // An API token is one word; a signed token has two dots.
        if text.contains('.') {
            return Ok(state.oidc.sign_in(text).await?);
        }
        Ok(state.tokens.find(text).await?)
    }
}

/// A path's parameters, as domain types.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(found)) => Ok(Self(found)),
            Err(_) => Err(Problem::new(
                Code::InvalidRequest,
                "a name in the path is not a legal one",
            )),
        }
    }
}

/// A JSON body of at most [`MAX_BODY_BYTES`], whatever its media type says.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        json(&body_of(request.into_body()).await?).map(Json)
    }
}

/// A whole body of at most [`MAX_BODY_BYTES`].
///
/// # Errors
/// `limit_exceeded`, `invalid_request`.
pub(super) async fn body_of(body: Body) -> Result<Bytes, Problem> {
    let whole = timeout(BODY_DEADLINE, Limited::new(body, MAX_BODY_BYTES).collect())
        .await
        .map_err(|_| Problem::new(Code::InvalidRequest, "the body did not arrive within 10 seconds"))?;
    let whole = whole.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Problem::new(
                Code::LimitExceeded,
                format!("a body has at most {MAX_BODY_BYTES} bytes"),
            )
        } else {
            Problem::new(Code::InvalidRequest, "the body ended early")
        }
    })?;
    Ok(whole.to_bytes())
}

/// What a body says.
///
/// # Errors
/// `invalid_request`, with the place.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        // The parser's words may quote the body, which may hold a secret: only the place is repeated.
        let (line, column) = (error.line(), error.column());
        let detail = match error.classify() {
            serde_json::error::Category::Data => {
                format!("a member of the body is missing, unknown or of the wrong kind (line {line}, column {column})")
            }
            _ => format!("the body is not JSON (line {line}, column {column})"),
        };
        Problem::new(Code::InvalidRequest, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_id_of_a_caller_is_kept_only_if_a_log_can_carry_it() {
        let kept = HeaderValue::from_static("Trace_1-a");
        assert_eq!(request_id(Some(&kept)), "Trace_1-a");
        for bad in ["a b", "a\"b", "", "{}", &"x".repeat(65)] {
            let id = request_id(Some(&HeaderValue::from_str(bad).expect("header")));
            assert_eq!(id.len(), 32, "{bad}");
        }
        assert_ne!(request_id(None), request_id(None));
    }
}
