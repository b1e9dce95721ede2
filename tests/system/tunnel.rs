//! The tunnel: it comes back by itself, the newer takes the older one's place, its key exchange is post-quantum, and
//! clocks that differ are named.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, NamedGroup, SignatureScheme};
use serde_json::{Value, json};
use tests::client::Client;
use tests::clock::MovedClock;
use tests::process::{Launch, Process};
use tests::samples::Samples;
use tests::world::{SOURCE, Setup, Side, TENANT, World, query};
use tests::{paths, wait};

/// For a connector to be back: it says something every three seconds, is told by a gateway that has forgotten it, and dials
/// again after half a second at the most.
const BACK: Duration = Duration::from_secs(10);

async fn answers(caller: &Client) -> Result<Option<String>> {
    let answer = query(
        caller,
        "read.dbt_models",
        &json!({"limit": 1}),
        "application/json",
    )
    .await?;
    if answer.status.is_success() {
        Ok(None)
    } else {
        answer.problem().map(Some)
    }
}

async fn value(world: &World<'_>, side: Side, series: &str) -> f64 {
    Samples::of(world, side).await.expect("metrics").value(series)
}

fn number(tunnel: &Value) -> u64 {
    tunnel["tunnels"][0]["tunnel"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_comes_back_by_itself_whatever_ends_its_gateway() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let entry = world.tunnel(BACK).await.unwrap();
    assert_eq!(entry["tunnels"][0]["sources"], json!([SOURCE]));
    assert_eq!(
        entry["tunnels"][0]["connector_version"],
        env!("CARGO_PKG_VERSION")
    );
    let process = world.connector().unwrap().id();
    for kill in [true, false] {
        assert_eq!(answers(&caller).await.unwrap(), None);
        if kill {
            world.gateway.kill().unwrap();
        } else {
            assert!(
                world
                    .gateway
                    .terminate(Duration::from_secs(30))
                    .await
                    .unwrap()
                    .success()
            );
        }
        assert!(answers(&caller).await.is_err(), "nobody listens");
        world.restart_gateway().await.unwrap();
        world.tunnel(BACK).await.unwrap();
        assert_eq!(answers(&caller).await.unwrap(), None);
        assert_eq!(world.connector().unwrap().id(), process);
        assert!(world.connector().unwrap().is_running());
    }
    // A connector that stops in order leaves no tunnel behind, and its callers a time to come back.
    assert!(
        world
            .connector()
            .unwrap()
            .terminate(Duration::from_secs(30))
            .await
            .unwrap()
            .success()
    );
    wait::until("the tunnel's end", BACK, async || {
        (answers(&caller).await.ok()?.as_deref() == Some("source_offline")).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(value(&world, Side::Gateway, "gateway_tunnels").await, 0.0);
    world.restart_connector().await.unwrap();
    assert_eq!(answers(&caller).await.unwrap(), None);
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_that_returns_replaces_its_predecessor_which_cannot_evict_it() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let first = number(&world.tunnel(BACK).await.unwrap());

    // Killed without a word: the gateway still holds the old tunnel when the new one comes.
    world.connector().unwrap().kill().unwrap();
    world.restart_connector().await.unwrap();
    let second = wait::until("the successor", BACK, async || {
        let number = number(&world.tunnel(BACK).await.ok()?);
        (number != first).then_some(number)
    });
    let second = second.await.unwrap();
    assert_eq!(answers(&caller).await.unwrap(), None);
    let replaced = "gateway_tunnels_replaced_total{by=\"other_start\"}";
    assert_eq!(value(&world, Side::Gateway, replaced).await, 1.0);
    assert_eq!(value(&world, Side::Gateway, "gateway_tunnels").await, 1.0);

    // One identity on two hosts: the newer one is served, and both are seen.
    let copy = world.folder().join("copy");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(world.folder().join("connector"))
        .arg(&copy)
        .status();
    assert!(copied.unwrap().success());
    let mut twin = run(&copy, world.folder(), &[]).unwrap();
    twin.logged("its tunnel", BACK, |l| l.text.contains("tunnel is up"))
        .await
        .unwrap();
    wait::until("the replacement to be counted", BACK, async || {
        (value(&world, Side::Gateway, replaced).await >= 2.0).then_some(())
    })
    .await
    .unwrap();
    let told = |l: &tests::process::Line| l.text.contains("conflict");
    world
        .connector()
        .unwrap()
        .logged("why its tunnel ended", BACK, told)
        .await
        .unwrap();
    // While the two take turns a caller meets nothing worse than a moment without a tunnel, or a result that breaks off.
    for _ in 0..20 {
        if let Ok(code) = answers(&caller).await {
            assert!(
                matches!(code.as_deref(), None | Some("source_offline" | "tunnel_lost")),
                "{code:?}"
            );
        }
    }
    twin.kill().unwrap();
    // The clean-up of what is gone takes nothing from who is there.
    wait::until("the first one's tunnel", Duration::from_secs(45), async || {
        let tunnel = number(&world.tunnel(BACK).await.ok()?);
        (tunnel > second && answers(&caller).await.ok()?.is_none()).then_some(())
    })
    .await
    .unwrap();
    let live = async || (value(&world, Side::Gateway, "gateway_tunnels").await == 1.0).then_some(());
    wait::until("one tunnel", BACK, live).await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_falls_silent_loses_its_tunnel_and_comes_back_when_it_speaks() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert_eq!(answers(&caller).await.unwrap(), None);
    world.connector().unwrap().signal(Signal::STOP).unwrap();
    // Ten seconds at the most until a probe, and ten for its answer.
    wait::until(
        "the end of the silent tunnel",
        Duration::from_secs(30),
        async || (value(&world, Side::Gateway, "gateway_tunnels").await == 0.0).then_some(()),
    )
    .await
    .unwrap();
    assert_eq!(
        value(&world, Side::Gateway, "gateway_tunnel_probes_failed_total").await,
        1.0
    );
    assert_eq!(
        value(
            &world,
            Side::Gateway,
            "gateway_tunnels_closed_total{code=\"tunnel_lost\"}"
        )
        .await,
        1.0
    );
    assert_eq!(answers(&caller).await.unwrap().as_deref(), Some("source_offline"));
    world.connector().unwrap().signal(Signal::CONT).unwrap();
    world.tunnel(BACK).await.unwrap();
    assert_eq!(answers(&caller).await.unwrap(), None);
    world.assert_no_errors_but(&[]).unwrap();
}

fn run(state: &Path, logs: &Path, environment: &[(String, String)]) -> Result<Process> {
    let launch = Launch::new(&paths::program("connector")?).named("twin");
    launch
        .envs(environment)
        .args(["run", "--state"])
        .args([state.display().to_string()])
        .start(logs)
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_are_named_in_logs_errors_and_metrics() {
    let mut world = World::start_gateway(Setup::default()).await.unwrap();
    let clock = MovedClock::new(world.folder(), "connector").unwrap();
    let join = async |state: &str| {
        let token = world.join_token().await.unwrap();
        let state = world.folder().join(state).display().to_string();
        let launch = Launch::new(&paths::program("connector").unwrap()).envs(&clock.environment());
        launch
            .args(["join", "--token-file", "-", "--state", &state])
            .input(token)
            .run()
            .await
            .unwrap()
    };
    // An hour: the certificate would not be valid for its owner, so there is none.
    clock.set(3_600).unwrap();
    let refused = join("ahead").await;
    assert_eq!(refused.status.code(), Some(4), "{}", refused.stderr);
    for word in ["clock_skew", "ahead of", "NTP"] {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    // Three quarters of a minute: it works, and everybody is told.
    clock.set(-45).unwrap();
    let joined = join("connector").await.succeeded().unwrap();
    assert!(
        joined.stderr.contains("45 s behind") || joined.stderr.contains("44 s behind"),
        "{}",
        joined.stderr
    );
    world.settle().unwrap();
    let state = world.folder().join("connector");
    let mut late = run(&state, world.folder(), &clock.environment()).unwrap();
    world.tunnel(BACK).await.unwrap();
    let skewed = |l: &tests::process::Line| l.level() == Some("WARN") && l.text.contains("the clocks");
    let skew = |line: tests::process::Line| line.field("skew_seconds").unwrap().parse::<i64>().unwrap();
    let here = skew(world.gateway.logged("the skew", BACK, skewed).await.unwrap());
    let there = skew(late.logged("the skew", BACK, skewed).await.unwrap());
    assert!(
        (-47..=-43).contains(&here),
        "the connector's clock is {here} s ahead"
    );
    assert!(
        (43..=47).contains(&there),
        "the gateway's clock is {there} s ahead"
    );
    let gauge = value(&world, Side::Connector, "connector_clock_skew_seconds").await;
    assert!((43.0..=47.0).contains(&gauge), "{gauge}");
    let warnings = "gateway_tunnel_clock_skew_warnings_total";
    assert_eq!(value(&world, Side::Gateway, warnings).await, 1.0);
    assert_eq!(
        value(
            &world,
            Side::Gateway,
            "gateway_tunnel_clock_skew_seconds_bucket{le=\"30\"}"
        )
        .await,
        0.0
    );
    // It serves all the same.
    assert_eq!(answers(&world.caller().await.unwrap()).await.unwrap(), None);
    late.terminate(Duration::from_secs(30)).await.unwrap();

    // Twin: clocks that agree are no news.
    world.restart_connector().await.unwrap();
    let gauge = value(&world, Side::Connector, "connector_clock_skew_seconds").await;
    assert!(gauge.abs() <= 1.0, "{gauge}");
    assert_eq!(value(&world, Side::Gateway, warnings).await, 1.0);
    world.assert_no_errors_but(&[]).unwrap();
}

/// A group of the key exchange that counts how often it was the one agreed on.
#[derive(Debug)]
struct Counted {
    group: &'static dyn SupportedKxGroup,
    agreed: Arc<AtomicUsize>,
}

struct Exchange(Box<dyn ActiveKeyExchange>, Arc<AtomicUsize>);

impl SupportedKxGroup for Counted {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        Ok(Box::new(Exchange(self.group.start()?, Arc::clone(&self.agreed))))
    }

    fn name(&self) -> NamedGroup {
        self.group.name()
    }
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, rustls::Error> {
        let Exchange(exchange, agreed) = *self;
        agreed.fetch_add(1, Ordering::SeqCst);
        exchange.complete(peer)
    }

    fn pub_key(&self) -> &[u8] {
        self.0.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.0.group()
    }
}

/// Believes any server: what is looked at here is the key exchange, and identities have tests of their own.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Opens a tunnel with the connector's own key, offering these groups in this order; how often each was agreed on.
async fn handshake(world: &World<'_>, groups: &[&'static dyn SupportedKxGroup]) -> Result<Vec<usize>> {
    let identity = world.folder().join("connector/identity");
    let counted: Vec<_> = groups
        .iter()
        .map(|group| (*group, Arc::new(AtomicUsize::new(0))))
        .map(|(group, agreed)| {
            (
                Arc::clone(&agreed),
                &*Box::leak(Box::new(Counted { group, agreed })),
            )
        })
        .collect();
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = counted
        .iter()
        .map(|(_, group)| *group as &'static dyn SupportedKxGroup)
        .collect();
    let chain = CertificateDer::pem_file_iter(identity.join("chain.pem"))?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(identity.join("key.pem"))?;
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_auth_cert(chain, key)?;
    tls.alpn_protocols = vec![proto::limits::ALPN.to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls)?;
    let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse()?)?;
    let about: Value = serde_json::from_str(&fs::read_to_string(
        world.folder().join("gateway/run/addresses.json"),
    )?)?;
    let address: SocketAddr = about["tunnel"].as_str().context("an address")?.parse()?;
    let config = quinn::ClientConfig::new(Arc::new(quic));
    let connection = endpoint.connect_with(config, address, "localhost")?.await?;
    connection.close(0_u32.into(), b"");
    Ok(counted
        .iter()
        .map(|(agreed, _)| agreed.load(Ordering::SeqCst))
        .collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tunnels_key_exchange_is_x25519mlkem768() {
    let world = World::start(Setup::default()).await.unwrap();
    let (hybrid, classic) = (aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::X25519);
    assert_eq!(handshake(&world, &[hybrid, classic]).await.unwrap(), [1, 0]);
    // The gateway takes it where nothing else is offered, and what the connector offers first is the same.
    assert_eq!(handshake(&world, &[hybrid]).await.unwrap(), [1]);
    let first = certs::tls::provider().kx_groups.first().unwrap().name();
    assert_eq!(first, NamedGroup::X25519MLKEM768);
    // The tunnel that was up is not disturbed by handshakes that say no Hello.
    let path = format!("/v1/tenants/{TENANT}/connectors");
    assert!(world.admin().get(&path).await.unwrap().json().unwrap()["items"][0]["tunnels"][0].is_object());
    world.assert_no_errors_but(&[]).unwrap();
}
