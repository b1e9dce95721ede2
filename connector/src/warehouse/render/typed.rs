//! Casts, and literals whose type their context decides.
//!
//! Engines read other texts as dates than PostgreSQL does, or the same texts otherwise (an offset from UTC is dropped, kept or
//! refused). So a literal becomes a date or a timestamp only in the one form that all read alike, and is written in it.

use proto::query::{
    expr::Expr,
    types::{Literal, SqlType},
};

use super::{RenderError, Renderer, Text, calls::fill, dialect::Ways, foreign::is_text_literal, kind::Kind};

impl<'a> Renderer<'a> {
    /// An operand beside another of a known kind: a text literal becomes what that is, a date beside a timestamp a timestamp.
    pub(super) fn beside(&mut self, expr: &'a Expr, kind: Kind) -> Text {
        if let (Expr::Literal(Literal::Text(text)), Some(sql_type)) = (expr, kind.literal_type()) {
            return self.typed(text, sql_type);
        }
        let text = self.expr(expr)?;
        self.as_time(expr, text, kind)
    }

    pub(super) fn as_time(&self, expr: &Expr, text: String, kind: Kind) -> Text {
        match kind.is_time() && self.kind(expr) == Kind::Date {
            true => Ok(format!("CAST({text} AS {})", self.type_name(SqlType::Timestamp)?)),
            false => Ok(text),
        }
    }

    /// A literal of a type.
    pub(super) fn typed(&mut self, text: &str, sql_type: SqlType) -> Text {
        let type_name = self.type_name(sql_type)?;
        let canonical = match sql_type {
            SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz => match moment(text, sql_type) {
                Some(canonical) => canonical,
                None => {
                    return self.lacks(
                        "a date or time in another form than '2026-01-02' or '2026-01-02 03:04:05.678', in UTC",
                    );
                }
            },
            _ => text.to_owned(),
        };
        Ok(format!("CAST({} AS {type_name})", self.text(&canonical)))
    }

    pub(super) fn cast(&mut self, ways: &'static Ways, expr: &'a Expr, to: SqlType) -> Text {
        if let Expr::Literal(Literal::Text(text)) = expr {
            let text = self.typed(text, to)?;
            return match to {
                SqlType::Varchar(length) => self.cut(text, length),
                _ => Ok(text),
            };
        }
        let value = self.expr(expr)?;
        let kind = self.kind(expr);
        let refusal = match to {
            SqlType::Text | SqlType::Varchar(_) => {
                let same = matches!(kind, Kind::Text | Kind::Int | Kind::Big | Kind::Date)
                    || (kind == Kind::Boolean && ways.boolean_text);
                (!same).then_some("a cast to text of a value that engines write differently")
            }
            SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => {
                let same = self.is_whole(expr) || matches!(kind, Kind::Text | Kind::Boolean);
                (!same).then_some("a cast of a fraction to a whole number, which engines round differently; use floor or ceil")
            }
            SqlType::Numeric(Some(_)) => {
                let whole = matches!(kind, Kind::Int | Kind::Big | Kind::Whole);
                // Where there are no exact decimals to begin with, digits are cut off, not rounded.
                let same = whole || (ways.exact_decimals && matches!(kind, Kind::Decimal | Kind::Text));
                (!same).then_some("a cast of this value to a decimal, which engines round differently")
            }
            SqlType::Numeric(None) | SqlType::Double | SqlType::Real => {
                (!kind.is_number() && kind != Kind::Text).then_some("a cast of this value to a number")
            }
            SqlType::Boolean => {
                (!matches!(kind, Kind::Boolean | Kind::Int)).then_some("a cast of this value to a boolean")
            }
            SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz => {
                let same = matches!(
                    kind,
                    Kind::Date | Kind::Timestamp | Kind::TimestampTz | Kind::Text
                );
                (!same).then_some("a cast of this value to a date or time")
            }
            SqlType::Time | SqlType::Interval | SqlType::Json | SqlType::Jsonb | SqlType::Uuid => None,
        };
        if let Some(form) = refusal
            && kind != Kind::Open
        {
            return self.lacks(form);
        }
        if to == SqlType::Date && kind.is_time() {
            return Ok(fill(ways.date_of, &[value]));
        }
        let text = format!("CAST({value} AS {})", self.type_name(to)?);
        match to {
            SqlType::Varchar(length) => self.cut(text, length),
            _ => Ok(text),
        }
    }

    fn cut(&self, text: String, length: u16) -> Text {
        self.spelled(proto::query::functions::Scalar::Left, &[text, length.to_string()])
    }

    /// Arguments that become one kind, as those of COALESCE do.
    pub(super) fn of_one_kind(&mut self, args: &'a [Expr]) -> Result<Vec<String>, RenderError> {
        let mut texts = Vec::with_capacity(args.len());
        for arg in args {
            // Later: what the others are decides.
            texts.push(match is_text_literal(arg) {
                true => None,
                false => Some(self.expr(arg)?),
            });
        }
        let kinds = || args.iter().map(|arg| self.kind(arg));
        let decides = kinds().find(|kind| kind.is_time());
        let kind = decides.or_else(|| kinds().rfind(|kind| kind.literal_type().is_some()));
        let kind = kind.unwrap_or(Kind::Unknown);
        let each = args.iter().zip(texts).map(|(arg, text)| match text {
            Some(text) => self.as_time(arg, text, kind),
            None => self.beside(arg, kind),
        });
        each.collect()
    }
}

/// A date or timestamp in the one form of its type, if the text has the form of either. An offset of zero is dropped from an instant.
fn moment(text: &str, sql_type: SqlType) -> Option<String> {
    let text = match sql_type {
        SqlType::TimestampTz => ["+00:00", "+00", "Z"]
            .into_iter()
            .find_map(|zone| text.strip_suffix(zone))
            .filter(|rest| rest.len() > DATE.len())
            .unwrap_or(text),
        _ => text,
    };
    let (date, time) = match text.split_at_checked(DATE.len())? {
        (date, "") => (date, "00:00:00"),
        (date, rest) => (date, rest.strip_prefix([' ', 'T'])?),
    };
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let time = match time.len() {
        5 if fraction.is_none() => format!("{time}:00"),
        _ => time.to_owned(),
    };
    let fraction = match fraction {
        Some(digits) if (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!(".{digits}")
        }
        Some(_) => return None,
        None => String::new(),
    };
    let sound = has_shape(date, DATE) && has_shape(&time, "00:00:00");
    let within = |at: std::ops::Range<usize>, text: &str, most: u8| {
        let number = text.get(at).and_then(|digits| digits.parse::<u8>().ok());
        number.is_some_and(|number| number <= most)
    };
    let sound = sound && within(0..2, &time, 23) && within(3..5, &time, 59) && within(6..8, &time, 59);
    sound.then(|| match sql_type {
        SqlType::Date => date.to_owned(),
        _ => format!("{date} {time}{fraction}"),
    })
}

const DATE: &str = "0000-00-00";

/// Whether a text has digits where the shape has zeros, and is the shape everywhere else.
fn has_shape(text: &str, shape: &str) -> bool {
    let same = |(b, s): (u8, u8)| b == s || (s == b'0' && b.is_ascii_digit());
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_form_and_others_have_none() {
        use SqlType::{Date, Timestamp, TimestampTz};
        for (text, sql_type, canonical) in [
            ("2026-01-02", Date, Some("2026-01-02")),
            ("2026-01-02 03:04:05", Date, Some("2026-01-02")),
            ("2026-01-02", Timestamp, Some("2026-01-02 00:00:00")),
            ("2026-01-02T03:04", Timestamp, Some("2026-01-02 03:04:00")),
            (
                "2026-01-02 03:04:05.678",
                Timestamp,
                Some("2026-01-02 03:04:05.678"),
            ),
            ("2026-01-02 03:04:05+00", TimestampTz, Some("2026-01-02 03:04:05")),
            ("2026-01-02T03:04:05Z", TimestampTz, Some("2026-01-02 03:04:05")),
            ("2026-01-02 03:04:05+02", TimestampTz, None),
            ("2026-01-02 03:04:05Z", Timestamp, None),
            ("2026-01-02 24:00:00", Timestamp, None),
            ("2026-1-2", Date, None),
            ("01/02/2026", Date, None),
            ("yesterday", Date, None),
            ("2026-01-02 03:04:05.", Timestamp, None),
            ("2026-01-02 ", Timestamp, None),
            ("2026-01-02é", Timestamp, None),
            ("202é-01-02", Timestamp, None),
            ("", Timestamp, None),
        ] {
            assert_eq!(moment(text, sql_type).as_deref(), canonical, "{text}");
        }
    }
}
