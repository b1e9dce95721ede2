//! A clock that is wrong by hours, on either side, within the life of a certificate and beyond it: both logs name the
//! difference in seconds, and once the clock is right service is back without a hand.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::Client;
use tests::clock::MovedClock;
use tests::process::Line;
use tests::samples::Samples;
use tests::world::{Setup, Side, TENANT, World, query};
use tests::{paths, wait};

const HOUR: i64 = 3_600;

/// Above a probe's interval, the longest back-off that a few failures lead to, and a look at the node's certificate.
const BACK: Duration = Duration::from_secs(60);

struct Scene {
    world: World<'static>,
    caller: Client,
    gateway: MovedClock,
    connector: MovedClock,
    _folder: TempDir,
}

impl Scene {
    /// Everything up, every clock right.
    async fn start() -> Self {
        let folder = paths::scratch("clocks").unwrap();
        let clock = |name: &str| MovedClock::new(folder.path(), name).unwrap();
        let (gateway, connector) = (clock("gateway"), clock("connector"));
        let setup = Setup {
            gateway_environment: gateway.environment(),
            connector_environment: connector.environment(),
            ..Setup::default()
        };
        let world = World::start(setup).await.unwrap();
        let caller = world.caller().await.unwrap();
        Self {
            world,
            caller,
            gateway,
            connector,
            _folder: folder,
        }
    }

    async fn stop_connector(&mut self) {
        self.world.connector().unwrap().terminate(BACK).await.unwrap();
    }

    async fn value(&self, side: Side, series: &str) -> f64 {
        Samples::of(&self.world, side).await.unwrap().value(series)
    }

    /// Both logs name the difference, and so does the connector's gauge.
    async fn named(&mut self, connector_ahead: i64) {
        let named = |seconds: i64| {
            move |line: &Line| {
                let skew = line
                    .field("skew_seconds")
                    .and_then(|text| text.parse::<i64>().ok());
                line.level() == Some("WARN") && skew.is_some_and(|skew| near(skew, seconds))
            }
        };
        let there = self
            .world
            .gateway
            .logged("the difference", BACK, named(connector_ahead));
        there.await.unwrap();
        let connector = self.world.connector().unwrap();
        let here = connector.logged("the difference", BACK, named(-connector_ahead));
        here.await.unwrap();
        let gauge = self.value(Side::Connector, "connector_clock_skew_seconds").await;
        assert!(near(gauge as i64, -connector_ahead), "{gauge}");
    }

    /// A query is answered, and nobody sees a difference any more.
    async fn recovers(&self) {
        wait::until("an answer", BACK, async || {
            (ask(&self.caller).await.ok()? == "ok").then_some(())
        })
        .await
        .unwrap();
        wait::until("clocks that agree", BACK, async || {
            let gauge = self.value(Side::Connector, "connector_clock_skew_seconds").await;
            let skewed = self.value(Side::Gateway, "gateway_tunnels_clock_skewed").await;
            (near(gauge as i64, 0) && skewed == 0.0).then_some(())
        })
        .await
        .unwrap();
    }

    async fn listed(&self) -> Value {
        let path = format!("/v1/tenants/{TENANT}/connectors");
        let list = self.world.admin().get(&path).await.unwrap().json().unwrap();
        list["items"][0].clone()
    }
}

fn near(seconds: i64, expected: i64) -> bool {
    (seconds - expected).abs() <= 5
}

/// The code of the answer, `ok` for a result.
async fn ask(caller: &Client) -> Result<String> {
    let answer = query(caller, "read.dbt_models", &json!({}), "application/json").await?;
    Ok(answer.problem().unwrap_or_else(|_| "ok".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_whose_clock_is_hours_off_names_the_skew_and_recovers_once_it_is_set() {
    let mut scene = Scene::start().await;
    for hours in [3, 30, -3, -30] {
        scene.stop_connector().await;
        scene.connector.set(hours * HOUR).unwrap();
        scene.world.launch_connector().unwrap();
        let process = scene.world.connector().unwrap().id();
        scene.named(hours * HOUR).await;
        if hours == 3 {
            // Within the life of both certificates: it serves all the same.
            scene.world.tunnel(BACK).await.unwrap();
            assert_eq!(ask(&scene.caller).await.unwrap(), "ok");
            assert_eq!(
                scene.value(Side::Gateway, "gateway_tunnels_clock_skewed").await,
                1.0
            );
        } else {
            let refused = |line: &Line| line.text.contains("no tunnel") && line.text.contains("clock_skew");
            let connector = scene.world.connector().unwrap();
            connector.logged("the code", BACK, refused).await.unwrap();
            assert_eq!(ask(&scene.caller).await.unwrap(), "source_offline");
            let refused = "gateway_reapprovals_total{result=\"clock_skew\"}";
            assert!(scene.value(Side::Gateway, refused).await > 0.0);
        }
        scene.connector.set(0).unwrap();
        scene.recovers().await;
        assert_eq!(scene.world.connector().unwrap().id(), process);
    }
    // While a tunnel stands.
    scene.connector.set(31 * HOUR).unwrap();
    scene.named(31 * HOUR).await;
    scene.connector.set(0).unwrap();
    scene.recovers().await;
    // Nobody had to approve anything.
    assert!(scene.listed().await["reapproval"].is_null());
    scene.world.assert_no_errors_but(&[]).unwrap();
}

/// The gateway's clock is set wrong, while it runs or before it starts, and right again.
async fn gateway_off(hours: i64, restarted: bool) {
    let mut scene = Scene::start().await;
    let connector = scene.world.connector().unwrap().id();
    scene.gateway.set(hours * HOUR).unwrap();
    if restarted {
        scene.world.gateway.terminate(BACK).await.unwrap();
        scene.world.restart_gateway().await.unwrap();
    }
    scene.named(-hours * HOUR).await;
    if hours == 3 {
        assert_eq!(scene.value(Side::Gateway, "gateway_tunnels").await, 1.0);
    } else {
        let refused = |line: &Line| line.text.contains("no tunnel") && line.text.contains("clock_skew");
        let connector = scene.world.connector().unwrap();
        connector.logged("the code", BACK, refused).await.unwrap();
        assert_eq!(scene.value(Side::Gateway, "gateway_tunnels").await, 0.0);
    }
    scene.gateway.set(0).unwrap();
    scene.recovers().await;
    assert_eq!(scene.world.connector().unwrap().id(), connector);
    // Nobody had to approve anything.
    assert!(scene.listed().await["reapproval"].is_null());
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_clock_is_hours_off_names_the_skew_and_recovers_once_it_is_set() {
    gateway_off(3, false).await;
    gateway_off(-29, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_clock_is_days_ahead_names_the_skew_and_recovers_once_it_is_set() {
    gateway_off(30, false).await;
    gateway_off(29, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_issued_by_a_clock_ahead_is_replaced_without_a_hand() {
    let mut scene = Scene::start().await;
    // Past half of the certificate's life and a tenth, where it is due at the latest: the connector renews over the tunnel
    // that stands.
    scene.gateway.set(15 * HOUR).unwrap();
    let renewed = "connector_renewals_total{result=\"ok\"}";
    wait::until("a certificate of the time to come", BACK, async || {
        (scene.value(Side::Connector, renewed).await >= 1.0).then_some(())
    })
    .await
    .unwrap();
    scene.stop_connector().await;
    scene.gateway.set(0).unwrap();
    scene.world.launch_connector().unwrap();
    let replaced = |line: &Line| line.text.contains("approved again");
    let connector = scene.world.connector().unwrap();
    connector
        .logged("another certificate", BACK, replaced)
        .await
        .unwrap();
    scene.recovers().await;
    let listed = scene.listed().await;
    assert!(
        listed["reapproval"].is_null() && listed["revoked"].is_null(),
        "{listed}"
    );
    scene.world.assert_no_errors_but(&[]).unwrap();
}
