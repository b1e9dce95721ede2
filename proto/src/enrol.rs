//! Enrolment: what a connector sends to `POST /v1/enrol` and what it is answered, as JSON.
//!
//! The connector reaches the gateway over TLS pinned to the authority whose digest its join token carries, so both
//! documents travel confidentially. An error is a problem document (RFC 9457) with a code of [`crate::error`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ConnectorId, NodeId, TenantId, TrustDomain};

/// The path on the gateway's API.
pub const PATH: &str = "/v1/enrol";

/// Largest enrolment request in bytes: a certificate request in PEM is under 2 KiB, and nobody has been authenticated
/// when the body is read.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// Largest answer in bytes: a chain of three certificates and a trust bundle of a few, in PEM.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// A connector's wish to be known.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The secret of the join token, as the token's text carries it.
    pub secret: String,
    /// The tenant that the customer expects to join, where the customer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The name that the connector shall have; needed unless the token names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// The certificate request (PKCS #10) in PEM, signed by the connector's new key. Its subject and its extensions
    /// are not looked at: the gateway decides what the certificate says.
    pub csr: String,
    /// The connector's clock, in milliseconds since 1970.
    pub unix_time_ms: u64,
}

// The secret must not reach a log by way of a `{:?}`.
impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolRequest")
            .field("tenant", &self.tenant)
            .field("connector", &self.connector)
            .field("unix_time_ms", &self.unix_time_ms)
            .finish_non_exhaustive()
    }
}

/// The path of [`ReapprovalRequest`] on the gateway's API.
pub const REAPPROVAL_PATH: &str = "/v1/reapprove";

/// The wish of a connector whose certificate ran out to be approved again as who it was. Answered with an
/// [`EnrolResponse`] once it is approved, and until then with the code `approval_pending`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReapprovalRequest {
    /// The expired certificate and its intermediates in PEM, the connector's own first.
    pub certificate_chain: String,
    /// A certificate request (PKCS #10) in PEM for a new key.
    pub csr: String,
    /// The connector's clock, in milliseconds since 1970. It grows from one request to the next.
    pub unix_time_ms: u64,
    /// A signature in hex by the expired certificate's key over all of the above.
    pub proof: String,
}

/// What the connector is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// The customer account.
    pub tenant: TenantId,
    /// The connector's name in it.
    pub connector: ConnectorId,
    /// The installation's trust domain.
    pub trust_domain: TrustDomain,
    /// The certificate and its intermediates in PEM, the connector's own first.
    pub certificate_chain: String,
    /// The roots to trust for the tunnel, in PEM.
    pub trust_bundle: String,
    /// Host and port to dial tunnels to.
    pub tunnel_address: String,
    /// The node that answered.
    pub node: NodeId,
    /// The gateway's clock, in milliseconds since 1970.
    pub unix_time_ms: u64,
}
