//! `[cluster]` in the settings: that there are other nodes, and how they reach this one.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;

use crate::config::{PublicAddress, parse_address};

/// What a node's settings say of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where other nodes are listened to.
    pub listen: SocketAddr,
    /// Where other nodes dial this one; port 0 for the one that was bound.
    pub address: PublicAddress,
    /// How long this node's entries outlive it.
    pub lease: Duration,
    /// Between the word that this node is not ready and the move of its tunnels: what a load balancer needs to notice.
    pub settle: Duration,
}

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    listen: String,
    address: String,
    lease_seconds: Option<u64>,
    settle_seconds: Option<u64>,
}

/// A node that was killed is asked in vain for at most this long, and each such question costs a refused connection. Shorter
/// leases cost the store more writes and end with a pause of the process.
const DEFAULT_LEASE_SECONDS: u64 = 10;

/// Load balancers look every few seconds.
const DEFAULT_SETTLE_SECONDS: u64 = 5;

/// A value that makes no sense: the key, the value, the remedy.
pub type Wrong = (&'static str, String, String);

impl TryFrom<Raw> for Settings {
    type Error = Wrong;

    fn try_from(raw: Raw) -> Result<Self, Wrong> {
        let address =
            |key, text: String| parse_address(&text).map_err(|remedy| (key, text.clone(), remedy.to_owned()));
        let within = |key, value: Option<u64>, default, bounds: std::ops::RangeInclusive<u64>| {
            let value = value.unwrap_or(default);
            if bounds.contains(&value) {
                return Ok(Duration::from_secs(value));
            }
            let remedy = format!("write a number from {} to {}", bounds.start(), bounds.end());
            Err((key, value.to_string(), remedy))
        };
        Ok(Self {
            listen: raw.listen.parse().map_err(|_| {
                let remedy = "write an IP address and a port, such as \"10.0.0.5:7443\"";
                ("cluster.listen", raw.listen.clone(), remedy.to_owned())
            })?,
            address: address("cluster.address", raw.address)?,
            lease: within(
                "cluster.lease_seconds",
                raw.lease_seconds,
                DEFAULT_LEASE_SECONDS,
                2..=60,
            )?,
            settle: within(
                "cluster.settle_seconds",
                raw.settle_seconds,
                DEFAULT_SETTLE_SECONDS,
                0..=300,
            )?,
        })
    }
}
