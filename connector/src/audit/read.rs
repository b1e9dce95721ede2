//! Reading the log back, and checking its chain.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{AuditError, CURRENT, Hash, MAX_LINE_BYTES, Record, rotated};

/// One line that was read back.
#[derive(Debug)]
pub struct Line {
    /// The record; the error says why the line is not one.
    pub record: Result<Record<'static>, &'static str>,
    /// Whether the line continues the one before it: its number and its `previous` fit.
    pub chained: bool,
    /// SHA-256 of the line: the receipt of its query.
    pub hash: Hash,
}

/// Reads the log from its oldest kept line on, and says of each line whether it continues the one before.
pub fn read(folder: &Path, visit: &mut dyn FnMut(Line)) -> Result<(), AuditError> {
    let failed = |file: &Path, source| AuditError {
        file: file.to_owned(),
        doing: "read",
        source,
    };
    let mut files = rotated(folder).map_err(|source| failed(folder, source))?;
    files.push(folder.join(CURRENT));
    let mut before: Option<(u64, Hash)> = None;
    for path in files {
        let mut reader = BufReader::new(File::open(&path).map_err(|source| failed(&path, source))?);
        loop {
            let mut line = Vec::new();
            let read = (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
            if read.map_err(|source| failed(&path, source))? == 0 {
                break;
            }
            let ended = line.pop_if(|byte| *byte == b'\n').is_some();
            let hash: Hash = Sha256::digest(&line).into();
            let record: Result<Record<'static>, _> =
                serde_json::from_slice(&line).map_err(|_| "not a record");
            let record = if ended {
                record
            } else {
                Err("the line is not finished")
            };
            let chained = record.as_ref().is_ok_and(|record| match before {
                None => true,
                Some((sequence, last)) => record.sequence == sequence && record.previous == hex::encode(last),
            });
            if let Ok(record) = &record {
                before = Some((record.sequence + 1, hash));
            }
            visit(Line {
                record,
                chained,
                hash,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proto::error::{Code, Fault};

    use super::*;
    use crate::audit::{
        Log, Sync,
        tests::{NOW, entry, lines},
    };

    #[tokio::test]
    async fn a_line_that_was_changed_or_removed_shows() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(folder.path(), Sync::Batched).expect("opens");
        for _ in 0..3 {
            log.refuse(&entry(), &Fault::new(Code::RefusedByPolicy, "no"), NOW)
                .await
                .expect("written");
        }
        let file = folder.path().join(CURRENT);
        let text = fs::read_to_string(&file).expect("read");
        fs::write(&file, text.replacen("nightly", "forged!", 1)).expect("written");
        let chained: Vec<bool> = lines(folder.path()).iter().map(|line| line.chained).collect();
        assert_eq!(chained, [true, false, true]);
        let without: String = text
            .split_inclusive('\n')
            .enumerate()
            .filter(|(i, _)| *i != 1)
            .map(|(_, l)| l)
            .collect();
        fs::write(&file, without).expect("written");
        let chained: Vec<bool> = lines(folder.path()).iter().map(|line| line.chained).collect();
        assert_eq!(chained, [true, false]);
    }
}
