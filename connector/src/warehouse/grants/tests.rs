use std::{fs, path::Path};

use super::*;

fn name(text: &str) -> Option<Name> {
    Some(text.parse().expect("a name"))
}

fn whole(engine: Engine) -> Names {
    Names {
        schema: name("analytics_elementary"),
        role: match engine {
            Engine::BigQuery => name("reader@shop-prod.iam.gserviceaccount.com"),
            _ => name("elementary_reader"),
        },
        dbt_role: name("dbt"),
        database: match engine {
            Engine::BigQuery => name("shop-prod"),
            _ => name("warehouse"),
        },
        warehouse: name("SMALL"),
    }
}

/// Lines that an engine would run.
fn run(engine: Engine, text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with(engine.comment()))
        .collect()
}

/// The texts as they were read by a person. `GOLDEN=write` writes them anew.
#[test]
fn the_statements_of_each_engine_are_those_that_were_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/warehouse/grants/golden");
    for engine in Engine::ALL.iter().copied() {
        let grants = statements(engine, &whole(engine)).expect("names of every engine");
        assert_eq!(grants.missing, Vec::<&str>::new(), "{}", engine.name());
        let file = folder.join(format!("{}.txt", engine.name()));
        if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&file, &grants.text).expect("written");
        }
        let golden = fs::read_to_string(&file).expect("a golden file");
        assert_eq!(grants.text, golden, "{}", engine.name());
    }
}

#[test]
fn nothing_but_reading_is_granted() {
    for engine in Engine::ALL
        .iter()
        .copied()
        .filter(|engine| *engine != Engine::Athena)
    {
        let grants = statements(engine, &whole(engine)).expect("names");
        for line in run(engine, &grants.text) {
            for word in [
                "INSERT",
                "UPDATE",
                "DELETE",
                "ALL PRIVILEGES",
                "OWNERSHIP",
                "CREATE TABLE",
                "ACCOUNTADMIN",
                "WITH GRANT",
                "PASSWORD '",
            ] {
                assert!(!line.contains(word), "{}: {line}", engine.name());
            }
        }
    }
}

#[test]
fn a_name_stays_a_name_wherever_it_stands() {
    let names = Names {
        schema: name("a\"b'c {role} ; DROP SCHEMA x -- \\"),
        role: name("r\"; ALTER ROLE r SUPERUSER; --"),
        dbt_role: name("d`b\"t"),
        database: name("{role}"),
        warehouse: None,
    };
    let grants = statements(Engine::Postgres, &names).expect("any name can be quoted");
    let role = "\"r\"\"; ALTER ROLE r SUPERUSER; --\"";
    let schema = "\"a\"\"b'c {role} ; DROP SCHEMA x -- \\\"";
    assert!(
        grants
            .text
            .contains(&format!("GRANT USAGE ON SCHEMA {schema} TO {role};")),
        "{}",
        grants.text
    );
    assert!(
        grants
            .text
            .contains(&format!("ON DATABASE \"{{role}}\" TO {role};")),
        "{}",
        grants.text
    );
    assert!(
        grants
            .text
            .contains("schemaname = 'a\"b''c {role} ; DROP SCHEMA x -- \\';"),
        "{}",
        grants.text
    );
    let databricks = statements(
        Engine::Databricks,
        &Names {
            role: name("a`b"),
            ..names.clone()
        },
    )
    .expect("quoted");
    assert!(databricks.text.contains("TO `a``b`;"), "{}", databricks.text);
    let trino = statements(
        Engine::Trino,
        &Names {
            role: name("a.b"),
            ..names.clone()
        },
    )
    .expect("quoted");
    assert!(trino.text.contains(r#""user": "a\\.b""#), "{}", trino.text);
    // Where a name cannot be quoted for certain, it is refused.
    for engine in [Engine::BigQuery, Engine::ClickHouse, Engine::Athena] {
        for bad in ["a`b", "a\\", "a'b", "$(id)", "a\"b", "a b", "-x"] {
            let names = Names {
                schema: name(bad),
                ..whole(engine)
            };
            let refused = statements(engine, &names).map(|grants| grants.text);
            assert!(
                matches!(refused, Err(NameError::NotPlain { .. })),
                "{bad} in {}",
                engine.name()
            );
        }
    }
    for bad in ["", "a\nb", "a\rb", "a\u{2028}b", "a\0b", &"x".repeat(256)] {
        assert_eq!(bad.parse::<Name>(), Err(NameError::Form), "{bad:?}");
    }
}

#[test]
fn what_was_not_given_stays_a_comment_and_is_said() {
    let grants = statements(Engine::Postgres, &Names::default()).expect("defaults");
    assert_eq!(grants.missing, ["--database", "--dbt-role"]);
    let run = run(Engine::Postgres, &grants.text).join("\n");
    assert!(!run.contains('<') && !run.contains("DEFAULT PRIVILEGES"), "{run}");
    assert!(
        grants
            .text
            .contains("-- ALTER DEFAULT PRIVILEGES FOR ROLE <dbt-role> IN SCHEMA"),
        "{}",
        grants.text
    );
    assert!(
        run.contains(
            "GRANT SELECT ON ALL TABLES IN SCHEMA \"analytics_elementary\" TO \"elementary_reader\";"
        )
    );
    let bigquery = statements(
        Engine::BigQuery,
        &Names {
            database: name("p-1"),
            ..Names::default()
        },
    )
    .expect("names");
    assert!(
        bigquery
            .text
            .contains("\"serviceAccount:elementary-reader@p-1.iam.gserviceaccount.com\"")
    );
}
