//! One `[[source]]` of the settings: a warehouse schema, how to reach it, and the policy that guards it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use proto::id::SourceId;
use serde::Deserialize;

use super::{
    ConfigError,
    secret::{self, SecretPlace, Wrong},
};
use crate::warehouse::rights::Accepted;

/// A warehouse schema that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name; unique in the tenant.
    pub name: SourceId,
    /// The policy file.
    pub policy: PathBuf,
    /// How to reach it.
    pub warehouse: Warehouse,
    /// Rights of the role beyond the schema that do not keep it from being served.
    pub accepted: Accepted,
}

/// How to reach a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warehouse {
    /// PostgreSQL, natively.
    Postgres(Postgres),
    /// A DuckDB file, through its ADBC driver.
    DuckDb(DuckDb),
    /// Any other warehouse with an ADBC driver.
    Adbc(Adbc),
}

/// A PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// Host name or address; with TLS it is what the certificate must name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// Role.
    pub user: String,
    /// Where its password is; none: the server asks for none.
    pub password: Option<SecretPlace>,
    /// TLS to the server.
    pub tls: Tls,
    /// Sessions at the most.
    pub connections: u32,
}

/// TLS to a warehouse. Except for plain text, certificate and host name are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Issued under what the host's system trusts.
    SystemRoots,
    /// Issued under a certificate of this PEM file: `ca_file`.
    CaFile(PathBuf),
    /// None, by `danger_plaintext = true`: the warehouse accepts it for a loopback address or a Unix socket only.
    DangerPlaintext,
}

/// A DuckDB file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuckDb {
    /// The file.
    pub database: PathBuf,
    /// The library (`libduckdb.so`).
    pub driver: PathBuf,
    /// What the library's bytes must be.
    pub driver_sha256: Sha256Digest,
}

/// A warehouse behind an ADBC driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adbc {
    /// The library.
    pub driver: PathBuf,
    /// What the library's bytes must be.
    pub driver_sha256: Sha256Digest,
    /// The driver's entry point.
    pub entrypoint: String,
    /// The dialect to render: `postgres`, `duckdb`.
    pub dialect: String,
    /// Database options of the driver. Nothing secret.
    pub options: BTreeMap<String, String>,
    /// Database options whose values are secrets.
    pub secret_options: BTreeMap<String, SecretPlace>,
}

/// SHA-256 that a file must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256Digest(pub [u8; 32]);

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A source as written. Each kind repeats name and policy, since only so are unknown keys of every kind refused.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum RawSource {
    /// `kind = "postgres"`
    Postgres(Box<RawPostgres>),
    /// `kind = "duckdb"`
    DuckDb(RawDuckDb),
    /// `kind = "adbc"`
    Adbc(RawAdbc),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPostgres {
    name: String,
    policy: PathBuf,
    host: String,
    #[serde(default = "postgres_port")]
    port: u16,
    database: String,
    user: String,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    password_credential: Option<String>,
    password_aws: Option<secret::RawAws>,
    password_vault: Option<secret::RawVault>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    danger_plaintext: bool,
    #[serde(default)]
    danger_accept_excess_privileges: Vec<String>,
    #[serde(default = "postgres_connections")]
    connections: u32,
}

/// IANA's.
fn postgres_port() -> u16 {
    5432
}

/// As many statements of a sync as a small warehouse serves beside its own work.
fn postgres_connections() -> u32 {
    4
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDuckDb {
    name: String,
    policy: PathBuf,
    database: PathBuf,
    driver: PathBuf,
    driver_sha256: String,
    #[serde(default)]
    danger_accept_excess_privileges: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdbc {
    name: String,
    policy: PathBuf,
    driver: PathBuf,
    driver_sha256: String,
    entrypoint: String,
    dialect: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default)]
    secret_option_files: BTreeMap<String, PathBuf>,
    #[serde(default)]
    danger_accept_excess_privileges: Vec<String>,
}

/// The file, for messages, and its folder, which relative paths start from.
struct Place<'a> {
    path: &'a Path,
    base: &'a Path,
}

impl Place<'_> {
    fn refuse(&self, key: &'static str, value: &str, remedy: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            key,
            value: format!("{value:?}"),
            remedy: remedy.into(),
        }
    }

    fn name(&self, name: &str) -> Result<SourceId, ConfigError> {
        name.parse()
            .map_err(|error| self.refuse("source.name", name, format!("{error}")))
    }

    fn accepted(&self, entries: &[String]) -> Result<Accepted, ConfigError> {
        Accepted::parse(entries).map_err(|(entry, error)| {
            self.refuse(
                "source.danger_accept_excess_privileges",
                &entry,
                error.to_string(),
            )
        })
    }

    fn digest(&self, text: &str) -> Result<Sha256Digest, ConfigError> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| {
            self.refuse(
                "source.driver_sha256",
                text,
                "write the 64 hexadecimal digits that `sha256sum` prints of the driver",
            )
        })?;
        Ok(Sha256Digest(digest))
    }
}

impl RawSource {
    pub(super) fn check(self, path: &Path, base: &Path) -> Result<Source, ConfigError> {
        let place = Place { path, base };
        match self {
            RawSource::Postgres(raw) => (*raw).check(&place),
            RawSource::DuckDb(raw) => Ok(Source {
                name: place.name(&raw.name)?,
                policy: base.join(raw.policy),
                accepted: place.accepted(&raw.danger_accept_excess_privileges)?,
                warehouse: Warehouse::DuckDb(DuckDb {
                    database: base.join(raw.database),
                    driver: base.join(raw.driver),
                    driver_sha256: place.digest(&raw.driver_sha256)?,
                }),
            }),
            RawSource::Adbc(raw) => Ok(Source {
                name: place.name(&raw.name)?,
                policy: base.join(raw.policy),
                accepted: place.accepted(&raw.danger_accept_excess_privileges)?,
                warehouse: Warehouse::Adbc(Adbc {
                    driver: base.join(raw.driver),
                    driver_sha256: place.digest(&raw.driver_sha256)?,
                    entrypoint: raw.entrypoint,
                    dialect: raw.dialect,
                    options: raw.options,
                    secret_options: raw
                        .secret_option_files
                        .into_iter()
                        .map(|(option, file)| (option, SecretPlace::File(base.join(file))))
                        .collect(),
                }),
            }),
        }
    }
}

impl RawPostgres {
    /// The one place of the password that is named, if any.
    fn password(&mut self, place: &Place<'_>) -> Result<Option<SecretPlace>, ConfigError> {
        let checked = |key, found: Result<SecretPlace, Wrong>| {
            found.map_err(|(value, remedy)| place.refuse(key, &value, remedy))
        };
        let mut named = Vec::new();
        if let Some(file) = self.password_file.take() {
            named.push(("source.password_file", SecretPlace::File(place.base.join(file))));
        }
        if let Some(name) = self.password_env.take() {
            named.push(("source.password_env", SecretPlace::Environment(name)));
        }
        if let Some(name) = self.password_credential.take() {
            let key = "source.password_credential";
            named.push((key, checked(key, secret::credential(name))?));
        }
        if let Some(raw) = self.password_aws.take() {
            let key = "source.password_aws";
            named.push((key, checked(key, raw.check(place.base))?));
        }
        if let Some(raw) = self.password_vault.take() {
            let key = "source.password_vault";
            named.push((key, checked(key, raw.check(place.base))?));
        }
        match (named.pop(), named.pop()) {
            (Some((other, _)), Some((key, _))) => {
                Err(place.refuse(key, "…", format!("`{other}` is set too; keep one of the two")))
            }
            (Some((_, only)), None) => Ok(Some(only)),
            (None, _) => Ok(None),
        }
    }

    fn check(mut self, place: &Place<'_>) -> Result<Source, ConfigError> {
        let password = self.password(place)?;
        let tls = match (self.ca_file, self.danger_plaintext) {
            (Some(roots), false) => Tls::CaFile(place.base.join(roots)),
            (None, true) => Tls::DangerPlaintext,
            (Some(_), true) => {
                return Err(place.refuse(
                    "source.danger_plaintext",
                    "true",
                    "`ca_file` is set too; keep one of the two",
                ));
            }
            (None, false) => Tls::SystemRoots,
        };
        if !(1..=64).contains(&self.connections) {
            let connections = self.connections.to_string();
            return Err(place.refuse("source.connections", &connections, "choose 1 to 64 sessions"));
        }
        Ok(Source {
            name: place.name(&self.name)?,
            policy: place.base.join(self.policy),
            accepted: place.accepted(&self.danger_accept_excess_privileges)?,
            warehouse: Warehouse::Postgres(Postgres {
                host: self.host,
                port: self.port,
                database: self.database,
                user: self.user,
                password,
                tls,
                connections: self.connections,
            }),
        })
    }
}
