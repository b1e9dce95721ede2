//! The thread that appends. It writes what has gathered in one call, then answers everybody that waits.
//!
//! A thread of its own, since a disk under pressure blocks a write for seconds, which must not stop the tunnels.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Instant,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::oneshot;

use super::{
    AuditError, SYNC_INTERVAL, SyncPolicy, read,
    record::{self, Event, RecordHash},
};
use crate::{clock::Clock, metrics::AuditMetrics};

/// A file of the log is closed at this size: about 200,000 queries, small enough to be copied about.
const FILE_BYTES: u64 = 128 * 1024 * 1024;

/// Records written by one call: what a burst gathers while one write is under way.
const MAX_GROUP: usize = 256;

/// One record to write. Without `reply` it is the second of an entry.
pub(super) struct Command {
    pub(super) event: Event,
    pub(super) reply: Option<oneshot::Sender<Option<(u64, RecordHash)>>>,
}

/// The file in use and the end of the chain.
pub(super) struct Log {
    folder: PathBuf,
    path: PathBuf,
    file: Arc<File>,
    bytes: u64,
    next: u64,
    prev: RecordHash,
    sync: SyncPolicy,
    /// Set for good once it is unknown what the file holds.
    broken: Arc<AtomicBool>,
    file_bytes: u64,
}

impl Log {
    pub(super) fn open(folder: &Path, sync: SyncPolicy) -> Result<Self, AuditError> {
        let io = |source| AuditError::Io {
            path: folder.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(io)?;
        let newest = read::files(folder)?.pop();
        let path = newest.unwrap_or_else(|| folder.join(read::file_name(0)));
        let file = append(&path)?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => AuditError::InUse { path: path.clone() },
            std::fs::TryLockError::Error(source) => AuditError::Io {
                path: path.clone(),
                source,
            },
        })?;
        let tail = read::tail(&path)?;
        let io = |source| AuditError::Io {
            path: path.clone(),
            source,
        };
        let found = file.metadata().map_err(io)?.len();
        if found > tail.good {
            let bytes = found - tail.good;
            tracing::warn!(
                bytes,
                "the audit log ended within a line; the unfinished record was removed"
            );
            file.set_len(tail.good).map_err(io)?;
        }
        File::open(folder).and_then(|f| f.sync_all()).map_err(io)?;
        Ok(Self {
            folder: folder.to_owned(),
            path,
            file: Arc::new(file),
            bytes: tail.good,
            next: tail.next,
            prev: tail.prev,
            sync,
            broken: Arc::new(AtomicBool::new(false)),
            file_bytes: FILE_BYTES,
        })
    }

    /// The device of Linux on which every write fails for want of room.
    #[cfg(test)]
    pub(super) fn write_to_a_full_disk(&mut self) {
        self.file = Arc::new(
            OpenOptions::new()
                .append(true)
                .open("/dev/full")
                .expect("Linux has it"),
        );
    }

    #[cfg(test)]
    pub(super) fn close_files_at(&mut self, bytes: u64) {
        self.file_bytes = bytes;
    }

    /// Appends all of `events` or none; their numbers and hashes.
    fn append(&mut self, events: &[Event], time: &str) -> io::Result<Vec<(u64, RecordHash)>> {
        if self.broken.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier flush or repair failed"));
        }
        if self.bytes >= self.file_bytes {
            self.rotate()?;
        }
        let (mut next, mut prev) = (self.next, self.prev);
        let (mut lines, mut written) = (Vec::new(), Vec::with_capacity(events.len()));
        for event in events {
            let (line, hash) = record::write(next, time, event, prev)?;
            lines.extend_from_slice(&line);
            written.push((next, hash));
            (next, prev) = (next + 1, hash);
        }
        let mut done = (&*self.file).write_all(&lines);
        if done.is_ok() && self.sync == SyncPolicy::Always {
            done = self.file.sync_data();
            if done.is_err() {
                self.broken.store(true, Ordering::Release);
            }
        }
        if let Err(error) = done {
            // Half a line must not stand before the next one.
            if self.file.set_len(self.bytes).is_err() {
                self.broken.store(true, Ordering::Release);
            }
            return Err(error);
        }
        self.bytes += lines.len() as u64;
        (self.next, self.prev) = (next, prev);
        Ok(written)
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let path = self.folder.join(read::file_name(self.next));
        let file = append(&path).map_err(|e| io::Error::other(e.to_string()))?;
        file.try_lock().map_err(|e| io::Error::other(e.to_string()))?;
        File::open(&self.folder)?.sync_all()?;
        (self.file, self.path, self.bytes) = (Arc::new(file), path, 0);
        Ok(())
    }
}

fn append(path: &Path) -> Result<File, AuditError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| AuditError::Io {
            path: path.to_owned(),
            source,
        })
}

/// Writes until every sender is gone, then flushes.
pub(super) fn run(
    mut log: Log,
    flusher: Flusher,
    commands: &Receiver<Command>,
    clock: &Clock,
    open: &AtomicUsize,
    metrics: &AuditMetrics,
) {
    let mut unflushed: Option<Instant> = None;
    loop {
        let first = match unflushed {
            None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(since) => commands.recv_timeout(SYNC_INTERVAL.saturating_sub(since.elapsed())),
        };
        match first {
            Ok(first) => {
                let group: Vec<_> = std::iter::once(first)
                    .chain(commands.try_iter())
                    .take(MAX_GROUP)
                    .collect();
                write_group(&mut log, group, clock, open, metrics);
                if log.sync == SyncPolicy::Background {
                    unflushed.get_or_insert_with(Instant::now);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if unflushed.is_some_and(|since| since.elapsed() >= SYNC_INTERVAL) {
            // While the disk is still busy with the last flush, this one waits for another interval.
            unflushed = (!flusher.flush(&log.file)).then(Instant::now);
        }
    }
    drop(flusher);
    if let Err(error) = log.file.sync_data() {
        tracing::error!(%error, "the audit log could not be flushed at the end");
    }
}

fn write_group(
    log: &mut Log,
    group: Vec<Command>,
    clock: &Clock,
    open: &AtomicUsize,
    metrics: &AuditMetrics,
) {
    let (events, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|c| (c.event, c.reply)).unzip();
    let written = log.append(&events, &timestamp(clock));
    if let Err(error) = &written {
        metrics.failures.inc_by(events.len() as u64);
        tracing::error!(%error, records = events.len(), path = %log.path.display(), "the audit log cannot be written");
    }
    let mut numbers = written.ok().map(Vec::into_iter);
    let mut orphans = Vec::new();
    for (event, reply) in events.iter().zip(replies) {
        let number = numbers.as_mut().and_then(Iterator::next);
        if number.is_some() {
            metrics.records.with_label_values(&[event.name()]).inc();
        }
        // An entry stays counted from its opening record to its end; everything else ends here.
        let Some((n, _)) = number.filter(|_| event.opens()) else {
            open.fetch_sub(1, Ordering::AcqRel);
            reply.map(|reply| reply.send(number));
            continue;
        };
        let taken = reply.is_some_and(|reply| reply.send(number).is_ok());
        if !taken {
            open.fetch_sub(1, Ordering::AcqRel);
            orphans.extend(event.too_late(n));
        }
    }
    // Whoever asked for these did not wait for them, so their queries did not run.
    if !orphans.is_empty() && log.append(&orphans, &timestamp(clock)).is_err() {
        metrics.failures.inc_by(orphans.len() as u64);
    }
}

fn timestamp(clock: &Clock) -> String {
    let nanos = i128::from(clock.unix_millis()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// A second thread that tells the disk, so that records go on being written meanwhile.
pub(super) struct Flusher {
    files: Option<SyncSender<Arc<File>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Flusher {
    pub(super) fn start(log: &Log) -> io::Result<Self> {
        let broken = Arc::clone(&log.broken);
        let (files, queue) = sync_channel::<Arc<File>>(1);
        let thread = std::thread::Builder::new().name("audit-flush".to_owned()).spawn(move || {
            while let Ok(file) = queue.recv() {
                if let Err(error) = file.sync_data() {
                    broken.store(true, Ordering::Release);
                    tracing::error!(%error, "the audit log could not be flushed; queries are refused until a restart");
                }
            }
        })?;
        Ok(Self {
            files: Some(files),
            thread: Some(thread),
        })
    }

    /// Whether the flush was taken on. If an earlier one is still waiting, it is asked again later.
    fn flush(&self, file: &Arc<File>) -> bool {
        self.files
            .as_ref()
            .is_some_and(|files| files.try_send(Arc::clone(file)).is_ok())
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        drop(self.files.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
