//! `gateway catalogue`: the named queries that this binary knows. A connector runs them by its own copy, under its own
//! policy; `connector catalogue` shows that side. With a source, what its customer approved besides.

use anyhow::anyhow;
use proto::{
    catalogue::{Catalogue, Entry, ParameterSpec},
    id::QueryName,
};
use serde_json::{Value, json};

use super::{CatalogueCommand, CatalogueList, Ended, Exit, Remote, remote, table};

pub(super) fn run(command: CatalogueCommand) -> Ended {
    let catalogue = Catalogue::builtin();
    match command {
        CatalogueCommand::List(CatalogueList {
            tenant: Some(tenant),
            source: Some(source),
            state,
            api,
            ca,
            token_file,
            json,
        }) => {
            let remote = Remote {
                state,
                api,
                ca,
                token_file,
                json,
            };
            remote::source_catalogue(&tenant, &source, &remote)
        }
        CatalogueCommand::Propose {
            file,
            tenant,
            source,
            remote,
        } => remote::propose(&file, &tenant, &source, &remote),
        CatalogueCommand::List(CatalogueList { json: true, .. }) => {
            let items: Vec<Value> = catalogue.entries().map(summary).collect();
            print(&json!({ "digest": hex::encode(catalogue.digest()), "items": items }))
        }
        CatalogueCommand::List(CatalogueList { json: false, .. }) => {
            let row = |e: &Entry| {
                let parameters: Vec<_> = e.parameters().iter().map(|p| p.name.as_str()).collect();
                vec![e.name().to_string(), parameters.join(","), e.purpose().to_owned()]
            };
            table::print(
                &["QUERY", "PARAMETERS", "PURPOSE"],
                &catalogue.entries().map(row).collect::<Vec<_>>(),
            );
            Ok(())
        }
        CatalogueCommand::Show { query, json } => {
            let entry = catalogue.get(&query).ok_or_else(|| unknown(catalogue, &query))?;
            if json {
                return print(&details(entry));
            }
            show(entry);
            Ok(())
        }
    }
}

fn unknown(catalogue: &Catalogue, query: &QueryName) -> (anyhow::Error, Exit) {
    let family = query.as_str().split('.').next().unwrap_or_default();
    let near: Vec<_> = catalogue
        .entries()
        .map(|e| e.name().as_str())
        .filter(|name| name.starts_with(family))
        .collect();
    let hint = match near.as_slice() {
        [] => "`gateway catalogue list` names all".to_owned(),
        near => format!("there are {}", near.join(", ")),
    };
    (anyhow!("no query is called `{query}`; {hint}"), Exit::Refused)
}

fn show(entry: &Entry) {
    table::say(format_args!("{}\n{}\n", entry.name(), entry.purpose()));
    let row = |p: &ParameterSpec| {
        let range = p.range.as_ref().map(|r| format!("{} to {}", r.start(), r.end()));
        vec![
            p.name.as_str().to_owned(),
            p.param_type.to_string(),
            if p.default.is_some() { "no" } else { "yes" }.to_owned(),
            range.unwrap_or_else(|| "-".to_owned()),
            p.description.clone(),
        ]
    };
    let rows: Vec<_> = entry.parameters().iter().map(row).collect();
    table::print(&["PARAMETER", "TYPE", "REQUIRED", "RANGE", "MEANING"], &rows);
    let columns: Vec<_> = entry.columns().iter().map(|c| c.as_str()).collect();
    table::say(format_args!("\ncolumns      {}", columns.join(", ")));
    table::say(format_args!("fingerprint  {}\n", entry.fingerprint()));
    table::say(format_args!("{}", entry.text().trim_end()));
}

fn summary(entry: &Entry) -> Value {
    json!({
        "name": entry.name(),
        "purpose": entry.purpose(),
        "fingerprint": entry.fingerprint().to_string(),
    })
}

fn details(entry: &Entry) -> Value {
    let parameter = |p: &ParameterSpec| {
        json!({
            "name": p.name.as_str(),
            "type": p.param_type.name(),
            "required": p.default.is_none(),
            "minimum": p.range.as_ref().map(|r| *r.start()),
            "maximum": p.range.as_ref().map(|r| *r.end()),
            "description": p.description,
        })
    };
    json!({
        "name": entry.name(),
        "purpose": entry.purpose(),
        "fingerprint": entry.fingerprint().to_string(),
        "parameters": entry.parameters().iter().map(parameter).collect::<Vec<_>>(),
        "columns": entry.columns().iter().map(|c| c.as_str()).collect::<Vec<_>>(),
        "every_column": entry.plan().output().iter().map(|c| c.as_str()).collect::<Vec<_>>(),
        "text": entry.text(),
    })
}

fn print(value: &Value) -> Ended {
    let text = serde_json::to_string_pretty(value).map_err(|error| (error.into(), Exit::Failed))?;
    table::say(format_args!("{text}"));
    Ok(())
}
