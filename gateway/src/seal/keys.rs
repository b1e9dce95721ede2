//! The data keys: wrapped in the store, unwrapped in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::rand;
use bytes::Bytes;
use proto::id::{TenantId, TrustDomain};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Turn, Semaphore};
use zeroize::Zeroizing;

use super::{
    Scope, SealError,
    aws::AwsKms,
    cipher::{Cipher, KEY_BYTES},
    file::KeyFile,
    kms::{About, Kms, KmsError, MAX_WRAPPED_BYTES, PlainKey, Wrapped},
    settings::{Place, Settings},
    vault::VaultTransit,
};
use crate::store::{Entry, Expected, Key, MAX_RANGE_LIMIT, SharedStore, Swap};

/// Where they are in the store.
const PREFIX: &str = "seal/key/";
const INSTALLATION: &str = "seal/key/installation";
const VERSION: u8 = 1;

/// Data keys in memory: as many as an installation has tenants ([`crate::fleet::MAX_TENANTS`]). Each takes some hundred
/// bytes.
const MAX_LOADED: usize = 10_001;
/// Calls to a key service at once. A burst of requests after a start must not become as many calls.
const CALLS: usize = 8;
/// Attempts at a record that others change at the same time.
const ATTEMPTS: usize = 5;

/// A data key as the store holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    v: u8,
    id: String,
    kek: String,
    wrapped: String,
}

/// A data key in use.
#[derive(Debug)]
pub(super) struct DataKey {
    pub(super) id: String,
    pub(super) cipher: Cipher,
}

/// What [`super::Sealer::rewrap`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rewrapped {
    /// Data keys that were wrapped anew.
    pub rewrapped: u64,
    /// Data keys that were under the present key already.
    pub unchanged: u64,
}

#[derive(Debug)]
pub(super) struct DataKeys {
    store: SharedStore,
    domain: TrustDomain,
    present: Arc<dyn Kms>,
    former: Vec<Arc<dyn Kms>>,
    loaded: Mutex<HashMap<Scope, Arc<DataKey>>>,
    calls: Semaphore,
    /// Held while keys are wrapped anew.
    rewrapping: Turn<()>,
}

impl DataKeys {
    pub(super) async fn start(
        settings: &Settings,
        domain: &TrustDomain,
        store: SharedStore,
    ) -> Result<Self, SealError> {
        let new = store.range(PREFIX, None, 1).await?.entries.is_empty();
        // Another way to wrap than the one in use may begin with a file that is not there yet.
        let may_begin = new || !settings.former.is_empty();
        let former = settings.former.iter().map(|place| open(place, false));
        let keys = Self {
            store,
            domain: domain.clone(),
            former: former.collect::<Result<_, _>>()?,
            present: open(&settings.present, may_begin)?,
            loaded: Mutex::new(HashMap::new()),
            calls: Semaphore::new(CALLS),
            rewrapping: Turn::new(()),
        };
        keys.for_sealing(&Scope::Installation).await?;
        Ok(keys)
    }

    pub(super) fn store(&self) -> &SharedStore {
        &self.store
    }

    /// The key that seals now; makes it if there is none.
    pub(super) async fn for_sealing(&self, scope: &Scope) -> Result<Arc<DataKey>, SealError> {
        if let Some(key) = self.in_memory(scope) {
            return Ok(key);
        }
        let _call = self.calls.acquire().await.map_err(|_| SealError::Cipher)?;
        if let Some(key) = self.in_memory(scope) {
            return Ok(key);
        }
        match self.load(scope).await? {
            Some(key) => Ok(key),
            None => self.create(scope).await,
        }
    }

    /// The key with this id; none if the scope has another one, or none.
    pub(super) async fn for_opening(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<Arc<DataKey>>, SealError> {
        let wanted = |key: Arc<DataKey>| (key.id == id).then_some(key);
        if let Some(key) = self.in_memory(scope).and_then(wanted) {
            return Ok(Some(key));
        }
        let _call = self.calls.acquire().await.map_err(|_| SealError::Cipher)?;
        if let Some(key) = self.in_memory(scope).and_then(wanted) {
            return Ok(Some(key));
        }
        // Whoever may write to the store must not make us ask the key service without end: the record has to name the id.
        let Some((record, _)) = self.record(&key_of(scope)).await? else {
            return Ok(None);
        };
        if record.id != id {
            return Ok(None);
        }
        Ok(Some(self.take(scope, record).await?))
    }

    pub(super) async fn forget(&self, tenant: &TenantId) -> Result<(), SealError> {
        let scope = Scope::Tenant(tenant.clone());
        self.store.delete(key_of(&scope), None).await?;
        self.memory().remove(&scope);
        Ok(())
    }

    pub(super) async fn rotate(&self) -> Result<Rewrapped, SealError> {
        self.present.rotate().await?;
        self.rewrap().await
    }

    pub(super) async fn rewrap(&self) -> Result<Rewrapped, SealError> {
        let _turn = self.rewrapping.lock().await;
        let mut done = Rewrapped::default();
        let mut after = None;
        loop {
            let page = self.store.range(PREFIX, after.as_ref(), MAX_RANGE_LIMIT).await?;
            after = page.entries.last().map(|entry| entry.key.clone());
            for entry in page.entries {
                if self.rewrap_one(entry).await? {
                    done.rewrapped += 1;
                } else {
                    done.unchanged += 1;
                }
            }
            if !page.more {
                break;
            }
        }
        self.present.retire().await?;
        Ok(done)
    }

    /// Whether the data key was wrapped anew.
    async fn rewrap_one(&self, entry: Entry) -> Result<bool, SealError> {
        let scope = scope_of(&entry.key).ok_or_else(|| SealError::Record(entry.key.to_string()))?;
        let mut standing = Some(entry);
        for _ in 0..ATTEMPTS {
            // Its tenant was deleted meanwhile.
            let Some(entry) = standing else { return Ok(false) };
            let record = decode(&entry)?;
            let wrapped = wrapped(&record);
            if self.present.is_present(&wrapped) {
                return Ok(false);
            }
            let about = self.about(&scope, &record.id);
            let plain = self.unwrap(&about, &wrapped).await?;
            let anew = encode(record.id, self.present.wrap(&about, &plain).await?)?;
            let expected = Expected::At(entry.revision);
            match self
                .store
                .compare_and_swap(entry.key, expected, anew, None)
                .await?
            {
                Swap::Stored(_) => return Ok(true),
                Swap::Conflict(now) => standing = now,
            }
        }
        Err(SealError::Store(crate::store::StoreError::Overloaded))
    }

    async fn load(&self, scope: &Scope) -> Result<Option<Arc<DataKey>>, SealError> {
        match self.record(&key_of(scope)).await? {
            Some((record, _)) => Ok(Some(self.take(scope, record).await?)),
            None => Ok(None),
        }
    }

    async fn record(&self, key: &Key) -> Result<Option<(Record, Entry)>, SealError> {
        match self.store.get(key).await? {
            Some(entry) => Ok(Some((decode(&entry)?, entry))),
            None => Ok(None),
        }
    }

    /// Unwraps a data key and keeps it in memory.
    async fn take(&self, scope: &Scope, record: Record) -> Result<Arc<DataKey>, SealError> {
        let about = self.about(scope, &record.id);
        let plain = self.unwrap(&about, &wrapped(&record)).await?;
        self.keep(scope, record.id, &plain)
    }

    async fn unwrap(&self, about: &About, wrapped: &Wrapped) -> Result<PlainKey, KmsError> {
        let kms = std::iter::once(&self.present)
            .chain(&self.former)
            .find(|kms| kms.knows(&wrapped.kek))
            .ok_or_else(|| KmsError::Unknown(wrapped.kek.clone()))?;
        kms.unwrap(about, wrapped).await
    }

    async fn create(&self, scope: &Scope) -> Result<Arc<DataKey>, SealError> {
        let mut plain = Zeroizing::new([0; KEY_BYTES]);
        let mut id = [0; 8];
        rand::fill(plain.as_mut_slice()).map_err(|_| SealError::Cipher)?;
        rand::fill(&mut id).map_err(|_| SealError::Cipher)?;
        let id = hex::encode(id);
        let wrapped = self.present.wrap(&self.about(scope, &id), &plain).await?;
        let value = encode(id.clone(), wrapped)?;
        let key = key_of(scope);
        match self
            .store
            .compare_and_swap(key.clone(), Expected::Absent, value, None)
            .await?
        {
            Swap::Stored(_) => self.keep(scope, id, &plain),
            // Somebody else made one at the same moment.
            Swap::Conflict(Some(entry)) => self.take(scope, decode(&entry)?).await,
            Swap::Conflict(None) => Err(SealError::Store(crate::store::StoreError::Overloaded)),
        }
    }

    fn keep(&self, scope: &Scope, id: String, plain: &PlainKey) -> Result<Arc<DataKey>, SealError> {
        let key = Arc::new(DataKey {
            id,
            cipher: Cipher::new(plain)?,
        });
        let mut loaded = self.memory();
        if loaded.len() >= MAX_LOADED && !loaded.contains_key(scope) {
            let other = loaded
                .keys()
                .find(|scope| **scope != Scope::Installation)
                .cloned();
            other.and_then(|other| loaded.remove(&other));
        }
        loaded.insert(scope.clone(), Arc::clone(&key));
        Ok(key)
    }

    fn in_memory(&self, scope: &Scope) -> Option<Arc<DataKey>> {
        self.memory().get(scope).map(Arc::clone)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, HashMap<Scope, Arc<DataKey>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn about(&self, scope: &Scope, id: &str) -> About {
        About {
            domain: self.domain.clone(),
            scope: scope.clone(),
            key: id.to_owned(),
        }
    }
}

fn open(place: &Place, may_begin: bool) -> Result<Arc<dyn Kms>, KmsError> {
    Ok(match place {
        Place::File(path) if may_begin => Arc::new(KeyFile::load_or_create(path)?),
        Place::File(path) => Arc::new(KeyFile::load(path)?),
        Place::Aws { key, aws } => Arc::new(AwsKms::new(key, aws)?),
        Place::Vault { vault, mount, key } => {
            Arc::new(VaultTransit::new(vault.clone(), mount.clone(), key.clone())?)
        }
    })
}

fn key_of(scope: &Scope) -> Key {
    let text = match scope {
        Scope::Installation => INSTALLATION.to_owned(),
        Scope::Tenant(tenant) => format!("{PREFIX}tenant/{tenant}"),
    };
    text.parse().expect("names of tenants make legal keys")
}

fn scope_of(key: &Key) -> Option<Scope> {
    if key.as_str() == INSTALLATION {
        return Some(Scope::Installation);
    }
    let tenant = key.as_str().strip_prefix(PREFIX)?.strip_prefix("tenant/")?;
    Some(Scope::Tenant(tenant.parse().ok()?))
}

fn wrapped(record: &Record) -> Wrapped {
    Wrapped {
        kek: record.kek.clone(),
        text: record.wrapped.clone(),
    }
}

fn encode(id: String, wrapped: Wrapped) -> Result<Bytes, SealError> {
    let record = Record {
        v: VERSION,
        id,
        kek: wrapped.kek,
        wrapped: wrapped.text,
    };
    let text = serde_json::to_vec(&record).map_err(|_| SealError::Cipher)?;
    Ok(text.into())
}

fn decode(entry: &Entry) -> Result<Record, SealError> {
    let record: Option<Record> = serde_json::from_slice(&entry.value).ok();
    record
        .filter(|record| record.v == VERSION && record.wrapped.len() <= MAX_WRAPPED_BYTES)
        .ok_or_else(|| SealError::Record(entry.key.to_string()))
}
