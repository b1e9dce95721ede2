//! What a token says, against the settings and the time. Signatures, keys and the provider itself are in the system tests,
//! where a real provider makes them.

use serde_json::{Map, Value, json};

use super::{
    keys::{Keys, KeysError},
    settings::{Raw, Settings},
    verify::{Refusal, person},
};
use crate::auth::{Caller, Role};

const NOW: u64 = 1_700_000_000;

fn settings(more: &str) -> Settings {
    let text = format!("issuer = \"https://login.example\"\nclient_id = \"cli\"\n{more}");
    let raw: Raw = toml::from_str(&text).expect("TOML");
    raw.try_into().expect("legal")
}

fn wrong(more: &str) -> &'static str {
    let text = format!("issuer = \"https://login.example\"\n{more}");
    let raw: Raw = toml::from_str(&text).expect("TOML");
    Settings::try_from(raw).expect_err(more).0
}

/// The claims of a good token, with others in the place of some; null takes one out.
fn claims(others: Value) -> Map<String, Value> {
    let mut all = json!({
        "iss": "https://login.example", "aud": "cli", "sub": "7", "iat": NOW - 10, "exp": NOW + 3_600,
    });
    let all = all.as_object_mut().expect("an object");
    for (name, value) in others.as_object().expect("an object") {
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    all.clone()
}

#[test]
fn claims_that_are_not_for_this_gateway_now_are_refused() {
    let settings = settings("audience = \"api://gateway\"\n");
    let ask = |others: Value| person(&settings, &claims(others), NOW).map(|person| person.subject);
    let good = [
        json!({}),
        json!({"aud": ["cli"]}),
        json!({"aud": ["cli", "else"], "azp": "cli"}),
        json!({"aud": "api://gateway"}),
        json!({"aud": "api://gateway", "azp": "cli"}),
        json!({"exp": NOW - 59}),
        json!({"iat": NOW + 60, "exp": NOW + 100}),
        json!({"nbf": NOW + 60}),
        json!({"exp": (NOW + 5) as f64 + 0.5}),
    ];
    for others in good {
        assert_eq!(ask(others.clone()), Ok("7".to_owned()), "{others}");
    }
    let bad = [
        (json!({"iss": "https://login.example/"}), Refusal::Issuer),
        (json!({"iss": "https://LOGIN.example"}), Refusal::Issuer),
        (json!({"iss": null}), Refusal::Issuer),
        (json!({"aud": "else"}), Refusal::Audience),
        (json!({"aud": ["else"]}), Refusal::Audience),
        (json!({"aud": []}), Refusal::Audience),
        (json!({"aud": null}), Refusal::Audience),
        (json!({"aud": {"cli": 1}}), Refusal::Audience),
        (json!({"aud": ["cli", "else"]}), Refusal::Audience),
        (json!({"aud": ["cli", "else"], "azp": "else"}), Refusal::Audience),
        (json!({"azp": "else"}), Refusal::Audience),
        (json!({"azp": 7}), Refusal::Audience),
        (json!({"exp": NOW - 60}), Refusal::Expired),
        (json!({"exp": null}), Refusal::Form),
        (json!({"exp": "never"}), Refusal::Form),
        (json!({"exp": -1}), Refusal::Form),
        (json!({"exp": 1e300}), Refusal::Form),
        (json!({"iat": null}), Refusal::Form),
        (json!({"iat": NOW + 61}), Refusal::NotYet),
        (json!({"nbf": NOW + 61}), Refusal::NotYet),
        (json!({"nbf": "x"}), Refusal::Form),
        (json!({"exp": NOW + 90_000}), Refusal::Lifetime),
        (json!({"sub": null}), Refusal::Subject),
        (json!({"sub": ""}), Refusal::Subject),
        (json!({"sub": 7}), Refusal::Subject),
        (json!({"sub": "a\nb"}), Refusal::Subject),
        (json!({"sub": "x".repeat(256)}), Refusal::Subject),
    ];
    for (others, why) in bad {
        assert_eq!(ask(others.clone()), Err(why), "{others}");
    }
}

#[test]
fn groups_addresses_and_domains_become_roles_as_the_rules_say() {
    let settings = settings(
        "[[role]]\nrole = \"viewer\"\ngroup = \"all\"\n\
         [[role]]\nrole = \"operator\"\nclaim = \"roles\"\nvalue = \"Operator\"\ntenants = [\"acme\"]\n\
         [[role]]\nrole = \"administrator\"\nclaim = \"email\"\nvalue = \"ada@corp.example\"\n\
         [[role]]\nrole = \"viewer\"\nclaim = \"hd\"\nvalue = \"corp.example\"\ntenants = [\"acme\"]\n",
    );
    let acme = "acme".parse().expect("id");
    let other = "other".parse().expect("id");
    let of = |others: Value| {
        let caller = Caller::person(person(&settings, &claims(others), NOW).expect("signed in"));
        let held = |tenant| match () {
            () if caller.tenant_admin(tenant).is_ok() => Some(Role::Administrator),
            () if caller.enroller(tenant).is_ok() => Some(Role::Operator),
            () if caller.viewer(tenant).is_ok() => Some(Role::Viewer),
            () => None,
        };
        (held(&acme), held(&other))
    };
    assert_eq!(of(json!({})), (None, None));
    assert_eq!(
        of(json!({"groups": ["all"]})),
        (Some(Role::Viewer), Some(Role::Viewer))
    );
    assert_eq!(
        of(json!({"groups": "all"})),
        (Some(Role::Viewer), Some(Role::Viewer))
    );
    assert_eq!(of(json!({"groups": ["All", "al", "all "]})), (None, None));
    assert_eq!(of(json!({"groups": {"all": true}})), (None, None));
    assert_eq!(of(json!({"roles": ["Operator"]})), (Some(Role::Operator), None));
    assert_eq!(of(json!({"hd": "corp.example"})), (Some(Role::Viewer), None));
    let ada = json!({"email": "ada@corp.example", "email_verified": true});
    assert_eq!(of(ada), (Some(Role::Administrator), Some(Role::Administrator)));
    for unverified in [json!(null), json!(false), json!("true")] {
        let ada = json!({"email": "ada@corp.example", "email_verified": unverified});
        assert_eq!(of(ada), (None, None));
    }
}

#[test]
fn groups_that_the_provider_left_out_are_an_error_that_says_what_to_do() {
    let rule = "[[role]]\nrole = \"viewer\"\ngroup = \"all\"\n";
    let overage =
        json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}});
    let refusal = person(&settings(rule), &claims(overage.clone()), NOW).expect_err("no groups");
    assert_eq!(refusal, Refusal::Overage);
    assert!(refusal.to_string().contains("app roles"));
    assert_eq!(
        person(&settings(rule), &claims(json!({"hasgroups": true})), NOW),
        Err(Refusal::Overage)
    );
    // Whose rules do not look at groups does not miss them.
    let by_role = "[[role]]\nrole = \"viewer\"\nclaim = \"roles\"\nvalue = \"Viewer\"\n";
    assert!(person(&settings(by_role), &claims(overage), NOW).is_ok());
}

#[test]
fn settings_that_would_let_too_much_in_are_refused_by_key() {
    let client = "client_id = \"cli\"\n";
    for (more, key) in [
        ("client_id = \"\"\n".to_owned(), "oidc.client_id"),
        (format!("{client}algorithms = [\"none\"]\n"), "oidc.algorithms"),
        (format!("{client}algorithms = [\"HS256\"]\n"), "oidc.algorithms"),
        (format!("{client}algorithms = []\n"), "oidc.algorithms"),
        (format!("{client}leeway_seconds = 301\n"), "oidc.leeway_seconds"),
        (format!("{client}scopes = [\"email\"]\n"), "oidc.scopes"),
        (format!("{client}scopes = [\"openid\", \"a b\"]\n"), "oidc.scopes"),
        (format!("{client}[[role]]\nrole = \"viewer\"\n"), "oidc.role"),
        (
            format!("{client}[[role]]\nrole = \"viewer\"\ngroup = \"\"\n"),
            "oidc.role",
        ),
        (
            format!("{client}[[role]]\nrole = \"viewer\"\ngroup = \"a\"\nclaim = \"b\"\nvalue = \"c\"\n"),
            "oidc.role",
        ),
        (
            format!("{client}[[role]]\nrole = \"viewer\"\ngroup = \"a\"\ntenants = [\"A B\"]\n"),
            "oidc.role.tenants",
        ),
    ] {
        assert_eq!(wrong(&more), key, "{more}");
    }
    for issuer in [
        "http://login.example",
        "https://login.example?x=1",
        "https://a@b",
        "login.example",
        "",
    ] {
        let raw: Raw = toml::from_str(&format!("issuer = {issuer:?}\nclient_id = \"cli\"\n")).expect("TOML");
        assert_eq!(Settings::try_from(raw).expect_err(issuer).0, "oidc.issuer");
    }
}

#[test]
fn keys_that_could_verify_too_much_are_left_out() {
    let parse = |keys: Value| Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).map(drop);
    let curve = json!({
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let with = |name: &str, value: Value| {
        let mut key = curve.clone();
        key.as_object_mut()
            .expect("an object")
            .insert(name.to_owned(), value);
        key
    };
    assert_eq!(parse(json!([curve])), Ok(()));
    assert_eq!(parse(json!([with("use", json!("sig"))])), Ok(()));
    assert_eq!(parse(json!([with("alg", json!("ES256"))])), Ok(()));
    for unfit in [
        with("use", json!("enc")),
        with("alg", json!("HS256")),
        with("alg", json!("ES384")),
        with("crv", json!("P-384")),
        with("kid", json!("k".repeat(257))),
        json!({"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "1"}),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1"}),
        json!({}),
        json!(7),
    ] {
        assert_eq!(parse(json!([unfit])), Err(KeysError::None), "{unfit}");
    }
    assert_eq!(parse(json!([7, curve, {}])), Ok(()));
    assert_eq!(parse(json!(vec![curve; 65])), Err(KeysError::Many));
    assert_eq!(parse(json!("none")), Err(KeysError::Form));
}
