//! `POST /v1/tenants/{tenant}/sources/{source}/query`: a request to a question, a result to a body.
//!
//! ```json
//! {"query": "tests.failing", "parameters": {"days": 7}, "columns": ["…"], "deadline_ms": 30000, "max_rows": 1000, "max_bytes": 1000000}
//! {"sql": "SELECT name FROM dbt_models WHERE name = $1", "parameters": ["orders"]}
//! ```
//!
//! `query` or `sql` is required (`question` parses either). Whatever fails before the first batch is a problem document. What fails later aborts the
//! body: over HTTP/1.1 the connection closes without the last chunk (RFC 9112, section 8), over HTTP/2 the stream is
//! reset. A body that ended well is a whole result, and its trailer fields (RFC 9110, section 6.5) say how many rows it
//! has and the SHA-256 of the Arrow messages that it was made of. A caller that closes its connection or resets its
//! stream cancels the query.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
    routing::post,
};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use http_body::Frame;
use http_body_util::StreamBody;
use proto::{
    error::{Code, Fault},
    id::{SourceId, TenantId},
    wire::frame::{Complete, RequestId},
};
use rand::RngCore as _;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{
    format::{Format, TextEncoder},
    forward::Asked,
    problem::{Problem, current_request_id},
    question::Question,
    request::{Path, json},
};
use crate::{
    app::Shared,
    auth::Caller,
    query::{Answer, Part, Parts},
    tunnel::ipc::END_OF_STREAM,
};

/// The id of the query in the logs and audit logs of both sides.
const QUERY_ID: HeaderName = HeaderName::from_static("x-query-id");
/// SHA-256 of the plan.
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

async fn run(
    State(state): State<Shared>,
    caller: Caller,
    Path(place): Path<Place>,
    request: Request,
) -> Result<Response, Problem> {
    if request.version() < Version::HTTP_11 {
        let detail = "HTTP/1.0 cannot tell a whole result from one that was cut; use HTTP/1.1 or HTTP/2";
        return Err(Problem::new(Code::InvalidRequest, detail));
    }
    let asked = Asked::read(request).await?;
    let format = Format::negotiate(asked.headers())?;
    let asking = json::<Question>(&asked.body)?.asking()?;
    let grant = caller.grant(&place.tenant, &place.source)?;
    let id = request_id();
    let here = || {
        let answer = async {
            let place = (&place.tenant, &place.source);
            let queries = &state.queries;
            let answer = queries.run_since(asked.started, &caller, place, asking.clone(), id);
            Ok(respond(answer.await?, format, id, Arc::clone(&queries.text)).await?)
        };
        answer.boxed()
    };
    let within = state.queries.deadline(&asking);
    asked.answer(&state, &grant, within, here).await
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
