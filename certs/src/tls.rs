//! The TLS configurations of the tunnel, the API and the join call.

use std::sync::Arc;

use rustls::{ClientConfig, ServerConfig, crypto::CryptoProvider};
use thiserror::Error;

use crate::{
    denylist::Denylist,
    identity::{CertificateFacts, Fingerprint},
    key::PrivateKey,
    verifier::{RefusalObserver, TrustBundle},
};

/// Why a configuration could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TlsError {
    /// Placeholder.
    #[error("malformed")]
    Malformed,
}

/// A certificate chain with its key, checked to belong together.
#[derive(Debug, Clone)]
pub struct Credential {}

impl Credential {
    /// From a PEM chain, leaf first, and its key.
    pub fn from_pem(_chain_pem: &str, _key: &PrivateKey) -> Result<Self, TlsError> {
        todo!()
    }
    /// What the leaf says.
    pub fn facts(&self) -> &CertificateFacts {
        todo!()
    }
}

/// The credential in use; another one can be put in for the handshakes to come.
#[derive(Debug)]
pub struct CredentialSlot {}

impl CredentialSlot {
    /// A slot with a first credential.
    pub fn new(_credential: Credential) -> Arc<Self> {
        todo!()
    }
    /// Puts another credential in use.
    pub fn replace(&self, _credential: Credential) {
        todo!()
    }
    /// What the leaf in use says.
    pub fn facts(&self) -> CertificateFacts {
        todo!()
    }
}

/// aws-lc-rs with X25519MLKEM768 first.
pub fn provider() -> Arc<CryptoProvider> {
    todo!()
}

/// The gateway's end of a tunnel: TLS 1.3, ALPN of the tunnel, connectors only. Ready for quinn's `QuicServerConfig`.
pub fn tunnel_server_config(
    _slot: Arc<CredentialSlot>,
    _bundle: &TrustBundle,
    _denylist: Arc<Denylist>,
    _observer: Arc<dyn RefusalObserver>,
) -> Result<ServerConfig, TlsError> {
    todo!()
}

/// The connector's end of a tunnel: TLS 1.3, ALPN of the tunnel, gateway nodes only.
pub fn tunnel_client_config(_slot: Arc<CredentialSlot>, _bundle: &TrustBundle) -> Result<ClientConfig, TlsError> {
    todo!()
}

/// The gateway's HTTPS API: TLS 1.2 or newer, no client certificates, ALPN h2 and http/1.1; the root is sent as well.
pub fn api_server_config(_slot: Arc<CredentialSlot>, _bundle: &TrustBundle) -> Result<ServerConfig, TlsError> {
    todo!()
}

/// A client of the HTTPS API that has the root (the command-line tool): names are checked. ALPN http/1.1 and h2.
pub fn api_client_config(_bundle: &TrustBundle) -> Result<ClientConfig, TlsError> {
    todo!()
}

/// The connector's join call: TLS 1.3, pinned to the root that the token names. ALPN http/1.1.
pub fn join_client_config(_ca_fingerprint: Fingerprint) -> Result<ClientConfig, TlsError> {
    todo!()
}
