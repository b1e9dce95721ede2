//! quinn's errors in this crate's words.

use crate::{ConnectionError, ReadError, WriteError};

/// TLS alerts travel as QUIC errors from here on (RFC 9001, section 4.8).
const TLS: u64 = 0x100;

pub(crate) fn ended(error: quinn::ConnectionError) -> ConnectionError {
    use quinn::ConnectionError as Quic;
    match error {
        Quic::ApplicationClosed(close) => ConnectionError::Closed {
            code: close.error_code.into_inner(),
            reason: close.reason,
        },
        Quic::ConnectionClosed(close) => {
            let code = u64::from(close.error_code);
            let alert = code.checked_sub(TLS).and_then(|alert| u8::try_from(alert).ok());
            match alert {
                Some(alert) => ConnectionError::Alert(alert),
                None => ConnectionError::ByTransport(close.error_code.to_string()),
            }
        }
        Quic::LocallyClosed => ConnectionError::ClosedHere,
        Quic::TimedOut => ConnectionError::TimedOut,
        Quic::Reset => ConnectionError::Forgotten,
        Quic::VersionMismatch => ConnectionError::Version,
        Quic::CidsExhausted => ConnectionError::Transport("no connection identifiers are left".to_owned()),
        Quic::TransportError(error) => ConnectionError::Transport(error.to_string()),
    }
}

pub(crate) fn unread(error: quinn::ReadError) -> ReadError {
    use quinn::ReadError as Quic;
    match error {
        Quic::Reset(code) => ReadError::Reset(code.into_inner()),
        Quic::ConnectionLost(_) => ReadError::Lost,
        // The last two cannot be: chunks are taken in order, and no 0-RTT is offered.
        Quic::ClosedStream | Quic::IllegalOrderedRead | Quic::ZeroRttRejected => ReadError::Closed,
    }
}

pub(crate) fn unwritten(error: quinn::WriteError) -> WriteError {
    use quinn::WriteError as Quic;
    match error {
        Quic::Stopped(code) => WriteError::Stopped(code.into_inner()),
        Quic::ConnectionLost(_) => WriteError::Lost,
        // The last cannot be: no 0-RTT is offered.
        Quic::ClosedStream | Quic::ZeroRttRejected => WriteError::Closed,
    }
}
