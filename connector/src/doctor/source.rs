//! One source: its policy, its warehouse, and what the schema holds.

use std::{sync::Arc, time::Duration};

use proto::{
    catalogue::Catalogue,
    id::QueryName,
    schema::{Table, elementary},
};
use tokio::time::Instant;

use super::Finding;
use crate::{
    app,
    clock::UnixMillis,
    config::{self, Source},
    policy::{Asked, Origin, Policy, budget::Ledger, watch::Current},
    warehouse::{Inspection, Warehouse, WarehouseError, rights::Excess},
};

/// For each question to the warehouse: as at the connector's start.
const DEADLINE: Duration = Duration::from_secs(15);

/// The query that reads the package's version, and its column.
const PACKAGE: (&str, &str) = ("read.metadata", "dbt_pkg_version");

/// Views that are named in one line.
const NAMED: usize = 3;

pub(super) async fn examine(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let policy = match Current::load(source.policy.clone(), &source.name, Arc::new(Ledger::default())) {
        Ok(current) => {
            let file = source.policy.display();
            found.push(Finding::pass(
                "policy",
                format!("{file} is valid; `connector policy check {file}` says what it means"),
            ));
            current.policy()
        }
        Err(error) => {
            let next = "correct the file as the message says; without a policy nothing is served";
            found.push(Finding::fail("policy", error.to_string(), next));
            return found;
        }
    };
    let warehouse = match app::open(source).await {
        Ok(warehouse) => warehouse,
        Err(error) => {
            let next = "correct the source's settings as the message says";
            found.push(Finding::fail("warehouse", format!("{error:#}"), next));
            return found;
        }
    };
    let schema = policy.document().schema();
    match warehouse.check(schema, Instant::now() + DEADLINE).await {
        Ok(inspection) => {
            found.push(Finding::pass(
                "warehouse",
                format!("{} answers", inspection.version),
            ));
            found.push(held(source, schema.as_str(), &inspection));
            match warehouse.rights(schema, Instant::now() + DEADLINE).await {
                Ok(excess) => found.extend(role(source, &excess)),
                Err(error) => found.push(Finding::fail("role", error.to_string(), advice(&error))),
            }
            if !inspection.tables.is_empty() {
                found.push(package(warehouse.as_ref(), &policy).await);
            }
        }
        Err(error) => found.push(Finding::fail("warehouse", error.to_string(), advice(&error))),
    }
    found
}

/// What the warehouse role may do beyond reading the schema: each right that keeps the source from being served.
fn role(source: &Source, excess: &[Excess]) -> Vec<Finding> {
    let against = source.accepted.unaccepted(excess);
    if against.is_empty() {
        let lesser: Vec<String> = excess.iter().map(ToString::to_string).collect();
        let pass = Finding::pass(
            "role",
            "it has no right in excess that keeps the source from being served",
        );
        return vec![if lesser.is_empty() {
            pass
        } else {
            pass.hint(lesser.join("; "))
        }];
    }
    let fail = |excess: &&Excess| {
        let next = match &excess.remedy {
            Some(statement) => format!("let an administrator of the warehouse run: {statement}"),
            None => "let an administrator of the warehouse take it away".to_owned(),
        };
        Finding::fail("role", excess.to_string(), next)
    };
    against.iter().map(fail).collect()
}

fn advice(error: &WarehouseError) -> &'static str {
    match error {
        WarehouseError::State(state) => match state.as_str() {
            "28P01" | "28000" => {
                "the warehouse refuses the role: compare `user` and its password, and whether it may log in from here"
            }
            "3D000" => "there is no such database: compare `database`",
            "53300" => "the warehouse has no connection left: raise its limit, or the role's",
            "42501" => "the role lacks a right: see `connector grants`",
            _ => "look the SQLSTATE up in the warehouse's manual; its own log has the message",
        },
        WarehouseError::Unreachable | WarehouseError::Lost => {
            "compare host and port, let a firewall pass, and see that TLS is on there and its certificate names that host (`ca_file`)"
        }
        WarehouseError::Deadline | WarehouseError::Busy(_) => {
            "it is slow or a firewall drops packets: try its own client from this host"
        }
        _ => "correct the source's settings as the message says",
    }
}

/// Whether the schema is there and what of the package's tables can be read.
fn held(source: &Source, schema: &str, inspection: &Inspection) -> Finding {
    const CHECK: &str = "schema";
    let (role, dialect) = match &source.warehouse {
        config::Warehouse::Postgres(postgres) => (Some(postgres.user.as_str()), "postgres"),
        config::Warehouse::DuckDb(_) => (None, "duckdb"),
        config::Warehouse::Adbc(adbc) => (None, adbc.dialect.as_str()),
    };
    if inspection.tables.is_empty() {
        return Finding::fail(
            CHECK,
            format!("schema {schema:?} holds nothing that the connector's role may read"),
            format!(
                "compare `schema` in the policy; else grant it: `connector grants --dialect {dialect}` prints how"
            ),
        );
    }
    let lacking = |table: &&Table| {
        let there = inspection
            .tables
            .keys()
            .any(|name| name.eq_ignore_ascii_case(table.name));
        // Made by one of the package's commands only.
        !there && table.name != "alerts_v2"
    };
    let lacking: Vec<&Table> = elementary::schema().tables.iter().filter(lacking).collect();
    let all = elementary::schema().tables.len();
    let readable = all - lacking.len();
    if lacking.is_empty() {
        return Finding::pass(
            CHECK,
            format!("schema {schema:?}: all of the package's tables and views can be read"),
        );
    }
    let names: Vec<&str> = lacking.iter().take(NAMED).map(|table| table.name).collect();
    let more = if lacking.len() > NAMED { " and others" } else { "" };
    let found = format!(
        "schema {schema:?}: {readable} of {all} tables and views can be read; not {}{more}",
        names.join(", ")
    );
    let views = lacking
        .iter()
        .filter(|table| table.view || table.name == "metadata")
        .count();
    match role {
        Some(role) if views > 0 => Finding::warn(CHECK, found, recreated(schema, role)),
        _ => Finding::warn(
            CHECK,
            found,
            format!(
                "an older version of the package lacks some; else grant them: `connector grants --dialect {dialect}` prints how"
            ),
        ),
    }
}

/// dbt has made the views anew, and the grants went with the old ones.
fn recreated(schema: &str, role: &str) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let (schema, role) = (quoted(schema), quoted(role));
    format!(
        "dbt re-creates views at each run, and grants go with the old ones. Once, with dbt's role for DBT:\n\
         GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};\n\
         ALTER DEFAULT PRIVILEGES FOR ROLE DBT IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};"
    )
}

/// The version of the dbt package that wrote the schema.
async fn package(warehouse: &dyn Warehouse, policy: &Policy) -> Finding {
    const CHECK: &str = "package";
    let next = "nothing, unless queries miss columns: then compare the version in dbt's packages.yml";
    match version(warehouse, policy).await {
        Ok(Some(version)) => Finding::pass(CHECK, format!("elementary {version}")),
        Ok(None) => Finding::warn(
            CHECK,
            "the table `metadata` is empty",
            "let dbt run the package's models: `dbt run --select elementary`",
        ),
        Err(reason) => Finding::warn(CHECK, format!("its version cannot be read: {reason}"), next),
    }
}

async fn version(warehouse: &dyn Warehouse, policy: &Policy) -> Result<Option<String>, String> {
    let (query, column) = PACKAGE;
    let name: QueryName = query.parse().map_err(|_| "no such query".to_owned())?;
    let entry = Catalogue::builtin().get(&name).ok_or("no such query")?;
    let bound = entry
        .bind_values(&[column.to_owned()], Default::default())
        .map_err(|fault| fault.detail)?;
    let asked = Asked {
        origin: Origin::Catalogued,
        plan: Arc::new(bound.plan),
        values: bound.values,
        rows: None,
        bytes: None,
        time: DEADLINE,
    };
    let admitted = policy
        .admit(asked, UnixMillis::now())
        .map_err(|refusal| refusal.fault.detail)?;
    let failed = |error: WarehouseError| error.to_string();
    let deadline = Instant::now() + DEADLINE;
    let mut rows = warehouse.run(&admitted, deadline).await.map_err(failed)?;
    let Some(batch) = rows.next().await.transpose().map_err(failed)? else {
        return Ok(None);
    };
    let column = batch.columns().first().ok_or("no column")?;
    let options = arrow_cast::display::FormatOptions::new();
    let shown = arrow_cast::display::ArrayFormatter::try_new(column.as_ref(), &options)
        .map_err(|_| "its type is not known")?;
    let text = if batch.num_rows() > 0 {
        shown.value(0).to_string()
    } else {
        String::new()
    };
    // A version, whatever stands there: short, for a terminal.
    let text: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn source() -> Source {
        let text = "[[source]]\nname = \"shop\"\nkind = \"postgres\"\npolicy = \"p\"\nhost = \"db\"\ndatabase = \"d\"\nuser = \"read\\\"er\"\n";
        let config =
            config::Config::parse(std::path::Path::new("/s/connector.toml"), text).expect("settings");
        config.sources.into_iter().next().expect("one source")
    }

    fn inspection(keep: impl Fn(&Table) -> bool) -> Inspection {
        let tables = elementary::schema().tables.iter().filter(|table| keep(table));
        Inspection {
            version: "PostgreSQL 15".to_owned(),
            database: None,
            tables: tables.map(|table| (table.name.to_owned(), vec![])).collect(),
        }
    }

    #[test]
    fn views_that_were_recreated_are_recognised_and_the_remedy_is_printed() {
        let all = held(&source(), "s", &inspection(|table| table.name != "alerts_v2"));
        assert_eq!(all.status, Status::Pass, "{all:?}");
        let tables = held(&source(), "s", &inspection(|table| !table.view));
        assert_eq!(tables.status, Status::Warn);
        let next = tables.next.expect("a remedy");
        assert!(
            next.contains("ALTER DEFAULT PRIVILEGES FOR ROLE DBT IN SCHEMA \"s\" GRANT SELECT ON TABLES TO \"read\"\"er\";"),
            "{next}"
        );
        let none = held(&source(), "s", &inspection(|_| false));
        assert_eq!(none.status, Status::Fail);
        let older = held(&source(), "s", &inspection(|table| table.name != "dbt_groups"));
        assert!(
            older
                .next
                .as_ref()
                .is_some_and(|next| next.contains("older version")),
            "{older:?}"
        );
    }
}
