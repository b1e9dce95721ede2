//! Every frame there and back, and for every bound a frame that breaks it.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;

use super::{raw, raw::control_frame::Frame as RawControl, raw::exchange_frame::Frame as RawExchange, *};
use crate::{
    limits::{MAX_BATCH_BYTES, MAX_FRAME_BYTES, MAX_PARAMETERS, MAX_SCAN_COLUMNS, MAX_SOURCES},
    query::plan::Identifier,
    wire::samples,
};

fn reread<F: Frame>(frame: &F) -> Result<F, FrameError> {
    let bytes = frame.encode().unwrap();
    let prefix = prost::length_delimiter_len(prost::decode_length_delimiter(&bytes[..]).unwrap());
    F::decode(bytes.slice(prefix..))
}

#[test]
fn every_frame_arrives_as_it_was_sent() {
    for frame in samples::control_frames() {
        assert_eq!(reread(&frame).as_ref(), Ok(&frame));
    }
    for frame in samples::exchange_frames() {
        assert_eq!(reread(&frame).as_ref(), Ok(&frame));
    }
    let header = BatchHeader {
        exchange: ExchangeId(u64::MAX),
        sequence: u32::MAX,
        length: MAX_BATCH_BYTES as u32,
    };
    assert_eq!(reread(&header), Ok(header));
}

fn hello_with(change: impl FnOnce(&mut raw::Hello)) -> Result<ControlFrame, FrameError> {
    let mut raw = raw::Hello::from(&samples::hello());
    change(&mut raw);
    let frame = raw::ControlFrame {
        frame: Some(RawControl::Hello(raw)),
    };
    ControlFrame::decode(frame.encode_to_vec().into())
}

#[test]
fn a_hello_out_of_bounds_is_refused_by_field() {
    assert!(hello_with(|_| {}).is_ok());
    assert!(hello_with(|raw| raw.sources.clear()).is_ok());
    type Change = fn(&mut raw::Hello);
    let refused: [(&'static str, Change); 12] = [
        ("protocol_min", |raw| raw.protocol_min = 0),
        ("protocol_min", |raw| raw.protocol_min = 3),
        ("slot", |raw| raw.slot = 4),
        ("held", |raw| raw.held = vec!["node-2".into(); 2]),
        ("connector_version", |raw| raw.connector_version.clear()),
        ("connector_version", |raw| raw.connector_version = "1\n2".into()),
        ("sources", |raw| raw.sources.push(raw.sources[0].clone())),
        ("sources", |raw| {
            raw.sources = (0..=MAX_SOURCES)
                .map(|n| (&samples::offer(&format!("s{n}"))).into())
                .collect();
        }),
        ("source.name", |raw| raw.sources[0].name = "../x".into()),
        ("source.dialect", |raw| raw.sources[0].dialect = "Duck DB".into()),
        ("source.policy_digest", |raw| {
            raw.sources[0].policy_digest = Bytes::from_static(&[0; 31]);
        }),
        ("instance", |raw| raw.instance = Bytes::new()),
    ];
    for (field, change) in refused {
        assert_eq!(hello_with(change), Err(FrameError::Field(field)));
    }
}

fn request_with(change: impl FnOnce(&mut raw::Request)) -> Result<ExchangeFrame, FrameError> {
    let mut raw = raw::Request::from(&samples::request());
    change(&mut raw);
    let frame = raw::ExchangeFrame {
        frame: Some(RawExchange::Request(raw)),
    };
    ExchangeFrame::decode(frame.encode_to_vec().into()).map_err(|error| match error {
        FrameError::Request(unreadable) => unreadable.why,
        other => panic!("{other}"),
    })
}

#[test]
fn a_request_that_is_none_tells_what_could_be_read_of_it() {
    let mut raw = raw::Request::from(&samples::request());
    raw.deadline_ms = 0;
    raw.source = "../x".into();
    let frame = raw::ExchangeFrame {
        frame: Some(RawExchange::Request(raw)),
    };
    let refused = ExchangeFrame::decode(frame.encode_to_vec().into());
    let Err(FrameError::Request(unreadable)) = refused else {
        panic!("{refused:?}");
    };
    let honest = samples::request();
    let seen = Seen {
        request_id: Some(honest.request_id),
        source: None,
        query: Some("read.dbt_models".parse().unwrap()),
        caller: Some(honest.caller),
    };
    assert_eq!(unreadable.seen, seen);
}

#[test]
fn a_request_asks_by_name_or_by_plan_and_never_both() {
    let request = Request {
        question: samples::ad_hoc(),
        ..samples::request()
    };
    let frame = ExchangeFrame::Request(Box::new(request));
    assert_eq!(reread(&frame).as_ref(), Ok(&frame));
    let plan = Bytes::from_static(b"plan");
    let both = request_with(|raw| raw.plan = plan.clone());
    assert_eq!(both, Err(FrameError::Field("plan")));
    let long = request_with(|raw| {
        raw.catalogued = None;
        raw.plan = vec![0; crate::limits::MAX_PLAN_BYTES + 1].into();
    });
    assert_eq!(long, Err(FrameError::Field("plan")));
}

#[test]
fn a_schema_out_of_bounds_is_refused() {
    type Change = fn(&mut raw::SourceSchema);
    let refused: [Change; 7] = [
        |raw| raw.source.clear(),
        |raw| raw.schema.clear(),
        |raw| raw.database = "a\0b".into(),
        |raw| raw.tables.push(raw.tables[0].clone()),
        |raw| raw.tables[0].columns = vec!["a".into(); MAX_SCAN_COLUMNS + 1],
        |raw| raw.tables[0].columns[0] = "x".repeat(64),
        |raw| {
            let table = |n: u32| raw::Table {
                name: format!("t{n}"),
                columns: Vec::new(),
            };
            raw.tables = (0..257).map(table).collect();
        },
    ];
    let with = |change: Change| {
        let mut raw = raw::SourceSchema::from(&samples::schema());
        change(&mut raw);
        let frame = raw::ControlFrame {
            frame: Some(RawControl::Schema(raw)),
        };
        ControlFrame::decode(frame.encode_to_vec().into())
    };
    assert!(with(|_| {}).is_ok());
    for change in refused {
        assert!(matches!(with(change), Err(FrameError::Field(_))));
    }
}

#[test]
fn whatever_the_inventory_holds_fits_one_report() {
    let tables = crate::schema::elementary::schema().tables.iter();
    let name = |name: &&'static str| (*name).to_owned();
    let report = SourceSchema {
        tables: tables
            .map(|table| {
                let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
                (table.name.to_owned(), columns.iter().map(name).collect())
            })
            .collect(),
        ..samples::schema()
    };
    let frame = ControlFrame::Schema(Box::new(report));
    assert!(frame.encode().unwrap().len() < MAX_FRAME_BYTES / 4);
    assert_eq!(reread(&frame).as_ref(), Ok(&frame));
}

#[test]
fn a_request_out_of_bounds_is_refused_by_field() {
    fn catalogued(raw: &mut raw::Request) -> &mut raw::CataloguedQuery {
        raw.catalogued.as_mut().unwrap()
    }
    fn value(raw: &mut raw::Request, value: raw::value::Value) {
        raw.parameters[0].value = Some(raw::Value { value: Some(value) });
    }
    type Change = fn(&mut raw::Request);
    assert!(request_with(|_| {}).is_ok());
    let refused: [(FrameError, Change); 17] = [
        (FrameError::Field("request_id"), |raw| {
            raw.request_id = Bytes::new()
        }),
        (FrameError::Field("source"), |raw| raw.source.clear()),
        (FrameError::Missing("catalogued"), |raw| raw.catalogued = None),
        (FrameError::Field("catalogued.name"), |raw| {
            catalogued(raw).name = "select 1".into();
        }),
        (FrameError::Field("catalogued.columns"), |raw| {
            catalogued(raw).columns = vec!["a\0b".into()];
        }),
        (FrameError::Field("catalogued.columns"), |raw| {
            catalogued(raw).columns = vec!["a".into(); MAX_SCAN_COLUMNS + 1];
        }),
        (FrameError::Field("fingerprint"), |raw| {
            raw.fingerprint = Bytes::from_static(&[0; 33]);
        }),
        (FrameError::Field("parameters"), |raw| {
            raw.parameters = vec![raw::Parameter::default(); MAX_PARAMETERS + 1];
        }),
        (FrameError::Field("parameter.name"), |raw| {
            raw.parameters[1].name = raw.parameters[0].name.clone();
        }),
        (FrameError::Field("parameter.name"), |raw| {
            raw.parameters[0].name = "x\u{1b}[0m".into();
        }),
        (FrameError::Missing("parameter.value"), |raw| {
            raw.parameters[0].value = None
        }),
        (FrameError::Missing("parameter.value"), |raw| {
            raw.parameters[0].value = Some(raw::Value { value: None });
        }),
        (FrameError::Field("value.null"), |raw| {
            value(raw, raw::value::Value::Null(false))
        }),
        (FrameError::Field("deadline_ms"), |raw| raw.deadline_ms = 0),
        (FrameError::Field("deadline_ms"), |raw| raw.deadline_ms = 600_001),
        (FrameError::Field("caller"), |raw| raw.caller = "x".repeat(257)),
        (FrameError::Field("caller"), |raw| {
            raw.caller = "a\u{202e}b".into()
        }),
    ];
    for (error, change) in refused {
        assert_eq!(request_with(change), Err(error));
    }
    for bad in [
        raw::value::Value::Text("a\0b".into()),
        raw::value::Value::Text("x".repeat(5_000)),
        raw::value::Value::Float(f64::NAN),
        raw::value::Value::TimestampUs(i64::MIN),
        raw::value::Value::DateDays(i32::MAX),
    ] {
        let error = request_with(|raw| value(raw, bad)).unwrap_err();
        assert!(matches!(&error, FrameError::Value(_)), "{error:?}");
        assert_eq!(error.fault().code, Code::InvalidParameter);
    }
}

#[test]
fn no_bound_and_a_bound_of_zero_are_not_confused() {
    let request = |max_rows| {
        let request = Request {
            max_rows,
            ..samples::request()
        };
        match reread(&ExchangeFrame::Request(Box::new(request))) {
            Ok(ExchangeFrame::Request(request)) => request.max_rows,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(request(None), None);
    assert_eq!(request(Some(0)), Some(1));
    assert_eq!(request(Some(2)), Some(2));
}

#[test]
fn a_list_of_columns_is_never_empty() {
    let name = || Identifier::new("a").unwrap();
    assert_eq!(Columns::new(Vec::new()), None);
    assert_eq!(Columns::new(vec![name(); MAX_SCAN_COLUMNS + 1]), None);
    assert!(Columns::new(vec![name()]).is_some());
}

#[test]
fn empty_answers_are_refused() {
    let decode =
        |frame| ExchangeFrame::decode(raw::ExchangeFrame { frame: Some(frame) }.encode_to_vec().into());
    assert_eq!(
        decode(RawExchange::Header(raw::Header::default())),
        Err(FrameError::Missing("header.schema"))
    );
    assert_eq!(
        decode(RawExchange::Credit(raw::Credit { batches: 0, bytes: 1 })),
        Err(FrameError::Field("credit.batches"))
    );
    assert_eq!(
        decode(RawExchange::Trailer(raw::Trailer::default())),
        Err(FrameError::Field("trailer.digest"))
    );
    let refusal = raw::ControlFrame {
        frame: Some(RawControl::Refusal(raw::Refusal::default())),
    };
    assert_eq!(
        ControlFrame::decode(refusal.encode_to_vec().into()),
        Err(FrameError::Field("code"))
    );
    for length in [0, MAX_BATCH_BYTES as u32 + 1] {
        let raw = raw::BatchHeader {
            exchange: 1,
            sequence: 0,
            length,
        };
        assert_eq!(
            BatchHeader::decode(raw.encode_to_vec().into()),
            Err(FrameError::Field("batch.length"))
        );
    }
}

fn refusal(code: u32, detail: &str, retry_after_ms: u64) -> Fault {
    let raw = raw::ControlFrame {
        frame: Some(RawControl::Refusal(raw::Refusal {
            code,
            detail: detail.into(),
            retry_after_ms,
        })),
    };
    match ControlFrame::decode(raw.encode_to_vec().into()) {
        Ok(ControlFrame::Refusal(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_text_of_a_peer_is_bounded_and_cannot_forge_a_line() {
    let fault = refusal(9, "gone\r\n{\"level\":\"ERROR\"}\u{1b}[31m\u{202e}\u{feff}", 0);
    assert_eq!(fault.detail, "gone  {\"level\":\"ERROR\"} [31m  ");
    assert_eq!(fault.code, Code::SourceOffline);
    assert_eq!(fault.retry_after, None);

    // Cut between two characters: the 512th `é` would end at byte 1025.
    let long = format!("x{}", "é".repeat(2_000));
    let fault = refusal(9, &long, 0);
    assert_eq!(fault.detail.len(), MAX_DETAIL_BYTES - 1);
    assert!(long.starts_with(&*fault.detail));
}

#[test]
fn an_unknown_code_is_internal_and_a_long_wait_is_shortened() {
    assert_eq!(refusal(4_000_000_000, "new", 0).code, Code::Internal);
    assert_eq!(
        refusal(9, "", u64::MAX).retry_after,
        Some(Duration::from_secs(24 * 60 * 60))
    );
}

#[test]
fn a_frame_that_no_receiver_takes_is_not_sent() {
    let schema = |len| {
        ExchangeFrame::Header(Header {
            schema: vec![0; len].into(),
        })
        .encode()
    };
    assert!(schema(MAX_FRAME_BYTES - 100).is_ok());
    let error = schema(MAX_FRAME_BYTES).unwrap_err();
    assert_eq!(Fault::from(error).code, Code::LimitExceeded);

    // The longest Hello there can be: every source, every name at its longest.
    let mut hello = samples::hello();
    hello.sources = (0..MAX_SOURCES)
        .map(|n| samples::offer(&format!("{n:0>64}")))
        .collect();
    assert!(ControlFrame::Hello(hello).encode().is_ok());
}

#[test]
fn the_debug_form_of_a_request_hides_its_values() {
    let shown = format!("{:?}", samples::request());
    assert!(
        !shown.contains("häufig") && shown.contains("Value(text)"),
        "{shown}"
    );
}
