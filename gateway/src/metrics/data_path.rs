//! What the way of a query can be measured by: tunnels, exchanges, the audit log.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use proto::error::Code;

use super::{LATENCY_BUCKETS, MetricsError, register};

/// Tunnels and their handshakes.
#[derive(Debug, Clone)]
pub struct TunnelMetrics {
    /// `gateway_tunnels`: live tunnels of this node.
    pub live: IntGauge,
    /// `gateway_tunnels_by_transport{transport}`: the same, by what carries them: `quic` or `http2`.
    pub by_transport: IntGaugeVec,
    /// `gateway_tunnel_handshakes_total{result}`: `ok`, a reason from the closed list in `tunnel::admission`, or the
    /// stable code of a refused Hello; `retry` and `refused` at the door, before a handshake begins.
    pub handshakes: IntCounterVec,
    /// `gateway_tunnel_handshakes_pending`: handshakes and Hellos in progress.
    pub pending: IntGauge,
    /// `gateway_tunnel_handshakes_waiting`: attempts in the line at the door, since more come than may begin.
    pub waiting: IntGauge,
    /// `gateway_tunnels_closed_total{code}`: why tunnels ended, `ok` for an orderly end.
    pub closed: IntCounterVec,
    /// `gateway_tunnels_replaced_total{by}`: `same_start` or `other_start` of the connector. The second kind, again and
    /// again, is one identity on two hosts.
    pub replaced: IntCounterVec,
    /// `gateway_tunnel_renewals_total{result}`: certificates that connectors asked for: `ok` or a stable error code.
    pub renewals: IntCounterVec,
    /// `gateway_tunnel_clock_skew_seconds`: how far connectors' clocks were off at Hello, either way.
    pub skew: Histogram,
    /// `gateway_tunnel_clock_skew_warnings_total`: times that a clock was found to be off by more than 30 s, at a Hello or
    /// while the tunnel stood.
    pub skew_warnings: IntCounter,
    /// `gateway_tunnels_clock_skewed`: live tunnels whose connector's clock is off by more than 30 s.
    pub skewed: IntGauge,
    /// `gateway_tunnel_probe_seconds`: from a probe to its answer, over the path that queries take.
    pub probe_seconds: Histogram,
    /// `gateway_tunnel_probes_failed_total`: probes without an answer in time; each ended its tunnel.
    pub probes_failed: IntCounter,
    /// `gateway_batch_streams_refused_total{reason}`: `unknown_exchange`, `header`, `window`, `late`.
    pub streams_refused: IntCounterVec,
    /// `gateway_batches_buffered`: batches that wait for their caller.
    pub buffered_batches: IntGauge,
    /// `gateway_batches_buffered_bytes`: their size.
    pub buffered_bytes: IntGauge,
}

/// Queries.
#[derive(Debug, Clone)]
pub struct QueryMetrics {
    /// `gateway_exchanges_total{code}`: queries that came as far as the allowlist, `ok` or a stable code.
    pub exchanges: IntCounterVec,
    /// `gateway_questions_total{kind}`: the same queries by how they were asked: `catalogued`, `ad_hoc`.
    pub questions: IntCounterVec,
    /// `gateway_proposals_total{result}`: queries proposed to customers: `pending`, `approved`, or a stable code.
    pub proposals: IntCounterVec,
    /// `gateway_exchange_seconds`: from the caller's request to the end of its result.
    pub seconds: Histogram,
    /// `gateway_exchange_first_batch_seconds`: from the caller's request to the first batch or the end.
    pub first_batch_seconds: Histogram,
    /// `gateway_exchange_rows_total`: rows handed to callers.
    pub rows: IntCounter,
    /// `gateway_exchange_bytes_total`: encoded bytes handed to callers, before any change of format.
    pub bytes: IntCounter,
    /// `gateway_exchanges_retried_total`: times that a query was asked again on another tunnel, unseen by its caller.
    pub retried: IntCounter,
    /// `gateway_exchanges_in_flight`: queries between admission and end.
    pub in_flight: IntGauge,
}

/// The audit log.
#[derive(Debug, Clone)]
pub struct AuditMetrics {
    /// `gateway_audit_records_total{event}`: `opened`, `refused`, `completed`, `proposing`, `proposed`.
    pub records: IntCounterVec,
    /// `gateway_audit_failures_total`: records that could not be written.
    pub failures: IntCounter,
    /// `gateway_audit_refusals_total`: queries that did not run since their record could not be written.
    pub refusals: IntCounter,
}

impl TunnelMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            live: gauge(registry, "gateway_tunnels", "Live tunnels")?,
            by_transport: register(
                registry,
                IntGaugeVec::new(
                    Opts::new(
                        "gateway_tunnels_by_transport",
                        "Live tunnels, by what carries them",
                    ),
                    &["transport"],
                )?,
            )?,
            handshakes: counters(
                registry,
                "gateway_tunnel_handshakes_total",
                "Tunnel handshakes, the Hello included, by result",
                "result",
            )?,
            pending: gauge(
                registry,
                "gateway_tunnel_handshakes_pending",
                "Tunnel handshakes in progress, the Hello included",
            )?,
            waiting: gauge(
                registry,
                "gateway_tunnel_handshakes_waiting",
                "Attempts that wait until their handshake may begin",
            )?,
            closed: counters(
                registry,
                "gateway_tunnels_closed_total",
                "Tunnels that ended, by code",
                "code",
            )?,
            renewals: counters(
                registry,
                "gateway_tunnel_renewals_total",
                "Renewals of connectors' certificates by outcome code",
                "result",
            )?,
            replaced: counters(
                registry,
                "gateway_tunnels_replaced_total",
                "Tunnels that gave way to another of the same connector",
                "by",
            )?,
            skew: histogram(
                registry,
                "gateway_tunnel_clock_skew_seconds",
                "Difference of the clocks at Hello, in seconds",
                &[0.1, 1.0, 5.0, 30.0, 300.0, 3_600.0],
            )?,
            skew_warnings: counter(
                registry,
                "gateway_tunnel_clock_skew_warnings_total",
                "Times that a connector's clock was found to be off by more than 30 s",
            )?,
            skewed: gauge(
                registry,
                "gateway_tunnels_clock_skewed",
                "Live tunnels whose connector's clock is off by more than 30 s",
            )?,
            probe_seconds: histogram(
                registry,
                "gateway_tunnel_probe_seconds",
                "Seconds from a probe to its answer",
                LATENCY_BUCKETS,
            )?,
            probes_failed: counter(
                registry,
                "gateway_tunnel_probes_failed_total",
                "Probes without an answer in time",
            )?,
            streams_refused: counters(
                registry,
                "gateway_batch_streams_refused_total",
                "Batch streams that were refused, by reason",
                "reason",
            )?,
            buffered_batches: gauge(
                registry,
                "gateway_batches_buffered",
                "Batches that wait for their caller",
            )?,
            buffered_bytes: gauge(
                registry,
                "gateway_batches_buffered_bytes",
                "Bytes of batches that wait for their caller",
            )?,
        })
    }
}

impl TunnelMetrics {
    /// Batches came to wait for their caller, or no longer do.
    pub(crate) fn buffered(&self, batches: i64, bytes: i64) {
        self.buffered_batches.add(batches);
        self.buffered_bytes.add(bytes);
    }
}

impl QueryMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            exchanges: counters(
                registry,
                "gateway_exchanges_total",
                "Queries by outcome code",
                "code",
            )?,
            questions: counters(
                registry,
                "gateway_questions_total",
                "Queries by how they were asked",
                "kind",
            )?,
            proposals: counters(
                registry,
                "gateway_proposals_total",
                "Queries proposed to customers, by what became of them",
                "result",
            )?,
            seconds: histogram(
                registry,
                "gateway_exchange_seconds",
                "Seconds from a query's request to the end of its result",
                LATENCY_BUCKETS,
            )?,
            first_batch_seconds: histogram(
                registry,
                "gateway_exchange_first_batch_seconds",
                "Seconds from a query's request to its first batch",
                LATENCY_BUCKETS,
            )?,
            rows: counter(registry, "gateway_exchange_rows_total", "Rows handed to callers")?,
            bytes: counter(
                registry,
                "gateway_exchange_bytes_total",
                "Encoded bytes handed to callers",
            )?,
            retried: counter(
                registry,
                "gateway_exchanges_retried_total",
                "Times that a query was asked again on another tunnel",
            )?,
            in_flight: gauge(registry, "gateway_exchanges_in_flight", "Queries in progress")?,
        })
    }

    /// Counts one query's end.
    pub fn ended(&self, outcome: Option<Code>, seconds: f64) {
        self.exchanges
            .with_label_values(&[outcome.map_or("ok", Code::name)])
            .inc();
        self.seconds.observe(seconds);
    }
}

impl AuditMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        Ok(Self {
            records: counters(
                registry,
                "gateway_audit_records_total",
                "Audit records written, by event",
                "event",
            )?,
            failures: counter(
                registry,
                "gateway_audit_failures_total",
                "Audit records that could not be written",
            )?,
            refusals: counter(
                registry,
                "gateway_audit_refusals_total",
                "Queries refused for want of an audit record",
            )?,
        })
    }
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, MetricsError> {
    register(registry, IntCounter::new(name, help)?)
}

pub(super) fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    label: &str,
) -> Result<IntCounterVec, MetricsError> {
    register(registry, IntCounterVec::new(Opts::new(name, help), &[label])?)
}

pub(super) fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, MetricsError> {
    register(registry, IntGauge::new(name, help)?)
}

fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    buckets: &[f64],
) -> Result<Histogram, MetricsError> {
    register(
        registry,
        Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?,
    )
}
