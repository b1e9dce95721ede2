//! A real connector among several nodes: it keeps a tunnel to each of two, finds the second through a load balancer, leaves a
//! node that drains or that leaves, and needs one where there is one. The nodes are doubles that say what nodes there are.

use std::net::SocketAddr;
use std::time::Duration;

use certs::authority::Authority;
use proto::error::{Code, Fault};
use proto::query::types::Value;
use proto::wire::frame::{ClusterNode, ControlFrame, Drain, Nodes};
use serde_json::{Value as Json, json};
use tests::double::gateway::{Gateway, Tunnel, Verdict, authority_of, request};
use tests::double::{End, ended};
use tests::process::{Launch, Line};
use tests::wait;
use tests::world::{SOURCE, Setup, TENANT, World, query_body};
use tests::{client::Client, paths};
use tokio::time::timeout;

use crate::sessions::SOON;

/// The nodes of these names, and where each is; none: behind the common address.
fn nodes(named: &[(&str, Option<SocketAddr>)]) -> Nodes {
    let node = |(name, address): &(&str, Option<SocketAddr>)| ClusterNode {
        name: name.parse().unwrap(),
        address: address.map(|address| address.to_string().parse().unwrap()),
    };
    Nodes::new(named.iter().map(node).collect()).unwrap()
}

/// A connector that has joined, and the gateway's first node, at the common address, in our hands.
async fn first_node(world: &mut World<'_>) -> (Authority, Gateway) {
    world.prepare_connector().await.unwrap();
    let at = world.listener("tunnel").unwrap();
    world.gateway.kill().unwrap();
    let authority = authority_of(&world.root()).unwrap();
    let gateway = Gateway::listen(at, &authority).unwrap();
    (authority, gateway)
}

async fn world() -> World<'static> {
    World::start_gateway(Setup {
        root_elsewhere: true,
        ..Setup::default()
    })
    .await
    .unwrap()
}

fn another(authority: &Authority) -> Gateway {
    Gateway::listen("127.0.0.1:0".parse().unwrap(), authority).unwrap()
}

/// A query over one tunnel, whole.
async fn answers(tunnel: &Tunnel) {
    let _batches = tunnel.drain();
    let read = request(
        SOURCE,
        "read.dbt_models",
        &["unique_id"],
        &[("limit", Value::Integer(5))],
    )
    .unwrap();
    let verdict = tunnel.ask(read).await.unwrap().verdict().await.unwrap();
    assert!(matches!(verdict, Verdict::Complete(_)), "{verdict:?}");
}

/// How the tunnels stand, as `connector status` says.
async fn status(world: &World<'_>) -> Vec<Json> {
    let state = world.folder().join("connector").display().to_string();
    let launch = Launch::new(&paths::program("connector").unwrap());
    let said = launch
        .args(["status", "--json", "--state", &state])
        .run()
        .await
        .unwrap();
    said.json().unwrap()["status"]["tunnels"]
        .as_array()
        .unwrap()
        .clone()
}

async fn until_states(world: &World<'_>, expected: &[&str]) {
    wait::until(&format!("tunnels that are {expected:?}"), SOON, async || {
        let states = status(world).await;
        let states: Vec<&str> = states
            .iter()
            .filter_map(|tunnel| tunnel["state"].as_str())
            .collect();
        (states == expected).then_some(())
    })
    .await
    .unwrap();
}

/// What the connector says on the control stream, until it says that it serves nothing there.
async fn until_parted(tunnel: &mut Tunnel) {
    loop {
        match tunnel.said.frame().await.unwrap() {
            ControlFrame::SourcesChanged(sources) if sources.is_empty() => return,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_second_node_is_dialled_where_it_says_and_its_loss_takes_nothing_from_the_first() {
    let mut world = world().await;
    let (authority, x) = first_node(&mut world).await;
    let y = another(&authority);
    let both = nodes(&[
        ("node-x", Some(x.address().unwrap())),
        ("node-y", Some(y.address().unwrap())),
    ]);
    world.launch_connector().unwrap();
    let mut first = x.tunnel_of("node-x", &both).await.unwrap();
    assert_eq!((first.hello.slot.number(), first.hello.held.len()), (0, 0));
    let second = y.tunnel_of("node-y", &both).await.unwrap();
    let held: Vec<&str> = second.hello.held.iter().map(|node| node.as_str()).collect();
    assert_eq!((second.hello.slot.number(), held), (1, vec!["node-x"]));
    assert_eq!(second.hello.instance, first.hello.instance);
    assert!(second.hello.epoch > first.hello.epoch);
    answers(&first).await;
    answers(&second).await;

    until_states(&world, &["up", "up"]).await;
    first.probe().await.unwrap();
    let shown = status(&world).await;
    for (tunnel, node) in shown.iter().zip(["node-x", "node-y"]) {
        assert_eq!(
            (&tunnel["node"], &tunnel["transport"]),
            (&json!(node), &json!("quic"))
        );
        assert!(tunnel["path"]["mtu"].as_u64().unwrap() >= 1200, "{tunnel}");
        assert!(tunnel["path"]["round_trip_us"].as_u64().unwrap() > 0, "{tunnel}");
        assert!(tunnel["path"]["packets_sent"].as_u64().unwrap() > 0, "{tunnel}");
    }

    // The node goes, and then the list says so: there is nothing to look for.
    let at = y.address().unwrap();
    drop(second);
    y.close().await.unwrap();
    answers(&first).await;
    let alone = nodes(&[("node-x", Some(x.address().unwrap()))]);
    first.say(&ControlFrame::Nodes(alone)).await.unwrap();
    until_states(&world, &["up", "idle"]).await;
    // It is back, and so is the tunnel.
    let y = Gateway::listen(at, &authority).unwrap();
    first.say(&ControlFrame::Nodes(both.clone())).await.unwrap();
    let second = y.tunnel_of("node-y", &both).await.unwrap();
    assert_eq!(second.hello.slot.number(), 1);
    answers(&second).await;
    answers(&first).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_lone_node_gets_one_tunnel() {
    let mut world = world().await;
    let (_, x) = first_node(&mut world).await;
    world.launch_connector().unwrap();
    let alone = nodes(&[("node-x", Some(x.address().unwrap()))]);
    let first = x.tunnel_of("node-x", &alone).await.unwrap();
    assert!(x.accept(Duration::from_secs(3)).await.is_err(), "a second tunnel");
    first.probe().await.unwrap();
    until_states(&world, &["up", "idle"]).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn behind_one_address_it_dials_until_the_node_is_another_one() {
    let mut world = world().await;
    let (_, common) = first_node(&mut world).await;
    world.launch_connector().unwrap();
    let both = nodes(&[("node-x", None), ("node-y", None)]);
    let first = common.tunnel_of("node-x", &both).await.unwrap();
    // The load balancer leads to the same node: it refuses, having read where the connector has a tunnel.
    for _ in 0..2 {
        let mut again = common.accept(SOON).await.unwrap();
        let held: Vec<&str> = again.hello.held.iter().map(|node| node.as_str()).collect();
        assert_eq!((again.hello.slot.number(), held), (1, vec!["node-x"]));
        let twice = Fault::new(Code::Conflict, "the connector has a tunnel to this node already");
        again.refuse(twice).await.unwrap();
        let _ = ended(&again.connection).await.unwrap();
    }
    // One that does not refuse: the connector parts with it in peace, and answers what was on its way.
    let mut double = common.tunnel_of("node-x", &both).await.unwrap();
    answers(&double).await;
    until_parted(&mut double).await;
    assert_eq!(ended(&double.connection).await.unwrap(), End::Finished);
    let second = common.tunnel_of("node-y", &both).await.unwrap();
    assert_eq!(second.hello.slot.number(), 1);
    answers(&first).await;
    answers(&second).await;
    until_states(&world, &["up", "up"]).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_node_that_drains_is_left_for_another_while_what_runs_on_it_goes_on() {
    let mut world = world().await;
    let (authority, x) = first_node(&mut world).await;
    let (y, z) = (another(&authority), another(&authority));
    let at = |gateway: &Gateway| Some(gateway.address().unwrap());
    let two = nodes(&[("node-x", at(&x)), ("node-y", at(&y))]);
    let three = nodes(&[("node-x", at(&x)), ("node-y", at(&y)), ("node-z", at(&z))]);
    world.launch_connector().unwrap();
    let mut first = x.tunnel_of("node-x", &two).await.unwrap();
    let mut second = y.tunnel_of("node-y", &two).await.unwrap();
    for tunnel in [&mut first, &mut second] {
        tunnel.say(&ControlFrame::Nodes(three.clone())).await.unwrap();
    }
    let grace = Duration::from_secs(60);
    second.say(&ControlFrame::Drain(Drain { grace })).await.unwrap();
    // Neither where the other one is, nor where it was.
    let moved = z.tunnel_of("node-z", &three).await.unwrap();
    let held: Vec<&str> = moved.hello.held.iter().map(|node| node.as_str()).collect();
    assert_eq!((moved.hello.slot.number(), held), (1, vec!["node-x"]));
    for tunnel in [&first, &second, &moved] {
        answers(tunnel).await;
    }
    // It ends when its node ends it.
    assert!(
        timeout(Duration::ZERO, second.connection.closed()).await.is_err(),
        "it ended by itself"
    );
    drop(second);
    assert!(
        y.accept(Duration::from_secs(2)).await.is_err(),
        "a tunnel to a node that drains"
    );
    until_states(&world, &["up", "up"]).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn a_node_that_leaves_the_list_is_left_once_another_tunnel_stands() {
    let mut world = world().await;
    let (authority, x) = first_node(&mut world).await;
    let (y, z) = (another(&authority), another(&authority));
    let at = |gateway: &Gateway| Some(gateway.address().unwrap());
    let (before, after) = (
        nodes(&[("node-x", at(&x)), ("node-y", at(&y))]),
        nodes(&[("node-x", at(&x)), ("node-z", at(&z))]),
    );
    world.launch_connector().unwrap();
    let mut first = x.tunnel_of("node-x", &before).await.unwrap();
    let mut second = y.tunnel_of("node-y", &before).await.unwrap();
    // One of the two still lists it: nothing happens until both are of one mind.
    first.say(&ControlFrame::Nodes(after.clone())).await.unwrap();
    assert!(
        z.accept(Duration::from_secs(2)).await.is_err(),
        "moved by one node's word"
    );
    second.say(&ControlFrame::Nodes(after.clone())).await.unwrap();
    let mut moved = z.accept(SOON).await.unwrap();
    // It serves until the other one does.
    answers(&second).await;
    moved.welcome("node-z", &after).await.unwrap();
    until_parted(&mut second).await;
    answers(&second).await;
    assert_eq!(ended(&second.connection).await.unwrap(), End::Finished);
    answers(&moved).await;
    answers(&first).await;
    world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test]
async fn what_ails_the_connector_is_asked_and_logged_once_and_not_for_each_tunnel() {
    let mut world = world().await;
    let (authority, x) = first_node(&mut world).await;
    let y = another(&authority);
    let both = nodes(&[
        ("node-x", Some(x.address().unwrap())),
        ("node-y", Some(y.address().unwrap())),
    ]);
    world.launch_connector().unwrap();
    let first = x.tunnel_of("node-x", &both).await.unwrap();
    let second = y.tunnel_of("node-y", &both).await.unwrap();
    until_states(&world, &["up", "up"]).await;
    for tunnel in [&first, &second] {
        let code = Code::Revoked as u32;
        tunnel.connection.close(code, b"the connector was revoked");
    }
    let connector = world.connector().unwrap();
    let revoked = |line: &Line| line.text.contains("no tunnel") && line.text.contains("revoked");
    connector.logged("the revocation", SOON, revoked).await.unwrap();
    until_states(&world, &["down", "down"]).await;
    // Nobody knocks at either within the five minutes that a revoked connector waits.
    let knocks = tokio::join!(x.accept(Duration::from_secs(3)), y.accept(Duration::from_secs(3)));
    assert!(knocks.0.is_err() && knocks.1.is_err(), "it knocks on");
    let log = world.connector().unwrap().log();
    let loud = log
        .iter()
        .filter(|line| revoked(line) && line.level() == Some("WARN"))
        .count();
    assert_eq!(loud, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connectors_serve_one_source_and_either_is_enough() {
    let world = World::start(Setup::default()).await.unwrap();
    let state = world.folder().join("second");
    world.enrol(TENANT, "second", &state).await.unwrap();
    for file in ["connector.toml", "policy.toml"] {
        std::fs::copy(world.folder().join("connector").join(file), state.join(file)).unwrap();
    }
    let launch = Launch::new(&paths::program("connector").unwrap()).named("second");
    let launch = launch.args([
        "run".to_owned(),
        "--state".to_owned(),
        state.display().to_string(),
    ]);
    let mut second = launch.start(world.folder()).unwrap();
    let list = async || {
        let path = format!("/v1/tenants/{TENANT}/connectors");
        world.admin().get(&path).await.unwrap().json().unwrap()["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    wait::until("a tunnel of each", SOON, async || {
        let up = list().await;
        let serves = |item: &&Json| item["tunnels"][0]["sources"] == json!([SOURCE]);
        (up.iter().filter(serves).count() == 2).then_some(())
    })
    .await
    .unwrap();
    let entry = list().await.swap_remove(0);
    let tunnel = &entry["tunnels"][0];
    assert_eq!(
        (&tunnel["slot"], &tunnel["transport"]),
        (&json!(0), &json!("quic"))
    );
    assert!(tunnel["path_mtu"].as_u64().unwrap() >= 1200 && tunnel["round_trip_ms"].as_f64().unwrap() > 0.0);
    let caller = world.caller().await.unwrap();
    for _ in 0..5 {
        assert!(asked(&caller).await);
    }
    second.terminate(Duration::from_secs(30)).await.unwrap();
    for _ in 0..5 {
        assert!(asked(&caller).await);
    }
}

async fn asked(caller: &Client) -> bool {
    let path = format!("/v1/tenants/{TENANT}/sources/{SOURCE}/query");
    let answer = caller
        .post(&path, &query_body("package.version", &json!({})))
        .await
        .unwrap();
    answer.status.is_success()
}
