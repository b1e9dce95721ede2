//! One query on a tunnel: a permit becomes batches in order, or a fault.
//!
//! The order of frames, the window, the digest and the counts are checked by `proto::wire::exchange`; here are the
//! streams. Each batch comes on a stream of its own and is read by a task of the session, which asks the exchange before
//! it holds a byte of the body. The caller's side draws with [`Exchange::next`]; what it has not taken stays within the
//! window (16 batches, 16 MiB), and the connector waits.
//!
//! Dropping an [`Exchange`] cancels the query: both halves of its stream are reset and its batches are no longer read.
//! Nothing but a [`Permit`] opens one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use proto::{
    error::{Code, Fault},
    limits::DEADLINE_GRACE,
    wire::{
        codec::{BatchReader, DecodeError, Decoder},
        exchange::{Action, GatewayExchange, Window, probe_reply, proposal_reply},
        frame::{
            CallerName, Complete, ExchangeFrame, ExchangeId, Frame as _, Probe, Proposal, ProposalReply,
            Request, RequestId,
        },
    },
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use transport::{Connection, ReadError, RecvStream, SendStream, WriteError};

use super::{Tunnel, close_code, ipc, liveness::Liveness};
use crate::{allowlist::Permit, auth::TenantAdmin, clock::Clock, metrics::TunnelMetrics};

/// For the header of a batch's stream, which is in the stream's first packet: several losses of it.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);

/// For a proposal to be considered: the connector gives a text a few seconds.
pub const PROPOSAL_DEADLINE: Duration = Duration::from_secs(15);

/// Bytes taken from a stream at once.
const CHUNK: usize = 64 * 1024;

/// A batch of a result.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Arrow IPC messages: dictionaries, then one record batch.
    pub bytes: Bytes,
    /// Rows of the record batch.
    pub rows: u64,
    /// What its buffers claim to be once decompressed.
    pub decoded_bytes: u64,
}

/// What a result consists of, in this order: batches, then `Complete`.
#[derive(Debug)]
pub enum Event {
    /// The next batch.
    Batch(Batch),
    /// The result is whole; rows, bytes and digest are what the connector said.
    Complete(Complete),
}

/// The exchanges of one tunnel, for the streams of their batches to find.
#[derive(Debug)]
pub(super) struct Exchanges {
    table: Mutex<HashMap<ExchangeId, Arc<Shared>>>,
    next: AtomicU64,
    metrics: TunnelMetrics,
}

/// What an exchange and the readers of its batches share.
#[derive(Debug)]
struct Shared {
    machine: Mutex<GatewayExchange>,
    /// The machine may have something to do.
    changed: Notify,
    /// The exchange has ended: its batches are of no use.
    over: CancellationToken,
    buffered: Buffered,
}

/// The batches of one exchange that wait for its caller, as they stand in the metrics; what is left at the end of the
/// exchange goes with it.
#[derive(Debug)]
struct Buffered {
    batches: AtomicI64,
    bytes: AtomicI64,
    metrics: TunnelMetrics,
}

impl Buffered {
    fn add(&self, batches: i64, bytes: i64) {
        self.batches.fetch_add(batches, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.metrics.buffered(batches, bytes);
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.metrics
            .buffered(-*self.batches.get_mut(), -*self.bytes.get_mut());
    }
}

impl Shared {
    /// No call panics while it holds the lock.
    fn machine(&self) -> MutexGuard<'_, GatewayExchange> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the machine something, and wakes whoever does what follows from it.
    fn tell(&self, event: impl FnOnce(&mut GatewayExchange)) {
        event(&mut self.machine());
        self.changed.notify_one();
    }
}

impl Exchanges {
    pub(super) fn new(metrics: TunnelMetrics) -> Self {
        Self {
            table: Mutex::default(),
            next: AtomicU64::new(1),
            metrics,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExchangeId, Arc<Shared>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: ExchangeId) -> Option<Arc<Shared>> {
        self.lock().get(&id).map(Arc::clone)
    }
}

/// A query that runs.
#[derive(Debug)]
pub struct Exchange {
    tunnel: Arc<Tunnel>,
    id: ExchangeId,
    shared: Arc<Shared>,
    streams: Streams,
    decoder: Decoder<ExchangeFrame>,
    /// Frames that are not sent yet: credit, of a few bytes each and merged by the machine.
    outbox: BytesMut,
    schema: Bytes,
    /// Whether the connector's half of the stream may still say something.
    listening: bool,
    liveness: Liveness,
    until: Instant,
}

impl Tunnel {
    /// Sends the query, which has `left` until its result is whole.
    ///
    /// # Errors
    /// `tunnel_lost`; `limit_exceeded` if the parameters are too long for a frame; `deadline_exceeded` if the connector
    /// takes no stream for it in time.
    pub async fn ask(
        self: &Arc<Self>,
        permit: &Permit,
        request_id: RequestId,
        left: Duration,
    ) -> Result<Exchange, Fault> {
        let id = ExchangeId(self.exchanges.next.fetch_add(1, Ordering::Relaxed));
        let (bounds, caller) = (permit.bounds(), permit.grant().caller());
        let request = Request {
            exchange: id,
            request_id,
            source: permit.grant().source().clone(),
            question: permit.question().clone(),
            fingerprint: permit.fingerprint(),
            parameters: permit.parameters().to_vec(),
            deadline: left,
            max_rows: Some(bounds.rows),
            max_bytes: Some(bounds.bytes),
            caller: caller_name(caller.name(), caller.id())?,
        };
        let until = Instant::now() + left + DEADLINE_GRACE;
        let machine = GatewayExchange::new(&request, Window::default());
        let frame = ExchangeFrame::Request(Box::new(request)).encode()?;

        let opened = timeout(left, self.connection.open_bi()).await;
        let late = || {
            Fault::new(
                Code::DeadlineExceeded,
                "the connector took no further query in time",
            )
        };
        let (send, recv) = opened.map_err(|_| late())?.map_err(|_| lost())?;
        // From here on a drop cancels.
        let streams = Streams {
            send,
            recv,
            open: true,
        };
        let shared = Arc::new(Shared {
            machine: Mutex::new(machine),
            changed: Notify::new(),
            over: CancellationToken::new(),
            buffered: Buffered {
                batches: AtomicI64::new(0),
                bytes: AtomicI64::new(0),
                metrics: self.exchanges.metrics.clone(),
            },
        });
        self.exchanges.lock().insert(id, Arc::clone(&shared));
        let mut exchange = Exchange {
            tunnel: Arc::clone(self),
            id,
            shared,
            streams,
            decoder: Decoder::new(),
            outbox: BytesMut::from(&frame[..]),
            schema: Bytes::new(),
            listening: true,
            liveness: Liveness::new(&self.connection),
            until,
        };
        // All of an ordinary request; what is left of a long one goes out while the answer is waited for.
        let sent = timeout(left, exchange.streams.send.write(&exchange.outbox)).await;
        exchange.said(sent.map_err(|_| late())?);
        Ok(exchange)
    }
}

impl Exchange {
    /// The schema message; empty before the first event.
    pub fn schema(&self) -> &Bytes {
        &self.schema
    }

    /// The next part of the result, checked and in order. Cancel-safe. Not to be called after an error or `Complete`.
    ///
    /// # Errors
    /// Why the result is void; what was handed on before must not pass for one.
    pub async fn next(&mut self) -> Result<Event, Fault> {
        loop {
            if let Some(event) = self.act()? {
                return Ok(event);
            }
            // Every arm is cancel-safe: reads and writes take nothing unless they are ready.
            tokio::select! {
                () = self.shared.changed.notified() => {}
                chunk = self.streams.recv.read_chunk(CHUNK), if self.listening => self.heard(chunk),
                written = self.streams.send.write(&self.outbox), if !self.outbox.is_empty() => self.said(written),
                _ = self.tunnel.connection.closed(), if !self.listening => {
                    self.shared.machine().on_tunnel_lost();
                }
                () = self.liveness.due() => {
                    if self.liveness.look().is_err() {
                        // Whoever asks next is told at once that there is nobody.
                        self.tunnel.close(&Fault::new(Code::TunnelLost, "the connector does not answer"));
                        self.shared.machine().on_tunnel_lost();
                    }
                }
                () = sleep_until(self.until) => self.shared.machine().on_deadline(),
            }
        }
    }

    /// Says that the caller has taken the oldest batch that it was given: the connector may send another.
    pub fn consumed(&mut self) {
        self.shared.machine().on_consumed();
    }

    /// Does what the machine says.
    fn act(&mut self) -> Result<Option<Event>, Fault> {
        loop {
            let action = self.shared.machine().poll();
            match action {
                None => return Ok(None),
                Some(Action::Schema(schema)) => match ipc::check_schema(&schema) {
                    Ok(()) => self.schema = schema,
                    Err(error) => self.shared.machine().on_fault(not_arrow(error)),
                },
                Some(Action::Batch(bytes)) => {
                    self.shared.buffered.add(-1, -(bytes.len() as i64));
                    match ipc::check_batch(&bytes) {
                        Ok(ipc::BatchFacts { rows, decoded_bytes }) => {
                            return Ok(Some(Event::Batch(Batch {
                                bytes,
                                rows,
                                decoded_bytes,
                            })));
                        }
                        Err(error) => self.shared.machine().on_fault(not_arrow(error)),
                    }
                }
                Some(Action::SendCredit(credit)) => {
                    self.outbox
                        .extend_from_slice(&ExchangeFrame::Credit(credit).encode()?);
                }
                Some(Action::Complete(complete)) => {
                    self.streams.finish();
                    return Ok(Some(Event::Complete(complete)));
                }
                Some(Action::Fail { fault, abort }) => {
                    self.streams.abort(abort.unwrap_or(fault.code));
                    return Err(fault);
                }
            }
        }
    }

    fn heard(&mut self, chunk: Result<Option<Bytes>, ReadError>) {
        let mut machine = self.shared.machine();
        match chunk {
            Ok(Some(mut bytes)) => loop {
                match self.decoder.decode(&mut bytes) {
                    Ok(Some(frame)) => machine.on_frame(frame),
                    Ok(None) => break,
                    Err(error) => {
                        machine.on_fault(error.into());
                        break;
                    }
                }
            },
            Ok(None) => {
                self.listening = false;
                match self.decoder.finish() {
                    Ok(()) => machine.on_stream_end(),
                    Err(error) => machine.on_fault(error.into()),
                }
            }
            Err(error) => {
                self.listening = false;
                match error {
                    ReadError::Reset(code) => machine.on_reset(code),
                    ReadError::Lost => machine.on_tunnel_lost(),
                    _ => machine.on_fault(Fault::new(Code::Internal, "the exchange's stream is closed")),
                }
            }
        }
    }

    fn said(&mut self, written: Result<usize, WriteError>) {
        match written {
            Ok(bytes) => self.outbox.advance(bytes),
            Err(error) => {
                self.outbox.clear();
                match error {
                    // What the connector wants to say about it comes on its own half.
                    WriteError::Stopped(_) if self.listening => {}
                    WriteError::Stopped(code) => self.shared.machine().on_reset(code),
                    _ => self.shared.machine().on_tunnel_lost(),
                }
            }
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.tunnel.exchanges.lock().remove(&self.id);
        self.shared.machine().on_cancel();
        self.shared.over.cancel();
    }
}

/// The two halves of an exchange's stream. Unless they were ended in order, dropping them resets both, so that the
/// connector cancels the statement: QUIC alone would end the sending half as if all had been said.
#[derive(Debug)]
struct Streams {
    send: SendStream,
    recv: RecvStream,
    open: bool,
}

impl Streams {
    fn finish(&mut self) {
        self.open = false;
        let _ = self.send.finish(); // fails only where it was ended before
    }

    fn abort(&mut self, code: Code) {
        if std::mem::take(&mut self.open) {
            self.send.reset(close_code(code));
            self.recv.stop(close_code(code));
        }
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.abort(Code::Cancelled);
    }
}

/// Reads the stream of one batch into its exchange.
///
/// # Errors
/// A violation that concerns the whole tunnel: the stream does not begin with a batch's header.
pub(super) async fn read_batch(tunnel: Arc<Tunnel>, mut stream: RecvStream) -> Result<(), Fault> {
    let exchanges = &tunnel.exchanges;
    let refuse = |stream: &mut RecvStream, reason: &'static str, code: Code| {
        exchanges
            .metrics
            .streams_refused
            .with_label_values(&[reason])
            .inc();
        stream.stop(close_code(code));
    };
    let mut reader = BatchReader::new();
    let read = timeout(HEADER_DEADLINE, read_header(&mut reader, &mut stream)).await;
    let Some(header) = reader.header() else {
        return match read {
            Ok(broken) => broken.map_err(Fault::from),
            Err(_) => {
                refuse(&mut stream, "header", Code::ProtocolViolation);
                Ok(())
            }
        };
    };
    // Batches of an exchange that has just ended are still on their way: nobody's fault.
    let Some(shared) = exchanges.find(header.exchange) else {
        refuse(&mut stream, "unknown_exchange", Code::Cancelled);
        return Ok(());
    };
    shared.tell(|machine| machine.on_batch_header(header));
    // The header came with more bytes than it announces: the exchange's trouble, since it is known which.
    if let Ok(Err(error)) = read {
        shared.tell(|machine| machine.on_fault(error.into()));
    }
    if shared.machine().is_ended() {
        refuse(&mut stream, "window", Code::Cancelled);
        return Ok(());
    }
    loop {
        // Both arms are cancel-safe.
        let chunk = tokio::select! {
            chunk = stream.read_chunk(CHUNK) => chunk,
            () = shared.over.cancelled() => {
                refuse(&mut stream, "late", Code::Cancelled);
                return Ok(());
            }
        };
        match chunk {
            Ok(Some(chunk)) => {
                if let Err(error) = reader.push(chunk) {
                    shared.tell(|machine| machine.on_fault(error.into()));
                    refuse(&mut stream, "window", Code::ProtocolViolation);
                    return Ok(());
                }
            }
            Ok(None) => break,
            Err(ReadError::Reset(code)) => {
                shared.tell(|machine| machine.on_batch_reset(code));
                return Ok(());
            }
            Err(_) => {
                shared.tell(GatewayExchange::on_tunnel_lost);
                return Ok(());
            }
        }
    }
    let checked = reader.finish().map_err(Fault::from).and_then(|(header, bytes)| {
        let facts = ipc::check_batch(&bytes).map_err(not_arrow)?;
        Ok((header, bytes, facts))
    });
    shared.tell(|machine| match checked {
        Ok((header, bytes, facts)) => {
            if !machine.is_ended() {
                shared.buffered.add(1, bytes.len() as i64);
            }
            machine.on_batch(header.sequence, bytes, facts.rows);
        }
        Err(fault) => machine.on_fault(fault),
    });
    Ok(())
}

/// Reads until the header is there, or the stream was reset or lost before it.
async fn read_header(reader: &mut BatchReader, stream: &mut RecvStream) -> Result<(), DecodeError> {
    while reader.header().is_none() {
        match stream.read_chunk(CHUNK).await {
            Ok(Some(chunk)) => reader.push(chunk)?,
            Ok(None) => return Err(DecodeError::Truncated("batch header")),
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Asks for a sign of life over the way that queries take: what the connector's clock shows, in milliseconds since 1970.
/// The session's own deadline bounds it.
///
/// # Errors
/// `tunnel_lost`, or a violation.
pub(super) async fn probe(connection: &Connection, clock: &Clock) -> Result<u64, Fault> {
    let probe = ExchangeFrame::Probe(Probe {
        unix_time_ms: clock.unix_millis(),
    });
    let reply = once(connection, &probe).await.and_then(probe_reply)?;
    Ok(reply.unix_time_ms)
}

impl Tunnel {
    /// Proposes a query to the connector's customer; takes a place like a query.
    ///
    /// # Errors
    /// Why the connector does not keep it; `overloaded`, `tunnel_lost`, `deadline_exceeded`.
    pub async fn propose(&self, by: &TenantAdmin, text: String) -> Result<ProposalReply, Fault> {
        let _slot = self.begin().map_err(|_| {
            Fault::new(Code::Overloaded, "the tunnel has as much to do as it may")
                .retry_after(HEADER_DEADLINE)
        })?;
        let caller = by.caller();
        let proposal = ExchangeFrame::Proposal(Proposal {
            text,
            caller: caller_name(caller.name(), caller.id())?,
        });
        let answer = timeout(PROPOSAL_DEADLINE, once(&self.connection, &proposal)).await;
        let late = |_| {
            Fault::new(
                Code::DeadlineExceeded,
                "the connector did not answer the proposal in time",
            )
        };
        answer.map_err(late)?.and_then(proposal_reply)
    }
}

/// Sends one frame on a stream of its own and reads the one that answers it.
async fn once(connection: &Connection, frame: &ExchangeFrame) -> Result<ExchangeFrame, Fault> {
    let (send, recv) = connection.open_bi().await.map_err(|_| lost())?;
    let mut streams = Streams {
        send,
        recv,
        open: true,
    };
    let name = frame.name();
    let frame = frame.encode()?;
    streams.send.write_all(&frame).await.map_err(|_| lost())?;
    let mut decoder = Decoder::new();
    loop {
        let chunk = streams.recv.read_chunk(CHUNK).await.map_err(|_| lost())?;
        let mut bytes =
            chunk.ok_or_else(|| Fault::new(Code::ProtocolViolation, format!("a {name} was not answered")))?;
        if let Some(frame) = decoder.decode(&mut bytes)? {
            streams.finish();
            return Ok(frame);
        }
    }
}

/// The token's name for the customer's audit log; its public id where the name cannot stand in one.
fn caller_name(name: &str, id: &str) -> Result<CallerName, Fault> {
    CallerName::new(name)
        .or_else(|_| CallerName::new(id))
        .map_err(|_| Fault::new(Code::Internal, "the caller has no name"))
}

fn lost() -> Fault {
    Fault::new(
        Code::TunnelLost,
        "the tunnel went away before the query could be sent",
    )
}

fn not_arrow(error: ipc::IpcError) -> Fault {
    Fault::new(Code::ProtocolViolation, error.to_string())
}
