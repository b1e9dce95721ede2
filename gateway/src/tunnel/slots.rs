//! Leave to run an exchange on a tunnel, and the count of those that run, in one value.
//!
//! The two live under one `watch`, so that nothing can begin between the decision to drain a tunnel and the wait for
//! what was running on it.

use tokio::sync::watch;

#[derive(Debug, Default)]
struct State {
    draining: bool,
    running: u32,
}

/// The slots of one tunnel.
#[derive(Debug)]
pub(super) struct Slots {
    state: watch::Sender<State>,
    max: u32,
}

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSlot {
    /// As many exchanges run as may.
    Full,
    /// The tunnel is ending.
    Draining,
}

/// Leave to run one exchange; dropping it gives it back.
#[derive(Debug)]
pub struct Slot {
    state: watch::Sender<State>,
}

impl Slots {
    pub(super) fn new(max: u32) -> Self {
        Self {
            state: watch::Sender::default(),
            max,
        }
    }

    pub(super) fn begin(&self) -> Result<Slot, NoSlot> {
        let mut refused = NoSlot::Full;
        let begun = self.state.send_if_modified(|state| {
            if state.draining {
                refused = NoSlot::Draining;
                return false;
            }
            if state.running >= self.max {
                return false;
            }
            state.running += 1;
            true
        });
        if begun {
            Ok(Slot {
                state: self.state.clone(),
            })
        } else {
            Err(refused)
        }
    }

    /// Whether one more would begin now.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state.borrow();
        !state.draining && state.running < self.max
    }

    /// Nothing begins from here on.
    pub(super) fn drain(&self) {
        self.state.send_modify(|state| state.draining = true);
    }

    /// Exchanges that run.
    pub(super) fn running(&self) -> u32 {
        self.state.borrow().running
    }

    /// Ready when the tunnel is draining and nothing runs. Cancel-safe.
    pub(super) async fn idle(&self) {
        // The sender is held by `self`, so the wait cannot fail for want of one.
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.draining && state.running == 0)
            .await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.state
            .send_modify(|state| state.running = state.running.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drain_waits_for_what_runs_and_admits_nothing() {
        let slots = Slots::new(2);
        let (one, two) = (slots.begin().unwrap(), slots.begin().unwrap());
        assert_eq!(slots.begin().err(), Some(NoSlot::Full));
        drop(two);
        slots.drain();
        assert_eq!(slots.begin().err(), Some(NoSlot::Draining));
        assert_eq!(slots.running(), 1);
        let idle = slots.idle();
        drop(one);
        idle.await;
    }
}
