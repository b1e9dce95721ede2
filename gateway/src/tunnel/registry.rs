//! The live tunnels of this node: who is connected, and which tunnel a query for a source takes.
//!
//! A connector has a tunnel in each of its slots, and wants each at another node. One that returns replaces its predecessor
//! in the slot, and everything of a former start of the connector; the predecessor's late end cannot remove the successor:
//! an entry is removed by the tunnel's own number only. What is done about a tunnel that was replaced (closing it) is left to
//! the caller, so that this table needs no sockets and no clock.
//!
//! Called by `session` (register, announce, drop) and by `route` and the API (look up, list). Refuses a tunnel beyond
//! the bounds, one that its own connector has already replaced by a newer one, and a second one of a connector that has said
//! that it has one here.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto::{
    id::{ConnectorId, SourceId, TenantId},
    wire::frame::Slot,
};
use tokio::sync::watch;

/// Tunnels of one tenant on one node. A tenant has one connector for each network of its warehouses, perhaps two of them
/// for the same source, and each has one tunnel to a node: dozens are many, and one tenant's mistake must not fill the
/// node's table.
pub const MAX_TENANT_TUNNELS: usize = 256;

/// Tunnels of one connector that a successor has replaced and that still run queries: a renewal takes place half a life
/// after another, and queries end within minutes.
pub const MAX_LEAVING: usize = 4;

/// The number that this node gave a tunnel; never used twice by one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TunnelId(pub u64);

impl fmt::Display for TunnelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose a tunnel is, from the certificate's leaf.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The customer account.
    pub tenant: TenantId,
    /// The connector within it.
    pub connector: ConnectorId,
}

/// The place of a tunnel among those of its connector, as Hello states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// One start of the connector.
    pub instance: [u8; 16],
    /// Grows with every tunnel of that start.
    pub epoch: u64,
    /// Which of the connector's tunnels it is.
    pub slot: Slot,
    /// Whether the connector says that it has a tunnel at this node, which is to stay.
    pub held: bool,
}

impl Order {
    /// Whether a tunnel of this order is older than `other`. Those of different starts cannot be compared: the one that
    /// arrives last wins.
    fn is_behind(self, other: Order) -> bool {
        self.instance == other.instance && self.epoch < other.epoch
    }
}

/// Why a tunnel was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The connector has opened a newer tunnel meanwhile; this one comes too late.
    #[error("the connector has a newer tunnel already")]
    Superseded,
    /// The connector has a tunnel to this node, which it knows of: this one is to be opened to another.
    #[error("the connector has a tunnel to this node already")]
    Twice,
    /// The node's table is full.
    #[error("this node carries as many tunnels as it may")]
    NodeFull,
    /// The tenant's share of the table is full.
    #[error("the tenant has as many tunnels to this node as it may")]
    TenantFull,
}

/// A tunnel that gave way to a new one of the same connector.
#[derive(Debug)]
pub struct Replaced<T> {
    /// The old tunnel; the caller closes it.
    pub tunnel: Arc<T>,
    /// Whether another start of the connector opened it. Two that replace each other again and again are two hosts with
    /// one identity.
    pub other_instance: bool,
}

/// A tunnel was entered.
#[derive(Debug)]
pub struct Registered<T> {
    /// Its place.
    pub registration: Registration<T>,
    /// Those that it takes the place of: its predecessor in the slot, and all of another start.
    pub replaced: Vec<Replaced<T>>,
    /// The oldest of the connector's tunnels that gave way before and have not ended, if there are more than
    /// [`MAX_LEAVING`]; the caller closes it.
    pub surplus: Option<Arc<T>>,
}

/// One line of the list of live tunnels.
#[derive(Debug, Clone)]
pub struct Live<T> {
    /// Its number.
    pub id: TunnelId,
    /// Whose it is.
    pub owner: Owner,
    /// Which of its connector's tunnels.
    pub slot: Slot,
    /// Its place among those of its connector.
    pub order: Order,
    /// What it serves, in the order of names.
    pub sources: Vec<SourceId>,
    /// The tunnel.
    pub tunnel: Arc<T>,
}

struct Entry<T> {
    id: TunnelId,
    order: Order,
    sources: Vec<SourceId>,
    tunnel: Arc<T>,
}

struct Table<T> {
    tenants: HashMap<TenantId, BTreeMap<(ConnectorId, Slot), Entry<T>>>,
    /// Those that gave way and have not ended: nothing is routed to them.
    leaving: BTreeMap<TunnelId, (Owner, Arc<T>)>,
    count: usize,
}

impl<T> Entry<T> {
    fn live(&self, owner: Owner, slot: Slot) -> Live<T> {
        Live {
            id: self.id,
            owner,
            slot,
            order: self.order,
            sources: self.sources.clone(),
            tunnel: Arc::clone(&self.tunnel),
        }
    }
}

/// What a new tunnel takes the place of, and the surplus among those that are leaving.
type Displaced<T> = (Vec<Replaced<T>>, Option<Arc<T>>);

impl<T> Table<T> {
    fn enter(
        &mut self,
        max_tunnels: usize,
        id: TunnelId,
        owner: &Owner,
        order: Order,
        sources: Vec<SourceId>,
        tunnel: Arc<T>,
    ) -> Result<Displaced<T>, RegisterError> {
        let key = (owner.connector.clone(), order.slot);
        let mut replaced = Vec::new();
        if let Some(of_tenant) = self.tenants.get(&owner.tenant) {
            for slot in Slot::all() {
                let at = (owner.connector.clone(), slot);
                let Some(former) = of_tenant.get(&at) else {
                    continue;
                };
                let same_start = former.order.instance == order.instance;
                if slot == order.slot && order.is_behind(former.order) {
                    return Err(RegisterError::Superseded);
                }
                if same_start && order.held {
                    return Err(RegisterError::Twice);
                }
                if slot == order.slot || !same_start {
                    replaced.push(at);
                }
            }
        }
        // One that takes a place needs no room.
        if replaced.is_empty() {
            if self.count >= max_tunnels {
                return Err(RegisterError::NodeFull);
            }
            if self.tenants.get(&owner.tenant).map_or(0, BTreeMap::len) >= MAX_TENANT_TUNNELS {
                return Err(RegisterError::TenantFull);
            }
        }
        let of_tenant = self.tenants.entry(owner.tenant.clone()).or_default();
        let gone: Vec<Entry<T>> = replaced.iter().filter_map(|at| of_tenant.remove(at)).collect();
        let entry = Entry {
            id,
            order,
            sources: sorted(sources),
            tunnel,
        };
        of_tenant.insert(key, entry);
        self.count = (self.count + 1).saturating_sub(gone.len());
        let mut displaced = Vec::with_capacity(gone.len());
        for former in gone {
            displaced.push(Replaced {
                other_instance: former.order.instance != order.instance,
                tunnel: Arc::clone(&former.tunnel),
            });
            self.leaving.insert(former.id, (owner.clone(), former.tunnel));
        }
        let mut of_owner = self.leaving.values().filter(|(whose, _)| whose == owner);
        let surplus = (!displaced.is_empty() && of_owner.clone().count() > MAX_LEAVING)
            .then(|| of_owner.next().map(|(_, oldest)| Arc::clone(oldest)))
            .flatten();
        Ok((displaced, surplus))
    }

    /// Removes a tunnel, and no successor of it: that has another number.
    fn forget(&mut self, id: TunnelId, owner: &Owner, slot: Slot) {
        self.leaving.remove(&id);
        let Some(of_tenant) = self.tenants.get_mut(&owner.tenant) else {
            return;
        };
        let key = (owner.connector.clone(), slot);
        if of_tenant.get(&key).is_none_or(|entry| entry.id != id) {
            return;
        }
        of_tenant.remove(&key);
        if of_tenant.is_empty() {
            self.tenants.remove(&owner.tenant);
        }
        self.count = self.count.saturating_sub(1);
    }
}

/// The table. `T` is what a query needs of a tunnel.
pub struct Registry<T> {
    table: Mutex<Table<T>>,
    max_tunnels: usize,
    version: watch::Sender<u64>,
}

impl<T> Registry<T> {
    /// An empty table for at most `max_tunnels` tunnels.
    pub fn new(max_tunnels: usize) -> Self {
        Self {
            table: Mutex::new(Table {
                tenants: HashMap::new(),
                leaving: BTreeMap::new(),
                count: 0,
            }),
            max_tunnels,
            version: watch::Sender::new(0),
        }
    }

    /// Enters a tunnel, in place of the connector's former one if there is one.
    ///
    /// The entry lasts as long as the [`Registration`] does.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing was changed then.
    pub fn register(
        self: &Arc<Self>,
        id: TunnelId,
        owner: Owner,
        order: Order,
        sources: Vec<SourceId>,
        tunnel: Arc<T>,
    ) -> Result<Registered<T>, RegisterError> {
        let (replaced, surplus) = self
            .lock()
            .enter(self.max_tunnels, id, &owner, order, sources, tunnel)?;
        self.changed();
        Ok(Registered {
            registration: Registration {
                registry: Arc::clone(self),
                id,
                owner,
                slot: order.slot,
            },
            replaced,
            surplus,
        })
    }

    /// The tunnels that serve a source, the newest first: of two, the older one is the likelier to be dead.
    pub fn serving(&self, tenant: &TenantId, source: &SourceId) -> Vec<Arc<T>> {
        let table = self.lock();
        let mut found: Vec<_> = table
            .tenants
            .get(tenant)
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|entry| entry.sources.binary_search(source).is_ok())
            .map(|entry| (entry.id, Arc::clone(&entry.tunnel)))
            .collect();
        found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        found.into_iter().map(|(_, tunnel)| tunnel).collect()
    }

    /// The tunnels of one connector that serve, by slot.
    pub fn of_connector(&self, owner: &Owner) -> Vec<Live<T>> {
        let table = self.lock();
        let of_tenant = table.tenants.get(&owner.tenant);
        Slot::all()
            .filter_map(|slot| {
                let entry = of_tenant?.get(&(owner.connector.clone(), slot))?;
                Some(entry.live(owner.clone(), slot))
            })
            .collect()
    }

    /// Every tunnel of one connector: those that serve, and those that end in peace.
    pub fn all_of(&self, owner: &Owner) -> Vec<Arc<T>> {
        self.standing(|whose| whose == owner)
    }

    /// Every tunnel of a tenant's connectors, those that end in peace too.
    pub fn all_of_tenant(&self, tenant: &TenantId) -> Vec<Arc<T>> {
        self.standing(|whose| whose.tenant == *tenant)
    }

    /// Every tunnel, those that end in peace too.
    pub fn all(&self) -> Vec<Arc<T>> {
        self.standing(|_| true)
    }

    fn standing(&self, whose: impl Fn(&Owner) -> bool) -> Vec<Arc<T>> {
        let table = self.lock();
        let serving = table.tenants.iter().flat_map(|(tenant, of_tenant)| {
            of_tenant.iter().map(|((connector, _), entry)| {
                let owner = Owner {
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                };
                (owner, &entry.tunnel)
            })
        });
        let leaving = table
            .leaving
            .values()
            .map(|(owner, tunnel)| (owner.clone(), tunnel));
        serving
            .chain(leaving)
            .filter(|(owner, _)| whose(owner))
            .map(|(_, tunnel)| Arc::clone(tunnel))
            .collect()
    }

    /// The live tunnels of one tenant, or of all, by tenant, connector and slot. At most `max_tunnels` entries.
    pub fn list(&self, tenant: Option<&TenantId>) -> Vec<Live<T>> {
        let table = self.lock();
        let mut list: Vec<_> = table
            .tenants
            .iter()
            .filter(|(name, _)| tenant.is_none_or(|t| t == *name))
            .flat_map(|(tenant, connectors)| connectors.iter().map(move |(c, e)| (tenant, c, e)))
            .map(|(tenant, (connector, slot), entry)| {
                let owner = Owner {
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                };
                entry.live(owner, *slot)
            })
            .collect();
        drop(table);
        list.sort_by(|a, b| {
            (&a.owner.tenant, &a.owner.connector, a.slot).cmp(&(&b.owner.tenant, &b.owner.connector, b.slot))
        });
        list
    }

    /// Tunnels at this moment.
    pub fn len(&self) -> usize {
        self.lock().count
    }

    /// Whether no tunnel is up.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Wakes at every registration, announcement and removal. The value itself only counts them.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn announce(&self, id: TunnelId, owner: &Owner, slot: Slot, sources: Vec<SourceId>) {
        if let Some(entry) = self
            .lock()
            .tenants
            .get_mut(&owner.tenant)
            .and_then(|t| t.get_mut(&(owner.connector.clone(), slot)))
            && entry.id == id
        {
            entry.sources = sorted(sources);
        }
        self.changed();
    }

    fn remove(&self, id: TunnelId, owner: &Owner, slot: Slot) {
        self.lock().forget(id, owner, slot);
        // Whoever waits for the last tunnel waits for those that gave way too.
        self.changed();
    }

    fn changed(&self) {
        self.version
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    /// No call panics while it holds the lock, and the table is consistent between any two statements.
    fn lock(&self) -> MutexGuard<'_, Table<T>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("tunnels", &self.len())
            .field("max", &self.max_tunnels)
            .finish()
    }
}

/// A tunnel's place in the table; dropping it gives the place up, unless a successor has taken it.
pub struct Registration<T> {
    registry: Arc<Registry<T>>,
    id: TunnelId,
    owner: Owner,
    slot: Slot,
}

impl<T> Registration<T> {
    /// States anew what the tunnel serves, after the connector's policy or catalogue was reloaded.
    pub fn announce(&self, sources: Vec<SourceId>) {
        self.registry.announce(self.id, &self.owner, self.slot, sources);
    }
}

impl<T> fmt::Debug for Registration<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .finish()
    }
}

impl<T> Drop for Registration<T> {
    fn drop(&mut self) {
        self.registry.remove(self.id, &self.owner, self.slot);
    }
}

fn sorted(mut sources: Vec<SourceId>) -> Vec<SourceId> {
    sources.sort();
    sources
}

#[cfg(test)]
mod tests;
