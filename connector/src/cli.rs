//! The command line: `connector join`, `run`, and what a customer wants to look at before and after.
//!
//! No secret is ever an argument. What a command prints is for people unless `--json` is given; errors go to standard
//! error and say what to do next.

mod catalogue;
mod doctor;
mod grants;
mod policy;
mod show;
mod status;
mod test;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use proto::{
    error::Code,
    id::{ConnectorId, TenantId},
};
use serde_json::json;

use self::{catalogue::CatalogueCommand, policy::PolicyCommand};
use crate::{
    app,
    config::{self, Config, StateFolder},
    identity::join::{self, JoinError, Joined, Wish},
    logging::Lines,
    policy::file,
    warehouse::render::Dialect,
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
    /// What was compared differs; what was looked at works and deserves a look.
    Differs = 5,
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
  3  the gateway refused; status: this connector was revoked
  4  the gateway cannot be reached, or says to try again later; status: there is no tunnel
  5  doctor: nothing fails, something is to be looked at; policy diff: something differs

Examples:
  connector join --state /var/lib/connector --token-file join.token
  connector grants --dialect postgres --database analytics --dbt-role dbt
  connector policy example > /var/lib/connector/policy.toml
  connector policy check /var/lib/connector/policy.toml
  connector policy diff /var/lib/connector/policy.toml new.toml
  connector pause --state /var/lib/connector
  connector status --state /var/lib/connector
  connector doctor --state /var/lib/connector
  connector run --state /var/lib/connector
  connector catalogue show read.dbt_models --rendered --dialect postgres
  connector catalogue approve owners.sql --state /var/lib/connector
  connector audit show --state /var/lib/connector --json";

/// The customer side of the tunnel: dials out to the gateway and answers what your policy allows.
#[derive(Debug, Parser)]
#[command(name = "connector", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn a join token into an identity.
    Join(JoinArgs),
    /// Run the connector.
    Run(StateArgs),
    /// How the connector that runs on a folder stands: its tunnel, or why it has none and when it tries again.
    Status(status::StatusArgs),
    /// Look at everything that the connector needs, and say what to do.
    Doctor(doctor::DoctorArgs),
    /// Print the statements that make the connector's role in the warehouse.
    Grants(grants::GrantsArgs),
    /// The named queries that this connector knows.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// What may be read.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Stop answering at once, queries that run included, until `resume`.
    Pause(StateArgs),
    /// Answer again.
    Resume(StateArgs),
    /// What was asked.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Args)]
struct StateArgs {
    /// The connector's folder: settings, identity, audit log.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connector join --state ./state --token-file join.token
  some-vault read join-token | connector join --state ./state --token-file - --name prod-1")]
struct JoinArgs {
    #[command(flatten)]
    state: StateArgs,
    /// File with the join token, or `-` for standard input.
    #[arg(long, value_name = "FILE|-")]
    token_file: PathBuf,
    /// The connector's name; needed where the token leaves it open.
    #[arg(long, value_name = "NAME")]
    name: Option<ConnectorId>,
    /// The tenant that you expect to join; refused where the token is for another.
    #[arg(long, value_name = "NAME")]
    tenant: Option<TenantId>,
    /// Replace the identity that is there.
    #[arg(long)]
    replace: bool,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Print the records and check that each continues the one before it.
    Show {
        #[command(flatten)]
        state: StateArgs,
        /// Print the records as they are, one JSON object for each line.
        #[arg(long)]
        json: bool,
    },
}

fn dialect(text: &str) -> Result<Dialect, String> {
    Dialect::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = Dialect::ALL.iter().map(|d| d.name()).collect();
        format!("choose one of: {}", known.join(", "))
    })
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Join(args) => join(args),
        Command::Run(args) => run(&args),
        Command::Status(args) => status::status(&args),
        Command::Doctor(args) => doctor::doctor(args),
        Command::Grants(args) => grants::grants(args),
        Command::Catalogue(command) => catalogue::run(command),
        Command::Policy(command) => policy::policy(command),
        Command::Pause(args) => policy::pause(&StateFolder::new(args.state)),
        Command::Resume(args) => policy::resume(&StateFolder::new(args.state)),
        Command::Audit(AuditCommand::Show { state, json }) => {
            show::audit(&StateFolder::new(state.state).audit(), json)
        }
    };
    exit.into()
}

/// Prints, unless the reader has gone.
fn print(text: &str) -> Exit {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

fn fail(error: &dyn std::fmt::Display) -> Exit {
    eprintln!("error: {error}");
    Exit::Failed
}

/// Threads for what never blocks: encoding has threads of its own, and the customer's host has other work to do. A query is
/// a chain of short steps, each of which wakes the next, and the fewer threads there are, the more of them are awake then.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).clamp(1, 4)
}

fn run(args: &StateArgs) -> Exit {
    let state = StateFolder::new(&args.state);
    let config = match Config::load(&state.config()) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    let lines = Lines::start(config.log_format, config.log_level);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(app::run(state, config, lines)) {
        Ok(()) => Exit::Done,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the connector stops");
            Exit::Failed
        }
    }
}

fn join(args: JoinArgs) -> Exit {
    let state = StateFolder::new(&args.state.state);
    let joined = join::read_token(&args.token_file).and_then(|token| {
        let proxies = config::proxies_before_joining(&state.config())
            .map_err(|error| JoinError::Settings(error.to_string()))?;
        let wish = Wish {
            proxies,
            token,
            tenant: args.tenant,
            name: args.name,
            replace: args.replace,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(JoinError::Unreadable)?;
        runtime.block_on(join::join(&state.identity(), wish))
    });
    match joined {
        Ok(joined) => announce(&state, &joined, args.json),
        Err(error) => {
            fail(&error);
            match error {
                JoinError::Refused { fault, .. } if fault.code.retryable() => Exit::Unreachable,
                JoinError::Refused { fault, .. } if fault.code == Code::Internal => Exit::Unreachable,
                JoinError::Refused { .. } => Exit::Refused,
                JoinError::Unreachable { .. } | JoinError::NotTheGateway { .. } => Exit::Unreachable,
                _ => Exit::Failed,
            }
        }
    }
}

fn announce(state: &StateFolder, joined: &Joined, as_json: bool) -> Exit {
    // The settings and a first policy, to be filled in; what is there stays.
    let mut made = Vec::new();
    for (path, text) in [
        (state.config(), config::TEMPLATE),
        (state.path().join("policy.toml"), file::EXAMPLE),
    ] {
        if !path.exists() {
            match crate::identity::write_private(&path, text.as_bytes()) {
                Ok(()) => made.push(path),
                Err(error) => return fail(&format!("{}: {error}", path.display())),
            }
        }
    }
    if let Some(warning) = joined.skew_warning() {
        eprintln!("warning: {warning} Set this host's clock, for instance with NTP.");
    }
    if as_json {
        let object = json!({
            "tenant": joined.tenant,
            "connector": joined.connector,
            "tunnel_address": joined.tunnel_address.to_string(),
            "clock_skew_ms": joined.skew_ms,
        });
        return print(&format!("{object}\n"));
    }
    let made: Vec<String> = made
        .iter()
        .map(|path| format!("Edit     {}\n", path.display()))
        .collect();
    print(&format!(
        "Joined   connector {} of tenant {}, identity in {}\nGateway  {}\n{}Then run `connector run --state {}`.\n",
        joined.connector,
        joined.tenant,
        state.identity().display(),
        joined.tunnel_address,
        made.concat(),
        state.path().display(),
    ))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_token_is_no_argument_and_a_dialect_is_known() {
        assert!(Cli::try_parse_from(["connector", "join", "--state", "s", "etj1_AAAA"]).is_err());
        let show = ["connector", "catalogue", "show", "q", "--rendered", "--dialect"];
        assert!(Cli::try_parse_from(show.into_iter().chain(["duckdb"])).is_ok());
        assert!(Cli::try_parse_from(show.into_iter().chain(["oracle"])).is_err());
        assert!(Cli::try_parse_from(["connector", "catalogue", "show", "q", "--rendered"]).is_err());
    }
}
