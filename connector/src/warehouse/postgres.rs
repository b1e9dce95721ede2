//! PostgreSQL, natively.
//!
//! One query is one read-only transaction: `BEGIN`, its time limits, the statement, `ROLLBACK`, `DISCARD ALL`, all sent
//! at once and answered in one round trip. The extended protocol is used for each of them; the simple one, in which a
//! text may hold several statements, is not used at all.
//!
//! A result is whole once its last row is there. What puts the session in order is on its way by then, and is waited for
//! apart from the result ([`pool::Lease::settle`]); the session serves nobody before that was answered. Part of it is to
//! prepare the same statement anew, since the next question is often the same one.
//!
//! Rows come in binary and go straight into Arrow buffers ([`decode`]). The socket is read only as fast as batches are
//! taken: a slow consumer stops the database, and the statement's timeout goes on.

mod decode;
mod explain;
mod numeric;
mod pool;
mod rights;
mod tls;

use std::{
    collections::HashSet,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arrow_schema::SchemaRef;
use bytes::{BufMut, BytesMut};
use futures_util::{
    StreamExt,
    future::{self, MaybeDone},
};
use proto::query::{
    plan::Identifier,
    types::{ParamType, Value},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_postgres::{
    Client, Config, RowStream,
    config::SslMode,
    types::{Format, IsNull, ToSql, Type},
};
use tokio_util::task::AbortOnDropHandle;

use self::{
    decode::Decoder,
    pool::{Choice, CleanUp, Lease, Pool, Prepared, beside},
};
use super::{
    BatchStream, BoxFuture, Inspection, Item, QUEUE, SqlState, Warehouse, WarehouseError, millis_left,
    render::{Bound, Dialect, Namespace, Rendered, render},
    rights::Excess,
};
use crate::{
    config::{self, Tls},
    policy::{Admitted, Origin},
};

/// Time to make one connection, TLS and password included. A database that is up answers within a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Quiet time after which TCP asks whether the database is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Longest wait for a lock. A reader waits only for DDL; dbt's is over within a second or two.
const LOCK_TIMEOUT_MILLIS: u64 = 5_000;

/// What the client waits beyond the statement's own timeout, for the database to say itself that it passed.
const GRACE: Duration = Duration::from_millis(250);

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The first statement of a session, and the last of each query: were a `BEGIN` ever lost, the session itself is
/// read-only.
const SESSION_GUARD: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// Settings of a session that is ready for a query: made when it begins, and again after each `DISCARD ALL`. No query can
/// change them, since the algebra has no function that does, and what a transaction sets ends with its `ROLLBACK`. An
/// empty search path leaves `pg_catalog` alone; just-in-time compilation costs more than it gains on reads of this size,
/// and may take seconds.
const SESSION_SETTINGS: &str = "SELECT \
    pg_catalog.set_config('idle_in_transaction_session_timeout', '10000', false), \
    pg_catalog.set_config('search_path', '', false), \
    pg_catalog.set_config('standard_conforming_strings', 'on', false), \
    pg_catalog.set_config('client_encoding', 'UTF8', false), \
    pg_catalog.set_config('TimeZone', 'UTC', false), \
    pg_catalog.set_config('DateStyle', 'ISO, YMD', false), \
    pg_catalog.set_config('IntervalStyle', 'postgres', false), \
    pg_catalog.set_config('extra_float_digits', '1', false), \
    pg_catalog.set_config('jit', 'off', false)";

/// Settings of the transaction, gone with it.
const TRANSACTION_SETTINGS: &str = "SELECT \
    pg_catalog.set_config('statement_timeout', $1, true), \
    pg_catalog.set_config('lock_timeout', $2, true)";

/// `feature_not_supported`: what PostgreSQL says of a prepared statement whose columns have changed since.
const STALE_STATEMENT: &[u8] = b"0A000";

/// Version, then the columns that the role may read, in order.
const INSPECT: &str = "SELECT pg_catalog.current_setting('server_version'), c.relname::pg_catalog.text, a.attname::pg_catalog.text \
    FROM pg_catalog.pg_namespace n \
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid \
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid \
    WHERE n.nspname OPERATOR(pg_catalog.=) $1 \
    AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,f,p}'::pg_catalog.\"char\"[]) \
    AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped \
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') \
    ORDER BY c.relname, a.attnum";

/// A source in PostgreSQL.
pub struct Postgres {
    pool: Pool,
    statements: Arc<Statements>,
}

impl Postgres {
    /// Prepares the pool; connects to nothing yet. Must be called within a runtime.
    ///
    /// # Errors
    /// When the CA file cannot be read, or plaintext is asked for to another host.
    pub fn new(settings: &config::Postgres) -> Result<Self, WarehouseError> {
        let connector = tls::connector(&settings.tls, &settings.host)?;
        let mut config = Config::new();
        config
            .host(&settings.host)
            .port(settings.port)
            .dbname(&settings.database)
            .user(&settings.user)
            .application_name("elementary-connector")
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(KEEPALIVE)
            .ssl_mode(match settings.tls {
                Tls::DangerPlaintext => SslMode::Disable,
                Tls::SystemRoots | Tls::CaFile(_) => SslMode::Require,
            });
        let size = usize::try_from(settings.connections).unwrap_or(1).max(1);
        let pool = Pool::new(config, settings.password.clone(), connector, size);
        Ok(Self {
            pool,
            statements: Arc::default(),
        })
    }

    async fn start(&self, query: &Admitted, deadline: Instant) -> Result<BatchStream, WarehouseError> {
        let namespace = Namespace {
            catalog: None,
            schema: query.schema().clone(),
        };
        let rendered = render(query.plan(), query.values(), &namespace, Dialect::Postgres)?;
        let lease = self.pool.lend(Choice::For(&rendered.sql), deadline).await?;
        let reused = lease.reused();
        match self.attempt(lease, query, &rendered, deadline).await {
            // The database closed the session while it was idle, or what it has prepared has other columns by now. Reads
            // may be asked twice.
            Err(error) if reused && is_of_an_old_session(&error) => {
                let lease = self.pool.lend(Choice::Fresh, deadline).await?;
                self.attempt(lease, query, &rendered, deadline).await
            }
            answer => answer,
        }
    }

    async fn attempt(
        &self,
        mut lease: Lease,
        query: &Admitted,
        rendered: &Rendered,
        deadline: Instant,
    ) -> Result<BatchStream, WarehouseError> {
        if query.origin() == Origin::AdHoc {
            match second_opinion(&mut lease, query, rendered, deadline).await {
                Ok(Ok(())) => {}
                Ok(Err(refused)) => {
                    lease.give_back();
                    return Err(refused);
                }
                Err(error) => return Err(error),
            }
        }
        produce(lease, rendered, &self.statements, deadline).await
    }

    async fn excess(&self, schema: &Identifier, deadline: Instant) -> Result<Vec<Excess>, WarehouseError> {
        let mut lease = self.pool.lend(Choice::Any, deadline).await?;
        let Some((client, io)) = lease.session() else {
            return Err(WarehouseError::Lost);
        };
        let found = timeout_at(deadline, beside(io, rights::excess(client, schema.as_str())))
            .await
            .map_err(|_| WarehouseError::Deadline)?
            .map_err(|error| failure(&error))?;
        lease.give_back();
        Ok(found)
    }

    async fn inspect(&self, schema: &Identifier, deadline: Instant) -> Result<Inspection, WarehouseError> {
        let mut lease = self.pool.lend(Choice::Any, deadline).await?;
        let Some((client, io)) = lease.session() else {
            return Err(WarehouseError::Lost);
        };
        let name = schema.as_str();
        let rows = beside(io, async {
            let version = client
                .query_typed(
                    "SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database()::pg_catalog.text",
                    &[],
                )
                .await?;
            let columns = client.query_typed(INSPECT, &[(&name, Type::TEXT)]).await?;
            Ok::<_, tokio_postgres::Error>((version, columns))
        });
        let (version, columns) = timeout_at(deadline, rows)
            .await
            .map_err(|_| WarehouseError::Deadline)?
            .map_err(|e| failure(&e))?;
        let text =
            |row: &tokio_postgres::Row, at: usize| row.try_get::<_, String>(at).map_err(|e| failure(&e));
        let first = version.first();
        let database = first.map(|row| text(row, 1)).transpose()?;
        let version = first.map(|row| text(row, 0)).transpose()?.unwrap_or_default();
        let mut inspection = Inspection {
            version: format!("PostgreSQL {version}"),
            database,
            tables: Default::default(),
        };
        for row in &columns {
            inspection
                .tables
                .entry(text(row, 1)?)
                .or_default()
                .push(text(row, 2)?);
        }
        lease.give_back();
        Ok(inspection)
    }
}

impl Warehouse for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn run<'a>(
        &'a self,
        query: &'a Admitted,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<BatchStream, WarehouseError>> {
        Box::pin(self.start(query, deadline))
    }

    fn check<'a>(
        &'a self,
        schema: &'a Identifier,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Inspection, WarehouseError>> {
        Box::pin(self.inspect(schema, deadline))
    }

    fn rights<'a>(
        &'a self,
        schema: &'a Identifier,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Vec<Excess>, WarehouseError>> {
        Box::pin(self.excess(schema, deadline))
    }
}

/// Lets the server plan a statement, in a transaction of its own that ends with it, and judges the plan. The outer error is
/// one of the session; with the inner one the session is in order.
async fn second_opinion(
    lease: &mut Lease,
    query: &Admitted,
    rendered: &Rendered,
    deadline: Instant,
) -> Result<Result<(), WarehouseError>, WarehouseError> {
    let Some((client, io)) = lease.session() else {
        return Err(WarehouseError::Lost);
    };
    let timeout = millis_left(deadline).to_string();
    let settings: [(&(dyn ToSql + Sync), Type); 2] = [(&timeout, Type::TEXT), (&timeout, Type::TEXT)];
    let sql = format!("{}{}", explain::EXPLAIN, rendered.sql);
    let params: Vec<Param> = rendered.params.iter().cloned().map(Param).collect();
    let params = explain::typed(&params, Param::declared);
    let work = future::join4(
        client.execute_typed(BEGIN, &[]),
        client.query_typed(TRANSACTION_SETTINGS, &settings),
        client.query_typed(&sql, &params),
        client.execute_typed("ROLLBACK", &[]),
    );
    let (begun, set, rows, ended) = timeout_at(deadline + GRACE, beside(io, work))
        .await
        .map_err(|_| WarehouseError::Deadline)?;
    begun
        .and(set.map(|_| 0))
        .and(ended)
        .map_err(|error| failure(&error))?;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => {
            return match failure(&error) {
                state @ WarehouseError::State(_) => Ok(Err(state)),
                other => Err(other),
            };
        }
    };
    let [row] = rows.as_slice() else {
        return Err(WarehouseError::Internal("a plan of several rows"));
    };
    let plan = row.try_get(0).map_err(|error| failure(&error))?;
    Ok(explain::judge(&plan, query.schema().as_str(), query.limits()))
}

/// Starts the task that runs a statement on a session, and waits for its columns.
async fn produce(
    lease: Lease,
    rendered: &Rendered,
    statements: &Arc<Statements>,
    deadline: Instant,
) -> Result<BatchStream, WarehouseError> {
    let statements = Arc::clone(statements);
    let (columns_tx, columns_rx) = oneshot::channel();
    let (batches_tx, batches) = mpsc::channel(QUEUE);
    let sql: Arc<str> = rendered.sql.as_str().into();
    let params = rendered.params.iter().cloned().map(Param).collect();
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let work = transaction(lease, sql, params, &statements, deadline, columns_tx, &batches_tx);
        let end = match timeout_at(deadline + GRACE, work).await {
            Ok(Ok(())) => Item::Complete,
            Ok(Err(error)) => Item::Failed(error),
            Err(_) => Item::Failed(WarehouseError::Deadline),
        };
        // A consumer that went away needs no end.
        let _ = batches_tx.send(end).await;
    }));
    let mut stream = BatchStream {
        schema: SchemaRef::new(arrow_schema::Schema::empty()),
        batches,
        ended: false,
        _producer: Box::new(task),
    };
    match columns_rx.await {
        Ok(schema) => {
            stream.schema = schema;
            Ok(stream)
        }
        // The task ended before there were columns: its end says why.
        Err(_) => match stream.next().await {
            Some(Err(error)) => Err(error),
            _ => Err(WarehouseError::Internal("a statement ended without columns")),
        },
    }
}

/// The whole life of one query on one session. A session that is not given back at the end is closed by its lease.
async fn transaction(
    mut lease: Lease,
    sql: Arc<str>,
    params: Vec<Param>,
    statements: &Statements,
    deadline: Instant,
    columns: oneshot::Sender<SchemaRef>,
    batches: &mpsc::Sender<Item>,
) -> Result<(), WarehouseError> {
    let prepared = lease.prepared(&sql);
    let Some((client, io)) = lease.session() else {
        return Err(WarehouseError::Lost);
    };
    let types: Arc<[Type]> = params.iter().map(Param::declared).collect();
    let mut tail: Tail = Box::pin(future::maybe_done(clean_up(
        Arc::clone(client),
        Arc::clone(&sql),
        Arc::clone(&types),
    )));
    let work = async {
        let question = Question {
            sql: &sql,
            types: &types,
            params,
            prepared,
        };
        let answer = ask(client, question, statements, deadline, &mut tail).await?;
        read(client, &sql, &types, answer, columns, batches).await
    };
    let outcome = beside(io, work).await;
    // Rows that nobody reads would be in the way of the answers to the clean-up: such a session is closed instead.
    if matches!(&outcome, Ok(()) | Err(WarehouseError::State(_))) {
        lease.settle(async move {
            tail.as_mut().await;
            tail.as_mut().take_output().unwrap_or(Ok(None))
        });
    }
    outcome
}

/// What puts the session in order, from when its requests are sent.
type Tail = Pin<Box<MaybeDone<CleanUp>>>;

/// A statement with its values.
struct Question<'a> {
    sql: &'a str,
    types: &'a [Type],
    params: Vec<Param>,
    prepared: Option<Prepared>,
}

/// The rows that are coming, and what decodes them where their columns are known before.
struct Answer {
    rows: RowStream,
    decoder: Option<Decoder>,
}

/// Sends a query's messages, and those of the clean-up behind them.
async fn ask(
    client: &Client,
    question: Question<'_>,
    statements: &Statements,
    deadline: Instant,
    tail: &mut Tail,
) -> Result<Answer, WarehouseError> {
    let Question {
        sql,
        types,
        params,
        prepared,
    } = question;
    let left = millis_left(deadline);
    let (timeout, lock_timeout) = (left.to_string(), left.min(LOCK_TIMEOUT_MILLIS).to_string());
    let settings: [(&(dyn ToSql + Sync), Type); 2] = [(&timeout, Type::TEXT), (&lock_timeout, Type::TEXT)];

    let begin = client.execute_typed(BEGIN, &[]);
    let set = client.query_typed(TRANSACTION_SETTINGS, &settings);
    let (begun, set, rows, decoder) = if let Some(Prepared { sql: _, statement }) = prepared {
        let decoder = Decoder::new(statement.columns())?;
        let ask = client.query_raw(&statement, params);
        let (begun, set, rows) = pipelined(future::join3(begin, set, ask), tail.as_mut()).await;
        (begun, set, rows, Some(decoder))
    } else if statements.knows(sql) {
        let ask = client.query_typed_raw(sql, params.into_iter().zip(types.iter().cloned()));
        let (begun, set, rows) = pipelined(future::join3(begin, set, ask), tail.as_mut()).await;
        (begun, set, rows, None)
    } else {
        // The first time, the columns are asked for before any row: the driver looks up a type that it does not know
        // with a query of its own, whose answer would be stuck behind the rows.
        match future::join3(begin, set, client.prepare_typed(sql, types)).await {
            (begun, set, Ok(statement)) => {
                let decoder = Decoder::new(statement.columns())?;
                let rows = pipelined(client.query_raw(&statement, params), tail.as_mut()).await;
                statements.learn(sql);
                (begun, set, rows, Some(decoder))
            }
            (begun, set, Err(error)) => (begun, set, Err(error), None),
        }
    };
    // Rows from outside the transaction that was asked for are not read.
    begun.and(set.map(|_| 0)).map_err(|error| failure(&error))?;
    let rows = rows.map_err(|error| failure(&error))?;
    Ok(Answer { rows, decoder })
}

/// Awaits the head; the tail is started as soon as the head is. Each request of the driver is sent when its future is
/// first polled, so all are on their way before the first answer is awaited.
async fn pipelined<H: Future>(head: H, mut tail: Pin<&mut impl Future<Output = ()>>) -> H::Output {
    let mut head = pin!(head);
    let mut sent = false;
    future::poll_fn(|cx| {
        let answer = head.as_mut().poll(cx);
        if !sent {
            sent = true;
            let _ = tail.as_mut().poll(cx);
        }
        answer
    })
    .await
}

/// Statements whose columns all have a mapping. A catalogue has about a hundred, and values are bound, not written.
#[derive(Default)]
struct Statements(Mutex<HashSet<String>>);

/// Beyond this the set is emptied: every statement is learnt again at the cost of one round trip.
const KNOWN_STATEMENTS: usize = 512;

impl Statements {
    fn knows(&self, sql: &str) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(sql)
    }

    fn learn(&self, sql: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_STATEMENTS {
            known.clear();
        }
        known.insert(sql.to_owned());
    }
}

/// Ends the transaction, forgets everything that the session learnt, and makes it ready for the next query.
fn clean_up(client: Arc<Client>, sql: Arc<str>, types: Arc<[Type]>) -> CleanUp {
    Box::pin(async move {
        let (rolled_back, discarded, ready, statement) = future::join4(
            client.execute_typed("ROLLBACK", &[]),
            client.execute_typed("DISCARD ALL", &[]),
            make_ready(&client),
            client.prepare_typed(&sql, &types),
        )
        .await;
        rolled_back.and(discarded)?;
        ready?;
        // A statement that cannot be prepared is no fault of the session.
        Ok(statement.ok().map(|statement| Prepared { sql, statement }))
    })
}

/// What a session begins with, and needs again once it has forgotten everything.
async fn make_ready(client: &Client) -> Result<(), tokio_postgres::Error> {
    let (guarded, set) = future::join(
        client.execute_typed(SESSION_GUARD, &[]),
        client.query_typed(SESSION_SETTINGS, &[]),
    )
    .await;
    guarded.and(set.map(|_| 0)).map(|_| ())
}

/// Turns rows into batches until there are no more, or nobody wants them.
async fn read(
    client: &Client,
    sql: &str,
    types: &[Type],
    Answer { rows, decoder }: Answer,
    columns: oneshot::Sender<SchemaRef>,
    batches: &mpsc::Sender<Item>,
) -> Result<(), WarehouseError> {
    const GONE: WarehouseError = WarehouseError::Internal("the consumer went away");
    let mut rows = pin!(rows);
    let mut next = rows.next().await.transpose().map_err(|e| failure(&e))?;
    let mut decoder = match (decoder, &next) {
        (Some(decoder), _) => decoder,
        (None, Some(row)) => Decoder::new(row.columns())?,
        // Without a row the driver does not tell the columns. The statement was answered, so this only parses it.
        (None, None) => {
            let statement = client.prepare_typed(sql, types).await.map_err(|e| failure(&e))?;
            Decoder::new(statement.columns())?
        }
    };
    columns.send(decoder.schema().clone()).map_err(|_| GONE)?;
    while let Some(row) = next {
        decoder.push(&row)?;
        if decoder.full() {
            batches
                .send(Item::Batch(decoder.finish()?))
                .await
                .map_err(|_| GONE)?;
        }
        next = rows.next().await.transpose().map_err(|e| failure(&e))?;
    }
    if !decoder.is_empty() {
        batches
            .send(Item::Batch(decoder.finish()?))
            .await
            .map_err(|_| GONE)?;
    }
    Ok(())
}

/// Whether an error may be due to what became of a session, or of what it has prepared, while it was idle.
fn is_of_an_old_session(error: &WarehouseError) -> bool {
    match error {
        WarehouseError::Lost => true,
        WarehouseError::State(state) => state.as_str().as_bytes() == STALE_STATEMENT,
        _ => false,
    }
}

/// What an error of the driver means. Its message stays here: it quotes values of rows.
fn failure(error: &tokio_postgres::Error) -> WarehouseError {
    if let Some(state) = error.code() {
        return match state.code() {
            // query_canceled: the statement's timeout. Nobody else cancels: our own cancels are never awaited.
            "57014" => WarehouseError::Deadline,
            // admin_shutdown, crash_shutdown: the database went away.
            "57P01" | "57P02" => WarehouseError::Lost,
            code => SqlState::parse(code.as_bytes()).map_or(
                WarehouseError::Internal("a SQLSTATE that is none"),
                WarehouseError::State,
            ),
        };
    }
    if error.is_closed() {
        return WarehouseError::Lost;
    }
    match std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>()) {
        Some(_) => WarehouseError::Lost,
        None => WarehouseError::Unreachable,
    }
}

/// A bound value on its way. Literals go as text of an undeclared type, so that the database types them by their
/// context as it does with literals; parameters go in binary with their declared type.
#[derive(Debug)]
struct Param(Bound);

impl Param {
    fn declared(&self) -> Type {
        match &self.0 {
            Bound::Literal(_) => Type::UNKNOWN,
            Bound::Value(ParamType::Boolean, _) => Type::BOOL,
            Bound::Value(ParamType::Integer, _) => Type::INT8,
            Bound::Value(ParamType::Float, _) => Type::FLOAT8,
            Bound::Value(ParamType::Text, _) => Type::TEXT,
            Bound::Value(ParamType::Timestamp, _) => Type::TIMESTAMP,
            Bound::Value(ParamType::Date, _) => Type::DATE,
        }
    }
}

/// A value outside the range of its type. [`Value::check`] was passed before; this is the second net.
#[derive(Debug, thiserror::Error)]
#[error("a parameter is out of range")]
struct OutOfRange;

impl ToSql for Param {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Bound::Literal(text) => out.put_slice(text.as_bytes()),
            Bound::Value(_, Value::Null) => return Ok(IsNull::Yes),
            Bound::Value(_, Value::Boolean(value)) => out.put_u8(u8::from(*value)),
            Bound::Value(_, Value::Integer(value)) => out.put_i64(*value),
            Bound::Value(_, Value::Float(value)) => out.put_f64(*value),
            Bound::Value(_, Value::Text(text)) => out.put_slice(text.as_bytes()),
            Bound::Value(_, Value::Timestamp(micros)) => {
                out.put_i64(micros.checked_sub(decode::EPOCH_MICROS).ok_or(OutOfRange)?);
            }
            Bound::Value(_, Value::Date(days)) => {
                out.put_i32(days.checked_sub(decode::EPOCH_DAYS).ok_or(OutOfRange)?)
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match &self.0 {
            Bound::Literal(_) => Format::Text,
            Bound::Value(..) => Format::Binary,
        }
    }

    fn to_sql_checked(
        &self,
        declared: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.to_sql(declared, out)
    }
}
