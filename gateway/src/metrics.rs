//! What an operator can measure, as structs made with a registry that is passed in.
//!
//! No label holds text from a tenant or a peer: labels are codes, routes and kinds from closed lists, so that nobody
//! outside can make the number of series grow.

mod cluster;
mod data_path;
mod people;
mod reload;
mod store;

use std::time::UNIX_EPOCH;

use certs::public::PublicCredential;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, PullingGauge, Registry,
    core::Collector,
};
use proto::error::Code;
use thiserror::Error;
use tokio::runtime::Handle;

pub use cluster::ClusterMetrics;
pub use data_path::{AuditMetrics, QueryMetrics, TunnelMetrics};
pub use people::OidcMetrics;
pub use reload::ReloadMetrics;
pub use store::StoreMetrics;

/// A metric could not be registered; only two of the same name can cause it.
#[derive(Debug, Error)]
#[error("cannot register a metric: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// Every metric of one gateway process.
#[derive(Debug)]
pub struct Metrics {
    /// Requests to the API.
    pub api: ApiMetrics,
    /// Enrolments and certificates.
    pub fleet: FleetMetrics,
    /// Tunnels and their handshakes.
    pub tunnels: TunnelMetrics,
    /// Queries.
    pub queries: QueryMetrics,
    /// The audit log.
    pub audit: AuditMetrics,
    /// Sign-ins of people.
    pub oidc: OidcMetrics,
    /// The cluster.
    pub cluster: ClusterMetrics,
    /// Changes of the settings.
    pub reload: ReloadMetrics,
    /// The store.
    pub store: StoreMetrics,
    registry: Registry,
}

impl Metrics {
    /// Registers every metric with `registry`.
    ///
    /// # Errors
    /// If the registry holds one of the names already.
    pub fn new(registry: Registry) -> Result<Self, MetricsError> {
        tasks(&registry)?;
        Ok(Self {
            api: ApiMetrics::new(&registry)?,
            fleet: FleetMetrics::new(&registry)?,
            tunnels: TunnelMetrics::new(&registry)?,
            queries: QueryMetrics::new(&registry)?,
            audit: AuditMetrics::new(&registry)?,
            oidc: OidcMetrics::new(&registry)?,
            cluster: ClusterMetrics::new(&registry)?,
            reload: ReloadMetrics::new(&registry)?,
            store: StoreMetrics::new(&registry)?,
            registry,
        })
    }

    /// Shows when the API's certificate by a public authority ends, if there is one.
    pub fn api_certificate(&self, certificate: Option<&PublicCredential>) {
        let expiry = &self.fleet.certificate_expiry;
        match certificate {
            Some(certificate) => {
                let end = certificate
                    .not_after()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                let seconds = i64::try_from(end.as_secs()).unwrap_or(i64::MAX);
                expiry.with_label_values(&["api"]).set(seconds);
            }
            // It fails where there was none.
            None => drop(expiry.remove_label_values(&["api"])),
        }
    }

    /// The registry, for the operations listener.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// Requests to the HTTPS API and handshakes of its listener.
#[derive(Debug)]
pub struct ApiMetrics {
    /// `gateway_api_requests_total{route, code}`: the route as a pattern, the code `ok` or a stable error code.
    pub requests: IntCounterVec,
    /// `gateway_api_request_seconds`: from the request's head to the response's head.
    pub seconds: Histogram,
    /// `gateway_api_handshakes_total{result}`: `ok`, `failed`, `timeout`, `evicted` (a newer one
    /// took its place), `refused` (no connection slot is free).
    pub handshakes: IntCounterVec,
    /// `gateway_api_connections`: open connections.
    pub connections: IntGauge,
}

impl ApiMetrics {
    fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            requests: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "gateway_api_requests_total",
                        "API requests by route and outcome code",
                    ),
                    &["route", "code"],
                )?,
            )?,
            seconds: register(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "gateway_api_request_seconds",
                        "Seconds to the head of the response",
                    )
                    .buckets(LATENCY_BUCKETS.to_vec()),
                )?,
            )?,
            handshakes: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "gateway_api_handshakes_total",
                        "TLS handshakes of the API by result",
                    ),
                    &["result"],
                )?,
            )?,
            connections: register(
                registry,
                IntGauge::new("gateway_api_connections", "Open connections of the API")?,
            )?,
        })
    }

    /// Counts one request.
    pub fn request(&self, route: &str, outcome: Option<Code>, seconds: f64) {
        self.requests
            .with_label_values(&[route, outcome.map_or("ok", Code::name)])
            .inc();
        self.seconds.observe(seconds);
    }
}

/// Enrolment and the certificates that the gateway itself uses.
#[derive(Debug)]
pub struct FleetMetrics {
    /// `gateway_enrolments_total{result}`: `ok` or a stable error code.
    pub enrolments: IntCounterVec,
    /// `gateway_reapprovals_total{result}`: requests of connectors whose certificate ran out: `ok` or a stable error code.
    pub reapprovals: IntCounterVec,
    /// `gateway_join_tokens_created_total`.
    pub join_tokens: IntCounter,
    /// `gateway_certificate_expiry_timestamp_seconds{certificate}`: when this node's own certificate (`node`), the
    /// authority's root (`ca`), the issuing authority (`issuing`) and the API's certificate by a public authority (`api`) end, in seconds since 1970.
    pub certificate_expiry: IntGaugeVec,
    /// `gateway_authority_phase`: how far a change of roots is: 0 for none, 1 introduced, 2 activated.
    pub authority_phase: IntGauge,
    /// `gateway_authority_owner`: 1 on the node that carries changes of the authority on, else 0.
    pub authority_owner: IntGauge,
    /// `gateway_enrolment_clock_skew_seconds`: how far the clocks of enrolling hosts were off, either way.
    pub enrolment_skew: Histogram,
}

impl FleetMetrics {
    fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            enrolments: register(
                registry,
                IntCounterVec::new(
                    Opts::new("gateway_enrolments_total", "Enrolments by outcome code"),
                    &["result"],
                )?,
            )?,
            reapprovals: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "gateway_reapprovals_total",
                        "Requests to be approved anew by outcome code",
                    ),
                    &["result"],
                )?,
            )?,
            join_tokens: register(
                registry,
                IntCounter::new("gateway_join_tokens_created_total", "Join tokens created")?,
            )?,
            certificate_expiry: register(
                registry,
                IntGaugeVec::new(
                    Opts::new(
                        "gateway_certificate_expiry_timestamp_seconds",
                        "End of a certificate of this node, in seconds since 1970",
                    ),
                    &["certificate"],
                )?,
            )?,
            authority_phase: register(
                registry,
                IntGauge::new(
                    "gateway_authority_phase",
                    "How far a change of roots is: 0 for none, 1 introduced, 2 activated",
                )?,
            )?,
            authority_owner: register(
                registry,
                IntGauge::new(
                    "gateway_authority_owner",
                    "1 on the node that carries changes of the authority on, else 0",
                )?,
            )?,
            enrolment_skew: register(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "gateway_enrolment_clock_skew_seconds",
                        "Difference of the clocks at enrolment, in seconds",
                    )
                    .buckets(vec![0.1, 1.0, 5.0, 30.0, 300.0, 3_600.0]),
                )?,
            )?,
        })
    }

    /// Counts one request to be approved anew.
    pub fn reapproval(&self, outcome: Option<Code>) {
        self.reapprovals
            .with_label_values(&[outcome.map_or("ok", Code::name)])
            .inc();
    }

    /// Counts one enrolment.
    pub fn enrolment(&self, outcome: Option<Code>) {
        self.enrolments
            .with_label_values(&[outcome.map_or("ok", Code::name)])
            .inc();
    }
}

/// `gateway_tasks`: tasks of the runtime in which somebody looks. They grow for good where one is left behind.
fn tasks(registry: &Registry) -> Result<(), MetricsError> {
    let alive = || Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    let gauge = PullingGauge::new(
        "gateway_tasks",
        "Tasks of this process, each of a connection, a query or something that it does all the time",
        Box::new(move || alive() as f64),
    )?;
    Ok(registry.register(Box::new(gauge))?)
}

/// From a one-row query on an open connection (under half a millisecond) to the longest deadline (ten minutes).
pub(crate) const LATENCY_BUCKETS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
];

/// Registers a metric and hands it back.
pub(crate) fn register<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: M,
) -> Result<M, MetricsError> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own() {
        let registry = Registry::new();
        let metrics = Metrics::new(registry.clone()).expect("first time");
        metrics.api.request("/v1/tenants", Some(Code::Forbidden), 0.01);
        assert_eq!(
            metrics
                .api
                .requests
                .with_label_values(&["/v1/tenants", "forbidden"])
                .get(),
            1
        );
        assert!(Metrics::new(registry).is_err());
    }
}
