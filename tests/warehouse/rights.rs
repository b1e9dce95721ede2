//! What a role may do beyond the schema is found, each right with the statement that takes it away.

use std::collections::BTreeSet;

use connector::warehouse::Warehouse;
use connector::warehouse::rights::{Excess, Severity};
use proto::query::plan::Identifier;
use tests::dataset::ELEMENTARY;
use tests::postgres::{DATABASE, READER};
use tokio::time::Instant;

use crate::both::{Both, LONG};

async fn found(warehouse: &dyn Warehouse) -> Vec<Excess> {
    let schema = Identifier::new(ELEMENTARY).unwrap();
    warehouse.rights(&schema, Instant::now() + LONG).await.unwrap()
}

fn errors(found: &[Excess]) -> BTreeSet<(&'static str, String)> {
    let errors = found.iter().filter(|e| e.check.severity == Severity::Error);
    errors.map(|e| (e.check.name, e.object.clone())).collect()
}

/// Each statement gives the reader, or everybody, one right too many; the checks that must name it, and on what.
const EXCESSES: &[(&str, &[(&str, &str)])] = &[
    (
        "alter role elementary_reader createdb",
        &[("role_attribute", "CREATEDB")],
    ),
    (
        "alter role elementary_reader bypassrls",
        &[("role_attribute", "BYPASSRLS")],
    ),
    (
        "grant pg_read_all_data to elementary_reader",
        &[("membership", "pg_read_all_data")],
    ),
    (
        "grant pg_read_server_files to elementary_reader",
        &[("membership", "pg_read_server_files")],
    ),
    (
        "create role \"in Between\" in role pg_execute_server_program",
        &[],
    ),
    (
        "grant \"in Between\" to elementary_reader",
        &[
            ("membership", "in Between"),
            ("membership", "pg_execute_server_program"),
        ],
    ),
    (
        "grant create on database warehouse to public",
        &[("database_create", "warehouse")],
    ),
    ("create schema \"odd\"\"one\"", &[]),
    (
        "grant create on schema \"odd\"\"one\" to elementary_reader",
        &[("schema_create", "odd\"one")],
    ),
    ("create table \"odd\"\"one\".\"T\" (a int, \"B\" int)", &[]),
    (
        "grant select, truncate on \"odd\"\"one\".\"T\" to public",
        &[("relation_outside", "\"odd\"\"one\".\"T\"")],
    ),
    ("create table public.wages (name text, pay int)", &[]),
    (
        "grant select (pay) on public.wages to elementary_reader",
        &[("column_outside", "public.wages.pay")],
    ),
    (
        "grant insert on analytics_elementary.dbt_models to elementary_reader",
        &[("relation_write", "analytics_elementary.dbt_models")],
    ),
    (
        "create sequence analytics_elementary.counter; grant usage on sequence analytics_elementary.counter to public",
        &[("relation_write", "analytics_elementary.counter")],
    ),
    (
        "grant select on pg_catalog.pg_authid to elementary_reader",
        &[("catalogue_secret", "pg_catalog.pg_authid")],
    ),
    (
        "create function public.peek(text) returns text language sql security definer as 'select $1'",
        &[("function_trusted", "public.peek(text)")],
    ),
    (
        "create extension dblink",
        &[("function_trusted", "public.dblink(text)")],
    ),
    (
        "create extension file_fdw; create server files foreign data wrapper file_fdw; grant usage on foreign server files to elementary_reader",
        &[("foreign_server", "files")],
    ),
    (
        "grant execute on function pg_catalog.pg_read_file(text) to elementary_reader",
        &[("server_function", "pg_read_file(text)")],
    ),
    (
        "create view analytics_elementary.window_on_wages as select * from public.wages",
        &[(
            "view_escape",
            "analytics_elementary.window_on_wages reading public.wages",
        )],
    ),
    (
        "create table public.child () inherits (analytics_elementary.dbt_groups)",
        &[("inheritance_outside", "public.child")],
    ),
    ("create type public.mood as (a int)", &[]),
    (
        "create function public.to_mood(text) returns public.mood language sql as 'select row(1)::public.mood'; \
         create cast (text as public.mood) with function public.to_mood(text) as assignment",
        &[("implicit_cast", "text to public.mood")],
    ),
    (
        "alter table public.wages owner to elementary_reader",
        &[("ownership", "public.wages")],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_right_in_excess_is_found_and_its_statement_takes_it_away() {
    let both = Both::start().await.unwrap();
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    assert_eq!(
        errors(&found(&both.postgres).await),
        BTreeSet::new(),
        "the least role"
    );

    // Common, trusted by the server itself, and nothing that reaches out.
    admin.batch_execute("create extension pgcrypto").await.unwrap();
    assert_eq!(errors(&found(&both.postgres).await), BTreeSet::new(), "pgcrypto");

    let mut expected: BTreeSet<(&str, String)> = BTreeSet::new();
    for (statement, names) in EXCESSES {
        admin
            .batch_execute(statement)
            .await
            .unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        expected.extend(names.iter().map(|(check, object)| (*check, (*object).to_owned())));
        let now = errors(&found(&both.postgres).await);
        assert!(
            now.is_superset(&expected),
            "{statement}: {:?} is not found",
            expected.difference(&now).collect::<Vec<_>>()
        );
    }

    // An administrator runs what is printed, once or as long as it prints something.
    for round in 0.. {
        let left: Vec<Excess> = found(&both.postgres).await;
        let statements: BTreeSet<&String> = left.iter().filter_map(|e| e.remedy.as_ref()).collect();
        if statements.is_empty() {
            break;
        }
        assert!(round < 4, "still there: {left:?}");
        for statement in statements {
            admin
                .batch_execute(statement)
                .await
                .unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        }
    }
    let left = found(&both.postgres).await;
    assert_eq!(errors(&left), BTreeSet::new());
    // What the role is for is still there.
    let schema = Identifier::new(ELEMENTARY).unwrap();
    let inspected = both.postgres.check(&schema, Instant::now() + LONG).await.unwrap();
    assert!(
        inspected.tables.contains_key("dbt_models"),
        "{:?}",
        inspected.tables.keys()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_is_never_in_good_standing() {
    let both = Both::start().await.unwrap();
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute(&format!("alter role {READER} superuser"))
        .await
        .unwrap();
    let now = found(&both.postgres).await;
    let attribute = now.iter().find(|e| e.object == "SUPERUSER").unwrap();
    assert_eq!(
        attribute.remedy.as_deref(),
        Some("ALTER ROLE elementary_reader NOSUPERUSER")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_without_roles_says_what_holds_in_their_place() {
    let both = Both::start().await.unwrap();
    let found = found(&both.duckdb).await;
    assert_eq!(errors(&found), BTreeSet::new());
    assert_eq!(found[0].check.name, "no_grants");
}
