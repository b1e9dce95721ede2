//! One suite, each warehouse: the same plan gives the same batches on PostgreSQL and on DuckDB, and what must not happen
//! happens on neither.
//!
//! Queries take the way that they take in life: text to plan, plan past the customer's policy, [`Admitted`] to batches.
//! Types that the real schema lacks are tested with tables of its names and columns of other types.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test binary a panic is how a test fails, in helpers too"
)]

mod alike;
mod both;
mod endings;
mod grants;
mod kinds;
mod rights;
mod samples;
mod second_opinion;
mod verdicts;
