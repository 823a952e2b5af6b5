//! How many payloads a drain has in flight: one after trouble, then twice as many a round, up to a limit.
//!
//! A broker that has become slow gets less, so that live traffic has it. Pure: told what happened.

use std::time::Duration;

/// A round that takes longer shows a broker that is busy with live traffic.
const SLOW: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    size: usize,
    max: usize,
}

impl Window {
    pub(super) fn new(max: usize) -> Self {
        Self { size: 1, max }
    }

    pub(super) fn size(self) -> usize {
        self.size
    }

    /// A round in which all of it was confirmed.
    pub(super) fn confirmed(&mut self, took: Duration) {
        self.size = if took > SLOW {
            self.size.div_ceil(2)
        } else {
            (self.size * 2).min(self.max)
        };
    }

    /// A round in which some or all of it was not.
    pub(super) fn failed(&mut self, all: bool) {
        self.size = if all { 1 } else { self.size.div_ceil(2) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_while_all_goes_well_and_closes_at_trouble() {
        let mut window = Window::new(10);
        let sizes: Vec<_> = (0..6)
            .map(|_| {
                window.confirmed(Duration::from_millis(5));
                window.size()
            })
            .collect();
        assert_eq!(sizes, [2, 4, 8, 10, 10, 10]);
        window.confirmed(Duration::from_secs(2));
        assert_eq!(window.size(), 5);
        window.failed(false);
        assert_eq!(window.size(), 3);
        window.failed(true);
        assert_eq!(window.size(), 1);
    }
}
