use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
};

use super::*;
use crate::forge::{
    CONNECTOR, HOUR, NODE, authority, connector, connector_params, dns, extra, node, node_params, now, sign,
    uri,
};

fn refused(params: &CertificateParams) -> IdentityError {
    let (leaf, _) = sign(&authority(), params);
    identity_of(&leaf).expect_err("this certificate must give no identity")
}

fn spoilt(spoil: impl FnOnce(&mut CertificateParams)) -> IdentityError {
    let mut params = connector_params();
    spoil(&mut params);
    refused(&params)
}

fn spoilt_node(spoil: impl FnOnce(&mut CertificateParams)) -> IdentityError {
    let mut params = node_params();
    spoil(&mut params);
    refused(&params)
}

#[test]
fn issued_certificates_give_their_identity() {
    let authority = authority();
    let (issued, _) = connector(&authority, "acme", now());
    assert_eq!(identity_of(&issued.chain[0]).unwrap().to_string(), CONNECTOR);
    let (issued, _) = node(&authority, now());
    assert_eq!(identity_of(&issued.chain[0]).unwrap().to_string(), NODE);
}

#[test]
fn the_unspoilt_forgeries_are_good() {
    for params in [connector_params(), node_params()] {
        let (leaf, _) = sign(&authority(), &params);
        identity_of(&leaf).unwrap();
    }
}

#[test]
fn facts_are_those_of_the_certificate() {
    let (leaf, _) = sign(&authority(), &connector_params());
    let facts = facts_of_peer(std::slice::from_ref(&leaf)).unwrap();
    assert_eq!((facts.not_before, facts.not_after), (now() - HOUR, now() + HOUR));
    assert_eq!(facts.fingerprint, Fingerprint::of(&leaf));
    assert_eq!(facts.serial.to_string().parse::<Serial>().unwrap(), facts.serial);
    assert_eq!(
        facts.fingerprint.to_string().parse::<Fingerprint>().unwrap(),
        facts.fingerprint
    );
    assert_eq!(facts_of_peer(&[]), Err(IdentityError::Malformed));
}

#[test]
fn the_subject_is_never_read() {
    let mut params = connector_params();
    params.distinguished_name.push(
        DnType::CommonName,
        "spiffe://gw.example/tenant/victim/connector/prod",
    );
    let (leaf, _) = sign(&authority(), &params);
    assert_eq!(identity_of(&leaf).unwrap().to_string(), CONNECTOR);
}

#[test]
fn names_must_be_one_uri() {
    let other = "spiffe://gw.example/tenant/victim/connector/prod";
    assert_eq!(spoilt(|p| p.subject_alt_names = vec![]), IdentityError::NoName);
    assert_eq!(
        spoilt(|p| p.subject_alt_names = vec![dns("gw.example")]),
        IdentityError::NoUri
    );
    assert_eq!(
        spoilt(|p| p.subject_alt_names.push(uri(other))),
        IdentityError::SeveralUris
    );
    assert_eq!(
        spoilt(|p| p.subject_alt_names.insert(0, uri(other))),
        IdentityError::SeveralUris
    );
    assert_eq!(
        spoilt(|p| p.subject_alt_names.push(uri(CONNECTOR))),
        IdentityError::SeveralUris
    );
    assert_eq!(
        spoilt_node(|p| p.subject_alt_names.push(uri("https://gw.example"))),
        IdentityError::SeveralUris
    );
}

#[test]
fn only_a_node_has_names_beside_its_uri_and_only_for_its_api() {
    let email = || SanType::Rfc822Name("a@gw.example".try_into().unwrap());
    assert_eq!(
        spoilt(|p| p.subject_alt_names.push(dns("gw.example"))),
        IdentityError::ForeignName
    );
    assert_eq!(
        spoilt(|p| p.subject_alt_names.push(email())),
        IdentityError::ForeignName
    );
    assert_eq!(
        spoilt_node(|p| p.subject_alt_names.push(email())),
        IdentityError::ForeignName
    );
    let many = (0..=MAX_API_NAMES).map(|at| dns(&format!("n{at}.example")));
    assert_eq!(
        spoilt_node(|p| p.subject_alt_names.extend(many)),
        IdentityError::TooMany
    );
}

#[test]
fn a_uri_of_another_form_is_no_identity() {
    for text in [
        "spiffe://gw.example",
        "spiffe://gw.example/",
        "spiffe://gw.example/tenant/acme",
        "spiffe://gw.example/tenant/acme/connector/",
        "spiffe://gw.example/tenant/acme/connector/prod/",
        "spiffe://gw.example/tenant/acme/connector/prod?tenant=victim",
        "spiffe://gw.example/tenant/acme/connector/prod#victim",
        "spiffe://gw.example/tenant/a%63me/connector/prod",
        "spiffe://gw.example:443/tenant/acme/connector/prod",
        "SPIFFE://gw.example/tenant/acme/connector/prod",
        "https://gw.example/tenant/acme/connector/prod",
    ] {
        assert_eq!(
            spoilt(|p| p.subject_alt_names = vec![uri(text)]),
            IdentityError::NotAnIdentity,
            "{text}"
        );
    }
    let long = format!("{CONNECTOR}{}", "a".repeat(MAX_URI_BYTES));
    assert_eq!(
        spoilt(|p| p.subject_alt_names = vec![uri(&long)]),
        IdentityError::NotAnIdentity
    );
}

#[test]
fn a_nul_byte_does_not_end_a_name() {
    // A reader in C would see the first tenant only.
    let forged = "spiffe://gw.example/tenant/acme/connector/prod\0.victim";
    assert_eq!(
        spoilt(|p| p.subject_alt_names = vec![uri(forged)]),
        IdentityError::NotAnIdentity
    );
}

#[test]
fn an_authority_is_nobody() {
    for constraints in [BasicConstraints::Unconstrained, BasicConstraints::Constrained(0)] {
        assert_eq!(
            spoilt(|p| p.is_ca = IsCa::Ca(constraints)),
            IdentityError::CertificateAuthority
        );
    }
    let authority = authority();
    assert_eq!(
        identity_of(&authority.bundle().certificates()[0]),
        Err(IdentityError::CertificateAuthority)
    );
}

#[test]
fn usages_fit_the_kind_of_identity_exactly() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
    assert_eq!(spoilt(|p| p.key_usages.clear()), IdentityError::KeyUsage);
    assert_eq!(
        spoilt(|p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        IdentityError::KeyUsage
    );
    assert_eq!(
        spoilt(|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        IdentityError::KeyUsage
    );
    assert_eq!(
        spoilt(|p| p.key_usages.push(KeyUsagePurpose::CrlSign)),
        IdentityError::KeyUsage
    );
    for usages in [
        vec![],
        vec![ServerAuth],
        vec![ClientAuth, ServerAuth],
        vec![Any],
        vec![ClientAuth, CodeSigning],
    ] {
        assert_eq!(
            spoilt(|p| p.extended_key_usages = usages.clone()),
            IdentityError::ExtendedKeyUsage,
            "{usages:?}"
        );
    }
    for usages in [
        vec![],
        vec![ServerAuth],
        vec![ClientAuth],
        vec![ClientAuth, ServerAuth, Any],
    ] {
        let error = spoilt_node(|p| p.extended_key_usages = usages.clone());
        assert_eq!(error, IdentityError::ExtendedKeyUsage, "{usages:?}");
    }
}

#[test]
fn no_extension_stands_twice() {
    let san = [2, 5, 29, 17];
    let name = b"spiffe://gw.example/tenant/victim/connector/prod";
    let mut second = vec![
        0x30,
        u8::try_from(name.len() + 2).unwrap(),
        0x86,
        u8::try_from(name.len()).unwrap(),
    ];
    second.extend_from_slice(name);
    let duplicate = spoilt(|p| p.custom_extensions.push(extra(&san, &second, true)));
    assert_eq!(duplicate, IdentityError::DuplicateExtension);
    let constraints = spoilt(|p| {
        p.custom_extensions
            .push(extra(&[2, 5, 29, 19], &[0x30, 0], false))
    });
    assert_eq!(constraints, IdentityError::DuplicateExtension);
    let unknown = extra(&[1, 2, 3, 4], &[5, 0], false);
    let error = spoilt(|p| p.custom_extensions = vec![unknown.clone(), unknown]);
    assert_eq!(error, IdentityError::DuplicateExtension);
}

#[test]
fn unknown_extensions_pass_unless_critical_and_are_bounded() {
    let mut params = connector_params();
    params.custom_extensions = vec![extra(&[1, 2, 3, 4], &[5, 0], false)];
    let (leaf, _) = sign(&authority(), &params);
    assert_eq!(identity_of(&leaf).unwrap().to_string(), CONNECTOR);
    params.custom_extensions = vec![extra(&[1, 2, 3, 4], &[5, 0], true)];
    assert_eq!(refused(&params), IdentityError::UnknownCriticalExtension);
    params.custom_extensions = (0..=MAX_EXTENSIONS as u64)
        .map(|at| extra(&[1, 2, 3, 4, at], &[5, 0], false))
        .collect();
    assert_eq!(refused(&params), IdentityError::TooMany);
}

#[test]
fn what_cannot_be_parsed_is_refused() {
    let (leaf, _) = sign(&authority(), &connector_params());
    let trailing = [&*leaf, &[0][..]].concat();
    let long = [&*leaf, &vec![0; MAX_CERTIFICATE_BYTES][..]].concat();
    assert_eq!(identity_of(&trailing), Err(IdentityError::Malformed));
    assert_eq!(identity_of(&long), Err(IdentityError::TooLong));
    assert_eq!(identity_of(b""), Err(IdentityError::Malformed));
    let broken = spoilt(|p| {
        p.subject_alt_names.clear();
        p.custom_extensions
            .push(extra(&[2, 5, 29, 17], &[0x30, 0x7f], false));
    });
    assert_eq!(broken, IdentityError::Malformed);
}

#[test]
fn no_bytes_make_it_panic() {
    let authority = authority();
    let (connector, _) = sign(&authority, &connector_params());
    let (node, _) = node(&authority, now());
    for good in [
        &*connector,
        &*node.chain[0],
        &*authority.bundle().certificates()[0],
    ] {
        for at in 0..good.len() {
            let _ = identity_of(&good[..at]);
            let _ = root_facts(&good[..at]);
            for bit in 0..8 {
                let mut changed = good.to_vec();
                changed[at] ^= 1 << bit;
                let _ = facts_of(&changed);
                let _ = root_facts(&changed);
            }
            for value in [0x00, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = good.to_vec();
                changed[at] = value;
                let _ = facts_of(&changed);
            }
        }
    }
}

#[test]
fn serials_and_fingerprints_are_read_from_hexadecimal_only() {
    for text in ["", "0", "xy", &"00".repeat(21)] {
        assert!(text.parse::<Serial>().is_err(), "{text}");
    }
    for text in ["", "00", &"00".repeat(33), &"zz".repeat(32)] {
        assert!(text.parse::<Fingerprint>().is_err(), "{text}");
    }
}
