use proto::query::{expr::DateField, plan::Parameter, types::Decimal};

use proto::query::{
    expr::{AggregateCall, BinaryOp, ColumnRef},
    functions::{Aggregate, Scalar},
};

use super::*;

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn column(rel: u16, column: u16) -> Expr {
    Expr::Column(ColumnRef {
        rel: RelId(rel),
        column,
    })
}

fn text(value: &str) -> Expr {
    Expr::Literal(Literal::Text(value.into()))
}

fn scan(id: u16, table: &str, columns: &[&str]) -> From {
    From::Scan(Scan {
        id: RelId(id),
        table: name(table),
        columns: columns.iter().map(|c| name(c)).collect(),
    })
}

fn item(expr: Expr, output: &str) -> Item {
    Item {
        expr,
        name: name(output),
    }
}

fn select(items: Vec<Item>, from: From) -> Select {
    Select {
        distinct: Distinct::No,
        items,
        from: Some(from),
        filter: None,
        group_by: vec![],
        having: None,
    }
}

fn query(select: Select) -> Query {
    Query {
        ctes: vec![],
        body: Body::Select(Box::new(select)),
        order_by: vec![],
        limit: None,
        offset: None,
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
    }
}

fn call(function: Scalar, args: Vec<Expr>) -> Expr {
    Expr::Call { function, args }
}

fn count_all() -> Expr {
    Expr::Aggregate(Box::new(AggregateCall {
        function: Aggregate::Count,
        args: vec![],
        distinct: false,
        order_by: vec![],
        filter: None,
    }))
}

fn shown(query: Query, dialect: Dialect) -> Rendered {
    let namespace = Namespace {
        catalog: None,
        schema: name("e"),
    };
    render(&Plan::new(query, vec![]).unwrap(), &[], &namespace, dialect).unwrap()
}

#[test]
fn a_read_of_a_table_is_qualified_and_bound() {
    let mut block = select(
        vec![item(column(0, 0), "id"), item(column(0, 1), "at")],
        scan(0, "t", &["id", "at"]),
    );
    block.filter = Some(binary(BinaryOp::GtEq, column(0, 1), Expr::Param(0)));
    let mut read = query(block);
    read.order_by = vec![SortKey {
        by: SortBy::Output(1),
        descending: true,
        nulls_first: None,
    }];
    read.limit = Some(Count::Param(1));
    let parameters = vec![
        Parameter {
            name: name("since"),
            param_type: ParamType::Timestamp,
        },
        Parameter {
            name: name("limit"),
            param_type: ParamType::Integer,
        },
    ];
    let plan = Plan::new(read, parameters).unwrap();
    let values = [Value::Timestamp(0), Value::Integer(5)];
    let namespace = Namespace {
        catalog: Some(name("db")),
        schema: name("e"),
    };
    let postgres = render(&plan, &values, &namespace, Dialect::Postgres).unwrap();
    assert_eq!(
        postgres.sql,
        r#"SELECT r0."id" AS "id", r0."at" AS "at" FROM "db"."e"."t" AS r0 WHERE (r0."at" >= CAST($1 AS pg_catalog."timestamp")) ORDER BY 2 DESC LIMIT CAST($2 AS pg_catalog."int8")"#
    );
    assert_eq!(postgres.params.len(), 2);
    let duckdb = render(&plan, &values, &namespace, Dialect::DuckDb).unwrap();
    assert!(
        duckdb
            .sql
            .ends_with("ORDER BY 2 DESC NULLS FIRST LIMIT CAST($2 AS BIGINT)"),
        "{}",
        duckdb.sql
    );
}

#[test]
fn nothing_that_a_query_says_reaches_the_text_unquoted() {
    let evil = r#"\' " ; DROP TABLE x -- $1 /* "#;
    let read = query(select(
        vec![
            item(text(evil), evil),
            item(binary(BinaryOp::Eq, column(0, 0), text("'; --")), "b"),
        ],
        scan(0, evil, &[evil]),
    ));
    let namespace = Namespace {
        catalog: None,
        schema: name("e"),
    };
    for dialect in Dialect::ALL {
        let plan = Plan::new(read.clone(), vec![]).unwrap();
        let rendered = render(&plan, &[], &namespace, *dialect);
        let upper = evil.to_uppercase();
        let (stored, schema, places) = match dialect {
            Dialect::Postgres | Dialect::DuckDb | Dialect::Redshift => (evil, "e", ["$1", "$2"]),
            Dialect::Snowflake => (upper.as_str(), "E", [":1", ":2"]),
            Dialect::Databricks => (evil, "e", [":p1", ":p2"]),
            Dialect::Trino | Dialect::Athena => (evil, "e", ["?", "?"]),
            // Between their quotes a backslash is an escape.
            Dialect::BigQuery | Dialect::ClickHouse => {
                assert!(matches!(rendered, Err(RenderError::Form { .. })), "{rendered:?}");
                continue;
            }
        };
        let Rendered { sql, params } = rendered.unwrap();
        let q = |name: &str| dialect.identifier(name).unwrap();
        assert!(q(evil).len() >= evil.len() + 2);
        let (named, b, schema, stored, [first, second]) = (q(evil), q("b"), q(schema), q(stored), places);
        assert_eq!(
            sql,
            format!(
                "SELECT {first} AS {named}, (r0.{stored} = {second}) AS {b} FROM {schema}.{stored} AS r0"
            )
        );
        assert_eq!(
            params,
            [Bound::Literal(evil.into()), Bound::Literal("'; --".into())]
        );
        assert_eq!(format!("{params:?}"), "[Bound(literal), Bound(literal)]");
    }
}

#[test]
fn a_grouped_expression_has_one_text_wherever_it_stands_and_other_literals_have_their_own_numbers() {
    let day = || call(Scalar::Coalesce, vec![column(0, 0), text("none")]);
    let mut block = select(
        vec![
            item(binary(BinaryOp::Concat, day(), text("none")), "x"),
            item(count_all(), "n"),
        ],
        scan(0, "t", &["a"]),
    );
    block.group_by = vec![day()];
    block.having = Some(binary(BinaryOp::NotEq, day(), text("z")));
    let mut grouped = query(block);
    grouped.order_by = vec![SortKey {
        by: SortBy::Expr(day()),
        descending: false,
        nulls_first: Some(true),
    }];
    let Rendered { sql, params } = shown(grouped, Dialect::Postgres);
    assert_eq!(
        sql,
        r#"SELECT (COALESCE(r0."a", $1) || $2) AS "x", pg_catalog."count"(*) AS "n" FROM "e"."t" AS r0 GROUP BY COALESCE(r0."a", $1) HAVING (COALESCE(r0."a", $1) <> $3) ORDER BY COALESCE(r0."a", $1) NULLS FIRST"#
    );
    assert_eq!(params.len(), 3);
}

#[test]
fn a_constant_among_the_keys_is_not_a_position() {
    let mut block = select(vec![item(count_all(), "n")], scan(0, "t", &["a"]));
    block.group_by = vec![Expr::Literal(Literal::Integer(7))];
    let sql = shown(query(block), Dialect::Postgres).sql;
    assert!(sql.ends_with(r#"GROUP BY CAST(7 AS pg_catalog."int8")"#), "{sql}");
}

#[test]
fn numbers_are_written_by_us() {
    let numbers = [
        (Literal::Integer(-5), "(-5)"),
        (Literal::Integer(i64::MIN), "(-9223372036854775807 - 1)"),
        (Literal::Decimal(Decimal::parse("1.50").unwrap()), "1.50"),
        (Literal::Null, "NULL"),
        (
            Literal::Interval(Interval {
                months: 1,
                days: -2,
                micros: 3,
            }),
            r#"CAST('1 months -2 days 3 microseconds' AS pg_catalog."interval")"#,
        ),
    ];
    for (literal, expected) in numbers {
        let read = query(select(
            vec![item(Expr::Literal(literal), "v")],
            scan(0, "t", &["a"]),
        ));
        assert_eq!(
            shown(read, Dialect::Postgres).sql,
            format!(r#"SELECT {expected} AS "v" FROM "e"."t" AS r0"#)
        );
    }
}

#[test]
fn ctes_derived_tables_and_unions_are_named_by_number() {
    let inner = query(select(
        vec![item(column(0, 0), "a"), item(column(0, 0), "A")],
        scan(0, "t", &["a"]),
    ));
    let left = query(select(
        vec![item(column(1, 1), "x")],
        From::Cte {
            id: RelId(1),
            cte: CteId(0),
        },
    ));
    let nested = query(select(vec![item(column(2, 0), "a")], scan(2, "t", &["a"])));
    let right = query(select(
        vec![item(column(3, 0), "x")],
        From::Derived {
            id: RelId(3),
            query: Box::new(nested),
        },
    ));
    let whole = Query {
        ctes: vec![Cte {
            id: CteId(0),
            query: inner,
            materialized: Some(true),
        }],
        body: Body::Set {
            op: SetOp::Union,
            all: true,
            left: Box::new(left),
            right: Box::new(right),
        },
        order_by: vec![],
        limit: Some(Count::Rows(3)),
        offset: Some(Count::Rows(1)),
    };
    assert_eq!(
        shown(whole, Dialect::Postgres).sql,
        r#"WITH c0(k0, k1) AS MATERIALIZED (SELECT r0."a" AS "a", r0."a" AS "A" FROM "e"."t" AS r0) (SELECT r1.k1 AS "x" FROM c0 AS r1) UNION ALL (SELECT r3."a" AS "x" FROM (SELECT r2."a" AS "a" FROM "e"."t" AS r2) AS r3) LIMIT 3 OFFSET 1"#
    );
}

#[test]
fn functions_are_qualified_and_what_an_engine_lacks_is_refused_by_name() {
    let lower = query(select(
        vec![item(call(Scalar::Lower, vec![column(0, 0)]), "l")],
        scan(0, "t", &["a"]),
    ));
    assert!(
        shown(lower.clone(), Dialect::Postgres)
            .sql
            .contains(r#"pg_catalog."lower"(r0."a")"#)
    );
    assert!(
        shown(lower, Dialect::DuckDb)
            .sql
            .contains(r#"system.main."lower"(r0."a")"#)
    );

    let to_char = call(Scalar::ToChar, vec![column(0, 0), text("YYYY")]);
    let plan = Plan::new(
        query(select(vec![item(to_char, "y")], scan(0, "t", &["a"]))),
        vec![],
    )
    .unwrap();
    let namespace = Namespace {
        catalog: None,
        schema: name("e"),
    };
    assert!(render(&plan, &[], &namespace, Dialect::Postgres).is_ok());
    let refused = render(&plan, &[], &namespace, Dialect::DuckDb).unwrap_err();
    assert_eq!(
        refused,
        RenderError::Absent {
            function: "to_char",
            dialect: "duckdb"
        }
    );
    assert_eq!(refused.to_fault().code, Code::InvalidSql);
}

#[test]
fn dates_are_taken_apart_by_each_engine_s_own_grammar() {
    let part = |field| {
        let extract = Expr::Extract {
            field,
            expr: Box::new(column(0, 0)),
        };
        query(select(vec![item(extract, "p")], scan(0, "t", &["a"])))
    };
    assert!(
        shown(part(DateField::Hour), Dialect::Postgres)
            .sql
            .contains(r#"EXTRACT(hour FROM r0."a")"#)
    );
    let seconds = shown(part(DateField::Second), Dialect::DuckDb).sql;
    assert!(
        seconds.contains("'microsecond'") && seconds.contains("1000000"),
        "{seconds}"
    );
}

/// Each of these doubles its operand where an engine lacks the form.
#[test]
fn what_rewriting_blows_up_is_refused() {
    let doubled = |times: usize| {
        let mut nested = column(0, 0);
        for _ in 0..times {
            nested = Expr::IsDistinct {
                left: Box::new(nested),
                right: Box::new(column(0, 0)),
                negated: false,
            };
        }
        nested
    };
    let read = query(select(vec![item(doubled(40), "b")], scan(0, "t", &["a"])));
    let plan = Plan::new(read, vec![]).unwrap();
    let namespace = Namespace {
        catalog: None,
        schema: name("e"),
    };
    for dialect in Dialect::ALL {
        let refused = matches!(dialect, Dialect::Redshift | Dialect::ClickHouse);
        let rendered = render(&plan, &[], &namespace, *dialect);
        assert_eq!(rendered.is_err(), refused, "{}", dialect.name());
    }

    // Each within its bound, and too much together.
    for (items, refused) in [(1, false), (60, true)] {
        let items = (0..items).map(|n| item(doubled(12), &format!("b{n}"))).collect();
        let plan = Plan::new(query(select(items, scan(0, "t", &["a"]))), vec![]).unwrap();
        let rendered = render(&plan, &[], &namespace, Dialect::Redshift);
        assert_eq!(rendered.is_err(), refused);
    }
}
