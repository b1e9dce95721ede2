//! The names of the nodes on one store: each belongs to one state folder.
//!
//! A name stands in certificates, in the audit log and in the map of tunnels; two nodes of the same one would take each
//! other's place. So the store remembers which folder a name was given to, and no other gets it unless it is told to take it
//! over from a node that is gone for good. The embedded store needs none of this: it is held by one process.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::PathBuf};

use proto::id::NodeId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    cluster::record::node_key,
    config::StateFolder,
    store::{Expected, Key, SharedStore, StoreError, Swap},
};

/// Where names are remembered.
const NAMES: &str = "installation/node/";

/// Why a node cannot have its name.
#[derive(Debug, Error)]
pub enum NameError {
    /// Another folder has it.
    #[error(
        "another node of this installation is called `{0}`: give this one a name of its own (`gateway init --node`, `node` in gateway.toml), or, if the other is gone for good, make this one with `gateway init --replace-node`"
    )]
    Taken(NodeId),
    /// A process runs under it.
    #[error("a node called `{0}` is running on this store: stop it first, or choose another name")]
    Live(NodeId),
    /// The folder's id cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a name may be taken from another folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// No.
    Refused,
    /// Yes, if nobody runs under it.
    Wanted,
}

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    /// The id of the state folder.
    folder: String,
}

/// Gives the node's name to this state folder. It may have it already.
///
/// # Errors
/// [`NameError`].
pub async fn claim(
    store: &SharedStore,
    node: &NodeId,
    state: &StateFolder,
    takeover: Takeover,
) -> Result<(), NameError> {
    let folder = folder_id(state)?;
    let key = name_key(node);
    let value = serde_json::to_vec(&Named {
        folder: folder.clone(),
    })
    .map_err(|error| StoreError::Engine(error.to_string().into()))?;
    let mut expected = Expected::Absent;
    // Another one may come in between, once or twice.
    for _ in 0..5 {
        let swap = store.compare_and_swap(key.clone(), expected, value.clone().into(), None);
        let standing = match swap.await? {
            Swap::Stored(_) => return Ok(()),
            Swap::Conflict(Some(standing)) => standing,
            Swap::Conflict(None) => {
                expected = Expected::Absent;
                continue;
            }
        };
        let named: Option<Named> = serde_json::from_slice(&standing.value).ok();
        if named.is_some_and(|named| named.folder == folder) {
            return Ok(());
        }
        if takeover == Takeover::Refused {
            return Err(NameError::Taken(node.clone()));
        }
        if store.get(&node_key(node)).await?.is_some() {
            return Err(NameError::Live(node.clone()));
        }
        expected = Expected::At(standing.revision);
    }
    Err(StoreError::Overloaded.into())
}

/// The id of the state folder; made if it has none.
fn folder_id(state: &StateFolder) -> Result<String, NameError> {
    let path = state.node_id();
    let failed = |source| NameError::File {
        path: path.clone(),
        source,
    };
    match fs::read_to_string(&path) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = hex::encode(rand::random::<[u8; 16]>());
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .map_err(failed)?;
            writeln!(file, "{id}")
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
            Ok(id)
        }
        Err(source) => Err(failed(source)),
    }
}

// Names are at most 64 bytes of an alphabet that is legal in a key.
const KEY: &str = "names make legal keys";

fn name_key(node: &NodeId) -> Key {
    format!("{NAMES}{node}").parse().expect(KEY)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{clock::Clock, store::embedded::EmbeddedStore};

    #[tokio::test]
    async fn a_name_belongs_to_one_folder_until_it_is_taken_over() {
        let folder = tempfile::tempdir().expect("folder");
        let store = EmbeddedStore::open(&folder.path().join("store"), Clock::system()).expect("store");
        let store: SharedStore = Arc::new(store);
        let state = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("a folder");
            StateFolder::new(path)
        };
        let (one, two) = (state("one"), state("two"));
        let node: NodeId = "a".parse().expect("a name");
        claim(&store, &node, &one, Takeover::Refused)
            .await
            .expect("it is free");
        claim(&store, &node, &one, Takeover::Refused)
            .await
            .expect("it is ours");
        let refused = claim(&store, &node, &two, Takeover::Refused).await;
        assert!(matches!(refused, Err(NameError::Taken(_))), "{refused:?}");

        let lease = store
            .grant(std::time::Duration::from_secs(60))
            .await
            .expect("lease");
        store
            .put(node_key(&node), "{}".into(), Some(lease))
            .await
            .expect("put");
        let refused = claim(&store, &node, &two, Takeover::Wanted).await;
        assert!(matches!(refused, Err(NameError::Live(_))), "{refused:?}");
        store.revoke(lease).await.expect("revoke");
        claim(&store, &node, &two, Takeover::Wanted)
            .await
            .expect("it is gone");
        let refused = claim(&store, &node, &one, Takeover::Refused).await;
        assert!(
            matches!(refused, Err(NameError::Taken(_))),
            "the former one: {refused:?}"
        );
    }
}
