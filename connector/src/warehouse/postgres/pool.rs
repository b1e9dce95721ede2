//! A small pool of database sessions.
//!
//! A session is lent to one query and comes back only after that query's transaction was rolled back and `DISCARD ALL`
//! was answered ([`Lease::settle`]): nothing of one query reaches the next. A query that is dropped before that loses its session: the
//! socket is closed (a backend that is blocked in sending does not see a cancel request, only a closed socket) and a
//! cancel request is sent (a backend that is computing does not look at its socket).

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Fuse, FusedFuture},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tokio_postgres::{CancelToken, Client, Config, NoTls, Statement};

use super::{failure, tls::Connector};
use crate::{
    config::{Secret, SecretPlace},
    warehouse::WarehouseError,
};

/// After which an unused session is closed. Firewalls forget connections after five minutes or more.
const IDLE: Duration = Duration::from_secs(240);

/// Time that a session may take to be put in order. It is a matter of microseconds; a database that hangs meanwhile is
/// told to cancel.
const SETTLE_DEADLINE: Duration = Duration::from_secs(5);

/// Time that a cancel request may take: it opens a connection of its own.
const CANCEL_DEADLINE: Duration = Duration::from_secs(5);

/// The sessions of one source.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    /// Read for each connection, or, where that asks another host, after the database has refused the one before: a rotated
    /// password needs no restart.
    password: Option<SecretPlace>,
    /// What was read from another host.
    kept: Mutex<Option<Secret>>,
    connector: Connector,
    size: usize,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<(Session, Instant)>>,
    /// What puts sessions in order, and what cancels.
    tasks: Mutex<JoinSet<()>>,
    runtime: Handle,
}

/// Moves bytes between a client and its socket, which is closed when this is dropped. It is polled by whoever uses the
/// session, in one task with the work: a hand-over between tasks for every few rows costs more than decoding them.
/// Nobody polls it while the session is idle; what the server said meanwhile is read when it is lent again.
pub(super) type Io = Fuse<BoxFuture<'static, ()>>;

struct Session {
    client: Arc<Client>,
    cancel: CancelToken,
    io: Io,
    prepared: Option<Prepared>,
}

/// A statement that a session has prepared for its next query.
pub(super) struct Prepared {
    pub(super) sql: Arc<str>,
    pub(super) statement: Statement,
}

/// What puts a session in order: ready with the statement that is prepared then, if any; an error if it is not in order.
pub(super) type CleanUp = BoxFuture<'static, Result<Option<Prepared>, tokio_postgres::Error>>;

/// Which session is wanted.
#[derive(Clone, Copy)]
pub(super) enum Choice<'a> {
    /// One that nobody used before.
    Fresh,
    /// Any.
    Any,
    /// Best one that has prepared this text.
    For(&'a str),
}

/// A session lent to one query.
pub(super) struct Lease {
    shared: Arc<Shared>,
    session: Option<Session>,
    permit: Option<OwnedSemaphorePermit>,
    reused: bool,
}

impl Pool {
    /// At most `size` sessions, each made when it is first needed. Must be called within a runtime.
    pub(super) fn new(
        config: Config,
        password: Option<SecretPlace>,
        connector: Connector,
        size: usize,
    ) -> Self {
        let shared = Shared {
            config,
            password,
            kept: Mutex::default(),
            connector,
            size,
            permits: Arc::new(Semaphore::new(size)),
            idle: Mutex::new(Vec::with_capacity(size)),
            tasks: Mutex::new(JoinSet::new()),
            runtime: Handle::current(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Lends a session; waits for one until the deadline.
    pub(super) async fn lend(&self, choice: Choice<'_>, deadline: Instant) -> Result<Lease, WarehouseError> {
        let shared = &self.shared;
        let permit = timeout_at(deadline, Arc::clone(&shared.permits).acquire_owned())
            .await
            .map_err(|_| WarehouseError::Busy(shared.size))?
            .map_err(|_| WarehouseError::Internal("the pool was closed"))?;
        let kept = match choice {
            Choice::Fresh => None,
            Choice::Any => shared.take_idle(None),
            Choice::For(sql) => shared.take_idle(Some(sql)),
        };
        let reused = kept.is_some();
        let session = match kept {
            Some(session) => session,
            None => timeout_at(deadline, shared.connect())
                .await
                .map_err(|_| WarehouseError::Deadline)??,
        };
        Ok(Lease {
            shared: Arc::clone(shared),
            session: Some(session),
            permit: Some(permit),
            reused,
        })
    }
}

impl Shared {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(work, &self.runtime);
    }

    fn take_idle(&self, sql: Option<&str>) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(|(session, since)| {
            // Reads what the server said while nobody looked: its farewell, for instance.
            let _ = (&mut session.io).now_or_never();
            !session.client.is_closed() && !session.io.is_terminated() && since.elapsed() < IDLE
        });
        let ready = |(session, _): &(Session, Instant)| {
            session.prepared.as_ref().map(|prepared| &*prepared.sql) == sql && sql.is_some()
        };
        match idle.iter().rposition(ready) {
            Some(position) => Some(idle.swap_remove(position).0),
            None => idle.pop().map(|(session, _)| session),
        }
    }

    /// A connection that ends before it is ready, for instance in the TLS handshake, was never there.
    async fn connect(&self) -> Result<Session, WarehouseError> {
        self.try_connect().await.map_err(|error| match error {
            WarehouseError::Lost => WarehouseError::Unreachable,
            other => other,
        })
    }

    async fn try_connect(&self) -> Result<Session, WarehouseError> {
        let Some(place) = &self.password else {
            return self.log_in(None).await;
        };
        let kept = place.is_remote().then(|| self.kept().clone()).flatten();
        let Some(known) = kept else {
            let secret = self.read(place).await?;
            return self.log_in(Some(&secret)).await;
        };
        match self.log_in(Some(&known)).await {
            Err(WarehouseError::State(state)) if state.is_about_who_asks() => {
                let secret = self.read(place).await?;
                if secret == known {
                    return Err(WarehouseError::State(state));
                }
                tracing::info!("the warehouse's password was replaced, and is read anew");
                self.log_in(Some(&secret)).await
            }
            other => other,
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Secret>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, place: &SecretPlace) -> Result<Secret, WarehouseError> {
        let secret = place
            .read()
            .await
            .map_err(|error| WarehouseError::Settings(error.to_string()))?;
        if place.is_remote() {
            *self.kept() = Some(secret.clone());
        }
        Ok(secret)
    }

    async fn log_in(&self, secret: Option<&Secret>) -> Result<Session, WarehouseError> {
        let mut config = self.config.clone();
        if let Some(secret) = secret {
            config.password(secret.expose());
        }
        let (client, io) = match &self.connector {
            Connector::Verified(tls) => {
                let (client, connection) = config.connect(tls.clone()).await.map_err(|e| failure(&e))?;
                (client, connection.map(drop).boxed().fuse())
            }
            Connector::Plaintext => {
                let (client, connection) = config.connect(NoTls).await.map_err(|e| failure(&e))?;
                (client, connection.map(drop).boxed().fuse())
            }
        };
        let mut session = Session {
            cancel: client.cancel_token(),
            client: Arc::new(client),
            io,
            prepared: None,
        };
        let ready = super::make_ready(&session.client);
        beside(&mut session.io, ready).await.map_err(|e| failure(&e))?;
        Ok(session)
    }
}

/// Awaits work while the bytes that it waits for are moved.
pub(super) async fn beside<T>(io: &mut Io, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        // Once it has ended, it stays pending, and the work sees a closed session.
        let _ = io.poll_unpin(cx);
        Poll::Pending
    })
    .await
}

impl Lease {
    /// The session, and what moves its bytes: see [`beside`]. None only after the lease ended, which takes it by value.
    pub(super) fn session(&mut self) -> Option<(&Arc<Client>, &mut Io)> {
        self.session
            .as_mut()
            .map(|session| (&session.client, &mut session.io))
    }

    /// The statement that the session has prepared, if it is this one. The session has none from then on.
    pub(super) fn prepared(&mut self, sql: &str) -> Option<Prepared> {
        let prepared = self.session.as_mut()?.prepared.take()?;
        (*prepared.sql == *sql).then_some(prepared)
    }

    /// Whether the session served a query before: it may have died since without anybody noticing.
    pub(super) fn reused(&self) -> bool {
        self.reused
    }

    /// Gives a session back once it is in order, which nobody waits for; one that is not in time is closed. Until then
    /// its place in the pool is taken.
    pub(super) fn settle(
        mut self,
        clean_up: impl Future<Output = Result<Option<Prepared>, tokio_postgres::Error>> + Send + 'static,
    ) {
        let shared = Arc::clone(&self.shared);
        shared.spawn(async move {
            let Some(session) = self.session.as_mut() else {
                return;
            };
            let settled = timeout(SETTLE_DEADLINE, beside(&mut session.io, clean_up)).await;
            if let Ok(Ok(prepared)) = settled {
                session.prepared = prepared;
                self.give_back();
            }
        });
    }

    /// Gives a session back that is known to be in order.
    pub(super) fn give_back(mut self) {
        if let Some(session) = self.session.take() {
            let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((session, Instant::now()));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        let Session {
            client,
            cancel,
            io,
            prepared,
        } = session;
        let done = client.is_closed() || io.is_terminated();
        drop((client, io, prepared));
        if done {
            return;
        }
        // The place in the pool is free again when the backend was told, not before: the database never sees more
        // sessions of ours than the pool's size.
        let permit = self.permit.take();
        let connector = self.shared.connector.clone();
        self.shared.spawn(async move {
            let request = async {
                match connector {
                    Connector::Verified(tls) => cancel.cancel_query(tls).await,
                    Connector::Plaintext => cancel.cancel_query(NoTls).await,
                }
            };
            if timeout(CANCEL_DEADLINE, request).await.is_err() {
                tracing::warn!("a cancel request to the warehouse took too long");
            }
            drop(permit);
        });
    }
}
