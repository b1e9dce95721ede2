//! The last words of a connection: a code and a reason in header fields of `/end`.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proto::error::Code;

use crate::ConnectionError;

const CODE: HeaderName = HeaderName::from_static("tunnel-code");
const REASON: HeaderName = HeaderName::from_static("tunnel-reason");

/// Longest reason in bytes: longer ones are cut, so that the fields stay within the bound of a header list.
const MAX_REASON: usize = 1024;

/// What a side closes with.
#[derive(Debug, Clone)]
pub(super) struct Words {
    code: u32,
    reason: Vec<u8>,
}

impl Words {
    pub(super) fn new(code: u32, reason: &[u8]) -> Self {
        // A field's value has no control characters (RFC 9110, section 5.5).
        let reason = reason.iter().take(MAX_REASON);
        let reason = reason.map(|byte| if byte.is_ascii_control() { b' ' } else { *byte });
        Self {
            code,
            reason: reason.collect(),
        }
    }

    pub(super) fn fields(&self) -> HeaderMap {
        let mut fields = HeaderMap::new();
        fields.insert(CODE, HeaderValue::from(self.code));
        if let Ok(reason) = HeaderValue::from_bytes(&self.reason) {
            fields.insert(REASON, reason);
        }
        fields
    }

    /// The peer's words. Where it says no code, it has broken the protocol.
    pub(super) fn read(fields: &HeaderMap) -> ConnectionError {
        let code = fields
            .get(CODE)
            .and_then(|code| code.to_str().ok()?.parse::<u32>().ok());
        let reason = fields
            .get(REASON)
            .map(|reason| Bytes::copy_from_slice(reason.as_bytes()));
        ConnectionError::Closed {
            code: u64::from(code.unwrap_or(Code::ProtocolViolation as u32)),
            reason: reason.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_arrive_cut_and_without_control_characters() {
        let words = Words::new(7, b"revoked\r\nset-cookie: x");
        let read = Words::read(&words.fields());
        let reason = Bytes::from_static(b"revoked  set-cookie: x");
        assert_eq!(read, ConnectionError::Closed { code: 7, reason });
        let long = Words::read(&Words::new(0, &[b'x'; 5000]).fields());
        assert!(matches!(long, ConnectionError::Closed { code: 0, reason } if reason.len() == MAX_REASON));
    }

    #[test]
    fn an_end_without_a_code_is_a_violation() {
        let ConnectionError::Closed { code, .. } = Words::read(&HeaderMap::new()) else {
            panic!("not closed");
        };
        assert_eq!(code, Code::ProtocolViolation as u64);
    }
}
