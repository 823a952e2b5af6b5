//! Whether live traffic waits for the broker: after one payload was not confirmed in time, none does
//! until the broker confirms again.
//!
//! A network that swallows everything then costs the first few requests their wait, and not each one.

use std::sync::atomic::{AtomicBool, Ordering};

/// Closed: the broker is asked first. Open: the spool is.
#[derive(Debug, Default)]
pub(super) struct Circuit(AtomicBool);

impl Circuit {
    /// Whether the broker is in doubt.
    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// A payload was not confirmed in time.
    pub(super) fn doubt(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The broker confirmed a payload, whosever it was.
    pub(super) fn confirmed(&self) {
        // A read is cheaper than a write that all threads wait for.
        if self.is_open() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_late_confirm_opens_it_and_the_next_in_time_closes_it() {
        let circuit = Circuit::default();
        assert!(!circuit.is_open());
        circuit.doubt();
        circuit.doubt();
        assert!(circuit.is_open());
        circuit.confirmed();
        assert!(!circuit.is_open());
        circuit.confirmed();
        assert!(!circuit.is_open());
    }
}
