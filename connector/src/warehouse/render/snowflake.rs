//! Snowflake. The names of the inventory are upper-case there. Timestamps are without zone; the session's zone must not matter,
//! so that the present time is `SYSDATE()`, which is UTC.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, OrderedSet, Scalar},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Ways};

pub(super) static WAYS: Ways = Ways {
    name: |name| Some(super::quoted(name)),
    text: |text| format!("'{}'", text.replace('\\', r"\\").replace('\'', "''")),
    placeholder: Placeholder::Colon,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "BOOLEAN".into(),
            SqlType::SmallInt => "SMALLINT".into(),
            SqlType::Integer => "INTEGER".into(),
            SqlType::BigInt => "BIGINT".into(),
            SqlType::Numeric(None) | SqlType::Double => "DOUBLE".into(),
            SqlType::Numeric(Some((precision, scale))) => format!("NUMBER({precision}, {scale})").into(),
            SqlType::Text | SqlType::Varchar(_) => "VARCHAR".into(),
            SqlType::Date => "DATE".into(),
            SqlType::Timestamp => "TIMESTAMP_NTZ".into(),
            // A float of 32 bits has 64 there.
            SqlType::Real
            | SqlType::Time
            | SqlType::TimestampTz
            | SqlType::Interval
            | SqlType::Json
            | SqlType::Jsonb
            | SqlType::Uuid => return None,
        })
    },
    like: Like::Clause,
    ilike: true,
    is_distinct: true,
    is_true: false,
    quantified: false,
    set_distinct: false,
    set_all: false,
    wraps_sets: false,
    correlated: true,
    nulls_in_lists: true,
    greatest_skips_nulls: true,
    booleans: true,
    nested_joins: true,
    limit: |limit, offset| match (limit, offset) {
        // There is no OFFSET alone.
        (None, Some(offset)) => format!(" LIMIT NULL OFFSET {offset}"),
        (limit, offset) => super::forms::limit_offset(limit, offset),
    },
    suffix: "",
    decimal: str::to_owned,
    exact_decimals: true,
    rounds_away: true,
    // There is none of whole numbers, and a quotient with a fraction is rounded: what is divided here has none.
    divide: Some("CAST((({0} - MOD({0}, {1})) / {1}) AS BIGINT)"),
    modulo: "MOD({0}, {1})",
    shift: |time, sign, amount, unit| Some(format!("({time} {sign} INTERVAL '{amount} {}')", unit.name())),
    date_of: "CAST({0} AS DATE)",
    trunc: |field, time| match field {
        // The first day of a week is a setting.
        DateField::Week => Some(format!(
            "DATEADD(DAY, (1 - DAYOFWEEKISO({time})), DATE_TRUNC('day', {time}))"
        )),
        other => Some(format!("DATE_TRUNC('{}', {time})", other.name())),
    },
    extract: |field, time| {
        Some(match field {
            DateField::Second | DateField::Epoch => return None,
            DateField::Week => format!("WEEKISO({time})"),
            DateField::Dow => format!("MOD(DAYOFWEEKISO({time}), 7)"),
            DateField::Isodow => format!("DAYOFWEEKISO({time})"),
            DateField::Doy => format!("DAYOFYEAR({time})"),
            DateField::Isoyear => format!("YEAROFWEEKISO({time})"),
            other => format!("EXTRACT({} FROM {time})", other.name()),
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
            (Scalar::Log, 1) => "LOG(10, {0})",
            (Scalar::Lower, _) => "LOWER({0})",
            (Scalar::Upper, _) => "UPPER({0})",
            (Scalar::Length | Scalar::CharLength, _) => "LENGTH({0})",
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
            (Scalar::SplitPart, _) => "SPLIT_PART({0}, {1}, {2})",
            (Scalar::Strpos, _) => "CHARINDEX({1}, {0})",
            (Scalar::StartsWith, _) => "STARTSWITH({0}, {1})",
            (Scalar::Replace, _) => "REPLACE({0}, {1}, {2})",
            (Scalar::Reverse, _) => "REVERSE({0})",
            (Scalar::Md5, _) => "MD5({0})",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "GREATEST_IGNORE_NULLS({*})",
            (Scalar::Least, _) => "LEAST_IGNORE_NULLS({*})",
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => "SYSDATE()",
            (Scalar::CurrentDate, _) => "CAST(SYSDATE() AS DATE)",
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
            Aggregate::BoolAnd | Aggregate::Every => "BOOLAND_AGG",
            Aggregate::BoolOr => "BOOLOR_AGG",
            _ => return None,
        })
    },
    ordered_set: |function| match function {
        OrderedSet::PercentileCont => Some("PERCENTILE_CONT({0}) WITHIN GROUP (ORDER BY {1})"),
        OrderedSet::PercentileDisc => Some("PERCENTILE_DISC({0}) WITHIN GROUP (ORDER BY {1})"),
        OrderedSet::Mode => None,
    },
    window: |function, args| super::trino::window(function, args),
    range_frames: true,
    range_nulls: true,
    group_frames: false,
    neighbours_in_frame: false,
    boolean_text: true,
    list_agg: false,
};
