//! `POST /v1/tenants/{tenant}/sources/{source}/query`: a request to a question, a result to a body.
//!
//! ```json
//! {"query": "tests.failing", "parameters": {"days": 7}, "columns": ["…"], "deadline_ms": 30000, "max_rows": 1000, "max_bytes": 1000000}
//! ```
//!
//! Only `query` is required. Whatever fails before the first batch is a problem document. What fails later aborts the
//! body: over HTTP/1.1 the connection closes without the last chunk (RFC 9112, section 8), over HTTP/2 the stream is
//! reset. A body that ended well is a whole result, and its trailer fields (RFC 9110, section 6.5) say how many rows it
//! has and the SHA-256 of the Arrow messages that it was made of. A caller that closes its connection or resets its
//! stream cancels the query.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::Response,
    routing::post,
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use http_body::Frame;
use http_body_util::StreamBody;
use proto::{
    catalogue::value::Given,
    error::{Code, Fault},
    id::{QueryName, SourceId, TenantId},
    wire::frame::{Complete, RequestId},
};
use rand::RngCore as _;
use serde::{Deserialize, Deserializer, de};
use tokio::sync::Semaphore;

use super::{
    format::{Format, TextEncoder},
    problem::{Problem, current_request_id},
    request::{Json, Path},
};
use crate::{
    allowlist::Ask,
    app::Shared,
    auth::Caller,
    query::{Answer, Part, Parts},
    tunnel::ipc::END_OF_STREAM,
};

/// The id of the query in the logs and audit logs of both sides.
const QUERY_ID: HeaderName = HeaderName::from_static("x-query-id");
/// SHA-256 of the catalogued plan.
const FINGERPRINT: HeaderName = HeaderName::from_static("x-query-fingerprint");
/// Trailer: rows of the result.
const ROWS: HeaderName = HeaderName::from_static("x-result-rows");
/// Trailer: SHA-256 of the Arrow messages.
const DIGEST: HeaderName = HeaderName::from_static("x-result-digest");

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/v1/tenants/{tenant}/sources/{source}/query", post(run))
}

#[derive(Debug, Deserialize)]
struct Place {
    tenant: TenantId,
    source: SourceId,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    query: QueryName,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    columns: Vec<String>,
    deadline_ms: Option<u64>,
    max_rows: Option<u64>,
    max_bytes: Option<u64>,
}

impl From<Question> for Ask {
    fn from(question: Question) -> Self {
        Self {
            query: question.query,
            parameters: question.parameters.0,
            columns: question.columns,
            deadline: question.deadline_ms.map(Duration::from_millis),
            max_rows: question.max_rows,
            max_bytes: question.max_bytes,
        }
    }
}

async fn run(
    State(state): State<Shared>,
    caller: Caller,
    Path(place): Path<Place>,
    version: Version,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Result<Response, Problem> {
    if version < Version::HTTP_11 {
        let detail = "HTTP/1.0 cannot tell a whole result from one that was cut; use HTTP/1.1 or HTTP/2";
        return Err(Problem::new(Code::InvalidRequest, detail));
    }
    let format = Format::negotiate(&headers)?;
    let request = request_id();
    let answer = state
        .queries
        .run(&caller, &place.tenant, &place.source, question.into(), request)
        .await?;
    Ok(respond(answer, format, request, Arc::clone(&state.queries.text)).await?)
}

/// The request's own id where it has the form of one; else a new one, which the answer names.
fn request_id() -> RequestId {
    let mut id = [0; 16];
    let given = current_request_id().is_some_and(|given| hex::decode_to_slice(given, &mut id).is_ok());
    if !given {
        rand::rng().fill_bytes(&mut id);
    }
    RequestId(id)
}

async fn respond(
    answer: Answer,
    format: Format,
    request: RequestId,
    slots: Arc<Semaphore>,
) -> Result<Response, Fault> {
    let fingerprint = answer.fingerprint.to_string();
    let body = match format {
        Format::Arrow => arrow(answer),
        Format::Text(form) => {
            let encoder = TextEncoder::new(form, answer.schema.clone())?;
            text(encoder, answer.parts, slots).await?
        }
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(format.media_type()),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(
        header::TRAILER,
        HeaderValue::from_static("x-result-rows, x-result-digest"),
    );
    for (name, value) in [(QUERY_ID, request.to_string()), (FINGERPRINT, fingerprint)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// What follows the last byte of a whole result.
fn trailers(complete: &Complete) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    trailers.insert(ROWS, HeaderValue::from(complete.rows));
    if let Ok(digest) = HeaderValue::from_str(&format!("sha-256={}", complete.digest)) {
        trailers.insert(DIGEST, digest);
    }
    Frame::trailers(trailers)
}

/// The connector's bytes as they came, and the end of the stream only behind a whole result.
fn arrow(answer: Answer) -> Body {
    enum Step {
        Schema(Bytes),
        Parts,
        Trailers(Complete),
        Done,
    }
    let start = (answer.parts, Step::Schema(answer.schema));
    body(futures_util::stream::try_unfold(
        start,
        async |(mut parts, step)| {
            let (frame, step) = match step {
                Step::Schema(schema) => (Frame::data(schema), Step::Parts),
                Step::Parts => match parts.next().await? {
                    Part::Batch(batch) => (Frame::data(batch.bytes), Step::Parts),
                    Part::Complete(complete) => (
                        Frame::data(Bytes::from_static(&END_OF_STREAM)),
                        Step::Trailers(complete),
                    ),
                },
                Step::Trailers(complete) => (trailers(&complete), Step::Done),
                Step::Done => return Ok(None),
            };
            Ok(Some((frame, (parts, step))))
        },
    ))
}

/// Ready with the first piece: what fails before it is an error and not half a result.
async fn text(encoder: TextEncoder, parts: Parts, slots: Arc<Semaphore>) -> Result<Body, Fault> {
    enum Step {
        Begin,
        Part,
        Pieces,
        Trailers(Complete),
        Done,
    }
    let start = (encoder, parts, slots, Step::Begin);
    let mut frames = Box::pin(futures_util::stream::try_unfold(
        start,
        async |(mut encoder, mut parts, slots, mut step)| {
            loop {
                let frame;
                (frame, step) = match step {
                    Step::Begin => (Some(Frame::data(encoder.begin())), Step::Part),
                    Step::Part => match parts.next().await? {
                        Part::Batch(batch) => {
                            let piece;
                            (encoder, piece) = apart(encoder, &slots, move |encoder| {
                                encoder.take(batch.bytes, batch.decoded_bytes)?;
                                encoder.piece()
                            })
                            .await?;
                            (piece.map(Frame::data), Step::Pieces)
                        }
                        Part::Complete(complete) => {
                            (Some(Frame::data(encoder.end())), Step::Trailers(complete))
                        }
                    },
                    Step::Pieces if encoder.is_drained() => (None, Step::Part),
                    Step::Pieces => {
                        let piece;
                        (encoder, piece) = apart(encoder, &slots, TextEncoder::piece).await?;
                        (piece.map(Frame::data), Step::Pieces)
                    }
                    Step::Trailers(complete) => (Some(trailers(&complete)), Step::Done),
                    Step::Done => return Ok(None),
                };
                // An empty chunk would end a body of HTTP/1.1.
                if let Some(frame) = frame.filter(|f| f.data_ref().is_none_or(|data| !data.is_empty())) {
                    return Ok(Some((frame, (encoder, parts, slots, step))));
                }
            }
        },
    ));
    let first = frames.try_next().await?;
    Ok(body(futures_util::stream::iter(first.map(Ok)).chain(frames)))
}

/// Works on a batch on a thread that may block, with one of the cores' slots. A panic of a decoder, which a hostile
/// batch might find, ends there.
async fn apart<T: Send + 'static>(
    mut encoder: TextEncoder,
    slots: &Arc<Semaphore>,
    work: impl FnOnce(&mut TextEncoder) -> Result<T, Fault> + Send + 'static,
) -> Result<(TextEncoder, T), Fault> {
    let failed = || Fault::new(Code::Internal, "a batch could not be made into text");
    let slot = Arc::clone(slots).acquire_owned().await.map_err(|_| failed())?;
    let worked = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        work(&mut encoder).map(|done| (encoder, done))
    });
    worked.await.map_err(|error| {
        tracing::error!(
            panicked = error.is_panic(),
            "a decoder failed on a connector's batch"
        );
        failed()
    })?
}

fn body(frames: impl futures_util::Stream<Item = Result<Frame<Bytes>, Fault>> + Send + 'static) -> Body {
    Body::new(StreamBody::new(frames))
}

/// Parameters as JSON gives them: scalars, each name once.
#[derive(Debug, Default)]
struct Parameters(BTreeMap<String, Given>);

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> de::Visitor<'de> for Members {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of scalars")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut members: A) -> Result<Parameters, A::Error> {
                let mut found = BTreeMap::new();
                while let Some((name, Scalar(value))) = members.next_entry::<String, Scalar>()? {
                    // Parsers disagree on which of two counts; the audit log must not depend on that.
                    if found.insert(name, value).is_some() {
                        return Err(de::Error::custom("a parameter is given twice"));
                    }
                }
                Ok(Parameters(found))
            }
        }
        from.deserialize_map(Members)
    }
}

struct Scalar(Given);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Value;
        impl de::Visitor<'_> for Value {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scalar")
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(Given::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Given::Boolean(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Given::Integer(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(
                    i64::try_from(value).map_or(Given::Float(value as f64), Given::Integer),
                ))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Given::Float(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(Given::Text(value.to_owned())))
            }
        }
        from.deserialize_any(Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ask, serde_json::Error> {
        serde_json::from_str::<Question>(text).map(Ask::from)
    }

    #[test]
    fn question_is_parsed_into_domain_types() {
        let ask = parse(
            r#"{"query": "tests.failing", "parameters": {"a": 1, "b": -2, "c": 1.5, "d": "x", "e": true, "f": null}, "max_rows": 7, "deadline_ms": 1500}"#,
        )
        .unwrap();
        assert_eq!(ask.query.as_str(), "tests.failing");
        assert_eq!(ask.deadline, Some(Duration::from_millis(1_500)));
        assert_eq!(ask.max_rows, Some(7));
        let expected = [
            ("a", Given::Integer(1)),
            ("b", Given::Integer(-2)),
            ("c", Given::Float(1.5)),
            ("d", Given::Text("x".to_owned())),
            ("e", Given::Boolean(true)),
            ("f", Given::Null),
        ];
        for (name, value) in expected {
            assert!(ask.parameters[name] == value, "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            r#"{}"#,
            r#"{"query": "no such name!"}"#,
            r#"{"query": "q", "sql": "select 1"}"#,
            r#"{"query": "q", "parameters": {"a": 1, "a": 2}}"#,
            r#"{"query": "q", "parameters": {"a": [1]}}"#,
            r#"{"query": "q", "parameters": {"a": {"b": 1}}}"#,
            r#"{"query": "q", "query": "r"}"#,
            r#"{"query": "q", "max_rows": -1}"#,
            r#"{"query": "q", "max_rows": 1.5}"#,
            r#"{"query": "q"} {"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
