//! The bounds on failed rows, and NULL and truncated columns, written into a plan.
//!
//! A scan becomes a derived table of the same columns, in their order, under the same number: whatever refers to it goes
//! on as before and sees the rows and values that the policy leaves. So the bounds hold in joins, CTEs, subqueries and
//! aggregates alike.
//!
//! Rows of [`ROWS`] are numbered within their test result by a window function, always: no engine evaluates a caller's
//! expression below it on rows that are filtered there, where its failure would tell of them. A row of which the tested
//! table is not known is held back as soon as a table is excluded; a row without a time as soon as there is an age.

use std::collections::BTreeSet;

use proto::{
    query::{
        expr::{BinaryOp, ColumnRef, Expr, RelId, Truth, WindowCall, WindowFunction},
        functions::{Scalar, WindowOnly},
        plan::{Body, Distinct, From, Identifier, Item, PlanError, Query, Scan, Select, SortBy, SortKey},
        types::{Literal, SqlType},
    },
    schema::{Category, Column, ColumnType, Schema, Table},
};

use super::file::{Document, Samples, TestedTable, Treatment};
use crate::clock::UnixMillis;

/// The table with one row of a sample in each row.
const ROWS: &str = "test_result_rows";
/// What [`ROWS`] belongs to, by `id`: names the tested table.
const RESULTS: &str = "elementary_test_results";
/// The reference from the first to the second.
const RESULT: &str = "elementary_test_results_id";
/// Where a result names its tested table.
const NAMES: [&str; 3] = ["database_name", "schema_name", "table_name"];
/// When a row came to be, the first that there is.
const TIMES: [&str; 2] = ["created_at", "detected_at"];
/// Which rows of a sample are the first: a total order, so that every query sees the same ones.
const ORDER: [&str; 3] = ["row_index", "created_at", "result_row"];

/// The setting that cannot be kept within this column; none where all that are made can be.
pub(super) fn unenforceable(
    samples: &Samples,
    inventory: &Schema,
    table: &Table,
    column: &Column,
) -> Option<&'static str> {
    if !samples.is_limited() || !column.categories.contains(&Category::FailedRowsSample) {
        return None;
    }
    let Samples { excluded, rows, age } = samples;
    let has = |table: &Table, names: &[&str]| names.iter().all(|name| table.column(name).is_some());
    let timed = TIMES.iter().any(|name| table.column(name).is_some());
    let by_row = table.name == ROWS && has(table, &[RESULT]) && has(table, &ORDER);
    let named = if by_row {
        let results = inventory.table(RESULTS);
        results.is_some_and(|results| has(results, &NAMES) && has(results, &["id"]))
    } else {
        has(table, &NAMES)
    };
    if rows.is_some() && !by_row {
        Some("samples.rows_per_result")
    } else if !excluded.is_empty() && !named {
        Some("samples.exclude_tables")
    } else if age.is_some() && !timed {
        Some("samples.max_age_days")
    } else {
        None
    }
}

/// Writes the policy into every scan of a query. `used` are the numbers of its relations.
pub(super) fn rewrite(
    document: &Document,
    now: UnixMillis,
    query: &mut Query,
    used: BTreeSet<RelId>,
) -> Result<(), PlanError> {
    let mut rewriter = Rewriter {
        document,
        cutoff: document.samples().age.map(|age| {
            let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            timestamp(UnixMillis(now.0.saturating_sub(age)))
        }),
        used,
        failed: None,
    };
    query.replace_scans(&mut |scan| match rewriter.scan(scan) {
        Ok(made) => made,
        Err(error) => {
            rewriter.failed.get_or_insert(error);
            None
        }
    });
    rewriter.failed.map_or(Ok(()), Err)
}

struct Rewriter<'a> {
    document: &'a Document,
    /// The oldest time that is young enough, as a literal.
    cutoff: Option<Expr>,
    used: BTreeSet<RelId>,
    failed: Option<PlanError>,
}

impl Rewriter<'_> {
    fn scan(&mut self, scan: &Scan) -> Result<Option<From>, PlanError> {
        let Scan { id, table, columns } = scan;
        let Ok(table) = self.document.table(table.as_str()) else {
            return Err(PlanError::OutOfScope("table"));
        };
        let limited = self.document.samples().is_limited();
        let mut kept = Vec::with_capacity(columns.len());
        let mut as_it_is = true;
        for name in columns {
            let Ok(readable) = self.document.column(table, name.as_str()) else {
                return Err(PlanError::OutOfScope("column"));
            };
            let guarded = limited
                && table.name != ROWS
                && readable.column.categories.contains(&Category::FailedRowsSample);
            let touched = matches!(readable.treatment, Treatment::Null | Treatment::Truncate(_));
            as_it_is &= !(guarded || touched);
            kept.push((readable, guarded));
        }
        let rows = table.name == ROWS && limited;
        if as_it_is && !rows {
            return Ok(None);
        }
        let base = self.fresh()?;
        let mut reading = Reading {
            rel: base,
            columns: columns.clone(),
        };
        // Relations see what stands in their list; the names that the guards need are added behind the asked ones.
        let (guard, first) = if rows {
            (None, self.numbered(table, &mut reading)?)
        } else {
            let guard = kept.iter().any(|(_, guarded)| *guarded);
            let guard = guard.then(|| self.guard(table, &mut reading)).transpose()?;
            (guard, None)
        };
        let mut items = Vec::with_capacity(kept.len());
        for (position, (name, (readable, guarded))) in columns.iter().zip(&kept).enumerate() {
            let column = reading.at(position)?;
            let column = match (&guard, guarded) {
                (Some(Some(condition)), true) => Expr::Case {
                    operand: None,
                    branches: vec![(condition.clone(), column)],
                    otherwise: None,
                },
                _ => column,
            };
            items.push(Item {
                expr: treated(readable.treatment, readable.column, column),
                name: name.clone(),
            });
        }
        if items.is_empty() {
            items.push(constant()?);
        }
        let (from, filter) = match first {
            Some((from, filter)) => (from, Some(filter)),
            None => (
                From::Scan(Scan {
                    id: base,
                    table: scan.table.clone(),
                    columns: reading.columns,
                }),
                None,
            ),
        };
        Ok(Some(From::Derived {
            id: *id,
            query: Box::new(block(items, from, filter)),
        }))
    }

    /// The rows of a sample that may be seen: a relation under the reading's number whose last column numbers the rows
    /// of each result, and the condition on that number.
    fn numbered(&mut self, table: &Table, outer: &mut Reading) -> Result<Option<(From, Expr)>, PlanError> {
        let mut inner = Reading {
            rel: self.fresh()?,
            columns: outer.columns.clone(),
        };
        let result = inner.named(RESULT)?;
        let mut conditions = self.young(table, &mut inner)?;
        let excluded = &self.document.samples().excluded;
        if !excluded.is_empty() {
            conditions.push(Expr::InQuery {
                expr: Box::new(result.clone()),
                query: Box::new(self.results(excluded, false)?),
                negated: false,
            });
            // Two results of one id, of which one is excluded: neither is shown.
            conditions.push(Expr::InQuery {
                expr: Box::new(result.clone()),
                query: Box::new(self.results(excluded, true)?),
                negated: true,
            });
        }
        let order = ORDER.iter().map(|name| {
            Ok(SortKey {
                by: SortBy::Expr(inner.named(name)?),
                descending: false,
                nulls_first: Some(false),
            })
        });
        let order_by = order.collect::<Result<_, PlanError>>()?;
        let number = Expr::Window(Box::new(WindowCall {
            function: WindowFunction::Only(WindowOnly::RowNumber),
            args: Vec::new(),
            filter: None,
            partition_by: vec![result],
            order_by,
            frame: None,
        }));
        let mut items = Vec::with_capacity(outer.columns.len() + 1);
        for (position, name) in outer.columns.iter().enumerate() {
            items.push(Item {
                expr: inner.at(position)?,
                name: name.clone(),
            });
        }
        items.push(Item {
            expr: number,
            name: Identifier::new("row_of_result")?,
        });
        let scan = From::Scan(Scan {
            id: inner.rel,
            table: Identifier::new(ROWS)?,
            columns: inner.columns,
        });
        let number = outer.at(outer.columns.len())?;
        let most = self.document.samples().rows.map_or(i64::MAX, i64::from);
        let filter = compare(BinaryOp::LtEq, number, Expr::Literal(Literal::Integer(most)));
        Ok(Some((
            From::Derived {
                id: outer.rel,
                query: Box::new(block(items, scan, all(conditions))),
            },
            filter,
        )))
    }

    /// The condition under which a text with rows of one result may be seen.
    fn guard(&mut self, table: &Table, reading: &mut Reading) -> Result<Option<Expr>, PlanError> {
        let mut conditions = self.young(table, reading)?;
        let excluded = &self.document.samples().excluded;
        if !excluded.is_empty() {
            conditions.extend(not_excluded(excluded, reading)?);
        }
        Ok(all(conditions))
    }

    fn young(&self, table: &Table, reading: &mut Reading) -> Result<Vec<Expr>, PlanError> {
        let Some(cutoff) = &self.cutoff else {
            return Ok(Vec::new());
        };
        let time = TIMES.iter().find(|name| table.column(name).is_some());
        let time = reading.named(time.ok_or(PlanError::OutOfScope("time"))?)?;
        Ok(vec![compare(BinaryOp::GtEq, time, cutoff.clone())])
    }

    /// The ids of test results whose table is not excluded, or of all others.
    fn results(&mut self, excluded: &[TestedTable], others: bool) -> Result<Query, PlanError> {
        let mut reading = Reading {
            rel: self.fresh()?,
            columns: Vec::new(),
        };
        let id = reading.named("id")?;
        let mut condition = all(not_excluded(excluded, &mut reading)?);
        if others {
            let known = not_null(id.clone());
            condition = condition.and_then(|condition| {
                let other = Expr::Is {
                    expr: Box::new(condition),
                    what: Truth::True,
                    negated: true,
                };
                all(vec![known, other])
            });
        }
        let item = Item {
            expr: id,
            name: Identifier::new("id")?,
        };
        let scan = From::Scan(Scan {
            id: reading.rel,
            table: Identifier::new(RESULTS)?,
            columns: reading.columns,
        });
        Ok(block(vec![item], scan, condition))
    }

    /// A number that no relation of the plan has.
    fn fresh(&mut self) -> Result<RelId, PlanError> {
        let fresh = (0..=u16::MAX).map(RelId).find(|id| !self.used.contains(id));
        let fresh = fresh.ok_or(PlanError::Malformed("no number is left for a relation"))?;
        self.used.insert(fresh);
        Ok(fresh)
    }
}

/// A relation whose columns are collected while expressions over it are made.
struct Reading {
    rel: RelId,
    columns: Vec<Identifier>,
}

impl Reading {
    fn at(&self, position: usize) -> Result<Expr, PlanError> {
        let column = u16::try_from(position).map_err(|_| PlanError::Malformed("too many columns"))?;
        Ok(Expr::Column(ColumnRef {
            rel: self.rel,
            column,
        }))
    }

    fn named(&mut self, name: &str) -> Result<Expr, PlanError> {
        let position = match self.columns.iter().position(|column| column.as_str() == name) {
            Some(position) => position,
            None => {
                self.columns.push(Identifier::new(name)?);
                self.columns.len() - 1
            }
        };
        self.at(position)
    }
}

/// What holds where the tested table is known and is none of these.
fn not_excluded(excluded: &[TestedTable], reading: &mut Reading) -> Result<Vec<Expr>, PlanError> {
    let [database, schema, table] = NAMES;
    let mut conditions = vec![
        not_null(reading.named(table)?),
        compare(BinaryOp::NotEq, reading.named(table)?, text("")),
    ];
    if excluded.iter().any(|name| name.schema.is_some()) {
        conditions.push(not_null(reading.named(schema)?));
    }
    if excluded.iter().any(|name| name.database.is_some()) {
        conditions.push(not_null(reading.named(database)?));
    }
    for name in excluded {
        let parts = [
            (table, Some(&name.table)),
            (schema, name.schema.as_ref()),
            (database, name.database.as_ref()),
        ];
        let mut same = Vec::new();
        for (column, part) in parts {
            if let Some(part) = part {
                let column = lower(reading.named(column)?);
                same.push(compare(BinaryOp::Eq, column, lower(text(part))));
            }
        }
        conditions.extend(all(same).map(|same| Expr::Not(Box::new(same))));
    }
    Ok(conditions)
}

fn treated(treatment: Treatment, column: &Column, expr: Expr) -> Expr {
    match treatment {
        Treatment::Plain | Treatment::Connector(_) => expr,
        Treatment::Null => Expr::Cast {
            expr: Box::new(Expr::Literal(Literal::Null)),
            to: match column.column_type {
                ColumnType::Text => SqlType::Text,
                ColumnType::Integer => SqlType::Integer,
                ColumnType::BigInt => SqlType::BigInt,
                ColumnType::Double => SqlType::Double,
                ColumnType::Boolean => SqlType::Boolean,
                ColumnType::Timestamp => SqlType::Timestamp,
            },
        },
        Treatment::Truncate(count) => Expr::Call {
            function: Scalar::Left,
            args: vec![expr, Expr::Literal(Literal::Integer(i64::from(count)))],
        },
    }
}

fn block(items: Vec<Item>, from: From, filter: Option<Expr>) -> Query {
    Query {
        ctes: Vec::new(),
        body: Body::Select(Box::new(Select {
            distinct: Distinct::No,
            items,
            from: Some(from),
            filter,
            group_by: Vec::new(),
            having: None,
        })),
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }
}

/// For a relation of which only the rows are counted: every SELECT returns something.
fn constant() -> Result<Item, PlanError> {
    Ok(Item {
        expr: Expr::Literal(Literal::Integer(1)),
        name: Identifier::new("one")?,
    })
}

fn all(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Expr::And(conditions)),
    }
}

fn compare(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
    }
}

fn not_null(expr: Expr) -> Expr {
    Expr::Is {
        expr: Box::new(expr),
        what: Truth::Null,
        negated: true,
    }
}

/// The engine folds both sides, so that they are folded alike.
fn lower(expr: Expr) -> Expr {
    Expr::Call {
        function: Scalar::Lower,
        args: vec![expr],
    }
}

fn text(text: &str) -> Expr {
    Expr::Cast {
        expr: Box::new(Expr::Literal(Literal::Text(text.into()))),
        to: SqlType::Text,
    }
}

/// A time as a literal, to the second. Times in the schema are without zone; they are taken for UTC.
fn timestamp(at: UnixMillis) -> Expr {
    let seconds = i64::try_from(at.0 / 1000).unwrap_or(i64::MAX);
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    Expr::Literal(Literal::Typed(SqlType::Timestamp, text.into()))
}
