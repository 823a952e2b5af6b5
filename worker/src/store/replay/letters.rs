//! Dead letters under lock: read for a replay, and resolved or failed at its end.
//!
//! A dead letter is resolved when none of its occurrences is dead any more; until then it stays open.

use std::collections::HashMap;

use bytes::Bytes;
use calseta_shared::{dead_letter::Reason, ids::ReceiptId};
use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Replayed;
use crate::store::{StoreError, columns::without_nul};

/// Occurrences of one dead letter a transaction at most: bounds memory when a body came thousands of times.
const OCCURRENCES: i64 = 200;

const LOCK: &str = "SELECT id, source, content_type, key_prefix, verified_by, body FROM dead_letters \
     WHERE id = ANY($1) AND status = 'open' ORDER BY receipt_id, id FOR UPDATE SKIP LOCKED";
const OPEN: &str = "SELECT dead_letter_id, receipt_id, position, received_at, context::text FROM ( \
         SELECT *, row_number() OVER (PARTITION BY dead_letter_id ORDER BY receipt_id, position) AS nth \
         FROM dead_letter_occurrences WHERE dead_letter_id = ANY($1) AND outcome IS NULL) o \
     WHERE nth <= $2 ORDER BY receipt_id, position";
/// A query of its own: inside the update, the planner would read the whole ledger for it.
const MORE: &str = "SELECT DISTINCT dead_letter_id FROM dead_letter_occurrences \
     WHERE dead_letter_id = ANY($1) AND outcome IS NULL";
const RESOLVE: &str = "UPDATE dead_letters d SET status = 'resolved', resolved_at = now(), last_run = $3, \
         alert_uuid = coalesce(d.alert_uuid, s.alert_uuid, (SELECT o.alert_uuid \
             FROM dead_letter_occurrences o WHERE o.dead_letter_id = d.id AND o.alert_uuid IS NOT NULL \
             ORDER BY o.receipt_id LIMIT 1)) \
     FROM unnest($1::uuid[], $2::uuid[]) AS s (id, alert_uuid) WHERE d.id = s.id";
const FAIL: &str = "UPDATE dead_letters d SET attempts = attempts + 1, last_run = $4, \
         reason = f.reason, detail = f.detail \
     FROM unnest($1::uuid[], $2::text[], $3::text[]) AS f (id, reason, detail) WHERE d.id = f.id";
const COUNT: &str =
    "UPDATE dead_letter_replays SET stored = stored + $2, failed = failed + $3 WHERE id = $1";

/// A dead letter that is being replayed.
#[derive(Clone, Debug)]
pub struct OpenLetter {
    /// Its id.
    pub id: Uuid,
    /// Who sent it.
    pub source: String,
    /// As the sender said.
    pub content_type: Option<String>,
    /// Of the key that let it in.
    pub key_prefix: String,
    /// How the sender was verified.
    pub verified_by: String,
    /// The bytes, edited or as they came.
    pub body: Bytes,
    /// The documents it stands for that are still dead, oldest first.
    pub occurrences: Vec<Occurrence>,
}

/// One document that is a dead letter.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The request.
    pub receipt_id: ReceiptId,
    /// In its body; none: the whole body.
    pub position: Option<u32>,
    /// When the gateway had it.
    pub received_at: OffsetDateTime,
    /// What its body said of it beside it.
    pub context: Option<String>,
}

/// Locks those that are open and not locked by somebody else.
pub(super) async fn lock(
    transaction: &Transaction<'_>,
    ids: &[Uuid],
) -> Result<Vec<OpenLetter>, StoreError> {
    let rows = transaction.query(LOCK, &[&ids]).await?;
    let letters = rows.iter().map(|row| OpenLetter {
        id: row.get(0),
        source: row.get(1),
        content_type: row.get(2),
        key_prefix: row.get(3),
        verified_by: row.get(4),
        body: Bytes::from(row.get::<_, Vec<u8>>(5)),
        occurrences: Vec::new(),
    });
    let mut letters: Vec<OpenLetter> = letters.collect();
    let place: HashMap<Uuid, usize> = letters.iter().map(|l| l.id).zip(0..).collect();
    let locked: Vec<Uuid> = place.keys().copied().collect();
    // A statement of its own, behind the lock: it sees what whoever held the lock before has committed.
    for row in transaction.query(OPEN, &[&locked, &OCCURRENCES]).await? {
        let letter = place.get(&row.get(0)).and_then(|at| letters.get_mut(*at));
        if let Some(letter) = letter {
            letter.occurrences.push(Occurrence {
                receipt_id: ReceiptId(row.get(1)),
                position: row.get::<_, i32>(2).try_into().ok(),
                received_at: row.get(3),
                context: row.get(4),
            });
        }
    }
    Ok(letters)
}

/// Resolves those of which nothing is dead any more.
pub(super) async fn resolve(
    transaction: &Transaction<'_>,
    run: Uuid,
    ready: &[Uuid],
    alert_of: &HashMap<Uuid, Uuid>,
) -> Result<Replayed, StoreError> {
    let rows = transaction.query(MORE, &[&ready]).await?;
    let more: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let whole = ready.iter().copied().filter(|id| !more.contains(id));
    let resolved: Vec<Uuid> = whole.collect();
    let alerts = resolved.iter().map(|id| alert_of.get(id).copied());
    let alerts: Vec<Option<Uuid>> = alerts.collect();
    let count = transaction
        .execute(RESOLVE, &[&resolved, &alerts, &run])
        .await?;
    Ok(Replayed {
        stored: i64::try_from(count).unwrap_or(i64::MAX),
        failed: 0,
        more,
    })
}

/// Counts a failed attempt, with its new reason; returns how many.
pub(super) async fn fail(
    transaction: &Transaction<'_>,
    run: Uuid,
    failed: &[(Uuid, Reason, String)],
) -> Result<i64, StoreError> {
    if failed.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = failed.iter().map(|(id, _, _)| *id).collect();
    let reasons: Vec<&str> = failed.iter().map(|(_, reason, _)| reason.name()).collect();
    let details: Vec<_> = failed.iter().map(|(_, _, d)| without_nul(d)).collect();
    let count = transaction
        .execute(FAIL, &[&ids, &reasons, &details, &run])
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Adds to the counts of the run.
pub(super) async fn count(
    transaction: &Transaction<'_>,
    run: Uuid,
    replayed: &Replayed,
) -> Result<(), StoreError> {
    transaction
        .execute(COUNT, &[&run, &replayed.stored, &replayed.failed])
        .await?;
    Ok(())
}
