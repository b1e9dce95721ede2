//! Plans that no text was lowered to: a lowered one with parts of it changed.

use proto::query::expr::{BinaryOp, Expr};
use proto::query::plan::{Body, Count, Distinct, From, JoinKind, Plan, Query, Select, SetOp};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;

use super::Generator;

const COMPARISONS: [BinaryOp; 6] = [
    BinaryOp::Eq,
    BinaryOp::NotEq,
    BinaryOp::Lt,
    BinaryOp::LtEq,
    BinaryOp::Gt,
    BinaryOp::GtEq,
];

impl Generator<'_> {
    /// Another plan than this: joins of another kind, conditions turned round, other comparisons and limits. None
    /// where what came out is no plan.
    pub fn another(&mut self, plan: &Plan) -> Option<Plan> {
        let mut query = plan.query().clone();
        self.query(&mut query);
        Plan::new(query, plan.parameters().to_vec()).ok()
    }

    fn any<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.choose(&mut self.rng).copied()
    }

    fn query(&mut self, query: &mut Query) {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        for cte in ctes {
            self.query(&mut cte.query);
            if self.one_in(3) {
                cte.materialized = self.any(&[None, Some(true), Some(false)]).flatten();
            }
        }
        match body {
            Body::Select(select) => self.select(select),
            Body::Set { op, all, left, right } => {
                self.query(left);
                self.query(right);
                *op = self
                    .any(&[SetOp::Union, SetOp::Intersect, SetOp::Except])
                    .unwrap_or(*op);
                *all = self.one_in(2);
            }
        }
        for key in order_by {
            key.descending ^= self.one_in(3);
        }
        if limit.is_some() {
            *limit = Some(Count::Rows(self.rng.random_range(0..50)));
        }
        if self.one_in(4) {
            *offset = Some(Count::Rows(self.rng.random_range(0..4)));
        }
    }

    fn select(&mut self, select: &mut Select) {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        if group_by.is_empty() && *distinct == Distinct::No && self.one_in(4) {
            *distinct = Distinct::All;
        }
        for item in items {
            self.change(&mut item.expr);
        }
        if let Some(from) = from {
            self.relation(from);
        }
        // Nothing is left out that names a column: a scan lists those that are read, and no others.
        if let Some(condition) = filter.take() {
            let mut condition = condition;
            self.change(&mut condition);
            *filter = Some(if self.one_in(5) {
                Expr::Not(Box::new(condition))
            } else {
                condition
            });
        }
        if self.one_in(2) {
            *having = None;
        }
    }

    fn relation(&mut self, from: &mut From) {
        match from {
            From::Scan(_) | From::Cte { .. } => {}
            From::Derived { query, .. } => self.query(query),
            From::Join {
                kind,
                left,
                right,
                on,
            } => {
                self.relation(left);
                self.relation(right);
                if on.is_some() {
                    *kind = self
                        .any(&[JoinKind::Inner, JoinKind::Left, JoinKind::Right])
                        .unwrap_or(*kind);
                }
            }
        }
    }

    /// What has a type keeps it. A grouped expression has to stay as it is in the group, and is no form that is met here.
    fn change(&mut self, expr: &mut Expr) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => {
                for part in parts.iter_mut() {
                    self.change(part);
                }
                let parts = std::mem::take(parts);
                *expr = if self.one_in(2) {
                    Expr::And(parts)
                } else {
                    Expr::Or(parts)
                };
            }
            Expr::Not(inner) => self.change(inner),
            Expr::Binary { op, left, right } => {
                self.change(left);
                self.change(right);
                if COMPARISONS.contains(op) {
                    *op = self.any(&COMPARISONS).unwrap_or(*op);
                }
            }
            Expr::Is { negated, .. }
            | Expr::IsDistinct { negated, .. }
            | Expr::Between { negated, .. }
            | Expr::InList { negated, .. }
            | Expr::Exists { negated, .. } => *negated ^= self.one_in(2),
            Expr::Like {
                case_insensitive,
                negated,
                ..
            } => {
                *case_insensitive ^= self.one_in(2);
                *negated ^= self.one_in(2);
            }
            Expr::Case { branches, .. } => {
                for (when, then) in branches {
                    self.change(when);
                    self.change(then);
                }
            }
            Expr::Cast { expr, .. } => self.change(expr),
            Expr::Call { args, .. } => args.iter_mut().for_each(|arg| self.change(arg)),
            _ => {}
        }
    }
}
