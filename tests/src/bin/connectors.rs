//! Runs many connectors in one process, each the real one from its settings to its tunnel, for a test of a fleet: hundreds
//! of processes would measure the machine.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use connector::app;
use connector::config::{Config, StateFolder};
use connector::logging::Lines;
use tokio::task::JoinSet;

const HELP: &str = "\
usage: connectors STATE...

Runs the connector of each state folder, as `connector run --state STATE` does, all in this process and with one log: that of
the first folder's settings. Ends when one of them ends, or with SIGTERM.

exit codes: 0 told to stop; 1 one of them failed; 2 wrong usage";

fn main() -> ExitCode {
    let states: Vec<String> = std::env::args().skip(1).collect();
    if states.is_empty() || states.iter().any(|state| state.starts_with('-')) {
        eprintln!("{HELP}");
        let asked = matches!(states.first().map(String::as_str), Some("-h" | "--help"));
        return if asked {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(2)
        };
    }
    match run(&states) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connectors: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(states: &[String]) -> Result<()> {
    let mut all = Vec::new();
    for state in states {
        let folder = StateFolder::new(state);
        let config = Config::load(&folder.config()).with_context(|| state.clone())?;
        all.push((state.clone(), folder, config));
    }
    let (_, _, first) = all.first().context("a state folder")?;
    let lines = Lines::start(first.log_format, first.log_level);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for (state, folder, config) in all {
            let lines = lines.clone();
            running.spawn(async move { (state, app::run(folder, config, lines).await) });
        }
        // A signal ends them all; the first end without one is the test's to see.
        while let Some(ended) = running.join_next().await {
            let (state, result) = ended?;
            if let Err(error) = result {
                bail!("{state}: {error:#}");
            }
        }
        Ok(())
    })
}
