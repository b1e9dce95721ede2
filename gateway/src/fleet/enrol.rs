//! Enrolment: a join token and a certificate request become a connector with a certificate.
//!
//! The order is check, consume the token, issue, record, look at the tenant again. The token goes first, by
//! compare-and-swap: of two connectors that race with one token exactly one goes on. A crash behind that leaves a used
//! token without a connector, or a connector whose certificate never arrived; either way the operator makes another
//! token, for that connector's name in the second case. The reverse order could leave two certificates for one token.

use std::time::Duration;

use certs::authority::BACKDATE;
use certs::token::JoinSecret;
use proto::{
    enrol::{EnrolRequest, EnrolResponse},
    error::{Code, Fault},
    id::{ConnectorId, TenantId},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ConnectorRecord, Fleet, MAX_CONNECTORS, ReplacedBy, connector_key, connectors_prefix};
use crate::{
    auth::{Enroller, decode, encode, store_fault},
    authority::Issued,
    seal::{Purpose, register::Registered},
    store::{Entry, Expected, Swap},
};

/// Life of a join token unless told otherwise: time to carry it to the customer's host, and little more.
pub const DEFAULT_JOIN_LIFETIME: Duration = Duration::from_secs(3_600);

/// Longest life of a join token: a customer's change window.
pub const MAX_JOIN_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Unused join tokens of one tenant at once: each is a way in.
pub const MAX_OPEN_JOIN_TOKENS: usize = 100;

/// How long a join token is remembered after its end, so that a late user is told what is wrong with it.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Difference of the clocks beyond which a connector would not believe its own certificate, which is valid from
/// [`BACKDATE`] before it was made; a minute is kept for what the clocks drift until the next one.
pub(super) const MAX_SKEW: Duration = Duration::from_secs(BACKDATE.as_secs() - 60);

/// What became of a join token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinUse {
    /// Nothing yet.
    Open,
    /// A connector enrolled with it, or tried to.
    Used {
        /// Its name.
        connector: ConnectorId,
        /// When, in seconds since 1970.
        at: u64,
    },
}

/// What the store holds for a join token, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRecord {
    /// The first 8 bytes of the digest in hex.
    pub id: String,
    /// The tenant whose connector it makes.
    pub tenant: TenantId,
    /// The connector that it is for; none for any new name.
    pub connector: Option<ConnectorId>,
    /// The id of the API token that made it.
    pub created_by: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
    /// What became of it.
    pub state: JoinUse,
}

impl Registered for JoinRecord {
    const PURPOSE: Purpose = Purpose::JoinToken;
    const PREFIX: &'static str = "credential/join/";
    const PREFIX_BEFORE: &'static str = "join/";

    fn id(&self) -> &str {
        &self.id
    }

    fn tenant(&self) -> Option<&TenantId> {
        Some(&self.tenant)
    }
}

/// What a new join token shall be.
#[derive(Debug, Clone, Default)]
pub struct NewJoinToken {
    /// The connector that it is for. Without one it makes a new connector of any name; with the name of an existing
    /// one it lets that one enrol again.
    pub connector: Option<ConnectorId>,
    /// How long it lives; an hour by default, a week at most.
    pub lifetime: Option<Duration>,
}

/// A finished enrolment.
#[derive(Debug)]
pub struct Enrolment {
    /// What the connector is told.
    pub response: EnrolResponse,
    /// By how much the clocks differ, either way.
    pub skew: Duration,
}

impl Fleet {
    /// Remembers a join token by its secret's digest.
    ///
    /// # Errors
    /// `unknown_tenant`, `invalid_request` if the lifetime is out of bounds, `limit_exceeded` at
    /// [`MAX_OPEN_JOIN_TOKENS`].
    pub async fn create_join_token(
        &self,
        by: &Enroller,
        new: NewJoinToken,
        secret: &JoinSecret,
    ) -> Result<JoinRecord, Fault> {
        self.active(by.tenant()).await?;
        let lifetime = new.lifetime.unwrap_or(DEFAULT_JOIN_LIFETIME);
        if lifetime < Duration::from_secs(1) || lifetime > MAX_JOIN_LIFETIME {
            return Err(Fault::new(
                Code::InvalidRequest,
                "a join token lives from 1 second to 7 days",
            ));
        }
        let now = self.clock.unix_seconds();
        if self.open_after_cleaning(by.tenant(), now).await? >= MAX_OPEN_JOIN_TOKENS {
            return Err(Fault::new(
                Code::LimitExceeded,
                format!(
                    "the tenant has {MAX_OPEN_JOIN_TOKENS} unused join tokens; wait until some have expired"
                ),
            ));
        }
        let digest = secret.hash();
        let record = JoinRecord {
            id: digest.token_id(),
            tenant: by.tenant().clone(),
            connector: new.connector,
            created_by: by.caller().id().to_owned(),
            created: now,
            expires: now + lifetime.as_secs(),
            state: JoinUse::Open,
        };
        self.joins.create(digest.as_bytes(), &record).await?;
        Ok(record)
    }

    /// Lets a connector in.
    ///
    /// # Errors
    /// `token_unknown`, `token_used`, `token_expired`, `token_mismatch`, `clock_skew`, `invalid_csr`, `conflict` if the
    /// name is taken, `invalid_request` if there is none, `limit_exceeded`, `unknown_tenant`, `internal`.
    pub async fn enrol(&self, request: EnrolRequest) -> Result<Enrolment, Fault> {
        let EnrolRequest {
            secret,
            tenant,
            connector,
            csr,
            unix_time_ms,
        } = request;
        let secret = Zeroizing::new(secret);
        let digest = JoinSecret::from_text(&secret).ok_or_else(unknown)?.hash();
        let found = self.joins.find(digest.as_bytes()).await?;
        let (token, standing) = found.ok_or_else(unknown)?;
        let now = self.clock.unix_seconds();
        let connector = check_token(&token, tenant.as_ref(), connector, now)?;
        let skew = check_clock(unix_time_ms, self.clock.unix_millis())?;
        self.active(&token.tenant).await?;
        let csr = self.authority.read_csr(&csr)?;
        let before = self
            .find::<ConnectorRecord>(&connector_key(&token.tenant, &connector))
            .await?;
        self.check_name(&token, &connector, before.is_some()).await?;

        self.consume(&token, &standing, &connector, now).await?;
        let issued = self
            .authority
            .issue_connector(&csr, &token.tenant, &connector)
            .await?;
        self.record(&token, &connector, before.map(|(_, entry)| entry), &issued, now)
            .await?;

        Ok(Enrolment {
            response: EnrolResponse {
                tenant: token.tenant.clone(),
                connector,
                trust_domain: self.authority.trust_domain().clone(),
                certificate_chain: issued.chain_pem,
                trust_bundle: self.authority.trust_bundle_pem(),
                tunnel_address: self.tunnel_address.to_string(),
                node: self.authority.node().clone(),
                unix_time_ms: self.clock.unix_millis(),
            },
            skew,
        })
    }

    async fn check_name(
        &self,
        token: &JoinRecord,
        connector: &ConnectorId,
        taken: bool,
    ) -> Result<(), Fault> {
        // Only the operator may let an existing connector enrol again: a token for "any" must not take its place.
        if taken && token.connector.is_none() {
            return Err(Fault::new(
                Code::Conflict,
                format!(
                    "the tenant has a connector `{connector}`; replacing it needs a token made for that name"
                ),
            ));
        }
        if !taken && self.entries(&connectors_prefix(&token.tenant)).await?.len() >= MAX_CONNECTORS {
            return Err(Fault::new(
                Code::LimitExceeded,
                format!("the tenant has {MAX_CONNECTORS} connectors"),
            ));
        }
        Ok(())
    }

    async fn consume(
        &self,
        token: &JoinRecord,
        standing: &Entry,
        connector: &ConnectorId,
        now: u64,
    ) -> Result<(), Fault> {
        let used = JoinRecord {
            state: JoinUse::Used {
                connector: connector.clone(),
                at: now,
            },
            ..token.clone()
        };
        match self.joins.replace(standing, &used).await? {
            Swap::Stored(_) => Ok(()),
            Swap::Conflict(_) => Err(used_before()),
        }
    }

    async fn record(
        &self,
        token: &JoinRecord,
        connector: &ConnectorId,
        before: Option<Entry>,
        issued: &Issued,
        now: u64,
    ) -> Result<(), Fault> {
        // The handshake refuses what was in force before.
        let retired = match &before {
            Some(entry) => {
                let mut before: ConnectorRecord = decode(&entry.value)?;
                before.retire(ReplacedBy::Enrolment, now);
                for old in &mut before.retired {
                    old.by = ReplacedBy::Enrolment;
                }
                before.retired
            }
            None => Vec::new(),
        };
        let record = ConnectorRecord {
            tenant: token.tenant.clone(),
            connector: connector.clone(),
            enrolled: now,
            join_token: token.id.clone(),
            serial: issued.serial.clone(),
            not_after: issued.not_after,
            root: Some(issued.root.clone()),
            // It is given them with its certificate.
            trusts: Some(hex::encode(self.authority.roots().0)),
            next: None,
            retired,
            revoked: None,
            reapproval: None,
        };
        let key = connector_key(&token.tenant, connector);
        let expected = before.map_or(Expected::Absent, |entry| Expected::At(entry.revision));
        let swap = self
            .store
            .compare_and_swap(key.clone(), expected, encode(&record)?, None)
            .await;
        let revision = match swap.map_err(store_fault)? {
            Swap::Stored(revision) => revision,
            // Two tokens for one name at the same moment. The certificate was not handed out.
            Swap::Conflict(_) => {
                return Err(Fault::new(
                    Code::Conflict,
                    format!("another connector `{connector}` enrolled at the same moment"),
                ));
            }
        };
        if let Err(gone) = self.active(&token.tenant).await {
            self.store
                .delete(key, Some(revision))
                .await
                .map_err(store_fault)?;
            return Err(gone);
        }
        Ok(())
    }

    /// The tenant's unused tokens, after what nobody needs to remember was removed.
    async fn open_after_cleaning(&self, tenant: &TenantId, now: u64) -> Result<usize, Fault> {
        let mut open = 0;
        for (token, entry) in self.joins.of_tenant(tenant).await? {
            if token.expires.saturating_add(REMEMBERED.as_secs()) < now {
                self.store
                    .delete(entry.key, Some(entry.revision))
                    .await
                    .map_err(store_fault)?;
            } else if token.state == JoinUse::Open && now < token.expires {
                open += 1;
            }
        }
        Ok(open)
    }
}

fn unknown() -> Fault {
    Fault::new(
        Code::TokenUnknown,
        "this gateway did not issue the join token, or has forgotten it",
    )
}

fn used_before() -> Fault {
    Fault::new(
        Code::TokenUsed,
        "a connector has enrolled with this join token before",
    )
}

/// The name that the connector shall have, if the token is good for it.
fn check_token(
    token: &JoinRecord,
    tenant: Option<&TenantId>,
    connector: Option<ConnectorId>,
    now: u64,
) -> Result<ConnectorId, Fault> {
    // "Used" before "expired": that somebody used it is what its owner must hear, also tomorrow.
    if token.state != JoinUse::Open {
        return Err(used_before());
    }
    if token.expires <= now {
        let minutes = (now - token.expires) / 60;
        return Err(Fault::new(
            Code::TokenExpired,
            format!("the join token ended {minutes} minutes ago"),
        ));
    }
    // Whose it is instead is not said: the asker may hold a stranger's token.
    if tenant.is_some_and(|t| *t != token.tenant) {
        return Err(Fault::new(
            Code::TokenMismatch,
            "the join token belongs to another tenant",
        ));
    }
    match (&token.connector, connector) {
        (Some(named), Some(asked)) if *named != asked => Err(Fault::new(
            Code::TokenMismatch,
            "the join token is for a connector of another name",
        )),
        (Some(named), _) => Ok(named.clone()),
        (None, Some(asked)) => Ok(asked),
        (None, None) => Err(Fault::new(
            Code::InvalidRequest,
            "neither the token nor the request names the connector",
        )),
    }
}

/// The difference of the clocks, if the two can work together.
pub(super) fn check_clock(theirs_ms: u64, ours_ms: u64) -> Result<Duration, Fault> {
    let skew = Duration::from_millis(theirs_ms.abs_diff(ours_ms));
    if skew > MAX_SKEW {
        let side = if theirs_ms > ours_ms { "ahead of" } else { "behind" };
        return Err(Fault::new(
            Code::ClockSkew,
            format!(
                "the connector's clock is {} seconds {side} the gateway's",
                skew.as_secs()
            ),
        ));
    }
    Ok(skew)
}
