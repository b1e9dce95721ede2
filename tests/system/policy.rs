//! The customer's file decides: what it holds back is refused by name, and a change of it counts without a restart.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;
use serde_json::{Value, json};
use tests::canaries::Canaries;
use tests::client::{Answer, Client};
use tests::process::Launch;
use tests::samples::Samples;
use tests::world::{Setup, Side, World, balanced_policy, policy, query, query_path};
use tests::{paths, wait};

const JSON: &str = "application/json";

/// A file is looked at every two seconds.
const RELOAD: Duration = Duration::from_secs(15);

async fn ask(caller: &Client, name: &str, parameters: Value) -> Answer {
    query(caller, name, &parameters, JSON).await.expect("an answer")
}

/// Replaces the policy, as an editor does that saves in place, and waits until it counts.
pub(super) async fn put(world: &mut World<'_>, text: &str) -> Result<()> {
    let before = reloads(world, "replaced").await?;
    fs::write(world.policy_file(), text)?;
    world.connector()?.signal(Signal::HUP)?;
    wait::until("the new policy", RELOAD, async || {
        (reloads(world, "replaced").await.ok()? > before).then_some(())
    })
    .await
}

async fn reloads(world: &World<'_>, result: &str) -> Result<f64> {
    let samples = Samples::of(world, Side::Connector).await?;
    Ok(samples.value(&format!("connector_policy_reloads_total{{result=\"{result}\"}}")))
}

/// Words that name what is held back, and the setting.
pub(super) fn refused(answer: &Answer, words: &[&str]) {
    assert_eq!(
        answer.problem().expect("a refusal"),
        "refused_by_policy",
        "{}",
        answer.text()
    );
    assert_eq!(answer.status.as_u16(), 403);
    for word in words {
        assert!(answer.text().contains(word), "{} lacks {word}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_is_refused_by_name_until_the_file_allows_it() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let models = async || ask(&caller, "read.dbt_models", json!({})).await;
    let sample = async || ask(&caller, "tests.failed_rows", json!({"result_id": "x"})).await;

    // The strict profile, as it is installed.
    assert!(models().await.status.is_success());
    refused(
        &sample().await,
        &["test_result_rows", "categories.failed_rows_sample"],
    );

    put(
        &mut world,
        &balanced_policy("[categories]\nfailed_rows_sample = true"),
    )
    .await
    .unwrap();
    assert!(sample().await.status.is_success());

    // Sensitive columns lie in tables that are on; each is switched on by its name.
    put(&mut world, &policy("")).await.unwrap();
    let messages = async || {
        let body = json!({"query": "read.dbt_run_results", "columns": ["unique_id", "message"]});
        caller.post(&query_path(), &body).await.expect("an answer")
    };
    refused(&messages().await, &["`dbt_run_results.message`", "columns.allow"]);
    put(
        &mut world,
        &balanced_policy("[columns]\nallow = [\"dbt_run_results.message\"]"),
    )
    .await
    .unwrap();
    assert!(messages().await.status.is_success());
    refused(
        &sample().await,
        &["test_result_rows", "categories.failed_rows_sample"],
    );

    for (text, words) in [
        (
            policy("[tables]\ndeny = [\"dbt_models\"]"),
            ["`dbt_models`", "tables.deny"],
        ),
        (
            policy("[tables]\nallow = [\"dbt_tests\"]"),
            ["`dbt_models`", "tables.allow"],
        ),
        (
            policy("[columns]\ndrop = [\"dbt_models.owner\"]"),
            ["`dbt_models.owner`", "columns.drop"],
        ),
        (
            policy("[categories]\nmetadata = false"),
            ["dbt_models", "categories.metadata"],
        ),
    ] {
        put(&mut world, &text).await.unwrap();
        refused(&models().await, &words);
        // A table within a join and within a CTE is held back as well.
        let joined = ask(&caller, "tests.failing", json!({"since": "2026-01-01"})).await;
        refused(&joined, &[words[1]]);
    }
    // A dropped column is no obstacle to those who do not ask for it.
    put(&mut world, &policy("[columns]\ndrop = [\"dbt_models.owner\"]"))
        .await
        .unwrap();
    let body = json!({"query": "read.dbt_models", "columns": ["name"]});
    let narrow = caller.post(&query_path(), &body).await.unwrap();
    assert!(
        narrow
            .json()
            .unwrap()
            .as_array()
            .is_some_and(|rows| !rows.is_empty())
    );

    let refusals = Samples::of(&world, Side::Connector).await.unwrap();
    for reason in ["category", "sensitivity", "table", "column"] {
        assert!(
            refusals.value(&format!("connector_refusals_total{{reason=\"{reason}\"}}")) > 0.0,
            "{reason}"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_without_a_signal_and_a_broken_file_leaves_the_old_policy_in_force() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let allowed = async || {
        ask(&caller, "read.dbt_models", json!({}))
            .await
            .status
            .is_success()
    };
    let broken = async |world: &World<'_>| {
        let samples = Samples::of(world, Side::Connector).await.unwrap();
        samples.value("connector_policy_broken{source=\"shop\"}")
    };
    assert!(allowed().await);
    assert_eq!(broken(&world).await, 0.0);

    let file = world.policy_file();
    for mistake in [
        "[categoriez]\nmetadata = false",
        "[tables]\ndeny = [\"dbt_modles\"]",
        "profile = 7",
    ] {
        fs::write(&file, policy(&format!("{mistake}\n# {mistake:?}"))).unwrap();
        world.connector().unwrap().signal(Signal::HUP).unwrap();
        let said =
            |l: &tests::process::Line| l.text.contains("stays in force") && l.text.contains("policy.toml");
        let line = world
            .connector()
            .unwrap()
            .logged("the mistake", RELOAD, said)
            .await
            .unwrap();
        assert_eq!(line.level(), Some("ERROR"), "{mistake}");
        wait::until("the gauge", RELOAD, async || {
            (broken(&world).await == 1.0).then_some(())
        })
        .await
        .unwrap();
        assert!(allowed().await, "{mistake}");
    }
    assert!(reloads(&world, "broken").await.unwrap() >= 1.0);

    // Mended, and with another meaning: noticed by looking, without a signal.
    fs::write(&file, policy("[tables]\ndeny = [\"dbt_models\"]")).unwrap();
    wait::until("the new policy", RELOAD, async || {
        (!allowed().await).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(broken(&world).await, 0.0);
    // A connector does not start with a broken file: there is no older one to fall back on.
    fs::write(&file, "source = 1").unwrap();
    world
        .connector()
        .unwrap()
        .terminate(Duration::from_secs(30))
        .await
        .unwrap();
    let state = world.folder().join("connector").display().to_string();
    let started = Launch::new(&paths::program("connector").unwrap())
        .args(["run", "--state", &state])
        .run()
        .await
        .unwrap();
    assert!(
        !started.status.success() && started.stderr.contains("policy.toml"),
        "{}",
        started.stderr
    );
    world.assert_no_errors_but(&["stays in force"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_connector_answers_nobody_until_it_is_resumed() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let state = world.folder().join("connector").display().to_string();
    let switch = async |command: &str, state: &str| {
        Launch::new(&paths::program("connector").unwrap())
            .args([command, "--state", state])
            .run()
            .await
            .unwrap()
    };
    let paused = async |world: &World<'_>, wanted: f64| {
        wait::until("the gauge", RELOAD, async || {
            let samples = Samples::of(world, Side::Connector).await.ok()?;
            (samples.value("connector_paused{source=\"shop\"}") == wanted).then_some(())
        })
        .await
        .unwrap();
    };
    assert!(
        ask(&caller, "read.dbt_models", json!({}))
            .await
            .status
            .is_success()
    );
    assert!(switch("pause", &state).await.status.success());
    refused(
        &ask(&caller, "read.dbt_models", json!({})).await,
        &["paused", "connector resume"],
    );
    paused(&world, 1.0).await;
    // A restart is no way around it, and neither is another policy.
    world.restart_connector().await.unwrap();
    paused(&world, 1.0).await;
    put(&mut world, &policy("[tables]\ndeny = [\"dbt_groups\"]"))
        .await
        .unwrap();
    // The gateway may not have heard yet that the tunnel before the restart is gone.
    let answer = wait::until("an answer over the new tunnel", RELOAD, async || {
        let answer = ask(&caller, "read.dbt_models", json!({})).await;
        (answer.problem().ok()? != "tunnel_lost" && answer.problem().ok()? != "source_offline")
            .then_some(answer)
    });
    refused(&answer.await.unwrap(), &["paused"]);
    assert!(switch("resume", &state).await.status.success());
    assert!(
        ask(&caller, "read.dbt_models", json!({}))
            .await
            .status
            .is_success()
    );
    paused(&world, 0.0).await;
    put(&mut world, &policy("pause = true")).await.unwrap();
    refused(
        &ask(&caller, "read.dbt_models", json!({})).await,
        &["paused", "pause = true"],
    );
    // A pause of a folder that no connector has would pause nothing.
    let elsewhere = world.folder().join("elsewhere").display().to_string();
    let wrong = switch("pause", &elsewhere).await;
    assert!(
        !wrong.status.success() && wrong.stderr.contains("connector.toml"),
        "{}",
        wrong.stderr
    );
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_leave_redacted_by_default_and_dbt_variables_not_at_all() {
    let setup = Setup {
        policy: balanced_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let columns = async |name: &str, columns: &[&str]| {
        let body = json!({"query": name, "columns": columns});
        caller.post(&query_path(), &body).await.expect("an answer")
    };
    let canaries = Canaries::load().unwrap();
    let texts = columns("read.dbt_run_results", &["unique_id", "message", "compiled_code"]).await;
    assert!(texts.status.is_success(), "{}", texts.text());
    assert!(texts.text().contains("Got ? results"), "no message was redacted");
    assert_eq!(canaries.find_in(texts.text().as_bytes()), None);
    for column in ["vars", "invocation_vars"] {
        refused(
            &columns("read.dbt_invocations", &[column]).await,
            &[column, "columns.allow"],
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}
