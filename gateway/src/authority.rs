//! The certificate authority as one node uses it: what is in force, this node's own certificate, connectors' certificates.
//!
//! The authority itself stands in the store ([`record`]), so that every node of a cluster has the same and sees it change.
//! The node's key is made anew at every start and never written; its certificate is replaced in place at half of its life
//! and whenever another authority issues, so that nothing has to be restarted for it.

pub mod change;
pub mod installed;
pub mod issuer;
pub mod keep;
pub mod record;
mod sealed;

use std::{
    fs, io,
    io::Write as _,
    net::IpAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use certs::{
    authority::{Authority, AuthorityError, Issuing, LEAF_LIFETIME, Root},
    csr::VerifiedRequest,
    denylist::Denylist,
    expired::{Dates, ExpiredError, Undated},
    identity::Fingerprint,
    key::{KeyError, PrivateKey},
    public::PublicSlot,
    tls::{self, Credential, CredentialSlot, TlsError},
    token::{JoinSecret, JoinToken},
    verifier::{BundleDigest, BundleError, TrustBundle, TrustSlot},
};
use proto::{
    error::{Code, Fault},
    id::{ConnectorId, NodeId, TenantId, TrustDomain},
    wire::frame::{Digest, Trust},
};
use rustls::ServerConfig;
use thiserror::Error;
use tokio::sync::watch;
use zeroize::Zeroizing;

use self::{
    issuer::{BuiltIn, Command, IssueError, Issuer, Order, Subject},
    record::AuthorityRecord,
};
use crate::{
    clock::Clock,
    config::{Config, PublicAddress, StateFolder},
    seal::{SealError, Sealer},
    store::{Expected, Key, Revision, SharedStore, StoreError, Swap},
};

/// When the node's certificate is replaced: half of its life leaves half to notice that it did not work.
const RENEW_AFTER: Duration = Duration::from_secs(LEAF_LIFETIME.as_secs() / 2);

/// Where the store holds the authority.
const RECORD: &str = "authority/record";

/// Why the authority cannot be used.
#[derive(Debug, Error)]
pub enum NodeAuthorityError {
    /// One of its files cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings and the root disagree.
    #[error(
        "gateway.toml says `trust_domain = \"{configured}\"`, the authority was made for \"{made_for}\": put that back"
    )]
    TrustDomain {
        /// In the settings.
        configured: TrustDomain,
        /// In the root.
        made_for: TrustDomain,
    },
    /// The store has none.
    #[error("the store holds no certificate authority: make one with `gateway init`")]
    Missing,
    /// The store has one already.
    #[error("the store holds a certificate authority already")]
    Exists,
    /// The store's cannot be read.
    #[error("the certificate authority in the store cannot be read: {0}")]
    Broken(String),
    /// Its keys cannot be opened or sealed.
    #[error("the certificate authority's keys: {0}")]
    Seal(#[from] SealError),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody signs.
    #[error("the store holds no issuing authority, and gateway.toml names no `authority.command`")]
    NoIssuer,
    /// No certificate for this node.
    #[error("this node has no certificate: {0}")]
    Issue(IssueError),
    /// The authority refuses.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The roots cannot be used.
    #[error("the roots: {0}")]
    Bundle(#[from] BundleError),
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No TLS configuration could be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A certificate for a connector, on its way out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The chain in PEM, the connector's own first.
    pub chain_pem: String,
    /// Its serial number in hex.
    pub serial: String,
    /// Its end, in seconds since 1970.
    pub not_after: u64,
    /// Names the root that it is under.
    pub root: String,
}

/// A join token's text and the secret in it.
pub struct NewJoin {
    /// The one line to hand over.
    pub text: Zeroizing<String>,
    /// What the fleet remembers the digest of.
    pub secret: JoinSecret,
}

/// The authority and this node's identity.
#[derive(Debug)]
pub struct NodeAuthority {
    store: SharedStore,
    sealer: Sealer,
    bundle_file: PathBuf,
    command: Option<issuer::CommandSettings>,
    domain: TrustDomain,
    node: NodeId,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    in_force: RwLock<Arc<InForce>>,
    /// Held while another state is put in force: a certificate takes its time, and a later state must not be overtaken.
    refreshing: tokio::sync::Mutex<()>,
    trust: Arc<TrustSlot>,
    told: watch::Sender<Arc<Trust>>,
    credential: Arc<CredentialSlot>,
    denylist: Arc<Denylist>,
    connector_lifetime: Duration,
    clock: Clock,
}

/// One state of the authority, ready to use.
#[derive(Debug)]
struct InForce {
    record: AuthorityRecord,
    revision: Revision,
    bundle: TrustBundle,
    remembered: TrustBundle,
    root: String,
    root_fingerprint: Fingerprint,
    issuing_not_after: Option<SystemTime>,
    issuer: Arc<dyn Issuer>,
}

/// How `gateway init` makes an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewAuthority {
    /// A root and an issuing authority, both keys in the store.
    Whole,
    /// The root's key goes to this folder, which must not exist, and nowhere else.
    RootIn(PathBuf),
    /// The root is somebody else's, in this PEM text, and leaves are issued by `authority.command`.
    Outside(String),
}

/// Makes a new authority in a store. For `gateway init` only.
///
/// # Errors
/// [`NodeAuthorityError`]; an authority or files that are there already are not overwritten.
pub async fn create(
    state: &StateFolder,
    store: &SharedStore,
    sealer: &Sealer,
    domain: &TrustDomain,
    new: &NewAuthority,
    clock: &Clock,
) -> Result<(), NodeAuthorityError> {
    let now = wall(clock);
    let made = match new {
        NewAuthority::Whole | NewAuthority::RootIn(_) => {
            let authority = Authority::create(domain.clone(), now)?;
            if let NewAuthority::RootIn(folder) = new {
                write_root(folder, authority.root())?;
            }
            let keep = *new == NewAuthority::Whole;
            AuthorityRecord::new(&authority, keep, unix(now))
        }
        NewAuthority::Outside(root) => AuthorityRecord::external(root.clone()),
    };
    let bundle = made.bundle()?;
    if bundle.domain() != domain {
        return Err(NodeAuthorityError::TrustDomain {
            configured: domain.clone(),
            made_for: bundle.domain().clone(),
        });
    }
    let sealed = sealed::seal(sealer, &made).await?;
    let value = serde_json::to_vec(&sealed).map_err(|e| NodeAuthorityError::Broken(e.to_string()))?;
    let stored = store
        .compare_and_swap(key(), Expected::Absent, value.into(), None)
        .await?;
    if let Swap::Conflict(_) = stored {
        return Err(NodeAuthorityError::Exists);
    }
    replace(&state.trust_bundle(), bundle.to_pem().as_bytes())
}

/// Writes a root and its key into a new folder.
///
/// # Errors
/// [`NodeAuthorityError::File`], also if the folder is there.
pub fn write_root(folder: &Path, root: &Root) -> Result<(), NodeAuthorityError> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .map_err(file(folder))?;
    write_new(&folder.join("root-key.pem"), 0o600, root.key_pem().as_bytes())?;
    write_new(&folder.join("root.pem"), 0o644, root.to_pem().as_bytes())
}

/// Reads what [`write_root`] wrote.
///
/// # Errors
/// [`NodeAuthorityError`].
pub fn read_root(folder: &Path) -> Result<Root, NodeAuthorityError> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(file(&path))
    };
    let key = Zeroizing::new(read("root-key.pem")?);
    Ok(Root::from_pem(&read("root.pem")?, &key)?)
}

impl NodeAuthority {
    /// Loads the authority and gets this node its first certificate.
    ///
    /// # Errors
    /// [`NodeAuthorityError`].
    pub async fn load(
        config: &Config,
        store: SharedStore,
        sealer: Sealer,
        clock: Clock,
    ) -> Result<Self, NodeAuthorityError> {
        let (record, revision) = read(&store, &sealer).await?;
        let in_force = InForce::new(record, revision, config.authority_command.as_ref())?;
        if *in_force.bundle.domain() != config.trust_domain {
            return Err(NodeAuthorityError::TrustDomain {
                configured: config.trust_domain.clone(),
                made_for: in_force.bundle.domain().clone(),
            });
        }
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        for host in &config.hosts {
            match host.parse() {
                Ok(address) => addresses.push(address),
                Err(_) => names.push(host.clone()),
            }
        }
        let first = issue_node(&*in_force.issuer, &config.node, &names, &addresses, wall(&clock)).await?;
        let bundle_file = config.state.trust_bundle();
        replace(&bundle_file, in_force.bundle.to_pem().as_bytes())?;
        Ok(Self {
            store,
            sealer,
            bundle_file,
            command: config.authority_command.clone(),
            domain: config.trust_domain.clone(),
            node: config.node.clone(),
            names,
            addresses,
            trust: TrustSlot::new(in_force.bundle.clone()),
            told: watch::Sender::new(Arc::new(in_force.trust())),
            in_force: RwLock::new(Arc::new(in_force)),
            refreshing: tokio::sync::Mutex::default(),
            credential: CredentialSlot::new(first),
            denylist: Arc::default(),
            connector_lifetime: config.certificate_lifetime,
            clock,
        })
    }

    /// Puts what the store holds in force on this node, if it changed: first what is trusted, then what is shown.
    ///
    /// # Errors
    /// [`NodeAuthorityError`]; what is in force stays.
    pub async fn refresh(&self) -> Result<bool, NodeAuthorityError> {
        let _one = self.refreshing.lock().await;
        let (record, revision) = read(&self.store, &self.sealer).await?;
        let before = self.in_force();
        if revision <= before.revision {
            return Ok(false);
        }
        let next = InForce::new(record, revision, self.command.as_ref())?;
        let issuing = next.record.issuing != before.record.issuing || next.root != before.root;
        let credential = if issuing {
            let made = issue_node(
                &*next.issuer,
                &self.node,
                &self.names,
                &self.addresses,
                wall(&self.clock),
            );
            Some(made.await?)
        } else {
            None
        };
        replace(&self.bundle_file, next.bundle.to_pem().as_bytes())?;
        self.trust.replace(next.bundle.clone())?;
        if let Some(credential) = credential {
            self.credential.replace(credential);
        }
        let trust = next.trust();
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.told.send_if_modified(|told| {
            let news = **told != trust;
            if news {
                *told = Arc::new(trust);
            }
            news
        });
        Ok(true)
    }

    fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The installation's trust domain.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// This node's name.
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// What peers of this installation trust, for the listeners; it changes in place.
    pub fn trust(&self) -> &Arc<TrustSlot> {
        &self.trust
    }

    /// What connectors are told to trust, from now on.
    pub fn told(&self) -> watch::Receiver<Arc<Trust>> {
        self.told.subscribe()
    }

    /// What peers of this installation trust now.
    pub fn bundle(&self) -> TrustBundle {
        self.trust.bundle()
    }

    /// The same in PEM.
    pub fn trust_bundle_pem(&self) -> String {
        self.bundle().to_pem()
    }

    /// What names the roots that peers trust now.
    pub fn roots(&self) -> Digest {
        let BundleDigest(digest) = self.bundle().digest();
        Digest(digest)
    }

    /// This node's certificate, for the tunnel listener; it changes in place.
    pub fn credential(&self) -> &Arc<CredentialSlot> {
        &self.credential
    }

    /// Who is revoked, for the tunnel listener.
    pub fn denylist(&self) -> &Arc<Denylist> {
        &self.denylist
    }

    /// Life of the certificates that connectors are given.
    pub fn connector_lifetime(&self) -> Duration {
        self.connector_lifetime
    }

    /// Checks the certificate of a connector, but for its dates; one by a root that was replaced counts.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn read_undated(&self, chain_pem: &str) -> Result<Undated, ExpiredError> {
        Undated::from_pem(&self.in_force().remembered, chain_pem)
    }

    /// In which way a certificate is of no use now; none if it is good.
    pub fn out_of_use(&self, connector: &Undated, chain_pem: &str) -> Option<OutOfUse> {
        match connector.dates(wall(&self.clock)) {
            Ok(dates) => Some(OutOfUse::Dates(dates)),
            // Its root was replaced before it ran out.
            Err(_) if Undated::from_pem(&self.in_force().bundle, chain_pem).is_err() => Some(OutOfUse::Root),
            Err(_) => None,
        }
    }

    /// The TLS settings of the API. `public` is shown to clients, where it holds a certificate.
    ///
    /// # Errors
    /// [`NodeAuthorityError::Tls`].
    pub fn api_tls(&self, public: Arc<PublicSlot>) -> Result<Arc<ServerConfig>, NodeAuthorityError> {
        Ok(Arc::new(tls::api_server_config(
            Arc::clone(&self.credential),
            Arc::clone(&self.trust),
            public,
        )?))
    }

    /// The TLS settings of the listener for other nodes.
    ///
    /// # Errors
    /// [`NodeAuthorityError::Tls`].
    pub fn peer_tls(&self) -> Result<Arc<ServerConfig>, NodeAuthorityError> {
        Ok(Arc::new(tls::peer_server_config(
            Arc::clone(&self.credential),
            Arc::clone(&self.trust),
            Arc::new(()),
        )?))
    }

    /// End of this node's certificate, in seconds since 1970.
    pub fn node_not_after(&self) -> u64 {
        unix(self.credential.facts().not_after)
    }

    /// End of the root certificate, in seconds since 1970.
    pub fn root_not_after(&self) -> u64 {
        certs::authority::root_end(&self.in_force().record.root.certificate).map_or(0, unix)
    }

    /// End of the issuing authority, in seconds since 1970; none where a command issues.
    pub fn issuing_not_after(&self) -> Option<u64> {
        self.in_force().issuing_not_after.map(unix)
    }

    /// Replaces this node's certificate if half of its life is over, or if it is not valid yet: this host's clock was ahead
    /// when it was made, and was set right since. Says whether it did.
    ///
    /// # Errors
    /// [`NodeAuthorityError`]; the certificate in use stays.
    pub async fn renew_node_if_due(&self) -> Result<bool, NodeAuthorityError> {
        let now = wall(&self.clock);
        let facts = self.credential.facts();
        let fresh = facts
            .not_after
            .duration_since(now)
            .is_ok_and(|left| left > LEAF_LIFETIME - RENEW_AFTER);
        if fresh && facts.not_before <= now {
            return Ok(false);
        }
        let issuer = Arc::clone(&self.in_force().issuer);
        let made = issue_node(&*issuer, &self.node, &self.names, &self.addresses, now).await?;
        self.credential.replace(made);
        Ok(true)
    }

    /// Makes a join token that leads to `gateway`. It is worth nothing until the fleet remembers its secret's digest.
    ///
    /// # Errors
    /// `internal` if the operating system has no randomness.
    pub fn new_join_token(
        &self,
        gateway: &PublicAddress,
        tenant: &TenantId,
        connector: Option<&ConnectorId>,
    ) -> Result<NewJoin, Fault> {
        let internal = |what: &'static str| Fault::new(Code::Internal, what);
        let secret =
            JoinSecret::generate().map_err(|_| internal("the operating system has no randomness"))?;
        let token = JoinToken {
            gateway: gateway
                .to_string()
                .parse()
                .map_err(|_| internal("the public address cannot stand in a token"))?,
            ca_fingerprint: self.in_force().root_fingerprint,
            tenant: tenant.clone(),
            connector: connector.cloned(),
            secret: secret.clone(),
        };
        Ok(NewJoin {
            text: token.to_text(),
            secret,
        })
    }

    /// Checks a certificate request and its proof of possession.
    ///
    /// # Errors
    /// `invalid_csr`.
    pub fn read_csr(&self, pem: &str) -> Result<VerifiedRequest, Fault> {
        VerifiedRequest::from_pem(pem).map_err(|error| Fault::new(Code::InvalidCsr, error.to_string()))
    }

    /// Issues a connector's certificate for the key of a checked request.
    ///
    /// # Errors
    /// `internal`.
    pub async fn issue_connector(
        &self,
        request: &VerifiedRequest,
        tenant: &TenantId,
        connector: &ConnectorId,
    ) -> Result<Issued, Fault> {
        let in_force = self.in_force();
        let order = Order {
            subject: Subject::Connector {
                tenant: tenant.clone(),
                connector: connector.clone(),
                request: request.clone(),
            },
            lifetime: self.connector_lifetime,
            now: wall(&self.clock),
        };
        let issued = in_force.issuer.issue(&order).await.map_err(|error| {
            tracing::error!(%error, "the authority cannot issue a certificate");
            Fault::new(
                Code::Internal,
                "the gateway's authority cannot issue a certificate",
            )
        })?;
        Ok(Issued {
            chain_pem: issued.chain_pem,
            serial: issued.facts.serial.to_string(),
            not_after: unix(issued.facts.not_after),
            root: in_force.root.clone(),
        })
    }
}

/// In which way a connector's certificate is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfUse {
    /// It ran out, or is not valid yet.
    Dates(Dates),
    /// It is by a root that was replaced.
    Root,
}

impl InForce {
    fn new(
        record: AuthorityRecord,
        revision: Revision,
        command: Option<&issuer::CommandSettings>,
    ) -> Result<Self, NodeAuthorityError> {
        let bundle = record.bundle()?;
        let issuing = match (record.issuing_chain(), &record.issuing) {
            (Some(chain), Some(issuing)) if command.is_none() => Some(Issuing::from_pem(
                &chain,
                &issuing.key.0,
                bundle.domain().clone(),
            )?),
            _ => None,
        };
        let issuing_not_after = issuing.as_ref().map(Issuing::not_after);
        let issuer: Arc<dyn Issuer> = match (issuing, command) {
            (Some(issuing), _) => Arc::new(BuiltIn(issuing)),
            (None, Some(settings)) => Arc::new(Command::new(settings.clone(), bundle.clone())),
            (None, None) => return Err(NodeAuthorityError::NoIssuer),
        };
        let in_force = TrustBundle::from_pem(&record.root.certificate)?;
        let root = in_force.certificates().first().ok_or(BundleError::Count(0))?;
        Ok(Self {
            remembered: record.remembered()?,
            root: record.root_name()?,
            root_fingerprint: Fingerprint::of(root),
            issuing_not_after,
            issuer,
            bundle,
            record,
            revision,
        })
    }

    fn trust(&self) -> Trust {
        Trust {
            bundle: self.bundle.to_pem(),
            links: self.record.links(),
        }
    }
}

async fn read(
    store: &SharedStore,
    sealer: &Sealer,
) -> Result<(AuthorityRecord, Revision), NodeAuthorityError> {
    let entry = store.get(&key()).await?.ok_or(NodeAuthorityError::Missing)?;
    let sealed: sealed::SealedRecord = serde_json::from_slice(&entry.value).map_err(|error| {
        NodeAuthorityError::Broken(format!("line {}, column {}", error.line(), error.column()))
    })?;
    Ok((sealed::open(sealer, &sealed).await?, entry.revision))
}

async fn issue_node(
    issuer: &dyn Issuer,
    node: &NodeId,
    names: &[String],
    addresses: &[IpAddr],
    now: SystemTime,
) -> Result<Credential, NodeAuthorityError> {
    let key = PrivateKey::generate()?;
    let order = Order {
        subject: Subject::Node {
            node: node.clone(),
            key: key.clone(),
            names: names.to_vec(),
            addresses: addresses.to_vec(),
        },
        lifetime: LEAF_LIFETIME,
        now,
    };
    let issued = issuer.issue(&order).await.map_err(NodeAuthorityError::Issue)?;
    Ok(Credential::from_pem(&issued.chain_pem, &key)?)
}

fn key() -> Key {
    RECORD.parse().expect("printable ASCII")
}

fn wall(clock: &Clock) -> SystemTime {
    UNIX_EPOCH + clock.since_epoch()
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> NodeAuthorityError + '_ {
    move |source| NodeAuthorityError::File {
        path: path.to_owned(),
        source,
    }
}

/// Replaces a file that is not secret, whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), NodeAuthorityError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    write_new(&fresh, 0o644, bytes)?;
    fs::rename(&fresh, path).map_err(file(path))
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), NodeAuthorityError> {
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut f| {
            f.write_all(bytes)?;
            f.sync_all()
        })
        .map_err(file(path))
}
