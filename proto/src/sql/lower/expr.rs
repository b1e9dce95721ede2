//! Expressions.
//!
//! Where the parser and PostgreSQL disagree on what binds to what, brackets are asked for: a comparison of a comparison,
//! LIKE of a LIKE, a sign before AT TIME ZONE.

use sqlparser::ast;

use super::{Lowerer, literal, place, refuse};
use crate::{
    limits::MAX_IN_ITEMS,
    query::{
        expr::{BinaryOp, Expr, Truth},
        functions::Scalar,
        types::SqlType,
    },
    sql::SqlError,
};

impl<'a> Lowerer<'a> {
    /// One expression, one level deeper.
    pub(super) fn expr(&mut self, expr: &'a ast::Expr) -> Result<Expr, SqlError> {
        self.deepen(|| place(expr))?;
        let lowered = self.form(expr)?;
        self.depth -= 1;
        Ok(lowered)
    }

    pub(super) fn boxed(&mut self, expr: &'a ast::Expr) -> Result<Box<Expr>, SqlError> {
        self.expr(expr).map(Box::new)
    }

    fn form(&mut self, expr: &'a ast::Expr) -> Result<Expr, SqlError> {
        self.ranked(expr)?;
        use ast::Expr as Theirs;
        let is = |what, negated| move |expr| Expr::Is { expr, what, negated };
        Ok(match expr {
            Theirs::Identifier(ident) => self.column(&[ident], expr)?,
            Theirs::CompoundIdentifier(idents) => self.column(&idents.iter().collect::<Vec<_>>(), expr)?,
            Theirs::Nested(inner) => self.expr(inner)?,
            Theirs::Value(value) => match &value.value {
                ast::Value::Placeholder(name) => self.parameter(name, expr)?,
                _ => literal::expr(literal::literal(value)?),
            },
            Theirs::TypedString(typed) => literal::expr(literal::typed(typed, self.syntax)?),
            Theirs::Interval(interval) => {
                literal::expr(literal::interval(interval, self.bare_interval_numbers())?)
            }
            Theirs::BinaryOp { left, op, right } => self.binary(expr, left, op, right)?,
            Theirs::UnaryOp {
                op: ast::UnaryOperator::Not,
                expr,
            } => Expr::Not(self.boxed(expr)?),
            Theirs::UnaryOp {
                op: ast::UnaryOperator::Minus,
                expr,
            } => {
                if matches!(**expr, Theirs::AtTimeZone { .. }) {
                    return refuse(place(&**expr), "put brackets between a sign and AT TIME ZONE");
                }
                Expr::Negate(self.boxed(expr)?)
            }
            Theirs::UnaryOp {
                op: ast::UnaryOperator::Plus,
                expr,
            } => match &**expr {
                Theirs::Value(value) if matches!(value.value, ast::Value::Number(_, false)) => {
                    self.expr(expr)?
                }
                _ => return refuse(place(&**expr), "a sign + is accepted before a number only"),
            },
            Theirs::IsNull(expr) => is(Truth::Null, false)(self.boxed(expr)?),
            Theirs::IsNotNull(expr) => is(Truth::Null, true)(self.boxed(expr)?),
            Theirs::IsTrue(expr) => is(Truth::True, false)(self.boxed(expr)?),
            Theirs::IsNotTrue(expr) => is(Truth::True, true)(self.boxed(expr)?),
            Theirs::IsFalse(expr) => is(Truth::False, false)(self.boxed(expr)?),
            Theirs::IsNotFalse(expr) => is(Truth::False, true)(self.boxed(expr)?),
            Theirs::IsDistinctFrom(left, right) => self.distinct(left, right, false)?,
            Theirs::IsNotDistinctFrom(left, right) => self.distinct(left, right, true)?,
            Theirs::Like {
                negated,
                any,
                expr,
                pattern,
                escape_char,
            } => self.like(expr, pattern, escape_char.as_deref(), (*negated, *any, false))?,
            Theirs::ILike {
                negated,
                any,
                expr,
                pattern,
                escape_char,
            } => self.like(expr, pattern, escape_char.as_deref(), (*negated, *any, true))?,
            Theirs::Between {
                expr,
                negated,
                low,
                high,
            } => {
                not_matching(&[expr, low, high])?;
                let (expr, low, high) = (self.boxed(expr)?, self.boxed(low)?, self.boxed(high)?);
                Expr::Between {
                    expr,
                    low,
                    high,
                    negated: *negated,
                }
            }
            Theirs::In {
                expr,
                target,
                negated,
                global,
            } => {
                if *global {
                    return refuse(place(&**expr), "GLOBAL IN is not accepted");
                }
                not_matching(&[expr])?;
                self.within(expr, target, *negated)?
            }
            Theirs::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            } => self.quantified(left, compare_op, right, false)?,
            Theirs::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(left, compare_op, right, true)?,
            Theirs::Exists { subquery, negated } => Expr::Exists {
                query: Box::new(self.query(subquery)?),
                negated: *negated,
            },
            Theirs::Subquery(query) => Expr::Scalar(Box::new(self.single(query, expr)?)),
            Theirs::Case {
                case_token: _,
                end_token: _,
                operand,
                conditions,
                else_result,
            } => {
                let operand = operand.as_ref().map(|expr| self.boxed(expr)).transpose()?;
                let mut branches = Vec::with_capacity(conditions.len());
                for ast::CaseWhen { condition, result } in conditions {
                    branches.push((self.expr(condition)?, self.expr(result)?));
                }
                let otherwise = else_result.as_ref().map(|expr| self.boxed(expr)).transpose()?;
                Expr::Case {
                    operand,
                    branches,
                    otherwise,
                }
            }
            Theirs::Cast {
                kind,
                expr,
                data_type,
                format,
            } => {
                let known =
                    matches!(kind, ast::CastKind::Cast | ast::CastKind::DoubleColon) && format.is_none();
                if !known {
                    return refuse(
                        place(&**expr),
                        "TRY_CAST, SAFE_CAST and CAST with a format are not accepted",
                    );
                }
                let to = literal::sql_type(data_type, self.syntax, self.rendered, || place(&**expr))?;
                let operand = self.expr(expr)?;
                self.cast(operand, to)
            }
            Theirs::AtTimeZone { timestamp, time_zone } => {
                let Some(zone) = literal::text(time_zone) else {
                    return refuse(place(&**time_zone), "AT TIME ZONE takes a plain string");
                };
                Expr::AtTimeZone {
                    expr: self.boxed(timestamp)?,
                    zone: zone.into(),
                }
            }
            Theirs::Extract {
                field,
                syntax: ast::ExtractSyntax::From,
                expr,
            } => {
                let Some(field) = literal::field(field) else {
                    return refuse(place(&**expr), "this field of EXTRACT is not accepted");
                };
                let time = self.boxed(expr)?;
                self.extract(field, time)
            }
            Theirs::Ceil {
                expr,
                field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime),
            } => self.call_of(Scalar::Ceil, &[expr])?,
            Theirs::Floor {
                expr,
                field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime),
            } => self.call_of(Scalar::Floor, &[expr])?,
            Theirs::Position { expr, r#in } => self.call_of(Scalar::Strpos, &[r#in, expr])?,
            Theirs::Substring {
                expr,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                let Some(from) = substring_from else {
                    return refuse(place(&**expr), "SUBSTRING needs a position to start from");
                };
                // A pattern in this place would be a regular expression.
                for number in [Some(from), substring_for.as_ref()].into_iter().flatten() {
                    if literal::text(number).is_some() {
                        return refuse(place(&**number), "SUBSTRING takes numbers, not patterns");
                    }
                }
                let from = self.integer(from)?;
                let mut args = vec![self.expr(expr)?, from];
                if let Some(length) = substring_for {
                    args.push(self.integer(length)?);
                }
                Expr::Call {
                    function: Scalar::Substr,
                    args,
                }
            }
            Theirs::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let function = match trim_where {
                    None | Some(ast::TrimWhereField::Both) => Scalar::Btrim,
                    Some(ast::TrimWhereField::Leading) => Scalar::Ltrim,
                    Some(ast::TrimWhereField::Trailing) => Scalar::Rtrim,
                };
                match (trim_what, trim_characters.as_deref()) {
                    (None, None) => self.call_of(function, &[expr])?,
                    (Some(what), None) => self.call_of(function, &[expr, what])?,
                    (None, Some([what])) => self.call_of(function, &[expr, what])?,
                    _ => return refuse(place(&**expr), "TRIM takes a text and characters"),
                }
            }
            Theirs::Function(function) => self.function(function)?,
            other => return refuse(place(other), refused_form(other)),
        })
    }

    pub(super) fn call_of(&mut self, function: Scalar, args: &[&'a ast::Expr]) -> Result<Expr, SqlError> {
        let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<_, _>>()?;
        Ok(Expr::Call { function, args })
    }

    /// A number of characters. The cast makes sure that a text never means a pattern.
    fn integer(&mut self, expr: &'a ast::Expr) -> Result<Expr, SqlError> {
        let expr = self.expr(expr)?;
        let literal = matches!(expr, Expr::Literal(crate::query::types::Literal::Integer(_)));
        Ok(if literal {
            expr
        } else {
            Expr::Cast {
                expr: Box::new(expr),
                to: SqlType::Integer,
            }
        })
    }

    fn column(&mut self, idents: &[&ast::Ident], node: &ast::Expr) -> Result<Expr, SqlError> {
        let parts: Vec<String> = idents.iter().map(|ident| self.written(ident)).collect();
        if let [name] = parts.as_slice() {
            if self.unsure.iter().any(|unsure| self.syntax.same(unsure, name)) {
                return refuse(
                    place(node),
                    "a column and an output have this name: put the table's alias before it, or rename the output",
                );
            }
            let mut outputs = self
                .outputs
                .iter()
                .filter(|item| self.syntax.same(item.name.as_str(), name));
            if let (Some(output), None, false) = (outputs.next(), outputs.next(), self.scope.is_local(name)) {
                return Ok(output.expr.clone());
            }
        }
        self.scope
            .column(&parts)
            .or_else(|message| refuse(place(node), message))
    }

    fn binary(
        &mut self,
        node: &'a ast::Expr,
        left: &'a ast::Expr,
        op: &'a ast::BinaryOperator,
        right: &'a ast::Expr,
    ) -> Result<Expr, SqlError> {
        use ast::BinaryOperator as Theirs;
        let op = match op {
            Theirs::And => return Ok(Expr::And(self.chain(node, &Theirs::And)?)),
            Theirs::Or => return Ok(Expr::Or(self.chain(node, &Theirs::Or)?)),
            Theirs::Plus => BinaryOp::Add,
            Theirs::Minus => BinaryOp::Subtract,
            Theirs::Multiply => BinaryOp::Multiply,
            Theirs::Divide => BinaryOp::Divide,
            Theirs::Modulo => BinaryOp::Modulo,
            Theirs::StringConcat => BinaryOp::Concat,
            Theirs::Arrow => BinaryOp::JsonGet,
            Theirs::LongArrow => BinaryOp::JsonGetText,
            _ => match comparison(op) {
                Some(op) => {
                    not_comparison(&[left, right])?;
                    op
                }
                None => return refuse(place(left), "the operator after this is not accepted"),
            },
        };
        Ok(Expr::Binary {
            op,
            left: self.boxed(left)?,
            right: self.boxed(right)?,
        })
    }

    /// The operands of `a AND b AND c`, without recursion: such chains grow to thousands.
    fn chain(&mut self, node: &'a ast::Expr, wanted: &ast::BinaryOperator) -> Result<Vec<Expr>, SqlError> {
        let mut operands = Vec::new();
        let mut rest = node;
        while let ast::Expr::BinaryOp { left, op, right } = rest
            && op == wanted
        {
            operands.push(&**right);
            rest = left;
        }
        operands.push(rest);
        operands.reverse();
        operands.into_iter().map(|operand| self.expr(operand)).collect()
    }

    fn distinct(
        &mut self,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        negated: bool,
    ) -> Result<Expr, SqlError> {
        Ok(Expr::IsDistinct {
            left: self.boxed(left)?,
            right: self.boxed(right)?,
            negated,
        })
    }

    fn like(
        &mut self,
        expr: &'a ast::Expr,
        pattern: &'a ast::Expr,
        escape: Option<&'a ast::Expr>,
        (negated, any, case_insensitive): (bool, bool, bool),
    ) -> Result<Expr, SqlError> {
        if any {
            return refuse(place(expr), "LIKE ANY is not accepted");
        }
        not_matching(&[expr, pattern])?;
        let escape = match escape {
            None => None,
            Some(escape) => {
                let mut chars = literal::text(escape).unwrap_or_default().chars();
                match (chars.next(), chars.next()) {
                    (Some(only), None) => Some(only),
                    _ => return refuse(place(escape), "ESCAPE takes a string of one character"),
                }
            }
        };
        let (expr, pattern) = (self.boxed(expr)?, self.boxed(pattern)?);
        Ok(Expr::Like {
            expr,
            pattern,
            escape,
            case_insensitive,
            negated,
        })
    }

    fn within(
        &mut self,
        expr: &'a ast::Expr,
        target: &'a ast::InTarget,
        negated: bool,
    ) -> Result<Expr, SqlError> {
        let value = self.boxed(expr)?;
        match target {
            ast::InTarget::List(items) if items.len() > MAX_IN_ITEMS => {
                super::beyond(place(expr), MAX_IN_ITEMS, "values in an IN list")
            }
            ast::InTarget::List(items) => {
                let items = items
                    .iter()
                    .map(|item| self.expr(item))
                    .collect::<Result<_, _>>()?;
                Ok(Expr::InList {
                    expr: value,
                    items,
                    negated,
                })
            }
            ast::InTarget::Subquery(query) => Ok(Expr::InQuery {
                expr: value,
                query: Box::new(self.single(query, expr)?),
                negated,
            }),
            _ => refuse(place(expr), "IN takes a list or a subquery"),
        }
    }

    fn quantified(
        &mut self,
        left: &'a ast::Expr,
        op: &ast::BinaryOperator,
        right: &'a ast::Expr,
        all: bool,
    ) -> Result<Expr, SqlError> {
        not_comparison(&[left])?;
        let Some(op) = comparison(op) else {
            return refuse(place(left), "ANY and ALL follow a comparison");
        };
        let ast::Expr::Subquery(query) = without_one_bracket(right) else {
            return refuse(place(left), "ANY and ALL take a subquery");
        };
        let expr = self.boxed(left)?;
        Ok(Expr::Quantified {
            expr,
            op,
            all,
            query: Box::new(self.single(query, right)?),
        })
    }

    /// A subquery of one column.
    fn single(
        &mut self,
        query: &'a ast::Query,
        node: &ast::Expr,
    ) -> Result<crate::query::plan::Query, SqlError> {
        let lowered = self.query(query)?;
        match lowered.width() {
            1 => Ok(lowered),
            _ => refuse(place(node), "a subquery that is a value returns one column"),
        }
    }
}

fn without_one_bracket(expr: &ast::Expr) -> &ast::Expr {
    match expr {
        ast::Expr::Nested(inner) => inner,
        other => other,
    }
}

fn comparison(op: &ast::BinaryOperator) -> Option<BinaryOp> {
    use ast::BinaryOperator as Theirs;
    Some(match op {
        Theirs::Eq => BinaryOp::Eq,
        Theirs::NotEq => BinaryOp::NotEq,
        Theirs::Lt => BinaryOp::Lt,
        Theirs::LtEq => BinaryOp::LtEq,
        Theirs::Gt => BinaryOp::Gt,
        Theirs::GtEq => BinaryOp::GtEq,
        _ => return None,
    })
}

/// `a = b = c` is an error for PostgreSQL and means something to the parser.
fn not_comparison(operands: &[&ast::Expr]) -> Result<(), SqlError> {
    for operand in operands {
        let compares = match operand {
            ast::Expr::BinaryOp {
                left: _,
                op,
                right: _,
            } => comparison(op).is_some(),
            ast::Expr::AnyOp { .. } | ast::Expr::AllOp { .. } => true,
            _ => false,
        };
        if compares {
            return refuse(
                place(*operand),
                "put brackets around a comparison that is compared",
            );
        }
    }
    Ok(())
}

/// The same for LIKE, BETWEEN and IN.
fn not_matching(operands: &[&ast::Expr]) -> Result<(), SqlError> {
    for operand in operands {
        let matches = matches!(
            operand,
            ast::Expr::Like { .. }
                | ast::Expr::ILike { .. }
                | ast::Expr::Between { .. }
                | ast::Expr::In { .. }
        );
        if matches {
            return refuse(
                place(*operand),
                "put brackets around LIKE, BETWEEN or IN that is itself an operand",
            );
        }
    }
    Ok(())
}

/// Why a form is refused, for those that callers are likely to write.
fn refused_form(expr: &ast::Expr) -> &'static str {
    match expr {
        ast::Expr::Collate { .. } => "COLLATE is not accepted",
        ast::Expr::Array(_) => "arrays are not accepted",
        ast::Expr::Tuple(_) => "rows of values are not accepted",
        ast::Expr::SimilarTo { .. } | ast::Expr::RLike { .. } => "regular expressions are not accepted",
        ast::Expr::CompoundFieldAccess { .. } | ast::Expr::JsonAccess { .. } => {
            "subscripts and fields of values are not accepted; use -> and ->>"
        }
        ast::Expr::IsUnknown(_) | ast::Expr::IsNotUnknown(_) => "IS UNKNOWN is not accepted; write IS NULL",
        ast::Expr::UnaryOp { .. } => "this sign is not accepted",
        ast::Expr::GroupingSets(_) | ast::Expr::Cube(_) | ast::Expr::Rollup(_) => {
            "grouping sets are not accepted"
        }
        ast::Expr::Overlay { .. } => "OVERLAY is not accepted",
        ast::Expr::Convert { .. } => "CONVERT is not accepted; write CAST",
        _ => "this form of expression is not accepted",
    }
}
