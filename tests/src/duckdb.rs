//! DuckDB files with the real rows, loaded through the same ADBC driver that the connector uses, so that nobody needs
//! another DuckDB program. This is an operator's tool: it opens the file to write. The connector never does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use adbc_core::options::{AdbcVersion, OptionDatabase, OptionValue};
use adbc_core::{Connection as _, Database as _, Driver as _, Statement as _};
use adbc_driver_manager::{ManagedConnection, ManagedDriver};
use anyhow::{Context, Result, ensure};
use arrow_array::RecordBatch;

use crate::dataset::{self, Dialect, Table};
use crate::paths;

/// A DuckDB file open for writing.
pub struct DuckDb {
    connection: ManagedConnection,
}

impl DuckDb {
    /// Opens `file`, or makes it, with the driver library at `driver`.
    ///
    /// # Errors
    /// When the driver does not load or the file is no database or is in use.
    pub fn open(driver: &Path, file: &Path) -> Result<Self> {
        let entry = Some(b"duckdb_adbc_init".as_slice());
        let mut driver = ManagedDriver::load_dynamic_from_filename(driver, entry, AdbcVersion::V110)
            .with_context(|| format!("loading {}", driver.display()))?;
        let path = file
            .to_str()
            .with_context(|| format!("{} is not UTF-8", file.display()))?;
        let options = [(
            OptionDatabase::Other("path".to_owned()),
            OptionValue::String(path.to_owned()),
        )];
        let database = driver
            .new_database_with_opts(options)
            .with_context(|| format!("opening {}", file.display()))?;
        Ok(Self {
            connection: database.new_connection()?,
        })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&mut self, sql: &str) -> Result<()> {
        let mut statement = self.connection.new_statement()?;
        statement.set_sql_query(sql)?;
        statement.execute_update()?;
        Ok(())
    }

    /// Runs one query and collects its batches.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&mut self, sql: &str) -> Result<Vec<RecordBatch>> {
        let mut statement = self.connection.new_statement()?;
        statement.set_sql_query(sql)?;
        let reader = statement.execute()?;
        reader.map(|batch| Ok(batch?)).collect()
    }

    /// Makes every schema and table of the data set and loads their rows. Gives what was loaded.
    ///
    /// # Errors
    /// When a table exists already or a row does not fit.
    pub fn load(&mut self) -> Result<Vec<Table>> {
        self.execute(&dataset::definitions(Dialect::DuckDb)?)?;
        let mut tables = dataset::elementary()?;
        tables.extend(dataset::raw()?);
        for Table { schema, name, rows } in &tables {
            let rows = quoted(rows)?;
            // Nothing is left to the reader's guesses, and a quoted empty field stays an empty string.
            self.execute(&format!(
                "copy {schema}.{name} from {rows} (format csv, compression gzip, header true, auto_detect false, \
                 delimiter ',', quote '\"', escape '\"', nullstr '', allow_quoted_nulls false, parallel false)"
            ))
            .with_context(|| format!("loading {schema}.{name}"))?;
        }
        self.execute("checkpoint")?;
        Ok(tables)
    }
}

/// A file with the whole data set, made once for all runs. Only to be read: copy it before changing it.
///
/// # Errors
/// When it cannot be made.
pub fn shared() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let driver = paths::libduckdb()?;
    let name = format!(
        "elementary-{}.duckdb",
        hex::encode(dataset::digest()?.get(..8).unwrap_or_default())
    );
    let file = cache.join(&name);
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock()?;
    if !file.exists() {
        let part = cache.join(format!("{name}.part"));
        let _ = fs::remove_file(&part);
        DuckDb::open(&driver, &part)?.load()?;
        fs::rename(&part, &file)?;
    }
    Ok(file)
}

/// The digest of the library that `deploy/duckdb.lock` pins, in hexadecimal.
///
/// # Errors
/// When the lock file cannot be read.
pub fn locked_digest() -> Result<String> {
    let lock = fs::read_to_string(paths::repository().join("deploy/duckdb.lock"))?;
    let digest = lock.lines().find_map(|line| line.strip_prefix("SHA256="));
    Ok(digest.context("no SHA256 in deploy/duckdb.lock")?.to_owned())
}

/// A path as a SQL string.
fn quoted(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))?;
    ensure!(!text.contains('\0'), "a path with a zero byte");
    Ok(format!("'{}'", text.replace('\'', "''")))
}
