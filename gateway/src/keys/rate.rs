//! How much a key may send: a rate with a burst, kept in one atomic word and never in a queue.
//!
//! The generic cell rate algorithm: the word is the time at which the bucket is full again. Pure but
//! for that word; time is an argument.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

/// What has been used of a limit.
#[derive(Debug, Default)]
pub struct Bucket(AtomicU64);

impl Bucket {
    /// Whether nothing could be taken now.
    pub fn is_spent(&self, rate: Rate, now: Duration) -> bool {
        let step = 1_000_000_000 / u64::from(rate.per_second.max(1));
        let room = step.saturating_mul(u64::from(rate.burst.max(1)));
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let full_at = self.0.load(Ordering::Relaxed).max(now);
        full_at.saturating_add(step) > now.saturating_add(room)
    }

    /// Takes one, or says how long to wait for the next. `now` counts from any fixed moment.
    ///
    /// # Errors
    /// The time until one is free.
    pub fn take(&self, rate: Rate, now: Duration) -> Result<(), Duration> {
        let step = 1_000_000_000 / u64::from(rate.per_second.max(1));
        let room = step.saturating_mul(u64::from(rate.burst.max(1)));
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let next = |full_at: u64| {
            let full_at = full_at.max(now).saturating_add(step);
            (full_at <= now.saturating_add(room)).then_some(full_at)
        };
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .map(|_| ())
            .map_err(|full_at| {
                Duration::from_nanos(full_at.saturating_add(step).saturating_sub(now + room))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 1_000,
    };

    #[test]
    fn a_burst_passes_and_the_next_waits_for_its_turn() {
        let bucket = Bucket::default();
        let now = Duration::from_secs(100);
        for turn in 0..1_000 {
            assert_eq!(bucket.take(RATE, now), Ok(()), "turn {turn}");
        }
        assert!(bucket.is_spent(RATE, now));
        assert_eq!(bucket.take(RATE, now), Err(Duration::from_millis(100)));
        let later = now + Duration::from_millis(100);
        assert!(!bucket.is_spent(RATE, later));
        assert_eq!(bucket.take(RATE, later), Ok(()));
        assert!(bucket.take(RATE, later).is_err());
    }

    #[test]
    fn a_rest_earns_no_more_than_the_burst() {
        let bucket = Bucket::default();
        let now = Duration::from_secs(1_000_000);
        let taken = (0..5_000)
            .filter(|_| bucket.take(RATE, now).is_ok())
            .count();
        assert_eq!(taken, 1_000);
    }
}
