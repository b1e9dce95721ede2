//! The key-encryption key in the transit engine of HashiCorp Vault.
//!
//! The data key's installation, tenant and id are the `associated_data` that Vault binds the ciphertext to, and the `context`
//! for a key that is derived. Wrapping anew is `decrypt` and `encrypt`, not `rewrap`, which takes no associated data.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use custody::vault::{Settings, Vault, VaultError, VaultPath};
use futures_util::{FutureExt as _, future::BoxFuture};
use zeroize::Zeroizing;

use super::{
    aws::plain,
    cipher::bind,
    kms::{About, Kms, KmsError, PlainKey, Wrapped},
};

/// A key of a transit engine.
#[derive(Debug)]
pub struct VaultTransit {
    vault: Vault,
    mount: VaultPath,
    key: VaultPath,
}

impl VaultTransit {
    /// The key of the settings; nothing is asked yet.
    ///
    /// # Errors
    /// [`KmsError::Vault`].
    pub fn new(settings: Settings, mount: VaultPath, key: VaultPath) -> Result<Self, KmsError> {
        let named = format!("{mount}/{key}");
        let vault = Vault::new(settings).map_err(|source| KmsError::Vault {
            key: named,
            source: Box::new(source),
        })?;
        Ok(Self { vault, mount, key })
    }

    fn kek(&self) -> String {
        format!("vault:{}/{}", self.mount, self.key)
    }

    fn failed(&self, source: VaultError) -> KmsError {
        KmsError::Vault {
            key: format!("{}/{}", self.mount, self.key),
            source: Box::new(source),
        }
    }

    async fn wrap_there(&self, about: &About, key: &PlainKey) -> Result<Wrapped, KmsError> {
        let plaintext = Zeroizing::new(BASE64_STANDARD.encode(key.as_slice()));
        let sealed = self
            .vault
            .encrypt(&self.mount, &self.key, &plaintext, &bound_to(about))
            .await;
        Ok(Wrapped {
            kek: self.kek(),
            text: sealed.map_err(|error| self.failed(error))?,
        })
    }

    async fn unwrap_there(&self, about: &About, wrapped: &Wrapped) -> Result<PlainKey, KmsError> {
        let opened = self
            .vault
            .decrypt(&self.mount, &self.key, &wrapped.text, &bound_to(about))
            .await
            .map_err(|error| self.failed(error))?;
        plain(&opened).ok_or_else(|| self.failed(VaultError::Answer(self.vault.address().to_string())))
    }
}

/// What a data key is bound to, in base64.
fn bound_to(about: &About) -> String {
    let pairs = about.pairs();
    let mut parts = vec!["kek/1"];
    parts.extend(pairs.iter().flat_map(|(name, value)| [*name, *value]));
    BASE64_STANDARD.encode(bind(&parts))
}

impl Kms for VaultTransit {
    fn place(&self) -> String {
        format!(
            "the key `{}/{}` of Vault at {}",
            self.mount,
            self.key,
            self.vault.address()
        )
    }

    fn knows(&self, kek: &str) -> bool {
        kek == self.kek()
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
