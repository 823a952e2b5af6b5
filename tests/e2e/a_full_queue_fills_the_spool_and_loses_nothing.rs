//! The broker refuses publishes, as it does when its queue is full: they wait in the spool until a worker
//! has made room.

use harness::Pipeline;

use crate::documents::send_alerts;

const LIMIT: (&str, &str) = ("CALSETA__TOPOLOGY__RAW_MAX_BYTES", "64KiB");

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_fills_the_spool_and_loses_nothing() -> anyhow::Result<()> {
    let small = Pipeline::with_workers(0)
        .gateway(LIMIT.0, LIMIT.1)
        .worker(LIMIT.0, LIMIT.1);
    let mut pipeline = small.start().await?;
    let tally = send_alerts(&pipeline.client, 500, 16).await?;
    let gateway = pipeline.gateway()?;
    assert!(gateway.metric("gateway_spool_appended_total").await? > 0.0);
    pipeline.start_worker().await?;
    pipeline.stored_once(&tally).await?;
    pipeline.finish()
}
