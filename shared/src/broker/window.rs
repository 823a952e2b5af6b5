//! How many deliveries are let in, so that the bodies held stay within a number of bytes.
//!
//! A prefetch counts deliveries, RabbitMQ knows none in bytes, and it cannot be changed for a consumer that is there.
//! So there are two: a narrow one, whose prefetch the largest bodies may fill, and beside it a wide one for as long as
//! bodies are seen to be small. Pure but for the count of what is held.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Deliveries that the mean size mostly follows from.
const MEMORY: usize = 64;
/// A wide consumer that could be this many times as wide is opened anew.
const WIDER: usize = 4;

/// What may be held, and what is.
#[derive(Debug)]
pub(super) struct Window {
    prefetch: usize,
    max_bytes: usize,
    largest: usize,
    held: Arc<AtomicUsize>,
    mean: usize,
    seen: usize,
}

/// What is to be done about the wide consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Open it with this prefetch.
    Open(u16),
    /// End it: bodies have grown, or shrunk so much that it should be another.
    Close,
    /// Nothing.
    None,
}

impl Window {
    pub(super) fn new(prefetch: u16, max_bytes: usize, largest: usize) -> Self {
        Self {
            prefetch: prefetch.into(),
            max_bytes,
            largest: largest.max(1),
            held: Arc::default(),
            mean: 0,
            seen: 0,
        }
    }

    /// The prefetch that holds whatever comes.
    pub(super) fn narrow(&self) -> u16 {
        prefetch((self.max_bytes / self.largest).clamp(1, self.prefetch))
    }

    /// Another connection: what comes over it is not known yet.
    pub(super) fn begin(&mut self) {
        self.seen = 0;
    }

    /// Counts a body, until what is returned is dropped.
    pub(super) fn hold(&mut self, bytes: usize) -> Held {
        self.seen += 1;
        let weight = self.seen.min(MEMORY);
        self.mean = (self.mean * (weight - 1) + bytes) / weight;
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Held {
            bytes,
            held: self.held.clone(),
        }
    }

    /// What is to be done about the wide consumer, whose prefetch is `open`.
    pub(super) fn change(&self, open: Option<u16>) -> Change {
        let narrow = usize::from(self.narrow());
        let most = self.prefetch - narrow;
        let half = self.max_bytes / 2;
        let crowded = self.held.load(Ordering::Relaxed) > half;
        let wanted = (half / self.mean.max(1)).saturating_sub(narrow).min(most);
        match open.map(usize::from) {
            Some(_) if crowded => Change::Close,
            // Half of the bytes are kept free for bodies larger than the mean.
            Some(open) if open > wanted * 2 || wanted >= open.saturating_mul(WIDER) => {
                Change::Close
            }
            None if !crowded && wanted > 0 && self.seen >= narrow.min(MEMORY) => {
                Change::Open(prefetch(wanted))
            }
            _ => Change::None,
        }
    }
}

fn prefetch(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Bytes of a body that is held.
#[derive(Debug)]
pub(super) struct Held {
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;

    fn window() -> Window {
        Window::new(2_000, 128 * MIB, 16 * MIB)
    }

    #[test]
    fn the_largest_bodies_never_open_the_wide_consumer() {
        let mut window = window();
        assert_eq!(window.narrow(), 8);
        for _ in 0..1_000 {
            let held = window.hold(16 * MIB);
            assert_eq!(window.change(None), Change::None);
            drop(held);
            assert_eq!(window.change(None), Change::None);
        }
    }

    #[test]
    fn small_bodies_open_it_as_wide_as_allowed_once_some_are_seen() {
        let mut window = window();
        for _ in 0..7 {
            let held = window.hold(4 * KIB);
            assert_eq!(window.change(None), Change::None);
            drop(held);
        }
        drop(window.hold(4 * KIB));
        assert_eq!(window.change(None), Change::Open(1_992));
        assert_eq!(window.change(Some(1_992)), Change::None);
        window.begin();
        assert_eq!(window.change(None), Change::None);
    }

    #[test]
    fn bodies_that_grow_close_it_and_the_middle_sized_open_a_smaller_one() {
        let mut window = window();
        for _ in 0..100 {
            drop(window.hold(4 * KIB));
        }
        let many: Vec<Held> = (0..5).map(|_| window.hold(16 * MIB)).collect();
        assert_eq!(window.change(Some(1_992)), Change::Close);
        drop(many);
        for _ in 0..2_000 {
            drop(window.hold(256 * KIB));
        }
        assert!(matches!(window.change(None), Change::Open(240..=248)));
        for _ in 0..2_000 {
            drop(window.hold(4 * KIB));
        }
        assert_eq!(window.change(Some(248)), Change::Close);
    }

    #[test]
    fn what_is_held_counts_until_it_is_dropped() {
        let mut window = Window::new(10, MIB, KIB);
        let held: Vec<Held> = (0..10).map(|_| window.hold(100)).collect();
        assert_eq!(window.held.load(Ordering::Relaxed), 1_000);
        drop(held);
        assert_eq!(window.held.load(Ordering::Relaxed), 0);
        // Whatever fits needs no second consumer.
        assert_eq!((window.narrow(), window.change(None)), (10, Change::None));
    }
}
