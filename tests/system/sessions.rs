//! The connector's sessions in PostgreSQL, as the database's administrator sees them.

use std::time::Duration;

use anyhow::Result;
use tests::postgres::{Cluster, DATABASE, Session};
use tests::wait;

/// Within which everybody on the way must have noticed what happened.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Process ids of the sessions that are within a query.
pub(crate) async fn running(admin: &Session) -> Result<Vec<i32>> {
    let sql = "select pid from pg_stat_activity where usename = 'elementary_reader' and state <> 'idle'";
    Ok(admin
        .query(sql, &[])
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect())
}

/// Waits until so many queries of a table run; none: until no session is within anything.
pub(crate) async fn until_running(admin: &Session, count: usize) -> Result<()> {
    // What the connector asks on its own account names no table: its reading of the schema, and what puts a session in order.
    let sql = "select count(*) from pg_stat_activity where usename = 'elementary_reader' and state <> 'idle'
        and query like '%\"analytics_elementary\".%'";
    wait::until(&format!("{count} queries in the database"), SOON, async || {
        let there = match count {
            0 => running(admin).await.ok()?.len(),
            _ => usize::try_from(admin.query_one(sql, &[]).await.ok()?.get::<_, i64>(0)).ok()?,
        };
        (there == count).then_some(())
    })
    .await
}

/// Waits until every session of the connector is in order: nothing of what follows a query is still under way.
pub(crate) async fn until_in_order(admin: &Session) -> Result<()> {
    let sql = "select count(*) from pg_stat_activity where usename = 'elementary_reader'
        and (state <> 'idle' or query in ('ROLLBACK', 'DISCARD ALL') or query like 'SET SESSION%')";
    wait::until("sessions in order", SOON, async || {
        (admin.query_one(sql, &[]).await.ok()?.get::<_, i64>(0) == 0).then_some(())
    })
    .await
}

/// Keeps every reader of a table waiting until the session ends.
pub(crate) async fn hold(cluster: &Cluster, table: &str) -> Result<Session> {
    let session = cluster.admin(DATABASE).await?;
    let lock = format!("begin; lock table analytics_elementary.{table} in access exclusive mode");
    session.batch_execute(&lock).await?;
    Ok(session)
}
