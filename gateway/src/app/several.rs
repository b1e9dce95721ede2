//! What a node of several does beside: it registers, follows the directory, listens to the others, and leaves in steps.

use std::sync::Arc;

use hyper_util::service::TowerToHyperService;
use proto::{
    limits::MAX_NODES,
    wire::frame::{ClusterNode, Nodes},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::timeout};

use super::{AppError, Shared};
use crate::{
    api::{self, admin::TunnelView},
    cluster::{
        Cluster, directory::Remote, record::NodeRecord, registrar::Registrar, settings::Settings, usage,
    },
};

/// Connections of other nodes at once: each has one, and another while one ends.
const MAX_NODE_CONNECTIONS: usize = 256;

/// Starts what a node of several has to do beside.
pub(super) fn start(
    state: &Shared,
    tasks: &mut JoinSet<&'static str>,
    listener: TcpListener,
    cluster: Arc<Cluster>,
    settings: &Settings,
) -> Result<(), AppError> {
    let port = listener.local_addr().map_err(AppError::Bind)?.port();
    let tunnel = state.config.node_tunnel_address.as_ref();
    let record = NodeRecord {
        node: state.config.node.clone(),
        run: cluster.run.clone(),
        peer: settings.address.or_port(port).to_string(),
        tunnel: tunnel.map(|address| address.or_port(state.addresses.tunnel.port()).to_string()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        leaving: false,
    };
    let registrar = Registrar {
        store: Arc::clone(&state.store),
        cluster: Arc::clone(&cluster),
        tunnels: Arc::clone(&state.tunnels),
        record,
        lease: settings.lease,
        drain: state.drain.clone(),
    };
    tasks.spawn(async move {
        if let Err(displaced) = registrar.run().await {
            tracing::error!(%displaced, "this node's place is taken");
        }
        "registration of this node"
    });
    let (shared, directory) = (Arc::clone(state), Arc::clone(&cluster.directory));
    tasks.spawn(async move {
        directory.run(&*shared.store, &shared.drain).await;
        "directory of nodes"
    });
    let shared = Arc::clone(state);
    let nodes = cluster.directory.nodes();
    tasks.spawn(async move {
        tell_connectors(&shared, nodes).await;
        "word of the nodes to connectors"
    });
    let (router, drain) = (Arc::clone(&state.router), state.drain.clone());
    tasks.spawn(async move {
        usage::run(cluster, router, drain).await;
        "word of what tenants have in progress"
    });
    let https = api::Https {
        who: api::Who::Nodes,
        listener,
        tls: state.authority.peer_tls()?,
        // Nodes have no tunnels.
        door: None,
        max_connections: MAX_NODE_CONNECTIONS,
        drain: state.drain.clone(),
        grace: state.config.grace,
    };
    let (service, shared) = (
        TowerToHyperService::new(api::peer_router(state)),
        Arc::clone(state),
    );
    tasks.spawn(async move {
        https.run(service, shared).await;
        "listener for nodes"
    });
    Ok(())
}

/// What connectors are told of the nodes that take tunnels: those that are about to go are left out.
async fn tell_connectors(state: &Shared, mut nodes: watch::Receiver<Arc<Vec<NodeRecord>>>) {
    loop {
        let told = of(&nodes.borrow_and_update());
        // Before the first word of the store this node knows of itself.
        if !told.is_empty() {
            state.nodes.send_if_modified(|known| {
                let new = **known != told;
                if new {
                    *known = Arc::new(told);
                }
                new
            });
        }
        tokio::select! {
            // Both arms are cancel-safe.
            () = state.drain.stopping() => return,
            changed = nodes.changed() => if changed.is_err() { return },
        }
    }
}

fn of(nodes: &[NodeRecord]) -> Nodes {
    let staying = nodes.iter().filter(|node| !node.leaving).take(MAX_NODES);
    let named = staying.map(|node| ClusterNode {
        name: node.node.clone(),
        address: node.tunnel.as_ref().and_then(|address| address.parse().ok()),
    });
    Nodes::new(named.collect()).unwrap_or_default()
}

/// Before a stop: this node says that it is not ready, then its tunnels move to others while it serves what comes, each for
/// as long as the settings give. A node that is alone, and the last one of several, stops at once: there is no elsewhere.
pub(super) async fn leave(state: &Shared) {
    let (Some(settings), Some(cluster)) = (&state.config.cluster, &state.cluster) else {
        return;
    };
    let nodes = cluster.directory.nodes();
    let elsewhere = |node: &NodeRecord| node.node != cluster.node && !node.leaving;
    if !nodes.borrow().iter().any(elsewhere) {
        tracing::info!("no other node is there to take the tunnels");
        return;
    }
    state.drain.leave();
    tracing::info!(
        settle_seconds = settings.settle.as_secs(),
        "this node leaves: it is not ready any more"
    );
    // Load balancers look at their own pace, and nothing here can see whether they have.
    tokio::time::sleep(settings.settle).await;
    state.drain.move_tunnels();
    tracing::info!(tunnels = state.tunnels.len(), "tunnels move to other nodes");
    let mut changes = state.tunnels.changes();
    let moved = async { while !state.tunnels.all().is_empty() && changes.changed().await.is_ok() {} };
    if timeout(state.config.grace, moved).await.is_err() {
        let left = state.tunnels.all().len();
        tracing::warn!(tunnels = left, "tunnels did not move within the grace period");
    }
}

/// A tunnel at another node, of which this one knows what stands in the directory.
pub(super) fn view(remote: Remote) -> TunnelView {
    let record = remote.record;
    TunnelView {
        tunnel: remote.tunnel,
        node: remote.node.node,
        slot: record.slot,
        transport: record.transport,
        since: record.since_ms / 1_000,
        sources: record.sources,
        connector_version: record.version,
        exchanges: None,
        remote: None,
        round_trip_ms: None,
        path_mtu: None,
        packets_sent: None,
        packets_lost: None,
    }
}
