//! Requests to a service that keeps secrets or knows people: HTTPS, or plain HTTP to this host and the cloud's link-local
//! services. Bounded in time and size; no redirect is followed, since whoever answers must not choose the next host.

use std::{
    fmt, io,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

/// For a whole request. Key services answer within tens of milliseconds.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// Largest answer: a secret of AWS Secrets Manager has up to 64 KiB, escaped in JSON it may have four times that.
const MAX_ANSWER_BYTES: usize = 288 * 1024;
/// Longest address.
const MAX_URL_BYTES: usize = 1_024;

/// What is sent and what comes back: zeroed when dropped.
pub type Body = Zeroizing<Vec<u8>>;

/// The address of a service, without query, fragment and user information.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    tls: bool,
    host: String,
    port: u16,
    /// Begins with `/` and does not end with one, or is empty.
    path: String,
}

/// The text is no address that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "write an https address without query, such as https://vault.example.com:8200; plain http is for this host alone"
)]
pub struct UrlError;

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let bad = text.len() > MAX_URL_BYTES || text.bytes().any(|b| matches!(b, b'#' | b'@' | b'\\' | b'?'));
        let uri: http::Uri = text.parse().ok().filter(|_| !bad).ok_or(UrlError)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(UrlError)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if stays_here(&host) => false,
            _ => return Err(UrlError),
        };
        Ok(Self {
            tls,
            host,
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// Whether what is sent to the host leaves this machine or its hypervisor: the metadata services of clouds speak plain HTTP
/// on link-local addresses.
fn stays_here(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        // fd00:ec2::254 and fd00:ec2::23 are AWS's.
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.segments().starts_with(&[0xfd00, 0x0ec2, 0, 0, 0, 0, 0])
        }
        Err(_) => host == "localhost",
    }
}

impl Url {
    /// Host and port as a request names them (RFC 9110, section 7.2).
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == if self.tls { 443 } else { 80 } {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// The path, with what follows it.
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.path)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The root certificates cannot be used.
    #[error("cannot use the root certificates of {from}: {reason}")]
    Roots {
        /// The file, or the system.
        from: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error("cannot reach {url}: {source}")]
    Unreachable {
        /// Whom.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// No answer in time.
    #[error("{url} did not answer within {} s", deadline.as_secs())]
    Late {
        /// Who.
        url: String,
        /// The time.
        deadline: Duration,
    },
    /// The answer breaks HTTP or is too large.
    #[error("the answer of {url} cannot be read: {reason}")]
    Answer {
        /// Whose.
        url: String,
        /// Why.
        reason: String,
    },
}

/// A request, but for where it goes.
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// Follows the address's own path: `/`, a path, or a path and a query.
    pub path: &'a str,
    /// Headers. Their values are taken for secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is sent.
    pub body: Body,
    /// For the whole of it.
    pub deadline: Duration,
}

/// A client.
#[derive(Clone)]
pub struct Http {
    tls: Arc<ClientConfig>,
    agent: HeaderValue,
    /// Of the roots, to tell whether they have changed; none where there are none.
    roots: Option<[u8; 32]>,
}

/// Two clients are one if they trust the same roots.
impl PartialEq for Http {
    fn eq(&self, other: &Self) -> bool {
        self.roots == other.roots
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http(..)")
    }
}

impl Http {
    /// A client that trusts the roots in the PEM file, or the system's.
    ///
    /// # Errors
    /// [`HttpError::Roots`]. A system without roots is found out when TLS fails for want of one: plain calls need none.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, HttpError> {
        let from = ca_file.unwrap_or(Path::new("the system"));
        let bad = |reason: String| HttpError::Roots {
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
                if roots.is_empty() {
                    return Err(bad("there is no certificate in it".to_owned()));
                }
            }
            // Systems carry some that nothing can read; the others are good.
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let roots_digest = (!roots.is_empty()).then(|| {
            let mut digest = Sha256::new();
            for root in &roots.roots {
                digest.update(&root.subject);
                digest.update(&root.subject_public_key_info);
            }
            digest.finalize().into()
        });
        let mut tls = ClientConfig::builder_with_provider(certs::tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: Arc::new(tls),
            agent: HeaderValue::from_static(concat!("custody/", env!("CARGO_PKG_VERSION"))),
            roots: roots_digest,
        })
    }

    /// The same client, if it trusts anybody: for whoever never calls without TLS and wants to hear of it at once.
    ///
    /// # Errors
    /// [`HttpError::Roots`].
    pub fn with_roots(self) -> Result<Self, HttpError> {
        match self.roots {
            Some(_) => Ok(self),
            None => Err(HttpError::Roots {
                from: "the system".into(),
                reason: "there is no certificate; name a file with `ca_file`".to_owned(),
            }),
        }
    }

    /// The same client under another name.
    #[must_use]
    pub fn named(mut self, agent: &'static str) -> Self {
        self.agent = HeaderValue::from_static(agent);
        self
    }

    /// Sends a request. A refusal is an answer.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn send(&self, url: &Url, call: Call<'_>) -> Result<(StatusCode, Body), HttpError> {
        let deadline = call.deadline;
        let late = |_| HttpError::Late {
            url: url.to_string(),
            deadline,
        };
        timeout(deadline, self.connect(url, call)).await.map_err(late)?
    }

    async fn connect(&self, url: &Url, call: Call<'_>) -> Result<(StatusCode, Body), HttpError> {
        let unreachable = |source| HttpError::Unreachable {
            url: url.to_string(),
            source,
        };
        let mut request = Request::builder()
            .method(call.method)
            .uri(url.path(call.path))
            .header(header::HOST, url.authority())
            .header(header::USER_AGENT, self.agent.clone());
        for (name, mut value) in call.headers {
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from_owner(call.body));
        let request = request.body(body).map_err(|e| answer(url, e))?;
        let stream = TcpStream::connect((url.host.as_str(), url.port))
            .await
            .map_err(unreachable)?;
        if !url.tls {
            return exchange(url, stream, request).await;
        }
        let name = ServerName::try_from(url.host.clone()).map_err(|e| answer(url, e))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(unreachable)?;
        exchange(url, stream, request).await
    }
}

async fn exchange(
    url: &Url,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Body), HttpError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| answer(url, e))?;
    let _driving = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await.map_err(|e| answer(url, e))?;
    let status = response.status();
    let mut body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
    // In its final size where that is known, so that no copy is left where it grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_ANSWER_BYTES));
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|e| answer(url, e))?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok((status, bytes))
}

fn answer(url: &Url, reason: impl ToString) -> HttpError {
    HttpError::Answer {
        url: url.to_string(),
        reason: reason.to_string(),
    }
}

/// What a service says of a refusal, as a line of a log: bounded, without control characters.
pub(crate) fn words(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    text.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_host_and_its_clouds_own_services() {
        for good in [
            "https://kms.eu-central-1.amazonaws.com",
            "https://vault.example.com:8200/prefix/",
            "http://127.0.0.1:5000",
            "http://localhost:5000",
            "http://[::1]:8200",
            "http://169.254.170.2",
            "http://[fd00:ec2::254]",
        ] {
            let url: Url = good.parse().expect(good);
            assert_eq!(url.to_string(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "vault.example.com",
            "http://vault.example.com",
            "http://10.0.0.1",
            "http://[fd00:ec3::254]",
            "https://a@b",
            "https://a/?b",
            "https://a/#b",
            "file:///etc/passwd",
        ] {
            assert!(bad.parse::<Url>().is_err(), "{bad}");
        }
    }
}
