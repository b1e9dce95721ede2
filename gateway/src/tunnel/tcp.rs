//! Tunnels over TCP: HTTP/2 for connectors whose network lets no UDP through.
//!
//! They come to the port of the same number as QUIC's. Where the API has that, they are told from its callers by the protocol
//! that they offer in the TLS handshake ([`ALPN_HTTP2`]). From there on they meet what tunnels meet over UDP: the same
//! verifier and denylist, the same session, the same table.
//!
//! A peer's address needs no proof here, since TCP has had it. **What someone without a certificate can make the gateway
//! hold:** `limits.handshakes` (512) handshakes with the 64 KiB that rustls lets one have, for [`HANDSHAKE_DEADLINE`] at the most;
//! HTTP/2 begins when the certificate is verified. As many connections may be silent beside them: one too many ends the oldest, so
//! that whoever says nothing keeps nobody out. Handshakes begin with a hello, at the rate of those over UDP, counted apart; nobody
//! waits for a turn, since TCP would not tell a connector that it waits.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use certs::{
    denylist::Denylist,
    tls::{CredentialSlot, TlsError, tunnel_tcp_server_config},
    verifier::TrustSlot,
};
use proto::limits::ALPN_HTTP2;
use rustls::{
    ServerConfig,
    server::{Acceptor, ClientHello},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, server::TlsStream};
use tokio_util::task::AbortOnDropHandle;
use transport::http2::{self, Peer};

use super::{
    Host, admit,
    listen::{Pending, Refusals, report},
    session,
};
use crate::{handshakes::Handshakes, metrics::TunnelMetrics};

/// For the rest of the TLS handshake once the hello is there: three round trips over the worst of paths, with a loss.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// After which a failing accept (no file descriptors left) is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// For a connection that has ended to have its last words taken.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where tunnels over TCP come in.
#[derive(Debug, Clone)]
pub struct Door {
    tls: Arc<ServerConfig>,
    host: Arc<Host>,
    pending: Arc<Semaphore>,
    rate: Arc<Mutex<admit::Door<()>>>,
}

impl Door {
    /// A door to this host's table.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(
        credential: Arc<CredentialSlot>,
        trust: impl Into<Arc<TrustSlot>>,
        denylist: Arc<Denylist>,
        host: Arc<Host>,
    ) -> Result<Self, TlsError> {
        let observer = Arc::new(Refusals(host.metrics.clone()));
        Ok(Self {
            tls: Arc::new(tunnel_tcp_server_config(credential, trust, denylist, observer)?),
            pending: Arc::new(Semaphore::new(host.handshakes.at_once)),
            rate: Arc::new(Mutex::new(admit::Door::new(host.handshakes, Instant::now()))),
            host,
        })
    }

    /// Whether who says this hello wants a tunnel.
    pub fn is_meant(hello: &ClientHello<'_>) -> bool {
        hello
            .alpn()
            .is_some_and(|mut offered| offered.any(|name| name == ALPN_HTTP2))
    }

    /// Takes a connection to a port that is for tunnels alone.
    async fn answer(self, stream: TcpStream, remote: SocketAddr, evicted: oneshot::Receiver<()>) {
        let _ = stream.set_nodelay(true);
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let count = |result: &str| self.host.metrics.handshakes.with_label_values(&[result]).inc();
        let heard = tokio::select! {
            // Losing either arm ends the connection, so nothing is left behind that could be lost.
            heard = timeout(HANDSHAKE_DEADLINE, hello) => heard,
            _ = evicted => return count("evicted"),
        };
        match heard {
            // The hello is looked at before anything is made for it: most of who come here by mistake are browsers.
            Ok(Ok(start)) if !Self::is_meant(&start.client_hello()) => {
                count("alpn");
                let refused = start.into_stream(Arc::clone(&self.tls));
                let _ = timeout(HANDSHAKE_DEADLINE, refused).await;
            }
            Ok(Ok(start)) => self.take(start, remote).await,
            Ok(Err(error)) => {
                tracing::debug!(%remote, %error, "no TLS at the port of tunnels");
                count("tls");
            }
            Err(_) => count("timeout"),
        }
    }

    /// A place among the handshakes in progress.
    fn place(&self) -> Option<Pending> {
        let inside = self.host.handshakes.at_once - self.pending.available_permits();
        // No call panics while it holds the lock.
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = rate.turn(inside, Instant::now());
        drop(rate);
        let place = turn.and_then(|()| Arc::clone(&self.pending).try_acquire_owned().ok());
        match place {
            Some(place) => Some(Pending::new(place, Arc::clone(&self.host))),
            None => {
                self.host.metrics.handshakes.with_label_values(&["refused"]).inc();
                None
            }
        }
    }

    /// Takes a connection whose hello asks for a tunnel, and lives on it until its end.
    pub async fn take(&self, start: StartHandshake<TcpStream>, remote: SocketAddr) {
        if let Some(pending) = self.place() {
            self.go_on(start, remote, pending).await;
        }
    }

    async fn go_on(&self, start: StartHandshake<TcpStream>, remote: SocketAddr, pending: Pending) {
        let count = |result: &str| self.host.metrics.handshakes.with_label_values(&[result]).inc();
        let shaken = timeout(HANDSHAKE_DEADLINE, start.into_stream(Arc::clone(&self.tls))).await;
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                if let Some(reason) = failure(&error) {
                    count(reason);
                }
                tracing::debug!(%remote, %error, "a tunnel handshake over TCP failed");
                return;
            }
            Err(_) => return count("timeout"),
        };
        let peer = peer(&stream, remote);
        let Ok((connection, driver)) = http2::gateway(stream, peer).await else {
            return count("transport");
        };
        // The task of the driver ends with this one's.
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        session::run(connection.into(), Arc::clone(&self.host), pending).await;
        let _ = timeout(LAST_WORDS, driver).await;
    }
}

/// Accepts tunnels on a port of their own until the gateway stops, then drains those that stand within `grace`.
pub async fn run(door: Door, listener: TcpListener, grace: Duration) {
    let drain = door.host.drain.clone();
    let mut silent = Handshakes::new(door.host.handshakes.at_once);
    let mut tasks = JoinSet::new();
    loop {
        // Every arm is cancel-safe: a connection or an ended task that is not taken now is there the next time.
        tokio::select! {
            () = drain.stopping() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, remote)) => {
                    tasks.spawn(door.clone().answer(stream, remote, silent.begin()));
                }
                Err(error) => {
                    // The peer's fault, or a lack of descriptors: either passes.
                    tracing::warn!(%error, "cannot accept a tunnel over TCP");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(ended) = tasks.join_next() => report(ended),
        }
    }
    drop(listener);
    let ended = timeout(grace, async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    });
    if ended.await.is_err() {
        tracing::warn!(
            tunnels = tasks.len(),
            "tunnels over TCP cut at the end of the grace period"
        );
    }
}

fn peer(stream: &TlsStream<TcpStream>, remote: SocketAddr) -> Peer {
    let presented = stream.get_ref().1.peer_certificates().unwrap_or_default();
    Peer {
        remote,
        certificates: presented
            .iter()
            .map(|certificate| certificate.clone().into_owned())
            .collect(),
    }
}

/// The reason of a failed handshake as a label; none where the verifier has named it already.
fn failure(error: &io::Error) -> Option<&'static str> {
    let tls = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => None,
        Some(rustls::Error::NoCertificatesPresented) => Some("no_certificate"),
        Some(rustls::Error::NoApplicationProtocol) => Some("alpn"),
        Some(rustls::Error::AlertReceived(_)) => Some("peer_closed"),
        Some(_) => Some("tls"),
        None => Some("peer_closed"),
    }
}

/// Moves the metric of this transport with a tunnel.
#[derive(Debug)]
pub(super) struct Carried(prometheus::IntGauge);

impl Carried {
    pub(super) fn new(metrics: &TunnelMetrics, kind: transport::Kind) -> Self {
        let gauge = metrics.by_transport.with_label_values(&[kind.name()]);
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.dec();
    }
}
