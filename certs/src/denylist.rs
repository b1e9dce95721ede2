//! Who is revoked before their certificate runs out.
//!
//! The list is the fleet's own record, read by [`crate::verifier::ConnectorVerifier`] in each handshake; to close the
//! tunnels that already stand is the work of whoever revokes. It needs no bound of its own: an entry by serial number may
//! go once that certificate ran out ([`crate::authority::MAX_LEAF_LIFETIME`]), and there is one by identity for each
//! connector removed.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use proto::id::Identity;
use thiserror::Error;

use crate::identity::{CertificateFacts, Serial};

/// The certificate or its identity was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("revoked")]
pub struct Revoked;

/// One state of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every certificate of these identities is refused.
    pub identities: HashSet<Identity>,
    /// These certificates are refused.
    pub serials: HashSet<Serial>,
}

/// A handle on the current list, shared by the verifiers and by whoever keeps it up to date.
#[derive(Debug, Default)]
pub struct Denylist(RwLock<Arc<Snapshot>>);

impl Denylist {
    /// Puts another state in force, for every handshake from now on.
    pub fn replace(&self, snapshot: Snapshot) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// The state in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses a certificate that is listed.
    pub fn check(&self, facts: &CertificateFacts) -> Result<(), Revoked> {
        let list = self.snapshot();
        if list.identities.contains(&facts.identity) || list.serials.contains(&facts.serial) {
            return Err(Revoked);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{authority, connector, now};

    #[test]
    fn whoever_holds_a_handle_sees_the_new_state() {
        let authority = authority();
        let (first, _) = connector(&authority, "acme", now());
        let (renewed, _) = connector(&authority, "acme", now());
        let list = Arc::new(Denylist::default());
        let verifier = Arc::clone(&list);
        assert_eq!(verifier.check(&first.facts), Ok(()));
        list.replace(Snapshot {
            serials: [first.facts.serial.clone()].into(),
            ..Snapshot::default()
        });
        assert_eq!(verifier.check(&first.facts), Err(Revoked));
        assert_eq!(verifier.check(&renewed.facts), Ok(()));
        list.replace(Snapshot {
            identities: [first.facts.identity.clone()].into(),
            ..Snapshot::default()
        });
        assert_eq!(verifier.check(&renewed.facts), Err(Revoked));
        list.replace(Snapshot::default());
        assert_eq!(verifier.check(&first.facts), Ok(()));
    }
}
