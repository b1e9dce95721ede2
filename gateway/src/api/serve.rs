//! The listeners: HTTPS for the API, plain HTTP for the redirect and for operations.
//!
//! No accept loop waits for a peer. What someone unknown can make the gateway hold is a connection slot, for the time
//! of a handshake and of one request's head, and buffers of bounded size; beyond the slots a connection is closed
//! before a byte of it is read.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::body::Body;
use certs::identity::facts_of_peer;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, server::conn::http2, service::Service};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::IntGauge;
use proto::{
    id::{Identity, NodeId},
    limits::MAX_QUERY_DEADLINE,
};
use rustls::{ServerConfig, server::Acceptor};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};
use tokio_util::task::TaskTracker;

use super::{forward::Via, record::Peer, stall::Impatient};
use crate::{
    app::Shared, cluster::peers::MAX_ANSWERS, drain::Drain, handshakes::Handshakes, metrics::ApiMetrics,
    tunnel::tcp::Door,
};

/// From the connection to the end of the TLS handshake: four round trips over the worst of paths, and a busy core.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Handshakes in progress at once: 0.4 ms of CPU each, so a full set is under a tenth of a second of work.
const MAX_HANDSHAKES: usize = 128;

/// For a whole request head, and for an idle connection to send its next one. Callers keep connections open between
/// queries; proxies in front commonly give up after 60 s themselves.
const HEAD_DEADLINE: Duration = Duration::from_secs(60);

/// Memory for one request head: a bearer token, an `Accept`, a traceparent, with room.
const HEAD_BYTES: usize = 16 * 1024;

/// Requests on one HTTP/2 connection at once: what one caller's pool would open as HTTP/1.1 connections.
const MAX_STREAMS: u32 = 64;

/// Requests on the one connection of another node at once: the answers that it may have on their way, and room for one that
/// ends there and not yet here.
const MAX_NODE_STREAMS: u32 = MAX_ANSWERS as u32 + 8;

/// Request bodies are small JSON documents.
const RECEIVE_WINDOW: u32 = 64 * 1024;

/// For a caller to take some of what is written to it: one that is busy with the batch before is back long before.
const WRITE_DEADLINE: Duration = Duration::from_secs(120);

/// For one HTTP/2 stream, whose caller may hold it up while its connection is alive: the longest query, and the time to
/// take the last of it.
const STREAM_DEADLINE: Duration = MAX_QUERY_DEADLINE.saturating_add(WRITE_DEADLINE);

/// HTTP/2 pings find callers that vanished without a word: between two of them, and for the answer to one.
const PINGS: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// The same for nodes, which are in one network: one that is cut off must not hold up a stop of this one.
const NODE_PINGS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3));

/// After which a failing accept (no file descriptors left) is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who is let in by a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody; who it is, the API asks.
    Callers,
    /// Gateway nodes, by certificate.
    Nodes,
}

/// The HTTPS listener of the API, or that of nodes.
#[derive(Debug)]
pub(crate) struct Https {
    /// Who is let in.
    pub(crate) who: Who,
    /// The bound socket.
    pub(crate) listener: TcpListener,
    /// The TLS settings; a renewed certificate is put into them in place.
    pub(crate) tls: Arc<ServerConfig>,
    /// Where tunnels go that come to this port.
    pub(crate) door: Option<Door>,
    /// Open connections at once.
    pub(crate) max_connections: usize,
    /// Tells when to stop.
    pub(crate) drain: Drain,
    /// How long a stop waits for requests in progress.
    pub(crate) grace: Duration,
}

impl Https {
    /// Serves until the gateway stops and then until the requests in progress have ended or the grace is over.
    pub(crate) async fn run<S>(self, service: S, state: Shared)
    where
        S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
    {
        let slots = Arc::new(Semaphore::new(self.max_connections));
        let mut handshakes = Handshakes::new(MAX_HANDSHAKES);
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = tokio::select! {
                // Both arms are cancel-safe: a connection is accepted or still in the kernel's queue.
                () = self.drain.stopping() => break,
                accepted = accept(&self.listener, &mut connections) => accepted,
            };
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                state.metrics.api.handshakes.with_label_values(&["refused"]).inc();
                continue;
            };
            let handshake = handshakes.begin();
            let (tls, door) = (Arc::clone(&self.tls), self.door.clone());
            let (service, drain, state) = (service.clone(), self.drain.clone(), Arc::clone(&state));
            let who = self.who;
            connections.spawn(async move {
                let shaken = shake_hands(tls, door.as_ref(), stream, handshake, &state.metrics.api).await;
                match (shaken, door) {
                    (Shaken::Caller(stream), _) => {
                        let _open = Open::new(&state.metrics.api.connections);
                        let node = match who {
                            Who::Callers => None,
                            // The handshake has let nobody else in.
                            Who::Nodes => match node_of(&stream) {
                                Some(node) => Some(Via(node)),
                                None => return,
                            },
                        };
                        let service = Introduced(service, Peer(peer), node);
                        converse(*stream, service, who, &drain).await;
                        drop(slot);
                    }
                    // It counts among the tunnels from here on.
                    (Shaken::Tunnel(start), Some(door)) => {
                        drop(slot);
                        door.take(*start, peer).await;
                    }
                    _ => {}
                }
            });
        }
        drop(self.listener);
        let ended = timeout(self.grace, async {
            while connections.join_next().await.is_some() {}
        })
        .await;
        if ended.is_err() {
            tracing::warn!(
                connections = connections.len(),
                of = ?self.who,
                "API connections cut at the end of the grace period"
            );
        }
    }
}

/// The node at the other end of a connection, as its certificate says.
fn node_of(stream: &tokio_rustls::server::TlsStream<TcpStream>) -> Option<NodeId> {
    let presented = stream.get_ref().1.peer_certificates()?;
    match facts_of_peer(presented).ok()?.identity {
        Identity::Node { node, .. } => Some(node),
        Identity::Connector { .. } => None,
    }
}

/// A service that is told whose connection each request came over.
#[derive(Debug, Clone)]
struct Introduced<S>(S, Peer, Option<Via>);

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for Introduced<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.1);
        if let Some(via) = &self.2 {
            request.extensions_mut().insert(via.clone());
        }
        self.0.call(request)
    }
}

/// One accepted connection; errors of the system are waited out, and finished connections are collected meanwhile.
async fn accept(listener: &TcpListener, connections: &mut JoinSet<()>) -> (TcpStream, SocketAddr) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                report(ended);
                continue;
            }
        };
        match accepted {
            Ok(accepted) => return accepted,
            Err(error) => {
                // The peer's fault (ECONNABORTED) or a lack of descriptors: either passes.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection's task panicked");
    }
}

/// Counts an open connection for as long as it lives, however it ends.
struct Open<'a>(&'a IntGauge);

impl<'a> Open<'a> {
    fn new(gauge: &'a IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What came of a handshake.
enum Shaken {
    /// Nothing.
    Failed,
    /// Somebody who calls the API.
    Caller(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    /// A connector that wants a tunnel, after its hello.
    Tunnel(Box<StartHandshake<TcpStream>>),
}

async fn shake_hands(
    tls: Arc<ServerConfig>,
    door: Option<&Door>,
    stream: TcpStream,
    evicted: oneshot::Receiver<()>,
    metrics: &ApiMetrics,
) -> Shaken {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let shaken = tokio::select! {
        // Losing either arm ends the handshake, so nothing is left behind that could be lost.
        shaken = timeout(HANDSHAKE_DEADLINE, async {
            let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
            if door.is_some() && Door::is_meant(&start.client_hello()) {
                return Ok(Shaken::Tunnel(Box::new(start)));
            }
            Ok::<_, io::Error>(Shaken::Caller(Box::new(start.into_stream(tls).await?)))
        }) => Some(shaken),
        _ = evicted => None,
    };
    let Some(shaken) = shaken else {
        metrics.handshakes.with_label_values(&["evicted"]).inc();
        return Shaken::Failed;
    };
    let (result, shaken) = match shaken {
        Ok(Ok(tunnel @ Shaken::Tunnel(_))) => return tunnel,
        Ok(Ok(caller)) => ("ok", caller),
        Ok(Err(error)) => {
            tracing::debug!(%error, "an API handshake failed");
            ("failed", Shaken::Failed)
        }
        Err(_) => ("timeout", Shaken::Failed),
    };
    metrics.handshakes.with_label_values(&[result]).inc();
    shaken
}

async fn converse<S>(stream: tokio_rustls::server::TlsStream<TcpStream>, service: S, who: Who, drain: &Drain)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let two = who == Who::Nodes || stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (most, (interval, patience)) = match who {
        Who::Callers => (MAX_STREAMS, PINGS),
        Who::Nodes => (MAX_NODE_STREAMS, NODE_PINGS),
    };
    let stream = TokioIo::new(Impatient::new(stream, WRITE_DEADLINE));
    if two {
        let streams = Streams(TaskTracker::new());
        let mut builder = http2::Builder::new(streams.clone());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(most)
            .max_header_list_size(HEAD_BYTES as u32)
            .initial_stream_window_size(RECEIVE_WINDOW)
            .initial_connection_window_size(RECEIVE_WINDOW * 4)
            .keep_alive_interval(interval)
            .keep_alive_timeout(patience);
        let mut connection = pin!(builder.serve_connection(stream, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = drain.stopping() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        conversation_ended(ended);
        streams.0.close();
        streams.0.wait().await;
    } else {
        let mut connection = pin!(http1_builder(HEAD_DEADLINE).serve_connection(stream, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = drain.stopping() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        conversation_ended(ended);
    }
}

fn conversation_ended(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended with an error");
    }
}

fn http1_builder(head_deadline: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head_deadline)
        .max_buf_size(HEAD_BYTES);
    builder
}

/// The tasks of one HTTP/2 connection's streams, so that their end can be waited for.
#[derive(Debug, Clone)]
struct Streams(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        // Dropping a stream that is not over resets it.
        self.0.spawn(timeout(STREAM_DEADLINE, stream));
    }
}

/// Connections of a plain listener at once: health checks and scrapers, or browsers on their way to HTTPS.
const PLAIN_CONNECTIONS: usize = 64;
/// For a whole request head on a plain listener: these answers need one packet.
const PLAIN_HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// Serves plain HTTP/1.1: the redirect until the gateway stops, and without a `drain` the operations listener, which is
/// asked about the stop while it lasts.
pub(crate) async fn run_plain<S>(listener: TcpListener, drain: Option<Drain>, service: S)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let slots = Arc::new(Semaphore::new(PLAIN_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            // Both arms are cancel-safe, as above.
            () = stopping(drain.as_ref()) => return,
            accepted = accept(&listener, &mut connections) => accepted,
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            continue;
        };
        let service = service.clone();
        connections.spawn(async move {
            let _slot = slot;
            conversation_ended(plain(stream, service).await);
        });
    }
}

async fn stopping(drain: Option<&Drain>) {
    match drain {
        Some(drain) => drain.stopping().await,
        None => std::future::pending().await,
    }
}

async fn plain<S, I>(stream: I, service: S) -> Result<(), hyper::Error>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
{
    http1_builder(PLAIN_HEAD_DEADLINE)
        .serve_connection(TokioIo::new(Impatient::new(stream, PLAIN_HEAD_DEADLINE)), service)
        .await
}

/// Binds a TCP socket.
///
/// # Errors
/// The system's, naming the address.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on TCP {address}: {error}")))
}
