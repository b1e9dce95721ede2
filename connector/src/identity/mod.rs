//! Who this connector is: its key, its certificates and where its gateway is, in a folder that only its user may read.
//!
//! The key was made on this host and leaves it never. The folder is written beside its place and then moved there in
//! one step, so that a crash leaves either the old identity or the new one, whole.

pub mod join;
pub mod reapprove;
pub mod renew;
pub mod trust;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use certs::{
    key::{KeyError, PrivateKey},
    tls::{Credential, CredentialSlot, TlsError},
    token::GatewayAddress,
    verifier::{BundleError, TrustBundle, TrustSlot},
};
use proto::id::{ConnectorId, TenantId, TrustDomain};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use zeroize::Zeroizing;

/// Largest file of the folder in bytes: a chain of three certificates takes under 8 KiB.
const MAX_FILE_BYTES: u64 = 64 * 1024;

const KEY: &str = "key.pem";
const CHAIN: &str = "chain.pem";
const BUNDLE: &str = "bundle.pem";
const ABOUT: &str = "identity.json";

/// The identity cannot be loaded or stored.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// There is none.
    #[error("{} does not exist: this connector has not joined yet; run `connector join`", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("{} exists: this connector has joined already; to replace its identity, add `--replace`", .0.display())]
    Exists(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read it.
    #[error("{} may be read by others (mode {mode:03o}); run `chmod go= {}`", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file is not what it should be.
    #[error("{}: {reason}; restore it from a backup, or join again", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any part of a key.
        reason: String,
    },
}

/// Where the gateway is, as the enrolment said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    tenant: TenantId,
    connector: ConnectorId,
    trust_domain: TrustDomain,
    tunnel_address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_address: Option<String>,
}

/// What enrolment gave, in the forms in which it is stored.
#[derive(Debug)]
pub struct Enrolled {
    /// The key.
    pub key: PrivateKey,
    /// The certificate and its intermediates in PEM.
    pub chain: String,
    /// The roots in PEM.
    pub bundle: String,
    /// The customer account.
    pub tenant: TenantId,
    /// The connector's name.
    pub connector: ConnectorId,
    /// The installation.
    pub trust_domain: TrustDomain,
    /// Where to dial tunnels to.
    pub tunnel_address: GatewayAddress,
    /// Where the gateway's API is; none in identities from before this was kept.
    pub api_address: Option<GatewayAddress>,
}

/// An identity that is ready to use.
#[derive(Debug)]
pub struct Identity {
    /// The certificate with its key; a renewed one is put in here.
    pub credential: Arc<CredentialSlot>,
    /// The roots that gateway nodes are verified with; those that follow them are put in here.
    pub trust: Arc<TrustSlot>,
    /// The customer account.
    pub tenant: TenantId,
    /// The connector's name.
    pub connector: ConnectorId,
    /// Where to dial tunnels to.
    pub tunnel_address: GatewayAddress,
    /// Where the gateway's API is; none in identities from before this was kept.
    pub api_address: Option<GatewayAddress>,
    /// Where it is stored.
    pub folder: PathBuf,
    /// Held while the folder is replaced: tunnels that overlap may both have something new.
    writing: Mutex<()>,
    /// Held by the one tunnel over which the certificate is renewed.
    turn: Arc<Semaphore>,
    /// Told when another certificate is in use: tunnels that were opened with the one before are replaced.
    pub renewed: watch::Sender<()>,
}

impl Identity {
    /// Loads and checks the folder.
    pub fn load(folder: &Path) -> Result<Self, IdentityError> {
        if !folder.exists() {
            return Err(IdentityError::Missing(folder.to_owned()));
        }
        closed(folder)?;
        let file = |name: &str| folder.join(name);
        closed(&file(KEY))?;
        let broken = |name: &str, reason: String| IdentityError::Broken {
            path: file(name),
            reason,
        };
        let about: About =
            serde_json::from_str(&read(&file(ABOUT))?).map_err(|e| broken(ABOUT, e.to_string()))?;
        let key =
            PrivateKey::from_pem(&read(&file(KEY))?).map_err(|e: KeyError| broken(KEY, e.to_string()))?;
        let credential = Credential::from_pem(&read(&file(CHAIN))?, &key)
            .map_err(|e: TlsError| broken(CHAIN, e.to_string()))?;
        let bundle = TrustBundle::from_pem(&read(&file(BUNDLE))?)
            .map_err(|e: BundleError| broken(BUNDLE, e.to_string()))?;
        // The certificate says who this is; the other file only says where to go.
        let named = proto::id::Identity::Connector {
            domain: about.trust_domain,
            tenant: about.tenant.clone(),
            connector: about.connector.clone(),
        };
        if credential.facts().identity != named {
            return Err(broken(CHAIN, format!("the certificate is not that of {named}")));
        }
        let tunnel_address = about
            .tunnel_address
            .parse()
            .map_err(|e| broken(ABOUT, format!("tunnel_address: {e}")))?;
        let api_address = about
            .api_address
            .map(|address| address.parse())
            .transpose()
            .map_err(|e| broken(ABOUT, format!("api_address: {e}")))?;
        Ok(Self {
            credential: CredentialSlot::new(credential),
            trust: TrustSlot::new(bundle),
            tenant: about.tenant,
            connector: about.connector,
            tunnel_address,
            api_address,
            folder: folder.to_owned(),
            writing: Mutex::new(()),
            turn: Arc::new(Semaphore::new(1)),
            renewed: watch::Sender::new(()),
        })
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The identity with another certificate or other roots, as it is stored.
    fn with(&self, key: PrivateKey, chain: String, bundle: &TrustBundle) -> Enrolled {
        Enrolled {
            key,
            chain,
            bundle: bundle.to_pem(),
            tenant: self.tenant.clone(),
            connector: self.connector.clone(),
            trust_domain: bundle.domain().clone(),
            tunnel_address: self.tunnel_address.clone(),
            api_address: self.api_address.clone(),
        }
    }
}

/// The key and the chain in PEM that are stored.
fn stored(folder: &Path) -> Result<(PrivateKey, String), IdentityError> {
    let key = folder.join(KEY);
    let text = read(&key)?;
    let parsed = PrivateKey::from_pem(&text).map_err(|error| IdentityError::Broken {
        path: key,
        reason: error.to_string(),
    })?;
    Ok((parsed, read(&folder.join(CHAIN))?.to_string()))
}

/// Stores an identity in a folder that does not exist yet or, with `replace`, in place of another.
pub fn store(folder: &Path, enrolled: &Enrolled, replace: bool) -> Result<(), IdentityError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| IdentityError::File { path, source }
    };
    let parent = folder.parent().unwrap_or(Path::new("."));
    make_private(parent)?;
    let fresh = parent.join(format!("identity.new-{}", std::process::id()));
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(failed(&fresh))?;
    }
    make_private(&fresh)?;
    let about = About {
        tenant: enrolled.tenant.clone(),
        connector: enrolled.connector.clone(),
        trust_domain: enrolled.trust_domain.clone(),
        tunnel_address: enrolled.tunnel_address.to_string(),
        api_address: enrolled.api_address.as_ref().map(ToString::to_string),
    };
    let about = serde_json::to_string_pretty(&about).map_err(|error| IdentityError::Broken {
        path: fresh.join(ABOUT),
        reason: error.to_string(),
    })?;
    let key = enrolled.key.to_pem();
    for (name, text) in [
        (KEY, key.as_str()),
        (CHAIN, enrolled.chain.as_str()),
        (BUNDLE, enrolled.bundle.as_str()),
        (ABOUT, about.as_str()),
    ] {
        let path = fresh.join(name);
        write_private(&path, text.as_bytes()).map_err(failed(&path))?;
    }
    sync_folder(&fresh).map_err(failed(&fresh))?;
    let moved = if replace && folder.exists() {
        renameat_with(CWD, &fresh, CWD, folder, RenameFlags::EXCHANGE)
            .map_err(io::Error::from)
            .and_then(|()| fs::remove_dir_all(&fresh))
    } else {
        renameat_with(CWD, &fresh, CWD, folder, RenameFlags::NOREPLACE).map_err(io::Error::from)
    };
    match moved {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // What was made for nothing holds a key.
            let _ = fs::remove_dir_all(&fresh);
            Err(IdentityError::Exists(folder.to_owned()))
        }
        moved => moved.and_then(|()| sync_folder(parent)).map_err(failed(folder)),
    }
}

/// Makes a folder of mode 0700, parents included, or closes one that is there.
pub fn make_private(folder: &Path) -> Result<(), IdentityError> {
    let failed = |source| IdentityError::File {
        path: folder.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    closed(folder)
}

/// Writes a new file of mode 0600 and waits for the disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Refuses what others than the owner may read or enter.
fn closed(path: &Path) -> Result<(), IdentityError> {
    let metadata = fs::metadata(path).map_err(|source| IdentityError::File {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(IdentityError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn read(path: &Path) -> Result<Zeroizing<String>, IdentityError> {
    let failed = |source| IdentityError::File {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(IdentityError::Broken {
            path: path.to_owned(),
            reason: format!("the file has over {MAX_FILE_BYTES} bytes"),
        });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrolled() -> Enrolled {
        Enrolled {
            key: PrivateKey::generate().expect("a key"),
            chain: "chain".to_owned(),
            bundle: "bundle".to_owned(),
            tenant: "acme".parse().expect("a name"),
            connector: "prod-1".parse().expect("a name"),
            trust_domain: "gw.example".parse().expect("a domain"),
            tunnel_address: "gw.example:443".parse().expect("an address"),
            api_address: None,
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    fn state() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        (folder, state)
    }

    #[test]
    fn a_stored_identity_is_closed_to_others() {
        let (_keep, state) = state();
        let folder = state.join("identity");
        store(&folder, &enrolled(), false).expect("stored");
        assert_eq!(mode(&state), 0o700);
        assert_eq!(mode(&folder), 0o700);
        for name in [KEY, CHAIN, BUNDLE, ABOUT] {
            assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
        }
        assert_eq!(fs::read_dir(&state).expect("listed").count(), 1);
    }

    #[test]
    fn an_identity_is_replaced_only_when_told_to() {
        let (_keep, state) = state();
        let folder = state.join("identity");
        store(&folder, &enrolled(), false).expect("stored");
        let key = fs::read(folder.join(KEY)).expect("read");
        let again = store(&folder, &enrolled(), false);
        assert!(matches!(again, Err(IdentityError::Exists(_))));
        assert_eq!(fs::read(folder.join(KEY)).expect("read"), key);
        store(&folder, &enrolled(), true).expect("replaced");
        assert_ne!(fs::read(folder.join(KEY)).expect("read"), key);
        assert_eq!(fs::read_dir(&state).expect("listed").count(), 1);
    }

    #[test]
    fn a_key_that_others_may_read_is_not_used() {
        let (_keep, state) = state();
        let folder = state.join("identity");
        assert!(matches!(Identity::load(&folder), Err(IdentityError::Missing(_))));
        store(&folder, &enrolled(), false).expect("stored");
        let key = folder.join(KEY);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("set");
        assert!(matches!(
            Identity::load(&folder),
            Err(IdentityError::Open { mode: 0o640, .. })
        ));
    }
}
