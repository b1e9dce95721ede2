//! Requests about a source whose tunnel is at another node: they go there, one hop at most.
//!
//! What goes on is the request as its caller wrote it, with the caller's own credential: the node that holds the tunnel asks
//! who is calling and what they may do as if they had called there, makes the permit against what its connector told, writes
//! the record and runs the query. This node has asked the same before it sent anything (a [`Right`] is the proof), so that
//! nobody can use it as a way to other nodes. What comes back passes through as it comes: HTTP/2's flow control is the
//! backpressure, a caller that goes away resets the stream, and the time that has passed is told, so that there is one
//! deadline.
//!
//! A node that cannot be reached, and an answer that says that the tunnel is gone, cost the caller nothing but time as long as
//! another node holds a tunnel: the head of an answer is sent only when the first batch is there.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request::Parts};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use proto::{
    error::{Code, Fault},
    id::{NodeId, SourceId, TenantId},
    limits::DEADLINE_GRACE,
};
use tokio::time::{Sleep, sleep_until, timeout};

use super::{
    problem::{Document, Problem, REQUEST_ID, current_request_id},
    record::Peer,
    request::{Arrived, body_of},
};
use crate::{
    app::Shared,
    auth::{CatalogueViewer, Grant, TenantAdmin},
    cluster::{directory::Remote, peers::PeerError},
    query::is_tunnels,
};

/// Milliseconds since the caller asked. Believed from nodes only.
const ELAPSED: HeaderName = HeaderName::from_static("x-tunnel-elapsed-ms");

/// The caller's own address, for the audit log. Believed from nodes only.
const CALLER: HeaderName = HeaderName::from_static("x-tunnel-caller");

/// What of a request's head goes on.
const KEPT: [HeaderName; 3] = [header::AUTHORIZATION, header::ACCEPT, header::CONTENT_TYPE];

/// Other nodes that are asked for one request. A connector has at most four tunnels.
const MAX_HOPS_SIDEWAYS: usize = 3;

/// Beyond the time that an answer has, for the node that is asked to say that it took too long: it does so after the grace, and
/// nobody waits for longer than a second beyond the deadline.
const MARGIN: Duration = Duration::from_millis(600);
const _: () = assert!(MARGIN.as_millis() > DEADLINE_GRACE.as_millis());

/// How long a node may be silent in the midst of an answer, once the time of the query is over: what is left is on its way to a
/// caller who reads slowly, or the node was stopped where it is, and then nobody waits for a second beyond the deadline.
const STALL: Duration = Duration::from_millis(950);

/// For the document of a refusal, whose head is there.
const REFUSAL_DEADLINE: Duration = Duration::from_millis(200);

/// Largest problem document of a node in bytes; ours have under two thousand.
const MAX_PROBLEM_BYTES: usize = 16 * 1024;

/// A request that came from another node: it goes no further. Put into a request by the nodes' listener alone.
#[derive(Debug, Clone)]
pub(crate) struct Via(pub(crate) NodeId);

/// That whoever asks may ask of this source, checked here before anything goes on.
pub(super) trait Right {
    fn place(&self) -> (&TenantId, &SourceId);
}

impl Right for Grant {
    fn place(&self) -> (&TenantId, &SourceId) {
        (self.tenant(), self.source())
    }
}

impl Right for CatalogueViewer {
    fn place(&self) -> (&TenantId, &SourceId) {
        (self.tenant(), self.source())
    }
}

impl Right for (&TenantAdmin, &SourceId) {
    fn place(&self) -> (&TenantId, &SourceId) {
        (self.0.tenant(), self.1)
    }
}

/// A request with its whole body.
pub(super) struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    peer: Option<Peer>,
    /// The node that it came from, if it is not the caller's own.
    via: Option<NodeId>,
    /// When the caller asked.
    pub(super) started: Instant,
    pub(super) body: Bytes,
}

impl Asked {
    /// Reads the body, within its bounds.
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let arrived = parts.extensions.get::<Arrived>().map(|arrived| arrived.0);
        let arrived = arrived.unwrap_or_else(Instant::now);
        let via = parts.extensions.get::<Via>().map(|via| via.0.clone());
        let elapsed = via.as_ref().and_then(|_| elapsed(&parts)).unwrap_or_default();
        Ok(Self {
            peer: parts.extensions.get::<Peer>().copied(),
            via,
            started: arrived.checked_sub(elapsed).unwrap_or(arrived),
            body: body_of(body).await?,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
        })
    }

    /// The caller's head.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Answers here where a tunnel of this node takes it, else at the node that holds one, which has to begin `within` this time
    /// since the caller asked. `here` may be called again after it has failed.
    pub(super) async fn answer<'h>(
        &self,
        state: &Shared,
        by: &impl Right,
        within: Duration,
        here: impl Fn() -> BoxFuture<'h, Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let (tenant, source) = by.place();
        if self.via.is_some() || state.cluster.is_none() {
            return here().await;
        }
        let mut before = None;
        let first = state.router.has_room(tenant, source);
        if first {
            match here().await {
                Err(Problem(fault)) if is_tunnels(fault.code) => before = Some(fault),
                end => return end,
            }
        }
        for holder in holders(state, tenant, source) {
            let left = (within + MARGIN).saturating_sub(self.started.elapsed());
            let Some(answer) = self.send(state, &holder, left).await else {
                if self.started.elapsed() > within {
                    let detail = format!("no node has begun an answer within {} s", within.as_secs_f64());
                    return Err(Problem::new(Code::DeadlineExceeded, detail));
                }
                continue;
            };
            match answer {
                Err(Problem(fault)) if is_tunnels(fault.code) || fault.code == Code::Overloaded => {
                    before = Some(fault);
                }
                end => {
                    let over = self.started + within;
                    return end.map(|answer| answer.map(|body| Body::new(Bounded::new(body, over))));
                }
            }
        }
        match before {
            // A tunnel here that was passed over is the last to be tried.
            Some(fault) if first || !state.router.serves(tenant, source) => Err(Problem(fault)),
            _ => here().await,
        }
    }

    /// The answer of one node; none where there was none.
    async fn send(
        &self,
        state: &Shared,
        holder: &Remote,
        left: Duration,
    ) -> Option<Result<Response, Problem>> {
        let cluster = state.cluster.as_ref()?;
        let forwarded = &cluster.metrics.forwarded;
        let node = &holder.node.node;
        let request = self.onward().ok()?;
        let asked = Instant::now();
        let answer = match timeout(left, cluster.peers.send(&holder.node, request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(PeerError::Busy { .. })) => {
                forwarded.with_label_values(&["busy"]).inc();
                let detail = "the node that serves the source has as many answers on their way as it may";
                return Some(Err(Problem::new(Code::Overloaded, detail)));
            }
            Ok(Err(error)) => {
                forwarded.with_label_values(&["failed"]).inc();
                tracing::warn!(%node, %error, "a request could not be handed on");
                return None;
            }
            Err(_) => {
                forwarded.with_label_values(&["failed"]).inc();
                tracing::warn!(%node, "a request was handed on and not answered in time");
                return None;
            }
        };
        if answer.status().is_success() {
            forwarded.with_label_values(&["answered"]).inc();
            cluster.peers.note(node, asked.elapsed());
            tracing::info!(%node, "answered by another node");
            return Some(Ok(answer));
        }
        forwarded.with_label_values(&["refused"]).inc();
        let Ok(fault) = timeout(REFUSAL_DEADLINE, fault_of(answer)).await else {
            tracing::warn!(%node, "a refusal was begun and not ended");
            return None;
        };
        tracing::info!(%node, code = %fault.code, "refused by another node");
        Some(Err(Problem(fault)))
    }

    fn onward(&self) -> Result<Request<Body>, http::Error> {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(format!("https://node.invalid{path}"))
            .header(ELAPSED, elapsed)
            .body(Body::from(self.body.clone()))?;
        let headers = request.headers_mut();
        for name in KEPT {
            for value in self.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        if let Some(Ok(id)) = current_request_id().map(|id| HeaderValue::from_str(&id)) {
            headers.insert(HeaderName::from_static(REQUEST_ID), id);
        }
        if let Some(Ok(peer)) = self.peer.map(|peer| HeaderValue::from_str(&peer.0.to_string())) {
            headers.insert(CALLER, peer);
        }
        Ok(request)
    }
}

/// The body of another node's answer, broken off where nothing comes of it once the query's time is over: a node that was stopped
/// where it is keeps its connection for longer than that.
#[derive(Debug)]
struct Bounded {
    body: Body,
    /// The end of the query's time.
    over: Instant,
    /// While nothing comes.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    fn new(body: Body, over: Instant) -> Self {
        Self {
            body,
            over,
            stalled: None,
        }
    }
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.stalled = None;
            return Poll::Ready(frame);
        }
        let until = self.over.max(Instant::now()) + STALL;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep_until(until.into())));
        ready!(stalled.as_mut().poll(cx));
        tracing::warn!("nothing more comes of an answer of another node");
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(
            io::ErrorKind::TimedOut,
        )))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The nodes to ask, the likeliest to answer soon first: those that are about to go, and tunnels that are likely to be dead, last.
fn holders(state: &Shared, tenant: &TenantId, source: &SourceId) -> Vec<Remote> {
    let Some(cluster) = &state.cluster else {
        return Vec::new();
    };
    let mut found = cluster.directory.holders(tenant, source);
    found.sort_by_cached_key(|remote| {
        let cost = cluster.peers.cost(&remote.node.node);
        (remote.node.leaving, remote.outdated, cost)
    });
    let mut asked = Vec::new();
    found.retain(|remote| {
        let new = !asked.contains(&remote.node.node);
        asked.push(remote.node.node.clone());
        new
    });
    found.truncate(MAX_HOPS_SIDEWAYS);
    found
}

/// The caller's own address, where a node tells it.
pub(super) fn caller_of(parts: &Parts) -> Option<Peer> {
    parts.extensions.get::<Via>()?;
    Some(Peer(parts.headers.get(&CALLER)?.to_str().ok()?.parse().ok()?))
}

fn elapsed(parts: &Parts) -> Option<Duration> {
    let text = parts.headers.get(&ELAPSED)?.to_str().ok()?;
    text.parse().ok().map(Duration::from_millis)
}

/// The fault that another node's problem document tells of.
async fn fault_of(answer: Response) -> Fault {
    let after = answer.headers().get(header::RETRY_AFTER);
    let after = after.and_then(|after| after.to_str().ok()?.parse().ok().map(Duration::from_secs));
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_PROBLEM_BYTES)
        .collect()
        .await;
    let document = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Document>(&body.to_bytes()).ok());
    let Some(document) = document else {
        return Fault::new(
            Code::Internal,
            format!("another node answered with status {}", status.as_u16()),
        );
    };
    let code = Code::ALL.iter().find(|code| code.name() == document.code);
    let mut fault = Fault::new(code.copied().unwrap_or(Code::Internal), document.detail);
    fault.retry_after = after;
    if let (Some(line), Some(column)) = (document.line, document.column) {
        fault = fault.at(line, column);
    }
    fault
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    #[tokio::test]
    async fn answer_that_stops_in_its_midst_is_broken_off_at_its_time() {
        let part = Frame::data(Bytes::from_static(b"part"));
        let stuck = stream::iter([Ok::<_, axum::Error>(part)]).chain(stream::pending());
        let over = Instant::now();
        let mut bounded = Bounded::new(Body::new(StreamBody::new(stuck)), over);
        let first = bounded.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "part");
        let error = bounded.frame().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("timed out"), "{error}");
        assert!(over.elapsed() >= STALL);
    }

    #[tokio::test]
    async fn answer_that_goes_on_is_whole_whatever_the_time() {
        let over = Instant::now() - Duration::from_secs(60);
        // Each part is late once, as from a node whose caller reads slowly.
        let parts = stream::iter(0..3).then(async |part: u8| {
            tokio::task::yield_now().await;
            Ok::<_, axum::Error>(Frame::data(Bytes::copy_from_slice(&[part])))
        });
        let slow = Bounded::new(Body::new(StreamBody::new(Box::pin(parts))), over);
        assert_eq!(slow.collect().await.unwrap().to_bytes(), [0, 1, 2][..]);
    }
}
