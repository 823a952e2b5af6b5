//! `last_seen_at` of an indicator and of a rule follows their latest alert, whichever worker stored it.

use std::time::Duration;

use harness::{Pipeline, eventually};

use crate::documents::alert;

const INDICATOR: &str = "SELECT 1 FROM indicators i, receipts r \
    WHERE i.id = indicator_id('ip', '198.51.100.7') AND i.last_seen_at = r.received_at AND r.receipt_id = $1";
const RULE: &str = "SELECT 1 FROM detection_rules d, receipts r \
    WHERE d.last_seen_at = r.received_at AND r.receipt_id = $1";

#[tokio::test(flavor = "multi_thread")]
async fn an_indicator_seen_again_is_brought_up_to_date() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(2)
        .worker("CALSETA__STORE__TOUCH_INTERVAL", "200ms")
        .start()
        .await?;
    for time in 0..4 {
        let receipt = pipeline.accept(&alert(&format!("time-{time}"))).await?;
        pipeline.settled(&[receipt]).await?;
        for query in [INDICATOR, RULE] {
            let what = "last_seen_at is that of the latest alert";
            eventually(Duration::from_secs(30), what, async || {
                Ok(pipeline.database.query_opt(query, &[&receipt.id]).await?)
            })
            .await?;
        }
    }
    pipeline.finish()
}
