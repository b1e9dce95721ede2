//! Settings that change while the gateway runs.

use prometheus::{IntCounterVec, IntGauge, Registry};

use super::{
    MetricsError,
    data_path::{counters, gauge},
};

/// Changes of the settings.
#[derive(Debug, Clone)]
pub struct ReloadMetrics {
    /// `gateway_reloads_total{result}`: readings of the settings: `taken`, `unchanged`, `broken`.
    pub reloads: IntCounterVec,
    /// `gateway_settings_broken`: 1 while what is on the disk has a mistake, so that something older is in force.
    pub broken: IntGauge,
    /// `gateway_settings_waiting`: settings that are on the disk and need a restart.
    pub waiting: IntGauge,
}

impl ReloadMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let reloads = counters(
            registry,
            "gateway_reloads_total",
            "Readings of the settings while the gateway runs, by result",
            "result",
        )?;
        for result in ["taken", "unchanged", "broken"] {
            reloads.with_label_values(&[result]);
        }
        Ok(Self {
            reloads,
            broken: gauge(
                registry,
                "gateway_settings_broken",
                "1 while the settings on the disk have a mistake and older ones are in force",
            )?,
            waiting: gauge(
                registry,
                "gateway_settings_waiting",
                "Settings on the disk that need a restart",
            )?,
        })
    }
}
