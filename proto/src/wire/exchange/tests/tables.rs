//! The two tables: state + event -> state after it | what follows.

use std::fmt::Write;

use super::*;
use crate::wire::{
    frame::{Probe, ProbeReply, Question},
    samples,
};

fn row(table: &mut String, state: &str, event: &str, after: &str, follows: &str) {
    writeln!(table, "{state} + {event} -> {after} | {follows}").unwrap();
}

fn probe() -> ExchangeFrame {
    ExchangeFrame::Probe(Probe { unix_time_ms: 1 })
}

fn reply() -> ExchangeFrame {
    ExchangeFrame::ProbeReply(ProbeReply {
        unix_time_ms: 1,
        exchanges: 0,
    })
}

fn credit() -> ExchangeFrame {
    ExchangeFrame::Credit(Credit {
        batches: 1,
        bytes: 10,
    })
}

fn failed() -> ExchangeFrame {
    ExchangeFrame::Trailer(Trailer::Failed(Fault::new(
        Code::WarehouseError,
        "SQLSTATE 57014",
    )))
}

fn gateway_in(state: &str) -> (GatewayExchange, Complete) {
    let (mut gateway, mut complete) = gateway_after(&[10]);
    match state {
        "awaiting header" => gateway = GatewayExchange::new(&request(), SMALL),
        "last batches" => {
            complete = gateway_after(&[10, 10]).1;
            gateway.on_frame(trailer(complete));
        }
        "complete" => gateway.on_frame(trailer(complete)),
        "failed" => gateway.on_cancel(),
        _ => {}
    }
    let _ = actions(&mut gateway);
    (gateway, complete)
}

#[test]
fn every_event_in_every_state_of_the_gateway() {
    type Event = fn(&mut GatewayExchange, Complete);
    let events: [(&str, Event); 20] = [
        ("Request", |g, _| {
            g.on_frame(ExchangeFrame::Request(Box::new(request())))
        }),
        ("Probe", |g, _| g.on_frame(probe())),
        ("Credit", |g, _| g.on_frame(credit())),
        ("ProbeReply", |g, _| g.on_frame(reply())),
        ("Header", |g, _| g.on_frame(schema())),
        ("Trailer, complete", |g, complete| g.on_frame(trailer(complete))),
        ("Trailer, failed", |g, _| g.on_frame(failed())),
        ("batch 0 announced", |g, _| g.on_batch_header(head(0, 10))),
        ("batch 1 announced", |g, _| g.on_batch_header(head(1, 10))),
        ("batch 1 whole", |g, _| {
            g.on_batch_header(head(1, 10));
            g.on_batch(1, body(1, 10), 1);
        }),
        ("batch 1 unannounced", |g, _| g.on_batch(1, body(1, 10), 1)),
        ("a batch taken", |g, _| g.on_consumed()),
        ("end of stream", |g, _| g.on_stream_end()),
        ("reset, overloaded", |g, _| g.on_reset(Code::Overloaded as u64)),
        ("reset, number 0", |g, _| g.on_reset(0)),
        ("a batch reset", |g, _| {
            g.on_batch_reset(Code::WarehouseError as u64)
        }),
        ("undecodable bytes", |g, _| g.on_fault(violation("not a frame"))),
        ("deadline", |g, _| g.on_deadline()),
        ("the caller left", |g, _| g.on_cancel()),
        ("the tunnel went", |g, _| g.on_tunnel_lost()),
    ];
    let mut table = String::new();
    for state in [
        "awaiting header",
        "streaming",
        "last batches",
        "complete",
        "failed",
    ] {
        for (name, event) in &events {
            let (mut gateway, complete) = gateway_in(state);
            event(&mut gateway, complete);
            let follows: Vec<_> = actions(&mut gateway)
                .iter()
                .map(|action| format!("{action:?}"))
                .collect();
            let follows = if follows.is_empty() {
                "nothing".into()
            } else {
                follows.join("; ")
            };
            row(&mut table, state, name, gateway.state_name(), &follows);
        }
    }
    assert!(table == include_str!("gateway.txt"), "the table is now:\n{table}");
}

fn connector_in(state: &str) -> ConnectorExchange {
    let mut connector = ConnectorExchange::new(SMALL);
    match state {
        "awaiting request" => return connector,
        "probed" => {
            connector.on_frame(probe()).unwrap();
            return connector;
        }
        "proposed" => {
            connector
                .on_frame(ExchangeFrame::Proposal(samples::proposal()))
                .unwrap();
            return connector;
        }
        _ => connector
            .on_frame(ExchangeFrame::Request(Box::new(request())))
            .unwrap(),
    };
    if state != "accepted" {
        connector.header(Bytes::from_static(b"schema")).unwrap();
        connector.batch(&[0; 10], 1).unwrap();
    }
    if state == "ended" {
        connector.complete(Digest([3; 32])).unwrap();
    }
    connector
}

/// A frame or a fault in a few words.
fn frame(result: Result<ExchangeFrame, SendError>) -> String {
    match result {
        Ok(frame) => format!("send {}", frame.name()),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn every_event_in_every_state_of_the_connector() {
    fn on_frame(connector: &mut ConnectorExchange, frame: ExchangeFrame) -> String {
        match connector.on_frame(frame) {
            Ok(Incoming::Start(request)) => match request.question {
                Question::Catalogued { name, .. } => format!("start {name}"),
                Question::AdHoc(_) => "start a plan".into(),
            },
            Ok(Incoming::Probe(_)) => "answer".into(),
            Ok(Incoming::Proposal(_)) => "consider".into(),
            Ok(Incoming::Credited) => "room".into(),
            Err(fault) => fault.to_string(),
        }
    }
    type Event = fn(&mut ConnectorExchange) -> String;
    let events: [(&str, Event); 16] = [
        ("Request", |c| {
            on_frame(c, ExchangeFrame::Request(Box::new(request())))
        }),
        ("Probe", |c| on_frame(c, probe())),
        ("Credit", |c| on_frame(c, credit())),
        ("ProbeReply", |c| on_frame(c, reply())),
        ("Header", |c| on_frame(c, schema())),
        ("Trailer", |c| on_frame(c, failed())),
        ("end of stream", |c| match c.on_stream_end() {
            Ok(()) => "nothing".into(),
            Err(fault) => fault.to_string(),
        }),
        ("reset, cancelled", |c| {
            match c.on_cancel(Code::Cancelled as u64) {
                None => "nothing".into(),
                Some(fault) => format!("stop: {fault}"),
            }
        }),
        ("reset, number 0", |c| match c.on_cancel(0) {
            None => "nothing".into(),
            Some(fault) => format!("stop: {fault}"),
        }),
        ("reply", |c| frame(c.probe_reply(1, 0))),
        ("header", |c| frame(c.header(Bytes::from_static(b"schema")))),
        ("batch", |c| match c.batch(&[0; 10], 1) {
            Ok(header) => format!("send batch {}", header.sequence),
            Err(error) => format!("error: {error}"),
        }),
        ("complete", |c| frame(c.complete(Digest([3; 32])))),
        ("fail", |c| {
            match c.fail(Fault::new(Code::WarehouseError, "failed")) {
                None => "nothing".into(),
                Some(frame) => format!("send {}", frame.name()),
            }
        }),
        ("Proposal", |c| {
            on_frame(c, ExchangeFrame::Proposal(samples::proposal()))
        }),
        ("proposal's reply", |c| {
            frame(c.proposal_reply(samples::proposal_reply()))
        }),
    ];
    let mut table = String::new();
    for state in [
        "awaiting request",
        "probed",
        "proposed",
        "accepted",
        "streaming",
        "ended",
    ] {
        for (name, event) in &events {
            let mut connector = connector_in(state);
            let follows = event(&mut connector);
            row(&mut table, state, name, connector.state_name(), &follows);
        }
    }
    assert!(
        table == include_str!("connector.txt"),
        "the table is now:\n{table}"
    );
}

#[test]
fn only_a_probe_reply_answers_a_probe() {
    assert!(probe_reply(reply()).is_ok());
    for other in [probe(), credit(), schema(), failed()] {
        assert_eq!(probe_reply(other).unwrap_err().code, Code::ProtocolViolation);
    }
}

#[test]
fn a_proposal_is_answered_by_its_reply_or_by_why_not() {
    let kept = samples::proposal_reply();
    assert_eq!(
        proposal_reply(ExchangeFrame::ProposalReply(kept.clone())),
        Ok(kept)
    );
    let refused = |code| {
        let fault = Fault::new(code, "no");
        proposal_reply(ExchangeFrame::Trailer(Trailer::Failed(fault)))
            .unwrap_err()
            .code
    };
    for code in [Code::InvalidSql, Code::Conflict, Code::RateLimited] {
        assert_eq!(refused(code), code);
    }
    assert_eq!(refused(Code::Unauthenticated), Code::ProtocolViolation);
    for other in [probe(), reply(), credit(), schema()] {
        assert_eq!(proposal_reply(other).unwrap_err().code, Code::ProtocolViolation);
    }
}
