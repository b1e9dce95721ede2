//! Who signs the certificates of connectors and nodes: this process, or a command of the operator's.
//!
//! The command is for an authority that exists already: Vault, step-ca, cert-manager, a private CA service. It reads a
//! certificate request (PKCS #10, PEM) from its standard input, prints the chain in PEM, the leaf first, and ends with 0.
//! The request proves the key and names nobody; what the certificate is to say is in the command's environment:
//!
//! | variable | value |
//! |---|---|
//! | `ISSUE_IDENTITY` | the SPIFFE ID: the one URI of the subject alternative name |
//! | `ISSUE_USAGE` | `clientAuth`, or `serverAuth,clientAuth` |
//! | `ISSUE_LIFETIME_SECONDS` | how long it shall live |
//! | `ISSUE_DNS_NAMES`, `ISSUE_IP_ADDRESSES` | of a node: further names, parted by commas |
//!
//! What it prints is checked as strictly as a peer will ([`Issued::from_outside`]); nothing else is handed on. Values are
//! passed in the environment and never through a shell.

use std::{
    fmt,
    net::IpAddr,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use certs::{
    authority::{AuthorityError, ExternalError, Issued, Issuing, Ordered},
    csr::VerifiedRequest,
    key::PrivateKey,
    verifier::{MAX_BUNDLE_BYTES, TrustBundle},
};
use futures_util::future::BoxFuture;
use proto::id::{ConnectorId, Identity, NodeId, TenantId, TrustDomain};
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command as Process,
    sync::Semaphore,
    time::timeout,
};

/// Commands that run at once: each is a process.
const MAX_RUNNING: usize = 4;

/// Of what a command says on its standard error, this much goes to the log.
const MAX_WORDS: u64 = 2_000;

/// A certificate that is wanted.
#[derive(Debug)]
pub struct Order {
    /// For whom.
    pub subject: Subject,
    /// For how long.
    pub lifetime: Duration,
    /// The moment that it begins.
    pub now: SystemTime,
}

/// Whom a certificate is for.
#[derive(Debug)]
pub enum Subject {
    /// A connector, by a request that proves its key.
    Connector {
        /// The customer account.
        tenant: TenantId,
        /// Its name.
        connector: ConnectorId,
        /// The request.
        request: VerifiedRequest,
    },
    /// A node, whose key was made here.
    Node {
        /// Its name.
        node: NodeId,
        /// The key.
        key: PrivateKey,
        /// Names of the API.
        names: Vec<String>,
        /// Addresses of the API.
        addresses: Vec<IpAddr>,
    },
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The authority here refuses.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// No request could be made.
    #[error("no certificate request could be made: {0}")]
    Request(#[from] certs::csr::CsrError),
    /// The command cannot be run.
    #[error("{command}: {source}")]
    Start {
        /// The program.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// The command failed.
    #[error("{command} ended with {status}: {words}")]
    Failed {
        /// The program.
        command: String,
        /// Its exit.
        status: std::process::ExitStatus,
        /// What it said.
        words: String,
    },
    /// The command takes too long.
    #[error("{command} took longer than {} s", .limit.as_secs())]
    Slow {
        /// The program.
        command: String,
        /// The bound.
        limit: Duration,
    },
    /// What the command printed is not what was ordered.
    #[error("{command} printed a certificate that is not used: {fault}")]
    NotAsOrdered {
        /// The program.
        command: String,
        /// Why.
        fault: ExternalError,
    },
}

/// Signs certificates.
pub trait Issuer: fmt::Debug + Send + Sync {
    /// Issues one.
    fn issue<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Issued, IssueError>>;
}

/// The authority that this process keeps.
#[derive(Debug)]
pub struct BuiltIn(pub Issuing);

impl Issuer for BuiltIn {
    fn issue<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Issued, IssueError>> {
        let issued = match &order.subject {
            Subject::Connector {
                tenant,
                connector,
                request,
            } => self
                .0
                .issue_connector(request, tenant, connector, order.now, order.lifetime),
            Subject::Node {
                node,
                key,
                names,
                addresses,
            } => self
                .0
                .issue_node(key, node, names, addresses, order.now, order.lifetime),
        };
        Box::pin(std::future::ready(issued.map_err(Into::into)))
    }
}

/// What a command of the operator's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSettings {
    /// The program, by its whole path.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How long it may take.
    pub limit: Duration,
}

/// A command of the operator's.
#[derive(Debug)]
pub struct Command {
    settings: CommandSettings,
    domain: TrustDomain,
    bundle: TrustBundle,
    running: Arc<Semaphore>,
}

impl Command {
    /// The command for an installation that trusts these roots.
    pub fn new(settings: CommandSettings, bundle: TrustBundle) -> Self {
        Self {
            settings,
            domain: bundle.domain().clone(),
            bundle,
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
        }
    }

    fn name(&self) -> String {
        self.settings.program.display().to_string()
    }

    async fn ask(&self, order: &Order) -> Result<Issued, IssueError> {
        let (identity, usage, request, point, names, addresses) = match &order.subject {
            Subject::Connector {
                tenant,
                connector,
                request,
            } => (
                Identity::Connector {
                    domain: self.domain.clone(),
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                },
                "clientAuth",
                request.to_pem(),
                request.point(),
                String::new(),
                String::new(),
            ),
            Subject::Node {
                node,
                key,
                names,
                addresses,
            } => (
                Identity::Node {
                    domain: self.domain.clone(),
                    node: node.clone(),
                },
                "serverAuth,clientAuth",
                certs::csr::request(key)?,
                key.public_point(),
                names.join(","),
                addresses
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(","),
            ),
        };
        let mut process = Process::new(&self.settings.program);
        process
            .args(&self.settings.arguments)
            .env("ISSUE_IDENTITY", identity.to_string())
            .env("ISSUE_USAGE", usage)
            .env("ISSUE_LIFETIME_SECONDS", order.lifetime.as_secs().to_string())
            .env("ISSUE_DNS_NAMES", names)
            .env("ISSUE_IP_ADDRESSES", addresses)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let asked = Instant::now();
        let slow = || IssueError::Slow {
            command: self.name(),
            limit: self.settings.limit,
        };
        let chain = timeout(self.settings.limit, self.run(process, request))
            .await
            .map_err(|_| slow())??;
        let ordered = Ordered {
            identity: &identity,
            point,
            lifetime: order.lifetime,
        };
        // It was signed while this waited.
        let now = order.now + asked.elapsed();
        Issued::from_outside(&chain, &ordered, &self.bundle, now).map_err(|fault| IssueError::NotAsOrdered {
            command: self.name(),
            fault,
        })
    }

    async fn run(&self, mut process: Process, request: String) -> Result<String, IssueError> {
        // Closed never: it belongs to this value.
        let _place = self.running.acquire().await;
        let start = |source| IssueError::Start {
            command: self.name(),
            source,
        };
        let mut child = process.spawn().map_err(start)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let most = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX) + 1;
        let write = async {
            if let Some(mut input) = input {
                // A command that does not read has its reasons; what it prints is looked at.
                let _ = input.write_all(request.as_bytes()).await;
            }
        };
        let read = async {
            let mut text = Vec::new();
            if let Some(output) = output {
                output.take(most).read_to_end(&mut text).await?;
            }
            Ok::<_, std::io::Error>(text)
        };
        let listen = async {
            let mut words = Vec::new();
            if let Some(errors) = errors {
                let _ = errors.take(MAX_WORDS).read_to_end(&mut words).await;
            }
            words
        };
        let ((), text, words) = tokio::join!(write, read, listen);
        let text = text.map_err(start)?;
        let status = child.wait().await.map_err(start)?;
        if !status.success() {
            let words = String::from_utf8_lossy(&words);
            return Err(IssueError::Failed {
                command: self.name(),
                status,
                words: words.chars().filter(|c| !c.is_control() || *c == ' ').collect(),
            });
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Issuer for Command {
    fn issue<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Issued, IssueError>> {
        Box::pin(self.ask(order))
    }
}

#[cfg(test)]
mod tests {
    use certs::authority::Authority;

    use super::*;

    fn order(lifetime: u64) -> Order {
        let key = PrivateKey::generate().unwrap();
        let request = VerifiedRequest::from_pem(&certs::csr::request(&key).unwrap()).unwrap();
        Order {
            subject: Subject::Connector {
                tenant: "acme".parse().unwrap(),
                connector: "prod-1".parse().unwrap(),
                request,
            },
            lifetime: Duration::from_secs(lifetime),
            now: SystemTime::now(),
        }
    }

    fn command(script: &str, limit: Duration) -> Command {
        let root = Authority::create("gw.test".parse().unwrap(), SystemTime::now()).unwrap();
        let settings = CommandSettings {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            limit,
        };
        Command::new(settings, root.bundle().clone())
    }

    #[tokio::test]
    async fn a_command_that_fails_hangs_or_lies_issues_nothing() {
        let limit = Duration::from_secs(20);
        let failed = command("echo no such role >&2; exit 3", limit)
            .issue(&order(60))
            .await;
        let words = failed.unwrap_err().to_string();
        assert!(
            words.contains("exit status: 3") && words.contains("no such role"),
            "{words}"
        );
        let slow = command("exec sleep 60", Duration::from_millis(200))
            .issue(&order(60))
            .await;
        assert!(matches!(slow, Err(IssueError::Slow { .. })), "{slow:?}");
        for script in ["cat", "true", "head -c 1000000 /dev/zero", "exec 0<&-; echo no"] {
            let lied = command(script, limit).issue(&order(60)).await;
            assert!(
                matches!(
                    lied,
                    Err(IssueError::NotAsOrdered {
                        fault: ExternalError::Chain,
                        ..
                    } | IssueError::Failed { .. })
                ),
                "{script}: {lied:?}"
            );
        }
        let mut missing = command("true", limit);
        missing.settings.program = "/nowhere/sign".into();
        assert!(matches!(
            missing.issue(&order(60)).await,
            Err(IssueError::Start { .. })
        ));
    }

    #[tokio::test]
    async fn a_command_is_told_what_to_say() {
        let told = "test \"$ISSUE_IDENTITY\" = spiffe://gw.test/tenant/acme/connector/prod-1 \
            && test \"$ISSUE_USAGE\" = clientAuth && test \"$ISSUE_LIFETIME_SECONDS\" = 90 \
            && grep -q 'BEGIN CERTIFICATE REQUEST' && exit 0; exit 9";
        let asked = command(told, Duration::from_secs(20)).issue(&order(90)).await;
        assert!(matches!(asked, Err(IssueError::NotAsOrdered { .. })), "{asked:?}");
    }
}
