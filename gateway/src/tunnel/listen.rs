//! The tunnel listener: QUIC over UDP, mutual TLS 1.3, connectors only.
//!
//! The accept loop never waits for a peer: each handshake is a task of its own with a deadline. Whose begins, who shows
//! its address first and who is turned away before any state is made for it is decided by the [door](super::admit).
//!
//! **What someone without a certificate can make the gateway hold:** at most `limits.handshakes` (512) of some 64 KiB
//! each (30 kB of connection state, since no stream is admitted yet; a 16 KiB bound on handshake data; the certificates
//! in it): 32 MiB. And [`MAX_INCOMING`] attempts that wait for the loop or in the door's line, each with a first datagram, and
//! with [`INCOMING_BYTES`] of further ones for all of them; where the system hands over many datagrams at once (UDP GRO) each may
//! hold the 64 KiB that it was read with, so that these are 40 MiB for who sends at full speed. All of it for
//! [`HANDSHAKE_DEADLINE`] at the most. A connector that has proved who it is may add a Hello of 64 KiB.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use certs::{
    denylist::Denylist,
    tls::{CredentialSlot, TlsError, tunnel_server_config},
    verifier::{Refusal, RefusalObserver, TrustSlot},
};
use proto::{
    error::Code,
    limits::{CONNECTION_WINDOW, IDLE_TIMEOUT, STREAM_WINDOW},
};
use quinn::{
    Connection, ConnectionError, ConnectionId, Endpoint, Incoming, ServerConfig, TransportConfig, VarInt,
    congestion::{BbrConfig, CubicConfig},
    crypto::rustls::{NoInitialCipherSuite, QuicServerConfig},
};
use thiserror::Error;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep_until, timeout},
};

use super::{
    Host,
    admit::{Door, LONGEST_LINE, Turned, Verdict},
    close_code,
    reset::ResetKey,
    session,
};
use crate::{config::Congestion, metrics::TunnelMetrics};

/// For the TLS handshake: four round trips over the worst of paths, with a loss or two.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Connection attempts that may wait: in the door's line, and for the accept loop, which does nothing slow.
const MAX_INCOMING: usize = LONGEST_LINE + 128;
/// Datagrams of one waiting attempt: its first flight.
const INCOMING_BYTES_EACH: u64 = 16 * 1024;
/// Datagrams of all waiting attempts.
const INCOMING_BYTES: u64 = 2 * 1024 * 1024;

/// Bytes that may wait to be sent on one connection: requests and credit, never results.
const SEND_WINDOW: u64 = 1024 * 1024;

/// Before the tunnel is admitted: the control stream, and nothing else.
const CONTROL_STREAMS: VarInt = VarInt::from_u32(1);

/// The first datagram size: every path carries it (RFC 9000, section 14). Larger ones are found out.
const INITIAL_MTU: u16 = 1200;

/// The listener cannot be made.
#[derive(Debug, Error)]
pub enum ListenError {
    /// This node's certificate or its settings.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The provider lacks the cipher that QUIC begins with, which only a change of provider can cause.
    #[error(transparent)]
    Cipher(#[from] NoInitialCipherSuite),
    /// The socket.
    #[error("the tunnel listener: {0}")]
    Socket(#[from] io::Error),
    /// The key of stateless resets.
    #[error("{path}: {source}")]
    ResetKey {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Makes the endpoint on a bound, non-blocking socket.
///
/// # Errors
/// [`ListenError`].
pub fn endpoint(
    socket: std::net::UdpSocket,
    credential: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    denylist: Arc<Denylist>,
    congestion: Congestion,
    reset: &ResetKey,
    metrics: &TunnelMetrics,
) -> Result<Endpoint, ListenError> {
    let observer = Arc::new(Refusals(metrics.clone()));
    let tls = tunnel_server_config(credential, trust, denylist, observer)?;
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config
        .transport_config(Arc::new(transport(congestion)))
        .max_incoming(MAX_INCOMING)
        .incoming_buffer_size(INCOMING_BYTES_EACH)
        .incoming_buffer_size_total(INCOMING_BYTES);
    let runtime = Arc::new(quinn::TokioRuntime);
    Ok(Endpoint::new(reset.endpoint(), Some(config), socket, runtime)?)
}

/// The numbers have their reasons in `proto::limits` and docs/wire.md.
fn transport(congestion: Congestion) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        .max_concurrent_bidi_streams(CONTROL_STREAMS)
        // Batch streams are admitted with the tunnel: state for each is made in advance.
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(IDLE_TIMEOUT.try_into().ok())
        .initial_mtu(INITIAL_MTU);
    match congestion {
        Congestion::Bbr => transport.congestion_controller_factory(Arc::new(BbrConfig::default())),
        Congestion::Cubic => transport.congestion_controller_factory(Arc::new(CubicConfig::default())),
    };
    transport
}

/// Accepts tunnels until the gateway stops, then drains those that stand within `grace` and ends them.
pub async fn run(endpoint: Endpoint, host: Arc<Host>, grace: Duration) {
    let mut entrance = Entrance::new(&host);
    let mut tasks = JoinSet::new();
    loop {
        while let Some((incoming, place)) = entrance.next() {
            tasks.spawn(shake_hands(incoming, place, Arc::clone(&host)));
        }
        let due = entrance.door.due();
        // Every arm is cancel-safe: an attempt or an ended task that is not taken now is there the next time.
        tokio::select! {
            () = host.drain.stopping() => break,
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { break };
                if let Some((incoming, place)) = entrance.comes(incoming) {
                    tasks.spawn(shake_hands(incoming, place, Arc::clone(&host)));
                }
            }
            () = sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => {}
            Some(ended) = tasks.join_next() => report(ended),
        }
    }
    // Nobody new; those that stand hear of it by their own watch on the drain and end when they are idle.
    endpoint.set_server_config(None);
    // Who stands in the line is refused, and dials another node.
    drop(entrance);
    let ended = timeout(grace, async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    });
    if ended.await.is_err() {
        tracing::warn!(
            tunnels = tasks.len(),
            "tunnels cut at the end of the grace period"
        );
    }
    endpoint.close(
        VarInt::from_u32(close_code(Code::TunnelLost)),
        b"the gateway stops",
    );
    tasks.shutdown().await;
    // The close frames leave, or their time is over.
    let _ = timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
}

pub(super) fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a tunnel's task panicked");
    }
}

/// The door with what it needs of the world: the clock, the places, what is said to who does not enter.
struct Entrance {
    door: Door<Incoming>,
    /// By the id that the connector chose, and whether it had shown its address.
    turned: Turned<(ConnectionId, bool)>,
    places: Arc<Semaphore>,
    host: Arc<Host>,
}

impl Entrance {
    fn new(host: &Arc<Host>) -> Self {
        Self {
            door: Door::new(host.handshakes, Instant::now()),
            turned: Turned::new(),
            places: Arc::new(Semaphore::new(host.handshakes.at_once)),
            host: Arc::clone(host),
        }
    }

    fn inside(&self) -> usize {
        let free = self.places.available_permits();
        self.host.handshakes.at_once.saturating_sub(free)
    }

    /// Gives an attempt a place among those in progress, or in the line, or turns it away without keeping anything of it.
    fn comes(&mut self, incoming: Incoming) -> Option<(Incoming, OwnedSemaphorePermit)> {
        let shown = incoming.remote_address_validated() || !incoming.may_retry();
        let (who, now) = ((incoming.orig_dst_cid(), shown), Instant::now());
        if self.turned.holds(&who, now) {
            incoming.ignore();
            return None;
        }
        let verdict = self.door.comes(incoming, shown, self.inside(), now);
        if matches!(verdict, Verdict::Show(_) | Verdict::Refuse(_)) {
            self.turned.note(who, now);
        }
        self.count_line();
        match verdict {
            Verdict::Enter(incoming) => self.enter(incoming),
            Verdict::Wait => None,
            Verdict::Show(incoming) => {
                self.count("retry");
                // Fails only where a retry was sent before, which was just ruled out.
                let _ = incoming.retry();
                None
            }
            Verdict::Refuse(incoming) => self.refuse(incoming),
        }
    }

    /// Who of the line enters now.
    fn next(&mut self) -> Option<(Incoming, OwnedSemaphorePermit)> {
        let incoming = self.door.next(self.inside(), Instant::now())?;
        self.count_line();
        self.enter(incoming)
    }

    fn enter(&self, incoming: Incoming) -> Option<(Incoming, OwnedSemaphorePermit)> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Some((incoming, place)),
            // Counted a moment ago, and places are taken here only: it does not come to this.
            Err(_) => self.refuse(incoming),
        }
    }

    fn refuse<T>(&self, incoming: Incoming) -> Option<T> {
        self.count("refused");
        incoming.refuse();
        None
    }

    fn count(&self, result: &str) {
        self.host.metrics.handshakes.with_label_values(&[result]).inc();
    }

    fn count_line(&self) {
        let waiting = i64::try_from(self.door.waiting()).unwrap_or(i64::MAX);
        self.host.metrics.waiting.set(waiting);
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.host.metrics.waiting.set(0);
    }
}

async fn shake_hands(incoming: Incoming, place: OwnedSemaphorePermit, host: Arc<Host>) {
    let remote = incoming.remote_address();
    let pending = Pending::new(place, Arc::clone(&host));
    let shaken = match incoming.accept() {
        Ok(connecting) => timeout(HANDSHAKE_DEADLINE, connecting).await,
        Err(error) => Ok(Err(error)),
    };
    let connection: Connection = match shaken {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            if let Some(reason) = failure(&error) {
                host.metrics.handshakes.with_label_values(&[reason]).inc();
            }
            tracing::debug!(%remote, %error, "a tunnel handshake failed");
            return;
        }
        Err(_) => {
            host.metrics.handshakes.with_label_values(&["timeout"]).inc();
            return;
        }
    };
    session::run(connection.into(), host, pending).await;
}

/// A place among the pending handshakes; given back when the tunnel is admitted or refused.
#[derive(Debug)]
pub(super) struct Pending {
    _place: OwnedSemaphorePermit,
    host: Arc<Host>,
}

impl Pending {
    pub(super) fn new(place: OwnedSemaphorePermit, host: Arc<Host>) -> Self {
        host.metrics.pending.inc();
        Self { _place: place, host }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.host.metrics.pending.dec();
    }
}

/// The reason of a failed handshake as a label; none where the verifier has named it already.
fn failure(error: &ConnectionError) -> Option<&'static str> {
    /// TLS alerts travel as QUIC errors from 0x100 on (RFC 9001, section 4.8).
    const TLS: u64 = 0x100;
    match error {
        ConnectionError::TransportError(error) => {
            match u64::from(error.code).checked_sub(TLS).filter(|a| *a < TLS) {
                // bad_certificate to unknown_ca (RFC 8446, section 6): the verifier's own.
                Some(42..=46 | 48) => None,
                Some(116) => Some("no_certificate"),
                Some(120) => Some("alpn"),
                Some(_) => Some("tls"),
                None => Some("transport"),
            }
        }
        // The peer gave up: it does not trust this node, or is no peer at all.
        ConnectionError::ConnectionClosed(_) | ConnectionError::ApplicationClosed(_) => Some("peer_closed"),
        ConnectionError::TimedOut => Some("timeout"),
        ConnectionError::VersionMismatch => Some("version"),
        ConnectionError::Reset | ConnectionError::LocallyClosed | ConnectionError::CidsExhausted => {
            Some("transport")
        }
    }
}

/// Counts what the verifier of client certificates refuses.
#[derive(Debug)]
pub(super) struct Refusals(pub(super) TunnelMetrics);

impl RefusalObserver for Refusals {
    fn refused(&self, refusal: &Refusal) {
        self.0.handshakes.with_label_values(&[refusal.label()]).inc();
        tracing::info!(reason = refusal.label(), detail = %refusal, "a tunnel's certificate was refused");
    }
}
