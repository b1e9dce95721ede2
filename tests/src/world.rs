//! A whole installation in one call: a gateway and a connector as processes with a state folder each, a customer account,
//! a tunnel, and callers of the API. What a test wants to be different it says in [`Setup`].

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Method;
use proto::schema::{Sensitivity, elementary};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::netns::Namespace;
use crate::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use crate::process::{Finished, Launch, Process};
use crate::{duckdb, paths, wait};

/// The customer account of every world.
pub const TENANT: &str = "acme";

/// Its connector.
pub const CONNECTOR: &str = "warehouse-host";

/// The source that its connector serves.
pub const SOURCE: &str = "shop";

/// From the start of a process to its readiness, or of a connector to its tunnel: a second on a busy machine, so this is
/// only met by what will never be ready.
const UP: Duration = Duration::from_secs(30);

/// What the connector reads from.
#[derive(Debug)]
pub enum Warehouse<'a> {
    /// The shared DuckDB file with the real rows.
    DuckDb,
    /// A DuckDB file of the test's own, such as a copy with more rows.
    DuckDbAt(&'a Path),
    /// A PostgreSQL cluster, as the role that may read the Elementary schema only.
    Postgres(&'a Cluster),
}

/// How a world is to be. The default: DuckDB, everything on loopback, the strict policy.
#[derive(Debug)]
pub struct Setup<'a> {
    /// What the connector reads from.
    pub warehouse: Warehouse<'a>,
    /// The policy file's text.
    pub policy: String,
    /// Where the gateway runs, and its address there. The test's thread has to be inside too ([`Namespace::enter`]).
    pub gateway_in: Option<(&'a Namespace, IpAddr)>,
    /// Where the connector runs.
    pub connector_in: Option<&'a Namespace>,
    /// Text put at the front of `connector.toml`: whole tables such as `[audit]`.
    pub connector_settings: String,
    /// In place of `password_file` for PostgreSQL: where the password of the reader is.
    pub password_settings: Option<String>,
    /// Lines put into the `[[source]]` of `connector.toml`.
    pub source_settings: String,
    /// Replacements in `gateway.toml`, as pairs of what stands there and what shall.
    pub gateway_settings: Vec<(String, String)>,
    /// More arguments of `gateway init`.
    pub init: Vec<String>,
    /// Whether the root's key is kept outside of the gateway, in [`World::root`].
    pub root_elsewhere: bool,
    /// What is added to the gateway's environment.
    pub gateway_environment: Vec<(String, String)>,
    /// What is added to the connector's environment.
    pub connector_environment: Vec<(String, String)>,
    /// How much the connector logs. A test wants to see everything; a benchmark what is the default.
    pub log_level: &'static str,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            warehouse: Warehouse::DuckDb,
            policy: policy(""),
            gateway_in: None,
            connector_in: None,
            connector_settings: String::new(),
            password_settings: None,
            source_settings: String::new(),
            gateway_settings: Vec::new(),
            init: Vec::new(),
            root_elsewhere: false,
            gateway_environment: Vec::new(),
            connector_environment: Vec::new(),
            log_level: "debug",
        }
    }
}

/// A policy for [`SOURCE`]: the strict profile, and `more` lines, such as `[categories]` with what is switched on.
#[must_use]
pub fn policy(more: &str) -> String {
    format!("source = \"{SOURCE}\"\nschema = \"analytics_elementary\"\nprofile = \"strict\"\n{more}\n")
}

/// The same with the profile `balanced`, which is the default.
#[must_use]
pub fn balanced_policy(more: &str) -> String {
    format!("source = \"{SOURCE}\"\nschema = \"analytics_elementary\"\n{more}\n")
}

/// A policy for [`SOURCE`] that holds nothing back, and `more` lines, such as a `[budget]`.
#[must_use]
pub fn open_policy(more: &str) -> String {
    let tables = elementary::schema().tables.iter();
    let sensitive: Vec<String> = tables
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| column.sensitivity != Sensitivity::None)
        .map(|(table, column)| format!("\"{}.{}\"", table.name, column.name))
        .collect();
    balanced_policy(&format!(
        "[categories]\nquery_logs = true\nfailed_rows_sample = true\n[columns]\nallow = [{}]\n{more}",
        sensitive.join(", ")
    ))
}

/// A running installation. It ends with the value.
#[derive(Debug)]
pub struct World<'a> {
    setup: Setup<'a>,
    /// The gateway's process; a test may kill it.
    pub gateway: Process,
    connector: Option<Process>,
    admin: Client,
    folder: TempDir,
}

impl<'a> World<'a> {
    /// Everything up to a tunnel that stands.
    ///
    /// # Errors
    /// When a step fails; the error carries what the program said.
    pub async fn start(setup: Setup<'a>) -> Result<Self> {
        let mut world = Self::start_gateway(setup).await?;
        let token = world.join_token().await?;
        world.join(&token).await?.succeeded()?;
        world.settle()?;
        world.restart_connector().await?;
        Ok(world)
    }

    /// A gateway with a customer account, and no connector.
    ///
    /// # Errors
    /// When a step fails; the error carries what the program said.
    pub async fn start_gateway(setup: Setup<'a>) -> Result<Self> {
        let folder = paths::scratch("world")?;
        init(&setup, folder.path()).await?;
        let mut gateway = serve(&setup, folder.path())?;
        ready(&mut gateway, &folder.path().join("gateway")).await?;
        let admin = admin(folder.path())?;
        admin
            .post("/v1/tenants", &json!({ "tenant": TENANT }))
            .await?
            .json()?;
        Ok(Self {
            setup,
            gateway,
            connector: None,
            admin,
            folder,
        })
    }

    /// The connector's process; a test may kill it.
    ///
    /// # Errors
    /// When none was started.
    pub fn connector(&mut self) -> Result<&mut Process> {
        self.connector.as_mut().context("no connector was started")
    }

    /// The connector's process, to look at.
    ///
    /// # Errors
    /// When none was started.
    pub fn running_connector(&self) -> Result<&Process> {
        self.connector.as_ref().context("no connector was started")
    }

    /// Runs `connector join` with a token on standard input; a refusal is in what it printed.
    ///
    /// # Errors
    /// When the program does not run.
    pub async fn join(&self, token: &str) -> Result<Finished> {
        let launch =
            Launch::new(&paths::program("connector")?).args(["join", "--token-file", "-", "--state"]);
        let launch = launch.args([self.folder.path().join("connector").display().to_string()]);
        let launch = launch.input(format!("{token}\n"));
        let launch = match self.setup.connector_in {
            Some(namespace) => launch.inside(namespace),
            None => launch,
        };
        launch.run().await
    }

    /// Writes the connector's settings and policy, once it has joined.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn settle(&self) -> Result<()> {
        settle(&self.setup, self.folder())
    }

    /// Where the state folders and the logs are: `gateway`, `connector`, `*.log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the root's key is, if it is kept outside of the gateway.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The policy file in force: write to it to change it.
    #[must_use]
    pub fn policy_file(&self) -> PathBuf {
        self.folder.path().join("connector/policy.toml")
    }

    /// The administrator of the installation.
    #[must_use]
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// A new caller that may query [`TENANT`].
    ///
    /// # Errors
    /// When the gateway makes no token.
    pub async fn caller(&self) -> Result<Client> {
        let path = format!("/v1/tenants/{TENANT}/api-tokens");
        let made = self
            .admin
            .post(&path, &json!({ "name": "a test", "scopes": ["query"] }))
            .await?
            .json()?;
        let token = made
            .get("api_token")
            .and_then(Value::as_str)
            .context("no token in the answer")?;
        Ok(self.admin.clone().with_token(token))
    }

    /// A fresh join token for [`CONNECTOR`] of [`TENANT`].
    ///
    /// # Errors
    /// When the gateway makes none.
    pub async fn join_token(&self) -> Result<String> {
        join_token(&self.admin, TENANT, CONNECTOR).await
    }

    /// Enrols another connector than the world's own, into this state folder.
    ///
    /// # Errors
    /// When the gateway makes no token, or the connector does not join.
    pub async fn enrol(&self, tenant: &str, connector: &str, state: &Path) -> Result<()> {
        let token = join_token(&self.admin, tenant, connector).await?;
        Launch::new(&paths::program("connector")?)
            .args(["join", "--token-file", "-", "--state"])
            .args([state.display().to_string()])
            .input(format!("{token}\n"))
            .run()
            .await?
            .succeeded()
            .map(drop)
    }

    /// Waits until the gateway lists a tunnel of the connector, and gives that entry of the list.
    ///
    /// # Errors
    /// When there is none within `limit`.
    pub async fn tunnel(&self, limit: Duration) -> Result<Value> {
        let path = format!("/v1/tenants/{TENANT}/connectors");
        wait::until("a tunnel", limit, async || {
            let list = self.admin.get(&path).await.ok()?.json().ok()?;
            list.get("items")?
                .as_array()?
                .iter()
                .find(|c| c.pointer("/tunnels/0").is_some())
                .cloned()
        })
        .await
    }

    /// Starts the connector, again if it ran, with the same state, and waits for its tunnel.
    ///
    /// # Errors
    /// When no tunnel comes up.
    pub async fn restart_connector(&mut self) -> Result<()> {
        // The one before has to be gone: a state folder has one connector.
        self.connector = None;
        self.connector = Some(run(&self.setup, self.folder.path())?);
        self.tunnel(UP).await.map(drop)
    }

    /// Joins and writes the connector's settings, without starting it.
    ///
    /// # Errors
    /// When a step fails; the error carries what the program said.
    pub async fn prepare_connector(&self) -> Result<()> {
        let token = self.join_token().await?;
        self.join(&token).await?.succeeded()?;
        settle(&self.setup, self.folder())
    }

    /// Starts the connector and waits for nothing: its gateway may be another than this world's.
    ///
    /// # Errors
    /// When it does not start.
    pub fn launch_connector(&mut self) -> Result<()> {
        self.connector = Some(run(&self.setup, self.folder.path())?);
        Ok(())
    }

    /// Where the gateway's listener of this name is: `tunnel`, `api`, `redirect`, `operations`.
    ///
    /// # Errors
    /// When it has not written that down.
    pub fn listener(&self, name: &str) -> Result<SocketAddr> {
        address(&self.folder.path().join("gateway"), name)
    }

    /// Starts the gateway again on the same ports, with the same state, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart_gateway(&mut self) -> Result<()> {
        self.gateway = serve(&self.setup, self.folder.path())?;
        ready(&mut self.gateway, &self.folder.path().join("gateway")).await
    }

    /// What a process shows on its operations listener: `/metrics`, `/healthz`, `/readyz`.
    ///
    /// # Errors
    /// When it is not reachable from the calling thread's network.
    pub async fn operations(&self, side: Side, path: &str) -> Result<String> {
        let address = address(&self.folder.path().join(side.name()), "operations")?;
        let answer = plain_get(address, path).await?;
        Ok(answer)
    }

    /// The lines of one side's audit log, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn audit(&self, side: Side) -> Result<Vec<Value>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path().join(side.name()).join("audit"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
        files.sort();
        let mut lines = Vec::new();
        for file in files {
            for line in fs::read_to_string(file)?.lines() {
                lines.push(serde_json::from_str(line)?);
            }
        }
        Ok(lines)
    }

    /// Fails when either side logged an error that contains none of `expected`.
    ///
    /// # Errors
    /// With the first such line.
    pub fn assert_no_errors_but(&self, expected: &[&str]) -> Result<()> {
        self.gateway.assert_no_errors_but(expected)?;
        self.connector
            .iter()
            .try_for_each(|connector| connector.assert_no_errors_but(expected))
    }
}

/// One of the two processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The cloud side.
    Gateway,
    /// The customer side.
    Connector,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Connector => "connector",
        }
    }
}

/// The path of queries to [`SOURCE`].
#[must_use]
pub fn query_path() -> String {
    format!("/v1/tenants/{TENANT}/sources/{SOURCE}/query")
}

/// The body of a catalogued query.
#[must_use]
pub fn query_body(name: &str, parameters: &Value) -> Value {
    json!({ "query": name, "parameters": parameters })
}

/// Asks one catalogued query, for an answer in the given media type.
///
/// # Errors
/// When the exchange breaks; a refusal is an answer.
pub async fn query(caller: &Client, name: &str, parameters: &Value, accept: &str) -> Result<Answer> {
    caller
        .send(
            Method::POST,
            &query_path(),
            accept,
            Some(&query_body(name, parameters)),
        )
        .await
}

async fn init(setup: &Setup<'_>, folder: &Path) -> Result<()> {
    let ip = setup
        .gateway_in
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |(_, ip)| ip);
    // Ports are chosen here and stay, so that a gateway comes back where its connectors look for it.
    let ports = if setup.gateway_in.is_some() {
        [443, 443, 80, 9090]
    } else {
        free_ports()?
    };
    let [tunnel, api, redirect, operations] = ports.map(|port| SocketAddr::new(ip, port).to_string());
    let state = folder.join("gateway");
    let arguments = [
        "init",
        "--host",
        &ip.to_string(),
        "--trust-domain",
        "tests.example",
    ]
    .map(str::to_owned);
    let listen = [
        ["--listen-tunnel".to_owned(), tunnel],
        ["--listen-api".to_owned(), api],
        ["--listen-redirect".to_owned(), redirect],
        ["--listen-operations".to_owned(), operations],
        ["--state".to_owned(), state.display().to_string()],
    ];
    let mut more = setup.init.clone();
    if setup.root_elsewhere {
        more.extend([
            "--root-key-to".to_owned(),
            folder.join("root").display().to_string(),
        ]);
    }
    let program = paths::program("gateway")?;
    Launch::new(&program)
        .args(arguments)
        .args(listen.concat())
        .args(more)
        .run()
        .await?
        .succeeded()?;
    let file = state.join("gateway.toml");
    let mut text = fs::read_to_string(&file)?;
    for (old, new) in &setup.gateway_settings {
        ensure!(text.contains(old), "gateway.toml has no {old:?}");
        text = text.replace(old, new);
    }
    Ok(fs::write(&file, text)?)
}

fn serve(setup: &Setup<'_>, folder: &Path) -> Result<Process> {
    // A file of an earlier process would be read as this one's.
    let _ = fs::remove_file(folder.join("gateway/run/addresses.json"));
    let launch = Launch::new(&paths::program("gateway")?);
    let launch = launch
        .args(["serve", "--state"])
        .args([folder.join("gateway").display().to_string()])
        .envs(&setup.gateway_environment);
    let launch = match setup.gateway_in {
        Some((namespace, _)) => launch.inside(namespace),
        None => launch,
    };
    launch.start(folder)
}

/// Waits until a gateway with this state folder is ready.
pub(crate) async fn ready(process: &mut Process, state: &Path) -> Result<()> {
    wait::until("the gateway to be ready", UP, async || {
        let address = address(state, "operations");
        let up = match address {
            Ok(address) => plain_get(address, "/readyz").await.is_ok(),
            Err(_) => false,
        };
        (up || !process.is_running()).then_some(())
    })
    .await?;
    ensure!(
        process.is_running(),
        "the gateway ended: {:?}",
        process.log().iter().map(|l| &l.text).collect::<Vec<_>>()
    );
    Ok(())
}

fn admin(folder: &Path) -> Result<Client> {
    let state = folder.join("gateway");
    let api = address(&state, "api")?;
    let token = fs::read_to_string(state.join("admin.token"))?;
    Ok(Client::new(api, &api.ip().to_string(), &state.join("ca.pem"))?.with_token(&token))
}

pub(crate) async fn join_token(admin: &Client, tenant: &str, connector: &str) -> Result<String> {
    let made = admin
        .post(
            &format!("/v1/tenants/{tenant}/join-tokens"),
            &json!({ "connector": connector }),
        )
        .await?
        .json()?;
    Ok(made
        .get("join_token")
        .and_then(Value::as_str)
        .context("no join token in the answer")?
        .to_owned())
}

/// Writes the connector's settings and policy.
fn settle(setup: &Setup<'_>, folder: &Path) -> Result<()> {
    let state = folder.join("connector");
    let warehouse = match setup.warehouse {
        Warehouse::DuckDb | Warehouse::DuckDbAt(_) => {
            let driver = paths::libduckdb()?;
            let file = match setup.warehouse {
                Warehouse::DuckDbAt(file) => file.to_owned(),
                _ => duckdb::shared()?,
            };
            format!(
                "kind = \"duckdb\"\ndatabase = {file:?}\ndriver = {driver:?}\ndriver_sha256 = \"{}\"\n",
                duckdb::locked_digest()?
            )
        }
        Warehouse::Postgres(cluster) => {
            let place = match &setup.password_settings {
                Some(place) => place.as_str(),
                None => {
                    let password = state.join("password");
                    fs::write(&password, READER_PASSWORD)?;
                    fs::set_permissions(&password, fs::Permissions::from_mode(0o600))?;
                    "password_file = \"password\""
                }
            };
            format!(
                "kind = \"postgres\"\nhost = \"{}\"\nport = {}\ndatabase = \"{DATABASE}\"\nuser = \"{READER}\"\n\
                 {place}\nca_file = {:?}\n",
                cluster.address(),
                cluster.port(),
                cluster.ca()
            )
        }
    };
    let (settings, level) = (&setup.connector_settings, setup.log_level);
    let text = format!(
        "{settings}\n[operations]\nlisten = \"127.0.0.1:0\"\n\n[log]\nformat = \"json\"\nlevel = \"{level}\"\n\n\
         [[source]]\nname = \"{SOURCE}\"\npolicy = \"policy.toml\"\n{}{warehouse}",
        setup.source_settings
    );
    fs::write(state.join("connector.toml"), text)?;
    Ok(fs::write(state.join("policy.toml"), &setup.policy)?)
}

fn run(setup: &Setup<'_>, folder: &Path) -> Result<Process> {
    let launch = Launch::new(&paths::program("connector")?);
    let launch = launch
        .args(["run", "--state"])
        .args([folder.join("connector").display().to_string()])
        .envs(&setup.connector_environment);
    let launch = match setup.connector_in {
        Some(namespace) => launch.inside(namespace),
        None => launch,
    };
    launch.start(folder)
}

/// An address that a running process wrote down.
pub(crate) fn address(state: &Path, name: &str) -> Result<SocketAddr> {
    let text = fs::read_to_string(state.join("run/addresses.json"))?;
    let all: Value = serde_json::from_str(&text)?;
    Ok(all
        .get(name)
        .and_then(Value::as_str)
        .with_context(|| format!("no address {name}"))?
        .parse()?)
}

/// The body of a plain HTTP answer with status 200.
pub(crate) async fn plain_get(address: SocketAddr, path: &str) -> Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(body.to_owned())
}

/// Four ports that were free a moment ago, the first of them for UDP.
fn free_ports() -> Result<[u16; 4]> {
    // Tunnels have the same number over UDP and over TCP.
    let both = (0..16).find_map(|_| {
        let tcp = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        let udp = std::net::UdpSocket::bind(tcp.local_addr().ok()?).ok()?;
        Some((tcp, udp))
    });
    let (_tcp, udp) = both.context("no port is free over both UDP and TCP")?;
    let tcp = [0; 3].map(|_| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let mut ports = [udp.local_addr()?.port(), 0, 0, 0];
    for (port, listener) in ports.iter_mut().skip(1).zip(tcp) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}
