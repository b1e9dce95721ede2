//! The installation's certificate authority: a root, an issuing authority below it, and the certificates of connectors
//! and nodes.
//!
//! It is private to one installation and knows two shapes of leaf certificate, those that [`crate::identity`] accepts.
//! Every name, date and usage is decided here; of a request only the public key is taken. It keeps no list of what it
//! issued: the fleet's records do. Who may be issued what is decided by the caller, who checked a join token or the
//! certificate that is being renewed.
//!
//! - [`Root`] signs issuing authorities and its own successor, some times in ten years: its key may stand in a safe.
//! - [`Issuing`] signs leaves, all day long. It is replaced without anybody's notice, since peers trust the root.
//! - A root is followed by another with a certificate for the new root's key, signed by the old one ("new with old",
//!   RFC 4210, section 4.4.1): [`Root::succeed`]. With it in a chain, who trusts either root finds a path.
//!
//! Time is an argument. A `now` before the root's own start is accepted: a clock that was set back must not stop a
//! gateway from serving, and no verifier looks at the dates of a root.

mod external;
mod issuing;
mod root;

use std::time::{Duration, SystemTime};

use proto::id::TrustDomain;
use rcgen::{CertificateParams, DistinguishedName, SanType, SerialNumber};
use rustls_pki_types::CertificateDer;
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    identity::{CertificateFacts, Fingerprint, IdentityError, MAX_API_NAMES},
    key::{KeyError, PrivateKey},
    verifier::{BundleError, Refusal, TrustBundle},
};

pub use external::{ExternalError, Ordered};
pub use issuing::{Issuing, MAX_ISSUING_CHAIN};
pub use root::{Root, root_end};

/// Life of a leaf certificate where the caller has no reason for another: short enough that a list of the revoked stays
/// small and a stolen key goes stale by itself, long enough that a gateway may be away for half a night (renewal begins
/// at half of it).
pub const LEAF_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Longest life of a leaf certificate. The list of the revoked must remember for as long.
pub const MAX_LEAF_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Life of an issuing authority: its key is in use every minute, and replacing it costs nobody anything.
pub const ISSUING_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// Life of a root: ten years of 365.25 days.
pub const ROOT_LIFETIME: Duration = Duration::from_secs(10 * 31_557_600);

/// How far validity begins before `now`: a peer whose clock is this much behind still accepts a fresh certificate. A skew
/// beyond 30 s is reported as a fault long before.
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// How far the validity of an authority begins before `now`: a gateway whose clock is this much behind issues leaves within
/// it, so that only the leaf's own dates tell of the clock.
const AUTHORITY_BACKDATE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Random bytes of a serial number. CAs of the web must have 64 random bits; 16 bytes need no register of numbers given.
const SERIAL_BYTES: usize = 16;

/// Why nothing was issued, or no authority could be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityError {
    /// The root ran out.
    #[error("the root certificate ran out")]
    RootExpired,
    /// The issuing authority ran out: a rotation is overdue.
    #[error("the issuing certificate ran out; rotate it with `gateway ca rotate issuing`")]
    IssuingExpired,
    /// What should be the certificates of an issuing authority is not that.
    #[error("not the certificates of an issuing authority: {0}")]
    NotIssuing(&'static str),
    /// The successor of a root is for another installation.
    #[error("the two roots are for different trust domains")]
    OtherDomain,
    /// The successor of a root was made by another tool, which has to certify it itself.
    #[error(
        "the new root was not made by this product: have the old root sign its key with the tool that made it"
    )]
    ForeignRoot,
    /// The caller's: a life of nothing, or of more than [`MAX_LEAF_LIFETIME`].
    #[error("a certificate lives for 1 second to {} days", MAX_LEAF_LIFETIME.as_secs() / 86_400)]
    Lifetime,
    /// The caller's: `now` is not a time that a certificate can state (1970 to 9999).
    #[error("the clock shows a year that a certificate cannot state")]
    Clock,
    /// The caller's: not a DNS name, or one with a wildcard.
    #[error("`{0}` is not a DNS name for a certificate")]
    DnsName(String),
    /// The caller's: more than [`MAX_API_NAMES`] DNS names and addresses.
    #[error("a certificate has at most {MAX_API_NAMES} DNS names and addresses")]
    TooManyNames,
    /// The stored root certificate cannot be used.
    #[error("the root certificate: {0}")]
    Root(#[from] BundleError),
    /// The stored key cannot be used.
    #[error("the authority's key: {0}")]
    Key(#[from] KeyError),
    /// The stored key is not that of the stored certificate.
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    /// Peers would refuse what is issued.
    #[error("peers would refuse what it signs: {0}")]
    Refused(Refusal),
    /// A certificate came out that its readers would refuse: a fault of this module.
    #[error("a certificate was made that would be refused: {0}")]
    SelfCheck(IdentityError),
    /// The cryptographic library failed.
    #[error("the cryptographic library could not make a certificate")]
    Crypto,
}

/// A certificate just issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The leaf, then intermediates, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The same as PEM.
    pub chain_pem: String,
    /// What the leaf says, read back from its bytes: identity, validity, serial number, fingerprint.
    pub facts: CertificateFacts,
}

/// A root and an issuing authority under it, both keys at hand: a new installation, or one whose root is in a file.
#[derive(Debug)]
pub struct Authority {
    root: Root,
    issuing: Issuing,
    bundle: TrustBundle,
}

impl Authority {
    /// Makes both anew for a trust domain.
    pub fn create(domain: TrustDomain, now: SystemTime) -> Result<Self, AuthorityError> {
        Self::under(Root::create(domain, now)?, now)
    }

    /// Makes an issuing authority under a root.
    pub fn under(root: Root, now: SystemTime) -> Result<Self, AuthorityError> {
        let key = PrivateKey::generate()?;
        let certificate = root.issue_issuing(&key, now, ISSUING_LIFETIME)?;
        let issuing = Issuing::new(vec![certificate], key, root.domain().clone())?;
        let bundle = TrustBundle::new(vec![root.certificate().clone()])?;
        Ok(Self {
            root,
            issuing,
            bundle,
        })
    }

    /// What signs issuing authorities.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// What signs leaves.
    pub fn issuing(&self) -> &Issuing {
        &self.issuing
    }

    /// SHA-256 of the root certificate: what a join token pins.
    pub fn root_fingerprint(&self) -> Fingerprint {
        self.root.fingerprint()
    }

    /// The trust domain that the root is for.
    pub fn domain(&self) -> &TrustDomain {
        self.root.domain()
    }

    /// What the peers of this installation trust.
    pub fn bundle(&self) -> &TrustBundle {
        &self.bundle
    }
}

/// Certificates as one PEM text.
pub fn to_pem(certificates: &[CertificateDer<'_>]) -> String {
    crate::pem::certificates(certificates)
}

fn params(
    now: SystemTime,
    not_after: SystemTime,
    serial: &[u8],
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date(now.checked_sub(BACKDATE).ok_or(AuthorityError::Clock)?)?;
    params.not_after = date(not_after)?;
    params.serial_number = Some(SerialNumber::from_slice(serial));
    Ok(params)
}

fn date(time: SystemTime) -> Result<OffsetDateTime, AuthorityError> {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| AuthorityError::Clock)?;
    let seconds = i64::try_from(since.as_secs()).map_err(|_| AuthorityError::Clock)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| AuthorityError::Clock)
}

/// Positive and of full length in its DER form, so that no reader pads or strips it.
fn serial() -> Result<[u8; SERIAL_BYTES], AuthorityError> {
    let mut serial = [0; SERIAL_BYTES];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| AuthorityError::Crypto)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(serial)
}

fn uri(text: &str) -> Result<SanType, AuthorityError> {
    Ok(SanType::URI(text.try_into().map_err(|_| AuthorityError::Crypto)?))
}

#[cfg(test)]
mod tests;
