//! A burst of many senders at once is accepted whole, and every alert of it is exactly one row.

use harness::Pipeline;

use crate::documents::send_alerts;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_alerts_over_64_connections_are_all_202_and_stored_once() -> anyhow::Result<()>
{
    let pipeline = Pipeline::with_workers(2).start().await?;
    let tally = send_alerts(&pipeline.client, 10_000, 64).await?;
    assert_eq!(tally.accepted(), 10_000, "{}", tally.table());
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
