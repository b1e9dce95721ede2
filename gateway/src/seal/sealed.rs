//! A sealed value as it stands in records.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::store::MAX_VALUE_BYTES;

/// Largest value that is sealed, in bytes: with base64 and a record around it, it still fits the store.
pub const MAX_SECRET_BYTES: usize = MAX_VALUE_BYTES / 2;

/// Nonce and tag; base64 makes four characters of three bytes.
const MAX_TEXT_BYTES: usize = (MAX_SECRET_BYTES + 64).div_ceil(3) * 4;
/// Ids of data keys are 16 hex digits.
const MAX_ID_BYTES: usize = 64;
const VERSION: u8 = 1;

/// A sealed value: which data key sealed it, and the ciphertext. Not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Sealed {
    key: String,
    bytes: Vec<u8>,
}

/// The text is no sealed value of a version that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a sealed value of a version that is known here")]
pub struct SealedTextError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    v: u8,
    key: String,
    sealed: String,
}

impl Sealed {
    pub(super) fn new(key: String, bytes: Vec<u8>) -> Self {
        Self { key, bytes }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl TryFrom<Raw> for Sealed {
    type Error = SealedTextError;

    fn try_from(raw: Raw) -> Result<Self, SealedTextError> {
        if raw.v != VERSION || raw.key.len() > MAX_ID_BYTES || raw.sealed.len() > MAX_TEXT_BYTES {
            return Err(SealedTextError);
        }
        let bytes = BASE64_STANDARD_NO_PAD
            .decode(&raw.sealed)
            .map_err(|_| SealedTextError)?;
        Ok(Self { key: raw.key, bytes })
    }
}

impl From<Sealed> for Raw {
    fn from(sealed: Sealed) -> Self {
        Self {
            v: VERSION,
            key: sealed.key,
            sealed: BASE64_STANDARD_NO_PAD.encode(sealed.bytes),
        }
    }
}
