//! The key-encryption key as an administrator meets it.

use super::*;

#[tokio::test]
async fn key_is_rotated_by_an_administrator_while_the_gateway_serves_and_by_nobody_else() {
    let gateway = Gateway::start().await;
    let acme = gateway.tenant("acme").await;
    let body = json!({ "name": "dashboards", "scopes": ["query", "enrol"] });
    let made = gateway
        .admin(Method::POST, "/v1/tenants/acme/api-tokens", Some(body))
        .await
        .expect("token");
    let token = made["api_token"].as_str().expect("text").to_owned();
    let tenants_own = gateway.client(&token);
    let join = gateway.join_token(&acme, json!({})).await;

    let kek = gateway.folder().kek();
    let before = fs::read_to_string(&kek).expect("the key");
    for path in ["/v1/seal/rotate", "/v1/seal/rewrap"] {
        let refused = tenants_own.call::<(), Value>(Method::POST, path, None).await;
        assert_eq!(code(refused), "forbidden");
    }
    assert_eq!(fs::read_to_string(&kek).expect("the key"), before);

    let done = gateway
        .admin(Method::POST, "/v1/seal/rotate", None)
        .await
        .expect("rotated");
    // The installation's and the tenant's.
    assert_eq!(done, json!({ "rewrapped": 2, "unchanged": 0 }));
    assert_ne!(fs::read_to_string(&kek).expect("the key"), before);
    let again = gateway
        .admin(Method::POST, "/v1/seal/rewrap", None)
        .await
        .expect("nothing to do");
    assert_eq!(again, json!({ "rewrapped": 0, "unchanged": 2 }));

    // What was sealed before opens, here and in a process that starts now.
    let path = "/v1/tenants/acme/connectors";
    let (state, clock) = (gateway.folder(), gateway.state().clock.clone());
    tenants_own
        .call::<(), Value>(Method::GET, path, None)
        .await
        .expect("in force");
    let (hand, folder) = (gateway.hand, gateway.folder);
    gateway.running.stop().await;
    let config = Config::load(state).expect("settings");
    let gateway = Gateway {
        running: start(config, clock).await.expect("starts again"),
        hand,
        folder,
    };
    gateway
        .client(&token)
        .call::<(), Value>(Method::GET, path, None)
        .await
        .expect("in force");
    let request = gateway.request(&join, "prod-1");
    gateway.enrol(&request).await.expect("enrolled");
    gateway.stop().await;
}
