//! Prints CSV from standard input as a table, for the quickstart: the gateway answers in CSV, people read columns.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use arrow_array::cast::AsArray;
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format;
use arrow_schema::{DataType, Field, Schema};

/// Rows that are shown; the rest is counted.
const ROWS: usize = 8;

/// Width of a line, if it is not in the environment.
const COLUMNS: usize = 140;

/// A cell's text longer than this is cut where it is shown, with a sign that it was.
const CELL: usize = 40;

fn main() -> ExitCode {
    match show(&io::read_to_string(io::stdin()).unwrap_or_default()) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("show-table: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn show(csv: &str) -> Result<String> {
    let (found, _) = Format::default()
        .with_header(true)
        .infer_schema(csv.as_bytes(), Some(1))?;
    let text: Vec<Field> = found
        .fields()
        .iter()
        .map(|f| Field::new(f.name(), DataType::Utf8, true))
        .collect();
    let names: Vec<String> = text.iter().map(|f| f.name().clone()).collect();
    let mut lines = vec![names];
    let mut rows = 0;
    for batch in ReaderBuilder::new(Arc::new(Schema::new(text)))
        .with_header(true)
        .build(csv.as_bytes())?
    {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            rows += 1;
            if rows <= ROWS {
                let columns = batch.columns().iter().map(|c| c.as_string::<i32>());
                lines.push(columns.map(|c| c.value(row)).map(cell).collect());
            }
        }
    }
    let mut table = layout(
        &lines,
        std::env::var("COLUMNS")
            .ok()
            .and_then(|c| c.parse().ok())
            .unwrap_or(COLUMNS),
    );
    if rows > ROWS {
        table += &format!("  ... and {} rows more\n", rows - ROWS);
    }
    Ok(table + if rows == 0 { "  (no rows)\n" } else { "" })
}

/// One line, without control characters, cut to its bound.
fn cell(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().count() <= CELL {
        text
    } else {
        text.chars().take(CELL - 1).chain(['…']).collect()
    }
}

fn layout(lines: &[Vec<String>], width: usize) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|i| {
            lines
                .iter()
                .filter_map(|l| l.get(i))
                .map(|c| c.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut table = String::new();
    for (number, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(c, w)| format!("{c:<w$}"))
            .collect();
        let whole = format!("  {}", padded.join("  "));
        let shown: String = whole.chars().take(width).collect();
        table += shown.trim_end();
        table.push('\n');
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
            table += &format!("  {}", rule.join("  "))
                .chars()
                .take(width)
                .collect::<String>();
            table.push('\n');
        }
    }
    table
}
