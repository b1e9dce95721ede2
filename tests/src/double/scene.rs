//! A world with room for a second connector: the customer's own serves [`SOURCE`], and a hostile one of the same account
//! serves [`LAKE`].

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use certs::verifier::TrustBundle;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{connector::Dial, forge::Shown};
use crate::client::Client;
use crate::samples::Samples;
use crate::world::{SOURCE, Setup, Side, TENANT, World, query_body};

/// What the hostile connector says that it serves.
pub const LAKE: &str = "lake";

/// Its name.
pub const MALLORY: &str = "mallory";

/// A world, and how to reach it from outside its manners.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The installation.
    pub world: World<'a>,
    /// A caller of the account.
    pub caller: Client,
    /// The hostile connector's certificates.
    pub mallory: Shown,
    /// The gateway's tunnel listener, approached by [`MALLORY`].
    pub dial: Dial,
}

/// What a caller got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A problem document with this code.
    Problem(String),
    /// A body that broke off.
    Aborted,
    /// A body that ended well.
    Whole,
}

impl<'a> Scene<'a> {
    /// With the customer's own connector.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn start(setup: Setup<'a>) -> Result<Self> {
        Self::over(World::start(setup).await?).await
    }

    /// Without it: the hostile one is alone.
    ///
    /// # Errors
    /// When a step fails.
    pub async fn alone(setup: Setup<'a>) -> Result<Self> {
        Self::over(World::start_gateway(setup).await?).await
    }

    async fn over(world: World<'a>) -> Result<Self> {
        let caller = world.caller().await?;
        let mallory = enrol(&world, TENANT, MALLORY).await?;
        let ca = std::fs::read_to_string(world.folder().join("gateway/ca.pem"))?;
        let dial = Dial::to(world.listener("tunnel")?, &TrustBundle::from_pem(&ca)?).showing(&mallory);
        Ok(Self {
            world,
            caller,
            mallory,
            dial,
        })
    }

    /// Asks a source for one catalogued query.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn ask(&self, source: &str, body: &Value, accept: &str) -> Result<Got> {
        ask(&self.caller, source, body, accept).await
    }

    /// The customer's own connector answers as ever.
    ///
    /// # Errors
    /// When it does not.
    pub async fn others_work(&self) -> Result<()> {
        let got = self
            .ask(
                SOURCE,
                &query_body("package.version", &json!({})),
                "application/json",
            )
            .await?;
        ensure!(got == Got::Whole, "the other tunnel: {got:?}");
        Ok(())
    }

    /// A number among the gateway's metrics, as it stands in the text: `name` with its labels.
    ///
    /// # Errors
    /// When the gateway shows none.
    pub async fn metric(&self, name: &str) -> Result<u64> {
        Ok(Samples::of(&self.world, Side::Gateway).await?.value(name) as u64)
    }
}

/// Asks a source for one catalogued query.
///
/// # Errors
/// When there is no answer at all.
pub async fn ask(caller: &Client, source: &str, body: &Value, accept: &str) -> Result<Got> {
    let path = format!("/v1/tenants/{TENANT}/sources/{source}/query");
    let mut connection = caller.connect().await?;
    // A body that breaks off with its first piece takes the head with it.
    let Ok(response) = connection.open(Method::POST, &path, accept, Some(body)).await else {
        return Ok(Got::Aborted);
    };
    let success = response.status().is_success();
    match response.into_body().collect().await {
        Ok(_) if success => Ok(Got::Whole),
        Ok(body) => {
            let document: Value = serde_json::from_slice(&body.to_bytes())?;
            let code = document
                .get("code")
                .and_then(Value::as_str)
                .context("a problem without a code")?;
            Ok(Got::Problem(code.to_owned()))
        }
        Err(_) => Ok(Got::Aborted),
    }
}

/// Enrols a connector of any account, which is made if need be.
///
/// # Errors
/// When the gateway refuses.
pub async fn enrol(world: &World<'_>, tenant: &str, connector: &str) -> Result<Shown> {
    if tenant != TENANT {
        let made = world
            .admin()
            .post("/v1/tenants", &json!({ "tenant": tenant }))
            .await?;
        if made.status != StatusCode::CONFLICT {
            made.json()?;
        }
    }
    let state: PathBuf = world.folder().join(format!("{tenant}-{connector}"));
    world.enrol(tenant, connector, &state).await?;
    Shown::of_state(&state)
}
