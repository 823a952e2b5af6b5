//! Alerts with their indicators, as they lie in Postgres.
//!
//! An alert that was sent before is found through its occurrence: what is shown is the first one.

use std::collections::HashMap;

use time::OffsetDateTime;
use tokio_postgres::Client;
use uuid::Uuid;

const ALERTS: &str = "SELECT uuid, occurred_at, severity, severity_id, title, mitre_tactics, mitre_techniques \
    FROM alerts WHERE uuid = ANY($1) OR uuid IN (SELECT alert_uuid FROM alert_occurrences WHERE uuid = ANY($1)) \
    ORDER BY severity_id DESC, occurred_at";
const INDICATORS: &str = "SELECT l.alert_uuid, i.type, i.value, i.scope \
    FROM alert_indicators l JOIN indicators i ON i.id = l.indicator_id \
    WHERE l.alert_uuid = ANY($1) ORDER BY i.type, i.value";

/// One alert.
pub(super) struct Stored {
    pub(super) occurred_at: OffsetDateTime,
    pub(super) severity: String,
    pub(super) severity_id: i16,
    pub(super) title: String,
    pub(super) tactics: Vec<String>,
    pub(super) techniques: Vec<String>,
    pub(super) indicators: Vec<Indicator>,
}

/// One of its indicators.
pub(super) struct Indicator {
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) scope: Option<String>,
}

/// The alerts of these uuids, the most severe first.
pub(super) async fn load(database: &Client, uuids: &[Uuid]) -> anyhow::Result<Vec<Stored>> {
    let rows = database.query(ALERTS, &[&uuids]).await?;
    let found: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let mut indicators: HashMap<Uuid, Vec<Indicator>> = HashMap::new();
    for row in database.query(INDICATORS, &[&found]).await? {
        indicators.entry(row.get(0)).or_default().push(Indicator {
            kind: row.get(1),
            value: row.get(2),
            scope: row.get(3),
        });
    }
    let alerts = rows.iter().map(|row| Stored {
        occurred_at: row.get(1),
        severity: row.get(2),
        severity_id: row.get(3),
        title: row.get(4),
        tactics: row.get(5),
        techniques: row.get(6),
        indicators: indicators.remove(&row.get(0)).unwrap_or_default(),
    });
    Ok(alerts.collect())
}
