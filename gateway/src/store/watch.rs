//! A bounded queue between the store's writer and one watcher.
//!
//! The writer never waits for a watcher. One that falls behind loses its queue and is told so, so that it reads the
//! range anew: a gap is an event, never a silence.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::{Notify, watch as signal};

use super::{Entry, Key, Revision};

/// Events that a watcher may be behind by. A directory of tunnels changes a few times a second; this is minutes of it,
/// and at most 1,024 small records of memory.
const MAX_WAITING: usize = 1_024;

/// One change, or the news that some were lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent {
    /// The entry was written.
    Put(Entry),
    /// The entry was deleted, or vanished with its lease.
    Deleted {
        /// Its name.
        key: Key,
        /// When.
        revision: Revision,
    },
    /// Changes were lost because the watcher was too slow: read the range anew. What follows is later than the loss.
    Lagged,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<WatchEvent>,
    lagged: bool,
    ended: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    news: Notify,
}

impl Shared {
    // The queue is consistent after every statement, so a panic elsewhere does not spoil it.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watcher's end.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    /// Its end tells the writer that nobody watches any more.
    _wanted: signal::Receiver<()>,
}

impl Watch {
    /// The next event; `None` when the store has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            {
                let mut queue = self.shared.queue();
                if queue.lagged {
                    queue.lagged = false;
                    return Some(WatchEvent::Lagged);
                }
                if let Some(event) = queue.events.pop_front() {
                    return Some(event);
                }
                if queue.ended {
                    return None;
                }
            }
            // `notify_one` leaves a permit behind, so that news between the check and this line are not missed.
            self.shared.news.notified().await;
        }
    }
}

/// The writer's end: one for each watcher.
#[derive(Debug)]
pub(super) struct Feed {
    prefix: Box<str>,
    shared: Weak<Shared>,
    wanted: signal::Sender<()>,
}

impl Feed {
    pub(super) fn new(prefix: &str) -> (Feed, Watch) {
        let shared = Arc::new(Shared::default());
        let (wanted, _wanted) = signal::channel(());
        (
            Feed {
                prefix: prefix.into(),
                shared: Arc::downgrade(&shared),
                wanted,
            },
            Watch { shared, _wanted },
        )
    }

    /// Hands the events that concern this watcher over. `None` when the watcher is gone and the feed can be dropped.
    pub(super) fn offer(&self, events: &[WatchEvent]) -> Option<()> {
        let shared = self.shared.upgrade()?;
        let mut queue = shared.queue();
        for event in events {
            let key = match event {
                WatchEvent::Put(entry) => &entry.key,
                WatchEvent::Deleted { key, .. } => key,
                WatchEvent::Lagged => continue,
            };
            if !key.has_prefix(&self.prefix) {
                continue;
            }
            if queue.events.len() >= MAX_WAITING {
                queue.events.clear();
                queue.lagged = true;
            }
            queue.events.push_back(event.clone());
        }
        drop(queue);
        shared.news.notify_one();
        Some(())
    }

    /// Tells the watcher that changes were lost on the way here. `None` as above.
    pub(super) fn lost(&self) -> Option<()> {
        let shared = self.shared.upgrade()?;
        let mut queue = shared.queue();
        // What is waiting is from before the loss, and will be read anew with the rest.
        queue.events.clear();
        queue.lagged = true;
        drop(queue);
        shared.news.notify_one();
        Some(())
    }

    /// Waits until the watcher has gone. Cancel-safe.
    pub(super) async fn unwanted(&self) {
        self.wanted.closed().await;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.queue().ended = true;
            shared.news.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deleted(n: u64) -> WatchEvent {
        WatchEvent::Deleted {
            key: format!("a/{n}").parse().expect("key"),
            revision: Revision(n),
        }
    }

    #[tokio::test]
    async fn watcher_within_its_bound_sees_everything_in_order() {
        let (feed, mut watch) = Feed::new("a/");
        let events: Vec<_> = (0..MAX_WAITING as u64).map(deleted).collect();
        feed.offer(&events).expect("watcher is there");
        for expected in events {
            assert_eq!(watch.next().await, Some(expected));
        }
    }

    #[tokio::test]
    async fn watcher_that_lags_is_told_before_anything_later() {
        let (feed, mut watch) = Feed::new("a/");
        let events: Vec<_> = (0..=MAX_WAITING as u64).map(deleted).collect();
        feed.offer(&events).expect("watcher is there");
        assert_eq!(watch.next().await, Some(WatchEvent::Lagged));
        assert_eq!(watch.next().await, Some(deleted(MAX_WAITING as u64)));
    }

    #[tokio::test]
    async fn watch_ends_with_the_store_and_feed_with_the_watcher() {
        let (feed, mut watch) = Feed::new("a/");
        drop(feed);
        assert_eq!(watch.next().await, None);
        let (feed, watch) = Feed::new("a/");
        drop(watch);
        assert!(feed.offer(&[]).is_none() && feed.lost().is_none());
        feed.unwanted().await;
    }

    #[tokio::test]
    async fn watcher_is_told_of_a_loss_on_the_way_to_it() {
        let (feed, mut watch) = Feed::new("a/");
        feed.offer(&[deleted(1)]).expect("watcher is there");
        feed.lost().expect("watcher is there");
        feed.offer(&[deleted(9)]).expect("watcher is there");
        assert_eq!(watch.next().await, Some(WatchEvent::Lagged));
        assert_eq!(watch.next().await, Some(deleted(9)));
    }
}
