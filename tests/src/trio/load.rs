//! Callers who ask without a pause, small questions and large ones, of both sources, in every form; what they compare each
//! answer with was answered before anything broke.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connector::SOURCES;
use super::{Trio, UP};
use crate::client::{Answer, Client};
use crate::world::{self, TENANT, query_body};
use crate::{node::Node, wait};

/// Between two looks at who is ready: a quick load balancer's.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// What a query is given.
const DEADLINE: Duration = Duration::from_secs(5);

/// No query outlives its deadline by more.
const GRACE: Duration = Duration::from_secs(1);

/// Between two queries of one caller.
const PACE: Duration = Duration::from_millis(20);

const ARROW: &str = "application/vnd.apache.arrow.stream";
const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// The Arrow columnar format's end of a stream.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// What a caller wants to know.
#[derive(Debug, Clone)]
pub(super) struct Question {
    source: &'static str,
    query: &'static str,
    parameters: Value,
    form: &'static str,
}

/// A question with a small answer, to see whether anybody answers.
pub(super) fn small(source: &'static str) -> Question {
    Question {
        source,
        query: "read.dbt_models",
        parameters: json!({}),
        form: ARROW,
    }
}

/// What is asked, of each source.
fn questions() -> Vec<Question> {
    let asked = [
        ("read.dbt_models", json!({}), ARROW),
        ("counts.by_day", json!({"since": "2026-01-01T00:00:00"}), JSON),
        // The largest, of several batches.
        ("read.data_monitoring_metrics", json!({"limit": 100_000}), ARROW),
        ("read.dbt_run_results", json!({"limit": 300}), CSV),
        ("models.slowest", json!({"since": "2000-01-01T00:00:00"}), NDJSON),
        ("read.elementary_test_results", json!({"limit": 2_000}), NDJSON),
        ("read.dbt_models", json!({"after": "model", "limit": 7}), JSON),
        ("read.data_monitoring_metrics", json!({"limit": 1_000}), CSV),
    ];
    let of_each = asked.into_iter().flat_map(|(query, parameters, form)| {
        SOURCES.map(|(source, _)| Question {
            source,
            query,
            parameters: parameters.clone(),
            form,
        })
    });
    of_each.collect()
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} as {}", self.query, self.source, self.form)
    }
}

impl Question {
    /// The whole result, or what went wrong: a code, `late`, or `broken` and how.
    pub(super) async fn ask(&self, client: &Client) -> Result<Answer, String> {
        let mut body = query_body(self.query, &self.parameters);
        if let Some(object) = body.as_object_mut() {
            object.insert("deadline_ms".to_owned(), json!(DEADLINE.as_millis() as u64));
        }
        let path = format!("/v1/tenants/{TENANT}/sources/{}/query", self.source);
        let exchange = client.send(Method::POST, &path, self.form, Some(&body));
        match timeout(DEADLINE + GRACE, exchange).await {
            Err(_) => Err("late".to_owned()),
            Ok(Err(error)) => Err(format!("broken: {error:#}")),
            Ok(Ok(answer)) if answer.status.is_success() => Ok(answer),
            Ok(Ok(answer)) => Err(answer.problem().unwrap_or_else(|_| answer.status.to_string())),
        }
    }
}

/// A question, and its answer.
#[derive(Debug)]
struct Known {
    question: Question,
    body: Bytes,
    rows: String,
}

impl Known {
    /// Learns the answer, which has to be the same at every node.
    async fn learn(question: Question, clients: &[Client]) -> Result<Self> {
        let mut known: Option<Self> = None;
        for client in clients {
            let answer = question.ask(client).await.map_err(anyhow::Error::msg);
            let answer = answer.with_context(|| question.to_string())?;
            match &known {
                None => {
                    known = Some(Self {
                        question: question.clone(),
                        rows: answer.trailer("x-result-rows").to_owned(),
                        body: answer.body,
                    });
                }
                Some(known) => known.check(&answer).map_err(anyhow::Error::msg)?,
            }
        }
        let known = known.context("no node")?;
        ensure!(
            known.rows.parse::<u64>().is_ok_and(|n| n > 0),
            "{question}: no rows"
        );
        Ok(known)
    }

    /// Whether this is the answer: every byte of it, its end, and what it says of itself.
    fn check(&self, answer: &Answer) -> Result<(), String> {
        let rows = answer.trailer("x-result-rows");
        if rows != self.rows {
            return Err(format!("{}: {rows:?} rows and not {}", self.question, self.rows));
        }
        if answer.body != self.body {
            let (is, should) = (answer.body.len(), self.body.len());
            return Err(format!(
                "{}: {is} bytes, not the {should} that it should be",
                self.question
            ));
        }
        if self.question.form == ARROW {
            let messages = answer.body.strip_suffix(&END_OF_STREAM).unwrap_or_default();
            let digest = format!("sha-256={}", hex::encode(Sha256::digest(messages)));
            if answer.trailer("x-result-digest") != digest {
                return Err(format!("{}: another digest than its own", self.question));
            }
        }
        Ok(())
    }
}

/// A failure that a caller was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable code, `broken` for a connection that broke, `late` where there was no answer a second after the deadline, `frozen`
    /// for the same of a node that was stopped meanwhile.
    pub code: String,
    /// When, who and what.
    pub detail: String,
}

#[derive(Debug, Default)]
struct Seen {
    failures: Vec<Failure>,
    wrong: Vec<String>,
    last: Option<Instant>,
    gap: Duration,
    gap_ended: Duration,
}

/// A node that was stopped where it was.
#[derive(Debug)]
struct Freeze {
    node: usize,
    until: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    known: Vec<Known>,
    clients: Vec<Client>,
    operations: Vec<SocketAddr>,
    ready: Mutex<Vec<usize>>,
    seen: Mutex<Seen>,
    freezes: Mutex<Vec<Freeze>>,
    began: Instant,
    answers: AtomicU64,
    next: AtomicU64,
    asking: AtomicU64,
    paused: AtomicBool,
    stop: AtomicBool,
}

impl Shared {
    /// Notes how it went, and says whether the answer was the right one.
    fn note(&self, known: &Known, node: usize, asked: Instant, answer: Result<Answer, String>) -> bool {
        let now = Instant::now();
        let at = now.saturating_duration_since(self.began).as_secs_f32();
        let detail = |what: &str| format!("{at:.1} s, node {node}: {what}");
        let verdict = answer.map(|answer| known.check(&answer));
        let mut seen = lock(&self.seen);
        match verdict {
            Ok(Ok(())) => {
                self.answers.fetch_add(1, Ordering::SeqCst);
                let gap = seen
                    .last
                    .map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
                if gap > seen.gap {
                    (seen.gap, seen.gap_ended) = (gap, now.saturating_duration_since(self.began));
                }
                seen.last = Some(now);
                true
            }
            Ok(Err(why)) => {
                seen.wrong.push(detail(&why));
                false
            }
            Err(why) => {
                let code = match why.split(':').next().unwrap_or_default() {
                    "late" if self.was_frozen(node, asked) => "frozen",
                    code => code,
                };
                let code = code.to_owned();
                let detail = detail(&format!("{}: {why}", known.question));
                seen.failures.push(Failure { code, detail });
                false
            }
        }
    }

    /// Whether the node was stopped at some time since, or until a second before.
    fn was_frozen(&self, node: usize, since: Instant) -> bool {
        let met =
            |freeze: &Freeze| freeze.node == node && freeze.until.is_none_or(|until| until + GRACE >= since);
        lock(&self.freezes).iter().any(met)
    }

    /// What to ask next, and where.
    fn pick(&self) -> Option<(&Known, usize, &Client)> {
        let ready = lock(&self.ready);
        let next = self.next.fetch_add(1, Ordering::Relaxed) as usize;
        let (round, which) = (next / self.known.len(), next % self.known.len());
        let node = *ready.get((round + which) % ready.len().max(1))?;
        Some((self.known.get(which)?, node, self.clients.get(node)?))
    }
}

/// Knows which nodes say that they are ready.
async fn balance(shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::SeqCst) {
        let looks = shared
            .operations
            .iter()
            .enumerate()
            .map(async |(node, operations)| {
                let answered = timeout(LOOK * 5, world::plain_get(*operations, "/readyz")).await;
                answered.ok()?.ok().map(|_| node)
            });
        let looks = futures_util::future::join_all(looks).await;
        *lock(&shared.ready) = looks.into_iter().flatten().collect();
        pause(LOOK).await;
    }
}

async fn call(shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::SeqCst) {
        // Counted before the look, so that who pauses the load waits for this one.
        shared.asking.fetch_add(1, Ordering::SeqCst);
        let picked = match shared.paused.load(Ordering::SeqCst) {
            true => None,
            false => shared.pick(),
        };
        let right = match picked {
            None => true,
            Some((known, node, client)) => {
                let asked = Instant::now();
                let answer = known.question.ask(client).await;
                shared.note(known, node, asked, answer)
            }
        };
        shared.asking.fetch_sub(1, Ordering::SeqCst);
        // After a failure the next node is asked at once, as a caller's library would.
        if right {
            pause(PACE).await;
        }
    }
}

/// A rhythm, not a wait for something.
pub(super) async fn pause(time: Duration) {
    let _ = timeout(time, std::future::pending::<()>()).await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Callers at work.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What they saw.
#[derive(Debug)]
pub struct Report {
    /// Whole and right answers.
    pub answers: u64,
    /// Everything else, but wrong rows.
    pub failures: Vec<Failure>,
    /// Answers that were reported whole and are not the right ones.
    pub wrong: Vec<String>,
    /// The longest time between two answers, over all callers.
    pub gap: Duration,
    /// When that was over, from the first question on.
    pub gap_ended: Duration,
}

impl Report {
    /// How many failures there were of each code.
    #[must_use]
    pub fn codes(&self) -> BTreeMap<&str, u64> {
        let mut codes = BTreeMap::new();
        for failure in &self.failures {
            *codes.entry(failure.code.as_str()).or_default() += 1;
        }
        codes
    }

    /// The failures that have none of these codes.
    #[must_use]
    pub fn failures_but(&self, codes: &[&str]) -> Vec<&str> {
        let others = self.failures.iter().filter(|f| !codes.contains(&f.code.as_str()));
        others.map(|failure| failure.detail.as_str()).collect()
    }
}

impl Load {
    /// Callers who ask until they are told to stop.
    ///
    /// # Errors
    /// When a first answer is none, or the same at both sources.
    pub async fn start(trio: &Trio<'_>, callers: usize) -> Result<Self> {
        let client = |node: &Node| Ok(node.client("")?.with_token_of(&trio.caller));
        let clients: Vec<Client> = trio.nodes.iter().map(client).collect::<Result<_>>()?;
        let operations = trio.nodes.iter().map(|node| node.listener("operations"));
        let mut known: Vec<Known> = Vec::new();
        for question in questions() {
            known.push(Known::learn(question, &clients).await?);
        }
        for pair in known.chunks(SOURCES.len()) {
            if let [east, west] = pair {
                ensure!(
                    east.body != west.body,
                    "{} and {} agree",
                    east.question,
                    west.question
                );
            }
        }
        let shared = Arc::new(Shared {
            known,
            operations: operations.collect::<Result<_>>()?,
            clients,
            ready: Mutex::default(),
            seen: Mutex::default(),
            freezes: Mutex::default(),
            began: Instant::now(),
            answers: AtomicU64::new(0),
            next: AtomicU64::new(0),
            asking: AtomicU64::new(0),
            paused: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(balance(Arc::clone(&shared)));
        for _ in 0..callers {
            tasks.spawn(call(Arc::clone(&shared)));
        }
        let load = Self { shared, tasks };
        load.more(1, UP).await?;
        Ok(load)
    }

    /// From now on this node is stopped.
    pub(super) fn freezes(&self, node: usize) {
        lock(&self.shared.freezes).push(Freeze { node, until: None });
    }

    /// Stopped nodes go on.
    pub(super) fn thaws(&self) {
        for freeze in lock(&self.shared.freezes).iter_mut() {
            freeze.until.get_or_insert_with(Instant::now);
        }
    }

    /// Lets nobody ask, and waits for the last answer.
    ///
    /// # Errors
    /// When a query does not end.
    pub async fn pause(&self) -> Result<()> {
        self.shared.paused.store(true, Ordering::SeqCst);
        wait::until("the last answer", UP, async || {
            // Callers look whether they may ask, and are counted for that moment too.
            (self.shared.asking.load(Ordering::SeqCst) == 0).then_some(())
        })
        .await
    }

    /// Lets the callers ask again.
    pub fn resume(&self) {
        lock(&self.shared.seen).last = None;
        self.shared.paused.store(false, Ordering::SeqCst);
    }

    /// Forgets the longest gap so far.
    pub fn reset_gap(&self) {
        lock(&self.shared.seen).gap = Duration::ZERO;
    }

    /// The longest gap since then.
    #[must_use]
    pub fn gap(&self) -> Duration {
        lock(&self.shared.seen).gap
    }

    /// Answers so far.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.shared.answers.load(Ordering::SeqCst)
    }

    /// Failures so far.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        lock(&self.shared.seen).failures.clone()
    }

    /// Waits for so many more answers.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn more(&self, answers: u64, limit: Duration) -> Result<()> {
        let until = self.answers() + answers;
        wait::until("more answers", limit, async || {
            (self.answers() >= until).then_some(())
        })
        .await
    }

    /// Ends it.
    pub async fn stop(mut self) -> Report {
        self.shared.stop.store(true, Ordering::SeqCst);
        while self.tasks.join_next().await.is_some() {}
        let mut seen = lock(&self.shared.seen);
        Report {
            answers: self.answers(),
            failures: std::mem::take(&mut seen.failures),
            wrong: std::mem::take(&mut seen.wrong),
            gap: seen.gap,
            gap_ended: seen.gap_ended,
        }
    }
}
