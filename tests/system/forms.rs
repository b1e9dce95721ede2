//! The forms of a result: Arrow, NDJSON, JSON and CSV hold the same rows, and a whole one says so.

use std::io::Cursor;
use std::sync::Arc;

use anyhow::Result;
use arrow_array::Array;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use arrow_schema::DataType;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::world::{Setup, World, open_policy, query};

const ARROW: &str = "application/vnd.apache.arrow.stream";
const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";
const JSON: &str = "application/json";

/// The Arrow columnar format's end of a stream: a continuation and a length of zero.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Each row of an Arrow stream as JSON values.
fn arrow_rows(body: &[u8]) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for batch in StreamReader::try_new(Cursor::new(body), None)? {
        let batch = batch?;
        let schema = batch.schema();
        let mut columns = Vec::new();
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            let plain = match array.data_type() {
                DataType::Dictionary(_, values) => arrow_cast::cast(array, values)?,
                _ => Arc::clone(array),
            };
            columns.push((field.name(), plain));
        }
        let options = FormatOptions::new();
        for row in 0..batch.num_rows() {
            let mut object = serde_json::Map::new();
            for (name, array) in &columns {
                let text = ArrayFormatter::try_new(array, &options)?.value(row).to_string();
                let value = match array.data_type() {
                    _ if array.is_null(row) => Value::Null,
                    kind if kind.is_numeric() || *kind == DataType::Boolean => serde_json::from_str(&text)?,
                    _ => Value::String(text),
                };
                object.insert((*name).clone(), value);
            }
            rows.push(Value::Object(object));
        }
    }
    Ok(rows)
}

/// Records of a CSV document (RFC 4180); a field without quotes and without characters is none.
fn csv_records(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut within) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if within && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => (quoted, within) = (true, !within),
            _ if within => field.push(c),
            ',' | '\n' => {
                record.push(Some(std::mem::take(&mut field)).filter(|f| quoted || !f.is_empty()));
                quoted = false;
                if c == '\n' {
                    records.push(std::mem::take(&mut record));
                }
            }
            '\r' => {}
            _ => field.push(c),
        }
    }
    assert!(
        record.is_empty() && field.is_empty(),
        "the last record has no end"
    );
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn arrow_ndjson_csv_and_json_hold_the_same_rows() {
    let world = World::start(Setup {
        policy: open_policy(""),
        ..Setup::default()
    })
    .await
    .unwrap();
    let caller = world.caller().await.unwrap();
    let everything = json!({"limit": 100_000});
    for (name, parameters) in [
        ("read.data_monitoring_metrics", &everything),
        ("read.elementary_test_results", &everything),
        ("read.test_result_rows", &everything),
        ("read.dbt_run_results", &json!({"limit": 3})),
        ("counts.by_day", &json!({})),
        // No row, and yet a whole document of each kind.
        ("read.dbt_models", &json!({"after": "~"})),
    ] {
        let mut answers = Vec::new();
        for accept in [ARROW, NDJSON, JSON, CSV] {
            let answer = query(&caller, name, parameters, accept).await.unwrap();
            assert!(answer.status.is_success(), "{name} {accept}: {}", answer.text());
            assert!(
                answer.header("content-type").starts_with(accept),
                "{name}: {}",
                answer.header("content-type")
            );
            answers.push(answer);
        }
        let [arrow, ndjson, array, csv] = &answers[..] else {
            unreachable!()
        };

        let rows = arrow_rows(&arrow.body).unwrap();
        let lines: Vec<Value> = ndjson
            .text()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert!(
            rows == lines,
            "{name}: Arrow {:?}, NDJSON {:?}",
            rows.first(),
            lines.first()
        );
        assert!(
            array.json().unwrap() == Value::Array(lines.clone()),
            "{name}: JSON"
        );

        let mut records = csv_records(csv.text());
        let header = records.remove(0);
        assert_eq!(records.len(), lines.len(), "{name}: CSV");
        for (record, line) in records.iter().zip(&lines) {
            for (column, cell) in header.iter().zip(record) {
                let same = match (cell, &line[column.as_deref().unwrap_or_default()]) {
                    (None, Value::Null) => true,
                    (Some(cell), Value::String(text)) => cell == text,
                    // By the same reader, which may lose the last digit of a number.
                    (Some(cell), number) => {
                        serde_json::from_str::<Value>(cell).is_ok_and(|cell| cell == *number)
                    }
                    (None, _) => false,
                };
                assert!(same, "{name}: {column:?} is {cell:?}");
            }
        }

        // A whole Arrow stream has its end, and the trailer fields say what it holds.
        let messages = arrow.body.strip_suffix(&END_OF_STREAM).expect("an end of stream");
        let digest = format!("sha-256={}", hex::encode(Sha256::digest(messages)));
        assert_eq!(arrow.trailer("x-result-digest"), digest, "{name}");
        for answer in &answers {
            assert_eq!(answer.trailer("x-result-rows"), rows.len().to_string(), "{name}");
        }
    }
    world.assert_no_errors_but(&[]).unwrap();
}
