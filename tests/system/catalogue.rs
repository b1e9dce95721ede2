//! The customer's own queries: proposed by the cloud, run only once the customer has approved them, and no more once they
//! have taken it back. And a gateway in the wrong hands, which would like it otherwise.

use std::fs;
use std::time::Duration;

use proto::error::Code;
use proto::limits::{MAX_PENDING, MAX_SQL_BYTES};
use proto::query::fingerprint::Fingerprint;
use proto::wire::frame::{ControlFrame, ExchangeFrame, Question, Trailer, hidden};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::client::{Answer, Client};
use tests::double::gateway::{Tunnel, request};
use tests::postgres::Cluster;
use tests::process::{Finished, Launch};
use tests::samples::Samples;
use tests::world::{SOURCE, Setup, Side, TENANT, Warehouse, World, query};
use tests::{paths, wait};

use super::hostile_gateway::taken_over;

const JSON: &str = "application/json";
/// Files are looked at every two seconds.
const SOON: Duration = Duration::from_secs(20);

const OWN: &str = "-- name: own.models\n-- purpose: Models of one owner.\n\
                   -- parameter: lowest text  -- The lowest id.\n\
                   -- parameter: limit integer 1..100 = 3  -- Rows.\n\
                   SELECT unique_id, name FROM dbt_models WHERE unique_id >= :lowest ORDER BY unique_id LIMIT :limit\n";

fn place() -> String {
    format!("/v1/tenants/{TENANT}/sources/{SOURCE}/catalogue")
}

async fn connector(world: &World<'_>, arguments: &[&str]) -> Finished {
    let state = world.folder().join("connector").display().to_string();
    let launch = Launch::new(&paths::program("connector").unwrap()).args(["catalogue"]);
    launch
        .args(arguments.iter().copied())
        .args(["--state", &state])
        .run()
        .await
        .unwrap()
}

async fn ask(caller: &Client, parameters: Value) -> Answer {
    query(caller, "own.models", &parameters, JSON).await.unwrap()
}

/// Asks until the answer is of this code; `ok` for a result.
async fn becomes(caller: &Client, code: &str) -> Answer {
    wait::until(code, SOON, async || {
        let answer = ask(caller, json!({"lowest": "model"})).await;
        let is = answer.problem().unwrap_or_else(|_| "ok".to_owned());
        (is == code).then_some(answer)
    })
    .await
    .unwrap()
}

fn events(world: &World<'_>, change: &str) -> usize {
    let records = world.audit(Side::Connector).unwrap();
    let is = |line: &&Value| line["event"] == "catalogue" && line["change"] == change;
    records.iter().filter(is).count()
}

fn recorded(world: &World<'_>, side: Side, event: &str) -> Vec<Value> {
    let mut records = world.audit(side).unwrap();
    records.retain(|line| line["event"] == event);
    records
}

/// A customer who looks at a terminal sees what there is: nothing in this text moves, colours, hides or turns around.
fn plain(text: &str) {
    let shown = text.chars().filter(|c| !matches!(c, '\n' | '\t'));
    let hidden: Vec<char> = shown.filter(|c| hidden(*c)).collect();
    assert!(hidden.is_empty(), "{hidden:?} in {text:?}");
}

/// From the proposal to the revocation, with both programs and a real warehouse.
async fn proposed_approved_revoked(setup: Setup<'_>) {
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let proposals = format!("{}/proposals", place());
    assert_eq!(ask(&caller, json!({})).await.problem().unwrap(), "unknown_query");

    // Who may query may not propose, strangers may not even look; who administers may, and gets a fingerprint.
    let body = json!({ "text": OWN });
    assert_eq!(
        caller.post(&proposals, &body).await.unwrap().problem().unwrap(),
        "forbidden"
    );
    let stranger = caller.clone().anonymous();
    for refused in [
        stranger.get(&place()).await.unwrap(),
        stranger.post(&proposals, &body).await.unwrap(),
    ] {
        assert_eq!(refused.problem().unwrap(), "unauthenticated");
    }
    let nowhere = proposals.replace(SOURCE, "payroll");
    let nowhere = world.admin().post(&nowhere, &body).await.unwrap();
    assert_eq!(nowhere.problem().unwrap(), "source_offline");
    let long = json!({ "text": format!("{OWN}--{}", "x".repeat(MAX_SQL_BYTES)) });
    let long = world.admin().post(&proposals, &long).await.unwrap();
    assert_eq!(long.problem().unwrap(), "limit_exceeded");
    assert!(recorded(&world, Side::Gateway, "proposing").is_empty());
    let made = world
        .admin()
        .post(&proposals, &body)
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(
        (made["state"].as_str(), made["name"].as_str()),
        (Some("pending"), Some("own.models"))
    );
    let fingerprint = made["fingerprint"].as_str().unwrap().to_owned();
    let bad = json!({ "text": OWN.replace("FROM dbt_models", "FROM pg_authid") });
    let bad = world.admin().post(&proposals, &bad).await.unwrap();
    assert_eq!(bad.problem().unwrap(), "invalid_sql", "{}", bad.text());

    // It waits: visible on both sides, and not to be asked.
    let listed = async |origin: &str| {
        let list = caller.get(&place()).await.unwrap().json().unwrap();
        let items = list["items"].as_array().unwrap().clone();
        items
            .iter()
            .any(|q| q["name"] == "own.models" && q["origin"] == origin && q["fingerprint"] == *fingerprint)
    };
    wait::until("the proposal in the list", SOON, async || {
        listed("pending").await.then_some(())
    })
    .await
    .unwrap();
    assert_eq!(
        ask(&caller, json!({"lowest": "a"})).await.problem().unwrap(),
        "unknown_query"
    );
    let pending = connector(&world, &["pending", "--json"])
        .await
        .succeeded()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(pending["pending"][0]["query"]["fingerprint"], *fingerprint);
    assert_eq!(pending["pending"][0]["reads"][0]["table"], "dbt_models");
    let samples = Samples::of(&world, Side::Connector).await.unwrap();
    assert!(samples.value("connector_catalogue_queries{state=\"pending\"}") > 0.0);
    assert!(samples.value("connector_proposals_total{result=\"pending\"}") > 0.0);
    assert!(samples.value("connector_proposals_total{result=\"invalid_sql\"}") > 0.0);
    assert_eq!(events(&world, "proposed"), 1);

    // Both sides have it on record, kept or not: who, what, and what became of it.
    let told = recorded(&world, Side::Connector, "catalogue");
    assert_eq!(
        (&told[0]["by"], &told[0]["fingerprint"]),
        (&json!("first administrator"), &json!(fingerprint))
    );
    let refused = recorded(&world, Side::Connector, "proposal_refused");
    assert_eq!((refused.len(), &refused[0]["code"]), (1, &json!("invalid_sql")));
    let sent = recorded(&world, Side::Gateway, "proposing");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["text_sha256"], hex::encode(Sha256::digest(OWN)));
    assert_eq!(sent[1]["text_sha256"], refused[0]["text_sha256"]);
    let answered = recorded(&world, Side::Gateway, "proposed");
    for ((sent, answer), outcome) in sent.iter().zip(&answered).zip(["pending", "invalid_sql"]) {
        assert_eq!(
            (&answer["proposing"], &answer["outcome"]),
            (&sent["n"], &json!(outcome))
        );
    }
    assert_eq!(answered[0]["fingerprint"], *fingerprint);
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    for result in ["pending", "invalid_sql"] {
        let series = format!("gateway_proposals_total{{result=\"{result}\"}}");
        assert_eq!(samples.value(&series), 1.0, "{series}");
    }

    // Nobody at a terminal: refused, with what to do. With `--yes`, after showing what it reads.
    let silent = connector(&world, &["approve", "--fingerprint", &fingerprint]).await;
    assert!(silent.stderr.contains("--yes"), "{}", silent.stderr);
    assert!(silent.succeeded().is_err());
    let approved = connector(&world, &["approve", "--fingerprint", &fingerprint, "--yes"]).await;
    let approved = approved.succeeded().unwrap();
    for word in [
        "reads dbt_models",
        "unique_id",
        "metadata",
        "\"dbt_models\"",
        "admits it",
        "is approved",
    ] {
        assert!(approved.stdout.contains(word), "{word}: {}", approved.stdout);
    }

    // It runs, without a restart, and its bounds are the connector's.
    let answer = becomes(&caller, "ok").await;
    assert_eq!(answer.json().unwrap().as_array().unwrap().len(), 3);
    for wrong in [
        json!({}),
        json!({"lowest": 1}),
        json!({"lowest": "a", "limit": 101}),
        json!({"lowest": "a", "x": 1}),
    ] {
        let refused = ask(&caller, wrong.clone()).await;
        assert_eq!(refused.problem().unwrap(), "invalid_parameter", "{wrong}");
    }
    assert_eq!(events(&world, "approved"), 1);
    let again = world
        .admin()
        .post(&proposals, &body)
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(again["state"], "approved");
    assert!(listed("approved").await);

    // A file changed behind the tool's back is not run, and comes back as it was approved.
    let file = world.folder().join("connector/catalogue/approved/own.models.sql");
    fs::write(&file, OWN.replace("1..100 = 3", "1..100 = 99")).unwrap();
    becomes(&caller, "unknown_query").await;
    let list = connector(&world, &["list"]).await.succeeded().unwrap();
    assert!(
        list.stdout.contains("was changed since it was approved"),
        "{}",
        list.stdout
    );
    assert_eq!(events(&world, "withheld"), 1);
    fs::write(&file, OWN).unwrap();
    becomes(&caller, "ok").await;

    connector(&world, &["revoke", "own.models"])
        .await
        .succeeded()
        .unwrap();
    becomes(&caller, "unknown_query").await;
    assert_eq!(events(&world, "revoked"), 1);
    assert!(
        connector(&world, &["revoke", "own.models"])
            .await
            .succeeded()
            .is_err()
    );

    // From a file, too; and a shipped name is not to be had.
    let text = world.folder().join("own.sql");
    fs::write(&text, OWN).unwrap();
    let path = text.display().to_string();
    let json = connector(&world, &["approve", &path, "--yes", "--json"])
        .await
        .succeeded()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(json["approved"]["fingerprint"], *fingerprint);
    becomes(&caller, "ok").await;
    fs::write(&text, OWN.replace("own.models", "read.dbt_models")).unwrap();
    let shipped = connector(&world, &["approve", &path, "--yes"]).await;
    assert!(shipped.stderr.contains("shipped"), "{}", shipped.stderr);
    fs::write(&text, OWN.replace(">=", "<=")).unwrap();
    let other = connector(&world, &["approve", &path, "--yes"]).await;
    assert!(other.stderr.contains("--replace"), "{}", other.stderr);
    connector(&world, &["approve", &path, "--yes", "--replace"])
        .await
        .succeeded()
        .unwrap();
    world
        .assert_no_errors_but(&["a query of the catalogue is not run"])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposed_query_runs_on_duckdb_once_the_customer_approves_it_and_until_they_revoke_it() {
    proposed_approved_revoked(Setup::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposed_query_runs_on_postgres_once_the_customer_approves_it_and_until_they_revoke_it() {
    let cluster = Cluster::start().await.unwrap();
    let warehouse = Warehouse::Postgres(&cluster);
    proposed_approved_revoked(Setup {
        warehouse,
        ..Setup::default()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_proposes_and_lists_at_the_command_line() {
    let world = World::start(Setup::default()).await.unwrap();
    let state = world.folder().join("gateway").display().to_string();
    let gateway = async |arguments: &[&str]| {
        let launch = Launch::new(&paths::program("gateway").unwrap()).args(["catalogue"]);
        let launch = launch
            .args(arguments.iter().copied())
            .args(["--tenant", TENANT, "--state", &state]);
        launch.run().await.unwrap()
    };
    let file = world.folder().join("own.sql");
    let path = file.display().to_string();
    fs::write(&file, OWN).unwrap();
    let made = gateway(&["propose", &path, "--source", SOURCE, "--json"]).await;
    let made = made.succeeded().unwrap().json().unwrap();
    assert_eq!(
        (&made["state"], &made["name"]),
        (&json!("pending"), &json!("own.models"))
    );
    wait::until("the proposal in the list", SOON, async || {
        let listed = gateway(&["list", "--source", SOURCE]).await.succeeded().ok()?;
        let line = listed
            .stdout
            .lines()
            .find(|line| line.starts_with("own.models"))?;
        line.contains("pending").then_some(())
    })
    .await
    .unwrap();
    let listed = gateway(&["list", "--source", SOURCE, "--json"])
        .await
        .json()
        .unwrap();
    let shipped = |item: &&Value| item["origin"] == "shipped";
    assert!(listed["items"].as_array().unwrap().iter().filter(shipped).count() >= 45);

    // Refused: what does not lower, a source that nobody serves, a file that is not there, half a place.
    let again = gateway(&["propose", &path, "--source", "payroll"]).await;
    assert!(
        !again.status.success() && again.stderr.contains("payroll"),
        "{}",
        again.stderr
    );
    fs::write(&file, OWN.replace("FROM dbt_models", "FROM pg_authid")).unwrap();
    let wrong = gateway(&["propose", &path, "--source", SOURCE]).await;
    assert!(
        !wrong.status.success() && wrong.stderr.contains("pg_authid"),
        "{}",
        wrong.stderr
    );
    let missing = gateway(&["propose", "/nowhere.sql", "--source", SOURCE]).await;
    assert!(
        !missing.status.success() && missing.stderr.contains("/nowhere.sql"),
        "{}",
        missing.stderr
    );
    assert_eq!(gateway(&["list"]).await.status.code(), Some(2));
    assert_eq!(events(&world, "proposed"), 1);
    world.assert_no_errors_but(&[]).unwrap();
}

/// What became of a proposal: the fingerprint that waits, or the code of the refusal.
async fn fate(tunnel: &Tunnel, text: &str) -> Result<Fingerprint, Code> {
    let mut exchange = tunnel.propose(text).await.unwrap();
    match exchange.frames.next().await.unwrap() {
        Ok(ExchangeFrame::ProposalReply(reply)) => Ok(reply.fingerprint),
        Ok(ExchangeFrame::Trailer(Trailer::Failed(fault))) => Err(fault.code),
        Err(tests::double::End::Code(code)) => Err(code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_gateway_in_the_wrong_hands_gets_no_query_approved() {
    let (world, _gateway, mut tunnel) = taken_over(Setup::default()).await;

    let shipped = OWN.replace("own.models", "read.dbt_models");
    assert_eq!(fate(&tunnel, &shipped).await, Err(Code::Conflict));
    assert_eq!(fate(&tunnel, "select 1").await, Err(Code::InvalidRequest));
    let huge = format!("{OWN}--{}", "x".repeat(MAX_SQL_BYTES));
    assert_eq!(fate(&tunnel, &huge).await, Err(Code::ProtocolViolation));
    let waiting = fate(&tunnel, OWN).await.unwrap();

    // What waits is no query, by whatever name and fingerprint it is asked for; and the refusal is written down.
    let mut asked = request(SOURCE, "read.dbt_models", &[], &[]).unwrap();
    asked.fingerprint = waiting;
    asked.parameters.clear();
    asked.question = Question::Catalogued {
        name: "own.models".parse().unwrap(),
        columns: None,
    };
    let id = asked.request_id.to_string();
    let verdict = tunnel.ask(asked.clone()).await.unwrap().verdict().await.unwrap();
    assert_eq!(verdict.code().unwrap(), Code::UnknownQuery);
    asked.question = Question::Catalogued {
        name: "read.dbt_models".parse().unwrap(),
        columns: None,
    };
    let verdict = tunnel.ask(asked).await.unwrap().verdict().await.unwrap();
    assert_eq!(verdict.code().unwrap(), Code::UnknownQuery);
    let records = world.audit(Side::Connector).unwrap();
    assert!(
        records
            .iter()
            .any(|line| line["request"] == *id && line["code"] == "unknown_query")
    );

    // The pending one stays as it was first shown, whatever is said of the same plan later.
    let reworded = OWN.replace("Models of one owner.", "Nothing to see here.");
    assert_eq!(fate(&tunnel, &reworded).await, Ok(waiting));
    let pending = connector(&world, &["pending"]).await.succeeded().unwrap();
    assert!(
        pending.stdout.contains("Models of one owner."),
        "{}",
        pending.stdout
    );
    assert!(!pending.stdout.contains("Nothing to see"), "{}", pending.stdout);

    // No text makes a terminal show something else than there is: not in a sentence, and not in what a value may be.
    let escape = OWN.replace("one owner", "one \u{1b}[8mowner");
    assert_eq!(fate(&tunnel, &escape).await, Err(Code::InvalidRequest));
    let other = OWN.replace(">=", ">");
    let escape = other.replace("lowest text", "lowest text = '\u{1b}[2J\u{9b}2J'");
    assert_eq!(fate(&tunnel, &escape).await, Err(Code::InvalidSql));
    let escape = other
        .replace("lowest text", "lowest text = '\u{202e}\u{2066}x\u{e0041}'")
        .replace("SELECT", "-- \u{202e}llew si lla\r\nSELECT");
    let sly = fate(&tunnel, &escape).await.unwrap().to_string();
    for arguments in [
        &["pending"][..],
        &["pending", "--json"],
        &["list", "--json"],
        &["show", "own.models"],
        &["show", "own.models", "--json"],
        &["approve", "--fingerprint", &sly],
        &["approve", "--fingerprint", &sly, "--json"],
    ] {
        let shown = connector(&world, arguments).await;
        plain(&shown.stdout);
        plain(&shown.stderr);
        assert!(
            shown.stdout.contains("own.models") || shown.stderr.contains("own.models"),
            "{arguments:?}"
        );
    }
    let refused = recorded(&world, Side::Connector, "proposal_refused");
    let codes: Vec<_> = refused.iter().filter_map(|line| line["code"].as_str()).collect();
    assert_eq!(
        codes,
        ["conflict", "invalid_request", "invalid_request", "invalid_sql"]
    );

    // A flood is paced, and leaves no more than may wait.
    let mut paced = 0;
    for n in 0..40 {
        let text = OWN
            .replace("1..100 = 3", &format!("1..100 = {}", n + 1))
            .replace(">= :lowest", &format!(">= :lowest || '{n}'"));
        paced += usize::from(fate(&tunnel, &text).await == Err(Code::RateLimited));
    }
    assert!(paced >= 40 - MAX_PENDING, "{paced}");
    let kept = fs::read_dir(world.folder().join("connector/catalogue/pending"))
        .unwrap()
        .count();
    assert!(kept <= MAX_PENDING, "{kept}");
    assert_eq!(events(&world, "proposed"), kept);
    assert_eq!(events(&world, "approved"), 0);
    let refused = recorded(&world, Side::Connector, "proposal_refused");
    assert_eq!(
        refused.len(),
        4,
        "what comes too early is counted, and pushes no record out"
    );
    let told = wait::until("the offers", SOON, async || match tunnel.said.frame().await {
        Ok(ControlFrame::Offers(offers)) if offers.pending.len() == kept => Some(offers),
        _ => None,
    });
    assert!(told.await.unwrap().approved.is_empty());
}
