//! `gateway login` and `gateway logout` against a real identity provider, as somebody at a terminal with a browser uses them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::{Arrived, Browser, open_on_loopback};
use tests::paths;
use tests::provider::IdentityProvider;
use tests::world::{Setup, World};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

const PROMPTLY: Duration = Duration::from_secs(30);

/// A gateway, a provider, and somebody's home folder.
struct Scene {
    provider: IdentityProvider,
    world: World<'static>,
    home: TempDir,
}

impl Scene {
    async fn start() -> Self {
        let provider = IdentityProvider::start().await.unwrap();
        let last = "# connector_lifetime_seconds = 86400\n".to_owned();
        let setup = Setup {
            gateway_settings: vec![(last.clone(), format!("{last}{}", provider.settings("")))],
            ..Setup::default()
        };
        let world = World::start_gateway(setup).await.unwrap();
        let home = paths::scratch("home").unwrap();
        Self {
            provider,
            world,
            home,
        }
    }

    fn api(&self) -> String {
        self.world.listener("api").unwrap().to_string()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(paths::program("gateway").unwrap());
        command.args(words).args(["--api", &self.api()]);
        command.env("XDG_STATE_HOME", self.home.path()).kill_on_drop(true);
        command
    }

    async fn run(&self, words: &[&str]) -> Output {
        timeout(PROMPTLY, self.command(words).output())
            .await
            .unwrap()
            .unwrap()
    }

    fn login(&self, more: &[&str]) -> (Child, Lines<BufReader<ChildStderr>>) {
        let ca = self.world.folder().join("gateway/ca.pem");
        let mut command = self.command(&["login", "--json"]);
        command
            .arg("--ca")
            .arg(ca)
            .arg("--provider-ca")
            .arg(self.provider.ca())
            .args(more);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let words = BufReader::new(child.stderr.take().unwrap()).lines();
        (child, words)
    }

    fn browser(&self) -> Browser {
        Browser::new(self.provider.issuer(), &self.provider.ca()).unwrap()
    }

    fn session(&self) -> PathBuf {
        let api = self.world.listener("api").unwrap();
        self.home
            .path()
            .join(format!("gateway/{}_{}.json", api.ip(), api.port()))
    }

    /// Signs in as somebody, through the browser.
    async fn signed_in(&self, person: &str) -> Value {
        let (child, mut words) = self.login(&[]);
        let url = said(&mut words, "https://").await;
        let Arrived::Elsewhere(back) = self.browser().sign_in(&url, person).await.unwrap() else {
            panic!("the browser stayed at the provider");
        };
        assert!(open_on_loopback(&back).await.unwrap().starts_with("HTTP/1.1 200"));
        ended(child).await
    }
}

/// The next line that begins so.
async fn said(words: &mut Lines<BufReader<ChildStderr>>, beginning: &str) -> String {
    loop {
        let line = timeout(PROMPTLY, words.next_line()).await.unwrap().unwrap();
        let line = line.unwrap_or_else(|| panic!("it ended without a line that begins with {beginning:?}"));
        if line.trim().starts_with(beginning) {
            return line.trim().to_owned();
        }
    }
}

async fn ended(child: Child) -> Value {
    let output = timeout(PROMPTLY, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(output: &Output, words: &str) {
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(words), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_with_a_browser_administers_by_their_role_and_signs_out() {
    let scene = Scene::start().await;
    refused(&scene.run(&["tenant", "list"]).await, "gateway login");

    let report = scene.signed_in("otto").await;
    assert_eq!(
        (&report["subject"], &report["email"]),
        (&json!("otto"), &json!("otto@people.example"))
    );
    assert_eq!(fs::metadata(scene.session()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(scene.session().parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );

    let list = scene.run(&["tenant", "list"]).await;
    assert!(list.status.success(), "{list:?}");
    assert!(String::from_utf8_lossy(&list.stdout).contains("acme"));
    assert!(
        scene
            .run(&["token", "create", "--tenant", "acme"])
            .await
            .status
            .success()
    );
    let refusal = scene.run(&["tenant", "create", "other"]).await;
    assert_eq!(refusal.status.code(), Some(3));
    refused(&refusal, "the role `administrator` on every tenant is needed");

    let out = scene.run(&["logout"]).await;
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    assert!(!scene.session().exists());
    refused(&scene.run(&["tenant", "list"]).await, "gateway login");
    scene.world.assert_no_errors_but(&[]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn session_is_renewed_with_its_refresh_token_and_ends_when_the_provider_says_so() {
    let scene = Scene::start().await;
    scene.signed_in("vera").await;
    let expire = |refresh_token: Option<&str>| {
        let mut session: Value = serde_json::from_str(&fs::read_to_string(scene.session()).unwrap()).unwrap();
        session["about"]["exp"] = json!(1);
        session["id_token"] = json!("a.b.c");
        if let Some(token) = refresh_token {
            session["refresh_token"] = json!(token);
        }
        fs::write(scene.session(), session.to_string()).unwrap();
    };
    expire(None);
    let list = scene.run(&["tenant", "list"]).await;
    assert!(list.status.success(), "{list:?}");
    assert!(!fs::read_to_string(scene.session()).unwrap().contains("a.b.c"));
    expire(Some("not one of the provider's"));
    refused(&scene.run(&["tenant", "list"]).await, "run `gateway login` again");
    // What others can read is no secret any more.
    fs::set_permissions(
        scene.session(),
        std::os::unix::fs::PermissionsExt::from_mode(0o644),
    )
    .unwrap();
    refused(&scene.run(&["tenant", "list"]).await, "chmod 600");
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_to_another_sign_in_is_turned_away_and_the_one_that_waits_goes_on() {
    let scene = Scene::start().await;
    let (child, mut words) = scene.login(&[]);
    let url = said(&mut words, "https://").await;
    assert!(
        url.contains("code_challenge_method=S256") && url.contains("nonce="),
        "{url}"
    );
    let Arrived::Elsewhere(back) = scene.browser().sign_in(&url, "ada").await.unwrap() else {
        panic!("the browser stayed at the provider");
    };
    let (base, query) = back.split_once('?').unwrap();
    let code = query.split('&').find(|pair| pair.starts_with("code=")).unwrap();
    for forged in [
        format!("{base}?{code}&state=guessed"),
        format!("{base}?{code}"),
        format!("{base}?error=access_denied&state=guessed"),
        format!("{back}&state=guessed"),
        back.replace("iss=https", "iss=http"),
        base.to_owned(),
        base.replace("callback", "other"),
    ] {
        let answer = open_on_loopback(&forged).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{forged}: {answer}");
    }
    assert!(open_on_loopback(&back).await.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(ended(child).await["subject"], "ada");

    // The provider's own refusal ends it.
    let (child, mut words) = scene.login(&[]);
    let url = said(&mut words, "https://").await;
    let state = url.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let redirect = url
        .split('&')
        .find_map(|pair| pair.strip_prefix("redirect_uri="))
        .unwrap();
    let redirect = redirect.replace("%3A", ":").replace("%2F", "/");
    open_on_loopback(&format!("{redirect}?error=access_denied&{state}"))
        .await
        .unwrap();
    let output = timeout(PROMPTLY, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&mut words, "error:").await.contains("access_denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_on_another_device_by_a_code() {
    let scene = Scene::start().await;
    let (child, mut words) = scene.login(&["--device"]);
    said(&mut words, "open https://").await;
    let complete = said(&mut words, "or open https://").await;
    let url = complete.strip_prefix("or open ").unwrap();
    let arrived = scene.browser().sign_in(url, "ada").await.unwrap();
    assert!(
        matches!(&arrived, Arrived::Page(text) if text.contains("Success")),
        "{arrived:?}"
    );
    assert_eq!(ended(child).await["subject"], "ada");
    assert!(scene.run(&["tenant", "create", "other"]).await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_nobody_enters_ends_the_sign_in() {
    let mut scene = Scene::start().await;
    scene
        .provider
        .command(&json!({ "do": "impatient" }))
        .await
        .unwrap();
    let (child, mut words) = scene.login(&["--device"]);
    assert!(said(&mut words, "error:").await.contains("not entered in time"));
    assert!(!child.wait_with_output().await.unwrap().status.success());
    assert!(!scene.session().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_without_sign_in_says_so() {
    let world = World::start_gateway(Setup::default()).await.unwrap();
    let output = Command::new(paths::program("gateway").unwrap())
        .args([
            "login",
            "--api",
            &world.listener("api").unwrap().to_string(),
            "--ca",
        ])
        .arg(world.folder().join("gateway/ca.pem"))
        .output();
    refused(&timeout(PROMPTLY, output).await.unwrap().unwrap(), "no [oidc]");
}
