//! Certificate requests (PKCS #10, RFC 2986): made by the connector, checked by the gateway.
//!
//! A request proves possession of a key and says nothing else. The gateway takes the public key out of it and decides
//! on every name, date and usage itself: a subject or an extension in a request is not refused, it is not read.
//!
//! Accepted: one PEM section, ECDSA P-256 signed with SHA-256 (what [`request`] makes). Everything else is refused.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use proto::id::TrustDomain;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyUsagePurpose};
use rustls_pki_types::{CertificateSigningRequestDer, pem::PemObject as _};
use thiserror::Error;
use x509_parser::{
    certification_request::X509CertificationRequest,
    oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ECDSA_WITH_SHA256},
    prelude::FromDer as _,
};

use crate::{key::PrivateKey, pem};

/// Longest request in bytes of PEM that is parsed. An honest one has under 1 KiB; the rest is room for the subject and
/// extensions that other tools put in.
pub const MAX_CSR_BYTES: usize = 16 * 1024;

/// Why a request was refused, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CsrError {
    /// The sender's: longer than [`MAX_CSR_BYTES`].
    #[error("a certificate request has at most {MAX_CSR_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// The sender's: no `-----BEGIN CERTIFICATE REQUEST-----` section, or it does not hold a request.
    #[error("not a certificate request in PEM")]
    Malformed,
    /// The sender's: another kind of key or signature.
    #[error("the request is not made with an ECDSA P-256 key and SHA-256")]
    Algorithm,
    /// The sender's: the signature is not by the key that the request names.
    #[error("the sender did not prove to hold the private key")]
    NotProven,
    /// Ours: the cryptographic library failed.
    #[error("the cryptographic library could not sign a request")]
    Crypto,
}

/// The public key of a request whose sender proved to hold the private one. Made by [`VerifiedRequest::from_pem`] and
/// [`VerifiedRequest::from_der`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    point: Box<[u8]>,
    der: Box<[u8]>,
}

/// Makes a request for `key` in PEM. It names nobody: who the certificate is for, the gateway knows from the join token
/// or from the certificate that is being renewed.
pub fn request(key: &PrivateKey) -> Result<String, CsrError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let request = params.serialize_request(key).map_err(|_| CsrError::Crypto)?;
    request.pem().map_err(|_| CsrError::Crypto)
}

/// Makes the request of an issuing authority, for whoever keeps the root.
pub fn authority_request(key: &PrivateKey, domain: &TrustDomain) -> Result<String, CsrError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("tunnel gateway issuing {domain}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let request = params.serialize_request(key).map_err(|_| CsrError::Crypto)?;
    request.pem().map_err(|_| CsrError::Crypto)
}

impl VerifiedRequest {
    /// Parses a request in PEM and verifies its proof of possession.
    pub fn from_pem(pem: &str) -> Result<Self, CsrError> {
        if pem.len() > MAX_CSR_BYTES {
            return Err(CsrError::TooLong(pem.len()));
        }
        let der =
            CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|_| CsrError::Malformed)?;
        Self::from_der(&der)
    }

    /// The same for DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CsrError> {
        if der.len() > MAX_CSR_BYTES {
            return Err(CsrError::TooLong(der.len()));
        }
        let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| CsrError::Malformed)?;
        if !rest.is_empty() {
            return Err(CsrError::Malformed);
        }
        let info = &request.certification_request_info;
        let key = &info.subject_pki;
        let curve = key
            .algorithm
            .parameters
            .as_ref()
            .and_then(|any| any.as_oid().ok());
        let p256 = key.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256);
        if !p256 || request.signature_algorithm.algorithm != OID_SIG_ECDSA_WITH_SHA256 {
            return Err(CsrError::Algorithm);
        }
        // A whole number of bytes each: x509-parser would ignore the bits that are declared unused.
        if key.subject_public_key.unused_bits != 0 || request.signature_value.unused_bits != 0 {
            return Err(CsrError::Malformed);
        }
        let point = key.subject_public_key.as_ref();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(info.raw, request.signature_value.as_ref())
            .map_err(|_| CsrError::NotProven)?;
        // aws-lc also verifies with a compressed point; the certificate shall hold the one form that everybody reads.
        if point.len() != 65 {
            return Err(CsrError::Algorithm);
        }
        Ok(Self {
            point: point.into(),
            der: der.into(),
        })
    }
}

impl VerifiedRequest {
    /// The public key as an uncompressed point.
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// The request itself as PEM, for another authority to read.
    pub fn to_pem(&self) -> String {
        pem::section("CERTIFICATE REQUEST", &self.der).to_string()
    }
}

impl rcgen::PublicKeyData for VerifiedRequest {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn der_of(pem: &str) -> Vec<u8> {
        CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
            .unwrap()
            .to_vec()
    }

    fn pem_of(label: &str, der: &[u8]) -> String {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(der)
        )
    }

    #[test]
    fn a_request_proves_possession_of_its_key() {
        let key = PrivateKey::generate().unwrap();
        let verified = VerifiedRequest::from_pem(&request(&key).unwrap()).unwrap();
        assert_eq!(&*verified.point, key.public_point());
    }

    #[test]
    fn a_request_for_somebody_elses_key_is_refused() {
        let mine = PrivateKey::generate().unwrap();
        let theirs = PrivateKey::generate().unwrap();
        let mut der = der_of(&request(&mine).unwrap());
        let at = der
            .windows(65)
            .position(|window| window == mine.public_point())
            .unwrap();
        der[at..at + 65].copy_from_slice(theirs.public_point());
        assert_eq!(VerifiedRequest::from_der(&der), Err(CsrError::NotProven));
    }

    #[test]
    fn no_changed_byte_leads_to_another_key() {
        let key = PrivateKey::generate().unwrap();
        let der = der_of(&request(&key).unwrap());
        let mut accepted = 0;
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1;
            // Outside of what is signed stand a few bytes whose change the parser does not mind: they say nothing.
            if let Ok(verified) = VerifiedRequest::from_der(&changed) {
                assert_eq!(&*verified.point, key.public_point(), "byte {at}");
                accepted += 1;
            }
        }
        assert!(accepted < 4, "{accepted} of {}", der.len());
    }

    #[test]
    fn names_and_extensions_in_a_request_are_not_read() {
        let key = PrivateKey::generate().unwrap();
        let mut params = CertificateParams::new(vec!["victim.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.serialize_request(&key).unwrap().pem().unwrap();
        let verified = VerifiedRequest::from_pem(&pem).unwrap();
        assert_eq!(&*verified.point, key.public_point());
    }

    #[test]
    fn keys_of_another_kind_are_refused() {
        for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P384_SHA384] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let pem = CertificateParams::default()
                .serialize_request(&key)
                .unwrap()
                .pem()
                .unwrap();
            assert_eq!(VerifiedRequest::from_pem(&pem), Err(CsrError::Algorithm));
        }
    }

    #[test]
    fn what_is_not_a_request_is_refused() {
        let good = der_of(&request(&PrivateKey::generate().unwrap()).unwrap());
        let trailing = [good.as_slice(), &[0]].concat();
        for text in [
            "",
            "x",
            &pem_of("CERTIFICATE REQUEST", &[1, 2, 3]),
            &pem_of("CERTIFICATE", &good),
        ] {
            assert_eq!(
                VerifiedRequest::from_pem(text),
                Err(CsrError::Malformed),
                "{text}"
            );
        }
        assert_eq!(VerifiedRequest::from_der(&trailing), Err(CsrError::Malformed));
        let long = "x".repeat(MAX_CSR_BYTES + 1);
        assert_eq!(
            VerifiedRequest::from_pem(&long),
            Err(CsrError::TooLong(MAX_CSR_BYTES + 1))
        );
    }
}
