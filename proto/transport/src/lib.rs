//! What carries the frames of a tunnel: QUIC, or HTTP/2 over TLS where UDP is blocked (docs/wire.md, "Transport").
//!
//! Both sides drive a tunnel through the types here and cannot tell which of the two is below, but by asking. A
//! [`Connection`] opens and takes streams; a stream ends in order, or is given up with a code; a connection is closed with
//! a code and a few words. What is said here of streams is what QUIC means by it (RFC 9000, sections 2 and 3).
//!
//! No listener and no dialling: whoever has an authenticated connection wraps it ([`Connection::from`] for QUIC,
//! [`http2::gateway`] and [`http2::connector`]). Over QUIC each call is one of quinn's and costs nothing more.

pub mod http2;
mod quic;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use rustls_pki_types::CertificateDer;
use thiserror::Error;

/// Which of the two carries a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// QUIC over UDP.
    Quic,
    /// HTTP/2 over TLS and TCP.
    Http2,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Quic, Self::Http2];

    /// Its name in settings, metrics and lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quic => "quic",
            Self::Http2 => "http2",
        }
    }
}

/// An authenticated connection. Cheap to clone; it closes in order with its last handle and stream.
#[derive(Debug, Clone)]
pub enum Connection {
    /// QUIC.
    Quic(quinn::Connection),
    /// HTTP/2.
    Http2(http2::Connection),
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectionError {
    /// The peer closed it.
    #[error("the peer closed the connection with {code}")]
    Closed {
        /// The number of a stable code, or 0 for an orderly end.
        code: u64,
        /// Its words, which nobody has checked.
        reason: Bytes,
    },
    /// This side closed it.
    #[error("the connection was closed here")]
    ClosedHere,
    /// The peer's TLS refused it with an alert (RFC 8446, section 6).
    #[error("the peer refused the handshake with TLS alert {0}")]
    Alert(u8),
    /// Nothing was heard for too long.
    #[error("nothing was heard for too long")]
    TimedOut,
    /// The peer does not know the connection any more.
    #[error("the peer does not know the connection any more")]
    Forgotten,
    /// No common version.
    #[error("no common version of QUIC")]
    Version,
    /// The connection ended without a word of the peer's.
    #[error("the connection was cut")]
    Cut,
    /// The peer's transport ended it.
    #[error("the peer's transport closed it with {0}")]
    ByTransport(String),
    /// The transport failed at this side, or the peer broke its rules.
    #[error("{0}")]
    Transport(String),
}

/// Why nothing more comes from a stream.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The peer gave the stream up, with this number.
    #[error("the peer reset the stream with {0}")]
    Reset(u64),
    /// The connection has ended.
    #[error("the connection has ended")]
    Lost,
    /// This side has stopped it.
    #[error("the stream was stopped here")]
    Closed,
}

/// Why nothing more can be said on a stream.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The peer wants no more, with this number.
    #[error("the peer stopped the stream with {0}")]
    Stopped(u64),
    /// The connection has ended.
    #[error("the connection has ended")]
    Lost,
    /// This side has ended it.
    #[error("the stream was ended here")]
    Closed,
}

/// The half of a stream that is written here. Dropping it without [`SendStream::finish`] or [`SendStream::reset`] ends it
/// in order over QUIC and gives it up over HTTP/2: whoever writes decides before.
#[derive(Debug)]
pub enum SendStream {
    /// QUIC.
    Quic(quinn::SendStream),
    /// HTTP/2.
    Http2(http2::SendStream),
}

/// The half of a stream that is read here.
#[derive(Debug)]
pub enum RecvStream {
    /// QUIC.
    Quic(quinn::RecvStream),
    /// HTTP/2.
    Http2(http2::RecvStream),
}

impl Connection {
    /// Which transport it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Quic(_) => Kind::Quic,
            Self::Http2(_) => Kind::Http2,
        }
    }

    /// Opens a stream in both directions, once the peer has room for it. Over HTTP/2 a connector has one of these, the
    /// control stream. Cancel-safe.
    ///
    /// # Errors
    /// Why the connection ended.
    pub async fn open_bi(&self) -> Result<(SendStream, RecvStream), ConnectionError> {
        match self {
            Self::Quic(connection) => {
                let (send, recv) = connection.open_bi().await.map_err(quic::ended)?;
                Ok((SendStream::Quic(send), RecvStream::Quic(recv)))
            }
            Self::Http2(connection) => {
                let (send, recv) = connection.open_bi().await?;
                Ok((SendStream::Http2(send), RecvStream::Http2(recv)))
            }
        }
    }

    /// The next stream in both directions that the peer opens. Cancel-safe.
    ///
    /// # Errors
    /// Why the connection ended.
    pub async fn accept_bi(&self) -> Result<(SendStream, RecvStream), ConnectionError> {
        match self {
            Self::Quic(connection) => {
                let (send, recv) = connection.accept_bi().await.map_err(quic::ended)?;
                Ok((SendStream::Quic(send), RecvStream::Quic(recv)))
            }
            Self::Http2(connection) => {
                let (send, recv) = connection.accept_bi().await?;
                Ok((SendStream::Http2(send), RecvStream::Http2(recv)))
            }
        }
    }

    /// Opens a stream in this direction alone, once the peer has room for it: at a connector. Cancel-safe.
    ///
    /// # Errors
    /// Why the connection ended.
    pub async fn open_uni(&self) -> Result<SendStream, ConnectionError> {
        match self {
            Self::Quic(connection) => {
                let send = connection.open_uni().await.map_err(quic::ended)?;
                Ok(SendStream::Quic(send))
            }
            Self::Http2(connection) => Ok(SendStream::Http2(connection.open_uni().await?)),
        }
    }

    /// The next stream that the peer opens in its direction alone: at a gateway. Cancel-safe.
    ///
    /// # Errors
    /// Why the connection ended.
    pub async fn accept_uni(&self) -> Result<RecvStream, ConnectionError> {
        match self {
            Self::Quic(connection) => {
                let recv = connection.accept_uni().await.map_err(quic::ended)?;
                Ok(RecvStream::Quic(recv))
            }
            Self::Http2(connection) => Ok(RecvStream::Http2(connection.accept_uni().await?)),
        }
    }

    /// Lets the peer have so many streams in its direction open at once. None before the first call.
    pub fn admit_uni(&self, streams: u32) {
        match self {
            Self::Quic(connection) => {
                connection.set_max_concurrent_uni_streams(quinn::VarInt::from_u32(streams));
            }
            Self::Http2(connection) => connection.admit_uni(streams),
        }
    }

    /// Ends the connection and every stream of it now. The peer is told the code and the words.
    pub fn close(&self, code: u32, reason: &[u8]) {
        match self {
            Self::Quic(connection) => connection.close(quinn::VarInt::from_u32(code), reason),
            Self::Http2(connection) => connection.close(code, reason),
        }
    }

    /// Waits for the connection's end, and says why. Cancel-safe.
    pub async fn closed(&self) -> ConnectionError {
        match self {
            Self::Quic(connection) => quic::ended(connection.closed().await),
            Self::Http2(connection) => connection.closed().await,
        }
    }

    /// Where the peer is. Behind a proxy it is where the proxy is.
    pub fn remote(&self) -> SocketAddr {
        match self {
            Self::Quic(connection) => connection.remote_address(),
            Self::Http2(connection) => connection.remote(),
        }
    }

    /// The round trip. Over HTTP/2 nothing until the first answer to a PING.
    pub fn rtt(&self) -> Duration {
        match self {
            Self::Quic(connection) => connection.rtt(),
            Self::Http2(connection) => connection.rtt(),
        }
    }

    /// The size in bytes of the datagrams that the path carries; none over TCP, whose business it is.
    pub fn mtu(&self) -> Option<u16> {
        match self {
            Self::Quic(connection) => Some(connection.stats().path.current_mtu),
            Self::Http2(_) => None,
        }
    }

    /// Packets that were sent, and those of them that were lost; none over TCP.
    pub fn packets(&self) -> Option<(u64, u64)> {
        match self {
            Self::Quic(connection) => {
                let path = connection.stats().path;
                Some((path.sent_packets, path.lost_packets))
            }
            Self::Http2(_) => None,
        }
    }

    /// A number that grows with whatever comes from the peer, acknowledgements included.
    pub fn heard(&self) -> u64 {
        match self {
            Self::Quic(connection) => connection.stats().udp_rx.datagrams,
            Self::Http2(connection) => connection.heard(),
        }
    }

    /// Whether the peer has taken this side's certificate: at a client of TLS 1.3, whose own handshake ends before that.
    pub fn is_confirmed(&self) -> bool {
        match self {
            Self::Quic(connection) => connection.stats().frame_rx.handshake_done > 0,
            // There is none before the gateway speaks HTTP/2.
            Self::Http2(_) => true,
        }
    }

    /// What the peer has presented, leaf first.
    pub fn peer_certificates(&self) -> Option<Vec<CertificateDer<'static>>> {
        match self {
            Self::Quic(connection) => connection
                .peer_identity()
                .and_then(|i| i.downcast().ok())
                .map(|b| *b),
            Self::Http2(connection) => Some(connection.peer_certificates().to_vec()),
        }
    }
}

impl From<quinn::Connection> for Connection {
    fn from(connection: quinn::Connection) -> Self {
        Self::Quic(connection)
    }
}

impl From<http2::Connection> for Connection {
    fn from(connection: http2::Connection) -> Self {
        Self::Http2(connection)
    }
}

impl From<quinn::ConnectionError> for ConnectionError {
    fn from(error: quinn::ConnectionError) -> Self {
        quic::ended(error)
    }
}

impl SendStream {
    /// Writes some of it, as much as there is room for. Cancel-safe: what is not answered was not written.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<usize, WriteError> {
        match self {
            Self::Quic(stream) => stream.write(bytes).await.map_err(quic::unwritten),
            Self::Http2(stream) => stream.write(bytes).await,
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn write_all(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        match self {
            Self::Quic(stream) => stream.write_all(bytes).await.map_err(quic::unwritten),
            Self::Http2(stream) => stream.write_chunk(Bytes::copy_from_slice(bytes)).await,
        }
    }

    /// Writes all of it without a copy.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn write_chunk(&mut self, bytes: Bytes) -> Result<(), WriteError> {
        match self {
            Self::Quic(stream) => stream.write_chunk(bytes).await.map_err(quic::unwritten),
            Self::Http2(stream) => stream.write_chunk(bytes).await,
        }
    }

    /// Ends the stream in order.
    ///
    /// # Errors
    /// [`WriteError::Closed`] where it has ended before.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        match self {
            Self::Quic(stream) => stream.finish().map_err(|_| WriteError::Closed),
            Self::Http2(stream) => stream.finish(),
        }
    }

    /// Gives the stream up with a code. Over HTTP/2 the other half ends with it.
    pub fn reset(&mut self, code: u32) {
        match self {
            // Fails only where it has ended before.
            Self::Quic(stream) => {
                let _ = stream.reset(quinn::VarInt::from_u32(code));
            }
            Self::Http2(stream) => stream.reset(code),
        }
    }

    /// Answers when the peer wants no more of the stream, has all of it (QUIC alone says so), or the connection is gone.
    /// To be waited for in the task that writes.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let stopped = match self {
            Self::Quic(stream) => (Some(stream.stopped()), None),
            Self::Http2(stream) => (None, Some(stream.stopped())),
        };
        async move {
            match stopped {
                (Some(quic), _) => {
                    let _ = quic.await;
                }
                (_, Some(http2)) => http2.await,
                (None, None) => {}
            }
        }
    }
}

impl RecvStream {
    /// The next bytes, in order, `max` of them at the most over QUIC and a DATA frame's over HTTP/2. None after the end.
    /// Cancel-safe.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_chunk(&mut self, max: usize) -> Result<Option<Bytes>, ReadError> {
        match self {
            Self::Quic(stream) => {
                let chunk = stream.read_chunk(max, true).await.map_err(quic::unread)?;
                Ok(chunk.map(|chunk| chunk.bytes))
            }
            Self::Http2(stream) => stream.read_chunk().await,
        }
    }

    /// Tells the peer that nothing more is read. Over HTTP/2 the other half ends with it.
    pub fn stop(&mut self, code: u32) {
        match self {
            // Fails only where it has ended before.
            Self::Quic(stream) => {
                let _ = stream.stop(quinn::VarInt::from_u32(code));
            }
            Self::Http2(stream) => stream.stop(code),
        }
    }
}
