//! One `[[source]]` of the settings: a warehouse schema, how to reach it, and the policy that guards it.

use std::{
    collections::BTreeMap,
    env, fmt, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use proto::id::SourceId;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use super::ConfigError;
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

/// Where a secret is kept. It is read when it is needed, so that a rotated password needs no restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// In a file that only its owner may read. One trailing line end is not part of it.
    File(PathBuf),
    /// In an environment variable.
    Environment(String),
}

/// A password or key: zeroed when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// A secret could not be read.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read the file.
    #[error("the secret in {} may be read by others (mode {mode:03o}); run `chmod 600 {}`", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The variable is not set.
    #[error("the environment variable {0} is not set, or is not UTF-8")]
    Unset(String),
}

impl SecretPlace {
    /// Reads the secret.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            SecretPlace::File(path) => {
                let unreadable = |source| SecretError::Unreadable {
                    path: path.clone(),
                    source,
                };
                let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(SecretError::Open {
                        path: path.clone(),
                        mode,
                    });
                }
                let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
                let line = text.strip_suffix('\n').unwrap_or(&text);
                let line = line.strip_suffix('\r').unwrap_or(line);
                Ok(Secret(Zeroizing::new(line.to_owned())))
            }
            SecretPlace::Environment(name) => match env::var(name) {
                Ok(value) => Ok(Secret(Zeroizing::new(value))),
                Err(_) => Err(SecretError::Unset(name.clone())),
            },
        }
    }
}

/// A source as written. Each kind repeats name and policy, since only so are unknown keys of every kind refused.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum RawSource {
    /// `kind = "postgres"`
    Postgres(RawPostgres),
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
            RawSource::Postgres(raw) => raw.check(&place),
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
    fn check(self, place: &Place<'_>) -> Result<Source, ConfigError> {
        let password = match (self.password_file, self.password_env) {
            (Some(file), Some(_)) => {
                let file = file.display().to_string();
                return Err(place.refuse(
                    "source.password_file",
                    &file,
                    "`password_env` is set too; keep one of the two",
                ));
            }
            (Some(file), None) => Some(SecretPlace::File(place.base.join(file))),
            (None, Some(name)) => Some(SecretPlace::Environment(name)),
            (None, None) => None,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_a_closed_file_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        fs::write(&path, "hunter2\n").expect("written");
        let place = SecretPlace::File(path.clone());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        assert!(matches!(place.read(), Err(SecretError::Open { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        let secret = place.read().expect("read");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let place = SecretPlace::Environment("CONNECTOR_TEST_UNSET_VARIABLE".to_owned());
        let error = place.read().expect_err("unset").to_string();
        assert!(error.contains("CONNECTOR_TEST_UNSET_VARIABLE"));
    }
}
