//! Before a statement that somebody wrote, PostgreSQL itself is asked what it would do for it.

use std::path::Path;
use std::sync::Arc;

use connector::clock::UnixMillis;
use connector::policy::budget::Ledger;
use connector::policy::file::Document;
use connector::policy::{Asked, Origin, Policy};
use connector::warehouse::{Unexpected, WarehouseError};
use proto::error::Code;
use proto::schema::elementary;
use proto::sql;
use tests::dataset::ELEMENTARY;
use tests::postgres::{DATABASE, READER};
use tokio::time::Instant;

use crate::both::{Both, LONG, collect};

async fn ask(both: &Both, origin: Origin, budget: &str, text: &str) -> Result<usize, WarehouseError> {
    let policy = format!("source = \"s\"\nschema = \"{ELEMENTARY}\"\nadhoc = true\n[budget]\n{budget}\n");
    let document = Document::parse(Path::new("policy.toml"), policy.as_bytes()).unwrap();
    let plan = sql::lower(text, elementary::schema(), Vec::new()).unwrap();
    let asked = Asked {
        origin,
        plan: Arc::new(plan),
        values: Vec::new(),
        rows: None,
        bytes: None,
        time: LONG,
    };
    let policy = Policy::new(document, Arc::new(Ledger::default()));
    let admitted = policy.admit(asked, UnixMillis::now()).unwrap();
    use connector::warehouse::Warehouse as _;
    let stream = both.postgres.run(&admitted, Instant::now() + LONG).await?;
    Ok(collect(stream).await?.rows().len())
}

const TOTALS: &str =
    "select count(*) as n, max(name) as x from dbt_models where name like 'a%' and checksum <> 'it''s ('";

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_statement_runs_after_it() {
    let both = Both::start().await.unwrap();
    for text in [
        TOTALS,
        "select left(lower(m.name), 3) as k, count(distinct r.status) filter (where r.execution_time > 1) as n, \
         row_number() over (order by left(lower(m.name), 3)) as p from dbt_models m join dbt_run_results r using (unique_id) \
         where r.created_at > now() - interval '1000 days' group by 1 having count(*) > 0 order by 1 limit 5",
        "with w as (select date_trunc('day', created_at) as d, extract(hour from created_at) as h from dbt_run_results) \
         select d, max(h) as h from w where exists (select 1 from dbt_models where name ilike '%a\\_%' escape '\\') group by d order by 1",
    ] {
        ask(&both, Origin::AdHoc, "", text)
            .await
            .unwrap_or_else(|e| panic!("{text}: {e} {e:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_costs_more_than_the_policy_allows_does_not_run() {
    let both = Both::start().await.unwrap();
    let dear = ask(&both, Origin::AdHoc, "cost_per_query = 1", TOTALS)
        .await
        .unwrap_err();
    assert!(
        matches!(dear, WarehouseError::Cost { allowed: 1, .. }),
        "{dear:?}"
    );
    let fault = dear.to_fault();
    assert_eq!(fault.code, Code::LimitExceeded);
    assert!(fault.detail.contains("budget.cost_per_query"), "{fault:?}");
    // The session serves the next one; and what the customer's own catalogue asks is not for the estimate to refuse.
    assert_eq!(ask(&both, Origin::AdHoc, "", TOTALS).await.unwrap(), 1);
    assert_eq!(
        ask(&both, Origin::Catalogued, "cost_per_query = 1", TOTALS)
            .await
            .unwrap(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_reads_or_calls_what_is_outside_the_schema_is_not_read() {
    let both = Both::start().await.unwrap();
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute(&format!(
            "create table public.wages (name text); insert into public.wages values ('x'); \
             create function public.peek(text) returns text language plpgsql stable as 'begin return $1; end'; \
             alter table {ELEMENTARY}.dbt_groups rename to groups_before; \
             create view {ELEMENTARY}.dbt_groups as select name as unique_id, name from public.wages; \
             alter table {ELEMENTARY}.dbt_seeds rename to seeds_before; \
             create view {ELEMENTARY}.dbt_seeds as select public.peek(name) as name, unique_id from {ELEMENTARY}.dbt_models; \
             grant select on {ELEMENTARY}.dbt_groups, {ELEMENTARY}.dbt_seeds to {READER}"
        ))
        .await
        .unwrap();
    let refused = async |text: &str| ask(&both, Origin::AdHoc, "", text).await.unwrap_err();
    let outside = refused("select name from dbt_groups").await;
    assert_eq!(
        outside,
        WarehouseError::Unexpected(Unexpected::Relation("public.wages".to_owned()))
    );
    // What is outside is for the customer to know.
    let fault = outside.to_fault();
    assert_eq!(fault.code, Code::RefusedByPolicy);
    assert!(!fault.detail.contains("wages"), "{fault:?}");
    assert_eq!(
        refused("select name from dbt_seeds").await,
        WarehouseError::Unexpected(Unexpected::Call("peek".to_owned()))
    );
    // A column that does not call it is read.
    ask(
        &both,
        Origin::AdHoc,
        "",
        "select unique_id from dbt_seeds limit 1",
    )
    .await
    .unwrap();
}
