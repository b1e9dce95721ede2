//! The roles of people, and where they hold.

use std::collections::BTreeMap;

use proto::id::TenantId;
use serde::{Deserialize, Serialize};

/// What someone who signed in may do. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Lists: tenants, connectors, tokens without their secrets, the queries of a source.
    Viewer,
    /// Also makes and ends join tokens, approves and revokes connectors.
    Operator,
    /// Everything that the administration API offers.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: &[Self] = &[Self::Viewer, Self::Operator, Self::Administrator];

    /// The name in the settings and in refusals.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Administrator => "administrator",
        }
    }
}

/// The roles of one person: one for every tenant, others for tenants by name. The higher of the two holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    everywhere: Option<Role>,
    named: BTreeMap<TenantId, Role>,
}

impl Roles {
    /// Adds a role for every tenant.
    pub fn add_everywhere(&mut self, role: Role) {
        self.everywhere = self.everywhere.max(Some(role));
    }

    /// Adds a role for one tenant.
    pub fn add(&mut self, tenant: TenantId, role: Role) {
        let held = self.named.entry(tenant).or_insert(role);
        *held = (*held).max(role);
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.everywhere.is_none() && self.named.is_empty()
    }

    pub(super) fn everywhere(&self) -> Option<Role> {
        self.everywhere
    }

    pub(super) fn on(&self, tenant: &TenantId) -> Option<Role> {
        self.everywhere.max(self.named.get(tenant).copied())
    }

    /// The tenants on which this role holds by name.
    pub(super) fn named(&self, least: Role) -> impl Iterator<Item = &TenantId> {
        let held = self.named.iter().filter(move |(_, role)| **role >= least);
        held.map(|(tenant, _)| tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_of_two_roles_holds_and_only_where_it_was_given() {
        let (acme, other): (TenantId, TenantId) = ("acme".parse().expect("id"), "other".parse().expect("id"));
        let mut roles = Roles::default();
        assert!(roles.is_empty());
        roles.add(acme.clone(), Role::Operator);
        roles.add(acme.clone(), Role::Viewer);
        assert_eq!((roles.on(&acme), roles.on(&other)), (Some(Role::Operator), None));
        roles.add_everywhere(Role::Viewer);
        assert_eq!(
            (roles.on(&acme), roles.on(&other)),
            (Some(Role::Operator), Some(Role::Viewer))
        );
        assert_eq!(roles.named(Role::Administrator).count(), 0);
    }
}
