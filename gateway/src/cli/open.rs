//! Files with secrets: written new and private, read only if private.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use zeroize::Zeroizing;

/// Longest secret in bytes: API tokens have 47, join tokens some hundreds.
const MAX_BYTES: u64 = 4_096;

/// Writes a secret and a line's end to a new file of mode 0600. An existing file is not overwritten.
pub(super) fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let line = Zeroizing::new(format!("{secret}\n"));
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

/// Reads a secret from a file that nobody else may read.
pub(super) fn read_secret(path: &Path) -> io::Result<Zeroizing<String>> {
    read_secret_of(path, MAX_BYTES)
}

/// The same, of at most so many bytes.
pub(super) fn read_secret_of(path: &Path, most: u64) -> io::Result<Zeroizing<String>> {
    let file = fs::File::open(path)?;
    let mode = file.metadata()?.mode();
    if mode & 0o077 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "its mode is {:04o}, others can read it; run `chmod 600` on it",
                mode & 0o7777
            ),
        ));
    }
    let mut text = Zeroizing::new(String::with_capacity(512));
    file.take(most).read_to_string(&mut text)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secret_is_written_private_and_never_over_something_else() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("token");
        write_secret(&path, "etg_x").expect("new");
        assert_eq!(fs::metadata(&path).expect("file").mode() & 0o777, 0o600);
        assert_eq!(*read_secret(&path).expect("private"), "etg_x");
        assert_eq!(
            write_secret(&path, "y").expect_err("exists").kind(),
            io::ErrorKind::AlreadyExists
        );
    }

    #[test]
    fn secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("token");
        write_secret(&path, "etg_x").expect("new");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert_eq!(
            read_secret(&path).expect_err("refused").kind(),
            io::ErrorKind::PermissionDenied
        );
    }
}
