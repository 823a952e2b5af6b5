//! The same Elastic alert twice is one alert with one occurrence; its text is kept where it differs.

use anyhow::ensure;
use harness::Pipeline;

use crate::documents::alert;

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_sent_again_is_an_occurrence() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    let first = alert("0c1d2e3f");
    let mut changed = first.clone();
    changed["kibana.alert.workflow_status"] = "acknowledged".into();
    let mut receipts = Vec::new();
    for document in [&first, &first, &changed] {
        let receipt = pipeline.accept(document).await?;
        // One after the other: which of them is the first must not be a race here.
        pipeline.settled(&[receipt]).await?;
        receipts.push(receipt);
    }
    ensure!(
        pipeline.count("SELECT count(*) FROM alerts").await? == 1,
        "stored twice"
    );
    let query =
        "SELECT uuid, alert_uuid, raw::text FROM alert_occurrences ORDER BY received_at, uuid";
    let rows = pipeline.database.query(query, &[]).await?;
    ensure!(rows.len() == 2, "{} occurrences", rows.len());
    for (row, receipt) in rows.iter().zip(&receipts[1..]) {
        assert_eq!(row.get::<_, uuid::Uuid>(0), receipt.id);
        assert_eq!(row.get::<_, uuid::Uuid>(1), receipts[0].id);
    }
    assert_eq!(rows[0].get::<_, Option<String>>(2), None);
    assert_eq!(
        rows[1].get::<_, Option<String>>(2),
        Some(changed.to_string())
    );
    let times = pipeline
        .count("SELECT duplicate_count FROM alert_overview")
        .await?;
    ensure!(times == 2, "the overview counts {times}");
    pipeline.finish()
}
