//! A fleet through what an installation lives through: renewals, revocations, a restart of its gateway, while callers ask all
//! of it. The long form has 200 connectors and takes twenty minutes.

use std::time::{Duration, Instant};

use tests::fleet::{Fleet, Load};
use tests::postgres::Cluster;
use tests::samples::Samples;
use tests::world::{Setup, Side, World};

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
    Restart,
}

/// Every third connector or so is revoked, the first never, since it says what the answer is; the restart is in the middle.
fn happenings(form: &Form) -> Vec<Happening> {
    let apart = form.size / (form.revocations + 1);
    let mut all: Vec<Happening> = (1..=form.revocations)
        .map(|number| Happening::Revocation(number * apart))
        .collect();
    all.insert(form.revocations / 2, Happening::Restart);
    all
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
async fn fleet_answers_through_renewals_revocations_and_a_restart_of_its_gateway() {
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
    let mut rounds = 0;
    for happening in happenings(&form) {
        fleet.renewed(&world, round).await.unwrap();
        rounds += 1;
        say("all renewed");
        match happening {
            Happening::Revocation(number) => fleet.revoke(&world, number).await.unwrap(),
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
    while rounds <= form.revocations + 1 || began.elapsed() < form.least {
        fleet.renewed(&world, round).await.unwrap();
        rounds += 1;
        say("all renewed");
    }

    let heard = load.heard();
    drop(load);
    assert!(heard.wrong.is_empty(), "{:#?}", heard.wrong);
    assert!(heard.answered > form.size as u64, "{heard}");
    let refused: u64 = heard.revoked.values().sum();
    assert!(refused > 0, "no revoked connector was asked: {heard}");
    let samples = let_in(&world).await;
    assert!(samples.value("gateway_tunnel_renewals_total{result=\"ok\"}") >= form.size as f64);
    fleet.assert_honest().unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}
