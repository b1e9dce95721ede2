//! Where a proxy is, and which hosts are reached without it.

use std::{fmt, net::IpAddr};

use thiserror::Error;
use zeroize::Zeroizing;

/// The port of `http://proxy` without one, as in curl.
const DEFAULT_PORT: u16 = 1080;

/// An HTTP proxy, and who asks it. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
}

/// What was written is no proxy that could be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{reason}", .variable.map(|name| format!("the variable {name}: ")).unwrap_or_default())]
pub struct NotAProxy {
    variable: Option<&'static str>,
    reason: &'static str,
}

impl NotAProxy {
    fn new(reason: &'static str) -> Self {
        Self {
            variable: None,
            reason,
        }
    }

    pub(super) fn of(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    /// What to write instead.
    pub fn remedy(&self) -> &'static str {
        self.reason
    }
}

impl Proxy {
    /// `[http://][user[:password]@]host[:port][/]`. User and password may have percent encodings.
    ///
    /// # Errors
    /// [`NotAProxy`], which never shows the text: there may be a password in it.
    pub fn parse(text: &str) -> Result<Self, NotAProxy> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => {
                return Err(NotAProxy::new(
                    "only proxies of the form http://host:port are used (TLS goes through them end to end); write that",
                ));
            }
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (who, place) = match rest.rsplit_once('@') {
            Some((who, place)) => (Some(who), place),
            None => (None, rest),
        };
        let wrong = || NotAProxy::new("write http://host:port");
        let (host, port) = match place.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or_else(wrong)?;
                host.parse::<IpAddr>().map_err(|_| wrong())?;
                (host, port.strip_prefix(':'))
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || host.len() > 255 || !host.chars().all(legal) {
            return Err(wrong());
        }
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?,
            None => DEFAULT_PORT,
        };
        let (user, password) =
            match who.map(|who| who.split_once(':').map_or((who, None), |(u, p)| (u, Some(p)))) {
                Some((user, password)) => {
                    let decoded = |part| {
                        decode(part).ok_or_else(|| {
                            NotAProxy::new("write user and password with percent encodings of whole UTF-8")
                        })
                    };
                    let password = password.map(decoded).transpose()?;
                    (Some(decoded(user)?.to_string()), password)
                }
                None => (None, None),
            };
        // RFC 7617, section 2: the colon ends the user; and no line end may get into the head.
        let bad = |text: &str| text.chars().any(char::is_control);
        if user.as_deref().is_some_and(|u| u.contains(':') || bad(u))
            || password.as_ref().is_some_and(|p| bad(p))
        {
            return Err(NotAProxy::new(
                "user and password have no control characters, and the user has no colon",
            ));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            user,
            password,
        })
    }

    /// The same for this user.
    #[must_use]
    pub fn with_user(mut self, user: Option<String>) -> Self {
        if user.is_some() {
            self.user = user;
        }
        self
    }

    /// Its name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password that stood in the text.
    pub fn password(&self) -> Option<&Zeroizing<String>> {
        self.password.as_ref()
    }
}

/// Without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "http://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

fn decode(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Zeroizing::new)
}

/// Hosts that are reached without a proxy, as curl reads `NO_PROXY`: `*` is all; a name stands for itself and for what is
/// under it, with or without a dot before; an address or a network in CIDR notation for addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Except(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    All,
    Name(String),
    Network(IpAddr, u8),
}

impl Except {
    /// From a list with commas or spaces. What cannot be read names nothing.
    pub fn parse(list: &str) -> Self {
        let parts = list
            .split([',', ' ', '\t'])
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Self(parts.filter_map(Entry::parse).collect())
    }

    /// Whether this host is reached without a proxy. Names are not resolved for it.
    pub fn covers(&self, host: &str) -> bool {
        let host = host
            .trim_start_matches('[')
            .trim_end_matches([']', '.'])
            .to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        self.0.iter().any(|entry| match (entry, address) {
            (Entry::All, _) => true,
            (Entry::Name(name), None) => {
                host == *name
                    || host
                        .strip_suffix(name.as_str())
                        .is_some_and(|rest| rest.ends_with('.'))
            }
            (Entry::Network(network, bits), Some(address)) => within(address, *network, *bits),
            _ => false,
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address = address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = address.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(most);
            return (bits <= most).then_some(Self::Network(address, bits));
        }
        let name = text.trim_start_matches('.').trim_end_matches('.');
        (bits.is_none() && !name.is_empty()).then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shifted = |address: u128, width: u32| address.checked_shr(width - u32::from(bits)).unwrap_or(0);
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            shifted(u128::from(u32::from(a)), 32) == shifted(u128::from(u32::from(n)), 32)
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => shifted(u128::from(a), 128) == shifted(u128::from(n), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_curl_reads_it_and_shows_no_password() {
        let proxy = Proxy::parse("http://re%40der:s%3Acret@proxy.example:3128/").expect("a proxy");
        assert_eq!(
            (proxy.host(), proxy.port(), proxy.user()),
            ("proxy.example", 3128, Some("re@der"))
        );
        assert_eq!(proxy.password().map(|p| p.as_str()), Some("s:cret"));
        assert!(!format!("{proxy} {proxy:?}").contains("cret"));
        assert_eq!(Proxy::parse("proxy").map(|p| p.port()), Ok(1080));
        assert_eq!(
            Proxy::parse("http://[::1]:8080").map(|p| p.to_string()),
            Ok("http://[::1]:8080".to_owned())
        );
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_being_shown() {
        for text in [
            "https://proxy:3128",
            "socks5://u:hunter2@proxy",
            "http://",
            "http://:80",
            "http://a b:80",
            "http://proxy:0",
            "http://proxy:http",
            "http://u:%0d%0aX@proxy:80",
            "http://u:%zz@proxy:80",
            "http://proxy/path",
        ] {
            let error = Proxy::parse(text).expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn exceptions_are_names_with_what_is_under_them_addresses_and_networks() {
        let except =
            Except::parse("localhost, .corp.example internal.example,10.0.0.0/8,[fd00::]/8 192.0.2.7");
        for host in [
            "localhost",
            "gw.corp.example",
            "corp.example",
            "a.internal.example",
            "INTERNAL.example.",
            "10.255.0.1",
            "fd12::1",
            "192.0.2.7",
        ] {
            assert!(except.covers(host), "{host}");
        }
        for host in [
            "example",
            "notcorp.example",
            "11.0.0.1",
            "192.0.2.8",
            "fe80::1",
            "10.example",
        ] {
            assert!(!except.covers(host), "{host}");
        }
        assert!(Except::parse("*").covers("anything.example"));
        assert!(!Except::parse("10.0.0.0/99, /8, 1/2/3").covers("10.0.0.1"));
        assert!(Except::parse("0.0.0.0/0").covers("203.0.113.9"));
    }
}
