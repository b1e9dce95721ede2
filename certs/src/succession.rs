//! From one root to the next: which roots a connector takes over from its gateway.
//!
//! A gateway sends its trust bundle over the tunnel. Whoever took over a gateway *node* could send any; so a root that is
//! new to the connector counts only with a certificate for its key by a root that the connector trusts already
//! ([`crate::authority::Root::succeed`]), which takes that root's key. And the gateway that sends it must be good under the
//! new bundle, so that none can be sent by which the connector would lock itself out.

use std::time::SystemTime;

use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use thiserror::Error;
use x509_parser::certificate::X509Certificate;

use crate::{
    identity::{parse, root_facts},
    verifier::{BundleError, MAX_BUNDLE_BYTES, MAX_ROOTS, Refusal, TrustBundle, node_at},
};

/// Why a bundle is not taken over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SuccessionError {
    /// It is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It is of another installation.
    #[error("the new trust bundle is of another trust domain")]
    OtherDomain,
    /// The certificates that shall lead to it cannot be read, or are more than [`MAX_ROOTS`].
    #[error("the certificates that lead to the new roots are not up to {MAX_ROOTS} in PEM")]
    Links,
    /// No trusted root vouches for one of its roots.
    #[error("no root that is trusted here vouches for a new root")]
    NotVouchedFor,
    /// The gateway that sent it would not be accepted any more.
    #[error("by the new trust bundle the gateway that sent it would be refused: {0}")]
    Locked(Refusal),
}

/// The bundle in `offered` (PEM), if `known` leads to each of its roots: a root of it is one that is known, or `links` (PEM)
/// hold a certificate for its key by one that is. `gateway` is what the sender presented in its handshake.
///
/// # Errors
/// [`SuccessionError`].
pub fn take_over(
    known: &TrustBundle,
    offered: &str,
    links: &str,
    gateway: &[CertificateDer<'_>],
    now: SystemTime,
) -> Result<TrustBundle, SuccessionError> {
    let offered = TrustBundle::from_pem(offered)?;
    if offered.domain() != known.domain() {
        return Err(SuccessionError::OtherDomain);
    }
    let links = read(links)?;
    for root in offered.certificates() {
        let trusted = known.certificates().contains(root);
        if !trusted && !links.iter().any(|link| leads(known, link, root, now)) {
            return Err(SuccessionError::NotVouchedFor);
        }
    }
    node_at(&offered, gateway, now).map_err(SuccessionError::Locked)?;
    Ok(offered)
}

/// Whether a root is followed by another: `link` certifies the second's key and is signed by the first's.
///
/// # Errors
/// [`SuccessionError::NotVouchedFor`].
pub fn follows(
    known: &TrustBundle,
    link: &CertificateDer<'_>,
    root: &CertificateDer<'_>,
    now: SystemTime,
) -> Result<(), SuccessionError> {
    if leads(known, link, root, now) {
        Ok(())
    } else {
        Err(SuccessionError::NotVouchedFor)
    }
}

fn read(links: &str) -> Result<Vec<CertificateDer<'static>>, SuccessionError> {
    if links.len() > MAX_BUNDLE_BYTES {
        return Err(SuccessionError::Links);
    }
    let links: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(links.as_bytes()).collect();
    links
        .ok()
        .filter(|links| links.len() <= MAX_ROOTS)
        .ok_or(SuccessionError::Links)
}

fn leads(known: &TrustBundle, link: &[u8], root: &[u8], now: SystemTime) -> bool {
    // Both are authorities of the trust domain, in the exact form.
    let (Ok((domain, end)), Ok((successor, _))) = (root_facts(link), root_facts(root)) else {
        return false;
    };
    if domain != *known.domain() || successor != domain || now > end {
        return false;
    }
    let (Ok(link), Ok(root)) = (parse(link), parse(root)) else {
        return false;
    };
    // The successor states its own dates and usages: its signature has to be its own.
    if link.public_key().raw != root.public_key().raw
        || link.subject().as_raw() != root.subject().as_raw()
        || !signed_by(&root, &root)
    {
        return false;
    }
    known
        .certificates()
        .iter()
        .filter_map(|known| parse(known).ok())
        .any(|known| signed_by(&link, &known))
}

fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == issuer.subject().as_raw()
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        authority::{Authority, Issuing, ROOT_LIFETIME, Root},
        forge::{HOUR, authority, authority_of, node, now},
        key::PrivateKey,
        pem,
    };

    /// The next authority, and the certificate for its root by the one before.
    fn successor(of: &Authority) -> (Authority, CertificateDer<'static>) {
        let next = authority();
        let link = of.root().succeed(next.root().certificate(), now()).unwrap();
        (next, link)
    }

    fn both(one: &Authority, other: &Authority) -> String {
        one.root().to_pem() + &other.root().to_pem()
    }

    fn presented(authority: &Authority) -> Vec<CertificateDer<'static>> {
        node(authority, now()).0.chain
    }

    #[test]
    fn a_root_that_a_trusted_one_vouches_for_is_taken_over() {
        let old = authority();
        let (next, link) = successor(&old);
        let links = pem::certificates(&[link]);
        let taken = take_over(old.bundle(), &both(&old, &next), &links, &presented(&old), now()).unwrap();
        assert_eq!(taken.certificates().len(), 2);
        // Later the old one goes; the gateway is under the new one by then.
        let last = take_over(&taken, &next.root().to_pem(), "", &presented(&next), now()).unwrap();
        assert_eq!(last.digest(), next.bundle().digest());
        assert_ne!(last.digest(), taken.digest());
        assert_eq!(
            TrustBundle::from_pem(&both(&next, &old)).unwrap().digest(),
            taken.digest()
        );
    }

    #[test]
    fn a_root_that_nobody_vouches_for_is_refused() {
        let old = authority();
        let (next, link) = successor(&old);
        let gateway = presented(&old);
        let refused = |offered: &str, links: &[CertificateDer<'static>]| {
            take_over(old.bundle(), offered, &pem::certificates(links), &gateway, now()).unwrap_err()
        };
        let offered = both(&old, &next);
        // A stranger vouches, or another root is vouched for, or the link is the new root itself.
        let (stranger, third) = (authority(), authority());
        let strange = stranger.root().succeed(next.root().certificate(), now()).unwrap();
        let other = old.root().succeed(third.root().certificate(), now()).unwrap();
        for links in [
            vec![],
            vec![strange],
            vec![other],
            vec![next.root().certificate().clone()],
            vec![old.root().certificate().clone()],
        ] {
            assert_eq!(refused(&offered, &links), SuccessionError::NotVouchedFor);
        }
        // What the old root signs that is no root: an issuing authority of its own.
        let key = PrivateKey::generate().unwrap();
        let issuing = old.root().issue_issuing(&key, now(), HOUR).unwrap();
        assert!(take_over(old.bundle(), &pem::certificates(&[issuing]), "", &gateway, now()).is_err());
        let far = authority_of("elsewhere.example");
        assert_eq!(refused(&far.root().to_pem(), &[]), SuccessionError::OtherDomain);
        assert_eq!(refused("", &[]), SuccessionError::Bundle(BundleError::Count(0)));
        assert_eq!(refused(&offered, &vec![link; 5]), SuccessionError::Links);
        assert_eq!(
            old.root().succeed(far.root().certificate(), now()).unwrap_err(),
            crate::authority::AuthorityError::OtherDomain
        );
    }

    #[test]
    fn a_voucher_ends_with_the_root_that_gave_it() {
        let old = Root::create("gw.example".parse().unwrap(), now() - ROOT_LIFETIME + HOUR).unwrap();
        let next = authority();
        let link = old.succeed(next.root().certificate(), now()).unwrap();
        let known = TrustBundle::new(vec![old.certificate().clone()]).unwrap();
        let root = next.root().certificate();
        assert_eq!(follows(&known, &link, root, now()), Ok(()));
        let refused = Err(SuccessionError::NotVouchedFor);
        assert_eq!(follows(&known, &link, root, now() + 2 * HOUR), refused);
    }

    #[test]
    fn no_bundle_is_taken_over_by_which_its_sender_would_be_refused() {
        let old = authority();
        let (next, link) = successor(&old);
        let links = pem::certificates(&[link]);
        let offered = next.root().to_pem();
        assert!(matches!(
            take_over(old.bundle(), &offered, &links, &presented(&old), now()),
            Err(SuccessionError::Locked(_))
        ));
        assert!(take_over(old.bundle(), &offered, &links, &presented(&next), now()).is_ok());
    }

    #[test]
    fn who_missed_the_whole_change_finds_a_path_from_the_old_root() {
        let old = authority();
        let (next, link) = successor(&old);
        let certificate = next.issuing().to_pem();
        let chain = certificate + &pem::certificates(&[link]);
        let issuing = Issuing::from_pem(&chain, &next.issuing().key_pem(), old.domain().clone()).unwrap();
        for bundle in [old.bundle(), next.bundle()] {
            assert_eq!(issuing.under(bundle, now()), Ok(()));
        }
        assert!(issuing.under(authority().bundle(), now()).is_err());
        assert!(next.issuing().under(old.bundle(), now()).is_err());
    }
}
