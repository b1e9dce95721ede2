//! The way to the gateway: its name, UDP and QUIC with the real identity, TCP, who is in between, and the clocks.
//!
//! No answer, an answer of somebody else, and a refusal by the gateway have different remedies, so they are different
//! lines. No Hello is said: a tunnel that stands is not replaced.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use certs::{token::GatewayAddress, verifier::Refusal};
use http::{Request, header};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use proto::limits::{CLOCK_SKEW_WARNING, OWN_AUTHORITY_ALPN};
use rustls::{ClientConfig, client::danger::ServerCertVerifier};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::task::AbortOnDropHandle;
use transport::{Connection, ConnectionError};

use super::{Finding, Status};
use crate::{
    clock::UnixMillis,
    config::{Transport, Tunnel},
    identity::{Identity, join::http_date},
    proxy::Proxies,
    tunnel::{
        dial::{Dialler, TunnelError},
        issuer::Seen,
    },
};

/// For a name server, and for TCP with TLS: people wait for the report.
const DEADLINE: Duration = Duration::from_secs(5);

/// From the handshake at this end to the gateway's word on our certificate: a round trip, and what it loses.
const CONFIRMATION: Duration = Duration::from_secs(3);

/// Between two looks for that word: quinn counts it and tells nobody.
const LOOK: Duration = Duration::from_millis(20);

pub(super) async fn examine(identity: &Identity, tunnel: &Tunnel) -> Vec<Finding> {
    let dialler = Dialler::new(tunnel);
    let proxies = &tunnel.proxies;
    let (mut dns, mut quic, mut http2, tcp) = tokio::join!(
        dns(&identity.tunnel_address),
        quic(identity, &dialler),
        http2(identity, &dialler),
        https(identity, proxies),
    );
    let works = |found: &[Finding]| found.iter().all(|finding| finding.status != Status::Fail);
    match (works(&quic), works(&http2)) {
        // One of the two is enough, where both may be used.
        (false, true) if tunnel.transport != Transport::Quic => quic.iter_mut().for_each(Finding::soften),
        (true, false) if tunnel.transport != Transport::Http2 => http2.iter_mut().for_each(Finding::soften),
        _ => {}
    }
    if proxies.toward(&identity.tunnel_address.host()).is_some() && works(&http2) {
        // The proxy has resolved the name.
        dns.soften();
    }
    let mut found = vec![dns];
    found.extend(quic);
    found.extend(http2);
    found.extend(tcp);
    found
}

/// A real handshake over TCP, through the proxy where there is one.
async fn http2(identity: &Identity, dialler: &Dialler) -> Vec<Finding> {
    const CHECK: &str = "http2";
    let gateway = identity.tunnel_address.to_string();
    match dialler.http2(identity, &identity.tunnel_address).await {
        Ok(dialled) => {
            dialled.connection.close(0, b"");
            let _ = timeout(Duration::from_secs(2), dialled.carrier.idle()).await;
            let found = format!("{gateway} answers over TCP: tunnels are possible where UDP is blocked");
            vec![Finding::pass(CHECK, found)]
        }
        Err(error) => {
            let next = "the message says what to do; a tunnel over UDP does without this way";
            vec![Finding::fail(CHECK, error.to_string(), next)]
        }
    }
}

async fn dns(gateway: &GatewayAddress) -> Finding {
    const CHECK: &str = "dns";
    let host = gateway.host();
    if host.parse::<IpAddr>().is_ok() {
        return Finding::pass(CHECK, format!("{host} is an address, no name"));
    }
    let next = "check the host's name server, and the name with the service's operator";
    match timeout(DEADLINE, lookup_host((host.as_ref(), gateway.port()))).await {
        Ok(Ok(addresses)) => match addresses.count() {
            0 => Finding::fail(CHECK, format!("{host} has no address"), next),
            count => Finding::pass(CHECK, format!("{host} has {count} address(es)")),
        },
        Ok(Err(error)) => Finding::fail(CHECK, format!("{host} cannot be resolved: {error}"), next),
        Err(_) => Finding::fail(CHECK, format!("no name server answers for {host}"), next),
    }
}

/// A real handshake over UDP: whether anything answers, and whether each side takes the other.
async fn quic(identity: &Identity, dialler: &Dialler) -> Vec<Finding> {
    let gateway = identity.tunnel_address.to_string();
    match dialler.probe(identity, &identity.tunnel_address).await {
        Ok(dialled) => {
            let answer = confirmed(&dialled.connection).await;
            dialled.connection.close(0, b"");
            // So that the gateway hears of the end, and does not wait for a Hello.
            let _ = timeout(Duration::from_secs(1), dialled.carrier.idle()).await;
            let udp = Finding::pass("udp", format!("{gateway} answers"));
            match answer {
                Ok(()) => vec![
                    udp,
                    Finding::pass(
                        "quic",
                        "the gateway and this connector take each other's certificates",
                    ),
                ],
                Err(error) => vec![udp, refused(&error)],
            }
        }
        Err(error @ (TunnelError::Silent { .. } | TunnelError::Lost(_))) => vec![Finding::fail(
            "udp",
            error.to_string(),
            "let a firewall pass outbound UDP to that port, and the answers to it; where it does, ask the service's operator whether the gateway is up",
        )],
        Err(error @ (TunnelError::Resolve { .. } | TunnelError::Local(_))) => {
            let next = "see the line `dns`; for the rest the message says what this host lacks";
            vec![Finding::fail("udp", error.to_string(), next)]
        }
        Err(error) => vec![
            Finding::pass("udp", format!("something at {gateway} answers")),
            refused(&error),
        ],
    }
}

/// Waits for the gateway's end of the handshake: in TLS 1.3 a client is done before the server has looked at its
/// certificate.
async fn confirmed(connection: &Connection) -> Result<(), TunnelError> {
    let until = Instant::now() + CONFIRMATION;
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // Both are cancel-safe: neither holds anything.
            error = connection.closed() => return match error {
                // Our own end of it: the loop would have returned.
                ConnectionError::ClosedHere => Ok(()),
                error => Err(error.into()),
            },
            _ = looks.tick() => {
                if connection.is_confirmed() {
                    return Ok(());
                }
                if Instant::now() > until {
                    return Err(TunnelError::Lost("the gateway did not confirm the handshake"));
                }
            }
        }
    }
}

fn refused(error: &TunnelError) -> Finding {
    let next = match error {
        TunnelError::GatewayRefused(_) => {
            "somebody between may break QUIC open, or the gateway's authority was replaced: see `tls`, compare the clocks, else join again"
        }
        TunnelError::CertificateRefused(_) => {
            "the message says why; with a new join token `connector join --replace` makes a new certificate"
        }
        TunnelError::Gateway { code, .. } => code.next_step(),
        _ => {
            "see that both sides are of a current version; a middlebox that changes UDP packets looks the same"
        }
    };
    Finding::fail("quic", error.to_string(), next)
}

/// TCP to the HTTPS API, whose certificate it is, and what time it has there.
async fn https(identity: &Identity, proxies: &Proxies) -> Vec<Finding> {
    let given = identity.api_address.is_some();
    // Identities from before the address was kept: a gateway has its API at the tunnel's host and port by default.
    let address = identity.api_address.as_ref().unwrap_or(&identity.tunnel_address);
    let tcp = match timeout(DEADLINE, proxies.connect(&address.host(), address.port())).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return vec![unreachable(address, &error.to_string(), given)],
        Err(_) => return vec![unreachable(address, "no answer", given)],
    };
    let mut found = vec![Finding::pass("tcp", format!("{address} answers"))];
    let seen = Arc::new(Seen::new(identity));
    let shaken = match config(&seen) {
        Ok(config) => {
            let connector = TlsConnector::from(Arc::new(config));
            timeout(DEADLINE, connector.connect(address.server_name().clone(), tcp)).await
        }
        Err(error) => {
            found.push(Finding::warn(
                "tls",
                error.to_string(),
                "report this: it is a mistake of ours",
            ));
            return found;
        }
    };
    match shaken {
        Ok(Ok(stream)) => {
            found.push(Finding::pass(
                "tls",
                "nobody in between: the certificate is under the pinned authority",
            ));
            found.push(clock(stream, &address.to_string()).await);
        }
        Ok(Err(error)) => found.push(judge(&seen, &error)),
        Err(_) => found.push(Finding::warn(
            "tls",
            format!("{address} takes a connection and says nothing"),
            "see whether a proxy or a load balancer stands there; the tunnel does not need this way",
        )),
    }
    found
}

/// The tunnel does not need TCP, and an address that was guessed may be nobody's: then it is no failure.
fn unreachable(address: &GatewayAddress, reason: &str, given: bool) -> Finding {
    let found = format!("{address} cannot be reached over TCP: {reason}");
    if given {
        let next = "to join, and to be approved again, needs this way (a tunnel does not): let a firewall pass TCP to it";
        return Finding::fail("tcp", found, next);
    }
    let next = "only joining needs TCP, and the address was guessed: an identity that joins anew knows it";
    Finding::warn("tcp", found, next)
}

fn config(seen: &Arc<Seen>) -> Result<ClientConfig, rustls::Error> {
    // TLS 1.2 is offered so that a middlebox that knows no other shows its certificate; the verifier lets none through.
    let mut config = ClientConfig::builder_with_provider(certs::tls::provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(seen) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    config.alpn_protocols = vec![OWN_AUTHORITY_ALPN.to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn judge(seen: &Seen, error: &std::io::Error) -> Finding {
    match (Refusal::of(error), seen.issuer()) {
        (Some(refusal @ (Refusal::Expired { .. } | Refusal::NotYetValid { .. })), _) => Finding::fail(
            "tls",
            refusal.to_string(),
            "compare this host's clock with the gateway's",
        ),
        (Some(refusal), Some(issuer)) => Finding::fail(
            "tls",
            format!(
                "somebody is in between: the certificate shown was issued by {issuer:?}, not by the pinned authority ({refusal})"
            ),
            "have the inspection of TLS switched off for the gateway; if you know of none, tell your network's security team",
        ),
        (_, _) => Finding::warn(
            "tls",
            format!("no handshake: {error}"),
            "see what stands at that address; the tunnel does not need this way",
        ),
    }
}

/// Compares the clocks by the date of an answer of HTTP, whichever answer it is.
async fn clock(stream: TlsStream<TcpStream>, host: &str) -> Finding {
    match timeout(DEADLINE, date(stream, host)).await.ok().flatten() {
        Some(theirs) => skew(UnixMillis::now().behind(theirs)),
        None => Finding::warn(
            "clock",
            "the gateway did not say its time",
            "the connector measures it for each tunnel, and its log names a difference",
        ),
    }
}

fn skew(ms: i64) -> Finding {
    let seconds = ms.unsigned_abs() / 1000;
    let side = if ms > 0 { "behind" } else { "ahead of" };
    // A date of HTTP has whole seconds.
    if seconds <= 1 {
        return Finding::pass("clock", "as the gateway's, to the second");
    }
    let found = format!("this host's clock is {seconds} s {side} the gateway's");
    if seconds > CLOCK_SKEW_WARNING.as_secs() {
        return Finding::fail("clock", found, "set this host's clock, for instance with NTP");
    }
    Finding::pass("clock", found)
}

async fn date(stream: TlsStream<TcpStream>, host: &str) -> Option<UnixMillis> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = Request::get("/").header(header::HOST, host);
    let response = sender
        .send_request(request.body(Empty::<Bytes>::new()).ok()?)
        .await
        .ok()?;
    http_date(response.headers().get(header::DATE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_clock_that_is_far_off_fails_with_its_direction() {
        assert_eq!(skew(900).status, Status::Pass);
        assert_eq!(skew(-20_000).status, Status::Pass);
        let behind = skew(95_000);
        assert_eq!(behind.status, Status::Fail);
        assert!(behind.found.contains("95 s behind"), "{behind:?}");
        assert!(skew(-95_000).found.contains("95 s ahead of"));
    }

    #[test]
    fn silence_and_a_refusal_have_different_remedies() {
        let refusal = refused(&TunnelError::GatewayRefused(Refusal::UnknownAuthority));
        assert_eq!((refusal.check, refusal.status), ("quic", Status::Fail));
        assert!(refusal.next.is_some_and(|next| next.contains("join again")));
        let guessed = "gw.example:443".parse().expect("an address");
        assert_eq!(unreachable(&guessed, "refused", false).status, Status::Warn);
        assert_eq!(unreachable(&guessed, "refused", true).status, Status::Fail);
    }
}
