//! A policy in sentences, for the person who has to answer for it: `connector policy check`.

use std::sync::Arc;

use proto::{
    catalogue::Catalogue,
    schema::{Category, Sensitivity, elementary},
};
use serde::Serialize;

use super::{Policy, budget::Ledger, file::Document};

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
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// Each category and whether it is on.
    pub categories: Vec<(&'static str, bool)>,
    /// Tables of which nothing can be read.
    pub closed_tables: Vec<&'static str>,
    /// Columns that can be read although they are sensitive or personal.
    pub open_sensitive_columns: Vec<String>,
    /// Columns that can be read, and columns that there are.
    pub columns: (usize, usize),
    /// Queries of the catalogue that would be refused with the columns that they return by default, and why.
    pub refused_queries: Vec<(String, String)>,
}

/// Says what can be read.
pub fn explain(policy: &Document) -> Explanation {
    let mut explanation = Explanation {
        source: policy.source().to_string(),
        schema: policy.schema().as_str().to_owned(),
        digest: policy.digest().to_string(),
        categories: Category::ALL
            .iter()
            .map(|category| (category.name(), policy.categories().contains(category)))
            .collect(),
        closed_tables: Vec::new(),
        open_sensitive_columns: Vec::new(),
        columns: (0, 0),
        refused_queries: refused(policy),
    };
    for table in &elementary::schema().tables {
        let open: Vec<_> = table
            .columns
            .iter()
            .filter(|column| policy.table(table.name).is_ok() && policy.column(table, column.name).is_ok())
            .collect();
        if open.is_empty() {
            explanation.closed_tables.push(table.name);
        }
        let sensitive = open
            .iter()
            .filter(|column| column.sensitivity != Sensitivity::None);
        explanation
            .open_sensitive_columns
            .extend(sensitive.map(|c| format!("{}.{} ({})", table.name, c.name, c.sensitivity.name())));
        explanation.columns.0 += open.len();
        explanation.columns.1 += table.columns.len();
    }
    explanation
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
        let named = |on: bool| {
            let names: Vec<&str> = self
                .categories
                .iter()
                .filter(|(_, is)| *is == on)
                .map(|(name, _)| *name)
                .collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        };
        let refused = self
            .refused_queries
            .iter()
            .map(|(name, why)| format!("\n    {name}: {why}"));
        let refused: String = refused.collect();
        let list = |names: Vec<&str>| {
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join("\n    ")
            }
        };
        format!(
            "Source `{}` reads schema `{}`: {} of {} columns.\n  Categories on: {}\n  Categories off: {}\n  Tables closed:\n    {}\n  Columns open that hold more than names, numbers, times and states:\n    {}\n  Queries refused: {}\n  SHA-256 of the file: {}\n",
            self.source,
            self.schema,
            self.columns.0,
            self.columns.1,
            named(true),
            named(false),
            list(self.closed_tables.clone()),
            list(self.open_sensitive_columns.iter().map(String::as_str).collect()),
            if refused.is_empty() {
                "none".to_owned()
            } else {
                refused
            },
            self.digest,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::file::tests::document;

    #[test]
    fn the_default_policy_runs_the_catalogue_but_for_failed_rows() {
        let strict = explain(&document("").expect("parses"));
        let others: Vec<_> = strict
            .refused_queries
            .iter()
            .filter(|(_, why)| !why.contains("failed_rows_sample"))
            .collect();
        assert!(others.is_empty(), "{others:?}");
        let with_samples = document("[categories]\nfailed_rows_sample = true").expect("parses");
        let refused = explain(&with_samples).refused_queries;
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn an_explanation_names_what_is_open_and_what_is_closed() {
        let strict = explain(&document("").expect("parses"));
        assert!(strict.closed_tables.contains(&"test_result_rows") || strict.columns.0 < strict.columns.1);
        assert!(
            strict
                .open_sensitive_columns
                .iter()
                .all(|c| c.ends_with("(personal)"))
        );
        let open = document("[columns]\nallow = [\"dbt_invocations.vars\"]").expect("parses");
        let open = explain(&open);
        assert!(
            open.open_sensitive_columns
                .contains(&"dbt_invocations.vars (secret)".to_owned())
        );
        assert!(open.sentences().contains("dbt_invocations.vars (secret)"));
    }
}
