//! One row a settled request, in the same transaction as its alerts: what makes a redelivery harmless.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Placed, Placement, StoreError, copy::CopyIn};
use crate::record::Record;

// The bounds let Postgres leave out the partitions of other days.
const KNOWN: &str =
    "SELECT receipt_id FROM receipts WHERE receipt_id = ANY($1) AND receipt_id BETWEEN $2 AND $3";
const COPY: &str = "COPY receipts (receipt_id, source, received_at, stored_at, key_prefix, verified_by, \
     documents, alerts, duplicates, dead, mended) FROM STDIN BINARY";
static TYPES: [Type; 11] = [
    Type::UUID,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
    Type::INT4,
    Type::INT4,
    Type::INT4,
    Type::INT4,
    Type::TEXT_ARRAY,
];

/// The receipts of these records that were settled before.
pub(super) async fn known(
    transaction: &Transaction<'_>,
    records: &[&Record],
) -> Result<HashSet<Uuid>, StoreError> {
    let ids: Vec<Uuid> = records
        .iter()
        .map(|record| record.envelope.receipt_id.0)
        .collect();
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(HashSet::new());
    };
    let statement = transaction.prepare_cached(KNOWN).await?;
    let rows = transaction.query(&statement, &[&ids, first, last]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Writes one row a record. Another worker that settles one of them at the same moment makes it fail on
/// the key, as a race.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    records: &[&Record],
    placed: &[Placed<'_>],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let mut again: HashMap<Uuid, usize> = HashMap::new();
    for placed in placed.iter().filter(|p| p.placement != Placement::First) {
        *again.entry(placed.receipt_id).or_default() += 1;
    }
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let mut copy = CopyIn::start(transaction, COPY, &TYPES).await?;
    for record in records {
        let envelope = &record.envelope;
        let duplicates = again.get(&envelope.receipt_id.0).copied().unwrap_or(0);
        copy.row(&[
            &envelope.receipt_id.0,
            &envelope.source.name(),
            &record.received_at,
            &now,
            &envelope.key_prefix,
            &envelope.verified_by,
            &count(record.documents),
            &count(record.alerts.len().saturating_sub(duplicates)),
            &count(duplicates),
            &count(record.dead.len()),
            &record.mended,
        ])
        .await?;
    }
    copy.finish().await?;
    Ok(())
}
