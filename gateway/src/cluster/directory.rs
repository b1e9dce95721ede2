//! Who is there and who holds which tunnel: what the other nodes have written into the store, held in memory.
//!
//! It is filled by a watch, and a query that looks something up costs no round trip. When the store is away the last map
//! stays in force. Entries end with the lease of the node that wrote them; entries of a start of a node's process that is
//! not the one its own record names are not looked at, and neither is the older of two that a connector opened for the same
//! place: a node that was cut off cannot draw queries to tunnels that have moved.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use proto::id::{ConnectorId, NodeId, SourceId, TenantId};
use tokio::sync::watch;
use tracing::warn;

use super::record::{NODES, NodeRecord, Place, TUNNELS, TunnelRecord, node_of};
use crate::{
    drain::Drain,
    metrics::ClusterMetrics,
    store::{Entry, Key, MAX_RANGE_LIMIT, Revision, Store, StoreError, WatchEvent},
};

/// After a failed watch: long enough to spare a store that is down.
const RETRY: Duration = Duration::from_secs(1);

/// A tunnel at another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The node that holds it.
    pub node: NodeRecord,
    /// Whose it is.
    pub connector: ConnectorId,
    /// The node's number for it.
    pub tunnel: u64,
    /// What is known of it.
    pub record: TunnelRecord,
    /// Whether the connector has been started again since: it is likely to be dead, and not to be known for it yet.
    pub outdated: bool,
}

#[derive(Debug, Default)]
struct Map {
    nodes: BTreeMap<NodeId, (Revision, NodeRecord)>,
    tunnels: HashMap<TenantId, BTreeMap<Place, (Revision, TunnelRecord)>>,
    count: usize,
}

/// The map.
#[derive(Debug)]
pub struct Directory {
    own: NodeId,
    map: RwLock<Map>,
    nodes: watch::Sender<Arc<Vec<NodeRecord>>>,
    version: watch::Sender<u64>,
    metrics: ClusterMetrics,
}

impl Directory {
    /// An empty map, held by the node of this name.
    pub fn new(own: NodeId, metrics: ClusterMetrics) -> Self {
        Self {
            own,
            map: RwLock::default(),
            nodes: watch::Sender::new(Arc::default()),
            version: watch::Sender::new(0),
            metrics,
        }
    }

    /// Follows the store until the gateway stops.
    pub async fn run(&self, store: &dyn Store, drain: &Drain) {
        loop {
            // Both arms are cancel-safe for this purpose: after a stop nothing is missed that matters.
            tokio::select! {
                () = drain.stopping() => return,
                ended = self.follow(store) => match ended {
                    Ok(()) => {}
                    Err(error) => warn!(%error, "the directory of nodes cannot be followed; the last map stays in force"),
                },
            }
            self.metrics.following.set(0);
            tokio::select! {
                () = drain.stopping() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Follows until the watch ends or falls behind.
    async fn follow(&self, store: &dyn Store) -> Result<(), StoreError> {
        let (mut nodes, mut tunnels) = (store.watch(NODES).await?, store.watch(TUNNELS).await?);
        let mut map = Map::default();
        for prefix in [NODES, TUNNELS] {
            let mut after: Option<Key> = None;
            loop {
                let page = store.range(prefix, after.as_ref(), MAX_RANGE_LIMIT).await?;
                after = page.entries.last().map(|entry| entry.key.clone());
                for entry in page.entries {
                    map.put(&entry);
                }
                if !page.more {
                    break;
                }
            }
        }
        *self.write() = map;
        self.changed();
        self.metrics.following.set(1);
        loop {
            // Both arms are cancel-safe.
            let event = tokio::select! {
                event = nodes.next() => event,
                event = tunnels.next() => event,
            };
            match event {
                None | Some(WatchEvent::Lagged) => return Ok(()),
                Some(WatchEvent::Put(entry)) => self.write().put(&entry),
                Some(WatchEvent::Deleted { key, revision }) => self.write().delete(&key, revision),
            }
            self.changed();
        }
    }

    /// Whether the map was ever filled. Before that a node would say of every source of others that nobody serves it.
    pub fn is_known(&self) -> bool {
        *self.version.borrow() > 0
    }

    /// Where a source is served beside here, in no order that means anything.
    pub fn holders(&self, tenant: &TenantId, source: &SourceId) -> Vec<Remote> {
        self.of(tenant, |_, record| record.sources.contains(source))
    }

    /// The tunnels of a connector at other nodes.
    pub fn of_connector(&self, tenant: &TenantId, connector: &ConnectorId) -> Vec<Remote> {
        self.of(tenant, |place, _| place.connector == *connector)
    }

    /// Whether a start of a connector serves over a tunnel to another node, one that stays.
    pub fn stands_elsewhere(&self, tenant: &TenantId, connector: &ConnectorId, instance: &str) -> bool {
        self.of_connector(tenant, connector).iter().any(|remote| {
            let record = &remote.record;
            !remote.node.leaving && record.instance == instance && !record.sources.is_empty()
        })
    }

    /// Whether a later start of a connector has a tunnel to another node than one of `instance`, which stands since `since_ms`. By the
    /// clocks of the nodes: where they differ, the tunnel that is asked first is another, and nothing worse.
    pub fn is_outdated(
        &self,
        tenant: &TenantId,
        connector: &ConnectorId,
        (instance, since_ms): (&str, u64),
    ) -> bool {
        let map = self.read();
        map.tunnels.get(tenant).is_some_and(|of_tenant| {
            let others = of_tenant.iter().filter(|(place, _)| place.node != self.own);
            map.has_later_start(others, connector, (instance, since_ms))
        })
    }

    fn of(&self, tenant: &TenantId, wanted: impl Fn(&Place, &TunnelRecord) -> bool) -> Vec<Remote> {
        let map = self.read();
        let Some(of_tenant) = map.tunnels.get(tenant) else {
            return Vec::new();
        };
        let superseded = |place: &Place, record: &TunnelRecord| {
            of_tenant.iter().any(|(other, (_, newer))| {
                other.connector == place.connector
                    && newer.instance == record.instance
                    && newer.slot == record.slot
                    && newer.epoch > record.epoch
            })
        };
        of_tenant
            .iter()
            .filter(|(place, (_, record))| place.node != self.own && wanted(place, record))
            .filter(|(place, (_, record))| !superseded(place, record))
            .filter_map(|(place, (_, record))| {
                let (_, node) = map.nodes.get(&place.node)?;
                (node.run == record.run).then(|| Remote {
                    node: node.clone(),
                    connector: place.connector.clone(),
                    tunnel: place.tunnel,
                    outdated: map.has_later_start(
                        of_tenant.iter(),
                        &place.connector,
                        (&record.instance, record.since_ms),
                    ),
                    record: record.clone(),
                })
            })
            .collect()
    }

    /// Every node that is there, this one too once it has registered.
    pub fn nodes(&self) -> watch::Receiver<Arc<Vec<NodeRecord>>> {
        self.nodes.subscribe()
    }

    /// Wakes at every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn changed(&self) {
        let (nodes, tunnels) = {
            let map = self.read();
            let nodes: Vec<_> = map.nodes.values().map(|(_, node)| node.clone()).collect();
            (nodes, map.count)
        };
        self.metrics.nodes.set(nodes.len() as i64);
        self.metrics.tunnels.set(tunnels as i64);
        self.nodes.send_if_modified(|known| {
            let new = **known != nodes;
            if new {
                *known = Arc::new(nodes);
            }
            new
        });
        self.version
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    // No call panics while it holds the lock.
    fn read(&self) -> RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Map> {
        self.map.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    /// Whether one of these is of a later start of the connector, at a node that is there.
    fn has_later_start<'m>(
        &self,
        mut among: impl Iterator<Item = (&'m Place, &'m (Revision, TunnelRecord))>,
        connector: &ConnectorId,
        (instance, since_ms): (&str, u64),
    ) -> bool {
        among.any(|(place, (_, record))| {
            place.connector == *connector
                && record.instance != instance
                && record.since_ms > since_ms
                && self
                    .nodes
                    .get(&place.node)
                    .is_some_and(|(_, node)| node.run == record.run)
        })
    }

    /// What was read by a range may be newer than an event that comes after it: revisions tell.
    fn put(&mut self, entry: &Entry) {
        if let Some(node) = node_of(&entry.key) {
            let Ok(record) = serde_json::from_slice::<NodeRecord>(&entry.value) else {
                return unreadable(&entry.key);
            };
            let newer = self
                .nodes
                .get(&node)
                .is_none_or(|(known, _)| *known < entry.revision);
            if record.node == node && newer {
                self.nodes.insert(node, (entry.revision, record));
            }
        } else if let Some(place) = Place::of(&entry.key) {
            let Ok(record) = serde_json::from_slice::<TunnelRecord>(&entry.value) else {
                return unreadable(&entry.key);
            };
            let of_tenant = self.tunnels.entry(place.tenant.clone()).or_default();
            if of_tenant
                .get(&place)
                .is_none_or(|(known, _)| *known < entry.revision)
                && of_tenant.insert(place, (entry.revision, record)).is_none()
            {
                self.count += 1;
            }
        }
    }

    fn delete(&mut self, key: &Key, revision: Revision) {
        if let Some(node) = node_of(key) {
            if self.nodes.get(&node).is_some_and(|(known, _)| *known < revision) {
                self.nodes.remove(&node);
            }
        } else if let Some(place) = Place::of(key)
            && let Some(of_tenant) = self.tunnels.get_mut(&place.tenant)
            && of_tenant.get(&place).is_some_and(|(known, _)| *known < revision)
        {
            of_tenant.remove(&place);
            self.count = self.count.saturating_sub(1);
            if of_tenant.is_empty() {
                self.tunnels.remove(&place.tenant);
            }
        }
    }
}

fn unreadable(key: &Key) {
    warn!(%key, "a record of another node cannot be read; is it of a newer version?");
}
