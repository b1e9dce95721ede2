//! The command line: `gateway init`, `serve`, and the administration of a running gateway through its API.
//!
//! No secret is ever an argument: tokens come from files of mode 0600 and go to standard output or to new files of
//! that mode. What a command prints is for people unless `--json` is given; errors go to standard error and end with
//! what to do next.

mod ca;
mod catalogue;
mod drain;
mod init;
mod login;
mod open;
mod remote;
mod session;
mod table;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use proto::id::{ConnectorId, NodeId, QueryName, SourceId, TenantId, TrustDomain};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    app,
    clock::Clock,
    config::{Config, LogFormat, StateFolder},
    reload::LogFilter,
};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Exit {
    /// It did what it was asked.
    Done = 0,
    /// Something failed on this host.
    Failed = 1,
    // 2 is clap's own: the command line makes no sense.
    /// The gateway understood and said no.
    Refused = 3,
    /// The gateway cannot be reached, or says to try again later.
    Unreachable = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  failed on this host
  2  the command line makes no sense
  3  the gateway refused
  4  the gateway cannot be reached, or says to try again later

Examples:
  gateway init --state /var/lib/gateway --host gateway.example.com
  gateway serve --state /var/lib/gateway
  gateway login --api gateway.example.com:443 --ca ca.pem
  gateway tenant create acme --state /var/lib/gateway
  gateway token create --tenant acme --output join.token --state /var/lib/gateway
  gateway api-token create --tenant acme --name dashboards --scope query --output api.token --state /var/lib/gateway
  gateway connector list --tenant acme --json --state /var/lib/gateway
  gateway connector revoke prod-1 --tenant acme --state /var/lib/gateway
  gateway catalogue show tests.latest_status";

/// The cloud side of the tunnel: takes queries over HTTPS and sends them to customers' connectors.
#[derive(Debug, Parser)]
#[command(name = "gateway", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a state folder: settings, certificate authority, store, first administrator's token.
    Init(Box<InitArgs>),
    /// Run the gateway.
    Serve(ServeArgs),
    /// End a gateway on this host in order: it is not ready, its tunnels move, its queries end. Waits for that.
    Drain(drain::DrainArgs),
    /// Sign in to a gateway with the company's identity provider; the administration commands then go without a token.
    Login(LoginArgs),
    /// Sign out of a gateway.
    Logout(LogoutArgs),
    /// Customer accounts.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Join tokens, with which connectors enrol.
    #[command(subcommand)]
    Token(TokenCommand),
    /// API tokens, with which queries are sent.
    #[command(subcommand)]
    ApiToken(ApiTokenCommand),
    /// Connectors and their tunnels.
    #[command(subcommand)]
    Connector(ConnectorCommand),
    /// The key that the store's secrets are sealed under.
    #[command(subcommand)]
    Seal(SealCommand),
    /// The certificate authority: rotation, and a root that is kept elsewhere.
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// The named queries that this binary knows.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The folder that `gateway init` made.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gateway login --api gateway.example.com:443 --ca ca.pem
  gateway login --api gateway.example.com:443 --ca ca.pem --device
  gateway tenant list --api gateway.example.com:443
The session is kept in a file of mode 0600 under $XDG_STATE_HOME, or ~/.local/state.")]
struct LoginArgs {
    /// Host and port of the gateway's API.
    #[arg(long, value_name = "HOST:PORT")]
    api: String,
    /// PEM file of the roots to trust at the gateway. [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// PEM file of the roots to trust at the identity provider. [default: the system's]
    #[arg(long, value_name = "FILE")]
    provider_ca: Option<PathBuf>,
    /// Sign in on another device, by a code: for hosts without a browser.
    #[arg(long)]
    device: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct LogoutArgs {
    /// Host and port of the gateway's API.
    #[arg(long, value_name = "HOST:PORT")]
    api: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gateway init --state ./state --host 127.0.0.1 --listen-tunnel 127.0.0.1:0 --listen-api 127.0.0.1:0 \\
      --listen-redirect off --listen-operations 127.0.0.1:0
  gateway init --state /var/lib/gateway --host gateway.example.com --node b --kek a.kek --etcd https://etcd-1:2379 \\
      --etcd-ca etcd-ca.pem --etcd-certificate etcd.pem --etcd-key etcd.key
Port 0 takes a free port at every start; run/addresses.json in the state folder says which.
On etcd the first node makes the installation, and the others join it: they need a copy of the first one's file `kek`.")]
struct InitArgs {
    /// The folder to make; must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// DNS names and IP addresses of the API, the public one first.
    #[arg(long, value_name = "NAME_OR_IP", required = true, value_delimiter = ',')]
    host: Vec<String>,
    /// The installation's name in every identity; cannot be changed later. [default: the first host]
    #[arg(long, value_name = "DOMAIN")]
    trust_domain: Option<TrustDomain>,
    /// This process's name in certificates and logs.
    #[arg(long, value_name = "NAME", default_value = "node-1")]
    node: NodeId,
    /// Where tunnels arrive (UDP).
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:443")]
    listen_tunnel: std::net::SocketAddr,
    /// Where the API listens (HTTPS).
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:443")]
    listen_api: std::net::SocketAddr,
    /// Where plain HTTP is redirected to HTTPS; `off` for nowhere.
    #[arg(long, value_name = "ADDRESS|off", default_value = "[::]:80")]
    listen_redirect: init::Redirect,
    /// Where metrics and health are answered, without authentication.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    listen_operations: std::net::SocketAddr,
    /// Host and port of the API as seen from outside. [default: first host, port of --listen-api]
    #[arg(long, value_name = "HOST:PORT")]
    public_api: Option<String>,
    /// Host and port for tunnels as seen from outside. [default: first host, port of --listen-tunnel]
    #[arg(long, value_name = "HOST:PORT")]
    public_tunnel: Option<String>,
    /// Write the root and its key to this new folder, to be kept elsewhere, and keep no key of it here.
    #[arg(long, value_name = "DIR", conflicts_with = "root")]
    root_key_to: Option<PathBuf>,
    /// The root of another authority in PEM, for which gateway.toml's `authority.command` will issue certificates.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    #[command(flatten)]
    shared: init::SharedArgs,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

/// Where the gateway is, whom to believe there, and who is asking.
#[derive(Debug, Args)]
struct Remote {
    /// The state folder of a gateway on this host: gives the address, the CA and the administrator's token.
    #[arg(long, value_name = "DIR", required_unless_present = "api")]
    state: Option<PathBuf>,
    /// Host and port of the API.
    #[arg(long, value_name = "HOST:PORT")]
    api: Option<String>,
    /// PEM file of the roots to trust. [default: that of the session, or the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with the API token, mode 0600. [default: the session of `gateway login`]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make a customer account.
    Create {
        /// Its name: a-z, 0-9, '-' and '_', at most 64.
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// List customer accounts.
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Take a customer account out of service: its tunnels end within a second, and none is opened until it is restored.
    Revoke {
        /// Its name.
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// Put a revoked customer account back into service.
    Restore {
        /// Its name.
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// Set within how many days of their certificate's end connectors are approved again without an operator.
    Reapproval {
        /// The customer account.
        tenant: TenantId,
        /// The days, at most 90; `off` where an operator always decides.
        #[arg(long, value_name = "DAYS|off", value_parser = automatic_days)]
        automatic_days: AutomaticDays,
        #[command(flatten)]
        remote: Remote,
    },
    /// Delete a customer account with its tokens; refused while it has connectors.
    Delete {
        /// Its name.
        tenant: TenantId,
        /// Delete its connectors too: their tunnels end and they cannot come back.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a join token: good for one connector, once. It is printed, or written to a new file of mode 0600.
    Create {
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        /// The connector that it is for; needed to let an existing one enrol again.
        #[arg(long, value_name = "NAME")]
        connector: Option<ConnectorId>,
        /// Its life, such as 30m, 1h or 2d; at most 7d. [default: 1h]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<Duration>,
        /// Write the token to this new file instead of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List a customer account's join tokens, without their secrets.
    List {
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// End a join token before anybody has used it.
    Revoke {
        /// Its id, from the list.
        id: String,
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
}

/// When connectors are approved again without an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AutomaticDays(Option<u16>);

fn automatic_days(text: &str) -> Result<AutomaticDays, String> {
    if text == "off" {
        return Ok(AutomaticDays(None));
    }
    let days = text
        .parse()
        .map_err(|_| "write a number of days, or `off`".to_owned())?;
    Ok(AutomaticDays(Some(days)))
}

#[derive(Debug, Subcommand)]
enum ApiTokenCommand {
    /// Make an API token. It is printed, or written to a new file of mode 0600, and cannot be shown again.
    Create {
        /// The customer account that it is confined to.
        #[arg(long)]
        tenant: TenantId,
        /// What lists call it.
        #[arg(long)]
        name: String,
        /// What it allows.
        #[arg(long, required = true, value_delimiter = ',', value_parser = ["query", "enrol"])]
        scope: Vec<String>,
        /// A source that it is confined to; may be repeated. [default: all]
        #[arg(long, value_name = "SOURCE")]
        source: Vec<SourceId>,
        /// Its life, such as 12h or 90d. [default: until it is deleted]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<Duration>,
        /// Write the token to this new file instead of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List a customer account's API tokens, without their secrets.
    List {
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// End an API token: the next request with it is refused.
    #[command(visible_alias = "revoke")]
    Delete {
        /// Its id, from the list.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Subcommand)]
enum ConnectorCommand {
    /// List a customer account's connectors and their tunnels.
    List {
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// Revoke a connector: its tunnels end within a second, and only a join token in its name lets it back in.
    Revoke {
        /// Its name.
        connector: ConnectorId,
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
    /// Approve a connector again whose certificate ran out and that has asked for it.
    Approve {
        /// Its name.
        connector: ConnectorId,
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Subcommand)]
enum SealCommand {
    /// Make a new key in the key file and wrap the data keys under it. What they have sealed stays as it is. Keep a copy of
    /// the file afterwards. Key services rotate their keys themselves.
    Rotate {
        #[command(flatten)]
        remote: Remote,
    },
    /// Wrap the data keys under the present key: after another one was put into [seal] of gateway.toml, with the one before in
    /// a [[seal_former]], and after a key service has rotated its key.
    Rewrap {
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// List the named queries: those of this binary, or, with --tenant and --source, those of a source.
    List(CatalogueList),
    /// Propose a query to a customer. It cannot be asked until they approve it on their own host.
    Propose {
        /// A catalogue file: a header, then the query.
        file: PathBuf,
        /// The customer account.
        #[arg(long)]
        tenant: TenantId,
        /// The source whose connector is to run it.
        #[arg(long)]
        source: SourceId,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one: its parameters, columns, fingerprint and text.
    Show {
        /// Its name, such as tests.latest_status.
        query: QueryName,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Without a tenant nothing is asked of a gateway.
#[derive(Debug, Args)]
struct CatalogueList {
    /// The customer account.
    #[arg(long, requires = "source")]
    tenant: Option<TenantId>,
    /// The source.
    #[arg(long, requires = "tenant")]
    source: Option<SourceId>,
    /// The state folder of a gateway on this host.
    #[arg(long, value_name = "DIR", requires = "tenant")]
    state: Option<PathBuf>,
    /// Host and port of the API.
    #[arg(long, value_name = "HOST:PORT", requires = "tenant")]
    api: Option<String>,
    /// PEM file of the roots to trust.
    #[arg(long, value_name = "FILE", requires = "tenant")]
    ca: Option<PathBuf>,
    /// File with the API token, mode 0600.
    #[arg(long, value_name = "FILE", requires = "tenant")]
    token_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How every command ends: well, or with what to print and the code to exit with.
type Ended = Result<(), (anyhow::Error, Exit)>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Init(args) => init::run(&args).map_err(|error| (error.into(), Exit::Failed)),
        Command::Serve(args) => serve(args).map_err(|error| (error, Exit::Failed)),
        Command::Drain(args) => drain::run(&args),
        Command::Login(args) => login::login(&args),
        Command::Logout(args) => login::logout(&args),
        Command::Tenant(command) => remote::tenant(command),
        Command::Token(command) => remote::token(command),
        Command::ApiToken(command) => remote::api_token(command),
        Command::Connector(command) => remote::connector(command),
        Command::Seal(command) => remote::seal(command),
        Command::Ca(command) => ca::run(command),
        Command::Catalogue(command) => catalogue::run(command),
    };
    match result {
        Ok(()) => Exit::Done.into(),
        Err((error, exit)) => {
            eprintln!("error: {error:#}");
            exit.into()
        }
    }
}

/// Threads for what never blocks. A query is a chain of short steps, each of which wakes the next: on a thread that is
/// awake already a step costs microseconds, on one that sleeps a hundred. One core is left to the writers of the audit log
/// and to the system.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.saturating_sub(1).max(1)
}

fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config::load(StateFolder::new(args.state))?;
    let log = log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let running = app::start(config, Clock::system()).await?;
        running.until_signal(log).await
    });
    // What is still on the blocking pool is reads of the store: nothing to wait long for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    if let Err(error) = &ended {
        tracing::error!(%error, "the gateway ended");
    }
    Ok(ended?)
}

fn log(config: &Config) -> anyhow::Result<LogFilter> {
    let environment = std::env::var("GATEWAY_LOG").ok();
    let overruled = environment.is_some();
    let wanted = environment.unwrap_or_else(|| config.log_filter.clone());
    let filter = EnvFilter::try_new(&wanted).map_err(|error| {
        anyhow::anyhow!("the log filter {wanted:?} (GATEWAY_LOG or `log.filter`) makes no sense: {error}")
    })?;
    let (filter, handle) = tracing_subscriber::reload::Layer::new(filter);
    let registry = tracing_subscriber::registry().with(filter);
    // Standard error is for the log; standard output stays for answers.
    match config.log_format {
        LogFormat::Json => {
            // The list of spans holds the current one too.
            let lines = tracing_subscriber::fmt::layer().json().with_current_span(false);
            registry.with(lines.with_writer(std::io::stderr)).init();
        }
        LogFormat::Human => registry
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
            .init(),
    }
    Ok(LogFilter::new(handle, overruled))
}

/// A time such as `90s`, `30m`, `12h` or `7d`.
fn lifetime(text: &str) -> Result<Duration, String> {
    let remedy = "write a number and s, m, h or d, such as 30m";
    let unit = text.chars().last().ok_or(remedy)?;
    let seconds = match unit {
        's' => 1_u64,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(remedy.to_owned()),
    };
    let number: u64 = text
        .strip_suffix(unit)
        .and_then(|n| n.parse().ok())
        .ok_or(remedy)?;
    match number.checked_mul(seconds) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(remedy.to_owned()),
    }
}

/// `gateway init` on loopback with free ports, for the tests of the rooms behind it.
#[cfg(test)]
pub(crate) fn init_for_tests(state: &std::path::Path) -> Result<(), String> {
    let state = state.to_str().ok_or("a path in UTF-8")?;
    let free = "127.0.0.1:0";
    let line = [
        "gateway",
        "init",
        "--state",
        state,
        "--host",
        "127.0.0.1,localhost",
        "--trust-domain",
        "gw.test",
        "--listen-tunnel",
        free,
        "--listen-api",
        free,
        "--listen-redirect",
        free,
        "--listen-operations",
        free,
    ];
    match Cli::try_parse_from(line).map_err(|e| e.to_string())?.command {
        Command::Init(args) => init::make(&args).map_err(|e| e.to_string()),
        other => Err(format!("not init: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lifetimes_need_a_unit_and_must_not_be_zero() {
        assert_eq!(lifetime("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(lifetime("2d"), Ok(Duration::from_secs(172_800)));
        for bad in [
            "",
            "h",
            "1",
            "0m",
            "-1h",
            "1.5h",
            "1w",
            "999999999999999999d",
            "1é",
        ] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn administration_needs_a_state_folder_or_all_that_stands_in_for_it() {
        let parse = |args: &str| Cli::try_parse_from(args.split(' '));
        assert!(parse("gateway tenant list --state x").is_ok());
        assert!(parse("gateway tenant list --api h:1 --ca f --token-file t").is_ok());
        assert!(
            parse("gateway tenant list --api h:1 --ca f").is_ok(),
            "the session says who asks"
        );
        assert!(parse("gateway tenant list --ca f --token-file t").is_err());
        assert!(parse("gateway tenant list").is_err());
    }
}
