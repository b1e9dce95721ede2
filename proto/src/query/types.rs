//! Scalar types, literals, and typed parameters of the query algebra.

use std::fmt;

use crate::{
    error::{Code, Fault},
    limits::MAX_PARAMETER_BYTES,
};

/// A type that an expression may be cast to. The list is closed: no `reg*`, XML, network or user-defined type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// `boolean`
    Boolean,
    /// 16-bit integer
    SmallInt,
    /// 32-bit integer
    Integer,
    /// 64-bit integer
    BigInt,
    /// Exact decimal; precision 1 to 38, and scale up to the precision, where given.
    Numeric(Option<(u8, u8)>),
    /// 32-bit float
    Real,
    /// 64-bit float
    Double,
    /// Text without a bound
    Text,
    /// Text of at most this many characters, 1 to 10,000
    Varchar(u16),
    /// Calendar date
    Date,
    /// Time of day
    Time,
    /// Date and time without zone
    Timestamp,
    /// Instant
    TimestampTz,
    /// Span of time
    Interval,
    /// JSON as text
    Json,
    /// JSON, parsed
    Jsonb,
    /// UUID
    Uuid,
}

/// The type of a parameter of a catalogued query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamType {
    /// `true` or `false`
    Boolean,
    /// 64-bit integer
    Integer,
    /// 64-bit float
    Float,
    /// UTF-8 text of at most [`MAX_PARAMETER_BYTES`] without NUL
    Text,
    /// Date and time without zone
    Timestamp,
    /// Calendar date
    Date,
}

impl ParamType {
    /// The name in a catalogue file.
    pub const fn name(self) -> &'static str {
        match self {
            ParamType::Boolean => "boolean",
            ParamType::Integer => "integer",
            ParamType::Float => "float",
            ParamType::Text => "text",
            ParamType::Timestamp => "timestamp",
            ParamType::Date => "date",
        }
    }

    /// The type with this name in a catalogue file.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Boolean,
            Self::Integer,
            Self::Float,
            Self::Text,
            Self::Timestamp,
            Self::Date,
        ]
        .into_iter()
        .find(|t| t.name() == name)
    }
}

impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value of a parameter. `Debug` shows its type only: a parameter's value is never logged.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL NULL
    Null,
    /// A truth value
    Boolean(bool),
    /// A 64-bit integer
    Integer(i64),
    /// A finite 64-bit float
    Float(f64),
    /// UTF-8 without NUL, at most [`MAX_PARAMETER_BYTES`]
    Text(String),
    /// Microseconds since 1970-01-01 00:00:00, without zone
    Timestamp(i64),
    /// Days since 1970-01-01
    Date(i32),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.param_type() {
            None => "Value(null)",
            Some(ParamType::Boolean) => "Value(boolean)",
            Some(ParamType::Integer) => "Value(integer)",
            Some(ParamType::Float) => "Value(float)",
            Some(ParamType::Text) => "Value(text)",
            Some(ParamType::Timestamp) => "Value(timestamp)",
            Some(ParamType::Date) => "Value(date)",
        })
    }
}

impl Value {
    /// The type of the value; none for NULL.
    pub const fn param_type(&self) -> Option<ParamType> {
        Some(match self {
            Value::Null => return None,
            Value::Boolean(_) => ParamType::Boolean,
            Value::Integer(_) => ParamType::Integer,
            Value::Float(_) => ParamType::Float,
            Value::Text(_) => ParamType::Text,
            Value::Timestamp(_) => ParamType::Timestamp,
            Value::Date(_) => ParamType::Date,
        })
    }

    /// Refuses what no database takes: NUL in text, text over the bound, a float that is not finite, dates outside the
    /// years 1 to 9999.
    pub fn check(&self, name: &str) -> Result<(), Fault> {
        const YEAR_1: i64 = -719_162;
        const YEAR_9999: i64 = 2_932_896;
        const MICROS_A_DAY: i64 = 86_400_000_000;
        let refuse = |why: &str| {
            Err(Fault::new(
                Code::InvalidParameter,
                format!("parameter `{name}` {why}"),
            ))
        };
        let in_years = |days: i64| (YEAR_1..=YEAR_9999).contains(&days);
        match self {
            Value::Text(text) if text.len() > MAX_PARAMETER_BYTES => refuse(&format!(
                "has {} bytes; at most {MAX_PARAMETER_BYTES} are allowed",
                text.len()
            )),
            Value::Text(text) if text.contains('\0') => refuse("contains a NUL character"),
            Value::Float(number) if !number.is_finite() => refuse("is not a finite number"),
            Value::Timestamp(us) if !in_years(us.div_euclid(MICROS_A_DAY)) => {
                refuse("is outside the years 1 to 9999")
            }
            Value::Date(days) if !in_years(i64::from(*days)) => refuse("is outside the years 1 to 9999"),
            _ => Ok(()),
        }
    }
}

/// A literal of the query text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `NULL`
    Null,
    /// `TRUE`, `FALSE`
    Boolean(bool),
    /// Digits without a point, within 64 bits
    Integer(i64),
    /// Digits with a point or exponent, as written; see [`Decimal`]
    Decimal(Decimal),
    /// A quoted string whose type the context decides, as in SQL
    Text(Box<str>),
    /// `DATE '…'`, `TIMESTAMP '…'`, `TIME '…'`: type and text
    Typed(SqlType, Box<str>),
    /// An interval
    Interval(Interval),
}

/// Digits, at most one point and an exponent: text that is a number in every dialect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// Takes `12.5`, `.5`, `1e-3`; at most 64 bytes and an exponent of at most three digits; nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 64 {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
            None => (text, None),
        };
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let sound = digits(whole)
            && digits(fraction)
            && whole.len() + fraction.len() > 0
            && exponent.is_none_or(|e| (1..=3).contains(&e.len()) && digits(e));
        sound.then(|| Self(text.into()))
    }

    /// The digits as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An interval in the three parts that every engine keeps apart, since a month is not a number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval {
    /// Months, years included
    pub months: i32,
    /// Days, weeks included
    pub days: i32,
    /// Microseconds, hours, minutes and seconds included
    pub micros: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_takes_numbers_only() {
        for good in ["1.5", ".5", "1.", "1e3", "1E-03", "00.10"] {
            assert!(Decimal::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            ".",
            "e1",
            "1e",
            "1e1234",
            "-1",
            "1.2.3",
            "1;",
            "0x1",
            "1_0",
            "NaN",
            &"1".repeat(65),
        ] {
            assert!(Decimal::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_of_a_value_hides_it() {
        assert_eq!(format!("{:?}", Value::Text("4111-1111".into())), "Value(text)");
    }

    #[test]
    fn values_no_database_takes_are_refused() {
        for bad in [
            Value::Text("a\0b".into()),
            Value::Text("x".repeat(MAX_PARAMETER_BYTES + 1)),
            Value::Float(f64::NAN),
            Value::Timestamp(i64::MAX),
            Value::Date(i32::MIN),
        ] {
            assert_eq!(bad.check("p").expect_err("refused").code, Code::InvalidParameter);
        }
        assert!(Value::Timestamp(0).check("p").is_ok());
    }
}
