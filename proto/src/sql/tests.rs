//! Forms that are accepted, forms that are refused by name, and what must not change a fingerprint.

use super::*;
use crate::{
    query::{
        plan::{Body, From, Identifier, SortBy},
        types::ParamType,
    },
    schema::elementary::schema,
};

fn parameter(name: &str, param_type: ParamType) -> Parameter {
    Parameter {
        name: Identifier::new(name).expect("a name"),
        param_type,
    }
}

fn accepted(text: &str) -> Plan {
    lower(text, schema(), vec![]).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> SqlError {
    lower(text, schema(), vec![]).map_or_else(|error| error, |_| panic!("accepted: {text}"))
}

#[test]
fn spaces_comments_case_and_aliases_do_not_change_a_fingerprint() {
    let plain = accepted(
        "SELECT t.status, count(*) AS n FROM elementary_test_results t WHERE t.status <> 'pass' GROUP BY 1",
    );
    let other = accepted(
        "select r.STATUS -- the state\n, COUNT ( * ) n\nfrom \"elementary_test_results\" /* results */ AS r
         where (r.status != 'pass') group by \"status\" ;",
    );
    assert_eq!(plain.fingerprint(), other.fingerprint());
    let different = accepted(
        "SELECT t.status, count(*) AS n FROM elementary_test_results t WHERE t.status <> 'fail' GROUP BY 1",
    );
    assert_ne!(plain.fingerprint(), different.fingerprint());
}

#[test]
fn a_scan_holds_exactly_the_columns_that_are_used() {
    let plan = accepted(
        "SELECT m.name FROM dbt_models m JOIN dbt_tests t ON t.parent_model_unique_id = m.unique_id
         WHERE EXISTS (SELECT 1 FROM dbt_run_results r WHERE r.unique_id = m.alias) ORDER BY m.path",
    );
    let scans: Vec<(&str, Vec<&str>)> = plan
        .scans()
        .into_iter()
        .map(|scan| {
            (
                scan.table.as_str(),
                scan.columns.iter().map(Identifier::as_str).collect(),
            )
        })
        .collect();
    assert_eq!(
        scans,
        [
            ("dbt_models", vec!["unique_id", "name", "alias", "path"]),
            ("dbt_tests", vec!["parent_model_unique_id"]),
            ("dbt_run_results", vec!["unique_id"]),
        ]
    );
}

#[test]
fn a_star_is_every_known_column_in_the_schema_s_order() {
    let plan = accepted("SELECT * FROM dbt_artifacts_hashes");
    assert_eq!(
        plan.output().iter().map(Identifier::as_str).collect::<Vec<_>>(),
        ["artifacts_model", "metadata_hash"]
    );
    let joined = accepted("SELECT * FROM seed_run_results FULL JOIN snapshot_run_results USING (unique_id)");
    assert_eq!(joined.output().first().map(Identifier::as_str), Some("unique_id"));
    assert_eq!(joined.output().len(), 27 + 27 - 1);
}

#[test]
fn a_cte_hides_a_table_but_not_from_itself() {
    let plan = accepted("WITH dbt_models AS (SELECT name FROM dbt_models) SELECT * FROM dbt_models");
    assert_eq!(plan.scans().len(), 1);
    let Body::Select(select) = &plan.query().body else {
        panic!("a SELECT")
    };
    assert!(matches!(select.from, Some(From::Cte { .. })));
    assert_eq!(
        refused("SELECT * FROM (WITH c AS (SELECT 1 AS a) SELECT a FROM c) d, c").code,
        Code::InvalidSql
    );
}

#[test]
fn a_sort_by_a_mere_column_has_one_form() {
    let text = "SELECT t.unique_id AS id, t.name FROM dbt_models t ORDER BY ";
    let fingerprints: std::collections::BTreeSet<_> = ["id", "1", "t.unique_id", "unique_id", "(id)"]
        .map(|key| accepted(&format!("{text}{key}")).fingerprint())
        .into();
    assert_eq!(fingerprints.len(), 1);
    let plan = accepted("SELECT upper(name) AS u FROM dbt_models ORDER BY u");
    assert!(matches!(
        plan.query().order_by.first().map(|key| &key.by),
        Some(SortBy::Output(0))
    ));
}

#[test]
fn named_windows_are_put_in_place() {
    let named = accepted(
        "SELECT lag(execution_time) OVER w, sum(execution_time) OVER (w ROWS 2 PRECEDING) FROM dbt_run_results
         WINDOW w AS (PARTITION BY unique_id ORDER BY created_at)",
    );
    let written = accepted(
        "SELECT lag(execution_time) OVER (PARTITION BY unique_id ORDER BY created_at),
         sum(execution_time) OVER (PARTITION BY unique_id ORDER BY created_at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
         FROM dbt_run_results",
    );
    assert_eq!(named.fingerprint(), written.fingerprint());
    assert_eq!(
        refused("SELECT sum(1) OVER w FROM dbt_models WINDOW w AS (w)").code,
        Code::LimitExceeded
    );
    let doubling = "SELECT sum(1) OVER w FROM dbt_models WINDOW w AS (ORDER BY sum(1) OVER w, sum(1) OVER w)";
    assert_eq!(refused(doubling).code, Code::LimitExceeded);
}

#[test]
fn parameters_are_declared_and_used() {
    let text = "SELECT name FROM dbt_models WHERE name >= :from ORDER BY name LIMIT :limit";
    let both = vec![
        parameter("from", ParamType::Text),
        parameter("limit", ParamType::Integer),
    ];
    assert!(lower(text, schema(), both.clone()).is_ok());
    assert!(lower(text, schema(), both[..1].to_vec()).is_err());
    let more = [both.clone(), vec![parameter("unused", ParamType::Date)]].concat();
    let error = lower(text, schema(), more).expect_err("unused");
    assert!(error.message.contains("`unused`"), "{error}");
    let wrong = vec![
        parameter("from", ParamType::Text),
        parameter("limit", ParamType::Text),
    ];
    assert_eq!(
        lower(text, schema(), wrong).expect_err("type").code,
        Code::InvalidSql
    );
}

#[test]
fn qualified_names_need_the_source_s_own_schema() {
    let names = Names::qualified(schema(), "analytics_elementary", Some("Warehouse"));
    let lowered = |text: &str| lower_with(text, &names, vec![]);
    let bare = accepted("SELECT name FROM dbt_models").fingerprint();
    for text in [
        "SELECT dbt_models.name FROM Analytics_Elementary.dbt_models",
        "SELECT analytics_elementary.dbt_models.name FROM \"Warehouse\".analytics_elementary.\"dbt_models\"",
    ] {
        assert_eq!(lowered(text).expect(text).fingerprint(), bare);
    }
    for text in [
        "SELECT name FROM public.dbt_models",
        "SELECT name FROM warehouse.analytics_elementary.dbt_models",
        "SELECT name FROM \"Analytics_elementary\".dbt_models",
        "SELECT analytics_elementary.m.name FROM analytics_elementary.dbt_models m",
    ] {
        assert_eq!(lowered(text).expect_err(text).code, Code::InvalidSql);
    }
    assert_eq!(
        refused("SELECT name FROM analytics_elementary.dbt_models").code,
        Code::InvalidSql
    );
}

#[test]
fn what_is_refused_is_named_with_its_place() {
    for (text, named, line, column) in [
        ("SELECT pg_sleep(1)", "`pg_sleep`", 1, 8),
        ("SELECT name,\n  nothing\nFROM dbt_models", "`nothing`", 2, 3),
        ("SELECT 1 FROM customers", "`customers`", 1, 15),
        ("SELECT name COLLATE \"C\" FROM dbt_models", "COLLATE", 1, 8),
        ("SELECT name FROM dbt_models FOR UPDATE", "FOR UPDATE", 1, 1),
        ("UPDATE dbt_models SET name = 'x'", "SELECT or WITH", 1, 1),
        ("SELECT 1 = 1 = 1", "brackets", 1, 8),
        ("SELECT ctid FROM dbt_models", "`ctid`", 1, 8),
    ] {
        let error = refused(text);
        assert_eq!(
            (error.code, error.line, error.column),
            (Code::InvalidSql, line, column),
            "{text}: {error}"
        );
        assert!(error.message.contains(named), "{text}: {error}");
    }
}

#[test]
fn a_refusal_never_quotes_a_literal() {
    for text in [
        "SELECT 'hunter2' 'hunter2'",
        "SELECT name FROM dbt_models WHERE name = 'hunter2' hunter 'hunter2'",
        "SELECT unknown('hunter2')",
        "SELECT DATE 'hunter2'",
        "SELECT INTERVAL 'hunter2'",
        "SELECT 1 FROM dbt_models LIMIT 'hunter2'",
        "SELECT E'hunter2'",
    ] {
        let error = refused(text);
        assert!(!Fault::from(error.clone()).detail.contains("hunter2"), "{error}");
    }
}

#[test]
fn forms_outside_the_subset_are_refused() {
    for text in [
        "VALUES (1)",
        "TABLE dbt_models",
        "SELECT 1; SELECT 2",
        "SELECT * FROM dbt_models, LATERAL (SELECT 1) x",
        "SELECT * FROM generate_series(1, 2) g",
        "SELECT * FROM dbt_models TABLESAMPLE SYSTEM (1)",
        "SELECT * FROM ONLY dbt_models",
        "SELECT * FROM dbt_models NATURAL JOIN dbt_tests",
        "SELECT 1 INTO x",
        "WITH RECURSIVE t AS (SELECT 1 AS n) SELECT n FROM t",
        "WITH t AS (DELETE FROM dbt_models RETURNING name) SELECT * FROM t",
        "SELECT name FROM dbt_models GROUP BY ROLLUP (name)",
        "SELECT name FROM dbt_models GROUP BY GROUPING SETS ((name), ())",
        "SELECT ARRAY[1]",
        "SELECT (1, 2)",
        "SELECT name ~ 'a' FROM dbt_models",
        "SELECT name SIMILAR TO 'a' FROM dbt_models",
        "SELECT m FROM dbt_models m",
        "SELECT (m).name FROM dbt_models m",
        "SELECT count(m.*) FROM dbt_models m",
        "SELECT 'x'::regclass",
        "SELECT 'x'::text[]",
        "SELECT 1 AS a ORDER BY 'a'",
        "SELECT 1 AS a UNION SELECT 2 ORDER BY a + 1",
        "SELECT 1 UNION SELECT 2, 3",
        "SELECT (SELECT 1, 2)",
        "SELECT 1 day",
        "SELECT row_number() FROM dbt_models",
        "SELECT lower(DISTINCT name) FROM dbt_models",
        "SELECT lower(name) OVER () FROM dbt_models",
        "SELECT count() FROM dbt_models",
        "SELECT sum(*) FROM dbt_models",
        "SELECT \"lower\"(name) FROM dbt_models",
        "SELECT pg_catalog.lower(name) FROM dbt_models",
        "SELECT now",
        "SELECT current_user",
        "SELECT current_setting('x')",
        "SELECT name FROM dbt_models a, dbt_models b",
        "SELECT 1 FROM dbt_models, dbt_models",
        "SELECT TIMESTAMP 'now'",
        "SELECT name LIKE 'a' ESCAPE '' FROM dbt_models",
        "SELECT name LIKE 'a' LIKE 'b' FROM dbt_models",
        "SELECT substring(name FROM 'a.c') FROM dbt_models",
        "SELECT overlay(name PLACING 'x' FROM 1) FROM dbt_models",
        "SELECT 1 LIMIT -1",
        "SELECT 1 LIMIT 1 + 1",
        "SELECT 1 FETCH FIRST 1 ROW WITH TIES",
        "SELECT name FROM dbt_models LIMIT 1, 2",
        "SELECT 1 FROM dbt_models QUALIFY true",
        "SELECT name FROM dbt_models WHERE name = ANY (ARRAY['a'])",
        "SELECT $1",
        "SELECT :undeclared",
    ] {
        let error = refused(text);
        assert_eq!(error.code, Code::InvalidSql, "{text}: {error}");
    }
}

#[test]
fn forms_of_the_subset_are_accepted() {
    for text in [
        "SELECT DISTINCT ON (job_name) job_name, created_at FROM dbt_invocations ORDER BY job_name, created_at DESC NULLS LAST",
        "SELECT CASE status WHEN 'pass' THEN 1 ELSE 0 END, CASE WHEN failures > 0 THEN 'x' END FROM elementary_test_results",
        "SELECT EXTRACT(epoch FROM created_at), date_part('hour', created_at), date_trunc('day', created_at) FROM dbt_run_results",
        "SELECT created_at AT TIME ZONE 'Europe/Berlin', created_at - INTERVAL '1 day 02:00' FROM dbt_run_results",
        "SELECT mode() WITHIN GROUP (ORDER BY status DESC) FILTER (WHERE status <> 'x') FROM dbt_run_results",
        "SELECT string_agg(DISTINCT name, ',' ORDER BY name) FROM dbt_models",
        "SELECT current_date, current_timestamp, localtimestamp, now()",
        "SELECT position('a' IN name), substring(name FROM 2 FOR 3), substr(name, 2), trim(LEADING 'x' FROM name) FROM dbt_models",
        "SELECT ceil(execution_time), floor(execution_time), round(execution_time::numeric, 2) FROM dbt_run_results",
        "SELECT left(name, 3), right(name, 3), replace(name, 'a', 'b'), coalesce(name, ''), nullif(name, 'x') FROM dbt_models",
        "SELECT name FROM dbt_models WHERE meta::json ->> 'owner' IS DISTINCT FROM 'x' AND NOT name ILIKE '%a!_%' ESCAPE '!'",
        "SELECT 1 WHERE 1 = ANY (SELECT 1) AND 2 > ALL (SELECT 1) AND (SELECT true) IS NOT FALSE",
        "(SELECT 1 AS a UNION ALL SELECT 2) EXCEPT SELECT 3 ORDER BY a DESC LIMIT 2 OFFSET 1",
        "SELECT d.a FROM (SELECT name FROM dbt_models) AS d (a) CROSS JOIN (dbt_tests t LEFT JOIN dbt_seeds s USING (unique_id))",
        "SELECT 1 FETCH FIRST 3 ROWS ONLY",
        "SELECT ntile(4) OVER (ORDER BY created_at RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM dbt_run_results",
        "SELECT greatest(1, 2.5e3), - 3 % 2, '\\' || 'é'",
        "WITH a AS MATERIALIZED (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT y FROM b",
    ] {
        accepted(text);
    }
}

#[test]
fn deep_and_long_texts_are_refused_without_harm() {
    for text in [
        format!("SELECT {}1", "1 + ".repeat(1_500)),
        format!("SELECT {}1", "- ".repeat(3_000)),
        format!("SELECT {}true", "NOT ".repeat(3_000)),
        format!("SELECT 1 {}", "UNION SELECT 1 ".repeat(900)),
        format!("SELECT 1::int{}", "::int".repeat(1_900)),
        format!(
            "SELECT {} 1 {}",
            "CASE WHEN true THEN ".repeat(500),
            "END ".repeat(500)
        ),
        format!(
            "SELECT name FROM dbt_models WHERE name IN ({}'x')",
            "'x',".repeat(1_500)
        ),
        format!("SELECT 1 FROM {}dbt_models", "dbt_models,".repeat(100)),
        format!("SELECT 1 FROM {}1{}", "(SELECT ".repeat(20), ") x".repeat(20)),
        format!(
            "WITH {} x AS (SELECT 1) SELECT 1",
            (0..30)
                .map(|n| format!("c{n} AS (SELECT 1),"))
                .collect::<String>()
        ),
    ] {
        let error = refused(&text);
        assert!(
            matches!(error.code, Code::LimitExceeded | Code::InvalidSql),
            "{error}"
        );
    }
    let long = format!(
        "SELECT 1 FROM dbt_models WHERE {} true",
        "name = 'x' AND ".repeat(700)
    );
    accepted(&long);
}

#[test]
fn brackets_up_to_their_bound_take_no_time() {
    let nested = |open: &str, middle: &str, close: &str, depth: usize| {
        format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
    };
    for text in [
        format!("SELECT {}", nested("(", "1", ")", 24)),
        format!("SELECT 1 FROM {}", nested("(", "dbt_models", ")", 24)),
        format!(
            "SELECT 1 FROM {}",
            nested("(", "dbt_models JOIN dbt_tests USING (unique_id)", ")", 23)
        ),
        format!("SELECT 1 FROM {} x", nested("(", "SELECT 1", ")", 24)),
        nested("(", "SELECT 1", ")", 24),
        format!("SELECT {}", nested("lower(", "'x'", ")", 24)),
        format!("SELECT {}", nested("CAST(", "1", " AS int)", 24)),
        format!("SELECT {}", nested("1 IN (", "1", ")", 24)),
        format!("SELECT {}", nested("EXISTS (SELECT ", "1", ")", 24)),
        format!("SELECT {}", nested("(SELECT 1 UNION ", "SELECT 1", ")", 24)),
        format!("SELECT {}", nested("sum(1) OVER (ORDER BY ", "1", ")", 24)),
        format!("SELECT {}", nested("(CASE WHEN ", "true", " THEN 1 END)", 24)),
        format!("SELECT {}", nested("interval (", "1", ")", 24)),
        format!("SELECT {}", nested("date (", "1", ")", 24)),
        format!("SELECT {}", nested("x.y(a => (", "1", "))", 12)),
        format!("SELECT 1::{}", nested("struct(a ", "int", ")", 24)),
        format!(
            "SELECT 1 FROM {}",
            nested("dbt_models JOIN (", "dbt_models", ")", 24)
        ),
    ] {
        let begun = std::time::Instant::now();
        if let Err(error) = lower(&text, schema(), vec![]) {
            assert!(
                matches!(error.code, Code::InvalidSql | Code::LimitExceeded),
                "{text}: {error}"
            );
        }
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(1),
            "{:?}: {text}",
            begun.elapsed()
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Words that make sense one by one, in any order: whatever comes out, it is an answer.
    #[test]
    fn any_row_of_words_is_answered(words in proptest::collection::vec(0..WORDS.len(), 0..60)) {
        let text: Vec<&str> = std::iter::once("SELECT").chain(words.into_iter().map(|word| WORDS[word])).collect();
        if let Err(error) = lower(&text.join(" "), schema(), vec![]) {
            proptest::prop_assert!(matches!(error.code, Code::InvalidSql | Code::LimitExceeded), "{error}");
        }
    }
}

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "SELECT", "DISTINCT", "ON", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET", "FETCH FIRST", "WITH",
    "AS", "JOIN", "LEFT", "CROSS JOIN", "USING", "UNION ALL", "EXCEPT", "(", ")", "(", ")", ",", ",", ".", "*", "+", "-", "/",
    "||", "=", "<", "::", "->>", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL", "TRUE", "CASE", "WHEN", "THEN",
    "ELSE", "END", "CAST", "int", "text", "EXISTS", "ANY", "ALL", "count", "sum", "lower", "row_number", "OVER",
    "PARTITION BY", "WINDOW", "ROWS", "RANGE", "PRECEDING", "CURRENT ROW", "FILTER", "WITHIN GROUP", "EXTRACT", "INTERVAL",
    "DATE", "AT TIME ZONE", "'1 day'", "'x'", "1", "2.5", "dbt_models", "dbt_tests", "m", "name", "unique_id", "LATERAL",
    "VALUES", "TABLE", "FOR UPDATE", "INTO", "ARRAY", "ROW", "COLLATE", "SUBSTRING", "TRIM", "POSITION", "DESC", "NULLS LAST",
];
