//! Sees a batch through: tried again while Postgres is away, taken apart when a row in it is at fault.
//!
//! Nothing is given up for a transient fault but at the end of the grace period, and then nothing is
//! acknowledged. A permanent fault costs one alert its place, and no other.

use std::{sync::Arc, time::Instant};

use calseta_shared::{
    broker::Backoff,
    dead_letter::Reason,
    health::{Part, State},
};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    metrics::{ByOutcome, ByReason, Metrics, Outcome},
    observe,
    pipeline::Item,
    record::Record,
    settle::Settle,
    store::{Fault, Store, StoreError, Stored},
};

/// A key that is there already is another worker's, which commits soon; after this many looks it is not.
const MAX_RACES: usize = 5;

/// Writes batches and has them settled.
#[derive(Clone)]
pub struct Writer {
    /// Where they go.
    pub store: Store,
    /// Ends their deliveries.
    pub settle: Settle,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// Where it says whether Postgres takes batches.
    pub health: Part,
    /// Cancelled when the grace period is over.
    pub abandon: CancellationToken,
}

impl Writer {
    /// Stores every item of the batch, or leaves its delivery unacknowledged.
    pub async fn write(&self, batch: Vec<Item>) {
        let alerts = batch.iter().map(|(record, _)| record.alerts.len()).sum();
        self.metrics.batch_alerts.observe(float(alerts));
        let envelopes = batch.iter().map(|(record, _)| &record.envelope);
        let span = observe::batch(envelopes, alerts);
        self.see_through(batch).instrument(span).await;
    }

    async fn see_through(&self, batch: Vec<Item>) {
        let mut pending = vec![batch];
        while let Some(mut part) = pending.pop() {
            let Some(outcome) = self.attempt(&part).await else {
                return;
            };
            let error = match outcome {
                Ok(stored) => {
                    self.count(&part, stored);
                    let receipts = part.into_iter().map(|(_, receipt)| receipt).collect();
                    self.settle.acknowledge(receipts).await;
                    continue;
                }
                Err(error) => error,
            };
            if self.bury(&mut part, &error).await {
                pending.push(part);
            } else if part.len() > 1 {
                let second = part.split_off(part.len() / 2);
                pending.extend([second, part]);
            } else if let Some((record, receipt)) = part.pop() {
                let mut envelope = record.envelope;
                envelope.dead = Some((Reason::Constraint, error.detail()));
                self.settle.dead_letter(&envelope, receipt).await;
            }
        }
    }

    /// Tries until it is stored or a row is at fault; `None` when the grace period is over.
    async fn attempt(&self, part: &[Item]) -> Option<Result<Stored, StoreError>> {
        let records: Vec<&Record> = part.iter().map(|(record, _)| record).collect();
        let mut backoff = self.backoff.clone();
        let mut taken = 0;
        loop {
            let started = Instant::now();
            let outcome = self.store.insert(&records, OffsetDateTime::now_utc()).await;
            self.metrics
                .store_duration
                .observe(started.elapsed().as_secs_f64());
            let error = match outcome {
                Err(error) if error.is_taken() && taken == MAX_RACES => return Some(Err(error)),
                Err(error) if error.fault() == Fault::Transient => error,
                outcome => {
                    self.health.set(State::Ready);
                    return Some(outcome);
                }
            };
            taken += usize::from(error.is_taken());
            let wait = backoff.next_wait();
            self.metrics.store_retries.inc();
            let detail = error.detail();
            tracing::warn!(
                detail,
                wait_ms = wait.as_millis(),
                "a batch was not stored, trying again"
            );
            self.health.set(State::NotReady(detail));
            if error.is_timeout() {
                self.end_frozen().await;
            }
            tokio::select! {
                () = self.abandon.cancelled() => return None,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// A worker that is frozen in the middle of a batch holds the keys of others.
    async fn end_frozen(&self) {
        match self.store.end_frozen().await {
            Ok(0) => {}
            Ok(sessions) => tracing::warn!(sessions, "ended what a frozen worker held in Postgres"),
            Err(error) => {
                let detail = error.detail();
                tracing::debug!(detail, "frozen workers could not be looked for");
            }
        }
    }

    /// Moves the alert at fault to the dead documents, when it can be told; says whether it was.
    async fn bury(&self, part: &mut [Item], error: &StoreError) -> bool {
        let culprit = match (error.row(), &*part) {
            (Some(uuid), _) => Some(uuid),
            (None, [(record, _)]) => self.culprit(record).await,
            (None, _) => None,
        };
        let Some(uuid) = culprit else { return false };
        let detail = error.detail();
        tracing::warn!(alert_uuid = %uuid, detail, "an alert can never be stored, it becomes a dead letter");
        part.iter_mut()
            .any(|(record, _)| record.bury(uuid, Reason::Constraint, &detail))
    }

    /// Halves the alerts of one record until the one that cannot be stored is left.
    async fn culprit(&self, record: &Record) -> Option<Uuid> {
        let mut suspects = record.alerts.clone();
        while suspects.len() > 1 {
            let others = suspects.split_off(suspects.len() / 2);
            let mut trial = record.clone();
            trial.alerts.clone_from(&suspects);
            if self
                .store
                .rehearse(&trial, OffsetDateTime::now_utc())
                .await
                .is_ok()
            {
                suspects = others;
            }
        }
        suspects.first().map(|alert| alert.uuid)
    }

    fn count(&self, part: &[Item], stored: Stored) {
        let outcomes = [
            (Outcome::Stored, stored.alerts),
            (Outcome::Occurrence, stored.occurrences),
            (Outcome::Dead, stored.dead),
        ];
        for (outcome, count) in outcomes {
            self.metrics
                .alerts
                .get_or_create(&ByOutcome { outcome })
                .inc_by(count as u64);
        }
        let now = OffsetDateTime::now_utc();
        for (record, _) in part {
            for dead in &record.dead {
                let reason = dead.reason.name();
                self.metrics
                    .dead_letters
                    .get_or_create(&ByReason { reason })
                    .inc();
            }
            let latency = (now - record.received_at).as_seconds_f64().max(0.0);
            for _ in &record.alerts {
                self.metrics.alert_latency.observe(latency);
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a batch is far below 2^52 alerts"
)]
fn float(alerts: usize) -> f64 {
    alerts as f64
}
