//! Questions in SQL through real processes: what is answered, what is refused and where, and what is written down of it.

use anyhow::Result;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::postgres::Cluster;
use tests::wait;
use tests::world::{SOURCE, Setup, Side, TENANT, Warehouse, World, policy, query, query_path};

const NDJSON: &str = "application/x-ndjson";

/// A literal that no log may hold.
const NEEDLE: &str = "needle-in-no-log";

/// Asks in SQL, once the connector has told what its warehouse holds.
async fn sql(caller: &Client, text: &str, parameters: Value) -> Result<Answer> {
    let body = json!({ "sql": text, "parameters": parameters });
    wait::until("the schema to be read", tests::double::SOON, async || {
        let answer = caller
            .send(Method::POST, &query_path(), NDJSON, Some(&body))
            .await;
        let early = matches!(&answer, Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE);
        (!early).then_some(answer)
    })
    .await?
}

async fn rows(caller: &Client, text: &str, parameters: Value) -> Vec<String> {
    let answer = sql(caller, text, parameters).await.unwrap();
    assert!(answer.status.is_success(), "{text}: {}", answer.text());
    answer.text().lines().map(str::to_owned).collect()
}

fn open(warehouse: Warehouse<'_>) -> Setup<'_> {
    Setup {
        policy: policy("adhoc = true"),
        warehouse,
        ..Setup::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_is_answered_with_the_right_rows_on_both_warehouses() {
    let cluster = Cluster::start().await.unwrap();
    let started = tokio::join!(
        World::start(open(Warehouse::DuckDb)),
        World::start(open(Warehouse::Postgres(&cluster)))
    );
    let (duckdb, postgres) = (started.0.unwrap(), started.1.unwrap());
    let callers = [duckdb.caller().await.unwrap(), postgres.caller().await.unwrap()];
    let statements = [
        ("SELECT count(*) AS n FROM dbt_models", json!([])),
        (
            "SELECT name, unique_id FROM analytics_elementary.dbt_models WHERE name >= $1 ORDER BY unique_id LIMIT $2",
            json!(["a", 7]),
        ),
        (
            "WITH named AS (SELECT name, unique_id FROM dbt_models) \
             SELECT left(name, 1) AS letter, count(DISTINCT unique_id) AS n FROM named GROUP BY 1 HAVING count(*) > 0 ORDER BY 1",
            json!([]),
        ),
        (
            "SELECT r.status, count(*) AS n FROM dbt_run_results r JOIN dbt_models m USING (unique_id) \
             WHERE r.created_at > $1 GROUP BY r.status ORDER BY r.status",
            json!([{"type": "timestamp", "value": "2000-01-01 00:00:00"}]),
        ),
        (
            "SELECT name FROM dbt_models EXCEPT SELECT name FROM dbt_models WHERE name IN ('a', 'b') ORDER BY 1",
            json!([]),
        ),
    ];
    for (text, parameters) in statements {
        let here = rows(&callers[0], text, parameters.clone()).await;
        let there = rows(&callers[1], text, parameters.clone()).await;
        assert!(!here.is_empty(), "{text}");
        assert_eq!(here, there, "{text}");
        // Asked again, from memory on both sides.
        assert_eq!(rows(&callers[1], text, parameters).await, there, "{text}");
    }
    for caller in &callers {
        // The same rows as the catalogued reading of the table.
        let read = query(caller, "read.dbt_models", &json!({"limit": 10_000}), NDJSON)
            .await
            .unwrap();
        let mut names: Vec<Value> = read
            .text()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].clone())
            .collect();
        names.sort_by_key(Value::to_string);
        let told = rows(caller, "SELECT name FROM dbt_models", json!([])).await;
        let mut told: Vec<Value> = told
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].clone())
            .collect();
        told.sort_by_key(Value::to_string);
        assert_eq!(told, names);
    }
    duckdb.assert_no_errors_but(&[]).unwrap();
    postgres.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_subset_does_not_hold_is_refused_with_its_place() {
    let world = World::start(open(Warehouse::DuckDb)).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert_eq!(rows(&caller, "SELECT 1 AS one", json!([])).await.len(), 1);
    for (text, parameters, line, column) in [
        ("DELETE FROM dbt_models", json!([]), 1, 1),
        ("SELECT pg_sleep(1)", json!([]), 1, 8),
        ("SELECT name\nFROM customers", json!([]), 2, 6),
        ("SELECT name\nFROM main.dbt_models", json!([]), 2, 6),
        ("SELECT 1; SELECT 2", json!([]), 1, 11),
        ("SELECT name,\n  password FROM dbt_models", json!([]), 2, 3),
        ("SELECT * FROM read_csv('/etc/passwd')", json!([]), 1, 15),
        ("SELECT name FROM dbt_models WHERE name = $2", json!(["a"]), 1, 42),
    ] {
        let answer = sql(&caller, text, parameters).await.unwrap();
        let problem: Value = serde_json::from_str(answer.text()).unwrap();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text}: {problem}");
        assert_eq!(problem["code"], "invalid_sql", "{text}: {problem}");
        assert_eq!(
            (&problem["line"], &problem["column"]),
            (&json!(line), &json!(column)),
            "{text}: {problem}"
        );
        // It names what it refuses.
        assert!(problem["detail"].as_str().unwrap().len() > 20, "{problem}");
    }
    let long = format!("SELECT '{}'", "x".repeat(40_000));
    let answer = sql(&caller, &long, json!([])).await.unwrap();
    assert_eq!(answer.problem().unwrap(), "limit_exceeded");
    for body in [
        json!({"sql": "SELECT 1", "query": "read.dbt_models"}),
        json!({"parameters": []}),
    ] {
        let answer = caller
            .send(Method::POST, &query_path(), NDJSON, Some(&body))
            .await
            .unwrap();
        assert_eq!(answer.problem().unwrap(), "invalid_request");
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_customers_leave_there_is_no_sql() {
    let world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let answer = sql(&caller, "SELECT name FROM dbt_models", json!([]))
        .await
        .unwrap();
    let problem: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(problem["code"], "refused_by_gateway", "{problem}");
    assert!(
        problem["detail"].as_str().unwrap().contains("`adhoc = true`"),
        "{problem}"
    );
    // The policy's change is told at once, and takes effect without a restart.
    std::fs::write(world.policy_file(), policy("adhoc = true")).unwrap();
    wait::until("the policy to be in force", tests::double::SOON, async || {
        let answer = sql(&caller, "SELECT name FROM dbt_models", json!([]))
            .await
            .ok()?;
        answer.status.is_success().then_some(())
    })
    .await
    .unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_record_a_plan_and_neither_records_the_text() {
    let world = World::start(open(Warehouse::DuckDb)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let text = format!("SELECT name FROM dbt_models WHERE name <> '{NEEDLE}' LIMIT 3");
    assert_eq!(rows(&caller, &text, json!([])).await.len(), 3);
    let refused = sql(&caller, &format!("SELECT '{NEEDLE}' FROM nowhere"), json!([]))
        .await
        .unwrap();
    assert_eq!(refused.problem().unwrap(), "invalid_sql");

    let opened = |side| -> Value {
        let records = world.audit(side).unwrap();
        let mine = |record: &&Value| record["event"] == "opened" && record["kind"] == "ad_hoc";
        records
            .iter()
            .find(mine)
            .unwrap_or_else(|| panic!("{records:?}"))
            .clone()
    };
    let (gateway, connector) = (opened(Side::Gateway), opened(Side::Connector));
    for record in [&gateway, &connector] {
        assert_eq!(record["tables"], json!(["dbt_models"]), "{record}");
        assert_eq!(record.get("query"), None, "{record}");
        assert_eq!(
            (&record["tenant"], &record["source"]),
            (&json!(TENANT), &json!(SOURCE))
        );
    }
    assert_eq!(gateway["fingerprint"], connector["fingerprint"]);
    assert_eq!(gateway["request"], connector["request"]);
    for side in [Side::Gateway, Side::Connector] {
        let records = world.audit(side).unwrap();
        let found = records.iter().find(|record| record.to_string().contains(NEEDLE));
        assert_eq!(found, None);
        let metrics = world.operations(side, "/metrics").await.unwrap();
        let name = match side {
            Side::Gateway => "gateway_questions_total",
            Side::Connector => "connector_questions_total",
        };
        let line = metrics
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{kind=\"ad_hoc\"}}")));
        assert!(line.is_some_and(|line| !line.ends_with(" 0")), "{line:?}");
    }
    world.assert_no_errors_but(&[]).unwrap();
}
