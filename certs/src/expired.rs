//! A connector whose certificate ran out, or is not valid yet because a clock was ahead when it was issued, and its proof that
//! it still holds the key: what an approval anew rests on.
//!
//! The certificate must be good but for its dates: a path to our root, checked as of its last second, the exact form of a
//! connector's certificate, our trust domain. Whether it was revoked, and whether it is the one in force, the fleet's records say.
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
    /// It is valid now.
    #[error("the certificate has not run out; open a tunnel with it")]
    StillGood,
    /// The signature is not by the certificate's key over what it should be.
    #[error("the sender did not prove to hold the certificate's key")]
    NotProven,
}

/// In which way a certificate is not valid at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// It ran out.
    RanOut,
    /// It is not valid yet.
    NotYet,
}

/// A connector's certificate that is good but for its dates, which nobody has looked at. Made by [`Undated::from_pem`] only.
#[derive(Debug, Clone)]
pub struct Undated {
    leaf: CertificateDer<'static>,
    facts: CertificateFacts,
}

impl Undated {
    /// Checks a chain in PEM, leaf first.
    pub fn from_pem(bundle: &TrustBundle, chain_pem: &str) -> Result<Self, ExpiredError> {
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
        Ok(Self {
            leaf: leaf.clone(),
            facts,
        })
    }

    /// What the certificate says.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// In which way it is not valid at this time.
    pub fn dates(&self, now: SystemTime) -> Result<Dates, ExpiredError> {
        if now < self.facts.not_before {
            Ok(Dates::NotYet)
        } else if now > self.facts.not_after {
            Ok(Dates::RanOut)
        } else {
            Err(ExpiredError::StillGood)
        }
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
    use std::time::Duration;

    use super::*;
    use crate::forge::{HOUR, authority, connector, node, now};

    #[test]
    fn who_holds_the_key_of_an_expired_certificate_proves_it() {
        let authority = authority();
        let (issued, key) = connector(&authority, "acme", now());
        let expired = Undated::from_pem(authority.bundle(), &issued.chain_pem).unwrap();
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
    fn what_is_valid_is_not_out_of_date_and_what_is_not_is_in_one_way() {
        let authority = authority();
        let (issued, _) = connector(&authority, "acme", now());
        let shown = Undated::from_pem(authority.bundle(), &issued.chain_pem).unwrap();
        let second = Duration::from_secs(1);
        let (first, last) = (issued.facts.not_before, issued.facts.not_after);
        for (at, dates) in [
            (first - second, Ok(Dates::NotYet)),
            (first, Err(ExpiredError::StillGood)),
            (now(), Err(ExpiredError::StillGood)),
            (last, Err(ExpiredError::StillGood)),
            (last + second, Ok(Dates::RanOut)),
            (now() + 400 * HOUR, Ok(Dates::RanOut)),
        ] {
            assert_eq!(shown.dates(at), dates);
        }
    }

    #[test]
    fn what_was_never_good_is_refused() {
        let authority = authority();
        let refused = |pem: &str| Undated::from_pem(authority.bundle(), pem).unwrap_err();
        let (issued, _) = connector(&authority, "acme", now());
        let stranger = crate::forge::authority();
        let (forged, _) = connector(&stranger, "acme", now());
        assert!(matches!(
            refused(&forged.chain_pem),
            ExpiredError::Refused(Refusal::UnknownAuthority | Refusal::BadSignature)
        ));
        let (gateway, _) = node(&authority, now());
        assert!(matches!(refused(&gateway.chain_pem), ExpiredError::Refused(_)));
        assert_eq!(refused(""), ExpiredError::Chain);
        assert_eq!(refused(&issued.chain_pem.repeat(5)), ExpiredError::Chain);
    }
}
