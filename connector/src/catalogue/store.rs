//! The customer's own queries as files in the state folder.
//!
//! ```text
//! catalogue/approved/NAME.sql   what runs, while it is what was approved
//! catalogue/approvals.json      what was approved, and when: name, fingerprint of the plan, SHA-256 of the text
//! catalogue/pending/PRINT.sql   proposals of the gateway, by the fingerprint of their plan
//! ```
//!
//! Only [`Store::approve`] writes an approval, and only the command line calls it, on the customer's host. A file that is
//! not as it was approved, or that nobody approved, is not run: it is read as [`Unfit`], which says why. The first text of a
//! fingerprint stays: what a person read under it is what they approve.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use proto::{
    catalogue::{Catalogue, CatalogueError, Entry},
    id::QueryName,
    limits::{MAX_APPROVED, MAX_PENDING, MAX_SQL_BYTES},
    query::fingerprint::Fingerprint,
    schema::elementary,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    clock::UnixMillis,
    identity::{IdentityError, make_private, write_private},
};

/// Longest list of approvals in bytes: [`MAX_APPROVED`] of them take under 20 kB.
const MAX_LIST_BYTES: u64 = 64 * 1024;

/// Files that are looked at in one folder: some more than there may be, so that strays are named.
const MAX_LISTED: usize = 4 * MAX_APPROVED;

/// A folder of queries.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// The store cannot be read, or does not take what it is given.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder is open to others.
    #[error(transparent)]
    Folder(#[from] IdentityError),
    /// The list of approvals is not what this program wrote.
    #[error("{}: {why}; restore it, or remove it and approve the queries again", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file is no catalogued query.
    #[error(transparent)]
    Query(#[from] CatalogueError),
    /// The shipped catalogue has the name.
    #[error("the shipped catalogue has a query `{0}`; give yours another name")]
    Shipped(QueryName),
    /// Another query of the name is approved.
    #[error(
        "another query is approved as `{name}` (fingerprint {fingerprint}); add `--replace` to put this one in its place"
    )]
    Named {
        /// The name.
        name: QueryName,
        /// Of what is approved.
        fingerprint: Fingerprint,
    },
    /// No more are taken.
    #[error(
        "{most} queries are {what} already, which is the most; `connector catalogue {remedy}` makes room"
    )]
    Full {
        /// Approved, or pending.
        what: &'static str,
        /// How many.
        most: usize,
        /// The command.
        remedy: &'static str,
    },
    /// Nothing of the name or fingerprint is there.
    #[error("no query `{0}` is {1}; `connector catalogue list --state DIR` shows what is")]
    Unknown(String, &'static str),
}

/// Whether a query may take the place of another of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It may.
    Yes,
    /// It is refused.
    No,
}

/// An approved query that is as it was approved.
#[derive(Debug, Clone)]
pub struct Approved {
    /// The query.
    pub entry: Entry,
    /// When it was approved.
    pub at: UnixMillis,
}

/// A file that is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The query, or the file where it has no name of one.
    pub name: String,
    /// One sentence, with what to do.
    pub why: String,
}

/// What the folder holds.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// What may run.
    pub approved: Vec<Approved>,
    /// What waits.
    pub pending: Vec<Entry>,
    /// What is neither.
    pub unfit: Vec<Unfit>,
}

/// Names, times and sizes of the folder's files: what changes when a file does.
pub type Stamp = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// One approval, as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    name: QueryName,
    fingerprint: String,
    text_sha256: String,
    approved_unix_ms: u64,
}

/// A lock on the folder; two commands at once would lose one's approval.
struct Locked(#[expect(dead_code, reason = "held, not used")] File);

impl Store {
    /// The store in this folder, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Names, times and sizes of the files.
    pub fn stamp(&self) -> Stamp {
        let mut files = vec![self.list()];
        for folder in [self.approved(), self.pending()] {
            files.extend(sql_files(&folder).unwrap_or_default());
        }
        let stamped = files.into_iter().filter_map(|file| {
            let metadata = fs::metadata(&file).ok()?;
            Some((file, (metadata.modified().ok(), metadata.len())))
        });
        stamped.collect()
    }

    /// Reads everything. A single query that is not as it was approved is [`Unfit`]; the others run.
    ///
    /// # Errors
    /// When the list of approvals or a folder cannot be read: then nobody knows what was approved.
    pub fn read(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        let approvals = self.approvals()?;
        for approval in &approvals {
            match self.fit(approval) {
                Ok(approved) => contents.approved.push(approved),
                Err(why) => contents.unfit.push(Unfit {
                    name: approval.name.to_string(),
                    why,
                }),
            }
        }
        for file in sql_files(&self.approved())? {
            let known = approvals.iter().any(|a| self.file(&a.name) == file);
            if !known {
                contents.unfit.push(Unfit {
                    name: stem(&file),
                    why: format!(
                        "nobody approved it: `connector catalogue approve {}`, or remove it",
                        file.display()
                    ),
                });
            }
        }
        for file in sql_files(&self.pending())?.into_iter().take(MAX_PENDING) {
            match read_entry(&file) {
                Ok(entry) if entry.fingerprint().to_string() == stem(&file) => contents.pending.push(entry),
                Ok(_) | Err(_) => contents.unfit.push(Unfit {
                    name: format!("pending/{}", stem(&file)),
                    why: format!("it is not what was proposed; remove {}", file.display()),
                }),
            }
        }
        Ok(contents)
    }

    /// Approves a query: from here on connectors on this folder run it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was approved then.
    pub fn approve(&self, entry: &Entry, at: UnixMillis, replace: Replace) -> Result<(), StoreError> {
        let name = entry.name();
        if Catalogue::builtin().get(name).is_some() {
            return Err(StoreError::Shipped(name.clone()));
        }
        let _locked = self.lock()?;
        let mut approvals = self.approvals()?;
        let fingerprint = entry.fingerprint();
        if let Some(other) = approvals.iter().find(|a| a.name == *name)
            && other.fingerprint != fingerprint.to_string()
            && replace == Replace::No
        {
            return Err(StoreError::Named {
                name: name.clone(),
                fingerprint: other.fingerprint.parse().unwrap_or(fingerprint),
            });
        }
        approvals.retain(|a| a.name != *name);
        if approvals.len() >= MAX_APPROVED {
            return Err(StoreError::Full {
                what: "approved",
                most: MAX_APPROVED,
                remedy: "revoke",
            });
        }
        approvals.push(Approval {
            name: name.clone(),
            fingerprint: fingerprint.to_string(),
            text_sha256: hex::encode(Sha256::digest(entry.text())),
            approved_unix_ms: at.0,
        });
        // The text first: until the list names it, it is a file that nobody approved.
        make_private(&self.approved())?;
        put(&self.file(name), entry.text().as_bytes())?;
        self.write(&approvals)?;
        self.drop_pending(&fingerprint).map(|_| ())
    }

    /// Takes an approval back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke(&self, name: &QueryName) -> Result<(), StoreError> {
        let _locked = self.lock()?;
        let mut approvals = self.approvals()?;
        let before = approvals.len();
        approvals.retain(|a| a.name != *name);
        if approvals.len() == before {
            return Err(StoreError::Unknown(name.to_string(), "approved"));
        }
        self.write(&approvals)?;
        remove(&self.file(name)).map(|_| ())
    }

    /// Keeps a proposal. One of the same fingerprint that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(&self, entry: &Entry) -> Result<(), StoreError> {
        let _locked = self.lock()?;
        let file = self.pending_file(&entry.fingerprint());
        if file.exists() {
            return Ok(());
        }
        if sql_files(&self.pending())?.len() >= MAX_PENDING {
            return Err(StoreError::Full {
                what: "pending",
                most: MAX_PENDING,
                remedy: "discard",
            });
        }
        make_private(&self.pending())?;
        put(&file, entry.text().as_bytes())
    }

    /// The proposal of this fingerprint.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], or that it is not what was proposed.
    pub fn proposed(&self, fingerprint: &Fingerprint) -> Result<Entry, StoreError> {
        let file = self.pending_file(fingerprint);
        let unknown = || StoreError::Unknown(fingerprint.to_string(), "pending");
        if !file.exists() {
            return Err(unknown());
        }
        let entry = read_entry(&file)?;
        if entry.fingerprint() == *fingerprint {
            Ok(entry)
        } else {
            Err(unknown())
        }
    }

    /// Throws a proposal away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn discard(&self, fingerprint: &Fingerprint) -> Result<(), StoreError> {
        let _locked = self.lock()?;
        match self.drop_pending(fingerprint)? {
            Removed::Gone => Ok(()),
            Removed::WasNot => Err(StoreError::Unknown(fingerprint.to_string(), "pending")),
        }
    }

    fn drop_pending(&self, fingerprint: &Fingerprint) -> Result<Removed, StoreError> {
        remove(&self.pending_file(fingerprint))
    }

    /// The query of an approval, if its file is what was approved.
    fn fit(&self, approval: &Approval) -> Result<Approved, String> {
        if Catalogue::builtin().get(&approval.name).is_some() {
            return Err("this version ships a query of that name; approve yours under another".to_owned());
        }
        let file = self.file(&approval.name);
        let text = read_text(&file).map_err(|error| error.to_string())?;
        if hex::encode(Sha256::digest(&text)) != approval.text_sha256 {
            return Err(format!(
                "{} was changed since it was approved; put the approved text back, or approve the new one",
                file.display()
            ));
        }
        let entry = Entry::parse(&file.display().to_string(), &text, elementary::schema())
            .map_err(|error| error.to_string())?;
        if entry.name() != &approval.name || entry.fingerprint().to_string() != approval.fingerprint {
            return Err(
                "this version reads it as another query than was approved; approve it again".to_owned(),
            );
        }
        Ok(Approved {
            entry,
            at: UnixMillis(approval.approved_unix_ms),
        })
    }

    fn approvals(&self) -> Result<Vec<Approval>, StoreError> {
        let path = self.list();
        let wrong = |why: String| StoreError::List {
            path: path.clone(),
            why,
        };
        let bytes = match bounded(&path, MAX_LIST_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::File { path, source }),
        };
        let approvals: Vec<Approval> =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if approvals.len() > MAX_APPROVED {
            return Err(wrong(format!("it has more than {MAX_APPROVED} entries")));
        }
        Ok(approvals)
    }

    fn write(&self, approvals: &[Approval]) -> Result<(), StoreError> {
        let path = self.list();
        let bytes = serde_json::to_vec_pretty(approvals).map_err(|error| StoreError::List {
            path: path.clone(),
            why: error.to_string(),
        })?;
        put(&path, &bytes)
    }

    fn lock(&self) -> Result<Locked, StoreError> {
        make_private(&self.folder)?;
        let path = self.folder.join("lock");
        let locked = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file));
        locked
            .map(Locked)
            .map_err(|source| StoreError::File { path, source })
    }

    fn list(&self) -> PathBuf {
        self.folder.join("approvals.json")
    }

    fn approved(&self) -> PathBuf {
        self.folder.join("approved")
    }

    fn pending(&self) -> PathBuf {
        self.folder.join("pending")
    }

    /// Names hold `a-z`, digits, `.`, `-` and `_` only, and begin with a letter or digit.
    fn file(&self, name: &QueryName) -> PathBuf {
        self.approved().join(format!("{name}.sql"))
    }

    fn pending_file(&self, fingerprint: &Fingerprint) -> PathBuf {
        self.pending().join(format!("{fingerprint}.sql"))
    }

    /// Where the names that stand in the audit log are kept.
    pub(super) fn recorded(&self) -> PathBuf {
        self.folder.join("recorded.json")
    }
}

/// What became of a file that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removed {
    Gone,
    WasNot,
}

fn remove(path: &Path) -> Result<Removed, StoreError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(Removed::Gone),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Removed::WasNot),
        Err(source) => Err(StoreError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a file beside its place and moves it there.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let fresh = path.with_extension("new");
    remove(&fresh).map(|_| ()).and_then(|()| {
        write_private(&fresh, bytes)
            .and_then(|()| fs::rename(&fresh, path))
            .map_err(|source| StoreError::File {
                path: path.to_owned(),
                source,
            })
    })
}

/// The query of one file.
///
/// # Errors
/// [`StoreError::File`], [`StoreError::Query`].
pub fn read_entry(file: &Path) -> Result<Entry, StoreError> {
    let text = read_text(file)?;
    Ok(Entry::parse(
        &file.display().to_string(),
        &text,
        elementary::schema(),
    )?)
}

fn read_text(file: &Path) -> Result<String, StoreError> {
    // One byte more than a text may have, so that a longer one is refused by its length.
    let text = bounded(file, MAX_SQL_BYTES as u64 + 1).and_then(|bytes| {
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    });
    text.map_err(|source| StoreError::File {
        path: file.to_owned(),
        source,
    })
}

fn bounded(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The `.sql` files of a folder in order; none where there is no folder.
fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(StoreError::File {
                path: folder.to_owned(),
                source,
            });
        }
    };
    let mut files: Vec<PathBuf> = listed
        .take(MAX_LISTED)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    Ok(files)
}

fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.chars().filter(|c| !c.is_control()).take(80).collect()
}
