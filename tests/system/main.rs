//! The system tests: real processes, real databases, real sockets.

mod api;
mod audit;
mod bench;
mod endings;
mod enrolment;
mod forms;
mod harness;
mod limits;
mod metrics;
mod policy;
mod query;
mod sessions;
mod tunnel;
