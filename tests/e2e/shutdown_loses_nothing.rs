//! SIGTERM of both programs under load: both end well, and what was accepted is stored by the next.

use std::time::Duration;

use anyhow::ensure;
use harness::{Pipeline, eventually};

use crate::documents::send_alerts;

const GRACE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_loses_nothing() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(1).start().await?;
    let client = pipeline.client.clone();
    let sending = tokio::spawn(async move { send_alerts(&client, 20_000, 16).await });
    eventually(
        Duration::from_secs(60),
        "the first alerts are stored",
        async || Ok((pipeline.count("SELECT count(*) FROM receipts").await? > 500).then_some(())),
    )
    .await?;
    let ended = pipeline.worker(0)?.stop(GRACE).await?;
    ensure!(ended.success(), "the worker ended with {ended}");
    let ended = pipeline.gateway()?.stop(GRACE).await?;
    ensure!(ended.success(), "the gateway ended with {ended}");

    // The rest of the run finds no gateway; what was answered 202 before is what counts.
    let tally = sending.await??;
    ensure!(
        tally.statuses.keys().all(|status| *status == 202),
        "{}",
        tally.table()
    );
    ensure!(
        !tally.receipts.is_empty() && tally.accepted() < 20_000,
        "{}",
        tally.table()
    );
    pipeline.start_worker().await?;
    let ledger = pipeline.settled(&tally.receipts).await?;
    assert_eq!(ledger.alerts, tally.accepted());
    pipeline.finish()
}
