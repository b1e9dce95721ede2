//! What a running connector says of its tunnels, in a file of its state folder: for `connector status`, which also answers
//! where no operations listener is open.
//!
//! The file is replaced whole at each change: a tunnel came up, one could not be opened, clocks turned out to differ, a path
//! was measured (at each probe of the gateway, every ten seconds). It
//! counts while the process that wrote it holds the lock beside it, so that what a killed one left is not believed. It
//! holds nothing of queries, and the gateway's words only as [`TunnelError`] lets them through: bounded, on one line.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path as FilePath, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use proto::wire::frame::{Slot, Welcome};
use serde::{Deserialize, Serialize};

use crate::{
    clock::UnixMillis,
    identity::{make_private, write_private},
    tunnel::dial::TunnelError,
};

/// Largest file that is read: ours has some hundred bytes, and a sentence.
const MAX_BYTES: u64 = 64 * 1024;

/// What is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The connector's version.
    pub version: String,
    /// When it started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// When the certificate in use ends, in milliseconds since 1970.
    pub certificate_end_unix_ms: u64,
    /// How its tunnels stand, by slot.
    pub tunnels: Vec<Tunnel>,
}

/// What a path is like, by the transport's own measure at this end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Path {
    /// Round trip in microseconds.
    pub round_trip_us: u64,
    /// Bytes of the datagrams that it carries to the gateway; none over TCP, as below.
    pub mtu: Option<u16>,
    /// Packets that were sent to the gateway.
    pub packets_sent: Option<u64>,
    /// Those of them that were lost.
    pub packets_lost: Option<u64>,
}

/// How a tunnel stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Tunnel {
    /// The first is being opened.
    Opening,
    /// The gateway has welcomed it.
    Up {
        /// When, in milliseconds since 1970.
        since_unix_ms: u64,
        /// By which node.
        node: String,
        /// That node's number for it.
        number: u64,
        /// How far the gateway's clock is ahead, in seconds.
        skew_seconds: i64,
        /// What carries it: `quic` or `http2`.
        transport: String,
        /// What its path is like, as of the last probe.
        path: Path,
    },
    /// None is wanted: the gateway has fewer nodes.
    Idle,
    /// There is none.
    Down {
        /// The label of the metric: a stable code, or what kept this host from getting one.
        code: String,
        /// One sentence, with what to do.
        reason: String,
        /// Whether the gateway's operator has revoked this connector.
        revoked: bool,
        /// How far the gateway's clock is ahead, in seconds, where that is the reason.
        skew_seconds: Option<i64>,
        /// When another is tried, in milliseconds since 1970.
        retry_unix_ms: u64,
    },
}

/// Where the running connector writes.
#[derive(Debug)]
pub struct Board {
    file: PathBuf,
    status: Mutex<Status>,
    /// Held as long as the file counts.
    _lock: File,
}

impl Board {
    /// Opens the board of a state folder, for so many tunnels. Waits for nobody but a reader.
    pub fn open(file: PathBuf, certificate_end: SystemTime, tunnels: u8) -> io::Result<Self> {
        if let Some(folder) = file.parent() {
            make_private(folder).map_err(io::Error::other)?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(lock_of(&file))?;
        lock.lock()?;
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_unix_ms: UnixMillis::now().0,
            certificate_end_unix_ms: UnixMillis::from(certificate_end).0,
            tunnels: (0..tunnels)
                .map(|slot| if slot == 0 { Tunnel::Opening } else { Tunnel::Idle })
                .collect(),
        };
        let board = Self {
            file,
            status: Mutex::new(status),
            _lock: lock,
        };
        board.change(|_| {});
        Ok(board)
    }

    /// The gateway has welcomed a tunnel of the slot.
    pub fn up(
        &self,
        slot: Slot,
        transport: &str,
        welcome: &Welcome,
        skew_seconds: i64,
        certificate_end: SystemTime,
    ) {
        self.change(|status| {
            status.certificate_end_unix_ms = UnixMillis::from(certificate_end).0;
            let tunnel = Tunnel::Up {
                since_unix_ms: UnixMillis::now().0,
                node: welcome.node.to_string(),
                number: welcome.tunnel,
                skew_seconds,
                transport: transport.to_owned(),
                path: Path::default(),
            };
            set(status, slot, tunnel);
        });
    }

    /// The clocks of a tunnel that is up were compared again.
    pub fn compared(&self, slot: Slot, seconds: i64) {
        self.change(|status| {
            if let Some(Tunnel::Up { skew_seconds, .. }) = status.tunnels.get_mut(usize::from(slot.number()))
            {
                *skew_seconds = seconds;
            }
        });
    }

    /// The path of a tunnel that is up was measured.
    pub fn measured(&self, slot: Slot, measured: Path) {
        self.change(|status| {
            if let Some(Tunnel::Up { path, .. }) = status.tunnels.get_mut(usize::from(slot.number())) {
                *path = measured;
            }
        });
    }

    /// No tunnel of the slot is wanted.
    pub fn idle(&self, slot: Slot) {
        let already = self.lock().tunnels.get(usize::from(slot.number())) == Some(&Tunnel::Idle);
        if !already {
            self.change(|status| set(status, slot, Tunnel::Idle));
        }
    }

    /// There is no tunnel of the slot; another is tried after `wait`.
    pub fn down(&self, slot: Slot, error: &TunnelError, wait: Duration) {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.change(|status| {
            let tunnel = Tunnel::Down {
                code: error.label().to_owned(),
                reason: error.to_string(),
                revoked: error.is_revoked(),
                skew_seconds: error.skew_seconds(),
                retry_unix_ms: UnixMillis::now().0.saturating_add(wait),
            };
            set(status, slot, tunnel);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Status)) {
        let mut status = self.lock();
        change(&mut status);
        // Nothing depends on it: a folder that cannot be written is found by the audit log.
        if let Err(error) = put(&self.file, &status) {
            tracing::warn!(file = %self.file.display(), %error, "the status is not written down");
        }
    }
}

fn set(status: &mut Status, slot: Slot, tunnel: Tunnel) {
    if let Some(place) = status.tunnels.get_mut(usize::from(slot.number())) {
        *place = tunnel;
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// What the connector that runs on a state folder says; none where none runs.
pub fn read(file: &FilePath) -> io::Result<Option<Status>> {
    let lock = match File::open(lock_of(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    match lock.try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut bytes = Vec::new();
    match File::open(file) {
        // It is just starting.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?.take(MAX_BYTES).read_to_end(&mut bytes)?,
    };
    Ok(Some(serde_json::from_slice(&bytes)?))
}

fn lock_of(file: &FilePath) -> PathBuf {
    file.with_extension("lock")
}

/// Written beside its place and moved there.
fn put(file: &FilePath, status: &Status) -> io::Result<()> {
    let fresh = file.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_private(&fresh, &serde_json::to_vec(status)?)?;
    fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use proto::error::Code;

    use super::*;

    #[test]
    fn a_status_counts_while_its_connector_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("run/status.json");
        assert_eq!(read(&file).expect("nothing to read"), None);
        let board = Board::open(file.clone(), SystemTime::now(), 2).expect("a board");
        let read_now = || read(&file).expect("reads");
        assert_eq!(
            read_now().map(|status| status.tunnels),
            Some(vec![Tunnel::Opening, Tunnel::Idle])
        );
        let second = Slot::new(1).expect("a slot");
        let error = TunnelError::Gateway {
            code: Code::Revoked,
            detail: "the connector was revoked".to_owned(),
            retry_after: None,
        };
        board.down(second, &error, Duration::from_secs(300));
        match read_now().and_then(|status| status.tunnels.get(1).cloned()) {
            Some(Tunnel::Down {
                code,
                revoked,
                retry_unix_ms,
                ..
            }) => {
                assert_eq!((code.as_str(), revoked), ("revoked", true));
                assert!(retry_unix_ms > UnixMillis::now().0 + 290_000);
            }
            other => panic!("{other:?}"),
        }
        // What a killed one leaves is not believed.
        let left = fs::read(&file).expect("the file");
        drop(board);
        fs::write(&file, left).expect("written");
        assert_eq!(read_now(), None);
    }
}
