//! The customer's decisions against a folder.

use std::{fs, path::Path};

use proto::{
    catalogue::{Catalogue, Entry},
    limits::{MAX_APPROVED, MAX_PENDING},
    schema::elementary,
};

use super::{
    store::{Replace, StoreError, read_entry},
    *,
};
use crate::policy::file::Document;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn text(name: &str, limit: u32) -> String {
    format!(
        "-- name: {name}\n-- purpose: Models of an owner.\nSELECT unique_id, owner FROM dbt_models LIMIT {limit}\n"
    )
}

fn entry(name: &str, limit: u32) -> Entry {
    Entry::parse("test", &text(name, limit), elementary::schema()).expect("a query")
}

/// Looks at the folder and gives what was recorded.
fn look(live: &Live) -> (Reload, Vec<(String, String)>) {
    let mut recorded = Vec::new();
    let reload = live.reload(true, |event| {
        if let Event::Catalogue { change, query, .. } = event {
            recorded.push((change.to_string(), query.to_string()));
        }
        Ok(())
    });
    (reload, recorded)
}

fn runs(live: &Live, name: &str) -> Option<Fingerprint> {
    let in_force = live.in_force();
    let name = name.parse().expect("a name");
    in_force.catalogue().get(&name).map(Entry::fingerprint)
}

fn pair(change: &str, query: &str) -> Vec<(String, String)> {
    vec![(change.to_owned(), query.to_owned())]
}

#[test]
fn an_approved_query_runs_after_its_record_and_a_revoked_one_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    let live = Live::new(store.clone());
    assert!(look(&live).1.is_empty());
    assert_eq!(runs(&live, "own.models"), None);

    let own = entry("own.models", 5);
    store.approve(&own, NOW, Replace::No).expect("approved");
    let refused = live.reload(true, |_| {
        Err(
            crate::audit::Log::open(Path::new("/proc/nowhere"), crate::audit::Sync::Batched)
                .expect_err("no log"),
        )
    });
    assert!(matches!(refused, Reload::Unrecorded(_)));
    assert_eq!(runs(&live, "own.models"), None, "no record, no query");

    let (reload, recorded) = look(&live);
    assert!(matches!(reload, Reload::Replaced(_)));
    assert_eq!(recorded, pair("approved", "own.models"));
    assert_eq!(runs(&live, "own.models"), Some(own.fingerprint()));
    assert_eq!(live.in_force().offers().approved.len(), 1);
    // A connector that starts again has nothing new to record.
    let again = Live::new(store.clone());
    assert!(look(&again).1.is_empty());
    assert!(runs(&again, "own.models").is_some());

    store.revoke(own.name()).expect("revoked");
    assert_eq!(look(&live).1, pair("revoked", "own.models"));
    assert_eq!(runs(&live, "own.models"), None);
    assert!(matches!(store.revoke(own.name()), Err(StoreError::Unknown(..))));
}

#[test]
fn a_file_that_is_not_as_it_was_approved_is_not_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    let live = Live::new(store.clone());
    store
        .approve(&entry("own.models", 5), NOW, Replace::No)
        .expect("approved");
    let _ = look(&live);
    let file = folder.path().join("catalogue/approved/own.models.sql");
    for spoilt in [
        text("own.models", 6),
        format!("{}-- a note\n", text("own.models", 5)),
        String::new(),
    ] {
        fs::write(&file, spoilt).expect("written");
        assert_eq!(look(&live).1, pair("withheld", "own.models"));
        assert_eq!(runs(&live, "own.models"), None);
        assert!(
            live.in_force().unfit()[0]
                .why
                .contains("was changed since it was approved")
        );
        fs::write(&file, text("own.models", 5)).expect("written");
        assert_eq!(look(&live).1, pair("approved", "own.models"));
    }
    // A file that nobody approved.
    fs::write(
        folder.path().join("catalogue/approved/own.other.sql"),
        text("own.other", 5),
    )
    .expect("written");
    assert!(look(&live).1.is_empty());
    assert_eq!(runs(&live, "own.other"), None);
    assert!(live.in_force().unfit()[0].why.contains("nobody approved it"));
}

#[test]
fn a_list_that_cannot_be_read_leaves_the_old_catalogue_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    let live = Live::new(store.clone());
    store
        .approve(&entry("own.models", 5), NOW, Replace::No)
        .expect("approved");
    let _ = look(&live);
    let list = folder.path().join("catalogue/approvals.json");
    let good = fs::read(&list).expect("read");
    for broken in ["", "[{}]", "{\"approved\": \"*\"}"] {
        fs::write(&list, broken).expect("written");
        assert!(
            matches!(look(&live).0, Reload::Broken(StoreError::List { .. })),
            "{broken}"
        );
        assert!(live.is_broken());
        assert!(runs(&live, "own.models").is_some());
        // One that starts now runs what is shipped, and nothing else.
        let fresh = Live::new(store.clone());
        assert!(matches!(look(&fresh).0, Reload::Broken(_)));
        assert_eq!(runs(&fresh, "own.models"), None);
        assert_eq!(
            fresh.in_force().catalogue().digest(),
            Catalogue::builtin().digest()
        );
    }
    fs::write(&list, good).expect("written");
    assert!(matches!(look(&live).0, Reload::Unchanged));
    assert!(!live.is_broken());
}

#[test]
fn a_name_means_one_query_until_somebody_says_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    let shipped = entry("read.dbt_models", 5);
    assert!(matches!(
        store.approve(&shipped, NOW, Replace::Yes),
        Err(StoreError::Shipped(_))
    ));
    let (one, other) = (entry("own.models", 5), entry("own.models", 6));
    store.approve(&one, NOW, Replace::No).expect("approved");
    store.approve(&one, NOW, Replace::No).expect("the same again");
    assert!(matches!(
        store.approve(&other, NOW, Replace::No),
        Err(StoreError::Named { .. })
    ));
    let live = Live::new(store.clone());
    let _ = look(&live);
    assert_eq!(runs(&live, "own.models"), Some(one.fingerprint()));
    store.approve(&other, NOW, Replace::Yes).expect("replaced");
    assert_eq!(look(&live).1, pair("approved", "own.models"));
    assert_eq!(runs(&live, "own.models"), Some(other.fingerprint()));
}

#[test]
fn proposals_wait_are_bounded_and_run_only_once_approved() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    let live = Live::new(store.clone());
    for n in 0..MAX_PENDING as u32 {
        store.keep(&entry("own.models", n + 1)).expect("kept");
    }
    assert!(matches!(
        store.keep(&entry("own.models", 99)),
        Err(StoreError::Full { .. })
    ));
    let first = entry("own.models", 1);
    // The same plan under other words: what waits stays as it was read.
    let reworded = text("own.models", 1).replace("Models of an owner.", "Nothing to see here.");
    let reworded = Entry::parse("test", &reworded, elementary::schema()).expect("a query");
    assert_eq!(reworded.fingerprint(), first.fingerprint());
    store.keep(&reworded).expect("known");
    let kept = store.proposed(&first.fingerprint()).expect("there");
    assert_eq!(kept.purpose(), "Models of an owner.");

    assert!(look(&live).1.is_empty());
    assert_eq!(live.in_force().pending().len(), MAX_PENDING);
    assert_eq!(live.in_force().offers().pending.len(), MAX_PENDING);
    assert_eq!(runs(&live, "own.models"), None);
    store.approve(&kept, NOW, Replace::No).expect("approved");
    let _ = look(&live);
    assert_eq!(runs(&live, "own.models"), Some(first.fingerprint()));
    assert_eq!(live.in_force().pending().len(), MAX_PENDING - 1);
    let second = entry("own.models", 2).fingerprint();
    store.discard(&second).expect("discarded");
    assert!(matches!(store.discard(&second), Err(StoreError::Unknown(..))));
    assert!(matches!(store.proposed(&second), Err(StoreError::Unknown(..))));
}

#[test]
fn no_more_are_approved_than_fit_one_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(folder.path().join("catalogue"));
    for n in 0..MAX_APPROVED {
        store
            .approve(&entry(&format!("own.q{n}"), 5), NOW, Replace::No)
            .expect("approved");
    }
    assert!(matches!(
        store.approve(&entry("own.more", 5), NOW, Replace::No),
        Err(StoreError::Full { .. })
    ));
}

#[test]
fn a_review_names_tables_columns_categories_and_what_the_policy_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.sql");
    fs::write(
        &file,
        "-- name: own.runs\n-- purpose: Messages of runs.\nSELECT r.message, i.vars FROM dbt_run_results r CROSS JOIN dbt_invocations i\n",
    )
    .expect("written");
    let own = read_entry(&file).expect("a query");
    let policy = Document::parse(
        Path::new("policy.toml"),
        b"source = \"shop\"\nschema = \"s\"\nprofile = \"balanced\"\n",
    )
    .expect("a policy");
    let reads = reads::reads(own.plan(), &[policy]);
    let read = |table: &str, column: &str| {
        let table = reads.iter().find(|t| t.table == table).expect("the table");
        table
            .columns
            .iter()
            .find(|c| c.column == column)
            .expect("the column")
            .clone()
    };
    let vars = read("dbt_invocations", "vars");
    assert_eq!(
        (vars.sensitivity, vars.policies.get("shop").copied()),
        ("secret", Some("held back"))
    );
    let message = read("dbt_run_results", "message");
    assert_eq!(
        (message.sensitivity, message.policies.get("shop").copied()),
        ("literal", Some("redact"))
    );
    assert!(!message.categories.is_empty());
}
