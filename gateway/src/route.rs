//! From a permit to a tunnel that takes it, within the bounds on work in progress.
//!
//! Of several tunnels of a source the one is taken that answers soonest for what it has to do: its usual time to a first
//! batch, times the queries on it. One that was tried for the same query is not taken again, and one whose connector has been
//! started again since, and has come to another node, is taken last: it is likely to be dead. Tunnels of other nodes are not asked
//! from here: a source that no tunnel of this node serves is the business of `api::forward`, before there is a permit.
//!
//! Refuses when no tunnel serves the source, and when the tenant or every tunnel has as much to do as it may: overload
//! is answered with a time to come back, never absorbed. What a tenant has in progress at other nodes counts.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use proto::{
    catalogue::Catalogue,
    error::{Code, Fault},
    id::{QueryName, SourceId, TenantId},
    wire::frame::OfferedQuery,
};

use crate::{
    allowlist::Permit,
    auth::Grant,
    cluster::{Cluster, directory::Directory, usage::Usage},
    tunnel::{Slot, Tunnel, Tunnels, registry::TunnelId, schemas::Told},
};

/// A connector that lost its tunnel is back within a few seconds, or has a problem that takes longer.
const OFFLINE_RETRY: Duration = Duration::from_secs(5);

/// Most queries end within a second.
const OVERLOADED_RETRY: Duration = Duration::from_secs(1);

/// Where permits go.
#[derive(Debug)]
pub struct Router {
    tunnels: Arc<Tunnels>,
    directory: Option<Arc<Directory>>,
    tenants: TenantSlots,
}

/// A tunnel, and leave to run one exchange on it; given back when this is dropped.
#[derive(Debug)]
pub struct Route {
    /// The tunnel.
    pub tunnel: Arc<Tunnel>,
    _slot: Slot,
}

impl Router {
    /// Routes over `tunnels`, at most `tenant_exchanges` for one tenant at once, here and by the other nodes of the cluster together.
    pub fn new(tunnels: Arc<Tunnels>, tenant_exchanges: usize, cluster: Option<&Cluster>) -> Self {
        let tenants = TenantSlots {
            running: Arc::default(),
            elsewhere: cluster
                .map(|cluster| Arc::clone(&cluster.usage))
                .unwrap_or_default(),
            max: AtomicUsize::new(tenant_exchanges),
        };
        Self {
            tunnels,
            directory: cluster.map(|cluster| Arc::clone(&cluster.directory)),
            tenants,
        }
    }

    /// What runs here, by tenant.
    pub fn running(&self) -> HashMap<TenantId, usize> {
        // No call panics while it holds the lock.
        self.tenants
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a tunnel of this node would take a query for the source now, and is not likely to be dead.
    pub fn has_room(&self, tenant: &TenantId, source: &SourceId) -> bool {
        let serving = self.tunnels.serving(tenant, source);
        serving
            .iter()
            .any(|tunnel| tunnel.has_room() && !self.is_outdated(tunnel))
    }

    /// Whether this node has any tunnel of the source.
    pub fn serves(&self, tenant: &TenantId, source: &SourceId) -> bool {
        !self.tunnels.serving(tenant, source).is_empty()
    }

    fn is_outdated(&self, tunnel: &Tunnel) -> bool {
        self.directory.as_ref().is_some_and(|directory| {
            let (owner, instance) = (tunnel.owner(), hex::encode(tunnel.order().instance));
            let since_ms = tunnel.facts().since_ms;
            directory.is_outdated(&owner.tenant, &owner.connector, (&instance, since_ms))
        })
    }

    /// Lets each tenant run so many at once from here on; what runs goes on.
    pub fn adjust(&self, tenant_exchanges: usize) {
        self.tenants.max.store(tenant_exchanges, Ordering::Relaxed);
    }

    /// What the source holds, as its newest tunnel that told it says.
    ///
    /// # Errors
    /// `source_offline`, with a time to retry after.
    pub fn told(&self, grant: &Grant) -> Result<Told, Fault> {
        let source = grant.source();
        let serving = self.tunnels.serving(grant.tenant(), source);
        if serving.is_empty() {
            return Err(offline(source));
        }
        serving
            .iter()
            .find_map(|tunnel| tunnel.told(source))
            .ok_or_else(|| {
                let detail =
                    format!("the connector of `{source}` has not read the schema of its warehouse yet");
                Fault::new(Code::SourceOffline, detail).retry_after(OFFLINE_RETRY)
            })
    }

    /// The newest tunnel that serves a source.
    ///
    /// # Errors
    /// `source_offline`, with a time to retry after.
    pub fn serving(&self, tenant: &TenantId, source: &SourceId) -> Result<Arc<Tunnel>, Fault> {
        let serving = self.tunnels.serving(tenant, source).into_iter().next();
        serving.ok_or_else(|| offline(source))
    }

    /// What a connector of the source offers under this name, if it is not a shipped one: no connector changes what a
    /// shipped name means.
    pub fn offered(&self, grant: &Grant, name: &QueryName) -> Option<OfferedQuery> {
        if Catalogue::builtin().get(name).is_some() {
            return None;
        }
        let serving = self.tunnels.serving(grant.tenant(), grant.source());
        let offers = |tunnel: &Arc<Tunnel>| {
            let offers = tunnel.offers();
            offers.approved.iter().find(|query| query.name == *name).cloned()
        };
        serving.iter().find_map(offers)
    }

    /// The query's place in its tenant's share, which it keeps whatever tunnels it tries.
    ///
    /// # Errors
    /// `overloaded`, with a time to retry after.
    pub fn share(&self, permit: &Permit) -> Result<Arc<TenantSlot>, Fault> {
        let slot = self.tenants.begin(permit.grant().tenant()).ok_or_else(|| {
            let most = self.tenants.max.load(Ordering::Relaxed);
            overloaded(format!(
                "the tenant has {most} queries in progress, which is its most at once"
            ))
        })?;
        Ok(Arc::new(slot))
    }

    /// Picks a tunnel that serves the source, has room and was not `tried`; of a query that is not shipped, one that offers
    /// it before the others.
    ///
    /// # Errors
    /// `overloaded`, `source_offline`, both with a time to retry after.
    pub fn route(&self, permit: &Permit, tried: &[TunnelId]) -> Result<Route, Fault> {
        let (tenant, source) = (permit.grant().tenant(), permit.grant().source());
        let mut serving = self.tunnels.serving(tenant, source);
        serving.retain(|tunnel| !tried.contains(&tunnel.id()));
        // Stable: of those that cost the same the newest comes first.
        serving.sort_by_cached_key(|tunnel| {
            let holds = permit
                .query()
                .is_none_or(|name| tunnel.offers().holds(name, permit.fingerprint()));
            (!holds, self.is_outdated(tunnel), tunnel.cost())
        });
        let mut full = false;
        for tunnel in serving {
            match tunnel.begin() {
                Ok(slot) => return Ok(Route { tunnel, _slot: slot }),
                Err(refused) => full |= refused == crate::tunnel::NoSlot::Full,
            }
        }
        Err(if full {
            overloaded("every tunnel of the source has as many queries in progress as it may".to_owned())
        } else {
            offline(source)
        })
    }
}

fn offline(source: &SourceId) -> Fault {
    let detail = format!("no connector serves the source `{source}` now");
    Fault::new(Code::SourceOffline, detail).retry_after(OFFLINE_RETRY)
}

fn overloaded(detail: String) -> Fault {
    Fault::new(Code::Overloaded, detail).retry_after(OVERLOADED_RETRY)
}

/// Queries in progress by tenant. Holds a tenant only while it has one, so that it is bounded by the requests in
/// progress.
#[derive(Debug)]
struct TenantSlots {
    running: Arc<Mutex<HashMap<TenantId, usize>>>,
    elsewhere: Arc<Usage>,
    max: AtomicUsize,
}

/// A place in a tenant's share; given back when the last holder drops it.
#[derive(Debug)]
pub struct TenantSlot {
    running: Arc<Mutex<HashMap<TenantId, usize>>>,
    tenant: TenantId,
}

impl TenantSlots {
    fn begin(&self, tenant: &TenantId) -> Option<TenantSlot> {
        let elsewhere = self.elsewhere.elsewhere(tenant);
        // No call panics while it holds the lock.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.get(tenant).copied().unwrap_or_default();
        if count.saturating_add(elsewhere) >= self.max.load(Ordering::Relaxed) {
            return None;
        }
        running.insert(tenant.clone(), count + 1);
        Some(TenantSlot {
            running: Arc::clone(&self.running),
            tenant: tenant.clone(),
        })
    }
}

impl Drop for TenantSlot {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.tenant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                running.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_has_its_own_bound_and_leaves_nothing_behind() {
        let slots = TenantSlots {
            running: Arc::default(),
            elsewhere: Arc::default(),
            max: AtomicUsize::new(2),
        };
        let (acme, globex) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let (one, two) = (slots.begin(&acme).unwrap(), slots.begin(&acme).unwrap());
        assert!(slots.begin(&acme).is_none());
        let other = slots.begin(&globex).unwrap();
        drop(one);
        let again = slots.begin(&acme).unwrap();
        drop((two, again, other));
        assert!(slots.running.lock().unwrap().is_empty());
    }

    #[test]
    fn what_other_nodes_run_counts_towards_the_bound() {
        let elsewhere = Arc::<Usage>::default();
        let slots = TenantSlots {
            running: Arc::default(),
            elsewhere: Arc::clone(&elsewhere),
            max: AtomicUsize::new(2),
        };
        let acme: TenantId = "acme".parse().unwrap();
        let told = |n| crate::cluster::usage::Told {
            running: [(acme.clone(), n)].into(),
        };
        elsewhere.take("b".parse().unwrap(), told(1));
        let one = slots.begin(&acme).unwrap();
        assert!(slots.begin(&acme).is_none());
        elsewhere.take("b".parse().unwrap(), told(2));
        drop(one);
        assert!(slots.begin(&acme).is_none());
        assert!(slots.running.lock().unwrap().is_empty());
    }
}
