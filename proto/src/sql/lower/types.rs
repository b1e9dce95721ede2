//! Names of types that mean another type on one engine than on another, and PostgreSQL's own names.

use sqlparser::ast;

use crate::{query::types::SqlType, sql::Syntax};

/// A type that only some engines know by this name.
pub(super) fn of_engine(data_type: &ast::DataType, syntax: Syntax) -> Option<SqlType> {
    use Syntax::{BigQuery, ClickHouse, Databricks, Snowflake};
    use ast::{DataType, ExactNumberInfo};
    Some(match (syntax, data_type) {
        (Syntax::Postgres, _) => return None,
        (_, DataType::Double(ExactNumberInfo::None)) => SqlType::Double,
        (_, DataType::String(None)) => SqlType::Text,
        (BigQuery | ClickHouse, DataType::Int64) => SqlType::BigInt,
        (ClickHouse, DataType::Int32) => SqlType::Integer,
        (BigQuery | ClickHouse, DataType::Float64) => SqlType::Double,
        (BigQuery, DataType::Datetime(None)) => SqlType::Timestamp,
        // Without a zone they are instants of the session's.
        (BigQuery | Databricks, DataType::Timestamp(None, ast::TimezoneInfo::None)) => SqlType::TimestampTz,
        (BigQuery, DataType::Int(None) | DataType::Integer(None) | DataType::SmallInt(None)) => {
            SqlType::BigInt
        }
        (
            Snowflake,
            DataType::Int(None) | DataType::Integer(None) | DataType::SmallInt(None) | DataType::BigInt(None),
        ) => SqlType::Numeric(Some((38, 0))),
        (Syntax::DuckDb | Databricks | ClickHouse, DataType::Float(ExactNumberInfo::None)) => SqlType::Real,
        (Snowflake, DataType::Real | DataType::Float4) => SqlType::Double,
        _ => return None,
    })
}

/// What a type means on an engine whose defaults are not PostgreSQL's.
pub(super) const fn as_meant(sql_type: SqlType, syntax: Syntax) -> Option<SqlType> {
    Some(match (sql_type, syntax) {
        (SqlType::Numeric(None), Syntax::DuckDb) => SqlType::Numeric(Some((18, 3))),
        (SqlType::Numeric(None), Syntax::Redshift) => SqlType::Numeric(Some((18, 0))),
        (SqlType::Numeric(None), Syntax::Snowflake | Syntax::Trino) => SqlType::Numeric(Some((38, 0))),
        (SqlType::Numeric(None), Syntax::Databricks) => SqlType::Numeric(Some((10, 0))),
        (SqlType::Numeric(None), Syntax::BigQuery) => SqlType::Numeric(Some((38, 9))),
        (SqlType::Numeric(None), Syntax::ClickHouse) => return None,
        // It keeps every character there.
        (SqlType::Varchar(_), Syntax::DuckDb) => SqlType::Text,
        (other, _) => other,
    })
}

/// A type by its name in `pg_catalog`, as types are rendered.
pub(super) fn of_pg_catalog(name: &[String], modifiers: &[ast::TypeModifier]) -> Option<SqlType> {
    let [schema, name] = name else { return None };
    let number = |modifier: &ast::TypeModifier| match modifier {
        ast::TypeModifier::Number(digits, false) => digits.parse::<u16>().ok(),
        _ => None,
    };
    let numbers: Vec<u16> = modifiers.iter().map(number).collect::<Option<_>>()?;
    if schema != "pg_catalog" {
        return None;
    }
    Some(match (name.as_str(), numbers.as_slice()) {
        ("bool", []) => SqlType::Boolean,
        ("int2", []) => SqlType::SmallInt,
        ("int4", []) => SqlType::Integer,
        ("int8", []) => SqlType::BigInt,
        ("numeric", []) => SqlType::Numeric(None),
        ("numeric", [precision, scale]) if (1..=38).contains(precision) && scale <= precision => {
            SqlType::Numeric(Some((u8::try_from(*precision).ok()?, u8::try_from(*scale).ok()?)))
        }
        ("float4", []) => SqlType::Real,
        ("float8", []) => SqlType::Double,
        ("text", []) => SqlType::Text,
        ("varchar", [length]) if (1..=10_000).contains(length) => SqlType::Varchar(*length),
        ("date", []) => SqlType::Date,
        ("time", []) => SqlType::Time,
        ("timestamp", []) => SqlType::Timestamp,
        ("timestamptz", []) => SqlType::TimestampTz,
        ("interval", []) => SqlType::Interval,
        ("json", []) => SqlType::Json,
        ("jsonb", []) => SqlType::Jsonb,
        ("uuid", []) => SqlType::Uuid,
        _ => return None,
    })
}
