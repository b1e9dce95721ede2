//! The choice of nodes, as a function of what happened: no socket, no clock.

use super::*;

const JOINED: &str = "gateway.example:443";

fn slot(number: u8) -> Slot {
    Slot::new(number).expect("a slot")
}

fn node(name: &str) -> NodeId {
    name.parse().expect("a name")
}

/// `a` is dialled at `a.example:443`, `-a` through the common address only.
fn nodes(names: &[&str]) -> Nodes {
    let one = |name: &&str| ClusterNode {
        name: node(name.trim_start_matches('-')),
        address: (!name.starts_with('-')).then(|| format!("{name}.example:443").parse().expect("an address")),
    };
    Nodes::new(names.iter().map(one).collect()).expect("nodes")
}

fn places(tunnels: u8) -> Places {
    Places::new(tunnels, JOINED.parse().expect("an address"), 7)
}

fn dial(places: &mut Places, number: u8, now: Instant) -> Target {
    match places.next(slot(number), now) {
        Step::Dial(target) => target,
        other => panic!("slot {number}: {other:?}"),
    }
}

fn address(target: &Target) -> String {
    target.address.to_string()
}

fn held(target: &Target) -> Vec<&str> {
    target.held.iter().map(NodeId::as_str).collect()
}

fn failure(double: bool) -> Failure {
    Failure {
        lived: Duration::ZERO,
        asked: None,
        busy: false,
        double,
    }
}

/// Two tunnels, at `a` and `b`, where both say that these are the nodes.
fn two(names: &[&str]) -> (Places, Instant) {
    let now = Instant::now();
    let mut places = places(2);
    dial(&mut places, 0, now);
    assert_eq!(places.up(slot(0), 1, node("a"), nodes(names)), Arrival::Kept);
    dial(&mut places, 1, now);
    assert_eq!(places.up(slot(1), 2, node("b"), nodes(names)), Arrival::Kept);
    (places, now)
}

#[test]
fn one_slot_dials_until_the_first_tunnel_is_up() {
    let now = Instant::now();
    let mut places = places(2);
    assert_eq!(places.next(slot(1), now), Step::Rest);
    let target = dial(&mut places, 0, now);
    assert_eq!((address(&target).as_str(), held(&target)), (JOINED, vec![]));
    assert_eq!(places.next(slot(1), now), Step::Rest);
    let wait = places.failed(slot(0), &failure(false), now, 0.5);
    // The pace is the connector's and not the slot's.
    for number in [0, 1] {
        assert_eq!(places.next(slot(number), now), Step::Until(now + wait));
    }
    // Whichever asks first goes on.
    assert!(matches!(places.next(slot(1), now + wait), Step::Dial(_)));
    assert_eq!(places.next(slot(0), now + wait), Step::Rest);
}

#[test]
fn as_many_tunnels_as_there_are_nodes_and_no_more() {
    let now = Instant::now();
    let mut places = places(3);
    dial(&mut places, 0, now);
    // A gateway that does not say what nodes there are is one.
    places.up(slot(0), 1, node("a"), Nodes::default());
    assert_eq!(places.next(slot(1), now), Step::Rest);
    places.told(slot(0), 1, nodes(&["a", "b"]), now, 0.0);
    let target = dial(&mut places, 1, now);
    assert_eq!(
        (address(&target).as_str(), held(&target)),
        ("b.example:443", vec!["a"])
    );
    assert_eq!(places.next(slot(2), now), Step::Rest);
    places.up(slot(1), 2, node("b"), nodes(&["a", "b"]));
    assert_eq!(places.next(slot(2), now), Step::Rest);
    // One is gone, and with it the need for the slot that lost it.
    places.gone(slot(0), 1);
    places.told(slot(1), 2, nodes(&["b"]), now, 0.0);
    assert_eq!(places.next(slot(0), now), Step::Rest);
    assert_eq!(places.verdict(slot(1), now), Verdict::Stay);
    // And it is back.
    places.told(slot(1), 2, nodes(&["a", "b"]), now, 0.5);
    assert_eq!(places.next(slot(0), now), Step::Until(now + SPREAD / 2));
    assert!(matches!(places.next(slot(0), now + SPREAD), Step::Dial(_)));
}

#[test]
fn behind_a_load_balancer_it_dials_again_quickly_and_then_seldom() {
    let mut now = Instant::now();
    let mut places = places(2);
    dial(&mut places, 0, now);
    places.up(slot(0), 1, node("a"), nodes(&["-a", "-b"]));
    let begun = now;
    for _ in 1..DOUBLES {
        let target = dial(&mut places, 1, now);
        assert_eq!((address(&target).as_str(), held(&target)), (JOINED, vec!["a"]));
        now += places.failed(slot(1), &failure(true), now, 0.999);
    }
    assert!(now - begun < Duration::from_secs(10), "{:?}", now - begun);
    dial(&mut places, 1, now);
    // From here on it is a minute, more or less.
    let wait = places.failed(slot(1), &failure(true), now, 0.5);
    assert!((SELDOM / 2..=SELDOM).contains(&wait), "{wait:?}");
    now += wait;
    dial(&mut places, 1, now);
    assert_eq!(
        places.up(slot(1), 9, node("a"), Nodes::default()),
        Arrival::Double
    );
    places.failed(slot(1), &failure(true), now, 0.5);
    // Another node is news: at once again.
    places.told(slot(0), 1, nodes(&["-a", "-b", "-c"]), now, 0.0);
    dial(&mut places, 1, now);
    assert_eq!(
        places.up(slot(1), 10, node("c"), nodes(&["-a", "-b", "-c"])),
        Arrival::Kept
    );
}

#[test]
fn a_slot_that_lost_its_tunnel_tries_the_common_address_and_the_others_in_turn() {
    let (mut places, mut now) = two(&["a", "b", "c"]);
    places.gone(slot(0), 1);
    let mut tried = Vec::new();
    for _ in 0..4 {
        now += places.failed(slot(0), &failure(false), now, 0.9);
        let target = dial(&mut places, 0, now);
        assert_eq!(held(&target), ["b"]);
        tried.push(address(&target));
    }
    tried.sort();
    tried.dedup();
    assert_eq!(tried, ["a.example:443", "c.example:443", JOINED]);
    // The other one is not touched by any of it.
    assert_eq!(places.verdict(slot(1), now), Verdict::Stay);
}

#[test]
fn a_tunnel_moves_when_its_node_has_left_the_list_and_another_is_on_it() {
    let (mut places, now) = two(&["a", "b"]);
    // Not while one of the two still lists it, nor to where the other one is.
    places.told(slot(0), 1, nodes(&["b", "c"]), now, 0.0);
    assert_eq!(places.verdict(slot(0), now), Verdict::Stay);
    places.told(slot(1), 2, nodes(&["b", "c"]), now, 0.0);
    assert_eq!(places.verdict(slot(0), now), Verdict::Move);
    places.replace(slot(0), Replacing::Moving);
    // It may be led back to where it is by the common address, and says that this is no use.
    let target = dial(&mut places, 0, now);
    assert_eq!(
        (address(&target).as_str(), held(&target)),
        (JOINED, vec!["b", "a"])
    );
    assert_eq!(
        places.up(slot(0), 3, node("a"), nodes(&["b", "c"])),
        Arrival::Double
    );
    places.failed(slot(0), &failure(true), now, 0.0);
    assert_eq!(address(&dial(&mut places, 0, now)), "c.example:443");
    assert_eq!(
        places.up(slot(0), 4, node("c"), nodes(&["b", "c"])),
        Arrival::Kept
    );
    // The late end of the one before takes nothing away.
    places.gone(slot(0), 1);
    assert_eq!(places.verdict(slot(0), now), Verdict::Stay);
    assert!(matches!(places.next(slot(1), now), Step::Rest | Step::Until(_)));
}

#[test]
fn of_a_node_that_left_a_surplus_tunnel_ends_and_the_last_stays() {
    let (mut places, now) = two(&["a", "b"]);
    places.told(slot(0), 1, nodes(&["b"]), now, 0.0);
    places.told(slot(1), 2, nodes(&["b"]), now, 0.0);
    assert_eq!(places.verdict(slot(0), now), Verdict::End);
    assert_eq!(places.verdict(slot(1), now), Verdict::Stay);
    places.gone(slot(0), 1);
    // A list that names nobody who is there ends nothing.
    places.told(slot(1), 2, nodes(&["ghost"]), now, 0.0);
    places.avoided.insert(node("ghost"), now + SELDOM);
    assert_eq!(places.verdict(slot(1), now), Verdict::Stay);
}

#[test]
fn a_drained_node_is_avoided_for_its_grace_and_no_longer() {
    let grace = Duration::from_secs(30);
    let (mut places, now) = two(&["a", "b", "c"]);
    let wait = places.drained(slot(0), 1, grace, now, 0.5);
    assert!(wait <= DRAIN_SPREAD);
    let now = now + wait;
    let first = dial(&mut places, 0, now);
    assert_eq!(address(&first), JOINED);
    places.failed(slot(0), &failure(true), now, 0.0);
    assert_eq!(address(&dial(&mut places, 0, now)), "c.example:443");
    places.up(slot(0), 3, node("c"), nodes(&["a", "b", "c"]));

    // Of two nodes one is left, and one tunnel is enough until the other is back, or has had its time.
    let (mut places, now) = two(&["a", "b"]);
    places.drained(slot(0), 1, grace, now, 0.0);
    assert_eq!(places.next(slot(0), now), Step::Until(now + grace));
    assert!(matches!(places.next(slot(0), now + grace), Step::Dial(_)));
    let (mut places, now) = two(&["a", "b"]);
    places.drained(slot(0), 1, grace, now, 0.0);
    places.told(slot(1), 2, nodes(&["b"]), now, 0.0);
    places.told(slot(1), 2, nodes(&["a", "b"]), now, 0.0);
    assert!(matches!(places.next(slot(0), now), Step::Dial(_)));
}

#[test]
fn a_single_node_that_restarts_is_dialled_where_it_was_joined() {
    let now = Instant::now();
    let mut places = places(2);
    dial(&mut places, 0, now);
    places.up(slot(0), 1, node("a"), nodes(&["-a"]));
    let wait = places.drained(slot(0), 1, Duration::from_secs(30), now, 0.9);
    let target = dial(&mut places, 0, now + wait);
    assert_eq!((address(&target).as_str(), held(&target)), (JOINED, vec![]));
    assert_eq!(places.up(slot(0), 2, node("a"), nodes(&["-a"])), Arrival::Kept);
}

#[test]
fn a_renewed_tunnel_is_replaced_where_it_is_and_serves_until_then() {
    let (mut places, now) = two(&["a", "b", "c"]);
    for (number, at, other) in [(0, "a", "b"), (1, "b", "a")] {
        places.replace(slot(number), Replacing::Renewed);
        let target = dial(&mut places, number, now);
        assert_eq!(address(&target), format!("{at}.example:443"));
        assert_eq!(held(&target), [other]);
        assert_eq!(places.verdict(slot(number), now), Verdict::Stay);
        assert_eq!(
            places.up(
                slot(number),
                10 + u64::from(number),
                node(at),
                nodes(&["a", "b", "c"])
            ),
            Arrival::Kept
        );
    }
}

#[test]
fn connectors_spread_over_the_nodes() {
    let names = ["a", "b", "c", "d"];
    let mut chosen = BTreeMap::new();
    for seed in 0..400 {
        let now = Instant::now();
        let mut places = Places::new(2, JOINED.parse().expect("an address"), seed);
        dial(&mut places, 0, now);
        places.up(slot(0), 1, node("a"), nodes(&names));
        *chosen.entry(address(&dial(&mut places, 1, now))).or_insert(0) += 1;
    }
    assert_eq!(chosen.len(), 3);
    assert!(chosen.values().all(|count| *count > 80), "{chosen:?}");
}
