//! Every event in every state of both machines, against the tables beside this file; single lies of a connector; and in
//! [`network`] both machines joined by a network that reorders and fails.

mod network;
mod tables;

use bytes::Bytes;

use super::*;
use crate::wire::{
    frame::{BatchHeader, Complete, Credit, Digest, ExchangeId, Header, Request, Trailer},
    samples,
};

const SMALL: Window = Window {
    batches: 3,
    bytes: 100,
};

fn request() -> Request {
    Request {
        max_rows: Some(50),
        max_bytes: Some(1_000),
        ..samples::request()
    }
}

fn head(sequence: u32, length: u32) -> BatchHeader {
    BatchHeader {
        exchange: ExchangeId(7),
        sequence,
        length,
    }
}

fn schema() -> ExchangeFrame {
    ExchangeFrame::Header(Header {
        schema: Bytes::from_static(b"schema"),
    })
}

fn body(sequence: u32, length: u32) -> Bytes {
    vec![b'a' + sequence as u8; length as usize].into()
}

/// Streams batches of these lengths, one row each, and says what an honest trailer says.
fn gateway_after(lengths: &[u32]) -> (GatewayExchange, Complete) {
    let mut honest = ConnectorExchange::new(Window::default());
    honest
        .on_frame(ExchangeFrame::Request(Box::new(request())))
        .unwrap();
    let mut gateway = GatewayExchange::new(&request(), SMALL);
    gateway.on_frame(honest.header(Bytes::from_static(b"schema")).unwrap());
    for (sequence, length) in (0..).zip(lengths) {
        let body = body(sequence, *length);
        let header = honest.batch(&body, 1).unwrap();
        gateway.on_batch_header(header);
        gateway.on_batch(sequence, body, 1);
    }
    let Ok(ExchangeFrame::Trailer(Trailer::Complete(complete))) = honest.complete(Digest([3; 32])) else {
        panic!("a whole result ends with a trailer");
    };
    (gateway, complete)
}

fn actions(gateway: &mut GatewayExchange) -> Vec<Action> {
    std::iter::from_fn(|| gateway.poll()).collect()
}

/// The fault that the exchange ended with, if it failed.
fn failure(gateway: &mut GatewayExchange) -> Option<Fault> {
    actions(gateway).into_iter().find_map(|action| match action {
        Action::Fail { fault, .. } => Some(fault),
        _ => None,
    })
}

fn trailer(complete: Complete) -> ExchangeFrame {
    ExchangeFrame::Trailer(Trailer::Complete(complete))
}

#[test]
fn an_honest_result_is_handed_on_and_completed() {
    let (mut gateway, complete) = gateway_after(&[10, 20]);
    gateway.on_frame(trailer(complete));
    gateway.on_stream_end();
    assert_eq!(
        actions(&mut gateway),
        [
            Action::Schema(Bytes::from_static(b"schema")),
            Action::Batch(body(0, 10)),
            Action::Batch(body(1, 20)),
            Action::Complete(complete),
        ]
    );
}

#[test]
fn a_trailer_that_differs_from_the_result_voids_it() {
    type Lie = fn(&mut Complete);
    let lies: [(&str, Lie); 6] = [
        ("the trailer and the result differ in rows", |c| c.rows += 1),
        ("the trailer and the result differ in rows", |c| c.rows = 0),
        ("the trailer and the result differ in bytes", |c| c.bytes -= 1),
        ("the trailer and the result differ in digest", |c| {
            c.digest = Digest([0; 32])
        }),
        ("a trailer that counts fewer batches than were sent", |c| {
            c.batches -= 1
        }),
        ("a trailer that counts fewer batches than were sent", |c| {
            c.batches = 0
        }),
    ];
    for (detail, lie) in lies {
        let (mut gateway, mut complete) = gateway_after(&[10, 20]);
        lie(&mut complete);
        gateway.on_frame(trailer(complete));
        assert_eq!(failure(&mut gateway), Some(violation(detail)));
    }
}

#[test]
fn a_trailer_that_counts_more_batches_keeps_the_result_open() {
    let (mut gateway, mut complete) = gateway_after(&[10, 20]);
    complete.batches += 1;
    gateway.on_frame(trailer(complete));
    gateway.on_stream_end();
    assert!(!gateway.is_ended());
    gateway.on_deadline();
    assert_eq!(
        failure(&mut gateway).map(|fault| fault.code),
        Some(Code::DeadlineExceeded)
    );
}

#[test]
fn a_batch_that_may_not_be_is_refused_when_it_is_announced() {
    let cases = [
        (
            "a batch of another exchange",
            BatchHeader {
                exchange: ExchangeId(8),
                ..head(2, 1)
            },
        ),
        ("batch 1 came twice", head(1, 1)),
        // Two of three are outstanding, so 2 has room and 3 cannot have had any.
        ("batch 3 is beyond the window", head(3, 1)),
        ("batch 4294967295 is beyond the window", head(u32::MAX, 1)),
        // 30 of 100 bytes are outstanding.
        ("batch 2 is beyond the window", head(2, 71)),
    ];
    for (detail, header) in cases {
        let (mut gateway, _) = gateway_after(&[10, 20]);
        gateway.on_batch_header(header);
        assert_eq!(failure(&mut gateway), Some(violation(detail)));
    }
    let (mut gateway, _) = gateway_after(&[10, 20]);
    gateway.on_batch_header(head(2, 70));
    assert_eq!(failure(&mut gateway), None);
    assert_eq!(gateway.outstanding_bytes(), 100);
    gateway.on_batch_header(head(2, 70));
    assert_eq!(failure(&mut gateway), Some(violation("batch 2 came twice")));
}

#[test]
fn a_batch_that_differs_from_its_announcement_is_refused() {
    let (mut gateway, _) = gateway_after(&[10]);
    gateway.on_batch_header(head(1, 5));
    gateway.on_batch(1, body(1, 6), 1);
    assert_eq!(
        failure(&mut gateway),
        Some(violation("batch 1 is not as long as announced"))
    );

    let (mut gateway, _) = gateway_after(&[10]);
    gateway.on_batch(1, body(1, 6), 1);
    assert_eq!(
        failure(&mut gateway),
        Some(violation("batch 1 was not announced"))
    );
}

#[test]
fn a_batch_beyond_the_trailer_is_refused() {
    let (mut gateway, mut complete) = gateway_after(&[10]);
    complete.batches = 2;
    gateway.on_frame(trailer(complete));
    gateway.on_batch_header(head(2, 1));
    assert_eq!(
        failure(&mut gateway),
        Some(violation("batch 2 is beyond the trailer's count"))
    );
}

#[test]
fn more_than_was_asked_for_is_refused() {
    let (mut gateway, _) = gateway_after(&[10]);
    gateway.on_batch_header(head(1, 5));
    gateway.on_batch(1, body(1, 5), 50);
    assert_eq!(
        failure(&mut gateway),
        Some(violation("more rows than were asked for"))
    );

    let mut gateway = GatewayExchange::new(&request(), Window::default());
    gateway.on_frame(schema());
    gateway.on_batch_header(head(0, 995));
    gateway.on_batch(0, body(0, 995), 50);
    assert_eq!(
        failure(&mut gateway),
        Some(violation("more bytes than were asked for"))
    );
}

#[test]
fn one_batch_may_be_larger_than_the_window_when_it_is_alone() {
    let (mut gateway, _) = gateway_after(&[]);
    gateway.on_batch_header(head(0, 300));
    gateway.on_batch(0, body(0, 300), 1);
    assert_eq!(failure(&mut gateway), None);
    gateway.on_batch_header(head(1, 1));
    assert_eq!(
        failure(&mut gateway),
        Some(violation("batch 1 is beyond the window"))
    );

    let mut connector = ConnectorExchange::new(SMALL);
    connector
        .on_frame(ExchangeFrame::Request(Box::new(request())))
        .unwrap();
    connector.header(Bytes::from_static(b"schema")).unwrap();
    assert!(connector.has_room(300));
    connector.batch(&[0; 300], 1).unwrap();
    assert!(!connector.has_room(1));
    assert_eq!(connector.batch(&[0], 1), Err(SendError::Full));
}

#[test]
fn credit_follows_the_caller_and_is_gathered() {
    let (mut gateway, complete) = gateway_after(&[10, 20, 5]);
    let _ = actions(&mut gateway);
    gateway.on_consumed();
    gateway.on_consumed();
    assert_eq!(
        actions(&mut gateway),
        [Action::SendCredit(Credit {
            batches: 2,
            bytes: 30
        })]
    );
    // Nothing was handed on that could have been taken a fourth time, and after the trailer credit is for nobody.
    gateway.on_frame(trailer(complete));
    gateway.on_consumed();
    gateway.on_consumed();
    assert_eq!(actions(&mut gateway), [Action::Complete(complete)]);
}

#[test]
fn a_lost_batch_waits_for_the_trailer_that_says_why() {
    let policy = || Fault::new(Code::RefusedByPolicy, "budget.rows_per_day is used up");
    let lose = |then: &dyn Fn(&mut GatewayExchange)| {
        let (mut gateway, _) = gateway_after(&[10]);
        gateway.on_batch_reset(Code::RefusedByPolicy as u64);
        assert_eq!(failure(&mut gateway), None);
        then(&mut gateway);
        failure(&mut gateway)
    };
    assert_eq!(
        lose(&|gateway| gateway.on_frame(ExchangeFrame::Trailer(Trailer::Failed(policy())))),
        Some(policy())
    );
    let ended = lose(&|gateway| gateway.on_stream_end());
    assert_eq!(ended.map(|fault| fault.code), Some(Code::RefusedByPolicy));
    assert_eq!(
        lose(&|gateway| gateway.on_frame(trailer(gateway_after(&[10]).1))),
        Some(violation("a complete result lacks a batch"))
    );
}

#[test]
fn a_connector_speaks_for_itself_only() {
    for code in Code::ALL {
        let (mut gateway, _) = gateway_after(&[]);
        gateway.on_frame(ExchangeFrame::Trailer(Trailer::Failed(Fault::new(*code, "why"))));
        let shown = failure(&mut gateway).unwrap();
        match code {
            Code::Unauthenticated
            | Code::Forbidden
            | Code::UnknownTenant
            | Code::Revoked
            | Code::RefusedByGateway => {
                assert_eq!(shown.code, Code::ProtocolViolation);
            }
            Code::RefusedByPolicy | Code::WarehouseError | Code::LimitExceeded | Code::AuditUnavailable => {
                assert_eq!(shown, Fault::new(*code, "why"));
            }
            _ => {}
        }
    }
}

#[test]
fn the_connector_sends_no_more_than_was_asked_for() {
    let started = || {
        let mut connector = ConnectorExchange::new(Window::default());
        connector
            .on_frame(ExchangeFrame::Request(Box::new(request())))
            .unwrap();
        connector.header(Bytes::from_static(b"schema")).unwrap();
        connector
    };
    let limit = |result: Result<BatchHeader, SendError>| match result {
        Err(SendError::Limit(fault)) => fault.code,
        other => panic!("{other:?}"),
    };
    let mut connector = started();
    assert!(connector.batch(&[0; 994], 50).is_ok());
    assert_eq!(limit(connector.batch(&[0], 0)), Code::LimitExceeded);
    assert_eq!(limit(started().batch(&[0; 995], 1)), Code::LimitExceeded);
    assert_eq!(limit(started().batch(&[0], 51)), Code::LimitExceeded);
    assert_eq!(limit(started().batch(&[], 0)), Code::LimitExceeded);
    let huge = vec![0; crate::limits::MAX_BATCH_BYTES + 1];
    assert_eq!(limit(started().batch(&huge, 0)), Code::LimitExceeded);
    // What was refused was not counted.
    assert_eq!(connector.summary().rows, 50);
    assert_eq!(connector.summary().bytes, 1_000);
}

#[test]
fn the_connector_takes_only_credit_for_what_it_sent() {
    for credit in [
        Credit {
            batches: 2,
            bytes: 10,
        },
        Credit { batches: 1, bytes: 9 },
        Credit {
            batches: u32::MAX,
            bytes: 10,
        },
    ] {
        let mut connector = ConnectorExchange::new(SMALL);
        connector
            .on_frame(ExchangeFrame::Request(Box::new(request())))
            .unwrap();
        connector.header(Bytes::from_static(b"schema")).unwrap();
        connector.batch(&[0; 10], 1).unwrap();
        let fault = connector.on_frame(ExchangeFrame::Credit(credit)).unwrap_err();
        assert_eq!(fault.code, Code::ProtocolViolation);
        assert!(connector.is_ended());
        assert_eq!(connector.fail(fault), None);
    }
}
