//! XAES-256-GCM (C2SP): AES-256-GCM whose key is derived for each message from a nonce of 192 random bits.
//!
//! With the 96 bits of plain AES-GCM a data key might seal 2^32 values before two random nonces become likely to meet,
//! and somebody would have to count over restarts and nodes. Here it is 2^80, and nobody has to.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cmac, rand,
};
use zeroize::Zeroizing;

use super::SealError;

/// Bytes of every key here.
pub(super) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A key, in the form that the cipher works with. The library clears its memory when it is dropped.
pub(super) struct Cipher(cmac::Key);

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher(redacted)")
    }
}

impl Cipher {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let key = cmac::Key::new(cmac::AES_256, key).map_err(|_| SealError::Cipher)?;
        Ok(Self(key))
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(&self, bound_to: &[u8], secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        rand::fill(&mut nonce).map_err(|_| SealError::Cipher)?;
        self.seal_with(nonce, bound_to, secret)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        bound_to: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let (key, short) = self.derive(nonce).ok_or(SealError::Cipher)?;
        // In its final size, so that no copy of the plain text is left where the buffer grew.
        let mut bytes = Vec::with_capacity(NONCE_BYTES + secret.len() + TAG_BYTES);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(secret);
        let (_, in_place) = bytes.split_at_mut(NONCE_BYTES);
        let tag = key
            .seal_in_place_separate_tag(short, Aad::from(bound_to), in_place)
            .map_err(|_| SealError::Cipher)?;
        bytes.extend_from_slice(tag.as_ref());
        Ok(bytes)
    }

    /// The secret, if it was sealed by this key and bound to the same.
    pub(super) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (key, short) = self.derive(*nonce)?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let length = key
            .open_in_place(short, Aad::from(bound_to), &mut bytes)
            .ok()?
            .len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// The message's key by a counter-mode KDF over CMAC (NIST SP 800-108r1), and the rest of the nonce.
    fn derive(&self, nonce: [u8; NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
        let (first, rest) = nonce.split_first_chunk::<12>()?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (counter, half) in (1..).zip(key.chunks_exact_mut(16)) {
            let mut block = [0, counter, b'X', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            block.last_chunk_mut::<12>()?.copy_from_slice(first);
            half.copy_from_slice(cmac::sign(&self.0, &block).ok()?.as_ref());
        }
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).ok()?;
        let short = Nonce::try_assume_unique_for_key(rest).ok()?;
        Some((LessSafeKey::new(key), short))
    }
}

/// Parts as one text that no other parts have: each after its length.
pub(super) fn bind(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two vectors of the specification, c2sp.org/XAES-256-GCM.
    #[test]
    fn published_vectors_are_met() {
        let nonce = *b"ABCDEFGHIJKLMNOPQRSTUVWX";
        for (key, bound_to, expected) in [
            (
                [1; 32],
                &b""[..],
                "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
            ),
            (
                [3; 32],
                b"c2sp.org/XAES-256-GCM",
                "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
            ),
        ] {
            let cipher = Cipher::new(&key).expect("a key");
            let sealed = cipher
                .seal_with(nonce, bound_to, b"XAES-256-GCM")
                .expect("sealed");
            assert_eq!(hex::encode(&sealed[24..]), expected);
            assert_eq!(
                cipher.open(bound_to, &sealed).as_deref().map(Vec::as_slice),
                Some(&b"XAES-256-GCM"[..])
            );
        }
    }

    #[test]
    fn a_changed_bit_anywhere_does_not_open() {
        let cipher = Cipher::new(&[7; 32]).expect("a key");
        let sealed = cipher.seal(b"here", b"secret").expect("sealed");
        assert!(cipher.open(b"here", &sealed).is_some());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(cipher.open(b"here", &changed).is_none(), "byte {place}");
        }
        assert!(cipher.open(b"there", &sealed).is_none());
        assert!(
            Cipher::new(&[8; 32])
                .expect("a key")
                .open(b"here", &sealed)
                .is_none()
        );
        for length in 0..sealed.len() {
            assert!(cipher.open(b"here", &sealed[..length]).is_none());
        }
    }

    #[test]
    fn no_two_lists_of_parts_are_bound_alike() {
        assert_ne!(bind(&["ab", "c"]), bind(&["a", "bc"]));
        assert_ne!(bind(&["", "a"]), bind(&["a", ""]));
        assert_ne!(bind(&["a"]), bind(&["a", ""]));
    }
}
