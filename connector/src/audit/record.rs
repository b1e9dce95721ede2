//! The lines of the log.

use std::borrow::Cow;

use proto::{
    error::Code,
    id::{SourceId, TenantId},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Hash;
use crate::clock::UnixMillis;

/// What is asked, by whom.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The request's id, the same in the gateway's records.
    pub request_id: [u8; 16],
    /// Who asked, by the gateway's word.
    pub caller: String,
    /// The customer account.
    pub tenant: TenantId,
    /// The source; none where it could not be read.
    pub source: Option<SourceId>,
    /// How it is asked.
    pub kind: Kind,
    /// The query's name, where it has one.
    pub query: Option<String>,
    /// The tables that it reads, each once, in the order of writing; of a plan that is in no catalogue. A plan reads at most
    /// [`MAX_RELATIONS`](proto::limits::MAX_RELATIONS).
    pub tables: Vec<String>,
    /// SHA-256 of the plan; none where the query is not in this connector's catalogue, or could not be read.
    pub fingerprint: Option<Hash>,
    /// SHA-256 of the parameters. Whoever can guess them can check the guess: it proves, it does not hide.
    pub parameters: Hash,
}

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By the name of a query in the catalogue.
    #[default]
    Catalogued,
    /// By a plan.
    AdHoc,
    /// In a frame that is no request.
    Unreadable,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Catalogued, Self::AdHoc, Self::Unreadable];

    /// The name in records and labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogued => "catalogued",
            Self::AdHoc => "ad_hoc",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// None: complete.
    pub code: Option<Code>,
    /// SHA-256 of what was sent, where it was all sent.
    pub digest: Option<Hash>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// Number of the line since the log began.
    pub sequence: u64,
    /// RFC 3339, UTC.
    pub time: Cow<'a, str>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event<'a>,
    /// SHA-256 of the line before, hexadecimal; 64 zeros in the first.
    pub previous: Cow<'a, str>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The connector started.
    Started {
        /// Its version.
        version: Cow<'a, str>,
    },
    /// A policy came into force.
    Policy {
        /// The source.
        source: Cow<'a, str>,
        /// SHA-256 of the file, hexadecimal.
        digest: Cow<'a, str>,
    },
    /// The customer's own queries changed, or the gateway would like them to.
    Catalogue {
        /// `approved`, `revoked`, `withheld` (its file is not what was approved), or `proposed`.
        change: Cow<'a, str>,
        /// The query's name.
        query: Cow<'a, str>,
        /// SHA-256 of its plan, hexadecimal.
        fingerprint: Cow<'a, str>,
        /// When it was approved, in milliseconds since 1970.
        approved_unix_ms: Option<u64>,
        /// Who proposed it, by the gateway's word.
        by: Option<Cow<'a, str>>,
    },
    /// The gateway proposed a query that is not kept.
    ProposalRefused {
        /// The name in its header, where it could be read.
        query: Option<Cow<'a, str>>,
        /// SHA-256 of its text, hexadecimal.
        text_sha256: Cow<'a, str>,
        /// Who proposed it, by the gateway's word.
        by: Cow<'a, str>,
        /// The stable code.
        code: Cow<'a, str>,
    },
    /// A query is about to run.
    Opened {
        /// What is asked, by whom.
        #[serde(flatten)]
        query: QueryFields<'a>,
    },
    /// A query was refused before it ran.
    Refused {
        /// What was asked, by whom.
        #[serde(flatten)]
        query: QueryFields<'a>,
        /// The stable code.
        code: Cow<'a, str>,
        /// In our own words.
        detail: Cow<'a, str>,
    },
    /// A query that was opened ended.
    Completed {
        /// The request's id, hexadecimal.
        request: Cow<'a, str>,
        /// Sequence of the record that opened it.
        opened: u64,
        /// `ok`, or a stable code.
        code: Cow<'a, str>,
        /// Rows that were sent.
        rows: u64,
        /// Encoded bytes that were sent.
        bytes: u64,
        /// Microseconds since it was opened.
        duration_us: u64,
        /// SHA-256 of what was sent, hexadecimal, where it was all sent.
        digest: Option<Cow<'a, str>>,
    },
}

/// What is asked, by whom, as it stands in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of `Entry`, as text")]
pub struct QueryFields<'a> {
    pub request: Cow<'a, str>,
    pub caller: Cow<'a, str>,
    pub tenant: Cow<'a, str>,
    pub source: Cow<'a, str>,
    #[serde(default)]
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub tables: Cow<'a, [String]>,
    pub fingerprint: Option<Cow<'a, str>>,
    pub parameters: Cow<'a, str>,
}

impl QueryFields<'_> {
    /// What was asked, for people.
    pub fn asked(&self) -> &str {
        match (&self.query, self.kind) {
            (Some(name), _) => name,
            (None, Kind::AdHoc) => "a plan",
            (None, _) => "what could not be read",
        }
    }
}

impl Entry {
    pub(super) fn fields(&self) -> QueryFields<'_> {
        QueryFields {
            request: hex::encode(self.request_id).into(),
            caller: Cow::Borrowed(&self.caller),
            tenant: self.tenant.as_str().into(),
            source: self.source.as_ref().map_or("", SourceId::as_str).into(),
            kind: self.kind,
            query: self.query.as_deref().map(Cow::Borrowed),
            tables: Cow::Borrowed(&self.tables),
            fingerprint: self.fingerprint.map(|hash| hex::encode(hash).into()),
            parameters: hex::encode(self.parameters).into(),
        }
    }
}

/// The time as it stands in a line: always with milliseconds, so that lines sort as text.
pub(super) fn rfc3339(now: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(now.0) * 1_000_000)
        .ok()
        .map(|t| {
            let (date, time) = (t.date(), t.time());
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                date.year(),
                u8::from(date.month()),
                date.day(),
                time.hour(),
                time.minute(),
                time.second(),
                time.millisecond()
            )
        })
        // Years beyond 9999: the clock is wrong, and the record says so.
        .unwrap_or_else(|| format!("unix-ms:{}", now.0))
}
