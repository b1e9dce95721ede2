//! Every event in every state of both machines, against the tables beside this file; and the times.

use std::fmt::Write;

use super::*;
use crate::wire::samples;

fn at(origin: Instant, seconds: u64) -> Now {
    Now {
        instant: origin + Duration::from_secs(seconds),
        unix_ms: 1_700_000_000_000 + seconds * 1_000,
    }
}

fn drain() -> ControlFrame {
    ControlFrame::Drain(Drain {
        grace: Duration::from_secs(30),
    })
}

fn schema() -> ControlFrame {
    ControlFrame::Schema(Box::new(samples::schema()))
}

fn changed() -> ControlFrame {
    ControlFrame::SourcesChanged(vec![samples::offer("lake")])
}

fn offered() -> ControlFrame {
    ControlFrame::Offers(samples::offers())
}

/// A line of a table: state + event -> state after it | actions.
fn row(table: &mut String, state: &str, event: &str, after: &str, actions: Vec<String>) {
    let actions = if actions.is_empty() {
        "nothing".into()
    } else {
        actions.join("; ")
    };
    writeln!(table, "{state} + {event} -> {after} | {actions}").unwrap();
}

fn connector_in(state: &str, origin: Instant) -> ConnectorSession {
    let now = at(origin, 0);
    let mut session = ConnectorSession::start(samples::hello(), now);
    if state != "greeting" {
        session.on_frame(ControlFrame::Welcome(samples::welcome()), now);
    }
    if state == "draining" {
        session.on_frame(drain(), now);
    }
    if state == "closed" {
        session.on_stream_end();
    }
    while session.poll().is_some() {}
    session
}

fn connector_does(action: ConnectorAction) -> String {
    match action {
        ConnectorAction::Send(frame) => format!("send {}", frame.name()),
        ConnectorAction::Established { skew, .. } => format!("established, skew {} s", skew.seconds),
        ConnectorAction::Draining(drain) => format!("draining, grace {} s", drain.grace.as_secs()),
        ConnectorAction::Trust(_) => "take the roots over".to_owned(),
        ConnectorAction::Nodes(nodes) => format!("{} nodes", nodes.iter().len()),
        ConnectorAction::Renewed(Ok(_)) => "renewed".to_owned(),
        ConnectorAction::Renewed(Err(fault)) => format!("not renewed: {fault}"),
        ConnectorAction::Close(Close { fault, by_peer }) => {
            format!("close: {fault}{}", if by_peer { " (by peer)" } else { "" })
        }
    }
}

#[test]
fn every_event_in_every_state_of_the_connector() {
    type Event = fn(&mut ConnectorSession, Instant);
    let events: [(&str, Event); 19] = [
        ("Hello", |s, o| {
            s.on_frame(ControlFrame::Hello(samples::hello()), at(o, 1))
        }),
        ("Welcome", |s, o| {
            s.on_frame(ControlFrame::Welcome(samples::welcome()), at(o, 1));
        }),
        ("Welcome, version 3", |s, o| {
            let welcome = Welcome {
                protocol: 3,
                ..samples::welcome()
            };
            s.on_frame(ControlFrame::Welcome(welcome), at(o, 1));
        }),
        ("Refusal", |s, o| {
            s.on_frame(ControlFrame::Refusal(samples::fault()), at(o, 1));
        }),
        ("Drain", |s, o| s.on_frame(drain(), at(o, 1))),
        ("SourcesChanged", |s, o| s.on_frame(changed(), at(o, 1))),
        ("SourceSchema", |s, o| s.on_frame(schema(), at(o, 1))),
        ("a probe", |s, o| s.on_probe(at(o, 1))),
        ("sources reloaded", |s, _| s.sources_changed(Vec::new())),
        ("a schema read", |s, _| s.schema_read(samples::schema())),
        ("end of stream", |s, _| s.on_stream_end()),
        ("undecodable bytes", |s, _| s.on_fault(violation("not a frame"))),
        ("timer, 9 s", |s, o| s.on_timer(at(o, 9))),
        ("timer, 35 s", |s, o| s.on_timer(at(o, 35))),
        ("Offers", |s, o| s.on_frame(offered(), at(o, 1))),
        ("offers changed", |s, _| s.offers_changed(samples::offers())),
        ("Trust", |s, o| {
            s.on_frame(ControlFrame::Trust(samples::trust()), at(o, 1));
        }),
        ("roots taken over", |s, _| s.trusts(Digest([7; 32]))),
        ("Nodes", |s, o| {
            s.on_frame(ControlFrame::Nodes(samples::nodes()), at(o, 1));
        }),
    ];
    let mut table = String::new();
    for state in ["greeting", "established", "draining", "closed"] {
        for (name, event) in &events {
            let origin = Instant::now();
            let mut session = connector_in(state, origin);
            event(&mut session, origin);
            let actions = std::iter::from_fn(|| session.poll())
                .map(connector_does)
                .collect();
            row(&mut table, state, name, session.state.name(), actions);
        }
    }
    assert!(
        table == include_str!("connector.txt"),
        "the table is now:\n{table}"
    );
}

fn introduction() -> GatewayIntroduction {
    GatewayIntroduction {
        node: "node-1".parse().unwrap(),
        version: Version::new("0.1.0").unwrap(),
        tunnel: 1,
        nodes: samples::nodes(),
    }
}

fn gateway_in(state: &str, origin: Instant) -> GatewaySession {
    let now = at(origin, 0);
    let mut session = GatewaySession::accept(introduction(), now);
    if !["waiting", "closed"].contains(&state) {
        session.on_frame(ControlFrame::Hello(samples::hello()), now);
    }
    if ["established", "probing", "draining"].contains(&state) {
        session.admit(now);
    }
    match state {
        "probing" => session.on_timer(at(origin, 10)),
        "draining" => session.drain(Duration::from_secs(30)),
        "closed" => session.on_stream_end(),
        _ => {}
    }
    while session.poll().is_some() {}
    session
}

fn gateway_does(action: GatewayAction) -> String {
    match action {
        GatewayAction::Decide { skew, .. } => format!("decide, skew {} s", skew.seconds),
        GatewayAction::Send(frame) => format!("send {}", frame.name()),
        GatewayAction::Established { protocol } => format!("established, version {protocol}"),
        GatewayAction::SourcesChanged(sources) => format!("{} sources", sources.len()),
        GatewayAction::Schema(schema) => format!("schema of {}", schema.source),
        GatewayAction::Trusted(_) => "remember its roots".into(),
        GatewayAction::Renew(_) => "issue a certificate".into(),
        GatewayAction::OffersChanged(offers) => format!("{} offers", offers.approved.len()),
        GatewayAction::SendProbe => "send a probe".into(),
        GatewayAction::Close(fault) => format!("close: {fault}"),
    }
}

#[test]
fn every_event_in_every_state_of_the_gateway() {
    type Event = fn(&mut GatewaySession, Instant);
    let events: [(&str, Event); 20] = [
        ("Hello", |s, o| {
            s.on_frame(ControlFrame::Hello(samples::hello()), at(o, 1))
        }),
        ("Hello, version 3", |s, o| {
            let hello = Hello {
                protocol: 3..=4,
                ..samples::hello()
            };
            s.on_frame(ControlFrame::Hello(hello), at(o, 1));
        }),
        ("Welcome", |s, o| {
            s.on_frame(ControlFrame::Welcome(samples::welcome()), at(o, 1));
        }),
        ("Refusal", |s, o| {
            s.on_frame(ControlFrame::Refusal(samples::fault()), at(o, 1));
        }),
        ("Drain", |s, o| s.on_frame(drain(), at(o, 1))),
        ("SourcesChanged", |s, o| s.on_frame(changed(), at(o, 1))),
        ("SourceSchema", |s, o| s.on_frame(schema(), at(o, 1))),
        ("admitted", |s, o| s.admit(at(o, 1))),
        ("refused", |s, _| s.refuse(Fault::new(Code::Revoked, "revoked"))),
        ("the node drains", |s, _| s.drain(Duration::from_secs(30))),
        ("probe reply", |s, o| {
            s.on_probe_reply(at(o, 11));
        }),
        ("end of stream", |s, _| s.on_stream_end()),
        ("undecodable bytes", |s, _| s.on_fault(violation("not a frame"))),
        ("timer, 4 s", |s, o| s.on_timer(at(o, 4))),
        ("timer, 20 s", |s, o| s.on_timer(at(o, 20))),
        ("Offers", |s, o| s.on_frame(offered(), at(o, 1))),
        ("Trusted", |s, o| {
            s.on_frame(ControlFrame::Trusted(Digest([7; 32])), at(o, 1));
        }),
        ("the roots change", |s, _| s.trust(samples::trust())),
        ("Nodes", |s, o| {
            s.on_frame(ControlFrame::Nodes(samples::nodes()), at(o, 1));
        }),
        ("the nodes change", |s, _| s.nodes(Nodes::default())),
    ];
    let mut table = String::new();
    for state in [
        "waiting",
        "deciding",
        "established",
        "probing",
        "draining",
        "closed",
    ] {
        for (name, event) in &events {
            let origin = Instant::now();
            let mut session = gateway_in(state, origin);
            event(&mut session, origin);
            let actions = std::iter::from_fn(|| session.poll()).map(gateway_does).collect();
            row(&mut table, state, name, session.state.name(), actions);
        }
    }
    assert!(table == include_str!("gateway.txt"), "the table is now:\n{table}");
}

#[test]
fn a_certificate_is_asked_for_once_and_answered_once() {
    let origin = Instant::now();
    let request = Bytes::from_static(&[0x30, 0]);
    let renewed = || {
        ControlFrame::Renewed(Renewed {
            chain: "chain".to_owned(),
        })
    };
    let mut connector = connector_in("established", origin);
    let mut gateway = gateway_in("established", origin);
    connector.renew(request.clone());
    connector.renew(request.clone());
    let Some(ConnectorAction::Send(asked)) = connector.poll() else {
        panic!("the request is sent");
    };
    assert_eq!(connector.poll(), None);
    gateway.on_frame(asked.clone(), at(origin, 1));
    assert_eq!(gateway.poll(), Some(GatewayAction::Renew(request.clone())));
    gateway.renewed(Ok("chain".to_owned()));
    gateway.renewed(Ok("chain".to_owned()));
    assert_eq!(gateway.poll(), Some(GatewayAction::Send(renewed())));
    assert_eq!(gateway.poll(), None);
    connector.on_frame(renewed(), at(origin, 1));
    assert_eq!(
        connector.poll(),
        Some(ConnectorAction::Renewed(Ok("chain".to_owned())))
    );

    // A refusal leaves the tunnel as it is, and another request may follow.
    connector.renew(request.clone());
    assert!(matches!(connector.poll(), Some(ConnectorAction::Send(_))));
    connector.on_frame(ControlFrame::NotRenewed(samples::fault()), at(origin, 2));
    assert_eq!(
        connector.poll(),
        Some(ConnectorAction::Renewed(Err(samples::fault())))
    );
    assert!(connector.is_established());

    // What nobody asked for, and a second request before the answer, break the protocol.
    connector.on_frame(renewed(), at(origin, 3));
    assert!(
        matches!(connector.poll(), Some(ConnectorAction::Close(close)) if close.fault.code == Code::ProtocolViolation)
    );
    gateway.on_frame(asked.clone(), at(origin, 3));
    assert!(matches!(gateway.poll(), Some(GatewayAction::Renew(_))));
    gateway.on_frame(asked, at(origin, 3));
    assert!(
        matches!(gateway.poll(), Some(GatewayAction::Close(fault)) if fault.code == Code::ProtocolViolation)
    );
    // Before the Welcome nothing is asked.
    let mut early = connector_in("greeting", origin);
    early.renew(request);
    assert_eq!(early.poll(), None);
}

#[test]
fn probes_follow_one_another_until_one_is_not_answered() {
    let origin = Instant::now();
    let mut session = gateway_in("established", origin);
    assert_eq!(session.deadline(), Some(at(origin, 10).instant));
    for round in 1..4 {
        session.on_timer(at(origin, round * 10));
        assert_eq!(session.poll(), Some(GatewayAction::SendProbe));
        assert_eq!(
            session.on_probe_reply(at(origin, round * 10 + 3)),
            Some(Duration::from_secs(3))
        );
        // The second answer to one probe is not a round trip.
        assert_eq!(session.on_probe_reply(at(origin, round * 10 + 3)), None);
        assert_eq!(session.deadline(), Some(at(origin, round * 10 + 10).instant));
    }
    session.on_timer(at(origin, 40));
    assert_eq!(session.poll(), Some(GatewayAction::SendProbe));
    session.on_timer(at(origin, 49));
    assert_eq!(session.poll(), None);
    session.on_timer(at(origin, 50));
    assert!(matches!(session.poll(), Some(GatewayAction::Close(fault)) if fault.code == Code::TunnelLost));
    assert_eq!(session.deadline(), None);
}

#[test]
fn each_probe_puts_off_the_end_of_a_silent_tunnel() {
    let origin = Instant::now();
    let mut session = connector_in("established", origin);
    session.on_probe(at(origin, 30));
    session.on_timer(at(origin, 64));
    assert_eq!(session.poll(), None);
    session.on_timer(at(origin, 65));
    assert!(
        matches!(session.poll(), Some(ConnectorAction::Close(close)) if close.fault.code == Code::TunnelLost)
    );
}

#[test]
fn a_reload_before_the_welcome_is_sent_after_it() {
    let origin = Instant::now();
    let mut session = connector_in("greeting", origin);
    session.sources_changed(vec![samples::offer("old")]);
    session.sources_changed(vec![samples::offer("new")]);
    assert_eq!(session.poll(), None);
    session.on_frame(ControlFrame::Welcome(samples::welcome()), at(origin, 1));
    assert!(matches!(
        session.poll(),
        Some(ConnectorAction::Established { .. })
    ));
    let expected = ControlFrame::SourcesChanged(vec![samples::offer("new")]);
    assert_eq!(session.poll(), Some(ConnectorAction::Send(expected)));
    assert_eq!(session.poll(), None);
}

#[test]
fn the_two_ends_agree() {
    let origin = Instant::now();
    let mut connector = ConnectorSession::start(samples::hello(), at(origin, 0));
    let mut gateway = GatewaySession::accept(introduction(), at(origin, 0));
    let Some(ConnectorAction::Send(hello)) = connector.poll() else {
        panic!("a connector begins with Hello");
    };
    gateway.on_frame(hello, at(origin, 1));
    assert!(matches!(gateway.poll(), Some(GatewayAction::Decide { .. })));
    gateway.admit(at(origin, 1));
    let Some(GatewayAction::Send(welcome)) = gateway.poll() else {
        panic!("an admitted Hello is answered");
    };
    connector.on_frame(welcome, at(origin, 1));
    assert!(connector.is_established() && gateway.is_established());
}

/// The peers of before: they know neither the frame nor the fields.
#[test]
fn nodes_are_told_to_who_speaks_the_version_and_no_list_twice() {
    let origin = Instant::now();
    let old = Hello {
        protocol: 1..=1,
        ..samples::hello()
    };
    let mut gateway = GatewaySession::accept(introduction(), at(origin, 0));
    gateway.on_frame(ControlFrame::Hello(old.clone()), at(origin, 0));
    gateway.admit(at(origin, 0));
    while gateway.poll().is_some() {}
    gateway.nodes(Nodes::default());
    assert_eq!(gateway.poll(), None);

    let mut connector = ConnectorSession::start(samples::hello(), at(origin, 0));
    let welcome = Welcome {
        protocol: 1,
        ..samples::welcome()
    };
    connector.on_frame(ControlFrame::Welcome(welcome), at(origin, 0));
    while connector.poll().is_some() {}
    connector.on_frame(ControlFrame::Nodes(samples::nodes()), at(origin, 1));
    assert!(
        matches!(connector.poll(), Some(ConnectorAction::Close(close)) if close.fault.code == Code::ProtocolViolation)
    );

    // Before the Welcome a change is what the Welcome says; what was said is not said again.
    let mut gateway = gateway_in("deciding", origin);
    gateway.nodes(Nodes::default());
    gateway.admit(at(origin, 0));
    let Some(GatewayAction::Send(ControlFrame::Welcome(welcome))) = gateway.poll() else {
        panic!("a Welcome");
    };
    assert!(welcome.nodes.is_empty());
    assert!(matches!(
        gateway.poll(),
        Some(GatewayAction::Established { protocol: 2 })
    ));
    gateway.nodes(Nodes::default());
    assert_eq!(gateway.poll(), None);
    gateway.nodes(samples::nodes());
    let told = GatewayAction::Send(ControlFrame::Nodes(samples::nodes()));
    assert_eq!(gateway.poll(), Some(told));
}

#[test]
fn versions_are_negotiated_to_the_newest_common_one() {
    assert_eq!(negotiate(&(1..=4), &(2..=9)), Some(4));
    assert_eq!(negotiate(&(3..=4), &(1..=3)), Some(3));
    assert_eq!(negotiate(&(1..=2), &(3..=9)), None);
    assert_eq!(negotiate(&(4..=5), &(1..=3)), None);
}

#[test]
fn a_skew_is_signed_and_notable_over_thirty_seconds() {
    let skew = |ours, theirs| ClockSkew::between(ours, theirs);
    assert_eq!(skew(100_000, 69_000).seconds, -31);
    assert_eq!(skew(0, 30_999).seconds, 30);
    assert!(!skew(0, 30_999).is_notable());
    assert!(skew(0, 31_000).is_notable() && skew(31_000, 0).is_notable());
    assert!(skew(0, u64::MAX).is_notable());
    assert!(skew(u64::MAX, 0).seconds < 0);
}
