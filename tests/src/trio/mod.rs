//! Three gateway nodes on three members of etcd, four connectors on two sources, each with tunnels to two of the nodes; every
//! process on a host of its own. Callers ask whichever node says that it is ready, without a pause ([`load`]), while processes
//! die and paths break ([`faults`]); between faults one may look whether something grows ([`rest`]).

mod connector;
pub mod faults;
pub mod load;
pub mod rest;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::connector::{Connector, SOURCES};
use crate::client::Client;
use crate::etcd::Etcd;
use crate::net::Net;
use crate::node::{Folder, Node};
use crate::postgres::Cluster;
use crate::process::Launch;
use crate::world::TENANT;
use crate::{paths, wait};

/// What every key of the installation begins with.
const PREFIX: &str = "/trio/";

/// For everything to be there for the first time, on a busy machine.
const UP: Duration = Duration::from_secs(60);

/// A process that is told to stop takes its settling time and what is in progress.
const STOP: Duration = Duration::from_secs(60);

/// A supervisor starts a node again so often, if the store fails it.
const STARTS: usize = 3;

/// A connector has tunnels to as many nodes.
const TUNNELS: usize = 2;

/// The cluster.
#[derive(Debug)]
pub struct Trio<'n> {
    /// Its store.
    pub etcd: Etcd,
    nodes: Vec<Node>,
    connectors: Vec<Connector>,
    admin: Client,
    caller: Client,
    net: &'n Net,
    // Last, so that the processes are gone before their files and their database.
    _cluster: Cluster,
    _folder: TempDir,
}

/// What `gateway.toml` says of the node with this address.
fn settings(ip: IpAddr, lifetime: Duration) -> Vec<(String, String)> {
    let cluster = format!(
        "\n[cluster]\nlisten = \"{ip}:7443\"\naddress = \"{ip}:7443\"\nlease_seconds = 3\nsettle_seconds = 1\n"
    );
    let pair = |old: &str, new: String| (old.to_owned(), new);
    vec![
        pair("\n[certificates]\n", format!("{cluster}\n[certificates]\n")),
        pair(
            "# node_tunnel = \"node-a.gateway.example.com:443\"",
            format!("node_tunnel = \"{ip}:443\""),
        ),
        pair(
            "# connector_lifetime_seconds = 86400",
            format!("connector_lifetime_seconds = {}", lifetime.as_secs()),
        ),
    ]
}

impl<'n> Trio<'n> {
    /// How many nodes there are.
    pub const NODES: usize = 3;

    /// How many members etcd has.
    pub const MEMBERS: usize = 3;

    /// How many connectors there are.
    pub const CONNECTORS: usize = 4;

    /// Everything up to two tunnels of each connector, whose certificates live so long.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn start(net: &'n Net, lifetime: Duration) -> Result<Self> {
        let members = (0..Self::MEMBERS).map(|n| net.host(&format!("etcd-{n}")));
        let members: Vec<_> = members.collect::<Result<_>>()?;
        let (etcd, cluster) = tokio::try_join!(Etcd::start_on(&members), connector::sources(net))?;

        let mut nodes: Vec<Node> = Vec::new();
        for name in ["a", "b", "c"] {
            let host = net.host(name)?;
            let ip = host.ip;
            let folder = Folder::new(name)?.on(host);
            let kek = nodes
                .first()
                .map(|first| first.state().join("kek").display().to_string());
            let known: Vec<&str> = kek.iter().flat_map(|kek| ["--kek", kek]).collect();
            folder.init(&etcd, PREFIX, &known).await?.succeeded()?;
            folder.settle(&settings(ip, lifetime))?;
            nodes.push(folder.serve().await?);
        }
        let first = nodes.first().context("a node")?;
        let admin = first.admin(&first.state())?;
        admin
            .post("/v1/tenants", &json!({ "tenant": TENANT }))
            .await?
            .json()?;
        let made = admin
            .post(
                &format!("/v1/tenants/{TENANT}/api-tokens"),
                &json!({ "name": "a test", "scopes": ["query"] }),
            )
            .await?
            .json()?;
        let token = made
            .get("api_token")
            .and_then(Value::as_str)
            .context("no token")?;
        let caller = admin.clone().with_token(token);

        let folder = paths::scratch("trio")?;
        let join = async |n: usize| {
            let source = *SOURCES.get(n / 2).context("a source")?;
            let name = format!("{}-{}", source.0, n % 2);
            let host = net.host(&name)?;
            Connector::start(&admin, &cluster, folder.path(), host, source, name).await
        };
        let connectors = try_join_all((0..Self::CONNECTORS).map(join)).await?;
        let trio = Self {
            etcd,
            nodes,
            connectors,
            admin,
            caller,
            net,
            _cluster: cluster,
            _folder: folder,
        };
        trio.whole(UP).await?;
        Ok(trio)
    }

    fn node(&self, node: usize) -> Result<&Node> {
        self.nodes.get(node).context("a node of this number")
    }

    fn node_mut(&mut self, node: usize) -> Result<&mut Node> {
        self.nodes.get_mut(node).context("a node of this number")
    }

    fn connector(&mut self, connector: usize) -> Result<&mut Connector> {
        self.connectors
            .get_mut(connector)
            .context("a connector of this number")
    }

    /// The connectors, as one node knows them.
    async fn listed(&self, node: &Node) -> Result<Vec<Value>> {
        let client = node.client("")?.with_token_of(&self.admin);
        let path = format!("/v1/tenants/{TENANT}/connectors");
        let list = client.get(&path).await?.json()?;
        let items = list.get("items").and_then(Value::as_array);
        items.cloned().context("no list")
    }

    /// Each connector with the serial number of its certificate, as the first node that answers knows.
    pub async fn serials(&self) -> Vec<(String, String)> {
        let text = |item: &Value, key: &str| Some(item.get(key)?.as_str()?.to_owned());
        for node in &self.nodes {
            let listed = tokio::time::timeout(load::LOOK * 10, self.listed(node)).await;
            if let Ok(Ok(items)) = listed {
                let serials = items
                    .iter()
                    .filter_map(|i| Some((text(i, "connector")?, text(i, "serial")?)));
                return serials.collect();
            }
        }
        Vec::new()
    }

    /// Why one node does not see a whole cluster, or cannot answer.
    async fn lacks(&self, node: &Node) -> Result<()> {
        node.operations("/readyz").await?;
        let items = self.listed(node).await?;
        for connector in &self.connectors {
            let ours = items
                .iter()
                .find(|item| item.get("connector").and_then(Value::as_str) == Some(&connector.name));
            let tunnels = ours.and_then(|item| item.get("tunnels")?.as_array());
            let tunnels = tunnels.with_context(|| format!("{} is not listed", connector.name))?;
            let nodes: BTreeSet<_> = tunnels.iter().filter_map(|t| t.get("node")?.as_str()).collect();
            ensure!(
                nodes.len() == TUNNELS,
                "{} has tunnels to {nodes:?}",
                connector.name
            );
        }
        let caller = node.client("")?.with_token_of(&self.caller);
        for (source, _) in SOURCES {
            let answer = load::small(source).ask(&caller).await;
            answer.map_err(|why| anyhow::anyhow!("{source}: {why}"))?;
        }
        Ok(())
    }

    /// Waits until every node is ready, knows of tunnels of every connector to two nodes, and answers for both sources.
    ///
    /// # Errors
    /// When that is not so within `limit`.
    pub async fn whole(&self, limit: Duration) -> Result<()> {
        let whole = async |node: &Node| {
            let mut seen = None;
            let up = wait::until("a whole cluster", limit, async || {
                let lacks = self.lacks(node).await;
                seen = lacks.as_ref().err().map(|why| format!("{why:#}"));
                lacks.ok()
            });
            let up = up.await;
            up.with_context(|| format!("{} saw last: {}", node.name(), seen.unwrap_or_default()))
        };
        try_join_all(self.nodes.iter().map(whole)).await.map(drop)
    }

    /// The processes that ended though nobody ended them.
    pub fn ended(&mut self) -> Vec<String> {
        let mut ended = self.etcd.ended();
        for node in &mut self.nodes {
            if !node.process.is_running() {
                ended.push(format!("node {}", node.name()));
            }
        }
        for connector in &mut self.connectors {
            if !connector.process.is_running() {
                ended.push(connector.name.clone());
            }
        }
        ended
    }

    /// Sends a node a signal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, node: usize, signal: Signal) -> Result<()> {
        self.node(node)?.process.signal(signal)
    }

    /// Ends a node in order, and waits for its end.
    ///
    /// # Errors
    /// When it does not end well.
    pub async fn terminate(&mut self, node: usize) -> Result<()> {
        let status = self.node_mut(node)?.process.terminate(STOP).await?;
        ensure!(status.success(), "node {node} ended with {status}");
        Ok(())
    }

    /// Ends a node by `gateway drain`, which returns when it has ended; refused where none runs.
    ///
    /// # Errors
    /// When that fails.
    pub async fn drain(&mut self, node: usize) -> Result<()> {
        let node = self.node_mut(node)?;
        let state = node.state().display().to_string();
        let program = paths::program("gateway")?;
        let drain = || Launch::new(&program).args(["drain", "--state", &state]);
        // Reaped here, as a supervisor does: a process that nobody reaped is still there for whoever looks.
        let (drained, ended) = tokio::join!(drain().run(), node.process.ended(STOP));
        drained?.succeeded()?;
        ensure!(ended?.success(), "node {} did not end well", node.name());
        let again = drain().run().await?;
        ensure!(
            again.status.code() == Some(4),
            "a gateway that is gone was drained: {}",
            again.stderr
        );
        Ok(())
    }

    /// Kills a node.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self, node: usize) -> Result<()> {
        self.node_mut(node)?.process.kill()
    }

    /// Starts a node that has ended, as its supervisor would: again, where it ends because the store fails it at that moment.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self, node: usize) -> Result<()> {
        let node = self.node_mut(node)?;
        for _ in 0..STARTS {
            match node.restart().await {
                Err(error) if format!("{error:#}").contains("the store cannot be reached") => {
                    println!("node {} is started again: {error:#}", node.name());
                }
                end => return end,
            }
        }
        node.restart().await
    }
}
