//! A connection over QUIC.
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
use proto::limits::{IDLE_TIMEOUT, MAX_EXCHANGES, MAX_FRAME_BYTES, WINDOW_BYTES};
use quinn::{
    Endpoint, EndpointConfig, IdleTimeout, TransportConfig, VarInt,
    crypto::rustls::{NoInitialCipherSuite, QuicClientConfig},
};
use tokio::{net::lookup_host, time::timeout};

use super::{Carrier, Dialled, TunnelError};
use crate::{config::Congestion, identity::Identity, tunnel::congestion::ModelConfig};

/// For one address: QUIC resends its first packet after one second and after three, so that two losses are survived.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);

/// For a name server: its usual two attempts of five seconds.
const RESOLVE_DEADLINE: Duration = Duration::from_secs(10);

/// Between two signs of life from here. The gateway's probes would keep the flow known to firewalls; but a gateway that
/// was killed and is back says so (a stateless reset, RFC 9000, section 10.3) only to who sends something, and a path that
/// lets no UDP through any more is noticed by nothing else.
pub const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// Quiet time after which the path is given up: several signs of life without an answer. By then the gateway, whose probe
/// has a deadline of ten seconds, has given it up too. Where HTTP/2 may be used instead nobody waits for it as long
/// ([`super::Dialler::silent`]).
pub const SILENCE: Duration = Duration::from_secs(20);
const _: () = assert!(SILENCE.as_secs() <= IDLE_TIMEOUT.as_secs());

/// Addresses of one name that are tried in one attempt.
const MAX_ADDRESSES: usize = 4;

/// Remembers why the gateway's certificate was refused: quinn passes on a text only.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Refusal>>);

impl RefusalObserver for Witness {
    fn refused(&self, refusal: &Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.clone());
    }
}

/// Opens a connection to a gateway node at this address.
pub(super) async fn dial(
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
            carrier: Carrier::Endpoint(endpoint),
        }),
        (Err(_), Some(refusal)) => Err(TunnelError::GatewayRefused(refusal)),
        (Err(error), None) => Err(not_opened(error, peer)),
    }
}

/// Why a handshake did not come to its end.
fn not_opened(error: quinn::ConnectionError, peer: SocketAddr) -> TunnelError {
    let gateway = peer.to_string();
    match error {
        quinn::ConnectionError::TimedOut => TunnelError::Silent { gateway },
        quinn::ConnectionError::ConnectionClosed(close)
            if close.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED =>
        {
            TunnelError::Busy { gateway }
        }
        error => error.into(),
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

    #[test]
    fn a_refused_connection_is_a_busy_gateway_and_any_other_close_is_not() {
        let closed = |error_code| {
            let close = quinn::ConnectionClose {
                error_code,
                frame_type: None,
                reason: bytes::Bytes::new(),
            };
            not_opened(
                quinn::ConnectionError::ConnectionClosed(close),
                ([192, 0, 2, 1], 443).into(),
            )
        };
        let busy = closed(quinn::TransportErrorCode::CONNECTION_REFUSED);
        assert_eq!((busy.label(), busy.retry_after()), ("busy", None));
        assert!(!busy.is_about_the_path(), "UDP gets through");
        assert!(
            busy.to_string()
                .contains("192.0.2.1:443 takes no more connections"),
            "{busy}"
        );
        assert_eq!(closed(quinn::TransportErrorCode::INTERNAL_ERROR).label(), "tls");
    }
}
