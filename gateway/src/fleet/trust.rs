//! Which roots connectors trust, and which root their certificates are under: what a change of roots waits for.

use certs::identity::CertificateFacts;
use proto::{error::Fault, wire::frame::Digest};

use super::{CONNECTOR, ConnectorRecord, Fleet, renew};

/// What a change of roots waits for.
#[derive(Debug)]
pub enum Holding<'a> {
    /// Connectors that have not said to trust these roots.
    NotTrusting(Digest),
    /// Certificates under another root than the one with this name.
    ByAnother(&'a str),
}

impl Fleet {
    /// Remembers which roots a connector says to trust. Only those in force now are remembered, so that whatever a
    /// connector says, its record is written once for each change of them.
    ///
    /// # Errors
    /// As [`Fleet::standing`]; `overloaded`; `internal`.
    pub async fn trusts(&self, peer: &CertificateFacts, roots: Digest) -> Result<(), Fault> {
        if roots != self.authority.roots() {
            tracing::warn!(
                roots = hex::encode(roots.0),
                "the connector has not taken the installation's roots over"
            );
            return Ok(());
        }
        let said = Some(hex::encode(roots.0));
        for _ in 0..renew::ATTEMPTS {
            let (record, entry) = self.known(peer).await?;
            if record.trusts == said {
                return Ok(());
            }
            let record = ConnectorRecord {
                trusts: said.clone(),
                ..record
            };
            if self.swap(&record, &entry).await?.is_some() {
                return Ok(());
            }
        }
        Err(renew::changed_meanwhile())
    }

    /// How many connectors hold a change of roots up. Who is revoked, or whose certificates ran out, does not: they come
    /// back by another way.
    ///
    /// # Errors
    /// `internal`, `overloaded`.
    pub async fn holding(&self, what: &Holding<'_>) -> Result<usize, Fault> {
        let now = self.clock.unix_seconds();
        let records: Vec<ConnectorRecord> = self.collect(CONNECTOR).await?;
        let holds = |record: &ConnectorRecord| {
            let next = record.next.as_ref();
            let (own, handed) = (record.not_after > now, next.is_some_and(|n| n.not_after > now));
            match what {
                Holding::NotTrusting(roots) => {
                    (own || handed) && record.trusts.as_deref() != Some(hex::encode(roots.0).as_str())
                }
                Holding::ByAnother(root) => {
                    (own && record.root.as_deref() != Some(*root))
                        || (handed && next.and_then(|n| n.root.as_deref()) != Some(*root))
                }
            }
        };
        let live = records.iter().filter(|record| record.revoked.is_none());
        Ok(live.filter(|record| holds(record)).count())
    }
}
