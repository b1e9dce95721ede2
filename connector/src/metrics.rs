//! What an operator can measure, as a struct made with a registry that is passed in.
//!
//! No label holds text from a peer: labels are codes and reasons from closed lists, and the names of the sources that
//! stand in the customer's own settings.

mod paths;

use std::time::UNIX_EPOCH;

use certs::identity::CertificateFacts;
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, PullingGauge,
    Registry, core::Collector,
};
use proto::error::Code;
use tokio::runtime::Handle;

pub use self::paths::PathMetrics;
use crate::catalogue::InForce;
use crate::{audit::Kind, policy::Reason};

/// From a probe on an open tunnel (under half a millisecond) to the longest deadline (ten minutes).
const LATENCY_BUCKETS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
];

/// Every metric of one connector process.
#[derive(Debug)]
pub struct Metrics {
    /// `connector_tunnels`: tunnels that the gateway has welcomed and that are open.
    pub tunnels: IntGauge,
    /// What the paths of the tunnels are like.
    pub paths: PathMetrics,
    /// `connector_connects_total{result}`: attempts to open a tunnel: `ok`, a stable code, `unreachable`, `timeout`,
    /// `busy`, `tls`, `local`.
    pub connects: IntCounterVec,
    /// `connector_exchanges_total{code}`: queries by outcome: `ok` or a stable code.
    pub exchanges: IntCounterVec,
    /// `connector_questions_total{kind}`: questions that arrived: `catalogued`, `ad_hoc`, or `unreadable`.
    pub questions: IntCounterVec,
    /// `connector_exchange_seconds`: from a request's arrival to its trailer.
    pub seconds: Histogram,
    /// `connector_exchanges_running`: queries in progress.
    pub running: IntGauge,
    /// `connector_batches_in_flight`: batches that were sent and not yet taken by the gateway's callers.
    pub in_flight: IntGauge,
    /// `connector_rows_total`: rows sent.
    pub rows: IntCounter,
    /// `connector_bytes_total`: encoded bytes sent.
    pub bytes: IntCounter,
    /// `connector_probes_total`: probes answered.
    pub probes: IntCounter,
    /// `connector_refusals_total{reason}`: queries that the policy refused, by what stood against them.
    pub refusals: IntCounterVec,
    /// `connector_clock_skew_seconds`: how far the gateway's clock is ahead of this host's.
    pub skew: Gauge,
    /// `connector_certificate_expiry_seconds`: end of this connector's certificate, in seconds since 1970.
    pub certificate_expiry: IntGauge,
    /// `connector_trust_changes_total{result}`: roots that the gateway sent and that were new: `ok` or `refused`.
    pub trust_changes: IntCounterVec,
    /// `connector_renewals_total{result}`: attempts to renew the certificate: `ok` or `failed`.
    pub renewals: IntCounterVec,
    /// `connector_revoked`: 1 while the gateway says that this connector was revoked.
    pub revoked: IntGauge,
    /// `connector_catalogue_queries{state}`: the customer's own queries: `approved`, `pending`, `not_run`.
    pub own_queries: IntGaugeVec,
    /// `connector_catalogue_broken`: 1 while the list of approvals cannot be read and an older catalogue is in force.
    pub catalogue_broken: IntGauge,
    /// `connector_proposals_total{result}`: proposals of the gateway: `pending`, `approved`, or a stable code.
    pub proposals: IntCounterVec,
    /// `connector_policy_reloads_total{result}`: `replaced` or `broken`.
    pub policy_reloads: IntCounterVec,
    /// `connector_policy_broken{source}`: 1 while the file on disk has a mistake and an older policy is in force.
    pub policy_broken: IntGaugeVec,
    /// `connector_settings_reloads_total{result}`: readings of `connector.toml` while the connector runs: `taken` or `broken`.
    pub settings_reloads: IntCounterVec,
    /// `connector_settings_broken`: 1 while `connector.toml` has a mistake and older settings are in force.
    pub settings_broken: IntGauge,
    /// `connector_paused{source}`: 1 while the customer has paused the source, by its policy or by `connector pause`.
    pub paused: IntGaugeVec,
    /// `connector_excess_privileges{source}`: rights of the warehouse role that keep the source from being served.
    pub excess: IntGaugeVec,
    /// `connector_audit_failures_total`: records that could not be written or put on the disk.
    pub audit_failures: IntCounter,
    registry: Registry,
}

impl Metrics {
    /// Registers every metric with `registry`.
    ///
    /// # Errors
    /// If the registry holds one of the names already.
    pub fn new(registry: Registry) -> Result<Self, prometheus::Error> {
        let r = &registry;
        tasks(r)?;
        let counters = |name: &str, help: &str, label: &str| {
            register(r, IntCounterVec::new(Opts::new(name, help), &[label])?)
        };
        let counter = |name: &str, help: &str| register(r, IntCounter::new(name, help)?);
        let gauge = |name: &str, help: &str| register(r, IntGauge::new(name, help)?);
        let metrics = Self {
            tunnels: gauge("connector_tunnels", "Open tunnels")?,
            paths: PathMetrics::new(r)?,
            connects: counters(
                "connector_connects_total",
                "Attempts to open a tunnel by result",
                "result",
            )?,
            exchanges: counters("connector_exchanges_total", "Queries by outcome code", "code")?,
            questions: counters("connector_questions_total", "Questions by kind", "kind")?,
            seconds: register(
                r,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "connector_exchange_seconds",
                        "Seconds from a request to its trailer",
                    )
                    .buckets(LATENCY_BUCKETS.to_vec()),
                )?,
            )?,
            running: gauge("connector_exchanges_running", "Queries in progress")?,
            in_flight: gauge("connector_batches_in_flight", "Batches sent and not yet taken")?,
            rows: counter("connector_rows_total", "Rows sent")?,
            bytes: counter("connector_bytes_total", "Encoded bytes sent")?,
            probes: counter("connector_probes_total", "Probes answered")?,
            refusals: counters(
                "connector_refusals_total",
                "Queries refused by the policy, by reason",
                "reason",
            )?,
            skew: register(
                r,
                Gauge::new(
                    "connector_clock_skew_seconds",
                    "How far the gateway's clock is ahead, in seconds",
                )?,
            )?,
            certificate_expiry: gauge(
                "connector_certificate_expiry_seconds",
                "End of this connector's certificate, in seconds since 1970",
            )?,
            trust_changes: counters(
                "connector_trust_changes_total",
                "New roots that the gateway sent by result",
                "result",
            )?,
            renewals: counters(
                "connector_renewals_total",
                "Attempts to renew the certificate by result",
                "result",
            )?,
            revoked: gauge(
                "connector_revoked",
                "1 while the gateway says that this connector was revoked",
            )?,
            own_queries: register(
                r,
                IntGaugeVec::new(
                    Opts::new(
                        "connector_catalogue_queries",
                        "Queries of the customer's own by state",
                    ),
                    &["state"],
                )?,
            )?,
            catalogue_broken: gauge(
                "connector_catalogue_broken",
                "1 while the list of approved queries cannot be read",
            )?,
            proposals: counters(
                "connector_proposals_total",
                "Queries that the gateway proposed, by result",
                "result",
            )?,
            policy_reloads: counters(
                "connector_policy_reloads_total",
                "Reloads of a policy by result",
                "result",
            )?,
            settings_reloads: counters(
                "connector_settings_reloads_total",
                "Readings of connector.toml while the connector runs, by result",
                "result",
            )?,
            settings_broken: register(
                r,
                IntGauge::new(
                    "connector_settings_broken",
                    "1 while connector.toml has a mistake and older settings are in force",
                )?,
            )?,
            paused: register(
                r,
                IntGaugeVec::new(
                    Opts::new("connector_paused", "1 while the customer has paused the source"),
                    &["source"],
                )?,
            )?,
            policy_broken: register(
                r,
                IntGaugeVec::new(
                    Opts::new(
                        "connector_policy_broken",
                        "1 while the policy file on disk has a mistake",
                    ),
                    &["source"],
                )?,
            )?,
            excess: register(
                r,
                IntGaugeVec::new(
                    Opts::new(
                        "connector_excess_privileges",
                        "Rights of the warehouse role that keep the source from being served",
                    ),
                    &["source"],
                )?,
            )?,
            audit_failures: counter(
                "connector_audit_failures_total",
                "Audit records that could not be written",
            )?,
            registry,
        };
        // An alert on a rate needs the series before its first event.
        for reason in Reason::ALL {
            metrics.refusals.with_label_values(&[reason.name()]);
        }
        for kind in Kind::ALL {
            metrics.questions.with_label_values(&[kind.name()]);
        }
        for result in ["taken", "broken"] {
            metrics.settings_reloads.with_label_values(&[result]);
        }
        for result in ["replaced", "broken"] {
            metrics.policy_reloads.with_label_values(&[result]);
        }
        for result in ["ok", "refused"] {
            metrics.trust_changes.with_label_values(&[result]);
        }
        for result in ["ok", "failed"] {
            metrics.renewals.with_label_values(&[result]);
        }
        metrics.exchanges.with_label_values(&["ok"]);
        metrics.connects.with_label_values(&["ok"]);
        Ok(metrics)
    }

    /// The registry, for the operations listener.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Shows the end of the certificate in use.
    pub fn certificate(&self, facts: &CertificateFacts) {
        let end = facts.not_after.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.certificate_expiry
            .set(i64::try_from(end.as_secs()).unwrap_or(i64::MAX));
    }

    /// Counts a query that ended.
    pub fn exchange(&self, code: Option<Code>, seconds: f64) {
        self.exchanges
            .with_label_values(&[code.map_or("ok", Code::name)])
            .inc();
        self.seconds.observe(seconds);
    }

    /// Shows the customer's own queries.
    pub fn catalogue(&self, in_force: &InForce, broken: bool) {
        for (state, count) in [
            ("approved", in_force.approved().len()),
            ("pending", in_force.pending().len()),
            ("not_run", in_force.unfit().len()),
        ] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.own_queries.with_label_values(&[state]).set(count);
        }
        self.catalogue_broken.set(i64::from(broken));
    }

    /// Counts a refusal by the policy.
    pub fn refusal(&self, reason: Reason) {
        self.refusals.with_label_values(&[reason.name()]).inc();
    }
}

/// `connector_tasks`: tasks of the runtime in which somebody looks. They grow for good where one is left behind.
fn tasks(registry: &Registry) -> Result<(), prometheus::Error> {
    let alive = || Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    let gauge = PullingGauge::new(
        "connector_tasks",
        "Tasks of this process, each of a tunnel, a query or something that it does all the time",
        Box::new(move || alive() as f64),
    )?;
    registry.register(Box::new(gauge))
}

/// Registers a metric and hands it back.
fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> Result<M, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// Adds one to a gauge for as long as it lives.
#[derive(Debug)]
pub struct Held(IntGauge);

impl Held {
    /// Adds one.
    pub fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own_and_moves() {
        let registry = Registry::new();
        let metrics = Metrics::new(registry.clone()).expect("first time");
        assert!(Metrics::new(registry).is_err());
        metrics.exchange(Some(Code::RefusedByPolicy), 0.1);
        metrics.refusal(Reason::Category);
        assert_eq!(
            metrics.exchanges.with_label_values(&["refused_by_policy"]).get(),
            1
        );
        assert_eq!(metrics.refusals.with_label_values(&["category"]).get(), 1);
        let held = Held::new(&metrics.running);
        assert_eq!(metrics.running.get(), 1);
        drop(held);
        assert_eq!(metrics.running.get(), 0);
    }
}
