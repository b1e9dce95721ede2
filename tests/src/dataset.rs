//! The rows of `tests/data`: the real Elementary schema, the raw schemas beside it that must never be readable, and the
//! tables that lie in the Elementary schema without belonging to it.
//!
//! A file is a table: `elementary/NAME.csv.gz` and `raw/SCHEMA.NAME.csv.gz`, with a header. NULL is an empty field
//! without quotes; an empty string has quotes. Both databases must keep that difference, or they stop agreeing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::paths;

/// The schema that a connector serves.
pub const ELEMENTARY: &str = "analytics_elementary";

/// The schemas that it must never reach.
pub const RAW: [&str; 3] = ["raw_app", "raw_web", "hr"];

/// One table and the file with its rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// Schema, unquoted: none of the names here needs quotes.
    pub schema: String,
    /// Table, unquoted.
    pub name: String,
    /// Gzipped CSV with a header.
    pub rows: PathBuf,
}

/// For which database a statement is.
#[derive(Debug, Clone, Copy)]
pub enum Dialect {
    /// PostgreSQL 15 or newer.
    Postgres,
    /// DuckDB.
    DuckDb,
}

/// The 30 tables of the Elementary schema that have rows here, by name. Two more are there besides: `alerts_v2`, and one
/// that a test left behind.
///
/// # Errors
/// When the data folder cannot be read.
pub fn elementary() -> Result<Vec<Table>> {
    tables("elementary", |stem| Some((ELEMENTARY, stem)))
}

/// The tables of the raw schemas, by name.
///
/// # Errors
/// When the data folder cannot be read.
pub fn raw() -> Result<Vec<Table>> {
    tables("raw", |stem| stem.split_once('.'))
}

/// Statements that make every schema and table, and fill the tables that have no file.
///
/// # Errors
/// When the data folder cannot be read.
pub fn definitions(dialect: Dialect) -> Result<String> {
    let ending = match dialect {
        Dialect::Postgres => "postgres.sql",
        Dialect::DuckDb => "duckdb.sql",
    };
    let mut all = String::new();
    for file in [
        format!("schema.{ending}"),
        format!("raw/schema.{ending}"),
        "leftovers.sql".to_owned(),
    ] {
        let path = paths::data().join(&file);
        all += &fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(all)
}

/// A digest over everything in the data folder: it names what was loaded from it.
///
/// # Errors
/// When the data folder cannot be read.
pub fn digest() -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["", "elementary", "raw"] {
        files.extend(files_in(&paths::data().join(folder))?);
    }
    for file in files {
        let content = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    Ok(hash.finalize().into())
}

fn tables(folder: &str, split: impl Fn(&str) -> Option<(&str, &str)>) -> Result<Vec<Table>> {
    let mut found = Vec::new();
    for rows in files_in(&paths::data().join(folder))? {
        let name = rows.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if let Some((schema, name)) = name.strip_suffix(".csv.gz").and_then(&split) {
            found.push(Table {
                schema: schema.to_owned(),
                name: name.to_owned(),
                rows: rows.clone(),
            });
        }
    }
    ensure!(
        !found.is_empty(),
        "no rows in {}",
        paths::data().join(folder).display()
    );
    Ok(found)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    files.retain(|f| f.is_file());
    files.sort();
    Ok(files)
}
