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

/// Waits until so many queries run.
pub(crate) async fn until_running(admin: &Session, count: usize) -> Result<()> {
    wait::until(&format!("{count} queries in the database"), SOON, async || {
        (running(admin).await.ok()?.len() == count).then_some(())
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
