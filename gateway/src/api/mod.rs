//! The HTTP entrances: the API over HTTPS, the redirect to it, and the operations listener.
//!
//! A handler authenticates before it reads a body, speaks domain types, and fails with a [`problem::Problem`] only.

pub mod admin;
pub mod authority;
pub mod catalogue;
mod enrol;
mod format;
mod oidc;
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
pub(crate) use serve::{Https, bind, run_plain};

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
