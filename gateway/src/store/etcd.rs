//! The store of a cluster: etcd, version 3.
//!
//! Every change is a transaction on the entry's own revision, also where the trait knows no condition: such a call can be
//! made again after a member died in the middle of it, and one that was stuck on the way cannot undo what came later.
//! Reads are linearizable. Refuses to speak to etcd without TLS unless it is on this host ([`settings`]).

mod client;
mod doubt;
mod follow;
pub mod settings;
mod values;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::task::JoinSet;
use tonic::{Code, Status};

pub use self::client::TlsFilesError;
use self::{
    client::{Answered, Client, Failure, path},
    follow::Follower,
    settings::Settings,
    values::{Mark, Prefix, revision},
};
use super::{
    Entry, Expected, Key, LeaseId, Page, Revision, Store, StoreError, Swap, Watch, check_limit, check_ttl,
    check_value, watch::Feed,
};
use crate::metrics::StoreMetrics;

/// The generated types.
mod proto {
    #![expect(unreachable_pub, reason = "generated; etcd.proto holds the comments")]
    include!(concat!(env!("OUT_DIR"), "/etcd.v3.rs"));
}

/// How often a write without a condition is tried against others that come in between. Every one of those has succeeded.
const MAX_TRIES: usize = 64;

/// The store in an etcd cluster. Dropping it ends its watches.
pub struct EtcdStore {
    client: Arc<Client>,
    prefix: Prefix,
    metrics: StoreMetrics,
    watches: Mutex<JoinSet<()>>,
}

impl fmt::Debug for EtcdStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EtcdStore").field(&self.client).finish()
    }
}

/// What stands under a key instead of what was expected.
struct Standing {
    kv: Option<proto::KeyValue>,
    /// The cluster's revision when it was read.
    now: i64,
}

/// How a conditional change of one key ended.
enum Changed {
    Done(Revision),
    /// What stands there instead.
    Not(Option<Entry>),
}

impl EtcdStore {
    /// A store in the cluster of the settings. Nobody is asked yet.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn new(settings: &Settings, metrics: StoreMetrics) -> Result<Self, TlsFilesError> {
        Ok(Self {
            client: Arc::new(Client::new(settings)?),
            prefix: Prefix::new(&settings.prefix),
            metrics,
            watches: Mutex::default(),
        })
    }

    async fn read(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let question = proto::RangeRequest {
            key: self.prefix.place(key.as_str()),
            ..Default::default()
        };
        let asked = self.client.call::<_, proto::RangeResponse>(path::RANGE, question);
        let answer = asked.await.map_err(failed)?.answer;
        let entry = answer.kvs.first().map(|kv| self.prefix.entry(kv)).transpose()?;
        Ok(entry.map(|(entry, _)| entry))
    }

    /// What to expect under a key, as far as the nearest member knows: a guess that the change itself will check.
    async fn guess(&self, key: &Key) -> Result<Option<Revision>, StoreError> {
        let question = proto::RangeRequest {
            key: self.prefix.place(key.as_str()),
            serializable: true,
            ..Default::default()
        };
        let asked = self.client.call::<_, proto::RangeResponse>(path::RANGE, question);
        let answer = asked.await.map_err(failed)?.answer;
        Ok(answer.kvs.first().map(|kv| revision(kv.mod_revision)))
    }

    /// Writes if the key is as expected.
    async fn swap(
        &self,
        key: &Key,
        expected: Expected,
        value: &Bytes,
        lease: Option<LeaseId>,
    ) -> Result<Changed, StoreError> {
        let mark = Mark::new();
        let put = proto::PutRequest {
            key: self.prefix.place(key.as_str()),
            value: mark.put_before(value),
            lease: lease.map_or(0, lease_number),
        };
        let change = proto::RequestOp {
            put: Some(put),
            ..Default::default()
        };
        let (changed, in_doubt) = self.change(key, expected, change).await?;
        let standing = match changed {
            Ok(at) => return Ok(Changed::Done(revision(at))),
            Err(standing) => standing,
        };
        if in_doubt && let Some(made) = self.made(key, expected, &standing, mark).await? {
            return Ok(Changed::Done(made));
        }
        let entry = standing.kv.map(|kv| self.prefix.entry(&kv)).transpose()?;
        Ok(Changed::Not(entry.map(|(entry, _)| entry)))
    }

    /// Makes one change of one key if it is as expected; else says what stands there. And whether an attempt before may
    /// have made it.
    async fn change(
        &self,
        key: &Key,
        expected: Expected,
        change: proto::RequestOp,
    ) -> Result<(Result<i64, Standing>, bool), StoreError> {
        let place = self.prefix.place(key.as_str());
        let question = proto::TxnRequest {
            compare: vec![proto::Compare {
                result: proto::compare::Result::Equal.into(),
                target: proto::compare::Target::Mod.into(),
                key: place.clone(),
                mod_revision: Some(match expected {
                    Expected::Absent => 0,
                    Expected::At(Revision(at)) => i64::try_from(at).unwrap_or(i64::MAX),
                }),
            }],
            success: vec![change],
            failure: vec![proto::RequestOp {
                range: Some(proto::RangeRequest {
                    key: place,
                    ..Default::default()
                }),
                ..Default::default()
            }],
        };
        let asked = self.client.call::<_, proto::TxnResponse>(path::TXN, question);
        let Answered { answer, in_doubt } = asked.await.map_err(failed)?;
        let now = answer.header.unwrap_or_default().revision;
        if answer.succeeded {
            return Ok((Ok(now), in_doubt));
        }
        let read = answer.responses.into_iter().next().and_then(|op| op.range);
        let kv = read.and_then(|range| range.kvs.into_iter().next());
        Ok((Err(Standing { kv, now }), in_doubt))
    }

    async fn remove(&self, key: &Key, at: Option<Revision>) -> Result<bool, StoreError> {
        let mut next = match at {
            Some(at) => Some(at),
            None => self.read(key).await?.map(|entry| entry.revision),
        };
        for _ in 0..MAX_TRIES {
            let Some(expected) = next else { return Ok(false) };
            let change = proto::RequestOp {
                delete_range: Some(proto::DeleteRangeRequest {
                    key: self.prefix.place(key.as_str()),
                }),
                ..Default::default()
            };
            let (changed, in_doubt) = self.change(key, Expected::At(expected), change).await?;
            let standing = match changed {
                Ok(_) => return Ok(true),
                Err(standing) => standing,
            };
            // Gone, or another one: by an attempt of ours that got no answer, or by somebody else.
            if in_doubt {
                // Whoever wants it gone, whatever it is, has that.
                return if at.is_none() && standing.kv.is_none() {
                    Ok(true)
                } else {
                    Err(doubtful())
                };
            }
            if at.is_some() {
                return Ok(false);
            }
            next = standing.kv.map(|kv| revision(kv.mod_revision));
        }
        Err(StoreError::Overloaded)
    }

    async fn page(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Page, StoreError> {
        let from = match after {
            // The smallest key behind it.
            Some(key) if key.as_str() >= prefix => self.prefix.place(&format!("{key}\0")),
            _ => self.prefix.place(prefix),
        };
        let mut limit = limit;
        loop {
            let question = proto::RangeRequest {
                key: from.clone(),
                range_end: self.prefix.end(prefix),
                limit: i64::try_from(limit).unwrap_or(i64::MAX),
                ..Default::default()
            };
            let asked = self.client.call::<_, proto::RangeResponse>(path::RANGE, question);
            let answer = match asked.await {
                Ok(answered) => answered.answer,
                // More than an answer may hold: a shorter page does.
                Err(Failure::Refused(status)) if status.code() == Code::OutOfRange && limit > 1 => {
                    limit /= 2;
                    continue;
                }
                Err(failure) => return Err(failed(failure)),
            };
            let entries = answer
                .kvs
                .iter()
                .map(|kv| self.prefix.entry(kv).map(|(entry, _)| entry));
            return Ok(Page {
                entries: entries.collect::<Result<_, _>>()?,
                more: answer.more,
            });
        }
    }

    async fn follow(&self, name: &str) -> Result<Watch, StoreError> {
        let mut follower = Follower {
            client: Arc::clone(&self.client),
            metrics: self.metrics.clone(),
            prefix: self.prefix.clone(),
            name: name.to_owned(),
            position: follow::Position::default(),
        };
        follower.position = follower.now().await.map_err(failed)?;
        let opened = follower.open().await.map_err(failed)?;
        let (feed, watch) = Feed::new(name);
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        // Those whose watcher has gone.
        while watches.try_join_next().is_some() {}
        watches.spawn(follower.run(feed, opened));
        Ok(watch)
    }
}

impl Store for EtcdStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.read(key).boxed()
    }

    fn put(
        &self,
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        async move {
            check_value(&value)?;
            let mut next = self.guess(&key).await?;
            for _ in 0..MAX_TRIES {
                let expected = next.map_or(Expected::Absent, Expected::At);
                match self.swap(&key, expected, &value, lease).await? {
                    Changed::Done(at) => return Ok(at),
                    Changed::Not(standing) => next = standing.map(|entry| entry.revision),
                }
            }
            Err(StoreError::Overloaded)
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
            Ok(match self.swap(&key, expected, &value, lease).await? {
                Changed::Done(at) => Swap::Stored(at),
                Changed::Not(standing) => Swap::Conflict(standing),
            })
        }
        .boxed()
    }

    fn delete(&self, key: Key, at: Option<Revision>) -> BoxFuture<'_, Result<bool, StoreError>> {
        async move { self.remove(&key, at).await }.boxed()
    }

    fn range<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        async move {
            check_limit(limit)?;
            self.page(prefix, after, limit).await
        }
        .boxed()
    }

    fn watch(&self, prefix: &str) -> BoxFuture<'_, Result<Watch, StoreError>> {
        let name = prefix.to_owned();
        async move { self.follow(&name).await }.boxed()
    }

    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        async move {
            check_ttl(ttl)?;
            // etcd counts whole seconds. A lease that an attempt without an answer has made ends by itself.
            let ttl = i64::try_from(ttl.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX);
            let question = proto::LeaseGrantRequest { ttl };
            let asked = self
                .client
                .call::<_, proto::LeaseGrantResponse>(path::GRANT, question);
            let id = asked.await.map_err(failed)?.answer.id;
            let id =
                u64::try_from(id).map_err(|_| StoreError::Engine("etcd gave a lease no number".into()))?;
            Ok(LeaseId(id))
        }
        .boxed()
    }

    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            let question = proto::LeaseKeepAliveRequest {
                id: lease_number(lease),
            };
            let asked = self
                .client
                .first::<_, proto::LeaseKeepAliveResponse>(path::KEEP_ALIVE, question);
            let answer = asked.await.map_err(failed)?.answer;
            if answer.ttl > 0 {
                Ok(())
            } else {
                Err(StoreError::LeaseGone)
            }
        }
        .boxed()
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            let question = proto::LeaseRevokeRequest {
                id: lease_number(lease),
            };
            let asked = self
                .client
                .call::<_, proto::LeaseRevokeResponse>(path::REVOKE, question);
            match asked.await.map_err(failed) {
                Ok(_) | Err(StoreError::LeaseGone) => Ok(()),
                Err(other) => Err(other),
            }
        }
        .boxed()
    }
}

/// etcd's numbers are positive; one that cannot be is nobody's.
fn lease_number(lease: LeaseId) -> i64 {
    i64::try_from(lease.0).unwrap_or(-1)
}

fn doubtful() -> StoreError {
    StoreError::Unavailable("a member of etcd failed in the middle of the change".into())
}

fn failed(failure: Failure) -> StoreError {
    match failure {
        Failure::Unreachable(reason) => StoreError::Unavailable(reason.into()),
        Failure::Refused(status) => refused(&status),
    }
}

/// What etcd's codes mean, by the words of its `rpctypes` where one stands for several.
fn refused(status: &Status) -> StoreError {
    let says = |words: &str| status.message().contains(words);
    match status.code() {
        Code::NotFound if says("lease not found") => StoreError::LeaseGone,
        Code::ResourceExhausted if says("too many requests") => StoreError::Overloaded,
        Code::ResourceExhausted if says("space exceeded") => StoreError::Engine(
            "etcd's database has reached its quota and takes no changes: compact and defragment it, then disarm the alarm"
                .into(),
        ),
        _ => StoreError::Engine(format!("etcd: {}", status.message()).into()),
    }
}
