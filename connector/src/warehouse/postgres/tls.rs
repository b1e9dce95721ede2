//! TLS to the database: always verified, or not used at all and only where no network is crossed.

use std::{fs, io, net::IpAddr, path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{config::Tls, warehouse::WarehouseError};

/// Where the systems that the connector is built for keep the certificates that they trust, after the file that
/// `SSL_CERT_FILE` names: Debian and Ubuntu, Fedora and RHEL, SUSE, Alpine.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How connections are made: verified TLS, or none.
#[derive(Clone)]
pub(super) enum Connector {
    Verified(MakeRustlsConnect),
    Plaintext,
}

/// Prepares what the settings ask for. Refuses plaintext to anything but this host.
pub(super) fn connector(tls: &Tls, host: &str) -> Result<Connector, WarehouseError> {
    let roots = match tls {
        Tls::DangerPlaintext if stays_on_host(host) => return Ok(Connector::Plaintext),
        Tls::DangerPlaintext => {
            return Err(WarehouseError::Settings(format!(
                "TLS may be switched off only for a loopback address or a Unix socket; `{host}` is neither"
            )));
        }
        Tls::SystemRoots => system_roots()?,
        Tls::CaFile(file) => read_roots(file)
            .map_err(|error| WarehouseError::Settings(format!("CA file {}: {error}", file.display())))?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| WarehouseError::Internal("the TLS provider has no protocol version"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Verified(MakeRustlsConnect::new(config)))
}

/// A loopback address, `localhost`, or a path of a Unix socket. Names are not resolved: what they say may change.
fn stays_on_host(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn system_roots() -> Result<RootCertStore, WarehouseError> {
    let named = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let candidates = named
        .into_iter()
        .chain(SYSTEM_BUNDLES.iter().map(std::path::PathBuf::from));
    for file in candidates {
        if let Ok(roots) = read_roots(&file) {
            return Ok(roots);
        }
    }
    Err(WarehouseError::Settings(
        "no file of trusted certificates on this host; install `ca-certificates` or name the database's CA"
            .to_owned(),
    ))
}

fn read_roots(file: &Path) -> io::Result<RootCertStore> {
    let pem = fs::read(file)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| io::Error::other(error.to_string()))?;
        // System bundles hold a few that are too old to parse; the rest must not suffer for it.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        Err(io::Error::other("no certificate in it"))
    } else {
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_is_for_this_host_only() {
        for host in ["127.0.0.1", "::1", "localhost", "/var/run/postgresql"] {
            assert!(connector(&Tls::DangerPlaintext, host).is_ok(), "{host}");
        }
        for host in ["10.0.0.1", "db.example", "localhost.example", "0.0.0.0", ""] {
            assert!(
                matches!(
                    connector(&Tls::DangerPlaintext, host),
                    Err(WarehouseError::Settings(_))
                ),
                "{host}"
            );
        }
    }
}
