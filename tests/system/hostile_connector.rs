//! A connector that was let in and turns on its gateway: what it sends is never taken for a result, costs nobody else
//! their tunnel, and stays within its bounds.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use proto::error::{Code, Fault};
use proto::limits::{MAX_BATCH_STREAMS, MAX_FRAME_BYTES, MAX_HELLO_BYTES, WINDOW_BATCHES};
use proto::wire::frame::{
    BatchHeader, Complete, ControlFrame, Drain, ExchangeFrame, Frame, Header, Probe, ProbeReply, Trailer,
};
use serde_json::{Value, json};
use tests::double::connector::{Asked, Connector, Sample, hello, of_nobody, offer};
use tests::double::scene::{Got, LAKE, Scene};
use tests::double::{End, ended};
use tests::world::{Setup, Side};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{interval, timeout};
use transport::{Connection, Kind};

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// A question whose plan any connector has.
fn question() -> Value {
    json!({ "query": "package.version", "deadline_ms": 3_000 })
}

/// The hostile connector's tunnel over this transport.
async fn up(scene: &Scene<'_>, kind: Kind) -> Connector {
    match kind {
        Kind::Quic => Connector::up(&scene.dial, &[LAKE]).await.unwrap(),
        Kind::Http2 => Connector::up_http2(&scene.dial, &[LAKE]).await.unwrap(),
    }
}

/// What the gateway wrote down as the outcome of its last query.
fn outcome(scene: &Scene<'_>) -> String {
    let audit = scene.world.audit(Side::Gateway).unwrap();
    let mut outcomes = audit.iter().rev().filter_map(|line| line.get("outcome"));
    outcomes
        .next()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Asks the hostile connector once, lets it misbehave, and gives what the caller got.
async fn once(
    scene: &Scene<'_>,
    tunnel: &Connector,
    accept: &str,
    deed: impl AsyncFnOnce(&mut Asked) -> Result<()>,
) -> Got {
    let question = question();
    let asked = async {
        let mut asked = tunnel.asked().await.unwrap();
        let done = deed(&mut asked).await;
        (asked, done)
    };
    let (got, (_asked, done)) = tokio::join!(scene.ask(LAKE, &question, accept), asked);
    assert!(done.is_ok(), "{done:?}; the caller got {got:?}");
    got.unwrap()
}

/// The gateway's verdict on a deed: the code in its audit log, and what the caller had to see of it.
macro_rules! refused {
    ($scene:ident, $tunnel:ident, $($name:literal => $code:literal, $deed:expr;)*) => {$(
        for accept in [ARROW, "application/x-ndjson"] {
            let got = once(&$scene, &$tunnel, accept, $deed).await;
            // Before the first batch a problem document, behind it a body that breaks off; never a result.
            assert!(got == Got::Aborted || got == Got::Problem($code.to_owned()), "{}: {got:?}", $name);
            let code = tests::wait::until("the audit record", Duration::from_secs(5), async || {
                (outcome(&$scene) == $code).then_some(())
            });
            code.await.unwrap_or_else(|_| panic!("{}: {}", $name, outcome(&$scene)));
            $scene.others_work().await.unwrap();
        }
    )*};
}

fn lie(sample: &Sample, lie: impl FnOnce(&mut Complete)) -> Complete {
    let mut complete = sample.complete();
    lie(&mut complete);
    complete
}

async fn result_but(asked: &mut Asked, sample: &Sample, lie: impl FnOnce(&mut Complete)) -> Result<()> {
    asked.header(sample).await?;
    for (sequence, batch) in sample.batches.iter().enumerate() {
        asked.batch(sequence as u32, batch).await?;
    }
    asked.trailer(self::lie(sample, lie)).await
}

#[tokio::test]
async fn a_result_that_differs_from_its_trailer_is_never_whole() {
    lies(Kind::Quic).await;
}

#[tokio::test]
async fn a_result_over_http2_that_differs_from_its_trailer_is_never_whole() {
    lies(Kind::Http2).await;
}

async fn lies(kind: Kind) {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let tunnel = up(&scene, kind).await;
    let (one, two) = (Sample::new(1, 3).unwrap(), Sample::new(2, 3).unwrap());

    assert_eq!(
        once(&scene, &tunnel, ARROW, async |a| result_but(a, &two, |_| ())
            .await)
        .await,
        Got::Whole
    );
    let recorded = async || (outcome(&scene) == "ok").then_some(());
    tests::wait::until("the audit record", Duration::from_secs(5), recorded)
        .await
        .unwrap();
    refused! { scene, tunnel,
        "more rows" => "protocol_violation", async |a| result_but(a, &one, |c| c.rows += 1).await;
        "fewer rows" => "protocol_violation", async |a| result_but(a, &two, |c| c.rows -= 1).await;
        "more bytes" => "protocol_violation", async |a| result_but(a, &one, |c| c.bytes += 1).await;
        "another digest" => "protocol_violation", async |a| result_but(a, &two, |c| c.digest.0[31] ^= 1).await;
        "fewer batches" => "protocol_violation", async |a| {
            a.header(&two).await?;
            for (sequence, batch) in two.batches.iter().enumerate() {
                a.batch(sequence as u32, batch).await?;
            }
            // Both have reached the caller.
            let mut taken = 0;
            while taken < 2 {
                taken += a.credit().await?.batches;
            }
            a.trailer(one.complete()).await
        };
        "more batches" => "deadline_exceeded", async |a| result_but(a, &two, |c| c.batches += 1).await;
        "no trailer" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(0, &one.batches[0]).await?;
            a.send.finish()?;
            Ok(())
        };
        "a code that is not its to say" => "protocol_violation", async |a| {
            let fault = Fault::new(Code::Forbidden, "ask somebody else");
            a.say(&ExchangeFrame::Trailer(Trailer::Failed(fault))).await
        };
    }
    // What it may say is passed on, with its words made harmless.
    let denied = async |a: &mut Asked| {
        let fault = Fault::new(Code::RefusedByPolicy, "the table is off\r\nx-evil: 1");
        a.say(&ExchangeFrame::Trailer(Trailer::Failed(fault))).await
    };
    assert_eq!(
        once(&scene, &tunnel, ARROW, denied).await,
        Got::Problem("refused_by_policy".to_owned())
    );
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn batches_out_of_order_window_or_form_end_their_exchange() {
    batches(Kind::Quic).await;
}

#[tokio::test]
async fn batches_over_http2_out_of_order_window_or_form_end_their_exchange() {
    batches(Kind::Http2).await;
}

async fn batches(kind: Kind) {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let tunnel = up(&scene, kind).await;
    let one = Sample::new(1, 3).unwrap();
    let batch = &one.batches[0];
    let length = batch.len() as u32;

    refused! { scene, tunnel,
        "the same twice" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(1, batch).await?;
            a.batch(1, batch).await.map(drop)
        };
        "far ahead" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(WINDOW_BATCHES + 1, batch).await.map(drop)
        };
        "the last number there is" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(u32::MAX, batch).await.map(drop)
        };
        "shorter than it says" => "protocol_violation", async |a| {
            a.header(&one).await?;
            let header = BatchHeader { exchange: a.request.exchange, sequence: 0, length: length + 8 };
            a.batch_as(header, batch).await.map(drop)
        };
        "longer than it says" => "protocol_violation", async |a| {
            a.header(&one).await?;
            let header = BatchHeader { exchange: a.request.exchange, sequence: 0, length: length - 8 };
            a.batch_as(header, batch).await.map(drop)
        };
        "beyond the window" => "protocol_violation", async |a| {
            a.header(&one).await?;
            // None of them ends, so that none can be taken and credited.
            let mut held = Vec::new();
            for sequence in 0..=WINDOW_BATCHES {
                let header = BatchHeader { exchange: a.request.exchange, sequence, length };
                let mut stream = a.connection.open_uni().await?;
                let _ = stream.write_all(&header.encode()?).await;
                held.push(stream);
            }
            a.frames.end().await.map(drop)
        };
        "not Arrow" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(0, &Bytes::from(vec![7; 4096])).await.map(drop)
        };
        "a schema for a batch" => "protocol_violation", async |a| {
            a.header(&one).await?;
            a.batch(0, &one.schema).await.map(drop)
        };
        "a batch for a schema" => "protocol_violation", async |a| {
            a.say(&ExchangeFrame::Header(Header { schema: batch.clone() })).await
        };
        "noise for a schema" => "protocol_violation", async |a| {
            a.say(&ExchangeFrame::Header(Header { schema: Bytes::from(vec![0xff; 64]) })).await
        };
        "reset half-way" => "warehouse_error", async |a| {
            a.header(&one).await?;
            a.batch(0, batch).await?;
            a.credit().await?;
            a.send.reset(Code::WarehouseError as u32);
            Ok(())
        };
        "never ends" => "deadline_exceeded", async |a| {
            a.header(&one).await?;
            a.batch(0, batch).await?;
            a.frames.end().await.map(drop)
        };
        "never begins" => "deadline_exceeded", async |a| a.frames.end().await.map(drop);
    }

    // A batch of an exchange that nobody asked for is thrown away, and the one that was asked goes on.
    let stray = async |a: &mut Asked| {
        let header = BatchHeader {
            exchange: of_nobody(a),
            sequence: 0,
            length,
        };
        a.batch_as(header, batch).await?;
        result_but(a, &one, |_| ()).await
    };
    assert_eq!(once(&scene, &tunnel, ARROW, stray).await, Got::Whole);
    let buffered = scene.metric("gateway_batches_buffered").await.unwrap();
    assert_eq!(buffered, 0, "batches are left behind");
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_body_that_no_arrow_reader_takes_aborts_the_text_made_of_it() {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let tunnel = Connector::up(&scene.dial, &[LAKE]).await.unwrap();
    let good = Sample::new(1, 300).unwrap();
    // Every byte of the batch in turn, in strides: headers that verify and still lie, offsets that lead astray.
    let before = scene.world.gateway.memory().unwrap().0;
    for at in (0..good.batches[0].len()).step_by(97) {
        let mut spoilt = good.batches[0].to_vec();
        spoilt[at] ^= 0xff;
        let spoilt = Sample {
            batches: vec![Bytes::from(spoilt)],
            ..good.clone()
        };
        // Whatever becomes of it: an answer comes, and nothing breaks.
        once(&scene, &tunnel, "application/x-ndjson", async |a| {
            result_but(a, &spoilt, |_| ()).await
        })
        .await;
    }
    // Frames that are right around an offset that leads nowhere: found while the first piece is made, and told as such.
    let mut astray = good.batches[0].to_vec();
    let text = astray.windows(5).position(|w| w == b"row 0").unwrap();
    astray[(text - 200) / 4 * 4 + 3] ^= 0xff;
    let astray = Sample {
        batches: vec![Bytes::from(astray)],
        ..good.clone()
    };
    let got = once(&scene, &tunnel, "application/x-ndjson", async |a| {
        result_but(a, &astray, |_| ()).await
    })
    .await;
    assert_eq!(got, Got::Problem("protocol_violation".to_owned()));
    scene.others_work().await.unwrap();
    let grown = scene.world.gateway.memory().unwrap().0.saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn frames_of_an_exchange_out_of_order_or_form_end_it_alone() {
    frames(Kind::Quic).await;
}

#[tokio::test]
async fn frames_over_http2_out_of_order_or_form_end_their_exchange_alone() {
    frames(Kind::Http2).await;
}

async fn frames(kind: Kind) {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let tunnel = up(&scene, kind).await;
    let one = Sample::new(1, 3).unwrap();
    let header = ExchangeFrame::Header(Header {
        schema: one.schema.clone(),
    });

    refused! { scene, tunnel,
        "trailer before header" => "protocol_violation", async |a| a.trailer(one.complete()).await;
        "two headers" => "protocol_violation", async |a| {
            a.say(&header).await?;
            a.say(&header).await
        };
        "the gateway's own frame" => "protocol_violation", async |a| {
            let request = a.request.clone();
            a.say(&ExchangeFrame::Request(Box::new(request))).await
        };
        "a probe" => "protocol_violation", async |a| a.say(&ExchangeFrame::Probe(Probe { unix_time_ms: 0 })).await;
        "an answer to no probe" => "protocol_violation", async |a| {
            a.say(&ExchangeFrame::ProbeReply(ProbeReply { unix_time_ms: 0, exchanges: 0 })).await
        };
        "more after the trailer" => "protocol_violation", async |a| {
            a.say(&header).await?;
            let trailer = ExchangeFrame::Trailer(Trailer::Complete(lie(&one, |c| c.rows = 9)));
            a.say(&trailer).await?;
            a.say(&header).await
        };
        "too long" => "protocol_violation", async |a| {
            a.raw(&length_prefix(MAX_FRAME_BYTES + 1)).await;
            Ok(())
        };
        "a length without end" => "protocol_violation", async |a| { a.raw(&[0xff; 16]).await; Ok(()) };
        "cut off" => "protocol_violation", async |a| {
            let bytes = header.encode()?;
            a.raw(&bytes[..bytes.len() - 1]).await;
            a.send.finish()?;
            Ok(())
        };
        "nothing in it" => "protocol_violation", async |a| { a.raw(&[0]).await; Ok(()) };
        "a kind of nobody's" => "protocol_violation", async |a| { a.raw(&[3, 0xfa, 0x07, 0]).await; Ok(()) };
    }
    scene.world.assert_no_errors_but(&[]).unwrap();
}

/// A varint.
fn length_prefix(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[tokio::test]
async fn a_control_stream_that_breaks_the_rules_ends_its_tunnel_and_no_other() {
    control(Kind::Quic).await;
}

#[tokio::test]
async fn a_control_stream_over_http2_that_breaks_the_rules_ends_its_tunnel_and_no_other() {
    control(Kind::Http2).await;
}

async fn control(kind: Kind) {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let begin = async || {
        let connection = match kind {
            Kind::Quic => scene.dial.connect().await.unwrap().unwrap().into(),
            Kind::Http2 => scene.dial.connect_http2().await.unwrap(),
        };
        Connector::begin(connection).await.unwrap()
    };
    let hello = ControlFrame::Hello(hello(&[LAKE]).unwrap()).encode().unwrap();
    let many = vec![offer("one").unwrap(), offer("one").unwrap()];
    let twice = ControlFrame::SourcesChanged(many).encode().unwrap();
    let drain = ControlFrame::Drain(Drain {
        grace: Duration::from_secs(1),
    })
    .encode()
    .unwrap();
    let cases: [(&str, Vec<u8>); 9] = [
        ("a Hello longer than may be", length_prefix(MAX_HELLO_BYTES + 1)),
        ("a length without end", vec![0xff; 32]),
        ("noise", vec![0x05, 1, 2, 3, 4, 5]),
        ("a zero", vec![0]),
        ("another frame first", twice.to_vec()),
        ("the gateway's own frame", drain.to_vec()),
        ("two Hellos", [&hello[..], &hello[..]].concat()),
        ("a name twice", [&hello[..], &twice[..]].concat()),
        (
            "a frame too long",
            [&hello[..], &length_prefix(MAX_FRAME_BYTES + 1)].concat(),
        ),
    ];
    for (name, bytes) in cases {
        let mut tunnel = begin().await;
        let _ = tunnel.control.write_all(&bytes).await;
        assert_eq!(
            ended(&tunnel.connection).await.unwrap(),
            End::Code(Code::ProtocolViolation),
            "{name}"
        );
    }
    for at in [1, hello.len() - 1] {
        let mut tunnel = begin().await;
        tunnel.control.write_all(&hello[..at]).await.unwrap();
        tunnel.control.finish().unwrap();
        assert_eq!(
            ended(&tunnel.connection).await.unwrap(),
            End::Code(Code::ProtocolViolation),
            "cut at {at}"
        );
    }
    // A version that nobody speaks is no violation: it is told.
    let mut tunnel = begin().await;
    let mut late = tests::double::connector::hello(&[LAKE]).unwrap();
    late.protocol = 7..=9;
    tunnel.say(&ControlFrame::Hello(late)).await.unwrap();
    match tunnel.answers.frame().await.unwrap() {
        ControlFrame::Refusal(fault) => assert_eq!(fault.code, Code::UnsupportedVersion),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        ended(&tunnel.connection).await.unwrap(),
        End::Code(Code::UnsupportedVersion)
    );
    scene.others_work().await.unwrap();
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_connector_that_never_says_hello_or_whispers_it_is_cut_off() {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let silent = scene.dial.connect().await.unwrap().unwrap();
    let slow = scene.dial.connect().await.unwrap().unwrap();
    let mut slow = Connector::begin(slow).await.unwrap();
    let hello = ControlFrame::Hello(hello(&[LAKE]).unwrap()).encode().unwrap();
    let whisper = async {
        // One byte at each tick, which is no answer to a deadline.
        let mut ticks = interval(Duration::from_millis(250));
        for byte in hello.iter().cycle() {
            ticks.tick().await;
            if slow.control.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    };
    let (silent, slow_end, ()) = tokio::join!(ended(&silent), ended(&slow.connection), whisper);
    assert_eq!(silent.unwrap(), End::Code(Code::ProtocolViolation));
    assert_eq!(slow_end.unwrap(), End::Code(Code::ProtocolViolation));
    scene.others_work().await.unwrap();
}

#[tokio::test]
async fn streams_beyond_what_was_granted_do_not_open() {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let opens = async |connection: &quinn::Connection| {
        let opened = timeout(Duration::from_millis(300), connection.open_uni()).await;
        opened.map(|stream| stream.unwrap())
    };
    // Before it is welcome: the control stream alone.
    let stranger = scene.dial.connect().await.unwrap().unwrap();
    let _control = stranger.open_bi().await.unwrap();
    assert!(opens(&stranger).await.is_err());
    assert!(
        timeout(Duration::from_millis(300), stranger.open_bi())
            .await
            .is_err()
    );

    let tunnel = Connector::up(&scene.dial, &[LAKE]).await.unwrap();
    let Connection::Quic(quic) = &tunnel.connection else {
        panic!("another transport");
    };
    assert!(timeout(Duration::from_millis(300), quic.open_bi()).await.is_err());
    let mut held = Vec::new();
    for _ in 0..MAX_BATCH_STREAMS {
        let mut stream = timeout(Duration::from_secs(5), quic.open_uni())
            .await
            .unwrap()
            .unwrap();
        // Announced and never followed up: it takes a place until its deadline.
        stream.write_all(&[8]).await.unwrap();
        held.push(stream);
    }
    assert!(opens(quic).await.is_err());
    scene.others_work().await.unwrap();
    // Each is told in time that it is waited for no longer; whoever keeps it open all the same keeps it from itself.
    for mut stream in held {
        let stopped = timeout(Duration::from_secs(15), stream.stopped())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            stopped,
            Some(quinn::VarInt::from_u32(Code::ProtocolViolation as u32))
        );
        stream.reset(quinn::VarInt::from_u32(0)).unwrap();
    }
    let again = timeout(Duration::from_secs(5), quic.open_uni()).await;
    again.unwrap().unwrap();
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_connector_that_answers_no_probe_loses_its_tunnel() {
    let scene = Scene::start(Setup::default()).await.unwrap();
    let tunnel = Connector::up(&scene.dial, &[LAKE]).await.unwrap();
    let lost = timeout(Duration::from_secs(25), tunnel.connection.closed())
        .await
        .unwrap();
    assert_eq!(End::from(&lost), End::Code(Code::TunnelLost));
    assert_eq!(
        scene.ask(LAKE, &question(), ARROW).await.unwrap(),
        Got::Problem("source_offline".to_owned())
    );
    scene.others_work().await.unwrap();
}

/// An HTTP/2 frame (RFC 9113, section 4.1).
fn http2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn a_connector_that_breaks_http2_or_floods_it_costs_its_tunnel_and_little_memory() {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const HEADERS: u8 = 1;
    let scene = Scene::start(Setup::default()).await.unwrap();
    let before = scene.world.gateway.memory().unwrap().0;
    let settings = http2_frame(SETTINGS, 0, 0, &[]);
    let pings = http2_frame(PING, 0, 0, &[0; 8]).repeat(512);
    let cases = [
        ("another protocol", b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        (
            "a frame too large",
            [&settings[..], &http2_frame(0, 0, 1, &[0; 1 << 20])].concat(),
        ),
        (
            "an answer to nothing",
            [&settings[..], &http2_frame(HEADERS, 4, 2, &[0x88])].concat(),
        ),
        ("PING without end, unread", [&settings[..], &pings].concat()),
        ("SETTINGS without end, unread", settings.repeat(1024)),
    ];
    for (name, bytes) in cases {
        let mut stream = scene.dial.connect_tcp().await.unwrap();
        let flood = async { while stream.write_all(&bytes).await.is_ok() {} };
        // It is left at once, or by the time that a Hello may take: what it writes is not taken any more.
        let left = timeout(Duration::from_secs(30), flood).await;
        assert!(left.is_ok(), "{name} is still listened to");
        scene.others_work().await.unwrap();
    }
    let grown = scene.world.gateway.memory().unwrap().0.saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    scene.world.assert_no_errors_but(&[]).unwrap();
}
