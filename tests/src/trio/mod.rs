//! Three gateway nodes on three members of etcd, a connector with tunnels to two of them, and callers who ask whichever node says
//! that it is ready, without a pause, and compare every answer with the first.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::Client;
use crate::etcd::Etcd;
use crate::node::{Folder, Node, arguments};
use crate::process::Launch;
use crate::world::{self, CONNECTOR, Setup, TENANT, World, policy, query_body, query_path};
use crate::{paths, wait};

/// What every key of the installation begins with.
const PREFIX: &str = "/trio/";

/// For a node to be there, with what it needs of the others.
const UP: Duration = Duration::from_secs(60);

/// A node that is told to stop takes its settling time and what is in progress.
const STOP: Duration = Duration::from_secs(60);

/// Between two looks at who is ready: a quick load balancer's.
const LOOK: Duration = Duration::from_millis(100);

/// What a query is given.
const DEADLINE: Duration = Duration::from_secs(5);

/// A caller who has not been answered by then gives up: the deadline, and a second.
const PATIENCE: Duration = Duration::from_secs(6);

/// Between two queries of one caller.
const PACE: Duration = Duration::from_millis(20);

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// The cluster.
#[derive(Debug)]
pub struct Trio {
    /// Its store.
    pub etcd: Etcd,
    /// The first node, and the connector.
    pub world: World<'static>,
    others: Vec<Node>,
    caller: Client,
}

fn settings() -> Vec<(String, String)> {
    let cluster = "\n[cluster]\nlisten = \"127.0.0.1:0\"\naddress = \"127.0.0.1:0\"\nlease_seconds = 3\nsettle_seconds = 1\n";
    let pair = |old: &str, new: String| (old.to_owned(), new);
    vec![
        pair("\n[certificates]\n", format!("{cluster}\n[certificates]\n")),
        pair(
            "# node_tunnel = \"node-a.gateway.example.com:443\"",
            "node_tunnel = \"127.0.0.1:0\"".to_owned(),
        ),
    ]
}

impl Trio {
    /// Everything up to a connector with two tunnels.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn start() -> Result<Self> {
        let etcd = Etcd::start_three().await?;
        let mut init = arguments(&etcd, PREFIX);
        init.extend(["--node".to_owned(), "a".to_owned()]);
        let world = World::start(Setup {
            init,
            gateway_settings: settings(),
            policy: policy("[budget]\nqueries_per_minute = 1000000"),
            log_level: "info",
            ..Setup::default()
        })
        .await?;
        let first = world.folder().join("gateway");
        let mut others = Vec::new();
        for name in ["b", "c"] {
            let folder = Folder::new(name)?;
            let kek = first.join("kek").display().to_string();
            folder.init(&etcd, PREFIX, &["--kek", &kek]).await?.succeeded()?;
            folder.settle(&settings())?;
            others.push(folder.serve().await?);
        }
        let caller = world.caller().await?;
        let trio = Self {
            etcd,
            world,
            others,
            caller,
        };
        trio.whole(UP).await?;
        Ok(trio)
    }

    /// How many nodes there are.
    pub const NODES: usize = 3;

    fn state(&self, node: usize) -> Result<PathBuf> {
        match node.checked_sub(1) {
            None => Ok(self.world.folder().join("gateway")),
            Some(n) => Ok(self.others.get(n).context("a node of this number")?.state()),
        }
    }

    /// A caller of one node.
    fn at(&self, state: &Path) -> Result<Client> {
        let api = world::address(state, "api")?;
        let client = Client::new(api, "127.0.0.1", &state.join("ca.pem"))?;
        Ok(client.with_token_of(&self.caller))
    }

    /// The names of the nodes that the connector has tunnels to, as one node knows.
    ///
    /// # Errors
    /// When that node does not answer.
    pub async fn tunnels(&self, node: usize) -> Result<Vec<String>> {
        let client = self.at(&self.state(node)?)?.with_token_of(self.world.admin());
        let list = client
            .get(&format!("/v1/tenants/{TENANT}/connectors"))
            .await?
            .json()?;
        let items = list.get("items").and_then(Value::as_array).context("no list")?;
        let ours = items
            .iter()
            .find(|c| c.get("connector").and_then(Value::as_str) == Some(CONNECTOR));
        let tunnels = ours
            .and_then(|c| c.get("tunnels")?.as_array())
            .context("no tunnels")?;
        let names = tunnels
            .iter()
            .filter_map(|t| t.get("node")?.as_str().map(ToOwned::to_owned));
        Ok(names.collect())
    }

    /// Waits until every node is ready and answers, and knows of tunnels to two nodes.
    ///
    /// # Errors
    /// When that is not so within `limit`.
    pub async fn whole(&self, limit: Duration) -> Result<()> {
        for node in 0..Self::NODES {
            let mut seen = String::new();
            let up = wait::until("a whole cluster", limit, async || {
                let mut nodes = self
                    .tunnels(node)
                    .await
                    .inspect_err(|e| seen = format!("{e:#}"))
                    .ok()?;
                seen = format!("{nodes:?}");
                nodes.sort();
                nodes.dedup();
                let answer = ask(&self.at(&self.state(node).ok()?).ok()?).await;
                if let Err(why) = &answer {
                    seen = format!("{seen}, {why}");
                }
                (nodes.len() == 2 && answer.is_ok()).then_some(())
            });
            up.await
                .with_context(|| format!("node {node} saw last: {seen}"))?;
        }
        Ok(())
    }

    /// Sends a node a signal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, node: usize, signal: Signal) -> Result<()> {
        match node.checked_sub(1) {
            None => self.world.gateway.signal(signal),
            Some(n) => self
                .others
                .get(n)
                .context("a node of this number")?
                .process
                .signal(signal),
        }
    }

    /// Ends a node in order, and waits for its end.
    ///
    /// # Errors
    /// When it does not end well.
    pub async fn terminate(&mut self, node: usize) -> Result<()> {
        let process = match node.checked_sub(1) {
            None => &mut self.world.gateway,
            Some(n) => &mut self.others.get_mut(n).context("a node of this number")?.process,
        };
        let status = process.terminate(STOP).await?;
        ensure!(status.success(), "node {node} ended with {status}");
        Ok(())
    }

    /// Ends a node by `gateway drain`, which returns when it has ended; refused where none runs.
    ///
    /// # Errors
    /// When that fails.
    pub async fn drain(&mut self, node: usize) -> Result<()> {
        let state = self.state(node)?.display().to_string();
        let program = paths::program("gateway")?;
        let drain = || Launch::new(&program).args(["drain", "--state", &state]);
        let process = match node.checked_sub(1) {
            None => &mut self.world.gateway,
            Some(n) => &mut self.others.get_mut(n).context("a node of this number")?.process,
        };
        // Reaped here, as a supervisor does: a process that nobody reaped is still there for whoever looks.
        let (drained, ended) = tokio::join!(drain().run(), process.ended(STOP));
        drained?.succeeded()?;
        ensure!(ended?.success(), "node {node} did not end well");
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
        match node.checked_sub(1) {
            None => self.world.gateway.kill(),
            Some(n) => self
                .others
                .get_mut(n)
                .context("a node of this number")?
                .process
                .kill(),
        }
    }

    /// Starts a node that has ended, as its supervisor would.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self, node: usize) -> Result<()> {
        match node.checked_sub(1) {
            None => self.world.restart_gateway().await,
            Some(n) => {
                self.others
                    .get_mut(n)
                    .context("a node of this number")?
                    .restart()
                    .await
            }
        }
    }

    /// Open files of every node.
    ///
    /// # Errors
    /// When one does not run.
    pub fn open_files(&self) -> Result<Vec<usize>> {
        let others = self.others.iter().map(|node| node.process.open_files());
        std::iter::once(self.world.gateway.open_files())
            .chain(others)
            .collect()
    }

    /// Callers who ask until they are told to stop.
    ///
    /// # Errors
    /// When the first answer is none.
    pub async fn load(&self, callers: usize) -> Result<Load> {
        let states: Vec<_> = (0..Self::NODES).map(|n| self.state(n)).collect::<Result<_>>()?;
        let expected = ask(&self.at(&self.state(0)?)?)
            .await
            .map_err(anyhow::Error::msg)?;
        let shared = Arc::new(Shared {
            expected,
            ready: Mutex::default(),
            seen: Mutex::new(Seen::default()),
            answers: AtomicU64::new(0),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(balance(Arc::clone(&shared), states, self.caller.clone()));
        for _ in 0..callers {
            tasks.spawn(call(Arc::clone(&shared)));
        }
        let begun = wait::until("the first answers", UP, async || {
            (shared.answers.load(Ordering::SeqCst) > 0).then_some(())
        });
        begun.await?;
        Ok(Load { shared, tasks })
    }
}

/// One query: the whole result, or what went wrong.
async fn ask(client: &Client) -> Result<Bytes, String> {
    let mut body = query_body("read.dbt_models", &json!({}));
    if let Some(object) = body.as_object_mut() {
        object.insert("deadline_ms".to_owned(), json!(DEADLINE.as_millis() as u64));
    }
    let answer = timeout(
        PATIENCE,
        client.send(Method::POST, &query_path(), ARROW, Some(&body)),
    )
    .await;
    match answer {
        Err(_) => Err("late".to_owned()),
        Ok(Err(error)) => Err(format!("broken: {error:#}")),
        Ok(Ok(answer)) if answer.status.is_success() => Ok(answer.body),
        Ok(Ok(answer)) => Err(answer.problem().unwrap_or_else(|_| answer.status.to_string())),
    }
}

/// What callers have seen.
#[derive(Debug, Default)]
struct Seen {
    failures: Vec<(Instant, String)>,
    wrong: Vec<String>,
    last: Option<Instant>,
    gap: Duration,
}

#[derive(Debug)]
struct Shared {
    expected: Bytes,
    ready: Mutex<Vec<Client>>,
    seen: Mutex<Seen>,
    answers: AtomicU64,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the answer was the right one.
    fn note(&self, answer: Result<Bytes, String>) -> bool {
        let now = Instant::now();
        let mut seen = self.seen();
        match answer {
            Ok(body) if body == self.expected => {
                self.answers.fetch_add(1, Ordering::SeqCst);
                if let Some(last) = seen.last {
                    seen.gap = seen.gap.max(now.saturating_duration_since(last));
                }
                seen.last = Some(now);
                true
            }
            Ok(body) => {
                seen.wrong
                    .push(format!("{} bytes and not {}", body.len(), self.expected.len()));
                false
            }
            Err(why) => {
                seen.failures.push((now, why));
                false
            }
        }
    }

    fn pick(&self) -> Option<Client> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.next.fetch_add(1, Ordering::Relaxed) as usize;
        ready.get(next % ready.len().max(1)).cloned()
    }
}

/// Knows which nodes say that they are ready.
async fn balance(shared: Arc<Shared>, states: Vec<PathBuf>, caller: Client) {
    while !shared.stop.load(Ordering::SeqCst) {
        let look = async |state: &PathBuf| {
            let operations = world::address(state, "operations").ok()?;
            let answered = timeout(LOOK * 5, world::plain_get(operations, "/readyz")).await;
            answered.ok()?.ok()?;
            let api = world::address(state, "api").ok()?;
            let client = Client::new(api, "127.0.0.1", &state.join("ca.pem")).ok()?;
            Some(client.with_token_of(&caller))
        };
        let looks = states.iter().map(look);
        let ready: Vec<_> = futures_util::future::join_all(looks)
            .await
            .into_iter()
            .flatten()
            .collect();
        *shared.ready.lock().unwrap_or_else(PoisonError::into_inner) = ready;
        pause(LOOK).await;
    }
}

async fn call(shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::SeqCst) {
        let Some(client) = shared.pick() else {
            pause(PACE).await;
            continue;
        };
        let answer = ask(&client).await;
        // After a failure the next node is asked at once, as a caller's library would.
        if shared.note(answer) {
            pause(PACE).await;
        }
    }
}

async fn pause(time: Duration) {
    // A rhythm, not a wait for something.
    let _ = timeout(time, std::future::pending::<()>()).await;
}

/// Callers at work.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What they saw.
#[derive(Debug)]
pub struct Report {
    /// Whole and right answers.
    pub answers: u64,
    /// Everything else, but wrong rows.
    pub failures: Vec<String>,
    /// Answers that were reported whole and are not the right ones.
    pub wrong: Vec<String>,
    /// The longest time between two answers, over all callers.
    pub gap: Duration,
}

impl Load {
    /// Forgets the longest gap so far.
    pub fn reset_gap(&self) {
        self.shared.seen().gap = Duration::ZERO;
    }

    /// The longest gap since then.
    #[must_use]
    pub fn gap(&self) -> Duration {
        self.shared.seen().gap
    }

    /// Answers so far.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.shared.answers.load(Ordering::SeqCst)
    }

    /// Waits for so many more answers.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn more(&self, answers: u64, limit: Duration) -> Result<()> {
        let until = self.answers() + answers;
        wait::until("more answers", limit, async || {
            (self.answers() >= until).then_some(())
        })
        .await
    }

    /// Ends it.
    pub async fn stop(mut self) -> Report {
        self.shared.stop.store(true, Ordering::SeqCst);
        while self.tasks.join_next().await.is_some() {}
        let mut seen = self.shared.seen();
        let failures = std::mem::take(&mut seen.failures);
        Report {
            answers: self.shared.answers.load(Ordering::SeqCst),
            failures: failures.into_iter().map(|(_, why)| why).collect(),
            wrong: std::mem::take(&mut seen.wrong),
            gap: seen.gap,
        }
    }
}
