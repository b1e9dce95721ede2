//! The root: it signs issuing authorities and, once, its successor.

use std::time::{Duration, SystemTime};

use proto::id::TrustDomain;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyUsagePurpose,
    PublicKeyData, SubjectPublicKeyInfo,
};
use rustls::server::ParsedCertificate;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::{AUTHORITY_BACKDATE, AuthorityError, ROOT_LIFETIME, date, params, serial, uri};
use crate::{
    identity::{Fingerprint, common_name, root_facts, subject_name},
    key::PrivateKey,
    pem,
    verifier::{BundleError, TrustBundle},
};

/// A root certificate and its key.
#[derive(Debug)]
pub struct Root {
    certificate: CertificateDer<'static>,
    domain: TrustDomain,
    not_after: SystemTime,
    key: PrivateKey,
    issuer: Issuer<'static, PrivateKey>,
}

impl Root {
    /// Makes a new root for a trust domain.
    pub fn create(domain: TrustDomain, now: SystemTime) -> Result<Self, AuthorityError> {
        let key = PrivateKey::generate()?;
        let mut params = authority_params("root", now, now + ROOT_LIFETIME, &domain)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let root = params.self_signed(&key).map_err(|_| AuthorityError::Crypto)?;
        Self::new(root.der().clone(), key)
    }

    /// Loads what [`Root::to_pem`] and [`Root::key_pem`] gave. The trust domain stands in the certificate.
    pub fn from_pem(root_pem: &str, key_pem: &str) -> Result<Self, AuthorityError> {
        let bundle = TrustBundle::from_pem(root_pem)?;
        match bundle.certificates() {
            [root] => Self::new(root.clone(), PrivateKey::from_pem(key_pem)?),
            several => Err(BundleError::Count(several.len()).into()),
        }
    }

    fn new(certificate: CertificateDer<'static>, key: PrivateKey) -> Result<Self, AuthorityError> {
        let (domain, not_after) = root_facts(&certificate).map_err(AuthorityError::SelfCheck)?;
        belongs(&certificate, &key)?;
        let issuer =
            Issuer::from_ca_cert_der(&certificate, key.clone()).map_err(|_| AuthorityError::Crypto)?;
        Ok(Self {
            certificate,
            domain,
            not_after,
            key,
            issuer,
        })
    }

    /// The certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate as PEM.
    pub fn to_pem(&self) -> String {
        pem::certificates(std::slice::from_ref(&self.certificate))
    }

    /// The key, for a file of mode 0600 or a seal.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.to_pem()
    }

    /// SHA-256 of the certificate: what a join token pins.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// The trust domain that it is for.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// The last second of its validity.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Issues the certificate of an issuing authority for a key: it may sign leaves and nothing else, and runs out
    /// `lifetime` after `now`, or with the root.
    pub fn issue_issuing(
        &self,
        key: &impl PublicKeyData,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        if now >= self.not_after {
            return Err(AuthorityError::RootExpired);
        }
        let end = self.not_after.min(now + lifetime);
        let mut params = authority_params("issuing", now, end, &self.domain)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        self.sign(params, key)
    }

    /// Signs the key of the root that shall follow this one ("new with old", RFC 4210, section 4.4.1): until this root's end
    /// who trusts it finds a path to what its successor signed. The successor is one that [`Root::create`] made.
    pub fn succeed(
        &self,
        next: &CertificateDer<'_>,
        now: SystemTime,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        let (domain, not_after) =
            root_facts(next).map_err(|fault| AuthorityError::Root(BundleError::NotARoot(fault)))?;
        if domain != self.domain {
            return Err(AuthorityError::OtherDomain);
        }
        let end = not_after.min(self.not_after);
        let mut params = authority_params("root", now, end, &domain)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.distinguished_name = DistinguishedName::new();
        let name = common_name(next).ok_or(AuthorityError::ForeignRoot)?;
        params.distinguished_name.push(DnType::CommonName, name);
        let parsed = ParsedCertificate::try_from(next).map_err(|_| AuthorityError::Crypto)?;
        let key = SubjectPublicKeyInfo::from_der(parsed.subject_public_key_info().as_ref())
            .map_err(|_| AuthorityError::ForeignRoot)?;
        let link = self.sign(params, &key)?;
        // Paths are built by the name, byte for byte.
        if subject_name(&link) != subject_name(next) {
            return Err(AuthorityError::ForeignRoot);
        }
        Ok(link)
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        params.use_authority_key_identifier_extension = true;
        let signed = params
            .signed_by(key, &self.issuer)
            .map_err(|_| AuthorityError::Crypto)?;
        Ok(signed.der().clone())
    }
}

/// Names an authority. The number tells one and its successor apart, for people and for path building, which goes by it.
fn authority_params(
    kind: &str,
    now: SystemTime,
    not_after: SystemTime,
    domain: &TrustDomain,
) -> Result<CertificateParams, AuthorityError> {
    let serial = serial()?;
    let mut params = params(now, not_after, &serial)?;
    params.not_before = date(now.checked_sub(AUTHORITY_BACKDATE).ok_or(AuthorityError::Clock)?)?;
    let number = hex::encode(serial.first_chunk::<4>().unwrap_or(&[0; 4]));
    params
        .distinguished_name
        .push(DnType::CommonName, format!("tunnel gateway {kind} {number}"));
    params.subject_alt_names = vec![uri(&format!("spiffe://{domain}"))?];
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Checks that a key is a certificate's.
pub(super) fn belongs(certificate: &CertificateDer<'_>, key: &PrivateKey) -> Result<(), AuthorityError> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|_| AuthorityError::Crypto)?;
    if parsed.subject_public_key_info().as_ref() != key.subject_public_key_info() {
        return Err(AuthorityError::KeyMismatch);
    }
    Ok(())
}

/// The last second of the validity of a root in PEM.
pub fn root_end(root_pem: &str) -> Option<SystemTime> {
    let bundle = TrustBundle::from_pem(root_pem).ok()?;
    let (_, end) = root_facts(bundle.certificates().first()?).ok()?;
    Some(end)
}
