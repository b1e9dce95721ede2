//! Requests to the identity provider, by the client that key services are called with: HTTPS only, and to addresses only
//! that the settings name or the document that the issuer serves about itself.

use std::{fmt, path::Path, str::FromStr};

use custody::http::{Body, Call, DEADLINE, Http, Url};
use http::{HeaderValue, Method, StatusCode, header};
use thiserror::Error;
use zeroize::Zeroizing;

pub use custody::http::HttpError as HttpsError;

/// Longest address.
const MAX_URL_BYTES: usize = 2_048;

/// An absolute HTTPS address without user information and fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpsUrl {
    text: String,
    host: Url,
    /// With the query, if there is one.
    path: String,
}

/// The text is no address that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write an https address without user name and fragment, such as https://login.example.com")]
pub struct UrlError;

impl FromStr for HttpsUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let bad = text.len() > MAX_URL_BYTES || text.bytes().any(|b| b == b'#' || b == b'@' || b == b'\\');
        let uri: http::Uri = text.parse().ok().filter(|_| !bad).ok_or(UrlError)?;
        // Plain HTTP to this host, which key services may be called with, is for nobody who signs people in.
        if uri.scheme_str() != Some("https") {
            return Err(UrlError);
        }
        let host = uri.authority().ok_or(UrlError)?;
        Ok(Self {
            text: text.to_owned(),
            host: format!("https://{host}").parse().map_err(|_| UrlError)?,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

impl HttpsUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for HttpsUrl {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A client of one identity provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Https(Http);

impl Https {
    /// A client that trusts the roots in the PEM file, or the system's.
    ///
    /// # Errors
    /// [`HttpsError::Roots`].
    pub fn new(ca_file: Option<&Path>) -> Result<Self, HttpsError> {
        let http = Http::new(ca_file)?.with_roots()?;
        Ok(Self(http.named(concat!("gateway/", env!("CARGO_PKG_VERSION")))))
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// [`HttpsError`]; that its status is another than 200 is one.
    pub async fn get(&self, url: &HttpsUrl) -> Result<Body, HttpsError> {
        let (status, body) = self.send(url, Method::GET, Body::default()).await?;
        if status != StatusCode::OK {
            return Err(HttpsError::Answer {
                url: url.text.clone(),
                reason: format!("status {status}"),
            });
        }
        Ok(body)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// [`HttpsError`]; a refusal is an answer.
    pub async fn post(&self, url: &HttpsUrl, form: String) -> Result<(StatusCode, Body), HttpsError> {
        self.send(url, Method::POST, Zeroizing::new(form.into_bytes()))
            .await
    }

    async fn send(
        &self,
        url: &HttpsUrl,
        method: Method,
        body: Body,
    ) -> Result<(StatusCode, Body), HttpsError> {
        let mut headers = vec![(header::ACCEPT, HeaderValue::from_static("application/json"))];
        if method == Method::POST {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.push((header::CONTENT_TYPE, form));
        }
        let call = Call {
            method,
            path: &url.path,
            headers,
            body,
            // A sign-in waits for it at most once.
            deadline: DEADLINE,
        };
        self.0.send(&url.host, call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_called() {
        let url: HttpsUrl = "https://login.example.com/tenant/v2?x=1".parse().expect("legal");
        assert_eq!(
            (url.host.authority().as_str(), url.path.as_str()),
            ("login.example.com", "/tenant/v2?x=1")
        );
        let url: HttpsUrl = "https://[::1]:8443".parse().expect("legal");
        assert_eq!(url.host.authority(), "[::1]:8443");
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
