//! Three gateways on three members of etcd, and callers who never pause: restarts lose nothing, faults give no wrong row.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rustix::process::Signal;
use tests::trio::Trio;

/// For the cluster to be whole after a change.
const SOON: Duration = Duration::from_secs(60);

/// After the last fault every process is back by itself within this time.
const BACK: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_three_nodes_loses_no_query() {
    let mut trio = Trio::start().await.unwrap();
    let load = trio.load(3).await.unwrap();
    for node in 0..Trio::NODES {
        trio.drain(node).await.unwrap();
        load.more(20, SOON).await.unwrap();
        trio.restart(node).await.unwrap();
        trio.whole(SOON).await.unwrap();
        load.more(20, SOON).await.unwrap();
    }
    let report = load.stop().await;
    println!("{} answers, longest gap {:?}", report.answers, report.gap);
    assert_eq!((report.failures, report.wrong), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_is_a_gap_of_a_second_and_no_wrong_row() {
    let mut trio = Trio::start().await.unwrap();
    let load = trio.load(3).await.unwrap();
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
    println!("{} answers, {:?}", report.answers, report.failures);
    assert_eq!(report.wrong, Vec::<String>::new());
    // A caller hears that the node is gone, and nothing else.
    let told =
        |why: &String| why.starts_with("broken") || ["tunnel_lost", "source_offline"].contains(&why.as_str());
    assert!(report.failures.iter().all(told), "{:?}", report.failures);
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
        (None, Err(_)) => Duration::from_secs(30),
    };
    (seed.unwrap_or_else(rand::random), length)
}

/// A rhythm between faults, not a wait for something.
async fn pass(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_gives_no_wrong_row_and_everything_comes_back() {
    let (seed, length) = chaos();
    println!("CHAOS_SEED={seed}, {length:?}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut trio = Trio::start().await.unwrap();
    let files = trio.open_files().unwrap();
    let load = trio.load(3).await.unwrap();
    let began = Instant::now();
    let mut faults = 0;
    while began.elapsed() < length {
        let (node, member) = (random.random_range(0..Trio::NODES), random.random_range(0..3));
        let time = Duration::from_millis(random.random_range(200..4_000));
        let fault = random.random_range(0..6);
        println!(
            "{:?}: fault {fault} node {node} member {member} {time:?}",
            began.elapsed()
        );
        match fault {
            0 => {
                trio.kill(node).unwrap();
                pass(time).await;
                trio.restart(node).await.unwrap();
            }
            1 => {
                trio.signal(node, Signal::STOP).unwrap();
                pass(time).await;
                trio.signal(node, Signal::CONT).unwrap();
            }
            2 => {
                trio.terminate(node).await.unwrap();
                trio.restart(node).await.unwrap();
            }
            3 => {
                trio.etcd.kill(member).unwrap();
                pass(time).await;
                trio.etcd.restart(member).unwrap();
                trio.etcd.healthy().await.unwrap();
            }
            4 => {
                trio.etcd.pause(member).unwrap();
                pass(time).await;
                trio.etcd.resume(member).unwrap();
            }
            _ => {
                trio.world.connector().unwrap().kill().unwrap();
                pass(time).await;
                trio.world.launch_connector().unwrap();
            }
        }
        faults += 1;
        pass(Duration::from_millis(random.random_range(0..2_000))).await;
    }
    trio.whole(BACK).await.unwrap();
    load.more(100, SOON).await.unwrap();
    let after = trio.open_files().unwrap();
    let report = load.stop().await;
    println!(
        "{faults} faults, {} answers, {} failures, longest gap {:?}, open files {files:?} then {after:?}",
        report.answers,
        report.failures.len(),
        report.gap
    );
    assert_eq!(report.wrong, Vec::<String>::new(), "CHAOS_SEED={seed}");
    for (before, after) in files.iter().zip(&after) {
        assert!(
            *after < before + 64,
            "open files grew from {before} to {after}, CHAOS_SEED={seed}"
        );
    }
}
