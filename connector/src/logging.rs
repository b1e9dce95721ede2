//! The log, and the one setting that changes while the connector runs: which lines it holds.
//!
//! `connector.toml` is looked at like the policy files. Of a new version `log.level` is in force at once; what else differs needs
//! a restart, and is said. A file with a mistake changes nothing.

use std::{fs, io::IsTerminal as _, path::PathBuf, time::SystemTime};

use tracing_subscriber::{
    Layer as _, Registry,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    reload,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{Config, ConfigError, LogFormat, LogLevel, StateFolder},
    metrics::Metrics,
};

/// Which lines the log holds.
#[derive(Debug, Clone)]
pub struct Lines(reload::Handle<Targets, Registry>);

impl Lines {
    /// Starts the log, on standard error: standard output belongs to what commands print.
    pub fn start(format: LogFormat, level: LogLevel) -> Self {
        let (filter, handle) = reload::Layer::new(only(level));
        let layer = match format {
            LogFormat::Human => tracing_subscriber::fmt::layer()
                .with_ansi(std::io::stderr().is_terminal())
                .with_writer(std::io::stderr)
                .boxed(),
            LogFormat::Json => tracing_subscriber::fmt::layer()
                .json()
                .with_writer(std::io::stderr)
                .boxed(),
        };
        // A second subscriber is refused, which cannot be: the process has one command.
        let _ = tracing_subscriber::registry()
            .with(layer.with_filter(filter))
            .try_init();
        Self(handle)
    }

    fn set(&self, level: LogLevel) {
        // It only fails once the subscriber is gone, and with it everybody who could read of it.
        let _ = self.0.reload(only(level));
    }
}

/// Only our own lines: libraries may print what passes through them, rows and settings included.
fn only(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_target("connector", level)
}

/// Watches `connector.toml`.
#[derive(Debug)]
pub struct Watch {
    file: PathBuf,
    lines: Lines,
    in_force: Config,
    seen: Option<(SystemTime, u64)>,
}

/// What a look found.
#[derive(Debug)]
enum Look {
    Unchanged,
    /// The level is in force, and whether something else waits for a restart.
    Taken {
        waiting: bool,
    },
    Broken(ConfigError),
}

impl Watch {
    /// Over the settings that the connector was started with.
    pub fn new(state: &StateFolder, lines: Lines, in_force: Config) -> Self {
        let file = state.config();
        let seen = stamp(&file);
        Self {
            file,
            lines,
            in_force,
            seen,
        }
    }

    /// Looks at the file; `force` reads it although its time and size are as before.
    pub fn look(&mut self, force: bool, metrics: &Metrics) {
        match self.reload(force) {
            Look::Unchanged => {}
            Look::Taken { waiting } => {
                metrics.settings_reloads.with_label_values(&["taken"]).inc();
                metrics.settings_broken.set(0);
                tracing::info!(level = ?self.in_force.log_level, "connector.toml was read again: `log.level` is in force");
                if waiting {
                    tracing::warn!("connector.toml differs in more than `log.level`: that needs a restart");
                }
            }
            Look::Broken(error) => {
                metrics.settings_reloads.with_label_values(&["broken"]).inc();
                metrics.settings_broken.set(1);
                tracing::error!(%error, "connector.toml has a mistake; the settings before it stay in force");
            }
        }
    }

    fn reload(&mut self, force: bool) -> Look {
        // The stamp is taken before the bytes: a write in between is seen at the next look.
        let stamp = stamp(&self.file);
        if !force && stamp == self.seen {
            return Look::Unchanged;
        }
        self.seen = stamp;
        match Config::load(&self.file) {
            Err(error) => Look::Broken(error),
            Ok(wanted) => {
                self.in_force.log_level = wanted.log_level;
                self.lines.set(wanted.log_level);
                Look::Taken {
                    waiting: wanted != self.in_force,
                }
            }
        }
    }
}

/// Modification time and size; none where the file is not there.
fn stamp(file: &std::path::Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
