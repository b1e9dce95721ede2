//! The small values inside frames: ids, digests, and texts with a bound.

use std::{fmt, time::Duration};

use thiserror::Error;

use super::{FrameError, raw};
use crate::error::{Code, Fault};

/// Longest detail of a fault in bytes, as sent and as accepted: a sentence, with a name or two in it.
pub const MAX_DETAIL_BYTES: usize = 1024;

/// Longest `retry_after` that is believed: beyond a day it says nothing that a caller could act on.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The text is not of its alphabet or length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {what} has 1 to {max} bytes of {alphabet}")]
pub struct TextError {
    what: &'static str,
    max: usize,
    alphabet: &'static str,
}

macro_rules! text {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $alphabet:literal, $legal:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(Box<str>);

        impl $type {
            /// Longest text in bytes.
            pub const MAX_BYTES: usize = $max;

            /// Checks the text.
            ///
            /// # Errors
            /// When it is empty, too long or outside the alphabet.
            pub fn new(text: &str) -> Result<Self, TextError> {
                let legal: fn(char) -> bool = $legal;
                if text.is_empty() || text.len() > $max || !text.chars().all(legal) {
                    return Err(TextError { what: $what, max: $max, alphabet: $alphabet });
                }
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// The version of a program, as it names itself: printable ASCII.
    Version, "version", 64, "printable ASCII", |c| c.is_ascii_graphic() || c == ' '
);
text!(
    /// A warehouse's dialect: `postgres`, `duckdb`. The gateway only shows it.
    DialectName, "dialect", 32, "a-z, 0-9, '-' and '_'",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'
);
text!(
    /// Who asked, for the customer's audit log: a name, not a credential.
    CallerName, "caller's name", 256, "UTF-8 without control characters", |c| !hidden(c)
);

text!(
    /// What a catalogued query answers, in a sentence.
    Purpose, "purpose", 300, "UTF-8 without control characters", |c| !hidden(c)
);

macro_rules! bytes {
    ($(#[$doc:meta])* $type:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(pub [u8; $len]);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}

bytes!(
    /// A SHA-256 digest (FIPS 180-4).
    Digest, 32
);
bytes!(
    /// Names one request in the logs of both sides.
    RequestId, 16
);
bytes!(
    /// Random, new for each start of a connector: tells a restart from a second tunnel.
    InstanceId, 16
);

/// The gateway's number for an exchange, unique on its tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(pub u64);

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Takes exactly `N` bytes.
pub(super) fn fixed<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], FrameError> {
    bytes.try_into().map_err(|_| FrameError::Field(field))
}

/// A name that must parse.
pub(super) fn name<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, FrameError> {
    text.parse().map_err(|_| FrameError::Field(field))
}

/// A fault as it is sent.
pub(super) fn to_refusal(fault: &Fault) -> raw::Refusal {
    raw::Refusal {
        code: fault.code as u32,
        detail: harmless(&fault.detail),
        retry_after_ms: fault.retry_after.map_or(0, milliseconds),
    }
}

/// A fault that was received; its text is made harmless.
pub(super) fn from_refusal(code: u32, detail: &str, retry_after_ms: u64) -> Result<Fault, FrameError> {
    if code == 0 {
        return Err(FrameError::Field("code"));
    }
    let fault = Fault::new(Code::from_wire(u64::from(code)), harmless(detail));
    Ok(match retry_after_ms {
        0 => fault,
        ms => fault.retry_after(Duration::from_millis(ms).min(MAX_RETRY_AFTER)),
    })
}

/// Whole milliseconds, at least one, since zero means absent.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// The text, cut to [`MAX_DETAIL_BYTES`] between two characters, with a space for every character that could forge a
/// line of a log or the look of a message.
fn harmless(text: &str) -> String {
    let mut end = text.len().min(MAX_DETAIL_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    kept.chars().map(|c| if hidden(c) { ' ' } else { c }).collect()
}

/// Whether a character could make a terminal or a log show something else than there is: control characters, line and
/// paragraph separators, and what changes direction or has no look of its own (the format characters and fillers of
/// Unicode 16 that no sentence of ours needs).
pub fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
