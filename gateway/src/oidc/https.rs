//! Requests to the identity provider: HTTPS only, bounded in time and size, no redirect followed.
//!
//! A redirect would let whoever answers choose the next host; every address here was named by the settings or by the
//! document that the issuer serves about itself.

use std::{io, path::Path, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

/// For a whole request: a sign-in waits for it at most once.
const DEADLINE: Duration = Duration::from_secs(10);
/// Largest answer. A discovery document has a few kilobytes, a set of twenty RSA keys about ten.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Longest address.
const MAX_URL_BYTES: usize = 2_048;

/// An absolute HTTPS address without user information and fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpsUrl {
    text: String,
    host: String,
    port: u16,
    path: String,
}

/// The text is no address that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write an https address without user name and fragment, such as https://login.example.com")]
pub struct UrlError;

impl std::str::FromStr for HttpsUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let bad = text.len() > MAX_URL_BYTES || text.bytes().any(|b| b == b'#' || b == b'@' || b == b'\\');
        let uri: http::Uri = text.parse().ok().filter(|_| !bad).ok_or(UrlError)?;
        if uri.scheme_str() != Some("https") {
            return Err(UrlError);
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(UrlError)?;
        Ok(Self {
            text: text.to_owned(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16().unwrap_or(443),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

impl HttpsUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port as a request names them (RFC 9110, section 7.2).
    fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == 443 {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl std::fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for HttpsUrl {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum HttpsError {
    /// The root certificates cannot be used.
    #[error("cannot use the root certificates of {from}: {reason}")]
    Roots {
        /// The file, or the system.
        from: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error("cannot reach {host}: {source}")]
    Unreachable {
        /// Who.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// No answer in time.
    #[error("{host} did not answer within {} s", DEADLINE.as_secs())]
    Late {
        /// Who.
        host: String,
    },
    /// The answer breaks HTTP or is too large.
    #[error("the answer of {host} cannot be read: {reason}")]
    Answer {
        /// Who.
        host: String,
        /// Why.
        reason: String,
    },
}

/// A client of one identity provider.
#[derive(Clone)]
pub struct Https {
    tls: Arc<ClientConfig>,
    /// Of the roots, to tell whether they have changed.
    roots: [u8; 32],
}

impl PartialEq for Https {
    fn eq(&self, other: &Self) -> bool {
        self.roots == other.roots
    }
}

impl std::fmt::Debug for Https {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Https(..)")
    }
}

impl Https {
    /// A client that trusts the roots in the PEM file, or the system's.
    ///
    /// # Errors
    /// [`HttpsError::Roots`].
    pub fn new(ca_file: Option<&Path>) -> Result<Self, HttpsError> {
        let from = ca_file.unwrap_or(Path::new("the system"));
        let bad = |reason: String| HttpsError::Roots {
            from: from.to_owned(),
            reason,
        };
        let mut roots = RootCertStore::empty();
        match ca_file {
            Some(path) => {
                for root in CertificateDer::pem_file_iter(path).map_err(|e| bad(e.to_string()))? {
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
            return Err(bad(
                "there is no certificate; name a file with `ca_file`".to_owned()
            ));
        }
        let mut digest = Sha256::new();
        for root in &roots.roots {
            digest.update(&root.subject);
            digest.update(&root.subject_public_key_info);
        }
        let digest = digest.finalize().into();
        let mut tls = ClientConfig::builder_with_provider(certs::tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: Arc::new(tls),
            roots: digest,
        })
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`HttpsError`]; that its status is another than 200 is one.
    pub async fn get(&self, url: &HttpsUrl) -> Result<Bytes, HttpsError> {
        let request = self.request(Method::GET, url, Bytes::new())?;
        let (status, body) = self.send(url, request).await?;
        if status != StatusCode::OK {
            return Err(HttpsError::Answer {
                host: url.authority(),
                reason: format!("status {status} at {}", url.path),
            });
        }
        Ok(body)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// [`HttpsError`]; a refusal is an answer.
    pub async fn post(&self, url: &HttpsUrl, form: String) -> Result<(StatusCode, Bytes), HttpsError> {
        let request = self.request(Method::POST, url, form.into())?;
        self.send(url, request).await
    }

    fn request(
        &self,
        method: Method,
        url: &HttpsUrl,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, HttpsError> {
        let mut request = Request::builder()
            .method(&method)
            .uri(&url.path)
            .header(header::HOST, url.authority())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("gateway/", env!("CARGO_PKG_VERSION")));
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        request.body(Full::new(body)).map_err(|e| answer(url, e))
    }

    async fn send(
        &self,
        url: &HttpsUrl,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), HttpsError> {
        let late = |_| HttpsError::Late {
            host: url.authority(),
        };
        timeout(DEADLINE, self.exchange(url, request))
            .await
            .map_err(late)?
    }

    async fn exchange(
        &self,
        url: &HttpsUrl,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), HttpsError> {
        let unreachable = |source| HttpsError::Unreachable {
            host: url.authority(),
            source,
        };
        let name = ServerName::try_from(url.host.clone()).map_err(|e| answer(url, e))?;
        let stream = TcpStream::connect((url.host.as_str(), url.port))
            .await
            .map_err(unreachable)?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(unreachable)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| answer(url, e))?;
        let _driving = AbortOnDropHandle::new(tokio::spawn(connection));
        let response = sender.send_request(request).await.map_err(|e| answer(url, e))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|e| answer(url, e))?;
        Ok((status, body.to_bytes()))
    }
}

fn answer(url: &HttpsUrl, reason: impl ToString) -> HttpsError {
    HttpsError::Answer {
        host: url.authority(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_called() {
        let url: HttpsUrl = "https://login.example.com/tenant/v2?x=1".parse().expect("legal");
        assert_eq!(
            (url.host.as_str(), url.port, url.path.as_str()),
            ("login.example.com", 443, "/tenant/v2?x=1")
        );
        let url: HttpsUrl = "https://[::1]:8443".parse().expect("legal");
        assert_eq!(
            (url.host.as_str(), url.port, url.authority().as_str()),
            ("::1", 8443, "[::1]:8443")
        );
        for bad in [
            "",
            "login.example.com",
            "http://login.example.com",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://a@b",
            "https://a/#b",
            "https://a\\b",
            "https://a b",
        ] {
            assert!(bad.parse::<HttpsUrl>().is_err(), "{bad}");
        }
        let long = format!("https://a/{}", "x".repeat(MAX_URL_BYTES));
        assert!(long.parse::<HttpsUrl>().is_err());
    }
}
