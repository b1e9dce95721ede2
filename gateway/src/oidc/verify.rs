//! From the text of a token to a person, refusing at the first thing that is wrong.
//!
//! The signature is checked by `jsonwebtoken`; what a token says is checked here, against this gateway's clock. Order:
//! size, header, algorithm, key, signature, and only then the claims, so that nothing unsigned is ever read but the header.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{keys::MAX_KID_BYTES, provider::Provider, settings::Settings};
use crate::{auth::Person, clock::Clock, metrics::OidcMetrics};

/// Longest token: Entra's with its at most 200 groups of 36 characters has about 11 KiB. A request's head has 16.
pub(super) const MAX_TOKEN_BYTES: usize = 12 * 1024;
/// Longest life of a token. Providers give an hour, some a day.
const MAX_LIFETIME_SECONDS: u64 = 24 * 3_600;
/// Longest subject (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT_BYTES: usize = 255;
/// Longest address (RFC 5321: 64, `@`, 255).
const MAX_EMAIL_BYTES: usize = 320;

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// It is no signed token, or too long.
    #[error("the token is no signed token of at most {MAX_TOKEN_BYTES} bytes")]
    Form,
    /// It is signed in a way that is not accepted, or not at all.
    #[error("the token is not signed in a way that is accepted")]
    Algorithm,
    /// It is another kind of token.
    #[error("the token is of another kind: send the ID token, or an access token for this gateway")]
    Kind,
    /// The provider publishes no such key.
    #[error("the token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature is not good.
    #[error("the token's signature is not good")]
    Signature,
    /// Another provider made it.
    #[error("the token was made by another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("the token was made for another audience")]
    Audience,
    /// Its time is over.
    #[error("the sign-in has expired; sign in again with `gateway login`")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet: compare the clocks of the provider and of the gateway")]
    NotYet,
    /// It lives too long.
    #[error("the token lives for more than a day")]
    Lifetime,
    /// It does not say whom it is about.
    #[error("the token names no subject of 1 to {MAX_SUBJECT_BYTES} characters")]
    Subject,
    /// The provider left the groups out.
    #[error(
        "the token lists no groups because there are too many: in Entra, assign app roles and map the claim `roles`, or let the \
         token hold only groups that are assigned to the application"
    )]
    Overage,
    /// The provider's keys were never fetched.
    #[error("the identity provider's keys could not be fetched yet")]
    NoKeys,
}

impl Refusal {
    /// Its label in the metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Refusal::Form => "form",
            Refusal::Algorithm => "algorithm",
            Refusal::Kind => "kind",
            Refusal::UnknownKey => "unknown_key",
            Refusal::Signature => "signature",
            Refusal::Issuer => "issuer",
            Refusal::Audience => "audience",
            Refusal::Expired => "expired",
            Refusal::NotYet => "not_yet",
            Refusal::Lifetime => "lifetime",
            Refusal::Subject => "subject",
            Refusal::Overage => "overage",
            Refusal::NoKeys => "no_keys",
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515, section 4.1.11). None is.
    crit: Option<serde::de::IgnoredAny>,
}

/// Verifies a token.
pub(super) async fn verify(
    provider: &Provider,
    token: &str,
    clock: &Clock,
    metrics: &OidcMetrics,
) -> Result<Person, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
    let (header, payload) = message.split_once('.').ok_or(Refusal::Form)?;
    let header: Header = read(header)?;
    let settings = provider.settings();
    let accepted = settings.algorithms.iter().copied();
    let algorithm = accepted
        .into_iter()
        .find(|accepted| format!("{accepted:?}") == header.alg)
        .ok_or(Refusal::Algorithm)?;
    if header.crit.is_some() || header.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return Err(Refusal::Form);
    }
    // RFC 7519, section 5.1: `application/` may be left out, and case does not count.
    let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
    let kind = kind
        .as_deref()
        .map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
    if !matches!(kind, None | Some("jwt" | "at+jwt")) {
        return Err(Refusal::Kind);
    }
    check_signature(
        provider,
        header.kid.as_deref(),
        algorithm,
        message,
        signature,
        clock,
        metrics,
    )
    .await?;
    let claims: Map<String, Value> = read(payload)?;
    person(settings, &claims, clock.unix_seconds())
}

fn read<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let text = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Form)?;
    serde_json::from_slice(&text).map_err(|_| Refusal::Form)
}

async fn check_signature(
    provider: &Provider,
    kid: Option<&str>,
    algorithm: Algorithm,
    message: &str,
    signature: &str,
    clock: &Clock,
    metrics: &OidcMetrics,
) -> Result<(), Refusal> {
    let find = || {
        let keys = provider.keys()?;
        keys.find(kid, algorithm).cloned()
    };
    let key = match find() {
        Some(key) => key,
        None => {
            provider.refresh_for_unknown(clock, metrics).await;
            let why = if provider.keys().is_some() {
                Refusal::UnknownKey
            } else {
                Refusal::NoKeys
            };
            find().ok_or(why)?
        }
    };
    match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm) {
        Ok(true) => Ok(()),
        _ => Err(Refusal::Signature),
    }
}

/// What the signed claims say, against the settings and the time.
pub(super) fn person(settings: &Settings, claims: &Map<String, Value>, now: u64) -> Result<Person, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(settings.issuer.as_str()) {
        return Err(Refusal::Issuer);
    }
    audience(settings, claims)?;
    times(settings, claims, now)?;
    let subject = text("sub")
        .filter(|sub| {
            (1..=MAX_SUBJECT_BYTES).contains(&sub.len()) && sub.bytes().all(|b| (b' '..=b'~').contains(&b))
        })
        .ok_or(Refusal::Subject)?;
    let email = text("email")
        .filter(|email| (1..=MAX_EMAIL_BYTES).contains(&email.len()) && !email.chars().any(char::is_control));
    let roles = settings.roles(claims);
    if roles.is_empty() && overage(settings, claims) {
        return Err(Refusal::Overage);
    }
    Ok(Person::new(
        Arc::from(settings.issuer.as_str()),
        subject.to_owned(),
        email.map(str::to_owned),
        roles,
    ))
}

/// OpenID Connect Core 1.0, section 3.1.3.7, points 3 to 5.
fn audience(settings: &Settings, claims: &Map<String, Value>) -> Result<(), Refusal> {
    let ours = |text: &str| text == settings.client_id || settings.audience.as_deref() == Some(text);
    let (included, several) = match claims.get("aud") {
        Some(Value::String(one)) => (ours(one), false),
        Some(Value::Array(all)) => (
            all.iter().any(|one| one.as_str().is_some_and(ours)),
            all.len() > 1,
        ),
        _ => (false, false),
    };
    let party = match claims.get("azp") {
        None => !several,
        Some(party) => party.as_str() == Some(&settings.client_id),
    };
    if included && party {
        Ok(())
    } else {
        Err(Refusal::Audience)
    }
}

fn times(settings: &Settings, claims: &Map<String, Value>, now: u64) -> Result<(), Refusal> {
    let leeway = settings.leeway.as_secs();
    // RFC 7519 allows fractions; a claim of another kind is refused as if it were missing.
    let seconds = |name: &str| {
        claims
            .get(name)
            .map(|value| value.as_u64().or(value.as_f64().and_then(whole)))
    };
    let expires = seconds("exp").flatten().ok_or(Refusal::Form)?;
    let issued = seconds("iat").flatten().ok_or(Refusal::Form)?;
    let begins = match seconds("nbf") {
        None => issued,
        Some(begins) => begins.ok_or(Refusal::Form)?,
    };
    if expires.saturating_add(leeway) <= now {
        return Err(Refusal::Expired);
    }
    if begins.max(issued) > now.saturating_add(leeway) {
        return Err(Refusal::NotYet);
    }
    if expires.saturating_sub(issued) > MAX_LIFETIME_SECONDS {
        return Err(Refusal::Lifetime);
    }
    Ok(())
}

fn whole(seconds: f64) -> Option<u64> {
    // Every count of seconds below 2^53 has an exact double.
    (0.0..9_007_199_254_740_992.0)
        .contains(&seconds)
        .then_some(seconds as u64)
}

/// Entra leaves the groups out past 200 and says where they could be asked for.
fn overage(settings: &Settings, claims: &Map<String, Value>) -> bool {
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    settings.needs("groups")
        && (elsewhere.is_some_and(|names| names.contains_key("groups"))
            || claims
                .get("hasgroups")
                .is_some_and(|has| *has == Value::Bool(true)))
}
