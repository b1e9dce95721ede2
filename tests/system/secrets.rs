//! Nothing that a run writes holds a secret, but the files that are made to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::paths;
use tests::postgres::{Cluster, READER_PASSWORD};
use tests::process::Launch;
use tests::world::{Setup, Side, TENANT, Warehouse, World, query};

/// A process that was told to stop ends within this.
const ENDS: Duration = Duration::from_secs(60);

/// What must not be seen, in every form that it might have.
#[derive(Default)]
struct Sought {
    names: Vec<String>,
    forms: Vec<Vec<u8>>,
}

impl Sought {
    fn text(&mut self, name: &str, secret: &str) {
        self.bytes(name, secret.as_bytes());
        // The part that matters, without what every one begins with.
        let tail = secret.get(secret.len().saturating_sub(24)..).unwrap();
        self.form(&format!("the end of {name}"), tail.as_bytes().to_vec());
    }

    fn bytes(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= 16, "{name} is too short to be told from chance");
        self.form(name, secret.to_vec());
        self.form(
            &format!("{name} in hexadecimal"),
            hex::encode(secret).into_bytes(),
        );
        let upper = hex::encode_upper(secret);
        self.form(&format!("{name} in capital hexadecimal"), upper.into_bytes());
        // The alphabets differ in two characters; what both begin with is enough where they do.
        for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
            self.form(&format!("{name} in base64"), engine.encode(secret).into_bytes());
        }
    }

    fn form(&mut self, name: &str, bytes: Vec<u8>) {
        self.names.push(name.to_owned());
        self.forms.push(bytes);
    }

    fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let search = AhoCorasick::new(&self.forms).unwrap();
        search
            .find_overlapping_iter(bytes)
            .map(|hit| self.names[hit.pattern().as_usize()].as_str())
            .collect()
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

/// Files that are made to hold a secret, each readable by its owner alone, which other tests see to.
fn is_for_secrets(path: &Path, bytes: &[u8]) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    matches!(name, "kek" | "admin.token" | "reset.key" | "password")
        || bytes.windows(11).any(|window| window == b"PRIVATE KEY")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_run_writes_holds_a_secret() {
    let cluster = Cluster::start().await.unwrap();
    let everything = ("# filter = \"info\"".to_owned(), "filter = \"trace\"".to_owned());
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        gateway_settings: vec![everything],
        log_level: "trace",
        ..Setup::default()
    };
    let mut world = World::start_gateway(setup).await.unwrap();
    let mut sought = Sought::default();
    sought.text("the database's password", READER_PASSWORD);

    let join = world.join_token().await.unwrap();
    sought.text("a join token", &join);
    let parsed: certs::token::JoinToken = join.parse().unwrap();
    sought.text("the secret of a join token", &parsed.secret.to_text());
    let raw = BASE64_URL_SAFE_NO_PAD
        .decode(parsed.secret.to_text().as_bytes())
        .unwrap();
    sought.bytes("the bytes of a join token", &raw);
    sought.bytes("the digest of a join token", &Sha256::digest(&raw));
    world.join(&join).await.unwrap().succeeded().unwrap();
    world.settle().unwrap();
    world.restart_connector().await.unwrap();

    let api = format!("/v1/tenants/{TENANT}/api-tokens");
    let body = json!({ "name": "sweep", "scopes": ["query"] });
    let made: Value = world.admin().post(&api, &body).await.unwrap().json().unwrap();
    let token = made["api_token"].as_str().unwrap().to_owned();
    let admin = fs::read_to_string(world.folder().join("gateway/admin.token")).unwrap();
    for (name, token) in [
        ("an API token", token.as_str()),
        ("the administrator's token", admin.trim()),
    ] {
        sought.text(name, token);
        sought.bytes(&format!("the digest of {name}"), &Sha256::digest(token));
    }
    let kek = fs::read_to_string(world.folder().join("gateway/kek")).unwrap();
    for line in kek.lines() {
        sought.text("the key-encryption key", line);
        let raw = BASE64_URL_SAFE_NO_PAD
            .decode(line.strip_prefix("etk1_").unwrap())
            .unwrap();
        sought.bytes("the bytes of the key-encryption key", &raw);
    }
    let mut all = Vec::new();
    files(world.folder(), &mut all);
    let mut keys = 0;
    for path in &all {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        if !text.contains("PRIVATE KEY") {
            continue;
        }
        keys += 1;
        let name = format!("the private key in {}", path.display());
        let lines = || {
            text.lines()
                .skip_while(|line| !line.contains("PRIVATE KEY"))
                .skip(1)
        };
        let body: String = lines().take_while(|line| !line.contains("-----")).collect();
        let der = BASE64_STANDARD.decode(body.trim()).unwrap();
        // A PKCS #8 key of a curve: the number itself, behind what is alike in all of them.
        sought.bytes(&name, &der[36..68]);
        sought.text(&name, body.trim().get(48..88).unwrap());
    }
    assert!(keys >= 1, "the connector's key at least");

    // What a run does: queries that succeed and fail, wrong tokens, a rotation, a restart, a panic of nobody.
    let caller = world.admin().clone().with_token(&token);
    for (name, accept) in [("read.dbt_models", "text/csv"), ("no.such_query", "text/csv")] {
        query(&caller, name, &json!({}), accept).await.unwrap();
    }
    let wrong = format!("{}x", &token[..token.len() - 1]);
    world.admin().clone().with_token(&wrong).get(&api).await.unwrap();
    let state = world.folder().join("gateway").display().to_string();
    for command in [["seal", "rotate"], ["tenant", "list"]] {
        Launch::new(&paths::program("gateway").unwrap())
            .args(command)
            .args(["--state", &state])
            .run()
            .await
            .unwrap()
            .succeeded()
            .unwrap();
    }
    let kek = fs::read_to_string(world.folder().join("gateway/kek")).unwrap();
    sought.text("the key-encryption key after the rotation", kek.trim());

    let mut seen = Vec::new();
    for (name, id) in [
        ("gateway", world.gateway.id()),
        ("connector", world.connector().unwrap().id()),
    ] {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{id}/{file}")).unwrap();
            seen.push((format!("{file} of the {name}"), bytes));
        }
    }
    for side in [Side::Gateway, Side::Connector] {
        let metrics = world.operations(side, "/metrics").await.unwrap();
        seen.push(("metrics".to_owned(), metrics.into_bytes()));
    }
    world.connector().unwrap().terminate(ENDS).await.unwrap();
    world.gateway.terminate(ENDS).await.unwrap();
    all.clear();
    files(world.folder(), &mut all);
    let mut kept = 0;
    for path in &all {
        let bytes = fs::read(path).unwrap();
        if is_for_secrets(path, &bytes) {
            kept += usize::from(!sought.found_in(&bytes).is_empty());
        } else {
            seen.push((path.display().to_string(), bytes));
        }
    }
    assert!(
        kept >= 3,
        "the search finds what is there: key file, token, password"
    );
    for wanted in ["store.redb", "gateway.log", "connector.log", "audit"] {
        assert!(
            seen.iter().any(|(name, _)| name.contains(wanted)),
            "{wanted} was looked at"
        );
    }
    for (place, bytes) in &seen {
        let found = sought.found_in(bytes);
        assert!(found.is_empty(), "{found:?} in {place}");
    }
}
