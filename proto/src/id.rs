//! Names of tenants, sources, connectors, gateway nodes and queries, and the SPIFFE form of an identity.
//!
//! A name is parsed once, at the edge; past it only these types travel. The alphabet is the one that is safe in a
//! SPIFFE path segment, a URL, a file name and a metric label alike.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest name in bytes. A SPIFFE ID holds two of them and a trust domain and must stay under 2048 bytes
/// (SPIFFE-ID specification, section 2.3); 64 also fits a DNS label.
pub const MAX_NAME_BYTES: usize = 64;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// The name is empty.
    #[error("a {kind} name must not be empty")]
    Empty {
        /// What was being named.
        kind: &'static str,
    },
    /// The name is longer than [`MAX_NAME_BYTES`].
    #[error("a {kind} name has at most {MAX_NAME_BYTES} bytes, this one has {len}")]
    TooLong {
        /// What was being named.
        kind: &'static str,
        /// Length in bytes.
        len: usize,
    },
    /// A character outside the alphabet, or one that may not stand first or last.
    #[error("a {kind} name is made of a-z, 0-9, '-' and '_', and begins and ends with a letter or digit")]
    Alphabet {
        /// What was being named.
        kind: &'static str,
    },
}

fn check(kind: &'static str, name: &str, more: &[u8]) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { kind });
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong {
            kind,
            len: name.len(),
        });
    }
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let inner = |b: &u8| plain(b) || *b == b'-' || *b == b'_' || more.contains(b);
    let bytes = name.as_bytes();
    let ends = bytes.first().is_some_and(plain) && bytes.last().is_some_and(plain);
    if ends && bytes.iter().all(inner) {
        Ok(())
    } else {
        Err(NameError::Alphabet { kind })
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $more:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                check($kind, name, $more)?;
                Ok(Self(name.into()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                name.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.into()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A customer account.
    TenantId, "tenant", b""
);
name!(
    /// One warehouse schema that a connector serves. Unique within a tenant.
    SourceId, "source", b""
);
name!(
    /// One installed connector. Unique within a tenant.
    ConnectorId, "connector", b""
);
name!(
    /// One gateway process.
    NodeId, "node", b""
);
name!(
    /// The name of a catalogued query, dots allowed: `read.dbt_models`.
    QueryName, "query", b"."
);

/// The SPIFFE trust domain of one gateway installation: lower-case letters, digits, `.`, `-`, `_`
/// (SPIFFE-ID specification, section 2.1), at most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustDomain(Box<str>);

/// The text is not a trust domain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a trust domain is made of a-z, 0-9, '.', '-' and '_', with at most 255 bytes")]
pub struct TrustDomainError;

impl TrustDomain {
    /// The trust domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = TrustDomainError;
    fn from_str(text: &str) -> Result<Self, TrustDomainError> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
        if text.is_empty() || text.len() > 255 || !text.bytes().all(legal) {
            return Err(TrustDomainError);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for TrustDomain {
    type Error = TrustDomainError;
    fn try_from(text: String) -> Result<Self, TrustDomainError> {
        text.parse()
    }
}

impl From<TrustDomain> for String {
    fn from(domain: TrustDomain) -> String {
        domain.0.into()
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who a certificate speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// `spiffe://<trust domain>/tenant/<tenant>/connector/<connector>`
    Connector {
        /// The installation.
        domain: TrustDomain,
        /// The customer account.
        tenant: TenantId,
        /// The connector within it.
        connector: ConnectorId,
    },
    /// `spiffe://<trust domain>/gateway/<node>`
    Node {
        /// The installation.
        domain: TrustDomain,
        /// The gateway process.
        node: NodeId,
    },
}

/// The text is not the SPIFFE ID of a connector or of a gateway node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a SPIFFE ID of the form spiffe://<trust domain>/tenant/<t>/connector/<c> or .../gateway/<node>")]
pub struct IdentityError;

impl Identity {
    /// The installation that the identity belongs to.
    pub fn domain(&self) -> &TrustDomain {
        match self {
            Identity::Connector { domain, .. } | Identity::Node { domain, .. } => domain,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Connector {
                domain,
                tenant,
                connector,
            } => {
                write!(f, "spiffe://{domain}/tenant/{tenant}/connector/{connector}")
            }
            Identity::Node { domain, node } => write!(f, "spiffe://{domain}/gateway/{node}"),
        }
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    /// Parses by exact form: no query, fragment, user information, port, percent-encoding or empty segment can occur,
    /// since none of their characters is in the alphabet of a name.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let rest = text.strip_prefix("spiffe://").ok_or(IdentityError)?;
        let mut parts = rest.split('/');
        let domain: TrustDomain = parts.next().and_then(|p| p.parse().ok()).ok_or(IdentityError)?;
        let segments: Vec<&str> = parts.collect();
        match segments.as_slice() {
            ["tenant", tenant, "connector", connector] => Ok(Identity::Connector {
                domain,
                tenant: tenant.parse().map_err(|_| IdentityError)?,
                connector: connector.parse().map_err(|_| IdentityError)?,
            }),
            ["gateway", node] => Ok(Identity::Node {
                domain,
                node: node.parse().map_err(|_| IdentityError)?,
            }),
            _ => Err(IdentityError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_round_trips() {
        for text in [
            "spiffe://gw.example/tenant/acme/connector/prod-1",
            "spiffe://gw.example/gateway/node-a",
        ] {
            assert_eq!(text.parse::<Identity>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn identity_of_another_form_is_refused() {
        for text in [
            "spiffe:///tenant/a/connector/b",
            "spiffe://d/tenant/a/connector/b/",
            "spiffe://d/tenant/a/connector/b/c",
            "spiffe://d/tenant//connector/b",
            "spiffe://d/tenant/a/connector/b?x=1",
            "spiffe://d/tenant/a/connector/b#f",
            "spiffe://u@d/tenant/a/connector/b",
            "spiffe://d:443/tenant/a/connector/b",
            "spiffe://D/tenant/a/connector/b",
            "spiffe://d/tenant/../connector/b",
            "spiffe://d/tenant/a%2fb/connector/b",
            "SPIFFE://d/tenant/a/connector/b",
            "https://d/tenant/a/connector/b",
            "",
        ] {
            assert_eq!(text.parse::<Identity>(), Err(IdentityError), "{text}");
        }
    }

    #[test]
    fn names_outside_the_alphabet_are_refused() {
        for name in ["", "-a", "a-", "A", "a b", "a/b", "ä", "a.b", &"a".repeat(65)] {
            assert!(name.parse::<TenantId>().is_err(), "{name}");
        }
        assert!("read.dbt_models".parse::<QueryName>().is_ok());
    }
}
