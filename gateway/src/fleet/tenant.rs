//! Tenants: made, listed, deleted.
//!
//! A deletion marks the tenant first and looks for connectors then; an enrolment writes its connector first and looks
//! at the tenant then. Whichever comes second sees the other, so no connector outlives its tenant.

use proto::{
    error::{Code, Fault},
    id::TenantId,
};
use serde::{Deserialize, Serialize};

use super::{Fleet, MAX_TENANTS, TENANT, connectors_prefix, tenant_key};
use crate::{
    auth::{Admin, Overview, TenantAdmin, encode, store_fault},
    store::{Entry, Expected, Swap},
};

/// Whether a tenant is in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// It is.
    Active,
    /// It was taken out of service: its connectors have no tunnels until it is put back.
    Revoked,
    /// Its deletion has begun. Deleting it again finishes what was interrupted.
    Deleting,
}

/// What the store holds for a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantRecord {
    /// The customer account.
    pub tenant: TenantId,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// Whether it is in service.
    pub state: TenantState,
    /// Connectors whose certificate ran out at most this many days ago are approved again without an operator; none are
    /// where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reapprove_days: Option<u16>,
}

impl Fleet {
    /// Makes a tenant.
    ///
    /// # Errors
    /// `conflict` if it exists, `limit_exceeded` at [`MAX_TENANTS`].
    pub async fn create_tenant(&self, _by: &Admin, tenant: TenantId) -> Result<TenantRecord, Fault> {
        if self.entries(TENANT).await?.len() >= MAX_TENANTS {
            return Err(Fault::new(
                Code::LimitExceeded,
                format!("there are {MAX_TENANTS} tenants already"),
            ));
        }
        let record = TenantRecord {
            tenant,
            created: self.clock.unix_seconds(),
            state: TenantState::Active,
            reapprove_days: None,
        };
        let key = tenant_key(&record.tenant);
        let swap = self
            .store
            .compare_and_swap(key, Expected::Absent, encode(&record)?, None)
            .await;
        match swap.map_err(store_fault)? {
            Swap::Stored(_) => Ok(record),
            Swap::Conflict(_) => Err(Fault::new(
                Code::Conflict,
                format!("the tenant `{}` exists already", record.tenant),
            )),
        }
    }

    /// Every tenant that may be seen, by name.
    ///
    /// # Errors
    /// `internal`.
    pub async fn tenants(&self, by: &Overview) -> Result<Vec<TenantRecord>, Fault> {
        let mut found: Vec<TenantRecord> = self.collect(TENANT).await?;
        by.narrow(&mut found, |record| &record.tenant);
        Ok(found)
    }

    /// Deletes a tenant with its join tokens and API tokens; with `force` its connectors too, whose tunnels end.
    ///
    /// # Errors
    /// `unknown_tenant`; `conflict` if it has connectors and `force` is not given.
    pub async fn delete_tenant(&self, by: &TenantAdmin, force: bool) -> Result<(), Fault> {
        let tenant = by.tenant();
        let (record, standing) = self.tenant(tenant).await?;
        let refused = |connectors: usize| {
            let detail =
                format!("the tenant `{tenant}` has {connectors} connectors; deleting them too needs `force`");
            Err(Fault::new(Code::Conflict, detail))
        };
        // Before the mark, which ends tunnels: what is refused changes nothing.
        let enrolled = self.entries(&connectors_prefix(tenant)).await?.len();
        if enrolled > 0 && !force {
            return refused(enrolled);
        }
        let marked = TenantRecord {
            state: TenantState::Deleting,
            ..record.clone()
        };
        let revision = match self.swap_tenant(&marked, &standing).await? {
            Some(revision) => revision,
            None => return Err(changed_meanwhile()),
        };

        let connectors = self.entries(&connectors_prefix(tenant)).await?;
        if !connectors.is_empty() && !force {
            let entry = Entry { revision, ..standing };
            self.swap_tenant(&record, &entry).await?;
            return refused(connectors.len());
        }
        for entry in connectors {
            self.store.delete(entry.key, None).await.map_err(store_fault)?;
        }
        self.joins.remove(|_, of| of == Some(tenant)).await?;
        self.tokens.delete_of_tenant(tenant).await?;
        self.sealer.forget(tenant).await?;
        // Last, so that an interrupted deletion can be finished by repeating it.
        self.store
            .delete(tenant_key(tenant), Some(revision))
            .await
            .map_err(store_fault)?;
        Ok(())
    }

    /// The record of a tenant in service.
    ///
    /// # Errors
    /// `unknown_tenant`.
    pub async fn active(&self, tenant: &TenantId) -> Result<TenantRecord, Fault> {
        match self.tenant(tenant).await? {
            (record, _) if record.state == TenantState::Active => Ok(record),
            (record, _) if record.state == TenantState::Revoked => Err(Fault::new(
                Code::Revoked,
                format!("the tenant `{tenant}` was taken out of service"),
            )),
            _ => Err(Fault::new(
                Code::UnknownTenant,
                format!("the tenant `{tenant}` is being deleted"),
            )),
        }
    }

    /// Reads, changes and writes a tenant's record.
    pub(super) async fn change_tenant(
        &self,
        tenant: &TenantId,
        change: impl FnOnce(&mut TenantRecord),
    ) -> Result<TenantRecord, Fault> {
        let (mut record, standing) = self.tenant(tenant).await?;
        if record.state == TenantState::Deleting {
            return Err(Fault::new(
                Code::UnknownTenant,
                format!("the tenant `{tenant}` is being deleted"),
            ));
        }
        change(&mut record);
        match self.swap_tenant(&record, &standing).await? {
            Some(_) => Ok(record),
            None => Err(changed_meanwhile()),
        }
    }

    async fn tenant(&self, tenant: &TenantId) -> Result<(TenantRecord, Entry), Fault> {
        self.find(&tenant_key(tenant))
            .await?
            .ok_or_else(|| Fault::new(Code::UnknownTenant, format!("there is no tenant `{tenant}`")))
    }

    async fn swap_tenant(
        &self,
        record: &TenantRecord,
        standing: &Entry,
    ) -> Result<Option<crate::store::Revision>, Fault> {
        let expected = Expected::At(standing.revision);
        let swap = self
            .store
            .compare_and_swap(standing.key.clone(), expected, encode(record)?, None)
            .await;
        Ok(match swap.map_err(store_fault)? {
            Swap::Stored(revision) => Some(revision),
            Swap::Conflict(_) => None,
        })
    }
}

fn changed_meanwhile() -> Fault {
    Fault::new(
        Code::Conflict,
        "the tenant was changed by somebody else at the same time",
    )
}
