//! Blocked UDP: the same product over HTTP/2, directly and through a proxy; the way there, and the way back to QUIC.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Client;
use tests::netns::Namespace;
use tests::process::Launch;
use tests::proxy::{INSPECTOR, Manner, Proxy};
use tests::samples::Samples;
use tests::world::{CONNECTOR, Setup, Side, TENANT, World, query};
use tests::{paths, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

const CLOUD: &str = "10.74.0.1";
const CUSTOMER: &str = "10.74.0.2";

/// QUIC's head start, a handshake over TCP, and two busy cores.
const AT_ONCE: Duration = Duration::from_secs(8);

/// For a path that has died to be noticed, and another to be there.
const FALLS_BACK: Duration = Duration::from_secs(25);

const OVER_TCP: &str = "[tunnel]\ntransport = \"http2\"\n";

async fn tunnels(world: &World<'_>, transport: &str) -> f64 {
    let samples = Samples::of(world, Side::Gateway).await.expect("metrics");
    samples.value(&format!(
        "gateway_tunnels_by_transport{{transport=\"{transport}\"}}"
    ))
}

async fn carried(world: &World<'_>, transport: &str, limit: Duration) {
    wait::until(&format!("a tunnel over {transport}"), limit, async || {
        let live = Samples::of(world, Side::Gateway).await.ok()?;
        let series = format!("gateway_tunnels_by_transport{{transport=\"{transport}\"}}");
        (live.value(&series) >= 1.0).then_some(())
    })
    .await
    .unwrap();
}

async fn rows(caller: &Client, limit: u32) -> Result<usize, String> {
    let parameters = json!({ "limit": limit });
    let answer = query(caller, "read.dbt_run_results", &parameters, "application/json").await;
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.status.is_success() {
        return Err(answer.problem().unwrap_or_default());
    }
    let rows = answer.json().map_err(|error| error.to_string())?;
    rows.as_array().map(Vec::len).ok_or_else(|| "no rows".to_owned())
}

/// The customer's firewall: UDP to the gateway, or none.
fn firewall(udp: bool) -> &'static str {
    if udp {
        "table inet filter {}"
    } else {
        "table inet filter {
           chain output { type filter hook output priority 0; udp dport 443 drop; }
           chain input { type filter hook input priority 0; udp sport 443 drop; }
         }"
    }
}

#[tokio::test]
async fn netns_blocked_udp_is_done_without_and_quic_is_returned_to_without_losing_a_query() {
    let (cloud, customer) = (
        Namespace::create("cloud").unwrap(),
        Namespace::create("customer").unwrap(),
    );
    cloud
        .wire(&format!("{CLOUD}/24"), &customer, &format!("{CUSTOMER}/24"))
        .unwrap();
    cloud.enter().unwrap();
    let at: IpAddr = CLOUD.parse().unwrap();
    let setup = Setup {
        gateway_in: Some((&cloud, at)),
        connector_in: Some(&customer),
        connector_settings: "[tunnel]\nprobe_seconds = 2\n".to_owned(),
        ..Setup::default()
    };
    customer.firewall(firewall(false)).unwrap();
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();

    // UDP is dropped from the start.
    world.launch_connector().unwrap();
    carried(&world, "http2", AT_ONCE).await;
    let caller = world.caller().await.unwrap();
    assert_eq!(rows(&caller, 1000).await, Ok(1000));

    // UDP comes back. Whoever asks meanwhile notices nothing.
    customer.firewall(firewall(true)).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let mut asked = 0;
    while tunnels(&world, "quic").await < 1.0 {
        assert!(Instant::now() < until, "no way back to QUIC");
        assert_eq!(rows(&caller, 1000).await, Ok(1000));
        asked += 1;
    }
    assert_eq!(rows(&caller, 1000).await, Ok(1000));
    assert!(asked > 0);
    wait::until("the old tunnel's end", Duration::from_secs(5), async || {
        (tunnels(&world, "http2").await == 0.0).then_some(())
    })
    .await
    .unwrap();

    // UDP is dropped half-way.
    customer.firewall(firewall(false)).unwrap();
    carried(&world, "http2", FALLS_BACK).await;
    wait::until("an answer", Duration::from_secs(5), async || {
        rows(&caller, 1000).await.ok()
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn netns_a_path_that_begins_to_swallow_large_datagrams_is_survived() {
    let (cloud, customer) = (
        Namespace::create("cloud").unwrap(),
        Namespace::create("customer").unwrap(),
    );
    cloud
        .wire(&format!("{CLOUD}/24"), &customer, &format!("{CUSTOMER}/24"))
        .unwrap();
    cloud.enter().unwrap();
    let at: IpAddr = CLOUD.parse().unwrap();
    let setup = Setup {
        gateway_in: Some((&cloud, at)),
        connector_in: Some(&customer),
        connector_settings: "[tunnel]\ntransport = \"quic\"\n".to_owned(),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    // Datagrams grow while data flows. The connector's own listener is in its namespace; what it writes down is not.
    let state = world.folder().join("connector").display().to_string();
    let mtu = async || {
        let program = paths::program("connector").ok()?;
        let launch = Launch::new(&program).args(["status", "--json", "--state", state.as_str()]);
        let status = launch.run().await.ok()?.json().ok()?;
        status["status"]["tunnels"]
            .as_array()?
            .iter()
            .find_map(|tunnel| tunnel["path"]["mtu"].as_f64())
    };
    wait::until("larger datagrams", Duration::from_secs(30), async || {
        rows(&caller, 1000).await.ok()?;
        (mtu().await? > 1300.0).then_some(())
    })
    .await
    .unwrap();
    // One datagram at a time: several that go together (GSO) would be one long one to the firewall.
    let links = customer.command("ip").args(["-o", "link"]).output().unwrap();
    let links = String::from_utf8(links.stdout).unwrap();
    let device = links
        .split([' ', '@', ':'])
        .find(|word| word.len() == 10 && word.starts_with('w'));
    customer
        .ip(&["link", "set", device.unwrap(), "gso_max_segs", "1"])
        .unwrap();
    let swallows = "table inet filter {
           counter swallowed {}
           chain input {
             type filter hook input priority 0;
             udp dport 443 udp length > 1300 counter name swallowed drop
           }
         }";
    cloud.firewall(swallows).unwrap();
    let answer = timeout(Duration::from_secs(20), rows(&caller, 1000))
        .await
        .unwrap();
    assert_eq!(answer, Ok(1000));
    wait::until("smaller datagrams", Duration::from_secs(40), async || {
        rows(&caller, 1000).await.ok()?;
        (mtu().await? <= 1300.0).then_some(())
    })
    .await
    .unwrap();
    assert!(cloud.counted("swallowed").unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_over_http2_serves_comes_back_and_is_revoked_like_any() {
    let setup = Setup {
        connector_settings: OVER_TCP.to_owned(),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert_eq!(tunnels(&world, "http2").await, 1.0);
    assert_eq!(tunnels(&world, "quic").await, 0.0);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let caller = caller.clone();
        tasks.spawn(async move { rows(&caller, 5000).await });
    }
    while let Some(answer) = tasks.join_next().await {
        assert!(answer.unwrap().is_ok_and(|rows| rows > 1000));
    }
    // A gateway that comes back is found again.
    world.gateway.kill().unwrap();
    world.restart_gateway().await.unwrap();
    carried(&world, "http2", FALLS_BACK).await;
    let caller = world.caller().await.unwrap();
    assert!(rows(&caller, 10).await.is_ok());

    let started = Instant::now();
    let path = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/revoke");
    let revoked = world.admin().post(&path, &json!({})).await.unwrap();
    assert!(revoked.status.is_success(), "{}", revoked.text());
    wait::until("the tunnel's end", Duration::from_secs(2), async || {
        (tunnels(&world, "http2").await == 0.0).then_some(())
    })
    .await
    .unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
    let status = status(&world, |status| {
        status["revoked"] == json!(true) || status.to_string().contains("revoked")
    })
    .await;
    assert!(status.to_string().contains("revoked"), "{status}");
}

/// What `connector status` says once it is this.
async fn status(world: &World<'_>, is: impl Fn(&Value) -> bool) -> Value {
    let state = world.folder().join("connector").display().to_string();
    wait::until("the status", Duration::from_secs(20), async || {
        let launch = Launch::new(&paths::program("connector").ok()?).args([
            "status",
            "--json",
            "--state",
            state.as_str(),
        ]);
        let status = launch.run().await.ok()?.json().ok()?;
        is(&status).then_some(status)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_carries_a_tunnel_for_who_it_knows_and_its_death_is_survived() {
    // connector:secret
    let proxy = Proxy::start(Manner::Serves(Some("Y29ubmVjdG9yOnNlY3JldA==")))
        .await
        .unwrap();
    let address = proxy.address;
    let setup = Setup {
        connector_settings: format!(
            "{OVER_TCP}proxy = \"http://{address}\"\nproxy_user = \"connector\"\nproxy_password_env = \"PROXY_PASSWORD\"\n"
        ),
        connector_environment: vec![("PROXY_PASSWORD".to_owned(), "secret".to_owned())],
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert_eq!(rows(&caller, 1000).await, Ok(1000));
    assert_eq!(proxy.connected(), 1);

    drop(proxy);
    let gone = status(&world, |status| status.to_string().contains("cannot be reached")).await;
    assert!(gone.to_string().contains(&format!("http://{address}")), "{gone}");
    let another = Proxy::listen(address, Manner::Serves(None)).await.unwrap();
    carried(&world, "http2", Duration::from_secs(40)).await;
    assert_eq!(rows(&caller, 1000).await, Ok(1000));
    assert!(another.connected() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_does_instead_is_named_with_its_remedy() {
    let setup = Setup {
        connector_settings: format!("{OVER_TCP}proxy = \"http://127.0.0.1:1\"\n"),
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();
    let settings = world.folder().join("connector/connector.toml");
    let text = fs::read_to_string(&settings).unwrap();
    for (manner, words) in [
        (Manner::Serves(Some("c29tZWJvZHk6ZWxzZQ==")), "407"),
        (Manner::Refuses(403), "allow CONNECT"),
        (Manner::Refuses(502), "cannot reach the gateway itself"),
        (Manner::Inspects, INSPECTOR),
    ] {
        let proxy = Proxy::start(manner).await.unwrap();
        fs::write(&settings, text.replace("127.0.0.1:1", &proxy.address.to_string())).unwrap();
        world.launch_connector().unwrap();
        let said = status(&world, |status| status.to_string().contains(words)).await;
        assert!(!said.to_string().contains("secret"), "{said}");
        world.connector().unwrap().kill().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_at_the_tcp_port_of_tunnels_get_nothing_and_are_counted() {
    let world = World::start(Setup::default()).await.unwrap();
    let port = world.listener("tunnel").unwrap();
    let counted = async |result: &str| {
        let samples = Samples::of(&world, Side::Gateway).await.expect("metrics");
        samples.value(&format!("gateway_tunnel_handshakes_total{{result=\"{result}\"}}"))
    };
    // No TLS at all.
    let mut stream = TcpStream::connect(port).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(answer.len() < 64, "an alert at the most: {answer:?}");
    // A browser.
    let ca = world.folder().join("gateway/ca.pem");
    let browser = Client::new(port, &port.ip().to_string(), &ca).unwrap();
    assert!(browser.get("/").await.is_err());
    wait::until("both to be counted", Duration::from_secs(5), async || {
        (counted("tls").await >= 1.0 && counted("alpn").await >= 1.0).then_some(())
    })
    .await
    .unwrap();
    // One that says nothing is left after its time, and keeps nobody out meanwhile.
    let mut silent = TcpStream::connect(port).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert!(rows(&caller, 10).await.is_ok());
    let mut nothing = [0];
    let ended = timeout(Duration::from_secs(15), silent.read(&mut nothing))
        .await
        .unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
    wait::until("it to be counted", Duration::from_secs(5), async || {
        (counted("timeout").await >= 1.0).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_strangers_at_the_tcp_port_of_tunnels_keep_no_connector_out() {
    let setup = Setup {
        connector_settings: OVER_TCP.to_owned(),
        gateway_settings: vec![("# handshakes = 512".to_owned(), "handshakes = 16".to_owned())],
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let port = world.listener("tunnel").unwrap();
    let mut silent = Vec::new();
    for _ in 0..48 {
        silent.push(TcpStream::connect(port).await.unwrap());
    }
    // Long before their time is over.
    world.prepare_connector().await.unwrap();
    world.launch_connector().unwrap();
    carried(&world, "http2", Duration::from_secs(5)).await;
    let mut nothing = [0];
    let oldest = timeout(Duration::from_secs(1), silent[0].read(&mut nothing)).await;
    assert!(matches!(oldest, Ok(Ok(0) | Err(_))), "{oldest:?}");
    let samples = Samples::of(&world, Side::Gateway).await.expect("metrics");
    assert!(samples.value("gateway_tunnel_handshakes_total{result=\"evicted\"}") >= 32.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_joins_and_runs_through_the_proxy_of_its_environment() {
    // connector:secret
    let proxy = Proxy::start(Manner::Serves(Some("Y29ubmVjdG9yOnNlY3JldA==")))
        .await
        .unwrap();
    let through = |password: &str| format!("http://connector:{password}@{}", proxy.address);
    let setup = Setup {
        connector_settings: OVER_TCP.to_owned(),
        connector_environment: vec![("HTTPS_PROXY".to_owned(), through("secret"))],
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let token = world.join_token().await.unwrap();
    let join = |name: &str, value: String| {
        Launch::new(&paths::program("connector").unwrap())
            .args(["join", "--token-file", "-", "--state"])
            .args([world.folder().join("connector").display().to_string()])
            .env(name, &value)
            .input(format!("{token}\n"))
    };
    // Who the proxy does not know is told so, in no words that tell the password, and the token is not used up.
    let refused = join("HTTPS_PROXY", through("guess")).run().await.unwrap();
    assert!(!refused.status.success());
    assert!(refused.stderr.contains("407"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("guess"), "{}", refused.stderr);
    assert_eq!(proxy.connected(), 0);
    let joined = join("HTTPS_PROXY", through("secret")).run().await.unwrap();
    joined.succeeded().unwrap();
    assert_eq!(proxy.connected(), 1);
    world.settle().unwrap();
    world.launch_connector().unwrap();
    carried(&world, "http2", AT_ONCE).await;
    assert!(proxy.connected() >= 2, "the tunnel went past the proxy");
    let caller = world.caller().await.unwrap();
    assert_eq!(rows(&caller, 1000).await, Ok(1000));
}
