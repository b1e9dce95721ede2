//! A timer that is exact to microseconds: the runtime's own counts milliseconds, a lot beside a packet's 0.1 ms at
//! 100 Mbit/s.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

#[derive(Debug)]
pub(super) struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        let fd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for types that lie about their descriptor; OwnedFd does not"
        )]
        let timer = AsyncFd::new(fd)?;
        Ok(Self(timer))
    }

    /// Returns after `wait`, or never where that is [`Duration::MAX`]. Dropping the future is harmless: the next call
    /// sets the timer anew.
    pub(super) async fn after(&self, wait: Duration) {
        if wait == Duration::MAX {
            return std::future::pending().await;
        }
        // Zero would switch the timer off.
        let wait = wait.max(Duration::from_nanos(1));
        let it_value = Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(wait.subsec_nanos()),
        };
        let once = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value,
        };
        if timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once).is_err() {
            return;
        }
        loop {
            let Ok(mut ready) = self.0.readable().await else {
                return;
            };
            // Readiness may be left over from an earlier setting; only a read says that this one has run out.
            let read = ready.try_io(|fd| Ok(rustix::io::read(fd, &mut [0; 8])?));
            if read.is_ok() {
                return;
            }
        }
    }
}
