//! What makes a peer acceptable, for each of the ends, as verifiers for rustls.
//!
//! | verifier | runs in | accepts |
//! |---|---|---|
//! | [`ConnectorVerifier`] | the gateway's tunnel listener | connectors of our trust domain that are not revoked |
//! | [`GatewayVerifier`] | the connector's tunnel | gateway nodes of the trust domain that was joined |
//! | [`PinnedRootVerifier`] | the connector's join call | gateway nodes under the one root that the token names |
//! | [`PeerVerifier`] | a node's listener for nodes | gateway nodes of our trust domain |
//! | [`NamedNodeVerifier`] | a node that dials another | the one gateway node that is meant |
//!
//! Each does two things on the *same* certificate, the first one presented: webpki validates its path to a trusted root
//! (RFC 5280, for the purpose at hand), and [`facts_of`] reads its identity. Trust taken from one certificate and
//! identity from another is a mistake that other products made; here no other certificate of the chain is ever read for
//! a name, and a path that does not start at the leaf does not exist.
//!
//! **Host names are not compared.** The roots are the installation's own, they issue certificates for servers to gateway
//! nodes only, and the SPIFFE ID says so; a node is reached by whatever address a load balancer, a port forward or a
//! replaced host gives it. Comparing names would add failures and no safety. The opposite holds for people's tools on the
//! HTTPS API, which know addresses and no SPIFFE: [`crate::tls::api_client_config`] compares names.
//!
//! What an unauthenticated peer can cost is bounded: [`MAX_PRESENTED`] certificates, each of at most
//! [`crate::identity::MAX_CERTIFICATE_BYTES`], before any signature is checked.

mod bundle;
#[macro_use]
mod handshake;
mod peer;

use std::{
    error::Error as StdError,
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proto::id::{Identity, TrustDomain};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    server::{
        ParsedCertificate,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use thiserror::Error;

use crate::{
    denylist::{Denylist, Revoked},
    identity::{CertificateFacts, Fingerprint, IdentityError, MAX_CERTIFICATE_BYTES, facts_of},
    tls::provider,
};

pub use bundle::{BundleDigest, BundleError, MAX_BUNDLE_BYTES, MAX_ROOTS, TrustBundle, TrustSlot};
pub use peer::{NamedNodeVerifier, PeerVerifier};

/// Certificates that a peer may present: the leaf, its issuing authority, what leads from that one's root to the root
/// before, both roots.
pub const MAX_PRESENTED: usize = 5;

/// Why a peer was refused. Every variant is the fault of the peer, of its clock, or of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It presented no certificate.
    #[error("the peer presented no certificate")]
    NoCertificate,
    /// It presented more than [`MAX_PRESENTED`] certificates, or one longer than
    /// [`crate::identity::MAX_CERTIFICATE_BYTES`].
    #[error("the peer presented too many or too long certificates")]
    TooMuch,
    /// Its certificate cannot be parsed.
    #[error("the peer's certificate cannot be parsed")]
    Malformed,
    /// A certificate of the path ran out.
    #[error("the peer's certificate ran out {} s ago by our clock", .late.as_secs())]
    Expired {
        /// Time since the end of validity.
        late: Duration,
    },
    /// A certificate of the path is not valid yet.
    #[error("the peer's certificate becomes valid in {} s by our clock; compare the clocks", .early.as_secs())]
    NotYetValid {
        /// Time until the start of validity.
        early: Duration,
    },
    /// No path leads from its certificate to a root that we trust.
    #[error("the peer's certificate is not by an authority that we trust")]
    UnknownAuthority,
    /// A signature on the path, or the one that proves its key, is not right.
    #[error("a signature of the peer or of its certificate is not right")]
    BadSignature,
    /// Its certificate is for the other end of a connection.
    #[error("the peer's certificate is not for this end of a connection")]
    Purpose,
    /// The path breaks another rule of RFC 5280.
    #[error("the path of the peer's certificate breaks a rule")]
    Path,
    /// Its certificate has no identity of this product.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// Its identity is of another kind than this end talks to.
    #[error("the peer is not one that may be here: {0}")]
    WrongKind(Identity),
    /// It is a gateway node, and not the one that was dialled.
    #[error("another node answers at that address: {0}")]
    OtherNode(Identity),
    /// Its identity belongs to another installation.
    #[error("the peer belongs to another trust domain: {0}")]
    ForeignDomain(TrustDomain),
    /// Its certificate or identity was revoked.
    #[error("the peer's certificate was revoked")]
    Revoked,
    /// It did not present the root that the join token names.
    #[error("the gateway did not present the root certificate that the join token names")]
    NotPinned,
}

impl Refusal {
    /// The reason as the value of a metric label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::TooMuch => "too_much",
            Self::Malformed => "malformed",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::UnknownAuthority => "unknown_authority",
            Self::BadSignature => "bad_signature",
            Self::Purpose => "purpose",
            Self::Path => "path",
            Self::Identity(_) => "identity",
            Self::WrongKind(_) => "wrong_kind",
            Self::OtherNode(_) => "other_node",
            Self::ForeignDomain(_) => "foreign_domain",
            Self::Revoked => "revoked",
            Self::NotPinned => "not_pinned",
        }
    }

    /// Finds the refusal in an error of rustls, or in an error or [`io::Error`] that has one as its source. quinn keeps
    /// only a text of it: there, a [`RefusalObserver`] learns the reason.
    pub fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        // Eight is deeper than any chain of wrappers here and bounds one that points at itself.
        for _ in 0..8 {
            let error = next?;
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Self::of_rustls(error);
            }
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = inner
                .map(|inner| inner as &(dyn StdError + 'static))
                .or_else(|| error.source());
        }
        None
    }

    fn of_rustls(error: &rustls::Error) -> Option<Self> {
        match error {
            rustls::Error::InvalidCertificate(error) => Some(Self::of_certificate(error)),
            rustls::Error::NoCertificatesPresented => Some(Self::NoCertificate),
            _ => None,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        let between =
            |from: &UnixTime, to: &UnixTime| Duration::from_secs(to.as_secs().saturating_sub(from.as_secs()));
        match error {
            CertificateError::BadEncoding => Self::Malformed,
            CertificateError::ExpiredContext { time, not_after } => Self::Expired {
                late: between(not_after, time),
            },
            CertificateError::NotValidYetContext { time, not_before } => Self::NotYetValid {
                early: between(time, not_before),
            },
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::BadSignature => Self::BadSignature,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::Purpose
            }
            CertificateError::Revoked => Self::Revoked,
            CertificateError::Other(OtherError(inner)) => {
                inner.downcast_ref::<Self>().cloned().unwrap_or(Self::Path)
            }
            _ => Self::Path,
        }
    }
}

/// rustls chooses the alert by the error: a peer learns that it was revoked, and of our other reasons only that its
/// certificate will not do.
impl From<Refusal> for rustls::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Revoked => CertificateError::Revoked.into(),
            other => CertificateError::Other(OtherError(Arc::new(other))).into(),
        }
    }
}

impl From<Revoked> for Refusal {
    fn from(_: Revoked) -> Self {
        Self::Revoked
    }
}

/// Told of each peer that a verifier refuses, for a counter and a log line.
pub trait RefusalObserver: fmt::Debug + Send + Sync {
    /// Called in the midst of a handshake: must not block.
    fn refused(&self, refusal: &Refusal);
}

/// Looks away.
impl RefusalObserver for () {
    fn refused(&self, _: &Refusal) {}
}

/// The gateway's verifier of connectors. A client certificate is mandatory.
#[derive(Debug)]
pub struct ConnectorVerifier {
    trust: Arc<TrustSlot>,
    denylist: Arc<Denylist>,
    observer: Arc<dyn RefusalObserver>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ConnectorVerifier {
    /// A verifier for the connectors of the bundle's trust domain.
    pub fn new(
        trust: impl Into<Arc<TrustSlot>>,
        denylist: Arc<Denylist>,
        observer: Arc<dyn RefusalObserver>,
    ) -> Self {
        Self {
            trust: trust.into(),
            denylist,
            observer,
            algorithms: provider().signature_verification_algorithms,
        }
    }

    fn observer(&self) -> &dyn RefusalObserver {
        &*self.observer
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        bounded(leaf, rest)?;
        let trusted = self.trust.trusted();
        trusted
            .connectors
            .verify_client_cert(leaf, rest, now)
            .map_err(|error| sharpen(error, leaf))?;
        let facts = facts_of(leaf).map_err(Refusal::from)?;
        same_domain(&facts, trusted.bundle.domain())?;
        match &facts.identity {
            Identity::Connector { .. } => {}
            Identity::Node { .. } => return Err(Refusal::WrongKind(facts.identity).into()),
        }
        self.denylist.check(&facts).map_err(Refusal::from)?;
        Ok(())
    }
}

/// The connector's verifier of gateway nodes.
#[derive(Debug)]
pub struct GatewayVerifier {
    trust: Arc<TrustSlot>,
    observer: Arc<dyn RefusalObserver>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl GatewayVerifier {
    fn observer(&self) -> &dyn RefusalObserver {
        &*self.observer
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// A verifier for the gateway nodes of the bundle's trust domain.
    pub fn new(trust: impl Into<Arc<TrustSlot>>, observer: Arc<dyn RefusalObserver>) -> Self {
        let algorithms = provider().signature_verification_algorithms;
        Self {
            trust: trust.into(),
            observer,
            algorithms,
        }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        bounded(leaf, rest)?;
        node_under(&self.trust.trusted().bundle, leaf, rest, now, &self.algorithms)
    }
}

/// The connector's verifier for the join call, when all that it knows of the installation is the SHA-256 of its root.
///
/// The gateway presents its roots behind its chain. The one that is pinned is believed for its digest alone, and then it is
/// the only root; the others must be the path of a gateway node to it.
#[derive(Debug)]
pub struct PinnedRootVerifier {
    root: Fingerprint,
    observer: Arc<dyn RefusalObserver>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedRootVerifier {
    fn observer(&self) -> &dyn RefusalObserver {
        &*self.observer
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// A verifier for gateway nodes under the root with this fingerprint.
    pub fn new(root: Fingerprint, observer: Arc<dyn RefusalObserver>) -> Self {
        let algorithms = provider().signature_verification_algorithms;
        Self {
            root,
            observer,
            algorithms,
        }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        bounded(leaf, rest)?;
        let pinned = |certificate: &&CertificateDer<'_>| Fingerprint::of(certificate) == self.root;
        let root = rest.iter().find(pinned).ok_or(Refusal::NotPinned)?;
        // A root that is pinned and yet is no root: the token was made by something else than this product.
        let bundle = TrustBundle::new(vec![root.clone().into_owned()]).map_err(|_| Refusal::NotPinned)?;
        node_under(&bundle, leaf, rest, now, &self.algorithms)
    }
}

/// The connector's verifier for the call in which it asks to be approved again: dates are not looked at, because a clock
/// may be what is wrong, and the answer is worth nothing unless the authority signed it.
#[derive(Debug)]
pub struct UndatedVerifier(GatewayVerifier);

impl UndatedVerifier {
    fn observer(&self) -> &dyn RefusalObserver {
        self.0.observer()
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        self.0.algorithms()
    }

    /// A verifier for the gateway nodes of the bundle's trust domain.
    pub fn new(trust: impl Into<Arc<TrustSlot>>) -> Self {
        Self(GatewayVerifier::new(trust, Arc::new(())))
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let end = facts_of(leaf).map_err(Refusal::from)?.not_after;
        let end = end.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.judge(leaf, rest, UnixTime::since_unix_epoch(end))
    }
}

/// Whether a certificate was a connector's of this installation at a time, revoked or not.
pub(crate) fn connector_at(
    bundle: &TrustBundle,
    leaf: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    at: UnixTime,
) -> Result<(), Refusal> {
    ConnectorVerifier::new(TrustSlot::new(bundle.clone()), Arc::default(), Arc::new(()))
        .judge(leaf, rest, at)
        .map_err(|error| Refusal::of_rustls(&error).unwrap_or(Refusal::Path))
}

/// Whether certificates that a peer presented are a gateway node's of this installation at a time.
///
/// # Errors
/// Why they are refused.
pub fn node_at(
    bundle: &TrustBundle,
    presented: &[CertificateDer<'_>],
    at: SystemTime,
) -> Result<(), Refusal> {
    let (leaf, rest) = presented.split_first().ok_or(Refusal::NoCertificate)?;
    let at = UnixTime::since_unix_epoch(at.duration_since(UNIX_EPOCH).unwrap_or_default());
    bounded(leaf, rest)?;
    node_under(
        bundle,
        leaf,
        rest,
        at,
        &provider().signature_verification_algorithms,
    )
    .map_err(|error| Refusal::of_rustls(&error).unwrap_or(Refusal::Path))
}

fn bounded(leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Result<(), Refusal> {
    let too_long = |certificate: &CertificateDer<'_>| certificate.len() > MAX_CERTIFICATE_BYTES;
    if rest.len() >= MAX_PRESENTED || too_long(leaf) || rest.iter().any(too_long) {
        return Err(Refusal::TooMuch);
    }
    Ok(())
}

fn node_under(
    bundle: &TrustBundle,
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), rustls::Error> {
    ParsedCertificate::try_from(leaf)
        .and_then(|parsed| {
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                bundle.store(),
                intermediates,
                now,
                algorithms.all,
            )
        })
        .map_err(|error| sharpen(error, leaf))?;
    let facts = facts_of(leaf).map_err(Refusal::from)?;
    same_domain(&facts, bundle.domain())?;
    match &facts.identity {
        Identity::Node { .. } => Ok(()),
        Identity::Connector { .. } => Err(Refusal::WrongKind(facts.identity).into()),
    }
}

fn same_domain(facts: &CertificateFacts, ours: &TrustDomain) -> Result<(), Refusal> {
    if facts.identity.domain() != ours {
        return Err(Refusal::ForeignDomain(facts.identity.domain().clone()));
    }
    Ok(())
}

/// webpki has one answer for many faults of form. Where the leaf's own form is the fault, ours is the more exact one.
fn sharpen(error: rustls::Error, leaf: &CertificateDer<'_>) -> rustls::Error {
    match (Refusal::of_rustls(&error), facts_of(leaf)) {
        (Some(Refusal::Path), Err(fault)) => Refusal::Identity(fault).into(),
        _ => error,
    }
}

fn report(observer: &dyn RefusalObserver, error: rustls::Error) -> rustls::Error {
    if let Some(refusal) = Refusal::of_rustls(&error) {
        observer.refused(&refusal);
    }
    error
}

/// Every configuration with one of these verifiers speaks TLS 1.3 only; this is the answer if one ever does not.
fn only_tls13() -> rustls::Error {
    rustls::Error::General("this verifier is for TLS 1.3 only".to_owned())
}

client_verifier!(ConnectorVerifier);
server_verifier!(GatewayVerifier);
server_verifier!(PinnedRootVerifier);
server_verifier!(UndatedVerifier);

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
