//! The customer's answer to a query: [`Policy::admit`] makes an [`Admitted`], and nothing else does.
//!
//! The gateway's checks are a courtesy; this one counts. Every table and column that a plan reads is looked up in the
//! Elementary inventory and in the customer's file, also within joins, CTEs and subqueries; what is not allowed is
//! refused by name, together with the setting that would allow it. What is allowed in part is written into the plan
//! ([`samples`]) or masked in the result, and then nothing may be computed with it ([`taint`]).

pub mod budget;
pub mod diff;
pub mod explain;
pub mod file;
pub mod hours;
pub mod pause;
pub mod refusal;
mod samples;
mod taint;
pub mod watch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::{
    error::Fault,
    query::{
        plan::{Identifier, Plan, Scan},
        types::Value,
    },
};

use budget::{Ledger, Slot};
use file::{AdHoc, Budget, Document, KeyName, Withheld};

pub use refusal::{Reason, Refusal};

use crate::{clock::UnixMillis, mask::Mask};

/// A policy in force: the customer's file, and what was used under it.
#[derive(Debug)]
pub struct Policy {
    document: Document,
    ledger: Arc<Ledger>,
}

/// What is asked.
#[derive(Debug)]
pub struct Asked {
    /// Where the plan comes from.
    pub origin: Origin,
    /// What would be read.
    pub plan: Arc<Plan>,
    /// One value for each of the plan's parameters, in their order, checked against their types.
    pub values: Vec<Value>,
    /// The caller's bound on rows, where there is one.
    pub rows: Option<u64>,
    /// The caller's bound on encoded bytes, where there is one.
    pub bytes: Option<u64>,
    /// The caller's deadline, from now.
    pub time: Duration,
}

/// Where a plan comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This connector's own catalogue.
    Catalogued,
    /// Somebody wrote it.
    AdHoc,
}

/// A plan with the customer's policy written into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewritten {
    /// What is rendered. Not what was asked: its fingerprint is another one.
    pub plan: Plan,
    /// What the connector does to each output of the result.
    pub masks: Vec<Option<Mask>>,
}

/// A plan that the customer's policy admits, with the values bound to it. Private constructor: holding one is the right
/// to run it, once, within its limits. It also holds the query's place in the budget until it is dropped.
#[derive(Debug)]
pub struct Admitted {
    origin: Origin,
    plan: Plan,
    masks: Vec<Option<Mask>>,
    sha256_key: KeyName,
    values: Vec<Value>,
    schema: Identifier,
    limits: Limits,
    budget: Budget,
    slot: Slot,
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
    /// Cost of an ad-hoc statement by the warehouse's own estimate, where it makes one.
    pub cost: u64,
}

impl Policy {
    /// Puts a file in force; the ledger is the source's, kept over reloads.
    pub fn new(document: Document, ledger: Arc<Ledger>) -> Self {
        Self { document, ledger }
    }

    /// The file.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What the source's queries have used.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Admits a plan, or says which setting stands against it. A refused query takes nothing from the budget.
    pub fn admit(&self, asked: Asked, now: UnixMillis) -> Result<Admitted, Refusal> {
        if self.document.is_paused() {
            return Err(refusal::paused(pause::By::Policy));
        }
        if let Some(hours) = self.document.hours()
            && let Some(wait) = hours.closed(now)
        {
            return Err(refusal::closed(hours, wait));
        }
        self.admits(asked.origin)?;
        let Rewritten { plan, masks } = self.rewrite(&asked.plan, now)?;
        let budget = self.document.budget();
        let entered = self.ledger.enter(&budget, now);
        let slot = entered.map_err(|exceeded| refusal::exceeded(exceeded, &budget))?;
        let limits = Limits {
            rows: asked.rows.unwrap_or(u64::MAX).min(budget.rows_per_query),
            bytes: asked.bytes.unwrap_or(u64::MAX).min(budget.bytes_per_query),
            time: asked.time.min(budget.time_per_query),
            cost: budget.cost_per_query,
        };
        Ok(Admitted {
            origin: asked.origin,
            plan,
            masks,
            sha256_key: self.document.sha256_key().clone(),
            values: asked.values,
            schema: self.document.schema().clone(),
            limits,
            budget,
            slot,
        })
    }

    /// Whether plans from there may run at all.
    pub fn admits(&self, origin: Origin) -> Result<(), Refusal> {
        match (origin, self.document.adhoc()) {
            (Origin::AdHoc, AdHoc::Off) => Err(refusal::adhoc()),
            (Origin::AdHoc, AdHoc::On) | (Origin::Catalogued, _) => Ok(()),
        }
    }

    /// Checks what a plan reads and does, and writes the policy into it. Takes nothing from any budget.
    pub fn rewrite(&self, plan: &Plan, now: UnixMillis) -> Result<Rewritten, Refusal> {
        self.check_scans(plan)?;
        let found =
            taint::walk(&self.document, plan).map_err(|why| refusal::computed(&self.document, why))?;
        let mut query = plan.query().clone();
        let plan = samples::rewrite(&self.document, now, &mut query, found.relations)
            .and_then(|()| Plan::rewritten(query, plan.parameters().to_vec()))
            .map_err(|error| refusal::rewriting(&error))?;
        Ok(Rewritten {
            plan,
            masks: found
                .outputs
                .iter()
                .map(|taint| taint.map(|masked| masked.mask))
                .collect(),
        })
    }

    /// Whether the policy would admit a catalogued plan, budgets, hours and pauses apart: for explanations.
    pub fn check(&self, plan: &Plan) -> Result<(), Refusal> {
        self.rewrite(plan, UnixMillis::now()).map(|_| ())
    }

    fn check_scans(&self, plan: &Plan) -> Result<(), Refusal> {
        // What is held back for one cause is named together, so that a customer who means to allow it edits once.
        let mut withheld: BTreeMap<Withheld, Vec<String>> = BTreeMap::new();
        for scan in plan.scans() {
            self.check_scan(scan, &mut withheld);
        }
        match withheld.into_iter().next() {
            None => Ok(()),
            Some((cause, names)) => Err(refusal::withheld(&self.document, cause, &names)),
        }
    }

    fn check_scan(&self, scan: &Scan, withheld: &mut BTreeMap<Withheld, Vec<String>>) {
        let mut note = |cause, name: String| {
            let names = withheld.entry(cause).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        };
        let table = match self.document.table(scan.table.as_str()) {
            Ok(table) => table,
            Err(cause) => return note(cause, scan.table.as_str().to_owned()),
        };
        for column in &scan.columns {
            if let Err(cause) = self.document.column(table, column.as_str()) {
                note(cause, format!("{}.{}", table.name, column.as_str()));
            }
        }
        // `count(*)` names no column, yet it tells of the rows: it needs a column that may be read.
        if scan.columns.is_empty() {
            let mut causes = table
                .columns
                .iter()
                .map(|c| self.document.column(table, c.name).err());
            if let Some(Some(cause)) = causes.next()
                && causes.all(|cause| cause.is_some())
            {
                note(cause, table.name.to_owned());
            }
        }
    }
}

impl Admitted {
    /// Where the plan came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What is rendered: the plan as it was asked with the policy written into it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is done to each column of the result before it is encoded.
    pub fn masks(&self) -> &[Option<Mask>] {
        &self.masks
    }

    /// The file with the key of `sha256`.
    pub fn sha256_key(&self) -> &KeyName {
        &self.sha256_key
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

    /// Books encoded bytes that are about to leave, on the customer's day; refuses those that it has no room for.
    pub fn spend(&self, bytes: u64, now: UnixMillis) -> Result<(), Fault> {
        let spent = self.slot.spend(&self.budget, bytes, now);
        spent.map_err(|exceeded| exceeded.fault(&self.budget))
    }
}

#[cfg(test)]
mod tests;
