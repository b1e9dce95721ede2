//! What a query reads, for the person who is asked to approve it.
//!
//! All of it is shown: the columns that a request gets by default and those that it may name. What a policy holds back is
//! said beside it; an approval opens nothing that a policy closes.

use std::{collections::BTreeMap, path::Path};

use proto::{
    query::plan::Plan,
    schema::{Column, Table, elementary},
};
use serde::Serialize;

use crate::policy::{
    explain::holds,
    file::{Document, Treatment},
};

/// One column that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnRead {
    /// Its name.
    pub column: String,
    /// Its categories.
    pub categories: Vec<&'static str>,
    /// How sensitive its content is.
    pub sensitivity: &'static str,
    /// What that means.
    pub holds: &'static str,
    /// What each source's policy does with it: `plain`, `held back`, `null`, `truncate`, `redact` or `sha256`.
    pub policies: BTreeMap<String, &'static str>,
}

/// One table that is read; without columns only its rows are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRead {
    /// Its name.
    pub table: String,
    /// Its columns, in the order of names.
    pub columns: Vec<ColumnRead>,
}

/// What a plan reads, by table and column.
pub fn reads(plan: &Plan, policies: &[Document]) -> Vec<TableRead> {
    let mut tables: BTreeMap<String, BTreeMap<String, ColumnRead>> = BTreeMap::new();
    for scan in plan.scans() {
        let columns = tables.entry(scan.table.as_str().to_owned()).or_default();
        let Some(table) = elementary::schema().table(scan.table.as_str()) else {
            continue;
        };
        for column in scan.columns.iter().filter_map(|c| table.column(c.as_str())) {
            let read = ColumnRead {
                column: column.name.to_owned(),
                categories: column.categories.iter().map(|c| c.name()).collect(),
                sensitivity: column.sensitivity.name(),
                holds: holds(column.sensitivity),
                policies: policies
                    .iter()
                    .map(|policy| (policy.source().to_string(), treated(policy, table, column)))
                    .collect(),
            };
            columns.insert(column.name.to_owned(), read);
        }
    }
    let tables = tables.into_iter().map(|(table, columns)| TableRead {
        table,
        columns: columns.into_values().collect(),
    });
    tables.collect()
}

fn treated(policy: &Document, table: &Table, column: &Column) -> &'static str {
    let readable = policy
        .table(table.name)
        .and_then(|table| policy.column(table, column.name));
    match readable.map(|readable| readable.treatment) {
        Err(_) => "held back",
        Ok(Treatment::Plain) => "plain",
        Ok(Treatment::Null) => "null",
        Ok(Treatment::Truncate(_)) => "truncate",
        Ok(Treatment::Connector(mask)) => mask.name(),
    }
}

/// The policies in files that can be read; the others are named with what is wrong.
pub fn policies<'f>(files: impl IntoIterator<Item = &'f Path>) -> (Vec<Document>, Vec<String>) {
    let (mut policies, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match Document::load(file) {
            Ok(policy) => policies.push(policy),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    (policies, wrong)
}
