//! A source whose warehouse role may do more than read the schema is not served, until the role is mended or the customer
//! accepts the right by name.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tests::postgres::{Cluster, DATABASE};
use tests::samples::Samples;
use tests::wait;
use tests::world::{Setup, Side, Warehouse, World, query};

/// For a signal to be followed by an inspection.
const SOON: Duration = Duration::from_secs(20);

async fn outcome(world: &World<'_>) -> String {
    let caller = world.caller().await.unwrap();
    let answer = query(&caller, "package.version", &json!({}), "application/json")
        .await
        .unwrap();
    if answer.status.is_success() {
        "ok".to_owned()
    } else {
        answer.problem().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_over_privileged_role_is_not_served_until_it_is_mended() {
    let cluster = Cluster::start().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute("grant pg_read_all_data to elementary_reader")
        .await
        .unwrap();
    let mut world = World::start(Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    })
    .await
    .unwrap();
    assert_eq!(outcome(&world).await, "source_offline");
    // The refusal is in the customer's record, and the log says what to do.
    let refused = world.audit(Side::Connector).unwrap();
    assert!(
        refused
            .iter()
            .any(|line| line["event"] == "refused" && line["code"] == "source_offline"),
        "{refused:?}"
    );
    let log = world.running_connector().unwrap().log();
    assert!(
        log.iter().any(|line| line
            .text
            .contains("REVOKE pg_read_all_data FROM elementary_reader")),
        "no remedy in the log"
    );
    let excess = "connector_excess_privileges{source=\"shop\"}";
    assert_eq!(
        Samples::of(&world, Side::Connector).await.unwrap().value(excess),
        1.0
    );

    admin
        .batch_execute("revoke pg_read_all_data from elementary_reader")
        .await
        .unwrap();
    world.connector().unwrap().signal(Signal::HUP).unwrap();
    wait::until("the source to be served", SOON, async || {
        let samples = Samples::of(&world, Side::Connector).await.ok()?;
        (samples.value(excess) == 0.0).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(outcome(&world).await, "ok");
    world.assert_no_errors_but(&["right in excess"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_the_customer_accepts_by_name_does_not_stand_in_the_way() {
    let cluster = Cluster::start().await.unwrap();
    let admin = cluster.admin(DATABASE).await.unwrap();
    admin
        .batch_execute("grant pg_read_all_data to elementary_reader")
        .await
        .unwrap();
    let world = World::start(Setup {
        warehouse: Warehouse::Postgres(&cluster),
        source_settings: "danger_accept_excess_privileges = [\"membership:pg_read_all_data\"]\n".to_owned(),
        ..Setup::default()
    })
    .await
    .unwrap();
    assert_eq!(outcome(&world).await, "ok");
}
