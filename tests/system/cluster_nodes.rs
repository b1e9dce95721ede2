//! Several gateways on one etcd: what one of them is told all of them do, and what each goes on with while etcd is away.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::balancer::Balancer;
use tests::client::Client;
use tests::etcd::Etcd;
use tests::node::{Folder, Node, arguments};
use tests::process::Launch;
use tests::relay::Relay;
use tests::samples::Samples;
use tests::world::{CONNECTOR, Setup, Side, TENANT, World, query};
use tests::{paths, wait};

/// What every key of a test's installation begins with.
const PREFIX: &str = "/gw/";

/// For what takes a look every few seconds, or a lease's end.
const PATIENCE: Duration = Duration::from_secs(40);

/// An installation on etcd with its first node, called `a`.
fn on(etcd: &Etcd) -> Setup<'static> {
    let mut init = arguments(etcd, PREFIX);
    init.extend(["--node".to_owned(), "a".to_owned()]);
    Setup {
        init,
        ..Setup::default()
    }
}

fn first(world: &World<'_>) -> PathBuf {
    world.folder().join("gateway")
}

async fn beside(world: &World<'_>, etcd: &Etcd) -> (Node, Client) {
    let node = Node::join("b", etcd, PREFIX, &first(world)).await.unwrap();
    let admin = node.admin(&first(world)).unwrap();
    (node, admin)
}

async fn code(client: &Client, tenant: &str) -> String {
    let answer = client
        .post("/v1/tenants", &json!({ "tenant": tenant }))
        .await
        .unwrap();
    if answer.status.is_success() {
        "ok".to_owned()
    } else {
        answer.problem().unwrap()
    }
}

async fn works(caller: &Client) -> bool {
    let answer = query(caller, "read.dbt_models", &json!({}), "application/json").await;
    answer.is_ok_and(|answer| answer.status.is_success())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_is_told_every_node_does() {
    let etcd = Etcd::start_with_tls().await.unwrap();
    let world = World::start(on(&etcd)).await.unwrap();
    let (node, there) = beside(&world, &etcd).await;

    // Accounts and tokens of one node are those of the other.
    assert_eq!(code(&there, TENANT).await, "conflict");
    assert_eq!(code(&there, "of-b").await, "ok");
    assert_eq!(code(world.admin(), "of-b").await, "conflict");
    let made = there
        .post(
            &format!("/v1/tenants/{TENANT}/api-tokens"),
            &json!({ "name": "made at b", "scopes": ["query"] }),
        )
        .await
        .unwrap()
        .json()
        .unwrap();
    let token = made["api_token"].as_str().unwrap();
    let caller = world.admin().clone().with_token(token);
    assert!(works(&caller).await);

    // A join token that was made at one is used at the other, once.
    let made = world
        .admin()
        .post("/v1/tenants/of-b/join-tokens", &json!({ "connector": "c" }))
        .await
        .unwrap()
        .json()
        .unwrap();
    let join_token = made["join_token"].as_str().unwrap().to_owned();
    let at = |listener: &str| node.listener(listener).unwrap().to_string();
    let here = world.listener("api").unwrap().to_string();
    assert_ne!(here, at("api"));
    let folder = paths::scratch("joins").unwrap();
    let join = |name: &str| {
        Launch::new(&paths::program("connector").unwrap())
            .args(["join", "--token-file", "-", "--state"])
            .args([folder.path().join(name).display().to_string()])
            .input(format!("{join_token}\n"))
    };
    join("once").run().await.unwrap().succeeded().unwrap();
    assert!(!join("twice").run().await.unwrap().status.success());
    let list = there
        .get("/v1/tenants/of-b/connectors")
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(list["items"][0]["connector"], "c", "{list}");

    // Revoked at the one, its tunnel at the other ends within a second.
    let began = Instant::now();
    let path = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/revoke");
    let revoked = there.post(&path, &json!({})).await.unwrap();
    assert!(revoked.status.is_success(), "{}", revoked.text());
    let answered = began.elapsed();
    wait::until("the end of the tunnel", Duration::from_secs(5), async || {
        let samples = Samples::of(&world, Side::Gateway).await.ok()?;
        (samples.value("gateway_tunnels") == 0.0).then_some(())
    })
    .await
    .unwrap();
    let ended = began.elapsed();
    println!("revoked at b: answered after {answered:?}, the tunnel at a was gone after {ended:?}");
    assert!(ended < Duration::from_secs(1), "{ended:?}");
    assert!(!works(&caller).await);

    // The token ends at the one, and at the other the next request is refused.
    let id = made_id(&there, TENANT).await;
    let gone = there.delete(&format!("/v1/api-tokens/{id}")).await.unwrap();
    assert!(gone.status.is_success(), "{}", gone.text());
    let refused = query(&caller, "read.dbt_models", &json!({}), "application/json").await;
    assert_eq!(refused.unwrap().problem().unwrap(), "unauthenticated");
    node.process.assert_no_errors_but(&[]).unwrap();
    world.gateway.assert_no_errors_but(&[]).unwrap();
}

async fn made_id(admin: &Client, tenant: &str) -> String {
    let list = admin
        .get(&format!("/v1/tenants/{tenant}/api-tokens"))
        .await
        .unwrap();
    let list = list.json().unwrap();
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn authority(client: &Client) -> Value {
    client.get("/v1/authority").await.unwrap().json().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_authority_at_one_node_is_followed_by_all_and_carried_on_by_one() {
    let etcd = Etcd::start().await.unwrap();
    let mut world = World::start_gateway(on(&etcd)).await.unwrap();
    let (node, there) = beside(&world, &etcd).await;
    let before = authority(world.admin()).await;
    assert_eq!(before, authority(&there).await);

    let rotated = there
        .post("/v1/authority/rotate-issuing", &json!({}))
        .await
        .unwrap();
    assert!(rotated.status.is_success(), "{}", rotated.text());
    let issuing = async |client: &Client| authority(client).await["issuing_not_after"].clone();
    assert_eq!(issuing(world.admin()).await, issuing(&there).await);

    // No connector has to be waited for, so that the owner carries a change of roots to its end.
    let changed = there.post("/v1/authority/rotate-root", &json!({})).await.unwrap();
    assert!(changed.status.is_success(), "{}", changed.text());
    let root = wait::until("the next root in force", PATIENCE, async || {
        let now = authority(world.admin()).await;
        (now["root"] != before["root"] && now["change"].is_null()).then_some(now["root"].clone())
    });
    let root = root.await.unwrap();
    wait::until("the same at the other node", PATIENCE, async || {
        (authority(&there).await["root"] == root).then_some(())
    })
    .await
    .unwrap();
    wait::until("the same roots in both folders", PATIENCE, async || {
        let read = |state: PathBuf| fs::read_to_string(state.join("ca.pem")).ok();
        (read(first(&world))? == read(node.state())?).then_some(())
    })
    .await
    .unwrap();

    // One is the owner. When it is killed, the other is within its lease.
    let owners = async |world: &World<'_>| {
        let here = Samples::of(world, Side::Gateway)
            .await
            .ok()?
            .value("gateway_authority_owner");
        let there = Samples::parse(&node.operations("/metrics").await.ok()?).ok()?;
        Some((here, there.value("gateway_authority_owner")))
    };
    let before = wait::until("one owner", PATIENCE, async || {
        owners(&world).await.filter(|(a, b)| a + b == 1.0)
    })
    .await
    .unwrap();
    if before.0 == 1.0 {
        let began = Instant::now();
        world.gateway.kill().unwrap();
        wait::until("another owner", PATIENCE, async || {
            let there = Samples::parse(&node.operations("/metrics").await.ok()?).ok()?;
            (there.value("gateway_authority_owner") == 1.0).then_some(())
        })
        .await
        .unwrap();
        println!("the killed owner was replaced after {:?}", began.elapsed());
        // The lease of ten seconds, etcd's notice, and the look of five seconds that moves the metric.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tunnels_and_known_callers_go_on_while_etcd_is_away() {
    let etcd = Etcd::start().await.unwrap();
    let world = World::start(on(&etcd)).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert!(works(&caller).await);
    let stranger = world.caller().await.unwrap();
    let join_token = world.join_token().await.unwrap();
    let tunnel = world.tunnel(PATIENCE).await.unwrap()["tunnels"][0].clone();

    for fault in ["kill", "pause"] {
        match fault {
            "kill" => etcd.kill(0).unwrap(),
            _ => etcd.pause(0).unwrap(),
        }
        for _ in 0..5 {
            let began = Instant::now();
            assert!(works(&caller).await, "etcd is away ({fault})");
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        }
        // Whoever is not known, and whatever is a change, is told by name.
        let refused = query(&stranger, "read.dbt_models", &json!({}), "application/json")
            .await
            .unwrap();
        if fault == "kill" {
            assert_eq!(refused.status.as_u16(), 503);
            assert_eq!(refused.problem().unwrap(), "store_unavailable");
            assert!(!refused.header("retry-after").is_empty());
        }
        assert_eq!(code(world.admin(), "while-away").await, "store_unavailable");
        let joined = world.join(&join_token).await.unwrap();
        assert!(!joined.status.success());
        let ready = world.operations(Side::Gateway, "/readyz").await.unwrap();
        assert!(ready.contains("the store cannot be reached"), "{ready}");
        let samples = Samples::of(&world, Side::Gateway).await.unwrap();
        assert_eq!(samples.value("gateway_store_reachable"), 0.0);
        assert!(samples.sum("gateway_store_failures_total") > 0.0);
        match fault {
            "kill" => etcd.restart(0).unwrap(),
            _ => etcd.resume(0).unwrap(),
        }
        etcd.healthy().await.unwrap();
        let name = format!("back-after-{fault}");
        assert_eq!(code(world.admin(), &name).await, "ok");
        assert!(works(&stranger).await);
    }
    let after = world.tunnel(PATIENCE).await.unwrap()["tunnels"][0].clone();
    assert_eq!(
        tunnel["tunnel"], after["tunnel"],
        "the tunnel has stood all the time"
    );

    // A watch that was broken goes on: a revocation still ends the tunnel.
    let path = format!("/v1/tenants/{TENANT}/connectors/{CONNECTOR}/revoke");
    assert!(
        world
            .admin()
            .post(&path, &json!({}))
            .await
            .unwrap()
            .status
            .is_success()
    );
    wait::until("the end of the tunnel", Duration::from_secs(5), async || {
        let samples = Samples::of(&world, Side::Gateway).await.ok()?;
        (samples.value("gateway_tunnels") == 0.0).then_some(())
    })
    .await
    .unwrap();
    let samples = Samples::of(&world, Side::Gateway).await.unwrap();
    assert!(samples.value("gateway_store_watches_total{result=\"reopened\"}") > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_was_ended_elsewhere_is_not_recalled_while_etcd_is_away() {
    let etcd = Etcd::start().await.unwrap();
    let world = World::start(on(&etcd)).await.unwrap();
    let (_node, there) = beside(&world, &etcd).await;
    let caller = world.caller().await.unwrap();
    assert!(works(&caller).await);
    let id = made_id(&there, TENANT).await;
    let gone = there.delete(&format!("/v1/api-tokens/{id}")).await.unwrap();
    assert!(gone.status.is_success(), "{}", gone.text());
    etcd.kill(0).unwrap();
    wait::until("a refusal", PATIENCE, async || {
        let answer = query(&caller, "read.dbt_models", &json!({}), "application/json")
            .await
            .ok()?;
        (answer.problem().ok()? == "store_unavailable").then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_three_that_dies_is_not_noticed() {
    let etcd = Etcd::start_three().await.unwrap();
    let world = World::start(on(&etcd)).await.unwrap();
    let caller = world.caller().await.unwrap();
    for (n, member) in [0, 1, 2].into_iter().enumerate() {
        etcd.kill(member).unwrap();
        for turn in 0..5 {
            assert!(works(&caller).await);
            assert_eq!(code(world.admin(), &format!("t-{n}-{turn}")).await, "ok");
        }
        etcd.restart(member).unwrap();
        etcd.healthy().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn further_nodes_join_or_are_told_why_not() {
    let etcd = Etcd::start().await.unwrap();
    let world = World::start_gateway(on(&etcd)).await.unwrap();
    let kek = first(&world).join("kek").display().to_string();
    let refused = async |name: &str, more: &[&str], words: &str| {
        let folder = Folder::new(name).unwrap();
        let ended = folder.init(&etcd, PREFIX, more).await.unwrap();
        assert!(
            !ended.status.success() && ended.stderr.contains(words),
            "{}",
            ended.stderr
        );
        assert!(!folder.state().exists());
    };
    refused("b", &[], "--kek").await;
    let other = paths::scratch("kek").unwrap();
    let strange = other.path().join("kek");
    let text = fs::read_to_string(&kek).unwrap();
    fs::copy(&kek, &strange).unwrap();
    fs::write(&strange, text.replace(&text[5..10], "AAAAA")).unwrap();
    refused("b", &["--kek", strange.to_str().unwrap()], "--kek").await;
    refused(
        "b",
        &["--kek", &kek, "--trust-domain", "other.example"],
        "tests.example",
    )
    .await;
    refused("b", &["--kek", &kek, "--root-key-to", "/nowhere/root"], "--root").await;
    refused("a", &["--kek", &kek], "is called `a`").await;
    refused("a", &["--kek", &kek, "--etcd", "http://10.0.0.1:2379"], "https").await;

    // The name of a node that is gone may be taken over, and its old folder does not come back then.
    let folder = Folder::new("b").unwrap();
    let told = folder
        .init(&etcd, PREFIX, &["--kek", &kek])
        .await
        .unwrap()
        .succeeded()
        .unwrap();
    assert!(told.stdout.contains("joined"), "{}", told.stdout);
    assert!(!folder.state().join("admin.token").exists());
    let again = Folder::new("b").unwrap();
    let more = ["--kek", &kek, "--replace-node", "--new-administrator"];
    again
        .init(&etcd, PREFIX, &more)
        .await
        .unwrap()
        .succeeded()
        .unwrap();
    let replaced = Launch::new(&paths::program("gateway").unwrap())
        .args(["serve", "--state", folder.state().to_str().unwrap()])
        .run()
        .await
        .unwrap();
    assert!(
        !replaced.status.success() && replaced.stderr.contains("is called `b`"),
        "{}",
        replaced.stderr
    );

    // The new administrator is one at every node.
    let node = again.serve().await.unwrap();
    let token = fs::read_to_string(node.state().join("admin.token")).unwrap();
    assert_eq!(
        code(&world.admin().clone().with_token(&token), "by-the-new-one").await,
        "ok"
    );

    // A folder has one process.
    let twice = Launch::new(&paths::program("gateway").unwrap())
        .args(["serve", "--state", node.state().to_str().unwrap()])
        .run()
        .await
        .unwrap();
    assert!(
        !twice.status.success() && twice.stderr.contains("is held"),
        "{}",
        twice.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_first_nodes_that_race_one_makes_the_installation() {
    let etcd = Etcd::start().await.unwrap();
    for (round, shared) in [(0, false), (1, true), (2, true)] {
        let prefix = format!("/race-{round}/");
        let kek = paths::scratch("kek").unwrap();
        // Of another installation, which is how operators bring a key of their own.
        let own = Folder::new("own").unwrap();
        own.init(&etcd, &format!("/own-{round}/"), &[])
            .await
            .unwrap()
            .succeeded()
            .unwrap();
        let file = kek.path().join("kek");
        fs::copy(own.state().join("kek"), &file).unwrap();
        let more: &[&str] = if shared {
            &["--kek", file.to_str().unwrap()]
        } else {
            &[]
        };
        let folders: Vec<Folder> = ["a", "b", "c"].map(|name| Folder::new(name).unwrap()).into();
        let races = folders.iter().map(|folder| folder.init(&etcd, &prefix, more));
        let ended: Vec<_> = futures_util::future::join_all(races)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let made = folders
            .iter()
            .filter(|f| f.state().join("admin.token").exists())
            .count();
        assert_eq!(made, 1, "one made it: {ended:?}");
        let well = ended.iter().filter(|e| e.status.success()).count();
        if shared {
            // The others have joined it.
            assert_eq!(well, 3, "{ended:?}");
        } else {
            assert_eq!(well, 1, "{ended:?}");
            assert!(
                ended
                    .iter()
                    .filter(|e| !e.status.success())
                    .all(|e| e.stderr.contains("--kek"))
            );
        }
        let root = |folder: &Folder| fs::read_to_string(folder.state().join("ca.pem")).ok();
        let mut roots: Vec<String> = folders.iter().filter_map(root).collect();
        roots.dedup();
        assert_eq!(roots.len(), 1);
    }
}

/// The settings of a node of several that only the load balancer's address leads to.
fn behind(balancer: &Balancer) -> Vec<(String, String)> {
    let cluster = "\n[cluster]\nlisten = \"127.0.0.1:0\"\naddress = \"127.0.0.1:0\"\nlease_seconds = 3\nsettle_seconds = 0\n";
    vec![
        (
            "\n[certificates]\n".to_owned(),
            format!("{cluster}\n[certificates]\n"),
        ),
        (
            "# tunnel = \"gateway.example.com:443\"".to_owned(),
            format!("tunnel = \"{}\"", balancer.address),
        ),
    ]
}

/// Another node of the world's installation, behind the balancer too.
async fn node_behind(name: &str, world: &World<'_>, etcd: &Etcd, balancer: &Balancer) -> Node {
    let folder = Folder::new(name).unwrap();
    let kek = first(world).join("kek").display().to_string();
    let made = folder.init(etcd, PREFIX, &["--kek", &kek]).await.unwrap();
    made.succeeded().unwrap();
    folder.settle(&behind(balancer)).unwrap();
    folder.serve().await.unwrap()
}

/// The nodes of the connector's tunnels, in order, as this administrator's node knows.
async fn tunnels(admin: &Client) -> Vec<String> {
    let list = admin.get(&format!("/v1/tenants/{TENANT}/connectors")).await;
    let list = list.and_then(|list| list.json()).unwrap_or_default();
    let tunnels = list.pointer("/items/0/tunnels").and_then(Value::as_array);
    let names = tunnels.into_iter().flatten();
    let mut names: Vec<String> = names
        .filter_map(|tunnel| tunnel["node"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_load_balancer_two_tunnels_come_to_two_nodes_and_come_back_to_two() {
    let (etcd, balancer) = (Etcd::start().await.unwrap(), Balancer::start().await.unwrap());
    let setup = Setup {
        gateway_settings: behind(&balancer),
        connector_settings: "[tunnel]\ntransport = \"quic\"\n".to_owned(),
        ..on(&etcd)
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();
    let node = node_behind("b", &world, &etcd, &balancer).await;
    let (a, b) = (
        world.listener("tunnel").unwrap(),
        node.listener("tunnel").unwrap(),
    );
    let there = node.admin(&first(&world)).unwrap();

    // The balancer leads to the same node again and again before it leads to the other.
    balancer.lead_to(&[a, b], &[0, 0, 0, 0, 1]);
    world.launch_connector().unwrap();
    let both = ["a".to_owned(), "b".to_owned()];
    let two = async |admin: &Client| {
        wait::until("a tunnel to each node", PATIENCE, async || {
            (tunnels(admin).await == both).then_some(())
        })
        .await
        .unwrap();
    };
    two(&there).await;
    println!("two nodes after {} flows", balancer.flows());
    // Either node answers: by its own tunnel.
    let here = world.caller().await.unwrap();
    let beside = node.client("").unwrap().with_token_of(&here);
    assert!(works(&here).await && works(&beside).await);

    // One dies; the other serves alone until it is back, and the connector does not knock without a pause meanwhile.
    world.gateway.kill().unwrap();
    balancer.lead_to(&[b], &[]);
    let flows = balancer.flows();
    wait::until("the loss", PATIENCE, async || {
        (tunnels(&there).await == ["b"]).then_some(())
    })
    .await
    .unwrap();
    assert!(works(&beside).await);
    world.restart_gateway().await.unwrap();
    balancer.lead_to(&[a, b], &[1, 1, 0]);
    two(&there).await;
    println!("two nodes again after {} flows more", balancer.flows() - flows);
    assert!(balancer.flows() - flows < 40, "the connector knocks without end");
    assert!(works(&here).await && works(&beside).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_from_etcd_is_fenced_and_draws_no_query_until_it_is_back() {
    let (etcd, balancer) = (Etcd::start().await.unwrap(), Balancer::start().await.unwrap());
    let direct = etcd.endpoints().remove(0);
    let relay = Relay::start(direct.trim_start_matches("http://").parse().unwrap())
        .await
        .unwrap();
    let mut setup = Setup {
        gateway_settings: behind(&balancer),
        connector_settings: "[tunnel]\ntransport = \"quic\"\ntunnels = 1\n".to_owned(),
        ..on(&etcd)
    };
    for argument in &mut setup.init {
        *argument = argument.replace(&direct, &format!("http://{}", relay.address));
    }
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();
    let node = node_behind("b", &world, &etcd, &balancer).await;
    let there = node.admin(&first(&world)).unwrap();
    let (a, b) = (
        world.listener("tunnel").unwrap(),
        node.listener("tunnel").unwrap(),
    );
    let registered = async |world: &World<'_>| {
        let samples = Samples::of(world, Side::Gateway).await.ok()?;
        Some(samples.value("gateway_cluster_registered"))
    };

    // The one tunnel is at a; b sends its callers' queries there.
    balancer.lead_to(&[a], &[]);
    world.launch_connector().unwrap();
    wait::until("a tunnel at a", PATIENCE, async || {
        (tunnels(&there).await == ["a"]).then_some(())
    })
    .await
    .unwrap();
    let here = world.caller().await.unwrap();
    let beside = node.client("").unwrap().with_token_of(&here);
    assert!(works(&here).await && works(&beside).await);

    // Cut off for longer than its lease, a serves those who reach it, and nobody is sent there.
    relay.cut();
    wait::until("the end of a's entries", PATIENCE, async || {
        (registered(&world).await == Some(0.0) && tunnels(&there).await.is_empty()).then_some(())
    })
    .await
    .unwrap();
    assert!(works(&here).await, "a does not serve what it holds");
    let offline = query(&beside, "read.dbt_models", &json!({}), "application/json").await;
    assert_eq!(offline.unwrap().problem().unwrap(), "source_offline");

    // The connector comes to b. What a still says of itself draws nothing away from there.
    balancer.lead_to(&[b], &[]);
    world.connector().unwrap().kill().unwrap();
    world.launch_connector().unwrap();
    wait::until("a tunnel at b", PATIENCE, async || {
        works(&beside).await.then_some(())
    })
    .await
    .unwrap();
    assert_eq!(tunnels(&there).await, ["b"]);

    // Back, it says so under another lease, and knows where the tunnel is.
    relay.mend();
    wait::until("a's return", PATIENCE, async || {
        (registered(&world).await == Some(1.0) && works(&here).await).then_some(())
    })
    .await
    .unwrap();
    assert!(tunnels(&there).await.contains(&"b".to_owned()));
    assert!(works(&beside).await);
}
