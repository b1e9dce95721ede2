//! Plans that no parser makes, from a gateway in the wrong hands to a real connector whose customer lets plans in. Nothing
//! gets through that the policy does not name, the database hears of none, and each is written down.

use proto::error::Code;
use proto::query::expr::{BinaryOp, ColumnRef, Expr, RelId};
use proto::query::plan::{Body, Distinct, From, Identifier, Item, Parameter, Plan, Query, Scan, Select};
use proto::query::types::{Literal, ParamType, Value};
use proto::wire::frame::{AdHoc, ControlFrame, Question, Request};
use proto::wire::plan::EncodedPlan;
use tests::double::gateway::{Tunnel, Verdict, request};
use tests::postgres::{Cluster, DATABASE};
use tests::world::{SOURCE, Setup, Warehouse, policy};

use super::hostile_gateway::{audited, log_statements, statements, taken_over};
use crate::sessions::until_in_order;

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// `SELECT column FROM table WHERE filter`
fn read(table: &str, column: &str, filter: Option<Expr>, parameters: Vec<Parameter>) -> Plan {
    let first = ColumnRef {
        rel: RelId(0),
        column: 0,
    };
    let select = Select {
        distinct: Distinct::No,
        items: vec![Item {
            expr: Expr::Column(first),
            name: name("x"),
        }],
        from: Some(From::Scan(Scan {
            id: RelId(0),
            table: name(table),
            columns: vec![name(column)],
        })),
        filter,
        group_by: Vec::new(),
        having: None,
    };
    let query = Query {
        ctes: Vec::new(),
        body: Body::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
    };
    Plan::new(query, parameters).unwrap()
}

fn named() -> Plan {
    let same = Expr::Binary {
        op: BinaryOp::Eq,
        left: Box::new(Expr::Column(ColumnRef {
            rel: RelId(0),
            column: 0,
        })),
        right: Box::new(Expr::Param(0)),
    };
    let parameter = Parameter {
        name: name("$1"),
        param_type: ParamType::Text,
    };
    read("dbt_models", "name", Some(same), vec![parameter])
}

fn ask(plan: &Plan, parameters: &[(&str, Value)]) -> Request {
    Request {
        question: Question::AdHoc(EncodedPlan::of(plan).unwrap()),
        fingerprint: plan.fingerprint(),
        parameters: parameters
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()))
            .collect(),
        ..request(SOURCE, "read.dbt_models", &[], &[]).unwrap()
    }
}

/// Bytes as a plan, with the fingerprint of another one.
fn raw(bytes: Vec<u8>, of: &Plan) -> Request {
    Request {
        question: Question::AdHoc(EncodedPlan::received(bytes.into()).unwrap()),
        ..ask(of, &[])
    }
}

/// A message within a message.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encode_length_delimiter(body.len(), &mut out).unwrap();
    out.extend_from_slice(body);
    out
}

fn varint(key: &[u8], number: usize) -> Vec<u8> {
    let mut out = key.to_vec();
    prost::encode_length_delimiter(number, &mut out).unwrap();
    out
}

/// `SELECT NOT NOT … true` by hand, as `plan.proto` has it.
fn nested(levels: usize) -> Vec<u8> {
    // A node is field 2 of the plan; a literal its field 11, NOT its field 15.
    let mut bytes = field(2, &field(11, &[0x10, 1]));
    for below in 1..=levels {
        bytes.extend(field(2, &varint(&[0x78], below)));
    }
    let item = [varint(&[0x08], levels + 1), field(2, b"x")].concat();
    bytes.extend(field(2, &field(2, &[vec![0x08, 1], field(3, &item)].concat())));
    bytes.extend(field(2, &field(1, &varint(&[0x10], levels + 2))));
    bytes
}

async fn verdict(tunnel: &Tunnel, request: &Request) -> Verdict {
    let mut exchange = tunnel.ask(request.clone()).await.unwrap();
    exchange.verdict().await.unwrap()
}

/// The connector has read its warehouse, and says whether the customer lets plans in.
async fn told(tunnel: &mut Tunnel) -> AdHoc {
    loop {
        if let ControlFrame::Schema(schema) = tunnel.said.frame().await.unwrap() {
            return schema.adhoc;
        }
    }
}

#[tokio::test]
async fn no_plan_gets_through_that_the_policy_does_not_name() {
    let cluster = Cluster::start().await.unwrap();
    log_statements(&cluster).await;
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: policy(
            "adhoc = true\n[tables]\ndeny = [\"dbt_tests\"]\n[columns]\ndrop = [\"dbt_models.owner\"]",
        ),
        ..Setup::default()
    };
    let (world, _gateway, mut tunnel) = taken_over(setup).await;
    assert_eq!(told(&mut tunnel).await, AdHoc::On);
    let _batches = tunnel.drain();

    // The honest twins: a plan, one with a parameter, and one that is nested to the bound.
    let all = read("dbt_models", "name", None, Vec::new());
    let deep = EncodedPlan::received(nested(127).into())
        .unwrap()
        .decode()
        .unwrap();
    let orders = ("$1", Value::Text("orders".to_owned()));
    for honest in [
        ask(&all, &[]),
        ask(&named(), std::slice::from_ref(&orders)),
        ask(&deep, &[]),
    ] {
        let whole = verdict(&tunnel, &honest).await;
        assert!(matches!(whole, Verdict::Complete(_)), "{whole:?}");
    }

    let other = |table, column| ask(&read(table, column, None, Vec::new()), &[]);
    let subquery = {
        let Body::Select(inner) = &read("dbt_tests", "name", None, Vec::new()).query().body.clone() else {
            panic!("a SELECT");
        };
        let mut inner = inner.clone();
        inner.from = Some(From::Scan(Scan {
            id: RelId(1),
            table: name("dbt_tests"),
            columns: vec![name("name")],
        }));
        inner.items[0].expr = Expr::Literal(Literal::Integer(1));
        let query = Query {
            ctes: Vec::new(),
            body: Body::Select(inner),
            order_by: Vec::new(),
            limit: None,
            offset: None,
        };
        let exists = Expr::Exists {
            query: Box::new(query),
            negated: false,
        };
        ask(&read("dbt_models", "name", Some(exists), Vec::new()), &[])
    };
    let mut unknown_field = EncodedPlan::of(&all).unwrap().bytes().to_vec();
    prost::encoding::string::encode(99, &"WHERE name = 'mine'".to_owned(), &mut unknown_field);
    let renamed = Request {
        question: request(SOURCE, "read.dbt_models", &[], &[]).unwrap().question,
        ..ask(&all, &[])
    };
    let many: Vec<u8> = field(2, &field(11, &[0x18, 2])).repeat(6_000);
    let integer = Value::Integer(1);
    let cases: Vec<(&str, Request, Code)> = vec![
        (
            "a table of the customer's own",
            other("customers", "email"),
            Code::InvalidSql,
        ),
        (
            "a catalogue of the server",
            other("pg_authid", "rolpassword"),
            Code::InvalidSql,
        ),
        (
            "another table's column",
            other("dbt_models", "test_unique_id"),
            Code::InvalidSql,
        ),
        (
            "a column of nobody",
            other("dbt_models", "xmin"),
            Code::InvalidSql,
        ),
        (
            "a dropped column",
            other("dbt_models", "owner"),
            Code::RefusedByPolicy,
        ),
        (
            "a denied table",
            other("dbt_tests", "name"),
            Code::RefusedByPolicy,
        ),
        ("a denied table in a subquery", subquery, Code::RefusedByPolicy),
        (
            "a predicate that this version drops",
            raw(unknown_field, &named()),
            Code::ProtocolViolation,
        ),
        (
            "a fingerprint of another plan",
            Request {
                fingerprint: named().fingerprint(),
                ..ask(&all, &[])
            },
            Code::ProtocolViolation,
        ),
        ("a catalogue's name for another plan", renamed, Code::UnknownQuery),
        ("no parameter", ask(&named(), &[]), Code::InvalidParameter),
        (
            "a parameter of another type",
            ask(&named(), &[("$1", integer.clone())]),
            Code::InvalidParameter,
        ),
        (
            "a parameter that is nothing",
            ask(&named(), &[("$1", Value::Null)]),
            Code::InvalidParameter,
        ),
        (
            "a parameter of another name",
            ask(&named(), &[("name", orders.1.clone())]),
            Code::InvalidParameter,
        ),
        (
            "a parameter too many",
            ask(&named(), &[orders.clone(), ("$2", integer)]),
            Code::InvalidParameter,
        ),
        (
            "a parameter that no database takes",
            ask(&named(), &[("$1", Value::Text("a\0b".to_owned()))]),
            Code::InvalidParameter,
        ),
        (
            "nesting past the bound",
            raw(nested(128), &all),
            Code::LimitExceeded,
        ),
        (
            "nesting far past the bound",
            raw(nested(4_000), &all),
            Code::LimitExceeded,
        ),
        ("too many nodes", raw(many, &all), Code::LimitExceeded),
        ("noise", raw(vec![9; 100], &all), Code::ProtocolViolation),
        (
            "groups without end",
            raw(vec![0x0b; 90_000], &all),
            Code::ProtocolViolation,
        ),
        (
            "nothing but a field of tomorrow",
            raw(field(15, b"x"), &all),
            Code::ProtocolViolation,
        ),
    ];
    until_in_order(&cluster.admin(DATABASE).await.unwrap())
        .await
        .unwrap();
    let quiet = statements(&cluster);
    for (what, request, code) in cases {
        let verdict = verdict(&tunnel, &request).await;
        assert_eq!(verdict.code().unwrap(), code, "{what}: {verdict:?}");
        let expected = [("refused".to_owned(), code.name().to_owned())];
        assert_eq!(audited(&world, &request), expected, "{what}");
    }
    assert_eq!(
        statements(&cluster),
        quiet,
        "the database has heard of a refused plan"
    );
    tunnel.probe().await.unwrap();
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn without_the_customers_leave_no_plan_runs() {
    let (world, _gateway, mut tunnel) = taken_over(Setup::default()).await;
    assert_eq!(told(&mut tunnel).await, AdHoc::Off);
    let honest = ask(&read("dbt_models", "name", None, Vec::new()), &[]);
    // What the customer does not have tells the gateway nothing either.
    let unknown = ask(&read("customers", "email", None, Vec::new()), &[]);
    for request in [honest, unknown] {
        let verdict = verdict(&tunnel, &request).await;
        assert_eq!(verdict.code().unwrap(), Code::RefusedByPolicy, "{verdict:?}");
        assert_eq!(
            audited(&world, &request),
            [("refused".to_owned(), "refused_by_policy".to_owned())]
        );
    }
    // By name it still asks.
    let named = request(
        SOURCE,
        "read.dbt_models",
        &["name"],
        &[("limit", Value::Integer(5))],
    )
    .unwrap();
    let _batches = tunnel.drain();
    assert!(matches!(verdict(&tunnel, &named).await, Verdict::Complete(_)));
    world.assert_no_errors_but(&[]).unwrap();
}
