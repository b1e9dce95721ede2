//! What is accepted in `gateway.toml`, and what is said of the rest.

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(StateFolder::new("/state"), text)
}

const LEAST: &str = "node = \"node-1\"\ntrust_domain = \"gw.example\"\nhosts = [\"gw.example\"]\n";

#[test]
fn least_file_gives_the_documented_defaults() {
    let config = parse(LEAST).expect("valid");
    assert_eq!(config.listen.tunnel.port(), 443);
    assert_eq!(config.listen.operations.to_string(), "127.0.0.1:9090");
    assert_eq!(config.api_address.to_string(), "gw.example:443");
    assert_eq!(config.congestion, Congestion::Bbr);
    assert_eq!(config.limits.tunnel_exchanges, 31);
}

#[test]
fn file_that_init_writes_is_read_back() {
    let template = Template {
        node: "node-1".parse().expect("node"),
        trust_domain: "gw.example".parse().expect("domain"),
        hosts: vec!["127.0.0.1".to_owned(), "gw.example".to_owned()],
        listen: Listen {
            tunnel: "127.0.0.1:0".parse().expect("address"),
            tunnel_tcp: None,
            api: "[::1]:8443".parse().expect("address"),
            redirect: None,
            operations: "127.0.0.1:0".parse().expect("address"),
        },
        api_address: None,
        tunnel_address: Some("gw.example:8443".to_owned()),
    };
    let config = parse(&render(&template)).expect("valid");
    assert_eq!(config.listen, template.listen);
    assert_eq!(config.hosts, template.hosts);
    assert_eq!(config.api_address.to_string(), "127.0.0.1:8443");
    assert_eq!(config.tunnel_address.to_string(), "gw.example:8443");
}

#[test]
fn errors_name_file_key_value_and_remedy() {
    let cases = [
        (
            "[limits]\ndeadline_seconds = 0\n",
            "limits.deadline_seconds",
            "from 1 to 600",
        ),
        ("[listen]\napi = \"localhost\"\n", "listen.api", "\"localhost\""),
        (
            "[public]\napi = \"https://x:1\"\n",
            "public.api",
            "a host and a port",
        ),
        (
            "[cluster]\nlisten = \"nodes:1\"\naddress = \"nodes:1\"\n",
            "cluster.listen",
            "an IP address and a port",
        ),
        (
            "[cluster]\nlisten = \"[::]:1\"\naddress = \"a:1\"\nlease_seconds = 1\n",
            "cluster.lease_seconds",
            "from 2 to 60",
        ),
        (
            "[limits]\ntunnel_exchanges = 32\n",
            "limits.tunnel_exchanges",
            "from 1 to 31",
        ),
        ("[limit]\nrows = 1\n", "limit", "unknown field"),
        (
            "[tunnel]\ncongestion = \"reno\"\n",
            "congestion",
            "unknown variant",
        ),
    ];
    for (text, key, words) in cases {
        let error = parse(&format!("{LEAST}{text}")).expect_err(text).to_string();
        assert!(error.contains("/state/gateway.toml"), "{error}");
        assert!(error.contains(key) && error.contains(words), "{error}");
    }
}

#[test]
fn hosts_that_no_certificate_can_carry_are_refused() {
    for host in ["", "https://a", "a b", "-a.example", "a..b", "[::1]", "a:443"] {
        let text = format!("node = \"n\"\ntrust_domain = \"d\"\nhosts = [{host:?}]\n");
        assert!(parse(&text).is_err(), "{host}");
    }
}
