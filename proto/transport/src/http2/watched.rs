//! The byte stream below HTTP/2, watched: how much came from the peer, and the TLS alert that it ended with.
//!
//! h2 passes on the kind of an error and its text alone; a refusal of this side's certificate comes as the alert of a
//! handshake that was over at this end (TLS 1.3), and has to be told by its number.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Heard {
    bytes: AtomicU64,
    /// The alert plus one.
    alert: AtomicU16,
}

impl Heard {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn alert(&self) -> Option<u8> {
        let alert = self.alert.load(Ordering::Relaxed).checked_sub(1)?;
        u8::try_from(alert).ok()
    }

    fn failed(&self, error: &io::Error) {
        let tls = error
            .get_ref()
            .and_then(|error| error.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = tls {
            self.alert
                .store(u16::from(u8::from(*alert)) + 1, Ordering::Relaxed);
        }
    }
}

/// A byte stream and its watcher.
#[derive(Debug)]
pub(super) struct Watched<T> {
    io: T,
    heard: Arc<Heard>,
}

impl<T> Watched<T> {
    pub(super) fn new(io: T, heard: &Arc<Heard>) -> Self {
        let heard = Arc::clone(heard);
        Self { io, heard }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        match &read {
            Poll::Ready(Ok(())) => {
                let bytes = buf.filled().len().saturating_sub(before);
                self.heard.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            }
            Poll::Ready(Err(error)) => self.heard.failed(error),
            Poll::Pending => {}
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
