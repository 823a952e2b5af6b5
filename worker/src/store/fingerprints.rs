//! Finds the first alike alert of the window, and opens a window where there is none.
//!
//! Within a window a fingerprint is only read, however many alerts share it. An alike alert is stored
//! like any other; it only says which one it resembles.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Placed, StoreError};

const OPEN: &str = "INSERT INTO alert_fingerprints (fingerprint, alert_uuid, opened_at) \
     SELECT fingerprint, alert_uuid, $3 FROM unnest($1::uuid[], $2::uuid[]) AS f (fingerprint, alert_uuid) \
     ORDER BY fingerprint ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint";
const FIRST: &str = "SELECT fingerprint, alert_uuid FROM alert_fingerprints WHERE fingerprint = ANY($1) AND opened_at > $2";
const REOPEN: &str = "UPDATE alert_fingerprints SET alert_uuid = f.alert_uuid, opened_at = $3 \
     FROM (SELECT known.fingerprint, f.alert_uuid FROM alert_fingerprints known \
           JOIN unnest($1::uuid[], $2::uuid[]) AS f (fingerprint, alert_uuid) ON known.fingerprint = f.fingerprint \
           WHERE known.opened_at <= $4 ORDER BY known.fingerprint FOR UPDATE OF known) f \
     WHERE alert_fingerprints.fingerprint = f.fingerprint";

/// The alert that each uuid of `alerts` resembles, for those that resemble one.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    window: Duration,
    now: OffsetDateTime,
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let mut firsts: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for placed in alerts {
        let alert = placed.record;
        firsts.entry(alert.fingerprint).or_insert(alert.uuid);
    }
    if firsts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut known = firsts.clone();
    for fingerprint in open(transaction, &firsts, now).await? {
        known.remove(&fingerprint);
    }
    if !known.is_empty() {
        firsts.extend(join(transaction, known, now - window, now).await?);
    }
    let alike = alerts.iter().filter_map(|placed| {
        let first = firsts.get(&placed.record.fingerprint)?;
        (*first != placed.record.uuid).then_some((placed.record.uuid, *first))
    });
    Ok(alike.collect())
}

/// Opens the windows of fingerprints that were never seen, and returns these.
async fn open(
    transaction: &Transaction<'_>,
    firsts: &BTreeMap<Uuid, Uuid>,
    now: OffsetDateTime,
) -> Result<Vec<Uuid>, StoreError> {
    let (keys, uuids) = columns(firsts);
    let statement = transaction.prepare_cached(OPEN).await?;
    let rows = transaction
        .query(&statement, &[&keys, &uuids, &now])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The first alert of each window that is open; those that have closed are opened again.
async fn join(
    transaction: &Transaction<'_>,
    mut known: BTreeMap<Uuid, Uuid>,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let (keys, _) = columns(&known);
    let statement = transaction.prepare_cached(FIRST).await?;
    let rows = transaction.query(&statement, &[&keys, &since]).await?;
    let firsts: HashMap<Uuid, Uuid> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    known.retain(|fingerprint, _| !firsts.contains_key(fingerprint));
    if !known.is_empty() {
        let (keys, uuids) = columns(&known);
        let statement = transaction.prepare_cached(REOPEN).await?;
        transaction
            .execute(&statement, &[&keys, &uuids, &now, &since])
            .await?;
    }
    Ok(firsts)
}

fn columns(firsts: &BTreeMap<Uuid, Uuid>) -> (Vec<Uuid>, Vec<Uuid>) {
    firsts.iter().map(|(key, uuid)| (*key, *uuid)).unzip()
}
