//! The customer's warehouse: [`Admitted`] in, Arrow record batches out.
//!
//! One trait, [`Warehouse`]; PostgreSQL natively ([`postgres`]), every other engine through an ADBC driver ([`adbc`]).
//! Both give the same Arrow types for the same data ([`types`]), and neither takes SQL from anybody: they render the
//! plan that the policy admitted.
//!
//! Promises of an implementation:
//! - It pulls: rows are read from the database when the consumer asks for a batch, with at most two batches ahead.
//! - A result is complete or ends with an error. A producer that vanishes is an error, never an end.
//! - Dropping a [`BatchStream`], or the future that makes it, stops the work in the database.
//! - No error holds text of the database: its messages quote values. A SQLSTATE, a column's name and our own words.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::Stream;
use proto::{
    error::{Code, Fault},
    query::plan::Identifier,
};
use thiserror::Error;
use tokio::{sync::mpsc, time::Instant};

use self::{
    render::{Dialect, RenderError},
    rights::Excess,
};
use crate::policy::Admitted;

pub mod adbc;
pub mod grants;
pub mod postgres;
pub mod render;
pub mod rights;
pub mod types;

/// Bytes of values at which a batch is closed, before encoding. Four of them are held at once while a result streams
/// (filled, queued, encoded, its copy): 16 MiB, a quarter of what a connector may use above idle.
pub const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Batches that may wait between the reader of the database and the encoder.
const QUEUE: usize = 1;

/// A boxed future: the trait is used as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A place that admitted queries run on.
pub trait Warehouse: Send + Sync + 'static {
    /// How plans are written for it.
    fn dialect(&self) -> Dialect;

    /// Runs one query, and answers as soon as the columns are known.
    ///
    /// # Errors
    /// When it cannot be reached, refuses the statement, or the deadline passes. Errors of later rows come in the
    /// stream.
    fn run<'a>(
        &'a self,
        query: &'a Admitted,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<BatchStream, WarehouseError>>;

    /// Says what can be read in a schema: connects, and asks the catalogue. For start-up and `doctor`.
    ///
    /// # Errors
    /// When it cannot be reached or does not answer in time.
    fn check<'a>(
        &'a self,
        schema: &'a Identifier,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Inspection, WarehouseError>>;

    /// Says what the connector's role may do beyond reading the schema.
    ///
    /// # Errors
    /// When it cannot be reached or does not answer in time.
    fn rights<'a>(
        &'a self,
        schema: &'a Identifier,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Vec<Excess>, WarehouseError>>;
}

/// What a schema holds for the role that the connector has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The engine and its version, as it says it.
    pub version: String,
    /// The database that the schema is in, as the engine names it.
    pub database: Option<String>,
    /// Tables and views that may be read, with their columns in order.
    pub tables: BTreeMap<String, Vec<String>>,
}

/// The result of a query: its columns, then batches of them.
pub struct BatchStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Item>,
    ended: bool,
    /// Whatever stops the producer when it is dropped.
    _producer: Box<dyn Send + Sync>,
}

enum Item {
    Batch(RecordBatch),
    Failed(WarehouseError),
    /// All rows were sent. Only this is an end.
    Complete,
}

impl BatchStream {
    /// A result that is there already, for tests of those who take one. `held` is dropped with it.
    #[cfg(test)]
    pub(crate) fn of(
        schema: SchemaRef,
        items: Vec<Result<RecordBatch, WarehouseError>>,
        held: Box<dyn Send + Sync>,
    ) -> Self {
        let (tx, batches) = mpsc::channel(items.len() + 1);
        for item in items {
            let _ = tx.try_send(item.map_or_else(Item::Failed, Item::Batch));
        }
        let _ = tx.try_send(Item::Complete);
        Self {
            schema,
            batches,
            ended: false,
            _producer: held,
        }
    }

    /// The columns. The same for every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch, never empty; none after the last. After an error there is nothing more. Cancel-safe.
    pub async fn next(&mut self) -> Option<Result<RecordBatch, WarehouseError>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch, WarehouseError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.batches.poll_recv(cx).map(|item| {
            let last = match item {
                Some(Item::Batch(batch)) => return Some(Ok(batch)),
                Some(Item::Failed(error)) => Some(Err(error)),
                Some(Item::Complete) => None,
                None => Some(Err(WarehouseError::Lost)),
            };
            self.ended = true;
            last
        })
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch, WarehouseError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}

impl std::fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchStream")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Why the warehouse gave no result, or only part of one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WarehouseError {
    /// The settings or files of the source are not usable. Met at start, or when a file went away.
    #[error("{0}")]
    Settings(String),
    /// No connection, and no answer that says why.
    #[error("the warehouse cannot be reached")]
    Unreachable,
    /// The warehouse refused or failed.
    #[error("the warehouse failed with SQLSTATE {0}")]
    State(SqlState),
    /// A driver failed without a SQLSTATE; this is the name of its ADBC status.
    #[error("the warehouse's driver failed with status {0}")]
    Driver(&'static str),
    /// The deadline passed.
    #[error("the deadline passed while the warehouse worked")]
    Deadline,
    /// All connections that the source may use were busy until the deadline.
    #[error("all {0} connections of the source were busy")]
    Busy(usize),
    /// The connection ended in the middle of the result.
    #[error("the connection to the warehouse was lost")]
    Lost,
    /// A column of a type that has no Arrow type here.
    #[error("column `{column}` has type `{type_name}`, which is not supported; cast it to text")]
    Unmapped {
        /// The column of the result.
        column: String,
        /// The type, as the warehouse names it.
        type_name: String,
    },
    /// A value that the column's Arrow type cannot say.
    #[error("column `{column}` holds {what}; cast it to text or filter it out")]
    Value {
        /// The column of the result.
        column: String,
        /// What cannot be said.
        what: &'static str,
    },
    /// The warehouse plans to do what no rendered query asks for. What, is for the customer's own log.
    #[error("the warehouse would do more for this query than read the schema; the connector's log names it")]
    Unexpected(Unexpected),
    /// The warehouse expects a query to cost more than it may.
    #[error(
        "the warehouse estimates a cost of {estimated} for this query, over the customer's `budget.cost_per_query` of {allowed}; ask for less"
    )]
    Cost {
        /// By its planner, in its own unit.
        estimated: u64,
        /// By the policy.
        allowed: u64,
    },
    /// The plan cannot be written for this engine.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A mistake of ours.
    #[error("the warehouse reader failed: {0}")]
    Internal(&'static str),
}

/// What a warehouse would do for a statement and was not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unexpected {
    /// A relation of another schema.
    #[error("it reads `{0}`")]
    Relation(String),
    /// A step of its plan that no query needs.
    #[error("its plan has a step `{0}`")]
    Step(String),
    /// A function, an operator or a type that is not of the algebra.
    #[error("it calls `{0}`")]
    Call(String),
    /// Something that this version does not know.
    #[error("its plan cannot be read")]
    Plan,
}

/// The five characters by which SQL databases name an error (ISO 9075). Parsed, so that nothing else can travel in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// Takes five digits or upper-case letters.
    pub fn parse(code: &[u8]) -> Option<Self> {
        let code: [u8; 5] = code.try_into().ok()?;
        code.iter()
            .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
            .then_some(Self(code))
    }

    /// Whether the database refused the role or its password (class 28, invalid authorization specification).
    pub fn is_about_who_asks(&self) -> bool {
        self.0.starts_with(b"28")
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }
}

impl std::fmt::Display for SqlState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl WarehouseError {
    /// What a caller is told.
    pub fn to_fault(&self) -> Fault {
        match self {
            Self::Render(error) => error.to_fault(),
            Self::Deadline => Fault::new(Code::DeadlineExceeded, self.to_string()),
            Self::Busy(_) => {
                Fault::new(Code::Overloaded, self.to_string()).retry_after(std::time::Duration::from_secs(1))
            }
            Self::Unexpected(_) => Fault::new(Code::RefusedByPolicy, self.to_string()),
            Self::Cost { .. } => Fault::new(Code::LimitExceeded, self.to_string()),
            // Words of the settings name files of the customer's host.
            Self::Settings(_) => Fault::new(Code::WarehouseError, "the source is not set up correctly"),
            Self::Unreachable
            | Self::State(_)
            | Self::Driver(_)
            | Self::Lost
            | Self::Unmapped { .. }
            | Self::Value { .. } => Fault::new(Code::WarehouseError, self.to_string()),
            Self::Internal(_) => Fault::new(Code::Internal, self.to_string()),
        }
    }
}

/// Milliseconds from now to a deadline, at least one.
fn millis_left(deadline: Instant) -> u64 {
    let left = deadline.saturating_duration_since(Instant::now()).as_millis();
    u64::try_from(left).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlstate_carries_nothing_else() {
        assert_eq!(
            SqlState::parse(b"57014").map(|s| s.to_string()),
            Some("57014".to_owned())
        );
        for other in [
            &b"5701"[..],
            b"570145",
            b"57 14",
            b"abcde",
            b"\0\0\0\0\0",
            "ééé".as_bytes(),
        ] {
            assert_eq!(SqlState::parse(other), None);
        }
    }

    #[tokio::test]
    async fn a_producer_that_vanishes_is_an_error_and_a_completed_one_is_an_end() {
        let stream = || {
            let (tx, batches) = mpsc::channel(QUEUE);
            let schema = SchemaRef::new(arrow_schema::Schema::empty());
            (
                tx,
                BatchStream {
                    schema,
                    batches,
                    ended: false,
                    _producer: Box::new(()),
                },
            )
        };
        let (tx, mut lost) = stream();
        drop(tx);
        assert_eq!(lost.next().await, Some(Err(WarehouseError::Lost)));
        assert_eq!(lost.next().await, None);

        let (tx, mut complete) = stream();
        assert!(tx.send(Item::Complete).await.is_ok());
        assert_eq!(complete.next().await, None);
    }
}
