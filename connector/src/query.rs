//! The story of one query at the connector, top to bottom: [`answer`].
//!
//! A request names a query of this connector's own catalogue, or carries a plan. Either becomes a bound plan, the plan is
//! compared with what the gateway believes it to be, the names of a plan that came are looked up in this connector's own
//! reading of the schema, the customer's policy admits it or not, the record is opened, the warehouse runs it, and
//! encoded batches go out as fast as the gateway takes them. Whatever goes wrong ends in a trailer with a stable code and
//! words of our own, and in a record; a result is complete or it is void.
//!
//! Dropping the future of [`answer`] is the cancel: it drops the warehouse's stream, which stops the statement, and the
//! open record, which is then completed as cancelled.

mod adhoc;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use proto::{
    catalogue::Bound,
    error::{Code, Fault},
    id::{QueryName, SourceId, TenantId},
    query::{fingerprint::Fingerprint, parameters, types::Value},
    wire::{
        exchange::Summary,
        frame::{Columns, DialectName, Digest, Question, Request, Seen, SourceOffer, SourceSchema},
    },
};
use tokio::time::timeout_at;

use self::adhoc::Decoded;
pub use self::adhoc::Plans;
use crate::{
    audit::{AuditError, Entry, Kind, Log, Opened, Outcome},
    catalogue::Live,
    clock::UnixMillis,
    encode::EncodedStream,
    mask::{Keys, Masks},
    metrics::{Held, Metrics},
    policy::{
        Admitted, Asked, Origin, Refusal,
        file::AdHoc,
        pause::{self, Switch},
        refusal::{self, Reason},
        watch::Current,
    },
    reading::Reading,
    standing::{GoodStanding, Standing},
    warehouse::{Warehouse, WarehouseError},
};

/// A source that is served.
pub struct Served {
    /// Its policy, which may be replaced while queries run.
    pub policy: Current,
    /// Where its queries run.
    pub warehouse: Arc<dyn Warehouse>,
    /// What that holds.
    pub reading: Reading,
    /// What is known of the role that they run as.
    pub standing: Standing,
}

/// A source whose role was in good standing when the query came: nothing runs on any other.
struct Cleared<'e> {
    served: &'e Served,
    _standing: GoodStanding,
}

/// Everything that a query meets.
pub struct Engine {
    /// The customer account, from this connector's certificate.
    pub tenant: TenantId,
    /// The queries that this connector runs.
    pub catalogue: Live,
    /// What is served.
    pub sources: BTreeMap<SourceId, Served>,
    /// The customer's record.
    pub audit: Log,
    /// Plans that came lately, decoded.
    pub plans: Plans,
    /// The customer's switch.
    pub pause: Switch,
    /// The keys of masks.
    pub keys: Keys,
    /// What is measured.
    pub metrics: Arc<Metrics>,
}

/// Where a result goes: the exchange on a tunnel. Both methods wait for room in the gateway's window, and end with the
/// fault to record when nobody takes the result any more.
pub trait Output: Send {
    /// Sends the schema; first and once.
    fn header(&mut self, schema: Bytes) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Sends the next batch, of so many rows.
    fn batch(&mut self, batch: Bytes, rows: u64) -> impl Future<Output = Result<(), Fault>> + Send;

    /// What was sent.
    fn summary(&self) -> Summary;
}

impl Engine {
    /// What has paused a source, where something has.
    pub fn paused(&self, served: &Served) -> Option<pause::By> {
        let by_policy = || {
            served
                .policy
                .policy()
                .document()
                .is_paused()
                .then_some(pause::By::Policy)
        };
        self.pause.pause().or_else(by_policy)
    }

    /// What the gateway is told of the sources: names and digests, no settings.
    pub fn offers(&self) -> Vec<SourceOffer> {
        let catalogue_digest = Digest(self.catalogue.in_force().catalogue().digest());
        let offer = |(name, served): (&SourceId, &Served)| {
            Some(SourceOffer {
                name: name.clone(),
                // Names of dialects are our own and within the alphabet: tested with the dialects.
                dialect: DialectName::new(served.warehouse.dialect().name()).ok()?,
                policy_digest: Digest(served.policy.policy().document().digest().0),
                catalogue_digest,
            })
        };
        self.sources.iter().filter_map(offer).collect()
    }

    /// What the gateway is told of the schemas of sources that were read.
    pub fn schemas(&self) -> Vec<SourceSchema> {
        let report = |(name, served): (&SourceId, &Served)| {
            served.reading.report(name, served.policy.policy().document())
        };
        self.sources.iter().filter_map(report).collect()
    }
}

/// Answers one request: the receipt of a whole result, which is the hash of the record that completes it, or why there is
/// none. Either is for the trailer; where nobody is there to take it, it is lost harmlessly.
pub async fn answer(engine: &Engine, request: Request, output: &mut impl Output) -> Result<Digest, Fault> {
    let arrived = Instant::now();
    let meter = Meter::new(&engine.metrics, arrived);
    // Who asked for what. It goes into the record whether the query runs or not.
    let mut entry = entry(engine, &request);

    let (cleared, admitted) = match admit(engine, request, &mut entry) {
        Ok(admitted) => admitted,
        Err(fault) => return meter.end(Err(refuse(engine, &entry, fault).await)),
    };

    // The record comes before the query, or the query does not run.
    let mut opened = match engine.audit.begin(entry, UnixMillis::now()).await {
        Ok(opened) => opened,
        Err(error) => return meter.end(Err(fail(engine, &error))),
    };

    let deadline = tokio::time::Instant::from_std(arrived) + admitted.limits().time;
    let served = cleared.served;
    let running = run(engine, cleared, &admitted, deadline, output, &mut opened, &meter);
    // A pause ends what runs as the deadline does: dropping the run stops the statement.
    let result = tokio::select! {
        result = timeout_at(deadline, running) => result.unwrap_or_else(|_| Err(late(admitted.limits().time))),
        by = paused(engine, served) => Err(refusal::paused(by).fault),
    };

    // The record is completed before the gateway learns of the end: the receipt is the record's hash.
    let outcome = Outcome {
        code: result.as_ref().err().map(|fault| fault.code),
        digest: result.as_ref().ok().map(|()| output.summary().digest.0),
    };
    let receipt = match opened.complete(outcome, UnixMillis::now()) {
        Ok(receipt) => Digest(receipt),
        Err(error) => return meter.end(Err(fail(engine, &error))),
    };
    meter.end(result.map(|()| receipt))
}

/// From a request to the right to run it: our own catalogue or what came and our own reading of the schema, the
/// fingerprint, the role's standing, the customer's policy.
fn admit<'e>(
    engine: &'e Engine,
    request: Request,
    entry: &mut Entry,
) -> Result<(Cleared<'e>, Admitted), Fault> {
    let served = engine.sources.get(&request.source).ok_or_else(|| {
        Fault::new(
            Code::SourceOffline,
            format!("this connector serves no source `{}`", request.source),
        )
    })?;
    let policy = served.policy.policy();
    let (origin, plan, values) = match request.question {
        Question::Catalogued { name, columns } => {
            let bound = catalogued(
                engine,
                &name,
                columns,
                request.parameters,
                request.fingerprint,
                entry,
            )?;
            (Origin::Catalogued, Arc::new(bound.plan), bound.values)
        }
        Question::AdHoc(encoded) => {
            let Decoded { plan, fingerprint } = engine.plans.decode(&encoded)?;
            entry.fingerprint = Some(*fingerprint.as_bytes());
            entry.tables = plan.tables();
            adhoc::compare(fingerprint, request.fingerprint)?;
            let values = adhoc::bind(&plan, request.parameters)?;
            // Where the customer lets no plan in, the policy says so below, and nobody learns what the schema holds.
            if policy.document().adhoc() == AdHoc::On {
                served.reading.resolve(&plan, policy.document().schema())?;
            }
            (Origin::AdHoc, plan, values)
        }
    };
    let cleared = Cleared {
        served,
        _standing: served.standing.proof()?,
    };
    let asked = Asked {
        origin,
        plan,
        values,
        rows: request.max_rows,
        bytes: request.max_bytes,
        time: request.deadline,
    };
    let admitted = match engine.pause.pause() {
        Some(by) => Err(refusal::paused(by)),
        None => policy.admit(asked, UnixMillis::now()),
    };
    let admitted = admitted.map_err(|Refusal { reason, fault }| {
        engine.metrics.refusal(reason);
        fault
    })?;
    Ok((cleared, admitted))
}

/// A query of our own catalogue, bound to what came with its name.
fn catalogued(
    engine: &Engine,
    name: &QueryName,
    columns: Option<Columns>,
    parameters: Vec<(String, Value)>,
    expected: Fingerprint,
    entry: &mut Entry,
) -> Result<Bound, Fault> {
    let in_force = engine.catalogue.in_force();
    let query = in_force.catalogue().get(name).ok_or_else(|| {
        Fault::new(
            Code::UnknownQuery,
            format!("this connector's catalogue has no query `{name}`"),
        )
    })?;
    let columns: Vec<String> = columns
        .iter()
        .flat_map(|c| c.iter())
        .map(|c| c.as_str().to_owned())
        .collect();
    let bound = query.bind_values(&columns, parameters)?;
    entry.fingerprint = Some(*bound.fingerprint.as_bytes());
    let names = bound.plan.parameters().iter().map(|p| p.name.as_str());
    entry.parameters = parameters::digest(names.zip(&bound.values));
    // Of two versions of one query neither side may run what the other does not mean.
    if bound.fingerprint != expected {
        return Err(Fault::new(
            Code::UnknownQuery,
            format!(
                "`{name}` is another query in this connector's catalogue than in the gateway's; update the older side"
            ),
        ));
    }
    Ok(bound)
}

/// Runs an admitted query and sends its result. Bounds end it with an error; nothing is cut.
async fn run(
    engine: &Engine,
    Cleared { served, .. }: Cleared<'_>,
    admitted: &Admitted,
    deadline: tokio::time::Instant,
    output: &mut impl Output,
    opened: &mut Opened,
    meter: &Meter<'_>,
) -> Result<(), Fault> {
    let masks = Masks::new(admitted.masks(), admitted.sha256_key(), &engine.keys).map_err(|error| {
        tracing::error!(%error, "a query did not run, since its masks cannot be made");
        error.to_fault()
    })?;
    let stream = served.warehouse.run(admitted, deadline).await.map_err(|error| {
        // It may hold other tables than it did.
        if matches!(error, WarehouseError::State(_)) {
            served.reading.want();
        }
        match &error {
            WarehouseError::Cost { .. } => engine.metrics.refusal(Reason::Cost),
            WarehouseError::Unexpected(what) => {
                engine.metrics.refusal(Reason::Warehouse);
                tracing::error!(%what, "a query did not run: the warehouse would do more for it than read the schema");
            }
            _ => {}
        }
        error.to_fault()
    })?;
    let mut stream = EncodedStream::start(stream, masks)
        .await
        .map_err(|error| error.to_fault())?;
    let limits = admitted.limits();
    let (mut rows, mut bytes) = (0, 0);
    let mut first = true;
    let mut next = Some((stream.schema_message(), 0));
    while let Some((piece, more)) = next {
        let length = piece.len() as u64;
        rows = within("rows", rows + more, limits.rows)?;
        bytes = within("bytes", bytes + length, limits.bytes)?;
        admitted.spend(length, UnixMillis::now())?;
        if std::mem::take(&mut first) {
            output.header(piece).await?;
        } else {
            output.batch(piece, more).await?;
        }
        opened.count(more, length);
        meter.sent(more, length);
        next = match stream.next().await {
            None => None,
            Some(Ok(batch)) => Some((batch.bytes, batch.rows as u64)),
            Some(Err(error)) => return Err(error.to_fault()),
        };
    }
    Ok(())
}

/// Waits until the customer pauses the source.
async fn paused(engine: &Engine, served: &Served) -> pause::By {
    loop {
        if let Some(by) = engine.paused(served) {
            return by;
        }
        tokio::time::sleep(pause::LOOK_EVERY).await;
    }
}

fn within(what: &str, count: u64, limit: u64) -> Result<u64, Fault> {
    if count > limit {
        let detail = format!("the result has more than {limit} {what}; nothing of it may be used");
        return Err(Fault::new(Code::LimitExceeded, detail));
    }
    Ok(count)
}

fn late(time: Duration) -> Fault {
    let detail = format!("the result was not complete within {} ms", time.as_millis());
    Fault::new(Code::DeadlineExceeded, detail)
}

fn entry(engine: &Engine, request: &Request) -> Entry {
    let given = request
        .parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value));
    let (kind, query) = match &request.question {
        Question::Catalogued { name, .. } => (Kind::Catalogued, Some(name.as_str().to_owned())),
        Question::AdHoc(_) => (Kind::AdHoc, None),
    };
    engine.metrics.questions.with_label_values(&[kind.name()]).inc();
    Entry {
        request_id: request.request_id.0,
        caller: request.caller.as_str().to_owned(),
        tenant: engine.tenant.clone(),
        source: Some(request.source.clone()),
        kind,
        query,
        tables: Vec::new(),
        fingerprint: None,
        parameters: parameters::digest(given),
    }
}

/// Records a question that could not be read, with what could be read of it; answers the fault.
pub async fn unreadable(engine: &Engine, seen: Seen, fault: Fault) -> Fault {
    let kind = Kind::Unreadable;
    engine.metrics.questions.with_label_values(&[kind.name()]).inc();
    let entry = Entry {
        request_id: seen.request_id.map_or([0; 16], |id| id.0),
        caller: seen
            .caller
            .map_or_else(String::new, |caller| caller.as_str().to_owned()),
        tenant: engine.tenant.clone(),
        source: seen.source,
        kind,
        query: seen.query.map(|name| name.as_str().to_owned()),
        tables: Vec::new(),
        fingerprint: None,
        parameters: parameters::digest([]),
    };
    refuse(engine, &entry, fault).await
}

/// Records a refusal. It stands whether the record can be written or not.
async fn refuse(engine: &Engine, entry: &Entry, fault: Fault) -> Fault {
    let recorded = engine.audit.refuse(entry, &fault, UnixMillis::now()).await;
    tracing::info!(
        request = %hex::encode(entry.request_id),
        source = entry.source.as_ref().map_or("", SourceId::as_str),
        kind = entry.kind.name(),
        query = entry.query.as_deref(),
        code = %fault.code,
        "query refused"
    );
    if let Err(error) = recorded {
        engine.metrics.audit_failures.inc();
        tracing::error!(%error, "a refusal is not recorded");
    }
    fault
}

fn fail(engine: &Engine, error: &AuditError) -> Fault {
    engine.metrics.audit_failures.inc();
    tracing::error!(%error, "a query did not run, or its result is void, since its record cannot be written");
    error.into()
}

/// Measures one query, the cancelled ones too.
struct Meter<'m> {
    metrics: &'m Metrics,
    arrived: Instant,
    ended: bool,
    _running: Held,
}

impl<'m> Meter<'m> {
    fn new(metrics: &'m Metrics, arrived: Instant) -> Self {
        Self {
            metrics,
            arrived,
            ended: false,
            _running: Held::new(&metrics.running),
        }
    }

    fn sent(&self, rows: u64, bytes: u64) {
        self.metrics.rows.inc_by(rows);
        self.metrics.bytes.inc_by(bytes);
    }

    fn end(mut self, answer: Result<Digest, Fault>) -> Result<Digest, Fault> {
        self.ended = true;
        let code = answer.as_ref().err().map(|fault| fault.code);
        self.metrics.exchange(code, self.arrived.elapsed().as_secs_f64());
        answer
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.metrics
                .exchange(Some(Code::Cancelled), self.arrived.elapsed().as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests;
