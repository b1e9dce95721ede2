//! Ends the tunnels of connectors that may not have one any more: removed ones, and those of a deleted tenant.
//!
//! It follows the store, so that it makes no difference which process removed them.

use std::{sync::Arc, time::Duration};

use proto::error::Code;
use tracing::warn;

use super::{Tunnel, Tunnels, registry::Owner};
use crate::{drain::Drain, fleet::Fleet, store::WatchEvent};

/// After a failed watch: long enough to spare a store that is down.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until the gateway stops.
pub async fn run(fleet: Fleet, tunnels: Arc<Tunnels>, drain: Drain) {
    loop {
        // Both arms are cancel-safe for this purpose: after a stop nothing is missed that matters.
        tokio::select! {
            () = drain.stopping() => return,
            () = follow(&fleet, &tunnels) => {}
        }
        tokio::select! {
            () = drain.stopping() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// Follows the fleet until the watch ends or falls behind. What may have been missed before is made up for first.
async fn follow(fleet: &Fleet, tunnels: &Tunnels) {
    let mut watch = match fleet.watch_connectors().await {
        Ok(watch) => watch,
        Err(fault) => return warn!(code = %fault.code, "the list of connectors cannot be followed"),
    };
    for live in tunnels.list(None) {
        evict_unless_admitted(fleet, &live.tunnel).await;
    }
    while let Some(event) = watch.next().await {
        let key = match event {
            // A connector that enrolled again: whoever holds the old certificate has no place any more.
            WatchEvent::Put(entry) => entry.key,
            WatchEvent::Deleted { key, .. } => key,
            WatchEvent::Lagged => return,
        };
        if let Some((tenant, connector)) = Fleet::connector_of(&key)
            && let Some(tunnel) = tunnels.of_connector(&Owner { tenant, connector })
        {
            evict_unless_admitted(fleet, &tunnel).await;
        }
    }
}

async fn evict_unless_admitted(fleet: &Fleet, tunnel: &Tunnel) {
    if let Err(fault) = fleet.admit(tunnel.certificate()).await {
        match fault.code {
            Code::Revoked | Code::UnknownTenant | Code::Forbidden => tunnel.close(&fault),
            // The store's trouble is no reason to end what works.
            code => warn!(%code, "whether a connector may keep its tunnel cannot be found out"),
        }
    }
}
