//! Tenants, join tokens and connectors: who may be here, and how a connector comes to be.
//!
//! Rights are checked before: every method takes the value that proves one. What is refused is refused with a stable
//! code, so that the person at the other end knows whose turn it is.

mod enrol;
mod reapprove;
mod renew;
mod revoke;
mod tenant;
mod trust;

use std::sync::Arc;

use certs::identity::CertificateFacts;
use proto::{
    error::{Code, Fault},
    id::{ConnectorId, Identity, TenantId},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    auth::{ApiTokens, decode, store_fault},
    authority::NodeAuthority,
    clock::Clock,
    config::PublicAddress,
    seal::{SealError, Sealer, register::Register},
    store::{Entry, Key, MAX_RANGE_LIMIT, SharedStore, Watch},
};

pub use enrol::{
    DEFAULT_JOIN_LIFETIME, Enrolment, JoinRecord, JoinUse, MAX_JOIN_LIFETIME, MAX_OPEN_JOIN_TOKENS,
    NewJoinToken,
};
pub use reapprove::{MAX_AUTOMATIC_DAYS, Reapproval};
pub use renew::{NextCertificate, ReplacedBy, RetiredCertificate};
pub use revoke::{Concerned, Denying};
pub use tenant::{TenantRecord, TenantState};
pub use trust::Holding;

/// Tenants in one installation. A list of them is one answer of a few megabytes at this bound.
pub const MAX_TENANTS: usize = 10_000;

/// Connectors of one tenant: one for each network that holds a warehouse, with many to spare.
pub const MAX_CONNECTORS: usize = 1_000;

const TENANT: &str = "tenant/";
const CONNECTOR: &str = "connector/";

/// What the store holds for a connector, under its tenant and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorRecord {
    /// The customer account.
    pub tenant: TenantId,
    /// Its name there.
    pub connector: ConnectorId,
    /// When it last enrolled, in seconds since 1970.
    pub enrolled: u64,
    /// The id of the join token that it enrolled with.
    pub join_token: String,
    /// Serial number of the certificate in force, in hex.
    pub serial: String,
    /// End of that certificate, in seconds since 1970.
    pub not_after: u64,
    /// Names the root that it is under; none in records from before that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Which roots it said to trust: SHA-256 over them, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusts: Option<String>,
    /// The certificate that was handed out and not used yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextCertificate>,
    /// Certificates that were replaced and have not run out, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<RetiredCertificate>,
    /// When it was revoked, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
    /// Its request to be approved again, after its certificate ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reapproval: Option<Reapproval>,
}

/// Everyone who may be here.
#[derive(Debug, Clone)]
pub struct Fleet {
    store: SharedStore,
    sealer: Sealer,
    joins: Register<JoinRecord>,
    tokens: ApiTokens,
    authority: Arc<NodeAuthority>,
    clock: Clock,
    tunnel_address: PublicAddress,
}

impl Fleet {
    /// The fleet kept in the sealer's store, whose connectors are told to dial `tunnel_address`.
    pub fn new(
        sealer: &Sealer,
        tokens: ApiTokens,
        authority: Arc<NodeAuthority>,
        clock: Clock,
        tunnel_address: PublicAddress,
    ) -> Self {
        Self {
            store: Arc::clone(sealer.store()),
            sealer: sealer.clone(),
            joins: Register::new(sealer),
            tokens,
            authority,
            clock,
            tunnel_address,
        }
    }

    /// Seals join tokens of a version that did not.
    ///
    /// # Errors
    /// [`SealError`].
    pub(crate) async fn seal_join_tokens(&self) -> Result<(), SealError> {
        let sealed = self.joins.migrate().await?;
        if sealed > 0 {
            tracing::info!(tokens = sealed, "join tokens of an earlier version were sealed");
        }
        Ok(())
    }

    /// The record of a connector that may open a tunnel: the certificate is the one in force or its successor, which is put
    /// in force by this, it is not revoked, and its tenant is in service. Called for every tunnel, after the handshake has
    /// proved who the peer is.
    ///
    /// # Errors
    /// `unknown_tenant`; `revoked` if the connector was revoked, has no record (any more) or another certificate is in
    /// force; `forbidden` if the certificate is no connector's of this installation; `overloaded`; `internal`.
    pub async fn admit(&self, peer: &CertificateFacts) -> Result<ConnectorRecord, Fault> {
        let serial = peer.serial.to_string();
        for _ in 0..renew::ATTEMPTS {
            let (record, entry) = self.known(peer).await?;
            if record.serial == serial {
                return Ok(record);
            }
            if record.next.as_ref().is_none_or(|next| next.serial != serial) {
                // An operator who lets a connector enrol again has given up on the host that holds the old key.
                return Err(Fault::new(
                    Code::Revoked,
                    "another certificate of this connector is in force, and this one is from before",
                ));
            }
            if let Some(record) = self.promote(record, &entry).await? {
                return Ok(record);
            }
        }
        Err(renew::changed_meanwhile())
    }

    /// The record of the connector that a certificate names, if it is not revoked.
    async fn known(&self, peer: &CertificateFacts) -> Result<(ConnectorRecord, Entry), Fault> {
        let Identity::Connector {
            domain,
            tenant,
            connector,
        } = &peer.identity
        else {
            return Err(Fault::new(
                Code::Forbidden,
                "the certificate is not a connector's",
            ));
        };
        if domain != self.authority.trust_domain() {
            return Err(Fault::new(
                Code::Forbidden,
                "the certificate is of another installation",
            ));
        }
        self.active(tenant).await?;
        let revoked = |detail: &'static str| Fault::new(Code::Revoked, detail);
        let found = self
            .find::<ConnectorRecord>(&connector_key(tenant, connector))
            .await?;
        let found = found.ok_or_else(|| revoked("the connector is not enrolled any more"))?;
        if found.0.revoked.is_some() {
            return Err(revoked("the connector was revoked"));
        }
        Ok(found)
    }

    /// The connectors of a tenant, by name.
    ///
    /// # Errors
    /// `unknown_tenant`, `internal`.
    pub async fn connectors(&self, by: &crate::auth::Viewer) -> Result<Vec<ConnectorRecord>, Fault> {
        self.active(by.tenant()).await?;
        self.collect(&connectors_prefix(by.tenant())).await
    }

    /// Reports connectors that enrol and that are removed; the keys are read by [`Fleet::connector_of`].
    ///
    /// # Errors
    /// `internal`.
    pub async fn watch_connectors(&self) -> Result<Watch, Fault> {
        self.store.watch(CONNECTOR).await.map_err(store_fault)
    }

    /// Whom a key of [`Fleet::watch_connectors`] is about.
    pub fn connector_of(key: &Key) -> Option<(TenantId, ConnectorId)> {
        let (tenant, connector) = key.as_str().strip_prefix(CONNECTOR)?.split_once('/')?;
        Some((tenant.parse().ok()?, connector.parse().ok()?))
    }

    async fn find<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<(T, Entry)>, Fault> {
        match self.store.get(key).await.map_err(store_fault)? {
            Some(entry) => Ok(Some((decode(&entry.value)?, entry))),
            None => Ok(None),
        }
    }

    async fn entries(&self, prefix: &str) -> Result<Vec<Entry>, Fault> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .store
                .range(prefix, after.as_ref(), MAX_RANGE_LIMIT)
                .await
                .map_err(store_fault)?;
            after = page.entries.last().map(|e| e.key.clone());
            found.extend(page.entries);
            if !page.more {
                return Ok(found);
            }
        }
    }

    async fn collect<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Fault> {
        self.entries(prefix)
            .await?
            .iter()
            .map(|entry| decode(&entry.value))
            .collect()
    }
}

// Names are at most 64 bytes of an alphabet that is legal in a key, and a digest is 64 hex digits.
const KEY: &str = "names and digests make legal keys";

fn tenant_key(tenant: &TenantId) -> Key {
    format!("{TENANT}{tenant}").parse().expect(KEY)
}

fn connectors_prefix(tenant: &TenantId) -> String {
    format!("{CONNECTOR}{tenant}/")
}

fn connector_key(tenant: &TenantId, connector: &ConnectorId) -> Key {
    format!("{CONNECTOR}{tenant}/{connector}").parse().expect(KEY)
}
