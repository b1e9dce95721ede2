//! Hosts and ports as others dial them: names and addresses, refused where they are neither.

use std::net::IpAddr;

/// A host and a port as others dial them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress {
    /// A DNS name or an IP address, without brackets.
    pub host: String,
    /// The port; 0 stands for "the one that was bound" and is replaced at start.
    pub port: u16,
}

impl PublicAddress {
    /// The address with the port that was bound, where the settings leave it open.
    pub fn or_port(&self, bound: u16) -> Self {
        Self {
            host: self.host.clone(),
            port: if self.port == 0 { bound } else { self.port },
        }
    }
}

impl std::fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A DNS name (RFC 1123, section 2.1) or an IP address.
pub(crate) fn check_host(host: &str) -> Result<(), &'static str> {
    let remedy = "write a DNS name or an IP address, without scheme, brackets or port";
    if host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if host.len() <= 253 && host.split('.').all(label) {
        Ok(())
    } else {
        Err(remedy)
    }
}

pub(crate) fn parse_address(text: &str) -> Result<PublicAddress, &'static str> {
    let remedy = "write a host and a port, such as \"tunnel.example.com:443\"";
    let (host, port) = text.rsplit_once(':').ok_or(remedy)?;
    let port = port.parse().map_err(|_| remedy)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or(remedy)?,
        None if host.contains(':') => return Err(remedy),
        None => host,
    };
    check_host(host)?;
    Ok(PublicAddress {
        host: host.to_owned(),
        port,
    })
}
