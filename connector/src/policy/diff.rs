//! What changes from one policy to another: `connector policy diff`.

use std::fmt::Write as _;

use proto::schema::{Column, Table};
use serde::Serialize;

use super::{
    explain::{how, terms},
    file::{Document, Treatment},
};

/// What one file lets leave and the other does not.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Columns that can be read by the new file alone, and how they leave.
    pub visible: Vec<(String, String)>,
    /// Columns that can be read by the old file alone.
    pub hidden: Vec<String>,
    /// Columns that leave in another form: how they left, how they will.
    pub changed: Vec<(String, String, String)>,
    /// Sentences on all queries that hold by the old file alone: source, profile, samples, budgets, hours, ad-hoc SQL,
    /// pause.
    pub ended: Vec<String>,
    /// Those that hold by the new file alone.
    pub begun: Vec<String>,
}

/// Compares two policies.
pub fn diff(old: &Document, new: &Document) -> Difference {
    let mut difference = Difference::default();
    for table in &new.inventory().tables {
        for column in &table.columns {
            let name = format!("{}.{}", table.name, column.name);
            match (treatment(old, table, column), treatment(new, table, column)) {
                (None, Some(after)) => difference.visible.push((name, how(after))),
                (Some(_), None) => difference.hidden.push(name),
                (Some(before), Some(after)) if before != after => {
                    difference.changed.push((name, how(before), how(after)));
                }
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
    }
    let (before, after) = (sentences(old), sentences(new));
    difference.ended = before.iter().filter(|s| !after.contains(s)).cloned().collect();
    difference.begun = after.into_iter().filter(|s| !before.contains(s)).collect();
    difference
}

fn treatment(policy: &Document, table: &'static Table, column: &Column) -> Option<Treatment> {
    policy.table(table.name).ok()?;
    policy
        .column(table, column.name)
        .ok()
        .map(|readable| readable.treatment)
}

fn sentences(policy: &Document) -> Vec<String> {
    let mut sentences = vec![format!(
        "The policy is for source `{}` and schema `{}`.",
        policy.source(),
        policy.schema().as_str()
    )];
    sentences.extend(terms(policy));
    sentences.push(format!(
        "The key of hashes is in `{}`.",
        policy.sha256_key().as_str()
    ));
    sentences
}

impl Difference {
    /// Whether both files mean the same.
    pub fn is_empty(&self) -> bool {
        let Difference {
            visible,
            hidden,
            changed,
            ended,
            begun,
        } = self;
        visible.is_empty() && hidden.is_empty() && changed.is_empty() && ended.is_empty() && begun.is_empty()
    }

    /// The difference as lines of text: `+` is what becomes visible or begins, `-` what stops.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        if self.is_empty() {
            return "Both files mean the same.\n".to_owned();
        }
        for (name, how) in &self.visible {
            let _ = writeln!(text, "+ {name} becomes visible: it leaves {how}");
        }
        for name in &self.hidden {
            let _ = writeln!(text, "- {name} stops being visible");
        }
        for (name, before, after) in &self.changed {
            let _ = writeln!(text, "~ {name} leaves {after}; before, {before}");
        }
        for sentence in &self.ended {
            let _ = writeln!(text, "- {sentence}");
        }
        for sentence in &self.begun {
            let _ = writeln!(text, "+ {sentence}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::file::tests::document;

    fn compare(old: &str, new: &str) -> Difference {
        diff(&document(old).expect("parses"), &document(new).expect("parses"))
    }

    #[test]
    fn files_that_mean_the_same_do_not_differ() {
        let same = compare("", "profile = \"balanced\" # written out\nadhoc = false\n");
        assert!(same.is_empty(), "{same:?}");
        assert_eq!(same.lines(), "Both files mean the same.\n");
    }

    #[test]
    fn what_becomes_visible_and_what_stops_is_named_both_ways() {
        let (less, more) = (
            "[columns]\ndrop = [\"dbt_models.owner\"]",
            "[columns]\nallow = [\"dbt_invocations.vars\", \"dbt_run_results.message\"]",
        );
        let there = compare(less, more);
        let names = |list: &[(String, String)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(
            names(&there.visible),
            ["dbt_invocations.vars", "dbt_models.owner"]
        );
        assert!(there.hidden.is_empty());
        let changed: Vec<&str> = there.changed.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(changed, ["dbt_run_results.message"]);
        let back = compare(more, less);
        assert_eq!(back.hidden, names(&there.visible));
        assert!(back.lines().contains("- dbt_models.owner stops being visible"));
    }

    #[test]
    fn every_setting_that_holds_for_all_queries_differs() {
        for setting in [
            "adhoc = true",
            "pause = true",
            "[hours]\ndays = [\"mon\"]\nfrom = \"08:00\"\nto = \"18:00\"\nzone = \"UTC\"",
            "[budget]\nrows_per_query = 7",
            "[budget]\nbytes_per_query = 7",
            "[budget]\nseconds_per_query = 7",
            "[budget]\nconcurrent_queries = 7",
            "[budget]\nqueries_per_minute = 7",
            "[budget]\nbytes_per_day = 7",
            "[budget]\ncost_per_query = 7",
            "[columns]\nsha256_key = \"other.key\"",
            "profile = \"strict\"",
        ] {
            let found = compare("", setting);
            assert!(!found.ended.is_empty() || !found.begun.is_empty(), "{setting}");
        }
        let on = "[categories]\nfailed_rows_sample = true\n";
        for setting in [
            "exclude_tables = [\"orders\"]",
            "rows_per_result = 2",
            "max_age_days = 2",
        ] {
            let found = compare(on, &format!("{on}[samples]\n{setting}"));
            assert_eq!((found.ended.len(), found.begun.len()), (1, 1), "{setting}");
            assert!(
                found.hidden.contains(&"alerts_v2.data".to_owned()) || setting.starts_with("max"),
                "{setting}"
            );
        }
    }
}
