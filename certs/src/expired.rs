//! A connector whose certificate ran out, and its proof that it still holds the key: what an approval anew rests on.
//!
//! The certificate must have been good: a path to our root, checked as of its last second, the exact form of a connector's
//! certificate, our trust domain. Whether it was revoked, and whether it is the one in force, the fleet's records say.
//!
//! Possession is proved by a signature over the certificate, the request and a time ([`challenge`]). The time makes a
//! recorded proof worthless: who checks it takes each connector's times only as they grow.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::SigningKey as _;
use rustls::server::ParsedCertificate;
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use crate::{
    identity::{CertificateFacts, IdentityError, facts_of_peer},
    key::{KeyError, PrivateKey},
    verifier::{MAX_BUNDLE_BYTES, MAX_PRESENTED, Refusal, TrustBundle, connector_at},
};

/// Why somebody is not a connector of ours whose certificate ran out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpiredError {
    /// Not one to [`MAX_PRESENTED`] certificates in PEM.
    #[error("the certificate chain is not 1 to {MAX_PRESENTED} certificates in PEM")]
    Chain,
    /// The certificate has no identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It was never good here.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It has not run out.
    #[error("the certificate has not run out; open a tunnel with it")]
    StillGood,
    /// The signature is not by the certificate's key over what it should be.
    #[error("the sender did not prove to hold the certificate's key")]
    NotProven,
}

/// A connector's certificate that was good and ran out. Made by [`ExpiredConnector::from_pem`] only.
#[derive(Debug, Clone)]
pub struct ExpiredConnector {
    leaf: CertificateDer<'static>,
    facts: CertificateFacts,
}

impl ExpiredConnector {
    /// Checks a chain in PEM, leaf first.
    pub fn from_pem(bundle: &TrustBundle, chain_pem: &str, now: SystemTime) -> Result<Self, ExpiredError> {
        if chain_pem.len() > MAX_BUNDLE_BYTES {
            return Err(ExpiredError::Chain);
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| ExpiredError::Chain)?;
        let (leaf, rest) = chain
            .split_first()
            .filter(|_| chain.len() <= MAX_PRESENTED)
            .ok_or(ExpiredError::Chain)?;
        let facts = facts_of_peer(&chain)?;
        let end = facts.not_after.duration_since(UNIX_EPOCH).unwrap_or_default();
        connector_at(bundle, leaf, rest, UnixTime::since_unix_epoch(end))?;
        if now <= facts.not_after {
            return Err(ExpiredError::StillGood);
        }
        Ok(Self {
            leaf: leaf.clone(),
            facts,
        })
    }

    /// What the certificate says.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Checks the proof of possession.
    pub fn proves(&self, request: &str, unix_time_ms: u64, proof: &[u8]) -> Result<(), ExpiredError> {
        let key = X509Certificate::from_der(&self.leaf)
            .map_err(|_| ExpiredError::NotProven)?
            .1;
        let point = key.public_key().subject_public_key.as_ref();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(&challenge(&self.leaf, request, unix_time_ms), proof)
            .map_err(|_| ExpiredError::NotProven)
    }
}

/// The proof for a chain in PEM and a certificate request, at a time in milliseconds since 1970.
pub fn prove(
    key: &PrivateKey,
    chain_pem: &str,
    request: &str,
    unix_time_ms: u64,
) -> Result<Vec<u8>, KeyError> {
    let leaf = CertificateDer::from_pem_slice(chain_pem.as_bytes()).map_err(|_| KeyError::NotPem)?;
    // A certificate that cannot be parsed would be refused at the other end.
    ParsedCertificate::try_from(&leaf).map_err(|_| KeyError::NotPem)?;
    key.sign(&challenge(&leaf, request, unix_time_ms))
        .map_err(|_| KeyError::Crypto)
}

/// What is signed. The first words keep the signature from meaning anything elsewhere.
fn challenge(leaf: &[u8], request: &str, unix_time_ms: u64) -> Vec<u8> {
    let mut text = b"tunnel gateway, approval anew, version 1\0".to_vec();
    text.extend(Sha256::digest(leaf));
    text.extend(Sha256::digest(request.as_bytes()));
    text.extend(unix_time_ms.to_be_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{HOUR, authority, connector, node, now};

    #[test]
    fn who_holds_the_key_of_an_expired_certificate_proves_it() {
        let authority = authority();
        let (issued, key) = connector(&authority, "acme", now());
        let late = now() + 400 * HOUR;
        let expired = ExpiredConnector::from_pem(authority.bundle(), &issued.chain_pem, late).unwrap();
        assert_eq!(expired.facts(), &issued.facts);
        let proof = prove(&key, &issued.chain_pem, "request", 7).unwrap();
        assert_eq!(expired.proves("request", 7, &proof), Ok(()));
        // Each of the three things that it is over counts, and the key does.
        let other = PrivateKey::generate().unwrap();
        let forged = prove(&other, &issued.chain_pem, "request", 7).unwrap();
        let (second, _) = connector(&authority, "acme", now());
        let elsewhere = prove(&key, &second.chain_pem, "request", 7).unwrap();
        for (request, time, proof) in [
            ("another", 7, &proof),
            ("request", 8, &proof),
            ("request", 7, &forged),
            ("request", 7, &elsewhere),
            ("request", 7, &Vec::new()),
        ] {
            assert_eq!(expired.proves(request, time, proof), Err(ExpiredError::NotProven));
        }
    }

    #[test]
    fn what_was_never_good_or_still_is_has_not_run_out() {
        let authority = authority();
        let bundle = authority.bundle();
        let late = now() + 400 * HOUR;
        let (issued, _) = connector(&authority, "acme", now());
        let refused = |pem: &str, at| ExpiredConnector::from_pem(bundle, pem, at).unwrap_err();
        assert_eq!(refused(&issued.chain_pem, now()), ExpiredError::StillGood);
        let stranger = crate::forge::authority();
        let (forged, _) = connector(&stranger, "acme", now());
        assert!(matches!(
            refused(&forged.chain_pem, late),
            ExpiredError::Refused(Refusal::UnknownAuthority | Refusal::BadSignature)
        ));
        let (gateway, _) = node(&authority, now());
        assert!(matches!(
            refused(&gateway.chain_pem, late),
            ExpiredError::Refused(_)
        ));
        assert_eq!(refused("", late), ExpiredError::Chain);
        assert_eq!(refused(&issued.chain_pem.repeat(5), late), ExpiredError::Chain);
    }
}
