//! Plans: what a query reads, as SELECT blocks over allowed tables.
//!
//! The parts are plain data that anybody may build; a [`Plan`] exists only for parts that passed [`Plan::new`], which
//! resolves every column reference, counts every node and weighs what the plan expands to.

use thiserror::Error;

use super::{
    check::{self, Bounds},
    expr::{ColumnRef, Expr, RelId},
    fingerprint::Fingerprint,
    types::ParamType,
    walk::sort_exprs,
};
use crate::{error::Code, limits::MAX_IDENTIFIER_BYTES};

/// The name of a table, column or output: 1 to 63 bytes of UTF-8 without control characters. It is always quoted when
/// it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(Box<str>);

impl Identifier {
    /// Takes a name as it is; folding is the business of whoever read it.
    pub fn new(name: &str) -> Result<Self, PlanError> {
        if name.is_empty() || name.len() > MAX_IDENTIFIER_BYTES || name.chars().any(char::is_control) {
            return Err(PlanError::Identifier);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `[WITH …] body [ORDER BY …] [LIMIT …] [OFFSET …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// CTEs, in order; each sees those before it.
    pub ctes: Vec<Cte>,
    /// A SELECT, or a set operation.
    pub body: Body,
    /// Sort keys. Over a set operation only [`Expr`]-less keys ([`SortBy::Output`]) are valid.
    pub order_by: Vec<SortKey>,
    /// Rows at the most.
    pub limit: Option<Count>,
    /// Rows left out first.
    pub offset: Option<Count>,
}

/// `name AS [MATERIALIZED] (query)`. Its number is its position among all CTEs of the plan, in order of writing.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// Unique in the plan.
    pub id: CteId,
    /// What it stands for.
    pub query: Query,
    /// `MATERIALIZED`, `NOT MATERIALIZED`, or neither
    pub materialized: Option<bool>,
}

/// A CTE of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CteId(pub u16);

/// What a query computes.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One SELECT block.
    Select(Box<Select>),
    /// Two bodies of the same width.
    Set {
        /// The operation.
        op: SetOp,
        /// `ALL`
        all: bool,
        /// Left side.
        left: Box<Query>,
        /// Right side.
        right: Box<Query>,
    },
}

/// A set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// `UNION`
    Union,
    /// `INTERSECT`
    Intersect,
    /// `EXCEPT`
    Except,
}

/// One SELECT block.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// `DISTINCT`
    pub distinct: Distinct,
    /// Output columns, at least one.
    pub items: Vec<Item>,
    /// `FROM`
    pub from: Option<From>,
    /// `WHERE`
    pub filter: Option<Expr>,
    /// `GROUP BY` expressions; positions were resolved.
    pub group_by: Vec<Expr>,
    /// `HAVING`
    pub having: Option<Expr>,
}

/// `DISTINCT` of a SELECT.
#[derive(Debug, Clone, PartialEq)]
pub enum Distinct {
    /// None.
    No,
    /// Over all outputs.
    All,
    /// `DISTINCT ON (…)`
    On(Vec<Expr>),
}

/// An output column.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it computes.
    pub expr: Expr,
    /// Its name.
    pub name: Identifier,
}

/// `FROM`
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// An allowed table.
    Scan(Scan),
    /// `(query) AS …`
    Derived {
        /// The relation.
        id: RelId,
        /// What it stands for.
        query: Box<Query>,
    },
    /// A CTE in scope.
    Cte {
        /// The relation.
        id: RelId,
        /// The CTE.
        cte: CteId,
    },
    /// A join.
    Join {
        /// The kind.
        kind: JoinKind,
        /// Left side.
        left: Box<From>,
        /// Right side.
        right: Box<From>,
        /// The condition; none for [`JoinKind::Cross`] alone.
        on: Option<Expr>,
    },
}

/// The reading of one table: exactly the columns that the plan uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// The relation.
    pub id: RelId,
    /// The table, as the schema names it.
    pub table: Identifier,
    /// The columns that are read.
    pub columns: Vec<Identifier>,
}

/// The kind of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the SQL join of that name")]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

/// One key of an ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub by: SortBy,
    /// `DESC`
    pub descending: bool,
    /// `NULLS FIRST` (true), `NULLS LAST` (false), or the engine's own
    pub nulls_first: Option<bool>,
}

/// What a sort compares.
#[derive(Debug, Clone, PartialEq)]
pub enum SortBy {
    /// An output column, by position from zero.
    Output(u16),
    /// An expression over the FROM clause.
    Expr(Expr),
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Count {
    /// A literal.
    Rows(u64),
    /// An integer parameter, by position.
    Param(u16),
}

/// A parameter that a plan takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// Its name.
    pub name: Identifier,
    /// Its type.
    pub param_type: ParamType,
}

/// Why parts do not make a plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A name that is empty, over 63 bytes, or holds a control character.
    #[error("a name has 1 to {MAX_IDENTIFIER_BYTES} bytes and no control characters")]
    Identifier,
    /// A reference to a relation, column, CTE, parameter or output that is not in scope.
    #[error("the plan refers to a {0} that is not in scope")]
    OutOfScope(&'static str),
    /// A number given twice.
    #[error("the plan numbers two {0} alike")]
    Duplicate(&'static str),
    /// A form that the algebra's constructors do not allow.
    #[error("malformed plan: {0}")]
    Malformed(&'static str),
    /// A function with too few or too many arguments.
    #[error("`{function}` takes {min} to {max} arguments, not {given}")]
    Arity {
        /// The function.
        function: &'static str,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// What was written.
        given: usize,
    },
    /// More of something than its bound.
    #[error("the plan has more than {limit} {what}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// [`Plan::narrow`] was asked for a column that the query does not return, or of a query it cannot narrow.
    #[error("{0}")]
    Narrow(String),
}

impl PlanError {
    /// The stable code of a plan that is refused for this.
    pub fn code(&self) -> Code {
        match self {
            PlanError::TooMany { .. } => Code::LimitExceeded,
            PlanError::Narrow(_) => Code::InvalidParameter,
            _ => Code::InvalidSql,
        }
    }
}

/// A valid query with its parameters' types.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    query: Query,
    parameters: Vec<Parameter>,
    output: Vec<Identifier>,
}

impl Plan {
    /// Checks every reference and every bound.
    pub fn new(query: Query, parameters: Vec<Parameter>) -> Result<Self, PlanError> {
        Self::within(query, parameters, Bounds::WRITTEN)
    }

    /// A plan made of a checked one by the customer's policy, which adds filters and masks: the same checks, with
    /// bounds [`crate::limits::REWRITE_FACTOR`] times as large. For that alone; what a caller wrote goes to
    /// [`Plan::new`].
    pub fn rewritten(query: Query, parameters: Vec<Parameter>) -> Result<Self, PlanError> {
        Self::within(query, parameters, Bounds::REWRITTEN)
    }

    fn within(query: Query, parameters: Vec<Parameter>, bounds: Bounds) -> Result<Self, PlanError> {
        check::check(&query, &parameters, bounds)?;
        let output = query.output();
        Ok(Self {
            query,
            parameters,
            output,
        })
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What must be supplied beside it, in the order of their numbers.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Names of the result's columns.
    pub fn output(&self) -> &[Identifier] {
        &self.output
    }

    /// SHA-256 of the canonical encoding.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    /// Every reading of a table in the plan, in order of writing.
    pub fn scans(&self) -> Vec<&Scan> {
        let mut scans = Vec::new();
        self.query.visit_scans(&mut |scan| scans.push(scan));
        scans
    }

    /// The tables that it reads, each once, in order of writing.
    pub fn tables(&self) -> Vec<String> {
        let mut tables: Vec<String> = Vec::new();
        for scan in self.scans() {
            if !tables.iter().any(|known| known == scan.table.as_str()) {
                tables.push(scan.table.as_str().to_owned());
            }
        }
        tables
    }

    /// The same query returning only the named columns, in the order asked for, and reading no column that is then not
    /// needed. Only for one SELECT block over one table without DISTINCT, grouping, or sorting by output position.
    pub fn narrow(&self, columns: &[Identifier]) -> Result<Self, PlanError> {
        let refuse = |why: &str| Err(PlanError::Narrow(why.to_owned()));
        let mut query = self.query.clone();
        let Body::Select(select) = &mut query.body else {
            return refuse("this query does not take `columns`");
        };
        let plain = select.distinct == Distinct::No
            && select.group_by.is_empty()
            && query.order_by.iter().all(|key| matches!(key.by, SortBy::Expr(_)));
        let (true, Some(From::Scan(scan))) = (plain, &select.from) else {
            return refuse("this query does not take `columns`");
        };
        let (id, width) = (scan.id, scan.columns.len());
        let mut subqueries = false;
        select
            .exprs()
            .for_each(|expr| expr.visit_queries(&mut |_| subqueries = true));
        sort_exprs(&query.order_by).for_each(|expr| expr.visit_queries(&mut |_| subqueries = true));
        if subqueries {
            return refuse("this query does not take `columns`");
        }
        if columns.is_empty() {
            return refuse("`columns` must name at least one column");
        }
        let mut items = Vec::with_capacity(columns.len());
        for name in columns {
            if items.iter().any(|item: &Item| item.name == *name) {
                return Err(PlanError::Narrow(format!(
                    "`columns` names `{}` twice",
                    name.as_str()
                )));
            }
            let item = select.items.iter().find(|item| item.name == *name);
            items.push(item.cloned().ok_or_else(|| {
                PlanError::Narrow(format!("the query returns no column `{}`", name.as_str()))
            })?);
        }
        select.items = items;
        let mut used = vec![None; width];
        let mut mark = |column: &mut ColumnRef| {
            if let (true, Some(slot)) = (column.rel == id, used.get_mut(usize::from(column.column))) {
                *slot = Some(0);
            }
        };
        for_each_block_column(select, &mut query.order_by, &mut mark);
        let Some(From::Scan(scan)) = &mut select.from else {
            return refuse("this query does not take `columns`");
        };
        let mut kept = Vec::new();
        for (slot, name) in used.iter_mut().zip(&scan.columns) {
            if let Some(position) = slot {
                *position =
                    u16::try_from(kept.len()).map_err(|_| PlanError::Malformed("too many columns"))?;
                kept.push(name.clone());
            }
        }
        scan.columns = kept;
        let mut renumber = |column: &mut ColumnRef| {
            if let (true, Some(Some(position))) = (column.rel == id, used.get(usize::from(column.column))) {
                column.column = *position;
            }
        };
        for_each_block_column(select, &mut query.order_by, &mut renumber);
        Plan::new(query, self.parameters.clone())
    }
}

/// Visits the column references of one SELECT block and its sort, subqueries included.
fn for_each_block_column(
    select: &mut Select,
    order_by: &mut [SortKey],
    visit: &mut dyn FnMut(&mut ColumnRef),
) {
    for item in &mut select.items {
        item.expr.for_each_column_mut(visit);
    }
    for expr in select.filter.iter_mut().chain(&mut select.having) {
        expr.for_each_column_mut(visit);
    }
    for key in order_by {
        if let SortBy::Expr(expr) = &mut key.by {
            expr.for_each_column_mut(visit);
        }
    }
}

impl Query {
    /// Names of the output columns: those of the leftmost SELECT.
    pub fn output(&self) -> Vec<Identifier> {
        match &self.body {
            Body::Select(select) => select.items.iter().map(|item| item.name.clone()).collect(),
            Body::Set { left, .. } => left.output(),
        }
    }

    /// Number of output columns.
    pub fn width(&self) -> usize {
        match &self.body {
            Body::Select(select) => select.items.len(),
            Body::Set { left, .. } => left.width(),
        }
    }

    /// Visits every scan, those of CTEs and subqueries included, in order of writing.
    pub fn visit_scans<'a>(&'a self, visit: &mut dyn FnMut(&'a Scan)) {
        for cte in &self.ctes {
            cte.query.visit_scans(visit);
        }
        match &self.body {
            Body::Select(select) => {
                if let Some(from) = &select.from {
                    from.visit_scans(visit);
                }
                for expr in select.exprs() {
                    expr.visit_queries(&mut |query| query.visit_scans(visit));
                }
            }
            Body::Set { left, right, .. } => {
                left.visit_scans(visit);
                right.visit_scans(visit);
            }
        }
        for key in &self.order_by {
            if let SortBy::Expr(expr) = &key.by {
                expr.visit_queries(&mut |query| query.visit_scans(visit));
            }
        }
    }
}

impl Select {
    /// Every expression of the block, in the order of writing; not those of the FROM clause.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let on = match &self.distinct {
            Distinct::On(exprs) => exprs.as_slice(),
            Distinct::No | Distinct::All => &[],
        };
        on.iter()
            .chain(self.items.iter().map(|item| &item.expr))
            .chain(&self.filter)
            .chain(&self.group_by)
            .chain(&self.having)
    }
}

impl From {
    fn visit_scans<'a>(&'a self, visit: &mut dyn FnMut(&'a Scan)) {
        match self {
            From::Scan(scan) => visit(scan),
            From::Derived { id: _, query } => query.visit_scans(visit),
            From::Cte { id: _, cte: _ } => {}
            From::Join {
                kind: _,
                left,
                right,
                on,
            } => {
                left.visit_scans(visit);
                right.visit_scans(visit);
                if let Some(on) = on {
                    on.visit_queries(&mut |query| query.visit_scans(visit));
                }
            }
        }
    }
}
