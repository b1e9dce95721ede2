//! HashiCorp Vault as its API documentation describes it: a contract, not Vault.
//!
//! Answers `transit/encrypt`, `transit/decrypt`, `data` of a key-value engine and `auth/kubernetes/login`, in the documented
//! forms, and refuses what lacks a header, a field or a right. What stands behind is a table; a test that passes here shows
//! that we ask and read as the documentation says.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The token that it knows.
pub const TOKEN: &str = "hvs.a-token-of-the-tests";
/// The namespace that everything is in.
pub const NAMESPACE: &str = "team-a";
/// The role that a service account may log in as.
pub const ROLE: &str = "gateway";
/// The service account's token.
pub const JWT: &str = "a.service-account.token";

/// A running server. It ends with the value.
#[derive(Debug)]
pub struct VaultContract {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    sealed: bool,
    /// Ciphertext to key, associated data and plain text.
    kept: HashMap<String, (String, String, String)>,
    /// Path to fields.
    secrets: HashMap<String, Value>,
    logins: u64,
    /// Tokens of logins that are in force.
    tokens: Vec<String>,
    requests: Vec<String>,
}

impl VaultContract {
    /// Starts it.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            version: 1,
            ..State::default()
        }));
        let mut serving = JoinSet::new();
        let shared = Arc::clone(&state);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self {
            address,
            state,
            _serving: serving,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys have another version from here on.
    pub fn rotate(&self) {
        self.state().version += 1;
    }

    /// Whether it is sealed.
    pub fn seal(&self, sealed: bool) {
        self.state().sealed = sealed;
    }

    /// Puts a secret there.
    pub fn put(&self, path: &str, fields: Value) {
        self.state().secrets.insert(path.to_owned(), fields);
    }

    /// Ends the tokens of logins.
    pub fn revoke_logins(&self) {
        self.state().tokens.clear();
    }

    /// Methods and paths of what was asked, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }
}

type Answered = (StatusCode, Value);

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let (status, value) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{} {}", parts.method, parts.uri.path());
        state.requests.push(line);
        state.answer(&parts, &body)
    };
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    Ok(response)
}

fn errors(status: u16, text: &str) -> Answered {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    (status, json!({ "errors": [text] }))
}

impl State {
    fn answer(&mut self, parts: &http::request::Parts, body: &[u8]) -> Answered {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if header("x-vault-request") != Some("true") || header("x-vault-namespace") != Some(NAMESPACE) {
            return errors(404, "no handler for route");
        }
        if self.sealed {
            return errors(503, "Vault is sealed");
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let path = parts.uri.path();
        if path == "/v1/auth/kubernetes/login" && parts.method == Method::POST {
            return self.login(&body);
        }
        let token = header("x-vault-token").unwrap_or_default();
        if token != TOKEN && !self.tokens.iter().any(|known| known == token) {
            return errors(403, "permission denied");
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        if let (Some(key), &Method::POST) = (path.strip_prefix("/v1/transit/encrypt/"), &parts.method) {
            let (Some(plain), Some(bound)) = (text("plaintext"), text("associated_data")) else {
                return errors(400, "missing plaintext or associated data");
            };
            if BASE64_STANDARD.decode(&plain).is_err() || BASE64_STANDARD.decode(&bound).is_err() {
                return errors(400, "failed to base64-decode");
            }
            let number = BASE64_STANDARD.encode(format!("ciphertext {}", self.kept.len()));
            let ciphertext = format!("vault:v{}:{number}", self.version);
            self.kept
                .insert(ciphertext.clone(), (key.to_owned(), bound, plain));
            let data = json!({ "ciphertext": ciphertext, "key_version": self.version });
            return (StatusCode::OK, json!({ "request_id": "0", "data": data }));
        }
        if let (Some(key), &Method::POST) = (path.strip_prefix("/v1/transit/decrypt/"), &parts.method) {
            let (Some(ciphertext), Some(bound)) = (text("ciphertext"), text("associated_data")) else {
                return errors(400, "missing ciphertext or associated data");
            };
            return match self.kept.get(&ciphertext) {
                Some((of, to, plain)) if of == key && *to == bound => (
                    StatusCode::OK,
                    json!({ "request_id": "0", "data": { "plaintext": plain } }),
                ),
                _ => errors(400, "cipher: message authentication failed"),
            };
        }
        if let (Some(path), &Method::GET) = (path.strip_prefix("/v1/secret/data/"), &parts.method) {
            return match self.secrets.get(path) {
                Some(fields) => (
                    StatusCode::OK,
                    json!({ "data": { "data": fields, "metadata": { "version": 1, "destroyed": false } } }),
                ),
                None => (StatusCode::NOT_FOUND, json!({ "errors": [] })),
            };
        }
        errors(404, "no handler for route")
    }

    fn login(&mut self, body: &Value) -> Answered {
        if body.get("role").and_then(Value::as_str) != Some(ROLE)
            || body.get("jwt").and_then(Value::as_str) != Some(JWT)
        {
            return errors(403, "permission denied");
        }
        self.logins += 1;
        let token = format!("hvs.login-{}", self.logins);
        self.tokens.push(token.clone());
        let auth = json!({ "client_token": token, "lease_duration": 3_600, "renewable": true });
        (StatusCode::OK, json!({ "auth": auth }))
    }
}
