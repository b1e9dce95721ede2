//! Keeping a tunnel: open it, live on it, open the next.
//!
//! One tunnel now. A [`Keeper`] owns everything that a tunnel needs and nothing that two would share, so that a second
//! is a second keeper.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use proto::wire::frame::InstanceId;
use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    backoff::Backoff,
    dial::{Dialled, TunnelError, dial},
    session::{Ended, Handover, Session},
};
use crate::{
    config::Congestion,
    identity::{Identity, reapprove, renew},
    query::Engine,
    status::Board,
};

/// Failures of one kind that are logged once: a gateway that is away for a night fills no disk.
const LOG_EVERY: u32 = 20;

/// For the last packets of a connection that is closed: the close itself, twice.
const LAST_PACKETS: Duration = Duration::from_millis(200);

/// Keeps one tunnel open until told to stop.
pub struct Keeper {
    /// Where it is said how the tunnel stands.
    pub board: Arc<Board>,
    /// Who this connector is, and where its gateway.
    pub identity: Arc<Identity>,
    /// Congestion control.
    pub congestion: Congestion,
    /// What answers queries.
    pub engine: Arc<Engine>,
    /// Changes when a policy was replaced.
    pub changes: watch::Receiver<()>,
    /// Ends the tunnel.
    pub stop: CancellationToken,
    /// How long queries in progress are given then.
    pub grace: Duration,
}

/// Tunnels that their gateway has asked to replace and that still run queries: one for each node of a rolling restart.
/// A gateway that drains every tunnel at once must not make this host hold more.
const MAX_LEAVING: usize = 4;

/// Tells this start of the connector from others, and its tunnels from one another.
static EPOCH: AtomicU64 = AtomicU64::new(1);

impl Keeper {
    /// Runs until told to stop.
    pub async fn run(self) {
        let instance = InstanceId(rand::random());
        let mut backoff = Backoff::default();
        let mut said = Said::default();
        let mut leaving = JoinSet::new();
        let mut out_of_place = false;
        while !self.stop.is_cancelled() {
            let (error, lived) = if out_of_place || self.is_out_of_date() {
                match self.ask_approval().await {
                    Ok(()) => (TunnelError::Renewed, Duration::ZERO),
                    Err(error) => (error, Duration::ZERO),
                }
            } else {
                self.once(instance, &mut leaving).await
            };
            out_of_place = error.is_about_time() || error.is_about_authority();
            if self.stop.is_cancelled() {
                break;
            }
            if error == TunnelError::Renewed {
                // What runs goes on where it is; nothing is gained by waiting.
                self.say(&mut said, &error, lived, Duration::ZERO);
                continue;
            }
            self.engine.metrics.revoked.set(i64::from(error.is_revoked()));
            if lived.is_zero() {
                self.engine
                    .metrics
                    .connects
                    .with_label_values(&[error.label()])
                    .inc();
            }
            let wait = backoff.next(lived, error.retry_after(), rand::random());
            self.board.down(&error, wait);
            self.say(&mut said, &error, lived, wait);
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled() => {}
            }
            // Those that have ended; the others end within the time that their gateway gave.
            while leaving.try_join_next().is_some() {}
            if leaving.len() >= MAX_LEAVING {
                tracing::warn!(
                    "the gateway drains tunnels faster than their queries end; what runs on them is cut"
                );
                leaving.shutdown().await;
            }
        }
        while leaving.join_next().await.is_some() {}
    }

    /// Asks for a certificate in place of one that ran out, or that is taken for one: then the clocks are compared. And in
    /// place of one by an authority that is not in force any more.
    async fn ask_approval(&self) -> Result<(), TunnelError> {
        let asked = tokio::select! {
            asked = reapprove::ask(&self.identity) => asked,
            () = self.stop.cancelled() => return Err(TunnelError::Orderly),
        };
        asked.map_err(|error| {
            let skew_seconds = reapprove::skew(&error);
            if let Some(seconds) = skew_seconds {
                self.engine.metrics.skew.set(seconds as f64);
            }
            TunnelError::NotApproved {
                code: reapprove::refusal(&error).map(|fault| fault.code),
                reason: error.to_string(),
                skew_seconds,
            }
        })?;
        self.engine.metrics.certificate(&self.identity.credential.facts());
        tracing::info!("this connector was approved again");
        Ok(())
    }

    /// One tunnel: why another is needed, and how long this one had been welcome. A tunnel that its gateway wants to end
    /// goes on in `leaving` with what runs on it.
    async fn once(&self, instance: InstanceId, leaving: &mut JoinSet<()>) -> (TunnelError, Duration) {
        let certificate = self.identity.credential.facts();
        let dialled = tokio::select! {
            dialled = dial(&self.identity, self.congestion) => dialled,
            () = self.stop.cancelled() => return (TunnelError::Orderly, Duration::ZERO),
        };
        let Dialled { connection, endpoint } = match dialled {
            Ok(dialled) => dialled,
            Err(error) => return (error, Duration::ZERO),
        };
        let session = Session {
            board: Arc::clone(&self.board),
            connection: connection.clone(),
            identity: Arc::clone(&self.identity),
            certificate,
            engine: Arc::clone(&self.engine),
            changes: self.changes.clone(),
            stop: self.stop.clone(),
            grace: self.grace,
            instance,
            epoch: EPOCH.fetch_add(1, Ordering::Relaxed),
        };
        let (handover, wanted) = oneshot::channel();
        let opened = Instant::now();
        let mut life = AbortOnDropHandle::new(tokio::spawn(async move {
            let ended = session.run(handover).await;
            // The peer learns of the end although this end's socket closes now.
            connection.close(0, b"");
            let _ = timeout(LAST_PACKETS, endpoint.wait_idle()).await;
            ended
        }));
        tokio::select! {
            ended = &mut life => match ended {
                Ok(Ended { error, welcomed }) => (error, welcomed.map_or(Duration::ZERO, |at| at.elapsed())),
                Err(error) => (TunnelError::Local(format!("the session failed: {error}")), Duration::ZERO),
            },
            Ok(why) = wanted => {
                leaving.spawn(async move {
                    let _ = life.await;
                });
                let ended = match why {
                    Handover::Drained => TunnelError::Orderly,
                    Handover::Renewed => TunnelError::Renewed,
                };
                (ended, opened.elapsed())
            }
        }
    }

    /// Logs an end once, and the same end again only now and then.
    fn say(&self, said: &mut Said, error: &TunnelError, lived: Duration, wait: Duration) {
        let same = said.label == error.label() && lived.is_zero();
        said.times = if same { said.times + 1 } else { 1 };
        said.label = error.label();
        let quiet = same && !said.times.is_multiple_of(LOG_EVERY);
        let out_of_date = self.is_out_of_date();
        let retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        match (quiet, error) {
            (true, _) => tracing::debug!(%error, retry_ms, "no tunnel"),
            (false, TunnelError::Renewed) => {
                tracing::info!("opening another tunnel with the new certificate")
            }
            (false, TunnelError::Orderly) => tracing::info!(retry_ms, "the tunnel ended; opening another"),
            (false, _) => tracing::warn!(
                %error,
                times = said.times,
                retry_ms,
                out_of_date,
                skew_seconds = error.skew_seconds(),
                "no tunnel"
            ),
        }
    }

    /// By this host's clock: the likeliest cause of a refusal, and the remedy is on this side.
    fn is_out_of_date(&self) -> bool {
        renew::is_out_of_date(&self.identity.credential.facts())
    }
}

/// What was logged last.
#[derive(Default)]
struct Said {
    label: &'static str,
    times: u32,
}
