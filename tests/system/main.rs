//! The system tests: real processes, real databases, real sockets.

mod harness;
