//! The raw values that exist in the warehouse behind the data set. A test that watches bytes leave a customer's host
//! searches them for every one of these, as it stands and in the disguises of [`forms`].

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result, ensure};
use arrow_array::cast::AsArray;
use arrow_csv::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::paths;

/// A disguise of fewer bytes than this stands in honest bytes by chance: 64^7 is 4e12, a run has some 1e9 bytes.
const MIN_DISGUISE: usize = 7;

/// One raw value and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// For example `customer e-mail`.
    pub kind: String,
    /// The value, as it stands in a raw table.
    pub value: String,
}

/// Raw values, ready to be searched for.
#[derive(Debug)]
pub struct Canaries {
    all: Vec<Canary>,
    patterns: AhoCorasick,
    /// For each pattern: the canary that it is a form of.
    of: Vec<usize>,
}

impl Canaries {
    /// Reads all of them from the data folder.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load() -> Result<Self> {
        Self::load_kinds(|_| true)
    }

    /// Reads those of some kinds.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load_kinds(wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let path = paths::data().join("canaries.csv.gz");
        let unpacked = Command::new("gzip")
            .arg("-dc")
            .arg(&path)
            .output()
            .context("running gzip")?;
        ensure!(unpacked.status.success(), "gzip cannot read {}", path.display());
        let columns = ["kind", "value"].map(|name| Field::new(name, DataType::Utf8, false));
        let reader = ReaderBuilder::new(Arc::new(Schema::new(columns.to_vec())))
            .with_header(true)
            .build(unpacked.stdout.as_slice())?;
        let mut all = Vec::new();
        for batch in reader {
            let batch = batch?;
            let (kinds, values) = (
                batch.column(0).as_string::<i32>(),
                batch.column(1).as_string::<i32>(),
            );
            for (kind, value) in kinds.iter().zip(values) {
                let (kind, value) = (kind.unwrap_or_default(), value.unwrap_or_default());
                if wanted(kind) {
                    all.push(Canary {
                        kind: kind.to_owned(),
                        value: value.to_owned(),
                    });
                }
            }
        }
        Self::of(all)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The first canary that stands anywhere in `bytes`, in any form.
    #[must_use]
    pub fn find_in(&self, bytes: &[u8]) -> Option<&Canary> {
        let found = self.patterns.find(bytes)?;
        self.all.get(*self.of.get(found.pattern().as_usize())?)
    }

    fn of(all: Vec<Canary>) -> Result<Self> {
        let (mut texts, mut of) = (Vec::new(), Vec::new());
        for (i, canary) in all.iter().enumerate() {
            for form in forms(&canary.value) {
                texts.push(form);
                of.push(i);
            }
        }
        let patterns = AhoCorasick::new(texts)?;
        Ok(Self { all, patterns, of })
    }
}

/// A value as it stands, in hexadecimal digits of either case, within JSON, and within Base64 (RFC 4648) of both alphabets
/// wherever in the encoded text it begins.
fn forms(value: &str) -> BTreeSet<String> {
    if value.is_empty() {
        return BTreeSet::new();
    }
    let json = serde_json::Value::from(value).to_string();
    let inner = json.get(1..json.len() - 1).unwrap_or_default();
    let hex = hex::encode(value);
    let mut disguises = vec![hex.to_ascii_uppercase(), hex, inner.replace('/', "\\/")];
    for ahead in 0..3 {
        let bytes = ["\0".repeat(ahead).as_bytes(), value.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            // What neither depends on the bytes before the value nor on those behind it.
            let (from, to) = ((ahead * 8).div_ceil(6), bytes.len() * 8 / 6);
            disguises.extend(text.get(from..to).map(str::to_owned));
        }
    }
    disguises.retain(|disguise| disguise.len() >= MIN_DISGUISE);
    disguises.extend([value.to_owned(), inner.to_owned()]);
    disguises.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary(value: &str) -> Canary {
        Canary {
            kind: "test".to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn every_listed_value_is_found_in_the_middle_of_other_bytes() {
        let canaries = Canaries::load().unwrap();
        assert_eq!(canaries.count(), 22_402);
        for wanted in canaries.all.iter().step_by(97) {
            let bytes = [b"\x00\xff before ", wanted.value.as_bytes(), b" after"].concat();
            assert!(canaries.find_in(&bytes).is_some(), "{wanted:?}");
        }
        assert_eq!(canaries.find_in(b"what every warehouse holds"), None);
    }

    #[test]
    fn a_value_is_found_in_each_of_its_disguises() {
        let wanted = canary("\"né\" o'Hara/17+?>");
        let canaries = Canaries::of(vec![wanted.clone()]).unwrap();
        for around in ["", "x", "xy", "xyz"] {
            let text = format!("{around}{}{around}", wanted.value);
            for disguise in [
                text.clone(),
                hex::encode(&text),
                hex::encode_upper(&text),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                serde_json::Value::from(text.as_str()).to_string(),
            ] {
                let bytes = format!("a{disguise}b").into_bytes();
                assert_eq!(canaries.find_in(&bytes), Some(&wanted), "{disguise}");
            }
        }
    }

    #[test]
    fn values_that_share_a_beginning_are_told_apart_and_short_ones_are_found() {
        let all = vec![canary("abcdefgh-1"), canary("abcdefgh-2"), canary("xyz")];
        let canaries = Canaries::of(all).unwrap();
        assert_eq!(canaries.find_in(b"..abcdefgh-2.."), Some(&canary("abcdefgh-2")));
        assert_eq!(canaries.find_in(b"..xyz"), Some(&canary("xyz")));
        assert_eq!(canaries.find_in(b"..abcdefgh-3..xy"), None);
    }
}
