//! Keeping tunnels: open them, live on them, open the next.
//!
//! A [`Keeper`] has one slot and the tunnel in it; where it dials and when is decided by [`super::places`], for all slots
//! together. What the keepers share is in [`Tunnels`], so that what concerns the connector and not one of its tunnels (it
//! was revoked, its certificate ran out) is done and logged once.
//!
//! A tunnel that is to be replaced serves until its successor is welcomed; then it is parted with, and ends once nothing
//! runs on it. The end of a keeper is the end of the process: a connector with fewer slots than it was told to have says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use certs::{identity::CertificateFacts, token::GatewayAddress};
use proto::{
    error::Code,
    wire::frame::{InstanceId, Slot},
};
use tokio::{
    sync::{Mutex, oneshot, watch},
    task::{JoinError, JoinSet},
    time::{sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use transport::Kind;

use super::{
    dial::{Dialled, Dialler, TunnelError},
    places::{Failure, Places, Replacing, Step, Target, Verdict, shared::SharedPlaces},
    said::Said,
    session::{Ended, Handover, Session},
    watchdog::{Pulse, Watchdog},
};
use crate::{
    identity::{Identity, reapprove, renew},
    query::Engine,
    status::Board,
};

/// For the last packets of a connection that is closed: the close itself, twice.
const LAST_PACKETS: Duration = Duration::from_millis(200);

/// Tunnels of one slot that are to be replaced, or were, and that still run queries: one for each node of a rolling
/// restart. A gateway that drains every tunnel at once must not make this host hold more.
const MAX_LEAVING: usize = 4;

/// Tells the tunnels of this start of the connector from one another.
static EPOCH: AtomicU64 = AtomicU64::new(1);

/// What all tunnels need.
pub struct Tunnels {
    /// How many to keep, where there are as many nodes: 1 to 4.
    pub count: u8,
    /// Where it is said how they stand.
    pub board: Arc<Board>,
    /// Who this connector is, and where its gateway.
    pub identity: Arc<Identity>,
    /// How gateways are dialled.
    pub dialler: Arc<Dialler>,
    /// What answers queries: one engine, and with it one set of budgets, for all of them.
    pub engine: Arc<Engine>,
    /// Changes when a policy was replaced.
    pub changes: watch::Receiver<()>,
    /// Ends them.
    pub stop: CancellationToken,
    /// How long queries in progress are given then.
    pub grace: Duration,
}

impl Tunnels {
    /// Keeps them until told to stop. An earlier end is a defect.
    ///
    /// # Errors
    /// When a keeper panicked.
    pub async fn run(self) -> Result<(), JoinError> {
        let joined = self.identity.tunnel_address.clone();
        let places = Places::new(self.count, joined, rand::random());
        let stop = self.stop.clone();
        let shared = Arc::new(Shared {
            instance: InstanceId(rand::random()),
            places: Arc::new(SharedPlaces::new(places)),
            said: Said::default(),
            approval: Mutex::new(()),
            out_of_place: AtomicBool::new(false),
            tunnels: self,
        });
        let mut keepers = JoinSet::new();
        for slot in Slot::all().take(usize::from(shared.tunnels.count)) {
            let keeper = Keeper {
                shared: Arc::clone(&shared),
                slot,
                leaving: JoinSet::new(),
                parked: None,
                ready: None,
            };
            keepers.spawn(keeper.run());
        }
        while let Some(ended) = keepers.join_next().await {
            ended?;
            if !stop.is_cancelled() {
                break;
            }
        }
        Ok(())
    }
}

struct Shared {
    tunnels: Tunnels,
    instance: InstanceId,
    places: Arc<SharedPlaces>,
    said: Said,
    /// Held while approval is asked for.
    approval: Mutex<()>,
    /// Whether a certificate was refused for its dates or its authority: approval is asked for in place of a tunnel.
    out_of_place: AtomicBool,
}

/// Keeps the tunnel of one slot.
struct Keeper {
    shared: Arc<Shared>,
    slot: Slot,
    /// Those that serve until they are replaced, and those that end in peace.
    leaving: JoinSet<()>,
    /// Parts with the one that serves until the next one is welcomed.
    parked: Option<CancellationToken>,
    /// A connection over QUIC that was opened to look whether it works again, and to what address.
    ready: Option<(GatewayAddress, Dialled)>,
}

/// What became of an attempt.
enum Outcome {
    /// There is no tunnel, or it has ended.
    Failed {
        error: TunnelError,
        lived: Duration,
        double: bool,
    },
    /// Another is wanted at once: the reason.
    Next(TunnelError),
    /// Another is wanted after this time, where the gateway drains.
    Drained(Duration),
    /// None is wanted for now.
    Surplus,
}

/// Takes a tunnel out of its place when its task is over, however it ends.
struct Gone {
    places: Arc<SharedPlaces>,
    slot: Slot,
    epoch: u64,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.places.change(|places| places.gone(self.slot, self.epoch));
    }
}

impl Keeper {
    async fn run(mut self) {
        let (places, stop) = (Arc::clone(&self.shared.places), self.shared.tunnels.stop.clone());
        while !stop.is_cancelled() {
            // Subscribed before asking, so that no change is missed.
            let mut changes = places.changes();
            let until = match places.quietly(|places| places.next(self.slot, Instant::now())) {
                Step::Dial(target) => {
                    self.attempt(&target).await;
                    continue;
                }
                Step::Until(until) => Some(until),
                Step::Rest => None,
            };
            if until.is_none() && self.parked.is_none() && places.quietly(|places| places.any_up()) {
                self.shared.tunnels.engine.metrics.paths.down(self.slot);
                self.shared.tunnels.board.idle(self.slot);
            }
            // Every arm is cancel-safe.
            tokio::select! {
                () = at(until) => {}
                _ = changes.changed() => {}
                () = stop.cancelled() => {}
            }
        }
        while self.leaving.join_next().await.is_some() {}
    }

    /// Opens one tunnel and lives on it.
    async fn attempt(&mut self, target: &Target) {
        let shared = Arc::clone(&self.shared);
        let outcome = if shared.out_of_place.load(Ordering::Relaxed) || shared.is_out_of_date() {
            match shared.ask_approval().await {
                Ok(()) => Outcome::Next(TunnelError::Renewed),
                Err(error) => Outcome::Failed {
                    error,
                    lived: Duration::ZERO,
                    double: false,
                },
            }
        } else {
            self.once(target).await
        };
        if shared.tunnels.stop.is_cancelled() {
            return;
        }
        let release = || shared.places.change(|places| places.release(self.slot));
        match outcome {
            Outcome::Next(why) => {
                release();
                shared.out_of_place.store(false, Ordering::Relaxed);
                // What runs goes on where it is; nothing is gained by waiting.
                shared.say(self.slot, &why, Duration::ZERO, Duration::ZERO, false);
            }
            Outcome::Drained(wait) => {
                release();
                shared.down(self.slot, &TunnelError::Orderly, wait);
                shared.say(self.slot, &TunnelError::Orderly, wait, wait, false);
            }
            Outcome::Surplus => {
                release();
                tracing::info!(slot = %self.slot, "the gateway has fewer nodes; this tunnel ends");
            }
            Outcome::Failed { error, lived, double } => {
                let out_of_place = error.is_about_time() || error.is_about_authority();
                shared.out_of_place.store(out_of_place, Ordering::Relaxed);
                let metrics = &shared.tunnels.engine.metrics;
                metrics.revoked.set(i64::from(error.is_revoked()));
                if lived.is_zero() {
                    metrics.connects.with_label_values(&[error.label()]).inc();
                }
                let failure = Failure {
                    lived,
                    asked: error.retry_after(),
                    busy: error.is_busy(),
                    double,
                };
                let now = Instant::now();
                let wait = shared
                    .places
                    .change(|places| places.failed(self.slot, &failure, now, rand::random()));
                if self.parked.as_ref().is_none_or(CancellationToken::is_cancelled) {
                    shared.down(self.slot, &error, wait);
                }
                shared.say(self.slot, &error, lived, wait, double);
            }
        }
        self.settle().await;
    }

    /// Forgets those that have ended; the others end within the time that their gateway gave.
    async fn settle(&mut self) {
        while self.leaving.try_join_next().is_some() {}
        if self.leaving.len() >= MAX_LEAVING {
            tracing::warn!(
                "the gateway drains tunnels faster than their queries end; what runs on them is cut"
            );
            self.leaving.shutdown().await;
        }
    }

    /// One tunnel: what is to be done after it. One that is to be replaced goes on in `leaving` with what runs on it.
    async fn once(&mut self, target: &Target) -> Outcome {
        let shared = Arc::clone(&self.shared);
        let tunnels = &shared.tunnels;
        let failed = |error| Outcome::Failed {
            error,
            lived: Duration::ZERO,
            double: false,
        };
        let mut renewed = tunnels.identity.renewed.subscribe();
        let certificate = tunnels.identity.credential.facts();
        let ready = self
            .ready
            .take()
            .filter(|(address, _)| *address == target.address);
        let open = async {
            match ready {
                Some((_, dialled)) => Ok(dialled),
                None => tunnels.dialler.dial(&tunnels.identity, &target.address).await,
            }
        };
        let dialled = tokio::select! {
            dialled = open => dialled,
            () = tunnels.stop.cancelled() => return failed(TunnelError::Orderly),
        };
        let Dialled { connection, carrier } = match dialled {
            Ok(dialled) => dialled,
            Err(error) => return failed(error),
        };
        let kind = connection.kind();
        let path = connection.clone();
        let epoch = EPOCH.fetch_add(1, Ordering::Relaxed);
        let (pulse, mut watchdog) = Watchdog::new();
        let part = CancellationToken::new();
        let session = self.session(&connection, certificate, target, epoch, pulse, part.clone());
        let gone = Gone {
            places: Arc::clone(&shared.places),
            slot: self.slot,
            epoch,
        };
        let (handover, wanted) = oneshot::channel();
        let opened = Instant::now();
        let mut life = AbortOnDropHandle::new(tokio::spawn(async move {
            let _gone = gone;
            let ended = session.run(handover).await;
            // The peer learns of the end although this end's socket closes now.
            connection.close(0, b"");
            let _ = timeout(LAST_PACKETS, carrier.idle()).await;
            ended
        }));
        let replacing = tokio::select! {
            ended = &mut life => return match ended {
                Ok(Ended { error, welcomed }) => {
                    if kind == Kind::Quic && matches!(error, TunnelError::Lost(_)) {
                        tunnels.dialler.quic_died();
                    }
                    let double = welcomed.is_none()
                        && !target.held.is_empty()
                        && matches!(error, TunnelError::Gateway { code: Code::Conflict, .. });
                    let lived = welcomed.map_or(Duration::ZERO, |at| at.elapsed());
                    Outcome::Failed { error, lived, double }
                }
                Err(error) => failed(TunnelError::Local(format!("the session failed: {error}"))),
            },
            () = watchdog.barks() => {
                if kind == Kind::Quic {
                    tunnels.dialler.quic_died();
                }
                // Its task is dropped, and its connection with it.
                return Outcome::Failed {
                    error: TunnelError::Lost("nothing has come the way of queries for too long"),
                    lived: opened.elapsed(),
                    double: false,
                };
            }
            Ok(why) = wanted => match why {
                Handover::Drained { grace } => {
                    let wait = shared.places.change(|places| {
                        places.drained(self.slot, epoch, grace, Instant::now(), rand::random())
                    });
                    self.leave(life);
                    return Outcome::Drained(wait);
                }
                Handover::Double => {
                    self.leave(life);
                    return Outcome::Failed {
                        error: TunnelError::Double,
                        lived: Duration::ZERO,
                        double: true,
                    };
                }
                Handover::Renewed => Replacing::Renewed,
            },
            () = tunnels.dialler.silent(&path) => {
                tunnels.dialler.quic_died();
                return Outcome::Failed {
                    error: TunnelError::Lost("UDP does not get through any more"),
                    lived: opened.elapsed(),
                    double: false,
                };
            }
            dialled = tunnels.dialler.returned(kind, &tunnels.identity, &target.address) => {
                self.ready = Some((target.address.clone(), dialled));
                Replacing::Renewed
            }
            Ok(()) = renewed.changed() => Replacing::Renewed,
            verdict = shared.verdict(self.slot) => match verdict {
                Verdict::End => {
                    shared.places.change(|places| places.gone(self.slot, epoch));
                    part.cancel();
                    self.leave(life);
                    return Outcome::Surplus;
                }
                Verdict::Stay | Verdict::Move => Replacing::Moving,
            },
        };
        shared
            .places
            .change(|places| places.replace(self.slot, replacing));
        self.parked = Some(part);
        self.leave(life);
        Outcome::Next(match replacing {
            Replacing::Renewed if self.ready.is_some() => TunnelError::Returned,
            Replacing::Renewed => TunnelError::Renewed,
            Replacing::Moving => TunnelError::Moving,
        })
    }

    fn session(
        &self,
        connection: &transport::Connection,
        certificate: CertificateFacts,
        target: &Target,
        epoch: u64,
        pulse: Pulse,
        part: CancellationToken,
    ) -> Session {
        let tunnels = &self.shared.tunnels;
        Session {
            board: Arc::clone(&tunnels.board),
            connection: connection.clone(),
            identity: Arc::clone(&tunnels.identity),
            certificate,
            engine: Arc::clone(&tunnels.engine),
            changes: tunnels.changes.clone(),
            stop: tunnels.stop.clone(),
            grace: tunnels.grace,
            instance: self.shared.instance,
            epoch,
            slot: self.slot,
            held: target.held.clone(),
            places: Arc::clone(&self.shared.places),
            predecessor: self.parked.clone(),
            part,
            pulse,
        }
    }

    /// Lets a tunnel go on by itself until it ends.
    fn leave(&mut self, life: AbortOnDropHandle<Ended>) {
        self.leaving.spawn(async move {
            let _ = life.await;
        });
    }
}

impl Shared {
    /// The slot has no tunnel.
    fn down(&self, slot: Slot, error: &TunnelError, wait: Duration) {
        self.tunnels.engine.metrics.paths.down(slot);
        self.tunnels.board.down(slot, error, wait);
    }

    /// Asks for a certificate in place of one that ran out, or that is taken for one: then the clocks are compared. And in
    /// place of one by an authority that is not in force any more.
    async fn ask_approval(&self) -> Result<(), TunnelError> {
        let Tunnels {
            identity,
            engine,
            dialler,
            stop,
            ..
        } = &self.tunnels;
        let serial = identity.credential.facts().serial;
        let asked = tokio::select! {
            asked = async {
                let _alone = self.approval.lock().await;
                // Another slot may have asked meanwhile.
                if identity.credential.facts().serial != serial {
                    return Ok(());
                }
                reapprove::ask(identity, &dialler.proxies).await
            } => asked,
            () = stop.cancelled() => return Err(TunnelError::Orderly),
        };
        asked.map_err(|error| {
            let skew_seconds = reapprove::skew(&error);
            if let Some(seconds) = skew_seconds {
                engine.metrics.skew.set(seconds as f64);
            }
            TunnelError::NotApproved {
                code: reapprove::refusal(&error).map(|fault| fault.code),
                reason: error.to_string(),
                skew_seconds,
            }
        })?;
        engine.metrics.certificate(&identity.credential.facts());
        tracing::info!("this connector was approved again");
        Ok(())
    }

    /// Ready when the tunnel of the slot is not to stay. Cancel-safe.
    async fn verdict(&self, slot: Slot) -> Verdict {
        let mut changes = self.places.changes();
        loop {
            match self.places.quietly(|places| places.verdict(slot, Instant::now())) {
                Verdict::Stay => {}
                verdict => return verdict,
            }
            // The sender is held by `self`, so the wait cannot fail for want of one.
            let _ = changes.changed().await;
        }
    }

    /// Logs an end once, and the same end again only now and then, whichever slot it befell.
    fn say(&self, slot: Slot, error: &TunnelError, lived: Duration, wait: Duration, double: bool) {
        let said = self.said.count(slot, error.label(), lived);
        let retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        match error {
            TunnelError::Returned => {
                tracing::info!(%slot, "UDP gets through again; opening another tunnel over QUIC")
            }
            TunnelError::Renewed => tracing::info!(%slot, "opening another tunnel with the new certificate"),
            TunnelError::Moving => {
                tracing::info!(%slot, "the tunnel's node is leaving; opening another elsewhere")
            }
            _ if !said.aloud => tracing::debug!(%slot, %error, retry_ms, "no tunnel"),
            _ if double => tracing::info!(
                %slot,
                times = said.times,
                retry_ms,
                "the gateway's address led to a node at which this connector has a tunnel; dialling again"
            ),
            TunnelError::Orderly => tracing::info!(%slot, retry_ms, "the tunnel ended; opening another"),
            _ => tracing::warn!(
                %slot,
                %error,
                times = said.times,
                retry_ms,
                out_of_date = self.is_out_of_date(),
                skew_seconds = error.skew_seconds(),
                "no tunnel"
            ),
        }
    }

    /// By this host's clock: the likeliest cause of a refusal, and the remedy is on this side.
    fn is_out_of_date(&self) -> bool {
        renew::is_out_of_date(&self.tunnels.identity.credential.facts())
    }
}

async fn at(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}
