//! An HTTP proxy for tests: CONNECT with a password, and what else stands on customers' networks: one that refuses, one that
//! breaks TLS open, one that dies.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The issuer that an inspecting proxy names in its certificates.
pub const INSPECTOR: &str = "Inspection of Example Corp";

/// What a proxy does.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Connects whoever shows these credentials (`user:password` in Base64), or anybody.
    Serves(Option<&'static str>),
    /// Answers with this status.
    Refuses(u16),
    /// Says that it has connected, and shows a certificate of its own.
    Inspects,
}

/// A running proxy; it dies with the value, and its connections with it.
#[derive(Debug)]
pub struct Proxy {
    /// Where it is.
    pub address: SocketAddr,
    connected: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Starts one on loopback.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(manner: Manner) -> Result<Self> {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into(), manner).await
    }

    /// Starts one at this address.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn listen(at: SocketAddr, manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let connected = Arc::new(AtomicUsize::new(0));
        let acceptor = inspector()?;
        let mut tasks = JoinSet::new();
        let count = Arc::clone(&connected);
        tasks.spawn(async move {
            // They end with the listener.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, acceptor, count) = (manner.clone(), acceptor.clone(), Arc::clone(&count));
                connections.spawn(async move {
                    let _ = serve(stream, manner, acceptor, &count).await;
                });
            }
        });
        Ok(Self {
            address,
            connected,
            _tasks: tasks,
        })
    }

    /// Connections that it has made for others.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }
}

async fn serve(
    mut stream: TcpStream,
    manner: Manner,
    acceptor: TlsAcceptor,
    count: &AtomicUsize,
) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let to = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let status = match &manner {
        Manner::Serves(Some(credentials))
            if !head.contains(&format!("Proxy-Authorization: Basic {credentials}\r\n")) =>
        {
            407
        }
        Manner::Refuses(status) => *status,
        Manner::Serves(_) | Manner::Inspects => 200,
    };
    let answer = format!("HTTP/1.1 {status} As a test has it\r\n\r\n");
    if status != 200 {
        stream.write_all(answer.as_bytes()).await?;
        return Ok(());
    }
    if matches!(manner, Manner::Inspects) {
        stream.write_all(answer.as_bytes()).await?;
        let _ = acceptor.accept(stream).await;
        return Ok(());
    }
    let mut onward = TcpStream::connect(&to).await?;
    stream.write_all(answer.as_bytes()).await?;
    count.fetch_add(1, Ordering::Relaxed);
    copy_bidirectional(&mut stream, &mut onward).await?;
    Ok(())
}

fn inspector() -> Result<TlsAcceptor> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, INSPECTOR);
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key))?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let mut config = ServerConfig::builder_with_provider(certs::tls::provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)?;
    config.alpn_protocols = vec![
        proto::limits::ALPN_HTTP2.to_vec(),
        b"h2".to_vec(),
        b"http/1.1".to_vec(),
    ];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
