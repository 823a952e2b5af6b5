//! Tells a new alert from one that was sent before, whoever stored it first.
//!
//! The first document of an identity becomes the alert; every later one is an occurrence of it, with its
//! raw text only where that differs. Nothing is thrown away.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{StoreError, columns::Json, copy::CopyIn};
use crate::record::{AlertRecord, Record};

const CLAIM: &str = "INSERT INTO alert_identities (identity, alert_uuid, raw_hash, seen_at) \
     SELECT identity, alert_uuid, raw_hash, $4 \
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS i (identity, alert_uuid, raw_hash) \
     ORDER BY identity ON CONFLICT (identity) DO NOTHING RETURNING identity";
const FIRST: &str =
    "SELECT identity, alert_uuid, raw_hash FROM alert_identities WHERE identity = ANY($1)";
const OCCURRENCES: &str = "COPY alert_occurrences (uuid, alert_uuid, receipt_id, received_at, raw) \
     FROM STDIN BINARY";
static OCCURRENCE_TYPES: [Type; 5] = [
    Type::UUID,
    Type::UUID,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::JSON,
];

/// A document and what it is to the store.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The document.
    pub record: &'a AlertRecord,
    /// The request it came by.
    pub receipt_id: Uuid,
    /// When.
    pub received_at: OffsetDateTime,
    /// Who sent it.
    pub source: &'static str,
    /// New, or sent before.
    pub placement: Placement,
}

/// Whether the alert is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The first of its identity.
    First,
    /// Sent again, as an occurrence of this alert.
    Again {
        /// The first one.
        of: Uuid,
        /// Whether its text is the first one's.
        same_text: bool,
    },
}

/// Claims the identities of all documents, in key order.
pub(super) async fn place<'a>(
    transaction: &Transaction<'_>,
    records: &[&'a Record],
    now: OffsetDateTime,
) -> Result<Vec<Placed<'a>>, StoreError> {
    let mut firsts: BTreeMap<Uuid, &AlertRecord> = BTreeMap::new();
    for alert in records.iter().flat_map(|record| &record.alerts) {
        firsts.entry(alert.identity).or_insert(alert);
    }
    let known = claim(transaction, &firsts, now).await?;
    let mut placed = Vec::new();
    for record in records {
        for alert in &record.alerts {
            let placement = match known.get(&alert.identity) {
                // Written by another worker since the receipts were looked up: the same delivery, twice.
                Some((of, _)) if *of == alert.uuid => return Err(StoreError::Raced),
                Some((of, raw_hash)) => again(*of, *raw_hash, alert),
                None => match firsts.get(&alert.identity) {
                    Some(first) if first.uuid != alert.uuid => {
                        again(first.uuid, first.raw_hash, alert)
                    }
                    _ => Placement::First,
                },
            };
            placed.push(Placed {
                record: alert,
                receipt_id: record.envelope.receipt_id.0,
                received_at: record.received_at,
                source: record.envelope.source.name(),
                placement,
            });
        }
    }
    Ok(placed)
}

fn again(of: Uuid, raw_hash: Uuid, alert: &AlertRecord) -> Placement {
    Placement::Again {
        of,
        same_text: raw_hash == alert.raw_hash,
    }
}

/// Inserts what is new; returns the first alert of what is not.
async fn claim(
    transaction: &Transaction<'_>,
    firsts: &BTreeMap<Uuid, &AlertRecord>,
    now: OffsetDateTime,
) -> Result<HashMap<Uuid, (Uuid, Uuid)>, StoreError> {
    if firsts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut identities: Vec<Uuid> = firsts.keys().copied().collect();
    let uuids: Vec<Uuid> = firsts.values().map(|alert| alert.uuid).collect();
    let hashes: Vec<Uuid> = firsts.values().map(|alert| alert.raw_hash).collect();
    let statement = transaction.prepare_cached(CLAIM).await?;
    let rows = transaction
        .query(&statement, &[&identities, &uuids, &hashes, &now])
        .await?;
    if rows.len() == identities.len() {
        return Ok(HashMap::new());
    }
    let claimed: std::collections::HashSet<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    identities.retain(|identity| !claimed.contains(identity));
    let statement = transaction.prepare_cached(FIRST).await?;
    let rows = transaction.query(&statement, &[&identities]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect())
}

/// Appends every document that was sent before.
pub(super) async fn insert_occurrences(
    transaction: &Transaction<'_>,
    placed: &[Placed<'_>],
) -> Result<(), StoreError> {
    let again = placed.iter().filter_map(|placed| match placed.placement {
        Placement::Again { of, same_text } => Some((placed, of, same_text)),
        Placement::First => None,
    });
    let rows: Vec<_> = again.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut copy = CopyIn::start(transaction, OCCURRENCES, &OCCURRENCE_TYPES).await?;
    for (placed, of, same_text) in rows {
        let raw = (!same_text).then_some(Json(&placed.record.raw));
        copy.row(&[
            &placed.record.uuid,
            &of,
            &placed.receipt_id,
            &placed.received_at,
            &raw,
        ])
        .await?;
    }
    copy.finish().await?;
    Ok(())
}
