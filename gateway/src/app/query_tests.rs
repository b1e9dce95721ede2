//! Queries as a caller meets them: HTTPS on loopback, a real state folder, and a connector that says what it is told to.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use certs::{
    csr,
    key::PrivateKey,
    tls::{Credential, CredentialSlot, api_client_config, tunnel_client_config},
    token::JoinSecret,
};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use proto::{
    enrol::EnrolRequest,
    error::{Code, Fault},
    wire::frame::{ControlFrame, Renew, Renewed, Trailer},
};
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::*;
use crate::{
    audit::{read, record::Event},
    auth::{Admin, NewToken, Scope},
    cli,
    config::StateFolder,
    fleet::NewJoinToken,
    tunnel::double::{Double, Sample, dial_with, hello},
};

pub(super) const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const ARROW: &str = "application/vnd.apache.arrow.stream";

pub(super) struct World {
    pub(super) running: Running,
    pub(super) token: String,
    pub(super) folder: TempDir,
}

impl World {
    /// A gateway with the tenant `acme` and a token that may query it.
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        // `init` brings a runtime of its own.
        let init = tokio::task::spawn_blocking({
            let path = path.clone();
            move || cli::init_for_tests(&path)
        });
        init.await.unwrap().unwrap();
        let config = Config::load(StateFolder::new(&path)).unwrap();
        Self::of(folder, start(config, Clock::system()).await.unwrap()).await
    }

    /// A tenant and a token that may query it, at a gateway that runs.
    pub(super) async fn of(folder: TempDir, running: Running) -> Self {
        let (state, admin) = (running.state(), Admin::of_the_state_folder());
        state
            .fleet
            .create_tenant(&admin, "acme".parse().unwrap())
            .await
            .unwrap();
        let new = NewToken {
            name: "sync".to_owned(),
            sources: vec![],
            scopes: vec![Scope::Query],
            lifetime: None,
        };
        let (token, _) = state
            .tokens
            .create(&admin.of(&"acme".parse().unwrap()), new)
            .await
            .unwrap();
        let token = token.expose().to_owned();
        Self {
            running,
            token,
            folder,
        }
    }

    pub(super) fn state(&self) -> &Shared {
        self.running.state()
    }

    /// An enrolled connector whose tunnel is up and serves `dw`.
    pub(super) async fn connector(&self) -> Double {
        let credential = self.credential().await;
        let (double, answer) = Double::hello(self.dial(credential).await.unwrap(), hello(1, 1)).await;
        Double::welcome(answer);
        double
    }

    pub(super) async fn dial(
        &self,
        credential: Credential,
    ) -> Result<quinn::Connection, quinn::ConnectionError> {
        let state = self.state();
        let slot = CredentialSlot::new(credential);
        let tls = tunnel_client_config(slot, &state.authority.bundle(), Arc::new(())).unwrap();
        dial_with(state.addresses.tunnel, tls).await
    }

    pub(super) async fn credential(&self) -> Credential {
        let (state, tenant) = (self.state(), "acme".parse().unwrap());
        let by = Admin::of_the_state_folder().caller().enroller(&tenant).unwrap();
        let secret = JoinSecret::generate().unwrap();
        state
            .fleet
            .create_join_token(&by, NewJoinToken::default(), &secret)
            .await
            .unwrap();
        let key = PrivateKey::generate().unwrap();
        let enrolled = state.fleet.enrol(EnrolRequest {
            secret: secret.to_text().as_str().to_owned(),
            tenant: Some(tenant.clone()),
            connector: Some("c1".parse().unwrap()),
            csr: csr::request(&key).unwrap(),
            unix_time_ms: state.clock.unix_millis(),
        });
        let chain = enrolled.await.unwrap().response.certificate_chain;
        Credential::from_pem(&chain, &key).unwrap()
    }

    pub(super) async fn ask(&self, accept: &str, question: Value) -> Response<Incoming> {
        self.ask_at("/v1/tenants/acme/sources/dw/query", accept, question)
            .await
            .1
    }

    /// The connection's task comes along: aborting it is a caller that goes away.
    pub(super) async fn ask_at(
        &self,
        path: &str,
        accept: &str,
        question: Value,
    ) -> (tokio::task::JoinHandle<()>, Response<Incoming>) {
        let (connection, pending) = self.send(path, accept, question).await;
        (
            connection,
            timeout(PATIENCE, pending).await.unwrap().unwrap().unwrap(),
        )
    }

    pub(super) async fn send(
        &self,
        path: &str,
        accept: &str,
        question: Value,
    ) -> (
        tokio::task::JoinHandle<()>,
        tokio::task::JoinHandle<hyper::Result<Response<Incoming>>>,
    ) {
        let mut tls = api_client_config(&self.state().authority.bundle()).unwrap();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.state().addresses.api).await.unwrap();
        let name = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await
            .unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(async move { drop(connection.await) });
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::ACCEPT, accept)
            .header(header::TE, "trailers")
            .body(Full::new(Bytes::from(question.to_string())))
            .unwrap();
        (
            connection,
            tokio::spawn(async move { sender.send_request(request).await }),
        )
    }

    /// The records of the audit log, once there are as many.
    pub(super) async fn audited(&self, records: usize) -> Vec<Event> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let folder = self.state().config.state.audit();
            let found: Result<Vec<_>, _> = read::records(&folder).unwrap().collect();
            let found = found.unwrap();
            if found.len() >= records {
                return found.into_iter().map(|record| record.event).collect();
            }
            assert!(tokio::time::Instant::now() < until, "{} records", found.len());
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn ended(&self, code: &str) -> u64 {
        self.state()
            .metrics
            .queries
            .exchanges
            .with_label_values(&[code])
            .get()
    }

    pub(super) async fn stop(self) {
        timeout(PATIENCE, self.running.stop()).await.unwrap();
        drop(self.folder);
    }
}

pub(super) fn question() -> Value {
    json!({ "query": "read.dbt_models" })
}

pub(super) async fn problem(response: Response<Incoming>) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let document: Value = serde_json::from_slice(&body).unwrap();
    (status, document["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn whole_result_comes_in_every_form_and_is_written_down() {
    let world = World::start().await;
    let connector = world.connector().await;
    let sample = Sample::new(3, 2);
    let answering = tokio::spawn({
        let sample = sample.clone();
        async move {
            let mut asked = Vec::new();
            for _ in 0..4 {
                asked.push(connector.asked().await.answer(&sample).await);
            }
            (connector, asked)
        }
    });

    let response = world.ask(ARROW, question()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], ARROW);
    assert_eq!(response.headers()["x-query-id"].len(), 32);
    let body = response.into_body().collect().await.unwrap();
    let trailers = body.trailers().expect("trailers").clone();
    assert_eq!(trailers["x-result-rows"], "6");
    assert_eq!(
        trailers["x-result-digest"],
        format!("sha-256={}", sample.complete().digest)
    );
    let end: &[u8] = &crate::tunnel::ipc::END_OF_STREAM;
    assert_eq!(
        body.to_bytes(),
        [&sample.schema[..], &sample.batches.concat(), end].concat()
    );

    let text = |response: Response<Incoming>| async move {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    };
    let rows: Value =
        serde_json::from_str(&text(world.ask("application/json", question()).await).await).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 6);
    assert_eq!(rows[5], json!({ "n": 5, "word": "row 1 of batch 2" }));
    let lines = text(world.ask("application/x-ndjson", question()).await).await;
    assert_eq!(lines.lines().count(), 6);
    let csv = text(world.ask("text/csv", question()).await).await;
    assert!(csv.starts_with("n,word\r\n0,row 0 of batch 0\r\n"), "{csv}");
    assert_eq!(csv.lines().count(), 7);

    let (_connector, asked) = answering.await.unwrap();
    let events = world.audited(8).await;
    let Event::Opened(opened) = &events[0] else {
        panic!("{:?}", events[0])
    };
    assert_eq!(
        (
            opened.caller_name.as_str(),
            opened.query.as_ref().unwrap().as_str()
        ),
        ("sync", "read.dbt_models")
    );
    assert_eq!(opened.request, asked[0].request.request_id.to_string());
    let completed = events.iter().filter_map(|event| match event {
        Event::Completed { end, .. } => Some(end),
        _ => None,
    });
    for end in completed {
        assert_eq!((end.outcome.as_str(), end.rows), ("ok", 6));
        assert_eq!(end.digest, Some(sample.complete().digest.to_string()));
        assert_eq!(end.receipt, Some("09".repeat(32)));
        assert_eq!(end.connector.as_ref().map(|c| c.as_str()), Some("c1"));
    }
    assert_eq!(
        (world.ended("ok"), world.state().metrics.queries.rows.get()),
        (4, 24)
    );
    let view = world
        .state()
        .live_tunnels(&"acme".parse().unwrap(), &"c1".parse().unwrap());
    let [view] = view.as_slice() else {
        panic!("{view:?}")
    };
    assert_eq!((view.exchanges, view.sources.len()), (Some(0), 1));
    world.stop().await;
}

#[tokio::test]
async fn result_that_fails_midway_never_ends_well() {
    let world = World::start().await;
    let connector = world.connector().await;
    let sample = Sample::new(2, 2);
    for accept in [ARROW, "application/json", "application/x-ndjson", "text/csv"] {
        let answer = async {
            let mut asked = connector.asked().await;
            asked.header(&sample.schema).await;
            asked.batch(0, &sample.batches[0]).await;
            asked
        };
        let (response, mut asked) = tokio::join!(world.ask(accept, question()), answer);
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        let fault = Fault::new(Code::WarehouseError, "SQLSTATE 57P01");
        asked.trailer(Trailer::Failed(fault)).await;
        assert!(
            response.into_body().collect().await.is_err(),
            "{accept} ended as if whole"
        );
    }
    assert_eq!(world.ended("warehouse_error"), 4);
    let events = world.audited(8).await;
    let void = |event: &&Event| matches!(event, Event::Completed { end, .. } if end.outcome == "warehouse_error" && end.digest.is_none());
    assert_eq!(events.iter().filter(void).count(), 4);
    drop(connector);
    world.stop().await;
}

#[tokio::test]
async fn refusals_come_as_problems_with_their_codes() {
    let world = World::start().await;
    let path = "/v1/tenants/acme/sources/dw/query";
    let offline = world.ask("*/*", question()).await;
    assert_eq!(offline.headers()[header::RETRY_AFTER], "5");
    assert_eq!(
        problem(offline).await,
        (StatusCode::SERVICE_UNAVAILABLE, "source_offline".to_owned())
    );
    for (accept, asked, status, code) in [
        (
            "text/html",
            question(),
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
        ),
        (
            "*/*",
            json!({ "query": "read.pg_shadow" }),
            StatusCode::NOT_FOUND,
            "unknown_query",
        ),
        (
            "*/*",
            json!({ "query": "read.dbt_models", "sql": "x" }),
            StatusCode::BAD_REQUEST,
            "invalid_request",
        ),
        (
            "*/*",
            json!({ "query": "read.dbt_models", "parameters": { "x": 1 } }),
            StatusCode::BAD_REQUEST,
            "invalid_parameter",
        ),
    ] {
        assert_eq!(
            problem(world.ask(accept, asked).await).await,
            (status, code.to_owned())
        );
    }
    let (_, other) = world
        .ask_at(&path.replace("acme", "globex"), "*/*", question())
        .await;
    assert_eq!(problem(other).await.1, "unknown_tenant");
    // Refusals by the gateway are written down, and what never was a question is not.
    let events = world.audited(4).await;
    let refused = events
        .iter()
        .filter(|event| matches!(event, Event::Refused(_)))
        .count();
    assert_eq!((refused, events.len()), (2, 4));

    let connector = world.connector().await;
    let answer = async {
        let mut asked = connector.asked().await;
        let detail = "the column `x` is dropped by `columns.drop`";
        asked
            .trailer(Trailer::Failed(Fault::new(Code::RefusedByPolicy, detail)))
            .await;
        asked
    };
    let (refused, _asked) = tokio::join!(world.ask(ARROW, question()), answer);
    assert_eq!(
        problem(refused).await,
        (StatusCode::FORBIDDEN, "refused_by_policy".to_owned())
    );
    drop(connector);
    world.stop().await;
}

#[tokio::test]
async fn caller_that_goes_away_cancels_before_and_after_the_first_batch() {
    let world = World::start().await;
    let connector = world.connector().await;
    let sample = Sample::new(2, 2);
    let path = "/v1/tenants/acme/sources/dw/query";

    let (connection, _pending) = world.send(path, ARROW, question()).await;
    let mut asked = connector.asked().await;
    connection.abort();
    assert_eq!(asked.cancelled().await, Code::Cancelled);

    let answer = async {
        let mut asked = connector.asked().await;
        asked.header(&sample.schema).await;
        asked.batch(0, &sample.batches[0]).await;
        asked
    };
    let ((connection, response), mut asked) = tokio::join!(world.ask_at(path, ARROW, question()), answer);
    drop(response);
    connection.abort();
    assert_eq!(asked.cancelled().await, Code::Cancelled);

    world.audited(4).await;
    assert_eq!(world.ended("cancelled"), 2);
    drop(connector);
    world.stop().await;
}

#[tokio::test]
async fn tenant_beyond_its_share_is_told_when_to_come_back() {
    let world = World::start().await;
    let connector = world.connector().await;
    let most = world.state().config.limits.tenant_exchanges;
    let path = "/v1/tenants/acme/sources/dw/query";
    let mut running = Vec::new();
    for _ in 0..most {
        running.push((world.send(path, ARROW, question()).await, connector.asked().await));
    }
    let refused = world.ask(ARROW, question()).await;
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    assert_eq!(
        problem(refused).await,
        (StatusCode::SERVICE_UNAVAILABLE, "overloaded".to_owned())
    );
    assert_eq!(world.state().metrics.queries.in_flight.get(), most as i64);
    drop((running, connector));
    world.stop().await;
}

#[tokio::test]
async fn result_that_nobody_reads_keeps_its_place_in_the_tenants_share() {
    let world = World::start().await;
    let connector = world.connector().await;
    let (state, sample) = (world.state(), Sample::new(1, 2));
    let most = state.config.limits.tenant_exchanges;
    let mut headers = http::HeaderMap::new();
    let bearer = format!("Bearer {}", world.token).parse().unwrap();
    headers.insert(header::AUTHORIZATION, bearer);
    let caller = state.tokens.authenticate(&headers).await.unwrap();
    let ask = async || {
        let ask = crate::allowlist::Ask {
            query: "read.dbt_models".parse().unwrap(),
            parameters: Default::default(),
            columns: vec![],
            deadline: None,
            max_rows: None,
            max_bytes: None,
        };
        let (tenant, source) = ("acme".parse().unwrap(), "dw".parse().unwrap());
        let request = proto::wire::frame::RequestId([7; 16]);
        let asked = state.queries.run(&caller, &tenant, &source, ask, request);
        timeout(PATIENCE, asked).await.unwrap()
    };
    let mut unread = Vec::new();
    for _ in 0..most {
        let answer = async { connector.asked().await.answer(&sample).await };
        let (answer, _) = tokio::join!(ask(), answer);
        unread.push(answer.unwrap());
    }
    // The queries have ended; what they brought has not been taken.
    world.audited(2 * most).await;
    assert_eq!(ask().await.unwrap_err().code, Code::Overloaded);
    unread.clear();
    let answer = async { connector.asked().await.answer(&sample).await };
    assert!(tokio::join!(ask(), answer).0.is_ok());
    drop(connector);
    world.stop().await;
}

#[tokio::test]
async fn removed_connector_loses_its_live_tunnel() {
    let world = World::start().await;
    let connector = world.connector().await;
    let admin = Admin::of_the_state_folder();
    world
        .state()
        .fleet
        .delete_tenant(&admin.of(&"acme".parse().unwrap()), true)
        .await
        .unwrap();
    let code = connector.closed().await;
    assert!(matches!(code, Code::Revoked | Code::UnknownTenant), "{code}");
    world.stop().await;
}

#[tokio::test]
async fn revoked_connector_loses_its_tunnels_with_what_runs_on_them() {
    let world = World::start().await;
    let state = world.state();
    let credential = world.credential().await;
    let opened = world.dial(credential.clone()).await.unwrap();
    let (mut old, answer) = Double::hello(opened, hello(1, 1)).await;
    Double::welcome(answer);
    let path = "/v1/tenants/acme/sources/dw/query";
    let (_old_caller, old_pending) = world.send(path, ARROW, question()).await;
    let _old_asked = old.asked().await;

    // It renews; the query on the old tunnel goes on while the new tunnel takes what comes.
    let key = PrivateKey::generate().unwrap();
    let pem = csr::request(&key).unwrap();
    let request = rustls_pki_types::CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap();
    let request = Bytes::copy_from_slice(&request);
    old.say(ControlFrame::Renew(Renew { request })).await;
    let Ok(ControlFrame::Renewed(Renewed { chain })) = old.answer().await else {
        panic!("not renewed");
    };
    let renewed = Credential::from_pem(&chain, &key).unwrap();
    let (new, answer) = Double::hello(world.dial(renewed.clone()).await.unwrap(), hello(1, 2)).await;
    Double::welcome(answer);
    assert!(matches!(old.answer().await, Ok(ControlFrame::Drain(_))));
    let (_new_caller, new_pending) = world.send(path, ARROW, question()).await;
    let _new_asked = new.asked().await;
    assert_eq!(state.metrics.queries.in_flight.get(), 2);

    let tenant = "acme".parse().unwrap();
    let by = Admin::of_the_state_folder().caller().enroller(&tenant).unwrap();
    let began = std::time::Instant::now();
    state
        .fleet
        .revoke_connector(&by, &"c1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(new.closed().await, Code::Revoked);
    assert_eq!(old.closed().await, Code::Revoked);
    tracing::info!(after = ?began.elapsed(), "every tunnel is closed");
    for pending in [old_pending, new_pending] {
        let answer = timeout(PATIENCE, pending).await.unwrap().unwrap().unwrap();
        assert_eq!(
            problem(answer).await,
            (StatusCode::BAD_GATEWAY, "tunnel_lost".to_owned())
        );
    }
    // The handshake itself refuses both certificates: no tunnel was decided on.
    let refused = |label| state.metrics.tunnels.handshakes.with_label_values(&[label]).get();
    let before = refused("revoked");
    for credential in [credential, renewed] {
        if let Ok(connection) = world.dial(credential).await {
            let closed = timeout(PATIENCE, connection.closed()).await.unwrap();
            assert!(
                matches!(closed, quinn::ConnectionError::ConnectionClosed(_)),
                "{closed}"
            );
        }
    }
    assert_eq!(refused("revoked"), before + 2);
    world.stop().await;
}
