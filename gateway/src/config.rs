//! Everything that can be configured, with its default and reason in `config.default.toml`.
//!
//! What cannot work is refused by the name of its key before any socket opens. Each command checks
//! only what it needs: a key can be made where no queue is configured.

use std::{path::Path, time::Duration};

use bytesize::ByteSize;
use calseta_shared::{
    broker::{BrokerConfig, PublisherConfig},
    config::{AdminConfig, ConfigError, Environment, Validate, Variable, load},
    database::DatabaseConfig,
    telemetry::TelemetryConfig,
    topology::TopologyConfig,
};
use serde::{Deserialize, Serialize};

use crate::{
    authenticate::AuthenticateConfig,
    back_office::BackOfficeConfig,
    keys::{self, KeysConfig},
    spool::SpoolConfig,
    tls::{self, ClientAuth, TlsConfig},
    verify::{Method, VerifyConfig},
};

/// The embedded defaults, which are the documentation as well.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Variables with names of their own; each has a `*_FILE` twin.
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
        name: "ELASTIC_WEBHOOK_SECRET",
        key: "verify.secret",
    },
    Variable {
        name: "ELASTIC_WEBHOOK_SECRETS",
        key: "verify.secrets",
    },
];

/// The whole configuration, a section a field.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "a section is documented where it is defined")]
pub struct Settings {
    pub http: HttpConfig,
    pub tls: TlsConfig,
    pub admin: AdminConfig,
    pub broker: BrokerConfig,
    pub publisher: PublisherConfig,
    pub spool: SpoolConfig,
    pub topology: TopologyConfig,
    pub database: DatabaseConfig,
    pub keys: KeysConfig,
    pub authenticate: AuthenticateConfig,
    pub verify: VerifyConfig,
    pub inspect: InspectConfig,
    pub back_office: BackOfficeConfig,
    pub telemetry: TelemetryConfig,
}

/// The port that webhooks come to, and its limits; see the defaults for the reason of each.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct HttpConfig {
    pub listen: String,
    pub workers: usize,
    pub body_limit: ByteSize,
    pub head_limit: ByteSize,
    #[serde(with = "humantime_serde")]
    pub head_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub body_idle_timeout: Duration,
    pub connections: usize,
    #[serde(with = "humantime_serde")]
    pub keep_alive: Duration,
    pub body_memory: ByteSize,
    pub small_body: ByteSize,
    pub small_body_memory: ByteSize,
    #[serde(with = "humantime_serde")]
    pub body_memory_wait: Duration,
    #[serde(with = "humantime_serde")]
    pub shutdown_grace: Duration,
}

/// Limits of reading a body into documents.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InspectConfig {
    /// Documents one body may hold.
    pub max_documents: usize,
}

impl Settings {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// Names the first key that is unknown or cannot be used.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        load(DEFAULTS, file, environment)
    }

    /// Checks what only a running gateway needs.
    ///
    /// # Errors
    /// Names the key that is missing or cannot be read.
    pub fn check_service(&self) -> Result<(), ConfigError> {
        let checked = self.broker.check();
        checked.map_err(|error| invalid("broker.url", &error.to_string()))?;
        if self.tls.is_on() {
            let checked = tls::check(&self.tls);
            checked.map_err(|error| invalid(error.key, &error.problem.to_string()))?;
        }
        if self.keys.file.as_os_str().is_empty() {
            return self.check_database();
        }
        keys::file::read(&self.keys.file).map(|_| ())
    }

    /// Checks that there is a database to talk to.
    ///
    /// # Errors
    /// Names the key that is missing or cannot be read.
    pub fn check_database(&self) -> Result<(), ConfigError> {
        let checked = self.database.settings("check");
        checked.map_err(|error| invalid("database.url", &error.to_string()))?;
        Ok(())
    }
}

impl Validate for Settings {
    fn validate(&self) -> Result<(), ConfigError> {
        let http = &self.http;
        if http.body_limit.as_u64() == 0 || http.body_limit > ByteSize::mib(128) {
            // RabbitMQ refuses messages above 128 MiB (512 MiB before 3.8).
            return Err(invalid(
                "http.body_limit",
                "must be above 0 and at most 128MiB",
            ));
        }
        let most = ByteSize(http.body_limit.as_u64().saturating_mul(2));
        if http.body_memory < most {
            let problem = format!("must hold a body before and after decompression: {most}");
            return Err(invalid("http.body_memory", &problem));
        }
        if http.body_memory > ByteSize::gib(64) || http.small_body_memory > ByteSize::gib(64) {
            return Err(invalid("http.body_memory", "must be at most 64GiB"));
        }
        if http.small_body_memory < http.small_body {
            return Err(invalid(
                "http.small_body_memory",
                "must be at least http.small_body",
            ));
        }
        if http.connections == 0 {
            return Err(invalid("http.connections", "must be above 0"));
        }
        if self.inspect.max_documents == 0 {
            return Err(invalid("inspect.max_documents", "must be above 0"));
        }
        if self.back_office.connections == 0 {
            return Err(invalid("back_office.connections", "must be above 0"));
        }
        self.spool.validate()?;
        self.tls.validate()?;
        let proves = self.verify.methods.contains(&Method::ClientCertificate);
        let problem = match self.tls.client_auth {
            ClientAuth::Off if proves => {
                "is off: nobody shows the client_certificate of verify.methods"
            }
            ClientAuth::Optional if !proves => {
                "is optional, which proves nothing without client_certificate in verify.methods"
            }
            _ => return self.verify.validate(),
        };
        Err(invalid("tls.client_auth", problem))
    }
}

fn invalid(key: &'static str, problem: &str) -> ConfigError {
    // The key is named once: shared's own errors begin with it.
    let problem = problem.strip_prefix(key).unwrap_or(problem).trim_start();
    ConfigError::Invalid {
        key,
        problem: problem.into(),
    }
}
