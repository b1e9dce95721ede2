//! `gateway init`: a state folder from nothing.
//!
//! Everything is made in a folder beside the wanted one and renamed into place at the end, so that an interrupted run
//! leaves no half of an installation behind that looks like a whole one. On a store that other nodes share ([`shared`]) the
//! first run makes the installation there, and every other one joins it.

mod shared;

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use prometheus::Registry;
use proto::id::TrustDomain;
use serde_json::json;
use thiserror::Error;

pub(super) use self::shared::SharedArgs;
use super::{InitArgs, open, table};
use crate::{
    auth::{Admin, ApiTokens},
    authority::{self, NewAuthority, NodeAuthorityError, installed::Installed},
    clock::Clock,
    config::{Config, ConfigError, Listen, StateFolder, Template, render},
    metrics::{Metrics, MetricsError},
    nodes::{self, NameError, Takeover},
    seal::{SealError, Sealer, kms::KmsError},
    store::{OpenError, SharedStore},
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
    #[error("cannot use {path}: {reason}")]
    Unfit { path: PathBuf, reason: String },
    #[error(
        "the installation in etcd is called \"{there}\" and not \"{wanted}\": leave --trust-domain out to join it, or choose another --etcd-prefix for one of its own"
    )]
    OtherDomain { there: TrustDomain, wanted: TrustDomain },
    #[error(
        "there is an installation in etcd already, with a root of its own: leave --root and --root-key-to out to join it"
    )]
    RootIsThere,
    #[error(
        "what is secret in etcd is sealed under a key that this node does not have: give it a copy of another node's file `kek` with --kek FILE, or with --seal FILE the [seal] of another node's gateway.toml ({0})"
    )]
    NoKek(SealError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Metrics(#[from] MetricsError),
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(file(&args.state))?;
    runtime.block_on(make_in_order(args))
}

async fn make_in_order(args: &InitArgs) -> Result<(), InitError> {
    let wanted = &args.state;
    refuse_if_occupied(wanted)?;
    let aside = beside(wanted);
    // Left behind by an interrupted run. Nobody has ever used what is in it, but what was sealed in a shared store with its
    // key is there to stay: that run is carried on.
    if aside.exists() && !args.shared.is_wanted() {
        fs::remove_dir_all(&aside).map_err(file(&aside))?;
    }
    let more = args.shared.settings()?;
    let shared = args.shared.open()?;
    let installed = match &shared {
        Some(store) => Installed::find(store).await?,
        None => None,
    };
    let domain = match (&installed, &args.trust_domain) {
        (Some(there), Some(domain)) => same(there, domain)?,
        (Some(there), None) => there.domain().clone(),
        (None, Some(domain)) => domain.clone(),
        (None, None) => default_domain(args.host.first().map_or("", String::as_str))?,
    };
    if installed.is_some() && (args.root.is_some() || args.root_key_to.is_some()) {
        return Err(InitError::RootIsThere);
    }
    let template = Template {
        node: args.node.clone(),
        trust_domain: domain.clone(),
        hosts: args.host.clone(),
        listen: Listen {
            tunnel: args.listen_tunnel,
            tunnel_tcp: Some(args.listen_tunnel),
            api: args.listen_api,
            redirect: args.listen_redirect.0,
            operations: args.listen_operations,
        },
        api_address: args.public_api.clone(),
        tunnel_address: args.public_tunnel.clone(),
    };
    let text = format!("{}{more}", render(&template));
    // Named as it will be, so that an error names a file that makes sense to the reader.
    Config::parse(StateFolder::new(wanted), &text)?;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&aside)
        .map_err(file(&aside))?;
    let config = Config::parse(StateFolder::new(&aside), &text)?;
    if let Err(error) = fill(args, &config, &text, shared, installed).await {
        // Where data keys may be sealed under a key of this folder already, it stays for the next run.
        let refused = matches!(
            error,
            InitError::NoKek(_) | InitError::Name(_) | InitError::OtherDomain { .. }
        );
        if refused || !args.shared.is_wanted() {
            let _ = fs::remove_dir_all(&aside);
        }
        return Err(error);
    }
    // An existing empty folder is replaced by the rename.
    fs::rename(&aside, wanted).map_err(file(wanted))
}

fn same(there: &Installed, wanted: &TrustDomain) -> Result<TrustDomain, InitError> {
    if there.domain() == wanted {
        return Ok(wanted.clone());
    }
    Err(InitError::OtherDomain {
        there: there.domain().clone(),
        wanted: wanted.clone(),
    })
}

async fn fill(
    args: &InitArgs,
    config: &Config,
    text: &str,
    shared: Option<SharedStore>,
    installed: Option<Installed>,
) -> Result<(), InitError> {
    let (clock, state) = (Clock::system(), &config.state);
    // The mode of an existing parent's umask does not matter: this folder is ours.
    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o700)).map_err(file(state.path()))?;
    fs::write(state.config(), text).map_err(file(&state.config()))?;
    let store = match shared {
        Some(store) => {
            args.shared.put_kek(config)?;
            store
        }
        None => config.store.open(&clock, &Metrics::new(Registry::new())?.store)?,
    };
    let sealer = Sealer::start(&config.seal, &config.trust_domain, Arc::clone(&store)).await;
    let sealer = sealer.map_err(|error| match error {
        SealError::Kms(KmsError::Gone(_) | KmsError::Unknown(_) | KmsError::DoesNotOpen(_))
            if args.shared.is_wanted() =>
        {
            InitError::NoKek(error)
        }
        other => InitError::Seal(other),
    })?;
    if args.shared.is_wanted() {
        // Now that the folder is known to stay.
        let takeover = if args.shared.replace_node {
            Takeover::Wanted
        } else {
            Takeover::Refused
        };
        nodes::claim(&store, &args.node, state, takeover).await?;
    }
    if let Some(there) = &installed {
        return join(args, config, &sealer, there).await;
    }
    // The token first: an installation without an administrator would be there to stay.
    let id = administrator(state, &sealer).await?;
    let new = match (&args.root_key_to, &args.root) {
        (Some(folder), _) => NewAuthority::RootIn(folder.clone()),
        (None, Some(root)) => NewAuthority::Outside(fs::read_to_string(root).map_err(file(root))?),
        (None, None) => NewAuthority::Whole,
    };
    match authority::create(state, &store, &sealer, &config.trust_domain, &new, &clock).await {
        // Another first node was faster.
        Err(NodeAuthorityError::Exists) if args.shared.is_wanted() => {
            if let Some(id) = id {
                forget_administrator(state, &sealer, &id).await?;
            }
            let there = Installed::find(&store)
                .await?
                .ok_or(NodeAuthorityError::Missing)?;
            same(&there, &config.trust_domain)?;
            join(args, config, &sealer, &there).await
        }
        other => Ok(other?),
    }
}

/// Makes this node one more of the installation.
async fn join(args: &InitArgs, config: &Config, sealer: &Sealer, there: &Installed) -> Result<(), InitError> {
    there.write_bundle(&config.state)?;
    if args.shared.new_administrator {
        administrator(&config.state, sealer).await?;
    }
    Ok(())
}

/// Makes an administrator's token, unless an interrupted run has. The id of a new one.
async fn administrator(state: &StateFolder, sealer: &Sealer) -> Result<Option<String>, InitError> {
    let path = state.admin_token();
    if path.exists() {
        return Ok(None);
    }
    let tokens = ApiTokens::start(sealer, Clock::system()).await?;
    let admin = Admin::of_the_state_folder();
    let (token, record) = tokens
        .create_admin(&admin, "first administrator".to_owned())
        .await?;
    open::write_secret(&path, token.expose()).map_err(file(&path))?;
    Ok(Some(record.id))
}

async fn forget_administrator(state: &StateFolder, sealer: &Sealer, id: &str) -> Result<(), InitError> {
    let tokens = ApiTokens::start(sealer, Clock::system()).await?;
    tokens.withdraw(&Admin::of_the_state_folder(), id).await?;
    fs::remove_file(state.admin_token()).map_err(file(&state.admin_token()))
}

fn report(args: &InitArgs, state: &StateFolder) {
    let folder = state.path().display().to_string();
    if args.json {
        let report = json!({
            "state": folder,
            "config": state.config(),
            "ca": state.trust_bundle(),
            "admin_token_file": state.admin_token().exists().then(|| state.admin_token()),
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
    if state.admin_token().exists() {
        table::say(format_args!(
            "Administrator      {} (mode 0600: keep it)",
            state.admin_token().display()
        ));
    } else {
        table::say(format_args!(
            "Administrator      as before: this node has joined the installation \"{}\"",
            args.shared.describe()
        ));
    }
    if args.shared.is_wanted() && state.kek().exists() {
        table::say(format_args!(
            "For further nodes  {} (secret: `gateway init --kek` takes a copy of it)",
            state.kek().display()
        ));
    }
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
