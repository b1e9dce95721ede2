//! `connector grants`: prints the statements that make the connector's role.

use clap::Args;

use super::{Exit, fail, print};
use crate::warehouse::grants::{Engine, Name, Names, statements};

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is run: read the statements, then run them as an administrator of the warehouse. Names are taken as the warehouse
stores them, and quoted.

Examples:
  connector grants --dialect postgres --database analytics --dbt-role dbt | psql analytics
  connector grants --dialect snowflake --database ANALYTICS --warehouse SMALL --schema PROD_ELEMENTARY")]
pub(super) struct GrantsArgs {
    /// The warehouse: postgres, duckdb, redshift, snowflake, bigquery, databricks, clickhouse, trino or athena.
    #[arg(long, value_name = "NAME")]
    dialect: Engine,
    /// The Elementary schema [default: analytics_elementary].
    #[arg(long, value_name = "NAME")]
    schema: Option<Name>,
    /// The connector's role, user or service account [default: elementary_reader].
    #[arg(long, value_name = "NAME")]
    role: Option<Name>,
    /// The role that dbt runs as: it re-creates views at each run, and only its default privileges reach them.
    #[arg(long, value_name = "NAME")]
    dbt_role: Option<Name>,
    /// The database, catalog or project that the schema is in.
    #[arg(long, value_name = "NAME")]
    database: Option<Name>,
    /// Snowflake: the warehouse that queries run on.
    #[arg(long, value_name = "NAME")]
    warehouse: Option<Name>,
}

pub(super) fn grants(args: GrantsArgs) -> Exit {
    let names = Names {
        schema: args.schema,
        role: args.role,
        dbt_role: args.dbt_role,
        database: args.database,
        warehouse: args.warehouse,
    };
    match statements(args.dialect, &names) {
        Ok(grants) => {
            for option in &grants.missing {
                eprintln!("warning: without {option} some statements are left as comments");
            }
            print(&grants.text)
        }
        Err(error) => fail(&error),
    }
}
