//! The raw values that exist in the warehouse behind the data set. A test that watches bytes leave a customer's host
//! searches them for every one of these.

use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow_array::cast::AsArray;
use arrow_csv::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema};

use crate::paths;

/// Bytes that pick the candidates at a position. Shorter canaries are searched for one by one; there are few.
const PREFIX: usize = 8;

/// One raw value and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// For example `customer e-mail`.
    pub kind: String,
    /// The value, as it stands in a raw table.
    pub value: String,
}

/// Every raw value, ready to be searched for.
#[derive(Debug)]
pub struct Canaries {
    all: Vec<Canary>,
    by_prefix: HashMap<[u8; PREFIX], Vec<usize>>,
    short: Vec<usize>,
}

impl Canaries {
    /// Reads them from the data folder.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load() -> Result<Self> {
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
                all.push(Canary {
                    kind: kind.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        Ok(Self::of(all))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The first canary that stands anywhere in `bytes`.
    #[must_use]
    pub fn find_in(&self, bytes: &[u8]) -> Option<&Canary> {
        let long = bytes.windows(PREFIX).enumerate().find_map(|(at, window)| {
            let candidates = self.by_prefix.get(window)?;
            let rest = bytes.get(at..)?;
            candidates.iter().find(|&&i| {
                self.all
                    .get(i)
                    .is_some_and(|c| rest.starts_with(c.value.as_bytes()))
            })
        });
        let short = || {
            self.short.iter().find(|&&i| {
                self.all
                    .get(i)
                    .is_some_and(|c| bytes.windows(c.value.len()).any(|w| w == c.value.as_bytes()))
            })
        };
        long.or_else(short).and_then(|&i| self.all.get(i))
    }

    fn of(all: Vec<Canary>) -> Self {
        let mut by_prefix: HashMap<[u8; PREFIX], Vec<usize>> = HashMap::new();
        let mut short = Vec::new();
        for (i, canary) in all.iter().enumerate() {
            match canary.value.as_bytes().first_chunk::<PREFIX>() {
                Some(prefix) => by_prefix.entry(*prefix).or_default().push(i),
                None if canary.value.is_empty() => {}
                None => short.push(i),
            }
        }
        Self {
            all,
            by_prefix,
            short,
        }
    }
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
    }

    #[test]
    fn values_that_share_a_beginning_are_told_apart_and_short_ones_are_found() {
        let canaries = Canaries::of(vec![canary("abcdefgh-1"), canary("abcdefgh-2"), canary("xyz")]);
        assert_eq!(canaries.find_in(b"..abcdefgh-2.."), Some(&canary("abcdefgh-2")));
        assert_eq!(canaries.find_in(b"..xyz"), Some(&canary("xyz")));
        assert_eq!(canaries.find_in(b"..abcdefgh-3..xy"), None);
    }
}
