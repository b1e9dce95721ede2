//! Two nodes on one store, in one process: what one holds the other finds.

use std::{fs, path::Path, sync::Arc, time::Duration};

use http::StatusCode;
use http_body_util::BodyExt as _;
use proto::{
    error::{Code, Fault},
    wire::frame::{ControlFrame, Trailer},
};
use tokio::time::timeout;

use super::{
    query_tests::{ARROW, PATIENCE, World, problem, question},
    *,
};
use crate::{
    audit::record::Event,
    cli,
    cluster::usage::Told,
    config::StateFolder,
    store::embedded::EmbeddedStore,
    tunnel::double::{Double, Sample, hello},
};

/// The nodes `a` and `b`. Both have the same tenant, and a token that either takes.
struct Pair {
    a: World,
    b: World,
}

fn node(state: &Path, name: &str, text: &str) -> Config {
    let cluster = "\n[cluster]\nlisten = \"127.0.0.1:0\"\naddress = \"127.0.0.1:0\"\nlease_seconds = 2\nsettle_seconds = 0\n";
    let mut text: String = text
        .lines()
        .map(|line| if line.starts_with("node = ") { format!("node = {name:?}") } else { line.to_owned() } + "\n")
        .collect();
    text.push_str(cluster);
    let text = text.replace("# tenant_exchanges = 16", "tenant_exchanges = 24");
    Config::parse(StateFolder::new(state), &text).unwrap()
}

async fn begin(store: &SharedStore, path: &Path, name: &str, text: &str) -> Running {
    let (metrics, config) = (Metrics::new(Registry::new()).unwrap(), node(path, name, text));
    let started = start_on(Arc::clone(store), None, metrics, config, Clock::system()).await;
    started.unwrap()
}

impl Pair {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        let init = tokio::task::spawn_blocking({
            let path = first.clone();
            move || cli::init_for_tests(&path)
        });
        init.await.unwrap().unwrap();
        fs::create_dir_all(&second).unwrap();
        fs::copy(first.join("kek"), second.join("kek")).unwrap();
        let text = fs::read_to_string(first.join("gateway.toml")).unwrap();
        let store: SharedStore =
            Arc::new(EmbeddedStore::open(&StateFolder::new(&first).store(), Clock::system()).unwrap());
        let a = World::of(folder, begin(&store, &first, "a", &text).await).await;
        let b = World {
            running: begin(&store, &second, "b", &text).await,
            token: a.token.clone(),
            folder: tempfile::tempdir().unwrap(),
        };
        let pair = Self { a, b };
        for world in [&pair.a, &pair.b] {
            let mut nodes = directory(world).nodes();
            timeout(PATIENCE, nodes.wait_for(|nodes| nodes.len() == 2))
                .await
                .unwrap()
                .unwrap();
        }
        pair
    }

    async fn stop(self) {
        self.b.stop().await;
        self.a.stop().await;
    }
}

fn directory(world: &World) -> &crate::cluster::directory::Directory {
    &world.state().cluster.as_ref().unwrap().directory
}

/// Waits until a node knows that so many tunnels of the source are at other nodes.
async fn knows(world: &World, tunnels: usize) {
    let (tenant, source) = ("acme".parse().unwrap(), "dw".parse().unwrap());
    let mut changes = directory(world).changes();
    let known = changes.wait_for(|_| directory(world).holders(&tenant, &source).len() == tunnels);
    timeout(PATIENCE, known).await.unwrap().unwrap();
}

fn forwarded(world: &World, result: &str) -> u64 {
    let cluster = world.state().cluster.as_ref().unwrap();
    cluster.metrics.forwarded.with_label_values(&[result]).get()
}

#[tokio::test]
async fn node_is_not_ready_before_it_knows_what_the_others_hold() {
    let pair = Pair::start().await;
    let folder = tempfile::tempdir().unwrap();
    let first = pair.a.folder.path().join("a");
    fs::copy(first.join("kek"), folder.path().join("kek")).unwrap();
    let text = fs::read_to_string(first.join("gateway.toml")).unwrap();
    let store = Arc::clone(&pair.a.state().store);
    let third = begin(&store, folder.path(), "c", &text).await;
    // None of its tasks has run yet: this thread is theirs.
    let why = third.state().ready().await.unwrap_err();
    assert!(why.contains("not known yet"), "{why}");
    let mut nodes = third.state().cluster.as_ref().unwrap().directory.nodes();
    timeout(PATIENCE, nodes.wait_for(|nodes| nodes.len() >= 2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(third.state().ready().await, Ok(Readiness::Whole));
    third.stop().await;
    pair.stop().await;
}

#[tokio::test]
async fn query_at_a_node_without_the_tunnel_is_answered_by_the_one_that_holds_it() {
    let pair = Pair::start().await;
    let connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    let sample = Sample::new(12, 2);
    let (response, asked) = tokio::join!(pair.b.ask(ARROW, question()), async {
        connector.asked().await.answer(&sample).await
    });
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap();
    let trailers = body.trailers().expect("trailers").clone();
    assert_eq!(trailers["x-result-rows"], "24");
    let end: &[u8] = &crate::tunnel::ipc::END_OF_STREAM;
    assert_eq!(
        body.to_bytes(),
        [&sample.schema[..], &sample.batches.concat(), end].concat()
    );
    assert_eq!(forwarded(&pair.b, "answered"), 1);

    // It is the holder that wrote it down, with the caller whose token it checked itself.
    let events = pair.a.audited(2).await;
    let Event::Opened(opened) = &events[0] else {
        panic!("{:?}", events[0])
    };
    assert_eq!(
        (opened.caller_name.as_str(), opened.request.clone()),
        ("sync", asked.request.request_id.to_string())
    );
    pair.stop().await;
}

#[tokio::test]
async fn what_a_caller_may_not_ask_does_not_go_on() {
    let pair = Pair::start().await;
    let _connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    let elsewhere = pair
        .b
        .ask_at("/v1/tenants/globex/sources/dw/query", ARROW, question())
        .await
        .1;
    assert_eq!(
        problem(elsewhere).await,
        (StatusCode::NOT_FOUND, "unknown_tenant".to_owned())
    );
    // What the holder refuses is refused with its own words.
    let unknown = pair
        .b
        .ask(ARROW, serde_json::json!({ "query": "read.nothing" }))
        .await;
    assert_eq!(problem(unknown).await.1, "unknown_query");
    assert_eq!(
        (forwarded(&pair.b, "answered"), forwarded(&pair.b, "refused")),
        (0, 1)
    );
    pair.stop().await;
}

#[tokio::test]
async fn caller_that_goes_away_cancels_at_the_holder_and_a_failure_midway_reaches_it() {
    let pair = Pair::start().await;
    let connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    let sample = Sample::new(2, 2);
    let path = "/v1/tenants/acme/sources/dw/query";
    let (caller, pending) = pair.b.send(path, ARROW, question()).await;
    let mut asked = connector.asked().await;
    caller.abort();
    drop(pending);
    assert_eq!(asked.cancelled().await, Code::Cancelled);

    let answer = async {
        let mut asked = connector.asked().await;
        asked.header(&sample.schema).await;
        asked.batch(0, &sample.batches[0]).await;
        asked
    };
    let (response, mut asked) = tokio::join!(pair.b.ask(ARROW, question()), answer);
    assert_eq!(response.status(), StatusCode::OK);
    asked
        .trailer(Trailer::Failed(Fault::new(
            Code::WarehouseError,
            "SQLSTATE 57P01",
        )))
        .await;
    assert!(response.into_body().collect().await.is_err(), "ended as if whole");
    pair.stop().await;
}

#[tokio::test]
async fn tunnel_that_is_lost_before_the_first_byte_is_replaced_by_that_of_another_node() {
    let pair = Pair::start().await;
    let credential = pair.a.credential().await;
    let (one, answer) = Double::hello(pair.a.dial(credential.clone()).await.unwrap(), hello(1, 1)).await;
    Double::welcome(answer);
    let (other, answer) = Double::hello(pair.b.dial(credential).await.unwrap(), hello(1, 2)).await;
    Double::welcome(answer);
    knows(&pair.a, 1).await;
    let sample = Sample::new(1, 3);
    let (response, ()) = tokio::join!(pair.a.ask(ARROW, question()), async {
        // It takes the query here, and dies with it.
        let _asked = one.asked().await;
        one.connection.close(0_u32.into(), b"");
        other.asked().await.answer(&sample).await;
    });
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-result-rows"], "3");
    other.connection.close(0_u32.into(), b"");
    pair.stop().await;
}

#[tokio::test]
async fn tunnel_of_a_former_start_is_asked_last() {
    let pair = Pair::start().await;
    let credential = pair.a.credential().await;
    // Killed with its host, say: nobody has told a that this one is dead.
    let (former, answer) = Double::hello(pair.a.dial(credential.clone()).await.unwrap(), hello(1, 1)).await;
    Double::welcome(answer);
    knows(&pair.b, 1).await;
    let (now, answer) = Double::hello(pair.b.dial(credential).await.unwrap(), hello(2, 1)).await;
    Double::welcome(answer);
    knows(&pair.a, 1).await;
    let sample = Sample::new(1, 3);
    for node in [&pair.a, &pair.b] {
        let (response, _) = tokio::join!(node.ask(ARROW, question()), async {
            now.asked().await.answer(&sample).await
        });
        assert_eq!(response.status(), StatusCode::OK);
    }
    // Where there is nothing else it is asked after all: clocks may differ.
    now.connection.close(0_u32.into(), b"");
    knows(&pair.a, 0).await;
    for node in [&pair.a, &pair.b] {
        let (response, _) = tokio::join!(node.ask(ARROW, question()), async {
            former.asked().await.answer(&sample).await
        });
        assert_eq!(response.status(), StatusCode::OK);
    }
    pair.stop().await;
}

#[tokio::test]
async fn answers_that_nobody_reads_hold_nobody_elses_up() {
    let pair = Pair::start().await;
    let connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    // More of them than fit a window of 16 MiB, each larger than its own.
    let (unread, sample) = (20, Sample::new(2, 30_000));
    let node = directory(&pair.b)
        .nodes()
        .borrow()
        .iter()
        .find(|n| n.node.as_str() == "a")
        .cloned()
        .unwrap();
    let peers = &pair.b.state().cluster.as_ref().unwrap().peers;
    let (mut held, mut answering) = (Vec::new(), JoinSet::new());
    for _ in 0..unread {
        let request = http::Request::builder()
            .method("POST")
            .uri("https://node.invalid/v1/tenants/acme/sources/dw/query")
            .header("authorization", format!("Bearer {}", pair.b.token))
            .header("accept", ARROW)
            .body(axum::body::Body::from(question().to_string()))
            .unwrap();
        let (answer, ()) = tokio::join!(peers.send(&node, request), async {
            let (asked, sample) = (connector.asked().await, sample.clone());
            answering.spawn(async move { asked.answer(&sample).await });
        });
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        held.push(answer);
    }
    let small = Sample::new(1, 3);
    let (response, _) = tokio::join!(pair.b.ask(ARROW, question()), async {
        connector.asked().await.answer(&small).await
    });
    assert_eq!(response.status(), StatusCode::OK);
    let body = timeout(PATIENCE, response.into_body().collect())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(body.trailers().unwrap()["x-result-rows"], "3");
    // And whoever reads at last has all of it.
    for answer in held {
        let body = timeout(PATIENCE, answer.into_body().collect())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(body.trailers().unwrap()["x-result-rows"], sample.rows.to_string());
    }
    answering.join_all().await;
    pair.stop().await;
}

#[tokio::test]
async fn node_that_is_gone_is_passed_over_and_forgotten() {
    let pair = Pair::start().await;
    let _connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    let Pair { a, b } = pair;
    // As a crash would: nobody says good-bye to the directory.
    let mut running = a.running;
    running.tasks.shutdown().await;
    let response = b.ask(ARROW, question()).await;
    assert_eq!(problem(response).await.1, "source_offline");
    assert_eq!(forwarded(&b, "failed"), 1);
    // Its entries end with its lease.
    knows(&b, 0).await;
    b.stop().await;
}

#[tokio::test]
async fn tenants_bound_counts_what_runs_at_the_other_node() {
    let pair = Pair::start().await;
    let connector = pair.a.connector().await;
    let cluster = pair.a.state().cluster.as_ref().unwrap();
    let most = pair.a.state().config.limits.tenant_exchanges;
    let told = Told {
        running: [("acme".parse().unwrap(), most)].into(),
    };
    cluster.usage.take("b".parse().unwrap(), told);
    let refused = pair.a.ask(ARROW, question()).await;
    assert_eq!(
        problem(refused).await,
        (StatusCode::SERVICE_UNAVAILABLE, "overloaded".to_owned())
    );

    // And b hears of what runs at a.
    cluster.usage.take("b".parse().unwrap(), Told::default());
    let (_caller, pending) = pair
        .a
        .send("/v1/tenants/acme/sources/dw/query", ARROW, question())
        .await;
    let asked = connector.asked().await;
    let usage = &pair.b.state().cluster.as_ref().unwrap().usage;
    let heard = async {
        while usage.elsewhere(&"acme".parse().unwrap()) != 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, heard).await.unwrap();
    asked.answer(&Sample::new(1, 1)).await;
    drop(timeout(PATIENCE, pending).await.unwrap());
    pair.stop().await;
}

#[tokio::test]
async fn node_that_leaves_serves_until_its_tunnels_have_moved() {
    let pair = Pair::start().await;
    let credential = pair.a.credential().await;
    let (mut old, answer) = Double::hello(pair.a.dial(credential.clone()).await.unwrap(), hello(1, 1)).await;
    Double::welcome(answer);
    knows(&pair.b, 1).await;
    let Pair { a, b } = pair;
    let api = (a.state().clone(), a.token.clone());
    let stopping = tokio::spawn(a.running.stop());
    // It may hear before that the node is not among those that stay.
    let drained = async { while !matches!(old.answer().await.unwrap(), ControlFrame::Drain(_)) {} };
    timeout(PATIENCE, drained).await.unwrap();
    assert_eq!(api.0.ready().await, Err("stopping"));

    // It is still served, by either node.
    let sample = Sample::new(1, 2);
    let (response, _) = tokio::join!(b.ask(ARROW, question()), async {
        old.asked().await.answer(&sample).await
    });
    assert_eq!(response.status(), StatusCode::OK);
    // In progress while the tunnel moves.
    let (_caller, pending) = b
        .send("/v1/tenants/acme/sources/dw/query", ARROW, question())
        .await;
    let last = old.asked().await;
    let (new, answer) = Double::hello(b.dial(credential).await.unwrap(), hello(1, 2)).await;
    Double::welcome(answer);
    let (response, _) = tokio::join!(b.ask(ARROW, question()), async {
        new.asked().await.answer(&sample).await
    });
    assert_eq!(response.status(), StatusCode::OK);
    last.answer(&sample).await;
    let response = timeout(PATIENCE, pending).await.unwrap().unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await.unwrap();
    assert_eq!(old.closed().await, Code::TunnelLost);
    timeout(PATIENCE, stopping).await.unwrap().unwrap();
    timeout(Duration::from_secs(5), knows(&b, 0)).await.unwrap();
    b.stop().await;
}

#[tokio::test]
async fn node_that_is_silent_holds_a_query_no_longer_than_its_deadline() {
    let pair = Pair::start().await;
    let _connector = pair.a.connector().await;
    knows(&pair.b, 1).await;
    // Where a says it is, somebody takes connections and is silent.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = &pair.b.state().store;
    let key = crate::cluster::record::node_key(&"a".parse().unwrap());
    let entry = store.get(&key).await.unwrap().unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
    record["peer"] = silent.local_addr().unwrap().to_string().into();
    store.put(key, record.to_string().into(), None).await.unwrap();
    let mut nodes = directory(&pair.b).nodes();
    let moved = nodes.wait_for(|nodes| {
        nodes
            .iter()
            .any(|n| Some(n.peer.as_str()) == record["peer"].as_str())
    });
    timeout(PATIENCE, moved).await.unwrap().unwrap();

    let mut hasty = question();
    hasty["deadline_ms"] = 100.into();
    let began = std::time::Instant::now();
    let refused = pair.b.ask(ARROW, hasty).await;
    assert_eq!(
        problem(refused).await,
        (StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded".to_owned())
    );
    // A connection may take two seconds, and the query did not wait for it.
    assert!(
        began.elapsed() < Duration::from_millis(1_900),
        "{:?}",
        began.elapsed()
    );
    pair.stop().await;
}
