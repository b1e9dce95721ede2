//! This node's word in the store: that it is there, and which tunnels it holds, all under one lease.
//!
//! A store that fails for a moment costs nothing: what could not be written is written again under the same lease. A lease
//! that could not be kept alive for its whole time has ended, and this node's entries with it: then it is fenced, says so in
//! a metric, goes on with the tunnels that it has, and writes everything anew under a new lease once the store answers. Of
//! two processes with one name the later takes the name over, and the earlier one ends when it sees that.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use proto::id::SourceId;
use thiserror::Error;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{
    Cluster,
    record::{NodeRecord, Place, TunnelRecord, node_key},
};
use crate::{
    drain::Drain,
    store::{Key, LeaseId, SharedStore, StoreError},
    tunnel::{
        Tunnel, Tunnels,
        registry::{Live, TunnelId},
    },
};

/// After the store failed.
const RETRY: Duration = Duration::from_millis(500);

/// Between two looks at the table of tunnels: what changes together is written together.
const COALESCE: Duration = Duration::from_millis(20);
/// The same for each tunnel, where thousands come back one by one: a look costs half a microsecond for each.
const COALESCE_EACH: Duration = Duration::from_micros(4);

/// Entries written at once: the store answers in a millisecond or two, so that 5,000 tunnels that come back are in it within
/// a second.
const WRITES: usize = 32;

/// For the last word to the store.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why the registrar ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Displaced {
    /// Another process runs under this node's name.
    #[error("another process has taken the name of this node; give each node a name of its own")]
    Name,
}

/// What the store says of this node's tunnels.
type Published = HashMap<TunnelId, Said>;

/// What it says of one.
#[derive(Debug)]
struct Said {
    key: Key,
    /// What may change while it stands; none while it is not known whether the store has it.
    sources: Option<Vec<SourceId>>,
}

/// Writes this node's entries.
#[derive(Debug)]
pub struct Registrar {
    /// Where to.
    pub store: SharedStore,
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// What is held.
    pub tunnels: Arc<Tunnels>,
    /// What is said of this node.
    pub record: NodeRecord,
    /// Life of the entries beyond this process.
    pub lease: Duration,
    /// When to take them back.
    pub drain: Drain,
}

impl Registrar {
    /// Runs until the gateway stops.
    ///
    /// # Errors
    /// [`Displaced`].
    pub async fn run(self) -> Result<(), Displaced> {
        let registered = &self.cluster.metrics.registered;
        let displaced = self.displaced();
        let mut displaced = std::pin::pin!(displaced);
        loop {
            let error = tokio::select! {
                () = &mut displaced => return Err(Displaced::Name),
                ended = self.hold() => match ended {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                },
            };
            registered.set(0);
            warn!(%error, "this node's entries in the store cannot be kept; it serves what it holds");
            tokio::select! {
                () = self.drain.stopping() => return Ok(()),
                () = sleep(RETRY) => {}
            }
        }
    }

    /// Ready when another process runs under this name.
    async fn displaced(&self) {
        let mut nodes = self.cluster.directory.nodes();
        // Seen once, for an entry of the start before may stand there until this one's is written.
        let mut seen = false;
        let found = nodes.wait_for(|nodes| {
            let own = nodes.iter().find(|node| node.node == self.record.node);
            let ours = own.map(|node| node.run == self.record.run);
            seen |= ours == Some(true);
            seen && ours == Some(false)
        });
        if found.await.is_err() {
            std::future::pending().await
        }
    }

    /// Registers and keeps registered. Ends in order when the gateway stops.
    async fn hold(&self) -> Result<(), StoreError> {
        let lease = self.store.grant(self.lease).await?;
        // Cancel-safe for this purpose: whatever was being written ends with the lease.
        tokio::select! {
            () = self.drain.stopping() => {
                // The entries go before the queries that run to their end.
                let _ = timeout(LAST_WORDS, self.store.revoke(lease)).await;
                Ok(())
            }
            ended = self.keep(lease) => ended,
            ended = self.publish(lease) => ended,
        }
    }

    async fn keep(&self, lease: LeaseId) -> Result<(), StoreError> {
        let mut kept = Instant::now();
        loop {
            sleep(self.lease / 3).await;
            let asked = Instant::now();
            loop {
                let left = self.lease.saturating_sub(kept.elapsed());
                match timeout(left, self.store.keep_alive(lease)).await {
                    Ok(Ok(())) => break kept = asked,
                    Ok(Err(StoreError::LeaseGone)) => return Err(StoreError::LeaseGone),
                    Ok(Err(error)) if kept.elapsed() >= self.lease => return Err(error),
                    Ok(Err(_)) => sleep(RETRY).await,
                    Err(_) => return Err(StoreError::LeaseGone),
                }
            }
        }
    }

    /// Writes until the lease is gone.
    async fn publish(&self, lease: LeaseId) -> Result<(), StoreError> {
        let mut changes = self.tunnels.changes();
        let mut published = Published::new();
        let mut announced = None;
        loop {
            changes.mark_unchanged();
            let leaving = self.drain.is_leaving();
            let written = self.say(lease, leaving, &mut announced, &mut published).await;
            match written {
                Ok(()) => {}
                Err(StoreError::LeaseGone) => return Err(StoreError::LeaseGone),
                // The lease has its time still, and with it what was written.
                Err(error) => {
                    warn!(%error, "this node's entries in the store are late");
                    sleep(RETRY).await;
                    continue;
                }
            }
            tokio::select! {
                // Both arms are cancel-safe.
                _ = changes.changed() => {
                    let tunnels = u32::try_from(self.tunnels.len()).unwrap_or(u32::MAX);
                    sleep(COALESCE.max(COALESCE_EACH.saturating_mul(tunnels))).await;
                }
                () = self.drain.leaving(), if !leaving => {}
            }
        }
    }

    /// Says that this node is there, unless it has been said, and which tunnels it holds.
    async fn say(
        &self,
        lease: LeaseId,
        leaving: bool,
        announced: &mut Option<bool>,
        published: &mut Published,
    ) -> Result<(), StoreError> {
        if *announced != Some(leaving) {
            let record = NodeRecord {
                leaving,
                ..self.record.clone()
            };
            self.put(node_key(&record.node), encode(&record)?, lease).await?;
            self.cluster.metrics.registered.set(1);
            info!(node = %record.node, leaving, "this node is in the directory");
            *announced = Some(leaving);
        }
        self.write(lease, published).await
    }

    /// Makes the store say what the table says.
    async fn write(&self, lease: LeaseId, published: &mut Published) -> Result<(), StoreError> {
        let mut new = Vec::new();
        let mut standing = HashSet::new();
        for live in self.tunnels.list(None) {
            let id = live.id;
            standing.insert(id);
            let said = published.get(&id).and_then(|said| said.sources.as_ref());
            if said == Some(&live.sources) {
                continue;
            }
            let (key, record) = self.entry(live);
            let value = encode(&record)?;
            // What is under way may stand there or not, until the store has said so.
            let said = Said {
                key: key.clone(),
                sources: None,
            };
            published.insert(id, said);
            new.push((id, key, value, record.sources));
        }
        let gone: Vec<_> = published
            .iter()
            .filter(|(id, _)| !standing.contains(*id))
            .map(|(id, said)| (*id, said.key.clone()))
            .collect();
        let mut written = stream::iter(new)
            .map(|(id, key, value, sources)| async move {
                let said = Said {
                    key: key.clone(),
                    sources: Some(sources),
                };
                self.put(key, value, lease).await.map(|()| (id, said))
            })
            .buffer_unordered(WRITES);
        while let Some(done) = written.next().await {
            let (id, said) = done?;
            published.insert(id, said);
        }
        let mut deleted = stream::iter(gone)
            .map(|(id, key)| async move { self.store.delete(key, None).await.map(|_| id) })
            .buffer_unordered(WRITES);
        while let Some(done) = deleted.next().await {
            published.remove(&done?);
        }
        Ok(())
    }

    /// What is said of a tunnel, and where.
    fn entry(&self, live: Live<Tunnel>) -> (Key, TunnelRecord) {
        let facts = live.tunnel.facts();
        let place = Place {
            tenant: live.owner.tenant,
            connector: live.owner.connector,
            node: self.record.node.clone(),
            tunnel: live.id.0,
        };
        let record = TunnelRecord {
            run: self.record.run.clone(),
            sources: live.sources,
            instance: hex::encode(live.order.instance),
            epoch: live.order.epoch,
            slot: live.slot.number(),
            transport: live.tunnel.transport().name().to_owned(),
            since_ms: facts.since_ms,
            version: facts.version.clone(),
        };
        (place.key(), record)
    }

    async fn put(&self, key: Key, value: Bytes, lease: LeaseId) -> Result<(), StoreError> {
        self.store.put(key, value, Some(lease)).await.map(drop)
    }
}

fn encode<T: serde::Serialize>(record: &T) -> Result<Bytes, StoreError> {
    let text = serde_json::to_vec(record);
    text.map(Bytes::from)
        .map_err(|error| StoreError::Engine(error.to_string().into()))
}
