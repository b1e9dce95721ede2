//! `connector policy` and the customer's switch, `connector pause` and `connector resume`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::{Exit, fail, print, test};
use crate::{
    config::StateFolder,
    policy::{
        diff, explain,
        file::{self, Document},
        pause::Switch,
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Check a policy file and say what it means, table by table.
    Check {
        /// The file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what becomes visible, and what stops being so, from one file to another.
    ///
    /// Ends with 0 where both mean the same, with 5 where they differ, and with 1 where one has a mistake.
    Diff {
        /// The file in force.
        old: PathBuf,
        /// The file that would replace it.
        new: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a policy that explains itself, to start from.
    Example,
    /// Say of SQL statements whether they would be admitted, and as what.
    Test(test::TestArgs),
}

pub(super) fn policy(command: PolicyCommand) -> Exit {
    match command {
        PolicyCommand::Check { file, json } => check(&file, json),
        PolicyCommand::Diff { old, new, json } => compare(&old, &new, json),
        PolicyCommand::Example => print(file::EXAMPLE),
        PolicyCommand::Test(args) => test::test(&args),
    }
}

fn check(path: &Path, as_json: bool) -> Exit {
    let document = match Document::load(path) {
        Ok(document) => document,
        Err(error) => return fail(&error),
    };
    let explanation = explain::explain(&document);
    if as_json {
        return json(&explanation);
    }
    print(&explanation.sentences())
}

fn compare(old: &Path, new: &Path, as_json: bool) -> Exit {
    let (old, new) = match (Document::load(old), Document::load(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) | (_, Err(error)) => return fail(&error),
    };
    let difference = diff::diff(&old, &new);
    let printed = if as_json {
        json(&difference)
    } else {
        print(&difference.lines())
    };
    match printed {
        Exit::Done if !difference.is_empty() => Exit::Differs,
        printed => printed,
    }
}

fn json(value: &impl Serialize) -> Exit {
    match serde_json::to_string(value) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => fail(&error),
    }
}

/// Sets the switch.
pub(super) fn pause(state: &StateFolder) -> Exit {
    match switch(state).and_then(|switch| switch.set()) {
        Ok(()) => print(
            "Paused: no query runs, and those that run end within a second. `connector resume` ends the pause.\n",
        ),
        Err(error) => fail(&format!("{}: {error}", state.pause().display())),
    }
}

/// Clears it.
pub(super) fn resume(state: &StateFolder) -> Exit {
    match switch(state).and_then(|switch| switch.clear()) {
        Ok(()) => print("Resumed: queries run again, as far as each policy allows.\n"),
        Err(error) => fail(&format!("{}: {error}", state.pause().display())),
    }
}

/// The switch of a folder that a connector runs from: a pause of a misspelt folder would pause nothing.
fn switch(state: &StateFolder) -> std::io::Result<Switch> {
    if !state.config().try_exists()? {
        return Err(std::io::Error::other(
            "this is not the folder of a connector: it has no connector.toml; name the one that `connector run` is given",
        ));
    }
    Ok(Switch::new(state.pause()))
}
