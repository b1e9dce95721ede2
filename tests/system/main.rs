//! The system tests: real processes, real databases, real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of it is test code, where the place that fails is the message"
)]

mod adhoc;
mod api;
mod audit;
mod authority;
mod bench;
mod canaries;
mod catalogue;
mod cli;
mod clocks;
mod cluster;
mod cluster_nodes;
mod cluster_store;
mod corpora;
mod credentials;
mod docs;
mod doctor;
mod endings;
mod enrolment;
mod fleet;
mod forms;
mod harness;
mod hostile_caller;
mod hostile_connector;
mod hostile_gateway;
mod hostile_handshake;
mod hostile_plans;
mod identity;
mod kills;
mod limits;
mod login;
mod metrics;
mod netns_outbound;
mod pause;
mod people;
mod policy;
mod query;
mod reload;
mod rights;
mod seal;
mod secrets;
mod sessions;
mod transport;
mod tunnel;
mod tunnels_apart;
mod wan;
