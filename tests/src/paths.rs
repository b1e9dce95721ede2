//! Where the tests find what they use, and where they may write.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// The top folder of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The rows and schemas that the tests load.
#[must_use]
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// A program of this workspace, as `cargo build --workspace` left it beside the running test. `TESTS_BIN_DIR` names
/// another folder, for tests of a release build.
///
/// # Errors
/// When it has not been built.
pub fn program(name: &str) -> Result<PathBuf> {
    let folder = match env::var_os("TESTS_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let exe = env::current_exe().context("the path of the running test")?;
            let folder = exe.parent().context("the folder of the running test")?;
            // Test executables lie in `deps`, programs one above.
            if folder.ends_with("deps") {
                folder.parent().unwrap_or(folder)
            } else {
                folder
            }
            .to_owned()
        }
    };
    let path = folder.join(name);
    ensure!(
        path.is_file(),
        "{} is missing: run `cargo build --workspace` first",
        path.display()
    );
    Ok(path)
}

/// The DuckDB library with its ADBC entry point.
///
/// # Errors
/// When it has not been fetched.
pub fn libduckdb() -> Result<PathBuf> {
    let path = repository().join("deploy/lib/libduckdb.so");
    ensure!(
        path.is_file(),
        "{} is missing: run deploy/fetch-duckdb.sh first",
        path.display()
    );
    Ok(path)
}

/// A folder of one test, removed with the value. With `TESTS_KEEP=1` it stays, for a look at the logs.
///
/// # Errors
/// When the system's temporary folder cannot be written.
pub fn scratch(label: &str) -> Result<TempDir> {
    let mut folder = tempfile::Builder::new()
        .prefix(&format!("tests-{label}-"))
        .tempdir()
        .context("a scratch folder")?;
    folder.disable_cleanup(env::var_os("TESTS_KEEP").is_some());
    Ok(folder)
}

/// A folder that outlives one run, for what is costly to make and is only read: loaded databases. It lies in the system's
/// temporary folder and not under `target`, because PostgreSQL runs as a user of its own, who may not be let through
/// the folders above a checkout.
///
/// # Errors
/// When it cannot be made, or when somebody else made it.
pub fn cache() -> Result<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let path = env::temp_dir().join(format!("tunnel-tests-{uid}"));
    match fs::create_dir(&path) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(e).with_context(|| format!("making {}", path.display())),
    }
    let found = fs::symlink_metadata(&path)?;
    if found.uid() != uid || !found.is_dir() {
        bail!(
            "{} belongs to somebody else: set TMPDIR to a folder of your own",
            path.display()
        );
    }
    // Others may pass through to what is theirs (PostgreSQL's files), not look around.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
    Ok(path)
}
