//! DuckDB. Its integer division is PostgreSQL's by a setting of the connection (see `adbc.rs`).

use proto::query::{
    expr::DateField,
    functions::{Aggregate, Scalar, WindowOnly},
    types::SqlType,
};

use super::dialect::{Spelling, Table};

pub(super) static TABLE: Table = Table {
    functions: "system.main",
    explicit_nulls: true,
    scalar: |function, args| match function {
        Scalar::Coalesce => Spelling::Grammar("COALESCE"),
        Scalar::Btrim => Spelling::Function("trim"),
        Scalar::CurrentTimestamp => Spelling::Function("now"),
        Scalar::Localtimestamp => Spelling::Function("current_localtimestamp"),
        // 64-bit in DuckDB, 32-bit in PostgreSQL.
        Scalar::Length | Scalar::CharLength | Scalar::Strpos => {
            Spelling::Narrowed(function.name(), SqlType::Integer)
        }
        Scalar::JsonArrayLength | Scalar::JsonbArrayLength => {
            Spelling::Narrowed("json_array_length", SqlType::Integer)
        }
        Scalar::JsonExtractPathText | Scalar::JsonbExtractPathText => Spelling::JsonPath,
        // Formats and names of JSON types differ; a two-argument to_timestamp does not exist.
        Scalar::Initcap | Scalar::ToChar | Scalar::ToDate | Scalar::JsonTypeof | Scalar::JsonbTypeof => {
            Spelling::Absent
        }
        Scalar::ToTimestamp if args != 1 => Spelling::Absent,
        other => Spelling::Function(other.name()),
    },
    aggregate: |function| match function {
        Aggregate::Every => Spelling::Function("bool_and"),
        other => Spelling::Function(other.name()),
    },
    window: |function| match function {
        WindowOnly::Ntile => Spelling::Narrowed("ntile", SqlType::Integer),
        other => Spelling::Function(other.name()),
    },
    text: |text| format!("'{}'", text.replace('\'', "''")),
    type_name: |sql_type| match sql_type {
        SqlType::Boolean => "BOOLEAN".into(),
        SqlType::SmallInt => "SMALLINT".into(),
        SqlType::Integer => "INTEGER".into(),
        SqlType::BigInt => "BIGINT".into(),
        // A numeric without a scale keeps every digit in PostgreSQL. DuckDB's would be cut to three decimals; a float
        // keeps 15 digits wherever the point is.
        SqlType::Numeric(None) | SqlType::Double => "DOUBLE".into(),
        SqlType::Numeric(Some((precision, scale))) => format!("DECIMAL({precision}, {scale})").into(),
        SqlType::Real => "REAL".into(),
        SqlType::Text | SqlType::Varchar(_) => "VARCHAR".into(),
        SqlType::Date => "DATE".into(),
        SqlType::Time => "TIME".into(),
        SqlType::Timestamp => "TIMESTAMP".into(),
        SqlType::TimestampTz => "TIMESTAMP WITH TIME ZONE".into(),
        SqlType::Interval => "INTERVAL".into(),
        SqlType::Json | SqlType::Jsonb => "JSON".into(),
        SqlType::Uuid => "UUID".into(),
    },
    extract: |field, operand| match field {
        // DuckDB's own has whole seconds only.
        DateField::Second => {
            format!(
                r#"(CAST(system.main."date_part"('microsecond', {operand}) AS DOUBLE) / CAST(1000000 AS DOUBLE))"#
            )
        }
        other => format!(
            r#"CAST(system.main."date_part"('{}', {operand}) AS DOUBLE)"#,
            other.name()
        ),
    },
    cuts_varchar: false,
};
