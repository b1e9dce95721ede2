//! DuckDB, and every other engine, through an ADBC driver loaded at run time.
//!
//! A driver is code in this process: it is loaded only from bytes whose SHA-256 the customer wrote down ([`library`]).
//! Its calls block, so each query has a thread for as long as it runs, and as many queries run at once as there are
//! places. Whatever a driver gives is brought to the common types ([`normalise`]).
//!
//! DuckDB has no grants and no read-only role. What holds there: the file is opened read-only, access to anything
//! outside it is switched off, the configuration is locked before the first query, and the plan's algebra can name
//! neither a function that reads a file nor a table outside the schema. Each query has a connection of its own.
//!
//! Cancelling: ADBC's `StatementCancel` (DuckDB: an interrupt). An interrupt that comes before the statement started is
//! forgotten by the engine, so it is repeated until the thread has ended.

mod library;
mod normalise;
mod statements;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adbc_core::{
    CancelHandle, Connection as _, Database as _, Driver as _, Statement as _,
    error::{Error as AdbcError, Status},
    options::{OptionDatabase, OptionValue},
};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, RecordBatchReader,
    StringArray, TimestampMicrosecondArray, cast::AsArray,
};
use arrow_schema::{Field, Schema, SchemaRef};
use proto::query::{
    plan::Identifier,
    types::{ParamType, Value},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use self::normalise::Normaliser;
use super::{
    BatchStream, BoxFuture, Inspection, Item, QUEUE, SqlState, Warehouse, WarehouseError,
    render::{Bound, Dialect, Namespace, Rendered, render},
    rights::{Excess, check},
};
use crate::{config, policy::Admitted};

/// Queries that run at once on one source: an embedded engine shares the connector's own host.
const PLACES: usize = 4;

/// Between two interrupts of a statement that is to end.
const CANCEL_AGAIN: Duration = Duration::from_millis(20);

/// What the driver is given beyond the deadline to end by itself, before the caller is told.
const GRACE: Duration = Duration::from_millis(250);

/// A source behind a driver.
pub struct Adbc {
    database: Arc<ManagedDatabase>,
    dialect: Dialect,
    catalog: Option<Identifier>,
    places: Arc<Semaphore>,
    supervisors: Mutex<JoinSet<()>>,
    runtime: Handle,
}

impl Adbc {
    /// Opens a DuckDB file: read-only, closed to everything outside it, its configuration locked.
    ///
    /// # Errors
    /// When the driver is not the one that was pinned, or the file is no database.
    pub async fn duckdb(settings: &config::DuckDb) -> Result<Self, WarehouseError> {
        let Some(path) = settings.database.to_str().map(str::to_owned) else {
            return Err(WarehouseError::Settings(
                "the database's path is not UTF-8".to_owned(),
            ));
        };
        let options = vec![
            ("path".to_owned(), path),
            ("access_mode".to_owned(), "READ_ONLY".to_owned()),
        ];
        let digest = settings.driver_sha256.0;
        Self::open(
            &settings.driver,
            digest,
            "duckdb_adbc_init",
            options,
            Dialect::DuckDb,
        )
        .await
    }

    /// Opens any warehouse for which there is a driver and a dialect.
    ///
    /// # Errors
    /// When the driver is not the one that was pinned, the dialect is not known, a secret cannot be read, or the driver
    /// refuses the options.
    pub async fn new(settings: &config::Adbc) -> Result<Self, WarehouseError> {
        let dialect = Dialect::from_name(&settings.dialect).ok_or_else(|| {
            let known: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            WarehouseError::Settings(format!(
                "dialect `{}` is not one of: {}",
                settings.dialect,
                known.join(", ")
            ))
        })?;
        let mut options: Vec<_> = settings
            .options
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for (key, place) in &settings.secret_options {
            let secret = place
                .read()
                .await
                .map_err(|error| WarehouseError::Settings(error.to_string()))?;
            options.push((key.clone(), secret.expose().to_owned()));
        }
        Self::open(
            &settings.driver,
            settings.driver_sha256.0,
            &settings.entrypoint,
            options,
            dialect,
        )
        .await
    }

    async fn open(
        driver: &Path,
        digest: [u8; 32],
        entrypoint: &str,
        options: Vec<(String, String)>,
        dialect: Dialect,
    ) -> Result<Self, WarehouseError> {
        let (driver, entrypoint) = (driver.to_owned(), entrypoint.to_owned());
        let opened = blocking(move || {
            let mut driver = library::load(&driver, digest, &entrypoint)?;
            let options = options
                .into_iter()
                .map(|(key, value)| (OptionDatabase::Other(key), OptionValue::String(value)));
            let database = driver.new_database_with_opts(options).map_err(failure)?;
            let mut connection = database.new_connection().map_err(failure)?;
            for statement in statements::setup(dialect) {
                run_once(&mut connection, statement, &[])?;
            }
            let catalog = match dialect {
                Dialect::DuckDb => {
                    let rows = run_once(&mut connection, "SELECT current_database()", &[])?;
                    let name = texts(&rows, 0).into_iter().next().unwrap_or_default();
                    let bad =
                        |_| WarehouseError::Settings("the database's name is not an identifier".to_owned());
                    Some(Identifier::new(&name).map_err(bad)?)
                }
                // The connection's own.
                _ => None,
            };
            Ok((database, catalog))
        });
        let (database, catalog) = opened.await?;
        Ok(Self {
            database: Arc::new(database),
            dialect,
            catalog,
            places: Arc::new(Semaphore::new(PLACES)),
            supervisors: Mutex::new(JoinSet::new()),
            runtime: Handle::current(),
        })
    }

    async fn place(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, WarehouseError> {
        timeout_at(deadline, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| WarehouseError::Busy(PLACES))?
            .map_err(|_| WarehouseError::Internal("the places were closed"))
    }

    async fn start(&self, query: &Admitted, deadline: Instant) -> Result<BatchStream, WarehouseError> {
        let namespace = Namespace {
            catalog: self.catalog.clone(),
            schema: query.schema().clone(),
        };
        let rendered = render(query.plan(), query.values(), &namespace, self.dialect)?;
        let place = self.place(deadline).await?;

        let (columns_tx, columns_rx) = oneshot::channel();
        let (batches_tx, batches) = mpsc::channel(QUEUE);
        let (stop_tx, stop_rx) = oneshot::channel::<()>();
        let (done_tx, done_rx) = oneshot::channel::<()>();
        let run = Arc::new(Run::default());
        let supervisor = supervise(Arc::clone(&run), stop_rx, done_rx, deadline, batches_tx.clone());
        {
            let mut supervisors = self.supervisors.lock().unwrap_or_else(PoisonError::into_inner);
            while supervisors.try_join_next().is_some() {}
            supervisors.spawn_on(supervisor, &self.runtime);
        }
        let (database, dialect) = (Arc::clone(&self.database), self.dialect);
        // Not awaited: the thread ends by itself when it is done or was cancelled, and gives its place back then.
        drop(tokio::task::spawn_blocking(move || {
            let _place = place;
            let end = match produce(&database, dialect, &rendered, &run, columns_tx, &batches_tx) {
                Ok(()) => Item::Complete,
                Err(_) if run.timed_out.load(Ordering::Acquire) => Item::Failed(WarehouseError::Deadline),
                Err(error) => Item::Failed(error),
            };
            drop(done_tx);
            let _ = batches_tx.blocking_send(end);
        }));

        let mut stream = BatchStream {
            schema: SchemaRef::new(Schema::empty()),
            batches,
            ended: false,
            _producer: Box::new(stop_tx),
        };
        match timeout_at(deadline + GRACE, columns_rx).await {
            Ok(Ok(schema)) => {
                stream.schema = schema;
                Ok(stream)
            }
            Ok(Err(_)) => match stream.next().await {
                Some(Err(error)) => Err(error),
                _ => Err(WarehouseError::Internal("a statement ended without columns")),
            },
            Err(_) => Err(WarehouseError::Deadline),
        }
    }

    async fn inspect(&self, schema: &Identifier, deadline: Instant) -> Result<Inspection, WarehouseError> {
        let place = self.place(deadline).await?;
        let database = Arc::clone(&self.database);
        let dialect = self.dialect;
        let name = statements::as_stored(dialect, schema.as_str());
        let (columns, bound) = statements::columns(dialect, schema).ok_or_else(|| {
            WarehouseError::Settings("the schema's name cannot be written there".to_owned())
        })?;
        let work = blocking(move || {
            let _place = place;
            let mut connection = database.new_connection().map_err(failure)?;
            let mut first = |statement: Option<&str>| match statement {
                Some(statement) => {
                    let rows = run_once(&mut connection, statement, &[])?;
                    Ok::<_, WarehouseError>(texts(&rows, 0).into_iter().next())
                }
                None => Ok(None),
            };
            let version = first(statements::version(dialect))?;
            let database = first(statements::database(dialect))?;
            let params = [Bound::Literal(name)];
            let rows = run_once(&mut connection, &columns, if bound { &params } else { &[] })?;
            Ok((version.unwrap_or_default(), database, rows))
        });
        let (version, database, rows) = timeout_at(deadline, work)
            .await
            .map_err(|_| WarehouseError::Deadline)??;
        let version = match dialect {
            Dialect::DuckDb => format!("DuckDB {version}"),
            Dialect::Postgres | Dialect::Redshift => version,
            other => format!("{} {version}", other.name()),
        };
        let mut inspection = Inspection {
            version,
            database,
            tables: Default::default(),
        };
        for (table, column) in texts(&rows, 0).into_iter().zip(texts(&rows, 1)) {
            let (table, column) = (
                statements::as_listed(dialect, table),
                statements::as_listed(dialect, column),
            );
            inspection.tables.entry(table).or_default().push(column);
        }
        Ok(inspection)
    }
}

impl Warehouse for Adbc {
    fn dialect(&self) -> Dialect {
        self.dialect
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

    /// DuckDB has no roles. What another engine grants is asked in its own way, which no driver does for us.
    fn rights<'a>(
        &'a self,
        schema: &'a Identifier,
        _: Instant,
    ) -> BoxFuture<'a, Result<Vec<Excess>, WarehouseError>> {
        let check = match self.dialect {
            Dialect::DuckDb => check::NO_GRANTS,
            _ => check::UNVERIFIED,
        };
        let found = Excess {
            check,
            object: schema.as_str().to_owned(),
            remedy: None,
        };
        Box::pin(std::future::ready(Ok(vec![found])))
    }
}

/// What the thread of a query and its supervisor share.
#[derive(Default)]
struct Run {
    cancelled: AtomicBool,
    timed_out: AtomicBool,
    handle: Mutex<Option<Box<dyn CancelHandle>>>,
}

impl Run {
    fn interrupt(&self) {
        self.cancelled.store(true, Ordering::Release);
        if let Some(handle) = &*self.handle.lock().unwrap_or_else(PoisonError::into_inner) {
            // Nothing to cancel yet, or no longer: the next round, or the thread's end, sees to it.
            let _ = handle.try_cancel();
        }
    }

    fn go_on(&self) -> Result<(), WarehouseError> {
        if self.cancelled.load(Ordering::Acquire) {
            return Err(WarehouseError::Internal("the consumer went away"));
        }
        Ok(())
    }
}

/// Waits for the deadline, or for the consumer to go, and then sees the query's thread to its end.
async fn supervise(
    run: Arc<Run>,
    stop: oneshot::Receiver<()>,
    done: oneshot::Receiver<()>,
    deadline: Instant,
    batches: mpsc::Sender<Item>,
) {
    let mut done = std::pin::pin!(done);
    tokio::select! {
        _ = &mut done => return,
        _ = stop => {}
        () = sleep_until(deadline) => run.timed_out.store(true, Ordering::Release),
    }
    let mut told = false;
    loop {
        run.interrupt();
        tokio::select! {
            _ = &mut done => return,
            () = tokio::time::sleep(CANCEL_AGAIN) => {}
        }
        // A driver that does not listen: its thread keeps its place, but the consumer waits no longer.
        if !told && Instant::now() > deadline + GRACE {
            told = batches.try_send(Item::Failed(WarehouseError::Deadline)).is_ok();
        }
    }
}

/// The whole life of one query, on a thread of its own.
fn produce(
    database: &ManagedDatabase,
    dialect: Dialect,
    rendered: &Rendered,
    run: &Run,
    columns: oneshot::Sender<SchemaRef>,
    batches: &mpsc::Sender<Item>,
) -> Result<(), WarehouseError> {
    run.go_on()?;
    let mut connection = database.new_connection().map_err(failure)?;
    for statement in statements::session(dialect) {
        run_once(&mut connection, statement, &[])?;
    }
    let mut statement = connection.new_statement().map_err(failure)?;
    statement.set_sql_query(&rendered.sql).map_err(failure)?;
    statement.prepare().map_err(failure)?;
    if !rendered.params.is_empty() {
        statement.bind(parameters(&rendered.params)?).map_err(failure)?;
    }
    *run.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(statement.get_cancel_handle());
    run.go_on()?;
    let reader = statement.execute().map_err(failure)?;
    let mut normaliser = Normaliser::new(&reader.schema())?;
    columns
        .send(Arc::clone(normaliser.schema()))
        .map_err(|_| WarehouseError::Internal("the consumer went away"))?;
    let send = |batch| {
        batches
            .blocking_send(Item::Batch(batch))
            .map_err(|_| WarehouseError::Internal("the consumer went away"))
    };
    for batch in reader {
        run.go_on()?;
        // The stream's errors carry the engine's text in an Arrow error: all that is kept is that it failed.
        let batch = batch.map_err(|_| WarehouseError::Driver("Internal"))?;
        if let Some(batch) = normaliser.push(&batch)? {
            send(batch)?;
        }
    }
    run.go_on()?;
    if let Some(batch) = normaliser.finish()? {
        send(batch)?;
    }
    Ok(())
}

/// Runs a statement of ours, not of a plan, and collects its rows.
fn run_once(
    connection: &mut ManagedConnection,
    sql: &str,
    params: &[Bound],
) -> Result<Vec<RecordBatch>, WarehouseError> {
    let mut statement = connection.new_statement().map_err(failure)?;
    statement.set_sql_query(sql).map_err(failure)?;
    if !params.is_empty() {
        statement.prepare().map_err(failure)?;
        statement.bind(parameters(params)?).map_err(failure)?;
    }
    let reader = statement.execute().map_err(failure)?;
    reader
        .collect::<Result<_, _>>()
        .map_err(|_| WarehouseError::Driver("Internal"))
}

fn texts(batches: &[RecordBatch], column: usize) -> Vec<String> {
    let columns = batches
        .iter()
        .filter_map(|batch| batch.columns().get(column)?.as_string_opt::<i32>());
    columns
        .flat_map(|array| array.iter().flatten().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// One row with a column for each `$n`.
fn parameters(params: &[Bound]) -> Result<RecordBatch, WarehouseError> {
    let columns: Vec<ArrayRef> = params.iter().map(parameter).collect();
    let fields: Vec<Field> = (1..)
        .zip(&columns)
        .map(|(number, column)| Field::new(number.to_string(), column.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|_| WarehouseError::Internal("parameters of different lengths"))
}

fn parameter(bound: &Bound) -> ArrayRef {
    let (declared, value) = match bound {
        Bound::Literal(text) => return Arc::new(StringArray::from(vec![&**text])),
        Bound::Value(declared, value) => (declared, value),
    };
    match (declared, value) {
        (_, Value::Boolean(value)) => Arc::new(BooleanArray::from(vec![*value])),
        (_, Value::Integer(value)) => Arc::new(Int64Array::from(vec![*value])),
        (_, Value::Float(value)) => Arc::new(Float64Array::from(vec![*value])),
        (_, Value::Text(value)) => Arc::new(StringArray::from(vec![value.as_str()])),
        (_, Value::Timestamp(value)) => Arc::new(TimestampMicrosecondArray::from(vec![*value])),
        (_, Value::Date(value)) => Arc::new(Date32Array::from(vec![*value])),
        (ParamType::Boolean, Value::Null) => Arc::new(BooleanArray::from(vec![None])),
        (ParamType::Integer, Value::Null) => Arc::new(Int64Array::from(vec![None])),
        (ParamType::Float, Value::Null) => Arc::new(Float64Array::from(vec![None])),
        (ParamType::Text, Value::Null) => Arc::new(StringArray::from(vec![None::<&str>])),
        (ParamType::Timestamp, Value::Null) => Arc::new(TimestampMicrosecondArray::from(vec![None])),
        (ParamType::Date, Value::Null) => Arc::new(Date32Array::from(vec![None])),
    }
}

/// Runs blocking work of ours on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WarehouseError> + Send + 'static,
) -> Result<T, WarehouseError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| WarehouseError::Internal("a driver call panicked"))?
}

/// What an error of a driver means. Its message stays here: it quotes values.
fn failure(error: AdbcError) -> WarehouseError {
    let state: Vec<u8> = error
        .sqlstate
        .iter()
        .map(|c| u8::try_from(*c).unwrap_or(0))
        .collect();
    if let Some(state) = SqlState::parse(&state).filter(|state| state.as_str() != "00000") {
        return WarehouseError::State(state);
    }
    WarehouseError::Driver(match error.status {
        Status::Ok | Status::Unknown => "Unknown",
        Status::NotImplemented => "NotImplemented",
        Status::NotFound => "NotFound",
        Status::AlreadyExists => "AlreadyExists",
        Status::InvalidArguments => "InvalidArguments",
        Status::InvalidState => "InvalidState",
        Status::InvalidData => "InvalidData",
        Status::Integrity => "Integrity",
        Status::Internal => "Internal",
        Status::IO => "IO",
        Status::Cancelled => "Cancelled",
        Status::Timeout => return WarehouseError::Deadline,
        Status::Unauthenticated => "Unauthenticated",
        Status::Unauthorized => "Unauthorized",
    })
}

#[cfg(test)]
mod tests;
