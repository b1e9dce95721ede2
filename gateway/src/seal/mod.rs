//! Keys at rest: what the store holds of secrets is sealed, and opens only where it belongs.
//!
//! Envelope encryption in two steps. A *data key* seals values: one for the installation, one for each tenant, kept in
//! the store under `seal/key/`. A *key-encryption key* wraps the data keys; it never touches a value and stays behind
//! [`kms::Kms`]: in a file of mode 0600 ([`mod@file`]), or with a key service that does not hand it out. Replacing it
//! wraps the data keys anew ([`Sealer::rewrap`]); what they have sealed stays as it is, to the byte.
//!
//! A value is bound to its [`Context`]: tenant, purpose and name. A sealed value that is copied to another tenant,
//! purpose or name does not open, and neither does a wrapped data key that is copied to another tenant.
//!
//! A data key is unwrapped once and kept in memory, so that a key service that is down takes away nothing that was in
//! use. Refused is what does not open, whatever the reason; [`SealError::DoesNotOpen`] does not say which.

pub mod aws;
mod cipher;
pub mod file;
mod keys;
pub mod kms;
pub(crate) mod register;
mod sealed;
pub mod settings;
#[cfg(test)]
mod tests;
pub mod vault;

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::{hmac, rand};
use proto::{
    error::{Code, Fault},
    id::{TenantId, TrustDomain},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::store::{Expected, Key, SharedStore, StoreError, Swap};

use keys::DataKeys;
use kms::KmsError;
use settings::Settings;

pub use keys::Rewrapped;
pub use sealed::{MAX_SECRET_BYTES, Sealed, SealedTextError};

/// What a sealed value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Private keys of the certificate authority.
    Authority,
    /// The key under which digests of tokens are looked up.
    Index,
    /// Records of API tokens.
    ApiToken,
    /// Records of join tokens.
    JoinToken,
}

impl Purpose {
    /// The name that a value is bound to. It must never change.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Authority => "authority",
            Purpose::Index => "index",
            Purpose::ApiToken => "api-token",
            Purpose::JoinToken => "join-token",
        }
    }
}

/// Whose data key seals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The installation's.
    Installation,
    /// A tenant's.
    Tenant(TenantId),
}

/// Where a sealed value belongs: it opens there and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    scope: Scope,
    purpose: Purpose,
    name: String,
}

impl Context {
    /// A value of the installation. `name` tells it from others of the same purpose.
    pub fn installation(purpose: Purpose, name: impl Into<String>) -> Self {
        Self {
            scope: Scope::Installation,
            purpose,
            name: name.into(),
        }
    }

    /// A value of a tenant.
    pub fn tenant(tenant: &TenantId, purpose: Purpose, name: impl Into<String>) -> Self {
        Self {
            scope: Scope::Tenant(tenant.clone()),
            purpose,
            name: name.into(),
        }
    }

    /// A value of the tenant, if there is one, or else of the installation.
    pub fn of(tenant: Option<&TenantId>, purpose: Purpose, name: impl Into<String>) -> Self {
        match tenant {
            Some(tenant) => Self::tenant(tenant, purpose, name),
            None => Self::installation(purpose, name),
        }
    }

    /// The additional data of the cipher. Each part is preceded by its length, so that no two contexts have the same.
    fn bound_to(&self, key: &str) -> Vec<u8> {
        let (scope, tenant) = match &self.scope {
            Scope::Installation => ("installation", ""),
            Scope::Tenant(tenant) => ("tenant", tenant.as_str()),
        };
        cipher::bind(&["seal/1", scope, tenant, self.purpose.name(), &self.name, key])
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.purpose.name(), self.name)?;
        match &self.scope {
            Scope::Installation => Ok(()),
            Scope::Tenant(tenant) => write!(f, " of tenant `{tenant}`"),
        }
    }
}

/// Why a value was not sealed or not opened.
#[derive(Debug, Error)]
pub enum SealError {
    /// The key-encryption key cannot be used.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The value was altered, or belongs elsewhere, or was sealed under a data key that is no longer there.
    #[error("{0} does not open: it was altered, or copied from elsewhere, or its data key was replaced")]
    DoesNotOpen(String),
    /// A record of a data key is not what was written.
    #[error("the data key at `{0}` in the store cannot be read; restore the store from a backup")]
    Record(String),
    /// Too large.
    #[error("a sealed value has at most {MAX_SECRET_BYTES} bytes")]
    TooLarge,
    /// No randomness, or the cipher refuses to work.
    #[error("the cipher failed")]
    Cipher,
}

impl SealError {
    /// As a caller may see it. What is wrong goes to the log.
    pub fn to_fault(&self) -> Fault {
        if let SealError::Kms(error @ KmsError::NotHere(_)) = self {
            return Fault::new(Code::Conflict, error.to_string());
        }
        if let SealError::Store(error @ StoreError::Unavailable(_)) = self {
            return crate::auth::store_fault(error.clone());
        }
        let retryable = match self {
            SealError::Kms(error) => error.retryable(),
            SealError::Store(error) => error.retryable(),
            _ => false,
        };
        if retryable {
            tracing::warn!(error = %self, "a sealed record is out of reach");
            return Fault::new(Code::Overloaded, "the gateway's keys are out of reach")
                .retry_after(Duration::from_secs(1));
        }
        tracing::error!(error = %self, "a sealed record cannot be used");
        Fault::new(Code::Internal, "a record in the gateway's store cannot be opened")
    }
}

impl From<SealError> for Fault {
    fn from(error: SealError) -> Self {
        error.to_fault()
    }
}

/// Seals and opens values. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sealer {
    keys: Arc<DataKeys>,
    index: Arc<hmac::Key>,
}

/// Where the key of the index is, sealed.
const INDEX: &str = "seal/index";

impl Sealer {
    /// The sealer over `store`. Unwraps the installation's data key, so that it ends here if the key-encryption key is out
    /// of reach; in a new store it makes that key, and with the default settings the file of the key-encryption key too.
    ///
    /// # Errors
    /// [`SealError`], which names the file or the endpoint and the remedy.
    pub async fn start(
        settings: &Settings,
        domain: &TrustDomain,
        store: SharedStore,
    ) -> Result<Self, SealError> {
        let keys = DataKeys::start(settings, domain, store).await?;
        let mut sealer = Self {
            keys: Arc::new(keys),
            // Replaced before anybody sees it.
            index: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &[])),
        };
        let key = sealer.index_key().await?;
        sealer.index = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &key));
        Ok(sealer)
    }

    /// The key under which digests are looked up; made in a new store.
    async fn index_key(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key: Key = INDEX.parse()?;
        let context = Context::installation(Purpose::Index, INDEX);
        let unreadable = |_| SealError::Record(INDEX.to_owned());
        let mut standing = self.store().get(&key).await?;
        if standing.is_none() {
            let mut random = Zeroizing::new([0_u8; 32]);
            rand::fill(random.as_mut_slice()).map_err(|_| SealError::Cipher)?;
            let sealed = self.seal(&context, random.as_slice()).await?;
            let value = serde_json::to_vec(&sealed).map_err(unreadable)?;
            let made = self
                .store()
                .compare_and_swap(key.clone(), Expected::Absent, value.into(), None)
                .await?;
            standing = match made {
                Swap::Stored(_) => self.store().get(&key).await?,
                Swap::Conflict(other) => other,
            };
        }
        let entry = standing.ok_or_else(|| SealError::Record(INDEX.to_owned()))?;
        let sealed = serde_json::from_slice(&entry.value).map_err(unreadable)?;
        self.open(&context, &sealed).await
    }

    /// Where the record of a secret with this digest is to be found: of no use without the key of the index.
    pub(crate) fn index(&self, purpose: Purpose, digest: &[u8; 32]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.index);
        context.update(purpose.name().as_bytes());
        context.update(&[0]);
        context.update(digest);
        let mut place = [0; 32];
        for (to, from) in place.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        place
    }

    /// The store that is sealed.
    pub(crate) fn store(&self) -> &SharedStore {
        self.keys.store()
    }

    /// Seals a value of at most [`MAX_SECRET_BYTES`]. The first value of a tenant makes the tenant's data key.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn seal(&self, context: &Context, secret: &[u8]) -> Result<Sealed, SealError> {
        if secret.len() > MAX_SECRET_BYTES {
            return Err(SealError::TooLarge);
        }
        let key = self.keys.for_sealing(&context.scope).await?;
        let bytes = key.cipher.seal(&context.bound_to(&key.id), secret)?;
        Ok(Sealed::new(key.id.clone(), bytes))
    }

    /// Opens a value.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`] unless it was sealed for this context; others of [`SealError`].
    pub async fn open(&self, context: &Context, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let refused = || SealError::DoesNotOpen(context.to_string());
        let key = self
            .keys
            .for_opening(&context.scope, sealed.key())
            .await?
            .ok_or_else(refused)?;
        key.cipher
            .open(&context.bound_to(&key.id), sealed.bytes())
            .ok_or_else(refused)
    }

    /// Forgets a tenant's data key: what it sealed opens no more, but with a copy of the store from before. Part of the
    /// tenant's deletion.
    ///
    /// # Errors
    /// [`SealError::Store`].
    pub async fn forget(&self, tenant: &TenantId) -> Result<(), SealError> {
        self.keys.forget(tenant).await
    }

    /// Wraps every data key that is not under the present key-encryption key anew. Nothing that they sealed changes. What
    /// was done stays done if it fails midway; call it again.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn rewrap(&self) -> Result<Rewrapped, SealError> {
        self.keys.rewrap().await
    }

    /// Makes a new key-encryption key where that is ours to make, and wraps every data key under it.
    ///
    /// # Errors
    /// [`SealError`]; [`KmsError::NotHere`] if the key service rotates its keys itself.
    pub async fn rotate(&self) -> Result<Rewrapped, SealError> {
        self.keys.rotate().await
    }
}
