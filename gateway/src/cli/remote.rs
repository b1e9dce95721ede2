//! The commands that talk to a running gateway.

use std::{fs, path::Path};

use anyhow::{Context as _, anyhow};
use http::Method;
use proto::{
    error::Code,
    id::{ConnectorId, SourceId, TenantId},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    ApiTokenCommand, ConnectorCommand, Ended, Exit, Remote, SealCommand, TenantCommand, TokenCommand, open,
    session::Session, table,
};
use crate::{
    api::admin::{
        ConnectorView, CreateApiToken, CreateJoinToken, CreateTenant, CreatedApiToken, CreatedJoinToken,
        List, SetReapproval, TunnelView,
    },
    api::catalogue::{Propose, Proposed, QueryView},
    app::{AddressFile, dialable},
    auth::{Scope, TokenView},
    client::{Client, ClientError},
    config::{Config, PublicAddress, StateFolder, parse_address},
    fleet::{ConnectorRecord, JoinRecord, JoinUse, TenantRecord, TenantState},
    oidc::session::Secret,
    seal::Rewrapped,
};

pub(super) fn tenant(command: TenantCommand) -> Ended {
    match command {
        TenantCommand::Create { tenant, remote } => {
            let made: TenantRecord = call(
                &remote,
                Method::POST,
                "/v1/tenants",
                Some(&CreateTenant { tenant }),
            )?;
            show(&remote, &made, |made| {
                table::say(format_args!("tenant {} created", made.tenant))
            });
        }
        TenantCommand::List { remote } => {
            let found: List<TenantRecord> = call(&remote, Method::GET, "/v1/tenants", NONE)?;
            show(&remote, &found, |found| {
                let rows: Vec<_> = found
                    .items
                    .iter()
                    .map(|t| vec![t.tenant.to_string(), table::time(t.created)])
                    .collect();
                table::print(&["TENANT", "CREATED"], &rows);
            });
        }
        TenantCommand::Revoke { tenant, remote } => set_state(&remote, &tenant, "revoke")?,
        TenantCommand::Restore { tenant, remote } => set_state(&remote, &tenant, "restore")?,
        TenantCommand::Reapproval {
            tenant,
            automatic_days,
            remote,
        } => {
            let path = format!("/v1/tenants/{tenant}/reapproval");
            let body = SetReapproval {
                automatic_days: automatic_days.0,
            };
            let set: TenantRecord = call(&remote, Method::PUT, &path, Some(&body))?;
            show(&remote, &set, |set| match set.reapprove_days {
                Some(days) => table::say(format_args!(
                    "connectors of {tenant} are approved again within {days} days of their certificate's end"
                )),
                None => table::say(format_args!("connectors of {tenant} need an operator's approval")),
            });
        }
        TenantCommand::Delete {
            tenant,
            force,
            remote,
        } => {
            let path = format!("/v1/tenants/{tenant}?force={force}");
            let _: Value = call(&remote, Method::DELETE, &path, NONE)?;
            show(&remote, &json!({ "deleted": tenant }), |_| {
                table::say(format_args!("tenant {tenant} deleted"))
            });
        }
    }
    Ok(())
}

fn set_state(remote: &Remote, tenant: &TenantId, what: &str) -> Ended {
    let path = format!("/v1/tenants/{tenant}/{what}");
    let now: TenantRecord = call(remote, Method::POST, &path, NONE)?;
    show(remote, &now, |now| {
        let words = match now.state {
            TenantState::Active => "in service",
            TenantState::Revoked | TenantState::Deleting => "out of service",
        };
        table::say(format_args!("tenant {tenant} is {words}"));
    });
    Ok(())
}

pub(super) fn token(command: TokenCommand) -> Ended {
    let (tenant, connector, expires, output, remote) = match command {
        TokenCommand::Create {
            tenant,
            connector,
            expires,
            output,
            remote,
        } => (tenant, connector, expires, output, remote),
        TokenCommand::List { tenant, remote } => {
            let path = format!("/v1/tenants/{tenant}/join-tokens");
            let found: List<JoinRecord> = call(&remote, Method::GET, &path, NONE)?;
            show(&remote, &found, |found| {
                let rows: Vec<_> = found.items.iter().map(join_token_row).collect();
                table::print(&["ID", "CONNECTOR", "STATE", "EXPIRES"], &rows);
            });
            return Ok(());
        }
        TokenCommand::Revoke { id, tenant, remote } => {
            check_id(&id, "gateway token list")?;
            let path = format!("/v1/tenants/{tenant}/join-tokens/{id}");
            let _: Value = call(&remote, Method::DELETE, &path, NONE)?;
            show(&remote, &json!({ "revoked": id }), |_| {
                table::say(format_args!("join token {id} revoked"))
            });
            return Ok(());
        }
    };
    refuse_existing(output.as_deref())?;
    let body = CreateJoinToken {
        connector,
        expires_in_seconds: expires.map(|e| e.as_secs()),
    };
    let path = format!("/v1/tenants/{tenant}/join-tokens");
    let made: CreatedJoinToken = call(&remote, Method::POST, &path, Some(&body))?;
    let about = json!({
        "id": made.id, "tenant": made.tenant, "connector": made.connector, "expires": made.expires,
    });
    hand_over(&remote, output.as_deref(), "join_token", &made.join_token, about)?;
    if !remote.json {
        eprintln!(
            "good for one connector of {}, once, until {}",
            made.tenant,
            table::time(made.expires)
        );
    }
    Ok(())
}

pub(super) fn api_token(command: ApiTokenCommand) -> Ended {
    match command {
        ApiTokenCommand::Create {
            tenant,
            name,
            scope,
            source,
            expires,
            output,
            remote,
        } => {
            refuse_existing(output.as_deref())?;
            let scopes = scope
                .iter()
                .map(|s| if s == "enrol" { Scope::Enrol } else { Scope::Query })
                .collect();
            let expires_in_seconds = expires.map(|e| e.as_secs());
            let body = CreateApiToken {
                name,
                scopes,
                sources: source,
                expires_in_seconds,
            };
            let path = format!("/v1/tenants/{tenant}/api-tokens");
            let made: CreatedApiToken = call(&remote, Method::POST, &path, Some(&body))?;
            let about = serde_json::to_value(&made.record).map_err(|e| (e.into(), Exit::Failed))?;
            hand_over(&remote, output.as_deref(), "api_token", &made.api_token, about)?;
        }
        ApiTokenCommand::List { tenant, remote } => {
            let path = format!("/v1/tenants/{tenant}/api-tokens");
            let found: List<TokenView> = call(&remote, Method::GET, &path, NONE)?;
            show(&remote, &found, |found| {
                let rows: Vec<_> = found.items.iter().map(api_token_row).collect();
                table::print(
                    &["ID", "NAME", "SCOPES", "SOURCES", "EXPIRES", "LAST USED"],
                    &rows,
                );
            });
        }
        ApiTokenCommand::Delete { id, remote } => {
            check_id(&id, "gateway api-token list")?;
            let _: Value = call(&remote, Method::DELETE, &format!("/v1/api-tokens/{id}"), NONE)?;
            show(&remote, &json!({ "deleted": id }), |_| {
                table::say(format_args!("API token {id} deleted"))
            });
        }
    }
    Ok(())
}

pub(super) fn seal(command: SealCommand) -> Ended {
    let (remote, what) = match command {
        SealCommand::Rotate { remote } => (remote, "rotate"),
        SealCommand::Rewrap { remote } => (remote, "rewrap"),
    };
    let done: Rewrapped = call(&remote, Method::POST, &format!("/v1/seal/{what}"), NONE)?;
    show(&remote, &done, |done| {
        table::say(format_args!(
            "{} data key(s) wrapped anew, {} left as they were",
            done.rewrapped, done.unchanged
        ));
    });
    Ok(())
}

/// Before it becomes a part of a path.
fn check_id(id: &str, list: &str) -> Ended {
    if id.bytes().all(|b| b.is_ascii_hexdigit()) && !id.is_empty() {
        return Ok(());
    }
    Err((
        anyhow!("{id:?} is no id of a token; `{list}` shows them"),
        Exit::Failed,
    ))
}

fn join_token_row(token: &JoinRecord) -> Vec<String> {
    let state = match &token.state {
        JoinUse::Open => "open".to_owned(),
        JoinUse::Used { connector, .. } => format!("used by {connector}"),
    };
    let connector = token
        .connector
        .as_ref()
        .map_or("any".to_owned(), ToString::to_string);
    vec![token.id.clone(), connector, state, table::time(token.expires)]
}

fn api_token_row(view: &TokenView) -> Vec<String> {
    let token = &view.record;
    let scopes: Vec<_> = token.scopes.iter().map(|s| s.name()).collect();
    let sources: Vec<_> = token.sources.iter().map(|s| s.as_str()).collect();
    vec![
        token.id.clone(),
        token.name.clone(),
        scopes.join(","),
        if sources.is_empty() {
            "all".to_owned()
        } else {
            sources.join(",")
        },
        token.expires.map_or_else(|| "never".to_owned(), table::time),
        view.last_used.map_or_else(|| "never".to_owned(), table::time),
    ]
}

pub(super) fn connector(command: ConnectorCommand) -> Ended {
    let (tenant, remote) = match command {
        ConnectorCommand::List { tenant, remote } => (tenant, remote),
        ConnectorCommand::Revoke {
            connector,
            tenant,
            remote,
        } => return decide(&remote, &tenant, &connector, "revoke"),
        ConnectorCommand::Approve {
            connector,
            tenant,
            remote,
        } => return decide(&remote, &tenant, &connector, "approve"),
    };
    let found: List<ConnectorView> = call(
        &remote,
        Method::GET,
        &format!("/v1/tenants/{tenant}/connectors"),
        NONE,
    )?;
    show(&remote, &found, |found| {
        let rows: Vec<_> = found.items.iter().flat_map(connector_rows).collect();
        table::print(
            &[
                "CONNECTOR",
                "TUNNEL",
                "NODE/SLOT",
                "TRANSPORT",
                "ROUND TRIP",
                "MTU",
                "LOST/SENT",
                "SINCE",
                "VERSION",
                "SOURCES",
                "CERTIFICATE ENDS",
                "STATE",
            ],
            &rows,
        );
    });
    Ok(())
}

fn decide(remote: &Remote, tenant: &TenantId, connector: &ConnectorId, what: &str) -> Ended {
    let path = format!("/v1/tenants/{tenant}/connectors/{connector}/{what}");
    let record: ConnectorRecord = call(remote, Method::POST, &path, NONE)?;
    show(remote, &record, |record| {
        table::say(format_args!("connector {connector}: {}", state(record)));
    });
    Ok(())
}

fn state(record: &ConnectorRecord) -> &'static str {
    match (&record.revoked, &record.reapproval) {
        (Some(_), _) => "revoked",
        (None, Some(asked)) if asked.approved_until.is_some() => "approved anew",
        (None, Some(_)) => "waits for approval",
        (None, None) => "enrolled",
    }
}

/// A row for each tunnel, and one for a connector without.
fn connector_rows(view: &ConnectorView) -> Vec<Vec<String>> {
    let row = |tunnel: Option<&TunnelView>| {
        let mut row = vec![view.record.connector.to_string()];
        match tunnel {
            Some(tunnel) => {
                let sources: Vec<_> = tunnel.sources.iter().map(|s| s.as_str()).collect();
                row.extend([
                    tunnel.tunnel.to_string(),
                    format!("{}/{}", tunnel.node, tunnel.slot),
                    tunnel.transport.clone(),
                    tunnel
                        .round_trip_ms
                        .map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1} ms")),
                    tunnel
                        .path_mtu
                        .map_or_else(|| "-".to_owned(), |mtu| mtu.to_string()),
                    match (tunnel.packets_lost, tunnel.packets_sent) {
                        (Some(lost), Some(sent)) => format!("{lost}/{sent}"),
                        _ => "-".to_owned(),
                    },
                    table::time(tunnel.since),
                    tunnel.connector_version.clone(),
                    sources.join(","),
                ]);
            }
            None => row.extend(["none", "-", "-", "-", "-", "-", "-", "-", "-"].map(str::to_owned)),
        }
        row.push(table::time(view.record.not_after));
        row.push(state(&view.record).to_owned());
        row
    };
    if view.tunnels.is_empty() {
        return vec![row(None)];
    }
    view.tunnels.iter().map(|tunnel| row(Some(tunnel))).collect()
}

pub(super) fn source_catalogue(tenant: &TenantId, source: &SourceId, remote: &Remote) -> Ended {
    let path = format!("/v1/tenants/{tenant}/sources/{source}/catalogue");
    let found: List<QueryView> = call(remote, Method::GET, &path, NONE)?;
    show(remote, &found, |found| {
        let row = |query: &QueryView| {
            vec![
                query.name.to_string(),
                query.origin.clone(),
                query.fingerprint.get(..16).unwrap_or_default().to_owned(),
                query.purpose.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        };
        let rows: Vec<_> = found.items.iter().map(row).collect();
        table::print(&["QUERY", "ORIGIN", "FINGERPRINT", "PURPOSE"], &rows);
    });
    Ok(())
}

pub(super) fn propose(file: &Path, tenant: &TenantId, source: &SourceId, remote: &Remote) -> Ended {
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read {}", file.display()))
        .map_err(|error| (error, Exit::Failed))?;
    let path = format!("/v1/tenants/{tenant}/sources/{source}/catalogue/proposals");
    let made: Proposed = call(remote, Method::POST, &path, Some(&Propose { text }))?;
    show(remote, &made, |made| {
        table::say(format_args!(
            "{} is {} at connector {}\nfingerprint {}",
            made.name, made.state, made.connector, made.fingerprint
        ));
    });
    Ok(())
}

pub(super) const NONE: Option<&()> = None;

pub(super) fn call<B: Serialize, T: DeserializeOwned>(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&B>,
) -> Result<T, (anyhow::Error, Exit)> {
    let failed = |error| (error, Exit::Failed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| failed(e.into()))?;
    runtime.block_on(async {
        let client = client(remote).await?;
        client.call(method, path, body).await.map_err(|error| {
            let exit = exit_of(&error);
            (error.into(), exit)
        })
    })
}

pub(super) fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::Refused(document) if document.retryable => Exit::Unreachable,
        ClientError::Refused(document) if document.code == Code::Internal.name() => Exit::Failed,
        ClientError::Refused(_) => Exit::Refused,
        ClientError::Unreachable { .. } | ClientError::Late { .. } | ClientError::Tls { .. } => {
            Exit::Unreachable
        }
        ClientError::Roots { .. } | ClientError::Answer { .. } => Exit::Failed,
    }
}

/// What was named wins over what the state folder says, and that over the session of somebody who signed in.
async fn client(remote: &Remote) -> Result<Client, (anyhow::Error, Exit)> {
    let failed = |error| (error, Exit::Failed);
    let state = remote.state.clone().map(StateFolder::new);
    let (address, dial) = match (&remote.api, &state) {
        (Some(text), _) => {
            let address =
                parse_address(text).map_err(|remedy| failed(anyhow!("--api is {text:?}: {remedy}")))?;
            let dial = address.to_string();
            (address, dial)
        }
        (None, Some(state)) => local(state)?,
        (None, None) => {
            return Err(failed(anyhow!(
                "name the API with --api, or a state folder with --state"
            )));
        }
    };
    let token_file = remote.token_file.clone();
    let (token, of_session) = match token_file.or_else(|| state.as_ref().map(StateFolder::admin_token)) {
        Some(file) => {
            let token = open::read_secret(&file)
                .with_context(|| format!("cannot use the token file {}", file.display()))
                .map_err(failed)?;
            (Secret::from(token.as_str().to_owned()), None)
        }
        None => Session::token(&address).await.map_err(failed)?.ok_or_else(|| {
            failed(anyhow!(
                "nobody is signed in to {address}: run `gateway login --api {address}`, or name an API token with \
                 --token-file"
            ))
        })?,
    };
    let ca = remote
        .ca
        .clone()
        .or(state.map(|state| state.trust_bundle()))
        .or(of_session);
    Client::new(&address, dial, ca.as_deref(), Some(token.expose())).map_err(|error| failed(error.into()))
}

/// The gateway on this host: its name from the settings, where to dial from what the running process wrote down.
fn local(state: &StateFolder) -> Result<(PublicAddress, String), (anyhow::Error, Exit)> {
    let config = Config::load(state.clone()).map_err(|error| (error.into(), Exit::Failed))?;
    let path = state.addresses();
    let text = fs::read(&path)
        .with_context(|| format!("cannot read {}; is `gateway serve` running?", path.display()))
        .map_err(|error| (error, Exit::Unreachable))?;
    let addresses: AddressFile = serde_json::from_slice(&text)
        .with_context(|| format!("{} cannot be understood", path.display()))
        .map_err(|error| (error, Exit::Failed))?;
    let host = config.hosts.first().cloned().unwrap_or_default();
    let address = PublicAddress {
        host,
        port: addresses.api.port(),
    };
    Ok((address, dialable(addresses.api).to_string()))
}

pub(super) fn show<T: Serialize>(remote: &Remote, answer: &T, people: impl FnOnce(&T)) {
    if !remote.json {
        return people(answer);
    }
    // These values came from JSON a moment ago.
    match serde_json::to_string_pretty(answer) {
        Ok(text) => table::say(format_args!("{text}")),
        Err(error) => eprintln!("error: cannot print the answer: {error}"),
    }
}

/// Looked at before a token is made: one that cannot be stored would be lost.
fn refuse_existing(output: Option<&Path>) -> Ended {
    match output {
        Some(path) if path.exists() => Err((
            anyhow!("{} exists; choose another file", path.display()),
            Exit::Failed,
        )),
        _ => Ok(()),
    }
}

/// Gives a new secret to its owner: into the file, into the JSON answer, or as the one line on standard output.
fn hand_over(remote: &Remote, output: Option<&Path>, name: &str, secret: &str, about: Value) -> Ended {
    let mut about = about;
    match (output, about.as_object_mut()) {
        (Some(path), members) => {
            open::write_secret(path, secret)
                .with_context(|| format!("cannot write {}; the token is lost, make another", path.display()))
                .map_err(|error| (error, Exit::Failed))?;
            if let Some(members) = members {
                members.insert("output".to_owned(), json!(path));
            }
        }
        (None, Some(members)) => {
            members.insert(name.to_owned(), json!(secret));
        }
        (None, None) => {}
    }
    if remote.json {
        show(remote, &about, |_| ());
    } else if let Some(path) = output {
        table::say(format_args!("written to {}", path.display()));
    } else {
        table::say(format_args!("{secret}"));
    }
    Ok(())
}
