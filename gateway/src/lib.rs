//! The cloud side: takes queries from API callers, sends them down the tunnel of the customer's connector, and hands
//! the answers back.
//!
//! Read `query` for the story of one query; the modules above it are entrances, those below are tools.
//!
//! | entrance | [`api`] over HTTPS, `cli` on the host |
//! |---|---|
//! | rights | [`auth`]: `Caller`, then `Grant` |
//! | a query | [`query`] tells it: [`statement`], [`allowlist`], [`audit`], [`route`], [`tunnel`] |
//! | fleet | `fleet`: tenants, join tokens, connectors |
//! | state | [`store`]: one trait, `redb` or etcd behind it; [`nodes`]; [`seal`]: what in it is secret |
//! | several nodes | [`cluster`]: who is there, who holds what, the way to them |
//! | frame | [`app`] builds and supervises, [`config`], [`drain`], [`metrics`] |
//!
//! Invariants: a right is a value made by [`auth`] only; no await on a peer is without a deadline; nothing that an
//! outsider can make grow is without a bound; SQL text, rows, parameters, tokens and keys are never logged.

pub mod allowlist;
pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod authority;
pub mod cli;
pub mod client;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod drain;
pub mod fleet;
mod handshakes;
pub mod metrics;
pub mod nodes;
pub mod oidc;
pub mod query;
pub mod reload;
pub mod route;
pub mod seal;
pub mod statement;
pub mod store;
pub mod tunnel;
