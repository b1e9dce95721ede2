//! The TLS configurations of the tunnel, the API and the join call, for rustls; QUIC wraps the first two.
//!
//! | configuration | TLS | ALPN | peer |
//! |---|---|---|---|
//! | [`tunnel_server_config`] | 1.3 | [`proto::limits::ALPN`] | a connector, by certificate |
//! | [`tunnel_client_config`] | 1.3 | the same | a gateway node, by certificate |
//! | [`tunnel_tcp_server_config`], [`tunnel_tcp_client_config`] | 1.3 | [`proto::limits::ALPN_HTTP2`] | the same, over TCP |
//! | [`api_server_config`] | 1.2, 1.3 | `h2`, `http/1.1` | anybody; who it is, the API asks |
//! | [`api_client_config`] | 1.2, 1.3 | none set | the host that was named, under our root |
//! | [`peer_server_config`] | 1.3 | [`proto::limits::PEER_ALPN`] | a gateway node, by certificate |
//! | [`peer_client_config`] | 1.3 | the same | the gateway node that is meant, by certificate |
//! | [`join_client_config`] | 1.3 | none set | a gateway node under the pinned root |
//!
//! - X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem) is offered and chosen first: what is recorded today must not be readable
//!   when X25519 is broken. Classical groups remain, for tools on the API and for peers that cannot.
//! - No 0-RTT: a request that can be replayed is a request that was not audited once.
//! - **No resumption in tunnels**: a resumed session takes the peer's identity from the ticket and asks no verifier, so
//!   that a revoked or expired certificate would return with it. A tunnel lives for hours; a full handshake is nothing.
//! - A credential is looked up for each handshake, so that a renewed one is used without a restart
//!   ([`CredentialSlot::replace`]).

use std::sync::{Arc, PoisonError, RwLock};

use proto::id::NodeId;
use rustls::{
    ClientConfig, ServerConfig, SignatureScheme,
    client::{ResolvesClientCert, Resumption},
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use thiserror::Error;

use crate::{
    denylist::Denylist,
    identity::{CertificateFacts, Fingerprint, IdentityError, facts_of},
    key::{KeyError, PrivateKey},
    public::PublicSlot,
    verifier::{
        ConnectorVerifier, GatewayVerifier, MAX_BUNDLE_BYTES, MAX_PRESENTED, NamedNodeVerifier, PeerVerifier,
        PinnedRootVerifier, RefusalObserver, TrustBundle, TrustSlot, UndatedVerifier,
    },
};

/// Why a credential or a configuration could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TlsError {
    /// The text is not one to [`MAX_PRESENTED`] certificates in PEM.
    #[error("the certificate chain is not 1 to {MAX_PRESENTED} certificates in PEM")]
    Chain,
    /// The leaf is not a certificate of this product.
    #[error("the certificate cannot be used: {0}")]
    Identity(#[from] IdentityError),
    /// The key cannot be used.
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The key is not that of the leaf.
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    /// rustls refused the combination of versions, groups and suites: a fault of this module.
    #[error("TLS cannot be configured: {0}")]
    Configuration(String),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Configuration(error.to_string())
    }
}

/// A certificate chain and its key, checked to belong together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Credential {
    certified: Arc<CertifiedKey>,
    facts: CertificateFacts,
}

impl Credential {
    /// From a PEM chain, leaf first, and the leaf's key. Validity is not checked: an expired certificate is loaded so
    /// that its owner can say that it is expired.
    pub fn from_pem(chain_pem: &str, key: &PrivateKey) -> Result<Self, TlsError> {
        if chain_pem.len() > MAX_BUNDLE_BYTES {
            return Err(TlsError::Chain);
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
        Self::new(chain.map_err(|_| TlsError::Chain)?, key)
    }

    /// From a chain, leaf first, and the leaf's key.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: &PrivateKey) -> Result<Self, TlsError> {
        let leaf = chain
            .first()
            .filter(|_| chain.len() <= MAX_PRESENTED)
            .ok_or(TlsError::Chain)?;
        let facts = facts_of(leaf)?;
        let certified = CertifiedKey::new(chain, key.for_rustls()?);
        certified.keys_match().map_err(|_| TlsError::KeyMismatch)?;
        Ok(Self {
            certified: Arc::new(certified),
            facts,
        })
    }

    /// What the leaf says: who we are, and until when.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }
}

/// The credential in use. Whoever renews it puts the new one in; handshakes from then on use it, connections that stand
/// keep the old one.
#[derive(Debug)]
pub struct CredentialSlot(RwLock<Credential>);

impl CredentialSlot {
    /// A slot with a first credential.
    pub fn new(credential: Credential) -> Arc<Self> {
        Arc::new(Self(RwLock::new(credential)))
    }

    /// Puts another credential in use.
    pub fn replace(&self, credential: Credential) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credential;
    }

    /// The credential in use.
    pub fn current(&self) -> Credential {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the leaf in use says.
    pub fn facts(&self) -> CertificateFacts {
        self.current().facts
    }
}

impl ResolvesServerCert for CredentialSlot {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().certified)
    }
}

impl ResolvesClientCert for CredentialSlot {
    fn resolve(&self, _root_hints: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current().certified)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// What the API presents: the chain and the roots that it leads to, which a joining connector knows by the digest of one
/// only. In the tunnel they are left out: there they would be bytes in the first flight that nobody reads.
#[derive(Debug)]
struct WithRoots {
    slot: Arc<CredentialSlot>,
    trust: Arc<TrustSlot>,
    public: Arc<PublicSlot>,
}

impl ResolvesServerCert for WithRoots {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let own = hello
            .alpn()
            .is_some_and(|mut offered| offered.any(|name| name == proto::limits::OWN_AUTHORITY_ALPN));
        if !own && let Some(public) = self.public.certified() {
            return Some(public);
        }
        let certified = self.slot.current().certified;
        let bundle = self.trust.bundle();
        let mut chain = certified.cert.clone();
        for certificate in &certified.cert {
            let root = bundle.issuer_of(certificate);
            if let Some(root) = root.filter(|root| !chain.contains(*root) && chain.len() < MAX_PRESENTED) {
                chain.push(root.clone());
            }
        }
        Some(Arc::new(CertifiedKey::new(chain, certified.key.clone())))
    }
}

/// aws-lc-rs with X25519MLKEM768 first. Handed to each configuration; no default for the process is installed.
pub fn provider() -> Arc<CryptoProvider> {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    Arc::new(CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    })
}

/// The gateway's end of a tunnel. Fit for quinn's `QuicServerConfig::try_from`.
///
/// QUIC refuses a client that offers no ALPN at all (RFC 9001, section 8.1). Over TCP, TLS lets it pass: there the caller
/// looks at `alpn_protocol()` itself.
///
/// `observer` is told of each connector that is refused; `Arc::new(())` looks away.
pub fn tunnel_server_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    denylist: Arc<Denylist>,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ServerConfig, TlsError> {
    let verifier = ConnectorVerifier::new(trust, denylist, observer);
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(slot);
    config.alpn_protocols = vec![proto::limits::ALPN.to_vec()];
    config.max_early_data_size = 0;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// The gateway's end of a tunnel over TCP, with the protocol that goes over HTTP/2. A client that offers no protocol at all
/// is let pass by TLS: who comes here has offered this one.
pub fn tunnel_tcp_server_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    denylist: Arc<Denylist>,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ServerConfig, TlsError> {
    let mut config = tunnel_server_config(slot, trust, denylist, observer)?;
    config.alpn_protocols = vec![proto::limits::ALPN_HTTP2.to_vec()];
    Ok(config)
}

/// The connector's end of a tunnel over TCP. The caller looks at `alpn_protocol()`: a server may leave the choice out.
pub fn tunnel_tcp_client_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ClientConfig, TlsError> {
    let mut config = tunnel_client_config(slot, trust, observer)?;
    config.alpn_protocols = vec![proto::limits::ALPN_HTTP2.to_vec()];
    Ok(config)
}

/// The connector's end of a tunnel. Fit for quinn's `QuicClientConfig::try_from`.
///
/// `observer` is told of each gateway that is refused; `Arc::new(())` looks away.
pub fn tunnel_client_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ClientConfig, TlsError> {
    let verifier = GatewayVerifier::new(trust, observer);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(slot);
    config.alpn_protocols = vec![proto::limits::ALPN.to_vec()];
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// A node's listener for other nodes. As in tunnels nothing is resumed: a node that was removed must not come back by a
/// ticket.
///
/// `observer` is told of each peer that is refused; `Arc::new(())` looks away.
pub fn peer_server_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(PeerVerifier::new(trust, observer)))
        .with_cert_resolver(slot);
    config.alpn_protocols = vec![proto::limits::PEER_ALPN.to_vec()];
    config.max_early_data_size = 0;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// A node's end towards the one other node that it means to dial.
///
/// `observer` is told of each peer that is refused; `Arc::new(())` looks away.
pub fn peer_client_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    node: NodeId,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ClientConfig, TlsError> {
    let verifier = NamedNodeVerifier::new(trust, node, observer);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(slot);
    config.alpn_protocols = vec![proto::limits::PEER_ALPN.to_vec()];
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The gateway's HTTPS API. Sends the roots behind the chain, for a joining connector. Clients may resume sessions: they
/// have no certificate whose check could be skipped. Where `public` holds a certificate, it is shown to everybody but those
/// who offer [`proto::limits::OWN_AUTHORITY_ALPN`].
pub fn api_server_config(
    slot: Arc<CredentialSlot>,
    trust: impl Into<Arc<TrustSlot>>,
    public: Arc<PublicSlot>,
) -> Result<ServerConfig, TlsError> {
    let resolver = WithRoots {
        slot,
        trust: trust.into(),
        public,
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.max_early_data_size = 0;
    Ok(config)
}

/// A client of the HTTPS API that holds the root certificate, as the command-line tool does. The host's name is compared.
/// The caller sets `alpn_protocols` to what it speaks.
pub fn api_client_config(bundle: &TrustBundle) -> Result<ClientConfig, TlsError> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_root_certificates(bundle.store().clone())
        .with_no_client_auth())
}

/// The connector's join call, pinned to the root that the token names. The caller sets `alpn_protocols` to what it speaks.
///
/// The bundle that the call returns is to be checked as well ([`TrustBundle::pinned`]) before it is stored.
pub fn join_client_config(
    root: Fingerprint,
    observer: Arc<dyn RefusalObserver>,
) -> Result<ClientConfig, TlsError> {
    let verifier = PinnedRootVerifier::new(root, observer);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The call in which a connector whose certificate ran out asks to be approved again. The dates of the gateway's certificate
/// are not looked at ([`crate::verifier::UndatedVerifier`]): nothing secret may be sent, and nothing be believed that the
/// authority did not sign. The caller sets `alpn_protocols` to what it speaks.
pub fn reapproval_client_config(trust: impl Into<Arc<TrustSlot>>) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(UndatedVerifier::new(trust)))
        .with_no_client_auth();
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    Ok(config)
}

#[cfg(test)]
mod tests;
