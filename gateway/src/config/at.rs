//! Values of a file on their way to a checked one, and errors that say where they stood.

use std::{net::SocketAddr, path::PathBuf};

use super::ConfigError;

/// The file that a value came from, to name it in errors.
pub(super) struct At(pub(super) PathBuf);

impl At {
    pub(super) fn value(&self, key: &'static str, value: &str, remedy: impl ToString) -> ConfigError {
        ConfigError::Value {
            path: self.0.clone(),
            key,
            value: format!("{value:?}"),
            remedy: remedy.to_string(),
        }
    }

    pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        key: &'static str,
        text: &str,
    ) -> Result<T, ConfigError> {
        text.parse().map_err(|e| self.value(key, text, e))
    }

    pub(super) fn socket(
        &self,
        key: &'static str,
        text: Option<&str>,
        default: SocketAddr,
    ) -> Result<SocketAddr, ConfigError> {
        text.map_or(Ok(default), |text| {
            text.parse().map_err(|_| {
                self.value(
                    key,
                    text,
                    "write an IP address and a port, such as \"0.0.0.0:443\" or \"[::]:443\"",
                )
            })
        })
    }

    pub(super) fn within(
        &self,
        key: &'static str,
        value: Option<u64>,
        default: u64,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        let value = value.unwrap_or(default);
        if bounds.contains(&value) {
            return Ok(value);
        }
        let remedy = format!("write a number from {} to {}", bounds.start(), bounds.end());
        Err(ConfigError::Value {
            path: self.0.clone(),
            key,
            value: value.to_string(),
            remedy,
        })
    }

    pub(super) fn count(
        &self,
        key: &'static str,
        value: Option<u64>,
        default: u64,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<usize, ConfigError> {
        let value = self.within(key, value, default, bounds)?;
        usize::try_from(value)
            .map_err(|_| self.value(key, &value.to_string(), "this machine cannot count that far"))
    }
}
