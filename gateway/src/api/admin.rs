//! Administration over HTTP: tenants, join tokens, API tokens, connectors.
//!
//! Every handler takes the caller, turns it into the right that the route needs, and hands that to the room that does
//! the work.
//!
//! | route | scope of a token | role of a person | what |
//! |---|---|---|---|
//! | `GET /v1/tenants` | `admin` | viewer | list |
//! | `POST /v1/tenants` | `admin` | administrator of all | make |
//! | `DELETE /v1/tenants/{tenant}[?force=true]` | `admin` | administrator | delete, with its connectors by force |
//! | `POST /v1/tenants/{tenant}/revoke`, `/restore` | `admin` | administrator | take out of service, and put back |
//! | `PUT /v1/tenants/{tenant}/reapproval` | `admin` | administrator | approval anew without an operator, within so many days |
//! | `GET /v1/tenants/{tenant}/join-tokens` | `admin`, the tenant's `enrol` | viewer | list |
//! | `POST /v1/tenants/{tenant}/join-tokens` | `admin`, the tenant's `enrol` | operator | make |
//! | `DELETE /v1/tenants/{tenant}/join-tokens/{id}` | `admin`, the tenant's `enrol` | operator | end |
//! | `GET /v1/tenants/{tenant}/connectors` | `admin`, the tenant's `enrol` | viewer | list, with their tunnels |
//! | `POST /v1/tenants/{tenant}/connectors/{connector}/revoke` | `admin`, the tenant's `enrol` | operator | revoke |
//! | `POST /v1/tenants/{tenant}/connectors/{connector}/approve` | `admin`, the tenant's `enrol` | operator | approve anew |
//! | `GET /v1/tenants/{tenant}/api-tokens` | `admin` | viewer | list |
//! | `POST /v1/tenants/{tenant}/api-tokens` | `admin` | administrator | make |
//! | `DELETE /v1/api-tokens/{id}` | `admin` | administrator of the token's tenant | end |
//!
//! Whoever changes something is in the audit log before it happens ([`super::record`]).

use std::{net::SocketAddr, time::Duration};

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{delete, get, post, put},
};
use http::StatusCode;
use proto::{
    error::Code,
    id::{ConnectorId, NodeId, SourceId, TenantId},
};
use serde::{Deserialize, Serialize};

use super::{
    problem::Problem,
    record::Made,
    request::{Json, Path},
};
use crate::{
    app::Shared,
    auth::{Caller, NewToken, Scope, TokenRecord},
    fleet::{ConnectorRecord, JoinRecord, NewJoinToken, TenantRecord, TenantState},
};

/// A list in an answer: an object, so that members can be added to it later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List<T> {
    /// Its items.
    pub items: Vec<T>,
}

/// Body of `POST /v1/tenants`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTenant {
    /// Its name.
    pub tenant: TenantId,
}

/// Body of `PUT /v1/tenants/{tenant}/reapproval`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetReapproval {
    /// Connectors whose certificate ran out at most this many days ago need no operator; none for always needing one.
    pub automatic_days: Option<u16>,
}

/// Body of `POST /v1/tenants/{tenant}/join-tokens`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateJoinToken {
    /// The connector that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// Its life in seconds; an hour unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u64>,
}

/// Answer to [`CreateJoinToken`].
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedJoinToken {
    /// What lists and logs call it.
    pub id: String,
    /// The token itself: shown this once.
    pub join_token: String,
    /// The customer account.
    pub tenant: TenantId,
    /// The connector that it is for.
    pub connector: Option<ConnectorId>,
    /// Its end, in seconds since 1970.
    pub expires: u64,
}

/// Body of `POST /v1/tenants/{tenant}/api-tokens`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateApiToken {
    /// A name for lists.
    pub name: String,
    /// `query`, `enrol`.
    pub scopes: Vec<Scope>,
    /// The sources that it is confined to; empty for all of the tenant's.
    #[serde(default)]
    pub sources: Vec<SourceId>,
    /// Its life in seconds; until it is deleted unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u64>,
}

/// Answer to [`CreateApiToken`].
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedApiToken {
    /// The token itself: shown this once.
    pub api_token: String,
    /// What the gateway remembers of it.
    pub record: TokenRecord,
}

/// A connector and its tunnel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConnectorView {
    /// What the gateway remembers of it.
    #[serde(flatten)]
    pub record: ConnectorRecord,
    /// Its tunnels, by slot.
    pub tunnels: Vec<TunnelView>,
}

/// A live tunnel as lists show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TunnelView {
    /// The gateway's number for it.
    pub tunnel: u64,
    /// The node that holds it.
    pub node: NodeId,
    /// Which of its connector's tunnels it is, from 0.
    pub slot: u8,
    /// What carries it: `quic` or `http2`.
    pub transport: String,
    /// When it was admitted, in seconds since 1970.
    pub since: u64,
    /// The sources that it serves.
    pub sources: Vec<SourceId>,
    /// The connector's version.
    pub connector_version: String,
    /// Queries in progress on it; none where another node holds it, as with the next.
    pub exchanges: Option<u64>,
    /// Where the connector is, as the node sees it now: behind a translator or a proxy, where that is.
    pub remote: Option<SocketAddr>,
    /// The path's round trip in milliseconds, as the node measures it.
    pub round_trip_ms: Option<f64>,
    /// Bytes of the datagrams that the path carries from the node to the connector; none over TCP, as below.
    pub path_mtu: Option<u16>,
    /// Packets that the node has sent over it.
    pub packets_sent: Option<u64>,
    /// Those of them that were lost.
    pub packets_lost: Option<u64>,
}

#[derive(Deserialize)]
struct TenantPath {
    tenant: TenantId,
}

#[derive(Deserialize)]
struct ConnectorPath {
    tenant: TenantId,
    connector: ConnectorId,
}

#[derive(Deserialize)]
struct JoinTokenPath {
    tenant: TenantId,
    id: String,
}

#[derive(Deserialize)]
struct TokenPath {
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteOptions {
    #[serde(default)]
    force: bool,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/tenants", get(list_tenants).post(create_tenant))
        .route("/v1/tenants/{tenant}", delete(delete_tenant))
        .route("/v1/tenants/{tenant}/revoke", post(revoke_tenant))
        .route("/v1/tenants/{tenant}/restore", post(restore_tenant))
        .route("/v1/tenants/{tenant}/reapproval", put(set_reapproval))
        .route(
            "/v1/tenants/{tenant}/join-tokens",
            get(list_join_tokens).post(create_join_token),
        )
        .route("/v1/tenants/{tenant}/join-tokens/{id}", delete(revoke_join_token))
        .route(
            "/v1/tenants/{tenant}/connectors/{connector}/revoke",
            post(revoke_connector),
        )
        .route(
            "/v1/tenants/{tenant}/connectors/{connector}/approve",
            post(approve_connector),
        )
        .route("/v1/tenants/{tenant}/connectors", get(list_connectors))
        .route(
            "/v1/tenants/{tenant}/api-tokens",
            get(list_api_tokens).post(create_api_token),
        )
        .route("/v1/api-tokens/{id}", delete(delete_api_token))
}

fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    (status, axum::Json(body)).into_response()
}

async fn list_tenants(State(state): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let items: Vec<TenantRecord> = state.fleet.tenants(&caller.overview()?).await?;
    Ok(json(StatusCode::OK, &List { items }))
}

async fn create_tenant(
    State(state): State<Shared>,
    caller: Caller,
    Json(body): Json<CreateTenant>,
) -> Result<Response, Problem> {
    let record = state.fleet.create_tenant(&caller.admin()?, body.tenant).await?;
    tracing::info!(tenant = %record.tenant, by = caller.id(), "tenant created");
    let made = Made(record.tenant.to_string());
    Ok((Extension(made), json(StatusCode::CREATED, &record)).into_response())
}

async fn delete_tenant(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
    request: http::Request<axum::body::Body>,
) -> Result<Response, Problem> {
    let admin = caller.tenant_admin(&tenant)?;
    let options = match request.uri().query() {
        None | Some("") | Some("force=false") => DeleteOptions { force: false },
        Some("force=true") => DeleteOptions { force: true },
        Some(_) => {
            return Err(Problem::new(
                Code::InvalidRequest,
                "the query may hold `force=true` and nothing else",
            ));
        }
    };
    state.fleet.delete_tenant(&admin, options.force).await?;
    tracing::info!(%tenant, by = caller.id(), force = options.force, "tenant deleted");
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn revoke_tenant(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
) -> Result<Response, Problem> {
    set_tenant_state(&state, &caller, &tenant, TenantState::Revoked).await
}

async fn restore_tenant(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
) -> Result<Response, Problem> {
    set_tenant_state(&state, &caller, &tenant, TenantState::Active).await
}

async fn set_tenant_state(
    state: &Shared,
    caller: &Caller,
    tenant: &TenantId,
    to: TenantState,
) -> Result<Response, Problem> {
    let record = state
        .fleet
        .set_tenant_state(&caller.tenant_admin(tenant)?, to)
        .await?;
    tracing::info!(%tenant, by = caller.id(), state = ?to, "tenant taken out of service or put back");
    Ok(json(StatusCode::OK, &record))
}

async fn set_reapproval(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
    Json(body): Json<SetReapproval>,
) -> Result<Response, Problem> {
    let days = body.automatic_days;
    let record = state
        .fleet
        .set_reapproval(&caller.tenant_admin(&tenant)?, days)
        .await?;
    tracing::info!(%tenant, by = caller.id(), ?days, "the rule for approval anew was set");
    Ok(json(StatusCode::OK, &record))
}

async fn revoke_connector(
    State(state): State<Shared>,
    caller: Caller,
    Path(ConnectorPath { tenant, connector }): Path<ConnectorPath>,
) -> Result<Response, Problem> {
    let record = state
        .fleet
        .revoke_connector(&caller.enroller(&tenant)?, &connector)
        .await?;
    tracing::info!(%tenant, %connector, by = caller.id(), "connector revoked");
    Ok(json(StatusCode::OK, &record))
}

async fn approve_connector(
    State(state): State<Shared>,
    caller: Caller,
    Path(ConnectorPath { tenant, connector }): Path<ConnectorPath>,
) -> Result<Response, Problem> {
    let record = state
        .fleet
        .approve(&caller.enroller(&tenant)?, &connector)
        .await?;
    tracing::info!(%tenant, %connector, by = caller.id(), "connector approved anew");
    Ok(json(StatusCode::OK, &record))
}

async fn list_join_tokens(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
) -> Result<Response, Problem> {
    let items: Vec<JoinRecord> = state.fleet.join_tokens(&caller.viewer(&tenant)?).await?;
    Ok(json(StatusCode::OK, &List { items }))
}

async fn revoke_join_token(
    State(state): State<Shared>,
    caller: Caller,
    Path(JoinTokenPath { tenant, id }): Path<JoinTokenPath>,
) -> Result<Response, Problem> {
    state
        .fleet
        .revoke_join_token(&caller.enroller(&tenant)?, &id)
        .await?;
    tracing::info!(%tenant, by = caller.id(), "join token revoked");
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn create_join_token(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
    Json(body): Json<CreateJoinToken>,
) -> Result<Response, Problem> {
    let enroller = caller.enroller(&tenant)?;
    let join =
        state
            .authority
            .new_join_token(&state.addresses.public_api, &tenant, body.connector.as_ref())?;
    let new = NewJoinToken {
        connector: body.connector,
        lifetime: body.expires_in_seconds.map(Duration::from_secs),
    };
    let record = state
        .fleet
        .create_join_token(&enroller, new, &join.secret)
        .await?;
    state.metrics.fleet.join_tokens.inc();
    tracing::info!(%tenant, token = record.id, by = caller.id(), "join token created");
    let made = Made(record.id.clone());
    let created = CreatedJoinToken {
        id: record.id,
        join_token: join.text.as_str().to_owned(),
        tenant: record.tenant,
        connector: record.connector,
        expires: record.expires,
    };
    Ok((Extension(made), json(StatusCode::CREATED, &created)).into_response())
}

async fn list_connectors(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
) -> Result<Response, Problem> {
    let records = state.fleet.connectors(&caller.viewer(&tenant)?).await?;
    let items: Vec<ConnectorView> = records
        .into_iter()
        .map(|record| ConnectorView {
            tunnels: state.live_tunnels(&record.tenant, &record.connector),
            record,
        })
        .collect();
    Ok(json(StatusCode::OK, &List { items }))
}

async fn list_api_tokens(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
) -> Result<Response, Problem> {
    let by = caller.token_viewer(&tenant)?;
    state.fleet.active(&tenant).await?;
    let items = state.tokens.list(&by).await?;
    Ok(json(StatusCode::OK, &List { items }))
}

async fn create_api_token(
    State(state): State<Shared>,
    caller: Caller,
    Path(TenantPath { tenant }): Path<TenantPath>,
    Json(body): Json<CreateApiToken>,
) -> Result<Response, Problem> {
    let admin = caller.tenant_admin(&tenant)?;
    state.fleet.active(&tenant).await?;
    let new = NewToken {
        name: body.name,
        sources: body.sources,
        scopes: body.scopes,
        lifetime: body.expires_in_seconds.map(Duration::from_secs),
    };
    let (token, record) = state.tokens.create(&admin, new).await?;
    // As for connectors: written first, then the tenant looked at again, so that none outlives its tenant.
    if let Err(gone) = state.fleet.active(&tenant).await {
        state.tokens.delete(&admin.token_remover(), &record.id).await?;
        return Err(gone.into());
    }
    tracing::info!(%tenant, token = record.id, by = caller.id(), "API token created");
    let made = Made(record.id.clone());
    let created = CreatedApiToken {
        api_token: token.expose().to_owned(),
        record,
    };
    Ok((Extension(made), json(StatusCode::CREATED, &created)).into_response())
}

async fn delete_api_token(
    State(state): State<Shared>,
    caller: Caller,
    Path(TokenPath { id }): Path<TokenPath>,
) -> Result<Response, Problem> {
    state.tokens.delete(&caller.token_remover()?, &id).await?;
    tracing::info!(by = caller.id(), "API token deleted");
    Ok(StatusCode::NO_CONTENT.into_response())
}
