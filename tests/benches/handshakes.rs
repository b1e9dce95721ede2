//! `tests/benches/run.sh --handshakes N`: what tunnels cost a gateway to open, to renew and to keep. Prints the table of
//! docs/performance.md, "Handshakes and renewals".

use anyhow::{Context as _, Result};
use tests::bench::handshakes::run;

/// Tunnels that stand at once.
const IDLE: usize = 500;

fn main() -> Result<()> {
    let count = std::env::args()
        .skip_while(|argument| argument != "--handshakes")
        .nth(1);
    let count = count.context("--handshakes needs a number")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}", runtime.block_on(run(count, IDLE))?);
    Ok(())
}
