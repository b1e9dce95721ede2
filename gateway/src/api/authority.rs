//! The certificate authority over HTTP.
//!
//! | route | right | what |
//! |---|---|---|
//! | `GET /v1/authority` | `admin` | how it stands |
//! | `POST /v1/authority/rotate-issuing` | `admin` | a new issuing authority at once |
//! | `POST /v1/authority/rotate-root` | `admin` | begin the change to a new root |
//! | `POST /v1/authority/advance` | `admin` | the next step of that change, whoever is waited for |
//! | `POST /v1/authority/requests` | `admin` | a request for whoever keeps the root |
//! | `POST /v1/authority/import` | `admin` | the certificates that they gave |
//!
//! No route gives a private key away.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use super::{problem::Problem, request::Json};
use crate::{
    app::Shared,
    auth::Caller,
    authority::{change::DEFAULT_OVERLAP, record::Import},
};

/// Body of a change to another root.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// For how long connectors are told of the new root before it is in force although some have not taken it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
}

/// Body of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// The certificates.
    pub certificates: Import,
    /// As in [`Rotate`], where a new root is among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/authority", get(show))
        .route("/v1/authority/rotate-issuing", post(rotate_issuing))
        .route("/v1/authority/rotate-root", post(rotate_root))
        .route("/v1/authority/advance", post(advance))
        .route("/v1/authority/requests", post(request))
        .route("/v1/authority/import", post(import))
}

async fn view(state: &Shared, caller: &Caller) -> Result<Response, Problem> {
    let view = state.authority.view(&caller.admin()?, &state.fleet).await?;
    Ok(axum::Json(view).into_response())
}

async fn show(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    view(&state, &caller).await
}

async fn rotate_issuing(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    state.authority.rotate_issuing(&caller.admin()?).await?;
    tracing::info!(by = caller.id(), "the issuing authority was replaced");
    view(&state, &caller).await
}

async fn rotate_root(
    State(state): State<Shared>,
    caller: Caller,
    Json(body): Json<Rotate>,
) -> Result<Response, Problem> {
    let admin = caller.admin()?;
    state
        .authority
        .rotate_root(&admin, overlap(body.overlap_seconds))
        .await?;
    tracing::info!(by = caller.id(), "a new root is introduced");
    view(&state, &caller).await
}

async fn advance(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    state.authority.advance(&caller.admin()?).await?;
    tracing::info!(by = caller.id(), "the change of roots was taken a step further");
    view(&state, &caller).await
}

async fn request(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let made = state.authority.request(&caller.admin()?).await?;
    tracing::info!(by = caller.id(), "a request for an issuing authority was made");
    Ok(axum::Json(made).into_response())
}

async fn import(
    State(state): State<Shared>,
    caller: Caller,
    Json(body): Json<ImportBody>,
) -> Result<Response, Problem> {
    let admin = caller.admin()?;
    state
        .authority
        .import(&admin, &body.certificates, overlap(body.overlap_seconds))
        .await?;
    tracing::info!(by = caller.id(), "certificates of the authority were imported");
    view(&state, &caller).await
}

fn overlap(seconds: Option<u64>) -> Duration {
    seconds.map_or(DEFAULT_OVERLAP, Duration::from_secs)
}
