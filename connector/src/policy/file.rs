//! The customer's policy file: one TOML document for each source, unknown keys refused.
//!
//! It is parsed once, into a [`Document`] whose tables and columns exist in the Elementary inventory: a misspelt name in
//! a `deny` or `drop` would otherwise let through what the customer meant to hold back.

use std::{
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use proto::{
    id::SourceId,
    limits::MAX_QUERY_DEADLINE,
    query::plan::Identifier,
    schema::{self, Category, Column, Sensitivity, Table, elementary},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Largest policy file in bytes: every column of the schema listed twice stays under 64 KiB.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// An example that explains itself; `connector policy example` prints it and a test parses it.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A validated policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    source: SourceId,
    schema: Identifier,
    adhoc: AdHoc,
    categories: BTreeSet<Category>,
    tables: Tables,
    dropped: BTreeSet<ColumnName>,
    allowed: BTreeSet<ColumnName>,
    budget: Budget,
    digest: Digest,
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

/// Whether plans that are in no catalogue may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdHoc {
    /// Catalogued queries only.
    Off,
    /// `adhoc = true`
    On,
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
}

impl Document {
    /// Reads and validates a file.
    pub fn load(file: &Path) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Unreadable {
            file: file.to_owned(),
            source,
        };
        if fs::metadata(file).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge {
                file: file.to_owned(),
            });
        }
        Self::parse(file, &fs::read(file).map_err(unreadable)?)
    }

    /// Validates the bytes of a file; `file` is for the messages.
    pub fn parse(file: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let syntax = |message: String| FileError::Syntax {
            file: file.to_owned(),
            message,
        };
        let text = std::str::from_utf8(bytes).map_err(|_| syntax("is not UTF-8 text".to_owned()))?;
        let raw: Raw = toml::from_str(text).map_err(|error| syntax(error.to_string()))?;
        raw.check(file, Digest(Sha256::digest(bytes).into()))
    }

    /// The source that the policy is for.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    /// Whether plans of no catalogue may run.
    pub fn adhoc(&self) -> AdHoc {
        self.adhoc
    }

    /// The schema in the warehouse that holds the Elementary tables.
    pub fn schema(&self) -> &Identifier {
        &self.schema
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

    /// Columns that are never read.
    pub fn dropped(&self) -> &BTreeSet<ColumnName> {
        &self.dropped
    }

    /// Columns that are read although they are sensitive.
    pub fn allowed(&self) -> &BTreeSet<ColumnName> {
        &self.allowed
    }

    /// The table of this name; the error is why it may not be read.
    pub fn table(&self, name: &str) -> Result<&'static Table, Withheld> {
        let table = elementary::schema().table(name).ok_or(Withheld::UnknownTable)?;
        let named = match &self.tables {
            Tables::AllBut(denied) => !denied.contains(table.name),
            Tables::Only(allowed) => allowed.contains(table.name),
        };
        if named { Ok(table) } else { Err(Withheld::Table) }
    }

    /// The column of this name; the error is why it may not be read.
    pub fn column(&self, table: &'static Table, name: &str) -> Result<&'static Column, Withheld> {
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
        // Whoever switches the failed-rows sample on has asked for rows by that very name; asking twice for the columns
        // that hold them would only teach people to list columns without reading.
        let sample =
            column.sensitivity == Sensitivity::Raw && column.categories.contains(&Category::FailedRowsSample);
        match column.sensitivity {
            Sensitivity::None | Sensitivity::Personal => Ok(column),
            Sensitivity::Literal | Sensitivity::Secret | Sensitivity::Raw
                if sample || self.allowed.contains(&full) =>
            {
                Ok(column)
            }
            withheld => Err(Withheld::Sensitive(withheld)),
        }
    }
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: String,
    schema: String,
    profile: Option<String>,
    #[serde(default)]
    adhoc: bool,
    #[serde(default)]
    categories: RawCategories,
    #[serde(default)]
    tables: RawTables,
    #[serde(default)]
    columns: RawColumns,
    #[serde(default)]
    budget: RawBudget,
}

/// On by default is what says how dbt runs went; off is what can hold the customer's rows or statements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawCategories {
    metadata: bool,
    configuration: bool,
    run_results: bool,
    query_logs: bool,
    table_metrics: bool,
    aggregated_metrics: bool,
    failed_rows_sample: bool,
}

impl Default for RawCategories {
    fn default() -> Self {
        Self {
            metadata: true,
            configuration: true,
            run_results: true,
            query_logs: false,
            table_metrics: true,
            aggregated_metrics: true,
            failed_rows_sample: false,
        }
    }
}

impl RawCategories {
    fn on(&self) -> BTreeSet<Category> {
        let on = |category: &Category| match category {
            Category::Metadata => self.metadata,
            Category::Configuration => self.configuration,
            Category::RunResults => self.run_results,
            Category::QueryLogs => self.query_logs,
            Category::TableMetrics => self.table_metrics,
            Category::AggregatedMetrics => self.aggregated_metrics,
            Category::FailedRowsSample => self.failed_rows_sample,
        };
        Category::ALL.iter().copied().filter(on).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTables {
    allow: Option<Vec<String>>,
    deny: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawColumns {
    allow: Vec<String>,
    drop: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawBudget {
    rows_per_query: u64,
    bytes_per_query: u64,
    seconds_per_query: u64,
    concurrent_queries: u32,
    queries_per_minute: u32,
    bytes_per_day: u64,
}

impl Default for RawBudget {
    fn default() -> Self {
        Self {
            // A year of a busy project's largest table; encoded it is some 120 MB.
            rows_per_query: 5_000_000,
            // Four times that: columns of text weigh more than metrics do.
            bytes_per_query: 512 * 1024 * 1024,
            // A read that takes longer is a missing index or a warehouse in trouble.
            seconds_per_query: 300,
            // Half of what one tunnel may carry, so that a sync cannot take all of a small warehouse's sessions.
            concurrent_queries: 16,
            // A sync of all tables is about 60 queries; ten a second leaves room for people.
            queries_per_minute: 600,
            // Forty full pulls of the largest result; an hourly sync uses far less.
            bytes_per_day: 20 * 1024 * 1024 * 1024,
        }
    }
}

impl Raw {
    fn check(self, file: &Path, digest: Digest) -> Result<Document, FileError> {
        let refuse = |key: &'static str, value: &dyn fmt::Debug, remedy: String| FileError::Value {
            file: file.to_owned(),
            key,
            value: format!("{value:?}"),
            remedy,
        };
        let source = self
            .source
            .parse()
            .map_err(|error| refuse("source", &self.source, format!("{error}")))?;
        let schema = Identifier::new(&self.schema)
            .map_err(|error| refuse("schema", &self.schema, format!("{error}")))?;
        if let Some(profile) = &self.profile
            && profile != "strict"
        {
            let remedy = "the one profile is \"strict\": sensitive columns are withheld unless `columns.allow` lists them";
            return Err(refuse("profile", profile, remedy.to_owned()));
        }
        let tables = |key: &'static str, names: &[String]| -> Result<BTreeSet<&'static str>, FileError> {
            names
                .iter()
                .map(|name| match elementary::schema().table(name) {
                    Some(table) => Ok(table.name),
                    None => Err(refuse(key, name, unknown(name, table_names()))),
                })
                .collect()
        };
        let columns = |key: &'static str, names: &[String]| -> Result<BTreeSet<ColumnName>, FileError> {
            names
                .iter()
                .map(|name| column(name).map_err(|remedy| refuse(key, name, remedy)))
                .collect()
        };
        let denied = tables("tables.deny", &self.tables.deny)?;
        let tables = match &self.tables.allow {
            Some(names) => {
                let allowed = tables("tables.allow", names)?;
                if let Some(both) = allowed.intersection(&denied).next() {
                    let remedy = "is in `tables.deny` too; take it out of one of the two".to_owned();
                    return Err(refuse("tables.allow", both, remedy));
                }
                Tables::Only(allowed)
            }
            None => Tables::AllBut(denied),
        };
        let allowed = columns("columns.allow", &self.columns.allow)?;
        let dropped = columns("columns.drop", &self.columns.drop)?;
        if let Some(both) = allowed.intersection(&dropped).next() {
            let remedy = "is in `columns.drop` too; take it out of one of the two".to_owned();
            return Err(refuse("columns.allow", &both.to_string(), remedy));
        }
        Ok(Document {
            source,
            schema,
            adhoc: if self.adhoc { AdHoc::On } else { AdHoc::Off },
            categories: self.categories.on(),
            tables,
            dropped,
            allowed,
            budget: self.budget.check(file)?,
            digest,
        })
    }
}

impl RawBudget {
    fn check(self, file: &Path) -> Result<Budget, FileError> {
        let within = |key: &'static str, value: u64, most: u64, unit: &str| {
            if (1..=most).contains(&value) {
                Ok(value)
            } else {
                Err(FileError::Value {
                    file: file.to_owned(),
                    key,
                    value: value.to_string(),
                    remedy: format!("choose 1 to {most} {unit}"),
                })
            }
        };
        // TOML's integers end here; as a bound it is as good as none, and it is the customer's to choose.
        let any = i64::MAX.unsigned_abs();
        let seconds = MAX_QUERY_DEADLINE.as_secs();
        let count = u64::from(u32::MAX);
        within(
            "budget.concurrent_queries",
            self.concurrent_queries.into(),
            256,
            "queries",
        )?;
        within(
            "budget.queries_per_minute",
            self.queries_per_minute.into(),
            count,
            "queries",
        )?;
        Ok(Budget {
            rows_per_query: within("budget.rows_per_query", self.rows_per_query, any, "rows")?,
            bytes_per_query: within("budget.bytes_per_query", self.bytes_per_query, any, "bytes")?,
            time_per_query: Duration::from_secs(within(
                "budget.seconds_per_query",
                self.seconds_per_query,
                seconds,
                "seconds",
            )?),
            concurrent_queries: self.concurrent_queries,
            queries_per_minute: self.queries_per_minute,
            bytes_per_day: within("budget.bytes_per_day", self.bytes_per_day, any, "bytes")?,
        })
    }
}

fn table_names() -> impl Iterator<Item = &'static str> {
    elementary::schema().tables.iter().map(|table| table.name)
}

fn column(name: &str) -> Result<ColumnName, String> {
    let (table, column) = name
        .split_once('.')
        .ok_or_else(|| "write a column as \"table.column\"".to_owned())?;
    let schema: &'static schema::Schema = elementary::schema();
    let table = schema.table(table).ok_or_else(|| unknown(table, table_names()))?;
    let column = table
        .column(column)
        .ok_or_else(|| unknown(column, table.columns.iter().map(|c| c.name)))?;
    Ok(ColumnName {
        table: table.name,
        column: column.name,
    })
}

/// Says what a misspelt name may have meant.
fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    let nearest = known.min_by_key(|candidate| distance(name, candidate));
    match nearest {
        Some(nearest) if distance(name, nearest) <= 1 + name.len() / 3 => {
            format!("the Elementary schema has no `{name}`; did you mean `{nearest}`?")
        }
        _ => format!(
            "the Elementary schema has no `{name}`; `connector policy check` on a policy without it lists the tables"
        ),
    }
}

/// Levenshtein's distance, over bytes; both names are short.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().take(128).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *slot;
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A document of this text after the two lines that every one has.
    pub(crate) fn document(rest: &str) -> Result<Document, FileError> {
        let text = format!("source = \"shop\"\nschema = \"analytics_elementary\"\n{rest}");
        Document::parse(Path::new("policy.toml"), text.as_bytes())
    }

    fn refusal(rest: &str) -> String {
        document(rest).expect_err(rest).to_string()
    }

    fn table(name: &str) -> &'static Table {
        elementary::schema().table(name).expect(name)
    }

    #[test]
    fn the_example_is_a_policy_and_says_the_defaults() {
        let example = Document::parse(Path::new("example.toml"), EXAMPLE.as_bytes()).expect("parses");
        let bare = document("").expect("parses");
        assert_eq!(example.categories, bare.categories);
        assert_eq!(example.budget, bare.budget);
        assert_eq!(example.tables, bare.tables);
        assert_eq!((example.allowed, example.dropped), (bare.allowed, bare.dropped));
    }

    #[test]
    fn rows_and_statements_are_off_by_default() {
        let policy = document("").expect("parses");
        assert!(!policy.categories.contains(&Category::FailedRowsSample));
        assert!(!policy.categories.contains(&Category::QueryLogs));
        let off = policy.column(table("test_result_rows"), "result_row");
        assert_eq!(off.err(), Some(Withheld::Category(Category::FailedRowsSample)));
        let on = document("[categories]\nfailed_rows_sample = true").expect("parses");
        assert!(on.column(table("test_result_rows"), "result_row").is_ok());
    }

    #[test]
    fn sensitive_columns_are_withheld_unless_listed() {
        for (table_name, column, sensitivity) in [
            ("dbt_invocations", "vars", Sensitivity::Secret),
            ("dbt_run_results", "message", Sensitivity::Literal),
            ("data_monitoring_metrics", "dimension_value", Sensitivity::Raw),
        ] {
            let policy = document("").expect("parses");
            let withheld = policy.column(table(table_name), column).err();
            assert_eq!(withheld, Some(Withheld::Sensitive(sensitivity)), "{column}");
            let listed =
                document(&format!("[columns]\nallow = [\"{table_name}.{column}\"]")).expect("parses");
            assert!(listed.column(table(table_name), column).is_ok(), "{column}");
        }
    }

    #[test]
    fn tables_and_columns_are_held_back_by_name() {
        let policy = document("[tables]\ndeny = [\"dbt_groups\"]\n[columns]\ndrop = [\"dbt_models.owner\"]")
            .expect("parses");
        assert_eq!(policy.table("dbt_groups").err(), Some(Withheld::Table));
        assert_eq!(
            policy.column(table("dbt_models"), "owner").err(),
            Some(Withheld::Dropped)
        );
        assert!(policy.table("dbt_models").is_ok());
        let only = document("[tables]\nallow = [\"dbt_models\"]").expect("parses");
        assert!(only.table("dbt_models").is_ok());
        assert_eq!(only.table("dbt_tests").err(), Some(Withheld::Table));
        assert_eq!(only.table("pg_authid").err(), Some(Withheld::UnknownTable));
    }

    #[test]
    fn a_mistake_names_file_key_value_and_remedy() {
        for (rest, words) in [
            ("[categoriez]\n", vec!["policy.toml", "categoriez"]),
            ("[categories]\nmetadata = \"yes\"", vec!["metadata", "boolean"]),
            (
                "[tables]\ndeny = [\"dbt_model\"]",
                vec!["tables.deny", "dbt_model", "did you mean `dbt_models`"],
            ),
            (
                "[columns]\ndrop = [\"dbt_models.ownr\"]",
                vec!["columns.drop", "ownr", "did you mean `owner`"],
            ),
            (
                "[columns]\nallow = [\"owner\"]",
                vec!["columns.allow", "table.column"],
            ),
            (
                "[columns]\nallow = [\"dbt_models.owner\"]\ndrop = [\"dbt_models.owner\"]",
                vec!["columns.allow", "take it out of one"],
            ),
            (
                "[budget]\nrows_per_query = 0",
                vec!["budget.rows_per_query = 0", "choose 1 to"],
            ),
            (
                "[budget]\nseconds_per_query = 100000",
                vec!["budget.seconds_per_query", "choose 1 to 600 seconds"],
            ),
            ("profile = \"full\"", vec!["profile", "strict"]),
        ] {
            let message = refusal(rest);
            for word in words {
                assert!(message.contains(word), "{message} lacks {word}");
            }
        }
        assert!(Document::parse(Path::new("p"), b"\xff").is_err());
        assert!(Document::parse(Path::new("p"), b"source = \"A\"\nschema = \"s\"").is_err());
    }

    #[test]
    fn the_digest_is_of_the_bytes() {
        let one = document("").expect("parses");
        assert_eq!(one.digest(), document("").expect("parses").digest());
        assert_ne!(one.digest(), document("# a word\n").expect("parses").digest());
    }
}
