//! Record batches → wire batches: dictionaries for repeating text, zstd at level 1, bytes bounded.
//!
//! A wire batch is a run of encapsulated messages of the Arrow IPC stream format: any number of dictionaries, then one
//! record batch. The schema's message, the wire batches in their order and [`end_of_stream`] make a valid stream, which
//! the gateway passes on undecoded.
//!
//! Which text columns travel as dictionaries is decided once, from the first batch, because the schema goes first. A
//! dictionary lives for one wire batch and is replaced by the next one's (a stream may do that; where the values are the
//! same it is not sent again), so its size is bounded by the batch's, and a column that turns out to repeat less than it
//! seemed costs two bytes a row and nothing else.
//!
//! Rows are never left out to fit a bound: a batch that encodes too large is split, and a single row over the largest
//! size is an error.

mod dictionary;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, cast::AsArray};
use arrow_ipc::{
    CompressionType, MetadataVersion,
    writer::{
        DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message,
    },
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    limits::{MAX_BATCH_BYTES, MAX_BATCH_ROWS, TARGET_BATCH_BYTES},
};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use self::dictionary::Distinct;
use crate::{
    mask::{Masks, NotText},
    warehouse::{BatchStream, WarehouseError},
};

/// zstd level: 3 takes twice the time and gains nothing on this data (docs/performance.md).
const ZSTD_LEVEL: i32 = 1;

/// Bytes of values below which a batch travels uncompressed. It fits into a packet or two either way, and making a
/// compressor ready costs a hundred microseconds, more than all else that is done to a row.
const PLAIN_BYTES: usize = 2 * 1024;

/// Rows of the first batch that decide about dictionaries: enough to tell names from keys, and over in a millisecond.
const SAMPLE_ROWS: usize = 4_096;

/// Bytes of values below which a batch is encoded where it is: handing it to another thread costs more.
const INLINE_BYTES: usize = 64 * 1024;

/// Wire batches that may wait to be sent. More would only hide a slow network from the database.
const QUEUE: usize = 2;

/// Rows, and what they say on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedBatch {
    /// Dictionaries and one record batch, each an encapsulated message.
    pub bytes: Bytes,
    /// Rows in it, at least one.
    pub rows: usize,
}

/// Why a batch has no encoding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// One row is larger than a batch may be.
    #[error("a single row takes {bytes} bytes encoded; at most {MAX_BATCH_BYTES} are allowed")]
    RowTooLarge {
        /// Its encoded size.
        bytes: usize,
    },
    /// A mistake of ours: the Arrow library refused the batch.
    #[error("a batch could not be encoded")]
    Arrow,
}

impl EncodeError {
    /// What a caller is told.
    pub fn to_fault(&self) -> Fault {
        let code = match self {
            Self::RowTooLarge { .. } => Code::LimitExceeded,
            Self::Arrow => Code::Internal,
        };
        Fault::new(code, self.to_string())
    }
}

impl From<ArrowError> for EncodeError {
    /// An Arrow error may quote a value, so nothing of it is kept.
    fn from(_: ArrowError) -> Self {
        Self::Arrow
    }
}

/// Encodes the batches of one result, in order.
pub struct Encoder {
    schema: SchemaRef,
    dictionaries: Vec<bool>,
    options: IpcWriteOptions,
    plain: IpcWriteOptions,
    context: IpcWriteContext,
    tracker: DictionaryTracker,
    schema_message: Bytes,
    distinct: Distinct,
    /// Rows that, by what was encoded so far, fill a wire batch.
    rows_at_once: usize,
}

impl Encoder {
    /// Decides how the columns travel. `first` is the first batch of the result; none: the result is empty.
    ///
    /// # Errors
    /// When the schema cannot be said in the IPC format.
    pub fn new(schema: &Schema, first: Option<&RecordBatch>) -> Result<Self, EncodeError> {
        let mut distinct = Distinct::default();
        let dictionaries: Vec<bool> = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(position, field)| {
                let column = first.and_then(|batch| batch.columns().get(position));
                let text = column.filter(|_| *field.data_type() == DataType::Utf8);
                text.is_some_and(|column| repeats(column.as_string(), &mut distinct))
            })
            .collect();
        let fields: Vec<Field> = schema
            .fields()
            .iter()
            .zip(&dictionaries)
            .map(|(field, repeating)| {
                if !repeating {
                    return field.as_ref().clone();
                }
                let data_type = DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8));
                Field::new(field.name(), data_type, field.is_nullable())
            })
            .collect();
        let plain = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?;
        let options = plain
            .clone()
            .try_with_compression(Some(CompressionType::ZSTD))?
            .try_with_compression_level(Some(ZSTD_LEVEL))?;
        let schema = Arc::new(Schema::new(fields));
        let mut tracker = DictionaryTracker::new(false);
        let message = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
            &schema,
            &mut tracker,
            &options,
        );
        let mut bytes = Vec::new();
        write_message(&mut bytes, message, &options)?;
        Ok(Self {
            schema,
            dictionaries,
            options,
            plain,
            context: IpcWriteContext::default(),
            tracker,
            schema_message: bytes.into(),
            distinct,
            rows_at_once: MAX_BATCH_ROWS,
        })
    }

    /// The schema as it travels: that of the result with some text columns as dictionaries.
    pub fn wire_schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The schema's encapsulated message, which begins the stream.
    pub fn schema_message(&self) -> Bytes {
        self.schema_message.clone()
    }

    /// Encodes a batch, in pieces of at most [`MAX_BATCH_ROWS`] rows and about [`TARGET_BATCH_BYTES`] bytes.
    ///
    /// # Errors
    /// When a single row is over [`MAX_BATCH_BYTES`]. The result has no end then.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<EncodedBatch>, EncodeError> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = self.rows_at_once.min(batch.num_rows() - from);
            let piece = self.piece(&batch.slice(from, rows))?;
            let size = piece.len();
            // What decides is the dictionary that this piece would have had, so the stream goes on as if it had never
            // been made: every dictionary is sent again.
            if size > TARGET_BATCH_BYTES && rows > 1 {
                self.forget_dictionaries();
                self.rows_at_once = fitting(rows, size).min(rows / 2).max(1);
                continue;
            }
            if size > MAX_BATCH_BYTES {
                return Err(EncodeError::RowTooLarge { bytes: size });
            }
            // Rows differ: a wide stretch must not make all later batches small.
            self.rows_at_once = fitting(rows, size)
                .max(self.rows_at_once)
                .min(rows * 4)
                .clamp(1, MAX_BATCH_ROWS);
            pieces.push(EncodedBatch {
                bytes: piece.into(),
                rows,
            });
            from += rows;
        }
        Ok(pieces)
    }

    fn piece(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (column, repeating) in batch.columns().iter().zip(&self.dictionaries) {
            columns.push(if *repeating {
                let dictionary = self.distinct.encode(column.as_string())?;
                Arc::new(dictionary) as ArrayRef
            } else {
                Arc::clone(column)
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let generator = IpcDataGenerator::default();
        let options = if value_bytes(&batch)? < PLAIN_BYTES {
            &self.plain
        } else {
            &self.options
        };
        let (dictionaries, rows) = generator.encode(&batch, &mut self.tracker, options, &mut self.context)?;
        let size = |data: &EncodedData| data.ipc_message.len() + data.arrow_data.len() + 64;
        let mut bytes = Vec::with_capacity(dictionaries.iter().map(size).sum::<usize>() + size(&rows));
        for message in dictionaries {
            write_message(&mut bytes, message, options)?;
        }
        write_message(&mut bytes, rows, options)?;
        Ok(bytes)
    }

    /// The numbers of the dictionaries are given by walking the schema, always in the same order.
    fn forget_dictionaries(&mut self) {
        self.tracker.clear();
        let _ = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
            &self.schema,
            &mut self.tracker,
            &self.options,
        );
    }
}

/// Bytes of a batch's values, whatever it shares with others.
fn value_bytes(batch: &RecordBatch) -> Result<usize, ArrowError> {
    batch.columns().iter().try_fold(0, |sum, column| {
        Ok(sum + column.to_data().get_slice_memory_size()?)
    })
}

/// Rows that fill seven eighths of a wire batch when so many took so many bytes.
fn fitting(rows: usize, bytes: usize) -> usize {
    rows * (TARGET_BATCH_BYTES / 8 * 7) / bytes.max(1)
}

/// Whether a column repeats itself so much that a dictionary pays: on average each value of the sample stands four times.
fn repeats(column: &StringArray, distinct: &mut Distinct) -> bool {
    let sample = column.slice(0, column.len().min(SAMPLE_ROWS));
    let values = sample.len() - sample.null_count();
    // One row, or a column of NULLs: nothing repeats, and the plain form is what every reader knows best.
    values >= 8 && distinct.count(&sample) * 4 <= values
}

/// The end-of-stream marker of the IPC stream format.
pub fn end_of_stream() -> Bytes {
    Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
}

/// What makes a result fail once it runs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResultError {
    /// The warehouse.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The encoding.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A mistake of ours: a mask was laid on what is not text.
    #[error(transparent)]
    Mask(#[from] NotText),
}

impl ResultError {
    /// What a caller is told.
    pub fn to_fault(&self) -> Fault {
        match self {
            Self::Warehouse(error) => error.to_fault(),
            Self::Encode(error) => error.to_fault(),
            Self::Mask(error) => Fault::new(Code::Internal, error.to_string()),
        }
    }
}

/// A result on its way: the schema's message, then wire batches as fast as they are taken.
pub struct EncodedStream {
    schema_message: Bytes,
    batches: mpsc::Receiver<Option<Result<EncodedBatch, ResultError>>>,
    ended: bool,
    _task: AbortOnDropHandle<()>,
}

impl EncodedStream {
    /// Waits for the first batch, since it decides how the columns travel, and encodes from then on in a task of its
    /// own: reading, encoding and sending overlap. Dropping the stream stops the query in the database.
    ///
    /// # Errors
    /// When the result fails before its first batch.
    pub async fn start(mut result: BatchStream, masks: Masks) -> Result<Self, ResultError> {
        let first = next(&mut result, &masks).await.transpose()?;
        let mut encoder = Encoder::new(result.schema(), first.as_ref())?;
        let schema_message = encoder.schema_message();
        let (tx, batches) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            let mut batches = first.map(Ok);
            while let Some(batch) = batches {
                let pieces = match batch {
                    Ok(batch) => apart(&batch, |batch| encoder.encode(batch)).map_err(ResultError::from),
                    Err(error) => Err(error),
                };
                let pieces = match pieces {
                    Ok(pieces) => pieces,
                    Err(error) => {
                        let _ = tx.send(Some(Err(error))).await;
                        return;
                    }
                };
                for piece in pieces {
                    if tx.send(Some(Ok(piece))).await.is_err() {
                        return;
                    }
                }
                batches = next(&mut result, &masks).await;
            }
            let _ = tx.send(None).await;
        });
        Ok(Self {
            schema_message,
            batches,
            ended: false,
            _task: AbortOnDropHandle::new(task),
        })
    }

    /// The schema's encapsulated message.
    pub fn schema_message(&self) -> Bytes {
        self.schema_message.clone()
    }

    /// The next wire batch; none after the last. After an error there is nothing more. Cancel-safe.
    pub async fn next(&mut self) -> Option<Result<EncodedBatch, ResultError>> {
        if self.ended {
            return None;
        }
        let item = match self.batches.recv().await {
            Some(item) => item,
            // The task ended without saying so: it was aborted or panicked.
            None => Some(Err(WarehouseError::Lost.into())),
        };
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// The next batch as it may leave: nothing looks at a value before it is masked, the choice of dictionaries included.
async fn next(result: &mut BatchStream, masks: &Masks) -> Option<Result<RecordBatch, ResultError>> {
    let batch = match result.next().await? {
        Ok(batch) => batch,
        Err(error) => return Some(Err(error.into())),
    };
    if masks.is_empty() {
        return Some(Ok(batch));
    }
    Some(apart(&batch, |batch| masks.apply(batch)).map_err(ResultError::from))
}

/// Works on small batches here, and on large ones on a thread for blocking work, so that the tunnel's own tasks go on.
fn apart<T>(batch: &RecordBatch, work: impl FnOnce(&RecordBatch) -> T) -> T {
    let multi =
        tokio::runtime::Handle::current().runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread;
    if multi && batch.get_array_memory_size() > INLINE_BYTES {
        tokio::task::block_in_place(|| work(batch))
    } else {
        work(batch)
    }
}

#[cfg(test)]
mod tests;
