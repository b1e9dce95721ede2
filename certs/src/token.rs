//! Join tokens: one line that a customer pastes once.
//!
//! A token carries where to go (the gateway's address), whom to believe there (SHA-256 of the authority's certificate),
//! who it is for, and a secret of 256 bits. The gateway keeps only the SHA-256 of the secret. The text says when it was cut
//! off or mistyped, so that a bad paste is told apart from a bad token.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::id::{ConnectorId, TenantId};
use rustls_pki_types::ServerName;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{identity::Fingerprint, key::KeyError};

/// What a join token's text begins with; the digit is the version of the form.
pub const PREFIX: &str = "etj1_";

/// Longest token in bytes.
pub const MAX_TOKEN_BYTES: usize = 1024;

const CHECKSUM_BYTES: usize = 4;

/// Why a text is not a join token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The text does not begin as a token does.
    #[error("this is not a join token; a join token begins with `{PREFIX}`")]
    NotAToken,
    /// It is a token of a version that this program does not know.
    #[error("this join token is of a newer form; use a newer connector")]
    UnknownVersion,
    /// The end is missing.
    #[error("this join token was cut off; copy the whole line")]
    Truncated,
    /// A character was changed or added.
    #[error("this join token was altered on the way; copy it again")]
    Altered,
    /// An address, tenant or connector that cannot be in a token.
    #[error("the join token's {0} cannot be used")]
    Content(&'static str),
}

/// The secret of a join token. Zeroed when dropped; `Debug` shows nothing of it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct JoinSecret([u8; 32]);

impl JoinSecret {
    /// A secret from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// A secret from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut random = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(random.as_mut_slice()).map_err(|_| KeyError::Crypto)?;
        Ok(Self(*random))
    }

    /// The text that is sent to the gateway: 43 characters of base64url.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Reads [`JoinSecret::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        bytes.as_slice().try_into().ok().map(Self)
    }

    /// What the gateway keeps of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for JoinSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinSecret(redacted)")
    }
}

/// SHA-256 of a secret. The secret has 256 random bits, so that neither salt nor a slow hash would add anything.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// A hash that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name by which operators see the token: the first 8 bytes in hexadecimal.
    pub fn token_id(&self) -> String {
        hex::encode(self.0.first_chunk::<8>().unwrap_or(&[0; 8]))
    }
}

impl PartialEq for SecretHash {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHash({}…)", self.token_id())
    }
}

/// Host and port of the gateway's API, `gateway.example:443` or `[2001:db8::1]:443`. At most 255 bytes as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GatewayAddress {
    host: ServerName<'static>,
    port: u16,
}

/// The text is not `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an address is a DNS name or an IP address (IPv6 in brackets), a colon and a port from 1 to 65535")]
pub struct AddressError;

impl GatewayAddress {
    /// The host for a resolver: IPv6 without brackets.
    pub fn host(&self) -> std::borrow::Cow<'_, str> {
        self.host.to_str()
    }

    /// The port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host as TLS names it.
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.host
    }
}

impl FromStr for GatewayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(AddressError)?;
        // `u16` would parse a sign as well.
        let digits = Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
        let port = digits
            .and_then(|port| port.parse().ok())
            .filter(|port| *port != 0)
            .ok_or(AddressError)?;
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = ServerName::try_from(bare.unwrap_or(host))
            .map_err(|_| AddressError)?
            .to_owned();
        let v6 = matches!(host, ServerName::IpAddress(rustls_pki_types::IpAddr::V6(_)));
        if v6 != bare.is_some() || text.len() > 255 {
            return Err(AddressError);
        }
        Ok(Self { host, port })
    }
}

impl fmt::Display for GatewayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            ServerName::IpAddress(rustls_pki_types::IpAddr::V6(_)) => {
                write!(f, "[{}]:{}", self.host(), self.port)
            }
            _ => write!(f, "{}:{}", self.host(), self.port),
        }
    }
}

/// A join token.
#[derive(Debug, Clone)]
pub struct JoinToken {
    /// Host and port of the gateway's API.
    pub gateway: GatewayAddress,
    /// SHA-256 of the root certificate in DER.
    pub ca_fingerprint: Fingerprint,
    /// The customer account.
    pub tenant: TenantId,
    /// The connector's name, where it was fixed.
    pub connector: Option<ConnectorId>,
    /// The secret.
    pub secret: JoinSecret,
}

impl JoinToken {
    /// The one line to hand over: [`PREFIX`], then in base64url a length, the fields and a checksum.
    pub fn to_text(&self) -> Zeroizing<String> {
        let gateway = self.gateway.to_string();
        let fields = [
            gateway.as_str(),
            self.tenant.as_str(),
            self.connector.as_ref().map_or("", ConnectorId::as_str),
        ];
        // Room for everything from the start: a buffer that grows leaves copies of the secret behind it.
        let length = 32 + 32 + fields.iter().map(|field| 1 + field.len()).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 + length + CHECKSUM_BYTES));
        bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(&self.ca_fingerprint.0);
        bytes.extend_from_slice(&self.secret.0);
        for field in fields {
            // An address has at most 255 bytes and a name 64: either length fits one byte.
            bytes.push(u8::try_from(field.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(field.as_bytes());
        }
        let checksum = Sha256::digest(bytes.as_slice());
        bytes.extend(checksum.iter().take(CHECKSUM_BYTES));
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + bytes.len().div_ceil(3) * 4));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }
}

impl FromStr for JoinToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| other_text(text))?;
        if text.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Altered);
        }
        // A cut may leave a number of characters that base64 never has: drop the odd one, the length tells the rest.
        let whole_groups = if encoded.len() % 4 == 1 {
            encoded.get(..encoded.len() - 1).unwrap_or("")
        } else {
            encoded
        };
        let lenient = base64::engine::GeneralPurpose::new(
            &base64::alphabet::URL_SAFE,
            base64::engine::GeneralPurposeConfig::new()
                .with_decode_allow_trailing_bits(true)
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone),
        );
        let bytes = Zeroizing::new(lenient.decode(whole_groups).map_err(|_| TokenError::Altered)?);
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(TokenError::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        match rest.len().cmp(&(length + CHECKSUM_BYTES)) {
            std::cmp::Ordering::Less => return Err(TokenError::Truncated),
            std::cmp::Ordering::Greater => return Err(TokenError::Altered),
            std::cmp::Ordering::Equal => {}
        }
        let (covered, checksum) = bytes.split_at_checked(2 + length).ok_or(TokenError::Truncated)?;
        if !Sha256::digest(covered).starts_with(checksum)
            || URL_SAFE_NO_PAD.encode(bytes.as_slice()) != encoded
        {
            return Err(TokenError::Altered);
        }
        let (ca_fingerprint, rest) = rest.split_first_chunk::<32>().ok_or(TokenError::Altered)?;
        let (secret, rest) = rest.split_first_chunk::<32>().ok_or(TokenError::Altered)?;
        let (gateway, rest) = field(rest)?;
        let (tenant, rest) = field(rest)?;
        let (connector, rest) = field(rest)?;
        if rest.len() != CHECKSUM_BYTES {
            return Err(TokenError::Altered);
        }
        let connector = match connector {
            "" => None,
            name => Some(name.parse().map_err(|_| TokenError::Content("connector"))?),
        };
        Ok(Self {
            gateway: gateway.parse().map_err(|_| TokenError::Content("address"))?,
            ca_fingerprint: Fingerprint(*ca_fingerprint),
            tenant: tenant.parse().map_err(|_| TokenError::Content("tenant"))?,
            connector,
            secret: JoinSecret(*secret),
        })
    }
}

/// What a text is that does not begin as this version's tokens do.
fn other_text(text: &str) -> TokenError {
    if !text.is_empty() && PREFIX.starts_with(text) {
        return TokenError::Truncated;
    }
    let family = PREFIX.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let version = text
        .strip_prefix(family)
        .and_then(|rest| rest.split_once('_'))
        .map(|(version, _)| version);
    match version {
        Some(version) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => {
            TokenError::UnknownVersion
        }
        _ => TokenError::NotAToken,
    }
}

fn field(bytes: &[u8]) -> Result<(&str, &[u8]), TokenError> {
    let (length, rest) = bytes.split_first().ok_or(TokenError::Altered)?;
    let (text, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(TokenError::Altered)?;
    Ok((std::str::from_utf8(text).map_err(|_| TokenError::Altered)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        JoinToken {
            gateway: "gateway.example:443".parse().expect("address"),
            ca_fingerprint: Fingerprint([7; 32]),
            tenant: "acme".parse().expect("name"),
            connector: Some("prod-1".parse().expect("name")),
            secret: JoinSecret::new([9; 32]),
        }
    }

    #[test]
    fn a_token_survives_its_text() {
        let text = token().to_text();
        let again: JoinToken = format!("  {}\n", *text).parse().expect("parses");
        assert_eq!(again.gateway.to_string(), "gateway.example:443");
        assert_eq!(again.ca_fingerprint, Fingerprint([7; 32]));
        assert_eq!(again.tenant.as_str(), "acme");
        assert_eq!(again.connector.expect("named").as_str(), "prod-1");
        assert_eq!(again.secret.hash(), token().secret.hash());
        assert!(text.len() < MAX_TOKEN_BYTES);
    }

    #[test]
    fn a_cut_is_told_apart_from_a_change() {
        let text = token().to_text();
        for end in 1..text.len() {
            assert_eq!(
                text[..end].parse::<JoinToken>().expect_err("cut"),
                TokenError::Truncated,
                "{end}"
            );
        }
        for position in PREFIX.len() + 3..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("ASCII");
            assert_eq!(
                altered.parse::<JoinToken>().expect_err("altered"),
                TokenError::Altered,
                "{position}"
            );
        }
        assert_eq!(
            format!("{}A", *text).parse::<JoinToken>().expect_err("longer"),
            TokenError::Altered
        );
    }

    #[test]
    fn no_changed_character_is_accepted() {
        let text = token().to_text();
        for position in 0..text.len() {
            for character in ['A', 'z', '0', '-', '_', '=', ' ', 'é', '\0'] {
                let mut altered: Vec<char> = text.chars().collect();
                if std::mem::replace(&mut altered[position], character) != character {
                    let altered: String = altered.into_iter().collect();
                    assert!(altered.parse::<JoinToken>().is_err(), "{position} {character:?}");
                }
            }
        }
    }

    #[test]
    fn the_longest_token_is_within_the_bound() {
        let host = format!("{0}.{0}.{0}.{1}:65535", "a".repeat(61), "b".repeat(60));
        let longest = JoinToken {
            gateway: host.parse().expect("address"),
            tenant: "t".repeat(64).parse().expect("name"),
            connector: Some("c".repeat(64).parse().expect("name")),
            ..token()
        };
        let text = longest.to_text();
        assert!(text.len() <= MAX_TOKEN_BYTES, "{}", text.len());
        assert_eq!(
            text.parse::<JoinToken>().expect("parses").gateway,
            longest.gateway
        );
        let beyond = format!("{}{}", *text, "A".repeat(MAX_TOKEN_BYTES));
        assert_eq!(
            beyond.parse::<JoinToken>().expect_err("refused"),
            TokenError::Altered
        );
    }

    #[test]
    fn a_token_need_not_name_the_connector() {
        let text = JoinToken {
            connector: None,
            ..token()
        }
        .to_text();
        assert_eq!(text.parse::<JoinToken>().expect("parses").connector, None);
    }

    #[test]
    fn addresses_are_a_host_and_a_port() {
        for (text, host, port) in [
            ("gateway.example:443", "gateway.example", 443),
            ("localhost:8443", "localhost", 8443),
            ("192.0.2.7:1", "192.0.2.7", 1),
            ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ] {
            let address: GatewayAddress = text.parse().expect(text);
            assert_eq!((&*address.host(), address.port()), (host, port));
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            ":443",
            "gateway.example",
            "gateway.example:",
            "gateway.example:0",
            "gateway.example:65536",
            "gateway.example:+443",
            "2001:db8::1:443",
            "[192.0.2.7]:443",
            "[gateway.example]:443",
            "https://gateway.example:443",
            "user@gateway.example:443",
            "gate way:443",
            "gateway.example:443/path",
        ] {
            assert_eq!(text.parse::<GatewayAddress>(), Err(AddressError), "{text}");
        }
    }

    #[test]
    fn other_texts_are_named() {
        assert_eq!(
            "hello".parse::<JoinToken>().expect_err("refused"),
            TokenError::NotAToken
        );
        assert_eq!(
            "etj2_AAAA".parse::<JoinToken>().expect_err("refused"),
            TokenError::UnknownVersion
        );
        assert_eq!(
            "".parse::<JoinToken>().expect_err("refused"),
            TokenError::NotAToken
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = token();
        let shown = format!("{token:?}");
        assert!(
            !shown.contains(&*token.secret.to_text()) && shown.contains("redacted"),
            "{shown}"
        );
    }

    #[test]
    fn a_secret_survives_its_text() {
        let secret = JoinSecret::new([3; 32]);
        assert_eq!(
            JoinSecret::from_text(&secret.to_text()).expect("parses").hash(),
            secret.hash()
        );
        assert!(JoinSecret::from_text("short").is_none());
    }
}
