use proto::schema::{described, elementary};

use super::*;

fn judge(dialect: Dialect) -> Judge {
    let namespace = Namespace {
        catalog: None,
        schema: Identifier::new("elementary").expect("a name"),
    };
    Judge::new(elementary::schema(), namespace, dialect, None)
}

fn answers(input: &[u8]) -> Vec<serde_json::Value> {
    let mut output = Vec::new();
    lines::run(&judge(Dialect::Postgres), input, &mut output).expect("a run");
    String::from_utf8(output)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

#[test]
fn every_dialect_has_a_reading() {
    for dialect in Dialect::ALL {
        assert!(Syntax::of_dialect(dialect.name()).is_some(), "{}", dialect.name());
    }
}

#[test]
fn a_verdict_names_what_is_read_and_what_would_run() {
    let text = "SELECT m.name, 'it''s' AS k FROM dbt_models m JOIN dbt_tests t ON t.parent_model_unique_id = m.unique_id";
    let Verdict::Admit(admission) = judge(Dialect::Postgres).judge(text) else {
        panic!("refused");
    };
    assert_eq!(admission.tables, ["dbt_models", "dbt_tests"]);
    assert_eq!(
        admission.columns,
        [
            "dbt_models.name",
            "dbt_models.unique_id",
            "dbt_tests.parent_model_unique_id"
        ]
    );
    assert!(
        admission.rendered.contains(r#""elementary"."dbt_models""#),
        "{}",
        admission.rendered
    );
    assert!(admission.rendered.contains("'it''s'"), "{}", admission.rendered);
}

#[test]
fn lines_are_answered_in_order_and_a_bad_one_ends_nothing() {
    let input = b"{\"id\": \"a\", \"sql\": \"SELECT 1\", \"more\": [1]}\n\
        not json\n\
        {\"id\": \"b\", \"sql\": 7}\n\
        {\"id\": \"c\"}\n\
        {\"sql\": \"SELECT 1\"}\n\
        {\"id\": \"d\", \"sql\": \"SELECT 1\", \"sql\": \"SELECT 2\"}\n\
        {\"id\": \"e\", \"sql\": \"\xff\"}\n\
        {\"id\": \"f\", \"sql\": \"SELECT 1\"} x\n\
        \n\
        [1]\n\
        {\"id\": \"g\", \"sql\": \"SELECT pg_sleep(1)\"}\n\
        {\"id\": \"h\", \"sql\": \"\\ud800\"}\n\
        {\"id\": 8, \"sql\": \"SELECT 1\"}";
    let seen: Vec<(String, String)> = answers(input)
        .iter()
        .map(|answer| (answer["id"].to_string(), answer["verdict"].to_string()))
        .collect();
    let expected = [
        ("\"a\"", "\"admit\""),
        ("null", "\"error\""),
        ("\"b\"", "\"error\""),
        ("\"c\"", "\"error\""),
        ("null", "\"error\""),
        ("\"d\"", "\"error\""),
        ("\"e\"", "\"error\""),
        ("\"f\"", "\"error\""),
        ("null", "\"error\""),
        ("null", "\"error\""),
        ("\"g\"", "\"refuse\""),
        ("\"h\"", "\"error\""),
        ("8", "\"admit\""),
    ];
    assert_eq!(
        seen,
        expected.map(|(id, verdict)| (id.to_owned(), verdict.to_owned()))
    );
}

#[test]
fn a_statement_or_a_line_beyond_its_bound_is_answered() {
    let long = format!("{{\"id\": 1, \"sql\": \"SELECT '{}'\"}}\n", "x".repeat(100_000));
    let longer = format!("{{\"id\": 2, \"sql\": \"{}\"}}\n", "x".repeat(5_000_000));
    let answers = answers(format!("{long}{longer}{{\"id\": 3, \"sql\": \"SELECT 1\"}}\n").as_bytes());
    assert_eq!(answers[0]["code"], "limit_exceeded");
    assert_eq!(answers[1]["verdict"], "error");
    assert_eq!(answers[2]["verdict"], "admit");
}

#[test]
fn a_described_schema_is_all_there_is() {
    let described =
        described::parse(br#"{"database": "w", "schema": "s", "tables": {"t": {"a": "int", "b": "text"}}}"#)
            .expect("a description");
    let namespace = Namespace {
        catalog: Some(Identifier::new("w").expect("a name")),
        schema: described.schema.clone(),
    };
    let judge = Judge::new(&described.tables, namespace, Dialect::DuckDb, None);
    for text in [
        "SELECT * FROM t",
        "SELECT b FROM S.T",
        "SELECT \"A\" FROM w.s.\"T\"",
    ] {
        assert!(matches!(judge.judge(text), Verdict::Admit(_)), "{text}");
    }
    for text in [
        "SELECT name FROM dbt_models",
        "SELECT c FROM t",
        "SELECT a FROM x.t",
    ] {
        assert!(matches!(judge.judge(text), Verdict::Refuse(_)), "{text}");
    }
}
