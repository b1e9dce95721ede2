//! The tunnel over HTTP/2 (RFC 9113): the connector dials, the gateway asks.
//!
//! On the connection that the connector has dialled the gateway is the HTTP/2 client, so that it is the gateway that opens
//! streams, as over QUIC. Each stream of a tunnel is one request:
//!
//! | Request | Stands for | Body | Answer |
//! |---|---|---|---|
//! | `POST /control` | the control stream; one, with the connection | the gateway's frames | the connector's |
//! | `POST /exchange` | an exchange | the gateway's frames | the connector's |
//! | `GET /batch` | a stream that the connector may open: some always wait for their answer | none | one batch |
//! | `POST /end` | the end of the connection; one, with the connection | none | none |
//!
//! A stream that is given up is reset with [`RESET_BASE`] plus the stable code, in a range that no code of HTTP/2 is in. To
//! close the connection, its side says code and reason in header fields on `/end`, which no flow control holds up: the
//! gateway as trailers of its request, the connector as its answer. The other side then closes TCP.
//!
//! Flow control is HTTP/2's own, with the windows that QUIC has. What a hostile peer could make this side hold is bounded by
//! the h2 crate (`limits`): streams, header lists and their continuations, small DATA frames, resets that wait and resets
//! that are remembered; answers to PING and SETTINGS are written before more is read.

mod answering;
mod asking;
mod end;
mod limits;
mod streams;
mod watched;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rustls_pki_types::CertificateDer;
use tokio::{
    sync::{Mutex as Turns, Notify, mpsc, watch},
    time::{sleep, timeout},
};

use crate::ConnectionError;
use end::Words;
use watched::Heard;

pub use answering::connector;
pub use asking::gateway;
pub use streams::{RecvStream, SendStream};

/// Where the error codes of streams begin: RFC 9113, section 7, leaves to the peers what numbers beyond its own mean.
pub const RESET_BASE: u32 = 0x454C_0000;

/// Between two PINGs: each measures the round trip, and keeps the flow known to firewalls and proxies.
const PING_EVERY: Duration = Duration::from_secs(3);

/// Between two looks whether anything has come while an answer is waited for.
const LOOK: Duration = Duration::from_secs(1);

/// Looks without a byte after which the path is given up, as over QUIC. Looks are counted and not the time, so that a host
/// that stood still takes what has come meanwhile before it judges.
const PATIENCE: u32 = 10;

/// For the last words to arrive and the peer to close: several round trips of the worst path.
const LINGER: Duration = Duration::from_secs(1);

/// What runs a connection: to be polled by a task until it ends, which it does soon after the connection has.
pub type Driver = BoxFuture<'static, ()>;

/// Who the peer is, as the handshake has shown.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address, or its proxy's.
    pub remote: SocketAddr,
    /// What it has presented, leaf first.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// A connection. Cheap to clone; the last handle closes it in order.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    _last: Arc<Last>,
}

/// What handles, streams and the driver share.
struct Shared {
    peer: Peer,
    heard: Arc<Heard>,
    rtt_us: AtomicU64,
    /// Why it ended; set once.
    ended: watch::Sender<Option<ConnectionError>>,
    /// What this side closes with.
    words: Mutex<Option<Words>>,
    closing: Notify,
    side: Side,
}

/// What each side opens and takes. A turn is held while one waits: everybody gets the next in order.
enum Side {
    Gateway {
        requests: h2::client::SendRequest<Bytes>,
        control: Turns<mpsc::Receiver<(SendStream, RecvStream)>>,
        batches: Turns<mpsc::Receiver<RecvStream>>,
        admitted: watch::Sender<u32>,
    },
    Connector {
        control: Turns<mpsc::Receiver<(SendStream, RecvStream)>>,
        exchanges: Turns<mpsc::Receiver<(SendStream, RecvStream)>>,
        batches: Turns<mpsc::Receiver<h2::server::SendResponse<Bytes>>>,
    },
}

/// Closes the connection when nobody has a handle of it any more.
struct Last(Arc<Shared>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.close(0, b"");
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("remote", &self.shared.peer.remote)
            .finish_non_exhaustive()
    }
}

impl Connection {
    fn new(shared: Arc<Shared>) -> Self {
        let last = Arc::new(Last(Arc::clone(&shared)));
        Self { shared, _last: last }
    }

    pub(crate) async fn open_bi(&self) -> Result<(SendStream, RecvStream), ConnectionError> {
        match &self.shared.side {
            Side::Gateway { requests, .. } => asking::exchange(&self.shared, requests.clone()).await,
            Side::Connector { control, .. } => self.next(control).await,
        }
    }

    pub(crate) async fn accept_bi(&self) -> Result<(SendStream, RecvStream), ConnectionError> {
        match &self.shared.side {
            Side::Gateway { control, .. } => self.next(control).await,
            Side::Connector { exchanges, .. } => self.next(exchanges).await,
        }
    }

    pub(crate) async fn open_uni(&self) -> Result<SendStream, ConnectionError> {
        match &self.shared.side {
            // A gateway has nothing to say in that way.
            Side::Gateway { .. } => Err(self.closed().await),
            Side::Connector { batches, .. } => loop {
                let waiting = self.next(batches).await?;
                // One that the gateway has taken back meanwhile is passed over.
                if let Some(stream) = answering::batch(&self.shared, waiting) {
                    return Ok(stream);
                }
            },
        }
    }

    pub(crate) async fn accept_uni(&self) -> Result<RecvStream, ConnectionError> {
        match &self.shared.side {
            Side::Gateway { batches, .. } => self.next(batches).await,
            // A gateway has nothing to say in that way.
            Side::Connector { .. } => Err(self.closed().await),
        }
    }

    pub(crate) fn admit_uni(&self, streams: u32) {
        if let Side::Gateway { admitted, .. } = &self.shared.side {
            admitted.send_replace(streams);
        }
    }

    pub(crate) fn close(&self, code: u32, reason: &[u8]) {
        self.shared.close(code, reason);
    }

    pub(crate) async fn closed(&self) -> ConnectionError {
        self.shared.gone().await
    }

    pub(crate) fn remote(&self) -> SocketAddr {
        self.shared.peer.remote
    }

    pub(crate) fn rtt(&self) -> Duration {
        Duration::from_micros(self.shared.rtt_us.load(Ordering::Relaxed))
    }

    pub(crate) fn heard(&self) -> u64 {
        self.shared.heard.bytes()
    }

    pub(crate) fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        &self.shared.peer.certificates
    }

    /// The next of what the driver hands over. Cancel-safe.
    async fn next<T>(&self, queue: &Turns<mpsc::Receiver<T>>) -> Result<T, ConnectionError> {
        let next = async { queue.lock().await.recv().await };
        tokio::select! {
            biased;
            error = self.shared.gone() => Err(error),
            next = next => match next {
                Some(next) => Ok(next),
                None => Err(self.shared.gone().await),
            }
        }
    }
}

impl Shared {
    fn new(peer: Peer, heard: Arc<Heard>, side: Side) -> Arc<Self> {
        Arc::new(Self {
            peer,
            heard,
            rtt_us: AtomicU64::new(0),
            ended: watch::Sender::new(None),
            words: Mutex::new(None),
            closing: Notify::new(),
            side,
        })
    }

    /// The first reason counts.
    fn end(&self, why: ConnectionError) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            if first {
                *ended = Some(why);
            }
            first
        });
    }

    fn close(&self, code: u32, reason: &[u8]) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_none() {
            *words = Some(Words::new(code, reason));
        }
        drop(words);
        self.end(ConnectionError::ClosedHere);
        self.closing.notify_one();
    }

    fn words(&self) -> Option<Words> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the end. Cancel-safe.
    async fn gone(&self) -> ConnectionError {
        let mut ended = self.ended.subscribe();
        // The sender is held by `self`, so the wait cannot fail for want of one.
        let why = ended.wait_for(Option::is_some).await.ok();
        why.and_then(|why| why.clone()).unwrap_or(ConnectionError::Cut)
    }

    fn is_over(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// The end of the connection as h2 tells it, unless TLS has told a better reason.
    fn broke(&self, error: Option<&h2::Error>) -> ConnectionError {
        if let Some(alert) = self.heard.alert() {
            return ConnectionError::Alert(alert);
        }
        match error {
            Some(error) if error.is_remote() && error.is_go_away() => {
                ConnectionError::ByTransport(error.to_string())
            }
            Some(error) if !error.is_io() => ConnectionError::Transport(error.to_string()),
            _ => ConnectionError::Cut,
        }
    }

    /// Measures the round trip, until nothing was heard for [`PATIENCE`] looks.
    async fn ping(&self, mut pings: h2::PingPong) -> ConnectionError {
        loop {
            let sent = Instant::now();
            let (mut heard, mut quiet) = (self.heard.bytes(), 0);
            let pong = async {
                let pong = pings.ping(h2::Ping::opaque()).await;
                pong.is_ok().then(|| sent.elapsed())
            };
            tokio::pin!(pong);
            loop {
                match timeout(LOOK, &mut pong).await {
                    Ok(Some(rtt)) => {
                        self.measured(rtt);
                        break;
                    }
                    // The connection has ended; the driver says why.
                    Ok(None) => std::future::pending().await,
                    // Behind a long queue the answer is late: whatever else came is a sign of life.
                    Err(_) => {
                        let now = self.heard.bytes();
                        quiet = if now == heard { quiet + 1 } else { 0 };
                        heard = now;
                        if quiet >= PATIENCE {
                            return ConnectionError::TimedOut;
                        }
                    }
                }
            }
            sleep(PING_EVERY).await;
        }
    }

    /// Smoothed as TCP does it (RFC 6298).
    fn measured(&self, rtt: Duration) {
        let new = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX).max(1);
        let old = self.rtt_us.load(Ordering::Relaxed);
        let smoothed = if old == 0 { new } else { old - old / 8 + new / 8 };
        self.rtt_us.store(smoothed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
