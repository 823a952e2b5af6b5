//! The table of dead letters: the bytes as they came, and why; equal bytes are counted, not repeated.
//!
//! Every document it came from is a row of `dead_letter_occurrences`, which a second delivery of the same
//! document does not add to. A resolved one that comes again is open again: its cause is back.

use std::collections::{BTreeMap, HashMap};

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

const LEDGER: &str = "INSERT INTO dead_letter_occurrences \
     (receipt_id, position, dead_letter_id, received_at, context) \
     SELECT receipt_id, position, dead_letter_id, received_at, context::json \
     FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::timestamptz[], $5::text[]) \
     AS o (receipt_id, position, dead_letter_id, received_at, context) \
     ORDER BY receipt_id, position ON CONFLICT (receipt_id, position) DO NOTHING RETURNING dead_letter_id";

/// The position of a whole body in `dead_letter_occurrences`.
pub(super) const WHOLE_BODY: i32 = -1;

/// One body or document.
#[derive(Clone, Debug)]
pub struct DeadLetter<'a> {
    /// What is known of the request.
    pub envelope: &'a Envelope,
    /// When the gateway had it.
    pub received_at: OffsetDateTime,
    /// The bytes, and why they are here.
    pub document: &'a DeadDocument,
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
    let count = letters.len();
    let with_ids = letters
        .into_iter()
        .map(|letter| (dead_letter::id(&letter.document.body), letter));
    let letters: Vec<(Uuid, DeadLetter<'a>)> = with_ids.collect();
    if letters.is_empty() {
        return Ok(0);
    }
    let new = add_to_ledger(transaction, &letters).await?;
    let first_of_each: BTreeMap<Uuid, DeadLetter<'a>> = letters.into_iter().rev().collect();
    let statement = transaction.prepare_cached(INSERT).await?;
    for (id, letter) in &first_of_each {
        let Some(occurrences) = new.get(id) else {
            continue;
        };
        let (envelope, document) = (letter.envelope, letter.document);
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
                    &document.position.map(number),
                    &letter.received_at,
                    &envelope.content_type.as_deref().map(without_nul),
                    &envelope.key_prefix,
                    &envelope.verified_by,
                    &document.body,
                    occurrences,
                ],
            )
            .await?;
    }
    Ok(count)
}

/// How many documents of each dead letter were not known before.
async fn add_to_ledger(
    transaction: &Transaction<'_>,
    letters: &[(Uuid, DeadLetter<'_>)],
) -> Result<HashMap<Uuid, i64>, StoreError> {
    let ids: Vec<Uuid> = letters.iter().map(|(id, _)| *id).collect();
    let receipts = letters.iter().map(|(_, l)| l.envelope.receipt_id.0);
    let receipts: Vec<Uuid> = receipts.collect();
    let positions = letters
        .iter()
        .map(|(_, l)| l.document.position.map_or(WHOLE_BODY, number));
    let positions: Vec<i32> = positions.collect();
    let received: Vec<OffsetDateTime> = letters.iter().map(|(_, l)| l.received_at).collect();
    let contexts = letters.iter().map(|(_, l)| l.document.context.as_deref());
    let contexts: Vec<Option<&str>> = contexts.collect();
    let statement = transaction.prepare_cached(LEDGER).await?;
    let rows = transaction
        .query(
            &statement,
            &[&receipts, &positions, &ids, &received, &contexts],
        )
        .await?;
    let mut new = HashMap::new();
    for row in rows {
        *new.entry(row.get(0)).or_default() += 1;
    }
    Ok(new)
}

fn number(position: usize) -> i32 {
    i32::try_from(position).unwrap_or(i32::MAX)
}
