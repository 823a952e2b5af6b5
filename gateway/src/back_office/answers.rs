//! What the worker's library and Postgres did not do, as refusals.
//!
//! A value that Postgres cannot take is the caller's; anything else of it is a fault that passes.

use calseta_worker::{
    dead_letters::DeadLetterError,
    mappings::{MappingError, MappingStoreError},
};
use tokio_postgres::error::SqlState;

use super::invalid;
use crate::error::{Cause, Refusal};

impl From<deadpool_postgres::PoolError> for Refusal {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        away(&error)
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        let code = error.code().map_or("", SqlState::code);
        match error.as_db_error() {
            // Data exceptions, such as a NUL in a text.
            Some(said) if code.starts_with("22") => invalid(format!(
                "Postgres cannot take a value of this request: {}",
                said.message()
            )),
            _ if code == SqlState::QUERY_CANCELED.code() => Self::with_message(
                Cause::DatabaseAway,
                "the database took too long: narrow the conditions, or raise back_office.statement_timeout",
            ),
            _ => away(&error),
        }
    }
}

impl From<DeadLetterError> for Refusal {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::Pool(error) => error.into(),
            DeadLetterError::Postgres(error) => error.into(),
            DeadLetterError::Interrupted { ref source, .. } => away(source),
            DeadLetterError::Unknown { .. } => {
                Self::with_message(Cause::NotFound, error.to_string())
            }
            DeadLetterError::NoRun { run } => Self::with_message(
                Cause::NotFound,
                format!("there is no run {run}, or it has ended"),
            ),
            DeadLetterError::NotOpen { .. } => invalid(error.to_string()),
            DeadLetterError::Filter(_) => {
                tracing::error!(%error, "the audit of the dead letters cannot be read");
                Self::new(Cause::Internal)
            }
        }
    }
}

impl From<MappingError> for Refusal {
    fn from(error: MappingError) -> Self {
        invalid(match &error {
            MappingError::Type { source, .. } => format!("indicator_type: {source}"),
            MappingError::Path(_) | MappingError::TooLong { .. } => format!("field_path: {error}"),
        })
    }
}

impl From<MappingStoreError> for Refusal {
    fn from(error: MappingStoreError) -> Self {
        match error {
            MappingStoreError::Pool(error) => error.into(),
            MappingStoreError::Postgres(error) => error.into(),
            MappingStoreError::Unusable(error) => error.into(),
            MappingStoreError::Unknown { .. } => {
                Self::with_message(Cause::NotFound, error.to_string())
            }
            MappingStoreError::Exists => invalid(error.to_string()),
        }
    }
}

fn away(error: &dyn std::error::Error) -> Refusal {
    tracing::warn!(%error, "the database did not answer");
    Refusal::new(Cause::DatabaseAway)
}
