//! The keys that a provider publishes (RFC 7517), those of them that can verify a sign-in.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Providers publish two to ten, the next and the last among them.
const MAX_KEYS: usize = 64;
/// Least size of an RSA modulus (RFC 7518, section 3.3).
const MIN_RSA_BYTES: usize = 2_048 / 8;
/// Largest: verifying costs the square of it.
const MAX_RSA_BYTES: usize = 8_192 / 8;
/// Longest name of a key.
pub(super) const MAX_KID_BYTES: usize = 256;

/// The document is no set of keys that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeysError {
    /// It is not JSON of the right form.
    #[error("the provider's keys are no JSON Web Key Set")]
    Form,
    /// It holds too many.
    #[error("the provider publishes more than {MAX_KEYS} keys")]
    Many,
    /// None of them is fit.
    #[error("the provider publishes no key for RS256, ES256 or EdDSA that can be used")]
    None,
}

/// A set of keys that was published together.
#[derive(Debug, Clone)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?}, {:?})", self.kid, self.algorithm)
    }
}

impl Keys {
    /// Reads a set. Keys of other kinds and for other uses are left out: a provider may publish them too.
    ///
    /// # Errors
    /// [`KeysError`].
    pub(super) fn parse(text: &[u8]) -> Result<Self, KeysError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| KeysError::Form)?;
        if set.keys.len() > MAX_KEYS {
            return Err(KeysError::Many);
        }
        let keys: Vec<_> = set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter_map(fit)
            .collect();
        if keys.is_empty() {
            return Err(KeysError::None);
        }
        Ok(Self(keys))
    }

    /// The key of this name for this algorithm. A token that names none is taken by the only key there is for it.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fit = self.0.iter().filter(|key| key.algorithm == algorithm);
        match kid {
            Some(kid) => fit
                .find(|key| key.kid.as_deref() == Some(kid))
                .map(|key| &key.key),
            None => {
                let only = fit.next()?;
                fit.next().is_none().then_some(&only.key)
            }
        }
    }
}

fn fit(jwk: Jwk) -> Option<Key> {
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    // The algorithm follows from the key, never from the token alone: a public key must not become a shared secret.
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
            (MIN_RSA_BYTES..=MAX_RSA_BYTES)
                .contains(&bytes)
                .then_some(Algorithm::RS256)?
        }
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let stated = jwk.common.key_algorithm.map(|stated| stated.to_string());
    if stated.is_some_and(|stated| stated != format!("{algorithm:?}")) {
        return None;
    }
    let kid = jwk.common.key_id.clone();
    if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key { kid, algorithm, key })
}
