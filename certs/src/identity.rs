//! Who a certificate speaks for: the SPIFFE ID in the URI SAN of that one certificate, and nothing else in the chain.
//!
//! A certificate is accepted as somebody's only in the exact form that [`crate::authority`] issues. Refused are: no or
//! two SAN extensions, no or two URIs, any second kind of name on a connector, an authority's certificate, usages that
//! do not fit the kind of identity, an extension that stands twice, bytes behind the end. A name in the subject is never
//! read. The rules are those of the X.509-SVID specification (sections 2, 4 and 5), where it leaves a choice the narrow one.
//!
//! A gateway node's certificate carries DNS and IP names beside its URI, because the same certificate serves the HTTPS
//! API, whose clients check the host's name. They have no part in the identity. A connector serves nobody and has none.
//!
//! This module says nothing about trust: the verifiers do, and they call [`facts_of`] on the very certificate whose
//! path they validated. After a handshake, callers use [`facts_of_peer`].

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use proto::id::{Identity, TrustDomain};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::OID_X509_COMMON_NAME,
    prelude::FromDer as _,
    x509::X509Version,
};

/// Longest certificate in bytes that is parsed for an identity. Ours have under 1 KiB.
pub const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// Longest SPIFFE ID in bytes (SPIFFE-ID specification, section 2.3).
pub const MAX_URI_BYTES: usize = 2048;

/// Most extensions in a certificate: ours have six. Bounds the search for duplicates.
pub const MAX_EXTENSIONS: usize = 24;

/// Most names beside the URI in a gateway node's certificate.
pub const MAX_API_NAMES: usize = 32;

/// Why a certificate gives no identity. Each is the fault of whoever made the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// Longer than [`MAX_CERTIFICATE_BYTES`].
    #[error("the certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")]
    TooLong,
    /// Not one X.509 version 3 certificate in DER, or one of its extensions cannot be parsed.
    #[error("the certificate cannot be parsed")]
    Malformed,
    /// More than [`MAX_EXTENSIONS`] extensions, or more than [`MAX_API_NAMES`] names.
    #[error("the certificate has too many extensions or names")]
    TooMany,
    /// An extension stands twice (RFC 5280, section 4.2, forbids it; readers differ in which one they take).
    #[error("an extension of the certificate stands twice")]
    DuplicateExtension,
    /// An extension is critical and not one that is checked here.
    #[error("the certificate has a critical extension that is not known")]
    UnknownCriticalExtension,
    /// It may sign certificates: an authority's, not an end entity's.
    #[error("the certificate is one of an authority")]
    CertificateAuthority,
    /// No subject alternative name.
    #[error("the certificate has no subject alternative name")]
    NoName,
    /// No URI among the names.
    #[error("the certificate has no URI name")]
    NoUri,
    /// More than one URI.
    #[error("the certificate has more than one URI name")]
    SeveralUris,
    /// A name of a kind that has no place beside this identity.
    #[error("the certificate has a name beside its identity that may not be there")]
    ForeignName,
    /// The URI is longer than [`MAX_URI_BYTES`] or not of one of the two exact forms.
    #[error("the URI name of the certificate is not an identity of this product")]
    NotAnIdentity,
    /// The key usage is missing, lacks digitalSignature, or allows to sign certificates.
    #[error("the key usage of the certificate does not fit an end entity")]
    KeyUsage,
    /// The extended key usage is not exactly clientAuth (connector) or serverAuth and clientAuth (node).
    #[error("the extended key usage of the certificate does not fit its identity")]
    ExtendedKeyUsage,
}

/// What is known of an end-entity certificate whose form was checked. Says nothing about trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Who it speaks for.
    pub identity: Identity,
    /// First second of validity.
    pub not_before: SystemTime,
    /// Last second of validity.
    pub not_after: SystemTime,
    /// The number that its authority gave it.
    pub serial: Serial,
    /// SHA-256 of the whole certificate.
    pub fingerprint: Fingerprint,
}

/// Serial number of a certificate: the content bytes of the ASN.1 integer. As text in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(Box<[u8]>);

/// SHA-256 of a certificate's DER. As text in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The text is not the hexadecimal form of a serial number or of a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a {0} in hexadecimal")]
pub struct HexError(&'static str);

/// Reads the identity of a leaf certificate in DER. Never panics, whatever the bytes.
pub fn identity_of(leaf: &[u8]) -> Result<Identity, IdentityError> {
    Ok(facts_of(leaf)?.identity)
}

/// The facts of a peer that passed a handshake, from the first certificate of what it presented.
pub fn facts_of_peer(presented: &[CertificateDer<'_>]) -> Result<CertificateFacts, IdentityError> {
    facts_of(presented.first().ok_or(IdentityError::Malformed)?)
}

/// Reads what there is to know of a leaf certificate in DER. Never panics, whatever the bytes.
pub fn facts_of(leaf: &[u8]) -> Result<CertificateFacts, IdentityError> {
    let certificate = parse(leaf)?;
    let extensions = Extensions::of(&certificate)?;
    if extensions.is_ca {
        return Err(IdentityError::CertificateAuthority);
    }
    let identity = extensions.identity()?;
    extensions.check_usage(&identity)?;
    let validity = certificate.validity();
    Ok(CertificateFacts {
        identity,
        not_before: time_of(validity.not_before.timestamp())?,
        not_after: time_of(validity.not_after.timestamp())?,
        serial: Serial(certificate.raw_serial().into()),
        fingerprint: Fingerprint::of(leaf),
    })
}

/// The trust domain that a root certificate is for, and the end of its validity: an authority with the URI
/// `spiffe://<trust domain>` without a path (X.509-SVID specification, section 4.1).
pub(crate) fn root_facts(root: &[u8]) -> Result<(TrustDomain, SystemTime), IdentityError> {
    let certificate = parse(root)?;
    let extensions = Extensions::of(&certificate)?;
    let signs = extensions.usage.is_some_and(|usage| usage.key_cert_sign());
    if !extensions.is_ca || !signs {
        return Err(IdentityError::KeyUsage);
    }
    let domain = match extensions.names.as_slice() {
        [Name::Uri(uri)] => uri
            .strip_prefix("spiffe://")
            .ok_or(IdentityError::NotAnIdentity)?,
        [] => return Err(IdentityError::NoName),
        _ => return Err(IdentityError::ForeignName),
    };
    let not_after = time_of(certificate.validity().not_after.timestamp())?;
    Ok((
        domain.parse().map_err(|_| IdentityError::NotAnIdentity)?,
        not_after,
    ))
}

/// The end of validity of a certificate that may sign others.
pub(crate) fn authority_end(certificate: &[u8]) -> Result<SystemTime, IdentityError> {
    let certificate = parse(certificate)?;
    let extensions = Extensions::of(&certificate)?;
    let signs = extensions.usage.is_none_or(|usage| usage.key_cert_sign());
    if !extensions.is_ca || !signs {
        return Err(IdentityError::KeyUsage);
    }
    time_of(certificate.validity().not_after.timestamp())
}

/// The issuer's name in a certificate, in DER.
pub(crate) fn issuer_name(certificate: &[u8]) -> Option<&[u8]> {
    Some(parse(certificate).ok()?.tbs_certificate.issuer.as_raw())
}

/// Who issued a certificate in DER, in its own words, for a message to people. Nothing is verified.
pub fn issuer_text(certificate: &[u8]) -> Option<String> {
    let text = parse(certificate).ok()?.issuer().to_string();
    // Enough for any name that is meant to be read.
    Some(text.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// The subject's name in a certificate, in DER.
pub(crate) fn subject_name(certificate: &[u8]) -> Option<&[u8]> {
    Some(parse(certificate).ok()?.tbs_certificate.subject.as_raw())
}

/// The common name of a certificate whose subject is nothing else.
pub(crate) fn common_name(certificate: &[u8]) -> Option<String> {
    let certificate = parse(certificate).ok()?;
    let mut parts = certificate.subject().iter_attributes();
    let name = parts.next()?;
    let only = parts.next().is_none() && *name.attr_type() == OID_X509_COMMON_NAME;
    Some(name.as_str().ok()?.to_owned()).filter(|_| only)
}

pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, IdentityError> {
    if der.len() > MAX_CERTIFICATE_BYTES {
        return Err(IdentityError::TooLong);
    }
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| IdentityError::Malformed)?;
    if !rest.is_empty() || certificate.version() != X509Version::V3 {
        return Err(IdentityError::Malformed);
    }
    Ok(certificate)
}

enum Name<'a> {
    Uri(&'a str),
    Api,
    Other,
}

/// The extensions that bear on identity, each known to occur at most once.
struct Extensions<'a> {
    is_ca: bool,
    usage: Option<&'a x509_parser::extensions::KeyUsage>,
    extended: Option<&'a x509_parser::extensions::ExtendedKeyUsage<'a>>,
    names: Vec<Name<'a>>,
    has_names: bool,
}

impl<'a> Extensions<'a> {
    fn of(certificate: &'a X509Certificate<'_>) -> Result<Self, IdentityError> {
        let all = certificate.extensions();
        if all.len() > MAX_EXTENSIONS {
            return Err(IdentityError::TooMany);
        }
        let mut found = Self {
            is_ca: false,
            usage: None,
            extended: None,
            names: Vec::new(),
            has_names: false,
        };
        for (at, extension) in all.iter().enumerate() {
            if all.iter().take(at).any(|earlier| earlier.oid == extension.oid) {
                return Err(IdentityError::DuplicateExtension);
            }
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => found.is_ca = constraints.ca,
                ParsedExtension::KeyUsage(usage) => found.usage = Some(usage),
                ParsedExtension::ExtendedKeyUsage(usage) => found.extended = Some(usage),
                ParsedExtension::SubjectAlternativeName(names) => {
                    if names.general_names.len() > MAX_API_NAMES + 1 {
                        return Err(IdentityError::TooMany);
                    }
                    found.has_names = true;
                    found.names = names.general_names.iter().map(Name::of).collect();
                }
                ParsedExtension::AuthorityKeyIdentifier(_) | ParsedExtension::SubjectKeyIdentifier(_) => {}
                ParsedExtension::ParseError { .. } => return Err(IdentityError::Malformed),
                _ if extension.critical => return Err(IdentityError::UnknownCriticalExtension),
                _ => {}
            }
        }
        Ok(found)
    }

    fn identity(&self) -> Result<Identity, IdentityError> {
        if !self.has_names {
            return Err(IdentityError::NoName);
        }
        let mut uris = self.names.iter().filter_map(|name| match name {
            Name::Uri(uri) => Some(*uri),
            _ => None,
        });
        let uri = uris.next().ok_or(IdentityError::NoUri)?;
        if uris.next().is_some() {
            return Err(IdentityError::SeveralUris);
        }
        if uri.len() > MAX_URI_BYTES {
            return Err(IdentityError::NotAnIdentity);
        }
        let identity: Identity = uri.parse().map_err(|_| IdentityError::NotAnIdentity)?;
        let fits = |name: &Name<'_>| match (name, &identity) {
            (Name::Uri(_), _) | (Name::Api, Identity::Node { .. }) => Ok(()),
            (Name::Api, Identity::Connector { .. }) | (Name::Other, _) => Err(IdentityError::ForeignName),
        };
        self.names.iter().try_for_each(fits)?;
        Ok(identity)
    }

    fn check_usage(&self, identity: &Identity) -> Result<(), IdentityError> {
        let usage = self.usage.ok_or(IdentityError::KeyUsage)?;
        if !usage.digital_signature() || usage.key_cert_sign() || usage.crl_sign() {
            return Err(IdentityError::KeyUsage);
        }
        let extended = self.extended.ok_or(IdentityError::ExtendedKeyUsage)?;
        let serves = matches!(identity, Identity::Node { .. });
        let only = !extended.any
            && !extended.code_signing
            && !extended.email_protection
            && !extended.time_stamping
            && !extended.ocsp_signing
            && extended.other.is_empty();
        if !only || !extended.client_auth || extended.server_auth != serves {
            return Err(IdentityError::ExtendedKeyUsage);
        }
        Ok(())
    }
}

impl<'a> Name<'a> {
    fn of(name: &GeneralName<'a>) -> Self {
        match name {
            GeneralName::URI(uri) => Self::Uri(uri),
            GeneralName::DNSName(_) | GeneralName::IPAddress(_) => Self::Api,
            _ => Self::Other,
        }
    }
}

fn time_of(timestamp: i64) -> Result<SystemTime, IdentityError> {
    let seconds = Duration::from_secs(timestamp.unsigned_abs());
    let time = if timestamp < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    };
    time.ok_or(IdentityError::Malformed)
}

impl Serial {
    /// The content bytes of the integer, most significant first.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl std::str::FromStr for Serial {
    type Err = HexError;

    /// At most 20 bytes (RFC 5280, section 4.1.2.2).
    fn from_str(text: &str) -> Result<Self, HexError> {
        let bytes = hex::decode(text)
            .ok()
            .filter(|bytes| (1..=20).contains(&bytes.len()));
        Ok(Self(bytes.ok_or(HexError("serial number"))?.into()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| HexError("fingerprint"))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests;
