//! Brings the schema up to date before anything is consumed, however long Postgres takes to be there.
//!
//! A server that is away, starting or in recovery is waited for, and readiness says so. What waiting cannot
//! cure, such as a wrong password or a missing database, ends the worker with its reason.

use calseta_shared::{
    broker::Backoff,
    health::{Part, State},
};
use tokio_util::sync::CancellationToken;

use super::migrate;
use crate::{config::WorkerConfig, store::Fault};

/// Tries until the schema is up to date; false when `stop` came first.
pub(super) async fn bring_up_to_date(
    config: &WorkerConfig,
    health: &Part,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    if !config.migrate.at_start {
        return Ok(!stop.is_cancelled());
    }
    let mut backoff = Backoff::new(config.store.backoff_min, config.store.backoff_max);
    loop {
        let outcome = tokio::select! {
            () = stop.cancelled() => return Ok(false),
            outcome = migrate(config) => outcome,
        };
        let error = match outcome {
            Ok(steps) => {
                tracing::info!(steps = steps.len(), "the schema is up to date");
                return Ok(true);
            }
            Err(error) if error.fault() == Fault::Permanent => return Err(error.into()),
            Err(error) => error,
        };
        let wait = backoff.next_wait();
        let detail = error.detail();
        tracing::warn!(
            detail,
            wait_ms = wait.as_millis(),
            "the schema cannot be brought up to date yet, trying again"
        );
        health.set(State::NotReady(detail));
        tokio::select! {
            () = stop.cancelled() => return Ok(false),
            () = tokio::time::sleep(wait) => {}
        }
    }
}
