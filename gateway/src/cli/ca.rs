//! `gateway ca`: the certificate authority of a running gateway, and the work of whoever keeps a root elsewhere.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use certs::{
    authority::{ISSUING_LIFETIME, Root, to_pem},
    csr::VerifiedRequest,
};
use clap::Subcommand;
use http::Method;
use proto::id::TrustDomain;

use super::{
    Ended, Exit, Remote, lifetime,
    remote::{NONE, call, show},
    table,
};
use crate::{
    api::authority::{ImportBody, Rotate},
    authority::{
        self,
        change::{AuthorityView, Phase, SigningRequest},
        record::Import,
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum CaCommand {
    /// Show the roots, the issuing authority and what is under way.
    Status {
        #[command(flatten)]
        remote: Remote,
    },
    /// Replace the issuing authority or the root, without a restart.
    #[command(subcommand)]
    Rotate(RotateCommand),
    /// Take the next step of a change of roots now. Connectors that have not taken it over have to be approved anew.
    Advance {
        #[command(flatten)]
        remote: Remote,
    },
    /// Write a certificate request for an issuing authority, for whoever keeps the root.
    ExportCsr {
        /// The new file.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
    /// Take the certificates that whoever keeps the root gave.
    Import {
        /// The issuing authority's certificate in PEM; none where `authority.command` issues.
        #[arg(long, value_name = "FILE")]
        issuing: Option<PathBuf>,
        /// A new root in PEM.
        #[arg(long, value_name = "FILE", requires = "link")]
        root: Option<PathBuf>,
        /// The new root's key signed by the root in force, in PEM.
        #[arg(long, value_name = "FILE", requires = "root")]
        link: Option<PathBuf>,
        /// How long a new root is introduced for, such as 2d. [default: 7d]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        overlap: Option<Duration>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Where the root is kept: sign a request with it. Needs no gateway.
    Sign {
        /// The folder with root.pem and root-key.pem.
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// The request in PEM.
        #[arg(long, value_name = "FILE")]
        csr: PathBuf,
        /// The new file.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// The certificate's life. [default: 365d]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<Duration>,
    },
    /// Where the root is kept: make a root, or the successor of one. Needs no gateway.
    NewRoot {
        /// The trust domain.
        #[arg(
            long,
            value_name = "DOMAIN",
            required_unless_present = "succeeding",
            conflicts_with = "succeeding"
        )]
        trust_domain: Option<TrustDomain>,
        /// The folder of the root that it succeeds; link.pem is written beside the new one.
        #[arg(long, value_name = "DIR")]
        succeeding: Option<PathBuf>,
        /// The new folder, for root.pem and root-key.pem.
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RotateCommand {
    /// A new key signs certificates from now on. Peers trust the root and notice nothing.
    Issuing {
        #[command(flatten)]
        remote: Remote,
    },
    /// A new root: connectors are told of it, then it is in force, then the old one is not trusted any more.
    Root {
        /// How long connectors are told of it at most, such as 2d, before it is in force. [default: 7d]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        overlap: Option<Duration>,
        #[command(flatten)]
        remote: Remote,
    },
}

pub(super) fn run(command: CaCommand) -> Ended {
    const BASE: &str = "/v1/authority";
    match command {
        CaCommand::Status { remote } => print(&remote, Method::GET, BASE, NONE),
        CaCommand::Rotate(RotateCommand::Issuing { remote }) => {
            print(&remote, Method::POST, "/v1/authority/rotate-issuing", NONE)
        }
        CaCommand::Rotate(RotateCommand::Root { overlap, remote }) => {
            let body = Rotate {
                overlap_seconds: overlap.map(|o| o.as_secs()),
            };
            print(&remote, Method::POST, "/v1/authority/rotate-root", Some(&body))
        }
        CaCommand::Advance { remote } => print(&remote, Method::POST, "/v1/authority/advance", NONE),
        CaCommand::ExportCsr { output, remote } => {
            let made: SigningRequest = call(&remote, Method::POST, "/v1/authority/requests", NONE)?;
            write(&output, &made.csr)?;
            show(&remote, &serde_json::json!({ "csr": output }), |_| {
                table::say(format_args!(
                    "{} is to be signed by the root; then `gateway ca import`",
                    output.display()
                ))
            });
            Ok(())
        }
        CaCommand::Import {
            issuing,
            root,
            link,
            overlap,
            remote,
        } => {
            let read = |path: Option<PathBuf>| path.as_deref().map(read).transpose();
            let body = ImportBody {
                certificates: Import {
                    issuing: read(issuing)?,
                    root: read(root)?,
                    link: read(link)?,
                },
                overlap_seconds: overlap.map(|o| o.as_secs()),
            };
            print(&remote, Method::POST, "/v1/authority/import", Some(&body))
        }
        CaCommand::Sign {
            root,
            csr,
            output,
            expires,
        } => sign(&root, &csr, &output, expires.unwrap_or(ISSUING_LIFETIME)).map_err(failed),
        CaCommand::NewRoot {
            trust_domain,
            succeeding,
            output,
        } => new_root(trust_domain, succeeding.as_deref(), &output).map_err(failed),
    }
}

fn print<B: serde::Serialize>(remote: &Remote, method: Method, path: &str, body: Option<&B>) -> Ended {
    let view: AuthorityView = call(remote, method, path, body)?;
    show(remote, &view, |view| {
        let elsewhere = if view.root_key {
            ""
        } else {
            ", its key is kept elsewhere"
        };
        table::say(format_args!(
            "root        {}, until {}{elsewhere}",
            view.root,
            table::time(view.root_not_after)
        ));
        match view.issuing_not_after {
            Some(end) => table::say(format_args!("issuing     until {}", table::time(end))),
            None => table::say(format_args!("issuing     by authority.command")),
        }
        if view.requested {
            table::say(format_args!("request     waits for `gateway ca import`"));
        }
        let Some(change) = &view.change else {
            return table::say(format_args!("change      none"));
        };
        let since = table::time(change.since);
        match (change.phase, change.until) {
            (Phase::Introduced, until) => table::say(format_args!(
                "change      root {} is introduced since {since}; {} connectors have not taken it over; in force by {}",
                change.other,
                change.waiting,
                until.map_or_else(String::new, table::time),
            )),
            (Phase::Activated, _) => table::say(format_args!(
                "change      root {} was replaced {since}; {} connectors still have certificates by it",
                change.other, change.waiting,
            )),
        }
    });
    Ok(())
}

fn sign(root: &Path, csr: &Path, output: &Path, life: Duration) -> anyhow::Result<()> {
    let root = authority::read_root(root)?;
    let text = fs::read_to_string(csr).with_context(|| csr.display().to_string())?;
    let request = VerifiedRequest::from_pem(&text).with_context(|| csr.display().to_string())?;
    let issued = root.issue_issuing(&request, SystemTime::now(), life)?;
    new_file(output, &to_pem(&[issued]))?;
    table::say(format_args!("{}", output.display()));
    Ok(())
}

fn new_root(domain: Option<TrustDomain>, succeeding: Option<&Path>, output: &Path) -> anyhow::Result<()> {
    let now = SystemTime::now();
    let before = succeeding.map(authority::read_root).transpose()?;
    let domain = domain
        .or_else(|| before.as_ref().map(|root| root.domain().clone()))
        .context("name a trust domain")?;
    let root = Root::create(domain, now)?;
    let link = before
        .map(|before| before.succeed(root.certificate(), now))
        .transpose()?;
    authority::write_root(output, &root)?;
    if let Some(link) = link {
        new_file(&output.join("link.pem"), &to_pem(&[link]))?;
    }
    table::say(format_args!("{}", output.display()));
    Ok(())
}

fn read(path: &Path) -> Result<String, (anyhow::Error, Exit)> {
    fs::read_to_string(path)
        .with_context(|| path.display().to_string())
        .map_err(failed)
}

fn write(path: &Path, text: &str) -> Ended {
    new_file(path, text).map_err(failed)
}

/// Nothing that is there is overwritten.
fn new_file(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| path.display().to_string())
}

fn failed(error: anyhow::Error) -> (anyhow::Error, Exit) {
    (error, Exit::Failed)
}
