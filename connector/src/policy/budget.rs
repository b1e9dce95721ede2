//! What queries have used: running now, begun within a minute, bytes of the day.
//!
//! A [`Ledger`] belongs to a source and outlives reloads of its policy: a new file changes the bounds, not the past. It
//! has no clock; the time is an argument.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::error::{Code, Fault};
use serde::{Deserialize, Serialize};

use super::file::Budget;
use crate::clock::UnixMillis;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MINUTE_MS: u64 = 60 * 1000;

fn day_of(now: UnixMillis) -> u64 {
    now.0 / DAY_MS
}

/// A budget that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// `budget.concurrent_queries`
    Concurrency,
    /// `budget.queries_per_minute`; a query may begin after this time.
    Rate(Duration),
    /// `budget.bytes_per_day`; the day ends after this time.
    Day(Duration),
}

impl Exceeded {
    /// For the caller.
    pub fn fault(self, budget: &Budget) -> Fault {
        match self {
            Exceeded::Concurrency => Fault::new(
                Code::Overloaded,
                format!(
                    "{} queries are running, as many as the customer's `budget.concurrent_queries` allows",
                    budget.concurrent_queries
                ),
            )
            .retry_after(Duration::from_secs(1)),
            Exceeded::Rate(after) => Fault::new(
                Code::RateLimited,
                format!(
                    "the customer's `budget.queries_per_minute` of {} is used up",
                    budget.queries_per_minute
                ),
            )
            .retry_after(after),
            Exceeded::Day(after) => Fault::new(
                Code::RateLimited,
                format!(
                    "the customer's `budget.bytes_per_day` of {} is used up until midnight UTC",
                    budget.bytes_per_day
                ),
            )
            .retry_after(after),
        }
    }
}

/// What the queries of one source have used.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: u32,
    /// Work begun, as milliseconds of the minute's share, drained as time passes (a leaky bucket): a burst of a whole
    /// minute's queries passes at once, after that they pass at the rate.
    begun: u64,
    seen: u64,
    day: Day,
    changed: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Day {
    day: u64,
    bytes: u64,
}

/// What was used, as kept over restarts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// Days since 1970-01-01.
    pub day: u64,
    /// Encoded bytes sent on it.
    pub bytes: u64,
    /// What is left in the bucket of the minute, at [`Used::seen`]: 60,000 for each query.
    #[serde(default)]
    pub begun: u64,
    /// Milliseconds since 1970-01-01.
    #[serde(default)]
    pub seen: u64,
}

impl State {
    /// Brings the state to `now`. A clock that is set back neither refills the minute nor empties the day.
    fn advance(&mut self, now: UnixMillis, budget: &Budget) {
        let passed = now.0.saturating_sub(self.seen);
        self.seen = self.seen.max(now.0);
        let drained = passed.saturating_mul(u64::from(budget.queries_per_minute));
        self.begun = self.begun.saturating_sub(drained);
        if day_of(now) > self.day.day {
            self.day = Day {
                day: day_of(now),
                bytes: 0,
            };
        }
    }

    /// Until the counted day is over, by this clock.
    fn left_of_day(&self, now: UnixMillis) -> Duration {
        let end = (self.day.day + 1).saturating_mul(DAY_MS);
        Duration::from_millis(end.saturating_sub(now.0))
    }
}

impl Ledger {
    /// A ledger that continues where a former run of the connector ended.
    pub fn resume(used: Used) -> Self {
        let Used {
            day,
            bytes,
            begun,
            seen,
        } = used;
        Self {
            state: Mutex::new(State {
                running: 0,
                begun,
                seen,
                day: Day { day, bytes },
                changed: false,
            }),
        }
    }

    /// Takes a place for one query; the place is given back when the slot is dropped. `bytes` of the slot is what is
    /// left of the day, at most.
    pub fn enter(self: &Arc<Self>, budget: &Budget, now: UnixMillis) -> Result<Slot, Exceeded> {
        let mut state = self.lock();
        state.advance(now, budget);
        if state.day.bytes >= budget.bytes_per_day {
            return Err(Exceeded::Day(state.left_of_day(now)));
        }
        if state.running >= budget.concurrent_queries {
            return Err(Exceeded::Concurrency);
        }
        // One query weighs MINUTE_MS; a bucket of queries_per_minute × MINUTE_MS leaks queries_per_minute each ms.
        let per_minute = u64::from(budget.queries_per_minute).max(1);
        let full = per_minute.saturating_mul(MINUTE_MS);
        let after = state.begun.saturating_add(MINUTE_MS);
        if after > full {
            let wait = (after - full).div_ceil(per_minute);
            return Err(Exceeded::Rate(Duration::from_millis(wait)));
        }
        state.begun = after;
        state.changed = true;
        state.running += 1;
        Ok(Slot {
            ledger: Arc::clone(self),
            bytes_left_today: budget.bytes_per_day - state.day.bytes,
        })
    }

    /// Queries that run now.
    pub fn running(&self) -> u32 {
        self.lock().running
    }

    /// What to keep over a restart.
    pub fn used(&self) -> Used {
        let state = self.lock();
        Used {
            day: state.day.day,
            bytes: state.day.bytes,
            begun: state.begun,
            seen: state.seen,
        }
    }

    /// Whether anything was used since the last call.
    pub fn take_changed(&self) -> bool {
        std::mem::take(&mut self.lock().changed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section here leaves the numbers whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one running query.
#[derive(Debug)]
pub struct Slot {
    ledger: Arc<Ledger>,
    bytes_left_today: u64,
}

impl Slot {
    /// Bytes that were left of the day when the query entered.
    pub fn bytes_left_today(&self) -> u64 {
        self.bytes_left_today
    }

    /// Books bytes that are about to leave; refuses those that the day has no room for.
    pub fn spend(&self, budget: &Budget, bytes: u64, now: UnixMillis) -> Result<(), Exceeded> {
        let mut state = self.ledger.lock();
        state.advance(now, budget);
        let after = state.day.bytes.saturating_add(bytes);
        if after > budget.bytes_per_day {
            return Err(Exceeded::Day(state.left_of_day(now)));
        }
        state.day.bytes = after;
        state.changed = true;
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.ledger.lock();
        state.running = state.running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(20_000 * DAY_MS + DAY_MS / 2);

    fn budget() -> Budget {
        Budget {
            rows_per_query: 1,
            bytes_per_query: 1,
            time_per_query: Duration::from_secs(1),
            concurrent_queries: 2,
            queries_per_minute: 3,
            bytes_per_day: 100,
            cost_per_query: 100,
        }
    }

    fn later(seconds: u64) -> UnixMillis {
        UnixMillis(NOON.0 + seconds * 1000)
    }

    #[test]
    fn a_place_is_given_back_when_its_query_ends() {
        let ledger = Arc::new(Ledger::default());
        let first = ledger.enter(&budget(), NOON).expect("first");
        let _second = ledger.enter(&budget(), NOON).expect("second");
        assert_eq!(ledger.enter(&budget(), NOON).err(), Some(Exceeded::Concurrency));
        drop(first);
        assert!(ledger.enter(&budget(), NOON).is_ok());
    }

    #[test]
    fn queries_of_a_minute_are_counted_and_the_wait_is_named() {
        let ledger = Arc::new(Ledger::default());
        for _ in 0..3 {
            ledger.enter(&budget(), NOON).expect("within the minute");
        }
        let wait = Exceeded::Rate(Duration::from_secs(20));
        assert_eq!(ledger.enter(&budget(), NOON).err(), Some(wait));
        assert!(ledger.enter(&budget(), later(20)).is_ok());
        assert!(ledger.enter(&budget(), later(20)).is_err());
    }

    #[test]
    fn bytes_of_a_day_are_refused_until_midnight() {
        let ledger = Arc::new(Ledger::default());
        let slot = ledger.enter(&budget(), NOON).expect("enters");
        slot.spend(&budget(), 100, NOON).expect("fits");
        assert_eq!(
            slot.spend(&budget(), 1, NOON),
            Err(Exceeded::Day(Duration::from_millis(DAY_MS / 2)))
        );
        assert!(matches!(ledger.enter(&budget(), NOON), Err(Exceeded::Day(_))));
        let tomorrow = UnixMillis(NOON.0 + DAY_MS);
        assert!(slot.spend(&budget(), 1, tomorrow).is_ok());
    }

    #[test]
    fn a_clock_set_back_gives_nothing_back() {
        let ledger = Arc::new(Ledger::resume(Used {
            day: day_of(NOON),
            bytes: 100,
            ..Used::default()
        }));
        let yesterday = UnixMillis(NOON.0 - DAY_MS);
        assert!(matches!(
            ledger.enter(&budget(), yesterday),
            Err(Exceeded::Day(_))
        ));
    }

    #[test]
    fn use_is_told_once_for_each_change() {
        let ledger = Arc::new(Ledger::default());
        assert!(!ledger.take_changed());
        let slot = ledger.enter(&budget(), NOON).expect("enters");
        assert!(ledger.take_changed());
        slot.spend(&budget(), 7, NOON).expect("fits");
        assert!(ledger.take_changed());
        assert!(!ledger.take_changed());
        assert_eq!(ledger.used().bytes, 7);
    }

    #[test]
    fn a_restart_refills_neither_the_minute_nor_the_day() {
        let ledger = Arc::new(Ledger::default());
        for _ in 0..3 {
            let slot = ledger.enter(&budget(), NOON).expect("within the minute");
            slot.spend(&budget(), 30, NOON).expect("fits");
        }
        let kept = serde_json::to_string(&ledger.used()).expect("written");
        let again = Arc::new(Ledger::resume(serde_json::from_str(&kept).expect("read")));
        let wait = Exceeded::Rate(Duration::from_secs(20));
        assert_eq!(again.enter(&budget(), NOON).err(), Some(wait));
        let slot = again.enter(&budget(), later(20)).expect("the wait is over");
        assert!(slot.spend(&budget(), 11, later(20)).is_err());
        assert!(slot.spend(&budget(), 10, later(20)).is_ok());
        // What an older version wrote.
        let old: Used = serde_json::from_str("{\"day\":1,\"bytes\":2}").expect("read");
        assert_eq!((old.day, old.bytes, old.begun), (1, 2, 0));
    }
}
