//! Amazon Redshift: PostgreSQL's grammar of old, without FILTER, DISTINCT ON and IS DISTINCT FROM, and with averages of whole
//! numbers that are cut to whole numbers.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Ways};

pub(super) static WAYS: Ways = Ways {
    name: |name| Some(super::quoted(name)),
    // A backslash may be an escape, by a setting.
    text: |text| {
        let parts: Vec<String> = text
            .split('\\')
            .map(|part| format!("'{}'", part.replace('\'', "''")))
            .collect();
        match parts.len() {
            1 => parts.concat(),
            _ => format!("({})", parts.join(" || CHR(92) || ")),
        }
    },
    placeholder: Placeholder::Dollar,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "BOOLEAN".into(),
            SqlType::SmallInt => "SMALLINT".into(),
            SqlType::Integer => "INTEGER".into(),
            SqlType::BigInt => "BIGINT".into(),
            SqlType::Numeric(None) | SqlType::Double => "DOUBLE PRECISION".into(),
            SqlType::Numeric(Some((precision, scale))) => format!("DECIMAL({precision}, {scale})").into(),
            SqlType::Real => "REAL".into(),
            SqlType::Text | SqlType::Varchar(_) => "VARCHAR(65535)".into(),
            SqlType::Date => "DATE".into(),
            SqlType::Timestamp => "TIMESTAMP".into(),
            SqlType::Time
            | SqlType::TimestampTz
            | SqlType::Interval
            | SqlType::Json
            | SqlType::Jsonb
            | SqlType::Uuid => return None,
        })
    },
    like: Like::Backslash,
    ilike: true,
    is_distinct: false,
    is_true: false,
    quantified: true,
    set_distinct: false,
    set_all: false,
    wraps_sets: false,
    correlated: true,
    nulls_in_lists: true,
    greatest_skips_nulls: true,
    booleans: true,
    nested_joins: true,
    limit: super::forms::limit_offset,
    suffix: "",
    decimal: str::to_owned,
    exact_decimals: true,
    rounds_away: false,
    divide: Some("({0} / {1})"),
    modulo: "({0} % {1})",
    shift: |time, sign, amount, unit| Some(format!("({time} {sign} INTERVAL '{amount} {}')", unit.name())),
    date_of: "CAST({0} AS DATE)",
    trunc: |field, time| Some(format!("DATE_TRUNC('{}', {time})", field.name())),
    extract: |field, time| {
        Some(match field {
            // Whole seconds only, and no word about whose weeks are counted.
            DateField::Second
            | DateField::Epoch
            | DateField::Week
            | DateField::Isodow
            | DateField::Isoyear => return None,
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
            (Scalar::Log, 1) => "LOG({0})",
            (Scalar::Lower, _) => "LOWER({0})",
            (Scalar::Upper, _) => "UPPER({0})",
            (Scalar::Length | Scalar::CharLength, _) => "LENGTH({0})",
            (Scalar::Left, _) => "LEFT({0}, {1})",
            (Scalar::Right, _) => "RIGHT({0}, {1})",
            (Scalar::Substr, 2) => "SUBSTRING({0}, {1})",
            (Scalar::Substr, _) => "SUBSTRING({0}, {1}, {2})",
            (Scalar::Btrim, 1) => "BTRIM({0}, ' ')",
            (Scalar::Btrim, _) => "BTRIM({0}, {1})",
            (Scalar::Ltrim, 1) => "LTRIM({0}, ' ')",
            (Scalar::Ltrim, _) => "LTRIM({0}, {1})",
            (Scalar::Rtrim, 1) => "RTRIM({0}, ' ')",
            (Scalar::Rtrim, _) => "RTRIM({0}, {1})",
            (Scalar::SplitPart, _) => "SPLIT_PART({0}, {1}, {2})",
            (Scalar::Strpos, _) => "STRPOS({0}, {1})",
            (Scalar::Replace, _) => "REPLACE({0}, {1}, {2})",
            (Scalar::Reverse, _) => "REVERSE({0})",
            (Scalar::Md5, _) => "MD5({0})",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "GREATEST({*})",
            (Scalar::Least, _) => "LEAST({*})",
            // The start of the transaction in UTC, without a zone.
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => "SYSDATE",
            (Scalar::CurrentDate, _) => "CAST(SYSDATE AS DATE)",
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
            _ => return None,
        })
    },
    ordered_set: |function| match function {
        OrderedSet::PercentileCont => Some("PERCENTILE_CONT({0}) WITHIN GROUP (ORDER BY {1})"),
        OrderedSet::PercentileDisc | OrderedSet::Mode => None,
    },
    window: |function, args| {
        Some(match (function, args) {
            (WindowOnly::RowNumber, _) => "ROW_NUMBER()",
            (WindowOnly::Rank, _) => "RANK()",
            (WindowOnly::DenseRank, _) => "DENSE_RANK()",
            (WindowOnly::PercentRank, _) => "PERCENT_RANK()",
            (WindowOnly::CumeDist, _) => "CUME_DIST()",
            (WindowOnly::Ntile, _) => "NTILE({0})",
            (WindowOnly::Lag, 1) => "LAG({0})",
            (WindowOnly::Lag, 2) => "LAG({0}, {1})",
            (WindowOnly::Lead, 1) => "LEAD({0})",
            (WindowOnly::Lead, 2) => "LEAD({0}, {1})",
            (WindowOnly::FirstValue, _) => "FIRST_VALUE({0})",
            (WindowOnly::LastValue, _) => "LAST_VALUE({0})",
            (WindowOnly::NthValue, _) => "NTH_VALUE({0}, {1})",
            _ => return None,
        })
    },
    range_frames: false,
    range_nulls: true,
    group_frames: false,
    neighbours_in_frame: false,
    boolean_text: false,
    list_agg: false,
};
