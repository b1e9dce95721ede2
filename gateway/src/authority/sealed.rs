//! The record as the store holds it: every private key of it is sealed, each for its own place in it.

use super::record::{AuthorityRecord, Change, IssuingRecord, KeyPem, RootRecord};
use crate::seal::{Context, Purpose, SealError, Sealed, Sealer};

/// What stands in the store.
pub(super) type SealedRecord = AuthorityRecord<Sealed>;

/// Seals the keys of a record.
///
/// # Errors
/// [`SealError`].
pub(super) async fn seal(sealer: &Sealer, record: &AuthorityRecord) -> Result<SealedRecord, SealError> {
    let mut sealed = Vec::new();
    for (place, key) in keys(record) {
        sealed.push(sealer.seal(&context(place), key.0.as_bytes()).await?);
    }
    Ok(with(record, sealed))
}

/// Opens the keys of a record.
///
/// # Errors
/// [`SealError`], also for a key that was sealed for another place.
pub(super) async fn open(sealer: &Sealer, record: &SealedRecord) -> Result<AuthorityRecord, SealError> {
    let mut opened = Vec::new();
    for (place, key) in keys(record) {
        let bytes = sealer.open(&context(place), key).await?;
        // What was sealed here was text.
        let text = std::str::from_utf8(&bytes).map_err(|_| SealError::DoesNotOpen(place.to_owned()))?;
        opened.push(KeyPem::new(text));
    }
    Ok(with(record, opened))
}

fn context(place: &'static str) -> Context {
    Context::installation(Purpose::Authority, place)
}

/// The keys of a record, always in the same order.
fn keys<K>(record: &AuthorityRecord<K>) -> Vec<(&'static str, &K)> {
    let mut found = Vec::new();
    found.extend(record.root.key.iter().map(|key| ("root", key)));
    found.extend(record.issuing.iter().map(|issuing| ("issuing", &issuing.key)));
    if let Some(Change::Introduced { root, issuing, .. }) = &record.change {
        found.extend(root.key.iter().map(|key| ("next root", key)));
        found.extend(issuing.iter().map(|issuing| ("next issuing", &issuing.key)));
    }
    found.extend(record.requested.iter().map(|key| ("requested", key)));
    found
}

/// The record with other keys in the places that [`keys`] names.
fn with<K, L>(record: &AuthorityRecord<K>, keys: Vec<L>) -> AuthorityRecord<L> {
    let mut keys = keys.into_iter();
    let mut root = |old: &RootRecord<K>| RootRecord {
        certificate: old.certificate.clone(),
        key: old.key.as_ref().and_then(|_| keys.next()),
    };
    let in_force = root(&record.root);
    let issuing = |old: &IssuingRecord<K>, key: Option<L>| {
        Some(IssuingRecord {
            certificate: old.certificate.clone(),
            key: key?,
            since: old.since,
        })
    };
    let own = record.issuing.as_ref().and_then(|old| issuing(old, keys.next()));
    let change = record.change.as_ref().map(|change| match change {
        Change::Introduced {
            root: next,
            issuing: next_issuing,
            link,
            since,
            until,
        } => Change::Introduced {
            root: RootRecord {
                certificate: next.certificate.clone(),
                key: next.key.as_ref().and_then(|_| keys.next()),
            },
            issuing: next_issuing.as_ref().and_then(|old| issuing(old, keys.next())),
            link: link.clone(),
            since: *since,
            until: *until,
        },
        Change::Activated { before, since } => Change::Activated {
            before: before.clone(),
            since: *since,
        },
    });
    AuthorityRecord {
        root: in_force,
        issuing: own,
        link: record.link.clone(),
        change,
        retired: record.retired.clone(),
        requested: record.requested.as_ref().and_then(|_| keys.next()),
    }
}
