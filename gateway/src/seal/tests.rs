//! What is sealed opens where it belongs and nowhere else, over rotations and restarts.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use super::{
    kms::{About, Kms, Wrapped},
    settings::Place,
    *,
};
use crate::{
    clock::Clock,
    store::{Entry, Key, embedded::EmbeddedStore},
};

/// A store and a key file in a folder of their own.
struct Installation {
    folder: tempfile::TempDir,
    store: SharedStore,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = EmbeddedStore::open(&folder.path().join("store"), Clock::system()).expect("a store");
        Self {
            folder,
            store: Arc::new(store),
        }
    }

    fn kek(&self) -> PathBuf {
        self.folder.path().join("kek")
    }

    async fn sealer(&self) -> Result<Sealer, SealError> {
        self.sealer_with(Settings::file(self.kek())).await
    }

    async fn sealer_with(&self, settings: Settings) -> Result<Sealer, SealError> {
        Sealer::start(&settings, &domain(), Arc::clone(&self.store)).await
    }

    async fn entries(&self, prefix: &str) -> Vec<Entry> {
        self.store.range(prefix, None, 100).await.expect("read").entries
    }
}

fn domain() -> TrustDomain {
    "gw.test".parse().expect("a domain")
}

fn tenant(name: &str) -> TenantId {
    name.parse().expect("a tenant")
}

fn key(text: &str) -> Key {
    text.parse().expect("a key")
}

#[tokio::test]
async fn sealed_value_opens_in_its_context_and_in_no_other() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let context = Context::tenant(&acme, Purpose::ApiToken, "a");
    let sealed = sealer.seal(&context, b"secret").await.expect("sealed");
    let opened = sealer.open(&context, &sealed).await.expect("opens");
    assert_eq!(opened.as_slice(), b"secret");
    // The other tenant has a data key of its own.
    let others = Context::tenant(&globex, Purpose::ApiToken, "a");
    sealer.seal(&others, b"other").await.expect("sealed");
    for elsewhere in [
        others,
        Context::tenant(&acme, Purpose::ApiToken, "b"),
        Context::tenant(&acme, Purpose::JoinToken, "a"),
        Context::installation(Purpose::ApiToken, "a"),
        Context::tenant(&tenant("nobody"), Purpose::ApiToken, "a"),
    ] {
        let refused = sealer.open(&elsewhere, &sealed).await;
        assert!(
            matches!(refused, Err(SealError::DoesNotOpen(_))),
            "{elsewhere}: {refused:?}"
        );
    }
    let text = serde_json::to_string(&sealed).expect("text");
    assert_eq!(serde_json::from_str::<Sealed>(&text).expect("read"), sealed);
    assert!(serde_json::from_str::<Sealed>(&text.replace("\"v\":1", "\"v\":2")).is_err());
    let large = vec![0; MAX_SECRET_BYTES + 1];
    assert!(matches!(
        sealer.seal(&context, &large).await,
        Err(SealError::TooLarge)
    ));
}

#[tokio::test]
async fn data_key_that_is_copied_to_another_tenant_does_not_open() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let context = |name| Context::tenant(&tenant(name), Purpose::ApiToken, "a");
    let sealed = sealer.seal(&context("acme"), b"secret").await.expect("sealed");
    let stolen = installation
        .store
        .get(&key("seal/key/tenant/acme"))
        .await
        .expect("read")
        .expect("there");
    installation
        .store
        .put(key("seal/key/tenant/globex"), stolen.value, None)
        .await
        .expect("written");
    let refused = sealer.open(&context("globex"), &sealed).await;
    assert!(
        matches!(refused, Err(SealError::Kms(KmsError::DoesNotOpen(_)))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn rotation_wraps_data_keys_anew_and_leaves_what_they_sealed_to_the_byte() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let contexts = [
        Context::installation(Purpose::Authority, "ca"),
        Context::tenant(&tenant("acme"), Purpose::ApiToken, "a"),
    ];
    for (n, context) in contexts.iter().enumerate() {
        let sealed = sealer.seal(context, format!("secret {n}").as_bytes()).await;
        let record = serde_json::to_vec(&sealed.expect("sealed")).expect("text");
        let at = key(&format!("value/{n}"));
        installation
            .store
            .put(at, record.into(), None)
            .await
            .expect("stored");
    }
    let before = (
        installation.entries("value/").await,
        installation.entries("seal/key/").await,
        fs::read_to_string(installation.kek()).expect("read"),
    );
    let done = sealer.rotate().await.expect("rotated");
    assert_eq!((done.rewrapped, done.unchanged), (2, 0));
    let values = installation.entries("value/").await;
    assert_eq!(values, before.0);
    for (old, new) in before.1.iter().zip(installation.entries("seal/key/").await) {
        assert_ne!(old.value, new.value);
    }
    let file = fs::read_to_string(installation.kek()).expect("read");
    assert_ne!(file, before.2);
    assert_eq!(file.lines().count(), 1, "the key before is gone");
    assert_eq!(
        fs::metadata(installation.kek()).expect("file").mode() & 0o777,
        0o600
    );
    // The process that rotated, and one that starts after it.
    for sealer in [&sealer, &installation.sealer().await.expect("started anew")] {
        for (n, (context, entry)) in contexts.iter().zip(&values).enumerate() {
            let sealed = serde_json::from_slice(&entry.value).expect("text");
            let opened = sealer.open(context, &sealed).await.expect("opens");
            assert_eq!(opened.as_slice(), format!("secret {n}").as_bytes());
        }
    }
    let again = sealer.rewrap().await.expect("nothing to do");
    assert_eq!((again.rewrapped, again.unchanged), (0, 2));
}

#[tokio::test]
async fn rotation_that_broke_off_is_taken_up_where_it_stopped() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let context = Context::tenant(&tenant("acme"), Purpose::ApiToken, "a");
    let sealed = sealer.seal(&context, b"secret").await.expect("sealed");
    // The new key was written, and then the process was killed.
    let file = file::KeyFile::load(&installation.kek()).expect("loaded");
    file.rotate().await.expect("written");
    let sealer = installation.sealer().await.expect("started with two keys");
    assert!(sealer.open(&context, &sealed).await.is_ok());
    assert_eq!(sealer.rewrap().await.expect("wrapped").rewrapped, 2);
    let file = fs::read_to_string(installation.kek()).expect("read");
    assert_eq!(file.lines().count(), 1);
    assert!(installation.sealer().await.is_ok());
}

#[tokio::test]
async fn another_key_takes_over_while_the_former_still_unwraps() {
    let installation = Installation::new();
    let context = Context::installation(Purpose::Authority, "ca");
    let sealer = installation.sealer().await.expect("started");
    let sealed = sealer.seal(&context, b"secret").await.expect("sealed");
    let other = installation.folder.path().join("other");
    let settings = |former: &[PathBuf]| Settings {
        present: Place::File(other.clone()),
        former: former.iter().cloned().map(Place::File).collect(),
    };
    let sealer = installation
        .sealer_with(settings(&[installation.kek()]))
        .await
        .expect("both keys");
    assert!(sealer.open(&context, &sealed).await.is_ok());
    // Without the former one, and before its data keys were wrapped anew.
    let refused = installation.sealer_with(settings(&[])).await;
    let words = refused.expect_err("refused").to_string();
    assert!(
        words.contains("seal_former") && words.contains("file:"),
        "{words}"
    );
    assert_eq!(sealer.rewrap().await.expect("wrapped").rewrapped, 1);
    let sealer = installation.sealer_with(settings(&[])).await.expect("alone");
    assert!(sealer.open(&context, &sealed).await.is_ok());
}

#[tokio::test]
async fn key_file_that_others_read_or_that_is_gone_or_spoilt_is_refused_by_name() {
    let installation = Installation::new();
    installation.sealer().await.expect("started");
    let kek = installation.kek();
    let whole = fs::read_to_string(&kek).expect("read");
    let words = async || installation.sealer().await.expect_err("refused").to_string();
    fs::set_permissions(&kek, fs::Permissions::from_mode(0o640)).expect("chmod");
    let said = words().await;
    assert!(
        said.contains("640") && said.contains("chmod 600") && said.contains("kek"),
        "{said}"
    );
    fs::set_permissions(&kek, fs::Permissions::from_mode(0o600)).expect("chmod");
    fs::write(&kek, &whole[..30]).expect("written");
    assert!(words().await.contains("put it back"));
    fs::remove_file(&kek).expect("removed");
    assert!(words().await.contains("is gone"));
    assert!(!kek.exists(), "nothing is made in its place");
    // Another key in its place.
    let other = Installation::new();
    other.sealer().await.expect("started");
    fs::copy(other.kek(), &kek).expect("copied");
    assert!(words().await.contains("is wrapped under `file:"));
    fs::write(&kek, whole).expect("written");
    assert!(installation.sealer().await.is_ok());
}

#[tokio::test]
async fn what_a_forgotten_tenants_key_sealed_stays_closed() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let acme = tenant("acme");
    let context = Context::tenant(&acme, Purpose::ApiToken, "a");
    let sealed = sealer.seal(&context, b"secret").await.expect("sealed");
    sealer.forget(&acme).await.expect("forgotten");
    assert!(matches!(
        sealer.open(&context, &sealed).await,
        Err(SealError::DoesNotOpen(_))
    ));
    // A tenant of the same name begins anew.
    let anew = sealer.seal(&context, b"other").await.expect("sealed");
    assert!(sealer.open(&context, &anew).await.is_ok());
    assert!(sealer.open(&context, &sealed).await.is_err());
}

#[tokio::test]
async fn nothing_of_a_key_is_in_debug_output_or_the_store() {
    let installation = Installation::new();
    let sealer = installation.sealer().await.expect("started");
    let context = Context::installation(Purpose::Index, "a");
    let sealed = sealer.seal(&context, b"plain secret").await.expect("sealed");
    let file = file::KeyFile::load(&installation.kek()).expect("loaded");
    let line = fs::read_to_string(installation.kek()).expect("read");
    let secret = line.trim().strip_prefix(file::PREFIX).expect("a key");
    let about = About {
        domain: domain(),
        scope: Scope::Installation,
        key: "0".to_owned(),
    };
    let plain = Zeroizing::new([0x5a; 32]);
    let wrapped: Wrapped = file.wrap(&about, &plain).await.expect("wrapped");
    let mut shown = format!("{sealer:?} {sealed:?} {file:?} {context:?} {wrapped:?}");
    for entry in installation.entries("seal/").await {
        shown.push_str(&String::from_utf8_lossy(&entry.value));
    }
    for hidden in [secret, "plain secret", &hex::encode(*plain), "ZZZZ"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
