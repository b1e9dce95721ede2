//! The wire: what connector and gateway say to each other, and in which order (docs/wire.md).
//!
//! Everything here is sans-IO. [`plan`] turns plans into bytes and back. [`codec`] turns bytes into [`frame`]s within bounds; [`session`] (the control stream) and
//! [`exchange`] (one query) say, for either side, what follows from an event. Tasks that own sockets drive them: they
//! feed bytes, events and the time, and do what the returned actions say. Nothing in here waits, reads a clock, or holds
//! more than its stated bound.
//!
//! Refused here: frames over their bound, truncated or unknown frames, values out of range, frames out of order, batches
//! beyond the window, results that differ from their trailer. The peer is authenticated and nevertheless not trusted.

pub mod codec;
pub mod exchange;
pub mod frame;
pub mod plan;
#[cfg(test)]
mod samples;
pub mod session;
