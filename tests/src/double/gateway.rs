//! The cloud's end of a tunnel in the hands of somebody else: it has the authority's key and the gateway's address, and
//! asks for what it likes, over QUIC or over HTTP/2.

use std::{fmt, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use certs::{
    authority::{Authority, Root},
    tls::{Credential, CredentialSlot, tunnel_server_config, tunnel_tcp_server_config},
};
use proto::{
    catalogue::Catalogue,
    error::{Code, Fault},
    limits::{CONNECTION_WINDOW, MAX_BATCH_STREAMS, STREAM_WINDOW},
    query::types::Value,
    wire::{
        codec::BatchReader,
        frame::{
            BatchHeader, CallerName, Columns, Complete, ControlFrame, Credit, ExchangeFrame, ExchangeId,
            Frame, Hello, Nodes, Probe, ProbeReply, Proposal, Question, Request, RequestId, Trailer, Version,
            Welcome,
        },
    },
};
use quinn::{
    Endpoint, EndpointConfig, ServerConfig, TransportConfig, VarInt, crypto::rustls::QuicServerConfig,
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_rustls::TlsAcceptor;
use transport::{
    Connection, Kind, RecvStream, SendStream,
    http2::{self, Peer},
};

use super::{End, Frames, SOON, forge::Shown};
use crate::wait;

/// An authority under the root in this folder, as `gateway init --root-key-to` writes it: what whoever stole it can issue.
///
/// # Errors
/// When there is none.
pub fn authority_of(root: &Path) -> Result<Authority> {
    let read =
        |name: &str| std::fs::read_to_string(root.join(name)).with_context(|| format!("reading {name}"));
    let root = Root::from_pem(&read("root.pem")?, &read("root-key.pem")?)?;
    Ok(Authority::under(root, std::time::SystemTime::now())?)
}

/// A listener at the gateway's address.
#[derive(Debug)]
pub struct Gateway {
    door: Door,
}

enum Door {
    Quic(Endpoint),
    Http2(TcpListener, TlsAcceptor),
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quic(endpoint) => endpoint.fmt(f),
            Self::Http2(listener, _) => listener.fmt(f),
        }
    }
}

/// The listener's own credential, before anything else is put in its place.
fn honest(authority: &Authority) -> Result<Arc<CredentialSlot>> {
    let honest = Shown::node(authority, "node-x")?;
    Ok(CredentialSlot::new(Credential::new(honest.chain, &honest.key)?))
}

impl Gateway {
    /// Listens, as a node of `authority`.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn listen(at: SocketAddr, authority: &Authority) -> Result<Self> {
        Self::listen_as(at, authority, &Shown::node(authority, "node-x")?)
    }

    /// The same over one transport.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn listen_over(kind: Kind, at: SocketAddr, authority: &Authority) -> Result<Self> {
        if kind == Kind::Quic {
            return Self::listen(at, authority);
        }
        let slot = honest(authority)?;
        let tls = tunnel_tcp_server_config(slot, authority.bundle(), Arc::default(), Arc::new(()))?;
        let listener = std::net::TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self {
            door: Door::Http2(listener, TlsAcceptor::from(Arc::new(tls))),
        })
    }

    /// Listens for QUIC, showing any certificates.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn listen_as(at: SocketAddr, authority: &Authority, shown: &Shown) -> Result<Self> {
        // An honest credential makes the configuration; what is shown is put in its place.
        let slot = honest(authority)?;
        let mut tls = tunnel_server_config(slot, authority.bundle(), Arc::default(), Arc::new(()))?;
        tls.cert_resolver = shown.resolver()?;
        let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        let mut transport = TransportConfig::default();
        transport
            .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
            .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
            .max_concurrent_uni_streams(VarInt::from_u32(MAX_BATCH_STREAMS));
        config.transport_config(Arc::new(transport));
        let socket = std::net::UdpSocket::bind(at)?;
        let runtime = Arc::new(quinn::TokioRuntime);
        let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, runtime)?;
        Ok(Self {
            door: Door::Quic(endpoint),
        })
    }

    /// The next connection whose handshake succeeds at both ends, and the Hello on it.
    ///
    /// # Errors
    /// When none comes within `limit`.
    pub async fn accept(&self, limit: Duration) -> Result<Tunnel> {
        timeout(limit, async {
            let connection = self.connection().await?;
            connection.admit_uni(MAX_BATCH_STREAMS);
            let (control, said) = connection.accept_bi().await?;
            let mut said = Frames::new(&connection, said);
            match said.frame().await? {
                ControlFrame::Hello(hello) => Ok(Tunnel {
                    connection,
                    control,
                    said,
                    hello,
                }),
                other => bail!("no Hello: {other:?}"),
            }
        })
        .await
        .context("no connector came")?
    }

    async fn connection(&self) -> Result<Connection> {
        match &self.door {
            Door::Quic(endpoint) => {
                let incoming = endpoint.accept().await.context("the endpoint is closed")?;
                Ok(incoming.await?.into())
            }
            Door::Http2(listener, tls) => {
                let (stream, remote) = listener.accept().await?;
                let stream = tls.accept(stream).await?;
                let peer = Peer {
                    remote,
                    certificates: Vec::new(),
                };
                let (connection, driver) = http2::gateway(stream, peer).await?;
                // It ends with the connection.
                tokio::spawn(driver);
                Ok(connection.into())
            }
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(match &self.door {
            Door::Quic(endpoint) => endpoint.local_addr()?,
            Door::Http2(listener, _) => listener.local_addr()?,
        })
    }

    /// A connector that was welcomed by the node of this name, which says what nodes there are.
    ///
    /// # Errors
    /// When none comes.
    pub async fn tunnel_of(&self, node: &str, nodes: &Nodes) -> Result<Tunnel> {
        let mut tunnel = self.accept(SOON).await?;
        tunnel.welcome(node, nodes).await?;
        Ok(tunnel)
    }

    /// Gives the address back.
    ///
    /// # Errors
    /// When it is not free within [`SOON`].
    pub async fn close(self) -> Result<()> {
        let at = self.address()?;
        if let Door::Quic(endpoint) = &self.door {
            endpoint.close(VarInt::from_u32(0), b"");
        }
        drop(self);
        wait::until("the sockets to be free", SOON, async || {
            let free = std::net::UdpSocket::bind(at).is_ok() && std::net::TcpListener::bind(at).is_ok();
            free.then_some(())
        })
        .await
    }

    /// A connector that was welcomed.
    ///
    /// # Errors
    /// When none comes.
    pub async fn tunnel(&self) -> Result<Tunnel> {
        let mut tunnel = self.accept(SOON).await?;
        let hello_ms = tunnel.hello.unix_time_ms;
        let welcome = Welcome {
            protocol: 1,
            node: "node-x".parse()?,
            unix_time_ms: hello_ms,
            version: Version::new("0.0.0-double")?,
            tunnel: 1,
            nodes: Nodes::default(),
        };
        tunnel.say(&ControlFrame::Welcome(welcome)).await?;
        Ok(tunnel)
    }
}

/// The gateway's end of a tunnel. It closes with the value.
#[derive(Debug)]
pub struct Tunnel {
    /// The connection.
    pub connection: Connection,
    /// This end of the control stream.
    pub control: SendStream,
    /// The other.
    pub said: Frames<ControlFrame>,
    /// How the connector introduced itself.
    pub hello: Hello,
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.connection.close(0, b"");
    }
}

impl Tunnel {
    /// Welcomes the connector, as the node of this name.
    ///
    /// # Errors
    /// When the connector has ended the stream.
    pub async fn welcome(&mut self, node: &str, nodes: &Nodes) -> Result<()> {
        let welcome = Welcome {
            protocol: 2,
            node: node.parse()?,
            unix_time_ms: self.hello.unix_time_ms,
            version: Version::new("0.0.0-double")?,
            tunnel: 1,
            nodes: nodes.clone(),
        };
        self.say(&ControlFrame::Welcome(welcome)).await
    }

    /// Refuses the connector.
    ///
    /// # Errors
    /// When the connector has ended the stream.
    pub async fn refuse(&mut self, fault: Fault) -> Result<()> {
        self.say(&ControlFrame::Refusal(fault)).await
    }

    /// Sends a frame on the control stream.
    ///
    /// # Errors
    /// When the connector has ended it.
    pub async fn say(&mut self, frame: &ControlFrame) -> Result<()> {
        Ok(self.control.write_all(&frame.encode()?).await?)
    }

    /// Opens an exchange and says nothing yet.
    ///
    /// # Errors
    /// When the connector admits no more.
    pub async fn open(&self) -> Result<Exchange> {
        let (send, receive) = timeout(SOON, self.connection.open_bi())
            .await
            .context("no stream")??;
        Ok(Exchange {
            send,
            frames: Frames::new(&self.connection, receive),
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub async fn ask(&self, request: Request) -> Result<Exchange> {
        let mut exchange = self.open().await?;
        exchange.say(&ExchangeFrame::Request(Box::new(request))).await?;
        Ok(exchange)
    }

    /// Proposes a text.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub async fn propose(&self, text: &str) -> Result<Exchange> {
        let mut exchange = self.open().await?;
        let proposal = Proposal {
            text: text.to_owned(),
            caller: CallerName::new("nobody you know")?,
        };
        exchange.say(&ExchangeFrame::Proposal(proposal)).await?;
        Ok(exchange)
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn probe(&self) -> Result<ProbeReply> {
        let mut exchange = self.open().await?;
        exchange
            .say(&ExchangeFrame::Probe(Probe { unix_time_ms: 1 }))
            .await?;
        match exchange.frames.frame().await? {
            ExchangeFrame::ProbeReply(reply) => Ok(reply),
            other => bail!("no sign of life: {other:?}"),
        }
    }

    /// The next batch, whole.
    ///
    /// # Errors
    /// When none comes.
    pub async fn batch(&self) -> Result<(BatchHeader, Bytes)> {
        timeout(SOON, async {
            read_batch(self.connection.accept_uni().await?).await
        })
        .await
        .context("no batch came")?
    }

    /// Takes and drops every batch from now on, so that nothing waits for a reader.
    #[must_use]
    pub fn drain(&self) -> JoinSet<()> {
        let connection = self.connection.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok(stream) = connection.accept_uni().await {
                let _ = read_batch(stream).await;
            }
        });
        tasks
    }
}

async fn read_batch(mut stream: RecvStream) -> Result<(BatchHeader, Bytes)> {
    let mut reader = BatchReader::new();
    while let Some(chunk) = stream.read_chunk(64 * 1024).await? {
        reader.push(chunk)?;
    }
    Ok(reader.finish()?)
}

/// One exchange, as the gateway has it.
#[derive(Debug)]
pub struct Exchange {
    /// This end of its stream.
    pub send: SendStream,
    /// The other.
    pub frames: Frames<ExchangeFrame>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A result that is whole.
    Complete(Complete),
    /// A trailer with a code.
    Failed(Fault),
    /// The stream or the connection ended instead.
    Ended(End),
}

impl Verdict {
    /// The code of a failure.
    ///
    /// # Errors
    /// When it was none.
    pub fn code(&self) -> Result<Code> {
        match self {
            Self::Failed(fault) => Ok(fault.code),
            Self::Ended(End::Code(code)) => Ok(*code),
            other => bail!("no refusal: {other:?}"),
        }
    }
}

impl Exchange {
    /// Sends a frame. That the connector has given the exchange up is no error: the test asks how.
    ///
    /// # Errors
    /// When it is too long.
    pub async fn say(&mut self, frame: &ExchangeFrame) -> Result<()> {
        let bytes = frame.encode()?;
        self.raw(&bytes).await;
        Ok(())
    }

    /// Sends bytes, whatever they are.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let _ = self.send.write_all(bytes).await;
    }

    /// Gives room back.
    ///
    /// # Errors
    /// Never in practice: the frame is short.
    pub async fn credit(&mut self, batches: u32, bytes: u64) -> Result<()> {
        self.say(&ExchangeFrame::Credit(Credit { batches, bytes })).await
    }

    /// What becomes of it; a header on the way is passed over.
    ///
    /// # Errors
    /// When nothing does within [`SOON`].
    pub async fn verdict(&mut self) -> Result<Verdict> {
        loop {
            match self.frames.next().await? {
                Ok(ExchangeFrame::Header(_)) => {}
                Ok(ExchangeFrame::Trailer(Trailer::Complete(complete))) => {
                    return Ok(Verdict::Complete(complete));
                }
                Ok(ExchangeFrame::Trailer(Trailer::Failed(fault))) => return Ok(Verdict::Failed(fault)),
                Ok(other) => bail!("{other:?} from a connector"),
                Err(end) => return Ok(Verdict::Ended(end)),
            }
        }
    }
}

/// An honest request, to be spoilt: exchange numbers and ids are new each time.
///
/// # Errors
/// When the shipped catalogue has no such query, or it does not take these parameters.
pub fn request(source: &str, query: &str, columns: &[&str], parameters: &[(&str, Value)]) -> Result<Request> {
    let name = query.parse()?;
    let shipped = Catalogue::builtin();
    let known = shipped.get(&name).with_context(|| format!("no query {query}"))?;
    let parameters: Vec<(String, Value)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let names: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let fingerprint = known.bind_values(&names, parameters.clone())?.fingerprint;
    let names = columns
        .iter()
        .map(|c| proto::query::plan::Identifier::new(c))
        .collect::<Result<_, _>>()?;
    Ok(Request {
        exchange: ExchangeId(u64::from(rand::random::<u32>())),
        request_id: RequestId(rand::random()),
        source: source.parse()?,
        question: Question::Catalogued {
            name,
            columns: Columns::new(names),
        },
        fingerprint,
        parameters,
        deadline: Duration::from_secs(5),
        max_rows: None,
        max_bytes: None,
        caller: CallerName::new("nobody you know")?,
    })
}
