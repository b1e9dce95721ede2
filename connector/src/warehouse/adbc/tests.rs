//! The wall around a DuckDB file, tried from inside: what no plan can say must fail even if one could.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::*;

fn driver() -> (PathBuf, [u8; 32]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/lib/libduckdb.so");
    let bytes = std::fs::read(&path).expect("deploy/lib/libduckdb.so: run deploy/fetch-duckdb.sh first");
    (path, Sha256::digest(&bytes).into())
}

async fn source(folder: &Path) -> Adbc {
    let (driver, digest) = driver();
    let database = folder.join("source.duckdb");
    let entry = Some(b"duckdb_adbc_init".as_slice());
    let mut owner =
        adbc_driver_manager::ManagedDriver::load_dynamic_from_filename(&driver, entry, Default::default())
            .unwrap();
    let path = (
        OptionDatabase::Other("path".into()),
        OptionValue::String(database.to_str().unwrap().into()),
    );
    let mut owner = owner
        .new_database_with_opts([path])
        .unwrap()
        .new_connection()
        .unwrap();
    run_once(&mut owner, "create table t as select 1 as a", &[]).unwrap();
    drop(owner);
    let settings = config::DuckDb {
        database,
        driver,
        driver_sha256: config::Sha256Digest(digest),
    };
    Adbc::duckdb(&settings).await.unwrap()
}

#[tokio::test]
async fn nothing_outside_the_file_can_be_reached_and_nothing_in_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.csv"), "a\n1\n").unwrap();
    let source = source(folder.path()).await;
    let mut connection = source.database.new_connection().unwrap();
    assert_eq!(
        run_once(&mut connection, "select a from t", &[]).unwrap().len(),
        1
    );
    let at = folder.path().display();
    for hostile in [
        format!("select * from read_csv('{at}/secret.csv')"),
        format!("select * from '{at}/secret.csv'"),
        format!("select content from read_text('{at}/secret.csv')"),
        format!("select * from glob('{at}/*')"),
        format!("copy t to '{at}/out.csv'"),
        format!("export database '{at}/out'"),
        format!("attach '{at}/other.duckdb'"),
        "create table u (a integer)".to_owned(),
        "insert into t values (2)".to_owned(),
        "drop table t".to_owned(),
        "set enable_external_access = true".to_owned(),
        "set global lock_configuration = false".to_owned(),
        "set threads = 64".to_owned(),
        "reset memory_limit".to_owned(),
        "install httpfs".to_owned(),
        "load '/tmp/x.duckdb_extension'".to_owned(),
    ] {
        assert!(run_once(&mut connection, &hostile, &[]).is_err(), "{hostile}");
    }
    assert!(!folder.path().join("out.csv").exists() && !folder.path().join("other.duckdb").exists());
}

#[tokio::test]
async fn a_driver_that_is_not_the_pinned_one_opens_nothing() {
    let (path, _) = driver();
    let settings = config::DuckDb {
        database: PathBuf::from("/nonexistent.duckdb"),
        driver: path,
        driver_sha256: config::Sha256Digest([7; 32]),
    };
    assert!(
        matches!(Adbc::duckdb(&settings).await, Err(WarehouseError::Settings(why)) if why.contains("SHA-256"))
    );
}

#[tokio::test]
async fn an_unknown_dialect_is_refused_with_the_known_ones() {
    let (driver, digest) = driver();
    let settings = config::Adbc {
        driver,
        driver_sha256: config::Sha256Digest(digest),
        entrypoint: "duckdb_adbc_init".to_owned(),
        dialect: "oracle".to_owned(),
        options: Default::default(),
        secret_options: Default::default(),
    };
    assert!(
        matches!(Adbc::new(&settings).await, Err(WarehouseError::Settings(why)) if why.contains("duckdb"))
    );
}
