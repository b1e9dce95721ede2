//! What every dialect makes of plans that between them use every form of the algebra, compared with the files in
//! tests/data/rendered/, and read back by another parser of that dialect.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: its helpers too"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use connector::{
    clock::UnixMillis,
    policy::{Policy, budget::Ledger, file::Document},
    warehouse::render::{Dialect, Namespace, RenderError, inline, render},
};
use proto::{
    catalogue::Catalogue,
    query::{
        functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
        plan::{Identifier, Plan},
        types::{ParamType, Value},
    },
    schema::described,
    sql::{self, Names, Syntax},
    wire::plan::decode,
};
use serde_json::Value as Json;

/// Writes the files anew in place of comparing.
const UPDATE: &str = "TESTS_UPDATE_RENDERED";

const FORMS: &str = include_str!("../../tests/data/sql/forms.sql");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn namespace() -> Namespace {
    Namespace {
        catalog: None,
        schema: Identifier::new("elementary").unwrap(),
    }
}

fn names(dialect: &str) -> Names {
    let described = described::parse(include_bytes!("../../tests/data/sql/schema.json")).unwrap();
    let database = described.database.as_deref();
    Names::qualified(&described.tables, described.schema.as_str(), database)
        .read_as(Syntax::of_dialect(dialect).unwrap())
}

/// The statements of tests/data/sql/forms.sql, by name.
fn forms() -> Vec<(String, &'static str)> {
    let mut named = None;
    let mut forms = Vec::new();
    for line in FORMS.lines().skip_while(|line| !line.is_empty()) {
        match (line.strip_prefix("-- "), named.take()) {
            (Some(name), _) => named = Some(name),
            (None, Some(name)) => forms.push((format!("forms/{name}"), line)),
            (None, None) => {}
        }
    }
    forms
}

fn lower(text: &str, read_as: &str) -> Plan {
    sql::lower_with(text, &names(read_as), vec![]).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The cases of the corpora that are admitted, of these dialects.
fn corpora(read_as: &[&str]) -> Vec<(String, Plan)> {
    let corpora = [
        include_str!("../../tests/data/sql/corpus-public.jsonl"),
        include_str!("../../tests/data/sql/corpus-own.jsonl"),
    ];
    let mut plans = Vec::new();
    for line in corpora.iter().flat_map(|corpus| corpus.lines()) {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        if text("expect") == "admit" && read_as.contains(&text("dialect").as_str()) {
            plans.push((
                format!("cases/{}", text("id")),
                lower(&text("sql"), &text("dialect")),
            ));
        }
    }
    plans
}

/// Statements that are read as a dialect reads them: those of PostgreSQL for every dialect, its own for each.
fn statements(dialect: Dialect) -> Vec<(String, Plan)> {
    let mut plans: Vec<_> = forms()
        .into_iter()
        .map(|(name, text)| (name, lower(text, "postgres")))
        .collect();
    plans.extend(corpora(&["postgres", dialect.name()]));
    plans.extend(under_a_policy());
    plans
}

/// What a policy makes of plans: rows of samples that may be seen, masks that the warehouse applies.
fn under_a_policy() -> Vec<(String, Plan)> {
    let text = r#"
        source = "shop"
        schema = "elementary"
        profile = "balanced"
        adhoc = true
        categories.failed_rows_sample = true
        columns.mask = { "dbt_models.name" = "null", "dbt_models.description" = "truncate 5" }
        samples = { exclude_tables = ["raw_app.customers", "orders"], rows_per_result = 5, max_age_days = 30 }
    "#;
    let document = Document::parse(Path::new("policy.toml"), text.as_bytes()).unwrap();
    let policy = Policy::new(document, Arc::new(Ledger::default()));
    let asked = [
        ("samples", "SELECT result_row, test_type FROM test_result_rows"),
        ("masks", "SELECT name, description FROM dbt_models"),
    ];
    let mut plans = Vec::new();
    for (name, text) in asked {
        let plan = sql::lower_with(text, &names("postgres"), vec![]).unwrap();
        let rewritten = policy.rewrite(&plan, UnixMillis(1_800_000_000_000)).unwrap();
        plans.push((format!("policy/{name}"), rewritten.plan));
    }
    plans
}

fn sample(param_type: ParamType) -> Value {
    match param_type {
        ParamType::Boolean => Value::Boolean(true),
        ParamType::Integer => Value::Integer(7),
        ParamType::Float => Value::Float(1.0),
        ParamType::Text => Value::Text("x".to_owned()),
        ParamType::Timestamp => Value::Timestamp(0),
        ParamType::Date => Value::Date(0),
    }
}

/// The text of a golden file.
fn golden(dialect: Dialect) -> String {
    let mut file = String::new();
    let mut write = |name: &str, rendered: Result<String, String>| {
        let text = rendered.unwrap_or_else(|refusal| format!("-- refused: {refusal}"));
        writeln!(file, "-- @ {name}\n{text}\n").unwrap();
    };
    for entry in Catalogue::builtin().entries() {
        let parameters = entry.plan().parameters().iter();
        let values: Vec<Value> = parameters.map(|p| sample(p.param_type)).collect();
        let rendered = render(entry.plan(), &values, &namespace(), dialect);
        let rendered = rendered
            .map(|rendered| rendered.sql)
            .map_err(|error| error.to_string());
        write(&format!("catalogue/{}", entry.name()), rendered);
    }
    for (name, plan) in statements(dialect) {
        let bound = render(&plan, &[], &namespace(), dialect).map_err(|error| error.to_string());
        let inline = inline(&plan, &namespace(), dialect).map_err(|error| error.to_string());
        assert_eq!(bound.is_ok(), inline.is_ok(), "{name} in {}", dialect.name());
        write(&name, inline);
    }
    file
}

#[test]
fn every_dialect_renders_what_its_file_holds() {
    let mut differ = Vec::new();
    let texts = Dialect::ALL
        .iter()
        .map(|dialect| (format!("{}.sql", dialect.name()), golden(*dialect)));
    for (name, rendered) in texts.chain([("reads.jsonl".to_owned(), reads())]) {
        let path = repository().join("tests/data/rendered").join(name);
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&path, rendered).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != rendered {
            differ.push(path);
        }
    }
    assert!(
        differ.is_empty(),
        "{differ:?} differ: run with {UPDATE}=1 and read what git says has changed"
    );
}

/// What each plan reads, as [`Plan::scans`] says.
fn reads() -> String {
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for entry in Catalogue::builtin().entries() {
        plans.insert(format!("catalogue/{}", entry.name()), entry.plan().clone());
    }
    plans.extend(Dialect::ALL.iter().flat_map(|dialect| statements(*dialect)));
    let mut file = String::new();
    for (name, plan) in plans {
        let (mut tables, mut columns) = (BTreeSet::new(), BTreeSet::new());
        for scan in plan.scans() {
            let table = scan.table.as_str();
            tables.insert(table);
            columns.extend(
                scan.columns
                    .iter()
                    .map(|column| format!("{table}.{}", column.as_str())),
            );
        }
        let line = serde_json::json!({ "name": name, "tables": tables, "columns": columns });
        writeln!(file, "{line}").unwrap();
    }
    file
}

#[test]
fn each_dialects_own_cases_have_a_text() {
    let mut own = 0;
    for dialect in Dialect::ALL {
        for (name, plan) in corpora(&[dialect.name()]) {
            let text = inline(&plan, &namespace(), *dialect);
            assert!(text.is_ok(), "{name} in {}: {text:?}", dialect.name());
            own += 1;
        }
    }
    assert!(own > 400, "{own}");
}

#[test]
fn the_forms_use_every_function() {
    let functions = (Scalar::ALL
        .iter()
        .filter(|f| f.only().is_none())
        .map(|f| f.name()))
    .chain(
        Aggregate::ALL
            .iter()
            .filter(|f| f.only().is_none())
            .map(|f| f.name()),
    )
    .chain(OrderedSet::ALL.iter().map(|f| f.name()))
    .chain(WindowOnly::ALL.iter().map(|f| f.name()));
    let text = FORMS.to_lowercase();
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    let missing: Vec<_> = functions.filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Values travel beside the text: as many as it has places, and none of them in it.
#[test]
fn no_literal_is_in_a_prepared_text_but_where_one_must_stand() {
    let text = "SELECT name || 'needle1' AS a FROM dbt_models WHERE owner = 'needle2' AND name IN ('needle3', 'needle2') \
        AND alias LIKE 'needle4%'";
    let plan = sql::lower_with(text, &names("postgres"), vec![]).unwrap();
    for dialect in Dialect::ALL {
        let rendered = render(&plan, &[], &namespace(), *dialect).unwrap();
        assert!(!rendered.sql.contains("needle"), "{}", rendered.sql);
        assert_eq!(rendered.params.len(), 5, "{}", rendered.sql);
        let first = match dialect {
            Dialect::Postgres | Dialect::DuckDb | Dialect::Redshift => "$1",
            Dialect::Snowflake => ":1",
            Dialect::BigQuery => "@p1",
            Dialect::Databricks => ":p1",
            Dialect::ClickHouse => "{p1:Nullable(String)}",
            Dialect::Trino | Dialect::Athena => "?",
        };
        assert!(rendered.sql.contains(first), "{}", rendered.sql);
        assert!(
            inline(&plan, &namespace(), *dialect)
                .unwrap()
                .contains("'needle4%'")
        );
    }
}

/// Plans and texts that nobody would write: no panic, and never a place for a value without the value.
#[test]
fn what_fuzzing_has_kept_is_rendered_or_refused_in_every_dialect() {
    let corpus = |target: &str| {
        let files = fs::read_dir(repository().join("tests/fuzz/corpus").join(target)).unwrap();
        files
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect::<Vec<_>>()
    };
    let decoded = corpus("plan").into_iter().filter_map(|bytes| decode(&bytes).ok());
    let mut plans: Vec<Plan> = decoded.collect();
    for bytes in corpus("sql") {
        // The first byte is the engine's, which does not matter here.
        if let Ok(text) = str::from_utf8(bytes.get(1..).unwrap_or_default()) {
            plans.extend(sql::lower_with(text, &names("postgres"), vec![]));
        }
    }
    let (mut rendered, mut refused) = (0, 0);
    for plan in &plans {
        let values: Vec<Value> = plan.parameters().iter().map(|p| sample(p.param_type)).collect();
        for dialect in Dialect::ALL {
            match render(plan, &values, &namespace(), *dialect) {
                Ok(text) if matches!(dialect, Dialect::Trino) => {
                    let outside: String = text.sql.split('"').step_by(2).collect();
                    let outside: String = outside.split('\'').step_by(2).collect();
                    assert_eq!(outside.matches('?').count(), text.params.len(), "{}", text.sql);
                    rendered += 1;
                }
                Ok(_) => rendered += 1,
                Err(RenderError::Values { expected, given }) => panic!("{expected} {given}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        rendered > 500 && refused > 50,
        "{rendered} rendered, {refused} refused"
    );
}

/// Runs tests/dialects.py, which says what is compared.
fn read_by_another_parser(how: &[&str]) {
    let root = repository();
    let made = Command::new(root.join("tests/python.sh")).status().unwrap();
    assert!(made.success(), "tests/python.sh could not make the environment");
    let checked = Command::new(root.join("target/python/bin/python3"))
        .arg(root.join("tests/dialects.py"))
        .arg(root.join("tests/data/rendered"))
        .args(how)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        checked.status.success(),
        "{}{}",
        text(&checked.stdout),
        text(&checked.stderr)
    );
}

#[test]
fn another_parser_reads_the_same_in_every_dialect_and_finds_what_is_spoiled() {
    read_by_another_parser(&[]);
    read_by_another_parser(&["--tampered"]);
}
