//! Tunnels: the QUIC connections that connectors dial, and the queries that run over them.

pub mod ipc;
pub mod registry;
