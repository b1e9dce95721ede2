//! AWS KMS and Secrets Manager, over their JSON interface.

mod credentials;

use std::{fmt, path::PathBuf, time::Duration};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::http::{Body, Call, DEADLINE, Http, HttpError, Url, UrlError, words};

pub use credentials::Environment;
use credentials::Provider;

/// Attempts at a call that the service had no time for.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; twice as long before the third.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest region.
const MAX_REGION_BYTES: usize = 64;

/// Where AWS is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The region; else that of `AWS_REGION` or `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// Another address than the service's public one: a VPC endpoint.
    pub endpoint: Option<Url>,
    /// Roots in PEM to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
}

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Key Management Service.
    Kms,
    /// Secrets Manager.
    SecretsManager,
}

impl Service {
    /// In host names and signatures.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Kms => "kms",
            Service::SecretsManager => "secretsmanager",
        }
    }

    /// In front of an action.
    const fn target(self) -> &'static str {
        match self {
            Service::Kms => "TrentService",
            Service::SecretsManager => "secretsmanager",
        }
    }
}

/// Why AWS did not do what it was asked.
#[derive(Debug, Error)]
pub enum AwsError {
    /// No region.
    #[error("no AWS region is known; set `region`, or AWS_REGION in the environment")]
    Region,
    /// No credentials.
    #[error(
        "no AWS credentials were found: {0}; give this host a role (IRSA, ECS, EC2), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Credentials(String),
    /// An address cannot be used.
    #[error("{name}: {source}")]
    Url {
        /// The variable or setting.
        name: &'static str,
        /// Why.
        source: UrlError,
    },
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// AWS says no.
    #[error("AWS {service} at {url} refuses {action}: {code}: {message}")]
    Refused {
        /// The service.
        service: &'static str,
        /// Where.
        url: String,
        /// What was asked.
        action: &'static str,
        /// Its code, such as `AccessDeniedException`.
        code: String,
        /// Its words.
        message: String,
        /// Whether it may go better later.
        retryable: bool,
    },
    /// The secret has no such field.
    #[error("the secret `{secret}` in AWS Secrets Manager {wrong}")]
    Field {
        /// Which secret.
        secret: String,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// The answer is not what the documentation says.
    #[error("the answer of AWS {0} cannot be read")]
    Answer(&'static str),
    /// A request cannot be signed.
    #[error("a request to AWS cannot be signed")]
    Signature,
}

impl AwsError {
    /// Whether the same may succeed later without a change by anybody.
    pub fn retryable(&self) -> bool {
        match self {
            AwsError::Http(error) => !matches!(error, HttpError::Roots { .. }),
            AwsError::Refused { retryable, .. } => *retryable,
            _ => false,
        }
    }

    /// The service's code, if it answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            AwsError::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// A client of AWS.
#[derive(Debug)]
pub struct Aws {
    http: Http,
    region: String,
    endpoint: Option<Url>,
    provider: Provider,
}

impl Aws {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// [`AwsError::Region`], [`AwsError::Url`], [`AwsError::Http`] if the roots cannot be used.
    pub fn new(settings: &Settings, environment: Environment) -> Result<Self, AwsError> {
        let http = Http::new(settings.ca_file.as_deref())?;
        let region = settings
            .region
            .clone()
            .or_else(|| environment.text("AWS_REGION"))
            .or_else(|| environment.text("AWS_DEFAULT_REGION"))
            .filter(|region| is_region(region))
            .ok_or(AwsError::Region)?;
        Ok(Self {
            provider: Provider::new(http.clone(), environment, &region),
            http,
            region,
            endpoint: settings.endpoint.clone(),
        })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where a service is.
    ///
    /// # Errors
    /// [`AwsError::Url`].
    pub fn url(&self, service: Service) -> Result<Url, AwsError> {
        match &self.endpoint {
            Some(url) => Ok(url.clone()),
            None => public(service.name(), &self.region),
        }
    }

    /// Calls an action; tries again where the service says that it may go better.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        service: Service,
        action: &'static str,
        body: &Body,
    ) -> Result<T, AwsError> {
        let mut attempt = 1;
        let answer = loop {
            match self.once(service, action, body.clone()).await {
                Ok(answer) => break answer,
                Err(error) if attempt < ATTEMPTS => {
                    // Credentials that ended before they said they would.
                    let expired = matches!(
                        error.code(),
                        Some(
                            "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidClientTokenId"
                        )
                    );
                    if expired {
                        self.provider.forget().await;
                    } else if !error.retryable() {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        };
        serde_json::from_slice(&answer).map_err(|_| AwsError::Answer(service.name()))
    }

    async fn once(&self, service: Service, action: &'static str, body: Body) -> Result<Body, AwsError> {
        let url = self.url(service)?;
        let credentials = self.provider.get().await?;
        let target = format!("{}.{action}", service.target());
        let content = "application/x-amz-json-1.1";
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.name())
            .time(std::time::SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| AwsError::Signature)?
            .into();
        let named = format!("{url}/");
        let signed = [
            ("host", url.authority()),
            ("content-type", content.to_owned()),
            ("x-amz-target", target.clone()),
        ];
        let request = SignableRequest::new(
            "POST",
            named.as_str(),
            signed.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(&body),
        )
        .map_err(|_| AwsError::Signature)?;
        let (instructions, _) = sign(request, &parameters)
            .map_err(|_| AwsError::Signature)?
            .into_parts();
        let mut headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static(content)),
            (
                HeaderName::from_static("x-amz-target"),
                value(&target).ok_or(AwsError::Signature)?,
            ),
        ];
        for (name, text) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| AwsError::Signature)?;
            headers.push((name, value(text).ok_or(AwsError::Signature)?));
        }
        let call = Call {
            method: Method::POST,
            path: "/",
            headers,
            body,
            deadline: DEADLINE,
        };
        let (status, answer) = self.http.send(&url, call).await?;
        if status == StatusCode::OK {
            return Ok(answer);
        }
        Err(refused(service, &url, action, status, &answer))
    }

    /// Reads a secret, or a field of one that is a JSON object.
    ///
    /// # Errors
    /// [`AwsError`]; [`AwsError::Field`] if it is no text, or has no such field.
    pub async fn secret(&self, id: &str, field: Option<&str>) -> Result<Zeroizing<String>, AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            secret_string: Option<String>,
        }
        let wrong = |wrong| AwsError::Field {
            secret: id.to_owned(),
            wrong,
        };
        let body = Zeroizing::new(json!({ "SecretId": id }).to_string().into_bytes());
        let answer: Answer = self
            .call(Service::SecretsManager, "GetSecretValue", &body)
            .await?;
        let text = Zeroizing::new(answer.secret_string.ok_or_else(|| wrong("is no text"))?);
        match field {
            None => Ok(text),
            Some(field) => pick(&text, field).ok_or_else(|| wrong("has no such field, or no text in it")),
        }
    }
}

/// The text in a field of a JSON object.
pub(crate) fn pick(object: &str, field: &str) -> Option<Zeroizing<String>> {
    let mut fields: std::collections::HashMap<String, Value> = serde_json::from_str(object).ok()?;
    let picked = match fields.remove(field) {
        Some(Value::String(text)) => Some(Zeroizing::new(text)),
        _ => None,
    };
    for (_, other) in fields {
        if let Value::String(text) = other {
            drop(Zeroizing::new(text));
        }
    }
    picked
}

/// The public address of a service in a region.
fn public(service: &str, region: &str) -> Result<Url, AwsError> {
    let suffix = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://{service}.{region}.{suffix}")
        .parse()
        .map_err(|source| AwsError::Url {
            name: "region",
            source,
        })
}

/// Whether a text can stand in a host name as a region.
fn is_region(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=MAX_REGION_BYTES).contains(&text.len()) && text.bytes().all(legal)
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

fn refused(service: Service, url: &Url, action: &'static str, status: StatusCode, answer: &[u8]) -> AwsError {
    #[derive(Deserialize, Default)]
    struct Document {
        #[serde(rename = "__type", default)]
        kind: String,
        #[serde(alias = "Message", default)]
        message: String,
    }
    let document: Document = serde_json::from_slice(answer).unwrap_or_default();
    // Some services put a name space in front.
    let code = document.kind.rsplit('#').next().unwrap_or_default();
    let code = if code.is_empty() {
        status.to_string()
    } else {
        words(code)
    };
    let retryable = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || [
            "Throttling",
            "LimitExceeded",
            "KMSInternal",
            "DependencyTimeout",
            "KeyUnavailable",
        ]
        .iter()
        .any(|transient| code.starts_with(transient));
    AwsError::Refused {
        service: service.name(),
        url: url.to_string(),
        action,
        code,
        message: words(&document.message),
        retryable,
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
