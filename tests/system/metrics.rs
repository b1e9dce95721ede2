//! Every metric of both sides is moved by what it is for. Those that this workload does not move are listed with the test
//! that does; a new metric is in neither place, and fails here.

use std::fs;
use std::time::Duration;

use http::Method;
use rustix::process::Signal;
use serde_json::json;
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, World, policy, query, query_path};

/// Between two probes are ten seconds.
const PROBE: Duration = Duration::from_secs(30);

/// Moved elsewhere, and where.
const ELSEWHERE: [(&str, &str); 39] = [
    (
        "connector_catalogue_broken",
        "the unit tests of connector::catalogue",
    ),
    ("connector_catalogue_queries", "catalogue"),
    ("connector_trust_changes_total", "authority"),
    ("gateway_authority_phase", "authority"),
    ("gateway_cluster_nodes", "cluster"),
    ("gateway_cluster_tunnels", "cluster"),
    ("gateway_cluster_following", "cluster"),
    ("gateway_cluster_registered", "cluster"),
    ("gateway_forwarded_total", "cluster"),
    ("gateway_peer_connects_total", "cluster"),
    ("gateway_exchanges_retried_total", "cluster"),
    ("connector_renewals_total", "identity"),
    // Loopback loses none.
    (
        "connector_tunnel_packets_lost_total",
        "the unit tests of connector::metrics",
    ),
    ("connector_revoked", "identity"),
    ("connector_paused", "policy"),
    ("connector_excess_privileges", "rights"),
    ("gateway_exchanges_in_flight", "endings"),
    ("connector_settings_broken", "reload"),
    ("gateway_reloads_total", "reload"),
    ("gateway_settings_broken", "reload"),
    ("gateway_settings_waiting", "reload"),
    ("gateway_store_failures_total", "cluster_store"),
    ("gateway_store_watches_total", "cluster_store"),
    ("gateway_sign_ins_total", "people"),
    ("gateway_oidc_refreshes_total", "people"),
    ("gateway_oidc_keys_timestamp_seconds", "people"),
    ("gateway_batches_buffered", "endings"),
    ("gateway_batches_buffered_bytes", "endings"),
    ("connector_exchanges_running", "endings"),
    ("connector_batches_in_flight", "endings"),
    ("gateway_audit_failures_total", "audit"),
    ("gateway_audit_refusals_total", "audit"),
    ("connector_audit_failures_total", "audit"),
    ("gateway_tunnel_clock_skew_warnings_total", "tunnel"),
    ("gateway_tunnels_clock_skewed", "clocks"),
    // Zero again once a handshake is over: the hostile ones hold them.
    ("gateway_tunnel_handshakes_pending", "hostile peers"),
    ("gateway_tunnel_handshakes_waiting", "hostile peers"),
    ("gateway_tunnel_probes_failed_total", "tunnel"),
    (
        "gateway_batch_streams_refused_total",
        "the unit tests of gateway::tunnel",
    ),
];

/// May be zero where all is well, and is asserted by name below.
const SIGNED: [&str; 1] = ["connector_clock_skew_seconds"];

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_work_moves_every_metric_of_both_sides() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let ask = async |name: &str, parameters| {
        query(&caller, name, &parameters, "application/json")
            .await
            .unwrap()
    };
    let policies = |result: &str| format!("connector_policy_reloads_total{{result=\"{result}\"}}");

    assert!(ask("read.dbt_models", json!({})).await.status.is_success());
    assert!(
        ask("read.dbt_tests", json!({"limit": 7}))
            .await
            .status
            .is_success()
    );
    assert_eq!(
        ask("read.pg_authid", json!({})).await.problem().unwrap(),
        "unknown_query"
    );
    assert_eq!(
        ask("tests.failed_rows", json!({"result_id": "x"}))
            .await
            .problem()
            .unwrap(),
        "refused_by_policy"
    );
    let stranger = caller.clone().anonymous();
    assert_eq!(
        stranger.get("/v1/tenants").await.unwrap().problem().unwrap(),
        "unauthenticated"
    );
    let narrow = json!({"query": "read.dbt_models", "max_rows": 1});
    let narrow = caller
        .send(Method::POST, &query_path(), "text/csv", Some(&narrow))
        .await
        .unwrap();
    assert_eq!(narrow.problem().unwrap(), "limit_exceeded");
    let used = world.join_token().await.unwrap();
    assert!(
        !world.join(&used).await.unwrap().status.success(),
        "there is an identity already"
    );

    for (text, result) in [
        (policy("[tables]\ndeny = [\"dbt_groups\"]"), "replaced"),
        ("x = 1".to_owned(), "broken"),
    ] {
        fs::write(world.policy_file(), text).unwrap();
        world.connector().unwrap().signal(Signal::HUP).unwrap();
        wait::until(result, PROBE, async || {
            let samples = Samples::of(&world, Side::Connector).await.ok()?;
            (samples.value(&policies(result)) > 0.0).then_some(())
        })
        .await
        .unwrap();
    }
    wait::until("a probe", PROBE, async || {
        let samples = Samples::of(&world, Side::Connector).await.ok()?;
        (samples.value("connector_probes_total") > 0.0).then_some(())
    })
    .await
    .unwrap();

    let connector = Samples::of(&world, Side::Connector).await.unwrap();
    for (series, expected) in [
        ("connector_tunnels", 1.0),
        ("connector_connects_total{result=\"ok\"}", 1.0),
        ("connector_exchanges_total{code=\"ok\"}", 2.0),
        ("connector_exchanges_total{code=\"refused_by_policy\"}", 1.0),
        ("connector_exchanges_total{code=\"limit_exceeded\"}", 1.0),
        ("connector_exchange_seconds_count", 4.0),
        ("connector_refusals_total{reason=\"category\"}", 1.0),
        ("connector_policy_broken{source=\"shop\"}", 1.0),
    ] {
        assert_eq!(connector.value(series), expected, "{series}");
    }

    // Open while the gateway is looked at.
    let _connection = caller.connect().await.unwrap();
    // A connector that is killed leaves a tunnel for its successor to replace.
    world.connector().unwrap().kill().unwrap();
    fs::write(world.policy_file(), policy("")).unwrap();
    world.restart_connector().await.unwrap();
    let replaced = wait::until("the replacement", PROBE, async || {
        let samples = Samples::of(&world, Side::Gateway).await.ok()?;
        // The old one may have ended before the handshake of the new one has.
        let replaced =
            samples.sum("gateway_tunnels_closed_total") > 0.0 && samples.value("gateway_tunnels") == 1.0;
        replaced.then_some(samples)
    });
    let gateway = replaced.await.unwrap();
    for (series, expected) in [
        ("gateway_tunnels", 1.0),
        ("gateway_tunnel_handshakes_total{result=\"ok\"}", 2.0),
        ("gateway_tunnels_replaced_total{by=\"other_start\"}", 1.0),
        ("gateway_tunnels_closed_total{code=\"conflict\"}", 1.0),
        ("gateway_exchanges_total{code=\"ok\"}", 2.0),
        ("gateway_exchanges_total{code=\"unknown_query\"}", 1.0),
        ("gateway_exchanges_total{code=\"refused_by_policy\"}", 1.0),
        ("gateway_exchanges_total{code=\"limit_exceeded\"}", 1.0),
        ("gateway_exchange_seconds_count", 5.0),
        ("gateway_audit_records_total{event=\"opened\"}", 4.0),
        ("gateway_audit_records_total{event=\"completed\"}", 4.0),
        ("gateway_audit_records_total{event=\"refused\"}", 1.0),
        ("gateway_enrolments_total{result=\"ok\"}", 1.0),
        ("gateway_join_tokens_created_total", 2.0),
    ] {
        assert_eq!(gateway.value(series), expected, "{series}");
    }
    assert!(gateway.value("gateway_tunnel_probe_seconds_count") >= 1.0);
    assert!(gateway.value("gateway_exchange_rows_total") > 7.0);
    let mut still = Vec::new();
    for samples in [&gateway, &connector] {
        for metric in samples.metrics() {
            let count = samples.sum(&metric) + samples.sum(&format!("{metric}_count"));
            let known =
                ELSEWHERE.iter().any(|(name, _)| *name == metric) || SIGNED.contains(&metric.as_str());
            if count == 0.0 && !known {
                still.push(metric);
            }
        }
    }
    assert!(still.is_empty(), "moved by nothing: {still:?}");
    world.assert_no_errors_but(&["stays in force"]).unwrap();
}
