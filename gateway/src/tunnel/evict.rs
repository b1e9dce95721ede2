//! Ends the tunnels of connectors that may not have one any more: revoked and removed ones, and those of a tenant that is
//! revoked or deleted. Keeps the list that the handshake refuses by.
//!
//! It follows the store, so that it makes no difference which process revoked them.

use std::{sync::Arc, time::Duration};

use certs::denylist::Denylist;
use proto::error::Code;
use tracing::warn;

use super::{Tunnel, Tunnels, registry::Owner};
use crate::{
    drain::Drain,
    fleet::{Concerned, Fleet},
    store::WatchEvent,
};

/// After a failed watch: long enough to spare a store that is down.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until the gateway stops.
pub async fn run(fleet: Fleet, tunnels: Arc<Tunnels>, denylist: Arc<Denylist>, drain: Drain) {
    loop {
        // Both arms are cancel-safe for this purpose: after a stop nothing is missed that matters.
        tokio::select! {
            () = drain.stopping() => return,
            () = follow(&fleet, &tunnels, &denylist) => {}
        }
        tokio::select! {
            () = drain.stopping() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// Follows the fleet until the watch ends or falls behind. What may have been missed before is made up for first.
async fn follow(fleet: &Fleet, tunnels: &Tunnels, denylist: &Denylist) {
    let begun = async {
        let watches = (fleet.watch_connectors().await?, fleet.watch_tenants().await?);
        Ok::<_, proto::error::Fault>((watches, fleet.denying().await?))
    };
    let ((mut connectors, mut tenants), mut denying) = match begun.await {
        Ok(begun) => begun,
        Err(fault) => return warn!(code = %fault.code, "the list of connectors cannot be followed"),
    };
    denylist.replace(denying.snapshot());
    for tunnel in tunnels.all() {
        if !evict_unless_standing(fleet, &tunnel).await {
            return;
        }
    }
    loop {
        // Both arms are cancel-safe.
        let event = tokio::select! {
            event = connectors.next() => event,
            event = tenants.next() => event,
        };
        let Some(event) = event.filter(|event| *event != WatchEvent::Lagged) else {
            return;
        };
        let Some(concerned) = denying.apply(&event) else {
            continue;
        };
        // The door first: whoever is thrown out comes back at once.
        denylist.replace(denying.snapshot());
        let standing = match concerned {
            Concerned::Connector(tenant, connector) => tunnels.all_of(&Owner { tenant, connector }),
            Concerned::Tenant(tenant) => tunnels.all_of_tenant(&tenant),
        };
        for tunnel in standing {
            // All of them are looked at again once the store answers.
            if !evict_unless_standing(fleet, &tunnel).await {
                return;
            }
        }
    }
}

/// Says whether it could be found out.
async fn evict_unless_standing(fleet: &Fleet, tunnel: &Tunnel) -> bool {
    if let Err(fault) = fleet.standing(tunnel.certificate()).await {
        match fault.code {
            Code::Revoked | Code::UnknownTenant | Code::Forbidden => tunnel.close(&fault),
            // The store's trouble is no reason to end what works.
            code => {
                warn!(%code, "whether a connector may keep its tunnel cannot be found out");
                return false;
            }
        }
    }
    true
}
