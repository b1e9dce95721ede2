//! The roots by which gateway nodes are verified: those that enrolment gave, and those that follow them.
//!
//! A gateway says over the tunnel which roots are in force ([`Trust`]). They are taken over only where a root that is trusted
//! here leads to them (`certs::succession`), stored, and used from the next handshake on.

use std::time::SystemTime;

use certs::{
    succession::{SuccessionError, take_over},
    verifier::BundleDigest,
};
use proto::wire::frame::{Digest, Trust};
use rustls_pki_types::CertificateDer;
use thiserror::Error;

use super::{Identity, IdentityError};

/// What became of the roots that a gateway sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenOver {
    /// They are in force already.
    Known,
    /// They are in force from now on.
    Changed {
        /// How many.
        roots: usize,
    },
}

/// Roots are not taken over; those from before stay in force.
#[derive(Debug, Error)]
pub enum NotTakenOver {
    /// They are not to be trusted.
    #[error("the gateway's new roots are not trusted: {0}")]
    Refused(#[from] SuccessionError),
    /// They cannot be stored.
    #[error(transparent)]
    Stored(#[from] IdentityError),
}

impl Identity {
    /// Takes over the roots that a gateway sent, which presented these certificates in its handshake.
    ///
    /// # Errors
    /// [`NotTakenOver`].
    pub fn take_over(
        &self,
        trust: &Trust,
        gateway: &[CertificateDer<'_>],
    ) -> Result<TakenOver, NotTakenOver> {
        let _writing = self.writing();
        let known = self.trust.bundle();
        let offered = take_over(&known, &trust.bundle, &trust.links, gateway, SystemTime::now())?;
        if offered.digest() == known.digest() {
            return Ok(TakenOver::Known);
        }
        let (key, chain) = super::stored(&self.folder)?;
        // On the disk first: what was trusted once must not be a stranger's after a restart.
        super::store(&self.folder, &self.with(key, chain, &offered), true)?;
        let roots = offered.certificates().len();
        self.trust.replace(offered).map_err(SuccessionError::from)?;
        Ok(TakenOver::Changed { roots })
    }

    /// What names the roots in force, for the gateway.
    pub fn roots(&self) -> Digest {
        let BundleDigest(digest) = self.trust.bundle().digest();
        Digest(digest)
    }
}

#[cfg(test)]
mod tests {
    use certs::{
        authority::{Authority, Issuing, LEAF_LIFETIME},
        csr::{VerifiedRequest, request},
        key::PrivateKey,
    };
    use proto::id::NodeId;
    use rustls_pki_types::pem::PemObject as _;

    use super::*;
    use crate::identity::{Enrolled, store};

    fn authority() -> Authority {
        Authority::create("gw.example".parse().expect("a domain"), SystemTime::now()).expect("a root")
    }

    fn joined(authority: &Authority) -> (tempfile::TempDir, Identity) {
        let keep = tempfile::tempdir().expect("a folder");
        let key = PrivateKey::generate().expect("a key");
        let proven = VerifiedRequest::from_pem(&request(&key).expect("a request")).expect("proven");
        let (tenant, connector) = ("acme".parse().expect("a name"), "prod-1".parse().expect("a name"));
        let issued = authority
            .issuing()
            .issue_connector(&proven, &tenant, &connector, SystemTime::now(), LEAF_LIFETIME)
            .expect("issued");
        let enrolled = Enrolled {
            key,
            chain: issued.chain_pem,
            bundle: authority.bundle().to_pem(),
            tenant,
            connector,
            trust_domain: authority.domain().clone(),
            tunnel_address: "gw.example:443".parse().expect("an address"),
            api_address: None,
        };
        let folder = keep.path().join("state").join("identity");
        store(&folder, &enrolled, false).expect("stored");
        (keep, Identity::load(&folder).expect("loaded"))
    }

    fn presented(issuing: &Issuing) -> Vec<CertificateDer<'static>> {
        let key = PrivateKey::generate().expect("a key");
        let node: NodeId = "node-1".parse().expect("a name");
        issuing
            .issue_node(&key, &node, &[], &[], SystemTime::now(), LEAF_LIFETIME)
            .expect("issued")
            .chain
    }

    #[test]
    fn roots_that_follow_are_stored_and_used() {
        let (old, next) = (authority(), authority());
        let (_keep, identity) = joined(&old);
        let link = old.root().succeed(next.root().certificate(), SystemTime::now());
        let link = certs::authority::to_pem(&[link.expect("signed")]);
        let gateway = presented(old.issuing());
        let before = Trust {
            bundle: old.bundle().to_pem(),
            links: String::new(),
        };
        assert_eq!(
            identity.take_over(&before, &gateway).expect("fine"),
            TakenOver::Known
        );
        let both = Trust {
            bundle: old.bundle().to_pem() + &next.bundle().to_pem(),
            links: link,
        };
        let taken = identity.take_over(&both, &gateway).expect("taken over");
        assert_eq!(taken, TakenOver::Changed { roots: 2 });
        assert_eq!(identity.trust.bundle().certificates().len(), 2);
        let again = Identity::load(&identity.folder).expect("whole");
        assert_eq!(again.roots(), identity.roots());
        assert_eq!(again.credential.facts(), identity.credential.facts());
        // What is taken over once can be followed by less.
        let last = Trust {
            bundle: next.bundle().to_pem(),
            links: String::new(),
        };
        let taken = identity.take_over(&last, &presented(next.issuing()));
        assert_eq!(taken.expect("taken over"), TakenOver::Changed { roots: 1 });
    }

    #[test]
    fn roots_of_a_gateway_that_was_taken_over_change_nothing() {
        let (old, thief) = (authority(), authority());
        let (_keep, identity) = joined(&old);
        let roots = identity.roots();
        let folder = std::fs::metadata(&identity.folder)
            .expect("there")
            .modified()
            .expect("a time");
        let gateway = presented(old.issuing());
        let own = CertificateDer::from_pem_slice(thief.bundle().to_pem().as_bytes()).expect("a root");
        for (bundle, links) in [
            (old.bundle().to_pem() + &thief.bundle().to_pem(), String::new()),
            (thief.bundle().to_pem(), String::new()),
            (
                old.bundle().to_pem() + &thief.bundle().to_pem(),
                certs::authority::to_pem(&[own]),
            ),
            ("no roots".to_owned(), String::new()),
        ] {
            let refused = identity.take_over(&Trust { bundle, links }, &gateway);
            assert!(matches!(refused, Err(NotTakenOver::Refused(_))), "{refused:?}");
        }
        assert_eq!(identity.roots(), roots);
        let after = std::fs::metadata(&identity.folder)
            .expect("there")
            .modified()
            .expect("a time");
        assert_eq!(after, folder);
    }
}
