//! `[seal]` of `gateway.toml`: where the key-encryption key is.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Keys before the present one that are still asked to unwrap. One change at a time needs one.
const MAX_FORMER: usize = 4;

/// A key and what should stand there instead.
pub(crate) type Wrong = (&'static str, String, &'static str);

/// Where a key-encryption key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file of this host.
    File(PathBuf),
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What wraps.
    pub present: Place,
    /// What wrapped before, and still unwraps.
    pub former: Vec<Place>,
}

impl Settings {
    /// The file of a state folder.
    pub fn file(path: PathBuf) -> Self {
        Self {
            present: Place::File(path),
            former: Vec::new(),
        }
    }

    /// Checks what was written. Relative paths start from `folder`; without a word the key is in `default`.
    pub(crate) fn check(
        present: Option<RawPlace>,
        former: Vec<RawPlace>,
        folder: &Path,
        default: PathBuf,
    ) -> Result<Self, Wrong> {
        if former.len() > MAX_FORMER {
            return Err((
                "seal_former",
                former.len().to_string(),
                "at most 4; run `gateway seal rewrap`, then take out what is not used any more",
            ));
        }
        let former = former.into_iter().map(|raw| raw.check(folder, &default));
        let former = former.collect::<Result<Vec<_>, _>>()?;
        let present = match present {
            None => Place::File(default),
            Some(raw) => raw.check(folder, &default)?,
        };
        Ok(Self { present, former })
    }
}

/// As written.
#[derive(Debug, Deserialize)]
#[serde(tag = "kms", rename_all = "lowercase")]
pub(crate) enum RawPlace {
    /// `kms = "file"`
    File(RawFile),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFile {
    path: Option<PathBuf>,
}

impl RawPlace {
    fn check(self, folder: &Path, default: &Path) -> Result<Place, Wrong> {
        match self {
            RawPlace::File(raw) => Ok(Place::File(match raw.path {
                Some(path) => folder.join(path),
                None => default.to_owned(),
            })),
        }
    }
}
