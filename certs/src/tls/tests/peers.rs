//! Gateway nodes among themselves.

use proto::limits::PEER_ALPN;

use super::*;

impl Installation {
    fn peer_server(&self) -> ServerConfig {
        let recorder = self.recorder.clone();
        let mut config = peer_server_config(self.node.clone(), self.authority.bundle(), recorder).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn peer_client(&self, slot: Arc<CredentialSlot>, node: &str) -> ClientConfig {
        let (bundle, node) = (self.authority.bundle(), node.parse().unwrap());
        let mut config = peer_client_config(slot, bundle, node, Arc::new(())).unwrap();
        config.time_provider = Arc::new(Clock(now()));
        config
    }

    fn node_name(&self) -> String {
        match self.node.facts().identity {
            proto::id::Identity::Node { node, .. } => node.to_string(),
            other @ proto::id::Identity::Connector { .. } => panic!("{other}"),
        }
    }
}

#[test]
fn nodes_know_each_other_by_name() {
    let it = Installation::new();
    let done = handshake(it.peer_client(it.node.clone(), &it.node_name()), it.peer_server()).unwrap();
    assert_eq!(done.client.alpn_protocol(), Some(PEER_ALPN));
    assert_eq!(done.server.protocol_version(), Some(ProtocolVersion::TLSv1_3));
}

#[test]
fn a_connector_is_no_node() {
    let it = Installation::new();
    let client = it.peer_client(it.connector(), &it.node_name());
    let failed = handshake(client, it.peer_server()).unwrap_err();
    let refusal = Refusal::of(&failed.server.unwrap());
    assert_eq!(refusal, Some(Refusal::WrongKind(it.connector().facts().identity)));
}

#[test]
fn another_node_than_the_one_that_is_meant_is_refused() {
    let it = Installation::new();
    let failed = handshake(it.peer_client(it.node.clone(), "elsewhere"), it.peer_server()).unwrap_err();
    assert_eq!(
        Refusal::of(&failed.client.unwrap()),
        Some(Refusal::OtherNode(it.node.facts().identity))
    );
}

#[test]
fn a_node_of_another_installation_is_refused_at_either_end() {
    let it = Installation::new();
    let stranger = slot(node(&authority(), now()));
    let failed = handshake(
        it.peer_client(stranger.clone(), &it.node_name()),
        it.peer_server(),
    )
    .unwrap_err();
    assert_eq!(
        Refusal::of(&failed.server.unwrap()),
        Some(Refusal::UnknownAuthority)
    );

    let mut server = it.peer_server();
    server.cert_resolver = stranger;
    let failed = handshake(it.peer_client(it.node.clone(), &it.node_name()), server).unwrap_err();
    assert_eq!(
        Refusal::of(&failed.client.unwrap()),
        Some(Refusal::UnknownAuthority)
    );
}

#[test]
fn a_connector_at_a_nodes_address_is_refused() {
    let it = Installation::new();
    let mut server = it.peer_server();
    server.cert_resolver = it.connector();
    let failed = handshake(it.peer_client(it.node.clone(), &it.node_name()), server).unwrap_err();
    assert_eq!(Refusal::of(&failed.client.unwrap()), Some(Refusal::Purpose));
}
