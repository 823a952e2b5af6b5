//! How many, how fast, for how long. Pure: time is an argument.

use std::time::Duration;

/// The most one call sends, whatever it is asked for.
const MOST: u64 = 5_000_000;
/// The longest one call sends, whatever it is asked for.
const LONGEST: Duration = Duration::from_secs(3_600);

/// When the next request is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// When a sender is free.
    Closed,
    /// At a rate, in groups that are due at once, as the alerts of one rule run are.
    Open {
        /// Requests a second.
        rate: f64,
        /// Requests a group; 1 spreads them evenly.
        burst: u64,
    },
}

/// What one run sends.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When requests are due.
    pub pace: Pace,
    /// Senders, and with them connections, at most.
    pub connections: usize,
    /// Requests at most.
    pub count: Option<u64>,
    /// Time at most; requests under way are finished.
    pub duration: Option<Duration>,
    /// No progress lines.
    pub quiet: bool,
}

impl Plan {
    /// Whether requests are due by the clock.
    pub fn is_open(&self) -> bool {
        self.pace != Pace::Closed
    }

    /// When request `n` is due, from the start; none when the run is over. `now` is counted from the
    /// start too.
    pub fn due(&self, n: u64, now: Duration) -> Option<Duration> {
        let limit = self.duration.unwrap_or(LONGEST).min(LONGEST);
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Open { rate, burst } => {
                let group = n - n % burst.max(1);
                #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
                Duration::from_secs_f64(group as f64 / rate.max(0.001))
            }
        };
        // A request that was due in time is sent, however late: its lateness is what is measured.
        (n < self.count.unwrap_or(MOST).min(MOST) && due < limit).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(pace: Pace) -> Plan {
        Plan {
            pace,
            connections: 1,
            count: Some(1_000),
            duration: Some(Duration::from_secs(5)),
            quiet: true,
        }
    }

    #[test]
    fn an_open_loop_is_due_by_the_clock_whatever_the_time_is() {
        let plan = plan(Pace::Open {
            rate: 100.0,
            burst: 1,
        });
        for now in [0, 3].map(Duration::from_secs) {
            assert_eq!(plan.due(0, now), Some(Duration::ZERO));
            assert_eq!(plan.due(250, now), Some(Duration::from_millis(2_500)));
            assert_eq!(plan.due(500, now), None);
        }
    }

    #[test]
    fn a_burst_is_due_at_once_and_keeps_the_rate() {
        let plan = plan(Pace::Open {
            rate: 200.0,
            burst: 100,
        });
        let due: Vec<_> = [0, 99, 100, 199]
            .map(|n| plan.due(n, Duration::ZERO))
            .into();
        let half = Some(Duration::from_millis(500));
        assert_eq!(
            due,
            [Some(Duration::ZERO), Some(Duration::ZERO), half, half]
        );
    }

    #[test]
    fn a_closed_loop_ends_by_count_or_by_time() {
        let plan = plan(Pace::Closed);
        let second = Duration::from_secs(1);
        assert_eq!(plan.due(999, second), Some(second));
        assert_eq!(plan.due(1_000, second), None);
        assert_eq!(plan.due(0, Duration::from_secs(5)), None);
    }

    #[test]
    fn a_plan_without_limits_has_those_of_the_tool() {
        let plan = Plan {
            count: None,
            duration: None,
            ..plan(Pace::Closed)
        };
        assert_eq!(plan.due(MOST, Duration::ZERO), None);
        assert_eq!(plan.due(0, LONGEST), None);
    }
}
