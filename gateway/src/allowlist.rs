//! What the gateway lets through: a grant and a named query, or a plan, become a [`Permit`], or are refused.
//!
//! The gateway admits the queries of its own catalogue, with parameters of their types, and plans that a text of its caller
//! was lowered to; and the queries that a source's connector [offers](offered). All within bounds that are no wider than its own. This is
//! the first of two checks and a courtesy: the connector makes its own from the customer's file, and only its answer counts. Nothing in here but the [`Allowlist`] makes a permit, and nothing is asked without one.

mod offered;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use proto::{
    catalogue::{Catalogue, value::Given},
    error::{Code, Fault},
    id::QueryName,
    limits::MAX_QUERY_DEADLINE,
    query::{fingerprint::Fingerprint, parameters, plan::Identifier, types::Value},
    wire::frame::{Columns, Question},
};

use crate::{
    auth::Grant,
    config::Limits,
    statement::{Statement, Text, parameter_name},
};

/// What a caller asks, as it was parsed.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The catalogued query.
    pub query: QueryName,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, Given>,
    /// Columns in place of the query's own; empty for those.
    pub columns: Vec<String>,
    /// Time for the whole result; none for the gateway's default.
    pub deadline: Option<Duration>,
    /// Rows that the result may have; none for the gateway's bound.
    pub max_rows: Option<u64>,
    /// Encoded bytes that the result may have; none for the gateway's bound.
    pub max_bytes: Option<u64>,
}

/// What a caller asks in SQL, as it was parsed.
#[derive(Debug, Clone)]
pub struct AskSql {
    /// The text.
    pub text: Text,
    /// The values of `$1`, `$2`, …
    pub parameters: Vec<Value>,
    /// As in [`Ask`].
    pub deadline: Option<Duration>,
    /// As in [`Ask`].
    pub max_rows: Option<u64>,
    /// As in [`Ask`].
    pub max_bytes: Option<u64>,
}

/// What a caller asks, one way or the other.
#[derive(Debug, Clone)]
pub enum Asking {
    /// By name.
    Catalogued(Ask),
    /// In SQL.
    Sql(AskSql),
}

impl From<Ask> for Asking {
    fn from(ask: Ask) -> Self {
        Self::Catalogued(ask)
    }
}

/// What a result may take. A result that is larger is an error; nothing is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Until the caller has the last byte.
    pub deadline: Duration,
    /// Rows.
    pub rows: u64,
    /// Encoded bytes of schema and batches together.
    pub bytes: u64,
}

/// The right to ask one question of one source, once.
#[derive(Debug)]
pub struct Permit {
    grant: Grant,
    question: Question,
    tables: Arc<[String]>,
    fingerprint: Fingerprint,
    parameters: Vec<(String, Value)>,
    parameters_digest: [u8; 32],
    bounds: Bounds,
}

impl Permit {
    /// Who may ask whom.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// The catalogued query, if it is one.
    pub fn query(&self) -> Option<&QueryName> {
        match &self.question {
            Question::Catalogued { name, .. } => Some(name),
            Question::AdHoc(_) => None,
        }
    }

    /// The columns that are asked for, if not the catalogued query's own.
    pub fn columns(&self) -> Option<&Columns> {
        match &self.question {
            Question::Catalogued { columns, .. } => columns.as_ref(),
            Question::AdHoc(_) => None,
        }
    }

    /// The tables that a plan of no catalogue reads.
    pub fn tables(&self) -> &[String] {
        &self.tables
    }

    /// Of the catalogued plan, or of the one that is sent.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Every parameter of the query in its order, defaults filled in.
    pub fn parameters(&self) -> &[(String, Value)] {
        &self.parameters
    }

    /// SHA-256 of the parameters, for the audit log.
    pub fn parameters_digest(&self) -> &[u8; 32] {
        &self.parameters_digest
    }

    /// What the result may take.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }
}

impl Bounds {
    fn of(limits: &Limits) -> Self {
        Self {
            deadline: limits.deadline,
            rows: limits.rows,
            bytes: limits.bytes,
        }
    }
}

/// The queries that this gateway lets through, and its bounds.
#[derive(Debug)]
pub struct Allowlist {
    catalogue: &'static Catalogue,
    bounds: RwLock<Bounds>,
}

impl Allowlist {
    /// The catalogue of this binary under the bounds of the settings.
    pub fn new(limits: &Limits) -> Self {
        Self {
            catalogue: Catalogue::builtin(),
            bounds: RwLock::new(Bounds::of(limits)),
        }
    }

    /// Puts other bounds in force, for what is permitted from here on.
    pub fn adjust(&self, limits: &Limits) {
        *self.bounds.write().unwrap_or_else(PoisonError::into_inner) = Bounds::of(limits);
    }

    /// Makes the permit.
    ///
    /// # Errors
    /// `unknown_query`, `invalid_parameter`; `limit_exceeded` if a bound is asked for that is zero or wider than the
    /// gateway's own.
    pub fn permit(&self, grant: Grant, ask: Ask) -> Result<Permit, Fault> {
        let bounds = self.bounds(ask.deadline, ask.max_rows, ask.max_bytes)?;
        let entry = self.catalogue.get(&ask.query).ok_or_else(|| {
            Fault::new(
                Code::UnknownQuery,
                format!("there is no query named `{}`", ask.query),
            )
        })?;
        let bound = entry.bind(&ask.columns, &ask.parameters)?;
        // The binding has checked the names and that there are not too many.
        let columns = ask
            .columns
            .iter()
            .map(|name| Identifier::new(name))
            .collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|_| internal())?;
        let parameters: Vec<_> = entry
            .parameters()
            .iter()
            .map(|spec| spec.name.as_str().to_owned())
            .zip(bound.values)
            .collect();
        let parameters_digest = parameters::digest(parameters.iter().map(|(n, v)| (n.as_str(), v)));
        Ok(Permit {
            grant,
            question: Question::Catalogued {
                name: ask.query,
                columns: Columns::new(columns),
            },
            tables: Arc::default(),
            fingerprint: bound.fingerprint,
            parameters,
            parameters_digest,
            bounds,
        })
    }

    /// Makes the permit for a plan that a text of the caller was lowered to, with the values that were lowered with it.
    ///
    /// # Errors
    /// `limit_exceeded`, as in [`Allowlist::permit`].
    pub fn permit_statement(&self, grant: Grant, ask: AskSql, statement: Statement) -> Result<Permit, Fault> {
        let bounds = self.bounds(ask.deadline, ask.max_rows, ask.max_bytes)?;
        let values = ask.parameters.into_iter().enumerate();
        let parameters: Vec<_> = values.map(|(n, value)| (parameter_name(n), value)).collect();
        let parameters_digest = parameters::digest(parameters.iter().map(|(n, v)| (n.as_str(), v)));
        Ok(Permit {
            grant,
            question: Question::AdHoc(statement.plan),
            tables: statement.tables,
            fingerprint: statement.fingerprint,
            parameters,
            parameters_digest,
            bounds,
        })
    }

    /// The time that what is asked has, as far as it may be had.
    pub fn deadline(&self, asking: &Asking) -> Duration {
        let asked = match asking {
            Asking::Catalogued(ask) => ask.deadline,
            Asking::Sql(ask) => ask.deadline,
        };
        let own = self
            .bounds
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .deadline;
        asked.unwrap_or(own).min(MAX_QUERY_DEADLINE)
    }

    fn bounds(
        &self,
        deadline: Option<Duration>,
        rows: Option<u64>,
        bytes: Option<u64>,
    ) -> Result<Bounds, Fault> {
        let own = *self.bounds.read().unwrap_or_else(PoisonError::into_inner);
        let within = |name: &str, asked: Option<u64>, most: u64| match asked {
            None => Ok(most),
            Some(asked) if (1..=most).contains(&asked) => Ok(asked),
            Some(_) => Err(Fault::new(
                Code::LimitExceeded,
                format!("`{name}` is within 1 and {most}"),
            )),
        };
        let most = MAX_QUERY_DEADLINE.as_millis() as u64;
        let deadline = match deadline {
            None => own.deadline,
            Some(asked) => Duration::from_millis(within(
                "deadline_ms",
                Some(u64::try_from(asked.as_millis()).unwrap_or(u64::MAX)),
                most,
            )?),
        };
        Ok(Bounds {
            deadline,
            rows: within("max_rows", rows, own.rows)?,
            bytes: within("max_bytes", bytes, own.bytes)?,
        })
    }
}

fn internal() -> Fault {
    Fault::new(Code::Internal, "a column that was bound has no legal name")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::auth::test_grant;

    pub(crate) fn allowlist() -> Allowlist {
        let bounds = Bounds {
            deadline: Duration::from_secs(60),
            rows: 1_000,
            bytes: 1_000_000,
        };
        Allowlist {
            catalogue: Catalogue::builtin(),
            bounds: RwLock::new(bounds),
        }
    }

    fn ask(query: &str) -> Ask {
        Ask {
            query: query.parse().unwrap(),
            parameters: BTreeMap::new(),
            columns: vec![],
            deadline: None,
            max_rows: None,
            max_bytes: None,
        }
    }

    fn refused(ask: Ask) -> Code {
        allowlist()
            .permit(test_grant("acme", "dw"), ask)
            .unwrap_err()
            .code
    }

    #[test]
    fn catalogued_query_becomes_a_permit_with_every_parameter_filled_in() {
        let permit = allowlist()
            .permit(test_grant("acme", "dw"), ask("read.dbt_models"))
            .unwrap();
        let entry = Catalogue::builtin().get(permit.query().unwrap()).unwrap();
        assert_eq!(permit.parameters().len(), entry.parameters().len());
        assert_eq!(permit.fingerprint(), entry.fingerprint());
        assert!(permit.columns().is_none());
        assert_eq!(permit.bounds().rows, 1_000);
        assert_eq!(permit.grant().tenant().as_str(), "acme");

        let column = entry.columns()[0].as_str().to_owned();
        let narrowed = Ask {
            columns: vec![column],
            ..ask("read.dbt_models")
        };
        let permit = allowlist().permit(test_grant("acme", "dw"), narrowed).unwrap();
        assert_eq!(permit.columns().unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_in_the_catalogue_is_refused() {
        assert_eq!(refused(ask("read.pg_shadow")), Code::UnknownQuery);
        let mut unknown = ask("read.dbt_models");
        unknown.parameters.insert("nobody".to_owned(), Given::Integer(1));
        assert_eq!(refused(unknown), Code::InvalidParameter);
        let mut wrong = ask("read.dbt_models");
        wrong
            .parameters
            .insert("limit".to_owned(), Given::Text("all".to_owned()));
        assert_eq!(refused(wrong), Code::InvalidParameter);
        let column = Ask {
            columns: vec!["password".to_owned()],
            ..ask("read.dbt_models")
        };
        assert!(allowlist().permit(test_grant("acme", "dw"), column).is_err());
    }

    #[test]
    fn bound_may_be_narrowed_and_not_widened() {
        let narrow = Ask {
            max_rows: Some(10),
            deadline: Some(Duration::from_secs(1)),
            ..ask("read.dbt_models")
        };
        let bounds = allowlist()
            .permit(test_grant("acme", "dw"), narrow)
            .unwrap()
            .bounds();
        assert_eq!((bounds.rows, bounds.deadline), (10, Duration::from_secs(1)));
        for wide in [
            Ask {
                max_rows: Some(1_001),
                ..ask("read.dbt_models")
            },
            Ask {
                max_rows: Some(0),
                ..ask("read.dbt_models")
            },
            Ask {
                max_bytes: Some(u64::MAX),
                ..ask("read.dbt_models")
            },
            Ask {
                deadline: Some(Duration::from_secs(601)),
                ..ask("read.dbt_models")
            },
            Ask {
                deadline: Some(Duration::ZERO),
                ..ask("read.dbt_models")
            },
        ] {
            assert_eq!(refused(wide), Code::LimitExceeded);
        }
    }
}
