//! A caller of the gateway's API: HTTPS, trusting one CA, each on a connection of its own; HTTP/1.1 unless told otherwise.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, TE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, NamedGroup, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
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
        Self::with_versions(address, name, ca, rustls::DEFAULT_VERSIONS)
    }

    /// The same with these versions of TLS alone.
    ///
    /// # Errors
    /// When the file holds no certificate or the name is none.
    pub fn with_versions(
        address: SocketAddr,
        name: &str,
        ca: &Path,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in
            CertificateDer::pem_file_iter(ca).with_context(|| format!("reading {}", ca.display()))?
        {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
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

    /// The same caller with another's token.
    #[must_use]
    pub fn with_token_of(mut self, other: &Self) -> Self {
        self.token.clone_from(&other.token);
        self
    }

    /// The same caller without a token.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    /// The same caller over HTTP/2.
    #[must_use]
    pub fn over_http2(mut self) -> Self {
        let mut tls = (*self.tls).clone();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        self.tls = Arc::new(tls);
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
        let session = Session::of(tls.get_ref().1);
        let mut tasks = JoinSet::new();
        // An error of the connection is also the error of the request that was under way.
        let sender = if session.alpn.as_deref() == Some(b"h2") {
            let (sender, driver) = http2::handshake(TokioExecutor::new(), TokioIo::new(tls)).await?;
            tasks.spawn(async move { drop(driver.await) });
            Sender::Two(sender)
        } else {
            let (sender, driver) = http1::handshake(TokioIo::new(tls)).await?;
            tasks.spawn(async move { drop(driver.await) });
            Sender::One(sender)
        };
        let authority = format!("{}:{}", self.name.to_str(), self.address.port());
        Ok(Connection {
            sender,
            authority,
            token: self.token.clone(),
            session,
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
    sender: Sender,
    authority: String,
    token: Option<String>,
    session: Session,
    _driver: JoinSet<()>,
}

#[derive(Debug)]
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// What the TLS handshake of a connection agreed on.
#[derive(Debug, Clone)]
pub struct Session {
    /// The version.
    pub version: Option<ProtocolVersion>,
    /// The group of the key exchange.
    pub group: Option<NamedGroup>,
    /// The application protocol.
    pub alpn: Option<Vec<u8>>,
}

impl Session {
    fn of(tls: &rustls::ClientConnection) -> Self {
        Self {
            version: tls.protocol_version(),
            group: tls.negotiated_key_exchange_group().map(|group| group.name()),
            alpn: tls.alpn_protocol().map(<[u8]>::to_vec),
        }
    }
}

impl Connection {
    /// What the TLS handshake agreed on.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

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
        let body = body.collect().await.context("the body broke off")?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
            trailers,
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
            .header(ACCEPT, accept)
            // Trailers of HTTP/1.1 are for those who say that they read them.
            .header(TE, "trailers");
        // HTTP/2 has the authority in the URI, HTTP/1.1 in a header.
        request = match self.sender {
            Sender::One(_) => request.uri(path).header(HOST, &self.authority),
            Sender::Two(_) => request.uri(format!("https://{}{path}", self.authority)),
        };
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::from(body))?;
        match &mut self.sender {
            Sender::One(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
            Sender::Two(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
        }
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
    /// What followed the body.
    pub trailers: HeaderMap,
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

    /// A trailer as text, empty when it is not there.
    #[must_use]
    pub fn trailer(&self, name: &str) -> &str {
        self.trailers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
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
