//! One query as a state machine, for each side.
//!
//! Frames travel on the bidirectional stream that the gateway opened; every batch on a stream of its own, so that batches
//! overtake one another, and the trailer overtakes batches. [`ConnectorExchange`] numbers what it sends and stays within
//! the window; [`GatewayExchange`] puts the batches back in order, gives credit as they are taken, and calls the result
//! complete only when every batch was handed on and rows, bytes and digest are what the trailer says.
//!
//! Neither knows a clock: deadlines, resets and cancellation are events. What either holds is bounded by its [`Window`].
//!
//! Refused here: frames out of order, sequence numbers twice or out of range, batches beyond the window, more rows or
//! bytes than were asked for, credit for what was not sent, a trailer that differs from what arrived.

mod connector;
mod gateway;

pub use self::connector::{ConnectorExchange, Incoming, SendError, Summary};
pub use self::gateway::{Action, GatewayExchange, probe_reply, proposal_reply};

use super::frame::ExchangeFrame;
use crate::{
    error::{Code, Fault},
    limits::{WINDOW_BATCHES, WINDOW_BYTES},
};

/// How much of one exchange may be without credit. A single batch always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Batches, at least one.
    pub batches: u32,
    /// Encoded bytes.
    pub bytes: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            batches: WINDOW_BATCHES,
            bytes: WINDOW_BYTES,
        }
    }
}

impl Window {
    /// Whether one more batch of `length` bytes fits beside what is outstanding.
    fn admits(self, batches: u64, bytes: u64, length: u64) -> bool {
        batches == 0 || (batches < u64::from(self.batches) && bytes.saturating_add(length) <= self.bytes)
    }
}

fn violation(detail: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
    Fault::new(Code::ProtocolViolation, detail)
}

fn out_of_order(frame: &ExchangeFrame, state: &str) -> Fault {
    violation(format!("{} while {state}", frame.name()))
}

#[cfg(test)]
mod tests;
