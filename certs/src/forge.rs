//! For tests: the certificates that [`crate::authority`] would never issue, signed with the true root's key.

use std::time::{Duration, SystemTime};

use proto::id::TrustDomain;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyUsagePurpose, SanType,
};
use rustls_pki_types::CertificateDer;

use crate::{
    authority::{Authority, Issued, LEAF_LIFETIME},
    csr::{VerifiedRequest, request},
    key::PrivateKey,
};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A fixed moment: a whole second of the year 2027.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub(crate) fn authority() -> Authority {
    authority_of("gw.example")
}

pub(crate) fn authority_of(domain: &str) -> Authority {
    let domain: TrustDomain = domain.parse().unwrap();
    Authority::create(domain, now()).unwrap()
}

/// An honest connector's certificate, issued at `at` for a day.
pub(crate) fn connector(authority: &Authority, tenant: &str, at: SystemTime) -> (Issued, PrivateKey) {
    let key = PrivateKey::generate().unwrap();
    let proven = VerifiedRequest::from_pem(&request(&key).unwrap()).unwrap();
    let (tenant, name) = (tenant.parse().unwrap(), "prod".parse().unwrap());
    (
        authority
            .issuing()
            .issue_connector(&proven, &tenant, &name, at, LEAF_LIFETIME)
            .unwrap(),
        key,
    )
}

/// An honest node's certificate, issued at `at` for a day.
pub(crate) fn node(authority: &Authority, at: SystemTime) -> (Issued, PrivateKey) {
    let key = PrivateKey::generate().unwrap();
    let names = ["api.gw.example".to_owned()];
    let ips = ["127.0.0.1".parse().unwrap()];
    let issued = authority
        .issuing()
        .issue_node(&key, &"node-a".parse().unwrap(), &names, &ips, at, LEAF_LIFETIME)
        .unwrap();
    (issued, key)
}

pub(crate) const CONNECTOR: &str = "spiffe://gw.example/tenant/acme/connector/prod";
pub(crate) const NODE: &str = "spiffe://gw.example/gateway/node-a";

pub(crate) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

pub(crate) fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

/// Parameters of a good connector's certificate, to be spoilt.
pub(crate) fn connector_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = (now() - HOUR).into();
    params.not_after = (now() + HOUR).into();
    params.subject_alt_names = vec![uri(CONNECTOR)];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Parameters of a good node's certificate, to be spoilt.
pub(crate) fn node_params() -> CertificateParams {
    let mut params = connector_params();
    params.subject_alt_names = vec![uri(NODE), dns("api.gw.example")];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params
}

/// Parameters of an intermediate authority, by any name.
pub(crate) fn intermediate_params(name: &str) -> CertificateParams {
    let mut params = connector_params();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = Vec::new();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = Vec::new();
    params
}

/// The same extension once more, behind the others.
pub(crate) fn extra(oid: &[u64], content: &[u8], critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(critical);
    extension
}

/// Signs with the authority's root.
pub(crate) fn sign(
    authority: &Authority,
    params: &CertificateParams,
) -> (CertificateDer<'static>, PrivateKey) {
    let root_key = PrivateKey::from_pem(&authority.root().key_pem()).unwrap();
    sign_by(authority.root().certificate(), &root_key, params)
}

/// Signs with any certificate's key, whether that may sign or not.
pub(crate) fn sign_by(
    issuer: &CertificateDer<'static>,
    issuer_key: &PrivateKey,
    params: &CertificateParams,
) -> (CertificateDer<'static>, PrivateKey) {
    let key = PrivateKey::generate().unwrap();
    // rcgen refuses to sign with a key whose certificate does not allow it; a forger is not so polite.
    let name = Issuer::from_ca_cert_der(issuer, issuer_key.clone());
    let signed = match name {
        Ok(issuer) if issuer.key_usages().contains(&KeyUsagePurpose::KeyCertSign) => {
            params.signed_by(&key, &issuer)
        }
        _ => {
            let mut bare = CertificateParams::default();
            bare.distinguished_name = DistinguishedName::new();
            params.signed_by(&key, &Issuer::new(bare, issuer_key.clone()))
        }
    };
    (signed.unwrap().der().clone(), key)
}
