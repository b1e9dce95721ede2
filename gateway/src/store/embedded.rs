//! The store of a single node: one `redb` file in the state folder.
//!
//! All changes go through one thread. It takes what is waiting, up to a bound, applies it in one transaction, commits
//! durably once, then answers: concurrent callers share the price of the disk's flush, and compare-and-swap needs no
//! lock. Reads use their own snapshots on the blocking pool and never wait for the writer.

mod writer;

use std::{
    fmt, fs, io,
    ops::Bound,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use redb::{Database, ReadableDatabase as _, TableDefinition};
use thiserror::Error;
use tokio::sync::oneshot;

use self::writer::{Command, Writer};
use super::{
    Entry, Expected, Key, LeaseId, Page, Revision, Store, StoreError, Swap, Watch, check_limit, check_ttl,
    check_value,
};
use crate::clock::Clock;

/// Changes that may wait for the writer; one more is refused. At one flush of a few milliseconds for 256 changes this
/// is under a tenth of a second of work.
const MAX_WAITING: usize = 1_024;

/// Memory for the file's pages. The records of a thousand connectors fit into it; redb's own default is 1 GiB.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Key to revision, lease (0 for none) and value.
const ENTRIES: TableDefinition<'_, &str, (u64, u64, &[u8])> = TableDefinition::new("entries");
/// Lease to its time in milliseconds.
const LEASES: TableDefinition<'_, u64, u64> = TableDefinition::new("leases");
/// `revision` and `lease`: the last one given out of each.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// The file could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error("{path} is in use: another gateway runs on this state folder; stop it first")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be created or read.
    #[error("cannot open {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is there, but is not a sound database.
    #[error("{path} cannot be used: {source}; restore the state folder from a copy")]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
}

/// The embedded store. Dropping it waits for the change in progress, at most one flush, and frees the file.
pub struct EmbeddedStore {
    database: Arc<Database>,
    commands: Option<mpsc::SyncSender<Command>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the file, and makes it (mode 0600) if it is not there. Leases start their full time anew.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, clock: Clock) -> Result<Self, OpenError> {
        let file = |source| OpenError::File {
            path: path.to_owned(),
            source,
        };
        // An empty file is made into a database by redb; made here first for the sake of its mode.
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(file)?;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(|e| match e {
                redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse {
                    path: path.to_owned(),
                },
                other => OpenError::Database {
                    path: path.to_owned(),
                    source: Box::new(other.into()),
                },
            })?;
        let database = Arc::new(database);
        let writer = Writer::load(Arc::clone(&database), clock).map_err(|source| OpenError::Database {
            path: path.to_owned(),
            source,
        })?;
        let (commands, waiting) = mpsc::sync_channel(MAX_WAITING);
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&waiting))
            .map_err(file)?;
        Ok(Self {
            database,
            commands: Some(commands),
            writer: Mutex::new(Some(writer)),
        })
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Engine("the change was not committed; the log says why".into());
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.try_send(command(reply)).map_err(|e| match e {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => gone(),
        })?;
        // The writer answers after at most one commit; its end drops the reply.
        answer.await.map_err(|_| gone())?
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        tokio::task::spawn_blocking(move || read(&database))
            .await
            .map_err(|e| StoreError::Engine(e.to_string().into()))?
            .map_err(|e| StoreError::Engine(e.to_string().into()))
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedStore")
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // Without a sender the writer ends after what it is doing.
        self.commands = None;
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if writer.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's writer had panicked");
        }
    }
}

impl Store for EmbeddedStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        let key = key.clone();
        self.read(move |database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            Ok(table.get(key.as_str())?.map(|found| entry(key, found.value())))
        })
        .boxed()
    }

    fn put(
        &self,
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        async move {
            check_value(&value)?;
            match self
                .ask(|reply| Command::Write {
                    key,
                    value,
                    lease,
                    expected: None,
                    reply,
                })
                .await?
            {
                Swap::Stored(revision) => Ok(revision),
                Swap::Conflict(_) => Err(StoreError::Engine(
                    "a write without a condition met a conflict".into(),
                )),
            }
        }
        .boxed()
    }

    fn compare_and_swap(
        &self,
        key: Key,
        expected: Expected,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Swap, StoreError>> {
        async move {
            check_value(&value)?;
            self.ask(|reply| Command::Write {
                key,
                value,
                lease,
                expected: Some(expected),
                reply,
            })
            .await
        }
        .boxed()
    }

    fn delete(&self, key: Key, at: Option<Revision>) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.ask(move |reply| Command::Delete { key, at, reply }).boxed()
    }

    fn range<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        let prefix = prefix.to_owned();
        let after = after.cloned();
        async move {
            check_limit(limit)?;
            self.read(move |database| page(database, &prefix, after.as_ref(), limit))
                .await
        }
        .boxed()
    }

    fn watch(&self, prefix: &str) -> BoxFuture<'_, Result<Watch, StoreError>> {
        let prefix = prefix.into();
        self.ask(move |reply| Command::Watch { prefix, reply }).boxed()
    }

    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        async move {
            check_ttl(ttl)?;
            self.ask(|reply| Command::Grant { ttl, reply }).await
        }
        .boxed()
    }

    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.ask(move |reply| Command::KeepAlive { lease, reply }).boxed()
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.ask(move |reply| Command::Revoke { lease, reply }).boxed()
    }
}

fn entry(key: Key, (revision, lease, value): (u64, u64, &[u8])) -> Entry {
    Entry {
        key,
        value: Bytes::copy_from_slice(value),
        revision: Revision(revision),
        lease: (lease != 0).then_some(LeaseId(lease)),
    }
}

fn page(database: &Database, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, redb::Error> {
    let table = database.begin_read()?.open_table(ENTRIES)?;
    let start = match after {
        Some(key) if key.as_str() >= prefix => Bound::Excluded(key.as_str()),
        _ => Bound::Included(prefix),
    };
    let mut entries = Vec::new();
    for found in table.range::<&str>((start, Bound::Unbounded))? {
        let (name, value) = found?;
        if !name.value().starts_with(prefix) {
            break;
        }
        if entries.len() == limit {
            return Ok(Page { entries, more: true });
        }
        // Keys are checked on their way in; one that does not parse was written by something else.
        let key = name
            .value()
            .parse()
            .map_err(|_| redb::Error::Corrupted("a key is malformed".to_owned()))?;
        entries.push(entry(key, value.value()));
    }
    Ok(Page { entries, more: false })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{
        clock::ClockHand,
        store::{SharedStore, conformance},
    };

    struct Embedded {
        folder: TempDir,
        clock: Clock,
        hand: ClockHand,
    }

    impl conformance::Harness for Embedded {
        fn open(&self, case: &'static str) -> BoxFuture<'_, SharedStore> {
            async move {
                let path = self.folder.path().join(case);
                Arc::new(EmbeddedStore::open(&path, self.clock.clone()).expect("opens")) as SharedStore
            }
            .boxed()
        }

        fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
            self.hand.advance(by);
            async {}.boxed()
        }
    }

    #[tokio::test]
    async fn embedded_store_conforms() {
        let (clock, hand) = Clock::movable();
        let folder = tempfile::tempdir().expect("folder");
        conformance::run(&Embedded { folder, clock, hand }).await;
    }

    fn key(text: &str) -> Key {
        text.parse().expect("key")
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_restart() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("store.redb");
        let store = EmbeddedStore::open(&path, Clock::system()).expect("opens");
        let lease = store.grant(Duration::from_secs(60)).await.expect("lease");
        let first = store.put(key("a"), "1".into(), Some(lease)).await.expect("put");
        drop(store);

        let (clock, hand) = Clock::movable();
        let store = EmbeddedStore::open(&path, clock).expect("opens again");
        let found = store.get(&key("a")).await.expect("get").expect("there");
        assert_eq!((found.revision, found.lease), (first, Some(lease)));
        assert!(store.put(key("b"), "2".into(), None).await.expect("put") > first);
        assert!(store.grant(Duration::from_secs(60)).await.expect("lease") > lease);

        hand.advance(Duration::from_secs(61));
        let mut watch = store.watch("a").await.expect("watch");
        if store.get(&key("a")).await.expect("get").is_some() {
            watch.next().await.expect("vanishes");
        }
        assert_eq!(store.get(&key("a")).await.expect("get"), None);
    }

    #[tokio::test]
    async fn file_is_private_and_held_by_one_process() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("store.redb");
        let _store = EmbeddedStore::open(&path, Clock::system()).expect("opens");
        assert_eq!(
            fs::metadata(&path).expect("file").permissions().mode() & 0o777,
            0o600
        );
        assert!(matches!(
            EmbeddedStore::open(&path, Clock::system()),
            Err(OpenError::InUse { .. })
        ));
    }

    #[test]
    fn file_that_is_no_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("store.redb");
        fs::write(&path, b"not a database").expect("write");
        assert!(EmbeddedStore::open(&path, Clock::system()).is_err());
        assert_eq!(fs::read(&path).expect("read"), b"not a database");
    }
}
