//! Tunnels in virtual time: the session and exchange machines of both sides, driven as the programs drive them, over a
//! network and under faults that a seed decides.
//!
//! One connector keeps a tunnel to each of two gateway nodes; callers ask, read slowly, leave; certificates are renewed,
//! nodes drain, processes are killed and paused, paths are slow, lossy, blocked in one direction or for ever. Time is a
//! number, so an hour takes milliseconds, and the same seed is the same run.
//!
//! What must hold in every run is checked where it could break ([`caller`], [`gateway`], [`connector`]) and at its end
//! ([`world`]): a result that is called complete is exactly what one attempt sent; nobody is told twice; no window is
//! exceeded; every query ends within its deadline and the grace; both ends of a tunnel end, within the time of a silence;
//! honest machines never accuse each other; and when the faults are over every node has a tunnel again.
//!
//! `SIM_SEEDS=n` runs so many seeds; `SIM_SEED=n` that one alone, with its story printed.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test binary a panic is how a test fails, in helpers too"
)]

mod caller;
mod connector;
mod gateway;
mod net;
mod random;
mod world;

use world::{Fault, Plan, Sim, Tally};

/// Runs of each kind in CI: twenty seconds of processor time in a development build, for all of them together.
const SEEDS: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Every seed, or the one that was asked for, on as many threads as there are.
fn each_seed(plan: fn(u64) -> Plan) -> Tally {
    if let Some(seed) = number("SIM_SEED") {
        return Sim::new(plan(seed), true).run();
    }
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    for seed in (first..seeds).step_by(threads as usize) {
                        tally.add(&Sim::new(plan(seed), false).run());
                    }
                    tally
                })
            })
            .collect();
        let mut tally = Tally::default();
        for worker in workers {
            // The panic has said its seed.
            tally.add(
                &worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        tally
    })
}

/// A run without all that this run is for proves nothing. One seed alone need not have everything.
fn assert_seen(tally: &Tally, what: &[&str]) {
    println!("{tally}");
    if number("SIM_SEED").is_none() && number("SIM_SEEDS").is_none_or(|seeds| seeds >= SEEDS) {
        for name in what {
            assert!(tally.get(name) > 0, "no run had: {name}\n{tally}");
        }
    }
}

#[test]
fn undisturbed_every_query_is_answered() {
    let tally = each_seed(Plan::calm);
    assert_seen(&tally, &["complete", "renewed", "established"]);
    for never in [
        "tunnel_lost",
        "deadline_exceeded",
        "protocol_violation",
        "overloaded",
    ] {
        assert_eq!(tally.get(never), 0, "{tally}");
    }
}

#[test]
fn under_faults_a_result_is_whole_or_void_and_everything_ends() {
    let tally = each_seed(Plan::stormy);
    assert_seen(
        &tally,
        &[
            "complete",
            "renewed",
            "drained",
            "cancelled",
            "deadline_exceeded",
            "warehouse_error",
            "tunnel_lost",
            "retried",
            "complete after a retry",
            "gateway killed",
            "connector killed",
            "half-open",
            "paused",
            "trusted",
        ],
    );
}

#[test]
fn a_connector_that_lies_is_never_called_complete() {
    let tally = each_seed(Plan::lying);
    assert_seen(&tally, &["complete", "protocol_violation", "lied"]);
}

#[test]
fn a_fault_at_every_step_of_a_run_is_survived() {
    // Thousands of runs for each seed already; more where more are asked for.
    let asked = number("SIM_SEEDS").unwrap_or(SEEDS);
    let seeds = if number("SIM_SEED").is_some() {
        1
    } else {
        asked.div_ceil(SEEDS)
    };
    for seed in 0..seeds {
        let seed = number("SIM_SEED").unwrap_or(seed);
        let steps = Sim::new(Plan::short(seed), false).run().get("steps");
        assert!(steps > 100, "{steps} steps");
        for fault in Fault::AT_ANY_STEP {
            for step in 0..steps {
                let mut plan = Plan::short(seed);
                plan.at_step = Some((step, fault));
                Sim::new(plan, false).run();
            }
        }
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..50 {
        let once = Sim::new(Plan::stormy(seed), false).run();
        assert_eq!(once, Sim::new(Plan::stormy(seed), false).run());
    }
}
