//! Plans as bytes: what crosses the tunnel in place of SQL text, where the customer opted in.
//!
//! The form is protobuf and flat (`plan.proto`): a list of nodes that name their parts by number, so that protobuf never
//! nests deeper than four messages, whatever the plan. [`decode`] counts the nodes before it parses them, builds each out
//! of parts that came before it, and ends with [`Plan::new`]: its caller holds a valid plan or a refusal.
//!
//! Refused: more bytes, nodes or levels than the bounds, a part that comes later, is missing or is used twice, a name,
//! number or form that this version does not know. Protobuf drops *fields* that a reader does not know; so whoever decodes
//! a plan compares its fingerprint with the one that it was told. Called by the gateway (encode) and the connector.

mod read;
mod write;

use bytes::Bytes;
use prost::Message as _;
use thiserror::Error;

use crate::{
    error::{Code, Fault},
    limits::{MAX_PLAN_BYTES, MAX_PLAN_DEPTH, MAX_PLAN_NODES},
    query::plan::{Plan, PlanError},
};

/// The generated types.
mod raw {
    #![expect(unreachable_pub, reason = "generated; plan.proto holds the comments")]
    include!(concat!(env!("OUT_DIR"), "/plan.v1.rs"));
}

/// Nodes of an encoded plan: those that [`Plan::new`] counts, and queries, bodies and relations, of which a plan that it
/// accepts has far fewer. A node takes up to 200 bytes of memory once parsed, and two on the wire.
const MAX_NODES: usize = MAX_PLAN_NODES + 512;

/// Levels of an encoded plan. One level of [`MAX_PLAN_DEPTH`] is at most three here: a relation, its query and its body.
const MAX_LEVELS: u16 = 3 * MAX_PLAN_DEPTH as u16 + 3;

/// Why bytes are not a plan. The peer's fault, or the doing of a version that is newer than this one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// More of something than its bound.
    #[error("the plan has more than {limit} {what}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// Not protobuf of the expected message.
    #[error("the plan is not valid protobuf")]
    Protobuf,
    /// A form, function, operator or type that this version does not know, or none.
    #[error("the plan holds a {0} that this version does not know")]
    Unknown(&'static str),
    /// A part that is not there, comes later, was used before, or is of another kind.
    #[error("the plan's parts are not put together as a {0}")]
    Part(&'static str),
    /// What [`Plan::new`] refuses.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl DecodeError {
    /// The stable code of a request that is refused for this.
    pub fn code(&self) -> Code {
        match self {
            Self::TooMany { .. } => Code::LimitExceeded,
            Self::Protobuf | Self::Unknown(_) | Self::Part(_) => Code::ProtocolViolation,
            Self::Plan(error) => error.code(),
        }
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Fault::new(error.code(), error.to_string())
    }
}

/// A plan as it travels: not empty, within [`MAX_PLAN_BYTES`], and not yet understood. `Debug` shows its length only, since
/// it holds the literals of a query.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedPlan(Bytes);

impl EncodedPlan {
    /// Encodes a plan.
    ///
    /// # Errors
    /// [`DecodeError::TooMany`] for a plan that no receiver takes.
    pub fn of(plan: &Plan) -> Result<Self, DecodeError> {
        encode(plan).map(Self)
    }

    /// Takes bytes that were received; none where they are too many or none at all.
    pub fn received(bytes: Bytes) -> Option<Self> {
        (1..=MAX_PLAN_BYTES).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The plan. Compare its fingerprint with the one that came beside it.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(&self) -> Result<Plan, DecodeError> {
        decode(&self.0)
    }
}

impl std::fmt::Debug for EncodedPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EncodedPlan({} bytes)", self.0.len())
    }
}

/// The bytes of a plan.
///
/// # Errors
/// [`DecodeError::TooMany`] for a plan that no receiver takes.
pub fn encode(plan: &Plan) -> Result<Bytes, DecodeError> {
    let raw = write::plan(plan);
    if raw.nodes.len() > MAX_NODES {
        return Err(too_many("nodes", MAX_NODES));
    }
    let bytes = raw.encode_to_vec();
    if bytes.len() > MAX_PLAN_BYTES {
        return Err(too_many("encoded bytes", MAX_PLAN_BYTES));
    }
    Ok(bytes.into())
}

/// The plan of these bytes. Its fingerprint is that of what was understood: compare it.
///
/// # Errors
/// [`DecodeError`], within the memory that the bounds allow.
pub fn decode(bytes: &[u8]) -> Result<Plan, DecodeError> {
    if bytes.len() > MAX_PLAN_BYTES {
        return Err(too_many("encoded bytes", MAX_PLAN_BYTES));
    }
    if messages(bytes)? > MAX_NODES {
        return Err(too_many("nodes", MAX_NODES));
    }
    let raw = raw::Plan::decode(bytes).map_err(|_| DecodeError::Protobuf)?;
    read::plan(raw)
}

/// Fields of the outermost message, without parsing what is in them.
fn messages(bytes: &[u8]) -> Result<usize, DecodeError> {
    use prost::encoding::{DecodeContext, decode_key, skip_field};
    let (mut rest, mut count) = (bytes, 0);
    while !rest.is_empty() {
        let (tag, wire_type) = decode_key(&mut rest).map_err(|_| DecodeError::Protobuf)?;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default()).map_err(|_| DecodeError::Protobuf)?;
        count += 1;
    }
    Ok(count)
}

fn too_many(what: &'static str, limit: usize) -> DecodeError {
    DecodeError::TooMany { what, limit }
}

/// For the fuzz target: any bytes are a plan or an error, and a plan that was decoded comes back from its own bytes.
#[doc(hidden)]
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(plan) = decode(bytes) else { return };
    // A plan may be longer in our own form: fields that were given twice count once.
    let Ok(again) = encode(&plan) else { return };
    assert_eq!(decode(&again).as_ref(), Ok(&plan));
    assert_eq!(decode(&again).map(|p| p.fingerprint()), Ok(plan.fingerprint()));
}

/// The numbers of `plan.proto` for forms without parts: a form's number is its place here, from one.
mod numbers {
    use super::DecodeError;
    use crate::query::{
        expr::{BinaryOp, FrameUnit, Truth},
        plan::{JoinKind, SetOp},
    };

    pub(super) const SET_OPS: [SetOp; 3] = [SetOp::Union, SetOp::Intersect, SetOp::Except];
    pub(super) const JOINS: [JoinKind; 5] = [
        JoinKind::Inner,
        JoinKind::Left,
        JoinKind::Right,
        JoinKind::Full,
        JoinKind::Cross,
    ];
    pub(super) const OPERATORS: [BinaryOp; 14] = [
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::Modulo,
        BinaryOp::Concat,
        BinaryOp::Eq,
        BinaryOp::NotEq,
        BinaryOp::Lt,
        BinaryOp::LtEq,
        BinaryOp::Gt,
        BinaryOp::GtEq,
        BinaryOp::JsonGet,
        BinaryOp::JsonGetText,
    ];
    pub(super) const TRUTHS: [Truth; 3] = [Truth::Null, Truth::True, Truth::False];
    pub(super) const UNITS: [FrameUnit; 3] = [FrameUnit::Rows, FrameUnit::Range, FrameUnit::Groups];

    /// The number of a form.
    pub(super) fn of<T: PartialEq>(table: &[T], form: &T) -> u32 {
        let place = table.iter().position(|known| known == form);
        // A form that is missing above would be sent as 0, which is refused: a test sends each.
        place.map_or(0, |place| place as u32 + 1)
    }

    /// The form of a number.
    pub(super) fn form<T: Copy>(table: &[T], number: u32, what: &'static str) -> Result<T, DecodeError> {
        let place = (number as usize).checked_sub(1);
        place
            .and_then(|place| table.get(place).copied())
            .ok_or(DecodeError::Unknown(what))
    }
}

#[cfg(test)]
mod tests;
