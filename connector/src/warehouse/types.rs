//! The Arrow types of results, the same for every engine.
//!
//! | In the warehouse | Arrow | What it cannot say |
//! |---|---|---|
//! | boolean | Boolean | |
//! | 16, 32, 64-bit integers | Int16, Int32, Int64 | 8-bit and unsigned ones take the next wider |
//! | 32, 64-bit floats | Float32, Float64 | NaN and infinities stay |
//! | numeric(p, s), p ≤ 38 and not (38, 0) | Decimal128(p, s) | NaN and infinities are an error |
//! | numeric without a scale, 128-bit integers, unsigned 64-bit integers | Utf8, plain decimal digits | |
//! | text of any kind, JSON, UUID | Utf8 | |
//! | bytes | Binary | |
//! | date | Date32 | infinities are an error |
//! | time of day | Time64(µs) | 24:00 is an error |
//! | timestamp | Timestamp(µs) | infinities, and years beyond 294,247, are an error |
//! | timestamp with zone | Timestamp(µs, "+00:00") | the same |
//! | interval | Interval(MonthDayNano) | parts beyond 292 years of time are an error |
//! | array of these, one dimension | List | |
//!
//! A sum of 64-bit integers is a numeric without a scale in PostgreSQL and a 128-bit integer in DuckDB, which arrives as
//! Decimal128(38, 0): digits as text are the one form that loses nothing of either. A query that wants a number casts.
//! Every column may hold NULL. An error names the column, and is never a value made up in its place.

use std::sync::Arc;

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

/// Zone of every timestamp with zone: the instant is what counts, and sessions run in UTC. Written as an offset, which
/// every reader understands without a table of zone names.
pub const UTC: &str = "+00:00";

/// Timestamp without zone.
pub const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// Time of day.
pub const TIME: DataType = DataType::Time64(TimeUnit::Microsecond);

/// Span of time.
pub const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// Microseconds of a day: the first time of day that [`TIME`] cannot say.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// Instant.
pub fn timestamp_tz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
}

/// List of values of a type.
pub fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// Exact decimal, where Arrow's 128 bits hold it and its scale is one of a column rather than of a sum.
pub fn decimal(precision: u8, scale: i8) -> DataType {
    let holds =
        (1..=38).contains(&precision) && (0..=38).contains(&scale) && scale.unsigned_abs() <= precision;
    if holds && (precision, scale) != (38, 0) {
        DataType::Decimal128(precision, scale)
    } else {
        DataType::Utf8
    }
}

/// The type that a column of this Arrow type is given to the consumer in; none where there is no mapping.
pub fn common(given: &DataType) -> Option<DataType> {
    Some(match given {
        DataType::Boolean => DataType::Boolean,
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => DataType::Int16,
        DataType::UInt16 | DataType::Int32 => DataType::Int32,
        DataType::UInt32 | DataType::Int64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float32,
        DataType::Float64 => DataType::Float64,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => decimal(*precision, *scale),
        DataType::UInt64 | DataType::Decimal256(..) => DataType::Utf8,
        // A bare NULL is text in PostgreSQL.
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => TIME,
        DataType::Timestamp(_, None) => TIMESTAMP,
        DataType::Timestamp(_, Some(_)) => timestamp_tz(),
        DataType::Interval(_) => INTERVAL,
        DataType::Dictionary(_, values) => common(values)?,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => match common(item.data_type())? {
            DataType::List(_) => return None,
            item => list(item),
        },
        _ => return None,
    })
}
