//! The end of a tunnel whose heartbeat has stopped although its connection looks alive.
//!
//! The session itself ends a tunnel that sees no probe for [`PROBE_SILENCE`]. This is for what keeps the session from
//! seeing that: it stands still itself. QUIC goes on acknowledging packets then, on a task of its own, and the gateway's
//! queries would wait for nobody. The keeper of the slot drops such a session with its connection, and opens another.

use std::time::Duration;

use proto::limits::PROBE_SILENCE;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Beyond the time after which the session ends by itself: what it may take to write a control frame and to close.
const MARGIN: Duration = Duration::from_secs(15);

/// In the session's hands: beats when something came the way that queries take.
#[derive(Debug)]
pub struct Pulse(watch::Sender<Instant>);

impl Pulse {
    /// A sign of life.
    pub fn beat(&self) {
        self.0.send_replace(Instant::now());
    }
}

/// In the keeper's.
#[derive(Debug)]
pub(super) struct Watchdog {
    beats: watch::Receiver<Instant>,
    limit: Duration,
}

impl Watchdog {
    /// A tunnel that is dialled now.
    pub(super) fn new() -> (Pulse, Self) {
        Self::after(PROBE_SILENCE + MARGIN)
    }

    fn after(limit: Duration) -> (Pulse, Self) {
        let (pulse, beats) = watch::channel(Instant::now());
        (Pulse(pulse), Self { beats, limit })
    }

    /// Ready when there was no sign of life for too long. Cancel-safe.
    pub(super) async fn barks(&mut self) {
        loop {
            let until = *self.beats.borrow_and_update() + self.limit;
            tokio::select! {
                () = sleep_until(until) => return,
                beat = self.beats.changed() => if beat.is_err() {
                    // The session has ended, which is told elsewhere.
                    return std::future::pending().await;
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_session_that_stands_still_is_noticed_and_one_that_lives_or_has_ended_is_not() {
        let limit = Duration::from_millis(200);
        let (pulse, mut watchdog) = Watchdog::after(limit);
        for _ in 0..4 {
            assert!(timeout(limit / 4, watchdog.barks()).await.is_err());
            pulse.beat();
        }
        let last = Instant::now();
        watchdog.barks().await;
        assert!(last.elapsed() >= limit, "{:?}", last.elapsed());
        pulse.beat();
        drop(pulse);
        assert!(timeout(limit * 2, watchdog.barks()).await.is_err());
    }
}
