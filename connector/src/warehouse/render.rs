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

use std::fmt;

use proto::{
    error::{Code, Fault},
    query::{
        expr::{
            AggregateCall, BinaryOp, ColumnRef, Expr, Frame, FrameBound, FrameUnit, RelId, Truth, WindowCall,
            WindowFunction,
        },
        functions::{Aggregate, Scalar},
        plan::{
            Body, Count, Cte, CteId, Distinct, From, Identifier, Item, JoinKind, Plan, Query, Scan, Select,
            SetOp, SortBy, SortKey,
        },
        types::{Interval, Literal, ParamType, SqlType, Value},
    },
};
use thiserror::Error;

pub use self::dialect::Dialect;
use self::dialect::{Spelling, Table};

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
    let mut renderer = Renderer {
        plan,
        values,
        namespace,
        dialect,
        table: dialect.table(),
        params: Vec::new(),
        numbered: vec![None; values.len()],
        ctes: Vec::new(),
        relations: Vec::new(),
        shared: Vec::new(),
    };
    let sql = renderer.query(plan.query())?;
    Ok(Rendered {
        sql,
        params: renderer.params,
    })
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

    fn expr(&mut self, expr: &'a Expr) -> Text {
        if let Some((_, text)) = self.shared.iter().find(|(shared, _)| *shared == expr) {
            return Ok(text.clone());
        }
        Ok(match expr {
            Expr::Column(ColumnRef { rel, column }) => self.column(*rel, *column),
            Expr::Literal(literal) => self.literal(literal),
            Expr::Param(position) => self.parameter(*position),
            Expr::And(exprs) => format!("({})", self.exprs(exprs)?.join(" AND ")),
            Expr::Or(exprs) => format!("({})", self.exprs(exprs)?.join(" OR ")),
            Expr::Not(expr) => format!("(NOT {})", self.expr(expr)?),
            Expr::Negate(expr) => format!("(- {})", self.expr(expr)?),
            Expr::Binary { op, left, right } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                format!("({left} {} {right})", operator(*op))
            }
            Expr::Is { expr, what, negated } => {
                let what = match what {
                    Truth::Null => "NULL",
                    Truth::True => "TRUE",
                    Truth::False => "FALSE",
                };
                let operand = self.untyped(std::slice::from_ref(&**expr))?.concat();
                format!("({operand} IS {}{what})", not(*negated))
            }
            Expr::IsDistinct { left, right, negated } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                format!("({left} IS {}DISTINCT FROM {right})", not(*negated))
            }
            Expr::Like {
                expr,
                pattern,
                escape,
                case_insensitive,
                negated,
            } => {
                let (text, pattern) = (self.expr(expr)?, self.expr(pattern)?);
                let like = if *case_insensitive { "ILIKE" } else { "LIKE" };
                let escape = escape
                    .map(|c| format!(" ESCAPE {}", self.text(&c.to_string())))
                    .unwrap_or_default();
                format!("({text} {}{like} {pattern}{escape})", not(*negated))
            }
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => {
                let (value, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
                format!("({value} {}BETWEEN {low} AND {high})", not(*negated))
            }
            Expr::InList { expr, items, negated } => {
                let value = self.expr(expr)?;
                format!(
                    "({value} {}IN ({}))",
                    not(*negated),
                    self.exprs(items)?.join(", ")
                )
            }
            Expr::InQuery { expr, query, negated } => {
                let value = self.expr(expr)?;
                format!("({value} {}IN ({}))", not(*negated), self.query(query)?)
            }
            Expr::Exists { query, negated } => format!("({}EXISTS ({}))", not(*negated), self.query(query)?),
            Expr::Quantified { expr, op, all, query } => {
                let value = self.expr(expr)?;
                let which = if *all { "ALL" } else { "ANY" };
                format!("({value} {} {which} ({}))", operator(*op), self.query(query)?)
            }
            Expr::Scalar(query) => format!("({})", self.query(query)?),
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                let mut sql = String::from("CASE");
                if let Some(operand) = operand {
                    sql += &format!(" {}", self.expr(operand)?);
                }
                for (when, then) in branches {
                    let (when, then) = (self.expr(when)?, self.expr(then)?);
                    sql += &format!(" WHEN {when} THEN {then}");
                }
                if let Some(otherwise) = otherwise {
                    sql += &format!(" ELSE {}", self.expr(otherwise)?);
                }
                format!("({sql} END)")
            }
            Expr::Cast { expr, to } => {
                let value = format!("CAST({} AS {})", self.expr(expr)?, (self.table.type_name)(*to));
                match to {
                    SqlType::Varchar(length) if !self.table.cuts_varchar => {
                        format!("{}.\"left\"({value}, {length})", self.table.functions)
                    }
                    _ => value,
                }
            }
            Expr::Extract { field, expr } => (self.table.extract)(*field, &self.expr(expr)?),
            Expr::DateTrunc { field, expr } => {
                format!(
                    "{}.\"date_trunc\"('{}', {})",
                    self.table.functions,
                    field.name(),
                    self.expr(expr)?
                )
            }
            Expr::AtTimeZone { expr, zone } => {
                let time = self.expr(expr)?;
                let zone = format!(
                    "CAST({} AS {})",
                    self.text(zone),
                    (self.table.type_name)(SqlType::Text)
                );
                format!("{}.\"timezone\"({zone}, {time})", self.table.functions)
            }
            Expr::Call { function, args } => {
                let spelling = (self.table.scalar)(*function, args.len());
                let args = match function {
                    Scalar::Concat | Scalar::ConcatWs => self.untyped(args)?,
                    _ => self.exprs(args)?,
                };
                self.call(spelling, function.name(), &args, "")?
            }
            Expr::Aggregate(call) => self.aggregate(call)?,
            Expr::OrderedSet {
                function,
                args,
                within,
                filter,
            } => {
                let args = self.exprs(args)?.join(", ");
                let within = self.sort(std::slice::from_ref(&**within))?;
                let filter = self.filter(filter.as_deref())?;
                let (schema, name) = (self.table.functions, function.name());
                format!("{schema}.\"{name}\"({args}) WITHIN GROUP (ORDER BY {within}){filter}")
            }
            Expr::Window(call) => self.window(call)?,
        })
    }

    fn exprs(&mut self, exprs: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Operands of any type: what an engine takes for a literal it does not take for a bound value of no type, so text is
    /// called text here.
    fn untyped(&mut self, exprs: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        let text_type = (self.table.type_name)(SqlType::Text);
        exprs
            .iter()
            .map(|expr| {
                let text = self.expr(expr)?;
                let literal = matches!(expr, Expr::Literal(Literal::Text(_)));
                Ok(if literal {
                    format!("CAST({text} AS {text_type})")
                } else {
                    text
                })
            })
            .collect()
    }

    fn aggregate(&mut self, call: &'a AggregateCall) -> Text {
        let AggregateCall {
            function,
            args,
            distinct,
            order_by,
            filter,
        } = call;
        let mut inner = if args.is_empty() {
            "*".to_owned()
        } else {
            self.aggregated(*function, args)?.join(", ")
        };
        if *distinct {
            inner = format!("DISTINCT {inner}");
        }
        if !order_by.is_empty() {
            inner += &format!(" ORDER BY {}", self.sort(order_by)?);
        }
        let filter = self.filter(filter.as_ref())?;
        self.call(
            (self.table.aggregate)(*function),
            function.name(),
            &[inner],
            &filter,
        )
    }

    fn aggregated(&mut self, function: Aggregate, args: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        match function {
            Aggregate::Count | Aggregate::ArrayAgg => self.untyped(args),
            _ => self.exprs(args),
        }
    }

    fn window(&mut self, call: &'a WindowCall) -> Text {
        let WindowCall {
            function,
            args,
            filter,
            partition_by,
            order_by,
            frame,
        } = call;
        let mut args = match function {
            WindowFunction::Aggregate(function) => self.aggregated(*function, args)?,
            WindowFunction::Only(_) => self.untyped(args)?,
        };
        let filter = self.filter(filter.as_ref())?;
        let mut over = Vec::new();
        if !partition_by.is_empty() {
            over.push(format!("PARTITION BY {}", self.exprs(partition_by)?.join(", ")));
        }
        if !order_by.is_empty() {
            over.push(format!("ORDER BY {}", self.sort(order_by)?));
        }
        over.extend(frame.map(window_frame));
        let tail = format!("{filter} OVER ({})", over.join(" "));
        match function {
            WindowFunction::Aggregate(function) => {
                if args.is_empty() {
                    args.push("*".to_owned());
                }
                self.call((self.table.aggregate)(*function), function.name(), &args, &tail)
            }
            WindowFunction::Only(function) => {
                self.call((self.table.window)(*function), function.name(), &args, &tail)
            }
        }
    }

    fn filter(&mut self, filter: Option<&'a Expr>) -> Text {
        match filter {
            Some(filter) => Ok(format!(" FILTER (WHERE {})", self.expr(filter)?)),
            None => Ok(String::new()),
        }
    }

    fn call(&self, spelling: Spelling, name: &'static str, args: &[String], tail: &str) -> Text {
        let list = args.join(", ");
        Ok(match spelling {
            Spelling::Function(own) => format!("{}.\"{own}\"({list}){tail}", self.table.functions),
            Spelling::Narrowed(own, to) => {
                let to = (self.table.type_name)(to);
                format!("CAST({}.\"{own}\"({list}){tail} AS {to})", self.table.functions)
            }
            Spelling::Grammar(own) => format!("{own}({list})"),
            Spelling::Keyword(own) => own.to_owned(),
            Spelling::JsonPath => json_path(args),
            Spelling::Absent => {
                return Err(RenderError::Absent {
                    function: name,
                    dialect: self.dialect.name(),
                });
            }
        })
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

    /// Binds a text literal.
    fn text(&mut self, text: &str) -> String {
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

fn json_path(args: &[String]) -> String {
    let Some(((document, keys), last)) = args
        .split_first()
        .and_then(|(document, keys)| Some(((document, keys), keys.last()?)))
    else {
        return "NULL".to_owned();
    };
    let inner = keys
        .iter()
        .take(keys.len() - 1)
        .fold(document.clone(), |text, key| format!("({text} -> {key})"));
    format!("({inner} ->> {last})")
}

const fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

const fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Concat => "||",
        BinaryOp::Eq => "=",
        BinaryOp::NotEq => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::JsonGet => "->",
        BinaryOp::JsonGetText => "->>",
    }
}

fn window_frame(frame: Frame) -> String {
    let Frame { unit, start, end } = frame;
    let unit = match unit {
        FrameUnit::Rows => "ROWS",
        FrameUnit::Range => "RANGE",
        FrameUnit::Groups => "GROUPS",
    };
    format!("{unit} BETWEEN {} AND {}", frame_bound(start), frame_bound(end))
}

fn frame_bound(bound: FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::Preceding(count) => format!("{count} PRECEDING"),
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Following(count) => format!("{count} FOLLOWING"),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
    }
}

#[cfg(test)]
mod tests;
