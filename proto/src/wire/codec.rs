//! Bytes to frames, incrementally and within bounds.
//!
//! A [`Decoder`] takes what a stream delivers, in pieces of any size, and gives back frames. It reads a length, refuses
//! it when it is over the bound of its place, and only then begins to hold bytes: never more than one frame of that
//! bound. It takes from its input only what the next frame needs, so that the caller keeps the rest, and a stream that
//! nobody reads further from costs nothing.
//!
//! [`BatchReader`] does the same for the stream of one batch: header, bytes, end.

use std::{fmt, marker::PhantomData};

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use super::frame::{BatchHeader, ControlFrame, ExchangeFrame, Frame, FrameError};
use crate::{
    error::{Code, Fault},
    limits::MAX_HELLO_BYTES,
};

/// A bound of 256 KiB needs three bytes of varint, so a fourth cannot be honest.
const MAX_PREFIX_BYTES: u32 = 3;

/// Why a stream cannot be read. Always the peer's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The length prefix says more than the place allows.
    #[error("a {kind} frame is announced as longer than {limit} bytes")]
    TooLong {
        /// What kind of frame.
        kind: &'static str,
        /// The bound in bytes.
        limit: usize,
    },
    /// The length prefix is not written in the shortest way (protobuf encoding, "Base 128 Varints").
    #[error("the length of a {0} frame is not a shortest varint")]
    Length(&'static str),
    /// The stream ended inside a frame or a batch, or before it.
    #[error("the stream ended inside a {0}")]
    Truncated(&'static str),
    /// Bytes follow where the stream must end.
    #[error("bytes follow the end of a {0}")]
    Trailing(&'static str),
    /// The bytes of the frame are not a frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Frame(error) => error.fault(),
            other => Fault::new(Code::ProtocolViolation, other.to_string()),
        }
    }
}

/// Reads length-delimited frames of one kind. `Debug` shows how much is held and none of it.
pub struct Decoder<F> {
    state: State,
    /// Bound of the next frame in bytes.
    limit: usize,
    kind: PhantomData<fn() -> F>,
}

enum State {
    /// Inside the length prefix: what it says so far, and the bytes of it that were read.
    Prefix { value: usize, read: u32 },
    /// Inside a frame of this length.
    Body { length: usize, held: BytesMut },
    /// An error was returned: nothing that follows on this stream has a meaning.
    Failed(DecodeError),
}

const START: State = State::Prefix { value: 0, read: 0 };

impl<F: Frame> Decoder<F> {
    /// Takes frames up to the bound of their kind.
    pub fn new() -> Self {
        Self::with_first(F::LIMIT)
    }

    fn with_first(limit: usize) -> Self {
        Self {
            state: START,
            limit,
            kind: PhantomData,
        }
    }

    /// Takes bytes from the front of `input` until a frame is whole or `input` is empty. Call it until it answers
    /// `None`: then all input was taken, and more is needed.
    ///
    /// # Errors
    /// [`DecodeError`], and the same again on every later call.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<F>, DecodeError> {
        let result = self.step(input);
        if let Err(error) = &result {
            self.state = State::Failed(error.clone());
        }
        result
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] inside a frame, or the error that came before.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match &self.state {
            State::Prefix { read: 0, .. } => Ok(()),
            State::Failed(error) => Err(error.clone()),
            _ => Err(DecodeError::Truncated(F::KIND)),
        }
    }

    /// Bytes that are held for a frame which is not yet whole; never more than its bound.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Body { held, .. } => held.len(),
            _ => 0,
        }
    }

    fn step(&mut self, input: &mut Bytes) -> Result<Option<F>, DecodeError> {
        loop {
            match &mut self.state {
                State::Failed(error) => return Err(error.clone()),
                State::Prefix { value, read } => {
                    let Ok(byte) = input.try_get_u8() else {
                        return Ok(None);
                    };
                    *value |= usize::from(byte & 0x7f) << (7 * *read);
                    *read += 1;
                    let more = byte & 0x80 != 0;
                    if *value > self.limit || (more && *read == MAX_PREFIX_BYTES) {
                        return Err(DecodeError::TooLong {
                            kind: F::KIND,
                            limit: self.limit,
                        });
                    }
                    if more {
                        continue;
                    }
                    if byte == 0 && *read > 1 {
                        return Err(DecodeError::Length(F::KIND));
                    }
                    self.state = State::Body {
                        length: *value,
                        held: BytesMut::new(),
                    };
                }
                State::Body { length, held } => {
                    let missing = length.saturating_sub(held.len());
                    let body = if held.is_empty() && input.len() >= missing {
                        // Whole in one piece, the common case: nothing is copied.
                        input.split_to(missing)
                    } else {
                        // Grows with what arrived, not with what was announced.
                        held.extend_from_slice(&input.split_to(missing.min(input.len())));
                        if held.len() < *length {
                            return Ok(None);
                        }
                        std::mem::take(held).freeze()
                    };
                    self.state = START;
                    self.limit = F::LIMIT;
                    return Ok(Some(F::decode(body)?));
                }
            }
        }
    }
}

impl<F: Frame> fmt::Debug for Decoder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({}, {} bytes held)", F::KIND, self.held())
    }
}

impl<F: Frame> Default for Decoder<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder<ControlFrame> {
    /// For the gateway's end of a control stream: the first frame is held to [`MAX_HELLO_BYTES`], since whoever sends it
    /// is not yet admitted.
    pub fn expecting_hello() -> Self {
        Self::with_first(MAX_HELLO_BYTES)
    }
}

/// Reads the stream of one batch: its header, as many bytes as that announces, the end. `Debug` shows no row.
#[derive(Default)]
pub struct BatchReader {
    head: Decoder<BatchHeader>,
    header: Option<BatchHeader>,
    /// What has arrived. It grows with the bytes that came, not with the length that was announced.
    held: BytesMut,
}

impl BatchReader {
    /// At the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a piece of the stream. Once [`header`](Self::header) answers, the caller asks the exchange whether the batch
    /// has room in its window ([`GatewayExchange::on_batch_header`](super::exchange::GatewayExchange::on_batch_header))
    /// before it reads on.
    ///
    /// # Errors
    /// When the header is not one, or more bytes come than it announced.
    pub fn push(&mut self, mut input: Bytes) -> Result<(), DecodeError> {
        let header = match self.header {
            Some(header) => header,
            None => match self.head.decode(&mut input)? {
                Some(header) => *self.header.insert(header),
                None => return Ok(()),
            },
        };
        if input.is_empty() {
            return Ok(());
        }
        if self.held.len() + input.len() > header.length as usize {
            return Err(DecodeError::Trailing("batch"));
        }
        self.held.extend_from_slice(&input);
        Ok(())
    }

    /// The header, once it has arrived.
    pub fn header(&self) -> Option<BatchHeader> {
        self.header
    }

    /// Ends the stream: the batch, if all of it is there.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] where it is not.
    pub fn finish(self) -> Result<(BatchHeader, Bytes), DecodeError> {
        let header = self.header.ok_or(DecodeError::Truncated("batch header"))?;
        if self.held.len() != header.length as usize {
            return Err(DecodeError::Truncated("batch"));
        }
        Ok((header, self.held.freeze()))
    }
}

impl fmt::Debug for BatchReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BatchReader({:?}, {} bytes held)",
            self.header,
            self.held.len()
        )
    }
}

/// Decodes bytes as every kind of stream, in pieces whose size the first byte chooses: the entry for fuzzing.
///
/// # Panics
/// When a frame that was decoded is not the same after it is encoded and decoded again, or when a decoder holds more than
/// its bound: both are defects of this module.
pub fn fuzz_entry(data: &[u8]) {
    let (size, stream) = data
        .split_first()
        .map_or((1, data), |(size, rest)| (usize::from(*size).max(1), rest));
    exhaust(Decoder::<ControlFrame>::expecting_hello(), stream, size);
    exhaust(Decoder::<ControlFrame>::new(), stream, size);
    exhaust(Decoder::<ExchangeFrame>::new(), stream, size);
    exhaust(Decoder::<BatchHeader>::new(), stream, size);
    let mut reader = BatchReader::new();
    let mut pieces = stream.chunks(size).map(Bytes::copy_from_slice);
    if pieces.try_for_each(|piece| reader.push(piece)).is_ok()
        && let Ok((header, batch)) = reader.finish()
    {
        assert_eq!(header.length as usize, batch.len());
    }
}

fn exhaust<F: Frame + PartialEq + fmt::Debug>(mut decoder: Decoder<F>, stream: &[u8], size: usize) {
    for piece in stream.chunks(size) {
        let mut piece = Bytes::copy_from_slice(piece);
        loop {
            match decoder.decode(&mut piece) {
                Ok(Some(frame)) => {
                    // A Hello that came later than first may be longer than one that is sent.
                    if let Ok(mut again) = frame.encode() {
                        assert_eq!(Decoder::new().decode(&mut again), Ok(Some(frame)));
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(decoder.held() <= F::LIMIT.max(MAX_HELLO_BYTES));
    }
    let _ = decoder.finish();
}

#[cfg(test)]
mod tests;
