//! The table of dead letters: the bytes as they came, and why; equal bytes are counted, not repeated.
//!
//! A resolved one that comes again is open again: its cause is back.

use std::collections::BTreeMap;

use calseta_shared::{dead_letter, envelope::Envelope};
use deadpool_postgres::Transaction;
use ring::digest::{SHA256, digest};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{StoreError, columns::without_nul};
use crate::record::{DeadDocument, Record};

const INSERT: &str = "INSERT INTO dead_letters AS known (id, sha256, reason, detail, source, receipt_id, \
     position, received_at, content_type, key_prefix, verified_by, body, occurrences) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO UPDATE SET \
     reason = excluded.reason, detail = excluded.detail, \
     occurrences = known.occurrences + excluded.occurrences, \
     last_seen_at = now(), status = 'open', resolved_at = NULL, alert_uuid = NULL";

/// One body or document, and how often it came.
#[derive(Clone, Debug)]
pub struct DeadLetter<'a> {
    /// What is known of the request.
    pub envelope: &'a Envelope,
    /// When the gateway had it.
    pub received_at: OffsetDateTime,
    /// The bytes, and why they are here.
    pub document: &'a DeadDocument,
    /// How many equal ones this stands for.
    pub occurrences: i64,
}

/// Writes the dead documents of these records; returns how many.
pub(super) async fn insert_of(
    transaction: &Transaction<'_>,
    records: &[&Record],
) -> Result<usize, StoreError> {
    let letters = records.iter().flat_map(|record| {
        record.dead.iter().map(|document| DeadLetter {
            envelope: &record.envelope,
            received_at: record.received_at,
            document,
            occurrences: 1,
        })
    });
    insert(transaction, letters.collect()).await
}

/// Writes dead letters, in key order; returns how many came, equal ones counted each.
///
/// # Errors
/// When Postgres does not take them.
pub async fn insert<'a>(
    transaction: &Transaction<'_>,
    letters: Vec<DeadLetter<'a>>,
) -> Result<usize, StoreError> {
    let mut sorted: BTreeMap<Uuid, DeadLetter<'a>> = BTreeMap::new();
    let count = letters.len();
    for letter in letters {
        sorted
            .entry(dead_letter::id(&letter.document.body))
            .and_modify(|known| known.occurrences += letter.occurrences)
            .or_insert(letter);
    }
    if sorted.is_empty() {
        return Ok(0);
    }
    let statement = transaction.prepare_cached(INSERT).await?;
    for (id, letter) in &sorted {
        let (envelope, document) = (letter.envelope, letter.document);
        let position = document
            .position
            .map(|p| i32::try_from(p).unwrap_or(i32::MAX));
        transaction
            .execute(
                &statement,
                &[
                    id,
                    &digest(&SHA256, &document.body).as_ref(),
                    &document.reason.name(),
                    &without_nul(&document.detail),
                    &envelope.source.name(),
                    &envelope.receipt_id.0,
                    &position,
                    &letter.received_at,
                    &envelope.content_type.as_deref().map(without_nul),
                    &envelope.key_prefix,
                    &envelope.verified_by,
                    &document.body,
                    &letter.occurrences,
                ],
            )
            .await?;
    }
    Ok(count)
}
