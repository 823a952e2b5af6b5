//! Waits that double up to a limit, each with jitter, so that a fleet does not come back in step.
//!
//! The wait is between half of the step and all of it. Pure but for where the fraction comes from.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The state of one retry loop.
#[derive(Clone, Debug)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    step: Duration,
}

impl Backoff {
    /// Starts at `min` and never waits longer than `max`.
    pub fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max,
            step: min,
        }
    }

    /// Starts over, after a success.
    pub fn reset(&mut self) {
        self.step = self.min;
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        // A hasher's keys are random: enough to part two programs, and no crate for it.
        let random = RandomState::new().hash_one(0_u8);
        #[expect(clippy::cast_precision_loss, reason = "a fraction needs no 64 bits")]
        self.next_wait_with(random as f64 / u64::MAX as f64)
    }

    fn next_wait_with(&mut self, fraction: f64) -> Duration {
        let step = self.step.min(self.max);
        self.step = step.saturating_mul(2).min(self.max);
        step.mul_f64(0.5 + fraction.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_over_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let waits: Vec<_> = (0..6).map(|_| backoff.next_wait_with(1.0)).collect();
        assert_eq!(
            waits,
            [100, 200, 400, 800, 1_000, 1_000].map(Duration::from_millis)
        );
        backoff.reset();
        assert_eq!(backoff.next_wait_with(0.0), Duration::from_millis(50));
    }

    #[test]
    fn jitter_stays_between_half_a_step_and_a_whole_one() {
        for _ in 0..1_000 {
            let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(60));
            let wait = backoff.next_wait();
            assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_secs(2));
        }
    }
}
