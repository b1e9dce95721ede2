//! From a permit to a tunnel that takes it, within the bounds on work in progress.
//!
//! Refuses when no tunnel serves the source, and when the tenant or every tunnel has as much to do as it may: overload
//! is answered with a time to come back, never absorbed. Called by `query` alone.

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
    tunnel::{Slot, Tunnel, Tunnels, schemas::Told},
};

/// A connector that lost its tunnel is back within a few seconds, or has a problem that takes longer.
const OFFLINE_RETRY: Duration = Duration::from_secs(5);

/// Most queries end within a second.
const OVERLOADED_RETRY: Duration = Duration::from_secs(1);

/// Where permits go.
#[derive(Debug)]
pub struct Router {
    tunnels: Arc<Tunnels>,
    tenants: TenantSlots,
}

/// A tunnel, and leave to run one exchange on it for its tenant; given back when this is dropped.
#[derive(Debug)]
pub struct Route {
    /// The tunnel.
    pub tunnel: Arc<Tunnel>,
    /// The query's place in its tenant's share, which goes along with what waits for the caller.
    pub tenant: Arc<TenantSlot>,
    _slot: Slot,
}

impl Router {
    /// Routes over `tunnels`, at most `tenant_exchanges` for one tenant at once.
    pub fn new(tunnels: Arc<Tunnels>, tenant_exchanges: usize) -> Self {
        let tenants = TenantSlots {
            running: Arc::default(),
            max: AtomicUsize::new(tenant_exchanges),
        };
        Self { tunnels, tenants }
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

    /// Picks the newest tunnel that serves the source and has room; of a query that is not shipped, one that offers it
    /// before the others.
    ///
    /// # Errors
    /// `overloaded`, `source_offline`, both with a time to retry after.
    pub fn route(&self, permit: &Permit) -> Result<Route, Fault> {
        let (tenant, source) = (permit.grant().tenant(), permit.grant().source());
        let tenant_slot = self.tenants.begin(tenant).ok_or_else(|| {
            let most = self.tenants.max.load(Ordering::Relaxed);
            overloaded(format!(
                "the tenant has {most} queries in progress, which is its most at once"
            ))
        })?;
        let mut serving = self.tunnels.serving(tenant, source);
        if let Some(name) = permit.query() {
            serving.sort_by_key(|tunnel| !tunnel.offers().holds(name, permit.fingerprint()));
        }
        let mut full = false;
        for tunnel in serving {
            match tunnel.begin() {
                Ok(slot) => {
                    return Ok(Route {
                        tunnel,
                        tenant: Arc::new(tenant_slot),
                        _slot: slot,
                    });
                }
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
        // No call panics while it holds the lock.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(tenant.clone()).or_default();
        if *count >= self.max.load(Ordering::Relaxed) {
            return None;
        }
        *count += 1;
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
}
