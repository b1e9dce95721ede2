//! An emulated wide-area link between two network namespaces, in user space: a TUN device at each end, and between them
//! for each direction a bottleneck with a bounded queue and a wire with delay, loss, reordering and duplication, and at
//! the second end an address translator if need be. It is here because the kernel's own emulator (`netem`) is missing on
//! many machines that run tests. What the link does may be changed while it runs: that is how a path is cut, healed,
//! closed to UDP, or given another address.
//!
//! One thread moves all packets: about a gigabit per second on one core.

mod link;
mod nat;
mod timer;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::{oneshot, watch};
use tokio_tun::Tun;

use self::link::Link;
pub use self::link::{Counts, Passes, Shape};
pub use self::nat::Nat;
use self::timer::Timer;
use crate::netns::Namespace;

/// Packets taken from a device before those that are due are delivered again: bounds how late a delivery can be.
const BURST: usize = 32;

/// Largest packet of a TUN device: an IP packet's length field has 16 bits.
const MAX_PACKET: usize = 65_536;

/// One direction's packets may wait in the device this many, before the link takes them. Far above a burst, so that
/// what is dropped is dropped by the link, where it is counted.
const DEVICE_QUEUE: &str = "10000";

/// Which packets a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first namespace to the second.
    Forth,
    /// From the second namespace to the first.
    Back,
    /// All of them.
    Both,
}

/// A link that runs. It goes with the value, and its devices with it.
#[derive(Debug)]
pub struct Wan {
    ways: [Arc<Way>; 2],
    nat: Arc<Mutex<Option<Nat>>>,
    stop: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Way {
    shape: Mutex<Shape>,
    counts: Mutex<Counts>,
}

impl Wan {
    /// Joins `a`, with the address `at_a`, and `b`, with the address `at_b`, on a link of their own (a /24).
    ///
    /// # Errors
    /// When the process is not root, or the kernel has no TUN devices.
    pub async fn between(
        a: &Namespace,
        at_a: IpAddr,
        b: &Namespace,
        at_b: IpAddr,
        shape: Shape,
    ) -> Result<Self> {
        let ways = [Arc::new(Way::default()), Arc::new(Way::default())];
        let nat = Arc::new(Mutex::new(None::<Nat>));
        let (stop, stopped) = watch::channel(false);
        let (ready, opened) = oneshot::channel();
        let (forth, back) = (Arc::clone(&ways[0]), Arc::clone(&ways[1]));
        let (inwards, outwards) = (Arc::clone(&nat), Arc::clone(&nat));
        let tag = rand::random::<u32>();
        let names = [format!("l{tag:08x}a"), format!("l{tag:08x}b")];
        let devices = names.clone();
        // A thread and a runtime of its own: a test that computes must not slow the link down.
        let thread = thread::Builder::new().name("wan".to_owned()).spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async move {
                let [a, b] = match devices.map(|name| open(&name)) {
                    [Ok(a), Ok(b)] => [a, b],
                    [Err(e), _] | [_, Err(e)] => {
                        let _ = ready.send(Err(e));
                        return;
                    }
                };
                let _ = ready.send(Ok(()));
                let began = Instant::now();
                let (s, t) = (stopped.clone(), stopped);
                let inwards = |packet: &mut [u8]| {
                    lock(&inwards).iter().for_each(|nat| nat.inwards(packet));
                };
                let outwards = |packet: &mut [u8]| {
                    lock(&outwards).iter().for_each(|nat| nat.outwards(packet));
                };
                tokio::join!(
                    carry(&a, &b, &forth, Link::new(1), inwards, began, s),
                    carry(&b, &a, &back, Link::new(2), outwards, began, t)
                );
            });
        })?;
        let wan = Self {
            ways,
            nat,
            stop,
            thread: Some(thread),
        };
        wan.set(Direction::Both, shape);
        opened.await.context("the link's thread ended")??;
        for ((namespace, address), device) in [(a, at_a), (b, at_b)].into_iter().zip(&names) {
            // A device keeps its queue of packets, and its descriptor here, when it moves to another namespace.
            let moved = std::process::Command::new("ip")
                .args(["link", "set", device, "netns", namespace.name()])
                .output()?;
            ensure!(
                moved.status.success(),
                "ip: {}",
                String::from_utf8_lossy(&moved.stderr)
            );
            namespace.ip(&["addr", "add", &format!("{address}/24"), "dev", device])?;
            namespace.ip(&["link", "set", device, "txqueuelen", DEVICE_QUEUE, "up"])?;
        }
        Ok(wan)
    }

    /// Changes what the link does from now on. Packets already under way keep their time.
    pub fn set(&self, direction: Direction, shape: Shape) {
        for way in self.of(direction) {
            *lock(&way.shape) = shape;
        }
    }

    /// Changes only which packets pass: to cut the link, to close it to UDP, to heal it.
    pub fn pass(&self, direction: Direction, passes: Passes) {
        for way in self.of(direction) {
            lock(&way.shape).passes = passes;
        }
    }

    /// Puts a translator in front of the second namespace, in place of the one before: from now on what it sends by UDP
    /// comes from somewhere else, and answers to the former place reach nobody.
    pub fn translate(&self, nat: Option<Nat>) {
        *lock(&self.nat) = nat;
    }

    /// What happened so far, forth and back.
    #[must_use]
    pub fn counts(&self) -> [Counts; 2] {
        self.ways.each_ref().map(|way| *lock(&way.counts))
    }

    fn of(&self, direction: Direction) -> impl Iterator<Item = &Arc<Way>> {
        let [forth, back] = &self.ways;
        let wanted = match direction {
            Direction::Forth => [Some(forth), None],
            Direction::Back => [None, Some(back)],
            Direction::Both => [Some(forth), Some(back)],
        };
        wanted.into_iter().flatten()
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(name: &str) -> Result<Tun> {
    let mut devices = Tun::builder()
        .name(name)
        .close_on_exec()
        .build()
        .context("making a TUN device")?;
    devices.pop().context("a TUN device")
}

/// Moves packets one way until it is told to stop.
async fn carry(
    from: &Tun,
    to: &Tun,
    way: &Way,
    mut link: Link,
    translate: impl Fn(&mut [u8]),
    began: Instant,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(timer) = Timer::new() else { return };
    let mut buffer = vec![0; MAX_PACKET];
    let now = || began.elapsed();
    while !*stop.borrow() {
        let mut took = 0;
        {
            let (shape, mut counts) = (*lock(&way.shape), lock(&way.counts));
            // A device whose end is down refuses the packet: it is lost, as on any other wire.
            link.deliver(now(), &mut counts, |packet| drop(to.try_send(packet)));
            while let (true, Ok(n)) = (took < BURST, from.try_recv(&mut buffer)) {
                let packet = buffer.get_mut(..n).unwrap_or_default();
                translate(packet);
                link.offer(now(), packet, &shape, &mut counts);
                took += 1;
            }
        }
        if took > 0 {
            // More may be there: look again, after the other direction had its turn.
            tokio::task::yield_now().await;
            continue;
        }
        let wait = link.next_due().map(|due| due.saturating_sub(now()));
        tokio::select! {
            got = from.recv(&mut buffer) => if let Ok(n) = got {
                let packet = buffer.get_mut(..n).unwrap_or_default();
                translate(packet);
                // The shape as it is now: it may have changed during the wait.
                let (shape, mut counts) = (*lock(&way.shape), lock(&way.counts));
                link.offer(now(), packet, &shape, &mut counts);
            },
            () = timer.after(wait.unwrap_or(Duration::MAX)) => {}
            _ = stop.changed() => return,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
