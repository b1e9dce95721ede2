//! Records that are found by the secret which they are about, and that a reader of the store can neither read nor find.
//!
//! A record stands under HMAC-SHA256 of the secret's digest, by a key that is itself sealed: whoever has the store alone
//! cannot tell which record a secret leads to, and cannot put one there for a secret of their own. The record is sealed by
//! the data key of its tenant and bound to its place. In the open are what lists and deletions go by: id and tenant.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use proto::id::TenantId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::{Context, Purpose, SealError, Sealed, Sealer};
use crate::{
    drain::Drain,
    store::{Entry, Expected, Key, MAX_RANGE_LIMIT, Revision, SharedStore, StoreError, Swap, WatchEvent},
};

/// How long a record that is in memory waits for the store to say that it still stands: far longer than an answer takes, and
/// hardly felt by a caller while the store is away.
const PATIENCE: Duration = Duration::from_millis(250);

/// After a watch that could not be opened.
const RETRY: Duration = Duration::from_secs(1);

/// Opened records that are kept in memory, each with the revision that it was read at: half a kilobyte each.
const MAX_OPENED: usize = 10_000;

/// A record about a secret.
pub(crate) trait Registered: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is sealed as.
    const PURPOSE: Purpose;
    /// Where records are in the store.
    const PREFIX: &'static str;
    /// Where they were before they were sealed, under the secret's digest itself.
    const PREFIX_BEFORE: &'static str;

    /// What lists call it.
    fn id(&self) -> &str;
    /// Whose data key seals it; the installation's if it is no tenant's.
    fn tenant(&self) -> Option<&TenantId>;
}

/// The records of one kind.
pub(crate) struct Register<T> {
    store: SharedStore,
    sealer: Sealer,
    opened: Arc<Mutex<Opened<T>>>,
}

type Opened<T> = HashMap<Key, (Revision, Arc<T>)>;

impl<T> Clone for Register<T> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            sealer: self.sealer.clone(),
            opened: Arc::clone(&self.opened),
        }
    }
}

impl<T: Registered> fmt::Debug for Register<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register")
            .field("prefix", &T::PREFIX)
            .finish_non_exhaustive()
    }
}

/// A record as it stands in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    record: Sealed,
}

impl<T: Registered> Register<T> {
    /// The records in the sealer's store.
    pub(crate) fn new(sealer: &Sealer) -> Self {
        Self {
            store: Arc::clone(sealer.store()),
            sealer: sealer.clone(),
            opened: Arc::default(),
        }
    }

    /// Where the record of a secret with this digest is.
    pub(crate) fn key(&self, digest: &[u8; 32]) -> Key {
        let name = hex::encode(self.sealer.index(T::PURPOSE, digest));
        format!("{}{name}", T::PREFIX)
            .parse()
            .expect("a prefix and 64 hex digits are a key")
    }

    /// The record of the secret with this digest.
    pub(crate) async fn find(&self, digest: &[u8; 32]) -> Result<Option<(Arc<T>, Entry)>, SealError> {
        match self.store.get(&self.key(digest)).await? {
            Some(entry) => Ok(Some((self.open(&entry).await?, entry))),
            None => Ok(None),
        }
    }

    /// The same without its entry. Where the store does not answer, what is in memory counts: it was found in the store
    /// before, and nobody has been heard to change it since ([`Register::follow`]).
    pub(crate) async fn find_or_recall(&self, digest: &[u8; 32]) -> Result<Option<(Arc<T>, Key)>, SealError> {
        let key = self.key(digest);
        let recalled = self.opened().get(&key).map(|(_, record)| Arc::clone(record));
        let found = match &recalled {
            Some(record) => match timeout(PATIENCE, self.store.get(&key)).await {
                Ok(Err(StoreError::Unavailable(_))) | Err(_) => return Ok(Some((Arc::clone(record), key))),
                Ok(found) => found?,
            },
            None => self.store.get(&key).await?,
        };
        match found {
            Some(entry) => Ok(Some((self.open(&entry).await?, key))),
            None => {
                self.opened().remove(&key);
                Ok(None)
            }
        }
    }

    /// Forgets records in memory as they are changed or removed in the store, until the gateway stops.
    pub(crate) async fn follow(&self, drain: &Drain) {
        loop {
            tokio::select! {
                // Both arms are cancel-safe: memory is consistent after each change.
                () = drain.stopping() => return,
                () = self.forget_changed() => {}
            }
            tokio::select! {
                () = drain.stopping() => return,
                () = sleep(RETRY) => {}
            }
        }
    }

    /// Until the watch ends.
    async fn forget_changed(&self) {
        let mut watch = match self.store.watch(T::PREFIX).await {
            Ok(watch) => watch,
            Err(error) => {
                tracing::warn!(%error, prefix = T::PREFIX, "records in memory cannot be followed");
                return;
            }
        };
        // What changed before is not known: the records are found again where they still are.
        self.opened().clear();
        while let Some(event) = watch.next().await {
            let mut opened = self.opened();
            match event {
                WatchEvent::Put(entry) => {
                    let older = opened.get(&entry.key).is_some_and(|(at, _)| *at < entry.revision);
                    if older {
                        opened.remove(&entry.key);
                    }
                }
                WatchEvent::Deleted { key, revision } => {
                    if opened.get(&key).is_some_and(|(at, _)| *at < revision) {
                        opened.remove(&key);
                    }
                }
                WatchEvent::Lagged => opened.clear(),
            }
        }
    }

    /// Puts a record there if there is none.
    pub(crate) async fn create(&self, digest: &[u8; 32], record: &T) -> Result<Swap, SealError> {
        let key = self.key(digest);
        let value = self.seal(&key, record).await?;
        Ok(self
            .store
            .compare_and_swap(key, Expected::Absent, value, None)
            .await?)
    }

    /// Puts a record in the place of one that has not changed since.
    pub(crate) async fn replace(&self, standing: &Entry, record: &T) -> Result<Swap, SealError> {
        let value = self.seal(&standing.key, record).await?;
        let expected = Expected::At(standing.revision);
        Ok(self
            .store
            .compare_and_swap(standing.key.clone(), expected, value, None)
            .await?)
    }

    /// The records of a tenant, in no particular order.
    pub(crate) async fn of_tenant(&self, tenant: &TenantId) -> Result<Vec<(Arc<T>, Entry)>, SealError> {
        let mut found = Vec::new();
        for entry in self.entries(T::PREFIX).await? {
            if kept(&entry)?.tenant.as_ref() == Some(tenant) {
                found.push((self.open(&entry).await?, entry));
            }
        }
        Ok(found)
    }

    /// Removes those that `doomed` says by id and tenant, without opening them. Says where they were.
    pub(crate) async fn remove(
        &self,
        doomed: impl Fn(&str, Option<&TenantId>) -> bool,
    ) -> Result<Vec<Key>, SealError> {
        let mut removed = Vec::new();
        for entry in self.entries(T::PREFIX).await? {
            let kept = kept(&entry)?;
            if doomed(&kept.id, kept.tenant.as_ref()) {
                self.store.delete(entry.key.clone(), None).await?;
                self.opened().remove(&entry.key);
                removed.push(entry.key);
            }
        }
        Ok(removed)
    }

    /// Seals what a version without sealing left behind. The new record is there before the old one goes, and is the same
    /// when this is done again, so that it may be interrupted anywhere. Says how many were sealed.
    pub(crate) async fn migrate(&self) -> Result<usize, SealError> {
        let before = self.entries(T::PREFIX_BEFORE).await?;
        let count = before.len();
        for entry in before {
            let unreadable = || SealError::Record(entry.key.to_string());
            let mut digest = [0; 32];
            let name = entry.key.as_str().strip_prefix(T::PREFIX_BEFORE);
            hex::decode_to_slice(name.ok_or_else(unreadable)?, &mut digest).map_err(|_| unreadable())?;
            let record: T = serde_json::from_slice(&entry.value).map_err(|_| unreadable())?;
            self.create(&digest, &record).await?;
            self.store.delete(entry.key, Some(entry.revision)).await?;
        }
        Ok(count)
    }

    async fn seal(&self, key: &Key, record: &T) -> Result<Bytes, SealError> {
        let text = Zeroizing::new(serde_json::to_vec(record).map_err(|_| SealError::Cipher)?);
        let context = Context::of(record.tenant(), T::PURPOSE, key.as_str());
        let kept = Kept {
            id: record.id().to_owned(),
            tenant: record.tenant().cloned(),
            record: self.sealer.seal(&context, &text).await?,
        };
        let text = serde_json::to_vec(&kept).map_err(|_| SealError::Cipher)?;
        Ok(text.into())
    }

    async fn open(&self, entry: &Entry) -> Result<Arc<T>, SealError> {
        if let Some((revision, record)) = self.opened().get(&entry.key)
            && *revision == entry.revision
        {
            return Ok(Arc::clone(record));
        }
        let kept = kept(entry)?;
        let context = Context::of(kept.tenant.as_ref(), T::PURPOSE, entry.key.as_str());
        let text = self.sealer.open(&context, &kept.record).await?;
        let record: T =
            serde_json::from_slice(&text).map_err(|_| SealError::Record(entry.key.to_string()))?;
        let record = Arc::new(record);
        let mut opened = self.opened();
        if opened.len() >= MAX_OPENED {
            // Rarely, and cheaper than to know which one is the oldest.
            opened.clear();
        }
        opened.insert(entry.key.clone(), (entry.revision, Arc::clone(&record)));
        Ok(record)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, Opened<T>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn entries(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.range(prefix, after.as_ref(), MAX_RANGE_LIMIT).await?;
            after = page.entries.last().map(|entry| entry.key.clone());
            found.extend(page.entries);
            if !page.more {
                return Ok(found);
            }
        }
    }
}

fn kept(entry: &Entry) -> Result<Kept, SealError> {
    serde_json::from_slice(&entry.value).map_err(|_| SealError::Record(entry.key.to_string()))
}
