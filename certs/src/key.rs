//! Private keys: ECDSA P-256, made on the host that uses them, kept in memory that is zeroed on drop and never printed.
//!
//! Only P-256 in PKCS#8 (RFC 5208) is accepted, whatever else a file may hold: one kind of key to review, one that
//! every TLS stack verifies, and signatures small enough for the first QUIC flight. RSA, other curves, SEC1 and
//! encrypted keys are refused.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::pem;

/// Longest PEM text of a key in bytes. A P-256 key in PKCS#8 takes under 300; the rest is room for comments.
pub const MAX_KEY_PEM_BYTES: usize = 4 * 1024;

/// Why a key could not be made or loaded. No variant holds any part of the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is longer than [`MAX_KEY_PEM_BYTES`].
    #[error("a key file has at most {MAX_KEY_PEM_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// No `-----BEGIN PRIVATE KEY-----` section.
    #[error("no PKCS#8 section (-----BEGIN PRIVATE KEY-----) in the text")]
    NotPem,
    /// The section is not an ECDSA P-256 key.
    #[error("the key is not an ECDSA P-256 key in PKCS#8")]
    NotP256,
    /// The cryptographic library failed, for want of randomness or memory.
    #[error("the cryptographic library could not make a key")]
    Crypto,
}

/// An ECDSA P-256 key. Cheap to clone: clones share one secret, zeroed when the last one goes.
#[derive(Clone)]
pub struct PrivateKey(Arc<Inner>);

struct Inner {
    pkcs8: Zeroizing<Vec<u8>>,
    // aws-lc cleanses its own copy when it frees the key.
    pair: EcdsaKeyPair,
}

impl PrivateKey {
    /// Makes a new key from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| KeyError::Crypto)?;
        let document = pair.to_pkcs8v1().map_err(|_| KeyError::Crypto)?;
        let pkcs8 = Zeroizing::new(document.as_ref().to_vec());
        Ok(Self(Arc::new(Inner { pkcs8, pair })))
    }

    /// Loads a key from PKCS#8 DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der).map_err(|_| KeyError::NotP256)?;
        let pkcs8 = Zeroizing::new(der.to_vec());
        Ok(Self(Arc::new(Inner { pkcs8, pair })))
    }

    /// Loads a key from the first `PRIVATE KEY` section of a PEM text (RFC 7468).
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if pem.len() > MAX_KEY_PEM_BYTES {
            return Err(KeyError::TooLong(pem.len()));
        }
        let mut der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::NotPem)?;
        let key = Self::from_pkcs8_der(der.secret_pkcs8_der());
        zeroize::Zeroize::zeroize(&mut der);
        key
    }

    /// The key as PEM, for a file of mode 0600. The caller keeps it in zeroizing memory until it is written.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::section("PRIVATE KEY", &self.0.pkcs8)
    }

    /// The key as PKCS#8 DER.
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.0.pkcs8
    }

    /// The public key as an uncompressed point (SEC 1, section 2.3.3): 65 bytes.
    pub fn public_point(&self) -> &[u8] {
        self.0.pair.public_key().as_ref()
    }

    /// The key as rustls signs with it.
    pub(crate) fn for_rustls(&self) -> Result<Arc<dyn rustls::sign::SigningKey>, KeyError> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pkcs8_der()));
        any_ecdsa_type(&der).map_err(|_| KeyError::NotP256)
    }
}

impl rcgen::PublicKeyData for PrivateKey {
    fn der_bytes(&self) -> &[u8] {
        self.public_point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for PrivateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.pair.sign(&SystemRandom::new(), message);
        Ok(signature
            .map_err(|_| rcgen::Error::RingUnspecified)?
            .as_ref()
            .to_vec())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem() {
        let key = PrivateKey::generate().unwrap();
        let pem = key.to_pem();
        let again = PrivateKey::from_pem(&pem).unwrap();
        assert_eq!(again.public_point(), key.public_point());
        assert_eq!(again.pkcs8_der(), key.pkcs8_der());
        assert!(pem.lines().all(|line| line.len() <= 64), "RFC 7468, section 2");
        assert_eq!(key.public_point().len(), 65);
    }

    #[test]
    fn a_key_made_by_other_tools_is_read() {
        let foreign = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let key = PrivateKey::from_pem(&format!("comment\n{}", foreign.serialize_pem())).unwrap();
        assert_eq!(key.public_point(), foreign.public_key_raw());
    }

    #[test]
    fn keys_of_another_kind_are_refused() {
        for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P384_SHA384] {
            let pem = rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_pem();
            assert_eq!(PrivateKey::from_pem(&pem).unwrap_err(), KeyError::NotP256);
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let pem = PrivateKey::generate().unwrap().to_pem();
        let sec1 = pem.replace("PRIVATE KEY", "EC PRIVATE KEY");
        assert_eq!(PrivateKey::from_pem(&sec1).unwrap_err(), KeyError::NotPem);
        assert_eq!(PrivateKey::from_pem("").unwrap_err(), KeyError::NotPem);
        let cut: String = pem.chars().take(100).collect();
        assert_eq!(PrivateKey::from_pem(&cut).unwrap_err(), KeyError::NotPem);
        let long = "x".repeat(MAX_KEY_PEM_BYTES + 1);
        assert_eq!(
            PrivateKey::from_pem(&long).unwrap_err(),
            KeyError::TooLong(long.len())
        );
        assert_eq!(PrivateKey::from_pkcs8_der(&[]).unwrap_err(), KeyError::NotP256);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(
            format!("{:?}", PrivateKey::generate().unwrap()),
            "PrivateKey(redacted)"
        );
    }
}
