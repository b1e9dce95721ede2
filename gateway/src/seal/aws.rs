//! The key-encryption key in AWS KMS: a symmetric key that never leaves it.
//!
//! `Encrypt` and `Decrypt`, with the data key's installation, tenant and id as the encryption context, which AWS binds the
//! ciphertext to and writes into CloudTrail. Data keys are made here, so that `GenerateDataKey` need not be allowed.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use custody::aws::{Aws, AwsError, Environment, Service, Settings};
use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    cipher::KEY_BYTES,
    kms::{About, Kms, KmsError, PlainKey, Wrapped},
};

/// What a kek's name begins with; the key's ARN follows, as AWS answered it.
const PREFIX: &str = "aws:";

/// A key in AWS KMS.
#[derive(Debug)]
pub struct AwsKms {
    aws: Aws,
    /// As it stands in the settings: an id, an ARN or an alias.
    key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: &'a str,
    encryption_context: BTreeMap<&'static str, &'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    ciphertext_blob: String,
    key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    key_id: &'a str,
    ciphertext_blob: &'a str,
    encryption_context: BTreeMap<&'static str, &'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: String,
}

impl AwsKms {
    /// The key of the settings; nothing is asked yet.
    ///
    /// # Errors
    /// [`KmsError::Aws`].
    pub fn new(key: &str, settings: &Settings) -> Result<Self, KmsError> {
        Self::with(key, settings, Environment::process())
    }

    /// The same, with credentials from these variables.
    ///
    /// # Errors
    /// [`KmsError::Aws`].
    pub fn with(key: &str, settings: &Settings, environment: Environment) -> Result<Self, KmsError> {
        let aws = Aws::new(settings, environment).map_err(|source| KmsError::Aws {
            key: key.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self {
            aws,
            key: key.to_owned(),
        })
    }

    fn failed(&self, source: AwsError) -> KmsError {
        if matches!(
            source.code(),
            Some("InvalidCiphertextException" | "IncorrectKeyException")
        ) {
            return KmsError::DoesNotOpen(self.place());
        }
        KmsError::Aws {
            key: self.key.clone(),
            source: Box::new(source),
        }
    }

    fn malformed(&self) -> KmsError {
        self.failed(AwsError::Answer(Service::Kms.name()))
    }

    async fn wrap_there(&self, about: &About, key: &PlainKey) -> Result<Wrapped, KmsError> {
        let plaintext = Zeroizing::new(BASE64_STANDARD.encode(key.as_slice()));
        let request = Encrypt {
            key_id: &self.key,
            plaintext: &plaintext,
            encryption_context: about.pairs().into_iter().collect(),
        };
        let body = Zeroizing::new(serde_json::to_vec(&request).map_err(|_| KmsError::Cipher)?);
        let answer: Encrypted = self
            .aws
            .call(Service::Kms, "Encrypt", &body)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(Wrapped {
            kek: format!("{PREFIX}{}", answer.key_id),
            text: answer.ciphertext_blob,
        })
    }

    async fn unwrap_there(&self, about: &About, wrapped: &Wrapped) -> Result<PlainKey, KmsError> {
        let request = Decrypt {
            // Named, so that AWS does not take whichever key the ciphertext says.
            key_id: wrapped.kek.strip_prefix(PREFIX).unwrap_or(&self.key),
            ciphertext_blob: &wrapped.text,
            encryption_context: about.pairs().into_iter().collect(),
        };
        let body = Zeroizing::new(serde_json::to_vec(&request).map_err(|_| KmsError::Cipher)?);
        let answer: Decrypted = self
            .aws
            .call(Service::Kms, "Decrypt", &body)
            .await
            .map_err(|error| self.failed(error))?;
        plain(&Zeroizing::new(answer.plaintext)).ok_or_else(|| self.malformed())
    }
}

/// A data key from base64.
pub(super) fn plain(text: &str) -> Option<PlainKey> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES + 4]);
    let length = BASE64_STANDARD.decode_slice(text, bytes.as_mut_slice()).ok()?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key.copy_from_slice(bytes.get(..length).filter(|bytes| bytes.len() == KEY_BYTES)?);
    Some(key)
}

impl Kms for AwsKms {
    fn place(&self) -> String {
        format!("the key `{}` in AWS KMS", self.key)
    }

    fn knows(&self, kek: &str) -> bool {
        // Any key of this region: AWS decides whether we may use it.
        let arn = kek.strip_prefix(PREFIX).unwrap_or_default();
        arn.split(':').nth(3) == Some(self.aws.region())
    }

    fn wrap<'a>(&'a self, about: &'a About, key: &'a PlainKey) -> BoxFuture<'a, Result<Wrapped, KmsError>> {
        self.wrap_there(about, key).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        about: &'a About,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<PlainKey, KmsError>> {
        self.unwrap_there(about, wrapped).boxed()
    }
}
