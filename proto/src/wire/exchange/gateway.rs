//! The gateway's end of an exchange.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{Window, out_of_order, violation};
use crate::{
    error::{Code, Fault},
    wire::frame::{
        BatchHeader, Complete, Credit, Digest, ExchangeFrame, ExchangeId, ProbeReply, ProposalReply, Request,
        Trailer,
    },
};

/// What the driver is to do. `Complete` and `Fail` are the last. `Debug` shows no row.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Hand the schema message to the caller; always before the first batch.
    Schema(Bytes),
    /// Hand the next batch to the caller; report with [`GatewayExchange::on_consumed`] when it was taken. At most a
    /// [`Window`] of batches is between the two.
    Batch(Bytes),
    /// Send this on the exchange's stream.
    SendCredit(Credit),
    /// The result is whole and verified. End the stream.
    Complete(Complete),
    /// The result is void: abort what the caller was given.
    Fail {
        /// Why, as the caller may be told.
        fault: Fault,
        /// Reset the streams of the exchange with this code; none where the connector ended them itself.
        abort: Option<Code>,
    },
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Schema(schema) => write!(f, "Schema({} bytes)", schema.len()),
            Action::Batch(messages) => write!(f, "Batch({} bytes)", messages.len()),
            Action::SendCredit(credit) => write!(f, "SendCredit({}, {} bytes)", credit.batches, credit.bytes),
            Action::Complete(complete) => write!(f, "Complete({} rows)", complete.rows),
            Action::Fail { fault, abort } => write!(f, "Fail({fault}, abort: {abort:?})"),
        }
    }
}

/// The gateway's end of one exchange.
///
/// Feed it the connector's frames, the batches as they arrive, and everything that ends an exchange; after each call take
/// all actions with [`poll`](Self::poll). Once it has ended every event is ignored: late batches of an aborted exchange
/// are nobody's fault.
#[derive(Debug)]
pub struct GatewayExchange {
    exchange: ExchangeId,
    window: Window,
    max_rows: u64,
    max_bytes: u64,
    state: State,
    /// Batches that are announced or have arrived, and wait for one before them, by sequence.
    waiting: BTreeMap<u32, Slot>,
    /// Sequence of the next batch to hand on.
    next: u32,
    /// Lengths of the batches that were handed on and not yet taken, oldest first.
    handed: VecDeque<u64>,
    /// Bytes of all batches announced and not yet taken.
    outstanding: u64,
    /// Batches that were taken.
    taken: u32,
    /// Why a batch will never arrive.
    lost: Option<Fault>,
    rows: u64,
    bytes: u64,
    hash: Sha256,
    actions: VecDeque<Action>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AwaitingHeader,
    Streaming,
    /// The trailer came; batches are missing.
    Draining(Complete),
    Ended,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            State::AwaitingHeader => "waiting for Header",
            State::Streaming => "streaming",
            State::Draining(_) => "waiting for the last batches",
            State::Ended => "ended",
        }
    }
}

enum Slot {
    Announced(u32),
    Arrived(Bytes),
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Announced(length) => write!(f, "Announced({length} bytes)"),
            Slot::Arrived(messages) => write!(f, "Arrived({} bytes)", messages.len()),
        }
    }
}

impl GatewayExchange {
    /// For a request that is about to be sent. Its bounds on rows and bytes are held against the connector too.
    pub fn new(request: &Request, window: Window) -> Self {
        Self {
            exchange: request.exchange,
            window,
            max_rows: request.max_rows.unwrap_or(u64::MAX),
            max_bytes: request.max_bytes.unwrap_or(u64::MAX),
            state: State::AwaitingHeader,
            waiting: BTreeMap::new(),
            next: 0,
            handed: VecDeque::new(),
            outstanding: 0,
            taken: 0,
            lost: None,
            rows: 0,
            bytes: 0,
            hash: Sha256::new(),
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A frame arrived.
    pub fn on_frame(&mut self, frame: ExchangeFrame) {
        match (self.state, frame) {
            (State::Ended, _) => {}
            (State::AwaitingHeader, ExchangeFrame::Header(header)) => {
                self.state = State::Streaming;
                self.bytes = self.bytes.saturating_add(header.schema.len() as u64);
                if self.bytes > self.max_bytes {
                    return self.abort(violation("more bytes than were asked for"));
                }
                self.hash.update(&header.schema);
                self.actions.push_back(Action::Schema(header.schema));
                self.advance();
            }
            (State::Streaming, ExchangeFrame::Trailer(Trailer::Complete(complete))) => {
                let last = self
                    .waiting
                    .last_key_value()
                    .map_or(self.next, |(last, _)| last.saturating_add(1));
                if last > complete.batches {
                    return self.abort(violation("a trailer that counts fewer batches than were sent"));
                }
                if self.lost.is_some() {
                    return self.abort(violation("a complete result lacks a batch"));
                }
                self.state = State::Draining(complete);
                self.advance();
            }
            (State::AwaitingHeader | State::Streaming, ExchangeFrame::Trailer(Trailer::Failed(fault))) => {
                self.end(said_by_connector(fault), None)
            }
            (state, frame) => self.abort(out_of_order(&frame, state.name())),
        }
    }

    /// A batch's stream began. Call it before the batch's bytes are read: what it does not admit is never held.
    pub fn on_batch_header(&mut self, header: BatchHeader) {
        if self.state == State::Ended {
            return;
        }
        let BatchHeader {
            exchange,
            sequence,
            length,
        } = header;
        if exchange != self.exchange {
            return self.abort(violation("a batch of another exchange"));
        }
        if sequence < self.next || self.waiting.contains_key(&sequence) {
            return self.abort(violation(format!("batch {sequence} came twice")));
        }
        if let State::Draining(complete) = self.state
            && sequence >= complete.batches
        {
            return self.abort(violation(format!(
                "batch {sequence} is beyond the trailer's count"
            )));
        }
        let batches = self.waiting.len() as u64 + self.handed.len() as u64;
        // A sequence so far ahead cannot have had room when it was sent, whatever has arrived of those before it.
        let ahead = sequence - self.taken >= self.window.batches.max(1) || sequence == u32::MAX;
        if ahead || !self.window.admits(batches, self.outstanding, u64::from(length)) {
            return self.abort(violation(format!("batch {sequence} is beyond the window")));
        }
        self.outstanding += u64::from(length);
        self.waiting.insert(sequence, Slot::Announced(length));
    }

    /// A batch arrived whole, after its header. `rows` is what its record batch message says, read by the driver.
    pub fn on_batch(&mut self, sequence: u32, messages: Bytes, rows: u64) {
        if self.state == State::Ended {
            return;
        }
        match self.waiting.get_mut(&sequence) {
            Some(slot @ Slot::Announced(_)) => {
                if !matches!(slot, Slot::Announced(length) if *length as usize == messages.len()) {
                    return self.abort(violation(format!("batch {sequence} is not as long as announced")));
                }
                self.rows = self.rows.saturating_add(rows);
                self.bytes = self.bytes.saturating_add(messages.len() as u64);
                *slot = Slot::Arrived(messages);
            }
            _ => return self.abort(violation(format!("batch {sequence} was not announced"))),
        }
        if self.rows > self.max_rows {
            return self.abort(violation("more rows than were asked for"));
        }
        if self.bytes > self.max_bytes {
            return self.abort(violation("more bytes than were asked for"));
        }
        self.advance();
    }

    /// The caller took the oldest batch that was handed on.
    pub fn on_consumed(&mut self) {
        let Some(bytes) = self.handed.pop_front() else {
            return;
        };
        self.taken = self.taken.saturating_add(1);
        self.outstanding -= bytes;
        // After the trailer there is nothing left to send.
        if !matches!(self.state, State::AwaitingHeader | State::Streaming) {
            return;
        }
        match self.actions.back_mut() {
            Some(Action::SendCredit(credit)) => {
                credit.batches += 1;
                credit.bytes += bytes;
            }
            _ => self
                .actions
                .push_back(Action::SendCredit(Credit { batches: 1, bytes })),
        }
    }

    /// The connector's half of the stream ended.
    pub fn on_stream_end(&mut self) {
        match self.state {
            State::AwaitingHeader | State::Streaming => {
                let fault = self.lost.take();
                self.abort(fault.unwrap_or_else(|| violation("the stream ended without a trailer")));
            }
            State::Draining(_) | State::Ended => {}
        }
    }

    /// The connector reset its half of the stream, or refused the gateway's, with this number of a code. After the
    /// trailer it changes nothing.
    pub fn on_reset(&mut self, number: u64) {
        match self.state {
            State::AwaitingHeader | State::Streaming => self.end(reset_by_connector(number), None),
            State::Draining(_) | State::Ended => {}
        }
    }

    /// The stream of a batch was reset with this number of a code: the result cannot become whole. The trailer that says
    /// why is perhaps still on its way, so the exchange ends with that, or with the end of its stream.
    pub fn on_batch_reset(&mut self, number: u64) {
        match self.state {
            State::AwaitingHeader | State::Streaming => {
                self.lost.get_or_insert_with(|| reset_by_connector(number));
            }
            State::Draining(_) => self.abort(violation("a complete result lacks a batch")),
            State::Ended => {}
        }
    }

    /// What arrived could not be decoded.
    pub fn on_fault(&mut self, fault: Fault) {
        self.abort(fault);
    }

    /// The query's deadline and the grace after it have passed.
    pub fn on_deadline(&mut self) {
        self.abort(Fault::new(
            Code::DeadlineExceeded,
            "the connector did not finish in time",
        ));
    }

    /// The caller went away.
    pub fn on_cancel(&mut self) {
        self.abort(Fault::new(Code::Cancelled, "the caller went away"));
    }

    /// The connection is gone.
    pub fn on_tunnel_lost(&mut self) {
        self.end(
            Fault::new(Code::TunnelLost, "the tunnel went away while the query ran"),
            None,
        );
    }

    #[cfg(test)]
    pub(super) fn state_name(&self) -> &'static str {
        self.state.name()
    }

    /// Whether `Complete` or `Fail` was decided.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Bytes of batches that are announced or here, and not yet taken by the caller. Never above the window's bytes,
    /// except for a single batch.
    pub fn outstanding_bytes(&self) -> u64 {
        self.outstanding
    }

    /// Rows, and bytes of schema and batches, that have arrived so far.
    pub fn arrived(&self) -> (u64, u64) {
        (self.rows, self.bytes)
    }

    /// Hands on what is in order, and ends when nothing is missing.
    fn advance(&mut self) {
        if matches!(self.state, State::AwaitingHeader | State::Ended) {
            return;
        }
        while let Some(entry) = self.waiting.first_entry()
            && *entry.key() == self.next
            && matches!(entry.get(), Slot::Arrived(_))
        {
            if let Slot::Arrived(messages) = entry.remove() {
                self.next += 1;
                self.hash.update(&messages);
                self.handed.push_back(messages.len() as u64);
                self.actions.push_back(Action::Batch(messages));
            }
        }
        if let State::Draining(complete) = self.state
            && complete.batches == self.next
        {
            self.verify(complete);
        }
    }

    fn verify(&mut self, complete: Complete) {
        let digest = Digest(self.hash.clone().finalize().into());
        let differs = [
            ("rows", self.rows != complete.rows),
            ("bytes", self.bytes != complete.bytes),
            ("digest", digest != complete.digest),
        ];
        match differs.iter().find(|(_, differs)| *differs) {
            Some((what, _)) => self.abort(violation(format!("the trailer and the result differ in {what}"))),
            None => {
                self.state = State::Ended;
                self.actions.push_back(Action::Complete(complete));
            }
        }
    }

    fn abort(&mut self, fault: Fault) {
        let code = fault.code;
        self.end(fault, Some(code));
    }

    fn end(&mut self, fault: Fault, abort: Option<Code>) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        self.waiting.clear();
        // A void result is not handed on any further, and its credit interests nobody.
        self.actions.clear();
        self.actions.push_back(Action::Fail { fault, abort });
    }
}

/// The answer to a probe.
///
/// # Errors
/// A violation where the frame is anything else.
pub fn probe_reply(frame: ExchangeFrame) -> Result<ProbeReply, Fault> {
    match frame {
        ExchangeFrame::ProbeReply(reply) => Ok(reply),
        other => Err(out_of_order(&other, "waiting for ProbeReply")),
    }
}

/// The answer to a proposal.
///
/// # Errors
/// Why the connector does not keep it; a violation where the frame is neither.
pub fn proposal_reply(frame: ExchangeFrame) -> Result<ProposalReply, Fault> {
    match frame {
        ExchangeFrame::ProposalReply(reply) => Ok(reply),
        // Of a text that it was shown a connector may say more than of a query.
        ExchangeFrame::Trailer(Trailer::Failed(fault))
            if matches!(
                fault.code,
                Code::InvalidSql | Code::InvalidRequest | Code::Conflict | Code::RefusedByGateway
            ) =>
        {
            Err(fault)
        }
        ExchangeFrame::Trailer(Trailer::Failed(fault)) => Err(said_by_connector(fault)),
        other => Err(out_of_order(&other, "waiting for ProposalReply")),
    }
}

/// A connector speaks about its policy, its warehouse and itself. What the caller may do at the gateway is not its to
/// say: such a code would send the caller after the wrong fault.
fn said_by_connector(fault: Fault) -> Fault {
    match fault.code {
        Code::UnknownQuery
        | Code::InvalidParameter
        | Code::InvalidSql
        | Code::RefusedByPolicy
        | Code::SourceOffline
        | Code::Overloaded
        | Code::RateLimited
        | Code::LimitExceeded
        | Code::DeadlineExceeded
        | Code::WarehouseError
        | Code::TunnelLost
        | Code::Internal
        | Code::ProtocolViolation
        | Code::Cancelled
        | Code::AuditUnavailable => fault,
        code => violation(format!(
            "the connector answered with {code}, which is not its to say"
        )),
    }
}

fn reset_by_connector(number: u64) -> Fault {
    said_by_connector(Fault::new(
        Code::from_wire(number),
        "the connector reset the exchange",
    ))
}
