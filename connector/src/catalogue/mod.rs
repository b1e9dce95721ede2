//! The queries that this connector runs: the shipped ones, and those that the customer approved on this host.
//!
//! [`Live`] is read by every query and replaced, whole, when the files in the state folder change; a query that runs keeps
//! the entry that it was bound to. A change comes into force only once it stands in the audit log. Where the list of
//! approvals cannot be read, what was in force stays in force and the mistake is reported until it is mended; at a start
//! that is the shipped catalogue alone.
//!
//! The gateway may [propose](proposals) a query, which then waits. Nothing that arrives over the tunnel approves one.

pub mod proposals;
pub mod reads;
pub mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use proto::{
    catalogue::Catalogue,
    id::QueryName,
    query::fingerprint::Fingerprint,
    wire::frame::{Offers, PendingQuery},
};

use self::store::{Approved, Contents, Stamp, Store, StoreError, Unfit};
use crate::{
    audit::{AuditError, Event},
    clock::UnixMillis,
};

/// What is in force.
#[derive(Debug)]
pub struct InForce {
    catalogue: Catalogue,
    contents: Contents,
}

/// The queries of this connector, which may be replaced while queries run.
#[derive(Debug)]
pub struct Live {
    store: Store,
    in_force: RwLock<Arc<InForce>>,
    seen: Mutex<Seen>,
    pace: proposals::Pace,
}

#[derive(Debug, Default)]
struct Seen {
    /// None before the first look, and after one that must be repeated.
    stamp: Option<Stamp>,
    broken: bool,
    /// What the audit log says is approved.
    recorded: BTreeMap<QueryName, String>,
}

/// What a look at the folder found.
#[derive(Debug)]
pub enum Reload {
    /// The files are as they were.
    Unchanged,
    /// Another catalogue is in force.
    Replaced(Arc<InForce>),
    /// The list of approvals cannot be read; what was in force stays.
    Broken(StoreError),
    /// A change cannot be recorded; what was in force stays.
    Unrecorded(AuditError),
}

impl InForce {
    /// What runs.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The customer's own, within [`InForce::catalogue`].
    pub fn approved(&self) -> &[Approved] {
        &self.contents.approved
    }

    /// What waits for the customer.
    pub fn pending(&self) -> &[proto::catalogue::Entry] {
        &self.contents.pending
    }

    /// What is not run, and why.
    pub fn unfit(&self) -> &[Unfit] {
        &self.contents.unfit
    }

    /// What the gateway is told of the customer's own queries.
    pub fn offers(&self) -> Offers {
        let pending = self.pending().iter().map(|entry| PendingQuery {
            name: entry.name().clone(),
            fingerprint: entry.fingerprint(),
        });
        Offers {
            approved: self.approved().iter().map(|a| a.entry.offer()).collect(),
            pending: pending.collect(),
        }
    }

    /// What a folder's contents put in force.
    pub fn of(mut contents: Contents) -> Self {
        let own = Catalogue::from_entries(contents.approved.iter().map(|a| a.entry.clone()));
        let both = own.and_then(|own| Catalogue::builtin().clone().and(own));
        let catalogue = both.unwrap_or_else(|error| {
            // Names are unique in the list and none is shipped: the store looks. Without that, nothing more than shipped.
            contents.approved.clear();
            contents.unfit.push(Unfit {
                name: "catalogue".to_owned(),
                why: error.to_string(),
            });
            Catalogue::builtin().clone()
        });
        Self { catalogue, contents }
    }
}

impl Live {
    /// The shipped catalogue; [`Live::reload`] adds the customer's.
    pub fn new(store: Store) -> Self {
        let recorded = fs::read(store.recorded())
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let seen = Seen {
            recorded,
            ..Seen::default()
        };
        Self {
            store,
            in_force: RwLock::new(Arc::new(InForce::of(Contents::default()))),
            seen: Mutex::new(seen),
            pace: proposals::Pace::default(),
        }
    }

    /// What is in force now.
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the list of approvals cannot be read, so that what is in force is older than what is on disk.
    pub fn is_broken(&self) -> bool {
        self.seen().broken
    }

    /// Looks at the files; `force` reads them although names, times and sizes are as before. `record` writes a line of the
    /// audit log.
    pub fn reload(
        &self,
        force: bool,
        mut record: impl FnMut(&Event<'_>) -> Result<(), AuditError>,
    ) -> Reload {
        // Taken before the files are read: a write in between is seen at the next look.
        let stamp = self.store.stamp();
        let mut seen = self.seen();
        if !force && seen.stamp.as_ref() == Some(&stamp) {
            return Reload::Unchanged;
        }
        seen.stamp = Some(stamp);
        let contents = match self.store.read() {
            Ok(contents) => contents,
            Err(error) => {
                seen.broken = true;
                return Reload::Broken(error);
            }
        };
        seen.broken = false;
        let fresh = InForce::of(contents);
        for event in changes(&seen.recorded, &fresh) {
            if let Err(error) = record(&event) {
                seen.stamp = None;
                return Reload::Unrecorded(error);
            }
        }
        let recorded = names(&fresh);
        if recorded != seen.recorded {
            if let Err(error) = keep(&self.store, &recorded) {
                // The lines stand in the log; after a restart they are written there again.
                tracing::warn!(%error, "what was recorded of the catalogue is not kept");
            }
            seen.recorded = recorded;
        }
        let before = self.in_force();
        let same = before.catalogue.digest() == fresh.catalogue.digest()
            && before.offers() == fresh.offers()
            && before.unfit() == fresh.unfit()
            && texts(&before) == texts(&fresh);
        if same {
            return Reload::Unchanged;
        }
        let fresh = Arc::new(fresh);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        Reload::Replaced(fresh)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A header may change and leave the fingerprint as it is.
fn texts(in_force: &InForce) -> Vec<&str> {
    in_force.approved().iter().map(|a| a.entry.text()).collect()
}

fn names(in_force: &InForce) -> BTreeMap<QueryName, String> {
    let approved = in_force.approved().iter();
    approved
        .map(|a| (a.entry.name().clone(), a.entry.fingerprint().to_string()))
        .collect()
}

fn keep(store: &Store, recorded: &BTreeMap<QueryName, String>) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(recorded).unwrap_or_default();
    store::put(&store.recorded(), &bytes)
}

/// The lines that the audit log lacks.
fn changes<'a>(recorded: &'a BTreeMap<QueryName, String>, fresh: &'a InForce) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    for (name, fingerprint) in recorded {
        if fresh.approved().iter().any(|a| a.entry.name() == name) {
            continue;
        }
        let unfit = fresh.unfit().iter().find(|unfit| unfit.name == name.as_str());
        events.push(Event::Catalogue {
            change: unfit.map_or("revoked", |_| "withheld").into(),
            query: name.as_str().into(),
            fingerprint: fingerprint.as_str().into(),
            approved_unix_ms: None,
            by: None,
        });
    }
    for Approved { entry, at } in fresh.approved() {
        let fingerprint = entry.fingerprint().to_string();
        if recorded.get(entry.name()) != Some(&fingerprint) {
            events.push(Event::Catalogue {
                change: "approved".into(),
                query: entry.name().as_str().into(),
                fingerprint: fingerprint.into(),
                approved_unix_ms: Some(at.0),
                by: None,
            });
        }
    }
    events
}

/// The line of a proposal that is kept.
fn proposed<'a>(name: &'a QueryName, fingerprint: &Fingerprint, by: &'a str) -> Event<'a> {
    Event::Catalogue {
        change: "proposed".into(),
        query: name.as_str().into(),
        fingerprint: fingerprint.to_string().into(),
        approved_unix_ms: None,
        by: Some(by.into()),
    }
}

impl Live {
    /// Only what is shipped.
    #[cfg(test)]
    pub(crate) fn shipped() -> Self {
        Self::new(Store::new("/nowhere"))
    }
}

/// When a query was approved, for lists.
pub fn approved_at(in_force: &InForce, name: &QueryName) -> Option<UnixMillis> {
    let found = in_force.approved().iter().find(|a| a.entry.name() == name);
    found.map(|a| a.at)
}
