//! The customer's switch: `connector pause` and `connector resume`.
//!
//! The switch is a file in the state folder. Nobody but who may write there can set or clear it, least of all the
//! gateway. It is looked at for every query, and while one runs.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, path::PathBuf, time::Duration};

/// Between two looks while a query runs: a pause ends it within about this time.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What has paused a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `pause = true` in its policy.
    Policy,
    /// `connector pause`, for all sources.
    Switch,
}

/// The switch of a connector.
#[derive(Debug, Clone)]
pub struct Switch {
    file: PathBuf,
}

impl Switch {
    /// The switch that is this file.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// The pause, where there is one. A folder that cannot be looked at pauses as well: the switch may be set.
    pub fn pause(&self) -> Option<By> {
        match self.file.try_exists() {
            Ok(false) => None,
            Ok(true) | Err(_) => Some(By::Switch),
        }
    }

    /// Sets it; setting it twice is the same as once.
    pub fn set(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.open(&self.file)?.sync_all()
    }

    /// Clears it, set or not.
    pub fn clear(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_set_and_cleared_any_number_of_times() {
        let folder = tempfile::tempdir().expect("a folder");
        let switch = Switch::new(folder.path().join("paused"));
        assert_eq!(switch.pause(), None);
        for _ in 0..2 {
            switch.set().expect("set");
            assert_eq!(switch.pause(), Some(By::Switch));
        }
        for _ in 0..2 {
            switch.clear().expect("cleared");
            assert_eq!(switch.pause(), None);
        }
    }
}
