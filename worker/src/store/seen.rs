//! Brings `last_seen_at` of rules and indicators up to date, every few seconds.
//!
//! It is a transaction of its own, so that a popular row never makes two batches wait for each other, and one
//! worker's at a time, so that two of them never wait for each other's rows.
//! What is not yet written when a worker dies is a few seconds of `last_seen_at`, and no alert.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use deadpool_postgres::{Object, Pool};
use time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Placed, StoreError};
use crate::indicator::Indicator;

const INDICATORS: &str = "UPDATE indicators i SET last_seen_at = s.at \
     FROM unnest($1::uuid[], $2::timestamptz[]) AS s (id, at) \
     WHERE i.id = s.id AND i.last_seen_at < s.at";
const RULES: &str = "UPDATE detection_rules r SET last_seen_at = s.at \
     FROM unnest($1::text[], $2::timestamptz[]) AS s (rule_uuid, at) \
     WHERE r.rule_uuid = s.rule_uuid AND r.last_seen_at < s.at";
/// By the key, too: for so many rows the planner would rather read the whole table.
const ALONE: &str = "SELECT pg_advisory_xact_lock($1), set_config('enable_seqscan', 'off', true)";
/// The key of the lock: any number that nothing else uses.
const LOCK: i64 = 0x0063_616c_7365_656e;
/// Rows a statement: short transactions, short locks.
const CHUNK: usize = 5_000;

/// When rules and indicators were last seen, until it is written.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Times>>);

#[derive(Debug, Default)]
struct Times {
    indicators: HashMap<Uuid, OffsetDateTime>,
    rules: HashMap<String, OffsetDateTime>,
}

impl Seen {
    /// Remembers what committed alerts have shown; `fresh` indicators, in key order, say so themselves.
    pub(super) fn note(&self, placed: &[Placed<'_>], fresh: &[Uuid]) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for placed in placed {
            let (at, alert) = (placed.received_at, placed.record);
            for Indicator { id, .. } in &alert.extraction.indicators {
                if fresh.binary_search(id).is_err() {
                    let last = times.indicators.entry(*id).or_insert(at);
                    *last = at.max(*last);
                }
            }
            if let Some(rule) = &alert.alert.rule_uuid {
                match times.rules.get_mut(rule) {
                    Some(last) => *last = at.max(*last),
                    None => drop(times.rules.insert(rule.clone(), at)),
                }
            }
        }
    }

    /// Writes what was gathered since the last time.
    ///
    /// # Errors
    /// When Postgres does not take it; what was not written is forgotten, and later alerts make it good.
    pub async fn flush(&self, pool: &Pool) -> Result<(), StoreError> {
        let times = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if times.indicators.is_empty() && times.rules.is_empty() {
            return Ok(());
        }
        let mut client = pool.get().await?;
        let mut indicators: Vec<(Uuid, OffsetDateTime)> = times.indicators.into_iter().collect();
        // Neighbors of the index are neighbors here.
        indicators.sort_unstable();
        for chunk in indicators.chunks(CHUNK) {
            let (ids, times): (Vec<_>, Vec<_>) = chunk.iter().copied().unzip();
            update(&mut client, INDICATORS, &[&ids, &times]).await?;
        }
        let (rules, times): (Vec<String>, Vec<OffsetDateTime>) = times.rules.into_iter().unzip();
        update(&mut client, RULES, &[&rules, &times]).await
    }
}

async fn update(
    client: &mut Object,
    statement: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    let alone = transaction.prepare_cached(ALONE).await?;
    transaction.query(&alone, &[&LOCK]).await?;
    let statement = transaction.prepare_cached(statement).await?;
    transaction.execute(&statement, values).await?;
    transaction.commit().await?;
    Ok(())
}
