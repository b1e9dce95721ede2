//! `POST /v1/enrol` and `POST /v1/reapprove`: the routes that take no API token. A join token is the credential of the one,
//! the key of a certificate that ran out that of the other.
//!
//! Strangers may call it, so it is bounded thrice: by the size of the body and its deadline, by the number of
//! enrolments in progress, and by doing nothing costly before the join token was found. A body is read before a place
//! is taken, so that slow senders do not keep others out.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, response::IntoResponse as _, response::Response, routing::post};
use proto::{
    enrol::{EnrolRequest, MAX_REQUEST_BYTES, PATH, REAPPROVAL_PATH, ReapprovalRequest},
    error::{Code, Fault},
    limits::CLOCK_SKEW_WARNING,
};
use tokio::sync::Semaphore;

use super::{
    problem::Problem,
    request::{self, Json},
};
use crate::{app::Shared, fleet::Enrolment};

// The general bound on bodies holds for this route; the contract's own must lie within it.
const _: () = assert!(MAX_REQUEST_BYTES <= request::MAX_BODY_BYTES);

/// A place is free again after one flush of the store.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) fn routes(places: usize) -> Router<Shared> {
    let places = Arc::new(Semaphore::new(places));
    let same = Arc::clone(&places);
    Router::new()
        .route(
            PATH,
            post(move |state: State<Shared>, body: Json<EnrolRequest>| {
                enrol(state, Arc::clone(&places), body)
            }),
        )
        .route(
            REAPPROVAL_PATH,
            post(move |state: State<Shared>, body: Json<ReapprovalRequest>| {
                reapprove(state, Arc::clone(&same), body)
            }),
        )
}

async fn reapprove(
    State(state): State<Shared>,
    places: Arc<Semaphore>,
    Json(request): Json<ReapprovalRequest>,
) -> Result<Response, Problem> {
    let result = match places.try_acquire() {
        Ok(_place) => state.fleet.reapprove(request).await,
        Err(_) => {
            Err(Fault::new(Code::Overloaded, "too many enrolments are in progress").retry_after(RETRY_AFTER))
        }
    };
    state
        .metrics
        .fleet
        .reapproval(result.as_ref().err().map(|fault| fault.code));
    let response = match result {
        Ok(response) => response,
        Err(fault) => {
            // The detail names the connector that waits. Of a clock that is wrong the fleet has told.
            if fault.code == Code::ApprovalPending {
                tracing::warn!(code = %fault.code, detail = %fault.detail, "a connector asks to be approved anew");
            }
            return Err(fault.into());
        }
    };
    tracing::info!(tenant = %response.tenant, connector = %response.connector, "an expired connector has a new certificate");
    Ok(axum::Json(response).into_response())
}

async fn enrol(
    State(state): State<Shared>,
    places: Arc<Semaphore>,
    Json(request): Json<EnrolRequest>,
) -> Result<Response, Problem> {
    let result = match places.try_acquire() {
        Ok(_place) => state.fleet.enrol(request).await,
        Err(_) => {
            Err(Fault::new(Code::Overloaded, "too many enrolments are in progress").retry_after(RETRY_AFTER))
        }
    };
    state
        .metrics
        .fleet
        .enrolment(result.as_ref().err().map(|fault| fault.code));
    let Enrolment { response, skew } = result?;
    state.metrics.fleet.enrolment_skew.observe(skew.as_secs_f64());
    if skew >= CLOCK_SKEW_WARNING {
        tracing::warn!(
            tenant = %response.tenant,
            connector = %response.connector,
            skew_seconds = skew.as_secs_f64(),
            "the clock of the enrolling host differs from the gateway's"
        );
    }
    tracing::info!(tenant = %response.tenant, connector = %response.connector, "connector enrolled");
    Ok(axum::Json(response).into_response())
}
