//! Clients of the places that keep secrets for others.
//!
//! The gateway has its data keys wrapped by [`aws`] KMS or by [`vault`]'s transit engine; the connector reads the warehouse's
//! password from AWS Secrets Manager or from Vault. Both sides share these clients, and nothing else here.
//!
//! Small on purpose: one request at a time over [`http`], bounded in time and size, no redirect followed. Signatures are
//! those of the `aws-sigv4` crate; the rest of the AWS SDK, which would double the build, stays out.
//!
//! Secrets are zeroed when they are dropped, and no `Debug` shows one. What the TLS and HTTP libraries hold of a body while
//! it passes through them is beyond that.

pub mod aws;
pub mod http;
pub mod vault;
