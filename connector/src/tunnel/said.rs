//! What was logged of tunnels that there are not, so that it is logged once.
//!
//! What ails a connector ails each of its tunnels, again and again: the first time is news, and after that every twentieth.
//! A gateway that is away for a night fills no disk.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use proto::wire::frame::Slot;

/// Failures of one kind that are logged once.
const LOG_EVERY: u32 = 20;

/// What was said, by the kind of failure. The kinds are few: labels of a metric.
#[derive(Debug, Default)]
pub(super) struct Said(Mutex<BTreeMap<&'static str, (Slot, u32)>>);

/// Whether and what to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Saying {
    /// Whether it is said so that everybody hears it.
    pub(super) aloud: bool,
    /// How often it has happened in a row.
    pub(super) times: u32,
}

impl Said {
    /// A tunnel of the slot could not be opened, or ended after it had lived so long.
    pub(super) fn count(&self, slot: Slot, label: &'static str, lived: Duration) -> Saying {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !lived.is_zero() {
            // What went before had passed.
            said.retain(|_, (by, _)| *by != slot);
        }
        let entry = said.entry(label).or_insert((slot, 0));
        entry.1 = entry.1.saturating_add(1);
        Saying {
            aloud: entry.1 == 1 || entry.1.is_multiple_of(LOG_EVERY),
            times: entry.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trouble_of_all_tunnels_is_said_once_and_again_now_and_then() {
        let said = Said::default();
        let slots: Vec<Slot> = Slot::all().collect();
        let aloud: Vec<u32> = (0..60)
            .map(|n| said.count(slots[n % 2], "revoked", Duration::ZERO))
            .filter(|saying| saying.aloud)
            .map(|saying| saying.times)
            .collect();
        assert_eq!(aloud, [1, 20, 40, 60]);
        assert!(said.count(slots[1], "timeout", Duration::ZERO).aloud);
        // A tunnel was up in between: its slot's troubles are new ones, those of others are not.
        assert!(!said.count(slots[1], "timeout", Duration::ZERO).aloud);
        assert!(said.count(slots[1], "timeout", Duration::from_secs(1)).aloud);
        assert!(!said.count(slots[0], "revoked", Duration::ZERO).aloud);
    }
}
