//! Dialling: one connection to a gateway node, both sides authenticated by certificate, over QUIC or over HTTP/2.
//!
//! [`quic`] and [`http2`] each open one, [`race`] takes whichever works. Here is what they open, and why there is none.

mod http2;
mod quic;
mod race;

use std::time::Duration;

use certs::verifier::Refusal;
use proto::error::Code;
use quinn::Endpoint;
use thiserror::Error;
use tokio_util::task::AbortOnDropHandle;
use transport::{Connection, ConnectionError};

use super::backoff::MAX_ASKED;
use crate::proxy::Unreachable;

pub use quic::{HANDSHAKE_DEADLINE, KEEP_ALIVE, SILENCE};
pub use race::Dialler;

/// A tunnel could not be opened, or ended. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TunnelError {
    /// The settings do not make a TLS or QUIC configuration, or the host gives no socket.
    #[error("this host cannot dial: {0}")]
    Local(String),
    /// The gateway's name has no address.
    #[error("the name of {gateway} cannot be resolved: {reason}; check the host's name server")]
    Resolve {
        /// Where it was dialled.
        gateway: String,
        /// Why.
        reason: String,
    },
    /// No answer.
    #[error(
        "{gateway} does not answer: either UDP to that port may not leave this network, or the gateway is down; let a firewall pass outbound UDP to it"
    )]
    Silent {
        /// Where it was dialled.
        gateway: String,
    },
    /// The gateway takes no more handshakes just now: after a restart of it every connector comes at once.
    #[error(
        "{gateway} takes no more connections at the moment, being busy or about to stop; this connector dials it again by itself"
    )]
    Busy {
        /// Where it was dialled.
        gateway: String,
    },
    /// No way over TCP.
    #[error(transparent)]
    Tcp(#[from] Unreachable),
    /// Neither way works.
    #[error("there is no way to the gateway. Over UDP: {quic}. Over TCP: {http2}")]
    Neither {
        /// Why not over UDP.
        quic: Box<TunnelError>,
        /// Why not over TCP.
        http2: Box<TunnelError>,
    },
    /// Somebody on the way shows a certificate of its own.
    #[error(
        "somebody is in between: TLS is broken open on the way, by a certificate that {issuer:?} has issued; have the inspection of TLS switched off for the gateway's host; if you know of none, tell your network's security team"
    )]
    Inspected {
        /// The issuer, in the words of that certificate.
        issuer: String,
    },
    /// The gateway's certificate was refused here.
    #[error(
        "the gateway's certificate was refused: {0}; somebody may be in between, or the gateway's authority was replaced: compare the clocks, else join again"
    )]
    GatewayRefused(Refusal),
    /// The handshake failed otherwise.
    #[error("the handshake with the gateway failed: {0}; check that both sides are of a current version")]
    Handshake(String),
    /// The gateway refused this connector's certificate.
    #[error("the gateway refused this connector's certificate: {}", .0.advice())]
    CertificateRefused(CertificateFault),
    /// The gateway refused or ended the tunnel with a code.
    #[error("the gateway ended the tunnel: {detail} ({code}). {}", .code.next_step())]
    Gateway {
        /// The stable code.
        code: Code,
        /// Its words.
        detail: String,
        /// When to come back, where it said.
        retry_after: Option<Duration>,
    },
    /// The gateway broke the protocol.
    #[error("the gateway broke the protocol: {0}; check that both sides are of a current version")]
    Protocol(String),
    /// The path died.
    #[error("the connection to the gateway was lost: {0}")]
    Lost(&'static str),
    /// The gateway was killed and is back: the path is well.
    #[error("the gateway was started anew and does not know the connection any more; dialling again")]
    Forgotten,
    /// The certificate that the tunnel was opened with ran out.
    #[error("this connector's certificate ran out before it was renewed; asking to be approved again")]
    Expired,
    /// QUIC works again: nothing is wrong.
    #[error("UDP gets through again, and another tunnel is opened over QUIC")]
    Returned,
    /// The certificate was renewed: nothing is wrong.
    #[error("the certificate was renewed, and another tunnel is opened with the new one")]
    Renewed,
    /// The tunnel's node is leaving: nothing is wrong.
    #[error("the tunnel's node is leaving, and another tunnel is opened elsewhere")]
    Moving,
    /// The gateway's address led to a node at which this connector has a tunnel already.
    #[error("this connector has a tunnel to that node already; another node is looked for")]
    Double,
    /// The certificate ran out, and no other was given yet.
    #[error("no new certificate: {reason}")]
    NotApproved {
        /// The gateway's code, where it answered.
        code: Option<Code>,
        /// Why, and what to do.
        reason: String,
        /// How far the gateway's clock is ahead, where that is the reason.
        skew_seconds: Option<i64>,
    },
    /// The gateway asked for it, or this connector stops: nothing is wrong.
    #[error("the tunnel ended in an orderly way")]
    Orderly,
}

/// Why a gateway does not take a certificate, as its TLS alert says (RFC 8446, section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// It is not valid at this time.
    Expired,
    /// It was revoked.
    Revoked,
    /// Its authority is not the gateway's.
    UnknownAuthority,
    /// Anything else.
    Other(u8),
}

impl CertificateFault {
    fn of_alert(alert: u8) -> Option<Self> {
        match alert {
            44 => Some(Self::Revoked),
            45 => Some(Self::Expired),
            48 => Some(Self::UnknownAuthority),
            // bad, unsupported, unknown certificate; access denied; certificate required
            41..=43 | 46 | 49 | 116 => Some(Self::Other(alert)),
            _ => None,
        }
    }

    fn advice(self) -> String {
        match self {
            Self::Expired => "it ran out, or is not valid yet; compare the clocks of both hosts, else join again with `connector join --replace`".to_owned(),
            Self::Revoked => "it was revoked; if that was not meant, ask for a new join token".to_owned(),
            Self::UnknownAuthority => "it was issued by another authority; this connector belongs to another installation, or the gateway's authority was replaced: join again".to_owned(),
            Self::Other(alert) => format!("TLS alert {alert}; the gateway's log says why"),
        }
    }
}

impl TunnelError {
    /// The label of the metric.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Resolve { .. } | Self::Lost(_) | Self::Forgotten => "unreachable",
            Self::Silent { .. } => "timeout",
            Self::Busy { .. } => "busy",
            Self::Tcp(Unreachable::Direct { .. }) => "unreachable",
            Self::Tcp(_) => "proxy",
            Self::Neither { quic, .. } => quic.label(),
            Self::Inspected { .. } => "inspected",
            Self::GatewayRefused(_) | Self::Handshake(_) => "tls",
            Self::CertificateRefused(CertificateFault::Revoked) => Code::Revoked.name(),
            Self::CertificateRefused(_) => Code::Unauthenticated.name(),
            Self::Gateway { code, .. } => code.name(),
            Self::Protocol(_) => Code::ProtocolViolation.name(),
            Self::Expired => Code::CertificateExpired.name(),
            Self::NotApproved { code, .. } => code.map_or("unreachable", Code::name),
            Self::Double => Code::Conflict.name(),
            Self::Orderly | Self::Renewed | Self::Returned | Self::Moving => "ok",
        }
    }

    /// Whether it says of the way to the gateway, and not of the gateway: another way may do.
    pub fn is_about_the_path(&self) -> bool {
        matches!(
            self,
            Self::Local(_)
                | Self::Resolve { .. }
                | Self::Silent { .. }
                | Self::Handshake(_)
                | Self::Lost(_)
                | Self::Tcp(_)
                | Self::Neither { .. }
                | Self::Inspected { .. }
        )
    }

    /// Whether the gateway is there and had no time for a handshake.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// Whether this connector was revoked, or its tenant deleted: coming back soon is no use.
    pub fn is_revoked(&self) -> bool {
        matches!(
            self,
            Self::CertificateRefused(CertificateFault::Revoked)
                | Self::Gateway {
                    code: Code::Revoked | Code::UnknownTenant,
                    ..
                }
                | Self::NotApproved {
                    code: Some(Code::Revoked | Code::UnknownTenant),
                    ..
                }
        )
    }

    /// Whether a certificate was refused for its dates: it ran out, or a clock is wrong.
    pub fn is_about_time(&self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::CertificateRefused(CertificateFault::Expired)
                | Self::GatewayRefused(Refusal::Expired { .. } | Refusal::NotYetValid { .. })
                | Self::Gateway {
                    code: Code::CertificateExpired,
                    ..
                }
        )
    }

    /// Whether the gateway's authority was replaced and this connector's certificate is by the one before.
    pub fn is_about_authority(&self) -> bool {
        matches!(self, Self::CertificateRefused(CertificateFault::UnknownAuthority))
    }

    /// How far the gateway's clock is ahead of this host's, in seconds, where that is the trouble.
    pub fn skew_seconds(&self) -> Option<i64> {
        match self {
            Self::NotApproved { skew_seconds, .. } => *skew_seconds,
            _ => None,
        }
    }

    /// When the gateway wants this connector back, where it said.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            // Somebody has to act first; the gateway is asked now and then whether they did.
            _ if self.is_revoked() => Some(MAX_ASKED),
            Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl From<quinn::ConnectionError> for TunnelError {
    fn from(error: quinn::ConnectionError) -> Self {
        ConnectionError::from(error).into()
    }
}

impl From<ConnectionError> for TunnelError {
    /// For a connection that had been established at this end. In TLS 1.3 that is before the gateway has looked at this
    /// connector's certificate, so that its refusal comes as the end of a connection.
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Closed { code: 0, .. } | ConnectionError::ClosedHere => Self::Orderly,
            ConnectionError::Closed { code, reason } => Self::Gateway {
                code: Code::from_wire(code),
                detail: printable(&reason),
                retry_after: None,
            },
            ConnectionError::Alert(alert) => match CertificateFault::of_alert(alert) {
                Some(fault) => Self::CertificateRefused(fault),
                None => Self::Handshake(format!("the gateway closed it with TLS alert {alert}")),
            },
            ConnectionError::ByTransport(how) => Self::Handshake(format!("the gateway closed it with {how}")),
            ConnectionError::TimedOut => Self::Lost("nothing was heard from it for too long"),
            ConnectionError::Forgotten => Self::Forgotten,
            ConnectionError::Cut => Self::Lost("it was cut"),
            ConnectionError::Version => Self::Handshake("no common version of QUIC".to_owned()),
            ConnectionError::Transport(reason) => Self::Handshake(reason),
        }
    }
}

/// Words of the peer for our log: bounded, without control characters.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// An open connection and what carries it. Dropping that ends the connection.
#[derive(Debug)]
pub struct Dialled {
    /// The connection.
    pub connection: Connection,
    /// What carries it.
    pub carrier: Carrier,
}

/// What a connection lives on.
#[derive(Debug)]
pub enum Carrier {
    /// A socket of UDP.
    Endpoint(Endpoint),
    /// A task on a TCP connection.
    Driver(AbortOnDropHandle<()>),
}

impl Carrier {
    /// Waits until the last words of a connection that was closed have left.
    pub async fn idle(self) {
        match self {
            Self::Endpoint(endpoint) => endpoint.wait_idle().await,
            Self::Driver(driver) => {
                let _ = driver.await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u64) -> TunnelError {
        ConnectionError::Closed {
            code,
            reason: b"the identity\nwas revoked"[..].into(),
        }
        .into()
    }

    #[test]
    fn the_gateways_close_code_is_a_stable_code() {
        assert_eq!(closed(0), TunnelError::Orderly);
        let revoked = closed(Code::Revoked as u64);
        assert_eq!(revoked.label(), "revoked");
        assert!(
            revoked.to_string().contains("the identitywas revoked"),
            "{revoked}"
        );
        assert!(revoked.to_string().contains(Code::Revoked.next_step()));
    }

    #[test]
    fn a_certificate_that_is_refused_is_told_by_its_alert() {
        for (alert, label, words) in [
            (45, "unauthenticated", "compare the clocks"),
            (44, "revoked", "revoked"),
            (48, "unauthenticated", "another authority"),
            (42, "unauthenticated", "alert 42"),
        ] {
            let fault = CertificateFault::of_alert(alert).expect("a certificate's alert");
            let error = TunnelError::CertificateRefused(fault);
            assert_eq!(error.label(), label);
            assert!(error.to_string().contains(words), "{error}");
        }
        assert_eq!(CertificateFault::of_alert(120), None);
    }

    #[test]
    fn silence_names_the_firewall() {
        let silent = TunnelError::Silent {
            gateway: "192.0.2.1:443".to_owned(),
        };
        assert!(silent.to_string().contains("outbound UDP"));
    }
}
