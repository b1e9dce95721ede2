//! What the paths of the tunnels are like, by slot: at most four series of each.

use std::time::Duration;

use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use proto::wire::frame::Slot;
use transport::Kind;

use super::register;

/// Measured by QUIC at this end, read at each probe of the gateway.
#[derive(Debug)]
pub struct PathMetrics {
    /// `connector_tunnel_up{slot,transport}`: 1 while the gateway has welcomed a tunnel of the slot, carried by `quic` or `http2`, and
    /// it is open.
    up: IntGaugeVec,
    /// `connector_tunnel_round_trip_seconds{slot}`.
    round_trip: GaugeVec,
    /// `connector_tunnel_mtu_bytes{slot}`: of the datagrams that the path carries to the gateway; 0 over TCP.
    mtu: IntGaugeVec,
    /// `connector_tunnel_packets_total{slot}`: packets sent.
    sent: IntCounterVec,
    /// `connector_tunnel_packets_lost_total{slot}`: those of them that were lost.
    lost: IntCounterVec,
}

impl PathMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(name, help);
        let metrics = Self {
            up: register(
                registry,
                IntGaugeVec::new(
                    opts(
                        "connector_tunnel_up",
                        "1 while the slot has an open tunnel over the transport",
                    ),
                    &["slot", "transport"],
                )?,
            )?,
            round_trip: register(
                registry,
                GaugeVec::new(
                    opts(
                        "connector_tunnel_round_trip_seconds",
                        "Round trip of the tunnel's path",
                    ),
                    &["slot"],
                )?,
            )?,
            mtu: register(
                registry,
                IntGaugeVec::new(
                    opts(
                        "connector_tunnel_mtu_bytes",
                        "Size of the datagrams that the path carries",
                    ),
                    &["slot"],
                )?,
            )?,
            sent: register(
                registry,
                IntCounterVec::new(opts("connector_tunnel_packets_total", "Packets sent"), &["slot"])?,
            )?,
            lost: register(
                registry,
                IntCounterVec::new(
                    opts(
                        "connector_tunnel_packets_lost_total",
                        "Packets sent that were lost",
                    ),
                    &["slot"],
                )?,
            )?,
        };
        // The first slot is there from the start, for alerts.
        let first = label(Slot::FIRST);
        metrics.down(Slot::FIRST);
        metrics.lost.with_label_values(&[first]);
        Ok(metrics)
    }

    /// The slot has a tunnel, carried by this, and its path is like this.
    pub fn path(&self, slot: Slot, kind: Kind, round_trip: Duration, mtu: Option<u16>) {
        let slot = label(slot);
        for other in Kind::ALL {
            let up = i64::from(other == kind);
            self.up.with_label_values(&[slot, other.name()]).set(up);
        }
        self.round_trip
            .with_label_values(&[slot])
            .set(round_trip.as_secs_f64());
        self.mtu.with_label_values(&[slot]).set(mtu.map_or(0, i64::from));
    }

    /// The slot has none.
    pub fn down(&self, slot: Slot) {
        for kind in Kind::ALL {
            self.up.with_label_values(&[label(slot), kind.name()]).set(0);
        }
    }

    /// So many more packets were sent.
    pub fn sent(&self, slot: Slot, packets: u64) {
        self.sent.with_label_values(&[label(slot)]).inc_by(packets);
    }

    /// So many more were lost.
    pub fn lost(&self, slot: Slot, packets: u64) {
        self.lost.with_label_values(&[label(slot)]).inc_by(packets);
    }
}

fn label(slot: Slot) -> &'static str {
    match slot.number() {
        0 => "0",
        1 => "1",
        2 => "2",
        _ => "3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_by_the_slot_of_its_tunnel() {
        let metrics = PathMetrics::new(&Registry::new()).expect("once");
        let second = Slot::new(1).expect("a slot");
        let up = |slot, kind: Kind| metrics.up.with_label_values(&[slot, kind.name()]).get();
        metrics.path(second, Kind::Http2, Duration::from_millis(20), None);
        assert_eq!(
            (up("1", Kind::Http2), metrics.mtu.with_label_values(&["1"]).get()),
            (1, 0)
        );
        // The slot's next tunnel is another's before the end of this one is seen.
        metrics.path(second, Kind::Quic, Duration::from_millis(20), Some(1452));
        metrics.sent(second, 10);
        metrics.lost(second, 3);
        assert_eq!(
            (up("1", Kind::Quic), up("1", Kind::Http2), up("0", Kind::Quic)),
            (1, 0, 0)
        );
        assert_eq!(metrics.mtu.with_label_values(&["1"]).get(), 1452);
        assert_eq!(metrics.sent.with_label_values(&["1"]).get(), 10);
        assert_eq!(metrics.lost.with_label_values(&["1"]).get(), 3);
        assert!((metrics.round_trip.with_label_values(&["1"]).get() - 0.02).abs() < 1e-9);
        metrics.down(second);
        assert_eq!(up("1", Kind::Quic), 0);
    }
}
