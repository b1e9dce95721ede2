//! Sign-in with a real identity provider: who gets in, who does not, what each role opens, and what the audit log says.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tests::client::Client;
use tests::provider::IdentityProvider;
use tests::samples::Samples;
use tests::wait;
use tests::world::{CONNECTOR, Setup, Side, TENANT, World};

const PROMPTLY: Duration = Duration::from_secs(30);

/// A gateway that trusts the provider.
fn setup(provider: &IdentityProvider, more: &str) -> Setup<'static> {
    let last = "# connector_lifetime_seconds = 86400\n".to_owned();
    let settings = format!("{last}{}", provider.settings(more));
    Setup {
        gateway_settings: vec![(last, settings)],
        ..Setup::default()
    }
}

async fn code(caller: &Client, method: &Method, path: &str, body: Option<&Value>) -> String {
    let answer = caller
        .send(method.clone(), path, "application/json", body)
        .await
        .unwrap();
    if answer.status.is_success() {
        return "ok".to_owned();
    }
    answer.problem().unwrap()
}

/// The claims of someone in this group.
fn member(group: &str) -> Value {
    json!({ "sub": format!("member of {group}"), "groups": [group] })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_opens_its_routes_on_its_tenants_and_no_other() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let world = World::start_gateway(setup(&provider, "")).await.unwrap();
    world.prepare_connector().await.unwrap();
    let other = json!({ "tenant": "other" });
    world
        .admin()
        .post("/v1/tenants", &other)
        .await
        .unwrap()
        .json()
        .unwrap();

    // What each route answers to whoever may use it; the target of some is not there, which is found out after the right.
    let viewer = 1;
    let (operator, administrator) = (2, 3);
    let routes: [(Method, &str, Option<Value>, u8, &str); 15] = [
        (Method::GET, "/connectors", None, viewer, "ok"),
        (Method::GET, "/join-tokens", None, viewer, "ok"),
        (Method::GET, "/api-tokens", None, viewer, "ok"),
        (Method::GET, "/sources/shop/catalogue", None, viewer, "ok"),
        (Method::POST, "/join-tokens", Some(json!({})), operator, "ok"),
        (Method::DELETE, "/join-tokens/00", None, operator, "not_found"),
        (
            Method::POST,
            "/connectors/none/revoke",
            None,
            operator,
            "not_found",
        ),
        (
            Method::POST,
            "/connectors/none/approve",
            None,
            operator,
            "not_found",
        ),
        (
            Method::PUT,
            "/reapproval",
            Some(json!({"automatic_days": 1})),
            administrator,
            "ok",
        ),
        (
            Method::POST,
            "/api-tokens",
            Some(json!({"name": "x", "scopes": ["query"]})),
            administrator,
            "ok",
        ),
        (
            Method::POST,
            "/sources/shop/catalogue/proposals",
            Some(json!({"text": "x"})),
            administrator,
            "source_offline",
        ),
        (Method::POST, "/revoke", None, administrator, "ok"),
        (Method::POST, "/restore", None, administrator, "ok"),
        (
            Method::POST,
            "/sources/shop/query",
            Some(json!({"query": "read.dbt_models"})),
            u8::MAX,
            "",
        ),
        (
            Method::DELETE,
            "?force=maybe",
            None,
            administrator,
            "invalid_request",
        ),
    ];
    let people = [
        ("nothing", 0, 0),
        ("lookers", viewer, viewer),
        ("on-call", operator, operator),
        ("platform-admins", administrator, administrator),
        ("acme-lookers", viewer, 0),
        ("acme-on-call", operator, 0),
        ("acme-admins", administrator, 0),
    ];
    for (group, here, there) in people {
        let token = provider.token(member(group)).await.unwrap();
        let person = world.admin().clone().with_token(&token);
        for (tenant, held) in [(TENANT, here), ("other", there)] {
            for (method, route, body, least, fine) in &routes {
                let path = format!("/v1/tenants/{tenant}{route}");
                let answer = code(&person, method, &path, body.as_ref()).await;
                let expected = match held {
                    held if held >= *least => fine,
                    // Of a tenant without a role one learns nothing, unless one has no role at all.
                    0 if here > 0 => "unknown_tenant",
                    _ => "forbidden",
                };
                assert_eq!(answer, expected, "{group}: {method} {path}");
            }
        }

        let list = code(&person, &Method::GET, "/v1/tenants", None).await;
        assert_eq!(list, if here > 0 { "ok" } else { "forbidden" }, "{group}");
        if here > 0 {
            let list = person.get("/v1/tenants").await.unwrap().json().unwrap();
            let seen = list.get("items").and_then(Value::as_array).unwrap().len();
            assert_eq!(seen, if there > 0 { 2 } else { 1 }, "{group}");
        }
        // A tenant is made by whoever administers all; the name is taken, which is found out after the right.
        let make = code(&person, &Method::POST, "/v1/tenants", Some(&other)).await;
        assert_eq!(
            make,
            if there == administrator {
                "conflict"
            } else {
                "forbidden"
            },
            "{group}"
        );
        // A token of a tenant is ended by whoever administers that one; of others they do not learn that it is there.
        for (tenant, held) in [(TENANT, here), ("other", there)] {
            let new = json!({"name": "doomed", "scopes": ["query"]});
            let made = world
                .admin()
                .post(&format!("/v1/tenants/{tenant}/api-tokens"), &new)
                .await
                .unwrap();
            let id = made.json().unwrap()["record"]["id"].as_str().unwrap().to_owned();
            let end = code(&person, &Method::DELETE, &format!("/v1/api-tokens/{id}"), None).await;
            let expected = match held {
                3 => "ok",
                _ if here == administrator => "not_found",
                _ => "forbidden",
            };
            assert_eq!(end, expected, "{group} on {tenant}");
        }
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn token_that_the_provider_did_not_make_for_this_gateway_is_refused() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let world = World::start_gateway(setup(&provider, "")).await.unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let good = provider.token(json!({})).await.unwrap();
    let with = |token: &str| world.admin().clone().with_token(token);
    assert_eq!(code(&with(&good), &Method::GET, "/v1/tenants", None).await, "ok");

    let mint = |more: Value| {
        let mut command = json!({ "do": "mint" });
        for (name, value) in more.as_object().unwrap() {
            command[name] = value.clone();
        }
        command
    };
    let refused = [
        (
            "issuer",
            mint(json!({"claims": {"iss": "https://elsewhere.example"}})),
        ),
        ("audience", mint(json!({"claims": {"aud": "another-client"}}))),
        ("audience", mint(json!({"claims": {"azp": "another-client"}}))),
        (
            "expired",
            mint(json!({"claims": {"iat": now - 7_200, "exp": now - 3_600}})),
        ),
        ("not_yet", mint(json!({"claims": {"nbf": now + 3_000}}))),
        ("lifetime", mint(json!({"claims": {"exp": now + 90_000}}))),
        ("subject", mint(json!({"claims": {"sub": ""}}))),
        ("algorithm", mint(json!({"key": "none"}))),
        ("algorithm", mint(json!({"key": "hmac"}))),
        ("algorithm", mint(json!({"header": {"alg": "RS384"}}))),
        ("algorithm", mint(json!({"header": {"alg": "rs256"}}))),
        ("unknown_key", mint(json!({"key": "stranger"}))),
        ("kind", mint(json!({"header": {"typ": "logout+jwt"}}))),
        ("form", mint(json!({"header": {"crit": ["exp"]}}))),
        ("form", mint(json!({"claims": {"padding": "x".repeat(9_500)}}))),
    ];
    for (why, command) in &refused {
        let before = Samples::of(&world, Side::Gateway).await.unwrap();
        let token = provider.mint(command).await.unwrap();
        assert_eq!(
            code(&with(&token), &Method::GET, "/v1/tenants", None).await,
            "unauthenticated",
            "{command}"
        );
        let after = Samples::of(&world, Side::Gateway).await.unwrap();
        let series = format!("gateway_sign_ins_total{{result=\"{why}\"}}");
        assert_eq!(
            after.value(&series),
            before.value(&series) + 1.0,
            "{why}: {command}"
        );
    }
    // The stranger's key under the name of a published one, and a good token with one claim changed.
    let parts: Vec<_> = good.split('.').collect();
    let other = provider.token(json!({"sub": "mallory"})).await.unwrap();
    let payload = other.split('.').nth(1).unwrap();
    for token in [
        format!("{}.{payload}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(
            code(&with(&token), &Method::GET, "/v1/tenants", None).await,
            "unauthenticated",
            "{token}"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn provider_rotates_its_keys_and_strangers_cannot_make_the_gateway_hammer_it() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let world = World::start_gateway(setup(&provider, "")).await.unwrap();
    let with = |token: &str| world.admin().clone().with_token(token);
    let ask = async |token: &str| code(&with(token), &Method::GET, "/v1/tenants", None).await;
    let old = provider.token(json!({})).await.unwrap();
    assert_eq!(ask(&old).await, "ok");

    // Both keys are published: tokens of both are good.
    provider.command(&json!({ "do": "rotate" })).await.unwrap();
    let new = provider.token(json!({})).await.unwrap();
    assert_eq!(ask(&new).await, "ok");
    assert_eq!(ask(&old).await, "ok");

    // The old one is withdrawn: gone once the gateway has looked again, which the newest key makes it do.
    provider.command(&json!({ "do": "swap" })).await.unwrap();
    let newest = provider.token(json!({})).await.unwrap();
    assert_eq!(ask(&newest).await, "ok");
    assert_eq!(ask(&new).await, "unauthenticated");

    let before = provider.calls().await.unwrap();
    let (mut flood, mut answers) = (tokio::task::JoinSet::new(), Vec::new());
    for n in 0..200 {
        // As many at once as a busy host answers in time.
        if flood.len() >= 25 {
            answers.extend(flood.join_next().await.map(Result::unwrap));
        }
        let header = json!({ "kid": format!("no such key {n}") });
        let token = provider
            .mint(&json!({ "do": "mint", "header": header }))
            .await
            .unwrap();
        let stranger = with(&token);
        flood.spawn(async move { code(&stranger, &Method::GET, "/v1/tenants", None).await });
    }
    answers.extend(flood.join_all().await);
    assert_eq!(answers.len(), 200);
    assert!(
        answers.iter().all(|answer| answer == "unauthenticated"),
        "{answers:?}"
    );
    let calls = provider.calls().await.unwrap() - before;
    assert!(calls <= 3, "{calls} calls for 200 unknown keys");
    assert_eq!(ask(&newest).await, "ok");
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn provider_that_is_down_stops_nobody_whose_keys_are_known() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let token = provider.token(json!({})).await.unwrap();
    provider.stop().await.unwrap();
    // The gateway starts without it, takes API tokens, and says of sign-ins that they may work later.
    let mut world = World::start_gateway(setup(&provider, "")).await.unwrap();
    let ask = async |world: &World, token: &str| {
        let person = world.admin().clone().with_token(token);
        code(&person, &Method::GET, "/v1/tenants", None).await
    };
    assert_eq!(ask(&world, &token).await, "identity_provider_unavailable");
    assert_eq!(code(world.admin(), &Method::GET, "/v1/tenants", None).await, "ok");

    provider.start_again().await.unwrap();
    let token = provider.token(json!({})).await.unwrap();
    wait::until("a sign-in", PROMPTLY, async || {
        (ask(&world, &token).await == "ok").then_some(())
    })
    .await
    .unwrap();
    provider.stop().await.unwrap();
    assert_eq!(ask(&world, &token).await, "ok");
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert!(samples.value("gateway_oidc_refreshes_total{result=\"failed\"}") >= 1.0);
    assert!(samples.value("gateway_oidc_keys_timestamp_seconds") > 0.0);
    world
        .assert_no_errors_but(&["the identity provider's keys cannot be fetched"])
        .unwrap();
    world.gateway.kill().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_by_a_person_or_a_token_is_in_the_audit_log_with_who_and_from_where() {
    let mut provider = IdentityProvider::start().await.unwrap();
    let world = World::start_gateway(setup(&provider, "")).await.unwrap();
    world.prepare_connector().await.unwrap();
    let claims = json!({"sub": "otto", "groups": ["on-call"], "email": "otto@people.example"});
    let token = provider.token(claims).await.unwrap();
    let otto = world.admin().clone().with_token(&token);
    let revoke = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/revoke");
    assert_eq!(code(&otto, &Method::POST, &revoke, None).await, "ok");
    assert_eq!(
        code(&otto, &Method::POST, "/v1/tenants", Some(&json!({"tenant": "x"}))).await,
        "forbidden"
    );
    // A read is not written down, unless it was refused.
    assert_eq!(code(&otto, &Method::GET, "/v1/tenants", None).await, "ok");
    let stranger = world.caller().await.unwrap();
    assert_eq!(
        code(&stranger, &Method::GET, "/v1/tenants", None).await,
        "forbidden"
    );
    let join = world
        .admin()
        .post(&format!("/v1/tenants/{TENANT}/join-tokens"), &json!({}))
        .await
        .unwrap();
    let join = join.json().unwrap()["id"].as_str().unwrap().to_owned();

    // An end is written behind its answer.
    let log = wait::until("every end in the log", PROMPTLY, async || {
        let log = world.audit(Side::Gateway).ok()?;
        let begun = log.iter().filter(|line| line["event"] == "administering");
        let ended = log.iter().filter(|line| line.get("administering").is_some());
        (begun.count() == ended.count()).then_some(log)
    });
    let log = log.await.unwrap();
    let found = |action: &str, name: &str| {
        let begun = log.iter().rev().find(|line| {
            line["event"] == "administering" && line["action"] == action && line["caller_name"] == name
        });
        let begun = begun.unwrap_or_else(|| panic!("{action} by {name} is not in {log:#?}"));
        let ended = log
            .iter()
            .find(|line| line["administering"] == begun["n"])
            .unwrap();
        assert_eq!(ended["request"], begun["request"]);
        assert!(
            begun["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
            "{begun}"
        );
        (begun.clone(), ended.clone())
    };
    let (begun, ended) = found(
        "POST /v1/tenants/{tenant}/connectors/{connector}/revoke",
        "otto@people.example",
    );
    assert_eq!(
        (&begun["subject"], &begun["issuer"]),
        (&json!("otto"), &json!(provider.issuer()))
    );
    assert_eq!(
        (&begun["path"], &ended["outcome"]),
        (&json!(revoke), &json!("ok"))
    );
    let (_, ended) = found("POST /v1/tenants", "otto@people.example");
    assert_eq!(ended["outcome"], "forbidden");
    let (begun, ended) = found("GET /v1/tenants", "a test");
    assert_eq!(
        (begun.get("subject"), &ended["outcome"]),
        (None, &json!("forbidden"))
    );
    let (_, ended) = found("POST /v1/tenants/{tenant}/join-tokens", "first administrator");
    assert_eq!(ended["made"], json!(join));
    assert!(
        !log.iter()
            .any(|line| line["action"] == "GET /v1/tenants" && line["caller_name"] != "a test")
    );
    assert!(!format!("{log:?}").contains(&token), "no token is in the log");

    world.assert_no_errors_but(&[]).unwrap();
}
