//! The customer's policy file: one TOML document for each source, unknown keys refused.
//!
//! It is parsed once, into a [`Document`] whose tables and columns exist in the Elementary inventory: a misspelt name in
//! a `deny` or `drop` would otherwise let through what the customer meant to hold back.

mod raw;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use proto::{
    id::SourceId,
    query::plan::Identifier,
    schema::{Category, Column, Schema, Sensitivity, Table, elementary},
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::hours::Hours;
use crate::mask::Mask;

/// Largest policy file in bytes: every column of the schema listed twice stays under 64 KiB.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// An example that explains itself; `connector policy example` prints it and a test parses it.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A validated policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    source: SourceId,
    schema: Identifier,
    inventory: &'static Schema,
    profile: Profile,
    categories: BTreeSet<Category>,
    tables: Tables,
    dropped: BTreeSet<ColumnName>,
    allowed: BTreeSet<ColumnName>,
    masked: BTreeMap<ColumnName, Treatment>,
    sha256_key: KeyName,
    samples: Samples,
    adhoc: AdHoc,
    paused: bool,
    hours: Option<Hours>,
    budget: Budget,
    digest: Digest,
}

/// What the columns that can hold more than names, numbers, times and states do, where no setting names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// SQL text, messages, variables and rows never leave, whatever else the file says.
    Strict,
    /// SQL text and messages leave with their literals redacted; variables and values of rows only if they are listed.
    Balanced,
    /// What the file lists, and nothing else: every category, table and sensitive column is written out.
    Full,
}

impl Profile {
    /// The value of `profile`.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Strict => "strict",
            Profile::Balanced => "balanced",
            Profile::Full => "full",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Profile::Strict, Profile::Balanced, Profile::Full]
            .into_iter()
            .find(|profile| profile.name() == name)
    }
}

/// Whether plans that are in no catalogue may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdHoc {
    /// Catalogued queries only.
    Off,
    /// `adhoc = true`
    On,
}

/// How a column that may be read leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// As it is.
    Plain,
    /// As NULL.
    Null,
    /// Its first characters, so many.
    Truncate(u16),
    /// Masked by the connector in the result; it can be selected and not computed with.
    Connector(Mask),
}

/// A column that may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readable {
    /// The column.
    pub column: &'static Column,
    /// How it leaves.
    pub treatment: Treatment,
}

/// The name of the file in the state folder that holds the key of `sha256`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(Box<str>);

impl KeyName {
    fn new(name: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        let stem = name.strip_suffix(".key")?;
        ((1..=60).contains(&stem.len()) && stem.bytes().all(legal)).then(|| Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may leave of rows that failed a test, where the category is on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    /// Tested tables of which no row leaves.
    pub excluded: Vec<TestedTable>,
    /// Rows for each test result; none: as many as the dbt package has stored.
    pub rows: Option<u32>,
    /// Age at which a row is too old; none: rows of any age.
    pub age: Option<Duration>,
}

impl Samples {
    /// Whether anything is held back.
    pub fn is_limited(&self) -> bool {
        let Samples { excluded, rows, age } = self;
        !excluded.is_empty() || rows.is_some() || age.is_some()
    }
}

/// A table of the customer's own, as test results name it: `table`, `schema.table` or `database.schema.table`, compared
/// without regard to case by the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestedTable {
    /// The table.
    pub table: String,
    /// Its schema.
    pub schema: Option<String>,
    /// Its database.
    pub database: Option<String>,
}

impl TestedTable {
    fn new(name: &str) -> Option<Self> {
        let sound =
            |part: &str| !part.trim().is_empty() && part.len() <= 255 && !part.chars().any(char::is_control);
        let parts: Vec<&str> = name.split('.').collect();
        if !parts.iter().copied().all(sound) {
            return None;
        }
        let mut parts = parts.into_iter().rev().map(str::to_owned);
        let (table, schema, database) = (parts.next()?, parts.next(), parts.next());
        parts.next().is_none().then_some(Self {
            table,
            schema,
            database,
        })
    }
}

impl fmt::Display for TestedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.database.iter().chain(&self.schema) {
            write!(f, "{part}.")?;
        }
        f.write_str(&self.table)
    }
}

/// SHA-256 of the file's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A column of the Elementary schema, written `table.column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnName {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}

/// Which tables may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables {
    /// Every table of the inventory but these.
    AllBut(BTreeSet<&'static str>),
    /// These alone.
    Only(BTreeSet<&'static str>),
}

/// What queries may use. Every bound is on: there is no value that means "without limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Rows of one result.
    pub rows_per_query: u64,
    /// Encoded bytes of one result.
    pub bytes_per_query: u64,
    /// Running time of one query.
    pub time_per_query: Duration,
    /// Queries that run at once.
    pub concurrent_queries: u32,
    /// Queries begun within a minute.
    pub queries_per_minute: u32,
    /// Encoded bytes of all results of one UTC day.
    pub bytes_per_day: u64,
    /// Cost of one ad-hoc statement by the estimate of the warehouse's planner, where it makes one.
    pub cost_per_query: u64,
}

/// Why a policy file was refused. Every message names the file, and where it can the key, the value and the remedy.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}; check the path in `connector.toml` and the file's owner and mode", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than any policy.
    #[error("{}: has over {MAX_FILE_BYTES} bytes; a policy is a short TOML document", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// Not TOML, a key that is not known, or a value of another type.
    #[error("{}: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, key and reason.
        message: String,
    },
    /// A value that makes no sense.
    #[error("{}: `{key} = {value}`: {remedy}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// What is wrong and what to do.
        remedy: String,
    },
}

/// Why a table or column is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Withheld {
    /// The table is not in the inventory: no setting allows it.
    UnknownTable,
    /// The column is not in the inventory: no setting allows it.
    UnknownColumn,
    /// `tables.deny`, or `tables.allow` without it.
    Table,
    /// A category that is off.
    Category(Category),
    /// `columns.drop`
    Dropped,
    /// Sensitive, and not in `columns.allow`.
    Sensitive(Sensitivity),
    /// Holds rows in a form within which this setting of `[samples]` cannot be kept.
    Sample(&'static str),
}

impl Document {
    /// Reads and validates a file.
    pub fn load(file: &Path) -> Result<Self, FileError> {
        Self::load_for(file, elementary::schema())
    }

    /// The same, for another inventory than the built-in one.
    pub fn load_for(file: &Path, inventory: &'static Schema) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Unreadable {
            file: file.to_owned(),
            source,
        };
        if fs::metadata(file).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge {
                file: file.to_owned(),
            });
        }
        Self::parse_for(file, &fs::read(file).map_err(unreadable)?, inventory)
    }

    /// Validates the bytes of a file; `file` is for the messages.
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        Self::parse_for(file, bytes, elementary::schema())
    }

    /// The same, for another inventory than the built-in one.
    pub fn parse_for(file: &Path, bytes: &[u8], inventory: &'static Schema) -> Result<Self, FileError> {
        let syntax = |message: String| FileError::Syntax {
            file: file.to_owned(),
            message,
        };
        let text = std::str::from_utf8(bytes).map_err(|_| syntax("is not UTF-8 text".to_owned()))?;
        let raw: raw::Raw = toml::from_str(text).map_err(|error| syntax(error.to_string()))?;
        raw.check(file, Digest(Sha256::digest(bytes).into()), inventory)
    }

    /// A policy that holds nothing of an inventory back and admits ad-hoc plans: for tools without a warehouse.
    pub fn open(source: SourceId, schema: Identifier, inventory: &'static Schema) -> Self {
        let columns = inventory.tables.iter().flat_map(|table| {
            table.columns.iter().map(|column| ColumnName {
                table: table.name,
                column: column.name,
            })
        });
        Self {
            source,
            schema,
            inventory,
            profile: Profile::Full,
            categories: Category::ALL.iter().copied().collect(),
            tables: Tables::AllBut(BTreeSet::new()),
            dropped: BTreeSet::new(),
            allowed: columns.collect(),
            masked: BTreeMap::new(),
            sha256_key: KeyName("mask.key".into()),
            samples: Samples::default(),
            adhoc: AdHoc::On,
            paused: false,
            hours: None,
            budget: raw::default_budget(),
            digest: Digest(Sha256::digest(b"").into()),
        }
    }

    /// The source that the policy is for.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    /// The schema in the warehouse that holds the Elementary tables.
    pub fn schema(&self) -> &Identifier {
        &self.schema
    }

    /// The tables and columns that there are.
    pub fn inventory(&self) -> &'static Schema {
        self.inventory
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether plans of no catalogue may run.
    pub fn adhoc(&self) -> AdHoc {
        self.adhoc
    }

    /// `pause = true`
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The hours of service; none: always.
    pub fn hours(&self) -> Option<&Hours> {
        self.hours.as_ref()
    }

    /// The bounds on failed rows.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The file that holds the key of `sha256`.
    pub fn sha256_key(&self) -> &KeyName {
        &self.sha256_key
    }

    /// The budgets.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The categories that are on.
    pub fn categories(&self) -> &BTreeSet<Category> {
        &self.categories
    }

    /// Which tables may be read.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Whether `columns.mask` names the column.
    pub fn is_masked_by_name(&self, column: ColumnName) -> bool {
        self.masked.contains_key(&column)
    }

    /// The table of this name; the error is why it may not be read.
    pub fn table(&self, name: &str) -> Result<&'static Table, Withheld> {
        let table = self.inventory.table(name).ok_or(Withheld::UnknownTable)?;
        let named = match &self.tables {
            Tables::AllBut(denied) => !denied.contains(table.name),
            Tables::Only(allowed) => allowed.contains(table.name),
        };
        if named { Ok(table) } else { Err(Withheld::Table) }
    }

    /// The column of this name, and how it leaves; the error is why it may not be read.
    pub fn column(&self, table: &'static Table, name: &str) -> Result<Readable, Withheld> {
        let column = table.column(name).ok_or(Withheld::UnknownColumn)?;
        let full = ColumnName {
            table: table.name,
            column: column.name,
        };
        if self.dropped.contains(&full) {
            return Err(Withheld::Dropped);
        }
        if let Some(off) = column.categories.iter().find(|c| !self.categories.contains(c)) {
            return Err(Withheld::Category(*off));
        }
        if let Some(setting) = super::samples::unenforceable(&self.samples, self.inventory, table, column) {
            return Err(Withheld::Sample(setting));
        }
        let treatment = match self.masked.get(&full) {
            Some(treatment) => *treatment,
            None if self.allowed.contains(&full) => Treatment::Plain,
            None => self.by_profile(column)?,
        };
        Ok(Readable { column, treatment })
    }

    fn by_profile(&self, column: &Column) -> Result<Treatment, Withheld> {
        // Whoever switches the failed-rows sample on has asked for rows by that very name; asking twice for the columns
        // that hold them would only teach people to list columns without reading. The full profile implies nothing.
        let sample = column.categories.contains(&Category::FailedRowsSample);
        match (column.sensitivity, self.profile) {
            (Sensitivity::None, _) | (Sensitivity::Personal, Profile::Strict | Profile::Balanced) => {
                Ok(Treatment::Plain)
            }
            (Sensitivity::Literal, Profile::Balanced) => Ok(Treatment::Connector(Mask::Redact)),
            (Sensitivity::Raw, Profile::Balanced) if sample => Ok(Treatment::Plain),
            (withheld, _) => Err(Withheld::Sensitive(withheld)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
