//! One row a settled request, in the same transaction as its alerts: what makes a redelivery harmless.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Placed, Placement, StoreError};
use crate::record::Record;

// The bounds let Postgres leave out the partitions of other days.
const KNOWN: &str =
    "SELECT receipt_id FROM receipts WHERE receipt_id = ANY($1) AND receipt_id BETWEEN $2 AND $3";
const INSERT: &str = "INSERT INTO receipts (receipt_id, source, received_at, key_prefix, verified_by, \
     documents, alerts, duplicates, dead, mended, stored_at) \
     SELECT id, source, received_at, key_prefix, verified_by, documents, alerts, duplicates, dead, \
     string_to_array(mended, ','), $11 \
     FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], \
     $6::int[], $7::int[], $8::int[], $9::int[], $10::text[]) \
     AS r (id, source, received_at, key_prefix, verified_by, documents, alerts, duplicates, dead, mended) \
     ORDER BY id ON CONFLICT (receipt_id) DO NOTHING";

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

/// Writes one row a record.
///
/// # Errors
/// [`StoreError::Raced`] when another worker has written one of them since [`known`].
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    records: &[&Record],
    placed: &[Placed<'_>],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut again: HashMap<Uuid, i32> = HashMap::new();
    for placed in placed.iter().filter(|p| p.placement != Placement::First) {
        *again.entry(placed.receipt_id).or_default() += 1;
    }
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let column =
        |value: fn(&Record) -> String| records.iter().map(|r| value(r)).collect::<Vec<_>>();
    let ids: Vec<Uuid> = records.iter().map(|r| r.envelope.receipt_id.0).collect();
    let duplicates: Vec<i32> = ids
        .iter()
        .map(|id| again.get(id).copied().unwrap_or(0))
        .collect();
    let alerts: Vec<i32> = records
        .iter()
        .zip(&duplicates)
        .map(|(record, duplicates)| count(record.alerts.len()) - duplicates)
        .collect();
    let documents: Vec<i32> = records.iter().map(|r| count(r.documents)).collect();
    let dead: Vec<i32> = records.iter().map(|r| count(r.dead.len())).collect();
    let received: Vec<OffsetDateTime> = records.iter().map(|r| r.received_at).collect();
    let sources = column(|r| r.envelope.source.name().to_owned());
    let prefixes = column(|r| r.envelope.key_prefix.clone());
    let verified = column(|r| r.envelope.verified_by.clone());
    let mended = column(|r| r.mended.join(","));
    let statement = transaction.prepare_cached(INSERT).await?;
    let written = transaction
        .execute(
            &statement,
            &[
                &ids,
                &sources,
                &received,
                &prefixes,
                &verified,
                &documents,
                &alerts,
                &duplicates,
                &dead,
                &mended,
                &now,
            ],
        )
        .await?;
    if usize::try_from(written) == Ok(records.len()) {
        Ok(())
    } else {
        Err(StoreError::Raced)
    }
}
