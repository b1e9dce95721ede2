//! Keys at rest with key services: AWS's interface by moto, Vault's by its contract.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use custody::aws::{Aws, Environment, Service};
use gateway::seal::Scope;
use gateway::seal::aws::AwsKms;
use gateway::seal::kms::{About, Kms, KmsError};
use gateway::seal::vault::VaultTransit;
use serde_json::{Value, json};
use tests::aws::{Cloud, KEY_ID, KEY_SECRET, REGION};
use tests::paths;
use tests::process::{Finished, Launch};
use tests::vault::{self, VaultContract};
use tests::world::{Setup, TENANT, World};
use zeroize::Zeroizing;

/// A process that cannot start ends within this.
const ENDS: Duration = Duration::from_secs(60);

fn about(tenant: &str) -> About {
    About {
        domain: "tests.example".parse().unwrap(),
        scope: Scope::Tenant(tenant.parse().unwrap()),
        key: "0011223344556677".to_owned(),
    }
}

async fn gateway(world: &World<'_>, arguments: &[&str]) -> Finished {
    let state = world.folder().join("gateway").display().to_string();
    Launch::new(&paths::program("gateway").unwrap())
        .args(arguments.iter().copied())
        .args(["--state".to_owned(), state])
        .run()
        .await
        .unwrap()
}

/// What stands in `gateway.toml` after `init`, and what shall: another key, with the file as the former one.
fn settings(present: &str) -> (String, String) {
    (
        "# [seal]\n# kms = \"file\"\n# path = \"kek\"\n".to_owned(),
        format!("[seal]\n{present}\n\n[[seal_former]]\nkms = \"file\"\n"),
    )
}

/// Takes the former key out of the settings.
fn drop_former(world: &World<'_>) {
    let file = world.folder().join("gateway/gateway.toml");
    let text = fs::read_to_string(&file).unwrap();
    let without = text.replace("[[seal_former]]\nkms = \"file\"\n", "");
    assert_ne!(text, without);
    fs::write(&file, without).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_under_an_aws_key_goes_on_while_kms_is_down_and_says_so_when_it_cannot_start() {
    let mut cloud = Cloud::start().await.unwrap();
    let key = cloud.create_key().await.unwrap();
    let present = format!(
        "kms = \"aws\"\nkey = \"{key}\"\nregion = \"{REGION}\"\nendpoint = \"{}\"",
        cloud.endpoint()
    );
    let setup = Setup {
        gateway_settings: vec![settings(&present)],
        gateway_environment: Cloud::environment(),
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    let path = format!("/v1/tenants/{TENANT}/connectors");

    // The installation's key is under the file still, the tenant's is new and under AWS's.
    let done = gateway(&world, &["seal", "rewrap", "--json"]).await;
    let done = done.succeeded().unwrap().json().unwrap();
    assert_eq!(done["rewrapped"], json!(2));
    let refused = gateway(&world, &["seal", "rotate"]).await;
    assert_eq!(refused.status.code(), Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("gateway seal rewrap"),
        "{}",
        refused.stderr
    );
    drop_former(&world);
    fs::remove_file(world.folder().join("gateway/kek")).unwrap();
    world.gateway.terminate(ENDS).await.unwrap();
    world.restart_gateway().await.unwrap();
    assert_ne!(caller.get(&path).await.unwrap().status, 401);

    // What was unwrapped goes on working.
    cloud.kill().unwrap();
    assert_ne!(caller.get(&path).await.unwrap().status, 401);
    world.admin().get(&path).await.unwrap().json().unwrap();
    let stranger = caller.clone().with_token(&format!("etg_{}", "A".repeat(43)));
    assert_eq!(stranger.get(&path).await.unwrap().status, 401);

    // A start is not possible, and the error says where KMS should be.
    world.gateway.terminate(ENDS).await.unwrap();
    let state = world.folder().join("gateway").display().to_string();
    let failed = Launch::new(&paths::program("gateway").unwrap())
        .args(["serve".to_owned(), "--state".to_owned(), state])
        .envs(&Cloud::environment())
        .run()
        .await
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    for word in [cloud.endpoint().as_str(), &key, "[seal]", "kms:Decrypt"] {
        assert!(failed.stderr.contains(word), "{word} is not in {}", failed.stderr);
    }
    for secret in [KEY_SECRET, "etk1_"] {
        assert!(!failed.stderr.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrapped_key_opens_by_the_aws_key_for_its_tenant_and_no_other() {
    let cloud = Cloud::start().await.unwrap();
    let (key, other) = (
        cloud.create_key().await.unwrap(),
        cloud.create_key().await.unwrap(),
    );
    let environment = || {
        Environment::of([
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", KEY_SECRET),
        ])
    };
    let kms = AwsKms::with(&key, &cloud.settings().unwrap(), environment()).unwrap();
    let plain = Zeroizing::new([7; 32]);
    let wrapped = kms.wrap(&about("acme"), &plain).await.unwrap();
    assert_eq!(wrapped.kek, format!("aws:{key}"));
    assert!(kms.knows(&wrapped.kek) && !kms.knows("aws:arn:aws:kms:us-east-1:1:key/1"));
    assert_eq!(*kms.unwrap(&about("acme"), &wrapped).await.unwrap(), *plain);
    let refused = kms.unwrap(&about("globex"), &wrapped).await;
    assert!(matches!(refused, Err(KmsError::DoesNotOpen(_))), "{refused:?}");
    let mut elsewhere = wrapped.clone();
    elsewhere.kek = format!("aws:{other}");
    assert!(kms.unwrap(&about("acme"), &elsewhere).await.is_err());
    let missing = key.replace(
        key.rsplit('/').next().unwrap(),
        "00000000-0000-0000-0000-000000000000",
    );
    let missing = AwsKms::with(&missing, &cloud.settings().unwrap(), environment()).unwrap();
    let said = missing
        .wrap(&about("acme"), &plain)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("NotFoundException") && said.contains("[seal]"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_so_that_aws_believes_them_and_a_wrong_secret_is_refused() {
    let cloud = Cloud::start().await.unwrap();
    let (id, secret) = cloud.enforce().await.unwrap();
    let list = async |secret: &str| -> Result<Value, custody::aws::AwsError> {
        let environment = Environment::of([
            ("AWS_ACCESS_KEY_ID", id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]);
        let aws = Aws::new(&cloud.settings().unwrap(), environment).unwrap();
        let body = Zeroizing::new(b"{}".to_vec());
        aws.call(Service::Kms, "ListKeys", &body).await
    };
    assert!(list(&secret).await.unwrap()["Keys"].is_array());
    let refused = list("another/secret+000000000000000000000000").await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    assert!(!refused.to_string().contains("another/secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_found_where_a_pod_a_container_and_a_host_have_them() {
    let cloud = Cloud::start().await.unwrap();
    let folder = paths::scratch("credentials").unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "a.web-identity.token\n").unwrap();
    let list = async |environment: Environment| -> Result<Value, custody::aws::AwsError> {
        let aws = Aws::new(&cloud.settings().unwrap(), environment).unwrap();
        aws.call(Service::Kms, "ListKeys", &Zeroizing::new(b"{}".to_vec()))
            .await
    };
    let endpoint = cloud.endpoint();
    let role = "arn:aws:iam::123456789012:role/gateway";
    let pod = Environment::of([
        ("AWS_ROLE_ARN", role),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ]);
    list(pod).await.unwrap();
    let host = Environment::of([("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str())]);
    list(host).await.unwrap();
    // Of a container's endpoint only the form of the answer matters, and it is that of the metadata.
    let full = format!("{endpoint}/latest/meta-data/iam/security-credentials/default-role");
    let container = Environment::of([
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-token"),
    ]);
    list(container).await.unwrap();

    for (environment, word) in [
        (
            Environment::of([("AWS_EC2_METADATA_DISABLED", "true")]),
            "AWS_ACCESS_KEY_ID",
        ),
        (
            Environment::of([
                ("AWS_ROLE_ARN", role),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
            ]),
            "/nonexistent/token",
        ),
        (
            Environment::of([("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://198.51.100.1/x")]),
            "plain http is for this host",
        ),
        (
            Environment::of([("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")]),
            "127.0.0.1:1",
        ),
    ] {
        let said = list(environment).await.unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vault_is_asked_as_its_documentation_says() {
    let server = VaultContract::start().await.unwrap();
    let folder = paths::scratch("vault").unwrap();
    let (token, jwt) = (folder.path().join("token"), folder.path().join("jwt"));
    fs::write(&token, format!("{}\n", vault::TOKEN)).unwrap();
    fs::write(&jwt, vault::JWT).unwrap();
    let settings = |auth| custody::vault::Settings {
        address: server.url().parse().unwrap(),
        ca_file: None,
        namespace: Some(vault::NAMESPACE.to_owned()),
        auth,
    };
    let kms = |auth, key: &str| {
        VaultTransit::new(settings(auth), "transit".parse().unwrap(), key.parse().unwrap()).unwrap()
    };
    let by_file = || custody::vault::Auth::TokenFile(token.clone());
    let by_pod = || custody::vault::Auth::Kubernetes {
        role: vault::ROLE.to_owned(),
        mount: "kubernetes".parse().unwrap(),
        jwt_file: jwt.clone(),
    };
    let plain = Zeroizing::new([9; 32]);
    let ours = kms(by_file(), "gateway");
    let wrapped = ours.wrap(&about("acme"), &plain).await.unwrap();
    assert_eq!(wrapped.kek, "vault:transit/gateway");
    assert!(wrapped.text.starts_with("vault:v1:"));
    assert_eq!(*ours.unwrap(&about("acme"), &wrapped).await.unwrap(), *plain);
    assert!(ours.unwrap(&about("globex"), &wrapped).await.is_err());
    assert!(
        kms(by_file(), "other")
            .unwrap(&about("acme"), &wrapped)
            .await
            .is_err()
    );
    server.rotate();
    let anew = ours.wrap(&about("acme"), &plain).await.unwrap();
    assert!(anew.text.starts_with("vault:v2:"));
    assert_eq!(
        server
            .requests()
            .iter()
            .take(2)
            .map(String::as_str)
            .collect::<Vec<_>>(),
        [
            "POST /v1/transit/encrypt/gateway",
            "POST /v1/transit/decrypt/gateway"
        ]
    );

    // By a service account: one login for two calls, and another one when its token was revoked.
    let pod = kms(by_pod(), "gateway");
    pod.unwrap(&about("acme"), &wrapped).await.unwrap();
    pod.unwrap(&about("acme"), &wrapped).await.unwrap();
    server.revoke_logins();
    pod.unwrap(&about("acme"), &wrapped).await.unwrap();
    let logins = server.requests();
    let logins = logins.iter().filter(|line| line.ends_with("/login")).count();
    assert_eq!(logins, 2);

    server.seal(true);
    let error = ours.unwrap(&about("acme"), &wrapped).await.unwrap_err();
    assert!(
        error.retryable() && error.to_string().contains("Vault is sealed"),
        "{error}"
    );
    server.seal(false);
    fs::write(&token, "hvs.wrong").unwrap();
    let error = ours.unwrap(&about("acme"), &wrapped).await.unwrap_err();
    let said = error.to_string();
    assert!(!error.retryable() && said.contains("permission denied"), "{said}");
    assert!(
        said.contains(&server.url()) && !said.contains("hvs.wrong"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_under_a_vault_key_wraps_anew_when_vault_has_rotated_it() {
    let server = VaultContract::start().await.unwrap();
    let folder = paths::scratch("vault").unwrap();
    let token = folder.path().join("token");
    fs::write(&token, vault::TOKEN).unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let present = format!(
        "kms = \"vault\"\naddress = \"{}\"\nkey = \"gateway\"\nnamespace = \"{}\"\ntoken_file = {token:?}",
        server.url(),
        vault::NAMESPACE
    );
    let setup = Setup {
        gateway_settings: vec![settings(&present)],
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    for _ in 0..2 {
        let done = gateway(&world, &["seal", "rewrap", "--json"]).await;
        let done = done.succeeded().unwrap().json().unwrap();
        assert_eq!(done["rewrapped"], json!(2));
        server.rotate();
    }
    drop_former(&world);
    world.gateway.terminate(ENDS).await.unwrap();
    world.restart_gateway().await.unwrap();
    let path = format!("/v1/tenants/{TENANT}/connectors");
    assert_ne!(caller.get(&path).await.unwrap().status, 401);
}
