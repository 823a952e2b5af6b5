//! The links of alerts and indicators are found from both ends, and an indicator by its value.

use calseta_worker::indicator::{IndicatorType, id_of};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    database::Database,
    letters::{envelope, interpreter, store},
};

const BODY: &str = r#"{"_id":"a","kibana.alert.rule.name":"A",
    "source":{"ip":"203.0.113.42"},"destination":{"ip":"198.51.100.7"},"client":{"ip":"203.0.113.42"}}"#;

#[tokio::test]
async fn an_indicator_is_found_by_its_value_and_its_alerts_by_it() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let record = interpreter().record(envelope(BODY));
    store(&database)
        .insert(&[&record], OffsetDateTime::now_utc())
        .await?;
    let client = database.pool.get().await?;

    let row = client
        .query_one(
            "SELECT id, scope FROM indicators WHERE id = indicator_id('ip', '203.0.113.42')",
            &[],
        )
        .await?;
    let id = id_of(IndicatorType::Ip, "203.0.113.42");
    assert_eq!(row.get::<_, Uuid>(0), id);

    let row = client
        .query_one(
            "SELECT fields, roles FROM alert_indicators WHERE alert_uuid = $1 AND indicator_id = $2",
            &[&record.alerts[0].uuid, &id],
        )
        .await?;
    assert_eq!(row.get::<_, Vec<String>>(0), ["source.ip", "client.ip"]);
    assert_eq!(row.get::<_, Vec<String>>(1), ["source"]);

    let row = client
        .query_one(
            "SELECT alert_uuid FROM alert_links WHERE indicator_ids @> ARRAY[$1::uuid]",
            &[&id],
        )
        .await?;
    assert_eq!(row.get::<_, Uuid>(0), record.alerts[0].uuid);
    let counts = client
        .query(
            "SELECT value, alert_count FROM indicator_overview ORDER BY value",
            &[],
        )
        .await?;
    let counts: Vec<(String, i64)> = counts.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(
        counts,
        [("198.51.100.7".into(), 1), ("203.0.113.42".into(), 1)]
    );
    Ok(())
}
