//! Revocation: connectors, whole tenants, join tokens.
//!
//! What is revoked is written down and stays visible in lists; the tunnels end because every node follows the store
//! (`tunnel/evict.rs`), and the handshake refuses because of the list that [`Denying`] keeps.

use std::collections::{BTreeMap, BTreeSet};

use certs::denylist::Snapshot;
use proto::{
    error::{Code, Fault},
    id::{ConnectorId, Identity, TenantId, TrustDomain},
};

use super::{
    CONNECTOR, ConnectorRecord, Fleet, JoinRecord, TENANT, TenantRecord, TenantState, connector_key,
    renew::{ATTEMPTS, changed_meanwhile},
};
use crate::{
    auth::{Enroller, TenantAdmin, Viewer, decode, store_fault},
    store::{Watch, WatchEvent},
};

impl Fleet {
    /// Revokes a connector: its tunnels end, and it cannot come back but by a new join token in its name. Revoking it again
    /// changes nothing.
    ///
    /// # Errors
    /// `not_found`, `overloaded`, `internal`.
    pub async fn revoke_connector(
        &self,
        by: &Enroller,
        connector: &ConnectorId,
    ) -> Result<ConnectorRecord, Fault> {
        let now = self.clock.unix_seconds();
        self.change(by.tenant(), connector, |record| {
            record.revoked.get_or_insert(now);
            record.reapproval = None;
            Ok(())
        })
        .await
    }

    /// Reads, changes and writes a connector's record.
    pub(super) async fn change(
        &self,
        tenant: &TenantId,
        connector: &ConnectorId,
        change: impl Fn(&mut ConnectorRecord) -> Result<(), Fault>,
    ) -> Result<ConnectorRecord, Fault> {
        let key = connector_key(tenant, connector);
        for _ in 0..ATTEMPTS {
            let (mut record, entry) = self
                .find::<ConnectorRecord>(&key)
                .await?
                .ok_or_else(|| no_connector(connector))?;
            change(&mut record)?;
            if self.swap(&record, &entry).await?.is_some() {
                return Ok(record);
            }
        }
        Err(changed_meanwhile())
    }

    /// Takes a tenant out of service, or puts it back: the tunnels of its connectors end and none is opened.
    ///
    /// # Errors
    /// `unknown_tenant`; `conflict` if it was changed at the same moment.
    pub async fn set_tenant_state(
        &self,
        by: &TenantAdmin,
        state: TenantState,
    ) -> Result<TenantRecord, Fault> {
        self.change_tenant(by.tenant(), |record| record.state = state)
            .await
    }

    /// The join tokens of a tenant that are remembered, without their secrets.
    ///
    /// # Errors
    /// `internal`.
    pub async fn join_tokens(&self, by: &Viewer) -> Result<Vec<JoinRecord>, Fault> {
        let found = self.joins.of_tenant(by.tenant()).await?;
        Ok(found.into_iter().map(|(token, _)| (*token).clone()).collect())
    }

    /// Ends a join token of the tenant by its id.
    ///
    /// # Errors
    /// `not_found`, `internal`.
    pub async fn revoke_join_token(&self, by: &Enroller, id: &str) -> Result<(), Fault> {
        let removed = self
            .joins
            .remove(|token, tenant| tenant == Some(by.tenant()) && token == id)
            .await?;
        if !removed.is_empty() {
            return Ok(());
        }
        Err(Fault::new(
            Code::NotFound,
            "the tenant has no join token of this id",
        ))
    }

    /// Reports tenants that change; the events are read by [`Denying::apply`].
    ///
    /// # Errors
    /// `internal`.
    pub async fn watch_tenants(&self) -> Result<Watch, Fault> {
        self.store.watch(TENANT).await.map_err(store_fault)
    }

    /// Who is to be refused, as the store says now.
    ///
    /// # Errors
    /// `internal`.
    pub async fn denying(&self) -> Result<Denying, Fault> {
        let mut denying = Denying::new(self.authority.trust_domain().clone());
        for entry in self
            .entries(TENANT)
            .await?
            .into_iter()
            .chain(self.entries(CONNECTOR).await?)
        {
            denying.apply(&WatchEvent::Put(entry));
        }
        Ok(denying)
    }
}

fn no_connector(connector: &ConnectorId) -> Fault {
    Fault::new(
        Code::NotFound,
        format!("the tenant has no connector `{connector}`"),
    )
}

/// Whom a change in the store is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concerned {
    /// One connector.
    Connector(TenantId, ConnectorId),
    /// Every connector of a tenant.
    Tenant(TenantId),
}

/// What the handshake refuses, kept up to date by the events of the store.
///
/// Connectors that were deleted while this process ran are refused too, until their name is enrolled again; one that was
/// deleted before is refused behind the handshake, for having no record.
#[derive(Debug)]
pub struct Denying {
    domain: TrustDomain,
    connectors: BTreeMap<(TenantId, ConnectorId), Denied>,
    tenants: BTreeSet<TenantId>,
}

#[derive(Debug, Default)]
struct Denied {
    identity: bool,
    serials: Vec<String>,
}

/// Deleted connectors that are remembered: as many as a node may have tenants. Beyond, the fleet's record alone refuses.
const MAX_REMEMBERED: usize = 100_000;

impl Denying {
    fn new(domain: TrustDomain) -> Self {
        Self {
            domain,
            connectors: BTreeMap::new(),
            tenants: BTreeSet::new(),
        }
    }

    /// Takes a change in. Says whom it is about, where it is about somebody.
    pub fn apply(&mut self, event: &WatchEvent) -> Option<Concerned> {
        let key = match event {
            WatchEvent::Put(entry) => &entry.key,
            WatchEvent::Deleted { key, .. } => key,
            WatchEvent::Lagged => return None,
        };
        if let Some((tenant, connector)) = Fleet::connector_of(key) {
            let denied = match event {
                WatchEvent::Put(entry) => match decode::<ConnectorRecord>(&entry.value) {
                    Ok(record) => Denied {
                        identity: record.revoked.is_some(),
                        serials: record.retired.into_iter().map(|old| old.serial).collect(),
                    },
                    // What cannot be read admits nobody.
                    Err(_) => Denied::gone(),
                },
                _ => Denied::gone(),
            };
            if self.connectors.len() < MAX_REMEMBERED || !denied.identity {
                self.connectors
                    .insert((tenant.clone(), connector.clone()), denied);
            }
            return Some(Concerned::Connector(tenant, connector));
        }
        let tenant: TenantId = key.as_str().strip_prefix(TENANT)?.parse().ok()?;
        let revoked = match event {
            WatchEvent::Put(entry) => decode::<TenantRecord>(&entry.value)
                .map_or(true, |record| record.state != TenantState::Active),
            _ => false,
        };
        if revoked {
            self.tenants.insert(tenant.clone());
        } else {
            self.tenants.remove(&tenant);
        }
        Some(Concerned::Tenant(tenant))
    }

    /// The list for the verifier.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for ((tenant, connector), denied) in &self.connectors {
            if denied.identity || self.tenants.contains(tenant) {
                snapshot.identities.insert(Identity::Connector {
                    domain: self.domain.clone(),
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                });
            }
            let serials = denied.serials.iter().filter_map(|serial| serial.parse().ok());
            snapshot.serials.extend(serials);
        }
        snapshot
    }
}

impl Denied {
    fn gone() -> Self {
        Self {
            identity: true,
            serials: Vec::new(),
        }
    }
}
