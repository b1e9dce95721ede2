//! Tests of plans built by hand: what no parser would make must be refused all the same.

use super::{
    expr::{AggregateCall, BinaryOp, ColumnRef, Expr, RelId},
    functions::{Aggregate, Scalar},
    plan::{
        Body, Count, Cte, CteId, Distinct, From, Identifier, Item, JoinKind, Parameter, Plan, PlanError,
        Query, Scan, Select, SortBy, SortKey,
    },
    types::{Literal, ParamType, SqlType},
};
use crate::limits::{MAX_IN_ITEMS, MAX_PLAN_DEPTH, MAX_RELATIONS};

fn name(text: &str) -> Identifier {
    Identifier::new(text).expect("a legal name")
}

fn column(rel: u16, column: u16) -> Expr {
    Expr::Column(ColumnRef {
        rel: RelId(rel),
        column,
    })
}

fn scan(id: u16, columns: &[&str]) -> From {
    From::Scan(Scan {
        id: RelId(id),
        table: name("dbt_models"),
        columns: columns.iter().map(|c| name(c)).collect(),
    })
}

fn select(from: From, items: Vec<(Expr, &str)>) -> Query {
    let items = items
        .into_iter()
        .map(|(expr, alias)| Item {
            expr,
            name: name(alias),
        })
        .collect();
    let select = Select {
        distinct: Distinct::No,
        items,
        from: Some(from),
        filter: None,
        group_by: vec![],
        having: None,
    };
    Query {
        ctes: vec![],
        body: Body::Select(Box::new(select)),
        order_by: vec![],
        limit: None,
        offset: None,
    }
}

fn with(query: Query, change: impl FnOnce(&mut Select)) -> Query {
    let mut query = query;
    if let Body::Select(select) = &mut query.body {
        change(select);
    }
    query
}

fn plain() -> Query {
    select(
        scan(0, &["unique_id", "name"]),
        vec![(column(0, 0), "unique_id"), (column(0, 1), "name")],
    )
}

fn refusal(query: Query) -> PlanError {
    Plan::new(query, vec![]).expect_err("must be refused")
}

#[test]
fn a_plain_read_is_a_plan() {
    let plan = Plan::new(plain(), vec![]).expect("accepted");
    assert_eq!(plan.output(), [name("unique_id"), name("name")]);
    assert_eq!(plan.scans().len(), 1);
}

#[test]
fn references_out_of_scope_are_refused() {
    assert_eq!(
        refusal(select(scan(0, &["a"]), vec![(column(1, 0), "x")])),
        PlanError::OutOfScope("relation")
    );
    assert_eq!(
        refusal(select(scan(0, &["a"]), vec![(column(0, 1), "x")])),
        PlanError::OutOfScope("column")
    );
    assert_eq!(
        refusal(select(scan(0, &["a"]), vec![(Expr::Param(0), "x")])),
        PlanError::OutOfScope("parameter")
    );
    let unknown_cte = select(
        From::Cte {
            id: RelId(0),
            cte: CteId(0),
        },
        vec![(column(0, 0), "x")],
    );
    assert_eq!(refusal(unknown_cte), PlanError::OutOfScope("CTE"));
    let mut sorted = plain();
    sorted.order_by = vec![SortKey {
        by: SortBy::Output(2),
        descending: false,
        nulls_first: None,
    }];
    assert_eq!(refusal(sorted), PlanError::OutOfScope("output column"));
}

#[test]
fn a_derived_table_does_not_see_its_siblings() {
    let inner = select(scan(1, &["a"]), vec![(column(0, 0), "x")]);
    let lateral = From::Join {
        kind: JoinKind::Cross,
        left: Box::new(scan(0, &["a"])),
        right: Box::new(From::Derived {
            id: RelId(2),
            query: Box::new(inner),
        }),
        on: None,
    };
    assert_eq!(
        refusal(select(lateral, vec![(column(0, 0), "x")])),
        PlanError::OutOfScope("relation")
    );
}

#[test]
fn a_subquery_sees_the_queries_around_it() {
    let inner = with(select(scan(1, &["a"]), vec![(column(1, 0), "x")]), |select| {
        select.filter = Some(Expr::Binary {
            op: BinaryOp::Eq,
            left: Box::new(column(1, 0)),
            right: Box::new(column(0, 0)),
        });
    });
    let outer = with(plain(), |s| {
        s.filter = Some(Expr::Exists {
            query: Box::new(inner),
            negated: false,
        })
    });
    assert_eq!(Plan::new(outer, vec![]).expect("accepted").scans().len(), 2);
}

#[test]
fn numbers_given_twice_are_refused() {
    let twice = From::Join {
        kind: JoinKind::Cross,
        left: Box::new(scan(0, &["a"])),
        right: Box::new(scan(0, &["a"])),
        on: None,
    };
    assert_eq!(
        refusal(select(twice, vec![(column(0, 0), "x")])),
        PlanError::Duplicate("relations")
    );
    let same_column = select(scan(0, &["a", "a"]), vec![(column(0, 0), "x")]);
    assert_eq!(refusal(same_column), PlanError::Duplicate("columns of a scan"));
    let parameter = Parameter {
        name: name("p"),
        param_type: ParamType::Text,
    };
    assert_eq!(
        Plan::new(plain(), vec![parameter.clone(), parameter]).expect_err("refused"),
        PlanError::Duplicate("parameters")
    );
}

#[test]
fn bounds_hold_for_hand_made_plans() {
    let mut deep = column(0, 0);
    for _ in 0..=MAX_PLAN_DEPTH {
        deep = Expr::Not(Box::new(deep));
    }
    let deep = refusal(select(scan(0, &["a"]), vec![(deep, "x")]));
    assert!(
        matches!(
            deep,
            PlanError::TooMany {
                what: "levels of nesting",
                ..
            }
        ),
        "{deep}"
    );

    let items = vec![Expr::Literal(Literal::Integer(1)); MAX_IN_ITEMS + 1];
    let long = Expr::InList {
        expr: Box::new(column(0, 0)),
        items,
        negated: false,
    };
    assert!(matches!(
        refusal(with(plain(), |s| s.filter = Some(long))),
        PlanError::TooMany {
            what: "values in an IN list",
            ..
        }
    ));

    let mut wide = scan(0, &["a"]);
    for id in 1..=u16::try_from(MAX_RELATIONS).expect("small") {
        let on = Expr::Binary {
            op: BinaryOp::Eq,
            left: Box::new(column(0, 0)),
            right: Box::new(column(id, 0)),
        };
        wide = From::Join {
            kind: JoinKind::Inner,
            left: Box::new(wide),
            right: Box::new(scan(id, &["a"])),
            on: Some(on),
        };
    }
    assert!(matches!(
        refusal(select(wide, vec![(column(0, 0), "x")])),
        PlanError::TooMany {
            what: "relations",
            ..
        }
    ));
}

#[test]
fn a_chain_of_ctes_that_doubles_its_text_is_refused() {
    let mut ctes = vec![Cte {
        id: CteId(0),
        query: select(scan(0, &["a"]), vec![(column(0, 0), "v")]),
        materialized: None,
    }];
    for step in 1..=8 {
        let from = From::Cte {
            id: RelId(step),
            cte: CteId(step - 1),
        };
        let terms = vec![column(step, 0); 8];
        let doubled = terms
            .into_iter()
            .reduce(|l, r| Expr::Binary {
                op: BinaryOp::Concat,
                left: Box::new(l),
                right: Box::new(r),
            })
            .expect("eight terms");
        ctes.push(Cte {
            id: CteId(step),
            query: select(from, vec![(doubled, "v")]),
            materialized: None,
        });
    }
    let mut query = select(
        From::Cte {
            id: RelId(9),
            cte: CteId(8),
        },
        vec![(column(9, 0), "v")],
    );
    query.ctes = ctes;
    assert!(matches!(
        refusal(query),
        PlanError::TooMany {
            what: "units of expanded size",
            ..
        }
    ));
}

#[test]
fn malformed_expressions_are_refused() {
    let call = |function, args| Expr::Call { function, args };
    let of = |expr: Expr| refusal(select(scan(0, &["a"]), vec![(expr, "x")]));
    assert!(matches!(
        of(call(Scalar::Abs, vec![])),
        PlanError::Arity { function: "abs", .. }
    ));
    assert!(matches!(
        of(Expr::And(vec![column(0, 0)])),
        PlanError::Malformed(_)
    ));
    assert!(matches!(
        of(Expr::Literal(Literal::Typed(SqlType::Text, "x".into()))),
        PlanError::Malformed(_)
    ));
    let zone = Expr::AtTimeZone {
        expr: Box::new(column(0, 0)),
        zone: "UTC'; drop".into(),
    };
    assert!(matches!(of(zone), PlanError::Malformed(_)));
    let cast = Expr::Cast {
        expr: Box::new(column(0, 0)),
        to: SqlType::Numeric(Some((39, 0))),
    };
    assert!(matches!(of(cast), PlanError::Malformed(_)));
    let aggregate = AggregateCall {
        function: Aggregate::Sum,
        args: vec![column(0, 0)],
        distinct: false,
        order_by: vec![SortKey {
            by: SortBy::Output(0),
            descending: false,
            nulls_first: None,
        }],
        filter: None,
    };
    assert!(matches!(
        of(Expr::Aggregate(Box::new(aggregate))),
        PlanError::Malformed(_)
    ));
    let mut limited = plain();
    limited.limit = Some(Count::Param(0));
    let text = Parameter {
        name: name("p"),
        param_type: ParamType::Text,
    };
    assert!(matches!(
        Plan::new(limited, vec![text]).expect_err("refused"),
        PlanError::Malformed(_)
    ));
}

#[test]
fn identifiers_that_a_database_would_cut_or_misread_are_refused() {
    for bad in ["", "a\0b", "a\nb", &"a".repeat(64)] {
        assert_eq!(Identifier::new(bad), Err(PlanError::Identifier), "{bad:?}");
    }
    assert!(Identifier::new("Weiß \"quoted\"").is_ok());
}

#[test]
fn the_fingerprint_tells_plans_apart() {
    let base = Plan::new(plain(), vec![]).expect("plan").fingerprint();
    assert_eq!(base, Plan::new(plain(), vec![]).expect("plan").fingerprint());
    let filter = |literal| {
        with(plain(), |s| {
            s.filter = Some(Expr::Binary {
                op: BinaryOp::Eq,
                left: Box::new(column(0, 0)),
                right: Box::new(Expr::Literal(literal)),
            });
        })
    };
    let mut limited = plain();
    limited.limit = Some(Count::Rows(1));
    let mut offset = plain();
    offset.offset = Some(Count::Rows(1));
    let others = [
        filter(Literal::Text("1".into())),
        filter(Literal::Integer(1)),
        filter(Literal::Null),
        with(plain(), |s| s.distinct = Distinct::All),
        limited,
        offset,
        select(
            scan(0, &["unique_id", "name"]),
            vec![(column(0, 1), "unique_id"), (column(0, 0), "name")],
        ),
    ];
    let mut seen = vec![base];
    for query in others {
        let fingerprint = Plan::new(query, vec![]).expect("plan").fingerprint();
        assert!(!seen.contains(&fingerprint));
        seen.push(fingerprint);
    }
    assert_eq!(base.to_string().parse(), Ok(base));
}

#[test]
fn narrowing_drops_what_is_no_longer_read() {
    let mut query = select(
        scan(0, &["a", "b", "c"]),
        vec![(column(0, 0), "a"), (column(0, 1), "b"), (column(0, 2), "c")],
    );
    query.order_by = vec![SortKey {
        by: SortBy::Expr(column(0, 2)),
        descending: false,
        nulls_first: None,
    }];
    let plan = Plan::new(query, vec![]).expect("plan");
    let narrow = plan.narrow(&[name("b")]).expect("narrowed");
    assert_eq!(narrow.output(), [name("b")]);
    assert_eq!(
        narrow.scans().first().expect("one scan").columns,
        [name("b"), name("c")]
    );
    assert_eq!(
        plan.narrow(&[name("c"), name("a")]).expect("narrowed").output(),
        [name("c"), name("a")]
    );
}

#[test]
fn narrowing_refuses_unknown_columns_and_other_shapes() {
    let plan = Plan::new(plain(), vec![]).expect("plan");
    for columns in [vec![], vec![name("other")], vec![name("name"), name("name")]] {
        assert!(matches!(plan.narrow(&columns), Err(PlanError::Narrow(_))));
    }
    let distinct = Plan::new(with(plain(), |s| s.distinct = Distinct::All), vec![]).expect("plan");
    assert!(matches!(
        distinct.narrow(&[name("name")]),
        Err(PlanError::Narrow(_))
    ));
    let inner = select(scan(1, &["a"]), vec![(column(0, 0), "x")]);
    let correlated = with(plain(), |s| {
        s.filter = Some(Expr::Exists {
            query: Box::new(inner),
            negated: false,
        })
    });
    let correlated = Plan::new(correlated, vec![]).expect("plan");
    assert!(matches!(
        correlated.narrow(&[name("name")]),
        Err(PlanError::Narrow(_))
    ));
}
