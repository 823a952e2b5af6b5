//! Reads what the workers wrote of a request. Ids are computed from the receipt, so that every look-up
//! is by primary key; only a receipt with dead letters makes their table be searched.

use calseta_shared::ids::ReceiptId;
use deadpool_postgres::{Client, Pool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Dead, Receipt, Status, Stored};
use crate::keys::KeyStoreError;

/// Receipts of the database behind a pool.
#[derive(Clone)]
pub struct ReceiptStore(Pool);

impl ReceiptStore {
    /// Receipts of the database behind this pool.
    pub fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// What became of a request.
    ///
    /// # Errors
    /// When the database is away or has no tables.
    pub async fn find(&self, receipt_id: ReceiptId) -> Result<Receipt, KeyStoreError> {
        let client = self.0.get().await?;
        let statement = "SELECT documents, alerts, duplicates, dead + discarded AS dead, stored_at, mended \
                         FROM receipts WHERE receipt_id = $1";
        let Some(row) = client.query_opt(statement, &[&receipt_id.0]).await? else {
            return Ok(Receipt {
                receipt_id,
                status: Status::Queued,
                documents: None,
                stored_at: None,
                mended: Vec::new(),
                alerts: Vec::new(),
                dead_letters: Vec::new(),
            });
        };
        let (alerts, duplicates): (i32, i32) = (row.try_get("alerts")?, row.try_get("duplicates")?);
        let (documents, dead): (i32, i32) = (row.try_get("documents")?, row.try_get("dead")?);
        let stored_at: OffsetDateTime = row.try_get("stored_at")?;
        let positions = documents.max(alerts + duplicates + dead);
        let dead_letters = if dead > 0 {
            dead_letters(&client, receipt_id).await?
        } else {
            Vec::new()
        };
        Ok(Receipt {
            receipt_id,
            status: match (alerts, duplicates) {
                (1.., _) => Status::Stored,
                (_, 1..) => Status::Duplicate,
                _ => Status::DeadLettered,
            },
            documents: Some(documents),
            stored_at: Some(stored_at),
            mended: row.try_get("mended")?,
            alerts: stored(&client, receipt_id, positions).await?,
            dead_letters,
        })
    }
}

async fn stored(
    client: &Client,
    receipt_id: ReceiptId,
    positions: i32,
) -> Result<Vec<Stored>, KeyStoreError> {
    let positions = u32::try_from(positions).unwrap_or_default();
    let uuids: Vec<Uuid> = (0..positions).map(|at| receipt_id.alert_uuid(at)).collect();
    let statement = "SELECT uuid, NULL::uuid AS duplicate_of, position FROM alerts \
                     WHERE uuid = ANY($1) UNION ALL \
                     SELECT uuid, alert_uuid, array_position($1, uuid) FROM alert_occurrences \
                     WHERE uuid = ANY($1) ORDER BY position";
    let rows = client.query(statement, &[&uuids]).await?;
    rows.iter()
        .map(|row| {
            Ok(Stored {
                uuid: row.try_get("uuid")?,
                duplicate_of: row.try_get("duplicate_of")?,
            })
        })
        .collect()
}

async fn dead_letters(client: &Client, receipt_id: ReceiptId) -> Result<Vec<Dead>, KeyStoreError> {
    let statement = "SELECT id, reason, status, alert_uuid FROM dead_letters \
                     WHERE receipt_id = $1 ORDER BY position";
    let rows = client.query(statement, &[&receipt_id.0]).await?;
    rows.iter()
        .map(|row| {
            Ok(Dead {
                id: row.try_get("id")?,
                reason: row.try_get("reason")?,
                status: row.try_get("status")?,
                alert_uuid: row.try_get("alert_uuid")?,
            })
        })
        .collect()
}
