//! The policy files in force, and the reloading of those that changed.
//!
//! A reload is all or nothing for each file: the new policy replaces the old one in one step, or the old one stays in
//! force and the mistake is reported until the file is mended.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use proto::id::SourceId;

use super::{
    Policy,
    budget::Ledger,
    file::{Document, FileError},
};

/// The policy of one source, which may be replaced while queries run; each query keeps the one that admitted it.
#[derive(Debug)]
pub struct Current {
    file: PathBuf,
    policy: RwLock<Arc<Policy>>,
    seen: RwLock<Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    stamp: Option<(SystemTime, u64)>,
    broken: bool,
}

/// What a look at a file found.
#[derive(Debug)]
pub enum Reload {
    /// The file is as it was.
    Unchanged,
    /// A new policy is in force.
    Replaced(Arc<Policy>),
    /// The file has a mistake; the policy before it stays in force.
    Broken(FileError),
}

impl Current {
    /// Loads the file for the first time; a mistake in it is fatal here, since there is no policy to fall back on.
    pub fn load(file: PathBuf, source: &SourceId, ledger: Arc<Ledger>) -> Result<Self, FileError> {
        let stamp = stamp(&file);
        let document = load(&file, source)?;
        Ok(Self {
            file,
            policy: RwLock::new(Arc::new(Policy::new(document, ledger))),
            seen: RwLock::new(Seen { stamp, broken: false }),
        })
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the file on disk has a mistake, so that an older policy than the one written is in force.
    pub fn is_broken(&self) -> bool {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).broken
    }

    /// Looks at the file; `force` reads it although its time and size are as before.
    pub fn reload(&self, force: bool) -> Reload {
        // The stamp is taken before the bytes: a write in between is seen at the next look.
        let stamp = stamp(&self.file);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if !force && stamp == seen.stamp {
            return Reload::Unchanged;
        }
        let before = self.policy();
        let loaded = load(&self.file, before.document().source());
        *seen = Seen {
            stamp,
            broken: loaded.is_err(),
        };
        match loaded {
            Err(error) => Reload::Broken(error),
            Ok(document) if document.digest() == before.document().digest() => Reload::Unchanged,
            Ok(document) => {
                let policy = Arc::new(Policy::new(document, Arc::clone(before.ledger())));
                *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&policy);
                Reload::Replaced(policy)
            }
        }
    }
}

fn load(file: &Path, source: &SourceId) -> Result<Document, FileError> {
    let document = Document::load(file)?;
    if document.source() != source {
        return Err(FileError::Value {
            file: file.to_owned(),
            key: "source",
            value: format!("{:?}", document.source().as_str()),
            remedy: format!("`connector.toml` gives this file to source `{source}`; correct one of the two"),
        });
    }
    Ok(document)
}

/// Modification time and size; none where the file is not there.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "source = \"shop\"\nschema = \"s\"\n";

    fn current(folder: &Path) -> Current {
        let file = folder.join("policy.toml");
        fs::write(&file, GOOD).expect("written");
        let source = "shop".parse().expect("a name");
        Current::load(file, &source, Arc::new(Ledger::default())).expect("loads")
    }

    #[test]
    fn a_new_file_replaces_the_policy_and_keeps_the_ledger() {
        let folder = tempfile::tempdir().expect("a folder");
        let current = current(folder.path());
        let before = current.policy();
        assert!(matches!(current.reload(false), Reload::Unchanged));
        let text = format!("{GOOD}[tables]\ndeny = [\"dbt_groups\"]\n");
        fs::write(folder.path().join("policy.toml"), text).expect("written");
        assert!(matches!(current.reload(false), Reload::Replaced(_)));
        let after = current.policy();
        assert_ne!(before.document().digest(), after.document().digest());
        assert!(Arc::ptr_eq(before.ledger(), after.ledger()));
    }

    #[test]
    fn a_broken_file_leaves_the_old_policy_in_force_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let current = current(folder.path());
        let file = folder.path().join("policy.toml");
        let before = current.policy().document().digest();
        for broken in ["[categoriez]", "", "source = \"other\"\nschema = \"s\"\n"] {
            fs::write(&file, broken).expect("written");
            assert!(matches!(current.reload(true), Reload::Broken(_)), "{broken}");
            assert!(current.is_broken());
            assert_eq!(current.policy().document().digest(), before);
        }
        fs::remove_file(&file).expect("removed");
        assert!(matches!(current.reload(false), Reload::Broken(_)));
        fs::write(&file, GOOD).expect("written");
        assert!(matches!(current.reload(true), Reload::Unchanged));
        assert!(!current.is_broken());
    }
}
