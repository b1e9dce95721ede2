//! The one thread that changes the file.
//!
//! What is in memory (revision, leases, watchers) follows what was committed: if a transaction fails, every caller in
//! it is told and the memory is read anew from the file.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, Table, WriteTransaction};
use tokio::sync::oneshot;

use super::{ENTRIES, LEASES, META, entry};
use crate::{
    clock::Clock,
    store::{Entry, Expected, Key, LeaseId, Revision, StoreError, Swap, Watch, WatchEvent, watch::Feed},
};

/// Changes in one transaction: bounds how long the first of them waits for the last.
const MAX_BATCH: usize = 256;

/// How often leases are looked at when nothing else happens: the trait promises two seconds.
const TICK: Duration = Duration::from_millis(250);

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer can be asked to do.
pub(super) enum Command {
    Write {
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
        expected: Option<Expected>,
        reply: Reply<Swap>,
    },
    Delete {
        key: Key,
        at: Option<Revision>,
        reply: Reply<bool>,
    },
    Grant {
        ttl: Duration,
        reply: Reply<LeaseId>,
    },
    KeepAlive {
        lease: LeaseId,
        reply: Reply<()>,
    },
    Revoke {
        lease: LeaseId,
        reply: Reply<()>,
    },
    Watch {
        prefix: Box<str>,
        reply: Reply<Watch>,
    },
}

#[derive(Debug)]
struct Lease {
    ttl: Duration,
    ends: Duration,
    keys: BTreeSet<Key>,
}

/// What memory holds about the file.
#[derive(Debug, Default)]
struct Memory {
    revision: u64,
    lease: u64,
    leases: HashMap<u64, Lease>,
}

pub(super) struct Writer {
    database: Arc<Database>,
    clock: Clock,
    memory: Memory,
    feeds: Vec<Feed>,
}

impl Writer {
    /// Makes the tables if need be and reads what must be in memory.
    pub(super) fn load(database: Arc<Database>, clock: Clock) -> Result<Self, Box<redb::Error>> {
        let memory = recall(&database, &clock).map_err(Box::new)?;
        Ok(Self {
            database,
            clock,
            memory,
            feeds: Vec::new(),
        })
    }

    /// Works until the store is dropped.
    pub(super) fn run(mut self, waiting: &mpsc::Receiver<Command>) {
        loop {
            let first = match waiting.recv_timeout(TICK) {
                Ok(command) => Some(command),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            let batch: Vec<Command> = first
                .into_iter()
                .chain(waiting.try_iter().take(MAX_BATCH - 1))
                .collect();
            if let Err(error) = self.commit(batch) {
                // The callers learn it from their dropped replies.
                tracing::error!(%error, "the store could not commit");
                match recall(&self.database, &self.clock) {
                    Ok(memory) => self.memory = memory,
                    Err(error) => {
                        tracing::error!(%error, "the store cannot be read; it takes no more changes");
                        return;
                    }
                }
            }
        }
    }

    fn commit(&mut self, batch: Vec<Command>) -> Result<(), redb::Error> {
        let now = self.clock.monotonic();
        let due: Vec<u64> = self
            .memory
            .leases
            .iter()
            .filter(|(_, l)| l.ends <= now)
            .map(|(id, _)| *id)
            .collect();
        // Most ticks and every keep-alive end here: nothing to flush.
        let writes = |c: &Command| !matches!(c, Command::KeepAlive { .. } | Command::Watch { .. });
        let transaction = if due.is_empty() && !batch.iter().any(writes) {
            None
        } else {
            Some(self.database.begin_write()?)
        };

        let mut answers: Vec<Box<dyn FnOnce()>> = Vec::with_capacity(batch.len());
        let mut events = Vec::new();
        if let Some(transaction) = &transaction {
            let mut open = Open::new(transaction, &mut self.memory, &mut events)?;
            for lease in due {
                open.end_lease(LeaseId(lease))?;
            }
        }
        for command in batch {
            match command {
                Command::KeepAlive { lease, reply } => {
                    let kept = match self.memory.leases.get_mut(&lease.0) {
                        Some(lease) => {
                            lease.ends = now + lease.ttl;
                            Ok(())
                        }
                        None => Err(StoreError::LeaseGone),
                    };
                    answers.push(answer(reply, kept));
                }
                Command::Watch { prefix, reply } => {
                    let (feed, watch) = Feed::new(&prefix);
                    self.feeds.push(feed);
                    answers.push(answer(reply, Ok(watch)));
                }
                other => {
                    // Such a command is why the transaction was begun.
                    let Some(transaction) = &transaction else { continue };
                    let mut open = Open::new(transaction, &mut self.memory, &mut events)?;
                    answers.push(open.apply(other, now)?);
                }
            }
        }
        if let Some(transaction) = transaction {
            {
                let mut meta = transaction.open_table(META)?;
                meta.insert("revision", self.memory.revision)?;
                meta.insert("lease", self.memory.lease)?;
            }
            transaction.commit()?;
        }
        // Watchers first: a caller that was answered may count on its event being on the way.
        if !events.is_empty() {
            self.feeds.retain(|feed| feed.offer(&events).is_some());
        }
        for answer in answers {
            answer();
        }
        Ok(())
    }
}

fn answer<T: 'static>(reply: Reply<T>, result: Result<T, StoreError>) -> Box<dyn FnOnce()> {
    // A caller that has left does not want its answer.
    Box::new(move || drop(reply.send(result)))
}

/// The tables of a transaction in progress, and the memory that follows them.
struct Open<'t, 'm> {
    entries: Table<'t, &'static str, (u64, u64, &'static [u8])>,
    leases: Table<'t, u64, u64>,
    memory: &'m mut Memory,
    events: &'m mut Vec<WatchEvent>,
}

impl<'t, 'm> Open<'t, 'm> {
    fn new(
        transaction: &'t WriteTransaction,
        memory: &'m mut Memory,
        events: &'m mut Vec<WatchEvent>,
    ) -> Result<Self, redb::Error> {
        Ok(Self {
            entries: transaction.open_table(ENTRIES)?,
            leases: transaction.open_table(LEASES)?,
            memory,
            events,
        })
    }

    fn apply(&mut self, command: Command, now: Duration) -> Result<Box<dyn FnOnce()>, redb::Error> {
        Ok(match command {
            Command::Write {
                key,
                value,
                lease,
                expected,
                reply,
            } => answer(reply, self.write(key, value, lease, expected)?),
            Command::Delete { key, at, reply } => answer(reply, Ok(self.delete(&key, at)?)),
            Command::Grant { ttl, reply } => answer(reply, Ok(self.grant(ttl, now)?)),
            Command::Revoke { lease, reply } => {
                self.end_lease(lease)?;
                answer(reply, Ok(()))
            }
            Command::KeepAlive { .. } | Command::Watch { .. } => Box::new(|| ()),
        })
    }

    fn read(&self, key: &Key) -> Result<Option<Entry>, redb::Error> {
        Ok(self
            .entries
            .get(key.as_str())?
            .map(|found| entry(key.clone(), found.value())))
    }

    fn next_revision(&mut self) -> Revision {
        self.memory.revision += 1;
        Revision(self.memory.revision)
    }

    fn write(
        &mut self,
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
        expected: Option<Expected>,
    ) -> Result<Result<Swap, StoreError>, redb::Error> {
        let standing = self.read(&key)?;
        let as_expected = match expected {
            None => true,
            Some(Expected::Absent) => standing.is_none(),
            Some(Expected::At(revision)) => standing.as_ref().is_some_and(|e| e.revision == revision),
        };
        if !as_expected {
            return Ok(Ok(Swap::Conflict(standing)));
        }
        if lease.is_some_and(|l| !self.memory.leases.contains_key(&l.0)) {
            return Ok(Err(StoreError::LeaseGone));
        }
        if let Some(before) = standing {
            self.detach(&before);
        }
        let revision = self.next_revision();
        self.entries.insert(
            key.as_str(),
            (revision.0, lease.map_or(0, |l| l.0), value.as_ref()),
        )?;
        if let Some(held) = lease.and_then(|l| self.memory.leases.get_mut(&l.0)) {
            held.keys.insert(key.clone());
        }
        self.events.push(WatchEvent::Put(Entry {
            key,
            value,
            revision,
            lease,
        }));
        Ok(Ok(Swap::Stored(revision)))
    }

    fn delete(&mut self, key: &Key, at: Option<Revision>) -> Result<bool, redb::Error> {
        let Some(standing) = self.read(key)? else {
            return Ok(false);
        };
        if at.is_some_and(|revision| revision != standing.revision) {
            return Ok(false);
        }
        self.detach(&standing);
        self.entries.remove(key.as_str())?;
        let revision = self.next_revision();
        self.events.push(WatchEvent::Deleted {
            key: key.clone(),
            revision,
        });
        Ok(true)
    }

    fn detach(&mut self, entry: &Entry) {
        if let Some(lease) = entry.lease.and_then(|l| self.memory.leases.get_mut(&l.0)) {
            lease.keys.remove(&entry.key);
        }
    }

    fn grant(&mut self, ttl: Duration, now: Duration) -> Result<LeaseId, redb::Error> {
        self.memory.lease += 1;
        let id = self.memory.lease;
        self.leases
            .insert(id, u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))?;
        self.memory.leases.insert(
            id,
            Lease {
                ttl,
                ends: now + ttl,
                keys: BTreeSet::new(),
            },
        );
        Ok(LeaseId(id))
    }

    fn end_lease(&mut self, lease: LeaseId) -> Result<(), redb::Error> {
        let Some(ended) = self.memory.leases.remove(&lease.0) else {
            return Ok(());
        };
        self.leases.remove(lease.0)?;
        for key in ended.keys {
            self.delete(&key, None)?;
        }
        Ok(())
    }
}

fn recall(database: &Database, clock: &Clock) -> Result<Memory, redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(ENTRIES)?;
    transaction.open_table(LEASES)?;
    transaction.open_table(META)?;
    transaction.commit()?;

    let snapshot = database.begin_read()?;
    let meta = snapshot.open_table(META)?;
    let last = |name| Ok::<u64, redb::Error>(meta.get(name)?.map_or(0, |v| v.value()));
    let mut memory = Memory {
        revision: last("revision")?,
        lease: last("lease")?,
        leases: HashMap::new(),
    };
    let now = clock.monotonic();
    for found in snapshot.open_table(LEASES)?.iter()? {
        let (id, ttl) = found?;
        let ttl = Duration::from_millis(ttl.value());
        memory.leases.insert(
            id.value(),
            Lease {
                ttl,
                ends: now + ttl,
                keys: BTreeSet::new(),
            },
        );
    }
    for found in snapshot.open_table(ENTRIES)?.iter()? {
        let (name, value) = found?;
        let (_, lease, _) = value.value();
        if let Some(lease) = memory.leases.get_mut(&lease)
            && let Ok(key) = name.value().parse()
        {
            lease.keys.insert(key);
        }
    }
    Ok(memory)
}
