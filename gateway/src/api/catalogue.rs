//! The queries of one source: what may be asked by name, and proposing another to its customer.
//!
//! | Route | Needs | |
//! |---|---|---|
//! | `GET /v1/tenants/{tenant}/sources/{source}/catalogue` | `query` on the source, `admin`, or the role viewer | shipped, approved, pending |
//! | `POST /v1/tenants/{tenant}/sources/{source}/catalogue/proposals` | `admin`, or the role administrator | propose |
//!
//! A proposal waits at the connector until the customer approves it there; this side can only look.

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use futures_util::FutureExt as _;
use http::StatusCode;
use proto::{
    catalogue::{Catalogue, Entry},
    error::Code,
    id::{ConnectorId, QueryName, SourceId, TenantId},
    limits::MAX_SQL_BYTES,
    wire::frame::{Need, OfferedQuery, PendingQuery},
};
use serde::{Deserialize, Serialize};

use super::{
    admin::List,
    forward::Asked,
    problem::Problem,
    request::{Path, json},
};
use crate::{app::Shared, auth::Caller, tunnel::exchange::PROPOSAL_DEADLINE};

/// For another node to say what a tunnel of its told it long ago.
const LIST_DEADLINE: Duration = Duration::from_secs(10);

/// Body of a proposal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// A catalogue file: a header, then the query.
    pub text: String,
}

/// Answer to [`Propose`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proposed {
    /// The connector that keeps it.
    pub connector: ConnectorId,
    /// The name in its header.
    pub name: QueryName,
    /// SHA-256 of its plan, as the connector computed it: what the customer approves.
    pub fingerprint: String,
    /// `pending`, or `approved` where the customer had approved the same query before.
    pub state: String,
}

/// A query of a source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueryView {
    /// Its name.
    pub name: QueryName,
    /// `shipped`, `approved`, or `pending`, which cannot be asked.
    pub origin: String,
    /// SHA-256 of its plan.
    pub fingerprint: String,
    /// What it answers; none for what is pending.
    pub purpose: Option<String>,
    /// Its parameters; empty for what is pending.
    pub parameters: Vec<ParameterView>,
}

/// A parameter of a query.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub param_type: String,
    /// Whether a request must give it.
    pub required: bool,
}

#[derive(Debug, Deserialize)]
struct Place {
    tenant: TenantId,
    source: SourceId,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/tenants/{tenant}/sources/{source}/catalogue", get(list))
        .route(
            "/v1/tenants/{tenant}/sources/{source}/catalogue/proposals",
            post(propose),
        )
}

async fn list(
    State(state): State<Shared>,
    caller: Caller,
    Path(place): Path<Place>,
    request: Request,
) -> Result<Response, Problem> {
    let by = caller.catalogue_viewer(&place.tenant, &place.source)?;
    state.fleet.active(by.tenant()).await?;
    let here = || {
        let mut items: Vec<QueryView> = Catalogue::builtin().entries().map(shipped).collect();
        // Where no connector serves the source, the shipped ones are still what may be asked later.
        if let Some(tunnel) = state.tunnels.serving(by.tenant(), by.source()).first() {
            let offers = tunnel.offers();
            items.extend(offers.approved.iter().map(approved));
            items.extend(offers.pending.iter().map(pending));
        }
        let response = (StatusCode::OK, axum::Json(List { items })).into_response();
        ready(Ok(response)).boxed()
    };
    let asked = Asked::read(request).await?;
    asked.answer(&state, &by, LIST_DEADLINE, here).await
}

async fn propose(
    State(state): State<Shared>,
    caller: Caller,
    Path(place): Path<Place>,
    request: Request,
) -> Result<Response, Problem> {
    let admin = caller.tenant_admin(&place.tenant)?;
    state.fleet.active(&place.tenant).await?;
    let asked = Asked::read(request).await?;
    let body: Propose = json(&asked.body)?;
    if body.text.len() > MAX_SQL_BYTES {
        let detail = format!("a proposal has at most {MAX_SQL_BYTES} bytes");
        return Err(Problem::new(Code::LimitExceeded, detail));
    }
    let here = || {
        let queries = Arc::clone(&state.queries);
        let (admin, source) = (admin.clone(), place.source.clone());
        let answer = async {
            let (connector, reply) = queries.propose(admin, source, body.text.clone()).await?;
            let proposed = Proposed {
                connector,
                name: reply.name,
                fingerprint: reply.fingerprint.to_string(),
                state: reply.state.name().to_owned(),
            };
            Ok((StatusCode::ACCEPTED, axum::Json(proposed)).into_response())
        };
        answer.boxed()
    };
    let by = (&admin, &place.source);
    asked.answer(&state, &by, PROPOSAL_DEADLINE, here).await
}

fn shipped(entry: &Entry) -> QueryView {
    view("shipped", &entry.offer())
}

fn approved(offer: &OfferedQuery) -> QueryView {
    view("approved", offer)
}

fn view(origin: &str, offer: &OfferedQuery) -> QueryView {
    let parameters = offer.parameters.iter().map(|parameter| ParameterView {
        name: parameter.name.as_str().to_owned(),
        param_type: parameter.param_type.name().to_owned(),
        required: parameter.need == Need::Required,
    });
    QueryView {
        name: offer.name.clone(),
        origin: origin.to_owned(),
        fingerprint: offer.fingerprint.to_string(),
        purpose: Some(offer.purpose.as_str().to_owned()),
        parameters: parameters.collect(),
    }
}

fn pending(query: &PendingQuery) -> QueryView {
    QueryView {
        name: query.name.clone(),
        origin: "pending".to_owned(),
        fingerprint: query.fingerprint.to_string(),
        purpose: None,
        parameters: Vec::new(),
    }
}
