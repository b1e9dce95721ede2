//! The story against a warehouse and a gateway that are values.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use prometheus::Registry;
use proto::{
    catalogue::Catalogue,
    query::{fingerprint::Fingerprint, plan::Identifier, types::Value},
    wire::{
        exchange::{ConnectorExchange, Window},
        frame::{CallerName, Columns, ExchangeFrame, ExchangeId, RequestId},
    },
};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    audit::{Event, Line, Sync},
    policy::budget::Ledger,
    warehouse::{BatchStream, BoxFuture, Inspection, WarehouseError, render::Dialect, rights::Excess},
};

/// Says what a test tells it to say.
#[derive(Default)]
struct Fake {
    rows: Vec<i64>,
    error: Option<WarehouseError>,
    /// Never answers.
    hangs: bool,
    runs: AtomicU64,
    /// Set when the stream it gave was dropped.
    dropped: Arc<AtomicBool>,
}

struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Warehouse for Fake {
    fn dialect(&self) -> Dialect {
        Dialect::DuckDb
    }

    fn run<'a>(
        &'a self,
        _query: &'a Admitted,
        _deadline: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<BatchStream, WarehouseError>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let held = OnDrop(Arc::clone(&self.dropped));
            if self.hangs {
                std::future::pending::<()>().await;
            }
            let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
            let mut items: Vec<_> = self
                .rows
                .iter()
                .map(|n| {
                    let column = Arc::new(Int64Array::from(vec![*n]));
                    Ok(RecordBatch::try_new(Arc::clone(&schema), vec![column]).expect("a batch"))
                })
                .collect();
            items.extend(self.error.clone().map(Err));
            Ok(BatchStream::of(schema, items, Box::new(held)))
        })
    }

    fn check<'a>(
        &'a self,
        _schema: &'a Identifier,
        _deadline: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Inspection, WarehouseError>> {
        Box::pin(async { Err(WarehouseError::Unreachable) })
    }

    fn rights<'a>(
        &'a self,
        _schema: &'a Identifier,
        _deadline: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Vec<Excess>, WarehouseError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Takes a result, or refuses it after some batches.
#[derive(Default)]
struct Taker {
    machine: Option<ConnectorExchange>,
    header: Option<Bytes>,
    batches: Vec<Bytes>,
    leaves_after: Option<usize>,
    stalls: bool,
}

impl Output for Taker {
    async fn header(&mut self, schema: Bytes) -> Result<(), Fault> {
        let mut machine = ConnectorExchange::new(Window::default());
        machine
            .on_frame(ExchangeFrame::Request(Box::new(request(&[]))))
            .expect("a request");
        machine.header(schema.clone()).expect("first");
        self.machine = Some(machine);
        assert!(self.header.replace(schema).is_none());
        Ok(())
    }

    async fn batch(&mut self, batch: Bytes, rows: u64) -> Result<(), Fault> {
        if self.stalls {
            std::future::pending::<()>().await;
        }
        if self.leaves_after == Some(self.batches.len()) {
            return Err(Fault::new(Code::Cancelled, "the gateway cancelled"));
        }
        self.machine
            .as_mut()
            .expect("after the header")
            .batch(&batch, rows)
            .expect("room");
        self.batches.push(batch);
        Ok(())
    }

    fn summary(&self) -> Summary {
        self.machine.as_ref().expect("after the header").summary()
    }
}

struct House {
    engine: Engine,
    fake: Arc<Fake>,
    folder: tempfile::TempDir,
}

fn house(fake: Fake, policy: &str) -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("policy.toml");
    std::fs::write(
        &file,
        format!("source = \"shop\"\nschema = \"elementary\"\n{policy}"),
    )
    .expect("written");
    let source: SourceId = "shop".parse().expect("a name");
    let policy = Current::load(file, &source, Arc::new(Ledger::default())).expect("a policy");
    let fake = Arc::new(fake);
    let warehouse: Arc<dyn Warehouse> = Arc::clone(&fake) as Arc<dyn Warehouse>;
    let served = Served {
        policy,
        warehouse,
        reading: Reading::default(),
        standing: Standing::good(),
    };
    let engine = Engine {
        tenant: "acme".parse().expect("a name"),
        catalogue: Live::shipped(),
        sources: BTreeMap::from([(source, served)]),
        audit: Log::open(&folder.path().join("audit"), Sync::Batched).expect("opens"),
        plans: Plans::default(),
        pause: Switch::new(folder.path().join("paused")),
        keys: Keys::new(folder.path()),
        metrics: Arc::new(Metrics::new(Registry::new()).expect("registered")),
    };
    House { engine, fake, folder }
}

impl House {
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        crate::audit::read(&self.folder.path().join("audit"), &mut |line| lines.push(line))
            .expect("readable");
        assert!(lines.iter().all(|line| line.chained));
        lines
    }

    fn count(&self, code: &str) -> u64 {
        self.engine.metrics.exchanges.with_label_values(&[code]).get()
    }
}

fn request(columns: &[&str]) -> Request {
    let query = "read.dbt_models".parse().expect("a name");
    let entry = Catalogue::builtin().get(&query).expect("shipped");
    Request {
        exchange: ExchangeId(1),
        request_id: RequestId([7; 16]),
        source: "shop".parse().expect("a name"),
        fingerprint: entry.fingerprint(),
        question: Question::Catalogued {
            name: query,
            columns: Columns::new(
                columns
                    .iter()
                    .map(|c| Identifier::new(c).expect("a name"))
                    .collect(),
            ),
        },
        parameters: Vec::new(),
        deadline: Duration::from_secs(5),
        max_rows: None,
        max_bytes: None,
        caller: CallerName::new("nightly sync").expect("a name"),
    }
}

fn rows(rows: &[i64]) -> Fake {
    Fake {
        rows: rows.to_vec(),
        ..Fake::default()
    }
}

fn failed(answer: Result<Digest, Fault>) -> Fault {
    answer.expect_err("void")
}

/// The encoder's task holds the stream; it is aborted, and ends when the runtime comes to it.
async fn dropped(house: &House) {
    let dropped = async {
        while !house.fake.dropped.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), dropped)
        .await
        .expect("dropped");
}

fn last_code(house: &House) -> String {
    let lines = house.lines();
    let record = lines
        .last()
        .and_then(|line| line.record.as_ref().ok())
        .expect("a record");
    match &record.event {
        Event::Completed { code, .. } | Event::Refused { code, .. } => code.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_whole_result_has_a_digest_of_what_was_sent_and_the_records_hash_as_receipt() {
    let house = house(rows(&[1, 2, 3]), "");
    let mut taker = Taker::default();
    let receipt = answer(&house.engine, request(&[]), &mut taker)
        .await
        .expect("whole");
    let summary = taker.summary();
    assert_eq!((summary.rows, summary.batches as usize), (3, taker.batches.len()));
    let mut digest = Sha256::new();
    digest.update(taker.header.expect("a schema"));
    taker.batches.iter().for_each(|batch| digest.update(batch));
    let digest = hex::encode(digest.finalize());
    let lines = house.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1].hash, receipt.0);
    let completed = &lines[1].record.as_ref().expect("a record").event;
    assert!(
        matches!(completed, Event::Completed { rows: 3, bytes, digest: Some(found), .. }
            if *found == digest && *bytes == summary.bytes),
        "{completed:?}"
    );
    assert_eq!((house.count("ok"), house.engine.metrics.rows.get()), (1, 3));
}

#[tokio::test]
async fn an_empty_result_has_a_schema_and_no_batch() {
    let house = house(rows(&[]), "");
    let mut taker = Taker::default();
    assert!(answer(&house.engine, request(&[]), &mut taker).await.is_ok());
    assert!(taker.header.is_some() && taker.batches.is_empty());
}

#[tokio::test]
async fn what_the_policy_refuses_never_reaches_the_warehouse_and_is_recorded() {
    let house = house(rows(&[1]), "[tables]\ndeny = [\"dbt_models\"]");
    let fault = failed(answer(&house.engine, request(&[]), &mut Taker::default()).await);
    assert_eq!(fault.code, Code::RefusedByPolicy);
    assert!(fault.detail.contains("tables.deny"), "{fault}");
    assert_eq!(house.fake.runs.load(Ordering::SeqCst), 0);
    assert_eq!(last_code(&house), "refused_by_policy");
    assert_eq!(
        house.engine.metrics.refusals.with_label_values(&["table"]).get(),
        1
    );
}

#[tokio::test]
async fn a_request_that_means_another_query_is_refused() {
    let house = house(rows(&[1]), "");
    let mut other = request(&[]);
    other.fingerprint = Fingerprint::from_bytes(&[0; 32]).expect("32 bytes");
    let mut unknown = request(&[]);
    unknown.question = Question::Catalogued {
        name: "read.pg_authid".parse().expect("a name"),
        columns: None,
    };
    let mut elsewhere = request(&[]);
    elsewhere.source = "other".parse().expect("a name");
    let mut surplus = request(&[]);
    surplus.parameters = vec![("nobody".to_owned(), Value::Integer(1))];
    for (request, code) in [
        (other, Code::UnknownQuery),
        (unknown, Code::UnknownQuery),
        (elsewhere, Code::SourceOffline),
        (surplus, Code::InvalidParameter),
        (request(&["ctid"]), Code::InvalidParameter),
    ] {
        let fault = failed(answer(&house.engine, request, &mut Taker::default()).await);
        assert_eq!(fault.code, code, "{fault}");
        assert_eq!(last_code(&house), code.name());
    }
    assert_eq!(house.fake.runs.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_bound_ends_the_result_with_an_error_and_cuts_nothing() {
    for (policy, rows_bound, bytes_bound) in [
        ("[budget]\nrows_per_query = 2", None, None),
        ("", Some(2), None),
        ("", None, Some(10)),
        ("[budget]\nbytes_per_query = 10", None, None),
    ] {
        let house = house(rows(&[1, 2, 3]), policy);
        let mut request = request(&[]);
        (request.max_rows, request.max_bytes) = (rows_bound, bytes_bound);
        let fault = failed(answer(&house.engine, request, &mut Taker::default()).await);
        assert_eq!(fault.code, Code::LimitExceeded, "{policy}");
        assert_eq!(last_code(&house), "limit_exceeded");
    }
    let house = house(rows(&[1, 2]), "[budget]\nbytes_per_day = 10");
    let fault = failed(answer(&house.engine, request(&[]), &mut Taker::default()).await);
    assert_eq!(fault.code, Code::RateLimited);
}

#[tokio::test]
async fn a_failure_of_the_warehouse_midway_voids_the_result() {
    let fake = Fake {
        error: Some(WarehouseError::Lost),
        ..rows(&[1, 2])
    };
    let house = house(fake, "");
    let mut taker = Taker::default();
    let fault = failed(answer(&house.engine, request(&[]), &mut taker).await);
    assert_eq!(fault.code, Code::WarehouseError);
    assert!(taker.header.is_some());
    assert_eq!(last_code(&house), "warehouse_error");
}

#[tokio::test]
async fn the_deadline_holds_for_the_warehouse_and_for_a_reader_that_stalls() {
    let hangs = Fake {
        hangs: true,
        ..Fake::default()
    };
    for (fake, stalls) in [(hangs, false), (rows(&[1]), true)] {
        let house = house(fake, "");
        let mut taker = Taker {
            stalls,
            ..Taker::default()
        };
        let mut request = request(&[]);
        request.deadline = Duration::from_millis(30);
        let fault = failed(answer(&house.engine, request, &mut taker).await);
        assert_eq!(fault.code, Code::DeadlineExceeded);
        dropped(&house).await;
        assert_eq!(last_code(&house), "deadline_exceeded");
    }
}

#[tokio::test]
async fn a_reader_that_leaves_stops_the_statement() {
    let house = house(rows(&[1, 2, 3]), "");
    let mut taker = Taker {
        leaves_after: Some(1),
        ..Taker::default()
    };
    let fault = failed(answer(&house.engine, request(&[]), &mut taker).await);
    assert_eq!(fault.code, Code::Cancelled);
    assert_eq!(last_code(&house), "cancelled");
}

#[tokio::test]
async fn dropping_the_answer_stops_the_statement_and_completes_the_record() {
    let house = house(rows(&[1]), "");
    let mut taker = Taker {
        stalls: true,
        ..Taker::default()
    };
    {
        let answering = answer(&house.engine, request(&[]), &mut taker);
        let polled = tokio::time::timeout(Duration::from_millis(50), answering).await;
        assert!(polled.is_err());
    }
    assert_eq!(last_code(&house), "cancelled");
    assert_eq!(
        (house.count("cancelled"), house.engine.metrics.running.get()),
        (1, 0)
    );
    dropped(&house).await;
}

#[tokio::test]
async fn no_query_runs_without_its_record() {
    let house = house(rows(&[1]), "");
    house.engine.audit.break_for_test(Path::new("/dev/null"));
    let fault = failed(answer(&house.engine, request(&[]), &mut Taker::default()).await);
    assert_eq!(fault.code, Code::AuditUnavailable);
    assert_eq!(house.fake.runs.load(Ordering::SeqCst), 0);
    assert_eq!(house.engine.metrics.audit_failures.get(), 1);
}

#[tokio::test]
async fn a_query_in_progress_keeps_the_policy_that_admitted_it_and_the_next_meets_the_new_one() {
    let house = house(rows(&[1]), "");
    assert!(
        answer(&house.engine, request(&[]), &mut Taker::default())
            .await
            .is_ok()
    );
    let before = house.engine.offers();
    let text =
        "source = \"shop\"\nschema = \"elementary\"\n[categories]\nmetadata = false\nconfiguration = false\n";
    std::fs::write(house.folder.path().join("policy.toml"), text).expect("written");
    for served in house.engine.sources.values() {
        served.policy.reload(true);
    }
    let fault = failed(answer(&house.engine, request(&[]), &mut Taker::default()).await);
    assert_eq!(fault.code, Code::RefusedByPolicy);
    assert_ne!(before[0].policy_digest, house.engine.offers()[0].policy_digest);
}
