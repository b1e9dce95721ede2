//! Sessions of people: one file of mode 0600 for each gateway, under `$XDG_STATE_HOME` or `~/.local/state`.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::open;
use crate::{
    config::PublicAddress,
    oidc::{
        https::Https,
        session::{About, Secret, SignIn, SignInAt, SignInError, Tokens},
    },
};

/// An ID token with less time left is replaced first: a request and a clock that is somewhat off.
const LEAST_SECONDS: u64 = 30;
/// Longest session file.
pub(super) const MAX_BYTES: u64 = 64 * 1024;

/// A session as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Session {
    /// Where the provider is.
    pub(super) at: SignInAt,
    /// Roots to trust at the gateway; the system's where there is none.
    pub(super) ca: Option<PathBuf>,
    /// Roots to trust at the provider.
    pub(super) provider_ca: Option<PathBuf>,
    id_token: Secret,
    refresh_token: Option<Secret>,
    /// Who it is.
    pub(super) about: About,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        at: SignInAt,
        ca: Option<PathBuf>,
        provider_ca: Option<PathBuf>,
        tokens: Tokens,
    ) -> Self {
        Self {
            at,
            ca,
            provider_ca,
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            about: tokens.about,
        }
    }

    /// The session at a gateway; none if nobody is signed in there.
    pub(super) fn load(api: &PublicAddress) -> anyhow::Result<Option<Self>> {
        let path = file(api)?;
        let text = match open::read_secret_of(&path, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot use the session in {}", path.display()));
            }
        };
        let session = serde_json::from_str(&text)
            .map_err(|_| anyhow!("{} is no session; run `gateway login` again", path.display()))?;
        Ok(Some(session))
    }

    /// Keeps it, in one step.
    pub(super) fn save(&self, api: &PublicAddress) -> anyhow::Result<PathBuf> {
        let path = file(api)?;
        let written = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let text = Zeroizing::new(serde_json::to_vec(self)?);
            let aside = path.with_extension(format!("{}.new", std::process::id()));
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&aside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        written().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Forgets it; says whether there was one.
    pub(super) fn forget(api: &PublicAddress) -> anyhow::Result<bool> {
        let path = file(api)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
        }
    }

    /// The refresh token, if the provider gave one.
    pub(super) fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_ref().map(Secret::expose)
    }

    /// A token for the gateway that has some time left.
    pub(super) async fn token(api: &PublicAddress) -> anyhow::Result<Option<(Secret, Option<PathBuf>)>> {
        // Two commands at once must not use one refresh token twice: a provider takes that for a theft.
        let Some(_lock) = lock(api)? else {
            return Ok(None);
        };
        let Some(session) = Self::load(api)? else {
            return Ok(None);
        };
        if session.about.expires > now() + LEAST_SECONDS {
            return Ok(Some((session.id_token.clone(), session.ca)));
        }
        let refresh = session
            .refresh_token()
            .ok_or_else(|| anyhow!("the sign-in has expired; run `gateway login` again"))?;
        let https = Https::new(session.provider_ca.as_deref())?;
        let provider = SignIn::at(https, session.at.clone()).await?;
        let tokens = match provider.refresh(refresh).await {
            Err(SignInError::Refused { .. }) => {
                return Err(anyhow!("the sign-in is over; run `gateway login` again"));
            }
            tokens => tokens?,
        };
        let next = Self::new(session.at, session.ca.clone(), session.provider_ca, tokens);
        next.save(api)?;
        Ok(Some((next.id_token.clone(), session.ca)))
    }
}

fn lock(api: &PublicAddress) -> anyhow::Result<Option<File>> {
    let path = file(api)?.with_extension("lock");
    if !path.parent().is_some_and(Path::is_dir) {
        return Ok(None);
    }
    let locked = || {
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        file.lock()?;
        io::Result::Ok(file)
    };
    Ok(Some(
        locked().with_context(|| format!("cannot lock {}", path.display()))?,
    ))
}

fn file(api: &PublicAddress) -> anyhow::Result<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let state =
        state.ok_or_else(|| anyhow!("neither XDG_STATE_HOME nor HOME says where a session can be kept"))?;
    // A host is made of letters, digits, dots, hyphens and colons.
    Ok(state
        .join("gateway")
        .join(format!("{}_{}.json", api.host.to_ascii_lowercase(), api.port)))
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
