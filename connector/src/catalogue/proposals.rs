//! Queries that the gateway proposes: considered one text at a time, at a pace, and kept until the customer decides.
//!
//! A proposal is lowered under the same bounds as a caller's SQL before anything is kept of it. It never runs: it is not
//! in the catalogue. Refused are texts that do not lower, names that are shipped, more than [`MAX_PENDING`] at once, and
//! whatever comes faster than [`EVERY`] beyond a burst. What is considered stands in the audit log, kept or not; what
//! comes too fast is counted only, so that it cannot push records out of there.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use proto::{
    catalogue::{Catalogue, Entry},
    error::{Code, Fault},
    id::QueryName,
    limits::MAX_PENDING,
    query::fingerprint::Fingerprint,
    schema::elementary,
    wire::frame::{Proposal, ProposalReply, ProposalState},
};
use sha2::{Digest as _, Sha256};

use super::{
    Live,
    store::{Store, StoreError},
};
use crate::{
    audit::{AuditError, Event, Log},
    clock::UnixMillis,
    metrics::Metrics,
};

/// Between two proposals in the long run. Each costs a parse and a line of the audit log; people write them.
const EVERY: Duration = Duration::from_secs(15);

/// What may come at once: as many as may wait.
const BURST: u32 = MAX_PENDING as u32;

/// How fast proposals are considered, over all tunnels. One that comes too early is refused with the time to come back.
#[derive(Debug, Default)]
pub(super) struct Pace {
    empty: Mutex<Option<Instant>>,
    /// Held while one is considered: a text may cost a core for seconds, and no more than one.
    one: tokio::sync::Mutex<()>,
}

impl Pace {
    /// Takes a turn, or says how long until there is one.
    fn turn(&self, now: Instant) -> Result<(), Duration> {
        let mut empty = self.empty.lock().unwrap_or_else(PoisonError::into_inner);
        let from = empty.map_or(now, |empty| empty.max(now));
        let ahead = from.saturating_duration_since(now);
        if ahead + EVERY > EVERY * BURST {
            return Err(ahead + EVERY - EVERY * BURST);
        }
        *empty = Some(from + EVERY);
        Ok(())
    }
}

/// Considers a proposal.
///
/// # Errors
/// Why it is not kept: `rate_limited`, `invalid_request`, `invalid_sql`, `limit_exceeded`, `conflict`,
/// `audit_unavailable`, `internal`.
pub async fn consider(
    live: &Live,
    audit: &Log,
    metrics: &Metrics,
    proposal: Proposal,
) -> Result<ProposalReply, Fault> {
    let by = proposal.caller.as_str().to_owned();
    let considered = match live.pace.turn(Instant::now()) {
        Ok(()) => decide(live, audit, metrics, proposal).await,
        Err(wait) => Err(Fault::new(
            Code::RateLimited,
            "proposals come faster than people can read them",
        )
        .retry_after(wait)),
    };
    let label = match &considered {
        Ok(reply) => reply.state.name(),
        Err(fault) => fault.code.name(),
    };
    metrics.proposals.with_label_values(&[label]).inc();
    match &considered {
        Ok(reply) if reply.state == ProposalState::Pending => tracing::warn!(
            query = %reply.name,
            fingerprint = %reply.fingerprint,
            by,
            "the gateway proposes a query; it does not run unless you approve it: `connector catalogue pending`"
        ),
        Ok(_) => {}
        // A flood fills no disk.
        Err(fault) if fault.code == Code::RateLimited => tracing::debug!(by, "a proposal comes too early"),
        Err(fault) => tracing::info!(code = %fault.code, by, "a proposal is refused"),
    }
    considered
}

async fn decide(
    live: &Live,
    audit: &Log,
    metrics: &Metrics,
    proposal: Proposal,
) -> Result<ProposalReply, Fault> {
    let _one = live.pace.one.lock().await;
    let Proposal { text, caller } = proposal;
    let by = caller.as_str();
    let digest = hex::encode(Sha256::digest(&text));
    let approved: Vec<_> = live
        .in_force()
        .approved()
        .iter()
        .map(|a| (a.entry.name().clone(), a.entry.fingerprint()))
        .collect();
    let store = live.store.clone();
    // Lowering blocks, for milliseconds and for seconds at the worst; files are written and put on the disk.
    let kept = tokio::task::spawn_blocking(move || keep(&store, &approved, &text)).await;
    let failed = |_| NotKept {
        query: None,
        fault: Fault::new(Code::Internal, "the proposal could not be read"),
    };
    let unrecorded = |error: &AuditError| {
        metrics.audit_failures.inc();
        tracing::error!(%error, "what became of a proposal cannot be recorded");
    };
    match kept.map_err(failed).and_then(|kept| kept) {
        Ok((reply, Kept::Before)) => Ok(reply),
        Ok((reply, Kept::Now)) => {
            let event = super::proposed(&reply.name, &reply.fingerprint, by);
            if let Err(error) = audit.note(&event, UnixMillis::now()) {
                unrecorded(&error);
                // Nothing waits for the customer that the record does not know.
                let _ = live.store.discard(&reply.fingerprint);
                return Err((&error).into());
            }
            Ok(reply)
        }
        Err(NotKept { query, fault }) => {
            let event = Event::ProposalRefused {
                query: query.as_ref().map(|name| name.as_str().into()),
                text_sha256: digest.into(),
                by: by.into(),
                code: fault.code.name().into(),
            };
            // The refusal stands whether it can be recorded or not.
            if let Err(error) = audit.note(&event, UnixMillis::now()) {
                unrecorded(&error);
            }
            Err(fault)
        }
    }
}

/// Whether a proposal is news.
enum Kept {
    Now,
    Before,
}

/// Why a proposal is not kept.
struct NotKept {
    query: Option<QueryName>,
    fault: Fault,
}

fn keep(
    store: &Store,
    approved: &[(QueryName, Fingerprint)],
    text: &str,
) -> Result<(ProposalReply, Kept), NotKept> {
    let entry = Entry::parse("the proposal", text, elementary::schema()).map_err(|error| NotKept {
        query: None,
        fault: error.into(),
    })?;
    let fingerprint = entry.fingerprint();
    let refused = |error: &StoreError| NotKept {
        query: Some(entry.name().clone()),
        fault: fault(error),
    };
    let reply = |name: &QueryName, state| ProposalReply {
        name: name.clone(),
        fingerprint,
        state,
    };
    if Catalogue::builtin().get(entry.name()).is_some() {
        return Err(refused(&StoreError::Shipped(entry.name().clone())));
    }
    if approved
        .iter()
        .any(|(name, print)| name == entry.name() && *print == fingerprint)
    {
        return Ok((reply(entry.name(), ProposalState::Approved), Kept::Before));
    }
    // What waits keeps the name and the words that it came with first.
    if let Ok(before) = store.proposed(&fingerprint) {
        return Ok((reply(before.name(), ProposalState::Pending), Kept::Before));
    }
    store.keep(&entry).map_err(|error| refused(&error))?;
    Ok((reply(entry.name(), ProposalState::Pending), Kept::Now))
}

/// What the gateway is told: no paths of this host.
fn fault(error: &StoreError) -> Fault {
    match error {
        StoreError::Shipped(_) => Fault::new(Code::Conflict, error.to_string()),
        StoreError::Full { .. } => Fault::new(
            Code::LimitExceeded,
            "as many proposals wait for the customer as may; they have to decide some first",
        ),
        other => {
            tracing::error!(error = %other, "a proposal cannot be kept");
            Fault::new(Code::Internal, "the connector cannot keep the proposal")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_proposals_is_considered_and_a_flood_is_paced() {
        let (pace, now) = (Pace::default(), Instant::now());
        for _ in 0..BURST {
            assert_eq!(pace.turn(now), Ok(()));
        }
        assert_eq!(pace.turn(now), Err(EVERY));
        assert_eq!(pace.turn(now + EVERY), Ok(()));
        assert!(pace.turn(now + EVERY).is_err());
    }
}
