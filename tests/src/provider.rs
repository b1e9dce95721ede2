//! A real identity provider, `oidc-provider` on Node.js, with the people and groups of `tests/oidc/provider.mjs`.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::paths;

/// From its start to its first word, and for each command: a second on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A running provider. It ends with the value.
#[derive(Debug)]
pub struct IdentityProvider {
    issuer: String,
    port: u16,
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl IdentityProvider {
    /// Starts it on a free port of loopback, with a certificate of its own.
    ///
    /// # Errors
    /// When it does not start; `tests/oidc/install.sh` puts it in place.
    pub async fn start() -> Result<Self> {
        let folder = paths::scratch("provider")?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.self_signed(&key)?;
        fs::write(folder.path().join("provider.pem"), certificate.pem())?;
        fs::write(folder.path().join("provider.key"), key.serialize_pem())?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        let (process, commands, answers) = launch(&folder, port)?;
        let mut provider = Self {
            issuer: format!("https://127.0.0.1:{port}"),
            port,
            process,
            commands,
            answers,
            folder,
        };
        let first = provider.answer().await?;
        ensure!(first.get("issuer") == Some(&json!(provider.issuer)), "{first}");
        Ok(provider)
    }

    /// Its name for itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its certificate, which is its own root.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("provider.pem")
    }

    /// `[oidc]` of a gateway, with the rules for the groups of the test's people, and `more` lines before them.
    #[must_use]
    pub fn settings(&self, more: &str) -> String {
        let rules: [(&str, &str, Option<&str>); 6] = [
            ("viewer", "lookers", None),
            ("operator", "on-call", None),
            ("administrator", "platform-admins", None),
            ("viewer", "acme-lookers", Some("acme")),
            ("operator", "acme-on-call", Some("acme")),
            ("administrator", "acme-admins", Some("acme")),
        ];
        let mut text = format!(
            "[oidc]\nissuer = \"{}\"\nclient_id = \"gateway-cli\"\nca_file = {:?}\n{more}\n",
            self.issuer,
            self.ca()
        );
        for (role, group, tenant) in rules {
            text.push_str(&format!(
                "[[oidc.role]]\nrole = \"{role}\"\ngroup = \"{group}\"\n"
            ));
            if let Some(tenant) = tenant {
                text.push_str(&format!("tenants = [\"{tenant}\"]\n"));
            }
        }
        text
    }

    /// Sends a command of `provider.mjs` and takes its answer.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn command(&mut self, command: &Value) -> Result<Value> {
        self.commands.write_all(format!("{command}\n").as_bytes()).await?;
        self.commands.flush().await?;
        self.answer().await
    }

    /// A token signed with the provider's key, with these claims instead of those of an administrator.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn token(&mut self, claims: Value) -> Result<String> {
        self.mint(&json!({ "do": "mint", "claims": claims })).await
    }

    /// A token by a whole command.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn mint(&mut self, command: &Value) -> Result<String> {
        let answer = self.command(command).await?;
        let token = answer.get("token").and_then(Value::as_str);
        Ok(token.context("no token in the answer")?.to_owned())
    }

    /// How often the keys were fetched.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn calls(&mut self) -> Result<u64> {
        let answer = self.command(&json!({ "do": "calls" })).await?;
        answer.get("calls").and_then(Value::as_u64).context("no count")
    }

    /// Ends it, as if its host were gone.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn stop(&mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    /// Starts it again at the same address, with new keys.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        (self.process, self.commands, self.answers) = launch(&self.folder, self.port)?;
        self.answer().await.map(drop)
    }

    async fn answer(&mut self) -> Result<Value> {
        let line = timeout(LIMIT, self.answers.next_line())
            .await
            .context("the provider is silent")??;
        Ok(serde_json::from_str(&line.context("the provider has ended")?)?)
    }
}

fn launch(folder: &TempDir, port: u16) -> Result<(Child, ChildStdin, Lines<BufReader<ChildStdout>>)> {
    let modules = paths::repository().join("target/oidc-provider/node_modules");
    ensure!(
        modules.is_dir(),
        "{} is missing: run tests/oidc/install.sh first",
        modules.display()
    );
    let mut process = Command::new("node")
        .arg(paths::repository().join("tests/oidc/provider.mjs"))
        .arg(modules)
        .arg(port.to_string())
        .arg(folder.path().join("provider.pem"))
        .arg(folder.path().join("provider.key"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(folder.path().join("provider.log"))?)
        .kill_on_drop(true)
        .spawn()
        .context("starting node")?;
    let commands = process.stdin.take().context("the provider's input")?;
    let answers = process.stdout.take().context("the provider's output")?;
    Ok((process, commands, BufReader::new(answers).lines()))
}
