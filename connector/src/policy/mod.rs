//! The customer's answer to a query: [`Policy::admit`] makes an [`Admitted`], and nothing else does.
//!
//! The gateway's checks are a courtesy; this one counts. Every table and column that a plan reads is looked up in the
//! Elementary inventory and in the customer's file, also within joins, CTEs and subqueries; what is not allowed is
//! refused by name, together with the setting that would allow it.

use std::{sync::Arc, time::Duration};

use proto::query::{
    plan::{Identifier, Plan},
    types::Value,
};

/// A plan that the customer's policy admits, with the values bound to it. Private constructor: holding one is the right
/// to run it, once, within its limits.
#[derive(Debug)]
pub struct Admitted {
    plan: Arc<Plan>,
    values: Vec<Value>,
    schema: Identifier,
    limits: Limits,
}

/// What one admitted query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of the result. One more is `limit_exceeded`, never a shorter result.
    pub rows: u64,
    /// Encoded bytes of the result.
    pub bytes: u64,
    /// Time from admission to the last row.
    pub time: Duration,
}

impl Admitted {
    /// What is read.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// One value for each of the plan's parameters, in their order, checked against their types.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The schema of the warehouse that every table of the plan is qualified with.
    pub fn schema(&self) -> &Identifier {
        &self.schema
    }

    /// What it may use.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    #[cfg(test)]
    pub(crate) fn for_test(plan: Plan, values: Vec<Value>, schema: &str, limits: Limits) -> Self {
        Self {
            plan: Arc::new(plan),
            values,
            schema: Identifier::new(schema).expect("a schema name"),
            limits,
        }
    }
}
