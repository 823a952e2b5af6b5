//! Brings `last_seen_at` of rules and indicators up to date, every few seconds and in key order.
//!
//! It is a transaction of its own, so that a popular row never makes two batches wait for each other.
//! What is not yet written when a worker dies is a few seconds of `last_seen_at`, and no alert.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use deadpool_postgres::Pool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Placed, StoreError};
use crate::indicator::Indicator;

const INDICATORS: &str = "UPDATE indicators SET last_seen_at = s.at \
     FROM (SELECT i.id, s.at FROM indicators i \
           JOIN unnest($1::uuid[], $2::timestamptz[]) AS s (id, at) ON i.id = s.id \
           WHERE i.last_seen_at < s.at ORDER BY i.id FOR UPDATE OF i) s \
     WHERE indicators.id = s.id";
const RULES: &str = "UPDATE detection_rules SET last_seen_at = s.at \
     FROM (SELECT r.rule_uuid, s.at FROM detection_rules r \
           JOIN unnest($1::text[], $2::timestamptz[]) AS s (rule_uuid, at) ON r.rule_uuid = s.rule_uuid \
           WHERE r.last_seen_at < s.at ORDER BY r.rule_uuid FOR UPDATE OF r) s \
     WHERE detection_rules.rule_uuid = s.rule_uuid";
/// Rows a statement: short transactions, short locks.
const CHUNK: usize = 5_000;

/// When rules and indicators were last seen, until it is written.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Times>>);

#[derive(Debug, Default)]
struct Times {
    indicators: BTreeMap<Uuid, OffsetDateTime>,
    rules: BTreeMap<String, OffsetDateTime>,
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
        let client = pool.get().await?;
        let statement = client.prepare_cached(INDICATORS).await?;
        let indicators: Vec<(Uuid, OffsetDateTime)> = times.indicators.into_iter().collect();
        for chunk in indicators.chunks(CHUNK) {
            let (ids, times): (Vec<_>, Vec<_>) = chunk.iter().copied().unzip();
            client.execute(&statement, &[&ids, &times]).await?;
        }
        let statement = client.prepare_cached(RULES).await?;
        let (rules, times): (Vec<String>, Vec<OffsetDateTime>) = times.rules.into_iter().unzip();
        client.execute(&statement, &[&rules, &times]).await?;
        Ok(())
    }
}
