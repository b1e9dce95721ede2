//! Dialling: one QUIC connection to a gateway node, both sides authenticated by certificate.
//!
//! A socket is made for each attempt, so that a host whose network changed needs no restart. The endpoint takes no
//! connections: it has no server configuration.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use certs::{
    tls::{self, TlsError},
    token::GatewayAddress,
    verifier::{Refusal, RefusalObserver},
};
use proto::{
    error::Code,
    limits::{IDLE_TIMEOUT, MAX_EXCHANGES, MAX_FRAME_BYTES, WINDOW_BYTES},
};
use quinn::{
    Endpoint, EndpointConfig, IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::{NoInitialCipherSuite, QuicClientConfig},
};
use thiserror::Error;
use tokio::{net::lookup_host, time::timeout};
use transport::{Connection, ConnectionError};

use super::{backoff::MAX_ASKED, congestion::ModelConfig};
use crate::{config::Congestion, identity::Identity};

/// For one address: QUIC resends its first packet after one second and after three, so that two losses are survived.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);

/// For a name server: its usual two attempts of five seconds.
const RESOLVE_DEADLINE: Duration = Duration::from_secs(10);

/// Between two signs of life from here. The gateway's probes would keep the flow known to firewalls; but a gateway that
/// was killed and is back says so (a stateless reset, RFC 9000, section 10.3) only to who sends something.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Quiet time after which the path is given up: four signs of life without an answer. By then the gateway, whose probe
/// has a deadline of ten seconds, has given it up too.
const SILENCE: Duration = Duration::from_secs(20);
const _: () = assert!(SILENCE.as_secs() <= IDLE_TIMEOUT.as_secs());

/// Addresses of one name that are tried in one attempt.
const MAX_ADDRESSES: usize = 4;

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
    /// The certificate that the tunnel was opened with ran out.
    #[error("this connector's certificate ran out before it was renewed; asking to be approved again")]
    Expired,
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
            Self::Resolve { .. } | Self::Lost(_) => "unreachable",
            Self::Silent { .. } => "timeout",
            Self::GatewayRefused(_) | Self::Handshake(_) => "tls",
            Self::CertificateRefused(CertificateFault::Revoked) => Code::Revoked.name(),
            Self::CertificateRefused(_) => Code::Unauthenticated.name(),
            Self::Gateway { code, .. } => code.name(),
            Self::Protocol(_) => Code::ProtocolViolation.name(),
            Self::Expired => Code::CertificateExpired.name(),
            Self::NotApproved { code, .. } => code.map_or("unreachable", Code::name),
            Self::Double => Code::Conflict.name(),
            Self::Orderly | Self::Renewed | Self::Moving => "ok",
        }
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
            ConnectionError::Forgotten => Self::Lost("the gateway does not know the connection any more"),
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

/// Remembers why the gateway's certificate was refused: quinn passes on a text only.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Refusal>>);

impl RefusalObserver for Witness {
    fn refused(&self, refusal: &Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.clone());
    }
}

/// An open connection and the endpoint that carries it. Dropping the endpoint ends the connection.
#[derive(Debug)]
pub struct Dialled {
    /// The connection.
    pub connection: Connection,
    /// Its socket.
    pub endpoint: Endpoint,
}

/// Opens a connection to a gateway node at this address. That it is one of the installation is known from its certificate,
/// whatever led there.
pub async fn dial(
    identity: &Identity,
    address: &GatewayAddress,
    congestion: Congestion,
) -> Result<Dialled, TunnelError> {
    let gateway = address.to_string();
    let host = address.host().into_owned();
    let resolve = |reason: String| TunnelError::Resolve {
        gateway: gateway.clone(),
        reason,
    };
    let addresses = timeout(RESOLVE_DEADLINE, lookup_host((host.as_str(), address.port())))
        .await
        .map_err(|_| resolve("the name server does not answer".to_owned()))?
        .map_err(|error| resolve(error.to_string()))?;
    let mut last = resolve("it has no address".to_owned());
    for peer in addresses.take(MAX_ADDRESSES) {
        match attempt(identity, congestion, peer, &host).await {
            Ok(dialled) => return Ok(dialled),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn attempt(
    identity: &Identity,
    congestion: Congestion,
    peer: SocketAddr,
    host: &str,
) -> Result<Dialled, TunnelError> {
    let local = |error: &dyn std::fmt::Display| TunnelError::Local(error.to_string());
    let witness = Arc::new(Witness::default());
    let config = client_config(
        identity,
        congestion,
        Arc::clone(&witness) as Arc<dyn RefusalObserver>,
    )?;
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = std::net::UdpSocket::bind(any).map_err(|error| local(&error))?;
    let runtime = Arc::new(quinn::TokioRuntime);
    let endpoint =
        Endpoint::new(EndpointConfig::default(), None, socket, runtime).map_err(|error| local(&error))?;
    let connecting = endpoint
        .connect_with(config, peer, host)
        .map_err(|error| local(&error))?;
    let silent = || TunnelError::Silent {
        gateway: peer.to_string(),
    };
    let connected = timeout(HANDSHAKE_DEADLINE, connecting)
        .await
        .map_err(|_| silent())?;
    let refusal = witness.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (connected, refusal) {
        (Ok(connection), _) => Ok(Dialled {
            connection: connection.into(),
            endpoint,
        }),
        (Err(_), Some(refusal)) => Err(TunnelError::GatewayRefused(refusal)),
        (Err(quinn::ConnectionError::TimedOut), None) => Err(silent()),
        (Err(error), None) => Err(error.into()),
    }
}

fn client_config(
    identity: &Identity,
    congestion: Congestion,
    observer: Arc<dyn RefusalObserver>,
) -> Result<quinn::ClientConfig, TunnelError> {
    let credential = Arc::clone(&identity.credential);
    let tls = tls::tunnel_client_config(credential, Arc::clone(&identity.trust), observer)
        .map_err(|error: TlsError| TunnelError::Local(error.to_string()))?;
    let crypto = QuicClientConfig::try_from(tls)
        .map_err(|error: NoInitialCipherSuite| TunnelError::Local(error.to_string()))?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport(congestion)));
    Ok(config)
}

/// What this end grants and takes. Large results flow from here, so that what it receives may be small.
fn transport(congestion: Congestion) -> TransportConfig {
    let mut transport = TransportConfig::default();
    // A gateway sends requests and credit, never more than one frame ahead on a stream; a quarter of the exchanges may
    // bring the largest request at once.
    let frame = u32::try_from(MAX_FRAME_BYTES).unwrap_or(u32::MAX);
    transport
        .stream_receive_window(VarInt::from_u32(frame))
        .receive_window(VarInt::from_u32(frame.saturating_mul(MAX_EXCHANGES / 4)))
        // What is sent and not acknowledged is held here: a path of 1 Gbit/s and 100 ms holds 12.5 MB of it, and the
        // memory that a connector may use above idle is four times this.
        .send_window(WINDOW_BYTES)
        .max_concurrent_bidi_streams(VarInt::from_u32(MAX_EXCHANGES))
        // The gateway opens none.
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        // 1200 bytes pass everywhere (RFC 9000, section 14); what more fits is found out while data flows.
        .initial_mtu(1200)
        .max_idle_timeout(IdleTimeout::try_from(SILENCE).ok())
        .keep_alive_interval(Some(KEEP_ALIVE));
    if congestion == Congestion::Bbr {
        transport.congestion_controller_factory(Arc::new(ModelConfig));
    }
    transport
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
