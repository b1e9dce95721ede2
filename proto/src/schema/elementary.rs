//! The inventory of the Elementary schema, read from `elementary.txt` beside this file.
//!
//! The text is what a reviewer reads; this module only parses it. It is part of the binary, and a test parses it, so
//! that a mistake in it cannot ship.

use std::sync::LazyLock;

use super::{Category, Column, ColumnType, Schema, Sensitivity, Table};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    parse(include_str!("elementary.txt")).expect("the inventory in this binary parses: tested below")
});

/// The tables and views of the Elementary package that a connector may serve, with every column.
pub fn schema() -> &'static Schema {
    &SCHEMA
}

/// Parses the inventory; the error is the line that is not understood.
fn parse(text: &'static str) -> Result<Schema, &'static str> {
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), line.starts_with(' ')) {
            (None | Some("#"), _) => {}
            (Some(name), true) => {
                let table = tables.last_mut().ok_or(line)?;
                table.columns.push(column(name, words).ok_or(line)?);
            }
            (Some(kind), false) => tables.push(table(kind, words).ok_or(line)?),
        }
    }
    tables.sort_by_key(|table| table.name);
    Ok(Schema { tables })
}

fn table(kind: &str, mut words: impl Iterator<Item = &'static str>) -> Option<Table> {
    let view = match kind {
        "table" => false,
        "view" => true,
        _ => return None,
    };
    let mut table = Table {
        name: words.next()?,
        view,
        key: Vec::new(),
        cursor: None,
        hash: None,
        columns: Vec::new(),
    };
    while let Some(word) = words.next() {
        match word {
            "key" => table.key = words.next()?.split(',').collect(),
            "cursor" => table.cursor = Some(words.next()?),
            "hash" => table.hash = Some(words.next()?),
            _ => return None,
        }
    }
    Some(table)
}

fn column(name: &'static str, mut words: impl Iterator<Item = &'static str>) -> Option<Column> {
    let column_type = match words.next()? {
        "text" => ColumnType::Text,
        "integer" => ColumnType::Integer,
        "bigint" => ColumnType::BigInt,
        "double" => ColumnType::Double,
        "boolean" => ColumnType::Boolean,
        "timestamp" => ColumnType::Timestamp,
        _ => return None,
    };
    let categories = categories(words.next()?)?;
    let sensitivity = match words.next() {
        None => Sensitivity::None,
        Some("personal") => Sensitivity::Personal,
        Some("literal") => Sensitivity::Literal,
        Some("secret") => Sensitivity::Secret,
        Some("raw") => Sensitivity::Raw,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Column {
        name,
        column_type,
        categories,
        sensitivity,
    })
}

/// The combinations that occur; a new one is added here.
fn categories(word: &str) -> Option<&'static [Category]> {
    use Category::{AggregatedMetrics, Configuration, FailedRowsSample, Metadata, RunResults, TableMetrics};
    Some(match word {
        "metadata" => &[Metadata],
        "configuration" => &[Configuration],
        "run_results" => &[RunResults],
        "table_metrics" => &[TableMetrics],
        "failed_rows_sample" => &[FailedRowsSample],
        "aggregated_metrics+table_metrics" => &[AggregatedMetrics, TableMetrics],
        "run_results+failed_rows_sample" => &[RunResults, FailedRowsSample],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_holds_every_table_and_view_of_the_package() {
        let schema = parse(include_str!("elementary.txt")).expect("parses");
        // The package's 17, and alerts_v2, which its `edr` command makes.
        assert_eq!(schema.tables.iter().filter(|t| !t.view).count(), 18);
        assert_eq!(schema.tables.iter().filter(|t| t.view).count(), 13);
        for table in &schema.tables {
            let known = |name: &&str| table.column(name).is_some();
            assert!(table.key.iter().all(known), "{}", table.name);
            assert!(
                table.cursor.iter().chain(&table.hash).all(known),
                "{}",
                table.name
            );
            for (position, column) in table.columns.iter().enumerate() {
                assert!(
                    table
                        .columns
                        .iter()
                        .skip(position + 1)
                        .all(|c| c.name != column.name),
                    "{}",
                    column.name
                );
            }
        }
    }

    #[test]
    fn what_the_leak_scan_found_is_not_of_sensitivity_none() {
        for (table, column) in [
            ("alerts_dbt_models", "message"),
            ("alerts_v2", "data"),
            ("data_monitoring_metrics", "dimension_value"),
            ("dbt_invocations", "invocation_vars"),
            ("dbt_invocations", "vars"),
            ("dbt_run_results", "compiled_code"),
            ("dbt_run_results", "message"),
            ("metrics_anomaly_score", "dimension_value"),
            ("model_run_results", "compiled_code"),
            ("model_run_results", "message"),
            ("test_result_rows", "result_row"),
        ] {
            let column = schema()
                .table(table)
                .and_then(|t| t.column(column))
                .expect(column);
            assert!(column.sensitivity > Sensitivity::Personal, "{table}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        assert_eq!(
            parse("table t key a\n  a  blob  metadata"),
            Err("  a  blob  metadata")
        );
        assert_eq!(parse("  a  text  metadata"), Err("  a  text  metadata"));
    }
}
