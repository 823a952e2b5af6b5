//! Who had the processors while something was measured: the programs, Postgres, RabbitMQ, the sender.
//!
//! The servers are told by their pid files, which `deploy/services.sh` writes; of a server without one
//! nothing is said.

use std::time::{Duration, Instant};

use crate::{process, report::us_each, settings::Settings};

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
    sender: Duration,
}

impl Mark {
    pub(super) fn now(servers: Servers) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            machine: process::machine_busy()?,
            postgres: servers.postgres.map(process::family_cpu).transpose()?,
            rabbitmq: servers.rabbitmq.map(process::family_cpu).transpose()?,
            sender: process::cpu(std::process::id())?,
        })
    }
}

/// Processor time between two moments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    elapsed: Duration,
    machine: Duration,
    /// Of the gateway, or of the workers.
    pub(super) programs: Duration,
    postgres: Option<Duration>,
    rabbitmq: Option<Duration>,
    pub(super) sender: Duration,
}

impl Shares {
    /// Since `before`, while the programs had `programs`.
    pub(super) fn since(before: &Mark, now: &Mark, programs: Duration) -> Self {
        let part =
            |before: Option<Duration>, now: Option<Duration>| Some(now?.saturating_sub(before?));
        Self {
            elapsed: now.at - before.at,
            machine: now.machine.saturating_sub(before.machine),
            programs,
            postgres: part(before.postgres, now.postgres),
            rabbitmq: part(before.rabbitmq, now.rabbitmq),
            sender: now.sender.saturating_sub(before.sender),
        }
    }

    /// Processors that were busy: of the machine, and of the programs alone.
    pub(super) fn busy(&self) -> (f64, f64) {
        let seconds = self.elapsed.as_secs_f64();
        (
            self.machine.as_secs_f64() / seconds,
            self.programs.as_secs_f64() / seconds,
        )
    }

    /// Microseconds an alert: workers, Postgres, RabbitMQ.
    pub(super) fn of_drain(&self, alerts: u64) -> String {
        per_alert([Some(self.programs), self.postgres, self.rabbitmq], alerts)
    }

    /// Microseconds an alert: gateway, RabbitMQ, sender.
    pub(super) fn of_accept(&self, alerts: u64) -> String {
        per_alert(
            [Some(self.programs), self.rabbitmq, Some(self.sender)],
            alerts,
        )
    }

    /// Which part is the limit.
    pub(super) fn limit(&self, processors: f64) -> &'static str {
        if self.busy().0 < BUSY * processors {
            return "waiting: disk, or one part for another";
        }
        let known = [
            (
                Some(self.programs),
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

fn per_alert(parts: [Option<Duration>; 3], alerts: u64) -> String {
    let text = |cpu: Option<Duration>| {
        cpu.map_or_else(
            || "?".to_owned(),
            |cpu| format!("{:.0}", us_each(cpu, alerts)),
        )
    };
    parts.map(text).join(" / ")
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
            programs: seconds(5),
            postgres: Some(seconds(9)),
            rabbitmq: None,
            sender: seconds(0),
        };
        assert!(shares.limit(2.0).ends_with("Postgres"));
        shares.machine = seconds(12);
        assert!(shares.limit(2.0).starts_with("waiting"));
    }
}
