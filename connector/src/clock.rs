//! The host's calendar, as a value that is passed around, so that everything that compares times can be tested.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The host's clock; a clock before 1970 reads as 1970.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// How far another clock is ahead of this one, in milliseconds; negative where it is behind.
    pub fn behind(self, other: UnixMillis) -> i64 {
        let clamp = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        clamp(other.0) - clamp(self.0)
    }
}

impl From<SystemTime> for UnixMillis {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_has_a_sign_and_does_not_overflow() {
        assert_eq!(UnixMillis(1000).behind(UnixMillis(1500)), 500);
        assert_eq!(UnixMillis(1500).behind(UnixMillis(1000)), -500);
        assert_eq!(UnixMillis(0).behind(UnixMillis(u64::MAX)), i64::MAX);
        assert_eq!(UnixMillis::from(UNIX_EPOCH), UnixMillis(0));
    }
}
