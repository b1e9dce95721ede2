//! What differs between the engines: one table each, in a file of its own. Everything else is the same text everywhere.
//!
//! PostgreSQL and DuckDB, which run in the tests, have a [`Table`]. The other engines have [`Ways`] over it: forms that they lack
//! are rewritten by [`super::foreign`], and what they cannot say with PostgreSQL's meaning is refused by name rather than answered
//! differently (docs/dialects.md).

use std::borrow::Cow;

use proto::query::{
    expr::DateField,
    functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
    types::SqlType,
};

use super::{bigquery, clickhouse, databricks, duckdb, postgres, redshift, snowflake, trino};

/// An engine's way of writing the algebra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL 13 or newer.
    Postgres,
    /// DuckDB 1.0 or newer.
    DuckDb,
    /// Amazon Redshift.
    Redshift,
    /// Snowflake.
    Snowflake,
    /// BigQuery, its own SQL.
    BigQuery,
    /// Databricks SQL in ANSI mode.
    Databricks,
    /// ClickHouse 23 or newer.
    ClickHouse,
    /// Trino 400 or newer.
    Trino,
    /// Amazon Athena, engine 3.
    Athena,
}

/// What an engine makes of a name that is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// The name as it is.
    Exact,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: &[Self] = &[
        Self::Postgres,
        Self::DuckDb,
        Self::Redshift,
        Self::Snowflake,
        Self::BigQuery,
        Self::Databricks,
        Self::ClickHouse,
        Self::Trino,
        Self::Athena,
    ];

    /// The name in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::DuckDb => "duckdb",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::BigQuery => "bigquery",
            Self::Databricks => "databricks",
            Self::ClickHouse => "clickhouse",
            Self::Trino => "trino",
            Self::Athena => "athena",
        }
    }

    /// The dialect with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// What the engine makes of a name that is not quoted. Names of the inventory are written as it would make them.
    pub const fn folding(self) -> Folding {
        match self {
            Self::Postgres
            | Self::DuckDb
            | Self::Redshift
            | Self::Databricks
            | Self::Trino
            | Self::Athena => Folding::Lower,
            Self::Snowflake => Folding::Upper,
            Self::BigQuery | Self::ClickHouse => Folding::Exact,
        }
    }

    /// A name as an identifier; none where it cannot be one.
    pub fn identifier(self, name: &str) -> Option<String> {
        match self.ways() {
            Some(ways) => (ways.name)(name),
            None => Some(super::quoted(name)),
        }
    }

    pub(super) const fn table(self) -> &'static Table {
        match self {
            Self::DuckDb => &duckdb::TABLE,
            _ => &postgres::TABLE,
        }
    }

    pub(super) const fn ways(self) -> Option<&'static Ways> {
        match self {
            Self::Postgres | Self::DuckDb => None,
            Self::Redshift => Some(&redshift::WAYS),
            Self::Snowflake => Some(&snowflake::WAYS),
            Self::BigQuery => Some(&bigquery::WAYS),
            Self::Databricks => Some(&databricks::WAYS),
            Self::ClickHouse => Some(&clickhouse::WAYS),
            Self::Trino | Self::Athena => Some(&trino::WAYS),
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

/// How the place of a bound value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// `$1`
    Dollar,
    /// `:1`
    Colon,
    /// `:p1`
    Named,
    /// `@p1`
    At,
    /// `{p1:Type}`
    Typed,
    /// `?`: values are bound in the order of the text.
    Question,
}

/// What of `LIKE` an engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    /// A backslash is the escape unless a clause says otherwise, as in PostgreSQL.
    Backslash,
    /// No escape unless a clause says so.
    Clause,
    /// A backslash, and no clause. A backslash before what needs none is an error.
    BackslashOnly,
    /// The same, but such a backslash is a character: only literals are surely read alike.
    BackslashLiteral,
}

/// Where an engine's way of writing the algebra is not PostgreSQL's. A `None` of a function here is a refusal.
pub(super) struct Ways {
    /// A name as an identifier, or none where it cannot be one.
    pub(super) name: fn(&str) -> Option<String>,
    /// A string of the text.
    pub(super) text: fn(&str) -> String,
    pub(super) placeholder: Placeholder,
    pub(super) type_name: fn(SqlType) -> Option<Cow<'static, str>>,
    pub(super) like: Like,
    pub(super) ilike: bool,
    pub(super) is_distinct: bool,
    /// `IS TRUE`, `IS FALSE`.
    pub(super) is_true: bool,
    /// `= ANY (SELECT …)` and its kin.
    pub(super) quantified: bool,
    /// Whether a set operation must say DISTINCT.
    pub(super) set_distinct: bool,
    /// `INTERSECT ALL`, `EXCEPT ALL`.
    pub(super) set_all: bool,
    /// Whether a set operation is sorted and cut only as a derived table.
    pub(super) wraps_sets: bool,
    /// Subqueries that refer to the query around them.
    pub(super) correlated: bool,
    /// IN answers NULL where PostgreSQL does, and a simple CASE never finds NULL.
    pub(super) nulls_in_lists: bool,
    /// GREATEST and LEAST leave NULL out.
    pub(super) greatest_skips_nulls: bool,
    /// A comparison is a boolean, not a number.
    pub(super) booleans: bool,
    /// Joins in brackets.
    pub(super) nested_joins: bool,
    /// LIMIT and OFFSET, with the space before.
    pub(super) limit: fn(Option<u64>, Option<u64>) -> String,
    /// What ends the statement.
    pub(super) suffix: &'static str,
    /// A decimal literal.
    pub(super) decimal: fn(&str) -> String,
    /// Whether that is exact, not a float.
    pub(super) exact_decimals: bool,
    /// `round` of a float goes away from zero where PostgreSQL's of a numeric does.
    pub(super) rounds_away: bool,
    /// The quotient of whole numbers, truncated.
    pub(super) divide: Option<&'static str>,
    pub(super) modulo: &'static str,
    /// A time plus or minus an amount of a unit; amounts have no sign, those of seconds may have a fraction.
    pub(super) shift: fn(&str, char, &str, Unit) -> Option<String>,
    /// The date of a timestamp.
    pub(super) date_of: &'static str,
    pub(super) trunc: fn(DateField, &str) -> Option<String>,
    /// A whole number of any type.
    pub(super) extract: fn(DateField, &str) -> Option<String>,
    /// A pattern in which `{0}` is the first argument.
    pub(super) scalar: fn(Scalar, usize) -> Option<&'static str>,
    pub(super) aggregate: fn(Aggregate) -> Option<&'static str>,
    /// `f(p) WITHIN GROUP (ORDER BY key)`, `{0}` being p, `{1}` the key as it is sorted by, `{2}` the key alone.
    pub(super) ordered_set: fn(OrderedSet) -> Option<&'static str>,
    pub(super) window: fn(WindowOnly, usize) -> Option<&'static str>,
    /// Frames of RANGE between UNBOUNDED and CURRENT ROW, the default after ORDER BY.
    pub(super) range_frames: bool,
    /// NULLS FIRST and NULLS LAST in a window with such a frame.
    pub(super) range_nulls: bool,
    pub(super) group_frames: bool,
    /// LAG and LEAD look no further than the frame.
    pub(super) neighbours_in_frame: bool,
    /// A boolean as text is `true` or `false`.
    pub(super) boolean_text: bool,
    /// `LISTAGG(…) WITHIN GROUP (ORDER BY …)`, NULL for no rows.
    pub(super) list_agg: bool,
}

/// A unit of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Month,
    Day,
    Second,
}

impl Unit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Month => "MONTH",
            Self::Day => "DAY",
            Self::Second => "SECOND",
        }
    }
}
