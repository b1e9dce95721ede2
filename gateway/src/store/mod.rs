//! Where the gateway keeps what must outlive it: tenants, tokens, connectors.
//!
//! The trait is cut to what etcd offers, so that a cluster can put another engine behind it: ordered text keys,
//! a revision that grows with every change, compare-and-swap on it, ranges by prefix, watches, leases. An engine is
//! acceptable when it passes the suite in `conformance.rs`: `redb` does for one node, etcd for a cluster. Only `fleet`,
//! `auth`, `seal`, `authority` and, in a cluster, the tunnel directory write here; results of queries never do.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
pub mod etcd;
pub mod measured;
mod open;
pub mod owner;
mod watch;

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thiserror::Error;

pub(crate) use open::RawPlace;
pub use open::{OpenError, Place};
pub use watch::{Watch, WatchEvent};

/// Longest key in bytes: two names, a SHA-256 in hex and room for prefixes. etcd takes far more.
pub const MAX_KEY_BYTES: usize = 512;

/// Largest value in bytes. Records are under 8 KiB; a certificate chain is the largest part of one. etcd refuses
/// requests over 1.5 MiB.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;

/// Most entries that one call of [`Store::range`] returns: a page of full-size records stays within tens of megabytes,
/// an ordinary one within one.
pub const MAX_RANGE_LIMIT: usize = 1_000;

/// Shortest life of a lease. Below it the engines' own granularity shows.
pub const MIN_LEASE_TTL: Duration = Duration::from_secs(1);

/// Longest life of a lease: it marks a live process, which has to say so at least hourly.
pub const MAX_LEASE_TTL: Duration = Duration::from_secs(3_600);

/// A shared store.
pub type SharedStore = Arc<dyn Store>;

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The caller's key is empty, too long or holds a byte that is not printable ASCII.
    #[error("a store key has 1 to {MAX_KEY_BYTES} bytes of printable ASCII")]
    Key,
    /// The caller's value is too large.
    #[error("a store value has at most {MAX_VALUE_BYTES} bytes, this one has {len}")]
    ValueTooLarge {
        /// Its size in bytes.
        len: usize,
    },
    /// The caller's page size or lease time is out of bounds.
    #[error("{what} is out of bounds")]
    OutOfBounds {
        /// What was out of bounds.
        what: &'static str,
    },
    /// The lease has expired, was revoked, or never was.
    #[error("the lease does not exist any more")]
    LeaseGone,
    /// Too many changes are waiting. Nothing was changed; try again later.
    #[error("the store has too many changes waiting")]
    Overloaded,
    /// The store cannot be reached. Whether a change was made is not known; read before trying again.
    #[error("the store cannot be reached: {0}")]
    Unavailable(Arc<str>),
    /// The engine failed. Whether the change was made is not known; read before trying again.
    #[error("the store failed: {0}")]
    Engine(Arc<str>),
}

impl StoreError {
    /// Whether the same call may succeed later without a change by anybody.
    pub fn retryable(&self) -> bool {
        matches!(self, StoreError::Overloaded | StoreError::Unavailable(_))
    }
}

/// The name of an entry: 1 to [`MAX_KEY_BYTES`] bytes of printable ASCII without space, segments parted by `/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Box<str>);

impl Key {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key begins with `prefix`.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }
}

impl FromStr for Key {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let legal =
            !text.is_empty() && text.len() <= MAX_KEY_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
        if legal {
            Ok(Self(text.into()))
        } else {
            Err(StoreError::Key)
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A point in the store's history. Grows with every change of any key; an entry carries that of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// A lease: entries written under it vanish with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId(pub u64);

/// One entry as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: Key,
    /// What was stored.
    pub value: Bytes,
    /// When it last changed.
    pub revision: Revision,
    /// The lease that it vanishes with.
    pub lease: Option<LeaseId>,
}

// Values hold hashes of secrets, which have no business in a log either.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key)
            .field("bytes", &self.value.len())
            .field("revision", &self.revision)
            .field("lease", &self.lease)
            .finish()
    }
}

/// What the key must be like for a compare-and-swap to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is no such key.
    Absent,
    /// The entry has not changed since this revision.
    At(Revision),
}

/// How a compare-and-swap ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swap {
    /// The value is stored, at this revision.
    Stored(Revision),
    /// Nothing was changed: this is what stands there instead, if anything does.
    Conflict(Option<Entry>),
}

/// One page of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Entries in the order of their keys.
    pub entries: Vec<Entry>,
    /// Whether there are more behind the last one: pass its key as `after`.
    pub more: bool,
}

/// A revisioned key-value store with watches and leases.
///
/// A change is durable when its future is ready. Every call sees all changes that were acknowledged before it was
/// made. Dropping a future does not undo what it asked for.
pub trait Store: Send + Sync + fmt::Debug {
    /// Reads one entry.
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>>;

    /// Writes one entry, whatever stood there. Under a lease it vanishes with the lease; without one it stays, also if
    /// it was under one before.
    ///
    /// # Errors
    /// [`StoreError::LeaseGone`] if the lease is not alive, [`StoreError::ValueTooLarge`].
    fn put(
        &self,
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>>;

    /// Writes one entry if it is as expected; exactly one of several racing callers goes through.
    ///
    /// # Errors
    /// As [`Store::put`]. A conflict is not an error but [`Swap::Conflict`].
    fn compare_and_swap(
        &self,
        key: Key,
        expected: Expected,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Swap, StoreError>>;

    /// Removes one entry; with `at` only if it has not changed since. Says whether it was removed.
    fn delete(&self, key: Key, at: Option<Revision>) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Reads up to `limit` entries whose keys begin with `prefix`, from the one behind `after`.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] if `limit` is 0 or above [`MAX_RANGE_LIMIT`].
    fn range<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Reports every later change of keys that begin with `prefix`. To follow a prefix without a gap: watch, then
    /// range, then apply the events whose revision is above the entry's.
    fn watch(&self, prefix: &str) -> BoxFuture<'_, Result<Watch, StoreError>>;

    /// Makes a lease that ends `ttl` after it was last kept alive. The end is noticed within two seconds. A restart of
    /// the store extends every lease to its full time, as etcd's change of leader does.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] if `ttl` is outside [`MIN_LEASE_TTL`] to [`MAX_LEASE_TTL`].
    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>>;

    /// Starts the lease's time anew.
    ///
    /// # Errors
    /// [`StoreError::LeaseGone`].
    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Ends the lease now, and with it the entries under it. Ending one that is gone is not an error.
    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>>;
}

pub(crate) fn check_value(value: &Bytes) -> Result<(), StoreError> {
    if value.len() > MAX_VALUE_BYTES {
        Err(StoreError::ValueTooLarge { len: value.len() })
    } else {
        Ok(())
    }
}

pub(crate) fn check_limit(limit: usize) -> Result<(), StoreError> {
    if (1..=MAX_RANGE_LIMIT).contains(&limit) {
        Ok(())
    } else {
        Err(StoreError::OutOfBounds { what: "limit" })
    }
}

pub(crate) fn check_ttl(ttl: Duration) -> Result<(), StoreError> {
    if (MIN_LEASE_TTL..=MAX_LEASE_TTL).contains(&ttl) {
        Ok(())
    } else {
        Err(StoreError::OutOfBounds { what: "ttl" })
    }
}
