//! What stands in a record, and how records are chained.
//!
//! A line is a JSON object whose last two members are `prev` and `hash`, 64 hex digits each:
//!
//! ```text
//! {"n":7,"time":"2026-01-02T03:04:05.678Z","event":"opened",…,"prev":"<hash of record 6>","hash":"<hash>"}
//! ```
//!
//! `hash` is SHA-256 over every byte of the line before `,"hash"`. So a line can be checked with `sha256sum`, and a line
//! that was changed, removed or put elsewhere breaks the chain at that place. The first record's `prev` is all zeros.

use std::fmt;

use proto::{
    error::Code,
    id::{ConnectorId, QueryName, SourceId, TenantId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest line in bytes: names and digests only, and at most 256 column names of 63 bytes.
pub(super) const MAX_LINE_BYTES: usize = 32 * 1024;

/// `,"hash":"` and 64 digits and `"}`.
const TAIL_BYTES: usize = 9 + 64 + 2;

/// SHA-256 of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordHash([u8; 32]);

impl RecordHash {
    /// Stands before the first record.
    pub const ZERO: Self = Self([0; 32]);

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A query that is about to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The request's id, the same in the logs and the audit log of the connector; 32 hex digits.
    pub request: String,
    /// The public id of the token that asked.
    pub caller: String,
    /// What the token's maker called it.
    pub caller_name: String,
    /// Whose data.
    pub tenant: TenantId,
    /// Which source.
    pub source: SourceId,
    /// How it is asked.
    #[serde(default)]
    pub kind: Kind,
    /// The catalogued query, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<QueryName>,
    /// The tables that a plan of no catalogue reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// The columns that were asked for, if not the query's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// SHA-256 of the plan, in hex.
    pub fingerprint: String,
    /// SHA-256 of the parameters, in hex.
    pub parameters: String,
    /// Always `permitted`.
    pub decision: Decision,
    /// Rows that the result may have.
    pub max_rows: u64,
    /// Encoded bytes that the result may have.
    pub max_bytes: u64,
    /// Milliseconds that it may take.
    pub deadline_ms: u64,
}

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By the name of a query in the catalogue.
    #[default]
    Catalogued,
    /// In SQL, which becomes a plan. The text is in no record.
    AdHoc,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Catalogued, Self::AdHoc];

    /// The name in records and labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogued => "catalogued",
            Self::AdHoc => "ad_hoc",
        }
    }
}

/// What the gateway decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The query was sent on.
    Permitted,
    /// The query was refused.
    Refused,
}

/// A query that was refused here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// As in [`Opened`].
    pub request: String,
    /// As in [`Opened`].
    pub caller: String,
    /// As in [`Opened`].
    pub caller_name: String,
    /// As in [`Opened`].
    pub tenant: TenantId,
    /// As in [`Opened`].
    pub source: SourceId,
    /// As in [`Opened`].
    #[serde(default)]
    pub kind: Kind,
    /// The name that was asked for, if one was; there may be no such query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<QueryName>,
    /// Always `refused`.
    pub decision: Decision,
    /// The stable code of the refusal.
    pub outcome: String,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completed {
    /// `ok`, or the stable code of the failure.
    pub outcome: String,
    /// The connector that was asked, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// Rows that were handed to the caller.
    pub rows: u64,
    /// Encoded bytes that were handed to the caller, before any change of format.
    pub bytes: u64,
    /// From the opening record to the end.
    pub microseconds: u64,
    /// SHA-256 of the result, in hex, if it was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The connector's receipt, in hex: SHA-256 of its own record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

impl Completed {
    /// The end of a query whose task was cut off, which only a defect or the end of the process does.
    pub(super) fn unknown() -> Self {
        Self::nothing(Code::Internal)
    }

    /// The end of a query that was written down too late to be run.
    pub(super) fn never_run() -> Self {
        Self::nothing(Code::AuditUnavailable)
    }

    fn nothing(code: Code) -> Self {
        Self {
            outcome: code.name().to_owned(),
            connector: None,
            rows: 0,
            bytes: 0,
            microseconds: 0,
            digest: None,
            receipt: None,
        }
    }
}

/// A query that is about to be proposed to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposing {
    /// The public id of the token that proposes.
    pub caller: String,
    /// What the token's maker called it.
    pub caller_name: String,
    /// To whom.
    pub tenant: TenantId,
    /// For which source.
    pub source: SourceId,
    /// The connector that is asked.
    pub connector: ConnectorId,
    /// SHA-256 of the text, in hex.
    pub text_sha256: String,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The number of the record before it was sent.
    pub proposing: u64,
    /// `pending`, `approved`, or the stable code of the refusal.
    pub outcome: String,
    /// The query's name, by the connector's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<QueryName>,
    /// SHA-256 of its plan, in hex, by the connector's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// Something of the administration that is about to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administering {
    /// The request's id, the same in the logs.
    pub request: String,
    /// The public id of the token or of the person.
    pub caller: String,
    /// What the token's maker called it; the person's address, or the provider's name for them.
    pub caller_name: String,
    /// The identity provider, if it is a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whom the provider means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The address of the connection's other end: a load balancer's, where one stands in front.
    pub peer: String,
    /// The method and the route: what is done.
    pub action: String,
    /// The path and query as they were sent, cut at [`MAX_PATH_BYTES`]: to whom.
    pub path: String,
}

/// Longest path in a record: the longest honest one holds three names of 64 bytes.
pub const MAX_PATH_BYTES: usize = 512;

/// How something of the administration ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administered {
    /// `ok`, or the stable code of the refusal or failure.
    pub outcome: String,
    /// What was made, where the path does not say: a tenant's name, a token's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
}

impl Administered {
    /// The end of a request whose caller went away: it may have been done, or in part.
    pub(super) fn unknown() -> Self {
        Self::ended(Some(Code::Cancelled), None)
    }

    /// The end of a request that was written down too late to be carried out.
    pub(super) fn never_done() -> Self {
        Self::ended(Some(Code::AuditUnavailable), None)
    }

    /// How it ended; none for well.
    pub fn ended(outcome: Option<Code>, made: Option<String>) -> Self {
        Self {
            outcome: outcome.map_or("ok", Code::name).to_owned(),
            made,
        }
    }
}

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A query is about to run.
    Opened(Opened),
    /// A query was refused and did not run.
    Refused(Refused),
    /// A query has ended.
    Completed {
        /// The number of its opening record.
        opened: u64,
        /// Its request's id.
        request: String,
        /// How.
        #[serde(flatten)]
        end: Completed,
    },
    /// A query is about to be proposed to a customer.
    Proposing(Proposing),
    /// What became of a proposal.
    Proposed(Proposed),
    /// Something of the administration is about to be done.
    Administering(Administering),
    /// Something of the administration has ended.
    Administered {
        /// The number of the record before it.
        administering: u64,
        /// Its request's id.
        request: String,
        /// How.
        #[serde(flatten)]
        end: Administered,
    },
}

impl Event {
    /// The record that ends number `n`, which was written too late for what it announced to happen; none for what is one
    /// record.
    pub(super) fn too_late(&self, n: u64) -> Option<Event> {
        match self {
            Event::Opened(opened) => Some(Event::Completed {
                opened: n,
                request: opened.request.clone(),
                end: Completed::never_run(),
            }),
            Event::Administering(administering) => Some(Event::Administered {
                administering: n,
                request: administering.request.clone(),
                end: Administered::never_done(),
            }),
            _ => None,
        }
    }

    /// Whether a second record is to follow, for which room is kept.
    pub(super) fn opens(&self) -> bool {
        matches!(self, Event::Opened(_) | Event::Administering(_))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Event::Opened(_) => "opened",
            Event::Refused(_) => "refused",
            Event::Completed { .. } => "completed",
            Event::Proposing(_) => "proposing",
            Event::Proposed(_) => "proposed",
            Event::Administering(_) => "administering",
            Event::Administered { .. } => "administered",
        }
    }
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its number, from 0.
    pub n: u64,
    /// When it was written, UTC, RFC 3339.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// SHA-256 of this record.
    #[serde(serialize_with = "as_text")]
    pub hash: RecordHash,
}

fn as_text<S: serde::Serializer>(hash: &RecordHash, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(hash)
}

/// The line of a record, with its end of line, and its hash.
pub(super) fn write(
    n: u64,
    time: &str,
    event: &Event,
    prev: RecordHash,
) -> Result<(Vec<u8>, RecordHash), serde_json::Error> {
    #[derive(Serialize)]
    struct Body<'a> {
        n: u64,
        time: &'a str,
        #[serde(flatten)]
        event: &'a Event,
    }
    let mut line = serde_json::to_vec(&Body { n, time, event })?;
    line.pop(); // the closing brace comes back behind the hash
    line.extend_from_slice(format!(",\"prev\":\"{prev}\"").as_bytes());
    let hash = RecordHash(Sha256::digest(&line).into());
    line.extend_from_slice(format!(",\"hash\":\"{hash}\"}}\n").as_bytes());
    Ok((line, hash))
}

/// The record of a line without its end of line, if it is number `n` and follows `prev`.
pub(super) fn read(line: &[u8], n: u64, prev: RecordHash) -> Result<Record, &'static str> {
    #[derive(Deserialize)]
    struct Line {
        n: u64,
        time: String,
        prev: String,
        hash: String,
        #[serde(flatten)]
        event: serde_json::Map<String, serde_json::Value>,
    }
    let covered = line.len().checked_sub(TAIL_BYTES).and_then(|end| line.get(..end));
    let covered = covered.ok_or("the line is too short")?;
    let hash = RecordHash(Sha256::digest(covered).into());
    let parsed: Line = serde_json::from_slice(line).map_err(|_| "the line is not a record")?;
    if RecordHash::parse(&parsed.hash) != Some(hash) {
        return Err("the record does not have the hash that it states");
    }
    if RecordHash::parse(&parsed.prev) != Some(prev) {
        return Err("the record does not follow the one before it");
    }
    if parsed.n != n {
        return Err("the record's number is not the next one");
    }
    let event = serde_json::from_value(serde_json::Value::Object(parsed.event))
        .map_err(|_| "the record is of a kind that this version does not know")?;
    Ok(Record {
        n,
        time: parsed.time,
        event,
        hash,
    })
}

/// The hash of the record before the one of this line, as the line states it.
pub(super) fn prev_of(line: &[u8]) -> Option<RecordHash> {
    #[derive(Deserialize)]
    struct Line {
        prev: String,
    }
    let line: Line = serde_json::from_slice(line).ok()?;
    RecordHash::parse(&line.prev)
}
