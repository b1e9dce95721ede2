//! How long a revoked connector keeps its tunnel: from the operator's request, and from the start of the command, to the end
//! of the connection at the connector. Beside it, in the same run and in turns, a write through the same API that ends no
//! tunnel, which is what the way through HTTPS and the store costs.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::Method;
use proto::error::Code;
use serde_json::json;
use tokio::time::timeout;
use transport::ConnectionError;

use super::figures::Sample;
use crate::double::connector::Connector;
use crate::double::scene::{LAKE, Scene, enrol};
use crate::paths;
use crate::process::Launch;
use crate::world::{Setup, TENANT};

/// Above any figure that would still be one.
const LIMIT: Duration = Duration::from_secs(10);

/// What was measured.
#[derive(Debug, Default)]
pub struct Revocations {
    /// A join token is made: the request and its answer.
    pub write: Sample,
    /// The revocation is answered.
    pub answered: Sample,
    /// The tunnel is closed, from the request on.
    pub closed: Sample,
    /// The command has ended.
    pub command: Sample,
    /// The tunnel is closed, from the command's start on.
    pub closed_by_command: Sample,
}

impl fmt::Display for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| From … to … | Median | 99th percentile | Most |\n|---|---|---|---|"
        )?;
        for (what, sample) in [
            (
                "a request to make a join token, to its answer: the baseline",
                &self.write,
            ),
            ("a request to revoke, to its answer", &self.answered),
            (
                "a request to revoke, to the end of the tunnel at the connector",
                &self.closed,
            ),
            (
                "the start of `gateway connector revoke`, to its end",
                &self.command,
            ),
            (
                "the start of `gateway connector revoke`, to the end of the tunnel at the connector",
                &self.closed_by_command,
            ),
        ] {
            let ms = |share| sample.quantile(share) * 1e3;
            writeln!(
                f,
                "| {what} | {:.2} ms | {:.2} ms | {:.2} ms |",
                ms(0.5),
                ms(0.99),
                ms(1.0)
            )?;
        }
        Ok(())
    }
}

/// Revokes so many connectors by request and as many by command, each with a tunnel up.
///
/// # Errors
/// When something does not run, or a tunnel ends otherwise than by revocation.
pub async fn run(rounds: usize) -> Result<Revocations> {
    let setup = Setup {
        log_level: "info",
        ..Setup::default()
    };
    let scene = Scene::alone(setup).await?;
    let mut found = Revocations::default();
    let mut admin = scene.world.admin().connect().await?;
    for round in 0..rounds {
        let started = Instant::now();
        let path = format!("/v1/tenants/{TENANT}/join-tokens");
        let made = admin.send(Method::POST, &path, JSON, Some(&json!({}))).await?;
        found.write.add_time(started.elapsed());
        made.json()?;

        let name = format!("by-request-{round}");
        let tunnel = up(&scene, &name).await?;
        let path = format!("/v1/tenants/{TENANT}/connectors/{name}/revoke");
        let body = json!({});
        let started = Instant::now();
        let request = async {
            let answer = admin.send(Method::POST, &path, JSON, Some(&body)).await?;
            Ok::<_, anyhow::Error>((answer, started.elapsed()))
        };
        let (answer, closed) = tokio::join!(request, end(&tunnel, started));
        let (answer, answered) = answer?;
        ensure!(answer.status.is_success(), "{}", answer.text());
        found.answered.add_time(answered);
        found.closed.add_time(closed?);

        let name = format!("by-command-{round}");
        let tunnel = up(&scene, &name).await?;
        let state = scene.world.folder().join("gateway").display().to_string();
        let launch = Launch::new(&paths::program("gateway")?);
        let launch = launch.args([
            "connector",
            "revoke",
            &name,
            "--tenant",
            TENANT,
            "--state",
            &state,
        ]);
        let started = Instant::now();
        let command = async { Ok::<_, anyhow::Error>((launch.run().await?, started.elapsed())) };
        let (command, closed) = tokio::join!(command, end(&tunnel, started));
        let (finished, took) = command?;
        finished.succeeded()?;
        found.command.add_time(took);
        found.closed_by_command.add_time(closed?);
    }
    Ok(found)
}

const JSON: &str = "application/json";

/// A connector of this name, with a tunnel.
async fn up(scene: &Scene<'_>, name: &str) -> Result<Connector> {
    let shown = enrol(&scene.world, TENANT, name).await?;
    Connector::up(&scene.dial.clone().showing(&shown), &[LAKE]).await
}

/// Waits for the end of the tunnel, which must be by revocation.
async fn end(tunnel: &Connector, started: Instant) -> Result<Duration> {
    let error = timeout(LIMIT, tunnel.connection.closed())
        .await
        .context("the tunnel stands")?;
    let took = started.elapsed();
    match error {
        ConnectionError::Closed { code, .. } if Code::from_wire(code) == Code::Revoked => Ok(took),
        other => anyhow::bail!("the tunnel ended by {other}"),
    }
}
