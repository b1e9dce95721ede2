//! The door: whose handshake begins now, who waits, who shows its address first, who is turned away.
//!
//! After a restart every connector of a node comes back at once. A handshake is work for the processor, so they begin at
//! a rate ([`Bounds::per_second`]) that leaves the most of it to tunnels that stand, and no more are in progress than
//! [`Bounds::at_once`]. Beyond the rate a short line waits, for what a second lets in at the most; whoever finds it full
//! is refused at once (CONNECTION_REFUSED), which a connector takes for "busy": it comes back after a random and growing
//! time. As soon as anybody waits, or half of what may enter at once has entered, a peer has to show first that it
//! receives at the address that it sends from (QUIC Retry, RFC 9000, section 8.1.2): so addresses that were made up take
//! neither a token nor a place in the line.
//!
//! A machine: time is an argument, and what stands at the door is any `T`.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Attempts in the line at the most. Each has shown its address and holds its first datagrams.
pub(super) const LONGEST_LINE: usize = 512;

/// How long one may stand in the line, by what the rate lets in: a connector gives a handshake five seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What may enter at once after a quiet time is what the rate lets in within this: few enough that queries of tunnels
/// that stand do not wait for them.
const BURST: Duration = Duration::from_millis(250);

/// Handshakes in progress from which on an address is to be shown first.
const SHOW_FROM: usize = 64;

/// Places become free without a word to the door; between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long it is remembered who was turned away, and how many: the rest of a first flight is here by then, and nobody tries
/// again within a second (RFC 9002, section 6.2.2).
const MOMENT: Duration = Duration::from_millis(250);
const MOST_TURNED: usize = 1024;

/// How many may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Handshakes in progress, the wait for Hello included.
    pub at_once: usize,
    /// Handshakes that begin in a second.
    pub per_second: u32,
}

/// What becomes of who comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<T> {
    /// The handshake begins.
    Enter(T),
    /// It stands in the line.
    Wait,
    /// It is asked to come again and show its address.
    Show(T),
    /// There is no room.
    Refuse(T),
}

/// The door of one listener.
#[derive(Debug)]
pub(super) struct Door<T> {
    bounds: Bounds,
    line: VecDeque<T>,
    /// Of a second's handshakes, what may enter now: in seconds' parts, up to the burst.
    tokens: f64,
    counted: Instant,
}

impl<T> Door<T> {
    pub(super) fn new(bounds: Bounds, now: Instant) -> Self {
        let mut door = Self {
            bounds,
            line: VecDeque::new(),
            tokens: 0.0,
            counted: now,
        };
        door.tokens = door.burst();
        door
    }

    /// Somebody comes. `shown`: whether it is known to receive at its address, or cannot be asked to show it. `inside`:
    /// handshakes in progress.
    pub(super) fn comes(&mut self, who: T, shown: bool, inside: usize, now: Instant) -> Verdict<T> {
        self.count(now);
        let crowd = inside >= SHOW_FROM.min(self.bounds.at_once / 2)
            || !self.line.is_empty()
            || self.tokens < self.burst() / 2.0;
        if inside >= self.bounds.at_once {
            return Verdict::Refuse(who);
        }
        if crowd && !shown {
            return Verdict::Show(who);
        }
        if self.line.is_empty() && self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Verdict::Enter(who);
        }
        if self.line.len() < self.longest_line() {
            self.line.push_back(who);
            return Verdict::Wait;
        }
        Verdict::Refuse(who)
    }

    /// The next of the line, if it may enter.
    pub(super) fn next(&mut self, inside: usize, now: Instant) -> Option<T> {
        self.count(now);
        if self.line.is_empty() || inside >= self.bounds.at_once || self.tokens < 1.0 {
            return None;
        }
        self.tokens -= 1.0;
        self.line.pop_front()
    }

    /// For who cannot wait: a turn now, or none.
    pub(super) fn turn(&mut self, inside: usize, now: Instant) -> Option<()> {
        self.count(now);
        if inside >= self.bounds.at_once || self.tokens < 1.0 {
            return None;
        }
        self.tokens -= 1.0;
        Some(())
    }

    /// When to call [`next`](Self::next): never while nobody waits.
    pub(super) fn due(&self) -> Option<Instant> {
        let missing = (1.0 - self.tokens).max(0.0) / f64::from(self.bounds.per_second);
        // With a token at hand it is a place that is missing.
        let least = if missing > 0.0 {
            Duration::from_millis(1)
        } else {
            LOOK_AGAIN
        };
        let wait = Duration::from_secs_f64(missing).max(least);
        (!self.line.is_empty()).then(|| self.counted + wait)
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.line.len()
    }

    fn count(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.tokens = (self.tokens + passed * f64::from(self.bounds.per_second)).min(self.burst());
        self.counted = self.counted.max(now);
    }

    fn burst(&self) -> f64 {
        (f64::from(self.bounds.per_second) * BURST.as_secs_f64()).max(1.0)
    }

    fn longest_line(&self) -> usize {
        let within = f64::from(self.bounds.per_second) * LONGEST_WAIT.as_secs_f64();
        LONGEST_LINE.min(within as usize).max(1)
    }
}

/// Who was turned away a moment ago. A first flight has two datagrams, for ML-KEM's key is a large one; the second would be taken
/// for another attempt, and hold a place until its deadline.
#[derive(Debug)]
pub(super) struct Turned<K> {
    recent: VecDeque<(K, Instant)>,
}

impl<K: PartialEq> Turned<K> {
    pub(super) fn new() -> Self {
        Self {
            recent: VecDeque::new(),
        }
    }

    /// This one was told to go, or to come again.
    pub(super) fn note(&mut self, who: K, now: Instant) {
        if self.recent.len() >= MOST_TURNED {
            self.recent.pop_front();
        }
        self.recent.push_back((who, now));
    }

    /// Whether this one was.
    pub(super) fn holds(&mut self, who: &K, now: Instant) -> bool {
        let old = |at: Instant| now.saturating_duration_since(at) >= MOMENT;
        while self.recent.front().is_some_and(|(_, at)| old(*at)) {
            self.recent.pop_front();
        }
        self.recent.iter().any(|(known, _)| known == who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_flight_that_was_turned_away_is_known_for_a_moment() {
        let origin = Instant::now();
        let mut turned = Turned::new();
        turned.note(7, origin);
        assert!(turned.holds(&7, ms(origin, 249)) && !turned.holds(&8, origin));
        assert!(!turned.holds(&7, ms(origin, 250)));
        for n in 0..2 * MOST_TURNED {
            turned.note(n, origin);
        }
        assert_eq!(turned.recent.len(), MOST_TURNED);
        assert!(!turned.holds(&0, origin) && turned.holds(&MOST_TURNED, origin));
    }

    const BOUNDS: Bounds = Bounds {
        at_once: 512,
        per_second: 100,
    };

    fn ms(origin: Instant, ms: u64) -> Instant {
        origin + Duration::from_millis(ms)
    }

    #[test]
    fn a_quiet_door_is_open_to_all_and_asks_nobody() {
        let origin = Instant::now();
        let mut door = Door::new(BOUNDS, origin);
        for n in 0..50 {
            assert_eq!(door.comes(n, false, 0, ms(origin, n * 100)), Verdict::Enter(n));
        }
        assert_eq!(door.due(), None);
    }

    #[test]
    fn a_crowd_enters_at_the_rate_and_the_rest_is_refused_at_once() {
        let origin = Instant::now();
        let mut door = Door::new(BOUNDS, origin);
        let (mut entered, mut waiting, mut refused) = (0, 0, 0);
        for n in 0..1000 {
            match door.comes(n, true, 0, origin) {
                Verdict::Enter(_) => entered += 1,
                Verdict::Wait => waiting += 1,
                Verdict::Refuse(_) => refused += 1,
                Verdict::Show(_) => panic!("its address was shown"),
            }
        }
        // A quarter of a second's, and a line of a second's.
        assert_eq!((entered, waiting, refused), (25, 100, 875));
        assert_eq!(door.waiting(), 100);
        let mut later = 0;
        let mut now = origin;
        while let Some(due) = door.due() {
            assert!(due > now);
            now = due;
            while let Some(n) = door.next(0, now) {
                assert_eq!(n, 25 + later, "in the order in which they came");
                later += 1;
            }
        }
        assert_eq!(later, 100);
        let took = now.duration_since(origin);
        assert!(
            took >= Duration::from_millis(990) && took <= Duration::from_millis(1200),
            "{took:?}"
        );
    }

    #[test]
    fn addresses_that_were_made_up_take_no_token_and_no_place_in_the_line() {
        let origin = Instant::now();
        let mut door = Door::new(BOUNDS, origin);
        let mut entered = 0;
        for n in 0..100_000_u64 {
            match door.comes(n, false, 0, origin + Duration::from_micros(n)) {
                Verdict::Enter(_) => entered += 1,
                Verdict::Show(_) => {}
                other => panic!("{other:?}"),
            }
        }
        // Half a burst, and then what comes back of it while they come: never more than the rate.
        assert!(entered <= 25, "{entered}");
        assert_eq!(door.waiting(), 0);
        assert_eq!(door.comes(0, true, 0, ms(origin, 100)), Verdict::Enter(0));
    }

    #[test]
    fn with_every_place_taken_nobody_enters() {
        let origin = Instant::now();
        let mut door = Door::new(BOUNDS, origin);
        assert_eq!(door.comes(1, true, 512, origin), Verdict::Refuse(1));
        for n in 0..26 {
            door.comes(n, true, 0, origin);
        }
        assert_eq!(door.waiting(), 1);
        assert_eq!(door.next(512, ms(origin, 500)), None);
        assert_eq!(door.next(511, ms(origin, 500)), Some(25));
    }

    #[test]
    fn who_cannot_wait_has_a_turn_at_the_rate_or_none() {
        let origin = Instant::now();
        let mut door = Door::<()>::new(BOUNDS, origin);
        assert_eq!(door.turn(512, origin), None);
        let turns = (0..100).filter(|_| door.turn(0, origin).is_some()).count();
        assert_eq!(turns, 25);
        assert_eq!(door.turn(0, ms(origin, 20)), Some(()));
    }

    #[test]
    fn a_line_of_the_slowest_rate_holds_one() {
        let origin = Instant::now();
        let bounds = Bounds {
            at_once: 16,
            per_second: 1,
        };
        let mut door = Door::new(bounds, origin);
        let verdicts = [0, 1, 2].map(|n| door.comes(n, true, 0, origin));
        assert_eq!(verdicts, [Verdict::Enter(0), Verdict::Wait, Verdict::Refuse(2)]);
    }
}
