//! The key-encryption key in a file of this host: the default.
//!
//! Lines of `etk1_` and 32 bytes in base64url; the first wraps, the others are from before a rotation that has not ended.
//! It guards what a copy of the store alone shows: a backup, a volume, a replica. Whoever reads the whole host reads the
//! key as well; for that there are key services.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use aws_lc_rs::rand;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use futures_util::{FutureExt as _, future, future::BoxFuture};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    cipher::{Cipher, KEY_BYTES, bind},
    kms::{About, Kms, KmsError, PlainKey, Wrapped},
};

/// What a line begins with, so that scanners find a key that was leaked.
pub const PREFIX: &str = "etk1_";
/// Two keys are there at most, during a rotation, and after one that broke off.
const MAX_FILE_BYTES: u64 = 1_024;

/// The keys of a file.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    keys: RwLock<Vec<Kek>>,
}

struct Kek {
    id: String,
    /// As it stands in the file.
    line: Zeroizing<String>,
    cipher: Cipher,
}

impl std::fmt::Debug for Kek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kek({})", self.id)
    }
}

impl Kek {
    fn generate() -> Result<Self, KmsError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        rand::fill(key.as_mut_slice()).map_err(|_| KmsError::Cipher)?;
        Self::new(&key)
    }

    fn new(key: &PlainKey) -> Result<Self, KmsError> {
        let mut line = Zeroizing::new(String::with_capacity(PREFIX.len() + 44));
        line.push_str(PREFIX);
        BASE64_URL_SAFE_NO_PAD.encode_string(key.as_slice(), &mut line);
        // Says which key it is and nothing about it: the key is random, and the hash is one-way.
        let mut hash = Sha256::new_with_prefix("id of a key-encryption key\0");
        hash.update(key.as_slice());
        let id: String = hex::encode(hash.finalize()).chars().take(16).collect();
        Ok(Self {
            id: format!("file:{id}"),
            line,
            cipher: Cipher::new(key).map_err(|_| KmsError::Cipher)?,
        })
    }

    fn parse(line: &str) -> Option<Self> {
        let text = line.strip_prefix(PREFIX)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let mut bytes = Zeroizing::new([0; KEY_BYTES + 3]);
        let length = BASE64_URL_SAFE_NO_PAD
            .decode_slice(text, bytes.as_mut_slice())
            .ok()?;
        key.copy_from_slice(bytes.get(..length).filter(|bytes| bytes.len() == KEY_BYTES)?);
        Self::new(&key).ok()
    }
}

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`KmsError::Gone`] if there is none, [`KmsError::Open`] if others may read it, [`KmsError::Content`].
    pub fn load(path: &Path) -> Result<Self, KmsError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KmsError::Gone(path.to_owned()),
            _ => KmsError::File {
                path: path.to_owned(),
                source,
            },
        };
        let file = fs::File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KmsError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES as usize));
        file.take(MAX_FILE_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let keys: Option<Vec<Kek>> = text.lines().map(Kek::parse).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self {
                path: path.to_owned(),
                keys: RwLock::new(keys),
            }),
            _ => Err(KmsError::Content(path.to_owned())),
        }
    }

    /// Reads the file, or makes it with a new key. Only for a store in which nothing is wrapped yet.
    ///
    /// # Errors
    /// As [`KeyFile::load`].
    pub fn load_or_create(path: &Path) -> Result<Self, KmsError> {
        match Self::load(path) {
            Err(KmsError::Gone(_)) => {
                let made = Self {
                    path: path.to_owned(),
                    keys: RwLock::new(vec![Kek::generate()?]),
                };
                made.write()?;
                Ok(made)
            }
            other => other,
        }
    }

    fn keys(&self) -> std::sync::RwLockReadGuard<'_, Vec<Kek>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is in memory: a new file that takes the old one's place when it is on the disk.
    fn write(&self) -> Result<(), KmsError> {
        let failed = |source| KmsError::File {
            path: self.path.clone(),
            source,
        };
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let aside = self.path.with_file_name(name);
        // Left behind by a process that was killed.
        let _ = fs::remove_file(&aside);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)
            .map_err(failed)?;
        for key in self.keys().iter() {
            file.write_all(key.line.as_bytes())
                .and_then(|()| file.write_all(b"\n"))
                .map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        fs::rename(&aside, &self.path).map_err(failed)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }

    fn wrap_now(&self, about: &About, key: &PlainKey) -> Result<Wrapped, KmsError> {
        let keys = self.keys();
        let kek = keys.first().ok_or(KmsError::Cipher)?;
        let bytes = kek.cipher.seal(&bound_to(about), key.as_slice());
        Ok(Wrapped {
            kek: kek.id.clone(),
            text: BASE64_STANDARD_NO_PAD.encode(bytes.map_err(|_| KmsError::Cipher)?),
        })
    }

    fn unwrap_now(&self, about: &About, wrapped: &Wrapped) -> Result<PlainKey, KmsError> {
        let keys = self.keys();
        let kek = keys
            .iter()
            .find(|kek| kek.id == wrapped.kek)
            .ok_or_else(|| KmsError::Unknown(wrapped.kek.clone()))?;
        let opened = BASE64_STANDARD_NO_PAD
            .decode(&wrapped.text)
            .ok()
            .and_then(|bytes| kek.cipher.open(&bound_to(about), &bytes));
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        match opened {
            Some(bytes) if bytes.len() == KEY_BYTES => key.copy_from_slice(&bytes),
            _ => return Err(KmsError::DoesNotOpen(self.place())),
        }
        Ok(key)
    }

    fn rotate_now(&self) -> Result<(), KmsError> {
        let new = Kek::generate()?;
        // On the disk before anything is wrapped under it.
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(0, new);
        self.write().inspect_err(|_| {
            self.keys
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(0);
        })
    }

    fn retire_now(&self) -> Result<(), KmsError> {
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .truncate(1);
        self.write()
    }
}

/// Names and values of what a data key is bound to.
fn bound_to(about: &About) -> Vec<u8> {
    let pairs = about.pairs();
    let mut parts = vec!["kek/1"];
    parts.extend(pairs.iter().flat_map(|(name, value)| [*name, *value]));
    bind(&parts)
}

impl Kms for KeyFile {
    fn place(&self) -> String {
        format!("the key file {}", self.path.display())
    }

    fn knows(&self, kek: &str) -> bool {
        self.keys().iter().any(|key| key.id == kek)
    }

    fn is_present(&self, wrapped: &Wrapped) -> bool {
        self.keys().first().is_some_and(|key| key.id == wrapped.kek)
    }

    fn wrap<'a>(&'a self, about: &'a About, key: &'a PlainKey) -> BoxFuture<'a, Result<Wrapped, KmsError>> {
        future::ready(self.wrap_now(about, key)).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        about: &'a About,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<PlainKey, KmsError>> {
        future::ready(self.unwrap_now(about, wrapped)).boxed()
    }

    fn rotate(&self) -> BoxFuture<'_, Result<(), KmsError>> {
        future::ready(self.rotate_now()).boxed()
    }

    fn retire(&self) -> BoxFuture<'_, Result<(), KmsError>> {
        future::ready(self.retire_now()).boxed()
    }
}
