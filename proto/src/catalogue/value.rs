//! Values of parameters, from JSON and from text.
//!
//! A timestamp has no zone, as the warehouse's columns have none: text that carries one (`Z`, `+02:00`) is refused rather
//! than read as something else. Dates are of the proleptic Gregorian calendar, years 1 to 9999.

use crate::query::types::{ParamType, Value};

const MICROS_A_SECOND: i64 = 1_000_000;
const MICROS_A_DAY: i64 = 86_400 * MICROS_A_SECOND;

/// A value as a JSON document gives it. A number is an integer if it was written as one.
#[derive(Clone, PartialEq)]
pub enum Given {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number without point or exponent, within 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
}

impl std::fmt::Debug for Given {
    /// Shows the kind only: a parameter's value is never logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Given::Null => "Given(null)",
            Given::Boolean(_) => "Given(boolean)",
            Given::Integer(_) => "Given(integer)",
            Given::Float(_) => "Given(float)",
            Given::Text(_) => "Given(text)",
        })
    }
}

impl Given {
    /// The value of this type; the error continues a sentence that begins with what is given. Strings are text, timestamps
    /// and dates; nothing else is converted, but a whole number to a float that is the same number.
    pub fn to_value(&self, param_type: ParamType) -> Result<Value, &'static str> {
        const EXACT: i64 = 1 << 53;
        match (param_type, self) {
            (_, Given::Null) => Err("is null; leave it out to get its default"),
            (ParamType::Boolean, Given::Boolean(truth)) => Ok(Value::Boolean(*truth)),
            (ParamType::Integer, Given::Integer(number)) => Ok(Value::Integer(*number)),
            (ParamType::Float, Given::Float(number)) => Ok(Value::Float(*number)),
            (ParamType::Float, Given::Integer(number)) if (-EXACT..=EXACT).contains(number) => {
                Ok(Value::Float(*number as f64))
            }
            (ParamType::Text | ParamType::Timestamp | ParamType::Date, Given::Text(text)) => {
                parse(param_type, text)
            }
            _ => Err(expected(param_type)),
        }
    }
}

const fn expected(param_type: ParamType) -> &'static str {
    match param_type {
        ParamType::Boolean => "is true or false",
        ParamType::Integer => "is a whole number within 64 bits",
        ParamType::Float => "is a finite number",
        ParamType::Text => "is a string",
        ParamType::Timestamp => {
            "is a string `YYYY-MM-DD hh:mm:ss`, with up to six digits of a fraction and without a zone"
        }
        ParamType::Date => "is a string `YYYY-MM-DD`",
    }
}

/// The value of this type that a text stands for, as on a command line; the error continues a sentence that begins with
/// what is given.
///
/// Timestamps are `YYYY-MM-DD[ T]hh:mm:ss[.ffffff]`, or a date, which is its midnight.
pub fn parse(param_type: ParamType, text: &str) -> Result<Value, &'static str> {
    let value = match param_type {
        ParamType::Boolean => text.parse().ok().map(Value::Boolean),
        ParamType::Integer => text.parse().ok().map(Value::Integer),
        ParamType::Float => number(text).map(Value::Float),
        ParamType::Text => Some(Value::Text(text.to_owned())),
        ParamType::Timestamp => timestamp(text).map(Value::Timestamp),
        ParamType::Date => date(text)
            .and_then(|days| i32::try_from(days).ok())
            .map(Value::Date),
    };
    value.ok_or(expected(param_type))
}

/// A text that [`parse`] reads as this value; none for NULL.
pub fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Timestamp(micros) => {
            let (days, rest) = (micros.div_euclid(MICROS_A_DAY), micros.rem_euclid(MICROS_A_DAY));
            let (seconds, fraction) = (rest / MICROS_A_SECOND, rest % MICROS_A_SECOND);
            let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            let fraction = if fraction == 0 {
                String::new()
            } else {
                format!(".{fraction:06}")
            };
            format!("{} {hour:02}:{minute:02}:{second:02}{fraction}", date_text(days))
        }
        Value::Date(days) => date_text(i64::from(*days)),
    })
}

fn number(text: &str) -> Option<f64> {
    let digits = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse()
        .ok()
        .filter(|number: &f64| digits && number.is_finite())
}

fn timestamp(text: &str) -> Option<i64> {
    let Some((day, clock)) = text.split_once([' ', 'T']) else {
        return date(text)?.checked_mul(MICROS_A_DAY);
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) if (1..=6).contains(&fraction.len()) => (
            clock,
            digits(fraction, fraction.len())? * 10_i64.pow(6 - fraction.len() as u32),
        ),
        Some(_) => return None,
        None => (clock, 0),
    };
    let mut parts = clock.split(':');
    let mut next = |below: i64| digits(parts.next()?, 2).filter(|number| *number < below);
    let (hour, minute, second) = (next(24)?, next(60)?, next(60)?);
    if parts.next().is_some() {
        return None;
    }
    Some(date(day)? * MICROS_A_DAY + (hour * 3_600 + minute * 60 + second) * MICROS_A_SECOND + fraction)
}

/// Days since 1970-01-01.
fn date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (
        digits(parts.next()?, 4)?,
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let sound = parts.next().is_none() && year >= 1 && (1..=last).contains(&day);
    sound.then(|| days_from_civil(year, month, day))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let sound = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

/// Days since 1970-01-01 of a valid date from year 1 on. The year is taken to begin in March, so that the leap day is its
/// last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + leap_days + day_of_year - 719_468
}

/// The reverse of [`days_from_civil`], by the 400 years of 146,097 days after which the calendar repeats.
fn date_text(days: i64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (0, month + 3)
    } else {
        (1, month - 9)
    };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year_of_era + year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        match parse(ParamType::Timestamp, text) {
            Ok(Value::Timestamp(micros)) => Some(micros),
            _ => None,
        }
    }

    #[test]
    fn timestamps_are_read_as_written() {
        assert_eq!(micros("1970-01-01 00:00:00"), Some(0));
        assert_eq!(micros("1969-12-31T23:59:59.999999"), Some(-1));
        assert_eq!(micros("2026-11-22 07:00:28.885941"), Some(1_795_330_828_885_941));
        assert_eq!(micros("2026-11-22 07:00:28.5"), Some(1_795_330_828_500_000));
        assert_eq!(micros("2000-02-29"), Some(951_782_400_000_000));
        assert_eq!(micros("0001-01-01 00:00:00"), Some(-719_162 * MICROS_A_DAY));
    }

    #[test]
    fn a_timestamp_with_a_zone_or_off_the_calendar_is_refused() {
        for text in [
            "2026-11-22 07:00:28Z",
            "2026-11-22T07:00:28+02:00",
            "2026-11-22 07:00:28 UTC",
            "2026-11-22 07:00",
            "2026-11-22 24:00:00",
            "2026-11-22 07:60:00",
            "2026-11-22 07:00:60",
            "2026-11-22 07:00:28.",
            "2026-11-22 07:00:28.1234567",
            "2026-11-22 7:00:28",
            "2026-02-29 00:00:00",
            "1900-02-29 00:00:00",
            "2026-00-10",
            "2026-13-10",
            "2026-04-31",
            "0000-01-01",
            "10000-01-01",
            "-2026-01-01",
            "+026-01-01",
            "2026-11-22  07:00:28",
            "now",
            "infinity",
            "",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_comes_back_as_it_was_written() {
        let mut before = date("0001-01-01").expect("the first day") - 1;
        for year in (1..=9_999).filter(|year| *year < 4 || (1_890..2_110).contains(year) || *year > 9_997) {
            for (month, day) in (1..=12).flat_map(|month| (1..=31).map(move |day| (month, day))) {
                let text = format!("{year:04}-{month:02}-{day:02}");
                let Some(days) = date(&text) else { continue };
                assert!(days == before + 1 || (month, day) == (1, 1), "{text}");
                assert_eq!(date_text(days), text);
                before = days;
            }
        }
        assert_eq!(before, 2_932_896);
    }

    #[test]
    fn values_survive_their_text() {
        for value in [
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Float(-2.5e-7),
            Value::Text("it's".into()),
            Value::Timestamp(-1),
            Value::Timestamp(1_795_330_828_885_941),
            Value::Date(-719_162),
        ] {
            let param_type = value.param_type().expect("not null");
            assert_eq!(parse(param_type, &text(&value).expect("text")), Ok(value));
        }
    }

    #[test]
    fn json_is_not_converted_to_what_it_is_not() {
        for (param_type, given) in [
            (ParamType::Integer, Given::Text("10".into())),
            (ParamType::Integer, Given::Float(10.0)),
            (ParamType::Float, Given::Integer(i64::MAX)),
            (ParamType::Text, Given::Integer(1)),
            (ParamType::Boolean, Given::Integer(1)),
            (ParamType::Timestamp, Given::Integer(0)),
            (ParamType::Text, Given::Null),
        ] {
            assert!(given.to_value(param_type).is_err(), "{param_type} {given:?}");
        }
        assert_eq!(
            Given::Integer(3).to_value(ParamType::Float),
            Ok(Value::Float(3.0))
        );
        for text in ["inf", "NaN", "1e999", "0x1", ""] {
            assert!(parse(ParamType::Float, text).is_err(), "{text}");
        }
    }
}
