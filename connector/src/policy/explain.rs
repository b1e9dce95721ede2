//! A policy in sentences, for the person who has to answer for it: `connector policy check`.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use proto::{
    catalogue::Catalogue,
    schema::{Category, Sensitivity, Table},
};
use serde::Serialize;

use super::{
    Policy,
    budget::Ledger,
    file::{AdHoc, Budget, Document, Profile, Samples, Treatment, Withheld},
};

/// What a column of this sensitivity holds, to follow the word "holds".
pub const fn holds(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::None => "names, numbers, times and states",
        Sensitivity::Personal => "names and addresses of your staff",
        Sensitivity::Literal => "SQL text or messages, which may quote values of rows",
        Sensitivity::Secret => "variables of dbt, which may hold credentials",
        Sensitivity::Raw => "values of your own rows",
    }
}

/// What a policy means.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The source.
    pub source: String,
    /// The schema.
    pub schema: String,
    /// The profile.
    pub profile: &'static str,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// What holds for all queries, in sentences.
    pub terms: Vec<String>,
    /// Each category and whether it is on.
    pub categories: Vec<(&'static str, bool)>,
    /// Every table, in sentences.
    pub tables: Vec<TableRead>,
    /// Columns that can be read, in whatever form, and columns that there are.
    pub columns: (usize, usize),
    /// Queries of the catalogue that would be refused with the columns that they return by default, and why.
    pub refused_queries: Vec<(String, String)>,
}

/// What can be read of one table.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct TableRead {
    /// The table.
    pub table: &'static str,
    /// Columns that leave as they are.
    pub read: Vec<&'static str>,
    /// Those of them that hold more than names, numbers, times and states, and what.
    pub sensitive: Vec<(&'static str, &'static str)>,
    /// Columns that leave in another form, and in which.
    pub masked: Vec<(&'static str, String)>,
    /// Columns that do not leave, and why.
    pub withheld: Vec<(&'static str, String)>,
}

/// Says what can be read.
pub fn explain(policy: &Document) -> Explanation {
    let tables: Vec<TableRead> = policy
        .inventory()
        .tables
        .iter()
        .map(|table| read(policy, table))
        .collect();
    let open = tables
        .iter()
        .map(|table| table.read.len() + table.masked.len())
        .sum();
    let all = policy
        .inventory()
        .tables
        .iter()
        .map(|table| table.columns.len())
        .sum();
    Explanation {
        source: policy.source().to_string(),
        schema: policy.schema().as_str().to_owned(),
        profile: policy.profile().name(),
        digest: policy.digest().to_string(),
        terms: terms(policy),
        categories: Category::ALL
            .iter()
            .map(|category| (category.name(), policy.categories().contains(category)))
            .collect(),
        tables,
        columns: (open, all),
        refused_queries: refused(policy),
    }
}

fn read(policy: &Document, table: &'static Table) -> TableRead {
    let mut found = TableRead {
        table: table.name,
        read: Vec::new(),
        sensitive: Vec::new(),
        masked: Vec::new(),
        withheld: Vec::new(),
    };
    let closed = policy.table(table.name).err();
    for column in &table.columns {
        let readable = match closed {
            Some(cause) => Err(cause),
            None => policy.column(table, column.name),
        };
        match readable.map(|readable| readable.treatment) {
            Err(cause) => found.withheld.push((column.name, why(cause))),
            Ok(Treatment::Plain) => {
                found.read.push(column.name);
                if column.sensitivity != Sensitivity::None {
                    found.sensitive.push((column.name, holds(column.sensitivity)));
                }
            }
            Ok(treatment) => found.masked.push((column.name, how(treatment))),
        }
    }
    found
}

/// How a masked column leaves, to follow the word "leaves".
pub fn how(treatment: Treatment) -> String {
    use crate::mask::Mask;
    match treatment {
        Treatment::Plain => "as it is".to_owned(),
        Treatment::Null => "as NULL".to_owned(),
        Treatment::Truncate(count) => format!("cut to its first {count} characters"),
        Treatment::Connector(Mask::Redact) => {
            "with its quoted strings, numbers, addresses and keys redacted".to_owned()
        }
        Treatment::Connector(Mask::Sha256) => "as a hash with a key that stays with you".to_owned(),
    }
}

fn why(cause: Withheld) -> String {
    match cause {
        Withheld::UnknownTable | Withheld::UnknownColumn => "it is not known".to_owned(),
        Withheld::Table => "the table is held back by `tables`".to_owned(),
        Withheld::Category(category) => format!("category `{category}` is off"),
        Withheld::Dropped => "`columns.drop` lists it".to_owned(),
        Withheld::Sensitive(sensitivity) => format!("it holds {}", holds(sensitivity)),
        Withheld::Sample(setting) => format!("`{setting}` cannot be kept within it"),
    }
}

/// What holds for all queries.
pub fn terms(policy: &Document) -> Vec<String> {
    let profile = match policy.profile() {
        Profile::Strict => {
            "Profile strict: SQL text, messages, variables of dbt and values of rows never leave, whatever else the file says."
        }
        Profile::Balanced => {
            "Profile balanced: SQL text and messages leave redacted; variables of dbt and values of rows leave only where the file lists them."
        }
        Profile::Full => "Profile full: what the file lists leaves, and nothing else.",
    };
    let adhoc = match policy.adhoc() {
        AdHoc::Off => "Only queries of this connector's catalogue run.",
        AdHoc::On => "Callers may ask in SQL of their own, over what is allowed below.",
    };
    let hours = match policy.hours() {
        None => "Queries run at any time.".to_owned(),
        Some(hours) => format!("Queries run {hours}."),
    };
    let mut terms = vec![profile.to_owned(), adhoc.to_owned(), hours];
    if policy.is_paused() {
        terms.insert(0, "The source is paused: no query runs.".to_owned());
    }
    terms.push(samples(policy));
    let Budget {
        rows_per_query,
        bytes_per_query,
        time_per_query,
        concurrent_queries,
        queries_per_minute,
        bytes_per_day,
        cost_per_query,
    } = policy.budget();
    terms.push(format!(
        "A query may return {rows_per_query} rows and {bytes_per_query} bytes and take {} s; {concurrent_queries} may run at once, {queries_per_minute} may begin in a minute, and all of a day may return {bytes_per_day} bytes. Where the warehouse estimates what a statement costs it, one of a caller's own may cost {cost_per_query}.",
        time_per_query.as_secs()
    ));
    terms
}

fn samples(policy: &Document) -> String {
    if !policy.categories().contains(&Category::FailedRowsSample) {
        return "Rows that failed a test do not leave.".to_owned();
    }
    let Samples { excluded, rows, age } = policy.samples();
    let rows = match rows {
        None => "as many for each test result as the dbt package keeps".to_owned(),
        Some(rows) => format!("at most {rows} for each test result"),
    };
    let age = match age {
        None => "of any age".to_owned(),
        Some(age) => format!("not older than {} days", age.as_secs() / (24 * 60 * 60)),
    };
    let names: Vec<String> = excluded.iter().map(ToString::to_string).collect();
    let tables = if names.is_empty() {
        "of every tested table".to_owned()
    } else {
        format!("of every tested table but {}", names.join(", "))
    };
    format!("Rows that failed a test leave: {rows}, {age}, {tables}.")
}

fn refused(document: &Document) -> Vec<(String, String)> {
    let policy = Policy::new(document.clone(), Arc::new(Ledger::default()));
    let refused = Catalogue::builtin().entries().filter_map(|entry| {
        // A narrowed plan reads less; where it cannot be narrowed the whole one is what runs.
        let narrowed = entry.plan().narrow(entry.columns());
        let refusal = policy.check(narrowed.as_ref().unwrap_or(entry.plan())).err()?;
        Some((entry.name().to_string(), refusal.fault.detail.into_owned()))
    });
    refused.collect()
}

impl Explanation {
    /// The explanation as lines of text.
    pub fn sentences(&self) -> String {
        let mut text = format!(
            "Source `{}` reads schema `{}` and nothing outside it: {} of {} columns.\n",
            self.source, self.schema, self.columns.0, self.columns.1
        );
        for term in &self.terms {
            let _ = writeln!(text, "{term}");
        }
        for (on, word) in [(true, "on"), (false, "off")] {
            let names = self.categories.iter().filter(|(_, is)| *is == on);
            let names: Vec<&str> = names.map(|(name, _)| *name).collect();
            let names = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            let _ = writeln!(text, "Categories {word}: {names}.");
        }
        for table in &self.tables {
            let _ = write!(text, "\n{}", table.sentences());
        }
        if self.refused_queries.is_empty() {
            text.push_str("\nEvery query of the catalogue runs.\n");
        } else {
            text.push_str("\nQueries of the catalogue that are refused:\n");
            for (name, why) in &self.refused_queries {
                let _ = writeln!(text, "  {name}: {why}");
            }
        }
        let _ = writeln!(text, "\nSHA-256 of the file: {}", self.digest);
        text
    }
}

impl TableRead {
    fn sentences(&self) -> String {
        let mut text = String::new();
        if self.read.is_empty() && self.masked.is_empty() {
            let whys = grouped(&self.withheld);
            let whys: Vec<&str> = whys.iter().map(|(why, _)| *why).collect();
            return format!("{}: nothing is read: {}.\n", self.table, whys.join("; "));
        }
        if self.withheld.is_empty() && self.masked.is_empty() {
            let _ = writeln!(text, "{}: everything is read as it is.", self.table);
        } else {
            let _ = writeln!(text, "{}:", self.table);
            if !self.read.is_empty() {
                let _ = writeln!(text, "  Read as it is: {}.", self.read.join(", "));
            }
        }
        let sensitive: Vec<(&'static str, String)> = self
            .sensitive
            .iter()
            .map(|(name, holds)| (*name, (*holds).to_owned()))
            .collect();
        for (holds, names) in grouped(&sensitive) {
            let _ = writeln!(text, "  Of these hold {holds}: {}.", names.join(", "));
        }
        for (how, names) in grouped(&self.masked) {
            let _ = writeln!(text, "  Leaves {how}: {}.", names.join(", "));
        }
        for (why, names) in grouped(&self.withheld) {
            let _ = writeln!(text, "  Withheld, since {why}: {}.", names.join(", "));
        }
        text
    }
}

/// The columns of each reason.
fn grouped<'a>(columns: &'a [(&'static str, String)]) -> Vec<(&'a str, Vec<&'static str>)> {
    let mut groups: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for (name, why) in columns {
        groups.entry(why).or_default().push(name);
    }
    groups.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::file::tests::document;

    fn table<'a>(explanation: &'a Explanation, name: &str) -> &'a TableRead {
        explanation
            .tables
            .iter()
            .find(|table| table.table == name)
            .expect(name)
    }

    #[test]
    fn the_default_policies_run_the_catalogue_but_for_failed_rows() {
        for profile in ["", "profile = \"strict\"\n"] {
            let refused = explain(&document(profile).expect("parses")).refused_queries;
            let others: Vec<_> = refused
                .iter()
                .filter(|(_, why)| !why.contains("failed_rows_sample"))
                .collect();
            assert!(others.is_empty(), "{profile}: {others:?}");
        }
        let with_samples = document("[categories]\nfailed_rows_sample = true").expect("parses");
        let refused = explain(&with_samples).refused_queries;
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn an_explanation_says_of_each_table_what_leaves_and_how() {
        let found = explain(&document("").expect("parses"));
        let results = table(&found, "dbt_run_results");
        assert!(results.read.contains(&"status"));
        assert!(
            results
                .masked
                .iter()
                .any(|(name, how)| *name == "message" && how.contains("redacted"))
        );
        let invocations = table(&found, "dbt_invocations");
        assert!(
            invocations
                .withheld
                .iter()
                .any(|(name, why)| *name == "vars" && why.contains("credentials"))
        );
        assert!(invocations.sensitive.iter().any(|(name, _)| *name == "dbt_user"));
        let text = found.sentences();
        for words in [
            "Rows that failed a test do not leave.",
            "Only queries of this connector's catalogue run.",
            "test_result_rows: nothing is read: category `failed_rows_sample` is off.",
            "redacted: message, compiled_code, adapter_response.",
        ] {
            assert!(text.contains(words), "{text} lacks {words}");
        }
    }

    #[test]
    fn every_setting_shows() {
        let text = "adhoc = true\npause = true\n[categories]\nfailed_rows_sample = true\n\
            [samples]\nexclude_tables = [\"raw_app.orders\"]\nrows_per_result = 3\nmax_age_days = 30\n\
            [hours]\ndays = [\"mon\"]\nfrom = \"08:00\"\nto = \"18:00\"\nzone = \"+01:00\"\n\
            [columns.mask]\n\"dbt_models.owner\" = \"sha256\"\n\"dbt_models.description\" = \"truncate 40\"\n\"dbt_models.meta\" = \"null\"\n";
        let text = explain(&document(text).expect("parses")).sentences();
        for words in [
            "The source is paused",
            "Callers may ask in SQL of their own",
            "Queries run mon from 08:00 to 18:00 at UTC+01:00.",
            "at most 3 for each test result, not older than 30 days, of every tested table but raw_app.orders",
            "Leaves as a hash with a key that stays with you: owner.",
            "Leaves cut to its first 40 characters: description.",
            "Leaves as NULL: meta.",
            "`samples.rows_per_result` cannot be kept within it: result_rows.",
        ] {
            assert!(text.contains(words), "{text} lacks {words}");
        }
    }
}
