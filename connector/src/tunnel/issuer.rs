//! Who issued the certificate that was shown in place of the gateway's: the name to ask after when TLS is broken open on
//! the way.

use std::sync::{Arc, Mutex, PoisonError};

use certs::{identity::issuer_text, verifier::GatewayVerifier};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::identity::Identity;

/// The gateway's verifier, and who issued the certificate that it was shown.
#[derive(Debug)]
pub(crate) struct Seen {
    verifier: GatewayVerifier,
    issuer: Mutex<Option<String>>,
}

impl Seen {
    pub(crate) fn new(identity: &Identity) -> Self {
        Self {
            verifier: GatewayVerifier::new(Arc::clone(&identity.trust), Arc::new(())),
            issuer: Mutex::default(),
        }
    }

    /// In the words of the certificate that was shown last, which nobody has checked.
    pub(crate) fn issuer(&self) -> Option<String> {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let issuer = issuer_text(leaf).unwrap_or_else(|| "a certificate that cannot be read".to_owned());
        *self.issuer.lock().unwrap_or_else(PoisonError::into_inner) = Some(issuer);
        self.verifier.verify_server_cert(leaf, rest, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
