//! Whose fault a failed write is: decided in one place, from SQLSTATE.
//!
//! Infrastructure is not the alert's fault: it is tried again in place. A row that Postgres refuses for
//! what it holds will be refused every time: it is dead-lettered alone.

use std::{error::Error as _, io};

use deadpool_postgres::PoolError;
use tokio_postgres::error::{DbError, SqlState};
use uuid::Uuid;

use super::Placed;

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The same write can succeed later.
    Transient,
    /// The same write fails every time.
    Permanent,
}

/// A batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection.
    #[error("no connection to Postgres")]
    Pool(#[from] PoolError),
    /// Postgres refused a statement or went away.
    #[error("Postgres did not take the batch")]
    Postgres(#[from] tokio_postgres::Error),
    /// Postgres refused one alert of the batch, and named it.
    #[error("Postgres did not take alert {uuid}")]
    Row {
        /// The alert.
        uuid: Uuid,
        /// What Postgres said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A value has no form that Postgres takes.
    #[error("a value of the batch cannot be sent to Postgres")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another worker settled one of the receipts at the same moment: trying again sees its rows.
    #[error("another worker settled a receipt of the batch first")]
    Raced,
}

impl StoreError {
    /// Whether trying again can help.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Pool(PoolError::Backend(error))
            | Self::Postgres(error)
            | Self::Row { source: error, .. } => fault(error),
            Self::Encode(_) => Fault::Permanent,
            Self::Pool(_) | Self::Raced => Fault::Transient,
        }
    }

    /// Whether a key is there already: a race at first, the row's own fault when it stays.
    pub fn is_taken(&self) -> bool {
        match self {
            Self::Postgres(error) | Self::Row { source: error, .. } => {
                error.code() == Some(&SqlState::UNIQUE_VIOLATION)
            }
            _ => false,
        }
    }

    /// Whether a statement took too long: another session may hold what it waits for.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Postgres(error) | Self::Row { source: error, .. } => {
                error.code() == Some(&SqlState::QUERY_CANCELED)
            }
            _ => false,
        }
    }

    /// Whether the connection leads to a server that takes no writes any more: it was demoted.
    pub(super) fn is_demoted(&self) -> bool {
        match self {
            Self::Postgres(error) | Self::Row { source: error, .. } => {
                error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
            }
            _ => false,
        }
    }

    /// The SQLSTATE and the constraint, for logs and dead letters; never the row.
    pub fn detail(&self) -> String {
        let error = match self {
            Self::Pool(PoolError::Backend(error))
            | Self::Postgres(error)
            | Self::Row { source: error, .. } => error,
            other => return other.to_string(),
        };
        match error.as_db_error() {
            Some(db) => {
                let place = db.constraint().or(db.column()).or(db.table());
                let place = place.map(|name| format!(" ({name})")).unwrap_or_default();
                format!("Postgres refused it with {}{place}", db.code().code())
            }
            None => error.to_string(),
        }
    }

    /// The alert that Postgres names as the bad one, when it does.
    pub fn row(&self) -> Option<Uuid> {
        match self {
            Self::Row { uuid, .. } => Some(*uuid),
            _ => None,
        }
    }

    /// The same error with the alert it is about: row i of the COPY was `alerts[i]`.
    pub(super) fn at_row_of(self, alerts: &[&Placed<'_>]) -> Self {
        let Self::Postgres(source) = self else {
            return self;
        };
        let context = source.as_db_error().and_then(DbError::where_);
        let row = context.and_then(copied_row).and_then(|row| alerts.get(row));
        match row {
            Some(placed) => Self::Row {
                uuid: placed.record.uuid,
                source,
            },
            None => Self::Postgres(source),
        }
    }
}

/// Reads the row, from 0, of `COPY alerts, line 12, column title`.
fn copied_row(context: &str) -> Option<usize> {
    let rest = context
        .lines()
        .find_map(|line| line.strip_prefix("COPY alerts, line "))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let line: usize = digits.parse().ok()?;
    line.checked_sub(1)
}

/// Whether trying the same statement again can help.
pub fn fault(error: &tokio_postgres::Error) -> Fault {
    error.as_db_error().map_or(Fault::Transient, of_database)
}

fn of_database(error: &DbError) -> Fault {
    let code = error.code();
    // What the row holds: data exceptions, constraints, and sizes over what an index or a field can hold.
    let row = ["22", "23", "54"]
        .iter()
        .any(|class| code.code().starts_with(class));
    // Another worker may be writing the same delivery; its receipt is seen when that has committed.
    let raced = *code == SqlState::UNIQUE_VIOLATION;
    // No partition yet is not the row's fault, though its class says so.
    let partition = *code == SqlState::CHECK_VIOLATION && error.constraint().is_none();
    if row && !partition && !raced {
        Fault::Permanent
    } else {
        Fault::Transient
    }
}

/// States that pass by themselves: no connection, no resources, a rollback, a server that starts, ends, is a standby or
/// has trouble with its disk, a lock that is held.
const PASSING: [&str; 7] = ["08", "40", "53", "57", "58", "25006", "55P03"];

/// Whether waiting can help a program that has done nothing yet. Its settings may be wrong, so that only what is known
/// to pass by itself does: a wrong password or a missing database does not.
pub(super) fn fault_at_start(error: &tokio_postgres::Error) -> Fault {
    let passes = match error.as_db_error() {
        Some(db) => PASSING
            .iter()
            .any(|state| db.code().code().starts_with(state)),
        // A connect that took too long has no cause; what TLS refuses is invalid data.
        None => error.source().is_none_or(|cause| {
            cause
                .downcast_ref::<io::Error>()
                .is_some_and(|cause| cause.kind() != io::ErrorKind::InvalidData)
        }),
    };
    if passes {
        Fault::Transient
    } else {
        Fault::Permanent
    }
}

/// What Postgres or the network said, for logs; never a value.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("Postgres refused it with {}", db.code().code()),
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_that_a_copy_failed_at_is_read_from_its_context() {
        for (context, row) in [
            ("COPY alerts, line 1, column title", Some(0)),
            ("COPY alerts, line 500", Some(499)),
            ("some function\nCOPY alerts, line 7: \"x\"", Some(6)),
            ("COPY alerts", None),
            ("", None),
        ] {
            assert_eq!(copied_row(context), row, "{context:?}");
        }
    }

    #[test]
    fn a_lost_connection_and_a_race_are_not_the_alerts_fault() {
        assert_eq!(StoreError::Raced.fault(), Fault::Transient);
        assert_eq!(
            StoreError::Pool(PoolError::Closed).fault(),
            Fault::Transient
        );
    }
}
