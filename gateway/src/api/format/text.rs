//! Arrow batches to JSON, NDJSON or CSV, a piece at a time.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{Array as _, ArrayRef};
use arrow_buffer::Buffer;
use arrow_ipc::{convert::try_schema_from_ipc_buffer, reader::StreamDecoder};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use bytes::Bytes;
use proto::error::{Code, Fault};

use super::{
    MAX_DECODED_BATCH_BYTES, MAX_ROW_BYTES, PIECE_BYTES,
    cell::{Cells, csv_text, json_text},
};
use crate::tunnel::ipc;

/// A form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum TextForm {
    /// One array of objects.
    Json,
    /// One object on each line.
    Ndjson,
    /// RFC 4180 with a header line.
    Csv,
}

/// Makes text of one result. Holds one decoded batch at a time, and the dictionaries of those before it.
pub(in crate::api) struct TextEncoder {
    form: TextForm,
    decoder: StreamDecoder,
    schema: Schema,
    /// What each dictionary that the decoder keeps may take, by its number: a batch can bring one of them anew and leave
    /// the others, so that together they may be far more than any batch.
    dictionaries: HashMap<i64, u64>,
    /// Before each value of a row: `{"a":`, `,"b":`; or nothing and commas.
    before: Vec<Vec<u8>>,
    /// The batch in hand, zoned timestamps in UTC.
    columns: Vec<ArrayRef>,
    batch_rows: usize,
    /// The next row of the batch.
    row: usize,
    begun: bool,
    rows: u64,
}

impl TextEncoder {
    /// For a result whose schema message is `schema`.
    ///
    /// # Errors
    /// `protocol_violation` if that cannot be decoded.
    pub(in crate::api) fn new(form: TextForm, schema: Bytes) -> Result<Self, Fault> {
        let mut decoder = StreamDecoder::new();
        let decoded = try_schema_from_ipc_buffer(&schema).map_err(|_| undecodable())?;
        // It reads the schema only once there is something behind it.
        decoder.decode(&mut schema.into()).map_err(|_| undecodable())?;
        let schema = decoded;
        let before = schema.fields().iter().enumerate().map(|(at, field)| {
            let mut before = Vec::new();
            match (form, at) {
                (TextForm::Csv, 0) => {}
                (TextForm::Csv, _) => before.push(b','),
                (_, at) => {
                    before.push(if at == 0 { b'{' } else { b',' });
                    json_text(field.name(), &mut before);
                    before.push(b':');
                }
            }
            before
        });
        let before = before.collect();
        Ok(Self {
            form,
            decoder,
            schema,
            dictionaries: HashMap::new(),
            before,
            columns: Vec::new(),
            batch_rows: 0,
            row: 0,
            begun: false,
            rows: 0,
        })
    }

    /// What stands before the first row.
    pub(in crate::api) fn begin(&self) -> Bytes {
        let mut out = Vec::new();
        match self.form {
            TextForm::Json => out.push(b'['),
            TextForm::Ndjson => {}
            TextForm::Csv => {
                for (field, before) in self.schema.fields().iter().zip(&self.before) {
                    out.extend_from_slice(before);
                    csv_text(field.name().as_bytes(), &mut out);
                }
                out.extend_from_slice(b"\r\n");
            }
        }
        out.into()
    }

    /// Takes the next batch, once the one before has been written in full.
    ///
    /// # Errors
    /// `limit_exceeded` if it, or the dictionaries so far, claim to be larger than [`MAX_DECODED_BATCH_BYTES`];
    /// `protocol_violation` if it cannot be decoded.
    pub(in crate::api) fn take(&mut self, batch: Bytes, decoded_bytes: u64) -> Result<(), Fault> {
        for (id, claim) in ipc::dictionaries(&batch).map_err(|_| undecodable())? {
            // One that is not compressed keeps the batch that it came in.
            self.dictionaries.insert(id, claim.max(batch.len() as u64));
        }
        let kept = self
            .dictionaries
            .values()
            .fold(0_u64, |sum, d| sum.saturating_add(*d));
        if decoded_bytes.max(kept) > MAX_DECODED_BATCH_BYTES {
            return Err(Fault::new(
                Code::LimitExceeded,
                "a batch is too large to be made into text; ask for fewer columns, or for Arrow",
            ));
        }
        let mut bytes = batch.into();
        let mut batch = self.decoder.decode(&mut bytes).map_err(|_| undecodable())?;
        if batch.is_none() {
            // A message without a body is read only once there is something behind it; the byte itself is not taken.
            batch = self
                .decoder
                .decode(&mut Buffer::from(&[0xff_u8]))
                .map_err(|_| undecodable())?;
        }
        let batch = batch.filter(|_| bytes.is_empty()).ok_or_else(undecodable)?;
        if batch.schema().fields() != self.schema.fields() {
            return Err(undecodable());
        }
        let columns = batch.columns().iter().map(in_utc).collect::<Result<_, _>>();
        (self.columns, self.row, self.batch_rows) = (columns.map_err(|_| no_text())?, 0, batch.num_rows());
        Ok(())
    }

    /// The next piece of the batch's text; none when all of it has been made.
    ///
    /// # Errors
    /// `limit_exceeded` if a row is longer than [`MAX_ROW_BYTES`] or a value has no text form.
    pub(in crate::api) fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.row >= self.batch_rows {
            self.columns.clear();
            return Ok(None);
        }
        let columns: Result<Vec<_>, _> = self.columns.iter().map(|c| Cells::new(c.as_ref())).collect();
        let columns = columns.map_err(|_| no_text())?;
        let mut out = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        while self.row < self.batch_rows && out.len() < PIECE_BYTES {
            match self.form {
                TextForm::Json if self.begun => out.extend_from_slice(b",\n"),
                TextForm::Json => out.push(b'\n'),
                TextForm::Ndjson | TextForm::Csv => {}
            }
            self.begun = true;
            write_row(self.form, &self.before, &columns, self.row, &mut out)?;
            self.row += 1;
            self.rows += 1;
        }
        Ok(Some(out.into()))
    }

    /// Whether all of the batch has been written.
    pub(in crate::api) fn is_drained(&self) -> bool {
        self.row >= self.batch_rows
    }

    /// What stands behind the last row of a complete result.
    pub(in crate::api) fn end(&self) -> Bytes {
        Bytes::from_static(match self.form {
            TextForm::Json => b"\n]\n",
            TextForm::Ndjson | TextForm::Csv => b"",
        })
    }
}

impl std::fmt::Debug for TextEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextEncoder")
            .field("form", &self.form)
            .field("rows", &self.rows)
            .finish()
    }
}

fn write_row(
    form: TextForm,
    before: &[Vec<u8>],
    columns: &[Cells<'_>],
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let start = out.len();
    for (before, column) in before.iter().zip(columns) {
        out.extend_from_slice(before);
        let written = if form == TextForm::Csv {
            column.csv(row, out)
        } else {
            column.json(row, out)
        };
        written.map_err(|error| match error {
            ArrowError::MemoryError(_) => row_too_long(),
            _ => no_text(),
        })?;
        if out.len() - start > MAX_ROW_BYTES {
            return Err(row_too_long());
        }
    }
    let end: &[u8] = match form {
        // A row of one NULL is an empty line, as PostgreSQL's COPY writes it.
        TextForm::Csv => b"\r\n",
        TextForm::Json if columns.is_empty() => b"{}",
        TextForm::Json => b"}",
        TextForm::Ndjson if columns.is_empty() => b"{}\n",
        TextForm::Ndjson => b"}\n",
    };
    out.extend_from_slice(end);
    Ok(())
}

/// The same instants with their offset written out: text is made in UTC whatever zone the schema names, and needs no
/// database of zones for it.
fn in_utc(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let wanted = utc_type(array.data_type());
    if wanted == *array.data_type() {
        Ok(Arc::clone(array))
    } else {
        arrow_cast::cast(array, &wanted)
    }
}

fn utc_type(kind: &DataType) -> DataType {
    let item =
        |field: &Arc<Field>| Arc::new(field.as_ref().clone().with_data_type(utc_type(field.data_type())));
    match kind {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::List(field) => DataType::List(item(field)),
        DataType::LargeList(field) => DataType::LargeList(item(field)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(item).collect()),
        DataType::Dictionary(key, value) => DataType::Dictionary(key.clone(), Box::new(utc_type(value))),
        other => other.clone(),
    }
}

fn undecodable() -> Fault {
    Fault::new(
        Code::ProtocolViolation,
        "the connector sent an Arrow message that cannot be decoded",
    )
}

fn no_text() -> Fault {
    Fault::new(
        Code::LimitExceeded,
        "a value of the result has no text form; ask for Arrow",
    )
}

fn row_too_long() -> Fault {
    Fault::new(
        Code::LimitExceeded,
        "a row is too long to be made into text; ask for fewer columns, or for Arrow",
    )
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, ListArray,
        RecordBatch, StringArray, TimestampMicrosecondArray,
        types::{Int32Type, Int64Type},
    };
    use arrow_ipc::{
        CompressionType,
        writer::{IpcWriteOptions, StreamWriter},
    };

    use super::*;

    fn messages(columns: Vec<(&str, ArrayRef)>) -> (Bytes, Bytes) {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let options = IpcWriteOptions::default()
            .try_with_compression(Some(CompressionType::ZSTD))
            .unwrap();
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
        let schema = writer.get_ref().clone();
        writer.write(&batch).unwrap();
        let batch = writer.get_ref()[schema.len()..].to_vec();
        (schema.into(), batch.into())
    }

    fn text(form: TextForm, columns: Vec<(&str, ArrayRef)>) -> String {
        let (schema, batch) = messages(columns);
        let decoded = ipc::check_batch(&batch).unwrap().decoded_bytes;
        let mut encoder = TextEncoder::new(form, schema).unwrap();
        let mut out = encoder.begin().to_vec();
        encoder.take(batch, decoded).unwrap();
        while let Some(piece) = encoder.piece().unwrap() {
            out.extend_from_slice(&piece);
        }
        out.extend_from_slice(&encoder.end());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dictionaries_that_pile_up_over_batches_end_the_result() {
        let (schema, batch) = messages(columns());
        let decoded = ipc::check_batch(&batch).unwrap().decoded_bytes;
        let mut encoder = TextEncoder::new(TextForm::Csv, schema).unwrap();
        // The same ones again replace each other.
        for _ in 0..3 {
            encoder.take(batch.clone(), decoded).unwrap();
            while encoder.piece().unwrap().is_some() {}
        }
        assert_eq!(encoder.dictionaries.len(), 1);
        encoder.dictionaries.insert(99, MAX_DECODED_BATCH_BYTES);
        assert_eq!(
            encoder.take(batch, decoded).unwrap_err().code,
            Code::LimitExceeded
        );
    }

    fn columns() -> Vec<(&'static str, ArrayRef)> {
        let words: DictionaryArray<Int32Type> = vec![Some("pass"), None, Some("fail")].into_iter().collect();
        let at = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None, Some(0)]);
        let zoned = at.clone().with_timezone("UTC");
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
        ]);
        vec![
            (
                "id",
                Arc::new(Int64Array::from(vec![
                    Some(9_007_199_254_740_993),
                    None,
                    Some(-1),
                ])) as ArrayRef,
            ),
            (
                "te\"xt",
                Arc::new(StringArray::from(vec![Some("a,\"b\"\n"), None, Some("")])),
            ),
            ("word", Arc::new(words)),
            ("at", Arc::new(at)),
            ("zoned", Arc::new(zoned)),
            (
                "day",
                Arc::new(Date32Array::from(vec![Some(0), None, Some(19_000)])),
            ),
            (
                "f",
                Arc::new(Float64Array::from(vec![
                    Some(1.5),
                    Some(f64::NAN),
                    Some(f64::NEG_INFINITY),
                ])),
            ),
            (
                "dec",
                Arc::new(
                    Decimal128Array::from(vec![Some(12_345), None, Some(-5)])
                        .with_precision_and_scale(38, 2)
                        .unwrap(),
                ),
            ),
            (
                "ok",
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            ),
            ("list", Arc::new(list)),
        ]
    }

    #[test]
    fn json_says_every_value_with_all_its_digits() {
        let all = text(TextForm::Json, columns());
        assert_eq!(
            all,
            concat!(
                "[\n",
                r#"{"id":9007199254740993,"te\"xt":"a,\"b\"\n","word":"pass","at":"2023-11-14T22:13:20.123456","zoned":"2023-11-14T22:13:20.123456Z","day":"1970-01-01","f":1.5,"dec":123.45,"ok":true,"list":[1,null]}"#,
                ",\n",
                r#"{"id":null,"te\"xt":null,"word":null,"at":null,"zoned":null,"day":null,"f":"NaN","dec":null,"ok":null,"list":null}"#,
                ",\n",
                r#"{"id":-1,"te\"xt":"","word":"fail","at":"1970-01-01T00:00:00","zoned":"1970-01-01T00:00:00Z","day":"2022-01-08","f":"-Infinity","dec":-0.05,"ok":false,"list":[]}"#,
                "\n]\n",
            )
        );
        let parsed: serde_json::Value = serde_json::from_str(&all).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), 3);
        let lines = text(TextForm::Ndjson, columns());
        assert_eq!(lines.lines().count(), 3);
        for line in lines.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn csv_tells_null_from_the_empty_text() {
        assert_eq!(
            text(TextForm::Csv, columns()),
            concat!(
                "id,\"te\"\"xt\",word,at,zoned,day,f,dec,ok,list\r\n",
                "9007199254740993,\"a,\"\"b\"\"\n\",pass,2023-11-14T22:13:20.123456,2023-11-14T22:13:20.123456Z,1970-01-01,1.5,123.45,true,\"[1,null]\"\r\n",
                ",,,,,,NaN,,,\r\n",
                "-1,\"\",fail,1970-01-01T00:00:00,1970-01-01T00:00:00Z,2022-01-08,-Infinity,-0.05,false,[]\r\n",
            )
        );
        let lonely: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>, Some("x")]));
        assert_eq!(text(TextForm::Csv, vec![("a", lonely)]), "a\r\n\r\nx\r\n");
    }

    #[test]
    fn result_without_rows_is_well_formed() {
        let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
        assert_eq!(text(TextForm::Json, vec![("a", Arc::clone(&none))]), "[\n]\n");
        assert_eq!(text(TextForm::Csv, vec![("a", none)]), "a\r\n");
    }

    #[test]
    fn batch_that_claims_too_much_is_refused_before_it_is_decoded() {
        let (schema, batch) = messages(columns());
        let mut encoder = TextEncoder::new(TextForm::Csv, schema).unwrap();
        let fault = encoder.take(batch, MAX_DECODED_BATCH_BYTES + 1).unwrap_err();
        assert_eq!(fault.code, Code::LimitExceeded);
    }

    #[test]
    fn one_value_named_by_many_rows_cannot_fill_the_memory() {
        let large = "x".repeat(4 * 1024 * 1024);
        let values: ArrayRef = Arc::new(StringArray::from(vec![large.as_str()]));
        let many = DictionaryArray::<Int32Type>::new(vec![0; 1_000].into(), values);
        let many: ArrayRef = Arc::new(many);
        let names: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
        let (schema, batch) = messages(names.iter().map(|n| (n.as_str(), Arc::clone(&many))).collect());
        let mut encoder = TextEncoder::new(TextForm::Ndjson, schema).unwrap();
        encoder.take(batch, 0).unwrap();
        assert_eq!(encoder.piece().unwrap_err().code, Code::LimitExceeded);

        let (schema, batch) = messages(vec![("one", many)]);
        let mut encoder = TextEncoder::new(TextForm::Ndjson, schema).unwrap();
        encoder.take(batch, 0).unwrap();
        assert!(
            encoder.piece().unwrap().unwrap().len() < 5 * 1024 * 1024,
            "a row at a time"
        );
    }

    #[test]
    fn batch_that_does_not_fit_the_schema_is_a_violation() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
        let (schema, _) = messages(vec![("a", Arc::clone(&texts)), ("b", texts)]);
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![-1, i64::MAX]));
        let (_, batch) = messages(vec![("a", numbers)]);
        let mut encoder = TextEncoder::new(TextForm::Json, schema).unwrap();
        // It is decoded by the schema that was announced.
        assert_eq!(encoder.take(batch, 0).unwrap_err().code, Code::ProtocolViolation);
    }
}
