//! What this host gives: files and their modes, the certificate, proxies, disk and buffers.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use certs::token::GatewayAddress;

use super::Finding;
use crate::{
    config::{Config, SecretPlace, StateFolder, Warehouse},
    identity::{Identity, IdentityError},
    proxy::Proxies,
};

/// Room in bytes under which the log will soon have none: as much as one of its files, 80,000 queries.
const LITTLE_ROOM: u64 = 64 * 1024 * 1024;

/// What the log may take in all, in bytes: 32 files of 64 MiB.
const WHOLE_LOG: u64 = 2 * 1024 * 1024 * 1024;

/// Bytes of a UDP socket's receive buffer that are worth a hint: what quinn's authors and other QUIC programs suggest for
/// fast downloads. A connector receives little, so that less of it is no fault.
const GOOD_BUFFER: u64 = 2 * 1024 * 1024;

/// The modes of what must be closed to others: the state folder, and the secrets of the sources.
pub(super) async fn files(state: &StateFolder, config: Option<&Config>) -> Finding {
    const CHECK: &str = "files";
    let mut problems = Vec::new();
    let mut remedies = Vec::new();
    let mut looked = 0;
    for folder in [state.path().to_owned(), state.identity(), state.audit()] {
        match mode(&folder) {
            Some(mode) if mode & 0o077 != 0 => {
                problems.push(format!(
                    "{} may be entered by others (mode {mode:03o})",
                    folder.display()
                ));
                remedies.push(format!("chmod go= {}", folder.display()));
            }
            Some(_) => looked += 1,
            // What is not there yet is made closed, and a state folder that is not there shows in the settings.
            None => {}
        }
    }
    for place in config.iter().flat_map(|config| secrets(config)) {
        // Read as the connector will, and forgotten at once.
        match place.read().await {
            Ok(_) => looked += 1,
            Err(error) => {
                problems.push(error.to_string());
                remedies.push(place.remedy());
            }
        }
    }
    if problems.is_empty() {
        return Finding::pass(
            CHECK,
            format!("{looked} folder(s) and secret(s) are there and closed to others"),
        );
    }
    Finding::fail(CHECK, problems.join("; "), remedies.join("\n"))
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path)
        .ok()
        .map(|metadata| metadata.permissions().mode() & 0o777)
}

fn secrets(config: &Config) -> Vec<&SecretPlace> {
    let mut places = Vec::new();
    for source in &config.sources {
        match &source.warehouse {
            Warehouse::Postgres(postgres) => places.extend(postgres.password.iter()),
            Warehouse::DuckDb(_) => {}
            Warehouse::Adbc(adbc) => places.extend(adbc.secret_options.values()),
        }
    }
    places
}

/// The identity, and how long its certificate lives.
pub(super) fn identity(state: &StateFolder) -> (Option<Identity>, Finding) {
    const CHECK: &str = "certificate";
    match Identity::load(&state.identity()) {
        Ok(identity) => {
            let facts = identity.credential.facts();
            let who = format!("{} of tenant {}", identity.connector, identity.tenant);
            let finding = validity(&who, facts.not_before, facts.not_after, SystemTime::now());
            (Some(identity), finding)
        }
        Err(error) => {
            let next = match &error {
                IdentityError::Missing(_) => {
                    "ask the service's operator for a join token and run `connector join`"
                }
                IdentityError::Open { .. } => "close it with the command in the message",
                _ => "restore the folder, or join again with `connector join --replace`",
            };
            (None, Finding::fail(CHECK, error.to_string(), next))
        }
    }
}

fn validity(who: &str, not_before: SystemTime, not_after: SystemTime, now: SystemTime) -> Finding {
    const CHECK: &str = "certificate";
    if let Ok(early) = not_before.duration_since(now)
        && early > Duration::ZERO
    {
        let found = format!("{who}: becomes valid in {} by this host's clock", span(early));
        return Finding::fail(CHECK, found, "set this host's clock, for instance with NTP");
    }
    match not_after.duration_since(now) {
        Ok(left) => {
            let whole = not_after.duration_since(not_before).unwrap_or_default();
            let found = format!("{who}: valid for {} more", span(left));
            if left < whole / 5 {
                let next =
                    "a running connector renews it well before; see that it runs and reaches its gateway";
                return Finding::warn(CHECK, found, next);
            }
            Finding::pass(CHECK, found)
        }
        Err(late) => Finding::fail(
            CHECK,
            format!(
                "{who}: ran out {} ago by this host's clock",
                span(late.duration())
            ),
            "compare the clock; a running connector asks to be approved again, which the service's operator does; or join again with `--replace`",
        ),
    }
}

/// A duration for people.
fn span(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0 => format!("{} s", time.as_secs()),
        1..=119 => format!("{minutes} min"),
        _ => format!("{} h", minutes / 60),
    }
}

/// Which proxy is on the way of what goes over TCP. Its password is not shown.
pub(super) fn proxy(proxies: &Proxies, gateway: Option<&GatewayAddress>) -> Finding {
    let used = gateway.and_then(|gateway| proxies.toward(&gateway.host()));
    match used {
        Some((proxy, from)) => Finding::pass(
            "proxy",
            format!("{proxy}, by {from}: for what goes over TCP; the line `http2` says whether it serves"),
        ),
        None => Finding::pass("proxy", "none on the way to the gateway"),
    }
}

/// Room for the audit log: without it no query runs.
pub(super) fn disk(state: &StateFolder) -> Finding {
    const CHECK: &str = "disk";
    let folder = [state.audit(), state.path().to_owned()]
        .into_iter()
        .find(|folder| folder.exists());
    let Some(folder) = folder else {
        let found = format!("{} does not exist", state.path().display());
        return Finding::fail(CHECK, found, "run `connector join`, which makes it");
    };
    match rustix::fs::statvfs(&folder) {
        Ok(stat) => room(
            &folder,
            stat.f_bavail.saturating_mul(stat.f_frsize),
            stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        ),
        Err(error) => Finding::fail(
            CHECK,
            format!("{}: {error}", folder.display()),
            "let the connector's user enter its folder",
        ),
    }
}

fn room(folder: &Path, free: u64, read_only: bool) -> Finding {
    const CHECK: &str = "disk";
    let found = format!(
        "{} MiB free for the audit log in {}",
        free / 1024 / 1024,
        folder.display()
    );
    if read_only {
        let found = format!("{} is mounted read-only", folder.display());
        return Finding::fail(
            CHECK,
            found,
            "no query runs without its record: mount it writable",
        );
    }
    match free {
        0..LITTLE_ROOM => Finding::fail(CHECK, found, "free space: no query runs without its record"),
        LITTLE_ROOM..WHOLE_LOG => Finding::warn(
            CHECK,
            found,
            "the log grows to 2 GiB at the most; give it that much room",
        ),
        _ => Finding::pass(CHECK, found),
    }
}

/// The largest receive buffer that a UDP socket may have here. A hint, and never a fault.
pub(super) fn udp_buffer() -> Option<Finding> {
    let text = fs::read_to_string("/proc/sys/net/core/rmem_max").ok()?;
    let bytes: u64 = text.trim().parse().ok()?;
    let finding = Finding::pass("udp buffer", format!("net.core.rmem_max is {} KiB", bytes / 1024));
    Some(if bytes < GOOD_BUFFER {
        finding.hint("enough for a connector; on a fast and busy line `sysctl -w net.core.rmem_max=2097152` spares lost packets")
    } else {
        finding
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_certificate_is_judged_by_what_is_left_of_it() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let hours = |n: u64| Duration::from_secs(n * 3600);
        let at = |now| validity("c", start, start + hours(24), now);
        for (now, status, words) in [
            (start - hours(1), Status::Fail, "becomes valid in 60 min"),
            (start + hours(1), Status::Pass, "valid for 23 h"),
            (start + hours(22), Status::Warn, "valid for 2 h"),
            (start + hours(27), Status::Fail, "ran out 3 h ago"),
        ] {
            let finding = at(now);
            assert_eq!(finding.status, status, "{finding:?}");
            assert!(finding.found.contains(words), "{finding:?}");
            assert_eq!(finding.next.is_none(), status == Status::Pass);
        }
    }

    #[test]
    fn a_proxy_on_the_way_is_named_without_its_password() {
        let gateway = "gw.example:443".parse().expect("an address");
        let from = |name: &str| (name == "HTTPS_PROXY").then(|| "http://me:hunter2@proxy:3128".to_owned());
        let proxies = Proxies::environment(from).expect("a proxy");
        let finding = proxy(&proxies, Some(&gateway));
        assert!(
            finding.found.contains("http://proxy:3128, by HTTPS_PROXY") && !finding.found.contains("hunter2")
        );
        assert!(proxy(&Proxies::default(), Some(&gateway)).found.contains("none"));
    }

    #[test]
    fn room_for_the_log_is_measured_and_its_lack_said() {
        let folder = Path::new("/state/audit");
        assert_eq!(room(folder, WHOLE_LOG, false).status, Status::Pass);
        assert_eq!(room(folder, WHOLE_LOG - 1, false).status, Status::Warn);
        assert_eq!(room(folder, LITTLE_ROOM - 1, false).status, Status::Fail);
        assert_eq!(room(folder, u64::MAX, true).status, Status::Fail);
    }

    #[tokio::test]
    async fn a_folder_that_others_may_enter_is_found_with_its_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = StateFolder::new(folder.path());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("set");
        assert_eq!(files(&state, None).await.status, Status::Pass);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
        let finding = files(&state, None).await;
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.next.is_some_and(|next| next.starts_with("chmod go= ")));
    }

    #[test]
    fn a_small_buffer_is_a_hint_and_no_fault() {
        assert!(udp_buffer().is_none_or(|finding| finding.status == Status::Pass));
    }
}
