//! What is printed of the catalogue and of the audit log.

use std::{fmt::Write as _, io::Write as _, path::Path};

use proto::{
    catalogue::{Entry, value},
    query::{
        plan::Identifier,
        types::{ParamType, Value},
    },
};
use serde_json::json;

use super::{Exit, fail, print};
use crate::{
    audit::{self, Event, Line, Record},
    warehouse::render::{Dialect, Namespace, render},
};

/// Shows one query, in a dialect where one is given.
pub(super) fn query(
    entry: &Entry,
    origin: &'static str,
    dialect: Option<Dialect>,
    schema: &str,
    as_json: bool,
) -> Exit {
    let rendered = match dialect
        .map(|dialect| rendered(entry, dialect, schema))
        .transpose()
    {
        Ok(rendered) => rendered,
        Err(error) => return fail(&error),
    };
    if as_json {
        let object = json!({ "query": entry_json(entry), "origin": origin, "text": entry.text(), "rendered": rendered });
        return print(&format!("{object}\n"));
    }
    let mut text = String::new();
    let _ = writeln!(text, "{}\n{}\n", entry.name(), entry.purpose());
    for parameter in entry.parameters() {
        let default = parameter.default.as_ref().and_then(value::text);
        let default = default.map_or("required".to_owned(), |text| format!("default `{text}`"));
        let _ = writeln!(
            text,
            "  {}  {}, {default}. {}",
            parameter.name.as_str(),
            parameter.param_type,
            parameter.description
        );
    }
    let _ = writeln!(
        text,
        "\norigin       {origin}\ncolumns      {}",
        names(entry.columns())
    );
    let _ = writeln!(
        text,
        "fingerprint  {}\n\n{}",
        entry.fingerprint(),
        entry.text().trim_end()
    );
    if let Some(sql) = rendered {
        let _ = writeln!(text, "\n-- as a warehouse is sent it:\n{sql}");
    }
    print(&text)
}

/// The statement with its placeholders. Values do not show in it, so that any of the right type will do.
pub(super) fn rendered(entry: &Entry, dialect: Dialect, schema: &str) -> Result<String, String> {
    let schema = Identifier::new(schema).map_err(|error| format!("--schema: {error}"))?;
    let values: Vec<Value> = entry
        .plan()
        .parameters()
        .iter()
        .map(|p| sample(p.param_type))
        .collect();
    let namespace = Namespace {
        catalog: None,
        schema,
    };
    let rendered = render(entry.plan(), &values, &namespace, dialect);
    rendered
        .map(|rendered| rendered.sql)
        .map_err(|error| error.to_string())
}

fn sample(param_type: ParamType) -> Value {
    match param_type {
        ParamType::Boolean => Value::Boolean(true),
        ParamType::Integer => Value::Integer(1),
        ParamType::Float => Value::Float(1.0),
        ParamType::Text => Value::Text(String::new()),
        ParamType::Timestamp => Value::Timestamp(0),
        ParamType::Date => Value::Date(0),
    }
}

fn names(columns: &[Identifier]) -> String {
    columns
        .iter()
        .map(Identifier::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn entry_json(entry: &Entry) -> serde_json::Value {
    let parameters: Vec<_> = entry
        .parameters()
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name.as_str(),
                "type": parameter.param_type.name(),
                "default": parameter.default.as_ref().and_then(value::text),
                "description": parameter.description,
            })
        })
        .collect();
    json!({
        "name": entry.name(),
        "purpose": entry.purpose(),
        "parameters": parameters,
        "columns": entry.columns().iter().map(Identifier::as_str).collect::<Vec<_>>(),
        "outputs": entry.plan().output().iter().map(Identifier::as_str).collect::<Vec<_>>(),
        "fingerprint": entry.fingerprint().to_string(),
    })
}

/// Prints the audit log and checks its chain; fails where a line does not continue the one before it.
pub(super) fn audit(folder: &Path, as_json: bool) -> Exit {
    let mut out = std::io::stdout().lock();
    let (mut lines, mut broken) = (0_u64, 0_u64);
    let mut gone = false;
    let read = audit::read(folder, &mut |line: Line| {
        lines += 1;
        broken += u64::from(!line.chained);
        let text = match &line.record {
            Ok(record) if as_json => {
                json!({ "record": record, "chained": line.chained, "hash": hex::encode(line.hash) })
                    .to_string()
            }
            Ok(record) => sentence(record, line.chained),
            Err(why) if as_json => json!({ "record": null, "chained": false, "why": why }).to_string(),
            Err(why) => format!("       !  {why}"),
        };
        gone = gone || writeln!(out, "{text}").is_err();
    });
    match read {
        Err(error) => fail(&error),
        Ok(()) if gone => Exit::Failed,
        Ok(()) if broken > 0 => fail(&format!(
            "{broken} of {lines} lines do not continue the line before them: the log was changed, or the host crashed while it was written"
        )),
        Ok(()) => Exit::Done,
    }
}

fn sentence(record: &Record<'_>, chained: bool) -> String {
    let mark = if chained { ' ' } else { '!' };
    let head = format!("{:>6} {mark} {}", record.sequence, record.time);
    let short = |request: &str| request.get(..8).unwrap_or_default().to_owned();
    match &record.event {
        Event::Started { version } => format!("{head}  started    connector {version}"),
        Event::Policy { source, digest } => {
            format!(
                "{head}  policy     {source}: {}",
                digest.get(..16).unwrap_or_default()
            )
        }
        Event::Catalogue {
            change,
            query,
            fingerprint,
            ..
        } => format!(
            "{head}  catalogue  {query} {change}: {}",
            fingerprint.get(..16).unwrap_or_default()
        ),
        Event::Opened { query } => format!(
            "{head}  opened     {}  {} asks {} of {}",
            short(&query.request),
            query.caller,
            query.asked(),
            query.source
        ),
        Event::Refused { query, code, detail } => format!(
            "{head}  refused    {}  {} asked {} of {}: {code}, {detail}",
            short(&query.request),
            query.caller,
            query.asked(),
            query.source
        ),
        Event::Completed {
            request,
            code,
            rows,
            bytes,
            duration_us,
            ..
        } => format!(
            "{head}  completed  {}  {code}, {rows} rows, {bytes} bytes, {:.1} ms",
            short(request),
            *duration_us as f64 / 1000.0
        ),
    }
}

#[cfg(test)]
mod tests {
    use proto::catalogue::Catalogue;

    use super::*;

    #[test]
    fn every_shipped_query_renders_in_every_dialect_or_says_why() {
        for entry in Catalogue::builtin().entries() {
            for dialect in Dialect::ALL {
                let sql = rendered(entry, *dialect, "elementary");
                // They know percentiles of samples only.
                let lacking = matches!(dialect, Dialect::BigQuery | Dialect::Trino | Dialect::Athena)
                    && entry.name().as_str() == "models.slowest";
                assert_eq!(
                    sql.is_err(),
                    lacking,
                    "{} in {}: {sql:?}",
                    entry.name(),
                    dialect.name()
                );
                if let Err(why) = sql {
                    assert!(format!("{why:?}").contains("percentile_cont"), "{why:?}");
                }
            }
        }
    }
}
