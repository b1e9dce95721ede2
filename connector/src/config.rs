//! The connector's settings: `connector.toml` in the state folder, read once at start.
//!
//! Text becomes a raw struct that refuses unknown keys, and that becomes [`Config`], in which every value has been
//! checked. How to reach the gateway is not here: enrolment stores it with the identity. What may be read is not here
//! either: that is the policy. No secret stands in this file, only where to read it.

mod secret;
mod source;
mod tunnel;

use std::{
    collections::BTreeSet,
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use proto::limits::MAX_SOURCES;
use serde::Deserialize;
use thiserror::Error;

pub use secret::{Secret, SecretError, SecretPlace};
pub use source::{Adbc, DuckDb, Postgres, Sha256Digest, Source, Tls, Warehouse};
pub use tunnel::{Transport, Tunnel, proxies_before_joining};

/// What `connector join` puts into a new state folder; a test parses it.
pub const TEMPLATE: &str = include_str!("config/template.toml");

/// The settings could not be read. Every message says where and what to change.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}; `connector join` makes one to start from", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not TOML, a key that is not known, or a value of another type.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The parser's words, with line and key.
        message: String,
    },
    /// A value makes no sense.
    #[error("{}: `{key} = {value}`: {remedy}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key.
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
        self.0.join("connector.toml")
    }

    /// Key, certificates and where the gateway is: mode 0700.
    pub fn identity(&self) -> PathBuf {
        self.0.join("identity")
    }

    /// The audit log's folder.
    pub fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// Bytes sent today, kept over restarts.
    pub fn budget(&self) -> PathBuf {
        self.0.join("budget.json")
    }

    /// The queries that the customer approved, and those that wait for it.
    pub fn catalogue(&self) -> PathBuf {
        self.0.join("catalogue")
    }

    /// There while the connector is paused.
    pub fn pause(&self) -> PathBuf {
        self.0.join("paused")
    }

    /// What a running connector says of its tunnel.
    pub fn status(&self) -> PathBuf {
        self.0.join("run").join("status.json")
    }

    /// The address that a running connector's operations listener has.
    pub fn addresses(&self) -> PathBuf {
        self.0.join("run").join("addresses.json")
    }
}

/// How QUIC decides what the path can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Congestion {
    /// Measures bandwidth and round trip: holds 82 of 100 Mbit/s at 1 % loss, where Cubic holds 2.7.
    #[default]
    Bbr,
    /// Takes every loss for congestion: kinder to others on a crowded link.
    Cubic,
}

/// When an audit record must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditSync {
    /// Within a tenth of a second: a crash of the connector loses nothing, a crash of the host may lose that much.
    #[default]
    Batched,
    /// Before its query runs; each query waits for the disk.
    Always,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object for each line.
    Json,
}

/// Which lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the levels of every log")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How the gateway is reached.
    pub tunnel: Tunnel,
    /// Where `/metrics`, `/healthz` and `/readyz` are served; none: nowhere. Loopback only, so that nothing but the host
    /// itself can connect to the connector.
    pub operations: Option<SocketAddr>,
    /// When an audit record must be on the disk.
    pub audit_sync: AuditSync,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which lines are logged.
    pub log_level: LogLevel,
    /// What is served; at least one.
    pub sources: Vec<Source>,
}

impl Config {
    /// Reads and checks a file. Paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    /// Checks the text of a file.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let raw: Raw = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: mistake(text, &error),
        })?;
        raw.check(path)
    }
}

/// Where a mistake is, and which. Of the line the key is shown, and no value: it may be a password that somebody took for a
/// setting, and this goes to the log.
fn mistake(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|line| line.split_once('='))
        .map(|(key, _)| key.trim())
        .filter(|key| !key.is_empty() && key.chars().all(is_bare))
        .map_or_else(String::new, |key| format!(", {key}"));
    let said = error.message();
    // serde quotes what it found and did not expect.
    let said = match (said.find("string \""), said.rfind("\", expected")) {
        (Some(from), Some(to)) if from < to => {
            format!(
                "{}string{}",
                said.get(..from).unwrap_or(""),
                said.get(to + 1..).unwrap_or("")
            )
        }
        _ => said.to_owned(),
    };
    format!("line {line}{key}: {said}")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    tunnel: tunnel::RawTunnel,
    #[serde(default)]
    operations: RawOperations,
    #[serde(default)]
    audit: RawAudit,
    #[serde(default)]
    log: RawLog,
    #[serde(default)]
    source: Vec<source::RawSource>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOperations {
    listen: String,
}

impl Default for RawOperations {
    fn default() -> Self {
        Self {
            // The port that Prometheus's list of default ports keeps for OpenTelemetry's exporter of metrics.
            listen: "127.0.0.1:9464".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawAudit {
    sync: AuditSync,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLog {
    format: LogFormat,
    level: LogLevel,
}

impl Raw {
    fn check(self, path: &Path) -> Result<Config, ConfigError> {
        let refuse = |key, value: &str, remedy: &str| ConfigError::Value {
            path: path.to_owned(),
            key,
            value: format!("{value:?}"),
            remedy: remedy.to_owned(),
        };
        let operations = match self.operations.listen.as_str() {
            "off" => None,
            listen => {
                let address: SocketAddr = listen.parse().map_err(|_| {
                    refuse(
                        "operations.listen",
                        listen,
                        "write an address and a port, such as \"127.0.0.1:9464\", or \"off\"",
                    )
                })?;
                if !address.ip().is_loopback() {
                    let remedy = format!(
                        "nothing but this host may connect to the connector; use {}:{}, and let an agent on this host collect",
                        Ipv4Addr::LOCALHOST,
                        address.port()
                    );
                    return Err(refuse("operations.listen", listen, &remedy));
                }
                Some(address)
            }
        };
        if self.source.is_empty() {
            return Err(refuse(
                "source",
                "",
                "add a [[source]]: the warehouse schema to serve, and its policy",
            ));
        }
        if self.source.len() > MAX_SOURCES {
            let many = self.source.len().to_string();
            return Err(refuse(
                "source",
                &many,
                &format!("one connector serves up to {MAX_SOURCES} sources"),
            ));
        }
        let base = path.parent().unwrap_or(Path::new("."));
        let mut names = BTreeSet::new();
        let mut sources = Vec::with_capacity(self.source.len());
        for raw in self.source {
            let source = raw.check(path, base)?;
            if !names.insert(source.name.clone()) {
                return Err(refuse(
                    "source.name",
                    source.name.as_str(),
                    "two sources have this name; rename one",
                ));
            }
            sources.push(source);
        }
        Ok(Config {
            tunnel: self.tunnel.check(path)?,
            operations,
            audit_sync: self.audit.sync,
            log_format: self.log.format,
            log_level: self.log.level,
            sources,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("/state/connector.toml"), text)
    }

    const DUCKDB: &str = "[[source]]\nname = \"shop\"\nkind = \"duckdb\"\npolicy = \"policy.toml\"\ndatabase = \"shop.duckdb\"\ndriver = \"libduckdb.so\"\ndriver_sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";

    #[test]
    fn defaults_are_safe_and_paths_are_beside_the_file() {
        let config = parse(DUCKDB).expect("parses");
        assert_eq!(
            (config.tunnel.tunnels, config.tunnel.congestion),
            (2, Congestion::Bbr)
        );
        assert_eq!(config.operations, Some(([127, 0, 0, 1], 9464).into()));
        assert_eq!(config.audit_sync, AuditSync::Batched);
        let source = config.sources.first().expect("one");
        assert_eq!(source.policy, Path::new("/state/policy.toml"));
        let Warehouse::DuckDb(duckdb) = &source.warehouse else {
            panic!("a DuckDB source");
        };
        assert_eq!(duckdb.database, Path::new("/state/shop.duckdb"));
    }

    #[test]
    fn a_connector_keeps_one_to_four_tunnels() {
        for (number, accepted) in [(0, false), (1, true), (4, true), (5, false)] {
            let parsed = parse(&format!("[tunnel]\ntunnels = {number}\n{DUCKDB}"));
            assert_eq!(parsed.is_ok(), accepted, "{number}: {parsed:?}");
        }
    }

    #[test]
    fn the_template_is_complete_once_its_source_is_uncommented() {
        assert!(matches!(
            parse(TEMPLATE),
            Err(ConfigError::Value { key: "source", .. })
        ));
        let uncommented: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = parse(&uncommented).expect("parses");
        assert_eq!(config.sources.len(), 1);
    }

    #[test]
    fn a_password_in_the_file_is_refused_and_not_shown() {
        let postgres = "[[source]]\nname = \"shop\"\nkind = \"postgres\"\npolicy = \"p\"\nhost = \"db\"\ndatabase = \"d\"\nuser = \"u\"\n";
        for (setting, word) in [
            ("password = \"hunter2\"", "unknown field `password`"),
            ("password_aws = \"hunter2\"", "string"),
            ("port = \"hunter2\"", "string"),
            ("password = hunter2", "line 8"),
            ("password = \"hunter2", "line 8"),
        ] {
            let shown = parse(&format!("{postgres}{setting}\n"))
                .expect_err(setting)
                .to_string();
            assert!(shown.contains("line ") && shown.contains(word), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_mistake_names_file_key_value_and_remedy() {
        let postgres = "[[source]]\nname = \"shop\"\nkind = \"postgres\"\npolicy = \"p\"\nhost = \"db\"\ndatabase = \"d\"\nuser = \"u\"\n";
        for (text, words) in [
            (
                format!("[tunnel]\ncongestion = \"reno\"\n{DUCKDB}"),
                vec!["connector.toml", "congestion", "bbr"],
            ),
            (format!("[tunel]\n{DUCKDB}"), vec!["tunel"]),
            (
                format!("[operations]\nlisten = \"0.0.0.0:1\"\n{DUCKDB}"),
                vec!["operations.listen", "0.0.0.0:1", "127.0.0.1:1"],
            ),
            (String::new(), vec!["source", "[[source]]"]),
            (
                format!("{DUCKDB}{DUCKDB}"),
                vec!["source.name", "\"shop\"", "rename"],
            ),
            (
                DUCKDB.replace("name = \"shop\"", "name = \"Shop\""),
                vec!["source.name", "Shop"],
            ),
            (
                DUCKDB.replace("duckdb\"\npolicy", "oracle\"\npolicy"),
                vec!["oracle", "postgres"],
            ),
            (
                DUCKDB.replace("0000", "zz"),
                vec!["source.driver_sha256", "sha256sum"],
            ),
            (
                format!("{postgres}password = \"hunter2\""),
                vec!["unknown field `password`", "password_file"],
            ),
            (
                format!("{postgres}password_file = \"f\"\npassword_env = \"E\""),
                vec!["password_file", "one of the two"],
            ),
            (
                format!("{postgres}password_env = \"E\"\npassword_aws = {{ secret = \"s\" }}"),
                vec!["password_env", "password_aws", "one of the two"],
            ),
            (
                format!("{postgres}password_credential = \"../p\""),
                vec!["source.password_credential", "without `/`"],
            ),
            (
                format!(
                    "{postgres}password_vault = {{ address = \"http://vault\", path = \"p\", token_file = \"t\" }}"
                ),
                vec!["source.password_vault", "https"],
            ),
            (
                format!("{postgres}password_vault = {{ address = \"https://vault\", path = \"p\" }}"),
                vec!["source.password_vault", "token_file"],
            ),
            (
                format!("{postgres}connections = 0"),
                vec!["source.connections", "1 to 64"],
            ),
        ] {
            let message = parse(&text).expect_err(&text).to_string();
            for word in words {
                assert!(message.contains(word), "{message} lacks {word}");
            }
        }
    }

    #[test]
    fn the_operations_listener_may_be_off() {
        let config = parse(&format!("[operations]\nlisten = \"off\"\n{DUCKDB}")).expect("parses");
        assert_eq!(config.operations, None);
    }
}
