//! The customer side of the tunnel: it dials out, decides, reads, encodes and keeps the record.
//!
//! [`query`] tells the way of one query from top to bottom. Above it are the entrances ([`cli`], [`app`], [`tunnel`], [`doctor`]),
//! below it the tools ([`policy`], [`warehouse`], [`encode`], [`audit`]); arrows point downwards only.
//!
//! Invariants:
//! - Nothing listens for the gateway: every connection to it is dialled from here. The one listener there is serves
//!   metrics and health to the host itself, on loopback, and may be switched off.
//! - A plan reaches a warehouse only as [`policy::Admitted`], which only the customer's policy makes.
//! - SQL text is rendered here and never leaves. None arrives to be run: a [proposal](catalogue::proposals) waits for the
//!   customer, and what runs then is the file that they approved.
//! - No query runs whose opening record could not be written to the [`audit`] log.

pub mod app;
pub mod audit;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod encode;
pub mod identity;
pub mod logging;
pub mod mask;
pub mod metrics;
pub mod operations;
pub mod policy;
pub mod proxy;
pub mod query;
pub mod reading;
pub mod standing;
pub mod status;
pub mod tunnel;
pub mod verdict;
pub mod warehouse;
