//! etcd of Debian's package: a cluster of one or of three members, with TLS in both directions where a test wants it.
//!
//! Each member has its own folder, and its own ports on loopback or a host of its own; it can be killed, stopped and started again by itself.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::net::Host;
use crate::process::{Finished, Launch, Process};
use crate::{paths, wait};

/// An election on a busy host takes seconds.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A cluster that runs. Its members are killed with the value.
#[derive(Debug)]
pub struct Etcd {
    members: Vec<Member>,
    tls: Option<Tls>,
    // Last, so that the processes are gone before their files.
    folder: TempDir,
}

#[derive(Debug)]
struct Member {
    name: String,
    host: Option<Arc<Host>>,
    client: SocketAddr,
    peer: SocketAddr,
    /// Behind a lock, so that a test may kill one while the cluster is in use.
    process: Mutex<Option<Process>>,
}

/// Files of the cluster's own authority.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The root.
    pub ca: PathBuf,
    /// A client's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    server: (PathBuf, PathBuf),
}

impl Etcd {
    /// One member, without TLS.
    ///
    /// # Errors
    /// When etcd is not installed or does not start.
    pub async fn start() -> Result<Self> {
        Self::launch(on_loopback(1)?, false).await
    }

    /// One member that wants clients to show a certificate.
    ///
    /// # Errors
    /// When etcd is not installed or does not start.
    pub async fn start_with_tls() -> Result<Self> {
        Self::launch(on_loopback(1)?, true).await
    }

    /// Three members, without TLS.
    ///
    /// # Errors
    /// When etcd is not installed or does not start.
    pub async fn start_three() -> Result<Self> {
        Self::launch(on_loopback(3)?, false).await
    }

    /// A member on each of these hosts, with TLS: nothing else is spoken beyond a host.
    ///
    /// # Errors
    /// When etcd is not installed or does not start.
    pub async fn start_on(hosts: &[Arc<Host>]) -> Result<Self> {
        let member = |(n, host): (usize, &Arc<Host>)| Member {
            name: format!("etcd-{n}"),
            host: Some(Arc::clone(host)),
            client: SocketAddr::new(host.ip, 2379),
            peer: SocketAddr::new(host.ip, 2380),
            process: Mutex::new(None),
        };
        Self::launch(hosts.iter().enumerate().map(member).collect(), true).await
    }

    async fn launch(members: Vec<Member>, tls: bool) -> Result<Self> {
        let folder = paths::scratch("etcd")?;
        let tls = if tls {
            let addresses = members.iter().map(|member| member.client.ip().to_string());
            Some(Tls::make(folder.path(), addresses.collect())?)
        } else {
            None
        };
        let cluster = Self { members, tls, folder };
        for n in 0..cluster.members.len() {
            cluster.run(n, "new")?;
        }
        cluster.healthy().await?;
        Ok(cluster)
    }

    fn member(&self, n: usize) -> Result<&Member> {
        self.members.get(n).context("a member of this number")
    }

    fn run(&self, n: usize, state: &str) -> Result<()> {
        let member = self.member(n)?;
        let peers: Vec<String> = self
            .members
            .iter()
            .map(|m| format!("{}=http://{}", m.name, m.peer))
            .collect();
        let data = self.folder.path().join(&member.name);
        let client = self.url(member);
        let mut arguments = vec![
            "--name".to_owned(),
            member.name.clone(),
            "--data-dir".to_owned(),
            data.display().to_string(),
            "--listen-client-urls".to_owned(),
            client.clone(),
            "--advertise-client-urls".to_owned(),
            client,
            "--listen-peer-urls".to_owned(),
            format!("http://{}", member.peer),
            "--initial-advertise-peer-urls".to_owned(),
            format!("http://{}", member.peer),
            "--initial-cluster".to_owned(),
            peers.join(","),
            "--initial-cluster-state".to_owned(),
            state.to_owned(),
            "--logger".to_owned(),
            "zap".to_owned(),
        ];
        if let Some(tls) = &self.tls {
            let (certificate, key) = &tls.server;
            for (name, path) in [
                ("--cert-file", certificate),
                ("--key-file", key),
                ("--trusted-ca-file", &tls.ca),
            ] {
                arguments.extend([name.to_owned(), path.display().to_string()]);
            }
            arguments.push("--client-cert-auth".to_owned());
        }
        let process = Launch::new(Path::new("etcd"))
            .named(&member.name)
            .inside(member.host.as_ref().map(|host| &host.namespace))
            .args(arguments)
            .start(self.folder.path())?;
        *lock(member) = Some(process);
        Ok(())
    }

    fn url(&self, member: &Member) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", member.client)
    }

    /// The members' addresses.
    #[must_use]
    pub fn endpoints(&self) -> Vec<String> {
        self.members.iter().map(|member| self.url(member)).collect()
    }

    /// The files that clients need, where it has TLS.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Waits until the cluster takes changes.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub async fn healthy(&self) -> Result<()> {
        let mut last = String::new();
        let healthy = wait::until("a healthy etcd", START_LIMIT, async || {
            match self.ctl(&["put", "healthy", "yes", "--command-timeout=2s"]).await {
                Ok(done) if done.status.success() => Some(()),
                Ok(done) => {
                    last = done.stderr;
                    None
                }
                Err(error) => {
                    last = error.to_string();
                    None
                }
            }
        });
        healthy.await.context(last)
    }

    /// Runs `etcdctl` on the cluster.
    ///
    /// # Errors
    /// When it does not start or hangs.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<Finished> {
        let mut launch = Launch::new(Path::new("etcdctl"))
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &self.endpoints().join(",")]);
        if let Some(tls) = &self.tls {
            launch = launch.args([
                "--cacert".to_owned(),
                tls.ca.display().to_string(),
                "--cert".to_owned(),
                tls.certificate.display().to_string(),
                "--key".to_owned(),
                tls.key.display().to_string(),
            ]);
        }
        launch.args(arguments.iter().copied()).run().await
    }

    /// Throws the history up to now away.
    ///
    /// # Errors
    /// When etcd refuses.
    pub async fn compact(&self) -> Result<()> {
        let status = self
            .ctl(&["get", "healthy", "-w", "json"])
            .await?
            .succeeded()?
            .json()?;
        let revision = status
            .pointer("/header/revision")
            .and_then(Value::as_i64)
            .context("a revision")?;
        self.ctl(&["compact", &revision.to_string(), "--physical"])
            .await?
            .succeeded()?;
        Ok(())
    }

    /// The member that leads.
    ///
    /// # Errors
    /// When there is none.
    pub async fn leader(&self) -> Result<usize> {
        let status = self
            .ctl(&["endpoint", "status", "-w", "json"])
            .await?
            .succeeded()?
            .json()?;
        let all = status.as_array().context("a list")?;
        for one in all {
            if one.pointer("/Status/leader") == one.pointer("/Status/header/member_id") {
                let endpoint = one
                    .get("Endpoint")
                    .and_then(Value::as_str)
                    .context("an endpoint")?;
                let at = self.endpoints().iter().position(|e| e == endpoint);
                return at.context("a member");
            }
        }
        anyhow::bail!("no member leads")
    }

    /// SIGKILL to one member.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self, n: usize) -> Result<()> {
        let process = lock(self.member(n)?).take();
        process.context("a running member")?.kill()
    }

    /// Starts a member that was killed.
    ///
    /// # Errors
    /// When it runs.
    pub fn restart(&self, n: usize) -> Result<()> {
        ensure!(lock(self.member(n)?).is_none(), "it runs");
        self.run(n, "existing")
    }

    /// Stops a member where it is; its connections stay open, and nothing comes out of them.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self, n: usize) -> Result<()> {
        self.signal(n, Signal::STOP)
    }

    /// Lets a paused member go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self, n: usize) -> Result<()> {
        self.signal(n, Signal::CONT)
    }

    /// The hosts of the members, where they have some.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.members.iter().filter_map(|member| member.host.as_deref())
    }

    /// The members that have ended without being killed.
    #[must_use]
    pub fn ended(&self) -> Vec<String> {
        let ended = |member: &&Member| lock(member).as_mut().is_some_and(|process| !process.is_running());
        let members = self.members.iter().filter(ended);
        members.map(|member| member.name.clone()).collect()
    }

    fn signal(&self, n: usize, signal: Signal) -> Result<()> {
        let member = lock(self.member(n)?);
        member.as_ref().context("a running member")?.signal(signal)
    }

    /// The lines of `[store.etcd]` for a gateway. Its keys begin with `prefix`.
    #[must_use]
    pub fn toml(&self, prefix: &str) -> String {
        let all: Vec<usize> = (0..self.members.len()).collect();
        self.toml_of(&all, prefix)
    }

    /// The same for a gateway that knows only these members.
    #[must_use]
    pub fn toml_of(&self, members: &[usize], prefix: &str) -> String {
        let all = self.endpoints();
        let endpoints: Vec<&String> = members.iter().filter_map(|n| all.get(*n)).collect();
        let mut text = format!("[store.etcd]\nendpoints = {endpoints:?}\nprefix = {prefix:?}\n");
        if let Some(tls) = &self.tls {
            for (key, path) in [
                ("ca", &tls.ca),
                ("certificate", &tls.certificate),
                ("key", &tls.key),
            ] {
                text.push_str(&format!("{key} = {path:?}\n"));
            }
        }
        text
    }
}

/// So many members that do not run yet.
fn on_loopback(count: usize) -> Result<Vec<Member>> {
    // Held together until all are known, so that they differ.
    let held = (0..2 * count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut addresses = held.iter().map(TcpListener::local_addr);
    let mut next = || addresses.next().context("an address")?.context("an address");
    (0..count)
        .map(|n| {
            Ok(Member {
                name: format!("etcd-{n}"),
                host: None,
                client: next()?,
                peer: next()?,
                process: Mutex::new(None),
            })
        })
        .collect()
}

fn lock(member: &Member) -> MutexGuard<'_, Option<Process>> {
    member.process.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tls {
    /// For members at these addresses.
    fn make(folder: &Path, addresses: Vec<String>) -> Result<Self> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = ca.self_signed(&ca_key)?;
        let issuer = Issuer::from_params(&ca, &ca_key);
        let write = |name: &str, text: String| -> Result<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, text)?;
            Ok(path)
        };
        let leaf = |name: &str| -> Result<(PathBuf, PathBuf)> {
            let key = KeyPair::generate()?;
            let mut leaf = CertificateParams::new(addresses.clone())?;
            // etcd's own gateway to HTTP shows the server's certificate as a client.
            leaf.extended_key_usages = vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ];
            Ok((
                write(&format!("{name}.pem"), leaf.signed_by(&key, &issuer)?.pem())?,
                write(&format!("{name}.key"), key.serialize_pem())?,
            ))
        };
        let server = leaf("server")?;
        let (certificate, key) = leaf("client")?;
        Ok(Self {
            ca: write("ca.pem", root.pem())?,
            certificate,
            key,
            server,
        })
    }
}
