//! The HTTP entrances: the API over HTTPS, the redirect to it, and the operations listener.
//!
//! A handler authenticates before it reads a body, speaks domain types, and fails with a [`problem::Problem`] only.

pub mod admin;
pub mod authority;
pub mod catalogue;
mod enrol;
mod format;
mod forward;
mod oidc;
mod peer;
mod plain;
pub mod problem;
mod query;
mod question;
mod record;
pub mod request;
mod seal;
mod serve;
mod stall;

use axum::Router;

use crate::app::Shared;

pub(crate) use plain::{operations, redirect_service};
pub(crate) use serve::{Https, Who, bind, run_plain};

/// Every route of the API, with what each request passes through.
pub fn router(state: &Shared) -> Router {
    let administration = admin::routes()
        .merge(authority::routes())
        .merge(catalogue::routes())
        .merge(seal::routes());
    let routes = record::layer(administration, state)
        .merge(oidc::routes())
        .merge(enrol::routes(state.config.limits.enrolments))
        .merge(query::routes());
    request::layer(routes, state)
}

/// What one node asks of another: what is about a source that the other holds a tunnel of, and how much tenants have in
/// progress.
pub(crate) fn peer_router(state: &Shared) -> Router {
    let administration = record::layer(catalogue::routes(), state);
    let routes = administration.merge(query::routes()).merge(peer::routes());
    request::layer(routes, state)
}
