//! Hostile and odd certificates, each with what the verifier says to it. The reasons are asserted, not only the refusals: a
//! certificate that is refused for another reason than its own would pass once that other reason is gone.
//!
//! Those that rcgen cannot make, by RSA keys and by SHA-1, were made with OpenSSL and lie in `hostile/`.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose as Purpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose as Usage, NameConstraints, SanType,
};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    MAX_PRESENTED, Refusal, TrustBundle,
    tests::{Chain, client, client_of, root, server},
};
use crate::{
    authority::Authority,
    forge::{
        CONNECTOR, HOUR, authority, connector_params, dns, extra, intermediate_params, node_params, now,
        sign, sign_by, uri,
    },
    key::PrivateKey,
};

fn said(verdict: Result<(), Refusal>) -> String {
    match verdict {
        Ok(()) => "accepted".to_owned(),
        Err(Refusal::Identity(why)) => format!("{why:?}"),
        Err(other) => other.label().to_owned(),
    }
}

/// Compares all of a table at once, so that one run shows every difference.
#[track_caller]
fn judge(cases: Vec<(String, Result<(), Refusal>, &str)>, least: usize) {
    assert!(cases.len() >= least, "{} cases", cases.len());
    let wrong: Vec<_> = cases
        .into_iter()
        .map(|(name, verdict, expected)| (name, said(verdict), expected))
        .filter(|(_, said, expected)| said != expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn leaf(authority: &Authority, spoil: impl FnOnce(&mut CertificateParams)) -> Chain {
    let mut params = connector_params();
    spoil(&mut params);
    vec![sign(authority, &params).0]
}

/// A leaf under an intermediate, both to be spoilt.
fn under(
    authority: &Authority,
    spoil_intermediate: impl FnOnce(&mut CertificateParams),
    spoil_leaf: impl FnOnce(&mut CertificateParams),
) -> Chain {
    let mut params = intermediate_params("between");
    spoil_intermediate(&mut params);
    let (intermediate, key) = sign(authority, &params);
    let mut params = connector_params();
    spoil_leaf(&mut params);
    let (leaf, _) = sign_by(&intermediate, &key, &params);
    vec![leaf, intermediate]
}

#[test]
fn names_that_are_no_identity_are_refused_for_what_they_are() {
    let authority = authority();
    let long = format!("spiffe://gw.example/tenant/acme/connector/{}", "x".repeat(2_048));
    let uris = [
        (CONNECTOR, "accepted"),
        ("spiffe:///tenant/acme/connector/prod", "NotAnIdentity"),
        (
            "spiffe://gw.example/tenant/acme/connector/prod?role=admin",
            "NotAnIdentity",
        ),
        (
            "spiffe://gw.example/tenant/acme/connector/prod#admin",
            "NotAnIdentity",
        ),
        (
            "spiffe://root@gw.example/tenant/acme/connector/prod",
            "NotAnIdentity",
        ),
        (
            "spiffe://gw.example:443/tenant/acme/connector/prod",
            "NotAnIdentity",
        ),
        ("spiffe://gw.example:/tenant/acme/connector/prod", "NotAnIdentity"),
        ("SPIFFE://gw.example/tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://GW.example/tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://gw.example/TENANT/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://gw.example/tenant/ACME/connector/prod", "NotAnIdentity"),
        (
            "spiffe://gw.example/tenant/%61cme/connector/prod",
            "NotAnIdentity",
        ),
        (
            "spiffe://gw.example/tenant/acme%2Fconnector/prod",
            "NotAnIdentity",
        ),
        ("spiffe://gw.example/tenant/acme/connector/prod/", "NotAnIdentity"),
        ("spiffe://gw.example//tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://gw.example/tenant//connector/prod", "NotAnIdentity"),
        (
            "spiffe://gw.example/tenant/acme/../victim/connector/prod",
            "NotAnIdentity",
        ),
        ("spiffe://gw.example/tenant/./connector/prod", "NotAnIdentity"),
        (
            "spiffe://gw.example/tenant/acme/connector/prod/extra",
            "NotAnIdentity",
        ),
        ("spiffe://gw.example/tenant/acme/connector", "NotAnIdentity"),
        ("spiffe://gw.example/tenant/acme/connector/prod ", "NotAnIdentity"),
        (" spiffe://gw.example/tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://gw.example/tenant/ac me/connector/prod", "NotAnIdentity"),
        (
            "spiffe://gw.example/tenant/acme\0/connector/prod",
            "NotAnIdentity",
        ),
        ("spiffe://gw.example", "NotAnIdentity"),
        ("spiffe://gw.example/", "NotAnIdentity"),
        ("https://gw.example/tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe:gw.example/tenant/acme/connector/prod", "NotAnIdentity"),
        ("spiffe://", "NotAnIdentity"),
        ("", "NotAnIdentity"),
        (&long, "NotAnIdentity"),
        (
            "spiffe://gw.example./tenant/acme/connector/prod",
            "foreign_domain",
        ),
        (
            "spiffe://evil.example/tenant/acme/connector/prod",
            "foreign_domain",
        ),
        (
            "spiffe://gw.example.evil.example/tenant/acme/connector/prod",
            "foreign_domain",
        ),
        ("spiffe://gw.example/gateway/node-a", "ExtendedKeyUsage"),
    ];
    let mut cases: Vec<_> = uris
        .into_iter()
        .map(|(name, expected)| {
            let chain = leaf(&authority, |p| p.subject_alt_names = vec![uri(name)]);
            (format!("{name:.80?}"), client(&authority, &chain), expected)
        })
        .collect();
    let email = SanType::Rfc822Name("a@gw.example".try_into().unwrap());
    let address = SanType::IpAddress("127.0.0.1".parse().unwrap());
    let names: [(&str, Vec<SanType>, &str); 8] = [
        ("no name", vec![], "NoName"),
        ("a DNS name alone", vec![dns("gw.example")], "NoUri"),
        (
            "two identities",
            vec![uri(CONNECTOR), uri("spiffe://gw.example/tenant/b/connector/c")],
            "SeveralUris",
        ),
        (
            "the same twice",
            vec![uri(CONNECTOR), uri(CONNECTOR)],
            "SeveralUris",
        ),
        (
            "a DNS name beside",
            vec![uri(CONNECTOR), dns("gw.example")],
            "ForeignName",
        ),
        (
            "a DNS name before",
            vec![dns("gw.example"), uri(CONNECTOR)],
            "ForeignName",
        ),
        ("an address beside", vec![uri(CONNECTOR), address], "ForeignName"),
        ("a mailbox beside", vec![uri(CONNECTOR), email], "ForeignName"),
    ];
    cases.extend(names.into_iter().map(|(name, names, expected)| {
        let chain = leaf(&authority, |p| p.subject_alt_names = names);
        (name.to_owned(), client(&authority, &chain), expected)
    }));
    judge(cases, 40);
}

#[test]
fn leaves_that_may_too_much_or_too_little_are_refused_for_it() {
    let authority = authority();
    let second = Duration::from_secs(1);
    let good = |_: &mut CertificateParams| {};
    type Spoil = Box<dyn FnOnce(&mut CertificateParams)>;
    let usages = |usages: Vec<Usage>| -> Spoil { Box::new(move |p| p.key_usages = usages) };
    let purposes = |purposes: Vec<Purpose>| -> Spoil { Box::new(move |p| p.extended_key_usages = purposes) };
    let also = |oid: &'static [u64], content: &'static [u8], critical: bool| -> Spoil {
        Box::new(move |p| p.custom_extensions.push(extra(oid, content, critical)))
    };
    let cases: Vec<(&str, Spoil, &str)> = vec![
        ("good", Box::new(good), "accepted"),
        ("no key usage", usages(vec![]), "KeyUsage"),
        (
            "encipherment only",
            usages(vec![Usage::KeyEncipherment]),
            "KeyUsage",
        ),
        ("agreement only", usages(vec![Usage::KeyAgreement]), "KeyUsage"),
        (
            "signs certificates",
            usages(vec![Usage::DigitalSignature, Usage::KeyCertSign]),
            "KeyUsage",
        ),
        (
            "signs revocations",
            usages(vec![Usage::DigitalSignature, Usage::CrlSign]),
            "KeyUsage",
        ),
        ("no purpose", purposes(vec![]), "ExtendedKeyUsage"),
        (
            "a server's purpose",
            purposes(vec![Purpose::ServerAuth]),
            "purpose",
        ),
        ("any purpose", purposes(vec![Purpose::Any]), "purpose"),
        (
            "any purpose besides",
            purposes(vec![Purpose::ClientAuth, Purpose::Any]),
            "ExtendedKeyUsage",
        ),
        (
            "both purposes",
            purposes(vec![Purpose::ClientAuth, Purpose::ServerAuth]),
            "ExtendedKeyUsage",
        ),
        (
            "signs code",
            purposes(vec![Purpose::ClientAuth, Purpose::CodeSigning]),
            "ExtendedKeyUsage",
        ),
        (
            "answers for revocations",
            purposes(vec![Purpose::ClientAuth, Purpose::OcspSigning]),
            "ExtendedKeyUsage",
        ),
        ("stamps times", purposes(vec![Purpose::TimeStamping]), "purpose"),
        (
            "an authority",
            Box::new(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            "CertificateAuthority",
        ),
        ("ended now", Box::new(|p| p.not_after = now().into()), "accepted"),
        (
            "ended a second ago",
            Box::new(move |p| p.not_after = (now() - second).into()),
            "expired",
        ),
        (
            "begins now",
            Box::new(|p| p.not_before = now().into()),
            "accepted",
        ),
        (
            "begins in a second",
            Box::new(move |p| p.not_before = (now() + second).into()),
            "not_yet_valid",
        ),
        (
            "ends before it begins",
            Box::new(move |p| {
                (p.not_before, p.not_after) = ((now() + HOUR).into(), (now() - HOUR).into());
            }),
            "path",
        ),
        (
            "names twice",
            also(&[2, 5, 29, 17], &[0x30, 0], true),
            "DuplicateExtension",
        ),
        (
            "key usage twice",
            also(&[2, 5, 29, 15], &[3, 2, 7, 0x80], true),
            "DuplicateExtension",
        ),
        (
            "purposes twice",
            also(&[2, 5, 29, 37], &[0x30, 0], false),
            "DuplicateExtension",
        ),
        (
            "constraints twice",
            also(&[2, 5, 29, 19], &[0x30, 0], true),
            "DuplicateExtension",
        ),
        (
            "an unknown extension",
            also(&[1, 2, 3, 4], &[5, 0], false),
            "accepted",
        ),
        (
            "an unknown one that is critical",
            also(&[1, 2, 3, 4], &[5, 0], true),
            "UnknownCriticalExtension",
        ),
        (
            "a policy that is critical",
            also(&[2, 5, 29, 32], &[0x30, 0], true),
            "UnknownCriticalExtension",
        ),
        (
            "constraints on names",
            also(&[2, 5, 29, 30], &[0x30, 0], true),
            "UnknownCriticalExtension",
        ),
    ];
    let judged: Vec<_> = cases
        .into_iter()
        .map(|(name, spoil, expected)| {
            (
                name.to_owned(),
                client(&authority, &leaf(&authority, spoil)),
                expected,
            )
        })
        .collect();
    judge(judged, 25);
}

#[test]
fn paths_that_break_a_rule_are_refused_for_it() {
    let authority = authority();
    let good = |_: &mut CertificateParams| {};
    let mut cases: Vec<(&str, Chain, &str)> = Vec::new();
    cases.push((
        "through an intermediate",
        under(&authority, good, good),
        "accepted",
    ));
    let mut reversed = under(&authority, good, good);
    reversed.reverse();
    cases.push(("the intermediate first", reversed, "CertificateAuthority"));
    let mut missing = under(&authority, good, good);
    missing.truncate(1);
    cases.push(("without its intermediate", missing, "unknown_authority"));
    let mut with_root = under(&authority, good, good);
    with_root.push(root(&authority));
    cases.push(("with the root", with_root, "accepted"));
    let mut shuffled = under(&authority, good, good);
    shuffled.insert(1, root(&authority));
    cases.push(("with the root between", shuffled, "accepted"));
    let mut stray = leaf(&authority, good);
    stray.extend(leaf(&authority, good));
    cases.push(("with a stray leaf", stray, "accepted"));
    let mut other = under(&authority, good, good);
    other[1] = under(&authority, good, good)[1].clone();
    cases.push(("another intermediate of that name", other, "bad_signature"));
    cases.push(("the root alone", vec![root(&authority)], "CertificateAuthority"));

    cases.push((
        "by no authority",
        under(&authority, |p| p.is_ca = IsCa::ExplicitNoCa, good),
        "path",
    ));
    cases.push((
        "by one that says nothing",
        under(&authority, |p| p.is_ca = IsCa::NoCa, good),
        "path",
    ));
    let no_signing = |p: &mut CertificateParams| p.key_usages = vec![Usage::DigitalSignature];
    cases.push((
        "by a key that may not sign",
        under(&authority, no_signing, good),
        "unknown_authority",
    ));
    let ended = |p: &mut CertificateParams| p.not_after = (now() - HOUR).into();
    cases.push(("by one that ended", under(&authority, ended, good), "expired"));
    let early = |p: &mut CertificateParams| p.not_before = (now() + HOUR / 2).into();
    cases.push((
        "by one that has not begun",
        under(&authority, early, good),
        "not_yet_valid",
    ));
    let servers = |p: &mut CertificateParams| p.extended_key_usages = vec![Purpose::ServerAuth];
    cases.push(("by one for servers", under(&authority, servers, good), "purpose"));
    let clients = |p: &mut CertificateParams| p.extended_key_usages = vec![Purpose::ClientAuth];
    cases.push(("by one for clients", under(&authority, clients, good), "accepted"));
    let critical = |p: &mut CertificateParams| p.custom_extensions.push(extra(&[1, 2, 3, 4], &[5, 0], true));
    cases.push((
        "by one with a critical unknown",
        under(&authority, critical, good),
        "path",
    ));
    let twice =
        |p: &mut CertificateParams| p.custom_extensions.push(extra(&[2, 5, 29, 19], &[0x30, 0], true));
    cases.push((
        "by one with its constraints twice",
        under(&authority, twice, good),
        "path",
    ));

    // A path of three where the middle one allows none below it.
    let (first, first_key) = sign(&authority, &intermediate_params("first"));
    let (second, second_key) = sign_by(&first, &first_key, &intermediate_params("second"));
    let (end, _) = sign_by(&second, &second_key, &connector_params());
    cases.push(("longer than allowed", vec![end, second, first], "path"));
    // A leaf's own key as an authority.
    let (parent, parent_key) = sign(&authority, &connector_params());
    let (child, _) = sign_by(&parent, &parent_key, &connector_params());
    cases.push(("by a connector", vec![child, parent], "path"));
    let key = KeyPair::generate().unwrap();
    let own = connector_params().self_signed(&key).unwrap().der().clone();
    cases.push(("by itself", vec![own], "unknown_authority"));

    let judged =
        |(name, chain, expected): (&str, Chain, _)| (name.to_owned(), client(&authority, &chain), expected);
    judge(cases.into_iter().map(judged).collect(), 20);
}

#[test]
fn constraints_of_an_intermediate_on_names_hold() {
    let authority = authority();
    let node_under = |constraints: NameConstraints| {
        let mut params = intermediate_params("constrained");
        params.name_constraints = Some(constraints);
        let (intermediate, key) = sign(&authority, &params);
        let (leaf, _) = sign_by(&intermediate, &key, &node_params());
        vec![leaf, intermediate]
    };
    let of = |permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>| NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: excluded,
    };
    let name = |text: &str| GeneralSubtree::DnsName(text.to_owned());
    let uris = |spoil: &'static [u8]| {
        let add =
            move |p: &mut CertificateParams| p.custom_extensions.push(extra(&[2, 5, 29, 30], spoil, true));
        under(&authority, add, |_| {})
    };
    // permittedSubtrees, or excludedSubtrees, of one URI host: "evil.example", "gw.example".
    const PERMITTED: &[u8] = b"\x30\x12\xa0\x10\x30\x0e\x86\x0cevil.example";
    const EXCLUDED: &[u8] = b"\x30\x10\xa1\x0e\x30\x0c\x86\x0agw.example";
    let cases = vec![
        (
            "its own name",
            server(
                &authority,
                &node_under(of(vec![name("gw.example")], vec![])),
                now(),
            ),
            "accepted",
        ),
        (
            "another name",
            server(
                &authority,
                &node_under(of(vec![name("evil.example")], vec![])),
                now(),
            ),
            "path",
        ),
        (
            "its name excluded",
            server(
                &authority,
                &node_under(of(vec![], vec![name("gw.example")])),
                now(),
            ),
            "path",
        ),
        ("another's URIs", client(&authority, &uris(PERMITTED)), "path"),
        ("our URIs excluded", client(&authority, &uris(EXCLUDED)), "path"),
    ];
    judge(
        cases.into_iter().map(|(n, v, e)| (n.to_owned(), v, e)).collect(),
        5,
    );
}

fn by_key(authority: &Authority, key: &KeyPair) -> Chain {
    let root_key = PrivateKey::from_pem(&authority.root().key_pem()).unwrap();
    let issuer = Issuer::from_ca_cert_der(&root(authority), root_key).unwrap();
    vec![connector_params().signed_by(key, &issuer).unwrap().der().clone()]
}

fn read(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

#[test]
fn weak_keys_and_signatures_carry_no_path() {
    let authority = authority();
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut cases = vec![
        (
            "a P-384 key",
            client(&authority, &by_key(&authority, &p384)),
            "accepted",
        ),
        (
            "an Ed25519 key",
            client(&authority, &by_key(&authority, &ed25519)),
            "accepted",
        ),
    ];
    let bundle = TrustBundle::from_pem(include_str!("hostile/root.pem")).unwrap();
    let made = |pems: &[&str]| client_of(&bundle, &pems.iter().map(|pem| read(pem)).collect());
    cases.extend([
        (
            "RSA-2048 with SHA-256",
            made(&[include_str!("hostile/sha256.pem")]),
            "accepted",
        ),
        (
            "RSA-2048 with SHA-1",
            made(&[include_str!("hostile/sha1.pem")]),
            "path",
        ),
        (
            "through an RSA-2048 authority",
            made(&[
                include_str!("hostile/under-rsa2048.pem"),
                include_str!("hostile/rsa2048-ca.pem"),
            ]),
            "accepted",
        ),
        (
            "through an RSA-1024 authority",
            made(&[
                include_str!("hostile/under-rsa1024.pem"),
                include_str!("hostile/rsa1024-ca.pem"),
            ]),
            "bad_signature",
        ),
    ]);
    judge(
        cases.into_iter().map(|(n, v, e)| (n.to_owned(), v, e)).collect(),
        6,
    );
}

#[test]
fn bytes_that_were_changed_on_the_way_are_refused() {
    let authority = authority();
    let good = leaf(&authority, |_| {}).remove(0).to_vec();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        client(&authority, &vec![bytes.into()])
    };
    let middle = good.windows(4).position(|window| window == b"acme").unwrap();
    let last = good.len() - 1;
    let cases: Vec<(&str, Result<(), Refusal>, &str)> = vec![
        (
            "another tenant's name",
            changed(&|b| b[middle] = b'b'),
            "bad_signature",
        ),
        ("another signature", changed(&|b| b[last] ^= 1), "bad_signature"),
        ("a byte too many", changed(&|b| b.push(0)), "malformed"),
        ("a byte too few", changed(&|b| b.truncate(last)), "malformed"),
        ("nothing", changed(&Vec::clear), "malformed"),
        ("noise", changed(&|b| b.fill(0xff)), "malformed"),
        ("too long", changed(&|b| b.resize(64 * 1024, 0)), "too_much"),
    ];
    judge(
        cases.into_iter().map(|(n, v, e)| (n.to_owned(), v, e)).collect(),
        7,
    );
    let many = vec![CertificateDer::from(good); MAX_PRESENTED + 1];
    assert_eq!(said(client(&authority, &many)), "too_much");
}
