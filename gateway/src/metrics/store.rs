//! The store, as this node meets it.

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::{
    MetricsError,
    data_path::{counters, gauge},
    register,
};

/// Calls of the store.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    /// `gateway_store_seconds{operation}`: calls by `get`, `put`, `swap`, `delete`, `range`, `watch`, `grant`, `keep_alive`
    /// and `revoke`, whatever came of them.
    pub seconds: HistogramVec,
    /// `gateway_store_failures_total{operation, reason}`: calls that failed: `unavailable`, `overloaded`, `lease_gone`,
    /// `refused` (what was asked is out of bounds), `failed`.
    pub failures: IntCounterVec,
    /// `gateway_store_reachable`: 1 if the last call was answered, else 0.
    pub reachable: IntGauge,
    watches: IntCounterVec,
}

impl StoreMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let metrics = Self {
            seconds: register(
                registry,
                HistogramVec::new(
                    // A read takes under a millisecond, a flush some, a change of etcd's leader seconds.
                    HistogramOpts::new("gateway_store_seconds", "Calls of the store by operation")
                        .buckets(vec![0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]),
                    &["operation"],
                )?,
            )?,
            failures: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "gateway_store_failures_total",
                        "Calls of the store that failed, by operation and reason",
                    ),
                    &["operation", "reason"],
                )?,
            )?,
            reachable: gauge(
                registry,
                "gateway_store_reachable",
                "1 if the store answered the last call, else 0",
            )?,
            watches: counters(
                registry,
                "gateway_store_watches_total",
                "Watches on the store that had to be opened again, or lost changes",
                "result",
            )?,
        };
        metrics.reachable.set(1);
        for result in ["reopened", "lost"] {
            metrics.watches(result);
        }
        Ok(metrics)
    }

    /// `gateway_store_watches_total{result}`: watches that were opened again where they had stopped (`reopened`), or could
    /// not be, so that what is watched was read anew (`lost`).
    pub fn watches(&self, result: &'static str) -> IntCounter {
        self.watches.with_label_values(&[result])
    }
}
