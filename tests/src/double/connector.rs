//! The customer's end of a tunnel, saying what it is told to, frame by frame: also what no honest connector would.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, Result, bail, ensure};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use certs::{
    authority::Authority,
    tls::{Credential, CredentialSlot, tunnel_client_config},
    verifier::TrustBundle,
};
use proto::{
    limits::{ALPN_HTTP2, MAX_EXCHANGES, STREAM_WINDOW},
    wire::frame::{
        BatchHeader, Complete, ControlFrame, Credit, DialectName, Digest, ExchangeFrame, ExchangeId, Frame,
        Header, Hello, InstanceId, ProbeReply, Request, Slot, SourceOffer, Trailer, Version,
    },
};
use quinn::{ConnectionError, Endpoint, VarInt, crypto::rustls::QuicClientConfig};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use transport::{Connection, SendStream, http2};

use super::{
    Frames, SOON,
    forge::{Nothing, Shown},
};

/// What is dialled, and how.
#[derive(Debug, Clone)]
pub struct Dial {
    to: SocketAddr,
    bundle: TrustBundle,
    shown: Option<Shown>,
    alpn: Vec<Vec<u8>>,
}

impl Dial {
    /// The tunnel listener at `to`, whose authority is `bundle`, without a certificate.
    #[must_use]
    pub fn to(to: SocketAddr, bundle: &TrustBundle) -> Self {
        Self {
            to,
            bundle: bundle.clone(),
            shown: None,
            alpn: vec![proto::limits::ALPN.to_vec()],
        }
    }

    /// The same, showing these certificates.
    #[must_use]
    pub fn showing(mut self, shown: &Shown) -> Self {
        self.shown = Some(shown.clone());
        self
    }

    /// The same, offering these protocols.
    #[must_use]
    pub fn alpn(mut self, alpn: &[&[u8]]) -> Self {
        self.alpn = alpn.iter().map(|name| name.to_vec()).collect();
        self
    }

    /// Dials. In TLS 1.3 a client is connected before the server has looked at its certificate: a refusal of that comes
    /// as the end of the connection ([`super::ended`]).
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect(&self) -> Result<Result<quinn::Connection, ConnectionError>> {
        let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
        self.connect_from(&endpoint).await
    }

    /// The same from an endpoint that others use too.
    ///
    /// # Errors
    /// When the settings are none.
    pub async fn connect_from(
        &self,
        endpoint: &Endpoint,
    ) -> Result<Result<quinn::Connection, ConnectionError>> {
        let connecting = endpoint.connect_with(self.settings()?, self.to, "localhost")?;
        timeout(SOON, connecting).await.context("no handshake")
    }

    /// What each connection is made with: for a test that makes hundreds.
    ///
    /// # Errors
    /// When what is shown makes no settings.
    pub fn settings(&self) -> Result<quinn::ClientConfig> {
        let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(self.tls()?)?));
        let mut transport = quinn::TransportConfig::default();
        transport
            .max_concurrent_bidi_streams(VarInt::from_u32(MAX_EXCHANGES))
            .stream_receive_window(VarInt::from_u32(STREAM_WINDOW));
        config.transport_config(Arc::new(transport));
        Ok(config)
    }

    /// Dials over TCP, for a tunnel over HTTP/2 of which nothing was said yet.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect_tcp(&self) -> Result<TlsStream<TcpStream>> {
        let tls = self.clone().alpn(&[ALPN_HTTP2]).tls()?;
        let stream = TcpStream::connect(self.to).await?;
        let connecting = TlsConnector::from(Arc::new(tls)).connect("localhost".try_into()?, stream);
        Ok(timeout(SOON, connecting).await.context("no handshake")??)
    }

    /// The same as a tunnel's connection. It is driven until it ends.
    ///
    /// # Errors
    /// When there is none.
    pub async fn connect_http2(&self) -> Result<Connection> {
        let peer = http2::Peer {
            remote: self.to,
            certificates: Vec::new(),
        };
        let (connection, driver) = http2::connector(self.connect_tcp().await?, peer).await?;
        tokio::spawn(driver);
        Ok(connection.into())
    }

    fn tls(&self) -> Result<rustls::ClientConfig> {
        // Any credential makes the configuration; what is shown is put in its place.
        let stranger = Authority::create("nobody.example".parse()?, SystemTime::now())?;
        let honest = Shown::issued(&stranger, "nobody", "nobody")?;
        let slot = CredentialSlot::new(Credential::new(honest.chain, &honest.key)?);
        let mut tls = tunnel_client_config(slot, &self.bundle, Arc::new(()))?;
        tls.client_auth_cert_resolver = match &self.shown {
            Some(shown) => shown.resolver()?,
            None => Arc::new(Nothing),
        };
        tls.alpn_protocols.clone_from(&self.alpn);
        Ok(tls)
    }
}

/// An honest Hello that offers these sources.
///
/// # Errors
/// When a name is not one.
pub fn hello(sources: &[&str]) -> Result<Hello> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Hello {
        protocol: 1..=1,
        version: Version::new("0.0.0-double")?,
        unix_time_ms: u64::try_from(now.as_millis())?,
        sources: sources.iter().map(|name| offer(name)).collect::<Result<_>>()?,
        epoch: 1,
        instance: InstanceId(rand::random()),
        slot: Slot::FIRST,
        held: Vec::new(),
    })
}

/// An honest offer of a source.
///
/// # Errors
/// When the name is not one.
pub fn offer(name: &str) -> Result<SourceOffer> {
    Ok(SourceOffer {
        name: name.parse()?,
        dialect: DialectName::new("duckdb")?,
        policy_digest: Digest([1; 32]),
        catalogue_digest: Digest([2; 32]),
    })
}

/// The connector's end of a tunnel. It closes with the value.
#[derive(Debug)]
pub struct Connector {
    /// The connection.
    pub connection: Connection,
    /// This end of the control stream.
    pub control: SendStream,
    /// The other.
    pub answers: Frames<ControlFrame>,
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.connection.close(0, b"");
    }
}

impl Connector {
    /// A tunnel that the gateway has welcomed.
    ///
    /// # Errors
    /// When it has not.
    pub async fn up(dial: &Dial, sources: &[&str]) -> Result<Self> {
        Self::welcomed(dial.connect().await??, sources).await
    }

    /// The same over HTTP/2.
    ///
    /// # Errors
    /// When it has not.
    pub async fn up_http2(dial: &Dial, sources: &[&str]) -> Result<Self> {
        Self::welcomed(dial.connect_http2().await?, sources).await
    }

    async fn welcomed(connection: impl Into<Connection>, sources: &[&str]) -> Result<Self> {
        let mut connector = Self::begin(connection).await?;
        connector.say(&ControlFrame::Hello(hello(sources)?)).await?;
        match connector.answers.frame().await? {
            ControlFrame::Welcome(_) => Ok(connector),
            other => bail!("no welcome: {other:?}"),
        }
    }

    /// A control stream on which nothing was said yet.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn begin(connection: impl Into<Connection>) -> Result<Self> {
        let connection = connection.into();
        let (control, answers) = timeout(SOON, connection.open_bi()).await.context("no stream")??;
        let answers = Frames::new(&connection, answers);
        Ok(Self {
            connection,
            control,
            answers,
        })
    }

    /// Sends a frame on the control stream.
    ///
    /// # Errors
    /// When the gateway has ended it.
    pub async fn say(&mut self, frame: &ControlFrame) -> Result<()> {
        Ok(self.control.write_all(&frame.encode()?).await?)
    }

    /// The next query; probes in between are answered.
    ///
    /// # Errors
    /// When none comes within [`SOON`].
    pub async fn asked(&self) -> Result<Asked> {
        loop {
            let streams = timeout(SOON, self.connection.accept_bi())
                .await
                .context("nothing was asked")??;
            let (mut send, mut frames) = (streams.0, Frames::new(&self.connection, streams.1));
            // A probe that nobody waits for any more.
            let Ok(first) = frames.next().await? else { continue };
            match first {
                ExchangeFrame::Request(request) => {
                    let connection = self.connection.clone();
                    return Ok(Asked {
                        connection,
                        send,
                        frames,
                        request: *request,
                    });
                }
                ExchangeFrame::Probe(probe) => {
                    let reply = ProbeReply {
                        unix_time_ms: probe.unix_time_ms,
                        exchanges: 0,
                    };
                    // One that nobody waits for any more has been given up.
                    let _ = send.write_all(&ExchangeFrame::ProbeReply(reply).encode()?).await;
                    let _ = send.finish();
                }
                other => bail!("neither request nor probe: {other:?}"),
            }
        }
    }
}

/// One query, as the connector has it.
#[derive(Debug)]
pub struct Asked {
    /// The tunnel.
    pub connection: Connection,
    /// This end of the exchange's stream.
    pub send: SendStream,
    /// The other.
    pub frames: Frames<ExchangeFrame>,
    /// What was asked.
    pub request: Request,
}

impl Asked {
    /// Sends a frame. That the gateway has given the exchange up is no error: the test asks how.
    ///
    /// # Errors
    /// When the frame is too long.
    pub async fn say(&mut self, frame: &ExchangeFrame) -> Result<()> {
        let bytes = frame.encode()?;
        self.raw(&bytes).await;
        Ok(())
    }

    /// Sends bytes, whatever they are.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let _ = self.send.write_all(bytes).await;
    }

    /// Sends the header of a result.
    ///
    /// # Errors
    /// When the schema is too long.
    pub async fn header(&mut self, sample: &Sample) -> Result<()> {
        self.say(&ExchangeFrame::Header(Header {
            schema: sample.schema.clone(),
        }))
        .await
    }

    /// Sends a batch on a stream of its own and ends that.
    ///
    /// # Errors
    /// When there is no stream.
    pub async fn batch(&self, sequence: u32, batch: &Bytes) -> Result<SendStream> {
        let length = u32::try_from(batch.len())?;
        let header = BatchHeader {
            exchange: self.request.exchange,
            sequence,
            length,
        };
        self.batch_as(header, batch).await
    }

    /// A batch under any header.
    ///
    /// # Errors
    /// When there is no stream.
    pub async fn batch_as(&self, header: BatchHeader, batch: &Bytes) -> Result<SendStream> {
        let mut stream = timeout(SOON, self.connection.open_uni())
            .await
            .context("no stream")??;
        // The gateway may stop the stream at any moment: that is for the test to look at.
        let _ = stream.write_all(&header.encode()?).await;
        let _ = stream.write_all(batch).await;
        let _ = stream.finish();
        Ok(stream)
    }

    /// Sends a trailer and ends the stream.
    ///
    /// # Errors
    /// When it is too long.
    pub async fn trailer(&mut self, complete: Complete) -> Result<()> {
        self.say(&ExchangeFrame::Trailer(Trailer::Complete(complete)))
            .await?;
        let _ = self.send.finish();
        Ok(())
    }

    /// The next credit.
    ///
    /// # Errors
    /// When something else comes.
    pub async fn credit(&mut self) -> Result<Credit> {
        match self.frames.frame().await? {
            ExchangeFrame::Credit(credit) => Ok(credit),
            other => bail!("no credit: {other:?}"),
        }
    }

    /// Answers in full and honestly, within the window.
    ///
    /// # Errors
    /// When the gateway gives the exchange up.
    pub async fn answer(mut self, sample: &Sample) -> Result<()> {
        self.header(sample).await?;
        let mut room = proto::limits::WINDOW_BATCHES;
        for (sequence, batch) in sample.batches.iter().enumerate() {
            if room == 0 {
                room = self.credit().await?.batches;
            }
            room -= 1;
            self.batch(u32::try_from(sequence)?, batch).await?;
        }
        self.trailer(sample.complete()).await
    }
}

/// A result as an honest connector sends it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The schema message.
    pub schema: Bytes,
    /// The messages of each batch.
    pub batches: Vec<Bytes>,
    /// Rows in all of them.
    pub rows: u64,
}

impl Sample {
    /// `batches` batches of `rows` rows each, in two columns.
    ///
    /// # Errors
    /// When Arrow refuses.
    pub fn new(batches: usize, rows: usize) -> Result<Self> {
        ensure!(batches > 0 && rows > 0, "a sample has rows");
        let batch = |n: usize| -> Result<RecordBatch> {
            let numbers = (0..rows).map(|r| i64::try_from(n * rows + r).unwrap_or(0));
            let words = (0..rows).map(|r| format!("row {r} of batch {n}"));
            let columns: [(&str, ArrayRef); 2] = [
                ("n", Arc::new(Int64Array::from_iter_values(numbers))),
                ("word", Arc::new(StringArray::from_iter_values(words))),
            ];
            Ok(RecordBatch::try_from_iter(columns)?)
        };
        let mut writer = StreamWriter::try_new(Vec::new(), &batch(0)?.schema())?;
        let schema = Bytes::from(std::mem::take(writer.get_mut()));
        let mut all = Vec::with_capacity(batches);
        for n in 0..batches {
            writer.write(&batch(n)?)?;
            all.push(Bytes::from(std::mem::take(writer.get_mut())));
        }
        Ok(Self {
            schema,
            rows: (batches * rows) as u64,
            batches: all,
        })
    }

    /// The honest end of it.
    #[must_use]
    pub fn complete(&self) -> Complete {
        let mut digest = Sha256::new();
        digest.update(&self.schema);
        self.batches.iter().for_each(|batch| digest.update(batch));
        Complete {
            batches: u32::try_from(self.batches.len()).unwrap_or(u32::MAX),
            rows: self.rows,
            bytes: (self.schema.len() + self.batches.iter().map(Bytes::len).sum::<usize>()) as u64,
            digest: Digest(digest.finalize().into()),
            receipt: Digest([9; 32]),
        }
    }
}

/// An exchange that is not the one that was asked.
#[must_use]
pub fn of_nobody(asked: &Asked) -> ExchangeId {
    ExchangeId(asked.request.exchange.0 ^ 0x00ff_ff00)
}
