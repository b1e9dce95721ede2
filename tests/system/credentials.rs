//! Where the connector has the warehouse's password from, and that a new one needs no restart.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tests::aws::{Cloud, KEY_SECRET, REGION};
use tests::client::Client;
use tests::paths;
use tests::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use tests::vault::{self, VaultContract};
use tests::world::{Setup, Warehouse, World, query};

/// The code of a query's answer, `ok` where there is none.
async fn asked(caller: &Client) -> String {
    let answer = query(caller, "read.dbt_models", &json!({}), "text/csv")
        .await
        .unwrap();
    if answer.status.is_success() {
        return "ok".to_owned();
    }
    answer.problem().unwrap()
}

/// Gives the reader another password, and ends its sessions.
async fn change_password(cluster: &Cluster, password: &str) {
    let admin = cluster.admin(DATABASE).await.unwrap();
    let change = format!("ALTER ROLE {READER} PASSWORD '{password}'");
    admin.batch_execute(&change).await.unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{READER}'");
    admin.batch_execute(&end).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_password_in_secrets_manager_is_taken_without_a_restart_and_a_wrong_one_is_an_error() {
    let (cloud, cluster) = (Cloud::start().await.unwrap(), Cluster::start().await.unwrap());
    let secret = |password: &str| json!({ "username": READER, "password": password }).to_string();
    cloud
        .create_secret("elementary/reader", &secret(READER_PASSWORD))
        .await
        .unwrap();
    let place = format!(
        "password_aws = {{ secret = \"elementary/reader\", field = \"password\", region = \"{REGION}\", endpoint = \"{}\" }}",
        cloud.endpoint()
    );
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        password_settings: Some(place),
        connector_environment: Cloud::environment(),
        ..Setup::default()
    };
    let world = World::start(setup).await.unwrap();
    let caller = world.caller().await.unwrap();
    assert_eq!(asked(&caller).await, "ok");

    change_password(&cluster, "the-second-password").await;
    cloud
        .put_secret("elementary/reader", &secret("the-second-password"))
        .await
        .unwrap();
    assert_eq!(asked(&caller).await, "ok");
    // And one that nobody told Secrets Manager.
    change_password(&cluster, "the-third-password").await;
    assert_eq!(asked(&caller).await, "warehouse_error");
    cloud
        .put_secret("elementary/reader", &secret("the-third-password"))
        .await
        .unwrap();
    assert_eq!(asked(&caller).await, "ok");

    let log = fs::read_to_string(world.folder().join("connector.log")).unwrap();
    for secret in [
        READER_PASSWORD,
        "the-second-password",
        "the-third-password",
        KEY_SECRET,
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn password_is_read_from_systemd_and_from_vault() {
    let (server, cluster) = (
        VaultContract::start().await.unwrap(),
        Cluster::start().await.unwrap(),
    );
    server.put("elementary/reader", json!({ "password": READER_PASSWORD }));
    let folder = paths::scratch("credentials").unwrap();
    let token = folder.path().join("token");
    fs::write(&token, vault::TOKEN).unwrap();
    fs::write(folder.path().join("warehouse"), READER_PASSWORD).unwrap();
    // As systemd leaves it.
    let mode = fs::Permissions::from_mode(0o440);
    fs::set_permissions(folder.path().join("warehouse"), mode).unwrap();
    let (url, namespace) = (server.url(), vault::NAMESPACE);
    let vault_at = |path: &str| {
        format!(
            "password_vault = {{ address = \"{url}\", path = \"{path}\", namespace = \"{namespace}\", token_file = {token:?} }}"
        )
    };
    // Without a password there is no answer: the source is not offered, or its warehouse cannot be asked.
    let refused = ["source_offline", "warehouse_error"].as_slice();
    for (place, codes) in [
        (
            "password_credential = \"warehouse\"".to_owned(),
            ["ok"].as_slice(),
        ),
        (vault_at("elementary/reader"), ["ok"].as_slice()),
        ("password_credential = \"another\"".to_owned(), refused),
        (vault_at("elementary/another"), refused),
    ] {
        let setup = Setup {
            warehouse: Warehouse::Postgres(&cluster),
            password_settings: Some(place.clone()),
            connector_environment: vec![(
                "CREDENTIALS_DIRECTORY".to_owned(),
                folder.path().display().to_string(),
            )],
            ..Setup::default()
        };
        let world = World::start(setup).await.unwrap();
        let caller = world.caller().await.unwrap();
        let code = asked(&caller).await;
        assert!(codes.contains(&code.as_str()), "{place}: {code}");
    }
    assert!(
        server
            .requests()
            .contains(&"GET /v1/secret/data/elementary/reader".to_owned())
    );
}
