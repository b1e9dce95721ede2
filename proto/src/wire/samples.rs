//! Frames for the tests of this module: one of each kind, and strategies for proptest.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::frame::{
    AdHoc, BatchHeader, CallerName, ClusterNode, Columns, Complete, ControlFrame, Credit, DialectName,
    Digest, Drain, ExchangeFrame, ExchangeId, Header, Hello, InstanceId, Need, Nodes, OfferedParameter,
    OfferedQuery, Offers, PendingQuery, Probe, ProbeReply, Proposal, ProposalReply, ProposalState, Purpose,
    Question, Renew, Renewed, Request, RequestId, Slot, SourceOffer, SourceSchema, Trailer, Trust, Version,
    Welcome,
};
use super::plan::EncodedPlan;
use crate::{
    error::{Code, Fault},
    query::{
        fingerprint::Fingerprint,
        plan::Identifier,
        types::{ParamType, Value},
    },
};

pub(super) fn offers() -> Offers {
    Offers {
        approved: vec![OfferedQuery {
            name: "own.models".parse().unwrap(),
            fingerprint: Fingerprint::from_bytes(&[6; 32]).unwrap(),
            purpose: Purpose::new("Models by their owner.").unwrap(),
            parameters: vec![OfferedParameter {
                name: Identifier::new("owner").unwrap(),
                param_type: ParamType::Text,
                need: Need::Required,
            }],
        }],
        pending: vec![PendingQuery {
            name: "own.tests".parse().unwrap(),
            fingerprint: Fingerprint::from_bytes(&[7; 32]).unwrap(),
        }],
    }
}

pub(super) fn proposal() -> Proposal {
    Proposal {
        text: "-- name: own.tests\nSELECT 1".into(),
        caller: CallerName::new("ops").unwrap(),
    }
}

pub(super) fn proposal_reply() -> ProposalReply {
    ProposalReply {
        name: "own.tests".parse().unwrap(),
        fingerprint: Fingerprint::from_bytes(&[7; 32]).unwrap(),
        state: ProposalState::Pending,
    }
}

pub(super) fn offer(name: &str) -> SourceOffer {
    SourceOffer {
        name: name.parse().unwrap(),
        dialect: DialectName::new("duckdb").unwrap(),
        policy_digest: Digest([1; 32]),
        catalogue_digest: Digest([2; 32]),
    }
}

pub(super) fn hello() -> Hello {
    Hello {
        protocol: 1..=2,
        version: Version::new("connector 0.1.0").unwrap(),
        unix_time_ms: 1_700_000_000_000,
        sources: vec![offer("warehouse"), offer("lake")],
        epoch: 3,
        instance: InstanceId([4; 16]),
        slot: Slot::new(1).unwrap(),
        held: vec!["node-2".parse().unwrap()],
    }
}

pub(super) fn welcome() -> Welcome {
    Welcome {
        protocol: 2,
        node: "node-1".parse().unwrap(),
        unix_time_ms: 1_700_000_000_100,
        version: Version::new("gateway 0.1.0").unwrap(),
        tunnel: 9,
        nodes: nodes(),
    }
}

pub(super) fn nodes() -> Nodes {
    let node = |name: &str, address: Option<&str>| ClusterNode {
        name: name.parse().unwrap(),
        address: address.map(|address| address.parse().unwrap()),
    };
    Nodes::new(vec![
        node("node-1", Some("node-1.example:443")),
        node("node-2", None),
    ])
    .unwrap()
}

pub(super) fn schema() -> SourceSchema {
    SourceSchema {
        source: "warehouse".parse().unwrap(),
        database: Some(Identifier::new("shop").unwrap()),
        schema: Identifier::new("analytics_elementary").unwrap(),
        adhoc: AdHoc::On,
        tables: [(
            "dbt_models".to_owned(),
            vec!["unique_id".to_owned(), "name".to_owned()],
        )]
        .into(),
    }
}

/// A question that is in no catalogue.
pub(super) fn ad_hoc() -> Question {
    let catalogue = crate::catalogue::Catalogue::builtin();
    let plan = catalogue.entries().next().unwrap().plan();
    Question::AdHoc(EncodedPlan::of(plan).unwrap())
}

pub(super) fn request() -> Request {
    Request {
        exchange: ExchangeId(7),
        request_id: RequestId([5; 16]),
        source: "warehouse".parse().unwrap(),
        question: Question::Catalogued {
            name: "read.dbt_models".parse().unwrap(),
            columns: Columns::new(vec![
                Identifier::new("unique_id").unwrap(),
                Identifier::new("name").unwrap(),
            ]),
        },
        fingerprint: Fingerprint::from_bytes(&[6; 32]).unwrap(),
        parameters: vec![
            ("since".into(), Value::Timestamp(1_700_000_000_000_000)),
            ("limit".into(), Value::Integer(-1)),
            ("name".into(), Value::Text("häufig".into())),
            ("day".into(), Value::Date(-1)),
            ("share".into(), Value::Float(0.5)),
            ("all".into(), Value::Boolean(false)),
            ("none".into(), Value::Null),
        ],
        deadline: Duration::from_secs(60),
        max_rows: Some(1_000),
        max_bytes: None,
        caller: CallerName::new("ops@example.com (on call)").unwrap(),
    }
}

pub(super) fn complete() -> Complete {
    Complete {
        batches: 2,
        rows: 3,
        bytes: 400,
        digest: Digest([8; 32]),
        receipt: Digest([9; 32]),
    }
}

pub(super) fn fault() -> Fault {
    Fault::new(Code::Overloaded, "too many tunnels").retry_after(Duration::from_secs(2))
}

pub(super) fn trust() -> Trust {
    Trust {
        bundle: "-----BEGIN CERTIFICATE-----".to_owned(),
        links: String::new(),
    }
}

pub(super) fn control_frames() -> Vec<ControlFrame> {
    vec![
        ControlFrame::Hello(hello()),
        ControlFrame::Welcome(welcome()),
        ControlFrame::Refusal(fault()),
        ControlFrame::Drain(Drain {
            grace: Duration::from_secs(30),
        }),
        ControlFrame::SourcesChanged(vec![offer("warehouse")]),
        ControlFrame::Schema(Box::new(schema())),
        ControlFrame::Renew(Renew {
            request: Bytes::from_static(&[0x30, 0]),
        }),
        ControlFrame::Renewed(Renewed {
            chain: "-----BEGIN CERTIFICATE-----".to_owned(),
        }),
        ControlFrame::NotRenewed(fault()),
        ControlFrame::Offers(offers()),
        ControlFrame::Trust(trust()),
        ControlFrame::Trusted(Digest([7; 32])),
        ControlFrame::Nodes(nodes()),
    ]
}

pub(super) fn exchange_frames() -> Vec<ExchangeFrame> {
    vec![
        ExchangeFrame::Request(Box::new(request())),
        ExchangeFrame::Probe(Probe { unix_time_ms: 1 }),
        ExchangeFrame::Credit(Credit { batches: 1, bytes: 2 }),
        ExchangeFrame::ProbeReply(ProbeReply {
            unix_time_ms: 2,
            exchanges: 3,
        }),
        ExchangeFrame::Header(Header {
            schema: Bytes::from_static(b"schema"),
        }),
        ExchangeFrame::Trailer(Trailer::Complete(complete())),
        ExchangeFrame::Trailer(Trailer::Failed(fault())),
        ExchangeFrame::Proposal(proposal()),
        ExchangeFrame::ProposalReply(proposal_reply()),
    ]
}

pub(super) fn any_control_frame() -> impl Strategy<Value = ControlFrame> {
    prop_oneof![
        proptest::sample::select(control_frames()),
        ("[ -~]{0,200}", 0_u64..100_000).prop_map(|(detail, ms)| {
            let fault = Fault::new(Code::SourceOffline, detail);
            ControlFrame::Refusal(match ms {
                0 => fault,
                ms => fault.retry_after(Duration::from_millis(ms)),
            })
        }),
        any::<u32>().prop_map(|ms| ControlFrame::Drain(Drain {
            grace: Duration::from_millis(u64::from(ms))
        })),
    ]
}

pub(super) fn any_exchange_frame() -> impl Strategy<Value = ExchangeFrame> {
    prop_oneof![
        proptest::sample::select(exchange_frames()),
        prop::collection::vec(any::<u8>(), 1..2_000).prop_map(|schema| ExchangeFrame::Header(Header {
            schema: schema.into()
        })),
        (1_u32.., any::<u64>()).prop_map(|(batches, bytes)| ExchangeFrame::Credit(Credit { batches, bytes })),
        any_request().prop_map(|request| ExchangeFrame::Request(Box::new(request))),
    ]
}

pub(super) fn any_request() -> impl Strategy<Value = Request> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        prop::num::f64::NORMAL.prop_map(Value::Float),
        "[^\0]{0,40}".prop_map(Value::Text),
        (-1_000_000_i64..1_000_000).prop_map(Value::Timestamp),
        (-700_000_i32..2_900_000).prop_map(Value::Date),
    ];
    (
        any::<u64>(),
        prop::collection::btree_map("[a-z_]{1,20}", value, 0..8),
        1_u64..600_000,
        proptest::option::of(1_u64..),
        any::<bool>(),
    )
        .prop_map(|(exchange, parameters, deadline, max_rows, narrow)| Request {
            exchange: ExchangeId(exchange),
            parameters: parameters.into_iter().collect(),
            deadline: Duration::from_millis(deadline),
            max_rows,
            max_bytes: max_rows,
            question: if narrow { request().question } else { ad_hoc() },
            ..request()
        })
}

pub(super) fn any_batch_header() -> impl Strategy<Value = BatchHeader> {
    (any::<u64>(), any::<u32>(), 1_u32..8_000_000).prop_map(|(exchange, sequence, length)| BatchHeader {
        exchange: ExchangeId(exchange),
        sequence,
        length,
    })
}
