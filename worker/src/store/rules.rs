//! One row a detection rule, made on first sight from the alert that showed it.
//!
//! A popular rule is not touched again by a batch; `last_seen_at` is brought up to date elsewhere, and
//! how often it fired is counted from its alerts.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;

use super::{
    Placed, StoreError,
    cache::Cache,
    columns::{Text, list, optional},
};

const INSERT: &str = "INSERT INTO detection_rules (rule_uuid, rule_id, name, type, version, severity, \
     mitre_tactics, mitre_techniques, first_seen_at, last_seen_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (rule_uuid) DO NOTHING";

/// Inserts the rules of these alerts that are not known to be there.
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    cache: &Cache,
) -> Result<(), StoreError> {
    let mut found = BTreeMap::new();
    for placed in alerts {
        if let Some(uuid) = &placed.record.alert.rule_uuid
            && !cache.knows_rule(uuid)
        {
            found.entry(uuid).or_insert(placed);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    // A rule is new once in the life of an installation: one statement each, in key order.
    let statement = transaction.prepare_cached(INSERT).await?;
    for (uuid, placed) in found {
        let alert = &placed.record.alert;
        let name = alert.rule_name.as_ref().unwrap_or(&alert.title);
        transaction
            .execute(
                &statement,
                &[
                    &Text(uuid),
                    &optional(alert.rule_id.as_ref()),
                    &Text(name),
                    &optional(alert.rule_type.as_ref()),
                    &optional(alert.rule_version.as_ref()),
                    &alert.severity.as_str(),
                    &list(&alert.mitre_tactics),
                    &list(&alert.mitre_techniques),
                    &placed.received_at,
                ],
            )
            .await?;
    }
    Ok(())
}
