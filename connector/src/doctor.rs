//! `connector doctor`: looks at everything that the connector needs, and says of each whether it is there and what to do.
//!
//! It is for the host that the connector runs on, before it runs or beside it: its handshake says no Hello and takes no
//! tunnel's place, it opens the warehouse as the connector does, and it changes nothing. What it reads of the warehouse (the
//! schema's names and the package's version) is printed here and leaves this host by no other way; it goes through the policy
//! all the same. No line holds a secret: of a variable or a password file the name is shown, never what is in it.

mod host;
mod network;
mod source;

use std::fmt::Write as _;

use proto::id::SourceId;
use serde::Serialize;

use crate::config::{Config, StateFolder, Tunnel};

/// How a check came out, in the order of how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Pass,
    /// It works, or could not be looked at; somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// The source that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// How it came out.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do next; always there unless it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Finding {
    /// Something that is not needed as things are: worth a look, and no failure.
    fn soften(&mut self) {
        if self.status == Status::Fail {
            self.status = Status::Warn;
        }
    }

    fn pass(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            source: None,
            status: Status::Pass,
            found: found.into(),
            next: None,
        }
    }

    fn warn(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            status: Status::Warn,
            ..Self::pass(check, found).hint(next)
        }
    }

    fn fail(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            status: Status::Fail,
            ..Self::pass(check, found).hint(next)
        }
    }

    fn hint(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }

    fn of(self, source: &SourceId) -> Self {
        Self {
            source: Some(source.clone()),
            ..self
        }
    }
}

/// Everything that was found, in the order of what depends on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of the findings.
    pub status: Status,
    /// One for each check.
    pub checks: Vec<Finding>,
}

impl Report {
    fn new(checks: Vec<Finding>) -> Self {
        let worst = checks.iter().map(|finding| finding.status).max();
        Self {
            status: worst.unwrap_or(Status::Pass),
            checks,
        }
    }

    /// For people: a line for each check, and under it what to do.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for finding in &self.checks {
            let status = match finding.status {
                Status::Pass => "pass",
                Status::Warn => "WARN",
                Status::Fail => "FAIL",
            };
            let what = match &finding.source {
                Some(source) => format!("{source}: {}", finding.check),
                None => finding.check.to_owned(),
            };
            let _ = writeln!(text, "{status}  {what:18}  {}", finding.found);
            for line in finding.next.iter().flat_map(|next| next.lines()) {
                let _ = writeln!(text, "      {:18}  → {line}", "");
            }
        }
        text
    }
}

/// Looks at everything.
pub async fn examine(state: &StateFolder) -> Report {
    let mut checks = Vec::new();
    let config = match Config::load(&state.config()) {
        Ok(config) => {
            let found = format!("{}: {} source(s)", state.config().display(), config.sources.len());
            checks.push(Finding::pass("settings", found));
            Some(config)
        }
        Err(error) => {
            let next = "correct the file as the message says";
            checks.push(Finding::fail("settings", error.to_string(), next));
            None
        }
    };
    checks.push(host::files(state, config.as_ref()).await);
    let (identity, finding) = host::identity(state);
    checks.push(finding);
    let tunnel = match &config {
        Some(config) => Ok(config.tunnel.clone()),
        None => Tunnel::unset(),
    };
    let gateway = identity.as_ref().map(|identity| &identity.tunnel_address);
    let tunnel = match tunnel {
        Ok(tunnel) => {
            checks.push(host::proxy(&tunnel.proxies, gateway));
            tunnel
        }
        Err(error) => {
            let next = "correct the variable, or unset it";
            checks.push(Finding::fail("proxy", error.to_string(), next));
            Tunnel::without_proxy()
        }
    };
    let network = async {
        match &identity {
            Some(identity) => network::examine(identity, &tunnel).await,
            None => vec![Finding::warn(
                "network",
                "not looked at: where the gateway is stands in the identity",
                "join first",
            )],
        }
    };
    let sources = async {
        let mut found = Vec::new();
        for source in config.iter().flat_map(|config| &config.sources) {
            let findings = source::examine(source).await;
            found.extend(findings.into_iter().map(|finding| finding.of(&source.name)));
        }
        found
    };
    let (network, sources) = tokio::join!(network, sources);
    checks.extend(network);
    checks.extend(sources);
    checks.push(host::disk(state));
    checks.extend(host::udp_buffer());
    Report::new(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_and_what_does_not_pass_says_what_to_do() {
        let pass = Finding::pass("disk", "room");
        let warn = Finding::warn("proxy", "HTTPS_PROXY is set", "nothing, if UDP passes");
        let fail =
            Finding::fail("udp", "no answer", "open the port\nor ask").of(&"shop".parse().expect("a name"));
        assert_eq!(Report::new(vec![pass.clone()]).status, Status::Pass);
        assert_eq!(Report::new(vec![warn.clone(), pass.clone()]).status, Status::Warn);
        let report = Report::new(vec![pass, fail, warn]);
        assert_eq!(report.status, Status::Fail);
        let lines: Vec<String> = report.lines().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(lines[1].starts_with("FAIL  shop: udp"), "{lines:?}");
        assert!(lines[3].ends_with("→ or ask"), "{lines:?}");
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["status"], "fail");
        assert_eq!(json["checks"][1]["source"], "shop");
        assert_eq!(json["checks"][0].get("next"), None);
    }
}
