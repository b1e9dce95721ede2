//! The connector's own statements over a driver: fixed texts for each engine. The caller's are rendered ([`super::render`]).

use proto::query::plan::Identifier;

use crate::warehouse::render::{Dialect, Folding};

/// Columns that may be read, in order; the parameter is the schema. None where the schema's name stands in the text: see
/// [`columns`].
const COLUMNS: &str = "SELECT CAST(table_name AS VARCHAR), CAST(column_name AS VARCHAR) FROM information_schema.columns \
    WHERE table_catalog = current_database() AND table_schema = CAST($1 AS VARCHAR) \
    ORDER BY table_name, ordinal_position";

/// The engine's version.
pub(super) fn version(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Snowflake => Some("SELECT CURRENT_VERSION()"),
        // It has none, or does not tell a role that may read one schema.
        Dialect::BigQuery | Dialect::Trino | Dialect::Athena => None,
        _ => Some("SELECT version()"),
    }
}

/// The database that the connection is to.
pub(super) fn database(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres | Dialect::DuckDb | Dialect::Redshift => {
            Some("SELECT CAST(current_database() AS VARCHAR)")
        }
        _ => None,
    }
}

/// The columns that may be read, as rows of table and column, and whether the schema is bound to it.
pub(super) fn columns(dialect: Dialect, schema: &Identifier) -> Option<(String, bool)> {
    let standard = |place: &str| {
        format!(
            "SELECT CAST(table_name AS VARCHAR), CAST(column_name AS VARCHAR) FROM information_schema.columns \
             WHERE table_schema = {place} ORDER BY table_name, ordinal_position"
        )
    };
    Some(match dialect {
        Dialect::Postgres | Dialect::DuckDb | Dialect::Redshift => (COLUMNS.to_owned(), true),
        Dialect::Snowflake => (standard(":1"), true),
        Dialect::Databricks => (standard(":p1").replace("VARCHAR", "STRING"), true),
        Dialect::Trino | Dialect::Athena => (standard("?"), true),
        Dialect::ClickHouse => {
            let text = "SELECT table, name FROM system.columns WHERE database = {p1:String} ORDER BY table, position";
            (text.to_owned(), true)
        }
        Dialect::BigQuery => {
            let name = dialect.identifier(schema.as_str())?;
            let text = format!(
                "SELECT table_name, column_name FROM {name}.INFORMATION_SCHEMA.COLUMNS ORDER BY table_name, ordinal_position"
            );
            (text, false)
        }
    })
}

/// A name of the engine as the inventory has it.
pub(super) fn as_listed(dialect: Dialect, name: String) -> String {
    match dialect.folding() {
        Folding::Upper => name.to_lowercase(),
        Folding::Lower | Folding::Exact => name,
    }
}

/// A schema's name as the engine has it.
pub(super) fn as_stored(dialect: Dialect, name: &str) -> Box<str> {
    match dialect.folding() {
        Folding::Upper => name.to_uppercase().into(),
        Folding::Lower | Folding::Exact => name.into(),
    }
}

/// Statements at opening, before any query. The last one of DuckDB's makes the others final.
pub(super) fn setup(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::DuckDb => &[
            "SET GLOBAL TimeZone = 'UTC'",
            // The algebra's division of integers is PostgreSQL's.
            "SET GLOBAL integer_division = true",
            // What a query may take of the connector's host; one that needs more fails with an error of its own.
            "SET GLOBAL memory_limit = '512MB'",
            "SET GLOBAL threads = 2",
            "SET GLOBAL temp_directory = ''",
            "SET GLOBAL autoinstall_known_extensions = false",
            "SET GLOBAL autoload_known_extensions = false",
            "SET GLOBAL allow_community_extensions = false",
            "SET GLOBAL enable_external_access = false",
            "SET GLOBAL lock_configuration = true",
        ],
        _ => &[],
    }
}

/// Statements at the beginning of each connection.
pub(super) fn session(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::DuckDb => &[],
        Dialect::Postgres => &[
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "SELECT pg_catalog.set_config('TimeZone', 'UTC', false)",
        ],
        Dialect::Redshift => &[
            "SET search_path TO '$user'",
            "SET timezone TO 'UTC'",
            "SET datestyle TO 'ISO, MDY'",
        ],
        // Quoted names keep their case, and a date as text is that of ISO 8601.
        Dialect::Snowflake => &[
            "ALTER SESSION SET TIMEZONE = 'UTC'",
            "ALTER SESSION SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE",
            "ALTER SESSION SET DATE_OUTPUT_FORMAT = 'YYYY-MM-DD'",
        ],
        // An overflow is an error, and a time without a zone is UTC.
        Dialect::Databricks => &["SET TIME ZONE 'UTC'", "SET ANSI_MODE = true"],
        Dialect::BigQuery | Dialect::ClickHouse | Dialect::Trino | Dialect::Athena => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_lists_its_columns_and_takes_no_name_for_a_text() {
        for dialect in Dialect::ALL {
            for name in ["elementary", "e' OR 1 = 1 --", "e`x", "e\\x"] {
                let listed = columns(*dialect, &Identifier::new(name).unwrap());
                let in_text = listed.is_some_and(|(text, _)| text.contains(name));
                assert_eq!(
                    in_text,
                    *dialect == Dialect::BigQuery && !name.contains(['`', '\\']),
                    "{} {name}",
                    dialect.name()
                );
            }
        }
        assert_eq!(
            as_listed(Dialect::Snowflake, "DBT_MODELS".to_owned()),
            "dbt_models"
        );
        assert_eq!(&*as_stored(Dialect::Snowflake, "elementary"), "ELEMENTARY");
        assert_eq!(as_listed(Dialect::ClickHouse, "A".to_owned()), "A");
    }
}
