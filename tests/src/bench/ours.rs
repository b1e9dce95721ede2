//! A caller of the gateway's API, which wants Arrow and checks what it gets.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use arrow_ipc::reader::StreamDecoder;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::figures::Sample;
use crate::client::Client;
use crate::world::query_path;

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// The catalogued read that a sync runs, with every column of the table.
const QUERY: &str = "read.data_monitoring_metrics";
const COLUMNS: [&str; 15] = [
    "id",
    "full_table_name",
    "column_name",
    "metric_name",
    "metric_type",
    "metric_value",
    "source_value",
    "bucket_start",
    "bucket_end",
    "bucket_duration_hours",
    "updated_at",
    "dimension",
    "dimension_value",
    "metric_properties",
    "created_at",
];

/// Pieces of a body on their way to the thread that decodes them: the body waits when it falls behind.
const DECODER_QUEUE: usize = 8;

/// The Arrow stream's end, which the digest does not cover.
const END_OF_STREAM: usize = 8;

fn body(parameters: &Value) -> Value {
    json!({ "query": QUERY, "columns": COLUMNS, "parameters": parameters, "deadline_ms": 600_000 })
}

/// One row, `exchanges` times, on one connection that is open already.
pub(super) async fn ask(caller: &Client, exchanges: usize, since: &str) -> Result<Sample> {
    let body = body(&json!({ "since": since, "limit": 1 }));
    let mut connection = caller.connect().await?;
    let mut sample = Sample::default();
    for _ in 0..exchanges {
        let began = Instant::now();
        let answer = connection
            .send(Method::POST, &query_path(), ARROW, Some(&body))
            .await?;
        sample.add_time(began.elapsed());
        ensure!(
            answer.status == StatusCode::OK && answer.header("content-type") == ARROW,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    Ok(sample)
}

/// One whole table at the caller.
#[derive(Debug, Clone)]
pub(super) struct Pulled {
    pub(super) rows: u64,
    /// Of the body: what the connector encoded, and the schema.
    pub(super) bytes: u64,
    /// SHA-256 of the Arrow messages, as counted here. The same rows give the same digest.
    pub(super) digest: String,
    /// Until the last batch was decoded.
    pub(super) seconds: f64,
    /// Until the first batch was decoded.
    pub(super) first: f64,
}

/// Pulls the whole table on a connection of its own and decodes it into record batches.
pub(super) async fn pull(caller: &Client, limit: Duration) -> Result<Pulled> {
    tokio::time::timeout(limit, pull_unbounded(caller))
        .await
        .with_context(|| format!("no whole table within {limit:?}"))?
}

async fn pull_unbounded(caller: &Client) -> Result<Pulled> {
    let mut connection = caller.connect().await?;
    let began = Instant::now();
    let ask = body(&json!({ "limit": 10_000_000 }));
    let answer = connection
        .open(Method::POST, &query_path(), ARROW, Some(&ask))
        .await?;
    let status = answer.status();
    let mut answer = answer.into_body();
    if status != StatusCode::OK {
        bail!(
            "{status}: {}",
            String::from_utf8_lossy(&answer.collect().await?.to_bytes())
        );
    }
    let (pieces, received) = mpsc::sync_channel(DECODER_QUEUE);
    let decoder = thread::spawn(move || decode(&received, began));
    let (mut bytes, mut said) = (0, None);
    while let Some(frame) = answer.frame().await {
        match frame.context("the body broke off")?.into_data() {
            Ok(data) => {
                bytes += data.len() as u64;
                // Blocks this thread, and with it the connection, while the decoder is busy.
                if pieces.send(data).is_err() {
                    break;
                }
            }
            Err(frame) => said = frame.into_trailers().ok(),
        }
    }
    drop(pieces);
    let Ok(decoded) = decoder.join() else {
        bail!("the decoder ended early");
    };
    let decoded = decoded?;
    let seconds = began.elapsed().as_secs_f64();
    let said = said.context("a whole result ends with trailers")?;
    let field = |name| {
        said.get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    ensure!(
        field("x-result-rows") == decoded.rows.to_string(),
        "{} rows were decoded, the trailer says {}",
        decoded.rows,
        field("x-result-rows")
    );
    ensure!(
        field("x-result-digest") == format!("sha-256={}", decoded.digest),
        "the digest here is {}, the trailer says {}",
        decoded.digest,
        field("x-result-digest")
    );
    Ok(Pulled {
        rows: decoded.rows,
        bytes,
        digest: decoded.digest,
        seconds,
        first: decoded.first,
    })
}

struct Decoded {
    rows: u64,
    digest: String,
    first: f64,
}

fn decode(pieces: &mpsc::Receiver<Bytes>, began: Instant) -> Result<Decoded> {
    let mut decoder = StreamDecoder::new();
    let mut digest = Sha256::new();
    // The last eight bytes so far: they may be the end of the stream.
    let mut held = Vec::new();
    let (mut rows, mut first) = (0, None);
    while let Ok(piece) = pieces.recv() {
        held.extend_from_slice(&piece);
        let ready = held.len().saturating_sub(END_OF_STREAM);
        digest.update(held.get(..ready).unwrap_or_default());
        held.drain(..ready);
        let mut buffer = arrow_buffer::Buffer::from(piece);
        while !buffer.is_empty() {
            if let Some(batch) = decoder.decode(&mut buffer)? {
                rows += batch.num_rows() as u64;
                first.get_or_insert_with(|| began.elapsed().as_secs_f64());
            }
        }
    }
    decoder.finish()?;
    Ok(Decoded {
        rows,
        digest: hex::encode(digest.finalize()),
        first: first.unwrap_or_default(),
    })
}
