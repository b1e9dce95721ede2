//! Identity for both sides of the tunnel: keys, certificate requests, the authority, SPIFFE identities, verifiers and
//! the TLS configurations made of them.
//!
//! | module | what it is for |
//! |---|---|
//! | [`key`] | ECDSA P-256 keys, made where they are used and never shown |
//! | [`csr`] | a certificate request and the proof that its sender holds the key |
//! | [`authority`] | the installation's own certificate authority |
//! | [`expired`] | a connector whose certificate ran out, and its proof of the key |
//! | [`identity`] | who a certificate speaks for, read from that certificate alone |
//! | [`token`] | the join token, the one secret that is ever handed from person to person |
//! | [`denylist`] | who is revoked before their certificate runs out |
//! | [`renewal`] | when a certificate is renewed |
//! | [`succession`] | which roots a connector takes over from its gateway |
//! | [`verifier`] | what makes a peer acceptable, for each of the two ends |
//! | [`public`] | the API's certificate by a public authority |
//! | [`tls`] | the TLS configurations of the tunnel, the API and the join call |
//!
//! Invariants:
//!
//! - No sockets, files, tasks or logs here. Time is an argument (`now`), save inside a handshake, where rustls asks the
//!   `time_provider` of its configuration. Randomness comes from aws-lc-rs, for keys, serial numbers and join secrets.
//! - One TLS provider: aws-lc-rs ([`tls::provider`]). No process-wide default is installed or consulted.
//! - Whoever is let in is a value that only a check can make ([`identity::CertificateFacts`], [`csr::VerifiedRequest`]);
//!   nothing here answers "may they?" with a `bool`.
//! - Bytes from a peer are bounded before they are parsed, and no input can panic.

pub mod authority;
pub mod csr;
pub mod denylist;
pub mod expired;
#[cfg(test)]
mod forge;
pub mod identity;
pub mod key;
mod pem;
pub mod public;
pub mod renewal;
pub mod succession;
pub mod tls;
pub mod token;
pub mod verifier;
