//! A fleet: many connectors of one account, several in a process ([`HOST`]), every third over HTTP/2, each with a source of its own
//! over one PostgreSQL cluster, and callers that ask all of them without a pause and check every answer.
//!
//! What a valid connector may refuse, and when, is decided in one place ([`Load`]): nothing, unless the gateway is away.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use proto::error::Code;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::Client;
use crate::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use crate::process::{Launch, Process};
use crate::world::{TENANT, World, query_body};
use crate::{paths, wait};

/// The program that runs several connectors.
const HOST: &str = "connectors";

/// Connectors in one process: what is held of the machine stays far below its limits.
const TOGETHER: usize = 25;

/// Joins at once; the gateway lets twice as many in.
const JOINS: usize = 4;

/// Between two queries of one caller.
const PACE: Duration = Duration::from_millis(150);

/// Callers at once, well below what one account may have in progress.
const CALLERS: usize = 4;

/// What a caller may hear of a connector whose gateway was away: that there is no tunnel, or that the gateway stops, never that it is
/// not let in.
const WITHOUT_GATEWAY: [Code; 3] = [Code::SourceOffline, Code::TunnelLost, Code::Overloaded];

/// One connector.
#[derive(Debug)]
pub struct Member {
    /// Its name, which is its source's too.
    pub name: String,
    state: PathBuf,
    revoking: AtomicBool,
    revoked: AtomicBool,
}

/// All of them, running.
#[derive(Debug)]
pub struct Fleet {
    members: Arc<Vec<Member>>,
    hosts: Vec<Process>,
}

impl Fleet {
    /// Enrols so many connectors, gives each a source over `cluster`, and starts them. Waits for their tunnels.
    ///
    /// # Errors
    /// When one does not come up within `limit`.
    pub async fn start(world: &World<'_>, cluster: &Cluster, size: usize, limit: Duration) -> Result<Self> {
        make_room(cluster, size).await?;
        let joins = (0..size).map(|number| join(world, cluster, number));
        let mut members: Vec<Member> = stream::iter(joins).buffer_unordered(JOINS).try_collect().await?;
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hosts = Vec::new();
        // At least two, so that what a process has once is not taken for what a connector has once.
        for (number, some) in members.chunks(size.div_ceil(2).min(TOGETHER)).enumerate() {
            let states = some.iter().map(|member| member.state.display().to_string());
            let launch = Launch::new(&paths::program(HOST)?).named(&format!("{HOST}-{number}"));
            hosts.push(launch.args(states).start(world.folder())?);
        }
        let fleet = Self {
            members: Arc::new(members),
            hosts,
        };
        fleet.up(world, limit).await?;
        Ok(fleet)
    }

    /// Every connector.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The serial numbers of the certificates in force of all that were not revoked, by name.
    ///
    /// # Errors
    /// When the gateway does not list one of them.
    pub async fn serials(&self, world: &World<'_>) -> Result<BTreeMap<String, String>> {
        let listed = list(world).await?;
        let valid = self.members.iter().filter(|member| !member.is_revoked());
        valid
            .map(|member| {
                let serial = listed
                    .get(&member.name)
                    .and_then(|entry| entry.get("serial")?.as_str());
                let serial = serial.with_context(|| format!("{} has no serial number", member.name))?;
                Ok((member.name.clone(), serial.to_owned()))
            })
            .collect()
    }

    /// Waits until every one that was not revoked has another certificate in force than now.
    ///
    /// # Errors
    /// With the names of those that have not within `limit`.
    pub async fn renewed(&self, world: &World<'_>, limit: Duration) -> Result<()> {
        let before = self.serials(world).await?;
        let mut waiting = Vec::new();
        let all = wait::until("renewals", limit, async || {
            let now = self.serials(world).await.ok()?;
            waiting = before
                .iter()
                .filter(|(name, serial)| now.get(*name) == Some(serial))
                .map(|(name, _)| name.clone())
                .collect();
            waiting.is_empty().then_some(())
        });
        all.await.with_context(|| format!("not renewed: {waiting:?}"))
    }

    /// Waits until every one that was not revoked has a tunnel.
    ///
    /// # Errors
    /// With the names of those that have none within `limit`.
    pub async fn up(&self, world: &World<'_>, limit: Duration) -> Result<()> {
        let mut waiting = Vec::new();
        let all = wait::until("tunnels", limit, async || {
            let listed = list(world).await.ok()?;
            let tunnel = |member: &&Member| listed.get(&member.name)?.pointer("/tunnels/0").map(drop);
            let valid = self.members.iter().filter(|member| !member.is_revoked());
            waiting = valid
                .filter(|member| tunnel(member).is_none())
                .map(|member| member.name.clone())
                .collect();
            waiting.is_empty().then_some(())
        });
        all.await
            .with_context(|| format!("without a tunnel: {waiting:?}"))
    }

    /// Revokes one. From the gateway's answer on, a query that it answers is a failure.
    ///
    /// # Errors
    /// When the gateway refuses, or there is no such member.
    pub async fn revoke(&self, world: &World<'_>, number: usize) -> Result<()> {
        let member = self.members.get(number).context("no such member")?;
        member.revoking.store(true, Ordering::SeqCst);
        let path = format!("/v1/tenants/{TENANT}/connectors/{}/revoke", member.name);
        world.admin().post(&path, &json!({})).await?.json()?;
        member.revoked.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Fails when a process of the fleet ended, logged an error, or says that one of its connectors was refused for want of
    /// identity and not by revocation.
    ///
    /// # Errors
    /// With the first such line.
    pub fn assert_honest(&mut self) -> Result<()> {
        for host in &mut self.hosts {
            ensure!(host.is_running(), "a host of connectors ended");
            host.assert_no_errors_but(&[])?;
            let refused = [
                Code::CertificateExpired,
                Code::ApprovalPending,
                Code::ClockSkew,
                Code::Unauthenticated,
            ];
            for line in host.log() {
                let named = refused.iter().find(|code| line.text.contains(code.name()));
                ensure!(named.is_none(), "a connector was refused: {}", line.text);
            }
        }
        Ok(())
    }
}

impl Member {
    fn is_revoked(&self) -> bool {
        self.revoking.load(Ordering::SeqCst)
    }
}

/// The gateway's list of connectors, by name.
async fn list(world: &World<'_>) -> Result<BTreeMap<String, Value>> {
    let path = format!("/v1/tenants/{TENANT}/connectors");
    let list = world.admin().get(&path).await?.json()?;
    let items = list.get("items").and_then(Value::as_array).context("no list")?;
    let named = |entry: &Value| Some((entry.get("connector")?.as_str()?.to_owned(), entry.clone()));
    items
        .iter()
        .map(|entry| named(entry).context("an entry without a name"))
        .collect()
}

/// Lets PostgreSQL have the sessions of so many connectors; it is restarted for that.
async fn make_room(cluster: &Cluster, size: usize) -> Result<()> {
    let sessions = 50 + 3 * size;
    let admin = cluster.admin(DATABASE).await?;
    admin
        .batch_execute(&format!("alter system set max_connections = {sessions}"))
        .await?;
    drop(admin);
    cluster.kill()?;
    cluster.restart(None).await
}

async fn join(world: &World<'_>, cluster: &Cluster, number: usize) -> Result<Member> {
    let name = format!("site-{number:03}");
    let tunnel = match number % 3 {
        2 => "[tunnel]\ntransport = \"http2\"\n\n",
        _ => "",
    };
    let state = world.folder().join(&name);
    world.enrol(TENANT, &name, &state).await?;
    let password = state.join("password");
    connector::identity::write_private(&password, READER_PASSWORD.as_bytes())?;
    let settings = format!(
        "{tunnel}[operations]\nlisten = \"off\"\n\n[log]\nformat = \"json\"\nlevel = \"info\"\n\n\
         [[source]]\nname = \"{name}\"\npolicy = \"policy.toml\"\nkind = \"postgres\"\nhost = \"{}\"\nport = {}\n\
         database = \"{DATABASE}\"\nuser = \"{READER}\"\npassword_file = \"password\"\nca_file = {:?}\nconnections = 2\n",
        cluster.address(),
        cluster.port(),
        cluster.ca()
    );
    fs::write(state.join("connector.toml"), settings)?;
    let policy = format!(
        "source = \"{name}\"\nschema = \"analytics_elementary\"\nprofile = \"strict\"\n[budget]\nqueries_per_minute = 1000000\n"
    );
    fs::write(state.join("policy.toml"), policy)?;
    Ok(Member {
        name,
        state,
        revoking: AtomicBool::new(false),
        revoked: AtomicBool::new(false),
    })
}

/// What the callers heard.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    /// Queries of valid connectors with the whole answer.
    pub answered: u64,
    /// Queries of revoked connectors, by the code of their refusal.
    pub revoked: BTreeMap<String, u64>,
    /// Queries that met a gateway that was away, by code; `transport` where there was no answer at all.
    pub away: BTreeMap<String, u64>,
    /// What must not be.
    pub wrong: Vec<String>,
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_code = |codes: &BTreeMap<String, u64>| {
            let all: Vec<String> = codes.iter().map(|(code, n)| format!("{n} {code}")).collect();
            if all.is_empty() {
                "none".to_owned()
            } else {
                all.join(", ")
            }
        };
        write!(
            f,
            "{} answers; refused after revocation: {}; while the gateway was away: {}; wrong: {}",
            self.answered,
            by_code(&self.revoked),
            by_code(&self.away),
            self.wrong.len()
        )
    }
}

/// Callers that ask one member after the other. They end with the value.
#[derive(Debug)]
pub struct Load {
    heard: Arc<Mutex<Heard>>,
    /// Even while the gateway is there, odd while it is away.
    absences: Arc<AtomicU64>,
    _callers: JoinSet<()>,
}

impl Load {
    /// Starts asking. What the first member answers now is what all have to answer.
    ///
    /// # Errors
    /// When it answers nothing.
    pub async fn start(caller: &Client, fleet: &Fleet) -> Result<Self> {
        let first = fleet.members.first().context("a fleet without members")?;
        let expected = match ask(caller, &first.name).await {
            Said::Whole(body) => body,
            other => anyhow::bail!("no first answer: {other:?}"),
        };
        let (heard, absences) = (Arc::default(), Arc::default());
        let next = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let asking = Asking {
                caller: caller.clone(),
                members: Arc::clone(&fleet.members),
                expected: expected.clone(),
                heard: Arc::clone(&heard),
                absences: Arc::clone(&absences),
                next: Arc::clone(&next),
            };
            callers.spawn(asking.run());
        }
        Ok(Self {
            heard,
            absences,
            _callers: callers,
        })
    }

    /// What was heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        lock(&self.heard).clone()
    }

    /// From now on the gateway is away.
    pub fn away(&self) {
        self.absences.fetch_add(1, Ordering::SeqCst);
    }

    /// It is back, and so is every valid connector.
    pub fn back(&self) {
        self.absences.fetch_add(1, Ordering::SeqCst);
    }
}

struct Asking {
    caller: Client,
    members: Arc<Vec<Member>>,
    expected: Bytes,
    heard: Arc<Mutex<Heard>>,
    absences: Arc<AtomicU64>,
    next: Arc<AtomicUsize>,
}

impl Asking {
    async fn run(self) {
        let mut ticks = interval(PACE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let number = self.next.fetch_add(1, Ordering::Relaxed) % self.members.len();
            let Some(member) = self.members.get(number) else {
                return;
            };
            let absence = self.absences.load(Ordering::SeqCst);
            let revoked = member.revoked.load(Ordering::SeqCst);
            let said = ask(&self.caller, &member.name).await;
            let away = absence % 2 == 1 || self.absences.load(Ordering::SeqCst) != absence;
            self.judge(member, revoked, away, said);
        }
    }

    /// `revoked` is of the moment before the query; `away` of any moment of it.
    fn judge(&self, member: &Member, revoked: bool, away: bool, said: Said) {
        let mut heard = lock(&self.heard);
        let count = |codes: &mut BTreeMap<String, u64>, code: &str| {
            *codes.entry(code.to_owned()).or_default() += 1;
        };
        match said {
            Said::Whole(_) if revoked => {
                heard
                    .wrong
                    .push(format!("{} answered after it was revoked", member.name));
            }
            Said::Whole(body) if body == self.expected => heard.answered += 1,
            Said::Whole(_) => heard.wrong.push(format!("{} gave another answer", member.name)),
            Said::Problem(code)
                if member.is_revoked() && WITHOUT_GATEWAY.iter().any(|c| c.name() == code) =>
            {
                count(&mut heard.revoked, &code);
            }
            Said::Problem(code) if away && WITHOUT_GATEWAY.iter().any(|c| c.name() == code) => {
                count(&mut heard.away, &code);
            }
            Said::Nothing(_) if away => count(&mut heard.away, "transport"),
            other => heard.wrong.push(format!("{}: {other:?}", member.name)),
        }
    }
}

/// What a caller got.
#[derive(Debug)]
enum Said {
    Whole(Bytes),
    Problem(String),
    /// Printed where it must not be.
    Nothing(#[expect(dead_code, reason = "Debug prints it")] String),
}

/// One query on a connection of its own.
async fn ask(caller: &Client, source: &str) -> Said {
    let path = format!("/v1/tenants/{TENANT}/sources/{source}/query");
    let body = query_body("read.dbt_models", &json!({}));
    match caller
        .send(Method::POST, &path, "application/json", Some(&body))
        .await
    {
        Ok(answer) if answer.status.is_success() => Said::Whole(answer.body),
        Ok(answer) => answer
            .problem()
            .map_or_else(|error| Said::Nothing(error.to_string()), Said::Problem),
        Err(error) => Said::Nothing(format!("{error:#}")),
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
