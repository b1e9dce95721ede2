//! Identity for life: renewal with everything that can get lost, revocation, approval anew.

use certs::{
    expired::prove,
    identity::{CertificateFacts, facts_of},
};
use proto::{
    enrol::{REAPPROVAL_PATH, ReapprovalRequest},
    id::ConnectorId,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};

use super::*;
use crate::fleet::Fleet;

/// Half of a certificate's life.
const HALF: Duration = Duration::from_secs(12 * 3_600);

/// A connector as its host has it.
struct Host {
    key: PrivateKey,
    chain: String,
}

impl Host {
    fn facts(&self) -> CertificateFacts {
        let leaf = CertificateDer::from_pem_slice(self.chain.as_bytes()).expect("a certificate");
        facts_of(&leaf).expect("a connector's")
    }

    /// What is sent when the certificate ran out, at a time that is `after_ms` from now.
    fn wish(&self, gateway: &Gateway, after_ms: u64) -> ReapprovalRequest {
        let csr = csr::request(&PrivateKey::generate().expect("key")).expect("request");
        let unix_time_ms = gateway.state().clock.unix_millis() + after_ms;
        let proof = prove(&self.key, &self.chain, &csr, unix_time_ms).expect("signed");
        ReapprovalRequest {
            certificate_chain: self.chain.clone(),
            csr,
            unix_time_ms,
            proof: hex::encode(proof),
        }
    }
}

impl Gateway {
    async fn enrolled(&self, tenant: &TenantId, connector: &str) -> Host {
        let token = self.join_token(tenant, json!({ "connector": connector })).await;
        let key = PrivateKey::generate().expect("key");
        let request = EnrolRequest {
            csr: csr::request(&key).expect("request"),
            ..self.request(&token, connector)
        };
        let chain = self.enrol(&request).await.expect("enrolled").certificate_chain;
        Host { key, chain }
    }

    /// The same store as another process sees it, or this one after a crash.
    fn after_a_crash(&self) -> Fleet {
        let state = self.state();
        Fleet::new(
            &state.sealer,
            state.tokens.clone(),
            Arc::clone(&state.authority),
            state.clock.clone(),
            state.addresses.public_tunnel.clone(),
        )
    }

    async fn reapprove(&self, wish: &ReapprovalRequest) -> Result<EnrolResponse, ClientError> {
        self.client("none")
            .call(Method::POST, REAPPROVAL_PATH, Some(wish))
            .await
    }

    async fn decide(&self, connector: &str, what: &str) -> Result<Value, ClientError> {
        let path = format!("/v1/tenants/acme/connectors/{connector}/{what}");
        self.admin(Method::POST, &path, None).await
    }
}

async fn renew(fleet: &Fleet, peer: &CertificateFacts) -> Result<Host, String> {
    let key = PrivateKey::generate().expect("key");
    let pem = csr::request(&key).expect("request");
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).expect("DER");
    let renewed = fleet.renew(peer, &der).await;
    renewed
        .map(|chain| Host { key, chain })
        .map_err(|fault| fault.code.name().to_owned())
}

async fn admitted(fleet: &Fleet, host: &Host) -> String {
    match fleet.admit(&host.facts()).await {
        Ok(_) => "admitted".to_owned(),
        Err(fault) => fault.code.name().to_owned(),
    }
}

#[tokio::test]
async fn what_gets_lost_in_a_renewal_harms_nothing() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let old = gateway.enrolled(&acme, "prod").await;
    let fleet = &gateway.state().fleet;
    assert_eq!(admitted(fleet, &old).await, "admitted");

    // The request never arrived, or the gateway crashed before it wrote: nothing has changed.
    gateway.hand.advance(HALF);
    let fleet = &gateway.after_a_crash();
    assert_eq!(admitted(fleet, &old).await, "admitted");

    // The gateway wrote and crashed, or the reply was lost, or the connector crashed before it stored it.
    let lost = renew(fleet, &old.facts()).await.expect("issued");
    let fleet = &gateway.after_a_crash();
    assert_eq!(admitted(fleet, &old).await, "admitted");
    assert_eq!(
        renew(fleet, &old.facts()).await.err().as_deref(),
        Some("rate_limited")
    );
    gateway.hand.advance(Duration::from_secs(60));
    let new = renew(fleet, &old.facts()).await.expect("issued again");
    assert_eq!(
        admitted(fleet, &lost).await,
        "revoked",
        "nobody has it in good faith"
    );

    // The connector stored it and crashed before it used it, the gateway too: both are good until the new one is used.
    let fleet = &gateway.after_a_crash();
    assert_eq!(admitted(fleet, &old).await, "admitted");
    assert_eq!(admitted(fleet, &new).await, "admitted");
    let fleet = &gateway.after_a_crash();
    assert_eq!(admitted(fleet, &new).await, "admitted");
    assert_eq!(admitted(fleet, &old).await, "revoked");
    // The old one's tunnel may end in peace, and asks for nothing more.
    fleet.standing(&old.facts()).await.expect("may end in peace");
    fleet.standing(&new.facts()).await.expect("stands");
    assert!(fleet.standing(&lost.facts()).await.is_err());
    assert_eq!(
        renew(fleet, &old.facts()).await.err().as_deref(),
        Some("conflict")
    );
    assert_eq!(new.facts().identity, old.facts().identity);

    // Another enrolment leaves nothing of it in force, not even to end in peace.
    let other = gateway.enrolled(&acme, "prod").await;
    for gone in [&old, &new] {
        let fault = fleet.standing(&gone.facts()).await.expect_err("replaced");
        assert_eq!(fault.code.name(), "revoked");
    }
    assert_eq!(admitted(fleet, &other).await, "admitted");
    gateway.stop().await;
}

#[tokio::test]
async fn renewal_needs_a_connector_that_may_be_here_and_a_good_request() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let host = gateway.enrolled(&acme, "prod").await;
    let fleet = &gateway.state().fleet;
    let bad = fleet
        .renew(&host.facts(), b"no request")
        .await
        .expect_err("refused");
    assert_eq!(bad.code.name(), "invalid_csr");
    gateway.decide("prod", "revoke").await.expect("revoked");
    assert_eq!(
        renew(fleet, &host.facts()).await.err().as_deref(),
        Some("revoked")
    );
    let node = gateway.state().authority.credential().facts();
    assert_eq!(renew(fleet, &node).await.err().as_deref(), Some("forbidden"));
    gateway.stop().await;
}

#[tokio::test]
async fn revoked_connector_comes_back_by_a_token_in_its_name_alone() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let host = gateway.enrolled(&acme, "prod").await;
    let other = gateway.enrolled(&acme, "other").await;
    let fleet = &gateway.state().fleet;
    let record = gateway.decide("prod", "revoke").await.expect("revoked");
    assert!(record["revoked"].is_u64(), "{record}");
    gateway
        .decide("prod", "revoke")
        .await
        .expect("again changes nothing");
    assert_eq!(admitted(fleet, &host).await, "revoked");
    assert_eq!(admitted(fleet, &other).await, "admitted");
    assert_eq!(code(gateway.decide("nobody", "revoke").await), "not_found");
    let again = gateway.enrolled(&acme, "prod").await;
    assert_eq!(admitted(fleet, &again).await, "admitted");
    assert_eq!(admitted(fleet, &host).await, "revoked");

    // A whole tenant, and back.
    let tenant = async |what: &str| {
        let path = format!("/v1/tenants/acme/{what}");
        gateway.admin(Method::POST, &path, None).await
    };
    tenant("revoke").await.expect("revoked");
    assert_eq!(admitted(fleet, &again).await, "revoked");
    let token = json!({ "connector": "prod" });
    let refused = gateway
        .admin(Method::POST, "/v1/tenants/acme/join-tokens", Some(token))
        .await;
    assert_eq!(code(refused), "revoked");
    tenant("restore").await.expect("restored");
    assert_eq!(admitted(fleet, &again).await, "admitted");
    gateway.stop().await;
}

#[tokio::test]
async fn revoked_join_token_makes_no_connector() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let token = gateway.join_token(&acme, json!({})).await;
    let path = "/v1/tenants/acme/join-tokens";
    let listed = gateway.admin(Method::GET, path, None).await.expect("listed");
    let id = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    assert!(!listed.to_string().contains(&*token.secret.to_text()));
    gateway.tenant("globex").await;
    let elsewhere = format!("/v1/tenants/globex/join-tokens/{id}");
    assert_eq!(
        code(gateway.admin(Method::DELETE, &elsewhere, None).await),
        "not_found"
    );
    let revoke = format!("{path}/{id}");
    gateway
        .admin(Method::DELETE, &revoke, None)
        .await
        .expect("revoked");
    assert_eq!(
        code(gateway.enrol(&gateway.request(&token, "prod")).await),
        "token_unknown"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn expired_connector_comes_back_as_who_it_was_once_it_is_approved() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let host = gateway.enrolled(&acme, "prod").await;
    let fleet = &gateway.state().fleet;
    assert_eq!(code(gateway.reapprove(&host.wish(&gateway, 0)).await), "conflict");
    assert_eq!(code(gateway.decide("prod", "approve").await), "conflict");
    gateway.hand.advance(3 * HALF);
    assert_eq!(
        code(gateway.reapprove(&host.wish(&gateway, 1)).await),
        "approval_pending"
    );
    gateway.decide("prod", "approve").await.expect("approved");
    // The first answer is lost; the approval stands until a certificate was used.
    gateway.reapprove(&host.wish(&gateway, 2)).await.expect("issued");
    let answer = gateway.reapprove(&host.wish(&gateway, 3)).await.expect("issued");
    let back = facts(&answer);
    assert_eq!(back.identity, host.facts().identity);
    fleet.admit(&back).await.expect("may have a tunnel");
    assert_eq!(admitted(fleet, &host).await, "revoked");
    // And the approval is used up.
    assert_eq!(code(gateway.reapprove(&host.wish(&gateway, 4)).await), "revoked");
    gateway.stop().await;
}

#[tokio::test]
async fn tenants_own_rule_approves_within_its_days_and_not_after() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let (soon, late) = (
        gateway.enrolled(&acme, "soon").await,
        gateway.enrolled(&acme, "late").await,
    );
    let rule = async |days: Value| {
        let body = json!({ "automatic_days": days });
        gateway
            .admin(Method::PUT, "/v1/tenants/acme/reapproval", Some(body))
            .await
    };
    assert_eq!(code(rule(json!(91)).await), "invalid_request");
    rule(json!(2)).await.expect("set");
    gateway.hand.advance(4 * HALF);
    gateway
        .reapprove(&soon.wish(&gateway, 0))
        .await
        .expect("within its days");
    gateway.hand.advance(4 * HALF);
    assert_eq!(
        code(gateway.reapprove(&late.wish(&gateway, 0)).await),
        "approval_pending"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn who_is_not_the_expired_connector_is_not_approved() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let host = gateway.enrolled(&acme, "prod").await;
    let revoked = gateway.enrolled(&acme, "revoked").await;
    let stranger = Gateway::start().await;
    let theirs = stranger.tenant("acme").await;
    let forged = stranger.enrolled(&theirs, "prod").await;
    gateway
        .admin(
            Method::PUT,
            "/v1/tenants/acme/reapproval",
            Some(json!({ "automatic_days": 30 })),
        )
        .await
        .expect("the rule would approve");
    gateway.hand.advance(3 * HALF);
    let refused = async |wish: &ReapprovalRequest| code(gateway.reapprove(wish).await);

    let thief = Host {
        key: PrivateKey::generate().expect("key"),
        chain: host.chain.clone(),
    };
    assert_eq!(refused(&thief.wish(&gateway, 0)).await, "unauthenticated");
    assert_eq!(refused(&forged.wish(&gateway, 0)).await, "unauthenticated");
    let bent = ReapprovalRequest {
        csr: csr::request(&PrivateKey::generate().expect("key")).expect("request"),
        ..host.wish(&gateway, 0)
    };
    assert_eq!(refused(&bent).await, "unauthenticated");
    let skewed = host.wish(&gateway, 7_200_000);
    assert_eq!(refused(&skewed).await, "clock_skew");
    gateway.decide("revoked", "revoke").await.expect("revoked");
    assert_eq!(refused(&revoked.wish(&gateway, 0)).await, "revoked");

    // The honest one, and its own request once more.
    let wish = host.wish(&gateway, 0);
    gateway.reapprove(&wish).await.expect("approved by the rule");
    assert_eq!(refused(&wish).await, "unauthenticated");

    gateway
        .admin(Method::DELETE, "/v1/tenants/acme?force=true", None)
        .await
        .expect("deleted");
    assert_eq!(refused(&host.wish(&gateway, 1)).await, "unknown_tenant");
    let name: ConnectorId = "prod".parse().expect("name");
    let gone = gateway.state().authority.denylist();
    timeout(PATIENCE, async {
        while !gone.snapshot().identities.contains(&host.facts().identity) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{name} is not refused in the handshake"));
    gateway.stop().await;
    stranger.stop().await;
}
