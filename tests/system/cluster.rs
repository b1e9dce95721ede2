//! Three gateways on three members of etcd, four connectors on two sources, and callers who never pause: restarts lose nothing,
//! faults give no wrong row.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tests::net::Net;
use tests::trio::Trio;
use tests::trio::faults::Faults;
use tests::trio::load::Load;

/// For the cluster to be whole after a change.
const SOON: Duration = Duration::from_secs(60);

/// After the last fault every process is back by itself within this time.
const BACK: Duration = Duration::from_secs(30);

/// Of certificates, where their renewal is not what a test is about.
const DAY: Duration = Duration::from_secs(86_400);

/// What a caller may be told while something is broken; everything else is a defect.
const TOLD: [&str; 7] = [
    "broken",
    "deadline_exceeded",
    "frozen",
    "overloaded",
    "source_offline",
    "store_unavailable",
    "tunnel_lost",
];

#[test]
fn a_rolling_restart_of_three_nodes_loses_no_query() {
    Net::run(async |net| {
        let mut trio = Trio::start(net, DAY).await.unwrap();
        let load = Load::start(&trio, 3).await.unwrap();
        for node in 0..Trio::NODES {
            trio.drain(node).await.unwrap();
            load.more(20, SOON).await.unwrap();
            trio.restart(node).await.unwrap();
            trio.whole(SOON).await.unwrap();
            load.more(20, SOON).await.unwrap();
        }
        let report = load.stop().await;
        println!("{} answers, longest gap {:?}", report.answers, report.gap);
        assert_eq!(report.wrong, Vec::<String>::new());
        assert_eq!(report.failures_but(&[]), Vec::<&str>::new());
    })
    .unwrap();
}

#[test]
fn a_node_that_is_killed_is_a_gap_of_a_second_and_no_wrong_row() {
    Net::run(async |net| {
        let mut trio = Trio::start(net, DAY).await.unwrap();
        let load = Load::start(&trio, 3).await.unwrap();
        for node in 0..Trio::NODES {
            load.more(20, SOON).await.unwrap();
            load.reset_gap();
            trio.kill(node).unwrap();
            load.more(50, SOON).await.unwrap();
            println!("node {node} killed: longest gap {:?}", load.gap());
            trio.restart(node).await.unwrap();
            trio.whole(SOON).await.unwrap();
        }
        let report = load.stop().await;
        println!("{} answers, failures {:?}", report.answers, report.codes());
        assert_eq!(report.wrong, Vec::<String>::new());
        // A caller hears that the node is gone, and nothing else.
        let told = ["broken", "tunnel_lost", "source_offline"];
        assert_eq!(report.failures_but(&told), Vec::<&str>::new());
    })
    .unwrap();
}

/// A seed, and for how long.
fn chaos() -> (u64, Duration) {
    let seed = std::env::var("CHAOS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let minutes: Option<u64> = std::env::var("CHAOS_MINUTES")
        .ok()
        .and_then(|minutes| minutes.parse().ok());
    let length = match (minutes, std::env::var("TESTS_LONG")) {
        (Some(minutes), _) => Duration::from_secs(60 * minutes),
        (None, Ok(_)) => Duration::from_secs(15 * 60),
        (None, Err(_)) => Duration::from_secs(18),
    };
    (seed.unwrap_or_else(rand::random), length)
}

#[test]
fn chaos_gives_no_wrong_row_and_everything_comes_back() {
    let (seed, length) = chaos();
    println!("CHAOS_SEED={seed}, {length:?}");
    // Renewed at half of it. The long form has several of each connector, and a life in which several faults may meet.
    let lifetime = Duration::from_secs(if length < Duration::from_secs(60) { 40 } else { 120 });
    Net::run(async |net| {
        let mut trio = Trio::start(net, lifetime).await.unwrap();
        let load = Load::start(&trio, 4).await.unwrap();
        let began = Instant::now();
        let say = |what: &str| println!("{:7.2} s: {what}", began.elapsed().as_secs_f32());
        let mut faults = Faults::of(seed);
        let (mut struck, mut rest) = (0, None);
        let mut serials = BTreeSet::new();
        let mut healed = began;
        for part in [length / 3, length] {
            while began.elapsed() < part {
                let fault = faults.next().unwrap();
                say(&fault.to_string());
                fault.strike(&mut trio, &load).await.unwrap();
                healed = Instant::now();
                trio.assert_running().unwrap();
                struck += 1;
                serials.extend(trio.serials().await);
                pass(fault.calm).await;
            }
            trio.whole(BACK.saturating_sub(healed.elapsed())).await.unwrap();
            say(&format!("whole {:?} after the last fault", healed.elapsed()));
            let now = trio.rest(&load, rest.as_deref()).await.unwrap();
            for holds in &now {
                say(&holds.to_string());
            }
            rest.get_or_insert(now);
            // Nothing is broken: nothing may fail.
            let failures = load.failures().len();
            load.more(40, SOON).await.unwrap();
            assert_eq!(load.failures().get(failures..), Some(&[][..]));
        }
        let renewals = serials.len().saturating_sub(Trio::CONNECTORS);
        let report = load.stop().await;
        println!(
            "CHAOS_SEED={seed}: {struck} faults in {:?}, {} answers, failures {:?}, longest gap {:?} until {:?}, {renewals} certificates renewed",
            began.elapsed(),
            report.answers,
            report.codes(),
            report.gap,
            report.gap_ended
        );
        assert_eq!(report.wrong, Vec::<String>::new(), "CHAOS_SEED={seed}");
        assert_eq!(report.failures_but(&TOLD), Vec::<&str>::new(), "CHAOS_SEED={seed}");
        // As many as are due in that time, but for one that a fault puts off for each connector.
        let due = (length.as_secs() / lifetime.as_secs()) as usize * Trio::CONNECTORS;
        assert!(renewals >= due.saturating_sub(Trio::CONNECTORS), "{renewals} of {due} renewals, CHAOS_SEED={seed}");
    })
    .unwrap();
}

/// A rhythm between faults, not a wait for something.
async fn pass(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}
