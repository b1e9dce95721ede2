//! The composition root: builds every room once and hands each what it needs.

use std::sync::Arc;

use crate::{
    auth::ApiTokens, clock::Clock, config::Config, drain::Drain, metrics::Metrics, store::SharedStore,
};

/// What the rooms share. Built once by [`crate::app`]; past that nothing is replaced, only used.
#[derive(Debug)]
pub struct AppState {
    /// The settings.
    pub config: Config,
    /// Where the time comes from.
    pub clock: Clock,
    /// What can be measured.
    pub metrics: Metrics,
    /// Where records are kept.
    pub store: SharedStore,
    /// API tokens: who is calling.
    pub tokens: ApiTokens,
    /// Whether work is still taken.
    pub drain: Drain,
}

/// The state as handlers and tasks hold it.
pub type Shared = Arc<AppState>;
