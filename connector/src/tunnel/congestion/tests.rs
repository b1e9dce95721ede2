//! The controller on a simulated path, in virtual time: a bottleneck with a drop-tail queue, delay and random loss, and a
//! sender that spaces packets as quinn does.

use super::*;

const PACKET: u64 = 1_200;

/// Between two looks of the simulation.
const STEP: Duration = Duration::from_micros(100);

/// 100 Mbit/s in bytes per second.
const FAST: f64 = 12_500_000.0;

#[derive(Debug, Clone, Copy)]
struct Path {
    rate: f64,
    delay: Duration,
    queue: Duration,
    loss: f64,
}

const LONG: Path = Path {
    rate: FAST,
    delay: Duration::from_millis(25),
    queue: Duration::from_millis(50),
    loss: 0.0,
};

struct Simulation {
    model: Model,
    path: Path,
    began: Instant,
    now: Duration,
    /// When the bottleneck has sent what it took.
    free_at: Duration,
    tokens: f64,
    number: u64,
    /// On their way: when the acknowledgement is here, the number, when it was sent.
    flying: VecDeque<(Duration, u64, Duration)>,
    /// Lost, and not noticed yet.
    missing: VecDeque<u64>,
    in_flight: u64,
    waiting: u64,
    blocked: bool,
    delivered: u64,
    overflowed: u64,
    longest_queue: Duration,
    random: u64,
}

impl Simulation {
    fn new(path: Path) -> Self {
        let began = Instant::now();
        Self {
            model: Model::new(began, 1_200),
            path,
            began,
            now: Duration::ZERO,
            free_at: Duration::ZERO,
            tokens: 0.0,
            number: 0,
            flying: VecDeque::new(),
            missing: VecDeque::new(),
            in_flight: 0,
            waiting: 0,
            blocked: false,
            delivered: 0,
            overflowed: 0,
            longest_queue: Duration::ZERO,
            random: 7,
        }
    }

    fn chance(&mut self) -> f64 {
        // Knuth's MMIX generator; its upper bits are good enough for loss.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn send(&mut self) {
        let at = self.began + self.now;
        self.model.on_sent(at, PACKET, self.number);
        let start = self.free_at.max(self.now);
        let wait = start - self.now;
        if wait > self.path.queue {
            self.overflowed += 1;
            self.missing.push_back(self.number);
        } else {
            self.longest_queue = self.longest_queue.max(wait);
            self.free_at = start + Duration::from_secs_f64(PACKET as f64 / self.path.rate);
            if self.chance() < self.path.loss {
                self.missing.push_back(self.number);
            } else {
                self.flying
                    .push_back((self.free_at + 2 * self.path.delay, self.number, self.now));
            }
        }
        self.number += 1;
        self.in_flight += PACKET;
    }

    fn settle(&mut self) {
        let now = self.began + self.now;
        let mut newest = None;
        while let Some((_, number, sent)) = self.flying.pop_front_if(|(due, ..)| *due <= self.now) {
            newest = Some(number);
            self.in_flight -= PACKET;
            self.delivered += PACKET;
            self.model.acked(now, self.began + sent, PACKET);
        }
        let Some(newest) = newest else { return };
        let limited = self.waiting < PACKET && !self.blocked;
        self.model.on_end_acks(now, self.in_flight, limited, Some(newest));
        // Three later ones arrived: RFC 9002, section 6.1.1.
        let mut lost = 0;
        while self
            .missing
            .pop_front_if(|number| *number + 3 <= newest)
            .is_some()
        {
            lost += PACKET;
        }
        if lost > 0 {
            self.in_flight -= lost;
            self.waiting += lost;
            self.model.on_congestion_event(now, now, false, lost);
        }
    }

    /// Goes on for a while; `supply` says how much more there is to send at a time.
    fn run(&mut self, time: Duration, mut supply: impl FnMut(Duration) -> u64) {
        let until = self.now + time;
        while self.now < until {
            self.now += STEP;
            self.settle();
            self.waiting += supply(self.now);
            let round = 2 * self.path.delay + self.free_at.saturating_sub(self.now);
            let pace = 1.25 * self.model.window() as f64 / round.as_secs_f64();
            self.tokens =
                (self.tokens + pace * STEP.as_secs_f64()).min((10.0 * PACKET as f64).max(pace * 0.002));
            self.blocked = false;
            while self.waiting >= PACKET {
                if self.in_flight + PACKET > self.model.window() || self.tokens < PACKET as f64 {
                    self.blocked = true;
                    break;
                }
                self.tokens -= PACKET as f64;
                self.waiting -= PACKET;
                self.send();
            }
        }
    }

    /// The share of the path's rate that was delivered over a time with more to send than passes.
    fn share(&mut self, time: Duration) -> f64 {
        let before = self.delivered;
        self.run(time, |_| 10 * PACKET);
        (self.delivered - before) as f64 / (self.path.rate * time.as_secs_f64())
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_long_path_is_filled_whatever_it_loses() {
    for loss in [0.0, 0.01, 0.05] {
        let mut simulation = Simulation::new(Path { loss, ..LONG });
        simulation.share(seconds(1));
        let share = simulation.share(seconds(25));
        assert!(share > 0.9 * (1.0 - loss), "{loss}: {share}");
    }
}

#[test]
fn a_table_after_many_single_rows_begins_at_speed() {
    let mut simulation = Simulation::new(LONG);
    let mut next = Duration::ZERO;
    simulation.run(seconds(30), |now| {
        if now < next {
            return 0;
        }
        next = now + Duration::from_millis(51);
        2 * PACKET
    });
    let share = simulation.share(seconds(1));
    assert!(share > 0.5, "{share}");
    assert!(simulation.share(seconds(2)) > 0.9);
    // And again after a pause in which only probes were sent.
    simulation.run(seconds(20), |_| 0);
    let share = simulation.share(seconds(1));
    assert!(share > 0.8, "{share}");
}

#[test]
fn the_queue_stays_short_once_the_path_is_known() {
    let mut simulation = Simulation::new(LONG);
    simulation.share(seconds(2));
    (simulation.overflowed, simulation.longest_queue) = (0, Duration::ZERO);
    simulation.share(seconds(30));
    assert_eq!(simulation.overflowed, 0);
    assert!(
        simulation.longest_queue < Duration::from_millis(30),
        "{:?}",
        simulation.longest_queue
    );
}

#[test]
fn a_short_queue_costs_little() {
    let mut simulation = Simulation::new(Path {
        queue: Duration::from_millis(5),
        ..LONG
    });
    simulation.share(seconds(2));
    let (sent, overflowed) = (simulation.number, simulation.overflowed);
    let share = simulation.share(seconds(20));
    let lost = (simulation.overflowed - overflowed) as f64 / (simulation.number - sent) as f64;
    assert!(share > 0.85, "{share}");
    assert!(lost < 0.12, "{lost}");
}

#[test]
fn a_local_network_is_filled_without_flooding_the_receivers_socket() {
    // 2 Gbit/s, a tenth of a millisecond, and a socket that holds 200 kB.
    let local = Path {
        rate: 250_000_000.0,
        delay: Duration::from_micros(50),
        queue: Duration::from_micros(800),
        loss: 0.0,
    };
    let mut simulation = Simulation::new(local);
    simulation.run(seconds(1), |_| 40 * PACKET);
    let (sent, overflowed, delivered) = (simulation.number, simulation.overflowed, simulation.delivered);
    simulation.run(seconds(1), |_| 40 * PACKET);
    let lost = (simulation.overflowed - overflowed) as f64 / (simulation.number - sent) as f64;
    let share = (simulation.delivered - delivered) as f64 / local.rate;
    assert!(share > 0.7, "{share}");
    assert!(lost < 0.05, "{lost}");
}

#[test]
fn a_path_that_changes_is_followed() {
    let mut simulation = Simulation::new(LONG);
    simulation.share(seconds(3));
    simulation.path.rate = FAST / 5.0;
    simulation.share(seconds(5));
    simulation.overflowed = 0;
    assert!(simulation.share(seconds(5)) > 0.85);
    assert!(simulation.overflowed < 200, "{}", simulation.overflowed);
    simulation.path.rate = FAST;
    simulation.share(seconds(4));
    let share = simulation.share(seconds(5));
    assert!(share > 0.85, "{share}");
    // A longer way: another route, or a satellite.
    simulation.path.delay *= 4;
    simulation.share(seconds(25));
    let share = simulation.share(seconds(10));
    assert!(share > 0.75, "{share}");
}

#[test]
fn a_way_that_becomes_hundreds_of_times_longer_is_noticed_within_rounds() {
    for loss in [0.01, 0.05] {
        let local = Path {
            delay: Duration::from_micros(50),
            ..LONG
        };
        let mut simulation = Simulation::new(local);
        simulation.run(
            seconds(1),
            |now| if now.as_millis() % 10 == 0 { PACKET } else { 0 },
        );
        (simulation.path.delay, simulation.path.loss) = (LONG.delay, loss);
        simulation.share(seconds(2));
        let share = simulation.share(seconds(3));
        assert!(share > 0.8, "{loss}: {share}");
    }
}

#[test]
fn nothing_that_comes_through_means_to_begin_anew() {
    let mut simulation = Simulation::new(LONG);
    simulation.share(seconds(3));
    let now = simulation.began + simulation.now;
    simulation.model.on_congestion_event(now, now, true, 100 * PACKET);
    assert_eq!(simulation.model.window(), MIN_PACKETS * PACKET);
    simulation.share(seconds(2));
    assert!(simulation.share(seconds(3)) > 0.85);
}
