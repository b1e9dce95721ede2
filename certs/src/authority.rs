//! The installation's certificate authority: a root that it makes itself, and the certificates of connectors and nodes.
//!
//! It is private to one installation and knows two shapes of leaf certificate, those that [`crate::identity`] accepts.
//! Every name, date and usage is decided here; of a request only the public key is taken. It keeps no list of what it
//! issued: the fleet's records do. Who may be issued what is decided by the caller, who checked a join token or the
//! certificate that is being renewed.
//!
//! Today leaves are signed by the root. [`Issued::chain`] is a chain, and the root allows one level below it, so that an
//! intermediate can be put between without a change to anything that reads certificates.
//!
//! Time is an argument. A `now` before the root's own start is accepted: a clock that was set back must not stop a
//! gateway from serving, and no verifier looks at the dates of a root.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use proto::id::{ConnectorId, Identity, NodeId, TenantId, TrustDomain};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, DnsName};
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    csr::VerifiedRequest,
    identity::{CertificateFacts, Fingerprint, IdentityError, MAX_API_NAMES, facts_of, root_facts},
    key::{KeyError, PrivateKey},
    pem,
    verifier::{BundleError, TrustBundle},
};

/// Life of a leaf certificate where the caller has no reason for another: short enough that a list of the revoked stays
/// small and a stolen key goes stale by itself, long enough that a gateway may be away for half a night (renewal begins
/// at half of it).
pub const LEAF_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Longest life of a leaf certificate. The list of the revoked must remember for as long.
pub const MAX_LEAF_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Life of a root: ten years of 365.25 days. Replacing one means touching every connector's folder.
pub const ROOT_LIFETIME: Duration = Duration::from_secs(10 * 31_557_600);

/// How far validity begins before `now`: a peer whose clock is this much behind still accepts a fresh certificate. A skew
/// beyond 30 s is reported as a fault long before.
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// Random bytes of a serial number. CAs of the web must have 64 random bits; 16 bytes need no register of numbers given.
const SERIAL_BYTES: usize = 16;

/// Why nothing was issued, or no authority could be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityError {
    /// The root ran out: a new installation or a rotation is due.
    #[error("the root certificate ran out")]
    RootExpired,
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
    #[error("the root's key: {0}")]
    Key(#[from] KeyError),
    /// The stored key is not that of the stored certificate.
    #[error("the root's key does not belong to the root certificate")]
    KeyMismatch,
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
    /// The leaf, then intermediates (today none), without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The same as PEM.
    pub chain_pem: String,
    /// What the leaf says, read back from its bytes: identity, validity, serial number, fingerprint.
    pub facts: CertificateFacts,
}

/// The root certificate and its key.
#[derive(Debug)]
pub struct Authority {
    bundle: TrustBundle,
    root: CertificateDer<'static>,
    not_after: SystemTime,
    key: PrivateKey,
    issuer: Issuer<'static, PrivateKey>,
}

impl Authority {
    /// Makes a new root for a trust domain.
    pub fn create(domain: TrustDomain, now: SystemTime) -> Result<Self, AuthorityError> {
        let key = PrivateKey::generate()?;
        let serial = serial()?;
        let mut params = params(now, now + ROOT_LIFETIME, &serial)?;
        // The number tells a root and its successor apart, for people and for path building, which goes by this name.
        let number = hex::encode(serial.first_chunk::<4>().unwrap_or(&[0; 4]));
        params
            .distinguished_name
            .push(DnType::CommonName, format!("tunnel gateway root {number}"));
        params.subject_alt_names = vec![uri(&format!("spiffe://{domain}"))?];
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(&key).map_err(|_| AuthorityError::Crypto)?;
        Self::new(root.der().clone(), key)
    }

    /// Loads what [`Authority::root_pem`] and [`Authority::key_pem`] gave. The trust domain stands in the root.
    pub fn from_pem(root_pem: &str, key_pem: &str) -> Result<Self, AuthorityError> {
        let bundle = TrustBundle::from_pem(root_pem)?;
        match bundle.certificates() {
            [root] => Self::new(root.clone(), PrivateKey::from_pem(key_pem)?),
            several => Err(BundleError::Count(several.len()).into()),
        }
    }

    fn new(root: CertificateDer<'static>, key: PrivateKey) -> Result<Self, AuthorityError> {
        let bundle = TrustBundle::new(vec![root.clone()])?;
        let (_, not_after) = root_facts(&root).map_err(AuthorityError::SelfCheck)?;
        let parsed =
            rustls::server::ParsedCertificate::try_from(&root).map_err(|_| AuthorityError::Crypto)?;
        if parsed.subject_public_key_info().as_ref() != key.subject_public_key_info() {
            return Err(AuthorityError::KeyMismatch);
        }
        let issuer = Issuer::from_ca_cert_der(&root, key.clone()).map_err(|_| AuthorityError::Crypto)?;
        Ok(Self {
            bundle,
            root,
            not_after,
            key,
            issuer,
        })
    }

    /// The root certificate as PEM.
    pub fn root_pem(&self) -> String {
        self.bundle.to_pem()
    }

    /// The root's key, for a file of mode 0600.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.to_pem()
    }

    /// SHA-256 of the root certificate: what a join token pins.
    pub fn root_fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.root)
    }

    /// The trust domain that the root is for.
    pub fn domain(&self) -> &TrustDomain {
        self.bundle.domain()
    }

    /// The last second of the root's validity.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// What the peers of this installation trust.
    pub fn bundle(&self) -> &TrustBundle {
        &self.bundle
    }

    /// Issues the certificate of a connector: clientAuth only, one name, its SPIFFE ID. It runs out `lifetime` after
    /// `now`, or with the root.
    pub fn issue_connector(
        &self,
        request: &VerifiedRequest,
        tenant: &TenantId,
        connector: &ConnectorId,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        let identity = Identity::Connector {
            domain: self.domain().clone(),
            tenant: tenant.clone(),
            connector: connector.clone(),
        };
        let purposes = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(request, &identity, purposes, Vec::new(), now, lifetime)
    }

    /// Issues the certificate of a gateway node: serverAuth for the tunnel and the API, clientAuth towards other nodes,
    /// its SPIFFE ID, and the names under which clients reach the API.
    pub fn issue_node(
        &self,
        key: &PrivateKey,
        node: &NodeId,
        dns_names: &[String],
        ips: &[IpAddr],
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        if dns_names.len() + ips.len() > MAX_API_NAMES {
            return Err(AuthorityError::TooManyNames);
        }
        let identity = Identity::Node {
            domain: self.domain().clone(),
            node: node.clone(),
        };
        let purposes = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let mut names = Vec::with_capacity(dns_names.len() + ips.len());
        for name in dns_names {
            let refused = || AuthorityError::DnsName(name.clone());
            DnsName::try_from(name.as_str()).map_err(|_| refused())?;
            names.push(SanType::DnsName(name.as_str().try_into().map_err(|_| refused())?));
        }
        names.extend(ips.iter().copied().map(SanType::IpAddress));
        self.issue(key, &identity, purposes, names, now, lifetime)
    }

    fn issue(
        &self,
        key: &impl PublicKeyData,
        identity: &Identity,
        purposes: Vec<ExtendedKeyUsagePurpose>,
        more_names: Vec<SanType>,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        if lifetime < Duration::from_secs(1) || lifetime > MAX_LEAF_LIFETIME {
            return Err(AuthorityError::Lifetime);
        }
        if now >= self.not_after {
            return Err(AuthorityError::RootExpired);
        }
        let mut params = params(now, self.not_after.min(now + lifetime), &serial()?)?;
        // The subject stays empty, which makes the SAN critical (RFC 5280, section 4.2.1.6): nobody can take another
        // name out of this certificate.
        params.subject_alt_names = vec![uri(&identity.to_string())?];
        params.subject_alt_names.extend(more_names);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = purposes;
        params.use_authority_key_identifier_extension = true;
        let leaf = params
            .signed_by(key, &self.issuer)
            .map_err(|_| AuthorityError::Crypto)?;
        let facts = facts_of(leaf.der()).map_err(AuthorityError::SelfCheck)?;
        let chain = vec![leaf.der().clone()];
        Ok(Issued {
            chain_pem: pem::certificates(&chain),
            chain,
            facts,
        })
    }
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
mod tests {
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    use super::*;
    use crate::{
        csr::request,
        forge::{HOUR, authority, now},
    };

    fn issue(authority: &Authority, at: SystemTime, lifetime: Duration) -> Result<Issued, AuthorityError> {
        let key = PrivateKey::generate().unwrap();
        let proven = VerifiedRequest::from_pem(&request(&key).unwrap()).unwrap();
        authority.issue_connector(
            &proven,
            &"acme".parse().unwrap(),
            &"prod".parse().unwrap(),
            at,
            lifetime,
        )
    }

    fn issue_node(authority: &Authority, names: &[&str]) -> Result<Issued, AuthorityError> {
        let key = PrivateKey::generate().unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let ips = ["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        authority.issue_node(
            &key,
            &"node-a".parse().unwrap(),
            &names,
            &ips,
            now(),
            LEAF_LIFETIME,
        )
    }

    #[test]
    fn the_root_is_an_authority_with_one_level_below() {
        let authority = authority();
        let root = authority.bundle().certificates()[0].clone();
        let (_, parsed) = X509Certificate::from_der(&root).unwrap();
        let constraints = parsed.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && constraints.value.ca);
        assert_eq!(constraints.value.path_len_constraint, Some(1));
        let usage = parsed.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.key_cert_sign() && usage.value.crl_sign());
        assert!(!usage.value.digital_signature());
        assert_eq!(authority.domain().as_str(), "gw.example");
        assert_eq!(authority.root_fingerprint(), Fingerprint::of(&root));
        assert_eq!(authority.not_after(), now() + ROOT_LIFETIME);
    }

    #[test]
    fn an_authority_survives_its_files() {
        let first = authority();
        let again = Authority::from_pem(&first.root_pem(), &first.key_pem()).unwrap();
        assert_eq!(again.root_fingerprint(), first.root_fingerprint());
        assert_eq!(again.domain(), first.domain());
        let issued = issue(&again, now(), LEAF_LIFETIME).unwrap();
        let (_, root) = X509Certificate::from_der(&first.root).unwrap();
        let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
        assert_eq!(leaf.issuer(), root.subject());
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let (first, second) = (authority(), authority());
        let error = |root: &str, key: &str| Authority::from_pem(root, key).unwrap_err();
        assert_eq!(
            error(&first.root_pem(), &second.key_pem()),
            AuthorityError::KeyMismatch
        );
        assert_eq!(
            error("", &first.key_pem()),
            AuthorityError::Root(BundleError::Count(0))
        );
        assert_eq!(
            error(&first.root_pem(), ""),
            AuthorityError::Key(KeyError::NotPem)
        );
        let both = first.root_pem() + &second.root_pem();
        assert_eq!(
            error(&both, &first.key_pem()),
            AuthorityError::Root(BundleError::Count(2))
        );
        let leaf = issue(&first, now(), LEAF_LIFETIME).unwrap().chain_pem;
        let not_a_root = AuthorityError::Root(BundleError::NotARoot(IdentityError::KeyUsage));
        assert_eq!(error(&leaf, &first.key_pem()), not_a_root);
    }

    #[test]
    fn a_connectors_certificate_has_one_name_and_no_subject() {
        let authority = authority();
        let issued = issue(&authority, now(), LEAF_LIFETIME).unwrap();
        let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
        assert_eq!(leaf.subject().iter().count(), 0);
        let names = leaf.subject_alternative_name().unwrap().unwrap();
        assert!(names.critical);
        assert_eq!(names.value.general_names.len(), 1);
        assert_eq!(issued.facts.identity.to_string(), crate::forge::CONNECTOR);
        assert_eq!(issued.facts.not_before, now() - BACKDATE);
        assert_eq!(issued.facts.not_after, now() + LEAF_LIFETIME);
        assert!(issued.chain_pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    }

    #[test]
    fn serial_numbers_are_positive_long_and_never_the_same() {
        let authority = authority();
        let serials: std::collections::HashSet<_> = (0..64)
            .map(|_| issue(&authority, now(), LEAF_LIFETIME).unwrap().facts.serial)
            .collect();
        assert_eq!(serials.len(), 64);
        for serial in serials {
            assert_eq!(serial.as_bytes().len(), SERIAL_BYTES);
            assert_eq!(serial.as_bytes()[0] & 0xc0, 0x40, "{serial}");
        }
    }

    #[test]
    fn a_nodes_names_are_plain_dns_names() {
        let authority = authority();
        let issued = issue_node(&authority, &["api.gw.example", "localhost"]).unwrap();
        assert_eq!(issued.facts.identity.to_string(), crate::forge::NODE);
        assert!(issue_node(&authority, &[]).is_ok());
        for name in [
            "",
            "*.gw.example",
            "gw example",
            "gw.example/",
            "ä.example",
            "http://gw.example",
        ] {
            let error = issue_node(&authority, &[name]).unwrap_err();
            assert_eq!(error, AuthorityError::DnsName(name.to_owned()));
        }
        let error = issue_node(&authority, &["a.example"; MAX_API_NAMES - 1]).unwrap_err();
        assert_eq!(error, AuthorityError::TooManyNames);
        assert!(issue_node(&authority, &["a.example"; MAX_API_NAMES - 2]).is_ok());
    }

    #[test]
    fn lives_are_bounded_and_end_with_the_root() {
        let authority = authority();
        for lifetime in [
            Duration::ZERO,
            Duration::from_millis(999),
            MAX_LEAF_LIFETIME + Duration::from_secs(1),
        ] {
            assert_eq!(
                issue(&authority, now(), lifetime).unwrap_err(),
                AuthorityError::Lifetime
            );
        }
        assert!(issue(&authority, now(), MAX_LEAF_LIFETIME).is_ok());
        let end = authority.not_after();
        let last = issue(&authority, end - HOUR, LEAF_LIFETIME).unwrap();
        assert_eq!(last.facts.not_after, end);
        assert_eq!(
            issue(&authority, end, LEAF_LIFETIME).unwrap_err(),
            AuthorityError::RootExpired
        );
        // A clock that was set back does not stop the gateway.
        assert!(issue(&authority, now() - 30 * LEAF_LIFETIME, LEAF_LIFETIME).is_ok());
    }

    #[test]
    fn a_clock_out_of_this_world_is_named() {
        let domain: TrustDomain = "gw.example".parse().unwrap();
        for time in [
            SystemTime::UNIX_EPOCH,
            SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800),
        ] {
            assert_eq!(
                Authority::create(domain.clone(), time).unwrap_err(),
                AuthorityError::Clock
            );
        }
    }
}
