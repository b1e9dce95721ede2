//! A driver's batches in the common types: one Arrow type for one kind of data, whatever the driver chose.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchOptions,
    cast::AsArray,
    types::{ArrowPrimitiveType, Date32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType},
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use proto::limits::MAX_BATCH_ROWS;

use crate::warehouse::{BATCH_BYTES, WarehouseError, types};

/// Brings batches to the common types, and joins small ones: engines give a few thousand rows at a time.
pub(super) struct Normaliser {
    schema: SchemaRef,
    pending: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Normaliser {
    /// Chooses the types; an error names the first column that has none.
    pub(super) fn new(given: &Schema) -> Result<Self, WarehouseError> {
        let mut fields = Vec::with_capacity(given.fields().len());
        for field in given.fields() {
            let common = types::common(field.data_type()).ok_or_else(|| WarehouseError::Unmapped {
                column: field.name().clone(),
                type_name: kind(field.data_type()).to_owned(),
            })?;
            fields.push(Field::new(field.name(), common, true));
        }
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            pending: Vec::new(),
            rows: 0,
            bytes: 0,
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Takes a batch; gives one when there is enough for it.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>, WarehouseError> {
        if batch.num_rows() == 0 {
            return Ok(None);
        }
        let batch = self.convert(batch)?;
        self.rows += batch.num_rows();
        self.bytes += batch.get_array_memory_size();
        self.pending.push(batch);
        // Engines give far fewer rows at once than a batch may have: joined before the bound is passed by much.
        if self.rows >= MAX_BATCH_ROWS / 2 || self.bytes >= BATCH_BYTES {
            self.finish()
        } else {
            Ok(None)
        }
    }

    /// What is left.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>, WarehouseError> {
        (self.rows, self.bytes) = (0, 0);
        let pending = std::mem::take(&mut self.pending);
        match pending.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            many => concat_batches(&self.schema, many)
                .map(Some)
                .map_err(|_| WarehouseError::Internal("batches of one result differ")),
        }
    }

    fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch, WarehouseError> {
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            columns.push(
                convert(column, field.data_type()).map_err(|what| WarehouseError::Value {
                    column: field.name().clone(),
                    what,
                })?,
            );
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|_| WarehouseError::Internal("a batch does not fit the columns"))
    }
}

/// Casts exactly, or says what cannot be said.
fn convert(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, &'static str> {
    check_precision(column)?;
    let exact = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let cast = if column.data_type() == to {
        Arc::clone(column)
    } else {
        cast_with_options(column, to, &exact).map_err(|_| "a value out of range")?
    };
    check_range(&cast)?;
    Ok(cast)
}

/// Nanoseconds are refused unless they are whole microseconds: a cast would cut them silently.
fn check_precision(column: &ArrayRef) -> Result<(), &'static str> {
    let finer = matches!(
        column.data_type(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) | DataType::Time64(TimeUnit::Nanosecond)
    );
    if !finer {
        return Ok(());
    }
    let nanos = cast_with_options(column, &DataType::Int64, &CastOptions::default())
        .map_err(|_| "a time out of range")?;
    let whole = nanos
        .as_primitive::<Int64Type>()
        .iter()
        .flatten()
        .all(|nanos| nanos % 1_000 == 0);
    if whole {
        Ok(())
    } else {
        Err("a time finer than a microsecond")
    }
}

/// Infinities travel as the ends of the integer's range; an Arrow consumer would read them as dates.
fn check_range(column: &ArrayRef) -> Result<(), &'static str> {
    match column.data_type() {
        DataType::Date32 => none_is::<Date32Type>(
            column,
            |days| days == i32::MAX || days <= -i32::MAX,
            "an infinite date",
        ),
        DataType::Timestamp(..) => none_is::<TimestampMicrosecondType>(
            column,
            |micros| micros == i64::MAX || micros <= -i64::MAX,
            "an infinite timestamp",
        ),
        DataType::Time64(_) => {
            none_is::<Time64MicrosecondType>(column, |micros| micros >= types::DAY_MICROS, "the time 24:00")
        }
        DataType::List(_) => check_range(column.as_list::<i32>().values()),
        _ => Ok(()),
    }
}

fn none_is<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    refused: impl Fn(T::Native) -> bool,
    what: &'static str,
) -> Result<(), &'static str> {
    let array = column.as_primitive::<T>();
    // The values behind NULLs are anything; without NULLs one pass over the buffer does.
    let found = if array.null_count() == 0 {
        array.values().iter().any(|value| refused(*value))
    } else {
        array.iter().flatten().any(refused)
    };
    if found { Err(what) } else { Ok(()) }
}

/// The kind of an Arrow type, without names of its fields.
fn kind(given: &DataType) -> &'static str {
    match given {
        DataType::Struct(_) => "struct",
        DataType::Map(..) => "map",
        DataType::Union(..) => "union",
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "list of lists",
        DataType::Duration(_) => "duration",
        _ => "unknown to us",
    }
}
