//! Proposing a query to a customer: an administrator's text, written down, goes to the source's connector and is answered.
//!
//! What comes of it is decided there. Nothing here makes a permit, and no frame that this sends approves anything: a
//! proposal that waits is as unknown to every request as one that was never made.

use std::sync::Arc;

use proto::{
    error::{Code, Fault},
    id::{ConnectorId, SourceId},
    wire::frame::ProposalReply,
};
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;

use super::{Queries, stopping};
use crate::{
    audit::record::{Proposed, Proposing},
    auth::TenantAdmin,
    drain::Working,
    tunnel::Tunnel,
};

impl Queries {
    /// Proposes a text for a source of a tenant in service: who keeps it, and where it stands. A caller that goes away
    /// changes nothing: the answer is waited for and written down.
    ///
    /// # Errors
    /// `source_offline`, `overloaded`, `audit_unavailable`, `tunnel_lost`, `deadline_exceeded`; why the connector does not
    /// keep it.
    pub async fn propose(
        self: Arc<Self>,
        by: TenantAdmin,
        source: SourceId,
        text: String,
    ) -> Result<(ConnectorId, ProposalReply), Fault> {
        let working = self.drain.begin().ok_or_else(stopping)?;
        let tenant = by.tenant().clone();
        let tunnel = self.router.serving(&tenant, &source)?;
        let connector = tunnel.owner().connector.clone();
        let proposing = Proposing {
            caller: by.caller().id().to_owned(),
            caller_name: by.caller().name().to_owned(),
            tenant,
            source,
            connector: connector.clone(),
            text_sha256: hex::encode(Sha256::digest(&text)),
        };
        let tasks = self.tasks.clone();
        let story = self.send(working, tunnel, by, proposing, text);
        let answer = tasks.spawn(story.in_current_span()).await;
        let ended = |_| Err(Fault::new(Code::Internal, "the proposal's task ended early"));
        Ok((connector, answer.unwrap_or_else(ended)?))
    }

    async fn send(
        self: Arc<Self>,
        _working: Working,
        tunnel: Arc<Tunnel>,
        by: TenantAdmin,
        proposing: Proposing,
        text: String,
    ) -> Result<ProposalReply, Fault> {
        let (tenant, source) = (proposing.tenant.clone(), proposing.source.clone());
        let number = self.audit.proposing(proposing).await?;
        let answer = tunnel.propose(&by, text).await;
        let outcome = match &answer {
            Ok(reply) => reply.state.name(),
            Err(fault) => fault.code.name(),
        };
        self.metrics.proposals.with_label_values(&[outcome]).inc();
        let reply = answer.as_ref().ok();
        let query = reply.map(|reply| reply.name.clone());
        let fingerprint = reply.map(|reply| reply.fingerprint.to_string());
        tracing::info!(
            %tenant,
            %source,
            outcome,
            query = query.as_ref().map(tracing::field::display),
            fingerprint,
            by = by.caller().id(),
            "a query was proposed"
        );
        let proposed = Proposed {
            proposing: number,
            outcome: outcome.to_owned(),
            query,
            fingerprint,
        };
        self.audit.proposed(proposed).await?;
        answer
    }
}
