//! The identity provider: its document about itself, and its keys in force.
//!
//! Keys are fetched at start, once an hour, and when a token names one that is not known. The last is what makes a rotation
//! seamless, and what a stranger could use to make this gateway call the provider as often as they like: so it spends from
//! a small budget, requests that come while one is under way share it, and past the budget they are refused at once. A
//! fetch that fails leaves the keys before it in force.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Semaphore;

use super::{
    https::{Https, HttpsError, HttpsUrl},
    keys::{Keys, KeysError},
    settings::Settings,
};
use crate::{clock::Clock, metrics::OidcMetrics};

/// How often the keys are fetched without a reason. A key that was withdrawn is trusted that much longer at most.
const REFRESH_INTERVAL: Duration = Duration::from_secs(3_600);
/// After a fetch that failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// Fetches for unknown keys at once, and how long until one more may be made: a rotation needs one.
const BUDGET: u32 = 3;
/// See [`BUDGET`].
const BUDGET_INTERVAL: Duration = Duration::from_secs(30);
/// Requests that may wait for a fetch; the others are refused.
const MAX_WAITING: usize = 64;

/// Why the provider cannot be used.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// It cannot be reached.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// Its document about itself cannot be read.
    #[error("{url} is no discovery document: {reason}")]
    Document {
        /// Where it is.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The document is about somebody else.
    #[error(
        "the provider calls itself {found:?}, the settings say issuer = {configured:?}: write it the same, byte by byte"
    )]
    Issuer {
        /// In the document.
        found: String,
        /// In the settings.
        configured: String,
    },
    /// Its keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What a provider says about itself (OpenID Connect Discovery 1.0, section 3), as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    issuer: String,
    jwks_uri: HttpsUrl,
    /// Where people sign in.
    pub authorization_endpoint: HttpsUrl,
    /// Where codes become tokens.
    pub token_endpoint: HttpsUrl,
    /// Where a device asks for a code, if that is offered (RFC 8628).
    pub device_authorization_endpoint: Option<HttpsUrl>,
    /// Where a refresh token is ended, if that is offered (RFC 7009).
    pub revocation_endpoint: Option<HttpsUrl>,
}

/// Fetches a provider's document about itself and makes sure that it is about this issuer.
///
/// # Errors
/// [`ProviderError`].
pub async fn discover(https: &Https, issuer: &HttpsUrl) -> Result<Metadata, ProviderError> {
    let base = issuer.as_str().trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration");
    let document = |reason: String| ProviderError::Document {
        url: url.clone(),
        reason,
    };
    let address: HttpsUrl = url
        .parse()
        .map_err(|_| document("the address is too long".to_owned()))?;
    let text = https.get(&address).await?;
    let metadata: Metadata = serde_json::from_slice(&text).map_err(|e| document(e.to_string()))?;
    if metadata.issuer != issuer.as_str() {
        return Err(ProviderError::Issuer {
            found: metadata.issuer,
            configured: issuer.as_str().to_owned(),
        });
    }
    Ok(metadata)
}

/// A provider and its keys in force.
#[derive(Debug)]
pub(super) struct Provider {
    settings: Settings,
    https: Https,
    keys: RwLock<Option<Arc<Keys>>>,
    schedule: Mutex<Schedule>,
    /// One fetch at a time.
    fetching: tokio::sync::Mutex<()>,
    waiting: Semaphore,
}

#[derive(Debug, Clone, Copy, Default)]
struct Schedule {
    /// Fetches that ended, well or not.
    fetches: u64,
    /// When the next is due by itself; none for at once.
    due: Option<Duration>,
    /// Fetches for unknown keys, and when the first of them was.
    spent: u32,
    since: Duration,
}

impl Provider {
    /// A provider whose keys are not known yet.
    pub(super) fn new(settings: Settings) -> Result<Self, HttpsError> {
        Ok(Self {
            https: Https::new(settings.ca_file.as_deref())?,
            settings,
            keys: RwLock::default(),
            schedule: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            waiting: Semaphore::new(MAX_WAITING),
        })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The keys in force; none before the first were fetched.
    pub(super) fn keys(&self) -> Option<Arc<Keys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether these settings are about this provider, under the same roots.
    pub(super) fn is_at(&self, settings: &Settings, https: &Https) -> bool {
        self.settings.issuer == settings.issuer && self.https == *https
    }

    /// The same provider with the same keys under other rules.
    pub(super) fn with(&self, settings: Settings) -> Self {
        let schedule = *self.schedule();
        Self {
            settings,
            https: self.https.clone(),
            keys: RwLock::new(self.keys()),
            schedule: Mutex::new(schedule),
            fetching: tokio::sync::Mutex::default(),
            waiting: Semaphore::new(MAX_WAITING),
        }
    }

    /// Has the keys fetched at the next occasion.
    pub(super) fn make_due(&self) {
        self.schedule().due = None;
    }

    /// Fetches the keys if that is due, and says how long until it is again.
    pub(super) async fn refresh_if_due(&self, clock: &Clock, metrics: &OidcMetrics) -> Duration {
        let left = || {
            let due = self.schedule().due;
            due.map_or(Duration::ZERO, |due| due.saturating_sub(clock.monotonic()))
        };
        if left().is_zero() {
            // What failed is logged by it, and is tried again.
            let _ = self.refresh(clock, metrics).await;
        }
        left().max(Duration::from_millis(10))
    }

    /// Fetches the keys for a token whose key is not among them, if the budget allows.
    pub(super) async fn refresh_for_unknown(&self, clock: &Clock, metrics: &OidcMetrics) {
        let Ok(_place) = self.waiting.try_acquire() else {
            return;
        };
        let seen = self.schedule().fetches;
        // Whoever finds the budget empty waits only if a fetch is under way.
        if !self.has_budget(clock) && self.fetching.try_lock().is_ok() {
            return;
        }
        let _one = self.fetching.lock().await;
        if self.schedule().fetches != seen || !self.spend(clock) {
            return;
        }
        let _ = self.fetch(clock, metrics).await;
    }

    /// Fetches the keys. What fails is logged here.
    pub(super) async fn refresh(&self, clock: &Clock, metrics: &OidcMetrics) -> Result<(), ProviderError> {
        let _one = self.fetching.lock().await;
        self.fetch(clock, metrics).await
    }

    async fn fetch(&self, clock: &Clock, metrics: &OidcMetrics) -> Result<(), ProviderError> {
        let fetched = self.fetch_keys().await;
        let now = clock.monotonic();
        {
            let mut schedule = self.schedule();
            schedule.fetches += 1;
            schedule.due = Some(
                now + if fetched.is_ok() {
                    REFRESH_INTERVAL
                } else {
                    RETRY_INTERVAL
                },
            );
        }
        match fetched {
            Ok(keys) => {
                metrics.refreshes.with_label_values(&["ok"]).inc();
                let seconds = i64::try_from(clock.unix_seconds()).unwrap_or(i64::MAX);
                metrics.keys_fetched.set(seconds);
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
                tracing::info!(issuer = %self.settings.issuer, "the identity provider's keys were fetched");
                Ok(())
            }
            Err(error) => {
                metrics.refreshes.with_label_values(&["failed"]).inc();
                let kept = self.keys().is_some();
                tracing::error!(
                    %error,
                    issuer = %self.settings.issuer,
                    kept,
                    "the identity provider's keys cannot be fetched; those before stay in force"
                );
                Err(error)
            }
        }
    }

    async fn fetch_keys(&self) -> Result<Keys, ProviderError> {
        let metadata = discover(&self.https, &self.settings.issuer).await?;
        let text = self.https.get(&metadata.jwks_uri).await?;
        Ok(Keys::parse(&text)?)
    }

    fn has_budget(&self, clock: &Clock) -> bool {
        self.schedule().left(clock.monotonic()) > 0
    }

    fn spend(&self, clock: &Clock) -> bool {
        let mut schedule = self.schedule();
        if schedule.left(clock.monotonic()) == 0 {
            return false;
        }
        schedule.spent += 1;
        true
    }

    fn schedule(&self) -> std::sync::MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Schedule {
    /// What is left of the budget: one comes back with each interval.
    fn left(&mut self, now: Duration) -> u32 {
        if self.spent == 0 {
            self.since = now;
        }
        while self.spent > 0 && now.saturating_sub(self.since) >= BUDGET_INTERVAL {
            self.spent -= 1;
            self.since += BUDGET_INTERVAL;
        }
        BUDGET - self.spent
    }
}
