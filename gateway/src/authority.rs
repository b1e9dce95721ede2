//! The certificate authority as one node uses it: its files, this node's own certificate, connectors' certificates.
//!
//! The root's key stands in `ca/key.pem` (mode 0600). The node's key is made anew at every start and never written;
//! its certificate is replaced in place at half of its life, so that nothing has to be restarted for it.

use std::{
    fs, io,
    io::Write as _,
    net::IpAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use certs::{
    authority::{Authority, AuthorityError, LEAF_LIFETIME},
    csr::VerifiedRequest,
    denylist::Denylist,
    expired::{Dates, ExpiredError, Undated},
    key::{KeyError, PrivateKey},
    public::PublicSlot,
    tls::{self, Credential, CredentialSlot, TlsError},
    token::{JoinSecret, JoinToken},
    verifier::TrustBundle,
};
use proto::{
    error::{Code, Fault},
    id::{ConnectorId, NodeId, TenantId, TrustDomain},
};
use rustls::ServerConfig;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    clock::Clock,
    config::{Config, PublicAddress, StateFolder},
};

/// When the node's certificate is replaced: half of its life leaves half to notice that it did not work.
const RENEW_AFTER: Duration = Duration::from_secs(LEAF_LIFETIME.as_secs() / 2);

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
    /// The authority refuses.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
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
    authority: Authority,
    node: NodeId,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    credential: Arc<CredentialSlot>,
    denylist: Arc<Denylist>,
    connector_lifetime: Duration,
    clock: Clock,
}

/// Makes a new authority in a state folder. For `gateway init` only.
///
/// # Errors
/// [`NodeAuthorityError`]; files that are there already are not overwritten.
pub fn create(state: &StateFolder, domain: TrustDomain, clock: &Clock) -> Result<(), NodeAuthorityError> {
    let authority = Authority::create(domain, wall(clock))?;
    let folder = state.authority();
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(file(&folder))?;
    write_new(&folder.join(KEY), 0o600, authority.key_pem().as_bytes())?;
    write_new(&folder.join(ROOT), 0o644, authority.root_pem().as_bytes())?;
    write_new(
        &state.trust_bundle(),
        0o644,
        authority.bundle().to_pem().as_bytes(),
    )
}

const KEY: &str = "key.pem";
const ROOT: &str = "root.pem";

impl NodeAuthority {
    /// Loads the authority of the configuration's state folder and makes this node's first certificate.
    ///
    /// # Errors
    /// [`NodeAuthorityError`].
    pub fn load(config: &Config, clock: Clock) -> Result<Self, NodeAuthorityError> {
        let folder = config.state.authority();
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(file(&path))
        };
        let key = Zeroizing::new(read(KEY)?);
        let authority = Authority::from_pem(&read(ROOT)?, &key)?;
        if *authority.domain() != config.trust_domain {
            return Err(NodeAuthorityError::TrustDomain {
                configured: config.trust_domain.clone(),
                made_for: authority.domain().clone(),
            });
        }
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        for host in &config.hosts {
            match host.parse() {
                Ok(address) => addresses.push(address),
                Err(_) => names.push(host.clone()),
            }
        }
        let credential =
            CredentialSlot::new(issue(&authority, &config.node, &names, &addresses, wall(&clock))?);
        let (node, denylist) = (config.node.clone(), Arc::new(Denylist::default()));
        Ok(Self {
            authority,
            node,
            names,
            addresses,
            credential,
            denylist,
            connector_lifetime: config.certificate_lifetime,
            clock,
        })
    }

    /// The installation's trust domain.
    pub fn trust_domain(&self) -> &TrustDomain {
        self.authority.domain()
    }

    /// This node's name.
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// What peers of this installation trust.
    pub fn bundle(&self) -> &TrustBundle {
        self.authority.bundle()
    }

    /// The same in PEM.
    pub fn trust_bundle_pem(&self) -> String {
        self.authority.bundle().to_pem()
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

    /// Checks the certificate of a connector, but for its dates.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn read_undated(&self, chain_pem: &str) -> Result<Undated, ExpiredError> {
        Undated::from_pem(self.authority.bundle(), chain_pem)
    }

    /// In which way a certificate is not valid now.
    ///
    /// # Errors
    /// That it is.
    pub fn out_of_date(&self, connector: &Undated) -> Result<Dates, ExpiredError> {
        connector.dates(wall(&self.clock))
    }

    /// The TLS settings of the API, with its certificate by a public authority if there is one.
    ///
    /// # Errors
    /// [`NodeAuthorityError::Tls`].
    pub fn api_tls(&self, public: Arc<PublicSlot>) -> Result<Arc<ServerConfig>, NodeAuthorityError> {
        Ok(Arc::new(tls::api_server_config(
            Arc::clone(&self.credential),
            self.bundle(),
            public,
        )?))
    }

    /// End of this node's certificate, in seconds since 1970.
    pub fn node_not_after(&self) -> u64 {
        unix(self.credential.facts().not_after)
    }

    /// End of the root certificate, in seconds since 1970.
    pub fn root_not_after(&self) -> u64 {
        unix(self.authority.not_after())
    }

    /// Replaces this node's certificate if half of its life is over, or if it is not valid yet: this host's clock was ahead
    /// when it was made, and was set right since. Says whether it did.
    ///
    /// # Errors
    /// [`NodeAuthorityError`]; the certificate in use stays.
    pub fn renew_node_if_due(&self) -> Result<bool, NodeAuthorityError> {
        let now = wall(&self.clock);
        let facts = self.credential.facts();
        let fresh = facts
            .not_after
            .duration_since(now)
            .is_ok_and(|left| left > LEAF_LIFETIME - RENEW_AFTER);
        if fresh && facts.not_before <= now {
            return Ok(false);
        }
        self.credential.replace(issue(
            &self.authority,
            &self.node,
            &self.names,
            &self.addresses,
            now,
        )?);
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
            ca_fingerprint: self.authority.root_fingerprint(),
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
    pub fn issue_connector(
        &self,
        request: &VerifiedRequest,
        tenant: &TenantId,
        connector: &ConnectorId,
    ) -> Result<Issued, Fault> {
        let issued = self
            .authority
            .issue_connector(
                request,
                tenant,
                connector,
                wall(&self.clock),
                self.connector_lifetime,
            )
            .map_err(|error| {
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
        })
    }
}

fn issue(
    authority: &Authority,
    node: &NodeId,
    names: &[String],
    addresses: &[IpAddr],
    now: SystemTime,
) -> Result<Credential, NodeAuthorityError> {
    let key = PrivateKey::generate()?;
    let issued = authority.issue_node(&key, node, names, addresses, now, LEAF_LIFETIME)?;
    Ok(Credential::from_pem(&issued.chain_pem, &key)?)
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
