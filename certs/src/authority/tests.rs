//! What the authority issues, and what it does not.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::*;
use crate::{
    csr::{VerifiedRequest, request},
    forge::{HOUR, authority, now},
};

fn issue(authority: &Authority, at: SystemTime, lifetime: Duration) -> Result<Issued, AuthorityError> {
    let key = PrivateKey::generate().unwrap();
    let proven = VerifiedRequest::from_pem(&request(&key).unwrap()).unwrap();
    authority.issuing().issue_connector(
        &proven,
        &"acme".parse().unwrap(),
        &"prod".parse().unwrap(),
        at,
        lifetime,
    )
}

fn issue_node(authority: &Authority, names: &[&str]) -> Result<Issued, AuthorityError> {
    let key = PrivateKey::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let ips = ["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    authority.issuing().issue_node(
        &key,
        &"node-a".parse().unwrap(),
        &names,
        &ips,
        now(),
        LEAF_LIFETIME,
    )
}

#[test]
fn the_root_is_an_authority_with_one_level_below() {
    let authority = authority();
    let root = authority.bundle().certificates()[0].clone();
    let (_, parsed) = X509Certificate::from_der(&root).unwrap();
    let constraints = parsed.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(1));
    let usage = parsed.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.key_cert_sign() && usage.value.crl_sign());
    assert!(!usage.value.digital_signature());
    assert_eq!(authority.domain().as_str(), "gw.example");
    assert_eq!(authority.root_fingerprint(), Fingerprint::of(&root));
    assert_eq!(authority.root().not_after(), now() + ROOT_LIFETIME);
}

#[test]
fn the_issuing_authority_signs_leaves_only() {
    let authority = authority();
    let issued = issue(&authority, now(), LEAF_LIFETIME).unwrap();
    assert_eq!(issued.chain.len(), 2);
    let (_, issuing) = X509Certificate::from_der(&issued.chain[1]).unwrap();
    let constraints = issuing.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let (_, root) = X509Certificate::from_der(authority.root().certificate()).unwrap();
    let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
    assert_eq!(leaf.issuer(), issuing.subject());
    assert_eq!(issuing.issuer(), root.subject());
    assert_eq!(authority.issuing().not_after(), now() + ISSUING_LIFETIME);
    assert_eq!(authority.issuing().under(authority.bundle(), now()), Ok(()));
}

#[test]
fn an_authority_survives_its_files() {
    let first = authority();
    let root = Root::from_pem(&first.root().to_pem(), &first.root().key_pem()).unwrap();
    let again = Authority::under(root, now()).unwrap();
    assert_eq!(again.root_fingerprint(), first.root_fingerprint());
    assert_eq!(again.domain(), first.domain());
    let issuing = first.issuing();
    let domain = first.domain().clone();
    let loaded = Issuing::from_pem(&issuing.to_pem(), &issuing.key_pem(), domain).unwrap();
    assert_eq!(loaded.fingerprint(), issuing.fingerprint());
    assert_eq!(loaded.under(first.bundle(), now()), Ok(()));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (first, second) = (authority(), authority());
    let error = |root: &str, key: &str| Root::from_pem(root, key).unwrap_err();
    let (root, key) = (first.root().to_pem(), first.root().key_pem());
    assert_eq!(
        error(&root, &second.root().key_pem()),
        AuthorityError::KeyMismatch
    );
    assert_eq!(error("", &key), AuthorityError::Root(BundleError::Count(0)));
    assert_eq!(error(&root, ""), AuthorityError::Key(KeyError::NotPem));
    let both = root + &second.root().to_pem();
    assert_eq!(error(&both, &key), AuthorityError::Root(BundleError::Count(2)));
    let leaf = issue(&first, now(), LEAF_LIFETIME).unwrap().chain;
    let leaf = crate::pem::certificates(&leaf[..1]);
    let not_a_root = AuthorityError::Root(BundleError::NotARoot(IdentityError::KeyUsage));
    assert_eq!(error(&leaf, &key), not_a_root);

    let issuing = |chain: &str, key: &str| Issuing::from_pem(chain, key, first.domain().clone()).unwrap_err();
    let (chain, key) = (first.issuing().to_pem(), first.issuing().key_pem());
    assert_eq!(
        issuing(&chain, &second.issuing().key_pem()),
        AuthorityError::KeyMismatch
    );
    for wrong in ["", &leaf, &chain.repeat(3)] {
        assert!(matches!(issuing(wrong, &key), AuthorityError::NotIssuing(_)));
    }
}

#[test]
fn a_connectors_certificate_has_one_name_and_no_subject() {
    let authority = authority();
    let issued = issue(&authority, now(), LEAF_LIFETIME).unwrap();
    let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
    assert_eq!(leaf.subject().iter().count(), 0);
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    assert!(names.critical);
    assert_eq!(names.value.general_names.len(), 1);
    assert_eq!(issued.facts.identity.to_string(), crate::forge::CONNECTOR);
    assert_eq!(issued.facts.not_before, now() - BACKDATE);
    assert_eq!(issued.facts.not_after, now() + LEAF_LIFETIME);
    assert!(issued.chain_pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
}

#[test]
fn serial_numbers_are_positive_long_and_never_the_same() {
    let authority = authority();
    let serials: std::collections::HashSet<_> = (0..64)
        .map(|_| issue(&authority, now(), LEAF_LIFETIME).unwrap().facts.serial)
        .collect();
    assert_eq!(serials.len(), 64);
    for serial in serials {
        assert_eq!(serial.as_bytes().len(), SERIAL_BYTES);
        assert_eq!(serial.as_bytes()[0] & 0xc0, 0x40, "{serial}");
    }
}

#[test]
fn a_nodes_names_are_plain_dns_names() {
    let authority = authority();
    let issued = issue_node(&authority, &["api.gw.example", "localhost"]).unwrap();
    assert_eq!(issued.facts.identity.to_string(), crate::forge::NODE);
    assert!(issue_node(&authority, &[]).is_ok());
    for name in [
        "",
        "*.gw.example",
        "gw example",
        "gw.example/",
        "ä.example",
        "http://gw.example",
    ] {
        let error = issue_node(&authority, &[name]).unwrap_err();
        assert_eq!(error, AuthorityError::DnsName(name.to_owned()));
    }
    let error = issue_node(&authority, &["a.example"; MAX_API_NAMES - 1]).unwrap_err();
    assert_eq!(error, AuthorityError::TooManyNames);
    assert!(issue_node(&authority, &["a.example"; MAX_API_NAMES - 2]).is_ok());
}

#[test]
fn lives_are_bounded_and_end_with_the_authority() {
    let authority = authority();
    for lifetime in [
        Duration::ZERO,
        Duration::from_millis(999),
        MAX_LEAF_LIFETIME + Duration::from_secs(1),
    ] {
        assert_eq!(
            issue(&authority, now(), lifetime).unwrap_err(),
            AuthorityError::Lifetime
        );
    }
    assert!(issue(&authority, now(), MAX_LEAF_LIFETIME).is_ok());
    let end = authority.issuing().not_after();
    let last = issue(&authority, end - HOUR, LEAF_LIFETIME).unwrap();
    assert_eq!(last.facts.not_after, end);
    assert_eq!(
        issue(&authority, end, LEAF_LIFETIME).unwrap_err(),
        AuthorityError::IssuingExpired
    );
    // A clock that was set back does not stop the gateway.
    assert!(issue(&authority, now() - 30 * LEAF_LIFETIME, LEAF_LIFETIME).is_ok());
}

#[test]
fn a_clock_out_of_this_world_is_named() {
    let domain: TrustDomain = "gw.example".parse().unwrap();
    for time in [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800),
    ] {
        assert_eq!(
            Root::create(domain.clone(), time).unwrap_err(),
            AuthorityError::Clock
        );
    }
}
