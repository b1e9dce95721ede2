//! The installation's certificate authority.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use proto::id::{ConnectorId, NodeId, TenantId, TrustDomain};
use rustls_pki_types::CertificateDer;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    csr::VerifiedRequest,
    identity::{CertificateFacts, Fingerprint},
    key::PrivateKey,
    verifier::TrustBundle,
};

/// Life of a leaf certificate.
pub const LEAF_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Why nothing was issued.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityError {
    /// Placeholder.
    #[error("the authority is expired")]
    Expired,
}

/// A certificate just issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Leaf first, then intermediates, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The same as PEM.
    pub chain_pem: String,
    /// Identity, validity, serial number, fingerprint of the leaf.
    pub facts: CertificateFacts,
}

/// The root certificate and its key.
#[derive(Debug)]
pub struct Authority {}

impl Authority {
    /// Makes a new root for a trust domain.
    pub fn create(_domain: TrustDomain, _now: SystemTime) -> Result<Self, AuthorityError> {
        todo!()
    }
    /// Loads what [`Authority::root_pem`] and [`Authority::key_pem`] gave. The trust domain is in the root.
    pub fn from_pem(_root_pem: &str, _key_pem: &str) -> Result<Self, AuthorityError> {
        todo!()
    }
    /// The root certificate as PEM.
    pub fn root_pem(&self) -> String {
        todo!()
    }
    /// The root's key, for a file of mode 0600.
    pub fn key_pem(&self) -> Zeroizing<String> {
        todo!()
    }
    /// SHA-256 of the root's DER: what a join token pins.
    pub fn root_fingerprint(&self) -> Fingerprint {
        todo!()
    }
    /// The trust domain.
    pub fn domain(&self) -> &TrustDomain {
        todo!()
    }
    /// What peers of this installation trust.
    pub fn bundle(&self) -> &TrustBundle {
        todo!()
    }
    /// Issues a connector's certificate (clientAuth only). `lifetime` counts from `now`.
    pub fn issue_connector(
        &self,
        _request: &VerifiedRequest,
        _tenant: &TenantId,
        _connector: &ConnectorId,
        _now: SystemTime,
        _lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        todo!()
    }
    /// Issues a gateway node's certificate (serverAuth and clientAuth, DNS and IP names for the API).
    pub fn issue_node(
        &self,
        _key: &PrivateKey,
        _node: &NodeId,
        _dns_names: &[String],
        _ips: &[IpAddr],
        _now: SystemTime,
        _lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        todo!()
    }
}
