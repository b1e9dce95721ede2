//! Which node each of this connector's tunnels is at, and where the next one is dialled: a state machine without sockets,
//! clock or randomness.
//!
//! A connector keeps as many tunnels as it was told to, but never more than there are nodes, and each at another node. What
//! nodes there are is the union of what the gateway says on the tunnels that are up: one node that is cut off from the
//! others takes nothing away from the list. While no tunnel is up, one slot dials and no other, at one pace for all: what
//! ails a connector (it was revoked, its certificate ran out, its network is gone) ails each of its tunnels, and is
//! asked about, and logged, once.
//!
//! Refused here: a second tunnel to a node, and a list of nodes as an order. A tunnel whose node has left the list is given
//! up only for another node that is on it.

pub mod shared;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::{Duration, Instant},
};

use certs::token::GatewayAddress;
use proto::{
    id::NodeId,
    wire::frame::{ClusterNode, Nodes, Slot},
};

use super::backoff::Backoff;

/// Attempts that led to a node at which another tunnel is, before the pace becomes that of [`SELDOM`]: of two nodes behind
/// a load balancer that chooses by chance, six miss the other one once in 64 times.
pub const DOUBLES: u32 = 6;

/// First bound between two such attempts; it doubles.
const DOUBLE_BASE: Duration = Duration::from_millis(200);

/// Last bound between them.
const DOUBLE_CAP: Duration = Duration::from_secs(2);

/// Between two attempts where a load balancer leads to the same node again and again: a handshake a minute costs nobody
/// anything.
pub const SELDOM: Duration = Duration::from_secs(60);

/// Over which connectors spread that hear of a new node, or are asked to leave one: thousands hear it at once.
pub const SPREAD: Duration = Duration::from_secs(2);

/// Over which connectors spread that a node has asked to open another tunnel. Short: the node takes no new queries for
/// them.
pub const DRAIN_SPREAD: Duration = Duration::from_millis(250);

/// What a slot is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Dial. The slot has claimed it until [`Places::up`] or [`Places::failed`].
    Dial(Target),
    /// Ask again at this time, or at the next change.
    Until(Instant),
    /// Ask again at the next change.
    Rest,
}

/// Where to dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The address.
    pub address: GatewayAddress,
    /// Whose it is, where it is one node's.
    pub node: Option<NodeId>,
    /// Nodes at which the other slots are: the gateway is told.
    pub held: Vec<NodeId>,
}

/// What becomes of a tunnel that was welcomed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is its slot's.
    Kept,
    /// Another slot's tunnel is at this node: it is to be given up.
    Double,
}

/// Whether a tunnel that works stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Stay,
    /// Its node is leaving, and there is another: open one there, then give this one up.
    Move,
    /// Its node is leaving, and the other tunnels are as many as there are nodes.
    End,
}

/// Why a tunnel could not be opened, or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// How long it had been welcome.
    pub lived: Duration,
    /// When the gateway wants this connector back, where it said.
    pub asked: Option<Duration>,
    /// Whether the gateway had no time for a handshake.
    pub busy: bool,
    /// Whether it led to a node at which another tunnel is.
    pub double: bool,
}

/// The state.
#[derive(Debug)]
pub struct Places {
    joined: GatewayAddress,
    /// Spreads connectors over the nodes.
    seed: u64,
    slots: Vec<Place>,
    known: Vec<ClusterNode>,
    /// Nodes that have asked for their tunnels to be replaced, and until when they may still be there.
    avoided: BTreeMap<NodeId, Instant>,
    /// The pace while no tunnel is up.
    alone: Backoff,
    alone_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Place {
    at: Option<At>,
    /// Claimed, and for which node if for one.
    dialling: Option<Option<NodeId>>,
    backoff: Backoff,
    not_before: Option<Instant>,
    /// Attempts since the last that was kept: each goes elsewhere.
    turn: usize,
    doubles: u32,
}

/// The tunnel that serves a slot.
#[derive(Debug)]
struct At {
    epoch: u64,
    node: NodeId,
    told: Nodes,
    /// Another is wanted in its place.
    replacing: Option<Replacing>,
}

/// Why another tunnel is wanted in place of one that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacing {
    /// There is a new certificate.
    Renewed,
    /// Its node is leaving: any other will do.
    Moving,
}

impl Places {
    /// For so many tunnels, of which the first is dialled at `joined`. `seed` differs from connector to connector.
    pub fn new(tunnels: u8, joined: GatewayAddress, seed: u64) -> Self {
        Self {
            joined,
            seed,
            slots: (0..tunnels.max(1)).map(|_| Place::default()).collect(),
            known: Vec::new(),
            avoided: BTreeMap::new(),
            alone: Backoff::default(),
            alone_at: None,
        }
    }

    /// What the slot, which has no tunnel or wants another, is to do.
    pub fn next(&mut self, slot: Slot, now: Instant) -> Step {
        let any = self.any_up();
        let others = self.others(slot);
        let busy = others
            .iter()
            .filter(|place| place.at.is_some() || place.dialling.is_some())
            .count();
        let Some(place) = self.place(slot) else {
            return Step::Rest;
        };
        let (wait, rests) = if any {
            let rests = match &place.at {
                Some(at) => at.replacing.is_none(),
                None => busy >= self.wanted(now),
            };
            (place.not_before, rests)
        } else {
            // The first slot goes first; after that whichever finds the time.
            (
                self.alone_at,
                busy > 0 || (self.alone_at.is_none() && slot != Slot::FIRST),
            )
        };
        if rests {
            // A node that is avoided may be back without a word of anybody's.
            let back = self.avoided.values().filter(|until| **until > now).min();
            return back
                .filter(|_| any)
                .map_or(Step::Rest, |until| Step::Until(*until));
        }
        if let Some(wait) = wait.filter(|wait| *wait > now) {
            return Step::Until(wait);
        }
        let target = self.target(slot, now);
        if let Some(place) = self.place_mut(slot) {
            place.dialling = Some(target.node.clone());
        }
        Step::Dial(target)
    }

    /// A tunnel of the slot was welcomed by `node`, which says what nodes there are; nothing where it does not say.
    pub fn up(&mut self, slot: Slot, epoch: u64, node: NodeId, told: Nodes) -> Arrival {
        let double = self
            .others(slot)
            .iter()
            .any(|place| place.at.as_ref().is_some_and(|at| at.node == node));
        let back = self.moving_from(slot) == Some(&node);
        if double || back {
            return Arrival::Double;
        }
        // It may have been drained and be back.
        self.avoided.remove(&node);
        if let Some(place) = self.place_mut(slot) {
            place.at = Some(At {
                epoch,
                node,
                told,
                replacing: None,
            });
            place.dialling = None;
            place.not_before = None;
            (place.turn, place.doubles) = (0, 0);
        }
        self.learn();
        Arrival::Kept
    }

    /// These are the nodes, says the node of a tunnel. `random` is from 0 up to, and not including, 1.
    pub fn told(&mut self, slot: Slot, epoch: u64, told: Nodes, now: Instant, random: f64) {
        let before = self.known.clone();
        match self.place_mut(slot).and_then(|place| place.at.as_mut()) {
            Some(at) if at.epoch == epoch => at.told = told,
            _ => return,
        }
        self.learn();
        if self.known != before {
            for place in self.slots.iter_mut().filter(|place| place.at.is_none()) {
                (place.turn, place.doubles, place.backoff) = (0, 0, Backoff::default());
                place.not_before = Some(now + SPREAD.mul_f64(random));
            }
        }
    }

    /// The slot's tunnel works, and another is wanted in its place.
    pub fn replace(&mut self, slot: Slot, why: Replacing) {
        if let Some(place) = self.place_mut(slot) {
            (place.turn, place.not_before) = (0, None);
            if let Some(at) = place.at.as_mut() {
                at.replacing = Some(why);
            }
        }
    }

    /// The slot's tunnel is being drained: its node is avoided for the time that it gave. Answers how long to wait.
    pub fn drained(
        &mut self,
        slot: Slot,
        epoch: u64,
        grace: Duration,
        now: Instant,
        random: f64,
    ) -> Duration {
        let wait = DRAIN_SPREAD.mul_f64(random);
        let node = self
            .place(slot)
            .and_then(|place| place.at.as_ref())
            .map(|at| at.node.clone());
        self.gone(slot, epoch);
        if let Some(node) = node {
            self.avoided.insert(node, now + grace);
        }
        if let Some(place) = self.place_mut(slot) {
            (place.turn, place.not_before) = (0, Some(now + wait));
        }
        if !self.any_up() {
            self.alone_at = Some(now + wait);
        }
        wait
    }

    /// The slot's tunnel is no more, or serves no more.
    pub fn gone(&mut self, slot: Slot, epoch: u64) {
        if let Some(place) = self.place_mut(slot)
            && place.at.as_ref().is_some_and(|at| at.epoch == epoch)
        {
            place.at = None;
            self.learn();
        }
    }

    /// The slot dials no more, for now.
    pub fn release(&mut self, slot: Slot) {
        if let Some(place) = self.place_mut(slot) {
            place.dialling = None;
        }
    }

    /// An attempt has failed, or a tunnel ended. Answers how long to wait.
    pub fn failed(&mut self, slot: Slot, failure: &Failure, now: Instant, random: f64) -> Duration {
        let alone = !self.any_up();
        let Some(place) = self.slots.get_mut(usize::from(slot.number())) else {
            return Duration::ZERO;
        };
        place.dialling = None;
        place.turn = place.turn.wrapping_add(1);
        let Failure {
            lived,
            asked,
            busy,
            double,
        } = *failure;
        let next = |backoff: &mut Backoff| match busy {
            true => backoff.busy(random),
            false => backoff.next(lived, asked, random),
        };
        if alone {
            let wait = next(&mut self.alone);
            self.alone_at = Some(now + wait);
            return wait;
        }
        let wait = if double {
            place.doubles = place.doubles.saturating_add(1);
            if place.doubles < DOUBLES {
                let bound = DOUBLE_BASE.saturating_mul(1 << place.doubles).min(DOUBLE_CAP);
                bound.mul_f64(random)
            } else {
                SELDOM.mul_f64(0.5 + random / 2.0)
            }
        } else {
            next(&mut place.backoff)
        };
        place.not_before = Some(now + wait);
        wait
    }

    /// Whether the slot's tunnel stays where it is.
    pub fn verdict(&self, slot: Slot, now: Instant) -> Verdict {
        let Some(At {
            node,
            replacing: None,
            ..
        }) = self.place(slot).and_then(|place| place.at.as_ref())
        else {
            return Verdict::Stay;
        };
        if self.known.is_empty() || self.known.iter().any(|known| known.name == *node) {
            return Verdict::Stay;
        }
        let held = self.held(slot);
        if self
            .known
            .iter()
            .any(|known| !held.contains(&known.name) && !self.is_avoided(&known.name, now))
        {
            return Verdict::Move;
        }
        let up = self
            .others(slot)
            .iter()
            .filter(|place| place.at.is_some())
            .count();
        if up >= self.wanted(now) {
            Verdict::End
        } else {
            Verdict::Stay
        }
    }

    /// Whether any tunnel is up. Where none is, a slot that rests is not one that is not needed.
    pub fn any_up(&self) -> bool {
        self.slots.iter().any(|place| place.at.is_some())
    }

    /// How many tunnels there are to be.
    fn wanted(&self, now: Instant) -> usize {
        if !self.any_up() {
            return 1;
        }
        let nodes = self.known.iter().filter(|node| !self.is_avoided(&node.name, now));
        self.slots.len().min(nodes.count().max(1))
    }

    /// Where the slot dials now: the address that was joined, and those of nodes at which no other slot is, in turn.
    fn target(&self, slot: Slot, now: Instant) -> Target {
        let held = self.held(slot);
        let place = self.place(slot);
        let own = place.and_then(|place| place.at.as_ref()).map(|at| &at.node);
        let turned_away = |node: &NodeId| held.contains(node) || self.is_avoided(node, now);
        let mut nodes: Vec<(&NodeId, GatewayAddress)> = self
            .known
            .iter()
            .filter(|node| !turned_away(&node.name))
            .filter_map(|node| Some((&node.name, address(node)?)))
            .collect();
        // Where the slot is already comes first, then an order of this connector's own.
        nodes.sort_by_key(|(name, _)| (Some(*name) != own, self.rank(name)));
        let joined_is_taken = self
            .known
            .iter()
            .any(|node| turned_away(&node.name) && address(node).as_ref() == Some(&self.joined));
        let direct = nodes.into_iter().map(|(name, address)| (Some(name), address));
        let joined = (None, self.joined.clone());
        let stays = own.is_some_and(|own| self.known.iter().any(|node| node.name == *own));
        let mut targets: Vec<(Option<&NodeId>, GatewayAddress)> = direct.collect();
        if targets.is_empty() || !joined_is_taken {
            // The first slot goes the common way first: it is what the customer's firewall was opened for.
            if slot == Slot::FIRST && !stays {
                targets.insert(0, joined);
            } else {
                targets.push(joined);
            }
        }
        let turn = place.map_or(0, |place| place.turn) % targets.len().max(1);
        let (node, address) = targets.swap_remove(turn);
        Target {
            address,
            node: node.cloned(),
            held: self
                .others(slot)
                .iter()
                .filter_map(|place| place.at.as_ref().map(|at| &at.node))
                .chain(self.moving_from(slot))
                .cloned()
                .collect(),
        }
    }

    /// The node that the slot is about to give up.
    fn moving_from(&self, slot: Slot) -> Option<&NodeId> {
        let at = self.place(slot)?.at.as_ref()?;
        (at.replacing == Some(Replacing::Moving)).then_some(&at.node)
    }

    /// Nodes at which other slots are, or are about to be.
    fn held(&self, slot: Slot) -> Vec<NodeId> {
        let of = |place: &&Place| {
            let at = place.at.as_ref().map(|at| at.node.clone());
            [at, place.dialling.clone().flatten()]
        };
        self.others(slot).iter().flat_map(of).flatten().collect()
    }

    fn is_avoided(&self, node: &NodeId, now: Instant) -> bool {
        self.avoided.get(node).is_some_and(|until| *until > now)
    }

    /// The union of what is told; what was known last while nobody tells.
    fn learn(&mut self) {
        let mut nodes: BTreeMap<NodeId, ClusterNode> = BTreeMap::new();
        for at in self.slots.iter().filter_map(|place| place.at.as_ref()) {
            if at.told.is_empty() {
                let alone = ClusterNode {
                    name: at.node.clone(),
                    address: None,
                };
                nodes.entry(at.node.clone()).or_insert(alone);
            }
            for node in at.told.iter() {
                let known = nodes.entry(node.name.clone()).or_insert_with(|| node.clone());
                if known.address.is_none() {
                    known.address.clone_from(&node.address);
                }
            }
        }
        if nodes.is_empty() {
            return;
        }
        self.known = nodes.into_values().collect();
        // One that is gone from the list and comes back is a new one.
        let known = &self.known;
        self.avoided
            .retain(|node, _| known.iter().any(|known| known.name == *node));
    }

    fn rank(&self, node: &NodeId) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, node.as_str()).hash(&mut hasher);
        hasher.finish()
    }

    fn others(&self, slot: Slot) -> Vec<&Place> {
        let own = usize::from(slot.number());
        let all = self.slots.iter().enumerate();
        all.filter(|(index, _)| *index != own)
            .map(|(_, place)| place)
            .collect()
    }

    fn place(&self, slot: Slot) -> Option<&Place> {
        self.slots.get(usize::from(slot.number()))
    }

    fn place_mut(&mut self, slot: Slot) -> Option<&mut Place> {
        self.slots.get_mut(usize::from(slot.number()))
    }
}

/// One that cannot be dialled is as good as none.
fn address(node: &ClusterNode) -> Option<GatewayAddress> {
    node.address.as_ref()?.as_str().parse().ok()
}

#[cfg(test)]
mod tests;
