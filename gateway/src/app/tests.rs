//! The control side as a caller meets it: real sockets on loopback, a real state folder, TLS that is verified.

mod identity;
mod listeners;
mod seal;

use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _, sync::Arc, time::Duration};

use certs::{csr, key::PrivateKey, token::JoinToken};
use futures_util::future::join_all;
use http::Method;
use proto::{
    enrol::{EnrolRequest, EnrolResponse},
    id::TenantId,
};
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};

use super::*;
use crate::{
    cli,
    client::{Client, ClientError},
    clock::ClockHand,
    config::StateFolder,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway that was initialised and started as the command line does it.
struct Gateway {
    running: Running,
    hand: ClockHand,
    folder: TempDir,
}

impl Gateway {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let state = folder.path().join("state");
        // `init` brings a runtime of its own.
        let made = tokio::task::spawn_blocking({
            let state = state.clone();
            move || cli::init_for_tests(&state)
        });
        made.await.expect("init runs").expect("init succeeds");
        let (clock, hand) = Clock::movable();
        let config = Config::load(StateFolder::new(&state)).expect("settings");
        let running = start(config, clock).await.expect("starts");
        Self {
            running,
            hand,
            folder,
        }
    }

    fn state(&self) -> &Shared {
        self.running.state()
    }

    fn folder(&self) -> StateFolder {
        self.state().config.state.clone()
    }

    fn admin_token(&self) -> String {
        fs::read_to_string(self.folder().admin_token())
            .expect("token")
            .trim()
            .to_owned()
    }

    fn client(&self, token: &str) -> Client {
        let addresses = &self.state().addresses;
        let ca = self.folder().trust_bundle();
        Client::new(
            &addresses.public_api,
            addresses.api.to_string(),
            Some(&ca),
            Some(token),
        )
        .expect("client")
    }

    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        self.client(&self.admin_token())
            .call(method, path, body.as_ref())
            .await
    }

    async fn tenant(&self, name: &str) -> TenantId {
        self.admin(Method::POST, "/v1/tenants", Some(json!({ "tenant": name })))
            .await
            .expect("tenant");
        name.parse().expect("name")
    }

    async fn join_token(&self, tenant: &TenantId, body: Value) -> JoinToken {
        let path = format!("/v1/tenants/{tenant}/join-tokens");
        let made = self
            .admin(Method::POST, &path, Some(body))
            .await
            .expect("join token");
        made["join_token"]
            .as_str()
            .expect("text")
            .parse()
            .expect("a join token")
    }

    fn request(&self, token: &JoinToken, connector: &str) -> EnrolRequest {
        EnrolRequest {
            secret: token.secret.to_text().as_str().to_owned(),
            tenant: Some(token.tenant.clone()),
            connector: Some(connector.parse().expect("name")),
            csr: csr::request(&PrivateKey::generate().expect("key")).expect("request"),
            unix_time_ms: self.state().clock.unix_millis(),
        }
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolResponse, ClientError> {
        // No API token: the join token is the credential.
        self.client("none")
            .call(Method::POST, proto::enrol::PATH, Some(request))
            .await
    }

    fn metric(&self, name: &str, labels: &[&str]) -> u64 {
        let metrics = &self.state().metrics;
        match name {
            "enrolments" => metrics.fleet.enrolments.with_label_values(labels).get(),
            "requests" => metrics.api.requests.with_label_values(labels).get(),
            "handshakes" => metrics.api.handshakes.with_label_values(labels).get(),
            _ => unreachable!("no such metric in these tests"),
        }
    }

    async fn stop(self) {
        timeout(PATIENCE, self.running.stop())
            .await
            .expect("stops in time");
        drop(self.folder);
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> String {
    match answer {
        Err(ClientError::Refused(document)) => document.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn facts(answer: &EnrolResponse) -> certs::identity::CertificateFacts {
    let leaf = rustls_pki_types::CertificateDer::from_pem_slice(answer.certificate_chain.as_bytes());
    certs::identity::facts_of(&leaf.expect("a certificate")).expect("a connector's")
}

#[tokio::test]
async fn administrator_makes_lists_and_deletes_tenants() {
    let gateway = Gateway::start().await;
    gateway.tenant("acme").await;
    gateway.tenant("beta").await;
    let again = gateway
        .admin(Method::POST, "/v1/tenants", Some(json!({ "tenant": "acme" })))
        .await;
    assert_eq!(code(again), "conflict");
    let listed = gateway
        .admin(Method::GET, "/v1/tenants", None)
        .await
        .expect("list");
    let names: Vec<_> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|t| &t["tenant"])
        .collect();
    assert_eq!(names, ["acme", "beta"]);

    gateway
        .admin(Method::DELETE, "/v1/tenants/beta", None)
        .await
        .expect("deleted");
    assert_eq!(
        code(gateway.admin(Method::DELETE, "/v1/tenants/beta", None).await),
        "unknown_tenant"
    );
    assert_eq!(
        code(
            gateway
                .admin(Method::DELETE, "/v1/tenants/Bad%20Name", None)
                .await
        ),
        "invalid_request"
    );
    assert_eq!(
        code(gateway.admin(Method::GET, "/v1/nothing", None).await),
        "not_found"
    );
    assert_eq!(gateway.metric("requests", &["/v1/tenants", "conflict"]), 1);
    assert_eq!(gateway.metric("requests", &["unmatched", "not_found"]), 1);
    gateway.stop().await;
}

#[tokio::test]
async fn tokens_open_what_they_name_and_nothing_else() {
    let gateway = Gateway::start().await;
    let (acme, _) = (gateway.tenant("acme").await, gateway.tenant("beta").await);
    let body = json!({ "name": "dashboards", "scopes": ["query"], "expires_in_seconds": 60 });
    let made = gateway
        .admin(Method::POST, "/v1/tenants/acme/api-tokens", Some(body))
        .await
        .expect("token");
    let token = made["api_token"].as_str().expect("text");
    let tenant_client = gateway.client(token);

    let get = |path: &'static str| tenant_client.call::<(), Value>(Method::GET, path, None);
    assert_eq!(code(get("/v1/tenants").await), "forbidden");
    assert_eq!(code(get("/v1/tenants/acme/connectors").await), "forbidden");
    assert_eq!(code(get("/v1/tenants/beta/connectors").await), "unknown_tenant");
    assert_eq!(code(get("/v1/tenants/nobody/connectors").await), "unknown_tenant");

    let headers = |token: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert(
            http::header::AUTHORIZATION,
            format!("Bearer {token}").parse().expect("header"),
        );
        headers
    };
    let tokens = &gateway.state().tokens;
    let caller = tokens.authenticate(&headers(token)).await.expect("in force");
    let source = "warehouse".parse().expect("name");
    let grant = caller.grant(&acme, &source).expect("granted");
    assert_eq!((grant.tenant(), grant.source()), (&acme, &source));
    let beta = "beta".parse().expect("name");
    assert_eq!(
        caller.grant(&beta, &source).expect_err("refused").code.name(),
        "unknown_tenant"
    );
    let admin = tokens
        .authenticate(&headers(&gateway.admin_token()))
        .await
        .expect("in force");
    assert_eq!(
        admin.grant(&acme, &source).expect_err("refused").code.name(),
        "unknown_tenant"
    );

    for absent in ["etg_", "x", &format!("etg_{}", "A".repeat(43))] {
        let answer: Result<Value, _> = gateway
            .client(absent)
            .call::<(), _>(Method::GET, "/v1/tenants", None)
            .await;
        assert_eq!(code(answer), "unauthenticated");
    }
    gateway.hand.advance(Duration::from_secs(61));
    assert_eq!(
        tokens
            .authenticate(&headers(token))
            .await
            .expect_err("expired")
            .code
            .name(),
        "unauthenticated"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn deleted_api_token_is_refused_at_once() {
    let gateway = Gateway::start().await;
    gateway.tenant("acme").await;
    let body = json!({ "name": "ci", "scopes": ["enrol"] });
    let made = gateway
        .admin(Method::POST, "/v1/tenants/acme/api-tokens", Some(body))
        .await
        .expect("token");
    let client = gateway.client(made["api_token"].as_str().expect("text"));
    let path = "/v1/tenants/acme/connectors";
    client
        .call::<(), Value>(Method::GET, path, None)
        .await
        .expect("in force");
    let id = made["record"]["id"].as_str().expect("id");
    gateway
        .admin(Method::DELETE, &format!("/v1/api-tokens/{id}"), None)
        .await
        .expect("deleted");
    assert_eq!(
        code(client.call::<(), Value>(Method::GET, path, None).await),
        "unauthenticated"
    );
    let absurd = json!({ "name": "x", "scopes": ["admin"] });
    let made = gateway
        .admin(Method::POST, "/v1/tenants/acme/api-tokens", Some(absurd))
        .await;
    assert_eq!(code(made), "invalid_request");
    gateway.stop().await;
}

#[tokio::test]
async fn connector_enrols_once_with_a_join_token() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let token = gateway.join_token(&acme, json!({})).await;
    assert_eq!(
        token.gateway.to_string(),
        gateway.state().addresses.public_api.to_string()
    );

    let request = gateway.request(&token, "prod-1");
    let answer = gateway.enrol(&request).await.expect("enrolled");
    assert_eq!(
        (answer.tenant.as_str(), answer.connector.as_str()),
        ("acme", "prod-1")
    );
    assert_eq!(
        answer.tunnel_address,
        gateway.state().addresses.public_tunnel.to_string()
    );
    assert!(
        answer
            .certificate_chain
            .starts_with("-----BEGIN CERTIFICATE-----")
    );

    assert_eq!(code(gateway.enrol(&request).await), "token_used");
    assert_eq!(gateway.metric("enrolments", &["ok"]), 1);
    assert_eq!(gateway.metric("enrolments", &["token_used"]), 1);
    let listed = gateway
        .admin(Method::GET, "/v1/tenants/acme/connectors", None)
        .await
        .expect("list");
    assert_eq!(listed["items"][0]["connector"], "prod-1");
    assert_eq!(listed["items"][0]["tunnels"], json!([]));
    gateway.stop().await;
}

#[tokio::test]
async fn join_token_that_is_not_good_is_refused_with_its_own_code() {
    let gateway = Gateway::start().await;
    let (acme, beta) = (gateway.tenant("acme").await, gateway.tenant("beta").await);
    let token = gateway.join_token(&acme, json!({})).await;

    let mut forged = gateway.request(&token, "c");
    forged.secret = certs::token::JoinSecret::generate()
        .expect("secret")
        .to_text()
        .as_str()
        .to_owned();
    assert_eq!(code(gateway.enrol(&forged).await), "token_unknown");
    forged.secret = "not base64!".to_owned();
    assert_eq!(code(gateway.enrol(&forged).await), "token_unknown");

    let mut strange = gateway.request(&token, "c");
    strange.tenant = Some(beta);
    assert_eq!(code(gateway.enrol(&strange).await), "token_mismatch");

    let named = gateway.join_token(&acme, json!({ "connector": "this" })).await;
    assert_eq!(
        code(gateway.enrol(&gateway.request(&named, "that")).await),
        "token_mismatch"
    );

    let mut slow = gateway.request(&token, "c");
    slow.unix_time_ms -= 600_000;
    assert_eq!(code(gateway.enrol(&slow).await), "clock_skew");

    let mut broken = gateway.request(&token, "c");
    broken.csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n".to_owned();
    assert_eq!(code(gateway.enrol(&broken).await), "invalid_csr");

    // None of these has used the token up.
    gateway
        .enrol(&gateway.request(&token, "c"))
        .await
        .expect("still good");

    let late = gateway
        .join_token(&acme, json!({ "expires_in_seconds": 30 }))
        .await;
    gateway.hand.advance(Duration::from_secs(31));
    assert_eq!(
        code(gateway.enrol(&gateway.request(&late, "d")).await),
        "token_expired"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn of_connectors_that_race_with_one_token_exactly_one_wins() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let token = gateway.join_token(&acme, json!({})).await;
    let names: Vec<String> = (0..6).map(|n| format!("c{n}")).collect();
    let requests: Vec<_> = names.iter().map(|name| gateway.request(&token, name)).collect();
    let answers = join_all(requests.iter().map(|request| gateway.enrol(request))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(code(answer), "token_used");
    }
    let listed = gateway
        .admin(Method::GET, "/v1/tenants/acme/connectors", None)
        .await
        .expect("list");
    assert_eq!(listed["items"].as_array().expect("items").len(), 1);
    gateway.stop().await;
}

#[tokio::test]
async fn existing_connector_is_replaced_only_by_a_token_in_its_name() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let first = gateway.join_token(&acme, json!({})).await;
    let old = facts(
        &gateway
            .enrol(&gateway.request(&first, "prod"))
            .await
            .expect("new"),
    );
    let fleet = &gateway.state().fleet;
    assert_eq!(
        fleet
            .admit(&old)
            .await
            .expect("may have a tunnel")
            .connector
            .as_str(),
        "prod"
    );
    let other = gateway.join_token(&acme, json!({})).await;
    assert_eq!(
        code(gateway.enrol(&gateway.request(&other, "prod")).await),
        "conflict"
    );
    let named = gateway.join_token(&acme, json!({ "connector": "prod" })).await;
    let new = facts(
        &gateway
            .enrol(&gateway.request(&named, "prod"))
            .await
            .expect("approved by name"),
    );
    fleet.admit(&new).await.expect("may have a tunnel");
    assert_eq!(
        fleet.admit(&old).await.expect_err("replaced").code.name(),
        "revoked"
    );
    let node = gateway.state().authority.credential().facts();
    assert_eq!(
        fleet.admit(&node).await.expect_err("no connector").code.name(),
        "forbidden"
    );
    gateway
        .admin(Method::DELETE, "/v1/tenants/acme?force=true", None)
        .await
        .expect("deleted");
    assert_eq!(
        fleet.admit(&new).await.expect_err("gone").code.name(),
        "unknown_tenant"
    );
    gateway.tenant("acme").await;
    assert_eq!(
        fleet.admit(&new).await.expect_err("another acme").code.name(),
        "revoked"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn tenant_with_connectors_is_deleted_only_by_force_and_takes_its_tokens_along() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let token = gateway.join_token(&acme, json!({})).await;
    gateway
        .enrol(&gateway.request(&token, "prod"))
        .await
        .expect("enrolled");
    let open = gateway.join_token(&acme, json!({})).await;
    let mut removed = gateway.state().fleet.watch_connectors().await.expect("watch");

    assert_eq!(
        code(gateway.admin(Method::DELETE, "/v1/tenants/acme", None).await),
        "conflict"
    );
    gateway
        .admin(Method::GET, "/v1/tenants/acme/connectors", None)
        .await
        .expect("still in service");
    gateway
        .admin(Method::DELETE, "/v1/tenants/acme?force=true", None)
        .await
        .expect("deleted");
    let event = timeout(PATIENCE, removed.next())
        .await
        .expect("in time")
        .expect("event");
    let crate::store::WatchEvent::Deleted { key, .. } = event else {
        panic!("not a removal: {event:?}")
    };
    assert_eq!(Fleet::connector_of(&key).expect("a connector").1.as_str(), "prod");

    assert_eq!(
        code(gateway.enrol(&gateway.request(&open, "late")).await),
        "token_unknown"
    );
    gateway.tenant("acme").await;
    let listed = gateway
        .admin(Method::GET, "/v1/tenants/acme/connectors", None)
        .await
        .expect("list");
    assert!(listed["items"].as_array().expect("items").is_empty());
    gateway.stop().await;
}

/// A writer that everything logged in a test goes to.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_reaches_the_log_at_any_level() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: a thread's own would miss what is first logged by another test's thread.
    tracing::subscriber::set_global_default(subscriber).expect("no other test of this crate sets one");
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let body = json!({ "name": "q", "scopes": ["query"] });
    let made = gateway
        .admin(Method::POST, "/v1/tenants/acme/api-tokens", Some(body))
        .await
        .expect("token");
    let api_token = made["api_token"].as_str().expect("text").to_owned();
    let refused: Result<Value, _> = gateway
        .client(&api_token)
        .call::<(), _>(Method::GET, "/v1/tenants", None)
        .await;
    assert_eq!(code(refused), "forbidden");
    let token = gateway.join_token(&acme, json!({})).await;
    let request = gateway.request(&token, "prod");
    gateway.enrol(&request).await.expect("enrolled");
    assert_eq!(code(gateway.enrol(&request).await), "token_used");
    let admin_token = gateway.admin_token();
    gateway.stop().await;

    let log = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
    assert!(log.contains("connector enrolled"), "the log was captured: {log}");
    for secret in [&admin_token, &api_token, &request.secret] {
        assert!(!log.contains(secret.as_str()), "a secret is in the log");
    }
    assert!(!log.contains("etj1_"), "a join token is in the log");
}

#[tokio::test]
async fn stopped_gateway_leaves_its_ports_and_its_store() {
    let gateway = Gateway::start().await;
    let folder = gateway.folder();
    let api = gateway.state().addresses.api;
    assert!(folder.addresses().exists());
    timeout(PATIENCE, gateway.running.stop())
        .await
        .expect("stops in time");
    assert!(!folder.addresses().exists());
    assert!(TcpStream::connect(api).await.is_err());
    let config = Config::load(folder).expect("settings");
    let again = start(config, Clock::system())
        .await
        .expect("starts again on the same store");
    again.stop().await;
}

#[tokio::test]
async fn init_makes_a_private_folder_and_never_a_second_one_over_it() {
    let folder = tempfile::tempdir().expect("folder");
    let state = folder.path().join("state");
    let run = || {
        let state = state.clone();
        tokio::task::spawn_blocking(move || cli::init_for_tests(&state))
    };
    run().await.expect("runs").expect("makes");
    let mode = |path: PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let state_folder = StateFolder::new(&state);
    assert_eq!(mode(state.clone()), 0o700);
    assert_eq!(mode(state_folder.admin_token()), 0o600);
    let before = fs::read(state_folder.admin_token()).expect("token");
    let refused = run().await.expect("runs").expect_err("refused");
    assert!(refused.contains("not empty"), "{refused}");
    assert_eq!(fs::read(state_folder.admin_token()).expect("token"), before);
}

#[tokio::test]
async fn the_end_of_any_task_ends_the_gateway_with_its_name() {
    let Gateway {
        mut running, folder, ..
    } = Gateway::start().await;
    let addresses = running.state().config.state.addresses();
    assert!(addresses.exists());
    running.tasks.spawn(async { "a task of this test" });
    let (_, handle) = tracing_subscriber::reload::Layer::new(tracing_subscriber::EnvFilter::new("off"));
    let ended = timeout(PATIENCE, running.until_signal(LogFilter::new(handle, false)));
    let error = ended.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("a task of this test"), "{error}");
    // It stopped in order: no script takes it for a running one.
    assert!(!addresses.exists());
    drop(folder);
}
