//! The `gateway.toml` that `gateway init` writes: what was chosen, and the rest as comments.

use std::fmt::Write as _;

use proto::id::{NodeId, TrustDomain};

use super::Listen;

/// What `gateway init` was told.
#[derive(Debug, Clone)]
pub struct Template {
    /// This process's name.
    pub node: NodeId,
    /// The installation's trust domain.
    pub trust_domain: TrustDomain,
    /// Names and addresses of the API; the first is the public one.
    pub hosts: Vec<String>,
    /// Where to listen.
    pub listen: Listen,
    /// Where the API is reached from outside, if that differs.
    pub api_address: Option<String>,
    /// Where tunnels are dialled from outside, if that differs.
    pub tunnel_address: Option<String>,
}

/// The file's text.
pub fn render(template: &Template) -> String {
    let hosts: Vec<String> = template.hosts.iter().map(|h| format!("{h:?}")).collect();
    let listen = &template.listen;
    let mut text = format!(
        "\
# Settings of one gateway node. Read at start, and again when it changes: run/reload.json says what of a change is in force
# and what needs a restart. The log names the key of anything that is not accepted.
# Nothing secret stands here.

# This process, in certificates and logs.
node = \"{node}\"

# The installation's name in every identity. It cannot change once connectors have enrolled.
trust_domain = \"{domain}\"

# DNS names and IP addresses that the API's certificate is for. The first is what connectors are told to dial.
hosts = [{hosts}]

[listen]
# Tunnels: QUIC over UDP. Port 0 takes a free one; run/addresses.json says which.
tunnel = \"{tunnel}\"
# The same over TCP, for networks that let no UDP through: connectors dial the port of `tunnel` there too. It may be the
# API's own address. \"off\" takes none.
tunnel_tcp = \"{tunnel_tcp}\"
# The API: HTTPS.
api = \"{api}\"
# Plain HTTP, which only redirects to HTTPS. \"off\" leaves the port closed.
redirect = \"{redirect}\"
# /metrics, /healthz, /readyz: no authentication, so keep it off public addresses.
operations = \"{operations}\"

",
        node = template.node,
        domain = template.trust_domain,
        hosts = hosts.join(", "),
        tunnel = listen.tunnel,
        tunnel_tcp = listen.tunnel_tcp.map_or_else(|| "off".to_owned(), |t| t.to_string()),
        api = listen.api,
        redirect = listen.redirect.map_or_else(|| "off".to_owned(), |r| r.to_string()),
        operations = listen.operations,
    );
    text.push_str(
        "# Where the node is reached from outside, if a load balancer or NAT stands in front.\n[public]\n",
    );
    setting(
        &mut text,
        "api",
        template.api_address.as_deref(),
        "gateway.example.com:443",
    );
    setting(
        &mut text,
        "tunnel",
        template.tunnel_address.as_deref(),
        "gateway.example.com:443",
    );
    text.push_str(
        "# Where tunnels to this very node are dialled, past a load balancer. Connectors are told, and keep tunnels to several nodes.\n",
    );
    setting(&mut text, "node_tunnel", None, "node-a.gateway.example.com:443");
    text.push_str(
        "\n\
[limits]
# Queries of one tenant, and on one tunnel, at once; further ones are refused with Retry-After.
# tenant_exchanges = 16
# tunnel_exchanges = 31
# A result beyond these is an error; nothing is cut silently.
# rows = 10000000
# bytes = 1073741824
# deadline_seconds = 60
# tunnels = 10000
# api_connections = 1024
# enrolments = 8
# Tunnels' handshakes in progress, and how many begin in a second; the rest comes back later.
# handshakes = 512
# handshakes_per_second = 1000
# false: catalogued queries only, though a customer's policy lets SQL in.
# adhoc = true

[api]
# A certificate by a public authority, for people's tools and callers; connectors are shown the node's own.
# certificate = \"api.pem\"
# key = \"api.key\"

[tunnel]
# \"bbr\" keeps its rate on links that lose packets; \"cubic\" yields to others on a crowded one.
# congestion = \"bbr\"

[log]
# \"json\" or \"human\"; the filter is overruled by the environment's GATEWAY_LOG.
# format = \"json\"
# filter = \"info\"


[audit]
# \"background\" flushes the log ten times a second; \"always\" flushes it before each query runs.
# sync = \"background\"

# What the store holds of secrets is sealed under the key in the file \"kek\" of this folder. Keep a copy of it apart from
# copies of the store: without it a copy of the store is worth nothing, to a thief and to you.
# [seal]
# kms = \"file\"
# path = \"kek\"

# Several nodes keep their records in an etcd cluster; without this the one node keeps them in store.redb.
# [store.etcd]
# endpoints = [\"https://etcd-1:2379\", \"https://etcd-2:2379\", \"https://etcd-3:2379\"]
# prefix = \"/gateway/\"
# ca = \"etcd-ca.pem\"
# certificate = \"etcd.pem\"
# key = \"etcd.key\"
# request_timeout_seconds = 5
# connect_timeout_seconds = 2

[stop]
# How long SIGTERM waits for queries in progress.
# grace_seconds = 20

# Other nodes on the same store: where they are listened to, and where they reach this one.
# [cluster]
# listen = \"10.0.0.5:7443\"
# address = \"10.0.0.5:7443\"
# How long this node's entries outlive it, and how long a load balancer needs to see that it leaves.
# lease_seconds = 10
# settle_seconds = 5

[certificates]
# Life of connectors' certificates: 10 s to 7 days. They are renewed at half of it.
# connector_lifetime_seconds = 86400

[authority]
# Who signs certificates, if not the authority that this installation keeps: a program and its arguments.
# command = [\"/usr/local/bin/sign\", \"--role\", \"tunnel\"]
# command_timeout_seconds = 20
",
    );
    text
}

fn setting(text: &mut String, key: &str, value: Option<&str>, example: &str) {
    // Writing to a String cannot fail.
    let _ = match value {
        Some(value) => writeln!(text, "{key} = {value:?}"),
        None => writeln!(text, "# {key} = {example:?}"),
    };
}
