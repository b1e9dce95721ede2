//! Settings and files that are put in force without a restart: all of a change or nothing of it.
//!
//! On SIGHUP, and when one of the files has changed and stayed so for a look, everything is read and checked first; only then is it
//! put in force, by steps that cannot fail. A mistake anywhere leaves everything as it was, with an error in the log and a
//! metric, until the file is mended. What needs a restart is left as it was and named.
//!
//! | | in force |
//! |---|---|
//! | `[api]`, and the certificate and key that it names | at once, for new connections |
//! | `[oidc]`, and the roots that it names | at once; another provider once it has shown its keys |
//! | `log.filter` | at once, unless `GATEWAY_LOG` overrules it |
//! | `limits.rows`, `bytes`, `deadline_seconds`, `adhoc`, `tenant_exchanges` | for the next query |
//! | everything else | after a restart |
//!
//! The catalogue of this side is a part of the program; what customers approve comes over their tunnels and needs nothing.
//! What happened is in the log and in `run/reload.json`.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use certs::public::{MAX_PEM_BYTES, PublicCredential, PublicError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::signal::unix::Signal;
use tracing_subscriber::{EnvFilter, Registry, reload::Handle};

use crate::{
    app::Shared,
    clock::Clock,
    config::{ApiCertificate, Config, ConfigError},
    oidc::ProviderError,
};

/// Between two looks at the files. A look costs a call of the operating system for each of at most four.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// After a provider that could not be reached, which no file will tell of.
const RETRY_LOOKS: u32 = 15;

/// Why a change is not in force.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// `gateway.toml` has a mistake.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The API's certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The log filter makes no sense.
    #[error("`log.filter` is {filter:?}: {reason}")]
    Filter {
        /// As it was written.
        filter: String,
        /// Why.
        reason: String,
    },
    /// The identity provider cannot be used.
    #[error("[oidc] in gateway.toml: {0}")]
    Oidc(#[from] ProviderError),
}

/// The API's certificate by a public authority cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What they hold is not good.
    #[error("`api.certificate` is {path}: {source}")]
    Unfit {
        /// The file of certificates.
        path: PathBuf,
        /// Why.
        source: PublicError,
    },
}

/// Reads the API's certificate by a public authority, if the settings name one.
///
/// # Errors
/// [`CertificateError`].
pub fn api_certificate(config: &Config, clock: &Clock) -> Result<Option<PublicCredential>, CertificateError> {
    let Some(ApiCertificate { certificate, key }) = &config.api_certificate else {
        return Ok(None);
    };
    let chain = read(certificate, false)?;
    let key = zeroize::Zeroizing::new(read(key, true)?);
    let now = std::time::UNIX_EPOCH + clock.since_epoch();
    let credential = PublicCredential::from_pem(&chain, &key, &config.api_address.host, now);
    credential.map(Some).map_err(|source| CertificateError::Unfit {
        path: certificate.clone(),
        source,
    })
}

fn read(path: &Path, secret: bool) -> Result<String, CertificateError> {
    let text = || {
        use std::io::Read as _;
        let file = fs::File::open(path)?;
        // The group may read it: certificate tools and orchestrators hand files over that way.
        if secret && file.metadata()?.mode() & 0o007 != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "everybody can read this key; run `chmod o= FILE` on it",
            ));
        }
        let mut text = String::with_capacity(8 * 1024);
        file.take(MAX_PEM_BYTES as u64 + 1).read_to_string(&mut text)?;
        Ok(text)
    };
    text().map_err(|source| CertificateError::Read {
        path: path.to_owned(),
        source,
    })
}

/// What the log holds, which can be changed while it is written.
#[derive(Debug, Clone)]
pub struct LogFilter {
    handle: Handle<EnvFilter, Registry>,
    overruled: bool,
}

impl LogFilter {
    /// A filter in force; `overruled` if the environment chose it.
    pub fn new(handle: Handle<EnvFilter, Registry>, overruled: bool) -> Self {
        Self { handle, overruled }
    }

    fn put(&self, filter: EnvFilter) {
        // It only fails once the subscriber is gone, and with it everybody who could read of it.
        let _ = self.handle.reload(filter);
    }
}

/// `run/reload.json`: what became of the last change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When, in seconds since 1970.
    pub time: u64,
    /// `taken`, `unchanged` or `broken`.
    pub result: String,
    /// What is wrong, if it is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Keys whose new values are in force.
    pub taken: Vec<String>,
    /// Keys whose new values need a restart.
    pub restart: Vec<String>,
}

/// Watches the files, and puts changes in force.
#[derive(Debug)]
pub struct Reloader {
    state: Shared,
    log: LogFilter,
    /// What is in force.
    current: Config,
    seen: Vec<Stamp>,
    /// Stamps that differ, and were there at one look so far.
    changing: Option<Vec<Stamp>>,
    retry: Option<u32>,
}

/// Of one file; none if it is not there.
type Stamp = Option<(u64, u64, i64, i64, u64)>;

impl Reloader {
    /// Watches over what was started.
    pub fn new(state: Shared, log: LogFilter) -> Self {
        let current = state.config.clone();
        let seen = stamps(&current);
        Self {
            state,
            log,
            current,
            seen,
            changing: None,
            retry: None,
        }
    }

    /// Until the gateway stops.
    pub async fn run(mut self, mut hangup: Signal) {
        let drain = self.state.drain.clone();
        let watch = async {
            let mut looks = tokio::time::interval(LOOK_INTERVAL);
            looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                let asked = tokio::select! {
                    // Both arms are cancel-safe.
                    asked = hangup.recv() => asked.is_some(),
                    _ = looks.tick() => false,
                };
                if asked || self.has_changed() {
                    self.reload(asked).await;
                }
            }
        };
        tokio::select! {
            () = drain.stopping() => {}
            // A change is put in force without an await in between, so that ending here leaves no half of one.
            () = watch => {}
        }
    }

    /// Files that are being written one after the other are read once they have rested for a look.
    fn has_changed(&mut self) -> bool {
        if let Some(left) = &mut self.retry {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.retry = None;
                return true;
            }
        }
        let now = stamps(&self.current);
        if now == self.seen {
            self.changing = None;
            return false;
        }
        if self.changing.as_ref() == Some(&now) {
            self.changing = None;
            return true;
        }
        self.changing = Some(now);
        false
    }

    async fn reload(&mut self, asked: bool) {
        let metrics = self.state.metrics.reload.clone();
        // Before anything is read: what is written meanwhile is seen at the next look.
        self.seen = stamps(&self.current);
        let before = self.current.clone();
        let (result, report) = match self.take(asked).await {
            Ok((taken, restart)) => {
                self.retry = None;
                let result = if taken.is_empty() { "unchanged" } else { "taken" };
                metrics.broken.set(0);
                metrics
                    .waiting
                    .set(i64::try_from(restart.len()).unwrap_or(i64::MAX));
                tracing::info!(
                    result,
                    taken = taken.join(", "),
                    restart = restart.join(", "),
                    "the settings were read again"
                );
                (result, self.report(result, None, taken, restart))
            }
            Err(error) => {
                let transient = matches!(error, ReloadError::Oidc(_));
                self.retry = transient.then_some(RETRY_LOOKS);
                metrics.broken.set(1);
                tracing::error!(%error, "the new settings have a mistake; those before stay in force");
                (
                    "broken",
                    self.report("broken", Some(error.to_string()), Vec::new(), Vec::new()),
                )
            }
        };
        metrics.reloads.with_label_values(&[result]).inc();
        // Other files may be named now.
        if watched(&before) != watched(&self.current) {
            self.seen = stamps(&self.current);
        }
        if let Err(error) = self.write(&report) {
            tracing::warn!(%error, "run/reload.json cannot be written");
        }
    }

    /// Reads and checks everything, then puts it in force. The names of what is, and of what waits for a restart.
    async fn take(&mut self, asked: bool) -> Result<(Vec<&'static str>, Vec<&'static str>), ReloadError> {
        let state = &self.state;
        let wanted = Config::load(self.current.state.clone())?;
        let certificate = api_certificate(&wanted, &state.clock)?;
        let filter = EnvFilter::try_new(&wanted.log_filter).map_err(|error| ReloadError::Filter {
            filter: wanted.log_filter.clone(),
            reason: error.to_string(),
        })?;
        let oidc = state.oidc.prepare(wanted.oidc.as_ref(), asked).await?;

        let mut taken = Vec::new();
        let in_force = &mut self.current;
        if certificate != state.public.current() || wanted.api_certificate != in_force.api_certificate {
            taken.push("api");
            in_force.api_certificate.clone_from(&wanted.api_certificate);
            state.metrics.api_certificate(certificate.as_ref());
            state.public.replace(certificate);
        }
        if let Some(next) = oidc {
            if wanted.oidc != in_force.oidc || next.is_other {
                taken.push("oidc");
            }
            in_force.oidc.clone_from(&wanted.oidc);
            state.oidc.put(next);
        }
        if wanted.log_filter != in_force.log_filter && !self.log.overruled {
            taken.push("log.filter");
            in_force.log_filter.clone_from(&wanted.log_filter);
            self.log.put(filter);
        }
        let (old, new) = (&mut in_force.limits, &wanted.limits);
        let adjusted = [
            ("limits.rows", old.rows != new.rows),
            ("limits.bytes", old.bytes != new.bytes),
            ("limits.deadline_seconds", old.deadline != new.deadline),
            ("limits.adhoc", old.adhoc != new.adhoc),
            (
                "limits.tenant_exchanges",
                old.tenant_exchanges != new.tenant_exchanges,
            ),
        ];
        let adjusted: Vec<_> = adjusted.into_iter().filter(|(_, differs)| *differs).collect();
        if !adjusted.is_empty() {
            (old.rows, old.bytes, old.deadline) = (new.rows, new.bytes, new.deadline);
            (old.adhoc, old.tenant_exchanges) = (new.adhoc, new.tenant_exchanges);
            state.queries.adjust(new);
            taken.extend(adjusted.into_iter().map(|(key, _)| key));
        }
        Ok((taken, waiting(in_force, &wanted)))
    }

    fn report(
        &self,
        result: &str,
        error: Option<String>,
        taken: Vec<&'static str>,
        restart: Vec<&'static str>,
    ) -> Report {
        let owned = |keys: Vec<&'static str>| keys.into_iter().map(str::to_owned).collect();
        Report {
            time: self.state.clock.unix_seconds(),
            result: result.to_owned(),
            error,
            taken: owned(taken),
            restart: owned(restart),
        }
    }

    fn write(&self, report: &Report) -> io::Result<()> {
        let path = self.current.state.reload_report();
        let aside = path.with_extension("json.new");
        fs::write(&aside, serde_json::to_vec_pretty(report)?)?;
        fs::rename(&aside, &path)
    }
}

/// The keys whose values differ from what is in force, once everything was taken that can be.
fn waiting(in_force: &Config, wanted: &Config) -> Vec<&'static str> {
    let (old, new) = (&in_force.limits, &wanted.limits);
    let all = [
        ("node", in_force.node != wanted.node),
        ("trust_domain", in_force.trust_domain != wanted.trust_domain),
        ("hosts", in_force.hosts != wanted.hosts),
        ("public.api", in_force.api_address != wanted.api_address),
        ("public.tunnel", in_force.tunnel_address != wanted.tunnel_address),
        (
            "public.node_tunnel",
            in_force.node_tunnel_address != wanted.node_tunnel_address,
        ),
        ("listen", in_force.listen != wanted.listen),
        (
            "limits.tunnel_exchanges",
            old.tunnel_exchanges != new.tunnel_exchanges,
        ),
        ("limits.tunnels", old.tunnels != new.tunnels),
        (
            "limits.api_connections",
            old.api_connections != new.api_connections,
        ),
        ("limits.enrolments", old.enrolments != new.enrolments),
        (
            "limits.handshakes",
            old.handshakes.at_once != new.handshakes.at_once,
        ),
        (
            "limits.handshakes_per_second",
            old.handshakes.per_second != new.handshakes.per_second,
        ),
        ("tunnel.congestion", in_force.congestion != wanted.congestion),
        ("log.format", in_force.log_format != wanted.log_format),
        ("log.filter", in_force.log_filter != wanted.log_filter),
        ("audit.sync", in_force.audit_sync != wanted.audit_sync),
        ("seal", in_force.seal != wanted.seal),
        ("store", in_force.store != wanted.store),
        (
            "authority",
            in_force.authority_command != wanted.authority_command,
        ),
        ("stop.grace_seconds", in_force.grace != wanted.grace),
        (
            "certificates.connector_lifetime_seconds",
            in_force.certificate_lifetime != wanted.certificate_lifetime,
        ),
    ];
    let mut keys: Vec<_> = all
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect();
    // What this list has not heard of yet must not pass for taken.
    if keys.is_empty() && in_force != wanted {
        keys.push("other settings");
    }
    keys
}

fn watched(config: &Config) -> Vec<PathBuf> {
    let mut files = vec![config.state.config()];
    if let Some(ApiCertificate { certificate, key }) = &config.api_certificate {
        files.extend([certificate.clone(), key.clone()]);
    }
    files.extend(config.oidc.as_ref().and_then(|oidc| oidc.ca_file.clone()));
    files
}

fn stamps(config: &Config) -> Vec<Stamp> {
    let stamp = |path: &PathBuf| {
        // Through links, which is how orchestrators replace files.
        let found = fs::metadata(path).ok()?;
        Some((
            found.dev(),
            found.ino(),
            found.ctime(),
            found.ctime_nsec(),
            found.len(),
        ))
    };
    watched(config).iter().map(stamp).collect()
}
