//! The bounds on failed rows, on the real ones: what is held back is in no row of any result, whatever stands around the
//! table, and what is not held back is all there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use connector::clock::UnixMillis;
use connector::policy::budget::Ledger;
use connector::policy::file::Document;
use connector::policy::{Asked, Origin, Policy};
use connector::warehouse::Warehouse;
use proto::query::types::Value;
use proto::schema::elementary;
use proto::sql;
use tests::canaries::Canaries;

use crate::both::{Both, LONG, Table, admitted, collect, run};

/// 2026-11-22 12:00 UTC, hours after the last run of the data set.
const NOW: UnixMillis = UnixMillis(1_795_348_800_000);

/// A policy with rows on and these bounds.
fn policy(samples: &str) -> Policy {
    let text = format!(
        "source = \"s\"\nschema = \"analytics_elementary\"\nadhoc = true\n\
         [categories]\nfailed_rows_sample = true\n[budget]\nqueries_per_minute = 100000\n[samples]\n{samples}\n"
    );
    let document = Document::parse(Path::new("policy.toml"), text.as_bytes()).expect("a policy");
    Policy::new(document, Arc::new(Ledger::default()))
}

async fn ask(warehouse: &dyn Warehouse, policy: &Policy, text: &str) -> Table {
    let plan = sql::lower(text, elementary::schema(), Vec::new()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let asked = Asked {
        origin: Origin::AdHoc,
        plan: Arc::new(plan),
        values: Vec::<Value>::new(),
        rows: None,
        bytes: None,
        time: LONG,
    };
    let admitted = policy
        .admit(asked, NOW)
        .unwrap_or_else(|r| panic!("{text}: {}", r.fault));
    let stream = warehouse.run(&admitted, tokio::time::Instant::now() + LONG).await;
    let stream = stream.unwrap_or_else(|error| panic!("{text}: {error}"));
    collect(stream)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The ids that a query of the whole truth returns.
async fn truth(warehouse: &dyn Warehouse, text: &str) -> Vec<String> {
    run(warehouse, &admitted("analytics_elementary", text, Vec::new()))
        .await
        .expect(text)
        .sorted()
}

/// Every way to the rows: each returns or counts them. `{}` is where a column of the rows stands that tells of them.
const WAYS: [&str; 8] = [
    "select {} from test_result_rows",
    "select t.{} from test_result_rows t join elementary_test_results e on e.id = t.elementary_test_results_id",
    "with c as (select {} as k from test_result_rows) select k from c",
    "select d.k from (select {} as k from test_result_rows where row_index >= 0) d",
    "select (select max(t.{}) from test_result_rows t where t.elementary_test_results_id = e.id) as k from elementary_test_results e",
    "select max({}) as k from test_result_rows group by elementary_test_results_id, row_index, result_row",
    "select {} as k from test_result_rows union all select {} as k from test_result_rows",
    "select {} as k from test_result_rows where elementary_test_results_id in (select id from elementary_test_results)",
];

/// What any way returns is what is allowed, and all of that by the plain ways.
async fn holds(samples: &str, column: &str, allowed: &str) {
    let both = Both::start().await.unwrap();
    for (engine, warehouse) in both.each() {
        let mut allowed = truth(warehouse, allowed).await;
        let all = truth(warehouse, &format!("select {column} from test_result_rows")).await;
        assert!(
            !allowed.is_empty() && allowed.len() < all.len(),
            "{engine}: nothing is held back, or all"
        );
        let exactly = ask(warehouse, &policy(samples), &WAYS[0].replace("{}", column))
            .await
            .sorted();
        assert_eq!(exactly, allowed, "{engine} {samples}");
        allowed.push("\u{0}NULL".to_owned());
        let allowed: BTreeSet<String> = allowed.into_iter().collect();
        for way in WAYS {
            let rows = ask(warehouse, &policy(samples), &way.replace("{}", column))
                .await
                .sorted();
            assert!(!rows.is_empty(), "{engine}: {way}");
            for row in rows {
                assert!(allowed.contains(&row), "{engine}: {way} returned {row}");
            }
        }
        // Counting tells no more than reading.
        let counted = ask(
            warehouse,
            &policy(samples),
            "select count(*) as n from test_result_rows",
        )
        .await;
        assert_eq!(counted.rows(), [exactly.len().to_string()], "{engine} {samples}");
    }
}

#[tokio::test]
async fn no_row_of_an_excluded_table_is_seen_by_any_way() {
    // In the data set the same table is named in both cases.
    holds(
        "exclude_tables = [\"analytics_marts.dim_customers\", \"SUPPORT_SUMMARY\", \"acme_warehouse.raw_app.orders\"]",
        "result_row",
        "select t.result_row from test_result_rows t join elementary_test_results e on e.id = t.elementary_test_results_id
         where lower(e.table_name) not in ('dim_customers', 'support_summary', '')
           and not (lower(e.table_name) = 'orders' and lower(e.schema_name) = 'raw_app')",
    )
    .await;
}

#[tokio::test]
async fn no_more_rows_of_a_result_than_allowed_are_seen_by_any_way() {
    holds(
        "rows_per_result = 2",
        "elementary_test_results_id",
        "select d.id from (select elementary_test_results_id as id, row_number() over (partition by elementary_test_results_id
           order by row_index, created_at, result_row) as n from test_result_rows) d where d.n <= 2",
    )
    .await;
}

#[tokio::test]
async fn no_row_that_is_too_old_is_seen_by_any_way() {
    holds(
        "max_age_days = 3",
        "result_row",
        "select result_row from test_result_rows where created_at >= timestamp '2026-11-19 12:00:00'",
    )
    .await;
}

#[tokio::test]
async fn a_text_with_rows_is_null_where_its_table_is_excluded_or_it_is_too_old() {
    let change = |schema: &str| {
        format!("update {schema}.elementary_test_results set result_rows = 'rows of ' || lower(table_name)")
    };
    let change = change("analytics_elementary");
    let both = Both::with(&change, &change).await.unwrap();
    for (engine, warehouse) in both.each() {
        let text = "select distinct result_rows from elementary_test_results";
        let open = ask(warehouse, &policy(""), text).await.sorted();
        assert!(
            open.contains(&"rows of dim_customers".to_owned()),
            "{engine}: {open:?}"
        );
        let closed = ask(warehouse, &policy("exclude_tables = [\"dim_customers\"]"), text)
            .await
            .sorted();
        assert!(
            closed.contains(&"rows of fct_orders".to_owned()),
            "{engine}: {closed:?}"
        );
        assert!(
            !closed.iter().any(|row| row.contains("dim_customers")),
            "{engine}: {closed:?}"
        );
        let counted =
            "select count(*) as n from elementary_test_results where result_rows like '%dim_customers%'";
        let counted = ask(
            warehouse,
            &policy("exclude_tables = [\"dim_customers\"]"),
            counted,
        )
        .await;
        assert_eq!(counted.rows(), ["0"], "{engine}");
        // An expression that fails on what is held back fails on nothing.
        let fails = "select count(case when result_rows like '%dim_customers' then cast(result_rows as integer) end) as n
            from elementary_test_results";
        let none = ask(warehouse, &policy("exclude_tables = [\"dim_customers\"]"), fails).await;
        assert_eq!(none.rows(), ["0"], "{engine}");
        let old = "select count(result_rows) as n, count(*) as m from elementary_test_results where created_at < timestamp '2026-11-19 12:00:00'";
        let old = ask(warehouse, &policy("max_age_days = 3"), old).await.rows();
        assert!(
            old.first()
                .is_some_and(|row| row.starts_with("0\u{1}") && !row.ends_with("\u{1}0")),
            "{engine}: {old:?}"
        );
    }
}

/// Every text that leaves redacted, from the real rows: no canary survives in it, and the words of a message do.
#[tokio::test]
async fn no_raw_value_survives_in_what_is_redacted() {
    let canaries = Canaries::load().unwrap();
    let both = Both::start().await.unwrap();
    let (mut values, mut found) = (0, 0);
    for (_, warehouse) in both.each() {
        for table in &elementary::schema().tables {
            let literal = table
                .columns
                .iter()
                .filter(|c| c.sensitivity == proto::schema::Sensitivity::Literal);
            for column in literal {
                let text = format!("select {} from {}", column.name, table.name);
                let result = run(warehouse, &admitted("analytics_elementary", &text, Vec::new()))
                    .await
                    .expect("runs");
                for batch in &result.batches {
                    for value in batch.column(0).as_string::<i32>().iter().flatten() {
                        values += 1;
                        found += u32::from(canaries.find_in(value.as_bytes()).is_some());
                        let left = connector::mask::redact(value);
                        assert_eq!(canaries.find_in(left.as_bytes()), None, "{text}");
                        assert!(!left.contains(char::is_numeric), "{text}");
                    }
                }
            }
        }
    }
    assert!(
        values > 10_000 && found > 4,
        "{values} values, {found} with raw values in them"
    );
}
