//! The authority with real processes: its issuing key and its root replaced while queries run, a root that is kept
//! elsewhere, an authority of somebody else's, and a connector that was off through the whole change.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use certs::verifier::TrustBundle;
use serde_json::{Value, json};
use tests::client::Client;
use tests::process::{Finished, Launch, Line};
use tests::samples::Samples;
use tests::world::{CONNECTOR, Setup, Side, TENANT, World, policy, query};
use tests::{paths, wait};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Above the sum of the deadlines on the way: only what will never come exceeds it.
const BACK: Duration = Duration::from_secs(60);

fn setup(lifetime: u32) -> Setup<'static> {
    let settings = [(
        "# connector_lifetime_seconds = 86400".to_owned(),
        format!("connector_lifetime_seconds = {lifetime}"),
    )];
    Setup {
        gateway_settings: settings.to_vec(),
        policy: policy("[budget]\nqueries_per_minute = 1000000"),
        ..Setup::default()
    }
}

async fn gateway(arguments: &[&str]) -> Finished {
    Launch::new(&paths::program("gateway").unwrap())
        .args(arguments.iter().copied())
        .run()
        .await
        .unwrap()
}

/// A root of the tests' trust domain that no gateway keeps.
async fn new_root(folder: &Path) {
    let folder = folder.display().to_string();
    let made = [
        "ca",
        "new-root",
        "--trust-domain",
        "tests.example",
        "--output",
        &folder,
    ];
    gateway(&made).await.succeeded().unwrap();
}

/// `gateway ca` for the world's gateway.
async fn ca(world: &World<'_>, arguments: &[&str]) -> Finished {
    let state = world.folder().join("gateway").display().to_string();
    gateway(&[&["ca"], arguments, &["--json", "--state", &state]].concat()).await
}

async fn status(world: &World<'_>) -> Value {
    ca(world, &["status"]).await.succeeded().unwrap().json().unwrap()
}

/// Waits until no change of roots is under way any more.
async fn settled(world: &World<'_>) -> Value {
    wait::until("the end of the change of roots", BACK, async || {
        let now = status(world).await;
        now["change"].is_null().then_some(now)
    })
    .await
    .unwrap()
}

fn roots(file: &Path) -> TrustBundle {
    TrustBundle::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn trusted_by_connector(world: &World<'_>) -> TrustBundle {
    roots(&world.folder().join("connector/identity/bundle.pem"))
}

fn trusted_by_clients(world: &World<'_>) -> TrustBundle {
    roots(&world.folder().join("gateway/ca.pem"))
}

async fn ask(caller: &Client) -> Result<(), String> {
    let answer = query(caller, "read.dbt_models", &json!({}), "application/json").await;
    match answer {
        Ok(answer) if answer.status.as_u16() == 200 => Ok(()),
        Ok(answer) => Err(format!("{}: {}", answer.status, answer.text())),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// Asks until told to stop: how many answers there were, or the first that was none.
fn load(caller: Client, stop: watch::Receiver<bool>) -> JoinHandle<Result<u32, String>> {
    tokio::spawn(async move {
        let mut answers = 0;
        while !*stop.borrow() {
            ask(&caller).await?;
            answers += 1;
        }
        Ok(answers)
    })
}

async fn renewals(world: &World<'_>) -> f64 {
    let samples = Samples::of(world, Side::Connector).await;
    samples.map_or(0.0, |samples| {
        samples.value("connector_renewals_total{result=\"ok\"}")
    })
}

/// Waits for one renewal more.
async fn renewed(world: &World<'_>) {
    let before = renewals(world).await;
    wait::until("a renewal", BACK, async || {
        (renewals(world).await > before).then_some(())
    })
    .await
    .unwrap();
}

/// The certificate that the connector holds, and those behind it.
fn chain(world: &World<'_>) -> String {
    std::fs::read_to_string(world.folder().join("connector/identity/chain.pem")).unwrap()
}

/// Waits until the gauge of the gateway shows this phase.
async fn phase(world: &World<'_>, expected: f64) {
    wait::until("the phase", BACK, async || {
        let samples = Samples::of(world, Side::Gateway).await.ok()?;
        (samples.value("gateway_authority_phase") == expected).then_some(())
    })
    .await
    .unwrap();
}

async fn decide(world: &World<'_>, what: &str) {
    let path = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/{what}");
    let answer = world.admin().post(&path, &json!({})).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn issuing_key_and_root_are_replaced_while_queries_run_and_none_is_lost() {
    let mut world = World::start(setup(20)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let before = status(&world).await;
    let (stop, stopped) = watch::channel(false);
    let asking = load(caller.clone(), stopped);
    let first = chain(&world);

    ca(&world, &["rotate", "issuing"]).await.succeeded().unwrap();
    renewed(&world).await;
    let issuing = |chain: &str| chain.matches("BEGIN CERTIFICATE").count();
    assert_eq!((issuing(&first), issuing(&chain(&world))), (2, 2));
    let second = |chain: String| chain.rsplit("-----BEGIN").next().map(str::to_owned);
    assert_ne!(second(chain(&world)), second(first), "the same issuing authority");

    let introduced = ca(&world, &["rotate", "root", "--overlap", "1h"]).await;
    let introduced = introduced.succeeded().unwrap().json().unwrap();
    assert_eq!(introduced["root"], before["root"], "{introduced}");
    assert_eq!(introduced["change"]["phase"], "introduced", "{introduced}");
    let again = ca(&world, &["rotate", "root"]).await;
    assert!(again.stderr.contains("under way"), "{}", again.stderr);
    let after = settled(&world).await;
    assert_ne!(after["root"], before["root"], "{after}");

    let now = trusted_by_clients(&world);
    assert_eq!(now.certificates().len(), 1);
    wait::until("the connector to trust the new root alone", BACK, async || {
        (trusted_by_connector(&world).digest() == now.digest()).then_some(())
    })
    .await
    .unwrap();
    renewed(&world).await;
    stop.send_replace(true);
    let answers = asking.await.unwrap().unwrap();
    assert!(answers > 20, "{answers} answers");
    let taken = Samples::of(&world, Side::Connector).await.unwrap();
    assert_eq!(taken.value("connector_trust_changes_total{result=\"ok\"}"), 2.0);
    assert_eq!(
        taken.value("connector_trust_changes_total{result=\"refused\"}"),
        0.0
    );
    world.assert_no_errors_but(&[]).unwrap();

    // Both come back with what they have, and a client that knows the old root alone is served.
    world.restart_connector().await.unwrap();
    world.gateway.kill().unwrap();
    world.restart_gateway().await.unwrap();
    world.tunnel(BACK).await.unwrap();
    ask(&caller).await.unwrap();
    let fresh = world.join_token().await.unwrap();
    assert!(!fresh.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_was_off_through_the_whole_change_is_approved_anew() {
    let mut world = World::start(setup(3_600)).await.unwrap();
    let caller = world.caller().await.unwrap();
    world.connector().unwrap().terminate(BACK).await.unwrap();
    let old = trusted_by_connector(&world);
    ca(&world, &["rotate", "root"]).await.succeeded().unwrap();
    phase(&world, 1.0).await;
    // Nobody waits for it: its certificate is good for an hour, and its authority is gone.
    ca(&world, &["advance"]).await.succeeded().unwrap();
    let waiting = status(&world).await;
    assert_eq!(waiting["change"]["waiting"], 1, "{waiting}");
    phase(&world, 2.0).await;
    ca(&world, &["advance"]).await.succeeded().unwrap();
    let refused = ca(&world, &["advance"]).await;
    assert!(
        refused.stderr.contains("no change of roots"),
        "{}",
        refused.stderr
    );
    assert_ne!(trusted_by_clients(&world).digest(), old.digest());

    // It trusts the old root, finds the gateway by it, and asks.
    world.launch_connector().unwrap();
    let pending = |l: &Line| l.text.contains("approval_pending");
    let connector = world.connector().unwrap();
    connector.logged("that it waits", BACK, pending).await.unwrap();
    decide(&world, "approve").await;
    world.tunnel(BACK).await.unwrap();
    ask(&caller).await.unwrap();
    let now = trusted_by_clients(&world);
    wait::until("the new root", BACK, async || {
        (trusted_by_connector(&world).digest() == now.digest()).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn root_that_is_kept_elsewhere_signs_what_is_exported() {
    let setup = Setup {
        root_elsewhere: true,
        ..setup(20)
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let shown = status(&world).await;
    assert_eq!(shown["root_key"], false, "{shown}");
    for what in ["issuing", "root"] {
        let refused = ca(&world, &["rotate", what]).await;
        assert_eq!(refused.status.code(), Some(3), "{}", refused.stdout);
        assert!(refused.stderr.contains("export-csr"), "{}", refused.stderr);
    }
    let folder = world.folder().to_owned();
    let path = move |name: &str| folder.join(name).display().to_string();
    let early = ca(&world, &["import", "--issuing", &path("root/root.pem")]).await;
    assert!(early.stderr.contains("export-csr"), "{}", early.stderr);

    let (csr, signed) = (path("issuing.csr"), path("issuing.pem"));
    ca(&world, &["export-csr", "--output", &csr])
        .await
        .succeeded()
        .unwrap();
    let sign = [
        "ca",
        "sign",
        "--root",
        &path("root"),
        "--csr",
        &csr,
        "--output",
        &signed,
    ];
    gateway(&sign).await.succeeded().unwrap();
    // Not by a root that nobody here knows.
    let (strange, stray) = (path("stranger"), path("stray.pem"));
    new_root(Path::new(&strange)).await;
    let sign = [
        "ca", "sign", "--root", &strange, "--csr", &csr, "--output", &stray,
    ];
    gateway(&sign).await.succeeded().unwrap();
    let refused = ca(&world, &["import", "--issuing", &stray]).await;
    assert!(
        refused.stderr.contains("not by an authority"),
        "{}",
        refused.stderr
    );
    ca(&world, &["import", "--issuing", &signed])
        .await
        .succeeded()
        .unwrap();
    renewed(&world).await;
    let issuing = std::fs::read_to_string(&signed).unwrap();
    assert!(chain(&world).contains(issuing.trim()), "issued by another");
    ask(&caller).await.unwrap();

    // The root itself is followed by another, made where it is kept.
    let next = path("next");
    let made = ["ca", "new-root", "--succeeding", &path("root"), "--output", &next];
    gateway(&made).await.succeeded().unwrap();
    let (csr, signed) = (path("next.csr"), path("next.pem"));
    ca(&world, &["export-csr", "--output", &csr])
        .await
        .succeeded()
        .unwrap();
    let sign = ["ca", "sign", "--root", &next, "--csr", &csr, "--output", &signed];
    gateway(&sign).await.succeeded().unwrap();
    let (root, link) = (path("next/root.pem"), path("next/link.pem"));
    let import = |root: &str| {
        let all = ["import", "--issuing", &signed, "--root", root, "--link", &link].map(str::to_owned);
        all.to_vec()
    };
    let strange_root = format!("{strange}/root.pem");
    let wrong = import(&strange_root);
    let wrong: Vec<_> = wrong.iter().map(String::as_str).collect();
    let refused = ca(&world, &wrong).await;
    assert_eq!(refused.status.code(), Some(3), "{}", refused.stdout);
    let right = import(&root);
    let right: Vec<_> = right.iter().map(String::as_str).collect();
    ca(&world, &right).await.succeeded().unwrap();
    settled(&world).await;
    assert_eq!(
        trusted_by_clients(&world).digest(),
        roots(Path::new(&root)).digest()
    );
    wait::until("the connector to trust the next root alone", BACK, async || {
        (trusted_by_connector(&world).digest() == roots(Path::new(&root)).digest()).then_some(())
    })
    .await
    .unwrap();
    ask(&caller).await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

/// A signing service of somebody else's: OpenSSL, behind the interface of `authority.command`.
fn openssl(folder: &Path, root: &Path) -> PathBuf {
    let script = folder.join("sign.sh");
    let text = format!(
        r#"#!/bin/sh
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/csr"
names="URI:$ISSUE_IDENTITY"
for name in $(echo "$ISSUE_DNS_NAMES" | tr , ' '); do names="$names,DNS:$name"; done
for address in $(echo "$ISSUE_IP_ADDRESSES" | tr , ' '); do names="$names,IP:$address"; done
cat > "$work/extensions" <<END
subjectAltName=critical,$names
keyUsage=critical,digitalSignature
extendedKeyUsage=$ISSUE_USAGE
basicConstraints=critical,CA:FALSE
authorityKeyIdentifier=keyid
END
echo "$ISSUE_IDENTITY" >> "{log}"
openssl x509 -req -in "$work/csr" -CA "{root}/root.pem" -CAkey "{root}/root-key.pem" -days 1 \
    -extfile "$work/extensions"
"#,
        log = folder.join("signed").display(),
        root = root.display(),
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    script
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_authority_issues_by_a_command() {
    let folder = paths::scratch("command").unwrap();
    let root = folder.path().join("root");
    new_root(&root).await;
    let script = openssl(folder.path(), &root);
    let command = "# command = [\"/usr/local/bin/sign\", \"--role\", \"tunnel\"]".to_owned();
    let setup = Setup {
        init: vec!["--root".to_owned(), root.join("root.pem").display().to_string()],
        gateway_settings: vec![(command, format!("command = [{:?}]", script.display().to_string()))],
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    ask(&world.caller().await.unwrap()).await.unwrap();
    let signed = std::fs::read_to_string(folder.path().join("signed")).unwrap();
    let names: Vec<_> = signed.lines().collect();
    let connector = format!("spiffe://tests.example/tenant/{TENANT}/connector/{CONNECTOR}");
    assert_eq!(
        names,
        ["spiffe://tests.example/gateway/node-1", connector.as_str()]
    );
    assert_eq!(chain(&world).matches("BEGIN CERTIFICATE").count(), 1);
    let refused = ca(&world, &["rotate", "issuing"]).await;
    assert_eq!(refused.status.code(), Some(3), "{}", refused.stdout);

    // A service that is down issues nothing, and says so; what runs goes on.
    std::fs::write(
        &script,
        "#!/bin/sh\necho the signing service is down >&2\nexit 7\n",
    )
    .unwrap();
    let token = world.join_token().await.unwrap();
    std::fs::remove_dir_all(world.folder().join("connector/identity")).unwrap();
    let joined = world.join(&token).await.unwrap();
    assert_ne!(joined.status.code(), Some(0), "{}", joined.stdout);
    let down = |l: &Line| l.text.contains("the signing service is down");
    world.gateway.logged("the reason", BACK, down).await.unwrap();
    ask(&world.caller().await.unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn authority_is_changed_by_administrators_only() {
    let world = World::start_gateway(setup(3_600)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let before = status(&world).await;
    for path in [
        "/v1/authority/rotate-issuing",
        "/v1/authority/rotate-root",
        "/v1/authority/advance",
        "/v1/authority/requests",
        "/v1/authority/import",
    ] {
        let body = match path {
            "/v1/authority/import" => json!({ "certificates": {} }),
            _ => json!({}),
        };
        let answer = caller.post(path, &body).await.unwrap();
        assert_eq!(answer.problem().unwrap(), "forbidden", "{path}");
    }
    assert_eq!(
        caller.get("/v1/authority").await.unwrap().problem().unwrap(),
        "forbidden"
    );
    assert_eq!(status(&world).await, before);
    // Nothing that an administrator is shown is a key.
    let shown = world.admin().get("/v1/authority").await.unwrap();
    assert!(!shown.text().contains("PRIVATE"), "{}", shown.text());
}
