//! A gateway in the wrong hands: it has the authority's key and the right address, and asks a real connector for what the
//! customer never allowed. Every refusal is written down on the customer's side, and the database hears of none.

use std::time::{Duration, Instant};

use proto::error::Code;
use proto::limits::{
    MAX_BATCH_STREAMS, MAX_EXCHANGES, MAX_FRAME_BYTES, MAX_PARAMETER_BYTES, PROBE_SILENCE, WINDOW_BATCHES,
};
use proto::query::fingerprint::Fingerprint;
use proto::query::types::Value;
use proto::wire::frame::{
    Columns, ControlFrame, Drain, ExchangeFrame, ExchangeId, Frame, Header, Question, Request,
};
use serde_json::Value as Json;
use tests::double::forge::Shown;
use tests::double::gateway::{Gateway, Tunnel, Verdict, authority_of, request};
use tests::double::{End, ended};
use tests::postgres::{Cluster, DATABASE, READER};
use tests::process::Line;
use tests::world::{SOURCE, Setup, Side, Warehouse, World, policy};
use tokio::task::JoinSet;
use tokio::time::timeout;
use transport::Kind;

use crate::sessions::{SOON, until_in_order};

/// The customer holds back a column, a table and a category, and allows 50 rows.
fn strict() -> String {
    policy(
        "[tables]\ndeny = [\"dbt_tests\"]\n[columns]\ndrop = [\"dbt_models.owner\"]\n[budget]\nrows_per_query = 50",
    )
}

/// A real connector whose gateway was taken over while it was away.
pub(super) async fn taken_over<'a>(setup: Setup<'a>) -> (World<'a>, Gateway, Tunnel) {
    taken_over_on(Kind::Quic, setup).await
}

/// The same, where connector and gateway speak over this transport.
async fn taken_over_on<'a>(kind: Kind, setup: Setup<'a>) -> (World<'a>, Gateway, Tunnel) {
    let over = match kind {
        Kind::Quic => "",
        Kind::Http2 => "[tunnel]\ntransport = \"http2\"\n",
    };
    let setup = Setup {
        root_elsewhere: true,
        connector_settings: format!("{}{over}", setup.connector_settings),
        ..setup
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();
    let at = world.listener("tunnel").unwrap();
    world.gateway.kill().unwrap();
    let authority = authority_of(&world.root()).unwrap();
    let gateway = Gateway::listen_over(kind, at, &authority).unwrap();
    world.launch_connector().unwrap();
    let tunnel = gateway.tunnel().await.unwrap();
    // What it asks its warehouse on its own account is over, so that nothing of it is taken for a query's.
    let connector = world.connector().unwrap();
    let read = |line: &Line| line.text.contains("warehouse answers") || line.text.contains("holds no table");
    connector
        .logged("the reading of the schema", SOON, read)
        .await
        .unwrap();
    (world, gateway, tunnel)
}

/// Statements of the connector's role, by the server's own log.
pub(super) async fn log_statements(cluster: &Cluster) {
    let admin = cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute(&format!("alter role {READER} set log_statement = 'all'"))
        .await
        .unwrap();
}

pub(super) fn statements(cluster: &Cluster) -> usize {
    let log = std::fs::read_to_string(cluster.log()).unwrap();
    log.lines()
        .filter(|line| line.contains("execute ") || line.contains("statement: "))
        .count()
}

/// The records of one request in the customer's log: what happened, and the code.
pub(super) fn audited(world: &World<'_>, request: &Request) -> Vec<(String, String)> {
    let id = request.request_id.to_string();
    let text = |line: &Json, key: &str| {
        line.get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let records = world.audit(Side::Connector).unwrap();
    let mine = records.iter().filter(|line| text(line, "request") == id);
    mine.map(|line| (text(line, "event"), text(line, "code")))
        .collect()
}

fn models(columns: &[&str]) -> Request {
    request(
        SOURCE,
        "read.dbt_models",
        columns,
        &[("limit", Value::Integer(5))],
    )
    .unwrap()
}

fn spoilt(mut request: Request, spoil: impl FnOnce(&mut Request)) -> Request {
    spoil(&mut request);
    request
}

fn named(name: &str, columns: Option<Columns>) -> Question {
    Question::Catalogued {
        name: name.parse().unwrap(),
        columns,
    }
}

fn with(name: &str, value: Value) -> Request {
    spoilt(models(&[]), |r| {
        r.parameters.retain(|(known, _)| known != name);
        r.parameters.push((name.to_owned(), value));
    })
}

#[tokio::test]
async fn what_the_policy_does_not_name_is_refused_audited_and_never_reaches_the_database() {
    refuses_what_the_policy_does_not_name(Kind::Quic).await;
}

#[tokio::test]
async fn what_the_policy_does_not_name_is_refused_audited_and_never_reaches_the_database_over_http2() {
    refuses_what_the_policy_does_not_name(Kind::Http2).await;
}

async fn refuses_what_the_policy_does_not_name(kind: Kind) {
    let cluster = Cluster::start().await.unwrap();
    log_statements(&cluster).await;
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: strict(),
        ..Setup::default()
    };
    let (world, _gateway, tunnel) = taken_over_on(kind, setup).await;
    let _batches = tunnel.drain();

    // The permitted twin: it runs, is recorded, and the database has seen it.
    let before = statements(&cluster);
    let honest = models(&["unique_id", "name"]);
    let verdict = tunnel.ask(honest.clone()).await.unwrap().verdict().await.unwrap();
    assert!(
        matches!(verdict, Verdict::Complete(c) if c.rows == 5),
        "{verdict:?}"
    );
    let recorded = audited(&world, &honest);
    let pairs: Vec<(&str, &str)> = recorded.iter().map(|(e, c)| (e.as_str(), c.as_str())).collect();
    assert_eq!(pairs, [("opened", ""), ("completed", "ok")]);
    assert!(
        statements(&cluster) > before,
        "the log of the database shows nothing"
    );

    let unknown = spoilt(models(&[]), |r| r.question = named("read.pg_authid", None));
    let renamed = spoilt(models(&[]), |r| r.question = named("read.dbt_seeds", None));
    let other_print = spoilt(models(&["name"]), |r| {
        let mut bytes = *r.fingerprint.as_bytes();
        bytes[31] ^= 1;
        r.fingerprint = Fingerprint::from_bytes(&bytes).unwrap();
    });
    let nowhere = spoilt(models(&[]), |r| r.source = "payroll".parse().unwrap());
    let column = |name: &str| {
        let columns = vec![proto::query::plan::Identifier::new(name).unwrap()];
        spoilt(models(&[]), |r| {
            r.question = named("read.dbt_models", Columns::new(columns));
        })
    };
    let cases: Vec<(&str, Request, Code)> = vec![
        ("a query of nobody's catalogue", unknown, Code::UnknownQuery),
        ("another query's fingerprint", renamed, Code::UnknownQuery),
        ("a plan that was changed", other_print, Code::UnknownQuery),
        ("a source of somebody else", nowhere, Code::SourceOffline),
        (
            "a dropped column",
            models(&["unique_id", "owner"]),
            Code::RefusedByPolicy,
        ),
        (
            "a denied table",
            request(SOURCE, "read.dbt_tests", &[], &[]).unwrap(),
            Code::RefusedByPolicy,
        ),
        ("a denied table within a join", failing(), Code::RefusedByPolicy),
        ("a category that is off", failed_rows(), Code::RefusedByPolicy),
        (
            "a column that is none",
            column("password"),
            Code::InvalidParameter,
        ),
        (
            "text for a number",
            with("limit", Value::Text("5".to_owned())),
            Code::InvalidParameter,
        ),
        (
            "nothing for a number",
            with("limit", Value::Null),
            Code::InvalidParameter,
        ),
        (
            "a number out of range",
            with("limit", Value::Integer(i64::MAX)),
            Code::InvalidParameter,
        ),
        (
            "a number below its range",
            with("limit", Value::Integer(-1)),
            Code::InvalidParameter,
        ),
        (
            "a parameter of nobody",
            with("where", Value::Text("1=1".to_owned())),
            Code::InvalidParameter,
        ),
    ];
    until_in_order(&cluster.admin(DATABASE).await.unwrap())
        .await
        .unwrap();
    let quiet = statements(&cluster);
    for (name, request, code) in cases {
        let verdict = tunnel
            .ask(request.clone())
            .await
            .unwrap()
            .verdict()
            .await
            .unwrap();
        assert_eq!(verdict.code().unwrap(), code, "{name}: {verdict:?}");
        assert_eq!(
            audited(&world, &request),
            [("refused".to_owned(), code.name().to_owned())],
            "{name}"
        );
    }
    assert_eq!(
        statements(&cluster),
        quiet,
        "the database has heard of a refused query"
    );

    // More rows than the customer allows: whatever the gateway says about bounds, it ends with an error.
    for bound in [None, Some(u64::MAX)] {
        let many = request(
            SOURCE,
            "read.dbt_run_results",
            &["unique_id"],
            &[("limit", Value::Integer(500))],
        )
        .unwrap();
        let many = spoilt(many, |r| r.max_rows = bound);
        let verdict = tunnel.ask(many.clone()).await.unwrap().verdict().await.unwrap();
        assert_eq!(verdict.code().unwrap(), Code::LimitExceeded, "{verdict:?}");
        let last = audited(&world, &many).pop().unwrap();
        assert_eq!(last, ("completed".to_owned(), "limit_exceeded".to_owned()));
    }
    world.assert_no_errors_but(&[]).unwrap();
}

fn failing() -> Request {
    request(SOURCE, "tests.failing", &[], &[("since", Value::Timestamp(0))]).unwrap()
}

fn failed_rows() -> Request {
    request(
        SOURCE,
        "tests.failed_rows",
        &[],
        &[("result_id", Value::Text("x".to_owned()))],
    )
    .unwrap()
}

#[tokio::test]
async fn frames_that_break_the_rules_end_their_exchange_and_nothing_else() {
    survives_broken_frames(Kind::Quic).await;
}

#[tokio::test]
async fn frames_that_break_the_rules_end_their_exchange_and_nothing_else_over_http2() {
    survives_broken_frames(Kind::Http2).await;
}

async fn survives_broken_frames(kind: Kind) {
    let (world, _gateway, mut tunnel) = taken_over_on(kind, Setup::default()).await;
    let _batches = tunnel.drain();
    let honest = |r: Request| ExchangeFrame::Request(Box::new(r)).encode().unwrap().to_vec();
    let spoken = honest(models(&[]));
    let overlong = with("after", Value::Text("x".repeat(MAX_PARAMETER_BYTES + 1)));
    let twice = spoilt(models(&[]), |r| r.parameters.push(r.parameters[0].clone()));
    let endless = spoilt(models(&[]), |r| r.deadline = Duration::from_secs(100_000));
    let header = ExchangeFrame::Header(Header {
        schema: vec![1].into(),
    })
    .encode()
    .unwrap()
    .to_vec();
    let cases: Vec<(&str, Vec<u8>, Code)> = vec![
        ("noise", vec![9; 16], Code::ProtocolViolation),
        (
            "a frame longer than may be",
            varint(MAX_FRAME_BYTES + 1),
            Code::ProtocolViolation,
        ),
        ("a length without end", vec![0xff; 9], Code::ProtocolViolation),
        ("a connector's frame", header, Code::ProtocolViolation),
        (
            "two requests",
            [&spoken[..], &spoken[..]].concat(),
            Code::ProtocolViolation,
        ),
        ("a parameter twice", honest(twice), Code::ProtocolViolation),
        ("a deadline beyond all", honest(endless), Code::ProtocolViolation),
        (
            "a text longer than may be",
            honest(overlong),
            Code::InvalidParameter,
        ),
    ];
    for (name, bytes, code) in cases {
        let mut exchange = tunnel.open().await.unwrap();
        exchange.raw(&bytes).await;
        let verdict = exchange.verdict().await.unwrap();
        assert_eq!(verdict.code().unwrap(), code, "{name}: {verdict:?}");
    }
    for at in [1, spoken.len() - 1] {
        let mut exchange = tunnel.open().await.unwrap();
        exchange.raw(&spoken[..at]).await;
        exchange.send.finish().unwrap();
        let verdict = exchange.verdict().await.unwrap();
        assert_eq!(
            verdict.code().unwrap(),
            Code::ProtocolViolation,
            "cut at {at}: {verdict:?}"
        );
    }
    // Room that was never taken.
    let mut exchange = tunnel.open().await.unwrap();
    exchange.raw(&spoken).await;
    exchange.credit(1_000, u64::MAX).await.unwrap();
    let verdict = exchange.verdict().await.unwrap();
    assert!(
        matches!(
            verdict,
            Verdict::Ended(End::Code(Code::ProtocolViolation)) | Verdict::Complete(_)
        ),
        "{verdict:?}"
    );

    // The tunnel has seen all of it and stands.
    tunnel.probe().await.unwrap();
    let whole = tunnel.ask(models(&[])).await.unwrap().verdict().await.unwrap();
    assert!(matches!(whole, Verdict::Complete(_)), "{whole:?}");

    // What breaks the control stream breaks the tunnel, and the connector comes again by itself.
    tunnel
        .say(&ControlFrame::SourcesChanged(Vec::new()))
        .await
        .unwrap();
    assert_eq!(
        ended(&tunnel.connection).await.unwrap(),
        End::Code(Code::ProtocolViolation)
    );
    drop(tunnel);
    let again = _gateway.tunnel().await.unwrap();
    again.probe().await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[tokio::test]
async fn a_flood_of_questions_is_held_to_its_bounds() {
    bounds_a_flood(Kind::Quic).await;
}

#[tokio::test]
async fn a_flood_of_questions_is_held_to_its_bounds_over_http2() {
    bounds_a_flood(Kind::Http2).await;
}

async fn bounds_a_flood(kind: Kind) {
    let (mut world, _gateway, tunnel) = taken_over_on(kind, Setup::default()).await;
    let _batches = tunnel.drain();
    let before = world.connector().unwrap().memory().unwrap().0;
    // Streams beyond the grant do not open, however many are wanted.
    // Over HTTP/2 streams are of one kind: those that are not asked for batches may be exchanges.
    let most = match kind {
        Kind::Quic => MAX_EXCHANGES,
        Kind::Http2 => MAX_EXCHANGES + MAX_BATCH_STREAMS,
    };
    let mut held = Vec::new();
    let hold = async || {
        let (mut send, receive) = tunnel.connection.open_bi().await.unwrap();
        send.write_all(&[0x85]).await.unwrap();
        (send, receive)
    };
    while let Ok(streams) = timeout(Duration::from_millis(300), hold()).await {
        held.push(streams);
        assert!(held.len() <= most as usize, "{} exchanges", held.len());
    }
    assert!(held.len() >= MAX_EXCHANGES as usize, "{} exchanges", held.len());
    drop(held);

    // The same number in every request, and the same id: each is answered or refused by itself.
    let mut asking = JoinSet::new();
    let tunnel = std::sync::Arc::new(tunnel);
    for _ in 0..400 {
        let tunnel = std::sync::Arc::clone(&tunnel);
        asking.spawn(async move {
            let request = spoilt(models(&[]), |r| r.exchange = ExchangeId(7));
            tunnel.ask(request).await.unwrap().verdict().await.unwrap()
        });
    }
    let (mut whole, mut refused) = (0, 0);
    while let Some(verdict) = asking.join_next().await {
        match verdict.unwrap() {
            Verdict::Complete(_) => whole += 1,
            Verdict::Failed(fault) if matches!(fault.code, Code::Overloaded | Code::RateLimited) => {
                refused += 1
            }
            // Before it was read.
            Verdict::Ended(End::Code(Code::Overloaded)) if kind == Kind::Http2 => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(whole > 0, "{whole} whole, {refused} refused");
    let (_, peak) = world.connector().unwrap().memory().unwrap();
    let grown = peak.saturating_sub(before);
    assert!(grown < 128 << 20, "{grown} bytes more");
    tunnel.probe().await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_request_after_drain_is_answered_or_the_tunnel_has_ended_and_another_comes() {
    let (world, gateway, mut tunnel) = taken_over(Setup::default()).await;
    tunnel
        .say(&ControlFrame::Drain(Drain {
            grace: Duration::from_secs(2),
        }))
        .await
        .unwrap();
    let asked = async {
        let mut exchange = tunnel.ask(models(&[])).await.ok()?;
        exchange.verdict().await.ok()
    };
    let (verdict, again) = tokio::join!(asked, gateway.tunnel());
    // The whole answer, or the end: nothing in between, and nothing that hangs.
    assert!(
        matches!(
            verdict,
            None | Some(Verdict::Complete(_) | Verdict::Ended(_) | Verdict::Failed(_))
        ),
        "{verdict:?}"
    );
    let again = again.unwrap();
    assert!(again.hello.epoch > tunnel.hello.epoch);
    assert_eq!(again.hello.instance, tunnel.hello.instance);
    again.probe().await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_gateway_that_falls_silent_is_left_and_one_that_only_probes_is_not() {
    let (world, gateway, tunnel) = taken_over(Setup::default()).await;
    for _ in 0..20 {
        assert_eq!(tunnel.probe().await.unwrap().exchanges, 0);
    }
    let silent = Instant::now();
    let limit = PROBE_SILENCE + Duration::from_secs(10);
    let again = gateway.accept(limit).await.unwrap();
    assert!(
        silent.elapsed() >= PROBE_SILENCE - Duration::from_secs(1),
        "{:?}",
        silent.elapsed()
    );
    assert!(again.hello.epoch > tunnel.hello.epoch);
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_reader_that_gives_no_credit_makes_the_connector_hold_one_window() {
    holds_one_window(Kind::Quic).await;
}

#[tokio::test]
async fn a_reader_that_gives_no_credit_makes_the_connector_hold_one_window_over_http2() {
    holds_one_window(Kind::Http2).await;
}

async fn holds_one_window(kind: Kind) {
    let cluster = Cluster::start_bench(super::kills::ROWS, None, "127.0.0.1".parse().unwrap())
        .await
        .unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: tests::world::open_policy(""),
        ..Setup::default()
    };
    let (mut world, _gateway, tunnel) = taken_over_on(kind, setup).await;
    let before = world.connector().unwrap().memory().unwrap().0;
    let all = spoilt(super::kills::everything(), |r| {
        r.deadline = Duration::from_secs(4)
    });
    let mut exchange = tunnel.ask(all.clone()).await.unwrap();
    // The batches are taken off the wire, and no room is given back.
    let mut seen = 0;
    while let Ok(Ok((header, _))) = timeout(Duration::from_secs(2), tunnel.batch()).await {
        assert_eq!(header.exchange, all.exchange);
        seen += 1;
    }
    assert!(
        seen > 0 && seen <= WINDOW_BATCHES,
        "{seen} batches without credit"
    );
    let verdict = exchange.verdict().await.unwrap();
    assert_eq!(verdict.code().unwrap(), Code::DeadlineExceeded, "{verdict:?}");
    let (_, peak) = world.connector().unwrap().memory().unwrap();
    let grown = peak.saturating_sub(before);
    assert!(grown < 96 << 20, "{grown} bytes more");
    super::kills::no_backend(&cluster).await;
    tunnel.probe().await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_gateway_without_the_authoritys_word_hears_nothing() {
    let mut world = World::start_gateway(Setup {
        root_elsewhere: true,
        ..Setup::default()
    })
    .await
    .unwrap();
    world.prepare_connector().await.unwrap();
    let at = world.listener("tunnel").unwrap();
    world.gateway.kill().unwrap();
    let ours = authority_of(&world.root()).unwrap();
    let stranger =
        certs::authority::Authority::create(ours.domain().clone(), std::time::SystemTime::now()).unwrap();
    let own = Shown::of_state(&world.folder().join("connector")).unwrap();
    let others = Shown::issued(&ours, "acme", "another").unwrap();
    for shown in [Shown::node(&stranger, "node-x").unwrap(), others, own] {
        let gateway = Gateway::listen_as(at, &ours, &shown).unwrap();
        if world.connector().is_err() {
            world.launch_connector().unwrap();
        }
        assert!(
            gateway.accept(Duration::from_secs(6)).await.is_err(),
            "a connector said Hello"
        );
        gateway.close().await.unwrap();
    }
    // The right one, at the same place, is believed.
    let gateway = Gateway::listen(at, &ours).unwrap();
    let back = gateway.accept(Duration::from_secs(40)).await.unwrap();
    assert_eq!(back.hello.sources.len(), 1);
    let log = world.connector().unwrap().log();
    let refused = log
        .iter()
        .any(|line| line.text.contains("certificate was refused"));
    assert!(refused, "the connector does not say why");
}
