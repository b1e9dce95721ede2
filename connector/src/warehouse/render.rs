//! Plan → SQL text with bound parameters. The only place in the project that writes SQL for a plan.
//!
//! Nothing of a query's own text is ever copied into the result: identifiers are quoted with their quotes doubled,
//! numbers are written by this code from numbers (or from [`proto::query::types::Decimal`], which is digits), keywords
//! come from closed sets, and all text travels as a bound parameter. Every table is fully qualified, every function
//! names its schema, every operator has parentheses of its own, so neither a search path nor a precedence rule decides
//! what runs.
//!
//! Relations are called r0, r1, … and CTEs c0, c1, … as the plan numbers them; the names of the top query's columns are
//! the plan's.

mod bigquery;
mod calls;
mod clickhouse;
mod databricks;
mod dialect;
mod duckdb;
mod expr;
mod foreign;
mod forms;
mod kind;
mod like;
mod places;
mod postgres;
mod redshift;
mod snowflake;
mod trino;
mod typed;

use std::fmt;

use proto::{
    error::{Code, Fault},
    query::{
        expr::{Expr, RelId},
        plan::{
            Body, Count, Cte, CteId, Distinct, From, Identifier, Item, JoinKind, Plan, Query, Scan, Select,
            SetOp, SortBy, SortKey,
        },
        types::{Interval, Literal, ParamType, SqlType, Value},
    },
    sql::Syntax,
};
use thiserror::Error;

pub use self::dialect::{Dialect, Folding};
use self::{
    dialect::{Placeholder, Table, Ways},
    kind::Kind,
};

/// Where every table of a plan lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The database, for engines where a connection sees several.
    pub catalog: Option<Identifier>,
    /// The schema.
    pub schema: Identifier,
}

/// A statement, ready to be prepared. `Debug` shows no values; the text holds none.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The text, with `$1`, `$2`, … for [`Self::params`], or what the dialect has in their place.
    pub sql: String,
    /// What is bound to `$1`, `$2`, …; where the dialect knows places by order only, in the order of the text.
    pub params: Vec<Bound>,
}

/// A bound value.
#[derive(Clone, PartialEq)]
pub enum Bound {
    /// A text literal of the query, whose type its context decides, as it would for a literal.
    Literal(Box<str>),
    /// A parameter of the plan; the text casts it to this type.
    Value(ParamType, Value),
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bound::Literal(_) => "Bound(literal)",
            Bound::Value(param_type, _) => param_type.name(),
        })
    }
}

/// Why a plan has no text in a dialect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenderError {
    /// A function that the engine lacks, or has with another meaning.
    #[error("a {dialect} source has no function `{function}`")]
    Absent {
        /// The function in the algebra.
        function: &'static str,
        /// The engine.
        dialect: &'static str,
    },
    /// A form that the engine lacks, or has with another meaning.
    #[error("a {dialect} source does not have with one meaning: {form}")]
    Form {
        /// The form, and what to write in its place where there is something.
        form: &'static str,
        /// The engine.
        dialect: &'static str,
    },
    /// Not as many values as the plan has parameters. The policy hands them over together, so this is our own mistake.
    #[error("the plan takes {expected} parameters, {given} were given")]
    Values {
        /// Parameters of the plan.
        expected: usize,
        /// Values given.
        given: usize,
    },
}

impl RenderError {
    /// The fault that a caller sees.
    pub fn to_fault(&self) -> Fault {
        match self {
            Self::Absent { .. } | Self::Form { .. } => Fault::new(Code::InvalidSql, self.to_string()),
            Self::Values { .. } => Fault::new(
                Code::Internal,
                "a query was rendered with the wrong number of values",
            ),
        }
    }
}

/// Writes a plan in a dialect, its tables in one namespace, with the values of its parameters in their order.
pub fn render(
    plan: &Plan,
    values: &[Value],
    namespace: &Namespace,
    dialect: Dialect,
) -> Result<Rendered, RenderError> {
    if values.len() != plan.parameters().len() {
        return Err(RenderError::Values {
            expected: plan.parameters().len(),
            given: values.len(),
        });
    }
    let mut renderer = Renderer::new(plan, values, namespace, dialect);
    let sql = renderer.statement()?;
    Ok(match dialect.ways().map(|ways| ways.placeholder) {
        Some(Placeholder::Question) => places::by_order(&sql, &renderer.params),
        _ => Rendered {
            sql,
            params: renderer.params,
        },
    })
}

/// The statement with its literals written into the text: for eyes and proofs, never for a warehouse. Refused if the plan
/// has parameters, whose values nobody gave.
pub fn inline(plan: &Plan, namespace: &Namespace, dialect: Dialect) -> Result<String, RenderError> {
    if !plan.parameters().is_empty() {
        return Err(RenderError::Values {
            expected: plan.parameters().len(),
            given: 0,
        });
    }
    let mut renderer = Renderer::new(plan, &[], namespace, dialect);
    renderer.inline = true;
    renderer.statement()
}

/// Writes a name as an identifier: within double quotes, its own double quotes doubled.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

type Text = Result<String, RenderError>;

/// Longest expression for an engine where an operand may have to be written twice, so that nesting doubles it. A statement of 32 KiB
/// with names of 63 bytes stays below; engines take statements of 1 MiB and less.
const MAX_EXPRESSION_BYTES: usize = 512 * 1024;

/// Most bytes of all expressions of a statement, each counted anew within the one around it: what one query may take of the connector's
/// memory. A statement of 32 KiB that nests as deep as it may stays below.
const MAX_WRITTEN_BYTES: usize = 16 * 1024 * 1024;

/// A relation of the text.
struct Relation {
    id: RelId,
    /// Its columns, as they are referred to.
    names: Vec<String>,
    kinds: Vec<Kind>,
}

struct Renderer<'a> {
    plan: &'a Plan,
    values: &'a [Value],
    namespace: &'a Namespace,
    dialect: Dialect,
    table: &'static Table,
    /// Where the dialect is not the table's own.
    ways: Option<&'static Ways>,
    params: Vec<Bound>,
    /// Whether literals are written into the text.
    inline: bool,
    /// The `$n` of each parameter of the plan that was met.
    numbered: Vec<Option<usize>>,
    /// Column names of the CTEs met so far.
    ctes: Vec<(CteId, Vec<String>, Vec<Kind>)>,
    /// The relations met so far.
    relations: Vec<Relation>,
    /// The first of them that belongs to the query within an expression that is being written.
    first_own: usize,
    /// Bytes of the expressions written so far, for an engine where an operand may have to be written twice.
    written: usize,
    /// Whether the next expression stands where NULL and FALSE come to the same.
    conditional: bool,
    /// Names that the outputs of the next SELECT get in place of their own.
    renamed: Option<Vec<String>>,
    /// Expressions whose every occurrence must have the same text, parameters included: an engine accepts an output
    /// of a grouped query only if it recognises the grouped expression in it. Other literals get a number for each
    /// occurrence, because one number has one type.
    shared: Vec<(&'a Expr, String)>,
}

impl<'a> Renderer<'a> {
    fn new(plan: &'a Plan, values: &'a [Value], namespace: &'a Namespace, dialect: Dialect) -> Self {
        Self {
            plan,
            values,
            namespace,
            dialect,
            table: dialect.table(),
            ways: dialect.ways(),
            params: Vec::new(),
            inline: false,
            numbered: vec![None; values.len()],
            ctes: Vec::new(),
            relations: Vec::new(),
            first_own: 0,
            written: 0,
            conditional: false,
            renamed: None,
            shared: Vec::new(),
        }
    }

    fn statement(&mut self) -> Text {
        let sql = self.query(self.plan.query())?;
        Ok(match self.ways {
            Some(ways) => sql + ways.suffix,
            None => sql,
        })
    }

    fn query(&mut self, query: &'a Query) -> Text {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        let renamed = self.renamed.take();
        let mut sql = String::new();
        if !ctes.is_empty() {
            let ctes = ctes
                .iter()
                .map(|cte| self.cte(cte))
                .collect::<Result<Vec<_>, _>>()?;
            sql = format!("WITH {} ", ctes.join(", "));
        }
        let mark = self.shared.len();
        self.renamed = renamed;
        if let Some(ways) = self.ways {
            let cut = limit.is_some() || offset.is_some();
            sql += &self.body(ways, body, order_by, cut)?;
            self.shared.truncate(mark);
            return Ok(sql + &self.counts(ways, *limit, *offset)?);
        }
        match body {
            Body::Select(select) => sql += &self.select(select)?,
            Body::Set { op, all, left, right } => {
                let op = match op {
                    SetOp::Union => "UNION",
                    SetOp::Intersect => "INTERSECT",
                    SetOp::Except => "EXCEPT",
                };
                let all = if *all { " ALL" } else { "" };
                let (left, right) = (self.query(left)?, self.query(right)?);
                sql += &format!("({left}) {op}{all} ({right})");
            }
        }
        if !order_by.is_empty() {
            sql += &format!(" ORDER BY {}", self.sort(order_by)?);
        }
        self.shared.truncate(mark);
        if let Some(limit) = limit {
            sql += &format!(" LIMIT {}", self.count(*limit)?);
        }
        if let Some(offset) = offset {
            sql += &format!(" OFFSET {}", self.count(*offset)?);
        }
        Ok(sql)
    }

    fn cte(&mut self, cte: &'a Cte) -> Text {
        let Cte {
            id,
            query,
            materialized,
        } = cte;
        let (text, aliases, names) = self.enclosed(query)?;
        let kinds = self.kinds(query);
        self.ctes.push((*id, names, kinds));
        let how = match materialized {
            // A hint that changes no answer.
            _ if self.ways.is_some() => "",
            Some(true) => "MATERIALIZED ",
            Some(false) => "NOT MATERIALIZED ",
            None => "",
        };
        Ok(format!("c{}{aliases} AS {how}({text})", id.0))
    }

    fn select(&mut self, select: &'a Select) -> Text {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        let from = from.as_ref().map(|from| self.from(from)).transpose()?;
        let filter = filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        // Before the items, so that they take over the text of what is grouped and sorted by.
        let mut keys = Vec::new();
        let renamed = self.renamed.take();
        let outer_inline = self.inline;
        // Two places for values are never the same expression to an engine that knows them by order.
        self.inline |= self.places() == Placeholder::Question;
        let on: &[Expr] = if let Distinct::On(on) = distinct { on } else { &[] };
        for key in group_by.iter().chain(on) {
            let text = self.expr(key)?;
            self.share(key, &text);
            keys.push(self.as_key(key, text)?);
        }
        self.inline = outer_inline || (self.inline && *distinct == Distinct::All);
        let mut outputs = Vec::with_capacity(items.len());
        for (position, Item { expr, name }) in items.iter().enumerate() {
            let text = self.expr(expr)?;
            if *distinct == Distinct::All {
                self.share(expr, &text);
            }
            let text = self.as_output(expr, text)?;
            let name = match renamed.as_ref().and_then(|renamed| renamed.get(position)) {
                Some(renamed) => renamed.clone(),
                None => self.name(name.as_str())?,
            };
            outputs.push(format!("{text} AS {name}"));
        }
        self.inline = outer_inline;
        let having = having.as_ref().map(|having| self.condition(having)).transpose()?;
        let (groups, on) = keys.split_at(group_by.len());
        let distinct = match distinct {
            Distinct::No => String::new(),
            Distinct::All => "DISTINCT ".to_owned(),
            Distinct::On(_) => format!("DISTINCT ON ({}) ", on.join(", ")),
        };
        let mut sql = format!("SELECT {distinct}{}", outputs.join(", "));
        for (clause, text) in [("FROM", from), ("WHERE", filter)] {
            if let Some(text) = text {
                sql += &format!(" {clause} {text}");
            }
        }
        if !groups.is_empty() {
            sql += &format!(" GROUP BY {}", groups.join(", "));
        }
        if let Some(having) = having {
            sql += &format!(" HAVING {having}");
        }
        Ok(sql)
    }

    /// A boolean as one, where comparisons are numbers.
    fn as_output(&self, expr: &Expr, text: String) -> Text {
        let number = self.ways.is_some_and(|ways| !ways.booleans) && !matches!(expr, Expr::Column(_));
        match number && self.kind(expr) == Kind::Boolean {
            true => Ok(format!("CAST({text} AS {})", self.type_name(SqlType::Boolean)?)),
            false => Ok(text),
        }
    }

    fn share(&mut self, expr: &'a Expr, text: &str) {
        if !matches!(expr, Expr::Column(_) | Expr::Literal(_) | Expr::Param(_)) {
            self.shared.push((expr, text.to_owned()));
        }
    }

    /// A bare constant among sort or group keys would be read as a position; a cast makes it an expression again.
    fn as_key(&self, key: &Expr, text: String) -> Text {
        let sql_type = match key {
            Expr::Literal(Literal::Integer(_)) => SqlType::BigInt,
            Expr::Literal(Literal::Decimal(_)) => SqlType::Numeric(None),
            Expr::Literal(Literal::Boolean(_)) => SqlType::Boolean,
            Expr::Literal(Literal::Null | Literal::Text(_)) => SqlType::Text,
            _ => return Ok(text),
        };
        Ok(format!("CAST({text} AS {})", self.type_name(sql_type)?))
    }

    fn from(&mut self, from: &'a From) -> Text {
        match from {
            From::Scan(scan @ Scan { id, table, columns }) => {
                let names = columns.iter().map(|column| self.stored(column));
                let names = names.collect::<Result<_, _>>()?;
                self.relations.push(Relation {
                    id: *id,
                    names,
                    kinds: kind::of_scan(scan),
                });
                let Namespace { catalog, schema } = self.namespace;
                let catalog = match catalog {
                    Some(name) => self.stored(name)? + ".",
                    None => String::new(),
                };
                let (schema, table) = (self.stored(schema)?, self.stored(table)?);
                Ok(format!("{catalog}{schema}.{table} AS r{}", id.0))
            }
            From::Derived { id, query } => {
                let (text, aliases, names) = self.enclosed(query)?;
                let kinds = self.kinds(query);
                self.relations.push(Relation {
                    id: *id,
                    names,
                    kinds,
                });
                Ok(format!("({text}) AS r{}{aliases}", id.0))
            }
            From::Cte { id, cte } => {
                let known = self.ctes.iter().rev().find(|(known, ..)| known == cte);
                let (names, kinds) = known
                    .map(|(_, names, kinds)| (names.clone(), kinds.clone()))
                    .unwrap_or_default();
                self.relations.push(Relation {
                    id: *id,
                    names,
                    kinds,
                });
                Ok(format!("c{} AS r{}", cte.0, id.0))
            }
            From::Join {
                kind,
                left,
                right,
                on,
            } => {
                let kind = match kind {
                    JoinKind::Inner => "INNER JOIN",
                    JoinKind::Left => "LEFT JOIN",
                    JoinKind::Right => "RIGHT JOIN",
                    JoinKind::Full => "FULL JOIN",
                    JoinKind::Cross => "CROSS JOIN",
                };
                let nested = matches!(**right, From::Join { .. });
                let (left, right) = (self.from(left)?, self.from(right)?);
                let on = match on {
                    Some(on) => format!(" ON {}", self.condition(on)?),
                    None => String::new(),
                };
                match self.ways {
                    Some(ways) if nested && !ways.nested_joins => {
                        return self.lacks("a join on the right side of a join; write it as a subquery");
                    }
                    Some(_) if nested => return Ok(format!("{left} {kind} ({right}){on}")),
                    Some(_) => return Ok(format!("{left} {kind} {right}{on}")),
                    None => {}
                }
                Ok(format!("({left} {kind} {right}{on})"))
            }
        }
    }

    fn sort(&mut self, keys: &'a [SortKey]) -> Text {
        let mut texts = Vec::with_capacity(keys.len());
        for SortKey {
            by,
            descending,
            nulls_first,
        } in keys
        {
            let by = match by {
                SortBy::Output(position) => (u32::from(*position) + 1).to_string(),
                SortBy::Expr(expr) => {
                    let text = self.expr(expr)?;
                    self.as_key(expr, text)?
                }
            };
            let direction = if *descending { " DESC" } else { "" };
            let explicit = self.table.explicit_nulls || self.ways.is_some();
            let nulls = match nulls_first.or(explicit.then_some(*descending)) {
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
                None => "",
            };
            texts.push(format!("{by}{direction}{nulls}"));
        }
        Ok(texts.join(", "))
    }

    fn count(&mut self, count: Count) -> Text {
        match count {
            Count::Rows(rows) => Ok(rows.to_string()),
            Count::Param(position) => self.parameter(position),
        }
    }

    fn column(&self, rel: RelId, column: u16) -> Text {
        let place = self.relations.iter().rposition(|relation| relation.id == rel);
        if self.ways.is_some_and(|ways| !ways.correlated) && place.is_some_and(|place| place < self.first_own)
        {
            return self.lacks("a subquery that refers to the query around it; write a join");
        }
        let relation = place.and_then(|place| self.relations.get(place));
        let name = relation.and_then(|relation| relation.names.get(usize::from(column)));
        // A plan has no reference out of scope; were there one, no engine finds a column of the empty name.
        Ok(format!("r{}.{}", rel.0, name.map_or("\"\"", String::as_str)))
    }

    fn literal(&mut self, literal: &Literal) -> Text {
        Ok(match literal {
            Literal::Null => "NULL".to_owned(),
            Literal::Boolean(true) => "TRUE".to_owned(),
            Literal::Boolean(false) => "FALSE".to_owned(),
            // Its digits alone are out of range: the sign is an operator.
            Literal::Integer(i64::MIN) => format!("({} - 1)", i64::MIN + 1),
            Literal::Integer(number) if *number < 0 => format!("({number})"),
            Literal::Integer(number) => number.to_string(),
            Literal::Decimal(digits) => match self.ways {
                Some(ways) => (ways.decimal)(digits.as_str()),
                None => digits.as_str().to_owned(),
            },
            Literal::Text(text) => self.text(text),
            Literal::Typed(sql_type, text) if self.ways.is_some() => self.typed(text, *sql_type)?,
            Literal::Typed(sql_type, text) => {
                let text = self.text(text);
                format!("CAST({text} AS {})", self.type_name(*sql_type)?)
            }
            Literal::Interval(_) if self.ways.is_some() => {
                return self.lacks("an interval that is not added to a time or subtracted from one");
            }
            Literal::Interval(interval) => {
                let Interval { months, days, micros } = interval;
                let text = format!("'{months} months {days} days {micros} microseconds'");
                format!("CAST({text} AS {})", (self.table.type_name)(SqlType::Interval))
            }
        })
    }

    /// A query that others refer to: its text, the list of names after its alias, and its columns as they are referred to.
    fn enclosed(&mut self, query: &'a Query) -> Result<(String, String, Vec<String>), RenderError> {
        let output = query.output();
        if self.ways.is_none() {
            let names = column_names(&output);
            return Ok((self.query(query)?, alias_list(&output, &names), names));
        }
        let names = match all_differ(&output) {
            true => output
                .iter()
                .map(|name| self.name(name.as_str()))
                .collect::<Result<_, _>>()?,
            false => {
                let names = numbered(output.len());
                // Not every engine takes a list of names after an alias.
                self.renamed = Some(names.clone());
                names
            }
        };
        Ok((self.query(query)?, String::new(), names))
    }

    /// A name of the plan as an identifier.
    fn name(&self, name: &str) -> Text {
        match self.ways {
            None => Ok(quoted(name)),
            Some(ways) => match (ways.name)(name) {
                Some(name) => Ok(name),
                None => self.lacks("a name with a quote, a backslash or `${` in it"),
            },
        }
    }

    /// A name of the inventory or the namespace, as the engine stores it.
    fn stored(&self, name: &Identifier) -> Text {
        match Syntax::of_dialect(self.dialect.name()) {
            Some(syntax) => self.name(&syntax.of_schema(name.as_str())),
            None => self.name(name.as_str()),
        }
    }

    fn type_name(&self, sql_type: SqlType) -> Text {
        match self.ways {
            None => Ok((self.table.type_name)(sql_type).into_owned()),
            Some(ways) => match (ways.type_name)(sql_type) {
                Some(name) => Ok(name.into_owned()),
                None => self.lacks(forms::of_type(sql_type)),
            },
        }
    }

    /// Refuses texts that rewriting has blown up, alone or together.
    fn bounded(&mut self, text: &str) -> Result<(), RenderError> {
        self.written = self.written.saturating_add(text.len());
        match text.len() > MAX_EXPRESSION_BYTES || self.written > MAX_WRITTEN_BYTES {
            true => self.lacks("an expression that has to be written out over and over"),
            false => Ok(()),
        }
    }

    /// Refuses a form.
    fn lacks<T>(&self, form: &'static str) -> Result<T, RenderError> {
        Err(RenderError::Form {
            form,
            dialect: self.dialect.name(),
        })
    }
}

/// The names by which the columns of a query are referred to from outside: their own, or k0, k1, … where two are the
/// same (also in another case: some engines do not tell those apart).
fn column_names(output: &[Identifier]) -> Vec<String> {
    if all_differ(output) {
        output.iter().map(|name| quoted(name.as_str())).collect()
    } else {
        numbered(output.len())
    }
}

fn all_differ(output: &[Identifier]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    output
        .iter()
        .all(|name| seen.insert(name.as_str().to_lowercase()))
}

fn numbered(length: usize) -> Vec<String> {
    (0..length).map(|position| format!("k{position}")).collect()
}

/// `(k0, k1, …)` where columns are referred to by other names than their own.
fn alias_list(output: &[Identifier], names: &[String]) -> String {
    let own = output
        .iter()
        .map(|name| quoted(name.as_str()))
        .eq(names.iter().cloned());
    if own {
        String::new()
    } else {
        format!("({})", names.join(", "))
    }
}

#[cfg(test)]
mod tests;
