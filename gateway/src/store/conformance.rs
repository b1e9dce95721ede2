//! What every store engine must do, as cases that run against any of them.
//!
//! An engine is brought in by a [`Harness`]. A case panics with what it missed; it never sleeps, except through the
//! harness, whose engine may have no clock that can be moved.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};

use super::{
    Expected, Key, LeaseId, MAX_KEY_BYTES, MAX_RANGE_LIMIT, MAX_VALUE_BYTES, Revision, SharedStore,
    StoreError, Swap, Watch, WatchEvent,
};

/// Time that an engine is given to let a change be seen that it makes by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Brings an engine to the cases.
pub trait Harness: Sync {
    /// An empty store for the case of this name.
    fn open(&self, case: &'static str) -> BoxFuture<'_, SharedStore>;

    /// Lets time pass for the store's leases.
    fn advance(&self, by: Duration) -> BoxFuture<'_, ()>;
}

/// Runs every case, each on a store of its own.
pub async fn run(harness: &dyn Harness) {
    let cases: [(&'static str, Case); 12] = [
        ("written_entry_is_read_back", |s, _| {
            written_entry_is_read_back(s).boxed()
        }),
        ("revision_grows_with_every_change", |s, _| {
            revision_grows_with_every_change(s).boxed()
        }),
        ("one_of_many_racing_creators_wins", |s, _| {
            one_of_many_racing_creators_wins(s).boxed()
        }),
        ("swap_at_an_old_revision_conflicts", |s, _| {
            swap_at_an_old_revision_conflicts(s).boxed()
        }),
        ("racing_swaps_lose_no_increment", |s, _| {
            racing_swaps_lose_no_increment(s).boxed()
        }),
        ("delete_respects_the_revision", |s, _| {
            delete_respects_the_revision(s).boxed()
        }),
        ("range_pages_through_a_prefix_and_nothing_else", |s, _| {
            range_pages(s).boxed()
        }),
        ("watch_reports_its_prefix_in_order", |s, _| {
            watch_reports(s).boxed()
        }),
        ("slow_watcher_is_told_that_it_lags", |s, _| {
            slow_watcher_is_told(s).boxed()
        }),
        ("entries_vanish_with_their_lease", |s, h| {
            entries_vanish_with_their_lease(s, h).boxed()
        }),
        ("entry_leaves_a_lease_by_a_write_without_one", |s, h| {
            entry_leaves_a_lease(s, h).boxed()
        }),
        ("what_is_out_of_bounds_is_refused", |s, _| {
            out_of_bounds_is_refused(s).boxed()
        }),
    ];
    for (name, case) in cases {
        tracing::info!(case = name, "store conformance");
        case(harness.open(name).await, harness).await;
    }
}

type Case = for<'h> fn(SharedStore, &'h dyn Harness) -> BoxFuture<'h, ()>;

fn key(text: &str) -> Key {
    text.parse().expect("a legal key")
}

async fn next(watch: &mut Watch) -> WatchEvent {
    tokio::time::timeout(PATIENCE, watch.next())
        .await
        .expect("an event in time")
        .expect("the store is open")
}

async fn stored(store: &SharedStore, name: &str, expected: Expected, value: &str) -> Revision {
    let swap = store
        .compare_and_swap(
            key(name),
            expected,
            Bytes::copy_from_slice(value.as_bytes()),
            None,
        )
        .await;
    match swap.expect("no failure") {
        Swap::Stored(revision) => revision,
        Swap::Conflict(_) => unreachable_conflict(name),
    }
}

fn unreachable_conflict(name: &str) -> Revision {
    assert_eq!(name, "", "this swap must not conflict");
    Revision(0)
}

async fn written_entry_is_read_back(store: SharedStore) {
    assert_eq!(store.get(&key("a")).await, Ok(None));
    let revision = store
        .put(key("a"), Bytes::from_static(b"\x00\xff"), None)
        .await
        .expect("put");
    let entry = store.get(&key("a")).await.expect("get").expect("there");
    assert_eq!(
        (entry.value.as_ref(), entry.revision, entry.lease),
        (&b"\x00\xff"[..], revision, None)
    );
    store
        .put(key("a"), Bytes::new(), None)
        .await
        .expect("an empty value is a value");
    assert_eq!(
        store.get(&key("a")).await.expect("get").expect("there").value,
        Bytes::new()
    );
}

async fn revision_grows_with_every_change(store: SharedStore) {
    let first = store.put(key("a"), "1".into(), None).await.expect("put");
    let second = store.put(key("b"), "1".into(), None).await.expect("put");
    assert!(store.delete(key("a"), None).await.expect("delete"));
    let third = store.put(key("a"), "1".into(), None).await.expect("put");
    assert!(first < second && second < third);
    let b = store.get(&key("b")).await.expect("get").expect("there");
    assert_eq!(
        b.revision, second,
        "another key's change leaves an entry's revision alone"
    );
}

async fn one_of_many_racing_creators_wins(store: SharedStore) {
    let racers =
        (0..16).map(|n: u8| store.compare_and_swap(key("a"), Expected::Absent, vec![n].into(), None));
    let swaps: Vec<Swap> = join_all(racers)
        .await
        .into_iter()
        .map(|s| s.expect("no failure"))
        .collect();
    let won: Vec<&Swap> = swaps.iter().filter(|s| matches!(s, Swap::Stored(_))).collect();
    assert_eq!(won.len(), 1);
    let standing = store.get(&key("a")).await.expect("get");
    for swap in &swaps {
        if let Swap::Conflict(seen) = swap {
            assert_eq!(seen, &standing, "a loser sees the winner's entry");
        }
    }
}

async fn swap_at_an_old_revision_conflicts(store: SharedStore) {
    let first = stored(&store, "a", Expected::Absent, "1").await;
    let second = stored(&store, "a", Expected::At(first), "2").await;
    for expected in [Expected::At(first), Expected::Absent] {
        let swap = store
            .compare_and_swap(key("a"), expected, "3".into(), None)
            .await
            .expect("no failure");
        assert!(matches!(swap, Swap::Conflict(Some(e)) if e.revision == second && e.value == "2"));
    }
    let swap = store
        .compare_and_swap(key("b"), Expected::At(first), "1".into(), None)
        .await;
    assert_eq!(swap, Ok(Swap::Conflict(None)));
    assert_eq!(store.get(&key("b")).await, Ok(None));
}

async fn racing_swaps_lose_no_increment(store: SharedStore) {
    stored(&store, "n", Expected::Absent, "0").await;
    let add_ten = || async {
        for _ in 0..10 {
            loop {
                let entry = store.get(&key("n")).await.expect("get").expect("there");
                let n: u32 = std::str::from_utf8(&entry.value)
                    .expect("text")
                    .parse()
                    .expect("a number");
                let value = Bytes::from((n + 1).to_string());
                let expected = Expected::At(entry.revision);
                let swap = store.compare_and_swap(key("n"), expected, value, None).await;
                if matches!(swap.expect("no failure"), Swap::Stored(_)) {
                    break;
                }
            }
        }
    };
    join_all((0..4).map(|_| add_ten())).await;
    assert_eq!(
        store.get(&key("n")).await.expect("get").expect("there").value,
        "40"
    );
}

async fn delete_respects_the_revision(store: SharedStore) {
    assert_eq!(store.delete(key("a"), None).await, Ok(false));
    let first = stored(&store, "a", Expected::Absent, "1").await;
    let second = stored(&store, "a", Expected::At(first), "2").await;
    assert_eq!(store.delete(key("a"), Some(first)).await, Ok(false));
    assert_eq!(store.delete(key("a"), Some(second)).await, Ok(true));
    assert_eq!(store.get(&key("a")).await, Ok(None));
}

async fn range_pages(store: SharedStore) {
    let names: BTreeSet<String> = (0..25).map(|n| format!("p/{n:02}")).collect();
    for name in names
        .iter()
        .map(String::as_str)
        .chain(["p", "o/zz", "p0", "q/00"])
    {
        store.put(key(name), "x".into(), None).await.expect("put");
    }
    for limit in [1, 7, 25, MAX_RANGE_LIMIT] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.range("p/", after.as_ref(), limit).await.expect("range");
            assert!(page.entries.len() <= limit);
            after = page.entries.last().map(|e| e.key.clone()).or(after);
            seen.extend(page.entries.into_iter().map(|e| e.key.to_string()));
            if !page.more {
                break;
            }
        }
        assert!(
            seen.iter().eq(names.iter()),
            "in order, each once, with pages of {limit}"
        );
    }
    let none = store.range("nobody/", None, 10).await.expect("range");
    assert!(none.entries.is_empty() && !none.more);
}

async fn watch_reports(store: SharedStore) {
    store.put(key("w/before"), "x".into(), None).await.expect("put");
    let mut watch = store.watch("w/").await.expect("watch");
    store.put(key("v/other"), "x".into(), None).await.expect("put");
    let put = store.put(key("w/a"), "1".into(), None).await.expect("put");
    store.put(key("w/a"), "2".into(), None).await.expect("put");
    store.delete(key("w/a"), None).await.expect("delete");
    assert!(matches!(next(&mut watch).await, WatchEvent::Put(e) if e.revision == put && e.value == "1"));
    assert!(matches!(next(&mut watch).await, WatchEvent::Put(e) if e.revision > put && e.value == "2"));
    assert!(matches!(next(&mut watch).await, WatchEvent::Deleted { key, .. } if key.as_str() == "w/a"));
    let lost = store
        .compare_and_swap(key("w/before"), Expected::Absent, "y".into(), None)
        .await;
    assert!(matches!(lost, Ok(Swap::Conflict(_))));
    store.put(key("w/last"), "3".into(), None).await.expect("put");
    let event = next(&mut watch).await;
    assert!(
        matches!(event, WatchEvent::Put(e) if e.key.as_str() == "w/last"),
        "a conflict is no change"
    );
}

async fn slow_watcher_is_told(store: SharedStore) {
    let mut watch = store.watch("w/").await.expect("watch");
    // More than any engine lets a watcher be behind by.
    for wave in 0..10_u32 {
        join_all((0..250).map(|n| store.put(key(&format!("w/{wave}/{n}")), "x".into(), None)))
            .await
            .into_iter()
            .for_each(|put| _ = put.expect("put"));
    }
    let last = store.put(key("w/last"), "x".into(), None).await.expect("put");
    let (mut seen, mut lagged) = (0, false);
    loop {
        match next(&mut watch).await {
            WatchEvent::Lagged => lagged = true,
            WatchEvent::Put(entry) if entry.revision == last => break,
            WatchEvent::Put(_) => seen += 1,
            WatchEvent::Deleted { .. } => {}
        }
    }
    assert!(
        lagged || seen == 2_500,
        "{seen} of 2500 events came and no word of a loss"
    );
}

async fn vanished(watch: &mut Watch, name: &str) {
    loop {
        match next(watch).await {
            WatchEvent::Deleted { key, .. } if key.as_str() == name => return,
            _ => {}
        }
    }
}

async fn entries_vanish_with_their_lease(store: SharedStore, harness: &dyn Harness) {
    let mut watch = store.watch("l/").await.expect("watch");
    let ttl = Duration::from_secs(4);
    let short = store.grant(ttl).await.expect("grant");
    let kept = store.grant(ttl).await.expect("grant");
    let revoked = store.grant(ttl).await.expect("grant");
    for (name, lease) in [("l/short", short), ("l/kept", kept), ("l/revoked", revoked)] {
        store.put(key(name), "x".into(), Some(lease)).await.expect("put");
    }
    store.revoke(revoked).await.expect("revoke");
    vanished(&mut watch, "l/revoked").await;
    store.revoke(revoked).await.expect("revoking again is no error");
    assert_eq!(
        store.put(key("l/x"), "x".into(), Some(revoked)).await,
        Err(StoreError::LeaseGone)
    );

    harness.advance(Duration::from_secs(2)).await;
    store.keep_alive(kept).await.expect("keep alive");
    harness.advance(Duration::from_secs(3)).await;
    vanished(&mut watch, "l/short").await;
    assert_eq!(store.keep_alive(short).await, Err(StoreError::LeaseGone));
    assert!(
        store.get(&key("l/kept")).await.expect("get").is_some(),
        "kept alive"
    );
    harness.advance(Duration::from_secs(5)).await;
    vanished(&mut watch, "l/kept").await;
    assert_eq!(store.get(&key("l/kept")).await, Ok(None));
}

async fn entry_leaves_a_lease(store: SharedStore, harness: &dyn Harness) {
    let mut watch = store.watch("l/").await.expect("watch");
    let lease = store.grant(Duration::from_secs(2)).await.expect("grant");
    store.put(key("l/a"), "1".into(), Some(lease)).await.expect("put");
    store.put(key("l/b"), "1".into(), Some(lease)).await.expect("put");
    store.put(key("l/a"), "2".into(), None).await.expect("put");
    harness.advance(Duration::from_secs(3)).await;
    vanished(&mut watch, "l/b").await;
    assert_eq!(
        store.get(&key("l/a")).await.expect("get").expect("stays").value,
        "2"
    );
}

async fn out_of_bounds_is_refused(store: SharedStore) {
    for name in ["", "a b", "ä", "a\n", &"k".repeat(MAX_KEY_BYTES + 1)] {
        assert_eq!(name.parse::<Key>(), Err(StoreError::Key));
    }
    let widest = key(&"k".repeat(MAX_KEY_BYTES));
    store
        .put(widest, vec![0; MAX_VALUE_BYTES].into(), None)
        .await
        .expect("the bounds themselves are within");
    let large = store
        .put(key("a"), vec![0; MAX_VALUE_BYTES + 1].into(), None)
        .await;
    assert_eq!(
        large,
        Err(StoreError::ValueTooLarge {
            len: MAX_VALUE_BYTES + 1
        })
    );
    for limit in [0, MAX_RANGE_LIMIT + 1] {
        assert!(matches!(
            store.range("a", None, limit).await,
            Err(StoreError::OutOfBounds { .. })
        ));
    }
    for ttl in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(3_601),
    ] {
        assert!(matches!(
            store.grant(ttl).await,
            Err(StoreError::OutOfBounds { .. })
        ));
    }
    let nobody = LeaseId(u64::MAX);
    assert_eq!(
        store.put(key("a"), "x".into(), Some(nobody)).await,
        Err(StoreError::LeaseGone)
    );
    assert_eq!(store.get(&key("a")).await, Ok(None));
}
