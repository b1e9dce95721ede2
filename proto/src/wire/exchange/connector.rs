//! The connector's end of an exchange.

use std::collections::VecDeque;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{Window, out_of_order, violation};
use crate::{
    error::{Code, Fault},
    limits::MAX_BATCH_BYTES,
    wire::frame::{
        BatchHeader, Complete, Credit, Digest, ExchangeFrame, ExchangeId, Header, Probe, ProbeReply,
        Proposal, ProposalReply, Request, Trailer,
    },
};

/// What a frame from the gateway means.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// Decide this request, and run it or [`fail`](ConnectorExchange::fail).
    Start(Box<Request>),
    /// Answer with [`ConnectorExchange::probe_reply`].
    Probe(Probe),
    /// Consider this, and answer with [`ConnectorExchange::proposal_reply`] or [`fail`](ConnectorExchange::fail).
    Proposal(Proposal),
    /// There is more room in the window.
    Credited,
}

/// Why a batch or frame cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The window is full: wait for [`Incoming::Credited`]. Nothing was counted.
    #[error("the window is full")]
    Full,
    /// The result is larger than was asked for, or a batch larger than may be. The exchange must fail with this.
    #[error(transparent)]
    Limit(Fault),
    /// Out of order: a defect of the caller, or the exchange ended in the meantime.
    #[error("the exchange is {0}")]
    Order(&'static str),
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Limit(fault) => fault,
            other => Fault::new(Code::Internal, other.to_string()),
        }
    }
}

/// What was sent, for the audit record that precedes the trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Batches.
    pub batches: u32,
    /// Rows in them.
    pub rows: u64,
    /// Encoded bytes of schema and batches together.
    pub bytes: u64,
    /// SHA-256 of the schema message and the batches, in order.
    pub digest: Digest,
}

/// The connector's end of one exchange.
///
/// Feed it every frame of the gateway, and the end or reset of its stream. Then, for a request: [`header`], [`batch`] as
/// often as there are batches and room, [`complete`] or [`fail`]. Each answers what is to be sent.
///
/// [`header`]: Self::header
/// [`batch`]: Self::batch
/// [`complete`]: Self::complete
/// [`fail`]: Self::fail
#[derive(Debug)]
pub struct ConnectorExchange {
    state: State,
    window: Window,
    exchange: ExchangeId,
    max_rows: u64,
    max_bytes: u64,
    /// Lengths of the batches without credit, oldest first: at most the window's count.
    outstanding: VecDeque<u64>,
    outstanding_bytes: u64,
    batches: u32,
    rows: u64,
    bytes: u64,
    hash: Sha256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AwaitingRequest,
    Probed,
    Proposed,
    Accepted,
    Streaming,
    Ended,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            State::AwaitingRequest => "waiting for Request",
            State::Probed => "answering a Probe",
            State::Proposed => "answering a Proposal",
            State::Accepted => "running, without a header yet",
            State::Streaming => "streaming",
            State::Ended => "ended",
        }
    }
}

impl ConnectorExchange {
    /// At the beginning of a stream that the gateway opened.
    pub fn new(window: Window) -> Self {
        Self {
            state: State::AwaitingRequest,
            window,
            exchange: ExchangeId(0),
            max_rows: u64::MAX,
            max_bytes: u64::MAX,
            outstanding: VecDeque::new(),
            outstanding_bytes: 0,
            batches: 0,
            rows: 0,
            bytes: 0,
            hash: Sha256::new(),
        }
    }

    /// A frame arrived.
    ///
    /// # Errors
    /// A violation by the gateway: cancel the query, and reset the streams with the fault's code.
    pub fn on_frame(&mut self, frame: ExchangeFrame) -> Result<Incoming, Fault> {
        match (self.state, frame) {
            (State::AwaitingRequest, ExchangeFrame::Request(request)) => {
                self.state = State::Accepted;
                self.exchange = request.exchange;
                self.max_rows = request.max_rows.unwrap_or(u64::MAX);
                self.max_bytes = request.max_bytes.unwrap_or(u64::MAX);
                Ok(Incoming::Start(request))
            }
            (State::AwaitingRequest, ExchangeFrame::Probe(probe)) => {
                self.state = State::Probed;
                Ok(Incoming::Probe(probe))
            }
            (State::AwaitingRequest, ExchangeFrame::Proposal(proposal)) => {
                self.state = State::Proposed;
                Ok(Incoming::Proposal(proposal))
            }
            (State::Streaming, ExchangeFrame::Credit(credit)) => {
                self.credit(credit)?;
                Ok(Incoming::Credited)
            }
            // Sent before the gateway had our trailer.
            (State::Ended, ExchangeFrame::Credit(_)) => Ok(Incoming::Credited),
            (state, frame) => {
                self.state = State::Ended;
                Err(out_of_order(&frame, state.name()))
            }
        }
    }

    /// The gateway's half of the stream ended. It stays open until the gateway has the trailer, since credit travels on it.
    ///
    /// # Errors
    /// When a request still runs, or none came.
    pub fn on_stream_end(&mut self) -> Result<(), Fault> {
        match self.state {
            State::Probed | State::Proposed | State::Ended => Ok(()),
            state => {
                self.state = State::Ended;
                Err(violation(format!("the stream ended while {}", state.name())))
            }
        }
    }

    /// The gateway reset its half, or wants no more of ours, or of a batch, with this number of a code. Answers why the
    /// query is to be stopped; none where it ended before.
    pub fn on_cancel(&mut self, number: u64) -> Option<Fault> {
        let running = !matches!(self.state, State::Ended | State::Probed);
        self.state = State::Ended;
        let code = match Code::from_wire(number) {
            code
            @ (Code::Cancelled | Code::DeadlineExceeded | Code::ProtocolViolation | Code::TunnelLost) => code,
            _ => Code::Cancelled,
        };
        running.then(|| Fault::new(code, "the gateway ended the exchange"))
    }

    /// The answer to a probe; end the stream after it.
    ///
    /// # Errors
    /// [`SendError::Order`] where none was asked for.
    pub fn probe_reply(&mut self, unix_time_ms: u64, exchanges: u32) -> Result<ExchangeFrame, SendError> {
        match self.state {
            State::Probed => {
                self.state = State::Ended;
                Ok(ExchangeFrame::ProbeReply(ProbeReply {
                    unix_time_ms,
                    exchanges,
                }))
            }
            state => Err(SendError::Order(state.name())),
        }
    }

    /// The answer to a proposal that is not refused; end the stream after it.
    ///
    /// # Errors
    /// [`SendError::Order`] where nothing was proposed.
    pub fn proposal_reply(&mut self, reply: ProposalReply) -> Result<ExchangeFrame, SendError> {
        match self.state {
            State::Proposed => {
                self.state = State::Ended;
                Ok(ExchangeFrame::ProposalReply(reply))
            }
            state => Err(SendError::Order(state.name())),
        }
    }

    /// Begins the result with one encapsulated Arrow IPC schema message.
    ///
    /// # Errors
    /// [`SendError::Limit`] where the schema alone is more than was asked for; [`SendError::Order`] where no request
    /// waits for it.
    pub fn header(&mut self, schema: Bytes) -> Result<ExchangeFrame, SendError> {
        if self.state != State::Accepted {
            return Err(SendError::Order(self.state.name()));
        }
        self.bytes = self.within_bytes(schema.len())?;
        self.hash.update(&schema);
        self.state = State::Streaming;
        Ok(ExchangeFrame::Header(Header { schema }))
    }

    /// Whether a batch of this many bytes has room now.
    pub fn has_room(&self, length: usize) -> bool {
        self.window.admits(
            self.outstanding.len() as u64,
            self.outstanding_bytes,
            length as u64,
        )
    }

    /// Counts a batch of Arrow IPC messages and answers the header to send before it, on a stream of its own.
    ///
    /// # Errors
    /// [`SendError`]; nothing was counted.
    pub fn batch(&mut self, messages: &[u8], rows: u64) -> Result<BatchHeader, SendError> {
        if self.state != State::Streaming {
            return Err(SendError::Order(self.state.name()));
        }
        let length = match u32::try_from(messages.len()) {
            Ok(length) if (1..=MAX_BATCH_BYTES).contains(&messages.len()) => length,
            _ => {
                let detail = format!(
                    "a batch of {} bytes; 1 to {MAX_BATCH_BYTES} are allowed",
                    messages.len()
                );
                return Err(SendError::Limit(Fault::new(Code::LimitExceeded, detail)));
            }
        };
        if !self.has_room(messages.len()) {
            return Err(SendError::Full);
        }
        let total_rows = self.rows.saturating_add(rows);
        if total_rows > self.max_rows {
            return Err(SendError::Limit(Fault::new(
                Code::LimitExceeded,
                format!("the result has more than {} rows", self.max_rows),
            )));
        }
        let total_bytes = self.within_bytes(messages.len())?;
        let sequence = self.batches;
        self.batches = sequence.checked_add(1).ok_or_else(|| {
            SendError::Limit(Fault::new(Code::LimitExceeded, "the result has too many batches"))
        })?;
        self.rows = total_rows;
        self.bytes = total_bytes;
        self.hash.update(messages);
        self.outstanding.push_back(u64::from(length));
        self.outstanding_bytes += u64::from(length);
        Ok(BatchHeader {
            exchange: self.exchange,
            sequence,
            length,
        })
    }

    /// What was sent so far.
    pub fn summary(&self) -> Summary {
        Summary {
            batches: self.batches,
            rows: self.rows,
            bytes: self.bytes,
            digest: Digest(self.hash.clone().finalize().into()),
        }
    }

    /// Ends a whole result, naming the audit record of it; end the stream after this frame.
    ///
    /// # Errors
    /// [`SendError::Order`] where no result is being streamed.
    pub fn complete(&mut self, receipt: Digest) -> Result<ExchangeFrame, SendError> {
        if self.state != State::Streaming {
            return Err(SendError::Order(self.state.name()));
        }
        self.state = State::Ended;
        let Summary {
            batches,
            rows,
            bytes,
            digest,
        } = self.summary();
        Ok(ExchangeFrame::Trailer(Trailer::Complete(Complete {
            batches,
            rows,
            bytes,
            digest,
            receipt,
        })))
    }

    /// Voids the result, or answers a request that cannot be decoded; end the stream after this frame, and reset the
    /// streams of batches with the fault's code. None where the exchange has ended: then there is nobody to tell.
    pub fn fail(&mut self, fault: Fault) -> Option<ExchangeFrame> {
        match self.state {
            State::AwaitingRequest | State::Proposed | State::Accepted | State::Streaming => {
                self.state = State::Ended;
                Some(ExchangeFrame::Trailer(Trailer::Failed(fault)))
            }
            State::Probed | State::Ended => None,
        }
    }

    #[cfg(test)]
    pub(super) fn state_name(&self) -> &'static str {
        self.state.name()
    }

    /// Whether nothing more is to be sent.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    fn within_bytes(&self, more: usize) -> Result<u64, SendError> {
        let total = self.bytes.saturating_add(more as u64);
        if total > self.max_bytes {
            let detail = format!("the result has more than {} bytes", self.max_bytes);
            return Err(SendError::Limit(Fault::new(Code::LimitExceeded, detail)));
        }
        Ok(total)
    }

    fn credit(&mut self, credit: Credit) -> Result<(), Fault> {
        let mut bytes = 0;
        for _ in 0..credit.batches {
            let Some(length) = self.outstanding.pop_front() else {
                self.state = State::Ended;
                return Err(violation("Credit for batches that were not sent"));
            };
            bytes += length;
        }
        if bytes != credit.bytes {
            self.state = State::Ended;
            return Err(violation("Credit for other bytes than were sent"));
        }
        self.outstanding_bytes -= bytes;
        Ok(())
    }
}
