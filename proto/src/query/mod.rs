//! The closed query algebra: what one side may ask of the other.
//!
//! A [`plan::Plan`] is a read and cannot be anything else: there is no way to say a write, a second statement, a table
//! outside the schema, a file, a setting, or a function that is not in [`functions`]. It is lowered from SQL text by
//! [`crate::sql`] and rendered to SQL, anew, by the connector.
//!
//! The algebra is made of SELECT blocks rather than of single relational operators: a reviewer reads it as the SQL it
//! stands for, and rendering adds no meaning of its own (docs/decisions/0002-select-blocks.md).

mod check;
pub mod expr;
pub mod fingerprint;
pub mod functions;
pub mod parameters;
pub mod plan;
#[cfg(test)]
mod tests;
pub mod types;
pub mod walk;
