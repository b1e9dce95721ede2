//! When a certificate is renewed: half of its life leaves half to notice that it did not work.
//!
//! Pure functions of a certificate, the time and a random number. What is called life here begins [`BACKDATE`] after the
//! start of validity, which is when the certificate was issued: for a life of minutes the difference is everything.

use std::time::{Duration, SystemTime};

use crate::{authority::BACKDATE, identity::CertificateFacts};

/// Longest wait after a failed attempt: half a day is left, and a gateway that is back is asked within the quarter hour.
const MAX_RETRY: Duration = Duration::from_secs(900);

/// Shortest wait after a failed attempt, which only lives of a minute meet.
const MIN_RETRY: Duration = Duration::from_secs(1);

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Less than half of its life is over.
    Fresh,
    /// It is to be renewed about now.
    Due,
    /// Over two thirds of its life are over and it was not renewed: somebody should look.
    Late,
    /// It ran out.
    Expired,
}

/// How a certificate stands at a time.
pub fn standing(facts: &CertificateFacts, now: SystemTime) -> Standing {
    let life = life(facts);
    let left = facts.not_after.duration_since(now).unwrap_or_default();
    if left.is_zero() {
        Standing::Expired
    } else if left < life / 3 {
        Standing::Late
    } else if left <= life / 2 {
        Standing::Due
    } else {
        Standing::Fresh
    }
}

/// When a certificate is to be renewed: at half of its life and up to a tenth of it later, by `spread` from 0 to 1, so that
/// connectors that enrolled together do not come together for ever.
pub fn due(facts: &CertificateFacts, spread: f64) -> SystemTime {
    let life = life(facts);
    let later = life.mul_f64(0.1 * spread.clamp(0.0, 1.0));
    facts
        .not_after
        .checked_sub(life / 2)
        .map_or(facts.not_after, |half| half + later)
}

/// How long to wait after a failed attempt: a fiftieth of the life and up to as much again, so that twenty attempts fit
/// between half of the life and its end.
pub fn retry(facts: &CertificateFacts, spread: f64) -> Duration {
    let step = (life(facts) / 50).clamp(MIN_RETRY, MAX_RETRY);
    step + step.mul_f64(spread.clamp(0.0, 1.0))
}

/// From issue to end.
fn life(facts: &CertificateFacts) -> Duration {
    let issued = facts.not_before + BACKDATE;
    facts.not_after.duration_since(issued).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{authority, connector, now};

    fn facts() -> CertificateFacts {
        connector(&authority(), "acme", now()).0.facts
    }

    #[test]
    fn renewal_is_due_at_half_life_and_a_little_later() {
        let facts = facts();
        let life = life(&facts);
        assert_eq!(now() + life, facts.not_after);
        assert_eq!(due(&facts, 0.0), now() + life / 2);
        assert_eq!(due(&facts, 1.0), now() + life.mul_f64(0.6));
        assert_eq!(due(&facts, f64::MAX), due(&facts, 1.0));
        assert!(due(&facts, 0.5) < facts.not_after);
    }

    #[test]
    fn a_certificate_that_is_not_renewed_is_late_long_before_its_end() {
        let facts = facts();
        let life = life(&facts);
        for (share, expected) in [
            (0.0, Standing::Fresh),
            (0.49, Standing::Fresh),
            (0.5, Standing::Due),
            (0.6, Standing::Due),
            (0.7, Standing::Late),
            (0.99, Standing::Late),
            (1.0, Standing::Expired),
            (2.0, Standing::Expired),
        ] {
            assert_eq!(standing(&facts, now() + life.mul_f64(share)), expected, "{share}");
        }
        // A clock that was set back does not make it late.
        assert_eq!(standing(&facts, SystemTime::UNIX_EPOCH), Standing::Fresh);
    }

    #[test]
    fn many_attempts_fit_before_the_end() {
        let mut facts = facts();
        let left = life(&facts).mul_f64(0.4);
        assert!(retry(&facts, 1.0) * 20 <= left * 2);
        assert!(retry(&facts, 0.0) >= MIN_RETRY && retry(&facts, 1.0) <= MAX_RETRY * 2);
        // A life that is shorter than nothing is one of nothing.
        facts.not_after = facts.not_before;
        assert_eq!(retry(&facts, 0.0), MIN_RETRY);
        assert_eq!(due(&facts, 0.0), facts.not_after);
    }
}
