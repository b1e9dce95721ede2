//! The listeners as strangers meet them: TLS, HTTP, the redirect, operations.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// One request in plain HTTP, as text.
async fn plain(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer))
        .await
        .expect("in time")
        .expect("reads");
    answer
}

#[tokio::test]
async fn body_over_its_bound_is_refused() {
    let gateway = Gateway::start().await;
    let endless = json!({ "secret": "x".repeat(70_000), "csr": "", "unix_time_ms": 0 });
    let answer: Result<Value, _> = gateway
        .client("none")
        .call(Method::POST, proto::enrol::PATH, Some(&endless))
        .await;
    assert_eq!(code(answer), "limit_exceeded");
    let unknown = json!({ "tenant": "a", "more": 1 });
    assert_eq!(
        code(gateway.admin(Method::POST, "/v1/tenants", Some(unknown)).await),
        "invalid_request"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn tls_of_a_stranger_is_refused_by_the_client_and_counted_by_the_gateway() {
    let gateway = Gateway::start().await;
    let other = Gateway::start().await;
    let addresses = &gateway.state().addresses;
    let ca = other.folder().trust_bundle();
    let client = Client::new(
        &addresses.public_api,
        addresses.api.to_string(),
        Some(&ca),
        Some("etg_x"),
    )
    .expect("client");
    let answer: Result<Value, _> = client.call::<(), _>(Method::GET, "/v1/tenants", None).await;
    assert!(matches!(answer, Err(ClientError::Tls { .. })), "{answer:?}");
    // Plain HTTP on the TLS port gets no answer in HTTP.
    let mut stream = TcpStream::connect(addresses.api).await.expect("connects");
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("writes");
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("closed in time");
    assert!(!answer.starts_with(b"HTTP"));
    while gateway.metric("handshakes", &["failed"]) < 2 {
        tokio::task::yield_now().await;
    }
    gateway.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn silent_connections_do_not_keep_others_out() {
    let gateway = Gateway::start().await;
    let api = gateway.state().addresses.api;
    // More than there are places for handshakes.
    let silent = join_all((0..200).map(|_| TcpStream::connect(api))).await;
    assert!(silent.iter().all(Result::is_ok));
    gateway
        .admin(Method::GET, "/v1/tenants", None)
        .await
        .expect("answered while they stand");
    assert!(gateway.metric("handshakes", &["evicted"]) > 0);
    drop(silent);
    gateway.stop().await;
}

#[tokio::test]
async fn http_2_is_spoken_where_the_caller_offers_it() {
    let gateway = Gateway::start().await;
    let mut offer = certs::tls::api_client_config(&gateway.state().authority.bundle()).expect("settings");
    offer.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(gateway.state().addresses.api)
        .await
        .expect("connects");
    let name = "127.0.0.1".try_into().expect("name");
    let stream = tokio_rustls::TlsConnector::from(Arc::new(offer))
        .connect(name, stream)
        .await
        .expect("TLS");
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io)
        .await
        .expect("HTTP/2");
    let driving = tokio::spawn(connection);
    let request = http::Request::get("https://127.0.0.1/v1/tenants")
        .header("authorization", format!("Bearer {}", gateway.admin_token()))
        .body(axum::body::Body::empty())
        .expect("request");
    let answer = sender.send_request(request).await.expect("answer");
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, http::Version::HTTP_2)
    );
    drop((answer, sender));
    gateway.stop().await;
    let _ = timeout(PATIENCE, driving)
        .await
        .expect("the connection ended with the gateway");
}

#[tokio::test]
async fn issuing_authority_is_replaced_by_itself_when_a_third_of_its_life_is_left() {
    const DAY: Duration = Duration::from_secs(86_400);
    let gateway = Gateway::start().await;
    let (authority, fleet) = (&gateway.state().authority, &gateway.state().fleet);
    let (first, trusted) = (authority.issuing_not_after(), authority.roots());
    gateway.hand.advance(240 * DAY);
    authority.carry_on(fleet).await.expect("looks");
    assert_eq!(authority.issuing_not_after(), first, "there is time");
    gateway.hand.advance(10 * DAY);
    authority.carry_on(fleet).await.expect("rotates");
    assert!(authority.issuing_not_after() > first.map(|end| end + 240 * 86_400));
    // Whoever trusts the root notices nothing.
    assert_eq!(authority.roots(), trusted);
    gateway.stop().await;
}

#[tokio::test]
async fn node_certificate_is_renewed_at_half_of_its_life() {
    let gateway = Gateway::start().await;
    let authority = &gateway.state().authority;
    let first = authority.node_not_after();
    assert!(!authority.renew_node_if_due().await.expect("looks"), "it is new");
    gateway.hand.advance(Duration::from_secs(13 * 3_600));
    assert!(authority.renew_node_if_due().await.expect("renews"));
    assert!(authority.node_not_after() >= first + 12 * 3_600);
    assert!(
        !authority.renew_node_if_due().await.expect("looks"),
        "it is new again"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn plain_http_is_redirected_and_nothing_else() {
    let gateway = Gateway::start().await;
    let redirect = gateway.state().addresses.redirect.expect("listens");
    let port = gateway.state().addresses.api.port();
    let request = "POST /v1/tenants?a=b HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n";
    let answer = plain(redirect, request).await;
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(
        answer.contains(&format!("location: https://127.0.0.1:{port}/v1/tenants?a=b\r\n")),
        "{answer}"
    );
    gateway.stop().await;
}

#[tokio::test]
async fn operations_tell_health_readiness_and_metrics() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let token = gateway.join_token(&acme, json!({})).await;
    gateway
        .enrol(&gateway.request(&token, "prod"))
        .await
        .expect("enrolled");
    let operations = gateway.state().addresses.operations;
    let get = async |path: &str| {
        plain(
            operations,
            &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        )
        .await
    };
    assert!(get("/healthz").await.starts_with("HTTP/1.1 200 "));
    assert!(get("/readyz").await.starts_with("HTTP/1.1 200 "));
    assert!(get("/v1/tenants").await.starts_with("HTTP/1.1 404 "));
    let metrics = get("/metrics").await;
    for series in [
        "gateway_api_requests_total{code=\"ok\",route=\"/v1/tenants\"} 1",
        "gateway_api_handshakes_total{result=\"ok\"} 3",
        "gateway_api_request_seconds_count 3",
        "gateway_join_tokens_created_total 1",
        "gateway_enrolments_total{result=\"ok\"} 1",
        "gateway_enrolment_clock_skew_seconds_count 1",
    ] {
        assert!(metrics.contains(series), "{series} is not in {metrics}");
    }
    let now = gateway.state().clock.unix_seconds();
    for (series, least) in [("node", 23 * 3_600), ("ca", 9 * 365 * 86_400)] {
        let name = format!("gateway_certificate_expiry_timestamp_seconds{{certificate=\"{series}\"}} ");
        let line = metrics.lines().find(|l| l.starts_with(&name));
        let end: f64 = line
            .and_then(|l| l.split(' ').nth(1))
            .expect("a value")
            .parse()
            .expect("a number");
        assert!(end > (now + least) as f64, "{series} ends at {end}");
    }
    gateway.state().drain.stop();
    assert!(get("/readyz").await.starts_with("HTTP/1.1 503 "));
    gateway.stop().await;
}

#[tokio::test]
async fn every_answer_carries_hsts_and_the_request_id() {
    let gateway = Gateway::start().await;
    let mut connector = certs::tls::api_client_config(&gateway.state().authority.bundle()).expect("settings");
    connector.alpn_protocols = vec![b"http/1.1".to_vec()];
    let stream = TcpStream::connect(gateway.state().addresses.api)
        .await
        .expect("connects");
    let name = "127.0.0.1".try_into().expect("name");
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(connector))
        .connect(name, stream)
        .await
        .expect("TLS");
    let request = "GET /nothing HTTP/1.1\r\nhost: x\r\nx-request-id: abc-1\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut answer = String::new();
    let _ = timeout(PATIENCE, stream.read_to_string(&mut answer))
        .await
        .expect("in time");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(
        answer.contains("strict-transport-security: max-age=31536000\r\n"),
        "{answer}"
    );
    assert!(answer.contains("x-request-id: abc-1\r\n"), "{answer}");
    assert!(
        answer.contains("content-type: application/problem+json\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\"request_id\":\"abc-1\""), "{answer}");
    gateway.stop().await;
}
