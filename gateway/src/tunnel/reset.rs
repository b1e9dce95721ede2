//! How connectors learn at once that this gateway was killed and is back: stateless resets (RFC 9000, section 10.3).
//!
//! Whoever sends to a connection that this process does not know is answered with a token that was promised when the
//! connection was made: a MAC of the connection's id. The key of that MAC therefore has to outlive the process, or the
//! answer is noise to the connector, which then waits for its own patience to end. It is a secret: whoever has it can end
//! this node's tunnels, and nothing more.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::hmac;
use quinn::{ConnectionId, ConnectionIdGenerator, EndpointConfig};
use rand::RngCore as _;
use zeroize::Zeroizing;

/// As long as the MAC's output: SHA-256.
const KEY_BYTES: usize = 32;

/// Random bytes of a connection's id: two of the 10,000 tunnels of a node meet once in 10^11 nodes.
const ID_BYTES: usize = 8;

/// No bound on their rate: datagrams are read in bunches, and one reset for each bunch leaves most of a thousand connectors to
/// their own patience of 20 s. A reset is smaller than what it answers, so that nothing is amplified and two hosts cannot keep
/// each other at it. It costs a MAC and a datagram: whoever floods this socket with noise makes it send as many as it reads.
const RESET_INTERVAL: Duration = Duration::ZERO;

/// The key of this node's stateless resets.
#[derive(Debug, Clone)]
pub struct ResetKey(Arc<hmac::Key>);

impl ResetKey {
    /// The key in a file of mode 0600, which is made if it is missing.
    ///
    /// # Errors
    /// The system's; or the file is not one that this function made, or may be read by others.
    pub fn load(path: &Path) -> io::Result<Self> {
        match fs::read(path).map(Zeroizing::new) {
            Ok(key) => {
                let mode = fs::metadata(path)?.permissions().mode() & 0o777;
                if key.len() != KEY_BYTES || mode & 0o077 != 0 {
                    let what =
                        "it is not 32 bytes that its owner alone may read; remove it, and a new one is made";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
                Ok(Self::new(&key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = Zeroizing::new([0; KEY_BYTES]);
                rand::rng().fill_bytes(key.as_mut_slice());
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)?;
                file.write_all(key.as_slice())?;
                file.sync_all()?;
                Ok(Self::new(key.as_slice()))
            }
            Err(error) => Err(error),
        }
    }

    /// From 32 secret bytes.
    pub(super) fn new(key: &[u8]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// An endpoint's settings with this key.
    pub(super) fn endpoint(&self) -> EndpointConfig {
        let mut config = EndpointConfig::new(Arc::clone(&self.0) as Arc<dyn quinn::crypto::HmacKey>);
        // quinn's own ids carry a mark of the process that made them, and strangers to it get no answer.
        config.cid_generator(|| Box::new(RandomIds));
        config.min_reset_interval(RESET_INTERVAL);
        config
    }
}

/// Connection ids without a mark.
struct RandomIds;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; ID_BYTES];
        rand::rng().fill_bytes(&mut id);
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_made_once_and_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reset.key");
        let sign = |key: &ResetKey| hmac::sign(&key.0, b"id").as_ref().to_vec();
        let made = sign(&ResetKey::load(&path).unwrap());
        assert_eq!(sign(&ResetKey::load(&path).unwrap()), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(ResetKey::load(&path).is_err());
        fs::remove_file(&path).unwrap();
        assert_ne!(sign(&ResetKey::load(&path).unwrap()), made);
        fs::write(&path, b"short").unwrap();
        assert!(ResetKey::load(&path).is_err());
    }
}
