//! Brings the schema up to date, by numbered steps that are never changed once released.
//!
//! One program at a time, under an advisory lock: any number of workers may start at once.

use std::error::Error as _;

use calseta_shared::database::DatabaseError;
use refinery::embed_migrations;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Fault, fault_at_start, said};

embed_migrations!("migrations");

/// Any number that no other program of the database uses.
const LOCK: i64 = 0x0063_616c_7365_7461;

/// The schema is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] DatabaseError),
    /// No connection, or the lock was not given.
    #[error("Postgres could not be reached to bring the schema up to date")]
    Postgres(#[from] tokio_postgres::Error),
    /// A step failed; it was rolled back.
    #[error("a migration failed and was rolled back")]
    Step(#[from] refinery::Error),
}

impl MigrateError {
    /// Whether waiting can help.
    pub fn fault(&self) -> Fault {
        self.postgres().map_or(Fault::Permanent, fault_at_start)
    }

    /// What Postgres or the network said, for logs and readiness.
    pub fn detail(&self) -> String {
        self.postgres().map_or_else(|| self.to_string(), said)
    }

    fn postgres(&self) -> Option<&tokio_postgres::Error> {
        match self {
            Self::Postgres(error) => Some(error),
            Self::Step(error) => error.source()?.downcast_ref(),
            Self::Settings(_) => None,
        }
    }
}

/// Runs the steps that are missing; returns their names.
///
/// # Errors
/// When Postgres cannot be reached or a step fails.
pub async fn migrate(
    settings: &Config,
    tls: MakeRustlsConnect,
) -> Result<Vec<String>, MigrateError> {
    let (mut client, connection) = settings.connect(tls).await?;
    let driver = tokio::spawn(connection);
    let outcome = locked(&mut client).await;
    drop(client);
    if let Ok(Err(error)) = driver.await {
        tracing::debug!(%error, "the connection of the migration ended with an error");
    }
    outcome
}

async fn locked(client: &mut Client) -> Result<Vec<String>, MigrateError> {
    client
        .batch_execute("SET statement_timeout = 0; SET client_min_messages = warning")
        .await?;
    // Held until the connection ends.
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await?;
    let report = migrations::runner().run_async(client).await?;
    Ok(report
        .applied_migrations()
        .iter()
        .map(ToString::to_string)
        .collect())
}
