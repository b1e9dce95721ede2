//! The gateway's settings: `gateway.toml` in the state folder, read at start, and again when
//! it changes ([`crate::reload`]).
//!
//! Text becomes a raw struct that refuses unknown keys, and that becomes [`Config`], in which every value has been
//! checked and no setting is optional any more. Every default has its reason beside it. Nothing secret stands here.

mod address;
mod at;
mod template;

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use certs::authority::{LEAF_LIFETIME, MAX_LEAF_LIFETIME};
use proto::{
    id::{NodeId, TrustDomain},
    limits,
    wire::frame::AdHoc,
};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    audit::SyncPolicy,
    authority::issuer::CommandSettings,
    cluster::settings as cluster,
    oidc::settings as oidc,
    seal::settings as seal,
    store::{Place, RawPlace},
    tunnel::admit::Bounds as Handshakes,
};

pub use address::PublicAddress;
pub(crate) use address::{check_host, parse_address};
use at::At;
pub use template::{Template, render};

/// The settings could not be read. Every variant says where and what to change.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}; `gateway init --state DIR` makes it")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not the TOML that it should be.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The parser's words, with line and key.
        message: String,
    },
    /// A value makes no sense.
    #[error("{path}: `{key}` is {value}: {remedy}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The key, with its tables.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What should stand there.
        remedy: String,
    },
}

/// Everything in a state folder, by name. The folder's mode is 0700.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// The folder at this path, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The settings.
    pub fn config(&self) -> PathBuf {
        self.0.join("gateway.toml")
    }

    /// The authority's root certificates in PEM: not secret, for clients of the API.
    pub fn trust_bundle(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The embedded store.
    pub fn store(&self) -> PathBuf {
        self.0.join("store.redb")
    }

    /// The first administrator's token, mode 0600.
    pub fn admin_token(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// Which state folder this is among those of the nodes on one store.
    pub fn node_id(&self) -> PathBuf {
        self.0.join("node.id")
    }

    /// Held by the process that runs on this folder, where its store is elsewhere.
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// The audit log's folder.
    pub fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// The key-encryption key, mode 0600, unless the settings have it elsewhere.
    pub fn kek(&self) -> PathBuf {
        self.0.join("kek")
    }

    /// The key of the tunnels' stateless resets, mode 0600.
    pub fn reset_key(&self) -> PathBuf {
        self.0.join("reset.key")
    }

    /// What became of the last change of the settings.
    pub fn reload_report(&self) -> PathBuf {
        self.0.join("run").join("reload.json")
    }

    /// The addresses that a running gateway listens on.
    pub fn addresses(&self) -> PathBuf {
        self.0.join("run").join("addresses.json")
    }
}

/// How QUIC decides what the path can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Congestion {
    /// Measures bandwidth and round trip: holds 82 of 100 Mbit/s at 1 % loss, where Cubic holds 2.7.
    Bbr,
    /// Takes every loss for congestion: kinder to others on a crowded link.
    Cubic,
}

/// Files of a certificate by a public authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCertificate {
    /// The chain in PEM, the API's own first.
    pub certificate: PathBuf,
    /// Its private key in PEM; nobody but the owner and the group may read it.
    pub key: PathBuf,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object for each line, for collectors.
    Json,
    /// Columns, for people.
    Human,
}

/// Where the gateway listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Tunnels: QUIC over UDP.
    pub tunnel: SocketAddr,
    /// Tunnels of connectors whose network lets no UDP through: HTTP/2 over TCP. Where it is the API's address, the API's
    /// listener takes them; none to take none.
    pub tunnel_tcp: Option<SocketAddr>,
    /// The API: HTTPS over TCP.
    pub api: SocketAddr,
    /// Plain HTTP that only redirects to the API; none to leave the port closed.
    pub redirect: Option<SocketAddr>,
    /// Metrics and health, without authentication: loopback unless the operator says otherwise.
    pub operations: SocketAddr,
}

/// Bounds on queries and on connections of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Queries of one tenant at once, over all of its sources.
    pub tenant_exchanges: usize,
    /// Queries on one tunnel at once; at most [`limits::MAX_EXCHANGES`].
    pub tunnel_exchanges: usize,
    /// Rows of a result, unless the request asks for fewer.
    pub rows: u64,
    /// Encoded bytes of a result, unless the request asks for fewer.
    pub bytes: u64,
    /// Time of a query whose request names none.
    pub deadline: Duration,
    /// Tunnels at once.
    pub tunnels: usize,
    /// Open connections of the API at once.
    pub api_connections: usize,
    /// Enrolments in progress at once.
    pub enrolments: usize,
    /// Handshakes of tunnels that may begin.
    pub handshakes: Handshakes,
    /// Whether callers may ask in SQL, where the customer lets them.
    pub adhoc: AdHoc,
}

/// The settings of one gateway node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The folder that the settings came from.
    pub state: StateFolder,
    /// This process's name.
    pub node: NodeId,
    /// The installation's SPIFFE trust domain. It stands in every certificate and cannot change later.
    pub trust_domain: TrustDomain,
    /// Names and addresses that the API's certificate is for; the first is the public one.
    pub hosts: Vec<String>,
    /// Where the API is reached from outside; join tokens carry it.
    pub api_address: PublicAddress,
    /// Where tunnels are dialled from outside; enrolment hands it to connectors.
    pub tunnel_address: PublicAddress,
    /// Where tunnels to this very node are dialled, past a load balancer; none where they cannot be. Connectors are told.
    pub node_tunnel_address: Option<PublicAddress>,
    /// Where this node listens.
    pub listen: Listen,
    /// Bounds.
    pub limits: Limits,
    /// QUIC's congestion control.
    pub congestion: Congestion,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged, as a filter of `tracing`; the environment's `GATEWAY_LOG` wins over it.
    pub log_filter: String,
    /// When audit records reach the disk.
    pub audit_sync: SyncPolicy,
    /// How long a stop waits for queries in progress.
    pub grace: Duration,
    /// Life of the certificates that connectors are given.
    pub certificate_lifetime: Duration,
    /// The command that issues certificates; none where the authority in the store does.
    pub authority_command: Option<CommandSettings>,
    /// The API's certificate by a public authority; none where it shows the node's own alone.
    pub api_certificate: Option<ApiCertificate>,
    /// Sign-in of people; none where only API tokens are taken.
    pub oidc: Option<oidc::Settings>,
    /// Where the key is that the store's secrets are sealed under.
    pub seal: seal::Settings,
    /// Where records are kept.
    pub store: Place,
    /// The way to and from other nodes; none for a node that is alone.
    pub cluster: Option<cluster::Settings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    node: String,
    trust_domain: String,
    hosts: Vec<String>,
    #[serde(default)]
    public: RawPublic,
    #[serde(default)]
    listen: RawListen,
    #[serde(default)]
    limits: RawLimits,
    #[serde(default)]
    tunnel: RawTunnel,
    #[serde(default)]
    log: RawLog,
    #[serde(default)]
    authority: RawAuthority,
    #[serde(default)]
    audit: RawAudit,
    #[serde(default)]
    stop: RawStop,
    #[serde(default)]
    certificates: RawCertificates,
    #[serde(default)]
    api: RawApi,
    oidc: Option<oidc::Raw>,
    seal: Option<seal::RawPlace>,
    cluster: Option<cluster::Raw>,
    #[serde(default)]
    seal_former: Vec<seal::RawPlace>,
    #[serde(default)]
    store: RawPlace,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApi {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPublic {
    api: Option<String>,
    tunnel: Option<String>,
    node_tunnel: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawListen {
    tunnel: Option<String>,
    tunnel_tcp: Option<String>,
    api: Option<String>,
    redirect: Option<String>,
    operations: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    tenant_exchanges: Option<u64>,
    tunnel_exchanges: Option<u64>,
    rows: Option<u64>,
    bytes: Option<u64>,
    deadline_seconds: Option<u64>,
    tunnels: Option<u64>,
    api_connections: Option<u64>,
    enrolments: Option<u64>,
    handshakes: Option<u64>,
    handshakes_per_second: Option<u64>,
    adhoc: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTunnel {
    congestion: Option<Congestion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    format: Option<LogFormat>,
    filter: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudit {
    sync: Option<RawSync>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawSync {
    Background,
    Always,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCertificates {
    connector_lifetime_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAuthority {
    #[serde(default)]
    command: Vec<String>,
    command_timeout_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStop {
    grace_seconds: Option<u64>,
}

/// UDP and TCP 443 on every address: the port that customers' firewalls let out.
const DEFAULT_PORT: u16 = 443;
/// Loopback: metrics and health carry no authentication.
const DEFAULT_OPERATIONS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9090);
/// Half of what one tunnel carries: one customer's burst leaves room on a shared node.
const DEFAULT_TENANT_EXCHANGES: u64 = 16;
/// The Elementary tables of a large project hold a few million rows; ten million is a runaway.
const DEFAULT_ROWS: u64 = 10_000_000;
/// 2,000,000 rows of metrics take 47 MB encoded; 1 GiB is twenty times the largest pull that was measured.
const DEFAULT_BYTES: u64 = 1024 * 1024 * 1024;
/// 10,000 idle tunnels at 45 kB are 450 MB: what a node of ordinary size can spare.
const DEFAULT_TUNNELS: u64 = 10_000;
/// A connection costs up to 1 MB while its requests run; half a node's memory is not for idle clients.
const DEFAULT_API_CONNECTIONS: u64 = 1_024;
/// Handshakes in progress, the wait for Hello included. Each may hold 64 KiB: 32 MiB for strangers at the most.
const DEFAULT_HANDSHAKES: u64 = 512;
/// At 0.7 ms each (docs/performance.md) this leaves two thirds of two cores to the tunnels that stand.
const DEFAULT_HANDSHAKES_PER_SECOND: u64 = 1_000;
/// Signing takes under a millisecond; eight at once keep a herd of unauthenticated requests off the queries' cores.
const DEFAULT_ENROLMENTS: u64 = 8;
/// Within the 30 s that most supervisors wait between SIGTERM and SIGKILL.
const DEFAULT_GRACE: Duration = Duration::from_secs(20);
/// A call of a service nearby takes a second; a connector asks for its renewal again after a minute.
const DEFAULT_COMMAND_SECONDS: u64 = 20;
/// Longest grace: a stop has to end.
const MAX_GRACE_SECONDS: u64 = 600;

impl Config {
    /// Reads the settings of a state folder.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, key, value and remedy.
    pub fn load(state: StateFolder) -> Result<Self, ConfigError> {
        let path = state.config();
        let text = fs::read_to_string(&path).map_err(|source| ConfigError::Read {
            path: path.clone(),
            source,
        })?;
        Self::parse(state, &text)
    }

    /// Reads the settings from text, as if it stood in the folder's file.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(state: StateFolder, text: &str) -> Result<Self, ConfigError> {
        let at = At(state.config());
        let raw: Raw = toml::from_str(text).map_err(|e| ConfigError::Syntax {
            path: at.0.clone(),
            message: e.to_string(),
        })?;

        let node = at.parse("node", &raw.node)?;
        let trust_domain = at.parse("trust_domain", &raw.trust_domain)?;
        let public_host = match raw.hosts.first() {
            Some(host) => host.clone(),
            None => return Err(at.value("hosts", "empty", "list the DNS names or IP addresses of the API")),
        };
        for host in &raw.hosts {
            check_host(host).map_err(|remedy| at.value("hosts", host, remedy))?;
        }

        let tunnel = at.socket("listen.tunnel", raw.listen.tunnel.as_deref(), any(DEFAULT_PORT))?;
        let listen = Listen {
            tunnel,
            tunnel_tcp: match raw.listen.tunnel_tcp.as_deref() {
                Some("off") => None,
                text => Some(at.socket("listen.tunnel_tcp", text, tunnel)?),
            },
            api: at.socket("listen.api", raw.listen.api.as_deref(), any(DEFAULT_PORT))?,
            redirect: match raw.listen.redirect.as_deref() {
                None => Some(any(80)),
                Some("off") => None,
                Some(text) => Some(at.parse("listen.redirect", text)?),
            },
            operations: at.socket(
                "listen.operations",
                raw.listen.operations.as_deref(),
                DEFAULT_OPERATIONS,
            )?,
        };
        let address = |key, text: Option<String>, bound: SocketAddr| match text {
            Some(text) => parse_address(&text).map_err(|remedy| at.value(key, &text, remedy)),
            None => Ok(PublicAddress {
                host: public_host.clone(),
                port: bound.port(),
            }),
        };
        let api_address = address("public.api", raw.public.api, listen.api)?;
        let node_tunnel_address = raw
            .public
            .node_tunnel
            .map(|text| parse_address(&text).map_err(|remedy| at.value("public.node_tunnel", &text, remedy)))
            .transpose()?;
        let tunnel_address = address("public.tunnel", raw.public.tunnel, listen.tunnel)?;

        let l = raw.limits;
        let deadline = at.within(
            "limits.deadline_seconds",
            l.deadline_seconds,
            limits::DEFAULT_QUERY_DEADLINE.as_secs(),
            1..=limits::MAX_QUERY_DEADLINE.as_secs(),
        )?;
        let limits = Limits {
            tenant_exchanges: at.count(
                "limits.tenant_exchanges",
                l.tenant_exchanges,
                DEFAULT_TENANT_EXCHANGES,
                1..=10_000,
            )?,
            tunnel_exchanges: at.count(
                "limits.tunnel_exchanges",
                l.tunnel_exchanges,
                // One slot stays free for the probe that tells a live tunnel from a dead one.
                limits::MAX_EXCHANGES as u64 - 1,
                1..=limits::MAX_EXCHANGES as u64 - 1,
            )?,
            rows: at.within("limits.rows", l.rows, DEFAULT_ROWS, 1..=u64::MAX)?,
            bytes: at.within("limits.bytes", l.bytes, DEFAULT_BYTES, 1..=u64::MAX)?,
            deadline: Duration::from_secs(deadline),
            tunnels: at.count("limits.tunnels", l.tunnels, DEFAULT_TUNNELS, 1..=1_000_000)?,
            api_connections: at.count(
                "limits.api_connections",
                l.api_connections,
                DEFAULT_API_CONNECTIONS,
                1..=100_000,
            )?,
            enrolments: at.count("limits.enrolments", l.enrolments, DEFAULT_ENROLMENTS, 1..=1_000)?,
            handshakes: Handshakes {
                at_once: at.count("limits.handshakes", l.handshakes, DEFAULT_HANDSHAKES, 16..=4_096)?,
                per_second: at.within(
                    "limits.handshakes_per_second",
                    l.handshakes_per_second,
                    DEFAULT_HANDSHAKES_PER_SECOND,
                    1..=100_000,
                )? as u32,
            },
            // It is the customer who has to open this, each for their own sources.
            adhoc: if l.adhoc == Some(false) {
                AdHoc::Off
            } else {
                AdHoc::On
            },
        };
        let oidc = raw.oidc.map(oidc::Settings::try_from).transpose();
        let mut oidc = oidc.map_err(|(key, value, remedy)| at.value(key, &value, remedy))?;
        if let Some(ca) = oidc.as_mut().and_then(|oidc| oidc.ca_file.as_mut()) {
            *ca = state.path().join(&ca);
        }
        let seal = seal::Settings::check(raw.seal, raw.seal_former, state.path(), state.kek())
            .map_err(|(key, value, remedy)| at.value(key, &value, remedy))?;
        let store =
            Place::check(raw.store, &state).map_err(|(key, value, remedy)| at.value(key, &value, remedy))?;
        let cluster = raw.cluster.map(cluster::Settings::try_from).transpose();
        let cluster = cluster.map_err(|(key, value, remedy)| at.value(key, &value, remedy))?;
        let api_certificate = match (raw.api.certificate, raw.api.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ApiCertificate {
                certificate: state.path().join(certificate),
                key: state.path().join(key),
            }),
            _ => return Err(at.value("api", "half", "write both `certificate` and `key`, or neither")),
        };
        let grace = at.within(
            "stop.grace_seconds",
            raw.stop.grace_seconds,
            DEFAULT_GRACE.as_secs(),
            0..=MAX_GRACE_SECONDS,
        )?;

        Ok(Self {
            node,
            trust_domain,
            hosts: raw.hosts,
            api_address,
            tunnel_address,
            node_tunnel_address,
            listen,
            limits,
            // Customers' uplinks lose packets, and a pull over one is what the product is for.
            congestion: raw.tunnel.congestion.unwrap_or(Congestion::Bbr),
            // A gateway runs under a supervisor that collects lines.
            log_format: raw.log.format.unwrap_or(LogFormat::Json),
            log_filter: raw.log.filter.unwrap_or_else(|| "info".to_owned()),
            audit_sync: match raw.audit.sync {
                // Only a crash of the whole machine can take the last tenth of a second of records; a flush for each query
                // would cost every caller milliseconds.
                None | Some(RawSync::Background) => SyncPolicy::Background,
                Some(RawSync::Always) => SyncPolicy::Always,
            },
            grace: Duration::from_secs(grace),
            certificate_lifetime: Duration::from_secs(at.within(
                "certificates.connector_lifetime_seconds",
                raw.certificates.connector_lifetime_seconds,
                LEAF_LIFETIME.as_secs(),
                // Below, the half of it that is left for renewal is no time for a busy host.
                10..=MAX_LEAF_LIFETIME.as_secs(),
            )?),
            authority_command: authority_command(&at, raw.authority)?,
            api_certificate,
            oidc,
            seal,
            store,
            cluster,
            state,
        })
    }
}

fn authority_command(at: &At, raw: RawAuthority) -> Result<Option<CommandSettings>, ConfigError> {
    let limit = at.within(
        "authority.command_timeout_seconds",
        raw.command_timeout_seconds,
        // A connector waits a minute for its renewal.
        DEFAULT_COMMAND_SECONDS,
        1..=60,
    )?;
    let Some((program, arguments)) = raw.command.split_first() else {
        return Ok(None);
    };
    let path = PathBuf::from(program);
    if !path.is_absolute() {
        return Err(at.value(
            "authority.command",
            program,
            "write the whole path of the program first, then its arguments",
        ));
    }
    Ok(Some(CommandSettings {
        program: path,
        arguments: arguments.to_vec(),
        limit: Duration::from_secs(limit),
    }))
}

/// The IPv6 wildcard takes IPv4 as well on Linux, so one socket serves both.
fn any(port: u16) -> SocketAddr {
    SocketAddr::from(([0_u16; 8], port))
}

#[cfg(test)]
mod tests;
