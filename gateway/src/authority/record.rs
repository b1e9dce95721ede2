//! What the store holds of the authority, and how one state of it follows from another.
//!
//! A root is replaced in three steps, between which peers have time to learn:
//!
//! | phase | issued by | peers are told to trust |
//! |---|---|---|
//! | none | the root in force | it |
//! | introduced | the root in force | it and the next |
//! | activated | the next, which is in force now | both |
//! | none | the next | the next; the one before is remembered, to know late comers by |
//!
//! Nothing here reads a clock or a store.

use std::time::SystemTime;

use certs::{
    authority::{Authority, AuthorityError, Issuing, Root},
    identity::Fingerprint,
    succession::{SuccessionError, follows},
    verifier::{BundleError, TrustBundle},
};
use proto::id::TrustDomain;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

/// Roots that are remembered after they were replaced, to know the certificates of late comers by.
const MAX_RETIRED: usize = 2;

/// A private key in PEM, opened. Zeroed when it goes, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPem(pub Zeroizing<String>);

impl KeyPem {
    /// Takes a copy.
    pub fn new(pem: &str) -> Self {
        Self(Zeroizing::new(pem.to_owned()))
    }
}

impl std::fmt::Debug for KeyPem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyPem(redacted)")
    }
}

/// The authority of an installation; `K` is a private key, opened or sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "K: Deserialize<'de>"))]
pub struct AuthorityRecord<K = KeyPem> {
    /// The root in force.
    pub root: RootRecord<K>,
    /// What signs leaves; none where another authority does (`authority.command`).
    pub issuing: Option<IssuingRecord<K>>,
    /// The root's key signed by the root before, while somebody may trust only that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A change of roots that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change<K>>,
    /// Roots that were replaced, in PEM, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<String>,
    /// The key of a request that waits for its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<K>,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "K: Deserialize<'de>"))]
pub struct RootRecord<K = KeyPem> {
    /// PEM.
    pub certificate: String,
    /// Its key; none where it is kept elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<K>,
}

/// An issuing authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "K: Deserialize<'de>"))]
pub struct IssuingRecord<K = KeyPem> {
    /// Its certificate in PEM.
    pub certificate: String,
    /// Its key.
    pub key: K,
    /// Since when it is in use, in seconds since 1970.
    pub since: u64,
}

/// A change from one root to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "phase",
    rename_all = "snake_case",
    deny_unknown_fields,
    bound(deserialize = "K: Deserialize<'de>")
)]
pub enum Change<K = KeyPem> {
    /// Peers are told of the next root.
    Introduced {
        /// It.
        root: RootRecord<K>,
        /// What will sign leaves.
        issuing: Option<IssuingRecord<K>>,
        /// Its key signed by the root in force; none where that is not trusted any more.
        link: Option<String>,
        /// In seconds since 1970.
        since: u64,
        /// When it is activated although some connectors have not taken it over, in seconds since 1970.
        until: u64,
    },
    /// The next root is in force, and the one before is still trusted.
    Activated {
        /// The root before, in PEM.
        before: String,
        /// In seconds since 1970.
        since: u64,
    },
}

/// Why the authority does not change.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// One is under way.
    #[error("a change of roots is under way; see `gateway ca status`")]
    UnderWay,
    /// None is under way.
    #[error("no change of roots is under way")]
    NotUnderWay,
    /// The root's key is elsewhere.
    #[error(
        "the root's key is not kept here: use `gateway ca export-csr`, have it signed, and `gateway ca import`"
    )]
    NoRootKey,
    /// An outside authority issues.
    #[error("certificates are issued by `authority.command`: rotate the issuing authority there")]
    External,
    /// Nothing was asked for.
    #[error("there is no request to import a certificate for; begin with `gateway ca export-csr`")]
    NotRequested,
    /// The new root is unconnected with the one in force.
    #[error("{0}; pass the new root's key signed by the root in force with --link")]
    NoLink(SuccessionError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Roots cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A text is not PEM.
    #[error("{0} is not a certificate in PEM")]
    NotPem(&'static str),
}

/// Certificates from whoever keeps the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The issuing authority's certificate in PEM; none where `authority.command` issues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing: Option<String>,
    /// A new root in PEM; none if the root stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The new root's key signed by the root in force, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl<K> AuthorityRecord<K> {
    /// What peers are told to trust.
    pub fn bundle(&self) -> Result<TrustBundle, BundleError> {
        let mut text = self.root.certificate.clone();
        match &self.change {
            Some(Change::Introduced { root, .. }) => text.push_str(&root.certificate),
            Some(Change::Activated { before, .. }) => text.push_str(before),
            None => {}
        }
        TrustBundle::from_pem(&text)
    }
}

impl AuthorityRecord {
    /// A new authority.
    pub fn new(authority: &Authority, keep_root_key: bool, now: u64) -> Self {
        let root = authority.root();
        let key = keep_root_key.then(|| KeyPem(root.key_pem()));
        Self {
            root: RootRecord {
                certificate: root.to_pem(),
                key,
            },
            issuing: Some(IssuingRecord {
                certificate: authority.issuing().to_pem(),
                key: KeyPem(authority.issuing().key_pem()),
                since: now,
            }),
            link: None,
            change: None,
            retired: Vec::new(),
            requested: None,
        }
    }

    /// An authority whose root is somebody else's, and who issues by a command.
    pub fn external(root: String) -> Self {
        Self {
            root: RootRecord {
                certificate: root,
                key: None,
            },
            issuing: None,
            link: None,
            change: None,
            retired: Vec::new(),
            requested: None,
        }
    }

    /// The same with the roots that are remembered: by these late comers are known, and nobody is let in.
    pub fn remembered(&self) -> Result<TrustBundle, BundleError> {
        TrustBundle::from_pem(&(self.bundle()?.to_pem() + &self.retired.concat()))
    }

    /// What leads peers from older roots to newer ones.
    pub fn links(&self) -> String {
        let next = match &self.change {
            Some(Change::Introduced { link, .. }) => link.as_deref(),
            _ => None,
        };
        format!("{}{}", self.link.as_deref().unwrap_or(""), next.unwrap_or(""))
    }

    /// Names the root in force, for the records of what it issued.
    pub fn root_name(&self) -> Result<String, BundleError> {
        name_of(&self.root.certificate)
    }

    /// The certificates of the issuing authority as nodes present them.
    pub fn issuing_chain(&self) -> Option<String> {
        let issuing = self.issuing.as_ref()?;
        Some(issuing.certificate.clone() + self.link.as_deref().unwrap_or(""))
    }

    /// Puts a new issuing authority under the root in force.
    pub fn rotate_issuing(&mut self, root: Root, now: SystemTime) -> Result<(), ChangeError> {
        if self.issuing.is_none() {
            return Err(ChangeError::External);
        }
        let made = Authority::under(root, now)?;
        self.issuing = Some(IssuingRecord {
            certificate: made.issuing().to_pem(),
            key: KeyPem(made.issuing().key_pem()),
            since: unix(now),
        });
        Ok(())
    }

    /// Introduces a new root, made here; `root` is the one in force.
    pub fn introduce(
        &mut self,
        root: &Root,
        overlap_seconds: u64,
        now: SystemTime,
    ) -> Result<(), ChangeError> {
        self.settled()?;
        let next = Authority::create(root.domain().clone(), now)?;
        let link = root.succeed(next.root().certificate(), now)?;
        let issuing = self.issuing.is_some().then(|| IssuingRecord {
            certificate: next.issuing().to_pem(),
            key: KeyPem(next.issuing().key_pem()),
            since: unix(now),
        });
        self.change = Some(Change::Introduced {
            root: RootRecord {
                certificate: next.root().to_pem(),
                key: Some(KeyPem(next.root().key_pem())),
            },
            issuing,
            link: Some(certs::authority::to_pem(&[link])),
            since: unix(now),
            until: unix(now).saturating_add(overlap_seconds),
        });
        Ok(())
    }

    /// Takes certificates from whoever keeps the root: a new issuing authority at once, a new root by the way of all roots.
    /// `requested` is the key that was asked for, opened.
    pub fn import(
        &mut self,
        import: &Import,
        requested: Option<&str>,
        overlap_seconds: u64,
        now: SystemTime,
    ) -> Result<(), ChangeError> {
        let domain = self.bundle()?.domain().clone();
        let external = self.issuing.is_none();
        let root = import.root.as_deref().map(TrustBundle::from_pem).transpose()?;
        let trusted = match &root {
            Some(next) => next.clone(),
            None => TrustBundle::from_pem(&self.root.certificate)?,
        };
        let issuing = match (&import.issuing, external) {
            (Some(_), true) => return Err(ChangeError::External),
            (None, true) if root.is_none() => return Err(ChangeError::NotRequested),
            (None, true) => None,
            (None, false) => return Err(ChangeError::NotPem("the issuing certificate")),
            (Some(chain), false) => {
                let opened = requested.ok_or(ChangeError::NotRequested)?;
                let made = Issuing::from_pem(chain, opened, domain.clone())?;
                made.under(&trusted, now)?;
                Some(IssuingRecord {
                    certificate: made.to_pem(),
                    key: KeyPem::new(opened),
                    since: unix(now),
                })
            }
        };
        let Some(next) = root else {
            self.issuing = issuing;
            self.requested = None;
            return Ok(());
        };
        self.settled()?;
        let [certificate] = next.certificates() else {
            return Err(BundleError::Count(next.certificates().len()).into());
        };
        if *next.domain() != domain {
            return Err(BundleError::SeveralDomains.into());
        }
        if let Some(link) = &import.link {
            let link = CertificateDer::from_pem_slice(link.as_bytes())
                .map_err(|_| ChangeError::NotPem("the link"))?;
            follows(
                &TrustBundle::from_pem(&self.root.certificate)?,
                &link,
                certificate,
                now,
            )
            .map_err(ChangeError::NoLink)?;
        } else {
            return Err(ChangeError::NoLink(SuccessionError::NotVouchedFor));
        }
        self.change = Some(Change::Introduced {
            root: RootRecord {
                certificate: next.to_pem(),
                key: None,
            },
            issuing,
            link: import.link.clone(),
            since: unix(now),
            until: unix(now).saturating_add(overlap_seconds),
        });
        self.requested = None;
        Ok(())
    }

    /// The next step of a change of roots.
    pub fn advance(&mut self, now: u64) -> Result<(), ChangeError> {
        match self.change.take().ok_or(ChangeError::NotUnderWay)? {
            Change::Introduced {
                root, issuing, link, ..
            } => {
                // The key of the root before has signed its last.
                let before = std::mem::replace(&mut self.root, root).certificate;
                if issuing.is_some() {
                    self.issuing = issuing;
                }
                self.link = link;
                self.change = Some(Change::Activated { before, since: now });
            }
            Change::Activated { before, .. } => {
                self.retired.push(before);
                let surplus = self.retired.len().saturating_sub(MAX_RETIRED);
                self.retired.drain(..surplus);
            }
        }
        Ok(())
    }

    fn settled(&self) -> Result<(), ChangeError> {
        match self.change {
            Some(_) => Err(ChangeError::UnderWay),
            None => Ok(()),
        }
    }
}

/// Names a root: the first 8 bytes of its fingerprint in hexadecimal.
pub fn name_of(root_pem: &str) -> Result<String, BundleError> {
    let bundle = TrustBundle::from_pem(root_pem)?;
    let root = bundle.certificates().first().ok_or(BundleError::Count(0))?;
    Ok(hex::encode(
        Fingerprint::of(root).0.first_chunk::<8>().unwrap_or(&[0; 8]),
    ))
}

/// The trust domain of a record.
pub fn domain_of(record: &AuthorityRecord) -> Result<TrustDomain, BundleError> {
    Ok(record.bundle()?.domain().clone())
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(keep_root_key: bool) -> (AuthorityRecord, Authority) {
        let now = SystemTime::now();
        let made = Authority::create("gw.test".parse().unwrap(), now).unwrap();
        (AuthorityRecord::new(&made, keep_root_key, unix(now)), made)
    }

    fn root_of(record: &AuthorityRecord) -> Root {
        Root::from_pem(&record.root.certificate, &record.root.key.as_ref().unwrap().0).unwrap()
    }

    fn issuing_of(record: &AuthorityRecord) -> Issuing {
        let key = &record.issuing.as_ref().unwrap().key.0;
        Issuing::from_pem(&record.issuing_chain().unwrap(), key, domain_of(record).unwrap()).unwrap()
    }

    #[test]
    fn a_root_is_replaced_in_steps_that_nobody_falls_between() {
        let now = SystemTime::now();
        let (mut record, first) = record(true);
        record.introduce(&root_of(&record), 60, now).unwrap();
        assert!(matches!(
            record.introduce(&first_root(&first), 60, now),
            Err(ChangeError::UnderWay)
        ));
        let both = record.bundle().unwrap();
        assert_eq!(both.certificates().len(), 2);
        // Still issued by the first.
        assert_eq!(issuing_of(&record).under(first.bundle(), now), Ok(()));
        record.advance(unix(now)).unwrap();
        assert_eq!(record.bundle().unwrap().digest(), both.digest());
        // Who knows the first root only, or the second only, or both, takes what is issued now.
        let second = TrustBundle::from_pem(&record.root.certificate).unwrap();
        for bundle in [first.bundle(), &second, &both] {
            assert_eq!(issuing_of(&record).under(bundle, now), Ok(()));
        }
        record.advance(unix(now)).unwrap();
        assert_eq!(record.bundle().unwrap().digest(), second.digest());
        assert_eq!(record.remembered().unwrap().digest(), both.digest());
        assert!(matches!(record.advance(unix(now)), Err(ChangeError::NotUnderWay)));
        // A new issuing authority under the new root is still found from the first one.
        record.rotate_issuing(root_of(&record), now).unwrap();
        for bundle in [first.bundle(), &second] {
            assert_eq!(issuing_of(&record).under(bundle, now), Ok(()));
        }
    }

    fn first_root(authority: &Authority) -> Root {
        Root::from_pem(&authority.root().to_pem(), &authority.root().key_pem()).unwrap()
    }

    #[test]
    fn a_root_that_is_kept_elsewhere_signs_what_is_asked_for() {
        let now = SystemTime::now();
        let (mut record, safe) = record(false);
        assert_eq!(record.root.key, None);
        let key = certs::key::PrivateKey::generate().unwrap();
        let issued = safe
            .root()
            .issue_issuing(&key, now, std::time::Duration::from_secs(3600));
        let import = Import {
            issuing: Some(certs::authority::to_pem(&[issued.unwrap()])),
            ..Import::default()
        };
        let opened = key.to_pem();
        let mut spoilt = record.clone();
        assert!(matches!(
            spoilt.import(&import, None, 60, now),
            Err(ChangeError::NotRequested)
        ));
        let other = certs::key::PrivateKey::generate().unwrap().to_pem();
        assert!(matches!(
            spoilt.import(&import, Some(&other), 60, now),
            Err(ChangeError::Authority(AuthorityError::KeyMismatch))
        ));
        record.import(&import, Some(&opened), 60, now).unwrap();
        assert_eq!(issuing_of(&record).under(safe.bundle(), now), Ok(()));
        // Signed by a stranger's root.
        let stranger = Authority::create("gw.test".parse().unwrap(), now).unwrap();
        let issued = stranger
            .root()
            .issue_issuing(&key, now, std::time::Duration::from_secs(3600));
        let foreign = certs::authority::to_pem(&[issued.unwrap()]);
        let import = Import {
            issuing: Some(foreign.clone()),
            ..Import::default()
        };
        assert!(record.import(&import, Some(&opened), 60, now).is_err());
        // A new root comes with a link, or not at all.
        let mut import = Import {
            issuing: Some(foreign),
            root: Some(stranger.root().to_pem()),
            link: None,
        };
        assert!(matches!(
            record.import(&import, Some(&opened), 60, now),
            Err(ChangeError::NoLink(_))
        ));
        let link = safe.root().succeed(stranger.root().certificate(), now).unwrap();
        import.link = Some(certs::authority::to_pem(&[link]));
        record.import(&import, Some(&opened), 60, now).unwrap();
        assert!(matches!(record.change, Some(Change::Introduced { .. })));
    }

    #[test]
    fn keys_are_not_shown() {
        let (record, authority) = record(true);
        let shown = format!("{record:?}");
        let key = authority.root().key_pem();
        let body: Vec<_> = key.lines().filter(|line| !line.starts_with('-')).collect();
        assert!(body.iter().all(|line| !shown.contains(line)), "{shown}");
    }
}
