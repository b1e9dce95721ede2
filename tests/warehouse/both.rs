//! Both warehouses, with the real rows.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::SchemaRef;
use connector::clock::UnixMillis;
use connector::config;
use connector::policy::budget::Ledger;
use connector::policy::file::Document;
use connector::policy::{Admitted, Asked, Origin, Policy};
use connector::warehouse::adbc::Adbc;
use connector::warehouse::postgres::Postgres;
use connector::warehouse::{BatchStream, Warehouse, WarehouseError};
use proto::query::plan::{Parameter, Plan};
use proto::query::types::Value;
use proto::schema::{Sensitivity, elementary};
use proto::sql;
use tests::duckdb::DuckDb;
use tests::postgres::{Cluster, DATABASE, READER, READER_PASSWORD};
use tests::{duckdb, paths};
use tokio::time::Instant;

/// Longer than any query here takes on a loaded machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// One source in each engine.
pub(crate) struct Both {
    pub(crate) postgres: Postgres,
    pub(crate) duckdb: Adbc,
    pub(crate) cluster: Cluster,
    _folder: tempfile::TempDir,
}

/// A whole result.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl Both {
    /// The real rows.
    pub(crate) async fn start() -> Result<Self> {
        Self::with("", "").await
    }

    /// The real rows, and what these statements make, run by each engine's owner.
    pub(crate) async fn with(postgres: &str, duckdb: &str) -> Result<Self> {
        let folder = paths::scratch("warehouse")?;
        let cluster = Cluster::start().await?;
        let admin = cluster.admin(DATABASE).await?;
        for statement in statements(postgres) {
            admin
                .execute(statement, &[])
                .await
                .with_context(|| statement.to_owned())?;
        }
        let mut file = duckdb::shared()?;
        let driver = paths::libduckdb()?;
        if !duckdb.is_empty() {
            let copy = folder.path().join("warehouse.duckdb");
            fs::copy(&file, &copy)?;
            let mut database = DuckDb::open(&driver, &copy)?;
            for statement in statements(duckdb) {
                database
                    .execute(statement)
                    .with_context(|| statement.to_owned())?;
            }
            database.execute("checkpoint")?;
            file = copy;
        }
        let password = folder.path().join("password");
        fs::write(&password, READER_PASSWORD)?;
        fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self {
            postgres: Postgres::new(&postgres_settings(&cluster, &password))?,
            duckdb: Adbc::duckdb(&duckdb_settings(&file)?).await?,
            cluster,
            _folder: folder,
        })
    }

    /// Each with its name.
    pub(crate) fn each(&self) -> [(&'static str, &dyn Warehouse); 2] {
        [("postgres", &self.postgres), ("duckdb", &self.duckdb)]
    }
}

fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}

pub(crate) fn postgres_settings(cluster: &Cluster, password: &Path) -> config::Postgres {
    config::Postgres {
        host: cluster.address().to_string(),
        port: cluster.port(),
        database: DATABASE.to_owned(),
        user: READER.to_owned(),
        password: Some(config::SecretPlace::File(password.to_owned())),
        tls: config::Tls::CaFile(cluster.ca()),
        connections: 2,
    }
}

pub(crate) fn duckdb_settings(file: &Path) -> Result<config::DuckDb> {
    let mut digest = [0; 32];
    hex::decode_to_slice(duckdb::locked_digest()?, &mut digest)?;
    Ok(config::DuckDb {
        database: file.to_owned(),
        driver: paths::libduckdb()?,
        driver_sha256: config::Sha256Digest(digest),
    })
}

/// A policy that holds nothing back, over a schema.
pub(crate) fn open_policy(schema: &str) -> Policy {
    let tables = &elementary::schema().tables;
    let sensitive = tables.iter().flat_map(|table| {
        let columns = table
            .columns
            .iter()
            .filter(|column| column.sensitivity != Sensitivity::None);
        columns.map(|column| format!("\"{}.{}\"", table.name, column.name))
    });
    let text = format!(
        "source = \"s\"\nschema = \"{schema}\"\n[categories]\nfailed_rows_sample = true\nquery_logs = true\n\
         [columns]\nallow = [{}]\n[budget]\nqueries_per_minute = 100000\n",
        sensitive.collect::<Vec<_>>().join(", ")
    );
    let document = Document::parse(Path::new("policy.toml"), text.as_bytes()).expect("a policy");
    Policy::new(document, Arc::new(Ledger::default()))
}

/// A text as an admitted query over a schema.
pub(crate) fn admitted(schema: &str, text: &str, parameters: Vec<(Parameter, Value)>) -> Admitted {
    let (parameters, values) = parameters.into_iter().unzip();
    let plan = sql::lower(text, elementary::schema(), parameters).unwrap_or_else(|e| panic!("{text}: {e}"));
    admitted_plan(schema, plan, values)
}

pub(crate) fn admitted_plan(schema: &str, plan: Plan, values: Vec<Value>) -> Admitted {
    let asked = Asked {
        origin: Origin::Catalogued,
        plan: Arc::new(plan),
        values,
        rows: None,
        bytes: None,
        time: LONG,
    };
    open_policy(schema)
        .admit(asked, UnixMillis::now())
        .expect("admitted")
}

/// Runs a query to its end.
pub(crate) async fn run(warehouse: &dyn Warehouse, query: &Admitted) -> Result<Table, WarehouseError> {
    collect(warehouse.run(query, Instant::now() + LONG).await?).await
}

pub(crate) async fn collect(mut stream: BatchStream) -> Result<Table, WarehouseError> {
    let schema = stream.schema().clone();
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await.transpose()? {
        assert_eq!(batch.schema(), schema, "every batch has the result's columns");
        assert!(batch.num_rows() > 0, "no batch is empty");
        batches.push(batch);
    }
    Ok(Table { schema, batches })
}

impl Table {
    /// Each row as text, in order. NULL differs from every text.
    pub(crate) fn rows(&self) -> Vec<String> {
        let options = FormatOptions::new().with_null("\u{0}NULL");
        let mut rows = Vec::new();
        for batch in &self.batches {
            let columns: Vec<_> = batch
                .columns()
                .iter()
                .map(|c| ArrayFormatter::try_new(c, &options).expect("shown"))
                .collect();
            for row in 0..batch.num_rows() {
                let cells: Vec<String> = columns
                    .iter()
                    .map(|column| column.value(row).to_string())
                    .collect();
                rows.push(cells.join("\u{1}"));
            }
        }
        rows
    }

    /// The same, sorted: for queries that promise no order.
    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut rows = self.rows();
        rows.sort();
        rows
    }

    /// Columns as `name: type`.
    pub(crate) fn columns(&self) -> Vec<String> {
        self.schema
            .fields()
            .iter()
            .map(|field| format!("{}: {}", field.name(), field.data_type()))
            .collect()
    }
}
