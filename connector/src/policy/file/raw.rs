//! The file as written, and what makes it a [`Document`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    time::Duration,
};

use proto::{
    limits::MAX_QUERY_DEADLINE,
    query::plan::Identifier,
    schema::{Category, ColumnType, Schema, Sensitivity},
};
use serde::Deserialize;

use super::{
    AdHoc, Budget, ColumnName, Digest, Document, FileError, KeyName, Profile, Samples, Tables, TestedTable,
    Treatment,
};
use crate::{mask::Mask, policy::hours::Hours};

/// Tables in `samples.exclude_tables`: each is compared within every reading of a sample. A schema with more that are too
/// private to sample wants samples off.
const MAX_EXCLUDED: usize = 64;

/// Longest sample age in days: a century is no bound.
const MAX_AGE_DAYS: u64 = 36_500;

/// Characters that `truncate` may keep: more is the text itself.
const MAX_TRUNCATE: u16 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    source: String,
    schema: String,
    profile: Option<String>,
    #[serde(default)]
    adhoc: bool,
    #[serde(default)]
    pause: bool,
    #[serde(default)]
    categories: RawCategories,
    #[serde(default)]
    tables: RawTables,
    #[serde(default)]
    columns: RawColumns,
    #[serde(default)]
    samples: RawSamples,
    #[serde(default)]
    budget: RawBudget,
    hours: Option<RawHours>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawCategories {
    metadata: Option<bool>,
    configuration: Option<bool>,
    run_results: Option<bool>,
    query_logs: Option<bool>,
    table_metrics: Option<bool>,
    aggregated_metrics: Option<bool>,
    failed_rows_sample: Option<bool>,
}

impl RawCategories {
    fn written(&self, category: Category) -> Option<bool> {
        match category {
            Category::Metadata => self.metadata,
            Category::Configuration => self.configuration,
            Category::RunResults => self.run_results,
            Category::QueryLogs => self.query_logs,
            Category::TableMetrics => self.table_metrics,
            Category::AggregatedMetrics => self.aggregated_metrics,
            Category::FailedRowsSample => self.failed_rows_sample,
        }
    }

    /// On unless written otherwise is what says how dbt runs went; off is what can hold the customer's rows or
    /// statements.
    fn on(&self, category: Category) -> bool {
        let by_default = match category {
            Category::Metadata
            | Category::Configuration
            | Category::RunResults
            | Category::TableMetrics
            | Category::AggregatedMetrics => true,
            Category::QueryLogs | Category::FailedRowsSample => false,
        };
        self.written(category).unwrap_or(by_default)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTables {
    allow: Option<Vec<String>>,
    deny: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawColumns {
    allow: Vec<String>,
    drop: Vec<String>,
    mask: BTreeMap<String, String>,
    sha256_key: String,
}

impl Default for RawColumns {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            drop: Vec::new(),
            mask: BTreeMap::new(),
            sha256_key: "mask.key".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSamples {
    exclude_tables: Vec<String>,
    rows_per_result: Option<u32>,
    max_age_days: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    days: Vec<String>,
    from: String,
    to: String,
    zone: String,
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
    cost_per_query: u64,
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
            // PostgreSQL's unit is a page read in order: some 80 GB, or a hundred times a full read of a large schema.
            cost_per_query: 10_000_000,
        }
    }
}

/// Makes refusals that name the file.
struct Refuse<'a> {
    file: &'a Path,
}

impl Refuse<'_> {
    fn value(&self, key: &'static str, value: &dyn fmt::Debug, remedy: impl Into<String>) -> FileError {
        FileError::Value {
            file: self.file.to_owned(),
            key,
            value: format!("{value:?}"),
            remedy: remedy.into(),
        }
    }
}

impl Raw {
    pub(super) fn check(
        self,
        file: &Path,
        digest: Digest,
        inventory: &'static Schema,
    ) -> Result<Document, FileError> {
        let Raw {
            source,
            schema,
            profile,
            adhoc,
            pause,
            categories,
            tables,
            columns,
            samples,
            budget,
            hours,
        } = self;
        let refuse = Refuse { file };
        let profile = match profile.as_deref() {
            None => Profile::Balanced,
            Some(name) => Profile::from_name(name).ok_or_else(|| {
                refuse.value(
                    "profile",
                    &name,
                    "choose \"strict\", \"balanced\" or \"full\"; docs/policy.md says what each lets leave",
                )
            })?,
        };
        let on: BTreeSet<Category> = Category::ALL
            .iter()
            .copied()
            .filter(|c| categories.on(*c))
            .collect();
        if profile == Profile::Strict && on.contains(&Category::FailedRowsSample) {
            let remedy =
                "the profile \"strict\" never lets rows leave; choose \"balanced\", or leave this off";
            return Err(refuse.value("categories.failed_rows_sample", &true, remedy));
        }
        if profile == Profile::Full {
            for category in Category::ALL {
                if categories.written(*category).is_none() {
                    let remedy = format!(
                        "the profile \"full\" implies nothing: write `categories.{category}`, true or false"
                    );
                    return Err(refuse.value("profile", &"full", remedy));
                }
            }
            if tables.allow.is_none() {
                let remedy = "the profile \"full\" implies nothing: list the tables in `tables.allow`";
                return Err(refuse.value("profile", &"full", remedy));
            }
        }
        let tables = tables.check(&refuse, inventory)?;
        let sha256_key = KeyName::new(&columns.sha256_key).ok_or_else(|| {
            refuse.value(
                "columns.sha256_key",
                &columns.sha256_key,
                "name a file within the state folder: lower-case letters, digits, `_` and `-`, ending in \".key\"",
            )
        })?;
        let Checked {
            allowed,
            dropped,
            masked,
        } = columns.check(&refuse, inventory, profile)?;
        let source = source
            .parse()
            .map_err(|error| refuse.value("source", &source, format!("{error}")))?;
        let schema =
            Identifier::new(&schema).map_err(|error| refuse.value("schema", &schema, format!("{error}")))?;
        let hours = hours.map(|hours| hours.check(&refuse)).transpose()?;
        Ok(Document {
            source,
            schema,
            inventory,
            profile,
            categories: on,
            tables,
            dropped,
            allowed,
            masked,
            sha256_key,
            samples: samples.check(&refuse)?,
            adhoc: if adhoc { AdHoc::On } else { AdHoc::Off },
            paused: pause,
            hours,
            budget: budget.check(file)?,
            digest,
        })
    }
}

impl RawTables {
    fn check(self, refuse: &Refuse<'_>, inventory: &'static Schema) -> Result<Tables, FileError> {
        let named = |key: &'static str, names: &[String]| -> Result<BTreeSet<&'static str>, FileError> {
            names
                .iter()
                .map(|name| match inventory.table(name) {
                    Some(table) => Ok(table.name),
                    None => Err(refuse.value(key, name, unknown(name, table_names(inventory)))),
                })
                .collect()
        };
        let denied = named("tables.deny", &self.deny)?;
        let Some(names) = &self.allow else {
            return Ok(Tables::AllBut(denied));
        };
        let allowed = named("tables.allow", names)?;
        if let Some(both) = allowed.intersection(&denied).next() {
            let remedy = "is in `tables.deny` too; take it out of one of the two";
            return Err(refuse.value("tables.allow", both, remedy));
        }
        Ok(Tables::Only(allowed))
    }
}

struct Checked {
    allowed: BTreeSet<ColumnName>,
    dropped: BTreeSet<ColumnName>,
    masked: BTreeMap<ColumnName, Treatment>,
}

impl RawColumns {
    fn check(
        self,
        refuse: &Refuse<'_>,
        inventory: &'static Schema,
        profile: Profile,
    ) -> Result<Checked, FileError> {
        let named = |key: &'static str, names: &[String]| -> Result<BTreeSet<ColumnName>, FileError> {
            names
                .iter()
                .map(|name| column(inventory, name).map_err(|remedy| refuse.value(key, name, remedy)))
                .collect()
        };
        let allowed = named("columns.allow", &self.allow)?;
        let dropped = named("columns.drop", &self.drop)?;
        if let Some(both) = allowed.intersection(&dropped).next() {
            let remedy = "is in `columns.drop` too; take it out of one of the two";
            return Err(refuse.value("columns.allow", &both.to_string(), remedy));
        }
        let dangerous = |name: &ColumnName| {
            let found = inventory.table(name.table).and_then(|t| t.column(name.column));
            found.is_some_and(|column| column.sensitivity > Sensitivity::Personal)
        };
        if profile == Profile::Strict
            && let Some(name) = allowed.iter().find(|name| dangerous(name))
        {
            let remedy =
                "the profile \"strict\" never lets this column leave; choose \"balanced\" or \"full\"";
            return Err(refuse.value("columns.allow", &name.to_string(), remedy));
        }
        let mut masked = BTreeMap::new();
        for (text, how) in &self.mask {
            let wrong = |remedy: String| refuse.value("columns.mask", &format!("{text} = {how}"), remedy);
            let name = column(inventory, text).map_err(&wrong)?;
            if allowed.contains(&name) || dropped.contains(&name) {
                let remedy = "is in `columns.allow` or `columns.drop` too; keep one of them";
                return Err(wrong(remedy.to_owned()));
            }
            let treatment = treatment(how).map_err(&wrong)?;
            let found = inventory.table(name.table).and_then(|t| t.column(name.column));
            let is_text = found.is_some_and(|column| column.column_type == ColumnType::Text);
            if treatment != Treatment::Null && !is_text {
                return Err(wrong("is not a column of text; choose \"null\"".to_owned()));
            }
            let opens = matches!(
                treatment,
                Treatment::Truncate(_) | Treatment::Connector(Mask::Redact)
            );
            if profile == Profile::Strict && opens && dangerous(&name) {
                let remedy = "the profile \"strict\" never lets this column leave in part; choose \"null\" or \"sha256\", or the profile \"balanced\"";
                return Err(wrong(remedy.to_owned()));
            }
            masked.insert(name, treatment);
        }
        Ok(Checked {
            allowed,
            dropped,
            masked,
        })
    }
}

fn treatment(how: &str) -> Result<Treatment, String> {
    match how {
        "null" => return Ok(Treatment::Null),
        "sha256" => return Ok(Treatment::Connector(Mask::Sha256)),
        "redact" => return Ok(Treatment::Connector(Mask::Redact)),
        _ => {}
    }
    how.strip_prefix("truncate ")
        .and_then(|count| count.parse().ok())
        .filter(|count| (1..=MAX_TRUNCATE).contains(count))
        .map(Treatment::Truncate)
        .ok_or_else(|| {
            format!("choose \"null\", \"sha256\", \"redact\" or \"truncate N\", N from 1 to {MAX_TRUNCATE} characters")
        })
}

impl RawSamples {
    fn check(self, refuse: &Refuse<'_>) -> Result<Samples, FileError> {
        let RawSamples {
            exclude_tables,
            rows_per_result,
            max_age_days,
        } = self;
        if exclude_tables.len() > MAX_EXCLUDED {
            let remedy = format!(
                "at most {MAX_EXCLUDED} tables can be excluded; switch `categories.failed_rows_sample` off"
            );
            return Err(refuse.value("samples.exclude_tables", &exclude_tables.len(), remedy));
        }
        let excluded = exclude_tables.iter().map(|name| {
            TestedTable::new(name).ok_or_else(|| {
                let remedy = "write \"table\", \"schema.table\" or \"database.schema.table\", as the test results name them";
                refuse.value("samples.exclude_tables", name, remedy)
            })
        });
        let excluded = excluded.collect::<Result<_, _>>()?;
        if rows_per_result == Some(0) {
            let remedy = "choose 1 or more rows, or switch `categories.failed_rows_sample` off";
            return Err(refuse.value("samples.rows_per_result", &0, remedy));
        }
        let age = match max_age_days {
            None => None,
            Some(days) if (1..=MAX_AGE_DAYS).contains(&days) => {
                Some(Duration::from_secs(days * 24 * 60 * 60))
            }
            Some(days) => {
                let remedy = format!("choose 1 to {MAX_AGE_DAYS} days");
                return Err(refuse.value("samples.max_age_days", &days, remedy));
            }
        };
        Ok(Samples {
            excluded,
            rows: rows_per_result,
            age,
        })
    }
}

impl RawHours {
    fn check(self, refuse: &Refuse<'_>) -> Result<Hours, FileError> {
        let RawHours { days, from, to, zone } = self;
        Hours::new(&days, &from, &to, &zone).map_err(|(key, value, remedy)| refuse.value(key, &value, remedy))
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
            cost_per_query: within(
                "budget.cost_per_query",
                self.cost_per_query,
                any,
                "units of the warehouse's planner",
            )?,
        })
    }
}

/// The budget of a file that sets none.
pub(super) fn default_budget() -> Budget {
    let raw = RawBudget::default();
    Budget {
        rows_per_query: raw.rows_per_query,
        bytes_per_query: raw.bytes_per_query,
        time_per_query: Duration::from_secs(raw.seconds_per_query),
        concurrent_queries: raw.concurrent_queries,
        queries_per_minute: raw.queries_per_minute,
        bytes_per_day: raw.bytes_per_day,
        cost_per_query: raw.cost_per_query,
    }
}

fn table_names(inventory: &'static Schema) -> impl Iterator<Item = &'static str> {
    inventory.tables.iter().map(|table| table.name)
}

fn column(inventory: &'static Schema, name: &str) -> Result<ColumnName, String> {
    let (table, column) = name
        .split_once('.')
        .ok_or_else(|| "write a column as \"table.column\"".to_owned())?;
    let table = inventory
        .table(table)
        .ok_or_else(|| unknown(table, table_names(inventory)))?;
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
