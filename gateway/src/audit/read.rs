//! Reading the log back, every record verified against the one before. For `gateway audit show`, and for the log's own
//! start. Reads beside a running gateway: a line that is being written is not there yet.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use super::{
    AuditError,
    record::{MAX_LINE_BYTES, Record, RecordHash, read},
};

/// The records of a log, oldest first. Ends at the first error.
#[derive(Debug)]
pub struct Records {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<Open>,
    next: u64,
    prev: RecordHash,
    failed: bool,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
    /// Bytes of whole records read.
    good: u64,
}

/// Opens the log in `folder`.
///
/// # Errors
/// [`AuditError::Io`] if the folder cannot be listed.
pub fn records(folder: &Path) -> Result<Records, AuditError> {
    Ok(Records {
        files: files(folder)?.into_iter(),
        current: None,
        next: 0,
        prev: RecordHash::ZERO,
        failed: false,
    })
}

/// The files of a log in order. A file's name is the number of its first record.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, AuditError> {
    let io = |source| AuditError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if first_record(&path).is_some() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.jsonl")
}

fn first_record(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    (name.len() == 20 && name.bytes().all(|b| b.is_ascii_digit())).then(|| name.parse().ok())?
}

/// What the end of one file says, with its chain verified from its first record on.
pub(super) struct Tail {
    pub(super) next: u64,
    pub(super) prev: RecordHash,
    pub(super) good: u64,
}

/// Verifies one file alone. Its first record's `prev` is taken as it stands: the file before it may have been archived.
pub(super) fn tail(path: &Path) -> Result<Tail, AuditError> {
    let mut open = Open::new(path.to_owned())?;
    let mut next = first_record(path).unwrap_or(0);
    let mut prev = open.first_prev()?;
    while let Some(record) = open.record(next, prev)? {
        next += 1;
        prev = record.hash;
    }
    Ok(Tail {
        next,
        prev,
        good: open.good,
    })
}

impl Open {
    fn new(path: PathBuf) -> Result<Self, AuditError> {
        match File::open(&path) {
            Ok(file) => Ok(Self {
                path,
                lines: BufReader::new(file),
                line: 0,
                good: 0,
            }),
            Err(source) => Err(AuditError::Io { path, source }),
        }
    }

    fn first_prev(&self) -> Result<RecordHash, AuditError> {
        let mut other = Self::new(self.path.clone())?;
        let Some(line) = other.whole_line()? else {
            return Ok(RecordHash::ZERO);
        };
        super::record::prev_of(&line).ok_or_else(|| other.broken("the line is not a record"))
    }

    /// The next line that has its end; none at the end of the file, also if something unfinished stands there.
    fn whole_line(&mut self) -> Result<Option<Vec<u8>>, AuditError> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.lines).take(MAX_LINE_BYTES as u64 + 1);
        bounded
            .read_until(b'\n', &mut line)
            .map_err(|source| AuditError::Io {
                path: self.path.clone(),
                source,
            })?;
        self.line += 1;
        if line.len() > MAX_LINE_BYTES {
            return Err(self.broken("the line is longer than any record"));
        }
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        Ok(Some(line))
    }

    fn record(&mut self, n: u64, prev: RecordHash) -> Result<Option<Record>, AuditError> {
        let Some(line) = self.whole_line()? else {
            return Ok(None);
        };
        let record = read(&line, n, prev).map_err(|what| self.broken(what))?;
        self.good += line.len() as u64 + 1;
        Ok(Some(record))
    }

    fn broken(&self, what: &'static str) -> AuditError {
        AuditError::Broken {
            path: self.path.clone(),
            line: self.line,
            what,
        }
    }
}

impl Records {
    fn advance(&mut self) -> Result<Option<Record>, AuditError> {
        loop {
            if let Some(open) = &mut self.current
                && let Some(record) = open.record(self.next, self.prev)?
            {
                self.next += 1;
                self.prev = record.hash;
                return Ok(Some(record));
            }
            let Some(path) = self.files.next() else {
                return Ok(None);
            };
            let first = first_record(&path).unwrap_or(0);
            let open = Open::new(path)?;
            if self.current.is_none() {
                // The oldest file that is kept: what came before it may have been archived.
                self.next = first;
                self.prev = open.first_prev()?;
            } else if first != self.next {
                return Err(open.broken("the file before this one is incomplete"));
            }
            self.current = Some(open);
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}
