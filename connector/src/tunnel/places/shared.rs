//! The places of all slots, as their keepers and sessions share them.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::Places;

/// [`Places`] behind a lock, and a word to everybody at each change.
#[derive(Debug)]
pub struct SharedPlaces {
    places: Mutex<Places>,
    changed: watch::Sender<()>,
}

impl SharedPlaces {
    /// Shares these.
    pub fn new(places: Places) -> Self {
        Self {
            places: Mutex::new(places),
            changed: watch::Sender::new(()),
        }
    }

    /// Changes them, and tells everybody.
    pub fn change<R>(&self, change: impl FnOnce(&mut Places) -> R) -> R {
        let result = self.quietly(change);
        self.changed.send_replace(());
        result
    }

    /// Asks them something, or claims a dial, which is no news to anybody who waits.
    pub fn quietly<R>(&self, ask: impl FnOnce(&mut Places) -> R) -> R {
        // No call panics while it holds the lock.
        ask(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes at each change from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}
