//! Whether the gateway still takes work, in one value that cannot race with the count of work in progress.
//!
//! A guard is handed out only while the gateway serves; the stop waits until every guard is back. Both live under one
//! `watch`, so no work can slip in between the decision to stop and the wait for what was running.

use tokio::sync::watch;

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    working: usize,
}

/// Hands out leave to work, and takes it back.
#[derive(Debug, Clone)]
pub struct Drain {
    state: watch::Sender<State>,
}

/// One piece of work in progress; dropping it says that it has ended.
#[derive(Debug)]
pub struct Working {
    state: watch::Sender<State>,
}

impl Drain {
    /// A gateway that serves.
    pub fn new() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
        }
    }

    /// Leave to work; `None` once the gateway is stopping.
    pub fn begin(&self) -> Option<Working> {
        let admitted = self.state.send_if_modified(|state| {
            if state.stopping {
                return false;
            }
            state.working += 1;
            true
        });
        admitted.then(|| Working {
            state: self.state.clone(),
        })
    }

    /// No more work is admitted from here on.
    pub fn stop(&self) {
        self.state.send_modify(|state| state.stopping = true);
    }

    /// Whether [`Drain::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.state.borrow().stopping
    }

    /// Pieces of work in progress.
    pub fn working(&self) -> usize {
        self.state.borrow().working
    }

    /// Ready when [`Drain::stop`] is called. Cancel-safe.
    pub async fn stopping(&self) {
        // The sender is held by `self`, so the wait cannot fail for want of one.
        let _ = self.state.subscribe().wait_for(|state| state.stopping).await;
    }

    /// Ready when the gateway is stopping and nothing is in progress. Cancel-safe.
    pub async fn idle(&self) {
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.stopping && state.working == 0)
            .await;
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.state
            .send_modify(|state| state.working = state.working.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stop_waits_for_work_in_progress_and_admits_none() {
        let drain = Drain::new();
        let working = drain.begin().expect("serving");
        drain.stop();
        assert!(drain.begin().is_none());
        let waiting = tokio::spawn({
            let drain = drain.clone();
            async move { drain.idle().await }
        });
        assert_eq!(drain.working(), 1);
        drop(working);
        waiting.await.expect("idle");
    }
}
