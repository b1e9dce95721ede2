//! The proxy's side by hand: what it says, and what is told of it.

use tokio::net::TcpListener;

use super::*;

async fn answering(answer: &'static [u8]) -> (Proxies, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                break;
            }
            heard.extend_from_slice(&byte);
        }
        let _ = stream.write_all(answer).await;
        let _ = stream.write_all(b"hello").await;
        String::from_utf8(heard).expect("ASCII")
    });
    let url = format!("http://reader:secret@127.0.0.1:{port}");
    let proxies = Proxies::environment(|name| (name == "HTTPS_PROXY").then(|| url.clone()));
    (proxies.expect("a proxy"), heard)
}

#[tokio::test]
async fn connect_names_the_gateway_with_credentials_and_leaves_what_follows() {
    let (proxies, heard) = answering(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await;
    let mut stream = proxies.connect("gw.example", 443).await.expect("through");
    let mut rest = [0; 5];
    stream.read_exact(&mut rest).await.expect("the gateway's bytes");
    assert_eq!(&rest, b"hello");
    let heard = heard.await.expect("heard");
    assert!(
        heard.starts_with("CONNECT gw.example:443 HTTP/1.1\r\nHost: gw.example:443\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("Proxy-Authorization: Basic cmVhZGVyOnNlY3JldA==\r\n"),
        "{heard}"
    );
}

#[tokio::test]
async fn each_refusal_of_a_proxy_has_its_own_remedy() {
    for (answer, words) in [
        (
            &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
            "tunnel.proxy_user",
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "allow CONNECT"),
        (
            b"HTTP/1.0 502 Bad Gateway\r\n\r\n",
            "cannot reach the gateway itself",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 hello\r\n\r\n", "no status"),
        (b"", "does not speak HTTP"),
    ] {
        let (proxies, _heard) = answering(answer).await;
        let error = proxies
            .connect("gw.example", 443)
            .await
            .expect_err("refused")
            .to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_with_who_named_it() {
    let variable = |name: &str| match name {
        "https_proxy" => Some("127.0.0.1:1".to_owned()),
        "NO_PROXY" => Some("localhost".to_owned()),
        _ => None,
    };
    let proxies = Proxies::environment(variable).expect("a proxy");
    let error = proxies
        .connect("gw.example", 443)
        .await
        .expect_err("nobody")
        .to_string();
    assert!(
        error.contains("http://127.0.0.1:1") && error.contains("https_proxy"),
        "{error}"
    );
    assert!(proxies.toward("localhost").is_none());
}

#[test]
fn small_letters_go_first_and_nonsense_names_its_variable() {
    let both = |name: &str| match name {
        "https_proxy" => Some("small:1".to_owned()),
        "HTTPS_PROXY" => Some("large:2".to_owned()),
        _ => None,
    };
    let proxies = Proxies::environment(both).expect("a proxy");
    assert_eq!(
        proxies.toward("gw").map(|(proxy, _)| proxy.to_string()),
        Some("http://small:1".to_owned())
    );
    let error = Proxies::environment(|name| (name == "ALL_PROXY").then(|| "ftp://x".to_owned()));
    assert!(error.expect_err("no proxy").to_string().contains("ALL_PROXY"));
}
