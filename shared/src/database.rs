//! One pool of Postgres connections a program, with every wait bounded.
//!
//! Only a primary is used (`target_session_attrs=read-write`): a pool must not stay on a server that
//! was demoted. TLS follows `sslmode` of the URL, with the system's certificates.

use std::{str::FromStr, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{config::hidden, tls};

/// How to reach Postgres.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgresql://user:password@host:port/database?sslmode=…`; empty when there is none.
    #[serde(serialize_with = "hidden")]
    pub url: SecretString,
    /// Connections at most.
    pub connections: usize,
    /// How long to wait for a new connection.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long to wait for a connection from the pool.
    #[serde(with = "humantime_serde")]
    pub wait_timeout: Duration,
    /// How long one statement may run before the server ends it.
    #[serde(with = "humantime_serde")]
    pub statement_timeout: Duration,
    /// How long a transaction may wait for its program before the server ends it.
    #[serde(with = "humantime_serde")]
    pub transaction_idle_timeout: Duration,
}

/// The pool could not be made. The URL itself is never part of the text.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is empty.
    #[error("database.url is not set: set DATABASE_URL=postgresql://user:password@host:5432/name")]
    UrlMissing,
    /// The URL is not one.
    #[error("database.url cannot be read: {detail}")]
    UrlUnreadable {
        /// What the parser missed.
        detail: String,
    },
    /// The pool refused its settings.
    #[error("the pool of database connections cannot be made")]
    Pool(#[from] deadpool_postgres::BuildError),
}

impl DatabaseConfig {
    /// The connection settings of the URL, with this configuration's limits.
    ///
    /// # Errors
    /// When the URL is missing or cannot be read.
    pub fn settings(&self, application: &str) -> Result<tokio_postgres::Config, DatabaseError> {
        let url = self.url.expose_secret();
        if url.is_empty() {
            return Err(DatabaseError::UrlMissing);
        }
        let mut settings = tokio_postgres::Config::from_str(url).map_err(|error| {
            DatabaseError::UrlUnreadable {
                detail: error.to_string(),
            }
        })?;
        settings
            .application_name(application)
            .connect_timeout(self.connect_timeout)
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            // A peer that is gone without a word is noticed after 30 s, whoever waits for whom.
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(30))
            // Compiling a statement takes longer than any of ours runs.
            .options(format!(
                "-c statement_timeout={} -c idle_in_transaction_session_timeout={} \
                 -c jit=off -c timezone=UTC -c client_min_messages=warning",
                self.statement_timeout.as_millis(),
                self.transaction_idle_timeout.as_millis()
            ));
        Ok(settings)
    }

    /// A pool that connects when it is first used.
    ///
    /// # Errors
    /// When the URL is missing or cannot be read.
    pub fn pool(&self, application: &str) -> Result<Pool, DatabaseError> {
        let manager = Manager::from_config(
            self.settings(application)?,
            MakeRustlsConnect::new(tls::client()),
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(self.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(self.wait_timeout))
            .create_timeout(Some(self.connect_timeout))
            .recycle_timeout(Some(self.connect_timeout))
            .build()?;
        Ok(pool)
    }
}
