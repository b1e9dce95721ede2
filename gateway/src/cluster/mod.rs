//! Several nodes on one store: who is there, who holds which tunnel, and the way to them.
//!
//! [`registrar`] says in the store, under a lease, that this node is there and which tunnels it holds. [`directory`] holds
//! what the others have said, in memory, so that a query asks nobody where to go. [`peers`] is the way to another node:
//! HTTP/2 over mutual TLS. What is sent that way, and what may not be sent on, is the business of `api::forward`.
//!
//! A node that hears nothing of the store goes on with what it holds and knows. Its own entries end with its lease, so that
//! nobody sends it queries for tunnels that may have gone elsewhere; and an entry of an earlier start of a node's process
//! counts for nothing, though its lease may have some seconds left.

pub mod directory;
pub mod peers;
pub mod record;
pub mod registrar;
pub mod settings;
pub mod usage;

use std::sync::Arc;

use certs::{tls::CredentialSlot, verifier::TrustSlot};
use proto::id::NodeId;

use crate::metrics::ClusterMetrics;
use directory::Directory;
use peers::Peers;
use record::Run;
use usage::Usage;

/// The rest of the cluster, as this node sees it.
#[derive(Debug)]
pub struct Cluster {
    /// This node.
    pub node: NodeId,
    /// This start of this node's process.
    pub run: Run,
    /// Who is there, and who holds what.
    pub directory: Arc<Directory>,
    /// The way to the others.
    pub peers: Peers,
    /// What tenants have in progress at the others.
    pub usage: Arc<Usage>,
    /// What can be measured.
    pub metrics: ClusterMetrics,
}

impl Cluster {
    /// A cluster of which nothing is known yet.
    pub fn new(
        node: NodeId,
        slot: Arc<CredentialSlot>,
        trust: Arc<TrustSlot>,
        metrics: ClusterMetrics,
    ) -> Self {
        let run = Run::new();
        Self {
            directory: Arc::new(Directory::new(node.clone(), metrics.clone())),
            peers: Peers::new(slot, trust, metrics.clone()),
            usage: Arc::default(),
            node,
            run,
            metrics,
        }
    }
}
