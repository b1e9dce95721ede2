//! Peers that speak the tunnel's frames, over either transport, or the API's HTTP, and can misbehave at any step: raw streams,
//! without a line of the gateway's or the connector's own drivers.
//!
//! [`forge`] makes the certificates that no authority issues, [`connector`] is the customer's end of a tunnel,
//! [`gateway`] the cloud's, [`caller`] somebody at the API; [`scene`] puts one into a running installation.

pub mod caller;
pub mod connector;
pub mod forge;
pub mod gateway;
pub mod scene;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use proto::{
    error::Code,
    wire::{codec::Decoder, frame::Frame},
};
use quinn::ConnectionError;
use tokio::time::timeout;
use transport::{ReadError, RecvStream};

/// For what a peer does at once: well above what two busy cores need, well below what a person would wait.
pub const SOON: Duration = Duration::from_secs(10);

/// How a stream or a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In order.
    Finished,
    /// With a code of our own.
    Code(Code),
    /// With a TLS alert (RFC 8446, section 6).
    Alert(u8),
    /// Without a word, or with a word of QUIC's.
    Transport,
}

impl From<&ConnectionError> for End {
    fn from(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => match close.error_code.into_inner() {
                0 => Self::Finished,
                number => Self::Code(Code::from_wire(number)),
            },
            ConnectionError::ConnectionClosed(close) => Self::transport(u64::from(close.error_code)),
            ConnectionError::TransportError(error) => Self::transport(u64::from(error.code)),
            _ => Self::Transport,
        }
    }
}

impl From<&transport::ConnectionError> for End {
    fn from(error: &transport::ConnectionError) -> Self {
        match error {
            transport::ConnectionError::Closed { code: 0, .. } => Self::Finished,
            transport::ConnectionError::Closed { code, .. } => Self::Code(Code::from_wire(*code)),
            transport::ConnectionError::Alert(alert) => Self::Alert(*alert),
            _ => Self::Transport,
        }
    }
}

impl End {
    fn transport(code: u64) -> Self {
        // TLS alerts travel as QUIC errors from 0x100 on (RFC 9001, section 4.8).
        match code.checked_sub(0x100).and_then(|alert| u8::try_from(alert).ok()) {
            Some(alert) => Self::Alert(alert),
            None => Self::Transport,
        }
    }
}

/// How the other side ended the connection.
///
/// # Errors
/// When it has not within [`SOON`].
pub async fn ended<C: Clone + Into<transport::Connection>>(connection: &C) -> Result<End> {
    let connection: transport::Connection = connection.clone().into();
    let error = timeout(SOON, connection.closed())
        .await
        .context("the connection stays open")?;
    Ok(End::from(&error))
}

/// Reads frames of one kind.
#[derive(Debug)]
pub struct Frames<F: Frame> {
    connection: transport::Connection,
    stream: RecvStream,
    decoder: Decoder<F>,
    rest: Bytes,
}

impl<F: Frame> Frames<F> {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(connection: &transport::Connection, stream: RecvStream) -> Self {
        Self {
            connection: connection.clone(),
            stream,
            decoder: Decoder::new(),
            rest: Bytes::new(),
        }
    }

    /// The next frame, or how the stream ended. Cancel-safe.
    ///
    /// # Errors
    /// When what comes is no frame, or nothing comes within [`SOON`].
    pub async fn next(&mut self) -> Result<Result<F, End>> {
        timeout(SOON, self.read()).await.context("no frame came")?
    }

    /// The next frame, where the stream must not have ended.
    ///
    /// # Errors
    /// When there is none.
    pub async fn frame(&mut self) -> Result<F> {
        match self.next().await? {
            Ok(frame) => Ok(frame),
            Err(end) => bail!("the stream ended: {end:?}"),
        }
    }

    /// How the stream ends, whatever comes before.
    ///
    /// # Errors
    /// When it does not within [`SOON`].
    pub async fn end(&mut self) -> Result<End> {
        timeout(SOON, async {
            loop {
                if let Err(end) = self.read().await? {
                    return Ok(end);
                }
            }
        })
        .await
        .context("the stream does not end")?
    }

    async fn read(&mut self) -> Result<Result<F, End>> {
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.rest)? {
                return Ok(Ok(frame));
            }
            match self.stream.read_chunk(64 * 1024).await {
                Ok(Some(bytes)) => self.rest = bytes,
                Ok(None) => return Ok(Err(End::Finished)),
                Err(ReadError::Reset(code)) => return Ok(Err(End::Code(Code::from_wire(code)))),
                Err(ReadError::Lost) => return Ok(Err(End::from(&self.connection.closed().await))),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
