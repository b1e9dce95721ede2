//! Binary values of PostgreSQL into Arrow buffers, without a copy or an allocation for each value.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    types::{ArrowPrimitiveType, IntervalMonthDayNano},
};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use proto::limits::MAX_BATCH_ROWS;
use tokio_postgres::{
    Column, Row,
    types::{FromSql, Kind, Type},
};

use super::numeric::Numeric;
use crate::warehouse::{BATCH_BYTES, WarehouseError, types};

/// Microseconds from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The same in days.
pub(super) const EPOCH_DAYS: i32 = 10_957;

/// Collects rows into one batch after another.
pub(super) struct Decoder {
    schema: SchemaRef,
    columns: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

impl Decoder {
    /// Chooses an Arrow type for each column; an error names the first that has none.
    pub(super) fn new(columns: &[Column]) -> Result<Self, WarehouseError> {
        let mut fields = Vec::with_capacity(columns.len());
        let mut builders = Vec::with_capacity(columns.len());
        for column in columns {
            let reader = Reader::of(column.type_(), column.type_modifier()).ok_or_else(|| {
                WarehouseError::Unmapped {
                    column: column.name().to_owned(),
                    type_name: column.type_().name().to_owned(),
                }
            })?;
            fields.push(Field::new(column.name(), reader.data_type(), true));
            builders.push(Builder::new(reader));
        }
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            columns: builders,
            rows: 0,
            bytes: 0,
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether the batch is to be closed.
    pub(super) fn full(&self) -> bool {
        self.rows >= MAX_BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    pub(super) fn push(&mut self, row: &Row) -> Result<(), WarehouseError> {
        for (position, builder) in self.columns.iter_mut().enumerate() {
            let value: Option<Raw<'_>> = row
                .try_get(position)
                .map_err(|_| WarehouseError::Internal("a row of another width"))?;
            builder
                .push(value.map(|raw| raw.0))
                .map_err(|what| named(&self.schema, position, what))?;
        }
        self.rows += 1;
        self.bytes += row.raw_size_bytes();
        Ok(())
    }

    /// The rows so far as a batch; the next begins empty.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, WarehouseError> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (position, builder) in self.columns.iter_mut().enumerate() {
            arrays.push(
                builder
                    .finish()
                    .map_err(|what| named(&self.schema, position, what))?,
            );
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|_| WarehouseError::Internal("columns of different lengths"))
    }
}

fn named(schema: &Schema, position: usize, what: &'static str) -> WarehouseError {
    let column = schema
        .fields()
        .get(position)
        .map(|field| field.name().clone())
        .unwrap_or_default();
    WarehouseError::Value { column, what }
}

/// The bytes of a value, borrowed from the row.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// How a column's values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reader {
    Bool,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Decimal(u8, u8),
    DecimalText,
    Text,
    Jsonb,
    Uuid,
    Bytes,
    Date,
    Time,
    Timestamp { zoned: bool },
    Interval,
    List(Box<Reader>),
}

impl Reader {
    fn of(column_type: &Type, modifier: i32) -> Option<Self> {
        Some(match *column_type {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int16,
            Type::INT4 => Self::Int32,
            Type::INT8 => Self::Int64,
            Type::FLOAT4 => Self::Float32,
            Type::FLOAT8 => Self::Float64,
            Type::NUMERIC => numeric(modifier),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON | Type::UNKNOWN => Self::Text,
            Type::JSONB => Self::Jsonb,
            Type::UUID => Self::Uuid,
            Type::BYTEA => Self::Bytes,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMESTAMP => Self::Timestamp { zoned: false },
            Type::TIMESTAMPTZ => Self::Timestamp { zoned: true },
            Type::INTERVAL => Self::Interval,
            _ => match column_type.kind() {
                Kind::Array(item) => match Self::of(item, modifier)? {
                    Self::List(_) => return None,
                    item => Self::List(Box::new(item)),
                },
                Kind::Domain(base) => Self::of(base, modifier)?,
                _ => return None,
            },
        })
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, scale.cast_signed()),
            Self::DecimalText | Self::Text | Self::Jsonb | Self::Uuid => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => types::TIME,
            Self::Timestamp { zoned: false } => types::TIMESTAMP,
            Self::Timestamp { zoned: true } => types::timestamp_tz(),
            Self::Interval => types::INTERVAL,
            Self::List(item) => types::list(item.data_type()),
        }
    }
}

/// A type modifier of numeric is 4 more than precision in the upper and scale in the lower half; a scale may be negative
/// or over the precision since PostgreSQL 15 (11 bits, two's complement).
fn numeric(modifier: i32) -> Reader {
    let Some(packed) = modifier.checked_sub(4).filter(|packed| *packed >= 0) else {
        return Reader::DecimalText;
    };
    let precision = u8::try_from(packed >> 16 & 0xffff).unwrap_or(u8::MAX);
    let scale = i8::try_from((packed & 0x7ff ^ 1024) - 1024).unwrap_or(i8::MIN);
    match types::decimal(precision, scale) {
        DataType::Decimal128(precision, scale) => Reader::Decimal(precision, scale.unsigned_abs()),
        _ => Reader::DecimalText,
    }
}

/// The values of one column of one batch.
struct Builder {
    reader: Reader,
    values: Values,
    nulls: NullBufferBuilder,
}

enum Values {
    Bool(BooleanBufferBuilder),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int128(Vec<i128>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Interval(Vec<IntervalMonthDayNano>),
    /// Text and bytes: the end of each value, after a first zero.
    Bytes(Vec<u8>, Vec<i32>),
    List(Box<Builder>, Vec<i32>),
}

const MALFORMED: &str = "a value that the database sent in an unknown form";

type Pushed = Result<(), &'static str>;

impl Builder {
    fn new(reader: Reader) -> Self {
        let values = Values::for_reader(&reader, 0, 0);
        Self {
            reader,
            values,
            nulls: NullBufferBuilder::new(0),
        }
    }

    #[inline]
    fn push(&mut self, raw: Option<&[u8]>) -> Pushed {
        match raw {
            Some(raw) => {
                self.values.push(&self.reader, raw)?;
                self.nulls.append_non_null();
            }
            None => {
                self.values.push_null();
                self.nulls.append_null();
            }
        }
        Ok(())
    }

    /// The column; what follows is given as much room as this took.
    fn finish(&mut self) -> Result<ArrayRef, &'static str> {
        let (rows, bytes) = self.values.size();
        let nulls = self.nulls.finish();
        self.nulls = NullBufferBuilder::new(rows);
        let fresh = Values::for_reader(&self.reader, rows, bytes);
        std::mem::replace(&mut self.values, fresh).into_array(&self.reader, nulls)
    }
}

impl Values {
    fn for_reader(reader: &Reader, rows: usize, bytes: usize) -> Self {
        match reader {
            Reader::Bool => Self::Bool(BooleanBufferBuilder::new(rows)),
            Reader::Int16 => Self::Int16(Vec::with_capacity(rows)),
            Reader::Int32 | Reader::Date => Self::Int32(Vec::with_capacity(rows)),
            Reader::Int64 | Reader::Time | Reader::Timestamp { .. } => Self::Int64(Vec::with_capacity(rows)),
            Reader::Float32 => Self::Float32(Vec::with_capacity(rows)),
            Reader::Float64 => Self::Float64(Vec::with_capacity(rows)),
            Reader::Decimal(..) => Self::Int128(Vec::with_capacity(rows)),
            Reader::Interval => Self::Interval(Vec::with_capacity(rows)),
            Reader::DecimalText | Reader::Text | Reader::Jsonb | Reader::Uuid | Reader::Bytes => {
                Self::Bytes(Vec::with_capacity(bytes), offsets(rows))
            }
            Reader::List(item) => Self::List(Box::new(Builder::new((**item).clone())), offsets(rows)),
        }
    }

    fn size(&self) -> (usize, usize) {
        match self {
            Self::Bool(values) => (values.len(), 0),
            Self::Int16(values) => (values.len(), 0),
            Self::Int32(values) => (values.len(), 0),
            Self::Int64(values) => (values.len(), 0),
            Self::Int128(values) => (values.len(), 0),
            Self::Float32(values) => (values.len(), 0),
            Self::Float64(values) => (values.len(), 0),
            Self::Interval(values) => (values.len(), 0),
            Self::Bytes(bytes, ends) => (ends.len() - 1, bytes.len()),
            Self::List(_, ends) => (ends.len() - 1, 0),
        }
    }

    #[inline]
    fn push(&mut self, reader: &Reader, raw: &[u8]) -> Pushed {
        match self {
            Self::Bool(values) => values.append(u8::from_be_bytes(fixed(raw)?) != 0),
            Self::Int16(values) => values.push(i16::from_be_bytes(fixed(raw)?)),
            Self::Int32(values) => {
                let value = i32::from_be_bytes(fixed(raw)?);
                values.push(if *reader == Reader::Date {
                    date(value)?
                } else {
                    value
                });
            }
            Self::Int64(values) => {
                let value = i64::from_be_bytes(fixed(raw)?);
                values.push(match reader {
                    Reader::Timestamp { .. } => timestamp(value)?,
                    Reader::Time => time(value)?,
                    _ => value,
                });
            }
            Self::Int128(values) => {
                let Reader::Decimal(precision, scale) = reader else {
                    return Err(MALFORMED);
                };
                values.push(decimal(raw, *precision, *scale)?);
            }
            Self::Float32(values) => values.push(f32::from_be_bytes(fixed(raw)?)),
            Self::Float64(values) => values.push(f64::from_be_bytes(fixed(raw)?)),
            Self::Interval(values) => values.push(interval(raw)?),
            Self::Bytes(bytes, ends) => {
                match reader {
                    Reader::Jsonb => bytes.extend_from_slice(raw.strip_prefix(&[1]).ok_or(MALFORMED)?),
                    Reader::Uuid => uuid(fixed(raw)?, bytes),
                    Reader::DecimalText => Numeric::parse(raw).ok_or(MALFORMED)?.write(bytes),
                    _ => bytes.extend_from_slice(raw),
                }
                // One value is at most 1 GB at the database, and a batch is closed at a few MiB.
                ends.push(i32::try_from(bytes.len()).map_err(|_| "a value of over 2 GB")?);
            }
            Self::List(items, ends) => {
                push_items(items, raw)?;
                ends.push(i32::try_from(items.values.size().0).map_err(|_| "an array of over 2^31 items")?);
            }
        }
        Ok(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Bool(values) => values.append(false),
            Self::Int16(values) => values.push(0),
            Self::Int32(values) => values.push(0),
            Self::Int64(values) => values.push(0),
            Self::Int128(values) => values.push(0),
            Self::Float32(values) => values.push(0.0),
            Self::Float64(values) => values.push(0.0),
            Self::Interval(values) => values.push(IntervalMonthDayNano::default()),
            Self::Bytes(_, ends) | Self::List(_, ends) => ends.push(ends.last().copied().unwrap_or(0)),
        }
    }

    fn into_array(self, reader: &Reader, nulls: Option<NullBuffer>) -> Result<ArrayRef, &'static str> {
        Ok(match (self, reader) {
            (Self::Bool(mut values), _) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            (Self::Int16(values), _) => primitive::<Int16Array, _>(values, nulls),
            (Self::Int32(values), Reader::Date) => primitive::<Date32Array, _>(values, nulls),
            (Self::Int32(values), _) => primitive::<Int32Array, _>(values, nulls),
            (Self::Int64(values), Reader::Time) => primitive::<Time64MicrosecondArray, _>(values, nulls),
            (Self::Int64(values), Reader::Timestamp { zoned }) => {
                let array = TimestampMicrosecondArray::new(values.into(), nulls);
                Arc::new(if *zoned {
                    array.with_timezone(types::UTC)
                } else {
                    array
                })
            }
            (Self::Int64(values), _) => primitive::<Int64Array, _>(values, nulls),
            (Self::Int128(values), _) => {
                let array = Decimal128Array::new(values.into(), nulls);
                Arc::new(array.with_data_type(reader.data_type()))
            }
            (Self::Float32(values), _) => primitive::<Float32Array, _>(values, nulls),
            (Self::Float64(values), _) => primitive::<Float64Array, _>(values, nulls),
            (Self::Interval(values), _) => primitive::<IntervalMonthDayNanoArray, _>(values, nulls),
            (Self::Bytes(bytes, ends), Reader::Bytes) => {
                let ends = OffsetBuffer::new(ends.into());
                Arc::new(BinaryArray::try_new(ends, Buffer::from_vec(bytes), nulls).map_err(|_| MALFORMED)?)
            }
            (Self::Bytes(bytes, ends), _) => {
                let ends = OffsetBuffer::new(ends.into());
                // Checks that it is UTF-8, all values in one pass.
                let array = StringArray::try_new(ends, Buffer::from_vec(bytes), nulls);
                Arc::new(array.map_err(|_| "text that is not UTF-8")?)
            }
            (Self::List(mut items, ends), _) => {
                let ends = OffsetBuffer::new(ends.into());
                let field = Arc::new(Field::new("item", items.reader.data_type(), true));
                Arc::new(ListArray::try_new(field, ends, items.finish()?, nulls).map_err(|_| MALFORMED)?)
            }
        })
    }
}

fn offsets(rows: usize) -> Vec<i32> {
    let mut ends = Vec::with_capacity(rows + 1);
    ends.push(0);
    ends
}

fn primitive<A, T>(values: Vec<T::Native>, nulls: Option<NullBuffer>) -> ArrayRef
where
    T: ArrowPrimitiveType,
    A: Is<T>,
{
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

/// That an array type is the primitive array of an Arrow type.
trait Is<T> {}
impl<T: ArrowPrimitiveType> Is<T> for PrimitiveArray<T> {}

fn fixed<const N: usize>(raw: &[u8]) -> Result<[u8; N], &'static str> {
    raw.try_into().map_err(|_| MALFORMED)
}

fn date(days: i32) -> Result<i32, &'static str> {
    match days {
        i32::MAX | i32::MIN => Err("an infinite date"),
        days => days.checked_add(EPOCH_DAYS).ok_or("a date out of range"),
    }
}

fn timestamp(micros: i64) -> Result<i64, &'static str> {
    match micros {
        i64::MAX | i64::MIN => Err("an infinite timestamp"),
        micros => micros.checked_add(EPOCH_MICROS).ok_or("a timestamp out of range"),
    }
}

fn time(micros: i64) -> Result<i64, &'static str> {
    if micros < types::DAY_MICROS {
        Ok(micros)
    } else {
        Err("the time 24:00")
    }
}

fn interval(raw: &[u8]) -> Result<IntervalMonthDayNano, &'static str> {
    let raw: [u8; 16] = fixed(raw)?;
    let (micros, rest) = raw.split_first_chunk::<8>().ok_or(MALFORMED)?;
    let (days, months) = rest.split_first_chunk::<4>().ok_or(MALFORMED)?;
    let nanos = i64::from_be_bytes(*micros)
        .checked_mul(1_000)
        .ok_or("an interval out of range")?;
    Ok(IntervalMonthDayNano::new(
        i32::from_be_bytes(fixed(months)?),
        i32::from_be_bytes(*days),
        nanos,
    ))
}

fn decimal(raw: &[u8], precision: u8, scale: u8) -> Result<i128, &'static str> {
    let number = Numeric::parse(raw).ok_or(MALFORMED)?;
    if !matches!(number, Numeric::Number { .. }) {
        return Err("a numeric that is not a finite number");
    }
    let bound = 10i128.pow(u32::from(precision));
    number
        .unscaled(scale)
        .filter(|value| value.abs() < bound)
        .ok_or("a numeric out of range")
}

fn uuid(bytes: [u8; 16], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.extend(HEX.get(usize::from(nibble)));
        }
    }
}

/// `array_send`: dimensions, a flag, the item type, then length and lower bound of each dimension, then the items.
fn push_items(items: &mut Builder, raw: &[u8]) -> Pushed {
    let mut rest = raw;
    let word = |rest: &mut &[u8]| -> Result<i32, &'static str> {
        let (head, tail) = rest.split_first_chunk::<4>().ok_or(MALFORMED)?;
        *rest = tail;
        Ok(i32::from_be_bytes(*head))
    };
    let dimensions = word(&mut rest)?;
    let (_flags, _item_type) = (word(&mut rest)?, word(&mut rest)?);
    let length = match dimensions {
        0 => 0,
        1 => {
            let length = word(&mut rest)?;
            let _lower_bound = word(&mut rest)?;
            length
        }
        _ => return Err("an array of several dimensions"),
    };
    for _ in 0..length {
        match usize::try_from(word(&mut rest)?) {
            // Minus one.
            Err(_) => items.push(None)?,
            Ok(size) => {
                let (value, tail) = rest.split_at_checked(size).ok_or(MALFORMED)?;
                items.push(Some(value))?;
                rest = tail;
            }
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(MALFORMED) }
}
