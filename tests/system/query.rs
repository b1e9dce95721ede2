//! Questions and answers: every catalogued query through the whole path, its columns and parameters, and what is refused
//! before it runs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use http::Method;
use proto::catalogue::{Catalogue, Entry};
use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::postgres::Cluster;
use tests::world::{SOURCE, Setup, TENANT, Warehouse, World, open_policy, query, query_body, query_path};

const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// The values that are known for the parameters of a query that have no default, and as many rows as it gives.
fn required(entry: &Entry, known: &BTreeMap<&str, String>) -> Value {
    let mut given = serde_json::Map::new();
    for parameter in entry.parameters() {
        let name = parameter.name.as_str();
        if parameter.default.is_none() {
            given.insert(name.to_owned(), json!(known.get(name)));
        } else if name == "limit" {
            given.insert(name.to_owned(), json!(10_000));
        }
    }
    given.into()
}

async fn lines(caller: &Client, name: &str, parameters: &Value) -> Result<Vec<String>> {
    let answer = query(caller, name, parameters, NDJSON).await?;
    anyhow::ensure!(
        answer.status.is_success(),
        "{name}: {} {}",
        answer.status,
        answer.text()
    );
    Ok(answer.text().lines().map(str::to_owned).collect())
}

/// The field of the first row that has one.
async fn first(caller: &Client, name: &str, parameters: &Value, field: &str) -> Result<String> {
    let rows = lines(caller, name, parameters).await?;
    let rows = rows.iter().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let mut values = rows.filter_map(|row| Some(row.get(field)?.as_str()?.to_owned()));
    values.next().with_context(|| format!("no {field} in {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_catalogued_query_answers_alike_on_both_warehouses() {
    let cluster = Cluster::start().await.unwrap();
    let open = || Setup {
        policy: open_policy(""),
        ..Setup::default()
    };
    let on_postgres = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..open()
    };
    let (duckdb, postgres) = tokio::join!(World::start(open()), World::start(on_postgres));
    let (duckdb, postgres) = (duckdb.unwrap(), postgres.unwrap());
    let callers = [duckdb.caller().await.unwrap(), postgres.caller().await.unwrap()];

    let mut known = BTreeMap::from([("since", "2026-01-01 00:00:00".to_owned())]);
    let node = first(
        &callers[0],
        "models.slowest",
        &json!({"since": known["since"]}),
        "unique_id",
    )
    .await;
    known.insert("unique_id", node.unwrap());
    let test = first(
        &callers[0],
        "tests.failing",
        &json!({"since": known["since"]}),
        "test_unique_id",
    )
    .await;
    known.insert("test_unique_id", test.unwrap());
    let sampled = first(
        &callers[0],
        "read.test_result_rows",
        &json!({}),
        "elementary_test_results_id",
    )
    .await;
    known.insert("result_id", sampled.unwrap());

    let (mut asked, mut rows, mut empty) = (0, 0, Vec::new());
    for entry in Catalogue::builtin().entries() {
        let (name, parameters) = (entry.name().as_str(), required(entry, &known));
        let mut answers = [
            lines(&callers[0], name, &parameters).await.unwrap(),
            lines(&callers[1], name, &parameters).await.unwrap(),
        ];
        // Rows that an ORDER BY ranks alike may change places.
        answers.iter_mut().for_each(|lines| lines.sort());
        let [here, there] = &answers;
        assert_eq!(here, there, "{name}");
        (asked, rows) = (asked + 1, rows + here.len());
        if here.is_empty() {
            empty.push(name);
        }
    }
    assert!(asked >= 45 && rows > 20_000, "{asked} queries, {rows} rows");
    // The data set has no row for these.
    assert!(empty.len() <= 6, "empty: {empty:?}");
    duckdb.assert_no_errors_but(&[]).unwrap();
    postgres.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_narrow_a_read_and_parameters_are_taken_by_their_types() {
    let world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let ask = async |body: Value| -> Answer {
        caller
            .send(Method::POST, &query_path(), NDJSON, Some(&body))
            .await
            .unwrap()
    };
    let rows = |answer: &Answer| -> Vec<Value> {
        assert!(answer.status.is_success(), "{}", answer.text());
        answer
            .text()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    };

    let narrow = ask(json!({"query": "read.dbt_models", "columns": ["name", "unique_id"]})).await;
    let narrow = rows(&narrow);
    assert!(!narrow.is_empty());
    for row in &narrow {
        let names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["name", "unique_id"]);
    }
    for columns in [
        json!(["name", "nobody"]),
        json!(["name", "name"]),
        json!(["name; drop table x"]),
    ] {
        let refused = ask(json!({"query": "read.dbt_models", "columns": columns})).await;
        assert_eq!(
            refused.problem().unwrap(),
            "invalid_parameter",
            "{columns}: {}",
            refused.text()
        );
    }

    // A text, a timestamp, an integer and a float, each at work.
    let all = rows(&ask(query_body("read.dbt_models", &json!({}))).await);
    let middle = all[all.len() / 2]["unique_id"].clone();
    let after = rows(&ask(query_body("read.dbt_models", &json!({"after": middle}))).await);
    assert_eq!(
        (after.len(), &after[0]["unique_id"]),
        (all.len() - all.len() / 2, &middle)
    );
    let runs = rows(&ask(query_body("read.dbt_run_results", &json!({"limit": 10}))).await);
    assert_eq!(runs.len(), 10);
    let late = rows(
        &ask(query_body(
            "read.dbt_run_results",
            &json!({"since": "2999-12-31T00:00:00.000001"}),
        ))
        .await,
    );
    assert!(late.is_empty());
    let anomalies = async |sensitivity: Value| {
        let body = query_body("metrics.anomalies", &json!({"sensitivity": sensitivity}));
        rows(&ask(body).await).len()
    };
    assert!(anomalies(json!(0.5)).await > anomalies(json!(3)).await);

    // And what is no value of its type, with the parameter's name and never its value.
    for (name, parameters, named) in [
        ("tests.failing", json!({}), "since"),
        ("read.dbt_models", json!({"nobody": 1}), "nobody"),
        ("read.dbt_models", json!({"after": 7}), "after"),
        ("read.dbt_models", json!({"after": null}), "after"),
        ("read.dbt_models", json!({"limit": "7"}), "limit"),
        ("read.dbt_models", json!({"limit": 7.5}), "limit"),
        ("read.dbt_models", json!({"limit": 0}), "limit"),
        ("read.dbt_models", json!({"limit": 99_999_999}), "limit"),
        (
            "read.dbt_run_results",
            json!({"since": "2026-01-01T00:00:00Z"}),
            "since",
        ),
        (
            "read.dbt_run_results",
            json!({"since": "yesterday-secret"}),
            "since",
        ),
        ("metrics.anomalies", json!({"sensitivity": "wide"}), "sensitivity"),
    ] {
        let refused = ask(query_body(name, &parameters)).await;
        assert_eq!(refused.problem().unwrap(), "invalid_parameter", "{parameters}");
        let detail = refused_detail(&refused);
        assert!(
            detail.contains(named) && !detail.contains("yesterday-secret"),
            "{detail}"
        );
    }
    world.assert_no_errors_but(&[]).unwrap();
}

fn refused_detail(answer: &Answer) -> String {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    document["detail"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_before_a_query_has_its_code_and_its_document() {
    let world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    world
        .admin()
        .post("/v1/tenants", &json!({"tenant": "globex"}))
        .await
        .unwrap()
        .json()
        .unwrap();
    let token = async |tenant: &str, body: Value| {
        let path = format!("/v1/tenants/{tenant}/api-tokens");
        let made = world.admin().post(&path, &body).await.unwrap().json().unwrap();
        world
            .admin()
            .clone()
            .with_token(made["api_token"].as_str().unwrap())
    };
    let enrols = token(TENANT, json!({"name": "enrols", "scopes": ["enrol"]})).await;
    let elsewhere = token(
        TENANT,
        json!({"name": "elsewhere", "scopes": ["query"], "sources": ["other"]}),
    )
    .await;
    let globex = token("globex", json!({"name": "globex", "scopes": ["query"]})).await;
    let here = token(
        TENANT,
        json!({"name": "here", "scopes": ["query"], "sources": [SOURCE]}),
    )
    .await;

    let good = query_body("read.dbt_models", &json!({"limit": 1}));
    let unknown = query_body("read.pg_authid", &json!({}));
    let to = |tenant: &str, source: &str| format!("/v1/tenants/{tenant}/sources/{source}/query");
    let (own, forged) = (
        query_path(),
        caller
            .clone()
            .with_token("eta1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    );
    for (what, caller, path, accept, body, code, status) in [
        (
            "no token",
            &caller.clone().anonymous(),
            &own,
            JSON,
            &good,
            "unauthenticated",
            401,
        ),
        (
            "a forged token",
            &forged,
            &own,
            JSON,
            &good,
            "unauthenticated",
            401,
        ),
        (
            "a token without the scope",
            &enrols,
            &own,
            JSON,
            &good,
            "forbidden",
            403,
        ),
        (
            "a token for another source",
            &elsewhere,
            &own,
            JSON,
            &good,
            "forbidden",
            403,
        ),
        (
            "another tenant's token",
            &globex,
            &own,
            JSON,
            &good,
            "unknown_tenant",
            404,
        ),
        (
            "the administrator's token",
            world.admin(),
            &own,
            JSON,
            &good,
            "unknown_tenant",
            404,
        ),
        (
            "a tenant that there is",
            &caller,
            &to("globex", SOURCE),
            JSON,
            &good,
            "unknown_tenant",
            404,
        ),
        (
            "a tenant that there is not",
            &caller,
            &to("nobody", SOURCE),
            JSON,
            &good,
            "unknown_tenant",
            404,
        ),
        (
            "a source that nobody serves",
            &caller,
            &to(TENANT, "other"),
            JSON,
            &good,
            "source_offline",
            503,
        ),
        (
            "an illegal source",
            &caller,
            &to(TENANT, "No%20Name"),
            JSON,
            &good,
            "invalid_request",
            400,
        ),
        (
            "a query that there is not",
            &caller,
            &own,
            JSON,
            &unknown,
            "unknown_query",
            404,
        ),
        (
            "a type that is not offered",
            &caller,
            &own,
            "text/html",
            &good,
            "not_acceptable",
            406,
        ),
        (
            "no type at all",
            &caller,
            &own,
            "json",
            &good,
            "invalid_request",
            400,
        ),
        (
            "SQL",
            &caller,
            &own,
            JSON,
            &json!({"sql": "select 1"}),
            "refused_by_gateway",
            403,
        ),
        (
            "a member too many",
            &caller,
            &own,
            JSON,
            &json!({"query": "read.dbt_models", "x": 1}),
            "invalid_request",
            400,
        ),
        (
            "a bound beyond the gateway's",
            &caller,
            &own,
            JSON,
            &json!({"query": "read.dbt_models", "max_rows": u64::MAX}),
            "limit_exceeded",
            422,
        ),
    ] {
        let answer = caller.send(Method::POST, path, accept, Some(body)).await.unwrap();
        assert_eq!(answer.problem().unwrap(), code, "{what}: {}", answer.text());
        assert_eq!(answer.status.as_u16(), status, "{what}");
        let document: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(document["status"], status, "{what}");
        assert_eq!(
            document["type"],
            format!("urn:elementary-tunnel:error:{code}"),
            "{what}"
        );
        assert_eq!(document["request_id"], answer.header("x-request-id"), "{what}");
        for member in ["title", "detail", "next_step"] {
            assert!(
                document[member].as_str().is_some_and(|t| !t.is_empty()),
                "{what}: {member}"
            );
        }
        assert_eq!(document["retryable"].as_bool().unwrap(), status == 503, "{what}");
        assert_eq!(answer.header("retry-after").is_empty(), status != 503, "{what}");
        assert_eq!(
            answer.header("www-authenticate").is_empty(),
            status != 401,
            "{what}"
        );
        assert!(!answer.text().contains("select 1"), "{what}");
    }
    // The same request with nothing wrong, by each of those who may.
    for caller in [&caller, &here] {
        let answer = caller.send(Method::POST, &own, JSON, Some(&good)).await.unwrap();
        assert_eq!(answer.json().unwrap().as_array().unwrap().len(), 1);
    }
    world.assert_no_errors_but(&[]).unwrap();
}
