//! PostgreSQL: the algebra's own meaning.

use proto::query::{functions::Scalar, types::SqlType};

use super::dialect::{Spelling, Table};

pub(super) static TABLE: Table = Table {
    functions: "pg_catalog",
    explicit_nulls: false,
    scalar: |function, _| match function {
        Scalar::Coalesce => Spelling::Grammar("COALESCE"),
        Scalar::Nullif => Spelling::Grammar("NULLIF"),
        Scalar::Greatest => Spelling::Grammar("GREATEST"),
        Scalar::Least => Spelling::Grammar("LEAST"),
        Scalar::CurrentDate => Spelling::Keyword("CURRENT_DATE"),
        Scalar::CurrentTimestamp => Spelling::Keyword("CURRENT_TIMESTAMP"),
        Scalar::Localtimestamp => Spelling::Keyword("LOCALTIMESTAMP"),
        other => Spelling::Function(other.name()),
    },
    aggregate: |function| Spelling::Function(function.name()),
    window: |function| Spelling::Function(function.name()),
    // Right whatever `standard_conforming_strings` says.
    text: |text| match text.contains('\\') {
        true => format!("E'{}'", text.replace('\\', r"\\").replace('\'', "''")),
        false => format!("'{}'", text.replace('\'', "''")),
    },
    type_name: |sql_type| match sql_type {
        SqlType::Boolean => r#"pg_catalog."bool""#.into(),
        SqlType::SmallInt => r#"pg_catalog."int2""#.into(),
        SqlType::Integer => r#"pg_catalog."int4""#.into(),
        SqlType::BigInt => r#"pg_catalog."int8""#.into(),
        SqlType::Numeric(None) => r#"pg_catalog."numeric""#.into(),
        SqlType::Numeric(Some((precision, scale))) => {
            format!(r#"pg_catalog."numeric"({precision}, {scale})"#).into()
        }
        SqlType::Real => r#"pg_catalog."float4""#.into(),
        SqlType::Double => r#"pg_catalog."float8""#.into(),
        SqlType::Text => r#"pg_catalog."text""#.into(),
        SqlType::Varchar(length) => format!(r#"pg_catalog."varchar"({length})"#).into(),
        SqlType::Date => r#"pg_catalog."date""#.into(),
        SqlType::Time => r#"pg_catalog."time""#.into(),
        SqlType::Timestamp => r#"pg_catalog."timestamp""#.into(),
        SqlType::TimestampTz => r#"pg_catalog."timestamptz""#.into(),
        SqlType::Interval => r#"pg_catalog."interval""#.into(),
        SqlType::Json => r#"pg_catalog."json""#.into(),
        SqlType::Jsonb => r#"pg_catalog."jsonb""#.into(),
        SqlType::Uuid => r#"pg_catalog."uuid""#.into(),
    },
    // Part of the grammar, so that nobody's own function is called: a 64-bit float to 13, a numeric since.
    extract: |field, operand| format!("EXTRACT({} FROM {operand})", field.name()),
    cuts_varchar: true,
};
