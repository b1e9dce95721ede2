//! Changes of the authority: asked for by an administrator, carried on by whichever node looks next.
//!
//! Each is one compare-and-swap of the record, so that it makes no difference how many nodes try; every node follows the
//! store and puts what it finds in force ([`NodeAuthority::refresh`]).

use std::time::Duration;

use certs::{authority::Root, csr::authority_request, key::PrivateKey};
use proto::error::{Code, Fault};
use serde::{Deserialize, Serialize};

use super::{
    InForce, NodeAuthority, NodeAuthorityError, key,
    record::{AuthorityRecord, Change, ChangeError, Import, KeyPem, name_of},
    sealed, wall,
};
use crate::{
    auth::{Admin, encode, store_fault},
    fleet::{Fleet, Holding},
    store::{Expected, Swap, Watch},
};

/// How long a new root is introduced for, unless all connectors have taken it over before.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(7 * 86_400);

/// Longest time of introduction.
pub const MAX_OVERLAP: Duration = Duration::from_secs(90 * 86_400);

/// When an issuing authority is replaced without being asked: two thirds of its life leave four months to find out why it
/// was not.
const ROTATE_LEFT: u64 = certs::authority::ISSUING_LIFETIME.as_secs() / 3;

/// The authority as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityView {
    /// The root in force: the first 8 bytes of its SHA-256 in hexadecimal.
    pub root: String,
    /// End of the root, in seconds since 1970.
    pub root_not_after: u64,
    /// Whether the root's key is kept by this installation.
    pub root_key: bool,
    /// End of the issuing authority, in seconds since 1970; none where a command issues.
    pub issuing_not_after: Option<u64>,
    /// Whether a request waits for its certificate.
    pub requested: bool,
    /// The change of roots under way.
    pub change: Option<ChangeView>,
}

/// A change of roots under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// `introduced` or `activated`.
    pub phase: Phase,
    /// The other root: the next one, or the one before.
    pub other: String,
    /// In seconds since 1970.
    pub since: u64,
    /// When the next step comes at the latest, in seconds since 1970; none where it waits for certificates to run out.
    pub until: Option<u64>,
    /// Connectors that the next step waits for.
    pub waiting: usize,
}

/// How far a change of roots is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Connectors are told of the next root.
    Introduced,
    /// The next root is in force, and the one before still trusted.
    Activated,
}

/// A request for the certificate of an issuing authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningRequest {
    /// PKCS #10 in PEM.
    pub csr: String,
}

impl NodeAuthority {
    /// How the authority stands.
    ///
    /// # Errors
    /// `internal`, `overloaded`.
    pub async fn view(&self, _by: &Admin, fleet: &Fleet) -> Result<AuthorityView, Fault> {
        self.up_to_date().await?;
        let in_force = self.in_force();
        let change = match &in_force.record.change {
            Some(change) => {
                let waiting = self.waiting(&in_force, change, fleet).await?;
                let (phase, other, since, until) = match change {
                    Change::Introduced {
                        root, since, until, ..
                    } => (Phase::Introduced, &root.certificate, since, Some(*until)),
                    Change::Activated { before, since } => (Phase::Activated, before, since, None),
                };
                Some(ChangeView {
                    phase,
                    other: name_of(other).map_err(|error| broken(&error))?,
                    since: *since,
                    until,
                    waiting,
                })
            }
            None => None,
        };
        Ok(AuthorityView {
            root: in_force.root.clone(),
            root_not_after: self.root_not_after(),
            root_key: in_force.record.root.key.is_some(),
            issuing_not_after: self.issuing_not_after(),
            requested: in_force.record.requested.is_some(),
            change,
        })
    }

    /// Replaces the issuing authority at once: peers trust the root, and notice nothing.
    ///
    /// # Errors
    /// `conflict` if the root's key is elsewhere, or a command issues; `internal`; `overloaded`.
    pub async fn rotate_issuing(&self, _by: &Admin) -> Result<(), Fault> {
        self.rotate().await
    }

    async fn rotate(&self) -> Result<(), Fault> {
        let now = wall(&self.clock);
        self.change(|record| {
            let root = root_of(record)?;
            record.rotate_issuing(root, now)
        })
        .await
    }

    /// Begins the change to a new root, made here.
    ///
    /// # Errors
    /// `conflict` if the root's key is elsewhere or a change is under way; `invalid_request`; `internal`; `overloaded`.
    pub async fn rotate_root(&self, _by: &Admin, overlap: Duration) -> Result<(), Fault> {
        let (now, overlap) = (wall(&self.clock), bounded(overlap)?);
        self.change(|record| {
            let root = root_of(record)?;
            record.introduce(&root, overlap, now)
        })
        .await
    }

    /// Takes the next step of a change of roots, whoever is waited for: they come back by approval anew.
    ///
    /// # Errors
    /// `conflict` if none is under way; `internal`; `overloaded`.
    pub async fn advance(&self, _by: &Admin) -> Result<(), Fault> {
        let now = self.clock.unix_seconds();
        self.change(|record| record.advance(now)).await
    }

    /// Makes the request for an issuing authority. Asked again, it is another key's.
    ///
    /// # Errors
    /// `conflict` where a command issues; `internal`; `overloaded`.
    pub async fn request(&self, _by: &Admin) -> Result<SigningRequest, Fault> {
        let made = PrivateKey::generate()
            .map_err(|error| error.to_string())
            .and_then(|key| {
                let csr = authority_request(&key, self.trust_domain());
                Ok((csr.map_err(|error| error.to_string())?, key.to_pem()))
            });
        let (csr, pem) = made.map_err(|error| broken(&error))?;
        self.change(|record| {
            if record.issuing.is_none() {
                return Err(ChangeError::External);
            }
            record.requested = Some(KeyPem(pem.clone()));
            Ok(())
        })
        .await?;
        Ok(SigningRequest { csr })
    }

    /// Takes certificates from whoever keeps the root.
    ///
    /// # Errors
    /// `invalid_request` if they cannot be used; `conflict`; `internal`; `overloaded`.
    pub async fn import(&self, _by: &Admin, import: &Import, overlap: Duration) -> Result<(), Fault> {
        let (now, overlap) = (wall(&self.clock), bounded(overlap)?);
        self.change(|record| {
            let requested = record.requested.as_ref().map(|key| key.0.clone());
            record.import(import, requested.as_ref().map(|pem| pem.as_str()), overlap, now)
        })
        .await
    }

    /// Puts in force what the store holds.
    ///
    /// # Errors
    /// `internal`, `store_unavailable`.
    pub async fn follow(&self) -> Result<(), Fault> {
        self.up_to_date().await
    }

    /// Carries on what is due without anybody's asking: the next step of a change of roots once nobody has to be waited
    /// for, and a new issuing authority before the old one runs out.
    ///
    /// # Errors
    /// `internal`, `overloaded`.
    pub async fn carry_on(&self, fleet: &Fleet) -> Result<(), Fault> {
        self.up_to_date().await?;
        let in_force = self.in_force();
        let now = self.clock.unix_seconds();
        if let Some(change) = &in_force.record.change {
            let late = matches!(change, Change::Introduced { until, .. } if *until <= now);
            if late || self.waiting(&in_force, change, fleet).await? == 0 {
                self.step(&in_force.record, now).await?;
            }
            return Ok(());
        }
        let ends = self.issuing_not_after();
        if in_force.record.root.key.is_some() && ends.is_some_and(|end| end < now + ROTATE_LEFT) {
            tracing::info!("the issuing authority is near its end and replaced");
            self.rotate().await?;
        }
        Ok(())
    }

    /// Takes the step that `seen` is due for, unless somebody else has.
    async fn step(&self, seen: &AuthorityRecord, now: u64) -> Result<(), Fault> {
        self.change(|record| {
            if record.change == seen.change {
                record.advance(now)?;
            }
            Ok(())
        })
        .await
    }

    /// Connectors that the next step has to wait for.
    async fn waiting(&self, in_force: &InForce, change: &Change, fleet: &Fleet) -> Result<usize, Fault> {
        let holding = match change {
            Change::Introduced { .. } => Holding::NotTrusting(self.roots()),
            Change::Activated { .. } => Holding::ByAnother(&in_force.root),
        };
        fleet.holding(&holding).await
    }

    /// How far a change of roots is, for the metric: 0 for none, 1 introduced, 2 activated.
    pub fn phase(&self) -> i64 {
        match self.in_force().record.change {
            None => 0,
            Some(Change::Introduced { .. }) => 1,
            Some(Change::Activated { .. }) => 2,
        }
    }

    /// Reports changes of the record.
    ///
    /// # Errors
    /// `internal`.
    pub async fn watch(&self) -> Result<Watch, Fault> {
        self.store.watch(super::RECORD).await.map_err(store_fault)
    }

    async fn up_to_date(&self) -> Result<(), Fault> {
        let changed = self.refresh().await.map_err(|error| match error {
            NodeAuthorityError::Store(error) => store_fault(error),
            other => broken(&other),
        })?;
        if changed {
            tracing::info!(
                root = self.in_force().root,
                "another state of the authority is in force"
            );
        }
        Ok(())
    }

    async fn change(
        &self,
        change: impl Fn(&mut AuthorityRecord) -> Result<(), ChangeError>,
    ) -> Result<(), Fault> {
        for _ in 0..5 {
            self.up_to_date().await?;
            let before = self.in_force();
            let mut record = before.record.clone();
            change(&mut record).map_err(refused)?;
            if record == before.record {
                return Ok(());
            }
            // What nobody could load must not be stored.
            InForce::new(record.clone(), before.revision, self.command.as_ref())
                .map_err(|error| Fault::new(Code::InvalidRequest, error.to_string()))?;
            let sealed = sealed::seal(&self.sealer, &record)
                .await
                .map_err(|error| error.to_fault())?;
            let swap = self
                .store
                .compare_and_swap(key(), Expected::At(before.revision), encode(&sealed)?, None)
                .await
                .map_err(store_fault)?;
            if let Swap::Stored(_) = swap {
                return self.up_to_date().await;
            }
        }
        Err(
            Fault::new(Code::Overloaded, "the authority was changed at the same moment")
                .retry_after(Duration::from_secs(1)),
        )
    }
}

fn root_of(record: &AuthorityRecord) -> Result<Root, ChangeError> {
    let key = record.root.key.as_ref().ok_or(ChangeError::NoRootKey)?;
    Ok(Root::from_pem(&record.root.certificate, &key.0)?)
}

fn bounded(overlap: Duration) -> Result<u64, Fault> {
    if overlap > MAX_OVERLAP {
        return Err(Fault::new(
            Code::InvalidRequest,
            format!("the overlap is at most {} days", MAX_OVERLAP.as_secs() / 86_400),
        ));
    }
    Ok(overlap.as_secs())
}

fn refused(error: ChangeError) -> Fault {
    let code = match error {
        ChangeError::UnderWay
        | ChangeError::NotUnderWay
        | ChangeError::NoRootKey
        | ChangeError::External
        | ChangeError::NotRequested => Code::Conflict,
        ChangeError::NoLink(_)
        | ChangeError::Authority(_)
        | ChangeError::Bundle(_)
        | ChangeError::NotPem(_) => Code::InvalidRequest,
    };
    Fault::new(code, error.to_string())
}

fn broken(error: &dyn std::fmt::Display) -> Fault {
    tracing::error!(%error, "the authority cannot be used");
    Fault::new(Code::Internal, "the gateway's authority cannot be used")
}
