//! The nodes of a cluster as a gateway tells them, and which of a connector's tunnels a Hello is about.
//!
//! Refused here: a list that is longer than a cluster is, a node twice, an address that is no `host:port`, and a slot that no
//! connector has. What a connector does with the list is its own decision: it dials nobody because of a frame alone.

use std::{collections::BTreeSet, fmt, str::FromStr};

use thiserror::Error;

use super::{FrameError, raw, text::name};
use crate::{
    id::NodeId,
    limits::{MAX_NODES, MAX_TUNNELS},
};

/// Longest `host:port`: a DNS name has at most 253 characters.
const MAX_ADDRESS_BYTES: usize = 255;

/// Which of its tunnels a connector opens: from 0 up to, and not including, [`MAX_TUNNELS`]. A tunnel replaces the one
/// before it of its own slot and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Slot(u8);

/// The number of a tunnel is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a connector has at most {MAX_TUNNELS} tunnels, numbered from 0")]
pub struct SlotError;

impl Slot {
    /// The first: the only one of a connector that knows of one node.
    pub const FIRST: Slot = Slot(0);

    /// The slot of this number.
    ///
    /// # Errors
    /// When no connector has so many.
    pub const fn new(number: u8) -> Result<Self, SlotError> {
        if number < MAX_TUNNELS {
            Ok(Self(number))
        } else {
            Err(SlotError)
        }
    }

    /// Every slot, in order.
    pub fn all() -> impl Iterator<Item = Slot> {
        (0..MAX_TUNNELS).map(Slot)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a node's tunnels are dialled, past any load balancer: `host:port`, IPv6 in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeAddress(String);

/// The text is not `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a node's address is a DNS name or an IP address (IPv6 in brackets), a colon and a port from 1 to 65535"
)]
pub struct NodeAddressError;

impl NodeAddress {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeAddress {
    type Err = NodeAddressError;

    fn from_str(text: &str) -> Result<Self, NodeAddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(NodeAddressError)?;
        let of_a_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        let port_fits =
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port != 0);
        if host.is_empty() || !host.bytes().all(of_a_host) || !port_fits || text.len() > MAX_ADDRESS_BYTES {
            return Err(NodeAddressError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One live node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its name.
    pub name: NodeId,
    /// Where it is dialled directly; none where only the address of all leads to it.
    pub address: Option<NodeAddress>,
}

/// The live nodes of a cluster by name: at most [`MAX_NODES`], each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nodes(Vec<ClusterNode>);

/// The list is no list of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a list of nodes names at most {MAX_NODES}, each once")]
pub struct NodesError;

impl Nodes {
    /// The list of these.
    ///
    /// # Errors
    /// When there are too many, or one twice.
    pub fn new(mut nodes: Vec<ClusterNode>) -> Result<Self, NodesError> {
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let twice = nodes
            .windows(2)
            .any(|two| matches!(two, [a, b] if a.name == b.name));
        if nodes.len() > MAX_NODES || twice {
            return Err(NodesError);
        }
        Ok(Self(nodes))
    }

    /// A node that is alone.
    pub fn alone(node: ClusterNode) -> Self {
        Self(vec![node])
    }

    /// The nodes, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ClusterNode> {
        self.0.iter()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(super) fn from_raw(raw: Vec<raw::Node>) -> Result<Nodes, FrameError> {
    // Before anything is made of them.
    if raw.len() > MAX_NODES {
        return Err(FrameError::Field("nodes"));
    }
    let nodes = raw
        .into_iter()
        .map(|node| {
            let address = match node.address.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| FrameError::Field("node.address"))?),
            };
            Ok(ClusterNode {
                name: name("node.name", &node.name)?,
                address,
            })
        })
        .collect::<Result<_, FrameError>>()?;
    Nodes::new(nodes).map_err(|_| FrameError::Field("nodes"))
}

pub(super) fn to_raw(nodes: &Nodes) -> Vec<raw::Node> {
    nodes
        .iter()
        .map(|node| raw::Node {
            name: node.name.as_str().into(),
            address: node
                .address
                .as_ref()
                .map(|address| address.as_str().into())
                .unwrap_or_default(),
        })
        .collect()
}

pub(super) fn slot_from_raw(number: u32) -> Result<Slot, FrameError> {
    u8::try_from(number)
        .ok()
        .and_then(|number| Slot::new(number).ok())
        .ok_or(FrameError::Field("slot"))
}

/// The nodes at which a connector has tunnels that are to stay.
pub(super) fn held_from_raw(raw: &[String]) -> Result<Vec<NodeId>, FrameError> {
    if raw.len() > usize::from(MAX_TUNNELS) {
        return Err(FrameError::Field("held"));
    }
    let held = raw
        .iter()
        .map(|text| name("held", text))
        .collect::<Result<Vec<NodeId>, _>>()?;
    let names: BTreeSet<_> = held.iter().collect();
    if names.len() != held.len() {
        return Err(FrameError::Field("held"));
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, address: &str) -> raw::Node {
        raw::Node {
            name: name.into(),
            address: address.into(),
        }
    }

    #[test]
    fn nodes_are_bounded_named_once_and_dialled_at_a_host_and_a_port() {
        let read = from_raw(vec![node("node-b", ""), node("node-a", "[2001:db8::1]:443")]).unwrap();
        let names: Vec<&str> = read.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["node-a", "node-b"]);
        assert_eq!(from_raw(to_raw(&read)), Ok(read));
        assert!(from_raw(Vec::new()).unwrap().is_empty());
        for address in [
            "443",
            ":443",
            "host:0",
            "host:65536",
            "host:+1",
            "ho st:443",
            "host:",
        ] {
            let refused = from_raw(vec![node("node-a", address)]);
            assert_eq!(refused, Err(FrameError::Field("node.address")), "{address}");
        }
        assert!(from_raw(vec![node("node a", "")]).is_err());
        assert!(from_raw(vec![node("node-a", ""), node("node-a", "host:1")]).is_err());
        let many = |count: usize| from_raw((0..count).map(|n| node(&format!("node-{n}"), "")).collect());
        assert!(many(MAX_NODES).is_ok() && many(MAX_NODES + 1).is_err());
    }

    #[test]
    fn a_connector_has_four_slots_and_names_the_nodes_of_the_others() {
        assert_eq!(slot_from_raw(3).map(Slot::number), Ok(3));
        for number in [4, 256, u32::MAX] {
            assert_eq!(slot_from_raw(number), Err(FrameError::Field("slot")));
        }
        let held = |names: &[&str]| held_from_raw(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert!(held(&[]).is_ok() && held(&["a", "b", "c", "d"]).is_ok());
        assert!(
            held(&["a", "b", "c", "d", "e"]).is_err()
                && held(&["a", "a"]).is_err()
                && held(&["A b"]).is_err()
        );
    }
}
