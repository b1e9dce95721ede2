//! Joining: one token makes one connector, and whatever is wrong with a token has a code of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::process::{Finished, Launch};
use tests::samples::Samples;
use tests::world::{CONNECTOR, Setup, Side, TENANT, World, query};
use tests::{paths, wait};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What the command line ends with where the gateway said no.
const REFUSED: Option<i32> = Some(3);

fn launch(state: &Path, token: &str, more: &[&str]) -> Launch<'static> {
    let program = paths::program("connector").expect("built");
    Launch::new(&program)
        .args(["join", "--token-file", "-", "--state"])
        .args([state.display().to_string()])
        .args(more.iter().copied())
        .input(format!("{token}\n"))
}

async fn join(state: &Path, token: &str, more: &[&str]) -> Finished {
    launch(state, token, more).run().await.expect("the program runs")
}

/// A join token that the gateway makes of this wish.
async fn token(world: &World<'_>, tenant: &str, wish: Value) -> Result<String> {
    let path = format!("/v1/tenants/{tenant}/join-tokens");
    let made = world.admin().post(&path, &wish).await?.json()?;
    Ok(made["join_token"].as_str().context("no token")?.to_owned())
}

/// Each file and folder below, with its mode.
fn modes(folder: &Path, found: &mut Vec<(String, u32, bool)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        found.push((
            path.display().to_string(),
            metadata.permissions().mode() & 0o777,
            metadata.is_dir(),
        ));
        if metadata.is_dir() {
            modes(&path, found)?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_once_for_whom_it_was_made_while_it_lives() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    world
        .admin()
        .post("/v1/tenants", &json!({"tenant": "globex"}))
        .await
        .unwrap()
        .json()
        .unwrap();
    let state = |name: &str| world.folder().join(name);
    let said = |finished: &Finished, status: Option<i32>, code: &str| {
        assert_eq!(finished.status.code(), status, "{}", finished.stderr);
        assert!(finished.stderr.contains(code), "{}", finished.stderr);
    };

    let good = world.join_token().await.unwrap();
    join(&state("first"), &good, &[]).await.succeeded().unwrap();
    said(&join(&state("second"), &good, &[]).await, REFUSED, "token_used");
    assert!(!state("second").join("identity").exists());

    // Made in the right form, with the right address and pin, but with a secret that no gateway issued.
    let mut forged: certs::token::JoinToken = world.join_token().await.unwrap().parse().unwrap();
    forged.secret = certs::token::JoinSecret::new([7; 32]);
    said(
        &join(&state("forged"), &forged.to_text(), &[]).await,
        REFUSED,
        "token_unknown",
    );

    // For another connector, or as somebody whom it is not for: the host's own check, and the gateway's.
    let globex = token(&world, "globex", json!({"connector": CONNECTOR}))
        .await
        .unwrap();
    said(
        &join(&state("other"), &globex, &["--tenant", TENANT]).await,
        Some(1),
        "globex",
    );
    let mut bent: certs::token::JoinToken = globex.parse().unwrap();
    bent.tenant = TENANT.parse().unwrap();
    said(
        &join(&state("other"), &bent.to_text(), &[]).await,
        REFUSED,
        "token_mismatch",
    );
    let named = token(&world, TENANT, json!({"connector": "its-name"}))
        .await
        .unwrap();
    let mut bent: certs::token::JoinToken = named.parse().unwrap();
    bent.connector = Some("another-name".parse().unwrap());
    said(
        &join(&state("other"), &bent.to_text(), &[]).await,
        REFUSED,
        "token_mismatch",
    );
    // None of the refusals used the tokens up.
    join(&state("globex"), &globex, &[]).await.succeeded().unwrap();
    join(&state("named"), &named, &[]).await.succeeded().unwrap();

    let wish = json!({"connector": "late", "expires_in_seconds": 1});
    let path = format!("/v1/tenants/{TENANT}/join-tokens");
    let short = world.admin().post(&path, &wish).await.unwrap().json().unwrap();
    let end = UNIX_EPOCH + Duration::from_secs(short["expires"].as_u64().unwrap());
    wait::until("the end of a token's life", Duration::from_secs(10), async || {
        (SystemTime::now() > end).then_some(())
    })
    .await
    .unwrap();
    said(
        &join(&state("late"), short["join_token"].as_str().unwrap(), &[]).await,
        REFUSED,
        "token_expired",
    );

    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    for (result, count) in [
        ("ok", 3.0),
        ("token_used", 1.0),
        ("token_unknown", 1.0),
        ("token_mismatch", 2.0),
        ("token_expired", 1.0),
    ] {
        assert_eq!(
            samples.value(&format!("gateway_enrolments_total{{result=\"{result}\"}}")),
            count,
            "{result}"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_paste_and_a_wrong_gateway_are_noticed_before_anything_is_sent() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let state = world.folder().join("connector");
    let good = world.join_token().await.unwrap();
    let mut wrong_pin: certs::token::JoinToken = good.parse().unwrap();
    wrong_pin.ca_fingerprint = certs::identity::Fingerprint([7; 32]);
    let nothing = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let mut nowhere: certs::token::JoinToken = good.parse().unwrap();
    nowhere.gateway = nothing.to_string().parse().unwrap();
    let altered = good.replacen(&good[20..22], "zz", 1);
    for (text, status, word) in [
        (&good[..good.len() - 1], Some(1), "cut off"),
        (&good[..30], Some(1), "cut off"),
        (&altered, Some(1), "altered"),
        ("hunter2", Some(1), "not a join token"),
        ("", Some(1), "not a join token"),
        (&wrong_pin.to_text(), Some(4), "is not the gateway"),
        (&nowhere.to_text(), Some(4), "cannot be reached"),
    ] {
        let finished = join(&state, text, &[]).await;
        assert_eq!(finished.status.code(), status, "{text}: {}", finished.stderr);
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
        assert!(
            text.is_empty() || !finished.stderr.contains(text),
            "the token is printed"
        );
    }
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert_eq!(samples.sum("gateway_enrolments_total"), 0.0);
    // As an argument it is not taken at all: other users could read it.
    let argument = Launch::new(&paths::program("connector").unwrap())
        .args(["join", "--state", &state.display().to_string(), &good])
        .run()
        .await
        .unwrap();
    assert_eq!(argument.status.code(), Some(2), "{}", argument.stderr);
    join(&state, &good, &[]).await.succeeded().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_connectors_that_race_with_one_token_one_wins() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    for round in 0..3 {
        let token = token(&world, TENANT, json!({"connector": format!("racer-{round}")}))
            .await
            .unwrap();
        let [a, b] = ["a", "b"].map(|name| world.folder().join(format!("{name}-{round}")));
        let (a, b) = tokio::join!(join(&a, &token, &[]), join(&b, &token, &[]));
        let (won, lost) = if a.status.success() { (a, b) } else { (b, a) };
        won.succeeded().unwrap();
        assert_eq!(lost.status.code(), REFUSED, "{}", lost.stderr);
        assert!(lost.stderr.contains("token_used"), "{}", lost.stderr);
    }
    let path = format!("/v1/tenants/{TENANT}/connectors");
    let list = world.admin().get(&path).await.unwrap().json().unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_names_the_connector_in_its_uri_and_nowhere_else() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let state = world.folder().join("connector");
    join(&state, &world.join_token().await.unwrap(), &[])
        .await
        .succeeded()
        .unwrap();

    let chain = fs::read(state.join("identity/chain.pem")).unwrap();
    let (_, leaf) = x509_parser::pem::parse_x509_pem(&chain).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf.contents).unwrap();
    let names = &leaf
        .subject_alternative_name()
        .unwrap()
        .unwrap()
        .value
        .general_names;
    let id = format!("spiffe://tests.example/tenant/{TENANT}/connector/{CONNECTOR}");
    assert!(
        matches!(&names[..], [GeneralName::URI(uri)] if *uri == id),
        "{names:?}"
    );
    assert!(!leaf.is_ca());
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth);
    let life = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
    assert!((23 * 3_600..=25 * 3_600).contains(&life), "{life} s");
    assert!(!leaf.subject().to_string().contains(TENANT), "{}", leaf.subject());

    // The host's own view: the key was made here and lies here, for its owner alone.
    let mut found = Vec::new();
    modes(&world.folder().join("connector"), &mut found).unwrap();
    modes(&world.folder().join("gateway"), &mut found).unwrap();
    assert!(
        found.iter().any(|(path, ..)| path.ends_with("identity/key.pem")),
        "{found:?}"
    );
    for (path, mode, is_folder) in &found {
        // What is no secret may be read by others where the folder lets them through, which it does not.
        let public = ["run", "addresses.json", "gateway.toml", "ca.pem", "root.pem"]
            .iter()
            .any(|p| path.ends_with(p));
        let most = if *is_folder { 0o700 } else { 0o600 };
        assert!(*mode & !most == 0 || public, "{path}: {mode:o}");
    }
    for side in ["connector", "gateway"] {
        let mode = fs::metadata(world.folder().join(side))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o700, "{side}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_a_log_an_argument_or_an_environment() {
    // Whatever the operator asks to see, of the libraries too.
    let everything = ("# filter = \"info\"".to_owned(), "filter = \"trace\"".to_owned());
    let setup = Setup {
        gateway_settings: vec![everything],
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let mut secrets = vec![("join token", world.join_token().await.unwrap())];
    let said = world.join(&secrets[0].1).await.unwrap().succeeded().unwrap();
    let mut text = said.stdout + &said.stderr;
    world.settle().unwrap();
    world.restart_connector().await.unwrap();
    let admin = fs::read_to_string(world.folder().join("gateway/admin.token")).unwrap();
    secrets.push(("admin token", admin.trim().to_owned()));
    let api = format!("/v1/tenants/{TENANT}/api-tokens");
    let made = world
        .admin()
        .post(&api, &json!({"name": "n", "scopes": ["query"]}))
        .await
        .unwrap()
        .json()
        .unwrap();
    secrets.push(("API token", made["api_token"].as_str().unwrap().to_owned()));
    let caller = world.admin().clone().with_token(&secrets[2].1);
    for caller in [&caller, &caller.clone().over_http2()] {
        let parameters = json!({"after": "a-value-of-a-parameter"});
        let asked = query(caller, "read.dbt_models", &parameters, "text/csv")
            .await
            .unwrap();
        assert!(asked.status.is_success());
    }
    secrets.push(("parameter", "a-value-of-a-parameter".to_owned()));
    for side in ["connector", "gateway"] {
        let mut found = Vec::new();
        modes(&world.folder().join(side), &mut found).unwrap();
        for (path, ..) in found.iter().filter(|(path, ..)| path.ends_with("key.pem")) {
            let key = fs::read_to_string(path).unwrap();
            secrets.push(("key", key.lines().nth(1).unwrap().to_owned()));
        }
    }
    // The authority's keys stand in the gateway's store, sealed.
    assert!(
        secrets.iter().any(|(what, _)| *what == "key"),
        "the connector's key"
    );

    let processes = [world.gateway.id(), world.connector().unwrap().id()];
    for id in processes {
        for file in ["cmdline", "environ"] {
            text += &String::from_utf8_lossy(&fs::read(format!("/proc/{id}/{file}")).unwrap());
        }
    }
    for log in ["gateway.log", "connector.log"] {
        text += &fs::read_to_string(world.folder().join(log)).unwrap();
    }
    for side in [Side::Gateway, Side::Connector] {
        text += &world.operations(side, "/metrics").await.unwrap();
        text += &world
            .audit(side)
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect::<String>();
    }
    assert!(text.contains("\"TRACE\""), "everything is logged");
    for (what, secret) in &secrets {
        assert!(!text.contains(secret.as_str()), "a {what} is in sight");
        // Nor the part of it that matters.
        let tail = &secret[secret.len().saturating_sub(20)..];
        assert!(!text.contains(tail), "the end of a {what} is in sight");
    }
    world.assert_no_errors_but(&[]).unwrap();
}
