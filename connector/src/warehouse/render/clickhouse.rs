//! ClickHouse. Aggregates of no rows and the missing side of an outer join are NULL there only if the statement says so: every
//! aggregate has the suffix `OrNull`, and the statement ends in the setting for joins.

use proto::query::{
    expr::DateField,
    functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
    types::SqlType,
};

use super::dialect::{Like, Placeholder, Ways};

pub(super) static WAYS: Ways = Ways {
    name: |name| (!name.contains(['`', '\\'])).then(|| format!("`{name}`")),
    text: |text| format!("'{}'", text.replace('\\', r"\\").replace('\'', "''")),
    placeholder: Placeholder::Typed,
    type_name: |sql_type| {
        Some(match sql_type {
            SqlType::Boolean => "Nullable(Bool)".into(),
            SqlType::SmallInt => "Nullable(Int16)".into(),
            SqlType::Integer => "Nullable(Int32)".into(),
            SqlType::BigInt => "Nullable(Int64)".into(),
            SqlType::Numeric(None) | SqlType::Double => "Nullable(Float64)".into(),
            SqlType::Numeric(Some((precision, scale))) => {
                format!("Nullable(Decimal({precision}, {scale}))").into()
            }
            SqlType::Real => "Nullable(Float32)".into(),
            SqlType::Text | SqlType::Varchar(_) => "Nullable(String)".into(),
            SqlType::Date => "Nullable(Date32)".into(),
            SqlType::Timestamp | SqlType::TimestampTz => "Nullable(DateTime64(6, 'UTC'))".into(),
            SqlType::Time | SqlType::Interval | SqlType::Json | SqlType::Jsonb | SqlType::Uuid => {
                return None;
            }
        })
    },
    like: Like::BackslashLiteral,
    ilike: true,
    is_distinct: false,
    is_true: false,
    quantified: false,
    set_distinct: true,
    set_all: false,
    wraps_sets: true,
    correlated: false,
    nulls_in_lists: false,
    greatest_skips_nulls: false,
    booleans: false,
    nested_joins: false,
    limit: super::forms::limit_offset,
    // NULL for the missing side of a join; a name is a column, not an alias that has its name; a number among the keys is a position.
    suffix: " SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0",
    decimal: str::to_owned,
    exact_decimals: false,
    rounds_away: false,
    divide: Some("intDiv({0}, {1})"),
    modulo: "({0} % {1})",
    shift: |time, sign, amount, unit| match amount.contains('.') {
        true => None,
        false => Some(format!(
            "({} {sign} INTERVAL {amount} {})",
            utc(time),
            unit.name()
        )),
    },
    date_of: "toDate32(CAST({0} AS Nullable(DateTime64(6, 'UTC'))))",
    trunc: |field, time| {
        Some(format!(
            "CAST(date_trunc('{}', {}) AS Nullable(DateTime64(6, 'UTC')))",
            field.name(),
            utc(time)
        ))
    },
    extract: |field, time| {
        let time = utc(time);
        Some(match field {
            DateField::Second | DateField::Epoch => return None,
            DateField::Year => format!("toYear({time})"),
            DateField::Quarter => format!("toQuarter({time})"),
            DateField::Month => format!("toMonth({time})"),
            DateField::Week => format!("toISOWeek({time})"),
            DateField::Day => format!("toDayOfMonth({time})"),
            DateField::Hour => format!("toHour({time})"),
            DateField::Minute => format!("toMinute({time})"),
            DateField::Dow => format!("(toDayOfWeek({time}) % 7)"),
            DateField::Isodow => format!("toDayOfWeek({time})"),
            DateField::Doy => format!("toDayOfYear({time})"),
            DateField::Isoyear => format!("toISOYear({time})"),
        })
    },
    scalar: |function, args| {
        Some(match (function, args) {
            (Scalar::Abs, _) => "abs({0})",
            (Scalar::Ceil | Scalar::Ceiling, _) => "ceil({0})",
            (Scalar::Floor, _) => "floor({0})",
            (Scalar::Trunc, 1) => "trunc({0})",
            (Scalar::Sign, _) => "sign({0})",
            (Scalar::Mod, _) => "modulo({0}, {1})",
            (Scalar::Sqrt, _) => "sqrt({0})",
            (Scalar::Ln, _) => "log({0})",
            (Scalar::Log, 1) => "log10({0})",
            (Scalar::Lower, _) => "lowerUTF8({0})",
            (Scalar::Upper, _) => "upperUTF8({0})",
            (Scalar::Length | Scalar::CharLength, _) => "CAST(lengthUTF8({0}) AS Nullable(Int32))",
            (Scalar::Left, _) => "leftUTF8({0}, {1})",
            (Scalar::Right, _) => "rightUTF8({0}, {1})",
            (Scalar::Substr, 2) => "substringUTF8({0}, {1})",
            (Scalar::Substr, _) => "substringUTF8({0}, {1}, {2})",
            (Scalar::Btrim, 1) => "trim(BOTH ' ' FROM {0})",
            (Scalar::Ltrim, 1) => "trim(LEADING ' ' FROM {0})",
            (Scalar::Rtrim, 1) => "trim(TRAILING ' ' FROM {0})",
            (Scalar::Strpos, _) => "CAST(positionUTF8({0}, {1}) AS Nullable(Int32))",
            (Scalar::StartsWith, _) => "startsWith({0}, {1})",
            (Scalar::Replace, _) => "replaceAll({0}, {1}, {2})",
            (Scalar::Reverse, _) => "reverseUTF8({0})",
            (Scalar::Md5, _) => "lower(hex(MD5({0})))",
            (Scalar::Nullif, _) => "NULLIF({0}, {1})",
            (Scalar::Greatest, _) => "greatest({*})",
            (Scalar::Least, _) => "least({*})",
            (Scalar::Now | Scalar::CurrentTimestamp | Scalar::Localtimestamp, _) => "now64(6, 'UTC')",
            (Scalar::CurrentDate, _) => "CAST(now64(6, 'UTC') AS Nullable(Date32))",
            _ => return None,
        })
    },
    // A deviation of one value is not a number there, and NULL in PostgreSQL.
    aggregate: |function| {
        Some(match function {
            Aggregate::Count => "count",
            Aggregate::Sum => "sumOrNull",
            Aggregate::Avg => "avgOrNull",
            Aggregate::Min | Aggregate::BoolAnd | Aggregate::Every => "minOrNull",
            Aggregate::Max | Aggregate::BoolOr => "maxOrNull",
            Aggregate::StddevPop => "stddevPopOrNull",
            Aggregate::VarPop => "varPopOrNull",
            _ => return None,
        })
    },
    ordered_set: |function| match function {
        OrderedSet::PercentileCont => Some("quantileExactInclusiveOrNull({0})({2})"),
        OrderedSet::PercentileDisc | OrderedSet::Mode => None,
    },
    // first_value and its kin leave NULL out; lag and lead are of the frame, and of values that may be NULL.
    window: |function, args| {
        Some(match (function, args) {
            (WindowOnly::RowNumber, _) => "row_number()",
            (WindowOnly::Rank, _) => "rank()",
            (WindowOnly::DenseRank, _) => "dense_rank()",
            (WindowOnly::Lag, 1) => "lagInFrame(toNullable({0}))",
            (WindowOnly::Lag, 2) => "lagInFrame(toNullable({0}), {1})",
            (WindowOnly::Lead, 1) => "leadInFrame(toNullable({0}))",
            (WindowOnly::Lead, 2) => "leadInFrame(toNullable({0}), {1})",
            _ => return None,
        })
    },
    range_frames: true,
    range_nulls: true,
    group_frames: false,
    neighbours_in_frame: true,
    boolean_text: false,
    list_agg: false,
};

/// A date or time as a timestamp whose parts are those of UTC, whatever the zone of the column or of the server.
fn utc(time: &str) -> String {
    format!("CAST({time} AS Nullable(DateTime64(6, 'UTC')))")
}
