//! `connector doctor` beside real processes: each line passes where things are well, and its twin fails where they are not,
//! with what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use anyhow::Result;
use certs::authority::Authority;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use serde_json::Value;
use tests::dataset::ELEMENTARY;
use tests::double::gateway::Gateway;
use tests::paths;
use tests::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use tests::process::Launch;
use tests::world::{SOURCE, Setup, Warehouse, World};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

const PROXIES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A report and everything that was printed.
struct Examined {
    report: Value,
    printed: String,
}

impl Examined {
    /// The line of a check.
    #[track_caller]
    fn line(&self, check: &str) -> &Value {
        let lines = self.report["checks"].as_array().unwrap();
        lines
            .iter()
            .find(|line| line["check"] == check)
            .unwrap_or_else(|| panic!("no {check} in {}", self.printed))
    }

    #[track_caller]
    fn is(&self, check: &str, status: &str, words: &[&str]) {
        let line = self.line(check);
        assert_eq!(line["status"], status, "{line}");
        assert!(status == "pass" || line["next"].is_string(), "{line}");
        for word in words {
            assert!(line.to_string().contains(word), "{word} in {line}");
        }
    }
}

/// Runs it as JSON. Its exit code is that of its worst line, and no secret is in what it prints.
async fn doctor(world: &World<'_>, proxy: &str) -> Result<Examined> {
    let state = world.folder().join("connector").display().to_string();
    let mut launch =
        Launch::new(&paths::program("connector")?).args(["doctor", "--json", "--state", state.as_str()]);
    for name in PROXIES {
        launch = launch.env(name, if name == "HTTPS_PROXY" { proxy } else { "" });
    }
    let finished = launch.run().await?;
    let report = finished.json()?;
    let exit = match report["status"].as_str() {
        Some("pass") => 0,
        Some("warn") => 5,
        _ => 1,
    };
    assert_eq!(finished.status.code(), Some(exit), "{}", finished.stdout);
    let printed = finished.stdout + &finished.stderr;
    assert!(
        !printed.contains(READER_PASSWORD)
            && !printed.contains("hunter2")
            && !printed.contains("PRIVATE KEY")
    );
    Ok(Examined { report, printed })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_finds_a_healthy_connector_well_and_takes_no_tunnels_place() {
    let cluster = Cluster::start().await.unwrap();
    let world = World::start(Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    })
    .await
    .unwrap();
    let limit = std::time::Duration::from_secs(10);
    let before = world.tunnel(limit).await.unwrap();
    let well = doctor(&world, "").await.unwrap();
    for check in [
        "settings",
        "files",
        "certificate",
        "proxy",
        "dns",
        "udp",
        "quic",
        "http2",
        "tcp",
        "tls",
        "clock",
        "policy",
        "warehouse",
        "schema",
        "package",
        "udp buffer",
    ] {
        well.is(check, "pass", &[]);
    }
    well.is("package", "pass", &["elementary 0.25.1", SOURCE]);
    well.is("warehouse", "pass", &["PostgreSQL"]);
    let after = world.tunnel(limit).await.unwrap();
    assert_eq!(before["tunnels"][0]["since"], after["tunnels"][0]["since"]);

    // A proxy that is not there is named, without its password; UDP does without it.
    let proxied = doctor(&world, "http://me:hunter2@127.0.0.1:1").await.unwrap();
    proxied.is("proxy", "pass", &["HTTPS_PROXY", "http://127.0.0.1:1"]);
    proxied.is("http2", "warn", &["http://127.0.0.1:1", "cannot be reached"]);
    proxied.is("udp", "pass", &[]);

    // For people.
    let state = world.folder().join("connector").display().to_string();
    let launch =
        Launch::new(&paths::program("connector").unwrap()).args(["doctor", "--state", state.as_str()]);
    let text = launch.run().await.unwrap().stdout;
    assert!(
        text.contains("pass  quic") && text.contains("pass  shop: warehouse"),
        "{text}"
    );
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_names_what_is_wrong_with_a_source_and_the_remedy() {
    let cluster = Cluster::start().await.unwrap();
    let world = World::start(Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    })
    .await
    .unwrap();
    // What dbt does to the package's views, where no default privileges are set for its role.
    let admin = cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute(&format!(
            "SET ROLE dbt; ALTER TABLE {ELEMENTARY}.alerts_dbt_models RENAME TO kept;\n\
             CREATE VIEW {ELEMENTARY}.alerts_dbt_models AS SELECT * FROM {ELEMENTARY}.kept;"
        ))
        .await
        .unwrap();
    let found = doctor(&world, "").await.unwrap();
    let remedy = format!("ALTER DEFAULT PRIVILEGES FOR ROLE DBT IN SCHEMA \\\"{ELEMENTARY}\\\"");
    found.is("schema", "warn", &["alerts_dbt_models", &remedy, READER]);
    assert_ne!(found.report["status"], "pass");

    let password = world.folder().join("connector/password");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
    let found = doctor(&world, "").await.unwrap();
    found.is("files", "fail", &["password", "644", "chmod 600"]);
    fs::write(&password, "another password").unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let found = doctor(&world, "").await.unwrap();
    found.is("files", "pass", &[]);
    found.is("warehouse", "fail", &["28P01", "password"]);

    let policy = fs::read_to_string(world.policy_file()).unwrap();
    fs::write(world.policy_file(), policy.replace("profile", "profil")).unwrap();
    let found = doctor(&world, "").await.unwrap();
    found.is("policy", "fail", &["policy.toml", "profil"]);
    found.is("quic", "pass", &[]);

    let settings = world.folder().join("connector/connector.toml");
    fs::write(&settings, "[tunel]\n").unwrap();
    let found = doctor(&world, "").await.unwrap();
    found.is("settings", "fail", &["connector.toml", "tunel"]);
    fs::remove_dir_all(world.folder().join("connector/identity")).unwrap();
    let found = doctor(&world, "").await.unwrap();
    found.is("certificate", "fail", &["connector join"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_tells_silence_from_a_stranger_and_names_who_is_in_between() {
    let mut world = World::start_gateway(Setup::default()).await.unwrap();
    world.prepare_connector().await.unwrap();
    let (tunnel, api) = (world.listener("tunnel").unwrap(), world.listener("api").unwrap());
    world.gateway.kill().unwrap();
    let silent = doctor(&world, "").await.unwrap();
    silent.is("udp", "fail", &["does not answer", "outbound UDP"]);
    silent.is("tcp", "fail", &["TCP"]);

    // Somebody else at both addresses: other authorities, one of them as an inspecting proxy has it.
    let stranger = Authority::create("tests.example".parse().unwrap(), std::time::SystemTime::now()).unwrap();
    let gateway = Gateway::listen(tunnel, &stranger).unwrap();
    let mut strangers = intercept(api).await.unwrap();
    // The handshake fails, at the other end.
    strangers.spawn(async move {
        let _ = gateway.accept(std::time::Duration::from_secs(20)).await;
    });
    let found = doctor(&world, "").await.unwrap();
    found.is("udp", "pass", &["answers"]);
    found.is("quic", "fail", &["refused"]);
    found.is("tcp", "pass", &[]);
    found.is("tls", "fail", &["Inspection of Example Corp", "in between"]);
    strangers.shutdown().await;
}

/// What a middlebox does that breaks TLS open: its own certificate, by its own authority, for whoever connects.
async fn intercept(at: std::net::SocketAddr) -> Result<JoinSet<()>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "Inspection of Example Corp");
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec![at.ip().to_string()])?;
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key))?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let config = ServerConfig::builder_with_provider(certs::tls::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)?;
    let (listener, acceptor) = (TcpListener::bind(at).await?, TlsAcceptor::from(Arc::new(config)));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    Ok(tasks)
}
