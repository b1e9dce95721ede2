//! `connector status`: what the connector that runs on a folder says of itself, for people, scripts and service managers.

use std::{fmt::Write as _, time::Duration};

use clap::Args;
use serde_json::json;

use super::{Exit, StateArgs, fail, print, show};
use crate::{
    clock::UnixMillis,
    config::StateFolder,
    policy::pause::Switch,
    status::{self, Path, Status, Tunnel},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  a tunnel is up, one at least
  1  no connector runs on the folder
  3  the gateway's operator has revoked this connector
  4  there is no tunnel

Examples:
  connector status --state ./state
  connector status --state ./state --json")]
pub(super) struct StatusArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn status(args: &StatusArgs) -> Exit {
    let state = StateFolder::new(&args.state.state);
    let status = match status::read(&state.status()) {
        Ok(Some(status)) => status,
        Ok(None) => {
            return fail(&format!(
                "no connector runs on {}; start one with `connector run --state {}`",
                state.path().display(),
                state.path().display()
            ));
        }
        Err(error) => return fail(&format!("{}: {error}", state.status().display())),
    };
    let paused = Switch::new(state.pause()).pause().is_some();
    let text = if args.json {
        show::json_line(&json!({ "status": status, "paused": paused }))
    } else {
        show::legible(&sentences(&status, paused, UnixMillis::now()))
    };
    let up = status
        .tunnels
        .iter()
        .any(|tunnel| matches!(tunnel, Tunnel::Up { .. }));
    let revoked = |tunnel: &Tunnel| matches!(tunnel, Tunnel::Down { revoked: true, .. });
    match print(&text) {
        Exit::Done if up => Exit::Done,
        Exit::Done if status.tunnels.iter().any(revoked) => Exit::Refused,
        Exit::Done => Exit::Unreachable,
        failed => failed,
    }
}

fn sentences(status: &Status, paused: bool, now: UnixMillis) -> String {
    let ago = |ms: u64| span(now.0.saturating_sub(ms));
    let to = |ms: u64| span(ms.saturating_sub(now.0));
    let mut text = format!(
        "connector    version {}, started {} ago\n",
        status.version,
        ago(status.started_unix_ms)
    );
    let mut skew = None;
    for (slot, tunnel) in status.tunnels.iter().enumerate() {
        let _ = match tunnel {
            Tunnel::Opening => writeln!(text, "tunnel {slot}     the first is being opened"),
            Tunnel::Idle => writeln!(
                text,
                "tunnel {slot}     not needed: the gateway has no other node"
            ),
            Tunnel::Up {
                since_unix_ms,
                node,
                number,
                skew_seconds,
                transport,
                path,
            } => {
                skew = Some(*skew_seconds);
                let since = ago(*since_unix_ms);
                writeln!(
                    text,
                    "tunnel {slot}     up for {since}, to node {node} (number {number}), {transport}, {}",
                    quality(path)
                )
            }
            Tunnel::Down {
                code,
                reason,
                revoked,
                skew_seconds,
                retry_unix_ms,
            } => {
                skew = skew.or(*skew_seconds);
                let state = if *revoked { "REVOKED" } else { "down" };
                writeln!(
                    text,
                    "tunnel {slot}     {state} ({code}): {reason}\nnext try     in {}",
                    to(*retry_unix_ms)
                )
            }
        };
    }
    if let Some(skew) = skew.filter(|skew| skew.unsigned_abs() > 1) {
        let side = if skew > 0 { "behind" } else { "ahead of" };
        let _ = writeln!(
            text,
            "clock        this host's is {} s {side} the gateway's",
            skew.unsigned_abs()
        );
    }
    let _ = writeln!(
        text,
        "certificate  ends in {}",
        to(status.certificate_end_unix_ms)
    );
    if paused {
        text.push_str("paused       by `connector pause`; `connector resume` ends it\n");
    }
    text
}

/// `round trip 20.1 ms, packets of 1452 bytes, 3 of 1000 lost`.
fn quality(path: &Path) -> String {
    let mut text = format!(
        "round trip {}.{} ms",
        path.round_trip_us / 1_000,
        path.round_trip_us % 1_000 / 100
    );
    // Writing to a String cannot fail.
    if let Some(mtu) = path.mtu {
        let _ = write!(text, ", packets of {mtu} bytes");
    }
    if let (Some(lost), Some(sent)) = (path.packets_lost, path.packets_sent) {
        let _ = write!(text, ", {lost} of {sent} lost");
    }
    text
}

/// `3 h 5 min`, `12 s`.
fn span(ms: u64) -> String {
    let seconds = Duration::from_millis(ms).as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_how_it_stands_and_when_it_goes_on() {
        let up = Tunnel::Up {
            since_unix_ms: 30_000,
            node: "node-a".to_owned(),
            number: 7,
            skew_seconds: -10_800,
            transport: "quic".to_owned(),
            path: Path {
                round_trip_us: 20_150,
                mtu: Some(1_452),
                packets_sent: Some(1_000),
                packets_lost: Some(3),
            },
        };
        let down = Tunnel::Down {
            code: "revoked".to_owned(),
            reason: "the gateway ended the tunnel".to_owned(),
            revoked: true,
            skew_seconds: Some(-10_800),
            retry_unix_ms: 390_000,
        };
        let status = Status {
            version: "1.0.0".to_owned(),
            started_unix_ms: 10_000,
            certificate_end_unix_ms: 7_290_000,
            tunnels: vec![up, down, Tunnel::Idle],
        };
        let text = sentences(&status, true, UnixMillis(90_000));
        for words in [
            "started 1 min 20 s ago",
            "tunnel 0     up for 1 min 0 s, to node node-a (number 7), quic",
            "round trip 20.1 ms, packets of 1452 bytes, 3 of 1000 lost",
            "tunnel 2     not needed",
            "REVOKED (revoked): the gateway ended the tunnel",
            "in 5 min 0 s",
            "10800 s ahead of the gateway's",
            "ends in 2 h 0 min",
            "connector resume",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
