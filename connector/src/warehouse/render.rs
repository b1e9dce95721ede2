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

mod dialect;
mod expr;

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
};
use thiserror::Error;

pub use self::dialect::Dialect;
use self::dialect::Table;

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
    /// The text, with `$1`, `$2`, … for [`Self::params`].
    pub sql: String,
    /// What is bound to `$1`, `$2`, …
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
            Self::Absent { .. } => Fault::new(Code::InvalidSql, self.to_string()),
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
    let sql = renderer.query(plan.query())?;
    Ok(Rendered {
        sql,
        params: renderer.params,
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
    renderer.query(plan.query())
}

/// Writes a name as an identifier: within double quotes, its own double quotes doubled.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

type Text = Result<String, RenderError>;

struct Renderer<'a> {
    plan: &'a Plan,
    values: &'a [Value],
    namespace: &'a Namespace,
    dialect: Dialect,
    table: &'static Table,
    params: Vec<Bound>,
    /// Whether literals are written into the text.
    inline: bool,
    /// The `$n` of each parameter of the plan that was met.
    numbered: Vec<Option<usize>>,
    /// Column names of the CTEs met so far.
    ctes: Vec<(CteId, Vec<String>)>,
    /// Column names of the relations met so far, as they are referred to.
    relations: Vec<(RelId, Vec<String>)>,
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
            params: Vec::new(),
            inline: false,
            numbered: vec![None; values.len()],
            ctes: Vec::new(),
            relations: Vec::new(),
            shared: Vec::new(),
        }
    }

    fn query(&mut self, query: &'a Query) -> Text {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        let mut sql = String::new();
        if !ctes.is_empty() {
            let ctes = ctes
                .iter()
                .map(|cte| self.cte(cte))
                .collect::<Result<Vec<_>, _>>()?;
            sql = format!("WITH {} ", ctes.join(", "));
        }
        let mark = self.shared.len();
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
            sql += &format!(" LIMIT {}", self.count(*limit));
        }
        if let Some(offset) = offset {
            sql += &format!(" OFFSET {}", self.count(*offset));
        }
        Ok(sql)
    }

    fn cte(&mut self, cte: &'a Cte) -> Text {
        let Cte {
            id,
            query,
            materialized,
        } = cte;
        let text = self.query(query)?;
        self.ctes.push((*id, column_names(&query.output())));
        let how = match materialized {
            Some(true) => "MATERIALIZED ",
            Some(false) => "NOT MATERIALIZED ",
            None => "",
        };
        let aliases = self
            .ctes
            .last()
            .map(|(_, names)| alias_list(&query.output(), names))
            .unwrap_or_default();
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
        let filter = filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
        // Before the items, so that they take over the text of what is grouped and sorted by.
        let mut keys = Vec::new();
        let on: &[Expr] = if let Distinct::On(on) = distinct { on } else { &[] };
        for key in group_by.iter().chain(on) {
            let text = self.expr(key)?;
            self.share(key, &text);
            keys.push(self.as_key(key, text));
        }
        let mut outputs = Vec::with_capacity(items.len());
        for Item { expr, name } in items {
            let text = self.expr(expr)?;
            if *distinct == Distinct::All {
                self.share(expr, &text);
            }
            outputs.push(format!("{text} AS {}", quoted(name.as_str())));
        }
        let having = having.as_ref().map(|having| self.expr(having)).transpose()?;
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

    fn share(&mut self, expr: &'a Expr, text: &str) {
        if !matches!(expr, Expr::Column(_) | Expr::Literal(_) | Expr::Param(_)) {
            self.shared.push((expr, text.to_owned()));
        }
    }

    /// A bare constant among sort or group keys would be read as a position; a cast makes it an expression again.
    fn as_key(&self, key: &Expr, text: String) -> String {
        let sql_type = match key {
            Expr::Literal(Literal::Integer(_)) => SqlType::BigInt,
            Expr::Literal(Literal::Decimal(_)) => SqlType::Numeric(None),
            Expr::Literal(Literal::Boolean(_)) => SqlType::Boolean,
            Expr::Literal(Literal::Null | Literal::Text(_)) => SqlType::Text,
            _ => return text,
        };
        format!("CAST({text} AS {})", (self.table.type_name)(sql_type))
    }

    fn from(&mut self, from: &'a From) -> Text {
        match from {
            From::Scan(Scan { id, table, columns }) => {
                let names = columns.iter().map(|column| quoted(column.as_str())).collect();
                self.relations.push((*id, names));
                let Namespace { catalog, schema } = self.namespace;
                let catalog = catalog
                    .as_ref()
                    .map(|name| quoted(name.as_str()) + ".")
                    .unwrap_or_default();
                let (schema, table) = (quoted(schema.as_str()), quoted(table.as_str()));
                Ok(format!("{catalog}{schema}.{table} AS r{}", id.0))
            }
            From::Derived { id, query } => {
                let text = self.query(query)?;
                let output = query.output();
                let names = column_names(&output);
                let aliases = alias_list(&output, &names);
                self.relations.push((*id, names));
                Ok(format!("({text}) AS r{}{aliases}", id.0))
            }
            From::Cte { id, cte } => {
                let names = self
                    .ctes
                    .iter()
                    .rev()
                    .find(|(known, _)| known == cte)
                    .map(|(_, names)| names.clone());
                self.relations.push((*id, names.unwrap_or_default()));
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
                let (left, right) = (self.from(left)?, self.from(right)?);
                let on = match on {
                    Some(on) => format!(" ON {}", self.expr(on)?),
                    None => String::new(),
                };
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
                    self.as_key(expr, text)
                }
            };
            let direction = if *descending { " DESC" } else { "" };
            let nulls = match nulls_first.or(self.table.explicit_nulls.then_some(*descending)) {
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
                None => "",
            };
            texts.push(format!("{by}{direction}{nulls}"));
        }
        Ok(texts.join(", "))
    }

    fn count(&mut self, count: Count) -> String {
        match count {
            Count::Rows(rows) => rows.to_string(),
            Count::Param(position) => self.parameter(position),
        }
    }

    fn column(&self, rel: RelId, column: u16) -> String {
        let columns = self
            .relations
            .iter()
            .rev()
            .find(|(id, _)| *id == rel)
            .map(|(_, names)| names);
        let name = columns.and_then(|names| names.get(usize::from(column)));
        // A plan has no reference out of scope; were there one, no engine finds a column of the empty name.
        format!("r{}.{}", rel.0, name.map_or("\"\"", String::as_str))
    }

    fn literal(&mut self, literal: &Literal) -> String {
        match literal {
            Literal::Null => "NULL".to_owned(),
            Literal::Boolean(true) => "TRUE".to_owned(),
            Literal::Boolean(false) => "FALSE".to_owned(),
            // Its digits alone are out of range: the sign is an operator.
            Literal::Integer(i64::MIN) => format!("({} - 1)", i64::MIN + 1),
            Literal::Integer(number) if *number < 0 => format!("({number})"),
            Literal::Integer(number) => number.to_string(),
            Literal::Decimal(digits) => digits.as_str().to_owned(),
            Literal::Text(text) => self.text(text),
            Literal::Typed(sql_type, text) => {
                let text = self.text(text);
                format!("CAST({text} AS {})", (self.table.type_name)(*sql_type))
            }
            Literal::Interval(interval) => {
                let Interval { months, days, micros } = interval;
                let text = format!("'{months} months {days} days {micros} microseconds'");
                format!("CAST({text} AS {})", (self.table.type_name)(SqlType::Interval))
            }
        }
    }

    /// Binds a text literal, or writes it.
    fn text(&mut self, text: &str) -> String {
        if self.inline {
            return (self.table.text)(text);
        }
        self.params.push(Bound::Literal(text.into()));
        format!("${}", self.params.len())
    }

    /// Binds a parameter of the plan, once; every use casts it to its type.
    fn parameter(&mut self, position: u16) -> String {
        let index = usize::from(position);
        let declared = self
            .plan
            .parameters()
            .get(index)
            .map_or(ParamType::Text, |p| p.param_type);
        let number = match self.numbered.get(index).copied().flatten() {
            Some(number) => number,
            None => {
                let value = self.values.get(index).cloned().unwrap_or(Value::Null);
                self.params.push(Bound::Value(declared, value));
                if let Some(slot) = self.numbered.get_mut(index) {
                    *slot = Some(self.params.len());
                }
                self.params.len()
            }
        };
        let sql_type = match declared {
            ParamType::Boolean => SqlType::Boolean,
            ParamType::Integer => SqlType::BigInt,
            ParamType::Float => SqlType::Double,
            ParamType::Text => SqlType::Text,
            ParamType::Timestamp => SqlType::Timestamp,
            ParamType::Date => SqlType::Date,
        };
        format!("CAST(${number} AS {})", (self.table.type_name)(sql_type))
    }
}

/// The names by which the columns of a query are referred to from outside: their own, or k0, k1, … where two are the
/// same (also in another case: some engines do not tell those apart).
fn column_names(output: &[Identifier]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    if output
        .iter()
        .all(|name| seen.insert(name.as_str().to_lowercase()))
    {
        output.iter().map(|name| quoted(name.as_str())).collect()
    } else {
        (0..output.len()).map(|position| format!("k{position}")).collect()
    }
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
