//! Spellings of other engines than PostgreSQL, where they mean a form of the algebra exactly.

use sqlparser::ast;

use super::{Lowerer, literal, place, refuse};
use crate::{
    query::{
        expr::{AggregateCall, BinaryOp, DateField, Expr},
        functions::{Aggregate, OrderedSet, Scalar},
        plan::{SortBy, SortKey},
        types::{Decimal, Literal, SqlType},
    },
    sql::{SqlError, Syntax},
};

impl<'a> Lowerer<'a> {
    /// A call that only this engine knows under this name.
    pub(super) fn of_engine(&mut self, name: &str, args: &[&'a ast::Expr]) -> Result<Option<Expr>, SqlError> {
        use Syntax::{BigQuery, ClickHouse, Databricks, DuckDb, Redshift, Snowflake, Trino};
        Ok(Some(match (self.syntax, name, args) {
            (DuckDb | Redshift | Snowflake | Databricks, "len", [text]) => {
                self.call_of(Scalar::Length, &[text])?
            }
            (DuckDb | BigQuery | Snowflake | Databricks | ClickHouse, "ifnull", [value, other])
            | (Redshift | Snowflake | Databricks, "nvl", [value, other]) => {
                self.call_of(Scalar::Coalesce, &[value, other])?
            }
            (Snowflake, "iff", [when, then, otherwise])
            | (BigQuery | Databricks | ClickHouse | Trino | DuckDb, "if", [when, then, otherwise]) => {
                Expr::Case {
                    operand: None,
                    branches: vec![(self.expr(when)?, self.expr(then)?)],
                    otherwise: Some(self.boxed(otherwise)?),
                }
            }
            (DuckDb | Snowflake | Databricks | Trino, "year" | "quarter" | "month" | "day", [time])
            | (DuckDb, "hour" | "minute" | "second" | "epoch", [time]) => {
                let Some(field) = DateField::from_name(name) else {
                    return Ok(None);
                };
                let time = self.boxed(time)?;
                self.extract(field, time)
            }
            (DuckDb, "contains", [text, part]) => Expr::Binary {
                op: BinaryOp::Gt,
                left: Box::new(self.call_of(Scalar::Strpos, &[text, part])?),
                right: Box::new(Expr::Literal(Literal::Integer(0))),
            },
            (DuckDb, "json_extract_string", [document, path]) => Expr::Binary {
                op: BinaryOp::JsonGetText,
                left: self.boxed(document)?,
                right: self.boxed(path)?,
            },
            (DuckDb, "median", [value]) => {
                let Some(half) = Decimal::parse("0.5") else {
                    return Ok(None);
                };
                let half = Expr::Literal(Literal::Decimal(half));
                self.quantile(half, value)?
            }
            (DuckDb, "quantile_cont", [value, fraction]) => {
                let fraction = self.expr(fraction)?;
                self.quantile(fraction, value)?
            }
            (DuckDb | Databricks | Snowflake | Trino, "count_if", [condition])
            | (BigQuery, "countif", [condition]) => Expr::Aggregate(Box::new(AggregateCall {
                function: Aggregate::Count,
                args: Vec::new(),
                distinct: false,
                order_by: Vec::new(),
                filter: Some(self.expr(condition)?),
            })),
            _ => return Ok(None),
        }))
    }

    fn quantile(&mut self, fraction: Expr, value: &'a ast::Expr) -> Result<Expr, SqlError> {
        Ok(Expr::OrderedSet {
            function: OrderedSet::PercentileCont,
            args: vec![fraction],
            within: Box::new(SortKey {
                by: SortBy::Expr(self.expr(value)?),
                descending: false,
                nulls_first: None,
            }),
            filter: None,
        })
    }

    /// A field of a time. The algebra's is a fraction on every engine; DuckDB's own are whole numbers, but for the epoch.
    pub(super) fn extract(&self, field: DateField, expr: Box<Expr>) -> Expr {
        let extracted = Expr::Extract { field, expr };
        match (self.syntax, field) {
            (Syntax::DuckDb, DateField::Epoch) => extracted,
            (Syntax::DuckDb, DateField::Second) => Expr::Cast {
                expr: Box::new(Expr::Call {
                    function: Scalar::Floor,
                    args: vec![extracted],
                }),
                to: SqlType::BigInt,
            },
            (Syntax::DuckDb, _) => Expr::Cast {
                expr: Box::new(extracted),
                to: SqlType::BigInt,
            },
            _ => extracted,
        }
    }

    /// Outside PostgreSQL, asks for brackets where engines rank operators differently: arrows, `||` beside arithmetic, and
    /// comparisons, LIKE, BETWEEN, IN and IS beside one another.
    pub(super) fn ranked(&self, node: &'a ast::Expr) -> Result<(), SqlError> {
        let allowed: &[Rank] = match rank(node) {
            _ if self.syntax.is_postgres() => return Ok(()),
            Rank::Single => return Ok(()),
            Rank::Truth => &[Rank::Single, Rank::Truth, Rank::Not, Rank::Compared, Rank::Sum],
            Rank::Not => &[Rank::Single, Rank::Not, Rank::Compared],
            Rank::Compared => &[Rank::Single, Rank::Sum, Rank::Concat, Rank::LongArrow, Rank::Zone],
            Rank::Is => &[Rank::Single, Rank::Sum, Rank::Zone],
            Rank::Concat => &[Rank::Single, Rank::Concat],
            Rank::Sum => &[Rank::Single, Rank::Sum],
            Rank::Arrow | Rank::LongArrow => &[Rank::Single],
            Rank::Zone => &[Rank::Single, Rank::Zone],
        };
        for operand in operands(node) {
            let rank = rank(operand);
            // IS stands as a condition, but not within another comparison.
            let condition = rank == Rank::Is && matches!(rank_of_parent(allowed), Rank::Truth | Rank::Not);
            if !allowed.contains(&rank) && !condition {
                return refuse(
                    place(operand),
                    "put brackets around this operand: engines differ in what binds more tightly",
                );
            }
        }
        Ok(())
    }

    /// The words of a number in an interval, which PostgreSQL wants in quotes.
    pub(super) fn bare_interval_numbers(&self) -> bool {
        !self.syntax.is_postgres()
    }

    /// A literal text that is cast to a date, time or interval is a literal of that type.
    pub(super) fn cast(&self, expr: Expr, to: SqlType) -> Expr {
        if let Expr::Literal(Literal::Text(text)) = &expr
            && let Some(literal) = literal::of_type(text, to)
        {
            return Expr::Literal(literal);
        }
        Expr::Cast {
            expr: Box::new(expr),
            to,
        }
    }
}

/// How tightly a form binds, where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    Single,
    /// DuckDB's lambda: it binds less than anything.
    Arrow,
    LongArrow,
    Zone,
    Sum,
    Concat,
    Compared,
    Is,
    Not,
    Truth,
}

/// AND, OR and NOT take any condition.
fn rank_of_parent(allowed: &[Rank]) -> Rank {
    match allowed.contains(&Rank::Compared) {
        true => Rank::Truth,
        false => Rank::Single,
    }
}

fn rank(expr: &ast::Expr) -> Rank {
    use ast::BinaryOperator as Op;
    match expr {
        ast::Expr::BinaryOp {
            left: _,
            op,
            right: _,
        } => match op {
            Op::And | Op::Or => Rank::Truth,
            Op::Arrow => Rank::Arrow,
            Op::LongArrow => Rank::LongArrow,
            Op::StringConcat => Rank::Concat,
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => Rank::Sum,
            _ => Rank::Compared,
        },
        ast::Expr::UnaryOp {
            op: ast::UnaryOperator::Not,
            expr: _,
        } => Rank::Not,
        ast::Expr::UnaryOp { op: _, expr: _ } => Rank::Sum,
        ast::Expr::AtTimeZone { .. } => Rank::Zone,
        ast::Expr::Like { .. }
        | ast::Expr::ILike { .. }
        | ast::Expr::Between { .. }
        | ast::Expr::In { .. }
        | ast::Expr::AnyOp { .. }
        | ast::Expr::AllOp { .. } => Rank::Compared,
        ast::Expr::IsNull(_)
        | ast::Expr::IsNotNull(_)
        | ast::Expr::IsTrue(_)
        | ast::Expr::IsNotTrue(_)
        | ast::Expr::IsFalse(_)
        | ast::Expr::IsNotFalse(_)
        | ast::Expr::IsDistinctFrom(_, _)
        | ast::Expr::IsNotDistinctFrom(_, _) => Rank::Is,
        _ => Rank::Single,
    }
}

/// The operands that no brackets set apart.
fn operands(expr: &ast::Expr) -> Vec<&ast::Expr> {
    match expr {
        ast::Expr::BinaryOp { left, op: _, right } => vec![left, right],
        ast::Expr::UnaryOp { op: _, expr } => vec![expr],
        ast::Expr::AtTimeZone {
            timestamp,
            time_zone: _,
        } => vec![timestamp],
        ast::Expr::Like { expr, pattern, .. } | ast::Expr::ILike { expr, pattern, .. } => vec![expr, pattern],
        ast::Expr::Between {
            expr,
            negated: _,
            low,
            high,
        } => vec![expr, low, high],
        ast::Expr::In { expr, .. } => vec![expr],
        ast::Expr::AnyOp { left, .. } | ast::Expr::AllOp { left, .. } => vec![left],
        ast::Expr::IsNull(expr)
        | ast::Expr::IsNotNull(expr)
        | ast::Expr::IsTrue(expr)
        | ast::Expr::IsNotTrue(expr)
        | ast::Expr::IsFalse(expr)
        | ast::Expr::IsNotFalse(expr) => vec![expr],
        ast::Expr::IsDistinctFrom(left, right) | ast::Expr::IsNotDistinctFrom(left, right) => {
            vec![left, right]
        }
        _ => Vec::new(),
    }
}
