//! The named queries: what a caller may ask without writing SQL, and what a connector runs by default.
//!
//! A catalogued query is a `.sql` file with a header. Both sides lower it at start; what they agree on is its name and the
//! fingerprint of its full plan. Both bind a request to it in the same way, so that a connector needs nothing from the
//! gateway but a name, columns and typed values. It refuses a file that does not lower, a name given twice, and a value
//! that is missing, unknown, of another type or out of range.
//!
//! ```sql
//! -- name: tests.history
//! -- purpose: Results of one test, newest first.
//! -- parameter: test_unique_id text  -- Required, since it has no default.
//! -- parameter: since timestamp = 1970-01-01 00:00:00  -- With a default.
//! -- parameter: limit integer 1..10000 = 500  -- With a range, both ends included.
//! -- columns: id, detected_at, status
//! SELECT …
//! ```
//!
//! `columns` names the outputs that are returned when a request names none: those that a default policy lets through. A
//! request may name any subset of the outputs of a query that reads one table.

mod header;
mod shipped;
pub mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::LazyLock,
};

use sha2::{Digest, Sha256};
use thiserror::Error;

use self::value::Given;
use crate::{
    error::{Code, Fault},
    id::QueryName,
    limits::MAX_SQL_BYTES,
    query::{
        fingerprint::Fingerprint,
        plan::{Identifier, Parameter, Plan},
        types::{ParamType, Value},
    },
    schema::{Schema, elementary},
    sql::{self, Names, SqlError},
    wire::frame::{Need, OfferedParameter, OfferedQuery, Purpose},
};

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::from_files(shipped::FILES.iter().copied(), elementary::schema())
        .expect("the files in this binary lower: tested in this module")
});

/// Why a file is not a catalogued query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The header is not understood.
    #[error("{file}, line {line}: {why}")]
    Header {
        /// The file, as its reader called it.
        file: String,
        /// From one.
        line: usize,
        /// One sentence.
        why: String,
    },
    /// The query does not lower.
    #[error("{file}: {error}")]
    Sql {
        /// The file, as its reader called it.
        file: String,
        /// What is refused, and where.
        error: SqlError,
    },
    /// Two files have one name.
    #[error("{file}: another query is named `{name}` already")]
    Duplicate {
        /// The file, as its reader called it.
        file: String,
        /// The name.
        name: QueryName,
    },
}

impl From<CatalogueError> for Fault {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Header { .. } => Fault::new(Code::InvalidRequest, error.to_string()),
            CatalogueError::Sql { error, .. } => error.into(),
            CatalogueError::Duplicate { .. } => Fault::new(Code::Conflict, error.to_string()),
        }
    }
}

/// A set of named queries.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: BTreeMap<QueryName, Entry>,
}

impl Catalogue {
    /// The queries of this binary, lowered when first asked for.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The queries of these files, each given as what to call it in errors and its text.
    pub fn from_files<F, T>(
        files: impl IntoIterator<Item = (F, T)>,
        schema: &Schema,
    ) -> Result<Self, CatalogueError>
    where
        F: Into<String>,
        T: Into<String>,
    {
        let (mut headers, mut texts) = (Vec::new(), Vec::new());
        for (file, text) in files {
            let (file, text) = (file.into(), text.into());
            let header = header::parse(&text).map_err(|(line, why)| CatalogueError::Header {
                file: file.clone(),
                line,
                why,
            })?;
            let parameters = header.parameters.iter().map(ParameterSpec::parameter).collect();
            texts.push((text.clone(), parameters));
            headers.push((file, text, header));
        }
        let plans = sql::lower_files(texts, &Names::bare(schema)).map_err(|error| CatalogueError::Sql {
            file: "catalogue".to_owned(),
            error,
        })?;
        let mut catalogue = Self::default();
        for ((file, text, header), plan) in headers.into_iter().zip(plans) {
            let plan = plan.map_err(|error| CatalogueError::Sql {
                file: file.clone(),
                error,
            })?;
            let entry = Entry::new(text, header, plan).map_err(|why| CatalogueError::Header {
                file: file.clone(),
                line: 1,
                why,
            })?;
            catalogue.add(file, entry)?;
        }
        Ok(catalogue)
    }

    /// These queries; of two with one name the second is refused.
    ///
    /// # Errors
    /// [`CatalogueError::Duplicate`].
    pub fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for entry in entries {
            catalogue.add(entry.name.to_string(), entry)?;
        }
        Ok(catalogue)
    }

    /// These queries and those of `more`: the shipped ones and the customer's own. A name in both is refused, so that no
    /// file changes what a shipped name means.
    pub fn and(mut self, more: Self) -> Result<Self, CatalogueError> {
        for entry in more.entries.into_values() {
            self.add(entry.name.to_string(), entry)?;
        }
        Ok(self)
    }

    fn add(&mut self, file: String, entry: Entry) -> Result<(), CatalogueError> {
        let name = entry.name.clone();
        match self.entries.insert(name.clone(), entry) {
            None => Ok(()),
            Some(_) => Err(CatalogueError::Duplicate { file, name }),
        }
    }

    /// The query of this name.
    pub fn get(&self, name: &QueryName) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The query whose full plan has this fingerprint.
    pub fn with_fingerprint(&self, fingerprint: Fingerprint) -> Option<&Entry> {
        self.entries
            .values()
            .find(|entry| entry.fingerprint == fingerprint)
    }

    /// Every query, by name.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.values()
    }

    /// SHA-256 over the names and fingerprints, in the order of names: two sides with the same digest mean the same
    /// queries by the same names.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"elementary-catalogue/1");
        for entry in self.entries.values() {
            let name = entry.name.as_str();
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
            hash.update(entry.fingerprint.as_bytes());
        }
        hash.finalize().into()
    }
}

/// A parameter of a catalogued query.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterSpec {
    /// Its name.
    pub name: Identifier,
    /// Its type.
    pub param_type: ParamType,
    /// What it is when a request leaves it out; without one it is required.
    pub default: Option<Value>,
    /// Bounds of an integer, both included.
    pub range: Option<RangeInclusive<i64>>,
    /// What it means, for people.
    pub description: String,
}

impl ParameterSpec {
    fn parameter(&self) -> Parameter {
        Parameter {
            name: self.name.clone(),
            param_type: self.param_type,
        }
    }

    /// Refuses a value of another type, NULL, a value that no database takes, and a number out of range.
    fn check(&self, value: &Value) -> Result<(), Fault> {
        let name = self.name.as_str();
        if value.param_type() != Some(self.param_type) {
            return Err(invalid(format!(
                "parameter `{name}` is {} {}",
                article(self.param_type),
                self.param_type
            )));
        }
        value.check(name)?;
        match (value, &self.range) {
            (Value::Integer(number), Some(range)) if !range.contains(number) => Err(invalid(format!(
                "parameter `{name}` is within {} and {}",
                range.start(),
                range.end()
            ))),
            _ => Ok(()),
        }
    }
}

fn article(param_type: ParamType) -> &'static str {
    if param_type == ParamType::Integer {
        "an"
    } else {
        "a"
    }
}

fn invalid(detail: String) -> Fault {
    Fault::new(Code::InvalidParameter, detail)
}

/// A catalogued query.
#[derive(Debug, Clone)]
pub struct Entry {
    name: QueryName,
    purpose: Purpose,
    parameters: Vec<ParameterSpec>,
    columns: Vec<Identifier>,
    narrowable: bool,
    plan: Plan,
    fingerprint: Fingerprint,
    text: String,
}

/// A request bound to a catalogued query: what is rendered and run.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The plan, narrowed to the columns that are wanted.
    pub plan: Plan,
    /// Values of the plan's parameters, in their order.
    pub values: Vec<Value>,
    /// The fingerprint of the catalogued plan before it was narrowed.
    pub fingerprint: Fingerprint,
}

impl Entry {
    /// The query of one text that somebody else wrote, under the bounds for callers' texts: a proposal, a file to approve.
    /// Blocks for a few milliseconds, and for four seconds at the worst. `file` is what errors call it.
    ///
    /// # Errors
    /// [`CatalogueError::Header`] or [`CatalogueError::Sql`].
    pub fn parse(file: &str, text: &str, schema: &Schema) -> Result<Self, CatalogueError> {
        let header_error = |(line, why)| CatalogueError::Header {
            file: file.to_owned(),
            line,
            why,
        };
        if text.len() > MAX_SQL_BYTES {
            return Err(header_error((
                1,
                format!("the text is longer than {MAX_SQL_BYTES} bytes"),
            )));
        }
        let header = header::parse(text).map_err(header_error)?;
        let parameters = header.parameters.iter().map(ParameterSpec::parameter).collect();
        let plan = sql::lower(text, schema, parameters).map_err(|error| CatalogueError::Sql {
            file: file.to_owned(),
            error,
        })?;
        Self::new(text.to_owned(), header, plan).map_err(|why| header_error((1, why)))
    }

    fn new(text: String, header: header::Header, plan: Plan) -> Result<Self, String> {
        let header::Header {
            name,
            purpose,
            parameters,
            columns,
        } = header;
        for parameter in &parameters {
            if let Some(default) = &parameter.default {
                parameter
                    .check(default)
                    .map_err(|fault| fault.detail.into_owned())?;
            }
        }
        let narrowable = plan.narrow(plan.output()).is_ok();
        let columns = if columns.is_empty() {
            plan.output().to_vec()
        } else {
            columns
        };
        if columns != plan.output() {
            plan.narrow(&columns).map_err(|error| error.to_string())?;
        }
        let distinct: BTreeSet<&Identifier> = plan.output().iter().collect();
        if distinct.len() != plan.output().len() {
            return Err("two columns of the result have one name".to_owned());
        }
        let fingerprint = plan.fingerprint();
        Ok(Self {
            name,
            purpose,
            parameters,
            columns,
            narrowable,
            plan,
            fingerprint,
            text,
        })
    }

    /// Its name.
    pub fn name(&self) -> &QueryName {
        &self.name
    }

    /// What it answers, in one sentence.
    pub fn purpose(&self) -> &str {
        self.purpose.as_str()
    }

    /// What a connector tells the gateway of it, where it is the customer's own.
    pub fn offer(&self) -> OfferedQuery {
        let parameters = self.parameters.iter().map(|parameter| OfferedParameter {
            name: parameter.name.clone(),
            param_type: parameter.param_type,
            need: match parameter.default {
                Some(_) => Need::Optional,
                None => Need::Required,
            },
        });
        OfferedQuery {
            name: self.name.clone(),
            fingerprint: self.fingerprint,
            purpose: self.purpose.clone(),
            parameters: parameters.collect(),
        }
    }

    /// Its parameters, in the order of the plan's.
    pub fn parameters(&self) -> &[ParameterSpec] {
        &self.parameters
    }

    /// The columns that a request without any gets.
    pub fn columns(&self) -> &[Identifier] {
        &self.columns
    }

    /// Whether a request may name columns.
    pub fn narrowable(&self) -> bool {
        self.narrowable
    }

    /// The plan with all its columns.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The fingerprint of [`Entry::plan`].
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Binds what an API request gives. `columns` empty means the query's own.
    pub fn bind(&self, columns: &[String], given: &BTreeMap<String, Given>) -> Result<Bound, Fault> {
        let mut values = Vec::with_capacity(given.len());
        for (name, given) in given {
            let value = given
                .to_value(self.parameter(name)?.param_type)
                .map_err(|why| invalid(format!("parameter `{name}` {why}")))?;
            values.push((name.clone(), value));
        }
        self.bind_values(columns, values)
    }

    /// Binds typed values, as they come over the tunnel. `columns` empty means the query's own.
    pub fn bind_values(&self, columns: &[String], given: Vec<(String, Value)>) -> Result<Bound, Fault> {
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for (name, value) in given {
            self.parameter(&name)?;
            if known.insert(name.clone(), value).is_some() {
                return Err(invalid(format!("parameter `{name}` is given twice")));
            }
        }
        let mut values = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            let name = parameter.name.as_str();
            let value = known.remove(name).or_else(|| parameter.default.clone());
            let value = value.ok_or_else(|| {
                invalid(format!(
                    "parameter `{name}` is missing: {} {}",
                    article(parameter.param_type),
                    parameter.param_type
                ))
            })?;
            parameter.check(&value)?;
            values.push(value);
        }
        Ok(Bound {
            plan: self.narrowed(columns)?,
            values,
            fingerprint: self.fingerprint,
        })
    }

    fn parameter(&self, name: &str) -> Result<&ParameterSpec, Fault> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<&str> = self
                    .parameters
                    .iter()
                    .map(|parameter| parameter.name.as_str())
                    .collect();
                let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                invalid(format!(
                    "`{}` takes no parameter `{name}`; it takes: {}",
                    self.name,
                    known.join(", ")
                ))
            })
    }

    fn narrowed(&self, columns: &[String]) -> Result<Plan, Fault> {
        let wanted = columns
            .iter()
            .map(|name| Identifier::new(name))
            .collect::<Result<Vec<_>, _>>();
        let wanted = wanted.map_err(|error| invalid(format!("`columns`: {error}")))?;
        let wanted = if wanted.is_empty() { &self.columns } else { &wanted };
        if wanted.as_slice() == self.plan.output() {
            return Ok(self.plan.clone());
        }
        self.plan
            .narrow(wanted)
            .map_err(|error| Fault::new(error.code(), error.to_string()))
    }
}

#[cfg(test)]
mod tests;
