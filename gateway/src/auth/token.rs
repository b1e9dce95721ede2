//! The secret of an API token, and the digest that stands for it everywhere else.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// What every API token begins with, so that scanners of repositories and logs find a leaked one.
const PREFIX: &str = "etg_";

const SECRET_BYTES: usize = 32;
const TEXT_BYTES: usize = PREFIX.len() + SECRET_BYTES.div_ceil(3) * 4 - 1;

/// The text is not an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an API token is `etg_` and 43 characters of base64url")]
pub struct TokenTextError;

/// A new API token: `etg_` and 32 random bytes in base64url (RFC 4648, section 5). Exists only between its making
/// and the answer that hands it over.
pub struct ApiToken(Zeroizing<String>);

impl ApiToken {
    /// A token from the operating system's randomness.
    ///
    /// # Panics
    /// If the operating system has none to give: no secret can be made then.
    pub fn generate() -> Self {
        let mut secret = Zeroizing::new([0_u8; SECRET_BYTES]);
        OsRng
            .try_fill_bytes(secret.as_mut())
            .expect("the operating system provides randomness");
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES));
        text.push_str(PREFIX);
        BASE64_URL_SAFE_NO_PAD.encode_string(secret.as_ref(), &mut text);
        Self(text)
    }

    /// The secret text, to be handed to its owner or written to a file of mode 0600.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the store knows it by.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(..)")
    }
}

/// SHA-256 of a token's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token as a caller sent it.
    ///
    /// # Errors
    /// If the text cannot be a token at all.
    pub fn of_text(text: &str) -> Result<Self, TokenTextError> {
        let body = text.strip_prefix(PREFIX).ok_or(TokenTextError)?;
        let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.len() != TEXT_BYTES || !body.bytes().all(alphabet) {
            return Err(TokenTextError);
        }
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// The first 8 bytes in hex: enough to tell tokens apart, and of no use to a thief.
    pub fn id(&self) -> String {
        hex::encode(self.0).chars().take(16).collect()
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_text_leads_to_the_digest_that_was_stored() {
        let token = ApiToken::generate();
        assert_eq!(token.expose().len(), TEXT_BYTES);
        assert_eq!(TokenDigest::of_text(token.expose()), Ok(token.digest()));
        assert_eq!(format!("{token:?}"), "ApiToken(..)");
    }

    #[test]
    fn text_that_is_no_token_is_refused() {
        let token = ApiToken::generate();
        let cut = &token.expose()[..TEXT_BYTES - 1];
        for text in [
            "",
            "etg_",
            cut,
            &format!("{cut}="),
            &format!("{}x", token.expose()),
            &"x".repeat(TEXT_BYTES),
        ] {
            assert_eq!(TokenDigest::of_text(text), Err(TokenTextError));
        }
    }
}
