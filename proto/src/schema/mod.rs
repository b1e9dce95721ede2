//! Tables and columns as known for a source, with what the customer's policy needs to know of each.

pub mod described;
pub mod elementary;

use std::{collections::BTreeMap, fmt};

/// The customer's switches: what kind of data a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Names, types, descriptions and lineage of models, columns, tests and sources.
    Metadata,
    /// Settings of the dbt project and of its environment.
    Configuration,
    /// What ran, when, for how long, and how it ended.
    RunResults,
    /// The warehouse's history of statements. The Elementary schema has no table of it; the nearest is compiled code.
    QueryLogs,
    /// Row counts and freshness of tables.
    TableMetrics,
    /// Metrics of columns, such as averages and null counts.
    AggregatedMetrics,
    /// Rows of the customer's own tables that failed a test.
    FailedRowsSample,
}

impl Category {
    /// Every category.
    pub const ALL: &[Self] = &[
        Self::Metadata,
        Self::Configuration,
        Self::RunResults,
        Self::QueryLogs,
        Self::TableMetrics,
        Self::AggregatedMetrics,
        Self::FailedRowsSample,
    ];

    /// The key in a policy file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Configuration => "configuration",
            Self::RunResults => "run_results",
            Self::QueryLogs => "query_logs",
            Self::TableMetrics => "table_metrics",
            Self::AggregatedMetrics => "aggregated_metrics",
            Self::FailedRowsSample => "failed_rows_sample",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much harm a column's content could do outside the customer's house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Names, numbers, times and states.
    None,
    /// Names and addresses of the customer's staff.
    Personal,
    /// SQL text and messages, which may quote values of rows.
    Literal,
    /// Variables of dbt, which may hold credentials.
    Secret,
    /// Values of the customer's rows.
    Raw,
}

impl Sensitivity {
    /// The name in docs, explanations and errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Personal => "personal",
            Self::Literal => "literal",
            Self::Secret => "secret",
            Self::Raw => "raw",
        }
    }
}

/// What a schema holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its tables and views, sorted by name.
    pub tables: Vec<Table>,
}

impl Schema {
    /// Of this schema, the tables and columns that are present: what a warehouse holds of the inventory. Names that the
    /// inventory does not have are left out, whatever they are; a table of which no column is there is left out, too.
    pub fn only(&self, present: &BTreeMap<String, Vec<String>>) -> Schema {
        let table = |table: &Table| {
            let there = present.get(table.name)?;
            let columns: Vec<Column> = table
                .columns
                .iter()
                .filter(|column| there.iter().any(|name| name == column.name))
                .copied()
                .collect();
            let kept = |name: &&'static str| columns.iter().any(|column| column.name == *name);
            (!columns.is_empty()).then(|| Table {
                name: table.name,
                view: table.view,
                key: table.key.iter().copied().filter(kept).collect(),
                cursor: table.cursor.filter(kept),
                hash: table.hash.filter(kept),
                columns: columns.clone(),
            })
        };
        Schema {
            tables: self.tables.iter().filter_map(table).collect(),
        }
    }

    /// The table of exactly this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// One table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whether dbt makes it as a view.
    pub view: bool,
    /// Columns that identify a row, as dbt means it; duplicates occur.
    pub key: Vec<&'static str>,
    /// The column that grows with time, where there is one.
    pub cursor: Option<&'static str>,
    /// The column that changes whenever the row does, where there is one.
    pub hash: Option<&'static str>,
    /// Its columns, in the warehouse's order.
    pub columns: Vec<Column>,
}

impl Table {
    /// The column of exactly this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub column_type: ColumnType,
    /// What kinds of data it holds, at least one; all must be switched on.
    pub categories: &'static [Category],
    /// How sensitive its content is.
    pub sensitivity: Sensitivity,
}

/// The types that occur in the Elementary schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Text of any length.
    Text,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// 64-bit float.
    Double,
    /// Truth value.
    Boolean,
    /// Date and time without zone.
    Timestamp,
}
