//! The cluster, as one node sees it.

use prometheus::{IntCounterVec, IntGauge, Registry};

use super::{
    MetricsError,
    data_path::{counters, gauge},
};

/// The cluster.
#[derive(Debug, Clone)]
pub struct ClusterMetrics {
    /// `gateway_cluster_nodes`: nodes in the directory, this one too.
    pub nodes: IntGauge,
    /// `gateway_cluster_tunnels`: tunnels in the directory, this node's too.
    pub tunnels: IntGauge,
    /// `gateway_cluster_following`: 1 while changes of the directory are seen.
    pub following: IntGauge,
    /// `gateway_cluster_registered`: 1 while this node's own entries stand in the store; 0 for one that is fenced.
    pub registered: IntGauge,
    /// `gateway_forwarded_total{result}`: queries handed to the node that holds a tunnel, by how that ended: `answered`,
    /// `refused` (an answer that is an error), `failed` (no answer), `busy` (too many answers of that node on their way).
    pub forwarded: IntCounterVec,
    /// `gateway_peer_connects_total{result}`: connections to other nodes: `ok`, `failed`.
    pub connects: IntCounterVec,
}

impl ClusterMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let forwarded = counters(
            registry,
            "gateway_forwarded_total",
            "Requests handed to the node that holds a tunnel, by result",
            "result",
        )?;
        for result in ["answered", "refused", "failed", "busy"] {
            forwarded.with_label_values(&[result]);
        }
        let connects = counters(
            registry,
            "gateway_peer_connects_total",
            "Connections opened to other nodes, by result",
            "result",
        )?;
        for result in ["ok", "failed"] {
            connects.with_label_values(&[result]);
        }
        Ok(Self {
            nodes: gauge(
                registry,
                "gateway_cluster_nodes",
                "Nodes in the directory, this one too",
            )?,
            tunnels: gauge(
                registry,
                "gateway_cluster_tunnels",
                "Tunnels in the directory, this node's too",
            )?,
            following: gauge(
                registry,
                "gateway_cluster_following",
                "1 while changes of the directory are seen",
            )?,
            registered: gauge(
                registry,
                "gateway_cluster_registered",
                "1 while this node's own entries stand in the store",
            )?,
            forwarded,
            connects,
        })
    }
}
