//! The benchmark of the data path: ours beside a direct PostgreSQL client, on the same rows and over the same path, in
//! one run. `tests/benches/run.sh` runs it on release builds; a short form is a system test, so that it cannot rot.
//!
//! Measurements of both are interleaved: what else the machine does disturbs both alike, and the ratio holds where the
//! figures move.

mod direct;
pub mod figures;
pub mod handshakes;
mod ours;
pub mod revocation;
pub mod scale;
pub mod site;

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::figures::{Line, Sample, Table, Unit};
use self::site::Ground;
use crate::client::Client;
use crate::process::Process;
use crate::wan::{Direction, Shape};
use crate::world::World;

/// A row in the middle of the table.
const SINCE: &str = "2026-01-05 12:00:00";

/// A direct copy is cut off after this, and what it would have taken is computed from its rate: over a link that loses
/// packets it takes half an hour.
const COPY_LIMIT: Duration = Duration::from_secs(15);

/// A pull that takes longer has hung: the worst link here needs under a minute.
const PULL_LIMIT: Duration = Duration::from_secs(300);

/// How much is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Rows of the table.
    pub rows: u32,
    /// Times that a whole table is pulled and copied.
    pub repetitions: usize,
    /// One-row exchanges in each of five blocks.
    pub exchanges: usize,
    /// Whether the wide-area links are measured, or the wire alone.
    pub links: bool,
    /// In place of the table: this many pulls in a row at each of these chances of loss.
    pub endurance: Option<Endurance>,
}

/// Pulls in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Endurance {
    /// How many at each chance of loss.
    pub pulls: usize,
    /// Chances of loss, from 0 to 1.
    pub losses: Vec<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rows: 2_000_000,
            repetitions: 5,
            exchanges: 100,
            links: true,
            endurance: None,
        }
    }
}

impl Options {
    /// What fits into a test: the numbers mean little, but every step is taken.
    #[must_use]
    pub fn short() -> Self {
        Self {
            rows: 50_000,
            repetitions: 1,
            exchanges: 4,
            ..Self::default()
        }
    }

    /// Reads a command line.
    ///
    /// # Errors
    /// With the argument that is not known or has no value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut endurance = None;
        let mut losses = vec![0.0, 0.01, 0.05];
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--short" => options = Self::short(),
                "--wire-only" => options.links = false,
                "--rows" => options.rows = value()?.parse()?,
                "--repetitions" => options.repetitions = value()?.parse()?,
                "--exchanges" => options.exchanges = value()?.parse()?,
                "--pulls" => endurance = Some(value()?.parse()?),
                "--loss" => {
                    losses = value()?
                        .split(',')
                        .map(|percent| Ok(percent.parse::<f64>()? / 100.0))
                        .collect::<Result<_>>()?;
                }
                _ => bail!(
                    "{argument} is not known; there are --short, --wire-only, --rows N, --repetitions N, --exchanges N, \
                     --pulls N [--loss PERCENT,...]"
                ),
            }
        }
        options.endurance = endurance.map(|pulls| Endurance { pulls, losses });
        Ok(options)
    }
}

/// Measures. For a runtime of one thread, which it moves to another network: call it once in a process.
///
/// # Errors
/// When something does not run, or brings other rows than it should.
pub async fn run(options: &Options) -> Result<Table> {
    let mut table = Table::default();
    if let Some(endurance) = &options.endurance {
        endure(options.rows, endurance, &mut table).await?;
        return Ok(table);
    }
    on_the_wire(options, &mut table).await?;
    if options.links {
        let ms = Duration::from_millis;
        let near = Shape::new(100, ms(25));
        over_links(
            options,
            &[near, near.losing(0.01), Shape::new(1_000, ms(40))],
            &mut table,
        )
        .await?;
    }
    Ok(table)
}

/// Two hosts side by side: what the code costs.
async fn on_the_wire(options: &Options, table: &mut Table) -> Result<()> {
    let ground = Ground::lay(options.rows, None).await?;
    let (world, caller) = ground.world().await?;
    one_row(options, &ground, &caller, "wire", table).await?;

    let before = usage(&world)?;
    let (mut ours, mut copies) = (Pulls::default(), Sample::default());
    let mut copied = Sample::default();
    for _ in 0..options.repetitions {
        let copy = direct::copy(&ground, Duration::from_secs(600))?;
        ensure!(copy.whole, "the copy did not end");
        copies.add(copy.seconds);
        copied.add(copy.bytes as f64);
        ours.pull(&ground, &world, &caller, options.rows).await?;
    }
    let after = usage(&world)?;
    ours.lines("wire", copies, "", table);
    let add = |table: &mut Table, what: &str, unit, ours, direct| {
        let what = format!("wire: {what}");
        table.add(Line {
            what,
            unit,
            ours,
            direct,
            note: "",
        });
    };
    add(
        table,
        "first batch at the caller",
        Unit::Seconds,
        ours.first,
        Sample::default(),
    );
    add(
        table,
        "bytes between the networks",
        Unit::Megabytes,
        ours.crossed,
        copied,
    );
    for (side, now, then) in [
        ("connector", after.connector, before.connector),
        ("gateway", after.gateway, before.gateway),
    ] {
        let mut cpu = Sample::default();
        cpu.add((now - then) / options.repetitions.max(1) as f64);
        add(
            table,
            &format!("CPU of the {side} for a pull"),
            Unit::Seconds,
            cpu,
            Sample::default(),
        );
    }
    for (side, sample) in [
        ("connector", ours.connector_memory),
        ("gateway", ours.gateway_memory),
    ] {
        add(
            table,
            &format!("memory of the {side} above idle"),
            Unit::Mebibytes,
            sample,
            Sample::default(),
        );
    }
    Ok(())
}

/// One wide-area link after the other, each between the same hosts.
async fn over_links(options: &Options, shapes: &[Shape], table: &mut Table) -> Result<()> {
    let ground = Ground::lay(options.rows, Some(Shape::default())).await?;
    let wan = ground.wan.as_ref().context("a link")?;
    let (world, caller) = ground.world().await?;
    // How many bytes a direct copy has, while the link has neither rate nor delay.
    let whole = direct::copy(&ground, Duration::from_secs(600))?.bytes as f64;
    for shape in shapes {
        wan.set(Direction::Both, *shape);
        let name = name(shape);
        one_row(options, &ground, &caller, &name, table).await?;
        let (mut ours, mut copies, mut cut) = (Pulls::default(), Sample::default(), false);
        for _ in 0..options.repetitions {
            let copy = direct::copy(&ground, COPY_LIMIT)?;
            cut |= !copy.whole;
            copies.add(if copy.whole {
                copy.seconds
            } else {
                copy.seconds * whole / (copy.bytes as f64).max(1.0)
            });
            ours.pull(&ground, &world, &caller, options.rows).await?;
        }
        let note = if cut { ", by its rate within 15 s" } else { "" };
        ours.lines(&name, copies, note, table);
        table.add(Line {
            what: format!("{name}: bytes between the networks"),
            unit: Unit::Megabytes,
            ours: ours.crossed,
            direct: Sample::default(),
            note: "",
        });
    }
    Ok(())
}

/// Pulls in a row, each checked row by row.
async fn endure(rows: u32, endurance: &Endurance, table: &mut Table) -> Result<()> {
    let ground = Ground::lay(rows, Some(Shape::default())).await?;
    let wan = ground.wan.as_ref().context("a link")?;
    let (world, caller) = ground.world().await?;
    let mut digest = None;
    for loss in &endurance.losses {
        let shape = Shape::new(100, Duration::from_millis(25)).losing(*loss);
        wan.set(Direction::Both, shape);
        let tunnel = tunnel_number(&world).await?;
        let mut pulls = Pulls::default();
        for _ in 0..endurance.pulls {
            let pulled = pulls.pull(&ground, &world, &caller, rows).await?;
            let first = digest.get_or_insert_with(|| pulled.digest.clone());
            ensure!(*first == pulled.digest, "the same rows had another digest");
        }
        ensure!(
            tunnel_number(&world).await? == tunnel,
            "the tunnel was lost in between"
        );
        let [forth, back] = wan.counts();
        eprintln!(
            "lost so far {}, dropped at the queue {}",
            forth.lost + back.lost,
            forth.overflowed + back.overflowed
        );
        pulls.lines(&name(&shape), Sample::default(), "", table);
    }
    Ok(())
}

/// The gateway's number for the connector's tunnel: another number is another tunnel.
async fn tunnel_number(world: &World<'_>) -> Result<u64> {
    let entry = world.tunnel(Duration::from_secs(30)).await?;
    let number = entry
        .get("tunnels")
        .and_then(|tunnels| tunnels.get(0)?.get("tunnel")?.as_u64());
    number.context("a tunnel's number")
}

/// The latency of one row: ours, an open session's, a new session's.
async fn one_row(
    options: &Options,
    ground: &Ground,
    caller: &Client,
    place: &str,
    table: &mut Table,
) -> Result<()> {
    let session = direct::Session::open(ground).await?;
    let (mut ours, mut direct, mut anew) = (Quantiles::default(), Quantiles::default(), Quantiles::default());
    // The first exchange on each way prepares what the others use.
    ours::ask(caller, 2, SINCE).await?;
    session.ask(2, SINCE).await?;
    for _ in 0..BLOCKS {
        ours.add(&ours::ask(caller, options.exchanges, SINCE).await?);
        direct.add(&session.ask(options.exchanges, SINCE).await?);
        anew.add(&direct::ask_anew(ground, options.exchanges.div_ceil(10), SINCE).await?);
    }
    let mut add = |what: &str, ours: &Sample, direct: &Sample, note| {
        table.add(Line {
            what: format!("{place}: {what}"),
            unit: Unit::Seconds,
            ours: ours.clone(),
            direct: direct.clone(),
            note,
        });
    };
    add("one row, p50", &ours.half, &direct.half, "");
    add("one row, p99", &ours.most, &direct.most, "");
    add("one row, p50, beside a new session", &ours.half, &anew.half, "");
    Ok(())
}

/// Blocks in which exchanges are measured: the range over them is the noise.
const BLOCKS: usize = 5;

#[derive(Debug, Default)]
struct Quantiles {
    half: Sample,
    most: Sample,
}

impl Quantiles {
    fn add(&mut self, block: &Sample) {
        self.half.add(block.median());
        self.most.add(block.quantile(0.99));
    }
}

#[derive(Debug, Default)]
struct Pulls {
    seconds: Sample,
    first: Sample,
    body: Sample,
    crossed: Sample,
    connector_memory: Sample,
    gateway_memory: Sample,
}

impl Pulls {
    async fn pull(
        &mut self,
        ground: &Ground,
        world: &World<'_>,
        caller: &Client,
        rows: u32,
    ) -> Result<ours::Pulled> {
        let processes = [
            (world.running_connector()?, &mut self.connector_memory),
            (&world.gateway, &mut self.gateway_memory),
        ];
        let mut idle = Vec::new();
        for (process, _) in &processes {
            process.reset_peak_memory()?;
            idle.push(process.memory()?.0);
        }
        let before = ground.crossed()?;
        let pulled = ours::pull(caller, PULL_LIMIT).await?;
        ensure!(pulled.rows == u64::from(rows), "{} rows of {rows}", pulled.rows);
        self.crossed.add(ground.crossed()?.saturating_sub(before) as f64);
        for ((process, memory), idle) in processes.into_iter().zip(idle) {
            memory.add(process.memory()?.1.saturating_sub(idle) as f64);
        }
        self.seconds.add(pulled.seconds);
        self.first.add(pulled.first);
        self.body.add(pulled.bytes as f64);
        eprintln!(
            "  {} rows, {} bytes in {:.2} s",
            pulled.rows, pulled.bytes, pulled.seconds
        );
        Ok(pulled)
    }

    fn lines(&self, place: &str, direct: Sample, note: &'static str, table: &mut Table) {
        let what = format!("{place}: whole table, {} times", self.seconds.len());
        table.add(Line {
            what,
            unit: Unit::Seconds,
            ours: self.seconds.clone(),
            direct,
            note,
        });
    }
}

struct Usage {
    connector: f64,
    gateway: f64,
}

fn usage(world: &World<'_>) -> Result<Usage> {
    Ok(Usage {
        connector: cpu_seconds(world.running_connector()?)?,
        gateway: cpu_seconds(&world.gateway)?,
    })
}

/// User and system time of a process.
fn cpu_seconds(process: &Process) -> Result<f64> {
    cpu_seconds_of(&fs::read_to_string(format!("/proc/{}/stat", process.id()))?)
}

/// User and system time in the `stat` file of a process or a thread.
fn cpu_seconds_of(stat: &str) -> Result<f64> {
    /// `USER_HZ`, which is 100 on every Linux.
    const TICKS: f64 = 100.0;
    // The name before it may hold anything; the 14th and 15th fields of proc_pid_stat(5) are the 12th and 13th after.
    let (_, fields) = stat.rsplit_once(')').context("a process's state")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || Ok::<f64, anyhow::Error>(fields.next().context("a process's times")?.parse()?);
    Ok((next()? + next()?) / TICKS)
}

fn name(shape: &Shape) -> String {
    let rate = match shape.rate / 1_000_000 {
        0 => "no limit".to_owned(),
        megabits if megabits >= 1_000 => format!("{} Gbit/s", megabits / 1_000),
        megabits => format!("{megabits} Mbit/s"),
    };
    let loss = match shape.loss {
        loss if loss > 0.0 => format!(", {} % loss", loss * 100.0),
        _ => String::new(),
    };
    format!("{rate}, {} ms{loss}", shape.delay.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_command_line_says_how_much_is_measured() {
        assert_eq!(parse("--bench --short").unwrap(), Options::short());
        let long = parse("--rows 50000 --pulls 20 --loss 0,1,5").unwrap();
        let endurance = Endurance {
            pulls: 20,
            losses: vec![0.0, 0.01, 0.05],
        };
        assert_eq!((long.rows, long.endurance), (50_000, Some(endurance)));
        for wrong in ["--fast", "--rows", "--rows many", "--pulls 2 --loss 1%"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
