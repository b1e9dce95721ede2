//! Masks that the connector applies to a result, between the warehouse and the encoder.
//!
//! A masked column leaves as text of the same Arrow type, and NULL stays NULL. The policy has made sure that nothing was
//! computed with it (`policy/taint.rs`). What cannot be masked ends the result: no value passes because of a surprise.

mod redact;

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, builder::StringBuilder, cast::AsArray};
use arrow_schema::DataType;
use aws_lc_rs::hmac;
use proto::error::{Code, Fault};
use rand::RngCore as _;
use thiserror::Error;
use zeroize::Zeroizing;

pub use self::redact::redact;
use crate::{identity, policy::file::KeyName};

/// Bytes of a key: as many as the digest has (RFC 2104, section 3).
const KEY_BYTES: usize = 32;

/// What is done to each value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mask {
    /// HMAC-SHA-256 (RFC 2104) with a key that stays on this host, in 64 hexadecimal digits: equal values stay equal.
    Sha256,
    /// Quoted strings, numbers and tokens that look like addresses or keys become `?`: see [`redact`].
    Redact,
}

impl Mask {
    /// The value in a policy file.
    pub const fn name(self) -> &'static str {
        match self {
            Mask::Sha256 => "sha256",
            Mask::Redact => "redact",
        }
    }
}

/// Where the keys of `sha256` lie: the state folder.
#[derive(Debug, Clone)]
pub struct Keys {
    folder: PathBuf,
}

/// The key could not be read or made.
#[derive(Debug, Error)]
#[error("{}: {why}", file.display())]
pub struct KeyError {
    file: PathBuf,
    why: String,
}

impl KeyError {
    /// What a caller is told.
    pub fn to_fault(&self) -> Fault {
        Fault::new(
            Code::Internal,
            "the key of `sha256` masks cannot be read; the connector's log names the file",
        )
    }
}

impl Keys {
    /// Keys in this folder, of mode 0700.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The key of this name, made at its first need in a file of mode 0600.
    fn get(&self, name: &KeyName) -> Result<hmac::Key, KeyError> {
        let file = self.folder.join(name.as_str());
        let failed = |why: String| KeyError {
            file: file.clone(),
            why,
        };
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
                rand::rng().fill_bytes(&mut *key);
                let text = Zeroizing::new(hex::encode(*key));
                match identity::write_private(&file, text.as_bytes()) {
                    // Another query has made it meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    made => made.map_err(|error| failed(error.to_string()))?,
                }
                fs::read_to_string(&file)
            }
            read => read,
        };
        let text = Zeroizing::new(text.map_err(|error| failed(error.to_string()))?);
        let mode = fs::metadata(&file).map_err(|error| failed(error.to_string()))?;
        let mode = mode.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(failed(format!(
                "others than its owner may use it (mode {mode:o}); run `chmod 600` on it"
            )));
        }
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        hex::decode_to_slice(text.trim(), &mut *key)
            .map_err(|_| failed(format!("is not {KEY_BYTES} bytes in hexadecimal digits")))?;
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &*key))
    }
}

/// The masks of one result, ready to be applied.
#[derive(Debug, Default)]
pub struct Masks {
    columns: Vec<Option<Applied>>,
}

#[derive(Debug)]
enum Applied {
    Sha256(Box<hmac::Key>),
    Redact,
}

/// A column that should be masked is not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a column that the policy masks is not text")]
pub struct NotText;

impl Masks {
    /// The masks of each output, with the key where one is needed.
    pub fn new(columns: &[Option<Mask>], key: &KeyName, keys: &Keys) -> Result<Self, KeyError> {
        let columns = columns.iter().map(|mask| {
            Ok(match mask {
                None => None,
                Some(Mask::Redact) => Some(Applied::Redact),
                Some(Mask::Sha256) => Some(Applied::Sha256(Box::new(keys.get(key)?))),
            })
        });
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
        })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(Option::is_none)
    }

    /// The batch with its columns masked.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, NotText> {
        if self.is_empty() {
            return Ok(batch.clone());
        }
        if self.columns.len() != batch.num_columns() {
            return Err(NotText);
        }
        let columns = batch
            .columns()
            .iter()
            .zip(&self.columns)
            .map(|(column, mask)| match mask {
                None => Ok(Arc::clone(column)),
                Some(mask) => masked(column, mask),
            });
        let columns = columns.collect::<Result<_, _>>()?;
        RecordBatch::try_new(batch.schema(), columns).map_err(|_| NotText)
    }
}

fn masked(column: &ArrayRef, mask: &Applied) -> Result<ArrayRef, NotText> {
    if *column.data_type() != DataType::Utf8 {
        return Err(NotText);
    }
    let text: &StringArray = column.as_string();
    let mut builder = StringBuilder::with_capacity(text.len(), text.value_data().len());
    for value in text {
        match (value, mask) {
            (None, _) => builder.append_null(),
            (Some(value), Applied::Redact) => builder.append_value(redact(value)),
            (Some(value), Applied::Sha256(key)) => {
                builder.append_value(hex::encode(hmac::sign(key, value.as_bytes())));
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;
    use arrow_schema::{Field, Schema};

    use super::*;

    fn batch() -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("plain", DataType::Utf8, true),
            Field::new("masked", DataType::Utf8, true),
            Field::new("number", DataType::Int64, true),
        ]);
        let text = || StringArray::from(vec![Some("it is 'Zoe'"), None, Some("it is 'Zoe'")]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(text()),
            Arc::new(text()),
            Arc::new(Int64Array::from(vec![1, 2, 3])),
        ];
        RecordBatch::try_new(Arc::new(schema), columns).expect("a batch")
    }

    fn name() -> KeyName {
        crate::policy::file::tests::document("")
            .expect("parses")
            .sha256_key()
            .clone()
    }

    #[test]
    fn only_the_masked_column_changes_and_null_stays_null() {
        let keys = Keys::new("/nonexistent");
        let masks = Masks::new(&[None, Some(Mask::Redact), None], &name(), &keys).expect("no key needed");
        let out = masks.apply(&batch()).expect("masked");
        assert_eq!(out.column(0), batch().column(0));
        let column = out.column(1).as_string::<i32>();
        assert_eq!(
            column.iter().collect::<Vec<_>>(),
            [Some("it is '?'"), None, Some("it is '?'")]
        );
    }

    #[test]
    fn a_hash_is_keyed_by_a_file_that_only_its_owner_reads_and_stays_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = Keys::new(folder.path());
        let hashed = |keys: &Keys| {
            let masks = Masks::new(&[None, Some(Mask::Sha256), None], &name(), keys).expect("a key");
            let out = masks.apply(&batch()).expect("masked");
            let column = out.column(1).as_string::<i32>();
            assert_eq!(column.value(0), column.value(2));
            assert!(column.is_null(1));
            column.value(0).to_owned()
        };
        let first = hashed(&keys);
        assert_eq!(first.len(), 64);
        assert_eq!(hashed(&keys), first);
        let file = folder.path().join("mask.key");
        let mode = fs::metadata(&file).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let other = tempfile::tempdir().expect("a folder");
        assert_ne!(hashed(&Keys::new(other.path())), first);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("changed");
        let open = Masks::new(&[Some(Mask::Sha256)], &name(), &keys).expect_err("refused");
        assert!(open.to_string().contains("chmod 600"), "{open}");
    }

    #[test]
    fn what_is_no_text_ends_the_result() {
        let keys = Keys::new("/nonexistent");
        for columns in [vec![None, None, Some(Mask::Redact)], vec![Some(Mask::Redact)]] {
            let masks = Masks::new(&columns, &name(), &keys).expect("no key needed");
            assert_eq!(masks.apply(&batch()).err(), Some(NotText));
        }
    }
}
