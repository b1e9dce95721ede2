//! `cargo bench -p tests --bench admission`: what it costs to admit a statement, on each side, the first time and when it
//! is asked again. Prints the table of docs/performance.md, "Admission".
//!
//! Medians over many rounds on one thread. Cold is without any memory: a new text each time at the gateway, a new plan each
//! time at the connector; a warehouse or a network is in none of them.

use std::{
    hint::black_box,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use connector::{
    clock::UnixMillis,
    policy::{Asked, Origin, Policy, budget::Ledger, file::Document},
    reading::Reading,
    warehouse::{
        Inspection,
        render::{Dialect, Namespace, render},
    },
};
use gateway::{
    statement::{Statements, Text},
    tunnel::schemas::Schemas,
};
use proto::{
    query::plan::Identifier,
    recent::Recent,
    schema::elementary,
    wire::{
        frame::{AdHoc, DialectName, SourceSchema},
        plan::EncodedPlan,
    },
};

const ROUNDS: usize = 2_000;

const SHORT: &str = "SELECT name, unique_id FROM dbt_models WHERE name = 'orders' LIMIT 10";

const LONG: &str = "WITH runs AS (SELECT unique_id, status, execution_time, created_at FROM dbt_run_results WHERE created_at > '2026-01-01') \
    SELECT m.name, r.status, count(*) AS runs, avg(r.execution_time) AS mean, \
      percentile_cont(0.95) WITHIN GROUP (ORDER BY r.execution_time) AS p95, \
      max(r.created_at) FILTER (WHERE r.status = 'success') AS last_success, \
      row_number() OVER (PARTITION BY r.status ORDER BY count(*) DESC) AS place \
    FROM runs r JOIN dbt_models m USING (unique_id) \
    WHERE m.name ILIKE '%order%' AND EXISTS (SELECT 1 FROM dbt_tests t WHERE t.parent_model_unique_id = m.unique_id) \
    GROUP BY m.name, r.status HAVING count(*) > 3 ORDER BY p95 DESC NULLS LAST LIMIT 100";

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!("| statement | gateway, cold | gateway, again | connector, cold | connector, again |");
    println!("|---|---|---|---|---|");
    for (name, text) in [
        ("one table, one condition", SHORT),
        ("CTE, join, window, subquery", LONG),
    ] {
        let [cold, again, theirs, theirs_again] = runtime.block_on(measure(text)).context(name)?;
        println!(
            "| {name} | {} | {} | {} | {} |",
            micros(cold),
            micros(again),
            micros(theirs),
            micros(theirs_again)
        );
    }
    Ok(())
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

async fn measure(text: &str) -> Result<[Duration; 4]> {
    let schema = Identifier::new("elementary")?;
    let inventory = elementary::schema();
    let tables = inventory.tables.iter().map(|table| {
        let columns = table
            .columns
            .iter()
            .map(|column| column.name.to_owned())
            .collect::<Vec<_>>();
        (table.name.to_owned(), columns)
    });
    let inspection = Inspection {
        version: String::new(),
        database: Some("shop".to_owned()),
        tables: tables.collect(),
    };
    let told = SourceSchema {
        source: "dw".parse()?,
        database: Some(Identifier::new("shop")?),
        schema: schema.clone(),
        adhoc: AdHoc::On,
        tables: inspection.tables.clone(),
    };
    let told = Schemas::default()
        .take(&told, &DialectName::new("postgres")?)
        .context("a dialect that is read")?;

    // The gateway: a text becomes a plan with its fingerprint.
    let statements = Statements::new(AdHoc::On);
    let (mut cold, mut again) = (Vec::new(), Vec::new());
    let mut statement = None;
    for round in 0..ROUNDS {
        // A comment makes the text another one, and the plan the same.
        let fresh = Text::new(&format!("{text} -- {round}"));
        let started = Instant::now();
        statement = Some(statements.lower(&fresh, &[], &told).await?);
        cold.push(started.elapsed());
        let started = Instant::now();
        black_box(statements.lower(&fresh, &[], &told).await?);
        again.push(started.elapsed());
    }
    let statement = statement.context("a round")?;

    // The connector: decoded, its fingerprint computed, its names resolved, admitted by the policy, rendered.
    let policy =
        "source = \"dw\"\nschema = \"elementary\"\nadhoc = true\n[budget]\nqueries_per_minute = 4000000000\n";
    let document = Document::parse(Path::new("policy.toml"), policy.as_bytes())?;
    let policy = Policy::new(document, Arc::new(Ledger::default()));
    let reading = Reading::default();
    reading.take(&schema, &inspection);
    let admit = |plan: &Arc<proto::query::plan::Plan>| -> Result<()> {
        reading.resolve(plan, &schema)?;
        let asked = Asked {
            origin: Origin::AdHoc,
            plan: Arc::clone(plan),
            values: Vec::new(),
            rows: None,
            bytes: None,
            time: Duration::from_secs(1),
        };
        let admitted = policy
            .admit(asked, UnixMillis::now())
            .map_err(|refusal| anyhow::anyhow!("{}", refusal.fault))?;
        let namespace = Namespace {
            catalog: None,
            schema: admitted.schema().clone(),
        };
        black_box(render(
            admitted.plan(),
            admitted.values(),
            &namespace,
            Dialect::Postgres,
        )?);
        Ok(())
    };
    let (mut theirs, mut theirs_again) = (Vec::new(), Vec::new());
    let mut kept = Recent::new(1 << 20);
    for _ in 0..ROUNDS {
        let encoded = EncodedPlan::received(statement.plan.bytes().clone()).context("a plan")?;
        let started = Instant::now();
        let plan = Arc::new(encoded.decode()?);
        anyhow::ensure!(
            plan.fingerprint() == statement.fingerprint,
            "another plan arrived"
        );
        admit(&plan)?;
        theirs.push(started.elapsed());
        kept.put(encoded.bytes().clone(), plan, encoded.bytes().len());
        let started = Instant::now();
        let plan = kept.get(encoded.bytes()).context("kept")?;
        admit(&plan)?;
        theirs_again.push(started.elapsed());
    }
    Ok([median(cold), median(again), median(theirs), median(theirs_again)])
}
