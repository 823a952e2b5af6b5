//! Edits a body by hand, and gives dead letters up. Both only while they are open, and both with an audit row.
//!
//! The body as it came is kept beside an edited one; id and SHA-256 stay those of what came, so that the
//! same body coming again is counted here. A discarded one stays in the table until its retention ends.

use deadpool_postgres::Pool;
use uuid::Uuid;

use super::{
    DeadLetterError, Filter, Status,
    audit::{Why, note},
    filter::matching,
};

const STATUS: &str = "SELECT status FROM dead_letters WHERE id = $1 FOR UPDATE";
const EDIT: &str = "UPDATE dead_letters SET body = $2, edited_at = now(), \
     original_body = coalesce(original_body, body) WHERE id = $1";
const DISCARD: &str = concat!(
    "UPDATE dead_letters SET status = 'discarded', resolved_at = now() \
     WHERE id IN (SELECT id FROM dead_letters WHERE ",
    matching!(),
    " ORDER BY id FOR UPDATE) RETURNING id"
);
const DISCARD_LEDGER: &str = "UPDATE dead_letter_occurrences SET outcome = 'discarded' \
     WHERE dead_letter_id = ANY($1) AND outcome IS NULL RETURNING receipt_id";
/// What is neither an alert, an occurrence nor dead was given up.
const DISCARD_RECEIPTS: &str = "UPDATE receipts r SET dead = c.dead, \
         discarded = r.documents - r.alerts - r.duplicates - c.dead \
     FROM (SELECT g.id, (SELECT count(*) FROM dead_letter_occurrences d \
               WHERE d.receipt_id = g.id AND d.position >= 0 AND d.outcome IS NULL)::int AS dead \
           FROM (SELECT DISTINCT id FROM unnest($1::uuid[]) AS u (id)) g) c \
     WHERE r.receipt_id = c.id";

/// Replaces the body of an open dead letter.
///
/// # Errors
/// When there is none with this id, or it is not open.
pub async fn edit(pool: &Pool, id: Uuid, body: &[u8], why: &Why) -> Result<(), DeadLetterError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction.query_opt(STATUS, &[&id]).await?;
    let status: String = row.ok_or(DeadLetterError::Unknown { id })?.get(0);
    if status != Status::Open.name() {
        return Err(DeadLetterError::NotOpen { id, status });
    }
    transaction.execute(EDIT, &[&id, &body]).await?;
    let filter = Filter {
        ids: Some(vec![id]),
        ..Filter::default()
    };
    audit(&transaction, "edit", why, &filter, 1).await?;
    transaction.commit().await?;
    Ok(())
}

/// Gives up the open ones that match; returns how many.
///
/// # Errors
/// When Postgres does not take it; then none is given up.
pub async fn discard(pool: &Pool, filter: Filter, why: &Why) -> Result<i64, DeadLetterError> {
    let filter = filter.of_status(Some(Status::Open));
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let rows = transaction.query(DISCARD, &filter.parameters(&[])).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let rows = transaction.query(DISCARD_LEDGER, &[&ids]).await?;
    let receipts: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    transaction.execute(DISCARD_RECEIPTS, &[&receipts]).await?;
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    audit(&transaction, "discard", why, &filter, count).await?;
    transaction.commit().await?;
    Ok(count)
}

async fn audit(
    transaction: &deadpool_postgres::Transaction<'_>,
    action: &str,
    why: &Why,
    filter: &Filter,
    matched: i64,
) -> Result<(), DeadLetterError> {
    let id = Uuid::now_v7();
    note(transaction, (id, action), why, filter, matched).await?;
    transaction
        .execute(
            "UPDATE dead_letter_replays SET finished_at = now() WHERE id = $1",
            &[&id],
        )
        .await?;
    Ok(())
}
