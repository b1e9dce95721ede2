//! Sign-in with OpenID Connect: people show a token that their identity provider signed, and a rule of the settings gives
//! them a role.
//!
//! The gateway is a resource server and nothing else: it has no secret at the provider, sets no cookie, keeps no session.
//! It takes what the provider's published keys verify (OpenID Connect Core 1.0, Discovery 1.0; RFC 7515, 7517, 7519,
//! 8725), and asks the provider for nothing but those keys:
//!
//! - [`settings`]: `[oidc]` in `gateway.toml`;
//! - [`https`]: bounded requests over TLS;
//! - [`keys`]: which of the published keys are fit to verify what;
//! - [`provider`]: discovery, and the keys in force, refreshed on a schedule and for a key that is not known;
//! - [`verify`]: the token, step by step;
//! - [`session`]: the other side, `gateway login`.
//!
//! Called by the API for who is calling. What comes out is a [`crate::auth::Person`].

pub mod https;
mod keys;
mod provider;
pub mod session;
pub mod settings;
mod verify;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use proto::error::{Code, Fault};
use tokio::sync::Notify;

use crate::{auth::Caller, clock::Clock, drain::Drain, metrics::OidcMetrics};
use provider::Provider;
pub use provider::{Metadata, ProviderError, discover};
use settings::Settings;
use verify::Refusal;

/// When to try again while the provider's keys are missing.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Sign-in as it is set up now; nothing is accepted where it is not.
#[derive(Debug)]
pub struct Oidc {
    provider: RwLock<Option<Arc<Provider>>>,
    changed: Notify,
    clock: Clock,
    metrics: OidcMetrics,
}

/// Settings that were got ready to be put in force.
#[derive(Debug)]
pub struct Next {
    provider: Option<Arc<Provider>>,
    /// Whether it is another provider, or the same under other roots.
    pub is_other: bool,
}

impl Oidc {
    /// By the settings at start. The provider is asked later: that it is down must not keep the gateway from starting.
    ///
    /// # Errors
    /// If the settings name roots that cannot be used.
    pub fn new(
        settings: Option<&Settings>,
        clock: Clock,
        metrics: OidcMetrics,
    ) -> Result<Self, https::HttpsError> {
        let provider = settings.map(|s| Provider::new(s.clone())).transpose()?;
        Ok(Self {
            provider: RwLock::new(provider.map(Arc::new)),
            changed: Notify::new(),
            clock,
            metrics,
        })
    }

    /// The settings in force.
    pub fn settings(&self) -> Option<Settings> {
        self.provider().map(|provider| provider.settings().clone())
    }

    fn provider(&self) -> Option<Arc<Provider>> {
        self.provider
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Finds out who shows this token.
    ///
    /// # Errors
    /// `unauthenticated`, with what is wrong with it; `identity_provider_unavailable` if the provider's keys could not be
    /// fetched yet.
    pub async fn sign_in(&self, token: &str) -> Result<Caller, Fault> {
        let Some(provider) = self.provider() else {
            return Err(Fault::new(Code::Unauthenticated, "the token is not in force"));
        };
        let result = verify::verify(&provider, token, &self.clock, &self.metrics).await;
        let label = result.as_ref().map_or_else(Refusal::name, |_| "ok");
        self.metrics.sign_ins.with_label_values(&[label]).inc();
        result.map(Caller::person).map_err(|refusal| match refusal {
            Refusal::NoKeys => {
                Fault::new(Code::IdentityProviderUnavailable, refusal.to_string()).retry_after(RETRY_AFTER)
            }
            Refusal::Overage => Fault::new(Code::Forbidden, refusal.to_string()),
            refusal => Fault::new(Code::Unauthenticated, refusal.to_string()),
        })
    }

    /// Gets other settings ready. A provider that is not the one in force has to show its keys first; where only rules and
    /// bounds differ, the keys in force stay. None if nothing is to be done.
    ///
    /// # Errors
    /// Why they cannot be used; nothing has changed.
    pub async fn prepare(
        &self,
        settings: Option<&Settings>,
        asked: bool,
    ) -> Result<Option<Next>, ProviderError> {
        let current = self.provider();
        let (current, settings) = match (current, settings) {
            (None, None) => return Ok(None),
            (Some(_), None) => {
                return Ok(Some(Next {
                    provider: None,
                    is_other: true,
                }));
            }
            (current, Some(settings)) => (current, settings),
        };
        let https = https::Https::new(settings.ca_file.as_deref())?;
        if let Some(current) = &current
            && current.is_at(settings, &https)
        {
            if asked {
                current.make_due();
                self.changed.notify_one();
            }
            if current.settings() == settings {
                return Ok(None);
            }
            return Ok(Some(Next {
                provider: Some(Arc::new(current.with(settings.clone()))),
                is_other: false,
            }));
        }
        let next = Provider::new(settings.clone())?;
        next.refresh(&self.clock, &self.metrics).await?;
        Ok(Some(Next {
            provider: Some(Arc::new(next)),
            is_other: true,
        }))
    }

    /// Puts in force what was got ready.
    pub fn put(&self, next: Next) {
        *self.provider.write().unwrap_or_else(PoisonError::into_inner) = next.provider;
        self.changed.notify_one();
    }

    /// Keeps the provider's keys fresh until the gateway stops.
    pub async fn run(&self, drain: &Drain) {
        loop {
            let wait = match self.provider() {
                None => None,
                Some(provider) => Some(provider.refresh_if_due(&self.clock, &self.metrics).await),
            };
            let due = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // All arms are cancel-safe: nothing is under way in them.
                () = drain.stopping() => return,
                () = self.changed.notified() => {}
                () = due => {}
            }
        }
    }
}
