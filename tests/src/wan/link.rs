//! One direction of the link: a bottleneck with a bounded drop-tail queue, then a wire with a propagation delay,
//! independent loss, reordering and duplication. Arithmetic on a clock that is handed in, so it is tested without a kernel.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Bytes under way in one direction, whatever the shape says: 100 ms at 10 Gbit/s with as much again in the queue.
const MAX_HELD: usize = 256 << 20;

/// Buffers kept for further packets.
const MAX_SPARE: usize = 4096;

/// Which packets a direction lets through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Passes {
    /// All.
    #[default]
    All,
    /// All but UDP, as behind many a corporate firewall.
    NoUdp,
    /// None: the link is cut.
    Nothing,
}

/// What one direction does to packets. The default does nothing to them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Shape {
    /// Bits per second; 0 is as fast as the machine can.
    pub rate: u64,
    /// Propagation delay, one way.
    pub delay: Duration,
    /// Longest wait in the bottleneck's queue; a packet that would wait longer is dropped.
    pub queue: Duration,
    /// Chance, from 0 to 1, that a packet is lost on the wire.
    pub loss: f64,
    /// Chance, from 0 to 1, that a packet overtakes: it arrives without the delay.
    pub reorder: f64,
    /// Chance, from 0 to 1, that a packet is held up on the wire and overtaken, and for how long.
    pub straggle: (f64, Duration),
    /// Chance, from 0 to 1, that a packet arrives twice.
    pub duplicate: f64,
    /// Which packets pass.
    pub passes: Passes,
}

impl Shape {
    /// A link of `megabits` per second with `delay` each way, no loss, and a queue of 50 ms, as routers have it.
    #[must_use]
    pub fn new(megabits: u64, delay: Duration) -> Self {
        Self {
            rate: megabits * 1_000_000,
            delay,
            queue: Duration::from_millis(50),
            ..Self::default()
        }
    }

    /// The same with this chance of loss in each direction.
    #[must_use]
    pub fn losing(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    /// The same with this chance that a packet overtakes.
    #[must_use]
    pub fn reordering(self, reorder: f64) -> Self {
        Self { reorder, ..self }
    }

    /// The same with this chance that a packet is held up for so long.
    #[must_use]
    pub fn straggling(self, chance: f64, by: Duration) -> Self {
        Self {
            straggle: (chance, by),
            ..self
        }
    }

    /// The same with this chance that a packet arrives twice.
    #[must_use]
    pub fn duplicating(self, duplicate: f64) -> Self {
        Self { duplicate, ..self }
    }
}

/// What happened to the packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Delivered, those included that were not sent.
    pub packets: u64,
    /// Bytes delivered, IP headers included.
    pub bytes: u64,
    /// Lost on the wire.
    pub lost: u64,
    /// Copies that the wire has made.
    pub duplicated: u64,
    /// Those that did not keep their place in the order.
    pub misplaced: u64,
    /// Dropped at the full queue.
    pub overflowed: u64,
    /// Not let through.
    pub filtered: u64,
}

#[derive(Debug)]
pub(super) struct Link {
    /// When the bottleneck will have sent all that it accepted.
    free_at: Duration,
    /// The latest arrival of a packet that does not overtake.
    last_due: Duration,
    held: BinaryHeap<Packet>,
    held_bytes: usize,
    accepted: u64,
    spare: Vec<Vec<u8>>,
    random: StdRng,
}

#[derive(Debug, PartialEq, Eq)]
struct Packet {
    due: Duration,
    number: u64,
    bytes: Vec<u8>,
}

impl Ord for Packet {
    /// The greatest is the next to be delivered; packets due together keep their order.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl PartialOrd for Packet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Link {
    /// The same seed loses and reorders the same packets.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            free_at: Duration::ZERO,
            last_due: Duration::ZERO,
            held: BinaryHeap::new(),
            held_bytes: 0,
            accepted: 0,
            spare: Vec::new(),
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Takes an IP packet that arrived at `now`.
    pub(super) fn offer(&mut self, now: Duration, packet: &[u8], shape: &Shape, counts: &mut Counts) {
        let passes = match shape.passes {
            Passes::All => true,
            Passes::NoUdp => !is_udp(packet),
            Passes::Nothing => false,
        };
        if !passes {
            counts.filtered += 1;
            return;
        }
        let bits = u64::try_from(packet.len()).unwrap_or(u64::MAX).saturating_mul(8);
        match bits.saturating_mul(1_000_000_000).checked_div(shape.rate) {
            None => self.free_at = now,
            Some(sending) => {
                let start = self.free_at.max(now);
                if start.saturating_sub(now) > shape.queue {
                    counts.overflowed += 1;
                    return;
                }
                self.free_at = start + Duration::from_nanos(sending);
            }
        }
        // After the bottleneck: a packet that is lost has used its share of the rate.
        if self.random.random_bool(shape.loss.clamp(0.0, 1.0)) {
            counts.lost += 1;
            return;
        }
        if self.held_bytes + packet.len() > MAX_HELD {
            counts.overflowed += 1;
            return;
        }
        let due = if shape.reorder > 0.0 && self.random.random_bool(shape.reorder.min(1.0)) {
            counts.misplaced += 1;
            self.free_at
        } else if shape.straggle.0 > 0.0 && self.random.random_bool(shape.straggle.0.min(1.0)) {
            counts.misplaced += 1;
            self.free_at + shape.delay + shape.straggle.1
        } else {
            // A delay that was made shorter does not reorder what is under way.
            self.last_due = self.last_due.max(self.free_at + shape.delay);
            self.last_due
        };
        if shape.duplicate > 0.0 && self.random.random_bool(shape.duplicate.min(1.0)) {
            counts.duplicated += 1;
            self.hold(due, packet);
        }
        self.hold(due, packet);
    }

    /// Puts a packet on the wire. A copy may exceed the bound on what is held by itself.
    fn hold(&mut self, due: Duration, packet: &[u8]) {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(packet);
        self.held_bytes += bytes.len();
        self.accepted += 1;
        self.held.push(Packet {
            due,
            number: self.accepted,
            bytes,
        });
    }

    /// When the next packet arrives.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.held.peek().map(|packet| packet.due)
    }

    /// Hands every packet that has arrived by `now` to `deliver`.
    pub(super) fn deliver(&mut self, now: Duration, counts: &mut Counts, mut deliver: impl FnMut(&[u8])) {
        while self.next_due().is_some_and(|due| due <= now) {
            let Some(Packet { bytes, .. }) = self.held.pop() else {
                return;
            };
            deliver(&bytes);
            counts.packets += 1;
            counts.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.held_bytes -= bytes.len();
            if self.spare.len() < MAX_SPARE {
                self.spare.push(bytes);
            }
        }
    }
}

/// By the protocol number of the IPv4 or IPv6 header.
fn is_udp(packet: &[u8]) -> bool {
    const UDP: u8 = 17;
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => packet.get(9) == Some(&UDP),
        Some(6) => packet.get(6) == Some(&UDP),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn arrivals(link: &mut Link, until: Duration, counts: &mut Counts) -> Vec<u8> {
        let mut seen = Vec::new();
        link.deliver(until, counts, |packet| seen.push(packet[1]));
        seen
    }

    #[test]
    fn rate_and_delay_decide_when_a_packet_arrives() {
        let shape = Shape {
            rate: 8_000_000,
            ..Shape::new(0, 25 * MS)
        };
        let (mut link, mut counts) = (Link::new(1), Counts::default());
        for number in [1, 2] {
            // 1,000 bytes take 1 ms at 8 Mbit/s.
            link.offer(
                Duration::ZERO,
                &[[0x45, number].as_slice(), &[0; 998]].concat(),
                &shape,
                &mut counts,
            );
        }
        assert_eq!(link.next_due(), Some(26 * MS));
        assert_eq!(arrivals(&mut link, 26 * MS, &mut counts), [1]);
        assert_eq!(link.next_due(), Some(27 * MS));
    }

    #[test]
    fn a_full_queue_drops_the_tail() {
        let shape = Shape {
            rate: 8_000_000,
            queue: 10 * MS,
            ..Shape::default()
        };
        let (mut link, mut counts) = (Link::new(1), Counts::default());
        for _ in 0..100 {
            link.offer(Duration::ZERO, &[0x45; 1000], &shape, &mut counts);
        }
        // Those that wait 0 to 10 ms are taken.
        assert_eq!(counts.overflowed, 89);
    }

    #[test]
    fn loss_is_near_its_chance_and_the_same_for_the_same_seed() {
        let lost = |seed| {
            let (mut link, mut counts) = (Link::new(seed), Counts::default());
            for _ in 0..100_000 {
                link.offer(
                    Duration::ZERO,
                    &[0x45; 20],
                    &Shape::default().losing(0.01),
                    &mut counts,
                );
                link.deliver(Duration::ZERO, &mut counts, |_| ());
            }
            counts.lost
        };
        assert!((850..1150).contains(&lost(7)), "{}", lost(7));
        assert_eq!(lost(7), lost(7));
    }

    #[test]
    fn udp_can_be_refused_alone_and_a_cut_refuses_all() {
        let (mut udp, mut tcp) = ([0; 40], [0; 40]);
        (udp[0], udp[9], tcp[0], tcp[9]) = (0x45, 17, 0x45, 6);
        let (mut link, mut counts) = (Link::new(1), Counts::default());
        let mut shape = Shape {
            passes: Passes::NoUdp,
            ..Shape::default()
        };
        link.offer(MS, &udp, &shape, &mut counts);
        link.offer(MS, &tcp, &shape, &mut counts);
        assert_eq!((counts.filtered, link.held.len()), (1, 1));
        shape.passes = Passes::Nothing;
        link.offer(MS, &tcp, &shape, &mut counts);
        assert_eq!((counts.filtered, link.held.len()), (2, 1));
    }

    #[test]
    fn a_packet_that_is_held_up_is_overtaken_and_holds_up_none() {
        let (mut link, mut counts) = (Link::new(1), Counts::default());
        let shape = Shape {
            delay: 25 * MS,
            ..Shape::default()
        };
        link.offer(
            Duration::ZERO,
            &[0x45, 1],
            &shape.straggling(1.0, 5 * MS),
            &mut counts,
        );
        link.offer(MS, &[0x45, 2], &shape, &mut counts);
        assert_eq!(arrivals(&mut link, 26 * MS, &mut counts), [2]);
        assert_eq!(arrivals(&mut link, 29 * MS, &mut counts), [0; 0]);
        assert_eq!(arrivals(&mut link, 30 * MS, &mut counts), [1]);
        assert_eq!(counts.misplaced, 1);
    }

    #[test]
    fn a_duplicated_packet_arrives_twice_and_the_others_once() {
        let (mut link, mut counts) = (Link::new(3), Counts::default());
        let shape = Shape {
            delay: 25 * MS,
            ..Shape::default()
        };
        link.offer(Duration::ZERO, &[0x45, 1], &shape.duplicating(1.0), &mut counts);
        link.offer(MS, &[0x45, 2], &shape, &mut counts);
        assert_eq!(arrivals(&mut link, 24 * MS, &mut counts), [0; 0]);
        assert_eq!(arrivals(&mut link, 30 * MS, &mut counts), [1, 1, 2]);
        assert_eq!((counts.packets, counts.duplicated, link.held_bytes), (3, 1, 0));
        for _ in 0..10_000 {
            link.offer(30 * MS, &[0x45; 20], &shape.duplicating(0.2), &mut counts);
        }
        let more = counts.duplicated - 1;
        assert!((1850..2150).contains(&more), "{more}");
        // What is lost has no copy.
        link.offer(
            30 * MS,
            &[0x45; 20],
            &shape.losing(1.0).duplicating(1.0),
            &mut counts,
        );
        assert_eq!(counts.duplicated - 1, more);
    }

    #[test]
    fn only_packets_that_overtake_change_the_order() {
        let (mut link, mut counts) = (Link::new(1), Counts::default());
        let shape = Shape {
            delay: 25 * MS,
            ..Shape::default()
        };
        link.offer(Duration::ZERO, &[0x45, 1], &shape, &mut counts);
        // A shorter delay does not.
        link.offer(MS, &[0x45, 2], &Shape::default(), &mut counts);
        assert_eq!(arrivals(&mut link, 25 * MS, &mut counts), [1, 2]);
        link.offer(30 * MS, &[0x45, 3], &shape, &mut counts);
        link.offer(30 * MS, &[0x45, 4], &shape.reordering(1.0), &mut counts);
        assert_eq!(arrivals(&mut link, 90 * MS, &mut counts), [4, 3]);
    }
}
