//! Both ends over a byte stream in memory: streams, codes, the end, and peers that do not keep to it.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    task::JoinSet,
    time::timeout,
};

use super::Peer;
use crate::{Connection, ConnectionError, ReadError, WriteError, http2};

const SOON: Duration = Duration::from_secs(10);

fn peer() -> Peer {
    Peer {
        remote: ([127, 0, 0, 1], 443).into(),
        certificates: Vec::new(),
    }
}

/// The gateway's end, the connector's, and their drivers.
async fn pair() -> (Connection, Connection, JoinSet<()>) {
    let (a, b) = duplex(256 * 1024);
    let (gateway, connector) = tokio::join!(http2::gateway(a, peer()), http2::connector(b, peer()));
    let ((gateway, one), (connector, two)) = (gateway.expect("begun"), connector.expect("begun"));
    let mut drivers = JoinSet::new();
    drivers.spawn(one);
    drivers.spawn(two);
    (gateway.into(), connector.into(), drivers)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(SOON, what).await.expect("in time")
}

async fn all(stream: &mut crate::RecvStream) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = soon(stream.read_chunk(usize::MAX)).await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[tokio::test]
async fn control_stream_exchanges_and_batches_carry_bytes_both_ways() {
    let (gateway, connector, _drivers) = pair().await;
    let (mut send, mut recv) = soon(connector.open_bi()).await.unwrap();
    send.write_all(b"hello").await.unwrap();
    let (mut answer, mut hello) = soon(gateway.accept_bi()).await.unwrap();
    assert_eq!(
        soon(hello.read_chunk(100)).await,
        Ok(Some(Bytes::from_static(b"hello")))
    );
    answer.write_all(b"welcome").await.unwrap();
    assert_eq!(
        soon(recv.read_chunk(100)).await,
        Ok(Some(Bytes::from_static(b"welcome")))
    );

    let (mut ask, mut result) = soon(gateway.open_bi()).await.unwrap();
    assert_eq!(ask.write(b"query").await, Ok(5));
    let (mut trailer, mut query) = soon(connector.accept_bi()).await.unwrap();
    assert_eq!(
        soon(query.read_chunk(100)).await,
        Ok(Some(Bytes::from_static(b"query")))
    );

    gateway.admit_uni(4);
    let batch = vec![7; 3 * 1024 * 1024]; // beyond every window
    let mut tasks = JoinSet::new();
    for _ in 0..9 {
        let (connector, batch) = (connector.clone(), Bytes::from(batch.clone()));
        tasks.spawn(async move {
            let mut stream = connector.open_uni().await.unwrap();
            stream.write_chunk(batch).await.unwrap();
            stream.finish().unwrap();
        });
    }
    for _ in 0..9 {
        let mut stream = soon(gateway.accept_uni()).await.unwrap();
        assert_eq!(all(&mut stream).await.map(|bytes| bytes.len()), Ok(batch.len()));
    }
    soon(async { while tasks.join_next().await.is_some_and(|ended| ended.is_ok()) {} }).await;
    trailer.write_all(b"trailer").await.unwrap();
    trailer.finish().unwrap();
    // As a connector does: what the gateway may still say is of no interest.
    drop((trailer, query));
    assert_eq!(all(&mut result).await, Ok(b"trailer".to_vec()));
    assert!(gateway.heard() > 0 && connector.heard() > 0);
}

#[tokio::test]
async fn a_stream_that_is_given_up_says_its_code_to_both_halves() {
    let (gateway, connector, _drivers) = pair().await;
    let (mut ask, mut result) = soon(gateway.open_bi()).await.unwrap();
    ask.write_all(b"query").await.unwrap();
    let (mut send, mut recv) = soon(connector.accept_bi()).await.unwrap();
    assert!(soon(recv.read_chunk(100)).await.is_ok());
    let stopped = send.stopped();
    result.stop(13);
    assert_eq!(soon(recv.read_chunk(100)).await, Err(ReadError::Reset(13)));
    soon(stopped).await;
    assert_eq!(soon(send.write(b"late")).await, Err(WriteError::Stopped(13)));

    gateway.admit_uni(2);
    let mut batch = soon(connector.open_uni()).await.unwrap();
    batch.write_all(b"some").await.unwrap();
    let mut taken = soon(gateway.accept_uni()).await.unwrap();
    assert!(soon(taken.read_chunk(100)).await.is_ok());
    batch.reset(9);
    assert_eq!(soon(taken.read_chunk(100)).await, Err(ReadError::Reset(9)));
}

#[tokio::test]
async fn no_batch_may_be_sent_before_the_gateway_admits_any_and_no_more_than_it_does() {
    let (gateway, connector, _drivers) = pair().await;
    assert!(
        timeout(Duration::from_millis(100), connector.open_uni())
            .await
            .is_err()
    );
    gateway.admit_uni(2);
    let one = soon(connector.open_uni()).await.unwrap();
    let _two = soon(connector.open_uni()).await.unwrap();
    assert!(
        timeout(Duration::from_millis(100), connector.open_uni())
            .await
            .is_err()
    );
    let mut first = soon(gateway.accept_uni()).await.unwrap();
    let mut one = one;
    one.finish().unwrap();
    assert_eq!(all(&mut first).await, Ok(Vec::new()));
    drop(first);
    soon(connector.open_uni()).await.unwrap();
}

#[tokio::test]
async fn either_side_closes_with_a_code_and_words_that_arrive_past_a_full_window() {
    for by_gateway in [true, false] {
        let (gateway, connector, mut drivers) = pair().await;
        let (mut ask, _result) = soon(gateway.open_bi()).await.unwrap();
        // Nobody reads it.
        let filled = timeout(
            Duration::from_millis(200),
            ask.write_chunk(vec![0; 9_000_000].into()),
        )
        .await;
        assert!(filled.is_err());
        let (closes, hears) = if by_gateway {
            (&gateway, &connector)
        } else {
            (&connector, &gateway)
        };
        closes.close(6, b"the identity was revoked");
        let reason = Bytes::from_static(b"the identity was revoked");
        assert_eq!(
            soon(hears.closed()).await,
            ConnectionError::Closed { code: 6, reason }
        );
        assert_eq!(soon(closes.closed()).await, ConnectionError::ClosedHere);
        assert_eq!(soon(ask.write(b"x")).await, Err(WriteError::Lost));
        soon(async { while drivers.join_next().await.is_some() {} }).await;
    }
}

#[tokio::test]
async fn the_last_handle_closes_in_order_and_a_cut_is_told_from_it() {
    let (gateway, connector, mut drivers) = pair().await;
    let another = gateway.clone();
    drop(gateway);
    assert!(
        timeout(Duration::from_millis(50), connector.closed())
            .await
            .is_err()
    );
    drop(another);
    assert!(matches!(
        soon(connector.closed()).await,
        ConnectionError::Closed { code: 0, .. }
    ));
    soon(async { while drivers.join_next().await.is_some() {} }).await;

    let (gateway, connector, mut drivers) = pair().await;
    drivers.shutdown().await;
    drop(connector);
    let (a, b) = duplex(1024);
    drop(b);
    assert!(http2::connector(a, peer()).await.is_err());
    drop(gateway);
}

/// A gateway's end with somebody at the other who writes frames by hand.
async fn by_hand() -> (Connection, DuplexStream, JoinSet<()>) {
    let (a, mut hand) = duplex(1024 * 1024);
    let (gateway, driver) = http2::gateway(a, peer()).await.expect("begun");
    let mut drivers = JoinSet::new();
    drivers.spawn(driver);
    hand.write_all(&frame(4, 0, 0, &[])).await.unwrap(); // SETTINGS
    // The preface, and frames until both standing requests are there: an answer to none would be a violation.
    let mut preface = [0; 24];
    hand.read_exact(&mut preface).await.unwrap();
    let mut requests = 0;
    while requests < 2 {
        let mut head = [0; 9];
        hand.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        hand.read_exact(&mut payload).await.unwrap();
        requests += u32::from(head[3] == 1);
    }
    (gateway.into(), hand, drivers)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Writes until the gateway has had enough.
async fn floods(gateway: &Connection, hand: DuplexStream, flood: Vec<u8>) -> ConnectionError {
    let (mut read, mut write) = tokio::io::split(hand);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut sink = vec![0; 64 * 1024];
        while read.read(&mut sink).await.is_ok_and(|n| n > 0) {}
    });
    tasks.spawn(async move { while write.write_all(&flood).await.is_ok() {} });
    soon(gateway.closed()).await
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_left() {
    let (gateway, mut hand, _drivers) = by_hand().await;
    hand.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n\r\n")
        .await
        .unwrap();
    assert!(matches!(
        soon(gateway.closed()).await,
        ConnectionError::Transport(_)
    ));
}

#[tokio::test]
async fn small_frames_for_a_stream_that_nobody_reads_end_the_connection() {
    // An answer to `/control`, which is the second request (stream 3), and then a byte at a time.
    let (gateway, mut hand, _drivers) = by_hand().await;
    hand.write_all(&frame(1, 4, 3, &[0x88])).await.unwrap(); // HEADERS, :status 200
    let _control = soon(gateway.accept_bi()).await.unwrap();
    let flood = frame(0, 0, 3, b"x").repeat(1000);
    assert!(matches!(
        floods(&gateway, hand, flood).await,
        ConnectionError::Transport(_)
    ));
}

#[tokio::test]
async fn a_header_list_beyond_its_bound_ends_the_stream_or_the_connection() {
    let (gateway, hand, _drivers) = by_hand().await;
    // HEADERS without an end, and CONTINUATION frames for ever: a literal field that is never indexed.
    let field = [&[0x10, 1, b'a', 0x7f, 0x81, 0x7e][..], &[b'v'; 16_384]].concat();
    let mut flood = frame(1, 0, 3, &[0x88]);
    for _ in 0..64 {
        flood.extend(frame(9, 0, 3, &field[..8192]));
    }
    assert!(matches!(
        floods(&gateway, hand, flood).await,
        ConnectionError::Transport(_)
    ));
}

#[tokio::test]
async fn a_connector_that_gives_every_batch_request_back_is_left() {
    let (gateway, hand, _drivers) = by_hand().await;
    gateway.admit_uni(32);
    let (mut read, mut write) = tokio::io::split(hand);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut sink = vec![0; 64 * 1024];
        while read.read(&mut sink).await.is_ok_and(|n| n > 0) {}
    });
    // Streams are numbered: each request is reset once it may be there.
    tasks.spawn(async move {
        for stream in (5..).step_by(2) {
            tokio::task::yield_now().await;
            if write
                .write_all(&frame(3, 0, stream, &8_u32.to_be_bytes()))
                .await
                .is_err()
            {
                return;
            }
        }
    });
    assert!(matches!(
        soon(gateway.closed()).await,
        ConnectionError::Transport(_)
    ));
}

#[tokio::test]
async fn a_flood_of_pings_and_settings_takes_no_memory_and_stops_no_stream() {
    let (gateway, mut hand, _drivers) = by_hand().await;
    let flood = [frame(6, 0, 0, &[0; 8]), frame(4, 0, 0, &[])]
        .concat()
        .repeat(100);
    let mut sink = vec![0; 64 * 1024];
    // Answers are read now and then, as slowly as the peer likes: the gateway reads no more than it has answered.
    for _ in 0..50 {
        if timeout(Duration::from_millis(20), hand.write_all(&flood))
            .await
            .is_err()
        {
            let _ = hand.read(&mut sink).await;
        }
    }
    hand.write_all(&frame(1, 4, 3, &[0x88])).await.unwrap();
    let (mut read, _write) = tokio::io::split(hand);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { while read.read(&mut sink).await.is_ok_and(|n| n > 0) {} });
    soon(gateway.accept_bi()).await.unwrap();
}
