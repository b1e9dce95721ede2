//! The command line's way to a running gateway: HTTPS with the installation's own authority as the only root.
//!
//! One request for each connection; the answer is bounded in size and time. Nothing here is used by the gateway as a
//! server.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use certs::verifier::TrustBundle;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use proto::limits::OWN_AUTHORITY_ALPN;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

use crate::{api::problem::Document, config::PublicAddress};

/// For the connection and the handshake.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// For the whole answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
/// Largest answer in bytes: a list of ten thousand tenants is one megabyte.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Why a request got no good answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The file of root certificates cannot be used.
    #[error("cannot read root certificates from {path}: {reason}")]
    Roots {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nobody answers at the address.
    #[error("cannot reach the gateway at {address}: {source}; is `gateway serve` running?")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Somebody answers, but not with TLS that can be trusted.
    #[error("the TLS handshake with {address} failed: {source}; check the address and the CA file")]
    Tls {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// No answer in time.
    #[error("the gateway at {address} did not answer in time")]
    Late {
        /// Where.
        address: String,
    },
    /// An answer that is no answer of a gateway.
    #[error("the answer of {address} cannot be understood: {reason}")]
    Answer {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// The gateway said no.
    #[error("{} ({})\n{}", .0.detail, .0.code, .0.next_step)]
    Refused(Box<Document>),
}

/// A gateway's API as the command line sees it.
pub struct Client {
    dial: String,
    name: ServerName<'static>,
    host: String,
    tls: Arc<ClientConfig>,
    authorization: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("dial", &self.dial)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the gateway known as `address`, which is dialled at `dial` (host and port), trusted by the roots in
    /// the PEM file `ca` or by the system's, and shown `token`.
    ///
    /// # Errors
    /// [`ClientError::Roots`], or [`ClientError::Answer`] if the host cannot be the name in a certificate.
    pub fn new(
        address: &PublicAddress,
        dial: String,
        ca: Option<&Path>,
        token: Option<&str>,
    ) -> Result<Self, ClientError> {
        let bad = |reason: String| ClientError::Roots {
            path: ca.unwrap_or(Path::new("the system")).to_owned(),
            reason,
        };
        let mut alpn = vec![b"http/1.1".to_vec()];
        let mut roots = RootCertStore::empty();
        match ca {
            Some(ca) => {
                // Roots of our own vouch for the node's chain and for no public one.
                let text = std::fs::read_to_string(ca).map_err(|e| bad(e.to_string()))?;
                if TrustBundle::from_pem(&text).is_ok() {
                    alpn.insert(0, OWN_AUTHORITY_ALPN.to_vec());
                }
                for root in CertificateDer::pem_slice_iter(text.as_bytes()) {
                    roots
                        .add(root.map_err(|e| bad(e.to_string()))?)
                        .map_err(|e| bad(e.to_string()))?;
                }
            }
            // Systems carry some that nothing can read; the others are good.
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            return Err(bad("it holds no certificate".to_owned()));
        }

        let mut tls = ClientConfig::builder_with_provider(certs::tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = alpn;
        let name = ServerName::try_from(address.host.clone()).map_err(|e| ClientError::Answer {
            address: address.to_string(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            dial,
            name,
            host: address.to_string(),
            tls: Arc::new(tls),
            authorization: token.map(|token| Zeroizing::new(format!("Bearer {token}"))),
        })
    }

    /// Sends one request and reads its JSON answer; an answer without a body reads as `null`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<T, ClientError> {
        let (status, body) = timeout(ANSWER_DEADLINE, self.send(method, path, body))
            .await
            .map_err(|_| self.late())??;
        if status.is_success() {
            let body: &[u8] = if body.is_empty() { b"null" } else { &body };
            return serde_json::from_slice(body).map_err(|e| self.answer(e));
        }
        match serde_json::from_slice::<Document>(&body) {
            Ok(document) => Err(ClientError::Refused(Box::new(document))),
            Err(_) => Err(self.answer(format!("status {status} without a problem document"))),
        }
    }

    async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, concat!("gateway/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.as_str());
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body).map_err(|e| self.answer(e))?)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(body)).map_err(|e| self.answer(e))?;

        let stream = timeout(CONNECT_DEADLINE, self.connect())
            .await
            .map_err(|_| self.late())??;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| self.answer(e))?;
        let _driving = AbortOnDropHandle::new(tokio::spawn(connection));
        let response = sender.send_request(request).await.map_err(|e| self.answer(e))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|e| self.answer(e))?;
        Ok((status, body.to_bytes()))
    }

    async fn connect(&self) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ClientError> {
        let stream = TcpStream::connect(&self.dial)
            .await
            .map_err(|source| ClientError::Unreachable {
                address: self.dial.clone(),
                source,
            })?;
        TlsConnector::from(Arc::clone(&self.tls))
            .connect(self.name.clone(), stream)
            .await
            .map_err(|source| ClientError::Tls {
                address: self.dial.clone(),
                source,
            })
    }

    fn late(&self) -> ClientError {
        ClientError::Late {
            address: self.dial.clone(),
        }
    }

    fn answer(&self, reason: impl ToString) -> ClientError {
        ClientError::Answer {
            address: self.dial.clone(),
            reason: reason.to_string(),
        }
    }
}
