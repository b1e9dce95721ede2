//! PostgreSQL clusters of Debian's package with the real rows: TLS on, no password but over TLS, a role that may read
//! the Elementary schema and nothing else.
//!
//! A test gets a *cluster* of its own and may kill it, change roles or drop tables: roles belong to a cluster, so a
//! shared one would let tests meet. That is cheap because the loaded cluster is kept as a snapshot, and a copy of it
//! starts in well under a second.

use std::fs::{self, File, Permissions};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use crate::dataset::{self, Dialect, ELEMENTARY, Table};
use crate::netns::Namespace;
use crate::process::{Launch, Process};
use crate::{paths, wait};

/// The database that holds the Elementary schema and the raw schemas.
pub const DATABASE: &str = "warehouse";

/// The role with SELECT on every table of the Elementary schema and no other right.
pub const READER: &str = "elementary_reader";

/// Its password: known to all, so it is only good on clusters of these tests.
pub const READER_PASSWORD: &str = "reader-of-a-test-cluster";

/// The role that owns every table, as dbt's does.
pub const OWNER: &str = "dbt";

/// Part of the snapshot's name: a change of how snapshots are made here makes the old ones unused.
const RECIPE: &str = "2";

/// A start after a crash replays the log first; two minutes are far beyond any of it.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A cluster that runs. It stops with the value.
#[derive(Debug)]
pub struct Cluster {
    /// Behind a lock, so that a test may kill a server that a world reads from.
    process: Mutex<Option<Process>>,
    server: Server,
    // Last, so that the process is gone before its files. The lock is on a snapshot that runs in place.
    _files: Files,
}

#[derive(Debug)]
enum Files {
    Own { _folder: TempDir },
    Shared { _folder: TempDir, _lock: File },
}

#[derive(Debug)]
struct Server {
    folder: PathBuf,
    data: PathBuf,
    address: IpAddr,
    port: u16,
}

impl Cluster {
    /// A cluster with the real rows, on loopback.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_copy(None, IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    /// The same inside a network namespace, on one of its addresses, at port 5432.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_inside(namespace: &Namespace, address: IpAddr) -> Result<Self> {
        Self::start_copy(Some(namespace), address).await
    }

    /// A cluster with `rows` benchmark rows in `analytics_elementary.data_monitoring_metrics` and nothing else. Made once
    /// and started in place, one test at a time: do not write to it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_bench(rows: u32, namespace: Option<&Namespace>, address: IpAddr) -> Result<Self> {
        let lock = lock(&format!("pg-bench-{rows}"))?;
        let data = snapshot(Content::Bench { rows }).await?;
        let folder = server_folder()?;
        let server = Server::prepare(folder.path(), data, address, namespace.is_some())?;
        let process = server.run(namespace).await?;
        Ok(Self {
            process: Mutex::new(Some(process)),
            server,
            _files: Files::Shared {
                _folder: folder,
                _lock: lock,
            },
        })
    }

    async fn start_copy(namespace: Option<&Namespace>, address: IpAddr) -> Result<Self> {
        let snapshot = snapshot(Content::Elementary).await?;
        let folder = server_folder()?;
        let data = folder.path().join("data");
        run(Command::new("cp")
            .args(["-a", "--reflink=auto"])
            .arg(&snapshot)
            .arg(&data))?;
        let server = Server::prepare(folder.path(), data, address, namespace.is_some())?;
        let process = server.run(namespace).await?;
        Ok(Self {
            process: Mutex::new(Some(process)),
            server,
            _files: Files::Own { _folder: folder },
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.server.address
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The CA of its certificate, PEM. The certificate is for `localhost` and for [`Self::address`].
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.server.folder.join("ca.pem")
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.server.folder.join("postgres.log")
    }

    /// A session of the superuser on `database`, over a socket that only the tests can reach.
    ///
    /// # Errors
    /// When the server is not there.
    pub async fn admin(&self, database: &str) -> Result<Session> {
        self.server.admin(database).await
    }

    /// Kills the server with SIGKILL, as the kernel's out-of-memory killer would. Its sessions notice and end.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> Result<()> {
        self.lock().take().context("PostgreSQL does not run")?.kill()
    }

    /// Starts it again, on the same port, after [`Self::kill`].
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&self, namespace: Option<&Namespace>) -> Result<()> {
        let process = self.server.run(namespace).await?;
        *self.lock() = Some(process);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(process) = self.lock().take() {
            stop(process, Signal::QUIT);
        }
    }
}

/// A client with its connection's task, which ends with it.
#[derive(Debug)]
pub struct Session {
    client: tokio_postgres::Client,
    _connection: JoinSet<()>,
}

impl std::ops::Deref for Session {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

impl Server {
    fn prepare(folder: &Path, data: PathBuf, address: IpAddr, own_network: bool) -> Result<Self> {
        // On the machine's own loopback a free port is picked, and freed for the server: two tests may meet in between,
        // then one start fails and says so.
        let port = if own_network {
            5432
        } else {
            TcpListener::bind((address, 0))?.local_addr()?.port()
        };
        certify(folder, address)?;
        Ok(Self {
            folder: folder.to_owned(),
            data,
            address,
            port,
        })
    }

    async fn run(&self, namespace: Option<&Namespace>) -> Result<Process> {
        let settings = [
            ("listen_addresses", self.address.to_string()),
            ("port", self.port.to_string()),
            ("unix_socket_directories", self.folder.display().to_string()),
            ("ssl", "on".to_owned()),
            (
                "ssl_cert_file",
                self.folder.join("server.pem").display().to_string(),
            ),
            (
                "ssl_key_file",
                self.folder.join("server.key").display().to_string(),
            ),
        ];
        // What a killed server leaves behind may hold its memory for a moment.
        wait::until("PostgreSQL to start", START_LIMIT, async || {
            let started = match launch(&self.data, &settings, &self.folder, namespace) {
                Ok(process) => self.ready(process).await,
                Err(error) => Err(error),
            };
            match started {
                Err(error) if error.to_string().contains("shared memory block") => None,
                started => Some(started),
            }
        })
        .await?
    }

    async fn ready(&self, mut process: Process) -> Result<Process> {
        wait::until("PostgreSQL to accept connections", START_LIMIT, async || {
            let up = self.admin("postgres").await.is_ok();
            (up || !process.is_running()).then_some(())
        })
        .await?;
        if !process.is_running() {
            let said: Vec<String> = process.log().into_iter().map(|l| l.text).collect();
            bail!("PostgreSQL ended while it started: {}", said.join("\n"));
        }
        Ok(process)
    }

    async fn admin(&self, database: &str) -> Result<Session> {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(&self.folder)
            .port(self.port)
            .user("postgres")
            .dbname(database);
        let (client, connection) = config.connect(NoTls).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // Its error is also the error of the statement under way.
            let _ = connection.await;
        });
        Ok(Session {
            client,
            _connection: tasks,
        })
    }
}

/// What a snapshot holds.
#[derive(Debug, Clone, Copy)]
enum Content {
    Elementary,
    Bench { rows: u32 },
}

/// The data folder of a stopped cluster with that content, made if need be.
async fn snapshot(content: Content) -> Result<PathBuf> {
    let version = Command::new(program("postgres")?)
        .arg("--version")
        .output()?
        .stdout;
    let mut hash = Sha256::new_with_prefix(dataset::digest()?);
    hash.update(version);
    hash.update(RECIPE);
    let key = hex::encode(hash.finalize().get(..8).unwrap_or_default());
    let name = match content {
        Content::Elementary => format!("pg-{key}"),
        Content::Bench { rows } => format!("pg-{key}-bench-{rows}"),
    };
    let _lock = lock(&name)?;
    let folder = paths::cache()?.join(name);
    let data = folder.join("data");
    if folder.join("complete").exists() {
        return Ok(data);
    }
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder)?;
    hand_over(&folder)?;
    let (command, arguments) = server_command(&program("initdb")?)?;
    let mut initdb = Command::new(command);
    initdb.args(arguments).arg("-D").arg(&data).args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    run(initdb.current_dir(&folder))?;
    // Local is the superuser's way in; the folder of its socket lets nobody else through.
    let hba = "local all postgres trust\nhostssl all all all scram-sha-256\nhostnossl all all all reject\n";
    fs::write(data.join("pg_hba.conf"), hba)?;

    let server = Server {
        folder: folder.clone(),
        data: data.clone(),
        address: Ipv4Addr::LOCALHOST.into(),
        port: 5432,
    };
    let settings = [
        ("listen_addresses", String::new()),
        ("unix_socket_directories", folder.display().to_string()),
        // Loading writes everything once; there is nothing to recover if it fails.
        ("max_wal_size", "4GB".to_owned()),
        ("autovacuum", "off".to_owned()),
    ];
    let process = server.ready(launch(&data, &settings, &folder, None)?).await?;
    match content {
        Content::Elementary => load(&folder)?,
        Content::Bench { rows } => load_bench(&folder, rows)?,
    }
    stop(process, Signal::INT);
    File::create(folder.join("complete"))?;
    Ok(data)
}

/// Loads the whole data set and makes the roles.
fn load(socket: &Path) -> Result<()> {
    psql(
        socket,
        "postgres",
        &format!("create role {OWNER} nologin; create database {DATABASE} owner {OWNER};"),
    )?;
    let mut script = format!("set role {OWNER};\n{}", dataset::definitions(Dialect::Postgres)?);
    for Table { schema, name, rows } in dataset::elementary()?.iter().chain(&dataset::raw()?) {
        // `header match` fails when a file's columns are not the table's. psql has no quoting for a shell inside a
        // string, so the path may hold neither kind of quote.
        let rows = rows
            .to_str()
            .filter(|p| !p.contains(['\'', '"', '\\']))
            .context("quotes in the path of the data")?;
        script += &format!(
            "\\copy {schema}.{name} from program 'gzip -dc \"{rows}\"' with (format csv, header match)\n"
        );
    }
    // As the package's documentation has it: everything in the schema, what tests left behind included. That the connector
    // serves less is its own doing.
    script += &format!(
        "reset role;\n{}grant select on all tables in schema {ELEMENTARY} to {READER};\n",
        reader()
    );
    script += "vacuum (freeze, analyze);\n";
    psql(socket, DATABASE, &script)
}

fn load_bench(socket: &Path, rows: u32) -> Result<()> {
    psql(socket, "postgres", &format!("create database {DATABASE};"))?;
    let file = paths::data().join("bench.sql");
    let script = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let grant = format!("grant select on {ELEMENTARY}.data_monitoring_metrics to {READER};\n");
    psql(
        socket,
        DATABASE,
        &format!("\\set rows {rows}\n{script}\n{}{grant}", reader()),
    )
}

/// The role of the connector, and what every role has through PUBLIC taken away.
fn reader() -> String {
    format!(
        "create role {READER} login nosuperuser nocreatedb nocreaterole noinherit password '{READER_PASSWORD}';\n\
         grant usage on schema {ELEMENTARY} to {READER};\n\
         revoke temporary on database {DATABASE} from public;\n\
         revoke create on schema public from public;\n"
    )
}

fn psql(socket: &Path, database: &str, script: &str) -> Result<()> {
    let mut psql = Command::new(program("psql")?);
    psql.arg("-h")
        .arg(socket)
        .args(["-p", "5432", "-U", "postgres", "-d", database]);
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
    psql.stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = psql.spawn().context("starting psql")?;
    if let Some(mut input) = child.stdin.take() {
        std::io::Write::write_all(&mut input, script.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn launch(
    data: &Path,
    settings: &[(&str, String)],
    logs: &Path,
    namespace: Option<&Namespace>,
) -> Result<Process> {
    let (program, mut arguments) = server_command(&program("postgres")?)?;
    arguments.extend(["-D".to_owned(), data.display().to_string()]);
    // Nothing here has to survive the machine.
    for (name, value) in settings
        .iter()
        .map(|(n, v)| (*n, v.as_str()))
        .chain([("fsync", "off"), ("jit", "off")])
    {
        arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    let launch = Launch::new(&program).named("postgres").args(arguments);
    let launch = match namespace {
        Some(namespace) => launch.inside(namespace),
        None => launch,
    };
    launch.start(logs)
}

/// Ends a server with a signal that it takes as an order to shut down, and waits: a killed server would leave its
/// sessions behind for a while.
fn stop(mut process: Process, how: Signal) {
    if process.signal(how).is_ok() {
        process.wait_blocking();
    }
}

/// A CA, and a certificate of the server by it, in `folder`.
fn certify(folder: &Path, address: IpAddr) -> Result<()> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name
        .push(rcgen::DnType::CommonName, "CA of a test cluster");
    let ca_key = KeyPair::generate()?;
    fs::write(folder.join("ca.pem"), ca.self_signed(&ca_key)?.pem())?;
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["localhost".to_owned(), address.to_string()])?;
    fs::write(folder.join("server.pem"), leaf.signed_by(&key, &issuer)?.pem())?;
    let secret = folder.join("server.key");
    fs::write(&secret, key.serialize_pem())?;
    fs::set_permissions(&secret, Permissions::from_mode(0o600))?;
    hand_over(&secret)
}

/// A folder for a server's socket, log and certificate, which only the server and root can enter.
fn server_folder() -> Result<TempDir> {
    let folder = paths::scratch("pg")?;
    hand_over(folder.path())?;
    Ok(folder)
}

/// The newest PostgreSQL of Debian's package, or the one in `TESTS_POSTGRES_BIN`.
fn program(name: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("TESTS_POSTGRES_BIN") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let versions =
                fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is missing: run tests/run.sh")?;
            let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
            let newest = versions.filter_map(|e| Some(e.ok()?.path())).max_by_key(version);
            newest
                .context("PostgreSQL is missing: run tests/run.sh")?
                .join("bin")
        }
    };
    Ok(folder.join(name))
}

/// PostgreSQL refuses to run as root: then it runs as the user of Debian's package.
fn server_user() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    // The package's own folder belongs to that user, whatever its number.
    let home = fs::metadata("/var/lib/postgresql").context("PostgreSQL is missing: run tests/run.sh")?;
    Ok(Some((home.uid(), home.gid())))
}

fn server_command(program: &Path) -> Result<(PathBuf, Vec<String>)> {
    let Some((uid, gid)) = server_user()? else {
        return Ok((program.to_owned(), Vec::new()));
    };
    let arguments = vec![
        format!("--reuid={uid}"),
        format!("--regid={gid}"),
        "--clear-groups".to_owned(),
        "--".to_owned(),
        program.display().to_string(),
    ];
    Ok((PathBuf::from("setpriv"), arguments))
}

fn hand_over(path: &Path) -> Result<()> {
    if let Some((uid, gid)) = server_user()? {
        chown(path, Some(uid), Some(gid)).with_context(|| format!("handing over {}", path.display()))?;
    }
    Ok(())
}

/// Held until the file is dropped, also across processes.
fn lock(name: &str) -> Result<File> {
    let file = File::create(paths::cache()?.join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
