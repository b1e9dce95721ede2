//! What is printed of the catalogue and of the audit log.

use std::{fmt::Write as _, io::Write as _, path::Path};

use proto::{
    catalogue::{Entry, value},
    query::{
        plan::Identifier,
        types::{ParamType, Value},
    },
    wire::frame::hidden,
};
use serde::Serialize;
use serde_json::json;

use super::{Exit, fail, print};
use crate::{
    audit::{self, Event, Line, Record},
    warehouse::render::{Bound, Dialect, Namespace, render},
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
        let (sql, bound) = rendered.map(|shown| (shown.sql, shown.bound)).unzip();
        let object = json!({
            "query": entry_json(entry),
            "origin": origin,
            "text": entry.text(),
            "rendered": sql,
            "bound": bound,
        });
        return print(&json_line(&object));
    }
    let mut text = String::new();
    let _ = writeln!(text, "{}\n{}\n", entry.name(), entry.purpose());
    text.push_str(&parameters(entry));
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
    print(&legible(&text))
}

/// The parameters, a line for each.
pub(super) fn parameters(entry: &Entry) -> String {
    let mut text = String::new();
    for parameter in entry.parameters() {
        let default = parameter.default.as_ref().and_then(value::text);
        let default = default.map_or("required".to_owned(), |text| format!("default `{text}`"));
        let range = parameter.range.as_ref();
        let range = range.map_or_else(String::new, |range| {
            format!(" {} to {}", range.start(), range.end())
        });
        let _ = writeln!(
            text,
            "  {}  {}{range}, {default}. {}",
            parameter.name.as_str(),
            parameter.param_type,
            parameter.description
        );
    }
    text
}

/// Text that the gateway may have written, without what could make a terminal show something else than there is.
pub(super) fn legible(text: &str) -> String {
    let unseen = |c: char| hidden(c) && c != '\n' && c != '\t';
    text.chars()
        .map(|c| if unseen(c) { '\u{fffd}' } else { c })
        .collect()
}

/// A JSON document on one line, in which the same is escaped: it may be read in a terminal, too. Outside of its strings a
/// document of ours has printable ASCII only.
pub(super) fn json_line(document: &serde_json::Value) -> String {
    let mut line = String::new();
    for c in document.to_string().chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

/// A statement as a warehouse is sent it, for eyes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    /// With `$1`, `$2`, … for what is bound.
    pub(super) sql: String,
    /// What is bound to each: a text of the query, or a parameter of this type.
    pub(super) bound: Vec<String>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.sql)?;
        for (number, bound) in (1..).zip(&self.bound) {
            write!(f, "\n-- ${number}: {bound}")?;
        }
        Ok(())
    }
}

/// The statement with its placeholders, and what they stand for. Values of parameters do not show in it, so that any of the
/// right type will do.
pub(super) fn rendered(entry: &Entry, dialect: Dialect, schema: &str) -> Result<Shown, String> {
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
    let rendered = rendered.map_err(|error| error.to_string())?;
    let bound = rendered.params.iter().map(|bound| match bound {
        // One line for each, whatever the text holds.
        Bound::Literal(text) => format!("the text {}", serde_json::Value::from(&**text)),
        Bound::Value(param_type, _) => format!("a parameter, {param_type}"),
    });
    Ok(Shown {
        bound: bound.collect(),
        sql: rendered.sql,
    })
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
        Event::ProposalRefused { by, code, query, .. } => format!(
            "{head}  catalogue  {} refused: {code}, proposed by {by}",
            query.as_deref().unwrap_or("a text")
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
    use proto::{catalogue::Catalogue, schema::elementary};

    use super::*;

    #[test]
    fn a_text_cannot_write_over_what_a_terminal_shows() {
        assert_eq!(
            legible("a\n\tb\u{1b}[2Kc\r\u{202e}d"),
            "a\n\tb\u{fffd}[2Kc\u{fffd}\u{fffd}d"
        );
        let document = json!({ "text": "a\u{9b}2K\u{202e}b\u{e0041}\u{1b}é" });
        let line = json_line(&document);
        assert!(!line.trim_end().chars().any(hidden), "{line}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).ok(),
            Some(document)
        );
    }

    #[test]
    fn a_statement_is_shown_with_the_texts_that_are_bound_to_it() {
        let text = "-- name: own.q\n-- purpose: Says it.\n-- parameter: n integer = 3  -- Rows.\n\
                    SELECT name FROM dbt_models WHERE owner = 'a\nb' LIMIT :n\n";
        let entry = Entry::parse("test", text, elementary::schema()).expect("a query");
        let shown = rendered(&entry, Dialect::Postgres, "s").expect("renders");
        assert!(shown.bound.contains(&"the text \"a\\nb\"".to_owned()), "{shown}");
        assert!(
            shown.bound.contains(&"a parameter, integer".to_owned()),
            "{shown}"
        );
        assert_eq!(shown.to_string().lines().count(), 3, "{shown}");
    }

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
