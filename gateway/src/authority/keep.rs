//! What a node does for its authority while it runs: follows the store and renews its own certificate. One of the nodes, the
//! owner of this work, carries changes on.

use std::time::Duration;

use proto::error::{Code, Fault};
use tokio::time::{MissedTickBehavior, interval};

use crate::{app::AppState, auth::store_fault, store::Watch};

/// How often the node looks whether something is due. A look costs a comparison, and a walk over the fleet's records while
/// roots change; it is also how long after this host's clock was set right connectors may still meet a certificate of the
/// wrong time.
const LOOK: Duration = Duration::from_secs(5);

/// The name of the work that one node does for all.
pub const WORK: &str = "authority";

/// Runs until the gateway stops.
pub async fn run(state: &AppState) {
    tokio::join!(state.keeper.run(&state.drain), follow(state));
}

async fn follow(state: &AppState) {
    let mut due = interval(LOOK);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut changes: Option<Watch> = None;
    loop {
        if changes.is_none() {
            changes = state
                .authority
                .watch()
                .await
                .inspect_err(|fault| tracing::warn!(code = %fault.code, "the authority cannot be followed"))
                .ok();
        }
        tokio::select! {
            // All arms are cancel-safe.
            () = state.drain.stopping() => return,
            news = next(changes.as_mut()) => {
                if news.is_none() {
                    // A look at each turn makes up for what was missed.
                    changes = None;
                }
            }
            _ = due.tick() => {}
        }
        look(state).await;
    }
}

async fn next(changes: Option<&mut Watch>) -> Option<()> {
    match changes {
        Some(watch) => watch.next().await.map(drop),
        None => std::future::pending().await,
    }
}

/// Puts in force what the store holds, and takes the next step if that is this node's to do. A step is conditional on the
/// record that it was due for: one that comes late changes nothing.
async fn carry_on(state: &AppState) -> Result<(), Fault> {
    state.authority.follow().await?;
    if state.keeper.confirmed().await.map_err(store_fault)?.is_some() {
        state.authority.carry_on(&state.fleet).await?;
    }
    Ok(())
}

async fn look(state: &AppState) {
    let authority = &state.authority;
    if let Err(fault) = carry_on(state).await {
        match fault.code {
            // For every node alike, and said by the store's metrics.
            Code::StoreUnavailable => {
                tracing::warn!(code = %fault.code, "the authority waits for the store");
            }
            code => tracing::error!(%code, detail = %fault.detail, "the authority cannot be carried on"),
        }
    }
    state
        .metrics
        .fleet
        .authority_owner
        .set(i64::from(state.keeper.term().is_some()));
    match authority.renew_node_if_due().await {
        Ok(true) => tracing::info!("the node's certificate was renewed"),
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "the node's certificate cannot be renewed"),
    }
    let ends = &state.metrics.fleet.certificate_expiry;
    let set = |which: &str, end: u64| {
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        ends.with_label_values(&[which]).set(end);
    };
    set("node", authority.node_not_after());
    set("ca", authority.root_not_after());
    if let Some(end) = authority.issuing_not_after() {
        set("issuing", end);
    }
    state.metrics.fleet.authority_phase.set(authority.phase());
}
