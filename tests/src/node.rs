//! One more gateway on a store that others share.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::client::Client;
use crate::etcd::Etcd;
use crate::net::Host;
use crate::process::{Finished, Launch, Process};
use crate::{paths, world};

/// A gateway node that runs beside a [`world::World`] or without one, on loopback or a host of its own. It ends with the value.
#[derive(Debug)]
pub struct Node {
    /// The process; a test may kill it.
    pub process: Process,
    // Last, so that the process is gone before its files.
    folder: Folder,
}

/// The folder of a node's state.
#[derive(Debug)]
pub struct Folder {
    name: String,
    /// Where it runs, if not beside the test.
    host: Option<Arc<Host>>,
    folder: TempDir,
}

impl Folder {
    /// A new one for the node of this name. Nothing is in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            host: None,
            folder: paths::scratch("node")?,
        })
    }

    /// The same on a host of its own.
    #[must_use]
    pub fn on(mut self, host: Arc<Host>) -> Self {
        self.host = Some(host);
        self
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("gateway")
    }

    /// Runs `gateway init` on etcd under a prefix; a refusal is in what it printed.
    ///
    /// # Errors
    /// When the program does not run.
    pub async fn init(&self, etcd: &Etcd, prefix: &str, more: &[&str]) -> Result<Finished> {
        let (ip, [public, operations]) = match &self.host {
            Some(host) => (host.ip, [443, 9090]),
            None => (Ipv4Addr::LOCALHOST.into(), [0, 0]),
        };
        let at = |port| SocketAddr::new(ip, port).to_string();
        Launch::new(&paths::program("gateway")?)
            .inside(self.host.as_ref().map(|host| &host.namespace))
            .args(["init", "--host", &ip.to_string(), "--node", &self.name])
            .args(["--listen-tunnel", &at(public), "--listen-api", &at(public)])
            .args(["--listen-redirect", "off", "--listen-operations", &at(operations)])
            .args(["--state".to_owned(), self.state().display().to_string()])
            .args(arguments(etcd, prefix))
            .args(more.iter().copied())
            .run()
            .await
    }

    /// Replaces what stands in `gateway.toml`.
    ///
    /// # Errors
    /// When something that is to be replaced does not stand there.
    pub fn settle(&self, settings: &[(String, String)]) -> Result<()> {
        let file = self.state().join("gateway.toml");
        let mut text = fs::read_to_string(&file)?;
        for (old, new) in settings {
            ensure!(text.contains(old), "gateway.toml has no {old:?}");
            text = text.replace(old, new);
        }
        Ok(fs::write(&file, text)?)
    }

    /// Starts the node, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn serve(self) -> Result<Node> {
        let process = self.launch().await?;
        Ok(Node {
            process,
            folder: self,
        })
    }

    async fn launch(&self) -> Result<Process> {
        // A file of an earlier process would be read as this one's.
        let _ = fs::remove_file(self.state().join("run/addresses.json"));
        let mut process = Launch::new(&paths::program("gateway")?)
            .named(&format!("gateway-{}", self.name))
            .inside(self.host.as_ref().map(|host| &host.namespace))
            .args(["serve", "--state"])
            .args([self.state().display().to_string()])
            .start(self.folder.path())?;
        world::ready(&mut process, &self.state()).await?;
        Ok(process)
    }
}

impl Node {
    /// A node that joins the installation of the node with this state folder, and runs.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn join(name: &str, etcd: &Etcd, prefix: &str, first: &Path) -> Result<Self> {
        let folder = Folder::new(name)?;
        let kek = first.join("kek").display().to_string();
        folder.init(etcd, prefix, &["--kek", &kek]).await?.succeeded()?;
        folder.serve().await
    }

    /// Starts it again after its process has ended, and waits until it is ready. On a host of its own it has its ports again.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = self.folder.launch().await?;
        Ok(())
    }

    /// The host that it is on.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.folder.host.as_deref()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.folder.name
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.state()
    }

    /// Where its listener of this name is.
    ///
    /// # Errors
    /// When it has not written that down.
    pub fn listener(&self, name: &str) -> Result<SocketAddr> {
        world::address(&self.state(), name)
    }

    /// The same caller at this node.
    ///
    /// # Errors
    /// When the node's roots cannot be read.
    pub fn client(&self, token: &str) -> Result<Client> {
        let api = self.listener("api")?;
        Ok(Client::new(api, &api.ip().to_string(), &self.state().join("ca.pem"))?.with_token(token))
    }

    /// An administrator at this node, by the token of the first node.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn admin(&self, first: &Path) -> Result<Client> {
        let token = fs::read_to_string(first.join("admin.token")).context("the first node's token")?;
        self.client(&token)
    }

    /// What it shows on its operations listener.
    ///
    /// # Errors
    /// When it does not answer with 200.
    pub async fn operations(&self, path: &str) -> Result<String> {
        world::plain_get(self.listener("operations")?, path).await
    }
}

/// The arguments of `gateway init` for a store in etcd.
#[must_use]
pub fn arguments(etcd: &Etcd, prefix: &str) -> Vec<String> {
    let mut arguments = vec!["--etcd-prefix".to_owned(), prefix.to_owned()];
    for endpoint in etcd.endpoints() {
        arguments.extend(["--etcd".to_owned(), endpoint]);
    }
    if let Some(tls) = etcd.tls() {
        for (name, path) in [
            ("--etcd-ca", &tls.ca),
            ("--etcd-certificate", &tls.certificate),
            ("--etcd-key", &tls.key),
        ] {
            arguments.extend([name.to_owned(), path.display().to_string()]);
        }
    }
    arguments
}
