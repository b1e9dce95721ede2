//! `connector doctor`: the report, and the exit code that tells it.

use std::io::IsTerminal as _;

use clap::Args;

use super::{Exit, StateArgs, fail, print};
use crate::{
    config::StateFolder,
    doctor::{Status, examine},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Each line says pass, WARN or FAIL, what was found, and what to do next. Nothing is changed, and no secret is printed. It may run
beside a running connector, whose tunnel it leaves alone.

Exit codes:
  0  everything passes
  1  something fails
  5  nothing fails, something is to be looked at

Examples:
  connector doctor --state /var/lib/connector
  connector doctor --state /var/lib/connector --json")]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn doctor(args: DoctorArgs) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    if std::io::stderr().is_terminal() {
        eprintln!("looking; some seconds where something does not answer …");
    }
    let report = runtime.block_on(examine(&StateFolder::new(args.state.state)));
    // A driver's thread or a name server that hangs must not hold up the report.
    runtime.shutdown_background();
    let text = if args.json {
        match serde_json::to_string(&report) {
            Ok(text) => text + "\n",
            Err(error) => return fail(&error),
        }
    } else {
        report.lines()
    };
    match (print(&text), report.status) {
        (Exit::Done, Status::Pass) => Exit::Done,
        (Exit::Done, Status::Warn) => Exit::Differs,
        (Exit::Done, Status::Fail) => Exit::Failed,
        (exit, _) => exit,
    }
}
