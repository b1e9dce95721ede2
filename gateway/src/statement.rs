//! SQL texts of callers become plans: the only place of the gateway that knows a text.
//!
//! A text is lowered within the bounds of [`proto::sql`], on a thread that may block, against the names that the source's
//! connector told of. What comes out is a plan, which is all that goes on: the text is neither sent, nor written down, nor
//! logged. It refuses whatever the subset does not hold, with the place; everything where the gateway's own setting or the
//! customer's policy lets no plan in.
//!
//! A text that was lowered lately for the same names is answered from memory: the plan depends on nothing else.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use proto::{
    error::{Code, Fault},
    limits::{MAX_PARAMETERS, MAX_SQL_BYTES},
    query::{
        fingerprint::Fingerprint,
        plan::{Identifier, Parameter},
        types::{ParamType, Value},
    },
    recent::Recent,
    sql,
    wire::{
        frame::{AdHoc, Digest},
        plan::EncodedPlan,
    },
};

use crate::tunnel::schemas::Told;

/// Bytes of texts and plans that are kept, in each of two generations: some thousand of the usual size.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// A text that a caller wrote. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// Takes a text as it is.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// A plan that a text was lowered to.
#[derive(Debug, Clone)]
pub struct Statement {
    /// As it is sent.
    pub plan: EncodedPlan,
    /// SHA-256 of the plan's canonical encoding.
    pub fingerprint: Fingerprint,
    /// The tables that it reads, each once.
    pub tables: Arc<[String]>,
}

/// What a text's plan depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    names: Digest,
    types: Vec<ParamType>,
    text: Text,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The types differ rarely for one text, and count in the comparison.
        self.names.hash(state);
        self.text.hash(state);
    }
}

/// Lowers texts.
#[derive(Debug)]
pub struct Statements {
    setting: RwLock<AdHoc>,
    kept: Mutex<Recent<Key, Statement>>,
}

impl Statements {
    /// As the gateway's setting `adhoc` says.
    pub fn new(setting: AdHoc) -> Self {
        Self {
            setting: RwLock::new(setting),
            kept: Mutex::new(Recent::new(KEPT_BYTES)),
        }
    }

    /// Puts another setting in force, for what is asked from here on.
    pub fn adjust(&self, setting: AdHoc) {
        *self.setting.write().unwrap_or_else(PoisonError::into_inner) = setting;
    }

    /// The plan of a text for a source. `parameters` are the values of `$1`, `$2`, …
    ///
    /// # Errors
    /// `refused_by_gateway` where a setting lets no plan in, naming it; `invalid_sql` and `limit_exceeded` with the place in
    /// the text; `overloaded`.
    pub async fn lower(&self, text: &Text, parameters: &[Value], told: &Told) -> Result<Statement, Fault> {
        self.let_in(told.adhoc)?;
        let types = types(parameters)?;
        let key = Key {
            names: told.known.digest,
            types,
            text: text.clone(),
        };
        if let Some(statement) = self.kept().get(&key) {
            return Ok(statement);
        }
        // The prescan would say so, too; this is said before a thread is taken.
        if text.0.len() > MAX_SQL_BYTES {
            let detail = format!("the text has more than {MAX_SQL_BYTES} bytes");
            return Err(Fault::new(Code::LimitExceeded, detail));
        }
        let (known, work) = (Arc::clone(&told.known), key.clone());
        let lowered = tokio::task::spawn_blocking(move || {
            let plan = sql::lower_with(&work.text.0, &known.names, named(&work.types))?;
            let statement = Statement {
                fingerprint: plan.fingerprint(),
                tables: plan.tables().into(),
                plan: EncodedPlan::of(&plan)?,
            };
            Ok::<_, Fault>(statement)
        });
        let statement = lowered.await.map_err(|error| {
            tracing::error!(panicked = error.is_panic(), "a text could not be lowered");
            Fault::new(Code::Internal, "the text could not be lowered")
        })??;
        let weight = text.0.len() + statement.plan.bytes().len();
        self.kept().put(key, statement.clone(), weight);
        Ok(statement)
    }

    fn let_in(&self, policy: AdHoc) -> Result<(), Fault> {
        let refuse = |detail| Err(Fault::new(Code::RefusedByGateway, detail));
        let setting = *self.setting.read().unwrap_or_else(PoisonError::into_inner);
        match (setting, policy) {
            (AdHoc::On, AdHoc::On) => Ok(()),
            (AdHoc::Off, _) => refuse(
                "this gateway takes catalogued queries only; its operator can set `limits.adhoc = true` in `gateway.toml`",
            ),
            (AdHoc::On, AdHoc::Off) => refuse(
                "the customer lets in catalogued queries only; they can set `adhoc = true` in the source's policy",
            ),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Recent<Key, Statement>> {
        // No call panics while it holds the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the parameter at a position is called: `$1`, `$2`, …
pub fn parameter_name(position: usize) -> String {
    format!("${}", position + 1)
}

fn types(parameters: &[Value]) -> Result<Vec<ParamType>, Fault> {
    let invalid = |detail: String| Fault::new(Code::InvalidParameter, detail);
    if parameters.len() > MAX_PARAMETERS {
        return Err(invalid(format!(
            "`parameters` has at most {MAX_PARAMETERS} values"
        )));
    }
    let typed = parameters.iter().enumerate().map(|(position, value)| {
        let name = parameter_name(position);
        value.check(&name)?;
        let null = || invalid(format!("parameter `{name}` is null; write NULL in the text"));
        value.param_type().ok_or_else(null)
    });
    typed.collect()
}

fn named(types: &[ParamType]) -> Vec<Parameter> {
    let parameter = |(position, param_type): (usize, &ParamType)| Parameter {
        name: Identifier::new(&parameter_name(position)).expect("a dollar and digits are a name"),
        param_type: *param_type,
    };
    types.iter().enumerate().map(parameter).collect()
}

#[cfg(test)]
mod tests {
    use proto::wire::frame::{DialectName, SourceSchema};

    use super::*;
    use crate::tunnel::schemas::Schemas;

    fn told(adhoc: AdHoc, columns: &[&str]) -> Told {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        let told = SourceSchema {
            source: "dw".parse().unwrap(),
            database: Some(Identifier::new("shop").unwrap()),
            schema: Identifier::new("elementary").unwrap(),
            adhoc,
            tables: [("dbt_models".to_owned(), columns)].into(),
        };
        Schemas::default()
            .take(&told, &DialectName::new("postgres").unwrap())
            .unwrap()
    }

    async fn lower(text: &str, parameters: &[Value]) -> Result<Statement, Fault> {
        let told = told(AdHoc::On, &["name", "unique_id", "generated_at"]);
        let statements = Statements::new(AdHoc::On);
        let first = statements.lower(&Text::new(text), parameters, &told).await;
        // What is remembered is what was found.
        if let Ok(first) = &first {
            let again = statements
                .lower(&Text::new(text), parameters, &told)
                .await
                .unwrap();
            assert_eq!(
                (again.plan, again.fingerprint),
                (first.plan.clone(), first.fingerprint)
            );
        }
        first
    }

    #[tokio::test]
    async fn a_text_becomes_a_plan_whatever_its_tables_are_qualified_with() {
        let bare = lower("SELECT name FROM dbt_models", &[]).await.unwrap();
        assert_eq!(&*bare.tables, ["dbt_models"]);
        for table in ["elementary.dbt_models", "shop.elementary.dbt_models"] {
            let other = lower(&format!("SELECT name FROM {table}"), &[]).await.unwrap();
            assert_eq!(other.fingerprint, bare.fingerprint, "{table}");
        }
        for table in ["public.dbt_models", "payroll.elementary.dbt_models", "dbt_tests"] {
            let refused = lower(&format!("SELECT name FROM {table}"), &[])
                .await
                .unwrap_err();
            assert_eq!(refused.code, Code::InvalidSql, "{table}");
            assert_eq!(
                refused.place.map(|place| (place.line, place.column)),
                Some((1, 18)),
                "{table}"
            );
        }
    }

    #[tokio::test]
    async fn parameters_are_numbered_and_typed() {
        let text = "SELECT name FROM dbt_models WHERE name = $1 LIMIT $2";
        let values = [Value::Text("a".into()), Value::Integer(1)];
        let plan = lower(text, &values).await.unwrap().plan.decode().unwrap();
        let names: Vec<_> = plan.parameters().iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["$1", "$2"]);
        for wrong in [
            vec![],
            vec![Value::Text("a".into())],
            vec![Value::Text("a".into()), Value::Text("1".into())],
            vec![Value::Text("a".into()), Value::Integer(1), Value::Integer(2)],
            vec![Value::Null, Value::Integer(1)],
            vec![Value::Text("a\0".into()), Value::Integer(1)],
            vec![Value::Integer(1); MAX_PARAMETERS + 1],
        ] {
            assert!(lower(text, &wrong).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_setting_that_lets_no_plan_in_is_named() {
        let columns = ["name"];
        for (setting, policy, named) in [
            (AdHoc::Off, AdHoc::On, "`limits.adhoc = true`"),
            (AdHoc::Off, AdHoc::Off, "`limits.adhoc = true`"),
            (AdHoc::On, AdHoc::Off, "`adhoc = true` in the source's policy"),
        ] {
            let statements = Statements::new(setting);
            let text = Text::new("SELECT name FROM dbt_models");
            let refused = statements
                .lower(&text, &[], &told(policy, &columns))
                .await
                .unwrap_err();
            assert_eq!(refused.code, Code::RefusedByGateway);
            assert!(refused.detail.contains(named), "{}", refused.detail);
        }
    }

    #[tokio::test]
    async fn what_is_remembered_is_of_the_same_names_and_types() {
        let statements = Statements::new(AdHoc::On);
        let text = Text::new("SELECT name FROM dbt_models WHERE unique_id = $1");
        let all = told(AdHoc::On, &["name", "unique_id"]);
        let value = [Value::Text("a".into())];
        assert!(statements.lower(&text, &value, &all).await.is_ok());
        let fewer = told(AdHoc::On, &["name"]);
        assert!(statements.lower(&text, &value, &fewer).await.is_err());
        let number = statements.lower(&text, &[Value::Integer(1)], &all).await.unwrap();
        let same = statements.lower(&text, &value, &all).await.unwrap();
        assert_ne!(number.fingerprint, same.fingerprint);
    }

    #[test]
    fn a_text_is_not_shown() {
        assert_eq!(format!("{:?}", Text::new("SELECT 'secret'")), "Text(15 bytes)");
    }
}
