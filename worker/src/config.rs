//! The worker's settings; `config.default.toml` beside this crate is their documentation.
//!
//! Everything is checked before any socket opens: a bad value never starts.

use std::{path::Path, time::Duration};

use bytesize::ByteSize;
use calseta_shared::{
    broker::{BrokerConfig, ConsumerConfig, PublisherConfig},
    config::{self, AdminConfig, ConfigError, Environment, Validate, Variable},
    database::DatabaseConfig,
    telemetry::TelemetryConfig,
    topology::TopologyConfig,
};
use serde::{Deserialize, Serialize};

/// Defaults and documentation in one.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Variables with names of their own.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "DATABASE_URL",
        key: "database.url",
    },
    Variable {
        name: "AMQP_URL",
        key: "broker.url",
    },
    Variable {
        name: "OTEL_EXPORTER_OTLP_ENDPOINT",
        key: "telemetry.otlp_endpoint",
    },
];

/// All settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each section is documented in config.default.toml"
)]
pub struct WorkerConfig {
    pub admin: AdminConfig,
    pub broker: BrokerConfig,
    pub topology: TopologyConfig,
    pub consumer: ConsumerConfig,
    pub publisher: PublisherConfig,
    pub payload: PayloadConfig,
    pub batch: BatchConfig,
    pub store: StoreConfig,
    pub partitions: PartitionsConfig,
    pub mappings: MappingsConfig,
    pub database: DatabaseConfig,
    pub migrate: MigrateConfig,
    pub shutdown: ShutdownConfig,
    pub telemetry: TelemetryConfig,
}

/// What one body may become.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct PayloadConfig {
    pub max_bytes: ByteSize,
    pub max_documents: usize,
}

/// When a batch closes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct BatchConfig {
    pub max_alerts: usize,
    pub max_bytes: ByteSize,
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
}

/// How batches are written.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct StoreConfig {
    pub writers: usize,
    #[serde(with = "humantime_serde")]
    pub fingerprint_window: Duration,
    #[serde(with = "humantime_serde")]
    pub touch_interval: Duration,
    pub cache_entries: usize,
    #[serde(with = "humantime_serde")]
    pub backoff_min: Duration,
    #[serde(with = "humantime_serde")]
    pub backoff_max: Duration,
}

/// Which days there are partitions for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct PartitionsConfig {
    pub ahead_days: u16,
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
    #[serde(with = "humantime_serde")]
    pub dead_letter_retention: Duration,
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
}

/// How custom field mappings are kept up to date.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct MappingsConfig {
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
}

/// When the schema is brought up to date.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct MigrateConfig {
    pub at_start: bool,
}

/// How the worker ends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml")]
pub struct ShutdownConfig {
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
}

impl Validate for WorkerConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let positive: [(&'static str, usize); 5] = [
            ("batch.max_alerts", self.batch.max_alerts),
            ("store.writers", self.store.writers),
            ("payload.max_documents", self.payload.max_documents),
            ("consumer.prefetch", self.consumer.prefetch.into()),
            ("database.connections", self.database.connections),
        ];
        for (key, value) in positive {
            if value == 0 {
                let problem = "must be above 0".to_owned();
                return Err(ConfigError::Invalid { key, problem });
            }
        }
        if self.consumer.max_bytes < self.payload.max_bytes {
            return Err(ConfigError::Invalid {
                key: "consumer.max_bytes",
                problem: format!(
                    "must be at least payload.max_bytes = {}, since a body is held whole",
                    self.payload.max_bytes
                ),
            });
        }
        if self.database.connections < self.store.writers + 2 {
            return Err(ConfigError::Invalid {
                key: "database.connections",
                problem: format!(
                    "must be at least store.writers + 2 = {}, since each writer, the dead letters and last_seen hold one",
                    self.store.writers + 2
                ),
            });
        }
        Ok(())
    }
}

impl WorkerConfig {
    /// The settings of this environment, over those of `file`, over the defaults.
    ///
    /// # Errors
    /// Names the key that cannot be used.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        config::load(DEFAULTS, file, environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_know_no_secret() {
        let settings = WorkerConfig::load(None, &Environment::of(VARIABLES, []))
            .map(|s| config::render(&s).unwrap_or_default());
        let rendered = settings.unwrap_or_else(|error| error.to_string());
        assert!(
            rendered.contains("database.url = \"<not set>\""),
            "{rendered}"
        );
        assert!(
            rendered.contains("broker.url = \"<not set>\""),
            "{rendered}"
        );
    }

    #[test]
    fn a_pool_too_small_for_its_writers_is_refused_by_name() {
        let environment = Environment::of(VARIABLES, [("CALSETA__STORE__WRITERS", "9")]);
        let refused = WorkerConfig::load(None, &environment)
            .err()
            .map(|e| e.to_string());
        assert!(refused.is_some_and(|text| text.contains("database.connections")));
    }
}
