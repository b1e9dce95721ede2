//! `tests/benches/run.sh --scale TUNNELS RETURNING`: many tunnels on one gateway. Prints the table of docs/performance.md,
//! "Many tunnels".

use anyhow::{Context as _, Result};
use tests::bench::scale::{BARE, bare_endpoint, run};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == BARE) {
        return runtime.block_on(bare_endpoint());
    }
    let mut numbers = arguments
        .iter()
        .skip_while(|argument| *argument != "--scale")
        .skip(1);
    let mut number = || {
        numbers
            .next()
            .context("--scale needs two numbers")?
            .parse()
            .context("not a number")
    };
    let (tunnels, returning) = (number()?, number()?);
    let program = std::env::current_exe()?;
    println!("{}", runtime.block_on(run(tunnels, returning, Some(&program)))?);
    Ok(())
}
