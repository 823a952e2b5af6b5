//! What people do with dead letters: find, show, replay, edit, discard and export them.
//!
//! Nothing here deletes one. Every change says who made it and why, and is counted in the transaction
//! that makes it; reading never locks a row.

mod attempt;
mod audit;
mod change;
mod export;
mod filter;
mod letter;
mod replay;
mod runs;
mod trial;

pub use attempt::{Refused, attempt};
pub use audit::{Run, Why};
pub use change::{discard, edit};
pub use export::Export;
pub use filter::{Filter, Status, parse_moment, parse_sha256};
pub use letter::{Letter, Page, count, page, with_body};
pub use replay::{Replay, Summary};
pub use runs::{RunRecord, RunState, record, records};
pub use trial::{Sample, Trial, trial};

use crate::store::StoreError;

/// Something asked of the dead letters was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// No connection.
    #[error("no connection to Postgres")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// A statement failed.
    #[error("Postgres did not answer for the dead letters")]
    Postgres(#[from] tokio_postgres::Error),
    /// A run was ended by a fault that lasts. What it did is committed.
    #[error(
        "the replay was interrupted, what it did is stored; go on with `dead-letters replay --resume {run}`"
    )]
    Interrupted {
        /// The run.
        run: uuid::Uuid,
        /// The fault.
        #[source]
        source: StoreError,
    },
    /// The filter of a run cannot be written or read back.
    #[error("the filter of the run cannot be kept as JSON")]
    Filter(#[from] serde_json::Error),
    /// There is no such row.
    #[error("there is no dead letter {id}")]
    Unknown {
        /// The id as asked for.
        id: uuid::Uuid,
    },
    /// There is no such run that has not ended.
    #[error("there is no replay {run} that has not ended; `dead-letters replay` starts a new one")]
    NoRun {
        /// The run as asked for.
        run: uuid::Uuid,
    },
    /// Only an open dead letter can be changed.
    #[error("dead letter {id} is {status}, only an open one can be changed")]
    NotOpen {
        /// The id.
        id: uuid::Uuid,
        /// What it is.
        status: String,
    },
}
