//! The life of one tunnel: Hello, Welcome, probes, batches, the end.
//!
//! What follows from a frame or from the time is decided by `proto::wire::session`; here are the sockets, the clock and
//! the table. A tunnel is in the table from its Welcome until its connection has ended, and its place there is given up
//! by number, so that a successor keeps its own. Whatever runs for the tunnel is in one [`JoinSet`] that ends with it.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, UNIX_EPOCH},
};

use bytes::Bytes;
use certs::identity::{CertificateFacts, facts_of_peer};
use proto::{
    error::{Code, Fault},
    id::Identity,
    limits::{HELLO_DEADLINE, MAX_BATCH_STREAMS, MAX_QUERY_DEADLINE},
    wire::{
        codec::Decoder,
        frame::{ControlFrame, Frame as _, Hello, Nodes, SourceOffer, SourceSchema, Trust, Version},
        session::{
            ClockNews, ClockSkew, ClockWatch, GatewayAction, GatewayIntroduction, GatewaySession, Now,
        },
    },
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::timeout,
};
use tracing::Instrument as _;
use transport::{Connection, ConnectionError, ReadError, RecvStream, SendStream};

use super::{
    Facts, Host, Tunnel, close_code, closed_code, exchange,
    listen::Pending,
    registry::{Order, Owner, RegisterError, Registered, Registration, TunnelId},
    slots::Slots,
    tcp::Carried,
};
use crate::clock::Clock;

/// For a Refusal to reach the connector before the connection closes.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// When a connector may come back that found the table full.
const FULL_RETRY: Duration = Duration::from_secs(30);

/// Between two looks at the calendar for a certificate's end.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);

/// Between two looks whether a tunnel has moved to another node.
const LOOK_AT_DIRECTORY: Duration = Duration::from_millis(100);

/// Bytes taken from the control stream at once.
const CHUNK: usize = 16 * 1024;

/// Runs a tunnel from the end of its handshake to the end of its connection.
pub(super) async fn run(connection: Connection, host: Arc<Host>, pending: Pending) {
    let peer = match identify(&connection, &host) {
        Ok(peer) => peer,
        Err(fault) => {
            // The verifier has let through what it must not: a defect, not a peer's doing.
            tracing::error!(detail = %fault.detail, remote = %connection.remote(), "a tunnel without an owner");
            host.metrics.handshakes.with_label_values(&["identity"]).inc();
            return connection.close(close_code(fault.code), fault.detail.as_bytes());
        }
    };
    let id = TunnelId(host.next.fetch_add(1, Ordering::Relaxed));
    let span =
        tracing::info_span!("tunnel", %id, tenant = %peer.owner.tenant, connector = %peer.owner.connector);
    Session::serve(connection, host, pending, peer, id)
        .instrument(span)
        .await;
}

/// Who opened the tunnel.
struct Peer {
    owner: Owner,
    certificate: CertificateFacts,
}

/// Whose the tunnel is: the leaf's own word, and nothing that a frame says.
fn identify(connection: &Connection, host: &Host) -> Result<Peer, Fault> {
    let unknown = |detail: &'static str| Fault::new(Code::Unauthenticated, detail);
    let presented = connection
        .peer_certificates()
        .ok_or_else(|| unknown("no certificate was presented"))?;
    let facts = facts_of_peer(&presented).map_err(|_| unknown("the certificate has no identity"))?;
    match &facts.identity {
        Identity::Connector {
            domain,
            tenant,
            connector,
        } if *domain == host.trust_domain => {
            let owner = Owner {
                tenant: tenant.clone(),
                connector: connector.clone(),
            };
            Ok(Peer {
                owner,
                certificate: facts,
            })
        }
        Identity::Connector { .. } | Identity::Node { .. } => Err(unknown(
            "the certificate is not a connector's of this installation",
        )),
    }
}

/// What a task of the tunnel ended with.
enum Ended {
    Batch(Result<(), Fault>),
    Probe(Result<u64, Fault>),
    Renewal(Result<String, Fault>),
    Trusted(Result<(), Fault>),
}

/// Why a tunnel ended.
struct End {
    fault: Fault,
    /// Whether the connector closed it.
    by_peer: bool,
}

struct Session {
    host: Arc<Host>,
    connection: Connection,
    peer: Peer,
    id: TunnelId,
    control: SendStream,
    machine: GatewaySession,
    tasks: JoinSet<Ended>,
    /// From the decision on.
    admitted: Option<(Arc<Tunnel>, Registration<Tunnel>)>,
    /// Until the decision.
    pending: Option<Pending>,
    /// Whether a probe waits for its answer.
    probing: bool,
    /// Whether the connector was asked to open another tunnel, and this one serves until it has.
    moving: bool,
    draining: bool,
    /// From the Hello on.
    clocks: Option<ClockWatch>,
    /// From the Welcome on.
    carried: Option<Carried>,
    /// The roots that connectors are told of.
    trust: watch::Receiver<Arc<Trust>>,
    /// The nodes that connectors are told of.
    nodes: watch::Receiver<Arc<Nodes>>,
}

impl Session {
    async fn serve(connection: Connection, host: Arc<Host>, pending: Pending, peer: Peer, id: TunnelId) {
        let mut nodes = host.nodes.clone();
        let introduction = GatewayIntroduction {
            node: host.node.clone(),
            version: own_version(),
            tunnel: id.0,
            nodes: nodes.borrow_and_update().as_ref().clone(),
        };
        let machine = GatewaySession::accept(introduction, now(&host.clock));
        // The stream is made by the connector's first bytes of it.
        let until = machine
            .deadline()
            .map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        let (control, answers) = match timeout(until, connection.accept_bi()).await {
            Ok(Ok(streams)) => streams,
            Ok(Err(_)) => return host.metrics.handshakes.with_label_values(&["peer_closed"]).inc(),
            Err(_) => {
                host.metrics.handshakes.with_label_values(&["no_hello"]).inc();
                return connection.close(close_code(Code::ProtocolViolation), b"no Hello in time");
            }
        };
        let (tasks, pending) = (JoinSet::new(), Some(pending));
        let trust = host.trust.clone();
        let session = Self {
            host,
            connection,
            peer,
            id,
            control,
            machine,
            tasks,
            admitted: None,
            pending,
            probing: false,
            moving: false,
            draining: false,
            clocks: None,
            carried: None,
            trust,
            nodes,
        };
        session.live(answers).await;
    }

    async fn live(mut self, mut answers: RecvStream) {
        let mut decoder = Decoder::expecting_hello();
        let end = loop {
            if let Some(end) = self.act().await {
                break end;
            }
            let tunnel = self.admitted.as_ref().map(|(tunnel, _)| Arc::clone(tunnel));
            let (moving, draining) = (self.moving, self.draining);
            let end = self.certificate_end();
            // Every arm is cancel-safe: reads and accepts take nothing unless they are ready.
            tokio::select! {
                chunk = answers.read_chunk(CHUNK) => match chunk {
                    Ok(Some(chunk)) => self.take(&mut decoder, chunk),
                    Ok(None) => self.machine.on_stream_end(),
                    // The connection's own end is told below, with its reason.
                    Err(ReadError::Lost) => {
                        break lost(&self.connection.closed().await, tunnel.as_deref());
                    }
                    Err(_) => self.machine.on_stream_end(),
                },
                () = at(self.machine.deadline()) => self.due(),
                stream = self.connection.accept_uni(), if tunnel.is_some() => {
                    if let (Ok(stream), Some(tunnel)) = (stream, tunnel) {
                        self.tasks.spawn(async move {
                            Ended::Batch(exchange::read_batch(tunnel, stream).await)
                        });
                    }
                }
                Some(ended) = self.tasks.join_next() => self.ended(ended),
                Ok(()) = self.trust.changed(), if self.pending.is_none() => self.tell_roots(),
                Ok(()) = self.nodes.changed() => {
                    let nodes = self.nodes.borrow_and_update().as_ref().clone();
                    self.machine.nodes(nodes);
                }
                () = self.host.drain.moving(), if !moving => self.ask_to_move(),
                () = moved(&self.host, tunnel.as_deref()), if moving && !draining => self.drain(self.host.grace),
                () = self.host.drain.stopping(), if !draining => self.drain(self.host.grace),
                () = left(tunnel.as_deref()), if !draining => self.drain(MAX_QUERY_DEADLINE),
                () = at(Some(end)) => {
                    if self.expired() {
                        let detail = "the certificate that this tunnel was opened with ran out";
                        break End { fault: Fault::new(Code::CertificateExpired, detail), by_peer: false };
                    }
                }
                () = idle(tunnel.as_deref()), if draining && tunnel.is_some() => {
                    break End { fault: Fault::new(Code::TunnelLost, "the tunnel was drained"), by_peer: false };
                }
                error = self.connection.closed() => break lost(&error, tunnel.as_deref()),
            }
        };
        self.close(end).await;
    }

    /// Does what the machine says, until it waits again. The reason, if it closes.
    async fn act(&mut self) -> Option<End> {
        while let Some(action) = self.machine.poll() {
            match action {
                GatewayAction::Decide { hello, skew } => self.decide(hello, skew).await,
                GatewayAction::Send(frame) => {
                    if let Err(fault) = self.send(&frame).await {
                        self.machine.on_fault(fault);
                    }
                }
                GatewayAction::Established { protocol } => self.established(protocol),
                GatewayAction::SourcesChanged(sources) => self.announce(sources),
                GatewayAction::Trusted(roots) => {
                    let said = self.host.admission.trusts(self.peer.certificate.clone(), roots);
                    self.tasks.spawn(async move { Ended::Trusted(said.await) });
                }
                GatewayAction::Schema(schema) => self.told(&schema),
                GatewayAction::OffersChanged(offers) => {
                    if let Some((tunnel, _)) = &self.admitted {
                        tunnel.offer(offers);
                    }
                }
                GatewayAction::SendProbe => {
                    self.probing = true;
                    let (connection, clock) = (self.connection.clone(), self.host.clock.clone());
                    self.tasks
                        .spawn(async move { Ended::Probe(exchange::probe(&connection, &clock).await) });
                }
                GatewayAction::Renew(request) => {
                    let peer = self.peer.certificate.clone();
                    let renewal = self.host.admission.renew(peer, request);
                    self.tasks.spawn(async move { Ended::Renewal(renewal.await) });
                }
                GatewayAction::Close(fault) => {
                    return Some(End {
                        fault,
                        by_peer: false,
                    });
                }
            }
        }
        None
    }

    fn take(&mut self, decoder: &mut Decoder<ControlFrame>, mut bytes: Bytes) {
        loop {
            match decoder.decode(&mut bytes) {
                Ok(Some(frame)) => self.machine.on_frame(frame, now(&self.host.clock)),
                Ok(None) => return,
                Err(error) => return self.machine.on_fault(error.into()),
            }
        }
    }

    async fn decide(&mut self, hello: Hello, skew: ClockSkew) {
        let metrics = &self.host.metrics;
        metrics.skew.observe(skew.seconds.unsigned_abs() as f64);
        if skew.is_notable() {
            self.warn_of(skew);
        }
        self.clocks = Some(ClockWatch::new(skew, Instant::now()));
        let admitted = match self.look_up().await.and_then(|()| self.register(&hello, skew)) {
            // Looked up again once it is in the table: whoever was removed in between was not there yet to be evicted.
            Ok(admitted) => self.look_up().await.map(|()| admitted),
            Err(fault) => Err(fault),
        };
        match admitted {
            Ok(admitted) => {
                self.admitted = Some(admitted);
                self.machine.admit(now(&self.host.clock));
            }
            Err(fault) => self.machine.refuse(fault),
        }
    }

    fn warn_of(&self, skew: ClockSkew) {
        self.host.metrics.skew_warnings.inc();
        tracing::warn!(
            skew_seconds = skew.seconds,
            "the clocks of connector and gateway differ; one of the hosts needs its clock set"
        );
    }

    /// The connector has said what its clock shows: one of the two may have been set since the Hello.
    fn compare(&mut self, theirs_ms: u64) {
        let now = now(&self.host.clock);
        let Some(clocks) = &mut self.clocks else { return };
        let (before, news) = (clocks.is_apart(), clocks.look(theirs_ms, now));
        match news {
            Some(ClockNews::Apart(skew)) => {
                if !before {
                    self.host.metrics.skewed.inc();
                }
                self.warn_of(skew);
            }
            Some(ClockNews::Agree) => {
                self.host.metrics.skewed.dec();
                tracing::info!("the clocks of connector and gateway agree again");
            }
            None => {}
        }
    }

    fn is_apart(&self) -> bool {
        self.clocks.as_ref().is_some_and(ClockWatch::is_apart)
    }

    /// Whether the connector may have a tunnel, as the store says now.
    async fn look_up(&self) -> Result<(), Fault> {
        let admitted = timeout(HELLO_DEADLINE, self.host.admission.admit(&self.peer.certificate)).await;
        admitted.unwrap_or_else(|_| {
            let late = Fault::new(
                Code::Overloaded,
                "the gateway could not look the connector up in time",
            );
            Err(late.retry_after(HELLO_DEADLINE))
        })
    }

    fn register(&self, hello: &Hello, skew: ClockSkew) -> Result<(Arc<Tunnel>, Registration<Tunnel>), Fault> {
        let order = Order {
            instance: hello.instance.0,
            epoch: hello.epoch,
            slot: hello.slot,
            held: hello.held.contains(&self.host.node),
        };
        let tunnel = Arc::new(Tunnel {
            id: self.id,
            order,
            owner: self.peer.owner.clone(),
            certificate: self.peer.certificate.clone(),
            connection: self.connection.clone(),
            facts: Facts {
                since_ms: self.host.clock.unix_millis(),
                version: hello.version.as_str().to_owned(),
                skew_seconds: skew.seconds,
                slot: hello.slot,
            },
            sources: Mutex::new(hello.sources.clone()),
            offers: Mutex::default(),
            told: Mutex::default(),
            slots: Slots::new(self.host.tunnel_exchanges),
            usual: AtomicU64::new(0),
            left: Notify::new(),
            closed: OnceLock::new(),
            exchanges: exchange::Exchanges::new(self.host.metrics.clone()),
        });
        let Registered {
            registration,
            replaced,
            surplus,
        } = self
            .host
            .tunnels
            .register(
                self.id,
                self.peer.owner.clone(),
                order,
                names(&hello.sources),
                Arc::clone(&tunnel),
            )
            .map_err(|error| {
                let fault = |code| Fault::new(code, error.to_string());
                match error {
                    // Another node may take it at once.
                    RegisterError::Twice => fault(Code::Conflict),
                    RegisterError::Superseded => fault(Code::Conflict).retry_after(FULL_RETRY),
                    RegisterError::NodeFull | RegisterError::TenantFull => {
                        fault(Code::Overloaded).retry_after(FULL_RETRY)
                    }
                }
            })?;
        let conflict = || Fault::new(Code::Conflict, "the connector has opened another tunnel");
        for replaced in replaced {
            let by = if replaced.other_instance {
                "other_start"
            } else {
                "same_start"
            };
            self.host.metrics.replaced.with_label_values(&[by]).inc();
            // Two hosts with one identity are seen here: the addresses tell.
            tracing::info!(
                old = %replaced.tunnel.id,
                old_remote = %replaced.tunnel.remote(),
                remote = %self.connection.remote(),
                by,
                "a tunnel replaces its predecessor"
            );
            if replaced.tunnel.outlives(&tunnel) && !replaced.other_instance {
                replaced.tunnel.leave();
            } else {
                replaced.tunnel.close(&conflict());
            }
        }
        if let Some(oldest) = surplus {
            oldest.close(&conflict());
        }
        Ok((tunnel, registration))
    }

    fn established(&mut self, protocol: u32) {
        self.pending = None;
        self.connection.admit_uni(MAX_BATCH_STREAMS);
        self.host.metrics.handshakes.with_label_values(&["ok"]).inc();
        self.host.metrics.live.inc();
        self.carried = Some(Carried::new(&self.host.metrics, self.connection.kind()));
        self.tell_roots();
        if self.is_apart() {
            self.host.metrics.skewed.inc();
        }
        if let Some((tunnel, _)) = &self.admitted {
            tracing::info!(
                remote = %tunnel.remote(),
                transport = tunnel.transport().name(),
                version = %tunnel.facts.version,
                sources = tunnel.lock_sources().len(),
                skew_seconds = tunnel.facts.skew_seconds,
                protocol,
                "tunnel is up"
            );
        }
    }

    /// What gateway nodes are to be verified by, from now on.
    fn tell_roots(&mut self) {
        let trust = self.trust.borrow_and_update().as_ref().clone();
        self.machine.trust(trust);
    }

    fn announce(&self, sources: Vec<SourceOffer>) {
        if let Some((tunnel, registration)) = &self.admitted {
            tracing::info!(
                sources = sources.len(),
                "the connector's policy or catalogue was reloaded"
            );
            registration.announce(names(&sources));
            tunnel
                .lock_told()
                .retain(|name, _| sources.iter().any(|source| source.name == *name));
            *tunnel.lock_sources() = sources;
        }
    }

    /// When to look whether the certificate ran out: at its end, and before it now and then, for clocks are set.
    fn certificate_end(&self) -> Instant {
        let end = self.peer.certificate.not_after.duration_since(UNIX_EPOCH);
        let left = end
            .unwrap_or_default()
            .saturating_sub(self.host.clock.since_epoch());
        Instant::now() + left.min(LOOK_AT_CLOCK)
    }

    fn expired(&self) -> bool {
        let end = self.peer.certificate.not_after.duration_since(UNIX_EPOCH);
        end.unwrap_or_default() <= self.host.clock.since_epoch()
    }

    /// What a source holds. Of one that the tunnel does not serve nothing is kept.
    fn told(&self, schema: &SourceSchema) {
        let Some((tunnel, _)) = &self.admitted else { return };
        let sources = tunnel.sources();
        let source = sources.iter().find(|source| source.name == schema.source);
        if let Some(told) = source.and_then(|source| self.host.schemas.take(schema, &source.dialect)) {
            tunnel.lock_told().insert(schema.source.clone(), told);
        }
    }

    /// The connector opens another tunnel at another node, and this one serves meanwhile, if it is open.
    fn ask_to_move(&mut self) {
        self.moving = true;
        let open = self.pending.is_none();
        self.machine.drain(self.host.grace * u32::from(open));
    }

    fn drain(&mut self, grace: Duration) {
        self.draining = true;
        self.moving = true;
        self.machine.drain(grace);
        if let Some((tunnel, _)) = &self.admitted {
            tunnel.slots.drain();
        }
    }

    /// The machine's time has come. While a probe waits, that is the end of its time.
    fn due(&mut self) {
        if std::mem::take(&mut self.probing) {
            self.host.metrics.probes_failed.inc();
        }
        self.machine.on_timer(now(&self.host.clock));
    }

    fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        match ended {
            Ok(Ended::Batch(Ok(()))) => {}
            Ok(Ended::Batch(Err(fault))) => self.machine.on_fault(fault),
            Ok(Ended::Renewal(outcome)) => {
                let result = outcome.as_ref().map_or_else(|fault| fault.code.name(), |_| "ok");
                self.host.metrics.renewals.with_label_values(&[result]).inc();
                match &outcome {
                    Ok(_) => tracing::info!("the connector has its next certificate"),
                    Err(fault) => {
                        tracing::warn!(code = %fault.code, detail = %fault.detail, "a renewal was refused")
                    }
                }
                self.machine.renewed(outcome);
            }
            Ok(Ended::Trusted(Ok(()))) => {}
            Ok(Ended::Trusted(Err(fault))) => {
                tracing::warn!(code = %fault.code, detail = %fault.detail, "which roots the connector trusts was not kept");
            }
            Ok(Ended::Probe(Ok(theirs_ms))) => {
                self.probing = false;
                self.compare(theirs_ms);
                if let Some(rtt) = self.machine.on_probe_reply(now(&self.host.clock)) {
                    self.host.metrics.probe_seconds.observe(rtt.as_secs_f64());
                }
            }
            Ok(Ended::Probe(Err(fault))) => {
                self.probing = false;
                self.host.metrics.probes_failed.inc();
                self.machine.on_fault(fault);
            }
            Err(error) => {
                if error.is_panic() {
                    tracing::error!(%error, "a task of a tunnel panicked");
                    self.machine
                        .on_fault(Fault::new(Code::Internal, "a task of the tunnel failed"));
                }
            }
        }
    }

    /// Writes are bounded by the machine's own deadlines at the other end: a connector that does not read gets no probe,
    /// and one that cannot be written to for longer than this is gone.
    async fn send(&mut self, frame: &ControlFrame) -> Result<(), Fault> {
        let bytes = frame.encode()?;
        let stuck = || Fault::new(Code::TunnelLost, "the connector does not read its control stream");
        timeout(LAST_WORDS, self.control.write_all(&bytes))
            .await
            .map_err(|_| stuck())?
            .map_err(|_| stuck())
    }

    async fn close(mut self, end: End) {
        let code = end.fault.code;
        // Nothing is routed here from now on; what runs is told by the connection's end.
        if let Some((tunnel, registration)) = self.admitted.take() {
            tunnel.slots.drain();
            drop(registration);
            if self.pending.is_none() {
                self.host.metrics.live.dec();
                if self.is_apart() {
                    self.host.metrics.skewed.dec();
                }
                self.host.metrics.closed.with_label_values(&[code.name()]).inc();
                tracing::info!(%code, detail = %end.fault.detail, by_peer = end.by_peer, "tunnel has ended");
            }
        }
        if self.pending.is_some() {
            self.host
                .metrics
                .handshakes
                .with_label_values(&[code.name()])
                .inc();
            tracing::info!(%code, detail = %end.fault.detail, "a tunnel was refused");
            // The Refusal has to arrive: a close throws away what was not sent yet.
            if self.control.finish().is_ok() {
                let _ = timeout(LAST_WORDS, self.control.stopped()).await;
            }
        }
        self.connection
            .close(close_code(code), end.fault.detail.as_bytes());
        self.tasks.shutdown().await;
    }
}

/// The end of a connection that this side did not decide.
fn lost(error: &ConnectionError, tunnel: Option<&Tunnel>) -> End {
    let (code, by_peer) = match error {
        ConnectionError::Closed { code, .. } => (closed_code(*code), true),
        // By an eviction, a successor, or the listener's end.
        ConnectionError::ClosedHere => (
            tunnel
                .and_then(|t| t.closed.get().copied())
                .unwrap_or(Code::TunnelLost),
            false,
        ),
        _ => (Code::TunnelLost, false),
    };
    End {
        fault: Fault::new(code, "the connection ended"),
        by_peer,
    }
}

fn names(sources: &[SourceOffer]) -> Vec<proto::id::SourceId> {
    sources.iter().map(|source| source.name.clone()).collect()
}

fn own_version() -> Version {
    Version::new(env!("CARGO_PKG_VERSION")).expect("a package's version is printable ASCII and short")
}

fn now(clock: &Clock) -> Now {
    Now {
        instant: Instant::now(),
        unix_ms: clock.unix_millis(),
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}

/// Ready when the connector serves over a tunnel to another node, as the directory says. It is looked at now and then: when a
/// node with thousands of tunnels moves them, the directory changes as often.
async fn moved(host: &Host, tunnel: Option<&Tunnel>) {
    let (Some(directory), Some(tunnel)) = (&host.directory, tunnel) else {
        return pending().await;
    };
    let (owner, instance) = (tunnel.owner(), hex::encode(tunnel.order().instance));
    while !directory.stands_elsewhere(&owner.tenant, &owner.connector, &instance) {
        tokio::time::sleep(LOOK_AT_DIRECTORY).await;
    }
}

async fn left(tunnel: Option<&Tunnel>) {
    match tunnel {
        Some(tunnel) => tunnel.left.notified().await,
        None => pending().await,
    }
}

async fn idle(tunnel: Option<&Tunnel>) {
    match tunnel {
        Some(tunnel) => tunnel.slots.idle().await,
        None => pending().await,
    }
}
