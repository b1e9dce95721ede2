//! `gateway drain`: ends the gateway of a state folder on this host in order, and waits until it has ended.
//!
//! It asks as a supervisor would, by SIGTERM: whoever may not send the process a signal may not drain it either.

use std::{fs, io, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{Ended, Exit, table};
use crate::{
    app::{AddressFile, dialable},
    config::{Config, StateFolder},
};

/// Between two looks whether the process is still there.
const LOOK: Duration = Duration::from_millis(100);

/// For the gateway to take a connection: it is on this host.
const CONNECT: Duration = Duration::from_secs(2);

/// Beyond what the settings allow for: the last records and the store.
const MARGIN: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gateway drain --state /var/lib/gateway
It returns when the process has ended: after cluster.settle_seconds and at most twice stop.grace_seconds. Under a supervisor that
starts it again, stop it by the supervisor: that drains too.")]
pub(super) struct DrainArgs {
    /// The state folder of the gateway, which runs on this host.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
}

pub(super) fn run(args: &DrainArgs) -> Ended {
    let failed = |error: anyhow::Error| (error, Exit::Failed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.into()))?;
    runtime.block_on(drain(args))
}

async fn drain(args: &DrainArgs) -> Ended {
    let failed = |error: anyhow::Error| (error, Exit::Failed);
    let folder = StateFolder::new(&args.state);
    let config = Config::load(folder.clone()).map_err(|error| failed(error.into()))?;
    let running = find(&folder).await.map_err(|error| (error, Exit::Unreachable))?;
    kill_process(running, Signal::TERM)
        .context("cannot signal the gateway; run this as its user, or as root")
        .map_err(failed)?;
    table::say(format_args!(
        "asked process {} to drain",
        running.as_raw_nonzero()
    ));
    let settle = config.cluster.map_or(Duration::ZERO, |cluster| cluster.settle);
    let until = Instant::now() + settle + 2 * config.grace + MARGIN;
    while test_kill_process(running).is_ok() {
        if Instant::now() > until {
            return Err(failed(anyhow::anyhow!(
                "the gateway has not ended in its time; its log says what it waits for, and a second SIGTERM ends it at once"
            )));
        }
        sleep(LOOK).await;
    }
    table::say(format_args!("drained: the gateway has ended"));
    Ok(())
}

/// The process of the folder's gateway. One that was killed leaves its file behind, and its number may be another's by now:
/// so somebody has to listen where the file says, and the process has to be a gateway.
async fn find(folder: &StateFolder) -> anyhow::Result<Pid> {
    let path = folder.addresses();
    let text = fs::read(&path).with_context(|| {
        format!(
            "no gateway runs on this folder: {} cannot be read",
            path.display()
        )
    })?;
    let file: AddressFile =
        serde_json::from_slice(&text).with_context(|| format!("{} is broken", path.display()))?;
    let connect = TcpStream::connect(dialable(file.operations));
    let Ok(Ok(_)) = timeout(CONNECT, connect).await else {
        bail!(
            "no gateway runs on this folder: nobody listens at {}",
            file.operations
        );
    };
    let pid = i32::try_from(file.pid).ok().and_then(Pid::from_raw);
    let pid = pid.with_context(|| format!("{} is broken", path.display()))?;
    ensure!(
        is_gateway(pid),
        "no gateway runs on this folder: process {} that its file names is another program",
        pid.as_raw_nonzero()
    );
    Ok(pid)
}

/// Whether the process runs a program of this one's name, which may have been replaced on the disk since. What may not be looked
/// at is left to the signal, which the system refuses too.
fn is_gateway(pid: Pid) -> bool {
    let program = |of: &str| fs::read_link(format!("/proc/{of}/exe"));
    let name = |path: PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(name.trim_end_matches(" (deleted)").to_owned())
    };
    match (program(&pid.as_raw_nonzero().to_string()), program("self")) {
        (Ok(its), Ok(own)) => name(its) == name(own),
        (Err(error), _) => error.kind() == io::ErrorKind::PermissionDenied,
        (Ok(_), Err(_)) => true,
    }
}
