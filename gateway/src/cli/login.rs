//! `gateway login` and `gateway logout`.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow};
use http::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use zeroize::Zeroizing;

use super::{Ended, Exit, LoginArgs, LogoutArgs, remote::exit_of, session::Session, table};
use crate::{
    client::Client,
    config::{PublicAddress, parse_address},
    oidc::{
        https::Https,
        session::{Asking, Secret, SignIn, SignInAt, SignInError, Tokens},
    },
};

/// For somebody to sign in: a second factor has to be found.
const PATIENCE: Duration = Duration::from_secs(600);
/// For the browser's one request, from this host.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// Its head: codes of some providers have a kilobyte or two.
const MAX_HEAD_BYTES: usize = 16 * 1024;

type Failed = (anyhow::Error, Exit);

pub(super) fn login(args: &LoginArgs) -> Ended {
    let api = address(&args.api)?;
    let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
    let (ca, provider_ca) = match (absolute(&args.ca), absolute(&args.provider_ca)) {
        (Ok(ca), Ok(provider_ca)) => (ca, provider_ca),
        (Err(error), _) | (_, Err(error)) => return Err((error.into(), Exit::Failed)),
    };
    run(async {
        let client =
            Client::new(&api, api.to_string(), ca.as_deref(), None).map_err(|e| (e.into(), Exit::Failed))?;
        let at: SignInAt = client
            .call(Method::GET, "/v1/oidc", None::<&()>)
            .await
            .map_err(|error| {
                let exit = exit_of(&error);
                (error.into(), exit)
            })?;
        let https = Https::new(provider_ca.as_deref()).map_err(|e| (e.into(), Exit::Failed))?;
        let provider = SignIn::at(https, at.clone()).await.map_err(failed)?;
        let tokens = if args.device {
            device(&provider).await?
        } else {
            browser(&provider).await?
        };
        let session = Session::new(at, ca, provider_ca, tokens);
        let path = session.save(&api).map_err(|error| (error, Exit::Failed))?;
        report(args, &session, &path);
        Ok(())
    })
}

pub(super) fn logout(args: &LogoutArgs) -> Ended {
    let api = address(&args.api)?;
    run(async {
        let session = Session::load(&api).map_err(|error| (error, Exit::Failed))?;
        let there = Session::forget(&api).map_err(|error| (error, Exit::Failed))?;
        if let Some(session) = session
            && let Err(error) = revoke(&session).await
        {
            eprintln!(
                "warning: the identity provider could not be told, the session is forgotten here alone: {error:#}"
            );
        }
        let words = if there {
            "signed out of"
        } else {
            "nobody was signed in to"
        };
        if args.json {
            table::say(format_args!(
                "{}",
                json!({ "api": api.to_string(), "signed_out": there })
            ));
        } else {
            table::say(format_args!("{words} {api}"));
        }
        Ok(())
    })
}

async fn revoke(session: &Session) -> anyhow::Result<()> {
    let Some(token) = session.refresh_token() else {
        return Ok(());
    };
    let https = Https::new(session.provider_ca.as_deref())?;
    SignIn::at(https, session.at.clone()).await?.revoke(token).await?;
    Ok(())
}

fn report(args: &LoginArgs, session: &Session, path: &std::path::Path) {
    let about = &session.about;
    if args.json {
        let report = json!({
            "issuer": about.issuer,
            "subject": about.subject,
            "email": about.email,
            "expires": about.expires,
            "session": path,
        });
        return table::say(format_args!("{report}"));
    }
    let name = about.email.as_ref().unwrap_or(&about.subject);
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    table::say(format_args!("signed in as {name}"));
    if session.refresh_token().is_none() {
        eprintln!(
            "until {}: the provider gave no refresh token",
            table::time(about.expires)
        );
    }
}

async fn device(provider: &SignIn) -> Result<Tokens, Failed> {
    let device = provider.device().await.map_err(failed)?;
    eprintln!(
        "open {} on any device and enter the code\n\n    {}\n",
        device.verification_uri, device.user_code
    );
    if let Some(complete) = &device.verification_uri_complete {
        eprintln!("or open {complete}");
    }
    provider.wait(&device).await.map_err(failed)
}

async fn browser(provider: &SignIn) -> Result<Tokens, Failed> {
    // RFC 8252, section 8.3: by address, so that no resolver decides who listens.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener
        .context("cannot listen on loopback for the browser")
        .map_err(|e| (e, Exit::Failed))?;
    let port = listener
        .local_addr()
        .map_err(|e| (e.into(), Exit::Failed))?
        .port();
    let asking = provider
        .ask(format!("http://127.0.0.1:{port}/callback"))
        .map_err(failed)?;
    eprintln!("open this address in a browser on this host:\n\n{}\n", asking.url);
    let late = |_| (anyhow!("nobody signed in within ten minutes"), Exit::Failed);
    let code = timeout(PATIENCE, returned(provider, &asking, &listener))
        .await
        .map_err(late)??;
    provider.exchange(&asking, code.expose()).await.map_err(failed)
}

/// Waits for the browser. What is not an answer to this sign-in is turned away, and changes nothing: any page in any browser
/// on this host can send something here.
async fn returned(provider: &SignIn, asking: &Asking, listener: &TcpListener) -> Result<Secret, Failed> {
    loop {
        let (mut stream, _) = listener.accept().await.map_err(|e| (e.into(), Exit::Failed))?;
        let Ok(Some(query)) = timeout(REQUEST_DEADLINE, request(&mut stream)).await else {
            continue;
        };
        let code = provider.code(asking, &query);
        let (status, words) = match &code {
            Ok(Some(_)) => ("200 OK", "You are signed in. This window can be closed."),
            Ok(None) => (
                "400 Bad Request",
                "This is no answer to a sign-in that was begun here.",
            ),
            Err(_) => (
                "200 OK",
                "You are not signed in: the terminal says why. This window can be closed.",
            ),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{words}",
            words.len()
        );
        // A browser that does not wait for the words has signed in all the same.
        let _ = timeout(REQUEST_DEADLINE, stream.write_all(answer.as_bytes())).await;
        let _ = stream.shutdown().await;
        if let Some(code) = code.map_err(failed)? {
            return Ok(code);
        }
    }
}

/// The query of `GET /callback?…`; none if it is anything else.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Zeroizing::new(Vec::with_capacity(MAX_HEAD_BYTES));
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD_BYTES || stream.read_buf(&mut *head).await.ok()? == 0 {
            return None;
        }
    }
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let query = target.strip_prefix("/callback?").filter(|_| method == "GET");
    // Something is always answered.
    Some(query.unwrap_or_default().to_owned())
}

fn failed(error: SignInError) -> Failed {
    let exit = match &error {
        SignInError::Refused { .. } => Exit::Refused,
        SignInError::Https(_) | SignInError::Provider(_) => Exit::Unreachable,
        _ => Exit::Failed,
    };
    (error.into(), exit)
}

fn address(text: &str) -> Result<PublicAddress, Failed> {
    parse_address(text).map_err(|remedy| (anyhow!("--api is {text:?}: {remedy}"), Exit::Failed))
}

fn run(what: impl Future<Output = Ended>) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| (error.into(), Exit::Failed))?
        .block_on(what)
}
