//! What sources hold, as their connectors tell it: the names that SQL texts of callers are resolved against.
//!
//! A connector is not believed more than it has to be: of what it tells only names of the Elementary inventory are kept, so
//! that a hostile one cannot make a gateway hold more than the inventory. Most connectors tell the same; those share one
//! copy, which lasts as long as a tunnel that told it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use proto::{
    schema::elementary,
    sql::{Names, Syntax},
    wire::frame::{AdHoc, DialectName, Digest, SourceSchema},
};
use sha2::{Digest as _, Sha256};

/// Names of one schema.
#[derive(Debug)]
pub struct Known {
    /// Over the names and the dialect: two with the same digest mean the same by every text.
    pub digest: Digest,
    /// What names in a text may mean.
    pub names: Names,
}

/// What one source told last.
#[derive(Debug, Clone)]
pub struct Told {
    /// What the customer's policy says of plans.
    pub adhoc: AdHoc,
    /// Its names.
    pub known: Arc<Known>,
}

/// The schemas that live tunnels have told of.
#[derive(Debug, Default)]
pub struct Schemas(Mutex<HashMap<Digest, Weak<Known>>>);

impl Schemas {
    /// Takes what a connector told of a source; none where the dialect is none whose texts are understood.
    pub fn take(&self, told: &SourceSchema, dialect: &DialectName) -> Option<Told> {
        let syntax = Syntax::of_dialect(dialect.as_str())?;
        let mut hash = Sha256::new();
        hash.update(told.digest().0);
        hash.update(dialect.as_str());
        let digest = Digest(hash.finalize().into());
        // No call panics while it holds the lock.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = table.get(&digest).and_then(Weak::upgrade).unwrap_or_else(|| {
            let schema = elementary::schema().only(&told.tables);
            let database = told.database.as_ref().map(|name| name.as_str());
            let names = Names::qualified(&schema, told.schema.as_str(), database).read_as(syntax);
            let known = Arc::new(Known { digest, names });
            // What nobody tells any more goes with the next that is new.
            table.retain(|_, known| known.strong_count() > 0);
            table.insert(digest, Arc::downgrade(&known));
            known
        });
        Some(Told {
            adhoc: told.adhoc,
            known,
        })
    }
}

#[cfg(test)]
mod tests {
    use proto::query::plan::Identifier;

    use super::*;

    fn told(columns: &[&str]) -> SourceSchema {
        SourceSchema {
            source: "dw".parse().unwrap(),
            database: None,
            schema: Identifier::new("elementary").unwrap(),
            adhoc: AdHoc::On,
            tables: [
                (
                    "dbt_models".to_owned(),
                    columns.iter().map(|c| (*c).to_owned()).collect(),
                ),
                ("payroll".to_owned(), vec!["salary".to_owned()]),
            ]
            .into(),
        }
    }

    #[test]
    fn those_who_tell_the_same_share_one_copy_and_leave_nothing_behind() {
        let schemas = Schemas::default();
        let take = |columns: &[&str], dialect| {
            let dialect = DialectName::new(dialect).unwrap();
            schemas.take(&told(columns), &dialect).unwrap()
        };
        let (one, two) = (take(&["name"], "postgres"), take(&["name"], "postgres"));
        assert!(Arc::ptr_eq(&one.known, &two.known));
        let (other, duckdb) = (
            take(&["name", "unique_id"], "postgres"),
            take(&["name"], "duckdb"),
        );
        assert_ne!(one.known.digest, other.known.digest);
        assert_ne!(one.known.digest, duckdb.known.digest);
        drop((one, two, other, duckdb));
        let _last = take(&["unique_id"], "postgres");
        assert_eq!(schemas.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_table_of_no_inventory_has_no_name() {
        let dialect = DialectName::new("postgres").unwrap();
        let told = Schemas::default()
            .take(&told(&["name", "salary"]), &dialect)
            .unwrap();
        let lower = |text: &str| proto::sql::lower_with(text, &told.known.names, Vec::new());
        assert!(lower("SELECT name FROM elementary.dbt_models").is_ok());
        for text in [
            "SELECT salary FROM payroll",
            "SELECT salary FROM dbt_models",
            "SELECT unique_id FROM dbt_models",
        ] {
            assert!(lower(text).is_err(), "{text}");
        }
    }
}
