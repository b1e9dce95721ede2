//! `connector catalogue`: the customer's decisions on what is run beside the shipped queries.
//!
//! Approving shows what a query reads and the SQL that a warehouse is sent, and asks. Without a terminal to ask on it
//! refuses, unless `--yes` says that somebody has read it.

use std::{
    fmt::Write as _,
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use proto::{catalogue::Entry, id::QueryName, query::fingerprint::Fingerprint};
use serde_json::{Value, json};

use super::{
    Exit, StateArgs, dialect, fail, print,
    show::{self, Shown},
};
use crate::{
    catalogue::{
        InForce, Live, approved_at,
        reads::{self, TableRead},
        store::{self, Replace, Store},
    },
    clock::UnixMillis,
    config::{Config, StateFolder, Warehouse},
    policy::{Policy, budget::Ledger, file::Document},
    warehouse::render::Dialect,
};

#[derive(Debug, Subcommand)]
pub(super) enum CatalogueCommand {
    /// Names, purposes and origins.
    List {
        /// The connector's folder: lists the queries approved there, too.
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// One query: parameters, columns, text.
    Show {
        /// Its name.
        name: QueryName,
        /// The connector's folder: shows a query approved or pending there, too.
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
        /// Show the SQL that a warehouse is sent, too.
        #[arg(long, requires = "dialect")]
        rendered: bool,
        /// The warehouse's dialect.
        #[arg(long, value_name = "DIALECT", value_parser = dialect)]
        dialect: Option<Dialect>,
        /// The schema that tables are qualified with.
        #[arg(long, value_name = "NAME", default_value = "analytics_elementary")]
        schema: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a query of your own run, after showing what it reads; a running connector takes it up.
    Approve(Approve),
    /// Take an approval back; a running connector refuses the query from then on.
    Revoke {
        /// The query's name.
        name: QueryName,
        #[command(flatten)]
        state: StateArgs,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The queries that the gateway proposes and that wait for your decision.
    Pending {
        #[command(flatten)]
        state: StateArgs,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Throw a proposal away.
    Discard {
        /// Its fingerprint, from `pending`.
        #[arg(long, value_name = "HEX")]
        fingerprint: Fingerprint,
        #[command(flatten)]
        state: StateArgs,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector catalogue approve owners.sql --state ./state
  connector catalogue approve --fingerprint 5e1f… --state ./state --yes")]
pub(super) struct Approve {
    /// A catalogue file.
    #[arg(required_unless_present = "fingerprint", conflicts_with = "fingerprint")]
    file: Option<PathBuf>,
    /// Approve the proposal with this fingerprint, from `pending`.
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<Fingerprint>,
    #[command(flatten)]
    state: StateArgs,
    /// Do not ask: somebody has read what it reads.
    #[arg(long)]
    yes: bool,
    /// Put it in the place of the approved query of the same name.
    #[arg(long)]
    replace: bool,
    /// The dialect to show its SQL in. [default: those of the sources in connector.toml]
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialect: Option<Dialect>,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: CatalogueCommand) -> Exit {
    match command {
        CatalogueCommand::List { state, json } => list(state.as_deref(), json),
        CatalogueCommand::Show {
            name,
            state,
            rendered: _,
            dialect,
            schema,
            json,
        } => match find(&name, state.as_deref()) {
            Ok((entry, origin)) => show::query(&entry, origin, dialect, &schema, json),
            Err(error) => fail(&error),
        },
        CatalogueCommand::Approve(args) => approve(&args),
        CatalogueCommand::Revoke { name, state, json } => {
            let done = store_of(&state.state).revoke(&name);
            told(
                done,
                json,
                &json!({ "revoked": name }),
                &format!("{name} is revoked"),
            )
        }
        CatalogueCommand::Pending { state, json } => pending(&state.state, json),
        CatalogueCommand::Discard {
            fingerprint,
            state,
            json,
        } => {
            let done = store_of(&state.state).discard(&fingerprint);
            let said = json!({ "discarded": fingerprint.to_string() });
            told(done, json, &said, &format!("{fingerprint} is discarded"))
        }
    }
}

fn told(done: Result<(), store::StoreError>, as_json: bool, said: &Value, sentence: &str) -> Exit {
    match done {
        Err(error) => fail(&error),
        Ok(()) if as_json => print(&show::json_line(said)),
        Ok(()) => print(&format!("{sentence}\n")),
    }
}

fn store_of(state: &Path) -> Store {
    Store::new(StateFolder::new(state).catalogue())
}

/// What a connector on this folder would run; what was recorded of it stays as it is.
fn in_force(state: Option<&Path>) -> Result<Arc<InForce>, store::StoreError> {
    let Some(state) = state else {
        return Ok(Live::new(Store::new("")).in_force());
    };
    let store = store_of(state);
    let contents = store.read()?;
    Ok(Arc::new(InForce::of(contents)))
}

fn find(name: &QueryName, state: Option<&Path>) -> Result<(Entry, &'static str), String> {
    let in_force = in_force(state).map_err(|error| error.to_string())?;
    if let Some(entry) = in_force.catalogue().get(name) {
        return Ok((entry.clone(), origin(&in_force, name)));
    }
    let pending = in_force.pending().iter().find(|entry| entry.name() == name);
    pending.map(|entry| (entry.clone(), "pending")).ok_or_else(|| {
        format!("there is no query `{name}`; `connector catalogue list` shows their names, with `--state DIR` yours, too")
    })
}

fn origin(in_force: &InForce, name: &QueryName) -> &'static str {
    match approved_at(in_force, name) {
        Some(_) => "approved",
        None => "shipped",
    }
}

fn list(state: Option<&Path>, as_json: bool) -> Exit {
    let in_force = match in_force(state) {
        Ok(in_force) => in_force,
        Err(error) => return fail(&error),
    };
    let catalogue = in_force.catalogue();
    let entries = || {
        let running = catalogue.entries().map(|e| (e, origin(&in_force, e.name())));
        running.chain(in_force.pending().iter().map(|e| (e, "pending")))
    };
    if as_json {
        let queries: Vec<Value> = entries()
            .map(|(entry, origin)| {
                let mut object = show::entry_json(entry);
                if let Some(object) = object.as_object_mut() {
                    object.insert("origin".to_owned(), json!(origin));
                    let at = approved_at(&in_force, entry.name()).map(|at| at.0);
                    object.insert("approved_unix_ms".to_owned(), json!(at));
                }
                object
            })
            .collect();
        let unfit: Vec<Value> = in_force
            .unfit()
            .iter()
            .map(|unfit| json!({ "name": unfit.name, "why": unfit.why }))
            .collect();
        let digest = hex::encode(catalogue.digest());
        let object = json!({ "digest": digest, "queries": queries, "not_run": unfit });
        return print(&show::json_line(&object));
    }
    let width = entries().map(|(e, _)| e.name().as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (entry, origin) in entries() {
        let _ = writeln!(
            text,
            "{:width$}  {origin:8}  {}",
            entry.name().as_str(),
            entry.purpose()
        );
    }
    for unfit in in_force.unfit() {
        let _ = writeln!(text, "{:width$}  not run   {}", unfit.name, unfit.why);
    }
    print(&show::legible(&text))
}

fn pending(state: &Path, as_json: bool) -> Exit {
    let contents = match store_of(state).read() {
        Ok(contents) => contents,
        Err(error) => return fail(&error),
    };
    if as_json {
        let items: Vec<Value> = contents
            .pending
            .iter()
            .map(|entry| {
                let reads = reads::reads(entry.plan(), &[]);
                json!({ "query": show::entry_json(entry), "text": entry.text(), "reads": reads })
            })
            .collect();
        return print(&show::json_line(&json!({ "pending": items })));
    }
    let mut text = String::new();
    for entry in &contents.pending {
        let tables: Vec<String> = reads::reads(entry.plan(), &[])
            .into_iter()
            .map(|t| t.table)
            .collect();
        let _ = writeln!(
            text,
            "{}  {}\n  {}\n  reads {}\n",
            entry.fingerprint(),
            entry.name(),
            entry.purpose(),
            tables.join(", ")
        );
    }
    if contents.pending.is_empty() {
        text.push_str("nothing waits for you\n");
    } else {
        text.push_str("Read one with `connector catalogue approve --fingerprint HEX --state DIR`, which shows it and asks.\n");
    }
    print(&show::legible(&text))
}

/// What somebody looks at before they decide.
struct Review {
    reads: Vec<TableRead>,
    /// Each source, and why its policy would refuse the query with the columns that it returns by default.
    verdicts: Vec<(String, Option<String>)>,
    /// Dialect and text.
    rendered: Vec<(&'static str, Shown)>,
    notes: Vec<String>,
}

fn approve(args: &Approve) -> Exit {
    let store = store_of(&args.state.state);
    let entry = match (&args.file, &args.fingerprint) {
        (Some(file), _) => store::read_entry(file),
        (None, Some(fingerprint)) => store.proposed(fingerprint),
        (None, None) => return fail(&"name a file, or a proposal with --fingerprint"),
    };
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return fail(&error),
    };
    let review = review(&entry, &StateFolder::new(&args.state.state), args.dialect);
    let text = review.sentences(&entry);
    // With `--json` standard output holds one object; what is to be read goes where a person sees it.
    let shown = if args.json { err(&text) } else { print(&text) };
    if shown != Exit::Done {
        return shown;
    }
    if !args.yes && !consented(&entry) {
        return fail(&format!(
            "`{}` is not approved; answer `yes`, or add `--yes` where there is nobody to ask",
            entry.name()
        ));
    }
    let replace = if args.replace { Replace::Yes } else { Replace::No };
    let done = store.approve(&entry, UnixMillis::now(), replace);
    let said = json!({
        "approved": show::entry_json(&entry),
        "reads": review.reads,
        "refused_by": review.verdicts.iter().filter(|(_, why)| why.is_some()).collect::<Vec<_>>(),
        "rendered": review.rendered,
    });
    let sentence = format!(
        "{} is approved; a running connector takes it up within seconds",
        entry.name()
    );
    told(done, args.json, &said, &sentence)
}

fn err(text: &str) -> Exit {
    match std::io::stderr().lock().write_all(text.as_bytes()) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

/// Asks the person at the terminal. Where there is none, nobody consents.
fn consented(entry: &Entry) -> bool {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return false;
    }
    eprint!(
        "Let connectors on this folder run `{}`? Type `yes`: ",
        entry.name()
    );
    let mut answer = String::new();
    input.lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

fn review(entry: &Entry, state: &StateFolder, wanted: Option<Dialect>) -> Review {
    let mut notes = Vec::new();
    let sources = match Config::load(&state.config()) {
        Ok(config) => config.sources,
        Err(error) => {
            notes.push(format!("no policy is shown: {error}"));
            Vec::new()
        }
    };
    let (policies, wrong) = reads::policies(sources.iter().map(|source| source.policy.as_path()));
    notes.extend(wrong);
    let mut dialects: Vec<Dialect> = match wanted {
        Some(dialect) => vec![dialect],
        None => sources.iter().filter_map(|s| dialect_of(&s.warehouse)).collect(),
    };
    if dialects.is_empty() {
        dialects.push(Dialect::Postgres);
    }
    dialects.dedup_by_key(|dialect| dialect.name());
    let schema = policies
        .first()
        .map_or("analytics_elementary", |policy| policy.schema().as_str());
    let mut rendered = Vec::new();
    for dialect in dialects {
        match show::rendered(entry, dialect, schema) {
            Ok(sql) => rendered.push((dialect.name(), sql)),
            Err(error) => notes.push(format!("{} cannot run it: {error}", dialect.name())),
        }
    }
    Review {
        reads: reads::reads(entry.plan(), &policies),
        verdicts: policies.iter().map(|policy| verdict(entry, policy)).collect(),
        rendered,
        notes,
    }
}

fn dialect_of(warehouse: &Warehouse) -> Option<Dialect> {
    match warehouse {
        Warehouse::Postgres(_) => Some(Dialect::Postgres),
        Warehouse::DuckDb(_) => Some(Dialect::DuckDb),
        Warehouse::Adbc(settings) => Dialect::from_name(&settings.dialect),
    }
}

fn verdict(entry: &Entry, document: &Document) -> (String, Option<String>) {
    let policy = Policy::new(document.clone(), Arc::new(Ledger::default()));
    let narrowed = entry.plan().narrow(entry.columns());
    let refusal = policy.check(narrowed.as_ref().unwrap_or(entry.plan())).err();
    (
        document.source().to_string(),
        refusal.map(|refusal| refusal.fault.detail.into_owned()),
    )
}

impl Review {
    fn sentences(&self, entry: &Entry) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}\n{}\nfingerprint  {}\n",
            entry.name(),
            entry.purpose(),
            entry.fingerprint()
        );
        let parameters = show::parameters(entry);
        if !parameters.is_empty() {
            let _ = writeln!(text, "parameters\n{parameters}");
        }
        for table in &self.reads {
            let _ = writeln!(text, "reads {}", table.table);
            if table.columns.is_empty() {
                text.push_str("  no column, only how many rows there are\n");
            }
            for column in &table.columns {
                let held: String = column
                    .policies
                    .iter()
                    .map(|(source, treatment)| format!("; {source}: {treatment}"))
                    .collect();
                let _ = writeln!(
                    text,
                    "  {}  ({}; {}: {}{held})",
                    column.column,
                    column.categories.join(", "),
                    column.sensitivity,
                    column.holds
                );
            }
        }
        for (source, why) in &self.verdicts {
            let _ = match why {
                None => writeln!(text, "\nThe policy of source `{source}` admits it as it is now."),
                Some(why) => writeln!(
                    text,
                    "\nThe policy of source `{source}` refuses it as it is now: {why}"
                ),
            };
        }
        for (dialect, sql) in &self.rendered {
            let _ = writeln!(text, "\n-- as a {dialect} warehouse is sent it:\n{sql}");
        }
        for note in &self.notes {
            let _ = writeln!(text, "\nnote: {note}");
        }
        text.push('\n');
        show::legible(&text)
    }
}

#[cfg(test)]
mod tests {
    use proto::catalogue::Catalogue;

    use super::*;

    #[test]
    fn without_a_folder_what_is_shipped_is_found_and_nothing_else() {
        let known = Catalogue::builtin().entries().next().expect("one").name().clone();
        assert_eq!(find(&known, None).map(|(_, origin)| origin), Ok("shipped"));
        assert!(find(&"own.query".parse().expect("a name"), None).is_err());
    }
}
