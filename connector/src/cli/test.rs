//! `connector policy test`: verdicts on statements, for people and for machines.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use proto::{
    query::plan::Identifier,
    schema::{Schema, described, elementary},
};

use super::{Exit, dialect, fail, print};
use crate::{
    policy::{Policy, budget::Ledger, file},
    verdict::{Judge, Verdict, lines},
    warehouse::render::{Dialect, Namespace},
};

/// The schema of the warehouse where neither a policy nor a description names one.
const DEFAULT_SCHEMA: &str = "elementary";

/// Largest description of a schema in bytes: that of the whole inventory has under 64 KiB.
const MAX_SCHEMA_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "\
With --jsonl, standard input holds one object a line, {\"id\": …, \"sql\": \"…\"}, and so does the output:
{\"id\", \"verdict\", \"code\", \"reason\", \"fingerprint\", \"rendered\", \"tables\", \"columns\"}, null where it does not
apply. The verdict is `admit`, `refuse`, or `error` for a line that is no such object; the run goes on after it.

No warehouse is asked. Without --policy, ad-hoc queries are on and everything of the schema is visible.

Exit codes:
  0  every line was answered; with --sql or --file: the statement would be admitted
  1  something failed on this host
  3  with --sql or --file: the statement would be refused

Examples:
  connector policy test --dialect postgres --sql 'SELECT name FROM dbt_models'
  connector policy test --policy policy.toml --dialect duckdb --file report.sql
  connector policy test --dialect postgres --schema schema.json --jsonl < statements.jsonl > verdicts.jsonl")]
pub(super) struct TestArgs {
    /// The customer's policy file; without it everything is visible.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The engine whose SQL it is.
    #[arg(long, value_name = "NAME", value_parser = dialect)]
    dialect: Dialect,
    /// The tables, as JSON: {"database", "schema", "tables": {"table": {"column": "type"}}}; without it Elementary's own.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Judge the statements on standard input, JSON lines.
    #[arg(long)]
    jsonl: bool,
    /// Judge this statement.
    #[arg(long, value_name = "TEXT")]
    sql: Option<String>,
    /// Judge the statement in this file, or on standard input with `-`.
    #[arg(long, value_name = "FILE|-")]
    file: Option<PathBuf>,
}

/// Judges, and prints.
pub(super) fn test(args: &TestArgs) -> Exit {
    let judge = match judge(args) {
        Ok(judge) => judge,
        Err(error) => return fail(&error),
    };
    if args.what.jsonl {
        return match lines::run(&judge, io::stdin().lock(), io::stdout().lock()) {
            Ok(()) => Exit::Done,
            Err(error) => fail(&format!("reading statements and writing verdicts: {error}")),
        };
    }
    let text = match (&args.what.sql, &args.what.file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(file)) => statement(file),
        (None, None) => Ok(String::new()),
    };
    match text {
        Ok(text) => show(&judge.judge(&text)),
        Err(error) => fail(&error),
    }
}

fn statement(file: &Path) -> Result<String, String> {
    let read = match file.to_str() {
        Some("-") => {
            let mut text = String::new();
            // One byte more than any statement may have, so that a longer one is refused as such.
            let bound = proto::limits::MAX_SQL_BYTES as u64 + 1;
            io::stdin()
                .lock()
                .take(bound)
                .read_to_string(&mut text)
                .map(|_| text)
        }
        _ => fs::read_to_string(file),
    };
    read.map_err(|error| format!("{}: {error}", file.display()))
}

fn judge(args: &TestArgs) -> Result<Judge, String> {
    let described = args.schema.as_deref().map(schema).transpose()?;
    let (tables, named): (&'static Schema, _) = match described {
        // For the life of the process, as the names in it are: it judges by one description.
        Some(described) => {
            let catalog = described.database.as_deref().map(Identifier::new).transpose();
            let catalog = catalog.map_err(|error| format!("--schema: database: {error}"))?;
            let tables = Box::leak(Box::new(described.tables));
            (tables, Some((catalog, described.schema)))
        }
        None => (elementary::schema(), None),
    };
    // What the file names has to be there, and what it withholds is withheld of these tables.
    let document = args
        .policy
        .as_deref()
        .map(|file| file::Document::load_for(file, tables));
    let document = document.transpose().map_err(|error| error.to_string())?;
    let (catalog, schema) = match (named, &document) {
        (Some(named), _) => named,
        (None, Some(document)) => (None, document.schema().clone()),
        (None, None) => {
            let schema = Identifier::new(DEFAULT_SCHEMA).map_err(|error| error.to_string())?;
            (None, schema)
        }
    };
    let namespace = Namespace { catalog, schema };
    let policy = document.map(|document| Policy::new(document, Arc::new(Ledger::default())));
    Ok(Judge::new(tables, namespace, args.dialect, policy))
}

fn schema(file: &Path) -> Result<described::Described, String> {
    let named = |error: &dyn std::fmt::Display| format!("--schema {}: {error}", file.display());
    let bytes = fs::metadata(file).map_err(|error| named(&error))?.len();
    if bytes > MAX_SCHEMA_BYTES {
        return Err(named(&format!("has more than {MAX_SCHEMA_BYTES} bytes")));
    }
    let json = fs::read(file).map_err(|error| named(&error))?;
    described::parse(&json).map_err(|error| named(&error))
}

fn show(verdict: &Verdict) -> Exit {
    let mut text = String::new();
    match verdict {
        Verdict::Admit(admission) => {
            let _ = writeln!(text, "admitted     {}", admission.fingerprint);
            let _ = writeln!(text, "reads        {}", admission.tables.join(", "));
            for column in &admission.columns {
                let _ = writeln!(text, "             {column}");
            }
            let _ = writeln!(
                text,
                "\n-- as the warehouse would be asked, its literals as bound values:"
            );
            let _ = writeln!(text, "{}", admission.rendered);
        }
        Verdict::Refuse(refusal) => {
            let _ = writeln!(text, "refused      {}", refusal.code);
            let _ = writeln!(text, "{}", refusal.reason);
        }
    }
    match (print(&text), verdict) {
        (Exit::Done, Verdict::Refuse(_)) => Exit::Refused,
        (exit, _) => exit,
    }
}
