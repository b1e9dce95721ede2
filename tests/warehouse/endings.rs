//! How queries end early: refused, too late, unwanted, or with the database gone.

use std::time::Duration;

use connector::config::Tls;
use connector::warehouse::postgres::Postgres;
use connector::warehouse::{Warehouse, WarehouseError};
use proto::error::Code;
use tests::dataset::ELEMENTARY;
use tests::postgres::DATABASE;
use tests::wait;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::both::{Both, LONG, admitted, postgres_settings, run};

/// Ten thousand rows joined with themselves on nothing that tells them apart: minutes of work, no row before it ends.
const HEAVY: &str = "select count(*) as n from data_monitoring_metrics a join data_monitoring_metrics b \
    on a.metric_name || 'x' <> b.metric_name || b.full_table_name join data_monitoring_metrics c on c.id <> b.id || a.id";

/// Many rows at once.
const LARGE: &str = "select a.id, b.full_table_name, b.metric_properties from data_monitoring_metrics a \
    join data_monitoring_metrics b on a.id <> b.id";

async fn backends(both: &Both) -> i64 {
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    let text = "select count(*) from pg_stat_activity where application_name = 'elementary-connector' and state <> 'idle'";
    admin.query_one(text, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_tells_its_sqlstate_and_nothing_of_the_servers_words() {
    let both = Both::with(
        "create schema empty_one; grant usage on schema empty_one to public",
        "create schema empty_one",
    )
    .await
    .unwrap();
    let missing = admitted("empty_one", "select name from dbt_models", vec![]);
    let error = run(&both.postgres, &missing).await.unwrap_err();
    assert_eq!(error.to_string(), "the warehouse failed with SQLSTATE 42P01");
    let error = run(&both.duckdb, &missing).await.unwrap_err();
    assert!(matches!(error, WarehouseError::Driver(_)), "{error}");

    let quoting = admitted(
        ELEMENTARY,
        "select cast(name as integer) as n from dbt_models",
        vec![],
    );
    for (name, warehouse) in both.each() {
        let fault = run(warehouse, &quoting).await.unwrap_err().to_fault();
        assert_eq!(fault.code, Code::WarehouseError, "{name}");
        assert!(fault.detail.len() < 80, "{name}: {}", fault.detail);
        // The session is as good as new.
        assert!(
            run(
                warehouse,
                &admitted(ELEMENTARY, "select name from dbt_models", vec![])
            )
            .await
            .is_ok()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_ends_a_query_in_the_database() {
    let both = Both::start().await.unwrap();
    let query = admitted(ELEMENTARY, HEAVY, vec![]);
    for (name, warehouse) in both.each() {
        let started = Instant::now();
        let error = match warehouse.run(&query, started + Duration::from_millis(700)).await {
            Ok(stream) => crate::both::collect(stream).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error, WarehouseError::Deadline, "{name}");
        assert_eq!(error.to_fault().code, Code::DeadlineExceeded);
        assert!(started.elapsed() < Duration::from_secs(5), "{name}");
    }
    wait::until("no backend at work", LONG, async || {
        (backends(&both).await == 0).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_nobody_wants_any_more_stops_in_the_database() {
    let both = Both::start().await.unwrap();
    let query = admitted(ELEMENTARY, LARGE, vec![]);
    for (name, warehouse) in both.each() {
        // More often than there are sessions or places: each is given back.
        for _ in 0..6 {
            let mut stream = warehouse.run(&query, Instant::now() + LONG).await.unwrap();
            assert!(stream.next().await.unwrap().is_ok(), "{name}");
            drop(stream);
        }
        let after = admitted(ELEMENTARY, "select name from dbt_models", vec![]);
        assert!(run(warehouse, &after).await.is_ok(), "{name}");
    }
    wait::until("no backend at work", Duration::from_secs(5), async || {
        (backends(&both).await == 0).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_computes_stops_when_its_future_is_dropped() {
    let both = Both::start().await.unwrap();
    let query = admitted(ELEMENTARY, HEAVY, vec![]);
    for (_, warehouse) in both.each() {
        let run = warehouse.run(&query, Instant::now() + LONG);
        assert!(
            tokio::time::timeout(Duration::from_millis(500), run)
                .await
                .is_err()
        );
    }
    wait::until("no backend at work", Duration::from_secs(5), async || {
        (backends(&both).await == 0).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumer_stops_the_database_and_gets_every_row() {
    let both = Both::start().await.unwrap();
    let text = "select a.id, a.full_table_name from data_monitoring_metrics a join dbt_models b on b.unique_id <> a.id";
    let query = admitted(ELEMENTARY, text, vec![]);
    let mut counts = Vec::new();
    for (_, warehouse) in both.each() {
        let mut stream = warehouse.run(&query, Instant::now() + LONG).await.unwrap();
        let mut rows = 0;
        while let Some(batch) = stream.next().await {
            rows += batch.unwrap().num_rows();
            tokio::task::yield_now().await;
        }
        counts.push(rows);
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] > 100_000, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_an_error_and_comes_back_by_itself() {
    let both = Both::start().await.unwrap();
    let query = admitted(ELEMENTARY, LARGE, vec![]);
    let mut stream = both.postgres.run(&query, Instant::now() + LONG).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    both.cluster.kill().unwrap();
    let end = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(matches!(end, Some(Err(WarehouseError::Lost))), "{end:?}");
    let small = admitted(ELEMENTARY, "select name from dbt_models", vec![]);
    assert!(run(&both.postgres, &small).await.is_err());
    both.cluster.restart(None).await.unwrap();
    assert!(run(&both.postgres, &small).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_died_while_idle_are_replaced_without_an_error() {
    let both = Both::start().await.unwrap();
    let small = admitted(ELEMENTARY, "select name from dbt_models", vec![]);
    assert!(run(&both.postgres, &small).await.is_ok());
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    let text = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'elementary-connector'";
    assert!(!admin.query(text, &[]).await.unwrap().is_empty());
    assert!(run(&both.postgres, &small).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_anew_is_read_as_it_is_now() {
    let both = Both::start().await.unwrap();
    let admin = both.cluster.admin(DATABASE).await.unwrap();
    let table = |column| {
        format!(
            "create table anew.dbt_models as select 7::{column} as name, 1 as id; grant select on anew.dbt_models to public"
        )
    };
    let made = format!(
        "create schema anew; grant usage on schema anew to public; {}",
        table("text")
    );
    admin.batch_execute(&made).await.unwrap();
    let query = admitted("anew", "select name from dbt_models", vec![]);
    // Both of the source's sessions have the statement prepared by then.
    for _ in 0..6 {
        assert_eq!(
            run(&both.postgres, &query).await.unwrap().columns(),
            ["name: Utf8"]
        );
    }
    let made = format!("drop table anew.dbt_models; {}", table("integer"));
    admin.batch_execute(&made).await.unwrap();
    for _ in 0..3 {
        let read = run(&both.postgres, &query).await.unwrap();
        assert_eq!(
            (read.columns(), read.rows()),
            (vec!["name: Int32".to_owned()], vec!["7".to_owned()])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_prove_its_name_gets_no_password() {
    let both = Both::start().await.unwrap();
    let folder = tests::paths::scratch("tls").unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "x").unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let small = admitted(ELEMENTARY, "select name from dbt_models", vec![]);
    let mut settings = postgres_settings(&both.cluster, &password);
    // Somebody in between, at another address: what he passes on is the right server's certificate, for another name.
    let listener = TcpListener::bind(("127.0.0.2", both.cluster.port()))
        .await
        .unwrap();
    let server = (both.cluster.address(), both.cluster.port());
    let mut between = JoinSet::new();
    between.spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        let (sent, _) = tokio::io::copy_bidirectional(&mut client, &mut server)
            .await
            .unwrap_or_default();
        sent
    });
    settings.host = "127.0.0.2".to_owned();
    let named_wrongly = run(&Postgres::new(&settings).unwrap(), &small).await;
    assert_eq!(named_wrongly.unwrap_err(), WarehouseError::Unreachable);
    between.join_next().await.unwrap().unwrap();
    let refused = || {
        std::fs::read_to_string(both.cluster.log())
            .unwrap()
            .contains("could not accept SSL connection")
    };
    wait::until("a refused handshake in the log", LONG, async || {
        refused().then_some(())
    })
    .await
    .unwrap();
    // The right name under a CA that the system does not know.
    settings.host = both.cluster.address().to_string();
    settings.tls = Tls::SystemRoots;
    if let Ok(postgres) = Postgres::new(&settings) {
        assert_eq!(
            run(&postgres, &small).await.unwrap_err(),
            WarehouseError::Unreachable
        );
    }
}
