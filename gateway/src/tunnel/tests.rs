//! Tunnels and exchanges over real sockets on loopback, with a connector that can also lie.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use certs::{
    authority::Authority,
    denylist::Snapshot,
    tls::{CredentialSlot, tunnel_client_config},
};
use proto::{
    error::{Code, Fault},
    limits::WINDOW_BATCHES,
    wire::frame::{
        AdHoc, ClusterNode, ControlFrame, Digest, ExchangeFrame, Hello, Nodes, Question, RequestId, Trailer,
    },
};
use quinn::{Connection, ConnectionError};
use tokio::time::timeout;

use super::{
    double::{Double, Gateway, Sample, dial, dial_with, enrol, hello, offer},
    exchange::{Event, Exchange},
    *,
};
use crate::{
    allowlist::{Allowlist, Ask, Permit},
    auth::test_grant,
    config::Limits,
};

const PATIENCE: Duration = Duration::from_secs(10);

fn permit(deadline: Duration) -> Permit {
    let limits = Limits {
        tenant_exchanges: 4,
        tunnel_exchanges: 4,
        rows: 1_000_000,
        bytes: 1 << 30,
        deadline,
        tunnels: 16,
        api_connections: 16,
        enrolments: 1,
        handshakes: admit::Bounds {
            at_once: 16,
            per_second: 100,
        },
        adhoc: AdHoc::On,
    };
    let ask = Ask {
        query: "read.dbt_models".parse().unwrap(),
        parameters: BTreeMap::new(),
        columns: vec![],
        deadline: None,
        max_rows: None,
        max_bytes: None,
    };
    Allowlist::new(&limits)
        .permit(test_grant("acme", "dw"), ask)
        .unwrap()
}

fn tunnel(gateway: &Gateway) -> Arc<Tunnel> {
    gateway
        .tunnels
        .serving(&"acme".parse().unwrap(), &"dw".parse().unwrap())
        .remove(0)
}

async fn ask(gateway: &Gateway) -> Exchange {
    tunnel(gateway)
        .ask(
            &permit(Duration::from_secs(20)),
            RequestId([7; 16]),
            Duration::from_secs(20),
        )
        .await
        .unwrap()
}

/// Draws everything: rows, or the fault.
async fn drain(exchange: &mut Exchange) -> Result<(u64, Bytes), Fault> {
    let (mut rows, mut all) = (0, Vec::new());
    loop {
        match timeout(PATIENCE, exchange.next())
            .await
            .expect("something happens")?
        {
            Event::Batch(batch) => {
                rows += batch.rows;
                all.extend_from_slice(&batch.bytes);
                exchange.consumed();
            }
            Event::Complete(_) => return Ok((rows, all.into())),
        }
    }
}

fn handshakes(gateway: &Gateway, result: &str) -> u64 {
    gateway.metrics.handshakes.with_label_values(&[result]).get()
}

/// Waits until the listener has counted what a peer cannot see.
async fn counted(gateway: &Gateway, result: &str) {
    let until = tokio::time::Instant::now() + PATIENCE;
    while handshakes(gateway, result) == 0 {
        assert!(
            tokio::time::Instant::now() < until,
            "no handshake counted as {result}"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn result_arrives_in_order_whole_and_counted() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(40, 100);
    let mut exchange = ask(&gateway).await;
    let answering = tokio::spawn({
        let sample = sample.clone();
        async move {
            let mut asked = connector.asked().await;
            assert!(
                matches!(&asked.request.question, Question::Catalogued { name, .. } if name.as_str() == "read.dbt_models")
            );
            assert_eq!(asked.request.request_id, RequestId([7; 16]));
            asked.header(&sample.schema).await;
            // Two by two in the wrong order, within the window.
            let mut sent = 0;
            let mut credit = WINDOW_BATCHES;
            while sent < 40 {
                while credit < 2 {
                    credit += asked.credit().await.batches;
                }
                for sequence in [sent + 1, sent] {
                    asked.batch(sequence, &sample.batches[sequence as usize]).await;
                }
                (sent, credit) = (sent + 2, credit - 2);
            }
            asked.trailer(Trailer::Complete(sample.complete())).await;
            (connector, asked)
        }
    });
    let (rows, bytes) = drain(&mut exchange).await.unwrap();
    let _connector = answering.await.unwrap();
    assert_eq!(rows, 4_000);
    assert_eq!(bytes, sample.batches.concat());
    assert_eq!(exchange.schema(), &sample.schema);
    drop(exchange);
    assert_eq!(gateway.metrics.buffered_batches.get(), 0);
    assert_eq!(gateway.metrics.buffered_bytes.get(), 0);
}

#[tokio::test]
async fn failure_at_the_warehouse_is_the_callers_fault_text() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let mut exchange = ask(&gateway).await;
    let mut asked = connector.asked().await;
    let fault = Fault::new(
        Code::RefusedByPolicy,
        "the table `x` is switched off by `categories.metadata`",
    );
    asked.trailer(Trailer::Failed(fault.clone())).await;
    assert_eq!(drain(&mut exchange).await.unwrap_err(), fault);
}

#[tokio::test]
async fn lies_about_a_result_are_found_out() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(3, 10);
    let honest = sample.complete();
    for (lie, complete) in [
        (
            "rows",
            proto::wire::frame::Complete {
                rows: honest.rows + 1,
                ..honest
            },
        ),
        (
            "bytes",
            proto::wire::frame::Complete {
                bytes: honest.bytes - 1,
                ..honest
            },
        ),
        (
            "digest",
            proto::wire::frame::Complete {
                digest: Digest([0; 32]),
                ..honest
            },
        ),
        ("batches", proto::wire::frame::Complete { batches: 2, ..honest }),
    ] {
        let mut exchange = ask(&gateway).await;
        let mut asked = connector.asked().await;
        asked.header(&sample.schema).await;
        for (n, batch) in sample.batches.iter().enumerate() {
            asked.batch(n as u32, batch).await;
        }
        asked.trailer(Trailer::Complete(complete)).await;
        assert_eq!(
            drain(&mut exchange).await.unwrap_err().code,
            Code::ProtocolViolation,
            "{lie}"
        );
    }
    // The tunnel has survived all of it.
    let mut exchange = ask(&gateway).await;
    let _asked = connector.asked().await.answer(&sample).await;
    assert_eq!(drain(&mut exchange).await.unwrap().0, 30);
}

#[tokio::test]
async fn misbehaviour_in_an_exchange_ends_that_exchange_alone() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(2, 10);
    let batch = &sample.batches[0];
    for misdeed in [
        "twice",
        "not arrow",
        "short",
        "long",
        "far ahead",
        "silent end",
        "no header",
        "two headers",
    ] {
        let mut exchange = ask(&gateway).await;
        let mut asked = connector.asked().await;
        if misdeed != "no header" {
            asked.header(&sample.schema).await;
        }
        let mut streams = Vec::new();
        match misdeed {
            "twice" => {
                streams.push(asked.batch(0, batch).await);
                streams.push(asked.batch(0, batch).await);
            }
            "not arrow" => streams.push(asked.batch(0, &Bytes::from(vec![0xff; 64])).await),
            "short" => streams.push(asked.batch_of_length(0, batch, batch.len() + 1).await),
            "long" => streams.push(asked.batch_of_length(0, batch, batch.len() - 1).await),
            "far ahead" => streams.push(asked.batch(WINDOW_BATCHES, batch).await),
            "silent end" => asked.send.finish().unwrap(),
            "no header" => asked.trailer(Trailer::Complete(sample.complete())).await,
            _ => asked.header(&sample.schema).await,
        }
        let fault = drain(&mut exchange).await.expect_err(misdeed);
        assert_eq!(fault.code, Code::ProtocolViolation, "{misdeed}");
    }
    let mut exchange = ask(&gateway).await;
    let _asked = connector.asked().await.answer(&sample).await;
    assert_eq!(drain(&mut exchange).await.unwrap().0, 20);
    drop(exchange);
    assert_eq!(gateway.metrics.buffered_bytes.get(), 0);
}

#[tokio::test]
async fn caller_that_goes_away_cancels_at_the_connector() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(2, 10);
    let mut exchange = ask(&gateway).await;
    let mut asked = connector.asked().await;
    asked.header(&sample.schema).await;
    asked.batch(0, &sample.batches[0]).await;
    assert!(matches!(
        timeout(PATIENCE, exchange.next()).await.unwrap(),
        Ok(Event::Batch(_))
    ));
    drop(exchange);
    assert_eq!(asked.cancelled().await, Code::Cancelled);
    let stopped = timeout(PATIENCE, asked.send.stopped()).await.unwrap().unwrap();
    assert_eq!(
        stopped.map(|code| closed_code(code.into_inner())),
        Some(Code::Cancelled)
    );
    // A batch that comes late finds nobody, and harms nobody.
    let mut late = asked.batch(1, &sample.batches[1]).await;
    let _ = timeout(PATIENCE, late.stopped()).await.unwrap();
    let _ = late.finish();
    let refused = |reason| gateway.metrics.streams_refused.with_label_values(&[reason]).get();
    assert_eq!(refused("unknown_exchange") + refused("late"), 1);
    assert!(
        timeout(Duration::ZERO, connector.connection.closed())
            .await
            .is_err(),
        "the tunnel is up"
    );
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let mut exchange = tunnel(&gateway)
        .ask(
            &permit(Duration::from_millis(50)),
            RequestId([1; 16]),
            Duration::from_millis(50),
        )
        .await
        .unwrap();
    let mut asked = connector.asked().await;
    assert_eq!(
        drain(&mut exchange).await.unwrap_err().code,
        Code::DeadlineExceeded
    );
    assert_eq!(asked.cancelled().await, Code::DeadlineExceeded);
}

#[tokio::test]
async fn lost_tunnel_is_told_to_every_query_on_it() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(1, 10);
    let (mut early, mut late) = (ask(&gateway).await, ask(&gateway).await);
    let _first = connector.asked().await;
    let mut second = connector.asked().await;
    second.header(&sample.schema).await;
    // All is said but the batch itself.
    second.trailer(Trailer::Complete(sample.complete())).await;
    let _ = timeout(Duration::from_millis(200), late.next()).await;
    connector
        .connection
        .close(quinn::VarInt::from_u32(close_code(Code::Internal)), b"gone");
    assert_eq!(drain(&mut early).await.unwrap_err().code, Code::TunnelLost);
    assert_eq!(drain(&mut late).await.unwrap_err().code, Code::TunnelLost);
    let mut changes = gateway.tunnels.changes();
    timeout(PATIENCE, changes.wait_for(|_| gateway.tunnels.is_empty()))
        .await
        .unwrap()
        .unwrap();
    let closed = &gateway.metrics.closed;
    let until = tokio::time::Instant::now() + PATIENCE;
    while closed.with_label_values(&["internal"]).get() == 0 {
        assert!(tokio::time::Instant::now() < until, "the end was not counted");
        tokio::task::yield_now().await;
    }
    assert_eq!(gateway.metrics.live.get(), 0);
}

#[tokio::test]
async fn slow_reader_holds_no_more_than_the_window() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let sample = Sample::new(1, 10);
    let mut exchange = ask(&gateway).await;
    let mut asked = connector.asked().await;
    asked.header(&sample.schema).await;
    for sequence in 0..WINDOW_BATCHES {
        asked.batch(sequence, &sample.batches[0]).await;
    }
    // One more than there is credit for.
    let _over = asked.batch(WINDOW_BATCHES, &sample.batches[0]).await;
    let fault = drain(&mut exchange).await.unwrap_err();
    assert_eq!(fault.code, Code::ProtocolViolation, "{fault}");
}

#[tokio::test]
async fn slots_of_a_tunnel_are_bounded_and_given_back() {
    let gateway = Gateway::start().await;
    let _connector = gateway.connector("acme", "c1").await;
    let tunnel = tunnel(&gateway);
    let mut slots: Vec<_> = (0..4).map(|_| tunnel.begin().unwrap()).collect();
    assert_eq!(tunnel.begin().unwrap_err(), NoSlot::Full);
    slots.pop();
    assert!(tunnel.begin().is_ok());
}

#[tokio::test]
async fn returning_tunnel_takes_over_and_the_old_one_is_closed() {
    let gateway = Gateway::start().await;
    let credential = gateway.enrol("acme", "c1");
    let (old, _) = Double::hello(gateway.dial(credential.clone()).await.unwrap(), hello(1, 1)).await;
    let (new, answer) = Double::hello(gateway.dial(credential.clone()).await.unwrap(), hello(1, 2)).await;
    let welcome = Double::welcome(answer);
    assert_eq!(old.closed().await, Code::Conflict);
    assert_eq!(tunnel(&gateway).id(), TunnelId(welcome.tunnel));
    assert_eq!(gateway.tunnels.len(), 1);
    // One that was under way all the time comes too late.
    let (late, answer) = Double::hello(gateway.dial(credential).await.unwrap(), hello(1, 1)).await;
    assert!(matches!(answer, Ok(ControlFrame::Refusal(fault)) if fault.code == Code::Conflict));
    assert_eq!(late.closed().await, Code::Conflict);
    let mut exchange = ask(&gateway).await;
    let _asked = new.asked().await.answer(&Sample::new(1, 1)).await;
    assert_eq!(drain(&mut exchange).await.unwrap().0, 1);
    assert_eq!(
        gateway.metrics.replaced.with_label_values(&["same_start"]).get(),
        1
    );
    assert_eq!(gateway.metrics.live.get(), 1);
}

#[tokio::test]
async fn peer_that_may_not_be_here_is_refused_and_the_reason_counted() {
    let gateway = Gateway::start().await;
    let now = SystemTime::now();
    let day = Duration::from_secs(86_400);

    // Of another authority, with the very names of this one.
    let other = Authority::create("gw.test".parse().unwrap(), now).unwrap();
    let stranger = dial(
        gateway.address,
        enrol(&other, "acme", "c1", now),
        &gateway.authority,
    )
    .await;
    refused(stranger).await;
    counted(&gateway, "unknown_authority").await;

    refused(
        gateway
            .dial(enrol(&gateway.authority, "acme", "c1", now - 2 * day))
            .await,
    )
    .await;
    counted(&gateway, "expired").await;
    refused(
        gateway
            .dial(enrol(&gateway.authority, "acme", "c1", now + 2 * day))
            .await,
    )
    .await;
    counted(&gateway, "not_yet_valid").await;

    let client = |credential| {
        let slot = CredentialSlot::new(credential);
        tunnel_client_config(slot, gateway.authority.bundle(), Arc::new(())).unwrap()
    };
    let mut anonymous = client(gateway.enrol("acme", "c1"));
    anonymous.client_auth_cert_resolver = Arc::new(Nobody);
    refused(dial_with(gateway.address, anonymous).await).await;
    counted(&gateway, "no_certificate").await;
    let mut stranger = client(gateway.enrol("acme", "c1"));
    stranger.alpn_protocols = vec![b"h3".to_vec()];
    refused(dial_with(gateway.address, stranger).await).await;
    counted(&gateway, "alpn").await;

    let revoked = gateway.enrol("acme", "c1");
    let identities = [revoked.facts().identity.clone()].into();
    gateway.denylist.replace(Snapshot {
        identities,
        ..Snapshot::default()
    });
    refused(gateway.dial(revoked).await).await;
    counted(&gateway, "revoked").await;

    // Admitted by the handshake, and not by the fleet.
    let (double, answer) = Double::hello(
        gateway.dial(gateway.enrol("nobody", "c1")).await.unwrap(),
        hello(1, 1),
    )
    .await;
    assert!(matches!(answer, Ok(ControlFrame::Refusal(fault)) if fault.code == Code::UnknownTenant));
    assert_eq!(double.closed().await, Code::UnknownTenant);
    counted(&gateway, "unknown_tenant").await;
    assert!(gateway.tunnels.is_empty());
    for reason in [
        "unknown_authority",
        "expired",
        "not_yet_valid",
        "no_certificate",
        "alpn",
        "revoked",
        "unknown_tenant",
    ] {
        assert_eq!(handshakes(&gateway, reason), 1, "{reason} is counted once");
    }
    assert_eq!(handshakes(&gateway, "ok"), 0);
}

#[tokio::test]
async fn connector_that_is_removed_while_it_is_admitted_gets_no_tunnel() {
    let gateway = Gateway::start().await;
    let connection = gateway.dial(gateway.enrol("leaving", "c1")).await.unwrap();
    let (double, answer) = Double::hello(connection, hello(1, 1)).await;
    assert!(matches!(answer, Ok(ControlFrame::Refusal(fault)) if fault.code == Code::Revoked));
    assert_eq!(double.closed().await, Code::Revoked);
    assert!(gateway.tunnels.is_empty());
    assert_eq!(handshakes(&gateway, "ok"), 0);
}

/// Has no certificate to show.
#[derive(Debug)]
struct Nobody;

impl rustls::client::ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A refused client learns it from the connection's end, which TLS 1.3 allows to come after its own handshake.
async fn refused(dialled: Result<Connection, ConnectionError>) {
    if let Ok(connection) = dialled {
        let closed = timeout(PATIENCE, connection.closed()).await.unwrap();
        assert!(matches!(closed, ConnectionError::ConnectionClosed(_)), "{closed}");
    }
}

#[tokio::test]
async fn broken_control_stream_ends_the_tunnel() {
    let gateway = Gateway::start().await;
    let dialled = || async { gateway.dial(gateway.enrol("acme", "c1")).await.unwrap() };

    let connection = dialled().await;
    let (mut control, _answers) = connection.open_bi().await.unwrap();
    control.write_all(&[0xff, 0xff, 0x7f]).await.unwrap();
    let double = |connection: Connection| async move {
        match timeout(PATIENCE, connection.closed()).await.unwrap() {
            ConnectionError::ApplicationClosed(close) => closed_code(close.error_code.into_inner()),
            other => panic!("{other}"),
        }
    };
    assert_eq!(
        double(connection).await,
        Code::ProtocolViolation,
        "an overlong Hello"
    );

    let connection = dialled().await;
    let (mut up, answer) = Double::hello(connection, hello(1, 1)).await;
    Double::welcome(answer);
    up.say(ControlFrame::Hello(hello(1, 1))).await;
    assert_eq!(up.closed().await, Code::ProtocolViolation, "a second Hello");

    let (mut up, answer) = Double::hello(dialled().await, hello(2, 1)).await;
    Double::welcome(answer);
    up.control.finish().unwrap();
    assert_eq!(
        up.closed().await,
        Code::ProtocolViolation,
        "the control stream's end"
    );

    let (up, answer) = Double::hello(dialled().await, hello(3, 1)).await;
    Double::welcome(answer);
    let mut stream = up.connection.open_uni().await.unwrap();
    stream.write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(
        up.closed().await,
        Code::ProtocolViolation,
        "a batch without a header"
    );
}

#[tokio::test]
async fn announced_sources_are_served_from_then_on() {
    let gateway = Gateway::start().await;
    let mut connector = gateway.connector("acme", "c1").await;
    let mut changes = gateway.tunnels.changes();
    connector
        .say(ControlFrame::SourcesChanged(vec![offer("lake")]))
        .await;
    let tenant = "acme".parse().unwrap();
    let served = |source: &str| gateway.tunnels.serving(&tenant, &source.parse().unwrap()).len();
    timeout(PATIENCE, changes.wait_for(|_| served("lake") == 1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(served("dw"), 0);
}

#[tokio::test]
async fn clock_that_is_off_is_named_and_counted() {
    let gateway = Gateway::start().await;
    let mut off = hello(1, 1);
    off.unix_time_ms -= 90_000;
    let (_double, answer) =
        Double::hello(gateway.dial(gateway.enrol("acme", "c1")).await.unwrap(), off).await;
    Double::welcome(answer);
    let skew = tunnel(&gateway).facts().skew_seconds;
    assert!((-91..=-89).contains(&skew), "{skew}");
    assert_eq!(gateway.metrics.skew_warnings.get(), 1);
}

#[tokio::test]
async fn stop_lets_a_running_query_end_and_then_closes() {
    let gateway = Gateway::start().await;
    let mut connector = gateway.connector("acme", "c1").await;
    let slot = tunnel(&gateway).begin().unwrap();
    let mut exchange = ask(&gateway).await;
    let asked = connector.asked().await;
    let tunnel = tunnel(&gateway);
    gateway.drain.stop();
    assert!(matches!(connector.answer().await, Ok(ControlFrame::Drain(_))));
    assert_eq!(tunnel.begin().unwrap_err(), NoSlot::Draining);
    let _asked = asked.answer(&Sample::new(2, 5)).await;
    assert_eq!(drain(&mut exchange).await.unwrap().0, 10);
    drop((exchange, slot));
    assert_eq!(connector.closed().await, Code::TunnelLost);
    timeout(PATIENCE, gateway.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn frame_of_the_wrong_kind_in_an_exchange_is_a_violation() {
    let gateway = Gateway::start().await;
    let connector = gateway.connector("acme", "c1").await;
    let mut exchange = ask(&gateway).await;
    let mut asked = connector.asked().await;
    let probe = ExchangeFrame::Probe(proto::wire::frame::Probe { unix_time_ms: 1 });
    asked.say(probe).await;
    assert_eq!(
        drain(&mut exchange).await.unwrap_err().code,
        Code::ProtocolViolation
    );
    assert_eq!(asked.cancelled().await, Code::ProtocolViolation);
}

#[tokio::test]
async fn a_connector_has_a_tunnel_in_each_slot_and_is_told_the_nodes_as_they_change() {
    let gateway = Gateway::start().await;
    let nodes = |names: &[&str]| {
        let node = |name: &&str| ClusterNode {
            name: name.parse().unwrap(),
            address: None,
        };
        Arc::new(Nodes::new(names.iter().map(node).collect()).unwrap())
    };
    gateway.nodes.send_replace(nodes(&["node-a", "node-b"]));
    let of_slot = |slot: u8, epoch: u64, held: &[&str]| Hello {
        slot: TunnelSlot::new(slot).unwrap(),
        held: held.iter().map(|name| name.parse().unwrap()).collect(),
        ..hello(1, epoch)
    };
    let (mut first, answer) = Double::hello(
        dial(gateway.address, gateway.enrol("acme", "c1"), &gateway.authority)
            .await
            .unwrap(),
        of_slot(0, 1, &[]),
    )
    .await;
    assert_eq!(Double::welcome(answer).nodes, *nodes(&["node-a", "node-b"]));

    // It says that it has one here, and it has: another is to be opened elsewhere, and this one stays.
    let (_, answer) = Double::hello(
        dial(gateway.address, gateway.enrol("acme", "c1"), &gateway.authority)
            .await
            .unwrap(),
        of_slot(1, 2, &["node-a"]),
    )
    .await;
    assert!(
        matches!(&answer, Ok(ControlFrame::Refusal(fault)) if fault.code == Code::Conflict && fault.retry_after.is_none()),
        "{answer:?}"
    );
    assert_eq!(tunnel(&gateway).id().0, 1);

    // One that does not say so is taken beside the first.
    let (_second, answer) = Double::hello(
        dial(gateway.address, gateway.enrol("acme", "c1"), &gateway.authority)
            .await
            .unwrap(),
        of_slot(1, 3, &["node-b"]),
    )
    .await;
    Double::welcome(answer);
    let live = gateway.tunnels.list(None);
    let slots: Vec<u8> = live.iter().map(|live| live.slot.number()).collect();
    assert_eq!(slots, [0, 1]);

    gateway.nodes.send_replace(nodes(&["node-a"]));
    loop {
        match first.answer().await.unwrap() {
            ControlFrame::Nodes(told) => break assert_eq!(told, *nodes(&["node-a"])),
            ControlFrame::Trust(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
