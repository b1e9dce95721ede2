//! `gateway init`: a state folder from nothing.
//!
//! Everything is made in a folder beside the wanted one and renamed into place at the end, so that an interrupted run
//! leaves no half of an installation behind that looks like a whole one.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use proto::id::TrustDomain;
use serde_json::json;
use thiserror::Error;

use super::{InitArgs, open, table};
use crate::{
    auth::{Admin, ApiTokens},
    authority::{self, NewAuthority, NodeAuthorityError},
    clock::Clock,
    config::{Config, ConfigError, Listen, StateFolder, Template, render},
    seal::{SealError, Sealer, settings::Settings},
    store::{
        SharedStore,
        embedded::{EmbeddedStore, OpenError},
    },
};

/// Where plain HTTP is redirected from, or nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Redirect(Option<SocketAddr>);

impl FromStr for Redirect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        text.parse()
            .map(|a| Self(Some(a)))
            .map_err(|_| "write an address such as 0.0.0.0:80, or off".to_owned())
    }
}

/// Why there is no state folder.
#[derive(Debug, Error)]
pub(super) enum InitError {
    #[error("{0} exists and is not empty; choose another folder, or remove it if nothing in it is needed")]
    NotEmpty(PathBuf),
    #[error("cannot make {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{host:?} cannot be a trust domain; name one with --trust-domain")]
    TrustDomain { host: String },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Authority(#[from] NodeAuthorityError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("cannot make the administrator's token: {0}")]
    Token(#[from] proto::error::Fault),
}

pub(super) fn run(args: &InitArgs) -> Result<(), InitError> {
    make(args)?;
    report(args, &StateFolder::new(&args.state));
    Ok(())
}

/// Everything but the words about it.
pub(super) fn make(args: &InitArgs) -> Result<(), InitError> {
    let wanted = &args.state;
    refuse_if_occupied(wanted)?;
    let aside = beside(wanted);
    // Left behind by an interrupted run; nobody has ever used what is in it.
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(file(&aside))?;
    }
    let domain = match &args.trust_domain {
        Some(domain) => domain.clone(),
        None => default_domain(args.host.first().map_or("", String::as_str))?,
    };
    let template = Template {
        node: args.node.clone(),
        trust_domain: domain.clone(),
        hosts: args.host.clone(),
        listen: Listen {
            tunnel: args.listen_tunnel,
            api: args.listen_api,
            redirect: args.listen_redirect.0,
            operations: args.listen_operations,
        },
        api_address: args.public_api.clone(),
        tunnel_address: args.public_tunnel.clone(),
    };
    let new = match (&args.root_key_to, &args.root) {
        (Some(folder), _) => NewAuthority::RootIn(folder.clone()),
        (None, Some(root)) => NewAuthority::Outside(fs::read_to_string(root).map_err(file(root))?),
        (None, None) => NewAuthority::Whole,
    };
    let text = render(&template);
    // Named as it will be, so that an error names a file that makes sense to the reader.
    Config::parse(StateFolder::new(wanted), &text)?;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&aside)
        .map_err(file(&aside))?;
    if let Err(error) = fill(&StateFolder::new(&aside), &text, domain, &new) {
        let _ = fs::remove_dir_all(&aside);
        return Err(error);
    }
    // An existing empty folder is replaced by the rename.
    fs::rename(&aside, wanted).map_err(file(wanted))
}

fn fill(state: &StateFolder, config: &str, domain: TrustDomain, new: &NewAuthority) -> Result<(), InitError> {
    let clock = Clock::system();
    // The mode of an existing parent's umask does not matter: this folder is ours.
    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o700)).map_err(file(state.path()))?;
    fs::write(state.config(), config).map_err(file(&state.config()))?;
    let store: SharedStore = Arc::new(EmbeddedStore::open(&state.store(), clock.clone())?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(file(state.path()))?;
    let settings = Settings::file(state.kek());
    let sealer = runtime.block_on(Sealer::start(&settings, &domain, Arc::clone(&store)))?;
    runtime.block_on(authority::create(state, &store, &sealer, &domain, new, &clock))?;
    let tokens = runtime.block_on(ApiTokens::start(&sealer, clock))?;
    let admin = Admin::of_the_state_folder();
    let (token, _) = runtime.block_on(tokens.create_admin(&admin, "first administrator".to_owned()))?;
    open::write_secret(&state.admin_token(), token.expose()).map_err(file(&state.admin_token()))
}

fn report(args: &InitArgs, state: &StateFolder) {
    let folder = state.path().display().to_string();
    if args.json {
        let report = json!({
            "state": folder,
            "config": state.config(),
            "ca": state.trust_bundle(),
            "admin_token_file": state.admin_token(),
        });
        table::say(format_args!("{report}"));
        return;
    }
    table::say(format_args!("State folder       {folder}"));
    table::say(format_args!("Settings           {}", state.config().display()));
    table::say(format_args!(
        "CA for clients     {}",
        state.trust_bundle().display()
    ));
    table::say(format_args!(
        "Administrator      {} (mode 0600: keep it)",
        state.admin_token().display()
    ));
    table::say(format_args!("Next               gateway serve --state {folder}"));
}

fn refuse_if_occupied(folder: &Path) -> Result<(), InitError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(InitError::NotEmpty(folder.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(InitError::File {
            path: folder.to_owned(),
            source,
        }),
    }
}

fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    folder.with_file_name(name)
}

fn default_domain(host: &str) -> Result<TrustDomain, InitError> {
    host.to_ascii_lowercase()
        .parse()
        .map_err(|_| InitError::TrustDomain {
            host: host.to_owned(),
        })
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> InitError + '_ {
    move |source| InitError::File {
        path: path.to_owned(),
        source,
    }
}
