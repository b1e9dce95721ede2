//! The tunnels: dialled from here, kept open, and driven.
//!
//! [`places`] decides which node each is to be at, [`dial`] opens a connection, [`session`] lives on it, [`keep`] opens the
//! next one when it ends, at the pace that [`backoff`] says; [`congestion`] decides how fast it sends, [`watchdog`] ends what
//! stands still. Nothing here waits for a connection from outside.

pub mod backoff;
mod congestion;
pub mod dial;
mod exchange;
mod frames;
pub(crate) mod issuer;
pub mod keep;
pub mod places;
mod said;
pub mod session;
mod watchdog;
