//! Walking an expression: the one place that knows an expression's children.
//!
//! Every pattern lists its fields, so that a new field or form does not compile until it is thought of here.

use super::{
    expr::{AggregateCall, ColumnRef, Expr, WindowCall},
    plan::{Query, SortBy, SortKey},
};

/// A direct part of an expression.
pub(super) enum Child<'a> {
    /// A sub-expression.
    Expr(&'a Expr),
    /// A subquery.
    Query(&'a Query),
}

impl Expr {
    /// Visits the direct parts, in the order of writing.
    pub(super) fn visit_children<'a>(&'a self, visit: &mut dyn FnMut(Child<'a>)) {
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

    /// Visits every column reference outside subqueries. The one caller, narrowing, has made sure that there are none.
    pub(super) fn for_each_column_mut(&mut self, visit: &mut dyn FnMut(&mut ColumnRef)) {
        let mut each = |exprs: &mut [Expr]| exprs.iter_mut().for_each(|e| e.for_each_column_mut(visit));
        match self {
            Expr::Column(column) => visit(column),
            Expr::Literal(_) | Expr::Param(_) | Expr::Exists { .. } | Expr::Scalar(_) => {}
            Expr::And(exprs) | Expr::Or(exprs) => each(exprs),
            Expr::Not(expr) | Expr::Negate(expr) => each(std::slice::from_mut(expr)),
            Expr::Binary { op: _, left, right }
            | Expr::IsDistinct {
                left,
                right,
                negated: _,
            } => {
                each(std::slice::from_mut(left));
                each(std::slice::from_mut(right));
            }
            Expr::Is { expr, .. }
            | Expr::Cast { expr, .. }
            | Expr::Extract { expr, .. }
            | Expr::DateTrunc { expr, .. }
            | Expr::AtTimeZone { expr, .. }
            | Expr::InQuery { expr, .. }
            | Expr::Quantified { expr, .. } => each(std::slice::from_mut(expr)),
            Expr::Like { expr, pattern, .. } => {
                each(std::slice::from_mut(expr));
                each(std::slice::from_mut(pattern));
            }
            Expr::Between { expr, low, high, .. } => {
                [expr, low, high]
                    .into_iter()
                    .for_each(|e| each(std::slice::from_mut(e)));
            }
            Expr::InList { expr, items, .. } => {
                each(std::slice::from_mut(expr));
                each(items);
            }
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                operand.iter_mut().for_each(|e| each(std::slice::from_mut(e)));
                for (when, then) in branches {
                    each(std::slice::from_mut(when));
                    each(std::slice::from_mut(then));
                }
                otherwise.iter_mut().for_each(|e| each(std::slice::from_mut(e)));
            }
            Expr::Call { function: _, args } => each(args),
            Expr::Aggregate(call) => {
                each(&mut call.args);
                sort_exprs_mut(&mut call.order_by).for_each(|e| each(std::slice::from_mut(e)));
                call.filter.iter_mut().for_each(|e| each(std::slice::from_mut(e)));
            }
            Expr::OrderedSet {
                function: _,
                args,
                within,
                filter,
            } => {
                each(args);
                sort_exprs_mut(std::slice::from_mut(&mut **within))
                    .for_each(|e| each(std::slice::from_mut(e)));
                filter.iter_mut().for_each(|e| each(std::slice::from_mut(e)));
            }
            Expr::Window(call) => {
                each(&mut call.args);
                call.filter.iter_mut().for_each(|e| each(std::slice::from_mut(e)));
                each(&mut call.partition_by);
                sort_exprs_mut(&mut call.order_by).for_each(|e| each(std::slice::from_mut(e)));
            }
        }
    }
}

/// The expressions of sort keys.
pub(super) fn sort_exprs(keys: &[SortKey]) -> impl Iterator<Item = &Expr> {
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
