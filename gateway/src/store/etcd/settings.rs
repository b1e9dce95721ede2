//! `[store.etcd]` of `gateway.toml`: where the cluster is, and how its members and this node know each other.
//!
//! Refuses an address without TLS unless it is this host's own: what goes to etcd decides who may connect.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::Deserialize;

use crate::store::Key;

/// Most addresses: etcd's own advice is at most seven members.
pub const MAX_ENDPOINTS: usize = 9;
/// Longest prefix in bytes: what is left of etcd's own bound on requests is far more than that.
const MAX_PREFIX_BYTES: usize = 128;
/// Without a word: an installation alone in its cluster.
const DEFAULT_PREFIX: &str = "/gateway/";
/// A change of etcd's leader takes one to two seconds, and a call that falls into it should still go through.
const DEFAULT_REQUEST_SECONDS: u64 = 5;
/// A member in another zone answers within milliseconds; two seconds are a dead host.
const DEFAULT_CONNECT_SECONDS: u64 = 2;
/// The port that etcd serves its clients on.
const DEFAULT_PORT: u16 = 2379;

/// A key and what should stand there instead.
pub(crate) type Wrong = (&'static str, String, &'static str);

/// The address of one member.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
}

/// The text is no address of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write https://HOST:PORT; plain http is for this host alone")]
pub struct EndpointError;

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: http::Uri = text.parse().map_err(|_| EndpointError)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(EndpointError)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if text.contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(EndpointError);
        }
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(&host) => false,
            _ => return Err(EndpointError),
        };
        Ok(Self {
            tls,
            host,
            port: uri.port_u16().unwrap_or(DEFAULT_PORT),
        })
    }
}

fn is_loopback(host: &str) -> bool {
    host.parse::<IpAddr>()
        .map_or(host == "localhost", |address| address.is_loopback())
}

impl Endpoint {
    /// Whether TLS is spoken there.
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The members, in the order that they are tried in.
    pub endpoints: Vec<Endpoint>,
    /// What every key of this installation begins with.
    pub prefix: String,
    /// PEM file of the roots to trust at the members; none for the system's.
    pub ca: Option<PathBuf>,
    /// What this node shows to the members.
    pub client: Option<ClientCertificate>,
    /// For a whole call, all attempts together.
    pub request: Duration,
    /// For one connection to be made.
    pub connect: Duration,
}

/// Files of a client certificate. They are read for every connection, so that new ones count without a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The chain in PEM, the node's own first.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
}

/// As written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    pub(crate) endpoints: Vec<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) request_timeout_seconds: Option<u64>,
    pub(crate) connect_timeout_seconds: Option<u64>,
}

impl Settings {
    /// Checks what was written. Relative paths start from `folder`.
    pub(crate) fn check(raw: Raw, folder: &Path) -> Result<Self, Wrong> {
        if raw.endpoints.is_empty() || raw.endpoints.len() > MAX_ENDPOINTS {
            return Err((
                "store.etcd.endpoints",
                format!("{} addresses", raw.endpoints.len()),
                "list 1 to 9 members, such as [\"https://etcd-1:2379\", \"https://etcd-2:2379\"]",
            ));
        }
        let mut endpoints = Vec::with_capacity(raw.endpoints.len());
        for text in &raw.endpoints {
            let endpoint: Endpoint = text.parse().map_err(|EndpointError| {
                (
                    "store.etcd.endpoints",
                    text.clone(),
                    "write https://HOST:PORT; plain http is for this host alone",
                )
            })?;
            endpoints.push(endpoint);
        }
        let prefix = raw.prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
        // What is legal in a key is legal in front of one.
        if prefix.len() > MAX_PREFIX_BYTES || !prefix.ends_with('/') || prefix.parse::<Key>().is_err() {
            return Err((
                "store.etcd.prefix",
                prefix,
                "write 1 to 128 printable characters that end with /, such as \"/gateway/\"",
            ));
        }
        let client = match (raw.certificate, raw.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientCertificate {
                certificate: folder.join(certificate),
                key: folder.join(key),
            }),
            _ => {
                return Err((
                    "store.etcd",
                    "half".to_owned(),
                    "write both `certificate` and `key`, or neither",
                ));
            }
        };
        if endpoints.iter().any(Endpoint::tls) {
            // Whoever reaches etcd without a certificate could write an authority of their own there.
            if client.is_none() {
                return Err((
                    "store.etcd.certificate",
                    "absent".to_owned(),
                    "name the files of this node's client certificate with `certificate` and `key`",
                ));
            }
        } else if client.is_some() || raw.ca.is_some() {
            return Err((
                "store.etcd.endpoints",
                "without TLS".to_owned(),
                "write https addresses, or leave `ca`, `certificate` and `key` out",
            ));
        }
        Ok(Self {
            endpoints,
            prefix,
            ca: raw.ca.map(|path| folder.join(path)),
            client,
            request: seconds(
                "store.etcd.request_timeout_seconds",
                raw.request_timeout_seconds,
                DEFAULT_REQUEST_SECONDS,
            )?,
            connect: seconds(
                "store.etcd.connect_timeout_seconds",
                raw.connect_timeout_seconds,
                DEFAULT_CONNECT_SECONDS,
            )?,
        })
    }
}

fn seconds(key: &'static str, value: Option<u64>, default: u64) -> Result<Duration, Wrong> {
    match value.unwrap_or(default) {
        // Somebody waits for the answer.
        good @ 1..=60 => Ok(Duration::from_secs(good)),
        bad => Err((key, bad.to_string(), "write a number from 1 to 60")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(endpoints: &[&str]) -> Raw {
        Raw {
            endpoints: endpoints.iter().map(|text| (*text).to_owned()).collect(),
            ..Raw::default()
        }
    }

    fn check(raw: Raw) -> Result<Settings, &'static str> {
        Settings::check(raw, Path::new("/state")).map_err(|(key, _, _)| key)
    }

    #[test]
    fn plain_http_is_for_this_host_alone() {
        for good in [
            "http://127.0.0.1:2379",
            "http://localhost",
            "http://[::1]:1",
            "https://etcd-1:2379/",
        ] {
            let endpoint: Endpoint = good.parse().expect(good);
            let again: Endpoint = endpoint.to_string().parse().expect("as it is written");
            assert_eq!(again, endpoint);
        }
        for bad in [
            "",
            "etcd-1:2379",
            "http://etcd-1:2379",
            "http://10.0.0.1:2379",
            "http://169.254.169.254",
            "https://a@b",
            "https://a/v3",
            "https://a/?b",
            "unix:///run/etcd",
        ] {
            assert_eq!(bad.parse::<Endpoint>(), Err(EndpointError), "{bad}");
        }
    }

    #[test]
    fn settings_say_what_is_wrong_with_them() {
        assert!(check(plain(&["http://127.0.0.1:2379"])).is_ok());
        assert_eq!(check(plain(&[])), Err("store.etcd.endpoints"));
        assert_eq!(
            check(plain(&["http://127.0.0.1"; 10])),
            Err("store.etcd.endpoints")
        );
        assert_eq!(check(plain(&["http://etcd-1"])), Err("store.etcd.endpoints"));
        for prefix in ["", "gateway", "a b/", "/gäteway/"] {
            let raw = Raw {
                prefix: Some(prefix.to_owned()),
                ..plain(&["http://127.0.0.1"])
            };
            assert_eq!(check(raw), Err("store.etcd.prefix"), "{prefix}");
        }
        for timeout in [0, 61] {
            let raw = Raw {
                request_timeout_seconds: Some(timeout),
                ..plain(&["http://127.0.0.1"])
            };
            assert_eq!(check(raw), Err("store.etcd.request_timeout_seconds"));
        }
    }

    #[test]
    fn tls_to_the_members_goes_both_ways() {
        let with = |certificate: Option<&str>, key: Option<&str>| Raw {
            certificate: certificate.map(PathBuf::from),
            key: key.map(PathBuf::from),
            ..plain(&["https://etcd-1:2379"])
        };
        let whole = check(with(Some("etcd.pem"), Some("/run/etcd.key"))).expect("legal");
        let client = whole.client.expect("a certificate");
        assert_eq!(client.certificate, Path::new("/state/etcd.pem"));
        assert_eq!(client.key, Path::new("/run/etcd.key"));
        assert_eq!(check(with(None, None)), Err("store.etcd.certificate"));
        assert_eq!(check(with(Some("a"), None)), Err("store.etcd"));
        let plain_with_ca = Raw {
            ca: Some("ca.pem".into()),
            ..plain(&["http://127.0.0.1"])
        };
        assert_eq!(check(plain_with_ca), Err("store.etcd.endpoints"));
    }
}
