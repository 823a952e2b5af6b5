//! Replays on their way, off the threads that take alerts, a few at a time.
//!
//! A stop of the gateway interrupts them between or within transactions: what is committed is kept, and
//! whoever resumes the run goes on behind it.

use std::num::NonZeroU32;

use calseta_worker::{
    dead_letters::{Filter, Replay, Run, Summary, Trial, trial},
    store::{Partitions, Seen, Store},
};
use tokio::sync::OwnedSemaphorePermit;

use super::BackOffice;
use crate::error::{Cause, Refusal};

/// Dead letters that a dry run reads.
const SAMPLE: i64 = 10;
/// Indicators and rules that a run remembers as written, to save writing them again.
const CACHE_ENTRIES: usize = 20_000;

impl BackOffice {
    /// What a replay would find.
    pub(super) async fn trial(&self, filter: Filter) -> Result<Trial, Refusal> {
        let office = self.clone();
        self.aside(async move {
            let interpreter = office.interpreter().await?;
            Ok(trial(&office.pool, &interpreter, filter, SAMPLE).await?)
        })
        .await
    }

    /// Room for one more replay.
    pub(super) fn room(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.replays.clone().try_acquire_owned().map_err(|_| {
            let problem =
                "as many replays as this gateway runs at a time are on their way: wait for one";
            Refusal::with_message(Cause::ReplaysRunning, problem)
        })
    }

    /// Lets a run go its way; its state is asked for by its id.
    pub(super) fn replay(&self, room: OwnedSemaphorePermit, run: Run, rate: Option<NonZeroU32>) {
        let (office, id) = (self.clone(), run.id);
        self.runtime.spawn(async move {
            tokio::select! {
                () = office.stop.cancelled() => tracing::info!(run = %id, "a replay is interrupted, it can be resumed"),
                () = office.run(run, rate) => {}
            }
            drop(room);
        });
    }

    async fn run(&self, run: Run, rate: Option<NonZeroU32>) {
        let id = run.id;
        match self.try_run(run, rate).await {
            Ok(summary) => tracing::info!(
                run = %id, stored = summary.stored, failed = summary.failed, skipped = summary.skipped,
                "a replay has ended"
            ),
            Err(refusal) => {
                tracing::warn!(run = %id, cause = refusal.cause.name(), detail = refusal.message, "a replay ended early, it can be resumed");
            }
        }
    }

    async fn try_run(&self, run: Run, rate: Option<NonZeroU32>) -> Result<Summary, Refusal> {
        let interpreter = self.interpreter().await?;
        let seen = Seen::default();
        let store = Store::new(
            self.pool.clone(),
            self.fingerprint_window,
            CACHE_ENTRIES,
            Partitions::default(),
            seen.clone(),
        );
        let replay = Replay {
            store,
            pool: self.pool.clone(),
            interpreter: &interpreter,
            run,
            rate: rate.map(NonZeroU32::get),
            backoff: self.backoff.clone(),
        };
        let summary = replay.run().await?;
        if let Err(error) = seen.flush(&self.pool).await {
            tracing::warn!(%error, "last_seen was not brought up to date by a replay");
        }
        Ok(summary)
    }
}
