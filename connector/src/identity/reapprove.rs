//! Coming back after the certificate ran out, or was issued by a clock that was ahead: the identity and a proof of its key,
//! over HTTPS.
//!
//! The gateway answers with a certificate once an operator, or the tenant's own rule, has approved it; until then with
//! `approval_pending`. It also compares the clocks, and says by how many seconds they differ: where a certificate is refused
//! for its dates the fault may be a clock's, so the keeper of the tunnel asks here then, too.
//!
//! The call does not look at the dates of the gateway's certificate, for the same reason. It needs not: what is sent is no
//! secret, and what comes back is used only if our authority signed it for our new key.

use std::sync::Arc;

use certs::{csr, expired, key::PrivateKey, tls};
use proto::{
    enrol::{REAPPROVAL_PATH, ReapprovalRequest},
    error::{Code, Fault},
};

use super::{
    Identity,
    join::{JoinError, post},
};
use crate::{clock::UnixMillis, proxy::Proxies};

/// Asks once. On success the new certificate is stored and in use.
pub async fn ask(identity: &Identity, proxies: &Proxies) -> Result<(), JoinError> {
    let Some(api) = &identity.api_address else {
        return Err(JoinError::Answer(
            "this identity does not say where the gateway's API is; join again".to_owned(),
        ));
    };
    let (old, chain) = super::stored(&identity.folder)?;
    let key = PrivateKey::generate()?;
    let csr = csr::request(&key)?;
    let unix_time_ms = UnixMillis::now().0;
    let request = ReapprovalRequest {
        proof: hex::encode(expired::prove(&old, &chain, &csr, unix_time_ms)?),
        certificate_chain: chain,
        csr,
        unix_time_ms,
    };
    let config = tls::reapproval_client_config(Arc::clone(&identity.trust))?;
    let response = post(proxies, api, config, REAPPROVAL_PATH, &request).await?;
    let credential = identity
        .accept(key, response.certificate_chain)
        .map_err(|error| JoinError::Answer(error.to_string()))?;
    identity.credential.replace(credential);
    identity.renewed.send_replace(());
    Ok(())
}

/// What the gateway said, where it said something.
pub fn refusal(error: &JoinError) -> Option<&Fault> {
    match error {
        JoinError::Refused { fault, .. } => Some(fault),
        _ => None,
    }
}

/// How far the gateway's clock is ahead of this host's, in seconds, where it refused for that.
pub fn skew(error: &JoinError) -> Option<i64> {
    match error {
        JoinError::Refused { fault, skew_ms } if fault.code == Code::ClockSkew => skew_ms.map(|ms| ms / 1000),
        _ => None,
    }
}
