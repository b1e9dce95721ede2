//! How fast refusals are written down.
//!
//! A refusal takes nothing from any budget and yet a line of the log, whose oldest file is deleted at its bound. Were
//! there no pace, a hostile gateway could ask for what is refused until the traces of what was not refused are gone. With
//! it that takes days, as it does with queries that a policy admits at its own pace.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Between two refusals in the long run: as many in a minute as a policy admits queries by default.
const EVERY: Duration = Duration::from_millis(100);

/// What may come at once, as time: a minute's worth, more than any honest mistake asks for before somebody looks.
const BURST: Duration = Duration::from_secs(60);

/// A leaky bucket that is waited for instead of spilt: its queue is bounded by the exchanges of the tunnels.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bucket: Mutex<Bucket>,
}

/// When the bucket is empty, if nothing more comes.
#[derive(Debug, Default)]
struct Bucket(Option<Instant>);

impl Bucket {
    /// When there is room for one more.
    fn room(&self) -> Option<Instant> {
        self.0?.checked_sub(BURST)
    }

    fn take(&mut self, now: Instant) {
        self.0 = Some(self.0.map_or(now, |empty| empty.max(now)) + EVERY);
    }
}

impl Pace {
    /// Waits for the turn of one refusal, in the order of arrival. Dropping the future takes no turn.
    pub(super) async fn turn(&self) {
        let mut bucket = self.bucket.lock().await;
        if let Some(room) = bucket.room() {
            sleep_until(room).await;
        }
        bucket.take(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: u32 = (BURST.as_millis() / EVERY.as_millis()) as u32;

    #[test]
    fn a_burst_passes_at_once_and_a_flood_at_the_pace() {
        let (mut bucket, start) = (Bucket::default(), Instant::now() + 2 * BURST);
        for _ in 0..AT_ONCE {
            assert!(bucket.room().is_none_or(|room| room < start));
            bucket.take(start);
        }
        for n in 0..100 {
            let room = bucket.room().expect("a time");
            assert_eq!(room, start + EVERY * n);
            bucket.take(room);
        }
        // A quiet minute makes room for all of it again.
        let later = start + 100 * EVERY + BURST;
        bucket.take(later);
        assert!(bucket.room().expect("a time") < later);
        assert_eq!(bucket.0, Some(later + EVERY));
    }

    #[tokio::test]
    async fn who_does_not_wait_takes_no_turn() {
        let pace = Pace::default();
        for _ in 0..AT_ONCE + 2 {
            pace.bucket.lock().await.take(Instant::now());
        }
        for _ in 0..1_000 {
            let _ = tokio::time::timeout(Duration::ZERO, pace.turn()).await;
        }
        let turn = tokio::time::timeout(EVERY * 100, pace.turn());
        assert!(turn.await.is_ok());
    }
}
