//! Walking a plan: the one place that knows the children of an expression, and where a plan's scans are.
//!
//! Every pattern lists its fields, so that a new field or form does not compile until it is thought of here.

use super::{
    expr::{AggregateCall, ColumnRef, Expr, WindowCall},
    plan::{Body, Cte, Distinct, From, Item, Query, Scan, Select, SortBy, SortKey},
};

/// A direct part of an expression.
pub enum Child<'a> {
    /// A sub-expression.
    Expr(&'a Expr),
    /// A subquery.
    Query(&'a Query),
}

/// A direct part of an expression, to be changed.
pub enum ChildMut<'a> {
    /// A sub-expression.
    Expr(&'a mut Expr),
    /// A subquery.
    Query(&'a mut Query),
}

impl Expr {
    /// Visits the direct parts, in the order of writing.
    pub fn visit_children<'a>(&'a self, visit: &mut dyn FnMut(Child<'a>)) {
        match self {
            Expr::Column(_) | Expr::Literal(_) | Expr::Param(_) => {}
            Expr::And(exprs) | Expr::Or(exprs) => exprs.iter().for_each(|e| visit(Child::Expr(e))),
            Expr::Not(expr) | Expr::Negate(expr) => visit(Child::Expr(expr)),
            Expr::Binary { op: _, left, right }
            | Expr::IsDistinct {
                left,
                right,
                negated: _,
            } => {
                visit(Child::Expr(left));
                visit(Child::Expr(right));
            }
            Expr::Is {
                expr,
                what: _,
                negated: _,
            }
            | Expr::Cast { expr, to: _ }
            | Expr::Extract { field: _, expr }
            | Expr::DateTrunc { field: _, expr }
            | Expr::AtTimeZone { expr, zone: _ } => visit(Child::Expr(expr)),
            Expr::Like {
                expr,
                pattern,
                escape: _,
                case_insensitive: _,
                negated: _,
            } => {
                visit(Child::Expr(expr));
                visit(Child::Expr(pattern));
            }
            Expr::Between {
                expr,
                low,
                high,
                negated: _,
            } => {
                [expr, low, high].into_iter().for_each(|e| visit(Child::Expr(e)));
            }
            Expr::InList {
                expr,
                items,
                negated: _,
            } => {
                visit(Child::Expr(expr));
                items.iter().for_each(|e| visit(Child::Expr(e)));
            }
            Expr::InQuery {
                expr,
                query,
                negated: _,
            }
            | Expr::Quantified {
                expr,
                op: _,
                all: _,
                query,
            } => {
                visit(Child::Expr(expr));
                visit(Child::Query(query));
            }
            Expr::Exists { query, negated: _ } | Expr::Scalar(query) => visit(Child::Query(query)),
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                operand.iter().for_each(|e| visit(Child::Expr(e)));
                for (when, then) in branches {
                    visit(Child::Expr(when));
                    visit(Child::Expr(then));
                }
                otherwise.iter().for_each(|e| visit(Child::Expr(e)));
            }
            Expr::Call { function: _, args } => args.iter().for_each(|e| visit(Child::Expr(e))),
            Expr::Aggregate(call) => {
                let AggregateCall {
                    function: _,
                    args,
                    distinct: _,
                    order_by,
                    filter,
                } = &**call;
                args.iter().for_each(|e| visit(Child::Expr(e)));
                sort_exprs(order_by).for_each(|e| visit(Child::Expr(e)));
                filter.iter().for_each(|e| visit(Child::Expr(e)));
            }
            Expr::OrderedSet {
                function: _,
                args,
                within,
                filter,
            } => {
                args.iter().for_each(|e| visit(Child::Expr(e)));
                sort_exprs(std::slice::from_ref(&**within)).for_each(|e| visit(Child::Expr(e)));
                filter.iter().for_each(|e| visit(Child::Expr(e)));
            }
            Expr::Window(call) => {
                let WindowCall {
                    function: _,
                    args,
                    filter,
                    partition_by,
                    order_by,
                    frame: _,
                } = &**call;
                args.iter()
                    .chain(filter)
                    .chain(partition_by)
                    .for_each(|e| visit(Child::Expr(e)));
                sort_exprs(order_by).for_each(|e| visit(Child::Expr(e)));
            }
        }
    }

    /// Visits the subqueries of the expression, at any depth of expression, not those within subqueries.
    pub(super) fn visit_queries<'a>(&'a self, visit: &mut dyn FnMut(&'a Query)) {
        self.visit_children(&mut |child| match child {
            Child::Expr(expr) => expr.visit_queries(visit),
            Child::Query(query) => visit(query),
        });
    }

    /// Visits the direct parts, in the order of writing, to change them.
    pub fn visit_children_mut(&mut self, visit: &mut dyn FnMut(ChildMut<'_>)) {
        match self {
            Expr::Column(_) | Expr::Literal(_) | Expr::Param(_) => {}
            Expr::And(exprs) | Expr::Or(exprs) => exprs.iter_mut().for_each(|e| visit(ChildMut::Expr(e))),
            Expr::Not(expr) | Expr::Negate(expr) => visit(ChildMut::Expr(expr)),
            Expr::Binary { op: _, left, right }
            | Expr::IsDistinct {
                left,
                right,
                negated: _,
            } => {
                visit(ChildMut::Expr(left));
                visit(ChildMut::Expr(right));
            }
            Expr::Is {
                expr,
                what: _,
                negated: _,
            }
            | Expr::Cast { expr, to: _ }
            | Expr::Extract { field: _, expr }
            | Expr::DateTrunc { field: _, expr }
            | Expr::AtTimeZone { expr, zone: _ } => visit(ChildMut::Expr(expr)),
            Expr::Like {
                expr,
                pattern,
                escape: _,
                case_insensitive: _,
                negated: _,
            } => {
                visit(ChildMut::Expr(expr));
                visit(ChildMut::Expr(pattern));
            }
            Expr::Between {
                expr,
                low,
                high,
                negated: _,
            } => {
                [expr, low, high]
                    .into_iter()
                    .for_each(|e| visit(ChildMut::Expr(e)));
            }
            Expr::InList {
                expr,
                items,
                negated: _,
            } => {
                visit(ChildMut::Expr(expr));
                items.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
            }
            Expr::InQuery {
                expr,
                query,
                negated: _,
            }
            | Expr::Quantified {
                expr,
                op: _,
                all: _,
                query,
            } => {
                visit(ChildMut::Expr(expr));
                visit(ChildMut::Query(query));
            }
            Expr::Exists { query, negated: _ } | Expr::Scalar(query) => visit(ChildMut::Query(query)),
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                operand.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
                for (when, then) in branches {
                    visit(ChildMut::Expr(when));
                    visit(ChildMut::Expr(then));
                }
                otherwise.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
            }
            Expr::Call { function: _, args } => args.iter_mut().for_each(|e| visit(ChildMut::Expr(e))),
            Expr::Aggregate(call) => {
                let AggregateCall {
                    function: _,
                    args,
                    distinct: _,
                    order_by,
                    filter,
                } = &mut **call;
                args.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
                sort_exprs_mut(order_by).for_each(|e| visit(ChildMut::Expr(e)));
                filter.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
            }
            Expr::OrderedSet {
                function: _,
                args,
                within,
                filter,
            } => {
                args.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
                sort_exprs_mut(std::slice::from_mut(&mut **within)).for_each(|e| visit(ChildMut::Expr(e)));
                filter.iter_mut().for_each(|e| visit(ChildMut::Expr(e)));
            }
            Expr::Window(call) => {
                let WindowCall {
                    function: _,
                    args,
                    filter,
                    partition_by,
                    order_by,
                    frame: _,
                } = &mut **call;
                args.iter_mut()
                    .chain(filter)
                    .chain(partition_by)
                    .for_each(|e| visit(ChildMut::Expr(e)));
                sort_exprs_mut(order_by).for_each(|e| visit(ChildMut::Expr(e)));
            }
        }
    }

    /// Visits every column reference outside subqueries. The one caller, narrowing, has made sure that there are none.
    pub(super) fn for_each_column_mut(&mut self, visit: &mut dyn FnMut(&mut ColumnRef)) {
        if let Expr::Column(column) = self {
            visit(column);
        }
        self.visit_children_mut(&mut |child| match child {
            ChildMut::Expr(expr) => expr.for_each_column_mut(visit),
            ChildMut::Query(_) => {}
        });
    }
}

impl Query {
    /// Puts another relation in the place of every scan for which `replace` makes one, those of CTEs and subqueries
    /// included. What it makes is not looked at again.
    pub fn replace_scans(&mut self, replace: &mut dyn FnMut(&Scan) -> Option<From>) {
        let Query {
            ctes,
            body,
            order_by,
            limit: _,
            offset: _,
        } = self;
        for Cte {
            id: _,
            query,
            materialized: _,
        } in ctes
        {
            query.replace_scans(replace);
        }
        match body {
            Body::Select(select) => {
                let Select {
                    distinct,
                    items,
                    from,
                    filter,
                    group_by,
                    having,
                } = &mut **select;
                if let Distinct::On(exprs) = distinct {
                    exprs.iter_mut().for_each(|expr| expr.replace_scans(replace));
                }
                let items = items.iter_mut().map(|Item { expr, name: _ }| expr);
                for expr in items.chain(filter).chain(group_by).chain(having) {
                    expr.replace_scans(replace);
                }
                if let Some(from) = from {
                    from.replace_scans(replace);
                }
            }
            Body::Set {
                op: _,
                all: _,
                left,
                right,
            } => {
                left.replace_scans(replace);
                right.replace_scans(replace);
            }
        }
        sort_exprs_mut(order_by).for_each(|expr| expr.replace_scans(replace));
    }
}

impl Expr {
    fn replace_scans(&mut self, replace: &mut dyn FnMut(&Scan) -> Option<From>) {
        self.visit_children_mut(&mut |child| match child {
            ChildMut::Expr(expr) => expr.replace_scans(replace),
            ChildMut::Query(query) => query.replace_scans(replace),
        });
    }
}

impl From {
    fn replace_scans(&mut self, replace: &mut dyn FnMut(&Scan) -> Option<From>) {
        match self {
            From::Scan(scan) => {
                if let Some(other) = replace(scan) {
                    *self = other;
                }
            }
            From::Derived { id: _, query } => query.replace_scans(replace),
            From::Cte { id: _, cte: _ } => {}
            From::Join {
                kind: _,
                left,
                right,
                on,
            } => {
                left.replace_scans(replace);
                right.replace_scans(replace);
                if let Some(on) = on {
                    on.replace_scans(replace);
                }
            }
        }
    }
}

/// The expressions of sort keys.
pub fn sort_exprs(keys: &[SortKey]) -> impl Iterator<Item = &Expr> {
    keys.iter().filter_map(|key| match &key.by {
        SortBy::Expr(expr) => Some(expr),
        SortBy::Output(_) => None,
    })
}

fn sort_exprs_mut(keys: &mut [SortKey]) -> impl Iterator<Item = &mut Expr> {
    keys.iter_mut().filter_map(|key| match &mut key.by {
        SortBy::Expr(expr) => Some(expr),
        SortBy::Output(_) => None,
    })
}
