//! How many queries tenants have in progress at the other nodes, so that a tenant's bound holds over all of them.
//!
//! Each node tells the others twice a second what runs with it, and counts what they told to its own before it admits a
//! query. So a tenant's bound may be exceeded by what the other nodes admitted since they last told (half a second, and the
//! way), and never beyond the bound times the number of nodes, which is what each admits alone. What a node told counts for
//! two seconds: one that fell silent holds no tenant up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Body;
use http::{Method, Request, header};
use http_body_util::BodyExt as _;
use proto::id::{NodeId, TenantId};
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Cluster, record::NodeRecord};
use crate::{drain::Drain, route::Router};

/// Between two words to the others.
pub const INTERVAL: Duration = Duration::from_millis(500);

/// How long a word counts.
pub const COUNTS: Duration = Duration::from_secs(2);

/// Where it is told.
pub const PATH: &str = "/v1/usage";

/// Tenants of which one node tells at once, those with the most in progress first: what stands in a request body of 64 KiB with
/// the longest of names.
pub const MAX_TENANTS: usize = 800;

/// What one node has in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Queries in progress by tenant.
    pub running: HashMap<TenantId, usize>,
}

/// What the others have told.
#[derive(Debug, Default)]
pub struct Usage(Mutex<HashMap<NodeId, (Instant, Told)>>);

impl Usage {
    /// Queries of a tenant that run elsewhere, as far as it was told lately.
    pub fn elsewhere(&self, tenant: &TenantId) -> usize {
        let told = self.lock();
        let counting = told.values().filter(|(at, _)| at.elapsed() < COUNTS);
        counting
            .filter_map(|(_, told)| told.running.get(tenant))
            .fold(0, |sum, running| sum.saturating_add(*running))
    }

    /// Takes a node's word.
    pub fn take(&self, node: NodeId, told: Told) {
        let mut all = self.lock();
        all.retain(|_, (at, _)| at.elapsed() < COUNTS);
        all.insert(node, (Instant::now(), told));
    }

    // No call panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<NodeId, (Instant, Told)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the others until the gateway stops.
pub async fn run(cluster: Arc<Cluster>, router: Arc<Router>, drain: Drain) {
    let nodes = cluster.directory.nodes();
    let mut beat = interval(INTERVAL);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = true;
    loop {
        // Both arms are cancel-safe.
        tokio::select! {
            () = drain.stopping() => return,
            _ = beat.tick() => {}
        }
        let running = router.running();
        if running.is_empty() && silent {
            continue;
        }
        // The last word of a busy time is that it is over.
        silent = running.is_empty();
        let Ok(body) = serde_json::to_vec(&most_of(running)) else {
            continue;
        };
        let others: Vec<_> = nodes
            .borrow()
            .iter()
            .filter(|n| n.node != cluster.node)
            .cloned()
            .collect();
        let telling = others.iter().map(|node| tell(&cluster, node, body.clone()));
        // One that does not listen is told the next time.
        let _ = timeout(INTERVAL, futures_util::future::join_all(telling)).await;
    }
}

async fn tell(cluster: &Cluster, node: &NodeRecord, body: Vec<u8>) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("https://node.invalid{PATH}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body));
    if let Ok(request) = request
        && let Ok(response) = cluster.peers.send(node, request).await
    {
        if !response.status().is_success() {
            tracing::warn!(node = %node.node, status = %response.status(), "a node does not take what tenants have in progress here");
        }
        let _ = response.into_body().collect().await;
    }
}

/// What is told, within its bound.
fn most_of(running: HashMap<TenantId, usize>) -> Told {
    let mut most: Vec<_> = running.into_iter().collect();
    if most.len() > MAX_TENANTS {
        most.sort_unstable_by_key(|(_, running)| std::cmp::Reverse(*running));
        most.truncate(MAX_TENANTS);
    }
    Told {
        running: most.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_others_have_in_progress_is_summed_and_replaced() {
        let usage = Usage::default();
        let (acme, globex): (TenantId, TenantId) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let told = |n| Told {
            running: [(acme.clone(), n)].into(),
        };
        usage.take("a".parse().unwrap(), told(3));
        usage.take("b".parse().unwrap(), told(4));
        assert_eq!((usage.elsewhere(&acme), usage.elsewhere(&globex)), (7, 0));
        usage.take("a".parse().unwrap(), Told::default());
        assert_eq!(usage.elsewhere(&acme), 4);
    }

    #[test]
    fn the_busiest_tenants_are_told_of_and_fit_a_request_body() {
        let width = proto::id::MAX_NAME_BYTES - 1;
        let name = |n: usize| -> TenantId { format!("t{n:0width$}").parse().unwrap() };
        let told = most_of((0..2_000).map(|n| (name(n), n)).collect());
        assert_eq!(told.running.len(), MAX_TENANTS);
        assert!(
            told.running
                .values()
                .all(|running| *running >= 2_000 - MAX_TENANTS)
        );
        let body = serde_json::to_vec(&told).unwrap();
        assert!(
            body.len() <= crate::api::request::MAX_BODY_BYTES,
            "{} bytes",
            body.len()
        );
    }
}
