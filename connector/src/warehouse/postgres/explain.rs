//! A second opinion on a statement that somebody wrote: what PostgreSQL itself makes of it, before it runs.
//!
//! `EXPLAIN (VERBOSE, FORMAT JSON)` resolves and plans a statement and runs nothing of it. Refused is a plan that
//! - reads a relation of another schema, be it through a view;
//! - has a step that no rendered SELECT needs: a function as a table, a foreign scan, a write, a lock;
//! - calls a function or an operator outside `pg_catalog`, or one of `pg_catalog` that neither the algebra has nor a view
//!   of the Elementary package needs;
//! - costs more than the policy allows ([`Limits::cost`]), by the planner's estimate.
//!
//! The session's search path is empty, so that the server writes what is in `pg_catalog` bare and everything else with its
//! schema. Whatever this module does not know is refused: a key of the plan that holds neither a number nor expressions, a
//! step of a later version.

use std::error::Error;

use proto::query::functions::{Aggregate, OrderedSet, Scalar, WindowOnly};
use serde_json::{Map, Value};
use tokio_postgres::types::{FromSql, ToSql, Type};

use super::super::{Unexpected, WarehouseError};
use crate::policy::Limits;

/// Asks for a plan.
pub(super) const EXPLAIN: &str = "EXPLAIN (VERBOSE, FORMAT JSON) ";

/// Bytes of a plan. One of the largest statement that is lowered has some megabytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Steps that a rendered SELECT may have.
const STEPS: &[&str] = &[
    "Result",
    "Append",
    "Merge Append",
    "BitmapAnd",
    "BitmapOr",
    "Nested Loop",
    "Merge Join",
    "Hash Join",
    "Seq Scan",
    "Index Scan",
    "Index Only Scan",
    "Bitmap Index Scan",
    "Bitmap Heap Scan",
    "Gather",
    "Gather Merge",
    "Subquery Scan",
    "CTE Scan",
    "Materialize",
    "Memoize",
    "Sort",
    "Incremental Sort",
    "Group",
    "Aggregate",
    "WindowAgg",
    "Unique",
    "SetOp",
    "Limit",
    "Hash",
];

/// Keys whose text is a name or a word of the planner, and no expression.
const NAMES: &[&str] = &[
    "Node Type",
    "Parent Relationship",
    "Join Type",
    "Strategy",
    "Partial Mode",
    "Relation Name",
    "Schema",
    "Alias",
    "Index Name",
    "Scan Direction",
    "Subplan Name",
    "CTE Name",
    "Command",
    "Cache Mode",
];

/// Words of the grammar that stand before a parenthesis, and types that take arguments.
const GRAMMAR: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "any",
    "all",
    "some",
    "case",
    "when",
    "then",
    "else",
    "over",
    "filter",
    "group",
    "row",
    "is",
    "from",
    "where",
    "by",
    "on",
    "as",
    "distinct",
    "between",
    "like",
    "zone",
    "exists",
    "extract",
    "varying",
    "character",
    "varchar",
    "bpchar",
    "numeric",
    "time",
    "timestamp",
    "interval",
    "bit",
];

/// Functions of `pg_catalog` that are not the algebra's: what the planner writes for a form of it, and what views of the
/// Elementary package call.
const BUILT_IN: &[&str] = &[
    "date_trunc",
    "date_part",
    "timezone",
    "like_escape",
    "substring",
    "position",
    "regexp_replace",
    "trim",
];

/// The answer, as it comes.
pub(super) struct Json<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }
}

/// The parameters of a statement, for one more statement with the same.
pub(super) fn typed<P: ToSql + Sync>(
    params: &[P],
    declared: impl Fn(&P) -> Type,
) -> Vec<(&(dyn ToSql + Sync), Type)> {
    params
        .iter()
        .map(|param| (param as &(dyn ToSql + Sync), declared(param)))
        .collect()
}

/// Whether the plan may run.
pub(super) fn judge(plan: &Json<'_>, schema: &str, limits: Limits) -> Result<(), WarehouseError> {
    let unreadable = WarehouseError::Unexpected(Unexpected::Plan);
    if plan.0.len() > MAX_BYTES {
        return Err(unreadable);
    }
    // The reader bounds the nesting, at some sixty steps within each other.
    let Ok(Value::Array(statements)) = serde_json::from_slice(plan.0) else {
        return Err(unreadable);
    };
    let [Value::Object(statement)] = statements.as_slice() else {
        return Err(unreadable);
    };
    let Some(Value::Object(root)) = statement.get("Plan") else {
        return Err(unreadable);
    };
    step(root, schema).map_err(WarehouseError::Unexpected)?;
    match root.get("Total Cost").and_then(Value::as_f64) {
        Some(cost) if cost <= limits.cost as f64 => Ok(()),
        Some(cost) => Err(WarehouseError::Cost {
            // Saturates, which is as good as what it says.
            estimated: cost as u64,
            allowed: limits.cost,
        }),
        None => Err(unreadable),
    }
}

fn step(node: &Map<String, Value>, schema: &str) -> Result<(), Unexpected> {
    let kind = text(node, "Node Type").ok_or(Unexpected::Plan)?;
    if !STEPS.contains(&kind) {
        return Err(Unexpected::Step(kind.to_owned()));
    }
    if let Some(relation) = text(node, "Relation Name") {
        match text(node, "Schema") {
            Some(found) if found == schema => {}
            found => {
                return Err(Unexpected::Relation(format!(
                    "{}.{relation}",
                    found.unwrap_or("?")
                )));
            }
        }
    }
    for (key, value) in node {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(_) if NAMES.contains(&key.as_str()) => {}
            Value::String(expression) => calls(expression)?,
            Value::Array(steps) if key == "Plans" => {
                for inner in steps {
                    step(inner.as_object().ok_or(Unexpected::Plan)?, schema)?;
                }
            }
            Value::Array(expressions) => {
                for expression in expressions {
                    calls(expression.as_str().ok_or(Unexpected::Plan)?)?;
                }
            }
            Value::Object(_) => return Err(Unexpected::Plan),
        }
    }
    Ok(())
}

fn text<'a>(node: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Value::as_str)
}

/// A piece of an expression, as far as a call can be told from it.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// A bare word or a quoted name.
    Word { name: String, quoted: bool },
    /// A character of its own. Strings are one, whatever they hold.
    Other(char),
}

/// Refuses an expression that calls what is not expected.
fn calls(expression: &str) -> Result<(), Unexpected> {
    let tokens = tokens(expression)?;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let after = tokens.get(at + 1);
        let Token::Word { name, quoted } = token else {
            continue;
        };
        let is_call = after == Some(&Token::Other('('));
        let qualified = before == Some(&Token::Other('.'));
        let is_type = tokens.get(..at).is_some_and(after_a_cast);
        // `OPERATOR(schema.+)` is how an operator outside `pg_catalog` is written, and `::schema.name` such a type.
        if is_call && !quoted && name.eq_ignore_ascii_case("operator")
            || qualified && is_type
            || is_call && (qualified || !is_expected(name, *quoted))
        {
            return Err(Unexpected::Call(name.clone()));
        }
    }
    Ok(())
}

/// Whether what follows `schema.` is a type: the tokens before it end in `::schema.`.
fn after_a_cast(before: &[Token]) -> bool {
    matches!(
        before,
        [
            ..,
            Token::Other(':'),
            Token::Other(':'),
            Token::Word { .. },
            Token::Other('.')
        ]
    )
}

fn is_expected(name: &str, quoted: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let name = if quoted { name } else { lower.as_str() };
    Scalar::from_name(name).is_some_and(|function| function.only().is_none())
        || Aggregate::from_name(name).is_some_and(|function| function.only().is_none())
        || OrderedSet::from_name(name).is_some()
        || WindowOnly::from_name(name).is_some()
        || BUILT_IN.contains(&name)
        || !quoted && GRAMMAR.contains(&name)
}

fn tokens(expression: &str) -> Result<Vec<Token>, Unexpected> {
    let mut tokens = Vec::new();
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        // The server writes a quote within either kind of quotes twice, and a backslash of a string, too.
        if c == '\'' || c == '"' {
            let mut name = String::new();
            loop {
                match chars.next() {
                    Some(inner) if inner != c => name.push(inner),
                    Some(_) if chars.next_if_eq(&c).is_some() => name.push(c),
                    Some(_) => break,
                    None => return Err(Unexpected::Plan),
                }
            }
            tokens.push(match c {
                '"' => Token::Word { name, quoted: true },
                _ => Token::Other('\''),
            });
        } else if c.is_alphabetic() || c == '_' {
            let mut name = String::from(c);
            while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                name.push(next);
            }
            tokens.push(Token::Word { name, quoted: false });
        } else {
            tokens.push(Token::Other(c));
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_algebra_becomes_is_expected() {
        for expression in [
            "count(*)",
            "(r0.name)::character varying(10)",
            "PARTIAL sum(r0.\"rows (affected)\") FILTER (WHERE ((r0.a)::numeric(10,2) > '1'::numeric))",
            "(r0.detected_at >= (date_trunc('day'::text, CURRENT_TIMESTAMP) - '7 days'::interval))",
            "(ANY (r0.id = (hashed SubPlan 1).col1))",
            "CASE WHEN (r0.status = ANY ('{fail,warn}'::text[])) THEN 1 ELSE COALESCE(r0.n, 0) END",
            "row_number() OVER (?)",
            "percentile_cont('0.5'::double precision) WITHIN GROUP (ORDER BY r0.x)",
            "EXTRACT(epoch FROM r0.t)",
            "\"substring\"(r0.name, 1, 3)",
            "(r0.name ~~ like_escape('a(b'::text, '\\\\'::text))",
            "'public.f(1) OPERATOR(public.+) it''s'::text",
            "((r0.full_name || '.'::text) || r0.name) DESC NULLS LAST",
        ] {
            assert_eq!(calls(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn what_nobody_rendered_is_not() {
        for expression in [
            "public.f(r0.name)",
            "pg_sleep('1'::double precision)",
            "\"Count\"(r0.name)",
            "(r0.a OPERATOR(public.+) r0.b)",
            "(r0.name)::public.mood",
            "(r0.name)::\"odd\".\"Mood\"",
            "lower(current_setting('x'::text))",
            "query_to_xml('select 1'::text, true, true, ''::text)",
            "\"public\" . \"f\" (1)",
            "'never ends",
        ] {
            assert!(calls(expression).is_err(), "{expression}");
        }
    }

    fn judged(plan: &str) -> Result<(), WarehouseError> {
        let limits = Limits {
            rows: 1,
            bytes: 1,
            time: std::time::Duration::from_secs(1),
            cost: 100,
        };
        judge(&Json(plan.as_bytes()), "elementary", limits)
    }

    #[test]
    fn a_plan_is_taken_apart_to_its_last_step() {
        let plan = |inner: &str, cost: u32| {
            format!(
                r#"[{{"Plan": {{"Node Type": "Limit", "Total Cost": {cost}, "Plans": [
                    {{"Node Type": "Seq Scan", "Relation Name": "dbt_models", "Schema": "elementary", "Alias": "r0 (x)",
                      "Output": ["r0.name"], "Plans": [{inner}]}}]}}}}]"#
            )
        };
        assert_eq!(judged(&plan("", 100)), Ok(()));
        assert!(matches!(
            judged(&plan("", 101)),
            Err(WarehouseError::Cost {
                estimated: 101,
                allowed: 100
            })
        ));
        let foreign = r#"{"Node Type": "Index Scan", "Relation Name": "dbt_models", "Schema": "public"}"#;
        let unexpected = |inner: &str| match judged(&plan(inner, 1)) {
            Err(WarehouseError::Unexpected(what)) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            unexpected(foreign),
            Unexpected::Relation("public.dbt_models".to_owned())
        );
        assert_eq!(
            unexpected(r#"{"Node Type": "Function Scan", "Function Name": "lower"}"#),
            Unexpected::Step("Function Scan".to_owned())
        );
        assert_eq!(
            unexpected(r#"{"Node Type": "Result", "One-Time Filter": "public.f()"}"#),
            Unexpected::Call("f".to_owned())
        );
        for odd in [
            r#"{"Node Type": "Result", "New Thing": {"a": 1}}"#,
            r#"{"Node Type": "Result", "New Thing": [1]}"#,
            r#"{"Other": "Result"}"#,
            "3",
        ] {
            assert_eq!(unexpected(odd), Unexpected::Plan, "{odd}");
        }
        for odd in ["", "[]", "[{}]", "{}", r#"[{"Plan": {"Node Type": "Result"}}]"#] {
            assert_eq!(
                judged(odd),
                Err(WarehouseError::Unexpected(Unexpected::Plan)),
                "{odd}"
            );
        }
        let deep = "{\"Node Type\": \"Result\", \"Plans\": [".repeat(70) + &"]}".repeat(70);
        assert_eq!(
            unexpected_plan(&deep),
            WarehouseError::Unexpected(Unexpected::Plan)
        );
    }

    fn unexpected_plan(inner: &str) -> WarehouseError {
        judged(&format!(r#"[{{"Plan": {inner}}}]"#)).expect_err("too deep")
    }
}
