//! The TLS handshakes in progress at a TCP port, before anybody is known.

use std::collections::VecDeque;

use tokio::sync::oneshot;

/// The handshakes in progress, oldest first. One too many ends the oldest: honest peers are through within a few round
/// trips, so it is the silent ones that are left at the front, and they cannot keep others out.
#[derive(Debug)]
pub(crate) struct Handshakes {
    places: VecDeque<oneshot::Sender<()>>,
    most: usize,
}

impl Handshakes {
    /// For so many at once.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            places: VecDeque::new(),
            most,
        }
    }

    /// What the new handshake waits for beside its peer: ready when its place is needed. Dropped when it is over.
    pub(crate) fn begin(&mut self) -> oneshot::Receiver<()> {
        self.places.retain(|place| !place.is_closed());
        if self.places.len() >= self.most {
            self.places.pop_front();
        }
        let (place, evicted) = oneshot::channel();
        self.places.push_back(place);
        evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_those_that_are_not_over_gives_its_place() {
        let mut handshakes = Handshakes::new(2);
        let (over, mut silent) = (handshakes.begin(), handshakes.begin());
        drop(over);
        let mut third = handshakes.begin();
        assert!(
            silent
                .try_recv()
                .is_err_and(|e| e == oneshot::error::TryRecvError::Empty)
        );
        let mut fourth = handshakes.begin();
        assert_eq!(silent.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        for waiting in [&mut third, &mut fourth] {
            assert_eq!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        }
    }
}
