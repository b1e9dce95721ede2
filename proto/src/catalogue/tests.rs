//! The shipped files, and how a request is bound to one.

use std::{fs, path::Path};

use super::*;
use crate::schema::Sensitivity;

fn entry(name: &str) -> &'static Entry {
    Catalogue::builtin()
        .get(&name.parse().expect("a name"))
        .expect(name)
}

fn given(pairs: &[(&str, Given)]) -> BTreeMap<String, Given> {
    pairs
        .iter()
        .map(|(name, given)| ((*name).to_owned(), given.clone()))
        .collect()
}

fn refused(answer: Result<Bound, Fault>) -> String {
    let fault = answer.expect_err("refused");
    assert_eq!(fault.code, Code::InvalidParameter, "{fault}");
    fault.detail.into_owned()
}

#[test]
fn every_file_of_the_folder_ships_under_its_own_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let mut files: Vec<String> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| name.ends_with(".sql"))
        .collect();
    files.sort();
    assert_eq!(
        files,
        shipped::FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>()
    );
    let catalogue = Catalogue::from_files(shipped::FILES.iter().copied(), elementary::schema());
    let names: Vec<String> = catalogue
        .expect("lowers")
        .entries()
        .map(|entry| format!("{}.sql", entry.name()))
        .collect();
    assert_eq!(files, names);
}

/// A change of a fingerprint is a change of what a name means: customers approve by it. `FINGERPRINTS` makes it visible in
/// review; where it is meant, write what the failure prints.
#[test]
fn fingerprints_are_those_on_record() {
    let recorded = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue/FINGERPRINTS"));
    let current: String = Catalogue::builtin()
        .entries()
        .map(|entry| format!("{} {}\n", entry.fingerprint(), entry.name()))
        .collect();
    assert!(
        recorded.expect("the record") == current,
        "catalogue/FINGERPRINTS should be:\n{current}"
    );
}

#[test]
fn every_table_can_be_read_with_all_its_columns() {
    for table in &elementary::schema().tables {
        let entry = entry(&format!("read.{}", table.name));
        let returned: Vec<&str> = entry.plan().output().iter().map(Identifier::as_str).collect();
        assert_eq!(
            returned,
            table.columns.iter().map(|column| column.name).collect::<Vec<_>>(),
            "{}",
            table.name
        );
        assert!(entry.narrowable(), "{}", table.name);
        let harmless: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| matches!(column.sensitivity, Sensitivity::None | Sensitivity::Personal))
            .map(|column| column.name)
            .collect();
        assert_eq!(
            entry.columns().iter().map(Identifier::as_str).collect::<Vec<_>>(),
            harmless,
            "{}",
            table.name
        );
        let names: Vec<&str> = entry
            .parameters()
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        assert_eq!(names.contains(&"since"), table.cursor.is_some(), "{}", table.name);
        assert_eq!(names.contains(&"after"), !table.key.is_empty(), "{}", table.name);
        assert!(names.contains(&"limit"));
    }
}

/// What a default policy drops is read by default only where the question is about nothing else.
#[test]
fn questions_read_no_sensitive_column_unless_asked() {
    for entry in Catalogue::builtin()
        .entries()
        .filter(|entry| entry.name().as_str() != "tests.failed_rows")
    {
        let values = entry
            .parameters()
            .iter()
            .map(|parameter| (parameter.name.as_str().to_owned(), example(parameter)));
        let bound = entry.bind_values(&[], values.collect()).expect("binds");
        for scan in bound.plan.scans() {
            let table = elementary::schema().table(scan.table.as_str()).expect("a table");
            for column in &scan.columns {
                let column = table.column(column.as_str()).expect("a column");
                let harmless = matches!(column.sensitivity, Sensitivity::None | Sensitivity::Personal);
                assert!(harmless, "{} reads {}.{}", entry.name(), table.name, column.name);
            }
        }
    }
}

fn example(parameter: &ParameterSpec) -> Value {
    parameter.default.clone().unwrap_or(match parameter.param_type {
        ParamType::Boolean => Value::Boolean(true),
        ParamType::Integer => Value::Integer(1),
        ParamType::Float => Value::Float(1.0),
        ParamType::Text => Value::Text("x".into()),
        ParamType::Timestamp => Value::Timestamp(0),
        ParamType::Date => Value::Date(0),
    })
}

#[test]
fn every_query_is_bounded_and_says_what_its_parameters_mean() {
    for entry in Catalogue::builtin().entries() {
        assert!(entry.plan().query().limit.is_some(), "{}", entry.name());
        for parameter in entry.parameters() {
            assert!(
                parameter.description.ends_with('.'),
                "{} {}",
                entry.name(),
                parameter.name.as_str()
            );
            assert_eq!(
                parameter.range.is_some(),
                parameter.param_type == ParamType::Integer,
                "{}",
                entry.name()
            );
        }
    }
}

#[test]
fn a_request_takes_defaults_and_narrows() {
    let entry = entry("read.dbt_run_results");
    let bound = entry
        .bind(
            &["status".to_owned(), "unique_id".to_owned()],
            &given(&[
                ("since", Given::Text("2026-11-22 07:00:00".into())),
                ("limit", Given::Integer(5)),
            ]),
        )
        .expect("binds");
    assert_eq!(
        bound
            .plan
            .output()
            .iter()
            .map(Identifier::as_str)
            .collect::<Vec<_>>(),
        ["status", "unique_id"]
    );
    assert_eq!(
        bound.values,
        [
            Value::Timestamp(1_795_330_800_000_000),
            Value::Text(String::new()),
            Value::Integer(5)
        ]
    );
    assert_eq!(bound.fingerprint, entry.fingerprint());
    assert_ne!(bound.plan.fingerprint(), entry.fingerprint());
    // The cursor and the key are read although they are not returned.
    assert_eq!(bound.plan.scans()[0].columns.len(), 4);

    let typed = vec![
        ("since".to_owned(), Value::Timestamp(1_795_330_800_000_000)),
        ("limit".to_owned(), Value::Integer(5)),
    ];
    assert_eq!(
        entry
            .bind_values(&["status".to_owned(), "unique_id".to_owned()], typed)
            .expect("binds"),
        bound
    );
}

#[test]
fn what_a_request_gets_wrong_is_named() {
    let read = entry("read.dbt_run_results");
    let text = |text: &str| Given::Text(text.to_owned());
    for (pairs, named) in [
        (vec![("sinse", text("x"))], "`sinse`"),
        (vec![("since", text("yesterday"))], "`since`"),
        (vec![("since", text("2026-11-22T07:00:00Z"))], "without a zone"),
        (vec![("since", Given::Null)], "null"),
        (vec![("limit", Given::Integer(0))], "within 1 and 10000000"),
        (
            vec![("limit", Given::Integer(10_000_001))],
            "within 1 and 10000000",
        ),
        (vec![("limit", text("10"))], "whole number"),
        (vec![("after", Given::Integer(1))], "`after`"),
        (vec![("after", text("a\0b"))], "NUL"),
        (vec![("after", text(&"x".repeat(5_000)))], "bytes"),
    ] {
        let detail = refused(read.bind(&[], &given(&pairs)));
        assert!(detail.contains(named), "{detail}");
    }
    assert!(refused(entry("tests.history").bind(&[], &given(&[]))).contains("`test_unique_id` is missing"));
    let twice = vec![
        ("limit".to_owned(), Value::Integer(1)),
        ("limit".to_owned(), Value::Integer(2)),
    ];
    assert!(refused(read.bind_values(&[], twice)).contains("twice"));
    let null = vec![("limit".to_owned(), Value::Null)];
    assert!(refused(read.bind_values(&[], null)).contains("an integer"));
    for columns in [vec!["nothing"], vec!["status", "status"], vec![""]] {
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        refused(read.bind(&columns, &given(&[])));
    }
    refused(entry("package.version").bind_values(&["dbt_pkg_version".to_owned(), "x".to_owned()], vec![]));
    refused(entry("lineage.nodes").bind(&["name".to_owned()], &given(&[])));
}

#[test]
fn a_name_means_one_query() {
    let schema = elementary::schema();
    let file = "-- name: mine.models\n-- purpose: Mine.\nSELECT m.name FROM dbt_models AS m LIMIT 5";
    let mine = Catalogue::from_files([("mine.sql", file)], schema).expect("lowers");
    assert_ne!(mine.digest(), Catalogue::builtin().digest());
    let both = Catalogue::builtin()
        .clone()
        .and(mine.clone())
        .expect("distinct names");
    assert_eq!(both.entries().len(), Catalogue::builtin().entries().len() + 1);
    assert!(
        both.with_fingerprint(mine.entries().next().expect("one").fingerprint())
            .is_some()
    );
    assert!(matches!(both.and(mine), Err(CatalogueError::Duplicate { .. })));

    let refused = |text: &str| {
        Catalogue::from_files([("f.sql", text)], schema)
            .map(|_| ())
            .expect_err(text)
    };
    assert!(matches!(refused("SELECT 1"), CatalogueError::Header { .. }));
    assert!(matches!(
        refused(&file.replace("dbt_models", "customers")),
        CatalogueError::Sql { .. }
    ));
    assert!(matches!(
        refused(&file.replace("m.name", "m.name, m.name")),
        CatalogueError::Header { .. }
    ));
    let unused = file.replace("SELECT", "-- parameter: n integer 1..2 = 1  -- Unused.\nSELECT");
    assert!(matches!(refused(&unused), CatalogueError::Sql { .. }));
    let beyond = file
        .replace("SELECT", "-- parameter: n integer 1..2 = 3  -- Beyond.\nSELECT")
        .replace("LIMIT 5", "LIMIT :n");
    assert!(matches!(refused(&beyond), CatalogueError::Header { .. }));
}
