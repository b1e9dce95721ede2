//! Queries that the gateway proposes: considered one text at a time, at a pace, and kept until the customer decides.
//!
//! A proposal is lowered under the same bounds as a caller's SQL before anything is kept of it. It never runs: it is not
//! in the catalogue. Refused are texts that do not lower, names that are shipped, more than [`MAX_PENDING`] at once, and
//! whatever comes faster than [`EVERY`] beyond a burst. What is kept stands in the audit log, the log and a metric.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use proto::{
    catalogue::{Catalogue, Entry},
    error::{Code, Fault},
    limits::MAX_PENDING,
    schema::elementary,
    wire::frame::{Proposal, ProposalReply, ProposalState},
};

use super::{Live, store::StoreError};
use crate::{
    audit::{Event, Log},
    clock::UnixMillis,
    metrics::Metrics,
};

/// Between two proposals in the long run. Each costs a parse and, at most, one line of the audit log; people write them.
const EVERY: Duration = Duration::from_secs(15);

/// What may come at once: as many as may wait.
const BURST: u32 = MAX_PENDING as u32;

/// How fast proposals are considered, over all tunnels. One that comes too early is refused with the time to come back.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Takes a turn, or says how long until there is one.
    fn turn(&self, now: Instant) -> Result<(), Duration> {
        let mut empty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
/// Why it is not kept: `rate_limited`, `invalid_request`, `invalid_sql`, `limit_exceeded`, `conflict`, `overloaded`,
/// `audit_unavailable`, `internal`.
pub async fn consider(
    live: &Live,
    audit: &Log,
    metrics: &Metrics,
    proposal: Proposal,
) -> Result<ProposalReply, Fault> {
    let by = proposal.caller.as_str().to_owned();
    let considered = keep(live, audit, proposal).await;
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
        Err(fault) => tracing::info!(code = %fault.code, by, "a proposal is refused"),
    }
    considered
}

async fn keep(live: &Live, audit: &Log, proposal: Proposal) -> Result<ProposalReply, Fault> {
    live.pace.turn(Instant::now()).map_err(|wait| {
        Fault::new(
            Code::RateLimited,
            "proposals come faster than people can read them",
        )
        .retry_after(wait)
    })?;
    let Proposal { text, caller } = proposal;
    // Lowering blocks: for milliseconds, and for seconds at the worst.
    let entry =
        tokio::task::spawn_blocking(move || Entry::parse("the proposal", &text, elementary::schema()));
    let entry = entry
        .await
        .map_err(|_| Fault::new(Code::Internal, "the proposal could not be read"))?
        .map_err(Fault::from)?;
    let reply = |state| ProposalReply {
        name: entry.name().clone(),
        fingerprint: entry.fingerprint(),
        state,
    };
    if Catalogue::builtin().get(entry.name()).is_some() {
        return Err(fault(&StoreError::Shipped(entry.name().clone())));
    }
    let in_force = live.in_force();
    let approved = in_force.approved().iter().map(|a| &a.entry);
    let same = |other: &&Entry| other.name() == entry.name() && other.fingerprint() == entry.fingerprint();
    if approved.into_iter().any(|other| same(&other)) {
        return Ok(reply(ProposalState::Approved));
    }
    if live.store.proposed(&entry.fingerprint()).is_ok() {
        return Ok(reply(ProposalState::Pending));
    }
    live.store.keep(&entry).map_err(|error| fault(&error))?;
    let event: Event<'_> = super::proposed(entry.name(), &entry.fingerprint(), caller.as_str());
    if let Err(error) = audit.note(&event, UnixMillis::now()) {
        // Nothing waits for the customer that the record does not know.
        let _ = live.store.discard(&entry.fingerprint());
        return Err((&error).into());
    }
    Ok(reply(ProposalState::Pending))
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
