use super::*;

fn kinds(text: &str) -> Vec<Kind> {
    prescan(text, Syntax::Postgres)
        .expect(text)
        .into_iter()
        .map(|token| token.kind)
        .collect()
}

fn refused(text: &str) -> SqlError {
    prescan(text, Syntax::Postgres).expect_err(text)
}

#[test]
fn comments_and_spaces_leave_no_token() {
    let plain = kinds("SELECT a->>'k' FROM t");
    assert_eq!(
        kinds("/* x /* y */ */ SELECT\ta\r\n->>'k' -- end\nFROM t ;-- bye"),
        plain
    );
}

#[test]
fn strings_are_read_as_postgresql_reads_them() {
    assert_eq!(kinds(r"'\'' UNION --'"), [Kind::Text(r"\' UNION --".into())]);
    assert_eq!(kinds("'a''''b'"), [Kind::Text("a''b".into())]);
    assert_eq!(kinds(r#""a""b""#), [Kind::Quoted("a\"b".into())]);
}

#[test]
fn an_operator_is_the_longest_run() {
    let symbols = |text: &str| kinds(text).len();
    assert_eq!(symbols("a<-1"), 4);
    assert_eq!(symbols("a- -1"), 4);
    assert_eq!(symbols("a->>b"), 3);
    for text in [
        "a <=> b",
        "a ^ b",
        "a || -1 ||- b",
        "a @> b",
        "a == b",
        "a **b",
        "a ~ b",
        "a %- b",
        "a & b",
    ] {
        assert_eq!(refused(text).code, Code::InvalidSql, "{text}");
    }
}

#[test]
fn what_two_lexers_read_differently_is_refused() {
    for text in [
        "E'a'",
        "U&'a'",
        "u&\"a\"",
        "N'a'",
        "X'1F'",
        "B'01'",
        "$$a$$",
        "$0",
        "$01",
        "$123",
        "$1$2",
        "$1a",
        "$1$a$1$",
        "a$1",
        "'a' 'b'",
        "'a'\n'b'",
        "123abc",
        "1.2.3",
        "1e",
        "0x1F",
        "1_000",
        "a\u{a0}b",
        "a\u{2003}b",
        "a\u{feff}",
        "'a\0'",
        "еlementary",
        "x isnull",
        "[1]",
        "{a}",
        "a\\b",
        "\"\"",
        "'open",
        "\"open",
        "/* open",
        "?",
        "@x",
        "#",
        "`a`",
        "SELECT 1; SELECT 2",
        "",
        " -- nothing",
    ] {
        assert_eq!(refused(text).code, Code::InvalidSql, "{text}");
    }
}

#[test]
fn bounds_are_refused_before_any_parser_runs() {
    for text in [
        "x".repeat(MAX_SQL_BYTES + 1),
        "(".repeat(MAX_DEPTH + 1),
        "a ".repeat(MAX_SQL_TOKENS + 1),
        "join ".repeat(MAX_SQL_JOINS + 1),
    ] {
        assert_eq!(refused(&text).code, Code::LimitExceeded);
    }
    assert!(prescan(&"(".repeat(MAX_DEPTH), Syntax::Postgres).is_ok());
    assert!(prescan(&"a ".repeat(MAX_SQL_TOKENS), Syntax::Postgres).is_ok());
}

#[test]
fn a_refusal_says_where() {
    let error = refused("SELECT 'é',\n  $$");
    assert_eq!((error.line, error.column), (2, 3));
}

#[test]
fn a_quote_is_what_the_engine_reads() {
    let read = |text: &str, syntax| {
        prescan(text, syntax).map(|tokens| tokens.into_iter().map(|t| t.kind).collect::<Vec<_>>())
    };
    for syntax in [Syntax::BigQuery, Syntax::Databricks, Syntax::ClickHouse] {
        assert_eq!(read("`a`", syntax), Ok(vec![Kind::Quoted("a".into())]));
    }
    assert_eq!(read("\"a\"", Syntax::BigQuery), Ok(vec![Kind::Text("a".into())]));
    assert_eq!(
        read("'it''s'", Syntax::Snowflake),
        Ok(vec![Kind::Text("it's".into())])
    );
    for (text, syntax) in [
        ("`a`", Syntax::DuckDb),
        ("\"a\"", Syntax::Databricks),
        (r"'\'' OR 1=1 --'", Syntax::Snowflake),
        (r"'\\'", Syntax::BigQuery),
        (r"'\x'", Syntax::ClickHouse),
        (r"'\x'", Syntax::Redshift),
        ("'it''s'", Syntax::BigQuery),
        ("'it''s'", Syntax::Databricks),
        ("'''a'''", Syntax::BigQuery),
        ("'a\nb'", Syntax::BigQuery),
        ("`a``b`", Syntax::BigQuery),
        ("\"A\"", Syntax::Redshift),
        ("1 /* a /* b */ */", Syntax::Snowflake),
        ("1 -- a \\\n + 1", Syntax::Databricks),
        ("1 -- a \r + 1", Syntax::Trino),
    ] {
        assert!(read(text, syntax).is_err(), "{syntax:?}: {text}");
    }
}
