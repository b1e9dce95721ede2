use std::io::Cursor;

use arrow_array::{Float64Array, Int64Array, TimestampMicrosecondArray};
use arrow_ipc::reader::StreamReader;

use super::*;

fn stream(encoder: &Encoder, batches: &[EncodedBatch]) -> Vec<u8> {
    let mut bytes = encoder.schema_message().to_vec();
    batches
        .iter()
        .for_each(|batch| bytes.extend_from_slice(&batch.bytes));
    bytes.extend_from_slice(&end_of_stream());
    bytes
}

/// Reads a stream back, its dictionaries as plain text again.
fn read(bytes: Vec<u8>, schema: &SchemaRef) -> RecordBatch {
    let batches: Vec<RecordBatch> = StreamReader::try_new(Cursor::new(bytes), None)
        .unwrap()
        .map(|b| b.unwrap())
        .collect();
    let plain = batches.iter().map(|batch| {
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns
            .map(|(column, field)| arrow_cast::cast(column, field.data_type()).unwrap())
            .collect();
        RecordBatch::try_new(Arc::clone(schema), columns).unwrap()
    });
    arrow_select::concat::concat_batches(schema, &plain.collect::<Vec<_>>()).unwrap()
}

/// A cheap source of bytes that do not compress.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed | 1), |x| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        Some(x ^ (x << 17))
    })
}

fn metrics(rows: usize) -> RecordBatch {
    let ids: Vec<String> = noise(7)
        .take(rows)
        .map(|n| format!("{n:016x}{:016x}", n.rotate_left(23)))
        .collect();
    let names: Vec<Option<&str>> = (0..rows)
        .map(|row| (row % 5 != 0).then_some(["row_count", "nulls", "max"][row % 3]))
        .collect();
    let numbers = noise(3)
        .take(rows)
        .map(|n| (n % 4 != 0).then_some(n as f64))
        .collect::<Vec<_>>();
    let fields = vec![
        Field::new("id", DataType::Utf8, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("value", DataType::Float64, true),
        Field::new(
            "at",
            DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None),
            true,
        ),
    ];
    let at = TimestampMicrosecondArray::from_iter_values((0..rows as i64).map(|row| row * 1_000));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(ids)),
        Arc::new(StringArray::from(names)),
        Arc::new(Float64Array::from(numbers)),
        Arc::new(at),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn batches_travel_as_a_valid_stream_of_bounded_pieces() {
    let batches = [metrics(50_000), metrics(3), metrics(20_000)];
    let schema = batches[0].schema();
    let mut encoder = Encoder::new(&schema, batches.first()).unwrap();
    assert_eq!(
        encoder.wire_schema().field(0).data_type(),
        &DataType::Utf8,
        "ids do not repeat"
    );
    assert!(
        matches!(
            encoder.wire_schema().field(1).data_type(),
            DataType::Dictionary(..)
        ),
        "names do"
    );
    let encoded: Vec<EncodedBatch> = batches
        .iter()
        .flat_map(|batch| encoder.encode(batch).unwrap())
        .collect();
    assert!(encoded.len() > 3);
    for batch in &encoded {
        assert!(batch.bytes.len() <= TARGET_BATCH_BYTES && (1..=MAX_BATCH_ROWS).contains(&batch.rows));
    }
    let whole = arrow_select::concat::concat_batches(&schema, &batches).unwrap();
    assert_eq!(read(stream(&encoder, &encoded), &schema), whole);
}

#[test]
fn an_empty_result_is_a_schema_and_an_end() {
    let schema = metrics(0).schema();
    let encoder = Encoder::new(&schema, None).unwrap();
    let back = StreamReader::try_new(Cursor::new(stream(&encoder, &[])), None).unwrap();
    assert_eq!(back.schema().fields().len(), schema.fields().len());
    assert_eq!(back.count(), 0);
}

#[test]
fn columns_of_nulls_and_batches_without_columns_travel() {
    let schema = Arc::new(Schema::new(vec![
        Field::new("a", DataType::Utf8, true),
        Field::new("b", DataType::Int64, true),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![None::<&str>; 100])),
        Arc::new(Int64Array::from(vec![None; 100])),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let mut encoder = Encoder::new(&schema, Some(&batch)).unwrap();
    let encoded = encoder.encode(&batch).unwrap();
    assert_eq!(read(stream(&encoder, &encoded), &schema), batch);
}

fn wide(sizes: &[usize]) -> RecordBatch {
    let rows: Vec<String> = sizes
        .iter()
        .enumerate()
        .map(|(row, size)| {
            noise(row as u64 + 11)
                .take(size / 16 + 1)
                .map(|n| format!("{n:016x}"))
                .collect::<String>()
        })
        .collect();
    let schema = Schema::new(vec![Field::new("code", DataType::Utf8, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(StringArray::from(rows))]).unwrap()
}

#[test]
fn wide_rows_are_split_and_one_over_the_bound_is_refused_not_cut() {
    let batch = wide(&[400_000, 3_000_000, 500_000, 10, 900_000, 20, 30]);
    let mut encoder = Encoder::new(&batch.schema(), Some(&batch)).unwrap();
    let encoded = encoder.encode(&batch).unwrap();
    for piece in &encoded {
        assert!(
            piece.bytes.len() <= TARGET_BATCH_BYTES
                || (piece.rows == 1 && piece.bytes.len() <= MAX_BATCH_BYTES)
        );
    }
    assert_eq!(read(stream(&encoder, &encoded), &batch.schema()), batch);

    let huge = wide(&[10, 40_000_000]);
    let mut encoder = Encoder::new(&huge.schema(), Some(&huge)).unwrap();
    let error = encoder.encode(&huge).unwrap_err();
    assert!(matches!(error, EncodeError::RowTooLarge { bytes } if bytes > MAX_BATCH_BYTES));
    assert_eq!(error.to_fault().code, Code::LimitExceeded);
}

#[test]
fn a_dictionary_column_that_stops_repeating_still_travels_whole() {
    let repeating = StringArray::from(vec!["same"; 5_000]);
    let schema = Arc::new(Schema::new(vec![Field::new("s", DataType::Utf8, true)]));
    let first = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(repeating)]).unwrap();
    let unique = StringArray::from_iter_values(noise(5).take(70_000).map(|n| format!("{n:x}")));
    let second = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(unique)]).unwrap();
    let mut encoder = Encoder::new(&schema, Some(&first)).unwrap();
    let mut encoded = encoder.encode(&first).unwrap();
    encoded.extend(encoder.encode(&second).unwrap());
    let whole = arrow_select::concat::concat_batches(&schema, &[first, second]).unwrap();
    assert_eq!(read(stream(&encoder, &encoded), &schema), whole);
}
