//! A connection over TCP: TLS 1.3 end to end, directly or through a proxy, and HTTP/2 served on it.

use std::{io, sync::Arc, time::Duration};

use certs::{
    tls::{self, TlsError},
    token::GatewayAddress,
    verifier::Refusal,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::task::AbortOnDropHandle;
use transport::{
    Connection,
    http2::{self, Peer},
};

use super::{Carrier, CertificateFault, Dialled, TunnelError};
use crate::{identity::Identity, proxy::Proxies, tunnel::issuer::Seen};

/// For TLS and the first word of HTTP/2: four round trips over the worst of paths, with a loss or two.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Opens a connection to a gateway node at this address.
pub(super) async fn dial(
    identity: &Identity,
    address: &GatewayAddress,
    proxies: &Proxies,
) -> Result<Dialled, TunnelError> {
    let host = address.host().into_owned();
    let tcp = proxies.connect(&host, address.port()).await?;
    let remote = tcp
        .peer_addr()
        .map_err(|error| TunnelError::Local(error.to_string()))?;
    let seen = Arc::new(Seen::new(identity));
    let shaken = timeout(HANDSHAKE_DEADLINE, async {
        let stream = shake_hands(identity, address, &seen, tcp).await?;
        let presented = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let peer = Peer {
            remote,
            certificates: presented
                .iter()
                .map(|certificate| certificate.clone().into_owned())
                .collect(),
        };
        http2::connector(stream, peer).await.map_err(TunnelError::from)
    })
    .await;
    let (connection, driver) =
        shaken.map_err(|_| TunnelError::Lost("it takes TCP, and says nothing over TLS"))??;
    Ok(Dialled {
        connection: Connection::from(connection),
        carrier: Carrier::Driver(AbortOnDropHandle::new(tokio::spawn(driver))),
    })
}

async fn shake_hands(
    identity: &Identity,
    address: &GatewayAddress,
    seen: &Arc<Seen>,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, TunnelError> {
    let credential = Arc::clone(&identity.credential);
    let mut config = tls::tunnel_tcp_client_config(credential, Arc::clone(&identity.trust), Arc::new(()))
        .map_err(|error: TlsError| TunnelError::Local(error.to_string()))?;
    config.dangerous().set_certificate_verifier(Arc::clone(seen) as _);
    let connector = TlsConnector::from(Arc::new(config));
    let shaken = connector.connect(address.server_name().clone(), tcp).await;
    let stream = shaken.map_err(|error| failed(&error, seen))?;
    // Over TCP a server may leave the choice out, and then it is none of ours.
    if stream.get_ref().1.alpn_protocol() != Some(proto::limits::ALPN_HTTP2) {
        return Err(TunnelError::Handshake(
            "what answers over TCP knows no tunnels".to_owned(),
        ));
    }
    Ok(stream)
}

fn failed(error: &io::Error, seen: &Seen) -> TunnelError {
    let tls = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<rustls::Error>());
    match (Refusal::of(error), seen.issuer()) {
        (Some(refusal @ (Refusal::Expired { .. } | Refusal::NotYetValid { .. })), _) => {
            TunnelError::GatewayRefused(refusal)
        }
        (Some(_), Some(issuer)) => TunnelError::Inspected { issuer },
        (Some(refusal), None) => TunnelError::GatewayRefused(refusal),
        (None, _) => match tls {
            Some(rustls::Error::AlertReceived(alert)) => match CertificateFault::of_alert(u8::from(*alert)) {
                Some(fault) => TunnelError::CertificateRefused(fault),
                None => TunnelError::Handshake(format!(
                    "what answers over TCP refuses with TLS alert {}",
                    u8::from(*alert)
                )),
            },
            Some(error) => TunnelError::Handshake(error.to_string()),
            None => TunnelError::Lost("it was cut in the TLS handshake"),
        },
    }
}
