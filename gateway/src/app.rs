//! The composition root: builds every room once, hands each what it needs, and watches over the tasks.
//!
//! Every task here is essential: if one ends before it was told to, the process stops with an error, and its
//! supervisor starts it again from a known state. A stop refuses new work first, gives what is in progress the grace
//! period, and then ends.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use certs::public::PublicSlot;
use hyper_util::service::TowerToHyperService;
use prometheus::Registry;
use proto::{
    id::{ConnectorId, TenantId},
    wire::frame::{ClusterNode, Nodes},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
};

use crate::{
    allowlist::Allowlist,
    api::{self, admin::TunnelView},
    audit::{Audit, AuditError},
    auth::ApiTokens,
    authority::{self, NodeAuthority, NodeAuthorityError},
    clock::Clock,
    cluster::Cluster,
    config::{Config, PublicAddress},
    drain::Drain,
    fleet::Fleet,
    metrics::{Metrics, MetricsError},
    nodes::{self, Takeover},
    oidc::{Oidc, https::HttpsError},
    query::Queries,
    reload::{self, CertificateError, LogFilter, Reloader},
    route::Router,
    seal::{SealError, Sealer},
    statement::Statements,
    store::{OpenError, Place, SharedStore, owner::Owner},
    tunnel::{
        Host, Tunnel, Tunnels, evict,
        listen::{self, ListenError},
        registry::{self, Live},
        reset::ResetKey,
        schemas::Schemas,
        tcp::{self, Door},
    },
};

/// Added to the grace period for tasks to end after their connections did.
const STOP_MARGIN: Duration = Duration::from_secs(2);

/// Why the gateway did not start, or stopped.
#[derive(Debug, Error)]
pub enum AppError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Another process runs on the folder.
    #[error("{path} is held: another gateway runs on this state folder; stop it first")]
    InUse {
        /// The file that it holds.
        path: PathBuf,
    },
    /// The folder cannot be locked.
    #[error("cannot lock {path}: {source}")]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The node cannot have its name.
    #[error(transparent)]
    Name(#[from] nodes::NameError),
    /// The authority cannot be used.
    #[error(transparent)]
    Authority(#[from] NodeAuthorityError),
    /// What the store holds of secrets cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A metric is registered twice.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The audit log cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The tunnel listener cannot be made.
    #[error(transparent)]
    Tunnels(#[from] ListenError),
    /// The identity provider's roots cannot be used.
    #[error("[oidc] in gateway.toml: {0}")]
    Oidc(#[from] HttpsError),
    /// The API's certificate by a public authority cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A port cannot be bound.
    #[error(
        "{0}; another process may hold the port, or ports below 1024 may need the capability CAP_NET_BIND_SERVICE"
    )]
    Bind(io::Error),
    /// `run/addresses.json` cannot be written.
    #[error("cannot write {path}: {source}")]
    Addresses {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A task that must not end did.
    #[error("the {task} ended: {reason}")]
    Essential {
        /// Which.
        task: &'static str,
        /// Why.
        reason: String,
    },
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
}

/// Where a running gateway listens, and where others reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Tunnels, UDP.
    pub tunnel: SocketAddr,
    /// The API, TCP.
    pub api: SocketAddr,
    /// The redirect, TCP.
    pub redirect: Option<SocketAddr>,
    /// Operations, TCP.
    pub operations: SocketAddr,
    /// Other nodes, TCP.
    pub nodes: Option<SocketAddr>,
    /// Where the API is reached from outside: join tokens carry it.
    pub public_api: PublicAddress,
    /// Where tunnels are dialled from outside.
    pub public_tunnel: PublicAddress,
}

/// `run/addresses.json`: how the command line and scripts find a gateway whose ports were chosen at start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFile {
    /// Process id of the gateway.
    pub pid: u32,
    /// Tunnels, UDP.
    pub tunnel: SocketAddr,
    /// The API, HTTPS.
    pub api: SocketAddr,
    /// The redirect, HTTP.
    pub redirect: Option<SocketAddr>,
    /// Operations, HTTP.
    pub operations: SocketAddr,
    /// Other nodes, HTTP/2 over mutual TLS.
    #[serde(default)]
    pub nodes: Option<SocketAddr>,
}

/// What the rooms share. Built once by [`start`]; past that nothing is replaced, only used.
#[derive(Debug)]
pub struct AppState {
    /// The settings.
    pub config: Config,
    /// Where it listens.
    pub addresses: Addresses,
    /// Where the time comes from.
    pub clock: Clock,
    /// What can be measured.
    pub metrics: Metrics,
    /// Where records are kept.
    pub store: SharedStore,
    /// What is secret among them.
    pub sealer: Sealer,
    /// API tokens: who is calling.
    pub tokens: ApiTokens,
    /// People: who is calling.
    pub oidc: Oidc,
    /// What happened.
    pub audit: Audit,
    /// Certificates: this node's, and connectors'.
    pub authority: Arc<NodeAuthority>,
    /// Who carries the authority's changes on.
    pub keeper: Owner,
    /// The API's certificate by a public authority, if there is one.
    pub public: Arc<PublicSlot>,
    /// Tenants, join tokens, connectors.
    pub fleet: Fleet,
    /// Which tunnels are up.
    pub tunnels: Arc<Tunnels>,
    /// Which of them a query takes.
    pub router: Arc<Router>,
    /// What asking takes.
    pub queries: Arc<Queries>,
    /// The other nodes; none for a node that is alone.
    pub cluster: Option<Arc<Cluster>>,
    /// Whether work is still taken.
    pub drain: Drain,
    /// The live nodes of the cluster: what is sent here is what connectors are told.
    pub nodes: watch::Sender<Arc<Nodes>>,
}

/// The state as handlers and tasks hold it.
pub type Shared = Arc<AppState>;

impl AppState {
    /// The connector's tunnels, for lists: those to this node, then those that others say they hold.
    pub fn live_tunnels(&self, tenant: &TenantId, connector: &ConnectorId) -> Vec<TunnelView> {
        let owner = registry::Owner {
            tenant: tenant.clone(),
            connector: connector.clone(),
        };
        let view = |live: Live<Tunnel>| {
            let tunnel = live.tunnel;
            let packets = tunnel.packets();
            TunnelView {
                tunnel: live.id.0,
                node: self.config.node.clone(),
                slot: live.slot.number(),
                transport: tunnel.transport().name().to_owned(),
                since: tunnel.facts().since_ms / 1_000,
                sources: tunnel.sources().into_iter().map(|source| source.name).collect(),
                connector_version: tunnel.facts().version.clone(),
                exchanges: Some(u64::from(tunnel.running())),
                remote: Some(tunnel.remote()),
                round_trip_ms: Some(tunnel.rtt().as_secs_f64() * 1_000.0),
                path_mtu: tunnel.mtu(),
                packets_sent: packets.map(|(sent, _)| sent),
                packets_lost: packets.map(|(_, lost)| lost),
            }
        };
        let here = self.tunnels.of_connector(&owner).into_iter().map(view);
        let cluster = self.cluster.iter();
        let elsewhere = cluster.flat_map(|cluster| cluster.directory.of_connector(tenant, connector));
        here.chain(elsewhere.map(several::view)).collect()
    }
}

/// A running gateway.
#[derive(Debug)]
pub struct Running {
    state: Shared,
    tasks: JoinSet<&'static str>,
    /// Kept apart: metrics and health are there until the end.
    operations: JoinSet<&'static str>,
    _lock: Option<fs::File>,
}

/// Builds everything, binds every port and starts every task.
///
/// # Errors
/// [`AppError`]; nothing is left running.
pub async fn start(config: Config, clock: Clock) -> Result<Running, AppError> {
    let metrics = Metrics::new(Registry::new())?;
    let lock = lock(&config)?;
    let store = config.store.open(&clock, &metrics.store)?;
    start_on(store, lock, metrics, config, clock).await
}

/// As [`start`], on a store that is open.
async fn start_on(
    store: SharedStore,
    lock: Option<fs::File>,
    metrics: Metrics,
    config: Config,
    clock: Clock,
) -> Result<Running, AppError> {
    // Left behind by a process that was killed. Whoever waits for this file must not find the old one; that nobody else
    // runs on this folder the store has just shown, or the lock.
    let _ = fs::remove_file(config.state.addresses());
    if let Place::Etcd(_) = config.store {
        nodes::claim(&store, &config.node, &config.state, Takeover::Refused).await?;
    }
    let sealer = Sealer::start(&config.seal, &config.trust_domain, Arc::clone(&store)).await?;
    let authority = NodeAuthority::load(&config, Arc::clone(&store), sealer.clone(), clock.clone()).await?;
    let authority = Arc::new(authority);

    let tunnel_socket = sockets::bind_udp(config.listen.tunnel)?;
    let api_listener = api::bind(config.listen.api).await.map_err(AppError::Bind)?;
    let tunnel_at = tunnel_socket.local_addr().map_err(AppError::Bind)?;
    let tunnel_listener = sockets::bind_tcp(&config.listen, tunnel_at).await?;
    let redirect_listener = match config.listen.redirect {
        Some(address) => Some(api::bind(address).await.map_err(AppError::Bind)?),
        None => None,
    };
    let operations_listener = api::bind(config.listen.operations)
        .await
        .map_err(AppError::Bind)?;
    let nodes_listener = match &config.cluster {
        Some(cluster) => Some(api::bind(cluster.listen).await.map_err(AppError::Bind)?),
        None => None,
    };
    let local = |listener: &TcpListener| listener.local_addr().map_err(AppError::Bind);
    let (tunnel, api) = (tunnel_at, local(&api_listener)?);
    let addresses = Addresses {
        tunnel,
        api,
        redirect: redirect_listener.as_ref().map(local).transpose()?,
        operations: local(&operations_listener)?,
        nodes: nodes_listener.as_ref().map(local).transpose()?,
        public_api: config.api_address.or_port(api.port()),
        public_tunnel: config.tunnel_address.or_port(tunnel.port()),
    };

    let tokens = ApiTokens::start(&sealer, clock.clone()).await?;
    let oidc = Oidc::new(config.oidc.as_ref(), clock.clone(), metrics.oidc.clone())?;
    let fleet = Fleet::new(
        &sealer,
        tokens.clone(),
        Arc::clone(&authority),
        clock.clone(),
        addresses.public_tunnel.clone(),
    );
    fleet.seal_join_tokens().await?;
    let keeper = Owner::new(Arc::clone(&store), authority::keep::WORK, &config.node)
        .map_err(NodeAuthorityError::from)?;
    let public = Arc::new(PublicSlot::default());
    let certificate = reload::api_certificate(&config, &clock)?;
    metrics.api_certificate(certificate.as_ref());
    public.replace(certificate);
    let tls = authority.api_tls(Arc::clone(&public))?;
    let drain = Drain::new();
    let tunnels = Arc::new(Tunnels::new(config.limits.tunnels));
    let audit = Audit::start(
        &config.state.audit(),
        config.audit_sync,
        clock.clone(),
        metrics.audit.clone(),
    )?;
    let cluster = config.cluster.is_some().then(|| {
        let (slot, trust) = (Arc::clone(authority.credential()), Arc::clone(authority.trust()));
        Arc::new(Cluster::new(
            config.node.clone(),
            slot,
            trust,
            metrics.cluster.clone(),
        ))
    });
    let router = Arc::new(Router::new(
        Arc::clone(&tunnels),
        config.limits.tenant_exchanges,
        cluster.as_deref(),
    ));
    let queries = Queries::new(
        Allowlist::new(&config.limits),
        Statements::new(config.limits.adhoc),
        audit.clone(),
        Arc::clone(&router),
        drain.clone(),
        metrics.queries.clone(),
    );
    let path = config.state.reset_key();
    let reset = ResetKey::load(&path).map_err(|source| ListenError::ResetKey { path, source })?;
    let endpoint = listen::endpoint(
        tunnel_socket,
        Arc::clone(authority.credential()),
        Arc::clone(authority.trust()),
        Arc::clone(authority.denylist()),
        config.congestion,
        &reset,
        &metrics.tunnels,
    )?;
    let address = config.node_tunnel_address.as_ref();
    let this = ClusterNode {
        name: config.node.clone(),
        address: address.and_then(|address| address.or_port(tunnel.port()).to_string().parse().ok()),
    };
    let nodes = watch::Sender::new(Arc::new(Nodes::alone(this)));
    let host = Arc::new(Host {
        node: config.node.clone(),
        trust_domain: config.trust_domain.clone(),
        handshakes: config.limits.handshakes,
        tunnel_exchanges: u32::try_from(config.limits.tunnel_exchanges).unwrap_or(u32::MAX),
        grace: config.grace,
        clock: clock.clone(),
        admission: Arc::new(fleet.clone()),
        tunnels: Arc::clone(&tunnels),
        metrics: metrics.tunnels.clone(),
        drain: drain.clone(),
        trust: authority.told(),
        nodes: nodes.subscribe(),
        schemas: Schemas::default(),
        directory: cluster.as_ref().map(|cluster| Arc::clone(&cluster.directory)),
        next: AtomicU64::new(1),
    });
    let door = Door::new(
        Arc::clone(authority.credential()),
        Arc::clone(authority.trust()),
        Arc::clone(authority.denylist()),
        Arc::clone(&host),
    )
    .map_err(ListenError::Tls)?;
    let shared_door = (config.listen.tunnel_tcp == Some(config.listen.api)).then(|| door.clone());
    let state: Shared = Arc::new(AppState {
        config,
        addresses,
        clock,
        metrics,
        store,
        sealer,
        tokens,
        oidc,
        audit,
        authority,
        keeper,
        public,
        fleet,
        tunnels,
        router,
        queries,
        cluster,
        drain,
        nodes,
    });

    let mut tasks = JoinSet::new();
    let mut operations = JoinSet::new();
    let shared = Arc::clone(&state);
    tasks.spawn(async move {
        listen::run(endpoint, host, shared.config.grace).await;
        // Their callers have gone by now; what is left is to write down how they ended.
        shared.queries.idle().await;
        "tunnel listener"
    });
    if let Some(listener) = tunnel_listener {
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            tcp::run(door, listener, shared.config.grace).await;
            "tunnel listener over TCP"
        });
    }
    let (fleet, tunnels, stop) = (
        state.fleet.clone(),
        Arc::clone(&state.tunnels),
        state.drain.clone(),
    );
    let denylist = Arc::clone(state.authority.denylist());
    tasks.spawn(async move {
        evict::run(fleet, tunnels, denylist, stop).await;
        "eviction of tunnels"
    });
    if let (Some(listener), Some(cluster), Some(settings)) = (
        nodes_listener,
        state.cluster.clone(),
        state.config.cluster.clone(),
    ) {
        several::start(&state, &mut tasks, listener, cluster, &settings)?;
    }
    let https = api::Https {
        who: api::Who::Callers,
        listener: api_listener,
        tls,
        door: shared_door,
        max_connections: state.config.limits.api_connections,
        drain: state.drain.clone(),
        grace: state.config.grace,
    };
    let service = TowerToHyperService::new(api::router(&state));
    let shared = Arc::clone(&state);
    tasks.spawn(async move {
        https.run(service, shared).await;
        "API listener"
    });
    if let Some(listener) = redirect_listener {
        let service = api::redirect_service(state.addresses.public_api.clone());
        let drain = state.drain.clone();
        tasks.spawn(async move {
            api::run_plain(listener, Some(drain), service).await;
            "redirect listener"
        });
    }
    let shared = Arc::clone(&state);
    tasks.spawn(async move {
        authority::keep::run(&shared).await;
        "certificate authority"
    });
    let shared = Arc::clone(&state);
    tasks.spawn(async move {
        shared.tokens.run(&shared.drain).await;
        "record of the use of tokens"
    });
    let shared = Arc::clone(&state);
    tasks.spawn(async move {
        shared.oidc.run(&shared.drain).await;
        "keys of the identity provider"
    });
    let service = hyper::service::service_fn({
        let state = Arc::clone(&state);
        move |request| api::operations(request, Arc::clone(&state))
    });
    operations.spawn(async move {
        api::run_plain(operations_listener, None, service).await;
        "operations listener"
    });

    write_addresses(&state)?;
    let a = &state.addresses;
    tracing::info!(
        node = %state.config.node,
        tunnel = %a.tunnel,
        api = %a.api,
        redirect = a.redirect.map(tracing::field::display),
        operations = %a.operations,
        "gateway serves"
    );
    Ok(Running {
        state,
        tasks,
        operations,
        _lock: lock,
    })
}

impl Running {
    /// What the rooms share.
    pub fn state(&self) -> &Shared {
        &self.state
    }

    /// Runs until a signal, then stops in order. Puts changes of the settings in force meanwhile, of what `log` holds too.
    ///
    /// # Errors
    /// [`AppError::Essential`] if a task ended by itself; it stops in order all the same.
    pub async fn until_signal(mut self, log: LogFilter) -> Result<(), AppError> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(AppError::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(AppError::Signals)?;
        let hangup = signal(SignalKind::hangup()).map_err(AppError::Signals)?;
        let reloader = Reloader::new(Arc::clone(&self.state), log);
        self.tasks.spawn(async move {
            reloader.run(hangup).await;
            "watch over the settings"
        });
        let ended = tokio::select! {
            // All arms are cancel-safe.
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
            ended = self.tasks.join_next() => ended,
            ended = self.operations.join_next() => ended,
        };
        if let Some(ended) = ended {
            let error = essential(ended);
            self.stop().await;
            return Err(error);
        }
        tokio::select! {
            () = self.stop() => {}
            // Who asks twice does not want to wait.
            _ = terminate.recv() => tracing::warn!("stopped before the end of the grace period"),
            _ = interrupt.recv() => tracing::warn!("stopped before the end of the grace period"),
        }
        Ok(())
    }

    /// Stops in order: no new work, the grace period, the end.
    pub async fn stop(mut self) {
        let grace = self.state.config.grace;
        tracing::info!(grace_seconds = grace.as_secs(), "gateway stops");
        several::leave(&self.state).await;
        self.state.drain.stop();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace + STOP_MARGIN, all).await.is_err() {
            tracing::warn!(
                tasks = self.tasks.len(),
                "tasks cut at the end of the grace period"
            );
        }
        self.tasks.shutdown().await;
        self.operations.shutdown().await;
        // A script must not take a dead process for a running one.
        let path = self.state.config.state.addresses();
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "cannot remove the file of addresses");
        }
        tracing::info!("gateway stopped");
    }
}

fn essential(ended: Result<&'static str, JoinError>) -> AppError {
    match ended {
        Ok(task) => AppError::Essential {
            task,
            reason: "by itself".to_owned(),
        },
        Err(error) => AppError::Essential {
            task: "task",
            reason: error.to_string(),
        },
    }
}

/// Keeps a second process off the folder, where no file of the store does.
fn lock(config: &Config) -> Result<Option<fs::File>, AppError> {
    let Place::Etcd(_) = config.store else {
        return Ok(None);
    };
    let path = config.state.lock();
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let failed = |source| AppError::Lock {
        path: path.clone(),
        source,
    };
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(AppError::InUse { path }),
        Err(fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn write_addresses(state: &AppState) -> Result<(), AppError> {
    let a = &state.addresses;
    let content = AddressFile {
        pid: std::process::id(),
        tunnel: a.tunnel,
        api: a.api,
        redirect: a.redirect,
        operations: a.operations,
        nodes: a.nodes,
    };
    let path = state.config.state.addresses();
    let failed = |source| AppError::Addresses {
        path: path.clone(),
        source,
    };
    let text = serde_json::to_vec_pretty(&content).map_err(|e| failed(e.into()))?;
    let folder = path.parent().unwrap_or(state.config.state.path());
    fs::create_dir_all(folder).map_err(failed)?;
    // Written aside and renamed: a reader sees all of it or none.
    let aside = path.with_extension("json.new");
    fs::write(&aside, text).map_err(failed)?;
    fs::rename(&aside, &path).map_err(failed)
}

/// Where a process on the same host dials a listener that may be bound to every address.
pub fn dialable(bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        // The wildcard of either family takes IPv4 on Linux.
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port())
    } else {
        bound
    }
}

mod ready;
mod several;
mod sockets;

pub use ready::Readiness;

#[cfg(test)]
mod cluster_tests;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
mod tests;
