//! The check that makes parts a plan: scopes, arities, counts, depth and expanded size.
//!
//! The expanded size bounds what a planner may build from a small text: a column reference weighs as much as the
//! expression behind it, and a CTE weighs again wherever it is used (docs/sql.md, "Small queries that kill").

use std::collections::{BTreeMap, BTreeSet};

use super::{
    expr::{ColumnRef, Expr, RelId, WindowFunction},
    plan::{
        Body, Count, CteId, Distinct, From, JoinKind, Parameter, PlanError, Query, Scan, Select, SortBy,
        SortKey,
    },
    types::{Literal, ParamType, SqlType},
    walk::{Child, sort_exprs},
};
use crate::limits::{
    MAX_CTES, MAX_EXPANDED_RELATIONS, MAX_EXPANDED_SIZE, MAX_IN_ITEMS, MAX_PARAMETERS, MAX_PLAN_DEPTH,
    MAX_PLAN_NODES, MAX_RELATIONS, MAX_SCAN_COLUMNS, REWRITE_DEPTH, REWRITE_FACTOR,
};

/// How large a plan may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    relations: usize,
    expanded_relations: u64,
    nodes: usize,
    depth: usize,
    size: u64,
}

impl Bounds {
    /// What a caller may write.
    pub(super) const WRITTEN: Self = Self {
        relations: MAX_RELATIONS,
        expanded_relations: MAX_EXPANDED_RELATIONS as u64,
        nodes: MAX_PLAN_NODES,
        depth: MAX_PLAN_DEPTH,
        size: MAX_EXPANDED_SIZE,
    };

    /// What the filters and masks of a policy may make of it.
    pub(super) const REWRITTEN: Self = Self {
        relations: MAX_RELATIONS * REWRITE_FACTOR,
        expanded_relations: (MAX_EXPANDED_RELATIONS * REWRITE_FACTOR) as u64,
        nodes: MAX_PLAN_NODES * REWRITE_FACTOR,
        depth: MAX_PLAN_DEPTH + REWRITE_DEPTH,
        size: MAX_EXPANDED_SIZE * REWRITE_FACTOR as u64,
    };
}

/// Refuses parts that are not a plan.
pub(super) fn check(query: &Query, parameters: &[Parameter], bounds: Bounds) -> Result<(), PlanError> {
    within("parameters", parameters.len(), MAX_PARAMETERS)?;
    for (position, parameter) in parameters.iter().enumerate() {
        if parameters
            .iter()
            .skip(position + 1)
            .any(|other| other.name == parameter.name)
        {
            return Err(PlanError::Duplicate("parameters"));
        }
    }
    let mut checker = Checker {
        parameters,
        bounds,
        nodes: 0,
        relations: 0,
        cross_joins: 0,
        size: 0,
        ctes_seen: 0,
        ctes: BTreeMap::new(),
        numbered: BTreeSet::new(),
        scope: Vec::new(),
    };
    let shape = checker.query(query, 0)?;
    at_most(
        "relations after its CTEs are put in place",
        shape.relations,
        bounds.expanded_relations,
    )
}

/// What a relation offers to those who refer to it.
#[derive(Clone)]
struct Shape {
    /// Weight of the expression behind each column.
    columns: Vec<u64>,
    /// Relations that it expands to.
    relations: u64,
}

struct Checker<'a> {
    parameters: &'a [Parameter],
    bounds: Bounds,
    nodes: usize,
    relations: usize,
    cross_joins: usize,
    size: u64,
    ctes_seen: usize,
    ctes: BTreeMap<CteId, Shape>,
    numbered: BTreeSet<RelId>,
    /// Relations in scope, the innermost query's last.
    scope: Vec<(RelId, Vec<u64>)>,
}

impl Checker<'_> {
    fn query(&mut self, query: &Query, depth: usize) -> Result<Shape, PlanError> {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        within("levels of nesting", depth, self.bounds.depth)?;
        let outer_ctes: Vec<CteId> = self.ctes.keys().copied().collect();
        for cte in ctes {
            self.ctes_seen += 1;
            within("CTEs", self.ctes_seen, MAX_CTES)?;
            let shape = self.query(&cte.query, depth + 1)?;
            if self.ctes.insert(cte.id, shape).is_some() {
                return Err(PlanError::Duplicate("CTEs"));
            }
        }
        let width = u16::try_from(query.width()).map_err(|_| PlanError::Malformed("too many outputs"))?;
        for key in order_by {
            if let SortBy::Output(position) = key.by
                && position >= width
            {
                return Err(PlanError::OutOfScope("output column"));
            }
        }
        let shape = match body {
            Body::Select(select) => self.select(select, order_by, depth)?,
            Body::Set {
                op: _,
                all: _,
                left,
                right,
            } => {
                if sort_exprs(order_by).next().is_some() {
                    return Err(PlanError::Malformed(
                        "a set operation is sorted by its outputs only",
                    ));
                }
                let left = self.query(left, depth + 1)?;
                let right = self.query(right, depth + 1)?;
                if left.columns.len() != right.columns.len() {
                    return Err(PlanError::Malformed(
                        "the sides of a set operation differ in width",
                    ));
                }
                let columns = left
                    .columns
                    .iter()
                    .zip(&right.columns)
                    .map(|(l, r)| *l.max(r))
                    .collect();
                Shape {
                    columns,
                    relations: left.relations + right.relations,
                }
            }
        };
        for count in limit.iter().chain(offset) {
            if let Count::Param(position) = count {
                match self.parameter(*position)?.param_type {
                    ParamType::Integer => {}
                    _ => return Err(PlanError::Malformed("a limit must be an integer parameter")),
                }
            }
        }
        self.ctes.retain(|id, _| outer_ctes.contains(id));
        Ok(shape)
    }

    fn select(&mut self, select: &Select, order_by: &[SortKey], depth: usize) -> Result<Shape, PlanError> {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        if items.is_empty() {
            return Err(PlanError::Malformed("a SELECT returns at least one column"));
        }
        let outer = self.scope.len();
        let relations = match from {
            Some(from) => self.from(from, depth)?,
            None => 0,
        };
        if let Distinct::On(exprs) = distinct {
            for expr in exprs {
                self.spend(expr, depth)?;
            }
        }
        let mut columns = Vec::with_capacity(items.len());
        for item in items {
            columns.push(self.spend(&item.expr, depth)?);
        }
        for expr in filter
            .iter()
            .chain(group_by)
            .chain(having)
            .chain(sort_exprs(order_by))
        {
            self.spend(expr, depth)?;
        }
        self.scope.truncate(outer);
        Ok(Shape { columns, relations })
    }

    /// Brings the relations of a FROM clause into scope; answers how many they expand to.
    fn from(&mut self, from: &From, depth: usize) -> Result<u64, PlanError> {
        within("levels of nesting", depth, self.bounds.depth)?;
        match from {
            From::Scan(Scan {
                id,
                table: _,
                columns,
            }) => {
                within("columns of one table", columns.len(), MAX_SCAN_COLUMNS)?;
                for (position, column) in columns.iter().enumerate() {
                    if columns.iter().take(position).any(|other| other == column) {
                        return Err(PlanError::Duplicate("columns of a scan"));
                    }
                }
                self.relation(*id, vec![1; columns.len()])?;
                Ok(1)
            }
            From::Derived { id, query } => {
                // A derived table does not see its siblings, only the queries around.
                let shape = self.query(query, depth + 1)?;
                self.relation(*id, shape.columns)?;
                Ok(shape.relations)
            }
            From::Cte { id, cte } => {
                let shape = self.ctes.get(cte).cloned().ok_or(PlanError::OutOfScope("CTE"))?;
                self.relation(*id, shape.columns)?;
                Ok(shape.relations)
            }
            From::Join {
                kind,
                left,
                right,
                on,
            } => {
                let outer = self.scope.len();
                let left = self.from(left, depth + 1)?;
                // The right side may not see the left: hide it while the right is walked.
                let hidden = self.scope.split_off(outer);
                let right = self.from(right, depth + 1)?;
                let mut visible = hidden;
                visible.append(&mut self.scope.split_off(outer));
                match (kind, on) {
                    (JoinKind::Cross, None) => {
                        self.cross_joins += 1;
                        within("joins without a condition", self.cross_joins, 1)?;
                    }
                    (JoinKind::Cross, Some(_)) => {
                        return Err(PlanError::Malformed("a cross join has no condition"));
                    }
                    (_, None) => return Err(PlanError::Malformed("a join needs a condition")),
                    (_, Some(_)) => {}
                }
                self.scope.append(&mut visible);
                if let Some(on) = on {
                    self.spend(on, depth)?;
                }
                Ok(left + right)
            }
        }
    }

    fn relation(&mut self, id: RelId, columns: Vec<u64>) -> Result<(), PlanError> {
        self.relations += 1;
        within("relations", self.relations, self.bounds.relations)?;
        if !self.numbered.insert(id) {
            return Err(PlanError::Duplicate("relations"));
        }
        self.scope.push((id, columns));
        Ok(())
    }

    fn parameter(&self, position: u16) -> Result<&Parameter, PlanError> {
        self.parameters
            .get(usize::from(position))
            .ok_or(PlanError::OutOfScope("parameter"))
    }

    /// Checks an expression, adds its weight to the statement's, and answers the weight.
    fn spend(&mut self, expr: &Expr, depth: usize) -> Result<u64, PlanError> {
        let weight = self.weigh(expr, depth + 1)?;
        self.size = self.size.saturating_add(weight);
        at_most("units of expanded size", self.size, self.bounds.size)?;
        Ok(weight)
    }

    fn weigh(&mut self, expr: &Expr, depth: usize) -> Result<u64, PlanError> {
        self.nodes += 1;
        within("nodes", self.nodes, self.bounds.nodes)?;
        within("levels of nesting", depth, self.bounds.depth)?;
        let own = self.own_weight(expr)?;
        let mut children = Vec::new();
        expr.visit_children(&mut |child| children.push(child));
        let mut total: u64 = own;
        for child in children {
            let weight = match child {
                Child::Expr(expr) => self.weigh(expr, depth + 1)?,
                Child::Query(query) => {
                    let shape = self.query(query, depth + 1)?;
                    let one_column = !matches!(expr, Expr::Exists { .. });
                    if one_column && shape.columns.len() != 1 {
                        return Err(PlanError::Malformed(
                            "a subquery that is a value returns one column",
                        ));
                    }
                    shape
                        .columns
                        .iter()
                        .fold(shape.relations, |sum, w| sum.saturating_add(*w))
                }
            };
            total = total.saturating_add(weight);
        }
        let amplification = match expr {
            Expr::Call { function, .. } => function.amplification(),
            Expr::Aggregate(call) => call.function.amplification(),
            _ => 1,
        };
        Ok(total.saturating_mul(amplification))
    }

    /// The weight of an expression without its parts, and the checks that concern it alone.
    fn own_weight(&self, expr: &Expr) -> Result<u64, PlanError> {
        match expr {
            Expr::Column(ColumnRef { rel, column }) => {
                let (_, columns) = self
                    .scope
                    .iter()
                    .rev()
                    .find(|(id, _)| id == rel)
                    .ok_or(PlanError::OutOfScope("relation"))?;
                return columns
                    .get(usize::from(*column))
                    .copied()
                    .ok_or(PlanError::OutOfScope("column"));
            }
            Expr::Param(position) => {
                self.parameter(*position)?;
            }
            Expr::Literal(Literal::Typed(sql_type, text)) => {
                let sound = matches!(
                    sql_type,
                    SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz
                );
                if !sound || text.len() > 64 {
                    return Err(PlanError::Malformed(
                        "a typed literal is a date, time or timestamp of at most 64 bytes",
                    ));
                }
            }
            Expr::Literal(Literal::Text(text)) if text.contains('\0') => {
                return Err(PlanError::Malformed("a text literal holds no NUL"));
            }
            Expr::Cast {
                to: SqlType::Varchar(length),
                ..
            } if !(1..=10_000).contains(length) => {
                return Err(PlanError::Malformed("varchar has a length of 1 to 10000"));
            }
            Expr::Cast {
                to: SqlType::Numeric(Some((precision, scale))),
                ..
            } if !(1..=38).contains(precision) || scale > precision => {
                return Err(PlanError::Malformed(
                    "numeric has a precision of 1 to 38 and a scale up to it",
                ));
            }
            Expr::And(exprs) | Expr::Or(exprs) if exprs.len() < 2 => {
                return Err(PlanError::Malformed("AND and OR join at least two conditions"));
            }
            Expr::InList { items, .. } if items.is_empty() => {
                return Err(PlanError::Malformed("an IN list is not empty"));
            }
            Expr::InList { items, .. } => within("values in an IN list", items.len(), MAX_IN_ITEMS)?,
            Expr::Quantified { op, .. } if !op.is_comparison() => {
                return Err(PlanError::Malformed("ANY and ALL follow a comparison"));
            }
            Expr::Case { branches, .. } if branches.is_empty() => {
                return Err(PlanError::Malformed("CASE has at least one WHEN"));
            }
            Expr::DateTrunc { field, .. } if !field.truncates() => {
                return Err(PlanError::Malformed(
                    "date_trunc takes year to second, quarter and week",
                ));
            }
            Expr::AtTimeZone { zone, .. } if !is_zone(zone) => {
                return Err(PlanError::Malformed(
                    "a time zone is a name of letters, digits and + - _ / :",
                ));
            }
            Expr::Call { function, args } => arity(function.name(), function.arity(), args.len())?,
            Expr::Aggregate(call) => {
                arity(call.function.name(), call.function.arity(), call.args.len())?;
                if call
                    .order_by
                    .iter()
                    .any(|key| matches!(key.by, SortBy::Output(_)))
                {
                    return Err(PlanError::Malformed("an aggregate is sorted by expressions"));
                }
            }
            Expr::OrderedSet {
                function,
                args,
                within,
                ..
            } => {
                arity(function.name(), function.arity(), args.len())?;
                if matches!(within.by, SortBy::Output(_)) {
                    return Err(PlanError::Malformed("a group is sorted by an expression"));
                }
            }
            Expr::Window(call) => {
                let (name, bounds) = match call.function {
                    WindowFunction::Aggregate(function) => (function.name(), function.arity()),
                    WindowFunction::Only(function) => (function.name(), function.arity()),
                };
                arity(name, bounds, call.args.len())?;
                if call
                    .order_by
                    .iter()
                    .any(|key| matches!(key.by, SortBy::Output(_)))
                {
                    return Err(PlanError::Malformed("a window is sorted by expressions"));
                }
            }
            _ => {}
        }
        Ok(1)
    }
}

fn is_zone(zone: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_' | b'/' | b':');
    (1..=64).contains(&zone.len()) && zone.bytes().all(legal)
}

fn arity(function: &'static str, (min, max): (usize, usize), given: usize) -> Result<(), PlanError> {
    if (min..=max).contains(&given) {
        Ok(())
    } else {
        Err(PlanError::Arity {
            function,
            min,
            max,
            given,
        })
    }
}

fn within(what: &'static str, count: usize, limit: usize) -> Result<(), PlanError> {
    at_most(what, count as u64, limit as u64)
}

fn at_most(what: &'static str, count: u64, limit: u64) -> Result<(), PlanError> {
    if count > limit {
        Err(PlanError::TooMany { what, limit })
    } else {
        Ok(())
    }
}
