//! Calls of functions by engines whose functions are not PostgreSQL's.

use proto::query::{
    expr::Expr,
    functions::{Aggregate, Scalar},
    types::{Literal, SqlType},
};

use super::{RenderError, Renderer, Text, dialect::Ways, foreign::is_text_literal, kind::Kind};

impl<'a> Renderer<'a> {
    /// A call of a function that the engine has.
    pub(super) fn spelled(&self, function: Scalar, args: &[String]) -> Text {
        let pattern = self.ways.and_then(|ways| (ways.scalar)(function, args.len()));
        match pattern {
            Some(pattern) => Ok(fill(pattern, args)),
            None => self.absent(function.name()),
        }
    }

    pub(super) fn absent<T>(&self, function: &'static str) -> Result<T, RenderError> {
        Err(RenderError::Absent {
            function,
            dialect: self.dialect.name(),
        })
    }

    pub(super) fn scalar(&mut self, ways: &'static Ways, function: Scalar, args: &'a [Expr]) -> Text {
        self.has(function.name(), function.only())?;
        let texts = match function {
            Scalar::Coalesce | Scalar::Nullif | Scalar::Greatest | Scalar::Least => self.of_one_kind(args)?,
            _ => self.exprs(args)?,
        };
        match function {
            Scalar::Coalesce if texts.len() == 1 => return Ok(texts.concat()),
            Scalar::Greatest | Scalar::Least if texts.len() == 1 => return Ok(texts.concat()),
            Scalar::Greatest | Scalar::Least | Scalar::ConcatWs => {
                let Some(pattern) = (ways.scalar)(function, args.len()) else {
                    return self.absent(function.name());
                };
                if function == Scalar::ConcatWs {
                    args.iter()
                        .try_for_each(|arg| self.is_text(arg, "concat_ws of values that are not text"))?;
                }
                if function != Scalar::ConcatWs && !ways.greatest_skips_nulls {
                    let texts = self.without_nulls(args, &texts)?;
                    return Ok(pattern.replace("{*}", &texts.join(", ")));
                }
                return Ok(pattern.replace("{*}", &texts.join(", ")));
            }
            Scalar::Coalesce => return Ok(format!("COALESCE({})", texts.join(", "))),
            // NULL is no text in it.
            Scalar::Concat => {
                let mut parts = Vec::with_capacity(args.len());
                for (arg, text) in args.iter().zip(texts) {
                    match arg {
                        Expr::Literal(Literal::Null) => {}
                        Expr::Literal(Literal::Text(_)) => parts.push(text),
                        _ => parts.push(format!("COALESCE({}, '')", self.as_text(arg, text)?)),
                    }
                }
                return Ok(match parts.as_slice() {
                    [] => "''".to_owned(),
                    parts => format!("({})", parts.join(" || ")),
                });
            }
            _ => {}
        }
        if let Some(form) = self.differs(function, args) {
            return self.lacks(form);
        }
        self.spelled(function, &texts)
    }

    /// Arguments of GREATEST or LEAST of which none is NULL unless all are: in place of NULL stands another.
    fn without_nulls(&mut self, args: &[Expr], texts: &[String]) -> Result<Vec<String>, RenderError> {
        let mut whole = Vec::with_capacity(texts.len());
        for (position, arg) in args.iter().enumerate() {
            let mut turned = texts.to_vec();
            turned.rotate_left(position);
            whole.push(match arg {
                Expr::Literal(literal) if *literal != Literal::Null => turned.swap_remove(0),
                _ => format!("COALESCE({})", turned.join(", ")),
            });
            if let Some(last) = whole.last() {
                self.bounded(last)?;
            }
        }
        Ok(whole)
    }

    /// Why a function of these arguments may not mean the same.
    fn differs(&self, function: Scalar, args: &[Expr]) -> Option<&'static str> {
        let number = |position: usize, least: i64| {
            let literal = args.get(position);
            matches!(literal, Some(Expr::Literal(Literal::Integer(number))) if *number >= least)
        };
        let texts = |form: &'static str| {
            let all = args
                .iter()
                .all(|arg| matches!(self.kind(arg), Kind::Text | Kind::Open));
            (!all).then_some(form)
        };
        let kind = args.first().map_or(Kind::Unknown, |arg| self.kind(arg));
        let rounds_away = self.ways.is_some_and(|ways| ways.rounds_away);
        let number_form = "left, right, substr and split_part of what is not a literal, or below one";
        match function {
            Scalar::Left | Scalar::Right => (!number(1, 0)).then_some(number_form),
            Scalar::Substr => {
                let sound = number(1, 1) && (args.len() < 3 || number(2, 0));
                (!sound).then_some(number_form)
            }
            Scalar::SplitPart => {
                let literal =
                    matches!(args.get(1), Some(Expr::Literal(Literal::Text(text))) if !text.is_empty());
                (!number(2, 1) || !literal).then_some(number_form)
            }
            Scalar::Replace | Scalar::Strpos => {
                let sound =
                    matches!(args.get(1), Some(Expr::Literal(Literal::Text(text))) if !text.is_empty());
                (!sound).then_some("replace and strpos of what is not a literal, or empty")
            }
            Scalar::Btrim | Scalar::Ltrim | Scalar::Rtrim if args.len() == 2 => {
                let sound = args.get(1).is_some_and(is_text_literal);
                (!sound).then_some("a trim of characters that are not a literal")
            }
            Scalar::Trunc if args.len() == 1 => {
                (!kind.is_number()).then_some("trunc of a value of unknown type; cast it")
            }
            Scalar::Round if args.len() == 1 => {
                let exact = matches!(kind, Kind::Decimal | Kind::Whole | Kind::Int | Kind::Big);
                let sound = exact || (kind == Kind::Numeric && rounds_away);
                (!sound).then_some("round of a float, whose halves engines round differently")
            }
            Scalar::Round => {
                let exact = matches!(kind, Kind::Decimal | Kind::Whole | Kind::Int | Kind::Big);
                let sound = (exact || (kind == Kind::Numeric && rounds_away)) && number(1, 0);
                (!sound).then_some("round of a float, whose halves engines round differently")
            }
            Scalar::Trunc => {
                let sound = kind == Kind::Decimal && number(1, 0);
                (!sound).then_some("trunc to digits of what is not an exact decimal")
            }
            Scalar::Abs | Scalar::Ceil | Scalar::Ceiling | Scalar::Floor | Scalar::Sign => {
                (!kind.is_number()).then_some("a function of numbers of a value of unknown type; cast it")
            }
            Scalar::Mod => {
                let exact = args.iter().all(|arg| self.is_exact(arg));
                (!exact).then_some("mod of other than whole numbers and decimals")
            }
            Scalar::Lower
            | Scalar::Upper
            | Scalar::Length
            | Scalar::CharLength
            | Scalar::Reverse
            | Scalar::Md5 => texts("a function of text of a value that is not text; cast it"),
            _ => None,
        }
    }

    /// An argument of an aggregate, none where the filter does not hold: aggregates leave NULL out.
    pub(super) fn filtered(&mut self, filter: Option<&'a Expr>, value: String) -> Text {
        match filter {
            Some(filter) => {
                let filter = self.expr(filter)?;
                Ok(format!("(CASE WHEN {filter} THEN {value} END)"))
            }
            None => Ok(value),
        }
    }

    /// The arguments of an aggregate, with its filter in the first.
    pub(super) fn aggregated_over(
        &mut self,
        function: Aggregate,
        args: &'a [Expr],
        filter: Option<&'a Expr>,
    ) -> Result<Vec<String>, RenderError> {
        self.has(function.name(), function.only())?;
        let mut texts = self.exprs(args)?;
        let Some(first) = texts.first_mut() else {
            return Ok(vec![match filter {
                Some(filter) => self.filtered(Some(filter), "1".to_owned())?,
                None => "*".to_owned(),
            }]);
        };
        if function == Aggregate::Avg {
            // Engines keep other numbers of digits, and one cuts to a whole number.
            *first = format!("CAST({first} AS {})", self.type_name(SqlType::Double)?);
        }
        let value = std::mem::take(first);
        *first = self.filtered(filter, value)?;
        Ok(texts)
    }
}

/// A pattern with `{0}`, `{1}`, … filled in, each once: what is filled in is not looked at again.
pub(super) fn fill(pattern: &str, args: &[String]) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        match after
            .split_once('}')
            .and_then(|(number, after)| Some((number.parse::<usize>().ok()?, after)))
        {
            Some((number, after)) => {
                text += args.get(number).map_or("NULL", String::as_str);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}
