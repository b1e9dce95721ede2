//! The same batches for the same data.

use proto::catalogue::Catalogue;
use proto::query::plan::{Identifier, Parameter};
use proto::query::types::{ParamType, Value};
use proto::schema::elementary;
use tests::dataset::ELEMENTARY;

use crate::both::{Both, LONG, admitted, admitted_plan, run};
use tokio::time::Instant;

fn parameter(name: &str, param_type: ParamType, value: Value) -> (Parameter, Value) {
    let name = Identifier::new(name).unwrap();
    (Parameter { name, param_type }, value)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_reads_alike() {
    let both = Both::start().await.unwrap();
    let mut rows = 0;
    for table in &elementary::schema().tables {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let text = format!("select {} from {}", columns.join(", "), table.name);
        let query = admitted(ELEMENTARY, &text, vec![]);
        let postgres = run(&both.postgres, &query).await.unwrap();
        let duckdb = run(&both.duckdb, &query).await.unwrap();
        assert_eq!(postgres.columns(), duckdb.columns(), "{}", table.name);
        assert_eq!(postgres.sorted(), duckdb.sorted(), "{}", table.name);
        rows += postgres.rows().len();
    }
    assert!(rows > 20_000, "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_is_seen_alike() {
    let both = Both::start().await.unwrap();
    let schema = Identifier::new(ELEMENTARY).unwrap();
    let mut seen = Vec::new();
    for (name, warehouse) in both.each() {
        let inspection = warehouse.check(&schema, Instant::now() + LONG).await.unwrap();
        assert!(
            inspection.version.to_lowercase().starts_with(name),
            "{}",
            inspection.version
        );
        for table in &elementary::schema().tables {
            let columns = inspection
                .tables
                .get(table.name)
                .unwrap_or_else(|| panic!("{name}: {}", table.name));
            assert!(
                table
                    .columns
                    .iter()
                    .all(|column| columns.iter().any(|c| c == column.name)),
                "{}",
                table.name
            );
        }
        seen.push(inspection.tables);
    }
    let nowhere = Identifier::new("nowhere").unwrap();
    for (_, warehouse) in both.each() {
        assert!(
            warehouse
                .check(&nowhere, Instant::now() + LONG)
                .await
                .unwrap()
                .tables
                .is_empty()
        );
    }
}

/// Texts whose answers have one order and whose columns have one type on both engines.
const QUESTIONS: &[&str] = &[
    "select count(*) as n, count(test_type) as m, min(detected_at) as a, max(detected_at) as b from elementary_test_results",
    "select status, count(*) as n from elementary_test_results where detected_at >= timestamp '2026-01-01 00:00:00' group by status order by n desc, status limit 3",
    "select lower(name) as l, upper(name) as u, length(name) as n, substr(name, 2, 3) as s, left(name, 2) as f, strpos(name, 'a') as p, reverse(name) as r, md5(name) as m, replace(name, 'a', 'b') as x, btrim(name) as t from dbt_models order by unique_id",
    "select coalesce(description, 'none') || '!' as d, count(*) as n from dbt_models group by coalesce(description, 'none') order by coalesce(description, 'none')",
    "select distinct coalesce(alias, 'x') as a from dbt_models order by a desc limit 4 offset 1",
    "select name, case when materialization = 'view' then 1 else 0 end as v, materialization in ('view', 'table') as k, name like 'stg%' as p, name ilike 'STG%' as q, name not like 'a!_%' escape '!' as e from dbt_models order by unique_id",
    "select date_trunc('day', detected_at) as d, cast(sum(failures) as bigint) as f, cast(avg(failures) as double precision) as a from elementary_test_results group by date_trunc('day', detected_at) order by d nulls last",
    "select cast(extract(hour from detected_at) as integer) as h, count(*) as n from elementary_test_results group by 1 order by 1",
    "select detected_at + interval '1 month 2 days 3 hours' as a, detected_at - interval '90 minutes' as b from elementary_test_results order by detected_at, id limit 5",
    "select t.short_name, r.status, row_number() over (partition by r.test_unique_id order by r.detected_at desc, r.id) as k, lag(r.status) over (partition by r.test_unique_id order by r.detected_at, r.id) as was from elementary_test_results r left join dbt_tests t on t.unique_id = r.test_unique_id order by r.detected_at, r.id limit 50",
    "with latest as (select test_unique_id, max(detected_at) as at from elementary_test_results group by test_unique_id) select r.test_unique_id, r.status from elementary_test_results r join latest l on l.test_unique_id = r.test_unique_id and l.at = r.detected_at where exists (select 1 from dbt_tests t where t.unique_id = r.test_unique_id) order by 1, 2, r.id",
    "select name from dbt_models where unique_id in (select model_unique_id from elementary_test_results where status <> 'pass') union select name from dbt_sources where name is not null order by 1",
    "select (7 / 2) as i, (-7 % 4) as m, 7.0 / 2 > 3.4 as d, cast('12' as integer) + 1 as c, not (1 = 2) as b, null is null as n, 'it''s \\ fine' as t, cast('abc' as varchar(2)) as v",
    "select percentile_cont(0.5) within group (order by execution_time) as p, count(distinct status) as s, bool_and(execution_time >= 0) as e, count(*) filter (where status = 'error') as f from dbt_run_results",
    "select greatest(1, 2) as g, least(3, 2) as l, nullif(1, 1) as n, abs(-3) as a, ceil(1.2::double precision) as c, floor(-1.2::double precision) as f, sqrt(2::double precision) as q, concat('a', null, 'b') as k, split_part('a,b,c', ',', 2) as s",
];

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_alike() {
    let both = Both::start().await.unwrap();
    for text in QUESTIONS {
        let query = admitted(ELEMENTARY, text, vec![]);
        let postgres = run(&both.postgres, &query)
            .await
            .unwrap_or_else(|e| panic!("postgres: {text}: {e}"));
        let duckdb = run(&both.duckdb, &query)
            .await
            .unwrap_or_else(|e| panic!("duckdb: {text}: {e}"));
        assert_eq!(postgres.columns(), duckdb.columns(), "{text}");
        assert_eq!(postgres.rows(), duckdb.rows(), "{text}");
        assert!(!postgres.rows().is_empty(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_bound_alike_and_never_read_as_sql() {
    let both = Both::start().await.unwrap();
    let evil = r#"\'; drop table dbt_models; -- " $1 ünïcode"#;
    let given = || {
        vec![
            parameter("b", ParamType::Boolean, Value::Boolean(true)),
            parameter("i", ParamType::Integer, Value::Integer(i64::MIN)),
            parameter("f", ParamType::Float, Value::Float(-0.1)),
            parameter("t", ParamType::Text, Value::Text(evil.to_owned())),
            parameter(
                "at",
                ParamType::Timestamp,
                Value::Timestamp(1_700_000_000_123_456),
            ),
            parameter("d", ParamType::Date, Value::Date(-719_162)),
            parameter("none", ParamType::Text, Value::Null),
            parameter("limit", ParamType::Integer, Value::Integer(1)),
        ]
    };
    let text = "select :b as b, :i as i, :f as f, :t as t, :t || :t as tt, :at as at, :d as d, :none as none, \
        count(*) as n from dbt_models where name <> :t and generated_at is not null limit :limit";
    let postgres = run(&both.postgres, &admitted(ELEMENTARY, text, given()))
        .await
        .unwrap();
    let duckdb = run(&both.duckdb, &admitted(ELEMENTARY, text, given()))
        .await
        .unwrap();
    assert_eq!(postgres.columns(), duckdb.columns());
    assert_eq!(postgres.rows(), duckdb.rows());
    let row = postgres.rows().remove(0);
    assert!(
        row.contains(evil) && row.contains("2023-11-14T22:13:20.123456") && row.contains("0001-01-01"),
        "{row}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_result_has_its_columns_the_first_time_and_later() {
    let both = Both::start().await.unwrap();
    let query = admitted(
        ELEMENTARY,
        "select name, generated_at from dbt_models where name = 'no such model'",
        vec![],
    );
    for (name, warehouse) in both.each() {
        for _ in 0..3 {
            let table = run(warehouse, &query).await.unwrap();
            assert_eq!(table.columns(), ["name: Utf8", "generated_at: Utf8"], "{name}");
            assert!(table.batches.is_empty());
        }
    }
}

/// Every catalogued query, all its columns, with limits that cut nothing: where rows tie, engines may choose.
#[tokio::test(flavor = "multi_thread")]
async fn every_catalogued_query_is_answered_alike() {
    let both = Both::start().await.unwrap();
    let first = async |column: &str, table: &str| {
        let text = format!("select min({column}) as v from {table}");
        run(&both.postgres, &admitted(ELEMENTARY, &text, vec![]))
            .await
            .unwrap()
            .rows()
            .remove(0)
    };
    let model = first("unique_id", "dbt_models").await;
    let test = first("test_unique_id", "elementary_test_results").await;
    let result = first("elementary_test_results_id", "test_result_rows").await;
    let mut differences = Vec::new();
    let mut with_rows = 0;
    for entry in Catalogue::builtin().entries() {
        let values =
            entry
                .parameters()
                .iter()
                .map(|spec| match (spec.param_type, &spec.default, &spec.range) {
                    (ParamType::Integer, _, Some(range)) if spec.name.as_str() == "limit" => {
                        Value::Integer(*range.end())
                    }
                    (_, Some(default), _) => default.clone(),
                    (ParamType::Timestamp, ..) => Value::Timestamp(0),
                    (ParamType::Text, ..) if spec.name.as_str().contains("test_unique_id") => {
                        Value::Text(test.clone())
                    }
                    (ParamType::Text, ..) if spec.name.as_str().contains("result") => {
                        Value::Text(result.clone())
                    }
                    _ => Value::Text(model.clone()),
                });
        let query = admitted_plan(ELEMENTARY, entry.plan().clone(), values.collect());
        let postgres = run(&both.postgres, &query).await;
        let duckdb = run(&both.duckdb, &query).await;
        match (postgres, duckdb) {
            (Ok(postgres), Ok(duckdb)) if postgres.columns() != duckdb.columns() => {
                let pairs = postgres
                    .columns()
                    .into_iter()
                    .zip(duckdb.columns())
                    .filter(|(p, d)| p != d);
                differences.push(format!(
                    "{}: columns {:?}",
                    entry.name(),
                    pairs.collect::<Vec<_>>()
                ));
            }
            (Ok(postgres), Ok(duckdb)) => {
                with_rows += usize::from(!postgres.batches.is_empty());
                let (postgres, duckdb) = (postgres.sorted(), duckdb.sorted());
                if postgres != duckdb {
                    let differ = postgres.iter().zip(&duckdb).find(|(p, d)| p != d);
                    let sizes = (postgres.len(), duckdb.len());
                    differences.push(format!("{}: rows {sizes:?} {differ:?}", entry.name()));
                }
            }
            (postgres, duckdb) => {
                let words = (
                    postgres.err().map(|e| e.to_string()),
                    duckdb.err().map(|e| e.to_string()),
                );
                differences.push(format!("{}: {words:?}", entry.name()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(with_rows > 30, "{with_rows} queries found rows");
}
