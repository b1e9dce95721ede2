//! What a policy admits, and what it refuses with which words.

use std::path::Path;

use proto::error::Code;
use proto::query::{
    expr::{ColumnRef, Expr, RelId},
    plan::{Body, Distinct, From, Item, JoinKind, Query, Select},
    types::Literal,
};

use super::*;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn policy(rest: &str) -> Policy {
    let text = format!("source = \"shop\"\nschema = \"analytics_elementary\"\n{rest}");
    let document = Document::parse(Path::new("policy.toml"), text.as_bytes()).expect("a policy");
    Policy::new(document, Arc::new(Ledger::default()))
}

fn name(text: &str) -> Identifier {
    Identifier::new(text).expect("a name")
}

fn scan(id: u16, table: &str, columns: &[&str]) -> From {
    From::Scan(Scan {
        id: RelId(id),
        table: name(table),
        columns: columns.iter().map(|c| name(c)).collect(),
    })
}

fn select(from: From) -> Query {
    let item = Item {
        expr: Expr::Literal(Literal::Integer(1)),
        name: name("one"),
    };
    let select = Select {
        distinct: Distinct::No,
        items: vec![item],
        from: Some(from),
        filter: None,
        group_by: Vec::new(),
        having: None,
    };
    Query {
        ctes: Vec::new(),
        body: Body::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
    }
}

fn reading(table: &str, columns: &[&str]) -> Plan {
    Plan::new(select(scan(0, table, columns)), Vec::new()).expect("a plan")
}

fn asked(plan: Plan) -> Asked {
    Asked {
        origin: Origin::Catalogued,
        plan: Arc::new(plan),
        values: Vec::new(),
        rows: None,
        bytes: None,
        time: Duration::from_secs(60),
    }
}

fn refused(policy: &Policy, plan: Plan) -> (Reason, String) {
    let refusal = policy.admit(asked(plan), NOW).expect_err("refused");
    assert_eq!(refusal.fault.code, Code::RefusedByPolicy);
    (refusal.reason, refusal.fault.detail.into_owned())
}

#[test]
fn what_the_policy_allows_is_admitted_within_the_smaller_bounds() {
    let policy = policy("[budget]\nrows_per_query = 100\nseconds_per_query = 90");
    let mut asked = asked(reading("dbt_models", &["unique_id", "owner"]));
    asked.bytes = Some(10);
    let admitted = policy.admit(asked, NOW).expect("admitted");
    assert_eq!(admitted.schema().as_str(), "analytics_elementary");
    let limits = Limits {
        rows: 100,
        bytes: 10,
        time: Duration::from_secs(60),
        cost: 10_000_000,
    };
    assert_eq!(admitted.limits(), limits);
}

#[test]
fn each_refusal_names_what_is_withheld_and_the_setting_that_would_allow_it() {
    for (rest, table, column, reason, words) in [
        (
            "",
            "dbt_invocations",
            "vars",
            Reason::Sensitivity,
            "columns.allow = [\"dbt_invocations.vars\"]",
        ),
        (
            "",
            "test_result_rows",
            "result_row",
            Reason::Category,
            "categories.failed_rows_sample = true",
        ),
        (
            "[categories]\nmetadata = false",
            "dbt_models",
            "name",
            Reason::Category,
            "categories.metadata = true",
        ),
        (
            "[tables]\ndeny = [\"dbt_models\"]",
            "dbt_models",
            "name",
            Reason::Table,
            "\"dbt_models\" out of `tables.deny`",
        ),
        (
            "[tables]\nallow = []",
            "dbt_models",
            "name",
            Reason::Table,
            "add \"dbt_models\" to `tables.allow`",
        ),
        (
            "[columns]\ndrop = [\"dbt_models.name\"]",
            "dbt_models",
            "name",
            Reason::Column,
            "\"dbt_models.name\" out of `columns.drop`",
        ),
        (
            "",
            "pg_authid",
            "rolpassword",
            Reason::Table,
            "no setting allows it",
        ),
        ("", "dbt_models", "ctid", Reason::Column, "no setting allows it"),
    ] {
        let (found, detail) = refused(&policy(rest), reading(table, &[column]));
        assert_eq!(found, reason, "{detail}");
        assert!(detail.contains(words) && detail.contains(table), "{detail}");
    }
}

#[test]
fn a_column_is_refused_wherever_it_is_read() {
    let secret = scan(1, "dbt_invocations", &["vars"]);
    let plain = scan(0, "dbt_models", &["unique_id"]);
    let joined = From::Join {
        kind: JoinKind::Cross,
        left: Box::new(plain.clone()),
        right: Box::new(secret.clone()),
        on: None,
    };
    let derived = From::Derived {
        id: RelId(2),
        query: Box::new(select(secret.clone())),
    };
    let mut filtered = select(plain);
    if let Body::Select(select_block) = &mut filtered.body {
        let mut inner = select(secret);
        if let Body::Select(block) = &mut inner.body {
            block.filter = Some(Expr::Is {
                expr: Box::new(Expr::Column(ColumnRef {
                    rel: RelId(1),
                    column: 0,
                })),
                what: proto::query::expr::Truth::Null,
                negated: true,
            });
        }
        select_block.filter = Some(Expr::Exists {
            query: Box::new(inner),
            negated: false,
        });
    }
    for query in [select(joined), select(derived), filtered] {
        let plan = Plan::new(query, Vec::new()).expect("a plan");
        let (reason, detail) = refused(&policy(""), plan);
        assert_eq!(reason, Reason::Sensitivity);
        assert!(detail.contains("`dbt_invocations.vars`"), "{detail}");
    }
}

#[test]
fn counting_rows_needs_a_column_that_may_be_read() {
    assert!(policy("").check(&reading("dbt_models", &[])).is_ok());
    let off = policy("[categories]\nmetadata = false\nconfiguration = false");
    let (reason, detail) = refused(&off, reading("dbt_models", &[]));
    assert_eq!(reason, Reason::Category, "{detail}");
}

#[test]
fn budgets_are_refused_with_their_own_codes() {
    let policy = policy("[budget]\nconcurrent_queries = 1\nqueries_per_minute = 2\nbytes_per_day = 10");
    let ask = || policy.admit(asked(reading("dbt_models", &["name"])), NOW);
    let first = ask().expect("admitted");
    let refusal = ask().expect_err("one at a time");
    assert_eq!(
        (refusal.reason, refusal.fault.code),
        (Reason::Concurrency, Code::Overloaded)
    );
    assert_eq!(
        first.spend(11, NOW).expect_err("too much").code,
        Code::RateLimited
    );
    assert!(first.spend(9, NOW).is_ok());
    drop(first);
    drop(ask().expect("admitted"));
    let refusal = ask().expect_err("two a minute");
    assert_eq!(
        (refusal.reason, refusal.fault.code),
        (Reason::Rate, Code::RateLimited)
    );
    assert!(refusal.fault.retry_after.is_some());
}

/// Every form in which something is done with a column: `{}` is where it stands.
const COMPUTES: [&str; 22] = [
    "select unique_id from dbt_run_results where {} = 'x'",
    "select unique_id from dbt_run_results where {} like 'a%'",
    "select unique_id from dbt_run_results where {} is null",
    "select unique_id from dbt_run_results where unique_id in (select {} from dbt_run_results)",
    "select unique_id from dbt_run_results where exists (select 1 from dbt_models m where m.name = {})",
    "select unique_id from dbt_run_results where 'a' < any (select {} from dbt_run_results)",
    "select (select {} from dbt_run_results limit 1) as c",
    "select upper({}) as c from dbt_run_results",
    "select {} || 'x' as c from dbt_run_results",
    "select cast({} as text) as c from dbt_run_results",
    "select case when unique_id = 'a' then {} else 'b' end as c from dbt_run_results",
    "select unique_id from dbt_run_results order by {}",
    "select {} from dbt_run_results order by 1",
    "select count(*) as c from dbt_run_results group by {}",
    "select count({}) as c from dbt_run_results",
    "select max({}) as c from dbt_run_results",
    "select distinct {} from dbt_run_results",
    "select distinct on ({}) unique_id from dbt_run_results",
    "select lag({}) over (order by unique_id) as c from dbt_run_results",
    "select row_number() over (order by {}) as c from dbt_run_results",
    "select {} from dbt_run_results union select name from dbt_models",
    "select a.unique_id from dbt_run_results a join dbt_models m on m.name = {}",
];

/// Forms that carry a column to the result and do nothing with it.
const SELECTS: [&str; 7] = [
    "select {} from dbt_run_results",
    "select {} as other, unique_id from dbt_run_results order by unique_id limit 3",
    "select d.m from (select {} as m from dbt_run_results) d",
    "with c as (select {} as m from dbt_run_results) select m from c where 1 = 1",
    "with c as (select {} as m, unique_id as u from dbt_run_results) select c.m from c join dbt_models on u = dbt_models.unique_id",
    "select {} as m from dbt_run_results union all select name from dbt_models",
    "select name as m from dbt_models union all select {} from dbt_run_results",
];

fn lowered(text: &str) -> Plan {
    let schema = proto::schema::elementary::schema();
    proto::sql::lower(text, schema, Vec::new()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_column_that_the_connector_masks_can_be_selected_and_not_computed_with() {
    let named = policy("[columns.mask]\n\"dbt_run_results.status\" = \"sha256\"");
    for (policy, column, setting, mask) in [
        (policy(""), "message", "profile = \"balanced\"", Mask::Redact),
        (named, "status", "columns.mask", Mask::Sha256),
    ] {
        for form in COMPUTES {
            let text = form.replace("{}", column);
            let (reason, detail) = refused(&policy, lowered(&text));
            assert_eq!(reason, Reason::Masked, "{text}: {detail}");
            let name = format!("`dbt_run_results.{column}`");
            assert!(
                detail.contains(&name) && detail.contains(setting),
                "{text}: {detail}"
            );
            // The same with a column that is free.
            let free = lowered(
                &form
                    .replace("{}", "name")
                    .replace("m.name = name", "m.name = 'x'"),
            );
            assert!(policy.rewrite(&free, NOW).is_ok(), "{form}");
        }
        for form in SELECTS {
            let plan = lowered(&form.replace("{}", column));
            let rewritten = policy.rewrite(&plan, NOW).expect(form);
            assert_eq!(rewritten.masks.first(), Some(&Some(mask)), "{form}");
            assert!(rewritten.masks.iter().skip(1).all(Option::is_none), "{form}");
        }
    }
}

#[test]
fn one_step_behind_a_name_a_masked_column_is_still_masked() {
    for text in [
        "select 1 as x from (select message as m from dbt_run_results) d where d.m = 'x'",
        "with c as (select message as m from dbt_run_results), e as (select m as n from c) select count(n) as x from e",
        "select m from (select message as m from dbt_run_results union all select name from dbt_models) d order by m",
        "select 1 as x from dbt_models where exists (select 1 from (select message as m from dbt_run_results) d where d.m = dbt_models.name)",
    ] {
        let (reason, detail) = refused(&policy(""), lowered(text));
        assert_eq!(reason, Reason::Masked, "{text}: {detail}");
    }
    let two = policy("[columns.mask]\n\"dbt_models.name\" = \"sha256\"");
    let text = "select message from dbt_run_results union all select name from dbt_models";
    let (reason, detail) = refused(&two, lowered(text));
    assert_eq!(reason, Reason::Masked);
    assert!(detail.contains("UNION ALL"), "{detail}");
}

#[test]
fn what_the_policy_leaves_alone_is_rendered_as_it_was_asked() {
    let plan = lowered("select unique_id, message from dbt_run_results where name = 'x'");
    assert_eq!(policy("").rewrite(&plan, NOW).expect("admitted").plan, plan);
    let masked = policy("[columns.mask]\n\"dbt_run_results.name\" = \"null\"");
    let rewritten = masked.rewrite(&plan, NOW).expect("admitted").plan;
    assert_ne!(rewritten.fingerprint(), plan.fingerprint());
    assert_eq!(rewritten.output(), plan.output());
}

#[test]
fn an_ad_hoc_plan_needs_the_setting() {
    let mut ad_hoc = asked(reading("dbt_models", &["name"]));
    ad_hoc.origin = Origin::AdHoc;
    let refusal = policy("").admit(ad_hoc, NOW).expect_err("refused");
    assert_eq!(
        (refusal.reason, refusal.fault.code),
        (Reason::AdHoc, Code::RefusedByPolicy)
    );
    assert!(refusal.fault.detail.contains("adhoc = true"));
    let mut ad_hoc = asked(reading("dbt_models", &["name"]));
    ad_hoc.origin = Origin::AdHoc;
    assert!(policy("adhoc = true").admit(ad_hoc, NOW).is_ok());
}

#[test]
fn a_paused_source_and_one_out_of_its_hours_say_when_they_answer() {
    let (reason, detail) = refused(&policy("pause = true"), reading("dbt_models", &["name"]));
    assert_eq!(reason, Reason::Paused);
    assert!(
        detail.contains("paused") && detail.contains("pause = true"),
        "{detail}"
    );
    // NOW is a Tuesday, 22:13 UTC.
    let hours =
        |day: &str| format!("[hours]\ndays = [\"{day}\"]\nfrom = \"22:00\"\nto = \"23:00\"\nzone = \"UTC\"");
    assert!(
        policy(&hours("tue"))
            .admit(asked(reading("dbt_models", &["name"])), NOW)
            .is_ok()
    );
    let refusal = policy(&hours("wed")).admit(asked(reading("dbt_models", &["name"])), NOW);
    let refusal = refusal.expect_err("closed");
    assert_eq!(
        (refusal.reason, refusal.fault.code),
        (Reason::Hours, Code::RefusedByPolicy)
    );
    assert!(
        refusal.fault.detail.contains("begin in 23 h 47 min"),
        "{}",
        refusal.fault.detail
    );
    assert!(
        refusal
            .fault
            .retry_after
            .is_some_and(|wait| wait.as_secs() / 60 == 23 * 60 + 46)
    );
}

#[test]
fn a_plan_that_grows_too_large_by_the_policy_is_refused() {
    let tables: Vec<String> = (0..64).map(|i| format!("\"d.s.t{i}\"")).collect();
    let policy = policy(&format!(
        "[categories]\nfailed_rows_sample = true\n[samples]\nexclude_tables = [{}]",
        tables.join(", ")
    ));
    let wide: Vec<String> = (0..250)
        .map(|i| format!("replace(result_rows, 'a', 'b') as c{i}"))
        .collect();
    let text = format!("select {} from elementary_test_results", wide.join(", "));
    let refusal = policy.rewrite(&lowered(&text), NOW).expect_err("refused");
    assert_eq!(
        (refusal.reason, refusal.fault.code),
        (Reason::Size, Code::LimitExceeded)
    );
    // As many relations as a caller may write, each a sample.
    let joins: Vec<String> = (1..12)
        .map(|i| format!("join test_result_rows t{i} on t{i}.row_index = t0.row_index"))
        .collect();
    let text = format!(
        "select t0.result_row from test_result_rows t0 {}",
        joins.join(" ")
    );
    assert!(policy.rewrite(&lowered(&text), NOW).is_ok());
}
