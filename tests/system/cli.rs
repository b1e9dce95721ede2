//! The two command lines: what an operator does with the gateway, all of it through the API, and what a customer looks at
//! on the connector's host.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::Result;
use serde_json::{Value, json};
use tests::paths;
use tests::process::{Finished, Launch};
use tests::world::{CONNECTOR, SOURCE, Setup, TENANT, World};

async fn run(program: &str, arguments: &[&str]) -> Result<Finished> {
    Launch::new(&paths::program(program)?)
        .args(arguments.iter().copied())
        .run()
        .await
}

/// `gateway …` on the world's state folder.
async fn gateway(world: &World<'_>, arguments: &[&str]) -> Finished {
    let state = world.folder().join("gateway").display().to_string();
    run("gateway", &[arguments, &["--state", &state]].concat())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_administers_tenants_tokens_and_connectors() {
    let world = World::start(Setup::default()).await.unwrap();
    let names = |list: &Value, member: &str| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item[member].as_str().unwrap().to_owned())
            .collect()
    };
    let ask = async |arguments: &[&str]| -> Value {
        gateway(&world, &[arguments, &["--json"]].concat())
            .await
            .succeeded()
            .unwrap()
            .json()
            .unwrap()
    };
    let refused = async |arguments: &[&str], exit: i32, word: &str| {
        let finished = gateway(&world, arguments).await;
        assert_eq!(
            finished.status.code(),
            Some(exit),
            "{arguments:?}: {}",
            finished.stderr
        );
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    };

    assert_eq!(ask(&["tenant", "create", "globex"]).await["tenant"], "globex");
    assert_eq!(
        names(&ask(&["tenant", "list"]).await, "tenant"),
        [TENANT, "globex"]
    );
    refused(&["tenant", "create", "globex"], 3, "conflict").await;
    refused(&["tenant", "delete", TENANT], 3, "conflict").await;
    refused(&["tenant", "delete", "nobody"], 3, "unknown_tenant").await;
    refused(&["token", "create", "--tenant", "nobody"], 3, "unknown_tenant").await;
    refused(
        &["token", "create", "--tenant", "globex", "--expires", "30d"],
        3,
        "7 days",
    )
    .await;

    // A token goes to a new file for its owner alone, or to standard output, and to no other place.
    let file = world.folder().join("join.token");
    let output = file.display().to_string();
    let made = gateway(
        &world,
        &["token", "create", "--tenant", "globex", "--output", &output],
    )
    .await;
    let made = made.succeeded().unwrap();
    let token = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(token.starts_with("etj1_") && !(made.stdout + &made.stderr).contains(token.trim()));
    refused(
        &["token", "create", "--tenant", "globex", "--output", &output],
        1,
        "exists",
    )
    .await;
    let api = ask(&[
        "api-token",
        "create",
        "--tenant",
        "globex",
        "--name",
        "n",
        "--scope",
        "query",
    ])
    .await;
    let listed = ask(&["api-token", "list", "--tenant", "globex"]).await;
    assert_eq!(names(&listed, "id"), [api["id"].as_str().unwrap()]);
    assert!(!listed.to_string().contains(api["api_token"].as_str().unwrap()));
    let caller = world
        .admin()
        .clone()
        .with_token(api["api_token"].as_str().unwrap());
    let other = tests::world::query(&caller, "read.dbt_models", &json!({}), "text/csv")
        .await
        .unwrap();
    assert_eq!(
        other.problem().unwrap(),
        "unknown_tenant",
        "the token is in force"
    );
    ask(&["api-token", "delete", api["id"].as_str().unwrap()]).await;
    let other = tests::world::query(&caller, "read.dbt_models", &json!({}), "text/csv")
        .await
        .unwrap();
    assert_eq!(other.problem().unwrap(), "unauthenticated", "the token has ended");

    let connectors = ask(&["connector", "list", "--tenant", TENANT]).await;
    assert_eq!(names(&connectors, "connector"), [CONNECTOR]);
    assert_eq!(connectors["items"][0]["tunnels"][0]["sources"], json!([SOURCE]));
    let table = gateway(&world, &["connector", "list", "--tenant", TENANT])
        .await
        .succeeded()
        .unwrap();
    assert!(
        table.stdout.contains("TUNNEL") && table.stdout.contains(CONNECTOR),
        "{}",
        table.stdout
    );

    // With its connectors a tenant goes by force only; their tunnels end and do not come back.
    ask(&["tenant", "delete", TENANT, "--force"]).await;
    assert_eq!(names(&ask(&["tenant", "list"]).await, "tenant"), ["globex"]);
    refused(&["connector", "list", "--tenant", TENANT], 3, "unknown_tenant").await;
    // No token, and no gateway.
    let nothing = world.folder().join("nothing").display().to_string();
    refused(&["tenant", "list", "--token-file", &nothing], 1, "nothing").await;
    refused(&["tenant", "list", "--api", "127.0.0.1:1"], 4, "127.0.0.1:1").await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&["tenant", "list", "--token-file", &output], 1, "chmod 600").await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_show_one_catalogue_and_the_connector_what_it_sends() {
    let list = async |program| {
        run(program, &["catalogue", "list", "--json"])
            .await
            .unwrap()
            .json()
            .unwrap()
    };
    let (here, there): (Value, Value) = (list("gateway").await, list("connector").await);
    let fingerprints = |list: &Value| -> Vec<(String, String)> {
        let queries = list["items"]
            .as_array()
            .or_else(|| list["queries"].as_array())
            .unwrap()
            .iter();
        let text = |q: &Value, member: &str| q[member].as_str().unwrap().to_owned();
        queries
            .map(|q| (text(q, "name"), text(q, "fingerprint")))
            .collect()
    };
    assert_eq!(fingerprints(&here), fingerprints(&there));
    assert!(fingerprints(&here).len() >= 45);

    let shown = run("gateway", &["catalogue", "show", "tests.failing"])
        .await
        .unwrap()
        .succeeded()
        .unwrap();
    for word in [
        "tests.failing",
        "since",
        "timestamp",
        "fingerprint",
        "FROM elementary_test_results",
    ] {
        assert!(shown.stdout.contains(word), "{word} in {}", shown.stdout);
    }
    for (dialect, word) in [("postgres", "$1"), ("duckdb", "$1")] {
        let show = [
            "catalogue",
            "show",
            "tests.failing",
            "--rendered",
            "--dialect",
            dialect,
            "--schema",
            "my_elementary",
        ];
        let shown = run("connector", &show).await.unwrap().succeeded().unwrap();
        assert!(
            shown
                .stdout
                .contains("\"my_elementary\".\"elementary_test_results\""),
            "{}",
            shown.stdout
        );
        assert!(shown.stdout.contains(word), "{}", shown.stdout);
    }
    for program in ["gateway", "connector"] {
        let unknown = run(program, &["catalogue", "show", "tests.nothing"])
            .await
            .unwrap();
        assert!(
            !unknown.status.success() && unknown.stderr.contains("tests.nothing"),
            "{}",
            unknown.stderr
        );
        let help = run(program, &["--help"]).await.unwrap().succeeded().unwrap();
        assert!(
            help.stdout.contains("Examples:") && help.stdout.contains("Exit codes:"),
            "{}",
            help.stdout
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_reads_what_a_policy_means_before_it_counts() {
    let folder = paths::scratch("policy").unwrap();
    let file = folder.path().join("policy.toml");
    let path = file.display().to_string();
    let example = run("connector", &["policy", "example"])
        .await
        .unwrap()
        .succeeded()
        .unwrap();
    fs::write(&file, &example.stdout).unwrap();
    let checked = run("connector", &["policy", "check", &path])
        .await
        .unwrap()
        .succeeded()
        .unwrap();
    assert!(!checked.stdout.is_empty());
    let checked = run("connector", &["policy", "check", &path, "--json"])
        .await
        .unwrap();
    assert!(checked.json().unwrap().is_object());
    fs::write(
        &file,
        example.stdout.replace("failed_rows_sample", "failed_row_sample"),
    )
    .unwrap();
    let refused = run("connector", &["policy", "check", &path]).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    for word in ["policy.toml", "failed_row_sample", "failed_rows_sample"] {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tested_against_the_schema_that_is_described() {
    let folder = paths::scratch("described").unwrap();
    let at = |name: &str| folder.path().join(name);
    let (schema, policy) = (at("schema.json"), at("policy.toml"));
    fs::write(
        &schema,
        r#"{"schema": "s", "tables": {"orders": {"id": "int", "card": "text"}, "people": {"id": "int"}}}"#,
    )
    .unwrap();
    let file = |tables: &str| {
        format!(
            "source = \"shop\"\nschema = \"s\"\nadhoc = true\n[categories]\nfailed_rows_sample = true\n\
             [tables]\n{tables}\n[columns]\nallow = [\"orders.id\", \"people.id\"]\ndrop = [\"orders.card\"]\n"
        )
    };
    let (schema, path) = (schema.display().to_string(), policy.display().to_string());
    let test = async |sql: &str, described: bool| {
        let mut arguments = vec![
            "policy",
            "test",
            "--policy",
            &path,
            "--dialect",
            "duckdb",
            "--sql",
            sql,
        ];
        if described {
            arguments.extend(["--schema", &schema]);
        }
        run("connector", &arguments).await.unwrap()
    };
    fs::write(&policy, file("deny = [\"people\"]")).unwrap();
    let admitted = test("SELECT id FROM orders", true).await;
    assert_eq!(
        admitted.status.code(),
        Some(0),
        "{}{}",
        admitted.stdout,
        admitted.stderr
    );
    for (sql, words) in [
        ("SELECT card FROM orders", "columns.drop"),
        ("SELECT id FROM people", "tables.deny"),
        (
            "SELECT o.id FROM orders o JOIN people p ON p.id = o.id",
            "tables.deny",
        ),
    ] {
        let refused = test(sql, true).await;
        assert_eq!(refused.status.code(), Some(3), "{sql}: {}", refused.stdout);
        assert!(refused.stdout.contains("refused_by_policy"), "{}", refused.stdout);
        assert!(refused.stdout.contains(words), "{}", refused.stdout);
    }
    // What the file names has to be in the description, or, without one, among Elementary's tables.
    let elsewhere = test("SELECT name FROM dbt_models", false).await;
    assert_eq!(elsewhere.status.code(), Some(1));
    assert!(elsewhere.stderr.contains("people"), "{}", elsewhere.stderr);
    fs::write(&policy, file("deny = [\"dbt_models\"]")).unwrap();
    let elsewhere = test("SELECT id FROM orders", true).await;
    assert_eq!(elsewhere.status.code(), Some(1));
    assert!(elsewhere.stderr.contains("dbt_models"), "{}", elsewhere.stderr);
}
