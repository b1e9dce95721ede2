//! Four connectors on two sources, two for each: both databases of one server, which hold different rows.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::client::Client;
use crate::net::Host;
use crate::paths;
use crate::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use crate::process::{Launch, Process};
use crate::samples::Samples;
use crate::world::{self, SOURCE, TENANT, open_policy};

/// The sources, and the database of each.
pub(super) const SOURCES: [(&str, &str); 2] = [("east", DATABASE), ("west", "warehouse_west")];

/// Many rows more, that no encoding makes small: the answer has several batches.
const MORE: &str = "
    insert into analytics_elementary.data_monitoring_metrics (id, full_table_name, metric_name, metric_value, source_value, created_at)
        select md5(n::text), 'of the chaos', 'row_count', sqrt(n), md5((n * 7)::text) || md5((n * 3)::text) || md5((n * 5)::text), timestamp '2026-01-01' + n % 500 * interval '1 hour'
        from generate_series(1, 16000) n;
";

/// Makes the rows of the second source others than those of the first: changed, and fewer.
const WEST: &str = "
    update analytics_elementary.dbt_models set name = name || ' of the west';
    update analytics_elementary.dbt_run_results set execution_time = execution_time + 1;
    update analytics_elementary.data_monitoring_metrics set metric_value = -1 - metric_value;
    delete from analytics_elementary.elementary_test_results where id < '8';
    vacuum (freeze, analyze);
";

/// A server with both.
///
/// # Errors
/// When PostgreSQL does not start.
pub(super) async fn sources(net: &crate::net::Net) -> Result<Cluster> {
    let cluster = Cluster::start_inside(net.router(), net.address()).await?;
    let [(_, east), (_, west)] = SOURCES;
    run(&cluster, east, MORE).await?;
    let admin = cluster.admin("postgres").await?;
    // One statement each: a database is not made within a transaction.
    for statement in [
        format!("create database {west} template {east}"),
        format!("revoke temporary on database {west} from public"),
    ] {
        admin.execute(&statement, &[]).await?;
    }
    run(&cluster, west, WEST).await?;
    Ok(cluster)
}

/// One statement after the other, none within a transaction with another.
async fn run(cluster: &Cluster, database: &str, script: &str) -> Result<()> {
    let admin = cluster.admin(database).await?;
    for statement in script.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        admin.execute(statement, &[]).await?;
    }
    Ok(())
}

/// One connector on a host of its own.
#[derive(Debug)]
pub(super) struct Connector {
    /// Its name.
    pub name: String,
    /// Its process; a test may kill it.
    pub process: Process,
    /// Where it runs.
    pub host: Arc<Host>,
    folder: PathBuf,
}

impl Connector {
    /// Joins by the gateway of this administrator, with its state in a folder of its own under `folder`, and runs.
    ///
    /// # Errors
    /// When it does not join.
    pub(super) async fn start(
        admin: &Client,
        cluster: &Cluster,
        folder: &Path,
        host: Arc<Host>,
        (source, database): (&'static str, &str),
        name: String,
    ) -> Result<Self> {
        let folder = folder.join(&name);
        fs::create_dir(&folder)?;
        let state = folder.join("state");
        let token = world::join_token(admin, TENANT, &name).await?;
        Launch::new(&paths::program("connector")?)
            .inside(&host.namespace)
            .args(["join", "--token-file", "-", "--state"])
            .args([state.display().to_string()])
            .input(format!("{token}\n"))
            .run()
            .await?
            .succeeded()?;
        connector::identity::write_private(&state.join("password"), READER_PASSWORD.as_bytes())?;
        let settings = format!(
            "[operations]\nlisten = \"127.0.0.1:9464\"\n\n[log]\nformat = \"json\"\nlevel = \"info\"\n\n\
             [[source]]\nname = \"{source}\"\npolicy = \"policy.toml\"\nkind = \"postgres\"\nhost = \"{}\"\nport = {}\n\
             database = \"{database}\"\nuser = \"{READER}\"\npassword_file = \"password\"\nca_file = {:?}\n",
            cluster.address(),
            cluster.port(),
            cluster.ca()
        );
        fs::write(state.join("connector.toml"), settings)?;
        let policy = open_policy("[budget]\nqueries_per_minute = 1000000");
        let policy = policy.replace(
            &format!("source = \"{SOURCE}\""),
            &format!("source = \"{source}\""),
        );
        fs::write(state.join("policy.toml"), policy)?;
        let process = launch(&name, &host, &folder)?;
        Ok(Self {
            name,
            process,
            host,
            folder,
        })
    }

    /// Starts it again after its process has ended, as its supervisor would.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn restart(&mut self) -> Result<()> {
        ensure!(!self.process.is_running(), "{} runs", self.name);
        self.process = launch(&self.name, &self.host, &self.folder)?;
        Ok(())
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// When it does not end well within `limit`.
    pub(super) async fn terminate(&mut self, limit: Duration) -> Result<()> {
        self.process.signal(Signal::TERM)?;
        let status = self.process.ended(limit).await?;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    /// What it measures. Only its own host reaches that.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn samples(&self) -> Result<Samples> {
        let (send, answer) = tokio::sync::oneshot::channel();
        let host = Arc::clone(&self.host);
        let address = SocketAddr::from(([127, 0, 0, 1], 9464));
        // A thread that goes to another host does not come back.
        std::thread::spawn(move || {
            let look = || {
                host.namespace.enter()?;
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(world::plain_get(address, "/metrics"))
            };
            send.send(look())
        });
        Samples::parse(&answer.await.context("the thread ended")??)
    }
}

fn launch(name: &str, host: &Host, folder: &Path) -> Result<Process> {
    Launch::new(&paths::program("connector")?)
        .named(name)
        .inside(&host.namespace)
        .args(["run", "--state"])
        .args([folder.join("state").display().to_string()])
        .start(folder)
}
