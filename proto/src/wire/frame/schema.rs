//! What a source holds, as its connector reads it: the names that SQL texts of callers are resolved against.
//!
//! It is a convenience for callers, who get their errors early and with a place in the text. Nothing is permitted by it:
//! the connector resolves every name again, against its own reading at the time of the question.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Digest, FrameError, raw, text::name};
use crate::{id::SourceId, limits::MAX_SCAN_COLUMNS, query::plan::Identifier};

/// Tables of one report: the inventory has under 50.
const MAX_TABLES: usize = 256;

/// Whether the customer's policy lets plans in that are not in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdHoc {
    /// `adhoc = false`
    Off,
    /// `adhoc = true`
    On,
}

/// What one source holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSchema {
    /// The source.
    pub source: SourceId,
    /// The database that the schema is in; none where the warehouse has no such name, or was not reached yet.
    pub database: Option<Identifier>,
    /// The schema.
    pub schema: Identifier,
    /// What the policy says of plans.
    pub adhoc: AdHoc,
    /// Its tables with their columns: every name is one that [`Identifier::new`] takes.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl SourceSchema {
    /// SHA-256 over the names: two with the same digest mean the same by every name. The source is not a part of it.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"elementary-schema/1");
        let mut text = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        text(self.database.as_ref().map_or("", Identifier::as_str));
        text(self.schema.as_str());
        for (table, columns) in &self.tables {
            text(table);
            columns.iter().for_each(|column| text(column));
            // No name is empty: this ends the table.
            text("");
        }
        Digest(hash.finalize().into())
    }
}

impl TryFrom<raw::SourceSchema> for SourceSchema {
    type Error = FrameError;

    fn try_from(raw: raw::SourceSchema) -> Result<Self, FrameError> {
        const FIELD: FrameError = FrameError::Field("schema.tables");
        let identifier = |field, text: &str| Identifier::new(text).map_err(|_| FrameError::Field(field));
        if raw.tables.len() > MAX_TABLES {
            return Err(FIELD);
        }
        let mut tables = BTreeMap::new();
        for raw::Table { name, columns } in raw.tables {
            let legal = |name: &String| Identifier::new(name).is_ok();
            if columns.len() > MAX_SCAN_COLUMNS || !legal(&name) || !columns.iter().all(legal) {
                return Err(FIELD);
            }
            if tables.insert(name, columns).is_some() {
                return Err(FIELD);
            }
        }
        Ok(SourceSchema {
            source: name("schema.source", &raw.source)?,
            database: match raw.database.as_str() {
                "" => None,
                database => Some(identifier("schema.database", database)?),
            },
            schema: identifier("schema.schema", &raw.schema)?,
            adhoc: if raw.adhoc { AdHoc::On } else { AdHoc::Off },
            tables,
        })
    }
}

impl From<&SourceSchema> for raw::SourceSchema {
    fn from(schema: &SourceSchema) -> Self {
        let table = |(name, columns): (&String, &Vec<String>)| raw::Table {
            name: name.clone(),
            columns: columns.clone(),
        };
        raw::SourceSchema {
            source: schema.source.as_str().into(),
            database: schema.database.as_ref().map_or("", Identifier::as_str).into(),
            schema: schema.schema.as_str().into(),
            adhoc: schema.adhoc == AdHoc::On,
            tables: schema.tables.iter().map(table).collect(),
        }
    }
}
