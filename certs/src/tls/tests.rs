//! Whole handshakes in memory: two connections that hand each other their bytes.

mod peers;

use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use proto::limits::ALPN;
use rustls::{
    AlertDescription, ClientConnection, Error, HandshakeKind, NamedGroup, PeerIncompatible, ProtocolVersion,
    ServerConnection, quic, time_provider::TimeProvider,
};
use rustls_pki_types::{ServerName, UnixTime};

use super::*;
use crate::{
    authority::{Authority, Issued, LEAF_LIFETIME},
    denylist::Snapshot,
    forge::{HOUR, authority, connector, connector_params, node, now, sign, uri},
    public::PublicCredential,
    verifier::Refusal,
};

#[derive(Debug)]
struct Clock(SystemTime);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(
            self.0.duration_since(SystemTime::UNIX_EPOCH).ok()?,
        ))
    }
}

#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<Refusal>>);

impl RefusalObserver for Recorder {
    fn refused(&self, refusal: &Refusal) {
        self.0.lock().unwrap().push(refusal.clone());
    }
}

/// Presents what no [`Credential`] would hold.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl Presents {
    fn new(chain: Vec<CertificateDer<'static>>, key: &PrivateKey) -> Arc<Self> {
        Arc::new(Self(Arc::new(CertifiedKey::new(
            chain,
            key.for_rustls().unwrap(),
        ))))
    }
}

impl ResolvesClientCert for Presents {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Presents {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn slot((issued, key): (Issued, PrivateKey)) -> Arc<CredentialSlot> {
    CredentialSlot::new(Credential::from_pem(&issued.chain_pem, &key).unwrap())
}

/// An installation with everything that its two ends need.
struct Installation {
    authority: Authority,
    node: Arc<CredentialSlot>,
    public: Arc<PublicSlot>,
    denylist: Arc<Denylist>,
    recorder: Arc<Recorder>,
}

impl Installation {
    fn new() -> Self {
        let authority = authority();
        let node = slot(node(&authority, now()));
        Self {
            authority,
            node,
            public: Arc::default(),
            denylist: Arc::default(),
            recorder: Arc::default(),
        }
    }

    fn connector(&self) -> Arc<CredentialSlot> {
        slot(connector(&self.authority, "acme", now()))
    }

    fn tunnel_server(&self) -> ServerConfig {
        let (denylist, recorder) = (self.denylist.clone(), self.recorder.clone());
        let bundle = self.authority.bundle();
        let mut config = tunnel_server_config(self.node.clone(), bundle, denylist, recorder).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn tunnel_client(&self, slot: Arc<CredentialSlot>) -> ClientConfig {
        let mut config = tunnel_client_config(slot, self.authority.bundle(), Arc::new(())).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn api_server(&self) -> ServerConfig {
        let mut config = api_server_config(
            self.node.clone(),
            self.authority.bundle(),
            Arc::clone(&self.public),
        )
        .unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn api_client(&self) -> ClientConfig {
        let mut config = api_client_config(self.authority.bundle()).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn join_client(&self, root: Fingerprint) -> ClientConfig {
        let mut config = join_client_config(root, Arc::new(())).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }
}

#[derive(Debug)]
struct Done {
    client: ClientConnection,
    server: ServerConnection,
}

/// What each end says of a handshake that failed.
#[derive(Debug, Default)]
struct Failed {
    client: Option<Error>,
    server: Option<Error>,
}

fn handshake(client: ClientConfig, server: ServerConfig) -> Result<Done, Box<Failed>> {
    handshake_with(&Arc::new(client), &Arc::new(server), "api.gw.example")
}

fn handshake_with(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
    host: &str,
) -> Result<Done, Box<Failed>> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(client.clone(), name).unwrap();
    let mut server = ServerConnection::new(server.clone()).unwrap();
    let mut failed = Failed::default();
    // A full handshake takes three flights and the tickets a fourth; then nothing is left to carry over.
    for _ in 0..8 {
        let mut flight = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut flight).unwrap();
        }
        if failed.server.is_none() && !flight.is_empty() {
            server.read_tls(&mut flight.as_slice()).unwrap();
            failed.server = server.process_new_packets().err();
        }
        let mut flight = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut flight).unwrap();
        }
        if failed.client.is_none() && !flight.is_empty() {
            client.read_tls(&mut flight.as_slice()).unwrap();
            failed.client = client.process_new_packets().err();
        }
    }
    if failed.client.is_some() || failed.server.is_some() {
        return Err(Box::new(failed));
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(Done { client, server })
}

#[test]
fn a_tunnel_is_tls13_with_the_post_quantum_exchange_and_our_alpn() {
    let it = Installation::new();
    let done = handshake(it.tunnel_client(it.connector()), it.tunnel_server()).unwrap();
    let group = |g: Option<&dyn rustls::crypto::SupportedKxGroup>| g.map(|group| group.name());
    assert_eq!(
        group(done.client.negotiated_key_exchange_group()),
        Some(NamedGroup::X25519MLKEM768)
    );
    assert_eq!(
        group(done.server.negotiated_key_exchange_group()),
        Some(NamedGroup::X25519MLKEM768)
    );
    assert_eq!(done.server.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(done.client.alpn_protocol(), Some(ALPN));
    assert_eq!(done.server.alpn_protocol(), Some(ALPN));
    let peer = crate::identity::facts_of_peer(done.server.peer_certificates().unwrap()).unwrap();
    assert_eq!(peer.identity.to_string(), crate::forge::CONNECTOR);
    let peer = crate::identity::facts_of_peer(done.client.peer_certificates().unwrap()).unwrap();
    assert_eq!(peer.identity.to_string(), crate::forge::NODE);
    assert_eq!(
        done.client.peer_certificates().unwrap().len(),
        2,
        "the root is not sent in a tunnel"
    );
    assert!(it.recorder.0.lock().unwrap().is_empty());
}

#[test]
fn a_peer_without_the_post_quantum_exchange_is_served_classically() {
    let it = Installation::new();
    let mut client = it.tunnel_client(it.connector());
    let groups = vec![aws_lc_rs::kx_group::X25519];
    client = ClientConfig::builder_with_provider(Arc::new(CryptoProvider {
        kx_groups: groups,
        ..(*provider()).clone()
    }))
    .with_protocol_versions(&[&TLS13])
    .unwrap()
    .dangerous()
    .with_custom_certificate_verifier(Arc::new(GatewayVerifier::new(
        it.authority.bundle(),
        Arc::new(()),
    )))
    .with_client_cert_resolver(client.client_auth_cert_resolver.clone());
    client.time_provider = Arc::new(Clock(now()));
    client.alpn_protocols = vec![ALPN.to_vec()];
    let done = handshake(client, it.tunnel_server()).unwrap();
    assert_eq!(
        done.server.negotiated_key_exchange_group().unwrap().name(),
        NamedGroup::X25519
    );
}

#[test]
fn another_alpn_is_refused_by_both_ends() {
    let it = Installation::new();
    let mut client = it.tunnel_client(it.connector());
    client.alpn_protocols = vec![b"elementary-tunnel/2".to_vec(), b"h2".to_vec()];
    let failed = handshake(client, it.tunnel_server()).unwrap_err();
    assert_eq!(failed.server, Some(Error::NoApplicationProtocol));
    assert_eq!(
        failed.client,
        Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol))
    );
}

/// As over QUIC, where RFC 9001 (section 8.1) makes ALPN mandatory.
fn quic_handshake(client: ClientConfig, server: ServerConfig) -> Result<(), Error> {
    let name = ServerName::try_from("gw.example").unwrap();
    let (client, server) = (Arc::new(client), Arc::new(server));
    let mut client = quic::ClientConnection::new(client, quic::Version::V1, name, vec![]).unwrap();
    let mut server = quic::ServerConnection::new(server, quic::Version::V1, vec![]).unwrap();
    for _ in 0..16 {
        let mut flight = Vec::new();
        let _ = client.write_hs(&mut flight);
        server.read_hs(&flight)?;
        let mut flight = Vec::new();
        let _ = server.write_hs(&mut flight);
        client.read_hs(&flight)?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(())
}

#[test]
fn over_quic_our_alpn_is_mandatory() {
    let it = Installation::new();
    assert_eq!(
        quic_handshake(it.tunnel_client(it.connector()), it.tunnel_server()),
        Ok(())
    );
    for alpn in [vec![], vec![b"h3".to_vec()]] {
        let mut client = it.tunnel_client(it.connector());
        client.alpn_protocols = alpn;
        assert_eq!(
            quic_handshake(client, it.tunnel_server()),
            Err(Error::NoApplicationProtocol)
        );
    }
}

#[test]
fn a_tunnel_does_not_speak_tls12() {
    let it = Installation::new();
    let mut client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_root_certificates(it.authority.bundle().store().clone())
        .with_client_cert_resolver(it.connector());
    client.alpn_protocols = vec![ALPN.to_vec()];
    let failed = handshake(client, it.tunnel_server()).unwrap_err();
    let expected = PeerIncompatible::Tls12NotOfferedOrEnabled;
    assert_eq!(failed.server, Some(Error::PeerIncompatible(expected)));
}

#[test]
fn a_connector_without_a_certificate_is_refused() {
    let it = Installation::new();
    let mut client = it.join_client(it.authority.root_fingerprint());
    client.alpn_protocols = vec![ALPN.to_vec()];
    client
        .dangerous()
        .set_certificate_verifier(Arc::new(GatewayVerifier::new(
            it.authority.bundle(),
            Arc::new(()),
        )));
    let failed = handshake(client, it.tunnel_server()).unwrap_err();
    assert_eq!(Refusal::of(&failed.server.unwrap()), Some(Refusal::NoCertificate));
    assert_eq!(
        failed.client,
        Some(Error::AlertReceived(AlertDescription::CertificateRequired))
    );
}

#[test]
fn each_bad_connector_is_refused_for_its_reason_and_told_by_its_alert() {
    let it = Installation::new();
    let stranger = authority();
    let cases: Vec<(Arc<CredentialSlot>, Refusal, AlertDescription)> = vec![
        (
            slot(connector(&it.authority, "acme", now() - LEAF_LIFETIME - HOUR)),
            Refusal::Expired { late: HOUR },
            AlertDescription::CertificateExpired,
        ),
        (
            slot(connector(
                &it.authority,
                "acme",
                now() + HOUR + crate::authority::BACKDATE,
            )),
            Refusal::NotYetValid { early: HOUR },
            AlertDescription::CertificateExpired,
        ),
        (
            slot(connector(&stranger, "acme", now())),
            Refusal::UnknownAuthority,
            AlertDescription::UnknownCA,
        ),
        (
            slot(node(&it.authority, now())),
            Refusal::WrongKind(it.node.facts().identity),
            AlertDescription::CertificateUnknown,
        ),
    ];
    for (slot, refusal, alert) in cases {
        let failed = handshake(it.tunnel_client(slot), it.tunnel_server()).unwrap_err();
        assert_eq!(Refusal::of(&failed.server.unwrap()), Some(refusal.clone()));
        assert_eq!(failed.client, Some(Error::AlertReceived(alert)), "{refusal:?}");
        assert_eq!(it.recorder.0.lock().unwrap().pop(), Some(refusal));
    }
}

#[test]
fn a_certificate_without_one_clear_identity_is_refused() {
    let it = Installation::new();
    let mut params = connector_params();
    params
        .subject_alt_names
        .push(uri("spiffe://gw.example/tenant/victim/connector/prod"));
    let (leaf, key) = sign(&it.authority, &params);
    let mut client = it.tunnel_client(it.connector());
    client.client_auth_cert_resolver = Presents::new(vec![leaf], &key);
    let failed = handshake(client, it.tunnel_server()).unwrap_err();
    assert_eq!(
        Refusal::of(&failed.server.unwrap()),
        Some(Refusal::Identity(IdentityError::SeveralUris))
    );
    assert_eq!(
        failed.client,
        Some(Error::AlertReceived(AlertDescription::CertificateUnknown))
    );
}

#[test]
fn a_certificate_without_its_key_is_worth_nothing() {
    let it = Installation::new();
    let (victim, _) = connector(&it.authority, "victim", now());
    let thief = PrivateKey::generate().unwrap();
    let mut client = it.tunnel_client(it.connector());
    client.client_auth_cert_resolver = Presents::new(victim.chain, &thief);
    let failed = handshake(client, it.tunnel_server()).unwrap_err();
    assert_eq!(Refusal::of(&failed.server.unwrap()), Some(Refusal::BadSignature));
    assert_eq!(it.recorder.0.lock().unwrap().pop(), Some(Refusal::BadSignature));

    // The same for a gateway.
    let mut server = it.tunnel_server();
    server.cert_resolver = Presents::new(node(&it.authority, now()).0.chain, &thief);
    let failed = handshake(it.tunnel_client(it.connector()), server).unwrap_err();
    assert_eq!(Refusal::of(&failed.client.unwrap()), Some(Refusal::BadSignature));
}

#[test]
fn a_bad_gateway_is_refused_by_the_connector() {
    let it = Installation::new();
    let stranger = authority();
    let (connector, connector_key) = connector(&it.authority, "acme", now());
    let (old, old_key) = node(&it.authority, now() - LEAF_LIFETIME - HOUR);
    let (other, other_key) = node(&stranger, now());
    for (chain, key, refusal) in [
        (connector.chain, connector_key, Refusal::Purpose),
        (old.chain, old_key, Refusal::Expired { late: HOUR }),
        (other.chain, other_key, Refusal::UnknownAuthority),
    ] {
        let mut server = it.tunnel_server();
        server.cert_resolver = Presents::new(chain, &key);
        let failed = handshake(it.tunnel_client(it.connector()), server).unwrap_err();
        assert_eq!(Refusal::of(&failed.client.unwrap()), Some(refusal));
    }
}

#[test]
fn no_session_is_resumed_so_that_the_revoked_cannot_return() {
    let it = Installation::new();
    let slot = it.connector();
    let (client, server) = (
        Arc::new(it.tunnel_client(slot.clone())),
        Arc::new(it.tunnel_server()),
    );
    for _ in 0..2 {
        let done = handshake_with(&client, &server, "gw.example").unwrap();
        assert_eq!(done.client.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(done.client.tls13_tickets_received(), 0);
    }
    // A client that would resume is given nothing to resume with.
    let mut eager = it.tunnel_client(slot.clone());
    eager.resumption = Resumption::in_memory_sessions(8);
    let eager = Arc::new(eager);
    for _ in 0..2 {
        let done = handshake_with(&eager, &server, "gw.example").unwrap();
        assert_eq!(done.server.handshake_kind(), Some(HandshakeKind::Full));
    }
    it.denylist.replace(Snapshot {
        identities: [slot.facts().identity].into(),
        ..Snapshot::default()
    });
    for client in [&client, &eager] {
        let failed = handshake_with(client, &server, "gw.example").unwrap_err();
        assert_eq!(Refusal::of(&failed.server.unwrap()), Some(Refusal::Revoked));
        assert_eq!(
            failed.client,
            Some(Error::AlertReceived(AlertDescription::CertificateRevoked))
        );
    }
}

#[test]
fn a_renewed_credential_is_used_from_the_next_handshake() {
    let it = Installation::new();
    let connector_slot = it.connector();
    let (client, server) = (
        Arc::new(it.tunnel_client(connector_slot.clone())),
        Arc::new(it.tunnel_server()),
    );
    let serials = |done: &Done| {
        let client = crate::identity::facts_of_peer(done.client.peer_certificates().unwrap()).unwrap();
        let server = crate::identity::facts_of_peer(done.server.peer_certificates().unwrap()).unwrap();
        (client.serial, server.serial)
    };
    let before = serials(&handshake_with(&client, &server, "gw.example").unwrap());
    it.node.replace(slot(node(&it.authority, now())).current());
    connector_slot.replace(it.connector().current());
    let after = serials(&handshake_with(&client, &server, "gw.example").unwrap());
    assert_eq!(after, (it.node.facts().serial, connector_slot.facts().serial));
    assert!(before.0 != after.0 && before.1 != after.1);
}

#[test]
fn a_joining_connector_reaches_the_api_by_the_roots_digest_alone() {
    let it = Installation::new();
    let client = Arc::new(it.join_client(it.authority.root_fingerprint()));
    let server = Arc::new(it.api_server());
    for host in ["api.gw.example", "behind.a.load.balancer.example", "192.0.2.7"] {
        let done = handshake_with(&client, &server, host).unwrap();
        assert_eq!(done.client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        let group = done.client.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, NamedGroup::X25519MLKEM768);
        let presented = done.client.peer_certificates().unwrap();
        assert_eq!(
            Fingerprint::of(presented.last().unwrap()),
            it.authority.root_fingerprint()
        );
    }
    let failed = handshake(it.join_client(authority().root_fingerprint()), it.api_server()).unwrap_err();
    assert_eq!(Refusal::of(&failed.client.unwrap()), Some(Refusal::NotPinned));
}

#[test]
fn the_api_is_for_clients_that_hold_the_root_and_name_the_host() {
    let it = Installation::new();
    let (client, server) = (Arc::new(it.api_client()), Arc::new(it.api_server()));
    for host in ["api.gw.example", "127.0.0.1"] {
        handshake_with(&client, &server, host).unwrap();
    }
    let failed = handshake_with(&client, &server, "other.example").unwrap_err();
    let error = failed.client.unwrap();
    assert!(matches!(
        error,
        Error::InvalidCertificate(rustls::CertificateError::NotValidForNameContext { .. })
    ));
    let mut stranger = api_client_config(authority().bundle()).unwrap();
    stranger.time_provider = Arc::new(Clock(now()));
    let failed = handshake(stranger, it.api_server()).unwrap_err();
    assert_eq!(
        Refusal::of(&failed.client.unwrap()),
        Some(Refusal::UnknownAuthority)
    );
}

#[test]
fn a_public_certificate_is_shown_to_everybody_but_those_who_know_our_authority_alone() {
    let it = Installation::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["api.gw.example".to_owned()]).unwrap();
    params.not_before = (now() - Duration::from_secs(60)).into();
    params.not_after = (now() + Duration::from_secs(3_600)).into();
    let public = params.self_signed(&key).unwrap();
    let credential =
        PublicCredential::from_pem(&public.pem(), &key.serialize_pem(), "api.gw.example", now()).unwrap();
    it.public.replace(Some(credential));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(public.der().clone()).unwrap();
    let mut browser = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    browser.time_provider = Arc::new(Clock(now()));
    browser.resumption = Resumption::disabled();
    let browser = Arc::new(browser);
    let server = Arc::new(it.api_server());
    handshake_with(&browser, &server, "api.gw.example").unwrap();

    let mut join = it.join_client(it.authority.root_fingerprint());
    join.alpn_protocols = vec![proto::limits::OWN_AUTHORITY_ALPN.to_vec(), b"http/1.1".to_vec()];
    let done = handshake_with(&Arc::new(join), &server, "api.gw.example").unwrap();
    assert_eq!(done.server.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(handshake_with(&Arc::new(it.api_client()), &server, "api.gw.example").is_err());

    // Without one everybody is shown the node's own again.
    it.public.replace(None);
    assert!(handshake_with(&browser, &server, "api.gw.example").is_err());
    handshake_with(&Arc::new(it.api_client()), &server, "api.gw.example").unwrap();
}

#[test]
fn the_api_speaks_tls12_and_prefers_http2() {
    let it = Installation::new();
    let client = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(it.authority.bundle().store().clone())
            .with_no_client_auth();
        config.time_provider = Arc::new(Clock(now()));
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        config
    };
    let done = handshake(client(&[&TLS12]), it.api_server()).unwrap();
    assert_eq!(done.server.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let done = handshake(client(&[&TLS12, &TLS13]), it.api_server()).unwrap();
    assert_eq!(done.server.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(done.server.alpn_protocol(), Some(&b"h2"[..]));
}

#[test]
fn a_credential_is_one_whole() {
    let authority = authority();
    let (issued, key) = connector(&authority, "acme", now());
    let other = PrivateKey::generate().unwrap();
    assert!(Credential::from_pem(&issued.chain_pem, &key).is_ok());
    let refused = |pem: &str, key: &PrivateKey| Credential::from_pem(pem, key).unwrap_err();
    assert_eq!(refused(&issued.chain_pem, &other), TlsError::KeyMismatch);
    assert_eq!(refused("", &key), TlsError::Chain);
    assert_eq!(
        refused(&issued.chain_pem.repeat(MAX_PRESENTED + 1), &key),
        TlsError::Chain
    );
    assert_eq!(refused(&"x".repeat(MAX_BUNDLE_BYTES + 1), &key), TlsError::Chain);
    let root = authority.root().to_pem();
    assert_eq!(
        refused(&root, &key),
        TlsError::Identity(IdentityError::CertificateAuthority)
    );
}

#[test]
fn nothing_shows_a_key() {
    let it = Installation::new();
    let slot = it.connector();
    let shown = format!("{slot:?} {:?} {:?}", it.tunnel_client(slot.clone()), it.authority);
    let key = it.authority.root().key_pem();
    let secret = key.lines().nth(1).unwrap();
    assert!(!shown.contains(secret) && !shown.contains("PRIVATE"), "{shown}");
}
