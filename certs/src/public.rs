//! The API's certificate by a public authority, for people's tools and callers that hold no root of ours.
//!
//! Connectors never trust it: they know the installation's own authority and nothing else. They say so in their ClientHello
//! ([`proto::limits::OWN_AUTHORITY_ALPN`]) and are shown the node's own chain.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{client::verify_server_name, crypto::aws_lc_rs, server::ParsedCertificate, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Certificates in a chain of a public authority: the leaf, one or two intermediates, perhaps a cross-signed root.
const MAX_CHAIN: usize = 8;
/// Longest chain and longest key in PEM.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

/// Why a certificate is not put in use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PublicError {
    /// The text is no chain.
    #[error(
        "the file of certificates does not hold 1 to {MAX_CHAIN} certificates in PEM, the API's own first"
    )]
    Chain,
    /// The text is no key.
    #[error("the key's file holds no private key in PEM that can be used")]
    Key,
    /// They do not belong together.
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    /// It is not for the API's name.
    #[error("the certificate is not for {0:?}, where the API is reached")]
    Host(String),
    /// Its time is over.
    #[error("the certificate ended {0} s ago")]
    Expired(u64),
    /// Its time has not come.
    #[error("the certificate is valid in {0} s")]
    NotYetValid(u64),
}

/// A chain and its key, checked to belong together and to be good for the API now.
#[derive(Clone)]
pub struct PublicCredential {
    certified: Arc<CertifiedKey>,
    not_after: SystemTime,
}

impl fmt::Debug for PublicCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicCredential")
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl PartialEq for PublicCredential {
    /// One leaf has one key.
    fn eq(&self, other: &Self) -> bool {
        self.certified.cert == other.certified.cert
    }
}

impl PublicCredential {
    /// From a chain and a key in PEM, for the API that is reached as `host`. That the chain leads to a root that callers
    /// trust cannot be known here.
    ///
    /// # Errors
    /// [`PublicError`].
    pub fn from_pem(chain: &str, key: &str, host: &str, now: SystemTime) -> Result<Self, PublicError> {
        if chain.len() > MAX_PEM_BYTES || key.len() > MAX_PEM_BYTES {
            return Err(PublicError::Chain);
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = chain.map_err(|_| PublicError::Chain)?;
        let leaf = chain
            .first()
            .filter(|_| chain.len() <= MAX_CHAIN)
            .ok_or(PublicError::Chain)?;
        let (_, facts) = X509Certificate::from_der(leaf).map_err(|_| PublicError::Chain)?;
        let validity = facts.validity();
        let (begins, ends) = (
            unix(validity.not_before.timestamp()),
            unix(validity.not_after.timestamp()),
        );
        if let Ok(past) = now.duration_since(ends) {
            return Err(PublicError::Expired(past.as_secs()));
        }
        if let Ok(ahead) = begins.duration_since(now)
            && !ahead.is_zero()
        {
            return Err(PublicError::NotYetValid(ahead.as_secs().max(1)));
        }
        let parsed = ParsedCertificate::try_from(leaf).map_err(|_| PublicError::Chain)?;
        let other = || PublicError::Host(host.to_owned());
        let name = ServerName::try_from(host).map_err(|_| other())?;
        verify_server_name(&parsed, &name).map_err(|_| other())?;

        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| PublicError::Key)?;
        let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|_| PublicError::Key)?;
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|_| PublicError::KeyMismatch)?;
        Ok(Self {
            certified: Arc::new(certified),
            not_after: ends,
        })
    }

    /// When it ends.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }
}

fn unix(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// The public certificate in use, if there is one. Handshakes from a change on use the new one.
#[derive(Debug, Default)]
pub struct PublicSlot(RwLock<Option<PublicCredential>>);

impl PublicSlot {
    /// Puts another in use; none for the node's own alone.
    pub fn replace(&self, credential: Option<PublicCredential>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credential;
    }

    /// What is in use.
    pub fn current(&self) -> Option<PublicCredential> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn certified(&self) -> Option<Arc<CertifiedKey>> {
        self.current().map(|credential| credential.certified)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn made(host: &str, from: (i32, u8, u8), to: (i32, u8, u8)) -> (String, String) {
        let key = KeyPair::generate().expect("key");
        let mut params = CertificateParams::new(vec![host.to_owned()]).expect("name");
        params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        params.not_after = rcgen::date_time_ymd(to.0, to.1, to.2);
        (
            params.self_signed(&key).expect("signed").pem(),
            key.serialize_pem(),
        )
    }

    #[test]
    fn certificate_that_callers_would_refuse_is_not_put_in_use() {
        let now = unix(1_700_000_000); // November 2023
        let (chain, key) = made("api.example", (2023, 1, 1), (2024, 1, 1));
        let (_, other) = made("api.example", (2023, 1, 1), (2024, 1, 1));
        let read = |chain: &str, key: &str, host: &str| {
            PublicCredential::from_pem(chain, key, host, now).map(|credential| credential.not_after())
        };
        assert_eq!(read(&chain, &key, "api.example"), Ok(unix(1_704_067_200)));
        assert_eq!(read(&chain, &other, "api.example"), Err(PublicError::KeyMismatch));
        assert_eq!(read(&chain, "", "api.example"), Err(PublicError::Key));
        assert_eq!(read(&chain, &chain, "api.example"), Err(PublicError::Key));
        assert_eq!(read("", &key, "api.example"), Err(PublicError::Chain));
        assert_eq!(read(&key, &key, "api.example"), Err(PublicError::Chain));
        assert_eq!(
            read(&chain.repeat(9), &key, "api.example"),
            Err(PublicError::Chain)
        );
        assert_eq!(
            read(&"x".repeat(MAX_PEM_BYTES + 1), &key, "api.example"),
            Err(PublicError::Chain)
        );
        for host in ["other.example", "127.0.0.1", "", "a b"] {
            assert_eq!(read(&chain, &key, host), Err(PublicError::Host(host.to_owned())));
        }
        let (chain, key) = made("api.example", (2022, 1, 1), (2023, 1, 1));
        assert!(matches!(
            read(&chain, &key, "api.example"),
            Err(PublicError::Expired(_))
        ));
        let (chain, key) = made("api.example", (2024, 1, 1), (2025, 1, 1));
        assert!(matches!(
            read(&chain, &key, "api.example"),
            Err(PublicError::NotYetValid(_))
        ));
    }
}
