//! A caller of the gateway's API: HTTPS, trusting one CA, HTTP/1.1 on a connection of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// A whole exchange that takes longer has hung.
const LIMIT: Duration = Duration::from_secs(60);

/// Where an API is, whom to trust there and what to show.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    token: Option<String>,
}

impl Client {
    /// A caller of the API at `address` whose certificate is for `name` and by the CA in the PEM file `ca`.
    ///
    /// # Errors
    /// When the file holds no certificate or the name is none.
    pub fn new(address: SocketAddr, name: &str, ca: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in
            CertificateDer::pem_file_iter(ca).with_context(|| format!("reading {}", ca.display()))?
        {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address,
            name: ServerName::try_from(name.to_owned())?,
            tls: Arc::new(tls),
            token: None,
        })
    }

    /// The same caller with a bearer token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.trim().to_owned());
        self
    }

    /// The same caller without a token.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    /// Opens a connection that several requests may use, one after the other.
    ///
    /// # Errors
    /// When TCP or TLS fails.
    pub async fn connect(&self) -> Result<Connection> {
        let tcp = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("connecting to {}", self.address))?;
        tcp.set_nodelay(true)?;
        let tls = TlsConnector::from(Arc::clone(&self.tls))
            .connect(self.name.clone(), tcp)
            .await?;
        let (sender, driver) = http1::handshake(TokioIo::new(tls)).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // An error of the connection is also the error of the request that was under way.
            let _ = driver.await;
        });
        let authority = format!("{}:{}", self.name.to_str(), self.address.port());
        Ok(Connection {
            sender,
            authority,
            token: self.token.clone(),
            _driver: tasks,
        })
    }

    /// One request on a connection of its own, with its whole answer.
    ///
    /// # Errors
    /// When the exchange breaks, in the middle of the body too.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        tokio::time::timeout(LIMIT, async {
            self.connect().await?.send(method, path, accept, body).await
        })
        .await
        .with_context(|| format!("no answer from {path} within {LIMIT:?}"))?
    }

    /// `GET`, wanting JSON.
    ///
    /// # Errors
    /// When the exchange breaks.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "application/json", None).await
    }

    /// `POST` of a JSON document, wanting JSON.
    ///
    /// # Errors
    /// When the exchange breaks.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, "application/json", Some(body))
            .await
    }

    /// `DELETE`.
    ///
    /// # Errors
    /// When the exchange breaks.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, "application/json", None).await
    }
}

/// One open connection. It closes with the value, also in the middle of an answer.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    token: Option<String>,
    _driver: JoinSet<()>,
}

impl Connection {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the exchange breaks, in the middle of the body too.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let (head, body) = self.open(method, path, accept, body).await?.into_parts();
        let body = body.collect().await.context("the body broke off")?.to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Sends a request and gives the answer as soon as its head is there; the caller reads the body, slowly if it likes.
    ///
    /// # Errors
    /// When the exchange breaks.
    pub async fn open(
        &mut self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(ACCEPT, accept);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Full::from(body))?).await?)
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text, empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as JSON of a successful answer.
    ///
    /// # Errors
    /// When the status says failure, or the body is no JSON.
    pub fn json(&self) -> Result<Value> {
        if !self.status.is_success() {
            bail!("{}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        serde_json::from_slice(&self.body).with_context(|| String::from_utf8_lossy(&self.body).into_owned())
    }

    /// The stable code of a problem document.
    ///
    /// # Errors
    /// When the answer is no problem document (RFC 9457).
    pub fn problem(&self) -> Result<String> {
        let text = || format!("{} {}", self.status, String::from_utf8_lossy(&self.body));
        if !self
            .header("content-type")
            .starts_with("application/problem+json")
        {
            bail!("no problem document: {}", text());
        }
        let document: Value = serde_json::from_slice(&self.body).with_context(text)?;
        Ok(document
            .get("code")
            .and_then(Value::as_str)
            .with_context(text)?
            .to_owned())
    }
}
