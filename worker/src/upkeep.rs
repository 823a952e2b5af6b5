//! What has to be done now and then: partitions ahead, retention, `last_seen`.
//!
//! Failing is logged; what readiness depends on is tried again soon, the rest at its next turn. No alert waits for it.

use std::time::Duration;

use calseta_shared::{
    broker::Backoff,
    health::{Part, State},
};
use deadpool_postgres::Pool;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{PartitionsConfig, StoreConfig},
    store::{Partitions, Seen, StoreError},
};

const PRUNE_DEAD_LETTERS: &str = "DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters \
     WHERE status <> 'open' AND last_seen_at < $1 LIMIT 1000)";

// An identity outlives its alert by nothing: a document sent again after that is a new alert.
const PRUNE_IDENTITIES: &str = "DELETE FROM alert_identities WHERE identity IN (SELECT identity \
     FROM alert_identities WHERE seen_at < $1 LIMIT 5000)";
const PRUNE_FINGERPRINTS: &str = "DELETE FROM alert_fingerprints WHERE fingerprint IN (SELECT \
     fingerprint FROM alert_fingerprints WHERE opened_at < $1 LIMIT 5000)";

/// A turn that is configured to be shorter would leave nothing for the alerts.
const SHORTEST: Duration = Duration::from_millis(100);

/// Writes `last_seen` of rules and indicators every few seconds, and once more at the end.
pub async fn keep_seen(pool: Pool, seen: Seen, config: StoreConfig, stop: CancellationToken) {
    let mut turn = every(config.touch_interval);
    let mut last = false;
    while !last {
        tokio::select! {
            () = stop.cancelled() => last = true,
            _ = turn.tick() => {}
        }
        if let Err(error) = seen.flush(&pool).await {
            tracing::warn!(
                detail = error.detail(),
                "last_seen was not brought up to date"
            );
        }
    }
}

/// Makes and drops partitions, and prunes resolved dead letters, until `stop`.
pub async fn keep_partitions(
    pool: Pool,
    partitions: Partitions,
    (config, mut backoff): (PartitionsConfig, Backoff),
    health: Part,
    stop: CancellationToken,
) {
    loop {
        let wait = match partitions_turn(&pool, &partitions, &config).await {
            Ok(()) => {
                health.set(State::Ready);
                backoff.reset();
                config.interval
            }
            Err(error) => {
                let (detail, wait) = (error.detail(), backoff.next_wait());
                tracing::warn!(
                    detail,
                    wait_ms = wait.as_millis(),
                    "partitions were not looked after, trying again"
                );
                health.set(State::NotReady(detail));
                wait
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(wait.max(SHORTEST)) => {}
        }
    }
}

async fn partitions_turn(
    pool: &Pool,
    partitions: &Partitions,
    config: &PartitionsConfig,
) -> Result<(), StoreError> {
    let now = OffsetDateTime::now_utc();
    partitions.make_ahead(pool, now, config.ahead_days).await?;
    if !config.retention.is_zero() {
        let oldest = now - config.retention;
        let dropped = partitions.drop_before(pool, oldest.date()).await?;
        if dropped > 0 {
            tracing::info!(dropped, "partitions past retention were dropped");
        }
        prune(pool, PRUNE_IDENTITIES, oldest).await?;
        prune(pool, PRUNE_FINGERPRINTS, oldest).await?;
    }
    if !config.dead_letter_retention.is_zero() {
        let before = now - config.dead_letter_retention;
        prune(pool, PRUNE_DEAD_LETTERS, before).await?;
    }
    Ok(())
}

/// Deletes in small steps, so that no lock is held for long, until nothing is left to delete.
async fn prune(pool: &Pool, statement: &str, before: OffsetDateTime) -> Result<(), StoreError> {
    let client = pool.get().await?;
    while client.execute(statement, &[&before]).await? > 0 {}
    Ok(())
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut turn = interval(period.max(SHORTEST));
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turn
}
