//! The rights that more than one kind of caller can have: each is a value that a method of [`Caller`] makes or refuses.
//!
//! | right | API token | person |
//! |---|---|---|
//! | [`Overview`] | `admin`: all | `viewer`: the tenants of the role |
//! | [`Viewer`] | `admin`, or the tenant's `enrol` | `viewer` on the tenant |
//! | [`TokenViewer`] | `admin` | `viewer` on the tenant |
//! | [`CatalogueViewer`] | `admin`, or `query` on the source | `viewer` on the tenant |
//! | [`super::Enroller`] | `admin`, or the tenant's `enrol` | `operator` on the tenant |
//! | [`TenantAdmin`] | `admin` | `administrator` on the tenant |
//! | [`TokenRemover`] | `admin`: all | `administrator`: the tenants of the role |
//! | [`super::Admin`] | `admin` | `administrator` on every tenant |
//! | [`super::Grant`] | `query` on the source | nobody |
//!
//! People do not query: a query is a program's, whose token is confined to a tenant and its sources, and who reads a
//! customer's data shall be seen from a token that an administrator made, not follow from a group.

use std::{collections::BTreeSet, sync::Arc};

use proto::{
    error::{Code, Fault},
    id::{SourceId, TenantId},
};

use super::{Admin, Caller, Role, Roles, Scope, TokenRecord};

/// Someone who signed in with the identity provider. What it says was verified by [`crate::oidc`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: Arc<str>,
    /// Whom the provider means, unique and for ever the same at that provider.
    pub subject: String,
    /// Where to write to them, by the provider's word.
    pub email: Option<String>,
    /// What they may do.
    pub roles: Roles,
    pub(super) id: String,
}

impl Person {
    /// Someone whose token was verified.
    pub(crate) fn new(issuer: Arc<str>, subject: String, email: Option<String>, roles: Roles) -> Self {
        use sha2::{Digest as _, Sha256};
        // One line each, and no issuer holds a line's end: no two people share a text.
        let digest = Sha256::digest(format!("{issuer}\n{subject}"));
        let id = format!("person-{}", hex::encode(digest.get(..8).unwrap_or_default()));
        Self {
            issuer,
            subject,
            email,
            roles,
            id,
        }
    }
}

/// How a caller proved who they are.
#[derive(Debug, Clone)]
pub(super) enum Who {
    Token(Arc<TokenRecord>),
    Person(Arc<Person>),
}

/// The right to list tenants: all, or some.
#[derive(Debug, Clone)]
pub struct Overview(Reach);

/// The right to look at one tenant's connectors and join tokens.
#[derive(Debug, Clone)]
pub struct Viewer {
    tenant: TenantId,
}

/// The right to look at one tenant's API tokens, which are shown without their secrets.
#[derive(Debug, Clone)]
pub struct TokenViewer {
    tenant: TenantId,
}

/// The right to see which queries a source answers.
#[derive(Debug, Clone)]
pub struct CatalogueViewer {
    tenant: TenantId,
    source: SourceId,
}

/// The right to administer one tenant.
#[derive(Debug, Clone)]
pub struct TenantAdmin {
    caller: Caller,
    tenant: TenantId,
}

/// The right to end API tokens: of all tenants, or of some.
#[derive(Debug, Clone)]
pub struct TokenRemover(Reach);

#[derive(Debug, Clone)]
enum Reach {
    Everywhere,
    Named(BTreeSet<TenantId>),
}

impl Reach {
    fn covers(&self, tenant: Option<&TenantId>) -> bool {
        match self {
            Reach::Everywhere => true,
            Reach::Named(tenants) => tenant.is_some_and(|tenant| tenants.contains(tenant)),
        }
    }
}

impl Caller {
    /// Someone who signed in.
    pub(crate) fn person(person: Person) -> Self {
        Self {
            who: Who::Person(Arc::new(person)),
        }
    }

    /// The right to list tenants.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn overview(&self) -> Result<Overview, Fault> {
        self.reach(Role::Viewer).map(Overview)
    }

    /// The right to look at `tenant`.
    ///
    /// # Errors
    /// As [`Caller::grant`].
    pub fn viewer(&self, tenant: &TenantId) -> Result<Viewer, Fault> {
        match &self.who {
            Who::Token(_) => self.enroller(tenant).map(drop)?,
            Who::Person(person) => person.holds(Role::Viewer, tenant)?,
        }
        Ok(Viewer {
            tenant: tenant.clone(),
        })
    }

    /// The right to look at the API tokens of `tenant`.
    ///
    /// # Errors
    /// As [`Caller::grant`].
    pub fn token_viewer(&self, tenant: &TenantId) -> Result<TokenViewer, Fault> {
        match &self.who {
            Who::Token(_) => self.admin().map(drop)?,
            Who::Person(person) => person.holds(Role::Viewer, tenant)?,
        }
        Ok(TokenViewer {
            tenant: tenant.clone(),
        })
    }

    /// The right to see which queries `source` of `tenant` answers.
    ///
    /// # Errors
    /// As [`Caller::grant`].
    pub fn catalogue_viewer(&self, tenant: &TenantId, source: &SourceId) -> Result<CatalogueViewer, Fault> {
        match &self.who {
            Who::Token(_) if self.admin().is_ok() => {}
            Who::Token(_) => self.grant(tenant, source).map(drop)?,
            Who::Person(person) => person.holds(Role::Viewer, tenant)?,
        }
        Ok(CatalogueViewer {
            tenant: tenant.clone(),
            source: source.clone(),
        })
    }

    /// The right to administer `tenant`.
    ///
    /// # Errors
    /// As [`Caller::grant`].
    pub fn tenant_admin(&self, tenant: &TenantId) -> Result<TenantAdmin, Fault> {
        match &self.who {
            Who::Token(_) => self.admin().map(drop)?,
            Who::Person(person) => person.holds(Role::Administrator, tenant)?,
        }
        Ok(TenantAdmin {
            caller: self.clone(),
            tenant: tenant.clone(),
        })
    }

    /// The right to end API tokens.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn token_remover(&self) -> Result<TokenRemover, Fault> {
        self.reach(Role::Administrator).map(TokenRemover)
    }

    fn reach(&self, least: Role) -> Result<Reach, Fault> {
        let person = match &self.who {
            Who::Token(_) => return self.admin().map(|_| Reach::Everywhere),
            Who::Person(person) => person,
        };
        if person.roles.everywhere() >= Some(least) {
            return Ok(Reach::Everywhere);
        }
        let named: BTreeSet<_> = person.roles.named(least).cloned().collect();
        if named.is_empty() {
            return Err(person.lacks(least));
        }
        Ok(Reach::Named(named))
    }
}

impl Person {
    pub(super) fn everywhere(&self, least: Role) -> Result<(), Fault> {
        if self.roles.everywhere() >= Some(least) {
            return Ok(());
        }
        Err(self.lacks_everywhere(least))
    }

    /// That the role holds on the tenant. Of a tenant on which they have no role they learn nothing.
    pub(super) fn holds(&self, least: Role, tenant: &TenantId) -> Result<(), Fault> {
        match self.roles.on(tenant) {
            Some(role) if role >= least => Ok(()),
            Some(_) => Err(self.lacks(least)),
            None if self.roles.is_empty() => Err(self.lacks(least)),
            None => Err(Fault::new(
                Code::UnknownTenant,
                format!("the sign-in knows no tenant `{tenant}`"),
            )),
        }
    }

    fn lacks(&self, least: Role) -> Fault {
        if self.roles.is_empty() {
            return Fault::new(
                Code::Forbidden,
                "no rule of the gateway's [oidc] settings gives this person a role",
            );
        }
        Fault::new(Code::Forbidden, format!("the role `{}` is needed", least.name()))
    }

    fn lacks_everywhere(&self, least: Role) -> Fault {
        if self.roles.is_empty() {
            return self.lacks(least);
        }
        let detail = format!("the role `{}` on every tenant is needed", least.name());
        Fault::new(Code::Forbidden, detail)
    }
}

impl Overview {
    /// Leaves what may be seen.
    pub fn narrow<T>(&self, items: &mut Vec<T>, tenant: impl Fn(&T) -> &TenantId) {
        items.retain(|item| self.0.covers(Some(tenant(item))));
    }
}

impl Viewer {
    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl TokenViewer {
    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl CatalogueViewer {
    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The source.
    pub fn source(&self) -> &SourceId {
        &self.source
    }
}

impl TenantAdmin {
    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The right to end the tenant's API tokens.
    pub fn token_remover(&self) -> TokenRemover {
        TokenRemover(Reach::Named([self.tenant.clone()].into()))
    }
}

impl Admin {
    /// Whoever administers everything administers this tenant.
    pub fn of(&self, tenant: &TenantId) -> TenantAdmin {
        TenantAdmin {
            caller: self.caller().clone(),
            tenant: tenant.clone(),
        }
    }
}

impl TokenRemover {
    /// Of this token, or of none: to whoever may not know of a token there is none.
    pub(super) fn covers(&self, tenant: Option<&TenantId>) -> bool {
        self.0.covers(tenant)
    }
}

impl Who {
    pub(super) fn scope(&self, scope: Scope) -> Result<&Arc<TokenRecord>, Fault> {
        let lacks = |detail: String| Err(Fault::new(Code::Forbidden, detail));
        match self {
            Who::Token(record) if record.scopes.contains(&scope) => Ok(record),
            Who::Token(_) => lacks(format!("the token lacks the scope `{}`", scope.name())),
            Who::Person(_) => lacks(format!(
                "people do not query: an API token with the scope `{}` is needed",
                scope.name()
            )),
        }
    }
}
