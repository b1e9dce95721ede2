//! The benchmark's short forms. They assert no time: they keep the benchmark from rotting, and pull the same rows over
//! links that lose packets. Their names put them into the group that has the machine for itself.

use tests::bench::{Endurance, Options, handshakes, revocation, run, scale};

#[tokio::test]
async fn wan_benchmark_takes_every_step_and_fills_its_table() {
    let table = run(&Options::short()).await.unwrap();
    let text = table.to_string();
    for what in [
        "wire: one row, p50",
        "wire: whole table",
        "wire: bytes between the networks",
        "wire: memory of the gateway above idle",
        "100 Mbit/s, 25 ms: whole table",
        "100 Mbit/s, 25 ms, 1 % loss: one row, p99",
        "1 Gbit/s, 40 ms: whole table",
    ] {
        assert!(text.contains(what), "{what} is missing in\n{text}");
    }
}

#[tokio::test]
async fn wan_pulls_in_a_row_bring_every_row_and_keep_their_tunnel_while_packets_are_lost() {
    let endurance = Endurance {
        pulls: 2,
        losses: vec![0.01, 0.05],
    };
    let options = Options {
        endurance: Some(endurance),
        ..Options::short()
    };
    let table = run(&options).await.unwrap();
    assert_eq!(table.lines().len(), 2, "{table}");
    assert!(table.lines().iter().all(|line| line.ours.len() == 2), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_benchmark_of_revocation_takes_every_step() {
    let found = revocation::run(2).await.unwrap();
    let samples = [
        &found.write,
        &found.answered,
        &found.closed,
        &found.command,
        &found.closed_by_command,
    ];
    assert!(samples.iter().all(|sample| sample.len() == 2), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_benchmark_of_handshakes_takes_every_step() {
    let found = handshakes::run(64, 16).await.unwrap();
    for line in [found.tunnels, found.quinn, found.tls] {
        assert_eq!(line.count, 64, "{found}");
    }
    for line in [found.renewals, found.activations] {
        assert_eq!(line.count, 16, "{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_benchmark_of_many_tunnels_takes_every_step_and_everybody_comes_back() {
    let found = scale::run(200, 150, None).await.unwrap();
    assert_eq!((found.tunnels, found.back.len()), (200, 150), "{found}");
    // So few may all be back before the tunnel that is asked is.
    assert!(!found.calm.is_empty(), "{found}");
    // A tunnel that stands is not cut, and its queries are not refused, because others come back.
    assert_eq!(found.failed, 0, "{found}");
}
