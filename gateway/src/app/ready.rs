//! Whether this node should be sent queries: what a load balancer asks.

use std::time::Duration;

use super::AppState;
use crate::store::StoreError;

/// How long `/readyz` waits for the store: orchestrators give it a second.
const STORE_PATIENCE: Duration = Duration::from_millis(500);

/// How far a node that takes queries is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It is.
    Whole,
    /// The store cannot be reached: nothing can be changed, and nobody new be let in.
    StoreAway,
}

impl AppState {
    /// Whether this node should be sent queries; if not, why. A store that cannot be reached is no reason: it is away for
    /// every node, and queries go on without it. A node of several that has just started has to learn first who holds what.
    ///
    /// # Errors
    /// The reason in words, for `/readyz`.
    pub async fn ready(&self) -> Result<Readiness, &'static str> {
        if self.drain.is_leaving() {
            return Err("stopping");
        }
        if self
            .cluster
            .as_ref()
            .is_some_and(|cluster| !cluster.directory.is_known())
        {
            return Err("the tunnels of the other nodes are not known yet");
        }
        let asked = self.store.range("tenant/", None, 1);
        match tokio::time::timeout(STORE_PATIENCE, asked).await {
            Ok(Ok(_)) => Ok(Readiness::Whole),
            Ok(Err(StoreError::Unavailable(_))) | Err(_) => Ok(Readiness::StoreAway),
            Ok(Err(_)) => Err("the store does not answer"),
        }
    }
}
