//! Bounds: rows, bytes, time, queries at once and in a period. What goes beyond is an error with a code, and where it
//! passes by itself, with a time to come back.

use std::fs;

use http::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::postgres::{Cluster, DATABASE};
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, Warehouse, World, open_policy, policy, query_path};

use crate::sessions::{SOON, hold, until_running};

const JSON: &str = "application/json";

async fn ask(caller: &Client, body: &Value) -> Answer {
    caller
        .send(Method::POST, &query_path(), JSON, Some(body))
        .await
        .expect("an answer")
}

fn models() -> Value {
    json!({"query": "read.dbt_models"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_beyond_its_rows_or_bytes_is_an_error_and_never_a_shorter_result() {
    let world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let whole = ask(&caller, &models()).await;
    let rows = whole.json().unwrap().as_array().unwrap().len();
    for (bound, most, code) in [
        ("max_rows", rows, "ok"),
        ("max_rows", rows - 1, "limit_exceeded"),
        ("max_rows", 1, "limit_exceeded"),
        ("max_bytes", 1_000_000, "ok"),
        ("max_bytes", 1_000, "limit_exceeded"),
        ("max_bytes", 1, "limit_exceeded"),
    ] {
        let answer = ask(&caller, &json!({"query": "read.dbt_models", bound: most})).await;
        match code {
            "ok" => assert_eq!(
                answer.json().unwrap().as_array().unwrap().len(),
                rows,
                "{bound} {most}"
            ),
            code => assert_eq!(answer.problem().unwrap(), code, "{bound} {most}"),
        }
    }
    // The customer's bounds are of the same kind, and hold whatever the caller asks.
    for budget in ["rows_per_query = 3", "bytes_per_query = 1000"] {
        world_policy(&world, &policy(&format!("[budget]\n{budget}"))).await;
        let answer = ask(
            &caller,
            &json!({"query": "read.dbt_models", "max_rows": rows, "max_bytes": 1_000_000}),
        )
        .await;
        assert_eq!(answer.problem().unwrap(), "limit_exceeded", "{budget}");
        assert!(
            answer.header("retry-after").is_empty(),
            "the same request would fail again"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

/// Replaces the policy and waits until it counts.
async fn world_policy(world: &World<'_>, text: &str) {
    let replaced = async || {
        let samples = Samples::of(world, Side::Connector).await.expect("metrics");
        samples.value("connector_policy_reloads_total{result=\"replaced\"}")
    };
    let before = replaced().await;
    fs::write(world.policy_file(), text).expect("written");
    let counts = async || (replaced().await > before).then_some(());
    wait::until("the new policy", SOON, counts)
        .await
        .expect("a reload");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_the_query_in_the_database_too() {
    let cluster = Cluster::start().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: open_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    let lock = hold(&cluster, "dbt_models").await.unwrap();

    let late = ask(&caller, &json!({"query": "read.dbt_models", "deadline_ms": 300})).await;
    assert_eq!(late.problem().unwrap(), "deadline_exceeded", "{}", late.text());
    assert_eq!(late.status.as_u16(), 504);
    until_running(&admin, 0).await.unwrap();

    // The customer's time is shorter than the caller's.
    world_policy(&world, &open_policy("[budget]\nseconds_per_query = 1")).await;
    let late = ask(
        &caller,
        &json!({"query": "read.dbt_models", "deadline_ms": 30_000}),
    )
    .await;
    assert_eq!(late.problem().unwrap(), "deadline_exceeded", "{}", late.text());
    until_running(&admin, 0).await.unwrap();
    // A lock that stays is the warehouse's doing, and said so before the deadline.
    world_policy(&world, &open_policy("")).await;
    let locked = ask(
        &caller,
        &json!({"query": "read.dbt_models", "deadline_ms": 30_000}),
    )
    .await;
    assert_eq!(locked.problem().unwrap(), "warehouse_error", "{}", locked.text());
    assert!(
        locked.text().contains("55P03"),
        "lock_not_available: {}",
        locked.text()
    );
    assert!(
        !locked.text().to_lowercase().contains("select"),
        "{}",
        locked.text()
    );

    drop(lock);
    let answer = ask(
        &caller,
        &json!({"query": "read.dbt_models", "deadline_ms": 30_000}),
    )
    .await;
    assert!(answer.status.is_success(), "{}", answer.text());
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_by_the_databases_own_clock_where_nobody_else_ends_it() {
    let cluster = Cluster::start().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    let lock = hold(&cluster, "dbt_models").await.unwrap();
    let body = json!({"query": "read.dbt_models", "deadline_ms": 2_000});
    let frozen = async {
        until_running(&admin, 1).await.unwrap();
        // From here on the connector does nothing, and the lock's own time is longer than the query's.
        world.connector().unwrap().signal(Signal::STOP).unwrap();
        let active =
            "select count(*) from pg_stat_activity where usename = 'elementary_reader' and state = 'active'";
        wait::until("the statement's end", SOON, async || {
            let count: i64 = admin.query_one(active, &[]).await.ok()?.get(0);
            (count == 0).then_some(())
        })
        .await
        .unwrap();
    };
    let (answer, ()) = tokio::join!(ask(&caller, &body), frozen);
    assert_eq!(
        answer.problem().unwrap(),
        "deadline_exceeded",
        "{}",
        answer.text()
    );
    let log = fs::read_to_string(cluster.log()).unwrap();
    assert!(log.contains("due to statement timeout"), "{log}");
    drop(lock);
    world.connector().unwrap().signal(Signal::CONT).unwrap();
    wait::until("service to return", SOON, async || {
        ask(&caller, &json!({"query": "read.dbt_models"}))
            .await
            .status
            .is_success()
            .then_some(())
    })
    .await
    .unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

/// One query waits in the database; another is refused until the first has ended.
async fn one_at_a_time(settings: &[(&str, &str)], policy: String, words: &[&str]) {
    let cluster = Cluster::start().await.expect("a cluster");
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy,
        gateway_settings: settings
            .iter()
            .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
            .collect(),
        ..Setup::default()
    };
    let world = World::start(setup).await.expect("a world");
    let caller = world.caller().await.expect("a caller");
    let admin = cluster.admin(DATABASE).await.expect("a session");
    let lock = hold(&cluster, "dbt_models").await.expect("a lock");
    let first = async {
        let answer = ask(&caller, &models()).await;
        assert!(answer.status.is_success(), "{}", answer.text());
    };
    let then = async {
        until_running(&admin, 1).await.expect("the first one runs");
        let refused = ask(&caller, &json!({"query": "read.dbt_tests"})).await;
        assert_eq!(
            refused.problem().expect("a refusal"),
            "overloaded",
            "{}",
            refused.text()
        );
        assert_eq!(refused.status.as_u16(), 503);
        let after: u64 = refused
            .header("retry-after")
            .parse()
            .expect("a number of seconds");
        assert!((1..=60).contains(&after), "{after}");
        for word in words {
            assert!(refused.text().contains(word), "{}", refused.text());
        }
        drop(lock);
    };
    tokio::join!(first, then);
    let answer = ask(&caller, &json!({"query": "read.dbt_tests"})).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    world.assert_no_errors_but(&[]).expect("quiet logs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_its_most_at_once() {
    one_at_a_time(
        &[("# tenant_exchanges = 16", "tenant_exchanges = 1")],
        policy(""),
        &["the tenant has 1"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_has_its_most_at_once() {
    one_at_a_time(
        &[("# tunnel_exchanges = 31", "tunnel_exchanges = 1")],
        policy(""),
        &["tunnel"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_has_a_most_at_once() {
    one_at_a_time(
        &[],
        policy("[budget]\nconcurrent_queries = 1"),
        &["budget.concurrent_queries"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_bounds_queries_a_minute_and_bytes_a_day() {
    let setup = Setup {
        policy: policy("[budget]\nqueries_per_minute = 3"),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    for _ in 0..3 {
        assert!(ask(&caller, &models()).await.status.is_success());
    }
    let limited = |answer: &Answer, setting: &str| {
        assert_eq!(answer.problem().unwrap(), "rate_limited", "{}", answer.text());
        assert_eq!(answer.status.as_u16(), 429);
        assert!(answer.text().contains(setting), "{}", answer.text());
        answer.header("retry-after").parse::<u64>().unwrap()
    };
    let after = limited(&ask(&caller, &models()).await, "budget.queries_per_minute");
    assert!((1..=20).contains(&after), "{after} s for a third of a minute");

    // Three or four results, then the day is used up, also for a connector that starts again.
    world_policy(&world, &policy("[budget]\nbytes_per_day = 20_000")).await;
    let used_up = wait::until("the end of the day's bytes", SOON, async || {
        let answer = ask(&caller, &models()).await;
        (!answer.status.is_success()).then_some(answer)
    });
    let after = limited(&used_up.await.unwrap(), "budget.bytes_per_day");
    assert!((1..=86_400).contains(&after), "{after}");
    world.connector().unwrap().signal(Signal::TERM).unwrap();
    world.connector().unwrap().ended(SOON).await.unwrap();
    world.restart_connector().await.unwrap();
    limited(&ask(&caller, &models()).await, "budget.bytes_per_day");

    let samples = Samples::of(&world, Side::Connector).await.unwrap();
    assert!(samples.value("connector_refusals_total{reason=\"bytes_per_day\"}") >= 1.0);
    world.assert_no_errors_but(&[]).unwrap();
}
