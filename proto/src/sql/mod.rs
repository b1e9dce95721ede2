//! SQL text to a plan, or a refusal that names the construct and its place.
//!
//! It exists so that callers may write the SELECT they know, while what travels is a [`Plan`]. Three steps, each of
//! which can only refuse: [`prescan`] bounds the text before any parser sees it, [`parse`] runs the parser on a thread
//! with a stack of its own, and [`lower`] takes each accepted form apart, field by field, and builds the plan anew.
//!
//! Nothing of the parser's types leaves this module, and nothing here prints one: printing a parser's tree is how others
//! were injected (docs/sql.md, "Why the tree is never printed"). Accepted is what `lower` knows; there is no list of
//! what is refused.
//!
//! Who may call it: the catalogue (both sides, at start) and the gateway, for SQL that the customer opted in to.

mod lower;
mod parse;
mod prescan;
mod refusal;
mod scope;
mod syntax;

use thiserror::Error;

pub use self::syntax::Syntax;
use crate::{
    error::{Code, Fault},
    query::plan::{Parameter, Plan, PlanError},
    schema::Schema,
};

/// Why a text is not a plan. The message names constructs, tables, columns and functions; it never quotes a literal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SqlError {
    /// [`Code::InvalidSql`]; [`Code::LimitExceeded`] for a text beyond a bound; [`Code::Overloaded`] when every parser is
    /// busy; [`Code::Internal`] when the parser itself failed.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// Line, from one; zero where the whole text is meant.
    pub line: u32,
    /// Column in characters, from one; zero where the whole text is meant.
    pub column: u32,
}

impl SqlError {
    fn whole(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            line: 0,
            column: 0,
        }
    }
}

impl From<PlanError> for SqlError {
    fn from(error: PlanError) -> Self {
        Self::whole(error.code(), error.to_string())
    }
}

impl From<SqlError> for Fault {
    fn from(error: SqlError) -> Fault {
        let SqlError {
            code,
            message,
            line,
            column,
        } = error;
        match line {
            0 => Fault::new(code, message),
            _ => Fault::new(code, format!("line {line}, column {column}: {message}")).at(line, column),
        }
    }
}

/// What names in a text may mean: the tables, and what may stand before a table's name.
#[derive(Debug, Clone)]
pub struct Names {
    syntax: Syntax,
    rendered: bool,
    schema: Schema,
    namespace: Option<String>,
    database: Option<String>,
}

impl Names {
    /// Tables under their bare names only, as catalogue files write them.
    pub fn bare(schema: &Schema) -> Self {
        Self {
            syntax: Syntax::Postgres,
            rendered: false,
            schema: schema.clone(),
            namespace: None,
            database: None,
        }
    }

    /// Also `namespace.table`, and `database.namespace.table`, compared as the engine compares them.
    pub fn qualified(schema: &Schema, namespace: &str, database: Option<&str>) -> Self {
        Self {
            syntax: Syntax::Postgres,
            rendered: false,
            schema: schema.clone(),
            namespace: Some(namespace.to_owned()),
            database: database.map(str::to_owned),
        }
    }

    /// The same names in a text that was rendered for PostgreSQL, whose functions and types stand in `pg_catalog`. For the
    /// proof that rendering and reading are inverse; a caller has no use for such names.
    #[must_use]
    pub fn as_rendered(self) -> Self {
        Self {
            rendered: true,
            ..self
        }
    }

    /// The same names in a text for another engine than PostgreSQL.
    #[must_use]
    pub fn read_as(self, syntax: Syntax) -> Self {
        Self { syntax, ..self }
    }
}

/// The plan of a text that names its tables barely.
///
/// `parameters` are the placeholders that the text may use as `:name`; one that it does not use is an error. Blocks for a
/// few milliseconds, and for four seconds at the worst: call it from a thread that may block.
pub fn lower(text: &str, schema: &Schema, parameters: Vec<Parameter>) -> Result<Plan, SqlError> {
    lower_with(text, &Names::bare(schema), parameters)
}

/// The plan of a text whose tables may be qualified. As [`lower`] otherwise.
pub fn lower_with(text: &str, names: &Names, parameters: Vec<Parameter>) -> Result<Plan, SqlError> {
    let (text, names) = (text.to_owned(), names.clone());
    parse::on_own_stack(move || plan(&text, &names, parameters))?
}

/// The plans of many texts, in order, lowered on one thread: for the files of a catalogue, which are the operator's own and
/// are given more time. The outer error is one that concerns no single text.
pub fn lower_files(
    texts: Vec<(String, Vec<Parameter>)>,
    names: &Names,
) -> Result<Vec<Result<Plan, SqlError>>, SqlError> {
    let names = names.clone();
    parse::on_own_stack_for_files(move || {
        texts
            .into_iter()
            .map(|(text, parameters)| plan(&text, &names, parameters))
            .collect()
    })
}

/// The three steps, on the parser's thread.
fn plan(text: &str, names: &Names, parameters: Vec<Parameter>) -> Result<Plan, SqlError> {
    let tokens = prescan::prescan(text, names.syntax)?;
    let query = parse::parse(&tokens)?;
    let lowered = lower::lower(&query, &tokens, names, &parameters)?;
    Ok(Plan::new(lowered, parameters)?)
}

/// For the fuzz target: any text is a plan over tables of the schema, which travels, or it is refused. The first byte says
/// which engine's text it is.
#[doc(hidden)]
pub fn fuzz_entry(bytes: &[u8]) {
    const ENGINES: [Syntax; 8] = [
        Syntax::Postgres,
        Syntax::DuckDb,
        Syntax::Redshift,
        Syntax::Snowflake,
        Syntax::BigQuery,
        Syntax::Databricks,
        Syntax::ClickHouse,
        Syntax::Trino,
    ];
    let Some((engine, text)) = bytes.split_first() else {
        return;
    };
    let (Ok(text), Some(syntax)) = (
        std::str::from_utf8(text),
        ENGINES.get(usize::from(*engine) % ENGINES.len()),
    ) else {
        return;
    };
    let schema = crate::schema::elementary::schema();
    let names = Names::qualified(schema, "elementary", Some("shop")).read_as(*syntax);
    let parameter = |name: &str| {
        Some(Parameter {
            name: crate::query::plan::Identifier::new(name).ok()?,
            param_type: crate::query::types::ParamType::Integer,
        })
    };
    // A parameter has to be used: those are declared that the text may mean.
    let declared = ["$1", "$2"].into_iter().filter(|name| text.contains(name));
    let declared = declared.filter_map(parameter).collect();
    if let Ok(plan) = lower_with(text, &names, declared) {
        for scan in plan.scans() {
            let table = schema.table(scan.table.as_str());
            assert!(table.is_some_and(|t| scan.columns.iter().all(|c| t.column(c.as_str()).is_some())));
        }
        if let Ok(encoded) = crate::wire::plan::encode(&plan) {
            assert_eq!(crate::wire::plan::decode(&encoded), Ok(plan));
        }
    }
}

#[cfg(test)]
mod tests;
