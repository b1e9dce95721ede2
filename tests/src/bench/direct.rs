//! The baseline: a PostgreSQL client in the cloud that reaches the customer's database itself, over TLS, as such services
//! do without a tunnel.

use std::io::Read;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::figures::Sample;
use super::site::Ground;
use crate::postgres::{DATABASE, READER, READER_PASSWORD};

/// The statement that the connector renders for the query that is measured, with its parameters.
const ONE_ROW: &str = "select id, full_table_name, column_name, metric_name, metric_type, metric_value, source_value, \
    bucket_start, bucket_end, bucket_duration_hours, updated_at, dimension, dimension_value, metric_properties, created_at \
    from analytics_elementary.data_monitoring_metrics where created_at >= $1::text::timestamp \
    order by created_at, id limit 1";

/// The whole table in the fastest form that the database has. Unordered: that is in its favour.
const COPY: &str = "copy analytics_elementary.data_monitoring_metrics to stdout (format binary)";

/// An open session with its prepared statement.
pub(super) struct Session {
    client: Client,
    statement: Statement,
    _connection: JoinSet<()>,
}

impl Session {
    pub(super) async fn open(ground: &Ground) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ground.cluster.ca())? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let database = ground.database();
        let mut config = Config::new();
        config
            .host(database.ip().to_string())
            .port(database.port())
            .dbname(DATABASE);
        config.user(READER).password(READER_PASSWORD);
        let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { drop(connection.await) });
        let statement = client.prepare(ONE_ROW).await?;
        Ok(Self {
            client,
            statement,
            _connection: tasks,
        })
    }

    /// One row, `exchanges` times.
    pub(super) async fn ask(&self, exchanges: usize, since: &str) -> Result<Sample> {
        let mut sample = Sample::default();
        for _ in 0..exchanges {
            let began = Instant::now();
            let rows = self.client.query(&self.statement, &[&since]).await?;
            sample.add_time(began.elapsed());
            ensure!(rows.len() == 1, "{} rows", rows.len());
        }
        Ok(sample)
    }
}

/// One row by a new session each time: TCP, TLS, password, statement.
pub(super) async fn ask_anew(ground: &Ground, times: usize, since: &str) -> Result<Sample> {
    let mut sample = Sample::default();
    for _ in 0..times {
        let began = Instant::now();
        let session = Session::open(ground).await?;
        session.ask(1, since).await?;
        sample.add_time(began.elapsed());
    }
    Ok(sample)
}

/// What a copy brought until it ended or was cut off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied {
    pub(super) bytes: u64,
    pub(super) seconds: f64,
    pub(super) whole: bool,
}

/// The whole table by `psql`, which is C and only passes bytes on: no driver is faster. Cut off after `cap`.
pub(super) fn copy(ground: &Ground, cap: Duration) -> Result<Copied> {
    let database = ground.database();
    let mut psql = ground.cloud.command("psql");
    psql.args(["-X", "-q", "-c", COPY])
        .env("PGPASSWORD", READER_PASSWORD);
    psql.args([
        "-d",
        &format!(
            "host={} port={} dbname={DATABASE} user={READER} sslmode=verify-full sslrootcert={}",
            database.ip(),
            database.port(),
            ground.cluster.ca().display()
        ),
    ]);
    let began = Instant::now();
    let mut child = psql
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("starting psql")?;
    let mut out = child.stdout.take().context("the output of psql")?;
    // A few pieces ahead: the copy waits for whoever counts, not for memory.
    let (progress, received) = mpsc::sync_channel(64);
    let reader = thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        while let Ok(n @ 1..) = out.read(&mut buffer) {
            if progress.send(n as u64).is_err() {
                return;
            }
        }
    });
    let (mut bytes, mut whole) = (0, false);
    loop {
        match received.recv_timeout(cap.saturating_sub(began.elapsed())) {
            Ok(n) => bytes += n,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                whole = true;
                break;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => break,
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    drop(received);
    if !whole {
        child.kill()?;
    }
    let status = child.wait()?;
    let _ = reader.join();
    ensure!(!whole || status.success(), "psql ended with {status}");
    Ok(Copied {
        bytes,
        seconds,
        whole,
    })
}
