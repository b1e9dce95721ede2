//! TCP to the gateway: directly, or through an HTTP proxy by CONNECT (RFC 9110, section 9.3.6).
//!
//! One function dials for everything of this connector that goes over TCP: the tunnel where UDP is blocked, joining, approval
//! and the doctor. A proxy is named in the settings, else in the environment as for curl. It carries bytes: TLS goes end to
//! end through it, and the name of the gateway is resolved by it, since a host behind a proxy often has no name server that
//! knows.
//!
//! What a proxy may do here is bounded: one answer of [`MAX_ANSWER`] bytes within [`DEADLINE`], of which the status counts
//! and nothing else.

mod places;

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use zeroize::Zeroizing;

use crate::config::{SecretError, SecretPlace};

pub use places::{Except, NotAProxy, Proxy};

/// For the name, for TCP, and for the proxy's answer: six attempts of TCP's first retransmission each.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longest head of an answer to CONNECT in bytes: proxies put a page behind it at the most.
const MAX_ANSWER: usize = 8 * 1024;

/// The gateway cannot be reached over TCP. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreachable {
    /// No TCP to the gateway itself.
    #[error(
        "{to} cannot be reached over TCP: {reason}; let a firewall pass outbound TCP to it, or name the network's proxy in `tunnel.proxy`"
    )]
    Direct {
        /// Where.
        to: String,
        /// Why.
        reason: String,
    },
    /// No TCP to the proxy.
    #[error("the proxy {proxy} cannot be reached: {reason}; correct {from}, or have the proxy started")]
    Proxy {
        /// Where it should be.
        proxy: String,
        /// Who named it.
        from: &'static str,
        /// Why.
        reason: String,
    },
    /// It wants to know who asks, or does not take who does.
    #[error(
        "the proxy {proxy} wants a user and a password that it knows (407); set `tunnel.proxy_user` and a password, or have them corrected"
    )]
    Unknown {
        /// Which.
        proxy: String,
    },
    /// It does not connect to the gateway.
    #[error("the proxy {proxy} refuses to connect to {to} (status {status}); {}", remedy(*.status))]
    Refused {
        /// Which.
        proxy: String,
        /// Where to.
        to: String,
        /// Its status.
        status: u16,
    },
    /// What it says is no answer of a proxy.
    #[error("what answers at {proxy} is no HTTP proxy: {reason}; correct the address of the proxy")]
    NoProxy {
        /// Which.
        proxy: String,
        /// Why.
        reason: &'static str,
    },
    /// The password cannot be read.
    #[error("the proxy's password: {0}")]
    Password(String),
}

fn remedy(status: u16) -> &'static str {
    match status {
        403 => "have it allow CONNECT to the gateway's host and port",
        502..=504 => {
            "it cannot reach the gateway itself: see that its network may, and that the gateway is up"
        }
        _ => "ask who runs the proxy",
    }
}

/// Which proxy to take, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    named: Option<Named>,
    except: Except,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    proxy: Proxy,
    /// Where its password is, beside the one that the variable may bring.
    password: Option<SecretPlace>,
    from: &'static str,
}

impl Proxies {
    /// From the settings. No exceptions: who names a proxy there wants it for the gateway.
    pub fn settings(proxy: Proxy, password: Option<SecretPlace>) -> Self {
        let named = Named {
            proxy,
            password,
            from: "`tunnel.proxy` in connector.toml",
        };
        Self {
            named: Some(named),
            except: Except::default(),
        }
    }

    /// From the environment, as curl reads it: `https_proxy` or `HTTPS_PROXY`, else `all_proxy` or `ALL_PROXY`; the small
    /// letters first. `no_proxy` or `NO_PROXY` has the exceptions.
    ///
    /// # Errors
    /// [`NotAProxy`], with the variable's name.
    pub fn environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, NotAProxy> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let mut named = None;
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            if let Some(value) = set(name) {
                let proxy = Proxy::parse(value.trim()).map_err(|error| error.of(name))?;
                named = Some(Named {
                    proxy,
                    password: None,
                    from: name,
                });
                break;
            }
        }
        let except = set("no_proxy").or_else(|| set("NO_PROXY"));
        Ok(Self {
            named,
            except: except.map(|list| Except::parse(&list)).unwrap_or_default(),
        })
    }

    /// The proxy on the way to this host, and who named it.
    pub fn toward(&self, host: &str) -> Option<(&Proxy, &'static str)> {
        let named = self.named.as_ref().filter(|_| !self.except.covers(host))?;
        Some((&named.proxy, named.from))
    }

    /// Connects to a host and port.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Unreachable> {
        let Some(named) = self.named.as_ref().filter(|_| !self.except.covers(host)) else {
            let direct = |reason| Unreachable::Direct {
                to: authority(host, port),
                reason,
            };
            return tcp(host, port).await.map_err(direct);
        };
        let proxy = named.proxy.to_string();
        let unreachable = |reason| Unreachable::Proxy {
            proxy: proxy.clone(),
            from: named.from,
            reason,
        };
        let (at, on) = (named.proxy.host(), named.proxy.port());
        let stream = tcp(at, on).await.map_err(unreachable)?;
        let to = authority(host, port);
        let password = match &named.password {
            Some(place) => {
                let read = place.read().await;
                let refused = |error: SecretError| Unreachable::Password(error.to_string());
                Some(Zeroizing::new(read.map_err(refused)?.expose().to_owned()))
            }
            None => named.proxy.password().cloned(),
        };
        let credentials = named.proxy.user().map(|user| {
            let pair = Zeroizing::new(format!("{user}:{}", password.as_deref().map_or("", |p| p)));
            Zeroizing::new(STANDARD.encode(pair.as_bytes()))
        });
        let tunnelled = timeout(DEADLINE, ask(stream, &to, credentials.as_ref())).await;
        match tunnelled {
            Ok(Ok((stream, 200..=299))) => Ok(stream),
            Ok(Ok((_, 407))) => Err(Unreachable::Unknown { proxy }),
            Ok(Ok((_, status))) => Err(Unreachable::Refused { proxy, to, status }),
            Ok(Err(reason)) => Err(Unreachable::NoProxy { proxy, reason }),
            Err(_) => Err(unreachable("it takes the connection and says nothing".to_owned())),
        }
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named {
            Some(named) => write!(f, "{} by {}", named.proxy, named.from),
            None => f.write_str("none"),
        }
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, String> {
    let connected = timeout(DEADLINE, TcpStream::connect((host, port))).await;
    let stream = connected
        .map_err(|_| format!("no answer within {} s", DEADLINE.as_secs()))?
        .map_err(|error| error.to_string())?;
    // Credit and small answers must not wait for the acknowledgement of what went before.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Says CONNECT and reads the answer's head. No byte behind that is taken: what follows is the gateway's, and it does not
/// speak first.
async fn ask(
    mut stream: TcpStream,
    to: &str,
    credentials: Option<&Zeroizing<String>>,
) -> Result<(TcpStream, u16), &'static str> {
    const CUT: &str = "it ends the connection in place of an answer";
    let mut head = Zeroizing::new(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n"));
    if let Some(credentials) = credentials {
        head.push_str("Proxy-Authorization: Basic ");
        head.push_str(credentials);
        head.push_str("\r\n");
    }
    head.push_str(concat!(
        "User-Agent: connector/",
        env!("CARGO_PKG_VERSION"),
        "\r\n\r\n"
    ));
    stream.write_all(head.as_bytes()).await.map_err(|_| CUT)?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_ANSWER {
            return Err("its answer has no end");
        }
        match stream.read(&mut byte).await {
            Ok(1..) => answer.extend_from_slice(&byte),
            _ => return Err(CUT),
        }
        // Whoever speaks another protocol is known by the first bytes.
        if answer.len() == 5 && answer != *b"HTTP/" {
            return Err("it does not speak HTTP");
        }
    }
    let status = answer
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let version = answer
        .get(..9)
        .is_some_and(|v| v == b"HTTP/1.1 " || v == b"HTTP/1.0 ");
    let status = status.filter(|status| version && (100..600).contains(status));
    status
        .map(|status| (stream, status))
        .ok_or("its answer has no status")
}

#[cfg(test)]
mod tests;
