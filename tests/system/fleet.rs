//! A fleet through what an installation lives through: renewals, revocations, another issuing authority, another root, a
//! restart of its gateway in the middle of that, while callers ask all of it. The long form has 200 connectors and takes
//! twenty minutes.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::fleet::{Fleet, Load};
use tests::postgres::Cluster;
use tests::process::Launch;
use tests::samples::Samples;
use tests::world::{Setup, Side, World};
use tests::{paths, wait};

/// For what all do at once on two busy cores: above the sum of the deadlines on the way.
const BACK: Duration = Duration::from_secs(60);

/// How large, how short-lived, how long.
struct Form {
    size: usize,
    lifetime: Duration,
    revocations: usize,
    /// The end comes no sooner.
    least: Duration,
}

impl Form {
    fn of_environment() -> Self {
        match std::env::var("TESTS_LONG") {
            Ok(_) => Self {
                size: 200,
                lifetime: Duration::from_secs(120),
                revocations: 10,
                least: Duration::from_secs(20 * 60),
            },
            Err(_) => Self {
                size: 12,
                lifetime: Duration::from_secs(20),
                revocations: 2,
                least: Duration::ZERO,
            },
        }
    }
}

/// What happens, each after every valid connector has renewed its certificate since the one before.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Revocation(usize),
    Issuing,
    Root,
    Restart,
}

/// The first connector is never revoked, since it says what the answer is. In the middle the authorities change, and the gateway
/// restarts while the root does.
fn happenings(form: &Form) -> Vec<Happening> {
    let apart = form.size / (form.revocations + 1);
    let mut all: Vec<Happening> = (1..=form.revocations)
        .map(|number| Happening::Revocation(number * apart))
        .collect();
    let middle = form.revocations / 2;
    all.splice(
        middle..middle,
        [Happening::Issuing, Happening::Root, Happening::Restart],
    );
    all
}

/// `gateway ca` for the world's gateway.
async fn ca(world: &World<'_>, arguments: &[&str]) -> Value {
    let state = world.folder().join("gateway").display().to_string();
    let launch = Launch::new(&paths::program("gateway").unwrap()).args(["ca"]);
    let launch = launch.args(arguments.iter().copied());
    let finished = launch.args(["--json", "--state", &state]).run().await.unwrap();
    finished.succeeded().unwrap().json().unwrap()
}

/// Fails when the gateway turned away a connector for its identity, otherwise than by revocation.
async fn let_in(world: &World<'_>) -> Samples {
    let samples = Samples::of(world, Side::Gateway).await.unwrap();
    for result in [
        "bad_signature",
        "expired",
        "identity",
        "no_certificate",
        "not_yet_valid",
        "path",
        "unknown_authority",
    ] {
        let series = format!("gateway_tunnel_handshakes_total{{result=\"{result}\"}}");
        assert_eq!(samples.value(&series), 0.0, "{result}");
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn fleet_answers_through_renewals_revocations_new_authorities_and_a_restart_of_its_gateway() {
    let form = Form::of_environment();
    let seconds = form.lifetime.as_secs();
    let cluster = Cluster::start().await.unwrap();
    let setup = Setup {
        gateway_settings: vec![(
            "# connector_lifetime_seconds = 86400".to_owned(),
            format!("connector_lifetime_seconds = {seconds}"),
        )],
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let mut fleet = Fleet::start(&world, &cluster, form.size, BACK).await.unwrap();
    let caller = world.caller().await.unwrap();
    let load = Load::start(&caller, &fleet).await.unwrap();
    let began = Instant::now();
    let say = |what: &str| println!("{:4} s: {what}: {}", began.elapsed().as_secs(), load.heard());

    // A renewal is due at half a life and a tenth; then it takes what a busy machine lets it.
    let round = form.lifetime + BACK;
    let first = ca(&world, &["status"]).await["root"].clone();
    for happening in happenings(&form) {
        fleet.renewed(&world, round).await.unwrap();
        say("all renewed");
        match happening {
            Happening::Revocation(number) => fleet.revoke(&world, number).await.unwrap(),
            Happening::Issuing => drop(ca(&world, &["rotate", "issuing"]).await),
            Happening::Root => drop(ca(&world, &["rotate", "root", "--overlap", "1h"]).await),
            Happening::Restart => {
                // What was counted goes with the process.
                let_in(&world).await;
                load.away();
                world.gateway.terminate(BACK).await.unwrap();
                world.restart_gateway().await.unwrap();
                fleet.up(&world, BACK).await.unwrap();
                load.back();
            }
        }
        say(&format!("{happening:?}"));
        let_in(&world).await;
        assert!(load.heard().wrong.is_empty(), "{:#?}", load.heard().wrong);
    }
    // The new root stands when nothing valid is left by the old one.
    let mut status = Value::Null;
    let settled = wait::until("the end of the change of roots", 2 * round, async || {
        status = ca(&world, &["status"]).await;
        status["change"].is_null().then_some(())
    });
    settled.await.unwrap_or_else(|error| panic!("{error}: {status}"));
    assert_ne!(status["root"], first, "{status}");
    say("the new root stands alone");
    loop {
        fleet.renewed(&world, round).await.unwrap();
        say("all renewed");
        if began.elapsed() >= form.least {
            break;
        }
    }

    let heard = load.heard();
    drop(load);
    assert!(heard.wrong.is_empty(), "{:#?}", heard.wrong);
    assert!(heard.answered > form.size as u64, "{heard}");
    let refused: u64 = heard.revoked.values().sum();
    assert!(refused > 0, "no revoked connector was asked: {heard}");
    let samples = let_in(&world).await;
    for transport in ["quic", "http2"] {
        let series = format!("gateway_tunnels_by_transport{{transport=\"{transport}\"}}");
        assert!(samples.value(&series) >= (form.size / 6) as f64, "{transport}");
    }
    assert!(samples.value("gateway_tunnel_renewals_total{result=\"ok\"}") >= form.size as f64);
    fleet.assert_honest().unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}
