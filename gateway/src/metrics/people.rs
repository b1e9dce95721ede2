//! Sign-ins of people.

use prometheus::{IntCounterVec, IntGauge, Registry};

use super::{
    MetricsError,
    data_path::{counters, gauge},
};

/// Sign-ins with the identity provider.
#[derive(Debug, Clone)]
pub struct OidcMetrics {
    /// `gateway_sign_ins_total{result}`: tokens of people that were shown: `ok`, or why one was refused.
    pub sign_ins: IntCounterVec,
    /// `gateway_oidc_refreshes_total{result}`: fetches of the provider's keys: `ok`, `failed`.
    pub refreshes: IntCounterVec,
    /// `gateway_oidc_keys_timestamp_seconds`: when the keys in force were fetched, in seconds since 1970; 0 for never.
    pub keys_fetched: IntGauge,
}

impl OidcMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            sign_ins: counters(
                registry,
                "gateway_sign_ins_total",
                "Tokens of people that were shown, by outcome",
                "result",
            )?,
            refreshes: counters(
                registry,
                "gateway_oidc_refreshes_total",
                "Fetches of the identity provider's keys by result",
                "result",
            )?,
            keys_fetched: gauge(
                registry,
                "gateway_oidc_keys_timestamp_seconds",
                "When the identity provider's keys in force were fetched, in seconds since 1970",
            )?,
        })
    }
}
