//! The stable error codes: one list for the API, the wire and the command line.
//!
//! A code never changes its meaning. Each has one HTTP status, one reset code on the wire, one sentence that says what
//! to do next, and says whether the same request may succeed if it is sent again.

use std::{borrow::Cow, fmt, time::Duration};

use thiserror::Error;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $status:literal, $retryable:literal, $next:literal;)*) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Code {
            $($(#[$doc])* $variant = $number,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The name in problem documents, logs and metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The HTTP status (RFC 9110).
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// Whether the same request may succeed later without a change by anybody.
            pub const fn retryable(self) -> bool {
                match self { $(Code::$variant => $retryable,)* }
            }

            /// What the caller should do next.
            pub const fn next_step(self) -> &'static str {
                match self { $(Code::$variant => $next,)* }
            }

            /// The code with this number on the wire; an unknown number is [`Code::Internal`].
            pub const fn from_wire(number: u64) -> Code {
                match number { $($number => Code::$variant,)* _ => Code::Internal }
            }
        }
    };
}

codes! {
    /// No credential, or one that is not valid.
    Unauthenticated = 1, "unauthenticated", 401, false, "Send a valid API token as `Authorization: Bearer <token>`, or sign in with `gateway login`.";
    /// A valid credential without the right that this needs.
    Forbidden = 2, "forbidden", 403, false, "Ask an administrator for a token with the scope, or for the role, that the detail names.";
    /// The tenant does not exist, or the caller may not know that it does.
    UnknownTenant = 3, "unknown_tenant", 404, false, "Check the tenant's name with `gateway tenant list`.";
    /// No catalogued query has this name or fingerprint on this side.
    UnknownQuery = 4, "unknown_query", 404, false, "List the names with `gateway catalogue list`; both sides must hold the same catalogue.";
    /// A parameter is missing, unknown, of the wrong type or out of range.
    InvalidParameter = 5, "invalid_parameter", 400, false, "Correct the parameter that the detail names; `gateway catalogue show <query>` lists them.";
    /// The SQL text is not in the accepted subset.
    InvalidSql = 6, "invalid_sql", 400, false, "Rewrite the construct that the detail names; docs/sql.md lists what is accepted.";
    /// The gateway's allowlist does not admit the query.
    RefusedByGateway = 7, "refused_by_gateway", 403, false, "Use a catalogued query, or ask the operator to extend the allowlist.";
    /// The customer's policy does not admit the query.
    RefusedByPolicy = 8, "refused_by_policy", 403, false, "Ask the customer to change the setting that the detail names; nobody else can.";
    /// No live tunnel serves the source.
    SourceOffline = 9, "source_offline", 503, true, "Retry later; the customer can run `connector doctor` on the connector's host.";
    /// A bound on work in progress was reached.
    Overloaded = 10, "overloaded", 503, true, "Retry after the time in Retry-After.";
    /// Too many requests in a period.
    RateLimited = 11, "rate_limited", 429, true, "Retry after the time in Retry-After.";
    /// A bound on rows, bytes or size was reached; nothing was cut silently.
    LimitExceeded = 12, "limit_exceeded", 422, false, "Ask for less: a later cursor, a smaller limit or fewer columns.";
    /// The deadline passed.
    DeadlineExceeded = 13, "deadline_exceeded", 504, true, "Ask for less or allow more time, up to the limit that the detail names.";
    /// The warehouse refused or failed the statement.
    WarehouseError = 14, "warehouse_error", 502, false, "Look up the SQLSTATE in the detail; the customer's connector log has the rest.";
    /// The tunnel went away while the query ran.
    TunnelLost = 15, "tunnel_lost", 502, true, "Retry; queries are reads, so asking twice is harmless.";
    /// A fault on our side.
    Internal = 16, "internal", 500, false, "Report it with the request id; the logs of both sides carry the same id.";
    /// The request is not well-formed HTTP or JSON for this API.
    InvalidRequest = 17, "invalid_request", 400, false, "Correct the request as the detail says.";
    /// The resource that the path names does not exist.
    NotFound = 18, "not_found", 404, false, "Check the path and the name.";
    /// Something with this name exists already, or changed in between.
    Conflict = 19, "conflict", 409, false, "Choose another name, or read the current state and try again.";
    /// The join token is not one that this gateway issued.
    TokenUnknown = 20, "token_unknown", 401, false, "Copy the whole token again, or create a new one with `gateway token create`.";
    /// The join token's time has passed.
    TokenExpired = 21, "token_expired", 401, false, "Create a new one with `gateway token create`; a token lives for an hour unless told otherwise.";
    /// The join token was used before.
    TokenUsed = 22, "token_used", 401, false, "Create a new one; if nobody on your side used it, revoke the connector that did.";
    /// The join token belongs to another tenant or names another connector.
    TokenMismatch = 23, "token_mismatch", 403, false, "Use a token that was created for this tenant and connector.";
    /// The certificate request cannot be accepted.
    InvalidCsr = 24, "invalid_csr", 400, false, "Run `connector join` of a current version; it makes the request itself.";
    /// The clocks of the two sides are too far apart.
    ClockSkew = 25, "clock_skew", 400, true, "Set the clock of the host that the detail names, for instance with NTP.";
    /// No protocol version is spoken by both sides.
    UnsupportedVersion = 26, "unsupported_version", 400, false, "Update the older side.";
    /// The identity was revoked.
    Revoked = 27, "revoked", 403, false, "Enrol again with a new join token, if the service's operator agrees.";
    /// The peer broke the protocol.
    ProtocolViolation = 28, "protocol_violation", 502, false, "Report it with the logs of both sides; one of them has a defect or is hostile.";
    /// The caller went away or cancelled.
    Cancelled = 29, "cancelled", 499, true, "Nothing; the query was stopped because its caller left.";
    /// The record that must precede a query could not be written.
    AuditUnavailable = 30, "audit_unavailable", 503, true, "Free space or repair the audit log on the side that the detail names; no query runs without it.";
    /// None of the media types that the request accepts is one that this resource has.
    NotAcceptable = 31, "not_acceptable", 406, false, "Send `Accept` with one of the media types that the detail lists.";
    /// The connector's certificate ran out.
    CertificateExpired = 40, "certificate_expired", 403, false, "The connector asks to be approved again by itself; approve it with `gateway connector approve`.";
    /// The connector asked to be approved again, and nobody has decided yet.
    ApprovalPending = 41, "approval_pending", 403, true, "Approve the connector with `gateway connector approve`; it asks again by itself.";
    /// The identity provider's keys could not be fetched, so that nobody who signs in can be known.
    IdentityProviderUnavailable = 45, "identity_provider_unavailable", 503, true, "Retry later, or use an API token; the gateway's log says why the provider cannot be reached.";
    /// The store of the gateway's nodes does not answer, so that nothing can be changed and nobody new be let in.
    StoreUnavailable = 46, "store_unavailable", 503, true, "Retry after the time in Retry-After; tunnels and queries go on meanwhile. The gateway's log says why its store cannot be reached.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal or failure that may be shown to a caller.
///
/// `detail` is written by this project: it never holds a row, a literal of a query, a parameter's value, or text of a
/// database server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{code}: {detail}")]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// One sentence on this occurrence.
    pub detail: Cow<'static, str>,
    /// When to try again, where that is known.
    pub retry_after: Option<Duration>,
    /// Where in the caller's text, where it is about one. It does not cross the tunnel.
    pub place: Option<Place>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From one.
    pub line: u32,
    /// In characters, from one.
    pub column: u32,
}

impl Fault {
    /// A fault without a time to retry at.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after: None,
            place: None,
        }
    }

    /// The same fault, telling where in the caller's text.
    pub fn at(mut self, line: u32, column: u32) -> Self {
        self.place = Some(Place { line, column });
        self
    }

    /// The same fault, telling when to try again.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_number() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::from_wire(*code as u64), *code);
            assert!(code.next_step().ends_with('.'));
        }
        assert_eq!(Code::from_wire(u64::MAX), Code::Internal);
    }
}
