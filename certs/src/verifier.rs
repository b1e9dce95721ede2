//! What makes a peer acceptable.

use std::sync::Arc;

use proto::id::TrustDomain;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use thiserror::Error;

use crate::identity::{Fingerprint, IdentityError};

/// The roots of one installation and its trust domain.
#[derive(Debug, Clone)]
pub struct TrustBundle {
    domain: TrustDomain,
    certificates: Vec<CertificateDer<'static>>,
    roots: Arc<RootCertStore>,
}

/// Why a set of roots is no trust bundle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BundleError {
    /// Placeholder.
    #[error("malformed")]
    Malformed,
}

impl TrustBundle {
    /// Loads root certificates from PEM; the trust domain is read from them.
    pub fn from_pem(_pem: &str) -> Result<Self, BundleError> {
        todo!()
    }
    /// As PEM.
    pub fn to_pem(&self) -> String {
        todo!()
    }
    /// The trust domain.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }
    /// The root certificates.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }
    /// The roots as rustls holds them.
    pub fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }
    /// The bundle, if the pinned root is one of it.
    pub fn pinned(self, _fingerprint: &Fingerprint) -> Result<Self, BundleError> {
        todo!()
    }
}

/// Why a peer's certificate was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The leaf has no acceptable identity.
    #[error(transparent)]
    Identity(IdentityError),
}

impl Refusal {
    /// The reason as a metric label.
    pub fn label(&self) -> &'static str {
        todo!()
    }
    /// Finds the refusal in an error of rustls or in what wraps one.
    pub fn of(_error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        todo!()
    }
}

/// Told of each peer that a verifier refuses: quinn keeps of the error only a text.
pub trait RefusalObserver: std::fmt::Debug + Send + Sync {
    /// Called in the handshake; must not block.
    fn refused(&self, refusal: &Refusal);
}

impl RefusalObserver for () {
    fn refused(&self, _: &Refusal) {}
}
