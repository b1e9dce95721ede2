//! The tunnel: dialled from here, kept open, and driven.
//!
//! [`dial`] opens a connection, [`session`] lives on it, [`keep`] opens the next one when it ends, at the pace that
//! [`backoff`] says; [`congestion`] decides how fast it sends. Nothing here waits for a connection from outside.

pub mod backoff;
mod congestion;
pub mod dial;
mod exchange;
mod frames;
pub mod keep;
pub mod session;
