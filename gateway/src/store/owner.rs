//! One owner among the nodes for work that one of them does: by a lease, an election on one key, and a term that fences.
//!
//! A candidate puts its name under the key while it is free, under a lease that it keeps alive. One that could not keep it
//! alive for most of its time deems itself lost before the others can: by its own clock, which only has to run at the right
//! pace. Between the look at the clock and what it does about it a process may still stand still for any time; so whoever
//! works asks [`Owner::confirmed`] first, and what it changes is conditional on what it read.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use proto::id::NodeId;
use tokio::time::{sleep, timeout};

use super::{Expected, Key, LeaseId, Revision, SharedStore, StoreError, Swap, Watch, WatchEvent};
use crate::drain::Drain;

/// Life of an owner's lease: how long the work stands still when its owner dies. What is owned is looked after every few
/// seconds and due within days.
pub const LEASE: Duration = Duration::from_secs(10);

/// Between two signs of life: two may be lost.
const KEEP: Duration = Duration::from_secs(3);

/// When an owner that could not reach the store deems itself lost. The rest of the lease is for clocks of another pace.
const LOST: Duration = Duration::from_secs(8);

/// After the store failed, and between looks at an owner whose end was not heard of.
const RETRY: Duration = Duration::from_secs(1);

/// Where owners stand.
const OWNERS: &str = "owner/";

/// A time in which this node is the owner. It fences: of two the later one has the higher revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(Revision);

/// A candidate for one piece of work.
#[derive(Debug)]
pub struct Owner {
    store: SharedStore,
    key: Key,
    name: Bytes,
    held: Mutex<Option<Held>>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    term: Term,
    /// When the last sign of life was sent that was answered.
    kept: Instant,
}

impl Owner {
    /// A candidate for `work`, as this node.
    ///
    /// # Errors
    /// [`StoreError::Key`] if the work's name cannot stand in a key.
    pub fn new(store: SharedStore, work: &str, node: &NodeId) -> Result<Self, StoreError> {
        Ok(Self {
            store,
            key: format!("{OWNERS}{work}").parse()?,
            name: node.as_str().to_owned().into(),
            held: Mutex::default(),
        })
    }

    /// Stands for election and keeps what it has won, until the gateway stops; then gives it up at once.
    pub async fn run(&self, drain: &Drain) {
        loop {
            tokio::select! {
                // What is dropped here was under a lease.
                () = drain.stopping() => break,
                ended = self.stand() => {
                    self.set(None);
                    if let Err(error) = ended {
                        tracing::debug!(%error, work = %self.key, "an election could not be held");
                    }
                }
            }
            tokio::select! {
                () = drain.stopping() => break,
                () = sleep(RETRY) => {}
            }
        }
        let held = *self.held();
        self.set(None);
        if let Some(held) = held {
            // Not longer than a stop may take; else the lease ends by itself.
            let gone = self.store.delete(self.key.clone(), Some(held.term.0));
            let _ = timeout(RETRY, gone).await;
        }
    }

    /// The term, if this node is the owner as far as it knows.
    pub fn term(&self) -> Option<Term> {
        self.held()
            .filter(|held| held.kept.elapsed() < LOST)
            .map(|held| held.term)
    }

    /// The term, if the store says so too: nobody else was the owner when it was asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirmed(&self) -> Result<Option<Term>, StoreError> {
        let Some(term) = self.term() else {
            return Ok(None);
        };
        let standing = self.store.get(&self.key).await?;
        let ours = standing.is_some_and(|entry| Term(entry.revision) == term);
        Ok((ours && self.term() == Some(term)).then_some(term))
    }

    /// Waits for the key to be free, takes it and keeps it. Ends when it is lost.
    async fn stand(&self) -> Result<(), StoreError> {
        let mut watch = self.store.watch(self.key.as_str()).await?;
        let expected = match self.store.get(&self.key).await? {
            None => Expected::Absent,
            // Of this name there is one process: the entry is of the one before, whose lease has not ended.
            Some(entry) if entry.value == self.name => Expected::At(entry.revision),
            Some(_) => {
                self.freed(&mut watch).await?;
                Expected::Absent
            }
        };
        let asked = Instant::now();
        let lease = self.store.grant(LEASE).await?;
        let swap = self
            .store
            .compare_and_swap(self.key.clone(), expected, self.name.clone(), Some(lease));
        match swap.await? {
            Swap::Stored(revision) => {
                let term = Term(revision);
                self.set(Some(Held { term, kept: asked }));
                tracing::info!(work = %self.key, "this node is the owner now");
                let lost = self.keep(lease, term).await;
                tracing::warn!(work = %self.key, "this node is not the owner any more");
                lost
            }
            Swap::Conflict(_) => self.store.revoke(lease).await,
        }
    }

    /// Waits until there is no owner. What the watch may not tell is looked for.
    async fn freed(&self, watch: &mut Watch) -> Result<(), StoreError> {
        loop {
            match timeout(LEASE, watch.next()).await {
                Ok(Some(WatchEvent::Deleted { key, .. })) if key == self.key => return Ok(()),
                Ok(Some(WatchEvent::Put(_) | WatchEvent::Deleted { .. })) => {}
                Ok(Some(WatchEvent::Lagged)) | Err(_) => {
                    if self.store.get(&self.key).await?.is_none() {
                        return Ok(());
                    }
                }
                Ok(None) => return Err(StoreError::Unavailable("the watch has ended".into())),
            }
        }
    }

    async fn keep(&self, lease: LeaseId, term: Term) -> Result<(), StoreError> {
        let mut kept = Instant::now();
        loop {
            sleep(KEEP).await;
            let asked = Instant::now();
            let left = LOST.saturating_sub(kept.elapsed());
            match timeout(left, self.store.keep_alive(lease)).await {
                Ok(Ok(())) => {
                    kept = asked;
                    self.set(Some(Held { term, kept }));
                }
                Ok(Err(StoreError::LeaseGone)) => return Err(StoreError::LeaseGone),
                Ok(Err(error)) if kept.elapsed() + KEEP >= LOST => return Err(error),
                Ok(Err(_)) => {}
                Err(_) => return Err(StoreError::Unavailable("the lease could not be kept".into())),
            }
        }
    }

    fn set(&self, held: Option<Held>) {
        *self.held() = held;
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{clock::Clock, store::embedded::EmbeddedStore};

    fn owner(store: &SharedStore, node: &str) -> Arc<Owner> {
        let node = node.parse().expect("a name");
        Arc::new(Owner::new(Arc::clone(store), "work", &node).expect("a key"))
    }

    async fn term(owner: &Owner) -> Term {
        let until = Instant::now() + 3 * LEASE;
        loop {
            if let Some(term) = owner.confirmed().await.expect("the store answers") {
                return term;
            }
            assert!(Instant::now() < until, "no owner in time");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_of_two_candidates_owns_and_the_other_takes_over() {
        let folder = tempfile::tempdir().expect("folder");
        let (clock, hand) = Clock::movable();
        let store = EmbeddedStore::open(&folder.path().join("store"), clock).expect("store");
        let store: SharedStore = Arc::new(store);
        let drain = Drain::new();
        let run = |owner: &Arc<Owner>, drain: &Drain| {
            let (owner, drain) = (Arc::clone(owner), drain.clone());
            tokio::spawn(async move { owner.run(&drain).await })
        };
        let (a, b) = (owner(&store, "a"), owner(&store, "b"));
        let first = run(&a, &drain);
        let one = term(&a).await;
        let second = run(&b, &drain);
        assert_eq!(b.confirmed().await, Ok(None));

        // It is killed, and its lease runs out.
        first.abort();
        let _ = first.await;
        hand.advance(LEASE);
        let two = term(&b).await;
        assert!(two > one, "a later term fences the one before");
        assert_eq!(
            a.confirmed().await,
            Ok(None),
            "though it has not noticed: {:?}",
            a.term()
        );

        // Of the same name is a restart: it need not wait for the lease of the process before.
        let again = owner(&store, "b");
        second.abort();
        let _ = second.await;
        let third = run(&again, &drain);
        assert!(term(&again).await > two);

        // A stop gives it up at once.
        drain.stop();
        third.await.expect("ends");
        let left = store.get(&"owner/work".parse().expect("key")).await;
        assert_eq!(left, Ok(None));
    }
}
