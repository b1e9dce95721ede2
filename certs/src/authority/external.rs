//! A certificate that somebody else's authority issued for us: checked as strictly as a peer will.

use std::time::{Duration, SystemTime};

use proto::id::Identity;
use rustls::server::ParsedCertificate;
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use thiserror::Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Issued;
use crate::{
    identity::{IdentityError, facts_of},
    pem,
    verifier::{MAX_BUNDLE_BYTES, MAX_PRESENTED, Refusal, TrustBundle, connector_at, node_at},
};

/// How much longer than asked a certificate may live: an authority rounds, and its clock is not ours.
const SLACK: Duration = Duration::from_secs(300);

/// What was ordered.
#[derive(Debug)]
pub struct Ordered<'a> {
    /// Whom it is for.
    pub identity: &'a Identity,
    /// The public key as an uncompressed point.
    pub point: &'a [u8],
    /// The longest life.
    pub lifetime: Duration,
}

/// Why a certificate from outside is not handed on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExternalError {
    /// Not a chain.
    #[error("it is not 1 to {MAX_PRESENTED} certificates in PEM, the leaf first")]
    Chain,
    /// Its leaf has not the form of an identity.
    #[error("its leaf: {0}")]
    Identity(#[from] IdentityError),
    /// It is for somebody else.
    #[error("it is for {0}")]
    OtherIdentity(Identity),
    /// It is for another key.
    #[error("it is not for the key of the request")]
    OtherKey,
    /// It lives longer than ordered.
    #[error("it lives longer than the {} s that were asked for", .0.as_secs())]
    TooLong(Duration),
    /// Peers would refuse it.
    #[error("peers would refuse it: {0}")]
    Refused(#[from] Refusal),
}

impl Issued {
    /// Checks a chain from outside against what was ordered, and against what peers trust.
    ///
    /// # Errors
    /// [`ExternalError`].
    pub fn from_outside(
        chain_pem: &str,
        ordered: &Ordered<'_>,
        bundle: &TrustBundle,
        now: SystemTime,
    ) -> Result<Self, ExternalError> {
        if chain_pem.len() > MAX_BUNDLE_BYTES {
            return Err(ExternalError::Chain);
        }
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| ExternalError::Chain)?;
        let (leaf, rest) = chain
            .split_first()
            .filter(|_| chain.len() <= MAX_PRESENTED)
            .ok_or(ExternalError::Chain)?;
        let facts = facts_of(leaf)?;
        if facts.identity != *ordered.identity {
            return Err(ExternalError::OtherIdentity(facts.identity));
        }
        if point_of(leaf).as_deref() != Some(ordered.point) {
            return Err(ExternalError::OtherKey);
        }
        if facts.not_after > now + ordered.lifetime + SLACK {
            return Err(ExternalError::TooLong(ordered.lifetime));
        }
        match facts.identity {
            Identity::Connector { .. } => {
                let at = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                connector_at(bundle, leaf, rest, UnixTime::since_unix_epoch(at))?;
            }
            Identity::Node { .. } => node_at(bundle, &chain, now)?,
        }
        Ok(Self {
            chain_pem: pem::certificates(&chain),
            chain,
            facts,
        })
    }
}

fn point_of(leaf: &CertificateDer<'_>) -> Option<Vec<u8>> {
    ParsedCertificate::try_from(leaf).ok()?;
    let (_, parsed) = X509Certificate::from_der(leaf).ok()?;
    Some(parsed.public_key().subject_public_key.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{HOUR, authority, connector, node, now};

    fn check(
        chain_pem: &str,
        identity: &Identity,
        point: &[u8],
        bundle: &TrustBundle,
        at: SystemTime,
    ) -> Result<(), ExternalError> {
        let ordered = Ordered {
            identity,
            point,
            lifetime: 24 * HOUR,
        };
        Issued::from_outside(chain_pem, &ordered, bundle, at).map(|_| ())
    }

    #[test]
    fn what_was_ordered_is_taken_and_nothing_else() {
        let (ours, other) = (authority(), authority());
        let (issued, key) = connector(&ours, "acme", now());
        let (gateway, node_key) = node(&ours, now());
        let (for_other, other_key) = connector(&ours, "victim", now());
        let (who, point) = (&issued.facts.identity, key.public_point());
        let refused = |chain: &str, at| check(chain, who, point, ours.bundle(), at).unwrap_err();
        assert_eq!(check(&issued.chain_pem, who, point, ours.bundle(), now()), Ok(()));
        let node = &gateway.facts.identity;
        assert_eq!(
            check(
                &gateway.chain_pem,
                node,
                node_key.public_point(),
                ours.bundle(),
                now()
            ),
            Ok(())
        );
        let victim = for_other.facts.identity.clone();
        assert_eq!(
            refused(&for_other.chain_pem, now()),
            ExternalError::OtherIdentity(victim)
        );
        assert_eq!(
            check(
                &issued.chain_pem,
                who,
                other_key.public_point(),
                ours.bundle(),
                now()
            ),
            Err(ExternalError::OtherKey)
        );
        assert_eq!(refused("", now()), ExternalError::Chain);
        assert_eq!(refused(&issued.chain_pem.repeat(9), now()), ExternalError::Chain);
        assert_eq!(
            refused(&issued.chain_pem, now() - HOUR),
            ExternalError::TooLong(24 * HOUR)
        );
        assert!(matches!(
            refused(&issued.chain_pem, now() + 30 * HOUR),
            ExternalError::Refused(Refusal::Expired { .. })
        ));
        assert!(matches!(
            check(&issued.chain_pem, who, point, other.bundle(), now()),
            Err(ExternalError::Refused(_))
        ));
    }
}
