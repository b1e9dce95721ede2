//! SIGKILL in the middle of a result: the connector, the gateway, the database. The caller knows within five seconds,
//! nothing hangs, nothing stays behind, and service returns without a hand.

use std::time::{Duration, Instant};

use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use proto::query::types::Value;
use proto::wire::frame::Request;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tests::client::{Client, Connection};
use tests::double::gateway::request;
use tests::postgres::{Cluster, DATABASE, READER};
use tests::wait;
use tests::world::{SOURCE, Setup, Side, Warehouse, World, open_policy, query, query_body, query_path};

/// More batches than all windows and buffers between the database and a caller that does not read can hold.
pub(super) const ROWS: u32 = 600_000;

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Within which a caller has to know.
const KNOWN: Duration = Duration::from_secs(5);

/// A request for every row.
pub(super) fn everything() -> Request {
    request(
        SOURCE,
        "read.data_monitoring_metrics",
        &[],
        &[("limit", Value::Integer(10_000_000))],
    )
    .unwrap()
}

/// Waits until no backend of the connector's role works any more.
pub(super) async fn no_backend(cluster: &Cluster) {
    let admin = cluster.admin(DATABASE).await.unwrap();
    let busy = "select count(*) from pg_stat_activity where usename = $1 and state <> 'idle'";
    wait::until("the backends to be idle", Duration::from_secs(10), async || {
        let row = admin.query_one(busy, &[&READER]).await.ok()?;
        (row.get::<_, i64>(0) == 0).then_some(())
    })
    .await
    .unwrap();
}

/// The processes that serve the connector's role.
async fn backends(cluster: &Cluster) -> Vec<Pid> {
    let admin = cluster.admin(DATABASE).await.unwrap();
    let rows = admin
        .query("select pid from pg_stat_activity where usename = $1", &[&READER])
        .await
        .unwrap();
    rows.iter().filter_map(|row| Pid::from_raw(row.get(0))).collect()
}

async fn bench() -> Cluster {
    Cluster::start_bench(ROWS, None, "127.0.0.1".parse().unwrap())
        .await
        .unwrap()
}

fn over(cluster: &Cluster) -> Setup<'_> {
    Setup {
        warehouse: Warehouse::Postgres(cluster),
        policy: open_policy(""),
        ..Setup::default()
    }
}

/// A result whose first bytes have come.
async fn begun(caller: &Client) -> (Connection, Incoming) {
    let mut connection = caller.connect().await.unwrap();
    let body = query_body("read.data_monitoring_metrics", &json!({ "limit": 10_000_000 }));
    let answer = connection
        .open(Method::POST, &query_path(), ARROW, Some(&body))
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let mut body = answer.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    (connection, body)
}

/// Reads on: the result must break off, within [`KNOWN`] of the kill.
async fn breaks_off(body: Incoming, killed: Instant) {
    let rest = tokio::time::timeout(KNOWN.saturating_sub(killed.elapsed()), body.collect()).await;
    let rest =
        rest.unwrap_or_else(|_| panic!("the caller still waits {:?} after the kill", killed.elapsed()));
    assert!(rest.is_err(), "a killed result has ended well");
}

/// A small query answers with one of these, soon; `ok` stands for success.
async fn soon(caller: &Client, codes: &[&str]) {
    let start = Instant::now();
    let one = json!({ "limit": 1 });
    let small = query(caller, "read.data_monitoring_metrics", &one, "application/json");
    let answer = tokio::time::timeout(KNOWN, small)
        .await
        .expect("an answer within the limit")
        .unwrap();
    let code = if answer.status.is_success() {
        "ok".to_owned()
    } else {
        answer.problem().unwrap()
    };
    assert!(
        codes.contains(&code.as_str()),
        "{code} after {:?}",
        start.elapsed()
    );
}

/// Waits until small queries succeed again.
async fn back(caller: &Client, limit: Duration) {
    let one = json!({ "limit": 1 });
    wait::until("service to return", limit, async || {
        let small = query(caller, "read.data_monitoring_metrics", &one, "application/json");
        small
            .await
            .is_ok_and(|answer| answer.status.is_success())
            .then_some(())
    })
    .await
    .unwrap();
}

/// Open file descriptors of a process, once they are no more than `most`.
async fn descriptors(world: &mut World<'_>, side: Side, most: usize) {
    let mut last = 0;
    let process = match side {
        Side::Gateway => &world.gateway,
        Side::Connector => world.connector().unwrap(),
    };
    let few = wait::until("few descriptors", Duration::from_secs(10), async || {
        last = process.open_files().ok()?;
        (last <= most).then_some(())
    });
    let few = few.await;
    assert!(
        few.is_ok(),
        "{side:?} holds {last} descriptors, and held {most} before"
    );
}

/// After a first query, so that pools and logs are open.
async fn settled(world: &mut World<'_>, caller: &Client) -> (usize, usize) {
    soon(caller, &["ok"]).await;
    (
        world.gateway.open_files().unwrap() + 1,
        world.connector().unwrap().open_files().unwrap() + 1,
    )
}

#[tokio::test]
async fn a_killed_connector_costs_its_caller_five_seconds_and_nobody_anything_else() {
    let cluster = bench().await;
    let mut world = World::start(over(&cluster)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let (gateway, _) = settled(&mut world, &caller).await;
    let (_connection, body) = begun(&caller).await;
    world.connector().unwrap().kill().unwrap();
    breaks_off(body, Instant::now()).await;
    soon(&caller, &["tunnel_lost", "source_offline"]).await;
    no_backend(&cluster).await;
    world.restart_connector().await.unwrap();
    back(&caller, Duration::from_secs(10)).await;
    descriptors(&mut world, Side::Gateway, gateway).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_killed_gateway_is_found_again_by_its_connector() {
    let cluster = bench().await;
    let mut world = World::start(over(&cluster)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let (_, connector) = settled(&mut world, &caller).await;
    let (_connection, body) = begun(&caller).await;
    let killed = Instant::now();
    world.gateway.kill().unwrap();
    breaks_off(body, killed).await;
    world.restart_gateway().await.unwrap();
    soon(&caller, &["source_offline", "ok"]).await;
    back(&caller, Duration::from_secs(20)).await;
    no_backend(&cluster).await;
    descriptors(&mut world, Side::Connector, connector).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_killed_database_is_an_error_with_a_code_and_is_used_again() {
    let cluster = bench().await;
    let mut world = World::start(over(&cluster)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let (gateway, connector) = settled(&mut world, &caller).await;
    let (_connection, body) = begun(&caller).await;
    let backends = backends(&cluster).await;
    let killed = Instant::now();
    cluster.kill().unwrap();
    // The server's children would go on for as long as nothing makes them wait.
    for backend in backends {
        let _ = kill_process(backend, Signal::KILL);
    }
    breaks_off(body, killed).await;
    soon(&caller, &["warehouse_error"]).await;
    cluster.restart(None).await.unwrap();
    back(&caller, Duration::from_secs(10)).await;
    no_backend(&cluster).await;
    descriptors(&mut world, Side::Gateway, gateway).await;
    descriptors(&mut world, Side::Connector, connector).await;
    world.assert_no_errors_but(&[]).unwrap();
}
