//! What is answered without TLS: a redirect to HTTPS, and the operations listener.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use prometheus::{Encoder as _, TextEncoder};

use crate::{
    app::{Readiness, Shared},
    config::PublicAddress,
};

/// Answers anything with 308 to the same path at the API's public address.
///
/// The address comes from the settings, not from the request's `Host`: whoever can make someone else's client send a
/// strange one must not choose where it is sent to.
fn redirect(request: &Request<Incoming>, to: &PublicAddress) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let authority = if to.port == 443 {
        to.to_string().trim_end_matches(":443").to_owned()
    } else {
        to.to_string()
    };
    // A path that begins with `//` or is `*` would change the meaning of what stands before it.
    let path = if path.starts_with('/') { path } else { "/" };
    match HeaderValue::from_str(&format!("https://{authority}{path}")) {
        Ok(location) => {
            let mut response = empty(StatusCode::PERMANENT_REDIRECT);
            response.headers_mut().insert(header::LOCATION, location);
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
        Err(_) => empty(StatusCode::BAD_REQUEST),
    }
}

/// `/metrics` in the text format of Prometheus, `/healthz` (the process answers), `/readyz` (it takes queries).
pub(crate) async fn operations(
    request: Request<Incoming>,
    state: Shared,
) -> Result<Response<Body>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    Ok(match request.uri().path() {
        "/metrics" => metrics(&state),
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => match state.ready().await {
            Ok(Readiness::Whole) => text(StatusCode::OK, "ready\n"),
            Ok(Readiness::StoreAway) => text(StatusCode::OK, "ready, but the store cannot be reached\n"),
            Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {why}\n")),
        },
        _ => empty(StatusCode::NOT_FOUND),
    })
}

fn metrics(state: &Shared) -> Response<Body> {
    let encoder = TextEncoder::new();
    let mut body = Vec::new();
    if let Err(error) = encoder.encode(&state.metrics.registry().gather(), &mut body) {
        tracing::error!(%error, "the metrics cannot be written");
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let mut response = Response::new(Body::from(body));
    if let Ok(kind) = HeaderValue::from_str(encoder.format_type()) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn text(status: StatusCode, words: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(words.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// The redirect as a service.
pub(crate) fn redirect_service(
    to: PublicAddress,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Body>,
    Error = Infallible,
    Future = std::future::Ready<Result<Response<Body>, Infallible>>,
> + Clone
+ Send
+ 'static {
    let to = Arc::new(to);
    hyper::service::service_fn(move |request| std::future::ready(Ok(redirect(&request, &to))))
}
