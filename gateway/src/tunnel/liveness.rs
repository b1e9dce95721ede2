//! Whether a connector that says nothing is still there.
//!
//! A connector that was killed sends no farewell, and a query may rightly be silent for minutes while its warehouse works.
//! So an exchange that hears nothing looks twice a second whether anything has come. If none has, it asks for a sign of
//! life the way queries take, once; the acknowledgement alone is one. Without one the tunnel is ended, long before its
//! next probe is due: a caller waits for the answer. An idle tunnel costs nothing of this.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use transport::Connection;

use super::exchange;
use crate::clock::Clock;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// Looks from the question to the verdict: three seconds in which QUIC repeats it four times on a path of 100 ms. Looks are
/// counted and not the time, so that a gateway that stood still itself takes what has come meanwhile before it judges.
const PATIENCE: u32 = 6;

/// The connector has not answered.
#[derive(Debug)]
pub(super) struct Silent;

/// What one exchange has heard of its connector.
#[derive(Debug)]
pub(super) struct Liveness {
    connection: Connection,
    /// What had come at the last look.
    heard: u64,
    next_look: Instant,
    asked: Option<Asked>,
}

/// A question for a sign of life; its task ends with it.
#[derive(Debug)]
struct Asked {
    looks: u32,
    _task: JoinSet<()>,
}

impl Liveness {
    pub(super) fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
            heard: connection.heard(),
            next_look: Instant::now() + LOOK,
            asked: None,
        }
    }

    /// Ready when it is time to look. Cancel-safe.
    pub(super) fn due(&self) -> impl Future<Output = ()> + use<> {
        sleep_until(self.next_look)
    }

    /// Looks.
    ///
    /// # Errors
    /// [`Silent`] once the question has gone unanswered for [`PATIENCE`].
    pub(super) fn look(&mut self) -> Result<(), Silent> {
        self.next_look = Instant::now() + LOOK;
        let heard = self.connection.heard();
        if heard != self.heard {
            self.heard = heard;
            self.asked = None;
            return Ok(());
        }
        match &mut self.asked {
            None => self.asked = Some(ask(self.connection.clone())),
            Some(Asked { looks, .. }) if *looks < PATIENCE => *looks += 1,
            Some(_) => return Err(Silent),
        }
        Ok(())
    }
}

fn ask(connection: Connection) -> Asked {
    let mut task = JoinSet::new();
    task.spawn(async move {
        // Whatever it is answered, or that it is not, shows in what has come.
        let _ = timeout(LOOK * PATIENCE, exchange::probe(&connection, &Clock::system())).await;
    });
    Asked {
        looks: 0,
        _task: task,
    }
}
