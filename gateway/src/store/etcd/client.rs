//! Calls to the members of an etcd cluster: one connection to each member that is used, failover, deadlines.
//!
//! gRPC's framing is tonic's; the connections are made here, because which member is asked next and how long for is what
//! this module is about. A call that may have been carried out although no answer came is said to be in doubt, and only
//! calls that may be made twice are made again.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use http::uri::PathAndQuery;
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Mutex,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use tonic::{
    Code, Request, Status, Streaming,
    body::Body,
    client::{Grpc, GrpcService},
    metadata::MetadataValue,
};
use tonic_prost::ProstCodec;

use super::settings::{Endpoint, Settings};

/// Part of a call's time that the first member is given: the next one is asked while there is time for it. A call that went
/// to a leader that has just died is lost, and one that is made after the next is elected is answered at once.
const SHARES: u32 = 10;
/// Between two rounds over the members. A change of leader takes a second or two.
const ROUND: Duration = Duration::from_millis(100);
/// A connection in use is pinged this often, and given up when there was no answer for that long. etcd closes connections that
/// ping more than once in five seconds, or while nothing runs on them.
const PING: Duration = Duration::from_secs(10);
const PONG: Duration = Duration::from_secs(5);
/// Between two questions on a stream of answers whose silence would look like quiet.
const PULSE: Duration = Duration::from_secs(1);
/// Largest answer: a page of entries of ordinary size is far below, and one of larger ones is asked for in parts.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// What can be asked.
pub(super) mod path {
    use http::uri::PathAndQuery;

    pub(in super::super) const RANGE: PathAndQuery = PathAndQuery::from_static("/etcdserverpb.KV/Range");
    pub(in super::super) const TXN: PathAndQuery = PathAndQuery::from_static("/etcdserverpb.KV/Txn");
    pub(in super::super) const WATCH: PathAndQuery = PathAndQuery::from_static("/etcdserverpb.Watch/Watch");
    pub(in super::super) const GRANT: PathAndQuery =
        PathAndQuery::from_static("/etcdserverpb.Lease/LeaseGrant");
    pub(in super::super) const REVOKE: PathAndQuery =
        PathAndQuery::from_static("/etcdserverpb.Lease/LeaseRevoke");
    pub(in super::super) const KEEP_ALIVE: PathAndQuery =
        PathAndQuery::from_static("/etcdserverpb.Lease/LeaseKeepAlive");
}

/// The files that TLS needs cannot be used.
#[derive(Debug, Error)]
#[error("[store.etcd] in gateway.toml: cannot use {what}: {reason}")]
pub struct TlsFilesError {
    what: String,
    reason: String,
}

/// Why a call was not answered.
#[derive(Debug)]
pub(super) enum Failure {
    /// The cluster said no.
    Refused(Status),
    /// No member answered in time; the last reason.
    Unreachable(String),
}

/// An answer, and whether an earlier attempt of the same call may have been carried out.
pub(super) struct Answered<T> {
    pub(super) answer: T,
    pub(super) in_doubt: bool,
}

/// What can be sent and received.
pub(super) trait Message: prost::Message + Default + Clone + 'static {}
impl<T: prost::Message + Default + Clone + 'static> Message for T {}

/// The members.
pub(super) struct Client {
    members: Vec<Member>,
    /// Where the last call went well.
    preferred: AtomicUsize,
    settings: Settings,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.members.iter().map(|m| m.endpoint.to_string()))
            .finish()
    }
}

struct Member {
    endpoint: Endpoint,
    link: Mutex<Option<Link>>,
}

struct Link {
    sender: SendRequest<Body>,
    _driving: AbortOnDropHandle<()>,
}

impl Client {
    /// Connects to nobody yet, but reads the files of TLS.
    pub(super) fn new(settings: &Settings) -> Result<Self, TlsFilesError> {
        if settings.endpoints.iter().any(Endpoint::tls) {
            tls_config(settings)?;
        }
        let members: Vec<Member> = settings
            .endpoints
            .iter()
            .map(|endpoint| Member {
                endpoint: endpoint.clone(),
                link: Mutex::default(),
            })
            .collect();
        Ok(Self {
            // The nodes of an installation have the same list, and should not all go to the first.
            preferred: AtomicUsize::new(rand::random_range(0..members.len().max(1))),
            members,
            settings: settings.clone(),
        })
    }

    /// Asks one thing of one member after another until one answers.
    pub(super) async fn call<Q: Message, A: Message>(
        &self,
        method: PathAndQuery,
        question: Q,
    ) -> Result<Answered<A>, Failure> {
        self.each(|sender, origin| {
            let (method, question) = (method.clone(), question.clone());
            async move {
                let mut grpc = ready(sender, origin).await?;
                let answer = grpc
                    .unary(request(question), method, ProstCodec::<Q, A>::default())
                    .await?;
                Ok(answer.into_inner())
            }
        })
        .await
    }

    /// Asks one thing by a call that takes many, and waits for the first answer.
    pub(super) async fn first<Q: Message, A: Message>(
        &self,
        method: PathAndQuery,
        question: Q,
    ) -> Result<Answered<A>, Failure> {
        self.each(|sender, origin| {
            let (method, question) = (method.clone(), question.clone());
            async move {
                let once = stream::once(std::future::ready(question));
                let mut answers = streaming::<Q, A>(sender, origin, method, once).await?;
                answers.message().await?.ok_or_else(ended)
            }
        })
        .await
    }

    /// Opens a stream of answers to one question, asks `pulse` every second from then on, and waits for the first answer.
    pub(super) async fn open<Q: Message, A: Message>(
        &self,
        method: PathAndQuery,
        question: Q,
        pulse: Q,
    ) -> Result<(A, Streaming<A>), Failure> {
        let opened = self.each(|sender, origin| {
            let (method, question, pulse) = (method.clone(), question.clone(), pulse.clone());
            async move {
                // The end of the questions would be the end of the answers.
                let pulses = stream::unfold(pulse, async |pulse| {
                    sleep(PULSE).await;
                    Some((pulse.clone(), pulse))
                });
                let open = stream::once(std::future::ready(question)).chain(pulses);
                let mut answers = streaming::<Q, A>(sender, origin, method, open).await?;
                let first = answers.message().await?.ok_or_else(ended)?;
                Ok((first, answers))
            }
        });
        Ok(opened.await?.answer)
    }

    async fn each<T, F>(
        &self,
        attempt: impl Fn(SendRequest<Body>, http::Uri) -> F,
    ) -> Result<Answered<T>, Failure>
    where
        F: Future<Output = Result<T, Status>> + Send,
    {
        let deadline = Instant::now() + self.settings.request;
        let (mut in_doubt, mut last, mut late) = (false, String::new(), 0);
        for turn in 0.. {
            let at = self.preferred.load(Ordering::Relaxed);
            let Some(member) = self.members.get(at) else { break };
            // More patience with each that is late, for a cluster that is slow and not dead.
            let share = self.settings.request / SHARES * (1 + late / 2);
            let until = deadline.min(Instant::now() + share);
            match timeout_at(until, self.link(member)).await {
                Ok(Ok((sender, origin))) => match timeout_at(until, attempt(sender, origin)).await {
                    Ok(Ok(answer)) => return Ok(Answered { answer, in_doubt }),
                    Ok(Err(status)) => match meaning(&status) {
                        Meaning::Final => return Err(Failure::Refused(status)),
                        Meaning::NotDone => last = words(member, &status),
                        Meaning::InDoubt => {
                            in_doubt = true;
                            last = words(member, &status);
                        }
                    },
                    Err(_) => {
                        in_doubt = true;
                        late += 1;
                        last = format!("{} did not answer in time", member.endpoint);
                    }
                },
                Ok(Err(error)) => last = format!("{}: {error}", member.endpoint),
                Err(_) => {
                    late += 1;
                    last = format!("{} cannot be reached in time", member.endpoint);
                }
            }
            self.leave(at);
            let around = (turn + 1) % self.members.len() == 0;
            if Instant::now() + ROUND >= deadline {
                break;
            }
            if around {
                sleep(ROUND).await;
            }
        }
        Err(Failure::Unreachable(last))
    }

    /// Makes another member the preferred one, unless somebody else has.
    fn leave(&self, at: usize) {
        let next = (at + 1) % self.members.len().max(1);
        let _ = self
            .preferred
            .compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// A connection to the member. Whoever comes while one is being made waits for the same.
    async fn link(&self, member: &Member) -> Result<(SendRequest<Body>, http::Uri), io::Error> {
        let mut link = member.link.lock().await;
        let sender = match link.as_ref() {
            Some(there) if !there.sender.is_closed() => there.sender.clone(),
            _ => {
                let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no connection in time");
                let made = timeout(self.settings.connect, connect(&member.endpoint, &self.settings));
                let made = made.await.map_err(late)??;
                let sender = made.sender.clone();
                *link = Some(made);
                sender
            }
        };
        let origin = member.endpoint.to_string().parse();
        Ok((sender, origin.map_err(io::Error::other)?))
    }
}

async fn connect(endpoint: &Endpoint, settings: &Settings) -> Result<Link, io::Error> {
    let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
    stream.set_nodelay(true)?;
    if !endpoint.tls() {
        return handshake(stream).await;
    }
    let tls = tls_config(settings).map_err(io::Error::other)?;
    let name = ServerName::try_from(endpoint.host().to_owned()).map_err(io::Error::other)?;
    handshake(TlsConnector::from(Arc::new(tls)).connect(name, stream).await?).await
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Link, io::Error> {
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let driving = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to etcd ended");
        }
    });
    Ok(Link {
        sender,
        _driving: AbortOnDropHandle::new(driving),
    })
}

fn tls_config(settings: &Settings) -> Result<ClientConfig, TlsFilesError> {
    let bad = |what: &dyn fmt::Display, reason: &dyn fmt::Display| TlsFilesError {
        what: what.to_string(),
        reason: reason.to_string(),
    };
    let mut roots = RootCertStore::empty();
    match &settings.ca {
        Some(path) => {
            let bad = |reason: &dyn fmt::Display| bad(&path.display(), reason);
            for root in CertificateDer::pem_file_iter(path).map_err(|e| bad(&e))? {
                roots.add(root.map_err(|e| bad(&e))?).map_err(|e| bad(&e))?;
            }
            if roots.is_empty() {
                return Err(bad(&"there is no certificate in it"));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let builder = ClientConfig::builder_with_provider(certs::tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| bad(&"TLS", &e))?
        .with_root_certificates(roots);
    let mut tls = match &settings.client {
        Some(client) => {
            let read = CertificateDer::pem_file_iter(&client.certificate);
            let chain: Result<Vec<_>, _> = read
                .map_err(|e| bad(&client.certificate.display(), &e))?
                .collect();
            let chain = chain.map_err(|e| bad(&client.certificate.display(), &e))?;
            let key =
                PrivateKeyDer::from_pem_file(&client.key).map_err(|e| bad(&client.key.display(), &e))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|e| bad(&client.certificate.display(), &e))?
        }
        None => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(tls)
}

/// A connection as gRPC's framing uses it.
trait Carrier:
    GrpcService<Body, ResponseBody = Incoming, Error = hyper::Error, Future: Send> + Send + 'static
{
}
impl<T> Carrier for T where
    T: GrpcService<Body, ResponseBody = Incoming, Error = hyper::Error, Future: Send> + Send + 'static
{
}

async fn ready(sender: SendRequest<Body>, origin: http::Uri) -> Result<Grpc<impl Carrier>, Status> {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let mut sender = sender.clone();
        async move {
            sender.ready().await?;
            sender.send_request(request).await
        }
    });
    let mut grpc = Grpc::with_origin(service, origin).max_decoding_message_size(MAX_ANSWER_BYTES);
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    Ok(grpc)
}

async fn streaming<Q: Message, A: Message>(
    sender: SendRequest<Body>,
    origin: http::Uri,
    method: PathAndQuery,
    questions: impl futures_util::Stream<Item = Q> + Send + 'static,
) -> Result<Streaming<A>, Status> {
    let mut grpc = ready(sender, origin).await?;
    let answers = grpc
        .streaming(request(questions), method, ProstCodec::<Q, A>::default())
        .await?;
    Ok(answers.into_inner())
}

/// A member that has lost its cluster says so at once, also in the middle of a watch, instead of being silent.
fn request<T>(content: T) -> Request<T> {
    let mut request = Request::new(content);
    request
        .metadata_mut()
        .insert("hasleader", MetadataValue::from_static("true"));
    request
}

fn ended() -> Status {
    Status::unavailable("the member ended the call")
}

enum Meaning {
    /// The cluster's answer; another member has the same.
    Final,
    /// Another member may have another answer, and this one has done nothing.
    NotDone,
    /// The same, but it is not known what it has done.
    InDoubt,
}

/// etcd's errors: the codes and, where one stands for several, the words of its `rpctypes`.
fn meaning(status: &Status) -> Meaning {
    match status.code() {
        Code::Unavailable if status.message().contains("no leader") => Meaning::NotDone,
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Unknown
        | Code::Internal
        | Code::Aborted
        | Code::DataLoss => Meaning::InDoubt,
        _ => Meaning::Final,
    }
}

fn words(member: &Member, status: &Status) -> String {
    format!("{}: {}", member.endpoint, status.message())
}
