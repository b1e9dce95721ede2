//! Databricks SQL in ANSI mode. Its TIMESTAMP, which the Elementary package uses there, is an instant: the session's zone must be
//! UTC, as the connector sets it.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, OrderedSet, Scalar},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Ways};

pub(super) static WAYS: Ways = Ways {
    // Variables of the session are put in place of `${name}`, wherever it stands.
    name: |name| (!name.contains("${")).then(|| format!("`{}`", name.replace('`', "``"))),
    text: |text| {
        let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
        match escaped.contains("${") {
            true => format!("('{}')", escaped.replace("${", "$' || '{")),
            false => format!("'{escaped}'"),
        }
    },
    placeholder: Placeholder::Named,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "BOOLEAN".into(),
            SqlType::SmallInt => "SMALLINT".into(),
            SqlType::Integer => "INT".into(),
            SqlType::BigInt => "BIGINT".into(),
            SqlType::Numeric(None) | SqlType::Double => "DOUBLE".into(),
            SqlType::Numeric(Some((precision, scale))) => format!("DECIMAL({precision}, {scale})").into(),
            SqlType::Real => "FLOAT".into(),
            SqlType::Text | SqlType::Varchar(_) => "STRING".into(),
            SqlType::Date => "DATE".into(),
            SqlType::Timestamp | SqlType::TimestampTz => "TIMESTAMP".into(),
            SqlType::Time | SqlType::Interval | SqlType::Json | SqlType::Jsonb | SqlType::Uuid => {
                return None;
            }
        })
    },
    like: Like::Backslash,
    ilike: true,
    is_distinct: true,
    is_true: true,
    quantified: false,
    set_distinct: false,
    set_all: true,
    wraps_sets: false,
    correlated: true,
    nulls_in_lists: true,
    greatest_skips_nulls: true,
    booleans: true,
    nested_joins: true,
    limit: super::forms::limit_offset,
    suffix: "",
    decimal: |digits| match digits.contains(['e', 'E']) {
        // A float without these letters.
        true => format!("{digits}BD"),
        false => digits.to_owned(),
    },
    exact_decimals: true,
    rounds_away: true,
    divide: Some("({0} DIV {1})"),
    modulo: "({0} % {1})",
    shift: |time, sign, amount, unit| Some(format!("({time} {sign} INTERVAL '{amount}' {})", unit.name())),
    date_of: "CAST({0} AS DATE)",
    trunc: |field, time| Some(format!("DATE_TRUNC('{}', {time})", field.name().to_uppercase())),
    extract: |field, time| {
        Some(match field {
            DateField::Second | DateField::Epoch => return None,
            DateField::Week => format!("WEEKOFYEAR({time})"),
            DateField::Dow => format!("(DAYOFWEEK({time}) - 1)"),
            DateField::Isodow => format!("(WEEKDAY({time}) + 1)"),
            DateField::Doy => format!("DAYOFYEAR({time})"),
            DateField::Isoyear => format!("EXTRACT(YEAROFWEEK FROM {time})"),
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
            (Scalar::Btrim, 1) => "TRIM(BOTH ' ' FROM {0})",
            (Scalar::Btrim, _) => "TRIM(BOTH {1} FROM {0})",
            (Scalar::Ltrim, 1) => "TRIM(LEADING ' ' FROM {0})",
            (Scalar::Ltrim, _) => "TRIM(LEADING {1} FROM {0})",
            (Scalar::Rtrim, 1) => "TRIM(TRAILING ' ' FROM {0})",
            (Scalar::Rtrim, _) => "TRIM(TRAILING {1} FROM {0})",
            (Scalar::SplitPart, _) => "SPLIT_PART({0}, {1}, {2})",
            (Scalar::Strpos, _) => "INSTR({0}, {1})",
            (Scalar::StartsWith, _) => "STARTSWITH({0}, {1})",
            (Scalar::Replace, _) => "REPLACE({0}, {1}, {2})",
            (Scalar::ConcatWs, _) => "CONCAT_WS({*})",
            (Scalar::Reverse, _) => "REVERSE({0})",
            (Scalar::Md5, _) => "MD5({0})",
            (Scalar::MakeDate, _) => "MAKE_DATE({0}, {1}, {2})",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "GREATEST({*})",
            (Scalar::Least, _) => "LEAST({*})",
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => "CURRENT_TIMESTAMP()",
            (Scalar::CurrentDate, _) => "CURRENT_DATE()",
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
