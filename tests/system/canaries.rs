//! What leaves the customer's host holds none of the customer's raw values: every query of the catalogue and statements that
//! nobody thought of, through a real connector over both warehouses, searched at the gateway's end of the tunnel.
//!
//! What is searched is all that came: the cells of each batch, decoded, the names of columns, the sentences of refusals, what
//! the connector told of itself, and its own log beside it. Each value is looked for as it stands and in base64, in
//! hexadecimal and as JSON escapes it.

use std::io::Cursor;
use std::sync::LazyLock;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use bytes::Bytes;
use proto::catalogue::Catalogue;
use proto::query::types::{ParamType, Value};
use proto::schema::elementary;
use proto::sql;
use proto::wire::codec::BatchReader;
use proto::wire::frame::{ExchangeFrame, Question, Request, Trailer};
use proto::wire::plan::EncodedPlan;
use tests::canaries::Canaries;
use tests::double::gateway::{Tunnel, request};
use tests::generate::Generator;
use tests::postgres::Cluster;
use tests::world::{SOURCE, Setup, Warehouse, World, balanced_policy, open_policy, policy};

use super::hostile_gateway::taken_over;

/// Kinds of values that say who somebody is, or open something: what `balanced` holds back.
const SECRET_OR_PERSONAL: &[&str] = &[
    "--vars value",
    "api secret",
    "secret in dbt vars",
    "customer",
    "employee",
    "address",
    "iban",
    "card token",
];

static EVERY: LazyLock<Canaries> = LazyLock::new(|| Canaries::load().unwrap());
static SECRETS: LazyLock<Canaries> = LazyLock::new(|| {
    Canaries::load_kinds(|kind| SECRET_OR_PERSONAL.iter().any(|part| kind.contains(part))).unwrap()
});

/// Ad-hoc statements for each engine and profile.
fn statements() -> usize {
    match std::env::var("TESTS_LONG") {
        Ok(_) => 10_000,
        Err(_) => 250,
    }
}

/// All that came for a question.
#[derive(Debug, Default)]
struct Came {
    /// Rows in words, and sentences.
    text: String,
    complete: bool,
}

/// Asks, and takes all that comes.
async fn ask(tunnel: &Tunnel, request: Request) -> Came {
    let mut exchange = tunnel.ask(request).await.unwrap();
    let (mut schema, mut batches, mut came) = (Bytes::new(), Vec::new(), Came::default());
    let mut expected = None;
    while expected.is_none_or(|expected| batches.len() < expected) {
        tokio::select! {
            frame = exchange.frames.next(), if expected.is_none() => match frame.unwrap() {
                Ok(ExchangeFrame::Header(header)) => {
                    schema = header.schema;
                }
                Ok(ExchangeFrame::Trailer(Trailer::Complete(complete))) => {
                    expected = Some(complete.batches as usize);
                    came.complete = true;
                }
                Ok(ExchangeFrame::Trailer(Trailer::Failed(fault))) => {
                    came.text = format!("{fault:?}");
                    return came;
                }
                other => panic!("{other:?}"),
            },
            stream = tunnel.connection.accept_uni() => {
                let (mut stream, mut reader) = (stream.unwrap(), BatchReader::new());
                while let Some(chunk) = stream.read_chunk(64 * 1024).await.unwrap() {
                    reader.push(chunk).unwrap();
                }
                let (header, bytes) = reader.finish().unwrap();
                exchange.credit(1, bytes.len() as u64).await.unwrap();
                batches.push((header, bytes));
            }
        }
    }
    batches.sort_by_key(|(header, _)| header.sequence);
    let mut stream = schema.to_vec();
    for (_, bytes) in batches {
        stream.extend_from_slice(&bytes);
    }
    // The end of an Arrow IPC stream.
    stream.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let reader = StreamReader::try_new(Cursor::new(stream), None).unwrap();
    came.text.push_str(&format!("{:?}\n", reader.schema()));
    for batch in reader {
        write(&batch.unwrap(), &mut came.text);
    }
    came
}

fn write(batch: &RecordBatch, text: &mut String) {
    let options = FormatOptions::new();
    for column in batch.columns() {
        let cells = ArrayFormatter::try_new(column, &options).unwrap();
        for row in 0..batch.num_rows() {
            text.push_str(&cells.value(row).to_string());
            text.push('\n');
        }
    }
}

/// Every query of the catalogue that can be asked, with values for what it needs.
fn catalogued() -> Vec<(String, Request)> {
    let value = |name: &str, kind: ParamType| match kind {
        ParamType::Boolean => Value::Boolean(true),
        ParamType::Integer => Value::Integer(5),
        ParamType::Float => Value::Float(1.0),
        ParamType::Timestamp => Value::Timestamp(0),
        ParamType::Date => Value::Date(0),
        ParamType::Text if name.contains("hash") => Value::Text(String::new()),
        ParamType::Text => Value::Text("model.shop.orders".to_owned()),
    };
    let shipped = Catalogue::builtin();
    let mut requests = Vec::new();
    for entry in shipped.entries() {
        let needed: Vec<(&str, Value)> = entry
            .parameters()
            .iter()
            .filter(|parameter| parameter.default.is_none())
            .map(|parameter| {
                (
                    parameter.name.as_str(),
                    value(parameter.name.as_str(), parameter.param_type),
                )
            })
            .collect();
        let name = entry.name().to_string();
        // As it is asked by default, and with every column that it can return.
        let all: Vec<&str> = match name.strip_prefix("read.") {
            Some(table) => elementary::schema()
                .table(table)
                .map(|table| table.columns.iter().map(|column| column.name).collect())
                .unwrap_or_default(),
            None => Vec::new(),
        };
        requests.push((name.clone(), request(SOURCE, &name, &[], &needed).unwrap()));
        for column in all {
            if let Ok(request) = request(SOURCE, &name, &[column], &needed) {
                requests.push((format!("{name} {column}"), request));
            }
        }
    }
    requests
}

async fn nothing_leaves(profile: fn(&str) -> String, warehouse: Warehouse<'_>, canaries: &Canaries) {
    let setup = Setup {
        policy: profile("adhoc = true\n[budget]\nqueries_per_minute = 1000000\nseconds_per_query = 10"),
        warehouse,
        ..Setup::default()
    };
    let (world, _gateway, tunnel) = taken_over(setup).await;
    let clean = |what: &str, text: &str| {
        let found = canaries.find_in(text.as_bytes());
        assert!(found.is_none(), "{what} lets {found:?} out");
    };
    clean("the Hello", &format!("{:?}", tunnel.hello));
    let (mut complete, mut asked) = (0, 0);
    for (name, request) in catalogued() {
        let came = ask(&tunnel, request).await;
        clean(&name, &came.text);
        asked += 1;
        complete += usize::from(came.complete);
    }
    assert!(complete * 4 > asked, "{complete} of {asked} catalogued");

    let mut generator = Generator::new(22_402, elementary::schema(), "");
    let (mut complete, mut asked) = (0, 0);
    while asked < statements() {
        let text = generator.statement();
        let Ok(plan) = sql::lower(&text, elementary::schema(), Vec::new()) else {
            continue;
        };
        asked += 1;
        // A connector leaves a gateway that shows no sign of life.
        if asked % 100 == 0 {
            tunnel.probe().await.unwrap();
        }
        let question = Request {
            question: Question::AdHoc(EncodedPlan::of(&plan).unwrap()),
            fingerprint: plan.fingerprint(),
            parameters: Vec::new(),
            ..request(SOURCE, "read.dbt_models", &[], &[]).unwrap()
        };
        let came = ask(&tunnel, question).await;
        clean(&text, &came.text);
        complete += usize::from(came.complete);
    }
    assert!(complete * 10 > asked, "{complete} of {asked} ad-hoc");
    log_is_clean(&world, canaries);
}

fn log_is_clean(world: &World<'_>, canaries: &Canaries) {
    for line in world.running_connector().unwrap().log() {
        assert_eq!(canaries.find_in(line.text.as_bytes()), None, "{}", line.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_lets_no_raw_value_out_of_duckdb() {
    nothing_leaves(policy, Warehouse::DuckDb, &EVERY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_lets_no_raw_value_out_of_postgres() {
    let cluster = Cluster::start().await.unwrap();
    nothing_leaves(policy, Warehouse::Postgres(&cluster), &EVERY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balanced_lets_no_secret_and_nothing_personal_out_of_duckdb() {
    nothing_leaves(balanced_policy, Warehouse::DuckDb, &SECRETS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balanced_lets_no_secret_and_nothing_personal_out_of_postgres() {
    let cluster = Cluster::start().await.unwrap();
    nothing_leaves(balanced_policy, Warehouse::Postgres(&cluster), &SECRETS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_opens_everything_lets_them_out_so_that_the_search_is_one() {
    let (_world, _gateway, tunnel) = taken_over(Setup {
        policy: open_policy(""),
        ..Setup::default()
    })
    .await;
    let mut found = 0;
    for (_, request) in catalogued() {
        found += usize::from(
            EVERY
                .find_in(ask(&tunnel, request).await.text.as_bytes())
                .is_some(),
        );
    }
    assert!(found > 5, "{found}");
}
