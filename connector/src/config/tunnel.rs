//! `[tunnel]`: how the gateway is reached. Where it is, enrolment has stored with the identity.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use proto::limits::MAX_TUNNELS;
use serde::Deserialize;

use super::{
    ConfigError, Congestion,
    secret::{self, SecretPlace, Wrong},
};
use crate::proxy::{Proxies, Proxy};

/// From a tunnel over HTTP/2 to the first look whether QUIC works again; the looks grow rarer from there. A network that
/// lets no UDP through seldom changes its mind, and each look costs it three packets.
const PROBE: Duration = Duration::from_secs(60);

/// The loss of a node, and a node's restart, are not noticed by who asks.
const TUNNELS: u8 = 2;

/// Longest time to that look.
const LONGEST_PROBE: u64 = 3600;

/// What carries tunnels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// QUIC, and HTTP/2 where UDP does not get through.
    #[default]
    Auto,
    /// QUIC alone.
    Quic,
    /// HTTP/2 alone.
    Http2,
}

/// How the gateway is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// Tunnels, each to another node, where the gateway has as many: 1 to [`MAX_TUNNELS`].
    pub tunnels: u8,
    /// QUIC's congestion control.
    pub congestion: Congestion,
    /// What carries it.
    pub transport: Transport,
    /// The proxy on the way of what goes over TCP.
    pub proxies: Proxies,
    /// From a tunnel over HTTP/2 to the first look whether QUIC works again.
    pub probe: Duration,
}

impl Tunnel {
    /// What holds where nothing is set: with the environment's proxy.
    ///
    /// # Errors
    /// [`ConfigError`] where that is none.
    pub fn unset() -> Result<Self, ConfigError> {
        RawTunnel::default().check(Path::new("connector.toml"))
    }

    /// What holds where nothing is set and nobody is asked.
    pub fn without_proxy() -> Self {
        Self {
            tunnels: TUNNELS,
            congestion: Congestion::default(),
            transport: Transport::default(),
            proxies: Proxies::default(),
            probe: PROBE,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTunnel {
    tunnels: Option<u8>,
    congestion: Congestion,
    transport: Transport,
    probe_seconds: Option<u64>,
    proxy: Option<String>,
    proxy_user: Option<String>,
    proxy_password_file: Option<PathBuf>,
    proxy_password_env: Option<String>,
    proxy_password_credential: Option<String>,
    proxy_password_aws: Option<secret::RawAws>,
    proxy_password_vault: Option<secret::RawVault>,
}

impl RawTunnel {
    pub(super) fn check(self, path: &Path) -> Result<Tunnel, ConfigError> {
        let refuse = |key, value: &str, remedy: &str| ConfigError::Value {
            path: path.to_owned(),
            key,
            value: value.to_owned(),
            remedy: remedy.to_owned(),
        };
        let probe = match self.probe_seconds {
            None => PROBE,
            Some(seconds @ 1..=LONGEST_PROBE) => Duration::from_secs(seconds),
            Some(other) => {
                let remedy = format!("write 1 to {LONGEST_PROBE} seconds");
                return Err(refuse("tunnel.probe_seconds", &other.to_string(), &remedy));
            }
        };
        let tunnels = self.tunnels.unwrap_or(TUNNELS);
        if !(1..=MAX_TUNNELS).contains(&tunnels) {
            let remedy = format!("write a number from 1 to {MAX_TUNNELS}");
            return Err(refuse("tunnel.tunnels", &tunnels.to_string(), &remedy));
        }
        let (congestion, transport) = (self.congestion, self.transport);
        let proxies = self.proxies(path.parent().unwrap_or(Path::new(".")), refuse)?;
        Ok(Tunnel {
            tunnels,
            congestion,
            transport,
            proxies,
            probe,
        })
    }

    fn proxies(
        mut self,
        base: &Path,
        refuse: impl Fn(&'static str, &str, &str) -> ConfigError,
    ) -> Result<Proxies, ConfigError> {
        let password = self.password(base, &refuse)?;
        let Some(text) = self.proxy else {
            if password.is_some() || self.proxy_user.is_some() {
                return Err(refuse(
                    "tunnel.proxy",
                    "",
                    "name the proxy that user and password are for",
                ));
            }
            let environment = Proxies::environment(|name| std::env::var(name).ok());
            return environment.map_err(|error| refuse("tunnel.proxy", "", &error.to_string()));
        };
        if text == "off" {
            return Ok(Proxies::default());
        }
        // What stands there is not shown: somebody may have put a password in.
        let proxy = Proxy::parse(&text).map_err(|error| refuse("tunnel.proxy", "…", error.remedy()))?;
        if proxy.password().is_some() {
            let remedy = "no secret belongs in this file; write `proxy_user`, and the password's place as `proxy_password_file` or another";
            return Err(refuse("tunnel.proxy", "…", remedy));
        }
        let proxy = proxy.with_user(self.proxy_user);
        Ok(Proxies::settings(proxy, password))
    }

    /// The one place of the password that is named, if any.
    fn password(
        &mut self,
        base: &Path,
        refuse: impl Fn(&'static str, &str, &str) -> ConfigError,
    ) -> Result<Option<SecretPlace>, ConfigError> {
        let checked = |key, found: Result<SecretPlace, Wrong>| {
            found.map_err(|(value, remedy)| refuse(key, &value, remedy))
        };
        let mut named = Vec::new();
        if let Some(file) = self.proxy_password_file.take() {
            named.push(SecretPlace::File(base.join(file)));
        }
        if let Some(name) = self.proxy_password_env.take() {
            named.push(SecretPlace::Environment(name));
        }
        if let Some(name) = self.proxy_password_credential.take() {
            named.push(checked(
                "tunnel.proxy_password_credential",
                secret::credential(name),
            )?);
        }
        if let Some(raw) = self.proxy_password_aws.take() {
            named.push(checked("tunnel.proxy_password_aws", raw.check(base))?);
        }
        if let Some(raw) = self.proxy_password_vault.take() {
            named.push(checked("tunnel.proxy_password_vault", raw.check(base))?);
        }
        if named.len() > 1 {
            return Err(refuse(
                "tunnel.proxy_password",
                "…",
                "several places are named; keep one",
            ));
        }
        Ok(named.pop())
    }
}

/// The proxy for a host that has not joined yet: that of the settings, where there are any, else the environment's.
///
/// # Errors
/// [`ConfigError`].
pub fn proxies_before_joining(path: &Path) -> Result<Proxies, ConfigError> {
    #[derive(Debug, Default, Deserialize)]
    struct Settings {
        #[serde(default)]
        tunnel: RawTunnel,
    }
    let settings: Settings = match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: super::mistake(&text, &error),
        })?,
        // There are none yet.
        Err(_) => Settings::default(),
    };
    settings.tunnel.check(path).map(|tunnel| tunnel.proxies)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Tunnel, String> {
        let raw: RawTunnel = toml::from_str(text).map_err(|error| error.to_string())?;
        raw.check(Path::new("/state/connector.toml"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_proxy_has_its_user_here_and_its_password_elsewhere() {
        let tunnel = parse("proxy = \"http://proxy:3128\"\nproxy_user = \"u\"\nproxy_password_file = \"p\"")
            .expect("parses");
        let named = tunnel.proxies.toward("gw").map(|(proxy, _)| proxy.to_string());
        assert_eq!(named.as_deref(), Some("http://proxy:3128"));
        assert_eq!(
            parse("proxy = \"off\"").map(|t| t.proxies),
            Ok(Proxies::default())
        );
        assert_eq!(
            parse("probe_seconds = 2").map(|t| t.probe),
            Ok(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_mistake_names_its_remedy_and_shows_no_password() {
        for (text, words) in [
            ("proxy = \"http://u:hunter2@proxy:3128\"", "proxy_password_file"),
            ("proxy = \"https://u:hunter2@proxy\"", "http://host:port"),
            ("proxy_user = \"u\"", "name the proxy"),
            (
                "proxy = \"http://p:1\"\nproxy_password_file = \"f\"\nproxy_password_env = \"E\"",
                "keep one",
            ),
            ("probe_seconds = 0", "1 to 3600"),
            ("transport = \"tcp\"", "http2"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(words), "{error}");
            assert!(
                !error.contains("hunter2") || text.starts_with("transport"),
                "{error}"
            );
        }
    }
}
