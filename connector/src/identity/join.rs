//! Joining: a token becomes an identity.
//!
//! The token says where the gateway is and which authority to believe there. The key is made here; what is sent is the
//! token's secret and a certificate request, over TLS that is pinned to that authority. What comes back is checked
//! against the token before it is stored.

use std::{
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use certs::{
    csr,
    key::{KeyError, PrivateKey},
    tls::{self, Credential, TlsError},
    token::{GatewayAddress, JoinToken, MAX_TOKEN_BYTES, TokenError},
    verifier::TrustBundle,
};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use proto::{
    enrol::{EnrolRequest, EnrolResponse, MAX_RESPONSE_BYTES, PATH},
    error::{Code, Fault},
    id::{ConnectorId, Identity, TenantId},
    limits::{CLOCK_SKEW_WARNING, OWN_AUTHORITY_ALPN},
};
use rustls::ClientConfig;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

use super::{Enrolled, IdentityError};
use crate::{clock::UnixMillis, proxy::Proxies};

/// To resolve, connect and shake hands: six attempts of TCP's first retransmission.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// From the request to the answer's last byte: the gateway flushes its store once.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);

/// Joining failed. Each message says what to do next.
#[derive(Debug, Error)]
pub enum JoinError {
    /// The token cannot be read.
    #[error("the join token cannot be read: {0}; give its file, or `-` for standard input")]
    Unreadable(io::Error),
    /// The settings that are there already cannot be read.
    #[error("{0}")]
    Settings(String),
    /// What was read is not a token.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// Neither the token nor the command names the connector.
    #[error("the join token leaves the connector's name open; add `--name NAME`")]
    NameNeeded,
    /// The token is for something else than the command says.
    #[error("the join token is for {what} `{token}`, not `{asked}`; use the token that was made for it")]
    Mismatch {
        /// `tenant` or `connector`.
        what: &'static str,
        /// What the token says.
        token: String,
        /// What was asked.
        asked: String,
    },
    /// The identity cannot be stored, or is there already.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// No key or request could be made.
    #[error("no key could be made: {0}")]
    Key(#[from] KeyError),
    /// The certificate request could not be made.
    #[error("no certificate request could be made: {0}")]
    Csr(#[from] csr::CsrError),
    /// No TLS configuration could be made.
    #[error("no TLS configuration could be made: {0}")]
    Tls(#[from] TlsError),
    /// The gateway cannot be reached.
    #[error(
        "{gateway} cannot be reached: {reason}; check name resolution, and that TCP to that port may leave this host"
    )]
    Unreachable {
        /// The address of the token.
        gateway: String,
        /// Why.
        reason: String,
    },
    /// The handshake failed.
    #[error(
        "{gateway} is not the gateway that the join token was made by: {reason}; somebody may be in between, or the gateway's authority was replaced: ask for a new token"
    )]
    NotTheGateway {
        /// The address of the token.
        gateway: String,
        /// Why.
        reason: String,
    },
    /// The gateway said no.
    #[error("the gateway refused: {} ({}). {}{}", .fault.detail, .fault.code, .fault.code.next_step(), skew(.skew_ms))]
    Refused {
        /// Code and words.
        fault: Fault,
        /// How far the gateway's clock is ahead, in milliseconds, where it said.
        skew_ms: Option<i64>,
    },
    /// The gateway's answer makes no sense.
    #[error("the gateway's answer cannot be used: {0}; check that both sides are of a current version")]
    Answer(String),
}

fn skew(ms: &Option<i64>) -> String {
    match ms {
        Some(ms) if ms.unsigned_abs() > clock_bound() => format!(
            " This host's clock is {} s {} the gateway's.",
            ms.unsigned_abs() / 1000,
            if *ms > 0 { "behind" } else { "ahead of" }
        ),
        _ => String::new(),
    }
}

fn clock_bound() -> u64 {
    u64::try_from(CLOCK_SKEW_WARNING.as_millis()).unwrap_or(u64::MAX)
}

/// What to join, and as what.
#[derive(Debug)]
pub struct Wish {
    /// The way to the gateway.
    pub proxies: Proxies,
    /// The token.
    pub token: JoinToken,
    /// The tenant that the customer expects, where they said so.
    pub tenant: Option<TenantId>,
    /// The connector's name, where the customer gave one.
    pub name: Option<ConnectorId>,
    /// Whether an identity that is there may be replaced.
    pub replace: bool,
}

/// How joining went.
#[derive(Debug)]
pub struct Joined {
    /// The customer account.
    pub tenant: TenantId,
    /// The connector's name in it.
    pub connector: ConnectorId,
    /// Where tunnels are dialled to.
    pub tunnel_address: GatewayAddress,
    /// How far the gateway's clock is ahead of this host's, in milliseconds.
    pub skew_ms: i64,
}

impl Joined {
    /// What is wrong with the clocks, where something is.
    pub fn skew_warning(&self) -> Option<String> {
        Some(skew(&Some(self.skew_ms)).trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// Reads a token from a file or, for `-`, from standard input.
pub fn read_token(from: &Path) -> Result<JoinToken, JoinError> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_TOKEN_BYTES + 2));
    let most = u64::try_from(MAX_TOKEN_BYTES).unwrap_or(u64::MAX) + 2;
    let read = if from == Path::new("-") {
        io::stdin().lock().take(most).read_to_string(&mut text)
    } else {
        std::fs::File::open(from).and_then(|file| file.take(most).read_to_string(&mut text))
    };
    read.map_err(JoinError::Unreadable)?;
    Ok(text.parse()?)
}

/// Joins, and stores the identity in `folder`.
pub async fn join(folder: &Path, wish: Wish) -> Result<Joined, JoinError> {
    // Before the token is used up: it works once.
    if folder.exists() && !wish.replace {
        return Err(IdentityError::Exists(folder.to_owned()).into());
    }
    let connector = connector_name(&wish)?;
    if let Some(state) = folder.parent() {
        super::make_private(state)?;
    }
    let key = PrivateKey::generate()?;
    let token = &wish.token;
    let request = EnrolRequest {
        secret: token.secret.to_text().to_string(),
        tenant: Some(token.tenant.clone()),
        connector: Some(connector.clone()),
        csr: csr::request(&key)?,
        unix_time_ms: UnixMillis::now().0,
    };
    let response = send(&wish.proxies, token, &request).await;
    drop(Zeroizing::new(request.secret));
    let response = response?;
    let skew_ms = UnixMillis::now().behind(UnixMillis(response.unix_time_ms));
    let enrolled = check(token, &connector, key, response)?;
    super::store(folder, &enrolled, wish.replace)?;
    Ok(Joined {
        tenant: enrolled.tenant,
        connector: enrolled.connector,
        tunnel_address: enrolled.tunnel_address,
        skew_ms,
    })
}

fn connector_name(wish: &Wish) -> Result<ConnectorId, JoinError> {
    let token = &wish.token;
    if let Some(asked) = wish.tenant.as_ref().filter(|asked| **asked != token.tenant) {
        return Err(JoinError::Mismatch {
            what: "tenant",
            token: token.tenant.to_string(),
            asked: asked.to_string(),
        });
    }
    match (&token.connector, &wish.name) {
        (Some(token), Some(asked)) if token != asked => Err(JoinError::Mismatch {
            what: "connector",
            token: token.to_string(),
            asked: asked.to_string(),
        }),
        (Some(name), _) | (None, Some(name)) => Ok(name.clone()),
        (None, None) => Err(JoinError::NameNeeded),
    }
}

/// Checks the answer against the token: the roots must hold the pinned one, and the certificate must be for this key and
/// this connector. A gateway that mixes them up is met here and not on the first tunnel.
fn check(
    token: &JoinToken,
    connector: &ConnectorId,
    key: PrivateKey,
    response: EnrolResponse,
) -> Result<Enrolled, JoinError> {
    let refuse = |what: &str| JoinError::Answer(what.to_owned());
    let bundle = TrustBundle::from_pem(&response.trust_bundle)
        .and_then(|bundle| bundle.pinned(&token.ca_fingerprint))
        .map_err(|error| JoinError::Answer(format!("its trust bundle: {error}")))?;
    if *bundle.domain() != response.trust_domain {
        return Err(refuse("its trust bundle is of another trust domain"));
    }
    let credential = Credential::from_pem(&response.certificate_chain, &key)
        .map_err(|error| JoinError::Answer(format!("its certificate: {error}")))?;
    let named = Identity::Connector {
        domain: response.trust_domain.clone(),
        tenant: token.tenant.clone(),
        connector: connector.clone(),
    };
    if credential.facts().identity != named
        || response.tenant != token.tenant
        || response.connector != *connector
    {
        return Err(refuse("its certificate is for somebody else"));
    }
    let tunnel_address = response
        .tunnel_address
        .parse()
        .map_err(|error| JoinError::Answer(format!("its tunnel address: {error}")))?;
    Ok(Enrolled {
        key,
        chain: response.certificate_chain,
        bundle: response.trust_bundle,
        tenant: response.tenant,
        connector: response.connector,
        trust_domain: response.trust_domain,
        tunnel_address,
        api_address: Some(token.gateway.clone()),
    })
}

/// The parts of a problem document (RFC 9457) that are read; others may be there.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

async fn send(
    proxies: &Proxies,
    token: &JoinToken,
    request: &EnrolRequest,
) -> Result<EnrolResponse, JoinError> {
    let config = tls::join_client_config(token.ca_fingerprint, Arc::new(()))?;
    post(proxies, &token.gateway, config, PATH, request).await
}

/// Sends one document to the gateway's API.
pub(super) async fn post<B: Serialize>(
    proxies: &Proxies,
    to: &GatewayAddress,
    mut config: ClientConfig,
    path: &str,
    request: &B,
) -> Result<EnrolResponse, JoinError> {
    let gateway = to.to_string();
    let unreachable = |reason: String| JoinError::Unreachable {
        gateway: gateway.clone(),
        reason,
    };
    config.alpn_protocols = vec![OWN_AUTHORITY_ALPN.to_vec(), b"http/1.1".to_vec()];
    let tcp = proxies.connect(&to.host(), to.port()).await;
    let tcp = tcp.map_err(|error| unreachable(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config));
    let stream = timeout(CONNECT_DEADLINE, connector.connect(to.server_name().clone(), tcp))
        .await
        .map_err(|_| {
            unreachable(format!(
                "no TLS handshake within {} s",
                CONNECT_DEADLINE.as_secs()
            ))
        })?
        .map_err(|error| JoinError::NotTheGateway {
            gateway: gateway.clone(),
            reason: error.to_string(),
        })?;
    timeout(ANSWER_DEADLINE, exchange(stream, &gateway, path, request))
        .await
        .map_err(|_| unreachable(format!("no answer within {} s", ANSWER_DEADLINE.as_secs())))?
}

async fn exchange<B: Serialize>(
    stream: tokio_rustls::client::TlsStream<TcpStream>,
    gateway: &str,
    path: &str,
    request: &B,
) -> Result<EnrolResponse, JoinError> {
    let unreachable = |error: hyper::Error| JoinError::Unreachable {
        gateway: gateway.to_owned(),
        reason: error.to_string(),
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(unreachable)?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let answer = |error: &dyn std::fmt::Display| JoinError::Answer(error.to_string());
    let body = serde_json::to_vec(request).map_err(|error| answer(&error))?;
    let request = Request::post(path)
        .header(header::HOST, gateway)
        .header(header::CONTENT_TYPE, "application/json")
        .header(
            header::USER_AGENT,
            concat!("connector/", env!("CARGO_PKG_VERSION")),
        )
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| answer(&error))?;
    let response = sender.send_request(request).await.map_err(unreachable)?;
    let status = response.status();
    let sent_at = response
        .headers()
        .get(header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(http_date);
    let body = Limited::new(response.into_body(), MAX_RESPONSE_BYTES)
        .collect()
        .await;
    let body = body.map_err(|error| answer(&error))?.to_bytes();
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|error| answer(&error));
    }
    Err(JoinError::Refused {
        fault: refusal(status, &body),
        skew_ms: sent_at.map(|date| UnixMillis::now().behind(date)),
    })
}

fn refusal(status: StatusCode, body: &[u8]) -> Fault {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => {
            let code = Code::ALL.iter().find(|code| code.name() == problem.code);
            // Words of a gateway that was authenticated; bounded, for the terminal.
            let detail: String = problem
                .detail
                .chars()
                .filter(|c| !c.is_control())
                .take(500)
                .collect();
            Fault::new(code.copied().unwrap_or(Code::Internal), detail)
        }
        Err(_) => Fault::new(
            Code::Internal,
            format!("the answer was HTTP {status} without a problem document"),
        ),
    }
}

/// A date as HTTP writes it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<UnixMillis> {
    let rest = text.strip_suffix(" GMT")?;
    let time = time::OffsetDateTime::parse(
        &format!("{rest} +0000"),
        &time::format_description::well_known::Rfc2822,
    );
    u64::try_from(time.ok()?.unix_timestamp())
        .ok()?
        .checked_mul(1000)
        .map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use certs::{identity::Fingerprint, token::JoinSecret};

    use super::*;

    fn wish(connector: Option<&str>, name: Option<&str>) -> Wish {
        Wish {
            proxies: Proxies::default(),
            token: JoinToken {
                gateway: "127.0.0.1:1".parse().expect("an address"),
                ca_fingerprint: Fingerprint([7; 32]),
                tenant: "acme".parse().expect("a name"),
                connector: connector.map(|c| c.parse().expect("a name")),
                secret: JoinSecret::new([9; 32]),
            },
            tenant: None,
            name: name.map(|c| c.parse().expect("a name")),
            replace: false,
        }
    }

    #[test]
    fn the_name_comes_from_the_token_or_from_the_command_and_they_agree() {
        assert_eq!(
            connector_name(&wish(Some("a"), None)).expect("named").as_str(),
            "a"
        );
        assert_eq!(
            connector_name(&wish(None, Some("b"))).expect("named").as_str(),
            "b"
        );
        assert!(connector_name(&wish(Some("a"), Some("a"))).is_ok());
        assert!(matches!(
            connector_name(&wish(None, None)),
            Err(JoinError::NameNeeded)
        ));
        assert!(matches!(
            connector_name(&wish(Some("a"), Some("b"))),
            Err(JoinError::Mismatch { .. })
        ));
        let mut other = wish(Some("a"), None);
        other.tenant = Some("globex".parse().expect("a name"));
        assert!(matches!(
            connector_name(&other),
            Err(JoinError::Mismatch { what: "tenant", .. })
        ));
    }

    #[tokio::test]
    async fn a_token_is_not_used_up_where_an_identity_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        // Nothing listens on that port: an attempt to connect would be another error.
        let joined = join(folder.path(), wish(Some("a"), None)).await;
        assert!(matches!(
            joined,
            Err(JoinError::Identity(IdentityError::Exists(_)))
        ));
    }

    #[test]
    fn a_refusal_carries_its_code_and_the_next_step_and_the_skew() {
        let body = br#"{"code":"token_used","detail":"the token was used on 2026-01-01","more":1}"#;
        let fault = refusal(StatusCode::UNAUTHORIZED, body);
        assert_eq!(fault.code, Code::TokenUsed);
        let error = JoinError::Refused {
            fault,
            skew_ms: Some(-95_000),
        };
        let message = error.to_string();
        for words in ["token_used", "used on", "Create a new one", "95 s ahead of"] {
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(refusal(StatusCode::BAD_GATEWAY, b"<html>").code, Code::Internal);
    }

    #[test]
    fn a_date_of_http_is_read() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(UnixMillis(784_111_777_000))
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn a_token_is_read_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, format!("{}\n", *wish(Some("a"), None).token.to_text())).expect("written");
        assert_eq!(read_token(&path).expect("read").tenant.as_str(), "acme");
        std::fs::write(&path, "hello").expect("written");
        assert!(matches!(read_token(&path), Err(JoinError::Token(_))));
        assert!(matches!(
            read_token(&folder.path().join("none")),
            Err(JoinError::Unreadable(_))
        ));
    }
}
