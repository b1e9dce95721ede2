//! The key that the store's secrets are sealed under, for administrators of the whole gateway.
//!
//! | route | what |
//! |---|---|
//! | `POST /v1/seal/rotate` | a new key-encryption key, and the data keys under it |
//! | `POST /v1/seal/rewrap` | the data keys under the key-encryption key of the settings |

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::post,
};

use super::problem::Problem;
use crate::{app::Shared, auth::Caller};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/seal/rotate", post(rotate))
        .route("/v1/seal/rewrap", post(rewrap))
}

async fn rotate(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    caller.admin()?;
    let done = state
        .sealer
        .rotate()
        .await
        .map_err(|error| Problem(error.to_fault()))?;
    tracing::info!(
        by = caller.id(),
        rewrapped = done.rewrapped,
        "key-encryption key rotated"
    );
    Ok(Json(done).into_response())
}

async fn rewrap(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    caller.admin()?;
    let done = state
        .sealer
        .rewrap()
        .await
        .map_err(|error| Problem(error.to_fault()))?;
    tracing::info!(
        by = caller.id(),
        rewrapped = done.rewrapped,
        "data keys wrapped anew"
    );
    Ok(Json(done).into_response())
}
