//! BigQuery. Its TIMESTAMP, which the Elementary package uses there, is an instant, read and cut in UTC as elsewhere; months
//! cannot be added to it.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, Scalar},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Unit, Ways};

pub(super) static WAYS: Ways = Ways {
    name: |name| (!name.contains(['`', '\\'])).then(|| format!("`{name}`")),
    text: |text| {
        let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
        format!("'{}'", escaped.replace('\n', r"\n").replace('\r', r"\r"))
    },
    placeholder: Placeholder::At,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "BOOL".into(),
            SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => "INT64".into(),
            SqlType::Numeric(None) | SqlType::Double => "FLOAT64".into(),
            SqlType::Numeric(Some((precision, scale))) if scale <= 9 && precision - scale <= 29 => {
                format!("NUMERIC({precision}, {scale})").into()
            }
            SqlType::Text | SqlType::Varchar(_) => "STRING".into(),
            SqlType::Date => "DATE".into(),
            SqlType::Timestamp | SqlType::TimestampTz => "TIMESTAMP".into(),
            SqlType::Numeric(Some(_))
            | SqlType::Real
            | SqlType::Time
            | SqlType::Interval
            | SqlType::Json
            | SqlType::Jsonb
            | SqlType::Uuid => return None,
        })
    },
    like: Like::BackslashOnly,
    ilike: false,
    is_distinct: true,
    is_true: true,
    quantified: false,
    set_distinct: true,
    set_all: false,
    wraps_sets: false,
    correlated: true,
    nulls_in_lists: true,
    greatest_skips_nulls: false,
    booleans: true,
    nested_joins: true,
    limit: |limit, offset| match (limit, offset) {
        // There is no OFFSET alone.
        (None, Some(offset)) => format!(" LIMIT {} OFFSET {offset}", i64::MAX),
        (limit, offset) => super::forms::limit_offset(limit, offset),
    },
    suffix: "",
    decimal: |digits| format!("NUMERIC '{digits}'"),
    exact_decimals: true,
    rounds_away: true,
    divide: Some("DIV({0}, {1})"),
    modulo: "MOD({0}, {1})",
    shift: |time, sign, amount, unit| match unit {
        // Only a DATETIME can be moved by months.
        Unit::Month => {
            let function = if sign == '-' {
                "DATETIME_SUB"
            } else {
                "DATETIME_ADD"
            };
            let moved = format!("{function}(DATETIME({time}, 'UTC'), INTERVAL {amount} MONTH)");
            Some(format!("TIMESTAMP({moved}, 'UTC')"))
        }
        Unit::Second if amount.contains('.') => None,
        _ => Some(format!("({time} {sign} INTERVAL {amount} {})", unit.name())),
    },
    date_of: "CAST({0} AS DATE)",
    trunc: |field, time| {
        let unit = match field {
            DateField::Week => "ISOWEEK",
            DateField::Year => "YEAR",
            DateField::Quarter => "QUARTER",
            DateField::Month => "MONTH",
            DateField::Day => "DAY",
            DateField::Hour => "HOUR",
            DateField::Minute => "MINUTE",
            DateField::Second => "SECOND",
            _ => return None,
        };
        Some(format!("TIMESTAMP_TRUNC({time}, {unit})"))
    },
    extract: |field, time| {
        Some(match field {
            DateField::Second | DateField::Epoch => return None,
            DateField::Week => format!("EXTRACT(ISOWEEK FROM {time})"),
            DateField::Dow => format!("(EXTRACT(DAYOFWEEK FROM {time}) - 1)"),
            DateField::Isodow => format!("(MOD((EXTRACT(DAYOFWEEK FROM {time}) + 5), 7) + 1)"),
            DateField::Doy => format!("EXTRACT(DAYOFYEAR FROM {time})"),
            DateField::Isoyear => format!("EXTRACT(ISOYEAR FROM {time})"),
            DateField::Year => format!("EXTRACT(YEAR FROM {time})"),
            DateField::Quarter => format!("EXTRACT(QUARTER FROM {time})"),
            DateField::Month => format!("EXTRACT(MONTH FROM {time})"),
            DateField::Day => format!("EXTRACT(DAY FROM {time})"),
            DateField::Hour => format!("EXTRACT(HOUR FROM {time})"),
            DateField::Minute => format!("EXTRACT(MINUTE FROM {time})"),
        })
    },
    scalar: |function, args| {
        Some(match (function, args) {
            (Scalar::Abs, _) => "ABS({0})",
            (Scalar::Ceil | Scalar::Ceiling, _) => "CEIL({0})",
            (Scalar::Floor, _) => "FLOOR({0})",
            (Scalar::Round, 1) => "ROUND({0})",
            (Scalar::Round, _) => "ROUND({0}, {1})",
            (Scalar::Trunc, 1) => "TRUNC({0})",
            (Scalar::Trunc, _) => "TRUNC({0}, {1})",
            (Scalar::Sign, _) => "SIGN({0})",
            (Scalar::Mod, _) => "MOD({0}, {1})",
            (Scalar::Sqrt, _) => "SQRT({0})",
            (Scalar::Ln, _) => "LN({0})",
            (Scalar::Log, 1) => "LOG10({0})",
            (Scalar::Lower, _) => "LOWER({0})",
            (Scalar::Upper, _) => "UPPER({0})",
            (Scalar::Length | Scalar::CharLength, _) => "CHAR_LENGTH({0})",
            (Scalar::Left, _) => "LEFT({0}, {1})",
            (Scalar::Right, _) => "RIGHT({0}, {1})",
            (Scalar::Substr, 2) => "SUBSTR({0}, {1})",
            (Scalar::Substr, _) => "SUBSTR({0}, {1}, {2})",
            (Scalar::Btrim, 1) => "TRIM({0}, ' ')",
            (Scalar::Btrim, _) => "TRIM({0}, {1})",
            (Scalar::Ltrim, 1) => "LTRIM({0}, ' ')",
            (Scalar::Ltrim, _) => "LTRIM({0}, {1})",
            (Scalar::Rtrim, 1) => "RTRIM({0}, ' ')",
            (Scalar::Rtrim, _) => "RTRIM({0}, {1})",
            (Scalar::Strpos, _) => "STRPOS({0}, {1})",
            (Scalar::StartsWith, _) => "STARTS_WITH({0}, {1})",
            (Scalar::Replace, _) => "REPLACE({0}, {1}, {2})",
            (Scalar::Reverse, _) => "REVERSE({0})",
            (Scalar::Md5, _) => "TO_HEX(MD5({0}))",
            (Scalar::MakeDate, _) => "DATE({0}, {1}, {2})",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "GREATEST({*})",
            (Scalar::Least, _) => "LEAST({*})",
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => "CURRENT_TIMESTAMP()",
            (Scalar::CurrentDate, _) => "CURRENT_DATE('UTC')",
            _ => return None,
        })
    },
    aggregate: |function| {
        Some(match function {
            Aggregate::Count => "COUNT",
            Aggregate::Sum => "SUM",
            Aggregate::Avg => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
            Aggregate::Stddev | Aggregate::StddevSamp => "STDDEV_SAMP",
            Aggregate::StddevPop => "STDDEV_POP",
            Aggregate::Variance | Aggregate::VarSamp => "VAR_SAMP",
            Aggregate::VarPop => "VAR_POP",
            Aggregate::BoolAnd | Aggregate::Every => "LOGICAL_AND",
            Aggregate::BoolOr => "LOGICAL_OR",
            _ => return None,
        })
    },
    ordered_set: |_| None,
    window: |function, args| super::trino::window(function, args),
    range_frames: true,
    range_nulls: false,
    group_frames: false,
    neighbours_in_frame: false,
    boolean_text: true,
    list_agg: false,
};
