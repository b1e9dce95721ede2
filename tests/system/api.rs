//! The API's front door: TLS and what it agrees on, the redirect, the headers of every answer, what is no request.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use http::Method;
use rustls::{NamedGroup, ProtocolVersion};
use serde_json::{Value, json};
use tests::client::Client;
use tests::paths;
use tests::process::Launch;
use tests::world::{Setup, TENANT, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn address(world: &World<'_>, name: &str) -> Result<SocketAddr> {
    let text = fs::read_to_string(world.folder().join("gateway/run/addresses.json"))?;
    let all: Value = serde_json::from_str(&text)?;
    Ok(all[name].as_str().context("an address")?.parse()?)
}

/// What is answered to these bytes, until the other side closes.
async fn say(address: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut answer).await;
    Ok(answer)
}

/// A whole and honest ClientHello that offers this version at the most (RFC 5246, section 7.4.1.2): with 3 for TLS 1.2 it
/// is accepted.
fn client_hello(version: u8) -> Vec<u8> {
    let mut body = vec![3, version];
    body.extend([7; 32]);
    body.push(0);
    // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, and for the older ones TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA.
    body.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x09]);
    body.extend([1, 0]);
    let groups = [0, 10, 0, 4, 0, 2, 0, 23];
    let points = [0, 11, 0, 2, 1, 0];
    let signatures = [0, 13, 0, 6, 0, 4, 4, 3, 5, 3];
    body.extend([0, 24].into_iter().chain(groups).chain(points).chain(signatures));
    let length = u8::try_from(body.len()).unwrap_or_default();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(body);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_1_2_or_newer_and_prefers_the_post_quantum_group() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let session = world.admin().connect().await.unwrap().session().clone();
    assert_eq!(session.version, Some(ProtocolVersion::TLSv1_3));
    assert_eq!(session.group, Some(NamedGroup::X25519MLKEM768));
    let two = world
        .admin()
        .clone()
        .over_http2()
        .connect()
        .await
        .unwrap()
        .session()
        .clone();
    assert_eq!(two.alpn.as_deref(), Some(b"h2".as_slice()));

    let ca = world.folder().join("gateway/ca.pem");
    let api = address(&world, "api").unwrap();
    let old = Client::with_versions(api, &api.ip().to_string(), &ca, &[&rustls::version::TLS12]).unwrap();
    let session = old.connect().await.unwrap().session().clone();
    assert_eq!(session.version, Some(ProtocolVersion::TLSv1_2));
    let refused = old.get("/v1/tenants").await.unwrap();
    assert_eq!(refused.problem().unwrap(), "unauthenticated");

    // Older ones are answered with an alert: protocol_version(70), fatal(2).
    for version in [1, 2] {
        let answer = say(api, &client_hello(version)).await.unwrap();
        assert!(
            matches!(answer[..], [21, _, _, 0, 2, 2, 70]),
            "TLS 1.{}: {answer:?}",
            version - 1
        );
    }
    let mut accepted = TcpStream::connect(api).await.unwrap();
    accepted.write_all(&client_hello(3)).await.unwrap();
    assert_eq!(accepted.read_u8().await.unwrap(), 22, "a ServerHello");
    // Whoever trusts another authority does not get in touch at all.
    let stranger = paths::scratch("stranger").unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(stranger.path().join("ca.pem"), other.cert.pem()).unwrap();
    let stranger = Client::new(api, &api.ip().to_string(), &stranger.path().join("ca.pem")).unwrap();
    assert!(stranger.connect().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_only_redirects_and_operations_stay_on_loopback() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let (api, plain) = (
        address(&world, "api").unwrap(),
        address(&world, "redirect").unwrap(),
    );
    let token = fs::read_to_string(world.folder().join("gateway/admin.token")).unwrap();
    for request in [
        "GET /v1/tenants?a=b HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n".to_owned(),
        "POST /v1/tenants?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n".to_owned(),
        format!(
            "GET /v1/tenants?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n",
            token.trim()
        ),
    ] {
        let answer = say(plain, format!("{request}\r\n").as_bytes()).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 308"), "{head}");
        let location = format!("location: https://{api}/v1/tenants?a=b");
        assert!(head.lines().any(|l| l.eq_ignore_ascii_case(&location)), "{head}");
        assert!(body.is_empty(), "{body}");
    }
    // Metrics are on the operations listener and nowhere else.
    assert!(address(&world, "operations").unwrap().ip().is_loopback());
    assert_eq!(
        world.admin().get("/metrics").await.unwrap().problem().unwrap(),
        "not_found"
    );
    // As it is installed, too.
    let folder = paths::scratch("init").unwrap();
    let state = folder.path().join("gateway");
    let init = Launch::new(&paths::program("gateway").unwrap());
    init.args([
        "init",
        "--host",
        "gateway.example",
        "--state",
        &state.display().to_string(),
    ])
    .run()
    .await
    .unwrap()
    .succeeded()
    .unwrap();
    let settings = fs::read_to_string(state.join("gateway.toml")).unwrap();
    assert!(settings.contains("operations = \"127.0.0.1:"), "{settings}");
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_headers_and_what_is_no_request_has_a_document() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let admin = world.admin();
    let long = json!({"tenant": "x".repeat(100_000)});
    let tokens = format!("/v1/tenants/{TENANT}/api-tokens");
    for (method, path, body, code) in [
        (Method::GET, "/v1/tenants", None, "ok"),
        (Method::GET, "/nothing", None, "not_found"),
        (Method::PUT, "/v1/tenants", None, "invalid_request"),
        (Method::POST, "/v1/tenants", Some(&json!([1])), "invalid_request"),
        (
            Method::POST,
            "/v1/tenants",
            Some(&json!({"tenant": "Not A Name"})),
            "invalid_request",
        ),
        (
            Method::POST,
            "/v1/tenants",
            Some(&json!({"tenant": "x", "more": 1})),
            "invalid_request",
        ),
        (
            Method::POST,
            "/v1/tenants",
            Some(&json!({"tenant": TENANT})),
            "conflict",
        ),
        (Method::POST, "/v1/tenants", Some(&long), "limit_exceeded"),
        (
            Method::POST,
            &tokens,
            Some(&json!({"name": "n", "scopes": ["admin"]})),
            "invalid_request",
        ),
        (
            Method::GET,
            "/v1/tenants/nobody/connectors",
            None,
            "unknown_tenant",
        ),
        (Method::DELETE, "/v1/tenants/nobody", None, "unknown_tenant"),
    ] {
        for caller in [admin, &admin.clone().over_http2()] {
            let answer = caller
                .send(method.clone(), path, "application/json", body)
                .await
                .unwrap();
            match code {
                "ok" => drop(answer.json().unwrap()),
                code => assert_eq!(
                    answer.problem().unwrap(),
                    code,
                    "{method} {path}: {}",
                    answer.text()
                ),
            }
            assert_eq!(
                answer.header("strict-transport-security"),
                "max-age=31536000",
                "{path}"
            );
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
        }
    }
    world.assert_no_errors_but(&[]).unwrap();
}
