//! The table without sockets: who replaces whom, and the bounds.

use super::*;

fn owner(tenant: &str, connector: &str) -> Owner {
    Owner {
        tenant: tenant.parse().unwrap(),
        connector: connector.parse().unwrap(),
    }
}

fn order(instance: u8, epoch: u64) -> Order {
    Order {
        instance: [instance; 16],
        epoch,
        slot: Slot::FIRST,
        held: false,
    }
}

fn sources(names: &[&str]) -> Vec<SourceId> {
    names.iter().map(|n| n.parse().unwrap()).collect()
}

fn table(max: usize) -> Arc<Registry<&'static str>> {
    Arc::new(Registry::new(max))
}

fn serving(table: &Registry<&'static str>, tenant: &str, source: &str) -> Vec<&'static str> {
    table
        .serving(&tenant.parse().unwrap(), &source.parse().unwrap())
        .iter()
        .map(|t| **t)
        .collect()
}

#[test]
fn tunnel_that_returns_replaces_its_predecessor_and_survives_its_late_end() {
    let table = table(8);
    let acme = owner("acme", "c");
    let old = table
        .register(
            TunnelId(1),
            acme.clone(),
            order(1, 1),
            sources(&["dw"]),
            Arc::new("old"),
        )
        .unwrap();
    assert!(old.replaced.is_empty());
    let new = table
        .register(
            TunnelId(2),
            acme.clone(),
            order(1, 2),
            sources(&["dw"]),
            Arc::new("new"),
        )
        .unwrap();
    let replaced: Vec<_> = new
        .replaced
        .iter()
        .map(|r| (*r.tunnel, r.other_instance))
        .collect();
    assert_eq!(replaced, [("old", false)]);

    drop(old);
    assert_eq!(serving(&table, "acme", "dw"), ["new"]);
    assert_eq!(table.len(), 1);
    drop(new);
    assert!(table.is_empty() && serving(&table, "acme", "dw").is_empty());
}

#[test]
fn older_tunnel_of_the_same_start_cannot_replace_a_newer_one() {
    let table = table(8);
    let acme = owner("acme", "c");
    let _new = table
        .register(
            TunnelId(1),
            acme.clone(),
            order(1, 5),
            sources(&["dw"]),
            Arc::new("new"),
        )
        .unwrap();
    let late = table.register(
        TunnelId(2),
        acme.clone(),
        order(1, 4),
        sources(&["dw"]),
        Arc::new("late"),
    );
    assert_eq!(late.err(), Some(RegisterError::Superseded));
    assert_eq!(serving(&table, "acme", "dw"), ["new"]);
    // A restart counts from one again.
    let restart = table
        .register(
            TunnelId(3),
            acme,
            order(2, 1),
            sources(&["dw"]),
            Arc::new("restart"),
        )
        .unwrap();
    assert!(restart.replaced.iter().any(|r| r.other_instance));
    assert_eq!(serving(&table, "acme", "dw"), ["restart"]);
}

#[test]
fn source_of_another_tenant_is_not_found() {
    let table = table(8);
    let _a = table
        .register(
            TunnelId(1),
            owner("acme", "c"),
            order(1, 1),
            sources(&["dw"]),
            Arc::new("a"),
        )
        .unwrap();
    assert_eq!(serving(&table, "acme", "dw"), ["a"]);
    assert!(serving(&table, "globex", "dw").is_empty());
    assert!(table.of_connector(&owner("globex", "c")).is_empty());
    assert!(table.list(Some(&"globex".parse().unwrap())).is_empty());
}

#[test]
fn newest_of_two_connectors_of_a_source_comes_first() {
    let table = table(8);
    let _a = table
        .register(
            TunnelId(1),
            owner("acme", "z"),
            order(1, 1),
            sources(&["dw"]),
            Arc::new("a"),
        )
        .unwrap();
    let _b = table
        .register(
            TunnelId(2),
            owner("acme", "b"),
            order(2, 1),
            sources(&["dw"]),
            Arc::new("b"),
        )
        .unwrap();
    assert_eq!(serving(&table, "acme", "dw"), ["b", "a"]);
    assert_eq!(
        table.list(None).iter().map(|l| *l.tunnel).collect::<Vec<_>>(),
        ["b", "a"]
    );
}

#[test]
fn bounds_of_node_and_tenant_are_kept_and_a_return_needs_no_room() {
    let table = table(2);
    let register =
        |id, who: Owner| table.register(TunnelId(id), who, order(id as u8, 1), vec![], Arc::new("t"));
    let _a = register(1, owner("acme", "a")).unwrap();
    let _b = register(2, owner("acme", "b")).unwrap();
    assert_eq!(
        register(3, owner("globex", "a")).err(),
        Some(RegisterError::NodeFull)
    );
    assert!(register(4, owner("acme", "b")).is_ok());

    let table = Arc::new(Registry::new(10_000));
    let mut held = Vec::new();
    for n in 0..MAX_TENANT_TUNNELS {
        let who = owner("acme", &format!("c{n}"));
        held.push(
            table
                .register(TunnelId(n as u64), who, order(1, 1), vec![], Arc::new("t"))
                .unwrap(),
        );
    }
    let one_more = table.register(
        TunnelId(9_999),
        owner("acme", "x"),
        order(1, 1),
        vec![],
        Arc::new("t"),
    );
    assert_eq!(one_more.err(), Some(RegisterError::TenantFull));
    let other = table.register(
        TunnelId(10_000),
        owner("globex", "x"),
        order(1, 1),
        vec![],
        Arc::new("t"),
    );
    assert!(other.is_ok());
}

#[test]
fn announcement_changes_what_is_served_and_one_of_a_replaced_tunnel_does_not() {
    let table = table(2);
    let acme = owner("acme", "c");
    let old = table
        .register(
            TunnelId(1),
            acme.clone(),
            order(1, 1),
            sources(&["dw"]),
            Arc::new("old"),
        )
        .unwrap();
    let changes = table.changes();
    old.registration.announce(sources(&["lake", "dw2"]));
    assert!(changes.has_changed().unwrap());
    assert_eq!(serving(&table, "acme", "lake"), ["old"]);
    assert!(serving(&table, "acme", "dw").is_empty());
    let _new = table
        .register(TunnelId(2), acme, order(1, 2), sources(&["dw"]), Arc::new("new"))
        .unwrap();
    old.registration.announce(sources(&["ghost"]));
    assert!(serving(&table, "acme", "ghost").is_empty());
}

/// `slot` of the same start; `held`: the connector says that another of its tunnels is here.
fn of_slot(slot: u8, epoch: u64, held: bool) -> Order {
    Order {
        slot: Slot::new(slot).unwrap(),
        held,
        ..order(1, epoch)
    }
}

#[test]
fn a_tunnel_replaces_the_one_of_its_own_slot_and_no_other() {
    let table = table(8);
    let acme = owner("acme", "c");
    let enter = |id: u64, order: Order, name: &'static str| {
        table.register(
            TunnelId(id),
            acme.clone(),
            order,
            sources(&["dw"]),
            Arc::new(name),
        )
    };
    let _first = enter(1, of_slot(0, 1, false), "first").unwrap();
    let second = enter(2, of_slot(1, 2, false), "second").unwrap();
    assert!(second.replaced.is_empty());
    assert_eq!(serving(&table, "acme", "dw"), ["second", "first"]);
    let slots: Vec<u8> = table
        .of_connector(&acme)
        .iter()
        .map(|live| live.slot.number())
        .collect();
    assert_eq!(slots, [0, 1]);

    let again = enter(3, of_slot(0, 3, false), "again").unwrap();
    assert_eq!(
        again.replaced.iter().map(|r| *r.tunnel).collect::<Vec<_>>(),
        ["first"]
    );
    assert_eq!(serving(&table, "acme", "dw"), ["again", "second"]);
    assert_eq!(table.len(), 2);

    // A restart ends all of the start before, whichever slot comes first.
    let restart = enter(4, order(2, 1), "restart").unwrap();
    assert_eq!(restart.replaced.len(), 2);
    assert!(restart.replaced.iter().all(|r| r.other_instance));
    assert_eq!((serving(&table, "acme", "dw"), table.len()), (vec!["restart"], 1));
}

#[test]
fn a_second_tunnel_of_a_connector_is_refused_where_it_says_that_one_is_here_and_it_is() {
    let table = table(8);
    let acme = owner("acme", "c");
    let enter =
        |id: u64, order: Order| table.register(TunnelId(id), acme.clone(), order, vec![], Arc::new("t"));
    // It says so and is wrong: the other tunnel has ended here.
    let first = enter(1, of_slot(0, 1, true)).unwrap();
    assert_eq!(enter(2, of_slot(1, 2, true)).err(), Some(RegisterError::Twice));
    // One that is to stay until there is another elsewhere is not replaced; one that is not mentioned is.
    assert_eq!(enter(3, of_slot(0, 3, true)).err(), Some(RegisterError::Twice));
    let next = enter(3, of_slot(0, 3, false)).unwrap();
    assert_eq!(next.replaced.len(), 1);
    drop((first, next));
    assert!(enter(4, of_slot(1, 4, true)).is_ok());
}
