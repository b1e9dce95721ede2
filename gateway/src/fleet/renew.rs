//! Renewal: a connector that is here gets its next certificate, and the change from one to the next.
//!
//! It takes two phases, so that nothing that gets lost does harm. The first writes the next certificate's number beside
//! that of the one in force and hands it out; the one in force stays good. The second comes when the next one is used in a
//! handshake ([`Fleet::admit`]): then it is in force, and its predecessor opens no tunnel any more. A reply that never
//! arrived is asked for again, and the number that it carried is forgotten.
//!
//! Called for a tunnel that stands. Refused: whoever may not have a tunnel, a certificate that was replaced already, a bad
//! request, and more requests than [`MIN_INTERVAL`] allows.

use std::time::Duration;

use certs::{csr::VerifiedRequest, identity::CertificateFacts};
use proto::error::{Code, Fault};
use serde::{Deserialize, Serialize};

use super::{ConnectorRecord, Fleet, connector_key, reapprove::BY_CLOCK};
use crate::{
    auth::{encode, store_fault},
    store::{Entry, Expected, Swap},
};

/// Between two certificates for one connector: each costs a signature and a flush of the store. Lives of minutes, which
/// tests have, make it shorter.
const MIN_INTERVAL: Duration = Duration::from_secs(30);

/// Replaced certificates that are remembered until they run out. Half a life apart there are two of them; the rest is for
/// connectors that enrolled again and again. The forgotten are refused all the same, for not being in force.
const MAX_RETIRED: usize = 8;

/// Attempts at a change that somebody else's comes in between of.
pub(super) const ATTEMPTS: usize = 5;

/// The certificate that was handed out and not used yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextCertificate {
    /// Serial number in hex.
    pub serial: String,
    /// When it was issued, in seconds since 1970.
    pub issued: u64,
    /// Its end, in seconds since 1970.
    pub not_after: u64,
    /// Names the root that it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

/// A certificate that was replaced and has not run out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiredCertificate {
    /// Serial number in hex.
    pub serial: String,
    /// Its end, in seconds since 1970.
    pub not_after: u64,
    /// What replaced it.
    pub by: ReplacedBy,
}

/// What replaced a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacedBy {
    /// Its own renewal: tunnels that were opened with it may end in peace.
    Renewal,
    /// Another enrolment or approval: whoever holds it has no place any more.
    Enrolment,
}

impl ConnectorRecord {
    /// Remembers the certificates in force as replaced by others.
    pub(super) fn retire(&mut self, by: ReplacedBy, now: u64) {
        self.retired.push(RetiredCertificate {
            serial: self.serial.clone(),
            not_after: self.not_after,
            by,
        });
        if let (ReplacedBy::Enrolment, Some(next)) = (by, self.next.take()) {
            self.retired.push(RetiredCertificate {
                serial: next.serial,
                not_after: next.not_after,
                by,
            });
        }
        self.retired.retain(|old| old.not_after > now);
        let surplus = self.retired.len().saturating_sub(MAX_RETIRED);
        self.retired.drain(..surplus);
    }
}

impl Fleet {
    /// Issues the next certificate of the connector whose tunnel was opened with `peer`, for the key of `request` (PKCS #10
    /// in DER). The answer is the chain in PEM.
    ///
    /// # Errors
    /// As [`Fleet::standing`]; `conflict` if another certificate is in force; `invalid_csr`; `rate_limited`; `internal`.
    pub async fn renew(&self, peer: &CertificateFacts, request: &[u8]) -> Result<String, Fault> {
        let (record, entry) = self.known(peer).await?;
        if record.serial != peer.serial.to_string() {
            return Err(Fault::new(
                Code::Conflict,
                "another certificate of this connector is in force; open a tunnel with that one",
            ));
        }
        let now = self.clock.unix_seconds();
        let interval = MIN_INTERVAL.min(self.authority.connector_lifetime() / 50);
        // One from the time to come was issued while this host's clock was ahead.
        let last = record.next.as_ref().filter(|next| next.issued <= now);
        let again = last.map_or(0, |next| next.issued + interval.as_secs());
        if now < again {
            return Err(
                Fault::new(Code::RateLimited, "a certificate was issued a moment ago")
                    .retry_after(Duration::from_secs(again - now)),
            );
        }
        let request = VerifiedRequest::from_der(request)
            .map_err(|error| Fault::new(Code::InvalidCsr, error.to_string()))?;
        let issued = self
            .authority
            .issue_connector(&request, &record.tenant, &record.connector)
            .await?;
        let renewed = ConnectorRecord {
            next: Some(NextCertificate {
                serial: issued.serial,
                issued: now,
                not_after: issued.not_after,
                root: Some(issued.root),
            }),
            ..record
        };
        match self.swap(&renewed, &entry).await? {
            Some(()) => Ok(issued.chain_pem),
            // The certificate was not handed out.
            None => Err(changed_meanwhile()),
        }
    }

    /// Whether a tunnel that was opened with this certificate may go on. It may where another could not be opened any more,
    /// because the connector has renewed: what runs on it ends in peace.
    ///
    /// # Errors
    /// `unknown_tenant`; `revoked`; `forbidden`; `internal`.
    pub async fn standing(&self, peer: &CertificateFacts) -> Result<(), Fault> {
        let (record, _) = self.known(peer).await?;
        let serial = peer.serial.to_string();
        let retired = record
            .retired
            .iter()
            .any(|old| old.by == ReplacedBy::Renewal && old.serial == serial);
        let next = record.next.is_some_and(|next| next.serial == serial);
        if record.serial == serial || next || retired {
            return Ok(());
        }
        Err(Fault::new(
            Code::Revoked,
            "the connector has enrolled again, and this certificate is from before",
        ))
    }

    /// The second phase: puts the certificate that was just used in force. `None` if the record has changed meanwhile.
    pub(super) async fn promote(
        &self,
        mut record: ConnectorRecord,
        entry: &Entry,
    ) -> Result<Option<ConnectorRecord>, Fault> {
        let Some(next) = record.next.take() else {
            return Ok(Some(record));
        };
        // A certificate that was approved anew follows one that nobody holds in good faith.
        let by = match record.reapproval.take() {
            Some(asked) if asked.approved_by.as_deref() != Some(BY_CLOCK) => ReplacedBy::Enrolment,
            None | Some(_) => ReplacedBy::Renewal,
        };
        record.retire(by, self.clock.unix_seconds());
        record.serial = next.serial;
        record.not_after = next.not_after;
        record.root = next.root;
        Ok(self.swap(&record, entry).await?.map(|()| record))
    }

    /// Writes a connector's record if it stands as it was read.
    pub(super) async fn swap(&self, record: &ConnectorRecord, entry: &Entry) -> Result<Option<()>, Fault> {
        let key = connector_key(&record.tenant, &record.connector);
        let swap = self
            .store
            .compare_and_swap(key, Expected::At(entry.revision), encode(record)?, None)
            .await;
        Ok(match swap.map_err(store_fault)? {
            Swap::Stored(_) => Some(()),
            Swap::Conflict(_) => None,
        })
    }
}

pub(super) fn changed_meanwhile() -> Fault {
    Fault::new(
        Code::Overloaded,
        "the connector's record was changed at the same moment",
    )
    .retry_after(Duration::from_secs(1))
}
