//! When to dial again: exponential back-off with full jitter, as a state machine without a clock or randomness.
//!
//! Full jitter (a time anywhere between nothing and the bound) spreads the connectors that a gateway's restart has
//! thrown off; the bound is forgotten only after a tunnel was stable for a minute, so that a tunnel that opens and ends
//! at once is not dialled in a loop.

use std::time::Duration;

/// First bound: a gateway that is back at once is reached within half a second.
pub const BASE: Duration = Duration::from_millis(500);

/// Last bound: a gateway that was away for hours is reached within half a minute, and a host without a network costs
/// itself two packets a minute.
pub const CAP: Duration = Duration::from_secs(30);

/// Last bound while a gateway says that it is busy: it is there, and lets in hundreds of connectors in a second. Where thousands
/// come back at once, longer waits leave it idle when most are in.
pub const BUSY_CAP: Duration = Duration::from_secs(8);

/// Doublings of the first bound until it is [`BUSY_CAP`].
const BUSY_FAILURES: u32 = 4;
const _: () = assert!(BASE.as_millis() << BUSY_FAILURES == BUSY_CAP.as_millis());

/// How long a tunnel must have lived for its end to count as a new trouble and not as the old one.
pub const STABLE: Duration = Duration::from_secs(60);

/// Longest wait that a gateway may ask for: it is trusted to spread load, not to switch a connector off.
pub const MAX_ASKED: Duration = Duration::from_secs(300);

/// The state: failures since the last stable tunnel.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A tunnel could not be opened, or ended after `lived`. Answers how long to wait. `asked` is what the gateway said;
    /// `random` is from 0 up to, and not including, 1.
    pub fn next(&mut self, lived: Duration, asked: Option<Duration>, random: f64) -> Duration {
        if lived >= STABLE {
            self.failures = 0;
        }
        // What the gateway asks for is the earliest time; the jitter keeps all that it asked from coming at once.
        asked.unwrap_or_default().min(MAX_ASKED) + self.jitter(CAP, random)
    }

    /// The gateway was too busy for a handshake. Answers how long to wait. It is there, so what was wrong before is over.
    pub fn busy(&mut self, random: f64) -> Duration {
        self.failures = self.failures.min(BUSY_FAILURES);
        self.jitter(BUSY_CAP, random)
    }

    fn jitter(&mut self, cap: Duration, random: f64) -> Duration {
        let bound = BASE.saturating_mul(1 << self.failures.min(16)).min(cap);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEARLY_ONE: f64 = 0.999_999;

    fn longest(backoff: &mut Backoff) -> Duration {
        backoff.next(Duration::ZERO, None, NEARLY_ONE)
    }

    #[test]
    fn the_bound_doubles_up_to_its_cap() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9)
            .map(|_| longest(&mut backoff).as_millis().div_ceil(500) as u64 * 500)
            .collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        for _ in 0..100 {
            assert!(longest(&mut backoff) <= CAP);
        }
    }

    #[test]
    fn a_busy_gateway_is_asked_again_sooner() {
        let mut backoff = Backoff { failures: 9 };
        let wait = backoff.busy(NEARLY_ONE);
        assert!(wait <= BUSY_CAP && wait > BUSY_CAP / 2, "{wait:?}");
        // A packet that gets lost in the crowd costs no half minute.
        assert!(longest(&mut backoff) <= 2 * BUSY_CAP);
        let mut first = Backoff::default();
        assert!(first.busy(NEARLY_ONE) <= BASE);
    }

    #[test]
    fn the_jitter_is_full() {
        let mut backoff = Backoff { failures: 5 };
        assert_eq!(backoff.clone().next(Duration::ZERO, None, 0.0), Duration::ZERO);
        assert_eq!(backoff.next(Duration::ZERO, None, 0.5), Duration::from_secs(8));
    }

    #[test]
    fn only_a_stable_minute_resets_it() {
        let mut backoff = Backoff { failures: 6 };
        assert!(backoff.next(STABLE - Duration::from_millis(1), None, NEARLY_ONE) > Duration::from_secs(29));
        assert!(backoff.next(STABLE, None, NEARLY_ONE) < BASE);
        assert!(longest(&mut backoff) < BASE * 2);
    }

    #[test]
    fn the_gateways_wish_is_honoured_within_its_bound() {
        let mut backoff = Backoff::default();
        let asked = backoff.next(Duration::ZERO, Some(Duration::from_secs(10)), 0.0);
        assert_eq!(asked, Duration::from_secs(10));
        let asked = backoff.next(Duration::ZERO, Some(Duration::MAX), 0.0);
        assert_eq!(asked, MAX_ASKED);
    }
}
