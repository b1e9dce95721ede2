//! Makes a DuckDB file that holds the real Elementary schema, for the quickstart: what a customer's warehouse would be.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use tests::dataset::{ELEMENTARY, RAW};
use tests::duckdb::DuckDb;
use tests::paths;

const HELP: &str = "\
usage: demo-warehouse FILE

Makes FILE, a DuckDB database with the rows of tests/data: the Elementary schema `analytics_elementary`, which a connector
may serve, and beside it the raw schemas, which it must not. Replaces a file of that name. Needs deploy/lib/libduckdb.so
(deploy/fetch-duckdb.sh).

exit codes: 0 done; 1 failed; 2 wrong usage";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(help), None) if help == "--help" || help == "-h" => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        (Some(file), None) if !file.as_encoded_bytes().starts_with(b"-") => {
            match make(&PathBuf::from(file)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(e) => {
                    eprintln!("demo-warehouse: {e:#}");
                    ExitCode::FAILURE
                }
            }
        }
        _ => {
            eprintln!("{HELP}");
            ExitCode::from(2)
        }
    }
}

fn make(file: &PathBuf) -> Result<()> {
    let mut part = file.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let _ = std::fs::remove_file(&part);
    let tables = DuckDb::open(&paths::libduckdb()?, &part)?.load()?;
    std::fs::rename(&part, file)
        .with_context(|| format!("moving the finished file to {}", file.display()))?;
    let served = tables.iter().filter(|t| t.schema == ELEMENTARY).count();
    println!(
        "{}: {served} tables in {ELEMENTARY}, {} in {}",
        file.display(),
        tables.len() - served,
        RAW.join(", ")
    );
    Ok(())
}
