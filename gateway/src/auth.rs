//! Who is calling, and what they may do: `Caller`, then `Grant`.
//!
//! A caller is the bearer of an API token, or a person who signed in with the identity provider ([`crate::oidc`]).
//! An API token is 32 random bytes. The store finds its sealed record by a keyed hash of its SHA-256 ([`Register`]): a
//! preimage cannot be guessed step by step, so a lookup takes no time that depends on the secret. A right is a value that only this
//! module can make; whoever holds a [`Grant`] or [`Admin`] has been checked, and a refusal is the absence of one.

mod rights;
mod role;
#[cfg(test)]
mod tests;
mod token;
mod uses;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header};
use proto::{
    error::{Code, Fault},
    id::{SourceId, TenantId},
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    drain::Drain,
    seal::{
        Purpose, SealError, Sealer,
        register::{Register, Registered},
    },
    store::StoreError,
};

use rights::Who;
pub use rights::{CatalogueViewer, Overview, Person, TenantAdmin, TokenRemover, TokenViewer, Viewer};
pub use role::{Role, Roles};
pub use token::{ApiToken, TokenDigest, TokenTextError};
use uses::Uses;

/// What an API token lets its bearer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that the administration API offers, for every tenant. Not queries: whoever runs the gateway need not
    /// be able to read the customers' data.
    Admin,
    /// Queries on the sources of the token's tenant.
    Query,
    /// Join tokens and the list of connectors of the token's tenant.
    Enrol,
}

impl Scope {
    /// The name in the API and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Admin => "admin",
            Scope::Query => "query",
            Scope::Enrol => "enrol",
        }
    }
}

/// What the store holds for an API token, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// The first 8 bytes of the digest in hex: what lists and logs call the token by.
    pub id: String,
    /// What its maker called it.
    pub name: String,
    /// The tenant that it is confined to; none for an administrator's.
    pub tenant: Option<TenantId>,
    /// The sources that it is confined to; empty for all of the tenant's.
    #[serde(default)]
    pub sources: Vec<SourceId>,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it ends, in seconds since 1970; none for never.
    pub expires: Option<u64>,
}

impl Registered for TokenRecord {
    const PURPOSE: Purpose = Purpose::ApiToken;
    const PREFIX: &'static str = "credential/api/";
    const PREFIX_BEFORE: &'static str = "api-token/";

    fn id(&self) -> &str {
        &self.id
    }

    fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }
}

/// An API token as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// What was agreed when it was made.
    #[serde(flatten)]
    pub record: TokenRecord,
    /// When it was last used, in seconds since 1970 and to the minute; none for never.
    pub last_used: Option<u64>,
}

/// Someone whose credential was found and is in force.
#[derive(Debug, Clone)]
pub struct Caller {
    who: Who,
}

/// The right to query one source of one tenant.
#[derive(Debug, Clone)]
pub struct Grant {
    caller: Caller,
    tenant: TenantId,
    source: SourceId,
}

/// The right to administer the whole gateway.
#[derive(Debug, Clone)]
pub struct Admin {
    caller: Caller,
}

/// The right to make join tokens for one tenant and to list its connectors.
#[derive(Debug, Clone)]
pub struct Enroller {
    caller: Caller,
    tenant: TenantId,
}

impl Caller {
    /// The public id of the token or of the person, for logs and the audit record.
    pub fn id(&self) -> &str {
        match &self.who {
            Who::Token(record) => &record.id,
            Who::Person(person) => &person.id,
        }
    }

    /// What the token's maker called it; the person's address or, failing that, the provider's name for them.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Token(record) => &record.name,
            Who::Person(person) => person.email.as_ref().unwrap_or(&person.subject),
        }
    }

    /// The person, if it is one.
    pub fn signed_in(&self) -> Option<&Person> {
        match &self.who {
            Who::Token(_) => None,
            Who::Person(person) => Some(person),
        }
    }

    /// The right to query `source` of `tenant`.
    ///
    /// # Errors
    /// `unknown_tenant` if the token is not that tenant's, whether or not the tenant exists: a caller cannot find out
    /// who else is a customer. `forbidden` if it is, but lacks the scope or is confined to other sources.
    pub fn grant(&self, tenant: &TenantId, source: &SourceId) -> Result<Grant, Fault> {
        self.of_tenant(tenant)?;
        let record = self.who.scope(Scope::Query)?;
        if !record.sources.is_empty() && !record.sources.contains(source) {
            return Err(Fault::new(
                Code::Forbidden,
                format!("the token is not for the source `{source}`"),
            ));
        }
        Ok(Grant {
            caller: self.clone(),
            tenant: tenant.clone(),
            source: source.clone(),
        })
    }

    /// The right to administer the whole gateway.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn admin(&self) -> Result<Admin, Fault> {
        match &self.who {
            Who::Token(_) => self.who.scope(Scope::Admin).map(drop)?,
            Who::Person(person) => person.everywhere(Role::Administrator)?,
        }
        Ok(Admin { caller: self.clone() })
    }

    /// The right to enrol connectors of `tenant`: the tenant's own with the scope `enrol`, an operator's, or an
    /// administrator's.
    ///
    /// # Errors
    /// As [`Caller::grant`].
    pub fn enroller(&self, tenant: &TenantId) -> Result<Enroller, Fault> {
        match &self.who {
            Who::Token(_) if self.admin().is_ok() => {}
            Who::Token(_) => {
                self.of_tenant(tenant)?;
                self.who.scope(Scope::Enrol)?;
            }
            Who::Person(person) => person.holds(Role::Operator, tenant)?,
        }
        Ok(Enroller {
            caller: self.clone(),
            tenant: tenant.clone(),
        })
    }

    fn of_tenant(&self, tenant: &TenantId) -> Result<(), Fault> {
        match &self.who {
            Who::Token(record) if record.tenant.as_ref() == Some(tenant) => Ok(()),
            Who::Token(_) => Err(Fault::new(
                Code::UnknownTenant,
                format!("the token knows no tenant `{tenant}`"),
            )),
            Who::Person(person) => person.holds(Role::Viewer, tenant),
        }
    }
}

impl Grant {
    /// Who was granted it.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The source.
    pub fn source(&self) -> &SourceId {
        &self.source
    }
}

impl Admin {
    /// The administrator of this host itself, who can read and write the state folder. For `gateway init` only.
    pub(crate) fn of_the_state_folder() -> Self {
        let record = TokenRecord {
            id: "init".to_owned(),
            name: "gateway init".to_owned(),
            tenant: None,
            sources: Vec::new(),
            scopes: vec![Scope::Admin],
            created: 0,
            expires: None,
        };
        Self {
            caller: Caller {
                who: Who::Token(Arc::new(record)),
            },
        }
    }

    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Enroller {
    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// A grant for the tests of what stands on one.
#[cfg(test)]
pub(crate) fn test_grant(tenant: &str, source: &str) -> Grant {
    test_caller(tenant)
        .grant(&tenant.parse().expect("tenant"), &source.parse().expect("source"))
        .expect("granted")
}

/// Someone who may query every source of a tenant.
#[cfg(test)]
pub(crate) fn test_caller(tenant: &str) -> Caller {
    let record = TokenRecord {
        id: "0011223344556677".to_owned(),
        name: "test".to_owned(),
        tenant: Some(tenant.parse().expect("tenant")),
        sources: Vec::new(),
        scopes: vec![Scope::Query],
        created: 0,
        expires: None,
    };
    Caller {
        who: Who::Token(Arc::new(record)),
    }
}

/// What a new token shall be.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// A name for lists, 1 to 128 printable characters.
    pub name: String,
    /// The sources that it is confined to; empty for all.
    pub sources: Vec<SourceId>,
    /// What it allows; at least one.
    pub scopes: Vec<Scope>,
    /// How long it is in force; none for until it is deleted.
    pub lifetime: Option<Duration>,
}

/// Longest name of a token in bytes: it stands in a column of a list.
pub const MAX_TOKEN_NAME_BYTES: usize = 128;

/// Where uses are noted.
const USES: &str = "credential/api-use/";

/// The API tokens of this installation.
#[derive(Debug, Clone)]
pub struct ApiTokens {
    register: Register<TokenRecord>,
    uses: Uses,
    clock: Clock,
}

impl ApiTokens {
    /// The tokens kept in the sealer's store. Seals those of a version that did not.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn start(sealer: &Sealer, clock: Clock) -> Result<Self, SealError> {
        let register = Register::<TokenRecord>::new(sealer);
        let sealed = register.migrate().await?;
        if sealed > 0 {
            tracing::info!(tokens = sealed, "API tokens of an earlier version were sealed");
        }
        let uses = Uses::new(Arc::clone(sealer.store()), TokenRecord::PREFIX, USES);
        Ok(Self {
            register,
            uses,
            clock,
        })
    }

    /// Writes when tokens were used, and forgets those that are ended elsewhere, until the gateway stops.
    pub async fn run(&self, drain: &Drain) {
        tokio::join!(self.uses.run(drain), self.register.follow(drain));
    }

    /// Finds the caller by the token in the request's headers.
    ///
    /// # Errors
    /// As [`ApiTokens::find`]; `unauthenticated` if they hold none.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Fault> {
        self.find(bearer(headers)?).await
    }

    /// Finds the caller by the text of their token.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words whether the token is unknown, expired or deleted; `internal`, `overloaded` and
    /// `store_unavailable` if the store fails. A token that was shown here before does not need the store.
    pub async fn find(&self, text: &str) -> Result<Caller, Fault> {
        let refused = || Fault::new(Code::Unauthenticated, "the token is not in force");
        let digest = TokenDigest::of_text(text).map_err(|_| refused())?;
        let found = self.register.find_or_recall(digest.as_bytes()).await?;
        let (record, key) = found.ok_or_else(refused)?;
        let now = self.clock.unix_seconds();
        if record.expires.is_some_and(|at| at <= now) {
            return Err(refused());
        }
        self.uses.note(&key, now);
        Ok(Caller {
            who: Who::Token(record),
        })
    }

    /// Makes an administrator's token. The secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// `invalid_request` if the name makes no sense.
    pub async fn create_admin(&self, _by: &Admin, name: String) -> Result<(ApiToken, TokenRecord), Fault> {
        let new = NewToken {
            name,
            sources: Vec::new(),
            scopes: vec![Scope::Admin],
            lifetime: None,
        };
        self.make(None, new).await
    }

    /// Makes a token that is confined to a tenant. The secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// `invalid_request` if the name, the scopes or the confinement make no sense.
    pub async fn create(&self, by: &TenantAdmin, new: NewToken) -> Result<(ApiToken, TokenRecord), Fault> {
        self.make(Some(by.tenant().clone()), new).await
    }

    async fn make(&self, tenant: Option<TenantId>, new: NewToken) -> Result<(ApiToken, TokenRecord), Fault> {
        let invalid = |detail: &'static str| Err(Fault::new(Code::InvalidRequest, detail));
        let printable = new.name.chars().all(|c| !c.is_control());
        if new.name.is_empty() || new.name.len() > MAX_TOKEN_NAME_BYTES || !printable {
            return invalid("a token's name has 1 to 128 bytes without control characters");
        }
        if new.scopes.is_empty() {
            return invalid("a token needs at least one scope");
        }
        if new.scopes.contains(&Scope::Admin) != tenant.is_none() {
            return invalid(
                "a token has either the scope `admin` and no tenant, or a tenant and not the scope `admin`",
            );
        }
        let token = ApiToken::generate();
        let digest = token.digest();
        let created = self.clock.unix_seconds();
        let record = TokenRecord {
            id: digest.id(),
            name: new.name,
            tenant,
            sources: new.sources,
            scopes: new.scopes,
            created,
            expires: new.lifetime.map(|l| created.saturating_add(l.as_secs())),
        };
        self.register.create(digest.as_bytes(), &record).await?;
        Ok((token, record))
    }

    /// The tokens of a tenant, in no particular order.
    pub async fn list(&self, by: &TokenViewer) -> Result<Vec<TokenView>, Fault> {
        let mut found = Vec::new();
        for (record, entry) in self.register.of_tenant(by.tenant()).await? {
            found.push(TokenView {
                record: (*record).clone(),
                last_used: self.uses.last(&entry.key).await.map_err(store_fault)?,
            });
        }
        Ok(found)
    }

    /// Ends the token with this id. The next request that carries it is refused.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete(&self, by: &TokenRemover, id: &str) -> Result<(), Fault> {
        let gone = self
            .delete_where(|token, tenant| token == id && by.covers(tenant))
            .await?;
        if gone == 0 {
            return Err(Fault::new(Code::NotFound, "there is no API token with this id"));
        }
        Ok(())
    }

    /// Ends an administrator's token that was made a moment ago and handed to nobody.
    pub(crate) async fn withdraw(&self, _by: &Admin, id: &str) -> Result<(), Fault> {
        self.delete_where(|token, tenant| token == id && tenant.is_none())
            .await
            .map(drop)
    }

    /// Ends every token of a tenant; part of the tenant's deletion.
    pub(crate) async fn delete_of_tenant(&self, tenant: &TenantId) -> Result<usize, Fault> {
        self.delete_where(|_, of| of == Some(tenant)).await
    }

    async fn delete_where(&self, doomed: impl Fn(&str, Option<&TenantId>) -> bool) -> Result<usize, Fault> {
        let removed = self.register.remove(doomed).await?;
        for key in &removed {
            self.uses.forget(key).await.map_err(store_fault)?;
        }
        Ok(removed.len())
    }
}

/// The token in the request's `Authorization: Bearer` header (RFC 6750, section 2.1).
///
/// # Errors
/// `unauthenticated`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Fault> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values
        .next()
        .ok_or(Fault::new(Code::Unauthenticated, "the request carries no token"))?;
    // Two headers: proxies in front disagree on which one counts.
    if values.next().is_some() {
        return Err(Fault::new(
            Code::Unauthenticated,
            "the request carries more than one Authorization header",
        ));
    }
    value
        .to_str()
        .ok()
        .and_then(|v| v.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Fault::new(
            Code::Unauthenticated,
            "the Authorization header is not `Bearer <token>`",
        ))
}

/// When to ask a store again that cannot be reached: a change of etcd's leader is over by then.
const STORE_AWAY: Duration = Duration::from_secs(2);

/// A store's failure as a caller may see it. The engine's own words go to the log, not to the caller.
pub(crate) fn store_fault(error: StoreError) -> Fault {
    if let StoreError::Unavailable(_) = error {
        tracing::warn!(error = %error, "the store cannot be reached");
        return Fault::new(Code::StoreUnavailable, "the gateway's store cannot be reached")
            .retry_after(STORE_AWAY);
    }
    if error.retryable() {
        return Fault::new(Code::Overloaded, "the gateway's store is busy")
            .retry_after(Duration::from_secs(1));
    }
    tracing::error!(error = %error, "the store failed");
    Fault::new(Code::Internal, "the gateway's store failed")
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Result<bytes::Bytes, Fault> {
    let text =
        serde_json::to_vec(record).map_err(|_| Fault::new(Code::Internal, "a record cannot be encoded"))?;
    Ok(text.into())
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(value: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(value).map_err(|error| {
        // serde_json quotes no content but the place, so the record's hashes stay out of the log.
        tracing::error!(
            line = error.line(),
            column = error.column(),
            "a record in the store cannot be read"
        );
        Fault::new(Code::Internal, "a record in the gateway's store cannot be read")
    })
}
