//! The header of a catalogue file: the comment lines before the query.
//!
//! A line `-- word: …` is one of the four keys; an unknown key is refused, since a misspelt one would be lost. Other comment
//! lines are notes for people.

use std::ops::RangeInclusive;

use super::{ParameterSpec, value};
use crate::{
    id::QueryName,
    query::{
        plan::Identifier,
        types::{ParamType, Value},
    },
    wire::frame::{Purpose, hidden},
};

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: QueryName,
    pub(super) purpose: Purpose,
    pub(super) parameters: Vec<ParameterSpec>,
    /// Empty where the file names none.
    pub(super) columns: Vec<Identifier>,
}

/// A line, from one, and what is wrong with it.
type Refusal = (usize, String);

/// Reads a header.
pub(super) fn parse(text: &str) -> Result<Header, Refusal> {
    let (mut name, mut purpose) = (None, None);
    let (mut parameters, mut columns) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let refuse = |why: String| (index + 1, why);
        let Some(comment) = line.trim_start().strip_prefix("--") else {
            break;
        };
        let Some((key, rest)) = comment.split_once(':') else {
            continue;
        };
        let (key, rest) = (key.trim(), rest.trim());
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_lowercase()) {
            continue;
        }
        let once = match key {
            "name" => {
                let parsed: QueryName = rest.parse().map_err(|error| refuse(format!("{error}")))?;
                name.replace(parsed).is_none()
            }
            "purpose" => {
                if !rest.ends_with('.') {
                    return Err(refuse("a purpose is one sentence, with its full stop".to_owned()));
                }
                let parsed = Purpose::new(rest).map_err(|error| refuse(format!("{error}")))?;
                purpose.replace(parsed).is_none()
            }
            "parameter" => {
                parameters.push(parameter(rest).map_err(refuse)?);
                true
            }
            "columns" => {
                for column in rest.split(',').map(str::trim).filter(|column| !column.is_empty()) {
                    columns.push(Identifier::new(column).map_err(|error| refuse(format!("{error}")))?);
                }
                true
            }
            _ => {
                return Err(refuse(format!(
                    "`{key}` is not name, purpose, parameter or columns"
                )));
            }
        };
        if !once {
            return Err(refuse(format!("`{key}` is given twice")));
        }
    }
    match (name, purpose) {
        (Some(name), Some(purpose)) => Ok(Header {
            name,
            purpose,
            parameters,
            columns,
        }),
        (None, _) => Err((1, "the header has no `-- name: …`".to_owned())),
        (_, None) => Err((1, "the header has no `-- purpose: …`".to_owned())),
    }
}

/// `name type [low..high] [= default]  -- description`
fn parameter(text: &str) -> Result<ParameterSpec, String> {
    let (declared, description) = text
        .split_once(" -- ")
        .map(|(declared, description)| (declared.trim(), description.trim()))
        .filter(|(_, description)| !description.is_empty())
        .ok_or("a parameter ends in ` -- ` and what it means")?;
    // A customer reads this in a terminal before approving it.
    if description.chars().any(hidden) {
        return Err("what a parameter means is told without control characters".to_owned());
    }
    let (declared, default) = match declared.split_once(" = ") {
        Some((declared, default)) => (declared, Some(default.trim())),
        None => (declared, None),
    };
    let mut words = declared.split_whitespace();
    let (Some(name), Some(type_name)) = (words.next(), words.next()) else {
        return Err("a parameter has a name and a type".to_owned());
    };
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(format!(
            "`{name}` is not a parameter's name: a-z, 0-9 and `_`, a letter first"
        ));
    }
    let name = Identifier::new(name).map_err(|error| error.to_string())?;
    let param_type = ParamType::from_name(type_name)
        .ok_or_else(|| format!("`{type_name}` is not boolean, integer, float, text, timestamp or date"))?;
    let range = words.next().map(|word| range(param_type, word)).transpose()?;
    if words.next().is_some() {
        return Err("after its type a parameter has a range, and then ` = ` and a default".to_owned());
    }
    let default = default.map(|text| default_value(param_type, text)).transpose()?;
    Ok(ParameterSpec {
        name,
        param_type,
        default,
        range,
        description: description.to_owned(),
    })
}

fn range(param_type: ParamType, word: &str) -> Result<RangeInclusive<i64>, String> {
    let bounds = word
        .split_once("..")
        .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    match bounds {
        Some((low, high)) if param_type == ParamType::Integer && low <= high => Ok(low..=high),
        _ => Err(
            "a range is of an integer: two numbers with `..` between them, the lower one first".to_owned(),
        ),
    }
}

/// Text stands in single quotes, so that an empty default can be seen.
fn default_value(param_type: ParamType, text: &str) -> Result<Value, String> {
    let text = match param_type {
        ParamType::Text => text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''))
            .ok_or("a default of type text stands in single quotes")?,
        _ => text,
    };
    value::parse(param_type, text).map_err(|why| format!("the default {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- name: a.b\n-- purpose: Says it.\n-- parameter: n integer 1..9 = 3  -- A number.\n\
                        -- A note: of any form.\n--\n-- columns: x,\n-- columns: y\nSELECT 1 -- name: no\n";

    #[test]
    fn a_header_is_read_up_to_the_query() {
        let header = parse(GOOD).expect("reads");
        assert_eq!(
            (header.name.as_str(), header.purpose.as_str()),
            ("a.b", "Says it.")
        );
        assert_eq!(
            header.columns.iter().map(Identifier::as_str).collect::<Vec<_>>(),
            ["x", "y"]
        );
        let n = &header.parameters[0];
        assert_eq!(
            (n.range.clone(), n.default.clone()),
            (Some(1..=9), Some(Value::Integer(3)))
        );
        assert_eq!(n.description, "A number.");
    }

    #[test]
    fn a_header_that_could_be_misread_is_refused() {
        for (instead, line) in [
            (GOOD.replace("-- name: a.b", "-- nam: a.b"), 1),
            (GOOD.replace("a.b", "A b"), 1),
            (GOOD.replace("Says it.", "Says it"), 2),
            (GOOD.replace("integer", "int"), 3),
            (GOOD.replace("1..9", "9..1"), 3),
            (GOOD.replace("= 3", "= x"), 3),
            (GOOD.replace("n integer 1..9", "n text"), 3),
            (GOOD.replace("n integer", "N integer"), 3),
            (GOOD.replace("  -- A number.", ""), 3),
            (GOOD.replace("-- A note: of any form.", "-- name: twice"), 4),
            (GOOD.replace("-- purpose: Says it.\n", ""), 1),
        ] {
            assert_eq!(
                parse(&instead).map(|_| ()).map_err(|(line, _)| line),
                Err(line),
                "{instead}"
            );
        }
    }
}
