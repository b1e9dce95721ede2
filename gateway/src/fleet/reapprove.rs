//! Approval anew: a connector that was off until its certificate ran out comes back as who it was, without a token.
//!
//! A certificate that is not valid *yet* was issued while the gateway's clock was ahead: it is replaced at once.
//!
//! The connector shows its certificate and proves that it holds the key (`certs::expired`). An operator approves it, or the
//! tenant's own rule does, and the next time that it asks it is issued a certificate. As in renewal the new one is in force
//! once it was used; until then the approval stands, so that an answer that got lost is asked for again.
//!
//! Refused: whoever does not hold the key, a certificate that is not the one in force, a revoked or deleted connector, a
//! proof that was seen before, clocks that are apart.

use proto::{
    enrol::{EnrolResponse, ReapprovalRequest},
    error::{Code, Fault},
    id::ConnectorId,
    wire::session::ClockSkew,
};
use serde::{Deserialize, Serialize};

use super::{
    ConnectorRecord, Fleet, NextCertificate, TenantRecord, enrol::check_clock, renew::changed_meanwhile,
};
use crate::{
    auth::{Enroller, TenantAdmin},
    authority::OutOfUse,
};
use certs::expired::{Dates, ExpiredError};

/// How long an approval stands until the connector has used it: a night and a morning.
const APPROVAL_SECONDS: u64 = 24 * 3_600;

/// Most days within which a tenant may have its connectors approved without an operator: a quarter, which is longer than
/// any machine that is still looked after is off.
pub const MAX_AUTOMATIC_DAYS: u16 = 90;

/// Stands for who approved where nobody needs to: the certificate is not valid yet, since the gateway's clock was ahead.
pub(super) const BY_CLOCK: &str = "clock";

/// A connector's request to be approved again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reapproval {
    /// When it first asked, in seconds since 1970.
    pub asked: u64,
    /// The time in the last proof that was taken, in milliseconds since 1970: an older one is a replay.
    pub last_proof_ms: u64,
    /// Until when it is approved, in seconds since 1970; none while nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_until: Option<u64>,
    /// The id of the API token that approved it, `policy`, or [`BY_CLOCK`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

impl Fleet {
    /// Takes the request of a connector whose certificate ran out: answers with a certificate if it is approved.
    ///
    /// # Errors
    /// `approval_pending` until it is; `unauthenticated` if the certificate or the proof is not good, or was seen before;
    /// `clock_skew`; `conflict` if the certificate is still good; `revoked`; `unknown_tenant`; `invalid_csr`; `internal`.
    pub async fn reapprove(&self, request: ReapprovalRequest) -> Result<EnrolResponse, Fault> {
        let refused = |error: ExpiredError| match error {
            ExpiredError::StillGood => Fault::new(Code::Conflict, error.to_string()),
            _ => Fault::new(Code::Unauthenticated, error.to_string()),
        };
        let shown = self
            .authority
            .read_undated(&request.certificate_chain)
            .map_err(refused)?;
        let proof = hex::decode(&request.proof).unwrap_or_default();
        shown
            .proves(&request.csr, request.unix_time_ms, &proof)
            .map_err(refused)?;
        // Before the dates: a clock that is wrong makes good certificates look bad. After the proof: of a stranger's clock
        // nobody needs to hear.
        let ours = self.clock.unix_millis();
        check_clock(request.unix_time_ms, ours).inspect_err(|_| {
            tracing::warn!(
                identity = %shown.facts().identity,
                skew_seconds = ClockSkew::between(ours, request.unix_time_ms).seconds,
                "a connector has no tunnel because its clock and the gateway's differ; one of the hosts needs its clock set"
            );
        })?;
        let out_of_use = self
            .authority
            .out_of_use(&shown, &request.certificate_chain)
            .ok_or_else(|| refused(ExpiredError::StillGood))?;
        let csr = self.authority.read_csr(&request.csr)?;

        let facts = shown.facts();
        let (mut record, entry) = self.known(facts).await?;
        let serial = facts.serial.to_string();
        // One that was handed out and never used counts as well: it may be all that the connector has.
        let known = record.serial == serial || record.next.as_ref().is_some_and(|next| next.serial == serial);
        if !known {
            return Err(Fault::new(
                Code::Revoked,
                "another certificate of this connector is in force, and this one is from before",
            ));
        }
        let now = self.clock.unix_seconds();
        let tenant = self.active(&record.tenant).await?;
        let mut asked = record.reapproval.take().unwrap_or(Reapproval {
            asked: now,
            last_proof_ms: 0,
            approved_until: None,
            approved_by: None,
        });
        if request.unix_time_ms <= asked.last_proof_ms {
            return Err(Fault::new(Code::Unauthenticated, "this proof was shown before"));
        }
        asked.last_proof_ms = request.unix_time_ms;
        // It was issued while this host's clock was ahead. Its holder is who they were, and nobody's absence is to be judged.
        if asked.approved_until.is_none() && out_of_use == OutOfUse::Dates(Dates::NotYet) {
            asked.approved_until = Some(now + APPROVAL_SECONDS);
            asked.approved_by = Some(BY_CLOCK.to_owned());
        }
        if asked.approved_until.is_none() && automatic(&tenant, unix(facts.not_after), now) {
            asked.approved_until = Some(now + APPROVAL_SECONDS);
            asked.approved_by = Some("policy".to_owned());
        }
        if asked.approved_until.is_none_or(|until| until <= now) {
            asked.approved_until = None;
            record.reapproval = Some(asked);
            self.swap(&record, &entry).await?.ok_or_else(changed_meanwhile)?;
            return Err(Fault::new(
                Code::ApprovalPending,
                format!(
                    "the connector `{}` waits for an operator's approval",
                    record.connector
                ),
            ));
        }
        let issued = self
            .authority
            .issue_connector(&csr, &record.tenant, &record.connector)
            .await?;
        // What was handed out before and may be the one that was shown stays known: the answer may get lost.
        if let Some(next) = record.next.take().filter(|next| next.serial == serial) {
            record.serial = next.serial;
            record.not_after = next.not_after;
            record.root = next.root;
        }
        record.next = Some(NextCertificate {
            serial: issued.serial,
            issued: now,
            not_after: issued.not_after,
            root: Some(issued.root),
        });
        record.reapproval = Some(asked);
        self.swap(&record, &entry).await?.ok_or_else(changed_meanwhile)?;
        Ok(EnrolResponse {
            tenant: record.tenant,
            connector: record.connector,
            trust_domain: self.authority.trust_domain().clone(),
            certificate_chain: issued.chain_pem,
            trust_bundle: self.authority.trust_bundle_pem(),
            tunnel_address: self.tunnel_address.to_string(),
            node: self.authority.node().clone(),
            unix_time_ms: self.clock.unix_millis(),
        })
    }

    /// Approves a connector that has asked.
    ///
    /// # Errors
    /// `not_found`; `conflict` if it has not asked; `revoked`; `overloaded`; `internal`.
    pub async fn approve(&self, by: &Enroller, connector: &ConnectorId) -> Result<ConnectorRecord, Fault> {
        let until = self.clock.unix_seconds() + APPROVAL_SECONDS;
        self.change(by.tenant(), connector, |record| {
            if record.revoked.is_some() {
                return Err(Fault::new(
                    Code::Revoked,
                    "the connector was revoked; it needs a new join token in its name",
                ));
            }
            let asked = record.reapproval.as_mut().ok_or_else(|| {
                Fault::new(
                    Code::Conflict,
                    "the connector has not asked to be approved; it does once its certificate ran out",
                )
            })?;
            asked.approved_until = Some(until);
            asked.approved_by = Some(by.caller().id().to_owned());
            Ok(())
        })
        .await
    }

    /// Sets within how many days of their certificate's end a tenant's connectors are approved without an operator.
    ///
    /// # Errors
    /// `invalid_request` above [`MAX_AUTOMATIC_DAYS`]; `unknown_tenant`; `conflict`.
    pub async fn set_reapproval(&self, by: &TenantAdmin, days: Option<u16>) -> Result<TenantRecord, Fault> {
        if days.is_some_and(|days| days > MAX_AUTOMATIC_DAYS) {
            return Err(Fault::new(
                Code::InvalidRequest,
                format!("connectors are approved by themselves within {MAX_AUTOMATIC_DAYS} days at most"),
            ));
        }
        self.change_tenant(by.tenant(), |record| record.reapprove_days = days)
            .await
    }
}

fn automatic(tenant: &TenantRecord, ended: u64, now: u64) -> bool {
    tenant
        .reapprove_days
        .is_some_and(|days| now <= ended.saturating_add(u64::from(days) * 86_400))
}

fn unix(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
