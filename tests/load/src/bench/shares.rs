//! Who had the processors while something was measured: the workers, Postgres, RabbitMQ.
//!
//! The servers are told by their pid files, which `deploy/services.sh` writes; of a server without one
//! nothing is said.

use std::time::{Duration, Instant};

use super::{accept::per_alert_us, process};
use crate::settings::Settings;

const POSTGRES: &str = "CALSETA_TEST_POSTGRES_PID_FILE";
const RABBITMQ: &str = "CALSETA_TEST_RABBITMQ_PID_FILE";
/// Of all processors; what is left is the odd moment of waiting that no pipeline is without.
const BUSY: f64 = 0.9;

/// The processes of the servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    postgres: Option<u32>,
    rabbitmq: Option<u32>,
}

impl Servers {
    pub(super) fn of(settings: &Settings) -> Self {
        let pid = |variable| {
            let text = std::fs::read_to_string(settings.optional(variable)?).ok()?;
            text.lines().next()?.trim().parse().ok()
        };
        Self {
            postgres: pid(POSTGRES),
            rabbitmq: pid(RABBITMQ),
        }
    }
}

/// Processor time at one moment.
#[derive(Debug)]
pub(super) struct Mark {
    at: Instant,
    machine: Duration,
    postgres: Option<Duration>,
    rabbitmq: Option<Duration>,
}

impl Mark {
    pub(super) fn now(servers: Servers) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            machine: process::machine_busy()?,
            postgres: servers.postgres.map(process::family_cpu).transpose()?,
            rabbitmq: servers.rabbitmq.map(process::family_cpu).transpose()?,
        })
    }
}

/// Processor time between two moments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    elapsed: Duration,
    machine: Duration,
    pub(super) workers: Duration,
    pub(super) postgres: Option<Duration>,
    pub(super) rabbitmq: Option<Duration>,
}

impl Shares {
    /// Since `before`, while new workers had `workers`.
    pub(super) fn since(before: &Mark, now: &Mark, workers: Duration) -> Self {
        let part =
            |before: Option<Duration>, now: Option<Duration>| Some(now?.saturating_sub(before?));
        Self {
            elapsed: now.at - before.at,
            machine: now.machine.saturating_sub(before.machine),
            workers,
            postgres: part(before.postgres, now.postgres),
            rabbitmq: part(before.rabbitmq, now.rabbitmq),
        }
    }

    /// Processors that were busy: of the machine, and of the workers alone.
    pub(super) fn busy(&self) -> (f64, f64) {
        let seconds = self.elapsed.as_secs_f64();
        (
            self.machine.as_secs_f64() / seconds,
            self.workers.as_secs_f64() / seconds,
        )
    }

    /// Microseconds an alert: workers, Postgres, RabbitMQ.
    pub(super) fn per_alert(&self, alerts: u64) -> String {
        let text = |cpu: Option<Duration>| {
            cpu.map_or_else(
                || "?".to_owned(),
                |cpu| format!("{:.0}", per_alert_us(cpu, alerts)),
            )
        };
        let parts = [Some(self.workers), self.postgres, self.rabbitmq];
        parts.map(text).join(" / ")
    }

    /// Which part is the limit.
    pub(super) fn limit(&self, processors: f64) -> &'static str {
        if self.busy().0 < BUSY * processors {
            return "waiting: disk, or one part for another";
        }
        let known = [
            (
                Some(self.workers),
                "processors, most of them for the worker",
            ),
            (self.postgres, "processors, most of them for Postgres"),
            (self.rabbitmq, "processors, most of them for RabbitMQ"),
        ];
        known
            .into_iter()
            .max_by_key(|(cpu, _)| cpu.unwrap_or_default())
            .map_or("processors", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_whoever_had_most_of_the_processors_and_none_when_they_were_idle() {
        let seconds = Duration::from_secs;
        let mut shares = Shares {
            elapsed: seconds(10),
            machine: seconds(19),
            workers: seconds(5),
            postgres: Some(seconds(9)),
            rabbitmq: None,
        };
        assert!(shares.limit(2.0).ends_with("Postgres"));
        shares.machine = seconds(12);
        assert!(shares.limit(2.0).starts_with("waiting"));
    }
}
