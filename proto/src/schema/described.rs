//! A schema described in JSON: `{"database": …, "schema": …, "tables": {"table": {"column": "type"}}}`.
//!
//! For the verdict tool, which knows no warehouse. What the Elementary inventory knows of a column stays true of it; a
//! column that the inventory lacks counts as raw values of the customer, so that no profile of a policy shows it by chance.
//!
//! The names live as long as the process, as those of the inventory do: read one description in a process, not many.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use thiserror::Error;

use super::{Category, Column, ColumnType, Schema, Sensitivity, Table, elementary};
use crate::{limits::MAX_SCAN_COLUMNS, query::plan::Identifier};

/// Tables in a description: ten times what Elementary has.
const MAX_TABLES: usize = 500;

/// What a description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The database that may stand before the schema.
    pub database: Option<String>,
    /// The schema that may stand before a table.
    pub schema: Identifier,
    /// The tables.
    pub tables: Schema,
}

/// Why a description was refused.
#[derive(Debug, Error)]
pub enum DescribedError {
    /// Not JSON of that form.
    #[error(
        "{0}; a schema is {{\"database\": …, \"schema\": …, \"tables\": {{\"table\": {{\"column\": \"type\"}}}}}}"
    )]
    Form(#[from] serde_json::Error),
    /// A name that no table or column can have.
    #[error("a name of 1 to 63 bytes without control characters is expected in place of `{0}`")]
    Name(String),
    /// More than fits.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

/// Reads a description.
pub fn parse(json: &[u8]) -> Result<Described, DescribedError> {
    let raw: Raw = serde_json::from_slice(json)?;
    if raw.tables.0.len() > MAX_TABLES {
        return Err(DescribedError::TooMany {
            what: "tables",
            limit: MAX_TABLES,
        });
    }
    let mut tables = raw
        .tables
        .0
        .into_iter()
        .map(table)
        .collect::<Result<Vec<_>, _>>()?;
    tables.sort_by_key(|table| table.name);
    Ok(Described {
        database: raw.database,
        schema: name(&raw.schema)?,
        tables: Schema { tables },
    })
}

/// The file as written. What else stands in it, such as the dialect it was taken from, is not needed here.
#[derive(Deserialize)]
struct Raw {
    database: Option<String>,
    schema: String,
    tables: Ordered<Ordered<String>>,
}

/// The members of an object in their order, none twice.
struct Ordered<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = std::collections::BTreeSet::new();
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                    members.push((name, value));
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

fn name(text: &str) -> Result<Identifier, DescribedError> {
    Identifier::new(text).map_err(|_| DescribedError::Name(text.chars().take(80).collect()))
}

fn table((table, columns): (String, Ordered<String>)) -> Result<Table, DescribedError> {
    name(&table)?;
    if columns.0.len() > MAX_SCAN_COLUMNS {
        return Err(DescribedError::TooMany {
            what: "columns of one table",
            limit: MAX_SCAN_COLUMNS,
        });
    }
    let known = elementary::schema().table(&table.to_ascii_lowercase());
    let mut read = Vec::with_capacity(columns.0.len());
    for (column, column_type) in columns.0 {
        name(&column)?;
        let known = known.and_then(|known| known.column(&column.to_ascii_lowercase()));
        read.push(Column {
            name: column.leak(),
            column_type: kind(&column_type),
            categories: known.map_or(&[Category::FailedRowsSample], |known| known.categories),
            sensitivity: known.map_or(Sensitivity::Raw, |known| known.sensitivity),
        });
    }
    let key = |key: &&'static str| read.iter().any(|column| column.name == *key);
    Ok(Table {
        name: table.leak(),
        view: known.is_some_and(|known| known.view),
        key: known
            .iter()
            .flat_map(|known| &known.key)
            .copied()
            .filter(key)
            .collect(),
        cursor: known.and_then(|known| known.cursor).filter(key),
        hash: known.and_then(|known| known.hash).filter(key),
        columns: read,
    })
}

/// The nearest type that the inventory knows; text for any other.
fn kind(column_type: &str) -> ColumnType {
    let lower = column_type.to_ascii_lowercase();
    let word = lower.split(['(', ' ']).next().unwrap_or_default();
    match word {
        "int" | "integer" | "int4" | "smallint" | "int2" | "int32" => ColumnType::Integer,
        "bigint" | "int8" | "int64" | "long" => ColumnType::BigInt,
        "double" | "float" | "float8" | "float64" | "real" | "float4" | "numeric" | "decimal" | "number" => {
            ColumnType::Double
        }
        "bool" | "boolean" => ColumnType::Boolean,
        _ if word.starts_with("timestamp") || word.starts_with("datetime") => ColumnType::Timestamp,
        _ => ColumnType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_the_order_of_columns_and_what_the_inventory_knows() {
        let described = parse(
            br#"{"database": "w", "schema": "e", "dialect": "postgres", "tables": {"extra": {"z": "text", "a": "int"},
                 "dbt_models": {"name": "text", "own": "double precision"}}}"#,
        )
        .expect("a description");
        let names = |table: &Table| table.columns.iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(described.database.as_deref(), Some("w"));
        let extra = described.tables.table("extra").expect("a table");
        assert_eq!(names(extra), ["z", "a"]);
        assert!(
            extra
                .columns
                .iter()
                .all(|column| column.sensitivity == Sensitivity::Raw)
        );
        let models = described.tables.table("dbt_models").expect("a table");
        let known = elementary::schema()
            .table("dbt_models")
            .and_then(|t| t.column("name"));
        assert_eq!(
            models.column("name").map(|c| c.sensitivity),
            known.map(|c| c.sensitivity)
        );
        assert_eq!(
            models.column("own").map(|c| c.sensitivity),
            Some(Sensitivity::Raw)
        );
    }

    #[test]
    fn what_is_no_description_is_refused() {
        for bad in [
            "",
            "[]",
            r#"{"schema": "e"}"#,
            r#"{"schema": "", "tables": {}}"#,
            r#"{"schema": "e", "tables": {"t": {"c": 1}}}"#,
            r#"{"schema": "e", "tables": {"t": {}, "t": {}}}"#,
            r#"{"schema": "e", "tables": {"t": {"a": "text", "a": "text"}}}"#,
            "{\"schema\": \"e\", \"tables\": {\"a\\u0000\": {}}}",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
