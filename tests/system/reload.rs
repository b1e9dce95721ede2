//! What changes while the gateway runs: settings and files are put in force without a restart, all of a change or nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use http::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tests::client::Client;
use tests::process::Launch;
use tests::provider::IdentityProvider;
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, World, open_policy, query};
use tests::{paths, world};

const PROMPTLY: Duration = Duration::from_secs(30);

/// Replaces text in the gateway's settings.
fn edit(world: &World<'_>, old: &str, new: &str) {
    let file = world.folder().join("gateway/gateway.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(old), "{text} has no {old:?}");
    fs::write(file, text.replace(old, new)).unwrap();
}

/// The next report of a reading, after `change`.
async fn report(world: &World<'_>, change: impl FnOnce()) -> Value {
    let count = async || {
        Samples::of(world, Side::Gateway)
            .await
            .unwrap()
            .sum("gateway_reloads_total")
    };
    let before = count().await;
    change();
    wait::until("a reading of the settings", PROMPTLY, async || {
        (count().await > before).then_some(())
    })
    .await
    .unwrap();
    let text = wait::until("its report", PROMPTLY, async || {
        fs::read_to_string(world.folder().join("gateway/run/reload.json")).ok()
    });
    serde_json::from_str(&text.await.unwrap()).unwrap()
}

/// A certificate for the API by an authority of its own: what callers trust.
fn public_certificate(folder: &Path, name: &str) {
    let key = rcgen::KeyPair::generate().unwrap();
    let made = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(folder.join(format!("{name}.pem")), made.pem()).unwrap();
    let path = folder.join(format!("{name}.key"));
    fs::write(&path, key.serialize_pem()).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

async fn answers(world: &World<'_>, roots: &Path) -> bool {
    let api = world.listener("api").unwrap();
    let caller = Client::new(api, "127.0.0.1", roots).unwrap();
    caller.get("/v1/tenants").await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn public_certificate_is_put_in_use_and_replaced_and_a_broken_one_is_not() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let state = world.folder().join("gateway");
    let token = world.join_token().await.unwrap();
    for name in ["one", "two"] {
        public_certificate(&state, name);
    }
    let put = |pem: &str, key: &str| {
        fs::copy(state.join(format!("{pem}.pem")), state.join("api.pem")).unwrap();
        fs::copy(state.join(format!("{key}.key")), state.join("api.key")).unwrap();
    };
    put("one", "one");
    let switched = report(&world, || {
        edit(&world, "# certificate = \"api.pem\"", "certificate = \"api.pem\"");
        edit(&world, "# key = \"api.key\"", "key = \"api.key\"");
    });
    assert_eq!(switched.await["taken"], json!(["api"]));
    assert!(answers(&world, &state.join("one.pem")).await);
    assert!(
        !answers(&world, &state.join("ca.pem")).await,
        "callers are shown the public one"
    );
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert!(samples.value("gateway_certificate_expiry_timestamp_seconds{certificate=\"api\"}") > 0.0);

    // Whoever knows our authority alone is shown our chain: a joining connector, and the command line on this host.
    world.join(&token).await.unwrap().succeeded().unwrap();
    let list = Launch::new(&paths::program("gateway").unwrap())
        .args(["tenant", "list", "--state"])
        .args([state.display().to_string()]);
    list.run().await.unwrap().succeeded().unwrap();

    // The files alone change. A key that does not belong to the certificate leaves the old pair in use.
    let broken = report(&world, || put("two", "one")).await;
    assert_eq!(broken["result"], "broken");
    assert!(
        broken["error"]
            .as_str()
            .unwrap()
            .contains("the key does not belong"),
        "{broken}"
    );
    assert!(answers(&world, &state.join("one.pem")).await);
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert_eq!(samples.value("gateway_settings_broken"), 1.0);

    let replaced = report(&world, || put("two", "two")).await;
    assert_eq!(
        (&replaced["result"], &replaced["taken"]),
        (&json!("taken"), &json!(["api"]))
    );
    assert!(answers(&world, &state.join("two.pem")).await);
    assert!(!answers(&world, &state.join("one.pem")).await);
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert_eq!(samples.value("gateway_settings_broken"), 0.0);

    // A key that everybody can read is none.
    let open = fs::Permissions::from_mode(0o644);
    let refused = report(&world, || {
        fs::set_permissions(state.join("api.key"), open).unwrap()
    })
    .await;
    assert!(
        refused["error"].as_str().unwrap().contains("everybody can read"),
        "{refused}"
    );

    edit(&world, "certificate = \"api.pem\"", "# certificate = \"api.pem\"");
    let gone = report(&world, || {
        edit(&world, "key = \"api.key\"", "# key = \"api.key\"")
    })
    .await;
    assert_eq!(gone["taken"], json!(["api"]));
    assert!(answers(&world, &state.join("ca.pem")).await);
    world
        .assert_no_errors_but(&["those before stay in force"])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_taken_or_named_as_waiting_and_a_mistake_changes_nothing() {
    let setup = Setup {
        policy: open_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let ask = async || {
        let answer = query(&caller, "read.dbt_models", &json!({}), "application/json")
            .await
            .unwrap();
        if answer.status.is_success() {
            "ok".to_owned()
        } else {
            answer.problem().unwrap()
        }
    };
    assert_eq!(ask().await, "ok");

    let taken = report(&world, || edit(&world, "# rows = 10000000", "rows = 1")).await;
    assert_eq!(
        (&taken["taken"], &taken["restart"]),
        (&json!(["limits.rows"]), &json!([]))
    );
    assert_eq!(ask().await, "limit_exceeded");

    // Of a file with a mistake nothing is taken, though another line of it is good.
    let broken = report(&world, || {
        edit(&world, "rows = 1\n", "rows = 20000000\nrowz = 1\n")
    })
    .await;
    assert_eq!(broken["result"], "broken");
    assert!(broken["error"].as_str().unwrap().contains("rowz"), "{broken}");
    assert_eq!(ask().await, "limit_exceeded");
    let mended = report(&world, || edit(&world, "rowz = 1\n", "")).await;
    assert_eq!(mended["taken"], json!(["limits.rows"]));
    assert_eq!(ask().await, "ok");

    // What needs a restart is left as it was, and named as long as it waits.
    let waiting = report(&world, || {
        edit(&world, "# tunnels = 10000", "tunnels = 5");
        edit(&world, "# adhoc = true", "adhoc = false");
        edit(&world, "# filter = \"info\"", "filter = \"debug\"");
    });
    let waiting = waiting.await;
    assert_eq!(waiting["taken"], json!(["log.filter", "limits.adhoc"]));
    assert_eq!(waiting["restart"], json!(["limits.tunnels"]));
    let sql = json!({ "sql": "select name from dbt_models" });
    let answer = caller
        .send(Method::POST, &world::query_path(), "application/json", Some(&sql))
        .await
        .unwrap();
    assert_eq!(answer.problem().unwrap(), "refused_by_gateway");
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert_eq!(samples.value("gateway_settings_waiting"), 1.0);
    // The new filter is in force: a failed handshake is a line of `debug`.
    drop(
        tokio::net::TcpStream::connect(world.listener("api").unwrap())
            .await
            .unwrap(),
    );
    wait::until("a line of debug", PROMPTLY, async || {
        let lines = world.gateway.log();
        lines
            .iter()
            .any(|line| line.text.contains("\"DEBUG\""))
            .then_some(())
    })
    .await
    .unwrap();
    let senseless = report(&world, || {
        edit(&world, "filter = \"debug\"", "filter = \"a=b=c\"")
    })
    .await;
    assert!(
        senseless["error"].as_str().unwrap().contains("log.filter"),
        "{senseless}"
    );

    // On SIGHUP everything is read again, though nothing has changed.
    edit(&world, "filter = \"a=b=c\"", "filter = \"debug\"");
    let asked = report(&world, || world.gateway.signal(Signal::HUP).unwrap()).await;
    assert_eq!(
        (&asked["result"], &asked["restart"]),
        (&json!("unchanged"), &json!(["limits.tunnels"]))
    );
    world
        .assert_no_errors_but(&["those before stay in force"])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_is_set_up_changed_and_taken_away_while_the_gateway_runs() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let token = provider
        .token(json!({"sub": "vera", "groups": ["lookers"]}))
        .await
        .unwrap();
    let vera = world.admin().clone().with_token(&token);
    let list = async || {
        let answer = vera.get("/v1/tenants").await.unwrap();
        if answer.status.is_success() {
            "ok".to_owned()
        } else {
            answer.problem().unwrap()
        }
    };
    assert_eq!(list().await, "unauthenticated");

    let file = world.folder().join("gateway/gateway.toml");
    let before = fs::read_to_string(&file).unwrap();
    let with = |settings: &str| fs::write(&file, format!("{before}\n{settings}")).unwrap();
    let settings = provider.settings("");
    let taken = report(&world, || with(&settings)).await;
    assert_eq!(taken["taken"], json!(["oidc"]));
    assert_eq!(list().await, "ok");

    // Another provider is not taken before it has shown its keys: those of the old one stay in force.
    let nobody = settings.replace(provider.issuer(), "https://127.0.0.1:1");
    let broken = report(&world, || with(&nobody)).await;
    assert!(broken["error"].as_str().unwrap().contains("[oidc]"), "{broken}");
    assert_eq!(list().await, "ok");

    // Rules are taken although the provider is down: whoever has to be kept out is kept out.
    provider.stop().await.unwrap();
    let taken = report(&world, || with(&settings.replace("\"lookers\"", "\"others\""))).await;
    assert_eq!(taken["taken"], json!(["oidc"]));
    assert_eq!(list().await, "forbidden");
    let gone = report(&world, || with("")).await;
    assert_eq!(gone["taken"], json!(["oidc"]));
    assert_eq!(list().await, "unauthenticated");
    world
        .assert_no_errors_but(&["those before stay in force", "keys cannot be fetched"])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_takes_another_log_level_and_names_what_waits() {
    let setup = Setup {
        log_level: "info",
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let file = world.folder().join("connector/connector.toml");
    let first = fs::read_to_string(&file).unwrap();
    let readings = async |world: &World<'_>, result: &str| {
        let series = format!("connector_settings_reloads_total{{result=\"{result}\"}}");
        Samples::of(world, Side::Connector).await.unwrap().value(&series)
    };
    let after = async |world: &World<'_>, result: &str, text: String| {
        let before = readings(world, result).await;
        fs::write(&file, text).unwrap();
        wait::until(result, PROMPTLY, async || {
            (readings(world, result).await > before).then_some(())
        })
        .await
        .unwrap();
    };
    let said = |world: &World<'_>, words: &str| {
        let lines = world.running_connector().unwrap().log();
        lines.iter().any(|line| line.text.contains(words))
    };
    let becomes_true = async |world: &World<'_>, words: &str| {
        wait::until(words, PROMPTLY, async || said(world, words).then_some(()))
            .await
            .unwrap();
    };
    after(
        &world,
        "broken",
        first.replace("level = \"info\"", "level = \"loud\""),
    )
    .await;
    becomes_true(&world, "the settings before it stay in force").await;
    let broken = Samples::of(&world, Side::Connector)
        .await
        .unwrap()
        .value("connector_settings_broken");
    assert_eq!(broken, 1.0);

    // Of what is quieter than an error nothing is heard, until the level is back.
    after(
        &world,
        "taken",
        first.replace("level = \"info\"", "level = \"error\""),
    )
    .await;
    after(
        &world,
        "taken",
        format!("{} ", first.replace("level = \"info\"", "level = \"error\"")),
    )
    .await;
    assert!(!said(&world, "connector.toml was read again"));
    after(&world, "taken", first.clone()).await;
    becomes_true(&world, "connector.toml was read again").await;
    assert!(!said(&world, "that needs a restart"));
    after(
        &world,
        "taken",
        format!("[tunnel]\ncongestion = \"cubic\"\n{first}"),
    )
    .await;
    becomes_true(&world, "that needs a restart").await;
    world.connector().unwrap().signal(Signal::HUP).unwrap();
    world.assert_no_errors_but(&["stay in force"]).unwrap();
}
