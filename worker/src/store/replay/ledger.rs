//! Keeps the counts of receipts true while dead documents become alerts: what is not dead any more is an
//! alert or an occurrence, and never both.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use uuid::Uuid;

use super::Source;
use crate::store::{StoreError, dead_letters::WHOLE_BODY};

const STORED: &str = "SELECT uuid, uuid FROM alerts WHERE uuid = ANY($1) \
     UNION ALL SELECT uuid, alert_uuid FROM alert_occurrences WHERE uuid = ANY($1)";
const SETTLE: &str = "UPDATE dead_letter_occurrences o SET outcome = 'stored', alert_uuid = s.alert_uuid \
     FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS s (receipt_id, position, alert_uuid) \
     WHERE o.receipt_id = s.receipt_id AND o.position = s.position AND o.outcome IS NULL";
/// Counted anew and not added to: an edited body may hold more documents than the one that came, and a
/// body that could not be read counted as one. All uuids of a receipt lie between two bounds.
const RECOUNT: &str = "UPDATE receipts r SET alerts = c.alerts, duplicates = c.duplicates, dead = c.dead, \
         documents = c.alerts + c.duplicates + c.dead + r.discarded \
     FROM (SELECT k.id, \
         (SELECT count(*) FROM alerts a WHERE a.uuid BETWEEN k.low AND k.high AND a.receipt_id = k.id)::int AS alerts, \
         (SELECT count(*) FROM alert_occurrences o \
          WHERE o.uuid BETWEEN k.low AND k.high AND o.receipt_id = k.id)::int AS duplicates, \
         (SELECT count(*) FROM dead_letter_occurrences d \
          WHERE d.receipt_id = k.id AND d.position >= 0 AND d.outcome IS NULL)::int AS dead \
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS k (id, low, high)) c \
     WHERE r.receipt_id = c.id";

/// Documents that are in the store already, with the alert that each is, or is an occurrence of.
pub(super) async fn stored_before(
    transaction: &Transaction<'_>,
    sources: &[Source<'_>],
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let uuids = sources.iter().flat_map(|source| &source.alerts);
    let uuids: Vec<Uuid> = uuids.map(|(_, uuid)| *uuid).collect();
    let rows = transaction.query(STORED, &[&uuids]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Marks what is not dead any more, and counts anew what the receipts that were `known` before hold.
pub(super) async fn settle(
    transaction: &Transaction<'_>,
    sources: &[Source<'_>],
    target_of: &HashMap<Uuid, Uuid>,
    known: &HashSet<Uuid>,
) -> Result<(), StoreError> {
    let (mut receipts, mut positions, mut alerts) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        let receipt = source.record.envelope.receipt_id.0;
        let target = |uuid: Uuid| target_of.get(&uuid).copied();
        if source.occurrence.position.is_none() {
            receipts.push(receipt);
            positions.push(WHOLE_BODY);
            alerts.push(source.alerts.first().and_then(|(_, uuid)| target(*uuid)));
        }
        // A document of a whole body may be a dead letter of its own too, when the body was settled before.
        for (position, uuid) in &source.alerts {
            receipts.push(receipt);
            positions.push(i32::try_from(*position).unwrap_or(i32::MAX));
            alerts.push(target(*uuid));
        }
    }
    transaction
        .execute(SETTLE, &[&receipts, &positions, &alerts])
        .await?;
    receipts.sort_unstable();
    receipts.dedup();
    receipts.retain(|receipt| known.contains(receipt));
    let low: Vec<Uuid> = receipts.iter().map(|id| bound(*id, 0)).collect();
    let high: Vec<Uuid> = receipts.iter().map(|id| bound(*id, u8::MAX)).collect();
    transaction
        .execute(RECOUNT, &[&receipts, &low, &high])
        .await?;
    Ok(())
}

/// The time of a receipt, in the first six bytes, and `rest` behind it.
fn bound(receipt: Uuid, rest: u8) -> Uuid {
    let mut bytes = receipt.into_bytes();
    bytes[6..].fill(rest);
    Uuid::from_bytes(bytes)
}
