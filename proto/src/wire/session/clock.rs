//! Two clocks compared: at Hello and Welcome, and with each probe after that.
//!
//! A difference is never a reason to refuse a tunnel. It is told when it is found, when it has become another, and when
//! it is over; what comes sooner than [`LOOK_EVERY`] after the last look is not looked at, so that a peer that changes its
//! mind with every frame fills no log.

use std::time::{Duration, Instant};

use super::Now;
use crate::limits::{CLOCK_SKEW_WARNING, PROBE_INTERVAL};

/// Between two looks: less than an honest gateway's time between two probes.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const _: () = assert!(LOOK_EVERY.as_secs() < PROBE_INTERVAL.as_secs());

/// By how much the peer's clock differs from ours. Half a round trip of it is the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockSkew {
    /// Positive: the peer's clock is ahead. Whole seconds, rounded towards zero.
    pub seconds: i64,
}

impl ClockSkew {
    /// The difference of two clocks, both in milliseconds since 1970-01-01 UTC.
    pub fn between(ours_ms: u64, theirs_ms: u64) -> Self {
        let ms = i128::from(theirs_ms) - i128::from(ours_ms);
        // A quotient of a 65-bit difference by 1,000 fits 64 bits.
        Self {
            seconds: i64::try_from(ms / 1000).unwrap_or(i64::MAX),
        }
    }

    /// Whether it is to be reported: over [`CLOCK_SKEW_WARNING`]. It is never a reason to refuse a tunnel.
    pub fn is_notable(self) -> bool {
        self.seconds.unsigned_abs() > CLOCK_SKEW_WARNING.as_secs()
    }
}

/// What is to be told of two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockNews {
    /// They differ, or by another amount than was told.
    Apart(ClockSkew),
    /// They agree again.
    Agree,
}

/// The peer's clock over the life of a tunnel.
#[derive(Debug, Clone)]
pub struct ClockWatch {
    skew: ClockSkew,
    /// The difference that was told, while there is one.
    told: Option<ClockSkew>,
    looked: Instant,
}

impl ClockWatch {
    /// From Hello or Welcome on; a notable difference counts as told.
    pub fn new(skew: ClockSkew, now: Instant) -> Self {
        Self {
            skew,
            told: Some(skew).filter(|skew| skew.is_notable()),
            looked: now,
        }
    }

    /// The difference as it was last found.
    pub fn skew(&self) -> ClockSkew {
        self.skew
    }

    /// Whether it is notable, and was told.
    pub fn is_apart(&self) -> bool {
        self.told.is_some()
    }

    /// The peer has said what its clock shows. What is to be told, where something is.
    pub fn look(&mut self, theirs_ms: u64, now: Now) -> Option<ClockNews> {
        if now.instant.saturating_duration_since(self.looked) < LOOK_EVERY {
            return None;
        }
        self.looked = now.instant;
        self.skew = ClockSkew::between(now.unix_ms, theirs_ms);
        match self.told {
            Some(_) if !self.skew.is_notable() => {
                self.told = None;
                Some(ClockNews::Agree)
            }
            Some(told) if self.skew.seconds.abs_diff(told.seconds) <= CLOCK_SKEW_WARNING.as_secs() => None,
            None if !self.skew.is_notable() => None,
            Some(_) | None => {
                self.told = Some(self.skew);
                Some(ClockNews::Apart(self.skew))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn a_clock_that_is_set_wrong_and_right_is_told_once_each() {
        let start = Instant::now();
        let mut watch = ClockWatch::new(ClockSkew { seconds: 0 }, start);
        let (mut at, ours) = (start, 30 * HOUR_MS);
        let mut look = |watch: &mut ClockWatch, theirs_ms| {
            at += PROBE_INTERVAL;
            let now = Now {
                instant: at,
                unix_ms: ours,
            };
            watch.look(theirs_ms, now)
        };
        let apart = |seconds| Some(ClockNews::Apart(ClockSkew { seconds }));
        assert_eq!(look(&mut watch, ours + 29_000), None);
        assert_eq!(look(&mut watch, ours + 3 * HOUR_MS), apart(3 * 3_600));
        assert_eq!(look(&mut watch, ours + 3 * HOUR_MS + 9_000), None);
        assert_eq!(watch.skew().seconds, 3 * 3_600 + 9);
        assert_eq!(look(&mut watch, ours - 3 * HOUR_MS), apart(-3 * 3_600));
        assert!(watch.is_apart());
        assert_eq!(look(&mut watch, ours - 1_000), Some(ClockNews::Agree));
        assert_eq!(look(&mut watch, ours), None);
        assert!(!watch.is_apart());
    }

    #[test]
    fn what_was_told_at_the_hello_is_not_told_again_and_a_flood_is_not_looked_at() {
        let start = Instant::now();
        let mut watch = ClockWatch::new(ClockSkew { seconds: -45 }, start);
        let now = |after| Now {
            instant: start + after,
            unix_ms: HOUR_MS,
        };
        assert_eq!(watch.look(HOUR_MS - 45_000, now(PROBE_INTERVAL)), None);
        for n in 0..1_000 {
            assert_eq!(watch.look(n * HOUR_MS, now(PROBE_INTERVAL)), None);
        }
        assert_eq!(watch.skew().seconds, -45);
    }
}
