//! What differs between the engines: one [`Table`] each. Everything else is the same text everywhere.
//!
//! A function of the algebra that an engine lacks, or has with another meaning, is [`Spelling::Absent`] there: a query
//! that needs it is refused by name rather than answered differently.

use std::borrow::Cow;

use proto::query::{
    expr::DateField,
    functions::{Aggregate, Scalar, WindowOnly},
    types::SqlType,
};

/// An engine's way of writing the algebra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL 13 or newer.
    Postgres,
    /// DuckDB 1.0 or newer.
    DuckDb,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: &[Self] = &[Self::Postgres, Self::DuckDb];

    /// The name in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::DuckDb => "duckdb",
        }
    }

    /// The dialect with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    pub(super) const fn table(self) -> &'static Table {
        match self {
            Self::Postgres => &POSTGRES,
            Self::DuckDb => &DUCKDB,
        }
    }
}

/// How one engine writes things.
pub(super) struct Table {
    /// What qualifies a built-in function, so that nobody's own function of that name is called.
    pub(super) functions: &'static str,
    /// Whether a sort must say where NULLs go. The algebra's default is PostgreSQL's: NULL is larger than any value.
    pub(super) explicit_nulls: bool,
    pub(super) scalar: fn(Scalar, usize) -> Spelling,
    pub(super) aggregate: fn(Aggregate) -> Spelling,
    pub(super) window: fn(WindowOnly) -> Spelling,
    /// A string of the text, for [`super::inline`].
    pub(super) text: fn(&str) -> String,
    pub(super) type_name: fn(SqlType) -> Cow<'static, str>,
    /// `EXTRACT`: a 64-bit float, on PostgreSQL from 14 on a numeric.
    pub(super) extract: fn(DateField, &str) -> String,
    /// Characters kept by a cast to `varchar(n)` where the engine's own cast keeps all.
    pub(super) cuts_varchar: bool,
}

/// How a function of the algebra is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// A built-in function, qualified.
    Function(&'static str),
    /// A built-in function whose result is cast to the type that the algebra promises.
    Narrowed(&'static str, SqlType),
    /// Part of the grammar, with arguments: no schema can shadow it.
    Grammar(&'static str),
    /// Part of the grammar, without parentheses.
    Keyword(&'static str),
    /// `((document -> key) ->> key)`
    JsonPath,
    /// Not in this engine, or not with the same meaning.
    Absent,
}

static POSTGRES: Table = Table {
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

static DUCKDB: Table = Table {
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
