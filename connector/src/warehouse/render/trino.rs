//! Trino and Athena (engine 3), which is Trino. Values are bound in the order of the text.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, Scalar, WindowOnly},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Ways};

pub(super) static WAYS: Ways = Ways {
    name: |name| Some(super::quoted(name)),
    text: |text| format!("'{}'", text.replace('\'', "''")),
    placeholder: Placeholder::Question,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "BOOLEAN".into(),
            SqlType::SmallInt => "SMALLINT".into(),
            SqlType::Integer => "INTEGER".into(),
            SqlType::BigInt => "BIGINT".into(),
            SqlType::Numeric(None) | SqlType::Double => "DOUBLE".into(),
            SqlType::Numeric(Some((precision, scale))) => format!("DECIMAL({precision}, {scale})").into(),
            SqlType::Real => "REAL".into(),
            SqlType::Text | SqlType::Varchar(_) => "VARCHAR".into(),
            SqlType::Date => "DATE".into(),
            SqlType::Timestamp => "TIMESTAMP(6)".into(),
            SqlType::Time
            | SqlType::TimestampTz
            | SqlType::Interval
            | SqlType::Json
            | SqlType::Jsonb
            | SqlType::Uuid => return None,
        })
    },
    like: Like::Clause,
    ilike: false,
    is_distinct: true,
    is_true: false,
    quantified: true,
    set_distinct: false,
    set_all: true,
    wraps_sets: false,
    correlated: true,
    nulls_in_lists: true,
    greatest_skips_nulls: false,
    booleans: true,
    nested_joins: true,
    limit: |limit, offset| {
        let offset = offset.map(|rows| format!(" OFFSET {rows}")).unwrap_or_default();
        offset + &limit.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default()
    },
    suffix: "",
    // A number with a point is a decimal there, one with an exponent a float.
    decimal: str::to_owned,
    exact_decimals: true,
    rounds_away: true,
    divide: Some("({0} / {1})"),
    modulo: "({0} % {1})",
    shift: |time, sign, amount, unit| match amount.split_once('.') {
        // Milliseconds at the finest.
        Some((_, fraction)) if !fraction.ends_with("000") => None,
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            Some(format!(
                "({time} {sign} INTERVAL '{whole}.{fraction}' {})",
                unit.name()
            ))
        }
        None => Some(format!("({time} {sign} INTERVAL '{amount}' {})", unit.name())),
    },
    date_of: "CAST({0} AS DATE)",
    trunc: |field, time| Some(format!("DATE_TRUNC('{}', {time})", field.name())),
    extract: |field, time| {
        Some(match field {
            DateField::Second | DateField::Epoch => return None,
            DateField::Dow => format!("(DAY_OF_WEEK({time}) % 7)"),
            DateField::Isodow => format!("DAY_OF_WEEK({time})"),
            DateField::Doy => format!("DAY_OF_YEAR({time})"),
            DateField::Isoyear => format!("YEAR_OF_WEEK({time})"),
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
            (Scalar::Trunc, 1) => "TRUNCATE({0})",
            (Scalar::Sign, _) => "SIGN({0})",
            (Scalar::Mod, _) => "MOD({0}, {1})",
            (Scalar::Sqrt, _) => "SQRT({0})",
            (Scalar::Ln, _) => "LN({0})",
            (Scalar::Log, 1) => "LOG10({0})",
            (Scalar::Lower, _) => "LOWER({0})",
            (Scalar::Upper, _) => "UPPER({0})",
            (Scalar::Length | Scalar::CharLength, _) => "LENGTH({0})",
            (Scalar::Left, _) => "SUBSTR({0}, 1, {1})",
            (Scalar::Substr, 2) => "SUBSTR({0}, {1})",
            (Scalar::Substr, _) => "SUBSTR({0}, {1}, {2})",
            (Scalar::Btrim, 1) => "TRIM(BOTH ' ' FROM {0})",
            (Scalar::Btrim, _) => "TRIM(BOTH {1} FROM {0})",
            (Scalar::Ltrim, 1) => "TRIM(LEADING ' ' FROM {0})",
            (Scalar::Ltrim, _) => "TRIM(LEADING {1} FROM {0})",
            (Scalar::Rtrim, 1) => "TRIM(TRAILING ' ' FROM {0})",
            (Scalar::Rtrim, _) => "TRIM(TRAILING {1} FROM {0})",
            (Scalar::Strpos, _) => "STRPOS({0}, {1})",
            (Scalar::StartsWith, _) => "STARTS_WITH({0}, {1})",
            (Scalar::Replace, _) => "REPLACE({0}, {1}, {2})",
            (Scalar::ConcatWs, _) => "CONCAT_WS({*})",
            (Scalar::Reverse, _) => "REVERSE({0})",
            (Scalar::Md5, _) => "LOWER(TO_HEX(MD5(TO_UTF8({0}))))",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "GREATEST({*})",
            (Scalar::Least, _) => "LEAST({*})",
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => {
                "CAST((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AS TIMESTAMP(6))"
            }
            (Scalar::CurrentDate, _) => "CAST((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AS DATE)",
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
            Aggregate::BoolAnd | Aggregate::Every => "BOOL_AND",
            Aggregate::BoolOr => "BOOL_OR",
            Aggregate::StringAgg => "LISTAGG",
            _ => return None,
        })
    },
    ordered_set: |_| None,
    window,
    range_frames: true,
    range_nulls: true,
    group_frames: true,
    neighbours_in_frame: false,
    boolean_text: true,
    list_agg: true,
};

/// The functions over windows that several engines have.
pub(super) fn window(function: WindowOnly, args: usize) -> Option<&'static str> {
    Some(match (function, args) {
        (WindowOnly::RowNumber, _) => "ROW_NUMBER()",
        (WindowOnly::Rank, _) => "RANK()",
        (WindowOnly::DenseRank, _) => "DENSE_RANK()",
        (WindowOnly::PercentRank, _) => "PERCENT_RANK()",
        (WindowOnly::CumeDist, _) => "CUME_DIST()",
        (WindowOnly::Ntile, _) => "NTILE({0})",
        (WindowOnly::Lag, 1) => "LAG({0})",
        (WindowOnly::Lag, 2) => "LAG({0}, {1})",
        (WindowOnly::Lag, _) => "LAG({0}, {1}, {2})",
        (WindowOnly::Lead, 1) => "LEAD({0})",
        (WindowOnly::Lead, 2) => "LEAD({0}, {1})",
        (WindowOnly::Lead, _) => "LEAD({0}, {1}, {2})",
        (WindowOnly::FirstValue, _) => "FIRST_VALUE({0})",
        (WindowOnly::LastValue, _) => "LAST_VALUE({0})",
        (WindowOnly::NthValue, _) => "NTH_VALUE({0}, {1})",
    })
}
