//! HashiCorp Vault: its transit engine and version 2 of its key-value engine.
//!
//! As documented at developer.hashicorp.com/vault/api-docs for `/v1/transit`, `/v1/secret` and `/v1/auth/kubernetes`.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::http::{Body, Call, DEADLINE, Http, HttpError, Url, words};

/// Longest token, and longest service account token.
const MAX_TOKEN_BYTES: u64 = 16 * 1024;
/// Where Kubernetes puts the token of a pod's service account.
pub const SERVICE_ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Longest path.
const MAX_PATH_BYTES: usize = 512;

/// A mount, a name of a key or a path of a secret: segments of letters, digits, `-`, `_` and `.`, parted by `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultPath(String);

/// The text cannot be part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write segments of letters, digits, `-`, `_` and `.`, parted by `/`")]
pub struct VaultPathError;

impl FromStr for VaultPath {
    type Err = VaultPathError;

    fn from_str(text: &str) -> Result<Self, VaultPathError> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let segment = |segment: &str| {
            !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(legal)
        };
        if text.len() <= MAX_PATH_BYTES && text.split('/').all(segment) {
            return Ok(Self(text.to_owned()));
        }
        Err(VaultPathError)
    }
}

impl fmt::Display for VaultPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How Vault knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By a token in a file that is read for each call: Vault Agent keeps it fresh.
    TokenFile(PathBuf),
    /// By the service account of a pod.
    Kubernetes {
        /// The role in Vault.
        role: String,
        /// Where the method is mounted.
        mount: VaultPath,
        /// The service account's token.
        jwt_file: PathBuf,
    },
}

/// Where Vault is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its address.
    pub address: Url,
    /// Roots in PEM to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The namespace, in Vault Enterprise.
    pub namespace: Option<String>,
    /// How it knows us.
    pub auth: Auth,
}

/// Why Vault did not do what it was asked.
#[derive(Debug, Error)]
pub enum VaultError {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The file with a token cannot be used.
    #[error("the token for Vault in {path} cannot be used: {reason}")]
    Token {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Vault says no.
    #[error("Vault at {url} refuses {path} with status {status}: {message}")]
    Refused {
        /// Where.
        url: String,
        /// What was asked.
        path: String,
        /// The status.
        status: StatusCode,
        /// Its words.
        message: String,
    },
    /// The secret has no such field.
    #[error("the secret `{0}` in Vault has no such field, or no text in it")]
    Field(String),
    /// The answer is not what the documentation says.
    #[error("the answer of Vault at {0} cannot be read")]
    Answer(String),
}

impl VaultError {
    /// Whether the same may succeed later without a change by anybody. 503 is a sealed Vault, 472 and 473 are standbys.
    pub fn retryable(&self) -> bool {
        match self {
            VaultError::Http(error) => !matches!(error, HttpError::Roots { .. }),
            VaultError::Refused { status, .. } => {
                status.is_server_error() || matches!(status.as_u16(), 429 | 472 | 473)
            }
            _ => false,
        }
    }

    /// The status, if Vault answered.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            VaultError::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// A client of Vault.
#[derive(Debug)]
pub struct Vault {
    http: Http,
    settings: Settings,
    login: Mutex<Option<Login>>,
}

/// What a login gave.
struct Login {
    token: Zeroizing<String>,
    until: Instant,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(redacted)")
    }
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

impl Vault {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// [`VaultError::Http`] if the roots cannot be used.
    pub fn new(settings: Settings) -> Result<Self, VaultError> {
        Ok(Self {
            http: Http::new(settings.ca_file.as_deref())?,
            settings,
            login: Mutex::new(None),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &Url {
        &self.settings.address
    }

    /// Encrypts by a key of the transit engine: `POST /v1/MOUNT/encrypt/KEY`. `bound_to` is what the ciphertext is bound to,
    /// `plain` and `bound_to` are base64. The answer is `vault:vN:…`.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn encrypt(
        &self,
        mount: &VaultPath,
        key: &VaultPath,
        plain: &str,
        bound_to: &str,
    ) -> Result<String, VaultError> {
        #[derive(Deserialize)]
        struct Answer {
            ciphertext: String,
        }
        // `context` is for keys that are derived, and ignored by others.
        let body = json!({ "plaintext": plain, "associated_data": bound_to, "context": bound_to });
        let answer: Data<Answer> = self
            .post(&format!("/v1/{mount}/encrypt/{key}"), secret_body(body))
            .await?;
        Ok(answer.data.ciphertext)
    }

    /// Decrypts what [`Vault::encrypt`] answered: `POST /v1/MOUNT/decrypt/KEY`. The plain text is base64.
    ///
    /// # Errors
    /// [`VaultError`]; status 400 if it is bound to something else.
    pub async fn decrypt(
        &self,
        mount: &VaultPath,
        key: &VaultPath,
        ciphertext: &str,
        bound_to: &str,
    ) -> Result<Zeroizing<String>, VaultError> {
        #[derive(Deserialize)]
        struct Answer {
            plaintext: String,
        }
        let body = json!({ "ciphertext": ciphertext, "associated_data": bound_to, "context": bound_to });
        let answer: Data<Answer> = self
            .post(&format!("/v1/{mount}/decrypt/{key}"), secret_body(body))
            .await?;
        Ok(Zeroizing::new(answer.data.plaintext))
    }

    /// Reads a field of a secret: `GET /v1/MOUNT/data/PATH`, its latest version.
    ///
    /// # Errors
    /// [`VaultError`]; [`VaultError::Field`] if it has no such field.
    pub async fn secret(
        &self,
        mount: &VaultPath,
        path: &VaultPath,
        field: &str,
    ) -> Result<Zeroizing<String>, VaultError> {
        #[derive(Deserialize)]
        struct Version {
            data: Option<std::collections::HashMap<String, Value>>,
        }
        let answer: Data<Version> = self
            .call(Method::GET, &format!("/v1/{mount}/data/{path}"), Body::default())
            .await?;
        let missing = || VaultError::Field(format!("{mount}/{path}"));
        let mut fields = answer.data.data.ok_or_else(missing)?;
        let picked = match fields.remove(field) {
            Some(Value::String(text)) => Zeroizing::new(text),
            _ => return Err(missing()),
        };
        for (_, other) in fields {
            if let Value::String(text) = other {
                drop(Zeroizing::new(text));
            }
        }
        Ok(picked)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: Body) -> Result<T, VaultError> {
        self.call(Method::POST, path, body).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<T, VaultError> {
        let token = self.token().await?;
        let first = self.send(method.clone(), path, body.clone(), Some(&token)).await;
        let answer = match (first, &self.settings.auth) {
            // The login ended before it said it would.
            (Err(VaultError::Refused { status, .. }), Auth::Kubernetes { .. })
                if status == StatusCode::FORBIDDEN =>
            {
                *self.login.lock().await = None;
                let token = self.token().await?;
                self.send(method, path, body, Some(&token)).await?
            }
            (first, _) => first?,
        };
        self.read(&answer)
    }

    fn read<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, VaultError> {
        serde_json::from_slice(answer).map_err(|_| VaultError::Answer(self.settings.address.to_string()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
        token: Option<&str>,
    ) -> Result<Body, VaultError> {
        let mut headers = vec![
            // So that a proxy of Vault's does not follow where a browser was sent.
            (
                HeaderName::from_static("x-vault-request"),
                HeaderValue::from_static("true"),
            ),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        let mut add = |name: &'static str, text: &str| {
            HeaderValue::from_str(text)
                .map(|value| headers.push((HeaderName::from_static(name), value)))
                .map_err(|_| VaultError::Answer(self.settings.address.to_string()))
        };
        if let Some(token) = token {
            add("x-vault-token", token)?;
        }
        if let Some(namespace) = &self.settings.namespace {
            add("x-vault-namespace", namespace)?;
        }
        let call = Call {
            method,
            path,
            headers,
            body,
            deadline: DEADLINE,
        };
        let (status, answer) = self.http.send(&self.settings.address, call).await?;
        if status.is_success() {
            return Ok(answer);
        }
        #[derive(Deserialize, Default)]
        struct Document {
            #[serde(default)]
            errors: Vec<String>,
        }
        let document: Document = serde_json::from_slice(&answer).unwrap_or_default();
        Err(VaultError::Refused {
            url: self.settings.address.to_string(),
            path: path.to_owned(),
            status,
            message: words(&document.errors.join("; ")),
        })
    }

    async fn token(&self) -> Result<Zeroizing<String>, VaultError> {
        match &self.settings.auth {
            Auth::TokenFile(path) => read(path),
            Auth::Kubernetes {
                role,
                mount,
                jwt_file,
            } => {
                // Held while it is fetched: others wait for the same.
                let mut login = self.login.lock().await;
                if let Some(login) = &*login
                    && login.until > Instant::now()
                {
                    return Ok(login.token.clone());
                }
                let new = self.log_in(role, mount, jwt_file).await?;
                let token = new.token.clone();
                *login = Some(new);
                Ok(token)
            }
        }
    }

    /// `POST /v1/auth/MOUNT/login`.
    async fn log_in(&self, role: &str, mount: &VaultPath, jwt_file: &Path) -> Result<Login, VaultError> {
        #[derive(Deserialize)]
        struct Answer {
            auth: Granted,
        }
        #[derive(Deserialize)]
        struct Granted {
            client_token: String,
            lease_duration: u64,
        }
        let jwt = read(jwt_file)?;
        let body = secret_body(json!({ "role": role, "jwt": jwt.as_str() }));
        let answer = self
            .send(Method::POST, &format!("/v1/auth/{mount}/login"), body, None)
            .await?;
        let Answer { auth } = self.read(&answer)?;
        Ok(Login {
            token: Zeroizing::new(auth.client_token),
            // With time to spare for the call that it is for.
            until: Instant::now() + Duration::from_secs(auth.lease_duration) * 9 / 10,
        })
    }
}

/// The text of a value whose parts are secret; the parts are zeroed too.
fn secret_body(value: Value) -> Body {
    let text = Zeroizing::new(value.to_string().into_bytes());
    if let Value::Object(fields) = value {
        for (_, field) in fields {
            if let Value::String(text) = field {
                drop(Zeroizing::new(text));
            }
        }
    }
    text
}

fn read(path: &Path) -> Result<Zeroizing<String>, VaultError> {
    let wrong = |reason: String| VaultError::Token {
        path: path.to_owned(),
        reason,
    };
    let length = fs::metadata(path)
        .map_err(|error| wrong(error.to_string()))?
        .len();
    if length > MAX_TOKEN_BYTES {
        return Err(wrong("it is too large".to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?);
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(wrong("it holds no token".to_owned()));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_else() {
        for good in ["transit", "team-a/transit", "elementary.key_1"] {
            assert_eq!(good.parse::<VaultPath>().expect(good).to_string(), good);
        }
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", "a b", "a?b", "a%2fb"] {
            assert_eq!(bad.parse::<VaultPath>(), Err(VaultPathError), "{bad}");
        }
    }
}
