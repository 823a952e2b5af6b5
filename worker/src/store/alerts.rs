//! Alerts, sent by COPY: a value of Postgres for every column, in one place.

use std::{collections::HashMap, sync::LazyLock};

use deadpool_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::{
    Placed, StoreError,
    columns::{Json, Text, list, optional},
    copy::CopyIn,
};
use crate::alert::Schema;

const COLUMNS: [(&str, Type); 39] = [
    ("uuid", Type::UUID),
    ("receipt_id", Type::UUID),
    ("position", Type::INT4),
    ("source", Type::TEXT),
    ("identity", Type::UUID),
    ("fingerprint", Type::UUID),
    ("duplicate_of", Type::UUID),
    ("elastic_id", Type::TEXT),
    ("title", Type::TEXT),
    ("severity", Type::TEXT),
    ("severity_id", Type::INT2),
    ("severity_sent", Type::TEXT),
    ("occurred_at", Type::TIMESTAMPTZ),
    ("occurred_at_estimated", Type::BOOL),
    ("event_time", Type::TIMESTAMPTZ),
    ("received_at", Type::TIMESTAMPTZ),
    ("mitre_tactics", Type::TEXT_ARRAY),
    ("mitre_techniques", Type::TEXT_ARRAY),
    ("threat", Type::JSON),
    ("description", Type::TEXT),
    ("reason", Type::TEXT),
    ("risk_score", Type::FLOAT8),
    ("tags", Type::TEXT_ARRAY),
    ("rule_id", Type::TEXT),
    ("rule_uuid", Type::TEXT),
    ("rule_name", Type::TEXT),
    ("rule_type", Type::TEXT),
    ("rule_version", Type::TEXT),
    ("space", Type::TEXT),
    ("alert_url", Type::TEXT),
    ("workflow_status", Type::TEXT),
    ("building_block", Type::BOOL),
    ("event_action", Type::TEXT),
    ("event_outcome", Type::TEXT),
    ("schema", Type::TEXT),
    ("kibana_version", Type::TEXT),
    ("notes", Type::TEXT_ARRAY),
    ("dropped", Type::JSON),
    ("raw", Type::JSON),
];

static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    format!("COPY alerts ({}) FROM STDIN BINARY", names.join(", "))
});
static TYPES: LazyLock<Vec<Type>> =
    LazyLock::new(|| COLUMNS.iter().map(|(_, ty)| ty.clone()).collect());

/// Copies the alerts, in order: row i of the COPY is `alerts[i]`.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
    alike: &HashMap<Uuid, Uuid>,
) -> Result<(), StoreError> {
    if alerts.is_empty() {
        return Ok(());
    }
    let mut copy = CopyIn::start(transaction, &STATEMENT, &TYPES).await?;
    for placed in alerts {
        write(&mut copy, placed, alike.get(&placed.record.uuid)).await?;
    }
    copy.finish().await?;
    Ok(())
}

async fn write(
    copy: &mut CopyIn,
    placed: &Placed<'_>,
    duplicate_of: Option<&Uuid>,
) -> Result<(), StoreError> {
    let (record, alert) = (placed.record, &placed.record.alert);
    let threat = serde_json::to_string(&alert.threat).unwrap_or_else(|_| "[]".into());
    let dropped = serde_json::to_string(&record.extraction.dropped).unwrap_or_else(|_| "{}".into());
    let notes: Vec<&str> = alert.notes.iter().map(|note| note.as_str()).collect();
    let position = i32::try_from(record.position).unwrap_or(i32::MAX);
    let occurred_at = alert.occurred_at.unwrap_or(placed.received_at);
    let row: [&(dyn ToSql + Sync); 39] = [
        &record.uuid,
        &placed.receipt_id,
        &position,
        &placed.source,
        &record.identity,
        &record.fingerprint,
        &duplicate_of,
        &optional(alert.elastic_id.as_ref()),
        &Text(&alert.title),
        &alert.severity.as_str(),
        &alert.severity.id(),
        &optional(alert.severity_sent.as_ref()),
        &occurred_at,
        &alert.occurred_at_estimated,
        &alert.event_time,
        &placed.received_at,
        &list(&alert.mitre_tactics),
        &list(&alert.mitre_techniques),
        &Json(threat.as_bytes()),
        &optional(alert.description.as_ref()),
        &optional(alert.reason.as_ref()),
        &alert.risk_score,
        &list(&alert.tags),
        &optional(alert.rule_id.as_ref()),
        &optional(alert.rule_uuid.as_ref()),
        &optional(alert.rule_name.as_ref()),
        &optional(alert.rule_type.as_ref()),
        &optional(alert.rule_version.as_ref()),
        &optional(alert.space.as_ref()),
        &optional(alert.alert_url.as_ref()),
        &optional(alert.workflow_status.as_ref()),
        &alert.building_block,
        &optional(alert.event_action.as_ref()),
        &optional(alert.event_outcome.as_ref()),
        &alert.schema.map(Schema::as_str),
        &optional(alert.kibana_version.as_ref()),
        &notes,
        &Json(dropped.as_bytes()),
        &Json(&record.raw),
    ];
    copy.row(&row).await
}
