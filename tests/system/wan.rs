//! Bad networks, emulated between the two sides: loss, delay, reordering, duplication, a link that becomes slow, a
//! translator that forgets, and packets that get through one way only. A tunnel is kept where the path carries anything, a
//! result is whole or an error, and a path that carries nothing is noticed in time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tests::client::{Client, Connection};
use tests::duckdb::{self, DuckDb};
use tests::netns::Namespace;
use tests::process::Launch;
use tests::samples::Samples;
use tests::wan::{Counts, Direction, Nat, Passes, Shape, Wan};
use tests::world::{Setup, Side, Warehouse, World, open_policy, query, query_path};
use tests::{paths, wait};
use tokio::time::{Instant, timeout};

const CLOUD: Ipv4Addr = Ipv4Addr::new(10, 76, 0, 1);
const CUSTOMER: Ipv4Addr = Ipv4Addr::new(10, 76, 0, 2);

/// A second gateway's address.
const ANOTHER: Ipv4Addr = Ipv4Addr::new(10, 76, 0, 3);

/// Where the customer is seen once its translator has another address.
const MOVED: Ipv4Addr = Ipv4Addr::new(10, 76, 0, 77);

const ARROW: &str = "application/vnd.apache.arrow.stream";
const JSON: &str = "application/json";

/// Rows of a long result: 12 MB.
const LONG: u32 = 6_000;

/// The same, 48 MB: more than all windows and sockets on the way hold together.
const ENDLESS: u32 = 24_000;

/// So many rows that no codec makes small.
fn wide(rows: u32) -> String {
    format!(
        "insert into analytics_elementary.data_monitoring_metrics (id, created_at, metric_properties)
         select 'wide-' || n, timestamp '2031-01-01', string_agg(md5(n || '/' || k), '' order by k)
         from range({rows}) rows(n), range(125) words(k) group by n"
    )
}

/// For both ends to notice: ten seconds without a byte over HTTP/2, twenty over QUIC, or the gateway's probe, which has its
/// ten after ten at the most; and two busy cores.
const NOTICED: Duration = Duration::from_secs(26);

/// A handshake that was begun before the path was healed may last its five seconds, and the wait after it four.
const BACK: Duration = Duration::from_secs(20);

/// The cloud's network, the customer's, and the link between them.
struct Site {
    // First, so that the devices go before their namespaces.
    wan: Wan,
    cloud: Namespace,
    customer: Namespace,
    warehouse: Copy,
}

impl Site {
    /// Makes them, and moves the calling thread into the cloud.
    async fn lay(shape: Shape, rows: u32) -> Result<Self> {
        let (cloud, customer) = (Namespace::create("cloud")?, Namespace::create("customer")?);
        let wan = Wan::between(&cloud, CLOUD.into(), &customer, CUSTOMER.into(), shape).await?;
        cloud.enter()?;
        Ok(Self {
            wan,
            cloud,
            customer,
            warehouse: warehouse(rows)?,
        })
    }

    fn setup(&self, gateway: Ipv4Addr, transport: &str) -> Setup<'_> {
        Setup {
            gateway_in: Some((&self.cloud, IpAddr::V4(gateway))),
            connector_in: Some(&self.customer),
            warehouse: Warehouse::DuckDbAt(&self.warehouse.file),
            connector_settings: format!("[tunnel]\ntransport = \"{transport}\"\n"),
            policy: open_policy("[budget]\nqueries_per_minute = 100_000\n"),
            ..Setup::default()
        }
    }
}

/// A copy of the shared database with a long result in it.
fn warehouse(rows: u32) -> Result<Copy> {
    let folder = paths::scratch("wan")?;
    let file = folder.path().join("copy.duckdb");
    std::fs::copy(duckdb::shared()?, &file)?;
    DuckDb::open(&paths::libduckdb()?, &file)?.execute(&wide(rows))?;
    Ok(Copy {
        file,
        _folder: folder,
    })
}

struct Copy {
    file: PathBuf,
    _folder: TempDir,
}

/// The rows of a known table.
async fn rows(caller: &Client) -> Result<Value> {
    let parameters = json!({ "limit": 1_000 });
    let answer = query(caller, "read.dbt_run_results", &parameters, JSON).await?;
    answer.json()
}

/// Asks for one row. The code, where it is refused.
async fn small(caller: &Client, deadline: Duration) -> Result<(), String> {
    let question = json!({
        "query": "read.dbt_models",
        "parameters": {"limit": 1},
        "deadline_ms": deadline.as_millis() as u64,
    });
    let answer = caller
        .send(Method::POST, &query_path(), JSON, Some(&question))
        .await;
    let answer = answer.unwrap();
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(answer.problem().unwrap()),
    }
}

/// A long result as it comes.
struct Reading {
    _connection: Connection,
    body: Incoming,
    bytes: usize,
    digest: Sha256,
    said: http::HeaderMap,
}

impl Reading {
    async fn begin(caller: &Client, deadline: Duration) -> Result<Self> {
        let question = json!({
            "query": "read.data_monitoring_metrics",
            "parameters": {"since": "2030-01-01 00:00:00", "limit": 100_000},
            "columns": ["id", "metric_properties", "created_at"],
            "deadline_ms": u64::try_from(deadline.as_millis())?,
        });
        let mut connection = caller.connect().await?;
        let opened = connection
            .open(Method::POST, &query_path(), ARROW, Some(&question))
            .await?;
        ensure!(opened.status().is_success(), "{}", opened.status());
        let mut reading = Self {
            _connection: connection,
            body: opened.into_body(),
            bytes: 0,
            digest: Sha256::new(),
            said: http::HeaderMap::new(),
        };
        reading.on(500_000).await?;
        Ok(reading)
    }

    /// Reads all of it.
    async fn whole(caller: &Client, deadline: Duration) -> Result<(usize, String)> {
        Self::begin(caller, deadline).await?.rest().await
    }

    /// Reads so many bytes more.
    async fn on(&mut self, bytes: usize) -> Result<()> {
        let until = self.bytes + bytes;
        while self.bytes < until {
            ensure!(self.piece().await?, "the result is over after {}", self.bytes);
        }
        Ok(())
    }

    /// Whether there was another piece; none after a clean end.
    async fn piece(&mut self) -> Result<bool> {
        let Some(frame) = self.body.frame().await.transpose()? else {
            return Ok(false);
        };
        match frame.into_data() {
            Ok(data) => {
                self.bytes += data.len();
                self.digest.update(&data);
            }
            Err(frame) => self.said = frame.into_trailers().unwrap_or_default(),
        }
        Ok(true)
    }

    /// Reads to the end: what makes two results the same.
    async fn rest(mut self) -> Result<(usize, String)> {
        while self.piece().await? {}
        let said = self.said.get("x-result-rows").context("no trailers")?;
        ensure!(said == LONG.to_string().as_str(), "{said:?} rows");
        Ok((self.bytes, hex::encode(self.digest.finalize())))
    }
}

async fn gauge(world: &World<'_>, series: &str) -> f64 {
    Samples::of(world, Side::Gateway)
        .await
        .expect("metrics")
        .value(series)
}

/// The gateway's view of the one tunnel.
async fn tunnel(world: &World<'_>) -> Value {
    let entry = world.tunnel(Duration::from_secs(5)).await.unwrap();
    assert_eq!(entry["tunnels"].as_array().map(Vec::len), Some(1), "{entry}");
    entry["tunnels"][0].clone()
}

/// The number of the tunnel that the connector says is up; none where it says that none is.
async fn standing(world: &World<'_>) -> Option<Option<u64>> {
    let state = world.folder().join("connector").display().to_string();
    let launch =
        Launch::new(&paths::program("connector").ok()?).args(["status", "--json", "--state", &state]);
    let said = launch.run().await.ok()?.json().ok()?;
    let tunnels = said["status"]["tunnels"].as_array()?;
    let up = tunnels.iter().find(|tunnel| tunnel["state"] == "up");
    Some(up.and_then(|tunnel| tunnel["number"].as_u64()))
}

/// The gateway's number for the tunnel, and when it was admitted: the same while nothing was dialled anew.
async fn which(world: &World<'_>) -> (Value, Value) {
    let tunnel = tunnel(world).await;
    (tunnel["tunnel"].clone(), tunnel["since"].clone())
}

/// Packets of both directions: lost, and all.
fn sum(counts: &[Counts; 2]) -> (u64, u64) {
    counts.iter().fold((0, 0), |(lost, all), way| {
        (lost + way.lost, all + way.lost + way.packets)
    })
}

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn wan_loss_and_delay_keep_the_tunnel_and_every_row() {
    let site = Site::lay(Shape::new(100, Duration::ZERO), 1).await.unwrap();
    let world = World::start(site.setup(CLOUD, "quic")).await.unwrap();
    let caller = world.caller().await.unwrap();
    let (whole, same) = (rows(&caller).await.unwrap(), which(&world).await);
    assert_eq!(whole.as_array().map(Vec::len), Some(1_000));
    for (percent, delay) in [
        (0, 200 * MS),
        (1, 100 * MS),
        (5, 50 * MS),
        (10, 25 * MS),
        (10, 100 * MS),
        (20, 10 * MS),
        (20, 100 * MS),
        (20, 200 * MS),
        (0, Duration::ZERO),
    ] {
        let shape = Shape::new(100, delay).losing(f64::from(percent) / 100.0);
        site.wan.set(Direction::Both, shape);
        let before = site.wan.counts();
        let began = Instant::now();
        // Two at a time: streams that wait for each other's packets would show.
        let (one, two) = tokio::join!(rows(&caller), rows(&caller));
        let took = began.elapsed();
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(
            one == whole && two == whole,
            "other rows at {percent} %, {delay:?}"
        );
        let (before, after) = (sum(&before), sum(&site.wan.counts()));
        let (lost, sent) = (after.0 - before.0, after.1 - before.1);
        println!(
            "{percent} % loss, {delay:?} each way: 2 x 1000 rows in {took:?}; {lost} of {sent} packets lost"
        );
        assert_eq!(
            which(&world).await,
            same,
            "another tunnel at {percent} %, {delay:?}"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn wan_reordered_and_duplicated_packets_change_no_row() {
    let site = Site::lay(Shape::new(100, 25 * MS), LONG).await.unwrap();
    let world = World::start(site.setup(CLOUD, "quic")).await.unwrap();
    let caller = world.caller().await.unwrap();
    let minute = Duration::from_secs(60);
    let whole = Reading::whole(&caller, minute).await.unwrap();
    let same = which(&world).await;
    let clean = Shape::new(100, 25 * MS);
    for (name, shape) in [
        ("reordered", clean.straggling(0.25, 5 * MS)),
        ("duplicated", clean.duplicating(0.2)),
        (
            "both, and 2 % lost",
            clean.straggling(0.25, 5 * MS).duplicating(0.2).losing(0.02),
        ),
    ] {
        site.wan.set(Direction::Both, shape);
        let began = Instant::now();
        let got = Reading::whole(&caller, minute).await.unwrap();
        println!("{name}: {} bytes in {:?}", got.0, began.elapsed());
        assert_eq!(got, whole, "{name}");
        assert_eq!(which(&world).await, same, "{name}");
    }
    // A quarter arrives before its time: the round trip looks shorter than it is, and the stream is slow, yet right.
    site.wan.set(Direction::Both, clean.reordering(0.25));
    let before = rows(&caller).await.unwrap();
    assert_eq!(before.as_array().map(Vec::len), Some(1_000));
    site.wan.set(Direction::Both, clean);
    assert_eq!(rows(&caller).await.unwrap(), before);
    assert_eq!(which(&world).await, same);
    let [_, back] = site.wan.counts();
    assert!(
        back.misplaced > 1_000 && back.duplicated > 1_000 && back.lost > 50,
        "{back:?}"
    );
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn wan_a_link_that_becomes_a_hundred_times_slower_keeps_its_tunnel_and_answers_others() {
    let fast = Shape::new(100, 10 * MS);
    let site = Site::lay(fast, LONG).await.unwrap();
    let world = World::start(site.setup(CLOUD, "quic")).await.unwrap();
    let caller = world.caller().await.unwrap();
    let minute = Duration::from_secs(60);
    let whole = Reading::whole(&caller, minute).await.unwrap();
    let same = which(&world).await;

    let reading = Reading::begin(&caller, minute).await.unwrap();
    let reading = tokio::spawn(reading.rest());
    site.wan.set(
        Direction::Both,
        Shape {
            rate: 1_000_000,
            ..fast
        },
    );
    let slow = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut asked = 0;
    while slow.elapsed() < Duration::from_secs(6) {
        let began = Instant::now();
        let answer = timeout(Duration::from_secs(5), small(&caller, minute)).await;
        assert_eq!(answer.expect("a small answer in a few seconds"), Ok(()));
        slowest = slowest.max(began.elapsed());
        asked += 1;
    }
    assert!(!reading.is_finished(), "the link was not slow");
    site.wan.set(Direction::Both, fast);
    let got = timeout(Duration::from_secs(30), reading).await.expect("an end");
    println!(
        "{asked} small answers meanwhile, the slowest in {slowest:?}; all after {:?}",
        slow.elapsed()
    );
    assert_eq!(got.unwrap().unwrap(), whole);
    assert_eq!(which(&world).await, same);
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn wan_a_translator_that_forgets_changes_the_address_and_no_query_notices() {
    let site = Site::lay(Shape::new(100, 10 * MS), LONG).await.unwrap();
    let world = World::start(site.setup(CLOUD, "quic")).await.unwrap();
    let caller = world.caller().await.unwrap();
    let minute = Duration::from_secs(60);
    let whole = Reading::whole(&caller, minute).await.unwrap();
    let same = which(&world).await;
    site.wan.set(Direction::Both, Shape::new(20, 10 * MS));
    let remote = async || -> SocketAddr { tunnel(&world).await["remote"].as_str().unwrap().parse().unwrap() };
    let first = remote().await;
    assert_eq!(first.ip(), CUSTOMER);
    for (outside, port_bits) in [(CUSTOMER, 0x1001), (MOVED, 0x0110), (CUSTOMER, 0)] {
        let mut reading = Reading::begin(&caller, minute).await.unwrap();
        site.wan.translate(Some(Nat {
            inside: CUSTOMER,
            outside,
            port_bits,
        }));
        let (began, [_, before]) = (Instant::now(), site.wan.counts());
        reading.on(4_000_000).await.unwrap();
        let seen = SocketAddr::from((outside, first.port() ^ port_bits));
        assert_eq!(remote().await, seen);
        assert_eq!(reading.rest().await.unwrap(), whole, "{seen}");
        let [_, after] = site.wan.counts();
        let moved = after.bytes - before.bytes;
        assert!(moved > 500_000, "{moved} bytes from {seen}");
        println!("from {seen}: {moved} bytes in {:?}", began.elapsed());
        assert_eq!(which(&world).await, same, "{seen}");
    }
    world.assert_no_errors_but(&[]).unwrap();
}

/// What the gateway wrote down of its queries that broke off, oldest first.
fn outcomes(world: &World<'_>) -> Vec<String> {
    let lines = world.audit(Side::Gateway).unwrap();
    let outcomes = lines.iter().filter_map(|line| line["outcome"].as_str());
    outcomes
        .filter(|outcome| *outcome != "ok")
        .map(str::to_owned)
        .collect()
}

/// What a caller may be told of a path that has died.
const LOST: [&str; 3] = ["tunnel_lost", "source_offline", "deadline_exceeded"];

/// The deadlines of a query in whose midst the path dies, and of one that is asked then.
const MIDWAY: Duration = Duration::from_secs(14);
const ASKED: Duration = Duration::from_secs(5);

/// What must be seen from a cut on, until both sides have noticed it.
async fn noticed(world: &World<'_>, reading: Reading, (transport, where_to): (&str, &str)) {
    let name = format!("{transport} {where_to}");
    let caller = world.caller().await.unwrap();
    let cut = Instant::now();
    let before = outcomes(world).len();
    let second = Duration::from_secs(1);
    let midway = async {
        let rest = timeout(MIDWAY + second, reading.rest()).await;
        let rest = rest.expect("an end by the deadline");
        assert!(rest.is_err(), "{name}: a result that was cut is whole: {rest:?}");
        cut.elapsed()
    };
    let asked = async {
        let answer = timeout(ASKED + second, small(&caller, ASKED)).await;
        let code = answer.expect("an answer by the deadline").unwrap_err();
        assert!(LOST.contains(&code.as_str()), "{name}: {code}");
        (code, cut.elapsed())
    };
    let gateway = async {
        let none = async || (gauge(world, "gateway_tunnels").await == 0.0).then_some(());
        wait::until("the gateway to notice", NOTICED, none).await.unwrap();
        cut.elapsed()
    };
    let connector = async {
        let down = async || standing(world).await?.is_none().then_some(());
        wait::until("the connector to notice", NOTICED, down)
            .await
            .unwrap();
        cut.elapsed()
    };
    let (midway, asked, gateway, connector) = tokio::join!(midway, asked, gateway, connector);
    println!(
        "{name}: its caller knows after {midway:?}, who asks then has {asked:?}; gateway {gateway:?}, connector {connector:?}"
    );
    let both = async || Some(outcomes(world)).filter(|all| all.len() >= before + 2);
    let all = wait::until("both records", Duration::from_secs(5), both)
        .await
        .unwrap();
    assert!(
        all.iter().all(|code| LOST.contains(&code.as_str())),
        "{name}: {all:?}"
    );
    let code = small(&caller, ASKED).await.unwrap_err();
    assert_eq!(code, "source_offline", "{name}");
}

#[tokio::test]
async fn wan_a_path_that_carries_packets_one_way_only_is_noticed_by_both_ends_and_nothing_cut_is_whole() {
    let fast = Shape::new(100, 10 * MS);
    let site = Site::lay(fast, ENDLESS).await.unwrap();
    // Another gateway at the same end of the link, so that both transports meet the same fault.
    site.cloud
        .ip(&["addr", "add", &format!("{ANOTHER}/32"), "dev", "lo"])
        .unwrap();
    let quic = World::start(site.setup(CLOUD, "quic")).await.unwrap();
    let http2 = World::start(site.setup(ANOTHER, "http2")).await.unwrap();
    let worlds = [("quic", &quic), ("http2", &http2)];
    for (name, direction) in [
        ("to the gateway", Direction::Back),
        ("to the connector", Direction::Forth),
    ] {
        let (one, two) = (quic.caller().await.unwrap(), http2.caller().await.unwrap());
        let one = Reading::begin(&one, MIDWAY).await.unwrap();
        let two = Reading::begin(&two, MIDWAY).await.unwrap();
        site.wan.pass(direction, Passes::Nothing);
        tokio::join!(
            noticed(&quic, one, ("quic, nothing", name)),
            noticed(&http2, two, ("http2, nothing", name))
        );
        site.wan.pass(Direction::Both, Passes::All);
        let healed = Instant::now();
        for (transport, world) in worlds {
            let entry = world.tunnel(BACK).await.unwrap();
            assert_eq!(entry["tunnels"][0]["transport"], transport);
            let caller = world.caller().await.unwrap();
            assert_eq!(small(&caller, BACK).await, Ok(()));
        }
        println!("both are back {:?} after it was healed", healed.elapsed());
    }
    for (_, world) in worlds {
        let caller = world.caller().await.unwrap();
        assert_eq!(rows(&caller).await.unwrap().as_array().map(Vec::len), Some(1_000));
        world.assert_no_errors_but(&[]).unwrap();
    }
}

/// Processes that stand still while their kernels acknowledge what comes: over TCP nothing but silence shows it.
#[tokio::test]
async fn a_peer_that_stands_still_behind_a_live_tcp_connection_is_given_up() {
    let setup = Setup {
        connector_settings: "[tunnel]\ntransport = \"http2\"\n".to_owned(),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let minute = Duration::from_secs(60);
    assert_eq!(small(&caller, minute).await, Ok(()));
    let gone = async |world: &World<'_>, limit| {
        let none = async || (gauge(world, "gateway_tunnels").await == 0.0).then_some(());
        wait::until("the tunnel's end", limit, none).await.unwrap();
    };
    // Nobody asks: three PINGs without an answer.
    world.connector().unwrap().signal(Signal::STOP).unwrap();
    let stopped = Instant::now();
    gone(&world, NOTICED).await;
    println!("an idle tunnel is given up after {:?}", stopped.elapsed());
    world.connector().unwrap().signal(Signal::CONT).unwrap();
    world.tunnel(BACK).await.unwrap();
    assert_eq!(small(&caller, minute).await, Ok(()));

    // Somebody waits for an answer: sooner.
    world.connector().unwrap().signal(Signal::STOP).unwrap();
    let stopped = Instant::now();
    let code = small(&caller, minute).await.unwrap_err();
    assert_eq!(code, "tunnel_lost");
    let took = stopped.elapsed();
    println!("a caller knows after {took:?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    gone(&world, Duration::from_secs(2)).await;
    assert_eq!(small(&caller, minute).await, Err("source_offline".to_owned()));
    world.connector().unwrap().signal(Signal::CONT).unwrap();
    world.tunnel(BACK).await.unwrap();

    // The other way round: the connector leaves a gateway that stands still, and finds it again.
    let before = standing(&world).await.unwrap().unwrap();
    world.gateway.signal(Signal::STOP).unwrap();
    let stopped = Instant::now();
    let down = async || standing(&world).await?.is_none().then_some(());
    wait::until("the connector to notice", NOTICED, down)
        .await
        .unwrap();
    println!("a gateway is given up after {:?}", stopped.elapsed());
    world.gateway.signal(Signal::CONT).unwrap();
    let another = async || standing(&world).await?.filter(|number| *number != before);
    wait::until("another tunnel", BACK, another).await.unwrap();
    assert_eq!(small(&caller, minute).await, Ok(()));
    world.assert_no_errors_but(&[]).unwrap();
}
