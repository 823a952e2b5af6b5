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

const OPEN: &str = "SELECT fingerprint, alert_uuid FROM alert_fingerprints WHERE fingerprint = ANY($1) AND opened_at > $2";
const CLAIM: &str = "INSERT INTO alert_fingerprints AS known (fingerprint, alert_uuid, opened_at) \
     SELECT fingerprint, alert_uuid, $3 FROM unnest($1::uuid[], $2::uuid[]) AS f (fingerprint, alert_uuid) \
     ORDER BY fingerprint ON CONFLICT (fingerprint) DO UPDATE \
     SET alert_uuid = excluded.alert_uuid, opened_at = excluded.opened_at WHERE known.opened_at <= $4";

/// The alert that each uuid of `alerts` resembles, for those that resemble one.
pub(super) async fn claim(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    window: Duration,
    now: OffsetDateTime,
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    if alerts.is_empty() {
        return Ok(HashMap::new());
    }
    let since = now - window;
    let wanted: Vec<Uuid> = alerts
        .iter()
        .map(|placed| placed.record.fingerprint)
        .collect();
    let statement = transaction.prepare_cached(OPEN).await?;
    let rows = transaction.query(&statement, &[&wanted, &since]).await?;
    let mut firsts: HashMap<Uuid, Uuid> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut opened: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    let mut alike = HashMap::new();
    for placed in alerts {
        let alert = placed.record;
        if let Some(first) = firsts.get(&alert.fingerprint) {
            alike.insert(alert.uuid, *first);
        } else {
            firsts.insert(alert.fingerprint, alert.uuid);
            opened.insert(alert.fingerprint, alert.uuid);
        }
    }
    if !opened.is_empty() {
        let keys: Vec<Uuid> = opened.keys().copied().collect();
        let uuids: Vec<Uuid> = opened.values().copied().collect();
        let statement = transaction.prepare_cached(CLAIM).await?;
        transaction
            .execute(&statement, &[&keys, &uuids, &now, &since])
            .await?;
    }
    Ok(alike)
}
