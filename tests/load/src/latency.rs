//! Latencies, kept whole in an HDR histogram of microseconds.
//!
//! In an open loop they count from when a request was due, not from when it could be sent: a stalled
//! gateway makes all who waited for it slow, as it does to real senders.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// A minute is as long as any request is waited for; more is counted as that.
const LONGEST_US: u64 = 120_000_000;

/// Latencies of many requests.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    ///
    /// # Errors
    /// Never, with these bounds; the histogram's constructor has an error.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US);
        self.0.saturating_record(us.max(1));
    }

    /// Adds all of another.
    ///
    /// # Errors
    /// Never, both having the same bounds.
    pub fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in milliseconds that `quantile` (0 to 1) of all did not exceed.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds for people")]
    pub fn ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1_000.0
    }

    /// In one line: p50, p90, p99, p99.9 and the longest.
    pub fn line(&self) -> String {
        let [p50, p90, p99, p999, max] =
            [0.5, 0.9, 0.99, 0.999, 1.0].map(|quantile| self.ms(quantile));
        format!("p50 {p50:.1} ms  p90 {p90:.1}  p99 {p99:.1}  p99.9 {p999:.1}  max {max:.1}")
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        json!({
            "count": self.count(), "p50_ms": self.ms(0.5), "p90_ms": self.ms(0.9),
            "p99_ms": self.ms(0.99), "p999_ms": self.ms(0.999), "max_ms": self.ms(1.0),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_all_that_were_added() {
        let (mut all, mut half) = (Latencies::new().unwrap(), Latencies::new().unwrap());
        (1..=50).for_each(|ms| all.record(Duration::from_millis(ms)));
        (51..=100).for_each(|ms| half.record(Duration::from_millis(ms)));
        all.add(&half).unwrap();
        assert_eq!(all.count(), 100);
        assert!((all.ms(0.5) - 50.0).abs() < 0.1, "{}", all.line());
        assert!((all.ms(0.99) - 99.0).abs() < 0.1, "{}", all.line());
    }

    #[test]
    fn a_latency_beyond_the_bounds_is_counted_and_not_lost() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_secs(3_600));
        latencies.record(Duration::ZERO);
        assert_eq!(latencies.count(), 2);
    }
}
