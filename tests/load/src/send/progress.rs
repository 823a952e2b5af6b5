//! The counters that all senders share, and the line that shows them every second.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;

use tokio::time::{Instant, interval};

use crate::report::{self, grouped, rate};

/// Counts of one run.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) started: Instant,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    taken: AtomicU64,
    accepted: AtomicU64,
    other: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    /// Starts the clock, and the line unless `quiet`.
    pub(super) fn start(quiet: bool) -> Self {
        let counts = Arc::new(Counts::default());
        if !quiet {
            tokio::spawn(show(counts.clone()));
        }
        Self {
            started: Instant::now(),
            counts,
        }
    }

    /// The number of the next request.
    pub(super) fn take(&self) -> u64 {
        self.counts.taken.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn count(&self, accepted: bool) {
        let counter = if accepted {
            &self.counts.accepted
        } else {
            &self.counts.other
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.counts.ended.store(true, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

async fn show(counts: Arc<Counts>) {
    let mut second = interval(Duration::from_secs(1));
    second.tick().await;
    let (mut seconds, mut before) = (0_u64, 0);
    loop {
        second.tick().await;
        if counts.ended.load(Ordering::Relaxed) {
            return;
        }
        seconds += 1;
        let accepted = counts.accepted.load(Ordering::Relaxed);
        let other = counts.other.load(Ordering::Relaxed);
        let now = report::per_second(accepted - before, Duration::from_secs(1));
        report::progress(&format!(
            "{seconds:>5} s  {:>10} accepted  {:>8}/s  {} not accepted",
            grouped(accepted),
            rate(now),
            grouped(other),
        ));
        before = accepted;
    }
}
