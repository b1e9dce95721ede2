//! The gateway's clock, passed in so that expiry can be tested without waiting.
//!
//! Two readings: the host's calendar for what is compared with other machines (certificates, tokens, skew), and a
//! count that never goes back for what is only measured here (leases, rate limits).

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock {
    started: Instant,
    moved_ms: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The host's clock.
    pub fn system() -> Self {
        Self {
            started: Instant::now(),
            moved_ms: None,
        }
    }

    /// The host's clock plus what [`ClockHand::advance`] has added, for tests.
    pub fn movable() -> (Self, ClockHand) {
        let moved = Arc::new(AtomicI64::new(0));
        (
            Self {
                started: Instant::now(),
                moved_ms: Some(Arc::clone(&moved)),
            },
            ClockHand(moved),
        )
    }

    fn moved(&self) -> Duration {
        let ms = self.moved_ms.as_ref().map_or(0, |m| m.load(Ordering::Relaxed));
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }

    /// Time since 1970-01-01T00:00Z by the host's calendar; zero on a host whose clock stands before that.
    pub fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.moved()
    }

    /// Whole seconds since 1970-01-01T00:00Z.
    pub fn unix_seconds(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    /// Milliseconds since 1970-01-01T00:00Z, as Hello and Welcome carry them.
    pub fn unix_millis(&self) -> u64 {
        u64::try_from(self.since_epoch().as_millis()).unwrap_or(u64::MAX)
    }

    /// Time since the clock was made; never goes back.
    pub fn monotonic(&self) -> Duration {
        self.started.elapsed() + self.moved()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.moved_ms.is_some() {
            "Clock(movable)"
        } else {
            "Clock(system)"
        })
    }
}

/// Moves a clock made by [`Clock::movable`] forward.
#[derive(Debug, Clone)]
pub struct ClockHand(Arc<AtomicI64>);

impl ClockHand {
    /// Adds to both readings.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(
            i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
            Ordering::Relaxed,
        );
    }
}
