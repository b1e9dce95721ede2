//! The roots that are trusted, and where verifiers find those in force.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use proto::id::TrustDomain;
use rustls::{
    RootCertStore,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    identity::{Fingerprint, IdentityError, issuer_name, root_facts, subject_name},
    pem,
    tls::provider,
};

/// Roots in a bundle: one, its successor during a rotation, and room for a second rotation begun before the first ended.
pub const MAX_ROOTS: usize = 4;

/// Longest bundle in bytes of PEM: [`MAX_ROOTS`] certificates and comments.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024;

/// The root certificates of one installation, and its trust domain, which they name themselves.
#[derive(Debug, Clone)]
pub struct TrustBundle {
    domain: TrustDomain,
    certificates: Vec<CertificateDer<'static>>,
    store: Arc<RootCertStore>,
}

/// Why a set of certificates is no trust bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BundleError {
    /// Longer than [`MAX_BUNDLE_BYTES`].
    #[error("a trust bundle has at most {MAX_BUNDLE_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// A section of the PEM text cannot be read.
    #[error("the trust bundle is not PEM")]
    NotPem,
    /// No certificate, or more than [`MAX_ROOTS`].
    #[error("a trust bundle has 1 to {MAX_ROOTS} certificates, this one has {0}")]
    Count(usize),
    /// A certificate is not a root of this product.
    #[error("a certificate of the trust bundle is not a root: {0}")]
    NotARoot(IdentityError),
    /// Two roots name different trust domains.
    #[error("the certificates of the trust bundle are for different trust domains")]
    SeveralDomains,
    /// The pinned root is not among them.
    #[error("the trust bundle does not hold the root that the join token names")]
    NotPinned,
}

impl TrustBundle {
    /// Loads root certificates from PEM.
    pub fn from_pem(text: &str) -> Result<Self, BundleError> {
        if text.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLong(text.len()));
        }
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        Self::new(certificates.map_err(|_| BundleError::NotPem)?)
    }

    /// A bundle of root certificates.
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, BundleError> {
        if certificates.len() > MAX_ROOTS {
            return Err(BundleError::Count(certificates.len()));
        }
        let mut domains = Vec::with_capacity(certificates.len());
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            let (domain, _) = root_facts(certificate).map_err(BundleError::NotARoot)?;
            domains.push(domain);
            let added = store.add(certificate.clone());
            added.map_err(|_| BundleError::NotARoot(IdentityError::Malformed))?;
        }
        let domain = domains.pop().ok_or(BundleError::Count(0))?;
        if domains.iter().any(|other| *other != domain) {
            return Err(BundleError::SeveralDomains);
        }
        Ok(Self {
            domain,
            certificates,
            store: Arc::new(store),
        })
    }

    /// The same bundle, if it holds the root with this fingerprint: what a connector checks before it stores the bundle
    /// that it was sent.
    pub fn pinned(self, root: &Fingerprint) -> Result<Self, BundleError> {
        let holds = self
            .certificates
            .iter()
            .any(|certificate| Fingerprint::of(certificate) == *root);
        if holds {
            Ok(self)
        } else {
            Err(BundleError::NotPinned)
        }
    }

    /// The roots as PEM.
    pub fn to_pem(&self) -> String {
        pem::certificates(&self.certificates)
    }

    /// The trust domain that all roots name.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// Names the set of roots, whatever their order: what a connector says that it trusts.
    pub fn digest(&self) -> BundleDigest {
        let mut roots: Vec<_> = self
            .certificates
            .iter()
            .map(|root| Fingerprint::of(root).0)
            .collect();
        roots.sort_unstable();
        BundleDigest(Sha256::digest(roots.concat()).into())
    }

    /// The root certificates, at least one.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The root that a certificate names as its issuer. A name only: nothing is verified.
    pub(crate) fn issuer_of(&self, certificate: &CertificateDer<'_>) -> Option<&CertificateDer<'static>> {
        let issuer = issuer_name(certificate)?;
        self.certificates
            .iter()
            .find(|root| subject_name(root).is_some_and(|subject| subject == issuer))
    }

    /// The roots as rustls holds them.
    pub fn store(&self) -> &Arc<RootCertStore> {
        &self.store
    }
}

/// SHA-256 over the fingerprints of a bundle's roots, in ascending order. As text in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BundleDigest(pub [u8; 32]);

impl fmt::Display for BundleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BundleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BundleDigest({self})")
    }
}

impl FromStr for BundleDigest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The bundle in force, shared by every verifier. Whoever learns of another puts it in; handshakes from then on go by it,
/// connections that stand are not touched.
#[derive(Debug)]
pub struct TrustSlot(RwLock<Arc<Trusted>>);

/// A bundle, and what rustls makes of it for client certificates.
#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) bundle: TrustBundle,
    pub(super) connectors: Arc<dyn ClientCertVerifier>,
}

impl Trusted {
    fn new(bundle: TrustBundle) -> Arc<Self> {
        let connectors = WebPkiClientVerifier::builder_with_provider(bundle.store.clone(), provider())
            .clear_root_hint_subjects()
            .build()
            .expect(
                "fails for want of a root or for a malformed CRL: a bundle has a root, and no CRL is given",
            );
        Arc::new(Self { bundle, connectors })
    }
}

impl TrustSlot {
    /// A slot with a first bundle.
    pub fn new(bundle: TrustBundle) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Trusted::new(bundle))))
    }

    /// Puts another bundle of the same installation in force.
    ///
    /// # Errors
    /// [`BundleError::SeveralDomains`] if it is another installation's; nothing is changed.
    pub fn replace(&self, bundle: TrustBundle) -> Result<(), BundleError> {
        if bundle.domain() != self.trusted().bundle.domain() {
            return Err(BundleError::SeveralDomains);
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Trusted::new(bundle);
        Ok(())
    }

    /// The bundle in force.
    pub fn bundle(&self) -> TrustBundle {
        self.trusted().bundle.clone()
    }

    pub(super) fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// For peers that keep one bundle for life.
impl From<&TrustBundle> for Arc<TrustSlot> {
    fn from(bundle: &TrustBundle) -> Self {
        TrustSlot::new(bundle.clone())
    }
}
