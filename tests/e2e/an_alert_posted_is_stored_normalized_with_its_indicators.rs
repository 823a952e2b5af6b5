//! The mission's example goes in by HTTP and lies in Postgres with exactly the values it must have.

use std::collections::BTreeSet;

use harness::Pipeline;
use time::{OffsetDateTime, macros::datetime};

use crate::documents::brute_force;

const ALERT: &str = "SELECT title, severity, severity_id, mitre_tactics, mitre_techniques, occurred_at, raw::text \
    FROM alerts WHERE uuid = $1";
const INDICATORS: &str = "SELECT i.type, i.value FROM alert_indicators l JOIN indicators i ON i.id = l.indicator_id \
    WHERE l.alert_uuid = $1";

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_posted_is_stored_normalized_with_its_indicators() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    let document = brute_force();
    let receipt = pipeline.accept(&document).await?;
    pipeline.settled(&[receipt]).await?;

    let row = pipeline.database.query_one(ALERT, &[&receipt.id]).await?;
    assert_eq!(row.get::<_, String>(0), "Brute Force Login Attempts");
    assert_eq!(
        (row.get::<_, String>(1).as_str(), row.get::<_, i16>(2)),
        ("High", 4)
    );
    assert_eq!(row.get::<_, Vec<String>>(3), ["TA0006"]);
    assert_eq!(row.get::<_, Vec<String>>(4), ["T1110"]);
    assert_eq!(
        row.get::<_, OffsetDateTime>(5),
        datetime!(2025-01-15 10:28:00 UTC)
    );
    assert_eq!(
        row.get::<_, String>(6),
        document.to_string(),
        "the raw text is not what was sent"
    );

    let rows = pipeline.database.query(INDICATORS, &[&receipt.id]).await?;
    let found: BTreeSet<(String, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [("account", "admin"), ("ip", "203.0.113.42")];
    assert_eq!(
        found,
        expected
            .map(|(kind, value)| (kind.to_owned(), value.to_owned()))
            .into()
    );
    pipeline.finish()
}
