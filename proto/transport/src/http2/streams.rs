//! The two halves of a stream over HTTP/2.
//!
//! A reset ends both halves of a stream, and h2 lets the sending half alone do it; so the halves share that, and whichever
//! gives the stream up gives up both.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use h2::Reason;
use proto::error::Code;
use tokio::sync::OwnedSemaphorePermit;

use super::{RESET_BASE, Shared};
use crate::{ReadError, WriteError};

/// Taken from the window for one write of a long chunk: the rest waits here, not in h2.
const PIECE: usize = 256 * 1024;

/// h2's sending half.
#[derive(Debug, Clone)]
pub(super) struct Half(Arc<Mutex<h2::SendStream<Bytes>>>);

impl Half {
    pub(super) fn new(send: h2::SendStream<Bytes>) -> Self {
        Self(Arc::new(Mutex::new(send)))
    }

    /// No call panics while it holds the lock, and none waits.
    fn lock(&self) -> MutexGuard<'_, h2::SendStream<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reset(&self, code: u32) {
        self.lock().send_reset(reason(code));
    }

    /// Why the peer gave the stream up, once it has.
    fn poll_reset(&self, cx: &mut Context<'_>) -> Poll<WriteError> {
        let reset = ready!(self.lock().poll_reset(cx));
        Poll::Ready(reset.map_or(WriteError::Lost, |reason| WriteError::Stopped(number(reason))))
    }
}

/// The half that is written here.
pub struct SendStream {
    half: Half,
    shared: Arc<Shared>,
    finished: bool,
}

/// The half that is read here.
pub struct RecvStream {
    half: Half,
    shared: Arc<Shared>,
    body: Body,
    /// The place among those that the peer may have open, where they are counted.
    _place: Option<OwnedSemaphorePermit>,
}

enum Body {
    /// The answer's head is still to come.
    Head(h2::client::ResponseFuture),
    Data(h2::RecvStream),
}

impl SendStream {
    pub(super) fn new(half: &Half, shared: &Arc<Shared>) -> Self {
        Self {
            half: half.clone(),
            shared: Arc::clone(shared),
            finished: false,
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<usize, WriteError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let room = self.room(bytes.len()).await?.min(bytes.len());
        let some = bytes.get(..room).unwrap_or(bytes);
        self.send(Bytes::copy_from_slice(some))?;
        Ok(some.len())
    }

    pub(crate) async fn write_chunk(&mut self, mut bytes: Bytes) -> Result<(), WriteError> {
        while !bytes.is_empty() {
            let room = self.room(bytes.len()).await?.min(bytes.len());
            self.send(bytes.split_to(room))?;
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> Result<(), WriteError> {
        if std::mem::replace(&mut self.finished, true) {
            return Err(WriteError::Closed);
        }
        self.half
            .lock()
            .send_data(Bytes::new(), true)
            .map_err(|_| WriteError::Closed)
    }

    pub(crate) fn reset(&mut self, code: u32) {
        self.finished = true;
        self.half.reset(code);
    }

    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let (half, shared) = (self.half.clone(), Arc::clone(&self.shared));
        async move {
            tokio::select! {
                _ = poll_fn(|cx| half.poll_reset(cx)) => {}
                _ = shared.gone() => {}
            }
        }
    }

    fn send(&self, bytes: Bytes) -> Result<(), WriteError> {
        // Fails only where the stream has ended meanwhile: the next wait for room says how.
        match self.half.lock().send_data(bytes, false) {
            Ok(()) => Ok(()),
            Err(_) if self.shared.is_over() => Err(WriteError::Lost),
            Err(_) => Err(WriteError::Stopped(Code::Cancelled as u64)),
        }
    }

    /// Waits for room in the windows and in the buffer. Cancel-safe.
    async fn room(&self, wanted: usize) -> Result<usize, WriteError> {
        if self.finished {
            return Err(WriteError::Closed);
        }
        self.half.lock().reserve_capacity(wanted.min(PIECE));
        let room = poll_fn(|cx| {
            let mut half = self.half.lock();
            // h2 tells of changes alone.
            if half.capacity() > 0 {
                return Poll::Ready(Ok(half.capacity()));
            }
            match half.poll_capacity(cx) {
                Poll::Ready(Some(Ok(room))) if room > 0 => Poll::Ready(Ok(room)),
                // Not open for writing any more. Only a reset, or the end of the connection, can be why.
                Poll::Ready(None | Some(Err(_))) => {
                    drop(half);
                    self.half.poll_reset(cx).map(Err)
                }
                Poll::Ready(Some(Ok(_))) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Pending,
            }
        });
        tokio::select! {
            biased;
            _ = self.shared.gone() => Err(WriteError::Lost),
            room = room => room,
        }
    }
}

impl RecvStream {
    /// Of a request that this side has sent.
    pub(super) fn answer(answer: h2::client::ResponseFuture, half: &Half, shared: &Arc<Shared>) -> Self {
        Self::new(Body::Head(answer), half, shared, None)
    }

    /// Of a body that has begun.
    pub(super) fn body(
        body: h2::RecvStream,
        half: &Half,
        shared: &Arc<Shared>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self::new(Body::Data(body), half, shared, place)
    }

    fn new(body: Body, half: &Half, shared: &Arc<Shared>, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            half: half.clone(),
            shared: Arc::clone(shared),
            body,
            _place: place,
        }
    }

    pub(crate) async fn read_chunk(&mut self) -> Result<Option<Bytes>, ReadError> {
        let Self {
            body, shared, half, ..
        } = self;
        let chunk = poll_fn(|cx| poll_chunk(body, cx));
        let chunk = tokio::select! {
            biased;
            _ = shared.gone() => return Err(ReadError::Lost),
            chunk = chunk => chunk,
        };
        match chunk {
            Ok(chunk) => Ok(chunk),
            Err(Some(error)) => Err(match error.reason() {
                Some(reason) if error.is_reset() && error.is_remote() => ReadError::Reset(number(reason)),
                Some(_) if error.is_reset() => ReadError::Closed,
                _ => ReadError::Lost,
            }),
            // An answer that refuses: no connector of ours gives one.
            Err(None) => {
                half.reset(Code::ProtocolViolation as u32);
                Err(ReadError::Reset(Code::ProtocolViolation as u64))
            }
        }
    }

    pub(crate) fn stop(&mut self, code: u32) {
        self.half.reset(code);
    }
}

/// The next bytes of a body, its window opened again. Nothing is lost where it is not asked again at once.
fn poll_chunk(body: &mut Body, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Option<h2::Error>>> {
    loop {
        match body {
            Body::Head(answer) => {
                let answer = ready!(std::pin::Pin::new(answer).poll(cx)).map_err(Some)?;
                if answer.status() != http::StatusCode::OK {
                    return Poll::Ready(Err(None));
                }
                *body = Body::Data(answer.into_body());
            }
            Body::Data(data) => {
                let Some(chunk) = ready!(data.poll_data(cx)) else {
                    return Poll::Ready(Ok(None));
                };
                let chunk = chunk.map_err(Some)?;
                let _ = data.flow_control().release_capacity(chunk.len()); // fails only beyond what was taken
                if !chunk.is_empty() {
                    return Poll::Ready(Ok(Some(chunk)));
                }
            }
        }
    }
}

/// A stable code as HTTP/2's error number.
pub(super) fn reason(code: u32) -> Reason {
    Reason::from(RESET_BASE | (code & 0xffff))
}

/// The number of a stable code; HTTP/2's own reasons are a peer that has lost interest.
fn number(reason: Reason) -> u64 {
    let reason = u32::from(reason);
    if reason & 0xffff_0000 == RESET_BASE {
        return u64::from(reason & 0xffff);
    }
    Code::Cancelled as u64
}

impl std::fmt::Debug for SendStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendStream").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RecvStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecvStream").finish_non_exhaustive()
    }
}
