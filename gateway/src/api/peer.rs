//! What nodes tell one another, over the nodes' listener alone.

use axum::{Extension, Router, extract::State, routing::post};
use http::StatusCode;
use proto::error::Code;

use super::{forward::Via, problem::Problem, request::Json};
use crate::{
    app::Shared,
    cluster::usage::{self, Told},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(usage::PATH, post(take))
}

async fn take(
    State(state): State<Shared>,
    Extension(Via(node)): Extension<Via>,
    Json(told): Json<Told>,
) -> Result<StatusCode, Problem> {
    if told.running.len() > usage::MAX_TENANTS {
        return Err(Problem::new(Code::LimitExceeded, "too many tenants in one word"));
    }
    if let Some(cluster) = &state.cluster {
        cluster.usage.take(node, told);
    }
    Ok(StatusCode::NO_CONTENT)
}
