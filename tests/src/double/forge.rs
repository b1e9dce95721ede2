//! Certificates that no authority would issue: a stranger's, a late one, one whose trust and identity lie apart.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use certs::{
    authority::Authority,
    csr::{VerifiedRequest, request},
    key::PrivateKey,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType,
};
use rustls::{
    SignatureScheme,
    client::ResolvesClientCert,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// An hour.
pub const HOUR: Duration = Duration::from_secs(3600);

/// What a peer shows in a handshake, checked by nobody: a chain, and a key that may not be the leaf's.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The certificates, in the order in which they are sent.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key that signs the handshake.
    pub key: PrivateKey,
}

impl Shown {
    /// What `connector join` left in a state folder.
    ///
    /// # Errors
    /// When there is no identity.
    pub fn of_state(state: &Path) -> Result<Self> {
        let read = |name: &str| {
            std::fs::read_to_string(state.join("identity").join(name))
                .with_context(|| format!("reading {name}"))
        };
        let chain =
            CertificateDer::pem_slice_iter(read("chain.pem")?.as_bytes()).collect::<Result<_, _>>()?;
        Ok(Self {
            chain,
            key: PrivateKey::from_pem(&read("key.pem")?)?,
        })
    }

    /// A connector's certificate as `authority` issues it, which the gateway has not heard of.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issued(authority: &Authority, tenant: &str, connector: &str) -> Result<Self> {
        let key = PrivateKey::generate()?;
        let proven = VerifiedRequest::from_pem(&request(&key)?)?;
        let (tenant, connector, now) = (tenant.parse()?, connector.parse()?, SystemTime::now());
        let issued = authority
            .issuing()
            .issue_connector(&proven, &tenant, &connector, now, HOUR)?;
        Ok(Self {
            chain: issued.chain,
            key,
        })
    }

    /// A gateway node's certificate, as whoever holds the authority's key makes it.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn node(authority: &Authority, node: &str) -> Result<Self> {
        let (key, now) = (PrivateKey::generate()?, SystemTime::now());
        let address = ["127.0.0.1".parse()?];
        let names = ["localhost".to_owned()];
        let issued = authority
            .issuing()
            .issue_node(&key, &node.parse()?, &names, &address, now, HOUR)?;
        Ok(Self {
            chain: issued.chain,
            key,
        })
    }

    /// A leaf with these parameters, signed by the authority's root.
    ///
    /// # Errors
    /// When rcgen refuses.
    pub fn signed(authority: &Authority, parameters: &CertificateParams) -> Result<Self> {
        let root_key = PrivateKey::from_pem(&authority.root().key_pem())?;
        let issuer = Issuer::from_ca_cert_der(authority.root().certificate(), root_key)?;
        Self::signed_by(&issuer, parameters)
    }

    /// A certificate with these parameters, signed with this one's key, whether it may sign or not.
    ///
    /// # Errors
    /// When rcgen refuses.
    pub fn sign(&self, parameters: &CertificateParams) -> Result<Self> {
        let mut name = CertificateParams::default();
        name.distinguished_name = DistinguishedName::new();
        let mut leaf = Self::signed_by(&Issuer::new(name, self.key.clone()), parameters)?;
        leaf.chain.extend(self.chain.iter().cloned());
        Ok(leaf)
    }

    fn signed_by(issuer: &Issuer<'_, PrivateKey>, parameters: &CertificateParams) -> Result<Self> {
        let key = PrivateKey::generate()?;
        let leaf = parameters.signed_by(&key, issuer)?;
        Ok(Self {
            chain: vec![leaf.der().clone()],
            key,
        })
    }

    /// The same with these certificates behind its own.
    #[must_use]
    pub fn with(mut self, more: &Self) -> Self {
        self.chain.extend(more.chain.iter().cloned());
        self
    }

    fn certified(&self) -> Result<Arc<CertifiedKey>> {
        let key = PrivateKeyDer::Pkcs8(self.key.pkcs8_der().to_vec().into());
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?;
        Ok(Arc::new(CertifiedKey::new(self.chain.clone(), key)))
    }

    pub(super) fn resolver(&self) -> Result<Arc<Resolver>> {
        Ok(Arc::new(Resolver(self.certified()?)))
    }
}

/// Parameters of an honest connector's leaf, to be spoilt.
///
/// # Errors
/// When a name cannot stand in a certificate.
pub fn connector_parameters(domain: &str, tenant: &str, connector: &str) -> Result<CertificateParams> {
    let now = SystemTime::now();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.not_before = (now - HOUR).into();
    parameters.not_after = (now + HOUR).into();
    let name = format!("spiffe://{domain}/tenant/{tenant}/connector/{connector}");
    parameters.subject_alt_names = vec![SanType::URI(name.as_str().try_into()?)];
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(parameters)
}

/// Parameters of an authority of its own name.
#[must_use]
pub fn authority_parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}

/// Shows nothing.
#[derive(Debug)]
pub(super) struct Nothing;

impl ResolvesClientCert for Nothing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Shows the same certificates to everybody.
#[derive(Debug)]
pub(super) struct Resolver(Arc<CertifiedKey>);

impl ResolvesClientCert for Resolver {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
