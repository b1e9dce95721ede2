//! The one map from a fault to HTTP: problem documents (RFC 9457) with stable codes.
//!
//! `type` is a URN of the code: an identifier, not a page to fetch. Nothing but a [`Fault`] becomes an error response,
//! so an internal error's text cannot leak by accident.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use proto::error::{Code, Fault};
use serde::{Deserialize, Serialize};

/// The media type of RFC 9457, section 3.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The header that carries the request's id, in both directions.
pub const REQUEST_ID: &str = "x-request-id";

tokio::task_local! {
    /// The id of the request that this task answers; set by the API's outermost layer.
    pub(crate) static CURRENT_REQUEST: String;
}

/// The id of the request being answered, if there is one.
pub fn current_request_id() -> Option<String> {
    CURRENT_REQUEST.try_with(Clone::clone).ok()
}

/// The document. The command line reads it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// `urn:elementary-tunnel:error:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What happened this time.
    pub detail: String,
    /// What to do next.
    pub next_step: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The line of the caller's text that it is about, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column there, in characters, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The request's id, which the log carries too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Document {
    /// The document for a fault.
    pub fn new(fault: &Fault, request_id: Option<String>) -> Self {
        let code = fault.code;
        Self {
            kind: format!("urn:elementary-tunnel:error:{}", code.name()),
            title: code.name().replace('_', " "),
            status: code.status(),
            code: code.name().to_owned(),
            detail: fault.detail.clone().into_owned(),
            next_step: code.next_step().to_owned(),
            retryable: code.retryable(),
            line: fault.place.map(|place| place.line),
            column: fault.place.map(|place| place.column),
            request_id,
        }
    }
}

/// A fault on its way out as a response: the error type of every handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub Fault);

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl Problem {
    /// A problem with a code and one sentence.
    pub fn new(code: Code, detail: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Fault::new(code, detail))
    }
}

/// Left in a response's extensions for the metrics and the log.
#[derive(Debug, Clone, Copy)]
pub struct Outcome(pub Code);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem(fault) = self;
        let document = Document::new(&fault, current_request_id());
        let body = serde_json::to_vec(&document).unwrap_or_default();
        // 499 is not in the registry of RFC 9110 but within its range.
        let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = fault.retry_after {
            // RFC 9110, section 10.2.3: whole seconds; rounded up, so that nobody returns too early.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Outcome(fault.code));
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_code_has_a_status_that_http_can_carry() {
        for code in Code::ALL {
            let response = Problem::new(*code, "x").into_response();
            assert_eq!(response.status().as_u16(), code.status(), "{code}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        }
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        let fault = Fault::new(Code::Overloaded, "x").retry_after(Duration::from_millis(1_200));
        assert_eq!(Problem(fault).into_response().headers()[header::RETRY_AFTER], "2");
    }
}
