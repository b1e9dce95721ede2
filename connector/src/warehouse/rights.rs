//! What the connector's own role may do in the warehouse beyond reading the Elementary schema.
//!
//! The algebra and the policy hold whatever the role may do; this is the wall behind them. Each right in excess is an
//! [`Excess`] with the statement that takes it away. One that is an error keeps its source from being served
//! ([`crate::standing`]) unless the customer accepts it by name in `danger_accept_excess_privileges`.
//!
//! How a right is found is the business of each warehouse ([`super::Warehouse::rights`]).

use std::fmt;

use serde::Serialize;

/// A kind of right that a reader of one schema does not need.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name in settings, logs and `doctor`.
    pub name: &'static str,
    /// Whether a source is kept from being served for it.
    pub severity: Severity,
    /// What it means, to follow the object's name.
    pub sentence: &'static str,
}

/// How bad a right is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// More than a reader needs; what it opens is small, or every role has it by default.
    Warning,
    /// Reads or writes beyond the schema, or runs code.
    Error,
}

/// A right that the role has and should not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// Its kind.
    pub check: &'static Check,
    /// On what, as the warehouse writes it.
    pub object: String,
    /// The statement that takes it away, for an administrator; none where it takes judgement.
    pub remedy: Option<String>,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: `{}` {}",
            self.check.name, self.object, self.check.sentence
        )
    }
}

macro_rules! checks {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $severity:ident, $sentence:literal;)*) => {
        $($(#[$doc])* pub const $constant: &Check = &Check {
            name: $name,
            severity: Severity::$severity,
            sentence: $sentence,
        };)*

        /// Every check.
        pub const ALL: &[&Check] = &[$($constant,)*];
    };
}

#[expect(missing_docs, reason = "each is said by its sentence")]
/// The checks, by name.
pub mod check {
    use super::{Check, Severity};

    checks! {
        ROLE_ATTRIBUTE = "role_attribute", Error, "is an attribute of the role that passes over grants";
        MEMBERSHIP = "membership", Error, "is a role whose rights it may take on";
        OWNERSHIP = "ownership", Error, "belongs to the role, which may change or drop it";
        DATABASE_CREATE = "database_create", Error, "lets the role create schemas";
        SCHEMA_CREATE = "schema_create", Error, "lets the role create objects";
        RELATION_OUTSIDE = "relation_outside", Error, "is outside the schema, and open to the role";
        COLUMN_OUTSIDE = "column_outside", Error, "is a column outside the schema, and open to the role";
        RELATION_WRITE = "relation_write", Error, "may be written by the role";
        CATALOGUE_SECRET = "catalogue_secret", Error, "holds secrets or samples of rows, and is open to the role";
        FUNCTION_TRUSTED = "function_trusted", Error, "runs with other rights, or outside the database's own languages";
        SERVER_FUNCTION = "server_function", Error, "reaches files, programs or the server itself";
        VIEW_ESCAPE = "view_escape", Error, "is a view of the schema that reads outside it with its owner's rights";
        FOREIGN_TABLE = "foreign_table", Error, "is a foreign table of the schema";
        FOREIGN_SERVER = "foreign_server", Error, "is a server that the role may reach";
        INHERITANCE_OUTSIDE = "inheritance_outside", Error, "is outside the schema and read with its parent within";
        IMPLICIT_CAST = "implicit_cast", Error, "is a cast that runs somebody's function without being asked for";
        CATALOGUE_OBJECT = "catalogue_object", Error, "is no part of the database but stands in pg_catalog, which is trusted by name";
        UNVERIFIED = "unverified", Error, "cannot be inspected: nobody but you knows what its credential may do";
        DATABASE_TEMPORARY = "database_temporary", Warning, "lets the role create temporary tables";
        DATABASE_CONNECT = "database_connect", Warning, "is another database that the role may connect to";
        SCHEMA_USAGE = "schema_usage", Warning, "is a schema whose objects the role may look up";
        FUNCTION_EXECUTABLE = "function_executable", Warning, "is somebody's function that the role may call";
        DEFAULT_PRIVILEGES = "default_privileges", Warning, "will be open to the role when it is made";
        ROW_POLICY = "row_policy", Warning, "is a row policy, which runs expressions of its own";
        ROLE_SETTING = "role_setting", Warning, "is a setting that the role does not have";
        CONNECTION_LIMIT = "connection_limit", Warning, "is not set: the role may take every connection";
        NO_GRANTS = "no_grants", Warning, "knows no rights: the file is opened read-only and locked, and the algebra names its tables";
    }
}

/// The excess that a customer lives with: names of checks, or `check:object`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted(Vec<(String, Option<String>)>);

/// An entry that names no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no check of this name; `connector doctor` prints the name of each finding")]
pub struct UnknownCheck;

impl Accepted {
    /// Takes the entries of the setting.
    ///
    /// # Errors
    /// With the first that names no check.
    pub fn parse(entries: &[String]) -> Result<Self, (String, UnknownCheck)> {
        let entry = |text: &String| {
            let (name, object) = match text.split_once(':') {
                Some((name, object)) => (name, Some(object.to_owned())),
                None => (text.as_str(), None),
            };
            if check::ALL.iter().any(|check| check.name == name) {
                Ok((name.to_owned(), object))
            } else {
                Err((text.clone(), UnknownCheck))
            }
        };
        entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// What of the excess keeps the source from being served.
    pub fn unaccepted<'e>(&self, excess: &'e [Excess]) -> Vec<&'e Excess> {
        let accepted = |excess: &Excess| {
            self.0.iter().any(|(name, object)| {
                name == excess.check.name && object.as_ref().is_none_or(|object| *object == excess.object)
            })
        };
        excess
            .iter()
            .filter(|excess| excess.check.severity == Severity::Error && !accepted(excess))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn excess(check: &'static Check, object: &str) -> Excess {
        Excess {
            check,
            object: object.to_owned(),
            remedy: None,
        }
    }

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: BTreeSet<_> = check::ALL.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), check::ALL.len());
    }

    #[test]
    fn what_is_accepted_is_accepted_by_name_and_nothing_else_is() {
        let found = [
            excess(check::SCHEMA_CREATE, "public"),
            excess(check::SCHEMA_CREATE, "scratch"),
            excess(check::MEMBERSHIP, "pg_read_all_data"),
            excess(check::SCHEMA_USAGE, "public"),
        ];
        let left = |entries: &[&str]| -> Vec<String> {
            let entries: Vec<String> = entries.iter().map(|e| (*e).to_owned()).collect();
            let accepted = Accepted::parse(&entries).expect("known");
            accepted
                .unaccepted(&found)
                .iter()
                .map(|e| e.object.clone())
                .collect()
        };
        assert_eq!(left(&[]), ["public", "scratch", "pg_read_all_data"]);
        assert_eq!(left(&["schema_create:public"]), ["scratch", "pg_read_all_data"]);
        assert_eq!(
            left(&["schema_create", "membership:pg_read_all_data"]),
            Vec::<String>::new()
        );
        assert!(Accepted::parse(&["everything".to_owned()]).is_err());
    }
}
