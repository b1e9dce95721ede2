//! Frames from and to streams.

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    wire::{
        codec::{DecodeError, Decoder},
        frame::{Frame, FrameError, Unreadable},
    },
};
use thiserror::Error;
use transport::{ReadError, RecvStream, SendStream, WriteError};

/// Bytes taken from a stream at once: a frame of the usual size comes in one piece.
const PIECE: usize = 64 * 1024;

/// Reads frames of one kind.
pub(super) struct Reader<F> {
    stream: RecvStream,
    decoder: Decoder<F>,
    rest: Bytes,
}

/// Why there is no frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum NoFrame {
    /// The peer ended the stream, in order.
    #[error("the gateway ended the stream")]
    Ended,
    /// The peer gave the stream up, with this code.
    #[error("the gateway reset the stream: {0}")]
    Reset(Code),
    /// The connection is gone.
    #[error("the connection is gone")]
    Lost,
    /// What came is no frame.
    #[error("{0}")]
    Fault(Fault),
    /// What came is a request that is refused while it is read.
    #[error("{}", .0.why)]
    Request(Box<Unreadable>),
}

impl<F: Frame> Reader<F> {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self {
            stream,
            decoder: Decoder::new(),
            rest: Bytes::new(),
        }
    }

    /// The next frame. Cancel-safe: what was read stays in the reader.
    pub(super) async fn next(&mut self) -> Result<F, NoFrame> {
        loop {
            let frame = self.decoder.decode(&mut self.rest);
            let frame = frame.map_err(|error| match error {
                DecodeError::Frame(FrameError::Request(unreadable)) => NoFrame::Request(unreadable),
                error => NoFrame::Fault(error.into()),
            })?;
            if let Some(frame) = frame {
                return Ok(frame);
            }
            match self.stream.read_chunk(PIECE).await {
                Ok(Some(chunk)) => self.rest = chunk,
                Ok(None) => {
                    self.decoder
                        .finish()
                        .map_err(|error| NoFrame::Fault(error.into()))?;
                    return Err(NoFrame::Ended);
                }
                Err(ReadError::Reset(code)) => {
                    return Err(NoFrame::Reset(Code::from_wire(code)));
                }
                Err(_) => return Err(NoFrame::Lost),
            }
        }
    }

    /// Tells the peer that nothing more is read.
    pub(super) fn stop(&mut self, code: Code) {
        self.stream.stop(reset_code(code));
    }
}

/// A stream that is reset when it is dropped before its end: QUIC would end it in order, and the peer would take what
/// was cut off for whole.
pub(super) struct Writer {
    stream: SendStream,
    on_drop: Option<Code>,
}

impl Writer {
    pub(super) fn new(stream: SendStream) -> Self {
        Self {
            stream,
            on_drop: Some(Code::Cancelled),
        }
    }

    /// Sends one frame.
    pub(super) async fn frame<F: Frame>(&mut self, frame: &F) -> Result<(), Fault> {
        self.bytes(frame.encode()?).await
    }

    /// Sends bytes without copying them.
    pub(super) async fn bytes(&mut self, bytes: Bytes) -> Result<(), Fault> {
        self.stream.write_chunk(bytes).await.map_err(gone)
    }

    /// Ends the stream in order.
    pub(super) fn finish(mut self) {
        self.on_drop = None;
        // Fails where the peer has stopped the stream: then it wants no end either.
        let _ = self.stream.finish();
    }

    /// Gives the stream up with a code.
    pub(super) fn reset(mut self, code: Code) {
        self.on_drop = Some(code);
    }

    /// Answers when the peer wants no more of the stream, or its connection is gone.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        self.stream.stopped()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(code) = self.on_drop {
            self.stream.reset(reset_code(code));
        }
    }
}

/// What is recorded of a query whose result nobody takes.
fn gone(error: WriteError) -> Fault {
    match error {
        WriteError::Stopped(_) => Fault::new(Code::Cancelled, "the gateway wants no more of the result"),
        _ => Fault::new(Code::TunnelLost, "the tunnel ended while the result was sent"),
    }
}

pub(super) fn reset_code(code: Code) -> u32 {
    code as u32
}
