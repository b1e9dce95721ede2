//! What the transport does to the bytes of the machines, and what it cannot do.
//!
//! A stream is reliable and in order; streams overtake one another. Loss shows as lateness. A connection can die, and each
//! end hears of that by itself: by the other's close, by a stateless reset, or by silence after [`SILENCE`]. Nothing is
//! damaged and nothing comes twice: that is what the cryptography of the transport is for.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use crate::random::Random;

/// Quiet time after which an end gives its path up: what connector and gateway negotiate.
pub(crate) const SILENCE: Duration = Duration::from_secs(20);

/// An end of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Gateway,
    Connector,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Gateway => Self::Connector,
            Self::Connector => Self::Gateway,
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Gateway => 0,
            Self::Connector => 1,
        }
    }
}

/// A stream of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    Control,
    Probe(u64),
    Exchange(u64),
    Batch(u64, u32),
}

/// A piece of a stream.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Bytes(Bytes),
    End,
    Reset(u64),
}

/// One direction of one stream: what is on its way, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    on_the_way: VecDeque<(u64, Piece)>,
    /// When the last of them arrives: none after it does so earlier.
    pub(crate) last: Duration,
    /// Nothing may follow an end or a reset.
    over: bool,
    next: u64,
}

impl Pipe {
    /// Takes a piece; answers its number. None where the stream was ended before.
    pub(crate) fn push(&mut self, piece: Piece) -> Option<u64> {
        if self.over {
            return None;
        }
        self.over = !matches!(piece, Piece::Bytes(_));
        let number = self.next;
        self.next += 1;
        self.on_the_way.push_back((number, piece));
        Some(number)
    }

    /// A reset takes the place of what has not arrived.
    pub(crate) fn forget(&mut self) {
        self.on_the_way.clear();
        self.over = false;
    }

    /// The piece of this number, if it was not forgotten.
    pub(crate) fn arrive(&mut self, number: u64) -> Option<Piece> {
        let (first, _) = self.on_the_way.front()?;
        if *first != number {
            return None;
        }
        self.on_the_way.pop_front().map(|(_, piece)| piece)
    }
}

/// Bytes cut into one to three pieces.
pub(crate) fn cut(mut bytes: Bytes, random: &mut Random) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    for _ in 0..random.below(3) {
        if bytes.len() > 1 {
            let at = random.between(1, bytes.len() as u64 - 1) as usize;
            pieces.push(bytes.split_to(at));
        }
    }
    pieces.push(bytes);
    pieces
}

/// How the path of a lane is.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// One way, in milliseconds.
    delay: u64,
    /// Of a hundred pieces so many are lost at least once.
    loss: u64,
    /// Until when nothing arrives at the gateway, and at the connector.
    blocked: [Duration; 2],
}

impl Path {
    /// On a rough one a probe may be lost so often that it is late.
    pub(crate) fn new(rough: bool, random: &mut Random) -> Self {
        let loss = match random.below(3) {
            0 => 0,
            2 if rough => 20,
            _ => 2,
        };
        Self {
            delay: random.between(1, 200),
            loss,
            blocked: [Duration::ZERO; 2],
        }
    }

    pub(crate) fn block(&mut self, to: Side, until: Duration) {
        if let Some(blocked) = self.blocked.get_mut(to.index()) {
            *blocked = until.max(*blocked);
        }
    }

    pub(crate) fn blocked(&self, to: Side) -> Duration {
        self.blocked.get(to.index()).copied().unwrap_or_default()
    }

    /// When something that is sent now arrives.
    pub(crate) fn transit(&self, to: Side, now: Duration, random: &mut Random) -> Duration {
        let mut at = now + random.millis(self.delay.div_ceil(2), self.delay * 2);
        // Sent again after twice the round trip, and after twice that.
        let mut again = 4 * self.delay + 10;
        while random.chance(self.loss) {
            at += Duration::from_millis(again);
            again *= 2;
        }
        let blocked = self.blocked(to);
        if at >= blocked {
            at
        } else {
            blocked + random.millis(1, 2 * self.delay)
        }
    }
}
