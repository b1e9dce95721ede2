//! A question as JSON says it.
//!
//! By name, parameters by name; or in SQL, parameters in the order of `$1`, `$2`, … A parameter of a text has the type of
//! its JSON (boolean, whole number, number, string), or says it: `{"type": "timestamp", "value": "2026-01-02 03:04:05"}`.
//! Types are `boolean`, `integer`, `float`, `text`, `timestamp` and `date`. Refused is whatever is said twice or not known.

use std::{collections::BTreeMap, fmt, time::Duration};

use proto::{
    catalogue::value::Given,
    error::{Code, Fault},
    id::QueryName,
    query::types::{ParamType, Value},
};
use serde::{Deserialize, Deserializer, de};

use crate::{
    allowlist::{Ask, AskSql, Asking},
    statement::{Text, parameter_name},
};

/// The body of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    query: Option<QueryName>,
    sql: Option<Sql>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    columns: Vec<String>,
    deadline_ms: Option<u64>,
    max_rows: Option<u64>,
    max_bytes: Option<u64>,
}

impl Question {
    /// What is asked.
    ///
    /// # Errors
    /// `invalid_request` where it is neither a name nor a text, or mixes the two; `invalid_parameter`.
    pub(super) fn asking(self) -> Result<Asking, Fault> {
        let invalid = |detail| Err(Fault::new(Code::InvalidRequest, detail));
        let deadline = self.deadline_ms.map(Duration::from_millis);
        let (max_rows, max_bytes) = (self.max_rows, self.max_bytes);
        match (self.query, self.sql, self.parameters) {
            (Some(query), None, parameters) => {
                let parameters = match parameters {
                    Parameters::None => BTreeMap::new(),
                    Parameters::Named(named) => named,
                    Parameters::Listed(_) => {
                        return invalid("with `query`, `parameters` is an object of names and values");
                    }
                };
                Ok(Asking::Catalogued(Ask {
                    query,
                    parameters,
                    columns: self.columns,
                    deadline,
                    max_rows,
                    max_bytes,
                }))
            }
            (None, Some(_), _) if !self.columns.is_empty() => {
                invalid("with `sql` there are no `columns`: the text names them")
            }
            (None, Some(sql), parameters) => {
                let listed = match parameters {
                    Parameters::None => Vec::new(),
                    Parameters::Listed(listed) => listed,
                    Parameters::Named(_) => {
                        return invalid(
                            "with `sql`, `parameters` is a list: the values of $1, $2, and so on",
                        );
                    }
                };
                let values = listed.iter().enumerate().map(|(n, typed)| typed.value(n));
                Ok(Asking::Sql(AskSql {
                    text: sql.0,
                    parameters: values.collect::<Result<_, _>>()?,
                    deadline,
                    max_rows,
                    max_bytes,
                }))
            }
            _ => invalid("a question has one of `query` and `sql`"),
        }
    }
}

/// A text, which nothing shows.
#[derive(Debug)]
struct Sql(Text);

impl<'de> Deserialize<'de> for Sql {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Text::new(&text)))
    }
}

/// Parameters as JSON gives them.
#[derive(Debug, Default)]
enum Parameters {
    #[default]
    None,
    /// Scalars, each name once.
    Named(BTreeMap<String, Given>),
    /// In the order of their numbers.
    Listed(Vec<Typed>),
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> de::Visitor<'de> for Members {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of scalars, or a list of values")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut members: A) -> Result<Parameters, A::Error> {
                let mut found = BTreeMap::new();
                while let Some((name, Scalar(value))) = members.next_entry::<String, Scalar>()? {
                    // Parsers disagree on which of two counts; the audit log must not depend on that.
                    if found.insert(name, value).is_some() {
                        return Err(de::Error::custom("a parameter is given twice"));
                    }
                }
                Ok(Parameters::Named(found))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Parameters, A::Error> {
                let mut listed = Vec::new();
                while let Some(item) = items.next_element()? {
                    listed.push(item);
                }
                Ok(Parameters::Listed(listed))
            }
        }
        from.deserialize_any(Members)
    }
}

/// The value of one `$n`.
#[derive(Debug)]
struct Typed {
    /// As it says; none: as its JSON does.
    param_type: Option<ParamType>,
    given: Given,
}

impl Typed {
    fn value(&self, position: usize) -> Result<Value, Fault> {
        let said = self.param_type.or(match self.given {
            Given::Null => None,
            Given::Boolean(_) => Some(ParamType::Boolean),
            Given::Integer(_) => Some(ParamType::Integer),
            Given::Float(_) => Some(ParamType::Float),
            Given::Text(_) => Some(ParamType::Text),
        });
        let invalid = |why: &str| {
            let name = parameter_name(position);
            Fault::new(Code::InvalidParameter, format!("parameter `{name}` {why}"))
        };
        match (said, &self.given) {
            (_, Given::Null) | (None, _) => Err(invalid("is null; write NULL in the text")),
            (Some(param_type), given) => given.to_value(param_type).map_err(invalid),
        }
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Said(Said),
            Plain(Scalar),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Said {
            #[serde(rename = "type")]
            param_type: String,
            value: Scalar,
        }
        Ok(match Either::deserialize(from)? {
            Either::Plain(Scalar(given)) => Self {
                param_type: None,
                given,
            },
            Either::Said(Said { param_type, value }) => Self {
                param_type: Some(ParamType::from_name(&param_type).ok_or_else(|| {
                    de::Error::custom(
                        "a parameter's `type` is boolean, integer, float, text, timestamp or date",
                    )
                })?),
                given: value.0,
            },
        })
    }
}

struct Scalar(Given);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Value;
        impl de::Visitor<'_> for Value {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scalar")
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(Given::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Given::Boolean(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Given::Integer(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(
                    i64::try_from(value).map_or(Given::Float(value as f64), Given::Integer),
                ))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Given::Float(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(Given::Text(value.to_owned())))
            }
        }
        from.deserialize_any(Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Asking, String> {
        let question = serde_json::from_str::<Question>(text).map_err(|error| error.to_string())?;
        question.asking().map_err(|fault| fault.to_string())
    }

    #[test]
    fn question_is_parsed_into_domain_types() {
        let asking = parse(
            r#"{"query": "tests.failing", "parameters": {"a": 1, "b": -2, "c": 1.5, "d": "x", "e": true, "f": null}, "max_rows": 7, "deadline_ms": 1500}"#,
        );
        let Ok(Asking::Catalogued(ask)) = asking else {
            panic!("{asking:?}");
        };
        assert_eq!(ask.query.as_str(), "tests.failing");
        assert_eq!(ask.deadline, Some(Duration::from_millis(1_500)));
        assert_eq!(ask.max_rows, Some(7));
        let expected = [
            ("a", Given::Integer(1)),
            ("b", Given::Integer(-2)),
            ("c", Given::Float(1.5)),
            ("d", Given::Text("x".to_owned())),
            ("e", Given::Boolean(true)),
            ("f", Given::Null),
        ];
        for (name, value) in expected {
            assert!(ask.parameters[name] == value, "{name}");
        }
    }

    #[test]
    fn text_is_parsed_with_values_of_the_types_that_they_have_or_say() {
        let asking = parse(
            r#"{"sql": "SELECT 1", "parameters": ["x", 1, 1.5, true, {"type": "timestamp", "value": "1970-01-01 00:00:01"},
                {"type": "float", "value": 2}, {"type": "date", "value": "1970-01-02"}], "max_bytes": 9}"#,
        );
        let Ok(Asking::Sql(ask)) = asking else {
            panic!("{asking:?}");
        };
        assert_eq!(ask.text, Text::new("SELECT 1"));
        assert_eq!(ask.max_bytes, Some(9));
        let expected = [
            Value::Text("x".to_owned()),
            Value::Integer(1),
            Value::Float(1.5),
            Value::Boolean(true),
            Value::Timestamp(1_000_000),
            Value::Float(2.0),
            Value::Date(1),
        ];
        assert!(ask.parameters == expected);
        assert!(matches!(parse(r#"{"sql": "SELECT 1"}"#), Ok(Asking::Sql(_))));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            r#"{}"#,
            r#"{"query": "no such name!"}"#,
            r#"{"query": "q", "sql": "select 1"}"#,
            r#"{"query": "q", "parameters": {"a": 1, "a": 2}}"#,
            r#"{"query": "q", "parameters": {"a": [1]}}"#,
            r#"{"query": "q", "parameters": {"a": {"b": 1}}}"#,
            r#"{"query": "q", "parameters": [1]}"#,
            r#"{"query": "q", "query": "r"}"#,
            r#"{"query": "q", "max_rows": -1}"#,
            r#"{"query": "q", "max_rows": 1.5}"#,
            r#"{"query": "q"} {"#,
            r#"{"sql": 1}"#,
            r#"{"sql": "select 1", "sql": "select 2"}"#,
            r#"{"sql": "select 1", "columns": ["a"]}"#,
            r#"{"sql": "select 1", "parameters": {"a": 1}}"#,
            r#"{"sql": "select 1", "parameters": [null]}"#,
            r#"{"sql": "select 1", "parameters": [[1]]}"#,
            r#"{"sql": "select 1", "parameters": [{"type": "text", "value": null}]}"#,
            r#"{"sql": "select 1", "parameters": [{"type": "json", "value": "{}"}]}"#,
            r#"{"sql": "select 1", "parameters": [{"type": "date", "value": "soon"}]}"#,
            r#"{"sql": "select 1", "parameters": [{"type": "date", "value": "1970-01-02", "more": 1}]}"#,
            r#"{"sql": "select 1", "parameters": [{"value": 1}]}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
