//! How API tokens are kept: sealed, found by a keyed hash, with the time of their last use.

use std::sync::Arc;

use super::*;
use crate::{
    clock::ClockHand,
    seal::settings::Settings,
    store::{Entry, Key, SharedStore, embedded::EmbeddedStore},
};

/// Puts a record there.
async fn put(tokens: &ApiTokens, token: &ApiToken, record: TokenRecord) {
    let made = tokens.register.create(token.digest().as_bytes(), &record).await;
    made.expect("made");
}

struct Tokens {
    folder: tempfile::TempDir,
    store: SharedStore,
    clock: Clock,
    hand: ClockHand,
}

impl Tokens {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hand) = Clock::movable();
        let store = EmbeddedStore::open(&folder.path().join("store"), clock.clone()).expect("a store");
        Self {
            folder,
            store: Arc::new(store),
            clock,
            hand,
        }
    }

    async fn start(&self) -> ApiTokens {
        let settings = Settings::file(self.folder.path().join("kek"));
        let domain = "gw.test".parse().expect("a domain");
        let sealer = Sealer::start(&settings, &domain, Arc::clone(&self.store))
            .await
            .expect("a sealer");
        ApiTokens::start(&sealer, self.clock.clone())
            .await
            .expect("tokens")
    }

    async fn all(&self) -> Vec<Entry> {
        self.store.range("", None, 1_000).await.expect("read").entries
    }

    async fn put(&self, key: &str, value: impl Into<bytes::Bytes>) {
        let key = key.parse().expect("a key");
        self.store.put(key, value.into(), None).await.expect("written");
    }
}

fn record(token: &ApiToken, tenant: &str) -> TokenRecord {
    TokenRecord {
        id: token.digest().id(),
        name: "dashboards".to_owned(),
        tenant: Some(tenant.parse().expect("a tenant")),
        sources: Vec::new(),
        scopes: vec![Scope::Query],
        created: 0,
        expires: None,
    }
}

fn refusal(found: Result<Caller, Fault>) -> Code {
    found.expect_err("refused").code
}

#[tokio::test]
async fn tokens_of_an_earlier_version_are_sealed_at_start_and_stay_in_force() {
    let tokens = Tokens::new();
    let old = [ApiToken::generate(), ApiToken::generate()];
    for token in &old {
        let key = format!("api-token/{}", hex::encode(token.digest().as_bytes()));
        let text = serde_json::to_vec(&record(token, "acme")).expect("text");
        tokens.put(&key, text).await;
    }
    let before = tokens.all().await;
    let started = tokens.start().await;
    for token in &old {
        let caller = started.find(token.expose()).await.expect("in force");
        assert_eq!(caller.id(), token.digest().id());
    }
    assert_eq!(
        refusal(started.find(ApiToken::generate().expose()).await),
        Code::Unauthenticated
    );
    for entry in tokens.all().await {
        let text = format!("{} {}", entry.key, String::from_utf8_lossy(&entry.value));
        assert!(
            !text.contains("api-token/") && !text.contains("dashboards"),
            "{text}"
        );
        for token in &old {
            assert!(!text.contains(&hex::encode(token.digest().as_bytes())));
        }
    }
    // Killed between the new record and the end of the old one: both are there at the next start.
    let sealed = tokens.all().await;
    for entry in &before {
        tokens.put(entry.key.as_str(), entry.value.clone()).await;
    }
    tokens.start().await;
    assert_eq!(tokens.all().await, sealed);
}

#[tokio::test]
async fn record_that_somebody_puts_into_the_store_lets_nobody_in() {
    let tokens = Tokens::new();
    let started = tokens.start().await;
    let (mine, theirs) = (ApiToken::generate(), ApiToken::generate());
    for (token, tenant) in [(&mine, "acme"), (&theirs, "globex")] {
        put(&started, token, record(token, tenant)).await;
    }
    let place = |token: &ApiToken| started.register.key(token.digest().as_bytes());
    let get = async |key: &Key| tokens.store.get(key).await.expect("read").expect("there");
    let (own, other) = (get(&place(&mine)).await, get(&place(&theirs)).await);
    // Another's record in the place of one's own.
    tokens.put(own.key.as_str(), other.value.clone()).await;
    assert_eq!(refusal(started.find(mine.expose()).await), Code::Internal);
    // One's own, said to be another tenant's.
    let text = String::from_utf8_lossy(&own.value).replace("\"acme\"", "\"globex\"");
    tokens.put(own.key.as_str(), text.into_bytes()).await;
    assert_eq!(refusal(started.find(mine.expose()).await), Code::Internal);
    // A record as it was before records were sealed, in the place that the digest alone leads to.
    let forged = ApiToken::generate();
    let text = serde_json::to_vec(&record(&forged, "acme")).expect("text");
    let digest = hex::encode(forged.digest().as_bytes());
    tokens.put(&format!("credential/api/{digest}"), text).await;
    assert_eq!(
        refusal(started.find(forged.expose()).await),
        Code::Unauthenticated
    );
    tokens.put(own.key.as_str(), own.value).await;
    assert!(started.find(mine.expose()).await.is_ok());
}

#[tokio::test]
async fn token_that_ends_or_is_removed_is_refused_by_the_next_request() {
    let tokens = Tokens::new();
    let started = tokens.start().await;
    let (token, removed) = (ApiToken::generate(), ApiToken::generate());
    let ends = TokenRecord {
        expires: Some(tokens.clock.unix_seconds() + 60),
        ..record(&token, "acme")
    };
    for (token, record) in [(&token, ends), (&removed, record(&removed, "acme"))] {
        put(&started, token, record).await;
        // Twice: the second time it is in memory.
        assert!(started.find(token.expose()).await.is_ok());
        assert!(started.find(token.expose()).await.is_ok());
    }
    let id = removed.digest().id();
    // By another process, which cannot reach into this one's memory.
    let other = tokens.start().await;
    assert_eq!(
        other.delete_where(|token, _| token == id).await.expect("removed"),
        1
    );
    assert_eq!(
        refusal(started.find(removed.expose()).await),
        Code::Unauthenticated
    );
    tokens.hand.advance(Duration::from_secs(61));
    assert_eq!(refusal(started.find(token.expose()).await), Code::Unauthenticated);
}

#[tokio::test]
async fn last_use_is_written_once_a_minute_and_goes_with_its_token() {
    let tokens = Tokens::new();
    let started = tokens.start().await;
    let token = ApiToken::generate();
    put(&started, &token, record(&token, "acme")).await;
    let by = Admin::of_the_state_folder()
        .caller()
        .token_viewer(&"acme".parse().expect("a tenant"))
        .expect("may list");
    let last = async || {
        let listed = started.list(&by).await.expect("listed");
        listed.first().expect("one").last_used
    };
    // What waits is written when the gateway stops.
    let written = async || {
        let drain = Drain::new();
        drain.stop();
        started.run(&drain).await;
    };
    assert_eq!(last().await, None);
    assert!(started.find(token.expose()).await.is_ok());
    let first = tokens.clock.unix_seconds();
    written().await;
    assert_eq!(last().await, Some(first));
    tokens.hand.advance(Duration::from_secs(30));
    assert!(started.find(token.expose()).await.is_ok());
    written().await;
    assert_eq!(last().await, Some(first), "within the minute");
    tokens.hand.advance(Duration::from_secs(30));
    assert!(started.find(token.expose()).await.is_ok());
    let second = tokens.clock.unix_seconds();
    written().await;
    assert_eq!(last().await, Some(second));
    // A use that is written after the token was removed leaves nothing behind.
    tokens.hand.advance(Duration::from_secs(60));
    assert!(started.find(token.expose()).await.is_ok());
    let id = token.digest().id();
    assert_eq!(
        started
            .delete_where(|token, _| token == id)
            .await
            .expect("removed"),
        1
    );
    written().await;
    let left = tokens.all().await;
    assert!(left.iter().all(|entry| !entry.key.has_prefix("credential/")));
}
