//! `[seal]` of `gateway.toml`: where the key-encryption key is.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use custody::{
    aws,
    vault::{self, VaultPath},
};
use serde::Deserialize;

/// Keys before the present one that are still asked to unwrap. One change at a time needs one.
const MAX_FORMER: usize = 4;
/// Longest name of a key in AWS KMS.
const MAX_KEY_BYTES: usize = 2_048;

/// A key and what should stand there instead.
pub(crate) type Wrong = (&'static str, String, &'static str);

/// Where a key-encryption key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file of this host.
    File(PathBuf),
    /// In AWS KMS.
    Aws {
        /// Its id, ARN or alias.
        key: String,
        /// Where AWS is.
        aws: aws::Settings,
    },
    /// In the transit engine of Vault.
    Vault {
        /// Where Vault is.
        vault: vault::Settings,
        /// Where the engine is mounted.
        mount: VaultPath,
        /// The key's name.
        key: VaultPath,
    },
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What wraps.
    pub present: Place,
    /// What wrapped before, and still unwraps.
    pub former: Vec<Place>,
}

impl Settings {
    /// The file of a state folder.
    pub fn file(path: PathBuf) -> Self {
        Self {
            present: Place::File(path),
            former: Vec::new(),
        }
    }

    /// Checks what was written. Relative paths start from `folder`; without a word the key is in `default`.
    pub(crate) fn check(
        present: Option<RawPlace>,
        former: Vec<RawPlace>,
        folder: &Path,
        default: PathBuf,
    ) -> Result<Self, Wrong> {
        if former.len() > MAX_FORMER {
            return Err((
                "seal_former",
                former.len().to_string(),
                "at most 4; run `gateway seal rewrap`, then take out what is not used any more",
            ));
        }
        let former = former.into_iter().map(|raw| raw.check(folder, &default));
        let former = former.collect::<Result<Vec<_>, _>>()?;
        let present = match present {
            None => Place::File(default),
            Some(raw) => raw.check(folder, &default)?,
        };
        Ok(Self { present, former })
    }
}

/// As written.
#[derive(Debug, Deserialize)]
#[serde(tag = "kms", rename_all = "lowercase")]
pub(crate) enum RawPlace {
    /// `kms = "file"`
    File(RawFile),
    /// `kms = "aws"`
    Aws(RawAws),
    /// `kms = "vault"`
    Vault(RawVault),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFile {
    path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAws {
    key: String,
    region: Option<String>,
    endpoint: Option<String>,
    ca_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawVault {
    address: String,
    #[serde(default = "transit")]
    mount: String,
    key: String,
    namespace: Option<String>,
    ca_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    kubernetes_role: Option<String>,
    #[serde(default = "kubernetes")]
    kubernetes_mount: String,
}

/// Where Vault's documentation mounts it.
fn transit() -> String {
    "transit".to_owned()
}

/// Where Vault's documentation mounts it.
fn kubernetes() -> String {
    "kubernetes".to_owned()
}

impl RawPlace {
    fn check(self, folder: &Path, default: &Path) -> Result<Place, Wrong> {
        match self {
            RawPlace::File(raw) => Ok(Place::File(match raw.path {
                Some(path) => folder.join(path),
                None => default.to_owned(),
            })),
            RawPlace::Aws(raw) => raw.check(folder),
            RawPlace::Vault(raw) => raw.check(folder),
        }
    }
}

fn parse<T: FromStr>(key: &'static str, text: &str, remedy: &'static str) -> Result<T, Wrong> {
    text.parse().map_err(|_| (key, text.to_owned(), remedy))
}

const ADDRESS: &str = "write an https address without query, such as https://vault.example.com:8200; plain http is for this host alone";
const PATH: &str = "write segments of letters, digits, `-`, `_` and `.`, parted by `/`";

impl RawAws {
    fn check(self, folder: &Path) -> Result<Place, Wrong> {
        if self.key.is_empty()
            || self.key.len() > MAX_KEY_BYTES
            || !self.key.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(("seal.key", self.key, "write the key's id, ARN or alias"));
        }
        let endpoint = self
            .endpoint
            .as_deref()
            .map(|text| parse("seal.endpoint", text, ADDRESS));
        Ok(Place::Aws {
            key: self.key,
            aws: aws::Settings {
                region: self.region,
                endpoint: endpoint.transpose()?,
                ca_file: self.ca_file.map(|file| folder.join(file)),
            },
        })
    }
}

impl RawVault {
    fn check(self, folder: &Path) -> Result<Place, Wrong> {
        let auth = match (self.token_file, self.kubernetes_role) {
            (Some(file), None) => vault::Auth::TokenFile(folder.join(file)),
            (None, Some(role)) => vault::Auth::Kubernetes {
                role,
                mount: parse("seal.kubernetes_mount", &self.kubernetes_mount, PATH)?,
                jwt_file: vault::SERVICE_ACCOUNT_TOKEN.into(),
            },
            _ => {
                return Err((
                    "seal",
                    "vault".to_owned(),
                    "write either `token_file` or `kubernetes_role`",
                ));
            }
        };
        Ok(Place::Vault {
            vault: vault::Settings {
                address: parse("seal.address", &self.address, ADDRESS)?,
                ca_file: self.ca_file.map(|file| folder.join(file)),
                namespace: self.namespace,
                auth,
            },
            mount: parse("seal.mount", &self.mount, PATH)?,
            key: parse("seal.key", &self.key, PATH)?,
        })
    }
}
