use std::{sync::Mutex, time::SystemTime};

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa};

use super::*;
use crate::{
    authority::{Authority, LEAF_LIFETIME},
    denylist::Snapshot,
    forge::{
        HOUR, authority, authority_of, connector, connector_params, dns, intermediate_params, node,
        node_params, now, sign, sign_by, uri,
    },
    identity::facts_of_peer,
    key::PrivateKey,
};

pub(super) type Chain = Vec<CertificateDer<'static>>;

#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<&'static str>>);

impl RefusalObserver for Recorder {
    fn refused(&self, refusal: &Refusal) {
        self.0.lock().unwrap().push(refusal.label());
    }
}

fn unix(time: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap())
}

fn as_client(
    authority: &Authority,
    denylist: Snapshot,
    chain: &Chain,
    at: SystemTime,
) -> Result<(), Refusal> {
    let list = Arc::new(Denylist::default());
    list.replace(denylist);
    let recorder = Arc::new(Recorder::default());
    let verifier = ConnectorVerifier::new(authority.bundle(), list, recorder.clone());
    let verdict = verifier.verify_client_cert(&chain[0], &chain[1..], unix(at));
    outcome(verdict.map(drop), &recorder)
}

pub(super) fn client(authority: &Authority, chain: &Chain) -> Result<(), Refusal> {
    as_client(authority, Snapshot::default(), chain, now())
}

/// The same under another authority's roots.
pub(super) fn client_of(bundle: &TrustBundle, chain: &Chain) -> Result<(), Refusal> {
    let recorder = Arc::new(Recorder::default());
    let verifier = ConnectorVerifier::new(bundle, Arc::default(), recorder.clone());
    let verdict = verifier.verify_client_cert(&chain[0], &chain[1..], unix(now()));
    outcome(verdict.map(drop), &recorder)
}

pub(super) fn server(authority: &Authority, chain: &Chain, at: SystemTime) -> Result<(), Refusal> {
    let recorder = Arc::new(Recorder::default());
    let verifier = GatewayVerifier::new(authority.bundle(), recorder.clone());
    let name = ServerName::try_from("not.compared.example").unwrap();
    let verdict = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], unix(at));
    outcome(verdict.map(drop), &recorder)
}

fn pinned(root: Fingerprint, chain: &Chain) -> Result<(), Refusal> {
    let recorder = Arc::new(Recorder::default());
    let verifier = PinnedRootVerifier::new(root, recorder.clone());
    let name = ServerName::try_from("not.compared.example").unwrap();
    let verdict = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], unix(now()));
    outcome(verdict.map(drop), &recorder)
}

/// What rustls is told, the refusal found in it, and what the observer heard must be one.
fn outcome(verdict: Result<(), rustls::Error>, recorder: &Recorder) -> Result<(), Refusal> {
    let heard = recorder.0.lock().unwrap().clone();
    match verdict {
        Ok(()) => {
            assert!(heard.is_empty());
            Ok(())
        }
        Err(error) => {
            let refusal = Refusal::of(&error).expect("every refusal can be found again");
            assert_eq!(heard, [refusal.label()]);
            Err(refusal)
        }
    }
}

pub(super) fn root(authority: &Authority) -> CertificateDer<'static> {
    authority.bundle().certificates()[0].clone()
}

#[test]
fn a_connector_is_accepted_and_a_node_in_its_place_is_not() {
    let authority = authority();
    let (issued, _) = connector(&authority, "acme", now());
    assert_eq!(client(&authority, &issued.chain), Ok(()));
    let (node, _) = node(&authority, now());
    assert_eq!(
        client(&authority, &node.chain),
        Err(Refusal::WrongKind(node.facts.identity))
    );
}

#[test]
fn a_node_is_accepted_and_a_connector_in_its_place_is_not() {
    let authority = authority();
    let (issued, _) = node(&authority, now());
    assert_eq!(server(&authority, &issued.chain, now()), Ok(()));
    let (connector, _) = connector(&authority, "acme", now());
    assert_eq!(server(&authority, &connector.chain, now()), Err(Refusal::Purpose));
}

#[test]
fn validity_is_enforced_to_the_second_and_the_distance_is_named() {
    let authority = authority();
    let (issued, _) = connector(&authority, "acme", now());
    let second = Duration::from_secs(1);
    let (first, last) = (issued.facts.not_before, issued.facts.not_after);
    let at = |time| as_client(&authority, Snapshot::default(), &issued.chain, time);
    assert_eq!(at(first), Ok(()));
    assert_eq!(at(last), Ok(()));
    assert_eq!(at(first - second), Err(Refusal::NotYetValid { early: second }));
    assert_eq!(at(last + second), Err(Refusal::Expired { late: second }));
    assert_eq!(at(last + HOUR), Err(Refusal::Expired { late: HOUR }));
    let (old, _) = node(&authority, now() - 2 * LEAF_LIFETIME);
    assert_eq!(
        server(&authority, &old.chain, now()),
        Err(Refusal::Expired { late: LEAF_LIFETIME })
    );
    let (early, _) = node(&authority, now() + 2 * HOUR);
    assert!(matches!(
        server(&authority, &early.chain, now()),
        Err(Refusal::NotYetValid { .. })
    ));
}

#[test]
fn another_authority_of_the_same_name_is_not_trusted() {
    let (ours, theirs) = (authority(), authority());
    let (issued, _) = connector(&theirs, "acme", now());
    assert_eq!(client(&ours, &issued.chain), Err(Refusal::UnknownAuthority));
    // Sending its root along makes it no better.
    let with_root = vec![issued.chain[0].clone(), root(&theirs)];
    assert_eq!(client(&ours, &with_root), Err(Refusal::UnknownAuthority));
    let (issued, _) = node(&theirs, now());
    assert_eq!(
        server(&ours, &issued.chain, now()),
        Err(Refusal::UnknownAuthority)
    );
}

#[test]
fn another_authority_with_our_roots_very_name_fails_by_its_signature() {
    let authority = authority();
    let thief = PrivateKey::generate().unwrap();
    let (leaf, _) = sign_by(&root(&authority), &thief, &connector_params());
    assert_eq!(client(&authority, &vec![leaf]), Err(Refusal::BadSignature));
}

#[test]
fn an_identity_of_another_trust_domain_is_refused_even_under_our_root() {
    let authority = authority();
    let foreign = || Refusal::ForeignDomain("elsewhere.example".parse().unwrap());
    let mut params = connector_params();
    params.subject_alt_names = vec![uri("spiffe://elsewhere.example/tenant/acme/connector/prod")];
    assert_eq!(
        client(&authority, &vec![sign(&authority, &params).0]),
        Err(foreign())
    );
    let mut params = node_params();
    params.subject_alt_names = vec![uri("spiffe://elsewhere.example/gateway/node-a")];
    assert_eq!(
        server(&authority, &vec![sign(&authority, &params).0], now()),
        Err(foreign())
    );
}

#[test]
fn trust_in_one_certificate_and_identity_in_another_is_refused() {
    let authority = authority();
    let (victim, _) = connector(&authority, "victim", now());
    // Identity from a leaf that nobody trusts, trust from a genuine certificate behind it.
    let forger = authority_of("gw.example");
    let (forged, _) = connector(&forger, "victim", now());
    let chain = vec![forged.chain[0].clone(), victim.chain[0].clone()];
    assert_eq!(client(&authority, &chain), Err(Refusal::UnknownAuthority));
    // Trust in the leaf, an identity to be had from a certificate behind it: the leaf's own counts.
    let (own, _) = connector(&authority, "acme", now());
    let chain = vec![
        own.chain[0].clone(),
        victim.chain[0].clone(),
        own.chain[1].clone(),
    ];
    assert_eq!(client(&authority, &chain), Ok(()));
    assert_eq!(facts_of_peer(&chain).unwrap().identity, own.facts.identity);
    // A leaf without an identity borrows none.
    let mut params = connector_params();
    params.subject_alt_names = vec![];
    let (anonymous, _) = sign(&authority, &params);
    let chain = vec![anonymous, victim.chain[0].clone()];
    assert_eq!(
        client(&authority, &chain),
        Err(Refusal::Identity(IdentityError::NoName))
    );
}

#[test]
fn an_intermediates_spiffe_name_is_not_the_leafs() {
    let authority = authority();
    let mut middle = intermediate_params("middle");
    middle.subject_alt_names = vec![uri("spiffe://gw.example/tenant/victim/connector/prod")];
    let (middle, middle_key) = sign(&authority, &middle);
    let (leaf, _) = sign_by(&middle, &middle_key, &connector_params());
    let chain = vec![leaf, middle.clone()];
    assert_eq!(client(&authority, &chain), Ok(()));
    assert_eq!(
        facts_of_peer(&chain).unwrap().identity.to_string(),
        crate::forge::CONNECTOR
    );
    let mut anonymous = connector_params();
    anonymous.subject_alt_names = vec![];
    let (leaf, _) = sign_by(&middle, &middle_key, &anonymous);
    assert_eq!(
        client(&authority, &vec![leaf, middle]),
        Err(Refusal::Identity(IdentityError::NoName))
    );
}

#[test]
fn a_connector_cannot_act_as_an_authority() {
    let authority = authority();
    let (thief, thief_key) = connector(&authority, "acme", now());
    let mut params = connector_params();
    params.subject_alt_names = vec![uri("spiffe://gw.example/tenant/victim/connector/prod")];
    let (forged, _) = sign_by(&thief.chain[0], &thief_key, &params);
    assert_eq!(
        client(&authority, &[vec![forged], thief.chain].concat()),
        Err(Refusal::Path)
    );
}

#[test]
fn an_authority_cannot_act_as_a_connector() {
    let authority = authority();
    let refusal = || Err(Refusal::Identity(IdentityError::CertificateAuthority));
    assert_eq!(client(&authority, &vec![root(&authority)]), refusal());
    let mut params = connector_params();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    assert_eq!(client(&authority, &vec![sign(&authority, &params).0]), refusal());
    assert_eq!(server(&authority, &vec![root(&authority)], now()), refusal());
}

#[test]
fn a_path_longer_than_the_root_allows_is_refused() {
    let authority = authority();
    let mut first = intermediate_params("first");
    first.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (first, first_key) = sign(&authority, &first);
    let (second, second_key) = sign_by(&first, &first_key, &intermediate_params("second"));
    let (leaf, _) = sign_by(&second, &second_key, &connector_params());
    // The root's own constraint: one authority below it. webpki does not read it from a trust anchor, so that this test
    // holds the other bound: an intermediate that allows none below itself.
    let (third, third_key) = sign_by(&second, &second_key, &intermediate_params("third"));
    let (deep, _) = sign_by(&third, &third_key, &connector_params());
    assert_eq!(
        client(&authority, &vec![deep, third, second.clone(), first.clone()]),
        Err(Refusal::Path)
    );
    assert_eq!(client(&authority, &vec![leaf, second, first]), Ok(()));
}

#[test]
fn a_certificate_for_the_other_end_is_refused() {
    let authority = authority();
    let mut params = connector_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    assert_eq!(
        client(&authority, &vec![sign(&authority, &params).0]),
        Err(Refusal::Purpose)
    );
    let mut params = node_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(
        server(&authority, &vec![sign(&authority, &params).0], now()),
        Err(Refusal::Purpose)
    );
    // No extended key usage satisfies webpki; our form of a certificate has one.
    let mut params = connector_params();
    params.extended_key_usages = vec![];
    let refusal = Refusal::Identity(IdentityError::ExtendedKeyUsage);
    assert_eq!(
        client(&authority, &vec![sign(&authority, &params).0]),
        Err(refusal)
    );
}

#[test]
fn ambiguous_names_are_refused_in_the_handshake_too() {
    let authority = authority();
    let mut params = connector_params();
    params
        .subject_alt_names
        .push(uri("spiffe://gw.example/tenant/victim/connector/prod"));
    let two = vec![sign(&authority, &params).0];
    assert_eq!(
        client(&authority, &two),
        Err(Refusal::Identity(IdentityError::SeveralUris))
    );
    params.subject_alt_names.pop();
    params.subject_alt_names.push(dns("gw.example"));
    let mixed = vec![sign(&authority, &params).0];
    assert_eq!(
        client(&authority, &mixed),
        Err(Refusal::Identity(IdentityError::ForeignName))
    );
    params.subject_alt_names.pop();
    params
        .custom_extensions
        .push(crate::forge::extra(&[2, 5, 29, 17], &[0x30, 0], true));
    let twice = vec![sign(&authority, &params).0];
    assert_eq!(
        client(&authority, &twice),
        Err(Refusal::Identity(IdentityError::DuplicateExtension))
    );
}

#[test]
fn the_revoked_are_refused_by_identity_and_by_serial() {
    let authority = authority();
    let (issued, _) = connector(&authority, "acme", now());
    let (other, _) = connector(&authority, "other", now());
    let by_identity = Snapshot {
        identities: [issued.facts.identity.clone()].into(),
        ..Snapshot::default()
    };
    let by_serial = Snapshot {
        serials: [issued.facts.serial.clone()].into(),
        ..Snapshot::default()
    };
    for list in [by_identity, by_serial] {
        assert_eq!(
            as_client(&authority, list.clone(), &issued.chain, now()),
            Err(Refusal::Revoked)
        );
        assert_eq!(as_client(&authority, list, &other.chain, now()), Ok(()));
    }
}

#[test]
fn what_a_stranger_can_send_is_bounded() {
    let authority = authority();
    let (issued, _) = connector(&authority, "acme", now());
    let leaf = issued.chain[0].clone();
    let mut chain = issued.chain.clone();
    chain.resize(MAX_PRESENTED, leaf.clone());
    assert_eq!(client(&authority, &chain), Ok(()));
    chain.push(leaf.clone());
    assert_eq!(client(&authority, &chain), Err(Refusal::TooMuch));
    let long = CertificateDer::from(vec![0x30; MAX_CERTIFICATE_BYTES + 1]);
    assert_eq!(
        client(&authority, &vec![leaf, long.clone()]),
        Err(Refusal::TooMuch)
    );
    assert_eq!(client(&authority, &vec![long]), Err(Refusal::TooMuch));
    assert!(client(&authority, &vec![CertificateDer::from(vec![1, 2, 3])]).is_err());
}

#[test]
fn a_joining_connector_believes_the_pinned_root_only() {
    let (ours, theirs) = (authority(), authority());
    let pin = ours.root_fingerprint();
    let chain = |authority: &Authority, roots: &[CertificateDer<'static>]| {
        [node(authority, now()).0.chain, roots.to_vec()].concat()
    };
    assert_eq!(pinned(pin, &chain(&ours, &[root(&ours)])), Ok(()));
    // The root is missing, or another one, or ours beside a leaf that is not under it.
    assert_eq!(pinned(pin, &chain(&ours, &[])), Err(Refusal::NotPinned));
    assert_eq!(
        pinned(pin, &chain(&theirs, &[root(&theirs)])),
        Err(Refusal::NotPinned)
    );
    assert_eq!(
        pinned(pin, &chain(&ours, &[root(&theirs)])),
        Err(Refusal::NotPinned)
    );
    assert_eq!(
        pinned(pin, &chain(&theirs, &[root(&ours)])),
        Err(Refusal::UnknownAuthority)
    );
    let both = [root(&theirs), root(&ours)];
    assert_eq!(
        pinned(pin, &chain(&theirs, &both)),
        Err(Refusal::UnknownAuthority)
    );
    // While roots change both are presented, and the token may name either.
    assert_eq!(pinned(pin, &chain(&ours, &both)), Ok(()));
    // Under the root, but no gateway.
    let (connector, _) = connector(&ours, "acme", now());
    assert_eq!(
        pinned(pin, &[connector.chain, vec![root(&ours)]].concat()),
        Err(Refusal::Purpose)
    );
    let authority_as_leaf = Err(Refusal::Identity(IdentityError::CertificateAuthority));
    assert_eq!(pinned(pin, &vec![root(&ours), root(&ours)]), authority_as_leaf);
    // The digest of a leaf pins nothing.
    let only = chain(&ours, &[])[0].clone();
    assert_eq!(
        pinned(Fingerprint::of(&only), &vec![only.clone(), only]),
        Err(Refusal::NotPinned)
    );
}

#[test]
fn a_bundle_holds_roots_of_one_domain() {
    let (first, second) = (authority(), authority());
    let both = format!("{}{}", first.root().to_pem(), second.root().to_pem());
    let bundle = TrustBundle::from_pem(&both).unwrap();
    assert_eq!(bundle.certificates().len(), 2);
    assert_eq!(
        TrustBundle::from_pem(&bundle.to_pem()).unwrap().certificates(),
        bundle.certificates()
    );
    assert!(bundle.clone().pinned(&second.root_fingerprint()).is_ok());
    let other = authority().root_fingerprint();
    assert_eq!(bundle.pinned(&other).unwrap_err(), BundleError::NotPinned);

    let elsewhere = format!(
        "{}{}",
        first.root().to_pem(),
        authority_of("elsewhere.example").root().to_pem()
    );
    assert_eq!(
        TrustBundle::from_pem(&elsewhere).unwrap_err(),
        BundleError::SeveralDomains
    );
    assert_eq!(TrustBundle::from_pem("").unwrap_err(), BundleError::Count(0));
    let five = first.root().to_pem().repeat(MAX_ROOTS + 1);
    assert_eq!(
        TrustBundle::from_pem(&five).unwrap_err(),
        BundleError::Count(MAX_ROOTS + 1)
    );
    let long = "x".repeat(MAX_BUNDLE_BYTES + 1);
    assert_eq!(
        TrustBundle::from_pem(&long).unwrap_err(),
        BundleError::TooLong(long.len())
    );
    let (leaf, _) = connector(&first, "acme", now());
    let error = TrustBundle::new(leaf.chain).unwrap_err();
    assert_eq!(error, BundleError::NotARoot(IdentityError::KeyUsage));
}

#[test]
fn connectors_under_either_root_of_a_rotation_are_accepted() {
    let (old, new) = (authority(), authority());
    let bundle = TrustBundle::from_pem(&format!("{}{}", old.root().to_pem(), new.root().to_pem())).unwrap();
    let verifier = ConnectorVerifier::new(&bundle, Arc::default(), Arc::new(()));
    for authority in [&old, &new] {
        let (issued, _) = connector(authority, "acme", now());
        verifier
            .verify_client_cert(&issued.chain[0], &issued.chain[1..], unix(now()))
            .unwrap();
    }
}

#[test]
fn a_refusal_is_found_through_wrappers() {
    let wrapped = io::Error::other(rustls::Error::from(Refusal::NotPinned));
    assert_eq!(Refusal::of(&wrapped), Some(Refusal::NotPinned));
    assert_eq!(
        Refusal::of(&rustls::Error::NoCertificatesPresented),
        Some(Refusal::NoCertificate)
    );
    assert_eq!(Refusal::of(&rustls::Error::DecryptError), None);
    assert_eq!(Refusal::of(&io::Error::from(io::ErrorKind::TimedOut)), None);
}
