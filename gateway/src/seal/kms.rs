//! Where a key-encryption key is, and what it is asked for.

use std::{fmt, io, path::PathBuf};

use custody::{aws::AwsError, vault::VaultError};
use futures_util::future::BoxFuture;
use proto::id::TrustDomain;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Scope, cipher::KEY_BYTES};

/// Longest wrapped data key as text. AWS KMS answers with about 250 bytes, Vault with 100.
pub const MAX_WRAPPED_BYTES: usize = 8_192;

/// A data key while it is wrapped and unwrapped.
pub type PlainKey = Zeroizing<[u8; KEY_BYTES]>;

/// What a wrapped data key is bound to: a key service takes it as its encryption context or associated data, and shows it
/// in its own log. Nothing secret.
#[derive(Debug, Clone)]
pub struct About {
    /// The installation.
    pub domain: TrustDomain,
    /// Whose data key it is.
    pub scope: Scope,
    /// Its id.
    pub key: String,
}

impl About {
    /// Names and values, in a fixed order.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = vec![
            ("installation", self.domain.as_str()),
            ("purpose", "data-key"),
            ("key", &self.key),
        ];
        if let Scope::Tenant(tenant) = &self.scope {
            pairs.push(("tenant", tenant.as_str()));
        }
        pairs
    }
}

/// A data key as the store may hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// The key-encryption key that it is under; [`Kms::knows`] reads it.
    pub kek: String,
    /// What that key made of it.
    pub text: String,
}

/// A key-encryption key.
pub trait Kms: Send + Sync + fmt::Debug {
    /// What it is and where, for messages.
    fn place(&self) -> String;

    /// Whether a data key under `kek` can be unwrapped here.
    fn knows(&self, kek: &str) -> bool;

    /// Whether a wrapped data key would stay as it is by being wrapped anew. A key service does not say which version of its
    /// key wrapped one.
    fn is_present(&self, _wrapped: &Wrapped) -> bool {
        false
    }

    /// Wraps a data key.
    fn wrap<'a>(&'a self, about: &'a About, key: &'a PlainKey) -> BoxFuture<'a, Result<Wrapped, KmsError>>;

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`KmsError::DoesNotOpen`] unless it was wrapped for the same `about`.
    fn unwrap<'a>(
        &'a self,
        about: &'a About,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<PlainKey, KmsError>>;

    /// Makes a new key that wraps from now on; the ones before still unwrap.
    ///
    /// # Errors
    /// [`KmsError::NotHere`] where that is the key service's business.
    fn rotate(&self) -> BoxFuture<'_, Result<(), KmsError>> {
        Box::pin(std::future::ready(Err(KmsError::NotHere(self.place()))))
    }

    /// Lets go of keys before the present one. Called when no data key is under one any more.
    fn retire(&self) -> BoxFuture<'_, Result<(), KmsError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Why a key-encryption key did not do what it was asked.
#[derive(Debug, Error)]
pub enum KmsError {
    /// The file cannot be used.
    #[error("the key file {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is gone, and there are data keys under it.
    #[error(
        "the key file {0} is gone, and the store's data keys are wrapped under it; put it back from where it was saved"
    )]
    Gone(PathBuf),
    /// Others may read the file.
    #[error("the key file {path} may be read by others (mode {mode:03o}); run `chmod 600 {path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file's content is not what was written.
    #[error(
        "the key file {0} holds something else than lines of `etk1_` and 43 characters; put it back from where it was saved"
    )]
    Content(PathBuf),
    /// No key in the settings has wrapped this.
    #[error(
        "a data key is wrapped under `{0}`, which is neither the key of [seal] in gateway.toml nor of a [[seal_former]]; add it there"
    )]
    Unknown(String),
    /// It was altered, or is for another tenant or installation.
    #[error(
        "a data key does not open under {0}: it was altered, or copied from another tenant or installation"
    )]
    DoesNotOpen(String),
    /// The key service rotates its keys itself.
    #[error("{0} rotates its keys itself; let it, then run `gateway seal rewrap`")]
    NotHere(String),
    /// AWS KMS did not do it.
    #[error(
        "the key `{key}` in AWS KMS cannot be used: {source}; the gateway's role needs kms:Encrypt and kms:Decrypt on it, and `[seal]` in gateway.toml says where it is"
    )]
    Aws {
        /// The key.
        key: String,
        /// Why.
        source: Box<AwsError>,
    },
    /// Vault did not do it.
    #[error(
        "the key `{key}` of Vault cannot be used: {source}; the gateway's policy needs `update` on its encrypt and decrypt paths, and `[seal]` in gateway.toml says where it is"
    )]
    Vault {
        /// The key, behind its mount.
        key: String,
        /// Why.
        source: Box<VaultError>,
    },
    /// The cipher failed.
    #[error("the cipher failed")]
    Cipher,
}

impl KmsError {
    /// Whether the same may succeed later without a change by anybody.
    pub fn retryable(&self) -> bool {
        match self {
            KmsError::Aws { source, .. } => source.retryable(),
            KmsError::Vault { source, .. } => source.retryable(),
            _ => false,
        }
    }
}
