//! The statements that make a role of least privilege, for each engine.
//!
//! The texts are files beside this one, so that a reviewer reads what is printed: [`statements`] puts names into them,
//! quoted as the engine quotes names, and nothing else. A line whose name was not given becomes a comment, and what was
//! missing is said. Refused are names that could end a comment or a quote. For the command line; nothing here is run by the
//! connector, whose own role could not do it.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// An engine that grants are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the engine of that name")]
pub enum Engine {
    Postgres,
    DuckDb,
    Redshift,
    Snowflake,
    BigQuery,
    Databricks,
    ClickHouse,
    Trino,
    Athena,
}

/// How an engine quotes a name.
enum Quote {
    /// `"a""b"`
    Double,
    /// `` `a``b` ``
    Backtick,
    /// Its names need no quotes, and others are refused: [`is_plain`].
    Plain(&'static str),
}

impl Engine {
    /// Every engine, in the order of messages.
    pub const ALL: &[Self] = &[
        Self::Postgres,
        Self::DuckDb,
        Self::Redshift,
        Self::Snowflake,
        Self::BigQuery,
        Self::Databricks,
        Self::ClickHouse,
        Self::Trino,
        Self::Athena,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::DuckDb => "duckdb",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::BigQuery => "bigquery",
            Self::Databricks => "databricks",
            Self::ClickHouse => "clickhouse",
            Self::Trino => "trino",
            Self::Athena => "athena",
        }
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Postgres => include_str!("grants/postgres.sql"),
            Self::DuckDb => include_str!("grants/duckdb.sql"),
            Self::Redshift => include_str!("grants/redshift.sql"),
            Self::Snowflake => include_str!("grants/snowflake.sql"),
            Self::BigQuery => include_str!("grants/bigquery.sql"),
            Self::Databricks => include_str!("grants/databricks.sql"),
            Self::ClickHouse => include_str!("grants/clickhouse.sql"),
            Self::Trino => include_str!("grants/trino.sql"),
            Self::Athena => include_str!("grants/athena.sh"),
        }
    }

    const fn quote(self) -> Quote {
        match self {
            Self::Postgres | Self::DuckDb | Self::Redshift | Self::Snowflake | Self::Trino => Quote::Double,
            Self::Databricks => Quote::Backtick,
            // A backslash is an escape within its quotes.
            Self::ClickHouse | Self::BigQuery => Quote::Plain("`"),
            // Its names stand in a script of a shell.
            Self::Athena => Quote::Plain(""),
        }
    }

    const fn comment(self) -> &'static str {
        match self {
            Self::Athena => "#",
            _ => "--",
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|engine| engine.name() == text);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|engine| engine.name()).collect();
            format!("choose one of: {}", known.join(", "))
        })
    }
}

/// Longest name in bytes that any of the engines takes (Databricks; others take less and say so themselves).
const MAX_NAME_BYTES: usize = 255;

/// A name of the warehouse, as the warehouse stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// A name cannot stand in a statement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Empty, too long, or with a line break or another control character.
    #[error("a name has 1 to {MAX_NAME_BYTES} bytes and no control character")]
    Form,
    /// Nothing that this engine has such names for.
    #[error("`{name}` is no name in {engine}: letters, digits and `. _ @ : -` are")]
    NotPlain {
        /// The name.
        name: String,
        /// The engine.
        engine: &'static str,
    },
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // U+2028 and U+2029 end a line for some.
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.is_empty() || text.len() > MAX_NAME_BYTES || text.chars().any(breaks) {
            return Err(NameError::Form);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the role is to be called, and what it is to read.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The Elementary schema; without it the package's default for the project's target `analytics`.
    pub schema: Option<Name>,
    /// The connector's role or user.
    pub role: Option<Name>,
    /// The role that dbt runs as.
    pub dbt_role: Option<Name>,
    /// The database, catalog or project that the schema is in.
    pub database: Option<Name>,
    /// Snowflake's warehouse that queries run on.
    pub warehouse: Option<Name>,
}

impl Names {
    /// The name for a placeholder, where it was given or has a default.
    fn get(&self, engine: Engine, placeholder: &str) -> Option<String> {
        let given = match placeholder {
            "schema" => &self.schema,
            "role" => &self.role,
            "dbt_role" => &self.dbt_role,
            "database" => &self.database,
            "warehouse" => &self.warehouse,
            _ => &None,
        };
        if let Some(name) = given {
            return Some(name.0.clone());
        }
        match (placeholder, engine) {
            ("schema", Engine::Snowflake) => Some("ANALYTICS_ELEMENTARY".to_owned()),
            ("schema", _) => Some("analytics_elementary".to_owned()),
            ("role", Engine::Snowflake) => Some("ELEMENTARY_READER".to_owned()),
            // Accounts of services are named by an address in their project.
            ("role", Engine::BigQuery) => self
                .database
                .as_ref()
                .map(|project| format!("elementary-reader@{project}.iam.gserviceaccount.com")),
            ("role", _) => Some("elementary_reader".to_owned()),
            _ => None,
        }
    }
}

/// What is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// The statements, with comments.
    pub text: String,
    /// Options without which statements had to stay comments.
    pub missing: Vec<&'static str>,
}

/// The placeholders of the texts, and the options that fill them.
const OPTIONS: [(&str, &str); 5] = [
    ("schema", "--schema"),
    ("role", "--role"),
    ("dbt_role", "--dbt-role"),
    ("database", "--database"),
    ("warehouse", "--warehouse"),
];

/// Writes the statements for an engine.
///
/// # Errors
/// When a name cannot stand in a statement of this engine.
pub fn statements(engine: Engine, names: &Names) -> Result<Grants, NameError> {
    let mut grants = Grants {
        text: String::new(),
        missing: Vec::new(),
    };
    for line in engine.template().lines() {
        let (written, missing) = fill(engine, names, line)?;
        if missing.is_empty() || line.starts_with(engine.comment()) {
            grants.text += &written;
        } else {
            let comment = engine.comment();
            let options = missing.join(" and ");
            grants.text += &format!("{comment} Not complete without {options}:\n{comment} {written}");
            for option in missing {
                if !grants.missing.contains(&option) {
                    grants.missing.push(option);
                }
            }
        }
        grants.text.push('\n');
    }
    Ok(grants)
}

/// Puts names into a line, each placeholder once, so that what looks like one within a name stays as it is.
fn fill(engine: Engine, names: &Names, line: &str) -> Result<(String, Vec<&'static str>), NameError> {
    let mut written = String::with_capacity(line.len());
    let mut missing = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        written += before;
        let inside = after.split_once('}');
        let known = inside.and_then(|(inside, after)| {
            let (placeholder, form) = inside.split_once(':').unwrap_or((inside, ""));
            let option = OPTIONS.iter().find(|(name, _)| *name == placeholder)?;
            Some((option, form, after))
        });
        // JSON and the shell have braces of their own.
        let Some(((placeholder, option), form, after)) = known else {
            written.push('{');
            rest = after;
            continue;
        };
        match names.get(engine, placeholder) {
            Some(name) => written += &write(engine, &name, form)?,
            None => {
                written += &format!("<{}>", option.trim_start_matches('-'));
                missing.push(*option);
            }
        }
        rest = after;
    }
    written += rest;
    Ok((written, missing))
}

/// A name in one of the forms that the texts ask for.
fn write(engine: Engine, name: &str, form: &str) -> Result<String, NameError> {
    let not_plain = || NameError::NotPlain {
        name: name.to_owned(),
        engine: engine.name(),
    };
    if matches!(engine.quote(), Quote::Plain(_)) && !is_plain(name) {
        return Err(not_plain());
    }
    Ok(match form {
        "raw" => name.to_owned(),
        "string" => format!("'{}'", name.replace('\'', "''")),
        "regex" => regex(name),
        _ => match engine.quote() {
            Quote::Double => format!("\"{}\"", name.replace('"', "\"\"")),
            Quote::Backtick => format!("`{}`", name.replace('`', "``")),
            Quote::Plain(quote) => format!("{quote}{name}{quote}"),
        },
    })
}

/// No character that has a meaning within quotes, in a comment or in a shell.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | ':' | '-'))
        && !name.starts_with('-')
}

/// A JSON string with a regular expression that matches this name alone.
fn regex(name: &str) -> String {
    let mut escaped = String::new();
    for c in name.chars() {
        if !c.is_alphanumeric() && c != '_' {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    serde_json::Value::String(escaped).to_string()
}

#[cfg(test)]
mod tests;
