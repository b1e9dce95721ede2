//! The issuing authority: it signs the certificates of connectors and nodes.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use proto::id::{ConnectorId, Identity, NodeId, TenantId, TrustDomain};
use rcgen::{ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose, PublicKeyData, SanType};
use rustls_pki_types::{CertificateDer, DnsName, pem::PemObject as _};
use zeroize::Zeroizing;

use super::{AuthorityError, Issued, MAX_LEAF_LIFETIME, params, root::belongs, serial, uri};
use crate::{
    csr::VerifiedRequest,
    identity::{Fingerprint, MAX_API_NAMES, authority_end, facts_of},
    key::PrivateKey,
    pem,
    verifier::{MAX_BUNDLE_BYTES, TrustBundle, node_at},
};

/// Certificates of an issuing authority: its own, and one that leads from a new root to the one before.
pub const MAX_ISSUING_CHAIN: usize = 2;

/// An issuing authority and its key.
#[derive(Debug)]
pub struct Issuing {
    chain: Vec<CertificateDer<'static>>,
    domain: TrustDomain,
    not_after: SystemTime,
    key: PrivateKey,
    issuer: Issuer<'static, PrivateKey>,
}

impl Issuing {
    /// From its certificate, and what leads further from its root, and the key of the first. That a root is behind them
    /// [`Issuing::under`] says.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKey,
        domain: TrustDomain,
    ) -> Result<Self, AuthorityError> {
        let own = chain
            .first()
            .filter(|_| chain.len() <= MAX_ISSUING_CHAIN)
            .ok_or(AuthorityError::NotIssuing("there are 1 or 2 certificates"))?;
        let not_after = authority_end(own)
            .map_err(|_| AuthorityError::NotIssuing("it may not sign certificates, or is malformed"))?;
        belongs(own, &key)?;
        let issuer = Issuer::from_ca_cert_der(own, key.clone()).map_err(|_| AuthorityError::Crypto)?;
        Ok(Self {
            chain,
            domain,
            not_after,
            key,
            issuer,
        })
    }

    /// The same from PEM.
    pub fn from_pem(chain_pem: &str, key_pem: &str, domain: TrustDomain) -> Result<Self, AuthorityError> {
        if chain_pem.len() > MAX_BUNDLE_BYTES {
            return Err(AuthorityError::NotIssuing("the text is too long"));
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| AuthorityError::NotIssuing("the text is not PEM"))?;
        Self::new(chain, PrivateKey::from_pem(key_pem)?, domain)
    }

    /// The certificates as PEM, its own first.
    pub fn to_pem(&self) -> String {
        pem::certificates(&self.chain)
    }

    /// The key, for a seal.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.to_pem()
    }

    /// SHA-256 of its own certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.chain.first().map_or(&[][..], |own| own.as_ref()))
    }

    /// The last second of its validity.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Checks that a peer who trusts `bundle` accepts what this signs, by a certificate that is made for it and thrown away.
    ///
    /// # Errors
    /// [`AuthorityError::Refused`] as the peer would put it.
    pub fn under(&self, bundle: &TrustBundle, now: SystemTime) -> Result<(), AuthorityError> {
        let node: NodeId = "self-check".parse().map_err(|_| AuthorityError::Crypto)?;
        let key = PrivateKey::generate()?;
        let leaf = self.issue_node(&key, &node, &[], &[], now, Duration::from_secs(60))?;
        node_at(bundle, &leaf.chain, now).map_err(AuthorityError::Refused)
    }

    /// Issues the certificate of a connector: clientAuth only, one name, its SPIFFE ID. It runs out `lifetime` after
    /// `now`, or with the authority.
    pub fn issue_connector(
        &self,
        request: &VerifiedRequest,
        tenant: &TenantId,
        connector: &ConnectorId,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        let identity = Identity::Connector {
            domain: self.domain.clone(),
            tenant: tenant.clone(),
            connector: connector.clone(),
        };
        let purposes = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut issued = self.issue(request, &identity, purposes, Vec::new(), now, lifetime)?;
        // A gateway trusts every root that a connector may be under: the way from one root to another is for the other side.
        issued.chain.truncate(2);
        issued.chain_pem = pem::certificates(&issued.chain);
        Ok(issued)
    }

    /// Issues the certificate of a gateway node: serverAuth for the tunnel and the API, clientAuth towards other nodes,
    /// its SPIFFE ID, and the names under which clients reach the API.
    pub fn issue_node(
        &self,
        key: &PrivateKey,
        node: &NodeId,
        dns_names: &[String],
        ips: &[IpAddr],
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        if dns_names.len() + ips.len() > MAX_API_NAMES {
            return Err(AuthorityError::TooManyNames);
        }
        let identity = Identity::Node {
            domain: self.domain.clone(),
            node: node.clone(),
        };
        let purposes = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        self.issue(
            key,
            &identity,
            purposes,
            api_names(dns_names, ips)?,
            now,
            lifetime,
        )
    }

    fn issue(
        &self,
        key: &impl PublicKeyData,
        identity: &Identity,
        purposes: Vec<ExtendedKeyUsagePurpose>,
        more_names: Vec<SanType>,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Issued, AuthorityError> {
        if lifetime < Duration::from_secs(1) || lifetime > MAX_LEAF_LIFETIME {
            return Err(AuthorityError::Lifetime);
        }
        if now >= self.not_after {
            return Err(AuthorityError::IssuingExpired);
        }
        let mut params = params(now, self.not_after.min(now + lifetime), &serial()?)?;
        // The subject stays empty, which makes the SAN critical (RFC 5280, section 4.2.1.6): nobody can take another
        // name out of this certificate.
        params.subject_alt_names = vec![uri(&identity.to_string())?];
        params.subject_alt_names.extend(more_names);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = purposes;
        params.use_authority_key_identifier_extension = true;
        let leaf = params
            .signed_by(key, &self.issuer)
            .map_err(|_| AuthorityError::Crypto)?;
        let facts = facts_of(leaf.der()).map_err(AuthorityError::SelfCheck)?;
        let mut chain = vec![leaf.der().clone()];
        chain.extend(self.chain.iter().cloned());
        Ok(Issued {
            chain_pem: pem::certificates(&chain),
            chain,
            facts,
        })
    }
}

/// The names under which the API is reached, as a certificate and a request for one hold them.
pub(crate) fn api_names(dns_names: &[String], ips: &[IpAddr]) -> Result<Vec<SanType>, AuthorityError> {
    let mut names = Vec::with_capacity(dns_names.len() + ips.len());
    for name in dns_names {
        let refused = || AuthorityError::DnsName(name.clone());
        DnsName::try_from(name.as_str()).map_err(|_| refused())?;
        names.push(SanType::DnsName(name.as_str().try_into().map_err(|_| refused())?));
    }
    names.extend(ips.iter().copied().map(SanType::IpAddress));
    Ok(names)
}
