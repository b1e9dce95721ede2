//! Which transport: QUIC, or HTTP/2 where UDP does not get through.
//!
//! QUIC is begun first and has a head start; then both are tried, and the first that is established is used, the other
//! dropped before it has said anything. What is raced are handshakes: no Hello is said by the loser, so that the gateway's
//! table never hears of it. Where QUIC has failed on this network before, nobody waits for it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use certs::token::GatewayAddress;
use tokio::{sync::Notify, time::sleep};
use transport::{Connection, Kind};

use super::{Dialled, TunnelError, http2, quic};
use crate::{
    config::{Congestion, Transport, Tunnel},
    identity::Identity,
    proxy::Proxies,
};

/// What QUIC is ahead: a round trip of the worst of paths and one loss, which it notices after a second. On a path that
/// works HTTP/2 is never begun.
const HEAD_START: Duration = Duration::from_millis(1500);

/// Longest time between two looks, where the first is not later.
const RAREST: Duration = Duration::from_secs(300);

/// Between two looks whether anything has come.
const LOOK: Duration = Duration::from_secs(1);

/// Looks without anything after which a path of QUIC is left: three signs of life without an answer, each sent again
/// several times meanwhile.
const PATIENCE: u32 = 10;

/// How gateways are dialled from this host, and what was learned of its network.
#[derive(Debug)]
pub struct Dialler {
    /// Which transport.
    pub transport: Transport,
    /// QUIC's congestion control.
    pub congestion: Congestion,
    /// The proxy on the way of what goes over TCP.
    pub proxies: Proxies,
    /// From a tunnel over HTTP/2 to the first look whether QUIC works again.
    pub probe: Duration,
    /// Whether QUIC was the last to fail here.
    quic_failed: AtomicBool,
}

impl Dialler {
    /// A dialler that has learned nothing yet.
    pub fn new(settings: &Tunnel) -> Self {
        let Tunnel {
            congestion,
            transport,
            proxies,
            probe,
            ..
        } = settings.clone();
        Self {
            transport,
            congestion,
            proxies,
            probe,
            quic_failed: AtomicBool::new(false),
        }
    }

    /// Opens a connection to a gateway node at this address.
    ///
    /// # Errors
    /// [`TunnelError`]; where both transports failed, with both reasons.
    pub async fn dial(&self, identity: &Identity, address: &GatewayAddress) -> Result<Dialled, TunnelError> {
        match self.transport {
            Transport::Quic => quic::dial(identity, address, self.congestion).await,
            Transport::Http2 => http2::dial(identity, address, &self.proxies).await,
            Transport::Auto => self.race(identity, address).await,
        }
    }

    /// Whether QUIC gets through, over a connection that is ready to be used.
    ///
    /// # Errors
    /// [`TunnelError`].
    pub async fn probe(&self, identity: &Identity, address: &GatewayAddress) -> Result<Dialled, TunnelError> {
        let dialled = quic::dial(identity, address, self.congestion).await?;
        self.quic_failed.store(false, Ordering::Relaxed);
        Ok(dialled)
    }

    /// Looks now and then whether QUIC gets through again, while a tunnel is over HTTP/2 and may be over QUIC; answers once
    /// it does.
    pub async fn returned(&self, kind: Kind, identity: &Identity, address: &GatewayAddress) -> Dialled {
        if kind != Kind::Http2 || self.transport != Transport::Auto {
            return std::future::pending().await;
        }
        let mut wait = self.probe;
        loop {
            // Spread, so that the connectors of a site do not look all at once.
            sleep(wait.mul_f64(rand::random_range(0.75..1.25))).await;
            match self.probe(identity, address).await {
                Ok(dialled) => return dialled,
                Err(error) => tracing::debug!(%error, "still no QUIC"),
            }
            wait = (wait * 2).min(RAREST.max(self.probe));
        }
    }

    /// Answers when a path of QUIC has carried nothing from the gateway for [`PATIENCE`] looks, where HTTP/2 may be used
    /// instead. Looks are counted and not the time, so that a host that stood still takes what has come meanwhile before
    /// it judges.
    pub async fn silent(&self, connection: &Connection) {
        if connection.kind() != Kind::Quic || self.transport != Transport::Auto {
            return std::future::pending().await;
        }
        let (mut heard, mut quiet) = (connection.heard(), 0);
        while quiet < PATIENCE {
            sleep(LOOK).await;
            let now = connection.heard();
            quiet = if now == heard { quiet + 1 } else { 0 };
            heard = now;
        }
    }

    /// A connection over HTTP/2, whatever the settings are.
    ///
    /// # Errors
    /// [`TunnelError`].
    pub async fn http2(&self, identity: &Identity, address: &GatewayAddress) -> Result<Dialled, TunnelError> {
        http2::dial(identity, address, &self.proxies).await
    }

    /// A path of QUIC has died: the next attempt does not wait for another.
    pub fn quic_died(&self) {
        self.quic_failed.store(true, Ordering::Relaxed);
    }

    async fn race(&self, identity: &Identity, address: &GatewayAddress) -> Result<Dialled, TunnelError> {
        let head_start = if self.quic_failed.load(Ordering::Relaxed) {
            Duration::ZERO
        } else {
            HEAD_START
        };
        let quic = quic::dial(identity, address, self.congestion);
        let at_once = Notify::new();
        let http2 = async {
            tokio::select! {
                () = sleep(head_start) => {}
                () = at_once.notified() => {}
            }
            http2::dial(identity, address, &self.proxies).await
        };
        tokio::pin!(quic, http2);
        // Losing an arm drops nothing here: both go on until one is established.
        let first = tokio::select! {
            dialled = &mut quic => match dialled {
                Err(error) if error.is_about_the_path() => error,
                settled => {
                    self.quic_failed.store(false, Ordering::Relaxed);
                    return settled;
                }
            },
            dialled = &mut http2 => match dialled {
                Ok(dialled) => {
                    self.quic_failed.store(true, Ordering::Relaxed);
                    return Ok(dialled);
                }
                // Whatever is in the way of TCP, QUIC may do without.
                Err(error) => return match quic.await {
                    Err(quic) if quic.is_about_the_path() => Err(neither(quic, error)),
                    settled => settled,
                },
            },
        };
        self.quic_failed.store(true, Ordering::Relaxed);
        at_once.notify_one();
        http2.await.map_err(|error| neither(first, error))
    }
}

fn neither(quic: TunnelError, http2: TunnelError) -> TunnelError {
    // What the gateway itself says, or who stands in its place, is the whole truth.
    if http2.is_about_the_path() {
        return TunnelError::Neither {
            quic: Box::new(quic),
            http2: Box::new(http2),
        };
    }
    http2
}
