//! The customer's record of every query: one line of JSON before it runs and one after, appended and never changed.
//!
//! Each line carries the SHA-256 of the line before it, so that a line that was changed, removed or put in shows when
//! the file is read ([`read`]). The last line's hash is what the gateway holds as the receipt of the last query.
//!
//! What is promised, exactly: a record is handed to the operating system before its query runs, or the query does not
//! run. A crash of the connector therefore loses nothing. A crash of the *host* may lose what was not yet on the disk:
//! by default that is up to [`SYNC_EVERY`], since waiting for the disk would cost every query several times what all of
//! its other steps cost; with `audit.sync = "always"` each query waits for the disk.

mod pace;
mod read;
mod record;

use std::{
    borrow::Cow,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use proto::error::{Code, Fault};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use self::{pace::Pace, record::rfc3339};
pub use self::{
    read::{Line, read},
    record::{Entry, Event, Kind, Outcome, QueryFields, Record},
};
use crate::clock::UnixMillis;

/// How much of the log a crash of the host may take, where `audit.sync` is "batched".
pub const SYNC_EVERY: Duration = Duration::from_millis(100);

/// Size in bytes at which a new file is begun: about 80,000 queries, and still quick to search.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Files that are kept, the current one apart: with [`MAX_FILE_BYTES`] 2 GiB of disk, some 2.5 million queries.
const MAX_FILES: usize = 31;

/// Longest line in bytes that is read back; ours are under 2 kB.
const MAX_LINE_BYTES: u64 = 64 * 1024;

const CURRENT: &str = "audit.jsonl";

/// When a record must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Within [`SYNC_EVERY`].
    Batched,
    /// Before its query runs.
    Always,
}

/// The log cannot be opened, written or synchronised.
#[derive(Debug, Error)]
#[error("the audit log {} cannot be {doing}: {source}", file.display())]
pub struct AuditError {
    file: PathBuf,
    doing: &'static str,
    source: io::Error,
}

impl From<&AuditError> for Fault {
    fn from(_: &AuditError) -> Self {
        Fault::new(
            Code::AuditUnavailable,
            "the connector cannot write its audit log, and no query runs without its record",
        )
    }
}

/// SHA-256 of a line.
pub type Hash = [u8; 32];

/// The log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    inner: Arc<Mutex<Inner>>,
    sync: Sync,
    /// One synchronising at a time: that nothing is dirty means that the disk has it, and not that it is being told.
    flushing: Arc<tokio::sync::Mutex<()>>,
    refusals: Arc<Pace>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    file: File,
    size: u64,
    sequence: u64,
    last: Hash,
    /// A write ended within a line.
    torn: bool,
    /// Lines were written that may not be on the disk.
    dirty: bool,
    max_file_bytes: u64,
}

impl Log {
    /// Opens the log in a folder and continues it. A line that a crash left unfinished stays as it is; the log goes on
    /// after it, and [`read`] reports it.
    pub fn open(folder: &Path, sync: Sync) -> Result<Self, AuditError> {
        Self::open_bounded(folder, sync, MAX_FILE_BYTES)
    }

    fn open_bounded(folder: &Path, sync: Sync, max_file_bytes: u64) -> Result<Self, AuditError> {
        let path = folder.join(CURRENT);
        let failed = |doing| {
            let file = path.clone();
            move |source| AuditError { file, doing, source }
        };
        fs::create_dir_all(folder).map_err(failed("created"))?;
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed("opened"))?;
        hold(&file).map_err(failed("opened"))?;
        let mut tail = tail(&mut file).map_err(failed("read"))?;
        if tail.size == 0
            && let Some(before) = rotated(folder).map_err(failed("read"))?.pop()
        {
            // The crash came between the renaming of a full file and the first line of the next.
            let size = tail.size;
            let mut before = File::open(before).map_err(failed("read"))?;
            tail = self::tail(&mut before).map_err(failed("read"))?;
            tail.size = size;
        }
        let inner = Inner {
            folder: folder.to_owned(),
            file,
            size: tail.size,
            sequence: tail.sequence,
            last: tail.last,
            torn: tail.torn,
            dirty: false,
            max_file_bytes,
        };
        Ok(Self {
            inner: Arc::new(Mutex::new(inner)),
            sync,
            flushing: Arc::default(),
            refusals: Arc::default(),
        })
    }

    /// Appends a record that is not of a query.
    pub fn note(&self, event: &Event<'_>, now: UnixMillis) -> Result<Hash, AuditError> {
        self.lock().append(event, now).map(|(_, hash)| hash)
    }

    /// Appends the record of a query that is about to run. Under [`Sync::Always`] it waits for the disk.
    pub async fn begin(&self, entry: Entry, now: UnixMillis) -> Result<Opened, AuditError> {
        let query = entry.fields();
        let (sequence, _) = self.lock().append(&Event::Opened { query }, now)?;
        let opened = Opened {
            log: self.clone(),
            request: hex::encode(entry.request_id),
            sequence,
            since: Instant::now(),
            completed: false,
            rows: 0,
            bytes: 0,
        };
        if self.sync == Sync::Always {
            self.flush().await?;
        }
        Ok(opened)
    }

    /// Appends the record of a query that was refused; the hash is its receipt. Beyond a burst it waits for its turn, so
    /// that a flood of refusals does not push other records out of the log.
    pub async fn refuse(&self, entry: &Entry, fault: &Fault, now: UnixMillis) -> Result<Hash, AuditError> {
        self.refusals.turn().await;
        self.note(
            &Event::Refused {
                query: entry.fields(),
                code: fault.code.name().into(),
                detail: Cow::Borrowed(&fault.detail),
            },
            now,
        )
    }

    /// Puts on the disk what is not there yet. To be called every [`SYNC_EVERY`], and at the end.
    pub async fn flush(&self) -> Result<(), AuditError> {
        let flushing = Arc::clone(&self.flushing).lock_owned().await;
        let (file, path) = {
            let mut inner = self.lock();
            if !inner.dirty {
                return Ok(());
            }
            let file = inner.file.try_clone();
            let file = file.map_err(|source| inner.failed("synchronised", source))?;
            inner.dirty = false;
            (file, inner.path())
        };
        // On a thread of its own: a disk may take long, and other queries go on writing meanwhile. It keeps the turn, and
        // says that it failed, also where nobody waits for it any more.
        let log = self.clone();
        let synced = tokio::task::spawn_blocking(move || {
            let _flushing = flushing;
            let synced = file.sync_data();
            log.lock().dirty |= synced.is_err();
            synced
        });
        let synced = synced
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the synchronising thread ended")));
        synced.map_err(|source| AuditError {
            file: path,
            doing: "synchronised",
            source,
        })
    }

    /// From here on every write fails, as on a disk that is full.
    #[cfg(test)]
    pub(crate) fn break_for_test(&self, readable: &Path) {
        self.lock().file = File::open(readable).expect("opens");
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // `append` changes its state only after the write it stands for.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A query whose opening record is written. Completed by [`Opened::complete`]; one that is dropped, because its task was
/// cancelled with its tunnel, is completed as `cancelled`.
#[derive(Debug)]
pub struct Opened {
    log: Log,
    request: String,
    sequence: u64,
    since: Instant,
    completed: bool,
    rows: u64,
    bytes: u64,
}

impl Opened {
    /// Counts what is about to be sent, so that the record of a query that is cut short says how far it came.
    pub fn count(&mut self, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bytes += bytes;
    }

    /// Appends the closing record; the hash is the receipt.
    pub fn complete(mut self, outcome: Outcome, now: UnixMillis) -> Result<Hash, AuditError> {
        self.completed = true;
        self.close(outcome, now)
    }

    fn close(&self, outcome: Outcome, now: UnixMillis) -> Result<Hash, AuditError> {
        let event = Event::Completed {
            request: Cow::Borrowed(&self.request),
            opened: self.sequence,
            code: outcome.code.map_or("ok", Code::name).into(),
            rows: self.rows,
            bytes: self.bytes,
            duration_us: u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX),
            digest: outcome.digest.map(|digest| hex::encode(digest).into()),
        };
        self.log.note(&event, now)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if !self.completed {
            let outcome = Outcome {
                code: Some(Code::Cancelled),
                digest: None,
            };
            if let Err(error) = self.close(outcome, UnixMillis::now()) {
                tracing::error!(%error, "the end of a cancelled query is not recorded");
            }
        }
    }
}

impl Inner {
    fn append(&mut self, event: &Event<'_>, now: UnixMillis) -> Result<(u64, Hash), AuditError> {
        let sequence = self.sequence;
        let record = Record {
            sequence,
            time: rfc3339(now).into(),
            event: event.clone(),
            previous: hex::encode(self.last).into(),
        };
        let mut line = Vec::with_capacity(512);
        if self.torn {
            line.push(b'\n');
        }
        let start = line.len();
        serde_json::to_writer(&mut line, &record)
            .map_err(|error| self.failed("written", io::Error::other(error)))?;
        let hash: Hash = Sha256::digest(line.get(start..).unwrap_or_default()).into();
        line.push(b'\n');
        if self.size > 0 && self.size.saturating_add(line.len() as u64) > self.max_file_bytes {
            self.rotate().map_err(|source| self.failed("rotated", source))?;
        }
        // One write for the whole line, so that a crash tears at most the last one.
        if let Err(source) = self.file.write_all(&line) {
            self.torn = true;
            return Err(self.failed("written", source));
        }
        self.torn = false;
        self.dirty = true;
        self.size += line.len() as u64;
        self.sequence += 1;
        self.last = hash;
        Ok((sequence, hash))
    }

    /// Puts the full file aside under the number of the line that follows it and begins a new one.
    fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let aside = self.folder.join(format!("audit-{:016}.jsonl", self.sequence));
        fs::rename(self.path(), aside)?;
        self.file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .mode(0o600)
            .open(self.path())?;
        hold(&self.file)?;
        self.size = 0;
        File::open(&self.folder)?.sync_all()?;
        let mut files = rotated(&self.folder)?;
        let surplus = files.len().saturating_sub(MAX_FILES);
        for old in files.drain(..surplus) {
            tracing::warn!(file = %old.display(), "the oldest audit file is deleted; copy them away to keep them");
            fs::remove_file(old)?;
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(CURRENT)
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> AuditError {
        AuditError {
            file: self.path(),
            doing,
            source,
        }
    }
}

struct Tail {
    size: u64,
    sequence: u64,
    last: Hash,
    torn: bool,
}

/// Where a file ends: the number of the next line and the hash of the last whole one.
fn tail(file: &mut File) -> io::Result<Tail> {
    let size = file.seek(SeekFrom::End(0))?;
    // The last whole line lies within the last two lines' worth of bytes: a torn one may follow it.
    file.seek(SeekFrom::Start(size.saturating_sub(2 * MAX_LINE_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(2 * MAX_LINE_BYTES).read_to_end(&mut bytes)?;
    let torn = bytes.last().is_some_and(|byte| *byte != b'\n');
    let whole = bytes.split(|byte| *byte == b'\n').rev().find_map(|line| {
        let record: Record<'_> = serde_json::from_slice(line).ok()?;
        Some((record.sequence + 1, Sha256::digest(line).into()))
    });
    let (sequence, last) = whole.unwrap_or_default();
    Ok(Tail {
        size,
        sequence,
        last,
        torn,
    })
}

/// The files that were put aside, the oldest first.
fn rotated(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("audit-") && name.ends_with(".jsonl") {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Keeps a file for this process until it is closed: two writers would break each other's chain.
fn hold(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::new(
            io::ErrorKind::WouldBlock,
            "another process holds it; run one connector on a state folder",
        ),
        TryLockError::Error(error) => error,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(super) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    pub(super) fn entry() -> Entry {
        Entry {
            request_id: [7; 16],
            caller: "nightly sync".to_owned(),
            tenant: "acme".parse().expect("a name"),
            source: Some("shop".parse().expect("a name")),
            kind: Kind::Catalogued,
            query: Some("read.dbt_models".to_owned()),
            tables: Vec::new(),
            fingerprint: Some([1; 32]),
            parameters: [2; 32],
        }
    }

    pub(super) fn lines(folder: &Path) -> Vec<Line> {
        let mut lines = Vec::new();
        read(folder, &mut |line| lines.push(line)).expect("readable");
        lines
    }

    const OK: Outcome = Outcome {
        code: None,
        digest: Some([3; 32]),
    };

    #[tokio::test]
    async fn a_query_is_two_lines_and_the_second_is_its_receipt() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Always).expect("opens");
        let mut opened = log.begin(entry(), NOW).await.expect("written");
        assert_eq!(lines(folder.path()).len(), 1);
        opened.count(5, 10);
        let receipt = opened.complete(OK, NOW).expect("written");
        let lines = lines(folder.path());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1].hash, receipt);
        assert!(lines.iter().all(|line| line.chained));
        let completed = lines[1].record.as_ref().expect("a record");
        assert!(
            matches!(&completed.event, Event::Completed { code, rows: 5, opened: 0, .. } if code == "ok")
        );
        let opened = lines[0].record.as_ref().expect("a record");
        assert!(matches!(&opened.event, Event::Opened { query } if query.caller == "nightly sync"));
        assert_eq!(opened.time, "2023-11-14T22:13:20.000Z");
    }

    #[tokio::test]
    async fn a_record_that_must_be_on_the_disk_waits_for_a_flush_that_began_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Always).expect("opens");
        let busy = Arc::clone(&log.flushing).lock_owned().await;
        let mut begun = std::pin::pin!(log.begin(entry(), NOW));
        assert!(
            tokio::time::timeout(Duration::from_millis(20), &mut begun)
                .await
                .is_err()
        );
        // What the flush in progress takes for done must not count for a record behind it.
        log.lock().dirty = false;
        assert!(
            tokio::time::timeout(Duration::from_millis(20), &mut begun)
                .await
                .is_err()
        );
        drop(busy);
        begun.await.expect("written");
    }

    #[test]
    fn a_log_has_one_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Batched).expect("opens");
        let error = Log::open(folder.path(), Sync::Batched).expect_err("held");
        assert!(error.to_string().contains("another process"), "{error}");
        drop(log);
        Log::open(folder.path(), Sync::Batched).expect("free again");
    }

    #[tokio::test]
    async fn a_query_that_is_dropped_is_completed_as_cancelled() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Batched).expect("opens");
        drop(log.begin(entry(), NOW).await.expect("written"));
        let lines = lines(folder.path());
        let last = lines[1].record.as_ref().expect("a record");
        assert!(matches!(&last.event, Event::Completed { code, .. } if code == "cancelled"));
    }

    #[tokio::test]
    async fn the_chain_goes_on_over_restarts_and_files() {
        let folder = tempfile::tempdir().expect("a folder");
        for _ in 0..3 {
            let log = Log::open_bounded(folder.path(), Sync::Batched, 1500).expect("opens");
            for _ in 0..3 {
                let opened = log.begin(entry(), NOW).await.expect("written");
                opened.complete(OK, NOW).expect("written");
            }
            log.flush().await.expect("synced");
        }
        assert!(rotated(folder.path()).expect("listed").len() > 1);
        let lines = lines(folder.path());
        assert_eq!(lines.len(), 18);
        assert!(lines.iter().all(|line| line.chained));
    }

    #[tokio::test]
    async fn a_torn_line_stays_and_the_log_goes_on_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let refuse = async || {
            let log = Log::open(folder.path(), Sync::Batched).expect("opens");
            let refused = log
                .refuse(&entry(), &Fault::new(Code::RefusedByPolicy, "no"), NOW)
                .await;
            refused.expect("written")
        };
        refuse().await;
        let file = folder.path().join(CURRENT);
        let mut torn = fs::read(&file).expect("read");
        torn.extend_from_slice(b"{\"sequence\":1,\"ti");
        fs::write(&file, torn).expect("written");
        refuse().await;
        let lines = lines(folder.path());
        assert_eq!(lines.len(), 3);
        assert!(lines[1].record.is_err());
        assert!(lines[2].chained);
    }

    #[tokio::test]
    async fn no_record_no_query() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Batched).expect("opens");
        log.break_for_test(&folder.path().join(CURRENT));
        let error = log.begin(entry(), NOW).await.expect_err("refused");
        assert_eq!(Fault::from(&error).code, Code::AuditUnavailable);
    }
}
