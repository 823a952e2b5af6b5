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
     SELECT id, type, value, scope, first_at, last_at \
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) \
     AS i (id, type, value, scope, first_at, last_at) ORDER BY id ON CONFLICT (id) DO NOTHING";

/// An indicator of the batch, and when it was first and last seen in it.
struct Sighting<'a> {
    indicator: &'a Indicator,
    first: OffsetDateTime,
    last: OffsetDateTime,
}

/// The indicators of a batch that were not known to be there, in key order.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Their ids.
    pub(super) ids: Vec<Uuid>,
    /// Whether none of them was there.
    pub(super) all_new: bool,
}

/// Inserts the indicators of these alerts that are not known to be there.
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    cache: &Cache,
) -> Result<Sent, StoreError> {
    let found = unknown(alerts, cache);
    if found.is_empty() {
        return Ok(Sent::default());
    }
    let ids: Vec<Uuid> = found.keys().copied().collect();
    let rows: Vec<&Sighting<'_>> = found.values().collect();
    let types: Vec<&str> = rows
        .iter()
        .map(|row| row.indicator.indicator_type.as_str())
        .collect();
    let values: Vec<Text<'_>> = rows.iter().map(|row| Text(&row.indicator.value)).collect();
    let scopes: Vec<Option<&str>> = rows
        .iter()
        .map(|row| row.indicator.scope.map(IpScope::as_str))
        .collect();
    let first: Vec<OffsetDateTime> = rows.iter().map(|row| row.first).collect();
    let last: Vec<OffsetDateTime> = rows.iter().map(|row| row.last).collect();
    let statement = transaction.prepare_cached(INSERT).await?;
    let inserted = transaction
        .execute(&statement, &[&ids, &types, &values, &scopes, &first, &last])
        .await?;
    let all_new = usize::try_from(inserted) == Ok(ids.len());
    Ok(Sent { ids, all_new })
}

fn unknown<'a>(alerts: &[&Placed<'a>], cache: &Cache) -> BTreeMap<Uuid, Sighting<'a>> {
    let mut found: BTreeMap<Uuid, Sighting<'a>> = BTreeMap::new();
    let mentioned = alerts.iter().flat_map(|placed| {
        let indicators = placed.record.extraction.indicators.iter();
        indicators.map(|indicator| (indicator, placed.received_at))
    });
    for (indicator, at) in cache.unknown(mentioned) {
        let sighting = found.entry(indicator.id).or_insert(Sighting {
            indicator,
            first: at,
            last: at,
        });
        sighting.first = at.min(sighting.first);
        sighting.last = at.max(sighting.last);
    }
    found
}
