//! The other side of a sign-in: what `gateway login` does at the provider.

use serde::{Deserialize, Serialize};

/// Answer to `GET /v1/oidc`: where people sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInAt {
    /// The provider.
    pub issuer: String,
    /// The public client to sign in to.
    pub client_id: String,
    /// What to ask the provider for.
    pub scopes: Vec<String>,
}
