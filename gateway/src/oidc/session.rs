//! The other side of a sign-in: what `gateway login` does at the provider.
//!
//! Authorisation code with PKCE (RFC 7636, S256) and a redirect to loopback (RFC 8252, section 7.3), or the device flow (RFC
//! 8628); refresh (RFC 6749, section 6) and revocation (RFC 7009). A public client: there is no secret. The ID token comes
//! straight from the provider over TLS, so that its signature is the gateway's to check; that it answers this sign-in is
//! checked here.

use std::{borrow::Cow, fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use custody::http::Body;
use form_urlencoded::Serializer;
use http::StatusCode;
use rand::{TryRngCore as _, rngs::OsRng};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    https::{Https, HttpsError, HttpsUrl},
    provider::{Metadata, ProviderError, discover},
};

/// Between two questions of a device, unless the provider says (RFC 8628, section 3.2).
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// Added when the provider says to slow down (RFC 8628, section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// Longest wait between two questions that a provider may ask for.
const MAX_INTERVAL: Duration = Duration::from_secs(60);
/// Longest time for somebody to enter a code.
const MAX_DEVICE_SECONDS: u64 = 3_600;
/// Of a provider's words in an error: a line or two.
const MAX_WORDS: usize = 300;

/// Answer to `GET /v1/oidc`: where people sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInAt {
    /// The provider.
    pub issuer: String,
    /// The public client to sign in to.
    pub client_id: String,
    /// What to ask the provider for.
    pub scopes: Vec<String>,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// The gateway names an issuer that is no address.
    #[error("the gateway's issuer {0:?} is no https address")]
    Issuer(String),
    /// The provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The provider cannot be reached.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// The provider said no.
    #[error("the identity provider refused: {code}{}", words(.description))]
    Refused {
        /// Its code (RFC 6749, section 5.2).
        code: String,
        /// Its words.
        description: Option<String>,
    },
    /// The provider's answer is not what the standard says.
    #[error("the identity provider's answer cannot be used: {0}")]
    Answer(&'static str),
    /// The code was not entered in time.
    #[error("the code was not entered in time; run `gateway login --device` again")]
    Late,
    /// The provider offers no device flow.
    #[error("the identity provider offers no device flow; leave out --device")]
    NoDevice,
    /// No secret can be made.
    #[error("the operating system has no randomness")]
    Randomness,
}

fn words(description: &Option<String>) -> Cow<'static, str> {
    match description {
        // It ends up on a terminal: nothing that could move the cursor.
        Some(text) => {
            let plain: String = text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
            format!(" ({plain})").into()
        }
        None => "".into(),
    }
}

/// A token or a code: wiped when it is dropped, and not shown by `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Secret(#[serde(serialize_with = "in_full")] Zeroizing<String>);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Into a file of mode 0600, and nowhere else.
fn in_full<S: serde::Serializer>(text: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// What a sign-in brings.
#[derive(Clone)]
pub struct Tokens {
    /// Shown to the gateway.
    pub id_token: Secret,
    /// With which another ID token is had, if the provider gives one.
    pub refresh_token: Option<Secret>,
    /// Whom it is about, by the ID token.
    pub about: About,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// What the ID token says, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The provider.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// Whom the provider means.
    #[serde(rename = "sub")]
    pub subject: String,
    /// Their address.
    #[serde(default)]
    pub email: Option<String>,
    /// When the token ends, in seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: u64,
    /// What ties it to this sign-in.
    #[serde(default, skip_serializing)]
    nonce: Option<String>,
}

/// A sign-in that waits for the browser to come back.
pub struct Asking {
    /// Where the browser goes.
    pub url: String,
    redirect: String,
    state: Zeroizing<String>,
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("redirect", &self.redirect)
            .finish_non_exhaustive()
    }
}

/// A sign-in on another device.
#[derive(Deserialize)]
pub struct Device {
    device_code: Secret,
    /// What to enter there.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Where, with the code in it.
    pub verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("verification_uri", &self.verification_uri)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<Secret>,
    refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
    error_description: Option<String>,
}

/// The provider as the command line sees it.
#[derive(Debug)]
pub struct SignIn {
    https: Https,
    metadata: Metadata,
    at: SignInAt,
}

impl SignIn {
    /// Learns where the provider's endpoints are.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn at(https: Https, at: SignInAt) -> Result<Self, SignInError> {
        let issuer: HttpsUrl = at
            .issuer
            .parse()
            .map_err(|_| SignInError::Issuer(at.issuer.clone()))?;
        let metadata = discover(&https, &issuer).await?;
        Ok(Self { https, metadata, at })
    }

    /// Begins a sign-in in a browser that comes back to `redirect`.
    ///
    /// # Errors
    /// [`SignInError::Randomness`].
    pub fn ask(&self, redirect: String) -> Result<Asking, SignInError> {
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.at.client_id)
            .append_pair("redirect_uri", &redirect)
            .append_pair("scope", &self.at.scopes.join(" "))
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        // OpenID Connect Core 1.0, section 11: a refresh token needs consent.
        if self.at.scopes.iter().any(|scope| scope == "offline_access") {
            query.append_pair("prompt", "consent");
        }
        let endpoint = self.metadata.authorization_endpoint.as_str();
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        Ok(Asking {
            url: format!("{endpoint}{mark}{}", query.finish()),
            redirect,
            state,
            nonce,
            verifier,
        })
    }

    /// Takes the code out of the query with which the browser came back; none if it is not an answer to this sign-in.
    ///
    /// # Errors
    /// [`SignInError::Refused`] if the provider said no.
    pub fn code(&self, asking: &Asking, query: &str) -> Result<Option<Secret>, SignInError> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let one = |name: &str| {
            let mut found = pairs
                .iter()
                .filter(|(n, _)| n == name)
                .map(|(_, value)| value.as_ref());
            found.next().filter(|_| found.next().is_none())
        };
        let state = one("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(asking.state.as_bytes())) {
            return Ok(None);
        }
        // RFC 9207: an answer of another provider than was asked.
        if one("iss").is_some_and(|issuer| issuer != self.at.issuer) {
            return Ok(None);
        }
        if let Some(code) = one("error") {
            return Err(SignInError::Refused {
                code: plain(code),
                description: one("error_description").map(str::to_owned),
            });
        }
        Ok(one("code").map(|code| Secret::from(code.to_owned())))
    }

    /// Turns the code into tokens.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn exchange(&self, asking: &Asking, code: &str) -> Result<Tokens, SignInError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", asking.redirect.as_str()),
            ("code_verifier", asking.verifier.as_str()),
        ];
        let tokens = self.tokens(self.token(&form).await?)?;
        let nonce = tokens.about.nonce.as_deref().unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(asking.nonce.as_bytes())) {
            return Err(SignInError::Answer("the ID token was made for another sign-in"));
        }
        Ok(tokens)
    }

    /// Begins a sign-in on another device.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn device(&self) -> Result<Device, SignInError> {
        let endpoint = self.metadata.device_authorization_endpoint.as_ref();
        let endpoint = endpoint.ok_or(SignInError::NoDevice)?;
        let form = [
            ("client_id", self.at.client_id.as_str()),
            ("scope", &self.at.scopes.join(" ")),
        ];
        let device: Device = read(self.https.post(endpoint, encode(&form)).await?)?;
        let legal = |text: &String| text.bytes().all(|b| b.is_ascii_graphic());
        // These are shown: an address that can be typed, and a code without anything that moves a cursor.
        let complete = device.verification_uri_complete.as_ref();
        if !legal(&device.verification_uri)
            || !complete.is_none_or(legal)
            || device.user_code.chars().any(char::is_control)
        {
            return Err(SignInError::Answer("the device's code cannot be shown"));
        }
        Ok(device)
    }

    /// Waits until the code was entered, as slowly as the provider wants.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn wait(&self, device: &Device) -> Result<Tokens, SignInError> {
        let patience = Duration::from_secs(device.expires_in.min(MAX_DEVICE_SECONDS));
        let mut pace = Pace::of(device);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.device_code.expose()),
        ];
        let ask = async {
            loop {
                tokio::time::sleep(pace.0).await;
                match self.token(&form).await {
                    Ok(answer) => return self.tokens(answer),
                    Err(error) => pace.after(error)?,
                }
            }
        };
        tokio::time::timeout(patience, ask)
            .await
            .unwrap_or(Err(SignInError::Late))
    }

    /// Turns a refresh token into new tokens.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, SignInError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let mut tokens = self.tokens(self.token(&form).await?)?;
        // A provider that does not replace it means it to be used again.
        let same = || Secret::from(refresh_token.to_owned());
        tokens.refresh_token.get_or_insert_with(same);
        Ok(tokens)
    }

    /// Ends a refresh token, where the provider lets that be done.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn revoke(&self, refresh_token: &str) -> Result<(), SignInError> {
        let Some(endpoint) = &self.metadata.revocation_endpoint else {
            return Ok(());
        };
        let form = encode(&[
            ("client_id", self.at.client_id.as_str()),
            ("token", refresh_token),
            ("token_type_hint", "refresh_token"),
        ]);
        match self.https.post(endpoint, form).await? {
            (StatusCode::OK, _) => Ok(()),
            answer => read::<serde::de::IgnoredAny>(answer).map(drop),
        }
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Result<TokenAnswer, SignInError> {
        let mut form = vec![("client_id", self.at.client_id.as_str())];
        form.extend_from_slice(fields);
        read(
            self.https
                .post(&self.metadata.token_endpoint, encode(&form))
                .await?,
        )
    }

    fn tokens(&self, answer: TokenAnswer) -> Result<Tokens, SignInError> {
        let id_token = answer
            .id_token
            .ok_or(SignInError::Answer("it holds no ID token"))?;
        let about = about(id_token.expose()).ok_or(SignInError::Answer("its ID token cannot be read"))?;
        if about.issuer != self.at.issuer {
            return Err(SignInError::Answer("its ID token is of another issuer"));
        }
        Ok(Tokens {
            id_token,
            refresh_token: answer.refresh_token,
            about,
        })
    }
}

/// What an ID token says; nothing here has checked it.
fn about(id_token: &str) -> Option<About> {
    let payload = id_token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Between two questions whether a device's code was entered (RFC 8628, section 3.5).
#[derive(Debug)]
struct Pace(Duration);

impl Pace {
    fn of(device: &Device) -> Self {
        let wanted = device.interval.map_or(DEFAULT_INTERVAL, Duration::from_secs);
        Self(wanted.min(MAX_INTERVAL))
    }

    /// What an answer that is no token means: to ask on, more slowly perhaps, or that it is over.
    fn after(&mut self, error: SignInError) -> Result<(), SignInError> {
        match error {
            SignInError::Refused { code, description } => match code.as_str() {
                "authorization_pending" => {}
                "slow_down" => self.0 = (self.0 + SLOW_DOWN).min(MAX_INTERVAL),
                "expired_token" => return Err(SignInError::Late),
                _ => return Err(SignInError::Refused { code, description }),
            },
            // Silence is answered with patience.
            SignInError::Https(_) => self.0 = (self.0 * 2).min(MAX_INTERVAL),
            error => return Err(error),
        }
        Ok(())
    }
}

fn encode(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn read<T: DeserializeOwned>((status, body): (StatusCode, Body)) -> Result<T, SignInError> {
    if status == StatusCode::OK {
        return serde_json::from_slice(&body)
            .map_err(|_| SignInError::Answer("it is not the JSON that it should be"));
    }
    match serde_json::from_slice::<ErrorAnswer>(&body) {
        Ok(error) => Err(SignInError::Refused {
            code: plain(&error.error),
            description: error.error_description,
        }),
        Err(_) => Err(SignInError::Answer("it is neither a token nor an error")),
    }
}

fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}

fn random() -> Result<Zeroizing<String>, SignInError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    OsRng
        .try_fill_bytes(bytes.as_mut())
        .map_err(|_| SignInError::Randomness)?;
    Ok(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> SignInError {
        SignInError::Refused {
            code: code.to_owned(),
            description: None,
        }
    }

    #[test]
    fn a_device_asks_as_slowly_as_the_provider_wants_and_no_more_once_it_is_over() {
        let mut pace = Pace(DEFAULT_INTERVAL);
        pace.after(refused("authorization_pending")).unwrap();
        assert_eq!(pace.0, Duration::from_secs(5));
        pace.after(refused("slow_down")).unwrap();
        pace.after(refused("slow_down")).unwrap();
        assert_eq!(pace.0, Duration::from_secs(15));
        for _ in 0..1_000 {
            pace.after(refused("slow_down")).unwrap();
        }
        assert_eq!(pace.0, MAX_INTERVAL);
        assert!(matches!(
            pace.after(refused("expired_token")),
            Err(SignInError::Late)
        ));
        let denied = pace.after(refused("access_denied")).unwrap_err();
        assert!(matches!(denied, SignInError::Refused { code, .. } if code == "access_denied"));
    }
}
