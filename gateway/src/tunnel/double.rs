//! A connector for tests that says what it is told to, frame by frame: also what no honest one would.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use certs::{
    authority::Authority,
    csr::{self, VerifiedRequest},
    denylist::Denylist,
    identity::CertificateFacts,
    key::PrivateKey,
    tls::{Credential, CredentialSlot, tunnel_client_config},
};
use futures_util::future::BoxFuture;
use prometheus::Registry as Prometheus;
use proto::{
    error::Fault,
    limits::STREAM_WINDOW,
    wire::{
        codec::Decoder,
        frame::{
            BatchHeader, Complete, ControlFrame, Credit, Digest, ExchangeFrame, ExchangeId, Frame, Header,
            Hello, InstanceId, Nodes, Probe, ProbeReply, Request, Slot, SourceOffer, Trailer, Trust, Version,
            Welcome,
        },
    },
};
use quinn::{
    Connection, ConnectionError, Endpoint, RecvStream, SendStream, VarInt, crypto::rustls::QuicClientConfig,
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    Admission, Host, Tunnels, admit::Bounds, listen, registry::Registry, reset::ResetKey, schemas::Schemas,
};
use crate::{
    clock::Clock,
    config::Congestion,
    drain::Drain,
    metrics::{Metrics, TunnelMetrics},
};

const LIFETIME: Duration = Duration::from_secs(3_600);

/// A gateway's tunnel side in this process, on a port of its own.
pub(crate) struct Gateway {
    pub(crate) authority: Authority,
    pub(crate) denylist: Arc<Denylist>,
    pub(crate) address: SocketAddr,
    pub(crate) tunnels: Arc<Tunnels>,
    pub(crate) metrics: TunnelMetrics,
    pub(crate) drain: Drain,
    pub(crate) nodes: watch::Sender<Arc<Nodes>>,
    pub(crate) serving: JoinHandle<()>,
}

/// Admits all but the tenant `nobody`, and the tenant `leaving` once.
#[derive(Debug, Default)]
struct Everyone {
    left: AtomicBool,
}

impl Admission for Everyone {
    fn admit<'a>(&'a self, peer: &'a CertificateFacts) -> BoxFuture<'a, Result<(), Fault>> {
        let identity = peer.identity.to_string();
        let outcome = if identity.contains("/tenant/nobody/") {
            Err(Fault::new(proto::error::Code::UnknownTenant, "no such tenant"))
        } else if identity.contains("/tenant/leaving/") && self.left.swap(true, Ordering::Relaxed) {
            Err(Fault::new(proto::error::Code::Revoked, "removed meanwhile"))
        } else {
            Ok(())
        };
        Box::pin(std::future::ready(outcome))
    }

    fn renew(&self, _: CertificateFacts, _: Bytes) -> BoxFuture<'static, Result<String, Fault>> {
        let fault = Fault::new(proto::error::Code::RateLimited, "not here");
        Box::pin(std::future::ready(Err(fault)))
    }

    fn trusts(&self, _: CertificateFacts, _: Digest) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let now = SystemTime::now();
        let authority = Authority::create("gw.test".parse().unwrap(), now).unwrap();
        let key = PrivateKey::generate().unwrap();
        let node = "node-a".parse().unwrap();
        let names = ["localhost".to_owned()];
        let issued = authority
            .issuing()
            .issue_node(&key, &node, &names, &[], now, LIFETIME)
            .unwrap();
        let credential = Credential::from_pem(&issued.chain_pem, &key).unwrap();
        let denylist = Arc::new(Denylist::default());
        let metrics = Metrics::new(Prometheus::new()).unwrap().tunnels;
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let endpoint = listen::endpoint(
            socket,
            CredentialSlot::new(credential),
            authority.bundle(),
            Arc::clone(&denylist),
            Congestion::Bbr,
            &ResetKey::new(&[7; 32]),
            &metrics,
        )
        .unwrap();
        let tunnels = Arc::new(Registry::new(16));
        let drain = Drain::new();
        let (nodes, told) = watch::channel(Arc::default());
        let host = Arc::new(Host {
            node,
            trust_domain: authority.domain().clone(),
            tunnel_exchanges: 4,
            handshakes: Bounds {
                at_once: 512,
                per_second: 500,
            },
            grace: Duration::from_secs(2),
            clock: Clock::system(),
            admission: Arc::new(Everyone::default()),
            tunnels: Arc::clone(&tunnels),
            metrics: metrics.clone(),
            drain: drain.clone(),
            trust: roots(&authority),
            nodes: told,
            schemas: Schemas::default(),
            directory: None,
            next: AtomicU64::new(1),
        });
        let serving = tokio::spawn(listen::run(endpoint, host, Duration::from_secs(2)));
        Self {
            authority,
            denylist,
            address,
            tunnels,
            metrics,
            drain,
            nodes,
            serving,
        }
    }

    /// A credential for a connector, by this gateway's authority.
    pub(crate) fn enrol(&self, tenant: &str, connector: &str) -> Credential {
        enrol(&self.authority, tenant, connector, SystemTime::now())
    }

    pub(crate) async fn dial(&self, credential: Credential) -> Result<Connection, ConnectionError> {
        dial(self.address, credential, &self.authority).await
    }

    /// A connector that is up and serves `dw`.
    pub(crate) async fn connector(&self, tenant: &str, connector: &str) -> Double {
        let connection = self.dial(self.enrol(tenant, connector)).await.unwrap();
        let (double, answer) = Double::hello(connection, hello(1, 1)).await;
        assert!(matches!(answer, Ok(ControlFrame::Welcome(_))), "{answer:?}");
        let mut changes = self.tunnels.changes();
        let tenant = tenant.parse().unwrap();
        let up = changes.wait_for(|_| !self.tunnels.serving(&tenant, &"dw".parse().unwrap()).is_empty());
        tokio::time::timeout(Duration::from_secs(5), up)
            .await
            .unwrap()
            .unwrap();
        double
    }
}

/// One telling of the roots, which never changes.
fn roots(authority: &Authority) -> watch::Receiver<Arc<Trust>> {
    let trust = Trust {
        bundle: authority.bundle().to_pem(),
        links: String::new(),
    };
    watch::channel(Arc::new(trust)).1
}

pub(crate) fn enrol(authority: &Authority, tenant: &str, connector: &str, now: SystemTime) -> Credential {
    let key = PrivateKey::generate().unwrap();
    let request = VerifiedRequest::from_pem(&csr::request(&key).unwrap()).unwrap();
    let (tenant, connector) = (tenant.parse().unwrap(), connector.parse().unwrap());
    let issued = authority
        .issuing()
        .issue_connector(&request, &tenant, &connector, now, LIFETIME)
        .unwrap();
    Credential::from_pem(&issued.chain_pem, &key).unwrap()
}

/// Dials with a credential, trusting `trusted`.
pub(crate) async fn dial(
    to: SocketAddr,
    credential: Credential,
    trusted: &Authority,
) -> Result<Connection, ConnectionError> {
    let tls = tunnel_client_config(CredentialSlot::new(credential), trusted.bundle(), Arc::new(())).unwrap();
    dial_with(to, tls).await
}

pub(crate) async fn dial_with(
    to: SocketAddr,
    tls: rustls::ClientConfig,
) -> Result<Connection, ConnectionError> {
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(32))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW));
    config.transport_config(Arc::new(transport));
    let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    endpoint.connect_with(config, to, "localhost").unwrap().await
}

pub(crate) fn hello(instance: u8, epoch: u64) -> Hello {
    Hello {
        protocol: 1..=2,
        version: Version::new("0.0.0-double").unwrap(),
        unix_time_ms: Clock::system().unix_millis(),
        sources: vec![offer("dw")],
        epoch,
        instance: InstanceId([instance; 16]),
        slot: Slot::FIRST,
        held: Vec::new(),
    }
}

pub(crate) fn offer(name: &str) -> SourceOffer {
    SourceOffer {
        name: name.parse().unwrap(),
        dialect: proto::wire::frame::DialectName::new("duckdb").unwrap(),
        policy_digest: Digest([1; 32]),
        catalogue_digest: Digest([2; 32]),
    }
}

/// The connector's end of a tunnel.
pub(crate) struct Double {
    pub(crate) connection: Connection,
    pub(crate) control: SendStream,
    pub(crate) answers: RecvStream,
    decoder: Decoder<ControlFrame>,
}

impl Double {
    /// Opens the control stream with a Hello, and the answer.
    pub(crate) async fn hello(connection: Connection, hello: Hello) -> (Self, Result<ControlFrame, String>) {
        let (mut control, answers) = connection.open_bi().await.unwrap();
        control
            .write_all(&ControlFrame::Hello(hello).encode().unwrap())
            .await
            .unwrap();
        let mut double = Self {
            connection,
            control,
            answers,
            decoder: Decoder::new(),
        };
        let answer = double.answer().await;
        (double, answer)
    }

    pub(crate) async fn answer(&mut self) -> Result<ControlFrame, String> {
        read_frame(&mut self.answers, &mut self.decoder, &mut Bytes::new()).await
    }

    pub(crate) fn welcome(answer: Result<ControlFrame, String>) -> Welcome {
        match answer {
            Ok(ControlFrame::Welcome(welcome)) => welcome,
            other => panic!("no welcome: {other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, frame: ControlFrame) {
        self.control.write_all(&frame.encode().unwrap()).await.unwrap();
    }

    /// The next exchange that is a query; probes in between are answered.
    pub(crate) async fn asked(&self) -> Asked {
        loop {
            let (mut send, mut recv) = self.connection.accept_bi().await.unwrap();
            let mut decoder = Decoder::new();
            let mut rest = Bytes::new();
            match read_frame(&mut recv, &mut decoder, &mut rest).await.unwrap() {
                ExchangeFrame::Request(request) => {
                    let connection = self.connection.clone();
                    return Asked {
                        connection,
                        send,
                        recv,
                        decoder,
                        rest,
                        request: *request,
                    };
                }
                ExchangeFrame::Probe(Probe { unix_time_ms }) => {
                    let reply = ExchangeFrame::ProbeReply(ProbeReply {
                        unix_time_ms,
                        exchanges: 0,
                    });
                    send.write_all(&reply.encode().unwrap()).await.unwrap();
                    send.finish().unwrap();
                }
                other => panic!("neither request nor probe: {other:?}"),
            }
        }
    }

    /// How the gateway closed the tunnel.
    pub(crate) async fn closed(&self) -> proto::error::Code {
        let closed = tokio::time::timeout(Duration::from_secs(10), self.connection.closed())
            .await
            .unwrap();
        match closed {
            ConnectionError::ApplicationClosed(close) => super::closed_code(close.error_code.into_inner()),
            other => panic!("not closed by the application: {other}"),
        }
    }
}

/// One query, as the connector has it.
pub(crate) struct Asked {
    pub(crate) connection: Connection,
    pub(crate) send: SendStream,
    pub(crate) recv: RecvStream,
    decoder: Decoder<ExchangeFrame>,
    rest: Bytes,
    pub(crate) request: Request,
}

impl Asked {
    pub(crate) fn id(&self) -> ExchangeId {
        self.request.exchange
    }

    pub(crate) async fn say(&mut self, frame: ExchangeFrame) {
        self.send.write_all(&frame.encode().unwrap()).await.unwrap();
    }

    pub(crate) async fn header(&mut self, schema: &Bytes) {
        self.say(ExchangeFrame::Header(Header {
            schema: schema.clone(),
        }))
        .await;
    }

    pub(crate) async fn batch(&self, sequence: u32, batch: &Bytes) -> SendStream {
        self.batch_of_length(sequence, batch, batch.len()).await
    }

    /// A batch whose header states another length.
    pub(crate) async fn batch_of_length(&self, sequence: u32, batch: &Bytes, length: usize) -> SendStream {
        let header = BatchHeader {
            exchange: self.id(),
            sequence,
            length: length as u32,
        };
        let mut stream = self.connection.open_uni().await.unwrap();
        // The gateway may stop the stream at any moment: that is for the test to look at.
        let _ = stream.write_all(&header.encode().unwrap()).await;
        let _ = stream.write_all(batch).await;
        let _ = stream.finish();
        stream
    }

    pub(crate) async fn trailer(&mut self, trailer: Trailer) {
        self.say(ExchangeFrame::Trailer(trailer)).await;
        let _ = self.send.finish();
    }

    /// The next credit.
    pub(crate) async fn credit(&mut self) -> Credit {
        match read_frame(&mut self.recv, &mut self.decoder, &mut self.rest).await {
            Ok(ExchangeFrame::Credit(credit)) => credit,
            other => panic!("no credit: {other:?}"),
        }
    }

    /// The code with which the gateway gave the exchange up.
    pub(crate) async fn cancelled(&mut self) -> proto::error::Code {
        let wait = async {
            loop {
                match self.recv.read_chunk(usize::MAX, true).await {
                    Err(quinn::ReadError::Reset(code)) => return super::closed_code(code.into_inner()),
                    Ok(Some(_)) => {}
                    other => panic!("not reset: {other:?}"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), wait).await.unwrap()
    }

    /// Answers in full and honestly.
    pub(crate) async fn answer(mut self, result: &Sample) -> Self {
        self.header(&result.schema).await;
        for (sequence, batch) in result.batches.iter().enumerate() {
            self.batch(sequence as u32, batch).await;
        }
        self.trailer(Trailer::Complete(result.complete())).await;
        self
    }
}

/// A result as an honest connector sends it.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) schema: Bytes,
    pub(crate) batches: Vec<Bytes>,
    pub(crate) rows: u64,
}

impl Sample {
    /// `batches` batches of `rows` rows each.
    pub(crate) fn new(batches: usize, rows: usize) -> Self {
        let batch = |n: usize| {
            let numbers = (0..rows).map(|r| (n * rows + r) as i64);
            let words = (0..rows).map(|r| format!("row {r} of batch {n}"));
            let columns: [(&str, ArrayRef); 2] = [
                ("n", Arc::new(Int64Array::from_iter_values(numbers))),
                ("word", Arc::new(StringArray::from_iter_values(words))),
            ];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let mut writer = StreamWriter::try_new(Vec::new(), &batch(0).schema()).unwrap();
        let schema = Bytes::from(std::mem::take(writer.get_mut()));
        let batches = (0..batches).map(|n| {
            writer.write(&batch(n)).unwrap();
            Bytes::from(std::mem::take(writer.get_mut()))
        });
        let batches: Vec<_> = batches.collect();
        Self {
            schema,
            rows: (batches.len() * rows) as u64,
            batches,
        }
    }

    pub(crate) fn complete(&self) -> Complete {
        let mut digest = Sha256::new();
        digest.update(&self.schema);
        self.batches.iter().for_each(|batch| digest.update(batch));
        Complete {
            batches: self.batches.len() as u32,
            rows: self.rows,
            bytes: (self.schema.len() + self.batches.iter().map(Bytes::len).sum::<usize>()) as u64,
            digest: Digest(digest.finalize().into()),
            receipt: Digest([9; 32]),
        }
    }
}

async fn read_frame<F: Frame>(
    from: &mut RecvStream,
    decoder: &mut Decoder<F>,
    rest: &mut Bytes,
) -> Result<F, String> {
    let read = async {
        loop {
            if let Some(frame) = decoder.decode(rest).map_err(|e| e.to_string())? {
                return Ok(frame);
            }
            match from.read_chunk(64 * 1024, true).await {
                Ok(Some(chunk)) => *rest = chunk.bytes,
                Ok(None) => return Err("the stream ended".to_owned()),
                Err(error) => return Err(error.to_string()),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .map_err(|_| "no frame came".to_owned())?
}
