//! Many tunnels on one gateway: what an idle one holds, how soon all are back after the gateway was killed, and what queries
//! take meanwhile. Beside it what a bare QUIC endpoint holds for the same connections.
//!
//! The connectors are in this process: certificates of their own, connections over a few sockets, probes answered, and the
//! real connector's back-off ([`connector::tunnel::backoff`]) with its deadlines and keep-alive. What a real one does besides,
//! policy and warehouse, is not the gateway's load.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use certs::csr::request;
use certs::key::PrivateKey;
use certs::token::JoinToken;
use connector::tunnel::backoff::Backoff;
use connector::tunnel::dial::{HANDSHAKE_DEADLINE, KEEP_ALIVE, SILENCE};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use proto::enrol::{EnrolRequest, PATH};
use proto::limits::MAX_EXCHANGES;
use proto::wire::codec::Decoder;
use proto::wire::frame::{ControlFrame, ExchangeFrame, Frame as _, Hello, ProbeReply};
use quinn::{ClientConfig, Connection, Endpoint, TransportConfig, VarInt};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::cpu_seconds;
use super::figures::Sample;
use super::handshakes::Baseline;
use crate::double::connector::{Connector, Dial, Sample as Answer, hello};
use crate::double::forge::Shown;
use crate::double::scene::{Got, LAKE, Scene};
use crate::samples::Samples;
use crate::wait;
use crate::world::{Setup, Side, World, query_body};

/// Enrolments at once; the gateway lets eight in.
const JOINS: usize = 6;

/// Connectors of one account: a list of them is read at every enrolment.
const OF_TENANT: usize = 200;

/// Sockets that all tunnels share.
const ENDPOINTS: usize = 32;

/// Tunnels opened at once while the idle set is made.
const AT_ONCE: usize = 32;

/// Queries for each latency, before the storm.
const QUERIES: usize = 200;

/// For the processor time of tunnels that do nothing: each has a probe in it, and three signs of life.
const IDLE: Duration = Duration::from_secs(10);

/// Nobody waits longer for a set of tunnels to stand.
const LIMIT: Duration = Duration::from_secs(600);

/// The argument that makes this program the bare endpoint.
pub const BARE: &str = "--bare-endpoint";

/// What was measured.
#[derive(Debug, Default)]
pub struct Scale {
    /// Tunnels that stood at once.
    pub tunnels: usize,
    /// Resident bytes of the gateway for each.
    pub bytes: f64,
    /// The same of a bare QUIC endpoint, where it was measured.
    pub bare: Option<f64>,
    /// Seconds of processor time of the gateway in a second, while nobody asks.
    pub idle_cpu: Option<f64>,
    /// The same with one caller who asks without a pause.
    pub calm_cpu: f64,
    /// Seconds of each query while all are idle.
    pub calm: Sample,
    /// Connectors that came back.
    pub returned: usize,
    /// Seconds from the kill until the gateway was ready again.
    pub ready: f64,
    /// Seconds from then until each tunnel stood again.
    pub back: Sample,
    /// Seconds of each query meanwhile.
    pub storm: Sample,
    /// Queries that were not answered while the asked tunnel stood.
    pub failed: usize,
    /// Attempts that were refused, and that were asked to show their address.
    pub turned_away: (f64, f64),
    /// Processor time of the gateway from its start until all were back.
    pub cpu: f64,
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |seconds: f64| format!("{:.1} ms", seconds * 1e3);
        let kib = |bytes: f64| format!("{:.1} KiB", bytes / 1024.0);
        let bare = self.bare.map_or_else(|| "–".to_owned(), kib);
        writeln!(f, "| What | Ours | A bare QUIC endpoint |\n|---|---|---|")?;
        writeln!(f, "| idle tunnels held at once | {} | the same |", self.tunnels)?;
        writeln!(f, "| resident memory for each | {} | {bare} |", kib(self.bytes))?;
        for (who, cpu) in [
            ("nobody asks", self.idle_cpu),
            ("one caller asks", Some(self.calm_cpu)),
        ] {
            let cpu = cpu.map_or_else(|| "–".to_owned(), ms);
            writeln!(
                f,
                "| processor time of the gateway in a second, {who} | {cpu} | – |"
            )?;
        }
        let calm = &self.calm;
        writeln!(
            f,
            "| a query meanwhile, p50 and p99 | {}, {} | – |",
            ms(calm.median()),
            ms(calm.quantile(0.99))
        )?;
        writeln!(f, "| after SIGKILL: ready again | {:.2} s | – |", self.ready)?;
        for (what, share) in [("half", 0.5), ("99 of 100", 0.99), ("all", 1.0)] {
            let seconds = self.back.quantile(share);
            writeln!(
                f,
                "| from then on: {what} of {} back | {seconds:.1} s | – |",
                self.returned
            )?;
        }
        let storm = &self.storm;
        let (p50, p99) = (ms(storm.median()), ms(storm.quantile(0.99)));
        writeln!(
            f,
            "| a query on a tunnel that stands meanwhile, p50 and p99 | {p50}, {p99} | – |"
        )?;
        writeln!(f, "| such queries that failed | {} | – |", self.failed)?;
        let (refused, shown) = self.turned_away;
        writeln!(
            f,
            "| attempts refused, and requests to show an address | {refused}, {shown} | – |"
        )?;
        writeln!(
            f,
            "| processor time of the gateway until all were back | {:.1} s | – |",
            self.cpu
        )
    }
}

/// What all connectors share.
struct Crowd {
    to: SocketAddr,
    hello: Hello,
    endpoints: Vec<Endpoint>,
    standing: AtomicUsize,
    /// When each tunnel stood first since the last look.
    welcomed: Mutex<HashMap<usize, Instant>>,
    changed: Notify,
}

impl Crowd {
    fn new(to: SocketAddr) -> Result<Self> {
        let endpoints = (0..ENDPOINTS).map(|_| Ok(Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?));
        Ok(Self {
            to,
            hello: hello(&[LAKE])?,
            endpoints: endpoints.collect::<Result<_>>()?,
            standing: AtomicUsize::new(0),
            welcomed: Mutex::default(),
            changed: Notify::new(),
        })
    }

    fn welcomed(&self) -> MutexGuard<'_, HashMap<usize, Instant>> {
        self.welcomed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `enough` says so.
    async fn until(&self, enough: impl Fn() -> bool) -> Result<()> {
        let all = async {
            loop {
                let changed = self.changed.notified();
                if enough() {
                    return;
                }
                changed.await;
            }
        };
        let standing = || self.standing.load(Ordering::SeqCst);
        timeout(LIMIT, all)
            .await
            .with_context(|| format!("only {} tunnels stand", standing()))
    }

    async fn stand(&self, count: usize) -> Result<()> {
        self.until(|| self.standing.load(Ordering::SeqCst) >= count).await
    }
}

/// One tunnel among those that stand.
struct Standing(Arc<Crowd>);

impl Standing {
    fn new(crowd: &Arc<Crowd>, number: usize) -> Self {
        crowd.standing.fetch_add(1, Ordering::SeqCst);
        crowd.welcomed().entry(number).or_insert_with(Instant::now);
        crowd.changed.notify_one();
        Self(Arc::clone(crowd))
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.standing.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Keeps `tunnels` idle tunnels, then has `returning` of them lose their gateway and come back. `bare` is the program that
/// is a bare endpoint with [`BARE`].
///
/// # Errors
/// When something does not run, or somebody is not let in.
pub async fn run(tunnels: usize, returning: usize, bare: Option<&Path>) -> Result<Scale> {
    ensure!(returning <= tunnels, "no more come back than were there");
    let most = (
        "# tunnels = 10000".to_owned(),
        format!("tunnels = {}", tunnels + 100),
    );
    let setup = Setup {
        log_level: "info",
        gateway_settings: vec![most],
        ..Setup::default()
    };
    let mut scene = Scene::alone(setup).await?;
    let joins = (0..tunnels).map(|number| join(&scene.world, number));
    let joined: Vec<Shown> = stream::iter(joins).buffer_unordered(JOINS).try_collect().await?;
    let crowd = Arc::new(Crowd::new(scene.world.listener("tunnel")?)?);
    let mut found = Scale {
        tunnels,
        returned: returning,
        ..Scale::default()
    };

    let (before, _) = scene.world.gateway.memory()?;
    let mut keepers = JoinSet::new();
    let mut handles = Vec::new();
    for (number, shown) in joined.iter().enumerate() {
        let config = as_a_connector(scene.dial.clone().showing(shown).settings()?);
        handles.push(keepers.spawn(keep(Arc::clone(&crowd), config, number)));
        // A few at once, so that this is no storm.
        if number % AT_ONCE == AT_ONCE - 1 {
            crowd.stand(number + 1).await?;
        }
    }
    crowd.stand(tunnels).await?;
    let (after, _) = scene.world.gateway.memory()?;
    found.bytes = after.saturating_sub(before) as f64 / tunnels as f64;
    if let Some(program) = bare {
        found.bare = Some(bare_memory(program, tunnels).await?);
        let (cpu, began) = (cpu_seconds(&scene.world.gateway)?, Instant::now());
        let _ = timeout(IDLE, std::future::pending::<()>()).await;
        found.idle_cpu = Some((cpu_seconds(&scene.world.gateway)? - cpu) / began.elapsed().as_secs_f64());
    }

    let mut asked = JoinSet::new();
    asked.spawn(answering(scene.dial.clone(), crowd.to));
    let body = query_body("package.version", &json!({}));
    let answer = async || timed(&scene, &body).await.1.then_some(());
    wait::until("a first answer", LIMIT, answer).await?;
    let (cpu, started) = (cpu_seconds(&scene.world.gateway)?, Instant::now());
    for _ in 0..QUERIES {
        let (seconds, whole) = timed(&scene, &body).await;
        ensure!(whole, "a query failed in the calm");
        found.calm.add(seconds);
    }
    found.calm_cpu = (cpu_seconds(&scene.world.gateway)? - cpu) / started.elapsed().as_secs_f64();

    for handle in handles.iter().skip(returning) {
        handle.abort();
    }
    storm(&mut scene, &crowd, &mut found, &body).await?;
    keepers.shutdown().await;
    Ok(found)
}

/// The gateway is killed and started; every connector finds out by itself and comes back.
async fn storm(scene: &mut Scene<'_>, crowd: &Crowd, found: &mut Scale, body: &Value) -> Result<()> {
    scene.world.gateway.kill()?;
    let killed = Instant::now();
    crowd.welcomed().clear();
    scene.world.restart_gateway().await?;
    let ready = Instant::now();
    found.ready = ready.duration_since(killed).as_secs_f64();
    let scene = &*scene;
    let returned = found.returned;
    let all = crowd.until(|| crowd.welcomed().len() >= returned);
    tokio::pin!(all);
    let mut answered = false;
    loop {
        tokio::select! {
            done = &mut all => {
                done?;
                break;
            }
            (seconds, whole) = timed(scene, body) => match whole {
                true => {
                    answered = true;
                    found.storm.add(seconds);
                }
                // Before its tunnel is back there is nobody to answer.
                false => found.failed += usize::from(answered),
            },
        }
    }
    found.cpu = cpu_seconds(&scene.world.gateway)?;
    for at in crowd.welcomed().values() {
        found.back.add(at.saturating_duration_since(ready).as_secs_f64());
    }
    let samples = Samples::of(&scene.world, Side::Gateway).await?;
    let of = |result| samples.value(&format!("gateway_tunnel_handshakes_total{{result=\"{result}\"}}"));
    found.turned_away = (of("refused"), of("retry"));
    Ok(())
}

/// How long a query took, and whether it was answered.
async fn timed(scene: &Scene<'_>, body: &Value) -> (f64, bool) {
    let began = Instant::now();
    let got = scene.ask(LAKE, body, "application/json").await;
    (began.elapsed().as_secs_f64(), matches!(got, Ok(Got::Whole)))
}

/// Enrols a connector without a process of its own.
async fn join(world: &World<'_>, number: usize) -> Result<Shown> {
    let tenant = format!("crowd-{}", number / OF_TENANT);
    let made = world
        .admin()
        .post("/v1/tenants", &json!({ "tenant": tenant }))
        .await?;
    if made.status != StatusCode::CONFLICT {
        made.json()?;
    }
    let wish = json!({ "connector": format!("site-{number:06}") });
    let made = world
        .admin()
        .post(&format!("/v1/tenants/{tenant}/join-tokens"), &wish)
        .await?
        .json()?;
    let token = made
        .get("join_token")
        .and_then(Value::as_str)
        .context("no join token")?;
    let token: JoinToken = token.parse()?;
    let key = PrivateKey::generate()?;
    let asked = EnrolRequest {
        secret: token.secret.to_text().to_string(),
        tenant: None,
        connector: None,
        csr: request(&key)?,
        unix_time_ms: u64::try_from(
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)?
                .as_millis(),
        )?,
    };
    let answer = world
        .admin()
        .post(PATH, &serde_json::to_value(&asked)?)
        .await?
        .json()?;
    let chain = answer
        .get("certificate_chain")
        .and_then(Value::as_str)
        .context("no certificate")?;
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>()?;
    Ok(Shown { chain, key })
}

/// The transport's settings of a real connector.
fn as_a_connector(mut config: ClientConfig) -> ClientConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(MAX_EXCHANGES))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(SILENCE.try_into().ok());
    config.transport_config(Arc::new(transport));
    config
}

/// Keeps one tunnel, as a connector does.
async fn keep(crowd: Arc<Crowd>, config: ClientConfig, number: usize) {
    let mut backoff = Backoff::default();
    loop {
        let wait = match open(&crowd, &config, number).await {
            Ok(tunnel) => {
                let (stood, standing) = (Instant::now(), Standing::new(&crowd, number));
                probes(&tunnel.connection).await;
                drop(standing);
                backoff.next(stood.elapsed(), None, rand::random())
            }
            Err(error) if is_busy(&error) => backoff.busy(rand::random()),
            Err(_) => backoff.next(Duration::ZERO, None, rand::random()),
        };
        // Nothing but the time ends the wait.
        let _ = timeout(wait, std::future::pending::<()>()).await;
    }
}

/// Whether the gateway had no time for a handshake.
fn is_busy(error: &anyhow::Error) -> bool {
    let code = match error.downcast_ref() {
        Some(quinn::ConnectionError::ConnectionClosed(close)) => Some(close.error_code),
        _ => None,
    };
    code == Some(quinn::TransportErrorCode::CONNECTION_REFUSED)
}

async fn open(crowd: &Crowd, config: &ClientConfig, number: usize) -> Result<Connector> {
    let endpoint = crowd.endpoints.get(number % ENDPOINTS).context("no socket")?;
    let connecting = endpoint.connect_with(config.clone(), crowd.to, "localhost")?;
    let connection = timeout(HANDSHAKE_DEADLINE, connecting).await??;
    let mut tunnel = Connector::begin(connection).await?;
    tunnel.say(&ControlFrame::Hello(crowd.hello.clone())).await?;
    match tunnel.answers.frame().await? {
        ControlFrame::Welcome(_) => Ok(tunnel),
        other => bail!("no welcome: {other:?}"),
    }
}

/// Answers probes until the connection ends.
async fn probes(connection: &transport::Connection) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        let mut decoder = Decoder::<ExchangeFrame>::new();
        while let Ok(Some(mut bytes)) = receive.read_chunk(1024).await {
            let Ok(Some(ExchangeFrame::Probe(probe))) = decoder.decode(&mut bytes) else {
                continue;
            };
            let reply = ProbeReply {
                unix_time_ms: probe.unix_time_ms,
                exchanges: 0,
            };
            if let Ok(frame) = ExchangeFrame::ProbeReply(reply).encode() {
                let _ = send.write_all(&frame).await; // fails only with the connection
            }
            let _ = send.finish();
            break;
        }
    }
}

/// The tunnel that is asked: it dials again at once, and answers every query.
async fn answering(dial: Dial, to: SocketAddr) -> Result<()> {
    let (sample, config) = (Answer::new(1, 3)?, as_a_connector(dial.settings()?));
    let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
    let mut backoff = Backoff::default();
    loop {
        let connecting = endpoint.connect_with(config.clone(), to, "localhost")?;
        if let Ok(Ok(connection)) = timeout(HANDSHAKE_DEADLINE, connecting).await
            && let Ok(mut tunnel) = Connector::begin(connection).await
            && tunnel.say(&ControlFrame::Hello(hello(&[LAKE])?)).await.is_ok()
        {
            loop {
                match tunnel.asked().await {
                    Ok(asked) => drop(asked.answer(&sample).await), // whoever asked finds out
                    Err(_) if timeout(Duration::ZERO, tunnel.connection.closed()).await.is_ok() => break,
                    // Nobody has asked for a while.
                    Err(_) => {}
                }
            }
        }
        let wait = backoff.next(Duration::ZERO, None, rand::random());
        let _ = timeout(wait.min(Duration::from_secs(1)), std::future::pending::<()>()).await;
    }
}

// ---- the baseline ----

/// Runs as the bare endpoint: says on standard output where it listens and what a client needs, then holds whatever comes.
///
/// # Errors
/// When it cannot listen.
pub async fn bare_endpoint() -> Result<()> {
    let baseline = Baseline::new()?;
    let endpoint = baseline.endpoint()?;
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", endpoint.local_addr()?, baseline.to_text())?;
    out.flush()?;
    let mut held = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        held.spawn(async move {
            if let Ok(connection) = incoming.await {
                connection.closed().await;
            }
        });
    }
    Ok(())
}

/// Resident bytes of the bare endpoint for each of so many idle connections.
async fn bare_memory(program: &Path, count: usize) -> Result<f64> {
    let child = Command::new(program).arg(BARE).stdout(Stdio::piped()).spawn()?;
    let mut child = Killed(child);
    let mut lines = BufReader::new(child.0.stdout.take().context("no output")?).lines();
    let mut line = || {
        lines
            .next()
            .context("the bare endpoint says nothing")?
            .map_err(anyhow::Error::from)
    };
    let to: SocketAddr = line()?.parse()?;
    let config = as_a_connector(Baseline::client_of(&line()?)?);
    let endpoints = (0..ENDPOINTS).map(|_| Ok(Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?));
    let endpoints: Vec<Endpoint> = endpoints.collect::<Result<_>>()?;
    let before = resident(child.0.id())?;
    let dialled = (0..count).map(|number| {
        let connecting = endpoints
            .get(number % ENDPOINTS)
            .context("no socket")
            .and_then(|endpoint| Ok(endpoint.connect_with(config.clone(), to, "localhost")?));
        async move { Ok::<_, anyhow::Error>(connecting?.await?) }
    });
    let held: Vec<Connection> = stream::iter(dialled)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let after = resident(child.0.id())?;
    drop(held);
    Ok(after.saturating_sub(before) as f64 / count as f64)
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill(); // fails only where it has ended
        let _ = self.0.wait();
    }
}

fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
