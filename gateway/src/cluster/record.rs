//! What nodes say of themselves and of their tunnels in the store.

use proto::id::{ConnectorId, NodeId, SourceId, TenantId};
use serde::{Deserialize, Serialize};

use crate::store::Key;

/// Nodes stand under this prefix, by name.
pub const NODES: &str = "node/";

/// Tunnels stand under this prefix, by tenant, connector, node and number.
pub const TUNNELS: &str = "tunnel/";

/// One start of a node's process: an entry of another start is not its word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Run(String);

impl Run {
    /// A start that nobody has seen before.
    pub fn new() -> Self {
        Self(hex::encode(rand::random::<[u8; 8]>()))
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

/// A node that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Its name.
    pub node: NodeId,
    /// The start of its process.
    pub run: Run,
    /// Host and port where other nodes reach it.
    pub peer: String,
    /// Host and port where connectors reach it and no other node; none where only the load balancer's is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tunnel: Option<String>,
    /// Its version.
    pub version: String,
    /// Whether it is about to go: nothing new is sent there.
    #[serde(default)]
    pub leaving: bool,
}

/// A tunnel that a node holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TunnelRecord {
    /// The start of the node's process that holds it.
    pub run: Run,
    /// What it serves.
    pub sources: Vec<SourceId>,
    /// The start of the connector, in hex.
    pub instance: String,
    /// Grows with every tunnel of that start: of two for the same place the newer one counts.
    pub epoch: u64,
    /// Which of the connector's tunnels it is.
    #[serde(default)]
    pub slot: u8,
    /// What carries it.
    pub transport: String,
    /// When it was admitted, in milliseconds since 1970.
    pub since_ms: u64,
    /// The connector's version.
    pub version: String,
}

/// Where a tunnel's record stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The customer account.
    pub tenant: TenantId,
    /// The connector.
    pub connector: ConnectorId,
    /// The node that holds it.
    pub node: NodeId,
    /// The node's number for it.
    pub tunnel: u64,
}

// Names are at most 64 bytes of an alphabet that is legal in a key.
const KEY: &str = "names and numbers make legal keys";

/// The key of a node's record.
pub fn node_key(node: &NodeId) -> Key {
    format!("{NODES}{node}").parse().expect(KEY)
}

/// The node that a key is of.
pub fn node_of(key: &Key) -> Option<NodeId> {
    key.as_str().strip_prefix(NODES)?.parse().ok()
}

impl Place {
    /// The key of the record.
    pub fn key(&self) -> Key {
        let Self {
            tenant,
            connector,
            node,
            tunnel,
        } = self;
        format!("{TUNNELS}{tenant}/{connector}/{node}/{tunnel}")
            .parse()
            .expect(KEY)
    }

    /// The place that a key names.
    pub fn of(key: &Key) -> Option<Self> {
        let mut parts = key.as_str().strip_prefix(TUNNELS)?.split('/');
        let place = Self {
            tenant: parts.next()?.parse().ok()?,
            connector: parts.next()?.parse().ok()?,
            node: parts.next()?.parse().ok()?,
            tunnel: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_survives_its_key() {
        let place = Place {
            tenant: "acme".parse().unwrap(),
            connector: "prod-1".parse().unwrap(),
            node: "a".parse().unwrap(),
            tunnel: 7,
        };
        assert_eq!(place.key().as_str(), "tunnel/acme/prod-1/a/7");
        assert_eq!(Place::of(&place.key()), Some(place));
        for other in [
            "tunnel/acme/prod-1/a",
            "tunnel/acme/prod-1/a/7/8",
            "tunnel/acme/prod-1/a/x",
            "node/a",
        ] {
            assert_eq!(Place::of(&other.parse().unwrap()), None, "{other}");
        }
    }
}
