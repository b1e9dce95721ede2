//! The fingerprint of a plan: SHA-256 over a canonical encoding.
//!
//! The encoding is a pre-order walk: a tag byte for each form, big-endian numbers, length-prefixed text and lists. It is
//! injective (every list and text carries its length, every option a presence byte), so that two plans share a
//! fingerprint only if they are the same plan or SHA-256 is broken. It begins with a version, which changes whenever the
//! encoding does.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::{
    expr::{AggregateCall, ColumnRef, Expr, Frame, FrameBound, FrameUnit, Truth, WindowCall, WindowFunction},
    plan::{
        Body, Count, Cte, Distinct, From, Identifier, Item, Parameter, Plan, Query, Scan, Select, SortBy,
        SortKey,
    },
    types::{Interval, Literal, SqlType},
};

const VERSION: &[u8] = b"elementary-plan/1";

/// SHA-256 of a plan's canonical encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a plan.
    pub fn of(plan: &Plan) -> Self {
        Self(Sha256::digest(canonical(plan)).into())
    }

    /// A fingerprint that was received.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The bytes that the fingerprint covers.
pub fn canonical(plan: &Plan) -> Vec<u8> {
    let mut out = Encoder(VERSION.to_vec());
    out.list(plan.parameters(), |out, Parameter { name, param_type }| {
        out.name(name);
        out.text(param_type.name());
    });
    out.query(plan.query());
    out.0
}

struct Encoder(Vec<u8>);

impl Encoder {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn number(&mut self, number: impl Into<u64>) {
        self.0.extend_from_slice(&number.into().to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: &Identifier) {
        self.text(name.as_str());
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        items.iter().for_each(|item| each(self, item));
    }

    fn option<T>(&mut self, item: Option<T>, each: impl FnOnce(&mut Self, T)) {
        self.flag(item.is_some());
        if let Some(item) = item {
            each(self, item);
        }
    }

    fn query(&mut self, query: &Query) {
        let Query {
            ctes,
            body,
            order_by,
            limit,
            offset,
        } = query;
        self.list(
            ctes,
            |out,
             Cte {
                 id,
                 query,
                 materialized,
             }| {
                out.number(id.0);
                out.query(query);
                out.option(*materialized, Self::flag);
            },
        );
        match body {
            Body::Select(select) => {
                self.tag(1);
                self.select(select);
            }
            Body::Set { op, all, left, right } => {
                self.tag(2);
                self.tag(*op as u8);
                self.flag(*all);
                self.query(left);
                self.query(right);
            }
        }
        self.sort(order_by);
        self.option(*limit, Self::count);
        self.option(*offset, Self::count);
    }

    fn count(&mut self, count: Count) {
        match count {
            Count::Rows(rows) => {
                self.tag(1);
                self.number(rows);
            }
            Count::Param(position) => {
                self.tag(2);
                self.number(position);
            }
        }
    }

    fn select(&mut self, select: &Select) {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        match distinct {
            Distinct::No => self.tag(1),
            Distinct::All => self.tag(2),
            Distinct::On(exprs) => {
                self.tag(3);
                self.list(exprs, Self::expr);
            }
        }
        self.list(items, |out, Item { expr, name }| {
            out.expr(expr);
            out.name(name);
        });
        self.option(from.as_ref(), Self::from);
        self.option(filter.as_ref(), Self::expr);
        self.list(group_by, Self::expr);
        self.option(having.as_ref(), Self::expr);
    }

    fn from(&mut self, from: &From) {
        match from {
            From::Scan(Scan { id, table, columns }) => {
                self.tag(1);
                self.number(id.0);
                self.name(table);
                self.list(columns, Self::name);
            }
            From::Derived { id, query } => {
                self.tag(2);
                self.number(id.0);
                self.query(query);
            }
            From::Cte { id, cte } => {
                self.tag(3);
                self.number(id.0);
                self.number(cte.0);
            }
            From::Join {
                kind,
                left,
                right,
                on,
            } => {
                self.tag(4);
                self.tag(*kind as u8);
                self.from(left);
                self.from(right);
                self.option(on.as_ref(), Self::expr);
            }
        }
    }

    fn sort(&mut self, keys: &[SortKey]) {
        self.list(
            keys,
            |out,
             SortKey {
                 by,
                 descending,
                 nulls_first,
             }| {
                match by {
                    SortBy::Output(position) => {
                        out.tag(1);
                        out.number(*position);
                    }
                    SortBy::Expr(expr) => {
                        out.tag(2);
                        out.expr(expr);
                    }
                }
                out.flag(*descending);
                out.option(*nulls_first, Self::flag);
            },
        );
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column(ColumnRef { rel, column }) => {
                self.tag(1);
                self.number(rel.0);
                self.number(*column);
            }
            Expr::Literal(literal) => {
                self.tag(2);
                self.literal(literal);
            }
            Expr::Param(position) => {
                self.tag(3);
                self.number(*position);
            }
            Expr::And(exprs) => {
                self.tag(4);
                self.list(exprs, Self::expr);
            }
            Expr::Or(exprs) => {
                self.tag(5);
                self.list(exprs, Self::expr);
            }
            Expr::Not(expr) => {
                self.tag(6);
                self.expr(expr);
            }
            Expr::Negate(expr) => {
                self.tag(7);
                self.expr(expr);
            }
            Expr::Binary { op, left, right } => {
                self.tag(8);
                self.tag(*op as u8);
                self.expr(left);
                self.expr(right);
            }
            Expr::Is { expr, what, negated } => {
                self.tag(9);
                self.expr(expr);
                self.tag(match what {
                    Truth::Null => 1,
                    Truth::True => 2,
                    Truth::False => 3,
                });
                self.flag(*negated);
            }
            Expr::IsDistinct { left, right, negated } => {
                self.tag(10);
                self.expr(left);
                self.expr(right);
                self.flag(*negated);
            }
            Expr::Like {
                expr,
                pattern,
                escape,
                case_insensitive,
                negated,
            } => {
                self.tag(11);
                self.expr(expr);
                self.expr(pattern);
                self.option(*escape, |out, c| out.number(u32::from(c)));
                self.flag(*case_insensitive);
                self.flag(*negated);
            }
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => {
                self.tag(12);
                [expr, low, high].into_iter().for_each(|e| self.expr(e));
                self.flag(*negated);
            }
            Expr::InList { expr, items, negated } => {
                self.tag(13);
                self.expr(expr);
                self.list(items, Self::expr);
                self.flag(*negated);
            }
            Expr::InQuery { expr, query, negated } => {
                self.tag(14);
                self.expr(expr);
                self.query(query);
                self.flag(*negated);
            }
            Expr::Exists { query, negated } => {
                self.tag(15);
                self.query(query);
                self.flag(*negated);
            }
            Expr::Quantified { expr, op, all, query } => {
                self.tag(16);
                self.expr(expr);
                self.tag(*op as u8);
                self.flag(*all);
                self.query(query);
            }
            Expr::Scalar(query) => {
                self.tag(17);
                self.query(query);
            }
            Expr::Case {
                operand,
                branches,
                otherwise,
            } => {
                self.tag(18);
                self.option(operand.as_deref(), Self::expr);
                self.list(branches, |out, (when, then)| {
                    out.expr(when);
                    out.expr(then);
                });
                self.option(otherwise.as_deref(), Self::expr);
            }
            Expr::Cast { expr, to } => {
                self.tag(19);
                self.expr(expr);
                self.sql_type(*to);
            }
            Expr::Extract { field, expr } => {
                self.tag(20);
                self.text(field.name());
                self.expr(expr);
            }
            Expr::DateTrunc { field, expr } => {
                self.tag(21);
                self.text(field.name());
                self.expr(expr);
            }
            Expr::AtTimeZone { expr, zone } => {
                self.tag(22);
                self.expr(expr);
                self.text(zone);
            }
            Expr::Call { function, args } => {
                self.tag(23);
                self.text(function.name());
                self.list(args, Self::expr);
            }
            Expr::Aggregate(call) => {
                let AggregateCall {
                    function,
                    args,
                    distinct,
                    order_by,
                    filter,
                } = &**call;
                self.tag(24);
                self.text(function.name());
                self.list(args, Self::expr);
                self.flag(*distinct);
                self.sort(order_by);
                self.option(filter.as_ref(), Self::expr);
            }
            Expr::OrderedSet {
                function,
                args,
                within,
                filter,
            } => {
                self.tag(25);
                self.text(function.name());
                self.list(args, Self::expr);
                self.sort(std::slice::from_ref(within));
                self.option(filter.as_deref(), Self::expr);
            }
            Expr::Window(call) => self.window(call),
        }
    }

    fn window(&mut self, call: &WindowCall) {
        let WindowCall {
            function,
            args,
            filter,
            partition_by,
            order_by,
            frame,
        } = call;
        self.tag(26);
        match function {
            WindowFunction::Aggregate(function) => {
                self.tag(1);
                self.text(function.name());
            }
            WindowFunction::Only(function) => {
                self.tag(2);
                self.text(function.name());
            }
        }
        self.list(args, Self::expr);
        self.option(filter.as_ref(), Self::expr);
        self.list(partition_by, Self::expr);
        self.sort(order_by);
        self.option(*frame, |out, Frame { unit, start, end }| {
            out.tag(match unit {
                FrameUnit::Rows => 1,
                FrameUnit::Range => 2,
                FrameUnit::Groups => 3,
            });
            out.bound(start);
            out.bound(end);
        });
    }

    fn bound(&mut self, bound: FrameBound) {
        let (tag, offset) = match bound {
            FrameBound::UnboundedPreceding => (1, 0),
            FrameBound::Preceding(offset) => (2, offset),
            FrameBound::CurrentRow => (3, 0),
            FrameBound::Following(offset) => (4, offset),
            FrameBound::UnboundedFollowing => (5, 0),
        };
        self.tag(tag);
        self.number(offset);
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.tag(1),
            Literal::Boolean(value) => {
                self.tag(2);
                self.flag(*value);
            }
            Literal::Integer(value) => {
                self.tag(3);
                self.0.extend_from_slice(&value.to_be_bytes());
            }
            Literal::Decimal(value) => {
                self.tag(4);
                self.text(value.as_str());
            }
            Literal::Text(value) => {
                self.tag(5);
                self.text(value);
            }
            Literal::Typed(sql_type, value) => {
                self.tag(6);
                self.sql_type(*sql_type);
                self.text(value);
            }
            Literal::Interval(Interval { months, days, micros }) => {
                self.tag(7);
                self.0.extend_from_slice(&months.to_be_bytes());
                self.0.extend_from_slice(&days.to_be_bytes());
                self.0.extend_from_slice(&micros.to_be_bytes());
            }
        }
    }

    fn sql_type(&mut self, sql_type: SqlType) {
        let tag = match sql_type {
            SqlType::Boolean => 1,
            SqlType::SmallInt => 2,
            SqlType::Integer => 3,
            SqlType::BigInt => 4,
            SqlType::Numeric(_) => 5,
            SqlType::Real => 6,
            SqlType::Double => 7,
            SqlType::Text => 8,
            SqlType::Varchar(_) => 9,
            SqlType::Date => 10,
            SqlType::Time => 11,
            SqlType::Timestamp => 12,
            SqlType::TimestampTz => 13,
            SqlType::Interval => 14,
            SqlType::Json => 15,
            SqlType::Jsonb => 16,
            SqlType::Uuid => 17,
        };
        self.tag(tag);
        match sql_type {
            SqlType::Numeric(size) => self.option(size, |out, (precision, scale)| {
                out.tag(precision);
                out.tag(scale);
            }),
            SqlType::Varchar(length) => self.number(length),
            _ => {}
        }
    }
}
