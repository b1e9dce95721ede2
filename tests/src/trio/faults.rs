//! What breaks, for how long and when: a pure function of a seed. Each fault draws as many numbers as any other, and none of them
//! depends on how long something took.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rustix::process::Signal;

use super::load::{Load, pause};
use super::{STOP, Trio};
use crate::net::Host;
use crate::node::Node;

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A process is killed, and its supervisor starts it again at once.
    Kill(End),
    /// A process stands still, with its connections.
    Freeze(End),
    /// A process is told to stop, and started again.
    Restart(End),
    /// One node after the other, as for an update.
    Rolling,
    /// A member of etcd is killed, and is missing for the time.
    Loss(usize),
    /// Packets from the first to the second are lost, and where it is said the other way too.
    Cut(End, End, bool),
}

/// A process, or all of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Node(usize),
    Member(usize),
    Connector(usize),
    Members,
    Nodes,
    Everybody,
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    lasts: Duration,
    /// Until the next.
    pub calm: Duration,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Kill(_) | Kind::Restart(_) | Kind::Rolling => write!(f, "{:?}", self.kind),
            _ => write!(f, "{:?} for {:?}", self.kind, self.lasts),
        }
    }
}

/// Every fault of a seed, without an end.
#[derive(Debug)]
pub struct Faults {
    random: StdRng,
}

impl Faults {
    /// Those of this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
        }
    }
}

impl Iterator for Faults {
    type Item = Fault;

    fn next(&mut self) -> Option<Fault> {
        let random = &mut self.random;
        let (node, other) = (
            random.random_range(0..Trio::NODES),
            random.random_range(1..Trio::NODES),
        );
        let other = (node + other) % Trio::NODES;
        let (member, connector) = (
            random.random_range(0..Trio::MEMBERS),
            random.random_range(0..Trio::CONNECTORS),
        );
        let (both, back) = (random.random_bool(0.4), random.random_bool(0.5));
        let cut = |a, b| match back {
            true => Kind::Cut(b, a, both),
            false => Kind::Cut(a, b, both),
        };
        let kind = match random.random_range(0..34) {
            0..4 => Kind::Kill(End::Node(node)),
            4..8 => Kind::Freeze(End::Node(node)),
            8..10 => Kind::Restart(End::Node(node)),
            10 => Kind::Rolling,
            11..14 => Kind::Loss(member),
            14..16 => Kind::Freeze(End::Member(member)),
            16..19 => Kind::Kill(End::Connector(connector)),
            19..21 => Kind::Freeze(End::Connector(connector)),
            21 => Kind::Restart(End::Connector(connector)),
            22..25 => cut(End::Node(node), End::Node(other)),
            25..27 => cut(End::Node(node), End::Member(member)),
            27 => cut(End::Node(node), End::Members),
            28..31 => cut(End::Node(node), End::Connector(connector)),
            31 => cut(End::Connector(connector), End::Nodes),
            32 => cut(End::Member(member), End::Members),
            _ => cut(End::Node(node), End::Everybody),
        };
        let lasts = Duration::from_millis(random.random_range(200..4_000));
        // Time enough, now and then, for leases and idle tunnels to end.
        let lasts = if random.random_bool(0.2) { lasts * 3 } else { lasts };
        let calm = Duration::from_millis(random.random_range(0..2_000));
        Some(Fault { kind, lasts, calm })
    }
}

impl Fault {
    /// Lets it happen, and puts it right.
    ///
    /// # Errors
    /// When a process does not do what it is told, or does not come up again.
    pub async fn strike(self, trio: &mut Trio<'_>, load: &Load) -> Result<()> {
        match self.kind {
            Kind::Kill(end) => {
                trio.kill_any(end)?;
                trio.restart_any(end).await
            }
            Kind::Freeze(end) => {
                if let End::Node(node) = end {
                    load.freezes(node);
                }
                trio.signal_any(end, Signal::STOP)?;
                pause(self.lasts).await;
                trio.signal_any(end, Signal::CONT)?;
                load.thaws();
                Ok(())
            }
            Kind::Restart(end) => {
                match end {
                    End::Connector(connector) => trio.connector(connector)?.terminate(STOP).await?,
                    End::Node(node) => trio.terminate(node).await?,
                    other => anyhow::bail!("no restart of {other:?}"),
                }
                trio.restart_any(end).await
            }
            Kind::Rolling => {
                for node in 0..Trio::NODES {
                    trio.terminate(node).await?;
                    trio.restart(node).await?;
                }
                Ok(())
            }
            Kind::Loss(member) => {
                trio.etcd.kill(member)?;
                pause(self.lasts).await;
                trio.restart_any(End::Member(member)).await
            }
            Kind::Cut(from, to, both) => {
                let (from, to) = (trio.addresses(from)?, trio.addresses(to)?);
                let forth = from.iter().flat_map(|f| to.iter().map(move |t| (*f, *t)));
                let back = forth.clone().filter(|_| both).map(|(f, t)| (t, f));
                trio.net.cut(forth.clone().chain(back).filter(|(f, t)| f != t))?;
                pause(self.lasts).await;
                trio.net.heal()
            }
        }
    }
}

impl Trio<'_> {
    fn addresses(&self, end: End) -> Result<Vec<IpAddr>> {
        let nodes = || self.nodes.iter().filter_map(Node::host).map(|host| host.ip);
        let connectors = || self.connectors.iter().map(|connector| connector.host.ip);
        let members = || self.etcd.hosts().map(|host: &Host| host.ip);
        let mut one: Box<dyn Iterator<Item = IpAddr>> = match end {
            End::Node(n) => Box::new(nodes().skip(n).take(1)),
            End::Member(n) => Box::new(members().skip(n).take(1)),
            End::Connector(n) => Box::new(connectors().skip(n).take(1)),
            End::Members => Box::new(members()),
            End::Nodes => Box::new(nodes()),
            End::Everybody => Box::new(nodes().chain(members()).chain(connectors())),
        };
        let first = one.next().with_context(|| format!("{end:?} is nobody"))?;
        Ok(std::iter::once(first).chain(one).collect())
    }

    fn kill_any(&mut self, end: End) -> Result<()> {
        match end {
            End::Node(node) => self.kill(node),
            End::Connector(connector) => self.connector(connector)?.process.kill(),
            End::Member(member) => self.etcd.kill(member),
            other => anyhow::bail!("no end of {other:?}"),
        }
    }

    async fn restart_any(&mut self, end: End) -> Result<()> {
        match end {
            End::Node(node) => self.restart(node).await,
            End::Connector(connector) => self.connector(connector)?.restart(),
            End::Member(member) => {
                self.etcd.restart(member)?;
                self.etcd.healthy().await
            }
            other => anyhow::bail!("no start of {other:?}"),
        }
    }

    fn signal_any(&mut self, end: End, signal: Signal) -> Result<()> {
        match end {
            End::Node(node) => self.signal(node, signal),
            End::Connector(connector) => self.connector(connector)?.process.signal(signal),
            End::Member(member) if signal == Signal::STOP => self.etcd.pause(member),
            End::Member(member) => self.etcd.resume(member),
            other => anyhow::bail!("no signal to {other:?}"),
        }
    }

    /// Fails when a process ended that nobody ended.
    ///
    /// # Errors
    /// With its name.
    pub fn assert_running(&mut self) -> Result<()> {
        let ended = self.ended();
        ensure!(ended.is_empty(), "ended by themselves: {ended:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_what_breaks() {
        let first = |seed| Faults::of(seed).take(2_000).collect::<Vec<_>>();
        assert_eq!(first(7), first(7));
        assert_ne!(first(7), first(8));
        let is = |wanted: fn(&Kind) -> bool| first(7).iter().any(|fault| wanted(&fault.kind));
        assert!(is(|kind| matches!(kind, Kind::Rolling)));
        assert!(is(|kind| matches!(kind, Kind::Cut(End::Everybody, _, false))));
        assert!(is(|kind| matches!(kind, Kind::Cut(_, End::Nodes, true))));
    }
}
