//! Waiting for something that is about to be true, with a deadline. The one place that looks at a clock to wait.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Time between two looks: short beside every limit that a test asserts, long beside the cost of a look.
const TICK: Duration = Duration::from_millis(10);

/// Looks until `probe` gives a value, for at most `limit`.
///
/// # Errors
/// When the limit passes; the error names `what` was waited for.
pub async fn until<T>(what: &str, limit: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + limit;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(value) = probe().await {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("waited {limit:?} for {what}, in vain");
        }
    }
}
