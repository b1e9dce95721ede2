//! `tests/benches/run.sh --revocations N`: how long a revoked connector keeps its tunnel. Prints the table of
//! docs/performance.md, "Revocation".

use anyhow::{Context as _, Result};
use tests::bench::revocation::run;

fn main() -> Result<()> {
    let rounds = std::env::args()
        .skip_while(|argument| argument != "--revocations")
        .nth(1);
    let rounds = rounds.context("--revocations needs a number")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}", runtime.block_on(run(rounds))?);
    Ok(())
}
