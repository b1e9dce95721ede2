//! The customer's answer to a query: [`Policy::admit`] makes an [`Admitted`], and nothing else does.
//!
//! The gateway's checks are a courtesy; this one counts. Every table and column that a plan reads is looked up in the
//! Elementary inventory and in the customer's file, also within joins, CTEs and subqueries; what is not allowed is
//! refused by name, together with the setting that would allow it.

pub mod budget;
pub mod explain;
pub mod file;
pub mod watch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::{
    error::{Code, Fault},
    query::{
        plan::{Identifier, Plan, Scan},
        types::Value,
    },
};

use budget::{Exceeded, Ledger, Slot};
use file::{AdHoc, Budget, Document, Tables, Withheld};

use crate::clock::UnixMillis;

/// Names in one refusal at the most: the widest table has under 40 columns, and a detail has to fit a log line.
const MAX_NAMED: usize = 12;

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

/// A plan that the customer's policy admits, with the values bound to it. Private constructor: holding one is the right
/// to run it, once, within its limits. It also holds the query's place in the budget until it is dropped.
#[derive(Debug)]
pub struct Admitted {
    plan: Arc<Plan>,
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
}

/// A query that the policy does not admit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For the metric's label.
    pub reason: Reason,
    /// For the caller.
    pub fault: Fault,
}

/// Why a query was refused: a label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A table that is not in the inventory, or held back by name.
    Table,
    /// A column that is not in the inventory, or held back by name.
    Column,
    /// A category that is off.
    Category,
    /// A sensitive column that is not listed.
    Sensitivity,
    /// Too many queries at once.
    Concurrency,
    /// Too many queries in a minute.
    Rate,
    /// Too many bytes in a day.
    Day,
    /// `adhoc = false`
    AdHoc,
}

impl Reason {
    /// Every reason.
    pub const ALL: &[Reason] = &[
        Reason::Table,
        Reason::Column,
        Reason::Category,
        Reason::Sensitivity,
        Reason::Concurrency,
        Reason::Rate,
        Reason::Day,
        Reason::AdHoc,
    ];

    /// The label.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Table => "table",
            Reason::Column => "column",
            Reason::Category => "category",
            Reason::Sensitivity => "sensitivity",
            Reason::Concurrency => "concurrent_queries",
            Reason::Rate => "queries_per_minute",
            Reason::Day => "bytes_per_day",
            Reason::AdHoc => "adhoc",
        }
    }
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
        if asked.origin == Origin::AdHoc && self.document.adhoc() == AdHoc::Off {
            let detail = "the customer lets in catalogued queries only; set `adhoc = true` in the policy";
            return Err(Refusal {
                reason: Reason::AdHoc,
                fault: Fault::new(Code::RefusedByPolicy, detail),
            });
        }
        self.check(&asked.plan)?;
        let budget = self.document.budget();
        let slot = self.ledger.enter(&budget, now).map_err(|exceeded| Refusal {
            reason: reason(exceeded),
            fault: exceeded.fault(&budget),
        })?;
        let limits = Limits {
            rows: asked.rows.unwrap_or(u64::MAX).min(budget.rows_per_query),
            bytes: asked.bytes.unwrap_or(u64::MAX).min(budget.bytes_per_query),
            time: asked.time.min(budget.time_per_query),
        };
        Ok(Admitted {
            plan: asked.plan,
            values: asked.values,
            schema: self.document.schema().clone(),
            limits,
            budget,
            slot,
        })
    }

    /// Whether the policy would admit what the plan reads, budgets apart: for explanations.
    pub fn check(&self, plan: &Plan) -> Result<(), Refusal> {
        // What is held back for one cause is named together, so that a customer who means to allow it edits once.
        let mut withheld: BTreeMap<Withheld, Vec<String>> = BTreeMap::new();
        for scan in plan.scans() {
            self.check_scan(scan, &mut withheld);
        }
        match withheld.into_iter().next() {
            None => Ok(()),
            Some((cause, names)) => Err(self.refusal(cause, names)),
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

    fn refusal(&self, cause: Withheld, names: Vec<String>) -> Refusal {
        let more = names.len().saturating_sub(MAX_NAMED);
        let shown: Vec<String> = names
            .iter()
            .take(MAX_NAMED)
            .map(|name| format!("`{name}`"))
            .collect();
        let mut what = shown.join(", ");
        if more > 0 {
            what.push_str(&format!(" and {more} more"));
        }
        let quoted: Vec<String> = names
            .iter()
            .take(MAX_NAMED)
            .map(|name| format!("\"{name}\""))
            .collect();
        let quoted = quoted.join(", ");
        let (reason, detail) = match cause {
            Withheld::UnknownTable => (
                Reason::Table,
                format!(
                    "table {what} is not part of the Elementary schema that this connector serves; no setting allows it"
                ),
            ),
            Withheld::UnknownColumn => (
                Reason::Column,
                format!(
                    "column {what} is not part of the Elementary schema that this connector serves; no setting allows it"
                ),
            ),
            Withheld::Table => {
                let setting = match self.document.tables() {
                    Tables::AllBut(_) => format!("take {quoted} out of `tables.deny`"),
                    Tables::Only(_) => format!("add {quoted} to `tables.allow`"),
                };
                (
                    Reason::Table,
                    format!("table {what} is held back by the customer; {setting}"),
                )
            }
            Withheld::Category(category) => (
                Reason::Category,
                format!(
                    "{what} {} of category {category}, which is off; set `categories.{category} = true`",
                    if names.len() == 1 { "is" } else { "are" }
                ),
            ),
            Withheld::Dropped => (
                Reason::Column,
                format!("column {what} is held back by the customer; take {quoted} out of `columns.drop`"),
            ),
            Withheld::Sensitive(sensitivity) => (
                Reason::Sensitivity,
                format!(
                    "column {what} holds {} (sensitivity {}); set `columns.allow = [{quoted}]`",
                    explain::holds(sensitivity),
                    sensitivity.name(),
                ),
            ),
        };
        Refusal {
            reason,
            fault: Fault::new(Code::RefusedByPolicy, detail),
        }
    }
}

fn reason(exceeded: Exceeded) -> Reason {
    match exceeded {
        Exceeded::Concurrency => Reason::Concurrency,
        Exceeded::Rate(_) => Reason::Rate,
        Exceeded::Day(_) => Reason::Day,
    }
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

    /// Books encoded bytes that are about to leave, on the customer's day; refuses those that it has no room for.
    pub fn spend(&self, bytes: u64, now: UnixMillis) -> Result<(), Fault> {
        let spent = self.slot.spend(&self.budget, bytes, now);
        spent.map_err(|exceeded| exceeded.fault(&self.budget))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proto::query::{
        expr::{ColumnRef, Expr, RelId},
        plan::{Body, Distinct, From, Item, JoinKind, Query, Select},
        types::Literal,
    };

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn policy(rest: &str) -> Policy {
        let text = format!("source = \"shop\"\nschema = \"analytics_elementary\"\n{rest}");
        let document = Document::parse(Path::new("policy.toml"), text.as_bytes()).expect("a policy");
        Policy::new(document, Arc::new(Ledger::default()))
    }

    fn name(text: &str) -> Identifier {
        Identifier::new(text).expect("a name")
    }

    fn scan(id: u16, table: &str, columns: &[&str]) -> From {
        From::Scan(Scan {
            id: RelId(id),
            table: name(table),
            columns: columns.iter().map(|c| name(c)).collect(),
        })
    }

    fn select(from: From) -> Query {
        let item = Item {
            expr: Expr::Literal(Literal::Integer(1)),
            name: name("one"),
        };
        let select = Select {
            distinct: Distinct::No,
            items: vec![item],
            from: Some(from),
            filter: None,
            group_by: Vec::new(),
            having: None,
        };
        Query {
            ctes: Vec::new(),
            body: Body::Select(Box::new(select)),
            order_by: Vec::new(),
            limit: None,
            offset: None,
        }
    }

    fn reading(table: &str, columns: &[&str]) -> Plan {
        Plan::new(select(scan(0, table, columns)), Vec::new()).expect("a plan")
    }

    fn asked(plan: Plan) -> Asked {
        Asked {
            origin: Origin::Catalogued,
            plan: Arc::new(plan),
            values: Vec::new(),
            rows: None,
            bytes: None,
            time: Duration::from_secs(60),
        }
    }

    fn refused(policy: &Policy, plan: Plan) -> (Reason, String) {
        let refusal = policy.admit(asked(plan), NOW).expect_err("refused");
        assert_eq!(refusal.fault.code, Code::RefusedByPolicy);
        (refusal.reason, refusal.fault.detail.into_owned())
    }

    #[test]
    fn what_the_policy_allows_is_admitted_within_the_smaller_bounds() {
        let policy = policy("[budget]\nrows_per_query = 100\nseconds_per_query = 90");
        let mut asked = asked(reading("dbt_models", &["unique_id", "owner"]));
        asked.bytes = Some(10);
        let admitted = policy.admit(asked, NOW).expect("admitted");
        assert_eq!(admitted.schema().as_str(), "analytics_elementary");
        let limits = Limits {
            rows: 100,
            bytes: 10,
            time: Duration::from_secs(60),
        };
        assert_eq!(admitted.limits(), limits);
    }

    #[test]
    fn each_refusal_names_what_is_withheld_and_the_setting_that_would_allow_it() {
        for (rest, table, column, reason, words) in [
            (
                "",
                "dbt_invocations",
                "vars",
                Reason::Sensitivity,
                "columns.allow = [\"dbt_invocations.vars\"]",
            ),
            (
                "",
                "test_result_rows",
                "result_row",
                Reason::Category,
                "categories.failed_rows_sample = true",
            ),
            (
                "[categories]\nmetadata = false",
                "dbt_models",
                "name",
                Reason::Category,
                "categories.metadata = true",
            ),
            (
                "[tables]\ndeny = [\"dbt_models\"]",
                "dbt_models",
                "name",
                Reason::Table,
                "\"dbt_models\" out of `tables.deny`",
            ),
            (
                "[tables]\nallow = []",
                "dbt_models",
                "name",
                Reason::Table,
                "add \"dbt_models\" to `tables.allow`",
            ),
            (
                "[columns]\ndrop = [\"dbt_models.name\"]",
                "dbt_models",
                "name",
                Reason::Column,
                "\"dbt_models.name\" out of `columns.drop`",
            ),
            (
                "",
                "pg_authid",
                "rolpassword",
                Reason::Table,
                "no setting allows it",
            ),
            ("", "dbt_models", "ctid", Reason::Column, "no setting allows it"),
        ] {
            let (found, detail) = refused(&policy(rest), reading(table, &[column]));
            assert_eq!(found, reason, "{detail}");
            assert!(detail.contains(words) && detail.contains(table), "{detail}");
        }
    }

    #[test]
    fn a_column_is_refused_wherever_it_is_read() {
        let secret = scan(1, "dbt_invocations", &["vars"]);
        let plain = scan(0, "dbt_models", &["unique_id"]);
        let joined = From::Join {
            kind: JoinKind::Cross,
            left: Box::new(plain.clone()),
            right: Box::new(secret.clone()),
            on: None,
        };
        let derived = From::Derived {
            id: RelId(2),
            query: Box::new(select(secret.clone())),
        };
        let mut filtered = select(plain);
        if let Body::Select(select_block) = &mut filtered.body {
            let mut inner = select(secret);
            if let Body::Select(block) = &mut inner.body {
                block.filter = Some(Expr::Is {
                    expr: Box::new(Expr::Column(ColumnRef {
                        rel: RelId(1),
                        column: 0,
                    })),
                    what: proto::query::expr::Truth::Null,
                    negated: true,
                });
            }
            select_block.filter = Some(Expr::Exists {
                query: Box::new(inner),
                negated: false,
            });
        }
        for query in [select(joined), select(derived), filtered] {
            let plan = Plan::new(query, Vec::new()).expect("a plan");
            let (reason, detail) = refused(&policy(""), plan);
            assert_eq!(reason, Reason::Sensitivity);
            assert!(detail.contains("`dbt_invocations.vars`"), "{detail}");
        }
    }

    #[test]
    fn counting_rows_needs_a_column_that_may_be_read() {
        assert!(policy("").check(&reading("dbt_models", &[])).is_ok());
        let off = policy("[categories]\nmetadata = false\nconfiguration = false");
        let (reason, detail) = refused(&off, reading("dbt_models", &[]));
        assert_eq!(reason, Reason::Category, "{detail}");
    }

    #[test]
    fn budgets_are_refused_with_their_own_codes() {
        let policy = policy("[budget]\nconcurrent_queries = 1\nqueries_per_minute = 2\nbytes_per_day = 10");
        let ask = || policy.admit(asked(reading("dbt_models", &["name"])), NOW);
        let first = ask().expect("admitted");
        let refusal = ask().expect_err("one at a time");
        assert_eq!(
            (refusal.reason, refusal.fault.code),
            (Reason::Concurrency, Code::Overloaded)
        );
        assert_eq!(
            first.spend(11, NOW).expect_err("too much").code,
            Code::RateLimited
        );
        assert!(first.spend(9, NOW).is_ok());
        drop(first);
        drop(ask().expect("admitted"));
        let refusal = ask().expect_err("two a minute");
        assert_eq!(
            (refusal.reason, refusal.fault.code),
            (Reason::Rate, Code::RateLimited)
        );
        assert!(refusal.fault.retry_after.is_some());
    }
}
