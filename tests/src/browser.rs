//! A browser as far as signing in needs one: it keeps cookies, follows redirects and fills in forms, at one HTTPS host and
//! on loopback.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Pages on the way through a sign-in: a dozen.
const MAX_PAGES: usize = 30;

/// One page that takes longer has hung.
const LIMIT: Duration = Duration::from_secs(30);

/// A browser of one person.
#[derive(Debug)]
pub struct Browser {
    origin: String,
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    cookies: BTreeMap<String, String>,
}

/// Where a way through pages ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// At an address that is not the provider's.
    Elsewhere(String),
    /// At a page without a form.
    Page(String),
}

struct Page {
    status: StatusCode,
    location: Option<String>,
    text: String,
}

impl Browser {
    /// A browser that trusts the CA in a PEM file and is to visit `origin`, such as `https://127.0.0.1:4711`.
    ///
    /// # Errors
    /// When the file holds no certificate or the origin is no address.
    pub fn new(origin: &str, ca: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            origin: origin.to_owned(),
            address: origin.strip_prefix("https://").context("no https")?.parse()?,
            tls: Arc::new(tls),
            cookies: BTreeMap::new(),
        })
    }

    /// Opens an address of the provider, signs in as `person` wherever it is asked to, agrees to everything, and says where
    /// that led.
    ///
    /// # Errors
    /// When a page is an error, or the way does not end.
    pub async fn sign_in(&mut self, url: &str, person: &str) -> Result<Arrived> {
        let mut page = self.visit(Method::GET, url, String::new()).await?;
        for _ in 0..MAX_PAGES {
            if let Some(location) = page.location {
                let next = self.absolute(&location);
                if !next.starts_with(&self.origin) {
                    return Ok(Arrived::Elsewhere(next));
                }
                page = self.visit(Method::GET, &next, String::new()).await?;
                continue;
            }
            if !page.status.is_success() {
                bail!("status {}: {}", page.status, page.text);
            }
            let Some((action, mut fields)) = form(&page.text) else {
                return Ok(Arrived::Page(page.text));
            };
            for (name, value) in &mut fields {
                match name.as_str() {
                    "login" => person.clone_into(value),
                    "password" => "any".clone_into(value),
                    _ => {}
                }
            }
            let pairs: Vec<_> = fields
                .iter()
                .map(|(n, v)| format!("{}={}", escape(n), escape(v)))
                .collect();
            let action = self.absolute(&action);
            page = self.visit(Method::POST, &action, pairs.join("&")).await?;
        }
        bail!("the sign-in does not end")
    }

    fn absolute(&self, to: &str) -> String {
        if to.starts_with('/') {
            format!("{}{to}", self.origin)
        } else {
            to.to_owned()
        }
    }

    async fn visit(&mut self, method: Method, url: &str, body: String) -> Result<Page> {
        let path = url
            .strip_prefix(&self.origin)
            .with_context(|| format!("{url} is elsewhere"))?;
        let cookies: Vec<_> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(if path.is_empty() { "/" } else { path })
            .header(HOST, self.address.to_string())
            .header(COOKIE, cookies.join("; "))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(bytes::Bytes::from(body)))?;
        timeout(LIMIT, self.exchange(request))
            .await
            .context("the page hangs")?
    }

    async fn exchange(&mut self, request: Request<Full<bytes::Bytes>>) -> Result<Page> {
        let tcp = TcpStream::connect(self.address).await?;
        let name = ServerName::from(self.address.ip());
        let tls = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await?;
        let (mut sender, driver) = http1::handshake(TokioIo::new(tls)).await?;
        let driving = tokio::spawn(driver);
        let response = sender.send_request(request).await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = response.status();
        let location = response.headers().get(LOCATION);
        let location = location.map(|l| l.to_str().map(str::to_owned)).transpose()?;
        let text = response.into_body().collect().await?.to_bytes();
        driving.abort();
        Ok(Page {
            status,
            location,
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }
}

/// Sends a browser's request to a listener on loopback and takes the whole answer.
///
/// # Errors
/// When nobody listens there.
pub async fn open_on_loopback(url: &str) -> Result<String> {
    let rest = url.strip_prefix("http://").context("no http")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).await?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(LIMIT, stream.read_to_string(&mut answer))
        .await
        .context("no answer")??;
    Ok(answer)
}

/// The first form of a page: where it goes, and its fields.
fn form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = page.split("<form").nth(1)?.split("</form>").next()?;
    let (head, _) = form.split_once('>')?;
    let inputs = form.split("<input").skip(1).filter_map(|input| {
        let tag = input.split('>').next()?;
        Some((
            attribute(tag, "name")?,
            attribute(tag, "value").unwrap_or_default(),
        ))
    });
    Some((attribute(head, "action")?, inputs.collect()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(value.replace("&amp;", "&"))
}

fn escape(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    escaped.collect()
}
