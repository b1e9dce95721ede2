//! Somebody at the API who does not keep to HTTP's manners: raw bytes over TLS.

use std::sync::Arc;

use anyhow::{Context, Result};
use certs::{tls::api_client_config, verifier::TrustBundle};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::SOON;
use crate::world::World;

/// A connection to the API on which anything may be written.
#[derive(Debug)]
pub struct Raw {
    stream: TlsStream<TcpStream>,
}

impl Raw {
    /// Connects, offering these protocols.
    ///
    /// # Errors
    /// When TCP or TLS fails.
    pub async fn connect(world: &World<'_>, alpn: &[&[u8]]) -> Result<Self> {
        let api = world.listener("api")?;
        let ca = std::fs::read_to_string(world.folder().join("gateway/ca.pem"))?;
        let mut tls = api_client_config(&TrustBundle::from_pem(&ca)?)?;
        tls.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let connect = async {
            let tcp = TcpStream::connect(api).await?;
            TlsConnector::from(Arc::new(tls))
                .connect(api.ip().into(), tcp)
                .await
        };
        Ok(Self {
            stream: timeout(SOON, connect).await.context("no handshake")??,
        })
    }

    /// Writes; false once the other side takes no more.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        matches!(timeout(SOON, written).await, Ok(Ok(())))
    }

    /// Reads until `done` accepts what has come, or the other side closes.
    ///
    /// # Errors
    /// When neither happens within [`SOON`].
    pub async fn read(&mut self, done: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let reading = async {
            let mut piece = [0; 4096];
            while !done(&all) {
                match self.stream.read(&mut piece).await {
                    // A close without TLS's own goodbye is an end as well.
                    Ok(0) | Err(_) => break,
                    Ok(n) => all.extend_from_slice(piece.get(..n).unwrap_or_default()),
                }
            }
        };
        timeout(SOON, reading)
            .await
            .context("neither an answer nor an end")?;
        Ok(all)
    }

    /// The HTTP/1.1 status of the answer, and all of it as text; zero where there is none.
    ///
    /// # Errors
    /// When neither an answer nor an end comes.
    pub async fn status(&mut self) -> Result<(u16, String)> {
        let whole = |all: &[u8]| {
            let text = String::from_utf8_lossy(all);
            text.split_once("\r\n\r\n")
                .is_some_and(|(_, body)| body.ends_with('}'))
        };
        let text = String::from_utf8_lossy(&self.read(whole).await?).into_owned();
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        Ok((status, text))
    }
}

/// Frames of HTTP/2 (RFC 9113, section 4.1), made by hand so that they may come in any number and order.
pub mod h2 {
    /// The client's preface and empty settings.
    #[must_use]
    pub fn preface() -> Vec<u8> {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(4, 0, 0, &[]));
        bytes
    }

    /// One frame.
    #[must_use]
    pub fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
        let [_, a, b, c] = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
        let mut bytes = vec![a, b, c, kind, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(body);
        bytes
    }

    /// HEADERS of a whole `GET /` (END_STREAM, END_HEADERS), in static HPACK entries but for the authority.
    #[must_use]
    pub fn get(stream: u32) -> Vec<u8> {
        // 0x82 :method GET, 0x87 :scheme https, 0x84 :path /, 0x01 :authority as a literal without indexing
        let mut block = vec![0x82, 0x87, 0x84, 0x01, 9];
        block.extend(b"localhost");
        frame(1, 0x5, stream, &block)
    }

    /// RST_STREAM with CANCEL.
    #[must_use]
    pub fn reset(stream: u32) -> Vec<u8> {
        frame(3, 0, stream, &8_u32.to_be_bytes())
    }

    /// The kinds of the frames in `bytes`, and their bodies, as far as they are whole.
    #[must_use]
    pub fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut all = Vec::new();
        while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            let Some((body, rest)) = rest.split_at_checked(length) else {
                break;
            };
            all.push((*kind, body.to_vec()));
            bytes = rest;
        }
        all
    }
}
