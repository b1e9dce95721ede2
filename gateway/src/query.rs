//! The story of one query, from the caller to the last byte of its result.
//!
//! ```text
//! Caller → Grant → (SQL → plan) → Permit → audit record → tunnel → exchange → batches → audit record completed
//! ```
//!
//! Each step needs the value that the step before it made, so that leaving one out does not compile. From the audit
//! record on the query lives in a task of its own, which outlives a caller that goes away for as long as it takes to
//! cancel the query and to write down how it ended.
//!
//! A tunnel that is lost before the caller has a byte costs the caller nothing but time: the query is asked again on another
//! tunnel of the source, under the one deadline. After the first byte it fails. A source that no tunnel of this node serves
//! is the business of `api::forward`: the request goes to the node that holds one, and there the story is told.

mod propose;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    id::{ConnectorId, SourceId, TenantId},
    limits::DEADLINE_GRACE,
    query::fingerprint::Fingerprint,
    wire::frame::{Complete, Question, RequestId},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::{
    allowlist::{Allowlist, AskSql, Asking, Permit},
    audit::{
        Audit, Entry,
        record::{Completed, Decision, Kind, Opened, Refused},
    },
    auth::{Caller, Grant},
    config::Limits,
    drain::{Drain, Working},
    metrics::QueryMetrics,
    route::{Route, Router, TenantSlot},
    statement::Statements,
    tunnel::exchange::{Batch, Event},
};

/// Parts of a result between the tunnel and the writer to the caller: enough that neither waits for the other's turn.
const PARTS: usize = 2;

/// Further tunnels that a query tries. A connector has at most four, and a source that fails on three has another trouble.
const MAX_RETRIES: usize = 3;

/// For the caller's writer to take the last part, where the deadline leaves less.
const LAST_PART: Duration = Duration::from_secs(1);

/// A gateway that stops is back, or another has its place, within this time.
const STOPPING_RETRY: Duration = Duration::from_secs(5);

/// What asking takes.
#[derive(Debug)]
pub struct Queries {
    allowlist: Allowlist,
    statements: Statements,
    audit: Audit,
    router: Arc<Router>,
    drain: Drain,
    metrics: QueryMetrics,
    tasks: TaskTracker,
    /// Leave to turn batches into text, which is work for a core: as many at once as there are cores.
    pub(crate) text: Arc<Semaphore>,
}

/// A result that has begun.
#[derive(Debug)]
pub struct Answer {
    /// Of the plan that was asked.
    pub fingerprint: Fingerprint,
    /// One Arrow IPC schema message.
    pub schema: Bytes,
    /// The rest.
    pub parts: Parts,
}

/// What follows the schema, on its way to the caller. Dropping this cancels the query.
///
/// It may outlive its query by as long as its caller does not read, and holds memory meanwhile. So the place in the
/// tenant's share goes with it: callers that ask and never read run into that bound, and into nobody's memory.
#[derive(Debug)]
pub struct Parts {
    parts: mpsc::Receiver<Result<Part, Fault>>,
    _tenant: Arc<TenantSlot>,
}

impl Parts {
    /// The next part; after [`Part::Complete`] or an error there is none. Cancel-safe.
    ///
    /// # Errors
    /// Why the result is void: what came before must not pass for one. The end of the channel is no end of a result.
    pub async fn next(&mut self) -> Result<Part, Fault> {
        match self.parts.recv().await {
            Some(part) => part,
            None => Err(Fault::new(Code::Internal, "the result ended before it was whole")),
        }
    }
}

/// A part of a result.
#[derive(Debug)]
pub enum Part {
    /// The next batch.
    Batch(Batch),
    /// The result is whole, and everything about it was checked.
    Complete(Complete),
}

/// What was handed to the caller so far.
#[derive(Debug, Default)]
struct Tally {
    connector: Option<ConnectorId>,
    rows: u64,
    bytes: u64,
    first: Option<Duration>,
}

impl Queries {
    /// Puts together what asking takes.
    pub fn new(
        allowlist: Allowlist,
        statements: Statements,
        audit: Audit,
        router: Arc<Router>,
        drain: Drain,
        metrics: QueryMetrics,
    ) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let text = Arc::new(Semaphore::new(cores));
        Arc::new(Self {
            allowlist,
            statements,
            audit,
            router,
            drain,
            metrics,
            tasks: TaskTracker::new(),
            text,
        })
    }

    /// Puts other bounds in force, for what is asked from here on.
    pub fn adjust(&self, limits: &Limits) {
        self.allowlist.adjust(limits);
        self.statements.adjust(limits.adhoc);
        self.router.adjust(limits.tenant_exchanges);
    }

    /// The time that what is asked has, as far as it may be had: one that is too long is refused where it is asked.
    pub fn deadline(&self, asking: &Asking) -> Duration {
        self.allowlist.deadline(asking)
    }

    /// Asks. Ready with the first batch, or with the end where there is none, so that whatever fails before that is an
    /// error and not half a result. Dropping the future cancels the query.
    ///
    /// # Errors
    /// Every stable code of the query path.
    pub async fn run(
        self: &Arc<Self>,
        caller: &Caller,
        tenant: &TenantId,
        source: &SourceId,
        ask: impl Into<Asking>,
        request: RequestId,
    ) -> Result<Answer, Fault> {
        let started = Instant::now();
        self.run_since(started, caller, (tenant, source), ask, request)
            .await
    }

    /// As [`Queries::run`], for what was asked at `started`: its deadline counts from then.
    ///
    /// # Errors
    /// As [`Queries::run`].
    pub async fn run_since(
        self: &Arc<Self>,
        started: Instant,
        caller: &Caller,
        (tenant, source): (&TenantId, &SourceId),
        ask: impl Into<Asking>,
        request: RequestId,
    ) -> Result<Answer, Fault> {
        let working = self.drain.begin().ok_or_else(stopping)?;
        let grant = caller.grant(tenant, source)?;
        let permit = self
            .permit(grant, ask.into(), request)
            .await
            .inspect_err(|fault| {
                self.metrics
                    .ended(Some(fault.code), started.elapsed().as_secs_f64());
            })?;

        let (reply, answer) = oneshot::channel();
        let story = Arc::clone(self).tell(permit, request, started, working, reply);
        self.tasks.spawn(story.in_current_span());
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::new(Code::Internal, "the query's task ended early")))
    }

    /// Waits for the queries whose callers have gone but whose ends are not written down yet.
    pub async fn idle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// From a grant to a permit; a refusal is written down.
    async fn permit(&self, grant: Grant, ask: Asking, request: RequestId) -> Result<Permit, Fault> {
        let (kind, query) = match &ask {
            Asking::Catalogued(ask) => (Kind::Catalogued, Some(ask.query.clone())),
            Asking::Sql(_) => (Kind::AdHoc, None),
        };
        self.metrics.questions.with_label_values(&[kind.name()]).inc();
        let mut refused = Refused {
            request: request.to_string(),
            caller: grant.caller().id().to_owned(),
            caller_name: grant.caller().name().to_owned(),
            tenant: grant.tenant().clone(),
            source: grant.source().clone(),
            kind,
            query,
            decision: Decision::Refused,
            outcome: String::new(),
        };
        let decided = match ask {
            Asking::Catalogued(ask) => match self.router.offered(&grant, &ask.query) {
                Some(offer) => self.allowlist.permit_offered(grant, ask, &offer),
                None => self.allowlist.permit(grant, ask),
            },
            Asking::Sql(ask) => self.permit_sql(grant, ask).await,
        };
        match decided {
            Ok(permit) => Ok(permit),
            Err(fault) => {
                refused.outcome = fault.code.name().to_owned();
                self.audit.refused(refused).await?;
                Err(fault)
            }
        }
    }

    /// A text becomes a plan, against what the source's connector told of its schema.
    async fn permit_sql(&self, grant: Grant, ask: AskSql) -> Result<Permit, Fault> {
        let told = self.router.told(&grant)?;
        let statement = self.statements.lower(&ask.text, &ask.parameters, &told).await?;
        self.allowlist.permit_statement(grant, ask, statement)
    }

    async fn tell(
        self: Arc<Self>,
        permit: Permit,
        request: RequestId,
        started: Instant,
        _working: Working,
        reply: oneshot::Sender<Result<Answer, Fault>>,
    ) {
        self.metrics.in_flight.inc();
        let entry = match self.audit.open(opening(&permit, request)).await {
            Ok(entry) => entry,
            Err(fault) => {
                self.ended(started, &Tally::default(), Err(&fault));
                let _ = reply.send(Err(fault)); // a caller that has gone needs no answer
                return;
            }
        };

        let mut tally = Tally::default();
        let mut outlet = Outlet::Head(reply);
        // The exchange has its own deadline, not quite as far off, which tells more: this one is for callers that do not read.
        let deadline = permit.bounds().deadline + DEADLINE_GRACE * 3 / 2;
        let told = self.deliver(&permit, request, started, &mut tally, &mut outlet);
        let end = timeout(deadline.saturating_sub(started.elapsed()), told)
            .await
            .unwrap_or_else(|_| {
                let seconds = permit.bounds().deadline.as_secs_f64();
                Err(Fault::new(
                    Code::DeadlineExceeded,
                    format!("the result was not delivered within {seconds} s"),
                ))
            });

        self.ended(started, &tally, end.as_ref().map(|_| ()));
        complete(entry, started, &tally, &end);
        match end {
            // A caller that has stopped reading must not hold this task, and with it a stop of the gateway, for ever.
            Ok(complete) => {
                let left = deadline.saturating_sub(started.elapsed()).max(LAST_PART);
                let _ = timeout(left, outlet.send(Part::Complete(complete))).await;
            }
            Err(fault) => outlet.fail(fault),
        }
    }

    /// From the permit to the whole result at the caller's writer, over one tunnel after another until one has begun to
    /// answer.
    async fn deliver(
        &self,
        permit: &Permit,
        request: RequestId,
        started: Instant,
        tally: &mut Tally,
        outlet: &mut Outlet,
    ) -> Result<Complete, Fault> {
        let share = self.router.share(permit)?;
        let mut tried = Vec::new();
        let mut before = None;
        loop {
            let route = match self.router.route(permit, &tried) {
                Ok(route) => route,
                // The first tunnel's end says more than that there is no other.
                Err(fault) => return Err(before.unwrap_or(fault)),
            };
            let asked = Asked {
                permit,
                request,
                started,
            };
            match self.over(&route, asked, &share, tally, outlet).await {
                Err(fault)
                    if outlet.is_untouched() && is_tunnels(fault.code) && tried.len() < MAX_RETRIES =>
                {
                    self.metrics.retried.inc();
                    tracing::info!(tunnel = %route.tunnel.id(), code = %fault.code, "a query is asked again on another tunnel");
                    tried.push(route.tunnel.id());
                    before.get_or_insert(fault);
                }
                end => return end,
            }
        }
    }

    /// Over one tunnel.
    async fn over(
        &self,
        route: &Route,
        Asked {
            permit,
            request,
            started,
        }: Asked<'_>,
        share: &Arc<TenantSlot>,
        tally: &mut Tally,
        outlet: &mut Outlet,
    ) -> Result<Complete, Fault> {
        let asked = Instant::now();
        tally.connector = Some(route.tunnel.owner().connector.clone());
        let left = permit.bounds().deadline.saturating_sub(started.elapsed());
        let mut exchange = route.tunnel.ask(permit, request, left).await?;
        let mut first = false;
        loop {
            // Cancel-safe: what the exchange has is still there when it is asked again. Dropping it cancels the query.
            let event = tokio::select! {
                event = exchange.next() => event?,
                () = outlet.gone() => return Err(cancelled()),
            };
            if !std::mem::replace(&mut first, true) {
                route.tunnel.note(asked.elapsed());
            }
            tally.first.get_or_insert_with(|| started.elapsed());
            match event {
                Event::Batch(batch) => {
                    let (rows, bytes) = (batch.rows, batch.bytes.len() as u64);
                    tally.bytes += outlet.head(permit, exchange.schema(), share);
                    outlet.send(Part::Batch(batch)).await?;
                    tally.rows += rows;
                    tally.bytes += bytes;
                    exchange.consumed();
                }
                Event::Complete(complete) => {
                    tally.bytes += outlet.head(permit, exchange.schema(), share);
                    return Ok(complete);
                }
            }
        }
    }

    fn ended(&self, started: Instant, tally: &Tally, end: Result<(), &Fault>) {
        let (metrics, elapsed) = (&self.metrics, started.elapsed());
        metrics.in_flight.dec();
        metrics.ended(end.err().map(|fault| fault.code), elapsed.as_secs_f64());
        metrics.rows.inc_by(tally.rows);
        metrics.bytes.inc_by(tally.bytes);
        if let Some(first) = tally.first {
            metrics.first_batch_seconds.observe(first.as_secs_f64());
        }
        let (rows, bytes, milliseconds) = (tally.rows, tally.bytes, elapsed.as_secs_f64() * 1e3);
        match end {
            Ok(()) => tracing::info!(code = "ok", rows, bytes, milliseconds, "query ended"),
            Err(fault) => {
                tracing::info!(code = %fault.code, detail = %fault.detail, rows, bytes, milliseconds, "query ended");
            }
        }
    }
}

/// What is asked, and since when.
struct Asked<'a> {
    permit: &'a Permit,
    request: RequestId,
    started: Instant,
}

/// Whether the trouble is the tunnel's, or its connector's that stops: another may do better.
pub(crate) fn is_tunnels(code: Code) -> bool {
    matches!(code, Code::TunnelLost | Code::SourceOffline)
}

/// Where a result goes: first the head, then parts.
enum Outlet {
    Head(oneshot::Sender<Result<Answer, Fault>>),
    Parts(mpsc::Sender<Result<Part, Fault>>),
}

impl Outlet {
    /// Whether the caller has nothing yet.
    fn is_untouched(&self) -> bool {
        matches!(self, Outlet::Head(_))
    }

    /// Begins the answer, if it has not begun. The bytes that were handed on: both sides count the schema's.
    fn head(&mut self, permit: &Permit, schema: &Bytes, tenant: &Arc<TenantSlot>) -> u64 {
        if let Outlet::Head(_) = self {
            let (sender, parts) = mpsc::channel(PARTS);
            let head = std::mem::replace(self, Outlet::Parts(sender));
            let answer = Answer {
                fingerprint: permit.fingerprint(),
                schema: schema.clone(),
                parts: Parts {
                    parts,
                    _tenant: Arc::clone(tenant),
                },
            };
            if let Outlet::Head(reply) = head {
                let _ = reply.send(Ok(answer)); // noticed with the next part
            }
            return schema.len() as u64;
        }
        0
    }

    async fn send(&mut self, part: Part) -> Result<(), Fault> {
        match self {
            Outlet::Parts(parts) => parts.send(Ok(part)).await.map_err(|_| cancelled()),
            Outlet::Head(_) => Err(cancelled()),
        }
    }

    /// Ready when nobody waits for the result any more. Cancel-safe.
    async fn gone(&mut self) {
        match self {
            Outlet::Head(reply) => reply.closed().await,
            Outlet::Parts(parts) => parts.closed().await,
        }
    }

    fn fail(self, fault: Fault) {
        match self {
            Outlet::Head(reply) => drop(reply.send(Err(fault))),
            // Where there is no room the end of the channel says the same: without `Complete` nothing is whole.
            Outlet::Parts(parts) => drop(parts.try_send(Err(fault))),
        }
    }
}

fn opening(permit: &Permit, request: RequestId) -> Opened {
    let (grant, bounds) = (permit.grant(), permit.bounds());
    Opened {
        request: request.to_string(),
        caller: grant.caller().id().to_owned(),
        caller_name: grant.caller().name().to_owned(),
        tenant: grant.tenant().clone(),
        source: grant.source().clone(),
        kind: match permit.question() {
            Question::Catalogued { .. } => Kind::Catalogued,
            Question::AdHoc(_) => Kind::AdHoc,
        },
        query: permit.query().cloned(),
        tables: permit.tables().to_vec(),
        columns: permit
            .columns()
            .map(|columns| columns.iter().map(|c| c.as_str().to_owned()).collect())
            .unwrap_or_default(),
        fingerprint: permit.fingerprint().to_string(),
        parameters: hex::encode(permit.parameters_digest()),
        decision: Decision::Permitted,
        max_rows: bounds.rows,
        max_bytes: bounds.bytes,
        deadline_ms: u64::try_from(bounds.deadline.as_millis()).unwrap_or(u64::MAX),
    }
}

fn complete(entry: Entry, started: Instant, tally: &Tally, end: &Result<Complete, Fault>) {
    let whole = end.as_ref().ok();
    entry.complete(Completed {
        outcome: end
            .as_ref()
            .err()
            .map_or("ok", |fault| fault.code.name())
            .to_owned(),
        connector: tally.connector.clone(),
        rows: tally.rows,
        bytes: tally.bytes,
        microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        digest: whole.map(|c| c.digest.to_string()),
        receipt: whole.map(|c| c.receipt.to_string()),
    });
}

fn cancelled() -> Fault {
    Fault::new(
        Code::Cancelled,
        "the caller went away before the result was whole",
    )
}

fn stopping() -> Fault {
    Fault::new(Code::Overloaded, "this gateway node is stopping").retry_after(STOPPING_RETRY)
}
