//! One row an indicator: inserted on first sight, in key order, and not touched again by a batch.
//!
//! What this worker wrote lately is not sent at all. `last_seen_at` is brought up to date elsewhere.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Placed, StoreError, cache::Cache, columns::Text};
use crate::indicator::{Indicator, IpScope};

const INSERT: &str = "INSERT INTO indicators (id, type, value, scope, first_seen_at, last_seen_at) \
     SELECT id, type, value, scope, seen_at, seen_at \
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) \
     AS i (id, type, value, scope, seen_at) ORDER BY id ON CONFLICT (id) DO NOTHING";

/// Inserts the indicators of these alerts that are not known to be there.
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    cache: &Cache,
) -> Result<(), StoreError> {
    let mut found: BTreeMap<Uuid, (&Indicator, OffsetDateTime)> = BTreeMap::new();
    for placed in alerts {
        for indicator in &placed.record.extraction.indicators {
            found
                .entry(indicator.id)
                .or_insert((indicator, placed.received_at));
        }
    }
    let mut ids: Vec<Uuid> = found.keys().copied().collect();
    cache.unknown_indicators(&mut ids);
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = ids.iter().filter_map(|id| found.get(id)).collect();
    let types: Vec<&str> = rows
        .iter()
        .map(|(i, _)| i.indicator_type.as_str())
        .collect();
    let values: Vec<Text<'_>> = rows.iter().map(|(i, _)| Text(&i.value)).collect();
    let scopes: Vec<Option<&str>> = rows
        .iter()
        .map(|(i, _)| i.scope.map(IpScope::as_str))
        .collect();
    let times: Vec<OffsetDateTime> = rows.iter().map(|(_, at)| *at).collect();
    let statement = transaction.prepare_cached(INSERT).await?;
    transaction
        .execute(&statement, &[&ids, &types, &values, &scopes, &times])
        .await?;
    Ok(())
}
