//! Identity for life, with real processes: renewals under load, revocation, a connector that was off for too long, clocks
//! that are wrong by hours.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use tests::client::Client;
use tests::postgres::{Cluster, DATABASE};
use tests::process::{Finished, Launch};
use tests::samples::Samples;
use tests::world::{CONNECTOR, Setup, Side, TENANT, Warehouse, World, policy, query};
use tests::{paths, wait};

use crate::sessions::{SOON, hold, until_running};

/// Above the sum of the deadlines on the way: only what will never come exceeds it.
const BACK: Duration = Duration::from_secs(40);

/// Renewals to live through. The long form takes minutes.
fn renewals() -> f64 {
    match std::env::var("TESTS_LONG") {
        Ok(_) => 30.0,
        Err(_) => 2.0,
    }
}

/// A gateway whose connectors' certificates live for so many seconds.
fn short_lived(seconds: u32) -> Setup<'static> {
    let lifetime = format!("connector_lifetime_seconds = {seconds}");
    Setup {
        gateway_settings: vec![("# connector_lifetime_seconds = 86400".to_owned(), lifetime)],
        policy: policy("[budget]\nqueries_per_minute = 1000000"),
        ..Setup::default()
    }
}

async fn value(world: &World<'_>, side: Side, series: &str) -> f64 {
    let samples = Samples::of(world, side).await;
    samples.map_or(0.0, |samples| samples.value(series))
}

async fn ask(caller: &Client) -> Result<u16> {
    let answer = query(caller, "read.dbt_models", &json!({}), "application/json").await?;
    Ok(answer.status.as_u16())
}

async fn listed(world: &World<'_>) -> Value {
    let path = format!("/v1/tenants/{TENANT}/connectors");
    let list = world.admin().get(&path).await.unwrap().json().unwrap();
    list["items"][0].clone()
}

async fn decide(world: &World<'_>, what: &str) -> Value {
    let path = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/{what}");
    world
        .admin()
        .post(&path, &json!({}))
        .await
        .unwrap()
        .json()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_go_on_through_renewals_without_one_that_is_lost() {
    let world = World::start(short_lived(12)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let first = listed(&world).await["serial"].clone();
    let (mut asked, began) = (0, Instant::now());
    // A certificate is used once its renewal is done; the last one may not be yet.
    while value(&world, Side::Connector, "connector_renewals_total{result=\"ok\"}").await < renewals() {
        assert_eq!(ask(&caller).await.unwrap(), 200, "query {asked}");
        asked += 1;
        assert!(began.elapsed() < Duration::from_secs(600), "no renewal");
    }
    assert!(asked > 0);
    wait::until("the new certificate in force", BACK, async || {
        (listed(&world).await["serial"] != first).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(ask(&caller).await.unwrap(), 200);
    let failed = value(
        &world,
        Side::Connector,
        "connector_renewals_total{result=\"failed\"}",
    )
    .await;
    assert_eq!(failed, 0.0);
    assert!(
        value(
            &world,
            Side::Gateway,
            "gateway_tunnel_renewals_total{result=\"ok\"}"
        )
        .await
            >= renewals()
    );
    world.assert_no_errors_but(&[]).unwrap();
}

/// What `connector status` prints, and its exit code.
async fn status(world: &World<'_>, more: &[&str]) -> Finished {
    let state = world.folder().join("connector").display().to_string();
    let launch = Launch::new(&paths::program("connector").unwrap()).args(["status", "--state", &state]);
    launch.args(more.iter().copied()).run().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_connector_says_so_and_stops_knocking() {
    let cluster = Cluster::start().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let (caller, admin) = (
        world.caller().await.unwrap(),
        cluster.admin(DATABASE).await.unwrap(),
    );
    let up = status(&world, &[]).await;
    assert_eq!(up.status.code(), Some(0), "{}", up.stderr);
    assert!(up.stdout.contains("tunnel 0     up for"), "{}", up.stdout);

    // A query waits in the database while its connector is revoked: it is lost, and its statement stopped.
    let lock = hold(&cluster, "dbt_models").await.unwrap();
    let asked = tokio::spawn({
        let caller = caller.clone();
        async move { query(&caller, "read.dbt_models", &json!({}), "application/json").await }
    });
    until_running(&admin, 1).await.unwrap();
    let record = decide(&world, "revoke").await;
    assert!(record["revoked"].is_u64(), "{record}");
    let answer = tokio::time::timeout(SOON, asked)
        .await
        .expect("an answer")
        .unwrap()
        .unwrap();
    assert_eq!(answer.problem().unwrap(), "tunnel_lost");
    until_running(&admin, 0).await.unwrap();
    drop(lock);

    let said = |l: &tests::process::Line| l.text.contains("no tunnel") && l.text.contains("revoked");
    let line = world
        .connector()
        .unwrap()
        .logged("the reason", BACK, said)
        .await
        .unwrap();
    let retry: u64 = line.field("retry_ms").unwrap().parse().unwrap();
    assert!(retry >= 300_000, "{retry} ms");
    assert_eq!(value(&world, Side::Connector, "connector_revoked").await, 1.0);
    assert_eq!(value(&world, Side::Connector, "connector_tunnels").await, 0.0);
    assert_eq!(ask(&caller).await.unwrap(), 503);
    let down = status(&world, &[]).await;
    assert_eq!(down.status.code(), Some(3), "{}", down.stdout);
    for words in ["REVOKED", "next try     in", "token"] {
        assert!(down.stdout.contains(words), "{words}: {}", down.stdout);
    }
    let down = status(&world, &["--json"]).await.json().unwrap();
    assert_eq!(down["status"]["tunnels"][0]["code"], "revoked");

    // A restart is no way around it: the handshake refuses, and the connector goes back to waiting.
    world.connector().unwrap().terminate(BACK).await.unwrap();
    assert_eq!(status(&world, &[]).await.status.code(), Some(1), "nobody runs");
    let refused = "gateway_tunnel_handshakes_total{result=\"revoked\"}";
    let before = value(&world, Side::Gateway, refused).await;
    world.launch_connector().unwrap();
    wait::until("the refusal", BACK, async || {
        (value(&world, Side::Gateway, refused).await == before + 1.0).then_some(())
    })
    .await
    .unwrap();
    let line = world
        .connector()
        .unwrap()
        .logged("the reason", BACK, said)
        .await
        .unwrap();
    let retry: u64 = line.field("retry_ms").unwrap().parse().unwrap();
    assert!(retry >= 300_000, "{retry} ms");

    // Twin: with a token in its name it is back.
    world.connector().unwrap().terminate(BACK).await.unwrap();
    let token = world.join_token().await.unwrap();
    std::fs::remove_dir_all(world.folder().join("connector/identity")).unwrap();
    world.join(&token).await.unwrap().succeeded().unwrap();
    world.restart_connector().await.unwrap();
    assert_eq!(value(&world, Side::Connector, "connector_revoked").await, 0.0);
    assert_eq!(ask(&caller).await.unwrap(), 200);
    assert_eq!(status(&world, &[]).await.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn connector_that_was_off_for_too_long_waits_for_approval_and_is_back() {
    let mut world = World::start(short_lived(10)).await.unwrap();
    world.connector().unwrap().terminate(BACK).await.unwrap();
    let end = listed(&world).await["not_after"].as_u64().unwrap();
    let end = std::time::UNIX_EPOCH + Duration::from_secs(end + 1);
    wait::until("the end of the certificate", BACK, async || {
        (std::time::SystemTime::now() > end).then_some(())
    })
    .await
    .unwrap();
    world.launch_connector().unwrap();
    wait::until("the wish for approval", BACK, async || {
        listed(&world).await["reapproval"].is_object().then_some(())
    })
    .await
    .unwrap();
    let pending = |l: &tests::process::Line| l.text.contains("approval_pending");
    world
        .connector()
        .unwrap()
        .logged("that it waits", BACK, pending)
        .await
        .unwrap();
    decide(&world, "approve").await;
    world.tunnel(BACK).await.unwrap();
    assert_eq!(ask(&world.caller().await.unwrap()).await.unwrap(), 200);
    assert!(listed(&world).await["reapproval"].is_null());
}
