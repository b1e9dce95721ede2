//! A watch that outlives the connection it runs on.
//!
//! It remembers how far it has come and asks the next member from there, so that nothing is missed and the watcher sees
//! nothing of it. Where etcd does not hold that part of the history any more, or was restored from a copy, the watcher is
//! told that changes were lost.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tonic::Streaming;

use super::{
    client::{Client, Failure, path},
    proto,
    values::{Prefix, revision},
};
use crate::{
    metrics::StoreMetrics,
    store::{WatchEvent, watch::Feed},
};

/// Before the next try when no member could be asked for the whole time of a call.
const PAUSE: Duration = Duration::from_millis(500);

/// A member that was asked every second and has said nothing for this long is not there any more.
const SILENCE: Duration = Duration::from_secs(3);

/// What is watched and how far it has come.
pub(super) struct Follower {
    pub(super) client: Arc<Client>,
    pub(super) metrics: StoreMetrics,
    pub(super) prefix: Prefix,
    pub(super) name: String,
    pub(super) position: Position,
}

/// A place in the history of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    cluster: u64,
    /// The first revision that has not been seen.
    next: i64,
}

pub(super) type Answers = Streaming<proto::WatchResponse>;

/// How an open watch ended.
enum End {
    /// The watcher has gone.
    Unwanted,
    /// The connection or the member failed: to be carried on where it was.
    Broken(String),
    /// The history up to here is lost.
    Lost(&'static str),
}

impl Follower {
    /// Where the cluster is now: nothing that is acknowledged later is before it.
    pub(super) async fn now(&self) -> Result<Position, Failure> {
        let question = proto::RangeRequest {
            key: self.prefix.place(&self.name),
            range_end: self.prefix.end(&self.name),
            count_only: true,
            ..Default::default()
        };
        let asked = self.client.call::<_, proto::RangeResponse>(path::RANGE, question);
        let header = asked.await?.answer.header.unwrap_or_default();
        Ok(Position {
            cluster: header.cluster_id,
            next: header.revision + 1,
        })
    }

    /// Opens the watch at the position. The first answer says that it is open, or why not.
    pub(super) async fn open(&self) -> Result<(proto::WatchResponse, Answers), Failure> {
        let question = proto::WatchRequest {
            create_request: Some(proto::WatchCreateRequest {
                key: self.prefix.place(&self.name),
                range_end: self.prefix.end(&self.name),
                start_revision: self.position.next,
                // An answer is bounded by etcd's bound on one change, and not by what has gathered.
                fragment: true,
            }),
            ..Default::default()
        };
        let pulse = proto::WatchRequest {
            progress_request: Some(proto::WatchProgressRequest {}),
            ..Default::default()
        };
        self.client.open(path::WATCH, question, pulse).await
    }

    /// Follows until the watcher has gone.
    pub(super) async fn run(mut self, feed: Feed, opened: (proto::WatchResponse, Answers)) {
        let mut opened = Some(opened);
        loop {
            let end = match opened.take() {
                Some((first, answers)) => self.read(&feed, first, answers).await,
                None => match self.again(&feed).await {
                    Some(again) => {
                        opened = Some(again);
                        continue;
                    }
                    None => return,
                },
            };
            match end {
                End::Unwanted => return,
                End::Broken(reason) => {
                    tracing::info!(watch = self.name, reason, "a watch on etcd is opened again");
                    self.metrics.watches("reopened").inc();
                }
                End::Lost(reason) => {
                    tracing::warn!(watch = self.name, reason, "changes were lost to a watch on etcd");
                    self.metrics.watches("lost").inc();
                    // The place to go on from is read before the watcher is told: what it reads then is not older.
                    let Some(now) = self.until_answered(&feed, Self::now).await else {
                        return;
                    };
                    self.position = now;
                    if feed.lost().is_none() {
                        return;
                    }
                }
            }
        }
    }

    async fn again(&self, feed: &Feed) -> Option<(proto::WatchResponse, Answers)> {
        self.until_answered(feed, Self::open).await
    }

    /// Asks until there is an answer; none when the watcher has gone.
    async fn until_answered<'a, T, F>(&'a self, feed: &Feed, ask: impl Fn(&'a Self) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, Failure>> + 'a,
    {
        let mut warned = false;
        loop {
            let failed = tokio::select! {
                // Both arms may be dropped: what is asked changes nothing.
                () = feed.unwanted() => return None,
                answer = ask(self) => match answer {
                    Ok(answer) => return Some(answer),
                    Err(Failure::Unreachable(reason)) => reason,
                    Err(Failure::Refused(status)) => {
                        // An operator has to do something about this one.
                        if !std::mem::replace(&mut warned, true) {
                            tracing::warn!(watch = self.name, %status, "etcd refuses a watch");
                        }
                        status.to_string()
                    }
                },
            };
            tracing::debug!(watch = self.name, reason = failed, "etcd cannot be watched");
            tokio::select! {
                () = feed.unwanted() => return None,
                () = sleep(PAUSE) => {}
            }
        }
    }

    async fn read(&mut self, feed: &Feed, first: proto::WatchResponse, mut answers: Answers) -> End {
        let mut answer = first;
        loop {
            if let Some(end) = self.take(feed, answer) {
                return end;
            }
            answer = tokio::select! {
                // Both arms are cancel-safe.
                () = feed.unwanted() => return End::Unwanted,
                next = timeout(SILENCE, answers.message()) => match next {
                    Ok(Ok(Some(next))) => next,
                    Ok(Ok(None)) => return End::Broken("the member ended the watch".to_owned()),
                    Ok(Err(status)) => return End::Broken(status.message().to_owned()),
                    Err(_) => return End::Broken("the member is silent".to_owned()),
                },
            };
        }
    }

    fn take(&mut self, feed: &Feed, answer: proto::WatchResponse) -> Option<End> {
        let header = answer.header.unwrap_or_default();
        if header.cluster_id != self.position.cluster {
            return Some(End::Lost("it is another cluster: restored from a copy"));
        }
        if answer.compact_revision > 0 {
            return Some(End::Lost("the history was compacted"));
        }
        if answer.canceled {
            return Some(End::Broken(answer.cancel_reason));
        }
        let mut events = Vec::with_capacity(answer.events.len());
        for event in &answer.events {
            let kv = event.kv.as_ref()?;
            let read = if event.r#type == i32::from(proto::event::Type::Delete) {
                self.prefix.key(&kv.key).map(|key| WatchEvent::Deleted {
                    key,
                    revision: revision(kv.mod_revision),
                })
            } else {
                self.prefix.entry(kv).map(|(entry, _)| WatchEvent::Put(entry))
            };
            match read {
                Ok(event) => events.push(event),
                // Not ours: whoever put it there did not mean a watcher of ours.
                Err(error) => tracing::warn!(%error, "a change in etcd was passed over"),
            }
            // Of a revision that goes on in the next answer the rest is still to come.
            self.position.next = kv.mod_revision + i64::from(!answer.fragment);
        }
        match feed.offer(&events) {
            Some(()) => None,
            None => Some(End::Unwanted),
        }
    }
}
