//! Congestion control of the tunnel's sending side: a model of the path in the manner of BBR
//! (draft-ietf-ccwg-bbr), with a window only.
//!
//! It is here because results cross links that lose packets, where control by loss moves a fortieth of what the link
//! carries, and because a tunnel sends single rows for hours and then a whole table. quinn's own BBR, which its authors
//! call experimental, measures the rate between two single packets and keeps the least round trip that it ever saw
//! (docs/performance.md, "Congestion control").
//!
//! What is estimated:
//! - the path's rate: the most that was delivered in one round trip, over the last [`ROUNDS`] of them. A sample is taken
//!   by the rules of draft-cheng-iccrg-delivery-rate-estimation; one from a time when there was too little to send
//!   counts only if it is higher.
//! - its round trip without a queue: the least of the last [`ROUND_TRIP_AGE`], for which the queue is let drain when
//!   none was seen for so long.
//!
//! The window is their product with some headroom ([`HEADROOM`], [`SLACK`]): enough to notice when the path becomes
//! faster, since then more is delivered in a round, and a queue of less than half a round trip. Loss alone changes
//! nothing, up to the share at which a short queue is the likelier cause ([`CROWDED`]). quinn spaces packets out over a
//! round trip by the window.
//!
//! No clock and no socket: quinn calls with the time.

use std::{any::Any, collections::VecDeque, sync::Arc, time::Duration, time::Instant};

use quinn::congestion::{Controller, ControllerFactory};
use quinn_proto::RttEstimator;

/// Full rounds whose highest rate counts: long enough to bridge a burst of losses, short enough to follow a path that
/// became slower within a second on most.
const ROUNDS: u64 = 10;

/// Age from which the round trip is measured anew.
const ROUND_TRIP_AGE: Duration = Duration::from_secs(10);

/// How long the queue is let drain for that, at least.
const DRAIN: Duration = Duration::from_millis(200);

/// Window over rate times round trip: a path that became faster is filled by a quarter more each round.
const HEADROOM: f64 = 1.25;

/// More window at the most, as time at the path's rate: acknowledgements that come in bunches, and hosts that are busy.
/// Beside the round trip of a local network it is nearly all of the window, and a receiver's socket may hold less.
const SLACK: Duration = Duration::from_millis(5);

/// The least of it that is left where packets are lost.
const LEAST_SLACK: Duration = Duration::from_micros(250);

/// Share of lost bytes in a round from which on the slack is halved.
const STRAINED: f64 = 0.005;

/// Between two halvings, or two steps of a quarter back: the losses of one overflow come over several round trips.
const SLACK_STEP: Duration = Duration::from_millis(50);
const SLACK_RETURN: Duration = Duration::from_secs(1);

/// Share of lost bytes in a round from which on the queue is taken to be short or shared, and gets no headroom. Above
/// what bad radio links lose.
const CROWDED: f64 = 0.10;

/// Packets of a round that have to be lost for that: of four, one is a quarter.
const CROWDED_PACKETS: u64 = 16;

/// Full rounds in a row, all of them over twice the known round trip and more, after which the way has become longer:
/// the queue that this window makes is shorter than that.
const LONGER_ROUNDS: u32 = 3;

/// Rounds after a crowded one without headroom.
const CROWDED_ROUNDS: u64 = 10;

/// Growth of the rate in a round that keeps the start-up going.
const GROWTH: f64 = 1.25;

/// Rounds without it that end the start-up.
const FLAT_ROUNDS: u32 = 2;

/// The first window in packets, as large senders use it.
const INITIAL_PACKETS: u64 = 32;

/// The least window in packets: two for each acknowledgement.
const MIN_PACKETS: u64 = 4;

/// Transmissions that are remembered until they are acknowledged. Each is up to ten packets; a window of 16 MiB is under
/// 1,200 of them where packets go out in bunches. One that is forgotten gives no sample.
const MAX_SENT: usize = 16_384;

/// Makes the controller of a connection.
#[derive(Debug, Default)]
pub(super) struct ModelConfig;

impl ControllerFactory for ModelConfig {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        Box::new(Model::new(now, mtu))
    }
}

/// A transmission, and what had been delivered when it went out.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    delivered: u64,
    delivered_at: Instant,
    /// The transmission whose acknowledgement was the newest then.
    since: Instant,
    /// There was not enough to send.
    limited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The window grows with everything that is delivered.
    StartUp,
    /// The model holds.
    Steady,
    /// The queue drains, until then.
    Draining(Instant),
}

#[derive(Debug, Clone)]
struct Model {
    mtu: u64,
    phase: Phase,
    window: u64,
    in_flight: u64,
    delivered: u64,
    delivered_at: Instant,
    newest_acked: Instant,
    /// What is delivered when the last byte is that was sent while there was too little to send.
    limited_until: Option<u64>,
    sent: VecDeque<Sent>,
    /// The newest transmission of the acknowledgement that is being read.
    acked: Option<Sent>,
    acked_bytes: u64,
    /// Rates of the last rounds in bytes per second, falling.
    rates: VecDeque<(u64, f64)>,
    round: u64,
    round_ends: u64,
    round_began: u64,
    round_lost: u64,
    round_rtt: Duration,
    crowded_until: u64,
    slack: Duration,
    slack_at: Instant,
    rtt: Duration,
    rtt_at: Instant,
    drained_rtt: Duration,
    longer_rounds: u32,
    full_rate: f64,
    flat_rounds: u32,
}

impl Model {
    fn new(now: Instant, mtu: u16) -> Self {
        Self {
            mtu: mtu.into(),
            phase: Phase::StartUp,
            window: INITIAL_PACKETS * u64::from(mtu),
            in_flight: 0,
            delivered: 0,
            delivered_at: now,
            newest_acked: now,
            limited_until: None,
            sent: VecDeque::new(),
            acked: None,
            acked_bytes: 0,
            rates: VecDeque::new(),
            round: 0,
            round_ends: 0,
            round_began: 0,
            round_lost: 0,
            round_rtt: Duration::MAX,
            crowded_until: 0,
            slack: SLACK,
            slack_at: now,
            rtt: Duration::MAX,
            rtt_at: now,
            drained_rtt: Duration::MAX,
            longer_rounds: 0,
            full_rate: 0.0,
            flat_rounds: 0,
        }
    }

    /// Bytes per second; zero before the first sample.
    fn rate(&self) -> f64 {
        self.rates.front().map_or(0.0, |(_, rate)| *rate)
    }

    fn least_window(&self) -> u64 {
        MIN_PACKETS * self.mtu
    }

    /// Rate times round trip, with `headroom` and `slack`.
    fn product(&self, headroom: f64, slack: Duration) -> u64 {
        let time = self.rtt.as_secs_f64() * headroom + slack.as_secs_f64();
        // A float beyond the integers saturates.
        ((self.rate() * time) as u64).max(self.least_window())
    }

    /// A packet that was sent at a time has arrived.
    fn acked(&mut self, now: Instant, sent: Instant, bytes: u64) {
        self.delivered += bytes;
        self.acked_bytes += bytes;
        self.delivered_at = now;
        let found = self.sent.binary_search_by_key(&sent, |sent| sent.at);
        if let Some(sent) = found.ok().and_then(|at| self.sent.get(at))
            && self.acked.is_none_or(|acked| acked.at < sent.at)
        {
            self.acked = Some(*sent);
        }
    }

    /// Takes the sample that the newest acknowledged transmission gives, and says whether it ended a round.
    fn sample(&mut self, now: Instant, newest: &Sent) -> bool {
        let rtt = now.saturating_duration_since(newest.at);
        self.round_rtt = self.round_rtt.min(rtt);
        self.drained_rtt = self.drained_rtt.min(rtt);
        if rtt <= self.rtt {
            (self.rtt, self.rtt_at) = (rtt, now);
        }
        let sending = newest.at.saturating_duration_since(newest.since);
        let receiving = now.saturating_duration_since(newest.delivered_at);
        let interval = sending.max(receiving);
        // Shorter than any round trip: the clock or the host was in the way.
        if interval >= self.rtt && !interval.is_zero() {
            let rate = (self.delivered - newest.delivered) as f64 / interval.as_secs_f64();
            if !newest.limited || rate >= self.rate() {
                self.keep(rate);
            }
        }
        !newest.limited && newest.delivered >= self.round_ends
    }

    fn keep(&mut self, rate: f64) {
        while self.rates.back().is_some_and(|(_, older)| *older <= rate) {
            self.rates.pop_back();
        }
        // A lower one of the same round could only outlive its successor by nothing.
        if self.rates.back().is_none_or(|(round, _)| *round < self.round) {
            self.rates.push_back((self.round, rate));
        }
        while self
            .rates
            .front()
            .is_some_and(|(round, _)| round + ROUNDS <= self.round)
        {
            self.rates.pop_front();
        }
    }

    /// Rounds in which there was too little to send do not count: they say nothing about the path.
    fn end_round(&mut self, now: Instant) {
        self.round += 1;
        let sent = self.delivered - self.round_began + self.round_lost;
        let lost = self.round_lost as f64 / sent.max(1) as f64;
        if lost > CROWDED && self.round_lost >= CROWDED_PACKETS * self.mtu {
            self.crowded_until = self.round + CROWDED_ROUNDS;
        }
        let since = now.saturating_duration_since(self.slack_at);
        if lost > STRAINED && since >= SLACK_STEP {
            (self.slack, self.slack_at) = ((self.slack / 2).max(LEAST_SLACK), now);
        } else if lost == 0.0 && since >= SLACK_RETURN {
            (self.slack, self.slack_at) = ((self.slack + self.slack / 4).min(SLACK), now);
        }
        if self.phase == Phase::StartUp {
            if self.rate() >= self.full_rate * GROWTH {
                (self.full_rate, self.flat_rounds) = (self.rate(), 0);
            } else {
                self.flat_rounds += 1;
            }
            // The rate grows no more, or there is a queue already of half a round trip.
            let queue = self.round_rtt.saturating_sub(self.rtt);
            if self.flat_rounds >= FLAT_ROUNDS || queue > self.rtt / 2 + SLACK {
                self.phase = Phase::Steady;
            }
        }
        if self.round_rtt > self.rtt.saturating_add(SLACK).saturating_mul(2) {
            self.longer_rounds += 1;
            if self.longer_rounds >= LONGER_ROUNDS {
                (self.rtt, self.rtt_at, self.longer_rounds) = (self.round_rtt, now, 0);
            }
        } else {
            self.longer_rounds = 0;
        }
        (self.round_began, self.round_ends) = (self.delivered, self.delivered);
        (self.round_lost, self.round_rtt) = (0, Duration::MAX);
    }

    /// Keeps the round trip fresh.
    fn refresh(&mut self, now: Instant, limited: bool) {
        match self.phase {
            Phase::Draining(until) if now >= until => {
                (self.rtt, self.rtt_at) = (self.drained_rtt, now);
                self.phase = Phase::Steady;
            }
            _ if now.saturating_duration_since(self.rtt_at) <= ROUND_TRIP_AGE => {}
            // There is no queue of ours: the next sample is as good as any.
            _ if limited => (self.rtt, self.rtt_at) = (Duration::MAX, now),
            Phase::Steady => {
                self.phase = Phase::Draining(now + DRAIN.max(self.rtt));
                self.drained_rtt = Duration::MAX;
            }
            Phase::StartUp | Phase::Draining(_) => {}
        }
    }

    fn resize(&mut self, limited: bool) {
        self.window = match self.phase {
            // Without a round trip there is no model; with too little to send nothing tests a larger window.
            _ if self.rtt == Duration::MAX => self.window,
            Phase::StartUp if limited => self.window,
            Phase::StartUp => self.window.saturating_add(self.acked_bytes),
            Phase::Draining(_) => self.product(0.5, Duration::ZERO),
            Phase::Steady if self.round < self.crowded_until => self.product(1.0, self.slack / 2),
            Phase::Steady => self.product(HEADROOM, self.slack),
        };
    }
}

impl Controller for Model {
    fn on_sent(&mut self, now: Instant, bytes: u64, _: u64) {
        if self.in_flight == 0 {
            // What was delivered before the pause is not what this is measured by.
            (self.delivered_at, self.newest_acked) = (now, now);
        }
        self.in_flight += bytes;
        let sent = Sent {
            at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            since: self.newest_acked,
            limited: self.limited_until.is_some(),
        };
        if self.sent.back().is_none_or(|last| last.at < now) {
            if self.sent.len() >= MAX_SENT {
                self.sent.pop_front();
            }
            self.sent.push_back(sent);
        }
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _: bool, _: &RttEstimator) {
        self.acked(now, sent, bytes);
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, limited: bool, _: Option<u64>) {
        self.in_flight = in_flight;
        if self.limited_until.is_some_and(|until| self.delivered > until) {
            self.limited_until = None;
        }
        if limited {
            self.limited_until = Some(self.delivered + in_flight);
        }
        if let Some(newest) = self.acked.take() {
            let round = self.sample(now, &newest);
            self.newest_acked = self.newest_acked.max(newest.at);
            if round {
                self.end_round(now);
            }
        }
        // Older ones are acknowledged late or lost: their samples would be worth nothing.
        let old = self.newest_acked.checked_sub(self.rtt.min(ROUND_TRIP_AGE));
        while self
            .sent
            .front()
            .zip(old)
            .is_some_and(|(sent, old)| sent.at < old)
        {
            self.sent.pop_front();
        }
        self.refresh(now, limited);
        self.resize(limited);
        self.acked_bytes = 0;
    }

    fn on_congestion_event(&mut self, _: Instant, _: Instant, persistent: bool, lost: u64) {
        self.in_flight = self.in_flight.saturating_sub(lost);
        self.round_lost += lost;
        if persistent {
            // Nothing came through for a while: whatever the path was, it is to be found out anew.
            self.rates.clear();
            (self.phase, self.full_rate, self.flat_rounds) = (Phase::StartUp, 0.0, 0);
            self.window = self.least_window();
        } else if lost == 0 {
            // A router says so (ECN, RFC 3168) before it has to drop.
            self.crowded_until = self.round + CROWDED_ROUNDS;
        }
    }

    fn on_mtu_update(&mut self, mtu: u16) {
        self.mtu = mtu.into();
        self.window = self.window.max(self.least_window());
    }

    fn window(&self) -> u64 {
        self.window
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        INITIAL_PACKETS * self.mtu
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests;
