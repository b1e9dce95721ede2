//! How an engine reads what a text leaves open: names, quotes, strings, types and defaults.
//!
//! One parser reads every text, by PostgreSQL's rules. Where an engine would read the same text otherwise, the meaning is
//! the engine's ([`Syntax::written`], [`Syntax::nulls_first`], the types of [`super::lower`]) or the text is refused: a
//! string with a backslash, an operator whose rank differs, a name that another rule would look up elsewhere.

use std::borrow::Cow;

/// The engine whose reading of a text counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the engine of that name")]
pub enum Syntax {
    Postgres,
    DuckDb,
    Redshift,
    Snowflake,
    BigQuery,
    Databricks,
    ClickHouse,
    /// Trino and Athena.
    Trino,
}

/// What a quote character begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    Name,
    Text,
    Refused,
}

impl Syntax {
    /// The reading of the dialect with this name in configuration and on the command line.
    pub fn of_dialect(name: &str) -> Option<Self> {
        Some(match name {
            "postgres" => Self::Postgres,
            "duckdb" => Self::DuckDb,
            "redshift" => Self::Redshift,
            "snowflake" => Self::Snowflake,
            "bigquery" => Self::BigQuery,
            "databricks" => Self::Databricks,
            "clickhouse" => Self::ClickHouse,
            "trino" | "athena" => Self::Trino,
            _ => return None,
        })
    }

    /// Whether a text has PostgreSQL's meaning by definition. Elsewhere operators of different rank need brackets, since
    /// engines rank them differently.
    pub(super) const fn is_postgres(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Whether names that differ in case only are the same name, quoted or not.
    const fn ignores_case(self) -> bool {
        matches!(
            self,
            Self::DuckDb | Self::BigQuery | Self::Databricks | Self::Trino
        )
    }

    /// The name that a word of the text stands for.
    pub(super) fn written(self, word: &str, quoted: bool) -> String {
        match self {
            _ if quoted => word.to_owned(),
            Self::Postgres | Self::Redshift => word.to_ascii_lowercase(),
            Self::Snowflake => word.to_ascii_uppercase(),
            Self::DuckDb | Self::BigQuery | Self::Databricks | Self::ClickHouse | Self::Trino => {
                word.to_owned()
            }
        }
    }

    /// Whether two names, of [`Syntax::written`] or [`Syntax::of_schema`], are the same to the engine.
    pub(super) fn same(self, one: &str, other: &str) -> bool {
        one == other || (self.ignores_case() && one.to_lowercase() == other.to_lowercase())
    }

    /// The same for tables and what stands before them: BigQuery tells their cases apart.
    pub(super) fn same_table(self, one: &str, other: &str) -> bool {
        match self {
            Self::BigQuery => one == other,
            _ => self.same(one, other),
        }
    }

    /// The name in the engine of a table or column that the schema names in the inventory's lower case.
    pub fn of_schema(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Snowflake => Cow::Owned(name.to_ascii_uppercase()),
            _ => Cow::Borrowed(name),
        }
    }

    /// Where NULLs go if the text does not say; none where it is the algebra's own default, NULL as the largest value.
    pub(super) const fn nulls_first(self, descending: bool) -> Option<bool> {
        match self {
            Self::Postgres | Self::Redshift | Self::Snowflake => None,
            Self::DuckDb | Self::ClickHouse | Self::Trino => match descending {
                true => Some(false),
                false => None,
            },
            Self::BigQuery | Self::Databricks => Some(!descending),
        }
    }

    pub(super) const fn double_quote(self) -> Quoted {
        match self {
            Self::BigQuery => Quoted::Text,
            // A string, or a name where the session says so.
            Self::Databricks => Quoted::Refused,
            _ => Quoted::Name,
        }
    }

    pub(super) const fn backtick(self) -> Quoted {
        match self {
            Self::BigQuery | Self::Databricks | Self::ClickHouse => Quoted::Name,
            _ => Quoted::Refused,
        }
    }

    /// Whether a backslash in a string is a mere character.
    pub(super) const fn plain_backslash(self) -> bool {
        matches!(self, Self::Postgres | Self::DuckDb | Self::Trino)
    }

    /// Whether a doubled quote within a string is one quote.
    pub(super) const fn doubled_quotes(self) -> bool {
        !matches!(self, Self::BigQuery | Self::Databricks)
    }

    /// Whether a doubled quote within a quoted name is one quote.
    pub(super) const fn doubled_name_quotes(self) -> bool {
        !matches!(self, Self::BigQuery | Self::ClickHouse)
    }

    /// Whether comments nest for certain.
    pub(super) const fn nested_comments(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Whether quoted names keep their upper case: a setting of the session in Redshift.
    pub(super) const fn quoted_upper_case(self) -> bool {
        !matches!(self, Self::Redshift)
    }

    /// Whether `"a.b.c"` may be a path rather than a name.
    pub(super) const fn quoted_paths(self) -> bool {
        matches!(self, Self::BigQuery)
    }

    /// Whether a table has a database before its schema.
    pub(super) const fn three_parts(self) -> bool {
        !matches!(self, Self::ClickHouse)
    }

    pub(super) const fn qualify(self) -> bool {
        !matches!(self, Self::Postgres | Self::Trino)
    }

    pub(super) const fn distinct_on(self) -> bool {
        matches!(self, Self::Postgres | Self::DuckDb | Self::ClickHouse)
    }

    /// Whether UNION without ALL or DISTINCT removes duplicates without a setting.
    pub(super) const fn bare_set_operations(self) -> bool {
        !matches!(self, Self::BigQuery | Self::ClickHouse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_as_the_engine_folds_them() {
        for (syntax, word, quoted, schema, same) in [
            (Syntax::Postgres, "NAME", false, "name", true),
            (Syntax::Postgres, "NAME", true, "name", false),
            (Syntax::DuckDb, "NAME", true, "name", true),
            (Syntax::Snowflake, "name", false, "name", true),
            (Syntax::Snowflake, "NAME", true, "name", true),
            (Syntax::Snowflake, "name", true, "name", false),
            (Syntax::ClickHouse, "NAME", false, "name", false),
            (Syntax::Trino, "NAME", true, "name", true),
        ] {
            let name = syntax.written(word, quoted);
            assert_eq!(
                syntax.same(&name, &syntax.of_schema(schema)),
                same,
                "{syntax:?} {word}"
            );
        }
        assert!(!Syntax::BigQuery.same_table("DBT_MODELS", "dbt_models"));
        assert!(Syntax::BigQuery.same("NAME", "name"));
    }

    #[test]
    fn each_dialect_has_a_reading() {
        for name in [
            "postgres",
            "duckdb",
            "redshift",
            "snowflake",
            "bigquery",
            "databricks",
            "clickhouse",
            "trino",
            "athena",
        ] {
            assert!(Syntax::of_dialect(name).is_some(), "{name}");
        }
        assert_eq!(Syntax::of_dialect("oracle"), None);
    }
}
