//! Gateway nodes among themselves: both ends of a connection between two of them.
//!
//! The node that dials knows whom it dials, by the name in the directory, and takes nobody else for it: an address that was
//! given to another node meanwhile must not be sent the first one's queries. The node that is dialled takes any node of its
//! trust domain, and no connector: what it is asked to do it checks by the caller's own credential.

use std::sync::Arc;

use proto::id::{Identity, NodeId};
use rustls::{
    DigitallySignedStruct, DistinguishedName, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{
    Refusal, RefusalObserver, TrustSlot, bounded, node_under, only_tls13, report, same_domain, sharpen,
};
use crate::{identity::facts_of, tls::provider};

/// The dialled node's verifier of the node that dials.
#[derive(Debug)]
pub struct PeerVerifier {
    trust: Arc<TrustSlot>,
    observer: Arc<dyn RefusalObserver>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PeerVerifier {
    /// A verifier for the gateway nodes of the bundle's trust domain.
    pub fn new(trust: impl Into<Arc<TrustSlot>>, observer: Arc<dyn RefusalObserver>) -> Self {
        Self {
            trust: trust.into(),
            observer,
            algorithms: provider().signature_verification_algorithms,
        }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        bounded(leaf, rest)?;
        let trusted = self.trust.trusted();
        trusted
            .connectors
            .verify_client_cert(leaf, rest, now)
            .map_err(|error| sharpen(error, leaf))?;
        let facts = facts_of(leaf).map_err(Refusal::from)?;
        same_domain(&facts, trusted.bundle.domain())?;
        match &facts.identity {
            Identity::Node { .. } => Ok(()),
            Identity::Connector { .. } => Err(Refusal::WrongKind(facts.identity).into()),
        }
    }

    fn observer(&self) -> &dyn RefusalObserver {
        &*self.observer
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }
}

/// The dialling node's verifier of the one node that it means.
#[derive(Debug)]
pub struct NamedNodeVerifier {
    trust: Arc<TrustSlot>,
    node: NodeId,
    observer: Arc<dyn RefusalObserver>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl NamedNodeVerifier {
    /// A verifier for the node of this name.
    pub fn new(trust: impl Into<Arc<TrustSlot>>, node: NodeId, observer: Arc<dyn RefusalObserver>) -> Self {
        Self {
            trust: trust.into(),
            node,
            observer,
            algorithms: provider().signature_verification_algorithms,
        }
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        bounded(leaf, rest)?;
        node_under(&self.trust.trusted().bundle, leaf, rest, now, &self.algorithms)?;
        let facts = facts_of(leaf).map_err(Refusal::from)?;
        match &facts.identity {
            Identity::Node { node, .. } if *node == self.node => Ok(()),
            _ => Err(Refusal::OtherNode(facts.identity).into()),
        }
    }

    fn observer(&self) -> &dyn RefusalObserver {
        &*self.observer
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }
}

client_verifier!(PeerVerifier);
server_verifier!(NamedNodeVerifier);
