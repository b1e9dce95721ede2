//! Literals, types and fields.

use sqlparser::ast;

use super::{parts, place, refuse, types};
use crate::{
    query::{
        expr::{DateField, Expr},
        types::{Decimal, Interval, Literal, SqlType},
    },
    sql::{SqlError, Syntax},
};

const MICROS_A_SECOND: i64 = 1_000_000;

/// A whole number that stands for an output column: its position from zero.
pub(super) fn position(expr: &ast::Expr) -> Result<Option<usize>, SqlError> {
    match expr {
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::Number(digits, false),
            span: _,
        }) => {
            match digits
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1))
            {
                Some(position) => Ok(Some(position)),
                None => refuse(place(expr), "a position is a whole number from 1"),
            }
        }
        _ => Ok(None),
    }
}

/// The text of a plain string.
pub(super) fn text(expr: &ast::Expr) -> Option<&str> {
    match expr {
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::SingleQuotedString(text),
            span: _,
        }) => Some(text),
        _ => None,
    }
}

/// A literal that is not a placeholder.
pub(super) fn literal(node: &ast::ValueWithSpan) -> Result<Literal, SqlError> {
    let ast::ValueWithSpan { value, span } = node;
    match value {
        ast::Value::Null => Ok(Literal::Null),
        ast::Value::Boolean(truth) => Ok(Literal::Boolean(*truth)),
        ast::Value::SingleQuotedString(text) => Ok(Literal::Text(text.as_str().into())),
        ast::Value::Number(digits, false) => {
            if let Ok(number) = digits.parse() {
                return Ok(Literal::Integer(number));
            }
            match Decimal::parse(digits) {
                Some(decimal) => Ok(Literal::Decimal(decimal)),
                None => refuse(
                    span.start,
                    "a number has at most 64 digits and an exponent of at most three",
                ),
            }
        }
        _ => refuse(span.start, "this kind of literal is not accepted"),
    }
}

/// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`: digits and separators only, which leaves out `now` and `infinity`.
pub(super) fn typed(node: &ast::TypedString, syntax: Syntax) -> Result<Literal, SqlError> {
    let ast::TypedString {
        data_type,
        value,
        uses_odbc_syntax,
    } = node;
    let start = value.span.start;
    let sql_type = sql_type(data_type, syntax, false, || start)?;
    let temporal = matches!(
        sql_type,
        SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz
    );
    if !temporal || *uses_odbc_syntax {
        return refuse(
            start,
            "a typed literal is DATE, TIME, TIMESTAMP or INTERVAL; use CAST for others",
        );
    }
    let ast::ValueWithSpan {
        value: ast::Value::SingleQuotedString(text),
        span: _,
    } = value
    else {
        return refuse(start, "a typed literal takes a plain string");
    };
    match of_type(text, sql_type) {
        Some(literal) => Ok(literal),
        None => refuse(
            start,
            "a date or time literal is made of digits and the separators of ISO 8601",
        ),
    }
}

/// The literal of a type that a text is, for dates, times and intervals.
pub(super) fn of_type(text: &str, sql_type: SqlType) -> Option<Literal> {
    match sql_type {
        SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz => {
            let legal =
                |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'+' | b' ' | b'T' | b'Z');
            let sound = !text.is_empty() && text.len() <= 64 && text.bytes().all(legal);
            sound.then(|| Literal::Typed(sql_type, text.into()))
        }
        SqlType::Interval => parse_interval(text).map(Literal::Interval),
        _ => None,
    }
}

/// `INTERVAL '3 days'`, `INTERVAL '3' DAY`, `INTERVAL '1 day 02:30:00'`.
pub(super) fn interval(node: &ast::Interval, bare: bool) -> Result<Literal, SqlError> {
    let ast::Interval {
        value,
        leading_field,
        leading_precision,
        last_field,
        fractional_seconds_precision,
    } = node;
    let start = place(&**value);
    if leading_precision.is_some() || last_field.is_some() || fractional_seconds_precision.is_some() {
        return refuse(start, "an interval with a precision or with TO is not accepted");
    }
    let text = match &**value {
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::Number(digits, false),
            span: _,
        }) if bare && leading_field.is_some() => digits,
        other => match text(other) {
            Some(text) => text,
            None => return refuse(start, "INTERVAL takes a plain string"),
        },
    };
    let parsed = match leading_field {
        None => parse_interval(text),
        Some(field) => {
            let unit = match field {
                ast::DateTimeField::Year | ast::DateTimeField::Years => "year",
                ast::DateTimeField::Month | ast::DateTimeField::Months => "month",
                ast::DateTimeField::Week(None) | ast::DateTimeField::Weeks => "week",
                ast::DateTimeField::Day | ast::DateTimeField::Days => "day",
                ast::DateTimeField::Hour | ast::DateTimeField::Hours => "hour",
                ast::DateTimeField::Minute | ast::DateTimeField::Minutes => "minute",
                ast::DateTimeField::Second | ast::DateTimeField::Seconds => "second",
                _ => return refuse(start, "this unit of an interval is not accepted"),
            };
            let mut interval = Interval {
                months: 0,
                days: 0,
                micros: 0,
            };
            text.trim()
                .parse()
                .ok()
                .and_then(|number| add(&mut interval, number, unit))
                .map(|()| interval)
        }
    };
    match parsed {
        Some(interval) => Ok(Literal::Interval(interval)),
        None => refuse(
            start,
            "an interval is made of whole numbers with units from year to second, or hh:mm[:ss]",
        ),
    }
}

fn parse_interval(text: &str) -> Option<Interval> {
    let mut interval = Interval {
        months: 0,
        days: 0,
        micros: 0,
    };
    let mut words = text.split_ascii_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            interval.micros = interval.micros.checked_add(clock(word)?)?;
        } else {
            add(&mut interval, word.parse().ok()?, words.next()?)?;
        }
    }
    Some(interval)
}

fn add(interval: &mut Interval, number: i64, unit: &str) -> Option<()> {
    let (months, days, micros) = match unit.to_ascii_lowercase().as_str() {
        "year" | "years" => (12, 0, 0),
        "mon" | "mons" | "month" | "months" => (1, 0, 0),
        "week" | "weeks" => (0, 7, 0),
        "day" | "days" => (0, 1, 0),
        "hour" | "hours" => (0, 0, 3_600 * MICROS_A_SECOND),
        "min" | "mins" | "minute" | "minutes" => (0, 0, 60 * MICROS_A_SECOND),
        "sec" | "secs" | "second" | "seconds" => (0, 0, MICROS_A_SECOND),
        "microsecond" | "microseconds" => (0, 0, 1),
        _ => return None,
    };
    let small = i32::try_from(number).ok();
    if months != 0 {
        interval.months = interval.months.checked_add(small?.checked_mul(months)?)?;
    }
    if days != 0 {
        interval.days = interval.days.checked_add(small?.checked_mul(days)?)?;
    }
    interval.micros = interval.micros.checked_add(number.checked_mul(micros)?)?;
    Some(())
}

/// `hh:mm` or `hh:mm:ss`, without a sign or fraction.
fn clock(word: &str) -> Option<i64> {
    let mut seconds = 0_i64;
    let parts: Vec<&str> = word.split(':').collect();
    let units: &[i64] = match parts.len() {
        2 | 3 => &[3_600, 60, 1],
        _ => return None,
    };
    for (position, (part, unit)) in parts.iter().zip(units).enumerate() {
        let digits = !part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
        let number: i64 = if digits { part.parse().ok()? } else { return None };
        if position > 0 && number > 59 {
            return None;
        }
        seconds = seconds.checked_add(number.checked_mul(*unit)?)?;
    }
    seconds.checked_mul(MICROS_A_SECOND)
}

/// A type that may be cast to.
pub(super) fn sql_type(
    data_type: &ast::DataType,
    syntax: Syntax,
    rendered: bool,
    start: impl FnOnce() -> sqlparser::tokenizer::Location,
) -> Result<SqlType, SqlError> {
    use ast::{CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};
    if let Some(sql_type) = types::of_engine(data_type, syntax) {
        return Ok(sql_type);
    }
    let sql_type = match data_type {
        DataType::Custom(name, modifiers) if rendered => {
            match types::of_pg_catalog(&parts(name, syntax)?, modifiers) {
                Some(sql_type) => sql_type,
                None => return refuse(start(), "this type is not accepted"),
            }
        }
        DataType::Bool | DataType::Boolean => SqlType::Boolean,
        DataType::SmallInt(None) | DataType::Int2(None) => SqlType::SmallInt,
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => SqlType::Integer,
        DataType::BigInt(None) | DataType::Int8(None) => SqlType::BigInt,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => {
            let small = |number: u64| u8::try_from(number).ok();
            let bounds = match info {
                ExactNumberInfo::None => Some(None),
                ExactNumberInfo::Precision(precision) => {
                    small(*precision).map(|precision| Some((precision, 0)))
                }
                ExactNumberInfo::PrecisionAndScale(precision, scale) => {
                    let scale = u8::try_from(*scale).ok();
                    small(*precision).zip(scale).map(Some)
                }
            };
            match bounds {
                Some(None) => SqlType::Numeric(None),
                Some(Some((precision, scale))) if (1..=38).contains(&precision) && scale <= precision => {
                    SqlType::Numeric(Some((precision, scale)))
                }
                _ => return refuse(start(), "numeric has a precision of 1 to 38 and a scale up to it"),
            }
        }
        DataType::Real | DataType::Float4 => SqlType::Real,
        DataType::DoublePrecision | DataType::Float8 | DataType::Float(ExactNumberInfo::None) => {
            SqlType::Double
        }
        DataType::Text | DataType::Varchar(None) | DataType::CharacterVarying(None) => SqlType::Text,
        DataType::Varchar(Some(length)) | DataType::CharacterVarying(Some(length)) => match length {
            CharacterLength::IntegerLength { length, unit: None } if (1..=10_000).contains(length) => {
                SqlType::Varchar(u16::try_from(*length).unwrap_or(10_000))
            }
            _ => return refuse(start(), "varchar has a length of 1 to 10000"),
        },
        DataType::Date => SqlType::Date,
        DataType::Time(None, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => SqlType::Time,
        DataType::Timestamp(None, zone) => match zone {
            TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => SqlType::Timestamp,
            TimezoneInfo::Tz | TimezoneInfo::WithTimeZone => SqlType::TimestampTz,
        },
        DataType::Interval {
            fields: None,
            precision: None,
        } => SqlType::Interval,
        DataType::JSON => SqlType::Json,
        DataType::JSONB => SqlType::Jsonb,
        DataType::Uuid => SqlType::Uuid,
        _ => return refuse(start(), "this type is not accepted"),
    };
    match types::as_meant(sql_type, syntax) {
        Some(meant) => Ok(meant),
        None => refuse(start(), "this engine wants a precision here"),
    }
}

/// A field of EXTRACT.
pub(super) fn field(field: &ast::DateTimeField) -> Option<DateField> {
    use ast::DateTimeField as Theirs;
    Some(match field {
        Theirs::Year => DateField::Year,
        Theirs::Quarter => DateField::Quarter,
        Theirs::Month => DateField::Month,
        Theirs::Week(None) => DateField::Week,
        Theirs::Day => DateField::Day,
        Theirs::Hour => DateField::Hour,
        Theirs::Minute => DateField::Minute,
        Theirs::Second => DateField::Second,
        Theirs::Epoch => DateField::Epoch,
        Theirs::Dow => DateField::Dow,
        Theirs::Isodow => DateField::Isodow,
        Theirs::Doy => DateField::Doy,
        Theirs::Isoyear => DateField::Isoyear,
        _ => return None,
    })
}

/// A field that a function takes as its first argument, a plain string.
pub(super) fn named_field(expr: &ast::Expr) -> Result<DateField, SqlError> {
    match text(expr).and_then(|name| DateField::from_name(&name.to_ascii_lowercase())) {
        Some(field) => Ok(field),
        None => refuse(place(expr), "the field is a plain string such as 'day'"),
    }
}

/// The literal as an expression.
pub(super) fn expr(literal: Literal) -> Expr {
    Expr::Literal(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_keep_months_days_and_time_apart() {
        let parts = |text| parse_interval(text).map(|i| (i.months, i.days, i.micros));
        assert_eq!(
            parts("1 year 2 mons 3 weeks 4 days 05:06:07"),
            Some((14, 25, 18_367_000_000))
        );
        assert_eq!(parts("-3 hours"), Some((0, 0, -10_800_000_000)));
        for bad in [
            "",
            "3",
            "day",
            "1.5 days",
            "1 fortnight",
            "25:61",
            "99999999999 days",
            "1 day ago",
            "-01:00",
            "1:2:3:4",
        ] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
