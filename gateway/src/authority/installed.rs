//! What a node that is being set up can read of an installation that is there already: nothing secret.

use proto::id::TrustDomain;

use super::{NodeAuthorityError, key, replace, sealed::SealedRecord};
use crate::{config::StateFolder, store::SharedStore};

/// An installation in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    domain: TrustDomain,
    bundle_pem: String,
}

impl Installed {
    /// Reads it; none if the store holds no authority.
    ///
    /// # Errors
    /// [`NodeAuthorityError`].
    pub async fn find(store: &SharedStore) -> Result<Option<Self>, NodeAuthorityError> {
        let Some(entry) = store.get(&key()).await? else {
            return Ok(None);
        };
        let record: SealedRecord = serde_json::from_slice(&entry.value).map_err(|error| {
            NodeAuthorityError::Broken(format!("line {}, column {}", error.line(), error.column()))
        })?;
        let bundle = record.bundle()?;
        Ok(Some(Self {
            domain: bundle.domain().clone(),
            bundle_pem: bundle.to_pem(),
        }))
    }

    /// Its trust domain.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// Writes its roots where clients of a node look for them.
    ///
    /// # Errors
    /// [`NodeAuthorityError::File`].
    pub fn write_bundle(&self, state: &StateFolder) -> Result<(), NodeAuthorityError> {
        replace(&state.trust_bundle(), self.bundle_pem.as_bytes())
    }
}
