//! What a statement did to a PostgreSQL server, seen from outside it.
//!
//! A statement runs as the superuser, so that a missing right cannot hide a reach, in a transaction that is always rolled back.
//! A second session looks, before it ends, at what the first holds: PostgreSQL keeps the lock on every relation that was touched
//! to the end of the transaction, also on those within functions, views and the planner's own look-ups. Beside the locks:
//! a transaction id (anything written takes one), advisory locks, settings, functions of users, session objects, WAL.

use std::collections::BTreeMap;
use std::error::Error;

use anyhow::{Context, Result};
use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::postgres::{Cluster, Session};

const LOCKS: &str = "select n.nspname || '.' || c.relname, l.mode from pg_locks l \
    join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace \
    where l.pid = $1 and l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())";
const ADVISORY: &str = "select count(*) from pg_locks where pid = $1 and locktype = 'advisory'";
const WAL: &str = "select pg_current_wal_insert_lsn()::text";
const LEFT: &str = "select coalesce(pg_current_xact_id_if_assigned()::text, ''), \
    (select count(*) from pg_listening_channels()) + (select count(*) from pg_cursors where name <> '') \
    + (select count(*) from pg_prepared_statements where name like 'x%'), \
    (select coalesce(string_agg(schemaname || '.' || funcname, ' '), '') from pg_stat_xact_user_functions where schemaname <> 'pg_catalog')";
const SETTINGS: &str = "select name, setting from pg_settings where name not in ('transaction_isolation', 'transaction_deferrable')";

/// Two sessions of the superuser on one database.
#[derive(Debug)]
pub struct Oracle {
    watched: Session,
    watcher: Session,
    pid: i32,
    schema: String,
}

/// What was seen of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether it ran to its end, else the SQLSTATE.
    pub outcome: Result<(), String>,
    /// All that is more than a read of the schema, in words.
    pub trespasses: Vec<String>,
}

impl Oracle {
    /// Over a database of the cluster, of which a statement may read one schema.
    ///
    /// # Errors
    /// When the server is not there.
    pub async fn new(cluster: &Cluster, database: &str, schema: &str) -> Result<Self> {
        let (watched, watcher) = (cluster.admin(database).await?, cluster.admin(database).await?);
        let session = "set track_functions = 'all'; set statement_timeout = '4s'; set search_path = ''; set jit = off; set timezone = 'UTC'";
        watched.batch_execute(session).await?;
        let pid = watched.query_one("select pg_backend_pid()", &[]).await?.get(0);
        Ok(Self {
            watched,
            watcher,
            pid,
            schema: schema.to_owned(),
        })
    }

    /// Runs a statement and says what was seen. Another's write-ahead log may be taken for its own: then it is asked again.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn watch(&self, statement: &str) -> Result<Seen> {
        let mut seen = self.once(statement).await?;
        for _ in 0..3 {
            if seen.trespasses.iter().any(|what| what.starts_with("log")) {
                seen = self.once(statement).await?;
            }
        }
        Ok(seen)
    }

    async fn once(&self, statement: &str) -> Result<Seen> {
        let before = settings(&self.watched).await?;
        let log: String = self.watcher.query_one(WAL, &[]).await?.get(0);
        self.watched.execute_typed("begin", &[]).await?;
        // The extended protocol, as the connector has it: a second statement is an error.
        let outcome = match self.watched.query_typed(statement, &[]).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let state = error.code().with_context(|| format!("{statement}: {error}"))?;
                Err(state.code().to_owned())
            }
        };
        let mut trespasses = Vec::new();
        for row in self.watcher.query(LOCKS, &[&self.pid]).await? {
            let (relation, mode): (String, String) = (row.get(0), row.get(1));
            let within =
                relation.starts_with(&format!("{}.", self.schema)) || relation.starts_with("pg_toast.");
            if !within {
                trespasses.push(format!("touched {relation}"));
            }
            if mode != "AccessShareLock" {
                trespasses.push(format!("locked {relation} with {mode}"));
            }
        }
        let advisory: i64 = self.watcher.query_one(ADVISORY, &[&self.pid]).await?.get(0);
        if advisory > 0 {
            trespasses.push("took an advisory lock".to_owned());
        }
        let now: String = self.watcher.query_one(WAL, &[]).await?.get(0);
        if now != log {
            trespasses.push(format!("log grew from {log} to {now}"));
        }
        if outcome.is_ok() {
            let left = self.watched.query_one(LEFT, &[]).await?;
            let (xid, session, functions): (String, i64, String) = (left.get(0), left.get(1), left.get(2));
            if !xid.is_empty() {
                trespasses.push("took a transaction id".to_owned());
            }
            if session > 0 {
                trespasses.push("left something in the session".to_owned());
            }
            if !functions.is_empty() {
                trespasses.push(format!("called {functions}"));
            }
            for (name, value) in settings(&self.watched).await? {
                if before.get(&name) != Some(&value) {
                    trespasses.push(format!("set {name}"));
                }
            }
        }
        self.watched.execute_typed("rollback", &[]).await?;
        self.watched
            .execute_typed("select pg_advisory_unlock_all()", &[])
            .await?;
        Ok(Seen { outcome, trespasses })
    }

    /// The rows of a query as text, sorted; else the SQLSTATE. `path` is where bare names are looked for.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn answer(
        &self,
        query: &str,
        texts: &[&str],
        path: &str,
    ) -> Result<Result<Vec<String>, String>> {
        self.watched
            .batch_execute(&format!("set search_path = {path}"))
            .await?;
        let wrapped = format!("select q::text from ({query}\n) as q");
        let texts: Vec<Literal<'_>> = texts.iter().map(|text| Literal(text)).collect();
        let params: Vec<(&(dyn ToSql + Sync), Type)> = texts
            .iter()
            .map(|text| (text as &(dyn ToSql + Sync), Type::UNKNOWN))
            .collect();
        let answer = self.watched.query_typed(&wrapped, &params).await;
        self.watched.batch_execute("set search_path = ''").await?;
        Ok(match answer {
            Ok(rows) => {
                let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                rows.sort();
                Ok(rows)
            }
            Err(error) => Err(error
                .code()
                .with_context(|| format!("{wrapped}: {error}"))?
                .code()
                .to_owned()),
        })
    }
}

/// A text whose type its context decides, as it does for a literal.
#[derive(Debug)]
struct Literal<'a>(&'a str);

impl ToSql for Literal<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

async fn settings(client: &Client) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    for message in client.simple_query(SETTINGS).await? {
        if let SimpleQueryMessage::Row(row) = message {
            let text = |at| row.get(at).unwrap_or_default().to_owned();
            settings.insert(text(0), text(1));
        }
    }
    Ok(settings)
}
