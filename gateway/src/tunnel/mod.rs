//! Tunnels: the connections that connectors dial, and the queries that run over them.
//!
//! [`listen`] accepts and admits, `session` lives as long as one tunnel does, [`registry`] knows which are up,
//! [`exchange`] carries one query, [`ipc`] looks at what comes back. Whom a tunnel belongs to is taken from its
//! certificate's leaf and from nothing else.

pub mod admit;
#[cfg(test)]
pub(crate) mod double;
pub mod evict;
pub mod exchange;
pub mod ipc;
pub mod listen;
mod liveness;
pub mod registry;
pub mod reset;
pub mod schemas;
mod session;
mod slots;
pub mod tcp;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use certs::identity::CertificateFacts;
use futures_util::future::BoxFuture;
use proto::{
    error::{Code, Fault},
    id::{NodeId, SourceId, TrustDomain},
    wire::frame::{Digest, Nodes, Offers, Slot as TunnelSlot, SourceOffer, Trust},
};
use tokio::sync::{Notify, watch};
use transport::{Connection, Kind};

use crate::{
    clock::Clock, cluster::directory::Directory, drain::Drain, fleet::Fleet, metrics::TunnelMetrics,
};
use registry::{Order, Owner, Registry, TunnelId};
use schemas::{Schemas, Told};
use slots::Slots;

pub use slots::{NoSlot, Slot};

/// The live tunnels of this node.
pub type Tunnels = Registry<Tunnel>;

/// Who may have a tunnel, once the handshake has proved who it is.
pub trait Admission: Send + Sync + fmt::Debug {
    /// Says whether the connector is enrolled with this certificate and its tenant in service.
    ///
    /// # Errors
    /// What the connector is told: `unknown_tenant`, `revoked`, or that it cannot be found out.
    fn admit<'a>(&'a self, peer: &'a CertificateFacts) -> BoxFuture<'a, Result<(), Fault>>;

    /// Issues the next certificate for a request (PKCS #10 in DER) that came over a tunnel of `peer`: a chain in PEM.
    ///
    /// # Errors
    /// What the connector is told; the tunnel goes on.
    fn renew(&self, peer: CertificateFacts, request: Bytes) -> BoxFuture<'static, Result<String, Fault>>;

    /// Remembers which roots the connector says to trust.
    ///
    /// # Errors
    /// What goes to the log; the tunnel goes on.
    fn trusts(&self, peer: CertificateFacts, roots: Digest) -> BoxFuture<'static, Result<(), Fault>>;
}

impl Admission for Fleet {
    fn admit<'a>(&'a self, peer: &'a CertificateFacts) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { Fleet::admit(self, peer).await.map(|_| ()) })
    }

    fn renew(&self, peer: CertificateFacts, request: Bytes) -> BoxFuture<'static, Result<String, Fault>> {
        let fleet = self.clone();
        Box::pin(async move { Fleet::renew(&fleet, &peer, &request).await })
    }

    fn trusts(&self, peer: CertificateFacts, roots: Digest) -> BoxFuture<'static, Result<(), Fault>> {
        let fleet = self.clone();
        Box::pin(async move { Fleet::trusts(&fleet, &peer, roots).await })
    }
}

/// What tunnels share.
#[derive(Debug)]
pub struct Host {
    /// This process's name.
    pub node: NodeId,
    /// The installation that tunnels have to belong to.
    pub trust_domain: TrustDomain,
    /// Queries on one tunnel at once; the probe has a place besides.
    pub tunnel_exchanges: u32,
    /// How many handshakes may begin.
    pub handshakes: admit::Bounds,
    /// How long tunnels are given when the gateway stops.
    pub grace: Duration,
    /// Where the time comes from.
    pub clock: Clock,
    /// Who may have a tunnel.
    pub admission: Arc<dyn Admission>,
    /// Which tunnels are up.
    pub tunnels: Arc<Tunnels>,
    /// What can be measured.
    pub metrics: TunnelMetrics,
    /// Whether work is still taken.
    pub drain: Drain,
    /// The roots that connectors are told of.
    pub trust: watch::Receiver<Arc<Trust>>,
    /// The live nodes of the cluster, this one among them: connectors are told.
    pub nodes: watch::Receiver<Arc<Nodes>>,
    /// What sources hold.
    pub schemas: Schemas,
    /// What other nodes hold; none for a node that is alone.
    pub directory: Option<Arc<Directory>>,
    /// The number of the next tunnel.
    pub next: AtomicU64,
}

/// One live tunnel, as queries use it and lists show it.
pub struct Tunnel {
    id: TunnelId,
    owner: Owner,
    certificate: CertificateFacts,
    connection: Connection,
    order: Order,
    facts: Facts,
    sources: Mutex<Vec<SourceOffer>>,
    offers: Mutex<Arc<Offers>>,
    /// Of its sources only, so that they are as many.
    told: Mutex<HashMap<SourceId, Told>>,
    slots: Slots,
    /// Usual time to a first batch, in microseconds; 0 before the first.
    usual: AtomicU64,
    /// Told when a successor has taken over and this one shall end in peace.
    left: Notify,
    /// Why this side closed it, if it did.
    closed: OnceLock<Code>,
    exchanges: exchange::Exchanges,
}

/// What was said at Hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// When the tunnel was admitted, in milliseconds since 1970-01-01 UTC.
    pub since_ms: u64,
    /// The connector's version.
    pub version: String,
    /// The connector's clock minus the gateway's, in whole seconds.
    pub skew_seconds: i64,
    /// Which of its connector's tunnels it is.
    pub slot: TunnelSlot,
}

impl Tunnel {
    /// The node's number for it.
    pub fn id(&self) -> TunnelId {
        self.id
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The certificate that it was opened with.
    pub fn certificate(&self) -> &CertificateFacts {
        &self.certificate
    }

    /// Its place among those of its connector.
    pub fn order(&self) -> Order {
        self.order
    }

    /// What was said at Hello.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it serves now.
    pub fn sources(&self) -> Vec<SourceOffer> {
        self.lock_sources().clone()
    }

    /// The customer's own queries at its connector: what may be asked beside the shipped ones.
    pub fn offers(&self) -> Arc<Offers> {
        // No call panics while it holds the lock.
        Arc::clone(&self.offers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn offer(&self, offers: Offers) {
        *self.offers.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(offers);
    }

    /// What it told of one of its sources, if it has.
    pub fn told(&self, source: &SourceId) -> Option<Told> {
        self.lock_told().get(source).cloned()
    }

    fn lock_told(&self) -> MutexGuard<'_, HashMap<SourceId, Told>> {
        // No call panics while it holds the lock.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the connector is, as this node sees it. It changes when the connector's network does.
    pub fn remote(&self) -> SocketAddr {
        self.connection.remote()
    }

    /// The path's round trip.
    pub fn rtt(&self) -> Duration {
        self.connection.rtt()
    }

    /// The size in bytes of the datagrams that the path carries; none over TCP.
    pub fn mtu(&self) -> Option<u16> {
        self.connection.mtu()
    }

    /// Whether what runs on it goes on beside a successor: where that has another certificate, or is back on QUIC.
    fn outlives(&self, successor: &Self) -> bool {
        let renewed = self.certificate.serial != successor.certificate.serial;
        renewed || (self.transport() == Kind::Http2 && successor.transport() == Kind::Quic)
    }

    /// What carries it.
    pub fn transport(&self) -> Kind {
        self.connection.kind()
    }

    /// Packets that were sent to the connector, and those of them that were lost; none over TCP.
    pub fn packets(&self) -> Option<(u64, u64)> {
        self.connection.packets()
    }

    /// Queries in progress.
    pub fn running(&self) -> u32 {
        self.slots.running()
    }

    /// What asking here is likely to cost: less is better. Before the first query it is the path's round trip.
    pub fn cost(&self) -> Duration {
        let usual = match self.usual.load(Ordering::Relaxed) {
            0 => self.rtt(),
            usual => Duration::from_micros(usual),
        };
        usual.saturating_mul(self.running().saturating_add(1))
    }

    /// Notes the time to a first batch: some ten of them make the past forgotten.
    pub fn note(&self, first: Duration) {
        let new = u64::try_from(first.as_micros())
            .unwrap_or(u64::MAX / 16)
            .clamp(1, u64::MAX / 16);
        // One that is overwritten by another at the same time is not missed.
        let usual = match self.usual.load(Ordering::Relaxed) {
            0 => new,
            usual => (usual * 13 + new * 3) / 16,
        };
        self.usual.store(usual.max(1), Ordering::Relaxed);
    }

    /// Whether it would take a query now.
    pub fn has_room(&self) -> bool {
        self.slots.has_room()
    }

    /// Leave to run one query on it.
    ///
    /// # Errors
    /// [`NoSlot`].
    pub fn begin(&self) -> Result<Slot, NoSlot> {
        self.slots.begin()
    }

    /// Ends the tunnel once nothing runs on it: a successor of the same connector takes what comes.
    fn leave(&self) {
        self.left.notify_one();
    }

    /// Ends the tunnel now, with what runs on it. Its session notices and clears up.
    pub fn close(&self, why: &Fault) {
        let _ = self.closed.set(why.code); // the first reason counts
        self.connection.close(close_code(why.code), why.detail.as_bytes());
    }

    fn lock_sources(&self) -> MutexGuard<'_, Vec<SourceOffer>> {
        // No call panics while it holds the lock.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// The number of a code as it travels, for connections and streams alike (docs/wire.md, "Closing").
pub(crate) fn close_code(code: Code) -> u32 {
    code as u32
}

/// The code in a close or reset of the peer; an orderly end is [`Code::TunnelLost`] to whoever still waits.
pub(crate) fn closed_code(number: u64) -> Code {
    match number {
        0 => Code::TunnelLost,
        number => Code::from_wire(number),
    }
}
