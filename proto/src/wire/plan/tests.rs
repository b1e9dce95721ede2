//! Plans there and back, and nodes put together as no encoder does.

use proptest::prelude::*;
use prost::Message as _;

use super::{raw::node::Node as Form, *};
use crate::{
    catalogue::Catalogue,
    query::{
        expr::{
            AggregateCall, BinaryOp, ColumnRef, DateField, Expr, Frame, FrameBound, FrameUnit, RelId, Truth,
            WindowCall, WindowFunction,
        },
        functions::{Aggregate, OrderedSet, Scalar, WindowOnly},
        plan::{
            Body, Count, Cte, CteId, Distinct, From, Identifier, Item, JoinKind, Parameter, Query, Scan,
            Select, SetOp, SortBy, SortKey,
        },
        types::{Decimal, Interval, Literal, ParamType, SqlType},
    },
    schema::elementary,
    sql::{self, Names},
};

fn assert_travels(plan: &Plan) {
    let encoded = EncodedPlan::of(plan).unwrap();
    let arrived = encoded.decode().unwrap();
    assert_eq!(&arrived, plan);
    assert_eq!(arrived.fingerprint(), plan.fingerprint());
}

#[test]
fn every_shipped_query_arrives_as_it_was_sent() {
    for entry in Catalogue::builtin().entries() {
        assert_travels(entry.plan());
    }
}

#[test]
fn a_text_of_many_forms_arrives_as_it_was_sent() {
    let text = "WITH late AS MATERIALIZED (SELECT DISTINCT ON (name) name, unique_id, generated_at::date AS day \
        FROM dbt_models WHERE name ILIKE '%\\_x' ESCAPE '#' ORDER BY name, unique_id DESC NULLS LAST) \
        SELECT l.name, count(DISTINCT m.unique_id) FILTER (WHERE m.name IS NOT NULL) AS n, \
          percentile_cont(0.5) WITHIN GROUP (ORDER BY length(m.name)) AS p, \
          CASE l.name WHEN 'a' THEN 1 ELSE 2.50 END AS c, \
          row_number() OVER (PARTITION BY l.name ORDER BY l.day ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS r, \
          extract(year FROM l.day) AS y, date_trunc('week', l.day) AS w, CAST(l.name AS varchar(10)) AS v, \
          l.day + INTERVAL '1 month 2 days 3 seconds' AS i, l.day > DATE '2026-01-01' AS d \
        FROM late l FULL JOIN dbt_models m USING (unique_id) \
        WHERE l.name IN ('a', NULL) OR NOT EXISTS (SELECT 1 FROM dbt_tests) OR l.name = ANY (SELECT name FROM dbt_tests) \
          OR l.name BETWEEN 'a' AND (SELECT max(name) FROM dbt_tests) OR l.name IS DISTINCT FROM 'x' \
        GROUP BY l.name, l.day HAVING count(*) > 1 \
        UNION ALL SELECT name, 1, 1.0, 1, 1, 1, NULL, 'x', NULL, true FROM dbt_tests WHERE name NOT IN (SELECT name FROM late) \
        ORDER BY 1 LIMIT 10 OFFSET 2";
    let plan = sql::lower_with(text, &Names::bare(elementary::schema()), Vec::new());
    assert_travels(&plan.unwrap_or_else(|error| panic!("{error}")));
}

#[test]
fn every_form_of_the_closed_sets_has_its_number() {
    for op in numbers::OPERATORS {
        assert_ne!(numbers::of(&numbers::OPERATORS, &op), 0);
    }
    // By hand, so that an order that changes is seen: these numbers are on the wire for good.
    assert_eq!(numbers::of(&numbers::OPERATORS, &BinaryOp::JsonGetText), 14);
    assert_eq!(numbers::of(&numbers::OPERATORS, &BinaryOp::Eq), 7);
    assert_eq!(numbers::of(&numbers::SET_OPS, &SetOp::Except), 3);
    assert_eq!(numbers::of(&numbers::JOINS, &JoinKind::Cross), 5);
    assert_eq!(numbers::of(&numbers::TRUTHS, &Truth::False), 3);
    assert_eq!(numbers::of(&numbers::UNITS, &FrameUnit::Groups), 3);
}

// ---- what no encoder makes ----

fn node(form: Form) -> raw::Node {
    raw::Node { node: Some(form) }
}

fn literal() -> raw::Node {
    node(Form::Literal(raw::Literal {
        literal: Some(raw::literal::Literal::Integer(1)),
    }))
}

/// `SELECT <nodes, of which the last is selected>`
fn select(mut nodes: Vec<raw::Node>) -> raw::Plan {
    let item = raw::Item {
        expr: nodes.len() as u32,
        name: "x".into(),
    };
    nodes.push(node(Form::Select(raw::Select {
        distinct: 1,
        items: vec![item],
        ..raw::Select::default()
    })));
    let body = nodes.len() as u32;
    nodes.push(node(Form::Query(raw::Query {
        body,
        ..raw::Query::default()
    })));
    raw::Plan {
        parameters: Vec::new(),
        nodes,
    }
}

fn refused(plan: &raw::Plan) -> DecodeError {
    decode(&plan.encode_to_vec()).unwrap_err()
}

/// So many NOTs around a literal.
fn nested(levels: u32) -> raw::Plan {
    let nots = (1..=levels).map(|below| node(Form::Not(below)));
    select(std::iter::once(literal()).chain(nots).collect())
}

#[test]
fn nesting_to_the_bound_is_taken_and_past_it_refused_however_far() {
    let plan = |levels| decode(&nested(levels).encode_to_vec());
    // The literal, and a query around, have levels of their own.
    assert!(plan(MAX_PLAN_DEPTH as u32 - 1).is_ok());
    for levels in [MAX_PLAN_DEPTH as u32, 300, 500, 5_000] {
        assert!(
            matches!(
                plan(levels),
                Err(DecodeError::TooMany { .. } | DecodeError::Plan(PlanError::TooMany { .. }))
            ),
            "{levels}"
        );
    }
}

#[test]
fn messages_nested_without_end_are_refused_by_the_parser() {
    // Groups within groups, and messages within messages: neither may cost stack.
    let groups = vec![0x0b_u8; MAX_PLAN_BYTES];
    assert_eq!(decode(&groups), Err(DecodeError::Protobuf));
    let mut inner: Vec<u8> = Vec::new();
    for _ in 0..20_000 {
        let mut outer = vec![0x12];
        prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
        outer.extend_from_slice(&inner);
        inner = outer;
        if inner.len() > MAX_PLAN_BYTES / 2 {
            break;
        }
    }
    assert!(decode(&inner).is_err());
}

#[test]
fn too_many_nodes_are_refused_before_they_are_parsed() {
    let empty = raw::Plan {
        parameters: Vec::new(),
        nodes: vec![raw::Node::default(); MAX_NODES + 1],
    };
    let many = DecodeError::TooMany {
        what: "nodes",
        limit: MAX_NODES,
    };
    assert_eq!(refused(&empty), many);
    // Within the first bound, and over the plan's own.
    let wide = raw::List {
        items: (1..=MAX_PLAN_NODES as u32).collect(),
    };
    let mut nodes = vec![literal(); MAX_PLAN_NODES];
    nodes.push(node(Form::Or(wide)));
    let over = refused(&select(nodes));
    assert!(
        matches!(over, DecodeError::Plan(PlanError::TooMany { .. })),
        "{over}"
    );
    assert!(matches!(
        decode(&vec![0; MAX_PLAN_BYTES + 1]),
        Err(DecodeError::TooMany { .. })
    ));
}

#[test]
fn parts_that_are_no_tree_are_refused() {
    let part = |plan: &raw::Plan| matches!(refused(plan), DecodeError::Part(_));
    // Itself, a later one, one that is not there, none.
    for number in [2, 3, 4, 99, u32::MAX, 0] {
        assert!(
            part(&select(vec![literal(), node(Form::Not(number))])),
            "{number}"
        );
    }
    // Twice: what would be a small message and a large plan.
    let pair = raw::List { items: vec![1, 1] };
    assert!(part(&select(vec![literal(), node(Form::And(pair))])));
    // Of another kind.
    let scalar = node(Form::Scalar(1));
    assert!(part(&select(vec![literal(), scalar])));
    // Left over.
    assert!(part(&select(vec![literal(), literal()])));
    // No query at the end, or nothing.
    let mut headless = select(vec![literal()]);
    headless.nodes.pop();
    assert!(part(&headless));
    assert!(part(&raw::Plan::default()));
}

#[test]
fn what_this_version_does_not_know_is_refused() {
    let unknown = |plan: &raw::Plan| matches!(refused(plan), DecodeError::Unknown(_));
    assert!(unknown(&select(vec![raw::Node::default()])));
    let call = |function: &str| {
        node(Form::Call(raw::Call {
            function: function.into(),
            args: vec![1],
            ..raw::Call::default()
        }))
    };
    for function in ["pg_sleep", "ABS", "pg_catalog.abs", "", "count"] {
        assert!(unknown(&select(vec![literal(), call(function)])), "{function}");
    }
    for number in [0, 18, u32::MAX] {
        let cast = raw::Cast {
            expr: 1,
            to: Some(raw::Type {
                r#type: number,
                ..raw::Type::default()
            }),
        };
        assert!(
            unknown(&select(vec![literal(), node(Form::Cast(cast))])),
            "{number}"
        );
    }
    for op in [0, 15] {
        let binary = raw::Binary {
            op,
            left: 1,
            right: 2,
        };
        let plan = select(vec![literal(), literal(), node(Form::Binary(binary))]);
        assert!(unknown(&plan), "{op}");
    }
}

#[test]
fn what_a_form_has_no_place_for_is_refused_and_not_dropped() {
    let call = raw::Call {
        function: "abs".into(),
        args: vec![1],
        distinct: true,
        ..raw::Call::default()
    };
    let plan = select(vec![literal(), node(Form::Call(call))]);
    assert!(matches!(refused(&plan), DecodeError::Part(_)));
}

#[test]
fn an_unknown_field_is_dropped_and_its_fingerprint_is_another() {
    // A filter that only a newer version knows: field 99 of a node that this version reads without it.
    let known = select(vec![literal()]);
    let mut bytes = known.encode_to_vec();
    prost::encoding::string::encode(99, &"only mine".to_owned(), &mut bytes);
    let plan = decode(&bytes).unwrap();
    assert_eq!(plan, decode(&known.encode_to_vec()).unwrap());
    // So the decoder cannot tell, and the fingerprint of what was understood is what is compared.
    assert_eq!(
        plan.fingerprint(),
        decode(&known.encode_to_vec()).unwrap().fingerprint()
    );
}

#[test]
fn names_and_references_are_checked() {
    let scan = |table: &str, column: u32| {
        let nodes = vec![
            node(Form::Scan(raw::Scan {
                id: 0,
                table: table.into(),
                columns: vec!["name".into()],
            })),
            node(Form::Column(raw::Column { relation: 0, column })),
        ];
        let mut plan = select(nodes);
        if let Some(Form::Select(select)) = &mut plan.nodes[2].node {
            select.from = 1;
        }
        plan
    };
    assert!(decode(&scan("dbt_models", 0).encode_to_vec()).is_ok());
    for plan in [
        scan("dbt_models", 1),
        scan("dbt_models", 70_000),
        scan("", 0),
        scan("a\0b", 0),
    ] {
        assert!(decode(&plan.encode_to_vec()).is_err());
    }
}

// ---- any plan ----

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn query(select: Select) -> Query {
    Query {
        ctes: Vec::new(),
        body: Body::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }
}

fn of_one(expr: Expr, from: Option<From>) -> Select {
    Select {
        distinct: Distinct::No,
        items: vec![Item {
            expr,
            name: name("x"),
        }],
        from,
        filter: None,
        group_by: Vec::new(),
        having: None,
    }
}

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(Literal::Integer),
        "[0-9]{1,9}\\.[0-9]{0,9}(e-?[0-9]{1,3})?"
            .prop_map(|text| Literal::Decimal(Decimal::parse(&text).unwrap())),
        "[^\0]{0,20}".prop_map(|text| Literal::Text(text.into())),
        "[0-9-]{0,10}".prop_map(|text| Literal::Typed(SqlType::Date, text.into())),
        (any::<i32>(), any::<i32>(), any::<i64>())
            .prop_map(|(months, days, micros)| Literal::Interval(Interval { months, days, micros })),
    ]
}

fn any_type() -> impl Strategy<Value = SqlType> {
    prop_oneof![
        prop::sample::select(vec![
            SqlType::Boolean,
            SqlType::SmallInt,
            SqlType::Integer,
            SqlType::BigInt,
            SqlType::Numeric(None),
            SqlType::Real,
            SqlType::Double,
            SqlType::Text,
            SqlType::Date,
            SqlType::Time,
            SqlType::Timestamp,
            SqlType::TimestampTz,
            SqlType::Interval,
            SqlType::Json,
            SqlType::Jsonb,
            SqlType::Uuid,
        ]),
        (1_u16..=10_000).prop_map(SqlType::Varchar),
        (1_u8..=38).prop_map(|precision| SqlType::Numeric(Some((precision, precision / 2)))),
    ]
}

fn any_key(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = SortKey> {
    (expr, any::<bool>(), any::<Option<bool>>()).prop_map(|(expr, descending, nulls_first)| SortKey {
        by: SortBy::Expr(expr),
        descending,
        nulls_first,
    })
}

fn any_bound() -> impl Strategy<Value = FrameBound> {
    prop_oneof![
        Just(FrameBound::UnboundedPreceding),
        any::<u32>().prop_map(FrameBound::Preceding),
        Just(FrameBound::CurrentRow),
        any::<u32>().prop_map(FrameBound::Following),
        Just(FrameBound::UnboundedFollowing),
    ]
}

/// Over relation 0 of two columns and one integer parameter. Relations of subqueries are numbered by the caller.
fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (0_u16..2).prop_map(|column| Expr::Column(ColumnRef {
            rel: RelId(0),
            column
        })),
        any_literal().prop_map(Expr::Literal),
        Just(Expr::Param(0)),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let many = || prop::collection::vec(inner.clone(), 2..4);
        let flag = any::<bool>;
        let subquery = inner.clone().prop_map(|expr| Box::new(query(of_one(expr, None))));
        let frame = (
            prop::sample::select(numbers::UNITS.to_vec()),
            any_bound(),
            any_bound(),
        )
            .prop_map(|(unit, start, end)| Frame { unit, start, end });
        prop_oneof![
            many().prop_map(Expr::And),
            many().prop_map(Expr::Or),
            boxed().prop_map(Expr::Not),
            boxed().prop_map(Expr::Negate),
            (
                prop::sample::select(numbers::OPERATORS.to_vec()),
                boxed(),
                boxed()
            )
                .prop_map(|(op, left, right)| Expr::Binary { op, left, right }),
            (boxed(), prop::sample::select(numbers::TRUTHS.to_vec()), flag())
                .prop_map(|(expr, what, negated)| Expr::Is { expr, what, negated }),
            (boxed(), boxed(), flag()).prop_map(|(left, right, negated)| Expr::IsDistinct {
                left,
                right,
                negated
            }),
            (boxed(), boxed(), any::<Option<char>>(), flag(), flag()).prop_map(
                |(expr, pattern, escape, case_insensitive, negated)| Expr::Like {
                    expr,
                    pattern,
                    escape,
                    case_insensitive,
                    negated
                }
            ),
            (boxed(), boxed(), boxed(), flag()).prop_map(|(expr, low, high, negated)| Expr::Between {
                expr,
                low,
                high,
                negated
            }),
            (boxed(), many(), flag()).prop_map(|(expr, items, negated)| Expr::InList {
                expr,
                items,
                negated
            }),
            (boxed(), subquery.clone(), flag()).prop_map(|(expr, query, negated)| Expr::InQuery {
                expr,
                query,
                negated
            }),
            (subquery.clone(), flag()).prop_map(|(query, negated)| Expr::Exists { query, negated }),
            (boxed(), subquery.clone(), flag()).prop_map(|(expr, query, all)| Expr::Quantified {
                expr,
                op: BinaryOp::LtEq,
                all,
                query
            }),
            subquery.prop_map(Expr::Scalar),
            (prop::option::of(boxed()), many(), prop::option::of(boxed())).prop_map(
                |(operand, exprs, otherwise)| Expr::Case {
                    operand,
                    branches: exprs.iter().cloned().zip(exprs.iter().rev().cloned()).collect(),
                    otherwise
                }
            ),
            (boxed(), any_type()).prop_map(|(expr, to)| Expr::Cast { expr, to }),
            (boxed(), prop::sample::select(DateField::ALL))
                .prop_map(|(expr, field)| Expr::Extract { field, expr }),
            boxed().prop_map(|expr| Expr::DateTrunc {
                field: DateField::Week,
                expr
            }),
            boxed().prop_map(|expr| Expr::AtTimeZone {
                expr,
                zone: "Europe/Berlin".into()
            }),
            (prop::sample::select(Scalar::ALL), many())
                .prop_map(|(function, args)| Expr::Call { function, args }),
            (
                prop::sample::select(Aggregate::ALL),
                inner.clone(),
                flag(),
                prop::collection::vec(any_key(inner.clone()), 0..2),
                prop::option::of(inner.clone())
            )
                .prop_map(|(function, arg, distinct, order_by, filter)| Expr::Aggregate(
                    Box::new(AggregateCall {
                        function,
                        args: vec![arg],
                        distinct,
                        order_by,
                        filter
                    })
                )),
            (any_key(inner.clone()), inner.clone()).prop_map(|(key, arg)| Expr::OrderedSet {
                function: OrderedSet::PercentileCont,
                args: vec![arg],
                within: Box::new(key),
                filter: None
            }),
            (
                prop_oneof![
                    prop::sample::select(Aggregate::ALL).prop_map(WindowFunction::Aggregate),
                    prop::sample::select(WindowOnly::ALL).prop_map(WindowFunction::Only)
                ],
                prop::collection::vec(inner.clone(), 0..2),
                prop::collection::vec(inner.clone(), 0..2),
                prop::collection::vec(any_key(inner.clone()), 0..2),
                prop::option::of(frame)
            )
                .prop_map(|(function, args, partition_by, order_by, frame)| Expr::Window(
                    Box::new(WindowCall {
                        function,
                        args,
                        filter: None,
                        partition_by,
                        order_by,
                        frame
                    })
                )),
        ]
    })
}

fn any_plan() -> impl Strategy<Value = Option<Plan>> {
    let shape = (
        prop::collection::vec(any_expr(), 1..4),
        prop::option::of(any_expr()),
        0_u8..6,
        any::<bool>(),
        any::<Option<bool>>(),
    );
    shape.prop_map(|(exprs, filter, shape, flag, choice)| {
        let scan = |id: u16| {
            From::Scan(Scan {
                id: RelId(id),
                table: name("dbt_models"),
                columns: vec![name("unique_id"), name("name")],
            })
        };
        let mut select = of_one(exprs[0].clone(), Some(scan(0)));
        select.filter = filter;
        select.group_by = exprs[1..].to_vec();
        select.distinct = if flag {
            Distinct::All
        } else {
            Distinct::On(exprs.clone())
        };
        let mut whole = query(select);
        whole.limit = Some(Count::Param(0));
        whole.offset = choice.map(|_| Count::Rows(7));
        let wrapped = |whole: Query, from| Query {
            ctes: vec![Cte {
                id: CteId(3),
                query: whole,
                materialized: choice,
            }],
            ..query(of_one(Expr::Literal(Literal::Null), Some(from)))
        };
        let whole = match shape {
            0 => whole,
            1 => query(of_one(
                Expr::Column(ColumnRef {
                    rel: RelId(9),
                    column: 0,
                }),
                Some(From::Derived {
                    id: RelId(9),
                    query: Box::new(whole),
                }),
            )),
            2 => wrapped(
                whole,
                From::Cte {
                    id: RelId(9),
                    cte: CteId(3),
                },
            ),
            3 => Query {
                body: Body::Set {
                    op: numbers::SET_OPS[usize::from(flag)],
                    all: flag,
                    left: Box::new(whole),
                    right: Box::new(query(of_one(Expr::Literal(Literal::Null), None))),
                },
                order_by: vec![SortKey {
                    by: SortBy::Output(0),
                    descending: flag,
                    nulls_first: choice,
                }],
                ..query(of_one(Expr::Literal(Literal::Null), None))
            },
            _ => {
                let join = From::Join {
                    kind: numbers::JOINS[usize::from(shape) - 4],
                    left: Box::new(From::Derived {
                        id: RelId(9),
                        query: Box::new(whole),
                    }),
                    right: Box::new(scan(4)),
                    on: Some(Expr::Literal(Literal::Boolean(flag))),
                };
                query(of_one(Expr::Literal(Literal::Null), Some(join)))
            }
        };
        let parameter = Parameter {
            name: name("$1"),
            param_type: ParamType::Integer,
        };
        // What a function's arity or the size refuses is no plan.
        Plan::new(whole, vec![parameter]).ok()
    })
}

proptest! {
    #[test]
    fn any_plan_arrives_as_it_was_sent(plan in any_plan()) {
        if let Some(plan) = plan {
            assert_travels(&plan);
        }
    }

    #[test]
    fn bytes_that_were_spoilt_are_a_plan_or_an_error(plan in any_plan(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        if let Some(plan) = plan {
            let mut bytes = encode(&plan).unwrap().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = with;
            fuzz_entry(&bytes);
        }
    }
}
