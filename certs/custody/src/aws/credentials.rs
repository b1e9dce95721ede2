//! Where AWS credentials come from, in the order of AWS's own tools: the environment, a web identity (EKS: IAM roles for
//! service accounts), a container's endpoint (ECS, EKS Pod Identity), the instance's metadata (EC2, IMDSv2 only).
//!
//! Files of the AWS command line are not read: they are a person's.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::{AwsError, public, value};
use crate::http::{Body, Call, DEADLINE, Http, Url};

/// Before their end, credentials are replaced: a call that began with them must not outlive them.
const MARGIN: Duration = Duration::from_secs(300);
/// The metadata service is on this host. Elsewhere nobody is at its address, and nobody shall wait long for that.
const METADATA_DEADLINE: Duration = Duration::from_secs(2);
/// Longest token file: a projected service account token has about a kilobyte.
const MAX_TOKEN_BYTES: u64 = 16 * 1024;
/// What names a session in AWS's own log.
const SESSION_NAME: &str = "elementary-tunnel-gateway";

/// The variables of the environment that begin with `AWS_`.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Zeroizing<String>>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// This process's.
    pub fn process() -> Self {
        let named = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("AWS_"))?;
            Some((name, Zeroizing::new(value.into_string().ok()?)))
        };
        Self(env::vars_os().filter_map(named).collect())
    }

    /// These, and nothing of the process's.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), Zeroizing::new(value.to_owned()));
        Self(variables.into_iter().map(owned).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A value that is no secret.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

/// Credentials, kept until shortly before their end.
pub(super) struct Provider {
    http: Http,
    environment: Environment,
    region: String,
    kept: Mutex<Option<Credentials>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// As a container's endpoint and the metadata service answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl Provider {
    pub(super) fn new(http: Http, environment: Environment, region: &str) -> Self {
        Self {
            http,
            environment,
            region: region.to_owned(),
            kept: Mutex::new(None),
        }
    }

    pub(super) async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    pub(super) async fn get(&self) -> Result<Credentials, AwsError> {
        // Held while they are fetched: others wait for the same.
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = &*kept {
            let soon = SystemTime::now() + MARGIN;
            if credentials.expiry().is_none_or(|end| end > soon) {
                return Ok(credentials.clone());
            }
        }
        let found = self.find().await?;
        *kept = Some(found.clone());
        Ok(found)
    }

    async fn find(&self) -> Result<Credentials, AwsError> {
        let set = |name| self.environment.get(name);
        if let (Some(id), Some(secret)) = (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
            let session = self.environment.text("AWS_SESSION_TOKEN");
            return Ok(Credentials::new(id, secret, session, None, "environment"));
        }
        if let (Some(file), Some(role)) = (set("AWS_WEB_IDENTITY_TOKEN_FILE"), set("AWS_ROLE_ARN")) {
            return self.web_identity(file, role).await;
        }
        if let Some(full) = set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            return self.container(full, "AWS_CONTAINER_CREDENTIALS_FULL_URI").await;
        }
        if let Some(path) = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            let full = format!("http://169.254.170.2{path}");
            return self
                .container(&full, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
                .await;
        }
        if set("AWS_EC2_METADATA_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true")) {
            return Err(missing("AWS_EC2_METADATA_DISABLED is set, and nothing else is"));
        }
        self.metadata().await
    }

    /// `AssumeRoleWithWebIdentity` of STS: needs no signature, the token is the proof.
    async fn web_identity(&self, file: &str, role: &str) -> Result<Credentials, AwsError> {
        let token = read(file)?;
        let session = self.environment.get("AWS_ROLE_SESSION_NAME");
        // A value of its own: it cannot be held while the answer is awaited.
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "AssumeRoleWithWebIdentity")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", role)
            .append_pair("RoleSessionName", session.unwrap_or(SESSION_NAME))
            .append_pair("WebIdentityToken", token.trim())
            .finish();
        let url = match self.environment.get("AWS_ENDPOINT_URL_STS") {
            Some(url) => parse("AWS_ENDPOINT_URL_STS", url)?,
            None => public("sts", &self.region)?,
        };
        let content = HeaderValue::from_static("application/x-www-form-urlencoded");
        let call = Call {
            method: Method::POST,
            path: "/",
            headers: vec![(header::CONTENT_TYPE, content)],
            body: Zeroizing::new(form.into_bytes()),
            deadline: DEADLINE,
        };
        let (status, answer) = self.http.send(&url, call).await?;
        let text = Zeroizing::new(String::from_utf8_lossy(&answer).into_owned());
        if status != StatusCode::OK {
            let code = element(&text, "Code").unwrap_or("no code");
            let code = crate::http::words(code);
            return Err(missing(&format!(
                "{url} does not accept the web identity of {file} for {role}: {code}"
            )));
        }
        let part = |name| element(&text, name).ok_or(AwsError::Answer("sts"));
        Ok(Credentials::new(
            part("AccessKeyId")?,
            part("SecretAccessKey")?,
            Some(part("SessionToken")?.to_owned()),
            moment(part("Expiration")?),
            "web identity",
        ))
    }

    async fn container(&self, full: &str, name: &'static str) -> Result<Credentials, AwsError> {
        let (url, query) = match full.split_once('?') {
            Some((url, query)) => (url, format!("?{query}")),
            None => (full, String::new()),
        };
        let url = parse(name, url)?;
        let file = self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let token = match file {
            Some(file) => Some(read(file)?),
            None => {
                let token = self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
                token.map(|token| Zeroizing::new(token.to_owned()))
            }
        };
        let mut headers = Vec::new();
        if let Some(token) = token {
            let token = value(token.trim()).ok_or_else(|| missing("the container's token is no header"))?;
            headers.push((header::AUTHORIZATION, token));
        }
        let answer = self.ask(Method::GET, &url, &query, headers).await?;
        credentials(&answer, "container")
    }

    /// IMDSv2: a session first, so that a request that somebody makes a server send for them gets nothing.
    async fn metadata(&self) -> Result<Credentials, AwsError> {
        const LIFE: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
        const SESSION: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
        const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
        let url = match self.environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            Some(url) => parse("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)?,
            None => parse("the metadata service", "http://169.254.169.254")?,
        };
        let life = (LIFE, HeaderValue::from_static("60"));
        let session = self
            .ask(Method::PUT, &url, "/latest/api/token", vec![life])
            .await
            .map_err(|error| {
                missing(&format!(
                    "the environment names none, and of this host's metadata: {error}"
                ))
            })?;
        let session =
            HeaderValue::from_bytes(session.trim_ascii()).map_err(|_| AwsError::Answer("metadata"))?;
        let asked = vec![(SESSION, session.clone())];
        let roles = self.ask(Method::GET, &url, ROLES, asked.clone()).await?;
        let role = std::str::from_utf8(&roles)
            .ok()
            .and_then(|roles| roles.lines().next())
            .filter(|role| !role.is_empty() && role.bytes().all(|b| b.is_ascii_graphic() && b != b'/'))
            .ok_or_else(|| missing("this host has no role"))?;
        let answer = self
            .ask(Method::GET, &url, &format!("{ROLES}{role}"), asked)
            .await?;
        credentials(&answer, "metadata")
    }

    async fn ask(
        &self,
        method: Method,
        url: &Url,
        path: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Body, AwsError> {
        let call = Call {
            method,
            path,
            headers,
            body: Body::default(),
            deadline: METADATA_DEADLINE,
        };
        let (status, answer) = self.http.send(url, call).await?;
        if status == StatusCode::OK {
            return Ok(answer);
        }
        Err(missing(&format!("{url} answers {status}")))
    }
}

fn credentials(answer: &[u8], from: &'static str) -> Result<Credentials, AwsError> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|_| AwsError::Answer(from))?;
    let end = answer.expiration.as_deref().and_then(moment);
    Ok(Credentials::new(
        answer.access_key_id,
        answer.secret_access_key,
        answer.token,
        end,
        from,
    ))
}

fn missing(why: &str) -> AwsError {
    AwsError::Credentials(why.to_owned())
}

fn parse(name: &'static str, text: &str) -> Result<Url, AwsError> {
    text.parse().map_err(|source| AwsError::Url { name, source })
}

fn read(file: &str) -> Result<Zeroizing<String>, AwsError> {
    let length = fs::metadata(file).map(|found| found.len());
    match length.and_then(|length| Ok((length, fs::read_to_string(file)?))) {
        Ok((length, text)) if length <= MAX_TOKEN_BYTES => Ok(Zeroizing::new(text)),
        Ok(_) => Err(missing(&format!("{file} is too large for a token"))),
        Err(error) => Err(missing(&format!("{file}: {error}"))),
    }
}

fn moment(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

/// The text of the first element of this name. What is asked for holds no markup and no entity.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.contains(['<', '&'])).then_some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_and_markup_is_no_text() {
        let xml = "<A><AccessKeyId>x</AccessKeyId><B><C>1</C></B><D>a&amp;b</D></A>";
        assert_eq!(element(xml, "AccessKeyId"), Some("x"));
        assert_eq!(element(xml, "B"), None);
        assert_eq!(element(xml, "D"), None);
        assert_eq!(element(xml, "E"), None);
        assert!(moment("2026-01-01T00:00:00Z").is_some() && moment("soon").is_none());
    }

    #[test]
    fn nothing_of_the_environment_is_shown_but_names() {
        let environment = Environment::of([("AWS_SECRET_ACCESS_KEY", "hunter2")]);
        let shown = format!("{environment:?}");
        assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hunter2"));
    }
}
