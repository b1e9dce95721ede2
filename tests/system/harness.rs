//! The harness is what the other tests stand on: these say that the databases hold what they should, and that walls
//! between namespaces are walls.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use serde_json::Value;
use tests::dataset::{self, ELEMENTARY, RAW, Table};
use tests::duckdb::{self, DuckDb};
use tests::netns::Namespace;
use tests::paths;
use tests::postgres::{Cluster, DATABASE, READER};
use tests::wan::{Direction, Passes, Shape, Wan};
use tests::world::{Setup, Side, TENANT, World};

/// Rows, NULLs and empty strings of a table, over all its columns.
fn census(table: &Table, columns: &[String]) -> String {
    let each = |of: &dyn Fn(&str) -> String| columns.iter().map(|c| of(c)).collect::<Vec<_>>().join(" + ");
    format!(
        "select count(*), coalesce(sum({}), 0)::bigint, coalesce(sum({}), 0)::bigint from {}.{}",
        each(&|c| format!("case when \"{c}\" is null then 1 else 0 end")),
        each(&|c| format!("case when cast(\"{c}\" as varchar) = '' then 1 else 0 end")),
        table.schema,
        table.name
    )
}

#[tokio::test]
async fn both_databases_hold_the_same_rows_nulls_and_empty_strings() {
    let cluster = Cluster::start().await.unwrap();
    let postgres = cluster.admin(DATABASE).await.unwrap();
    let folder = paths::scratch("census").unwrap();
    let copy = folder.path().join("copy.duckdb");
    std::fs::copy(duckdb::shared().unwrap(), &copy).unwrap();
    let mut duckdb = DuckDb::open(&paths::libduckdb().unwrap(), &copy).unwrap();

    let mut tables = dataset::elementary().unwrap();
    assert_eq!(tables.len(), 30);
    tables.extend(dataset::raw().unwrap());
    let (mut rows, mut nulls, mut empties) = (0, 0, 0);
    for table in &tables {
        let columns = "select column_name::text from information_schema.columns where table_schema = $1 and table_name = $2";
        let columns = postgres
            .query(columns, &[&table.schema, &table.name])
            .await
            .unwrap();
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        let sql = census(table, &columns);

        let row = postgres.query_one(&sql, &[]).await.unwrap();
        let there: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
        let batch = duckdb.query(&sql).unwrap().remove(0);
        let here = [0, 1, 2].map(|i| batch.column(i).as_primitive::<Int64Type>().value(0));
        assert_eq!(here, there, "{}.{}", table.schema, table.name);
        (rows, nulls, empties) = (rows + here[0], nulls + here[1], empties + here[2]);
    }
    assert!(
        rows > 30_000 && nulls > 40_000 && empties > 40,
        "{rows} rows, {nulls} NULLs, {empties} empty"
    );
}

#[tokio::test]
async fn the_reader_may_select_the_elementary_tables_and_nothing_else() {
    let cluster = Cluster::start().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    let readable = "select n.nspname::text, count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v') and n.nspname !~ '^(pg_|information_schema)' and has_table_privilege($1, c.oid, 'select')
        group by 1";
    let rows = admin.query(readable, &[&READER]).await.unwrap();
    let found: Vec<(String, i64)> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
    assert_eq!(found, [(ELEMENTARY.to_owned(), 32)]);
    for schema in RAW {
        let there = admin
            .query_one(
                "select has_schema_privilege($1, $2, 'usage')",
                &[&READER, &schema],
            )
            .await
            .unwrap();
        assert!(!there.get::<_, bool>(0), "{schema}");
    }
}

#[tokio::test]
async fn a_killed_cluster_starts_again_with_its_rows() {
    let cluster = Cluster::start().await.unwrap();
    cluster.kill().unwrap();
    assert!(cluster.admin(DATABASE).await.is_err());
    cluster.restart(None).await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    let row = admin
        .query_one("select count(*) from analytics_elementary.dbt_tests", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 60);
}

#[tokio::test]
async fn netns_firewall_lets_one_port_through_and_counts_the_rest() {
    let (here, there) = (
        Namespace::create("here").unwrap(),
        Namespace::create("there").unwrap(),
    );
    here.wire("10.70.0.1/24", &there, "10.70.0.2/24").unwrap();
    let address = IpAddr::V4(Ipv4Addr::new(10, 70, 0, 2));
    let cluster = Cluster::start_inside(&there, address).await.unwrap();
    let ready = |port: &str| {
        let mut command = here.command("pg_isready");
        let status = command
            .args(["-q", "-h", "10.70.0.2", "-p", port, "-t", "2"])
            .status()
            .unwrap();
        status.success()
    };
    assert!(ready(&cluster.port().to_string()));
    there
        .firewall(
            "table inet filter {
               counter refused {}
               chain input { type filter hook input priority 0; tcp dport 5432 counter name refused drop; }
             }",
        )
        .unwrap();
    assert!(!ready(&cluster.port().to_string()));
    assert!(there.counted("refused").unwrap() > 0);
}

#[tokio::test]
async fn wan_has_the_rate_the_delay_and_the_loss_that_it_was_given() {
    let (here, there) = (Namespace::create("a").unwrap(), Namespace::create("b").unwrap());
    let (a, b) = (
        IpAddr::V4(Ipv4Addr::new(10, 71, 0, 1)),
        IpAddr::V4(Ipv4Addr::new(10, 71, 0, 2)),
    );
    let shape = Shape::new(100, Duration::from_millis(25));
    let wan = Wan::between(&here, a, &there, b, shape).await.unwrap();
    let ping = |count: &str, interval: &str| {
        let output = here
            .command("ping")
            .args(["-q", "-c", count, "-i", interval, "-W", "1", "10.71.0.2"])
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    // rtt min/avg/max/mdev = 50.1/50.3/51.0/0.1 ms
    let round_trip = |said: &str| -> f64 {
        let average = said.split(" = ").nth(1).and_then(|times| times.split('/').nth(1));
        average
            .unwrap_or_else(|| panic!("no times in {said:?}"))
            .parse()
            .unwrap()
    };
    let quiet = round_trip(&ping("20", "0.01"));
    assert!((50.0..53.0).contains(&quiet), "{quiet} ms");

    wan.set(Direction::Forth, shape.losing(0.5));
    ping("100", "0.01");
    let [forth, back] = wan.counts();
    assert!((25..75).contains(&forth.lost), "{forth:?}");
    assert_eq!(back.lost, 0);

    wan.pass(Direction::Both, Passes::Nothing);
    let cut = ping("3", "0.01");
    assert!(cut.contains("100% packet loss"), "{cut}");
    wan.set(Direction::Both, shape);
    let healed = ping("3", "0.01");
    assert!(healed.contains(" 0% packet loss"), "{healed} {:?}", wan.counts());
}

#[tokio::test]
async fn a_gateway_starts_and_comes_back_on_its_ports_with_its_accounts() {
    let mut world = World::start_gateway(Setup::default()).await.unwrap();
    let tenants = |list: Value| list["items"][0]["tenant"].as_str().map(str::to_owned);
    let found = world.admin().get("/v1/tenants").await.unwrap().json().unwrap();
    assert_eq!(tenants(found).as_deref(), Some(TENANT));
    world.gateway.kill().unwrap();
    assert!(world.admin().get("/v1/tenants").await.is_err());
    world.restart_gateway().await.unwrap();
    let found = world.admin().get("/v1/tenants").await.unwrap().json().unwrap();
    assert_eq!(tenants(found).as_deref(), Some(TENANT));
    let refused = world
        .admin()
        .clone()
        .anonymous()
        .get("/v1/tenants")
        .await
        .unwrap();
    assert_eq!(refused.problem().unwrap(), "unauthenticated");
    assert!(
        world
            .operations(Side::Gateway, "/metrics")
            .await
            .unwrap()
            .contains("gateway_")
    );
    world.assert_no_errors_but(&[]).unwrap();
    assert!(
        world
            .gateway
            .terminate(Duration::from_secs(10))
            .await
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn benchmark_rows_are_made_once_and_may_be_read_by_the_reader() {
    const ROWS: u32 = 20_000;
    for _ in 0..2 {
        let cluster = Cluster::start_bench(ROWS, None, IpAddr::V4(Ipv4Addr::LOCALHOST))
            .await
            .unwrap();
        let admin = cluster.admin(DATABASE).await.unwrap();
        let sql = "select count(*), count(distinct id), count(distinct full_table_name),
                          has_table_privilege($1, 'analytics_elementary.data_monitoring_metrics', 'select')
                   from analytics_elementary.data_monitoring_metrics";
        let row = admin.query_one(sql, &[&READER]).await.unwrap();
        assert_eq!(
            (row.get(0), row.get(1), row.get(2)),
            (20_000_i64, 20_000_i64, 500_i64)
        );
        assert!(row.get::<_, bool>(3));
    }
}
