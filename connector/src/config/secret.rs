//! Where secrets of a source are kept: in a file, a variable, a credential of systemd, AWS Secrets Manager or Vault. Never in
//! the settings and never in an argument, where others see them.

use std::{
    env, fmt, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use custody::{
    aws::{self, Aws, AwsError, Environment},
    vault::{self, Vault, VaultError, VaultPath},
};
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

/// Where a secret is kept. It is read when it is needed, so that a rotated password needs no restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// In a file that only its owner may read. One trailing line end is not part of it.
    File(PathBuf),
    /// In an environment variable.
    Environment(String),
    /// In a credential that systemd passes on: the file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// In AWS Secrets Manager.
    Aws {
        /// Its name or ARN.
        secret: String,
        /// The field, where it is a JSON object.
        field: Option<String>,
        /// Where AWS is.
        aws: aws::Settings,
    },
    /// In a key-value engine of Vault, version 2.
    Vault {
        /// Where Vault is.
        vault: vault::Settings,
        /// Where the engine is mounted.
        mount: VaultPath,
        /// The secret's path.
        path: VaultPath,
        /// The field of the secret.
        field: String,
    },
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
    /// systemd passed no credentials.
    #[error("CREDENTIALS_DIRECTORY is not set; put `LoadCredential={0}:FILE` into the unit of the connector")]
    NoCredentials(String),
    /// AWS did not give it.
    #[error(transparent)]
    Aws(Box<AwsError>),
    /// Vault did not give it.
    #[error(transparent)]
    Vault(Box<VaultError>),
}

impl SecretPlace {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`], which names the place and never the secret.
    pub async fn read(&self) -> Result<Secret, SecretError> {
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
                line_of(path)
            }
            SecretPlace::Environment(name) => match env::var(name) {
                Ok(value) => Ok(Secret(Zeroizing::new(value))),
                Err(_) => Err(SecretError::Unset(name.clone())),
            },
            // The folder is closed by systemd; what mode the files in it have depends on its version.
            SecretPlace::Credential(name) => match env::var_os("CREDENTIALS_DIRECTORY") {
                Some(folder) => line_of(&Path::new(&folder).join(name)),
                None => Err(SecretError::NoCredentials(name.clone())),
            },
            SecretPlace::Aws { secret, field, aws } => {
                let failed = |error| SecretError::Aws(Box::new(error));
                let aws = Aws::new(aws, Environment::process()).map_err(failed)?;
                let text = aws.secret(secret, field.as_deref()).await.map_err(failed)?;
                Ok(Secret(text))
            }
            SecretPlace::Vault {
                vault,
                mount,
                path,
                field,
            } => {
                let failed = |error| SecretError::Vault(Box::new(error));
                let vault = Vault::new(vault.clone()).map_err(failed)?;
                let text = vault.secret(mount, path, field).await.map_err(failed)?;
                Ok(Secret(text))
            }
        }
    }

    /// Whether reading asks another host: then it is not done for every connection.
    pub fn is_remote(&self) -> bool {
        matches!(self, SecretPlace::Aws { .. } | SecretPlace::Vault { .. })
    }

    /// What to do where it cannot be read.
    pub fn remedy(&self) -> String {
        match self {
            SecretPlace::File(path) => format!("let {} be the secret, with mode 0600", path.display()),
            SecretPlace::Environment(name) => format!("set {name} where the connector is started"),
            SecretPlace::Credential(name) => {
                format!("put `LoadCredential={name}:FILE` into the unit of the connector")
            }
            SecretPlace::Aws { secret, .. } => {
                format!("let this host's role call secretsmanager:GetSecretValue on `{secret}`")
            }
            SecretPlace::Vault { mount, path, .. } => {
                format!("let the token's policy `read` the path `{mount}/data/{path}`")
            }
        }
    }
}

fn line_of(path: &Path) -> Result<Secret, SecretError> {
    let text = fs::read_to_string(path).map_err(|source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let text = Zeroizing::new(text);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Secret(Zeroizing::new(line.to_owned())))
}

/// `password_aws = { … }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAws {
    secret: String,
    field: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    ca_file: Option<PathBuf>,
}

/// `password_vault = { … }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVault {
    address: String,
    #[serde(default = "engine")]
    mount: String,
    path: String,
    #[serde(default = "password")]
    field: String,
    namespace: Option<String>,
    ca_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    kubernetes_role: Option<String>,
    #[serde(default = "kubernetes")]
    kubernetes_mount: String,
}

/// Where a Vault in development has it.
fn engine() -> String {
    "secret".to_owned()
}

fn password() -> String {
    "password".to_owned()
}

/// Where Vault's documentation mounts it.
fn kubernetes() -> String {
    "kubernetes".to_owned()
}

/// A value that makes no sense: which, and what should stand there.
pub(super) type Wrong = (String, &'static str);

const ADDRESS: &str = "write an https address without query, such as https://vault.example.com:8200; plain http is for this host alone";
const PATH: &str = "write segments of letters, digits, `-`, `_` and `.`, parted by `/`";

fn parse<T: std::str::FromStr>(text: &str, remedy: &'static str) -> Result<T, Wrong> {
    text.parse().map_err(|_| (text.to_owned(), remedy))
}

/// The name of a systemd credential: a file's name (systemd.exec, `LoadCredential=`).
pub(super) fn credential(name: String) -> Result<SecretPlace, Wrong> {
    let legal = !name.is_empty() && name.len() <= 255 && name != "." && name != ".." && !name.contains('/');
    if legal {
        return Ok(SecretPlace::Credential(name));
    }
    Err((name, "write the name of a credential, without `/`"))
}

impl RawAws {
    pub(super) fn check(self, base: &Path) -> Result<SecretPlace, Wrong> {
        let endpoint = self.endpoint.as_deref().map(|text| parse(text, ADDRESS));
        Ok(SecretPlace::Aws {
            secret: self.secret,
            field: self.field,
            aws: aws::Settings {
                region: self.region,
                endpoint: endpoint.transpose()?,
                ca_file: self.ca_file.map(|file| base.join(file)),
            },
        })
    }
}

impl RawVault {
    pub(super) fn check(self, base: &Path) -> Result<SecretPlace, Wrong> {
        let auth = match (self.token_file, self.kubernetes_role) {
            (Some(file), None) => vault::Auth::TokenFile(base.join(file)),
            (None, Some(role)) => vault::Auth::Kubernetes {
                role,
                mount: parse(&self.kubernetes_mount, PATH)?,
                jwt_file: vault::SERVICE_ACCOUNT_TOKEN.into(),
            },
            _ => return Err((self.address, "write either `token_file` or `kubernetes_role`")),
        };
        Ok(SecretPlace::Vault {
            vault: vault::Settings {
                address: parse(&self.address, ADDRESS)?,
                ca_file: self.ca_file.map(|file| base.join(file)),
                namespace: self.namespace,
                auth,
            },
            mount: parse(&self.mount, PATH)?,
            path: parse(&self.path, PATH)?,
            field: self.field,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_read_from_a_closed_file_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        fs::write(&path, "hunter2\n").expect("written");
        let place = SecretPlace::File(path.clone());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        assert!(matches!(
            place.read().await,
            Err(SecretError::Open { mode: 0o640, .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        let secret = place.read().await.expect("read");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_named() {
        let place = SecretPlace::Environment("CONNECTOR_TEST_UNSET_VARIABLE".to_owned());
        let error = place.read().await.expect_err("unset").to_string();
        assert!(error.contains("CONNECTOR_TEST_UNSET_VARIABLE"));
    }

    #[test]
    fn the_name_of_a_credential_leads_nowhere_else() {
        assert!(credential("warehouse".to_owned()).is_ok());
        for bad in ["", ".", "..", "a/b", "../password"] {
            assert!(credential(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
