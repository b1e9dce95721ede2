//! Writing PEM (RFC 7468). Reading it is rustls-pki-types' work.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

/// Characters on one line (RFC 7468, section 2).
const LINE: usize = 64;

/// One section. In zeroizing memory, since it may be a key's.
pub(crate) fn section(label: &str, der: &[u8]) -> Zeroizing<String> {
    // Room for everything from the start: a string that grows leaves copies of a secret behind it.
    let mut body = Zeroizing::new(String::with_capacity(der.len().div_ceil(3) * 4));
    STANDARD.encode_string(der, &mut body);
    let mut pem = Zeroizing::new(String::with_capacity(
        body.len() + body.len() / LINE + 2 * label.len() + 64,
    ));
    pem.push_str("-----BEGIN ");
    pem.push_str(label);
    pem.push_str("-----\n");
    for (at, character) in body.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// Certificates one after another.
pub(crate) fn certificates(chain: &[CertificateDer<'_>]) -> String {
    chain
        .iter()
        .map(|certificate| section("CERTIFICATE", certificate).to_string())
        .collect()
}
