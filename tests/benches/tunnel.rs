//! `tests/benches/run.sh`: measures the data path and prints the table of docs/performance.md on standard output.

use anyhow::Result;
use tests::bench::{Options, run};

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    // One thread, which moves into the cloud's network: whatever it opens or starts is in there.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let table = runtime.block_on(run(&options))?;
    println!("{table}");
    Ok(())
}
