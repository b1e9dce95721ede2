//! Strangers at the tunnel listener: who has no certificate of a connector in good standing gets no tunnel, is told why by
//! a TLS alert, is counted by reason, and holds up nobody.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use certs::authority::Authority;
use certs::key::PrivateKey;
use proto::error::Code;
use proto::wire::frame::ControlFrame;
use quinn::{ConnectionError, Endpoint, TransportErrorCode};
use rcgen::{ExtendedKeyUsagePurpose, SanType};
use serde_json::json;
use tests::double::connector::{Connector, Dial, Sample, hello};
use tests::double::forge::{HOUR, Shown, authority_parameters, connector_parameters};
use tests::double::gateway::authority_of;
use tests::double::scene::{Got, LAKE, MALLORY, Scene, ask, enrol};
use tests::double::{End, ended};
use tests::world::{CONNECTOR, SOURCE, Setup, TENANT, query_body};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

const DOMAIN: &str = "tests.example";

/// What may stay behind of some hundred strangers while they are held; see the bound in the gateway's listener.
const STRANGERS_MEMORY: u64 = 40 << 20;

/// Shows these certificates and says Hello for the customer's own source; how the gateway ends it.
async fn turned_away(dial: &Dial) -> End {
    let connection = match dial.connect().await.unwrap() {
        Ok(connection) => connection,
        Err(error) => return End::from(&error),
    };
    // Whoever is let through says Hello, so that a hole would show as a tunnel.
    if let Ok(mut tunnel) = Connector::begin(connection.clone()).await {
        let _ = tunnel.say(&ControlFrame::Hello(hello(&[SOURCE]).unwrap())).await;
        if let Ok(Ok(ControlFrame::Welcome(_))) = tunnel.answers.next().await {
            panic!("welcome");
        }
        return ended(&connection).await.unwrap();
    }
    ended(&connection).await.unwrap()
}

/// A gateway whose root somebody else could steal.
fn root_elsewhere() -> Setup<'static> {
    Setup {
        root_elsewhere: true,
        ..Setup::default()
    }
}

#[tokio::test]
async fn certificates_that_are_not_a_connectors_own_open_no_tunnel() {
    let scene = Scene::start(root_elsewhere()).await.unwrap();
    let ours = authority_of(&scene.world.root()).unwrap();
    let now = SystemTime::now();
    let stranger = Authority::create(DOMAIN.parse().unwrap(), now).unwrap();
    let good = || connector_parameters(DOMAIN, TENANT, MALLORY).unwrap();
    let spoilt = |spoil: &dyn Fn(&mut rcgen::CertificateParams)| {
        let mut parameters = good();
        spoil(&mut parameters);
        Shown::signed(&ours, &parameters).unwrap()
    };

    let expired = spoilt(&|p| {
        p.not_before = (now - 3 * HOUR).into();
        p.not_after = (now - HOUR).into();
    });
    let early = spoilt(&|p| {
        p.not_before = (now + HOUR).into();
        p.not_after = (now + 3 * HOUR).into();
    });
    let foreign = spoilt(&|p| {
        let name = "spiffe://elsewhere.example/tenant/acme/connector/mallory";
        p.subject_alt_names = vec![SanType::URI(name.try_into().unwrap())];
    });
    let two_names = spoilt(&|p| {
        let name = format!("spiffe://{DOMAIN}/tenant/{TENANT}/connector/{CONNECTOR}");
        p.subject_alt_names
            .push(SanType::URI(name.as_str().try_into().unwrap()));
    });
    let server = spoilt(&|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    // Trust in one certificate, identity in another: mallory's own leaf is good, what it signs is the customer's name;
    // and the reverse, the customer's name from nowhere in front of mallory's good leaf.
    let by_leaf = scene
        .mallory
        .sign(&connector_parameters(DOMAIN, TENANT, CONNECTOR).unwrap())
        .unwrap();
    let nowhere = Shown::issued(&stranger, TENANT, CONNECTOR).unwrap();
    let in_front = nowhere.clone().with(&scene.mallory);
    // Mallory's leaf in front, so that the path is good, and the key of the other.
    let borrowed = Shown {
        chain: scene.mallory.clone().with(&nowhere).chain,
        key: nowhere.key.clone(),
    };
    let keyless = Shown {
        chain: scene.mallory.chain.clone(),
        key: PrivateKey::generate().unwrap(),
    };
    let intermediate = {
        let false_root = Shown::signed(&stranger, &authority_parameters("a false intermediate")).unwrap();
        false_root.sign(&good()).unwrap()
    };
    let crowd = (0..6).fold(scene.mallory.clone(), |all, _| all.with(&nowhere));

    let cases: Vec<(&str, Shown, &str, End)> = vec![
        ("another authority", nowhere, "unknown_authority", End::Alert(48)),
        ("expired", expired, "expired", End::Alert(45)),
        ("not yet valid", early, "not_yet_valid", End::Alert(45)),
        ("another installation", foreign, "foreign_domain", End::Alert(46)),
        ("two names", two_names, "identity", End::Alert(46)),
        ("a server's", server, "purpose", End::Alert(43)),
        (
            "a node's",
            Shown::node(&ours, "node-b").unwrap(),
            "wrong_kind",
            End::Alert(46),
        ),
        ("signed by a leaf", by_leaf, "path", End::Alert(46)),
        (
            "a stranger before a friend",
            in_front,
            "unknown_authority",
            End::Alert(48),
        ),
        (
            "a friend with a stranger's key",
            borrowed,
            "bad_signature",
            End::Alert(51),
        ),
        ("without its key", keyless, "bad_signature", End::Alert(51)),
        (
            "an intermediate of nobody",
            intermediate,
            "unknown_authority",
            End::Alert(48),
        ),
        ("more than may be shown", crowd, "too_much", End::Alert(46)),
    ];
    let mut wrong = Vec::new();
    for (name, shown, label, end) in cases {
        let counter = format!("gateway_tunnel_handshakes_total{{result=\"{label}\"}}");
        let before = scene.metric(&counter).await.unwrap();
        let got = turned_away(&scene.dial.clone().showing(&shown)).await;
        let counted = scene.metric(&counter).await.unwrap() - before;
        if got != end || counted != 1 {
            let text = scene
                .world
                .operations(tests::world::Side::Gateway, "/metrics")
                .await
                .unwrap();
            let lines: Vec<&str> = text
                .lines()
                .filter(|l| l.starts_with("gateway_tunnel_handshakes_total"))
                .collect();
            wrong.push(format!(
                "{name}: {got:?} in place of {end:?}, counted {counted} as {label}: {lines:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let none = Dial::to(scene.world.listener("tunnel").unwrap(), ours.bundle());
    assert_eq!(turned_away(&none).await, End::Alert(116));
    let old = scene.dial.clone().alpn(&[b"elementary-tunnel/0", b"h3"]);
    assert_eq!(turned_away(&old).await, End::Alert(120));
    assert_eq!(turned_away(&scene.dial.clone().alpn(&[])).await, End::Alert(120));

    // A good name on a certificate that this gateway did not give to it: the authority's key alone is not enough.
    let copy = Shown::issued(&ours, TENANT, CONNECTOR).unwrap();
    assert_eq!(
        turned_away(&scene.dial.clone().showing(&copy)).await,
        End::Code(Code::Revoked)
    );
    scene.others_work().await.unwrap();
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_connector_of_another_tenant_never_sees_this_ones_queries() {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let globex = enrol(&scene.world, "globex", CONNECTOR).await.unwrap();
    // The same name of a connector, the same name of a source, and a newer tunnel: only the tenant differs.
    let tunnel = Connector::up(&scene.dial.clone().showing(&globex), &[SOURCE, LAKE])
        .await
        .unwrap();
    let question = query_body("package.version", &json!({}));
    for _ in 0..8 {
        scene.others_work().await.unwrap();
    }
    let nowhere = scene.ask(LAKE, &question, "application/json").await.unwrap();
    assert_eq!(nowhere, Got::Problem("source_offline".to_owned()));
    // Nor does its own tenant's caller reach the other's source by a name.
    let wish = json!({ "name": "eve", "scopes": ["query"] });
    let made = scene.world.admin().post("/v1/tenants/globex/api-tokens", &wish);
    let token = made.await.unwrap().json().unwrap()["api_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let eve = scene.caller.clone().with_token(&token);
    let across = ask(&eve, SOURCE, &question, "application/json").await.unwrap();
    assert!(
        matches!(&across, Got::Problem(code) if code == "forbidden" || code == "unknown_tenant"),
        "{across:?}"
    );
    // Nothing but probes ever came down the other tunnel.
    let asked = tokio::time::timeout(Duration::from_millis(200), tunnel.asked()).await;
    assert!(asked.is_err(), "{asked:?}");
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn hundreds_of_half_open_handshakes_keep_nobody_out() {
    let mut scene = Scene::alone(root_elsewhere()).await.unwrap();
    let before = scene.world.gateway.memory().unwrap().0;

    // The gateway's answers never arrive: each handshake stays half open.
    let relay = one_way(scene.world.listener("tunnel").unwrap()).await;
    let ours = authority_of(&scene.world.root()).unwrap();
    let through = Dial::to(relay.address, ours.bundle()).showing(&scene.mallory);
    let mut strangers = JoinSet::new();
    for _ in 0..6 {
        let through = through.clone();
        strangers.spawn(async move {
            let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let mut attempts = JoinSet::new();
            for _ in 0..50 {
                let (through, endpoint) = (through.clone(), endpoint.clone());
                attempts.spawn(async move { through.connect_from(&endpoint).await.is_ok() });
            }
            while attempts.join_next().await.is_some() {}
        });
    }
    let pending = async || {
        scene
            .metric("gateway_tunnel_handshakes_pending")
            .await
            .ok()
            .filter(|n| *n >= 50)
    };
    tests::wait::until("a crowd at the door", Duration::from_secs(10), pending)
        .await
        .unwrap();

    // And some who have proved who they are, and say nothing.
    let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(scene.dial.connect_from(&endpoint).await.unwrap().unwrap());
    }

    // A connector in good standing comes in at once, and its queries run.
    let start = std::time::Instant::now();
    let tunnel = Connector::up(&scene.dial, &[LAKE]).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let sample = Sample::new(1, 3).unwrap();
    let question = query_body("package.version", &json!({}));
    let answer = async { tunnel.asked().await.unwrap().answer(&sample).await.unwrap() };
    let (got, ()) = tokio::join!(scene.ask(LAKE, &question, "application/json"), answer);
    assert_eq!(got.unwrap(), Got::Whole);

    // In a crowd whoever has not shown that it receives at its address has to do so first.
    let retried = "gateway_tunnel_handshakes_total{result=\"retry\"}";
    assert!(scene.metric(retried).await.unwrap() > 0);

    let (_, peak) = scene.world.gateway.memory().unwrap();
    let grown = peak.saturating_sub(before);
    assert!(grown < STRANGERS_MEMORY, "{grown} bytes for strangers");

    strangers.abort_all();
    drop(relay);
    for connection in silent {
        assert_eq!(
            ended(&connection).await.unwrap(),
            End::Code(Code::ProtocolViolation)
        );
    }
    // Nothing of them stays.
    let gone = async || (scene.metric("gateway_tunnel_handshakes_pending").await.ok()? == 0).then_some(());
    tests::wait::until("the last of them to be gone", Duration::from_secs(15), gone)
        .await
        .unwrap();
    assert!(scene.world.gateway.is_running());
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_every_place_at_the_door_is_taken_is_turned_away_at_once() {
    let scene = Scene::alone(Setup::default()).await.unwrap();
    let settings = scene.dial.settings().unwrap();
    let to = scene.world.listener("tunnel").unwrap();

    // Connectors that have proved who they are and say nothing, until one is not let in. Each has a place for the time
    // that a Hello may take.
    let mut crowd = JoinSet::new();
    for _ in 0..8 {
        let settings = settings.clone();
        crowd.spawn(async move {
            let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let mut silent = Vec::new();
            loop {
                let connecting = endpoint.connect_with(settings.clone(), to, "localhost").unwrap();
                match connecting.await {
                    Ok(connection) => silent.push(connection),
                    Err(error) => return (error, silent),
                }
            }
        });
    }
    let refused = tokio::time::timeout(Duration::from_secs(30), crowd.join_next());
    let (error, silent) = refused.await.unwrap().unwrap().unwrap();
    let ConnectionError::ConnectionClosed(close) = error else {
        panic!("{error}");
    };
    assert_eq!(close.error_code, TransportErrorCode::CONNECTION_REFUSED);
    let label = "gateway_tunnel_handshakes_total{result=\"refused\"}";
    assert!(scene.metric(label).await.unwrap() > 0);
    crowd.abort_all();
    drop(silent);

    // Once they are gone there is room again.
    let gone = async || (scene.metric("gateway_tunnel_handshakes_pending").await.ok()? == 0).then_some(());
    tests::wait::until("the crowd to be gone", Duration::from_secs(15), gone)
        .await
        .unwrap();
    Connector::up(&scene.dial, &[LAKE]).await.unwrap();
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_of_hundreds_is_let_in_at_the_rate_and_holds_up_no_query() {
    // Few enough in a second that the crowd meets the bound on any machine.
    let slow = "handshakes_per_second = 20".to_owned();
    let setup = Setup {
        gateway_settings: vec![("# handshakes_per_second = 1000".to_owned(), slow)],
        ..Setup::default()
    };
    let scene = Scene::alone(setup).await.unwrap();
    let settings = scene.dial.settings().unwrap();
    let to = scene.world.listener("tunnel").unwrap();
    let stands = Connector::up(&scene.dial, &[LAKE]).await.unwrap();

    // Three hundred come at once, again and again, and say nothing once they are in.
    let begun = std::time::Instant::now();
    let mut crowd = JoinSet::new();
    for _ in 0..300 {
        let settings = settings.clone();
        crowd.spawn(async move {
            let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let mut refused = 0;
            loop {
                let connecting = endpoint.connect_with(settings.clone(), to, "localhost").unwrap();
                match connecting.await {
                    Ok(connection) => return (refused, connection),
                    Err(ConnectionError::ConnectionClosed(close)) => {
                        assert_eq!(close.error_code, TransportErrorCode::CONNECTION_REFUSED);
                        refused += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
                // As a connector: a random time that grows.
                let wait = Duration::from_millis(rand::random_range(100..1000) * (1 + refused));
                let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
            }
        });
    }
    let waiting = async || {
        let line = scene.metric("gateway_tunnel_handshakes_waiting").await.ok()?;
        (line > 0).then_some(())
    };
    tests::wait::until("a line", Duration::from_secs(10), waiting)
        .await
        .unwrap();

    // The tunnel that stands is asked as ever.
    let sample = Sample::new(1, 3).unwrap();
    let question = query_body("package.version", &json!({}));
    for _ in 0..20 {
        let answer = async { stands.asked().await.unwrap().answer(&sample).await.unwrap() };
        let (got, ()) = tokio::join!(scene.ask(LAKE, &question, "application/json"), answer);
        assert_eq!(got.unwrap(), Got::Whole);
    }

    let (mut refused, mut entered) = (0, Vec::new());
    for _ in 0..60 {
        let (times, connection) = crowd.join_next().await.unwrap().unwrap();
        refused += times;
        entered.push(connection);
    }
    // What may enter at once, and then no more than the rate.
    let least = Duration::from_millis((60 - 1 - 5) * 1000 / 20);
    assert!(
        begun.elapsed() >= least - Duration::from_millis(100),
        "{:?}",
        begun.elapsed()
    );
    crowd.abort_all();
    drop((entered, crowd));
    let labels =
        ["refused", "retry"].map(|label| format!("gateway_tunnel_handshakes_total{{result=\"{label}\"}}"));
    for label in labels {
        assert!(scene.metric(&label).await.unwrap() > 0, "{label}");
    }
    println!("{refused} refusals of those that entered");
    // And nobody waits any more.
    let gone = async || (scene.metric("gateway_tunnel_handshakes_waiting").await.ok()? == 0).then_some(());
    tests::wait::until("the line to be gone", Duration::from_secs(15), gone)
        .await
        .unwrap();
    scene.world.assert_no_errors_but(&[]).unwrap();
}

/// A relay of datagrams towards the gateway that brings nothing back.
struct OneWay {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

async fn one_way(to: SocketAddr) -> OneWay {
    let inside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let outside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = inside.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut datagram = vec![0; 2048];
        while let Ok(length) = inside.recv(&mut datagram).await {
            let _ = outside.send_to(&datagram[..length], to).await;
        }
    });
    OneWay {
        address,
        _tasks: tasks,
    }
}
