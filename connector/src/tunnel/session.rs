//! The life of one tunnel at the connector: Hello, Welcome, exchanges, the end.
//!
//! What follows from a frame or from silence is in [`ConnectorSession`]; here are the streams and the clock. The tunnel is
//! up from its Welcome on. Every exchange is a task of this session and ends with it. One whose place another has taken, or
//! that led to a node at which there is one already, is parted with: the gateway hears of no sources on it any more, what
//! comes all the same is served, and it ends when nothing runs.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use certs::identity::CertificateFacts;
use proto::{
    error::{Code, Fault},
    id::NodeId,
    limits::{MAX_EXCHANGES, MAX_QUERY_DEADLINE},
    wire::{
        frame::{
            ControlFrame, Drain, Hello, InstanceId, Offers, Slot, SourceOffer, SourceSchema, Trust, Version,
            Welcome,
        },
        session::{ClockNews, ClockSkew, ClockWatch, Close, ConnectorAction, ConnectorSession, Now, spoken},
    },
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinError, JoinSet},
    time::{Duration, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use transport::{Connection, RecvStream, SendStream};

use super::{
    dial::TunnelError,
    exchange::{self, Shared},
    frames::{NoFrame, Reader, Writer, reset_code},
    places::{Arrival, shared::SharedPlaces},
    watchdog::Pulse,
};
use crate::{
    clock::UnixMillis,
    identity::{
        Identity,
        renew::{Renewal, Renewed, Step},
        trust::TakenOver,
    },
    metrics::Held,
    query::Engine,
    status::{Board, Path},
};

/// For a control frame to be taken by the connection: the gateway reads them as they come.
const CONTROL_DEADLINE: Duration = Duration::from_secs(10);

/// For the reason of a connection's end to arrive after its control stream has failed.
const REASON_DEADLINE: Duration = Duration::from_secs(1);

/// Between the word that nothing is served on a tunnel any more and its end: requests that had left the gateway before
/// it heard so are here by then.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// What a tunnel needs.
pub struct Session {
    /// Where it is said how the tunnel stands.
    pub board: Arc<Board>,
    /// The connection that was dialled.
    pub connection: Connection,
    /// Whose certificate is renewed over it.
    pub identity: Arc<Identity>,
    /// The certificate that it was dialled with.
    pub certificate: CertificateFacts,
    /// What answers queries.
    pub engine: Arc<Engine>,
    /// Changes when a policy was replaced.
    pub changes: watch::Receiver<()>,
    /// Ends the tunnel.
    pub stop: CancellationToken,
    /// How long queries in progress are given then.
    pub grace: Duration,
    /// This start of the connector.
    pub instance: InstanceId,
    /// This tunnel among those of this start.
    pub epoch: u64,
    /// The slot that it is for.
    pub slot: Slot,
    /// Nodes at which this connector has tunnels that are to stay.
    pub held: Vec<NodeId>,
    /// Which node each tunnel is at.
    pub places: Arc<SharedPlaces>,
    /// Parts with the tunnel that this one is to replace.
    pub predecessor: Option<CancellationToken>,
    /// Set when this one is to be parted with.
    pub part: CancellationToken,
    /// Told of probes.
    pub pulse: Pulse,
}

/// How a tunnel ended.
#[derive(Debug)]
pub struct Ended {
    /// Why.
    pub error: TunnelError,
    /// When the gateway had welcomed it, where it did.
    pub welcomed: Option<Instant>,
}

/// Why another tunnel is wanted while this one still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// The gateway ends this one, and gives what runs on it this long.
    Drained {
        /// The time.
        grace: Duration,
    },
    /// It is to a node at which there is one already.
    Double,
    /// There is a new certificate.
    Renewed,
}

/// A session that runs.
struct Running {
    session: Session,
    machine: ConnectorSession,
    writer: Writer,
    reader: Reader<ControlFrame>,
    exchanges: JoinSet<()>,
    shared: Shared,
    probes: mpsc::Receiver<u64>,
    /// From the Welcome on.
    clocks: Option<ClockWatch>,
    /// Told once, when the gateway asks for another tunnel.
    handover: Option<oneshot::Sender<Handover>>,
    /// From the Welcome on.
    renewal: Option<Renewal>,
    welcomed: Option<(Instant, Held)>,
    /// When a tunnel that is left is closed, whatever runs on it.
    until: Option<Instant>,
    /// Of a tunnel that is parted with: when it may be closed.
    parting: Option<Instant>,
    /// Packets that were sent and lost, as they were last counted.
    packets: (u64, u64),
    /// What the gateway was told, so that it is told news only.
    offered: Vec<SourceOffer>,
    schemas: Vec<SourceSchema>,
    own: Offers,
}

impl Session {
    /// Lives on the connection until its end. `handover` is told when the gateway wants another tunnel in place of this
    /// one, which goes on with what runs on it.
    pub async fn run(mut self, handover: oneshot::Sender<Handover>) -> Ended {
        // What is told in the Hello needs not be told again.
        self.changes.mark_unchanged();
        let offered = self.engine.offers();
        let (machine, streams) = match self.open(offered.clone()).await {
            Ok(opened) => opened,
            Err(error) => {
                return Ended {
                    error,
                    welcomed: None,
                };
            }
        };
        let (probed, probes) = mpsc::channel(1);
        let shared = Shared {
            connection: self.connection.clone(),
            engine: Arc::clone(&self.engine),
            leaving: CancellationToken::new(),
            probed,
        };
        let mut running = Running {
            session: self,
            machine,
            writer: Writer::new(streams.0),
            reader: Reader::new(streams.1),
            exchanges: JoinSet::new(),
            shared,
            probes,
            clocks: None,
            handover: Some(handover),
            renewal: None,
            welcomed: None,
            until: None,
            parting: None,
            packets: (0, 0),
            offered,
            schemas: Vec::new(),
            own: Offers::default(),
        };
        let error = running.live().await;
        running.exchanges.shutdown().await;
        Ended {
            error,
            welcomed: running.welcomed.map(|(at, _)| at),
        }
    }

    async fn open(
        &self,
        sources: Vec<SourceOffer>,
    ) -> Result<(ConnectorSession, (SendStream, RecvStream)), TunnelError> {
        let hello = Hello {
            protocol: spoken(),
            version: Version::new(env!("CARGO_PKG_VERSION"))
                .map_err(|e| TunnelError::Local(e.to_string()))?,
            unix_time_ms: UnixMillis::now().0,
            sources,
            epoch: self.epoch,
            instance: self.instance,
            slot: self.slot,
            held: self.held.clone(),
        };
        // The gateway lets a connector open this one stream at once.
        let opened = timeout(CONTROL_DEADLINE, self.connection.open_bi()).await;
        let streams = opened.map_err(|_| TunnelError::Lost("it lets no control stream be opened"))??;
        Ok((ConnectorSession::start(hello, now()), streams))
    }
}

fn warn_of(skew: ClockSkew) {
    tracing::warn!(
        skew_seconds = skew.seconds,
        "the clocks differ: the gateway's is ahead of this host's by so many seconds; set the one that is wrong, for instance with NTP"
    );
}

fn now() -> Now {
    Now {
        instant: Instant::now(),
        unix_ms: UnixMillis::now().0,
    }
}

impl Running {
    /// Why the tunnel ended.
    async fn live(&mut self) -> TunnelError {
        loop {
            if let Err(error) = self.act().await {
                return error;
            }
            let parted = self.parting.is_some_and(|at| at <= Instant::now());
            if self.until.is_some()
                && self.exchanges.is_empty()
                && (parted || self.session.stop.is_cancelled())
            {
                self.session.connection.close(0, b"");
                return TunnelError::Orderly;
            }
            let far = Instant::now() + MAX_QUERY_DEADLINE;
            let deadline = self.machine.deadline().unwrap_or(far);
            let until = self.until.unwrap_or(far);
            let leaving = self.shared.leaving.is_cancelled();
            let parting = self.parting;
            let linger = parting.filter(|at| *at > Instant::now());
            let nap = self
                .renewal
                .as_ref()
                .map_or(Duration::MAX, |r| r.sleep(SystemTime::now()));
            // Each arm is cancel-safe: streams, frames, changes, probes and ended tasks are kept for the next turn.
            tokio::select! {
                () = self.session.stop.cancelled(), if !leaving => self.leave(),
                () = self.session.part.cancelled(), if parting.is_none() && !leaving => self.part(),
                () = sleep_until(linger.unwrap_or(far).into()), if linger.is_some() => {}
                // An exchange may overtake the Welcome; none is taken up before the gateway has said that it is one.
                accepted = self.session.connection.accept_bi(), if self.welcomed.is_some() => match accepted {
                    Ok(streams) => self.begin(streams),
                    Err(error) => return error.into(),
                },
                frame = self.reader.next() => match frame {
                    Ok(frame) => self.machine.on_frame(frame, now()),
                    Err(NoFrame::Fault(fault)) => self.machine.on_fault(fault),
                    // A control stream ends with its connection, whose reason comes right behind.
                    Err(_) => return self.reason().await,
                },
                Ok(()) = self.session.changes.changed(), if !leaving && parting.is_none() => self.tell(),
                () = sleep(nap), if self.renewal.is_some() => if let Err(error) = self.renew() {
                    return error;
                },
                Some(theirs_ms) = self.probes.recv() => {
                    self.machine.on_probe(now());
                    self.session.pulse.beat();
                    self.compare(theirs_ms);
                    self.measure();
                }
                Some(ended) = self.exchanges.join_next() => note(ended),
                () = sleep_until(deadline.into()) => self.machine.on_timer(now()),
                () = sleep_until(until.into()), if self.until.is_some() => {
                    self.session.connection.close(0, b"");
                    return TunnelError::Orderly;
                }
            }
        }
    }

    /// Does what the machine says.
    async fn act(&mut self) -> Result<(), TunnelError> {
        while let Some(action) = self.machine.poll() {
            match action {
                ConnectorAction::Send(frame) => {
                    match timeout(CONTROL_DEADLINE, self.writer.frame(&frame)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return Err(self.reason().await),
                        Err(_) => return Err(TunnelError::Lost("it takes no control frames")),
                    }
                }
                ConnectorAction::Established { welcome, skew } => self.greet(&welcome, skew),
                ConnectorAction::Draining(Drain { grace }) => {
                    tracing::info!(
                        grace_s = grace.as_secs(),
                        "the gateway ends this tunnel; queries on it go on"
                    );
                    self.until = Some(Instant::now() + grace.min(MAX_QUERY_DEADLINE));
                    if let Some(handover) = self.handover.take() {
                        let _ = handover.send(Handover::Drained { grace });
                    }
                }
                ConnectorAction::Renewed(answer) => self.renewed(answer),
                ConnectorAction::Trust(trust) => self.take_over(&trust),
                ConnectorAction::Nodes(nodes) => {
                    let Session { slot, epoch, .. } = self.session;
                    self.session.places.change(|places| {
                        places.told(slot, epoch, nodes, Instant::now(), rand::random());
                    });
                }
                ConnectorAction::Close(Close { fault, by_peer: true }) => {
                    return Err(TunnelError::Gateway {
                        code: fault.code,
                        detail: fault.detail.into_owned(),
                        retry_after: fault.retry_after,
                    });
                }
                ConnectorAction::Close(Close {
                    fault,
                    by_peer: false,
                }) => {
                    self.session.connection.close(reset_code(fault.code), b"");
                    return Err(match fault.code {
                        Code::TunnelLost => TunnelError::Lost("it fell silent"),
                        _ => TunnelError::Protocol(fault.detail.into_owned()),
                    });
                }
            }
        }
        Ok(())
    }

    fn greet(&mut self, welcome: &Welcome, skew: ClockSkew) {
        let metrics = Arc::clone(&self.session.engine.metrics);
        self.welcomed = Some((Instant::now(), Held::new(&metrics.tunnels)));
        self.session.pulse.beat();
        let Session { slot, epoch, .. } = self.session;
        let (node, nodes) = (welcome.node.clone(), welcome.nodes.clone());
        let arrival = self
            .session
            .places
            .change(|places| places.up(slot, epoch, node, nodes));
        if arrival == Arrival::Double {
            self.part();
            if let Some(handover) = self.handover.take() {
                let _ = handover.send(Handover::Double);
            }
            return;
        }
        if let Some(predecessor) = self.session.predecessor.take() {
            predecessor.cancel();
        }
        self.tell();
        metrics.connects.with_label_values(&["ok"]).inc();
        metrics.skew.set(skew.seconds as f64);
        tracing::info!(
            node = %welcome.node,
            tunnel = welcome.tunnel,
            gateway_version = %welcome.version,
            %slot,
            epoch,
            transport = self.session.connection.kind().name(),
            address = %self.session.connection.remote(),
            nodes = welcome.nodes.iter().len(),
            "tunnel is up"
        );
        metrics.revoked.set(0);
        let until = self.session.certificate.not_after;
        let transport = self.session.connection.kind().name();
        self.session
            .board
            .up(slot, transport, welcome, skew.seconds, until);
        self.measure();
        self.renewal = Some(Renewal::new(
            Arc::clone(&self.session.identity),
            Arc::clone(&metrics),
            self.session.certificate.clone(),
            skew.seconds,
            rand::random(),
        ));
        self.clocks = Some(ClockWatch::new(skew, Instant::now()));
        if skew.is_notable() {
            warn_of(skew);
        }
    }

    /// The gateway has said what its clock shows. One of the two may have been set since: certificates go by the gateway's.
    fn compare(&mut self, theirs_ms: u64) {
        let Some(clocks) = &mut self.clocks else { return };
        let news = clocks.look(theirs_ms, now());
        let skew = clocks.skew();
        self.session.engine.metrics.skew.set(skew.seconds as f64);
        if let Some(renewal) = &mut self.renewal {
            renewal.compared(skew.seconds);
        }
        if news.is_some() && self.is_current() {
            self.session.board.compared(self.session.slot, skew.seconds);
        }
        match news {
            Some(ClockNews::Apart(skew)) => warn_of(skew),
            Some(ClockNews::Agree) => tracing::info!(skew_seconds = skew.seconds, "the clocks agree again"),
            None => {}
        }
    }

    /// Whether this is the tunnel of its slot, as far as it knows: no other is wanted in its place.
    fn is_current(&self) -> bool {
        self.handover.is_some() && self.parting.is_none()
    }

    /// Writes down what the path is like.
    fn measure(&mut self) {
        let connection = &self.session.connection;
        let (round_trip, mtu, packets) = (connection.rtt(), connection.mtu(), connection.packets());
        let slot = self.session.slot;
        let metrics = &self.session.engine.metrics.paths;
        if let Some((sent, lost)) = packets {
            let before = std::mem::replace(&mut self.packets, (sent, lost));
            metrics.sent(slot, sent.saturating_sub(before.0));
            metrics.lost(slot, lost.saturating_sub(before.1));
        }
        if self.is_current() {
            metrics.path(slot, connection.kind(), round_trip, mtu);
            let path = Path {
                round_trip_us: u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX),
                mtu,
                packets_sent: packets.map(|(sent, _)| sent),
                packets_lost: packets.map(|(_, lost)| lost),
            };
            self.session.board.measured(slot, path);
        }
    }

    /// Asks for another certificate when it is time, and ends the tunnel when its own ran out.
    fn renew(&mut self) -> Result<(), TunnelError> {
        let step = self
            .renewal
            .as_mut()
            .map(|r| r.step(SystemTime::now(), rand::random()));
        match step {
            Some(Step::Ask(request)) => self.machine.renew(request),
            Some(Step::Expired) => {
                self.session
                    .connection
                    .close(reset_code(Code::CertificateExpired), b"");
                return Err(TunnelError::Expired);
            }
            Some(Step::Wait) | None => {}
        }
        Ok(())
    }

    fn renewed(&mut self, answer: Result<String, Fault>) {
        let renewed = self
            .renewal
            .as_mut()
            .and_then(|r| r.answered(answer, SystemTime::now(), rand::random()));
        let Some(Renewed) = renewed else {
            return;
        };
        if let Some(handover) = self.handover.take() {
            let _ = handover.send(Handover::Renewed);
        }
    }

    /// Goes by the gateway's roots from now on, if they follow those that are trusted here, and says which are in force.
    fn take_over(&mut self, trust: &Trust) {
        let metrics = &self.session.engine.metrics;
        let gateway = self.session.connection.peer_certificates().unwrap_or_default();
        let taken = self.session.identity.take_over(trust, &gateway);
        match taken {
            Ok(TakenOver::Known) => {}
            Ok(TakenOver::Changed { roots }) => {
                metrics.trust_changes.with_label_values(&["ok"]).inc();
                tracing::info!(roots, "the gateway's roots have changed, and were taken over");
            }
            Err(error) => {
                metrics.trust_changes.with_label_values(&["refused"]).inc();
                tracing::warn!(%error, "the roots from before stay in force");
            }
        }
        self.machine.trusts(self.session.identity.roots());
    }

    /// Tells the gateway what it does not know yet of the sources.
    fn tell(&mut self) {
        let offers = self.session.engine.offers();
        if offers != self.offered {
            self.offered.clone_from(&offers);
            self.machine.sources_changed(offers);
        }
        let schemas = self.session.engine.schemas();
        for schema in schemas.iter().filter(|schema| !self.schemas.contains(schema)) {
            self.machine.schema_read(schema.clone());
        }
        self.schemas = schemas;
        let own = self.session.engine.catalogue.in_force().offers();
        if own != self.own {
            self.own.clone_from(&own);
            self.machine.offers_changed(own);
        }
    }

    fn begin(&mut self, streams: (SendStream, RecvStream)) {
        // QUIC's own limit on streams holds the gateway to the half of this; a task may outlive its stream by a moment.
        if self.exchanges.len() >= 2 * MAX_EXCHANGES as usize {
            return Writer::new(streams.0).reset(Code::Overloaded);
        }
        self.exchanges
            .spawn(exchange::serve(self.shared.clone(), streams));
    }

    /// This connector stops: no new queries, and time for those that run.
    fn leave(&mut self) {
        self.shared.leaving.cancel();
        self.until = Some(Instant::now() + self.session.grace);
        // A gateway that hears of no sources sends no more queries here.
        self.machine.sources_changed(Vec::new());
    }

    /// Another has taken this one's place, or was there: nothing is routed here any more, what runs goes on.
    fn part(&mut self) {
        let now = Instant::now();
        self.parting = Some(now + LAST_REQUESTS);
        self.until = self.until.or(Some(now + MAX_QUERY_DEADLINE));
        self.renewal = None;
        self.machine.sources_changed(Vec::new());
    }

    /// Why the connection ended, which a stream that fails does not say.
    async fn reason(&mut self) -> TunnelError {
        match timeout(REASON_DEADLINE, self.session.connection.closed()).await {
            Ok(error) => error.into(),
            Err(_) => {
                self.session
                    .connection
                    .close(reset_code(Code::ProtocolViolation), b"");
                TunnelError::Protocol("it ended the control stream and not the connection".to_owned())
            }
        }
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "an exchange failed");
    }
}
