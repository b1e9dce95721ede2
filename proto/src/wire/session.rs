//! The control stream as a state machine, for each side.
//!
//! [`ConnectorSession`] says Hello and waits for Welcome; [`GatewaySession`] waits for Hello, lets its driver decide, and
//! says Welcome or Refusal. From then on the gateway probes the tunnel over the way that queries take, and each side
//! ends it when the other falls silent.
//!
//! How to drive one: make it, then after every call take all actions with `poll`, and call `on_timer` when the instant
//! that `deadline` names has come. `now` and the wall clock are arguments ([`Now`]). An action `Close` is the last.
//!
//! Refused here: a frame in the wrong order or direction, a second Hello, a stream that ends while the tunnel lives, a
//! version outside what was offered. Each is [`Code::ProtocolViolation`] and ends the connection. Who may open a tunnel
//! is not decided here.

mod clock;

use std::{
    collections::VecDeque,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use bytes::Bytes;

pub use self::clock::{ClockNews, ClockSkew, ClockWatch};
use super::frame::{
    ControlFrame, Digest, Drain, Hello, Nodes, Offers, Renew, Renewed, SourceOffer, SourceSchema, Trust,
    Version, Welcome,
};
use crate::{
    error::{Code, Fault},
    id::NodeId,
    limits::{
        HELLO_DEADLINE, PROBE_DEADLINE, PROBE_INTERVAL, PROBE_SILENCE, PROTOCOL_MAX, PROTOCOL_MIN,
        PROTOCOL_NODES,
    },
};

/// From the Hello to the Welcome, at the connector: the time that the gateway allows itself for the Hello, twice, so that
/// its Refusal arrives before the connector gives up.
pub const WELCOME_DEADLINE: Duration = HELLO_DEADLINE.saturating_mul(2);

/// The time as a machine needs it.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For the comparison of clocks: milliseconds since 1970-01-01 UTC.
    pub unix_ms: u64,
}

/// The newest version within both ranges.
pub fn negotiate(ours: &RangeInclusive<u32>, theirs: &RangeInclusive<u32>) -> Option<u32> {
    let newest = *ours.end().min(theirs.end());
    let oldest = *ours.start().max(theirs.start());
    (oldest <= newest).then_some(newest)
}

/// The versions that this code speaks.
pub const fn spoken() -> RangeInclusive<u32> {
    PROTOCOL_MIN..=PROTOCOL_MAX
}

/// The end of a tunnel: close the connection with the code's number, or with 0 where the peer ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Why.
    pub fault: Fault,
    /// Whether the other side said so, in a Refusal. If not, it was found here.
    pub by_peer: bool,
}

fn violation(detail: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
    Fault::new(Code::ProtocolViolation, detail)
}

fn out_of_order(frame: &ControlFrame, state: &'static str) -> Fault {
    violation(format!("{} while {state}", frame.name()))
}

// ---- connector ----

/// What the connector's driver is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectorAction {
    /// Send this on the control stream.
    Send(ControlFrame),
    /// The tunnel is open.
    Established {
        /// What the gateway said.
        welcome: Welcome,
        /// The gateway's clock against ours.
        skew: ClockSkew,
    },
    /// Open another tunnel. This one serves what runs on it until the gateway closes it.
    Draining(Drain),
    /// Go by these roots from now on, if they can be taken over; then say by [`ConnectorSession::trusts`] which are in force.
    Trust(Trust),
    /// These are the live nodes of the cluster from now on.
    Nodes(Nodes),
    /// The answer to [`ConnectorSession::renew`]: a certificate chain in PEM, or why there is none.
    Renewed(Result<String, Fault>),
    /// Close the connection; the last action.
    Close(Close),
}

/// The connector's end of the control stream.
#[derive(Debug)]
pub struct ConnectorSession {
    state: ConnectorState,
    offered: RangeInclusive<u32>,
    /// The version of the Welcome; the oldest before it.
    protocol: u32,
    /// Sources that changed between Hello and Welcome.
    changed: Option<Vec<SourceOffer>>,
    /// Whether a certificate was asked for and not answered yet.
    renewing: bool,
    actions: VecDeque<ConnectorAction>,
}

#[derive(Debug, Clone, Copy)]
enum ConnectorState {
    Greeting { until: Instant },
    Established { silent_at: Instant },
    Draining { silent_at: Instant },
    Closed,
}

impl ConnectorSession {
    /// Opens with this Hello.
    pub fn start(hello: Hello, now: Now) -> Self {
        Self {
            state: ConnectorState::Greeting {
                until: now.instant + WELCOME_DEADLINE,
            },
            offered: hello.protocol.clone(),
            protocol: PROTOCOL_MIN,
            changed: None,
            renewing: false,
            actions: VecDeque::from([ConnectorAction::Send(ControlFrame::Hello(hello))]),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<ConnectorAction> {
        self.actions.pop_front()
    }

    /// When to call [`on_timer`](Self::on_timer); none when closed.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            ConnectorState::Greeting { until } => Some(until),
            ConnectorState::Established { silent_at } | ConnectorState::Draining { silent_at } => {
                Some(silent_at)
            }
            ConnectorState::Closed => None,
        }
    }

    /// Whether the tunnel serves: established, draining or not.
    pub fn is_established(&self) -> bool {
        matches!(
            self.state,
            ConnectorState::Established { .. } | ConnectorState::Draining { .. }
        )
    }

    /// A frame arrived.
    pub fn on_frame(&mut self, frame: ControlFrame, now: Now) {
        match (self.state, frame) {
            (ConnectorState::Closed, _) => {}
            (ConnectorState::Greeting { .. }, ControlFrame::Welcome(welcome)) => {
                if !self.offered.contains(&welcome.protocol) {
                    return self.close(violation("Welcome with a version that was not offered"), false);
                }
                self.state = ConnectorState::Established {
                    silent_at: now.instant + PROBE_SILENCE,
                };
                self.protocol = welcome.protocol;
                let skew = ClockSkew::between(now.unix_ms, welcome.unix_time_ms);
                self.actions
                    .push_back(ConnectorAction::Established { welcome, skew });
                if let Some(sources) = self.changed.take() {
                    self.sources_changed(sources);
                }
            }
            (ConnectorState::Greeting { .. }, ControlFrame::Refusal(fault)) => self.close(fault, true),
            (
                ConnectorState::Established { .. } | ConnectorState::Draining { .. },
                ControlFrame::Renewed(Renewed { chain }),
            ) if self.renewing => {
                self.renewing = false;
                self.actions.push_back(ConnectorAction::Renewed(Ok(chain)));
            }
            (
                ConnectorState::Established { .. } | ConnectorState::Draining { .. },
                ControlFrame::NotRenewed(fault),
            ) if self.renewing => {
                self.renewing = false;
                self.actions.push_back(ConnectorAction::Renewed(Err(fault)));
            }
            (
                ConnectorState::Established { .. } | ConnectorState::Draining { .. },
                ControlFrame::Trust(trust),
            ) => self.actions.push_back(ConnectorAction::Trust(trust)),
            (
                ConnectorState::Established { .. } | ConnectorState::Draining { .. },
                ControlFrame::Nodes(nodes),
            ) if self.protocol >= PROTOCOL_NODES => self.actions.push_back(ConnectorAction::Nodes(nodes)),
            (ConnectorState::Established { silent_at }, ControlFrame::Drain(drain)) => {
                self.state = ConnectorState::Draining { silent_at };
                self.actions.push_back(ConnectorAction::Draining(drain));
            }
            (state, frame) => self.close(out_of_order(&frame, state.name()), false),
        }
    }

    /// A Probe arrived on a stream of its own, and is being answered. Exchanges may overtake the Welcome, being on other
    /// streams: the driver takes none up before [`ConnectorAction::Established`].
    pub fn on_probe(&mut self, now: Now) {
        match &mut self.state {
            ConnectorState::Established { silent_at } | ConnectorState::Draining { silent_at } => {
                *silent_at = now.instant + PROBE_SILENCE;
            }
            ConnectorState::Greeting { .. } | ConnectorState::Closed => {}
        }
    }

    /// The policy or the catalogue was reloaded. Before the Welcome the news is kept until it may be sent.
    pub fn sources_changed(&mut self, sources: Vec<SourceOffer>) {
        match self.state {
            ConnectorState::Greeting { .. } => self.changed = Some(sources),
            ConnectorState::Established { .. } | ConnectorState::Draining { .. } => self
                .actions
                .push_back(ConnectorAction::Send(ControlFrame::SourcesChanged(sources))),
            ConnectorState::Closed => {}
        }
    }

    /// Asks for a certificate. Does nothing on a tunnel that is not established, or while an answer is awaited.
    pub fn renew(&mut self, request: Bytes) {
        if matches!(self.state, ConnectorState::Established { .. }) && !self.renewing {
            self.renewing = true;
            self.actions
                .push_back(ConnectorAction::Send(ControlFrame::Renew(Renew { request })));
        }
    }

    /// Says which roots are in force here.
    pub fn trusts(&mut self, roots: Digest) {
        if self.is_established() {
            self.actions
                .push_back(ConnectorAction::Send(ControlFrame::Trusted(roots)));
        }
    }

    /// What a source holds was read. Not told before the Welcome: the driver tells all once it is established.
    pub fn schema_read(&mut self, schema: SourceSchema) {
        if self.is_established() {
            let frame = ControlFrame::Schema(Box::new(schema));
            self.actions.push_back(ConnectorAction::Send(frame));
        }
    }

    /// The customer's own queries, at the Welcome and whenever they change. Before the Welcome nothing is said.
    pub fn offers_changed(&mut self, offers: Offers) {
        if self.is_established() {
            self.actions
                .push_back(ConnectorAction::Send(ControlFrame::Offers(offers)));
        }
    }

    /// The gateway's half of the control stream ended or was reset. It lives as long as the tunnel does.
    pub fn on_stream_end(&mut self) {
        self.close(violation("the control stream ended before the tunnel"), false);
    }

    /// The stream could not be decoded.
    pub fn on_fault(&mut self, fault: Fault) {
        self.close(fault, false);
    }

    /// The time has passed.
    pub fn on_timer(&mut self, now: Now) {
        if self.deadline().is_none_or(|deadline| now.instant < deadline) {
            return;
        }
        let detail = match self.state {
            ConnectorState::Greeting { .. } => "the gateway did not answer the Hello in time",
            _ => "the gateway sent no probe in time",
        };
        self.close(Fault::new(Code::TunnelLost, detail), false);
    }

    fn close(&mut self, fault: Fault, by_peer: bool) {
        if !matches!(self.state, ConnectorState::Closed) {
            self.state = ConnectorState::Closed;
            self.actions
                .push_back(ConnectorAction::Close(Close { fault, by_peer }));
        }
    }
}

impl ConnectorState {
    const fn name(self) -> &'static str {
        match self {
            ConnectorState::Greeting { .. } => "waiting for Welcome",
            ConnectorState::Established { .. } => "established",
            ConnectorState::Draining { .. } => "draining",
            ConnectorState::Closed => "closed",
        }
    }
}

// ---- gateway ----

/// What the gateway's driver is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayAction {
    /// A Hello that both can speak: decide, then call [`GatewaySession::admit`] or [`GatewaySession::refuse`]. The time
    /// until the Welcome still runs.
    Decide {
        /// What the connector said.
        hello: Hello,
        /// The connector's clock against ours.
        skew: ClockSkew,
    },
    /// Send this on the control stream.
    Send(ControlFrame),
    /// The tunnel is open, with this protocol version.
    Established {
        /// The negotiated version.
        protocol: u32,
    },
    /// These are the tunnel's sources from now on.
    SourcesChanged(Vec<SourceOffer>),
    /// This is what one of the tunnel's sources holds from now on.
    Schema(Box<SourceSchema>),
    /// These are its customer's own queries from now on.
    OffersChanged(Offers),
    /// Open an exchange with a Probe and report the answer to [`GatewaySession::on_probe_reply`].
    SendProbe,
    /// These are the roots that the connector trusts.
    Trusted(Digest),
    /// Issue a certificate for this request in DER, then call [`GatewaySession::renewed`].
    Renew(Bytes),
    /// Close the connection with the code's number; the last action. Closing drops what QUIC has not delivered: where a
    /// Refusal came before, finish the stream and wait, up to [`HELLO_DEADLINE`], until the peer has it.
    Close(Fault),
}

/// What the gateway says of itself in a Welcome.
#[derive(Debug, Clone)]
pub struct GatewayIntroduction {
    /// This process.
    pub node: NodeId,
    /// Version of this program.
    pub version: Version,
    /// This node's number for the tunnel.
    pub tunnel: u64,
    /// The live nodes of the cluster, as far as they are known.
    pub nodes: Nodes,
}

/// The gateway's end of the control stream.
#[derive(Debug)]
pub struct GatewaySession {
    state: GatewayState,
    introduction: GatewayIntroduction,
    /// Whether a certificate was asked for and not answered yet.
    renewing: bool,
    actions: VecDeque<GatewayAction>,
}

#[derive(Debug, Clone, Copy)]
enum GatewayState {
    AwaitingHello {
        until: Instant,
    },
    Deciding {
        until: Instant,
        protocol: u32,
    },
    Established {
        probe: Probing,
        draining: bool,
        protocol: u32,
    },
    Closed,
}

#[derive(Debug, Clone, Copy)]
enum Probing {
    /// The next probe is due then.
    Idle { due: Instant },
    /// One is on its way since then.
    Waiting { since: Instant },
}

impl GatewaySession {
    /// The handshake is done; the connector's first stream is expected.
    pub fn accept(introduction: GatewayIntroduction, now: Now) -> Self {
        Self {
            state: GatewayState::AwaitingHello {
                until: now.instant + HELLO_DEADLINE,
            },
            introduction,
            renewing: false,
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<GatewayAction> {
        self.actions.pop_front()
    }

    /// When to call [`on_timer`](Self::on_timer); none when closed.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            GatewayState::AwaitingHello { until } | GatewayState::Deciding { until, .. } => Some(until),
            GatewayState::Established {
                probe: Probing::Idle { due },
                ..
            } => Some(due),
            GatewayState::Established {
                probe: Probing::Waiting { since },
                ..
            } => Some(since + PROBE_DEADLINE),
            GatewayState::Closed => None,
        }
    }

    /// Whether the tunnel serves: established, draining or not.
    pub fn is_established(&self) -> bool {
        matches!(self.state, GatewayState::Established { .. })
    }

    /// A frame arrived.
    pub fn on_frame(&mut self, frame: ControlFrame, now: Now) {
        match (self.state, frame) {
            (GatewayState::Closed, _) => {}
            (GatewayState::AwaitingHello { until }, ControlFrame::Hello(hello)) => {
                let Some(protocol) = negotiate(&spoken(), &hello.protocol) else {
                    let detail = format!(
                        "the connector speaks versions {} to {}, this gateway {PROTOCOL_MIN} to {PROTOCOL_MAX}",
                        hello.protocol.start(),
                        hello.protocol.end(),
                    );
                    return self.refuse(Fault::new(Code::UnsupportedVersion, detail));
                };
                self.state = GatewayState::Deciding { until, protocol };
                let skew = ClockSkew::between(now.unix_ms, hello.unix_time_ms);
                self.actions.push_back(GatewayAction::Decide { hello, skew });
            }
            (GatewayState::Established { .. }, ControlFrame::Renew(Renew { request })) if !self.renewing => {
                self.renewing = true;
                self.actions.push_back(GatewayAction::Renew(request));
            }
            (GatewayState::Established { .. }, ControlFrame::SourcesChanged(sources)) => {
                self.actions.push_back(GatewayAction::SourcesChanged(sources));
            }
            (GatewayState::Established { .. }, ControlFrame::Schema(schema)) => {
                self.actions.push_back(GatewayAction::Schema(schema));
            }
            (GatewayState::Established { .. }, ControlFrame::Offers(offers)) => {
                self.actions.push_back(GatewayAction::OffersChanged(offers));
            }
            (GatewayState::Established { .. }, ControlFrame::Trusted(roots)) => {
                self.actions.push_back(GatewayAction::Trusted(roots));
            }
            (state, frame) => self.close(out_of_order(&frame, state.name())),
        }
    }

    /// Admits the connector whose Hello was handed out. Does nothing in any other state: the deadline may have passed.
    pub fn admit(&mut self, now: Now) {
        let GatewayState::Deciding { protocol, .. } = self.state else {
            return;
        };
        self.state = GatewayState::Established {
            probe: Probing::Idle {
                due: now.instant + PROBE_INTERVAL,
            },
            draining: false,
            protocol,
        };
        let GatewayIntroduction {
            node,
            version,
            tunnel,
            nodes,
        } = self.introduction.clone();
        self.actions
            .push_back(GatewayAction::Send(ControlFrame::Welcome(Welcome {
                protocol,
                node,
                unix_time_ms: now.unix_ms,
                version,
                tunnel,
                nodes,
            })));
        self.actions.push_back(GatewayAction::Established { protocol });
    }

    /// Refuses the tunnel before it is open, and says why. Does nothing once it is: then the connection is closed with the
    /// code of the reason.
    pub fn refuse(&mut self, fault: Fault) {
        if matches!(
            self.state,
            GatewayState::AwaitingHello { .. } | GatewayState::Deciding { .. }
        ) {
            self.actions
                .push_back(GatewayAction::Send(ControlFrame::Refusal(fault.clone())));
            self.close(fault);
        }
    }

    /// What became of the request for a certificate. Does nothing if none waits for its answer.
    pub fn renewed(&mut self, outcome: Result<String, Fault>) {
        if matches!(self.state, GatewayState::Established { .. }) && std::mem::take(&mut self.renewing) {
            self.actions.push_back(GatewayAction::Send(match outcome {
                Ok(chain) => ControlFrame::Renewed(Renewed { chain }),
                Err(fault) => ControlFrame::NotRenewed(fault),
            }));
        }
    }

    /// These are the roots from now on. Does nothing before the Welcome: the driver tells it once the tunnel is established.
    pub fn trust(&mut self, trust: Trust) {
        if self.is_established() {
            self.actions
                .push_back(GatewayAction::Send(ControlFrame::Trust(trust)));
        }
    }

    /// These are the live nodes from now on: for the Welcome, or told at once where the tunnel is open and its connector
    /// knows the frame. The list that was told before is not told again.
    pub fn nodes(&mut self, nodes: Nodes) {
        if self.introduction.nodes == nodes {
            return;
        }
        self.introduction.nodes.clone_from(&nodes);
        if let GatewayState::Established { protocol, .. } = self.state
            && protocol >= PROTOCOL_NODES
        {
            self.actions
                .push_back(GatewayAction::Send(ControlFrame::Nodes(nodes)));
        }
    }

    /// This node goes away: tells the connector, once. A tunnel that is not yet open is refused as `overloaded`.
    pub fn drain(&mut self, grace: Duration) {
        match &mut self.state {
            GatewayState::Established { draining, .. } if !*draining => {
                *draining = true;
                self.actions
                    .push_back(GatewayAction::Send(ControlFrame::Drain(Drain { grace })));
            }
            GatewayState::Established { .. } | GatewayState::Closed => {}
            GatewayState::AwaitingHello { .. } | GatewayState::Deciding { .. } => {
                self.refuse(
                    Fault::new(Code::Overloaded, "this gateway node is going away").retry_after(grace),
                );
            }
        }
    }

    /// The probe was answered. Answers its round trip; none where no probe was on its way.
    pub fn on_probe_reply(&mut self, now: Now) -> Option<Duration> {
        let GatewayState::Established { probe, .. } = &mut self.state else {
            return None;
        };
        let Probing::Waiting { since } = *probe else {
            return None;
        };
        *probe = Probing::Idle {
            due: since + PROBE_INTERVAL,
        };
        Some(now.instant.saturating_duration_since(since))
    }

    /// The connector's half of the control stream ended or was reset. It lives as long as the tunnel does.
    pub fn on_stream_end(&mut self) {
        self.close(violation("the control stream ended before the tunnel"));
    }

    /// The stream could not be decoded, or what a probe was answered with.
    pub fn on_fault(&mut self, fault: Fault) {
        self.close(fault);
    }

    /// The time has passed.
    pub fn on_timer(&mut self, now: Now) {
        if self.deadline().is_none_or(|deadline| now.instant < deadline) {
            return;
        }
        match &mut self.state {
            GatewayState::Closed => {}
            GatewayState::AwaitingHello { .. } => {
                self.close(violation("no Hello in time"));
            }
            GatewayState::Deciding { .. } => self.refuse(
                Fault::new(Code::Overloaded, "the gateway could not decide in time")
                    .retry_after(HELLO_DEADLINE),
            ),
            GatewayState::Established { probe, .. } => match probe {
                Probing::Idle { .. } => {
                    *probe = Probing::Waiting { since: now.instant };
                    self.actions.push_back(GatewayAction::SendProbe);
                }
                Probing::Waiting { .. } => self.close(Fault::new(
                    Code::TunnelLost,
                    "the connector did not answer a probe in time",
                )),
            },
        }
    }

    fn close(&mut self, fault: Fault) {
        if !matches!(self.state, GatewayState::Closed) {
            self.state = GatewayState::Closed;
            self.actions.push_back(GatewayAction::Close(fault));
        }
    }
}

impl GatewayState {
    const fn name(self) -> &'static str {
        match self {
            GatewayState::AwaitingHello { .. } => "waiting for Hello",
            GatewayState::Deciding { .. } => "the Hello is being decided",
            GatewayState::Established { draining: false, .. } => "established",
            GatewayState::Established { draining: true, .. } => "draining",
            GatewayState::Closed => "closed",
        }
    }
}

#[cfg(test)]
mod tests;
