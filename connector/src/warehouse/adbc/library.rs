//! Loading a driver: only bytes with the digest that the customer pinned are ever mapped as code.
//!
//! Hashing a file and then loading it by name leaves a moment in which it can be exchanged, and even a mapped file can
//! be written to. So the file is read once into an anonymous file in memory, which is then sealed against every change;
//! that copy is hashed and that copy is loaded. It costs the driver's size in memory (DuckDB: 70 MB, swappable).

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek},
    os::fd::AsRawFd,
    path::Path,
    sync::{Mutex, PoisonError},
};

use adbc_core::options::AdbcVersion;
use adbc_driver_manager::ManagedDriver;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use sha2::{Digest, Sha256};

use crate::warehouse::WarehouseError;

/// Largest driver in bytes. DuckDB's is 70 MB, the largest of the others about 200.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Drivers loaded so far, by digest and entry point. The sealed copies stay open: the loader knows a library by its path,
/// and the number in `/proc/self/fd/…` must not be given to another.
static LOADED: Mutex<Option<HashMap<Pinned, (ManagedDriver, File)>>> = Mutex::new(None);

/// SHA-256 and entry point.
type Pinned = ([u8; 32], String);

/// Loads a driver whose bytes have this SHA-256, or gives the one that was loaded before.
pub(super) fn load(file: &Path, digest: [u8; 32], entrypoint: &str) -> Result<ManagedDriver, WarehouseError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    let key = (digest, entrypoint.to_owned());
    if let Some((driver, _)) = loaded.get(&key) {
        return Ok(driver.clone());
    }
    let refuse = |why: String| WarehouseError::Settings(format!("driver {}: {why}", file.display()));
    let (copy, found) = sealed_copy(file).map_err(|error| refuse(error.to_string()))?;
    if found != digest {
        return Err(refuse(format!(
            "its SHA-256 is {}, not the {} of `driver_sha256`; it was not loaded",
            hex::encode(found),
            hex::encode(digest)
        )));
    }
    let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
    let entry = Some(entrypoint.as_bytes());
    let driver = ManagedDriver::load_dynamic_from_filename(&path, entry, AdbcVersion::V110)
        .or_else(|_| ManagedDriver::load_dynamic_from_filename(&path, entry, AdbcVersion::V100))
        .map_err(|_| {
            refuse(format!(
                "it is no ADBC driver with the entry point `{entrypoint}`"
            ))
        })?;
    loaded.insert(key, (driver.clone(), copy));
    Ok(driver)
}

/// A copy in memory that nobody can change, and its SHA-256.
fn sealed_copy(file: &Path) -> io::Result<(File, [u8; 32])> {
    let mut source = File::open(file)?.take(MAX_BYTES + 1);
    let mut copy = File::from(memfd_create(
        "driver",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?);
    if io::copy(&mut source, &mut copy)? > MAX_BYTES {
        return Err(io::Error::other("over 1 GiB, too large for a driver"));
    }
    fcntl_add_seals(
        &copy,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    copy.rewind()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match copy.read(&mut buffer)? {
            0 => break,
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok((copy, hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_driver_of_another_digest_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("driver.so");
        std::fs::write(&path, b"not the driver").unwrap();
        let error = load(&path, [0; 32], "AdbcDriverInit").unwrap_err();
        assert!(
            matches!(&error, WarehouseError::Settings(why) if why.contains("was not loaded")),
            "{error}"
        );
        let digest = Sha256::digest(b"not the driver").into();
        let error = load(&path, digest, "AdbcDriverInit").unwrap_err();
        assert!(
            matches!(&error, WarehouseError::Settings(why) if why.contains("no ADBC driver")),
            "{error}"
        );
    }

    #[test]
    fn the_copy_cannot_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"abc").unwrap();
        let (mut copy, digest) = sealed_copy(&path).unwrap();
        assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
        copy.rewind().unwrap();
        assert!(copy.write_all(b"x").is_err());
    }
}
