//! The contract between gateway and connector.
//!
//! Everything that both sides must agree on lives here and nowhere else: names ([`id`]), bounds ([`limits`]),
//! stable error codes ([`error`]), the documents of enrolment ([`enrol`]), the closed query algebra ([`query`]), the Elementary schema ([`schema`]), the
//! catalogue of named queries ([`catalogue`]) and the frames on the wire ([`wire`]).
//!
//! Invariants:
//! - No sockets, clocks or tasks. Time and randomness are arguments. The one thread belongs to the SQL parser
//!   ([`sql`]), which needs a stack of its own.
//! - A value of a type in here is valid: constructors are checked, fields that carry a promise are private.
//! - Nothing is ever rendered from a SQL parser's tree.

pub mod catalogue;
pub mod enrol;
pub mod error;
pub mod id;
pub mod limits;
pub mod query;
pub mod recent;
pub mod schema;
pub mod sql;
pub mod wire;
