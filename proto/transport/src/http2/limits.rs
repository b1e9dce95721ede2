//! The settings of HTTP/2 on both sides, with their reasons. Windows are those of QUIC.

use std::time::Duration;

use proto::limits::{CONNECTION_WINDOW, MAX_BATCH_STREAMS, MAX_EXCHANGES, MAX_FRAME_BYTES, STREAM_WINDOW};

/// `/control` and `/end`.
const STANDING: u32 = 2;

/// Streams of a connection: those of QUIC's two kinds, and the standing ones.
pub(super) const STREAMS: u32 = MAX_EXCHANGES + MAX_BATCH_STREAMS + STANDING;

/// Batch requests that wait for an answer at once: what a connector may begin without a round trip. More are open while
/// batches are on their way, [`MAX_BATCH_STREAMS`] in all; each that waits costs both sides a kilobyte.
pub(super) const WAITING: usize = 16;

/// Batch requests in a row that a connector may give back unanswered.
pub(super) const GIVEN_BACK: u32 = 256;

/// Payload of one frame: few frames for a batch, and no frame that holds up another stream for long.
const FRAME: u32 = 64 * 1024;

/// Fields of a request or an answer: the longest honest one is the reason on `/end`.
const HEADERS: u32 = 4 * 1024;

/// Bytes of one stream that wait for the socket.
const SEND_BUFFER: usize = 1024 * 1024;

/// Streams given up here that are remembered, and how long: what their peer had sent before it knew belongs to them.
const REMEMBERED: usize = 1024;
const REMEMBER: Duration = Duration::from_secs(10);

/// Frames for streams that are not remembered any more, over the life of a connection. h2 answers each with a reset.
const STRAYS: usize = 16 * 1024;

/// Exchanges that were given up before the connector has taken them: what one full set may leave behind twice.
const UNTAKEN: usize = 4 * MAX_EXCHANGES as usize;

pub(super) fn gateway() -> h2::client::Builder {
    let mut builder = h2::client::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_header_list_size(HEADERS)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_reset_streams(REMEMBERED)
        .reset_stream_duration(REMEMBER)
        .max_local_error_reset_streams(Some(STRAYS))
        .enable_push(false)
        .max_concurrent_streams(0);
    builder
}

pub(super) fn connector() -> h2::server::Builder {
    let mut builder = h2::server::Builder::new();
    // A gateway sends requests and credit, never more than one frame ahead on a stream; a quarter of the exchanges may
    // bring the largest request at once.
    let frame = u32::try_from(MAX_FRAME_BYTES).unwrap_or(u32::MAX);
    builder
        .initial_window_size(frame)
        .initial_connection_window_size(frame.saturating_mul(MAX_EXCHANGES / 4))
        .max_frame_size(FRAME)
        .max_header_list_size(HEADERS)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_streams(STREAMS)
        .max_concurrent_reset_streams(REMEMBERED)
        .reset_stream_duration(REMEMBER)
        .max_local_error_reset_streams(Some(STRAYS))
        .max_pending_accept_reset_streams(UNTAKEN);
    builder
}
