//! The gateway's audit log: what was asked, by whom, and how it ended. No record, no query, and no change by an
//! administrator.
//!
//! One record is written before a query runs and one after it ended; a refusal is one record. So it is with a query that is
//! proposed to a customer: one before it is sent, one with the answer; and with everything that the administration API
//! changes: one before, with who and from where, one with how it ended, refused or not. Records are JSON lines in
//! files of the folder `audit`, only ever appended, each carrying the SHA-256 of the one before ([`record`]). Reading
//! and verifying is in [`read`].
//!
//! **Durability.** A record is with the operating system before its query runs, so that it outlives the gateway's end
//! by any cause. By default the disk is told within [`SYNC_INTERVAL`] ([`SyncPolicy::Background`]): a loss of power can
//! take the records of that time, and with them nothing that was still running, since the queries ended too. With
//! [`SyncPolicy::Always`] each record is on the disk before its query runs, at the price of a disk's flush for it.
//! A disk that fails a flush may have dropped what it was given, so from then on every query is refused until the
//! gateway is started again.
//!
//! Never in a record: SQL, parameters (only their digest), rows, tokens. Called by `query` and by the
//! administration API.

pub mod read;
pub mod record;
mod writer;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{SyncSender, TrySendError},
    },
    thread::JoinHandle,
    time::Duration,
};

use proto::error::{Code, Fault};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{clock::Clock, metrics::AuditMetrics};
use record::{
    Administered, Administering, Completed, Event, Opened, Proposed, Proposing, RecordHash, Refused,
};

/// How long the disk may lag behind in [`SyncPolicy::Background`]. A flush costs a disk a few milliseconds: ten in a
/// second leave it free for others.
pub const SYNC_INTERVAL: Duration = Duration::from_millis(100);

/// Entries open or waiting at once. Above what the bounds on requests allow, so that those are met first; it bounds the
/// writer's queue, which has room for both records of every entry.
const MAX_OPEN: usize = 8_192;

/// For one record to be written: a disk that needs longer is not one to promise on.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);

/// When to ask again once the log could not be written: somebody has to make room first.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// When records reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncPolicy {
    /// At most [`SYNC_INTERVAL`] after they were written.
    #[default]
    Background,
    /// Before their query runs.
    Always,
}

/// The log cannot be used.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The system refused something.
    #[error("the audit log at {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes this log.
    #[error("the audit log at {path} is in use by another process")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A record is not what its place in the chain requires: the file was changed, or the disk is failing.
    #[error("the audit log {path}, line {line}: {what}; keep the file as evidence and move the folder away")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// The log, open for writing. Clones share it; the last one's end waits for what was handed in to be written.
#[derive(Debug, Clone)]
pub struct Audit {
    shared: Arc<Inner>,
}

struct Inner {
    queue: Option<SyncSender<writer::Command>>,
    thread: Option<JoinHandle<()>>,
    open: Arc<AtomicUsize>,
    metrics: AuditMetrics,
}

impl Audit {
    /// Opens the log in `folder`, made with mode 0700 if it is missing. The chain of the newest file is verified; what
    /// a crash left of an unfinished line is cut off, since its query never ran.
    ///
    /// # Errors
    /// [`AuditError`]; the gateway must not start then.
    pub fn start(
        folder: &Path,
        sync: SyncPolicy,
        clock: Clock,
        metrics: AuditMetrics,
    ) -> Result<Self, AuditError> {
        Self::with_log(writer::Log::open(folder, sync)?, folder, clock, metrics)
    }

    fn with_log(
        log: writer::Log,
        folder: &Path,
        clock: Clock,
        metrics: AuditMetrics,
    ) -> Result<Self, AuditError> {
        let io = |source| AuditError::Io {
            path: folder.to_owned(),
            source,
        };
        let flusher = writer::Flusher::start(&log).map_err(io)?;
        let open = Arc::new(AtomicUsize::new(0));
        let (queue, commands) = std::sync::mpsc::sync_channel(2 * MAX_OPEN);
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn({
                let (open, metrics) = (Arc::clone(&open), metrics.clone());
                move || writer::run(log, flusher, &commands, &clock, &open, &metrics)
            })
            .map_err(io)?;
        Ok(Self {
            shared: Arc::new(Inner {
                queue: Some(queue),
                thread: Some(thread),
                open,
                metrics,
            }),
        })
    }

    /// Writes that a permitted query is about to run.
    ///
    /// # Errors
    /// `audit_unavailable`: the query must not run.
    pub async fn open(&self, opened: Opened) -> Result<Entry, Fault> {
        let request = opened.request.clone();
        let (n, hash) = self.write(Event::Opened(opened)).await?;
        Ok(Entry {
            audit: self.clone(),
            n,
            hash,
            request,
            completed: false,
        })
    }

    /// Writes that a query was refused here.
    ///
    /// # Errors
    /// `audit_unavailable`.
    pub async fn refused(&self, refused: Refused) -> Result<(), Fault> {
        self.write(Event::Refused(refused)).await.map(|_| ())
    }

    /// Writes that a query is about to be proposed to a customer: the record's number.
    ///
    /// # Errors
    /// `audit_unavailable`: it must not be sent.
    pub async fn proposing(&self, proposing: Proposing) -> Result<u64, Fault> {
        self.write(Event::Proposing(proposing)).await.map(|(n, _)| n)
    }

    /// Writes what became of a proposal.
    ///
    /// # Errors
    /// `audit_unavailable`.
    pub async fn proposed(&self, proposed: Proposed) -> Result<(), Fault> {
        self.write(Event::Proposed(proposed)).await.map(|_| ())
    }

    /// Writes that something of the administration is about to be done.
    ///
    /// # Errors
    /// `audit_unavailable`: it must not be done.
    pub async fn administering(&self, administering: Administering) -> Result<Undertaking, Fault> {
        let request = administering.request.clone();
        let (n, _) = self.write(Event::Administering(administering)).await?;
        Ok(Undertaking {
            audit: self.clone(),
            n,
            request,
            ended: false,
        })
    }

    async fn write(&self, event: Event) -> Result<(u64, RecordHash), Fault> {
        if self.shared.open.fetch_add(1, Ordering::AcqRel) >= MAX_OPEN {
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            return Err(self.unavailable("the gateway's audit log has too many entries waiting"));
        }
        let (reply, written) = oneshot::channel();
        if self
            .send(writer::Command {
                event,
                reply: Some(reply),
            })
            .is_err()
        {
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            return Err(self.unavailable("the gateway's audit log has stopped"));
        }
        match tokio::time::timeout(WRITE_DEADLINE, written).await {
            Ok(Ok(Some(written))) => Ok(written),
            Ok(Ok(None)) => Err(self.unavailable("the gateway's audit log could not be written")),
            Ok(Err(_)) => Err(self.unavailable("the gateway's audit log has stopped")),
            Err(_) => Err(self.unavailable("the gateway's audit log did not take the record in time")),
        }
    }

    /// Hands in the second record of an entry.
    fn close(&self, entry: u64, event: Event) {
        if self.send(writer::Command { event, reply: None }).is_err() {
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            self.shared.metrics.failures.inc();
            tracing::error!(entry, "the end of a query could not be handed to the audit log");
        }
    }

    fn send(&self, command: writer::Command) -> Result<(), ()> {
        let queue = self.shared.queue.as_ref().ok_or(())?;
        // Never full: its room is twice what `MAX_OPEN` admits.
        queue.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => (),
        })
    }

    fn unavailable(&self, detail: &'static str) -> Fault {
        self.shared.metrics.refusals.inc();
        Fault::new(Code::AuditUnavailable, detail).retry_after(RETRY_AFTER)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("open", &self.open.load(Ordering::Relaxed))
            .finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // It only panics if a record cannot be told from another, which its own lints exclude.
            let _ = thread.join();
        }
    }
}

/// A query that was written down and has not ended yet. Dropping it writes that its end is not known.
#[derive(Debug)]
pub struct Entry {
    audit: Audit,
    n: u64,
    hash: RecordHash,
    request: String,
    completed: bool,
}

impl Entry {
    /// SHA-256 of the opening record.
    pub fn hash(&self) -> RecordHash {
        self.hash
    }

    /// Writes how the query ended. Does not wait: the record's place in the queue was kept when the entry was opened.
    pub fn complete(mut self, end: Completed) {
        self.finish(end);
    }

    fn finish(&mut self, end: Completed) {
        self.completed = true;
        let event = Event::Completed {
            opened: self.n,
            request: std::mem::take(&mut self.request),
            end,
        };
        self.audit.close(self.n, event);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.completed {
            self.finish(Completed::unknown());
        }
    }
}

/// Something of the administration that was written down and has not ended yet. Dropping it writes that its end is not
/// known.
#[derive(Debug)]
pub struct Undertaking {
    audit: Audit,
    n: u64,
    request: String,
    ended: bool,
}

impl Undertaking {
    /// Writes how it ended. Does not wait, as [`Entry::complete`].
    pub fn end(mut self, end: Administered) {
        self.finish(end);
    }

    fn finish(&mut self, end: Administered) {
        self.ended = true;
        self.audit.close(
            self.n,
            Event::Administered {
                administering: self.n,
                request: std::mem::take(&mut self.request),
                end,
            },
        );
    }
}

impl Drop for Undertaking {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Administered::unknown());
        }
    }
}

#[cfg(test)]
mod tests;
