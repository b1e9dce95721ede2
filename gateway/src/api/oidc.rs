//! `GET /v1/oidc`: where people sign in. Answered to anybody, since whoever asks has nothing yet; it holds nothing secret.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use proto::error::Code;

use super::problem::Problem;
use crate::{app::Shared, oidc::session::SignInAt};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/v1/oidc", get(show))
}

async fn show(State(state): State<Shared>) -> Result<Response, Problem> {
    let settings = state.oidc.settings().ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "people cannot sign in to this gateway: its settings have no [oidc]",
        )
    })?;
    let at = SignInAt {
        issuer: settings.issuer.as_str().to_owned(),
        client_id: settings.client_id,
        scopes: settings.scopes,
    };
    Ok(axum::Json(at).into_response())
}
