//! The statements that `connector grants` prints make, on a real PostgreSQL, a role that every read works with, and that
//! nothing else does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use connector::config;
use connector::warehouse::grants::{Engine, Names, statements};
use connector::warehouse::postgres::Postgres;
use proto::schema::elementary;
use tests::dataset::ELEMENTARY;
use tests::postgres::{Cluster, DATABASE, OWNER, READER_PASSWORD};

use crate::both::{admitted, postgres_settings, run};

/// What dbt does to the package's views at each run: they are dropped and created anew, by its own role.
async fn recreate_views(cluster: &Cluster) {
    let mut script = format!("SET ROLE {OWNER};\n");
    for table in elementary::schema().tables.iter().filter(|table| table.view) {
        let name = table.name;
        script += &format!(
            "ALTER TABLE {ELEMENTARY}.{name} RENAME TO {name}_rows;\n\
             CREATE VIEW {ELEMENTARY}.{name} AS SELECT * FROM {ELEMENTARY}.{name}_rows;\n"
        );
    }
    let admin = cluster.admin(DATABASE).await.unwrap();
    admin.batch_execute(&script).await.unwrap();
}

/// How many of the tables, and how many of the views, a role reads whole.
async fn readable(warehouse: &Postgres) -> (usize, usize) {
    let (mut tables, mut views) = (0, 0);
    for table in &elementary::schema().tables {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let text = format!("select {} from {}", columns.join(", "), table.name);
        let read = run(warehouse, &admitted(ELEMENTARY, &text, vec![])).await;
        match (read.is_ok(), table.view) {
            (true, true) => views += 1,
            (true, false) => tables += 1,
            (false, _) => {}
        }
    }
    (tables, views)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_role_reads_everything_also_after_dbt_has_recreated_its_views_and_nothing_else() {
    let cluster = Cluster::start().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    let folder = tests::paths::scratch("grants").unwrap();
    let password = folder.path().join("password");
    fs::write(&password, READER_PASSWORD).unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let name = |text: &str| Some(text.parse().unwrap());
    let names = |role: &str, dbt: bool| Names {
        schema: name(ELEMENTARY),
        role: name(role),
        dbt_role: dbt.then(|| OWNER.parse().unwrap()),
        database: name(DATABASE),
        warehouse: None,
    };
    let mut warehouses = Vec::new();
    for (role, dbt) in [
        ("Reader \"of\" the shop", true),
        ("without default privileges", false),
    ] {
        let grants = statements(Engine::Postgres, &names(role, dbt)).unwrap();
        admin.batch_execute(&grants.text).await.unwrap();
        let quoted = role.replace('"', "\"\"");
        admin
            .batch_execute(&format!("ALTER ROLE \"{quoted}\" PASSWORD '{READER_PASSWORD}'"))
            .await
            .unwrap();
        let settings = config::Postgres {
            user: role.to_owned(),
            ..postgres_settings(&cluster, &password)
        };
        warehouses.push(Postgres::new(&settings).unwrap());
    }
    let all = elementary::schema().tables.len();
    let views = elementary::schema()
        .tables
        .iter()
        .filter(|table| table.view)
        .count();
    assert_eq!(views, 13);
    for warehouse in &warehouses {
        assert_eq!(readable(warehouse).await, (all - views, views));
    }

    recreate_views(&cluster).await;
    let [with, without] = &warehouses[..] else {
        panic!("two roles");
    };
    assert_eq!(readable(with).await, (all - views, views));
    assert_eq!(
        readable(without).await,
        (all - views, 0),
        "the trap that the statement is against"
    );

    // What it is not for.
    let role = "Reader \"\"of\"\" the shop";
    for statement in [
        "SELECT count(*) FROM raw_app.customers".to_owned(),
        format!("CREATE TABLE {ELEMENTARY}.mine (x int)"),
        format!("INSERT INTO {ELEMENTARY}.metadata DEFAULT VALUES"),
        format!("DELETE FROM {ELEMENTARY}.metadata"),
        "SELECT pg_catalog.pg_read_file('/etc/passwd')".to_owned(),
        "COPY (SELECT 1) TO PROGRAM 'true'".to_owned(),
        "CREATE SCHEMA mine".to_owned(),
        "CREATE ROLE mine".to_owned(),
    ] {
        // Not the habit of reading only, but the lack of the right.
        let script = format!("SET SESSION AUTHORIZATION \"{role}\"; BEGIN READ WRITE; {statement};");
        let session = cluster.admin(DATABASE).await.unwrap();
        let refused = session.batch_execute(&script).await.expect_err(&statement);
        let state = refused.code().map(|code| code.code().to_owned());
        assert_eq!(state.as_deref(), Some("42501"), "{statement}: {refused}");
    }
}
