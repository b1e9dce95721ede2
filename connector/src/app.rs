//! The composition root: builds every room once, hands each what it needs, watches over their tasks, and ends them in
//! order.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use prometheus::Registry;
use proto::id::SourceId;
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    audit::{Event, Log, SYNC_EVERY, Sync},
    catalogue::{self, Live, store::Store},
    clock::UnixMillis,
    config::{AuditSync, Config, Source, StateFolder, Warehouse as Settings},
    identity::{self, Identity},
    logging::{Lines, Watch},
    mask::Keys,
    metrics::Metrics,
    operations::Operations,
    policy::{
        budget::{Ledger, Used},
        pause::Switch,
        watch::{Current, Reload},
    },
    query::{Engine, Plans, Served},
    reading::{READ_AGAIN, READ_EVERY, READ_PAUSE, Reading},
    standing::Standing,
    status::Board,
    tunnel::{dial::Dialler, keep},
    warehouse::{Warehouse, adbc::Adbc, postgres::Postgres},
};

/// Between two looks at the policy files: a customer who saves one sees it in force before they have switched windows,
/// and a look costs one call of the operating system for each file.
const POLICY_EVERY: Duration = Duration::from_secs(2);

/// Between two writings of what was used of the budgets: a crash forgets at most what this time brought. A write is some
/// hundred bytes, and none where nothing was used.
const BUDGET_EVERY: Duration = Duration::from_secs(1);

/// How long queries in progress are given when the connector is told to stop. Service managers kill after 90 s.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// How long the first dial waits for the inspection of roles, so that a source is served from the tunnel's first moment.
const STANDING_PATIENCE: Duration = Duration::from_secs(3);

/// For the reading of a warehouse's schema.
const CHECK_DEADLINE: Duration = Duration::from_secs(15);

/// Runs until told to stop (SIGTERM, SIGINT), or until something essential fails.
pub async fn run(state: StateFolder, config: Config, lines: Lines) -> anyhow::Result<()> {
    // Handlers stand before anything that takes time, so that an early signal is not the default's sudden end.
    let mut terminate = signal(SignalKind::terminate()).context("no handler for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no handler for SIGINT")?;
    let mut hangup = signal(SignalKind::hangup()).context("no handler for SIGHUP")?;

    identity::make_private(state.path())?;
    let identity = Arc::new(Identity::load(&state.identity())?);
    let metrics = Arc::new(Metrics::new(Registry::new()).context("metrics")?);
    let engine = Arc::new(build(&state, &config, &identity, Arc::clone(&metrics)).await?);
    metrics.certificate(&identity.credential.facts());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        tenant = %identity.tenant,
        connector = %identity.connector,
        gateway = %identity.tunnel_address,
        sources = engine.sources.len(),
        queries = engine.catalogue.in_force().catalogue().entries().len(),
        "connector starts"
    );

    let end = identity.credential.facts().not_after;
    let board = Board::open(state.status(), end, config.tunnel.tunnels)
        .with_context(|| state.status().display().to_string())?;
    let stop = CancellationToken::new();
    let (changed, changes) = watch::channel(());
    let (again, inspections) = watch::channel(());
    let mut tasks: JoinSet<(&'static str, anyhow::Result<()>)> = JoinSet::new();
    if let Some(address) = config.operations {
        let operations = Operations::bind(address, Arc::clone(&metrics))
            .await
            .with_context(|| format!("operations.listen = \"{address}\": choose a free port, or \"off\""))?;
        announce(&state, &operations)?;
        let stop = stop.clone();
        tasks.spawn(async move { ("operations", operations.serve(stop).await.map_err(Into::into)) });
    }
    for name in engine.sources.keys() {
        let (engine, name, changed) = (Arc::clone(&engine), name.clone(), changed.clone());
        let stop = stop.clone();
        tasks.spawn(async move {
            keep_reading(&engine, &name, &changed, &stop).await;
            ("reading", Ok(()))
        });
    }
    for name in engine.sources.keys() {
        let (engine, name) = (Arc::clone(&engine), name.clone());
        let (inspections, stop) = (inspections.clone(), stop.clone());
        tasks.spawn(async move {
            if let Some(Served {
                policy,
                warehouse,
                standing,
                reading: _,
            }) = engine.sources.get(&name)
            {
                let schema = || policy.policy().document().schema().clone();
                let excess = engine.metrics.excess.with_label_values(&[name.as_str()]);
                standing
                    .keep(&name, &**warehouse, schema, inspections, &excess, &stop)
                    .await;
            }
            ("standing", Ok(()))
        });
    }
    let patience = engine
        .sources
        .values()
        .map(|served| served.standing.first(STANDING_PATIENCE));
    futures_util::future::join_all(patience).await;
    let tunnels = keep::Tunnels {
        count: config.tunnel.tunnels,
        board: Arc::new(board),
        identity,
        dialler: Arc::new(Dialler::new(&config.tunnel)),
        engine: Arc::clone(&engine),
        changes,
        stop: stop.clone(),
        grace: STOP_GRACE,
    };
    tasks.spawn(async move { ("tunnel", tunnels.run().await.map_err(Into::into)) });

    let mut settings = Watch::new(&state, lines, config);
    let budget = state.budget();
    let mut looks = ticker(POLICY_EVERY);
    let mut flushes = ticker(SYNC_EVERY);
    let mut savings = ticker(BUDGET_EVERY);
    let ended = loop {
        // Each arm is cancel-safe: signals and ticks are kept for the next turn, a task's end too.
        tokio::select! {
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            _ = hangup.recv() => {
                settings.look(true, &metrics);
                reload(&engine, &changed, true);
                again.send_replace(());
            }
            _ = looks.tick() => {
                settings.look(false, &metrics);
                reload(&engine, &changed, false);
            }
            _ = flushes.tick() => flush(&engine).await,
            _ = savings.tick() => save(&budget, &engine),
            Some(ended) = tasks.join_next() => break Err(essential(ended)),
        }
    };
    tracing::info!(
        "connector stops; queries in progress have {} s",
        STOP_GRACE.as_secs()
    );
    stop.cancel();
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(STOP_GRACE + Duration::from_secs(2), all).await.is_err() {
        tracing::warn!("some tasks did not end in time");
    }
    tasks.shutdown().await;
    flush(&engine).await;
    save(&budget, &engine);
    ended
}

/// Why a connector ends of which a task has ended: it would serve by halves.
fn essential(ended: Result<(&'static str, anyhow::Result<()>), JoinError>) -> anyhow::Error {
    match ended {
        Ok((name, Err(error))) => error.context(format!("{name} ended")),
        Ok((name, Ok(()))) => anyhow::anyhow!("{name} ended"),
        Err(error) => anyhow::anyhow!("a task failed: {error}"),
    }
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticker = interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}

/// Opens the log, the policies and the warehouses.
async fn build(
    state: &StateFolder,
    config: &Config,
    identity: &Identity,
    metrics: Arc<Metrics>,
) -> anyhow::Result<Engine> {
    identity::make_private(&state.audit())?;
    let sync = match config.audit_sync {
        AuditSync::Batched => Sync::Batched,
        AuditSync::Always => Sync::Always,
    };
    let audit = Log::open(&state.audit(), sync)?;
    let version = env!("CARGO_PKG_VERSION").into();
    audit.note(&Event::Started { version }, UnixMillis::now())?;
    let own = Live::new(Store::new(state.catalogue()));
    look_at_catalogue(&own, &audit, &metrics, true);
    let days = load_days(&state.budget())?;
    let mut sources = BTreeMap::new();
    for source in &config.sources {
        let day = days.get(&source.name).copied().unwrap_or_default();
        let policy = Current::load(source.policy.clone(), &source.name, Arc::new(Ledger::resume(day)))?;
        note_policy(&audit, &source.name, &policy)?;
        metrics
            .policy_broken
            .with_label_values(&[source.name.as_str()])
            .set(0);
        let warehouse = open(source)
            .await
            .with_context(|| format!("source `{}`", source.name))?;
        let reading = Reading::default();
        let served = Served {
            policy,
            warehouse,
            reading,
            standing: Standing::new(source.accepted.clone()),
        };
        sources.insert(source.name.clone(), served);
    }
    Ok(Engine {
        tenant: identity.tenant.clone(),
        catalogue: own,
        sources,
        audit,
        plans: Plans::default(),
        pause: Switch::new(state.pause()),
        keys: Keys::new(state.path()),
        metrics,
    })
}

/// Opens a source's warehouse; of most it connects to nothing yet. For the start and for `doctor`.
pub(crate) async fn open(source: &Source) -> anyhow::Result<Arc<dyn Warehouse>> {
    Ok(match &source.warehouse {
        Settings::Postgres(settings) => Arc::new(Postgres::new(settings)?),
        Settings::DuckDb(settings) => Arc::new(Adbc::duckdb(settings).await?),
        Settings::Adbc(settings) => Arc::new(Adbc::new(settings).await?),
    })
}

fn note_policy(audit: &Log, source: &SourceId, policy: &Current) -> Result<(), crate::audit::AuditError> {
    let digest = policy.policy().document().digest().to_string();
    let event = Event::Policy {
        source: source.as_str().into(),
        digest: digest.into(),
    };
    audit.note(&event, UnixMillis::now()).map(|_| ())
}

/// Reads what the warehouse of a source holds, again and again, until the connector stops.
async fn keep_reading(
    engine: &Engine,
    name: &SourceId,
    changed: &watch::Sender<()>,
    stop: &CancellationToken,
) {
    let Some(served) = engine.sources.get(name) else {
        return;
    };
    loop {
        let again = tokio::select! {
            read = look(served, name, changed) => read,
            () = stop.cancelled() => return,
        };
        tokio::select! {
            () = sleep(again) => {}
            () = served.reading.wanted() => sleep(READ_PAUSE).await,
            () = stop.cancelled() => return,
        }
    }
}

/// Reads what a warehouse holds, says in the log what is news of it, and answers when to read again. A warehouse that is
/// down is no reason not to start: it may come back.
async fn look(served: &Served, name: &SourceId, changed: &watch::Sender<()>) -> Duration {
    let policy = served.policy.policy();
    let schema = policy.document().schema();
    match served
        .warehouse
        .check(schema, Instant::now() + CHECK_DEADLINE)
        .await
    {
        Ok(inspection) => {
            if !served.reading.take(schema, &inspection) {
                return READ_EVERY;
            }
            changed.send_replace(());
            if inspection.tables.is_empty() {
                tracing::warn!(
                    source = %name,
                    warehouse = %inspection.version,
                    schema = schema.as_str(),
                    "the schema holds no table that the connector's role may read; check `schema` in the policy, and the role's grants"
                );
            } else {
                tracing::info!(
                    source = %name,
                    warehouse = %inspection.version,
                    tables = inspection.tables.len(),
                    "warehouse answers"
                );
            }
            READ_EVERY
        }
        Err(error) => {
            tracing::warn!(
                source = %name,
                %error,
                "the warehouse does not answer; its queries fail until it does"
            );
            READ_AGAIN
        }
    }
}

/// Says once in the log that a source was paused or resumed, and in the metrics which are.
fn note_pause(engine: &Engine, name: &SourceId, served: &Served) {
    let gauge = engine.metrics.paused.with_label_values(&[name.as_str()]);
    let paused = engine.paused(served).is_some();
    match (gauge.get() > 0, paused) {
        (false, true) => tracing::warn!(source = %name, "the source is paused: its queries are refused"),
        (true, false) => tracing::info!(source = %name, "the source is resumed"),
        (false, false) | (true, true) => {}
    }
    gauge.set(i64::from(paused));
}

/// Looks at the customer's own queries; answers whether there is news for the gateway.
fn look_at_catalogue(own: &Live, audit: &Log, metrics: &Metrics, force: bool) -> bool {
    let reload = own.reload(force, |event| audit.note(event, UnixMillis::now()).map(|_| ()));
    let replaced = match reload {
        catalogue::Reload::Unchanged => false,
        catalogue::Reload::Replaced(in_force) => {
            tracing::info!(
                approved = in_force.approved().len(),
                pending = in_force.pending().len(),
                "another catalogue is in force"
            );
            for unfit in in_force.unfit() {
                tracing::error!(
                    query = unfit.name,
                    why = unfit.why,
                    "a query of the catalogue is not run"
                );
            }
            true
        }
        catalogue::Reload::Broken(error) => {
            tracing::error!(%error, "the list of approvals cannot be read; the catalogue before it stays in force");
            false
        }
        catalogue::Reload::Unrecorded(error) => {
            metrics.audit_failures.inc();
            tracing::error!(%error, "an approval is not in force, since it cannot be recorded");
            false
        }
    };
    metrics.catalogue(&own.in_force(), own.is_broken());
    replaced
}

/// Looks at every policy file.
fn reload(engine: &Engine, changed: &watch::Sender<()>, force: bool) {
    let metrics = &engine.metrics;
    let mut replaced = false;
    for (name, served) in &engine.sources {
        if force {
            served.reading.want();
        }
        let broken = metrics.policy_broken.with_label_values(&[name.as_str()]);
        match served.policy.reload(force) {
            Reload::Unchanged => {}
            Reload::Replaced(policy) => {
                metrics.policy_reloads.with_label_values(&["replaced"]).inc();
                tracing::info!(source = %name, digest = %policy.document().digest(), "a new policy is in force");
                if let Err(error) = note_policy(&engine.audit, name, &served.policy) {
                    metrics.audit_failures.inc();
                    tracing::error!(%error, "the new policy is not recorded");
                }
                replaced = true;
                served.reading.want();
            }
            Reload::Broken(error) => {
                metrics.policy_reloads.with_label_values(&["broken"]).inc();
                tracing::error!(source = %name, %error, "the policy file has a mistake; the policy before it stays in force");
            }
        }
        broken.set(i64::from(served.policy.is_broken()));
        note_pause(engine, name, served);
    }
    replaced |= look_at_catalogue(&engine.catalogue, &engine.audit, metrics, force);
    if replaced {
        changed.send_replace(());
    }
}

async fn flush(engine: &Engine) {
    if let Err(error) = engine.audit.flush().await {
        engine.metrics.audit_failures.inc();
        tracing::error!(%error, "audit records may not be on the disk");
    }
}

/// What was used of each source's budgets.
fn load_days(path: &Path) -> anyhow::Result<BTreeMap<SourceId, Used>> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => bail!("{}: {error}", path.display()),
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{}: not what a connector wrote; remove it to begin the day anew",
                path.display()
            )
        }),
    }
}

/// Keeps what was used of the budgets, written beside its place and moved there.
fn save(path: &Path, engine: &Engine) {
    let ledgers = || {
        engine
            .sources
            .iter()
            .map(|(name, served)| (name, Arc::clone(served.policy.policy().ledger())))
    };
    // Every ledger is asked, so that none keeps its mark.
    let changed = ledgers().fold(false, |any, (_, ledger)| ledger.take_changed() || any);
    if !changed {
        return;
    }
    let days: BTreeMap<String, Used> = ledgers()
        .map(|(name, ledger)| (name.to_string(), ledger.used()))
        .collect();
    let fresh = path.with_extension("json.new");
    let written = serde_json::to_vec(&days)
        .map_err(std::io::Error::other)
        .and_then(|bytes| {
            fs::remove_file(&fresh).or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
            identity::write_private(&fresh, &bytes)?;
            fs::rename(&fresh, path)
        });
    if let Err(error) = written {
        tracing::error!(file = %path.display(), %error, "the use of the budgets is not kept");
    }
}

/// Writes where the operations listener is, for those who asked for a free port.
fn announce(state: &StateFolder, operations: &Operations) -> anyhow::Result<()> {
    let address = operations.address()?;
    tracing::info!(%address, "metrics and health");
    let path: PathBuf = state.addresses();
    if let Some(folder) = path.parent() {
        identity::make_private(folder)?;
    }
    let text = json!({ "operations": address.to_string() }).to_string();
    fs::write(&path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_task_ends_the_connector_with_its_name() {
        let mut tasks: JoinSet<(&'static str, anyhow::Result<()>)> = JoinSet::new();
        tasks.spawn(async { ("reading", Ok(())) });
        assert_eq!(
            essential(tasks.join_next().await.unwrap()).to_string(),
            "reading ended"
        );
        tasks.spawn(async { ("operations", Err(anyhow::anyhow!("no more files"))) });
        let ended = format!("{:#}", essential(tasks.join_next().await.unwrap()));
        assert_eq!(ended, "operations ended: no more files");
        let gone = tasks.spawn(std::future::pending());
        gone.abort();
        let ended = essential(tasks.join_next().await.unwrap()).to_string();
        assert!(ended.starts_with("a task failed: "), "{ended}");
    }
}
