//! What every process holds while nobody asks and nothing is broken: it must not grow.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::load::Load;
use super::{TUNNELS, Trio};
use crate::process::Process;
use crate::samples::Samples;
use crate::wait;

/// Idle connections, blocking threads and watches of another member end within this time.
const SETTLES: Duration = Duration::from_secs(30);

/// What is zero while nobody asks.
const RESTING: [&str; 6] = [
    "gateway_exchanges_in_flight",
    "gateway_batches_buffered",
    "gateway_batches_buffered_bytes",
    "gateway_tunnel_handshakes_pending",
    "connector_exchanges_running",
    "connector_batches_in_flight",
];

/// What one process holds.
#[derive(Debug, Clone)]
pub struct Holds {
    kind: &'static str,
    name: String,
    files: u64,
    threads: u64,
    tasks: u64,
    memory: u64,
}

impl Holds {
    fn of(kind: &'static str, name: &str, process: &Process, samples: &Samples) -> Result<Self> {
        Ok(Self {
            kind,
            name: name.to_owned(),
            files: process.open_files()? as u64,
            threads: process.threads()?,
            tasks: (samples.value("gateway_tasks") + samples.value("connector_tasks")) as u64,
            memory: process.memory()?.0,
        })
    }

    /// What it holds more of, by what is no chance, than any of its kind did before: each may have been started a moment ago.
    fn grown(&self, before: &[Self]) -> Option<String> {
        let most = |of: fn(&Self) -> u64| {
            let kin = before.iter().filter(|held| held.kind == self.kind).map(of);
            kin.max().unwrap_or(u64::MAX / 2)
        };
        let grown = self.files > most(|held| held.files) + 16
            || self.threads > most(|held| held.threads) + 8
            || self.tasks > most(|held| held.tasks) + 16
            || self.memory > most(|held| held.memory) / 4 * 5 + (16 << 20);
        grown.then(|| format!("grown: {self}"))
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            name,
            files,
            threads,
            tasks,
            memory,
        } = self;
        write!(
            f,
            "{kind} {name}: {files} files, {threads} threads, {tasks} tasks, {} MiB",
            memory >> 20
        )
    }
}

impl Trio<'_> {
    async fn holds(&self) -> Result<Vec<Holds>> {
        let mut all = Vec::new();
        for node in &self.nodes {
            let samples = Samples::parse(&node.operations("/metrics").await?)?;
            all.push(("node", node.name(), &node.process, samples));
        }
        for connector in &self.connectors {
            let samples = connector.samples().await?;
            all.push(("connector", &connector.name, &connector.process, samples));
        }
        for (kind, name, _, samples) in &all {
            for gauge in RESTING {
                let value = samples.value(gauge);
                ensure!(value == 0.0, "{kind} {name}: {gauge} is {value}");
            }
        }
        let held: f64 = all
            .iter()
            .map(|(.., samples)| samples.value("gateway_tunnels"))
            .sum();
        let tunnels = (TUNNELS * Self::CONNECTORS) as f64;
        ensure!(held == tunnels, "{held} tunnels and not {tunnels}");
        let holds = |(kind, name, process, samples)| Holds::of(kind, name, process, &samples);
        all.into_iter().map(holds).collect()
    }

    /// Lets the callers pause, and waits until nothing is in progress and no process holds more than `before`.
    ///
    /// # Errors
    /// With what still grows, or is in progress.
    pub async fn rest(&self, load: &Load, before: Option<&[Holds]>) -> Result<Vec<Holds>> {
        load.pause().await?;
        let mut why = String::new();
        let rest = wait::until("rest", SETTLES, async || {
            let now = match self.holds().await {
                Ok(now) => now,
                Err(error) => {
                    why = format!("{error:#}");
                    return None;
                }
            };
            let before = before.unwrap_or_default();
            let grown: Vec<_> = now.iter().filter_map(|now| now.grown(before)).collect();
            why = grown.join("; ");
            grown.is_empty().then_some(now)
        });
        let rest = rest.await.map_err(|error| error.context(why));
        load.resume();
        rest
    }
}
