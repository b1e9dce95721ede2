//! Frames as domain types, and the one place where protobuf becomes them.
//!
//! The generated types stay private to this module. Decoding a frame is the parse at the edge: every bound, name, value
//! and text is checked there, and nothing past it checks again. What fails is the peer's fault, always.
//!
//! Text that the peer wrote is either refused when it leaves its alphabet (names, versions), or made harmless
//! ([`Fault`] details, which may reach a caller): at most [`MAX_DETAIL_BYTES`], no control or direction characters.

mod control;
mod nodes;
mod offers;
mod query;
mod schema;
mod text;

use bytes::Bytes;
use prost::Message;
use thiserror::Error;

pub use control::{ControlFrame, Drain, Hello, Renew, Renewed, SourceOffer, Trust, Welcome};
pub use nodes::{ClusterNode, NodeAddress, NodeAddressError, Nodes, NodesError, Slot, SlotError};
pub use offers::{
    Need, OfferedParameter, OfferedQuery, Offers, PendingQuery, Proposal, ProposalReply, ProposalState,
};
pub use query::{
    BatchHeader, Columns, Complete, Credit, ExchangeFrame, Header, Probe, ProbeReply, Question, Request,
    Seen, Trailer, Unreadable,
};
pub use schema::{AdHoc, SourceSchema};
pub use text::hidden;
pub use text::{
    CallerName, DialectName, Digest, ExchangeId, InstanceId, MAX_DETAIL_BYTES, Purpose, RequestId, Version,
};

use crate::{
    error::{Code, Fault},
    limits::MAX_FRAME_BYTES,
};

/// The generated types.
mod raw {
    #![expect(unreachable_pub, reason = "generated; tunnel.proto holds the comments")]
    include!(concat!(env!("OUT_DIR"), "/tunnel.v1.rs"));
}

/// Why bytes are not a frame. Always the peer's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Not protobuf of the expected message.
    #[error("a {0} frame is not valid protobuf")]
    Malformed(&'static str),
    /// No variant that this version knows.
    #[error("a {0} frame holds no variant that this version knows")]
    UnknownVariant(&'static str),
    /// A field that must be there is absent.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A field is outside its bound or alphabet.
    #[error("the field {0} is out of bounds")]
    Field(&'static str),
    /// The value of a parameter that no database takes; says which.
    #[error(transparent)]
    Value(Fault),
    /// A request that is refused for one of the above, with what could be read of it.
    #[error("{}", .0.why)]
    Request(Box<Unreadable>),
}

impl FrameError {
    /// What to tell the peer, or a caller who waits for it.
    pub fn fault(&self) -> Fault {
        match self {
            FrameError::Value(fault) => fault.clone(),
            FrameError::Request(unreadable) => unreadable.why.fault(),
            other => Fault::new(Code::ProtocolViolation, other.to_string()),
        }
    }
}

/// A frame that is longer than its place allows: the fault of this side, found before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {kind} frame of {bytes} bytes is over the bound of {limit}")]
pub struct TooLong {
    /// What kind of frame.
    pub kind: &'static str,
    /// Its length in bytes.
    pub bytes: usize,
    /// The bound in bytes.
    pub limit: usize,
}

impl From<TooLong> for Fault {
    fn from(error: TooLong) -> Self {
        Fault::new(Code::LimitExceeded, error.to_string())
    }
}

/// A kind of frame: one per kind of stream.
pub trait Frame: Sized {
    /// The kind's name in errors.
    const KIND: &'static str;

    /// Longest frame of this kind in bytes, without its length prefix.
    const LIMIT: usize = MAX_FRAME_BYTES;

    /// Parses the bytes between two length prefixes.
    fn decode(body: Bytes) -> Result<Self, FrameError>;

    /// The frame with its length prefix, ready to send.
    ///
    /// # Errors
    /// When it is longer than the receiver takes.
    fn encode(&self) -> Result<Bytes, TooLong>;
}

fn parse<M: Message + Default>(kind: &'static str, body: Bytes) -> Result<M, FrameError> {
    M::decode(body).map_err(|_| FrameError::Malformed(kind))
}

fn delimited(kind: &'static str, limit: usize, message: &impl Message) -> Result<Bytes, TooLong> {
    let bytes = message.encoded_len();
    if bytes > limit {
        return Err(TooLong { kind, bytes, limit });
    }
    Ok(message.encode_length_delimited_to_vec().into())
}

#[cfg(test)]
mod tests;
