//! AWS on loopback: moto's server, a separate implementation of the interfaces of KMS, Secrets Manager, STS, IAM and of the
//! instance metadata, over real HTTP.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use custody::aws::{Aws, Environment, Service, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::process::{Launch, Process};
use crate::{paths, wait};

/// Python starts in a second or two on a busy machine.
const UP: Duration = Duration::from_secs(60);

/// The region of everything here.
pub const REGION: &str = "eu-central-1";

/// Some credentials: the server takes any, unless it was told to look ([`Cloud::enforce`]).
pub const KEY_ID: &str = "AKIATESTS00000000000";
/// What belongs to [`KEY_ID`].
pub const KEY_SECRET: &str = "tests/secret+of/an/access/key/000000000";

/// A running server. It ends with the value.
#[derive(Debug)]
pub struct Cloud {
    port: u16,
    process: Process,
    _folder: TempDir,
}

impl Cloud {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When it does not start; `tests/python.sh` puts it in place.
    pub async fn start() -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let folder = paths::scratch("aws")?;
        let program = program();
        ensure!(
            program.exists(),
            "{} is missing: run tests/python.sh first",
            program.display()
        );
        let mut process = Launch::new(&program)
            .named("moto")
            .args(["-H", "127.0.0.1", "-p"])
            .args([port.to_string()])
            .start(folder.path())?;
        wait::until("moto to listen", UP, async || {
            let up = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok();
            (up || !process.is_running()).then_some(())
        })
        .await?;
        ensure!(process.is_running(), "moto ended while it started");
        Ok(Self {
            port,
            process,
            _folder: folder,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a client is told.
    ///
    /// # Errors
    /// Never: the endpoint is an address.
    pub fn settings(&self) -> Result<Settings> {
        Ok(Settings {
            region: Some(REGION.to_owned()),
            endpoint: Some(self.endpoint().parse()?),
            ca_file: None,
        })
    }

    /// The environment of a process that is somebody here.
    #[must_use]
    pub fn environment() -> Vec<(String, String)> {
        [
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", KEY_SECRET),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// A client with [`KEY_ID`].
    ///
    /// # Errors
    /// Never.
    pub fn client(&self) -> Result<Aws> {
        let environment = Environment::of([
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", KEY_SECRET),
        ]);
        Ok(Aws::new(&self.settings()?, environment)?)
    }

    async fn call(&self, service: Service, action: &'static str, body: Value) -> Result<Value> {
        let body = Zeroizing::new(body.to_string().into_bytes());
        Ok(self.client()?.call(service, action, &body).await?)
    }

    /// Makes a key in KMS and says its ARN.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_key(&self) -> Result<String> {
        let made = self.call(Service::Kms, "CreateKey", json!({})).await?;
        let arn = made.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
        Ok(arn.context("no key")?.to_owned())
    }

    /// Makes a secret.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_secret(&self, name: &str, text: &str) -> Result<()> {
        let body = json!({ "Name": name, "SecretString": text });
        self.call(Service::SecretsManager, "CreateSecret", body).await?;
        Ok(())
    }

    /// Replaces a secret.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn put_secret(&self, name: &str, text: &str) -> Result<()> {
        let body = json!({ "SecretId": name, "SecretString": text });
        self.call(Service::SecretsManager, "PutSecretValue", body).await?;
        Ok(())
    }

    /// From here on signatures and policies are checked. Gives the id and the secret of an access key that may do everything.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn enforce(&self) -> Result<(String, String)> {
        let policy =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        self.iam("Action=CreateUser&UserName=u").await?;
        let made = self.iam("Action=CreateAccessKey&UserName=u").await?;
        let mut encoded = String::new();
        for byte in policy.bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        self.iam(&format!(
            "Action=PutUserPolicy&UserName=u&PolicyName=p&PolicyDocument={encoded}"
        ))
        .await?;
        self.post("/moto-api/reset-auth", "text/plain", "", "0").await?;
        let element = |name: &str| {
            let (_, rest) = made.split_once(&format!("<{name}>"))?;
            Some(rest.split_once("</")?.0.to_owned())
        };
        let id = element("AccessKeyId").context("no access key")?;
        Ok((id, element("SecretAccessKey").context("no secret")?))
    }

    async fn iam(&self, form: &str) -> Result<String> {
        let signature = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={KEY_ID}/20260101/us-east-1/iam/aws4_request, \
             SignedHeaders=host, Signature=0\r\n"
        );
        let body = format!("{form}&Version=2010-05-08");
        self.post("/", "application/x-www-form-urlencoded", &signature, &body)
            .await
    }

    async fn post(&self, path: &str, content: &str, header: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: {content}\r\n{header}\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        ensure!(answer.contains(" 200 "), "{answer}");
        Ok(answer)
    }

    /// Ends it at once; what it held is gone.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }
}

fn program() -> PathBuf {
    paths::repository().join("target/python/bin/moto_server")
}
