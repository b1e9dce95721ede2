//! This connector's own reading of a source's schema: which tables and columns of the inventory the warehouse holds.
//!
//! Names of plans that are in no catalogue are resolved against it ([`Reading::resolve`]), whatever the gateway believes
//! the schema to be; what is told to the gateway ([`Reading::report`]) is for the convenience of callers. It is read at
//! start, every hour, on SIGHUP, when a policy was replaced, and after a statement that the warehouse refused.
//!
//! Nothing outside the inventory is kept: a table of the customer's own in that schema has no name here.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use proto::{
    error::{Code, Fault},
    id::SourceId,
    query::plan::{Identifier, Plan},
    schema::{Schema, elementary},
    wire::frame::{self, SourceSchema},
};
use tokio::sync::Notify;

use crate::{policy::file::AdHoc, policy::file::Document, warehouse::Inspection};

/// Between two readings. Tables of the package change when its version does.
pub const READ_EVERY: Duration = Duration::from_secs(60 * 60);

/// After a reading that failed: a warehouse that was down is noticed soon, and not asked all the time.
pub const READ_AGAIN: Duration = Duration::from_secs(30);

/// Between two readings that somebody asked for, so that refused statements cannot make a load of their own.
pub const READ_PAUSE: Duration = Duration::from_secs(5);

/// What was read last.
#[derive(Debug, Default)]
pub struct Reading {
    read: RwLock<Option<Arc<Read>>>,
    wanted: Notify,
}

/// One reading.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    /// The schema that was read: a policy may name another one meanwhile.
    schema: Identifier,
    database: Option<Identifier>,
    found: Schema,
}

impl Reading {
    /// Takes what a warehouse said of a schema; answers whether it differs from what was known.
    pub fn take(&self, schema: &Identifier, inspection: &Inspection) -> bool {
        let database = inspection.database.as_deref();
        let read = Read {
            schema: schema.clone(),
            database: database.and_then(|name| Identifier::new(name).ok()),
            found: elementary::schema().only(&inspection.tables),
        };
        let mut known = self.read.write().unwrap_or_else(PoisonError::into_inner);
        let changed = known.as_deref() != Some(&read);
        *known = Some(Arc::new(read));
        changed
    }

    /// Asks for a new reading, soon.
    pub fn want(&self) {
        self.wanted.notify_one();
    }

    /// Ready when somebody asked. Cancel-safe.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    fn of(&self, schema: &Identifier) -> Option<Arc<Read>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner).clone();
        read.filter(|read| read.schema == *schema)
    }

    /// Refuses a plan that reads what was not found in this schema.
    ///
    /// # Errors
    /// `source_offline` before the first reading; `invalid_sql`, naming the table or column.
    pub fn resolve(&self, plan: &Plan, schema: &Identifier) -> Result<(), Fault> {
        let Some(read) = self.of(schema) else {
            self.want();
            let detail = "the connector has not read the schema of its warehouse yet";
            return Err(Fault::new(Code::SourceOffline, detail).retry_after(READ_PAUSE));
        };
        let unknown = |what: String| {
            let detail =
                format!("the connector finds no {what} of the Elementary inventory in its warehouse");
            Err(Fault::new(Code::InvalidSql, detail))
        };
        for scan in plan.scans() {
            let Some(table) = read.found.table(scan.table.as_str()) else {
                return unknown(format!("table `{}`", scan.table.as_str()));
            };
            if let Some(column) = scan.columns.iter().find(|c| table.column(c.as_str()).is_none()) {
                return unknown(format!("column `{}.{}`", table.name, column.as_str()));
            }
        }
        Ok(())
    }

    /// What the gateway is told; none before the first reading.
    pub fn report(&self, source: &SourceId, policy: &Document) -> Option<SourceSchema> {
        let read = self.of(policy.schema())?;
        let names = |table: &proto::schema::Table| {
            let columns = table.columns.iter().map(|column| column.name.to_owned());
            (table.name.to_owned(), columns.collect::<Vec<_>>())
        };
        Some(SourceSchema {
            source: source.clone(),
            database: read.database.clone(),
            schema: read.schema.clone(),
            adhoc: match policy.adhoc() {
                AdHoc::Off => frame::AdHoc::Off,
                AdHoc::On => frame::AdHoc::On,
            },
            tables: read.found.tables.iter().map(names).collect::<BTreeMap<_, _>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proto::sql;

    use super::*;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).expect("a name")
    }

    fn found(tables: &[(&str, &[&str])]) -> Inspection {
        let owned = |(table, columns): &(&str, &[&str])| {
            let columns = columns.iter().map(|c| (*c).to_owned()).collect();
            ((*table).to_owned(), columns)
        };
        Inspection {
            version: "test".to_owned(),
            database: Some("shop".to_owned()),
            tables: tables.iter().map(owned).collect(),
        }
    }

    fn plan(text: &str) -> Plan {
        sql::lower(text, elementary::schema(), Vec::new()).expect("a plan")
    }

    #[test]
    fn a_plan_reads_what_was_found_and_nothing_else() {
        let (reading, schema) = (Reading::default(), name("s"));
        let models = plan("SELECT name FROM dbt_models");
        let offline = reading.resolve(&models, &schema).expect_err("not read yet");
        assert_eq!(offline.code, Code::SourceOffline);
        let inspection = found(&[
            ("dbt_models", &["name", "not_of_the_package"]),
            ("payroll", &["salary"]),
        ]);
        assert!(reading.take(&schema, &inspection));
        assert!(!reading.take(&schema, &inspection));
        assert_eq!(reading.resolve(&models, &schema), Ok(()));
        for text in [
            "SELECT unique_id FROM dbt_models",
            "SELECT name FROM dbt_tests",
            "SELECT name FROM dbt_models WHERE name IN (SELECT name FROM dbt_tests)",
            "WITH t AS (SELECT 1 AS x FROM dbt_tests) SELECT name FROM dbt_models, t",
        ] {
            let fault = reading.resolve(&plan(text), &schema).expect_err(text);
            assert_eq!(fault.code, Code::InvalidSql, "{fault}");
        }
        // A policy that names another schema since then.
        let moved = reading.resolve(&models, &name("other"));
        assert_eq!(moved.expect_err("another schema").code, Code::SourceOffline);
    }

    #[test]
    fn what_is_told_is_what_was_found_of_the_inventory() {
        let source = "shop".parse().expect("a name");
        let policy = |rest: &str| {
            let text = format!("source = \"shop\"\nschema = \"s\"\n{rest}");
            Document::parse(Path::new("policy.toml"), text.as_bytes()).expect("a policy")
        };
        let reading = Reading::default();
        assert_eq!(reading.report(&source, &policy("")), None);
        reading.take(
            &name("s"),
            &found(&[("dbt_models", &["name"]), ("payroll", &["salary"])]),
        );
        let report = reading.report(&source, &policy("")).expect("read");
        assert_eq!(report.adhoc, frame::AdHoc::Off);
        assert_eq!(
            report.tables.into_iter().collect::<Vec<_>>(),
            [("dbt_models".to_owned(), vec!["name".to_owned()])]
        );
        let open = reading.report(&source, &policy("adhoc = true\n")).expect("read");
        assert_eq!(open.adhoc, frame::AdHoc::On);
    }
}
