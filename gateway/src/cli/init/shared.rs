//! What `gateway init` is told of a store that several nodes share, and of the key that they seal under.

use std::{
    fmt::Write as _,
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use clap::Args;
use prometheus::Registry;
use zeroize::Zeroizing;

use super::{InitError, file};
use crate::{
    cli::open,
    clock::Clock,
    config::{Config, StateFolder},
    metrics::Metrics,
    seal::settings,
    store::{Place, RawPlace, SharedStore, etcd::settings::Raw},
};

/// Longest file of `[seal]`: a handful of lines.
const MAX_SEAL_BYTES: u64 = 16 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct SharedArgs {
    /// Keep records in an etcd cluster that other nodes share: the address of a member; may be repeated. Where an installation
    /// is there already, this node joins it.
    #[arg(long = "etcd", value_name = "URL")]
    endpoints: Vec<String>,
    /// What every key in etcd begins with. [default: /gateway/]
    #[arg(long, value_name = "PREFIX", requires = "endpoints")]
    etcd_prefix: Option<String>,
    /// PEM file of the roots to trust at etcd's members.
    #[arg(long, value_name = "FILE", requires = "endpoints")]
    etcd_ca: Option<PathBuf>,
    /// PEM file of the certificate that this node shows to etcd.
    #[arg(long, value_name = "FILE", requires_all = ["endpoints", "etcd_key"])]
    etcd_certificate: Option<PathBuf>,
    /// PEM file of its key.
    #[arg(long, value_name = "FILE", requires_all = ["endpoints", "etcd_certificate"])]
    etcd_key: Option<PathBuf>,
    /// A copy of the file `kek` of another node of the installation: what is secret in etcd is sealed under it.
    #[arg(long, value_name = "FILE", requires = "endpoints")]
    kek: Option<PathBuf>,
    /// A TOML file with the [seal] for gateway.toml, where a key service seals.
    #[arg(long, value_name = "FILE", conflicts_with = "kek", requires = "endpoints")]
    seal: Option<PathBuf>,
    /// Take the name of a node over that is gone for good.
    #[arg(long, requires = "endpoints")]
    pub(super) replace_node: bool,
    /// Make an administrator's token though the installation has one.
    #[arg(long, requires = "endpoints")]
    pub(super) new_administrator: bool,
}

impl SharedArgs {
    /// Whether the store is one that others share.
    pub(super) fn is_wanted(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// Where it is, in words.
    pub(super) fn describe(&self) -> String {
        self.endpoints.join(", ")
    }

    /// The lines for `gateway.toml`.
    pub(super) fn settings(&self) -> Result<String, InitError> {
        let mut text = String::new();
        if let Some(path) = &self.seal {
            let seal = open_bounded(path).map_err(file(path))?;
            text.push_str(&seal);
            text.push('\n');
        }
        if !self.is_wanted() {
            return Ok(text);
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n[store.etcd]\nendpoints = {:?}", self.endpoints);
        if let Some(prefix) = &self.etcd_prefix {
            let _ = writeln!(text, "prefix = {prefix:?}");
        }
        for (key, path) in [
            ("ca", &self.etcd_ca),
            ("certificate", &self.etcd_certificate),
            ("key", &self.etcd_key),
        ] {
            if let Some(path) = path {
                let path = std::path::absolute(path).map_err(file(path))?;
                let _ = writeln!(text, "{key} = {path:?}");
            }
        }
        Ok(text)
    }

    /// The store, if it is one that others share.
    pub(super) fn open(&self) -> Result<Option<SharedStore>, InitError> {
        if !self.is_wanted() {
            return Ok(None);
        }
        let absolute = |path: &Option<PathBuf>| {
            path.as_ref()
                .map(|path| std::path::absolute(path).map_err(file(path)))
                .transpose()
        };
        let raw = RawPlace {
            etcd: Some(Raw {
                endpoints: self.endpoints.clone(),
                prefix: self.etcd_prefix.clone(),
                ca: absolute(&self.etcd_ca)?,
                certificate: absolute(&self.etcd_certificate)?,
                key: absolute(&self.etcd_key)?,
                ..Raw::default()
            }),
        };
        // The names of the settings are not those of the arguments, but are told from them.
        let place =
            Place::check(raw, &StateFolder::new("")).map_err(|(key, value, remedy)| InitError::Unfit {
                path: PathBuf::from(key),
                reason: format!("{value:?}: {remedy}"),
            })?;
        let metrics = Metrics::new(Registry::new())?;
        Ok(Some(place.open(&Clock::system(), &metrics.store)?))
    }

    /// Puts the copy of the other node's key where the settings look for it.
    pub(super) fn put_kek(&self, config: &Config) -> Result<(), InitError> {
        let Some(from) = &self.kek else { return Ok(()) };
        let settings::Place::File(to) = &config.seal.present else {
            return Ok(());
        };
        let key = open::read_secret(from).map_err(file(from))?;
        write_private(to, &key).map_err(file(to))
    }
}

fn open_bounded(path: &Path) -> io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?
        .take(MAX_SEAL_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Over one that an interrupted run has left, too.
fn write_private(path: &Path, secret: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(Zeroizing::new(format!("{secret}\n")).as_bytes())?;
    file.sync_all()
}
