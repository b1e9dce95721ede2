//! Callers of the API without manners: their requests are refused within bounds, and whoever takes a large result slowly
//! is waited for without memory and without others noticing.

use std::time::{Duration, Instant};

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tests::double::caller::{Raw, h2};
use tests::postgres::Cluster;
use tests::samples::Samples;
use tests::world::{Setup, Side, TENANT, Warehouse, World, open_policy, query_path};
use tokio::time::interval;

/// What a slow reader of a large result may cost the gateway.
const SLOW_READER: u64 = 32 << 20;

/// A request's head for a query, up to the body's length.
fn head(token: &str) -> String {
    let path = query_path();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    )
}

async fn token(world: &World<'_>) -> String {
    let path = format!("/v1/tenants/{TENANT}/api-tokens");
    let wish = json!({ "name": "rude", "scopes": ["query"] });
    let made = world.admin().post(&path, &wish).await.unwrap().json().unwrap();
    made["api_token"].as_str().unwrap().to_owned()
}

/// Sends a body with its length; the status and the text of the answer.
async fn post(world: &World<'_>, token: &str, body: &[u8]) -> (u16, String) {
    let mut raw = Raw::connect(world, &[b"http/1.1"]).await.unwrap();
    let head = format!("{}Content-Length: {}\r\n\r\n", head(token), body.len());
    // The answer may come before the whole body was taken.
    let _ = raw.write(head.as_bytes()).await && raw.write(body).await;
    raw.status().await.unwrap()
}

#[tokio::test]
async fn requests_that_are_too_much_or_no_json_are_refused_by_a_code() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let token = token(&world).await;
    let before = world.gateway.memory().unwrap().0;
    let deep = format!(
        "{{\"query\":\"q.q\",\"parameters\":{}{}}}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let deep_objects = "{\"a\":".repeat(5_000);
    let many = format!(
        "{{\"query\":\"package.version\",\"parameters\":{{{}}}}}",
        (0..2_000)
            .map(|n| format!("\"p{n}\":1"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let huge = vec![b' '; 8 << 20];
    let text = format!(
        "{{\"query\":\"package.version\",\"parameters\":{{\"x\":\"{}\"}}}}",
        "x".repeat(40_000)
    );
    let cases: Vec<(&str, &[u8])> = vec![
        ("nothing", b""),
        ("no JSON", b"query=package.version"),
        ("half of it", b"{\"query\": \"package.ver"),
        ("not UTF-8", b"{\"query\": \"\xff\xfe\"}"),
        ("deep lists", deep.as_bytes()),
        ("deep objects", deep_objects.as_bytes()),
        ("many parameters", many.as_bytes()),
        ("a long text", text.as_bytes()),
        ("a huge body", &huge),
        (
            "both kinds",
            b"{\"sql\": \"select 1\", \"query\": \"package.version\"}",
        ),
        (
            "a number beyond all",
            b"{\"query\": \"package.version\", \"max_rows\": 1e400}",
        ),
    ];
    for (name, body) in cases {
        let (status, text) = post(&world, &token, body).await;
        assert!((400..500).contains(&status), "{name}: {status} {text}");
        assert!(text.contains("\"code\""), "{name}: {text}");
    }
    // A length that is a lie, two lengths, and both kinds of framing at once.
    for framing in [
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nzz\r\n",
    ] {
        let mut raw = Raw::connect(&world, &[b"http/1.1"]).await.unwrap();
        raw.write(format!("{}{framing}", head(&token)).as_bytes()).await;
        let answer = raw
            .read(|all| all.windows(4).any(|w| w == b"\r\n\r\n"))
            .await
            .unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{framing:?}: {answer}");
    }
    let grown = world.gateway.memory().unwrap().1.saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more");
    assert!(
        world
            .admin()
            .get("/v1/tenants")
            .await
            .unwrap()
            .status
            .is_success()
    );
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn headers_without_end_are_cut_off_and_slow_ones_hold_up_nobody() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let token = token(&world).await;
    let mut endless = Raw::connect(&world, &[b"http/1.1"]).await.unwrap();
    endless.write(head(&token).as_bytes()).await;
    let mut sent = 0_usize;
    let line = format!("X-More: {}\r\n", "y".repeat(1000));
    while sent < 4 << 20 && endless.write(line.as_bytes()).await {
        sent += line.len();
    }
    assert!(sent < 4 << 20, "four megabytes of headers were taken");

    // Some that dribble, each on a connection of its own, while others ask.
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut raw = Raw::connect(&world, &[b"http/1.1"]).await.unwrap();
        raw.write(format!("{}Content-Length: 1000\r\n\r\n", head(&token)).as_bytes())
            .await;
        slow.push(raw);
    }
    let mut ticks = interval(Duration::from_millis(50));
    for _ in 0..10 {
        ticks.tick().await;
        for raw in &mut slow {
            assert!(raw.write(b" ").await);
        }
        let start = Instant::now();
        assert!(
            world
                .admin()
                .get("/v1/tenants")
                .await
                .unwrap()
                .status
                .is_success()
        );
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    drop(slow);
    let closed = async || {
        let open = Samples::of(&world, Side::Gateway)
            .await
            .ok()?
            .value("gateway_api_connections");
        (open <= 1.0).then_some(())
    };
    tests::wait::until("their connections to be gone", Duration::from_secs(10), closed)
        .await
        .unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_flood_of_http2_streams_that_are_reset_at_once_ends_its_connection_alone() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let before = world.gateway.memory().unwrap().0;
    let mut flood = Raw::connect(&world, &[b"h2"]).await.unwrap();
    flood.write(&h2::preface()).await;
    let mut taken = 0_u32;
    for round in 0..200_u32 {
        let mut bytes = Vec::new();
        for n in 0..100 {
            let stream = (round * 100 + n) * 2 + 1;
            bytes.extend(h2::get(stream));
            bytes.extend(h2::reset(stream));
        }
        if !flood.write(&bytes).await {
            break;
        }
        taken += 100;
    }
    // Told to go away (GOAWAY is frame 7), or simply cut off: in either case before it was through.
    let said = flood
        .read(|all| h2::frames(all).iter().any(|(kind, _)| *kind == 7))
        .await
        .unwrap_or_default();
    let told = h2::frames(&said).iter().any(|(kind, _)| *kind == 7);
    assert!(told || taken < 20_000, "{taken} streams were taken");
    let start = Instant::now();
    assert!(
        world
            .admin()
            .get("/v1/tenants")
            .await
            .unwrap()
            .status
            .is_success()
    );
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let grown = world.gateway.memory().unwrap().1.saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more");
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_slow_reader_of_a_large_result_costs_a_window_and_no_other_query() {
    let cluster = Cluster::start_bench(super::kills::ROWS, None, "127.0.0.1".parse().unwrap())
        .await
        .unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: open_policy(""),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let small = json!({ "query": "read.data_monitoring_metrics", "parameters": { "limit": 1 } });
    assert!(
        caller
            .post(&query_path(), &small)
            .await
            .unwrap()
            .status
            .is_success()
    );

    for accept in ["application/vnd.apache.arrow.stream", "application/x-ndjson"] {
        let before = world.gateway.memory().unwrap().0;
        world.gateway.reset_peak_memory().unwrap();
        let all: Value =
            json!({ "query": "read.data_monitoring_metrics", "parameters": { "limit": 10_000_000 } });
        let mut connection = caller.connect().await.unwrap();
        let answer = connection
            .open(Method::POST, &query_path(), accept, Some(&all))
            .await
            .unwrap();
        assert!(answer.status().is_success());
        let mut body = answer.into_body();
        body.frame().await.unwrap().unwrap();
        // The window fills up, and then nothing moves but the others' queries.
        let full = async || {
            let samples = Samples::of(&world, Side::Gateway).await.ok()?;
            (samples.value("gateway_batches_buffered") >= 8.0).then_some(())
        };
        tests::wait::until("a full window", Duration::from_secs(15), full)
            .await
            .unwrap();
        for _ in 0..20 {
            let start = Instant::now();
            assert!(
                caller
                    .post(&query_path(), &small)
                    .await
                    .unwrap()
                    .status
                    .is_success()
            );
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        let (_, peak) = world.gateway.memory().unwrap();
        let grown = peak.saturating_sub(before);
        assert!(
            grown <= SLOW_READER,
            "{accept}: {} KiB for a slow reader",
            grown >> 10
        );
        drop((body, connection));
        let empty = async || {
            let samples = Samples::of(&world, Side::Gateway).await.ok()?;
            (samples.value("gateway_batches_buffered") == 0.0).then_some(())
        };
        tests::wait::until("nothing to be left of it", Duration::from_secs(10), empty)
            .await
            .unwrap();
    }
    super::kills::no_backend(&cluster).await;
    world.assert_no_errors_but(&[]).unwrap();
}
