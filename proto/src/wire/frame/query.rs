//! Frames of an exchange, and the header of a batch.

use std::{collections::BTreeSet, ops::Deref, time::Duration};

use bytes::Bytes;

use super::{
    CallerName, Digest, ExchangeId, Frame, FrameError, Proposal, ProposalReply, RequestId, TooLong,
    delimited, parse, raw,
    raw::{exchange_frame::Frame as Raw, value::Value as RawValue},
    text::{fixed, from_refusal, milliseconds, name, to_refusal},
};
use crate::{
    error::Fault,
    id::{QueryName, SourceId},
    limits::{MAX_BATCH_BYTES, MAX_PARAMETERS, MAX_QUERY_DEADLINE, MAX_SCAN_COLUMNS},
    query::{fingerprint::Fingerprint, plan::Identifier, types::Value},
    wire::plan::EncodedPlan,
};

/// What travels on the bidirectional stream of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeFrame {
    /// Gateway to connector, first and once.
    Request(Box<Request>),
    /// Gateway to connector, in place of Request.
    Probe(Probe),
    /// Gateway to connector, after Request.
    Credit(Credit),
    /// Connector to gateway, the answer to Probe.
    ProbeReply(ProbeReply),
    /// Connector to gateway, the first answer to Request.
    Header(Header),
    /// Connector to gateway, last.
    Trailer(Trailer),
    /// Gateway to connector, in place of Request.
    Proposal(Proposal),
    /// Connector to gateway, the answer to Proposal; a failed Trailer refuses it.
    ProposalReply(ProposalReply),
}

/// One query. It names what the connector already knows, or carries a plan; it carries no SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Unique on this tunnel; names the exchange on the streams of its batches.
    pub exchange: ExchangeId,
    /// The same in the logs of both sides.
    pub request_id: RequestId,
    /// The source to ask.
    pub source: SourceId,
    /// What is asked.
    pub question: Question,
    /// Of the plan as the gateway holds it; of a catalogued one before it is narrowed. The connector compares it with that
    /// of its own plan, or of what it decoded.
    pub fingerprint: Fingerprint,
    /// At most [`MAX_PARAMETERS`], each name once; every value has passed [`Value::check`].
    pub parameters: Vec<(String, Value)>,
    /// Time from the arrival of this frame, at most [`MAX_QUERY_DEADLINE`].
    pub deadline: Duration,
    /// Rows of the result at the most; none: only the connector's own bound.
    pub max_rows: Option<u64>,
    /// Encoded bytes of schema and batches at the most; none: only the connector's own bound.
    pub max_bytes: Option<u64>,
    /// Who asked, for the customer's audit log.
    pub caller: CallerName,
}

/// What a request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A query that both sides know.
    Catalogued {
        /// Its name.
        name: QueryName,
        /// A subset of its columns, for queries that allow it; none: the query's own.
        columns: Option<Columns>,
    },
    /// A plan. It is decoded by whoever answers and not with its frame, so that one that is refused while it is decoded is
    /// recorded like any other, with who asked.
    AdHoc(EncodedPlan),
}

/// What could be read of a request that is not one: for the record of its refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub request_id: Option<RequestId>,
    /// The source that it names.
    pub source: Option<SourceId>,
    /// The query that it names.
    pub query: Option<QueryName>,
    /// Who asked.
    pub caller: Option<CallerName>,
}

/// A request that is refused while its frame is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Why.
    pub why: FrameError,
    /// What could be read.
    pub seen: Seen,
}

/// Columns that a request asks for: at least one, at most [`MAX_SCAN_COLUMNS`]. That the query has them, and
/// each once, is checked when its plan is narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Identifier>);

impl Columns {
    /// None where the list is empty or too long.
    pub fn new(columns: Vec<Identifier>) -> Option<Self> {
        (1..=MAX_SCAN_COLUMNS)
            .contains(&columns.len())
            .then_some(Self(columns))
    }
}

impl Deref for Columns {
    type Target = [Identifier];

    fn deref(&self) -> &[Identifier] {
        &self.0
    }
}

/// Asks for a sign of life over the way that queries take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The gateway's clock, in milliseconds since 1970-01-01 UTC.
    pub unix_time_ms: u64,
}

/// The sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeReply {
    /// The connector's clock, in milliseconds since 1970-01-01 UTC.
    pub unix_time_ms: u64,
    /// Queries that run at the connector.
    pub exchanges: u32,
}

/// Gives back room in the window, as the caller takes batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// Batches taken since the last Credit; at least one.
    pub batches: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// The result has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// One encapsulated Arrow IPC schema message.
    pub schema: Bytes,
}

/// How the result ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trailer {
    /// It is whole.
    Complete(Complete),
    /// It is void.
    Failed(Fault),
}

/// What a whole result consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complete {
    /// Batches.
    pub batches: u32,
    /// Rows in them.
    pub rows: u64,
    /// Encoded bytes of schema and batches together.
    pub bytes: u64,
    /// SHA-256 of the schema message and the batches, in order.
    pub digest: Digest,
    /// The connector's audit record of this query: SHA-256 of the record.
    pub receipt: Digest,
}

/// The head of a batch's own stream; `length` bytes follow, then the end of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// The exchange that the batch belongs to.
    pub exchange: ExchangeId,
    /// Its place: 0, 1, 2, …
    pub sequence: u32,
    /// Bytes of Arrow IPC messages that follow: 1 to [`MAX_BATCH_BYTES`].
    pub length: u32,
}

impl ExchangeFrame {
    /// The variant's name in errors.
    pub const fn name(&self) -> &'static str {
        match self {
            ExchangeFrame::Request(_) => "Request",
            ExchangeFrame::Probe(_) => "Probe",
            ExchangeFrame::Credit(_) => "Credit",
            ExchangeFrame::ProbeReply(_) => "ProbeReply",
            ExchangeFrame::Header(_) => "Header",
            ExchangeFrame::Trailer(_) => "Trailer",
            ExchangeFrame::Proposal(_) => "Proposal",
            ExchangeFrame::ProposalReply(_) => "ProposalReply",
        }
    }
}

impl Frame for ExchangeFrame {
    const KIND: &'static str = "exchange";

    fn decode(body: Bytes) -> Result<Self, FrameError> {
        let raw: raw::ExchangeFrame = parse(Self::KIND, body)?;
        Ok(match raw.frame.ok_or(FrameError::UnknownVariant(Self::KIND))? {
            Raw::Request(request) => ExchangeFrame::Request(Box::new(request.try_into()?)),
            Raw::Probe(probe) => ExchangeFrame::Probe(Probe {
                unix_time_ms: probe.unix_time_ms,
            }),
            Raw::Credit(credit) if credit.batches == 0 => return Err(FrameError::Field("credit.batches")),
            Raw::Credit(credit) => ExchangeFrame::Credit(Credit {
                batches: credit.batches,
                bytes: credit.bytes,
            }),
            Raw::ProbeReply(reply) => ExchangeFrame::ProbeReply(ProbeReply {
                unix_time_ms: reply.unix_time_ms,
                exchanges: reply.exchanges,
            }),
            Raw::Header(header) if header.schema.is_empty() => {
                return Err(FrameError::Missing("header.schema"));
            }
            Raw::Header(header) => ExchangeFrame::Header(Header {
                schema: header.schema,
            }),
            Raw::Trailer(trailer) => ExchangeFrame::Trailer(trailer.try_into()?),
            Raw::Proposal(proposal) => ExchangeFrame::Proposal(proposal.try_into()?),
            Raw::ProposalReply(reply) => ExchangeFrame::ProposalReply(reply.try_into()?),
        })
    }

    fn encode(&self) -> Result<Bytes, TooLong> {
        let frame = match self {
            ExchangeFrame::Request(request) => Raw::Request((&**request).into()),
            ExchangeFrame::Probe(probe) => Raw::Probe(raw::Probe {
                unix_time_ms: probe.unix_time_ms,
            }),
            ExchangeFrame::Credit(credit) => Raw::Credit(raw::Credit {
                batches: credit.batches,
                bytes: credit.bytes,
            }),
            ExchangeFrame::ProbeReply(reply) => Raw::ProbeReply(raw::ProbeReply {
                unix_time_ms: reply.unix_time_ms,
                exchanges: reply.exchanges,
            }),
            ExchangeFrame::Header(header) => Raw::Header(raw::Header {
                schema: header.schema.clone(),
            }),
            ExchangeFrame::Trailer(trailer) => Raw::Trailer(trailer.into()),
            ExchangeFrame::Proposal(proposal) => Raw::Proposal(proposal.into()),
            ExchangeFrame::ProposalReply(reply) => Raw::ProposalReply(reply.into()),
        };
        delimited(
            Self::KIND,
            Self::LIMIT,
            &raw::ExchangeFrame { frame: Some(frame) },
        )
    }
}

impl Frame for BatchHeader {
    const KIND: &'static str = "batch header";

    /// Three varints with their tags take at most 23 bytes.
    const LIMIT: usize = 32;

    fn decode(body: Bytes) -> Result<Self, FrameError> {
        let raw: raw::BatchHeader = parse(Self::KIND, body)?;
        if !(1..=MAX_BATCH_BYTES).contains(&usize::try_from(raw.length).unwrap_or(usize::MAX)) {
            return Err(FrameError::Field("batch.length"));
        }
        Ok(BatchHeader {
            exchange: ExchangeId(raw.exchange),
            sequence: raw.sequence,
            length: raw.length,
        })
    }

    fn encode(&self) -> Result<Bytes, TooLong> {
        let raw = raw::BatchHeader {
            exchange: self.exchange.0,
            sequence: self.sequence,
            length: self.length,
        };
        delimited(Self::KIND, Self::LIMIT, &raw)
    }
}

impl TryFrom<raw::Request> for Request {
    type Error = FrameError;

    fn try_from(raw: raw::Request) -> Result<Self, FrameError> {
        let seen = Seen {
            request_id: fixed("request_id", &raw.request_id).ok().map(RequestId),
            source: raw.source.parse().ok(),
            query: raw.catalogued.as_ref().and_then(|query| query.name.parse().ok()),
            caller: CallerName::new(&raw.caller).ok(),
        };
        request(raw).map_err(|why| FrameError::Request(Box::new(Unreadable { why, seen })))
    }
}

fn request(raw: raw::Request) -> Result<Request, FrameError> {
    let question = match (raw.catalogued, raw.plan) {
        (Some(catalogued), plan) if plan.is_empty() => Question::Catalogued {
            name: name("catalogued.name", &catalogued.name)?,
            columns: columns(&catalogued.columns)?,
        },
        (None, plan) if plan.is_empty() => return Err(FrameError::Missing("catalogued")),
        (None, plan) => Question::AdHoc(EncodedPlan::received(plan).ok_or(FrameError::Field("plan"))?),
        (Some(_), _) => return Err(FrameError::Field("plan")),
    };
    let deadline = Duration::from_millis(raw.deadline_ms);
    if deadline.is_zero() || deadline > MAX_QUERY_DEADLINE {
        return Err(FrameError::Field("deadline_ms"));
    }
    Ok(Request {
        exchange: ExchangeId(raw.exchange),
        request_id: RequestId(fixed("request_id", &raw.request_id)?),
        source: name("source", &raw.source)?,
        question,
        fingerprint: Fingerprint::from_bytes(&raw.fingerprint).ok_or(FrameError::Field("fingerprint"))?,
        parameters: parameters(raw.parameters)?,
        deadline,
        max_rows: (raw.max_rows != 0).then_some(raw.max_rows),
        max_bytes: (raw.max_bytes != 0).then_some(raw.max_bytes),
        caller: CallerName::new(&raw.caller).map_err(|_| FrameError::Field("caller"))?,
    })
}

fn columns(raw: &[String]) -> Result<Option<Columns>, FrameError> {
    const FIELD: FrameError = FrameError::Field("catalogued.columns");
    if raw.is_empty() {
        return Ok(None);
    }
    // Before a name of them is read, so that a long list costs nothing more.
    if raw.len() > MAX_SCAN_COLUMNS {
        return Err(FIELD);
    }
    let names = raw
        .iter()
        .map(|column| Identifier::new(column))
        .collect::<Result<Vec<_>, _>>();
    Ok(Columns::new(names.map_err(|_| FIELD)?))
}

fn parameters(raw: Vec<raw::Parameter>) -> Result<Vec<(String, Value)>, FrameError> {
    if raw.len() > MAX_PARAMETERS {
        return Err(FrameError::Field("parameters"));
    }
    let mut seen = BTreeSet::new();
    let mut parameters = Vec::with_capacity(raw.len());
    for raw::Parameter { name, value } in raw {
        // A parameter is named as a column is; the name may be shown, so it must not hold control characters.
        if Identifier::new(&name).is_err() || !seen.insert(name.clone()) {
            return Err(FrameError::Field("parameter.name"));
        }
        let value = value
            .and_then(|value| value.value)
            .ok_or(FrameError::Missing("parameter.value"))?;
        let value = match value {
            RawValue::Null(true) => Value::Null,
            RawValue::Null(false) => return Err(FrameError::Field("value.null")),
            RawValue::Boolean(boolean) => Value::Boolean(boolean),
            RawValue::Integer(integer) => Value::Integer(integer),
            RawValue::Float(float) => Value::Float(float),
            RawValue::Text(text) => Value::Text(text),
            RawValue::TimestampUs(us) => Value::Timestamp(us),
            RawValue::DateDays(days) => Value::Date(days),
        };
        value.check(&name).map_err(FrameError::Value)?;
        parameters.push((name, value));
    }
    Ok(parameters)
}

impl From<&Request> for raw::Request {
    fn from(request: &Request) -> Self {
        let (catalogued, plan) = match &request.question {
            Question::Catalogued { name, columns } => {
                let columns = columns.iter().flat_map(|columns| columns.iter());
                let query = raw::CataloguedQuery {
                    name: name.as_str().into(),
                    columns: columns.map(|column| column.as_str().into()).collect(),
                };
                (Some(query), Bytes::new())
            }
            Question::AdHoc(plan) => (None, plan.bytes().clone()),
        };
        raw::Request {
            exchange: request.exchange.0,
            request_id: Bytes::copy_from_slice(&request.request_id.0),
            source: request.source.as_str().into(),
            catalogued,
            plan,
            fingerprint: Bytes::copy_from_slice(request.fingerprint.as_bytes()),
            parameters: request.parameters.iter().map(parameter).collect(),
            deadline_ms: milliseconds(request.deadline),
            // Zero rows or bytes would read as no bound: the least that can be said is one.
            max_rows: request.max_rows.map_or(0, |rows| rows.max(1)),
            max_bytes: request.max_bytes.map_or(0, |bytes| bytes.max(1)),
            caller: request.caller.as_str().into(),
        }
    }
}

fn parameter((name, value): &(String, Value)) -> raw::Parameter {
    let value = match value {
        Value::Null => RawValue::Null(true),
        Value::Boolean(boolean) => RawValue::Boolean(*boolean),
        Value::Integer(integer) => RawValue::Integer(*integer),
        Value::Float(float) => RawValue::Float(*float),
        Value::Text(text) => RawValue::Text(text.clone()),
        Value::Timestamp(us) => RawValue::TimestampUs(*us),
        Value::Date(days) => RawValue::DateDays(*days),
    };
    raw::Parameter {
        name: name.clone(),
        value: Some(raw::Value { value: Some(value) }),
    }
}

impl TryFrom<raw::Trailer> for Trailer {
    type Error = FrameError;

    fn try_from(raw: raw::Trailer) -> Result<Self, FrameError> {
        if raw.code != 0 {
            return from_refusal(raw.code, &raw.detail, raw.retry_after_ms).map(Trailer::Failed);
        }
        Ok(Trailer::Complete(Complete {
            batches: raw.batches,
            rows: raw.rows,
            bytes: raw.bytes,
            digest: Digest(fixed("trailer.digest", &raw.digest)?),
            receipt: Digest(fixed("trailer.receipt", &raw.receipt)?),
        }))
    }
}

impl From<&Trailer> for raw::Trailer {
    fn from(trailer: &Trailer) -> Self {
        match trailer {
            Trailer::Complete(complete) => raw::Trailer {
                batches: complete.batches,
                rows: complete.rows,
                bytes: complete.bytes,
                digest: Bytes::copy_from_slice(&complete.digest.0),
                receipt: Bytes::copy_from_slice(&complete.receipt.0),
                ..raw::Trailer::default()
            },
            Trailer::Failed(fault) => {
                let refusal = to_refusal(fault);
                raw::Trailer {
                    code: refusal.code,
                    detail: refusal.detail,
                    retry_after_ms: refusal.retry_after_ms,
                    ..raw::Trailer::default()
                }
            }
        }
    }
}
