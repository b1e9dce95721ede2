//! What the customer stops, stops: a pause ends queries that run, down to the database, and outside of the hours of service
//! nobody is answered. Each with its twin that is.

use std::time::Duration;

use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::paths;
use tests::postgres::{Cluster, DATABASE};
use tests::process::Launch;
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, Warehouse, World, policy, query};
use time::OffsetDateTime;

use crate::policy::{put, refused};
use crate::sessions::{SOON, hold, until_running};

const JSON: &str = "application/json";

async fn ask(caller: &Client) -> Answer {
    query(caller, "read.dbt_models", &json!({}), JSON).await.unwrap()
}

async fn switch(world: &World<'_>, command: &str) {
    let state = world.folder().join("connector").display().to_string();
    let launch = Launch::new(&paths::program("connector").unwrap()).args([command, "--state", &state]);
    launch.run().await.unwrap().succeeded().unwrap();
}

/// The last record that completes a query, once there are so many.
async fn completed(world: &World<'_>, side: Side, count: usize) -> Value {
    let records = async || {
        let mut lines = world.audit(side).ok()?;
        lines.retain(|line| line["event"] == "completed");
        (lines.len() == count).then(|| lines.pop())?
    };
    wait::until("the record", SOON, records).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_a_query_that_runs_with_its_reason() {
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
    let paused = "pause = true";

    for (number, by_policy) in [(1, false), (2, true)] {
        // The query waits for a lock in the database when the customer stops it.
        let lock = hold(&cluster, "dbt_models").await.unwrap();
        let asked = tokio::spawn({
            let caller = caller.clone();
            async move { ask(&caller).await }
        });
        until_running(&admin, 1).await.unwrap();
        let words = if by_policy {
            put(&mut world, &policy(paused)).await.unwrap();
            ["paused this source", "pause = true"]
        } else {
            switch(&world, "pause").await;
            ["paused this connector", "connector resume"]
        };
        let answer = tokio::time::timeout(SOON, asked)
            .await
            .expect("an answer")
            .unwrap();
        refused(&answer, &words);
        // The lock still stands: the statement was stopped, and not waited for.
        until_running(&admin, 0).await.unwrap();
        drop(lock);
        // At the gateway the query that the connector refuses at once has one, too.
        for (side, member, count) in [
            (Side::Connector, "code", number),
            (Side::Gateway, "outcome", 2 * number - 1),
        ] {
            let record = completed(&world, side, count).await;
            assert_eq!(record[member], "refused_by_policy", "{record}");
        }
        refused(&ask(&caller).await, &words);
        if by_policy {
            put(&mut world, &policy("# resumed")).await.unwrap();
        } else {
            switch(&world, "resume").await;
        }
    }

    // Twin: one that waits as long and is not paused has its result.
    let lock = hold(&cluster, "dbt_models").await.unwrap();
    let asked = tokio::spawn({
        let caller = caller.clone();
        async move { ask(&caller).await }
    });
    until_running(&admin, 1).await.unwrap();
    // A look at the switch has passed since: the policy is read at least as often.
    put(&mut world, &policy("# and again")).await.unwrap();
    drop(lock);
    let answer = tokio::time::timeout(SOON, asked)
        .await
        .expect("an answer")
        .unwrap();
    assert!(answer.status.is_success(), "{}", answer.text());
    assert_eq!(completed(&world, Side::Connector, 3).await["code"], "ok");
    world.assert_no_errors_but(&[]).unwrap();
}

/// A window of two hours that begins so many hours from now, every day.
fn hours(ahead: i64) -> String {
    let clock = |hours: i64| {
        let at = OffsetDateTime::now_utc() + time::Duration::hours(hours);
        format!("{:02}:{:02}", at.hour(), at.minute())
    };
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    format!(
        "[hours]\ndays = {days:?}\nfrom = \"{}\"\nto = \"{}\"\nzone = \"UTC\"",
        clock(ahead),
        clock(ahead + 2)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_its_hours_a_source_answers_nobody_and_says_when_it_will() {
    let setup = Setup {
        policy: policy(&hours(-1)),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    // Within the window.
    let answer = ask(&caller).await;
    assert!(answer.status.is_success(), "{}", answer.text());

    put(&mut world, &policy(&hours(3))).await.unwrap();
    let answer = ask(&caller).await;
    refused(
        &answer,
        &["`[hours]` of service", "mon, tue", "UTC+00:00", "they begin in"],
    );
    let after: u64 = answer.header("retry-after").parse().unwrap();
    let three = Duration::from_secs(3 * 3_600);
    assert!(Duration::from_secs(after) <= three, "{after}");
    assert!(
        Duration::from_secs(after) >= three - Duration::from_secs(120),
        "{after}"
    );
    let records = world.audit(Side::Connector).unwrap();
    let refusal = records.iter().find(|line| line["event"] == "refused").unwrap();
    assert_eq!(refusal["code"], "refused_by_policy");
    let samples = Samples::of(&world, Side::Connector).await.unwrap();
    assert_eq!(samples.value("connector_refusals_total{reason=\"hours\"}"), 1.0);

    // The window comes back, and so does the service.
    put(&mut world, &policy(&format!("# again\n{}", hours(-1))))
        .await
        .unwrap();
    let answer = ask(&caller).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    world.assert_no_errors_but(&[]).unwrap();
}
