//! What would become of a SQL statement: the way of an ad-hoc query up to the warehouse, with no warehouse attached.
//!
//! The steps are those of the live path, called as it calls them: [`sql::lower_with`], the customer's policy,
//! [`render`]. A verdict is a statement about this code, so there is nothing of its own here to
//! decide by.

pub mod lines;

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use proto::{
    error::{Code, Fault},
    query::{
        fingerprint::Fingerprint,
        plan::{Identifier, Plan},
    },
    schema::Schema,
    sql::{self, Names, Syntax},
};
use serde::Serialize;

use crate::{
    clock::UnixMillis,
    policy::{Origin, Policy},
    warehouse::render::{self, Dialect, Namespace},
};

/// What statements are judged by.
#[derive(Debug)]
pub struct Judge {
    names: Names,
    namespace: Namespace,
    dialect: Dialect,
    policy: Option<Policy>,
}

/// The verdict on one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It would run.
    Admit(Box<Admission>),
    /// It would not.
    Refuse(Refusal),
}

/// What would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Of the plan as it was asked, before the policy.
    pub fingerprint: Fingerprint,
    /// One statement, its literals in the text.
    pub rendered: String,
    /// The tables that are read, sorted.
    pub tables: Vec<String>,
    /// The columns that are read, as `table.column`, sorted.
    pub columns: Vec<String>,
}

/// Why it would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// A sentence, with the place in the text where there is one.
    pub reason: String,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self {
            code: fault.code.name(),
            reason: fault.detail.into_owned(),
        }
    }
}

impl Judge {
    /// A judge of texts in `dialect` that may name the tables of `schema`, which live in `namespace`. Without a policy
    /// every table and column is visible. Statements are rendered without the database: it is the connection's own.
    pub fn new(schema: &Schema, namespace: Namespace, dialect: Dialect, policy: Option<Policy>) -> Self {
        let database = namespace.catalog.as_ref().map(Identifier::as_str);
        // Every dialect has a reading, as a test of this module makes sure.
        let syntax = Syntax::of_dialect(dialect.name()).unwrap_or(Syntax::Postgres);
        let names = Names::qualified(schema, namespace.schema.as_str(), database).read_as(syntax);
        Self {
            names,
            namespace: Namespace {
                catalog: None,
                schema: namespace.schema,
            },
            dialect,
            policy,
        }
    }

    /// Judges one statement. A fault of this program is a refusal too: whatever comes in, an answer goes out.
    pub fn judge(&self, text: &str) -> Verdict {
        let judged = catch_unwind(AssertUnwindSafe(|| self.admit(text)));
        let failed = || Fault::new(Code::Internal, "the statement made this program fail");
        match judged.unwrap_or_else(|_| Err(failed())) {
            Ok(admission) => Verdict::Admit(Box::new(admission)),
            Err(fault) => Verdict::Refuse(fault.into()),
        }
    }

    fn admit(&self, text: &str) -> Result<Admission, Fault> {
        let plan = sql::lower_with(text, &self.names, Vec::new())?;
        let rewritten = match &self.policy {
            Some(policy) => {
                policy.admits(Origin::AdHoc).map_err(|refusal| refusal.fault)?;
                let rewritten = policy.rewrite(&plan, UnixMillis::now());
                Some(rewritten.map_err(|refusal| refusal.fault)?.plan)
            }
            None => None,
        };
        let rendered = render::inline(rewritten.as_ref().unwrap_or(&plan), &self.namespace, self.dialect);
        let rendered = rendered.map_err(|error| error.to_fault())?;
        let (tables, columns) = read(&plan);
        Ok(Admission {
            fingerprint: plan.fingerprint(),
            rendered,
            tables,
            columns,
        })
    }
}

/// The tables and columns that a plan reads.
fn read(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let (mut tables, mut columns) = (BTreeSet::new(), BTreeSet::new());
    for scan in plan.scans() {
        let table = scan.table.as_str();
        tables.insert(table.to_owned());
        columns.extend(
            scan.columns
                .iter()
                .map(|column| format!("{table}.{}", column.as_str())),
        );
    }
    (tables.into_iter().collect(), columns.into_iter().collect())
}

#[cfg(test)]
mod tests;
