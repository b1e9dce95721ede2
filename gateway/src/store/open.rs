//! Which engine keeps the records, as `[store]` of `gateway.toml` says by what stands in it.

use std::{path::PathBuf, sync::Arc};

use serde::Deserialize;
use thiserror::Error;

use super::{
    SharedStore,
    embedded::{self, EmbeddedStore},
    etcd::{self, EtcdStore, TlsFilesError},
    measured::Measured,
};
use crate::{clock::Clock, config::StateFolder, metrics::StoreMetrics};

/// Where records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file of this node, which is alone.
    Embedded(PathBuf),
    /// In an etcd cluster, which several nodes share.
    Etcd(etcd::settings::Settings),
}

/// As written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPlace {
    pub(crate) etcd: Option<etcd::settings::Raw>,
}

/// The store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The embedded one.
    #[error(transparent)]
    Embedded(#[from] embedded::OpenError),
    /// etcd.
    #[error(transparent)]
    Etcd(#[from] TlsFilesError),
}

impl Place {
    pub(crate) fn check(raw: RawPlace, state: &StateFolder) -> Result<Self, etcd::settings::Wrong> {
        match raw.etcd {
            None => Ok(Self::Embedded(state.store())),
            Some(etcd) => etcd::settings::Settings::check(etcd, state.path()).map(Self::Etcd),
        }
    }

    /// Opens the store. etcd is not asked yet.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, clock: &Clock, metrics: &StoreMetrics) -> Result<SharedStore, OpenError> {
        let store: SharedStore = match self {
            Self::Embedded(path) => Arc::new(EmbeddedStore::open(path, clock.clone())?),
            Self::Etcd(settings) => Arc::new(EtcdStore::new(settings, metrics.clone())?),
        };
        Ok(Arc::new(Measured::new(store, metrics.clone())))
    }
}
