//! etcd as the store: the acceptance suite of stores, members that die, watches that outlive them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use gateway::clock::Clock;
use gateway::config::{Config, StateFolder};
use gateway::metrics::Metrics;
use gateway::store::conformance::{self, Harness};
use gateway::store::{Expected, Key, SharedStore, StoreError, Swap, Watch, WatchEvent};
use tests::etcd::Etcd;
use tests::wait;

/// For what takes an election or a lease's end.
const PATIENCE: Duration = Duration::from_secs(20);

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

fn open(etcd: &Etcd, prefix: &str) -> SharedStore {
    open_at(&etcd.toml(prefix))
}

fn open_at(toml: &str) -> SharedStore {
    let text = format!("node = \"a\"\ntrust_domain = \"gw.test\"\nhosts = [\"localhost\"]\n{toml}");
    let config = Config::parse(StateFolder::new("/nowhere"), &text).unwrap();
    let metrics = Metrics::new(prometheus::Registry::new()).unwrap();
    config.store.open(&Clock::system(), &metrics.store).unwrap()
}

/// A part of the cluster for each case, and real time for its leases.
struct Cases<'a> {
    etcd: &'a Etcd,
    next: AtomicUsize,
}

impl Harness for Cases<'_> {
    fn open(&self, _case: &'static str) -> BoxFuture<'_, SharedStore> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        async move { open(self.etcd, &format!("/case-{n}/")) }.boxed()
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        // etcd has no clock that can be moved.
        tokio::time::timeout(by, std::future::pending::<()>())
            .map(drop)
            .boxed()
    }
}

async fn conforms(etcd: &Etcd) {
    let next = AtomicUsize::new(0);
    conformance::run(&Cases { etcd, next }).await;
}

#[tokio::test]
async fn etcd_conforms_as_a_store() {
    conforms(&Etcd::start().await.unwrap()).await;
}

#[tokio::test]
async fn etcd_of_three_members_conforms_as_a_store() {
    conforms(&Etcd::start_three().await.unwrap()).await;
}

#[tokio::test]
async fn etcd_with_tls_conforms_as_a_store_and_refuses_a_stranger() {
    let etcd = Etcd::start_with_tls().await.unwrap();
    conforms(&etcd).await;
    let store = open(&etcd, "/tls/");
    store.put(key("a"), "1".into(), None).await.unwrap();

    // A cluster of the same kind with another authority: each side refuses the other.
    let other = Etcd::start_with_tls().await.unwrap();
    let (mine, theirs) = (etcd.toml("/tls/"), other.toml("/tls/"));
    let endpoints = |toml: &str| toml.lines().nth(1).unwrap().to_owned();
    let mixed = theirs.replace(&endpoints(&theirs), &endpoints(&mine));
    let ca = |toml: &str| toml.lines().find(|l| l.starts_with("ca = ")).unwrap().to_owned();
    for toml in [mixed.clone(), mixed.replace(&ca(&theirs), &ca(&mine))] {
        let store = open_at(&toml);
        let refused = store.get(&key("a")).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
}

async fn put_until_seen(store: &SharedStore, watch: &mut Watch, name: &str) {
    let at = store.put(key(name), "x".into(), None).await.unwrap();
    loop {
        match tokio::time::timeout(PATIENCE, watch.next()).await.unwrap() {
            Some(WatchEvent::Put(entry)) if entry.revision == at => return,
            Some(WatchEvent::Put(entry)) if entry.revision < at => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_watch_goes_on_without_a_gap_when_members_die_and_pause() {
    let etcd = Etcd::start_three().await.unwrap();
    let store = open(&etcd, "/w/");
    let mut watch = store.watch("n/").await.unwrap();
    let mut expected = 0_u32;
    let mut next = 0_u32;
    for (round, fault) in [(0, "kill"), (1, "pause"), (2, "kill")] {
        for _ in 0..20 {
            store
                .put(key(&format!("n/{next:04}")), "x".into(), None)
                .await
                .unwrap();
            next += 1;
        }
        match fault {
            "kill" => etcd.kill(round).unwrap(),
            _ => etcd.pause(round).unwrap(),
        }
        // Written while the member is away, whoever the watch is on.
        for _ in 0..20 {
            let name = key(&format!("n/{next:04}"));
            store.put(name, "x".into(), None).await.unwrap();
            next += 1;
        }
        while expected < next {
            let event = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap();
            let Some(WatchEvent::Put(entry)) = event else {
                panic!("{event:?}");
            };
            let seen: u32 = entry.key.as_str().trim_start_matches("n/").parse().unwrap();
            // What was reported before the fault may come again, and nothing may be left out.
            assert!(seen <= expected, "{expected} was left out");
            expected = expected.max(seen + 1);
        }
        match fault {
            "kill" => etcd.restart(round).unwrap(),
            _ => etcd.resume(round).unwrap(),
        }
        etcd.healthy().await.unwrap();
    }
}

#[tokio::test]
async fn a_watch_that_a_compaction_overtook_is_told() {
    let etcd = Etcd::start_three().await.unwrap();
    let store = open_at(&etcd.toml_of(&[1, 2], "/w/"));
    // Both follow by one member alone; of what one of them watches nothing changes while it is away.
    let alone = open_at(&etcd.toml_of(&[0], "/w/"));
    let mut watch = alone.watch("n/").await.unwrap();
    put_until_seen(&store, &mut watch, "n/first").await;
    etcd.kill(0).unwrap();
    store.put(key("n/lost"), "x".into(), None).await.unwrap();
    store.put(key("n/lost"), "y".into(), None).await.unwrap();
    etcd.compact().await.unwrap();
    etcd.restart(0).unwrap();
    let event = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap();
    assert_eq!(event, Some(WatchEvent::Lagged));
    let there = alone.get(&key("n/lost")).await.unwrap().unwrap();
    assert_eq!(there.value, "y");
    put_until_seen(&store, &mut watch, "n/second").await;
}

#[tokio::test]
async fn one_of_racing_swaps_wins_while_the_leader_dies() {
    let etcd = Etcd::start_three().await.unwrap();
    let store = open(&etcd, "/r/");
    store.put(key("n"), "0".into(), None).await.unwrap();
    let add = async |store: SharedStore| {
        let mut done = 0_u32;
        while done < 100 {
            let Ok(Some(entry)) = store.get(&key("n")).await else {
                continue;
            };
            let n: u32 = std::str::from_utf8(&entry.value).unwrap().parse().unwrap();
            let value = (n + 1).to_string().into();
            match store
                .compare_and_swap(key("n"), Expected::At(entry.revision), value, None)
                .await
            {
                Ok(Swap::Stored(_)) => done += 1,
                Ok(Swap::Conflict(_)) => {}
                Err(error) => panic!("no call may fail over the death of one member: {error}"),
            }
        }
    };
    let chaos = async {
        wait::until("some changes", PATIENCE, async || {
            let n = store.get(&key("n")).await.ok()??;
            (n.value.len() > 1).then_some(())
        })
        .await
        .unwrap();
        let leader = etcd.leader().await.unwrap();
        etcd.kill(leader).unwrap();
    };
    tokio::join!(
        add(open(&etcd, "/r/")),
        add(open(&etcd, "/r/")),
        add(open(&etcd, "/r/")),
        chaos
    );
    let n = store.get(&key("n")).await.unwrap().unwrap();
    assert_eq!(n.value, "300");
}

#[tokio::test]
async fn a_store_that_is_away_says_so_and_comes_back() {
    let etcd = Etcd::start().await.unwrap();
    let store = open(&etcd, "/a/");
    store.put(key("a"), "1".into(), None).await.unwrap();
    etcd.kill(0).unwrap();
    let refused = store.put(key("a"), "2".into(), None).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Unavailable(_)) && refused.retryable(),
        "{refused}"
    );
    assert!(matches!(
        store.get(&key("a")).await,
        Err(StoreError::Unavailable(_))
    ));
    etcd.restart(0).unwrap();
    etcd.healthy().await.unwrap();
    let there = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!(there.value, "1");
    store.put(key("a"), "3".into(), None).await.unwrap();
}
