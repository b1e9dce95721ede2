//! The way to another node: one HTTP/2 connection over mutual TLS for each, opened when it is needed.
//!
//! A connection is given up as soon as its pings are not answered, and a node that could not be reached is asked last for a
//! while. How long a node takes to begin an answer is remembered: of several that hold a tunnel of a source the one is asked
//! that answers soonest for what it has to do.
//!
//! **An answer that nobody reads holds up no other.** Each has a window of its own, and the connection's is as large as those of
//! all answers that may be on their way, so that it never is what an answer waits for. An answer keeps its place until its
//! body ends; when all places are taken, the node is passed over.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Body;
use certs::{
    tls::{self, CredentialSlot},
    verifier::TrustSlot,
};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use proto::id::NodeId;
use rustls_pki_types::ServerName;
use thiserror::Error;
use tokio::{
    net::TcpStream,
    sync::{Mutex as AsyncMutex, Semaphore},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::record::NodeRecord;
use crate::metrics::ClusterMetrics;

/// For a connection and its handshake: nodes are in one network, a few milliseconds apart.
const CONNECT_DEADLINE: Duration = Duration::from_secs(2);

/// Between two pings of an open connection, and for the answer to one: a node that lost its power is noticed within this and
/// the queries that wait for it are asked elsewhere.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// For the answer to a ping.
const PING_DEADLINE: Duration = Duration::from_secs(2);

/// Answers of one node on their way at once.
pub const MAX_ANSWERS: usize = 512;
/// Bytes of one answer on their way: over a gigabyte per second where nodes are a fifth of a millisecond apart.
const STREAM_WINDOW: u32 = 256 * 1024;
/// Bytes of all answers of one node on their way: 128 MiB, of which only what callers do not read is ever held.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * MAX_ANSWERS as u32;

/// How long a node that could not be reached is asked last.
const SHUNNED: Duration = Duration::from_secs(5);

/// Weight of a new observation, in sixteenths: some ten answers make the past forgotten.
const WEIGHT: u32 = 3;

/// Nodes that are remembered. A cluster has a few; names that went away are forgotten when this is reached.
const MAX_LINKS: usize = 256;

/// No answer from a node.
#[derive(Debug, Error)]
pub enum PeerError {
    /// It could not be reached: nothing was sent.
    #[error("node {node} cannot be reached: {source}")]
    Unreachable {
        /// The node.
        node: NodeId,
        /// Why.
        source: io::Error,
    },
    /// All its places for answers are taken: nothing was sent.
    #[error("{MAX_ANSWERS} answers of node {node} are on their way already")]
    Busy {
        /// The node.
        node: NodeId,
    },
    /// The connection ended before the answer's head.
    #[error("node {node} did not answer: {source}")]
    Lost {
        /// The node.
        node: NodeId,
        /// Why.
        source: hyper::Error,
    },
}

/// The ways to the other nodes.
#[derive(Debug)]
pub struct Peers {
    slot: Arc<CredentialSlot>,
    trust: Arc<TrustSlot>,
    links: Mutex<HashMap<NodeId, Arc<Link>>>,
    metrics: ClusterMetrics,
}

#[derive(Debug)]
struct Link {
    open: AsyncMutex<Option<Open>>,
    running: AtomicU32,
    seen: Mutex<Seen>,
    /// Held by each answer until its body has ended.
    places: Arc<Semaphore>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            open: AsyncMutex::default(),
            running: AtomicU32::new(0),
            seen: Mutex::default(),
            places: Arc::new(Semaphore::new(MAX_ANSWERS)),
        }
    }
}

#[derive(Debug)]
struct Open {
    address: String,
    sender: http2::SendRequest<Body>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Usual time to the head of an answer.
    usual: Option<Duration>,
    failed: Option<Instant>,
}

/// A request on its way: counted until its head is there or it was given up.
struct Running<'a>(&'a AtomicU32);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Peers {
    pub(super) fn new(slot: Arc<CredentialSlot>, trust: Arc<TrustSlot>, metrics: ClusterMetrics) -> Self {
        Self {
            slot,
            trust,
            links: Mutex::default(),
            metrics,
        }
    }

    /// What asking this node is likely to cost: less is better.
    pub fn cost(&self, node: &NodeId) -> Duration {
        let Some(link) = self.lock().get(node).map(Arc::clone) else {
            return Duration::ZERO;
        };
        let running = link.running.load(Ordering::Relaxed);
        let seen = link.seen();
        let shunned = seen.failed.is_some_and(|at| at.elapsed() < SHUNNED);
        let usual = seen.usual.unwrap_or_default().saturating_mul(running + 1);
        usual + if shunned { SHUNNED * 100 } else { Duration::ZERO }
    }

    /// Sends a request and waits for the answer's head. Whoever may have it sent on learns by [`Peers::note`] what the head was
    /// worth.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn send(&self, node: &NodeRecord, request: Request<Body>) -> Result<Response<Body>, PeerError> {
        let link = self.link(&node.node);
        let Ok(place) = Arc::clone(&link.places).try_acquire_owned() else {
            return Err(PeerError::Busy {
                node: node.node.clone(),
            });
        };
        link.running.fetch_add(1, Ordering::Relaxed);
        let _running = Running(&link.running);
        let answer = self.ask(&link, node, request).await;
        if answer.is_err() {
            link.seen().failed = Some(Instant::now());
        }
        // The place goes with the body, however it ends.
        Ok(answer?.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held = &place;
                frame
            }))
        }))
    }

    /// Takes into account how long a node took to begin an answer of use: a refusal comes sooner than any.
    pub fn note(&self, node: &NodeId, took: Duration) {
        let link = self.link(node);
        let mut seen = link.seen();
        let usual = seen.usual.unwrap_or(took);
        seen.usual = Some((usual * (16 - WEIGHT) + took * WEIGHT) / 16);
        seen.failed = None;
    }

    async fn ask(
        &self,
        link: &Link,
        node: &NodeRecord,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, PeerError> {
        let lost = |source| PeerError::Lost {
            node: node.node.clone(),
            source,
        };
        let mut sender = self.open(link, node).await?;
        sender.ready().await.map_err(lost)?;
        sender.send_request(request).await.map_err(lost)
    }

    /// The open connection, or a new one. Whoever comes while it is opened waits for the same, and hears the same when that
    /// fails: a node that is away costs a request one wait, and not one for each that came before.
    async fn open(&self, link: &Link, node: &NodeRecord) -> Result<http2::SendRequest<Body>, PeerError> {
        let came = Instant::now();
        let unreachable = |source| PeerError::Unreachable {
            node: node.node.clone(),
            source,
        };
        let mut open = link.open.lock().await;
        if let Some(open) = &*open
            && open.address == node.peer
            && !open.sender.is_closed()
        {
            return Ok(open.sender.clone());
        }
        if link.seen().failed.is_some_and(|failed| failed > came) {
            return Err(unreachable(io::ErrorKind::TimedOut.into()));
        }
        let connected = timeout(CONNECT_DEADLINE, self.connect(node)).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let result = if connected.is_ok() { "ok" } else { "failed" };
        self.metrics.connects.with_label_values(&[result]).inc();
        let sender = connected.map_err(|source| {
            // Before the lock is given to who waits for it.
            link.seen().failed = Some(Instant::now());
            unreachable(source)
        })?;
        *open = Some(Open {
            address: node.peer.clone(),
            sender: sender.clone(),
        });
        Ok(sender)
    }

    async fn connect(&self, node: &NodeRecord) -> io::Result<http2::SendRequest<Body>> {
        let stream = TcpStream::connect(&node.peer).await?;
        // Small answers must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let observer = Arc::new(());
        let config = tls::peer_client_config(
            Arc::clone(&self.slot),
            Arc::clone(&self.trust),
            node.node.clone(),
            observer,
        )
        .map_err(io::Error::other)?;
        // The identity in the certificate is compared, and not this name.
        let name = ServerName::try_from("node.invalid").map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_DEADLINE)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let node = node.node.clone();
        // It ends with the last sender, or with the connection.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::info!(%node, %error, "the connection to another node ended");
            }
        });
        Ok(sender)
    }

    fn link(&self, node: &NodeId) -> Arc<Link> {
        let mut links = self.lock();
        if links.len() >= MAX_LINKS && !links.contains_key(node) {
            links.retain(|_, link| Arc::strong_count(link) > 1);
        }
        Arc::clone(links.entry(node.clone()).or_default())
    }

    // No call panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<NodeId, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
