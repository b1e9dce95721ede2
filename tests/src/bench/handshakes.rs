//! What it costs a gateway to let connectors in and to renew their certificates, and what a tunnel holds that does nothing.
//! Beside it, in the same run and in turns, what the same handshake costs without any of ours: rustls over TCP, and quinn.
//!
//! Everybody agrees on the same TLS: version 1.3, X25519MLKEM768, certificates of both sides with keys of one kind, each
//! handshake in full. A handshake ends when the one who dialled has read what is only said once its certificate was
//! accepted: a Welcome, or one byte.

use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use certs::authority::Authority;
use certs::csr::request;
use certs::key::PrivateKey;
use certs::tls::provider;
use futures_util::{StreamExt, TryStreamExt, stream};
use proto::wire::frame::{ControlFrame, Renew};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Endpoint};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{cpu_seconds, cpu_seconds_of};
use crate::double::connector::{Connector, hello};
use crate::double::forge::Shown;
use crate::double::scene::{LAKE, Scene, enrol};
use crate::world::{Setup, TENANT};

/// Handshakes at once: enough to keep two cores busy, far below what a gateway lets wait.
const AT_ONCE: usize = 16;

/// Turns in which ours and the baselines are measured.
const TURNS: usize = 4;

/// Joins at once; the gateway lets twice as many in.
const JOINS: usize = 4;

/// Connectors of one account: with what drains after a renewal they stay below what one may have.
const OF_TENANT: usize = 50;

/// The baselines' protocol.
const ALPN: &[u8] = b"baseline";

/// The same thing done many times.
#[derive(Debug, Default, Clone, Copy)]
pub struct Line {
    /// How often.
    pub count: usize,
    /// How long all of them took.
    pub took: Duration,
    /// User and system time of the side that was dialled, in seconds.
    pub cpu: f64,
}

impl Line {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.took += other.took;
        self.cpu += other.cpu;
    }
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Handshakes {
    /// From a connector's first packet to its Welcome.
    pub tunnels: Line,
    /// Bare quinn.
    pub quinn: Line,
    /// rustls over TCP.
    pub tls: Line,
    /// Renewals over tunnels that stand.
    pub renewals: Line,
    /// The first tunnel with a renewed certificate, which puts it in force.
    pub activations: Line,
    /// Tunnels that did nothing, and the gateway's resident memory in bytes for each.
    pub idle: (usize, f64),
}

impl fmt::Display for Handshakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| What | How many | Each second | CPU of the listening side for one |\n|---|---|---|---|"
        )?;
        for (what, line) in [
            ("a tunnel, from the first packet to the Welcome", self.tunnels),
            (
                "the baseline: quinn alone, both certificates by webpki",
                self.quinn,
            ),
            (
                "the baseline: rustls over TCP, both certificates by webpki",
                self.tls,
            ),
            ("a renewal over a tunnel that stands", self.renewals),
            ("the first tunnel with a renewed certificate", self.activations),
        ] {
            let count = line.count.max(1) as f64;
            writeln!(
                f,
                "| {what} | {} | {:.0} | {:.2} ms |",
                line.count,
                count / line.took.as_secs_f64(),
                line.cpu / count * 1e3
            )?;
        }
        let (count, bytes) = self.idle;
        writeln!(
            f,
            "\nAn idle tunnel holds {:.0} KiB of the gateway's resident memory ({count} tunnels).",
            bytes / 1024.0
        )
    }
}

/// Keeps `idle` tunnels at once, at least [`AT_ONCE`], renews over each, then shakes hands so many times with everybody.
///
/// # Errors
/// When something does not run, or somebody is not let in.
pub async fn run(count: usize, idle: usize) -> Result<Handshakes> {
    let idle = idle.max(AT_ONCE);
    // The cost is measured here, not the bound on it.
    let unbounded = "handshakes_per_second = 100000".to_owned();
    let setup = Setup {
        log_level: "info",
        gateway_settings: vec![("# handshakes_per_second = 1000".to_owned(), unbounded)],
        ..Setup::default()
    };
    let scene = Scene::alone(setup).await?;
    let joins = (0..idle).map(|number| {
        let (scene, tenant) = (&scene, format!("{TENANT}-{}", number / OF_TENANT));
        async move { enrol(&scene.world, &tenant, &format!("site-{number:04}")).await }
    });
    let joined: Vec<Shown> = stream::iter(joins).buffer_unordered(JOINS).try_collect().await?;
    let configs: Vec<ClientConfig> = joined
        .iter()
        .map(|shown| scene.dial.clone().showing(shown).settings())
        .collect::<Result<_>>()?;
    let to = scene.world.listener("tunnel")?;
    let baseline = Baseline::new()?;

    let mut found = Handshakes::default();
    // First of all, while the gateway has freed nothing that it could use again.
    let (before, _) = scene.world.gateway.memory()?;
    let dialled = stream::iter(&configs).map(|config| up(config, to));
    let mut standing: Vec<(Endpoint, Connector)> = dialled.buffered(AT_ONCE).try_collect().await?;
    let (after, _) = scene.world.gateway.memory()?;
    found.idle = (idle, after.saturating_sub(before) as f64 / idle as f64);

    let (line, renewed) = renew(&scene, &mut standing).await?;
    found.renewals = line;
    let configs: Vec<ClientConfig> = renewed
        .iter()
        .map(|shown| scene.dial.clone().showing(shown).settings())
        .collect::<Result<_>>()?;
    // Those before go on until the gateway has drained them.
    let (before, started) = (cpu_seconds(&scene.world.gateway)?, Instant::now());
    let dialled = stream::iter(&configs).map(|config| up(config, to));
    let second: Vec<(Endpoint, Connector)> = dialled.buffered(AT_ONCE).try_collect().await?;
    found.activations = Line {
        count: second.len(),
        took: started.elapsed(),
        cpu: cpu_seconds(&scene.world.gateway)? - before,
    };
    drop((standing, second));

    let each = count.div_ceil(TURNS * AT_ONCE);
    for _ in 0..TURNS {
        let before = cpu_seconds(&scene.world.gateway)?;
        let mut line = tunnels(&configs, to, each).await?;
        line.cpu = cpu_seconds(&scene.world.gateway)? - before;
        found.tunnels.add(line);
        found.quinn.add(baseline.quinn(each).await?);
        found.tls.add(baseline.tls(each).await?);
    }
    Ok(found)
}

/// [`AT_ONCE`] connectors that open a tunnel and close it, `each` times.
async fn tunnels(configs: &[ClientConfig], to: SocketAddr, each: usize) -> Result<Line> {
    let hello = hello(&[LAKE])?;
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for config in configs.iter().take(AT_ONCE) {
        let (config, hello) = (config.clone(), hello.clone());
        tasks.spawn(async move {
            let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
            for _ in 0..each {
                let connection = endpoint.connect_with(config.clone(), to, "localhost")?.await?;
                let mut tunnel = Connector::begin(connection).await?;
                tunnel.say(&ControlFrame::Hello(hello.clone())).await?;
                match tunnel.answers.frame().await? {
                    ControlFrame::Welcome(_) => {}
                    other => bail!("no welcome: {other:?}"),
                }
            }
            Ok(each)
        });
    }
    finish(tasks, started).await
}

/// A tunnel on an endpoint of its own, as a connector's.
async fn up(config: &ClientConfig, to: SocketAddr) -> Result<(Endpoint, Connector)> {
    let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
    let connection = endpoint.connect_with(config.clone(), to, "localhost")?.await?;
    let mut tunnel = Connector::begin(connection).await?;
    tunnel.say(&ControlFrame::Hello(hello(&[LAKE])?)).await?;
    match tunnel.answers.frame().await? {
        ControlFrame::Welcome(_) => Ok((endpoint, tunnel)),
        other => bail!("no welcome: {other:?}"),
    }
}

/// Renews over every tunnel. Requests are made before the clock runs: that is the connectors' work.
async fn renew(scene: &Scene<'_>, standing: &mut [(Endpoint, Connector)]) -> Result<(Line, Vec<Shown>)> {
    let mut work = Vec::new();
    for (_, tunnel) in standing {
        let key = PrivateKey::generate()?;
        let request = CertificateSigningRequestDer::from_pem_slice(request(&key)?.as_bytes())?;
        let request = Bytes::copy_from_slice(&request);
        work.push((tunnel, key, request));
    }
    let (before, started) = (cpu_seconds(&scene.world.gateway)?, Instant::now());
    let asked = stream::iter(work).map(async |(tunnel, key, request)| {
        tunnel.say(&ControlFrame::Renew(Renew { request })).await?;
        loop {
            match tunnel.answers.frame().await? {
                ControlFrame::Renewed(renewed) => return Ok((key, renewed.chain)),
                // Every tunnel is told once which roots to trust.
                ControlFrame::Trust(_) => {}
                other => bail!("not renewed: {other:?}"),
            }
        }
    });
    let answers: Vec<(PrivateKey, String)> = asked.buffered(AT_ONCE).try_collect().await?;
    let line = Line {
        count: answers.len(),
        took: started.elapsed(),
        cpu: cpu_seconds(&scene.world.gateway)? - before,
    };
    let shown = answers.into_iter().map(|(key, chain)| {
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>()?;
        Ok(Shown { chain, key })
    });
    Ok((line, shown.collect::<Result<_>>()?))
}

async fn finish(mut tasks: JoinSet<Result<usize>>, started: Instant) -> Result<Line> {
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += done??;
    }
    Ok(Line {
        count,
        took: started.elapsed(),
        cpu: 0.0,
    })
}

fn client(
    roots: RootCertStore,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<rustls::ClientConfig> {
    let mut client = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    client.resumption = Resumption::disabled();
    client.alpn_protocols = vec![ALPN.to_vec()];
    Ok(client)
}

/// The same handshake without ours: certificates of an authority of its own, checked by webpki alone.
pub(super) struct Baseline {
    server: ServerConfig,
    client: rustls::ClientConfig,
    /// What a client in another process needs.
    text: String,
}

impl Baseline {
    pub(super) fn new() -> Result<Self> {
        let authority = Authority::create("baseline.example".parse()?, SystemTime::now())?;
        let (node, connector) = (
            Shown::node(&authority, "node")?,
            Shown::issued(&authority, "acme", "site")?,
        );
        let mut roots = RootCertStore::empty();
        for root in authority.bundle().certificates() {
            roots.add(root.clone())?;
        }
        let roots = Arc::new(roots);
        let der = |shown: &Shown| -> PrivateKeyDer<'static> {
            PrivateKeyDer::Pkcs8(shown.key.pkcs8_der().to_vec().into())
        };
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider()).build()?;
        let mut server = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(node.chain.clone(), der(&node))?;
        server.send_tls13_tickets = 0;
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.alpn_protocols = vec![ALPN.to_vec()];
        let client = client(
            Arc::unwrap_or_clone(roots),
            connector.chain.clone(),
            der(&connector),
        )?;
        let list =
            |all: &[CertificateDer<'static>]| all.iter().map(hex::encode).collect::<Vec<_>>().join(",");
        let roots = list(authority.bundle().certificates());
        let text = format!(
            "{roots} {} {}",
            list(&connector.chain),
            hex::encode(connector.key.pkcs8_der())
        );
        Ok(Self { server, client, text })
    }

    /// What [`client_of`](Self::client_of) takes, on one line. The key is worth nothing.
    pub(super) fn to_text(&self) -> &str {
        &self.text
    }

    /// A client of the endpoint whose process said this.
    pub(super) fn client_of(text: &str) -> Result<ClientConfig> {
        let mut parts = text.split(' ');
        let mut next = || parts.next().context("half a line");
        let list = |text: &str| -> Result<Vec<CertificateDer<'static>>> {
            text.split(',').map(|one| Ok(hex::decode(one)?.into())).collect()
        };
        let mut roots = RootCertStore::empty();
        for root in list(next()?)? {
            roots.add(root)?;
        }
        let chain = list(next()?)?;
        let key = PrivateKeyDer::Pkcs8(hex::decode(next()?)?.into());
        let client = client(roots, chain, key)?;
        Ok(ClientConfig::new(Arc::new(QuicClientConfig::try_from(client)?)))
    }

    /// Listens, with quinn's own settings.
    pub(super) fn endpoint(&self) -> Result<Endpoint> {
        let server = QuicServerConfig::try_from(self.server.clone())?;
        let server = quinn::ServerConfig::with_crypto(Arc::new(server));
        Ok(Endpoint::server(server, (Ipv4Addr::LOCALHOST, 0).into())?)
    }

    async fn tls(&self, each: usize) -> Result<Line> {
        let acceptor = TlsAcceptor::from(Arc::new(self.server.clone()));
        let listening = Listening::start(async move |told| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let _ = told.send(listener.local_addr()?);
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await?;
                let acceptor = acceptor.clone();
                peers.spawn(async move {
                    let mut tls = acceptor.accept(stream).await?;
                    tls.write_all(b"!").await?;
                    tls.flush().await?;
                    // Until the other side has gone.
                    let _ = tls.read(&mut [0]).await;
                    Ok::<(), std::io::Error>(())
                });
                while peers.try_join_next().is_some() {}
            }
        });
        let listening = listening.await?;
        let connector = TlsConnector::from(Arc::new(self.client.clone()));
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for _ in 0..AT_ONCE {
            let (connector, to) = (connector.clone(), listening.address);
            tasks.spawn(async move {
                for _ in 0..each {
                    let tcp = TcpStream::connect(to).await?;
                    tcp.set_nodelay(true)?;
                    let mut tls = connector.connect(ServerName::try_from("localhost")?, tcp).await?;
                    tls.read_exact(&mut [0]).await?;
                }
                Ok(each)
            });
        }
        let mut line = finish(tasks, started).await?;
        line.cpu = listening.stop().await?;
        Ok(line)
    }

    async fn quinn(&self, each: usize) -> Result<Line> {
        let server = QuicServerConfig::try_from(self.server.clone())?;
        let server = quinn::ServerConfig::with_crypto(Arc::new(server));
        let listening = Listening::start(async move |told| {
            let endpoint = Endpoint::server(server, (Ipv4Addr::LOCALHOST, 0).into())?;
            let _ = told.send(endpoint.local_addr()?);
            let mut peers = JoinSet::new();
            while let Some(incoming) = endpoint.accept().await {
                peers.spawn(async move {
                    let connection = incoming.await?;
                    let mut stream = connection.open_uni().await?;
                    let _ = stream.write_all(b"!").await;
                    connection.closed().await;
                    Ok::<(), quinn::ConnectionError>(())
                });
                while peers.try_join_next().is_some() {}
            }
            Ok(())
        });
        let listening = listening.await?;
        let client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(self.client.clone())?));
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for _ in 0..AT_ONCE {
            let (client, to) = (client.clone(), listening.address);
            tasks.spawn(async move {
                let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
                for _ in 0..each {
                    let connection = endpoint.connect_with(client.clone(), to, "localhost")?.await?;
                    let mut stream = connection.accept_uni().await?;
                    stream.read_exact(&mut [0]).await?;
                    connection.close(0_u32.into(), b"");
                }
                Ok(each)
            });
        }
        let mut line = finish(tasks, started).await?;
        line.cpu = listening.stop().await?;
        Ok(line)
    }
}

/// The listening side of a baseline, on a thread of its own, so that its processor time can be told from the others'.
struct Listening {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    thread: thread::JoinHandle<Result<f64>>,
}

impl Listening {
    async fn start(
        serve: impl AsyncFnOnce(oneshot::Sender<SocketAddr>) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let (told, address) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                tokio::select! {
                    served = serve(told) => served,
                    _ = ended => Ok(()),
                }
            })?;
            drop(runtime);
            cpu_seconds_of(&fs::read_to_string("/proc/thread-self/stat")?)
        });
        Ok(Self {
            address: address.await.context("a baseline does not listen")?,
            end,
            thread,
        })
    }

    /// Ends it, and gives the processor time that it took.
    async fn stop(self) -> Result<f64> {
        let _ = self.end.send(());
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        let Ok(seconds) = ended else {
            bail!("a baseline panicked")
        };
        let seconds = seconds?;
        ensure!(seconds >= 0.0, "no processor time");
        Ok(seconds)
    }
}
