//! Every kind of value, also those that the real schema does not have, and those that Arrow cannot say.

use connector::warehouse::WarehouseError;
use proto::error::Code;

use crate::both::{Both, admitted, run};

/// Columns of `dbt_models` in the schema `kinds`, in both dialects: name, PostgreSQL's type, DuckDB's, Arrow's, values.
const KINDS: &[(&str, &str, &str, &str, &[&str])] = &[
    ("unique_id", "smallint", "smallint", "Int16", &["-32768", "32767"]),
    (
        "alias",
        "integer",
        "integer",
        "Int32",
        &["-2147483648", "2147483647"],
    ),
    (
        "checksum",
        "bigint",
        "bigint",
        "Int64",
        &["-9223372036854775808", "9223372036854775807"],
    ),
    (
        "materialization",
        "real",
        "real",
        "Float32",
        &["'1.5'", "'-Infinity'"],
    ),
    (
        "tags",
        "double precision",
        "double",
        "Float64",
        &["'NaN'", "'Infinity'", "0.1"],
    ),
    (
        "meta",
        "numeric(12,3)",
        "decimal(12,3)",
        "Decimal128(12, 3)",
        &["-123456789.125", "0.001", "0"],
    ),
    ("owner", "boolean", "boolean", "Boolean", &["true", "false"]),
    (
        "database_name",
        "date",
        "date",
        "Date32",
        &["'0001-01-01'", "'9999-12-31'", "'4000-02-29'"],
    ),
    (
        "schema_name",
        "time",
        "time",
        "Time64(µs)",
        &["'00:00:00'", "'23:59:59.999999'"],
    ),
    (
        "depends_on_macros",
        "timestamp",
        "timestamp",
        "Timestamp(µs)",
        &["'0001-01-01 00:00:00'", "'2026-02-28 23:59:59.123456'"],
    ),
    (
        "depends_on_nodes",
        "timestamptz",
        "timestamptz",
        "Timestamp(µs, \"+00:00\")",
        &["'2026-03-29 02:30:00+02'", "'1970-01-01 00:00:00+00'"],
    ),
    (
        "description",
        "interval",
        "interval",
        "Interval(MonthDayNano)",
        &[
            "interval '14 months'",
            "interval '3 days'",
            "interval '5 seconds'",
        ],
    ),
    (
        "name",
        "uuid",
        "uuid",
        "Utf8",
        &["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    ),
    (
        "package_name",
        "text",
        "varchar",
        "Utf8",
        &["''", "'ünï \\ ''quoted'' \n line'"],
    ),
    ("original_path", "bytea", "blob", "Binary", &["'ab'"]),
    (
        "path",
        "integer[]",
        "integer[]",
        "List(Int32)",
        &["array[1, null, 3]", "array[]::integer[]"],
    ),
    (
        "patch_path",
        "text[]",
        "varchar[]",
        "List(Utf8)",
        &["array['a', null, '']"],
    ),
];

fn table(position: usize) -> (String, String) {
    let (_, postgres, duckdb, _, values) = KINDS[position];
    let make = |data_type: &str, cast: &str| {
        let rows: Vec<String> = values
            .iter()
            .map(|v| format!("(cast({v} as {cast}))"))
            .chain(["(null)".to_owned()])
            .collect();
        let column = KINDS[position].0;
        format!(
            "create schema kinds_{position}; create table kinds_{position}.dbt_models (\"{column}\" {data_type}); \
             insert into kinds_{position}.dbt_models values {}",
            rows.join(", ")
        )
    };
    (
        make(postgres, postgres)
            + &format!(
                "; grant usage on schema kinds_{position} to public; grant select on kinds_{position}.dbt_models to public"
            ),
        make(duckdb, duckdb),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_value_is_the_same_on_both() {
    let (postgres, duckdb): (Vec<String>, Vec<String>) = (0..KINDS.len()).map(table).unzip();
    let both = Both::with(&postgres.join("; "), &duckdb.join("; "))
        .await
        .unwrap();
    for (position, (column, postgres_type, _, arrow, values)) in KINDS.iter().enumerate() {
        let query = admitted(
            &format!("kinds_{position}"),
            &format!("select {column} from dbt_models"),
            vec![],
        );
        let postgres = run(&both.postgres, &query)
            .await
            .unwrap_or_else(|e| panic!("postgres: {postgres_type}: {e}"));
        let duckdb = run(&both.duckdb, &query)
            .await
            .unwrap_or_else(|e| panic!("duckdb: {postgres_type}: {e}"));
        let kind =
            |table: &crate::both::Table| table.columns()[0].replace("field: ", "").replace("'item' ", "");
        assert_eq!(postgres.columns(), duckdb.columns(), "{postgres_type}");
        assert!(
            kind(&postgres).starts_with(&format!("{column}: {}", arrow.split('(').next().unwrap())),
            "{}",
            kind(&postgres)
        );
        assert_eq!(postgres.rows(), duckdb.rows(), "{postgres_type}");
        assert_eq!(postgres.rows().len(), values.len() + 1);
    }
}

const ODD_POSTGRES: &str = "create schema odd; create type odd.mood as enum ('sad', 'ok'); \
    create table odd.dbt_models (unique_id numeric, alias timestamp, checksum date, name point, tags odd.mood, meta numeric(5,2), path integer[], owner numeric, description numeric(38,0)); \
    insert into odd.dbt_models values (12345678901234567890123456789012345678901234.5, 'infinity', '-infinity', point(1, 2), 'ok', 'NaN', '{{1,2},{3,4}}', 'NaN', 7); \
    grant usage on schema odd to public; grant select on odd.dbt_models to public";

const ODD_DUCKDB: &str = "create schema odd; \
    create table odd.dbt_models (alias timestamp, checksum date, name struct(x integer), description hugeint, owner utinyint, tags varchar[][]); \
    insert into odd.dbt_models values ('infinity', '-infinity', {'x': 1}, 7, 200, [['a']])";

#[tokio::test(flavor = "multi_thread")]
async fn what_arrow_cannot_say_is_an_error_that_names_the_column() {
    let both = Both::with(ODD_POSTGRES, ODD_DUCKDB).await.unwrap();
    let one = async |warehouse, column: &str| {
        run(
            warehouse,
            &admitted(
                "odd",
                &format!("select unique_id_, {column} from dbt_models").replace("unique_id_, ", ""),
                vec![],
            ),
        )
        .await
    };
    for (column, engines) in [
        ("alias", both.each().to_vec()),
        ("checksum", both.each().to_vec()),
    ] {
        for (name, warehouse) in engines {
            let error = one(warehouse, column).await.unwrap_err();
            assert!(
                matches!(&error, WarehouseError::Value { column: c, .. } if c == column),
                "{name}: {error}"
            );
            assert_eq!(error.to_fault().code, Code::WarehouseError);
        }
    }
    for column in ["meta", "path"] {
        let error = one(&both.postgres, column).await.unwrap_err();
        assert!(
            matches!(&error, WarehouseError::Value { column: c, .. } if c == column),
            "{error}"
        );
    }
    for column in ["name", "tags"] {
        for (name, warehouse) in both.each() {
            let error = one(warehouse, column).await.unwrap_err();
            assert!(
                matches!(&error, WarehouseError::Unmapped { column: c, .. } if c == column),
                "{name}: {error}"
            );
        }
    }
    // Digits beyond any machine number stay, and so does the session: the next query has it.
    let table = one(&both.postgres, "unique_id").await.unwrap();
    assert_eq!(table.rows(), ["12345678901234567890123456789012345678901234.5"]);
    assert_eq!(one(&both.postgres, "owner").await.unwrap().rows(), ["NaN"]);
    for (_, warehouse) in both.each() {
        let table = one(warehouse, "description").await.unwrap();
        assert_eq!(
            (table.rows(), table.columns()),
            (vec!["7".to_owned()], vec!["description: Utf8".to_owned()])
        );
    }
    assert_eq!(
        one(&both.duckdb, "owner").await.unwrap().columns(),
        ["owner: Int16"]
    );
}
