//! Both sides write down every query before it runs and after it ended, in records that fit each other; what cannot be
//! written down does not run.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::client::Client;
use tests::postgres::{Cluster, DATABASE};
use tests::process::Launch;
use tests::samples::Samples;
use tests::world::{CONNECTOR, SOURCE, Setup, Side, TENANT, Warehouse, World, query};
use tests::{paths, wait};

use crate::sessions::{SOON, hold, running};

const ARROW: &str = "application/vnd.apache.arrow.stream";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The lines of a side's log as they lie on the disk.
fn raw(world: &World<'_>, side: Side) -> Result<Vec<String>> {
    let folder = world.folder().join(if side == Side::Gateway {
        "gateway/audit"
    } else {
        "connector/audit"
    });
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|e| Ok(e?.path()))
        .collect::<Result<_>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        lines.extend(fs::read_to_string(file)?.lines().map(str::to_owned));
    }
    Ok(lines)
}

/// The records of one request, once there are `count` of them.
async fn records(world: &World<'_>, side: Side, request: &str, count: usize) -> Vec<(Value, String)> {
    let found = async || {
        let lines = raw(world, side).ok()?.into_iter();
        let parsed = lines.filter_map(|l| Some((serde_json::from_str::<Value>(&l).ok()?, l)));
        let of: Vec<_> = parsed.filter(|(v, _)| v["request"] == request).collect();
        (of.len() >= count).then_some(of)
    };
    let found = wait::until("the audit records", SOON, found)
        .await
        .expect("records");
    assert_eq!(found.len(), count, "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_hold_one_record_of_a_query_and_the_receipt_of_the_other() {
    let mut world = World::start(Setup::default()).await.unwrap();
    let caller = world.caller().await.unwrap();
    let mut digests = Vec::new();
    for limit in [5, 6] {
        let answer = query(&caller, "read.dbt_models", &json!({"limit": limit}), ARROW)
            .await
            .unwrap();
        assert!(answer.status.is_success());
        let messages = &answer.body[..answer.body.len() - 8];
        let request = answer.header("x-query-id").to_owned();

        let there = records(&world, Side::Connector, &request, 2).await;
        let here = records(&world, Side::Gateway, &request, 2).await;
        let [(opened, _), (completed, _)] = &here[..] else {
            unreachable!()
        };
        let [(opened_there, _), (completed_there, line)] = &there[..] else {
            unreachable!()
        };
        for (record, event) in [
            (opened, "opened"),
            (opened_there, "opened"),
            (completed, "completed"),
            (completed_there, "completed"),
        ] {
            assert_eq!(record["event"], event);
        }
        for field in ["tenant", "source", "query", "fingerprint", "parameters"] {
            assert_eq!(opened[field], opened_there[field], "{field}");
        }
        assert_eq!(
            (&opened["tenant"], &opened["source"]),
            (&json!(TENANT), &json!(SOURCE))
        );
        assert_eq!(opened["query"], "read.dbt_models");
        assert_eq!(opened["fingerprint"], answer.header("x-query-fingerprint"));
        assert_eq!(opened["decision"], "permitted");
        assert_eq!(opened["caller_name"], "a test");
        assert_eq!(opened_there["caller"], "a test");
        assert_eq!(
            (&completed["outcome"], &completed_there["code"]),
            (&json!("ok"), &json!("ok"))
        );
        assert_eq!(completed["connector"], CONNECTOR);
        for record in [completed, completed_there] {
            assert_eq!(record["rows"], limit);
            assert_eq!(record["bytes"], messages.len());
            assert_eq!(record["digest"], sha256(messages));
        }
        assert!(completed["microseconds"].as_u64() >= completed_there["duration_us"].as_u64());
        // The receipt is the hash of the connector's own record of the end.
        assert_eq!(completed["receipt"], sha256(line.as_bytes()));
        digests.push(opened["parameters"].clone());
    }
    assert_ne!(digests[0], digests[1], "other parameters have another digest");

    // What is refused is written down where it is refused.
    let before = raw(&world, Side::Connector).unwrap().len();
    let unknown = query(&caller, "read.pg_authid", &json!({}), ARROW).await.unwrap();
    assert_eq!(unknown.problem().unwrap(), "unknown_query");
    let refused = records(&world, Side::Gateway, unknown.header("x-request-id"), 1).await;
    assert_eq!(
        (&refused[0].0["event"], &refused[0].0["outcome"]),
        (&json!("refused"), &json!("unknown_query"))
    );
    assert_eq!(raw(&world, Side::Connector).unwrap().len(), before);
    let stranger = query(&caller.clone().anonymous(), "read.dbt_models", &json!({}), ARROW)
        .await
        .unwrap();
    assert_eq!(stranger.problem().unwrap(), "unauthenticated");
    let held = query(&caller, "tests.failed_rows", &json!({"result_id": "x"}), ARROW)
        .await
        .unwrap();
    assert_eq!(held.problem().unwrap(), "refused_by_policy");
    let here = records(&world, Side::Gateway, held.header("x-request-id"), 2).await;
    let there = records(&world, Side::Connector, held.header("x-request-id"), 1).await;
    assert_eq!(here[1].0["outcome"], "refused_by_policy");
    assert!(here[1].0["digest"].is_null());
    assert_eq!(
        (&there[0].0["event"], &there[0].0["code"]),
        (&json!("refused"), &json!("refused_by_policy"))
    );

    chained(
        &raw(&world, Side::Gateway).unwrap(),
        &raw(&world, Side::Connector).unwrap(),
    );
    tampering_shows(&mut world).await;
    world.assert_no_errors_but(&[]).unwrap();
}

/// Every line continues the one before it.
fn chained(gateway: &[String], connector: &[String]) {
    let mut prev = "0".repeat(64);
    for line in gateway {
        let record: Value = serde_json::from_str(line).expect("a record");
        assert_eq!(record["prev"], prev);
        let covered = line.rsplit_once(",\"hash\"").expect("a hash").0;
        prev = sha256(covered.as_bytes());
        assert_eq!(record["hash"], prev);
    }
    let mut previous = "0".repeat(64);
    for line in connector {
        let record: Value = serde_json::from_str(line).expect("a record");
        assert_eq!(record["previous"], previous);
        previous = sha256(line.as_bytes());
    }
}

/// Changes one character of each log: each side's own program says so.
async fn tampering_shows(world: &mut World<'_>) {
    let connector = world.folder().join("connector");
    let show = || {
        let program = paths::program("connector").expect("built");
        Launch::new(&program)
            .args(["audit", "show", "--state", &connector.display().to_string()])
            .run()
    };
    let whole = show().await.unwrap().succeeded().unwrap();
    assert!(
        whole.stdout.contains("read.dbt_models") && whole.stdout.contains("refused_by_policy"),
        "{}",
        whole.stdout
    );
    let forge = |file: &Path| {
        let text = fs::read_to_string(file).expect("a log");
        assert!(text.contains("\"rows\":5,"));
        fs::write(file, text.replace("\"rows\":5,", "\"rows\":4,")).expect("written");
    };
    forge(&connector.join("audit/audit.jsonl"));
    let forged = show().await.unwrap();
    assert!(
        !forged.status.success() && forged.stderr.contains("the log was changed"),
        "{}",
        forged.stderr
    );

    world.gateway.terminate(Duration::from_secs(30)).await.unwrap();
    let state = world.folder().join("gateway");
    let file = fs::read_dir(state.join("audit"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    forge(&file);
    let program = paths::program("gateway").unwrap();
    let serve = Launch::new(&program).args(["serve", "--state", &state.display().to_string()]);
    let started = serve.run().await.unwrap();
    let said = started.stdout + &started.stderr;
    assert!(!started.status.success() && said.contains("audit log"), "{said}");
}

/// A small disk in place of a folder, which a test fills and empties.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn over(folder: &Path) -> Result<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs"])
            .arg(folder);
        ensure!(mount.status()?.success(), "mount: a tmpfs needs root");
        Ok(Self(folder.to_owned()))
    }

    fn fill(&self) -> Result<()> {
        let mut filler = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.0.join("filler"))?;
        while filler.write_all(&[0; 512]).is_ok() {}
        Ok(())
    }

    fn empty(&self) -> Result<()> {
        Ok(fs::remove_file(self.0.join("filler"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the process may still hold its file.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Asks until the log is full to its last byte, and hands back the refusal.
async fn until_unavailable(caller: &Client) -> tests::client::Answer {
    for _ in 0..40 {
        // A record of an end that does not fit any more voids its result.
        match query(caller, "read.dbt_groups", &json!({}), ARROW).await {
            Ok(answer) if !answer.status.is_success() => return answer,
            Ok(_) | Err(_) => {}
        }
    }
    panic!("the log is never full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_its_record_does_not_run_on_either_side() {
    let cluster = Cluster::start().await.unwrap();
    let setup = Setup {
        warehouse: Warehouse::Postgres(&cluster),
        ..Setup::default()
    };
    let mut world = World::start(setup).await.unwrap();
    let (caller, admin) = (
        world.caller().await.unwrap(),
        cluster.admin(DATABASE).await.unwrap(),
    );
    let metric = |side| {
        if side == Side::Gateway {
            "gateway_audit_failures_total"
        } else {
            "connector_audit_failures_total"
        }
    };
    for side in [Side::Connector, Side::Gateway] {
        let folder = match side {
            Side::Connector => {
                world
                    .connector()
                    .unwrap()
                    .terminate(Duration::from_secs(30))
                    .await
                    .unwrap();
                world.folder().join("connector/audit")
            }
            Side::Gateway => {
                world.gateway.terminate(Duration::from_secs(30)).await.unwrap();
                world.folder().join("gateway/audit")
            }
        };
        let disk = SmallDisk::over(&folder).unwrap();
        match side {
            Side::Connector => world.restart_connector().await.unwrap(),
            Side::Gateway => {
                world.restart_gateway().await.unwrap();
                world.tunnel(Duration::from_secs(30)).await.map(drop).unwrap();
            }
        }
        assert!(
            query(&caller, "read.dbt_models", &json!({}), ARROW)
                .await
                .unwrap()
                .status
                .is_success()
        );
        disk.fill().unwrap();
        let refused = until_unavailable(&caller).await;
        assert_eq!(
            refused.problem().unwrap(),
            "audit_unavailable",
            "{}",
            refused.text()
        );
        assert_eq!(refused.status.as_u16(), 503);
        assert!(
            refused.text().contains(if side == Side::Gateway {
                "the gateway"
            } else {
                "the connector"
            }),
            "{}",
            refused.text()
        );
        // Whoever reads this table waits: an answer without a wait has not touched it.
        let lock = hold(&cluster, "dbt_models").await.unwrap();
        for _ in 0..3 {
            let refused = query(&caller, "read.dbt_models", &json!({}), ARROW)
                .await
                .unwrap();
            assert_eq!(
                refused.problem().unwrap(),
                "audit_unavailable",
                "{}",
                refused.text()
            );
            assert!(
                running(&admin).await.unwrap().is_empty(),
                "the query runs without a record"
            );
        }
        drop(lock);
        assert!(Samples::of(&world, side).await.unwrap().value(metric(side)) >= 3.0);
        if side == Side::Gateway {
            let refusals = Samples::of(&world, side)
                .await
                .unwrap()
                .value("gateway_audit_refusals_total");
            assert!(refusals >= 3.0, "{refusals}");
        }
        // With room, it runs again.
        disk.empty().unwrap();
        let again = query(&caller, "read.dbt_models", &json!({}), ARROW)
            .await
            .unwrap();
        assert!(again.status.is_success(), "{side:?}: {}", again.text());
        // The side is started on its own disk before the next one's turn.
        match side {
            Side::Connector => {
                world
                    .connector()
                    .unwrap()
                    .terminate(Duration::from_secs(30))
                    .await
                    .unwrap();
                drop(disk);
                world.restart_connector().await.unwrap();
            }
            Side::Gateway => drop(disk),
        }
    }
    let expected = [
        "audit log",
        "its record cannot be written",
        "is not recorded",
        "audit records may not be",
    ];
    world.assert_no_errors_but(&expected).unwrap();
}
