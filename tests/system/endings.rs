//! How results end: a caller that leaves takes its query with it, down to the database, and what breaks midway never
//! looks whole.

use anyhow::{Context, Result};
use http::{Method, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tests::client::Connection;
use tests::postgres::{Cluster, DATABASE, Session};
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, Warehouse, World, open_policy, query_path};

use crate::sessions::{SOON, hold, running, until_running};

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Rows that no codec makes small: 48 MB, more than all windows and sockets on the way hold together.
const WIDE: &str =
    "insert into analytics_elementary.data_monitoring_metrics (id, created_at, metric_properties)
    select 'wide-' || n, timestamp '2031-01-01', w from generate_series(1, 24000) n,
    lateral (select string_agg(md5(n::text || '/' || k), '') w from generate_series(1, 125) k) words";

/// A query whose result is being read, and the database that it runs in.
struct Midway {
    connection: Connection,
    response: Response<Incoming>,
}

fn wide() -> Value {
    json!({
        "query": "read.data_monitoring_metrics",
        "parameters": {"since": "2030-01-01 00:00:00", "limit": 100_000},
        "columns": ["id", "metric_properties", "created_at"],
        "deadline_ms": 60_000,
    })
}

async fn database() -> Result<Cluster> {
    let cluster = Cluster::start().await?;
    cluster.admin(DATABASE).await?.execute(WIDE, &[]).await?;
    Ok(cluster)
}

impl Midway {
    /// Asks, and reads the first megabyte.
    async fn begin(mut connection: Connection, admin: &Session) -> Result<Self> {
        let response = connection
            .open(Method::POST, &query_path(), ARROW, Some(&wide()))
            .await?;
        let mut midway = Self { connection, response };
        let mut read = 0;
        while read < 1_000_000 {
            read += midway.frame().await?.context("the result is over")?;
        }
        anyhow::ensure!(
            running(admin).await?.len() == 1,
            "the query is not in the database any more"
        );
        Ok(midway)
    }

    /// Bytes of the next frame; none at a clean end.
    async fn frame(&mut self) -> Result<Option<usize>> {
        match self.response.body_mut().frame().await {
            None => Ok(None),
            Some(frame) => Ok(Some(frame?.data_ref().map_or(0, bytes::Bytes::len))),
        }
    }

    /// Reads on. The bytes, if it ended well.
    async fn rest(&mut self) -> Result<usize> {
        let mut read = 0;
        while let Some(bytes) = self.frame().await? {
            read += bytes;
        }
        Ok(read)
    }
}

async fn count(world: &World<'_>, side: Side, series: &str) -> f64 {
    Samples::of(world, side).await.expect("metrics").value(series)
}

/// What is above zero while a result waits for its reader, and zero again after it.
const GAUGES: [(Side, &str); 6] = [
    (Side::Gateway, "gateway_tunnels"),
    (Side::Gateway, "gateway_exchanges_in_flight"),
    (Side::Gateway, "gateway_batches_buffered"),
    (Side::Gateway, "gateway_batches_buffered_bytes"),
    (Side::Connector, "connector_exchanges_running"),
    (Side::Connector, "connector_batches_in_flight"),
];

/// Nothing of the queries is left on either side.
async fn idle(world: &World<'_>) {
    for (side, gauge) in &GAUGES[1..] {
        let zero = async || (count(world, *side, gauge).await == 0.0).then_some(());
        wait::until(&format!("{gauge} to be zero"), SOON, zero)
            .await
            .expect("an idle side");
    }
}

/// The last record of a side's audit log that completes a query, once there are `count` of them.
async fn completed(world: &World<'_>, side: Side, count: usize) -> Value {
    let records = async || {
        let mut lines = world.audit(side).ok()?;
        lines.retain(|l| l["event"] == "completed");
        (lines.len() == count).then(|| lines.pop())?
    };
    wait::until("the audit record", SOON, records)
        .await
        .expect("a record")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_ends_its_query_in_the_database() {
    let cluster = database().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: open_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let (one, admin) = (
        world.caller().await.unwrap(),
        cluster.admin(DATABASE).await.unwrap(),
    );
    let two = one.clone().over_http2();
    let mut ended = 0;

    // Midway through the result.
    for caller in [&one, &two] {
        let midway = Midway::begin(caller.connect().await.unwrap(), &admin)
            .await
            .unwrap();
        for (side, gauge) in GAUGES {
            let above = async || (count(&world, side, gauge).await >= 1.0).then_some(());
            wait::until(&format!("{gauge} to be above zero"), SOON, above)
                .await
                .unwrap();
        }
        drop(midway);
        until_running(&admin, 0).await.unwrap();
        ended += 1;
        assert_eq!(
            completed(&world, Side::Gateway, ended).await["outcome"],
            "cancelled"
        );
        assert_eq!(
            completed(&world, Side::Connector, ended).await["code"],
            "cancelled"
        );
    }
    // Over HTTP/2 a stream may be given up and the connection stay.
    let midway = Midway::begin(two.connect().await.unwrap(), &admin).await.unwrap();
    let Midway {
        mut connection,
        response,
    } = midway;
    drop(response);
    until_running(&admin, 0).await.unwrap();
    ended += 1;
    let (path, small) = (query_path(), json!({"query": "read.dbt_models"}));
    let again = connection
        .send(Method::POST, &path, ARROW, Some(&small))
        .await
        .unwrap();
    assert!(again.status.is_success());
    ended += 1;

    // Before the first row: the query waits for a lock.
    let lock = hold(&cluster, "data_monitoring_metrics").await.unwrap();
    let wide = wide();
    for caller in [&one, &two] {
        let mut connection = caller.connect().await.unwrap();
        tokio::select! {
            answer = connection.open(Method::POST, &path, ARROW, Some(&wide)) => panic!("{answer:?}"),
            waited = until_running(&admin, 1) => waited.unwrap(),
        }
        drop(connection);
        until_running(&admin, 0).await.unwrap();
        ended += 1;
        assert_eq!(
            completed(&world, Side::Gateway, ended).await["outcome"],
            "cancelled"
        );
    }
    drop(lock);

    let cancelled = "gateway_exchanges_total{code=\"cancelled\"}";
    assert_eq!(count(&world, Side::Gateway, cancelled).await, 5.0);
    idle(&world).await;
    // Twin: who stays gets all of it.
    let mut midway = Midway::begin(one.connect().await.unwrap(), &admin).await.unwrap();
    assert!(midway.rest().await.unwrap() > 40_000_000);
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_fails_midway_breaks_off_and_never_ends_cleanly() {
    let cluster = database().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: open_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let (one, admin) = (
        world.caller().await.unwrap(),
        cluster.admin(DATABASE).await.unwrap(),
    );
    let two = one.clone().over_http2();
    for (ended, caller) in [&one, &two].into_iter().enumerate() {
        let mut midway = Midway::begin(caller.connect().await.unwrap(), &admin)
            .await
            .unwrap();
        let [backend] = running(&admin).await.unwrap()[..] else {
            panic!("one query")
        };
        admin
            .query_one("select pg_terminate_backend($1)", &[&backend])
            .await
            .unwrap();
        let rest = tokio::time::timeout(SOON, midway.rest()).await.expect("an end");
        assert!(rest.is_err(), "the body ended cleanly after {rest:?} bytes");
        let (gateway, connector) = (
            completed(&world, Side::Gateway, ended + 1).await,
            completed(&world, Side::Connector, ended + 1).await,
        );
        assert_eq!(
            (&gateway["outcome"], &connector["code"]),
            (&json!("warehouse_error"), &json!("warehouse_error"))
        );
        assert!(gateway["digest"].is_null() && gateway["receipt"].is_null() && connector["digest"].is_null());
    }
    // Beyond a bound midway: the same.
    let mut bounded = wide();
    bounded["max_rows"] = json!(20_000);
    let mut connection = one.connect().await.unwrap();
    let response = connection
        .open(Method::POST, &query_path(), ARROW, Some(&bounded))
        .await
        .unwrap();
    assert!(response.status().is_success());
    let mut midway = Midway { connection, response };
    assert!(midway.rest().await.is_err());
    assert_eq!(
        completed(&world, Side::Gateway, 3).await["outcome"],
        "limit_exceeded"
    );
    assert_eq!(
        count(
            &world,
            Side::Gateway,
            "gateway_exchanges_total{code=\"warehouse_error\"}"
        )
        .await,
        2.0
    );
    idle(&world).await;
    world.assert_no_errors_but(&[]).unwrap();
}
