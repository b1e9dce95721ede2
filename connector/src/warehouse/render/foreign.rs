//! Expressions for engines whose meaning is not PostgreSQL's: rewritten to forms that mean the same, or refused by name.
//!
//! [`Renderer::foreign`] answers none for a form that is written and means the same everywhere.

use proto::query::{
    expr::{BinaryOp, Expr, Truth},
    plan::Query,
    types::{Interval, Literal, SqlType},
};

use super::{
    RenderError, Renderer, Text,
    calls::fill,
    dialect::{Unit, Ways},
    expr::{not, operator},
    kind::Kind,
};

const MICROS_A_SECOND: u64 = 1_000_000;

impl<'a> Renderer<'a> {
    /// `condition`: whether it stands where NULL and FALSE come to the same.
    pub(super) fn foreign(
        &mut self,
        ways: &'static Ways,
        expr: &'a Expr,
        condition: bool,
    ) -> Result<Option<String>, RenderError> {
        Ok(Some(match expr {
            Expr::Binary { op, left, right } => self.binary(ways, *op, left, right)?,
            Expr::Is { expr, what, negated } => {
                let value = self.expr(expr)?;
                let negated = not(*negated);
                match what {
                    Truth::Null => format!("({value} IS {negated}NULL)"),
                    Truth::True if ways.is_true => format!("({value} IS {negated}TRUE)"),
                    Truth::False if ways.is_true => format!("({value} IS {negated}FALSE)"),
                    Truth::True => format!("({negated}COALESCE({value}, FALSE))"),
                    Truth::False if negated.is_empty() => format!("(NOT COALESCE({value}, TRUE))"),
                    Truth::False => format!("(COALESCE({value}, TRUE))"),
                }
            }
            Expr::IsDistinct { left, right, negated } => {
                let (one, other) = self.alike(left, right)?;
                if ways.is_distinct {
                    return Ok(Some(format!("({one} IS {}DISTINCT FROM {other})", not(*negated))));
                }
                let (same, different) = if *negated {
                    ("TRUE", "FALSE")
                } else {
                    ("FALSE", "TRUE")
                };
                format!(
                    "(CASE WHEN ({one} = {other}) THEN {same} WHEN (({one} IS NULL) AND ({other} IS NULL)) THEN {same} \
                     ELSE {different} END)"
                )
            }
            Expr::Like {
                expr,
                pattern,
                escape,
                case_insensitive,
                negated,
            } => self.like(ways, expr, (pattern, *escape), (*case_insensitive, *negated))?,
            Expr::Between {
                expr,
                low,
                high,
                negated,
            } => {
                let value = self.expr(expr)?;
                let kind = self.kind(expr);
                let (low, high) = (self.beside(low, kind)?, self.beside(high, kind)?);
                format!("({value} {}BETWEEN {low} AND {high})", not(*negated))
            }
            Expr::InList { expr, items, negated } => {
                self.in_list(ways, (expr, items), (*negated, condition))?
            }
            Expr::Quantified { expr, op, all, query } => {
                let which = if *all { "ALL" } else { "ANY" };
                match (op, all) {
                    (BinaryOp::Eq, false) => self.in_query(ways, (expr, query), (false, condition))?,
                    (BinaryOp::NotEq, true) => self.in_query(ways, (expr, query), (true, condition))?,
                    _ if !ways.quantified => {
                        return self.lacks("this comparison with ANY or ALL of a subquery");
                    }
                    _ => {
                        let value = self.expr(expr)?;
                        format!("({value} {} {which} ({}))", operator(*op), self.subquery(query)?)
                    }
                }
            }
            Expr::Case {
                operand: Some(operand),
                branches,
                otherwise,
            } => {
                let value = self.expr(operand)?;
                let kind = self.kind(operand);
                let mut sql = match ways.nulls_in_lists {
                    true => format!("(CASE {value}"),
                    false => "(CASE".to_owned(),
                };
                for (when, then) in branches {
                    let (when, then) = (self.beside(when, kind)?, self.expr(then)?);
                    sql += &match ways.nulls_in_lists {
                        true => format!(" WHEN {when} THEN {then}"),
                        false => format!(" WHEN ({value} = {when}) THEN {then}"),
                    };
                    self.bounded(&sql)?;
                }
                if let Some(otherwise) = otherwise {
                    sql += &format!(" ELSE {}", self.expr(otherwise)?);
                }
                sql + " END)"
            }
            Expr::Cast { expr, to } => self.cast(ways, expr, *to)?,
            Expr::Extract { field, expr } => {
                let time = self.time(expr)?;
                match (ways.extract)(*field, &time) {
                    Some(text) => format!("CAST({text} AS {})", self.type_name(SqlType::Double)?),
                    None => return self.lacks("this field of EXTRACT"),
                }
            }
            Expr::DateTrunc { field, expr } => {
                let time = self.time(expr)?;
                match (ways.trunc)(*field, &time) {
                    Some(text) if self.kind(expr).is_time() => text,
                    _ => return self.lacks("date_trunc of this field, or of a date; cast it to a timestamp"),
                }
            }
            Expr::AtTimeZone { expr: _, zone: _ } => return self.lacks("AT TIME ZONE"),
            Expr::Call { function, args } => self.scalar(ways, *function, args)?,
            Expr::Aggregate(call) => self.foreign_aggregate(ways, call)?,
            Expr::OrderedSet {
                function,
                args,
                within,
                filter,
            } => self.foreign_set(ways, (*function, args), within, filter.as_deref())?,
            Expr::Window(call) => self.foreign_window(ways, call)?,
            Expr::InQuery { expr, query, negated } => {
                self.in_query(ways, (expr, query), (*negated, condition))?
            }
            Expr::And(exprs) | Expr::Or(exprs) if condition => {
                let exprs = exprs.iter().map(|expr| self.condition(expr));
                let exprs = exprs.collect::<Result<Vec<_>, _>>()?;
                let joint = if matches!(expr, Expr::And(_)) {
                    " AND "
                } else {
                    " OR "
                };
                format!("({})", exprs.join(joint))
            }
            Expr::Column(_)
            | Expr::Literal(_)
            | Expr::Param(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Exists { .. }
            | Expr::Scalar(_)
            | Expr::Case { operand: None, .. } => return Ok(None),
        }))
    }

    /// Two operands that are compared: a text literal becomes what stands beside it.
    fn alike(&mut self, left: &'a Expr, right: &'a Expr) -> Result<(String, String), RenderError> {
        if is_text_literal(left) {
            let other = self.expr(right)?;
            Ok((self.beside(left, self.kind(right))?, other))
        } else {
            let one = self.expr(left)?;
            let other = self.beside(right, self.kind(left))?;
            Ok((self.as_time(left, one, self.kind(right))?, other))
        }
    }

    /// A condition, where NULL comes to the same as FALSE.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Text {
        self.conditional = true;
        self.expr(expr)
    }

    /// A query within an expression.
    pub(super) fn subquery(&mut self, query: &'a Query) -> Text {
        let outer = std::mem::replace(&mut self.first_own, self.relations.len());
        let text = self.query(query);
        self.first_own = outer;
        text
    }

    fn in_list(
        &mut self,
        ways: &'static Ways,
        (expr, items): (&'a Expr, &'a [Expr]),
        (negated, condition): (bool, bool),
    ) -> Text {
        let value = self.expr(expr)?;
        let kind = self.kind(expr);
        let texts = items.iter().map(|item| self.beside(item, kind));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let not = not(negated);
        let list = format!("({value} {not}IN ({}))", texts.join(", "));
        if ways.nulls_in_lists {
            return Ok(list);
        }
        let null_is_false = condition && !negated;
        let sound = |item: &Expr| match item {
            Expr::Literal(literal) => null_is_false || *literal != Literal::Null,
            Expr::Param(_) => null_is_false,
            _ => false,
        };
        if !items.iter().all(sound) {
            return self.lacks("IN of a list that has more than literals in it; write comparisons with OR");
        }
        if null_is_false {
            return Ok(list);
        }
        Ok(format!("(CASE WHEN ({value} IS NOT NULL) THEN {list} END)"))
    }

    fn in_query(
        &mut self,
        ways: &'static Ways,
        (expr, query): (&'a Expr, &'a Query),
        (negated, condition): (bool, bool),
    ) -> Text {
        if !ways.nulls_in_lists && !condition {
            return self
                .lacks("IN of a subquery elsewhere than as a condition, which is never NULL; write a join");
        }
        let value = self.expr(expr)?;
        if !ways.nulls_in_lists && negated {
            // True of no rows at all, or if nothing is NULL.
            self.renamed = Some(vec!["k0".to_owned()]);
            let query = self.subquery(query)?;
            return Ok(format!(
                "(({value} NOT IN ({query})) AND (((SELECT count(*) AS n FROM ({query}) AS s) = 0) OR (({value} IS NOT NULL) \
                 AND ((SELECT count(*) AS n FROM ({query}) AS s WHERE (s.k0 IS NULL)) = 0))))"
            ));
        }
        Ok(format!(
            "({value} {}IN ({}))",
            not(negated),
            self.subquery(query)?
        ))
    }

    pub(super) fn is_text(&self, expr: &Expr, form: &'static str) -> Result<(), RenderError> {
        match self.kind(expr) {
            Kind::Text | Kind::Open => Ok(()),
            _ => self.lacks(form),
        }
    }

    /// A date or time.
    fn time(&mut self, expr: &'a Expr) -> Text {
        let text = self.expr(expr)?;
        match self.kind(expr) {
            Kind::Date | Kind::Timestamp | Kind::TimestampTz => Ok(text),
            _ => self.lacks("a part of a value that is not a date or timestamp; cast it"),
        }
    }

    fn binary(&mut self, ways: &'static Ways, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Text {
        match (op, left, right) {
            (BinaryOp::Add, time, Expr::Literal(Literal::Interval(interval)))
            | (BinaryOp::Add, Expr::Literal(Literal::Interval(interval)), time) => {
                return self.shifted(ways, time, '+', *interval);
            }
            (BinaryOp::Subtract, time, Expr::Literal(Literal::Interval(interval))) => {
                return self.shifted(ways, time, '-', *interval);
            }
            _ => {}
        }
        let (one, other) = self.alike(left, right)?;
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        let numbers = (left_kind.is_number() || left_kind == Kind::Open)
            && (right_kind.is_number() || right_kind == Kind::Open);
        Ok(match op {
            BinaryOp::JsonGet | BinaryOp::JsonGetText => return self.lacks("-> and ->> of JSON"),
            BinaryOp::Concat => {
                let one = self.as_text(left, one)?;
                let other = self.as_text(right, other)?;
                format!("({one} || {other})")
            }
            BinaryOp::Divide if left_kind.is_integer() && right_kind.is_integer() => match ways.divide {
                Some(pattern) => fill(pattern, &[one, other]),
                None => {
                    return self.lacks("/ of whole numbers, which it rounds; cast one to double precision");
                }
            },
            BinaryOp::Divide if numbers => {
                let (one, other) = (
                    self.as_double(left_kind, one)?,
                    self.as_double(right_kind, other)?,
                );
                format!("({one} / {other})")
            }
            BinaryOp::Divide => {
                return self.lacks("/ of values of unknown type; cast one to double precision");
            }
            BinaryOp::Modulo if self.is_exact(left) && self.is_exact(right) => {
                fill(ways.modulo, &[one, other])
            }
            BinaryOp::Modulo => return self.lacks("% of other than whole numbers and decimals"),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply if !numbers => {
                return self
                    .lacks("arithmetic with values that are not numbers, or of unknown type; cast them");
            }
            _ => format!("({one} {} {other})", operator(op)),
        })
    }

    fn as_double(&self, kind: Kind, text: String) -> Text {
        match kind {
            Kind::Double => Ok(text),
            _ => Ok(format!("CAST({text} AS {})", self.type_name(SqlType::Double)?)),
        }
    }

    /// Text, or a whole number in digits: what else becomes as text differs.
    pub(super) fn as_text(&self, expr: &Expr, text: String) -> Text {
        match self.kind(expr) {
            Kind::Text => Ok(text),
            Kind::Open if is_text_literal(expr) => Ok(text),
            Kind::Open | Kind::Int | Kind::Big => {
                Ok(format!("CAST({text} AS {})", self.type_name(SqlType::Text)?))
            }
            _ => self.lacks("a value that is neither text nor a whole number, joined to a text"),
        }
    }

    /// A time plus or minus an interval, in PostgreSQL's order: months, days, the rest.
    fn shifted(&mut self, ways: &'static Ways, time: &'a Expr, sign: char, interval: Interval) -> Text {
        let mut text = self.time(time)?;
        if self.kind(time) == Kind::Date {
            text = format!("CAST({text} AS {})", self.type_name(SqlType::Timestamp)?);
        }
        let Interval { months, days, micros } = interval;
        let (seconds, rest) = (
            micros.unsigned_abs() / MICROS_A_SECOND,
            micros.unsigned_abs() % MICROS_A_SECOND,
        );
        let seconds = match rest {
            0 => seconds.to_string(),
            _ => format!("{seconds}.{rest:06}"),
        };
        for (amount, negative, unit) in [
            (months.unsigned_abs().to_string(), months < 0, Unit::Month),
            (days.unsigned_abs().to_string(), days < 0, Unit::Day),
            (seconds, micros < 0, Unit::Second),
        ] {
            if amount == "0" {
                continue;
            }
            let sign = if negative == (sign == '-') { '+' } else { '-' };
            match (ways.shift)(&text, sign, &amount, unit) {
                Some(shifted) => text = shifted,
                None => return self.lacks("an interval of fractions of a second"),
            }
        }
        Ok(text)
    }
}

pub(super) fn is_text_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(Literal::Text(_)))
}
