use std::{fs, os::unix::fs::MetadataExt as _};

use prometheus::Registry;

use super::{
    record::{Decision, Kind, Record},
    *,
};
use crate::metrics::Metrics;

fn opened(request: &str) -> Opened {
    Opened {
        request: request.to_owned(),
        caller: "0011223344556677".to_owned(),
        caller_name: "sync".to_owned(),
        tenant: "acme".parse().unwrap(),
        source: "dw".parse().unwrap(),
        kind: Kind::Catalogued,
        query: Some("read.dbt_models".parse().unwrap()),
        tables: vec![],
        columns: vec![],
        fingerprint: "ff".repeat(32),
        parameters: "00".repeat(32),
        decision: Decision::Permitted,
        max_rows: 10,
        max_bytes: 1_000,
        deadline_ms: 1_000,
    }
}

fn completed(rows: u64) -> Completed {
    Completed {
        outcome: "ok".to_owned(),
        rows,
        ..Completed::unknown()
    }
}

fn refused(request: &str) -> Refused {
    Refused {
        request: request.to_owned(),
        caller: "0011223344556677".to_owned(),
        caller_name: "sync".to_owned(),
        tenant: "acme".parse().unwrap(),
        source: "dw".parse().unwrap(),
        kind: Kind::Catalogued,
        query: Some("drop.table".parse().unwrap()),
        decision: Decision::Refused,
        outcome: "unknown_query".to_owned(),
    }
}

fn start(folder: &Path) -> (Audit, AuditMetrics) {
    let metrics = Metrics::new(Registry::new()).unwrap().audit;
    (
        Audit::start(folder, SyncPolicy::Background, Clock::system(), metrics.clone()).unwrap(),
        metrics,
    )
}

fn all(folder: &Path) -> Vec<Record> {
    read::records(folder).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn query_leaves_a_record_before_and_one_after() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("audit");
    let (audit, metrics) = start(&folder);

    let entry = audit.open(opened("aa")).await.unwrap();
    let records = all(&folder);
    assert_eq!(records.len(), 1, "the record is there before the query runs");
    assert!(matches!(&records[0].event, Event::Opened(o) if o.request == "aa"));
    assert_eq!(records[0].hash, entry.hash());

    entry.complete(completed(7));
    audit.refused(refused("bb")).await.unwrap();
    drop(audit.open(opened("cc")).await.unwrap());
    drop(audit);
    let records = all(&folder);
    let events: Vec<_> = records.iter().map(|r| r.event.name()).collect();
    assert_eq!(events, ["opened", "completed", "refused", "opened", "completed"]);
    assert!(
        matches!(&records[1].event, Event::Completed { opened: 0, request, end } if request == "aa" && end.rows == 7)
    );
    assert!(
        matches!(&records[4].event, Event::Completed { opened: 3, end, .. } if end.outcome == "internal")
    );
    assert_eq!(metrics.records.with_label_values(&["opened"]).get(), 2);
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    assert_eq!(
        fs::metadata(folder.join(read::file_name(0))).unwrap().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn chain_goes_on_after_a_restart_and_half_a_line_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (audit, _) = start(dir.path());
    audit.open(opened("aa")).await.unwrap().complete(completed(1));
    drop(audit);
    let file = dir.path().join(read::file_name(0));
    let mut bytes = fs::read(&file).unwrap();
    bytes.extend_from_slice(b"{\"n\":2,\"time\":\"20");
    fs::write(&file, bytes).unwrap();

    let (audit, _) = start(dir.path());
    audit.open(opened("bb")).await.unwrap().complete(completed(1));
    drop(audit);
    let records = all(dir.path());
    assert_eq!(records.iter().map(|r| r.n).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn changed_removed_or_moved_record_breaks_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let (audit, _) = start(dir.path());
    for request in ["aa", "bb", "cc"] {
        audit.open(opened(request)).await.unwrap().complete(completed(1));
    }
    drop(audit);
    let file = dir.path().join(read::file_name(0));
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |skip: usize| {
        let kept: Vec<_> = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != skip)
            .map(|(_, l)| *l)
            .collect();
        kept.join("\n") + "\n"
    };
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(1, 2);
        lines.join("\n") + "\n"
    };
    for (change, bad) in [
        ("a member", text.replacen("\"rows\":1", "\"rows\":2", 1)),
        ("a line", without(2)),
        ("the order", swapped),
        ("the caller", text.replace("sync", "anon")),
    ] {
        fs::write(&file, bad).unwrap();
        let read: Result<Vec<_>, _> = read::records(dir.path()).unwrap().collect();
        assert!(matches!(read, Err(AuditError::Broken { .. })), "{change}");
        let metrics = Metrics::new(Registry::new()).unwrap().audit;
        let again = Audit::start(dir.path(), SyncPolicy::Always, Clock::system(), metrics);
        assert!(matches!(again, Err(AuditError::Broken { .. })), "{change}");
    }
}

#[tokio::test]
async fn second_writer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_audit, metrics) = start(dir.path());
    let second = Audit::start(dir.path(), SyncPolicy::Background, Clock::system(), metrics);
    assert!(matches!(second, Err(AuditError::InUse { .. })));
}

#[tokio::test]
async fn query_whose_record_cannot_be_written_does_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = writer::Log::open(dir.path(), SyncPolicy::Background).unwrap();
    log.write_to_a_full_disk();
    let metrics = Metrics::new(Registry::new()).unwrap().audit;
    let audit = Audit::with_log(log, dir.path(), Clock::system(), metrics.clone()).unwrap();
    let fault = audit.open(opened("aa")).await.unwrap_err();
    assert_eq!(fault.code, Code::AuditUnavailable);
    assert_eq!(fault.retry_after, Some(RETRY_AFTER));
    assert_eq!(
        audit.refused(refused("bb")).await.unwrap_err().code,
        Code::AuditUnavailable
    );
    assert_eq!(metrics.failures.get(), 2);
    assert_eq!(metrics.refusals.get(), 2);
    assert_eq!(audit.shared.open.load(Ordering::Acquire), 0);
}

#[tokio::test]
async fn log_goes_on_in_a_new_file_and_reads_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = writer::Log::open(dir.path(), SyncPolicy::Always).unwrap();
    log.close_files_at(500);
    let metrics = Metrics::new(Registry::new()).unwrap().audit;
    let audit = Audit::with_log(log, dir.path(), Clock::system(), metrics).unwrap();
    for _ in 0..10 {
        audit.open(opened("aa")).await.unwrap().complete(completed(1));
    }
    drop(audit);
    assert!(read::files(dir.path()).unwrap().len() > 3);
    assert_eq!(all(dir.path()).len(), 20);
    // The oldest file may be archived; what is left is still a chain.
    fs::remove_file(dir.path().join(read::file_name(0))).unwrap();
    assert!(!all(dir.path()).is_empty());
    // A file out of the middle may not.
    let second = read::files(dir.path()).unwrap().remove(1);
    fs::remove_file(second).unwrap();
    let read: Result<Vec<_>, _> = read::records(dir.path()).unwrap().collect();
    assert!(matches!(read, Err(AuditError::Broken { .. })));
}

#[tokio::test]
async fn change_by_an_administrator_leaves_a_record_before_and_one_after() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("audit");
    let (audit, _) = start(&folder);
    let announced = |request: &str| Administering {
        request: request.to_owned(),
        caller: "person-0011223344556677".to_owned(),
        caller_name: "ada@people.example".to_owned(),
        issuer: Some("https://login.example".to_owned()),
        subject: Some("ada".to_owned()),
        peer: "192.0.2.7:4711".to_owned(),
        action: "POST /v1/tenants".to_owned(),
        path: "/v1/tenants".to_owned(),
    };
    let undertaking = audit.administering(announced("aa")).await.unwrap();
    assert_eq!(
        all(&folder).len(),
        1,
        "the record is there before anything is done"
    );
    undertaking.end(Administered::ended(None, Some("acme".to_owned())));
    let refused = audit.administering(announced("bb")).await.unwrap();
    refused.end(Administered::ended(Some(Code::Forbidden), None));
    // Whose caller went away.
    drop(audit.administering(announced("cc")).await.unwrap());
    drop(audit);

    let ends: Vec<_> = all(&folder)
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Administered {
                administering,
                request,
                end,
            } => Some((administering, request, end.outcome, end.made)),
            _ => None,
        })
        .collect();
    let end = |n, request: &str, outcome: &str, made: Option<&str>| {
        (n, request.to_owned(), outcome.to_owned(), made.map(str::to_owned))
    };
    let expected = [
        end(0, "aa", "ok", Some("acme")),
        end(2, "bb", "forbidden", None),
        end(4, "cc", "cancelled", None),
    ];
    assert_eq!(ends, expected);
    // The next start reads all of them.
    drop(start(&folder));
}
