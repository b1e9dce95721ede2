//! `[oidc]` in `gateway.toml`: which provider, which tokens, who gets which role.

use std::{path::PathBuf, time::Duration};

use jsonwebtoken::Algorithm;
use proto::id::TenantId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::https::HttpsUrl;
use crate::auth::{Role, Roles};

/// Clocks of providers and gateways are set by NTP; a minute is what most implementations allow.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);
/// Beyond this a clock is wrong, and is to be set right instead.
const MAX_LEEWAY_SECONDS: u64 = 300;
/// A rule for each group of a large organisation, with room. Each is compared with each sign-in.
const MAX_RULES: usize = 1_000;
/// Longest name or value in a rule, longest client id.
const MAX_TEXT_BYTES: usize = 256;

/// Signatures that can be accepted: those with a public key.
const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("RS256", Algorithm::RS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// The table as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    issuer: String,
    client_id: String,
    audience: Option<String>,
    groups_claim: Option<String>,
    algorithms: Option<Vec<String>>,
    leeway_seconds: Option<u64>,
    ca_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    role: Vec<RawRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    role: Role,
    group: Option<String>,
    claim: Option<String>,
    value: Option<String>,
    tenants: Option<Vec<String>>,
}

/// Sign-in as the settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The provider's name for itself; compared byte by byte.
    pub issuer: HttpsUrl,
    /// The public client that people sign in to.
    pub client_id: String,
    /// Another audience than the client whose tokens are taken.
    pub audience: Option<String>,
    /// Signatures that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// By how much the provider's clock may differ.
    pub leeway: Duration,
    /// Roots to trust at the provider; the system's unless given.
    pub ca_file: Option<PathBuf>,
    /// What `gateway login` asks the provider for.
    pub scopes: Vec<String>,
    groups_claim: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    claim: String,
    value: String,
    role: Role,
    /// None for all.
    tenants: Option<Vec<TenantId>>,
}

/// A value that makes no sense: its key, the value, and what should stand there.
pub type Wrong = (&'static str, String, &'static str);

impl TryFrom<Raw> for Settings {
    type Error = Wrong;

    fn try_from(raw: Raw) -> Result<Self, Wrong> {
        let issuer = raw
            .issuer
            .parse::<HttpsUrl>()
            .ok()
            .filter(|url| !url.as_str().contains('?'));
        let issuer = issuer.ok_or((
            "oidc.issuer",
            raw.issuer,
            "write the issuer as the provider does in its tokens: an https address without query",
        ))?;
        let short = |key, text: String| {
            let legal = (1..=MAX_TEXT_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
            legal.then_some(text.clone()).ok_or((
                key,
                text,
                "write 1 to 256 bytes without control characters",
            ))
        };
        let leeway = match raw.leeway_seconds {
            None => DEFAULT_LEEWAY,
            Some(seconds) if seconds <= MAX_LEEWAY_SECONDS => Duration::from_secs(seconds),
            Some(seconds) => {
                return Err((
                    "oidc.leeway_seconds",
                    seconds.to_string(),
                    "write a number from 0 to 300",
                ));
            }
        };
        let groups_claim = short(
            "oidc.groups_claim",
            raw.groups_claim.unwrap_or_else(|| "groups".to_owned()),
        )?;
        if raw.role.len() > MAX_RULES {
            return Err(("oidc.role", raw.role.len().to_string(), "at most 1000 rules"));
        }
        let rules = raw.role.into_iter().map(|rule| self::rule(rule, &groups_claim));
        Ok(Self {
            issuer,
            client_id: short("oidc.client_id", raw.client_id)?,
            audience: raw
                .audience
                .map(|text| short("oidc.audience", text))
                .transpose()?,
            algorithms: algorithms(raw.algorithms)?,
            leeway,
            ca_file: raw.ca_file,
            scopes: scopes(raw.scopes)?,
            rules: rules.collect::<Result<_, _>>()?,
            groups_claim,
        })
    }
}

fn algorithms(names: Option<Vec<String>>) -> Result<Vec<Algorithm>, Wrong> {
    let remedy = "write some of \"RS256\", \"ES256\", \"EdDSA\"; others are not accepted";
    let Some(names) = names else {
        return Ok(ALGORITHMS.iter().map(|(_, algorithm)| *algorithm).collect());
    };
    if names.is_empty() {
        return Err(("oidc.algorithms", "empty".to_owned(), remedy));
    }
    let find = |name: String| match ALGORITHMS.iter().find(|(known, _)| *known == name) {
        Some((_, algorithm)) => Ok(*algorithm),
        None => Err(("oidc.algorithms", name, remedy)),
    };
    names.into_iter().map(find).collect()
}

fn scopes(given: Option<Vec<String>>) -> Result<Vec<String>, Wrong> {
    // `offline_access` is what makes a provider hand out a refresh token; Google takes another parameter for it.
    let scopes = given.unwrap_or_else(|| {
        ["openid", "email", "profile", "offline_access"]
            .map(str::to_owned)
            .to_vec()
    });
    // RFC 6749, section 3.3.
    let legal = |scope: &String| {
        (1..=MAX_TEXT_BYTES).contains(&scope.len())
            && scope
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    if scopes.len() > 32 || !scopes.iter().all(legal) || !scopes.iter().any(|scope| scope == "openid") {
        let remedy = "write scopes of the provider, \"openid\" among them";
        return Err(("oidc.scopes", scopes.join(" "), remedy));
    }
    Ok(scopes)
}

fn rule(raw: RawRule, groups_claim: &str) -> Result<Rule, Wrong> {
    let remedy = "write either `group`, or `claim` and `value`, each of 1 to 256 bytes";
    let (claim, value) = match (raw.group, raw.claim, raw.value) {
        (Some(group), None, None) => (groups_claim.to_owned(), group),
        (None, Some(claim), Some(value)) => (claim, value),
        _ => return Err(("oidc.role", raw.role.name().to_owned(), remedy)),
    };
    for text in [&claim, &value] {
        if !(1..=MAX_TEXT_BYTES).contains(&text.len()) {
            return Err(("oidc.role", text.clone(), remedy));
        }
    }
    let tenants = raw.tenants.map(|names| {
        let parse = |name: String| match name.parse() {
            Ok(tenant) => Ok(tenant),
            Err(_) => Err((
                "oidc.role.tenants",
                name,
                "write names of tenants, or leave the key out for all",
            )),
        };
        names.into_iter().map(parse).collect::<Result<Vec<_>, _>>()
    });
    Ok(Rule {
        claim,
        value,
        role: raw.role,
        tenants: tenants.transpose()?,
    })
}

impl Settings {
    /// The roles that the rules give to someone with these claims. An address counts only if the provider says that it was
    /// verified: many let people write in any.
    pub(super) fn roles(&self, claims: &Map<String, Value>) -> Roles {
        let mut roles = Roles::default();
        for rule in &self.rules {
            let verified = rule.claim != "email" || claims.get("email_verified") == Some(&Value::Bool(true));
            if !verified
                || !claims
                    .get(&rule.claim)
                    .is_some_and(|claim| holds(claim, &rule.value))
            {
                continue;
            }
            match &rule.tenants {
                None => roles.add_everywhere(rule.role),
                Some(tenants) => tenants
                    .iter()
                    .for_each(|tenant| roles.add(tenant.clone(), rule.role)),
            }
        }
        roles
    }

    /// Whether a rule needs the groups.
    pub(super) fn needs(&self, claim: &str) -> bool {
        self.rules.iter().any(|rule| rule.claim == claim)
    }
}

fn holds(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
        _ => false,
    }
}
