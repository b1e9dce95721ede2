//! The `gateway` program; see `gateway --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::main()
}
