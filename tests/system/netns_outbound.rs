//! Promise: outbound only. The customer's network drops every packet that opens a connection inwards, and every one
//! outwards but UDP to the gateway's port and TCP to its own database; the product works, and tries nothing else.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::json;
use tests::netns::Namespace;
use tests::postgres::Cluster;
use tests::world::{Setup, Side, Warehouse, World, policy, query};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

const CLOUD: &str = "10.72.0.1";
const CUSTOMER: &str = "10.72.0.2";
const DATABASE: &str = "10.73.0.2";

/// The customer's firewall. `joined`: the one step over TCP, `connector join`, is behind it.
fn firewall(joined: bool) -> String {
    let join = if joined {
        ""
    } else {
        "ip daddr 10.72.0.1 tcp dport 443 accept"
    };
    format!(
        "table inet filter {{
           counter inward {{}}
           counter outward {{}}
           counter tunnel {{}}
           chain input {{
             type filter hook input priority 0; policy drop;
             iif lo accept
             ct state established,related accept
             icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-report, mld2-listener-report }} accept
             counter name inward drop
           }}
           chain output {{
             type filter hook output priority 0; policy drop;
             oif lo accept
             icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-report, mld2-listener-report }} accept
             ip daddr {CLOUD} udp dport 443 counter name tunnel accept
             ip daddr {DATABASE} tcp dport 5432 accept
             {join}
             counter name outward drop
           }}
         }}"
    )
}

#[tokio::test]
async fn netns_customer_that_lets_nothing_in_and_one_port_out_is_served_in_full() {
    let (cloud, customer, database) = (
        Namespace::create("cloud").unwrap(),
        Namespace::create("customer").unwrap(),
        Namespace::create("database").unwrap(),
    );
    cloud
        .wire(&format!("{CLOUD}/24"), &customer, &format!("{CUSTOMER}/24"))
        .unwrap();
    customer
        .wire("10.73.0.1/24", &database, &format!("{DATABASE}/24"))
        .unwrap();
    customer.firewall(&firewall(false)).unwrap();
    let cluster = Cluster::start_inside(&database, DATABASE.parse().unwrap())
        .await
        .unwrap();
    // The test is the service: it sits in the cloud.
    cloud.enter().unwrap();
    let at: IpAddr = CLOUD.parse().unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        policy: policy(""),
        gateway_in: Some((&cloud, at)),
        connector_in: Some(&customer),
        // With UDP blocked it would try TCP, which is not what is looked at here.
        connector_settings: "[tunnel]\ntransport = \"quic\"\n".to_owned(),
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    world.prepare_connector().await.unwrap();

    // Joined; from here on not even the API can be reached from the customer's side.
    customer.firewall(&firewall(true)).unwrap();
    world.launch_connector().unwrap();
    world.tunnel(Duration::from_secs(15)).await.unwrap();
    let caller = world.caller().await.unwrap();
    let answered = async |name: &str, parameters| {
        let answer = query(&caller, name, &parameters, "application/json")
            .await
            .unwrap();
        answer.json().unwrap().as_array().unwrap().len()
    };
    assert!(answered("read.dbt_models", json!({})).await > 0);
    assert_eq!(
        answered("read.dbt_run_results", json!({ "limit": 1000 })).await,
        1000
    );
    let refused = query(
        &caller,
        "tests.failed_rows",
        &json!({ "result_id": "x" }),
        "application/json",
    )
    .await
    .unwrap();
    assert_eq!(refused.problem().unwrap(), "refused_by_policy");
    assert!(!world.audit(Side::Connector).unwrap().is_empty());

    // The gateway goes and comes back: the connector returns by itself, by the same one way.
    world.gateway.kill().unwrap();
    world.restart_gateway().await.unwrap();
    world.tunnel(Duration::from_secs(45)).await.unwrap();
    assert!(answered("read.dbt_models", json!({})).await > 0);

    assert!(customer.counted("tunnel").unwrap() > 0);
    assert_eq!(
        customer.counted("outward").unwrap(),
        0,
        "something else was tried outwards"
    );
    assert_eq!(customer.counted("inward").unwrap(), 0, "something else came in");

    // The walls are walls: what the service tries inwards is dropped and counted.
    let inside = (Ipv4Addr::from([10, 72, 0, 2]), 9090);
    assert!(
        timeout(Duration::from_millis(500), TcpStream::connect(inside))
            .await
            .is_err()
    );
    let datagram = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
    datagram.send_to(b"hello", inside).await.unwrap();
    assert!(customer.counted("inward").unwrap() >= 1);
    assert!(answered("read.dbt_models", json!({})).await > 0);
    world.assert_no_errors_but(&[]).unwrap();
}
