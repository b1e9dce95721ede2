//! When a token was last used: to the minute, and never in the way of a request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    drain::Drain,
    store::{Key, SharedStore, StoreError},
};

/// Seconds for which a use is not written again.
const PACE: u64 = 60;
/// Uses that wait to be written. One that finds no room is left out; the next one comes within a minute.
const QUEUE: usize = 1_024;
/// Tokens whose last writing is remembered.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    at: u64,
}

/// Notes uses, and knows them.
#[derive(Debug, Clone)]
pub(super) struct Uses {
    store: SharedStore,
    /// Where the records are whose uses are noted, and where the uses are.
    prefixes: (&'static str, &'static str),
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    written: Mutex<HashMap<Key, u64>>,
    waiting: mpsc::Sender<(Key, u64)>,
    /// Taken by the one task that writes.
    arriving: tokio::sync::Mutex<mpsc::Receiver<(Key, u64)>>,
}

impl Uses {
    pub(super) fn new(store: SharedStore, records: &'static str, uses: &'static str) -> Self {
        let (waiting, arriving) = mpsc::channel(QUEUE);
        Self {
            store,
            prefixes: (records, uses),
            shared: Arc::new(Shared {
                written: Mutex::default(),
                waiting,
                arriving: tokio::sync::Mutex::new(arriving),
            }),
        }
    }

    /// Notes a use of the token whose record is at `key`.
    pub(super) fn note(&self, key: &Key, now: u64) {
        let mut written = self.shared.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.get(key).is_some_and(|at| now.abs_diff(*at) < PACE) {
            return;
        }
        if self.shared.waiting.try_send((key.clone(), now)).is_ok() {
            if written.len() >= MAX_REMEMBERED {
                written.clear();
            }
            written.insert(key.clone(), now);
        }
    }

    /// The last use that was written, in seconds since 1970.
    pub(super) async fn last(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        let Some(place) = self.place(key) else {
            return Ok(None);
        };
        let entry = self.store.get(&place).await?;
        let record = entry.and_then(|entry| serde_json::from_slice::<Record>(&entry.value).ok());
        Ok(record.map(|record| record.at))
    }

    /// Forgets a token that is no more.
    pub(super) async fn forget(&self, key: &Key) -> Result<(), StoreError> {
        if let Some(place) = self.place(key) {
            self.store.delete(place, None).await?;
        }
        Ok(())
    }

    /// Writes uses until the gateway stops.
    pub(super) async fn run(&self, drain: &Drain) {
        let mut arriving = self.shared.arriving.lock().await;
        loop {
            let next = tokio::select! {
                // Both arms are cancel-safe.
                () = drain.stopping() => None,
                next = arriving.recv() => next,
            };
            match next {
                Some((key, at)) => _ = self.write(&key, at).await,
                None => break,
            }
        }
        while let Ok((key, at)) = arriving.try_recv() {
            // A stop does not wait for a store that is away.
            if !self.write(&key, at).await {
                return;
            }
        }
    }

    async fn write(&self, key: &Key, at: u64) -> bool {
        let written = self.try_write(key, at).await;
        if let Err(error) = &written {
            tracing::debug!(%error, "the last use of a token was not written");
        }
        written.is_ok()
    }

    async fn try_write(&self, key: &Key, at: u64) -> Result<(), StoreError> {
        let Some(place) = self.place(key) else {
            return Ok(());
        };
        let record = serde_json::to_vec(&Record { at }).unwrap_or_default();
        self.store.put(place.clone(), record.into(), None).await?;
        // Deleted meanwhile, and nobody would come to take this away.
        if self.store.get(key).await?.is_none() {
            self.store.delete(place, None).await?;
        }
        Ok(())
    }

    fn place(&self, key: &Key) -> Option<Key> {
        let (records, uses) = self.prefixes;
        let name = key.as_str().strip_prefix(records)?;
        format!("{uses}{name}").parse().ok()
    }
}
