//! The live tunnels of this node: who is connected, and which tunnel a query for a source takes.
//!
//! A connector has at most one tunnel to a node. One that returns replaces its predecessor, and the predecessor's late
//! end cannot remove the successor: an entry is removed by the tunnel's own number only. What is done about a tunnel
//! that was replaced (closing it) is left to the caller, so that this table needs no sockets and no clock.
//!
//! Called by `session` (register, announce, drop) and by `route` and the API (look up, list). Refuses a tunnel beyond
//! the bounds, and one that its own connector has already replaced by a newer one.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto::id::{ConnectorId, SourceId, TenantId};
use tokio::sync::watch;

/// Tunnels of one tenant on one node. A tenant has one connector for each network of its warehouses: dozens are many,
/// and one tenant's mistake must not fill the node's table.
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
    tenants: HashMap<TenantId, BTreeMap<ConnectorId, Entry<T>>>,
    /// Those that gave way and have not ended: nothing is routed to them.
    leaving: BTreeMap<TunnelId, (Owner, Arc<T>)>,
    count: usize,
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
    ) -> Result<(Registration<T>, Option<Replaced<T>>), RegisterError> {
        let replaced = {
            let mut table = self.lock();
            let of_tenant = table.tenants.get(&owner.tenant);
            let former = of_tenant.and_then(|t| t.get(&owner.connector));
            match former {
                Some(former) if order.is_behind(former.order) => return Err(RegisterError::Superseded),
                Some(_) => {}
                None if table.count >= self.max_tunnels => return Err(RegisterError::NodeFull),
                None if of_tenant.map_or(0, BTreeMap::len) >= MAX_TENANT_TUNNELS => {
                    return Err(RegisterError::TenantFull);
                }
                None => {}
            }
            let entry = Entry {
                id,
                order,
                sources: sorted(sources),
                tunnel,
            };
            let former = table
                .tenants
                .entry(owner.tenant.clone())
                .or_default()
                .insert(owner.connector.clone(), entry);
            if former.is_none() {
                table.count += 1;
            }
            former.map(|former| {
                let tunnel = Arc::clone(&former.tunnel);
                table.leaving.insert(former.id, (owner.clone(), former.tunnel));
                let mut of_owner = table.leaving.values().filter(|(whose, _)| *whose == owner);
                let surplus = (of_owner.clone().count() > MAX_LEAVING)
                    .then(|| of_owner.next().map(|(_, oldest)| Arc::clone(oldest)))
                    .flatten();
                Replaced {
                    other_instance: former.order.instance != order.instance,
                    tunnel,
                    surplus,
                }
            })
        };
        self.changed();
        Ok((
            Registration {
                registry: Arc::clone(self),
                id,
                owner,
            },
            replaced,
        ))
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

    /// The tunnel of one connector.
    pub fn of_connector(&self, owner: &Owner) -> Option<Arc<T>> {
        let table = self.lock();
        table
            .tenants
            .get(&owner.tenant)?
            .get(&owner.connector)
            .map(|entry| Arc::clone(&entry.tunnel))
    }

    /// Every tunnel of one connector: the one that serves, and those that end in peace.
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
            of_tenant.iter().map(|(connector, entry)| {
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

    /// The live tunnels of one tenant, or of all, by tenant and connector. At most `max_tunnels` entries.
    pub fn list(&self, tenant: Option<&TenantId>) -> Vec<Live<T>> {
        let table = self.lock();
        let mut list: Vec<_> = table
            .tenants
            .iter()
            .filter(|(name, _)| tenant.is_none_or(|t| t == *name))
            .flat_map(|(tenant, connectors)| connectors.iter().map(move |(c, e)| (tenant, c, e)))
            .map(|(tenant, connector, entry)| Live {
                id: entry.id,
                owner: Owner {
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                },
                sources: entry.sources.clone(),
                tunnel: Arc::clone(&entry.tunnel),
            })
            .collect();
        drop(table);
        list.sort_by(|a, b| {
            (&a.owner.tenant, &a.owner.connector).cmp(&(&b.owner.tenant, &b.owner.connector))
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

    fn announce(&self, id: TunnelId, owner: &Owner, sources: Vec<SourceId>) {
        if let Some(entry) = self
            .lock()
            .tenants
            .get_mut(&owner.tenant)
            .and_then(|t| t.get_mut(&owner.connector))
            && entry.id == id
        {
            entry.sources = sorted(sources);
        }
        self.changed();
    }

    fn remove(&self, id: TunnelId, owner: &Owner) {
        {
            let mut table = self.lock();
            table.leaving.remove(&id);
            let Some(of_tenant) = table.tenants.get_mut(&owner.tenant) else {
                return;
            };
            // The successor has another number: it stays.
            if of_tenant.get(&owner.connector).is_none_or(|entry| entry.id != id) {
                return;
            }
            of_tenant.remove(&owner.connector);
            if of_tenant.is_empty() {
                table.tenants.remove(&owner.tenant);
            }
            table.count = table.count.saturating_sub(1);
        }
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
}

impl<T> Registration<T> {
    /// States anew what the tunnel serves, after the connector's policy or catalogue was reloaded.
    pub fn announce(&self, sources: Vec<SourceId>) {
        self.registry.announce(self.id, &self.owner, sources);
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
        self.registry.remove(self.id, &self.owner);
    }
}

fn sorted(mut sources: Vec<SourceId>) -> Vec<SourceId> {
    sources.sort();
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(tenant: &str, connector: &str) -> Owner {
        Owner {
            tenant: tenant.parse().unwrap(),
            connector: connector.parse().unwrap(),
        }
    }

    fn order(instance: u8, epoch: u64) -> Order {
        Order {
            instance: [instance; 16],
            epoch,
        }
    }

    fn sources(names: &[&str]) -> Vec<SourceId> {
        names.iter().map(|n| n.parse().unwrap()).collect()
    }

    fn table(max: usize) -> Arc<Registry<&'static str>> {
        Arc::new(Registry::new(max))
    }

    fn serving(table: &Registry<&'static str>, tenant: &str, source: &str) -> Vec<&'static str> {
        table
            .serving(&tenant.parse().unwrap(), &source.parse().unwrap())
            .iter()
            .map(|t| **t)
            .collect()
    }

    #[test]
    fn tunnel_that_returns_replaces_its_predecessor_and_survives_its_late_end() {
        let table = table(8);
        let acme = owner("acme", "c");
        let (old, none) = table
            .register(
                TunnelId(1),
                acme.clone(),
                order(1, 1),
                sources(&["dw"]),
                Arc::new("old"),
            )
            .unwrap();
        assert!(none.is_none());
        let (new, replaced) = table
            .register(
                TunnelId(2),
                acme.clone(),
                order(1, 2),
                sources(&["dw"]),
                Arc::new("new"),
            )
            .unwrap();
        let replaced = replaced.expect("the old one");
        assert_eq!((*replaced.tunnel, replaced.other_instance), ("old", false));

        drop(old);
        assert_eq!(serving(&table, "acme", "dw"), ["new"]);
        assert_eq!(table.len(), 1);
        drop(new);
        assert!(table.is_empty() && serving(&table, "acme", "dw").is_empty());
    }

    #[test]
    fn older_tunnel_of_the_same_start_cannot_replace_a_newer_one() {
        let table = table(8);
        let acme = owner("acme", "c");
        let (_new, _) = table
            .register(
                TunnelId(1),
                acme.clone(),
                order(1, 5),
                sources(&["dw"]),
                Arc::new("new"),
            )
            .unwrap();
        let late = table.register(
            TunnelId(2),
            acme.clone(),
            order(1, 4),
            sources(&["dw"]),
            Arc::new("late"),
        );
        assert_eq!(late.err(), Some(RegisterError::Superseded));
        assert_eq!(serving(&table, "acme", "dw"), ["new"]);
        // A restart counts from one again.
        let (_restart, replaced) = table
            .register(
                TunnelId(3),
                acme,
                order(2, 1),
                sources(&["dw"]),
                Arc::new("restart"),
            )
            .unwrap();
        assert!(replaced.is_some_and(|r| r.other_instance));
        assert_eq!(serving(&table, "acme", "dw"), ["restart"]);
    }

    #[test]
    fn source_of_another_tenant_is_not_found() {
        let table = table(8);
        let (_a, _) = table
            .register(
                TunnelId(1),
                owner("acme", "c"),
                order(1, 1),
                sources(&["dw"]),
                Arc::new("a"),
            )
            .unwrap();
        assert_eq!(serving(&table, "acme", "dw"), ["a"]);
        assert!(serving(&table, "globex", "dw").is_empty());
        assert!(table.of_connector(&owner("globex", "c")).is_none());
        assert!(table.list(Some(&"globex".parse().unwrap())).is_empty());
    }

    #[test]
    fn newest_of_two_connectors_of_a_source_comes_first() {
        let table = table(8);
        let (_a, _) = table
            .register(
                TunnelId(1),
                owner("acme", "z"),
                order(1, 1),
                sources(&["dw"]),
                Arc::new("a"),
            )
            .unwrap();
        let (_b, _) = table
            .register(
                TunnelId(2),
                owner("acme", "b"),
                order(2, 1),
                sources(&["dw"]),
                Arc::new("b"),
            )
            .unwrap();
        assert_eq!(serving(&table, "acme", "dw"), ["b", "a"]);
        assert_eq!(
            table.list(None).iter().map(|l| *l.tunnel).collect::<Vec<_>>(),
            ["b", "a"]
        );
    }

    #[test]
    fn bounds_of_node_and_tenant_are_kept_and_a_return_needs_no_room() {
        let table = table(2);
        let register =
            |id, who: Owner| table.register(TunnelId(id), who, order(id as u8, 1), vec![], Arc::new("t"));
        let (_a, _) = register(1, owner("acme", "a")).unwrap();
        let (_b, _) = register(2, owner("acme", "b")).unwrap();
        assert_eq!(
            register(3, owner("globex", "a")).err(),
            Some(RegisterError::NodeFull)
        );
        assert!(register(4, owner("acme", "b")).is_ok());

        let table = Arc::new(Registry::new(10_000));
        let mut held = Vec::new();
        for n in 0..MAX_TENANT_TUNNELS {
            let who = owner("acme", &format!("c{n}"));
            held.push(
                table
                    .register(TunnelId(n as u64), who, order(1, 1), vec![], Arc::new("t"))
                    .unwrap(),
            );
        }
        let one_more = table.register(
            TunnelId(9_999),
            owner("acme", "x"),
            order(1, 1),
            vec![],
            Arc::new("t"),
        );
        assert_eq!(one_more.err(), Some(RegisterError::TenantFull));
        let other = table.register(
            TunnelId(10_000),
            owner("globex", "x"),
            order(1, 1),
            vec![],
            Arc::new("t"),
        );
        assert!(other.is_ok());
    }

    #[test]
    fn announcement_changes_what_is_served_and_one_of_a_replaced_tunnel_does_not() {
        let table = table(2);
        let acme = owner("acme", "c");
        let (old, _) = table
            .register(
                TunnelId(1),
                acme.clone(),
                order(1, 1),
                sources(&["dw"]),
                Arc::new("old"),
            )
            .unwrap();
        let changes = table.changes();
        old.announce(sources(&["lake", "dw2"]));
        assert!(changes.has_changed().unwrap());
        assert_eq!(serving(&table, "acme", "lake"), ["old"]);
        assert!(serving(&table, "acme", "dw").is_empty());
        let (_new, _) = table
            .register(TunnelId(2), acme, order(1, 2), sources(&["dw"]), Arc::new("new"))
            .unwrap();
        old.announce(sources(&["ghost"]));
        assert!(serving(&table, "acme", "ghost").is_empty());
    }
}
