//! Whether the gateway still takes work, in one value that cannot race with the count of work in progress.
//!
//! A node goes in steps, forward only: it serves; it leaves (it says that it is not ready, and serves as before); its
//! tunnels move (connectors are asked to open others elsewhere); it stops (no work is admitted, and what is in progress
//! ends). A guard is handed out only before the last step; the stop waits until every guard is back. All of it lives under
//! one `watch`, so no work can slip in between the decision to stop and the wait for what was running. Thousands of tunnels
//! watch the steps: they are woken by a step, and by no piece of work that begins or ends.

use tokio::sync::watch;

/// How far a node is on its way out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Serving,
    Leaving,
    Moving,
    Stopping,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
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
        let mut admitted = false;
        self.state.send_if_modified(|state| {
            admitted = state.phase != Phase::Stopping;
            state.working += usize::from(admitted);
            false
        });
        admitted.then(|| Working {
            state: self.state.clone(),
        })
    }

    /// From here on the gateway says that it is not ready; it serves whoever comes.
    pub fn leave(&self) {
        self.advance(Phase::Leaving);
    }

    /// From here on connectors are asked to open their tunnels elsewhere.
    pub fn move_tunnels(&self) {
        self.advance(Phase::Moving);
    }

    /// No more work is admitted from here on.
    pub fn stop(&self) {
        self.advance(Phase::Stopping);
    }

    fn advance(&self, phase: Phase) {
        self.state
            .send_modify(|state| state.phase = state.phase.max(phase));
    }

    /// Whether [`Drain::leave`] or a later step was called.
    pub fn is_leaving(&self) -> bool {
        self.state.borrow().phase >= Phase::Leaving
    }

    /// Whether [`Drain::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.state.borrow().phase >= Phase::Stopping
    }

    /// Pieces of work in progress.
    pub fn working(&self) -> usize {
        self.state.borrow().working
    }

    /// Ready when [`Drain::leave`] or a later step is called. Cancel-safe.
    pub async fn leaving(&self) {
        self.reached(Phase::Leaving).await;
    }

    /// Ready when [`Drain::move_tunnels`] or a later step is called. Cancel-safe.
    pub async fn moving(&self) {
        self.reached(Phase::Moving).await;
    }

    /// Ready when [`Drain::stop`] is called. Cancel-safe.
    pub async fn stopping(&self) {
        self.reached(Phase::Stopping).await;
    }

    async fn reached(&self, phase: Phase) {
        // The sender is held by `self`, so the wait cannot fail for want of one.
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.phase >= phase)
            .await;
    }

    /// Ready when the gateway is stopping and nothing is in progress. Cancel-safe.
    pub async fn idle(&self) {
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.phase == Phase::Stopping && state.working == 0)
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
        self.state.send_if_modified(|state| {
            state.working = state.working.saturating_sub(1);
            state.working == 0 && state.phase == Phase::Stopping
        });
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

    #[tokio::test]
    async fn work_wakes_nobody_who_waits_for_a_step() {
        let drain = Drain::new();
        let mut steps = drain.state.subscribe();
        let working = drain.begin().expect("serving");
        drop(drain.begin());
        assert!(!steps.has_changed().expect("the sender is there"));
        drain.stop();
        assert!(steps.has_changed().expect("the sender is there"));
        steps.mark_unchanged();
        drop(working);
        // The stop waits for this one.
        assert!(steps.has_changed().expect("the sender is there"));
        drain.idle().await;
    }

    #[tokio::test]
    async fn node_that_leaves_or_moves_its_tunnels_serves_and_no_step_goes_back() {
        let drain = Drain::new();
        drain.leave();
        assert!(drain.is_leaving() && drain.begin().is_some());
        drain.move_tunnels();
        drain.moving().await;
        assert!(!drain.is_stopping() && drain.begin().is_some());
        drain.stop();
        drain.leave();
        assert!(drain.is_stopping() && drain.begin().is_none());
        drain.stopping().await;
    }
}
